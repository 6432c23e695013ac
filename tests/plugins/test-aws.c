/* The aws plugin on a host that plays aws.  SPDX-License-Identifier: MIT */
#include <string.h>
#include "base/strict-json.h"
#include "plugin/reads.h"
#include "recorded.h"

#define AWS(words) "aws " words " --region=us-east-1 --output=json"
#define DESCRIBE AWS ("eks describe-cluster") " --name=wandb"
/* tests/live/answers/aws.sh: a fresh account; one with all that a cluster may
 * leave behind; that, deleted; a cluster that comes (1, 2) and goes (3, 4); and
 * each question of aws.leftovers denied in its turn. */
#define NOTHING "aws-nothing"
#define THERE   "aws-there"
#define GONE    "aws-gone"
#define WAIT    "aws-wait"
#define DENIED  "aws-denied"

/* The word that begins with START in what a tool printed: what the lab has
 * named is another in each recording. */
static const char *
word_of (const char *text, const char *start)
{
  const char *word = strstr (text, start);
  g_autofree char *copy = NULL;

  if (word == NULL)
    g_error ("there is no \"%s\" in: %s", start, text);
  copy = g_strndup (word, strcspn (word, "\" \n"));
  return g_intern_string (copy);
}

/* The Nth text of a list of them, from 1. */
static const char *
nth_of (const char *list, guint n)
{
  g_auto(GStrv) parts = g_strsplit (list, "\"", -1);

  g_assert_cmpuint (g_strv_length (parts), >, 2 * n);
  return g_intern_string (parts[2 * n - 1]);
}

static FakeHost *
host_new (const char *action)
{
  FakeHost *host = fake_host_new ("aws", action);

  fake_host_param (host, "region", "us-east-1");
  return host;
}

static FakeHost *
cluster_host (const char *action)
{
  FakeHost *host = host_new (action);

  fake_host_param (host, "cluster", "wandb");
  return host;
}

static void
test_tables (void)
{
  g_autoptr(FakeHost) host = fake_host_new ("aws", "identity");

  fake_host_check_tables (host);
}

static gboolean
allowed (FakeHost *host, const char *line)
{
  g_auto(GStrv) argv = NULL;

  g_assert_true (g_shell_parse_argv (line, NULL, &argv, NULL));
  return reads_allow (fake_host_tool (host, "aws"), (const char *const *) argv);
}

static void
test_reads (void)
{
  static const char *const reads[] = {
    "aws sts get-caller-identity", "aws eks describe-cluster --name=wandb --output=json",
    "aws ec2 describe-volumes '--filters=[{\"Name\":\"volume-id\",\"Values\":[\"vol-1\"]}]'",
    "aws eks update-kubeconfig --name=w --kubeconfig=/dev/null --dry-run", "aws elbv2 describe-tags --resource-arns=[]",
    "aws eks update-kubeconfig --dry-run --name=w", "aws iam list-open-id-connect-providers",
    "aws iam get-role --role-name=delete-role", "aws s3api get-bucket-policy --bucket=b",
    "aws --region=us-east-1 eks describe-cluster --name=w", "aws service-quotas get-service-quota --quota-code=L",
  };
  static const char *const writes[] = {
    "aws", "aws eks", "aws eks update-kubeconfig --name=w", "aws eks update-kubeconfig --name=--dry-run",
    "aws eks update-kubeconfig --alias --dry-run=false --name=w", "aws eks update-kubeconfig -- --dry-run",
    "aws eks update-kubeconfig --dry-run --dry-run=false", "aws eks update-kubeconfig --dry-run=none",
    "aws eks update-kubeconfig --dry-run describe-cluster", "aws eks update-kubeconfig --dry-run --debug",
    "aws eks create-cluster --name=describe-cluster", "aws eks delete-cluster --name=list-clusters",
    "aws eks delete-cluster --cli-input-json=describe-cluster", "aws eks delete-cluster describe-cluster",
    "aws eks describe-cluster delete-cluster", "aws describe-cluster eks delete-cluster",
    "aws ec2 terminate-instances --instance-ids=i-1", "aws ec2 modify-volume --dry-run",
    "aws ec2 delete-volume --dry-run --volume-id=vol-1", "aws iam attach-role-policy --role-name=get-role",
    "aws cloudformation delete-stack --stack-name=describe-stacks", "aws cloudformation update-termination-protection",
    "aws s3 rm s3://b", "aws s3 ls", "aws s3api get-object --bucket=b --key=k out", "aws s3api get-object-acl --bucket=b",
    "aws sts get-session-token", "aws sts assume-role --role-arn=r", "aws eks get-token --cluster-name=w",
    "aws ecr get-login-password", "aws secretsmanager get-secret-value --secret-id=s", "aws cognito-identity get-id",
    "aws ec2 get-password-data --instance-id=i", "aws ssm get-parameter --name=n", "aws iam list-roles --debug",
    "aws ec2 describe-volumes --cli-input-json=file:///etc/passwd", "aws configure set a b", "aws configure export-credentials",
    "aws configure export-credentials --format=env",
    "aws -- eks delete-cluster", "aws iam get-role x", "aws eks Describe-cluster", "aws eks describe-",
    "aws eks wait cluster-active --name=w", "aws lambda invoke --function-name=describe-x out",
  };
  g_autoptr(FakeHost) host = fake_host_new ("aws", "identity");

  for (gsize i = 0; i < G_N_ELEMENTS (reads); i++)
    if (!allowed (host, reads[i]))
      g_error ("not allowed: %s", reads[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (writes); i++)
    if (allowed (host, writes[i]))
      g_error ("allowed: %s", writes[i]);
}

/* ---- identity --------------------------------------------------------- */

#define WHOSE "aws sts get-caller-identity --output=json"
#define WHO recorded ("aws-who", WHOSE)
#define WHO_IS(profile) "aws sts get-caller-identity --profile=" profile " --output=json"
#define ARN  "arn:aws:sts::123456789012:user/moto"

static void
test_identity (void)
{
  g_autoptr(FakeHost) host = fake_host_new ("aws", "identity");

  fake_host_expect_recorded (host, "aws-who", WHOSE);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "account"), ==, "123456789012");
  g_assert_cmpstr (fake_host_output (host, "arn"), ==, ARN);
  g_assert_cmpstr (fake_host_output (host, "user_id"), ==, "AKIAIOSFODNN7EXAMPLE");
  g_assert_cmpstr (fake_host_command (host, 1)->env[0], ==, "AWS_PAGER=");
  g_assert_cmpstr (fake_host_command (host, 1)->env[1], ==, "AWS_CLI_AUTO_PROMPT=off");
  g_assert_cmpstr (fake_host_command (host, 1)->env[2], ==, "AWS_CLI_ERROR_FORMAT=legacy");

  fake_host_param (host, "region", "eu-central-1");
  fake_host_param (host, "profile", "work");
  fake_host_param (host, "account", "123456789012");
  fake_host_expect_recorded (host, "aws-who", "aws sts get-caller-identity --region=eu-central-1 --profile=work --output=json");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

static void
test_identity_of_another (void)
{
  g_autoptr(FakeHost) host = fake_host_new ("aws", "identity");

  fake_host_param (host, "account", "210987654321");
  fake_host_answer_recorded (host, "aws sts *", "aws-who", WHOSE);
  fake_host_assert_apply (host, GALLEY_FAILED,
                          "these credentials are of account `123456789012` (" ARN "), "
                          "wanted is account `210987654321`");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_DENIED);
  g_assert_nonnull (strstr (fake_host_fix (host), "nothing has been touched"));
  g_assert_null (fake_host_output (host, "account"));

  fake_host_answer (host, "aws sts *", 0, varied (WHO, "\"Account\"", "\"Number\""), "");
  fake_host_assert_apply (host, GALLEY_FAILED, "`aws sts get-caller-identity` named no account");
  fake_host_answer (host, "aws sts *", 0, varied (varied_member (WHO, "Account", "210987654321"),
                                                  "\"Arn\"", "\"Name\""), "");
  fake_host_assert_apply (host, GALLEY_FAILED, "`aws sts get-caller-identity` named no account");
  fake_host_answer_recorded (host, "aws sts *", "aws-who-expired", WHOSE);
  fake_host_assert_apply (host, GALLEY_FAILED, "the AWS credentials have expired");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_AUTH);

  g_assert_false (fake_host_param_valid (host, "account", "12345678901"));
  g_assert_false (fake_host_param_valid (host, "account", "1234567890123"));
  g_assert_false (fake_host_param_valid (host, "profile", "--debug"));
  g_assert_false (fake_host_param_valid (host, "region", "us-east-1 --x"));
  g_assert_false (fake_host_param_valid (host, "region", "us-east"));
  g_assert_true (fake_host_param_valid (host, "region", "us-gov-west-1"));
}

#define EXPORT "aws configure export-credentials --format=process"

/* The key that is printed beside the end is neither shown nor kept. */
static void
test_credentials (void)
{
  g_autoptr(FakeHost) host = fake_host_new ("aws", "credentials");

  g_unsetenv ("AWS_CREDENTIAL_EXPIRATION");
  fake_host_expect_recorded (host, "aws-who-aws2", WHOSE);
  fake_host_expect_recorded (host, "aws-who-aws2", EXPORT);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "account"), ==, "123456789012");
  g_assert_cmpstr (fake_host_output (host, "arn"), ==, ARN);
  g_assert_cmpstr (fake_host_output (host, "expires"), ==, "2036-11-24T21:00:00+00:00");
  g_assert_cmpuint (fake_host_command (host, 2)->flags, ==, GALLEY_CMD_SECRET_OUTPUT | GALLEY_CMD_MAY_FAIL);

  fake_host_param (host, "profile", "work");
  fake_host_expect_recorded (host, "aws-who-aws2", WHO_IS ("work"));
  fake_host_expect_recorded (host, "aws-who-aws2", EXPORT " --profile=work");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "expires"), ==, "2036-11-24T20:00:00+00:00");
  /* aws 1 has no such command */
  fake_host_expect_recorded (host, "aws-who", WHO_IS ("work"));
  fake_host_expect_recorded (host, "aws-who", EXPORT " --profile=work");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "expires"), ==, "");
  g_setenv ("AWS_CREDENTIAL_EXPIRATION", "2026-11-24T21:00:00Z", TRUE);
  fake_host_answer_recorded (host, "aws sts *", "aws-who", WHOSE);
  fake_host_answer (host, EXPORT "*", 0, varied (recorded ("aws-who-aws2", EXPORT), "\"Expiration\"", "\"Until\""), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "expires"), ==, "2026-11-24T21:00:00Z");
  g_unsetenv ("AWS_CREDENTIAL_EXPIRATION");

  fake_host_answer (host, "aws sts *", 0, varied (WHO, "\"Arn\"", "\"Name\""), "");
  fake_host_assert_apply (host, GALLEY_FAILED, "`aws sts get-caller-identity` named nobody");
  fake_host_answer_recorded (host, "aws sts *", "aws-who-nobody", WHOSE);
  fake_host_assert_apply (host, GALLEY_FAILED, "no AWS credentials are set");
}

/* An endpoint is said, for the sake of aws that do not look into the
 * environment; the most special one counts. */
static void
test_endpoint (void)
{
  static const struct { const char *name, *value, *said; } steps[] = {
    { "AWS_ENDPOINT_URL", "http://a", " --endpoint-url=http://a" },
    { "AWS_ENDPOINT_URL_EKS", "http://b", " --endpoint-url=http://a" },
    { "AWS_ENDPOINT_URL_STS", "http://c", " --endpoint-url=http://c" },
    { "AWS_ENDPOINT_URL_STS", "", " --endpoint-url=http://a" },
    { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", "" },
    { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false", " --endpoint-url=http://a" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_autoptr(FakeHost) host = fake_host_new ("aws", "identity");
    g_autofree char *line = g_strconcat ("aws sts get-caller-identity", steps[i].said, " --output=json", NULL);

    g_setenv (steps[i].name, steps[i].value, TRUE);
    fake_host_expect (host, line, 0, WHO, "");
    fake_host_assert_apply (host, GALLEY_OK, NULL);
  }
  g_setenv ("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", "http://lb", TRUE);
  g_setenv ("AWS_ENDPOINT_URL_SERVICE_QUOTAS", "http://q", TRUE);
  for (int i = 0; i < 2; i++) {
    g_autoptr(FakeHost) host = fake_host_new ("aws", "read");

    fake_host_param (host, "service", i == 0 ? "elbv2" : "service-quotas");
    fake_host_param (host, "operation", "list-x");
    fake_host_expect (host, i == 0 ? "aws elbv2 list-x --endpoint-url=http://lb --output=json"
                      : "aws service-quotas list-x --endpoint-url=http://q --output=json", 0, "[]", "");
    fake_host_assert_apply (host, GALLEY_OK, NULL);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    g_unsetenv (steps[i].name);
  g_unsetenv ("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2");
  g_unsetenv ("AWS_ENDPOINT_URL_SERVICE_QUOTAS");
}

/* ---- kubeconfig ------------------------------------------------------- */

#define KUBECONFIG AWS ("eks update-kubeconfig") " --name=wandb --alias=wandb --kubeconfig=/dev/null --dry-run"
#define OF_ROLE "aws eks update-kubeconfig --region=us-east-1 --profile=work --output=json --name=wandb " \
                "--alias=lab/x --kubeconfig=/dev/null --role-arn=arn:aws:iam::123456789012:role/admin --dry-run"

/* What kubectl is made to run, out of DATA. */
static char *
login_of (const char *data)
{
  g_autoptr(JsonNode) config = strict_json_parse (data, -1, NULL);
  g_autoptr(GPtrArray) words = g_ptr_array_new ();
  JsonObject *user = json_array_get_object_element (json_object_get_array_member (json_node_get_object (config), "users"), 0);
  JsonObject *login = json_object_get_object_member (json_object_get_object_member (user, "user"), "exec");
  JsonArray *args = json_object_get_array_member (login, "args");

  g_ptr_array_add (words, (char *) json_object_get_string_member (login, "command"));
  for (guint i = 0; i < json_array_get_length (args); i++)
    if (i != 1)                   /* the script: tests/cli/login.t */
      g_ptr_array_add (words, (char *) json_array_get_string_element (args, i));
  g_ptr_array_add (words, NULL);
  return g_strjoinv (" ", (char **) words->pdata);
}

static void
test_kubeconfig (void)
{
  g_autoptr(FakeHost) host = cluster_host ("kubeconfig");
  const char *other = varied (recorded (THERE, KUBECONFIG), "command: aws", "command: aws-iam-authenticator");
  g_autofree char *login = NULL;

  fake_host_expect_recorded (host, THERE, KUBECONFIG);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpuint (fake_host_n_files (host), ==, 2);
  g_assert_cmpstr (fake_host_written (host, 1)->data, ==, "");
  g_assert_cmpstr (fake_host_written (host, 1)->suffix, ==, ".token");
  g_assert_cmpuint (fake_host_written (host, 1)->flags, ==, GALLEY_FILE_RUN);
  g_assert_cmpuint (fake_host_written (host, 2)->flags, ==, GALLEY_FILE_RUN);
  g_assert_nonnull (strstr (fake_host_written (host, 2)->data, word_of (recorded (THERE, KUBECONFIG), "https://127.0.0.1:")));
  login = login_of (fake_host_written (host, 2)->data);
  g_assert_cmpstr (login, ==, "/bin/sh -c sh {file:1} aws --region us-east-1 eks get-token --cluster-name wandb --output json");
  g_assert_cmpstr (fake_host_output (host, "path"), ==, "{file:2}");
  g_assert_cmpstr (fake_host_output (host, "context"), ==, "wandb");
  fake_host_expect (host, KUBECONFIG, 0, other, "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpuint (fake_host_n_files (host), ==, 1);
  g_assert_cmpstr (fake_host_written (host, 1)->data, ==, other);
  g_assert_cmpuint (fake_host_written (host, 1)->flags, ==, GALLEY_FILE_RUN);
  g_assert_cmpstr (fake_host_output (host, "path"), ==, "{file:1}");

  fake_host_param (host, "alias", "lab/x");
  fake_host_param (host, "profile", "work");
  fake_host_param (host, "role_arn", "arn:aws:iam::123456789012:role/admin");
  fake_host_expect_recorded (host, THERE, OF_ROLE);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "context"), ==, "lab/x");
  g_assert_false (fake_host_param_valid (host, "alias", "file://x"));
  g_assert_false (fake_host_param_valid (host, "alias", "-x"));
  g_assert_true (fake_host_param_valid (host, "alias", "arn:aws:eks:us-east-1:123456789012:cluster/wandb"));
  g_assert_false (fake_host_param_valid (host, "cluster", "-x"));
  g_assert_false (fake_host_param_valid (host, "cluster", "a/b"));
}

static void
test_kubeconfig_failures (void)
{
  g_autoptr(FakeHost) host = cluster_host ("kubeconfig");

  fake_host_answer_recorded (host, "aws eks *", NOTHING, KUBECONFIG);
  fake_host_assert_apply (host, GALLEY_FAILED, "No cluster found for name: wandb.");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_NOT_FOUND);
  fake_host_answer_recorded (host, "aws eks *", THERE, OF_ROLE);
  fake_host_assert_apply (host, GALLEY_FAILED, "aws printed no kubeconfig whose context is `wandb`");
  fake_host_answer (host, "aws eks *", 0, "", "");
  g_assert_cmpint (fake_host_apply (host), ==, GALLEY_FAILED);
  fake_host_answer (host, "aws eks *", 0, varied (recorded (THERE, KUBECONFIG), "\nclusters:", "\n  clusters:"), "");
  g_assert_cmpint (fake_host_apply (host), ==, GALLEY_FAILED);
  g_assert_nonnull (strstr (fake_host_failure (host), "the kubeconfig that aws printed:2:"));
  g_assert_cmpuint (fake_host_n_files (host), ==, 0);
}

#define DRY AWS ("eks update-kubeconfig") " --name=wandb --alias=wandb --kubeconfig=/home/kc --dry-run"
#define WET AWS ("eks update-kubeconfig") " --name=wandb --alias=wandb --kubeconfig=/home/kc"

static void
test_kubeconfig_file (void)
{
  const char *wanted = recorded (THERE, DRY);
  const struct { const char *content, *need; } cases[] = {
    { NULL, "no file `/home/kc`" },
    { " \n", "`/home/kc` is empty" },
    { varied (wanted, "server: https://", "server: https://secret."), "`/home/kc` differs at `clusters[0].cluster.server`" },
    { "[]\n", "`/home/kc` differs at `its beginning`" },
  };
  g_autoptr(FakeHost) host = cluster_host ("kubeconfig_file");

  fake_host_param (host, "path", "/home/kc");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    fake_host_file (host, "/home/kc", cases[i].content);
    fake_host_expect_recorded (host, THERE, DRY);
    fake_host_assert_check (host, GALLEY_NEEDED, cases[i].need);
  }
  fake_host_file (host, "/home/kc", wanted);
  fake_host_expect_recorded (host, THERE, DRY);
  fake_host_assert_check (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "path"), ==, "/home/kc");
  fake_host_file (host, "/home/kc", "a: [\n");
  fake_host_expect_recorded (host, THERE, DRY);
  fake_host_assert_check (host, GALLEY_FAILED, NULL);
  fake_host_expect_recorded (host, NOTHING, DRY);
  fake_host_assert_check (host, GALLEY_FAILED, "No cluster found for name: wandb.");
}

static void
test_kubeconfig_file_apply (void)
{
  g_autoptr(FakeHost) host = cluster_host ("kubeconfig_file");

  fake_host_param (host, "path", "/home/kc");
  fake_host_file (host, "/home/kc", recorded_nth (THERE, DRY, 2));
  fake_host_expect_recorded (host, THERE, WET);
  fake_host_expect (host, DRY, 0, recorded_nth (THERE, DRY, 2), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "context"), ==, "wandb");

  fake_host_expect_recorded (host, THERE, WET);
  fake_host_expect (host, DRY, 0, varied (recorded (THERE, DRY), "server: https://", "server: https://b."), "");
  fake_host_assert_apply (host, GALLEY_FAILED, "aws has written `/home/kc`, and it is still not as wanted");
  fake_host_param (host, "path", "/proc/kc");
  fake_host_expect_recorded (host, THERE, AWS ("eks update-kubeconfig") " --name=wandb --alias=wandb --kubeconfig=/proc/kc");
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);
}

/* ---- eks_wait ----------------------------------------------------------- */

#define COMING    recorded_nth (WAIT, DESCRIBE, 1)
#define ACTIVE    recorded ("wandb-eks-teardown", DESCRIBE)
#define DELETING  recorded_nth (WAIT, DESCRIBE, 3)
/* The lab's clusters are never in these. */
#define PENDING   varied_member (COMING, "status", "PENDING")
#define UPDATING  varied_member (ACTIVE, "status", "UPDATING")
#define FAILED    varied (varied_member (COMING, "status", "FAILED"), "\"issues\": []", \
                          "\"issues\": [{\"code\": \"X\", \"message\": \"no room\"}]")

static void
expect_cluster (FakeHost *host, const char *answer)
{
  fake_host_expect (host, DESCRIBE, 0, answer, "");
}

static void
test_wait (void)
{
  g_autoptr(FakeHost) host = cluster_host ("eks_wait");

  expect_cluster (host, PENDING);
  expect_cluster (host, COMING);
  expect_cluster (host, UPDATING);
  expect_cluster (host, ACTIVE);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_pauses (host), ==, "15000 15000 15000");
  g_assert_cmpstr (fake_host_progress (host), ==,
                   "cluster `wandb` is PENDING, wanted ACTIVE\ncluster `wandb` is CREATING, wanted ACTIVE\n"
                   "cluster `wandb` is UPDATING, wanted ACTIVE");
  g_assert_cmpstr (fake_host_output (host, "arn"), ==, "arn:aws:eks:us-east-1:123456789012:cluster/wandb");
  g_assert_cmpstr (fake_host_output (host, "endpoint"), ==, word_of (ACTIVE, "https://127.0.0.1:"));
  g_assert_cmpstr (fake_host_output (host, "version"), ==, "1.34");
  g_assert_cmpstr (fake_host_output (host, "oidc_issuer"), ==, word_of (ACTIVE, "https://oidc."));
  g_assert_cmpstr (fake_host_output (host, "vpc"), ==, word_of (ACTIVE, "vpc-"));
}

static void
test_wait_in_vain (void)
{
  g_autoptr(FakeHost) host = cluster_host ("eks_wait");

  expect_cluster (host, FAILED);
  fake_host_assert_apply (host, GALLEY_FAILED, "cluster `wandb` is FAILED: no room");
  expect_cluster (host, DELETING);
  fake_host_assert_apply (host, GALLEY_FAILED, "cluster `wandb` is being deleted");
  fake_host_expect_recorded (host, NOTHING, DESCRIBE);
  fake_host_assert_apply (host, GALLEY_FAILED, "no cluster `wandb` in us-east-1");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_NOT_FOUND);
  fake_host_expect_recorded (host, DENIED, DESCRIBE);
  fake_host_assert_apply (host, GALLEY_FAILED, "the AWS identity may not do `eks:DescribeCluster`");
  fake_host_expect_how (host, DESCRIBE, GALLEY_TIMED_OUT, 15, "", recorded_err (NOTHING, DESCRIBE));
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);

  fake_host_param (host, "interval", "1m");
  fake_host_time_left (host, 150000);
  fake_host_answer_recorded (host, "aws eks *", WAIT, DESCRIBE);
  fake_host_assert_apply (host, GALLEY_FAILED, "cluster `wandb` is still CREATING, wanted ACTIVE");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_TRANSIENT);
  g_assert_cmpstr (fake_host_pauses (host), ==, "60000 60000 60000");
}

static void
test_wait_gone (void)
{
  g_autoptr(FakeHost) host = cluster_host ("eks_wait");

  fake_host_param (host, "status", "DELETED");
  expect_cluster (host, ACTIVE);
  expect_cluster (host, DELETING);
  expect_cluster (host, FAILED);
  fake_host_expect_recorded (host, NOTHING, DESCRIBE);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "endpoint"), ==, "");
  g_assert_false (fake_host_param_valid (host, "status", "GONE"));
}

/* ---- read, ensure, call ---------------------------------------------- */

static FakeHost *
operation_host (const char *action, const char *service, const char *operation)
{
  FakeHost *host = host_new (action);

  fake_host_param (host, "service", service);
  fake_host_param (host, "operation", operation);
  return host;
}

#define GET_ROLE AWS ("iam get-role") " --role-name=wandb --query=Role.Arn"
#define GET_NULL AWS ("iam get-role") " --role-name=wandb --query=Role.Nothing"
#define VPCS     AWS ("ec2 describe-vpcs") " --no-paginate '--filters=[{\"Name\": \"vpc-id\", \"Values\": [\"vpc-1\"]}]'"
#define ROLE     "arn:aws:iam::123456789012:role/wandb"

static void
test_read (void)
{
  g_autoptr(FakeHost) vpcs = operation_host ("read", "ec2", "describe-vpcs");
  g_autoptr(FakeHost) host = operation_host ("read", "iam", "get-role");

  fake_host_param (vpcs, "args", "[\"--no-paginate\", \"--filters=[{\\\"Name\\\": \\\"vpc-id\\\", \\\"Values\\\": [\\\"vpc-1\\\"]}]\"]");
  fake_host_expect (vpcs, VPCS, 0, varied (recorded (NOTHING, VPCS), "{\n    \"Vpcs", "\n{\n    \"Vpcs"), "");
  fake_host_assert_apply (vpcs, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (vpcs, "json"), ==, "{\"Vpcs\":[]}");
  g_assert_cmpstr (fake_host_output (vpcs, "text"), ==, "{\n    \"Vpcs\": []\n}");

  fake_host_param (host, "args", "[\"--role-name=wandb\"]");
  fake_host_param (host, "query", "Role.Arn");
  fake_host_expect (host, GET_ROLE, 0, varied (recorded (THERE, GET_ROLE), "wandb", "wan \\\" db"), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "text"), ==, "arn:aws:iam::123456789012:role/wan \" db");
  fake_host_expect (host, GET_ROLE, 0, " \n", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "text"), ==, "");
  g_assert_cmpstr (fake_host_output (host, "json"), ==, "");
  fake_host_expect_recorded (host, NOTHING, GET_ROLE);
  fake_host_assert_apply (host, GALLEY_FAILED, "Role wandb not found");
}

static void
test_args (void)
{
  static const struct { const char *arg, *problem; } bad[] = {
    { "describe", "`args`: `describe` is not written as one element `--name=value`" },
    { "-n", "`args`: `-n` is not written as one element `--name=value`" },
    { "--", "`args`: `--` is not written as one element `--name=value`" },
    { "--a", "`args`: `--a` is not written as one element `--name=value`" },
    { "--A=b", "`args`: `--A=b` is not written as one element `--name=value`" },
    { "--role-name x", "`args`: `--role-name x` is not written as one element `--name=value`" },
    { "", "`args`: `` is not written as one element `--name=value`" },
    { "--output=text", "`args`: `--output` cannot be given here" },
    { "--region=x", "`args`: `--region` cannot be given here" },
    { "--profile", "`args`: `--profile` cannot be given here" },
    { "--debug", "`args`: `--debug` cannot be given here" },
    { "--endpoint-url=http://x", "`args`: `--endpoint-url` cannot be given here" },
    { "--cli-input-json=x", "`args`: `--cli-input-json` cannot be given here" },
    { "--name=file:///etc/passwd", "`args`: the value of `--name` would be read from a file or an address; write the value itself" },
    { "--name=fileb://x", "`args`: the value of `--name` would be read from a file or an address; write the value itself" },
    { "--name=http://x", "`args`: the value of `--name` would be read from a file or an address; write the value itself" },
    { "--name=https://x", "`args`: the value of `--name` would be read from a file or an address; write the value itself" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr(FakeHost) host = operation_host ("call", "iam", "create-role");
    g_autofree char *list = g_strdup_printf ("[\"--ok=1\", \"%s\"]", bad[i].arg);

    fake_host_param (host, "args", list);
    fake_host_assert_apply (host, GALLEY_FAILED, bad[i].problem);
    g_assert_cmpuint (fake_host_class (host), ==, GALLEY_INVALID);
    g_assert_cmpuint (fake_host_n_commands (host), ==, 0);
  }
}

#define UNLESS "[\"iam\", \"get-role\", \"--role-name=wandb\", \"--query=Role.Arn\"]"
#define MAKE_ROLE AWS ("iam create-role") " --role-name=wandb --assume-role-policy-document={}"
#define STACK AWS ("cloudformation describe-stacks") " --stack-name=wandb"
#define VPC AWS ("ec2 describe-vpcs") " --vpc-ids=vpc-1"

static FakeHost *
ensure_host (void)
{
  FakeHost *host = operation_host ("ensure", "iam", "create-role");

  fake_host_param (host, "args", "[\"--role-name=wandb\", \"--assume-role-policy-document={}\"]");
  fake_host_param (host, "unless", UNLESS);
  return host;
}

static void
expect_error (FakeHost *host, const char *text)
{
  fake_host_expect (host, GET_ROLE, 255, "", text);
}

static void
test_ensure (void)
{
  /* "null" is what aws says of nothing; the others are of other versions and services. */
  const char *const nothing[] = { recorded (THERE, GET_NULL), "", "\n", "[]", "[ ]\n", "{}", "{\n}\n", "\"\"", "false" };
  g_autoptr(FakeHost) host = ensure_host ();
  const char *no_stack = recorded_err (NOTHING, STACK);

  fake_host_expect_recorded (host, THERE, GET_ROLE);
  fake_host_assert_check (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "text"), ==, ROLE);
  for (gsize i = 0; i < G_N_ELEMENTS (nothing); i++) {
    fake_host_expect (host, GET_ROLE, 0, nothing[i], "");
    fake_host_assert_check (host, GALLEY_NEEDED, "`iam get-role` finds nothing");
  }
  fake_host_expect (host, GET_ROLE, 0, varied (recorded (THERE, GET_NULL), "null", "[null]"), "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect_recorded (host, NOTHING, GET_ROLE);
  fake_host_assert_check (host, GALLEY_NEEDED, "`iam get-role` finds nothing");
  /* as aws 2.32 begins it */
  expect_error (host, varied (recorded_err (NOTHING, VPC), "\nAn error", "\naws: [ERROR]: An error"));
  fake_host_assert_check (host, GALLEY_NEEDED, NULL);
  fake_host_expect_recorded (host, DENIED, GET_ROLE);
  fake_host_assert_check (host, GALLEY_FAILED, "the AWS identity may not do `iam:GetRole`");
  expect_error (host, no_stack);
  fake_host_assert_check (host, GALLEY_NEEDED, "`iam get-role` finds nothing");
  expect_error (host, varied (no_stack, "(ValidationError)", "(Throttling)"));
  fake_host_assert_check (host, GALLEY_FAILED, "AWS slows this account down");
  expect_error (host, varied (recorded_err (NOTHING, GET_ROLE), "(NoSuchEntity)",
                              "(NotFoundxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                              "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx)"));
  fake_host_assert_check (host, GALLEY_FAILED, NULL);
  expect_error (host, varied (no_stack, "does not exist", "is bad NotFound"));
  fake_host_assert_check (host, GALLEY_FAILED, NULL);
  /* To an endpoint without a server, of a name that is near the words of absence. */
  expect_error (host, recorded_err (NOTHING, AWS ("iam get-role") " --role-name=wandb"));
  fake_host_assert_check (host, GALLEY_FAILED, "no connection to http://127.0.0.1:1/NoSuch.NotFound");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_TRANSIENT);
}

static void
test_ensure_apply (void)
{
  g_autoptr(FakeHost) host = ensure_host ();

  fake_host_expect_recorded (host, NOTHING, MAKE_ROLE);
  fake_host_expect_recorded (host, NOTHING, GET_ROLE);
  fake_host_expect_recorded (host, THERE, GET_ROLE);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_pauses (host), ==, "3000");
  g_assert_cmpstr (fake_host_output (host, "text"), ==, ROLE);

  fake_host_answer_recorded (host, "aws iam create-role *", NOTHING, MAKE_ROLE);
  fake_host_answer_recorded (host, "aws iam get-role *", THERE, GET_NULL);
  fake_host_assert_apply (host, GALLEY_FAILED, "`iam create-role` has succeeded, and `unless` still finds nothing");
  g_assert_cmpuint (fake_host_n_commands (host), ==, 11);
  fake_host_answer_recorded (host, "aws iam create-role *", THERE, MAKE_ROLE);
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);
  g_assert_cmpuint (fake_host_n_commands (host), ==, 1);
}

static void
test_ensure_unless (void)
{
  static const char *const bad[][2] = {
    { "[]", "`unless` does not begin with a service and an operation" },
    { "[\"iam\"]", "`unless` does not begin with a service and an operation" },
    { "[\"iam\", \"--role-name=x\"]", "`unless` does not begin with a service and an operation" },
    { "[\"iam get-role\", \"x\"]", "`unless` does not begin with a service and an operation" },
    { "[\"configure\", \"export-credentials\", \"--format=process\"]",
      "`unless` does not begin with a service and an operation" },
    { "[\"iam\", \"get-role\", \"x\"]", "`unless`: `x` is not written as one element `--name=value`" },
    { "[\"iam\", \"get-role\", \"--a=file://x\"]", "`unless`: `--a=file://x` is not written as one element `--name=value`" },
    { "[\"iam\", \"get-role\", \"--ab=file://x\"]",
      "`unless`: the value of `--ab` would be read from a file or an address; write the value itself" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr(FakeHost) host = ensure_host ();

    fake_host_param (host, "unless", bad[i][0]);
    fake_host_assert_check (host, GALLEY_FAILED, bad[i][1]);
    g_assert_cmpuint (fake_host_class (host), ==, GALLEY_INVALID);
  }
}

static void
test_call (void)
{
  g_autoptr(FakeHost) host = operation_host ("call", "iam", "delete-role");
  const struct galley_action *action = fake_host_plugin (host)->actions;

  while (strcmp (action->name, "call") != 0)
    action++;
  g_assert_null (action->check);
  g_assert_cmpuint (action->flags, ==, 0);
  fake_host_param (host, "args", "[\"--role-name=wandb\"]");
  fake_host_expect_recorded (host, NOTHING, AWS ("iam delete-role") " --role-name=wandb");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "json"), ==, "");
  g_assert_false (fake_host_param_valid (host, "service", "--debug"));
  g_assert_false (fake_host_param_valid (host, "service", "configure"));
  g_assert_false (fake_host_param_valid (host, "operation", "a b"));
  g_assert_false (fake_host_param_valid (host, "query", "-x"));
}

/* ---- leftovers -------------------------------------------------------- */

#define STATES "[\"pending\",\"running\",\"shutting-down\",\"stopping\",\"stopped\",\"available\",\"deleting\",\"failed\"]"
#define STACKS AWS ("cloudformation describe-stacks") \
  " \"--query=Stacks[?Tags[?Key=='alpha.eksctl.io/cluster-name'&&Value=='wandb']].join(' ',[StackName,StackStatus])\""
#define TAGS AWS ("ec2 describe-tags") " --filters=Name=key,Values=alpha.eksctl.io/cluster-name,elbv2.k8s.aws/cluster," \
  "kubernetes.io/cluster/wandb \"--query=Tags[?Value=='wandb'||(Value=='owned'&&Key=='kubernetes.io/cluster/wandb')]" \
  ".join(' ',[ResourceType,ResourceId])\""
#define INSTANCES AWS ("ec2 describe-instances") " --filters=Name=tag:kubernetes.io/cluster/wandb,Values=owned '--query=Reservations[]" \
  ".Instances[?contains(`" STATES "`,State.Name)][].join('\\'' '\\'',[InstanceId,State.Name])'"
#define GATEWAYS AWS ("ec2 describe-nat-gateways") " --filter=Name=tag:alpha.eksctl.io/cluster-name,Values=wandb '--query=NatGateways[?contains(`" \
  STATES "`,State)&&Tags[?Key=='\\''alpha.eksctl.io/cluster-name'\\''&&Value=='\\''wandb'\\'']].join('\\'' '\\'',[NatGatewayId,State])'"
#define CLASSIC   AWS ("elb describe-load-balancers") " '--query=LoadBalancerDescriptions[].LoadBalancerName'"
#define BALANCERS AWS ("elbv2 describe-load-balancers") " '--query=LoadBalancers[].LoadBalancerArn'"
#define PROVIDERS AWS ("iam list-open-id-connect-providers") " '--query=OpenIDConnectProviderList[].Arn'"
#define NAMELESS AWS ("ec2 describe-volumes") " '--filters=[{\"Name\":\"tag:ebs.csi.aws.com/cluster\",\"Values\":[\"true\"]}," \
  "{\"Name\":\"status\",\"Values\":[\"available\"]}]' \"--query=Volumes[?!(Tags[?starts_with(Key,'kubernetes.io/cluster/')])].VolumeId\""

static const struct { const char *glob, *line, *permission; } questions[] = {
  { "aws eks describe-cluster *", DESCRIBE, "eks:DescribeCluster" },
  { "aws cloudformation describe-stacks *", STACKS, "cloudformation:DescribeStacks" },
  { "aws ec2 describe-tags *", TAGS, "ec2:DescribeTags" },
  { "aws ec2 describe-instances *", INSTANCES, "ec2:DescribeInstances" },
  { "aws ec2 describe-nat-gateways *", GATEWAYS, "ec2:DescribeNatGateways" },
  { "aws elb describe-load-balancers *", CLASSIC, "elasticloadbalancing:DescribeLoadBalancers" },
  { "aws elbv2 describe-load-balancers *", BALANCERS, "elasticloadbalancing:DescribeLoadBalancers" },
  { "aws iam list-open-id-connect-providers *", PROVIDERS, "iam:ListOpenIDConnectProviders" },
  { "aws ec2 describe-volumes *tag:ebs*", NAMELESS, "ec2:DescribeVolumes" },
};

/* On an account that has nothing. */
static FakeHost *
leftovers_host (void)
{
  FakeHost *host = cluster_host ("leftovers");

  fake_host_param (host, "wait", "0s");
  for (gsize i = 0; i < G_N_ELEMENTS (questions); i++)
    fake_host_answer_recorded (host, questions[i].glob, NOTHING, questions[i].line);
  return host;
}

/* The command that looks for what has these IDS (JSON); to be freed. */
static char *
look_for (const char *operation, const char *filter, const char *ids, const char *query)
{
  return g_strdup_printf ("aws ec2 %s --region=us-east-1 --output=json '--filters=[{\"Name\":\"%s\",\"Values\":[%s]}]' '--query=%s'",
                          operation, filter, ids, query);
}

static void
answer_look (FakeHost *host, const char *recording, const char *operation, const char *filter, const char *id, const char *query)
{
  g_autofree char *ids = g_strdup_printf ("\"%s\"", id);
  g_autofree char *glob = g_strdup_printf ("aws ec2 %s *%s*", operation, filter);
  g_autofree char *line = look_for (operation, filter, ids, query);

  fake_host_answer_recorded (host, glob, recording, line);
}

static gboolean
ran (FakeHost *host, const char *line)
{
  g_auto(GStrv) argv = NULL;

  g_assert_true (g_shell_parse_argv (line, NULL, &argv, NULL));
  for (guint i = 1; i <= fake_host_n_commands (host); i++)
    if (g_strv_equal ((const char *const *) fake_host_command (host, i)->argv, (const char *const *) argv))
      return TRUE;
  return FALSE;
}

static void
test_leftovers_none (void)
{
  g_autoptr(FakeHost) host = cluster_host ("leftovers");

  for (gsize i = 0; i < G_N_ELEMENTS (questions); i++)
    fake_host_expect_recorded (host, NOTHING, questions[i].line);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "left"), ==, "[]");
  g_assert_cmpstr (fake_host_notes (host), ==, "");
  g_assert_cmpuint (fake_host_n_commands (host), ==, 9);
}

static void
test_leftovers_each (void)
{
  const char *instances = recorded (THERE, INSTANCES), *gateways = recorded (THERE, GATEWAYS);
  g_autofree char *instance = g_strconcat ("instance ", word_of (instances, "i-"), " running", NULL);
  g_autofree char *gateway = g_strconcat ("natgateway ", word_of (gateways, "nat-"), " deleting", NULL);
  const struct { const char *glob, *out, *said; } cases[] = {
    { "aws eks describe-cluster *", DELETING, "cluster wandb (DELETING)" },
    { "aws cloudformation describe-stacks *", varied (recorded (THERE, STACKS), "cluster CREATE_COMPLETE", "cluster DELETE_FAILED"),
      "stack eksctl-wandb-nodegroup-ng CREATE_COMPLETE, stack eksctl-wandb-cluster DELETE_FAILED" },
    { "aws ec2 describe-instances *", instances, instance },
    { "aws ec2 describe-nat-gateways *", varied (gateways, "available", "deleting"), gateway },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = leftovers_host ();
    g_autofree char *said = g_strconcat ("left of cluster `wandb`: ", cases[i].said, NULL);

    fake_host_answer (host, cases[i].glob, 0, cases[i].out, "");
    fake_host_assert_apply (host, GALLEY_FAILED, said);
    g_assert_cmpuint (fake_host_class (host), ==, GALLEY_UNKNOWN);
    g_assert_null (fake_host_output (host, "left"));
  }
}

/* Tags outlive what they are on: it is looked for itself. */
static void
test_leftovers_tagged (void)
{
  g_autoptr(FakeHost) host = leftovers_host ();
  /* AWS says elastic-ip and natgateway; moto, in the lab, has names of its own */
  const char *tags = varied (varied (recorded (GONE, TAGS), "vpc-elastic-ip", "elastic-ip"), "nat-gateway", "natgateway");
  const char *volume = word_of (tags, "vol-"), *vpc = word_of (tags, "vpc-"), *address = word_of (tags, "eipalloc-");
  g_autofree char *volumes = g_strdup_printf ("\"vol-1\",\"%s\"", volume);
  g_autofree char *look = look_for ("describe-volumes", "volume-id", volumes, "Volumes[].VolumeId");
  g_autofree char *said = g_strconcat ("left of cluster `wandb`: volume ", volume, NULL);

  fake_host_answer (host, "aws ec2 describe-tags *", 0, varied (tags, "[\n", "[\n    \"volume vol-1\",\n    \"volumes x\",\n"), "");
  answer_look (host, GONE, "describe-volumes", "volume-id", volume, "Volumes[].VolumeId");
  answer_look (host, GONE, "describe-vpcs", "vpc-id", vpc, "Vpcs[].VpcId");
  answer_look (host, GONE, "describe-addresses", "allocation-id", address, "Addresses[].AllocationId");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_true (ran (host, look));
  g_assert_cmpuint (fake_host_n_commands (host), ==, 9 + 3);
  answer_look (host, THERE, "describe-volumes", "volume-id", volume, "Volumes[].VolumeId");
  fake_host_assert_apply (host, GALLEY_FAILED, said);
}

static void
test_leftovers_volumes (void)
{
  g_autoptr(FakeHost) host = leftovers_host ();
  const char *first = nth_of (recorded (GONE, NAMELESS), 1), *second = nth_of (recorded (GONE, NAMELESS), 2);
  g_autofree char *ids = g_strdup_printf ("\"%s\",\"%s\"", word_of (recorded (GONE, TAGS), "vol-"), first);
  g_autofree char *list = g_strconcat ("[", ids, "]", NULL);
  g_autofree char *look = look_for ("describe-volumes", "volume-id", ids, "Volumes[].VolumeId");
  g_autofree char *said = g_strconcat ("left of cluster `wandb`: volume ", first, NULL);
  g_autofree char *noted = g_strdup_printf ("unused disks of an EBS CSI driver that do not say which cluster they were made for: %s, %s",
                                            first, second);

  fake_host_param (host, "volumes", list);
  fake_host_answer_recorded (host, "aws ec2 describe-volumes *volume-id*", GONE, look);
  fake_host_assert_apply (host, GALLEY_FAILED, said);
  g_assert_true (ran (host, look));
  fake_host_param (host, "volumes", "[\"vol-0a\", \"vol-x\"]");
  fake_host_assert_apply (host, GALLEY_FAILED, "`volumes`: `vol-x` is no volume id");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_INVALID);
  fake_host_param (host, "volumes", "[]");
  fake_host_answer_recorded (host, "aws ec2 describe-volumes *tag:ebs*", GONE, NAMELESS);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_notes (host), ==, noted);
}

#define NAMES_OF(names) AWS ("elb describe-tags") " '--load-balancer-names=[" names "]' " \
  "\"--query=TagDescriptions[?Tags[?Key=='kubernetes.io/cluster/wandb'||(Key=='elbv2.k8s.aws/cluster'&&Value=='wandb')]].LoadBalancerName\""
#define FIRST_TWENTY "\"n1\",\"n2\",\"n3\",\"n4\",\"n5\",\"n6\",\"n7\",\"n8\",\"n9\",\"n10\",\"n11\",\"n12\",\"n13\"," \
  "\"n14\",\"n15\",\"n16\",\"n17\",\"n18\",\"n19\",\"n20\""

/* Twenty at a time, which is what describe-tags takes. */
static void
test_leftovers_load_balancers (void)
{
  g_autoptr(FakeHost) host = leftovers_host ();
  const char *arn = nth_of (recorded (THERE, BALANCERS), 1);
  g_autofree char *arns = g_strdup_printf (AWS ("elbv2 describe-tags") " '--resource-arns=[\"%s\"]' "
                                           "\"--query=TagDescriptions[?Tags[?Key=='kubernetes.io/cluster/wandb'||(Key=='elbv2.k8s.aws/cluster'"
                                           "&&Value=='wandb')]].ResourceArn\"", arn);
  g_autofree char *said = g_strconcat ("left of cluster `wandb`: load-balancer n5, load-balancer n21, load-balancer ", arn, NULL);

  fake_host_answer_recorded (host, "aws elb describe-load-balancers *", THERE, CLASSIC);
  fake_host_answer_recorded (host, "aws elb describe-tags *n21*", THERE, NAMES_OF ("\"n21\""));
  fake_host_answer_recorded (host, "aws elb describe-tags *n1*n20*", THERE, NAMES_OF (FIRST_TWENTY));
  fake_host_answer_recorded (host, "aws elbv2 describe-load-balancers *", THERE, BALANCERS);
  fake_host_answer_recorded (host, "aws elbv2 describe-tags *", THERE, arns);
  fake_host_assert_apply (host, GALLEY_FAILED, said);
  g_assert_true (ran (host, NAMES_OF ("\"n21\"")));
  g_assert_true (ran (host, NAMES_OF (FIRST_TWENTY)));
  g_assert_true (ran (host, arns));
}

#define PROVIDER(id) "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/" id
#define TAGS_OF(id) AWS ("iam list-open-id-connect-provider-tags") " --open-id-connect-provider-arn=" PROVIDER (id)

static void
test_leftovers_oidc (void)
{
  g_autoptr(FakeHost) host = leftovers_host ();
  const char *near = varied (varied (recorded (THERE, PROVIDERS), "id/A\"", "id/AB\""), "id/B\"", "id/B1\"");

  fake_host_param (host, "oidc_issuer", "https://oidc.eks.us-east-1.amazonaws.com/id/B");
  fake_host_answer_recorded (host, "aws iam list-open-id-connect-provider-tags *", THERE, TAGS_OF ("A"));
  fake_host_answer (host, "aws iam list-open-id-connect-providers *", 0, near, "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_answer_recorded (host, "aws iam list-open-id-connect-providers *", THERE, PROVIDERS);
  fake_host_assert_apply (host, GALLEY_FAILED, "left of cluster `wandb`: oidc-provider " PROVIDER ("B"));
  g_assert_false (ran (host, TAGS_OF ("B")));

  fake_host_param (host, "oidc_issuer", "");
  fake_host_expect_recorded (host, THERE, TAGS_OF ("A"));
  fake_host_expect_recorded (host, THERE, TAGS_OF ("B"));
  fake_host_assert_apply (host, GALLEY_FAILED, "left of cluster `wandb`: oidc-provider " PROVIDER ("B"));
  fake_host_answer_recorded (host, "aws iam list-open-id-connect-provider-tags *", NOTHING, TAGS_OF ("B"));
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_answer (host, "aws iam list-open-id-connect-provider-tags *", 255, "",
                    varied (recorded_err (DENIED, PROVIDERS), "ListOpenIDConnectProviders", "ListOpenIDConnectProviderTags"));
  fake_host_assert_apply (host, GALLEY_FAILED, "the AWS identity may not do `iam:ListOpenIDConnectProviderTags`");
}

static void
test_leftovers_wait (void)
{
  g_autoptr(FakeHost) host = leftovers_host ();
  const char *instances = varied (recorded (THERE, INSTANCES), "running", "shutting-down");
  g_autofree char *said = g_strconcat ("left of cluster `wandb`: instance ", nth_of (instances, 1), NULL);

  fake_host_param (host, "wait", "20s");
  fake_host_answer (host, "aws ec2 describe-instances *", 0, instances, "");
  fake_host_assert_apply (host, GALLEY_FAILED, said);
  g_assert_cmpstr (fake_host_pauses (host), ==, "10000 10000");
  expect_cluster (host, DELETING);
  fake_host_answer_recorded (host, "aws ec2 describe-instances *", NOTHING, INSTANCES);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_pauses (host), ==, "10000");
  g_assert_cmpstr (fake_host_progress (host), ==, "still there: cluster wandb (DELETING)");
}

/* What may not be looked at is not taken for gone. */
static void
test_leftovers_unseen (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (questions); i++) {
    g_autoptr(FakeHost) host = leftovers_host ();
    g_autofree char *said = g_strdup_printf ("the AWS identity may not do `%s`", questions[i].permission);

    fake_host_answer_recorded (host, questions[i].glob, DENIED, questions[i].line);
    fake_host_assert_apply (host, GALLEY_FAILED, said);
  }
}

/* 42 instances, the first of them twice. */
static void
test_leftovers_many (void)
{
  g_autoptr(FakeHost) host = leftovers_host ();
  const char *list = recorded ("aws-many", INSTANCES);
  g_autofree char *again = g_strdup_printf (",\n    \"%s\"\n]", nth_of (list, 1));
  g_autofree char *last = g_strdup_printf ("instance %s and 2 more", nth_of (list, 40));

  fake_host_answer (host, "aws ec2 describe-instances *", 0, varied (list, "\n]", again), "");
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);
  g_assert_true (g_str_has_suffix (fake_host_failure (host), last));
}

/* Providers of earlier clusters of the same name are left too. */
static void
test_leftovers_providers (void)
{
  g_autoptr(FakeHost) host = leftovers_host ();

  fake_host_param (host, "oidc_issuer", "https://oidc.eks.us-east-1.amazonaws.com/id/A");
  fake_host_answer_recorded (host, "aws iam list-open-id-connect-providers *", THERE, PROVIDERS);
  fake_host_answer_recorded (host, "aws iam list-open-id-connect-provider-tags *id/B*", THERE, TAGS_OF ("B"));
  fake_host_assert_apply (host, GALLEY_FAILED,
                          "left of cluster `wandb`: oidc-provider " PROVIDER ("A") ", oidc-provider " PROVIDER ("B"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_unsetenv ("AWS_ENDPOINT_URL");
  g_test_add_func ("/aws/tables", test_tables);
  g_test_add_func ("/aws/reads", test_reads);
  g_test_add_func ("/aws/identity", test_identity);
  g_test_add_func ("/aws/identity/of-another", test_identity_of_another);
  g_test_add_func ("/aws/credentials", test_credentials);
  g_test_add_func ("/aws/endpoint", test_endpoint);
  g_test_add_func ("/aws/kubeconfig", test_kubeconfig);
  g_test_add_func ("/aws/kubeconfig/failures", test_kubeconfig_failures);
  g_test_add_func ("/aws/kubeconfig-file", test_kubeconfig_file);
  g_test_add_func ("/aws/kubeconfig-file/apply", test_kubeconfig_file_apply);
  g_test_add_func ("/aws/wait", test_wait);
  g_test_add_func ("/aws/wait/in-vain", test_wait_in_vain);
  g_test_add_func ("/aws/wait/gone", test_wait_gone);
  g_test_add_func ("/aws/read", test_read);
  g_test_add_func ("/aws/args", test_args);
  g_test_add_func ("/aws/ensure", test_ensure);
  g_test_add_func ("/aws/ensure/apply", test_ensure_apply);
  g_test_add_func ("/aws/ensure/unless", test_ensure_unless);
  g_test_add_func ("/aws/call", test_call);
  g_test_add_func ("/aws/leftovers/none", test_leftovers_none);
  g_test_add_func ("/aws/leftovers/each", test_leftovers_each);
  g_test_add_func ("/aws/leftovers/tagged", test_leftovers_tagged);
  g_test_add_func ("/aws/leftovers/volumes", test_leftovers_volumes);
  g_test_add_func ("/aws/leftovers/load-balancers", test_leftovers_load_balancers);
  g_test_add_func ("/aws/leftovers/oidc", test_leftovers_oidc);
  g_test_add_func ("/aws/leftovers/wait", test_leftovers_wait);
  g_test_add_func ("/aws/leftovers/unseen", test_leftovers_unseen);
  g_test_add_func ("/aws/leftovers/many", test_leftovers_many);
  g_test_add_func ("/aws/leftovers/providers", test_leftovers_providers);
  return g_test_run ();
}

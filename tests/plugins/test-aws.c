/* The aws plugin on a host that plays aws.  SPDX-License-Identifier: MIT */
#include <string.h>
#include "recorded.h"
#include "base/strict-json.h"
#include "plugin/reads.h"

#define AWS(words) "aws " words " --region=us-east-1 --output=json"
#define DESCRIBE AWS ("eks describe-cluster") " --name=wandb"
#define EKS_ABSENT recorded_err ("aws-nothing", DESCRIBE)
#define DENIED recorded_err ("aws-denied", DESCRIBE)

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

static void
test_identity (void)
{
  g_autoptr(FakeHost) host = fake_host_new ("aws", "identity");

  fake_host_expect_recorded (host, "aws-who", WHOSE);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "account"), ==, "123456789012");
  g_assert_cmpstr (fake_host_output (host, "arn"), ==, "arn:aws:sts::123456789012:user/moto");
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
  fake_host_answer (host, "aws sts *", 0, WHO, "");
  fake_host_assert_apply (host, GALLEY_FAILED,
                          "these credentials are of account `123456789012` (arn:aws:sts::123456789012:user/moto), "
                          "wanted is account `210987654321`");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_DENIED);
  g_assert_nonnull (strstr (fake_host_fix (host), "nothing has been touched"));
  g_assert_null (fake_host_output (host, "account"));

  fake_host_answer (host, "aws sts *", 0, "{}", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "`aws sts get-caller-identity` named no account");
  fake_host_answer (host, "aws sts *", 0, "{\"Account\": \"210987654321\"}", "");
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
  fake_host_expect_recorded (host, "aws-who", WHOSE);
  fake_host_expect (host, EXPORT, 0, "{\"SecretAccessKey\": \"s\", \"Expiration\": \"2026-11-24T20:00:00Z\"}", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "account"), ==, "123456789012");
  g_assert_cmpstr (fake_host_output (host, "arn"), ==, "arn:aws:sts::123456789012:user/moto");
  g_assert_cmpstr (fake_host_output (host, "expires"), ==, "2026-11-24T20:00:00Z");
  g_assert_cmpuint (fake_host_command (host, 2)->flags, ==, GALLEY_CMD_SECRET_OUTPUT | GALLEY_CMD_MAY_FAIL);

  fake_host_param (host, "profile", "work");
  fake_host_expect_recorded (host, "aws-who", "aws sts get-caller-identity --profile=work --output=json");
  fake_host_expect_recorded (host, "aws-who", EXPORT " --profile=work");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "expires"), ==, "");
  g_setenv ("AWS_CREDENTIAL_EXPIRATION", "2026-11-24T21:00:00Z", TRUE);
  fake_host_answer (host, "aws sts *", 0, WHO, "");
  fake_host_answer (host, EXPORT "*", 0, "{\"SecretAccessKey\": \"s\"}", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "expires"), ==, "2026-11-24T21:00:00Z");
  g_unsetenv ("AWS_CREDENTIAL_EXPIRATION");

  fake_host_answer (host, "aws sts *", 0, "{}", "");
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

#define UPDATE AWS ("eks update-kubeconfig") " --name=wandb --alias=wandb"
#define CONFIG(context, server) config_of (context, server)

/* As aws prints it, with another context and server. */
static const char *
config_of (const char *context, const char *server)
{
  g_autofree char *named = g_strconcat ("  name: ", context, "\ncurrent-context: ", context, "\n", NULL);
  const char *config = varied (recorded ("aws-there", UPDATE " --kubeconfig=/dev/null --dry-run"),
                               "  name: wandb\ncurrent-context: wandb\n", named);
  g_auto(GStrv) lines = g_strsplit (config, "\n", -1);
  g_autofree char *joined = NULL;

  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix (*line, "    server: ")) {
      g_autofree char *whole = *line;

      *line = g_strconcat ("    server: ", server, NULL);
    }
  joined = g_strjoinv ("\n", lines);
  return g_intern_string (joined);
}

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
  g_autofree char *login = NULL;

  fake_host_expect_recorded (host, "aws-there", UPDATE " --kubeconfig=/dev/null --dry-run");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpuint (fake_host_n_files (host), ==, 2);
  g_assert_cmpstr (fake_host_written (host, 1)->data, ==, "");
  g_assert_cmpstr (fake_host_written (host, 1)->suffix, ==, ".token");
  g_assert_cmpuint (fake_host_written (host, 1)->flags, ==, GALLEY_FILE_RUN);
  g_assert_cmpuint (fake_host_written (host, 2)->flags, ==, GALLEY_FILE_RUN);
  login = login_of (fake_host_written (host, 2)->data);
  g_assert_cmpstr (login, ==, "/bin/sh -c sh {file:1} aws --region us-east-1 eks get-token --cluster-name wandb --output json");
  g_assert_cmpstr (fake_host_output (host, "path"), ==, "{file:2}");
  g_assert_cmpstr (fake_host_output (host, "context"), ==, "wandb");

  fake_host_param (host, "alias", "lab/x");
  fake_host_param (host, "profile", "work");
  fake_host_param (host, "role_arn", "arn:aws:iam::123456789012:role/admin");
  fake_host_expect (host, "aws eks update-kubeconfig --region=us-east-1 --profile=work --output=json --name=wandb "
                    "--alias=lab/x --kubeconfig=/dev/null --role-arn=arn:aws:iam::123456789012:role/admin --dry-run", 0,
                    CONFIG ("lab/x", "https://a"), "");
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

  fake_host_answer (host, "aws eks *", 254, "", EKS_ABSENT);
  fake_host_assert_apply (host, GALLEY_FAILED, "No cluster found for name: wandb.");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_NOT_FOUND);
  fake_host_answer (host, "aws eks *", 0, CONFIG ("other", "https://a"), "");
  fake_host_assert_apply (host, GALLEY_FAILED, "aws printed no kubeconfig whose context is `wandb`");
  fake_host_answer (host, "aws eks *", 0, "", "");
  g_assert_cmpint (fake_host_apply (host), ==, GALLEY_FAILED);
  fake_host_answer (host, "aws eks *", 0, "a: 1\n  b: 2\n", "");
  g_assert_cmpint (fake_host_apply (host), ==, GALLEY_FAILED);
  g_assert_nonnull (strstr (fake_host_failure (host), "the kubeconfig that aws printed:2:"));
  g_assert_cmpuint (fake_host_n_files (host), ==, 0);
}

#define DRY UPDATE " --kubeconfig=/recipe/kc --dry-run"
#define WET UPDATE " --kubeconfig=/recipe/kc"

static void
test_kubeconfig_file (void)
{
  g_autoptr(FakeHost) host = cluster_host ("kubeconfig_file");

  fake_host_param (host, "path", "kc");
  fake_host_expect (host, DRY, 0, CONFIG ("wandb", "https://a"), "");
  fake_host_assert_check (host, GALLEY_NEEDED, "no file `/recipe/kc`");
  fake_host_file (host, "/recipe/kc", " \n");
  fake_host_expect (host, DRY, 0, CONFIG ("wandb", "https://a"), "");
  fake_host_assert_check (host, GALLEY_NEEDED, "`/recipe/kc` is empty");
  fake_host_file (host, "/recipe/kc", CONFIG ("wandb", "https://secret.example"));
  fake_host_expect (host, DRY, 0, CONFIG ("wandb", "https://a"), "");
  fake_host_assert_check (host, GALLEY_NEEDED, "`/recipe/kc` differs at `clusters[0].cluster.server`");
  fake_host_file (host, "/recipe/kc", "[]\n");
  fake_host_expect (host, DRY, 0, CONFIG ("wandb", "https://a"), "");
  fake_host_assert_check (host, GALLEY_NEEDED, "`/recipe/kc` differs at `its beginning`");
  fake_host_file (host, "/recipe/kc", CONFIG ("wandb", "https://a"));
  fake_host_expect (host, DRY, 0, CONFIG ("wandb", "https://a"), "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "path"), ==, "/recipe/kc");
  fake_host_file (host, "/recipe/kc", "a: [\n");
  fake_host_expect (host, DRY, 0, CONFIG ("wandb", "https://a"), "");
  fake_host_assert_check (host, GALLEY_FAILED, NULL);
  fake_host_expect (host, DRY, 254, "", EKS_ABSENT);
  fake_host_assert_check (host, GALLEY_FAILED, "No cluster found for name: wandb.");
}

static void
test_kubeconfig_file_apply (void)
{
  g_autoptr(FakeHost) host = cluster_host ("kubeconfig_file");

  fake_host_param (host, "path", "kc");
  fake_host_file (host, "/recipe/kc", CONFIG ("wandb", "https://a"));
  fake_host_expect (host, WET, 0, recorded ("aws-there", UPDATE " --kubeconfig=/home/kc"), "");
  fake_host_expect (host, DRY, 0, CONFIG ("wandb", "https://a"), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "context"), ==, "wandb");

  fake_host_expect (host, WET, 0, "", "");
  fake_host_expect (host, DRY, 0, CONFIG ("wandb", "https://b"), "");
  fake_host_assert_apply (host, GALLEY_FAILED, "aws has written `/recipe/kc`, and it is still not as wanted");
  fake_host_expect (host, WET, 255, "", recorded_err ("aws-there", UPDATE " --kubeconfig=/proc/kc"));
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);
}

/* ---- eks_wait ----------------------------------------------------------- */

#define CLUSTER(status) cluster_in (status)

/* As aws describes it, but for STATUS, a reason, and what is looked at. */
static const char *
cluster_in (const char *status)
{
  static const char *const members[][2] = {
    { "arn", "arn:c" }, { "endpoint", "https://e" }, { "version", "1.34" }, { "issuer", "https://o" }, { "vpcId", "vpc-1" },
  };
  const char *cluster = varied (recorded ("wandb-eks-teardown", DESCRIBE), "\"issues\": []",
                                "\"issues\": [{\"code\": \"X\", \"message\": \"no room\"}]");

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    cluster = varied_member (cluster, members[i][0], members[i][1]);
  return varied_member (cluster, "status", status);
}

static void
test_wait (void)
{
  g_autoptr(FakeHost) host = cluster_host ("eks_wait");

  fake_host_expect (host, DESCRIBE, 0, CLUSTER ("PENDING"), "");
  fake_host_expect (host, DESCRIBE, 0, CLUSTER ("CREATING"), "");
  fake_host_expect (host, DESCRIBE, 0, CLUSTER ("UPDATING"), "");
  fake_host_expect (host, DESCRIBE, 0, CLUSTER ("ACTIVE"), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_pauses (host), ==, "15000 15000 15000");
  g_assert_cmpstr (fake_host_progress (host), ==,
                   "cluster `wandb` is PENDING, wanted ACTIVE\ncluster `wandb` is CREATING, wanted ACTIVE\n"
                   "cluster `wandb` is UPDATING, wanted ACTIVE");
  g_assert_cmpstr (fake_host_output (host, "arn"), ==, "arn:c");
  g_assert_cmpstr (fake_host_output (host, "endpoint"), ==, "https://e");
  g_assert_cmpstr (fake_host_output (host, "version"), ==, "1.34");
  g_assert_cmpstr (fake_host_output (host, "oidc_issuer"), ==, "https://o");
  g_assert_cmpstr (fake_host_output (host, "vpc"), ==, "vpc-1");
}

static void
test_wait_in_vain (void)
{
  g_autoptr(FakeHost) host = cluster_host ("eks_wait");

  fake_host_expect (host, DESCRIBE, 0, CLUSTER ("FAILED"), "");
  fake_host_assert_apply (host, GALLEY_FAILED, "cluster `wandb` is FAILED: no room");
  fake_host_expect (host, DESCRIBE, 0, CLUSTER ("DELETING"), "");
  fake_host_assert_apply (host, GALLEY_FAILED, "cluster `wandb` is being deleted");
  fake_host_expect (host, DESCRIBE, 254, "", EKS_ABSENT);
  fake_host_assert_apply (host, GALLEY_FAILED, "no cluster `wandb` in us-east-1");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_NOT_FOUND);
  fake_host_expect (host, DESCRIBE, 254, "", DENIED);
  fake_host_assert_apply (host, GALLEY_FAILED, "the AWS identity may not do `eks:DescribeCluster`");
  fake_host_expect_how (host, DESCRIBE, GALLEY_TIMED_OUT, 15, "", EKS_ABSENT);
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);

  fake_host_param (host, "interval", "1m");
  fake_host_time_left (host, 150000);
  fake_host_answer (host, "aws eks *", 0, CLUSTER ("CREATING"), "");
  fake_host_assert_apply (host, GALLEY_FAILED, "cluster `wandb` is still CREATING, wanted ACTIVE");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_TRANSIENT);
  g_assert_cmpstr (fake_host_pauses (host), ==, "60000 60000 60000");
}

static void
test_wait_gone (void)
{
  g_autoptr(FakeHost) host = cluster_host ("eks_wait");

  fake_host_param (host, "status", "DELETED");
  fake_host_expect (host, DESCRIBE, 0, CLUSTER ("ACTIVE"), "");
  fake_host_expect (host, DESCRIBE, 0, CLUSTER ("DELETING"), "");
  fake_host_expect (host, DESCRIBE, 0, CLUSTER ("FAILED"), "");
  fake_host_expect (host, DESCRIBE, 255, "", EKS_ABSENT);
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

static void
test_read (void)
{
  g_autoptr(FakeHost) host = operation_host ("read", "iam", "get-role");

  fake_host_param (host, "args", "[\"--role-name=wandb\", \"--no-paginate\", \"--xy={\\\"a\\\": 1}\"]");
  fake_host_expect (host, AWS ("iam get-role") " --role-name=wandb --no-paginate '--xy={\"a\": 1}'", 0,
                    "\n{\"Role\": {\"Arn\": \"a\"}}\n", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "json"), ==, "{\"Role\":{\"Arn\":\"a\"}}");
  g_assert_cmpstr (fake_host_output (host, "text"), ==, "{\"Role\": {\"Arn\": \"a\"}}");

  fake_host_param (host, "args", "[]");
  fake_host_param (host, "query", "Role.Arn");
  fake_host_expect (host, AWS ("iam get-role") " --query=Role.Arn", 0, "\"arn \\\" x\"\n", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "text"), ==, "arn \" x");
  fake_host_expect (host, AWS ("iam get-role") " --query=Role.Arn", 0, " \n", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "text"), ==, "");
  g_assert_cmpstr (fake_host_output (host, "json"), ==, "");
  fake_host_expect (host, AWS ("iam get-role") " --query=Role.Arn", 255, "",
                    "\nAn error occurred (NoSuchEntity) when calling the GetRole operation: Role nope not found\n");
  fake_host_assert_apply (host, GALLEY_FAILED, "Role nope not found");
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
#define GET_ROLE AWS ("iam get-role") " --role-name=wandb --query=Role.Arn"
#define MAKE_ROLE AWS ("iam create-role") " --role-name=wandb"

static FakeHost *
ensure_host (void)
{
  FakeHost *host = operation_host ("ensure", "iam", "create-role");

  fake_host_param (host, "args", "[\"--role-name=wandb\"]");
  fake_host_param (host, "unless", UNLESS);
  return host;
}

static void
test_ensure (void)
{
  static const char *const nothing[] = { "", "\n", "null\n", "[]", "[ ]\n", "{}", "{\n}\n", "\"\"", "false" };
  g_autoptr(FakeHost) host = ensure_host ();

  fake_host_expect_recorded (host, "aws-there", GET_ROLE);
  fake_host_assert_check (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "text"), ==, "arn:aws:iam::123456789012:role/wandb");
  for (gsize i = 0; i < G_N_ELEMENTS (nothing); i++) {
    fake_host_expect (host, GET_ROLE, 0, nothing[i], "");
    fake_host_assert_check (host, GALLEY_NEEDED, "`iam get-role` finds nothing");
  }
  fake_host_expect (host, GET_ROLE, 0, "[null]", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect_recorded (host, "aws-gone", GET_ROLE);
  fake_host_assert_check (host, GALLEY_NEEDED, "`iam get-role` finds nothing");
  fake_host_expect (host, GET_ROLE, 254, "", recorded_err ("aws-nothing", AWS ("ec2 describe-vpcs") " --vpc-ids=vpc-1"));
  fake_host_assert_check (host, GALLEY_NEEDED, NULL);
  fake_host_expect (host, GET_ROLE, 254, "", DENIED);
  fake_host_assert_check (host, GALLEY_FAILED, "the AWS identity may not do `eks:DescribeCluster`");
  fake_host_expect (host, GET_ROLE, 255, "", recorded_err ("aws-nothing", AWS ("cloudformation describe-stacks") " --stack-name=wandb"));
  fake_host_assert_check (host, GALLEY_NEEDED, "`iam get-role` finds nothing");
  fake_host_expect (host, GET_ROLE, 255, "", "\nAn error occurred (Throttling) when calling X: it does not exist\n");
  fake_host_assert_check (host, GALLEY_FAILED, "AWS slows this account down");
  fake_host_expect (host, GET_ROLE, 255, "", "\nAn error occurred (NotFoundxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx) when\n");
  fake_host_assert_check (host, GALLEY_FAILED, NULL);
  fake_host_expect (host, GET_ROLE, 252, "", "An error occurred (ValidationError) when calling X: bad NotFound\n");
  fake_host_assert_check (host, GALLEY_FAILED, NULL);
  fake_host_expect (host, GET_ROLE, 255, "", recorded_err_nth ("aws-there", GET_ROLE, 2));
  fake_host_assert_check (host, GALLEY_FAILED, "no connection to http://127.0.0.1:1/NoSuch.NotFound");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_TRANSIENT);
}

static void
test_ensure_apply (void)
{
  g_autoptr(FakeHost) host = ensure_host ();

  fake_host_expect (host, MAKE_ROLE, 0, "{\"Role\": {}}", "");
  fake_host_expect (host, GET_ROLE, 0, "null", "");
  fake_host_expect (host, GET_ROLE, 0, "\"arn:role\"\n", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_pauses (host), ==, "3000");
  g_assert_cmpstr (fake_host_output (host, "text"), ==, "arn:role");

  fake_host_answer (host, "aws iam create-role *", 0, "{}", "");
  fake_host_answer (host, "aws iam get-role *", 0, "[]", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "`iam create-role` has succeeded, and `unless` still finds nothing");
  g_assert_cmpuint (fake_host_n_commands (host), ==, 11);
  fake_host_answer_recorded (host, "aws iam create-role *", "aws-there", MAKE_ROLE " --assume-role-policy-document={}");
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
  fake_host_expect (host, AWS ("iam delete-role") " --role-name=wandb", 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "json"), ==, "");
  g_assert_false (fake_host_param_valid (host, "service", "--debug"));
  g_assert_false (fake_host_param_valid (host, "service", "configure"));
  g_assert_false (fake_host_param_valid (host, "operation", "a b"));
  g_assert_false (fake_host_param_valid (host, "query", "-x"));
}

/* ---- leftovers -------------------------------------------------------- */

static FakeHost *
leftovers_host (void)
{
  FakeHost *host = cluster_host ("leftovers");

  fake_host_param (host, "wait", "0s");
  fake_host_answer (host, "aws *", 0, "[]", "");
  fake_host_answer (host, "aws eks describe-cluster *", 254, "", EKS_ABSENT);
  return host;
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

#define STATES "[\"pending\",\"running\",\"shutting-down\",\"stopping\",\"stopped\",\"available\",\"deleting\",\"failed\"]"

static void
test_leftovers_none (void)
{
  static const char *const lines[] = {
    DESCRIBE,
    AWS ("cloudformation describe-stacks") " \"--query=Stacks[?Tags[?Key=='alpha.eksctl.io/cluster-name'&&Value=='wandb']]"
      ".join(' ',[StackName,StackStatus])\"",
    AWS ("ec2 describe-tags") " --filters=Name=key,Values=alpha.eksctl.io/cluster-name,elbv2.k8s.aws/cluster,"
      "kubernetes.io/cluster/wandb \"--query=Tags[?Value=='wandb'||(Value=='owned'&&Key=='kubernetes.io/cluster/wandb')]"
      ".join(' ',[ResourceType,ResourceId])\"",
    AWS ("ec2 describe-instances") " --filters=Name=tag:kubernetes.io/cluster/wandb,Values=owned '--query=Reservations[]"
      ".Instances[?contains(`" STATES "`,State.Name)][].join('\\'' '\\'',[InstanceId,State.Name])'",
    AWS ("ec2 describe-nat-gateways") " --filter=Name=tag:alpha.eksctl.io/cluster-name,Values=wandb '--query=NatGateways[?contains(`"
      STATES "`,State)&&Tags[?Key=='\\''alpha.eksctl.io/cluster-name'\\''&&Value=='\\''wandb'\\'']].join('\\'' '\\'',[NatGatewayId,State])'",
    AWS ("elb describe-load-balancers") " '--query=LoadBalancerDescriptions[].LoadBalancerName'",
    AWS ("elbv2 describe-load-balancers") " '--query=LoadBalancers[].LoadBalancerArn'",
    AWS ("iam list-open-id-connect-providers") " '--query=OpenIDConnectProviderList[].Arn'",
    AWS ("ec2 describe-volumes") " '--filters=[{\"Name\":\"tag:ebs.csi.aws.com/cluster\",\"Values\":[\"true\"]},"
      "{\"Name\":\"status\",\"Values\":[\"available\"]}]' "
      "\"--query=Volumes[?!(Tags[?starts_with(Key,'kubernetes.io/cluster/')])].VolumeId\"",
  };
  g_autoptr(FakeHost) host = leftovers_host ();

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    fake_host_expect_recorded (host, "aws-nothing", lines[i]);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "left"), ==, "[]");
  g_assert_cmpstr (fake_host_notes (host), ==, "");
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    if (!ran (host, lines[i]))
      g_error ("was not run: %s", lines[i]);
  g_assert_cmpuint (fake_host_n_commands (host), ==, 9);
}

static void
test_leftovers_each (void)
{
  const struct { const char *glob, *out, *said; } cases[] = {
    { "aws eks describe-cluster *", CLUSTER ("DELETING"), "cluster wandb (DELETING)" },
    { "aws cloudformation describe-stacks *", "[\"eksctl-wandb-cluster DELETE_FAILED\", \"b c\"]",
      "stack eksctl-wandb-cluster DELETE_FAILED, stack b c" },
    { "aws ec2 describe-instances *", "[\"i-1 running\"]", "instance i-1 running" },
    { "aws ec2 describe-nat-gateways *", "[\"nat-1 deleting\"]", "natgateway nat-1 deleting" },
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

  fake_host_answer (host, "aws ec2 describe-tags *", 0,
                    "[\"volume vol-1\", \"vpc vpc-1\", \"volume vol-2\", \"volumes x\", \"natgateway nat-1\", \"elastic-ip e-1\"]", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_true (ran (host, AWS ("ec2 describe-volumes")
                      " '--filters=[{\"Name\":\"volume-id\",\"Values\":[\"vol-1\",\"vol-2\"]}]' '--query=Volumes[].VolumeId'"));
  g_assert_true (ran (host, AWS ("ec2 describe-vpcs") " '--filters=[{\"Name\":\"vpc-id\",\"Values\":[\"vpc-1\"]}]' '--query=Vpcs[].VpcId'"));
  g_assert_true (ran (host, AWS ("ec2 describe-addresses")
                      " '--filters=[{\"Name\":\"allocation-id\",\"Values\":[\"e-1\"]}]' '--query=Addresses[].AllocationId'"));
  fake_host_answer (host, "aws ec2 describe-volumes *volume-id*", 0, "[\"vol-2\"]", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "left of cluster `wandb`: volume vol-2");
}

static void
test_leftovers_volumes (void)
{
  g_autoptr(FakeHost) host = leftovers_host ();

  fake_host_param (host, "volumes", "[\"vol-0a\", \"vol-0b\"]");
  fake_host_answer (host, "aws ec2 describe-volumes *volume-id*", 0, "[\"vol-0b\"]", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "left of cluster `wandb`: volume vol-0b");
  fake_host_param (host, "volumes", "[\"vol-0a\", \"vol-x\"]");
  fake_host_assert_apply (host, GALLEY_FAILED, "`volumes`: `vol-x` is no volume id");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_INVALID);
  fake_host_param (host, "volumes", "[]");
  fake_host_answer (host, "aws ec2 describe-volumes *tag:ebs*", 0, "[\"vol-7\", \"vol-8\"]", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_notes (host), ==,
                   "unused disks of an EBS CSI driver that do not say which cluster they were made for: vol-7, vol-8");
}

/* Twenty at a time, which is what describe-tags takes. */
static void
test_leftovers_load_balancers (void)
{
  g_autoptr(FakeHost) host = leftovers_host ();
  g_autoptr(GString) names = g_string_new ("[\"n1\"");

  for (int i = 2; i <= 21; i++)
    g_string_append_printf (names, ",\"n%d\"", i);
  g_string_append_c (names, ']');
  fake_host_answer (host, "aws elb describe-load-balancers *", 0, names->str, "");
  fake_host_answer (host, "aws elb describe-tags *n21*", 0, "[\"n21\"]", "");
  fake_host_answer (host, "aws elb describe-tags *n1*n20*", 0, "[\"n5\"]", "");
  fake_host_answer (host, "aws elbv2 describe-load-balancers *", 0, "[\"arn:1\"]", "");
  fake_host_answer (host, "aws elbv2 describe-tags *", 0, "[\"arn:1\"]", "");
  fake_host_assert_apply (host, GALLEY_FAILED,
                          "left of cluster `wandb`: load-balancer n5, load-balancer n21, load-balancer arn:1");
  g_assert_true (ran (host, AWS ("elb describe-tags") " '--load-balancer-names=[\"n21\"]' "
                      "\"--query=TagDescriptions[?Tags[?Key=='kubernetes.io/cluster/wandb'||(Key=='elbv2.k8s.aws/cluster'"
                      "&&Value=='wandb')]].LoadBalancerName\""));
  g_assert_true (ran (host, AWS ("elbv2 describe-tags") " '--resource-arns=[\"arn:1\"]' "
                      "\"--query=TagDescriptions[?Tags[?Key=='kubernetes.io/cluster/wandb'||(Key=='elbv2.k8s.aws/cluster'"
                      "&&Value=='wandb')]].ResourceArn\""));
}

#define PROVIDER(id) "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/" id
#define TAGGED(key, value) "{\"Tags\": [{\"Key\": \"a\", \"Value\": \"wandb\"}, {\"Key\": \"" key "\", \"Value\": \"" value "\"}]}"

static void
test_leftovers_oidc (void)
{
  g_autoptr(FakeHost) host = leftovers_host ();

  fake_host_param (host, "oidc_issuer", "https://oidc.eks.us-east-1.amazonaws.com/id/B");
  fake_host_answer (host, "aws iam list-open-id-connect-providers *", 0, "[\"" PROVIDER ("AB") "\", \"" PROVIDER ("B1") "\"]", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_answer (host, "aws iam list-open-id-connect-providers *", 0, "[\"" PROVIDER ("A") "\", \"" PROVIDER ("B") "\"]", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "left of cluster `wandb`: oidc-provider " PROVIDER ("B"));
  g_assert_false (ran (host, AWS ("iam list-open-id-connect-provider-tags") " --open-id-connect-provider-arn=" PROVIDER ("B")));

  fake_host_param (host, "oidc_issuer", "");
  fake_host_answer (host, "aws iam list-open-id-connect-providers *", 0,
                    "[\"" PROVIDER ("A") "\", \"arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com\", \"" PROVIDER ("B") "\"]", "");
  fake_host_expect (host, AWS ("iam list-open-id-connect-provider-tags") " --open-id-connect-provider-arn=" PROVIDER ("A"), 0,
                    TAGGED ("alpha.eksctl.io/cluster-name", "wandb-2"), "");
  fake_host_expect (host, AWS ("iam list-open-id-connect-provider-tags") " --open-id-connect-provider-arn=" PROVIDER ("B"), 0,
                    TAGGED ("alpha.eksctl.io/cluster-name", "wandb"), "");
  fake_host_assert_apply (host, GALLEY_FAILED, "left of cluster `wandb`: oidc-provider " PROVIDER ("B"));
  fake_host_answer (host, "aws iam list-open-id-connect-provider-tags *", 254, "",
                    "\nAn error occurred (NoSuchEntity) when calling the X operation: gone\n");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_answer (host, "aws iam list-open-id-connect-provider-tags *", 254, "", DENIED);
  fake_host_assert_apply (host, GALLEY_FAILED, "the AWS identity may not do `eks:DescribeCluster`");
}

static void
test_leftovers_wait (void)
{
  g_autoptr(FakeHost) host = leftovers_host ();

  fake_host_param (host, "wait", "20s");
  fake_host_answer (host, "aws ec2 describe-instances *", 0, "[\"i-1 shutting-down\"]", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "left of cluster `wandb`: instance i-1 shutting-down");
  g_assert_cmpstr (fake_host_pauses (host), ==, "10000 10000");
  fake_host_expect (host, DESCRIBE, 0, CLUSTER ("DELETING"), "");
  fake_host_answer (host, "aws ec2 describe-instances *", 0, "[]", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_pauses (host), ==, "10000");
  g_assert_cmpstr (fake_host_progress (host), ==, "still there: cluster wandb (DELETING)");
}

/* What may not be looked at is not taken for gone. */
static void
test_leftovers_unseen (void)
{
  static const char *const globs[] = {
    "aws eks describe-cluster *", "aws cloudformation describe-stacks *", "aws ec2 describe-tags *",
    "aws ec2 describe-instances *", "aws ec2 describe-nat-gateways *", "aws elb describe-load-balancers *",
    "aws elbv2 describe-load-balancers *", "aws iam list-open-id-connect-providers *", "aws ec2 describe-volumes *",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (globs); i++) {
    g_autoptr(FakeHost) host = leftovers_host ();

    fake_host_answer (host, globs[i], 254, "", DENIED);
    fake_host_assert_apply (host, GALLEY_FAILED, "the AWS identity may not do `eks:DescribeCluster`");
  }
}

static void
test_leftovers_many (void)
{
  g_autoptr(FakeHost) host = leftovers_host ();
  g_autoptr(GString) list = g_string_new ("[\"i-0 running\"");

  for (int i = 1; i < 42; i++)
    g_string_append_printf (list, ",\"i-%d running\"", i);
  g_string_append (list, ",\"i-0 running\"]");
  fake_host_answer (host, "aws ec2 describe-instances *", 0, list->str, "");
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);
  g_assert_true (g_str_has_suffix (fake_host_failure (host), "instance i-39 running and 2 more"));
}

/* Providers of earlier clusters of the same name are left too. */
static void
test_leftovers_providers (void)
{
  g_autoptr(FakeHost) host = fake_host_new ("aws", "leftovers");

  fake_host_param (host, "cluster", "demo");
  fake_host_param (host, "region", "us-east-1");
  fake_host_param (host, "oidc_issuer", "https://oidc.eks.us-east-1.amazonaws.com/id/NEW");
  fake_host_param (host, "wait", "0s");
  fake_host_answer (host, "aws *", 0, "[]", "");
  fake_host_answer (host, "aws eks describe-cluster *", 254, "",
                    "\nAn error occurred (ResourceNotFoundException) when calling the DescribeCluster operation: "
                    "No cluster found for name: demo.\n");
  fake_host_answer (host, "aws iam list-open-id-connect-providers *", 0,
                    "[\"arn:aws:iam::1:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/NEW\","
                    "\"arn:aws:iam::1:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/OLD\","
                    "\"arn:aws:iam::1:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/OTHER\"]", "");
  fake_host_answer (host, "aws iam list-open-id-connect-provider-tags *", 0, "{\"Tags\": []}", "");
  fake_host_answer (host, "aws iam list-open-id-connect-provider-tags *id/OLD*", 0,
                    "{\"Tags\": [{\"Key\": \"alpha.eksctl.io/cluster-name\", \"Value\": \"demo\"}]}", "");
  fake_host_assert_apply (host, GALLEY_FAILED,
                          "left of cluster `demo`: "
                          "oidc-provider arn:aws:iam::1:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/NEW, "
                          "oidc-provider arn:aws:iam::1:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/OLD");
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

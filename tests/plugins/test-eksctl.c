/* The clusters of the eksctl plugin, on a host that plays its tools.
 * SPDX-License-Identifier: MIT */
#include "eksctl-words.h"
#include "plugin/reads.h"

static void
test_tables (void)
{
  g_autoptr(FakeHost) host = fake_host_new ("eksctl", "cluster");

  fake_host_check_tables (host);
  g_assert_cmpint (fake_host_tool (host, "eksctl")->grace_ms, ==, 120 * 1000);
}

static gboolean
allowed (FakeHost *host, const char *line)
{
  g_auto(GStrv) argv = NULL;

  g_assert_true (g_shell_parse_argv (line, NULL, &argv, NULL));
  return reads_allow (fake_host_tool (host, argv[0]), (const char *const *) argv);
}

static void
test_reads (void)
{
  static const char *const reads[] = {
    GET_CLUSTER, GET_ADDONS, GET_ADDON, GET_GROUP, GET_ACCOUNT, STACK ("s"), STACKS, EVENTS ("s", "x"),
    "eksctl --output=json get cluster --name=delete", "aws cloudformation get-template --stack-name=s",
    "aws ec2 describe-subnets --subnet-ids=[]", "aws eks describe-nodegroup --cluster-name=c",
    "aws iam list-attached-role-policies --role-name=r", "aws iam list-open-id-connect-provider-tags --x=y",
    "aws eks update-kubeconfig --name=w --kubeconfig=/dev/null --dry-run",
    "kubectl get serviceaccount sa --namespace=n --output=json",
  };
  static const char *const writes[] = {
    "eksctl", "eksctl get", "eksctl create cluster --name=get", "eksctl create cluster --name=wandb --output=json",
    "eksctl delete cluster --name=wandb --output=json", "eksctl delete cluster --output=json get cluster",
    "eksctl get cluster delete --output=json", "eksctl get cluster --name=wandb", "eksctl get cluster -o json",
    "eksctl get cluster --output=yaml", "eksctl get cluster --output=json --output=yaml",
    "eksctl get cluster --output json", "eksctl get cluster --output=json --dumpLogs", "eksctl get cluster -d --output=json",
    "eksctl get cluster --output=json --config-file=x", "eksctl get cluster -f x --output=json",
    "eksctl get cluster --output=json -- delete", "eksctl -- delete cluster --output=json",
    "eksctl utils associate-iam-oidc-provider --cluster=wandb", "eksctl utils associate-iam-oidc-provider --approve",
    "eksctl create iamserviceaccount --name=x --approve --output=json", "eksctl scale nodegroup --output=json",
    "eksctl create addon --output=json", "eksctl update addon --output=json", "eksctl delete addon --output=json",
    "eksctl create nodegroup --dry-run --output=json", "eksctl utils write-kubeconfig --output=json",
    "eksctl upgrade cluster --output=json", "eksctl set labels --output=json", "eksctl get kubeconfig --output=json",
    "aws cloudformation delete-stack --stack-name=describe-stacks", "aws cloudformation create-stack",
    "aws cloudformation update-termination-protection --stack-name=s", "aws eks create-addon", "aws eks update-addon",
    "aws eks tag-resource", "aws eks delete-cluster describe-nodegroup", "aws eks update-kubeconfig --name=w",
    "aws eks update-kubeconfig --name=--dry-run", "aws eks update-kubeconfig --dry-run=false",
    "aws iam delete-open-id-connect-provider", "aws iam attach-role-policy", "aws ec2 delete-subnet",
    "aws eks describe-nodegroup --debug", "aws sts assume-role", "aws eks get-token",
    "kubectl get serviceaccount", "kubectl get serviceaccount a b", "kubectl get secret a", "kubectl create serviceaccount sa",
    "kubectl annotate serviceaccount sa a=b", "kubectl delete serviceaccount sa", "kubectl get serviceaccount sa --watch",
    "kubectl get serviceaccount sa --raw=/x", "kubectl -- delete serviceaccount sa", "kubectl get serviceaccount sa --kuberc=x",
    "kubectl delete serviceaccount sa --output=get",
  };
  g_autoptr(FakeHost) host = fake_host_new ("eksctl", "cluster");

  for (gsize i = 0; i < G_N_ELEMENTS (reads); i++)
    if (!allowed (host, reads[i]))
      g_error ("not allowed: %s", reads[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (writes); i++)
    if (allowed (host, writes[i]))
      g_error ("allowed: %s", writes[i]);
}

static void
test_names (void)
{
  g_autoptr(FakeHost) host = fake_host_new ("eksctl", "cluster");
  static const char *const bad[][2] = {
    { "name", "" }, { "name", "-x" }, { "name", "1a" }, { "name", "a_b" }, { "name", "a b" }, { "name", "a=b" },
    { "region", "--x" }, { "version", "latest" }, { "version", "1.34.2" }, { "nodegroup", "-x" }, { "nodegroup", "a b" },
    { "node_type", "m5" }, { "node_type", "-m5.large" }, { "nodes", "-1" }, { "nodes", "100000" }, { "nodes_min", "x" },
    { "profile", "-x" }, { "profile", "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    if (fake_host_param_valid (host, bad[i][0], bad[i][1]))
      g_error ("%s: \"%s\" is taken", bad[i][0], bad[i][1]);
  g_assert_true (fake_host_param_valid (host, "nodegroup", ""));
  g_assert_true (fake_host_param_valid (host, "nodes", "0"));
}

#define CLUSTER_ARN "arn:aws:eks:us-east-1:123456789012:cluster/wandb"

/* ---- cluster: check ----------------------------------------------------- */

static FakeHost *
cluster_host (void)
{
  return host_new ("cluster", "name");
}

/* A whole cluster; one answer is then changed. */
static FakeHost *
whole_cluster (void)
{
  FakeHost *host = cluster_host ();
  g_autofree char *subnets = zones_line (recorded (WHOLE, GET_CLUSTER));

  fake_host_answer_recorded (host, "eksctl get cluster *", WHOLE, GET_CLUSTER);
  fake_host_answer_recorded (host, "eksctl get addon *", WHOLE, GET_ADDONS);
  fake_host_answer_recorded (host, "eksctl get nodegroup *", WHOLE, GET_GROUP);
  fake_host_answer_recorded (host, "aws ec2 describe-subnets *", WHOLE, subnets);
  fake_host_answer_recorded (host, "aws cloudformation get-template *", WHOLE, GET_VOLUME);
  return host;
}

static void
test_cluster_held (void)
{
  g_autoptr(FakeHost) host = cluster_host ();
  const char *cluster = recorded (WHOLE, GET_CLUSTER);
  g_autofree char *endpoint = text_in (cluster, "Endpoint"), *vpc = text_in (cluster, "VpcId");
  g_autofree char *issuer = text_in (cluster, "Issuer");

  fake_host_expect_recorded (host, WHOLE, GET_CLUSTER);
  fake_host_expect_recorded (host, WHOLE, GET_ADDONS);
  fake_host_expect (host, GET_GROUP, 0, GROUP ("ACTIVE", "7"), "");
  fake_host_expect_recorded (host, WHOLE, GET_CLUSTER);
  fake_host_assert_check (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "arn"), ==, CLUSTER_ARN);
  g_assert_cmpstr (fake_host_output (host, "endpoint"), ==, endpoint);
  g_assert_cmpstr (fake_host_output (host, "version"), ==, "1.34");
  g_assert_cmpstr (fake_host_output (host, "vpc"), ==, vpc);
  g_assert_cmpstr (fake_host_output (host, "oidc_issuer"), ==, issuer);
}

/* Every param is looked at, each on its own. */
static void
test_cluster_params (void)
{
  static const struct { const char *name, *value; int status; const char *reason; } cases[] = {
    { "version", "1.34", GALLEY_OK, NULL },
    { "version", "1.33", GALLEY_FAILED, "cluster `wandb` runs Kubernetes 1.34, wanted 1.33" },
    { "zones", "[\"us-east-1b\", \"us-east-1a\"]", GALLEY_OK, NULL },
    { "zones", "[\"us-east-1a\"]", GALLEY_FAILED, "cluster `wandb` is in the zones us-east-1a, us-east-1b, wanted us-east-1a" },
    { "zones", "[\"us-east-1a\", \"us-east-1b\", \"us-east-1c\"]", GALLEY_FAILED,
      "cluster `wandb` is in the zones us-east-1a, us-east-1b, wanted us-east-1a, us-east-1b, us-east-1c" },
    { "zones", "[\"us-east-1a\", \"us-east-2a\"]", GALLEY_FAILED, "zone `us-east-2a` is not one of region us-east-1" },
    { "zones", "[\"a,b\"]", GALLEY_FAILED, "`zones`: `a,b` is no name" },
    { "zones", "[\"-a\"]", GALLEY_FAILED, "`zones`: `-a` is no name" },
    { "zones", "[\"\"]", GALLEY_FAILED, "`zones`: `` is no name" },
    { "addons", "[]", GALLEY_OK, NULL },
    { "addons", "[\"coredns\"]", GALLEY_OK, NULL },
    { "addons", "[\"a b\"]", GALLEY_FAILED, "`addons`: `a b` is no name" },
    { "tags", "{\"team\": \"ml\", \"a.b/c\": \"d e\"}", GALLEY_OK, NULL },
    { "tags", "{\"team\": \"it\"}", GALLEY_NEEDED, "tag `team` is `ml`, want `it`" },
    { "tags", "{\"owner\": \"it\"}", GALLEY_NEEDED, "tag `owner` is not there, want `it`" },
    { "tags", "{\"a,b\": \"it\"}", GALLEY_FAILED,
      "`tags`: eksctl cannot be given `a,b`: it is empty, or there is a quote, comma or `=` in it" },
    { "tags", "{\"team\": \"a=b\"}", GALLEY_FAILED,
      "`tags`: eksctl cannot be given `team`: it is empty, or there is a quote, comma or `=` in it" },
    { "tags", "{\"team\": {\"x\": 1}}", GALLEY_FAILED,
      "`tags`: eksctl cannot be given `team`: it is empty, or there is a quote, comma or `=` in it" },
    { "node_type", "m5.large", GALLEY_OK, NULL },
    { "node_type", "m5.xlarge", GALLEY_FAILED, "node group `ng-1` has nodes of type m5.large, wanted m5.xlarge" },
    { "nodes", "2", GALLEY_OK, NULL },
    { "nodes", "3", GALLEY_NEEDED, "node group `ng-1` has 2 nodes, want 3" },
    { "nodes_min", "1", GALLEY_OK, NULL },
    { "nodes_min", "2", GALLEY_NEEDED, "node group `ng-1` has 1 as the fewest nodes, want 2" },
    { "nodes_max", "3", GALLEY_OK, NULL },
    { "nodes_max", "4", GALLEY_NEEDED, "node group `ng-1` has 3 as the most nodes, want 4" },
    { "node_volume_size", "80", GALLEY_OK, NULL },
    { "node_volume_size", "100", GALLEY_FAILED, "node group `ng-1` has disks of 80 GB, wanted 100 GB" },
    { "nodegroup", "", GALLEY_OK, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = whole_cluster ();

    fake_host_param (host, cases[i].name, cases[i].value);
    fake_host_assert_check (host, cases[i].status, cases[i].reason);
    if (cases[i].status == GALLEY_FAILED)
      g_assert_cmpuint (fake_host_class (host), ==, GALLEY_INVALID);
  }
}

/* What is no eksctl group of ours must not be taken for one. */
static void
test_cluster_odd_group (void)
{
  g_autoptr(FakeHost) host = whole_cluster ();

  fake_host_param (host, "node_volume_size", "80");
  fake_host_answer (host, "eksctl get nodegroup *", 0,
                    varied (recorded (WHOLE, GET_GROUP), "\"StackName\": \"" OF_GROUP "\"", "\"StackName\": \"\""), "");
  fake_host_assert_check (host, GALLEY_FAILED, "eksctl did not make the node group `ng-1`, and cannot tell the size of its "
                          "disks: leave out `node_volume_size`");
  fake_host_param (host, "node_volume_size", NULL);
  fake_host_answer (host, "eksctl get nodegroup *", 0, GROUP ("CREATE_COMPLETE", "2"), "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_answer (host, "eksctl get nodegroup *", 0, GROUP ("UPDATE_IN_PROGRESS", "2"), "");
  fake_host_assert_check (host, GALLEY_BUSY, "node group `ng-1` is UPDATE_IN_PROGRESS");
}

static void
test_cluster_status (void)
{
  const struct { const char *cluster; int status; const char *reason; } cases[] = {
    { recorded ("eksctl-making", GET_CLUSTER), GALLEY_BUSY, "cluster `wandb` is CREATING" },
    { CLUSTER ("UPDATING"), GALLEY_BUSY, "cluster `wandb` is UPDATING" },
    { CLUSTER ("DELETING"), GALLEY_BUSY, "cluster `wandb` is DELETING" },
    { CLUSTER ("PENDING"), GALLEY_BUSY, "cluster `wandb` is PENDING" },
    { varied (CLUSTER ("FAILED"), "\"Issues\": []", "\"Issues\": [{\"Message\": \"no room\"}]"), GALLEY_FAILED,
      "cluster `wandb` is FAILED: no room" },
    /* what eksctl does not print */
    { "no json here", GALLEY_FAILED, "eksctl printed no JSON" },
    { "[\n{\"a\": \"]\"", GALLEY_FAILED, "eksctl printed no JSON" },
    { "[\n{\"a\": \"\\", GALLEY_FAILED, "eksctl printed no JSON" },
    { "[!]  [i]  [", GALLEY_FAILED, "eksctl printed no JSON" },
    { "[i]  log\n[{\"Status\": \"CREATING\", \"x\": \"\\\"]}\"}] [2]", GALLEY_BUSY, "cluster `wandb` is CREATING" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = whole_cluster ();

    fake_host_answer (host, "eksctl get cluster *", 0, cases[i].cluster, "");
    fake_host_assert_check (host, cases[i].status, cases[i].reason);
    fake_host_abandoned (host, 1);      /* AWS is still at it, whoever began */
    fake_host_answer (host, CREATED (OF_CLUSTER), 255, "", NO_STACK);
    fake_host_assert_check (host, cases[i].status, cases[i].reason);
  }
}

/* ---- cluster: what was cut off ------------------------------------------- */

/* WORDS, and when the stack was begun that the lab was still making. */
static const char *
by_us (const char *words)
{
  g_autofree char *shown = moment_shown (recorded ("eksctl-making", CREATED (OF_CLUSTER)));

  return varied (words, "%s", shown);
}

#define BEGUN " (begun at %s by the attempt that was cut off"
#define GOES_ON BEGUN "; AWS goes on with it)"
#define COMPLETED "cluster `wandb`, begun at %s by the attempt that was cut off, is to be completed: "

/* The clock of the attempt may be somewhat ahead of AWS's. */
static void
test_cluster_cut_off (void)
{
  const char *created = recorded ("eksctl-making", CREATED (OF_CLUSTER));
  const char *by_aws_2 = varied (created, "Z\"", "000+00:00\"");
  gint64 begun = moment_in (created);
  const struct { const char *created; gint64 since; gboolean ours; } whose[] = {
    { created, begun + 5000, TRUE },
    { by_aws_2, begun + 5000, TRUE },
    { created, begun + 30000, TRUE },
    { created, begun + 30001, FALSE },
    { created, begun + MADE_BEFORE, FALSE },
    { "null", begun, FALSE },
    { created, 0, FALSE },       /* no attempt of ours: it is not even asked */
  };
  const struct { const char *stacks; int status; const char *reason, *ours; } cases[] = {
    { recorded (NOTHING, STACKS), GALLEY_NEEDED, "no cluster `wandb` in us-east-1", "" },
    { recorded ("eksctl-making", STACKS), GALLEY_BUSY, "stack eksctl-wandb-cluster CREATE_IN_PROGRESS", GOES_ON },
    { STACKS_ARE ("\"eksctl-wandb-cluster ROLLBACK_IN_PROGRESS\""), GALLEY_BUSY,
      "stack eksctl-wandb-cluster ROLLBACK_IN_PROGRESS", GOES_ON },
    { STACKS_ARE ("\"eksctl-wandb-cluster DELETE_IN_PROGRESS\""), GALLEY_BUSY, "stack eksctl-wandb-cluster DELETE_IN_PROGRESS", "" },
    { recorded ("eksctl-remains", STACKS), GALLEY_NEEDED, "no cluster `wandb` in us-east-1, but stacks of one, to "
      "be deleted first: eksctl-wandb-cluster ROLLBACK_COMPLETE", BEGUN ")" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (whose); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (cases); j++) {
      g_autoptr(FakeHost) host = cluster_host ();
      const char *ours = whose[i].ours && cases[j].ours[0] != '\0' ? by_us (cases[j].ours) : "";
      g_autofree char *reason = g_strconcat (cases[j].reason, ours, NULL);

      fake_host_abandoned (host, whose[i].since);
      fake_host_expect_recorded (host, NOTHING, GET_CLUSTER);
      fake_host_expect (host, STACKS, 0, cases[j].stacks, "");
      if (cases[j].ours[0] != '\0' && whose[i].since != 0)
        fake_host_expect (host, CREATED (OF_CLUSTER), 0, whose[i].created, "");
      fake_host_assert_check (host, cases[j].status, reason);
    }
}

/* The cluster is there, and what eksctl would have done after its stack is not. */
static void
test_cluster_cut_off_later (void)
{
  g_autoptr(FakeHost) host = whole_cluster ();
  const char *group_created = recorded ("eksctl-group-making", CREATED (OF_GROUP));
  const char *goes_on = by_us (GOES_ON), *completed = by_us (COMPLETED);
  g_autofree char *group_begun = moment_shown (group_created);
  g_autofree char *making = g_strconcat ("cluster `wandb` is CREATING", goes_on, NULL);
  g_autofree char *without_addons = g_strconcat (completed, "add-ons are missing: vpc-cni, metrics-server", NULL);
  g_autofree char *stack_making = g_strconcat ("stack `eksctl-wandb-cluster` is CREATE_IN_PROGRESS", goes_on, NULL);
  g_autofree char *without_group = g_strconcat (completed, "no node group `ng-1`", NULL);
  g_autofree char *group_making = g_strdup_printf ("stack `" OF_GROUP "` is CREATE_IN_PROGRESS" GOES_ON, group_begun);

  fake_host_abandoned (host, moment_in (recorded ("eksctl-making", CREATED (OF_CLUSTER))) + 5000);
  fake_host_answer_recorded (host, CREATED (OF_CLUSTER), "eksctl-making", CREATED (OF_CLUSTER));
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_answer_recorded (host, "eksctl get cluster *", "eksctl-making", GET_CLUSTER);
  fake_host_assert_check (host, GALLEY_BUSY, making);
  fake_host_answer (host, "eksctl get cluster *", 0, CLUSTER ("DELETING"), "");
  fake_host_assert_check (host, GALLEY_BUSY, "cluster `wandb` is DELETING");
  fake_host_answer_recorded (host, "eksctl get cluster *", WHOLE, GET_CLUSTER);

  fake_host_answer_recorded (host, "eksctl get addon *", "eksctl-addonless", GET_ADDONS);
  fake_host_expect (host, STACK (OF_CLUSTER), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_assert_check (host, GALLEY_NEEDED, without_addons);
  fake_host_expect_recorded (host, "eksctl-making", STACK (OF_CLUSTER));
  fake_host_assert_check (host, GALLEY_BUSY, stack_making);
  fake_host_answer_recorded (host, "eksctl get addon *", WHOLE, GET_ADDONS);

  fake_host_answer_recorded (host, "eksctl get nodegroup *", GROUPLESS, GET_GROUP);
  fake_host_answer_recorded (host, CREATED (OF_GROUP), "eksctl-group-making", CREATED (OF_GROUP));
  fake_host_expect_recorded (host, NOTHING, STACK (OF_GROUP));
  fake_host_assert_check (host, GALLEY_NEEDED, without_group);
  fake_host_expect_recorded (host, "eksctl-group-making", STACK (OF_GROUP));
  fake_host_assert_check (host, GALLEY_BUSY, group_making);
  /* Somebody else's node group in our cluster. */
  fake_host_abandoned (host, moment_in (group_created) + MADE_BEFORE);
  fake_host_expect_recorded (host, "eksctl-group-making", STACK (OF_GROUP));
  fake_host_assert_check (host, GALLEY_BUSY, "stack `eksctl-wandb-nodegroup-ng-1` is CREATE_IN_PROGRESS");
  fake_host_answer_recorded (host, "eksctl get nodegroup *", "eksctl-group-making", GET_GROUP);
  fake_host_assert_check (host, GALLEY_BUSY, "node group `ng-1` is CREATING");
}

static void
test_cluster_group_status (void)
{
  const struct { const char *group; int status; const char *reason; } cases[] = {
    { recorded ("eksctl-group-making", GET_GROUP), GALLEY_BUSY, "node group `ng-1` is CREATING" },
    { GROUP ("UPDATING", "2"), GALLEY_BUSY, "node group `ng-1` is UPDATING" },
    { GROUP ("DELETING", "2"), GALLEY_BUSY, "node group `ng-1` is DELETING" },
    { GROUP ("CREATE_FAILED", "2"), GALLEY_NEEDED, "node group `ng-1` is CREATE_FAILED" },
    { GROUP ("DEGRADED", "2"), GALLEY_FAILED, "node group `ng-1` is DEGRADED: AsgX: no instances" },
    { GROUP ("DELETE_FAILED", "2"), GALLEY_FAILED, "node group `ng-1` is DELETE_FAILED: AsgX: no instances" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = whole_cluster ();

    fake_host_answer (host, "eksctl get nodegroup *", 0, cases[i].group, "");
    /* the lab's groups have no issues */
    fake_host_answer (host, "aws eks describe-nodegroup *issues*", 0, "[\"AsgX: no instances\", \"B: c\"]", "");
    fake_host_assert_check (host, cases[i].status, cases[i].reason);
  }
}

static void
test_cluster_absent (void)
{
  const struct { const char *stacks; int status; const char *reason; } cases[] = {
    { recorded (NOTHING, STACKS), GALLEY_NEEDED, "no cluster `wandb` in us-east-1" },
    { recorded ("eksctl-making", STACKS), GALLEY_BUSY, "stack eksctl-wandb-cluster CREATE_IN_PROGRESS" },
    { STACKS_ARE ("\"a ROLLBACK_COMPLETE\", \"b DELETE_IN_PROGRESS\""), GALLEY_BUSY, "stack b DELETE_IN_PROGRESS" },
    { recorded ("eksctl-remains", STACKS), GALLEY_NEEDED, "no cluster `wandb` in us-east-1, but stacks of one, to "
      "be deleted first: eksctl-wandb-cluster ROLLBACK_COMPLETE" },
    { STACKS_ARE ("\"a DELETE_FAILED\", \"b CREATE_COMPLETE\""), GALLEY_NEEDED, "no cluster `wandb` in us-east-1, but stacks of one, to "
      "be deleted first: a DELETE_FAILED, b CREATE_COMPLETE" },
  };
  g_autoptr(FakeHost) host = cluster_host ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    fake_host_expect_recorded (host, NOTHING, GET_CLUSTER);
    fake_host_expect (host, STACKS, 0, cases[i].stacks, "");
    fake_host_assert_check (host, cases[i].status, cases[i].reason);
  }
  fake_host_expect_recorded (host, "eksctl-expired", GET_CLUSTER);
  fake_host_assert_check (host, GALLEY_FAILED, "the AWS credentials have expired");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_AUTH);
  fake_host_expect_recorded (host, NOTHING, GET_CLUSTER);
  fake_host_expect_recorded (host, "eksctl-throttled", STACKS);
  fake_host_assert_check (host, GALLEY_FAILED, "AWS slows this account down");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_THROTTLED);
  fake_host_expect_how (host, GET_CLUSTER, GALLEY_SIGNALLED, 9, "", NO_CLUSTER);
  fake_host_assert_check (host, GALLEY_FAILED, NULL);
}

/* eksctl was cut off after the cluster's stack, or still works on it. */
static void
test_cluster_unfinished (void)
{
  g_autoptr(FakeHost) host = whole_cluster ();

  fake_host_answer_recorded (host, "eksctl get addon *", "eksctl-addonless", GET_ADDONS);
  fake_host_expect (host, STACK (OF_CLUSTER), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_assert_check (host, GALLEY_NEEDED, "add-ons are missing: vpc-cni, metrics-server");
  fake_host_expect_recorded (host, "eksctl-making", STACK (OF_CLUSTER));
  fake_host_assert_check (host, GALLEY_BUSY, "stack `eksctl-wandb-cluster` is CREATE_IN_PROGRESS");
  fake_host_answer_recorded (host, "eksctl get addon *", "eksctl-making", GET_ADDONS);
  fake_host_expect_recorded (host, NOTHING, STACK (OF_CLUSTER));
  fake_host_assert_check (host, GALLEY_NEEDED, "add-ons are missing: vpc-cni, kube-proxy, coredns, metrics-server");
  fake_host_answer_recorded (host, "eksctl get addon *", WHOLE, GET_ADDONS);

  fake_host_answer_recorded (host, "eksctl get nodegroup *", GROUPLESS, GET_GROUP);
  fake_host_expect_recorded (host, NOTHING, STACK (OF_GROUP));
  fake_host_assert_check (host, GALLEY_NEEDED, "no node group `ng-1`");
  fake_host_expect (host, STACK (OF_GROUP), 0, IS ("DELETE_COMPLETE"), "");
  fake_host_assert_check (host, GALLEY_NEEDED, "no node group `ng-1`");
  fake_host_expect (host, STACK (OF_GROUP), 0, IS ("ROLLBACK_IN_PROGRESS"), "");
  fake_host_assert_check (host, GALLEY_BUSY, "stack `eksctl-wandb-nodegroup-ng-1` is ROLLBACK_IN_PROGRESS");
  fake_host_expect_recorded (host, "eksctl-group-dead", STACK (OF_GROUP));
  fake_host_assert_check (host, GALLEY_NEEDED, "no node group `ng-1`, but a stack `eksctl-wandb-nodegroup-ng-1` that is "
                          "ROLLBACK_COMPLETE: to be deleted first");
}

/* ---- cluster: apply ----------------------------------------------------- */

/* a whole one is of the flagship; the lab's others fail */
#define CREATE_FIRST "eksctl create cluster --name=wandb --version=1.34 --zones=us-east-1a,us-east-1b --nodegroup-name=ng-1 " \
                     "--node-type=m5.xlarge --nodes=2 --write-kubeconfig=false --timeout=44m" TAIL
#define CREATE "eksctl create cluster --name=wandb --nodegroup-name=ng-1 --write-kubeconfig=false" TAIL

static void
expect_whole (FakeHost *host)
{
  fake_host_expect_recorded (host, WHOLE, GET_CLUSTER);
  fake_host_expect_recorded (host, WHOLE, GET_ADDONS);
  fake_host_expect_recorded (host, WHOLE, GET_GROUP);
  fake_host_expect_recorded (host, WHOLE, GET_CLUSTER);
}

static void
expect_nothing_there (FakeHost *host)
{
  fake_host_expect_recorded (host, NOTHING, GET_CLUSTER);
  fake_host_expect_recorded (host, NOTHING, STACKS);
}

static void
test_create (void)
{
  g_autoptr(FakeHost) host = cluster_host ();

  expect_nothing_there (host);
  fake_host_expect (host, CREATE, 0, recorded ("wandb-eks-first", CREATE_FIRST), "");
  expect_whole (host);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "arn"), ==, CLUSTER_ARN);
}

static void
test_create_with_all (void)
{
  g_autoptr(FakeHost) host = whole_cluster ();

  fake_host_param (host, "version", "1.34");
  fake_host_param (host, "zones", "[\"us-east-1a\", \"us-east-1b\"]");
  fake_host_param (host, "tags", "{\"team\": \"ml\", \"a.b/c\": \"d e\"}");
  fake_host_param (host, "node_type", "m5.large");
  fake_host_param (host, "nodes", "2");
  fake_host_param (host, "nodes_min", "1");
  fake_host_param (host, "nodes_max", "3");
  fake_host_param (host, "node_volume_size", "80");
  fake_host_param (host, "profile", "work");
  fake_host_time_left (host, 45 * 60 * 1000);
  fake_host_expect (host, "eksctl get cluster --name=wandb --output=json --region=us-east-1 --profile=work --color=false", 1, "",
                    NO_CLUSTER);
  fake_host_answer_recorded (host, "aws cloudformation describe-stacks --region=us-east-1 --profile=work *", NOTHING, STACKS);
  fake_host_expect (host, "eksctl create cluster --name=wandb --version=1.34 --zones=us-east-1a,us-east-1b "
                    "'--tags=team=ml,a.b/c=d e' --nodegroup-name=ng-1 --node-type=m5.large --nodes=2 --nodes-min=1 --nodes-max=3 "
                    "--node-volume-size=80 --write-kubeconfig=false --timeout=44m --region=us-east-1 --profile=work --color=false",
                    0, recorded ("wandb-eks-first", CREATE_FIRST), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);

  fake_host_param (host, "nodegroup", "");
  fake_host_expect (host, "eksctl get cluster --name=wandb --output=json --region=us-east-1 --profile=work --color=false", 1, "",
                    NO_CLUSTER);
  fake_host_expect (host, "eksctl create cluster --name=wandb --version=1.34 --zones=us-east-1a,us-east-1b "
                    "'--tags=team=ml,a.b/c=d e' --without-nodegroup --write-kubeconfig=false --timeout=44m --region=us-east-1 "
                    "--profile=work --color=false", 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

static void
test_timeouts (void)
{
  static const struct { gint64 left; const char *said; } cases[] = {
    { G_MAXINT64, "" }, { 3600000, " --timeout=59m" }, { 330000, " --timeout=5m" }, { 301000, " --timeout=4m" },
    { 300000, " --timeout=290s" }, { 30000, " --timeout=20s" }, { 21000, " --timeout=11s" }, { 15000, " --timeout=10s" },
    { 1, " --timeout=10s" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = cluster_host ();
    g_autofree char *line = g_strconcat ("eksctl create cluster --name=wandb --nodegroup-name=ng-1 --write-kubeconfig=false",
                                         cases[i].said, TAIL, NULL);

    fake_host_time_left (host, cases[i].left);
    expect_nothing_there (host);
    fake_host_expect (host, line, 1, "", EXPIRED);
    fake_host_assert_apply (host, GALLEY_FAILED, "the AWS credentials have expired");
  }
}

#define ZONE_FULL "Cannot create cluster 'wandb' because us-east-1e, the targeted availability zone, does not currently have " \
  "sufficient capacity to support the cluster. Retry and choose from these availability zones: us-east-1a, us-east-1b, " \
  "us-east-1c, us-east-1d, us-east-1f (Service: AmazonEKS; Status Code: 400; Error Code: " \
  "UnsupportedAvailabilityZoneException; Request ID: 00000000-0000-4000-8000-000000000000; Proxy: null)"
#define FAILED_ERR recorded_err ("eksctl-zone-full", CREATE)

/* A create that failed by REASON, and by others before and after it. */
static const char *
failed_log (const char *reason)
{
  const char *log = recorded ("eksctl-zone-full", CREATE);

  log = varied (log, "VPC/VPC: DELETE_IN_PROGRESS", "VPC/VPC: CREATE_FAILED \xe2\x80\x93 \"Resource creation cancelled\"");
  log = varied (log, "Role/ServiceRole: DELETE_IN_PROGRESS", "Role/ServiceRole: CREATE_FAILED");
  log = varied (log, ZONE_FULL "\"\n", ZONE_FULL "\"\n2026-11-24 18:55:38 [x]  AWS::X::Y/Late: CREATE_FAILED \xe2\x80\x93 \"another\"\n");
  return varied (log, ZONE_FULL, reason);
}

#define ZONES_OFFERED "cluster `wandb` could not be made: EKS has no room in one of the zones; it offers us-east-1a, " \
                      "us-east-1b, us-east-1c, us-east-1d, us-east-1f"

static void
test_create_fails (void)
{
  const struct { const char *log; guint error_class; const char *reason; } cases[] = {
    { recorded ("eksctl-zone-full", CREATE), GALLEY_INVALID, ZONES_OFFERED },
    { failed_log (ZONE_FULL), GALLEY_INVALID, ZONES_OFFERED },
    { failed_log ("Resource handler returned message: \\\"The maximum number of VPCs has been reached. (Service: Ec2, Status "
                  "Code: 400)\\\" (RequestToken: 0, HandlerErrorCode: X)"), GALLEY_QUOTA,
      "cluster `wandb` could not be made: The maximum number of VPCs has been reached" },
    { failed_log ("User: x is not authorized to perform: eks:CreateCluster"), GALLEY_DENIED,
      "cluster `wandb` could not be made: User: x is not authorized to perform: eks:CreateCluster" },
    { failed_log ("a \\x41 Go string"), GALLEY_UNKNOWN, "cluster `wandb` could not be made: a \\x41 Go string" },
    { failed_log ("Rate exceeded"), GALLEY_THROTTLED, "cluster `wandb` could not be made: Rate exceeded" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = cluster_host ();

    expect_nothing_there (host);
    fake_host_expect (host, CREATE, 1, cases[i].log, FAILED_ERR);
    fake_host_assert_apply (host, GALLEY_FAILED, cases[i].reason);
    g_assert_cmpuint (fake_host_class (host), ==, cases[i].error_class);
  }
}

/* What the log says is taken apart with care; without a reason in it the
 * signatures have their turn. */
static void
test_create_fails_oddly (void)
{
  static const struct { const char *log, *reason; } cases[] = {
    { "CREATE_FAILED", NULL },
    { "CREATE_FAILED\n", NULL },
    { "CREATE_FAILED - \"", NULL },
    { "CREATE_FAILED - \"\"\n", NULL },
    { "CREATE_FAILED - \"open\n", NULL },
    { "CREATE_FAILED - \"The following resource(s) failed to create: [X]. \"\n", NULL },
    { "a: CREATE_FAILED\n\"no reason\"\n", NULL },
    { "\"early\" CREATE_FAILED - \"x\" tail\n", "cluster `wandb` could not be made: x" },
    { "a: CREATE_FAILED - \"Resource creation cancelled\"\nb: CREATE_FAILED - \"y\"", "cluster `wandb` could not be made: y" },
    { "CREATE_FAILED - \"retry; availability zones: \"", "cluster `wandb` could not be made: retry; availability zones: " },
    { "CREATE_FAILED - \"availability zones: a-1a, , \"",
      "cluster `wandb` could not be made: EKS has no room in one of the zones; it offers a-1a" },
    { "CREATE_FAILED - \"availability zones: ,, \"", "cluster `wandb` could not be made: availability zones: ,, " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = cluster_host ();

    expect_nothing_there (host);
    fake_host_expect (host, CREATE, 1, cases[i].log, FAILED_ERR);
    fake_host_assert_apply (host, GALLEY_FAILED, cases[i].reason);
    if (cases[i].reason == NULL)
      g_assert_null (strstr (fake_host_failure (host), "could not be made"));
  }
}

/* An endpoint is said to aws, which may not know the variable; eksctl does. */
static void
test_endpoint (void)
{
  static const struct { const char *name, *value, *said; } steps[] = {
    { "AWS_ENDPOINT_URL", "http://a", " --endpoint-url=http://a" },
    { "AWS_ENDPOINT_URL_EKS", "http://b", " --endpoint-url=http://a" },
    { "AWS_ENDPOINT_URL_CLOUDFORMATION", "http://c", " --endpoint-url=http://c" },
    { "AWS_ENDPOINT_URL_CLOUDFORMATION", "", " --endpoint-url=http://a" },
    { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", "" },
    { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "no", " --endpoint-url=http://a" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_autoptr(FakeHost) host = cluster_host ();
    g_autofree char *line = g_strconcat ("aws cloudformation describe-stacks --region=us-east-1", steps[i].said, " --output=json *", NULL);

    g_setenv (steps[i].name, steps[i].value, TRUE);
    fake_host_expect_recorded (host, NOTHING, GET_CLUSTER);
    fake_host_answer_recorded (host, line, NOTHING, STACKS);
    fake_host_assert_check (host, GALLEY_NEEDED, NULL);
    g_assert_cmpstr (fake_host_command (host, 2)->env[0], ==, "AWS_PAGER=");
    g_assert_cmpstr (fake_host_command (host, 2)->env[1], ==, "AWS_CLI_AUTO_PROMPT=off");
    g_assert_cmpstr (fake_host_command (host, 2)->env[2], ==, "AWS_CLI_ERROR_FORMAT=legacy");
  }
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    g_unsetenv (steps[i].name);
}

#define VCPU_LIMIT "node group `ng-1` could not be made: [Issue(Code=AsgInstanceLaunchFailures, Message=Could not launch On-Demand " \
  "Instances. VcpuLimitExceeded - You have requested more vCPU capacity than your current vCPU limit of 16 allows for the instance " \
  "bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an " \
  "adjustment to this limit. Launching EC2 instance failed., ResourceIds=[eks-ng-1])]"

static void
test_create_fails_at_nodes (void)
{
  g_autoptr(FakeHost) host = cluster_host ();

  expect_nothing_there (host);
  fake_host_expect_recorded (host, "eksctl-nodes-full", CREATE);
  fake_host_expect_recorded (host, "eksctl-nodes-full", STACK (OF_GROUP));
  fake_host_expect (host, EVENTS (OF_GROUP, "CREATE_FAILED"), 0,
                    varied (recorded ("eksctl-nodes-full", EVENTS (OF_GROUP, "CREATE_FAILED")), "[\n",
                            "[\"Resource creation cancelled\",\n"), "");
  fake_host_assert_apply (host, GALLEY_FAILED, VCPU_LIMIT);
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_QUOTA);
  g_assert_nonnull (strstr (fake_host_fix (host), "L-1216C47A"));

  expect_nothing_there (host);
  /* the lab is quicker than that */
  fake_host_expect (host, CREATE, 1, varied (recorded ("eksctl-nodes-full", CREATE), "waiter state transitioned to Failure",
                                             "exceeded max wait time for StackCreateComplete waiter"), FAILED_ERR);
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_TRANSIENT);
  expect_nothing_there (host);
  fake_host_expect_how (host, CREATE, GALLEY_TIMED_OUT, 15, failed_log ("Rate exceeded"), "");
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);     /* the timeout is the reason, not what the log says */
}

/* Dead stacks are deleted, the cluster's last, protection or not. */
static void
test_create_over_remains (void)
{
  g_autoptr(FakeHost) host = cluster_host ();

  fake_host_expect_recorded (host, NOTHING, GET_CLUSTER);
  fake_host_expect (host, STACKS, 0, STACKS_ARE ("\"eksctl-wandb-cluster ROLLBACK_COMPLETE\", "
                                             "\"eksctl-wandb-nodegroup-a DELETE_FAILED\""), "");
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-a"), 0, IS ("DELETE_FAILED"), "");
  fake_host_expect (host, DELETE_STACK ("eksctl-wandb-nodegroup-a"), 0, "", "");
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-a"), 0, IS ("DELETE_IN_PROGRESS"), "");
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-a"), 255, "", NO_STACK);
  fake_host_expect_recorded (host, "eksctl-nodes-full", STACK (OF_CLUSTER));
  fake_host_expect_recorded (host, "eksctl-nodes-full", AWS ("cloudformation update-termination-protection")
                             " --stack-name=eksctl-wandb-cluster --no-enable-termination-protection");
  fake_host_expect_recorded (host, "eksctl-nodes-full", DELETE_STACK (OF_CLUSTER));
  fake_host_expect (host, STACK (OF_CLUSTER), 0, IS ("DELETE_COMPLETE"), "");
  fake_host_expect (host, CREATE, 0, recorded ("wandb-eks-first", CREATE_FIRST), "");
  expect_whole (host);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_notes (host), ==, "deleting the stack `eksctl-wandb-nodegroup-a`, which is DELETE_FAILED\n"
                   "deleting the stack `eksctl-wandb-cluster`, which is ROLLBACK_COMPLETE");
  g_assert_cmpstr (fake_host_pauses (host), ==, "10000");
}

/* WHAT became of a stack whose subnet somebody's load balancer is in, and why:
 * the oldest of EVENTS. */
static char *
still_used (const char *what, const char *events)
{
  const char *subnet = g_strrstr (events, "The subnet 'subnet-");

  return g_strdup_printf ("stack `eksctl-wandb-cluster` %s: %.*s", what, (int) strcspn (subnet, "."), subnet);
}

static void
test_create_cannot_delete_remains (void)
{
  g_autoptr(FakeHost) host = cluster_host ();
  g_autofree char *reason = still_used ("cannot be deleted", recorded ("eksctl-stuck", EVENTS (OF_CLUSTER, "DELETE_FAILED")));

  fake_host_answer_recorded (host, "eksctl get cluster *", NOTHING, GET_CLUSTER);
  fake_host_answer_recorded (host, "aws cloudformation describe-stacks *join*", "eksctl-remains", STACKS);
  fake_host_expect (host, STACK (OF_CLUSTER), 0, IS ("ROLLBACK_COMPLETE"), "");
  fake_host_expect_recorded (host, "eksctl-stuck", DELETE_STACK (OF_CLUSTER));
  fake_host_expect_recorded (host, "eksctl-stuck", STACK (OF_CLUSTER));      /* DELETE_FAILED, as before */
  fake_host_expect_recorded (host, "eksctl-stuck", EVENTS (OF_CLUSTER, "DELETE_FAILED"));
  fake_host_assert_apply (host, GALLEY_FAILED, reason);
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_CONFLICT);
  fake_host_expect (host, STACK (OF_CLUSTER), 0, IS ("ROLLBACK_COMPLETE"), "");
  fake_host_expect_recorded (host, "eksctl-remains", DELETE_STACK (OF_CLUSTER));
  fake_host_assert_apply (host, GALLEY_FAILED, "the stack is protected against deletion");
  fake_host_expect_recorded (host, "eksctl-making", STACK (OF_CLUSTER));
  fake_host_assert_apply (host, GALLEY_FAILED, "stack `eksctl-wandb-cluster` is CREATE_IN_PROGRESS: somebody is at it");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_CONFLICT);
}

#define CREATE_ADDON(name) AWS ("eks create-addon") " --cluster-name=wandb --addon-name=" name

static void
test_complete (void)
{
  g_autoptr(FakeHost) host = cluster_host ();

  fake_host_param (host, "tags", "{\"owner\": \"it\"}");
  fake_host_param (host, "nodegroup", "");
  fake_host_expect_recorded (host, WHOLE, GET_CLUSTER);
  fake_host_expect_recorded (host, "eksctl-completed", AWS ("eks tag-resource") " --resource-arn=" CLUSTER_ARN " --tags=owner=it");
  fake_host_expect_recorded (host, "eksctl-addonless", GET_ADDONS);
  fake_host_expect_recorded (host, "eksctl-completed", CREATE_ADDON ("vpc-cni"));
  fake_host_expect (host, CREATE_ADDON ("metrics-server"), 255, "", recorded_err ("eksctl-addonless", CREATE_ADDON ("coredns")));
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);
}

static void
test_scale (void)
{
  g_autoptr(FakeHost) host = whole_cluster ();

  fake_host_param (host, "nodes", "3");
  fake_host_param (host, "nodes_max", "5");
  fake_host_expect_recorded (host, "eksctl-completed", "eksctl scale nodegroup --cluster=wandb --name=ng-1 --nodes=3 --nodes-max=5 "
                             "--wait" TAIL);
  fake_host_assert_apply (host, GALLEY_FAILED, "the commands have succeeded, and still: node group `ng-1` has 2 nodes, want 3");
  g_assert_cmpstr (fake_host_pauses (host), ==, "3000 3000 3000 3000 3000");
}

static void
test_create_nodes_of_cluster (void)
{
  g_autoptr(FakeHost) host = cluster_host ();
  g_autofree char *subnets = zones_line (recorded (WHOLE, GET_CLUSTER));

  fake_host_param (host, "zones", "[\"us-east-1a\", \"us-east-1b\"]");
  fake_host_param (host, "node_type", "m5.large");
  fake_host_param (host, "addons", "[]");
  fake_host_answer_recorded (host, "eksctl get cluster *", WHOLE, GET_CLUSTER);
  fake_host_answer_recorded (host, "aws ec2 describe-subnets *", WHOLE, subnets);
  fake_host_expect_recorded (host, GROUPLESS, GET_GROUP);
  fake_host_expect_recorded (host, "eksctl-group-dead", STACK (OF_GROUP));
  fake_host_expect_recorded (host, "eksctl-group-made", DELETE_STACK (OF_GROUP));
  fake_host_expect_recorded (host, NOTHING, STACK (OF_GROUP));
  fake_host_expect (host, "eksctl create nodegroup --cluster=wandb --name=ng-1 --node-type=m5.large" TAIL,
                    0, recorded ("eksctl-group-made", CREATE_GROUP), "");
  fake_host_expect_recorded (host, "eksctl-group-making", GET_GROUP);
  fake_host_expect_recorded (host, WHOLE, GET_GROUP);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_progress (host), ==, "node group `ng-1` is CREATING");
}

/* ---- cluster_delete ------------------------------------------------------- */

#define DELETE_LAST "eksctl delete cluster --name=wandb --wait --disable-nodegroup-eviction --timeout=59m" TAIL
#define DELETE "eksctl delete cluster --name=wandb --wait --disable-nodegroup-eviction" TAIL

static void
test_delete_check (void)
{
  const struct { const char *cluster, *stacks; int status; const char *reason; } cases[] = {
    { recorded (WHOLE, GET_CLUSTER), NULL, GALLEY_NEEDED, "cluster `wandb` is ACTIVE" },
    { CLUSTER ("FAILED"), NULL, GALLEY_NEEDED, "cluster `wandb` is FAILED" },
    { CLUSTER ("DELETING"), NULL, GALLEY_BUSY, "cluster `wandb` is DELETING" },
    { recorded ("eksctl-making", GET_CLUSTER), NULL, GALLEY_BUSY, "cluster `wandb` is CREATING" },
    { NULL, recorded (NOTHING, STACKS), GALLEY_OK, NULL },
    { NULL, STACKS_ARE ("\"a DELETE_FAILED\""), GALLEY_NEEDED, "no cluster `wandb`, but stacks of it: a DELETE_FAILED" },
    { NULL, STACKS_ARE ("\"a DELETE_IN_PROGRESS\""), GALLEY_BUSY, "no cluster `wandb`, but stacks of it: a DELETE_IN_PROGRESS" },
  };
  g_autoptr(FakeHost) host = host_new ("cluster_delete", "name");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    fake_host_expect (host, GET_CLUSTER, cases[i].cluster != NULL ? 0 : 1, cases[i].cluster != NULL ? cases[i].cluster : "",
                      cases[i].cluster != NULL ? "" : NO_CLUSTER);
    if (cases[i].stacks != NULL)
      fake_host_expect (host, STACKS, 0, cases[i].stacks, "");
    fake_host_assert_check (host, cases[i].status, cases[i].reason);
  }
}

/* The user's kubeconfig is none of its business. */
static void
test_delete (void)
{
  g_autoptr(FakeHost) host = host_new ("cluster_delete", "name");

  fake_host_expect_recorded (host, WHOLE, GET_CLUSTER);
  fake_host_expect (host, DELETE, 0, recorded ("wandb-eks-teardown", DELETE_LAST), "");
  fake_host_expect (host, STACKS, 0, STACKS_ARE ("\"eksctl-wandb-addon-x DELETE_IN_PROGRESS\""), "");
  fake_host_expect (host, STACK ("eksctl-wandb-addon-x"), 0, IS ("DELETE_IN_PROGRESS"), "");
  fake_host_expect (host, STACK ("eksctl-wandb-addon-x"), 255, "", NO_STACK);
  fake_host_expect_recorded (host, NOTHING, GET_CLUSTER);
  fake_host_expect_recorded (host, NOTHING, STACKS);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_command (host, 2)->env[0], ==, "KUBECONFIG={file:1}");
  g_assert_cmpstr (fake_host_written (host, 1)->data, ==, "");
  g_assert_cmpuint (fake_host_written (host, 1)->flags, ==, 0);
}

static void
test_delete_fails (void)
{
  g_autoptr(FakeHost) host = host_new ("cluster_delete", "name");
  g_autofree char *reason = still_used ("could not be deleted", recorded ("eksctl-held-back", EVENTS (OF_CLUSTER, "DELETE_FAILED")));

  fake_host_answer_recorded (host, "eksctl get cluster *", WHOLE, GET_CLUSTER);
  fake_host_expect_recorded (host, "eksctl-held-back", DELETE);
  fake_host_expect (host, STACKS, 0, STACKS_ARE ("\"eksctl-wandb-nodegroup-a DELETE_IN_PROGRESS\", "
                                             "\"eksctl-wandb-cluster DELETE_FAILED\""), "");
  fake_host_expect_recorded (host, "eksctl-held-back", EVENTS (OF_CLUSTER, "DELETE_FAILED"));
  fake_host_assert_apply (host, GALLEY_FAILED, reason);
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_CONFLICT);

  /* the lab has no load balancers that go away by and by */
  fake_host_expect (host, DELETE, 1, "", "Error: deadline surpassed waiting for AWS load balancers to be deleted: a1b2\n");
  fake_host_expect (host, STACKS, 0, STACKS_ARE ("\"eksctl-wandb-cluster CREATE_COMPLETE\""), "");
  fake_host_assert_apply (host, GALLEY_FAILED, "a load balancer is still there: a1b2");
  fake_host_expect_how (host, DELETE, GALLEY_TIMED_OUT, 15, "", "");
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("TZ", "UTC", TRUE);      /* times are shown as they are here */
  g_unsetenv ("AWS_ENDPOINT_URL");
  g_test_add_func ("/eksctl/tables", test_tables);
  g_test_add_func ("/eksctl/reads", test_reads);
  g_test_add_func ("/eksctl/names", test_names);
  g_test_add_func ("/eksctl/cluster/held", test_cluster_held);
  g_test_add_func ("/eksctl/cluster/params", test_cluster_params);
  g_test_add_func ("/eksctl/cluster/odd-group", test_cluster_odd_group);
  g_test_add_func ("/eksctl/cluster/status", test_cluster_status);
  g_test_add_func ("/eksctl/cluster/cut-off", test_cluster_cut_off);
  g_test_add_func ("/eksctl/cluster/cut-off-later", test_cluster_cut_off_later);
  g_test_add_func ("/eksctl/cluster/group-status", test_cluster_group_status);
  g_test_add_func ("/eksctl/cluster/absent", test_cluster_absent);
  g_test_add_func ("/eksctl/cluster/unfinished", test_cluster_unfinished);
  g_test_add_func ("/eksctl/create", test_create);
  g_test_add_func ("/eksctl/create/with-all", test_create_with_all);
  g_test_add_func ("/eksctl/create/timeouts", test_timeouts);
  g_test_add_func ("/eksctl/create/fails", test_create_fails);
  g_test_add_func ("/eksctl/create/fails-oddly", test_create_fails_oddly);
  g_test_add_func ("/eksctl/endpoint", test_endpoint);
  g_test_add_func ("/eksctl/create/fails-at-nodes", test_create_fails_at_nodes);
  g_test_add_func ("/eksctl/create/over-remains", test_create_over_remains);
  g_test_add_func ("/eksctl/create/cannot-delete-remains", test_create_cannot_delete_remains);
  g_test_add_func ("/eksctl/complete", test_complete);
  g_test_add_func ("/eksctl/scale", test_scale);
  g_test_add_func ("/eksctl/create-nodes-of-cluster", test_create_nodes_of_cluster);
  g_test_add_func ("/eksctl/delete/check", test_delete_check);
  g_test_add_func ("/eksctl/delete/apply", test_delete);
  g_test_add_func ("/eksctl/delete/fails", test_delete_fails);
  return g_test_run ();
}

/* Node groups, roles and add-ons of the eksctl plugin, on a host that plays
 * its tools.  SPDX-License-Identifier: MIT */
#include "eksctl-words.h"

/* ---- nodegroup ------------------------------------------------------------ */

static FakeHost *
group_host (const char *action)
{
  FakeHost *host = host_new (action, "cluster");

  fake_host_param (host, "name", "ng-1");
  return host;
}

#define GET_SUBNETS AWS ("eks describe-nodegroup") " --cluster-name=wandb --nodegroup-name=ng-1 --query=nodegroup.subnets"

static void
test_group (void)
{
  g_autoptr(FakeHost) host = group_host ("nodegroup");
  g_autofree char *role = text_in (recorded (WHOLE, GET_GROUP), "NodeInstanceRoleARN");
  g_autofree char *zones = zones_line (recorded (WHOLE, GET_SUBNETS));

  fake_host_expect_recorded (host, WHOLE, GET_GROUP);
  fake_host_expect_recorded (host, WHOLE, GET_GROUP);
  fake_host_assert_check (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "nodes"), ==, "2");
  g_assert_cmpstr (fake_host_output (host, "role_arn"), ==, role);
  g_assert_cmpstr (fake_host_output (host, "version"), ==, "1.34");
  fake_host_expect_recorded (host, NOTHING, GET_GROUP);
  fake_host_assert_check (host, GALLEY_FAILED, "no cluster `wandb` in us-east-1");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_NOT_FOUND);
  fake_host_param (host, "zones", "[\"x y\"]");
  fake_host_assert_check (host, GALLEY_FAILED, "`zones`: `x y` is no name");
  fake_host_param (host, "zones", "[\"us-east-1c\"]");
  fake_host_expect_recorded (host, WHOLE, GET_GROUP);
  fake_host_expect_recorded (host, WHOLE, GET_SUBNETS);
  fake_host_expect_recorded (host, WHOLE, zones);
  fake_host_assert_check (host, GALLEY_FAILED, "node group `ng-1` has the zones us-east-1a, us-east-1b, wanted us-east-1c");
  fake_host_expect_recorded (host, WHOLE, GET_GROUP);
  fake_host_answer_recorded (host, "aws eks describe-nodegroup *", WHOLE, GET_SUBNETS);
  fake_host_answer (host, "aws ec2 describe-subnets *", 0, "[]", "");
  fake_host_assert_check (host, GALLEY_FAILED, "node group `ng-1` has the zones none, wanted us-east-1c");
}

#define CREATE_PLAIN_GROUP "eksctl create nodegroup --cluster=wandb --name=ng-1" TAIL

static void
test_group_create (void)
{
  g_autoptr(FakeHost) host = group_host ("nodegroup");

  fake_host_param (host, "node_type", "m5.large");
  fake_host_param (host, "nodes", "2");
  fake_host_param (host, "nodes_min", "1");
  fake_host_param (host, "nodes_max", "3");
  fake_host_param (host, "node_volume_size", "80");
  fake_host_answer_recorded (host, "aws cloudformation get-template *", WHOLE, GET_VOLUME);
  fake_host_expect_recorded (host, GROUPLESS, GET_GROUP);
  fake_host_expect_recorded (host, NOTHING, STACK (OF_GROUP));
  fake_host_expect_recorded (host, "eksctl-group-made", CREATE_GROUP);
  fake_host_answer_recorded (host, "eksctl get nodegroup *", WHOLE, GET_GROUP);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_command (host, 5)->line, ==, GET_VOLUME);

  fake_host_expect_recorded (host, GROUPLESS, GET_GROUP);
  fake_host_expect_recorded (host, NOTHING, STACK (OF_GROUP));
  fake_host_expect_recorded (host, "eksctl-group-full", CREATE_GROUP);
  fake_host_expect_recorded (host, "eksctl-group-full", EVENTS (OF_GROUP, "CREATE_FAILED"));
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_QUOTA);
  fake_host_expect_recorded (host, GROUPLESS, GET_GROUP);
  fake_host_expect_recorded (host, NOTHING, STACK (OF_GROUP));
  fake_host_expect (host, CREATE_GROUP, 1, "", recorded_err ("eksctl-expired", CREATE_PLAIN_GROUP));
  fake_host_assert_apply (host, GALLEY_FAILED, "the AWS credentials have expired");
  fake_host_expect_recorded (host, NOTHING, GET_GROUP);
  fake_host_assert_apply (host, GALLEY_FAILED, "no cluster `wandb` in us-east-1");
}

static void
test_group_zones (void)
{
  g_autoptr(FakeHost) host = group_host ("nodegroup");
  g_autofree char *zones = zones_line (recorded (WHOLE, GET_SUBNETS));

  fake_host_param (host, "zones", "[\"us-east-1a\", \"us-east-1b\"]");
  fake_host_answer_recorded (host, "aws eks describe-nodegroup *", WHOLE, GET_SUBNETS);
  fake_host_answer_recorded (host, "aws ec2 describe-subnets *", WHOLE, zones);
  fake_host_expect_recorded (host, GROUPLESS, GET_GROUP);
  fake_host_expect_recorded (host, NOTHING, STACK (OF_GROUP));
  fake_host_expect (host, "eksctl create nodegroup --cluster=wandb --name=ng-1 --node-zones=us-east-1a,us-east-1b" TAIL, 0,
                    recorded ("eksctl-group-made", CREATE_GROUP), "");
  fake_host_answer_recorded (host, "eksctl get nodegroup *", WHOLE, GET_GROUP);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

/* eksctl says 0 and has made nothing: that is not believed. */
static void
test_group_excluded (void)
{
  g_autoptr(FakeHost) host = group_host ("nodegroup");

  fake_host_answer_recorded (host, "eksctl get nodegroup *", GROUPLESS, GET_GROUP);
  fake_host_answer_recorded (host, "aws cloudformation describe-stacks *", NOTHING, STACK (OF_GROUP));
  fake_host_expect_recorded (host, "eksctl-group-dead", CREATE_PLAIN_GROUP);
  fake_host_assert_apply (host, GALLEY_FAILED, "the commands have succeeded, and still: no node group `ng-1`");
}

static void
test_group_remade (void)
{
  g_autoptr(FakeHost) host = group_host ("nodegroup");

  fake_host_expect (host, GET_GROUP, 0, GROUP ("CREATE_FAILED", "2"), "");
  fake_host_expect (host, STACK (OF_GROUP), 0, IS ("CREATE_FAILED"), "");
  fake_host_expect_recorded (host, "eksctl-group-made", DELETE_STACK (OF_GROUP));
  fake_host_expect_recorded (host, NOTHING, STACK (OF_GROUP));
  fake_host_expect (host, CREATE_PLAIN_GROUP, 0, recorded ("eksctl-group-made", CREATE_GROUP), "");
  fake_host_answer_recorded (host, "eksctl get nodegroup *", WHOLE, GET_GROUP);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

static void
test_group_delete (void)
{
  g_autoptr(FakeHost) host = group_host ("nodegroup_delete");

  fake_host_expect_recorded (host, WHOLE, GET_GROUP);
  fake_host_assert_check (host, GALLEY_NEEDED, "node group `ng-1` is ACTIVE");
  fake_host_expect (host, GET_GROUP, 0, GROUP ("DELETING", "2"), "");
  fake_host_assert_check (host, GALLEY_BUSY, "node group `ng-1` is DELETING");
  fake_host_expect_recorded (host, NOTHING, GET_GROUP);
  fake_host_expect_recorded (host, NOTHING, STACK (OF_GROUP));
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect_recorded (host, GROUPLESS, GET_GROUP);
  fake_host_expect (host, STACK (OF_GROUP), 0, IS ("DELETE_FAILED"), "");
  fake_host_assert_check (host, GALLEY_NEEDED, "stack `eksctl-wandb-nodegroup-ng-1` is DELETE_FAILED");
  fake_host_expect_recorded (host, "eksctl-expired", GET_GROUP);
  fake_host_assert_check (host, GALLEY_FAILED, "the AWS credentials have expired");

  fake_host_param (host, "drain", "false");
  fake_host_expect_recorded (host, WHOLE, GET_GROUP);
  fake_host_expect_recorded (host, "eksctl-group-gone", "eksctl delete nodegroup --cluster=wandb --name=ng-1 --drain=false "
                             "--disable-eviction --wait" TAIL);
  fake_host_expect_recorded (host, NOTHING, STACK (OF_GROUP));
  fake_host_expect_recorded (host, GROUPLESS, GET_GROUP);
  fake_host_expect_recorded (host, NOTHING, STACK (OF_GROUP));
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect_recorded (host, GROUPLESS, GET_GROUP);
  fake_host_expect_recorded (host, "eksctl-group-dead", STACK (OF_GROUP));
  fake_host_expect_recorded (host, "eksctl-group-made", DELETE_STACK (OF_GROUP));
  fake_host_expect_recorded (host, NOTHING, STACK (OF_GROUP));
  fake_host_expect_recorded (host, GROUPLESS, GET_GROUP);
  fake_host_expect_recorded (host, NOTHING, STACK (OF_GROUP));
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

/* ---- oidc_provider -------------------------------------------------------- */

#define ARN "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/"
#define LIST_PROVIDERS AWS ("iam list-open-id-connect-providers") " '--query=OpenIDConnectProviderList[].Arn'"
#define OIDC "eksctl-oidc-again"         /* a cluster and its provider */

/* The end of the issuer's URL. */
static const char *
issuer_id (void)
{
  return strstr (recorded ("eksctl-oidc", GET_CLUSTER), "/id/") + strlen ("/id/");
}

/* The provider's, with MORE after it or, where that is no such thing, instead of it. */
static char *
provider (const char *more)
{
  return g_strdup_printf (ARN "%.32s%s", issuer_id (), more);
}

static const char *
providers_are (const char *first, const char *second)
{
  g_autofree char *whole = provider ("");
  g_autofree char *list = g_strconcat (first, "\",\n    \"", second, NULL);

  return varied (recorded (OIDC, LIST_PROVIDERS), whole, list);
}

static char *
tags_line (const char *arn)
{
  return g_strdup_printf (AWS ("iam list-open-id-connect-provider-tags") " --open-id-connect-provider-arn=%s "
                          "\"--query=Tags[?Key=='alpha.eksctl.io/cluster-name'].Value\"", arn);
}

static void
test_oidc (void)
{
  g_autoptr(FakeHost) host = host_new ("oidc_provider", "cluster");
  g_autofree char *arn = provider (""), *longer = provider ("1"), *issuer = text_in (recorded ("eksctl-oidc", GET_CLUSTER), "Issuer");
  g_autofree char *no_provider = g_strconcat ("no OIDC provider in IAM for ", issuer, NULL);

  fake_host_answer_recorded (host, "eksctl get cluster *", "eksctl-oidc", GET_CLUSTER);
  fake_host_expect (host, LIST_PROVIDERS, 0, providers_are (ARN "A", arn), "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "arn"), ==, arn);
  g_assert_cmpstr (fake_host_output (host, "issuer"), ==, issuer);
  fake_host_expect (host, LIST_PROVIDERS, 0, providers_are (ARN "A", longer), "");
  fake_host_assert_check (host, GALLEY_NEEDED, no_provider);
  fake_host_expect_recorded (host, NOTHING, LIST_PROVIDERS);
  fake_host_assert_check (host, GALLEY_NEEDED, no_provider);
  fake_host_answer (host, "eksctl get cluster *", 0,
                    varied (recorded ("eksctl-making", GET_CLUSTER), "\"Issuer\": \"https://", "\"Issuer\": \""), "");
  fake_host_assert_check (host, GALLEY_FAILED, "cluster `wandb` has no OIDC issuer yet");
  fake_host_answer_recorded (host, "eksctl get cluster *", NOTHING, GET_CLUSTER);
  fake_host_assert_check (host, GALLEY_FAILED, "no cluster `wandb` in us-east-1");
}

#define ASSOCIATE "eksctl utils associate-iam-oidc-provider --cluster=wandb --approve" TAIL
#define ONLY_PLAN "eksctl utils associate-iam-oidc-provider --cluster=wandb" TAIL

static void
test_oidc_apply (void)
{
  g_autoptr(FakeHost) host = host_new ("oidc_provider", "cluster");
  g_auto(GStrv) plan = g_strsplit (recorded ("eksctl-unprovided", ONLY_PLAN), "\n", 3);

  fake_host_answer_recorded (host, "eksctl get cluster *", "eksctl-oidc", GET_CLUSTER);
  fake_host_expect_recorded (host, "eksctl-oidc", ASSOCIATE);
  fake_host_expect_recorded (host, NOTHING, LIST_PROVIDERS);
  fake_host_expect_recorded (host, OIDC, LIST_PROVIDERS);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_pauses (host), ==, "3000");
  fake_host_expect_recorded (host, OIDC, ASSOCIATE);
  fake_host_expect_recorded (host, OIDC, LIST_PROVIDERS);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  for (int i = 0; i < 2; i++) {       /* each of its two lines says so */
    fake_host_expect (host, ASSOCIATE, 0, plan[i], "");
    fake_host_assert_apply (host, GALLEY_FAILED, "eksctl only planned and changed nothing");
  }
}

static void
test_oidc_delete (void)
{
  g_autoptr(FakeHost) host = host_new ("oidc_provider_delete", "cluster");
  g_autofree char *arn = provider (""), *need = g_strconcat ("OIDC provider ", arn, NULL);
  g_autofree char *tags = tags_line (arn), *other_tags = tags_line (ARN "A");
  g_autofree char *issuer = g_strdup_printf ("https://oidc.eks.us-east-1.amazonaws.com/id/%.32s", issuer_id ());
  g_autofree char *delete = g_strconcat (AWS ("iam delete-open-id-connect-provider"), " --open-id-connect-provider-arn=", arn, NULL);

  fake_host_answer_recorded (host, "eksctl get cluster *", "eksctl-oidc", GET_CLUSTER);
  fake_host_expect (host, LIST_PROVIDERS, 0, varied (recorded (OIDC, LIST_PROVIDERS), arn, ARN "A"), "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect_recorded (host, OIDC, LIST_PROVIDERS);
  fake_host_assert_check (host, GALLEY_NEEDED, need);
  fake_host_answer_recorded (host, "eksctl get cluster *", NOTHING, GET_CLUSTER);
  fake_host_expect (host, LIST_PROVIDERS, 0, providers_are (ARN "A\", \"arn:x", arn), "");
  fake_host_expect (host, other_tags, 0, varied (recorded ("eksctl-oidc-gone", tags), "wandb", "wandb-2"), "");
  fake_host_expect_recorded (host, "eksctl-oidc-gone", tags);
  fake_host_assert_check (host, GALLEY_NEEDED, need);

  fake_host_param (host, "issuer", issuer);
  fake_host_expect_recorded (host, OIDC, LIST_PROVIDERS);
  fake_host_expect_recorded (host, "eksctl-oidc-gone", delete);
  fake_host_expect_recorded (host, NOTHING, LIST_PROVIDERS);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect_recorded (host, NOTHING, LIST_PROVIDERS);
  fake_host_expect_recorded (host, NOTHING, LIST_PROVIDERS);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_false (fake_host_param_valid (host, "issuer", "oidc.eks"));
}

/* ---- iamserviceaccount ---------------------------------------------------- */

#define ROLE_STACK "eksctl-wandb-addon-iamserviceaccount-kube-system-sa"
#define ROLE "arn:aws:iam::123456789012:role/path/my-role"
#define MADE "eksctl-account-made"
/* the role of the lab has no path */
#define LAB_ROLE "arn:aws:iam::123456789012:role/my-role"
#define ACCOUNT varied (recorded (MADE, GET_ACCOUNT), "role/my-role", "role/path/my-role")
#define POLICIES AWS ("iam list-attached-role-policies") " --role-name=my-role '--query=AttachedPolicies[].PolicyArn'"
#define CONFIG AWS ("eks update-kubeconfig") " --name=wandb --alias=galley --kubeconfig=/dev/null --dry-run"
#define KUBECTL(verb) "kubectl " verb " serviceaccount sa --namespace=kube-system --kubeconfig={file:1} --context=galley"
#define GET_SA KUBECTL ("get") " --ignore-not-found --output=json"
#define ANNOTATE(role) KUBECTL ("annotate") " eks.amazonaws.com/role-arn=" role " --overwrite"
#define SA(role) varied (recorded (MADE, GET_SA), LAB_ROLE, role)
#define CREATE_WITH(policy) "eksctl create iamserviceaccount --cluster=wandb --namespace=kube-system --name=sa " \
                            "--attach-policy-arn=" policy " --approve" TAIL
#define CREATE_SA(more) CREATE_WITH (POLICY more)
#define NO_POLICY "arn:aws:iam::123456789012:policy/none"
#define CREATE_NAMED_SA CREATE_SA (" --role-name=my-role --override-existing-serviceaccounts")

static FakeHost *
account_host (void)
{
  FakeHost *host = host_new ("iamserviceaccount", "cluster");

  fake_host_param (host, "namespace", "kube-system");
  fake_host_param (host, "name", "sa");
  fake_host_param (host, "policies", "[\"" POLICY "\"]");
  return host;
}

static void
account_is_whole (FakeHost *host)
{
  fake_host_answer (host, "aws cloudformation describe-stacks *", 0, IS ("CREATE_COMPLETE"), "");
  fake_host_answer (host, "eksctl get iamserviceaccount *", 0, ACCOUNT, "");
  fake_host_answer_recorded (host, "aws iam list-attached-role-policies *", MADE, POLICIES);
  fake_host_answer_recorded (host, "aws eks update-kubeconfig *", MADE, CONFIG);
  fake_host_answer (host, "kubectl get *", 0, SA (ROLE), "");
}

static void
test_account_held (void)
{
  g_autoptr(FakeHost) host = account_host ();

  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_expect (host, GET_ACCOUNT, 0, ACCOUNT, "");
  fake_host_expect_recorded (host, MADE, POLICIES);
  fake_host_expect_recorded (host, MADE, CONFIG);
  fake_host_expect (host, GET_SA, 0, SA (ROLE), "");
  fake_host_expect (host, GET_ACCOUNT, 0, ACCOUNT, "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "role_arn"), ==, ROLE);
  g_assert_cmpstr (fake_host_written (host, 1)->data, ==, recorded (MADE, CONFIG));
  g_assert_cmpstr (fake_host_command (host, 5)->env[0], ==, "KUBERC=off");
}

static void
test_account_check (void)
{
  const struct { const char *glob; int exit_code; const char *out, *err; int status; const char *reason; } cases[] = {
    { "aws cloudformation *", 0, IS ("UPDATE_ROLLBACK_COMPLETE"), "", GALLEY_OK, NULL },
    { "aws cloudformation *", 255, "", NO_STACK, GALLEY_NEEDED, "no role for the service account `sa`" },
    { "aws cloudformation *", 0, IS ("CREATE_IN_PROGRESS"), "", GALLEY_BUSY, "stack `" ROLE_STACK "` is CREATE_IN_PROGRESS" },
    { "aws cloudformation *", 0, IS ("ROLLBACK_COMPLETE"), "", GALLEY_NEEDED, "stack `" ROLE_STACK "` is ROLLBACK_COMPLETE" },
    { "aws cloudformation *", 0, IS ("ROLLBACK_FAILED"), "", GALLEY_NEEDED, "stack `" ROLE_STACK "` is ROLLBACK_FAILED" },
    { "aws cloudformation *", 0, IS ("CREATE_FAILED"), "", GALLEY_NEEDED, "stack `" ROLE_STACK "` is CREATE_FAILED" },
    { "aws cloudformation *", 0, IS ("DELETE_FAILED"), "", GALLEY_NEEDED, "stack `" ROLE_STACK "` is DELETE_FAILED" },
    { "aws cloudformation *", 0, IS ("UPDATE_COMPLETE"), "", GALLEY_OK, NULL },
    { "aws cloudformation *", 255, "", varied (NO_STACK, "does not exist", "is bad"), GALLEY_FAILED, NULL },
    { "eksctl get iamserviceaccount *", 0, "[]", "", GALLEY_NEEDED, "eksctl knows no service account `sa`" },
    { "eksctl get iamserviceaccount *", 1, "", NO_CLUSTER, GALLEY_FAILED, "no cluster `wandb` in us-east-1" },
    { "aws iam *", 0, varied (recorded (MADE, POLICIES), "\"" POLICY "\"", ""), "", GALLEY_NEEDED,
      "role `my-role` has the policies none, want " POLICY },
    { "aws iam *", 0, varied (recorded (MADE, POLICIES), POLICY "\"", POLICY "\", \"arn:b\""), "", GALLEY_NEEDED,
      "role `my-role` has the policies " POLICY ", arn:b, want " POLICY },
    { "kubectl get *", 0, recorded ("eksctl-account-mended", GET_SA), "", GALLEY_NEEDED, "no service account `sa` in the cluster" },
    { "kubectl get *", 0, varied (SA (""), "eks.amazonaws.com/role-arn", "other"), "", GALLEY_NEEDED,
      "service account `sa` names no role, want " ROLE },
    { "kubectl get *", 0, SA ("arn:other"), "", GALLEY_NEEDED, "service account `sa` names the role arn:other, want " ROLE },
    { "kubectl get *", 1, "", recorded_err ("eksctl-account-denied", GET_SA), GALLEY_FAILED,
      "the Kubernetes cluster does not let this AWS identity in" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = account_host ();

    account_is_whole (host);
    fake_host_answer (host, cases[i].glob, cases[i].exit_code, cases[i].out, cases[i].err);
    fake_host_assert_check (host, cases[i].status, cases[i].reason);
  }
}

/* Whose a stack is that an attempt of ours may have begun. */
static void
test_account_cut_off (void)
{
  const char *created = recorded ("eksctl-making", CREATED (OF_CLUSTER));
  gint64 ours = moment_in (created) + 5000, not_ours = moment_in (created) + MADE_BEFORE;
  g_autofree char *begun = moment_shown (created);
  const struct { const char *status; gint64 since; int answer; const char *reason; } cases[] = {
    { IS ("CREATE_IN_PROGRESS"), ours, GALLEY_BUSY, "stack `" ROLE_STACK "` is CREATE_IN_PROGRESS (begun at %s by the attempt that "
      "was cut off; AWS goes on with it)" },
    { IS ("CREATE_IN_PROGRESS"), not_ours, GALLEY_BUSY, "stack `" ROLE_STACK "` is CREATE_IN_PROGRESS" },
    { recorded (MADE, STACK (ROLE_STACK)), ours, GALLEY_NEEDED, "stack `" ROLE_STACK "` is ROLLBACK_COMPLETE (begun at %s by the "
      "attempt that was cut off)" },
    { recorded (MADE, STACK (ROLE_STACK)), not_ours, GALLEY_NEEDED, "stack `" ROLE_STACK "` is ROLLBACK_COMPLETE" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = account_host ();
    g_auto(GStrv) parts = g_strsplit (cases[i].reason, "%s", -1);
    g_autofree char *reason = g_strjoinv (begun, parts);

    fake_host_abandoned (host, cases[i].since);
    fake_host_expect (host, STACK (ROLE_STACK), 0, cases[i].status, "");
    fake_host_expect (host, CREATED (ROLE_STACK), 0, created, "");
    fake_host_assert_check (host, cases[i].answer, reason);
  }
}

static void
test_account_params (void)
{
  g_autoptr(FakeHost) host = account_host ();

  account_is_whole (host);
  fake_host_param (host, "role_name", "my-role");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_param (host, "role_name", "other");
  fake_host_assert_check (host, GALLEY_FAILED, "service account `sa` has the role `my-role`, wanted `other`; remove it with "
                          "`eksctl.iamserviceaccount_delete` first");
  fake_host_param (host, "policies", "[\"a,--approve\"]");
  fake_host_assert_check (host, GALLEY_FAILED, "`policies`: `a,--approve` is no name");
}

static void
test_account_create (void)
{
  g_autoptr(FakeHost) host = account_host ();

  account_is_whole (host);
  fake_host_expect_recorded (host, NOTHING, STACK (ROLE_STACK));
  fake_host_expect (host, CREATE_SA (""), 0, recorded (MADE, CREATE_NAMED_SA), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "role_arn"), ==, ROLE);

  fake_host_param (host, "role_name", "my-role");
  fake_host_param (host, "override", "true");
  fake_host_expect_recorded (host, MADE, STACK (ROLE_STACK));
  fake_host_expect_recorded (host, MADE, STACK (ROLE_STACK));
  fake_host_expect_recorded (host, MADE, DELETE_STACK (ROLE_STACK));
  fake_host_expect_recorded (host, NOTHING, STACK (ROLE_STACK));
  fake_host_expect_recorded (host, MADE, CREATE_NAMED_SA);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

static void
test_account_create_fails (void)
{
  g_autoptr(FakeHost) host = account_host ();

  account_is_whole (host);
  fake_host_expect_recorded (host, NOTHING, STACK (ROLE_STACK));
  fake_host_expect_recorded (host, "eksctl-account-excluded", CREATE_SA (""));
  fake_host_assert_apply (host, GALLEY_FAILED, "eksctl has made nothing: a service account `sa` that it did not make is in the cluster");
  g_assert_nonnull (strstr (fake_host_fix (host), "override: true"));
  fake_host_expect_recorded (host, NOTHING, STACK (ROLE_STACK));
  fake_host_expect_recorded (host, "eksctl-unprovided", CREATE_SA (""));
  fake_host_assert_apply (host, GALLEY_FAILED, "the cluster has no OIDC provider in IAM");
  fake_host_expect_recorded (host, NOTHING, STACK (ROLE_STACK));
  fake_host_param (host, "policies", "[\"" NO_POLICY "\"]");
  fake_host_expect_recorded (host, "eksctl-account-unmakeable", CREATE_WITH (NO_POLICY));
  fake_host_expect_recorded (host, "eksctl-account-unmakeable", EVENTS (ROLE_STACK, "CREATE_FAILED"));
  fake_host_assert_apply (host, GALLEY_FAILED, "the role of `sa` could not be made: Policy " NO_POLICY " does not exist or is not "
                          "attachable");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_INVALID);
}

/* eksctl does not look at an account whose stack is there. */
static void
test_account_mend (void)
{
  g_autoptr(FakeHost) host = account_host ();

  account_is_whole (host);
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_expect (host, GET_ACCOUNT, 0, ACCOUNT, "");
  fake_host_expect (host, POLICIES, 0, varied (recorded (MADE, POLICIES), POLICY, "arn:old"), "");
  fake_host_expect_recorded (host, "eksctl-account-updated", "eksctl update iamserviceaccount --cluster=wandb --namespace=kube-system "
                             "--name=sa --attach-policy-arn=" POLICY " --approve" TAIL);
  fake_host_expect_recorded (host, "eksctl-account-mended", CONFIG);
  fake_host_expect_recorded (host, "eksctl-account-mended", GET_SA);
  fake_host_expect_recorded (host, "eksctl-account-mended", KUBECTL ("create"));
  fake_host_expect (host, ANNOTATE (ROLE), 0, recorded ("eksctl-account-mended", ANNOTATE (LAB_ROLE)), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_expect_recorded (host, NOTHING, GET_ACCOUNT);
  fake_host_assert_apply (host, GALLEY_FAILED, "no cluster `wandb` in us-east-1");
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_expect_recorded (host, "eksctl-expired", GET_ACCOUNT);
  fake_host_assert_apply (host, GALLEY_FAILED, "the AWS credentials have expired");
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_expect (host, GET_ACCOUNT, 0, "[]", "");
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_expect_recorded (host, MADE, DELETE_STACK (ROLE_STACK));
  fake_host_expect_recorded (host, NOTHING, STACK (ROLE_STACK));
  fake_host_expect (host, CREATE_SA (""), 0, recorded (MADE, CREATE_NAMED_SA), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_expect (host, GET_ACCOUNT, 0, ACCOUNT, "");
  fake_host_expect_recorded (host, MADE, POLICIES);
  fake_host_expect_recorded (host, "eksctl-account-mended", CONFIG);
  fake_host_expect (host, GET_SA, 0, SA (""), "");
  fake_host_expect (host, ANNOTATE (ROLE), 0, recorded ("eksctl-account-mended", ANNOTATE (LAB_ROLE)), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

static void
test_account_delete (void)
{
  g_autoptr(FakeHost) host = host_new ("iamserviceaccount_delete", "cluster");

  fake_host_param (host, "namespace", "kube-system");
  fake_host_param (host, "name", "sa");
  fake_host_expect_recorded (host, NOTHING, STACK (ROLE_STACK));
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_assert_check (host, GALLEY_NEEDED, "stack `" ROLE_STACK "` is CREATE_COMPLETE");
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("DELETE_IN_PROGRESS"), "");
  fake_host_assert_check (host, GALLEY_BUSY, "stack `" ROLE_STACK "` is DELETE_IN_PROGRESS");

  fake_host_expect (host, GET_ACCOUNT, 0, ACCOUNT, "");
  fake_host_expect_recorded (host, "eksctl-account-gone", "eksctl delete iamserviceaccount --cluster=wandb --namespace=kube-system "
                             "--name=sa --wait" TAIL);
  fake_host_expect_recorded (host, NOTHING, STACK (ROLE_STACK));
  fake_host_expect_recorded (host, NOTHING, STACK (ROLE_STACK));
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect_recorded (host, NOTHING, GET_ACCOUNT);
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_expect_recorded (host, MADE, DELETE_STACK (ROLE_STACK));
  fake_host_expect_recorded (host, NOTHING, STACK (ROLE_STACK));
  fake_host_expect_recorded (host, NOTHING, STACK (ROLE_STACK));
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

/* ---- addon ---------------------------------------------------------------- */

#define PLAIN "eksctl-addon"
#define PINNED "eksctl-addon-pinned"      /* not there at first, at last with a pod identity */
#define VERSION "v1.50.1-eksbuild.1"
#define LAB_ADDON recorded (PLAIN, GET_ADDON)
#define ADDON(status) varied (LAB_ADDON, "\"Status\": \"ACTIVE\"", "\"Status\": \"" status "\"")
#define DEGRADED recorded ("eksctl-addon-degraded", GET_ADDON)
#define CODE "InsufficientNumberOfReplicas"
#define MESSAGE "The add-on is unhealthy because it doesn't have the desired number of replicas."
#define WITH_IDENTITY(nth) recorded_nth (PINNED, GET_ADDON, nth)
#define WANTED_ROLE "arn:aws:iam::123456789012:role/r"

static FakeHost *
addon_host (const char *action)
{
  FakeHost *host = host_new (action, "cluster");

  fake_host_param (host, "name", "aws-ebs-csi-driver");
  return host;
}

static void
test_addon_check (void)
{
  const char *two_issues = varied (DEGRADED, "\"ResourceIDs\": []\n            }", "\"ResourceIDs\": []\n            }, "
                                   "{\"Code\": \"B\", \"Message\": \"the [text]\"}");
  const char *empty_identity = varied (LAB_ADDON, "\"PodIdentityAssociations\": null", "\"PodIdentityAssociations\": []");
  const struct { const char *param, *value, *out; int status; const char *reason; } cases[] = {
    { NULL, NULL, LAB_ADDON, GALLEY_OK, NULL },
    { NULL, NULL, varied (varied (DEGRADED, "\"DEGRADED\"", "\"ACTIVE\""), "]Issue: {", "]Issue: {[{"), GALLEY_OK, NULL },
    { NULL, NULL, varied (LAB_ADDON, "[\n    {", "[i]  log\n[\n    {"), GALLEY_OK, NULL },
    { NULL, NULL, WITH_IDENTITY (3), GALLEY_BUSY, "add-on `aws-ebs-csi-driver` is CREATING" },
    { NULL, NULL, ADDON ("UPDATING"), GALLEY_BUSY, "add-on `aws-ebs-csi-driver` is UPDATING" },
    { NULL, NULL, recorded_nth ("eksctl-addon-preserved", GET_ADDON, 3), GALLEY_BUSY, "add-on `aws-ebs-csi-driver` is DELETING" },
    { NULL, NULL, ADDON ("CREATE_FAILED"), GALLEY_NEEDED, "add-on `aws-ebs-csi-driver` is CREATE_FAILED" },
    { NULL, NULL, DEGRADED, GALLEY_FAILED, "add-on `aws-ebs-csi-driver` is DEGRADED: " CODE ": " MESSAGE },
    { NULL, NULL, two_issues, GALLEY_FAILED, "add-on `aws-ebs-csi-driver` is DEGRADED: " CODE ": " MESSAGE "; B: the [text]" },
    { NULL, NULL, ADDON ("UPDATE_FAILED"), GALLEY_FAILED, "add-on `aws-ebs-csi-driver` is UPDATE_FAILED: EKS gives no reason" },
    { "version", VERSION, LAB_ADDON, GALLEY_OK, NULL },
    { "version", "v1.60.0", LAB_ADDON, GALLEY_NEEDED, "add-on `aws-ebs-csi-driver` is " VERSION ", want v1.60.0" },
    { "version", "v1.60.0", DEGRADED, GALLEY_NEEDED, "add-on `aws-ebs-csi-driver` is " VERSION ", want v1.60.0" },
    { "version", "latest", LAB_ADDON, GALLEY_OK, NULL },
    { "role_arn", WANTED_ROLE, LAB_ADDON, GALLEY_NEEDED, "add-on `aws-ebs-csi-driver` has no role, want " WANTED_ROLE },
    { "pod_identity", "true", WITH_IDENTITY (4), GALLEY_OK, NULL },
    { "pod_identity", "true", LAB_ADDON, GALLEY_NEEDED, "add-on `aws-ebs-csi-driver` has no pod identity" },
    { "pod_identity", "true", empty_identity, GALLEY_NEEDED, "add-on `aws-ebs-csi-driver` has no pod identity" },
    { "pod_identity", "false", empty_identity, GALLEY_OK, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = addon_host ("addon");

    if (cases[i].param != NULL)
      fake_host_param (host, cases[i].param, cases[i].value);
    fake_host_expect (host, GET_ADDON, 0, cases[i].out, "");
    fake_host_answer (host, "eksctl get addon *", 0, cases[i].out, "");
    fake_host_assert_check (host, cases[i].status, cases[i].reason);
  }
}

static void
test_addon_fixes (void)
{
  static const char *const cases[][2] = {
    { "InsufficientNumberOfReplicas", "its pods do not run" }, { "ConfigurationConflict", "force: true" },
    { "AccessDenied", "pod_identity: true" }, { "AddonPermissionFailure", "pod_identity: true" },
    { "InternalFailure", "remove the cause" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = addon_host ("addon");

    fake_host_expect (host, GET_ADDON, 0, varied (DEGRADED, CODE, cases[i][0]), "");
    fake_host_assert_check (host, GALLEY_FAILED, NULL);
    g_assert_nonnull (strstr (fake_host_fix (host), cases[i][1]));
  }
}

#define UPDATE AWS ("eks update-addon") " --cluster-name=wandb --addon-name=aws-ebs-csi-driver --service-account-role-arn=" WANTED_ROLE \
               " --resolve-conflicts=OVERWRITE"

static void
test_addon_latest (void)
{
  g_autoptr(FakeHost) host = addon_host ("addon");
  /* the lab has one version of each */
  const char *outdated = varied (LAB_ADDON, "\"NewerVersion\": \"\"", "\"NewerVersion\": \"v3,v2\"");

  fake_host_param (host, "version", "latest");
  fake_host_expect (host, GET_ADDON, 0, outdated, "");
  fake_host_assert_check (host, GALLEY_NEEDED, "add-on `aws-ebs-csi-driver` is " VERSION ", and there are newer: v3,v2");
  fake_host_expect (host, GET_ADDON, 0, outdated, "");
  fake_host_expect (host, AWS ("eks update-addon") " --cluster-name=wandb --addon-name=aws-ebs-csi-driver --addon-version=v3 "
                    "--resolve-conflicts=PRESERVE", 0, recorded ("eksctl-addon-role", UPDATE), "");
  fake_host_answer (host, "eksctl get addon *", 0, varied (LAB_ADDON, VERSION, "v3"), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "version"), ==, "v3");
  g_assert_cmpstr (fake_host_output (host, "role_arn"), ==, "");
}

static void
test_addon_both_roles (void)
{
  g_autoptr(FakeHost) host = addon_host ("addon");

  fake_host_param (host, "role_arn", WANTED_ROLE);
  fake_host_param (host, "pod_identity", "true");
  fake_host_assert_check (host, GALLEY_FAILED, "an add-on has either a `role_arn` or `pod_identity`, not both");
  fake_host_param (host, "pod_identity", "false");
  fake_host_expect_recorded (host, NOTHING, GET_ADDON);
  fake_host_assert_check (host, GALLEY_FAILED, "no cluster `wandb` in us-east-1");
  fake_host_expect_recorded (host, PINNED, GET_ADDON);
  fake_host_assert_check (host, GALLEY_NEEDED, "no add-on `aws-ebs-csi-driver`");
}

static void
test_addon_create (void)
{
  g_autoptr(FakeHost) host = addon_host ("addon");
  g_autofree char *role = text_in (WITH_IDENTITY (4), "RoleARN");

  fake_host_param (host, "version", VERSION);
  fake_host_param (host, "pod_identity", "true");
  fake_host_param (host, "force", "true");
  fake_host_expect_recorded (host, PINNED, GET_ADDON);
  fake_host_expect_recorded (host, PINNED, "eksctl create addon --cluster=wandb --name=aws-ebs-csi-driver --version=" VERSION
                             " --auto-apply-pod-identity-associations --force" TAIL);
  for (guint nth = 3; nth <= 5; nth++)
    fake_host_expect (host, GET_ADDON, 0, WITH_IDENTITY (nth), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_pauses (host), ==, "10000");
  g_assert_cmpstr (fake_host_output (host, "role_arn"), ==, role);

  fake_host_param (host, "pod_identity", "false");
  fake_host_param (host, "role_arn", WANTED_ROLE);
  fake_host_expect_recorded (host, PINNED, GET_ADDON);
  /* in the lab eksctl does not wait for it */
  fake_host_expect (host, "eksctl create addon --cluster=wandb --name=aws-ebs-csi-driver --version=" VERSION
                    " --service-account-role-arn=" WANTED_ROLE " --force" TAIL, 1, "",
                    "Error: addon status transitioned to \"DEGRADED\"\n");
  fake_host_assert_apply (host, GALLEY_FAILED, "the add-on became DEGRADED");
}

#define AGENTLESS "eksctl-addon-agentless"

static void
test_addon_remake (void)
{
  g_autoptr(FakeHost) host = addon_host ("addon");

  fake_host_param (host, "pod_identity", "true");
  fake_host_expect_recorded (host, AGENTLESS, GET_ADDON);
  fake_host_expect_recorded (host, AGENTLESS, "eksctl delete addon --cluster=wandb --name=aws-ebs-csi-driver" TAIL);
  fake_host_expect (host, GET_ADDON, 0, recorded_nth (AGENTLESS, GET_ADDON, 3), "");
  fake_host_expect_recorded (host, PINNED, GET_ADDON);
  fake_host_expect_recorded (host, AGENTLESS, "eksctl create addon --cluster=wandb --name=aws-ebs-csi-driver "
                             "--auto-apply-pod-identity-associations" TAIL);
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_NOT_FOUND);
  g_assert_cmpstr (fake_host_notes (host), ==, "add-on `aws-ebs-csi-driver` is deleted and made anew");
}

static void
test_addon_update (void)
{
  g_autoptr(FakeHost) host = addon_host ("addon");

  fake_host_param (host, "role_arn", WANTED_ROLE);
  fake_host_param (host, "force", "true");
  fake_host_expect_recorded (host, "eksctl-addon-role", GET_ADDON);
  fake_host_expect_recorded (host, "eksctl-addon-role", UPDATE);
  fake_host_answer (host, "eksctl get addon *", 0, recorded_nth ("eksctl-addon-role", GET_ADDON, 3), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "role_arn"), ==, WANTED_ROLE);
}

static void
test_addon_delete (void)
{
  g_autoptr(FakeHost) host = addon_host ("addon_delete");

  fake_host_expect_recorded (host, "eksctl-addon-preserved", GET_ADDON);
  fake_host_assert_check (host, GALLEY_NEEDED, "add-on `aws-ebs-csi-driver` is ACTIVE");
  fake_host_expect (host, GET_ADDON, 0, recorded_nth ("eksctl-addon-preserved", GET_ADDON, 3), "");
  fake_host_assert_check (host, GALLEY_BUSY, "add-on `aws-ebs-csi-driver` is DELETING");
  fake_host_expect_recorded (host, PINNED, GET_ADDON);
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect_recorded (host, NOTHING, GET_ADDON);
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_param (host, "preserve", "true");
  fake_host_expect_recorded (host, "eksctl-addon-preserved", GET_ADDON);
  fake_host_expect_recorded (host, "eksctl-addon-preserved", "eksctl delete addon --cluster=wandb --name=aws-ebs-csi-driver "
                             "--preserve" TAIL);
  fake_host_expect_recorded (host, PINNED, GET_ADDON);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect_recorded (host, PINNED, GET_ADDON);
  fake_host_expect_recorded (host, PINNED, GET_ADDON);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("TZ", "UTC", TRUE);      /* times are shown as they are here */
  g_unsetenv ("AWS_ENDPOINT_URL");
  g_test_add_func ("/eksctl/group/check", test_group);
  g_test_add_func ("/eksctl/group/create", test_group_create);
  g_test_add_func ("/eksctl/group/zones", test_group_zones);
  g_test_add_func ("/eksctl/group/excluded", test_group_excluded);
  g_test_add_func ("/eksctl/group/remade", test_group_remade);
  g_test_add_func ("/eksctl/group/delete", test_group_delete);
  g_test_add_func ("/eksctl/oidc/check", test_oidc);
  g_test_add_func ("/eksctl/oidc/apply", test_oidc_apply);
  g_test_add_func ("/eksctl/oidc/delete", test_oidc_delete);
  g_test_add_func ("/eksctl/account/held", test_account_held);
  g_test_add_func ("/eksctl/account/check", test_account_check);
  g_test_add_func ("/eksctl/account/cut-off", test_account_cut_off);
  g_test_add_func ("/eksctl/account/params", test_account_params);
  g_test_add_func ("/eksctl/account/create", test_account_create);
  g_test_add_func ("/eksctl/account/create-fails", test_account_create_fails);
  g_test_add_func ("/eksctl/account/mend", test_account_mend);
  g_test_add_func ("/eksctl/account/delete", test_account_delete);
  g_test_add_func ("/eksctl/addon/check", test_addon_check);
  g_test_add_func ("/eksctl/addon/fixes", test_addon_fixes);
  g_test_add_func ("/eksctl/addon/latest", test_addon_latest);
  g_test_add_func ("/eksctl/addon/both-roles", test_addon_both_roles);
  g_test_add_func ("/eksctl/addon/create", test_addon_create);
  g_test_add_func ("/eksctl/addon/remake", test_addon_remake);
  g_test_add_func ("/eksctl/addon/update", test_addon_update);
  g_test_add_func ("/eksctl/addon/delete", test_addon_delete);
  return g_test_run ();
}

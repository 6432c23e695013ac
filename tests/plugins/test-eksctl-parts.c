/* Node groups, roles and add-ons of the eksctl plugin, on a host that plays
 * its tools.  SPDX-License-Identifier: MIT */
#include <string.h>
#include "eksctl-words.h"

/* ---- nodegroup ------------------------------------------------------------ */

static FakeHost *
group_host (const char *action)
{
  FakeHost *host = host_new (action, "cluster");

  fake_host_param (host, "name", "ng-1");
  return host;
}

static void
test_group (void)
{
  g_autoptr(FakeHost) host = group_host ("nodegroup");

  fake_host_expect (host, GET_GROUP ("ng-1"), 0, GROUP ("ACTIVE", "2"), "");
  fake_host_expect (host, GET_GROUP ("ng-1"), 0, GROUP ("ACTIVE", "2"), "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "nodes"), ==, "2");
  g_assert_cmpstr (fake_host_output (host, "role_arn"), ==, "arn:node");
  g_assert_cmpstr (fake_host_output (host, "version"), ==, "1.34");
  fake_host_expect (host, GET_GROUP ("ng-1"), 1, "", NO_CLUSTER);
  fake_host_assert_check (host, GALLEY_FAILED, "no cluster `wandb` in us-east-1");
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_NOT_FOUND);
  fake_host_param (host, "zones", "[\"x y\"]");
  fake_host_assert_check (host, GALLEY_FAILED, "`zones`: `x y` is no name");
  fake_host_param (host, "zones", "[\"us-east-1c\"]");
  fake_host_expect (host, GET_GROUP ("ng-1"), 0, GROUP ("ACTIVE", "2"), "");
  fake_host_expect (host, AWS ("eks describe-nodegroup") " --cluster-name=wandb --nodegroup-name=ng-1 --query=nodegroup.subnets", 0,
                    "[\"subnet-1\"]", "");
  fake_host_expect (host, AWS ("ec2 describe-subnets") " '--subnet-ids=[\"subnet-1\"]' '--query=sort(Subnets[].AvailabilityZone)'", 0,
                    "[\"us-east-1b\"]", "");
  fake_host_assert_check (host, GALLEY_FAILED, "node group `ng-1` has the zones us-east-1b, wanted us-east-1c");
  fake_host_expect (host, GET_GROUP ("ng-1"), 0, GROUP ("ACTIVE", "2"), "");
  fake_host_answer (host, "aws eks describe-nodegroup *", 0, "[\"subnet-1\"]", "");
  fake_host_answer (host, "aws ec2 describe-subnets *", 0, "[]", "");
  fake_host_assert_check (host, GALLEY_FAILED, "node group `ng-1` has the zones none, wanted us-east-1c");
}

#define CREATE_GROUP "eksctl create nodegroup --cluster=wandb --name=ng-1 --node-type=m5.large --nodes=2 --nodes-min=1 " \
                     "--nodes-max=3 --node-volume-size=80" TAIL

static void
test_group_create (void)
{
  g_autoptr(FakeHost) host = group_host ("nodegroup");

  fake_host_param (host, "node_type", "m5.large");
  fake_host_param (host, "nodes", "2");
  fake_host_param (host, "nodes_min", "1");
  fake_host_param (host, "nodes_max", "3");
  fake_host_param (host, "node_volume_size", "80");
  fake_host_answer (host, "aws cloudformation get-template *", 0, "80\n", "");
  fake_host_expect (host, GET_GROUP ("ng-1"), 1, "", NO_GROUP);
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-ng-1"), 255, "", NO_STACK);
  fake_host_expect (host, CREATE_GROUP, 0, "", "");
  fake_host_answer (host, "eksctl get nodegroup *", 0, GROUP ("ACTIVE", "2"), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_true (g_str_has_suffix (fake_host_command (host, 5)->line, "--stack-name=eksctl-wandb-nodegroup-ng-1 "
    "'--query=TemplateBody.Resources.LaunchTemplate.Properties.LaunchTemplateData.BlockDeviceMappings[0].Ebs.VolumeSize'"));

  fake_host_expect (host, GET_GROUP ("ng-1"), 1, "", NO_GROUP);
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-ng-1"), 255, "", NO_STACK);
  fake_host_expect (host, CREATE_GROUP, 1, "[x]  waiter state transitioned to Failure\n",
                    "Error: failed to create nodegroups for cluster \"wandb\"\n");
  fake_host_expect (host, EVENTS ("eksctl-wandb-nodegroup-ng-1", "CREATE_FAILED"), 0, "[\"" VCPU "\"]", "");
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_QUOTA);
  fake_host_expect (host, GET_GROUP ("ng-1"), 1, "", NO_GROUP);
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-ng-1"), 255, "", NO_STACK);
  fake_host_expect (host, CREATE_GROUP, 1, "", EXPIRED);
  fake_host_assert_apply (host, GALLEY_FAILED, "the AWS credentials have expired");
  fake_host_expect (host, GET_GROUP ("ng-1"), 1, "", NO_CLUSTER);
  fake_host_assert_apply (host, GALLEY_FAILED, "no cluster `wandb` in us-east-1");
}

static void
test_group_zones (void)
{
  g_autoptr(FakeHost) host = group_host ("nodegroup");

  fake_host_param (host, "zones", "[\"us-east-1a\", \"us-east-1b\"]");
  fake_host_answer (host, "aws eks describe-nodegroup *", 0, "[\"subnet-1\"]", "");
  fake_host_answer (host, "aws ec2 describe-subnets *", 0, "[\"us-east-1a\", \"us-east-1a\", \"us-east-1b\"]", "");
  fake_host_expect (host, GET_GROUP ("ng-1"), 1, "", NO_GROUP);
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-ng-1"), 255, "", NO_STACK);
  fake_host_expect (host, "eksctl create nodegroup --cluster=wandb --name=ng-1 --node-zones=us-east-1a,us-east-1b" TAIL, 0, "", "");
  fake_host_answer (host, "eksctl get nodegroup *", 0, GROUP ("ACTIVE", "2"), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

/* eksctl says 0 and has made nothing: that is not believed. */
static void
test_group_excluded (void)
{
  g_autoptr(FakeHost) host = group_host ("nodegroup");

  fake_host_answer (host, "eksctl get nodegroup *", 1, "", NO_GROUP);
  fake_host_answer (host, "aws cloudformation describe-stacks *", 255, "", NO_STACK);
  fake_host_expect (host, "eksctl create nodegroup --cluster=wandb --name=ng-1" TAIL, 0,
                    "[i]  1 existing nodegroup(s) (ng-1) will be excluded\n[v]  created 0 managed nodegroup(s)\n", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "the commands have succeeded, and still: no node group `ng-1`");
}

static void
test_group_remade (void)
{
  g_autoptr(FakeHost) host = group_host ("nodegroup");

  fake_host_expect (host, GET_GROUP ("ng-1"), 0, GROUP ("CREATE_FAILED", "2"), "");
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-ng-1"), 0, IS ("CREATE_FAILED"), "");
  fake_host_expect (host, DELETE_STACK ("eksctl-wandb-nodegroup-ng-1"), 0, "", "");
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-ng-1"), 255, "", NO_STACK);
  fake_host_expect (host, "eksctl create nodegroup --cluster=wandb --name=ng-1" TAIL, 0, "", "");
  fake_host_answer (host, "eksctl get nodegroup *", 0, GROUP ("ACTIVE", "2"), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

static void
test_group_delete (void)
{
  g_autoptr(FakeHost) host = group_host ("nodegroup_delete");

  fake_host_expect (host, GET_GROUP ("ng-1"), 0, GROUP ("ACTIVE", "2"), "");
  fake_host_assert_check (host, GALLEY_NEEDED, "node group `ng-1` is ACTIVE");
  fake_host_expect (host, GET_GROUP ("ng-1"), 0, GROUP ("DELETING", "2"), "");
  fake_host_assert_check (host, GALLEY_BUSY, "node group `ng-1` is DELETING");
  fake_host_expect (host, GET_GROUP ("ng-1"), 1, "", NO_CLUSTER);
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-ng-1"), 255, "", NO_STACK);
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect (host, GET_GROUP ("ng-1"), 1, "", NO_GROUP);
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-ng-1"), 0, IS ("DELETE_FAILED"), "");
  fake_host_assert_check (host, GALLEY_NEEDED, "stack `eksctl-wandb-nodegroup-ng-1` is DELETE_FAILED");
  fake_host_expect (host, GET_GROUP ("ng-1"), 1, "", EXPIRED);
  fake_host_assert_check (host, GALLEY_FAILED, "the AWS credentials have expired");

  fake_host_param (host, "drain", "false");
  fake_host_expect (host, GET_GROUP ("ng-1"), 0, GROUP ("ACTIVE", "2"), "");
  fake_host_expect (host, "eksctl delete nodegroup --cluster=wandb --name=ng-1 --drain=false --disable-eviction --wait" TAIL, 0, "", "");
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-ng-1"), 255, "", NO_STACK);
  fake_host_expect (host, GET_GROUP ("ng-1"), 1, "", NO_GROUP);
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-ng-1"), 255, "", NO_STACK);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect (host, GET_GROUP ("ng-1"), 1, "", NO_GROUP);
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-ng-1"), 0, IS ("ROLLBACK_COMPLETE"), "");
  fake_host_expect (host, DELETE_STACK ("eksctl-wandb-nodegroup-ng-1"), 0, "", "");
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-ng-1"), 255, "", NO_STACK);
  fake_host_expect (host, GET_GROUP ("ng-1"), 1, "", NO_GROUP);
  fake_host_expect (host, STACK ("eksctl-wandb-nodegroup-ng-1"), 255, "", NO_STACK);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

/* ---- oidc_provider -------------------------------------------------------- */

#define PROVIDER(id) "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/" id
#define LIST_PROVIDERS AWS ("iam list-open-id-connect-providers") " '--query=OpenIDConnectProviderList[].Arn'"
#define LIST_TAGS(id) AWS ("iam list-open-id-connect-provider-tags") " --open-id-connect-provider-arn=" PROVIDER (id) \
                      " \"--query=Tags[?Key=='alpha.eksctl.io/cluster-name'].Value\""
#define NO_PROVIDER "no OIDC provider in IAM for https://oidc.eks.us-east-1.amazonaws.com/id/B"

static void
test_oidc (void)
{
  g_autoptr(FakeHost) host = host_new ("oidc_provider", "cluster");

  fake_host_answer (host, "eksctl get cluster *", 0, CLUSTER ("ACTIVE"), "");
  fake_host_expect (host, LIST_PROVIDERS, 0, "[\"" PROVIDER ("A") "\", \"" PROVIDER ("B") "\"]", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "arn"), ==, PROVIDER ("B"));
  g_assert_cmpstr (fake_host_output (host, "issuer"), ==, "https://oidc.eks.us-east-1.amazonaws.com/id/B");
  fake_host_expect (host, LIST_PROVIDERS, 0, "[\"" PROVIDER ("AB") "\", \"" PROVIDER ("B1") "\"]", "");
  fake_host_assert_check (host, GALLEY_NEEDED, NO_PROVIDER);
  fake_host_expect (host, LIST_PROVIDERS, 0, "[]", "");
  fake_host_assert_check (host, GALLEY_NEEDED, NO_PROVIDER);
  fake_host_answer (host, "eksctl get cluster *", 0, "[\n{\"Name\": \"wandb\", \"Status\": \"CREATING\", \"Identity\": null}\n]", "");
  fake_host_assert_check (host, GALLEY_FAILED, "cluster `wandb` has no OIDC issuer yet");
  fake_host_answer (host, "eksctl get cluster *", 1, "", NO_CLUSTER);
  fake_host_assert_check (host, GALLEY_FAILED, "no cluster `wandb` in us-east-1");
}

#define ASSOCIATE "eksctl utils associate-iam-oidc-provider --cluster=wandb --approve" TAIL

static void
test_oidc_apply (void)
{
  g_autoptr(FakeHost) host = host_new ("oidc_provider", "cluster");

  fake_host_answer (host, "eksctl get cluster *", 0, CLUSTER ("ACTIVE"), "");
  fake_host_expect (host, ASSOCIATE, 0, "[v]  created IAM Open ID Connect provider\n", "");
  fake_host_expect (host, LIST_PROVIDERS, 0, "[]", "");
  fake_host_expect (host, LIST_PROVIDERS, 0, "[\"" PROVIDER ("B") "\"]", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_pauses (host), ==, "3000");
  fake_host_expect (host, ASSOCIATE, 0, "[i]  (plan) would create IAM Open ID Connect provider for cluster \"wandb\"\n", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "eksctl only planned and changed nothing");
  fake_host_expect (host, ASSOCIATE, 0, "[!]  no changes were applied, run again with '--approve' to apply the changes\n", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "eksctl only planned and changed nothing");
}

static void
test_oidc_delete (void)
{
  g_autoptr(FakeHost) host = host_new ("oidc_provider_delete", "cluster");

  fake_host_answer (host, "eksctl get cluster *", 0, CLUSTER ("ACTIVE"), "");
  fake_host_expect (host, LIST_PROVIDERS, 0, "[\"" PROVIDER ("A") "\"]", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect (host, LIST_PROVIDERS, 0, "[\"" PROVIDER ("B") "\"]", "");
  fake_host_assert_check (host, GALLEY_NEEDED, "OIDC provider " PROVIDER ("B"));
  fake_host_answer (host, "eksctl get cluster *", 1, "", NO_CLUSTER);
  fake_host_expect (host, LIST_PROVIDERS, 0, "[\"" PROVIDER ("A") "\", \"arn:x\", \"" PROVIDER ("B") "\"]", "");
  fake_host_expect (host, LIST_TAGS ("A"), 0, "[\"wandb-2\"]", "");
  fake_host_expect (host, LIST_TAGS ("B"), 0, "[\"wandb\"]", "");
  fake_host_assert_check (host, GALLEY_NEEDED, "OIDC provider " PROVIDER ("B"));

  fake_host_param (host, "issuer", "https://oidc.eks.us-east-1.amazonaws.com/id/A");
  fake_host_expect (host, LIST_PROVIDERS, 0, "[\"" PROVIDER ("A") "\"]", "");
  fake_host_expect (host, AWS ("iam delete-open-id-connect-provider") " --open-id-connect-provider-arn=" PROVIDER ("A"), 0, "", "");
  fake_host_expect (host, LIST_PROVIDERS, 0, "[]", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect (host, LIST_PROVIDERS, 0, "[]", "");
  fake_host_expect (host, LIST_PROVIDERS, 0, "[]", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_false (fake_host_param_valid (host, "issuer", "oidc.eks"));
}

/* ---- iamserviceaccount ---------------------------------------------------- */

#define ROLE_STACK "eksctl-wandb-addon-iamserviceaccount-kube-system-sa"
#define ROLE "arn:aws:iam::123456789012:role/path/my-role"
#define ACCOUNT "[\n    {\n \"metadata\": {\"name\": \"sa\", \"namespace\": \"kube-system\"}, \"status\": {\"roleARN\": \"" ROLE "\"}}\n]"
#define POLICIES AWS ("iam list-attached-role-policies") " --role-name=my-role '--query=AttachedPolicies[].PolicyArn'"
#define CONFIG AWS ("eks update-kubeconfig") " --name=wandb --alias=galley --kubeconfig=/dev/null --dry-run"
#define KUBECTL(verb) "kubectl " verb " serviceaccount sa --namespace=kube-system --kubeconfig={file:1} --context=galley"
#define GET_SA KUBECTL ("get") " --ignore-not-found --output=json"
#define SA(role) "{\"metadata\": {\"annotations\": {\"eks.amazonaws.com/role-arn\": \"" role "\"}}}"
#define CREATE_SA(more) "eksctl create iamserviceaccount --cluster=wandb --namespace=kube-system --name=sa " \
                        "--attach-policy-arn=arn:aws:iam::aws:policy/P" more " --approve" TAIL

static FakeHost *
account_host (void)
{
  FakeHost *host = host_new ("iamserviceaccount", "cluster");

  fake_host_param (host, "namespace", "kube-system");
  fake_host_param (host, "name", "sa");
  fake_host_param (host, "policies", "[\"arn:aws:iam::aws:policy/P\"]");
  return host;
}

static void
account_is_whole (FakeHost *host)
{
  fake_host_answer (host, "aws cloudformation describe-stacks *", 0, IS ("CREATE_COMPLETE"), "");
  fake_host_answer (host, "eksctl get iamserviceaccount *", 0, ACCOUNT, "");
  fake_host_answer (host, "aws iam list-attached-role-policies *", 0, "[\"arn:aws:iam::aws:policy/P\"]", "");
  fake_host_answer (host, "aws eks update-kubeconfig *", 0, "apiVersion: v1\n", "");
  fake_host_answer (host, "kubectl get *", 0, SA (ROLE), "");
}

static void
test_account_held (void)
{
  g_autoptr(FakeHost) host = account_host ();

  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_expect (host, GET_ACCOUNT, 0, ACCOUNT, "");
  fake_host_expect (host, POLICIES, 0, "[\"arn:aws:iam::aws:policy/P\"]", "");
  fake_host_expect (host, CONFIG, 0, "apiVersion: v1\n", "");
  fake_host_expect (host, GET_SA, 0, SA (ROLE), "");
  fake_host_expect (host, GET_ACCOUNT, 0, ACCOUNT, "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "role_arn"), ==, ROLE);
  g_assert_cmpstr (fake_host_written (host, 1)->data, ==, "apiVersion: v1\n");
  g_assert_cmpstr (fake_host_command (host, 5)->env[0], ==, "KUBERC=off");
}

static void
test_account_check (void)
{
  static const struct { const char *glob; int exit_code; const char *out, *err; int status; const char *reason; } cases[] = {
    { "aws cloudformation *", 0, IS ("UPDATE_ROLLBACK_COMPLETE"), "", GALLEY_OK, NULL },
    { "aws cloudformation *", 255, "", NO_STACK, GALLEY_NEEDED, "no role for the service account `sa`" },
    { "aws cloudformation *", 0, IS ("CREATE_IN_PROGRESS"), "", GALLEY_BUSY, "stack `" ROLE_STACK "` is CREATE_IN_PROGRESS" },
    { "aws cloudformation *", 0, IS ("ROLLBACK_COMPLETE"), "", GALLEY_NEEDED, "stack `" ROLE_STACK "` is ROLLBACK_COMPLETE" },
    { "aws cloudformation *", 0, IS ("ROLLBACK_FAILED"), "", GALLEY_NEEDED, "stack `" ROLE_STACK "` is ROLLBACK_FAILED" },
    { "aws cloudformation *", 0, IS ("CREATE_FAILED"), "", GALLEY_NEEDED, "stack `" ROLE_STACK "` is CREATE_FAILED" },
    { "aws cloudformation *", 0, IS ("DELETE_FAILED"), "", GALLEY_NEEDED, "stack `" ROLE_STACK "` is DELETE_FAILED" },
    { "aws cloudformation *", 0, IS ("UPDATE_COMPLETE"), "", GALLEY_OK, NULL },
    { "aws cloudformation *", 255, "", "An error occurred (ValidationError) when calling X: bad\n", GALLEY_FAILED,
      NULL },
    { "eksctl get iamserviceaccount *", 0, "[]", "", GALLEY_NEEDED, "eksctl knows no service account `sa`" },
    { "eksctl get iamserviceaccount *", 1, "", NO_CLUSTER, GALLEY_FAILED, "no cluster `wandb` in us-east-1" },
    { "aws iam *", 0, "[]", "", GALLEY_NEEDED, "role `my-role` has the policies none, want arn:aws:iam::aws:policy/P" },
    { "aws iam *", 0, "[\"arn:aws:iam::aws:policy/P\", \"arn:b\"]", "", GALLEY_NEEDED,
      "role `my-role` has the policies arn:aws:iam::aws:policy/P, arn:b, want arn:aws:iam::aws:policy/P" },
    { "kubectl get *", 0, "", "", GALLEY_NEEDED, "no service account `sa` in the cluster" },
    { "kubectl get *", 0, "{\"metadata\": {}}", "", GALLEY_NEEDED, "service account `sa` names no role, want " ROLE },
    { "kubectl get *", 0, SA ("arn:other"), "", GALLEY_NEEDED, "service account `sa` names the role arn:other, want " ROLE },
    { "kubectl get *", 1, "", "error: You must be logged in to the server (Unauthorized)\n", GALLEY_FAILED,
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
  static const struct { const char *status, *created; int answer; const char *reason; } cases[] = {
    { IS ("CREATE_IN_PROGRESS"), "\"2026-11-24T22:21:28.930Z\"", GALLEY_BUSY, "stack `" ROLE_STACK "` is CREATE_IN_PROGRESS (begun at "
      "2026-11-24 22:21:28 by the attempt that was cut off; AWS goes on with it)" },
    { IS ("CREATE_IN_PROGRESS"), "\"2026-11-24T22:20:28.930Z\"", GALLEY_BUSY, "stack `" ROLE_STACK "` is CREATE_IN_PROGRESS" },
    { IS ("ROLLBACK_COMPLETE"), "\"2026-11-24T22:21:28.930Z\"", GALLEY_NEEDED, "stack `" ROLE_STACK "` is ROLLBACK_COMPLETE (begun at "
      "2026-11-24 22:21:28 by the attempt that was cut off)" },
    { IS ("ROLLBACK_COMPLETE"), "\"2026-11-24T22:20:28.930Z\"", GALLEY_NEEDED, "stack `" ROLE_STACK "` is ROLLBACK_COMPLETE" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = account_host ();

    fake_host_abandoned (host, G_GINT64_CONSTANT (1795558893930));      /* 2026-11-24 22:21:33.930 UTC */
    fake_host_expect (host, STACK (ROLE_STACK), 0, cases[i].status, "");
    fake_host_expect (host, CREATED (ROLE_STACK), 0, cases[i].created, "");
    fake_host_assert_check (host, cases[i].answer, cases[i].reason);
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
  fake_host_expect (host, STACK (ROLE_STACK), 255, "", NO_STACK);
  fake_host_expect (host, CREATE_SA (""), 0, "[i]  created serviceaccount \"kube-system/sa\"\n", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "role_arn"), ==, ROLE);

  fake_host_param (host, "role_name", "my-role");
  fake_host_param (host, "override", "true");
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("ROLLBACK_COMPLETE"), "");
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("ROLLBACK_COMPLETE"), "");
  fake_host_expect (host, DELETE_STACK (ROLE_STACK), 0, "", "");
  fake_host_expect (host, STACK (ROLE_STACK), 255, "", NO_STACK);
  fake_host_expect (host, CREATE_SA (" --role-name=my-role --override-existing-serviceaccounts"), 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

static void
test_account_create_fails (void)
{
  g_autoptr(FakeHost) host = account_host ();

  account_is_whole (host);
  fake_host_expect (host, STACK (ROLE_STACK), 255, "", NO_STACK);
  fake_host_expect (host, CREATE_SA (""), 0, "[i]  1 existing iamserviceaccount(s) (kube-system/sa) will be excluded\n[i]  no tasks\n", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "eksctl has made nothing: a service account `sa` that it did not make is in the cluster");
  g_assert_nonnull (strstr (fake_host_fix (host), "override: true"));
  fake_host_expect (host, STACK (ROLE_STACK), 255, "", NO_STACK);
  fake_host_expect (host, CREATE_SA (""), 1, "", "Error: unable to create iamserviceaccount(s) without IAM OIDC provider enabled\n");
  fake_host_assert_apply (host, GALLEY_FAILED, "the cluster has no OIDC provider in IAM");
  fake_host_expect (host, STACK (ROLE_STACK), 255, "", NO_STACK);
  fake_host_expect (host, CREATE_SA (""), 1, "[x]  waiter state transitioned to Failure\n", "Error: failed\n");
  fake_host_expect (host, EVENTS (ROLE_STACK, "CREATE_FAILED"), 0, "[\"Policy arn:x does not exist or is not attachable. (Service: Iam)\"]", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "the role of `sa` could not be made: Policy arn:x does not exist or is not attachable");
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
  fake_host_expect (host, POLICIES, 0, "[\"arn:old\"]", "");
  fake_host_expect (host, "eksctl update iamserviceaccount --cluster=wandb --namespace=kube-system --name=sa "
                    "--attach-policy-arn=arn:aws:iam::aws:policy/P --approve" TAIL, 0, "", "");
  fake_host_expect (host, CONFIG, 0, "x", "");
  fake_host_expect (host, GET_SA, 0, "", "");
  fake_host_expect (host, KUBECTL ("create"), 0, "", "");
  fake_host_expect (host, KUBECTL ("annotate") " eks.amazonaws.com/role-arn=" ROLE " --overwrite", 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_expect (host, GET_ACCOUNT, 1, "", NO_CLUSTER);
  fake_host_assert_apply (host, GALLEY_FAILED, "no cluster `wandb` in us-east-1");
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_expect (host, GET_ACCOUNT, 1, "", EXPIRED);
  fake_host_assert_apply (host, GALLEY_FAILED, "the AWS credentials have expired");
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_expect (host, GET_ACCOUNT, 0, "[]", "");
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_expect (host, DELETE_STACK (ROLE_STACK), 0, "", "");
  fake_host_expect (host, STACK (ROLE_STACK), 255, "", NO_STACK);
  fake_host_expect (host, CREATE_SA (""), 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_expect (host, GET_ACCOUNT, 0, ACCOUNT, "");
  fake_host_expect (host, POLICIES, 0, "[\"arn:aws:iam::aws:policy/P\"]", "");
  fake_host_expect (host, CONFIG, 0, "x", "");
  fake_host_expect (host, GET_SA, 0, SA (""), "");
  fake_host_expect (host, KUBECTL ("annotate") " eks.amazonaws.com/role-arn=" ROLE " --overwrite", 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

static void
test_account_delete (void)
{
  g_autoptr(FakeHost) host = host_new ("iamserviceaccount_delete", "cluster");

  fake_host_param (host, "namespace", "kube-system");
  fake_host_param (host, "name", "sa");
  fake_host_expect (host, STACK (ROLE_STACK), 255, "", NO_STACK);
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_assert_check (host, GALLEY_NEEDED, "stack `" ROLE_STACK "` is CREATE_COMPLETE");
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("DELETE_IN_PROGRESS"), "");
  fake_host_assert_check (host, GALLEY_BUSY, "stack `" ROLE_STACK "` is DELETE_IN_PROGRESS");

  fake_host_expect (host, GET_ACCOUNT, 0, ACCOUNT, "");
  fake_host_expect (host, "eksctl delete iamserviceaccount --cluster=wandb --namespace=kube-system --name=sa --wait" TAIL, 0, "", "");
  fake_host_expect (host, STACK (ROLE_STACK), 255, "", NO_STACK);
  fake_host_expect (host, STACK (ROLE_STACK), 255, "", NO_STACK);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect (host, GET_ACCOUNT, 1, "", NO_CLUSTER);
  fake_host_expect (host, STACK (ROLE_STACK), 0, IS ("CREATE_COMPLETE"), "");
  fake_host_expect (host, DELETE_STACK (ROLE_STACK), 0, "", "");
  fake_host_expect (host, STACK (ROLE_STACK), 255, "", NO_STACK);
  fake_host_expect (host, STACK (ROLE_STACK), 255, "", NO_STACK);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

/* ---- addon ---------------------------------------------------------------- */

#define ADDON(status, more) "[\n    {\n \"Name\": \"ebs\", \"Version\": \"v1.50.1\", \"NewerVersion\": \"\", \"IAMRole\": \"\", \"Status\": \"" \
  status "\"" more "}\n]"
#define IDENTITY ", \"PodIdentityAssociations\": [{\"RoleARN\": \"arn:pod\"}]"
#define ISSUES(code) ", \"Issues\": [{\"Code\": \"" code "\", \"Message\": \"the [text]\"}, {\"Code\": \"B\", \"Message\": \"c\"}]"

static FakeHost *
addon_host (const char *action)
{
  FakeHost *host = host_new (action, "cluster");

  fake_host_param (host, "name", "ebs");
  return host;
}

static void
test_addon_check (void)
{
  static const struct { const char *param, *value, *out; int status; const char *reason; } cases[] = {
    { NULL, NULL, ADDON ("ACTIVE", ""), GALLEY_OK, NULL },
    { NULL, NULL, ADDON ("ACTIVE", ISSUES ("X")) "Issue: {[}\n", GALLEY_OK, NULL },
    { NULL, NULL, "[i]  log\n" ADDON ("ACTIVE", ""), GALLEY_OK, NULL },
    { NULL, NULL, ADDON ("CREATING", ""), GALLEY_BUSY, "add-on `ebs` is CREATING" },
    { NULL, NULL, ADDON ("UPDATING", ""), GALLEY_BUSY, "add-on `ebs` is UPDATING" },
    { NULL, NULL, ADDON ("DELETING", ""), GALLEY_BUSY, "add-on `ebs` is DELETING" },
    { NULL, NULL, ADDON ("CREATE_FAILED", ""), GALLEY_NEEDED, "add-on `ebs` is CREATE_FAILED" },
    { NULL, NULL, ADDON ("DEGRADED", ISSUES ("InsufficientNumberOfReplicas")), GALLEY_FAILED,
      "add-on `ebs` is DEGRADED: InsufficientNumberOfReplicas: the [text]; B: c" },
    { NULL, NULL, ADDON ("UPDATE_FAILED", ""), GALLEY_FAILED, "add-on `ebs` is UPDATE_FAILED: EKS gives no reason" },
    { "version", "v1.50.1", ADDON ("ACTIVE", ""), GALLEY_OK, NULL },
    { "version", "v1.60.0", ADDON ("ACTIVE", ""), GALLEY_NEEDED, "add-on `ebs` is v1.50.1, want v1.60.0" },
    { "version", "v1.60.0", ADDON ("DEGRADED", ""), GALLEY_NEEDED, "add-on `ebs` is v1.50.1, want v1.60.0" },
    { "version", "latest", ADDON ("ACTIVE", ""), GALLEY_OK, NULL },
    { "role_arn", "arn:aws:iam::123456789012:role/r", ADDON ("ACTIVE", ""), GALLEY_NEEDED,
      "add-on `ebs` has no role, want arn:aws:iam::123456789012:role/r" },
    { "pod_identity", "true", ADDON ("ACTIVE", IDENTITY), GALLEY_OK, NULL },
    { "pod_identity", "true", ADDON ("ACTIVE", ", \"PodIdentityAssociations\": null"), GALLEY_NEEDED, "add-on `ebs` has no pod identity" },
    { "pod_identity", "true", ADDON ("ACTIVE", ", \"PodIdentityAssociations\": []"), GALLEY_NEEDED, "add-on `ebs` has no pod identity" },
    { "pod_identity", "false", ADDON ("ACTIVE", ", \"PodIdentityAssociations\": []"), GALLEY_OK, NULL },
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
    g_autofree char *out = g_strdup_printf ("[\n{\"Status\": \"DEGRADED\", \"Issues\": [{\"Code\": \"%s\", "
                                            "\"Message\": \"m\"}]}\n]", cases[i][0]);

    fake_host_expect (host, GET_ADDON, 0, out, "");
    fake_host_assert_check (host, GALLEY_FAILED, NULL);
    g_assert_nonnull (strstr (fake_host_fix (host), cases[i][1]));
  }
}

static void
test_addon_latest (void)
{
  g_autoptr(FakeHost) host = addon_host ("addon");

  fake_host_param (host, "version", "latest");
  fake_host_expect (host, GET_ADDON, 0, "[\n{\"Status\": \"ACTIVE\", \"Version\": \"v1\", \"NewerVersion\": \"v3,v2\"}\n]", "");
  fake_host_assert_check (host, GALLEY_NEEDED, "add-on `ebs` is v1, and there are newer: v3,v2");
  fake_host_expect (host, GET_ADDON, 0, "[\n{\"Status\": \"ACTIVE\", \"Version\": \"v1\", \"NewerVersion\": \"v3,v2\"}\n]", "");
  fake_host_expect (host, AWS ("eks update-addon") " --cluster-name=wandb --addon-name=ebs --addon-version=v3 "
                    "--resolve-conflicts=PRESERVE", 0, "{}", "");
  fake_host_answer (host, "eksctl get addon *", 0, "[\n{\"Status\": \"ACTIVE\", \"Version\": \"v3\", \"NewerVersion\": \"\"}\n]", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "version"), ==, "v3");
  g_assert_cmpstr (fake_host_output (host, "role_arn"), ==, "");
}

static void
test_addon_both_roles (void)
{
  g_autoptr(FakeHost) host = addon_host ("addon");

  fake_host_param (host, "role_arn", "arn:aws:iam::123456789012:role/r");
  fake_host_param (host, "pod_identity", "true");
  fake_host_assert_check (host, GALLEY_FAILED, "an add-on has either a `role_arn` or `pod_identity`, not both");
  fake_host_param (host, "pod_identity", "false");
  fake_host_expect (host, GET_ADDON, 1, "", NO_CLUSTER);
  fake_host_assert_check (host, GALLEY_FAILED, "no cluster `wandb` in us-east-1");
  fake_host_expect (host, GET_ADDON, 1, "", NO_ADDON);
  fake_host_assert_check (host, GALLEY_NEEDED, "no add-on `ebs`");
}

static void
test_addon_create (void)
{
  g_autoptr(FakeHost) host = addon_host ("addon");

  fake_host_param (host, "version", "v1.50.1");
  fake_host_param (host, "pod_identity", "true");
  fake_host_param (host, "force", "true");
  fake_host_expect (host, GET_ADDON, 1, "", NO_ADDON);
  fake_host_expect (host, "eksctl create addon --cluster=wandb --name=ebs --version=v1.50.1 --auto-apply-pod-identity-associations "
                    "--force" TAIL, 0, "", "");
  fake_host_expect (host, GET_ADDON, 0, ADDON ("CREATING", IDENTITY), "");
  fake_host_expect (host, GET_ADDON, 0, ADDON ("ACTIVE", IDENTITY), "");
  fake_host_expect (host, GET_ADDON, 0, ADDON ("ACTIVE", IDENTITY), "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_pauses (host), ==, "10000");
  g_assert_cmpstr (fake_host_output (host, "role_arn"), ==, "arn:pod");

  fake_host_param (host, "pod_identity", "false");
  fake_host_param (host, "role_arn", "arn:aws:iam::123456789012:role/r");
  fake_host_expect (host, GET_ADDON, 1, "", NO_ADDON);
  fake_host_expect (host, "eksctl create addon --cluster=wandb --name=ebs --version=v1.50.1 "
                    "--service-account-role-arn=arn:aws:iam::123456789012:role/r --force" TAIL, 1, "",
                    "Error: addon status transitioned to \"DEGRADED\"\n");
  fake_host_assert_apply (host, GALLEY_FAILED, "the add-on became DEGRADED");
}

static void
test_addon_remake (void)
{
  g_autoptr(FakeHost) host = addon_host ("addon");

  fake_host_param (host, "pod_identity", "true");
  fake_host_expect (host, GET_ADDON, 0, ADDON ("ACTIVE", ""), "");
  fake_host_expect (host, "eksctl delete addon --cluster=wandb --name=ebs" TAIL, 0, "", "");
  fake_host_expect (host, GET_ADDON, 0, ADDON ("DELETING", ""), "");
  fake_host_expect (host, GET_ADDON, 1, "", NO_ADDON);
  fake_host_expect (host, "eksctl create addon --cluster=wandb --name=ebs --auto-apply-pod-identity-associations" TAIL, 1, "",
                    "Error: the \"eks-pod-identity-agent\" addon must be installed to create pod identity associations\n");
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);
  g_assert_cmpuint (fake_host_class (host), ==, GALLEY_NOT_FOUND);
  g_assert_cmpstr (fake_host_notes (host), ==, "add-on `ebs` is deleted and made anew");
}

static void
test_addon_update (void)
{
  g_autoptr(FakeHost) host = addon_host ("addon");

  fake_host_param (host, "role_arn", "arn:aws:iam::123456789012:role/r");
  fake_host_param (host, "force", "true");
  fake_host_expect (host, GET_ADDON, 0, ADDON ("ACTIVE", ""), "");
  fake_host_expect (host, AWS ("eks update-addon") " --cluster-name=wandb --addon-name=ebs "
                    "--service-account-role-arn=arn:aws:iam::123456789012:role/r --resolve-conflicts=OVERWRITE", 0, "{}", "");
  fake_host_answer (host, "eksctl get addon *", 0,
                    "[\n{\"Status\": \"ACTIVE\", \"Version\": \"v1\", \"IAMRole\": \"arn:aws:iam::123456789012:role/r\"}\n]", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "role_arn"), ==, "arn:aws:iam::123456789012:role/r");
}

static void
test_addon_delete (void)
{
  g_autoptr(FakeHost) host = addon_host ("addon_delete");

  fake_host_expect (host, GET_ADDON, 0, ADDON ("ACTIVE", ""), "");
  fake_host_assert_check (host, GALLEY_NEEDED, "add-on `ebs` is ACTIVE");
  fake_host_expect (host, GET_ADDON, 0, ADDON ("DELETING", ""), "");
  fake_host_assert_check (host, GALLEY_BUSY, "add-on `ebs` is DELETING");
  fake_host_expect (host, GET_ADDON, 1, "", NO_ADDON);
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_expect (host, GET_ADDON, 1, "", NO_CLUSTER);
  fake_host_assert_check (host, GALLEY_OK, NULL);
  fake_host_param (host, "preserve", "true");
  fake_host_expect (host, GET_ADDON, 0, ADDON ("ACTIVE", ""), "");
  fake_host_expect (host, "eksctl delete addon --cluster=wandb --name=ebs --preserve" TAIL, 0, "", "");
  fake_host_expect (host, GET_ADDON, 1, "", NO_ADDON);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_expect (host, GET_ADDON, 1, "", NO_ADDON);
  fake_host_expect (host, GET_ADDON, 1, "", NO_ADDON);
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

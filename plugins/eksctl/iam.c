/* SPDX-License-Identifier: MIT */
#include "iam.h"

#include "cluster.h"
#include "stack.h"

#include <string.h>

#define CONTEXT "galley"

static int
no_cluster (struct galley_call *call)
{
  return galley_fail (call, GALLEY_NOT_FOUND, "no cluster `%s` in %s", call->host->param (call, "cluster"),
                      call->host->param (call, "region"));
}

/* -- the OIDC provider --------------------------------------------------- */

/* *ISSUER is the cluster's, NULL when there is no cluster. */
static int
issuer_of (struct galley_call *call, const char **issuer)
{
  const char *json;

  *issuer = NULL;
  switch (cluster_get (call, call->host->param (call, "cluster"), &json)) {
  case LOOK_FOUND:
    *issuer = text_at (call, json, "$[0].Identity.Oidc.Issuer");
    if (strncmp (*issuer, "https://", 8) != 0)
      return galley_fail (call, GALLEY_UNKNOWN, "cluster `%s` has no OIDC issuer yet",
                          call->host->param (call, "cluster"));
    return GALLEY_OK;
  case LOOK_ABSENT:
    return GALLEY_OK;
  default:
    return GALLEY_FAILED;
  }
}

static int
is_tagged (struct galley_call *call, const char *arn, const char *cluster)
{
  struct galley_cmd *cmd = aws_cmd (call, "iam", "list-open-id-connect-provider-tags");
  const char *const *names;

  add_option (call, cmd, "open-id-connect-provider-arn", arn);
  names = aws_list (call, cmd, "Tags[?Key=='alpha.eksctl.io/cluster-name'].Value");
  return names == NULL ? GALLEY_FAILED : list_has (names, cluster);
}

/* *ARN: the provider of ISSUER; without one, that of the region that bears
 * the cluster's name; NULL: there is none. */
static int
find_provider (struct galley_call *call, const char *issuer, const char **arn)
{
  const char *const *arns = aws_list (call, aws_cmd (call, "iam", "list-open-id-connect-providers"),
                                      "OpenIDConnectProviderList[].Arn");
  const char *host = galley_printf (call, "/oidc.eks.%s.", call->host->param (call, "region"));

  *arn = NULL;
  if (arns == NULL)
    return GALLEY_FAILED;
  for (; *arns != NULL; arns++) {
    int ours = issuer != NULL ? ends_with (*arns, issuer + strlen ("https:/"))
               : strstr (*arns, host) != NULL
               ? is_tagged (call, *arns, call->host->param (call, "cluster")) : 0;

    if (ours < 0)
      return GALLEY_FAILED;
    if (ours)
      *arn = *arns;
  }
  return GALLEY_OK;
}

static int
look_provider (struct galley_call *call, const char **why)
{
  const char *issuer, *arn;

  if (issuer_of (call, &issuer) != GALLEY_OK)
    return GALLEY_FAILED;
  if (issuer == NULL)
    return no_cluster (call);
  if (find_provider (call, issuer, &arn) != GALLEY_OK)
    return GALLEY_FAILED;
  if (arn == NULL) {
    *why = galley_printf (call, "no OIDC provider in IAM for %s", issuer);
    return GALLEY_NEEDED;
  }
  call->host->output (call, "arn", arn);
  call->host->output (call, "issuer", issuer);
  return GALLEY_OK;
}

int
eksctl_oidc_check (struct galley_call *call)
{
  return answer (call, look_provider);
}

int
eksctl_oidc_apply (struct galley_call *call)
{
  struct galley_cmd *cmd = eksctl_cmd (call, "utils", "associate-iam-oidc-provider");
  struct galley_result result = GALLEY_RESULT_INIT;

  add_param (call, cmd, "cluster", "cluster");
  call->host->cmd_arg (cmd, "--approve");
  if (eksctl_run (call, cmd, &result) != GALLEY_OK)
    return GALLEY_FAILED;
  return settle (call, look_provider);
}

/* The issuer the step names, else the cluster's. */
static int
find_doomed (struct galley_call *call, const char **arn)
{
  const char *issuer = call->host->param (call, "issuer");

  if ((issuer == NULL || issuer[0] == '\0') && issuer_of (call, &issuer) != GALLEY_OK)
    return GALLEY_FAILED;
  return find_provider (call, issuer, arn);
}

static int
look_no_provider (struct galley_call *call, const char **why)
{
  const char *arn;

  if (find_doomed (call, &arn) != GALLEY_OK)
    return GALLEY_FAILED;
  if (arn == NULL)
    return GALLEY_OK;
  *why = galley_printf (call, "OIDC provider %s", arn);
  return GALLEY_NEEDED;
}

int
eksctl_oidc_delete_check (struct galley_call *call)
{
  return answer (call, look_no_provider);
}

int
eksctl_oidc_delete_apply (struct galley_call *call)
{
  struct galley_result result = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd;
  const char *arn;

  if (find_doomed (call, &arn) != GALLEY_OK)
    return GALLEY_FAILED;
  if (arn != NULL) {
    cmd = aws_cmd (call, "iam", "delete-open-id-connect-provider");
    add_option (call, cmd, "open-id-connect-provider-arn", arn);
    if (call->host->run (cmd, &result) != GALLEY_OK)
      return GALLEY_FAILED;
  }
  return settle (call, look_no_provider);
}

/* -- service accounts ------------------------------------------------------ */

static const char *
stack_of (struct galley_call *call)
{
  return galley_printf (call, "eksctl-%s-addon-iamserviceaccount-%s-%s", call->host->param (call, "cluster"),
                        call->host->param (call, "namespace"), call->host->param (call, "name"));
}

static void
name_account (struct galley_call *call, struct galley_cmd *cmd)
{
  add_param (call, cmd, "cluster", "cluster");
  add_param (call, cmd, "namespace", "namespace");
  add_param (call, cmd, "name", "name");
}

static enum look
get_account (struct galley_call *call, const char **json)
{
  struct galley_cmd *cmd = eksctl_cmd (call, "get", "iamserviceaccount");

  name_account (call, cmd);
  return eksctl_get (call, cmd, json);
}

/* A kubeconfig of our own for the step's cluster; NULL: failed. */
static const char *
kubeconfig_of (struct galley_call *call)
{
  struct galley_cmd *cmd = aws_cmd (call, "eks", "update-kubeconfig");
  struct galley_result result = GALLEY_RESULT_INIT;

  add_param (call, cmd, "name", "cluster");
  add_option (call, cmd, "alias", CONTEXT);
  add_option (call, cmd, "kubeconfig", "/dev/null");
  call->host->cmd_arg (cmd, "--dry-run");
  if (call->host->run (cmd, &result) != GALLEY_OK)
    return NULL;
  return call->host->file (call, 0, ".kubeconfig", result.out, strlen (result.out));
}

/* "kubectl VERB serviceaccount NAME". */
static struct galley_cmd *
kubectl_cmd (struct galley_call *call, const char *verb, const char *kubeconfig)
{
  struct galley_cmd *cmd = galley_cmd (call, "kubectl", verb, "serviceaccount",
                                       call->host->param (call, "name"), NULL);

  call->host->cmd_env (cmd, "KUBERC", "off");    /* it could change what a command means */
  add_param (call, cmd, "namespace", "namespace");
  add_option (call, cmd, "kubeconfig", kubeconfig);
  add_option (call, cmd, "context", CONTEXT);
  return cmd;
}

/* *ROLE is what the service account in the cluster names, "" when nothing,
 * NULL when there is no such account. */
static int
get_annotation (struct galley_call *call, const char *kubeconfig, const char **role)
{
  struct galley_result result = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd = kubectl_cmd (call, "get", kubeconfig);

  call->host->cmd_arg (cmd, "--ignore-not-found");
  call->host->cmd_arg (cmd, "--output=json");
  if (call->host->run (cmd, &result) != GALLEY_OK)
    return GALLEY_FAILED;
  *role = strchr (result.out, '{') == NULL ? NULL
          : text_at (call, result.out, "$.metadata.annotations['eks.amazonaws.com/role-arn']");
  return GALLEY_OK;
}

static int
account_differs (struct galley_call *call, const char *role, const char **why)
{
  const char *name = call->host->param (call, "name"), *found;
  const char *kubeconfig = kubeconfig_of (call);

  if (kubeconfig == NULL || get_annotation (call, kubeconfig, &found) != GALLEY_OK)
    return GALLEY_FAILED;
  if (found != NULL && strcmp (found, role) == 0)
    return 0;
  *why = found == NULL
         ? galley_printf (call, "no service account `%s` in the cluster", name)
         : galley_printf (call, "service account `%s` names %s%s, want %s", name,
                          found[0] != '\0' ? "the role " : "no role", found, role);
  return 1;
}

static const char *
role_name_of (const char *arn)
{
  const char *slash = strrchr (arn, '/');

  return slash != NULL ? slash + 1 : arn;
}

static int
policy_differs (struct galley_call *call, const char *role, const char **why)
{
  const char *const *wanted = call->host->param_list (call, "policies");
  struct galley_cmd *cmd = aws_cmd (call, "iam", "list-attached-role-policies");
  const char *const *found;

  add_option (call, cmd, "role-name", role_name_of (role));
  found = aws_list (call, cmd, "AttachedPolicies[].PolicyArn");
  if (found == NULL)
    return GALLEY_FAILED;
  if (list_same (found, wanted))
    return 0;
  *why = galley_printf (call, "role `%s` has the policies %s, want %s", role_name_of (role),
                        found[0] != NULL ? list_to_text (call, found) : "none", list_to_text (call, wanted));
  return 1;
}

static int
look_at_role (struct galley_call *call, const char *json, const char **why)
{
  const char *role = text_at (call, json, "$[0].status.roleARN");
  const char *wanted = call->host->param (call, "role_name");
  int differs;

  if (wanted != NULL && strcmp (role_name_of (role), wanted) != 0)
    return galley_fail (call, GALLEY_INVALID, "service account `%s` has the role `%s`, wanted `%s`; remove it "
                        "with `eksctl.iamserviceaccount_delete` first", call->host->param (call, "name"),
                        role_name_of (role), wanted);
  differs = policy_differs (call, role, why);
  if (differs == 0)
    differs = account_differs (call, role, why);
  return differs < 0 ? GALLEY_FAILED : differs > 0 ? GALLEY_NEEDED : GALLEY_OK;
}

/* eksctl lists an account whose stack has been rolled back too, and one
 * whose stack is still being made: what it says counts only with a stack
 * that is whole. */
static int
look_account (struct galley_call *call, const char **why)
{
  const char *stack = stack_of (call);
  const char *status, *json;

  switch (stack_status (call, stack, &status)) {
  case LOOK_FOUND:
    *why = galley_printf (call, "stack `%s` is %s", stack, status);
    if (stack_is_busy (status)) {
      *why = stack_goes_on (call, stack, status, *why);
      return GALLEY_BUSY;
    }
    if (stack_is_dead (status)) {
      *why = stack_left (call, stack, *why);
      return GALLEY_NEEDED;
    }
    break;
  case LOOK_ABSENT:
    *why = galley_printf (call, "no role for the service account `%s`", call->host->param (call, "name"));
    return GALLEY_NEEDED;
  default:
    return GALLEY_FAILED;
  }
  switch (get_account (call, &json)) {
  case LOOK_FOUND:
    return look_at_role (call, json, why);
  case LOOK_ABSENT:
    *why = galley_printf (call, "eksctl knows no service account `%s`", call->host->param (call, "name"));
    return GALLEY_NEEDED;
  case LOOK_NO_CLUSTER:
    return no_cluster (call);
  default:
    return GALLEY_FAILED;
  }
}

static int
report_account (struct galley_call *call)
{
  const char *json;

  if (get_account (call, &json) != LOOK_FOUND)
    return GALLEY_FAILED;
  call->host->output (call, "role_arn", text_at (call, json, "$[0].status.roleARN"));
  return GALLEY_OK;
}

int
eksctl_account_check (struct galley_call *call)
{
  int status;

  if (list_check (call, "policies") != GALLEY_OK)
    return GALLEY_FAILED;
  status = answer (call, look_account);
  return status == GALLEY_OK ? report_account (call) : status;
}

static int
create_account (struct galley_call *call)
{
  struct galley_cmd *cmd = eksctl_cmd (call, "create", "iamserviceaccount");
  struct galley_result result = GALLEY_RESULT_INIT;

  name_account (call, cmd);
  add_list_param (call, cmd, "attach-policy-arn", "policies");
  add_param (call, cmd, "role-name", "role_name");
  if (call->host->param_int (call, "override"))
    call->host->cmd_arg (cmd, "--override-existing-serviceaccounts");
  call->host->cmd_arg (cmd, "--approve");
  add_timeout (call, cmd);
  if (eksctl_run (call, cmd, &result) != GALLEY_OK) {
    if (result.how == GALLEY_EXITED && strstr (result.out, "waiter state transitioned to Failure") != NULL)
      return stack_blame (call, galley_printf (call, "the role of `%s` could not be made",
                                               call->host->param (call, "name")), stack_of (call),
                          "CREATE_FAILED");
    return GALLEY_FAILED;
  }
  if (strstr (result.out, "no tasks") == NULL)
    return GALLEY_OK;
  galley_fail (call, GALLEY_CONFLICT, "eksctl has made nothing: a service account `%s` that it did not make "
               "is in the cluster", call->host->param (call, "name"));
  return galley_fix (call, "set `override: true` to give that one the role, or delete it");
}

static int
update_policies (struct galley_call *call)
{
  struct galley_cmd *cmd = eksctl_cmd (call, "update", "iamserviceaccount");
  struct galley_result result = GALLEY_RESULT_INIT;

  name_account (call, cmd);
  add_list_param (call, cmd, "attach-policy-arn", "policies");
  call->host->cmd_arg (cmd, "--approve");
  add_timeout (call, cmd);
  return eksctl_run (call, cmd, &result);
}

/* eksctl does not look at an account again once its stack is there. */
static int
mend_account (struct galley_call *call, const char *role)
{
  const char *kubeconfig = kubeconfig_of (call), *found;
  struct galley_result result = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd;

  if (kubeconfig == NULL || get_annotation (call, kubeconfig, &found) != GALLEY_OK)
    return GALLEY_FAILED;
  if (found == NULL && call->host->run (kubectl_cmd (call, "create", kubeconfig), &result) != GALLEY_OK)
    return GALLEY_FAILED;
  if (found != NULL && strcmp (found, role) == 0)
    return GALLEY_OK;
  cmd = kubectl_cmd (call, "annotate", kubeconfig);
  call->host->cmd_arg (cmd, galley_printf (call, "eks.amazonaws.com/role-arn=%s", role));
  call->host->cmd_arg (cmd, "--overwrite");
  return call->host->run (cmd, &result);
}

static int
mend (struct galley_call *call, const char *json)
{
  const char *role = text_at (call, json, "$[0].status.roleARN"), *why;
  int differs = policy_differs (call, role, &why);

  if (differs < 0 || (differs > 0 && update_policies (call) != GALLEY_OK))
    return GALLEY_FAILED;
  return mend_account (call, role);
}

static int
reach_account (struct galley_call *call)
{
  const char *status, *json;

  switch (stack_status (call, stack_of (call), &status)) {
  case LOOK_FOUND:
    break;
  case LOOK_ABSENT:
    return create_account (call);
  default:
    return GALLEY_FAILED;
  }
  if (!stack_is_dead (status)) {
    enum look found = get_account (call, &json);

    if (found == LOOK_FOUND)
      return mend (call, json);
    if (found != LOOK_ABSENT)
      return found == LOOK_NO_CLUSTER ? no_cluster (call) : GALLEY_FAILED;
  }
  if (stack_delete (call, stack_of (call)) != GALLEY_OK)
    return GALLEY_FAILED;
  return create_account (call);
}

int
eksctl_account_apply (struct galley_call *call)
{
  if (reach_account (call) != GALLEY_OK || settle (call, look_account) != GALLEY_OK)
    return GALLEY_FAILED;
  return report_account (call);
}

static int
look_no_account (struct galley_call *call, const char **why)
{
  const char *status;

  switch (stack_status (call, stack_of (call), &status)) {
  case LOOK_FOUND:
    *why = galley_printf (call, "stack `%s` is %s", stack_of (call), status);
    return stack_is_busy (status) ? GALLEY_BUSY : GALLEY_NEEDED;
  case LOOK_ABSENT:
    return GALLEY_OK;
  default:
    return GALLEY_FAILED;
  }
}

int
eksctl_account_delete_check (struct galley_call *call)
{
  return answer (call, look_no_account);
}

int
eksctl_account_delete_apply (struct galley_call *call)
{
  struct galley_result result = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd;
  const char *json;

  switch (get_account (call, &json)) {
  case LOOK_FOUND:
    cmd = eksctl_cmd (call, "delete", "iamserviceaccount");
    name_account (call, cmd);
    call->host->cmd_arg (cmd, "--wait");
    add_timeout (call, cmd);
    if (eksctl_run (call, cmd, &result) != GALLEY_OK)
      return GALLEY_FAILED;
    break;
  case LOOK_FAILED:
    return GALLEY_FAILED;
  default:
    break;
  }
  if (stack_delete (call, stack_of (call)) != GALLEY_OK)
    return GALLEY_FAILED;
  return settle (call, look_no_account);
}

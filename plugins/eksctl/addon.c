/* SPDX-License-Identifier: MIT */
#include "addon.h"

#include "stack.h"

#include <string.h>

static const char *
name_of (struct galley_call *call)
{
  return call->host->param (call, "name");
}

static enum look
get_addon (struct galley_call *call, const char **json)
{
  struct galley_cmd *cmd = eksctl_cmd (call, "get", "addon");

  add_param (call, cmd, "cluster", "cluster");
  add_param (call, cmd, "name", "name");
  return eksctl_get (call, cmd, json);
}

static int
is_passing (const char *status)
{
  return strcmp (status, "CREATING") == 0 || strcmp (status, "UPDATING") == 0
         || strcmp (status, "DELETING") == 0;
}

/* Every issue as "CODE: message". */
static const char *
issues_in (struct galley_call *call, const char *json)
{
  const char *text = "";

  for (int i = 0;; i++) {
    const char *code = text_at (call, json, galley_printf (call, "$[0].Issues[%d].Code", i));
    const char *message = text_at (call, json, galley_printf (call, "$[0].Issues[%d].Message", i));

    if (code[0] == '\0')
      return text[0] != '\0' ? text : "EKS gives no reason";
    text = galley_printf (call, "%s%s%s: %s", text, i > 0 ? "; " : "", code, message);
  }
}

static int
fail_sick (struct galley_call *call, const char *json, const char *status)
{
  const char *issues = issues_in (call, json);

  galley_fail (call, GALLEY_UNKNOWN, "add-on `%s` is %s: %s", name_of (call), status, issues);
  if (strstr (issues, "InsufficientNumberOfReplicas") != NULL)
    return galley_fix (call, "its pods do not run: look at them with `kubectl get pods -n kube-system`; without "
                       "a node, or without a role for the driver, they cannot");
  if (strstr (issues, "ConfigurationConflict") != NULL)
    return galley_fix (call, "something else has installed the same objects: remove that, or set `force: true`");
  if (strstr (issues, "AccessDenied") != NULL || strstr (issues, "AddonPermissionFailure") != NULL)
    return galley_fix (call, "give it `pod_identity: true` or a `role_arn` whose policies suffice");
  return galley_fix (call, "remove the cause; EKS looks again by itself");
}

/* What differs from the step, and can be changed by an update. */
static int
version_differs (struct galley_call *call, const char *json, const char **why)
{
  const char *wanted = call->host->param (call, "version");
  const char *found = text_at (call, json, "$[0].Version");
  const char *newer = text_at (call, json, "$[0].NewerVersion");

  if (wanted == NULL)
    return 0;
  if (strcmp (wanted, "latest") == 0) {
    *why = galley_printf (call, "add-on `%s` is %s, and there are newer: %s", name_of (call), found, newer);
    return newer[0] != '\0';
  }
  *why = galley_printf (call, "add-on `%s` is %s, want %s", name_of (call), found, wanted);
  return strcmp (wanted, found) != 0;
}

static int
role_differs (struct galley_call *call, const char *json, const char **why)
{
  const char *wanted = call->host->param (call, "role_arn");
  const char *found = text_at (call, json, "$[0].IAMRole");

  if (wanted == NULL || strcmp (wanted, found) == 0)
    return 0;
  *why = galley_printf (call, "add-on `%s` has %s%s, want %s", name_of (call),
                        found[0] != '\0' ? "the role " : "no role", found, wanted);
  return 1;
}

static int
lacks_identity (struct galley_call *call, const char *json)
{
  return call->host->param_int (call, "pod_identity")
         && call->host->json (call, json, "$[0].PodIdentityAssociations[0]") == NULL;
}

static int
look_at_found (struct galley_call *call, const char *json, const char **why)
{
  const char *status = text_at (call, json, "$[0].Status");

  *why = galley_printf (call, "add-on `%s` is %s", name_of (call), status);
  if (is_passing (status))
    return GALLEY_BUSY;
  if (strcmp (status, "CREATE_FAILED") == 0)
    return GALLEY_NEEDED;
  if (version_differs (call, json, why) || role_differs (call, json, why))
    return GALLEY_NEEDED;
  if (lacks_identity (call, json)) {
    *why = galley_printf (call, "add-on `%s` has no pod identity", name_of (call));
    return GALLEY_NEEDED;
  }
  return strcmp (status, "ACTIVE") == 0 ? GALLEY_OK : fail_sick (call, json, status);
}

static int
look (struct galley_call *call, const char **why)
{
  const char *json;

  switch (get_addon (call, &json)) {
  case LOOK_FOUND:
    return look_at_found (call, json, why);
  case LOOK_ABSENT:
    *why = galley_printf (call, "no add-on `%s`", name_of (call));
    return GALLEY_NEEDED;
  case LOOK_NO_CLUSTER:
    return galley_fail (call, GALLEY_NOT_FOUND, "no cluster `%s` in %s",
                        call->host->param (call, "cluster"), call->host->param (call, "region"));
  default:
    return GALLEY_FAILED;
  }
}

static int
report (struct galley_call *call)
{
  const char *json;

  if (get_addon (call, &json) != LOOK_FOUND)
    return GALLEY_FAILED;
  call->host->output (call, "version", text_at (call, json, "$[0].Version"));
  call->host->output (call, "role_arn", call->host->json (call, json, "$[0].PodIdentityAssociations[0]") != NULL
                      ? text_at (call, json, "$[0].PodIdentityAssociations[0].RoleARN")
                      : text_at (call, json, "$[0].IAMRole"));
  return GALLEY_OK;
}

int
eksctl_addon_check (struct galley_call *call)
{
  int status;

  if (call->host->param (call, "role_arn") != NULL && call->host->param_int (call, "pod_identity"))
    return galley_fail (call, GALLEY_INVALID, "an add-on has either a `role_arn` or `pod_identity`, not both");
  status = answer (call, look);
  return status == GALLEY_OK ? report (call) : status;
}

static int
create (struct galley_call *call)
{
  struct galley_cmd *cmd = eksctl_cmd (call, "create", "addon");
  struct galley_result result = GALLEY_RESULT_INIT;

  add_param (call, cmd, "cluster", "cluster");
  add_param (call, cmd, "name", "name");
  add_param (call, cmd, "version", "version");
  add_param (call, cmd, "service-account-role-arn", "role_arn");
  if (call->host->param_int (call, "pod_identity"))
    call->host->cmd_arg (cmd, "--auto-apply-pod-identity-associations");
  if (call->host->param_int (call, "force"))
    call->host->cmd_arg (cmd, "--force");
  add_timeout (call, cmd);
  return eksctl_run (call, cmd, &result);
}

static int
look_gone (struct galley_call *call, const char **why)
{
  const char *json, *status;

  switch (get_addon (call, &json)) {
  case LOOK_FOUND:
    status = text_at (call, json, "$[0].Status");
    *why = galley_printf (call, "add-on `%s` is %s", name_of (call), status);
    return is_passing (status) ? GALLEY_BUSY : GALLEY_NEEDED;
  case LOOK_FAILED:
    return GALLEY_FAILED;
  default:
    return GALLEY_OK;
  }
}

static int
delete_addon (struct galley_call *call, int preserve)
{
  struct galley_cmd *cmd = eksctl_cmd (call, "delete", "addon");
  struct galley_result result = GALLEY_RESULT_INIT;

  add_param (call, cmd, "cluster", "cluster");
  add_param (call, cmd, "name", "name");
  if (preserve)
    call->host->cmd_arg (cmd, "--preserve");
  add_timeout (call, cmd);
  if (eksctl_run (call, cmd, &result) != GALLEY_OK)
    return GALLEY_FAILED;
  return settle (call, look_gone);
}

/* By aws: `eksctl update addon` refuses an add-on with pod identities. */
static int
update (struct galley_call *call, const char *json)
{
  struct galley_cmd *cmd = aws_cmd (call, "eks", "update-addon");
  struct galley_result result = GALLEY_RESULT_INIT;
  const char *version = call->host->param (call, "version"), *why;

  if (version != NULL && strcmp (version, "latest") == 0)
    version = text_at (call, json, "$[0].NewerVersion");
  add_param (call, cmd, "cluster-name", "cluster");
  add_param (call, cmd, "addon-name", "name");
  if (version_differs (call, json, &why))
    add_option (call, cmd, "addon-version", galley_printf (call, "%.*s", (int) strcspn (version, ","), version));
  add_param (call, cmd, "service-account-role-arn", "role_arn");
  add_option (call, cmd, "resolve-conflicts",
              call->host->param_int (call, "force") ? "OVERWRITE" : "PRESERVE");
  return call->host->run (cmd, &result);
}

static int
reach (struct galley_call *call)
{
  const char *json, *why;

  switch (get_addon (call, &json)) {
  case LOOK_FOUND:
    break;
  case LOOK_ABSENT:
    return create (call);
  default:
    return GALLEY_FAILED;
  }
  if (strcmp (text_at (call, json, "$[0].Status"), "CREATE_FAILED") == 0 || lacks_identity (call, json)) {
    galley_note (call, "add-on `%s` is deleted and made anew", name_of (call));
    return delete_addon (call, 0) == GALLEY_OK ? create (call) : GALLEY_FAILED;
  }
  return version_differs (call, json, &why) || role_differs (call, json, &why)
         ? update (call, json) : GALLEY_OK;
}

int
eksctl_addon_apply (struct galley_call *call)
{
  if (reach (call) != GALLEY_OK || settle (call, look) != GALLEY_OK)
    return GALLEY_FAILED;
  return report (call);
}

int
eksctl_addon_delete_check (struct galley_call *call)
{
  return answer (call, look_gone);
}

int
eksctl_addon_delete_apply (struct galley_call *call)
{
  const char *json;

  switch (get_addon (call, &json)) {
  case LOOK_FOUND:
    return delete_addon (call, (int) call->host->param_int (call, "preserve"));
  case LOOK_FAILED:
    return GALLEY_FAILED;
  default:
    return settle (call, look_gone);
  }
}

/* SPDX-License-Identifier: MIT */
#include "cluster.h"

#include "aws-cli.h"
#include "login.h"

#include <string.h>

int
aws_identity (struct galley_call *call)
{
  const char *wanted = call->host->param (call, "account");
  struct galley_result result = GALLEY_RESULT_INIT;
  const char *account, *arn;

  if (call->host->run (aws_cmd (call, "sts", "get-caller-identity"), &result) != GALLEY_OK)
    return GALLEY_FAILED;
  account = aws_text (call, result.out, "$.Account");
  arn = aws_text (call, result.out, "$.Arn");
  if (account[0] == '\0' || arn[0] == '\0')
    return galley_fail (call, GALLEY_UNKNOWN, "`aws sts get-caller-identity` named no account");
  if (wanted != NULL && strcmp (account, wanted) != 0) {
    galley_fail (call, GALLEY_DENIED, "these credentials are of account `%s` (%s), wanted is account `%s`",
                 account, arn, wanted);
    return galley_fix (call, "choose the other account's credentials (AWS_PROFILE, or the param `profile`); "
                       "nothing has been touched");
  }
  call->host->output (call, "account", account);
  call->host->output (call, "arn", arn);
  call->host->output (call, "user_id", aws_text (call, result.out, "$.UserId"));
  return GALLEY_OK;
}

static const char *
context_name (struct galley_call *call)
{
  const char *alias = call->host->param (call, "alias");

  return alias != NULL ? alias : call->host->param (call, "cluster");
}

/* Without DRY, aws merges the cluster into the file KUBECONFIG; with it, it
 * prints what would then be in the file and writes nothing. */
static struct galley_cmd *
update_kubeconfig (struct galley_call *call, const char *kubeconfig, int dry)
{
  struct galley_cmd *cmd = aws_cmd (call, "eks", "update-kubeconfig");

  aws_option (call, cmd, "name", call->host->param (call, "cluster"));
  aws_option (call, cmd, "alias", context_name (call));
  aws_option (call, cmd, "kubeconfig", kubeconfig);
  aws_option (call, cmd, "role-arn", call->host->param (call, "role_arn"));
  if (dry)
    call->host->cmd_arg (cmd, "--dry-run");
  return cmd;
}

/* The kubeconfig that aws would write to FILE, and the same as JSON. */
static const char *
dry_kubeconfig (struct galley_call *call, const char *file, const char **json)
{
  struct galley_result result = GALLEY_RESULT_INIT;

  if (call->host->run (update_kubeconfig (call, file, 1), &result) != GALLEY_OK)
    return NULL;
  *json = call->host->yaml (call, "the kubeconfig that aws printed", result.out);
  if (*json == NULL)
    return NULL;
  if (strcmp (aws_text (call, *json, "$.current-context"), context_name (call)) != 0) {
    galley_fail (call, GALLEY_UNKNOWN, "aws printed no kubeconfig whose context is `%s`",
                 context_name (call));
    return NULL;
  }
  return result.out;
}

int
aws_kubeconfig (struct galley_call *call)
{
  const char *json, *path;
  const char *text = dry_kubeconfig (call, "/dev/null", &json);

  if (text == NULL)
    return GALLEY_FAILED;
  text = login_kept (call, text, json);
  if (text == NULL)
    return GALLEY_FAILED;
  path = call->host->file (call, GALLEY_FILE_RUN, ".kubeconfig", text, strlen (text));
  if (path == NULL)
    return GALLEY_FAILED;
  call->host->output (call, "path", path);
  call->host->output (call, "context", context_name (call));
  return GALLEY_OK;
}

int
aws_kubeconfig_file_check (struct galley_call *call)
{
  const char *path = call->host->param (call, "path");
  const char *wanted, *text, *found, *where;

  if (dry_kubeconfig (call, path, &wanted) == NULL)
    return GALLEY_FAILED;
  if (!call->host->exists (call, path))
    return galley_need (call, "no file `%s`", path);
  text = call->host->read_file (call, path, NULL);
  if (text == NULL)
    return GALLEY_FAILED;
  if (text[strspn (text, " \t\r\n")] == '\0')
    return galley_need (call, "`%s` is empty", path);
  found = call->host->yaml (call, path, text);
  if (found == NULL)
    return GALLEY_FAILED;
  where = call->host->json_diff (call, found, wanted);
  if (where != NULL)
    return galley_need (call, "`%s` differs at `%s`", path, where[0] != '\0' ? where : "its beginning");
  call->host->output (call, "path", path);
  call->host->output (call, "context", context_name (call));
  return GALLEY_OK;
}

int
aws_kubeconfig_file_apply (struct galley_call *call)
{
  const char *path = call->host->param (call, "path");
  struct galley_result result = GALLEY_RESULT_INIT;

  if (call->host->run (update_kubeconfig (call, path, 0), &result) != GALLEY_OK)
    return GALLEY_FAILED;
  switch (aws_kubeconfig_file_check (call)) {
  case GALLEY_OK:
    return GALLEY_OK;
  case GALLEY_NEEDED:
    return galley_fail (call, GALLEY_UNKNOWN, "aws has written `%s`, and it is still not as wanted", path);
  default:
    return GALLEY_FAILED;
  }
}

/* The cluster as describe-cluster's JSON, NULL when it is not there. */
static int
look (struct galley_call *call, const char **json)
{
  struct galley_result result = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd = aws_cmd (call, "eks", "describe-cluster");

  aws_option (call, cmd, "name", call->host->param (call, "cluster"));
  switch (aws_ask (call, cmd, &result)) {
  case AWS_FOUND:
    *json = result.out;
    return GALLEY_OK;
  case AWS_ABSENT:
    *json = NULL;
    return GALLEY_OK;
  default:
    return GALLEY_FAILED;
  }
}

static int
report_cluster (struct galley_call *call, const char *json)
{
  static const char *const outputs[][2] = {
    { "arn", "$.cluster.arn" }, { "endpoint", "$.cluster.endpoint" },
    { "version", "$.cluster.version" }, { "oidc_issuer", "$.cluster.identity.oidc.issuer" },
    { "vpc", "$.cluster.resourcesVpcConfig.vpcId" }
  };

  for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++)
    call->host->output (call, outputs[i][0], json != NULL ? aws_text (call, json, outputs[i][1]) : "");
  return GALLEY_OK;
}

/* What a cluster in STATUS means to one who waits for ACTIVE. */
static int
judge (struct galley_call *call, const char *json, const char *status)
{
  const char *cluster = call->host->param (call, "cluster");

  if (strcmp (status, "FAILED") == 0)
    return galley_fail (call, GALLEY_UNKNOWN, "cluster `%s` is FAILED: %s", cluster,
                        aws_text (call, json, "$.cluster.health.issues[0].message"));
  if (strcmp (status, "DELETING") == 0)
    return galley_fail (call, GALLEY_NOT_FOUND, "cluster `%s` is being deleted", cluster);
  return GALLEY_NEEDED;
}

int
aws_eks_wait (struct galley_call *call)
{
  const char *cluster = call->host->param (call, "cluster");
  const char *wanted = call->host->param (call, "status");
  int gone = strcmp (wanted, "DELETED") == 0;

  for (;;) {
    const char *json, *status;

    if (look (call, &json) != GALLEY_OK)
      return GALLEY_FAILED;
    if (json == NULL && !gone)
      return galley_fail (call, GALLEY_NOT_FOUND, "no cluster `%s` in %s", cluster,
                          call->host->param (call, "region"));
    status = json != NULL ? aws_text (call, json, "$.cluster.status") : "DELETED";
    if (strcmp (status, wanted) == 0)
      return report_cluster (call, json);
    if (!gone && judge (call, json, status) == GALLEY_FAILED)
      return GALLEY_FAILED;
    galley_progress (call, "cluster `%s` is %s, wanted %s", cluster, status, wanted);
    if (call->host->pause (call, call->host->param_int (call, "interval")) != GALLEY_OK)
      return galley_fail (call, GALLEY_TRANSIENT, "cluster `%s` is still %s, wanted %s", cluster, status, wanted);
  }
}

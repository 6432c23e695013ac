/* SPDX-License-Identifier: MIT */
#include "tool.h"

#include "answer.h"

#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 10000, SEEN_MS = 3000, LOOKS = 6 };

struct galley_cmd *
eksctl_cmd (struct galley_call *call, const char *verb, const char *noun)
{
  return galley_cmd (call, "eksctl", verb, noun, NULL);
}

void
add_option (struct galley_call *call, struct galley_cmd *cmd, const char *name, const char *value)
{
  if (value != NULL)
    call->host->cmd_arg (cmd, galley_printf (call, "--%s=%s", name, value));
}

void
add_param (struct galley_call *call, struct galley_cmd *cmd, const char *name, const char *param)
{
  add_option (call, cmd, name, call->host->param (call, param));
}

void
add_list_param (struct galley_call *call, struct galley_cmd *cmd, const char *name, const char *param)
{
  const char *const *list = call->host->param_list (call, param);
  const char *text = NULL;

  for (; *list != NULL; list++)
    text = text != NULL ? galley_printf (call, "%s,%s", text, *list) : *list;
  add_option (call, cmd, name, text);
}

int
list_check (struct galley_call *call, const char *param)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:/.+=@";

  for (const char *const *p = call->host->param_list (call, param); *p != NULL; p++)
    if ((*p)[0] == '\0' || (*p)[0] == '-' || (*p)[strspn (*p, plain)] != '\0')
      return galley_fail (call, GALLEY_INVALID, "`%s`: `%s` is no name", param, *p);
  return GALLEY_OK;
}

void
add_timeout (struct galley_call *call, struct galley_cmd *cmd)
{
  int64_t left = call->host->time_left (call);
  long long seconds;

  if (left == INT64_MAX)
    return;
  seconds = (long long) (left / 1000);
  if (seconds > 300)
    add_option (call, cmd, "timeout", galley_printf (call, "%lldm", (seconds - 30) / 60));
  else
    add_option (call, cmd, "timeout", galley_printf (call, "%llds", seconds > 20 ? seconds - 10 : 10));
}

static int
run_eksctl (struct galley_call *call, struct galley_cmd *cmd, struct galley_result *result)
{
  add_param (call, cmd, "region", "region");
  add_param (call, cmd, "profile", "profile");
  call->host->cmd_arg (cmd, "--color=false");
  return call->host->run (cmd, result);
}

int
eksctl_run (struct galley_call *call, struct galley_cmd *cmd, struct galley_result *result)
{
  if (run_eksctl (call, cmd, result) != GALLEY_OK)
    return GALLEY_FAILED;
  if (strstr (result->out, "no changes were applied") != NULL
      || strstr (result->out, "(plan) would") != NULL)
    return galley_fail (call, GALLEY_INVALID, "eksctl only planned and changed nothing");
  return GALLEY_OK;
}

/* The list in what `eksctl get -o json` printed: log lines may stand before
 * it, and `get addon` adds lines after it. */
static const char *
json_part (struct galley_call *call, const char *text)
{
  int depth = 0, quoted = 0;
  const char *from = strchr (text, '[');
  const char *p = from;

  /* not the "[!]" of a log line */
  while (from != NULL && from[1] != '\n' && from[1] != ']' && from[1] != '{')
    from = strchr (from + 1, '[');
  if (from == NULL)
    return NULL;
  for (p = from; *p != '\0'; p++) {
    if (quoted) {
      if (*p == '\\' && p[1] != '\0')
        p++;
      else if (*p == '"')
        quoted = 0;
    } else if (*p == '"') {
      quoted = 1;
    } else if (*p == '[' || *p == '{') {
      depth++;
    } else if ((*p == ']' || *p == '}') && --depth == 0) {
      return galley_printf (call, "%.*s", (int) (p + 1 - from), from);
    }
  }
  return NULL;
}

enum look
eksctl_get (struct galley_call *call, struct galley_cmd *cmd, const char **json)
{
  struct galley_result result = GALLEY_RESULT_INIT;

  add_option (call, cmd, "output", "json");
  if (run_eksctl (call, cmd, &result) != GALLEY_OK) {
    if (result.how != GALLEY_EXITED || strstr (result.err, "ResourceNotFoundException") == NULL)
      return LOOK_FAILED;
    return strstr (result.err, "No cluster found") != NULL ? LOOK_NO_CLUSTER : LOOK_ABSENT;
  }
  *json = json_part (call, result.out);
  if (*json == NULL) {
    galley_fail (call, GALLEY_UNKNOWN, "eksctl printed no JSON");
    return LOOK_FAILED;
  }
  return call->host->json (call, *json, "$[0]") != NULL ? LOOK_FOUND : LOOK_ABSENT;
}

/* aws before 2.13 does not know AWS_ENDPOINT_URL and would reach for the
 * real service instead. */
static const char *
endpoint_of (struct galley_call *call, const char *service)
{
  static const struct { const char *service, *variable; } own[] = {
    { "cloudformation", "AWS_ENDPOINT_URL_CLOUDFORMATION" }, { "eks", "AWS_ENDPOINT_URL_EKS" },
    { "ec2", "AWS_ENDPOINT_URL_EC2" }, { "iam", "AWS_ENDPOINT_URL_IAM" }
  };
  const char *ignored = call->host->env (call, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  const char *url = NULL;

  if (ignored != NULL && strcmp (ignored, "true") == 0)
    return NULL;
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
    if (strcmp (service, own[i].service) == 0)
      url = call->host->env (call, own[i].variable);
  if (url == NULL || url[0] == '\0')
    url = call->host->env (call, "AWS_ENDPOINT_URL");
  return url != NULL && url[0] != '\0' ? url : NULL;
}

struct galley_cmd *
aws_cmd (struct galley_call *call, const char *service, const char *operation)
{
  struct galley_cmd *cmd = galley_cmd (call, "aws", service, operation, NULL);

  call->host->cmd_env (cmd, "AWS_PAGER", "");
  call->host->cmd_env (cmd, "AWS_CLI_AUTO_PROMPT", "off");
  call->host->cmd_env (cmd, "AWS_CLI_ERROR_FORMAT", "legacy");
  add_param (call, cmd, "region", "region");
  add_param (call, cmd, "profile", "profile");
  add_option (call, cmd, "endpoint-url", endpoint_of (call, service));
  add_option (call, cmd, "output", "json");
  return cmd;
}

static int
says_absent (const char *text)
{
  return strstr (text, "(ResourceNotFoundException)") != NULL || strstr (text, "(NoSuchEntity)") != NULL
         || (strstr (text, "(ValidationError)") != NULL && strstr (text, "does not exist") != NULL);
}

enum look
aws_get (struct galley_call *call, struct galley_cmd *cmd, const char *query, const char **json)
{
  struct galley_result result = GALLEY_RESULT_INIT;

  add_option (call, cmd, "query", query);
  if (call->host->run (cmd, &result) != GALLEY_OK)
    return result.how == GALLEY_EXITED && says_absent (result.err) ? LOOK_ABSENT : LOOK_FAILED;
  if (!answer_is_json (call, "aws", &result))
    return LOOK_FAILED;
  *json = result.out;
  return LOOK_FOUND;
}

const char *const *
aws_list (struct galley_call *call, struct galley_cmd *cmd, const char *query)
{
  struct galley_result result = GALLEY_RESULT_INIT;

  add_option (call, cmd, "query", query);
  if (call->host->run (cmd, &result) != GALLEY_OK || !answer_is_json (call, "aws", &result))
    return NULL;
  return call->host->json_all (call, result.out, "$[*]");
}

const char *
text_at (struct galley_call *call, const char *json, const char *path)
{
  const char *text = call->host->json (call, json, path);

  return text != NULL && strcmp (text, "null") != 0 ? text : "";
}

const char *
list_to_json (struct galley_call *call, const char *const *list)
{
  const char *json = "[";

  for (int i = 0; list[i] != NULL; i++)
    json = galley_printf (call, "%s%s%s", json, i > 0 ? "," : "", call->host->json_quote (call, list[i]));
  return galley_printf (call, "%s]", json);
}

const char *
list_to_text (struct galley_call *call, const char *const *list)
{
  const char *text = "";

  for (int i = 0; list[i] != NULL; i++)
    text = galley_printf (call, "%s%s%s", text, i > 0 ? ", " : "", list[i]);
  return text;
}

int
list_has (const char *const *list, const char *word)
{
  for (; *list != NULL; list++)
    if (strcmp (*list, word) == 0)
      return 1;
  return 0;
}

static int
list_holds (const char *const *list, const char *const *words)
{
  for (; *words != NULL; words++)
    if (!list_has (list, *words))
      return 0;
  return 1;
}

int
list_same (const char *const *a, const char *const *b)
{
  return list_holds (a, b) && list_holds (b, a);
}

int
ends_with (const char *text, const char *end)
{
  size_t len = strlen (text), end_len = strlen (end);

  return len >= end_len && strcmp (text + len - end_len, end) == 0;
}

int
answer (struct galley_call *call, look_fn look)
{
  const char *why = "";

  switch (look (call, &why)) {
  case GALLEY_OK:
    return GALLEY_OK;
  case GALLEY_NEEDED:
    return galley_need (call, "%s", why);
  case GALLEY_BUSY:
    return galley_busy (call, "%s", why);
  default:
    return GALLEY_FAILED;
  }
}

int
settle (struct galley_call *call, look_fn look)
{
  for (int looks = 1;; looks++) {
    const char *why = "";
    int status = look (call, &why);

    if (status == GALLEY_OK || status == GALLEY_FAILED)
      return status;
    /* what was just made may take a moment to be seen */
    if (status == GALLEY_NEEDED && looks >= LOOKS)
      return galley_fail (call, GALLEY_UNKNOWN, "the commands have succeeded, and still: %s", why);
    galley_progress (call, "%s", why);
    if (call->host->pause (call, status == GALLEY_BUSY ? POLL_MS : SEEN_MS) != GALLEY_OK)
      return galley_fail (call, GALLEY_TRANSIENT, "still: %s", why);
  }
}

/* SPDX-License-Identifier: MIT */
#include "aws-cli.h"

#include <stdlib.h>
#include <string.h>

/* aws before 2.13 does not know AWS_ENDPOINT_URL and would reach for the
 * real service instead: where an endpoint is set, it is said on the command
 * line.  The order is aws's own. */
static const char *
endpoint_of (struct galley_call *call, const char *service)
{
  const char *ignored = call->host->env (call, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  char name[64] = "AWS_ENDPOINT_URL_";
  size_t used = strlen (name);
  const char *url;

  if (ignored != NULL && strcmp (ignored, "true") == 0)
    return NULL;
  for (const char *p = service; *p != '\0' && used < sizeof name - 1; p++)
    name[used++] = (char) (*p == '-' ? '_' : *p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
  name[used] = '\0';
  if (strcmp (service, "elb") == 0)
    url = call->host->env (call, "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING");
  else if (strcmp (service, "elbv2") == 0)
    url = call->host->env (call, "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2");
  else
    url = call->host->env (call, name);
  if (url == NULL || url[0] == '\0')
    url = call->host->env (call, "AWS_ENDPOINT_URL");
  return url != NULL && url[0] != '\0' ? url : NULL;
}

void
aws_option (struct galley_call *call, struct galley_cmd *cmd, const char *name, const char *value)
{
  if (value != NULL)
    call->host->cmd_arg (cmd, galley_printf (call, "--%s=%s", name, value));
}

struct galley_cmd *
aws_cmd (struct galley_call *call, const char *service, const char *operation)
{
  struct galley_cmd *cmd = galley_cmd (call, "aws", service, operation, NULL);

  /* nothing that waits for a key press, and one wording of errors */
  call->host->cmd_env (cmd, "AWS_PAGER", "");
  call->host->cmd_env (cmd, "AWS_CLI_AUTO_PROMPT", "off");
  call->host->cmd_env (cmd, "AWS_CLI_ERROR_FORMAT", "legacy");
  aws_option (call, cmd, "region", call->host->param (call, "region"));
  aws_option (call, cmd, "profile", call->host->param (call, "profile"));
  aws_option (call, cmd, "endpoint-url", endpoint_of (call, service));
  aws_option (call, cmd, "output", "json");
  return cmd;
}

/* "An error occurred (CODE) when calling ...": is CODE one of absence? */
static int
is_absence_code (const char *code, size_t len)
{
  static const char *const parts[] = { "NotFound", "NoSuch" };
  char word[96];

  if (len >= sizeof word)
    return 0;
  memcpy (word, code, len);
  word[len] = '\0';
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    if (strstr (word, parts[i]) != NULL)
      return 1;
  return strcmp (word, "404") == 0;
}

int
aws_says_absent (const char *text)
{
  const char *open = strstr (text, "An error occurred (");
  const char *close = open != NULL ? strchr (open, ')') : NULL;

  if (close == NULL)
    return 0;
  open += strlen ("An error occurred (");
  if (is_absence_code (open, (size_t) (close - open)))
    return 1;
  /* CloudFormation's "Stack with id X does not exist" is a ValidationError */
  return strncmp (open, "ValidationError)", 16) == 0 && strstr (close, "does not exist") != NULL;
}

enum aws_answer
aws_ask (struct galley_call *call, struct galley_cmd *cmd, struct galley_result *result)
{
  if (call->host->run (cmd, result) == GALLEY_OK)
    return AWS_FOUND;
  if (result->how == GALLEY_EXITED && aws_says_absent (result->err))
    return AWS_ABSENT;
  return AWS_FAILED;
}

const char *
aws_text (struct galley_call *call, const char *json, const char *path)
{
  const char *text = call->host->json (call, json, path);

  return text != NULL && strcmp (text, "null") != 0 ? text : "";
}

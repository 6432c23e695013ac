/* Whose credentials these are, and until when.  SPDX-License-Identifier: MIT */
#include "credentials.h"

#include <stdlib.h>

#include "aws-cli.h"

/* aws tells the end since 2.9; aws 1 has no such command (1.45), and only the
 * environment may know it.  "" when nobody says. */
static const char *
expiry (struct galley_call *call)
{
  struct galley_cmd *cmd = call->host->cmd (call, "aws", GALLEY_CMD_SECRET_OUTPUT | GALLEY_CMD_MAY_FAIL);
  struct galley_result result = GALLEY_RESULT_INIT;
  const char *told = call->host->env (call, "AWS_CREDENTIAL_EXPIRATION");

  galley_args (call, cmd, "configure", "export-credentials", "--format=process", NULL);
  aws_option (call, cmd, "profile", call->host->param (call, "profile"));
  if (call->host->run (cmd, &result) == GALLEY_OK) {
    const char *end = aws_text (call, result.out, "$.Expiration");

    if (end[0] != '\0')
      return end;
  }
  return told != NULL ? told : "";
}

int
aws_credentials (struct galley_call *call)
{
  struct galley_result result = GALLEY_RESULT_INIT;
  const char *arn;

  if (call->host->run (aws_cmd (call, "sts", "get-caller-identity"), &result) != GALLEY_OK)
    return GALLEY_FAILED;
  arn = aws_text (call, result.out, "$.Arn");
  if (arn[0] == '\0')
    return galley_fail (call, GALLEY_UNKNOWN, "`aws sts get-caller-identity` named nobody");
  call->host->output (call, "account", aws_text (call, result.out, "$.Account"));
  call->host->output (call, "arn", arn);
  call->host->output (call, "expires", expiry (call));
  return GALLEY_OK;
}

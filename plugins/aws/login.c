/* SPDX-License-Identifier: MIT */
#include "login.h"

#include <string.h>

#include "aws-cli.h"

#define EXEC "$.users[0].user.exec"

/* Arguments: where tokens are kept, and the command that makes one.  Tools
 * that ask at the same time may each make one; the last is kept, whole. */
static const char script[] =
  "umask 077\n"
  "key=$(env | grep '^AWS_' | sort | cksum) file=$1.${key%% *} new=$1.$$\n"
  "shift\n"
  "if [ -z \"$(find \"$file\" -mmin -10 2>/dev/null)\" ]; then\n"
  "  \"$@\" >\"$new\" || { rc=$?; rm -f \"$new\"; exit $rc; }\n"
  "  mv -f \"$new\" \"$file\"\n"
  "fi\n"
  "exec cat \"$file\"\n";

/* ["-c", SCRIPT, "sh", KEPT, "aws", ...] */
static const char *
arguments (struct galley_call *call, const char *json, const char *kept)
{
  const struct galley_host *host = call->host;
  const char *list = galley_printf (call, "\"-c\", %s, \"sh\", %s, \"aws\"", host->json_quote (call, script),
                                    host->json_quote (call, kept));

  for (const char *const *arg = host->json_all (call, json, EXEC ".args[*]"); *arg != NULL; arg++)
    list = galley_printf (call, "%s, %s", list, host->json_quote (call, *arg));
  return list;
}

static const char *
json_or_null (struct galley_call *call, const char *json, const char *path)
{
  const char *value = call->host->json (call, json, path);

  return value != NULL ? value : "null";
}

const char *
login_kept (struct galley_call *call, const char *text, const char *json)
{
  const struct galley_host *host = call->host;
  const char *kept;

  if (strcmp (aws_text (call, json, EXEC ".command"), "aws") != 0 || host->json (call, json, "$.users[1]") != NULL)
    return text;
  kept = host->file (call, GALLEY_FILE_RUN, ".token", "", 0);
  if (kept == NULL)
    return NULL;
  return galley_printf (call, "{\"apiVersion\": \"v1\", \"kind\": \"Config\", \"preferences\": {}, \"current-context\": %s,\n"
                        "\"clusters\": %s,\n\"contexts\": %s,\n\"users\": [{\"name\": %s, \"user\": {\"exec\": {\"apiVersion\": %s,\n"
                        "\"interactiveMode\": \"IfAvailable\", \"command\": \"/bin/sh\", \"env\": %s,\n\"args\": [%s]}}}]}\n",
                        host->json_quote (call, aws_text (call, json, "$.current-context")),
                        json_or_null (call, json, "$.clusters"), json_or_null (call, json, "$.contexts"),
                        host->json_quote (call, aws_text (call, json, "$.users[0].name")),
                        host->json_quote (call, aws_text (call, json, EXEC ".apiVersion")),
                        json_or_null (call, json, EXEC ".env"), arguments (call, json, kept));
}

/* SPDX-License-Identifier: MIT */
#include "generic.h"

#include "aws-cli.h"

#include <string.h>

/* Options that are not the recipe's: they have params of their own, show
 * the signature, or take the request from a file. */
static const char *const reserved[] = {
  "--region", "--profile", "--output", "--endpoint-url", "--debug", "--cli-input-json",
  "--cli-input-yaml", "--generate-cli-skeleton", "--cli-auto-prompt", "--cli-binary-format"
};

static int
is_reserved (const char *arg, size_t name_len)
{
  for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
    if (strlen (reserved[i]) == name_len && memcmp (arg, reserved[i], name_len) == 0)
      return 1;
  return 0;
}

/* aws reads such values from where they point to, whatever the option. */
static int
points_elsewhere (const char *value)
{
  static const char *const schemes[] = { "file://", "fileb://", "http://", "https://" };

  for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
    if (strncmp (value, schemes[i], strlen (schemes[i])) == 0)
      return 1;
  return 0;
}

static int
check_arg (struct galley_call *call, const char *param, const char *arg)
{
  const char *equals = strchr (arg, '=');
  size_t name_len = equals != NULL ? (size_t) (equals - arg) : strlen (arg);

  if (strncmp (arg, "--", 2) != 0
      || strspn (arg + 2, "abcdefghijklmnopqrstuvwxyz0123456789-") + 2 < name_len
      || name_len < 4)
    return galley_fail (call, GALLEY_INVALID, "`%s`: `%s` is not written as one element `--name=value`",
                        param, arg);
  if (is_reserved (arg, name_len))
    return galley_fail (call, GALLEY_INVALID, "`%s`: `%.*s` cannot be given here", param,
                        (int) name_len, arg);
  if (equals != NULL && points_elsewhere (equals + 1))
    return galley_fail (call, GALLEY_INVALID, "`%s`: the value of `%.*s` would be read from a file or "
                        "an address; write the value itself", param, (int) name_len, arg);
  return GALLEY_OK;
}

static int
add_args (struct galley_call *call, struct galley_cmd *cmd, const char *param, const char *const *args)
{
  for (; *args != NULL; args++) {
    if (check_arg (call, param, *args) != GALLEY_OK)
      return GALLEY_FAILED;
    call->host->cmd_arg (cmd, *args);
  }
  return GALLEY_OK;
}

/* What was printed, as the outputs "json" and "text". */
static int
report (struct galley_call *call, const struct galley_result *result)
{
  const char *text = result->out;
  size_t from = strspn (text, " \t\r\n"), len = strlen (text);

  while (len > from && strchr (" \t\r\n", text[len - 1]) != NULL)
    len--;
  if (result->out_total > result->out_len)
    return galley_fail (call, GALLEY_INVALID, "the answer is too long (%llu bytes); narrow it with `query`",
                        (unsigned long long) result->out_total);
  if (len == from) {
    call->host->output_json (call, "json", "null");
    call->host->output (call, "text", "");
    return GALLEY_OK;
  }
  text = galley_printf (call, "%.*s", (int) (len - from), text + from);
  call->host->output_json (call, "json", text);
  call->host->output (call, "text", text[0] == '"' ? aws_text (call, text, "$") : text);
  return GALLEY_OK;
}

static int
run_operation (struct galley_call *call, const char *query)
{
  struct galley_result result = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd = aws_cmd (call, call->host->param (call, "service"),
                                    call->host->param (call, "operation"));

  if (add_args (call, cmd, "args", call->host->param_list (call, "args")) != GALLEY_OK)
    return GALLEY_FAILED;
  aws_option (call, cmd, "query", query);
  if (call->host->run (cmd, &result) != GALLEY_OK)
    return GALLEY_FAILED;
  return report (call, &result);
}

int
aws_read (struct galley_call *call)
{
  return run_operation (call, call->host->param (call, "query"));
}

int
aws_call (struct galley_call *call)
{
  return run_operation (call, call->host->param (call, "query"));
}

/* Nothing, null, and what is empty say "not there". */
static int
is_empty (const char *json)
{
  static const char *const empty[] = { "", "null", "[]", "{}", "\"\"", "false" };
  char squeezed[8];
  size_t used = 0;

  for (const char *p = json; *p != '\0'; p++) {
    if (strchr (" \t\r\n", *p) != NULL)
      continue;
    if (used == sizeof squeezed - 1)
      return 0;
    squeezed[used++] = *p;
  }
  squeezed[used] = '\0';
  for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
    if (strcmp (squeezed, empty[i]) == 0)
      return 1;
  return 0;
}

static int
is_word (const char *text)
{
  return text != NULL && text[0] >= 'a' && text[0] <= 'z'
         && text[strspn (text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

int
aws_ensure_check (struct galley_call *call)
{
  const char *const *unless = call->host->param_list (call, "unless");
  struct galley_result result = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd;

  if (!is_word (unless[0]) || !is_word (unless[1]) || strcmp (unless[0], "configure") == 0)
    return galley_fail (call, GALLEY_INVALID, "`unless` does not begin with a service and an operation");
  cmd = aws_cmd (call, unless[0], unless[1]);
  if (add_args (call, cmd, "unless", unless + 2) != GALLEY_OK)
    return GALLEY_FAILED;
  switch (aws_ask (call, cmd, &result)) {
  case AWS_FOUND:
    if (is_empty (result.out))
      return galley_need (call, "`%s %s` finds nothing", unless[0], unless[1]);
    return report (call, &result);
  case AWS_ABSENT:
    return galley_need (call, "`%s %s` finds nothing", unless[0], unless[1]);
  default:
    return GALLEY_FAILED;
  }
}

/* What was made may take a moment to be seen. */
int
aws_ensure_apply (struct galley_call *call)
{
  enum { LOOKS = 10, PAUSE_MS = 3000 };
  int status;

  if (run_operation (call, NULL) != GALLEY_OK)
    return GALLEY_FAILED;
  for (int look = 1;; look++) {
    status = aws_ensure_check (call);
    if (status != GALLEY_NEEDED)
      return status;
    if (look == LOOKS)
      return galley_fail (call, GALLEY_UNKNOWN, "`%s %s` has succeeded, and `unless` still finds nothing",
                          call->host->param (call, "service"), call->host->param (call, "operation"));
    if (call->host->pause (call, PAUSE_MS) != GALLEY_OK)
      return galley_fail (call, GALLEY_TRANSIENT, "`unless` still finds nothing");
  }
}

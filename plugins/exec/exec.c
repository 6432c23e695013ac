/* exec.run: a command or script of the recipe's author.
 * SPDX-License-Identifier: MIT */
#include "exec.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int
is_in (const char *const *list, int code)
{
  for (; *list != NULL; list++)
    if (strtol (*list, NULL, 10) == code)
      return 1;
  return 0;
}

static int
is_name (const char *name)
{
  if (!isalpha ((unsigned char) *name) && *name != '_')
    return 0;
  while (isalnum ((unsigned char) *name) || *name == '_')
    name++;
  return *name == '\0';
}

/* Which program PARAM names; NULL: the call has failed. */
static const char *
program_of (struct galley_call *call, const char *param)
{
  const char *program = call->host->param_list (call, param)[0];

  if (program == NULL || *program == '\0')
    galley_fail (call, GALLEY_INVALID, "`%s` names no program", param);
  else if (*program == '/' || strchr (program, '/') == NULL)
    return program;
  else {
    galley_fail (call, GALLEY_INVALID, "`%s`: \"%s\" depends on where it is started", param, program);
    galley_fix (call, "write it as ${recipe.dir}/%s", program + (strncmp (program, "./", 2) == 0 ? 2 : 0));
  }
  return NULL;
}

static int
check_env (struct galley_call *call)
{
  const char *json = call->host->param_json (call, "env");
  const char *const *names = call->host->json_names (call, json);

  if (json != NULL && *json != '{')
    return galley_fail (call, GALLEY_INVALID, "`env` is not a map of names and values");
  for (; *names != NULL; names++)
    if (!is_name (*names))
      return galley_fail (call, GALLEY_INVALID, "`env`: \"%s\" is no name of an environment variable", *names);
  return GALLEY_OK;
}

static void
add_env (struct galley_call *call, struct galley_cmd *cmd)
{
  const char *json = call->host->param_json (call, "env");
  const char *const *names = call->host->json_names (call, json);
  const char *const *values = call->host->json_all (call, json != NULL ? json : "{}", "$.*");

  for (; *names != NULL && *values != NULL; names++, values++)
    call->host->cmd_env (cmd, *names, *values);
}

/* A command of the LIST param, in the step's folder and environment. */
static struct galley_cmd *
command_of (struct galley_call *call, const char *param, uint32_t flags)
{
  const char *program = program_of (call, param), *cwd = call->host->param (call, "cwd");
  const char *const *arg;
  struct galley_cmd *cmd;

  if (program == NULL)
    return NULL;
  cmd = call->host->cmd (call, program, flags);
  for (arg = call->host->param_list (call, param) + 1; *arg != NULL; arg++)
    call->host->cmd_arg (cmd, *arg);
  if (cwd != NULL)
    call->host->cmd_cwd (cmd, cwd);
  add_env (call, cmd);
  return cmd;
}

/* What the author says about what runs, before any of it does. */
static int
check_params (struct galley_call *call)
{
  int command = call->host->param (call, "command") != NULL, script = call->host->param (call, "script") != NULL;

  if (command == script)
    return galley_fail (call, GALLEY_INVALID, "one of `command` and `script` is needed, and only one");
  if (program_of (call, command ? "command" : "interpreter") == NULL)
    return GALLEY_FAILED;
  return check_env (call);
}

static int
has_goal (struct galley_call *call)
{
  return call->host->param (call, "creates") != NULL || call->host->param (call, "unless") != NULL;
}

/* ---- check --------------------------------------------------------------- */

/* `unless`: GALLEY_OK when it says that there is nothing to do.  What could
 * not be asked is not guessed: that is a failure. */
static int
ask_unless (struct galley_call *call, struct galley_result *result)
{
  struct galley_cmd *cmd;

  if (call->host->param (call, "unless") == NULL)
    return GALLEY_OK;
  cmd = command_of (call, "unless", GALLEY_CMD_AUTHORS_WORD | GALLEY_CMD_MAY_FAIL);
  if (cmd == NULL)
    return GALLEY_FAILED;
  if (call->host->run (cmd, result) == GALLEY_OK)
    return GALLEY_OK;
  if (result->how == GALLEY_EXITED)
    return GALLEY_NEEDED;
  if (result->how == GALLEY_NOT_STARTED)
    return GALLEY_FAILED;           /* the core knows better why */
  return exec_fail_how (call, "`unless`", result);
}

int
exec_check (struct galley_call *call)
{
  struct galley_result result = GALLEY_RESULT_INIT;
  const char *creates = call->host->param (call, "creates");
  int status;

  if (check_params (call) != GALLEY_OK)
    return GALLEY_FAILED;
  if (!has_goal (call))
    {
      galley_need (call, "runs every time: it has neither `creates` nor `unless`");
      return GALLEY_CANNOT_TELL;
    }
  if (creates != NULL && !call->host->exists (call, creates))
    return galley_need (call, "\"%s\" does not exist", creates);
  status = ask_unless (call, &result);
  if (status == GALLEY_NEEDED)
    return galley_need (call, "`unless` ends with exit %d", result.exit_code);
  if (status == GALLEY_OK)
    exec_held_outputs (call, &result);
  return status;
}

/* ---- apply --------------------------------------------------------------- */

static struct galley_cmd *
script_command (struct galley_call *call, uint32_t flags)
{
  const char *script = call->host->param (call, "script"), *path;
  struct galley_cmd *cmd;

  path = call->host->file (call, 0, "script", script, strlen (script));
  cmd = path != NULL ? command_of (call, "interpreter", flags) : NULL;
  if (cmd != NULL)
    call->host->cmd_arg (cmd, path);
  return cmd;
}

static struct galley_cmd *
apply_command (struct galley_call *call)
{
  const char *input = call->host->param (call, "stdin");
  int secret = strcmp (call->host->param (call, "parse"), "none") == 0;
  uint32_t flags = secret ? GALLEY_CMD_SECRET_OUTPUT | GALLEY_CMD_UNUSED_OUTPUT : 0;
  struct galley_cmd *cmd;

  cmd = call->host->param (call, "script") != NULL ? script_command (call, flags)
                                                   : command_of (call, "command", flags);
  if (cmd != NULL && input != NULL)
    call->host->cmd_stdin (cmd, input, strlen (input));
  return cmd;
}

/* A command that was cut off and has no check may have done anything: it is
 * not tried again without the author's word (retry.on: unknown). */
static int
cut_off (struct galley_call *call, const struct galley_result *result)
{
  if (result->how == GALLEY_NOT_STARTED)
    return GALLEY_FAILED;           /* the core knows better why */
  if (has_goal (call) || result->how != GALLEY_TIMED_OUT)
    return exec_fail_how (call, "the command", result);
  galley_fail (call, GALLEY_UNKNOWN, "timed out, and nobody knows what it has done by then");
  return galley_fix (call, "say by `creates` or `unless` how its success is seen, or give it more time by `timeout`");
}

static int
judge_exit (struct galley_call *call, const struct galley_result *result)
{
  const char *const *ok = call->host->param_list (call, "ok_codes");

  if (result->how != GALLEY_EXITED)
    return cut_off (call, result);
  if (*ok == NULL ? result->exit_code == 0 : is_in (ok, result->exit_code))
    return GALLEY_OK;
  if (is_in (call->host->param_list (call, "transient_codes"), result->exit_code))
    return galley_fail (call, GALLEY_TRANSIENT, "exit %d, which `transient_codes` says may pass", result->exit_code);
  if (*ok != NULL)
    return galley_fail (call, GALLEY_UNKNOWN, "exit %d, which is not one of `ok_codes`", result->exit_code);
  return GALLEY_FAILED;
}

/* The same look as that of check, now that the command says it is done. */
static int
prove (struct galley_call *call)
{
  struct galley_result result = GALLEY_RESULT_INIT;
  const char *creates = call->host->param (call, "creates");
  int status;

  if (creates != NULL && !call->host->exists (call, creates))
    return galley_fail (call, GALLEY_UNKNOWN, "the command ended well, but \"%s\" does not exist", creates);
  status = ask_unless (call, &result);
  if (status == GALLEY_NEEDED)
    return galley_fail (call, GALLEY_UNKNOWN, "the command ended well, but `unless` still ends with exit %d",
                        result.exit_code);
  return status;
}

int
exec_apply (struct galley_call *call)
{
  struct galley_result result = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd;

  if (check_params (call) != GALLEY_OK)
    return GALLEY_FAILED;
  cmd = apply_command (call);
  if (cmd == NULL)
    return GALLEY_FAILED;
  call->host->run (cmd, &result);
  if (judge_exit (call, &result) != GALLEY_OK || prove (call) != GALLEY_OK)
    return GALLEY_FAILED;
  return exec_outputs (call, &result);
}

/* ---- note ---------------------------------------------------------------- */

int
exec_note (struct galley_call *call)
{
  return galley_note (call, "%s", call->host->param (call, "text"));
}

/* ---- tables -------------------------------------------------------------- */

static const struct galley_param note_params[] = {
  { "text", GALLEY_STRING, GALLEY_REQUIRED, NULL, NULL, NULL, "sign up at http://${steps.address.value}", "what to tell" },
  { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL }
};

static const struct galley_param no_outputs[] = { { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL } };

static const struct galley_param run_params[] = {
  { "command", GALLEY_LIST, GALLEY_GOAL, NULL, NULL, NULL, "[\"make\", \"-C\", \"site\"]",
    "the program and its arguments; no shell looks at them" },
  { "script", GALLEY_STRING, GALLEY_GOAL, NULL, NULL, NULL, "tar xf site.tar && ./site/install",
    "instead of `command`: text for the interpreter; values belong in `env`" },
  { "interpreter", GALLEY_LIST, 0, "[\"/bin/sh\",\"-eu\"]", NULL, NULL, "[\"python3\"]",
    "what runs the script: a program and its arguments, the script's file comes last" },
  { "creates", GALLEY_PATH, GALLEY_GOAL, NULL, NULL, NULL, "site/index.html",
    "a file or folder: when it exists there is nothing to do" },
  { "unless", GALLEY_LIST, GALLEY_GOAL, NULL, NULL, NULL, "[\"site/installed\", \"--quiet\"]",
    "a command that only reads: when it ends with exit 0 there is nothing to do" },
  { "cwd", GALLEY_PATH, 0, NULL, NULL, NULL, "site", "the folder it runs in; without it that of the recipe" },
  { "env", GALLEY_MAP, GALLEY_TAKES_SECRET, NULL, NULL, NULL, "{\"SITE_TOKEN\": \"hunter2\"}",
    "environment variables for it" },
  { "stdin", GALLEY_STRING, GALLEY_TAKES_SECRET, NULL, NULL, NULL, "yes\n", "what it reads from its standard input" },
  { "parse", GALLEY_STRING, 0, "text", "text|json|lines|none", NULL, "json",
    "what its standard output is; none: secret, kept nowhere" },
  { "ok_codes", GALLEY_LIST, 0, NULL, NULL, "[0-9]{1,3}", "[0, 3]", "exit codes that mean success; without it 0" },
  { "transient_codes", GALLEY_LIST, 0, "[75]", NULL, "[0-9]{1,3}", "[7, 28]",
    "exit codes of failures that may pass, so that the step is tried again" },
  { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL }
};

static const struct galley_param run_outputs[] = {
  { "stdout", GALLEY_STRING, 0, NULL, NULL, NULL, NULL, "what it printed, without the last newline" },
  { "json", GALLEY_MAP, 0, NULL, NULL, NULL, NULL, "with `parse: json`: what it printed; else null" },
  { "lines", GALLEY_LIST, 0, NULL, NULL, NULL, NULL, "with `parse: lines`: the lines it printed; else none" },
  { "exit_code", GALLEY_INT, 0, NULL, NULL, NULL, NULL, "its exit code; 0 when there was nothing to do" },
  { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL }
};

static const struct galley_action actions[] = {
  { "run", "a command or script has run, or its result is there already", GALLEY_AUTHORS_WORD, run_params, run_outputs,
    exec_check, exec_apply },
  { "note", "the reader is told something, such as what is left to do by hand", GALLEY_READS, note_params, no_outputs,
    NULL, exec_note },
  { NULL, NULL, 0, NULL, NULL, NULL, NULL }
};

static const struct galley_tool tools[] = {
  { GALLEY_TOOL_ANY, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
  { NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 }
};

static const struct galley_plugin plugin = {
  GALLEY_PLUGIN_ABI,
  .name = "exec",
  .version = "1.0.0",
  .summary = "Commands and scripts of your own",
  .tools = tools,
  .actions = actions
};

GALLEY_PLUGIN_REGISTER (plugin)

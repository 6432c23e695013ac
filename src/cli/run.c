/* galley run and galley plan.  SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/execute.h"

int
command_run (const Program *program, const char *name, int argc, char **argv)
{
  ExecuteOptions options = { .jobs = DEFAULT_JOBS };
  const int not_in_plan = strcmp (name, "plan") == 0 ? G_OPTION_FLAG_HIDDEN : 0;
  const GOptionEntry entries[] = {
    EXECUTE_OPTIONS (options, not_in_plan),
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (Session) session = NULL;
  g_autoptr (GError) error = NULL;
  int code;

  execute_spell_out_jobs (argc, argv);
  if (!command_parse (name, entries, &options, &argc, &argv, &code))
    return code;
  if (argc != 2)
    code = command_usage (name, argc < 2 ? "which recipe?" : "one recipe at a time");
  else if (!execute_check_options (name, &options, &code))
    ;
  else if (!execute_open_replay (program, &options, argv[1], &error)
           || (session = session_new (program, argv[1], &options.session, &error)) == NULL)
    code = command_fail (error);
  else
    code = execute_session (program, name, session, &options);
  execute_options_clear (&options);
  return code;
}

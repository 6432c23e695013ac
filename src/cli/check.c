/* galley check: recipes, not the world.  SPDX-License-Identifier: MIT */
#include "base/errors.h"
#include "cli/session.h"

static int
check_one (const Program *program, const char *file, const SessionOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Session) session = session_load (program, file, options, &error);

  if (session == NULL)
    return command_fail (error);
  command_print ("%s: ok, %u steps\n", file, session->steps->len);
  return EXIT_OK;
}

int
command_check (const Program *program, const char *name, int argc, char **argv)
{
  SessionOptions options = { 0 };
  const GOptionEntry entries[] = { SESSION_OPTIONS (options), { NULL, 0, 0, 0, NULL, NULL, NULL } };
  int code, worst = EXIT_OK;

  if (!command_parse (name, entries, NULL, &argc, &argv, &code))
    return code;
  if (argc < 2)
    worst = command_usage (name, "which recipe?");
  for (int i = 1; i < argc; i++)
    if ((code = check_one (program, argv[i], &options)) != EXIT_OK)
      worst = code;
  session_options_clear (&options);
  return worst;
}

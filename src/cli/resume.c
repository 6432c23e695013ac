/* galley resume.  SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "base/errors.h"
#include "cli/execute.h"
#include "store/runs.h"

typedef struct {
  ExecuteOptions execute;         /* first: the entries' callbacks are given it */
  RecallOptions  recall;
  char         **retry, **skip;
} ResumeOptions;

/* Locks mean nothing on another machine, and its tools may still run there. */
static gboolean
may_resume (const History *history, const ResumeOptions *options, GError **error)
{
  gboolean elsewhere = strcmp (history->host, g_get_host_name ()) != 0;

  if (strcmp (history->file, "-") == 0)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION, "run %s: its recipe came from standard input", history->id);
  else if (elsewhere && !options->recall.accept_changes)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION,
                 "run %s was begun on host \"%s\": resume it there, or with --accept-changes", history->id, history->host);
  else if (history->uid != (gint64) getuid () && !options->recall.accept_changes)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION,
                 "run %s was begun by the user with id %" G_GINT64_FORMAT ": resume it as that user, or with --accept-changes",
                 history->id, history->uid);
  else if (history_is_played (history) != (options->execute.replay != NULL))
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION,
                 history_is_played (history) ? "run %s was replayed, and has done nothing: resume it with --replay"
                                             : "run %s was no replay: resume it without --replay", history->id);
  else
    return TRUE;
  return FALSE;
}

static gboolean
has_ended_well (const History *history, const ResumeOptions *options)
{
  return g_strcmp0 (history_last (history)->result, "ok") == 0 && options->retry == NULL;
}

static int
resume (const Program *program, const char *name, const char *run, ResumeOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = runs_find (run, &error), *folder = id != NULL ? runs_folder (id) : NULL;
  g_autoptr (History) history = folder != NULL ? history_read (folder, &error) : NULL;
  g_autoptr (Session) session = NULL;

  if (history == NULL || !may_resume (history, options, &error))
    return command_fail (error);
  if (has_ended_well (history, options))
    {
      command_print ("run %s of \"%s\" ended well: there is nothing to resume\n", history->id, history->recipe);
      return EXIT_OK;
    }
  if (execute_open_replay (program, &options->execute, history->file, &error))
    session = session_resume (program, history, &options->execute.session, &error);
  return session != NULL ? execute_session (program, name, session, &options->execute) : command_fail (error);
}

int
command_resume (const Program *program, const char *name, int argc, char **argv)
{
  ResumeOptions options = { .execute = { .jobs = DEFAULT_JOBS } };
  const GOptionEntry entries[] = {
    { "retry", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.retry, "Begin this step anew, whatever it left; may be repeated", "STEP" },
    { "skip", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.skip, "Take this step as done; may be repeated", "STEP" },
    { "accept-changes", 0, 0, G_OPTION_ARG_NONE, &options.recall.accept_changes,
      "Go on although steps that are done, or vars, have been changed", NULL },
    EXECUTE_OPTIONS (options.execute, 0),
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  int code;

  execute_spell_out_jobs (argc, argv);
  if (!command_parse (name, entries, &options, &argc, &argv, &code))
    return code;
  options.recall.retry = (const char *const *) options.retry;
  options.recall.skip = (const char *const *) options.skip;
  options.execute.recall = &options.recall;
  if (argc > 2)
    code = command_usage (name, "one run at a time");
  else if (execute_check_options (name, &options.execute, &code))
    code = resume (program, name, argc == 2 ? argv[1] : NULL, &options);
  execute_options_clear (&options.execute);
  g_strfreev (options.retry);
  g_strfreev (options.skip);
  return code;
}

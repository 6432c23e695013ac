/* galley log: a run as its transcript.  SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/errors.h"
#include "cli/command.h"
#include "cli/past.h"
#include "cli/playback.h"
#include "store/runs.h"

#define FOLLOW_MS 100

typedef struct {
  gboolean follow, json, list_steps;
} LogOptions;

typedef struct {
  History    *history;
  char       *folder;
  const char *step;               /* NULL: all */
  gboolean    under_way;
} Choice;

static void
choice_clear (Choice *choice)
{
  g_clear_pointer (&choice->history, history_free);
  g_clear_pointer (&choice->folder, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Choice, choice_clear)

/* ---- which run, which step ----------------------------------------------- */

/* WORD is no run, says NO_RUN: it may be a step of the newest. */
static gboolean
choose_step_of_newest (Choice *choice, const char *word, const GError *no_run, GError **error)
{
  g_autoptr (GError) no_step = NULL;

  g_clear_pointer (&choice->folder, g_free);
  if ((choice->history = past_run (NULL, &choice->folder, &choice->under_way, error)) == NULL)
    return FALSE;
  choice->step = word;
  if (past_has_step (choice->history, word, &no_step))
    return TRUE;
  if (g_ascii_isdigit (*word))
    g_propagate_error (error, g_error_copy (no_run));
  else
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "no run begins with \"%s\", and %s", word, no_step->message);
  return FALSE;
}

static gboolean
choose (Choice *choice, const char *run, const char *step, GError **error)
{
  g_autoptr (GError) own = NULL;

  choice->history = past_run (run, &choice->folder, &choice->under_way, &own);
  if (choice->history == NULL && run != NULL && step == NULL && g_error_matches (own, GALLEY_ERROR, GALLEY_ERROR_USAGE))
    return choose_step_of_newest (choice, run, own, error);
  if (choice->history == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&own));
      return FALSE;
    }
  choice->step = step;
  return step == NULL || past_has_step (choice->history, step, error);
}

/* ---- showing it ---------------------------------------------------------- */

typedef struct {
  Playback *playback;
  GError   *error;                /* the first */
} Reader;

static void
on_event (gint64 number, const char *step, guint command, const char *json, gpointer user_data)
{
  Reader *reader = user_data;

  (void) command;
  if (reader->error == NULL)
    playback_event (reader->playback, number, step, json, &reader->error);
}

static gboolean
play_events (Playback *playback, const char *folder, GError **error)
{
  Reader reader = { playback, NULL };
  g_autoptr (GError) own = NULL;
  gboolean ok = history_events (folder, playback_number (playback), on_event, &reader, &own);

  if (reader.error != NULL)
    g_propagate_error (error, reader.error);
  else if (!ok)
    g_propagate_error (error, g_steal_pointer (&own));
  return ok && reader.error == NULL;
}

/* Who reads it may go away while there is nothing to write. */
static gboolean
wait_a_little (void)
{
  struct pollfd poller = { STDOUT_FILENO, 0, 0 };

  return poll (&poller, 1, FOLLOW_MS) <= 0;
}

static int
end_of_writing (int number)
{
  if (number == 0)
    return EXIT_OK;
  if (number == EPIPE)
    return EXIT_SIGNAL + SIGPIPE;         /* `galley log | head`: nothing to say to anybody */
  fprintf (stderr, "galley: cannot write the log: %s\n", g_strerror (number));
  return EXIT_STEP_FAILED;
}

/* Whether it is under way is asked first: after its end nothing is missed. */
static int
play (const Choice *choice, const LogOptions *options)
{
  PlaybackOptions how = { choice->folder, choice->step, options->json, isatty (STDOUT_FILENO) };
  g_autoptr (Playback) playback = playback_new (&how);
  g_autoptr (GError) error = NULL;
  gboolean go_on, ok;
  int number;

  do
    {
      go_on = options->follow && run_is_under_way (choice->folder);
      ok = play_events (playback, choice->folder, &error);
      if (go_on && ok)
        playback_output (playback);
      else
        playback_end (playback);
      if ((number = playback_flush (playback)) == 0 && go_on && ok && !wait_a_little ())
        number = EPIPE;
    }
  while (go_on && ok && number == 0);
  return ok ? end_of_writing (number) : command_fail (error);
}

/* ---- the command --------------------------------------------------------- */

static int
list_steps (const History *history)
{
  for (guint i = 0; i < history->steps->len; i++)
    command_print ("%s\n", ((HistoryStep *) history->steps->pdata[i])->id);
  return EXIT_OK;
}

int
command_log (const Program *program, const char *name, int argc, char **argv)
{
  LogOptions options = { 0 };
  const GOptionEntry entries[] = {
    { "follow", 'f', 0, G_OPTION_ARG_NONE, &options.follow, "Go on with what comes, until the run ends", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print events as JSON lines", NULL },
    { "list-steps", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options.list_steps, "Print the ids of its steps", NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_auto (Choice) choice = { NULL, NULL, NULL, FALSE };
  g_autoptr (GError) error = NULL;
  int code;

  (void) program;
  if (!command_parse (name, entries, NULL, &argc, &argv, &code))
    return code;
  if (argc > 3)
    return command_usage (name, "one run and one step at a time");
  if (!choose (&choice, argc > 1 ? argv[1] : NULL, argc > 2 ? argv[2] : NULL, &error))
    return command_fail (error);
  return options.list_steps ? list_steps (choice.history) : play (&choice, &options);
}

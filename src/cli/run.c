/* galley run and galley plan.  SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/strict-json.h"
#include "cli/question.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "engine/run.h"
#include "store/lock.h"

#define DEFAULT_JOBS 4
#define MAX_JOBS     64

typedef struct {
  SessionOptions session;
  int            jobs;
  gboolean       yes, quiet, verbose, debug;
  char          *transcript, *events;
} RunCommandOptions;

static void
options_clear (RunCommandOptions *options)
{
  session_options_clear (&options->session);
  g_clear_pointer (&options->transcript, g_free);
  g_clear_pointer (&options->events, g_free);
}

/* -vv comes as two -v. */
static gboolean
count_verbose (const char *name, const char *value, gpointer data, GError **error)
{
  RunCommandOptions *options = data;

  (void) name;
  (void) value;
  (void) error;
  options->debug = options->verbose;
  options->verbose = TRUE;
  return TRUE;
}

/* ---- reports ------------------------------------------------------------- */

/* "-" is stdout, a number an open descriptor, else a file. */
static int
open_report (const char *where, GError **error)
{
  char *end;
  long number = strtol (where, &end, 10);
  int fd;

  if (strcmp (where, "-") == 0)
    fd = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  else if (*where != '\0' && *end == '\0' && number >= 0)
    fd = fcntl ((int) number, F_DUPFD_CLOEXEC, 3);
  else
    fd = open (where, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd < 0)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "cannot write to \"%s\": %s", where, g_strerror (errno));
  return fd;
}

static gboolean
is_live_terminal (int fd)
{
  const char *term = g_getenv ("TERM");

  return isatty (fd) && term != NULL && strcmp (term, "dumb") != 0;
}

static gboolean
add_sinks (Reporter *reporter, const RunCommandOptions *options, int fd, GError **error)
{
  const char *no_color = g_getenv ("NO_COLOR");
  gboolean live = is_live_terminal (fd);
  Verbosity verbosity = options->quiet ? VERBOSITY_QUIET : options->debug ? VERBOSITY_DEBUG
                        : options->verbose ? VERBOSITY_VERBOSE : VERBOSITY_NORMAL;
  int report;

  reporter_add_sink (reporter, terminal_sink_new (fd, live, live && (no_color == NULL || *no_color == '\0'), verbosity));
  if (options->transcript != NULL)
    {
      if ((report = open_report (options->transcript, error)) < 0)
        return FALSE;
      reporter_add_sink (reporter, transcript_sink_new (report));
    }
  if (options->events != NULL)
    {
      if ((report = open_report (options->events, error)) < 0)
        return FALSE;
      reporter_add_sink (reporter, json_sink_new (report));
    }
  return TRUE;
}

/* ---- questions ----------------------------------------------------------- */

static RunOptions
run_options (const char *name, const RunCommandOptions *options, Questions *questions)
{
  RunOptions run = { .plan = strcmp (name, "plan") == 0, .jobs = (guint) options->jobs, .yes = options->yes };

  if (isatty (STDIN_FILENO) && isatty (STDERR_FILENO))
    {
      run.ask = questions_ask;
      run.ask_data = questions;
    }
  return run;
}

/* ---- tools --------------------------------------------------------------- */

static gboolean
find_tools (Toolbox *toolbox, const Session *session, Supervisor *supervisor, GError **error)
{
  session_add_tools (session, toolbox);
  if (!toolbox_check (toolbox, error))
    return FALSE;
  toolbox_ask_versions (toolbox, supervisor);
  return toolbox_check (toolbox, error);
}

/* ---- signals ------------------------------------------------------------- */

/* What a signal is for: the tools' versions are asked for, then the run. */
typedef struct {
  const Program *program;
  Supervisor    *supervisor;
  Reporter      *reporter;
  Toolbox       *toolbox;
  Run           *run;
  int            signal;
} Interrupt;

static void
on_signal (int signal, gpointer data)
{
  Interrupt *interrupt = data;

  if (interrupt->signal == 0)
    interrupt->signal = signal;
  if (interrupt->run != NULL)
    run_interrupt (interrupt->run, signal);
  else
    toolbox_cancel (interrupt->toolbox, signal);
}

/* Ctrl-Z: first the tools stop, then we do, and nobody's time runs. */
static void
on_stopping (gpointer data)
{
  Interrupt *interrupt = data;
  gint64 stood_us;

  reporter_flush (interrupt->reporter);
  supervisor_pause (interrupt->supervisor, TRUE);
  stood_us = signals_stop (interrupt->program);
  supervisor_pause (interrupt->supervisor, FALSE);
  if (interrupt->run != NULL)
    run_stood_still (interrupt->run, stood_us);
}

static int
execute (const RunParts *parts, const RunOptions *options, Interrupt *interrupt)
{
  g_autoptr (Run) run = run_new (parts, options);
  int code;

  if (options->ask_data != NULL)
    questions_for (options->ask_data, run);
  interrupt->run = run;
  code = run_execute (run);
  interrupt->run = NULL;
  return code;
}

/* ---- the command --------------------------------------------------------- */

/* The recipe's own lock; tools inherit it, so that what a dead galley left
 * running still holds it.  FALSE: *ERROR; *FD -1: there is none. */
static gboolean
take_lock (const Session *session, Supervisor *supervisor, int *fd, GError **error)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *since = g_date_time_format (now, "%F %T"), *name = NULL, *holder = NULL, *folder = NULL;
  g_autoptr (JsonNode) value = NULL;

  if (session->recipe->lock_template == NULL)
    return TRUE;
  value = scope_expand (session->scope, session->recipe->lock_template, NULL, error);
  if (value == NULL)
    return FALSE;
  name = strict_json_to_text (value);
  holder = g_strdup_printf ("run %s of \"%s\", pid %d, since %s", session->id, session->recipe->name, (int) getpid (), since);
  folder = g_canonicalize_filename ("../../locks", session->dir);
  *fd = lock_take (folder, name, holder, error);
  supervisor_pass_fd (supervisor, *fd);
  return *fd >= 0;
}

static int
run_session (const Program *program, const char *name, Session *session, const RunCommandOptions *options)
{
  g_autoptr (Questions) questions = questions_new ();
  RunOptions how = run_options (name, options, questions);
  g_autoptr (Masker) masker = masker_new ();
  g_autoptr (Reporter) reporter = reporter_new (masker);
  g_autoptr (Supervisor) supervisor = supervisor_new (NULL, program->ignored);
  g_autoptr (HostPool) hosts = session_hosts (session, supervisor);
  g_autoptr (Toolbox) toolbox = toolbox_new (program->helper_folder);
  g_autoptr (GError) error = NULL;
  RunParts parts = { session->recipe, session->scope, session->steps, session->id, session->dir, session->registry,
                     supervisor, hosts, toolbox, reporter, masker, (const char *const *) program->argv };
  Interrupt interrupt = { program, supervisor, reporter, toolbox, NULL, 0 };
  g_autoptr (Signals) signals = signals_watch (program, on_signal, &interrupt);
  int code, lock = -1;

  signals_watch_stop (signals, on_stopping);
  scope_set_masker (session->scope, masker);
  if ((!how.plan && !take_lock (session, supervisor, &lock, &error))
      || !find_tools (toolbox, session, supervisor, &error)
      || !add_sinks (reporter, options, how.plan ? STDOUT_FILENO : STDERR_FILENO, &error)
      || !session_make_folders (session, &error))
    return interrupt.signal != 0 ? EXIT_SIGNAL + interrupt.signal : command_fail (error);
  code = interrupt.signal != 0 ? EXIT_SIGNAL + interrupt.signal : execute (&parts, &how, &interrupt);
  session_remove_private (session);
  if (lock >= 0)
    close (lock);
  return code;
}

/* "-j4" as "--jobs=4": GOption knows only "-j 4".  The copies live as long
 * as the program. */
static void
spell_out_jobs (int argc, char **argv)
{
  for (int i = 1; i < argc && strcmp (argv[i], "--") != 0; i++)
    if (g_str_has_prefix (argv[i], "-j") && argv[i][2] != '\0')
      {
        g_autofree char *option = g_strdup_printf ("--jobs=%s", argv[i] + 2);
        argv[i] = (char *) g_intern_string (option);
      }
}

int
command_run (const Program *program, const char *name, int argc, char **argv)
{
  RunCommandOptions options = { .jobs = DEFAULT_JOBS };
  const int not_in_plan = strcmp (name, "plan") == 0 ? G_OPTION_FLAG_HIDDEN : 0;
  const GOptionEntry entries[] = {
    SESSION_OPTIONS (options.session),
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &options.jobs, "Steps to run at the same time (1 to 64; default 4)", "N" },
    { "yes", 'y', not_in_plan, G_OPTION_ARG_NONE, &options.yes, "Answer yes to every approval a step asks for", NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options.quiet, "Show failures only", NULL },
    { "verbose", 'v', G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, (gpointer) count_verbose,
      "Show the transcript: each command, its output, how it ended; -vv: checks and attempts too", NULL },
    { "transcript", 0, 0, G_OPTION_ARG_FILENAME, &options.transcript, "Write the transcript to FILE (\"-\": stdout)", "FILE" },
    { "events", 0, 0, G_OPTION_ARG_FILENAME, &options.events, "Write events as JSON lines to FILE or descriptor", "FILE|FD" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (Session) session = NULL;
  g_autoptr (GError) error = NULL;
  int code;

  spell_out_jobs (argc, argv);
  if (!command_parse (name, entries, &options, &argc, &argv, &code))
    return code;
  if (argc != 2)
    code = command_usage (name, argc < 2 ? "which recipe?" : "one recipe at a time");
  else if (options.jobs < 1 || options.jobs > MAX_JOBS)
    code = command_usage (name, "--jobs must be from 1 to %d", MAX_JOBS);
  else if ((session = session_new (program, argv[1], &options.session, &error)) == NULL)
    code = command_fail (error);
  else
    code = run_session (program, name, session, &options);
  options_clear (&options);
  return code;
}

/* SPDX-License-Identifier: MIT */
#include "cli/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/errors.h"
#include "cli/locks.h"
#include "cli/question.h"
#include "cli/recording.h"
#include "cli/signals.h"
#include "engine/recall.h"
#include "engine/run.h"
#include "store/record-sink.h"
#include "store/runs.h"

void
execute_options_clear (ExecuteOptions *options)
{
  session_options_clear (&options->session);
  g_clear_pointer (&options->transcript, g_free);
  g_clear_pointer (&options->events, g_free);
  g_clear_pointer (&options->record, g_free);
  g_clear_pointer (&options->replay, g_free);
  g_clear_pointer (&options->session.played, world_free);
}

gboolean
execute_open_replay (const Program *program, ExecuteOptions *options, const char *recipe, GError **error)
{
  if (options->replay == NULL)
    return TRUE;
  options->session.played = recording_play (program, options->replay, recipe, error);
  options->yes |= options->session.played != NULL && recording_said_yes (options->session.played);
  return options->session.played != NULL;
}

/* -vv comes as two -v. */
gboolean
execute_count_verbose (const char *name, const char *value, gpointer data, GError **error)
{
  ExecuteOptions *options = data;

  (void) name;
  (void) value;
  (void) error;
  options->debug = options->verbose;
  options->verbose = TRUE;
  return TRUE;
}

/* The copies live as long as the program. */
void
execute_spell_out_jobs (int argc, char **argv)
{
  for (int i = 1; i < argc && strcmp (argv[i], "--") != 0; i++)
    if (g_str_has_prefix (argv[i], "-j") && argv[i][2] != '\0')
      {
        g_autofree char *option = g_strdup_printf ("--jobs=%s", argv[i] + 2);
        argv[i] = (char *) g_intern_string (option);
      }
}

gboolean
execute_check_options (const char *name, const ExecuteOptions *options, int *code)
{
  if (options->jobs < 1 || options->jobs > MAX_JOBS)
    *code = command_usage (name, "--jobs must be from 1 to %d", MAX_JOBS);
  else if (options->record != NULL && options->replay != NULL)
    *code = command_usage (name, "what is replayed cannot be recorded");
  else
    return TRUE;
  return FALSE;
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
add_sinks (Reporter *reporter, const ExecuteOptions *options, int fd, GError **error)
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

static void
be_killed (void)
{
  raise (SIGKILL);
}

static RunOptions
run_options (const char *name, const ExecuteOptions *options, Questions *questions)
{
  RunOptions run = { .plan = strcmp (name, "plan") == 0, .jobs = (guint) options->jobs, .yes = options->yes, .be_killed = be_killed };

  if (isatty (STDIN_FILENO) && isatty (STDERR_FILENO))
    {
      run.ask = questions_ask;
      run.ask_data = questions;
    }
  return run;
}

/* ---- tools --------------------------------------------------------------- */

static gboolean
find_tools (Toolbox *toolbox, const Session *session, gboolean strict, GError **error)
{
  session_add_tools (session, toolbox);
  if (!toolbox_check (toolbox, error))
    return FALSE;
  toolbox_ask_versions (toolbox);
  return toolbox_check (toolbox, error) && (!strict || toolbox_be_strict (toolbox, error));
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

/* ---- a run that is resumed ------------------------------------------------ */

/* What the run left behind may still hold its lock; with another one it would
 * not be waited for. */
static gboolean
check_lock (const Session *session, const History *history, const RecallOptions *options, GError **error)
{
  g_autofree char *lock = locks_name (session, error);

  if (lock == NULL)
    return FALSE;
  if (options->accept_changes || history_is_played (history) || strcmp (lock, history->lock) == 0)
    return TRUE;
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION,
               "run %s had the lock \"%s\", and would now have \"%s\": set AWS_PROFILE and AWS_ACCESS_KEY_ID as they were, "
               "or go on with --accept-changes", history->id, history->lock, lock);
  return FALSE;
}

/* Read anew: the lock is ours now, so nothing of it changes any more. */
static gboolean
recall_session (Session *session, Toolbox *toolbox, const ExecuteOptions *options, GPtrArray *notices, GError **error)
{
  g_autoptr (History) history = NULL;

  if (options->recall == NULL)
    return TRUE;
  history = history_read (session->dir, error);
  if (history == NULL)
    return FALSE;
  toolbox_recall (toolbox, history->tools);
  return recall (session->scope, session->steps, history, options->recall, notices, error)
         && check_lock (session, history, options->recall, error);
}

/* ---- the record ---------------------------------------------------------- */

/* What the run holds while it is under way. */
typedef struct {
  Record *record;
  int     lock, alive;            /* descriptors; -1 */
} Holdings;

static void
holdings_clear (Holdings *holdings)
{
  g_clear_pointer (&holdings->record, record_free);
  if (holdings->alive >= 0)
    close (holdings->alive);
  if (holdings->lock >= 0)
    close (holdings->lock);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Holdings, holdings_clear)

static Record *
new_record (const Session *session, GError **error)
{
  g_autofree char *lock = locks_name (session, NULL), *file = g_canonicalize_filename (session->recipe->file, NULL);
  gboolean is_stdin = strcmp (session->recipe->file, "-") == 0;
  RecordHead head = { session->id, session->recipe->name, is_stdin ? "-" : file, session->recipe->dir, lock };

  return record_create (session->dir, &head, error);
}

/* Only who holds the run touches what is in its folder.  What a galley that
 * was killed left in its private one is in the way. */
static gboolean
begin_record (const char *name, Session *session, const ExecuteOptions *options, World *world, Holdings *holdings,
              GError **error)
{
  g_autofree char *command = g_strconcat (name, options->replay != NULL ? HISTORY_PLAYED : "", NULL);

  if (!(options->recall == NULL ? session_reserve (session, error) : session_make_folder (session, error))
      || (holdings->alive = run_begin (session->dir, error)) < 0)
    return FALSE;
  run_remove_private (session->dir);
  if (!session_make_folders (session, error))
    return FALSE;
  run_empty_private (session->dir);
  holdings->record = options->recall == NULL ? new_record (session, error) : record_open (session->dir, error);
  if (holdings->record == NULL)
    return FALSE;
  record_set_clock (holdings->record, world_clock (world));
  record_begin_session (holdings->record, command);
  return TRUE;
}

/* ---- the run ------------------------------------------------------------- */

static gboolean
take_lock (const Session *session, const ExecuteOptions *options, Supervisor *supervisor, const int *signal, int *fd,
           GError **error)
{
  if (options->replay != NULL)    /* it does nothing that another run could be in the way of */
    return TRUE;
  *fd = locks_take (session, options->wait, signal, error);
  supervisor_pass_fd (supervisor, *fd);
  return *fd >= 0;
}

/* Of a plan nothing stays; after a run there is room for the next.  What is old
 * is known by the clock that BEGAN_US is of: one that jumped since ages nothing. */
static void
tidy_up (const Session *session, gboolean plan, gint64 began_us)
{
  if (plan)
    {
      session_remove_folders (session);
      return;
    }
  run_remove_private (session->dir);
  runs_prune (session->id, began_us);
}

static void
add_doubt (GPtrArray *notices, gboolean plan)
{
  char *doubt = plan ? NULL : runs_doubt ();

  if (doubt != NULL)
    g_ptr_array_add (notices, doubt);
}

static void
add_replay (GPtrArray *notices, const World *world, const char *file)
{
  g_autoptr (GDateTime) made = NULL;
  g_autofree char *day = NULL;

  if (file == NULL)
    return;
  made = g_date_time_new_from_unix_utc (recording_int (world_recording (world)->head, "time_us") / G_USEC_PER_SEC);
  day = made != NULL ? g_date_time_format (made, "%Y-%m-%d") : NULL;
  g_ptr_array_add (notices, g_strdup_printf ("replayed from \"%s\", recorded on %s: no tool runs, nothing is done, waits take no time",
                                             file, day != NULL ? day : "an unknown day"));
}

static void
tell_notices (Reporter *reporter, GPtrArray *notices)
{
  for (guint i = 0; i < notices->len; i++)
    reporter_emit (reporter, &(Event) { .kind = EVENT_WARNING, .text = notices->pdata[i] });
}

/* First the recording, so that it hears of all secrets; then they are told. */
static gboolean
enter_world (const Program *program, const char *name, const Session *session, const ExecuteOptions *options, World *world,
             HostPool *hosts, Reporter *reporter, Masker *masker, GError **error)
{
  if (options->record != NULL && !recording_begin (world, program, name, options->yes, options->record, session, masker, error))
    return FALSE;
  if (options->replay != NULL)
    recording_add_places (world, program, session);
  if (world_is_watched (world))
    host_pool_watch (hosts, world_clock (world));
  reporter_set_clock (reporter, world_clock (world));
  scope_set_masker (session->scope, masker);
  scope_set_world (session->scope, world);
  return TRUE;
}

/* What went well without asking for all that was recorded is another recipe. */
static void
tell_of_replay (Reporter *reporter, const World *world, const char *name, int code)
{
  const Recording *recording = world_recording (world);
  g_autofree char *left = NULL;

  if (recording == NULL || (code != EXIT_OK && code != EXIT_PLAN_CHANGES)
      || g_strcmp0 (recording_text (recording->head, "command"), name) != 0)
    return;
  left = world_left (world);
  if (left != NULL)
    reporter_emit (reporter, &(Event) { .kind = EVENT_WARNING, .text = left });
}

static void
tell_of_recording (Reporter *reporter, World *world, const ExecuteOptions *options)
{
  g_autofree char *problem = world_end_recording (world), *text = NULL;

  if (problem == NULL)
    return;
  text = g_strdup_printf ("the recording \"%s\" is not whole: %s", options->record, problem);
  reporter_emit (reporter, &(Event) { .kind = EVENT_WARNING, .text = text });
}

int
execute_session (const Program *program, const char *name, Session *session, const ExecuteOptions *options)
{
  g_autoptr (Questions) questions = questions_new ();
  RunOptions how = run_options (name, options, questions);
  g_autoptr (Masker) masker = masker_new ();
  g_auto (Holdings) holdings = { NULL, -1, -1 };
  g_autoptr (Reporter) reporter = reporter_new (masker);
  g_autoptr (Supervisor) supervisor = supervisor_new (NULL, program->ignored);
  g_autoptr (World) live = options->session.played == NULL ? world_new_live (supervisor) : NULL;
  World *world = live != NULL ? live : options->session.played;
  g_autoptr (HostPool) hosts = session_hosts (session, supervisor);
  g_autoptr (Toolbox) toolbox = toolbox_new (program->helper_folder, world);
  g_autoptr (GPtrArray) notices = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  RunParts parts = { session->recipe, session->scope, session->steps, session->id, session->dir, session->registry,
                     world, hosts, toolbox, reporter, masker, (const char *const *) program->argv, NULL };
  Interrupt interrupt = { program, supervisor, reporter, toolbox, NULL, 0 };
  g_autoptr (Signals) signals = signals_watch (program, on_signal, &interrupt);
  gint64 began_us = g_get_real_time ();
  int code;

  signals_watch_stop (signals, on_stopping);
  if (!enter_world (program, name, session, options, world, hosts, reporter, masker, &error))
    return command_fail (error);
  if ((!how.plan && !take_lock (session, options, supervisor, &interrupt.signal, &holdings.lock, &error))
      || !recall_session (session, toolbox, options, notices, &error)
      || !find_tools (toolbox, session, options->strict, &error)
      || !add_sinks (reporter, options, how.plan ? STDOUT_FILENO : STDERR_FILENO, &error)
      || (how.plan ? !session_make_folders (session, &error) : !begin_record (name, session, options, world, &holdings, &error)))
    return interrupt.signal != 0 ? EXIT_SIGNAL + interrupt.signal : command_fail (error);
  recording_add_run (world, session);
  parts.record = holdings.record;
  if (parts.record != NULL)
    reporter_add_sink (reporter, record_sink_new (parts.record));
  toolbox_add_notices (toolbox, notices);
  add_doubt (notices, how.plan);
  add_replay (notices, world, options->replay);
  tell_notices (reporter, notices);
  code = interrupt.signal != 0 ? EXIT_SIGNAL + interrupt.signal : execute (&parts, &how, &interrupt);
  tell_of_recording (reporter, world, options);
  tell_of_replay (reporter, world, name, code);
  tidy_up (session, how.plan, began_us);
  return code;
}

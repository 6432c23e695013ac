/* SPDX-License-Identifier: MIT */
#include "proc/inside.h"

#include <errno.h>
#include <glib-unix.h>

#define BUSY_TRIES 10                   /* ETXTBSY */
#define BUSY_TIME  (20 * MS)
#define FORK_TRIES 5                    /* EAGAIN, ENOMEM */
#define FORK_TIME  (100 * MS)           /* doubles */
#define POLL_TIME  (10 * MS)            /* for a kernel without pidfd */

/* ---- the beginning --------------------------------------------------- */

static char **
full_environment (Process *process)
{
  char **env = process->command->env;
  GPtrArray *all = g_ptr_array_new ();

  g_ptr_array_add (all, kin_cookie (process->supervisor->kin, process->number));
  for (guint i = 0; env != NULL && env[i] != NULL; i++)
    if (!g_str_has_prefix (env[i], KIN_VARIABLE "="))
      g_ptr_array_add (all, g_strdup (env[i]));
  g_ptr_array_add (all, NULL);
  return (char **) g_ptr_array_free (all, FALSE);
}

/* STARTED: on a busy machine the tool runs long before spawn returns. */
static void
begin (Process *process, const Spawned *spawned, gint64 started)
{
  const Command *command = process->command;
  gint64 clock = supervisor_clock (process->supervisor);

  process->pid = spawned->pid;
  process->pidfd = spawned->pidfd;
  if (process->pidfd >= 0)
    process->pidfd_tag = g_source_add_unix_fd (process->source, process->pidfd, G_IO_IN);
  streams_watch (process, spawned);
  process->started = started;
  if (command->timeout_ms > 0)
    process->timeout_at = clock + from_ms (command->timeout_ms);
  if (command->idle_timeout_ms > 0)
    process->idle_at = clock + from_ms (command->idle_timeout_ms);
}

/* What may pass is tried again, from the main loop. */
static gboolean
may_pass (Process *process)
{
  const SpawnFailure *failure = &process->failure;
  gint64 now = g_get_monotonic_time ();

  if (failure->stage == SPAWN_EXEC && failure->error_number == ETXTBSY) {
    process->retry_at = now + BUSY_TIME;
    return ++process->busy_tries < BUSY_TRIES;
  }
  if (failure->stage == SPAWN_FORK
      && (failure->error_number == EAGAIN || failure->error_number == ENOMEM)) {
    process->retry_at = now + (FORK_TIME << process->fork_tries);
    return process->fork_tries++ < FORK_TRIES;
  }
  return FALSE;
}

static gboolean
is_complete (const Command *command)
{
  return command->path != NULL && g_path_is_absolute (command->path)
         && command->argv != NULL && command->argv[0] != NULL
         && (command->cwd == NULL || g_path_is_absolute (command->cwd));
}

static void
try_start (Process *process)
{
  Supervisor *supervisor = process->supervisor;
  const Command *command = process->command;
  gboolean background = (command->flags & COMMAND_BACKGROUND) != 0;
  SpawnRequest request = {
    .path = command->path, .argv = command->argv, .env = process->env, .cwd = command->cwd,
    .null_fd = supervisor->null_fd, .has_input = command->stdin_data != NULL,
    .passed_fd = background ? -1 : supervisor->passed_fd,
    .mask = &supervisor->mask, .ignored = supervisor->ignored, .stack = supervisor->stack,
  };
  gint64 now = g_get_monotonic_time ();
  Spawned spawned;

  process->retry_at = 0;
  process->failure = (SpawnFailure) { SPAWN_EXEC, EINVAL };
  if (is_complete (command) && spawn (&request, &spawned, &process->failure)) {
    kin_lead (supervisor->kin, process->number, spawned.pid);
    begin (process, &spawned, now);
  } else {
    process->failed = !may_pass (process);
  }
}

/* ---- its life -------------------------------------------------------- */

static void
run_limits (Process *process, gint64 now)
{
  gint64 clock = supervisor_clock (process->supervisor);

  if (process->ended_by != 0) {
    if (process->killed_at == 0 && now >= process->grace_until)
      ending_kill (process);
  } else if (process->timeout_at != 0 && clock >= process->timeout_at) {
    ending_begin (process, PROCESS_TIMED_OUT, SIGTERM);
  } else if (process->idle_at != 0 && clock >= process->idle_at) {
    process->idle = TRUE;
    ending_begin (process, PROCESS_TIMED_OUT, SIGTERM);
  }
}

static gboolean
will_never_run (const Process *process)
{
  return process->failed || (process->pid == 0 && process->ended_by != 0);
}

/* SIGKILL, and still there: it hangs in the kernel.  We do not with it. */
static gint64
beyond_help_at (const Process *process)
{
  return process->killed_at + 2 * KILL_TIME;
}

static gboolean
turn_of_running (Process *process)
{
  gint64 now;

  streams_pump (process);
  streams_read (process);
  if (!process->gone) {
    ending_look (process);
    if (process->gone)
      streams_read (process);
  }
  now = g_get_monotonic_time ();
  if (process->file_at != 0 && now >= process->file_at)
    streams_file (process);
  if (process->gone)
    return ending_wind_up (process, now);
  run_limits (process, now);
  if (process->killed_at == 0 || now < beyond_help_at (process))
    return FALSE;
  process->survivors = 1;
  streams_stop (process);
  return TRUE;
}

/* TRUE: it is over. */
static gboolean
turn (Process *process)
{
  if (will_never_run (process))
    return TRUE;
  if (process->pid != 0)
    return turn_of_running (process);
  if (process->supervisor->paused_at == 0 && g_get_monotonic_time () >= process->retry_at)
    try_start (process);
  return process->failed;
}

/* ---- when to look again ---------------------------------------------- */

static void
sooner (gint64 *at, gint64 other)
{
  if (*at < 0 || other < *at)
    *at = other;
}

static void
sooner_limit (const Process *process, gint64 *at, gint64 limit)
{
  const Supervisor *supervisor = process->supervisor;

  if (limit != 0 && supervisor->paused_at == 0)
    sooner (at, limit + supervisor->paused_time);
}

static gint64
next_turn_of_gone (const Process *process)
{
  gboolean sweeping = process->sweep != SWEEP_NOT && process->sweep != SWEEP_DONE;
  gint64 at = -1;

  if (sweeping)
    sooner (&at, process->sweep_next);
  else if (streams_open (process))
    sooner (&at, process->drain_until);
  return at;
}

static gint64
next_turn_of_running (const Process *process)
{
  gint64 at = -1;

  if (process->pidfd < 0)
    sooner (&at, g_get_monotonic_time () + POLL_TIME);
  if (process->killed_at != 0) {
    sooner (&at, beyond_help_at (process));
  } else if (process->ended_by != 0) {
    sooner (&at, process->grace_until);
  } else {
    sooner_limit (process, &at, process->timeout_at);
    sooner_limit (process, &at, process->idle_at);
  }
  return at;
}

static gint64
next_turn (const Process *process)
{
  gint64 at;

  if (will_never_run (process))
    return 0;
  if (process->pid == 0)
    return process->supervisor->paused_at != 0 ? -1 : process->retry_at;
  at = process->gone ? next_turn_of_gone (process) : next_turn_of_running (process);
  if (process->file_at != 0)
    sooner (&at, process->file_at);
  return at;
}

void
process_rearm (Process *process)
{
  g_source_set_ready_time (process->source, next_turn (process));
}

/* ---- the end --------------------------------------------------------- */

void
process_free (Process *process)
{
  watched_close (process, &process->pidfd, &process->pidfd_tag);
  streams_close (process);
  for (int i = 0; i < 2; i++)
    capture_clear (&process->streams[i].capture);
  g_source_destroy (process->source);
  g_source_unref (process->source);
  g_clear_pointer (&process->told, g_hash_table_unref);
  g_strfreev (process->env);
  command_free (process->command);
  g_free (process);
}

void
process_leave (Process *process)
{
  Supervisor *supervisor = process->supervisor;
  gboolean background = (process->command->flags & COMMAND_BACKGROUND) != 0;

  kin_end (supervisor->kin, process->number, background && process->ended_by == 0);
  g_ptr_array_remove_fast (supervisor->processes, process);
}

static void
finish (Process *process)
{
  ProcessResult result;

  outcome_fill (process, &result);
  process_leave (process);
  process->handlers.ended (process, &result, process->user_data);
  outcome_clear (&result);
  process_free (process);
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  Process *process = ((OwnedSource *) source)->owner;

  if (turn (process)) {
    finish (process);
    return G_SOURCE_REMOVE;
  }
  process_rearm (process);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { .dispatch = dispatch };

/* ---- told to end ----------------------------------------------------- */

static void
cancel (Process *process, int number)
{
  ending_look (process);
  process->cancels++;
  if (process->gone && process->ended_by == 0)
    process->drain_until = 0;           /* over already, but for its output */
  else if (process->ended_by == 0)
    ending_begin (process, PROCESS_CANCELLED, number != 0 ? number : SIGTERM);
  if (process->cancels > 1)
    ending_kill (process);
  process_rearm (process);
}

static void
kill_now (Process *process)
{
  ending_look (process);
  if (!process->gone && process->ended_by == 0)
    process->ended_by = PROCESS_CANCELLED;
  process->drain_until = 0;
  ending_kill (process);
  process_rearm (process);
}

static const ProcessKind live_kind = { cancel, kill_now };

/* ---- for others ------------------------------------------------------ */

Process *
process_start (Supervisor *supervisor, Command *command, const ProcessHandlers *handlers,
               gpointer user_data)
{
  Process *process = g_new0 (Process, 1);

  process->kind = &live_kind;
  process->supervisor = supervisor;
  process->command = command;
  process->handlers = *handlers;
  process->user_data = user_data;
  process->pidfd = process->in = -1;
  process->number = kin_begin (supervisor->kin);
  process->env = full_environment (process);
  streams_init (process);
  process->source = g_source_new (&source_funcs, sizeof (OwnedSource));
  ((OwnedSource *) process->source)->owner = process;
  supervisor_enter (supervisor, process);
  if (supervisor->paused_at == 0)
    try_start (process);
  process_rearm (process);
  g_source_attach (process->source, supervisor->context);
  return process;
}

void
process_cancel (Process *process, int number)
{
  process->kind->cancel (process, number);
}

void
process_kill (Process *process)
{
  process->kind->kill (process);
}

pid_t
process_pid (Process *process)
{
  return process->pid;
}

const Command *
process_command (Process *process)
{
  return process->command;
}

/* SPDX-License-Identifier: MIT */
#include "proc/process.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/capture.h"
#include "proc/kin.h"
#include "proc/spawn.h"

#define MS                 1000                     /* times are in microseconds */
#define GRACE_MS           30000
#define DRAIN_TIME         (2000 * MS)              /* output after the tool's own end */
#define BUSY_TRIES         10                       /* ETXTBSY */
#define BUSY_TIME          (20 * MS)
#define FORK_TRIES         5                        /* EAGAIN, ENOMEM */
#define FORK_TIME          (100 * MS)               /* doubles */
#define STRAY_PATIENCE     (100 * MS)               /* to end by itself, after the tool */
#define STRAY_GRACE        (500 * MS)               /* SIGTERM to SIGKILL */
#define KILL_TIME          (5000 * MS)              /* SIGKILL to giving up */
#define SWEEP_FIRST        (1 * MS)                 /* doubles */
#define SWEEP_MAX          (32 * MS)
#define POLL_TIME          (10 * MS)                /* without pidfd */
#define REAP_TIME          (1000 * MS)
#define SCRATCH_SIZE       ((gsize) 256 * 1024)
#define TURN_SIZE          ((gsize) 512 * 1024)     /* read from one stream before others get a turn */
#define PIPE_SIZE          (1024 * 1024)            /* of a stream that has much to say */

typedef struct {
  GSource  base;
  gpointer owner;
} OwnedSource;

struct _Supervisor {
  GMainContext *context;
  GPtrArray    *processes;      /* that run */
  Kin          *kin;
  GSource      *reaper;
  sigset_t      mask;
  guint64       ignored;
  int           null_fd;
  void         *stack;
  char         *scratch;
  gint64        paused_at;      /* 0: not */
  gint64        paused_time;    /* sum of the pauses that are over */
};

typedef struct {
  Process *process;
  int      fd;                  /* -1: at its end, or closed by us */
  gpointer tag;
  gboolean large;
  Capture  capture;
} Stream;

typedef enum {
  SWEEP_NOT = 0,                /* the tool lives, or its output is read */
  SWEEP_WAIT,                   /* for strays to end by themselves */
  SWEEP_TERM,                   /* SIGTERM was sent */
  SWEEP_KILL,
  SWEEP_DONE,
} SweepPhase;

struct _Process {
  Supervisor      *supervisor;
  Command         *command;
  ProcessHandlers  handlers;
  gpointer         user_data;
  GSource         *source;
  guint64          number;      /* for Kin */
  char           **env;

  pid_t            pid;         /* 0: not started */
  int              pidfd;
  gpointer         pidfd_tag;
  int              in;
  gpointer         in_tag;
  gsize            in_sent;
  Stream           streams[2];

  guint            busy_tries, fork_tries;
  gint64           retry_at;
  gboolean         failed;      /* will never start */
  SpawnFailure     failure;

  gint64           started, ended;       /* monotonic */
  gint64           timeout_at, idle_at;  /* supervisor's clock; 0: none */
  gboolean         gone;        /* the tool has ended; not reaped until it is swept up */
  gboolean         lost;        /* ... and somebody else has reaped it */
  gint64           drain_until;
  gboolean         held_open;

  ProcessHow       ended_by;    /* TIMED_OUT, CANCELLED; 0: by itself */
  gboolean         idle;
  int              signal;      /* the last we sent */
  guint            cancels;
  gint64           grace_until;
  gint64           killed_at;   /* 0: no SIGKILL yet */

  SweepPhase       sweep;
  gint64           sweep_until, sweep_next, sweep_interval;
  GHashTable      *told;        /* strays that got a signal */
  guint            survivors;
};

G_DEFINE_QUARK (galley-process-error, process_error)

static char *
duration_format (gint64 ms)     /* until base/text has it */
{
  if (ms < 1000)
    return g_strdup_printf ("%d ms", (int) ms);
  if (ms < 60000)
    return g_strdup_printf ("%.1f s", (double) ms / 1000);
  return g_strdup_printf ("%dm %02ds", (int) (ms / 60000), (int) (ms / 1000 % 60));
}

static gint64
now_us (void)
{
  return g_get_monotonic_time ();
}

/* Stands still during a pause. */
static gint64
supervisor_clock (const Supervisor *supervisor)
{
  gint64 now = supervisor->paused_at != 0 ? supervisor->paused_at : now_us ();

  return now - supervisor->paused_time;
}

/* What it leaves behind may live on; not when we end it ourselves. */
static gboolean
is_background (const Process *process)
{
  return (process->command->flags & COMMAND_BACKGROUND) != 0 && process->ended_by == 0;
}

/* ---- signals --------------------------------------------------------- */

/* The tool's whole group.  Its number cannot be another's: until the sweep
 * is over the tool is not reaped, be it dead or alive. */
static void
signal_group (Process *process, int number)
{
  if (process->pid > 0 && !process->lost)
    kill (-process->pid, number);
}

static void
kill_tree (Process *process)
{
  if (process->pid == 0)
    return;
  if (process->killed_at == 0)
    process->killed_at = now_us ();
  process->signal = SIGKILL;
  kin_remember (process->supervisor->kin, process->number, process->pid);
  signal_group (process, SIGKILL);
  if (process->gone && process->sweep != SWEEP_DONE) {
    process->sweep = SWEEP_KILL;
    process->sweep_until = process->killed_at + KILL_TIME;
    process->sweep_next = 0;
  }
}

static void
end_tree (Process *process, ProcessHow how, int number)
{
  gint64 grace = process->command->grace_ms != 0 ? process->command->grace_ms : GRACE_MS;

  process->ended_by = how;
  if (number == SIGKILL) {
    kill_tree (process);
    return;
  }
  if (process->pid == 0)
    return;
  process->signal = number;
  process->grace_until = now_us () + grace * MS;
  kin_remember (process->supervisor->kin, process->number, process->pid);
  signal_group (process, number);
  signal_group (process, SIGCONT);
}

/* ---- descriptors ----------------------------------------------------- */

static void
close_watched (Process *process, int *fd, gpointer *tag)
{
  if (*tag != NULL)
    g_source_remove_unix_fd (process->source, *tag);
  *tag = NULL;
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

static void
pump_input (Process *process)
{
  gsize size;
  const char *data;

  if (process->in < 0)
    return;
  data = g_bytes_get_data (process->command->stdin_data, &size);
  while (process->in_sent < size) {
    ssize_t n = write (process->in, data + process->in_sent, size - process->in_sent);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return;
    if (n < 0)                          /* EPIPE: it does not want more */
      break;
    process->in_sent += (gsize) n;
  }
  close_watched (process, &process->in, &process->in_tag);
}

static void
take_output (Stream *stream, const char *data, gsize len)
{
  Process *process = stream->process;

  if (process->command->idle_timeout_ms > 0)
    process->idle_at = supervisor_clock (process->supervisor)
                       + process->command->idle_timeout_ms * MS;
  capture_add (&stream->capture, data, len);
  if (process->handlers.output != NULL)
    process->handlers.output (process, stream == &process->streams[PROCESS_STDERR]
                              ? PROCESS_STDERR : PROCESS_STDOUT, data, len, process->user_data);
}

static void
read_stream (Stream *stream)
{
  char *scratch = stream->process->supervisor->scratch;
  gsize taken = 0;

  while (stream->fd >= 0 && taken < TURN_SIZE) {
    ssize_t n = read (stream->fd, scratch, SCRATCH_SIZE);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return;
    if (n <= 0) {
      close_watched (stream->process, &stream->fd, &stream->tag);
      return;
    }
    if (!stream->large && n >= 64 * 1024) {
      stream->large = TRUE;
      fcntl (stream->fd, F_SETPIPE_SZ, PIPE_SIZE);
    }
    taken += (gsize) n;
    take_output (stream, scratch, (gsize) n);
  }
}

static void
read_streams (Process *process)
{
  read_stream (&process->streams[PROCESS_STDOUT]);
  read_stream (&process->streams[PROCESS_STDERR]);
}

static gboolean
output_open (const Process *process)
{
  return process->streams[PROCESS_STDOUT].fd >= 0 || process->streams[PROCESS_STDERR].fd >= 0;
}

static void
stop_reading (Process *process)
{
  read_streams (process);
  process->held_open = process->held_open || output_open (process);
  for (int i = 0; i < 2; i++)
    close_watched (process, &process->streams[i].fd, &process->streams[i].tag);
}

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

static void
watch (Process *process, const Spawned *spawned)
{
  int fds[2] = { spawned->out, spawned->err };

  process->pid = spawned->pid;
  process->pidfd = spawned->pidfd;
  process->in = spawned->in;
  if (process->pidfd >= 0)
    process->pidfd_tag = g_source_add_unix_fd (process->source, process->pidfd, G_IO_IN);
  if (process->in >= 0)
    process->in_tag = g_source_add_unix_fd (process->source, process->in, G_IO_OUT | G_IO_ERR);
  for (int i = 0; i < 2; i++) {
    process->streams[i].fd = fds[i];
    process->streams[i].tag = g_source_add_unix_fd (process->source, fds[i], G_IO_IN | G_IO_HUP);
  }
}

static void
begin_clocks (Process *process)
{
  const Command *command = process->command;
  gint64 clock = supervisor_clock (process->supervisor);

  process->started = now_us ();
  if (command->timeout_ms > 0)
    process->timeout_at = clock + command->timeout_ms * MS;
  if (command->idle_timeout_ms > 0)
    process->idle_at = clock + command->idle_timeout_ms * MS;
}

/* What may pass is tried again, from the main loop. */
static gboolean
may_pass (Process *process, const SpawnFailure *failure)
{
  if (failure->stage == SPAWN_EXEC && failure->error_number == ETXTBSY) {
    process->retry_at = now_us () + BUSY_TIME;
    return ++process->busy_tries < BUSY_TRIES;
  }
  if (failure->stage == SPAWN_FORK
      && (failure->error_number == EAGAIN || failure->error_number == ENOMEM)) {
    process->retry_at = now_us () + (FORK_TIME << process->fork_tries);
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
  SpawnRequest request = {
    .path = command->path, .argv = command->argv, .env = process->env, .cwd = command->cwd,
    .null_fd = supervisor->null_fd, .has_input = command->stdin_data != NULL, .passed_fd = -1,
    .mask = &supervisor->mask, .ignored = supervisor->ignored, .stack = supervisor->stack,
  };
  Spawned spawned;

  process->retry_at = 0;
  process->failure = (SpawnFailure) { SPAWN_EXEC, EINVAL };
  if (!is_complete (command)) {
    process->failed = TRUE;
  } else if (spawn (&request, &spawned, &process->failure)) {
    kin_lead (supervisor->kin, process->number, spawned.pid);
    watch (process, &spawned);
    begin_clocks (process);
    if (supervisor->paused_at != 0)
      signal_group (process, SIGSTOP);
  } else if (!may_pass (process, &process->failure)) {
    process->failed = TRUE;
  }
}

/* ---- the end --------------------------------------------------------- */

/* Look whether the tool has ended, without reaping it. */
static void
look (Process *process)
{
  siginfo_t info = { 0 };
  int r;

  if (process->gone || process->pid == 0)
    return;
  do
    r = waitid (P_PID, (id_t) process->pid, &info, WEXITED | WNOWAIT | WNOHANG);
  while (r < 0 && errno == EINTR);
  if (r == 0 && info.si_pid == 0)
    return;
  process->gone = TRUE;
  process->lost = r < 0;
  process->ended = now_us ();
  process->drain_until = process->ended + DRAIN_TIME;
  close_watched (process, &process->pidfd, &process->pidfd_tag);
  close_watched (process, &process->in, &process->in_tag);
}

static void
begin_sweep (Process *process, gint64 now)
{
  process->sweep_interval = SWEEP_FIRST;
  process->sweep_next = 0;
  if (process->killed_at != 0) {
    process->sweep = SWEEP_KILL;
    process->sweep_until = process->killed_at + KILL_TIME;
  } else if (process->ended_by != 0) {
    process->sweep = SWEEP_TERM;        /* the group has its signal, and its time */
    process->sweep_until = process->grace_until;
  } else {
    process->sweep = SWEEP_WAIT;
    process->sweep_until = now + STRAY_PATIENCE;
  }
  if (is_background (process))
    process->sweep = SWEEP_DONE;
}

static void
tell_stray (Process *process, const ProcessStat *stray, int number)
{
  if (process->told == NULL)
    process->told = g_hash_table_new (NULL, NULL);
  if (!g_hash_table_add (process->told, GINT_TO_POINTER (stray->pid)) && number != SIGKILL)
    return;
  kin_remember (process->supervisor->kin, process->number, stray->pid);
  /* Our child, not reaped: the number is its own, as a group's too. */
  if (number == SIGKILL && stray->group == stray->pid)
    kill (-stray->pid, SIGKILL);
  kill (stray->pid, number);
  if (number != SIGKILL)
    kill (stray->pid, SIGCONT);
}

static void
tell_strays (Process *process, GArray *strays, int number)
{
  for (guint i = 0; i < strays->len; i++)
    tell_stray (process, &g_array_index (strays, ProcessStat, i), number);
}

static void
next_phase (Process *process, gint64 now)
{
  if (now < process->sweep_until)
    return;
  if (process->sweep == SWEEP_WAIT) {
    process->sweep = SWEEP_TERM;
    process->sweep_until = now + STRAY_GRACE;
  } else if (process->sweep == SWEEP_TERM) {
    process->sweep = SWEEP_KILL;
    process->sweep_until = now + KILL_TIME;
  }
}

static void
sweep_step (Process *process, gint64 now)
{
  g_autoptr (GArray) strays = NULL;

  if (process->sweep == SWEEP_DONE || now < process->sweep_next)
    return;
  strays = kin_strays (process->supervisor->kin, process->number);
  if (strays->len == 0) {
    process->sweep = SWEEP_DONE;
    return;
  }
  next_phase (process, now);
  if (process->sweep == SWEEP_KILL) {
    signal_group (process, SIGKILL);
    tell_strays (process, strays, SIGKILL);
  } else if (process->sweep == SWEEP_TERM && process->ended_by == 0) {
    tell_strays (process, strays, SIGTERM);
  }
  if (process->sweep == SWEEP_KILL && now >= process->sweep_until) {
    process->survivors = strays->len;
    process->sweep = SWEEP_DONE;
  }
  process->sweep_next = now + process->sweep_interval;
  process->sweep_interval = MIN (process->sweep_interval * 2, SWEEP_MAX);
}

static void
run_limits (Process *process, gint64 now)
{
  gint64 clock = supervisor_clock (process->supervisor);

  if (process->ended_by == 0 && process->timeout_at != 0 && clock >= process->timeout_at) {
    end_tree (process, PROCESS_TIMED_OUT, SIGTERM);
  } else if (process->ended_by == 0 && process->idle_at != 0 && clock >= process->idle_at) {
    process->idle = TRUE;
    end_tree (process, PROCESS_TIMED_OUT, SIGTERM);
  } else if (process->ended_by != 0 && process->killed_at == 0 && now >= process->grace_until) {
    kill_tree (process);
  }
}

/* TRUE: nothing is left of it. */
static gboolean
wind_up (Process *process, gint64 now)
{
  if (process->sweep == SWEEP_NOT && (process->ended_by != 0 || !output_open (process)))
    begin_sweep (process, now);
  if (process->sweep != SWEEP_NOT)
    sweep_step (process, now);
  if (output_open (process) && now >= process->drain_until
      && (process->sweep == SWEEP_NOT || process->sweep == SWEEP_DONE)) {
    stop_reading (process);
    return wind_up (process, now);
  }
  return process->sweep == SWEEP_DONE && !output_open (process);
}

/* SIGKILL and still there: it hangs in the kernel.  We do not with it. */
static gboolean
is_beyond_help (const Process *process, gint64 now)
{
  return process->killed_at != 0 && now >= process->killed_at + 2 * KILL_TIME;
}

static gboolean
turn_running (Process *process)
{
  gint64 now;

  pump_input (process);
  read_streams (process);
  if (!process->gone) {
    look (process);
    if (process->gone)
      read_streams (process);
  }
  now = now_us ();
  if (process->gone)
    return wind_up (process, now);
  run_limits (process, now);
  if (!is_beyond_help (process, now))
    return FALSE;
  process->survivors = 1;
  stop_reading (process);
  return TRUE;
}

/* TRUE: it is over. */
static gboolean
process_turn (Process *process)
{
  if (process->pid == 0 && process->retry_at != 0 && process->ended_by == 0
      && now_us () >= process->retry_at)
    try_start (process);
  if (process->failed || (process->pid == 0 && process->ended_by != 0))
    return TRUE;
  return process->pid != 0 && turn_running (process);
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
next_turn (const Process *process)
{
  gint64 at = -1;

  if (process->failed || (process->pid == 0 && process->ended_by != 0))
    return 0;
  if (process->pid == 0)
    return process->retry_at;
  if (process->gone) {
    if (process->sweep != SWEEP_NOT && process->sweep != SWEEP_DONE)
      sooner (&at, process->sweep_next);
    if (output_open (process) && (process->sweep == SWEEP_NOT || process->sweep == SWEEP_DONE))
      sooner (&at, process->drain_until);
    return at;
  }
  if (process->pidfd < 0)
    sooner (&at, now_us () + POLL_TIME);
  if (process->ended_by == 0) {
    sooner_limit (process, &at, process->timeout_at);
    sooner_limit (process, &at, process->idle_at);
  } else if (process->killed_at == 0) {
    sooner (&at, process->grace_until);
  }
  if (process->killed_at != 0)
    sooner (&at, process->killed_at + 2 * KILL_TIME);
  return at;
}

static void
rearm (Process *process)
{
  g_source_set_ready_time (process->source, next_turn (process));
}

/* ---- the result ------------------------------------------------------ */

static GError *
start_error (const Process *process)
{
  const Command *command = process->command;
  const char *reason = strerrordesc_np (process->failure.error_number);

  if (process->failure.stage == SPAWN_FOLDER)
    return g_error_new (PROCESS_ERROR, process->failure.error_number,
                        "cannot enter the folder \"%s\": %s", command->cwd, reason);
  return g_error_new (PROCESS_ERROR, process->failure.error_number,
                      "cannot run \"%s\": %s", command->path, reason);
}

static void
fill_status (Process *process, ProcessResult *result)
{
  struct rusage usage = { 0 };
  int status = 0;
  pid_t pid;

  do
    pid = process->lost ? -1 : wait4 (process->pid, &status, WNOHANG, &usage);
  while (pid < 0 && !process->lost && errno == EINTR);
  if (pid != process->pid) {
    result->how = process->ended_by != 0 ? process->ended_by : PROCESS_UNKNOWN;
    result->signal = process->signal;
    return;
  }
  result->max_rss_kib = usage.ru_maxrss;
  result->cpu_ms = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000
                   + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
  result->core_dumped = WIFSIGNALED (status) && WCOREDUMP (status);
  if (process->ended_by != 0) {
    result->how = process->ended_by;
    result->signal = WIFSIGNALED (status) ? WTERMSIG (status) : process->signal;
  } else if (WIFSIGNALED (status)) {
    result->how = PROCESS_SIGNALLED;
    result->signal = WTERMSIG (status);
  } else {
    result->how = PROCESS_EXITED;
    result->exit_code = WEXITSTATUS (status);
  }
}

static void
fill_output (Stream *stream, ProcessOutput *output)
{
  Capture *capture = &stream->capture;

  capture_finish (capture);
  output->data = capture_bytes (capture, &output->cut_at);
  output->total = capture->total;
  output->spill = capture->spilled ? g_strdup (capture->spill) : NULL;
  output->spill_error = g_strdup (capture->spill_error);
}

static void
fill_result (Process *process, ProcessResult *result)
{
  *result = (ProcessResult) { .exit_code = -1 };
  if (process->failed) {
    result->how = PROCESS_NOT_STARTED;
    result->error = start_error (process);
    result->error_number = process->failure.error_number;
  } else if (process->pid == 0) {
    result->how = process->ended_by;
  } else {
    gint64 ended = process->gone ? process->ended : now_us ();

    fill_status (process, result);
    result->duration_ms = (ended - process->started) / MS;
  }
  for (int i = 0; i < 2; i++)
    fill_output (&process->streams[i], &result->output[i]);
  if (result->how == PROCESS_TIMED_OUT) {
    result->idle = process->idle;
    result->limit_ms = process->idle ? process->command->idle_timeout_ms
                                     : process->command->timeout_ms;
  }
  result->strays = process->told != NULL ? g_hash_table_size (process->told) : 0;
  result->survivors = process->survivors;
  result->held_open = process->held_open;
}

static void
clear_result (ProcessResult *result)
{
  g_clear_error (&result->error);
  for (int i = 0; i < 2; i++) {
    g_bytes_unref (result->output[i].data);
    g_free (result->output[i].spill);
    g_free (result->output[i].spill_error);
  }
}

static void
process_free (Process *process)
{
  close_watched (process, &process->pidfd, &process->pidfd_tag);
  close_watched (process, &process->in, &process->in_tag);
  for (int i = 0; i < 2; i++) {
    close_watched (process, &process->streams[i].fd, &process->streams[i].tag);
    capture_clear (&process->streams[i].capture);
  }
  g_source_destroy (process->source);
  g_source_unref (process->source);
  g_clear_pointer (&process->told, g_hash_table_unref);
  g_strfreev (process->env);
  command_free (process->command);
  g_free (process);
}

static void
leave (Process *process)
{
  Supervisor *supervisor = process->supervisor;

  kin_end (supervisor->kin, process->number, is_background (process));
  g_ptr_array_remove_fast (supervisor->processes, process);
  if (supervisor->processes->len == 0)
    g_source_set_ready_time (supervisor->reaper, -1);
}

static void
finish (Process *process)
{
  ProcessResult result;

  fill_result (process, &result);
  leave (process);
  process->handlers.ended (process, &result, process->user_data);
  clear_result (&result);
  process_free (process);
}

static gboolean
process_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  Process *process = ((OwnedSource *) source)->owner;

  if (process_turn (process)) {
    finish (process);
    return G_SOURCE_REMOVE;
  }
  rearm (process);
  return G_SOURCE_CONTINUE;
}

/* ---- processes ------------------------------------------------------- */

static GSourceFuncs process_source = { .dispatch = process_dispatch };

static GBytes *
filter_stdout (const char *data, gsize len, gboolean last, gpointer user_data)
{
  Process *process = user_data;

  return process->handlers.filter (process, PROCESS_STDOUT, data, len, last, process->user_data);
}

static GBytes *
filter_stderr (const char *data, gsize len, gboolean last, gpointer user_data)
{
  Process *process = user_data;

  return process->handlers.filter (process, PROCESS_STDERR, data, len, last, process->user_data);
}

static void
init_stream (Process *process, ProcessStream which)
{
  Stream *stream = &process->streams[which];
  const Command *command = process->command;
  const char *suffix = which == PROCESS_STDOUT ? ".out" : ".err";

  stream->process = process;
  stream->fd = -1;
  capture_init (&stream->capture, command->keep,
                command->spill != NULL ? g_strconcat (command->spill, suffix, NULL) : NULL);
  if (process->handlers.filter == NULL)
    return;
  stream->capture.filter = which == PROCESS_STDOUT ? filter_stdout : filter_stderr;
  stream->capture.filter_data = process;
}

Process *
process_start (Supervisor *supervisor, Command *command, const ProcessHandlers *handlers,
               gpointer user_data)
{
  Process *process = g_new0 (Process, 1);

  process->supervisor = supervisor;
  process->command = command;
  process->handlers = *handlers;
  process->user_data = user_data;
  process->pidfd = process->in = -1;
  process->number = kin_begin (supervisor->kin);
  process->env = full_environment (process);
  init_stream (process, PROCESS_STDOUT);
  init_stream (process, PROCESS_STDERR);
  process->source = g_source_new (&process_source, sizeof (OwnedSource));
  ((OwnedSource *) process->source)->owner = process;
  g_ptr_array_add (supervisor->processes, process);
  if (supervisor->processes->len == 1)
    g_source_set_ready_time (supervisor->reaper, now_us () + REAP_TIME);
  try_start (process);
  rearm (process);
  g_source_attach (process->source, supervisor->context);
  return process;
}

void
process_cancel (Process *process, int number)
{
  look (process);
  process->cancels++;
  if (process->gone) {
    process->drain_until = 0;
    if (process->cancels > 1)
      kill_tree (process);
  } else if (process->ended_by == 0) {
    end_tree (process, PROCESS_CANCELLED, number != 0 ? number : SIGTERM);
  } else if (process->cancels > 1) {
    kill_tree (process);
  }
  rearm (process);
}

void
process_kill (Process *process)
{
  look (process);
  if (!process->gone && process->ended_by == 0)
    process->ended_by = PROCESS_CANCELLED;
  process->drain_until = 0;
  kill_tree (process);
  rearm (process);
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

/* ---- supervisor ------------------------------------------------------ */

static gboolean
reaper_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  Supervisor *supervisor = ((OwnedSource *) source)->owner;

  kin_reap (supervisor->kin);
  g_source_set_ready_time (source, supervisor->processes->len > 0 ? now_us () + REAP_TIME : -1);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs reaper_source = { .dispatch = reaper_dispatch };

Supervisor *
supervisor_new (const sigset_t *original_mask, guint64 ignored)
{
  Supervisor *supervisor = g_new0 (Supervisor, 1);

  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  if (original_mask != NULL)
    supervisor->mask = *original_mask;
  else
    sigemptyset (&supervisor->mask);
  supervisor->ignored = ignored;
  supervisor->context = g_main_context_ref_thread_default ();
  supervisor->processes = g_ptr_array_new ();
  supervisor->kin = kin_new ();
  supervisor->null_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  supervisor->stack = spawn_stack_new ();
  supervisor->scratch = g_malloc (SCRATCH_SIZE);
  supervisor->reaper = g_source_new (&reaper_source, sizeof (OwnedSource));
  ((OwnedSource *) supervisor->reaper)->owner = supervisor;
  g_source_attach (supervisor->reaper, supervisor->context);
  return supervisor;
}

static void
drop_process (Process *process)
{
  kill_tree (process);
  for (int i = 0; i < 500; i++) {
    look (process);
    if (process->gone || process->pid == 0)
      break;
    g_usleep (2 * MS);
  }
  if (process->gone && !process->lost)
    waitpid (process->pid, NULL, WNOHANG);
  leave (process);
  process_free (process);
}

static void
sweep_all (Kin *kin)
{
  for (int i = 0; i < 500; i++) {
    g_autoptr (GArray) strays = kin_strays (kin, 0);

    if (strays->len == 0)
      return;
    for (guint s = 0; s < strays->len; s++)
      kill (g_array_index (strays, ProcessStat, s).pid, SIGKILL);
    g_usleep (2 * MS);
  }
}

void
supervisor_free (Supervisor *supervisor)
{
  if (supervisor == NULL)
    return;
  while (supervisor->processes->len > 0)
    drop_process (g_ptr_array_index (supervisor->processes, 0));
  sweep_all (supervisor->kin);
  g_source_destroy (supervisor->reaper);
  g_source_unref (supervisor->reaper);
  g_ptr_array_unref (supervisor->processes);
  kin_free (supervisor->kin);
  if (supervisor->null_fd >= 0)
    close (supervisor->null_fd);
  spawn_stack_free (supervisor->stack);
  g_free (supervisor->scratch);
  g_main_context_unref (supervisor->context);
  g_free (supervisor);
}

void
supervisor_adopt (Supervisor *supervisor, pid_t pid)
{
  kin_adopt (supervisor->kin, pid);
}

void
supervisor_disown (Supervisor *supervisor, pid_t pid)
{
  kin_disown (supervisor->kin, pid);
}

guint
supervisor_running (Supervisor *supervisor)
{
  return supervisor->processes->len;
}

void
supervisor_pause (Supervisor *supervisor, gboolean paused)
{
  if (paused == (supervisor->paused_at != 0))
    return;
  if (paused) {
    supervisor->paused_at = now_us ();
  } else {
    supervisor->paused_time += now_us () - supervisor->paused_at;
    supervisor->paused_at = 0;
  }
  for (guint i = 0; i < supervisor->processes->len; i++) {
    Process *process = g_ptr_array_index (supervisor->processes, i);

    if (process->ended_by == 0)         /* what is ending goes on with it */
      signal_group (process, paused ? SIGSTOP : SIGCONT);
    rearm (process);
  }
}

/* ---- words ----------------------------------------------------------- */

const char *
process_how_to_string (ProcessHow how)
{
  switch (how) {
    case PROCESS_EXITED:      return "exited";
    case PROCESS_SIGNALLED:   return "signalled";
    case PROCESS_TIMED_OUT:   return "timed_out";
    case PROCESS_CANCELLED:   return "cancelled";
    case PROCESS_NOT_STARTED: return "not_started";
    case PROCESS_UNKNOWN:     return "unknown";
  }
  return "unknown";
}

static char *
signal_name (int number)
{
  const char *name = sigabbrev_np (number);

  return name != NULL ? g_strdup_printf ("SIG%s", name) : g_strdup_printf ("signal %d", number);
}

static char *
with_signal (char *text, const ProcessResult *result)
{
  g_autofree char *start = text;
  g_autofree char *name = NULL;

  if (result->signal == 0)
    return g_steal_pointer (&start);
  name = signal_name (result->signal);
  return g_strdup_printf ("%s (%s)", start, name);
}

static char *
describe_timeout (const ProcessResult *result)
{
  gint64 limit = result->limit_ms != 0 ? result->limit_ms : result->duration_ms;
  g_autofree char *time = duration_format (limit);

  return g_strdup_printf (result->idle ? "timed out after %s without output"
                                       : "timed out after %s", time);
}

char *
process_result_describe (const ProcessResult *result)
{
  g_autofree char *name = NULL;

  switch (result->how) {
    case PROCESS_EXITED:
      return g_strdup_printf ("exit %d", result->exit_code);
    case PROCESS_SIGNALLED:
      name = signal_name (result->signal);
      return g_strdup_printf ("killed by %s%s", name, result->core_dumped ? ", core dumped" : "");
    case PROCESS_TIMED_OUT:
      return with_signal (describe_timeout (result), result);
    case PROCESS_CANCELLED:
      return with_signal (g_strdup ("cancelled"), result);
    case PROCESS_NOT_STARTED:
      return g_strdup_printf ("not started: %s", result->error != NULL ? result->error->message
                              : strerrordesc_np (result->error_number));
    case PROCESS_UNKNOWN:
      break;
  }
  return g_strdup ("ended, and how is not known");
}

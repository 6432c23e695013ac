/* How a command is made to end, and how what it leaves behind is.
 *
 * The tool itself is not reaped before all of that is over: dead or alive
 * it keeps its number, so that no signal can reach somebody else.
 * SPDX-License-Identifier: MIT */
#include "proc/inside.h"

#include <errno.h>
#include <sys/wait.h>

#define STRAY_PATIENCE (100 * MS)       /* to end by themselves, after the tool */
#define STRAY_GRACE    (500 * MS)       /* SIGTERM to SIGKILL */
#define SWEEP_FIRST    (1 * MS)         /* between looks; doubles */
#define SWEEP_MAX      (32 * MS)

/* What it leaves behind may live on; but not when we end it ourselves. */
static gboolean
is_background (const Process *process)
{
  return (process->command->flags & COMMAND_BACKGROUND) != 0 && process->ended_by == 0;
}

void
ending_signal (Process *process, int number)
{
  if (process->pid > 0 && !process->lost)
    kill (-process->pid, number);
}

void
ending_kill (Process *process)
{
  if (process->killed_at == 0)
    process->killed_at = g_get_monotonic_time ();
  process->signal = SIGKILL;
  kin_remember (process->supervisor->kin, process->number, process->pid);
  ending_signal (process, SIGKILL);
  if (process->gone && process->sweep != SWEEP_DONE) {
    process->sweep = SWEEP_KILL;
    process->sweep_until = process->killed_at + KILL_TIME;
    process->sweep_next = 0;
    process->sweep_interval = SWEEP_FIRST;
  }
}

void
ending_begin (Process *process, ProcessHow how, int number)
{
  gint64 grace = process->command->grace_ms != 0 ? process->command->grace_ms : GRACE_MS;

  process->ended_by = how;
  if (number == SIGKILL) {
    ending_kill (process);
    return;
  }
  process->signal = number;
  process->grace_until = g_get_monotonic_time () + from_ms (grace);
  kin_remember (process->supervisor->kin, process->number, process->pid);
  ending_signal (process, number);
  ending_signal (process, SIGCONT);
}

/* Whether the tool has ended, without reaping it. */
void
ending_look (Process *process)
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
  process->ended = g_get_monotonic_time ();
  process->drain_until = process->ended + DRAIN_TIME;
  watched_close (process, &process->pidfd, &process->pidfd_tag);
  watched_close (process, &process->in, &process->in_tag);
}

/* ---- strays ---------------------------------------------------------- */

static void
begin_sweep (Process *process, gint64 now)
{
  process->sweep_interval = SWEEP_FIRST;
  process->sweep_next = 0;
  if (is_background (process)) {
    process->sweep = SWEEP_DONE;
  } else if (process->killed_at != 0) {
    process->sweep = SWEEP_KILL;
    process->sweep_until = process->killed_at + KILL_TIME;
  } else if (process->ended_by != 0) {
    process->sweep = SWEEP_TERM;        /* for the rest of the grace */
    process->sweep_until = process->grace_until;
  } else {
    process->sweep = SWEEP_WAIT;
    process->sweep_until = now + STRAY_PATIENCE;
  }
}

/* Strays are our own children; those below them come to us when they end. */
static gboolean
note_told (Process *process, const ProcessStat *stray)
{
  if (process->told == NULL)
    process->told = g_hash_table_new (NULL, NULL);
  return g_hash_table_add (process->told, GINT_TO_POINTER (stray->pid));
}

/* Our signal to the tool's group has reached it, and it may be cleaning up:
 * another could make it give up.  Shells let what they start in the
 * background ignore SIGINT; to that, it meant nothing. */
static gboolean
was_asked (const Process *process, const ProcessStat *stray)
{
  return process->ended_by != 0 && stray->group == process->pid
         && !procfs_ignores (stray->pid, process->signal);
}

static void
ask (Process *process, GArray *strays)
{
  for (guint i = 0; i < strays->len; i++) {
    const ProcessStat *stray = &g_array_index (strays, ProcessStat, i);

    if (was_asked (process, stray) || !note_told (process, stray))
      continue;
    kin_remember (process->supervisor->kin, process->number, stray->pid);
    procfs_signal (stray, SIGTERM);
    procfs_signal (stray, SIGCONT);
  }
}

static gboolean
is_dead (const ProcessStat *stat)
{
  return stat->state == 'Z' || stat->state == 'X';
}

static guint
signal_moving (GArray *stats, int number)
{
  guint moving = 0;

  for (guint i = 0; i < stats->len; i++) {
    const ProcessStat *stat = &g_array_index (stats, ProcessStat, i);

    if (is_dead (stat) || stat->state == 'T' || stat->state == 't')
      continue;
    procfs_signal (stat, number);
    moving++;
  }
  return moving;
}

gboolean
ending_hunt (GArray *strays, gboolean freeze)
{
  procfs_descendants (strays);
  if (freeze && signal_moving (strays, SIGSTOP) > 0)
    return FALSE;
  for (guint i = 0; i < strays->len; i++)
    procfs_signal (&g_array_index (strays, ProcessStat, i), SIGKILL);
  return TRUE;
}

static void
hunt (Process *process, GArray *strays, gint64 now)
{
  gboolean freeze = now < process->sweep_until - KILL_TIME + FREEZE_TIME;
  gboolean killed;

  ending_signal (process, SIGKILL);
  killed = ending_hunt (strays, freeze);
  kin_claim (process->supervisor->kin, process->number, strays);
  for (guint i = 0; i < strays->len; i++)
    if (!is_dead (&g_array_index (strays, ProcessStat, i)))
      note_told (process, &g_array_index (strays, ProcessStat, i));
  if (!killed)
    process->sweep_next = now;
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
    process->sweep_interval = SWEEP_FIRST;
  }
}

static void
sweep (Process *process, gint64 now)
{
  g_autoptr (GArray) strays = NULL;

  if (process->sweep == SWEEP_DONE || now < process->sweep_next)
    return;
  strays = kin_strays (process->supervisor->kin, process->number);
  if (strays != NULL && strays->len == 0) {
    process->sweep = SWEEP_DONE;
    return;
  }
  next_phase (process, now);
  if (process->sweep == SWEEP_KILL && now >= process->sweep_until) {
    process->survivors = strays != NULL ? strays->len : 0;
    process->sweep = SWEEP_DONE;
    return;
  }
  process->sweep_next = now + process->sweep_interval;
  process->sweep_interval = MIN (process->sweep_interval * 2, SWEEP_MAX);
  if (strays == NULL)                   /* no descriptors to look with: later */
    return;
  if (process->sweep == SWEEP_KILL)
    hunt (process, strays, now);
  else if (process->sweep == SWEEP_TERM)
    ask (process, strays);
}

/* A tool that ended by itself: first its output, then its strays, which may
 * still be writing.  One that we end: both at once, strays have the rest
 * of its grace. */
gboolean
ending_wind_up (Process *process, gint64 now)
{
  gboolean sweeping;

  if (process->sweep == SWEEP_NOT && (process->ended_by != 0 || !streams_open (process)))
    begin_sweep (process, now);
  if (process->sweep != SWEEP_NOT)
    sweep (process, now);
  sweeping = process->sweep != SWEEP_NOT && process->sweep != SWEEP_DONE;
  if (streams_open (process) && !sweeping && now >= process->drain_until) {
    streams_stop (process);
    return ending_wind_up (process, now);
  }
  return process->sweep == SWEEP_DONE && !streams_open (process);
}

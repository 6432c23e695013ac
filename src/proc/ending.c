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
  if (process->pid == 0)
    return;
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
  if (process->pid == 0)
    return;
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
    process->sweep = SWEEP_TERM;        /* the group has its signal, and its time */
    process->sweep_until = process->grace_until;
  } else {
    process->sweep = SWEEP_WAIT;
    process->sweep_until = now + STRAY_PATIENCE;
  }
}

/* A stray is our child and not reaped: the number is its own, and that of
 * the group it leads. */
static void
tell (Process *process, const ProcessStat *stray, int number)
{
  gboolean first;

  if (process->told == NULL)
    process->told = g_hash_table_new (NULL, NULL);
  first = g_hash_table_add (process->told, GINT_TO_POINTER (stray->pid));
  if (!first && number != SIGKILL)
    return;
  kin_remember (process->supervisor->kin, process->number, stray->pid);
  if (number == SIGKILL && stray->group == stray->pid)
    kill (-stray->pid, SIGKILL);
  kill (stray->pid, number);
  if (number != SIGKILL)
    kill (stray->pid, SIGCONT);
}

static void
tell_all (Process *process, GArray *strays, int number)
{
  for (guint i = 0; i < strays->len; i++)
    tell (process, &g_array_index (strays, ProcessStat, i), number);
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
sweep (Process *process, gint64 now)
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
    ending_signal (process, SIGKILL);
    tell_all (process, strays, SIGKILL);
  } else if (process->sweep == SWEEP_TERM && process->ended_by == 0) {
    tell_all (process, strays, SIGTERM);
  }
  if (process->sweep == SWEEP_KILL && now >= process->sweep_until) {
    process->survivors = strays->len;
    process->sweep = SWEEP_DONE;
  }
  process->sweep_next = now + process->sweep_interval;
  process->sweep_interval = MIN (process->sweep_interval * 2, SWEEP_MAX);
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

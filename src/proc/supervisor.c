/* SPDX-License-Identifier: MIT */
#include "proc/inside.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define REAP_TIME (1000 * MS)           /* strays that died while tools run */

gint64
supervisor_clock (const Supervisor *supervisor)
{
  gint64 now = supervisor->paused_at != 0 ? supervisor->paused_at : g_get_monotonic_time ();

  return now - supervisor->paused_time;
}

static void
rearm_reaper (Supervisor *supervisor)
{
  g_source_set_ready_time (supervisor->reaper, supervisor->processes->len > 0
                           ? g_get_monotonic_time () + REAP_TIME : -1);
}

static gboolean
reaper_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  Supervisor *supervisor = ((OwnedSource *) source)->owner;

  kin_reap (supervisor->kin);
  rearm_reaper (supervisor);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs reaper_funcs = { .dispatch = reaper_dispatch };

Supervisor *
supervisor_new (const sigset_t *mask, guint64 ignored)
{
  Supervisor *supervisor = g_new0 (Supervisor, 1);

  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  if (mask != NULL)
    supervisor->mask = *mask;
  else
    sigemptyset (&supervisor->mask);
  supervisor->ignored = ignored;
  supervisor->context = g_main_context_ref_thread_default ();
  supervisor->processes = g_ptr_array_new ();
  supervisor->kin = kin_new ();
  supervisor->null_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  supervisor->passed_fd = -1;
  supervisor->stack = spawn_stack_new ();
  supervisor->scratch = g_malloc (SUPERVISOR_SCRATCH);
  supervisor->reaper = g_source_new (&reaper_funcs, sizeof (OwnedSource));
  ((OwnedSource *) supervisor->reaper)->owner = supervisor;
  g_source_attach (supervisor->reaper, supervisor->context);
  return supervisor;
}

/* Bounded waiting: something may hang in the kernel. */
static gboolean
all_gone (Supervisor *supervisor)
{
  gboolean gone = TRUE;

  for (guint i = 0; i < supervisor->processes->len; i++) {
    Process *process = g_ptr_array_index (supervisor->processes, i);

    ending_look (process);
    gone = gone && (process->gone || process->pid == 0);
  }
  return gone;
}

static void
kill_all (Supervisor *supervisor)
{
  gint64 until = g_get_monotonic_time () + KILL_TIME;

  for (guint i = 0; i < supervisor->processes->len; i++)
    ending_kill (g_ptr_array_index (supervisor->processes, i));
  while (!all_gone (supervisor) && g_get_monotonic_time () < until)
    g_usleep (1 * MS);
}

static void
drop_all (Supervisor *supervisor)
{
  while (supervisor->processes->len > 0) {
    Process *process = g_ptr_array_index (supervisor->processes, 0);

    if (process->gone && !process->lost)
      waitpid (process->pid, NULL, WNOHANG);
    process_leave (process);
    process_free (process);
  }
}

static void
sweep_all (Supervisor *supervisor)
{
  gint64 from = g_get_monotonic_time (), now = from;

  for (; now < from + KILL_TIME; now = g_get_monotonic_time ()) {
    g_autoptr (GArray) strays = kin_strays (supervisor->kin, 0);

    if (strays != NULL && strays->len == 0)
      return;
    if (strays == NULL || ending_hunt (strays, now < from + FREEZE_TIME))
      g_usleep (1 * MS);
  }
}

void
supervisor_free (Supervisor *supervisor)
{
  kill_all (supervisor);
  drop_all (supervisor);
  sweep_all (supervisor);
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
supervisor_enter (Supervisor *supervisor, Process *process)
{
  g_ptr_array_add (supervisor->processes, process);
  if (supervisor->processes->len == 1)
    rearm_reaper (supervisor);
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

void
supervisor_pass_fd (Supervisor *supervisor, int fd)
{
  supervisor->passed_fd = fd;
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
    supervisor->paused_at = g_get_monotonic_time ();
  } else {
    supervisor->paused_time += g_get_monotonic_time () - supervisor->paused_at;
    supervisor->paused_at = 0;
  }
  for (guint i = 0; i < supervisor->processes->len; i++) {
    Process *process = g_ptr_array_index (supervisor->processes, i);

    if (!paused || (process->ended_by == 0 && !process->gone))  /* others are on their way out */
      ending_signal (process, paused ? SIGSTOP : SIGCONT);
    if (paused)
      streams_file (process);           /* nobody will for a while */
    process_rearm (process);
  }
}

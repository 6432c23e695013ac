/* What supervision costs: `bench-process [COUNT [BYTES]]` starts true COUNT
 * times by process_start and by a bare posix_spawn with two pipes, and reads
 * BYTES of output.  Not part of the suite.  SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process-testing.h"

static double
seconds (gint64 from)
{
  return (double) (g_get_monotonic_time () - from) / 1e6;
}

static void
drain (int fd)
{
  char buffer[4096];

  while (read (fd, buffer, sizeof buffer) > 0)
    ;
  close (fd);
}

static void
bare_spawn (void)
{
  char *argv[] = { (char *) "true", NULL };
  char *env[] = { (char *) "PATH=/usr/bin:/bin", NULL };
  posix_spawn_file_actions_t actions;
  int out[2], err[2];
  pid_t pid;

  if (pipe2 (out, O_CLOEXEC) < 0 || pipe2 (err, O_CLOEXEC) < 0)
    g_error ("pipe2");
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_addopen (&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2 (&actions, out[1], 1);
  posix_spawn_file_actions_adddup2 (&actions, err[1], 2);
  if (posix_spawn (&pid, "/bin/true", &actions, NULL, argv, env) != 0)
    g_error ("posix_spawn");
  posix_spawn_file_actions_destroy (&actions);
  close (out[1]);
  close (err[1]);
  drain (out[0]);
  drain (err[0]);
  waitpid (pid, NULL, 0);
}

static void
our_spawn (Supervisor *supervisor)
{
  const char *argv[] = { "true", NULL };
  const char *env[] = { "PATH=/usr/bin:/bin", NULL };
  Command *command = command_new ("/bin/true", argv);

  command->env = g_strdupv ((char **) env);
  run_free (run_command (supervisor, command));
}

/* Of us and our children: what does not depend on who else is at work. */
static double
cpu_seconds (void)
{
  double sum = 0;

  for (int who = RUSAGE_CHILDREN; who <= RUSAGE_SELF; who++) {
    struct rusage usage;

    getrusage (who, &usage);
    sum += (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
           + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  }
  return sum;
}

typedef struct { double wall, cpu; } Cost;

static void
measure (Supervisor *supervisor, int count, Cost *best)
{
  gint64 from = g_get_monotonic_time ();
  double cpu = cpu_seconds ();

  for (int i = 0; i < count; i++)
    if (supervisor != NULL)
      our_spawn (supervisor);
    else
      bare_spawn ();
  best->wall = MIN (best->wall, seconds (from));
  best->cpu = MIN (best->cpu, cpu_seconds () - cpu);
}

static void
measure_spawn (Supervisor *supervisor, int count)
{
  Cost bare = { 1e9, 1e9 }, ours = { 1e9, 1e9 };

  for (int round = 0; round < 9; round++) {
    measure (NULL, count, &bare);
    measure (supervisor, count, &ours);
  }
  printf ("spawn: bare %.0f us, ours %.0f us, ratio %.2f\n", bare.wall / count * 1e6,
          ours.wall / count * 1e6, ours.wall / bare.wall);
  printf ("   of it CPU: bare %.0f us, ours %.0f us, ratio %.2f\n", bare.cpu / count * 1e6,
          ours.cpu / count * 1e6, ours.cpu / bare.cpu);
}

static void
run_silent_ended (Process *process, const ProcessResult *result, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
measure_output (Supervisor *supervisor, const char *bytes, const char *spill)
{
  static const ProcessHandlers handlers = { NULL, run_silent_ended, NULL };
  g_autofree char *script = g_strdup_printf ("exec head -c %s /dev/zero", bytes);
  Command *command = shell (script);
  gboolean done = FALSE;
  struct rusage usage;
  gint64 from = g_get_monotonic_time ();
  double time;

  command->spill = g_strdup (spill);
  process_start (supervisor, command, &handlers, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
  time = seconds (from);
  getrusage (RUSAGE_SELF, &usage);
  printf ("output: %s bytes%s, %.2f s, %.0f MB/s, peak %ld KiB\n", bytes,
          spill != NULL ? " with a file" : "", time, strtod (bytes, NULL) / 1e6 / time, usage.ru_maxrss);
}

int
main (int argc, char **argv)
{
  g_autoptr (Supervisor) supervisor = supervisor_new (NULL, 0);
  const char *bytes = argc > 2 ? argv[2] : "1073741824";

  signal (SIGPIPE, SIG_IGN);
  measure_spawn (supervisor, argc > 1 ? atoi (argv[1]) : 500);
  measure_output (supervisor, bytes, NULL);
  if (argc > 3)
    measure_output (supervisor, bytes, argv[3]);
  return 0;
}

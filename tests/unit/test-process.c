/* How a command ends, by itself or by us, and that it is told exactly.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "process-testing.h"
#include "proc/reason.h"

static Supervisor *
new_supervisor (void)
{
  return supervisor_new (NULL, 0);
}

static void
test_exit (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell ("echo out; echo err >&2; exit 3"));

  g_assert_cmpuint (supervisor_running (supervisor), ==, 1);
  g_assert_cmpint (process_pid (run->process), >, 1);
  g_assert_cmpstr (process_command (run->process)->path, ==, "/bin/sh");
  run_wait (run);
  g_assert_cmpint (run->how, ==, PROCESS_EXITED);
  g_assert_cmpint (run->exit_code, ==, 3);
  g_assert_cmpint (run->signal, ==, 0);
  g_assert_cmpstr (run->described, ==, "exit 3");
  g_assert_null (run->error);
  assert_output (run, PROCESS_STDOUT, "out\n");
  assert_output (run, PROCESS_STDERR, "err\n");
  g_assert_cmpstr (run->seen[PROCESS_STDOUT]->str, ==, "out\n");
  g_assert_cmpstr (run->seen[PROCESS_STDERR]->str, ==, "err\n");
  g_assert_cmpuint (run->strays, ==, 0);
  g_assert_cmpuint (run->survivors, ==, 0);
  g_assert_false (run->held_open);
  g_assert_cmpint (run->max_rss_kib, >, 100);
  g_assert_cmpuint (supervisor_running (supervisor), ==, 0);
}

static void
test_all_exit_codes (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();

  for (int code = 0; code < 256; code++) {
    g_autofree char *script = g_strdup_printf ("exit %d", code);
    g_autofree char *text = g_strdup_printf ("exit %d", code);
    g_autoptr (Run) run = run_command (supervisor, shell (script));

    g_assert_cmpint (run->how, ==, PROCESS_EXITED);
    g_assert_cmpint (run->exit_code, ==, code);
    g_assert_cmpstr (run->described, ==, text);
  }
}

/* These do not end a process, or not one without a terminal. */
static gboolean
is_harmless (int number)
{
  return number == SIGCHLD || number == SIGCONT || number == SIGTSTP || number == SIGTTIN
         || number == SIGTTOU || number == SIGURG || number == SIGWINCH;
}

static void
test_all_signals (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();

  for (int number = 1; number <= 31; number++) {
    g_autofree char *script = g_strdup_printf ("kill -%d $$; exit 77", number);
    g_autofree char *text = g_strdup_printf ("killed by SIG%s", sigabbrev_np (number));
    g_autoptr (Run) run = NULL;

    if (number == SIGSTOP)
      continue;
    run = run_command (supervisor, shell (script));
    if (is_harmless (number)) {
      g_assert_cmpint (run->exit_code, ==, 77);
      continue;
    }
    g_assert_cmpint (run->how, ==, PROCESS_SIGNALLED);
    g_assert_cmpint (run->signal, ==, number);
    g_assert_cmpint (run->exit_code, ==, -1);
    g_assert_true (g_str_has_prefix (run->described, text));
  }
}

static void
test_realtime_signal (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autofree char *script = g_strdup_printf ("kill -%d $$", SIGRTMIN + 3);
  g_autoptr (Run) run = run_command (supervisor, shell (script));

  g_assert_cmpint (run->signal, ==, SIGRTMIN + 3);
  g_assert_cmpstr (run->described, ==, "killed by SIGRTMIN+3");
}

static void
test_core (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autofree char *pattern = NULL;
  g_autoptr (Run) run = NULL;

  if (!g_file_get_contents ("/proc/sys/kernel/core_pattern", &pattern, NULL, NULL)
      || strchr (pattern, '/') != NULL || *pattern == '|') {
    g_test_skip ("cores do not go to the working folder");
    return;
  }
  run = run_command (supervisor, shell_in (folder, "ulimit -c unlimited && kill -SEGV $$"));
  if (run->how == PROCESS_EXITED) {
    g_test_skip ("cores are not allowed");
    return;
  }
  g_assert_true (run->core_dumped);
  g_assert_cmpstr (run->described, ==, "killed by SIGSEGV, core dumped");
}

/* ---- ended by us ----------------------------------------------------- */

static void
test_timeout (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("echo before; exec sleep 60");
  g_autoptr (Run) run = NULL;

  command->timeout_ms = 200;
  run = run_command (supervisor, command);
  g_assert_cmpint (run->how, ==, PROCESS_TIMED_OUT);
  g_assert_cmpint (run->signal, ==, SIGTERM);
  g_assert_cmpint (run->exit_code, ==, -1);
  g_assert_false (run->idle);
  g_assert_cmpstr (run->described, ==, "timed out after 200 ms (SIGTERM)");
  assert_output (run, PROCESS_STDOUT, "before\n");
  g_assert_cmpint (run->duration_ms, >=, 200);
  g_assert_cmpint (run->duration_ms, <, 2000);
}

static void
test_timeout_honoured (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("trap 'echo cleaning; sleep 0.1; echo clean; exit 0' TERM;"
                            "echo before; while :; do sleep 0.01; done");
  g_autoptr (Run) run = NULL;

  command->timeout_ms = 100;
  run = run_command (supervisor, command);
  g_assert_cmpint (run->how, ==, PROCESS_TIMED_OUT);
  g_assert_cmpint (run->signal, ==, SIGTERM);
  g_assert_cmpint (run->exit_code, ==, -1);
  assert_output (run, PROCESS_STDOUT, "before\ncleaning\nclean\n");
}

static void
test_timeout_ignored (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("trap '' TERM; echo before; while :; do sleep 1; done");
  g_autoptr (Run) run = NULL;

  command->timeout_ms = 100;
  command->grace_ms = 200;
  run = run_command (supervisor, command);
  g_assert_cmpint (run->how, ==, PROCESS_TIMED_OUT);
  g_assert_cmpint (run->signal, ==, SIGKILL);
  g_assert_cmpstr (run->described, ==, "timed out after 100 ms (SIGKILL)");
  g_assert_cmpint (run->duration_ms, >=, 300);
  g_assert_cmpint (run->duration_ms, <, 1500);
}

/* SIGTERM alone would wait in a stopped process for ever. */
static void
test_timeout_stopped (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("kill -STOP $$; exit 5");
  g_autoptr (Run) run = NULL;

  command->timeout_ms = 100;
  command->grace_ms = 10000;
  run = run_command (supervisor, command);
  g_assert_cmpint (run->how, ==, PROCESS_TIMED_OUT);
  g_assert_cmpint (run->signal, ==, SIGTERM);
  g_assert_cmpint (run->duration_ms, <, 2000);
}

static void
test_idle (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("for i in 1 2 3 4 5 6; do echo $i >&2; sleep 0.1; done; exec sleep 60");
  g_autoptr (Run) run = NULL;

  command->idle_timeout_ms = 300;
  command->timeout_ms = 60000;
  run = run_command (supervisor, command);
  g_assert_cmpint (run->how, ==, PROCESS_TIMED_OUT);
  g_assert_true (run->idle);
  g_assert_cmpstr (run->described, ==, "timed out after 300 ms without output (SIGTERM)");
  assert_output (run, PROCESS_STDERR, "1\n2\n3\n4\n5\n6\n");
  g_assert_cmpint (run->duration_ms, >=, 800);
}

static void
test_idle_from_the_start (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("exec sleep 60");
  g_autoptr (Run) run = NULL;

  command->idle_timeout_ms = 100;
  command->timeout_ms = 5000;
  run = run_command (supervisor, command);
  g_assert_true (run->idle);
}

static void
test_timeout_before_idle (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("while echo x; do sleep 0.02; done");
  g_autoptr (Run) run = NULL;

  command->idle_timeout_ms = 2000;
  command->timeout_ms = 150;
  run = run_command (supervisor, command);
  g_assert_cmpint (run->how, ==, PROCESS_TIMED_OUT);
  g_assert_false (run->idle);
}

static void
test_no_timeout (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("exit 0");
  g_autoptr (Run) run = NULL;

  command->timeout_ms = G_MAXINT64;     /* does not overflow into the past */
  command->idle_timeout_ms = G_MAXINT64;
  command->grace_ms = G_MAXINT64;
  run = run_command (supervisor, command);
  g_assert_cmpstr (run->described, ==, "exit 0");
}

static void
test_cancel (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell ("echo ready; exec sleep 60"));

  run_wait_for (run, "ready");
  process_cancel (run->process, SIGINT);
  run_wait (run);
  g_assert_cmpint (run->how, ==, PROCESS_CANCELLED);
  g_assert_cmpint (run->signal, ==, SIGINT);
  g_assert_cmpstr (run->described, ==, "cancelled (SIGINT)");
}

static void
test_cancel_default (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell ("echo ready; exec sleep 60"));

  run_wait_for (run, "ready");
  process_cancel (run->process, 0);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "cancelled (SIGTERM)");
}

/* The tool gets the signal exactly once. */
static void
test_cancel_once (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor,
    shell ("n=0; trap 'n=$((n+1)); echo got $n' INT; echo ready;"
           "while [ $n -lt 1 ]; do sleep 0.01; done; sleep 0.2; exit 9"));

  run_wait_for (run, "ready");
  process_cancel (run->process, SIGINT);
  run_wait (run);
  assert_output (run, PROCESS_STDOUT, "ready\ngot 1\n");
  g_assert_cmpint (run->how, ==, PROCESS_CANCELLED);
  g_assert_cmpint (run->signal, ==, SIGINT);    /* it went by itself, after that */
}

static void
test_cancel_grace (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("trap '' INT; echo ready; while :; do sleep 1; done");
  g_autoptr (Run) run = NULL;

  command->grace_ms = 200;
  run = run_start (supervisor, command);
  run_wait_for (run, "ready");
  process_cancel (run->process, SIGINT);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "cancelled (SIGKILL)");
  g_assert_cmpint (run->duration_ms, >=, 200);
}

static void
test_cancel_twice (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor,
    shell ("trap '' INT TERM; (trap '' INT TERM; while :; do sleep 1; done) & echo ready; wait; wait"));
  gint64 from;

  run_wait_for (run, "ready");
  from = g_get_monotonic_time ();
  process_cancel (run->process, SIGINT);
  process_cancel (run->process, SIGINT);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "cancelled (SIGKILL)");
  g_assert_cmpint (g_get_monotonic_time () - from, <, 1500000);
}

static void
test_kill (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell ("trap '' TERM; echo ready; while :; do sleep 1; done"));

  run_wait_for (run, "ready");
  process_kill (run->process);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "cancelled (SIGKILL)");
}

static void
test_cancel_by_sigkill (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell ("trap '' TERM; echo ready; while :; do sleep 1; done"));

  run_wait_for (run, "ready");
  process_cancel (run->process, SIGKILL);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "cancelled (SIGKILL)");
}

/* One Ctrl-C after a timeout does not cut the grace short, two do. */
static void
test_cancel_after_timeout (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("trap 'echo ready; sleep 0.3; echo clean; exit' TERM; while :; do sleep 0.01; done");
  g_autoptr (Run) run = NULL;

  command->timeout_ms = 50;
  run = run_start (supervisor, command);
  run_wait_for (run, "ready");
  process_cancel (run->process, SIGINT);
  run_wait (run);
  g_assert_cmpint (run->how, ==, PROCESS_TIMED_OUT);
  assert_output (run, PROCESS_STDOUT, "ready\nclean\n");
}

/* It was over before we were told to end it: that is what is said. */
static void
test_cancel_too_late (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell ("echo whole; exit 4"));
  siginfo_t info;

  g_assert_cmpint (waitid (P_PID, (id_t) process_pid (run->process), &info, WEXITED | WNOWAIT), ==, 0);
  process_cancel (run->process, SIGINT);
  process_cancel (run->process, SIGINT);
  process_kill (run->process);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "exit 4");
  assert_output (run, PROCESS_STDOUT, "whole\n");
}

/* ---- pause ----------------------------------------------------------- */

static char
state_of (pid_t pid)
{
  ProcessStat stat;

  return procfs_stat (pid, &stat) ? stat.state : '?';
}

static void
spin (gint64 ms)
{
  gint64 until = g_get_monotonic_time () + ms * 1000;

  while (g_get_monotonic_time () < until) {
    g_main_context_iteration (NULL, FALSE);
    g_usleep (1000);
  }
}

static void
test_pause (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("echo ready; while :; do :; done");
  g_autoptr (Run) run = NULL;
  pid_t pid;

  command->timeout_ms = 300;
  command->idle_timeout_ms = 290;
  run = run_start (supervisor, command);
  pid = process_pid (run->process);
  run_wait_for (run, "ready");
  supervisor_pause (supervisor, TRUE);
  supervisor_pause (supervisor, TRUE);
  spin (500);
  g_assert_false (run->done);
  g_assert_cmpint (state_of (pid), ==, 'T');
  supervisor_pause (supervisor, FALSE);
  g_assert_false (run->done);
  run_wait (run);
  g_assert_cmpint (run->how, ==, PROCESS_TIMED_OUT);
  g_assert_cmpint (run->signal, ==, SIGTERM);
  g_assert_cmpint (run->duration_ms, >=, 780);
}

static void
test_pause_cancel (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell ("echo ready; exec sleep 60"));
  g_autoptr (Run) late = NULL;

  run_wait_for (run, "ready");
  supervisor_pause (supervisor, TRUE);
  late = run_start (supervisor, shell ("exit 6"));      /* waits with the others */
  process_cancel (run->process, SIGTERM);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "cancelled (SIGTERM)");
  spin (50);
  g_assert_false (late->done);
  supervisor_pause (supervisor, FALSE);
  run_wait (late);
  g_assert_cmpstr (late->described, ==, "exit 6");
}

/* Told that it goes on when it was never stopped: time stays what it is. */
static void
test_pause_not_paused (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("exec sleep 5");
  g_autoptr (Run) run = NULL;

  command->timeout_ms = 100;
  run = run_start (supervisor, command);
  supervisor_pause (supervisor, FALSE);
  run_wait (run);
  g_assert_cmpint (run->how, ==, PROCESS_TIMED_OUT);
}

/* What was never started need not wait for that. */
static void
test_pause_cancel_unstarted (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = NULL;

  supervisor_pause (supervisor, TRUE);
  run = run_start (supervisor, shell ("exit 6"));
  process_cancel (run->process, SIGTERM);
  spin (50);
  g_assert_true (run->done);
  g_assert_cmpstr (run->described, ==, "cancelled");
}

/* What is being ended goes on with it. */
static void
test_pause_while_ending (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell (
    "trap 'echo ending; sleep 0.2; echo clean; exit' TERM; echo ready; while :; do sleep 0.01; done"));

  run_wait_for (run, "ready");
  process_cancel (run->process, SIGTERM);
  run_wait_for (run, "ending");
  supervisor_pause (supervisor, TRUE);
  run_wait (run);
  assert_output (run, PROCESS_STDOUT, "ready\nending\nclean\n");
  supervisor_pause (supervisor, FALSE);
}

/* ---- nobody knows ---------------------------------------------------- */

static void
test_unknown_ignored_sigchld (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = NULL;

  signal (SIGCHLD, SIG_IGN);
  run = run_command (supervisor, shell ("exit 3"));
  signal (SIGCHLD, SIG_DFL);
  g_assert_cmpint (run->how, ==, PROCESS_UNKNOWN);
  g_assert_cmpint (run->exit_code, ==, -1);
  g_assert_cmpstr (run->described, ==, "ended, and how is not known");
}

static void
test_unknown_reaped (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell ("exit 0"));

  g_assert_cmpint (waitpid (process_pid (run->process), NULL, 0), >, 0);
  run_wait (run);
  g_assert_cmpint (run->how, ==, PROCESS_UNKNOWN);
}

/* ---- many ------------------------------------------------------------ */

static void
test_parallel (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Run *runs[50];

  for (int i = 0; i < 50; i++) {
    g_autofree char *script = g_strdup_printf ("sleep 0.1; echo %d; exit %d", i, i);
    runs[i] = run_start (supervisor, shell (script));
  }
  g_assert_cmpuint (supervisor_running (supervisor), ==, 50);
  for (int i = 0; i < 50; i++) {
    g_autofree char *text = g_strdup_printf ("%d\n", i);

    run_wait (runs[i]);
    g_assert_cmpint (runs[i]->exit_code, ==, i);
    assert_output (runs[i], PROCESS_STDOUT, text);
    run_free (runs[i]);
  }
}

typedef struct { Supervisor *supervisor; int left; } Chain;

static void
chain_ended (Process *process, const ProcessResult *result, gpointer user_data)
{
  static const ProcessHandlers handlers = { NULL, chain_ended, NULL };
  Chain *chain = user_data;

  g_assert_cmpuint (supervisor_running (chain->supervisor), ==, 0);
  g_assert_cmpint (result->how, ==, PROCESS_EXITED);
  if (--chain->left > 0)
    process_start (chain->supervisor, shell ("exit 0"), &handlers, chain);
}

static void
test_start_from_ended (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  static const ProcessHandlers handlers = { NULL, chain_ended, NULL };
  Chain chain = { supervisor, 20 };

  process_start (supervisor, shell ("exit 0"), &handlers, &chain);
  while (chain.left > 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
cancel_on_output (Process *process, ProcessStream stream, const char *data, gsize len, gpointer user_data)
{
  process_cancel (process, SIGTERM);
  process_cancel (process, SIGTERM);
}

static void
test_cancel_from_output (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  static const ProcessHandlers handlers = { cancel_on_output, run_ended, NULL };
  g_autoptr (Run) run = g_new0 (Run, 1);

  process_start (supervisor, shell ("while :; do echo x; done"), &handlers, run);
  run_wait (run);
  g_assert_cmpint (run->how, ==, PROCESS_CANCELLED);
}

/* Neither descriptors nor threads nor zombies are left. */
static void
test_nothing_left (void)
{
  GMainContext *context = g_main_context_default ();    /* has a descriptor, from its first use on */
  guint fds = count_fds ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  guint with_supervisor = count_fds ();

  g_assert_nonnull (context);
  for (int i = 0; i < 300; i++) {
    Command *command = shell ("cat");
    g_autoptr (Run) run = NULL;

    command->stdin_data = g_bytes_new ("x", 1);
    run = run_command (supervisor, command);
    g_assert_cmpstr (run->described, ==, "exit 0");
  }
  g_assert_cmpuint (count_fds (), ==, with_supervisor);
  g_assert_cmpint (waitpid (-1, NULL, WNOHANG), ==, -1);
  g_assert_cmpint (errno, ==, ECHILD);
  supervisor_free (g_steal_pointer (&supervisor));
  g_assert_cmpuint (count_fds (), ==, fds);
}

static void
on_alarm (int number)
{
}

static void
test_interrupted (void)
{
  struct sigaction action = { .sa_handler = on_alarm };
  struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { 0 };
  g_autoptr (Supervisor) supervisor = new_supervisor ();

  sigaction (SIGALRM, &action, NULL);           /* without SA_RESTART */
  setitimer (ITIMER_REAL, &often, NULL);
  for (int i = 0; i < 20; i++) {
    Command *command = shell ("cat; head -c 100000 /dev/zero; exit 8");
    g_autoptr (Run) run = NULL;

    command->stdin_data = g_bytes_new_take (g_malloc0 (200000), 200000);
    run = run_command (supervisor, command);
    g_assert_cmpint (run->exit_code, ==, 8);
    g_assert_cmpuint (run->total[PROCESS_STDOUT], ==, 300000);
  }
  setitimer (ITIMER_REAL, &never, NULL);
  signal (SIGALRM, SIG_IGN);
}

/* ---- words ----------------------------------------------------------- */

static void
test_describe (void)
{
  static const struct { ProcessResult result; const char *text; } cases[] = {
    { { .how = PROCESS_EXITED, .exit_code = 0 }, "exit 0" },
    { { .how = PROCESS_SIGNALLED, .signal = SIGKILL }, "killed by SIGKILL" },
    { { .how = PROCESS_SIGNALLED, .signal = 99 }, "killed by signal 99" },
    { { .how = PROCESS_TIMED_OUT, .signal = SIGTERM, .duration_ms = 600000 },
      "timed out after 10m 00s (SIGTERM)" },
    { { .how = PROCESS_TIMED_OUT, .signal = SIGKILL, .limit_ms = 300000, .idle = TRUE,
        .duration_ms = 9 }, "timed out after 5m 00s without output (SIGKILL)" },
    { { .how = PROCESS_CANCELLED, .signal = SIGINT }, "cancelled (SIGINT)" },
    { { .how = PROCESS_CANCELLED }, "cancelled" },
    { { .how = PROCESS_NOT_STARTED, .error_number = ENOENT },
      "not started: no such file or directory" },
    { { .how = PROCESS_UNKNOWN }, "ended, and how is not known" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = process_result_describe (&cases[i].result);
    g_assert_cmpstr (text, ==, cases[i].text);
  }
}

static void
test_describe_rest (void)
{
  static const struct { ProcessResult result; const char *text; } cases[] = {
    { { .how = PROCESS_EXITED }, NULL },
    { { .how = PROCESS_EXITED, .strays = 1 }, "\"t\" left 1 process behind that had to be ended" },
    { { .how = PROCESS_SIGNALLED, .strays = 2 }, "\"t\" left 2 processes behind that had to be ended" },
    { { .how = PROCESS_EXITED, .strays = 2, .held_open = TRUE },
      "\"t\" left 2 processes behind that had to be ended; its output was still held open 2 s after its end" },
    { { .how = PROCESS_EXITED, .held_open = TRUE }, "\"t\": its output was still held open 2 s after its end" },
    { { .how = PROCESS_TIMED_OUT, .strays = 2 }, NULL },
    { { .how = PROCESS_CANCELLED, .strays = 2 }, NULL },
    { { .how = PROCESS_CANCELLED, .strays = 2, .survivors = 1 }, "\"t\" left 1 process behind that could not be ended" },
    { { .how = PROCESS_EXITED, .strays = 3, .survivors = 2 }, "\"t\" left 2 processes behind that could not be ended" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = process_result_describe_rest (&cases[i].result, "t");
    g_assert_cmpstr (text, ==, cases[i].text);
  }
}

static void
test_reasons (void)
{
  static const struct { int number; const char *text; } reasons[] = {
    { ENOENT, "no such file or directory" }, { ERFKILL, "operation not possible due to RF-kill" },
    { EADV, "advertise error" }, { 4711, "error 4711" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++) {
    g_autofree char *text = reason_of_errno (reasons[i].number);

    g_assert_cmpstr (text, ==, reasons[i].text);
  }
}

static void
test_how (void)
{
  static const char *const names[] = { "unknown", "exited", "signalled", "timed_out", "cancelled",
                                       "not_started", "unknown" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_cmpstr (process_how_to_string (i), ==, names[i]);
}

static void
test_one_thread (void)
{
  g_assert_cmpuint (count_entries ("/proc/self/task"), ==, 1);
}

int
main (int argc, char **argv)
{
  process_test_init (&argc, &argv);
  g_test_add_func ("/process/exit", test_exit);
  g_test_add_func ("/process/all-exit-codes", test_all_exit_codes);
  g_test_add_func ("/process/all-signals", test_all_signals);
  g_test_add_func ("/process/realtime-signal", test_realtime_signal);
  g_test_add_func ("/process/F018-core", test_core);
  g_test_add_func ("/process/timeout", test_timeout);
  g_test_add_func ("/process/timeout-honoured", test_timeout_honoured);
  g_test_add_func ("/process/timeout-ignored", test_timeout_ignored);
  g_test_add_func ("/process/timeout-stopped", test_timeout_stopped);
  g_test_add_func ("/process/idle", test_idle);
  g_test_add_func ("/process/idle-from-the-start", test_idle_from_the_start);
  g_test_add_func ("/process/timeout-before-idle", test_timeout_before_idle);
  g_test_add_func ("/process/no-timeout", test_no_timeout);
  g_test_add_func ("/process/cancel", test_cancel);
  g_test_add_func ("/process/cancel-default", test_cancel_default);
  g_test_add_func ("/process/cancel-once", test_cancel_once);
  g_test_add_func ("/process/cancel-grace", test_cancel_grace);
  g_test_add_func ("/process/cancel-twice", test_cancel_twice);
  g_test_add_func ("/process/kill", test_kill);
  g_test_add_func ("/process/cancel-by-sigkill", test_cancel_by_sigkill);
  g_test_add_func ("/process/cancel-after-timeout", test_cancel_after_timeout);
  g_test_add_func ("/process/cancel-too-late", test_cancel_too_late);
  g_test_add_func ("/process/pause", test_pause);
  g_test_add_func ("/process/pause-cancel", test_pause_cancel);
  g_test_add_func ("/process/pause-not-paused", test_pause_not_paused);
  g_test_add_func ("/process/pause-cancel-unstarted", test_pause_cancel_unstarted);
  g_test_add_func ("/process/pause-while-ending", test_pause_while_ending);
  g_test_add_func ("/process/unknown-ignored-sigchld", test_unknown_ignored_sigchld);
  g_test_add_func ("/process/unknown-reaped", test_unknown_reaped);
  g_test_add_func ("/process/parallel", test_parallel);
  g_test_add_func ("/process/start-from-ended", test_start_from_ended);
  g_test_add_func ("/process/cancel-from-output", test_cancel_from_output);
  g_test_add_func ("/process/nothing-left", test_nothing_left);
  g_test_add_func ("/process/interrupted", test_interrupted);
  g_test_add_func ("/process/describe", test_describe);
  g_test_add_func ("/process/describe-rest", test_describe_rest);
  g_test_add_func ("/process/reasons", test_reasons);
  g_test_add_func ("/process/how", test_how);
  g_test_add_func ("/process/one-thread", test_one_thread);
  return g_test_run ();
}

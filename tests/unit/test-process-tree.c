/* What a command leaves behind, and who it belongs to.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "process-testing.h"
#include "proc/inside.h"

#define NOBODY 65534

static Supervisor *
new_supervisor (void)
{
  return supervisor_new (NULL, 0);
}

/* ---- its output ------------------------------------------------------ */

/* One sleeps on our pipes, one floods them. */
static void
test_holds_output (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  gint64 from = g_get_monotonic_time ();
  Command *command = shell_in (folder, "yes & echo $! > flooding; exit 3");
  g_autoptr (Run) holding = run_start (supervisor,
    shell_in (folder, "sleep 60 & echo $! > holding; echo hi"));
  g_autoptr (Run) flooding = g_new0 (Run, 1);

  process_start (supervisor, command, &run_handlers, flooding);
  run_wait (holding);
  run_wait (flooding);
  g_assert_cmpstr (holding->described, ==, "exit 0");
  assert_output (holding, PROCESS_STDOUT, "hi\n");
  g_assert_true (holding->held_open);
  g_assert_cmpuint (holding->strays, ==, 1);
  g_assert_cmpint (holding->duration_ms, <, 1000);
  g_assert_false (is_alive (wait_for_pid (folder, "holding")));
  g_assert_cmpstr (flooding->described, ==, "exit 3");
  g_assert_true (flooding->held_open);
  g_assert_false (is_alive (wait_for_pid (folder, "flooding")));
  g_assert_cmpint (ms_since (from), >=, 2000);
  g_assert_cmpint (ms_since (from), <, 4000);
}

/* And nobody spins while waiting for it. */
static void
test_late_output (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell ("(sleep 0.3; echo late) & echo hi"));
  guint turns = 0;

  for (; !run->done; turns++)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (run->described, ==, "exit 0");
  assert_output (run, PROCESS_STDOUT, "hi\nlate\n");
  g_assert_false (run->held_open);
  g_assert_cmpuint (run->strays, ==, 0);
  g_assert_cmpuint (turns, <, 50);
}

/* Told to hurry, we do not wait for output any more. */
static void
test_cancel_while_draining (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell ("sleep 60 & echo hi; exit 5"));
  gint64 from = g_get_monotonic_time ();
  siginfo_t info;

  g_assert_cmpint (waitid (P_PID, (id_t) process_pid (run->process), &info, WEXITED | WNOWAIT), ==, 0);
  run_wait_for (run, "hi");
  process_cancel (run->process, SIGTERM);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "exit 5");
  g_assert_false (run->held_open);
  g_assert_cmpuint (run->strays, ==, 1);
  g_assert_cmpint (ms_since (from), <, 1500);
}

/* ---- strays ---------------------------------------------------------- */

static void
test_quick_child (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_command (supervisor, shell ("sleep 0.03 >/dev/null 2>&1 & exit 0"));

  g_assert_cmpuint (run->strays, ==, 0);        /* ended by itself, just after the tool */
  assert_no_children ();
}

static void
test_background_child (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_command (supervisor,
    shell_in (folder, "sleep 7777 >/dev/null 2>&1 & echo $! > pid; exit 4"));

  g_assert_cmpstr (run->described, ==, "exit 4");
  g_assert_cmpuint (run->strays, ==, 1);
  g_assert_false (is_alive (wait_for_pid (folder, "pid")));
  assert_no_children ();
}

/* It may clean up: SIGTERM comes before SIGKILL. */
static void
test_stray_cleans_up (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_command (supervisor, shell_in (folder,
    "sh -c 'trap \"echo bye > clean; exit\" TERM; echo $$ > pid; while :; do sleep 0.01; done'"
    " >/dev/null 2>&1 &" WAIT_FOR ("pid") "exit 0"));

  g_free (wait_for_line (folder, "clean"));
  g_assert_cmpuint (run->strays, ==, 1);
  g_assert_false (is_alive (wait_for_pid (folder, "pid")));
}

static void
test_stubborn_stray (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_command (supervisor, shell_in (folder,
    "sh -c 'trap \"\" TERM; echo $$ > pid; while :; do sleep 0.01; done' >/dev/null 2>&1 &"
    WAIT_FOR ("pid") "exit 0"));

  g_assert_cmpuint (run->strays, >=, 1);
  g_assert_false (is_alive (wait_for_pid (folder, "pid")));
  assert_no_children ();
}

static void
test_stopped_stray (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_command (supervisor, shell_in (folder,
    "sh -c 'echo $$ > pid; kill -STOP $$' >/dev/null 2>&1 &" WAIT_FOR ("pid") "exit 0"));

  g_assert_cmpuint (run->strays, ==, 1);
  g_assert_false (is_alive (wait_for_pid (folder, "pid")));
}

static void
test_escaped (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_command (supervisor,
    shell_in (folder, ESCAPE ("a", "") ESCAPE ("b", "setsid ") WAIT_FOR ("a") WAIT_FOR ("b") "exit 0"));

  g_assert_cmpstr (run->described, ==, "exit 0");
  g_assert_cmpuint (run->strays, ==, 2);
  g_assert_false (is_alive (wait_for_pid (folder, "a")));
  g_assert_false (is_alive (wait_for_pid (folder, "b")));
  assert_no_children ();
}

static void
test_escaped_on_timeout (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell_in (folder, ESCAPE ("a", "") "trap '' TERM;" WAIT_FOR ("a")
                               "echo $$ > b; while :; do sleep 1; done");
  g_autoptr (Run) run = NULL;

  command->timeout_ms = 500;
  command->grace_ms = 100;
  run = run_command (supervisor, command);
  g_assert_cmpstr (run->described, ==, "timed out after 500 ms (SIGKILL)");
  g_assert_false (is_alive (wait_for_pid (folder, "a")));
  g_assert_false (is_alive (wait_for_pid (folder, "b")));
  assert_no_children ();
}

/* A wrapper dies of the signal at once; the real tool, in its group, has
 * its grace, and its last words are kept. */
static void
test_wrapped (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell (
    "sh -c 'trap \"sleep 0.3; echo clean; exit\" TERM; echo ready; while :; do sleep 0.01; done'; :");
  g_autoptr (Run) run = NULL;

  command->grace_ms = 5000;
  run = run_start (supervisor, command);
  run_wait_for (run, "ready");
  process_cancel (run->process, SIGTERM);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "cancelled (SIGTERM)");
  assert_output (run, PROCESS_STDOUT, "ready\nclean\n");
  g_assert_cmpuint (run->strays, ==, 0);
  assert_no_children ();
}

static void
test_wrapped_stubborn (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell_in (folder,
    "sh -c 'trap \"\" TERM; echo $$ > pid; while :; do sleep 0.05; done' >/dev/null 2>&1; :");
  g_autoptr (Run) run = NULL;
  gint64 from;

  command->grace_ms = 300;
  run = run_start (supervisor, command);
  live_pid (folder, "pid");
  from = g_get_monotonic_time ();
  process_cancel (run->process, SIGTERM);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "cancelled (SIGTERM)");
  g_assert_cmpint (ms_since (from), >=, 300);
  g_assert_cmpuint (run->strays, >=, 1);
  g_assert_false (is_alive (wait_for_pid (folder, "pid")));
}

/* Shells let what they start in the background ignore SIGINT. */
static void
test_deaf_to_interrupt (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor,
    shell_in (folder, "sh -c 'echo $$ > pid; exec sleep 7777' &" WAIT_FOR ("pid") "echo ready; wait"));
  gint64 from;

  run_wait_for (run, "ready");
  from = g_get_monotonic_time ();
  process_cancel (run->process, SIGINT);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "cancelled (SIGINT)");
  g_assert_cmpuint (run->strays, ==, 1);
  g_assert_cmpint (ms_since (from), <, 10000);          /* the grace is 30 s */
  g_assert_false (is_alive (wait_for_pid (folder, "pid")));
}

/* What left the group did not get its signal. */
static void
test_escaped_on_cancel (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor,
    shell_in (folder, ESCAPE ("a", "") WAIT_FOR ("a") "echo ready; exec sleep 60"));
  gint64 from;

  run_wait_for (run, "ready");
  from = g_get_monotonic_time ();
  process_cancel (run->process, SIGTERM);
  run_wait (run);
  g_assert_cmpuint (run->strays, ==, 1);
  g_assert_cmpint (ms_since (from), <, 10000);
  g_assert_false (is_alive (wait_for_pid (folder, "a")));
}

/* Has a session of its own and ignores SIGTERM; so does what comes after it
 * where it says so itself. */
#define STUBBORN "setsid sh -c 'trap \"\" TERM; echo $$ > a; while :; do sleep 0.05; done' >/dev/null 2>&1 &" WAIT_FOR ("a")

static Run *
start_with_stubborn (Supervisor *supervisor, const char *folder, const char *then)
{
  g_autofree char *script = g_strconcat (STUBBORN, then, NULL);
  Command *command = shell_in (folder, script);
  Run *run;

  command->grace_ms = 10000;
  run = run_start (supervisor, command);
  run_wait_for (run, "ready");
  return run;
}

static void
assert_over_soon (Run *run, const char *folder, const char *described)
{
  gint64 from = g_get_monotonic_time ();

  run_wait (run);
  g_assert_cmpint (ms_since (from), <, 8000);   /* the grace is 10 s */
  g_assert_cmpstr (run->described, ==, described);
  g_assert_false (is_alive (wait_for_pid (folder, "a")));
  assert_no_children ();
}

/* Killed is killed: no grace for what it left, when it was told so at once ... */
static void
test_sigkill_of_all (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = start_with_stubborn (supervisor, folder, "echo ready; exec sleep 60");

  process_cancel (run->process, SIGKILL);
  assert_over_soon (run, folder, "cancelled (SIGKILL)");
}

/* ... or later ... */
static void
test_killed_in_grace (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = start_with_stubborn (supervisor, folder,
                                             "trap '' TERM; echo ready; while :; do sleep 0.05; done");

  process_cancel (run->process, SIGTERM);
  process_cancel (run->process, SIGTERM);
  assert_over_soon (run, folder, "cancelled (SIGKILL)");
}

/* ... or when it was gone, and what it left had the rest of its grace. */
static void
test_killed_in_sweep (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = start_with_stubborn (supervisor, folder, "echo ready; exec sleep 60");
  pid_t pid = process_pid (run->process);

  process_cancel (run->process, SIGTERM);
  while (is_alive (pid))
    g_main_context_iteration (NULL, TRUE);
  for (int i = 0; i < 3; i++)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (run->done);
  process_cancel (run->process, SIGTERM);
  assert_over_soon (run, folder, "cancelled (SIGTERM)");
}

/* What it left has the rest of its grace, not only what strays have. */
static void
test_rest_of_grace (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell_in (folder,
    "setsid sh -c 'trap \"sleep 1; echo bye > clean; exit\" TERM; echo $$ > a; while :; do sleep 0.01; done'"
    " >/dev/null 2>&1 &" WAIT_FOR ("a") "echo ready; exec sleep 60");
  g_autoptr (Run) run = NULL;
  g_autofree char *clean = g_build_filename (folder, "clean", NULL);

  command->grace_ms = 60000;
  run = run_start (supervisor, command);
  run_wait_for (run, "ready");
  process_cancel (run->process, SIGTERM);
  run_wait (run);
  g_assert_true (g_file_test (clean, G_FILE_TEST_EXISTS));
}

/* It cleans up after the first signal, and a second would end it. */
static void
test_wrapped_once (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell (
    "sh -c 'n=0; trap \"n=\\$((n+1)); echo got\" INT TERM; echo ready; while [ $n = 0 ]; do sleep 0.01; done;"
    " sleep 0.3; echo $n' & trap : INT; trap 'exit 1' TERM; wait; :"));

  run_wait_for (run, "ready");
  process_cancel (run->process, SIGTERM);
  run_wait (run);
  assert_output (run, PROCESS_STDOUT, "ready\ngot\n1\n");
  g_assert_cmpuint (run->strays, ==, 0);
}

/* No descriptors to look with: later, not never. */
static void
test_cannot_look (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor,
    shell_in (folder, ESCAPE ("a", "") WAIT_FOR ("a") "echo ready; exit 5"));
  struct rlimit old, none;
  gint64 until;

  run_wait_for (run, "ready");
  getrlimit (RLIMIT_NOFILE, &old);
  none = old;
  none.rlim_cur = 4;            /* what poll is given */
  setrlimit (RLIMIT_NOFILE, &none);
  until = g_get_monotonic_time () + 300000;
  while (g_get_monotonic_time () < until) {
    g_assert_false (run->done);
    g_main_context_iteration (NULL, FALSE);
    g_usleep (1000);
  }
  setrlimit (RLIMIT_NOFILE, &old);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "exit 5");
  g_assert_cmpuint (run->strays, ==, 1);
  g_assert_false (is_alive (wait_for_pid (folder, "a")));
}

/* ---- the rest -------------------------------------------------------- */

static void
test_free_kills (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Run *runs[3];
  pid_t a, b;
  gint64 from;

  runs[0] = run_start (supervisor, shell_in (folder, ESCAPE ("a", "") "trap '' TERM; while :; do sleep 1; done"));
  runs[1] = run_start (supervisor, shell_in (folder, "echo $$ > b; kill -STOP $$; sleep 60"));
  runs[2] = run_start (supervisor, shell ("exit 0"));
  a = live_pid (folder, "a");
  b = live_pid (folder, "b");
  from = g_get_monotonic_time ();
  supervisor_free (g_steal_pointer (&supervisor));
  g_assert_cmpint (ms_since (from), <, 4500);           /* it would wait for 5 s */
  g_assert_false (is_alive (a));
  g_assert_false (is_alive (b));
  assert_no_children ();
  for (int i = 0; i < 3; i++)
    run_free (runs[i]);
}

/* Orphans that die while a tool runs on do not stay zombies. */
static void
test_zombies_reaped (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell (
    "for i in 1 2 3 4 5 6 7 8 9 10; do (sleep 0.01 &) ; done; sleep 0.1; echo ready; exec sleep 60"));
  g_autoptr (GArray) pids = g_array_new (FALSE, FALSE, sizeof (pid_t));

  run_wait_for (run, "ready");
  procfs_children (getpid (), pids);
  g_assert_cmpuint (pids->len, <=, 11);
  for (int i = 0; i < 300 && pids->len > 1; i++) {
    g_usleep (10000);
    g_main_context_iteration (NULL, FALSE);
    g_array_set_size (pids, 0);
    procfs_children (getpid (), pids);
  }
  g_assert_cmpuint (pids->len, ==, 1);
  process_kill (run->process);
  run_wait (run);
}

/* Processes that make processes, each in its own session and deaf to
 * SIGTERM, up to the limit of their user. */
static void
storm (void)
{
  signal (SIGTERM, SIG_IGN);
  alarm (10);                     /* should what is tested fail */
  for (;;) {
    if (fork () == 0) {
      setsid ();
      alarm (10);
    }
    g_usleep (2000);
  }
}

static void
test_storm (void)
{
  if (g_test_subprocess ()) {
    const char *argv[] = { "storm", "--storm", NULL };
    struct rlimit limit = { 60, 60 };
    g_autoptr (Supervisor) supervisor = NULL;
    g_autoptr (Run) run = NULL;
    /* The tree may be where nobody else can look. */
    Command *command = command_new ("/proc/self/exe", argv);
    gint64 from = g_get_monotonic_time ();

    if (getuid () == 0)
      g_assert_cmpint (setresuid (NOBODY, NOBODY, NOBODY), ==, 0);
    g_assert_cmpint (prctl (PR_SET_DUMPABLE, 1), ==, 0);    /* /proc/self is ours again */
    g_assert_cmpint (setrlimit (RLIMIT_NPROC, &limit), ==, 0);
    supervisor = new_supervisor ();
    command->timeout_ms = 400;
    command->grace_ms = 100;
    run = run_command (supervisor, command);
    g_assert_cmpstr (run->described, ==, "timed out after 400 ms (SIGKILL)");
    g_assert_cmpuint (run->survivors, ==, 0);
    g_assert_cmpuint (run->strays, >, 30);
    g_assert_cmpint (ms_since (from), <, 4000);
    assert_no_children ();
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

/* What is to be killed is stopped first, all of it: what still runs could
 * make more meanwhile. */
static void
test_hunt (void)
{
  g_autoptr (GArray) stats = g_array_new (FALSE, FALSE, sizeof (ProcessStat));
  pid_t pid = fork ();
  ProcessStat stat;
  int status;

  if (pid == 0)
    for (;;)
      pause ();
  g_assert_true (procfs_stat (pid, &stat));
  g_array_append_val (stats, stat);
  g_assert_false (ending_hunt (stats, TRUE));
  g_assert_cmpint (waitpid (pid, &status, WUNTRACED), ==, pid);
  g_assert_true (WIFSTOPPED (status));
  g_array_set_size (stats, 0);
  g_assert_true (procfs_stat (pid, &stat));
  g_array_append_val (stats, stat);
  g_assert_true (ending_hunt (stats, TRUE));
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status));
}

/* Pids come round soon where there are few: nobody else may be hit. */
static void
test_bystander (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) bystander = run_start (supervisor, shell ("echo ready; exec sleep 60"));

  run_wait_for (bystander, "ready");
  for (int i = 0; i < 30; i++) {
    g_autoptr (Run) run = NULL;
    Command *command = shell ("sleep 7777 >/dev/null 2>&1 & exec sleep 60");

    command->timeout_ms = 10;
    command->grace_ms = 10;
    run = run_command (supervisor, command);
    g_assert_cmpint (run->how, ==, PROCESS_TIMED_OUT);
  }
  g_assert_false (bystander->done);
  g_assert_true (is_alive (process_pid (bystander->process)));
  process_kill (bystander->process);
  run_wait (bystander);
  assert_no_children ();
}

int
main (int argc, char **argv)
{
  if (argc == 2 && strcmp (argv[1], "--storm") == 0)
    storm ();
  process_test_init (&argc, &argv);
  g_test_add_func ("/process/tree/holds-output", test_holds_output);
  g_test_add_func ("/process/tree/late-output", test_late_output);
  g_test_add_func ("/process/tree/cancel-while-draining", test_cancel_while_draining);
  g_test_add_func ("/process/tree/quick-child", test_quick_child);
  g_test_add_func ("/process/tree/background-child", test_background_child);
  g_test_add_func ("/process/tree/stray-cleans-up", test_stray_cleans_up);
  g_test_add_func ("/process/tree/stubborn-stray", test_stubborn_stray);
  g_test_add_func ("/process/tree/stopped-stray", test_stopped_stray);
  g_test_add_func ("/process/tree/escaped", test_escaped);
  g_test_add_func ("/process/tree/escaped-on-timeout", test_escaped_on_timeout);
  g_test_add_func ("/process/tree/wrapped", test_wrapped);
  g_test_add_func ("/process/tree/wrapped-stubborn", test_wrapped_stubborn);
  g_test_add_func ("/process/tree/deaf-to-interrupt", test_deaf_to_interrupt);
  g_test_add_func ("/process/tree/escaped-on-cancel", test_escaped_on_cancel);
  g_test_add_func ("/process/tree/sigkill-of-all", test_sigkill_of_all);
  g_test_add_func ("/process/tree/killed-in-grace", test_killed_in_grace);
  g_test_add_func ("/process/tree/killed-in-sweep", test_killed_in_sweep);
  g_test_add_func ("/process/tree/rest-of-grace", test_rest_of_grace);
  g_test_add_func ("/process/tree/wrapped-once", test_wrapped_once);
  g_test_add_func ("/process/tree/cannot-look", test_cannot_look);
  g_test_add_func ("/process/tree/free-kills", test_free_kills);
  g_test_add_func ("/process/tree/zombies-reaped", test_zombies_reaped);
  g_test_add_func ("/process/tree/storm", test_storm);
  g_test_add_func ("/process/tree/hunt", test_hunt);
  g_test_add_func ("/process/tree/bystander", test_bystander);
  return g_test_run ();
}

/* What a command leaves behind, and who it belongs to.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "process-testing.h"

#define NOBODY 65534

static Supervisor *
new_supervisor (void)
{
  return supervisor_new (NULL, 0);
}

static gint64
ms_since (gint64 from)
{
  return (g_get_monotonic_time () - from) / 1000;
}

/* The pid a process wrote; it must be one that runs. */
static pid_t
live_pid (const char *folder, const char *name)
{
  pid_t pid = wait_for_pid (folder, name);

  g_assert_true (is_alive (pid));
  return pid;
}

static void
assert_no_children (void)
{
  g_assert_cmpint (waitpid (-1, NULL, WNOHANG), ==, -1);
  g_assert_cmpint (errno, ==, ECHILD);
}

/* A process of its own session, orphaned, that writes its pid to NAME. */
#define ESCAPE(name, more) \
  "setsid sh -c '" more "sh -c \"echo \\$\\$ > " name "; exec sleep 7777\" & ' >/dev/null 2>&1;"
#define WAIT_FOR(name) "while ! [ -s " name " ]; do sleep 0.01; done;"

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

/* ---- whose it is ----------------------------------------------------- */

/* The stray of one command goes with it, that of the other stays. */
static void
test_two_at_once (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) first = run_start (supervisor,
    shell_in (folder, ESCAPE ("a", "") WAIT_FOR ("a") WAIT_FOR ("go1") "exit 1"));
  g_autoptr (Run) second = run_start (supervisor,
    shell_in (folder, ESCAPE ("b", "") WAIT_FOR ("b") WAIT_FOR ("go2") "exit 2"));
  g_autofree char *go1 = g_build_filename (folder, "go1", NULL);
  g_autofree char *go2 = g_build_filename (folder, "go2", NULL);
  pid_t a = live_pid (folder, "a"), b = live_pid (folder, "b");

  g_assert_true (g_file_set_contents (go1, "x", 1, NULL));
  run_wait (first);
  g_assert_cmpuint (first->strays, ==, 1);
  g_assert_false (is_alive (a));
  g_assert_true (is_alive (b));
  g_assert_true (g_file_set_contents (go2, "x", 1, NULL));
  run_wait (second);
  g_assert_cmpuint (second->strays, ==, 1);
  g_assert_false (is_alive (b));
  assert_no_children ();
}

/* No cookie, no session of its command: it goes when no tool runs. */
static void
test_untellable (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) first = NULL, second = NULL;
  g_autofree char *go = g_build_filename (folder, "go", NULL);
  pid_t pid;

  second = run_start (supervisor, shell_in (folder, WAIT_FOR ("go") "exit 2"));
  first = run_command (supervisor, shell_in (folder,
    "setsid env -i /bin/sh -c 'echo $$ > a; exec /bin/sleep 7777' >/dev/null 2>&1 &"
    WAIT_FOR ("a") "exit 1"));
  pid = live_pid (folder, "a");
  g_assert_cmpuint (first->strays, ==, 0);
  g_assert_true (g_file_set_contents (go, "x", 1, NULL));
  run_wait (second);
  g_assert_cmpstr (second->described, ==, "exit 2");
  g_assert_cmpuint (second->strays, ==, 1);
  g_assert_false (is_alive (pid));
  assert_no_children ();
}

/* The session tells when the environment does not. */
static void
test_by_session (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) other = run_start (supervisor, shell ("exec sleep 60"));
  g_autoptr (Run) run = run_command (supervisor, shell_in (folder,
    "env -i /bin/sh -c 'echo $$ > a; exec /bin/sleep 7777' >/dev/null 2>&1 &" WAIT_FOR ("a") "exit 1"));

  g_assert_cmpuint (run->strays, ==, 1);
  g_assert_false (is_alive (wait_for_pid (folder, "a")));
  process_cancel (other->process, 0);
  run_wait (other);
}

/* Having been seen below it tells, when nothing else does. */
static void
test_by_family (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) other = run_start (supervisor, shell ("exec sleep 60"));
  Command *command = shell_in (folder,
    "setsid env -i /bin/sh -c 'echo $$ > a; exec /bin/sleep 7777' >/dev/null 2>&1 & wait");
  g_autoptr (Run) run = NULL;
  pid_t pid;

  command->grace_ms = 100;
  run = run_start (supervisor, command);
  pid = live_pid (folder, "a");
  process_cancel (run->process, 0);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "cancelled (SIGTERM)");
  g_assert_false (is_alive (pid));
  process_cancel (other->process, 0);
  run_wait (other);
}

static void
test_stranger (void)
{
  g_autoptr (Supervisor) supervisor = NULL;
  g_autoptr (Run) run = NULL;
  pid_t before = fork (), after;

  if (before == 0) {
    setsid ();
    pause ();
    _exit (0);
  }
  supervisor = new_supervisor ();
  after = fork ();
  if (after == 0) {
    setsid ();
    pause ();
    _exit (0);
  }
  supervisor_adopt (supervisor, after);
  run = run_command (supervisor, shell ("sleep 7777 >/dev/null 2>&1 & exit 0"));
  g_assert_cmpuint (run->strays, ==, 1);
  g_assert_true (is_alive (before));
  g_assert_true (is_alive (after));
  supervisor_disown (supervisor, after);
  supervisor_free (g_steal_pointer (&supervisor));
  g_assert_true (is_alive (before));
  g_assert_false (is_alive (after));
  kill (before, SIGKILL);
  waitpid (before, NULL, 0);
  assert_no_children ();
}

static void
assert_nested (const char *outer, const char *pattern)
{
  g_autoptr (Supervisor) supervisor = NULL;
  g_autoptr (Run) run = NULL;
  g_autofree char *text = NULL;

  g_setenv ("GALLEY_PROCESS", outer, TRUE);
  supervisor = new_supervisor ();
  g_unsetenv ("GALLEY_PROCESS");
  run = run_command (supervisor, shell ("echo $GALLEY_PROCESS"));
  text = run_text (run, PROCESS_STDOUT);
  g_assert_true (g_regex_match_simple (pattern, text, 0, 0));
}

static void
test_nested (void)
{
  assert_nested ("1-outer.5:2-inner.6", "^1-outer\\.5:2-inner\\.6:[0-9]+-[0-9a-f]{16}\\.1\n$");
  assert_nested ("a.1:b.2:c.3:d.4:e.5:f.6:g.7:h.8",
                 "^b\\.2:c\\.3:d\\.4:e\\.5:f\\.6:g\\.7:h\\.8:[0-9]+-[0-9a-f]{16}\\.1\n$");
}

/* ---- wanted in the background ---------------------------------------- */

static void
test_background_flag (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = NULL, later = NULL;
  Command *command = shell_in (folder, ESCAPE ("a", "") WAIT_FOR ("a")
    "env -i /bin/sh -c 'echo $$ > b; exec /bin/sleep 7777' >/dev/null 2>&1 &" WAIT_FOR ("b")
    "setsid env -i /bin/sh -c 'echo $$ > c; exec /bin/sleep 7777' >/dev/null 2>&1 &" WAIT_FOR ("c")
    "exit 3");
  static const char *const names[] = { "a", "b", "c" };

  command->flags = COMMAND_BACKGROUND;
  run = run_command (supervisor, command);
  g_assert_cmpstr (run->described, ==, "exit 3");
  g_assert_cmpuint (run->strays, ==, 0);
  later = run_command (supervisor, shell ("sleep 7777 >/dev/null 2>&1 & exit 4"));
  g_assert_cmpuint (later->strays, ==, 1);
  supervisor_free (g_steal_pointer (&supervisor));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    pid_t pid = live_pid (folder, names[i]);

    g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
    g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  }
}

static void
test_background_cancelled (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = NULL;
  Command *command = shell_in (folder, ESCAPE ("a", "") WAIT_FOR ("a") "echo ready; exec sleep 60");

  command->flags = COMMAND_BACKGROUND;
  command->grace_ms = 50;
  run = run_start (supervisor, command);
  run_wait_for (run, "ready");
  process_cancel (run->process, 0);
  run_wait (run);
  g_assert_false (is_alive (wait_for_pid (folder, "a")));
  assert_no_children ();
}

/* ---- the rest -------------------------------------------------------- */

static void
test_free_kills (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Run *runs[3];
  pid_t a, b;

  runs[0] = run_start (supervisor, shell_in (folder, ESCAPE ("a", "") "trap '' TERM; while :; do sleep 1; done"));
  runs[1] = run_start (supervisor, shell_in (folder, "echo $$ > b; kill -STOP $$; sleep 60"));
  runs[2] = run_start (supervisor, shell ("exit 0"));
  a = live_pid (folder, "a");
  b = live_pid (folder, "b");
  supervisor_free (g_steal_pointer (&supervisor));
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
    g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
    g_autoptr (Supervisor) supervisor = NULL;
    g_autoptr (Run) run = NULL;
    Command *command = command_new (self, argv);
    gint64 from = g_get_monotonic_time ();

    if (getuid () == 0)
      g_assert_cmpint (setresuid (NOBODY, NOBODY, NOBODY), ==, 0);
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

static void
test_stat_with_odd_name (void)
{
  pid_t pid = fork ();
  ProcessStat stat;
  int status;

  if (pid == 0) {
    prctl (PR_SET_NAME, ") S 1 (a b");
    raise (SIGSTOP);
    _exit (0);
  }
  waitpid (pid, &status, WUNTRACED);
  g_assert_true (procfs_stat (pid, &stat));
  g_assert_cmpint (stat.parent, ==, getpid ());
  g_assert_cmpint (stat.state, ==, 'T');
  g_assert_cmpint (stat.group, ==, getpgrp ());
  g_assert_cmpint (stat.session, ==, getsid (0));
  g_assert_cmpuint (stat.start, >, 0);
  kill (pid, SIGKILL);
  waitpid (pid, NULL, 0);
  g_assert_false (procfs_stat (pid, &stat));
}

int
main (int argc, char **argv)
{
  if (argc == 2 && strcmp (argv[1], "--storm") == 0)
    storm ();
  g_test_init (&argc, &argv, NULL);
  signal (SIGPIPE, SIG_IGN);
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
  g_test_add_func ("/process/tree/wrapped-once", test_wrapped_once);
  g_test_add_func ("/process/tree/cannot-look", test_cannot_look);
  g_test_add_func ("/process/tree/two-at-once", test_two_at_once);
  g_test_add_func ("/process/tree/untellable", test_untellable);
  g_test_add_func ("/process/tree/by-session", test_by_session);
  g_test_add_func ("/process/tree/by-family", test_by_family);
  g_test_add_func ("/process/tree/stranger", test_stranger);
  g_test_add_func ("/process/tree/nested", test_nested);
  g_test_add_func ("/process/tree/background-flag", test_background_flag);
  g_test_add_func ("/process/tree/background-cancelled", test_background_cancelled);
  g_test_add_func ("/process/tree/free-kills", test_free_kills);
  g_test_add_func ("/process/tree/zombies-reaped", test_zombies_reaped);
  g_test_add_func ("/process/tree/storm", test_storm);
  g_test_add_func ("/process/tree/bystander", test_bystander);
  g_test_add_func ("/process/tree/stat-with-odd-name", test_stat_with_odd_name);
  return g_test_run ();
}

/* Whose a process is that has lost its parent, and what may live on.
 * SPDX-License-Identifier: MIT */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "process-testing.h"
#include "proc/kin.h"

static Supervisor *
new_supervisor (void)
{
  return supervisor_new (NULL, 0);
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
  pid_t before = fork (), after, ours;

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
  ours = fork ();                       /* in our own session: nobody's tool */
  if (ours == 0) {
    pause ();
    _exit (0);
  }
  run = run_command (supervisor, shell ("sleep 7777 >/dev/null 2>&1 & exit 0"));
  g_assert_cmpuint (run->strays, ==, 1);
  g_assert_true (is_alive (before));
  g_assert_true (is_alive (after));
  supervisor_disown (supervisor, after);
  supervisor_free (g_steal_pointer (&supervisor));
  g_assert_true (is_alive (before));
  g_assert_true (is_alive (ours));
  g_assert_false (is_alive (after));
  kill (before, SIGKILL);
  waitpid (before, NULL, 0);
  kill (ours, SIGKILL);
  waitpid (ours, NULL, 0);
  assert_no_children ();
}

/* What was there before us may leave children, which come to us. */
static void
test_stranger_of_stranger (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = NULL;
  g_autofree char *go = g_build_filename (folder, "go", NULL);
  pid_t before = fork (), orphan;

  if (before == 0) {
    g_assert_cmpint (chdir (folder), ==, 0);
    setsid ();
    execl ("/bin/sh", "sh", "-c", "sleep 7777 & echo $! > pid;" WAIT_FOR ("go") "exit 0", NULL);
  }
  orphan = live_pid (folder, "pid");
  supervisor = new_supervisor ();
  g_assert_true (g_file_set_contents (go, "x", 1, NULL));
  g_assert_cmpint (waitpid (before, NULL, 0), ==, before);
  supervisor_free (g_steal_pointer (&supervisor));
  g_assert_true (is_alive (orphan));
  kill (orphan, SIGKILL);
  g_assert_cmpint (waitpid (orphan, NULL, 0), ==, orphan);
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

/* Numbers of no command, or no longer. */
static void
test_ended_twice (void)
{
  Kin *kin = kin_new ();
  guint64 number = kin_begin (kin);

  kin_lead (kin, number, getpid ());
  kin_end (kin, number, TRUE);
  kin_end (kin, number, TRUE);
  kin_lead (kin, number, getpid ());
  kin_free (kin);
}

/* ---- /proc ----------------------------------------------------------- */

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
  g_assert_true (procfs_is_gone (errno));
  g_assert_false (procfs_ignores (pid, SIGTERM));
  g_assert_null (procfs_environ (pid, "PATH"));
}

static void
assert_children_unknown (gpointer data, gpointer user_data)
{
  g_autoptr (GArray) pids = g_array_new (FALSE, FALSE, sizeof (pid_t));

  g_assert_false (procfs_children (getpid (), pids));
  g_assert_cmpuint (pids->len, ==, 0);
}

static void
kill_child (gpointer data, gpointer user_data)
{
  pid_t pid = fork ();
  ProcessStat stat;
  int status;

  if (pid == 0)
    for (;;)
      pause ();
  g_assert_true (procfs_stat (pid, &stat));
  procfs_signal (&stat, SIGTERM);
  for (int i = 0; waitpid (pid, &status, WNOHANG) == 0; i++) {
    g_assert_cmpint (i, <, 5000);
    g_usleep (1000);
  }
  g_assert_true (WIFSIGNALED (status));
}

/* Our own children are reached on an older kernel, too. */
static void
test_signal_without_pidfd (void)
{
  test_refused (SYS_pidfd_open, ENOSYS, kill_child, NULL);
}

/* Not to be taken for none. */
static void
test_children_unreadable (void)
{
  test_refused (SYS_read, EIO, assert_children_unknown, NULL);
}

int
main (int argc, char **argv)
{
  process_test_init (&argc, &argv);
  g_test_add_func ("/process/kin/two-at-once", test_two_at_once);
  g_test_add_func ("/process/kin/untellable", test_untellable);
  g_test_add_func ("/process/kin/by-session", test_by_session);
  g_test_add_func ("/process/kin/by-family", test_by_family);
  g_test_add_func ("/process/kin/stranger", test_stranger);
  g_test_add_func ("/process/kin/stranger-of-stranger", test_stranger_of_stranger);
  g_test_add_func ("/process/kin/nested", test_nested);
  g_test_add_func ("/process/kin/background-flag", test_background_flag);
  g_test_add_func ("/process/kin/background-cancelled", test_background_cancelled);
  g_test_add_func ("/process/kin/stat-with-odd-name", test_stat_with_odd_name);
  g_test_add_func ("/process/kin/children-unreadable", test_children_unreadable);
  g_test_add_func ("/process/kin/signal-without-pidfd", test_signal_without_pidfd);
  g_test_add_func ("/process/kin/ended-twice", test_ended_twice);
  return g_test_run ();
}

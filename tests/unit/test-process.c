/* What becomes of a command: how it ends, and that it is told exactly.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "process-testing.h"

static Supervisor *
new_supervisor (void)
{
  return supervisor_new (NULL, 0);
}

static void
test_exit (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_command (supervisor, shell ("echo out; echo err >&2; exit 3"));

  g_assert_cmpint (run->how, ==, PROCESS_EXITED);
  g_assert_cmpint (run->exit_code, ==, 3);
  g_assert_cmpstr (run->described, ==, "exit 3");
  assert_output (run, PROCESS_STDOUT, "out\n");
  assert_output (run, PROCESS_STDERR, "err\n");
  g_assert_cmpuint (run->strays, ==, 0);
}

static void
test_timeout (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("echo before; sleep 60");
  g_autoptr (Run) run = NULL;

  command->timeout_ms = 200;
  run = run_command (supervisor, command);
  g_assert_cmpint (run->how, ==, PROCESS_TIMED_OUT);
  g_assert_cmpint (run->signal, ==, SIGTERM);
  g_assert_cmpint (run->exit_code, ==, -1);
  g_assert_cmpstr (run->described, ==, "timed out after 200 ms (SIGTERM)");
  assert_output (run, PROCESS_STDOUT, "before\n");
  g_assert_cmpint (run->duration_ms, >=, 200);
  g_assert_cmpint (run->duration_ms, <, 2000);
}

static void
test_timeout_ignored (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = shell ("trap '' TERM; echo before; while :; do sleep 1; done");
  g_autoptr (Run) run = NULL;

  command->timeout_ms = 100;
  command->grace_ms = 100;
  run = run_command (supervisor, command);
  g_assert_cmpint (run->how, ==, PROCESS_TIMED_OUT);
  g_assert_cmpint (run->signal, ==, SIGKILL);
  g_assert_cmpstr (run->described, ==, "timed out after 100 ms (SIGKILL)");
}

static void
test_cancel (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell ("echo ready; sleep 60"));

  run_wait_for (run, "ready");
  process_cancel (run->process, SIGINT);
  run_wait (run);
  g_assert_cmpint (run->how, ==, PROCESS_CANCELLED);
  g_assert_cmpstr (run->described, ==, "cancelled (SIGINT)");
}

static void
test_not_found (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  const char *argv[] = { "x", NULL };
  g_autoptr (Run) run = run_command (supervisor, command_new ("/nonexistent/x", argv));

  g_assert_cmpint (run->how, ==, PROCESS_NOT_STARTED);
  g_assert_cmpint (run->error_number, ==, ENOENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  signal (SIGPIPE, SIG_IGN);
  g_test_add_func ("/process/exit", test_exit);
  g_test_add_func ("/process/timeout", test_timeout);
  g_test_add_func ("/process/timeout-ignored", test_timeout_ignored);
  g_test_add_func ("/process/cancel", test_cancel);
  g_test_add_func ("/process/not-found", test_not_found);
  return g_test_run ();
}

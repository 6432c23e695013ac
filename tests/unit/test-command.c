/* Commands, and the fake tool that plays them in other tests.
 * SPDX-License-Identifier: MIT */
#include <signal.h>

#include "process-testing.h"

static void
test_new (void)
{
  char *words[] = { g_strdup ("tool"), g_strdup ("argument"), NULL };
  g_autoptr (Command) command = command_new ("/bin/tool", (const char *const *) words);

  g_free (words[0]);
  g_free (words[1]);
  g_assert_cmpstr (command->path, ==, "/bin/tool");
  g_assert_cmpstr (command->argv[0], ==, "tool");
  g_assert_cmpstr (command->argv[1], ==, "argument");
  g_assert_null (command->argv[2]);
  g_assert_null (command->env);
  g_assert_null (command->cwd);
  g_assert_null (command->stdin_data);
  g_assert_null (command->spill);
  g_assert_cmpint (command->timeout_ms + command->idle_timeout_ms + command->grace_ms, ==, 0);
  g_assert_cmpuint (command->keep + command->flags, ==, 0);
  command_free (NULL);
}

/* ---- the fake tool --------------------------------------------------- */

typedef struct {
  Folder     *folder;
  Supervisor *supervisor;
} Fake;

static void
fake_begin (Fake *fake, gconstpointer data)
{
  fake->folder = folder_new ();
  fake->supervisor = supervisor_new (NULL, 0);
}

static void
fake_end (Fake *fake, gconstpointer data)
{
  const char *argv[] = { "rm", "-r", "calls", NULL };
  Command *command = command_new ("/bin/rm", argv);
  g_autoptr (Run) run = NULL;

  command->cwd = g_strdup (fake->folder);
  run = run_command (fake->supervisor, command);
  supervisor_free (fake->supervisor);
  folder_remove (fake->folder);
}

static void
fake_tool (Fake *fake, const char *name, const char *scenario)
{
  const char *build = g_getenv ("G_TEST_BUILDDIR");
  g_autofree char *program = g_build_filename (build != NULL ? build : ".", "tests/fakecli/fakecli", NULL);
  g_autofree char *absolute = g_canonicalize_filename (program, NULL);
  g_autofree char *link = g_build_filename (fake->folder, name, NULL);
  g_autofree char *path = g_strconcat (link, ".fake", NULL);

  g_assert_cmpint (symlink (absolute, link), ==, 0);
  g_assert_true (g_file_set_contents (path, scenario, -1, NULL));
}

static Command *
fake_command (Fake *fake, const char *line)
{
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);
  g_autofree char *path = g_build_filename (fake->folder, argv[0], NULL);

  return command_new (path, (const char *const *) argv);
}

static Run *
fake_run (Fake *fake, const char *line)
{
  return run_command (fake->supervisor, fake_command (fake, line));
}

static void
assert_call (Fake *fake, const char *line, const char *described, const char *out, const char *err)
{
  g_autoptr (Run) run = fake_run (fake, line);

  assert_output (run, PROCESS_STDERR, err);
  assert_output (run, PROCESS_STDOUT, out);
  g_assert_cmpstr (run->described, ==, described);
}

static void
assert_recorded (Fake *fake, const char *name, const char *expected, gsize len)
{
  g_autofree char *path = g_build_filename (fake->folder, "calls", name, NULL);
  g_autofree char *text = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &text, &size, NULL));
  g_assert_cmpmem (text, size, expected, len);
}

#define assert_record(fake, name, text) assert_recorded (fake, name, text, sizeof text - 1)

static void
test_fake_matching (Fake *fake, gconstpointer data)
{
  g_autofree char *record = g_strdup_printf ("fakecli: helm: unexpected call, see %s/calls/004.helm\n", fake->folder);

  fake_tool (fake, "helm",
    "# what helm says\n"
    "call version **  # any\n"
    "  out 'v3.12.0' \"\\n\"\n"
    "\n"
    "call upgrade --install w?b ** --namespace [a-z]*\n"
    "  err \"Error: \\x41\\\"\\t\\e\\n\"\n"
    "  exit 3\n"
    "call\n"
    "  out none\n");
  assert_call (fake, "helm version --short", "exit 0", "v3.12.0 \n", "");
  assert_call (fake, "helm upgrade --install web ./chart -f x --namespace wandb", "exit 3", "", "Error: A\"\t\033\n");
  assert_call (fake, "helm", "exit 0", "none", "");
  assert_call (fake, "helm upgrade", "exit 99", "", record);
  assert_record (fake, "log", "helm version --short\n"
                 "helm upgrade --install web ./chart -f x --namespace wandb\nhelm\nhelm upgrade\n");
}

static void
test_fake_times (Fake *fake, gconstpointer data)
{
  fake_tool (fake, "aws", "call get *\n times 2\n out busy\n exit 1\ncall get *\n out done\n");
  assert_call (fake, "aws get x", "exit 1", "busy", "");
  assert_call (fake, "aws get y", "exit 1", "busy", "");
  assert_call (fake, "aws get x", "exit 0", "done", "");
  assert_call (fake, "aws get x", "exit 0", "done", "");
}

static void
test_fake_ordered (Fake *fake, gconstpointer data)
{
  g_autofree char *record = g_strdup_printf ("fakecli: aws: unexpected call, see %s/calls/002.aws\n", fake->folder);

  fake_tool (fake, "aws", "ordered\ncall one\n out 1\ncall two\n times 2\n out 2\ncall one\n out 3\n");
  assert_call (fake, "aws one", "exit 0", "1", "");
  assert_call (fake, "aws one", "exit 99", "", record);
  assert_call (fake, "aws two", "exit 0", "2", "");
  assert_call (fake, "aws two", "exit 0", "2", "");
  assert_call (fake, "aws one", "exit 0", "3", "");
}

static void
test_fake_record (Fake *fake, gconstpointer data)
{
  Command *command;
  g_autoptr (Run) run = NULL;
  char *env[] = { (char *) "A=1", (char *) "B=2", NULL };

  fake_tool (fake, "kubectl", "call **\n");
  command = fake_command (fake, "kubectl apply -f - it's");
  command->stdin_data = g_bytes_new ("a\0b", 3);
  command->env = g_strdupv (env);
  command->cwd = g_strdup ("/usr");
  run = run_command (fake->supervisor, command);
  g_assert_cmpstr (run->described, ==, "exit 0");
  assert_record (fake, "001.kubectl/argv", "kubectl\0apply\0-f\0-\0it's\0");
  assert_record (fake, "001.kubectl/stdin", "a\0b");
  assert_record (fake, "001.kubectl/cwd", "/usr");
  assert_record (fake, "001.kubectl/signals", "");
  assert_record (fake, "log", "kubectl apply -f - 'it'\\''s'\n");
}

static void
test_fake_output (Fake *fake, gconstpointer data)
{
  g_autofree char *file = g_build_filename (fake->folder, "text", NULL);

  g_assert_true (g_file_set_contents (file, "from file\n", -1, NULL));
  fake_tool (fake, "t", "call\n outfile text\n errfile text\n flood err 20\n drip out 1 abc\n"
             " env NOT\n write noted a b\n outfile noted\n close err\n err lost\n exit 5\n");
  assert_call (fake, "t", "exit 5", "from file\nabcNOT is not set\na b",
               "from file\n0123456789abcde\n0123");
}

static void
test_fake_ends (Fake *fake, gconstpointer data)
{
  g_autoptr (Run) run = NULL;
  Command *command;

  fake_tool (fake, "t", "call die\n kill SEGV\ncall deaf\n ignore TERM INT\n out ready\n sleep 60000\n"
             "call catch\n catch INT\n catch TERM 7\n out ready\n sleep 60000\n");
  assert_call (fake, "t die", "killed by SIGSEGV", "", "");
  command = fake_command (fake, "t deaf");
  command->timeout_ms = 100;
  command->grace_ms = 50;
  run = run_command (fake->supervisor, command);
  g_assert_cmpstr (run->described, ==, "timed out after 100 ms (SIGKILL)");
  run_free (run);
  run = run_start (fake->supervisor, fake_command (fake, "t catch"));
  run_wait_for (run, "ready");
  kill (process_pid (run->process), SIGINT);
  g_usleep (20000);
  kill (process_pid (run->process), SIGTERM);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "exit 7");
  assert_record (fake, "003.t/signals", "INT\nTERM\n");
}

static void
test_fake_children (Fake *fake, gconstpointer data)
{
  g_autoptr (Run) run = NULL;
  g_autofree char *path = g_build_filename (fake->folder, "calls", "001.t", NULL);

  fake_tool (fake, "t", "call\n child 60000 setsid\n child 60000 deaf\n child 50 late\n child 0\n exit 2\n");
  run = fake_run (fake, "t");
  g_assert_cmpstr (run->described, ==, "exit 2");
  assert_output (run, PROCESS_STDOUT, "late\n");
  g_assert_cmpuint (run->strays, ==, 2);
  g_assert_false (is_alive (wait_for_pid (path, "children")));
}

static void
test_fake_broken (Fake *fake, gconstpointer data)
{
  fake_tool (fake, "a", "call\n oout x\n");
  fake_tool (fake, "b", "call\n out 'x\n");
  fake_tool (fake, "c", "call\n exit\n");
  assert_call (fake, "a", "exit 98", "", "fakecli: line 2: no such action: oout\n");
  assert_call (fake, "b", "exit 98", "", "fakecli: line 2: quote not closed\n");
  assert_call (fake, "c", "exit 98", "", "fakecli: line 2: \"exit\" needs more\n");
}

int
main (int argc, char **argv)
{
#define FAKE_TEST(name, func) g_test_add ("/command/fake/" name, Fake, NULL, fake_begin, func, fake_end)

  process_test_init (&argc, &argv);
  g_test_add_func ("/command/new", test_new);
  FAKE_TEST ("matching", test_fake_matching);
  FAKE_TEST ("times", test_fake_times);
  FAKE_TEST ("ordered", test_fake_ordered);
  FAKE_TEST ("record", test_fake_record);
  FAKE_TEST ("output", test_fake_output);
  FAKE_TEST ("ends", test_fake_ends);
  FAKE_TEST ("children", test_fake_children);
  FAKE_TEST ("broken", test_fake_broken);
  return g_test_run ();
}

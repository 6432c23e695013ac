/* What a command is started with, and why it is not.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "process-testing.h"

#define NOBODY 65534

static Supervisor *
new_supervisor (void)
{
  return supervisor_new (NULL, 0);
}

static Run *
run_path (Supervisor *supervisor, const char *path)
{
  const char *argv[] = { "tool", "a", NULL };

  return run_command (supervisor, command_new (path, argv));
}

static char *
make_file (const char *folder, const char *name, const char *text, gssize len, int mode)
{
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, len, NULL));
  g_assert_cmpint (chmod (path, mode), ==, 0);
  return path;
}

/* Not root, whose number of processes cannot be limited, and who gets everywhere. */
static void
become_nobody (void)
{
  if (getuid () == 0)
    g_assert_cmpint (setresuid (NOBODY, NOBODY, NOBODY), ==, 0);
}

/* ---- not started ----------------------------------------------------- */

static void
assert_not_started (Supervisor *supervisor, const char *path, int error_number, const char *format)
{
  g_autoptr (Run) run = run_path (supervisor, path);
  g_autofree char *error = NULL, *text = NULL;
  g_auto (GStrv) parts = g_strsplit (format, "PATH", 2);

  error = g_strjoinv (path, parts);
  text = g_strconcat ("not started: ", error, NULL);
  g_assert_cmpint (run->how, ==, PROCESS_NOT_STARTED);
  g_assert_cmpint (run->error_number, ==, error_number);
  g_assert_cmpint (run->exit_code, ==, -1);
  g_assert_cmpstr (run->error, ==, error);
  g_assert_cmpstr (run->described, ==, text);
  assert_output (run, PROCESS_STDOUT, "");
  assert_output (run, PROCESS_STDERR, "");
}

static void
test_missing (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  guint fds = count_fds ();

  assert_not_started (supervisor, "/nonexistent/tool", ENOENT, "\"PATH\" does not exist");
  assert_not_started (supervisor, "/bin/sh/tool", ENOTDIR, "\"PATH\": not a directory");
  assert_not_started (supervisor, "tool", EINVAL, "the path \"PATH\" is not absolute");
  assert_not_started (supervisor, "/tmp", EACCES, "\"PATH\" is a folder");
  g_assert_cmpuint (count_fds (), ==, fds);
  g_assert_cmpint (waitpid (-1, NULL, WNOHANG), ==, -1);
}

/* A tool may say 127 or 126 itself: that is another thing. */
static void
test_exit_127 (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_command (supervisor, shell ("exit 127"));
  g_autoptr (Run) other = run_command (supervisor, shell ("exec /nonexistent/tool"));
  g_autoptr (Run) denied = run_command (supervisor, shell ("exec /tmp"));

  g_assert_cmpstr (run->described, ==, "exit 127");
  g_assert_cmpstr (other->described, ==, "exit 127");
  g_assert_cmpstr (denied->described, ==, "exit 126");
}

static void
test_bad_files (void)
{
  static const char elf[64] = "\x7f" "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xf3\0\x01";
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autofree char *empty = make_file (folder, "empty", "", 0, 0755);
  g_autofree char *pwned = g_build_filename (folder, "pwned", NULL);
  g_autofree char *script = g_strdup_printf ("touch %s\n", pwned);
  g_autofree char *text = make_file (folder, "text", script, -1, 0755);
  g_autofree char *foreign = make_file (folder, "foreign", elf, sizeof elf, 0755);
  g_autofree char *plain = make_file (folder, "plain", "#!/bin/sh\n", -1, 0644);
  g_autofree char *orphan = make_file (folder, "orphan", "#! /nonexistent/sh -e\n", -1, 0755);
  g_autofree char *denied = make_file (folder, "denied", "#!/etc/passwd\n", -1, 0755);
  g_autofree char *dangling = g_build_filename (folder, "dangling", NULL);
  g_autofree char *loop = g_build_filename (folder, "loop", NULL);
  g_autofree char *fifo = g_build_filename (folder, "fifo", NULL);

  if (under_valgrind ()) {
    g_test_skip ("valgrind runs files itself");
    return;
  }
  g_assert_cmpint (symlink ("nowhere", dangling), ==, 0);
  g_assert_cmpint (symlink ("loop", loop), ==, 0);
  g_assert_cmpint (mkfifo (fifo, 0755), ==, 0);
  assert_not_started (supervisor, empty, ENOEXEC, "\"PATH\" is empty");
  assert_not_started (supervisor, text, ENOEXEC,
                      "\"PATH\" is neither a program for this machine nor a script with \"#!\"");
  g_assert_false (g_file_test (pwned, G_FILE_TEST_EXISTS));
  assert_not_started (supervisor, foreign, ENOEXEC,
                      "\"PATH\" is neither a program for this machine nor a script with \"#!\"");
  assert_not_started (supervisor, plain, EACCES, "\"PATH\" is not executable");
  assert_not_started (supervisor, orphan, ENOENT,
                      "\"PATH\" is a script for \"/nonexistent/sh\", which does not exist");
  assert_not_started (supervisor, denied, EACCES,
                      "\"PATH\" is a script for \"/etc/passwd\", which is not executable");
  assert_not_started (supervisor, dangling, ENOENT, "\"PATH\" is a dangling link");
  assert_not_started (supervisor, loop, ELOOP, "\"PATH\": too many levels of symbolic links");
  assert_not_started (supervisor, fifo, EACCES, "\"PATH\" is not a file");
}

static void
test_incomplete (void)
{
  const char *none[] = { NULL };
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) nameless = run_command (supervisor, command_new ("/bin/true", none));
  g_autoptr (Run) nothing = run_command (supervisor, command_new (NULL, NULL));

  g_assert_cmpstr (nameless->described, ==,
                   "not started: \"/bin/true\" has no arguments, not even its name");
  g_assert_cmpstr (nothing->described, ==, "not started: the path \"\" is not absolute");
}

static void
test_folder (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) good = run_command (supervisor, shell_in (folder, "pwd -P"));
  g_autoptr (Run) missing = run_command (supervisor, shell_in ("/nonexistent", "exit 0"));
  g_autoptr (Run) file = run_command (supervisor, shell_in ("/etc/passwd", "exit 0"));
  g_autoptr (Run) relative = run_command (supervisor, shell_in ("tmp", "exit 0"));
  g_autofree char *line = g_strconcat (folder, "\n", NULL);

  assert_output (good, PROCESS_STDOUT, line);
  g_assert_cmpstr (missing->described, ==, "not started: the folder \"/nonexistent\" cannot be"
                   " entered: no such file or directory");
  g_assert_cmpint (missing->error_number, ==, ENOENT);
  g_assert_cmpstr (file->described, ==, "not started: the folder \"/etc/passwd\" cannot be"
                   " entered: not a directory");
  g_assert_cmpstr (relative->described, ==, "not started: the folder \"tmp\" is not absolute");
}

static Command *
with_argument (gsize len, guint count)
{
  g_autofree char *argument = g_strnfill (len, 'x');
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();

  g_ptr_array_add (argv, (gpointer) "true");
  for (guint i = 0; i < count; i++)
    g_ptr_array_add (argv, argument);
  g_ptr_array_add (argv, NULL);
  return command_new ("/bin/true", (const char *const *) argv->pdata);
}

static void
test_long_arguments (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) longest = run_command (supervisor, with_argument (131071, 1));
  g_autoptr (Run) longer = NULL, far = NULL, many = NULL;

  g_assert_cmpstr (longest->described, ==, "exit 0");
  if (under_valgrind ())                        /* which dies of longer ones */
    return;
  longer = run_command (supervisor, with_argument (131072, 1));
  far = run_command (supervisor, with_argument (13107200, 1));
  many = run_command (supervisor, with_argument (100000, 100));
  g_assert_cmpint (longer->error_number, ==, E2BIG);
  g_assert_cmpstr (longer->described, ==, "not started: an argument of \"/bin/true\" or a variable"
                   " is too long (131072 bytes; 131071 are possible)");
  g_assert_cmpint (far->error_number, ==, E2BIG);
  g_assert_cmpint (many->error_number, ==, E2BIG);
  g_assert_cmpstr (many->described, ==, "not started: arguments and environment of \"/bin/true\""
                   " are too long (10000913 bytes)");
}

static void
run_nothing (gpointer path, gpointer user_data)
{
  static const struct rlimit little = { 1, 1 };         /* seconds, of a child that goes on trying */
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = NULL;

  setrlimit (RLIMIT_CPU, &little);
  run = run_path (supervisor, path);
  if (strcmp (run->described, "exit 127") != 0)
    abort ();
}

/* Its report cannot be written: it ends, and we do not hang with it. */
static void
test_no_report (void)
{
  test_refused (SYS_write, EIO, run_nothing, (gpointer) "/nonexistent/tool");
}

#ifdef SYS_dup2
static void
run_without_streams (gpointer data, gpointer user_data)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();

  assert_not_started (supervisor, "/bin/true", EMFILE, "no pipes for \"PATH\": too many open files");
}

static void
test_no_streams (void)
{
  test_refused (SYS_dup2, EMFILE, run_without_streams, NULL);
}
#endif

static void
test_no_stack (void)
{
  if (is_shadowed ()) {
    g_test_skip ("the shadow wants memory, too");
    return;
  }
  if (g_test_subprocess ()) {
    refuse (SYS_mmap, ENOMEM);
    supervisor_new (NULL, 0);
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*cannot allocate a stack*");
}

/* As a user who is not root. */
static void
test_unreachable (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autofree char *path = make_file (folder, "tool", "#!/bin/sh\n", -1, 0755);
  int status;
  pid_t pid;

  g_assert_cmpint (chmod (folder, 0), ==, 0);
  pid = fork ();
  if (pid == 0) {
    g_autoptr (Supervisor) supervisor = NULL;

    become_nobody ();
    supervisor = new_supervisor ();
    assert_not_started (supervisor, path, EACCES, "\"PATH\" cannot be reached: permission denied");
    _exit (0);
  }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (chmod (folder, 0700), ==, 0);
  g_assert_cmpint (status, ==, 0);
}

/* A program for a machine that this one is not: its loader is missing. */
static void
test_no_loader (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autofree char *path = NULL, *data = NULL;
  char *loader;
  gsize len;

  g_assert_true (g_file_get_contents ("/bin/true", &data, &len, NULL));
  loader = memmem (data, MIN (len, 4096), "/ld-", 4);
  if (loader == NULL || under_valgrind ()) {
    g_test_skip ("no loader is named in /bin/true");
    return;
  }
  memcpy (loader, "/no-", 4);
  path = make_file (folder, "tool", data, (gssize) len, 0755);
  assert_not_started (supervisor, path, ENOENT, "\"PATH\" needs a loader that does not exist");
}

/* ---- tried again ----------------------------------------------------- */

static gboolean
count_tick (gpointer user_data)
{
  (*(guint *) user_data)++;
  return G_SOURCE_CONTINUE;
}

static gboolean
close_it (gpointer user_data)
{
  close (GPOINTER_TO_INT (user_data));
  return G_SOURCE_REMOVE;
}

static void
test_busy (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autofree char *path = make_file (folder, "tool", "#!/bin/sh\nexit 7\n", -1, 0755);
  int fd = open (path, O_WRONLY | O_APPEND | O_CLOEXEC);
  guint ticks = 0, ticker = g_timeout_add (5, count_tick, &ticks);
  g_autoptr (Run) run = NULL;

  g_timeout_add (70, close_it, GINT_TO_POINTER (fd));
  run = run_path (supervisor, path);
  g_assert_cmpstr (run->described, ==, "exit 7");
  g_assert_cmpuint (ticks, >=, 5);              /* the loop was never blocked */
  g_source_remove (ticker);
}

static void
test_busy_for_ever (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autofree char *path = make_file (folder, "tool", "#!/bin/sh\nexit 7\n", -1, 0755);
  int fd = open (path, O_WRONLY | O_APPEND | O_CLOEXEC);
  gint64 from = g_get_monotonic_time ();
  gint64 took;

  assert_not_started (supervisor, path, ETXTBSY, "\"PATH\" is being written to");
  took = (g_get_monotonic_time () - from) / 1000;
  g_assert_cmpint (took, >=, 180);              /* 10 tries, 20 ms between two */
  g_assert_cmpint (took, <, 1000);
  close (fd);
}

static void
test_busy_cancelled (void)
{
  g_autoptr (Folder) folder = folder_new ();
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autofree char *path = make_file (folder, "tool", "#!/bin/sh\nexit 7\n", -1, 0755);
  int fd = open (path, O_WRONLY | O_APPEND | O_CLOEXEC);
  const char *argv[] = { "tool", NULL };
  g_autoptr (Run) run = run_start (supervisor, command_new (path, argv));

  g_assert_cmpint (process_pid (run->process), ==, 0);
  process_cancel (run->process, SIGINT);
  run_wait (run);
  g_assert_cmpstr (run->described, ==, "cancelled");
  g_assert_cmpint (run->duration_ms, ==, 0);
  close (fd);
}

static void
allow_processes (gboolean allowed)
{
  struct rlimit limit;

  getrlimit (RLIMIT_NPROC, &limit);
  limit.rlim_cur = allowed ? limit.rlim_max : 0;
  g_assert_cmpint (setrlimit (RLIMIT_NPROC, &limit), ==, 0);
}

static gboolean
allow_now (gpointer user_data)
{
  allow_processes (TRUE);
  return G_SOURCE_REMOVE;
}

static void
test_no_process (void)
{
  if (g_test_subprocess ()) {
    g_autoptr (Supervisor) supervisor = NULL;
    g_autoptr (Run) run = NULL;

    become_nobody ();
    supervisor = new_supervisor ();
    allow_processes (FALSE);
    g_timeout_add (150, allow_now, NULL);
    run = run_command (supervisor, shell ("exit 3"));
    g_assert_cmpstr (run->described, ==, "exit 3");
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
test_no_process_for_ever (void)
{
  if (g_test_subprocess ()) {
    g_autoptr (Supervisor) supervisor = NULL;
    g_autoptr (Run) run = NULL;
    guint ticks = 0;

    become_nobody ();
    supervisor = new_supervisor ();
    allow_processes (FALSE);
    g_timeout_add (50, count_tick, &ticks);
    run = run_command (supervisor, shell ("exit 3"));
    g_assert_cmpint (run->error_number, ==, EAGAIN);
    g_assert_cmpstr (run->described, ==, "not started: no process for \"/bin/sh\":"
                     " resource temporarily unavailable");
    g_assert_cmpuint (ticks, >=, 40);           /* 0.1 + 0.2 + 0.4 + 0.8 + 1.6 s */
    g_assert_cmpuint (ticks, <, 100);
    allow_processes (TRUE);                     /* the leak checker makes one */
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

/* With any number of descriptors left it works or says why not, and none
 * is lost. */
static void
test_few_descriptors (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  struct rlimit old, few;
  guint fds = count_fds (), worked = 0, refused = 0;

  getrlimit (RLIMIT_NOFILE, &old);
  few = old;
  for (guint more = 0; more < 20; more++) {
    Command *command = shell ("cat; exit 3");
    g_autoptr (Run) run = NULL;

    command->stdin_data = g_bytes_new ("in", 2);
    few.rlim_cur = fds + 1 + more;
    g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &few), ==, 0);
    run = run_command (supervisor, command);
    setrlimit (RLIMIT_NOFILE, &old);
    if (run->how == PROCESS_NOT_STARTED) {
      g_assert_cmpint (run->error_number, ==, EMFILE);
      g_assert_cmpstr (run->described, ==, "not started: no pipes for \"/bin/sh\": too many open files");
      refused++;
    } else {
      g_assert_cmpstr (run->described, ==, "exit 3");
      assert_output (run, PROCESS_STDOUT, "in");
      worked++;
    }
    g_assert_cmpuint (count_fds (), ==, fds);
  }
  g_assert_cmpuint (worked, >, 5);
  g_assert_true (refused > 3 || under_valgrind ());
}

/* ---- what a tool starts with ----------------------------------------- */

static void
test_arguments (void)
{
  const char *argv[] = { "name of tool", "", "a b", "$(id); `id` *", "new\nline", "\xff\x01", "-n", NULL };
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = command_new ("/bin/cat", argv);
  g_autoptr (Run) run = NULL;

  g_free (command->path);
  command->path = g_strdup ("/bin/sh");
  g_strfreev (command->argv);
  command->argv = g_new0 (char *, 12);
  command->argv[0] = g_strdup ("name of tool");
  command->argv[1] = g_strdup ("-c");
  command->argv[2] = g_strdup ("tr '\\0' '|' < /proc/$$/cmdline");
  for (guint i = 0; argv[i] != NULL; i++)
    command->argv[3 + i] = g_strdup (argv[i]);
  run = run_command (supervisor, command);
  g_assert_cmpstr (run->described, ==, "exit 0");
  assert_output (run, PROCESS_STDOUT, "name of tool|-c|tr '\\0' '|' < /proc/$$/cmdline|"
                 "name of tool||a b|$(id); `id` *|new\nline|\xff\x01|-n|");
}

static void
test_environment (void)
{
  const char *argv[] = { "env", "-0", NULL };
  const char *env[] = { "A=1", "B=", "LANG=x\ny", "GALLEY_PROCESS=old", NULL };
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  Command *command = command_new ("/usr/bin/env", argv);
  g_autoptr (Run) run = NULL, empty = NULL;
  const char *data;

  command->env = g_strdupv ((char **) env);
  run = run_command (supervisor, command);
  data = g_bytes_get_data (run->data[PROCESS_STDOUT], NULL);
  g_assert_true (g_str_has_prefix (data, "GALLEY_PROCESS="));
  g_assert_null (strstr (data, "old"));
  data += strlen (data) + 1;
  g_assert_cmpmem (data, 16, "A=1\0B=\0LANG=x\ny", 16);
  empty = run_command (supervisor, command_new ("/usr/bin/env", argv));
  data = g_bytes_get_data (empty->data[PROCESS_STDOUT], NULL);
  g_assert_cmpuint (g_bytes_get_size (empty->data[PROCESS_STDOUT]), ==, strlen (data) + 1);
}

static void
test_session (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_start (supervisor, shell ("cut -d' ' -f1,4,5,6 /proc/$$/stat"));
  pid_t pid = process_pid (run->process);
  g_autofree char *expected = g_strdup_printf ("%d %d %d %d\n", pid, getpid (), pid, pid);

  run_wait (run);
  assert_output (run, PROCESS_STDOUT, expected);
}

static void
on_signal (int number)
{
}

static char *
signals_of_tool (const sigset_t *mask, guint64 ignored)
{
  g_autoptr (Supervisor) supervisor = supervisor_new (mask, ignored);
  /* The shell would change some itself. */
  const char *argv[] = { "grep", "-E", "Sig(Blk|Ign)|ShdPnd", "/proc/self/status", NULL };
  g_autoptr (Run) run = run_command (supervisor, command_new ("/bin/grep", argv));

  return run_text (run, PROCESS_STDOUT);
}

/* Signals 32 and 33 belong to the C library: whoever is started by its
 * posix_spawn (by make, say) has them ignored, and nobody can change that. */
static guint64
ignored_by_c_library (void)
{
  g_autofree char *status = NULL;
  const char *line;

  g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));
  line = strstr (status, "SigIgn:");
  g_assert_nonnull (line);
  return g_ascii_strtoull (line + strlen ("SigIgn:"), NULL, 16) & G_GUINT64_CONSTANT (0x180000000);
}

static char *
expected_signals (guint64 blocked, guint64 ignored)
{
  return g_strdup_printf ("ShdPnd:\t%016x\nSigBlk:\t%016" G_GINT64_MODIFIER "x\nSigIgn:\t%016" G_GINT64_MODIFIER "x\n",
                          0, blocked, ignored | ignored_by_c_library ());
}

static void
test_signals (void)
{
  g_autofree char *plain = NULL, *kept = NULL, *none = expected_signals (0, 0);
  g_autofree char *some = expected_signals (0x4000, G_GUINT64_CONSTANT (0x4000000000000001));
  sigset_t ours, old, mask;

  sigfillset (&ours);
  sigprocmask (SIG_SETMASK, &ours, &old);
  signal (SIGUSR1, on_signal);
  signal (SIGUSR2, SIG_IGN);
  signal (SIGRTMAX - 1, SIG_IGN);
  plain = signals_of_tool (NULL, 0);
  g_assert_cmpstr (plain, ==, none);
  sigemptyset (&mask);
  sigaddset (&mask, SIGTERM);
  kept = signals_of_tool (&mask, G_GUINT64_CONSTANT (1) << (SIGHUP - 1) | G_GUINT64_CONSTANT (1) << 62);
  g_assert_cmpstr (kept, ==, some);
  signal (SIGUSR1, SIG_DFL);
  signal (SIGUSR2, SIG_DFL);
  signal (SIGRTMAX - 1, SIG_DFL);
  /* And ours are as they were. */
  sigprocmask (SIG_SETMASK, &old, &mask);
  g_assert_true (sigismember (&mask, SIGUSR2) && sigismember (&mask, SIGHUP));
}

/* Asked one by one: to list a folder the shell would open one more. */
#define LIST_FDS "i=0; while [ $i -lt 400 ]; do" \
                 "  if [ -e /proc/$$/fd/$i ]; then what=$(readlink /proc/$$/fd/$i); echo \"$i ${what%%:*}\"; fi;" \
                 "  i=$((i + 1)); done"

static void
test_descriptors (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = NULL, passed = NULL, background = NULL;
  Command *command = shell (LIST_FDS);
  int open_one = open ("/etc/passwd", O_RDONLY);          /* not CLOEXEC */
  int high_one = fcntl (open_one, F_DUPFD, 300);

  g_assert_cmpint (high_one, >=, 300);
  run = run_command (supervisor, shell (LIST_FDS));
  assert_output (run, PROCESS_STDOUT, "0 /dev/null\n1 pipe\n2 pipe\n");
  supervisor_pass_fd (supervisor, high_one);
  passed = run_command (supervisor, shell (LIST_FDS));
  assert_output (passed, PROCESS_STDOUT, "0 /dev/null\n1 pipe\n2 pipe\n300 /etc/passwd\n");
  command->flags = COMMAND_BACKGROUND;
  background = run_command (supervisor, command);
  assert_output (background, PROCESS_STDOUT, "0 /dev/null\n1 pipe\n2 pipe\n");
  close (open_one);
  close (high_one);
}

/* Our own may be closed, and then pipes get their numbers. */
static void
test_closed_streams (void)
{
  static const int sets[] = { 1, 2, 4, 3, 5, 6, 7 };

  if (g_test_subprocess ()) {
    g_autoptr (Supervisor) supervisor = new_supervisor ();
    int saved[3];

    for (int fd = 0; fd < 3; fd++)
      saved[fd] = fcntl (fd, F_DUPFD_CLOEXEC, 100);
    for (guint i = 0; i < G_N_ELEMENTS (sets); i++) {
      Command *command = shell ("cat; echo err >&2; exit 3");
      g_autoptr (Run) run = NULL;

      command->stdin_data = g_bytes_new ("in", 2);
      for (int fd = 0; fd < 3; fd++)
        if ((sets[i] & 1 << fd) != 0)
          close (fd);
      run = run_command (supervisor, command);
      for (int fd = 0; fd < 3; fd++)
        dup2 (saved[fd], fd);
      g_assert_cmpstr (run->described, ==, "exit 3");
      assert_output (run, PROCESS_STDOUT, "in");
      assert_output (run, PROCESS_STDERR, "err\n");
    }
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
test_no_terminal (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_command (supervisor, shell ("exec 3</dev/tty"));

  g_assert_cmpint (run->exit_code, ==, 2);
  g_assert_cmpint (run->duration_ms, <, 2000);
}

static void
test_limits_left (void)
{
  g_autoptr (Supervisor) supervisor = new_supervisor ();
  g_autoptr (Run) run = run_command (supervisor, shell ("ulimit -Hc; ulimit -Hn"));
  struct rlimit core, files;
  g_autofree char *text = NULL, *hard_core = NULL;

  getrlimit (RLIMIT_CORE, &core);
  getrlimit (RLIMIT_NOFILE, &files);
  hard_core = core.rlim_max == RLIM_INFINITY ? g_strdup ("unlimited")
              : g_strdup_printf ("%lu", (unsigned long) core.rlim_max / 512);
  text = g_strdup_printf ("%s\n%lu\n", hard_core, (unsigned long) files.rlim_max);
  assert_output (run, PROCESS_STDOUT, text);
}

/* ---- when we die ----------------------------------------------------- */

static void
test_parent_dies (void)
{
  g_autoptr (Folder) folder = folder_new ();
  pid_t pid = fork ();

  if (pid == 0) {
    Supervisor *supervisor = new_supervisor ();
    Run *run = run_start (supervisor,
      shell_in (folder, "trap 'echo term > got; exit' TERM; echo ready; while :; do sleep 0.01; done"));

    run_wait_for (run, "ready");
    raise (SIGKILL);
  }
  waitpid (pid, NULL, 0);
  g_free (wait_for_line (folder, "got"));
}

/* ---- an older kernel ------------------------------------------------- */

static void
test_old_kernel (void)
{
  if (g_test_subprocess ()) {
    g_autoptr (Supervisor) supervisor = new_supervisor ();
    g_autoptr (Run) run = NULL, timed = NULL;
    Command *command;
    int fd;

    refuse (SYS_pidfd_open, ENOSYS);
    refuse (SYS_close_range, ENOSYS);
    fd = fcntl (STDERR_FILENO, F_DUPFD, 200);
    g_assert_cmpint (fd, >=, 200);
    run = run_command (supervisor, shell (LIST_FDS "; exit 3"));
    g_assert_cmpstr (run->described, ==, "exit 3");
    assert_output (run, PROCESS_STDOUT, "0 /dev/null\n1 pipe\n2 pipe\n");
    command = shell ("exec >&- 2>&-; sleep 60");
    command->timeout_ms = 50;
    timed = run_command (supervisor, command);
    g_assert_cmpstr (timed->described, ==, "timed out after 50 ms (SIGTERM)");
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

int
main (int argc, char **argv)
{
  process_test_init (&argc, &argv);
  g_test_add_func ("/process/start/missing", test_missing);
  g_test_add_func ("/process/start/exit-127", test_exit_127);
  g_test_add_func ("/process/start/bad-files", test_bad_files);
  g_test_add_func ("/process/start/incomplete", test_incomplete);
  g_test_add_func ("/process/start/folder", test_folder);
  g_test_add_func ("/process/start/long-arguments", test_long_arguments);
  g_test_add_func ("/process/start/no-report", test_no_report);
#ifdef SYS_dup2
  g_test_add_func ("/process/start/no-streams", test_no_streams);
#endif
  g_test_add_func ("/process/start/no-stack", test_no_stack);
  g_test_add_func ("/process/start/unreachable", test_unreachable);
  g_test_add_func ("/process/start/no-loader", test_no_loader);
  if (!under_valgrind ()) {
    g_test_add_func ("/process/start/busy", test_busy);
    g_test_add_func ("/process/start/busy-for-ever", test_busy_for_ever);
    g_test_add_func ("/process/start/busy-cancelled", test_busy_cancelled);
  }
  g_test_add_func ("/process/start/no-process", test_no_process);
  g_test_add_func ("/process/start/no-process-for-ever", test_no_process_for_ever);
  g_test_add_func ("/process/start/few-descriptors", test_few_descriptors);
  g_test_add_func ("/process/start/arguments", test_arguments);
  g_test_add_func ("/process/start/environment", test_environment);
  g_test_add_func ("/process/start/session", test_session);
  g_test_add_func ("/process/start/signals", test_signals);
  g_test_add_func ("/process/start/descriptors", test_descriptors);
  g_test_add_func ("/process/start/closed-streams", test_closed_streams);
  g_test_add_func ("/process/start/no-terminal", test_no_terminal);
  if (!under_valgrind ())                       /* which takes some descriptors for itself */
    g_test_add_func ("/process/start/limits-left", test_limits_left);
  g_test_add_func ("/process/start/parent-dies", test_parent_dies);
  g_test_add_func ("/process/start/old-kernel", test_old_kernel);
  return g_test_run ();
}

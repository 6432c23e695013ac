/* Two runs with one lock never overlap.  SPDX-License-Identifier: MIT */
#include "store/lock.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "record-testing.h"
#include "refuse.h"
#include "store/folder.h"

typedef struct {
  char *folder, *locks, *path;    /* of the lock "a" */
  guint fds;
} Fixture;

static char *
find_lock (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name = g_dir_read_name (dir);

  g_assert_nonnull (name);
  return g_build_filename (folder, name, NULL);
}

static int
take_ok (const char *folder, const char *name, const char *run)
{
  g_autoptr (GError) error = NULL;
  char *holder;
  int fd = lock_take (folder, name, run, &holder, &error);

  g_assert_no_error (error);
  g_assert_null (holder);
  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static void
assert_held (const char *folder, const char *name, const char *by)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *holder = NULL;

  g_assert_cmpint (lock_take (folder, name, "me", &holder, &error), ==, -1);
  g_assert_no_error (error);
  g_assert_cmpstr (holder, ==, by);
}

static void
assert_fails (const char *folder, const char *text)
{
  g_autoptr (GError) error = NULL;
  char *holder;

  g_assert_cmpint (lock_take (folder, "a", "me", &holder, &error), ==, -1);
  g_assert_null (holder);
  assert_record_error (error, text);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = test_folder_begin ();
  fixture->locks = g_build_filename (fixture->folder, "state", "locks", NULL);
  close (take_ok (fixture->locks, "a", "first"));
  fixture->path = find_lock (fixture->locks);
  fixture->fds = test_count_fds ();
  (void) data;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (test_count_fds (), ==, fixture->fds);
  test_folder_end (fixture->folder);
  g_free (fixture->locks);
  g_free (fixture->path);
  (void) data;
}

static void
test_take (Fixture *fixture, gconstpointer data)
{
  int fd = take_ok (fixture->locks, "a", "20260102-030405-abcdef"), other;
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (fixture->path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "20260102-030405-abcdef\n");
  assert_held (fixture->locks, "a", "20260102-030405-abcdef");
  other = take_ok (fixture->locks, "b", "second");      /* another lock */
  assert_held (fixture->locks, "b", "second");
  close (fd);
  fd = take_ok (fixture->locks, "a", "x");              /* a shorter id leaves nothing of the longer one */
  assert_held (fixture->locks, "a", "x");
  close (fd);
  close (other);
}

/* Whoever has inherited the descriptor has the lock. */
static void
test_inherited (Fixture *fixture, gconstpointer data)
{
  int fd = take_ok (fixture->locks, "a", "first"), copy = dup (fd);

  close (fd);
  assert_held (fixture->locks, "a", "first");
  close (copy);
  close (take_ok (fixture->locks, "a", "second"));
}

/* Names that are alike at first sight, or no names of files. */
static void
test_names (Fixture *fixture, gconstpointer data)
{
  g_autofree char *x64 = g_strnfill (64, 'x'), *x65 = g_strnfill (65, 'x'), *far = g_strnfill (100000, 'x');
  const char *names[] = { "", ".", "..", "../../a", "a/b", "a_b", "a b", "A", "/", "d\xc3\xa4mm", "d__mm", "a\nb", x64, x65, far };
  int fds[G_N_ELEMENTS (names)];
  g_autoptr (GDir) dir = NULL;
  guint files = 0;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    fds[i] = take_ok (fixture->locks, names[i], names[i]);
  dir = g_dir_open (fixture->locks, 0, NULL);
  while (g_dir_read_name (dir) != NULL)
    files++;
  g_assert_cmpuint (files, ==, G_N_ELEMENTS (names) + 1);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    close (fds[i]);
}

static void
test_holder (Fixture *fixture, gconstpointer data)
{
  g_autofree char *long_text = g_strnfill (1000, 'z'), *start = g_strnfill (63, 'z');
  const struct { const char *text, *holder; } cases[] = {
    { "", "" }, { "\n", "" }, { "id", "id" }, { "id\nmore", "id" }, { start, start }, { long_text, start },
  };
  int fd = take_ok (fixture->locks, "a", "first");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_cmpint (ftruncate (fd, 0), ==, 0);
      g_assert_cmpint (pwrite (fd, cases[i].text, strlen (cases[i].text), 0), ==, (gssize) strlen (cases[i].text));
      assert_held (fixture->locks, "a", cases[i].holder);
    }
  close (fd);
}

/* A file that is no longer there locks nobody out: the new one does. */
static void
test_removed (Fixture *fixture, gconstpointer data)
{
  int fd = take_ok (fixture->locks, "a", "first"), other;

  g_assert_cmpint (g_remove (fixture->path), ==, 0);
  other = take_ok (fixture->locks, "a", "second");
  assert_held (fixture->locks, "a", "second");
  close (fd);
  assert_held (fixture->locks, "a", "second");
  close (other);
}

static void
test_wrong_files (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (g_remove (fixture->path), ==, 0);
  g_assert_cmpint (symlink ("/dev/null", fixture->path), ==, 0);
  assert_fails (fixture->locks, "it is a link");
  g_assert_cmpint (g_remove (fixture->path), ==, 0);
  g_assert_cmpint (symlink ("elsewhere", fixture->path), ==, 0);
  assert_fails (fixture->locks, "it is a link");
  g_assert_cmpint (g_remove (fixture->path), ==, 0);
  g_assert_cmpint (mkfifo (fixture->path, 0600), ==, 0);
  assert_fails (fixture->locks, "it is not a regular file");
  g_assert_cmpint (g_remove (fixture->path), ==, 0);
  g_assert_cmpint (g_mkdir (fixture->path, 0700), ==, 0);
  assert_fails (fixture->locks, "s a directory");
  test_remove (fixture->locks);
  test_write (fixture->locks, "a file");
  assert_fails (fixture->locks, "ot a directory");
}

static void
test_read_only_folder (Fixture *fixture, gconstpointer data)
{
  if (geteuid () == 0)
    {
      g_test_skip ("root may write anywhere");
      return;
    }
  g_assert_cmpint (g_remove (fixture->path), ==, 0);
  g_assert_cmpint (g_chmod (fixture->locks, 0500), ==, 0);
  assert_fails (fixture->locks, "ermission denied");
  g_assert_cmpint (g_chmod (fixture->locks, 0700), ==, 0);
}

static void
test_modes (Fixture *fixture, gconstpointer data)
{
  static const mode_t masks[] = { 0, 022, 0777 };

  for (guint i = 0; i < G_N_ELEMENTS (masks); i++)
    {
      g_autofree char *state = g_strdup_printf ("%s/new%u", fixture->folder, i), *locks = g_build_filename (state, "locks", NULL);
      mode_t old = umask (masks[i]);
      g_autofree char *path = NULL;

      close (take_ok (locks, "a", "first"));
      umask (old);
      path = find_lock (locks);
      g_assert_cmpuint (test_mode (state), ==, 0700);
      g_assert_cmpuint (test_mode (locks), ==, 0700);
      g_assert_cmpuint (test_mode (path), ==, 0600);
    }
}

static gpointer
make_folder (gpointer path)
{
  return GINT_TO_POINTER (folder_make (path));
}

static void
take_in_vain (gpointer locks, gpointer text)
{
  assert_fails (locks, text);
}

static void
no_mode (gpointer locks, gpointer user_data)
{
  take_in_vain (locks, (gpointer) "Operation not permitted");
}

static void
no_locks (gpointer locks, gpointer user_data)
{
  take_in_vain (locks, (gpointer) "No locks available");
}

static void
no_text (gpointer locks, gpointer user_data)
{
  take_in_vain (locks, (gpointer) "Input/output error");
}

/* Whatever fails, the lock is not taken. */
static void
test_refused_calls (Fixture *fixture, gconstpointer data)
{
  test_refused (SYS_flock, ENOLCK, no_locks, fixture->locks);
  test_refused (SYS_ftruncate, EIO, no_text, fixture->locks);
  test_refused (SYS_pwrite64, EIO, no_text, fixture->locks);
  if (getuid () != 0)
    return;
  g_assert_cmpint (g_chmod (fixture->path, 0400), ==, 0);
  test_refused (SYS_fchmod, EPERM, no_mode, fixture->locks);
}

/* The first folder that cannot be made is what is told. */
static void
test_no_folder (Fixture *fixture, gconstpointer data)
{
  g_autofree char *below = g_build_filename (fixture->path, "locks", NULL);
  g_autofree char *problem = g_strdup_printf ("the lock \"%s\": Not a directory", below);

  assert_fails (below, problem);
  g_assert_false (folder_make ("/sys/galley-test/locks"));
  g_assert_cmpint (errno, !=, ENOENT);
}

/* Several that begin at once make the same folders. */
static void
test_folders_at_once (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%u/a/b/c/d/e/f", fixture->folder, i);
      GThread *threads[4];

      for (guint t = 0; t < G_N_ELEMENTS (threads); t++)
        threads[t] = g_thread_new ("make", make_folder, path);
      for (guint t = 0; t < G_N_ELEMENTS (threads); t++)
        g_assert_true (GPOINTER_TO_INT (g_thread_join (threads[t])));
    }
}

/* A child that has the lock and is not galley. */
static pid_t
start_user (int fd)
{
  pid_t pid = fork ();

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      dup2 (fd, 9);
      execlp ("sleep", "sleep", "1000", NULL);
      _exit (127);
    }
  return pid;
}

static void
wait_for_name (pid_t pid, const char *wanted)
{
  g_autofree char *file = g_strdup_printf ("/proc/%d/comm", (int) pid);

  for (;;)
    {
      g_autofree char *name = NULL;

      g_assert_true (g_file_get_contents (file, &name, NULL, NULL));
      if (strcmp (g_strchomp (name), wanted) == 0)
        return;
      g_usleep (1000);
    }
}

static void
test_users (Fixture *fixture, gconstpointer data)
{
  g_autofree char *through_link = g_build_filename (fixture->folder, "link", "locks", NULL);
  g_autofree char *users = NULL, *again = NULL, *nobody = NULL, *wanted = NULL;
  int fd = take_ok (fixture->locks, "a", "first");
  pid_t pid = start_user (fd);
  char name[16];

  g_assert_cmpint (symlink ("state", "link"), ==, 0);
  close (fd);
  wait_for_name (pid, "sleep");
  wanted = g_strdup_printf ("sleep (pid %d)", (int) pid);
  users = lock_users (fixture->locks, "a");
  g_assert_cmpstr (users, ==, wanted);
  again = lock_users (through_link, "a");
  g_assert_cmpstr (again, ==, wanted);
  g_assert_cmpint (prctl (PR_GET_NAME, name), ==, 0);
  fd = open (fixture->path, O_RDONLY | O_CLOEXEC);      /* one who is called galley is none of them */
  g_assert_cmpint (prctl (PR_SET_NAME, "galley"), ==, 0);
  g_free (again);
  again = lock_users (fixture->locks, "a");
  g_assert_cmpint (prctl (PR_SET_NAME, name), ==, 0);
  close (fd);
  g_assert_cmpstr (again, ==, wanted);
  nobody = lock_users (fixture->locks, "b");
  g_assert_null (nobody);
  assert_held (through_link, "a", "first");
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  close (take_ok (through_link, "a", "second"));
  g_assert_null (lock_users (fixture->locks, "a"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/lock/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("take", test_take);
  ADD ("inherited", test_inherited);
  ADD ("names", test_names);
  ADD ("holder", test_holder);
  ADD ("removed", test_removed);
  ADD ("wrong-files", test_wrong_files);
  ADD ("read-only-folder", test_read_only_folder);
  ADD ("modes", test_modes);
  ADD ("refused-calls", test_refused_calls);
  ADD ("no-folder", test_no_folder);
  ADD ("users", test_users);
  ADD ("folders-at-once", test_folders_at_once);
  return g_test_run ();
}

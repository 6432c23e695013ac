/* The folders of runs: found, under way, removed.
 * SPDX-License-Identifier: MIT */
#include "store/runs.h"

#include <sys/file.h>
#include <sys/time.h>

#include "record-testing.h"

typedef struct { char *folder; guint fds; } Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = test_folder_begin ();
  g_setenv ("XDG_STATE_HOME", fixture->folder, TRUE);
  fixture->fds = test_count_fds ();
  (void) data;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (test_count_fds (), ==, fixture->fds);
  test_folder_end (fixture->folder);
  (void) data;
}

static char *
id_of (guint i)
{
  return g_strdup_printf ("20260102-%06u-abcdef", i);
}

/* A run as a galley that ended leaves it. */
static char *
make_run (const char *id)
{
  static const char *const files[] = { "record.db", "record.tally", "alive", "output/1.out" };
  char *folder = runs_folder (id);
  g_autofree char *output = g_build_filename (folder, "output", NULL);

  g_assert_cmpint (g_mkdir_with_parents (output, 0700), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (folder, files[i], NULL);
      test_write_bytes (path, "x", 1);
    }
  return folder;
}

static void
make_runs (guint count)
{
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *id = id_of (i);
      g_free (make_run (id));
    }
}

static void
make_private (const char *folder)
{
  g_autofree char *private = g_build_filename (folder, "private", NULL), *file = g_build_filename (private, "kubeconfig", NULL);

  g_assert_cmpint (g_mkdir (private, 0700), ==, 0);
  test_write (file, "secret");
}

static gboolean
has (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* SECONDS ago. */
static void
make_old (const char *folder, gint64 seconds)
{
  struct timeval times[2] = { { 0, 0 }, { 0, 0 } };

  times[0].tv_sec = times[1].tv_sec = g_get_real_time () / G_USEC_PER_SEC - seconds;
  g_assert_cmpint (utimes (folder, times), ==, 0);
}

static guint
count_runs (void)
{
  g_autoptr (GPtrArray) ids = runs_list ();

  return ids->len;
}

/* ---- folders ------------------------------------------------------------- */

static void
test_state_folder (Fixture *fixture, gconstpointer data)
{
  static const mode_t masks[] = { 0, 022, 0777 };

  for (guint i = 0; i < G_N_ELEMENTS (masks); i++)
    {
      g_autofree char *home = g_strdup_printf ("%s/a%u/b", fixture->folder, i), *state = NULL, *runs = NULL;
      g_autoptr (GError) error = NULL;
      mode_t old;

      g_setenv ("XDG_STATE_HOME", home, TRUE);
      old = umask (masks[i]);
      runs_make_state_folder (&error);
      umask (old);
      g_assert_no_error (error);
      state = runs_state_folder ();
      runs = runs_folder (NULL);
      g_assert_true (g_str_has_prefix (state, home) && g_str_has_suffix (state, "/galley"));
      g_assert_cmpuint (test_mode (home), ==, 0700);
      g_assert_cmpuint (test_mode (state), ==, 0700);
      g_assert_cmpuint (test_mode (runs), ==, 0700);
    }
}

static void
assert_no_state_folder (const char *problem)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (runs_make_state_folder (&error));
  assert_record_error (error, problem);
}

static void
test_bad_state_folder (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *state = runs_state_folder (), *runs = runs_folder (NULL);

  test_write (state, "a file");
  assert_no_state_folder ("ot a ");
  g_assert_cmpint (g_remove (state), ==, 0);
  g_assert_cmpint (symlink ("nowhere", state), ==, 0);
  assert_no_state_folder ("galley\": No such file or directory");
  g_assert_cmpint (g_remove (state), ==, 0);
  for (guint bits = 0; bits < 0100; bits++)
    {
      g_assert_cmpint (g_mkdir (state, 0700), ==, 0);
      g_assert_cmpint (g_chmod (state, 0700 | bits), ==, 0);
      if ((bits & 022) != 0)
        assert_no_state_folder ("galley\": others may write to it (chmod go-w)");
      else
        g_assert_true (runs_make_state_folder (&error));
      test_remove (state);
    }
  g_assert_true (runs_make_state_folder (&error));
  g_assert_cmpint (g_chmod (runs, 0720), ==, 0);
  assert_no_state_folder ("runs\": others may write to it (chmod go-w)");
  test_remove (state);
  g_assert_cmpint (g_mkdir ("own", 0700), ==, 0);
  g_assert_cmpint (symlink ("own", state), ==, 0);      /* a link to a folder of one's own is as good */
  g_assert_true (runs_make_state_folder (&error));
  if (geteuid () == 0)
    {
      g_assert_cmpint (chown ("own", 65534, 65534), ==, 0);
      assert_no_state_folder ("it belongs to somebody else");
    }
}

/* ---- finding ------------------------------------------------------------- */

static void
assert_found (const char *name, const char *wanted, const char *problem)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = runs_find (name, &error);

  g_assert_cmpstr (id, ==, wanted);
  if (wanted != NULL)
    return;
  g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE);
  g_assert_nonnull (strstr (error->message, problem));
}

static void
test_find (Fixture *fixture, gconstpointer data)
{
  static const char *const ids[] = { "20260102-030405-aaaaaa", "20260102-030405-aaaaab", "20251231-235959-ffffff" };
  static const char *const others[] = { "20260102-030405-aaaaa", "20260102-030405-aaaaaaa", "20260102-030405-AAAAAA", "lost+found",
                                        "20270102-030405-gaaaaa" };

  assert_found (NULL, NULL, "there are no runs yet");
  assert_found ("2026", NULL, "there are no runs yet");
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    g_free (make_run (ids[i]));
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_free (make_run (others[i]));
  g_assert_cmpuint (count_runs (), ==, 3);
  assert_found (NULL, ids[1], NULL);
  assert_found (ids[0], ids[0], NULL);
  assert_found ("2025", ids[2], NULL);
  assert_found ("20260102-030405-aaaaa", NULL, "more than one run begins with \"20260102-030405-aaaaa\"");
  assert_found ("2026", NULL, "more than one run begins with \"2026\"");
  assert_found ("20260102-030405-aaaaab", ids[1], NULL);
  assert_found ("20260102-030405-aaaaabc", NULL, "there is no run \"20260102-030405-aaaaabc\"");
  assert_found ("", NULL, "there is no run \"\"");
  assert_found ("030405", NULL, "there is no run \"030405\"");
  assert_found ("../runs/2025", NULL, "there is no run");
}

/* ---- under way ----------------------------------------------------------- */

static void
test_under_way (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = make_run ("20260102-030405-aaaaaa"), *alive = g_build_filename (folder, "alive", NULL);
  g_autoptr (GError) error = NULL;
  int fd, other;

  g_assert_false (run_is_under_way (folder));
  g_assert_false (run_is_under_way ("nosuch"));
  fd = run_begin (folder, &error);
  g_assert_no_error (error);
  g_assert_true (run_is_under_way (folder));
  g_assert_cmpint (run_begin (folder, &error), ==, -1);
  g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION);
  g_assert_cmpstr (error->message, ==, "another galley is at this run");
  g_clear_error (&error);
  other = dup (fd);
  close (fd);
  g_assert_true (run_is_under_way (folder));
  close (other);
  g_assert_false (run_is_under_way (folder));
  g_assert_cmpint (g_remove (alive), ==, 0);
  g_assert_false (run_is_under_way (folder));
  g_assert_cmpint (symlink ("elsewhere", alive), ==, 0);
  g_assert_cmpint (run_begin (folder, &error), ==, -1);
  assert_record_error (error, "the run's folder");
  g_assert_cmpint (run_begin ("nosuch", &error), ==, -1);
  assert_record_error (error, "\"nosuch\": No such file");
}

static gpointer
let_go (gpointer fd)
{
  g_usleep (20 * 1000);
  close (GPOINTER_TO_INT (fd));
  return NULL;
}

/* Who looks whether a run is under way keeps nobody from beginning it. */
static void
test_looked_at (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = make_run ("20260102-030405-aaaaaa"), *alive = g_build_filename (folder, "alive", NULL);
  g_autoptr (GError) error = NULL;
  int looker = open (alive, O_RDWR), fd;
  GThread *thread;

  g_assert_cmpint (flock (looker, LOCK_SH), ==, 0);
  thread = g_thread_new ("let-go", let_go, GINT_TO_POINTER (looker));
  fd = run_begin (folder, &error);
  g_thread_join (thread);
  g_assert_no_error (error);
  close (fd);
}

static void
test_alive_mode (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = make_run ("20260102-030405-aaaaaa"), *alive = g_build_filename (folder, "alive", NULL);
  mode_t old;

  g_assert_cmpint (g_remove (alive), ==, 0);
  old = umask (0777);
  close (run_begin (folder, NULL));
  umask (old);
  g_assert_cmpuint (test_mode (alive), ==, 0600);
}

/* ---- removing ------------------------------------------------------------ */

static void
test_prune_count (Fixture *fixture, gconstpointer data)
{
  static const struct { guint before, after; } cases[] = {
    { 0, 0 }, { 1, 1 }, { RUNS_KEPT - 1, RUNS_KEPT - 1 }, { RUNS_KEPT, RUNS_KEPT }, { RUNS_KEPT + 1, RUNS_KEPT },
    { RUNS_KEPT * 3, RUNS_KEPT },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *state = runs_state_folder (), *oldest = id_of (cases[i].before - cases[i].after);

      make_runs (cases[i].before);
      runs_prune ("", g_get_real_time ());
      g_assert_cmpuint (count_runs (), ==, cases[i].after);
      if (cases[i].after > 1)
        assert_found (oldest, oldest, NULL);            /* the oldest ones went */
      test_remove (state);
    }
}

static void
test_prune_age (Fixture *fixture, gconstpointer data)
{
  const gint64 limit = RUNS_KEPT_DAYS * 24 * 3600;
  const gint64 ages[] = { limit - 60, limit + 60, limit * 100, 0, -limit, limit * 100 };

  for (guint i = 0; i < G_N_ELEMENTS (ages); i++)
    {
      g_autofree char *id = id_of (i), *folder = make_run (id);

      if (i != 5)
        make_private (folder);                          /* of no matter for the age */
      make_old (folder, ages[i]);
    }
  runs_prune ("20260102-000002-abcdef", g_get_real_time ());
  assert_found ("20260102-000000", "20260102-000000-abcdef", NULL);
  assert_found ("20260102-000001", NULL, "there is no run");
  assert_found ("20260102-000002", "20260102-000002-abcdef", NULL);     /* ours */
  assert_found ("20260102-000003", "20260102-000003-abcdef", NULL);
  assert_found ("20260102-000004", "20260102-000004-abcdef", NULL);
  assert_found ("20260102-000005", "20260102-000005-abcdef", NULL);     /* the newest */
}

static void
test_prune_under_way (Fixture *fixture, gconstpointer data)
{
  g_autofree char *held = id_of (0), *folder = runs_folder (held), *killed = NULL, *killed_folder = NULL;
  int fd;

  make_runs (RUNS_KEPT + 10);
  killed = id_of (RUNS_KEPT);
  killed_folder = runs_folder (killed);
  make_private (folder);
  make_private (killed_folder);
  make_old (folder, RUNS_KEPT_DAYS * 24 * 3600 * 2);
  fd = run_begin (folder, NULL);
  g_assert_cmpint (fd, >=, 0);
  runs_prune ("", g_get_real_time ());
  g_assert_true (has (folder, "private/kubeconfig") && has (folder, "record.db"));
  g_assert_false (has (killed_folder, "private"));
  g_assert_true (has (killed_folder, "output/1.out") && has (killed_folder, "record.db"));
  g_assert_cmpuint (count_runs (), ==, RUNS_KEPT + 1);
  close (fd);
  runs_prune ("", g_get_real_time ());
  g_assert_cmpuint (count_runs (), ==, RUNS_KEPT);
}

/* Between its folder and its lock, a run that begins is nobody's to touch. */
static void
test_prune_beginning (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = make_run ("20260102-000000-abcdef"), *alive = g_build_filename (folder, "alive", NULL);

  make_private (folder);
  make_runs (2);
  g_assert_cmpint (g_remove (alive), ==, 0);
  runs_prune ("", g_get_real_time ());
  g_assert_true (has (folder, "private/kubeconfig"));
  g_assert_false (has (folder, "alive"));
  make_old (folder, RUNS_KEPT_DAYS * 24 * 3600 * 2);    /* this one never did */
  runs_prune ("", g_get_real_time ());
  g_assert_false (has (folder, "."));
}

/* What is no run's is not touched, nor what a link leads to. */
static void
test_prune_others (Fixture *fixture, gconstpointer data)
{
  g_autofree char *link = runs_folder ("20250102-000000-abcdef"), *file = runs_folder ("20250102-000001-abcdef");
  g_autofree char *other = runs_folder ("other"), *own = NULL;

  make_runs (RUNS_KEPT + 1);
  g_assert_cmpint (g_mkdir ("mine", 0700), ==, 0);
  test_write ("mine/precious", "x");
  own = g_build_filename (fixture->folder, "mine", NULL);
  g_assert_cmpint (symlink (own, link), ==, 0);
  test_write (file, "x");
  g_assert_cmpint (g_mkdir (other, 0700), ==, 0);
  make_old ("mine", RUNS_KEPT_DAYS * 24 * 3600 * 2);
  runs_prune ("", g_get_real_time ());
  g_assert_true (g_file_test ("mine/precious", G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test ("mine/alive", G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (other, G_FILE_TEST_IS_DIR));
}

static void
test_remove_private (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = make_run ("20260102-000000-abcdef");

  run_remove_private (folder);
  make_private (folder);
  run_remove_private (folder);
  g_assert_false (has (folder, "private"));
  g_assert_true (has (folder, "record.db"));
  run_remove_private ("nosuch");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/runs/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("state-folder", test_state_folder);
  ADD ("bad-state-folder", test_bad_state_folder);
  ADD ("find", test_find);
  ADD ("under-way", test_under_way);
  ADD ("looked-at", test_looked_at);
  ADD ("alive-mode", test_alive_mode);
  ADD ("prune-count", test_prune_count);
  ADD ("prune-age", test_prune_age);
  ADD ("prune-under-way", test_prune_under_way);
  ADD ("prune-beginning", test_prune_beginning);
  ADD ("prune-others", test_prune_others);
  ADD ("remove-private", test_remove_private);
  return g_test_run ();
}

/* SQLite as the record needs it.  SPDX-License-Identifier: MIT */
#include "store/database.h"

#include <signal.h>
#include <sys/resource.h>

#include "record-testing.h"

#define FILE_NAME "a.db"
#define TABLE  "CREATE TABLE t (n INTEGER, s TEXT, sum INTEGER)"
#define INSERT "INSERT INTO t VALUES (?, ?, ?)"
#define SELECT "SELECT * FROM t ORDER BY n"

typedef struct { char *folder; guint fds; } Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = test_folder_begin ();
  test_write_bytes (FILE_NAME, "", 0);
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

static Database *
open_ok (gboolean read_only)
{
  g_autoptr (GError) error = NULL;
  Database *database = database_open (FILE_NAME, read_only, &error);

  g_assert_no_error (error);
  g_assert_nonnull (database);
  return database;
}

/* With one table of three rows, committed. */
static Database *
make_database (void)
{
  Database *database = open_ok (FALSE);

  g_assert_true (database_execute (database, TABLE, NULL));
  g_assert_true (database_insert (database, INSERT, "is", (gint64) 1, "one"));
  g_assert_true (database_insert (database, INSERT, "is", (gint64) 2, NULL));
  g_assert_true (database_insert (database, INSERT, "is", (gint64) -3, "d\xc3\xa4mm"));
  g_assert_true (database_is_dirty (database));
  g_assert_true (database_commit (database));
  g_assert_false (database_is_dirty (database));
  return database;
}

static void
add_row (sqlite3_stmt *row, gpointer text)
{
  g_autofree char *value = database_text (row, 1);

  g_string_append_printf (text, "%d %s;", sqlite3_column_int (row, 0), value != NULL ? value : "(null)");
}

static char *
select_all (Database *database, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  return database_select (database, SELECT, 0, add_row, text, error) ? g_strdup (text->str) : NULL;
}

static void
assert_rows (Database *database, const char *wanted)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *rows = select_all (database, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (rows, ==, wanted);
}

/* ---- rows ---------------------------------------------------------------- */

static void
test_rows (Fixture *fixture, gconstpointer data)
{
  Database *database = make_database ();
  gint64 number;

  assert_rows (database, "-3 d\xc3\xa4mm;1 one;2 (null);");
  g_assert_true (database_get_int (database, "SELECT count(*) FROM t", &number, NULL));
  g_assert_cmpint (number, ==, 3);
  g_assert_true (database_check (database, NULL));
  database_close (database);
  database = open_ok (TRUE);
  assert_rows (database, "-3 d\xc3\xa4mm;1 one;2 (null);");
  database_close (database);
}

static void
test_after (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Database) database = make_database ();
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_true (database_select (database, "SELECT * FROM t WHERE n > ? ORDER BY n", 1, add_row, text, NULL));
  g_assert_cmpstr (text->str, ==, "2 (null);");
}

static void
test_not_committed (Fixture *fixture, gconstpointer data)
{
  Database *database = make_database ();

  g_assert_true (database_insert (database, INSERT, "is", (gint64) 9, "lost"));
  database_close (database);
  database = open_ok (TRUE);
  assert_rows (database, "-3 d\xc3\xa4mm;1 one;2 (null);");
  database_close (database);
}

/* Any value of any row, of whatever type it is then. */
static void
test_changed_row (Fixture *fixture, gconstpointer data)
{
  static const char *const changes[] = {
    "UPDATE t SET s = 'two' WHERE n = 1", "UPDATE t SET s = 'onf' WHERE n = 1", "UPDATE t SET s = NULL WHERE n = 1",
    "UPDATE t SET s = '' WHERE n = 2", "UPDATE t SET n = 4 WHERE n = 1", "UPDATE t SET n = 3 WHERE n = -3",
    "UPDATE t SET n = NULL WHERE n = 1", "UPDATE t SET sum = sum + 1 WHERE n = 2", "UPDATE t SET sum = NULL WHERE n = 2",
    "UPDATE t SET s = x'6f6e6600' WHERE n = 1", "UPDATE t SET n = 1.5 WHERE n = 1", "INSERT INTO t VALUES (1, 'x', 0)",
  };

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (GError) error = NULL;
      Database *database;

      g_remove (FILE_NAME);
      test_write_bytes (FILE_NAME, "", 0);
      database_close (make_database ());
      test_sql (FILE_NAME, changes[i]);
      database = open_ok (TRUE);
      g_test_message ("%s", changes[i]);
      g_assert_null (select_all (database, &error));
      assert_record_error (error, "\"" FILE_NAME "\" is damaged: a row of it is not as it was written");
      database_close (database);
    }
}

/* ---- files --------------------------------------------------------------- */

static void
test_wrong_files (Fixture *fixture, gconstpointer data)
{
  static const struct { const char *name, *problem; } files[] = {
    { "nosuch", "no such file" }, { "folder", "it is not a regular file" }, { "link", "it is not a regular file" },
    { "fifo", "it is not a regular file" }, { "hard", "it has a second name" }, { FILE_NAME, "it has a second name" },
  };

  g_assert_cmpint (mkdir ("folder", 0700), ==, 0);
  g_assert_cmpint (symlink (FILE_NAME, "link"), ==, 0);
  g_assert_cmpint (mkfifo ("fifo", 0600), ==, 0);
  g_assert_cmpint (link (FILE_NAME, "hard"), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (files) * 2; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *lower = NULL;

      g_assert_null (database_open (files[i / 2].name, i % 2, &error));
      g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD);
      lower = g_ascii_strdown (error->message, -1);
      g_assert_nonnull (strstr (lower, files[i / 2].problem));
    }
}

static void
test_of_somebody_else (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  if (getuid () != 0)
    {
      g_test_skip ("needs root");
      return;
    }
  database_close (make_database ());
  g_assert_cmpint (chown (FILE_NAME, 65534, (gid_t) -1), ==, 0);
  g_assert_null (database_open (FILE_NAME, FALSE, &error));
  assert_record_error (error, "it belongs to somebody else");
}

static void
assert_not_a_database (void)
{
  for (int read_only = 0; read_only < 2; read_only++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (Database) database = database_open (FILE_NAME, read_only, &error);
      gint64 number;

      g_assert_true (database == NULL || !database_get_int (database, "SELECT count(*) FROM t", &number, &error));
      g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD);
    }
}

static void
test_garbage (Fixture *fixture, gconstpointer data)
{
  gint64 began_us = g_get_monotonic_time ();
  char garbage[8192];

  assert_not_a_database ();                             /* of 0 bytes */
  memset (garbage, 0x5a, sizeof garbage);
  for (gsize len = 1; len <= sizeof garbage; len *= 2)
    {
      test_write_bytes (FILE_NAME, garbage, len);
      assert_not_a_database ();
    }
  g_assert_cmpint (truncate (FILE_NAME, 0), ==, 0);
  g_assert_cmpint (truncate (FILE_NAME, G_GINT64_CONSTANT (2) << 30), ==, 0);
  assert_not_a_database ();
  g_assert_cmpint (g_get_monotonic_time () - began_us, <, 20 * G_USEC_PER_SEC);
}

static void
assert_alone (void)
{
  g_assert_false (g_file_test (FILE_NAME "-wal", G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (FILE_NAME "-shm", G_FILE_TEST_EXISTS));
}

/* What only reads leaves no files behind, and changes none. */
static void
test_read_only (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *before = NULL, *after = NULL;
  gsize len, len_after;
  Database *database;

  database_close (make_database ());
  assert_alone ();
  g_assert_true (g_file_get_contents (FILE_NAME, &before, &len, NULL));
  database = open_ok (TRUE);
  assert_rows (database, "-3 d\xc3\xa4mm;1 one;2 (null);");
  g_assert_false (database_execute (database, "DELETE FROM t", &error));
  assert_record_error (error, "readonly");
  database_close (database);
  assert_alone ();
  g_assert_true (g_file_get_contents (FILE_NAME, &after, &len_after, NULL));
  g_assert_cmpmem (before, len, after, len_after);
}

/* A killed run's log is left to who goes on with it. */
static void
test_read_only_with_log (Fixture *fixture, gconstpointer data)
{
  Database *database = make_database ();
  g_autofree char *log = NULL, *after = NULL, *file = NULL;
  gsize len, len_after, file_len;

  g_assert_true (g_file_get_contents (FILE_NAME, &file, &file_len, NULL));
  g_assert_true (g_file_get_contents (FILE_NAME "-wal", &log, &len, NULL));
  g_assert_cmpuint (len, >, 128 * 1024);                /* room beforehand */
  database_close (database);
  test_write_bytes (FILE_NAME, file, file_len);
  test_write_bytes (FILE_NAME "-wal", log, len);
  database = open_ok (TRUE);
  assert_rows (database, "-3 d\xc3\xa4mm;1 one;2 (null);");
  database_close (database);
  g_assert_true (g_file_get_contents (FILE_NAME "-wal", &after, &len_after, NULL));
  g_assert_cmpmem (log, len, after, len_after);
}

static void
test_read_while_written (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Database) writer = make_database (), reader = open_ok (TRUE);

  g_assert_true (database_execute (reader, "BEGIN", NULL));
  assert_rows (reader, "-3 d\xc3\xa4mm;1 one;2 (null);");
  g_assert_true (database_insert (writer, INSERT, "is", (gint64) 5, "five"));
  g_assert_true (database_commit (writer));
  assert_rows (reader, "-3 d\xc3\xa4mm;1 one;2 (null);");   /* what it says belongs together */
  g_assert_true (database_execute (reader, "COMMIT", NULL));
  assert_rows (reader, "-3 d\xc3\xa4mm;1 one;2 (null);5 five;");
}

static void
test_modes (Fixture *fixture, gconstpointer data)
{
  static const mode_t masks[] = { 0, 022, 0777 };

  for (guint i = 0; i < G_N_ELEMENTS (masks); i++)
    {
      mode_t old = umask (masks[i]);
      Database *database = open_ok (FALSE);

      g_assert_true (database_execute (database, "CREATE TABLE IF NOT EXISTS t (n INTEGER, s TEXT, sum INTEGER)", NULL));
      g_assert_true (database_insert (database, INSERT, "is", (gint64) 1, "one"));
      g_assert_true (database_commit (database));
      umask (old);
      g_assert_cmpuint (test_mode (FILE_NAME "-wal"), ==, 0600);
      g_assert_cmpuint (test_mode (FILE_NAME "-shm"), ==, 0600);
      database_close (database);
      assert_alone ();
    }
}

/* ---- failure ------------------------------------------------------------- */

/* FALSE for good: the first failure stays the one that is told. */
static void
assert_given_up (Database *database, const char *text)
{
  const GError *failure = database_failure (database);

  g_assert_error (failure, GALLEY_ERROR, GALLEY_ERROR_RECORD);
  g_assert_nonnull (strstr (failure->message, text));
  g_assert_false (database_insert (database, INSERT, "is", (gint64) 7, "more"));
  g_assert_false (database_commit (database));
  g_assert_false (database_give_up (database, "something else"));
  g_assert_true (database_failure (database) == failure);
}

static void
test_no_room (Fixture *fixture, gconstpointer data)
{
  Database *database = make_database ();
  struct rlimit old, small = { 20000, RLIM_INFINITY };
  g_autofree char *big = g_strnfill (100000, 'x');
  gboolean inserted;

  g_assert_null (database_failure (database));
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &old), ==, 0);
  small.rlim_max = old.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  inserted = database_insert (database, INSERT, "is", (gint64) 8, big);
  g_assert_false (database_commit (database));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &old), ==, 0);
  g_assert_true (inserted);
  assert_given_up (database, "\"" FILE_NAME "\": ");    /* although there would be room again */
  database_close (database);
  database = open_ok (FALSE);
  assert_rows (database, "-3 d\xc3\xa4mm;1 one;2 (null);");
  database_close (database);
}

static void
test_wrong_sql (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Database) database = make_database ();

  g_assert_false (database_insert (database, "INSERT INTO nosuch VALUES (?, ?)", "i", (gint64) 1));
  assert_given_up (database, "no such table");
}

static void
test_removed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Database) database = make_database ();

  g_assert_cmpint (g_remove (FILE_NAME), ==, 0);
  g_assert_true (database_insert (database, INSERT, "is", (gint64) 4, "four"));
  g_assert_false (database_commit (database));
  assert_given_up (database, "o such file");
}

static void
test_replaced (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Database) database = make_database ();

  g_assert_cmpint (g_rename (FILE_NAME, "other.db"), ==, 0);
  test_write_bytes (FILE_NAME, "", 0);
  g_assert_true (database_insert (database, INSERT, "is", (gint64) 4, "four"));
  g_assert_false (database_commit (database));
  assert_given_up (database, "it was replaced");
}

static void
test_busy (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Database) database = make_database (), other = open_ok (FALSE);

  g_assert_true (database_execute (other, "BEGIN IMMEDIATE", NULL));
  g_assert_false (database_insert (database, INSERT, "is", (gint64) 4, "four"));
  assert_given_up (database, "locked");
}

static void
test_not_unique (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Database) database = open_ok (FALSE);

  g_assert_true (database_execute (database, "CREATE TABLE t (n INTEGER PRIMARY KEY, s TEXT, sum INTEGER)", NULL));
  g_assert_true (database_insert (database, INSERT, "is", (gint64) 1, "one"));
  g_assert_false (database_insert (database, INSERT, "is", (gint64) 1, "two"));
  assert_given_up (database, "UNIQUE");
}

/* Rows that there were before are not taken for all. */
static void
test_select_fails (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Database) database = make_database ();
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (database_select (database, "SELECT abs(-9223372036854775807 - 1), 's', 0", 0, add_row, text, &error));
  assert_record_error (error, "integer overflow");
  g_assert_cmpstr (text->str, ==, "");
}

static void
test_few_descriptors (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  struct rlimit old, few;

  database_close (make_database ());
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &old), ==, 0);
  few = old;
  few.rlim_cur = 3;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &few), ==, 0);
  g_assert_null (database_open (FILE_NAME, FALSE, &error));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &old), ==, 0);
  assert_record_error (error, "unable to open database file");
}

/* What is wrong may be so wrong that it cannot be looked for. */
static void
test_check_garbage (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Database) database = NULL;
  g_autoptr (GError) error = NULL;
  char garbage[8192];

  memset (garbage, 0x5a, sizeof garbage);
  test_write_bytes (FILE_NAME, garbage, sizeof garbage);
  database = open_ok (TRUE);
  g_assert_false (database_check (database, &error));
  assert_record_error (error, "not a database");
}

/* ---- older ones ---------------------------------------------------------- */

static const char *const upgrades[] = {
  "CREATE TABLE second (a TEXT)",
  "INSERT INTO second VALUES ('third'); ALTER TABLE second RENAME TO third",
  NULL
};

static void
assert_version (Database *database, int wanted)
{
  gint64 version;

  g_assert_true (database_get_int (database, "PRAGMA user_version", &version, NULL));
  g_assert_cmpint (version, ==, wanted);
}

static void
test_upgrade (Fixture *fixture, gconstpointer data)
{
  static const char *const broken[] = { "CREATE TABLE second (a TEXT)", "INSERT INTO nosuch VALUES (1)", NULL };
  g_autoptr (Database) database = make_database ();
  g_autoptr (GError) error = NULL;
  gint64 number;

  g_assert_true (database_execute (database, "PRAGMA user_version = 1", NULL));
  g_assert_false (database_upgrade (database, 1, broken, &error));   /* all or nothing */
  assert_record_error (error, "no such table");
  assert_version (database, 1);
  g_assert_false (database_get_int (database, "SELECT count(*) FROM second", &number, NULL));
  g_assert_true (database_upgrade (database, 1, upgrades, &error));
  assert_version (database, 3);
  g_assert_true (database_get_int (database, "SELECT count(*) FROM third", &number, NULL));
  g_assert_cmpint (number, ==, 1);
  assert_rows (database, "-3 d\xc3\xa4mm;1 one;2 (null);");
  g_assert_true (database_upgrade (database, 3, upgrades, &error));  /* nothing is done twice */
  assert_version (database, 3);
}

/* Only what is missing. */
static void
test_upgrade_half (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Database) database = make_database ();
  gint64 number;

  g_assert_true (database_execute (database, "CREATE TABLE second (a TEXT); PRAGMA user_version = 2", NULL));
  g_assert_true (database_upgrade (database, 2, upgrades, NULL));
  assert_version (database, 3);
  g_assert_true (database_get_int (database, "SELECT count(*) FROM third", &number, NULL));
  g_assert_cmpint (number, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/database/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("rows", test_rows);
  ADD ("after", test_after);
  ADD ("not-committed", test_not_committed);
  ADD ("changed-row", test_changed_row);
  ADD ("wrong-files", test_wrong_files);
  ADD ("garbage", test_garbage);
  ADD ("read-only", test_read_only);
  ADD ("read-only-with-log", test_read_only_with_log);
  ADD ("read-while-written", test_read_while_written);
  ADD ("modes", test_modes);
  ADD ("no-room", test_no_room);
  ADD ("wrong-sql", test_wrong_sql);
  ADD ("removed", test_removed);
  ADD ("replaced", test_replaced);
  ADD ("of-somebody-else", test_of_somebody_else);
  ADD ("not-unique", test_not_unique);
  ADD ("select-fails", test_select_fails);
  ADD ("few-descriptors", test_few_descriptors);
  ADD ("check-garbage", test_check_garbage);
  ADD ("busy", test_busy);
  ADD ("upgrade", test_upgrade);
  ADD ("upgrade-half", test_upgrade_half);
  return g_test_run ();
}

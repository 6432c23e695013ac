/* The record of a run, written, read back, and damaged.
 * SPDX-License-Identifier: MIT */
#include "store/history.h"
#include "store/record.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "record-testing.h"
#include "refuse.h"
#include "store/tally.h"

static const RecordHead head = { "20260102-030405-abcdef", "first", "/r/first.yaml", "/r", "a lock" };

typedef struct { char *folder; guint fds; } Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = test_folder_begin ();
  g_assert_cmpint (g_mkdir ("run", 0700), ==, 0);
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

static Record *
create (const char *folder)
{
  g_autoptr (GError) error = NULL;
  Record *record = record_create (folder, &head, &error);

  g_assert_no_error (error);
  g_assert_nonnull (record);
  return record;
}

static Record *
open_again (const char *folder)
{
  g_autoptr (GError) error = NULL;
  Record *record = record_open (folder, &error);

  g_assert_no_error (error);
  g_assert_nonnull (record);
  return record;
}

static History *
read_ok (const char *folder)
{
  g_autoptr (GError) error = NULL;
  History *history = history_read (folder, &error);

  g_assert_no_error (error);
  g_assert_nonnull (history);
  return history;
}

static const HistoryStep *
step_of (const History *history, const char *id)
{
  return g_hash_table_lookup (history->by_id, id);
}

static void
begin (Record *record, const char *command)
{
  record_begin_session (record, command);
  record_add_step (record, "a", "p.q", "uses=1");
  record_add_step (record, "b", "p.r", "uses=2 with=3");
}

/* ---- what is written ----------------------------------------------------- */

static void
test_create (Fixture *fixture, gconstpointer data)
{
  static const mode_t masks[] = { 0, 022, 0777 };

  for (guint i = 0; i < G_N_ELEMENTS (masks); i++)
    {
      mode_t old = umask (masks[i]);
      Record *record = create ("run");

      begin (record, "run");
      g_assert_true (record_commit (record));
      umask (old);
      g_assert_cmpuint (test_mode ("run/record.db"), ==, 0600);
      g_assert_cmpuint (test_mode ("run/record.db-wal"), ==, 0600);
      g_assert_cmpuint (test_mode ("run/record.tally"), ==, 0600);
      record_free (record);
      g_assert_cmpint (g_remove ("run/record.db"), ==, 0);
      g_assert_cmpint (g_remove ("run/record.tally"), ==, 0);
      g_assert_cmpint (g_rmdir ("run"), ==, 0);         /* closed well, nothing is left beside it */
      g_assert_cmpint (g_mkdir ("run", 0700), ==, 0);
    }
}

static void
test_create_where_something_is (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (record_create ("nosuch", &head, &error));
  assert_record_error (error, "nosuch/record.db\": No such file");
  test_write ("run/record.db", "mine");
  g_assert_null (record_create ("run", &head, &error));
  assert_record_error (error, "run/record.db\": File exists");
  g_assert_cmpint (g_remove ("run/record.db"), ==, 0);
  g_assert_cmpint (symlink ("elsewhere", "run/record.db"), ==, 0);
  g_assert_null (record_create ("run", &head, &error));
  assert_record_error (error, "run/record.db\": File exists");
  g_assert_false (g_file_test ("run/elsewhere", G_FILE_TEST_EXISTS));
}

static void
assert_fact (GPtrArray *facts, guint i, const char *name, const char *value, const char *origin)
{
  const HistoryFact *fact;

  g_assert_cmpuint (i, <, facts->len);
  fact = facts->pdata[i];
  g_assert_cmpstr (fact->name, ==, name);
  g_assert_cmpstr (fact->value, ==, value);
  g_assert_cmpstr (fact->origin, ==, origin);
}

static void
write_all (Record *record)
{
  record_begin_session (record, "run");
  record_add_source (record, "first.yaml", "galley: 1\n");
  record_add_var (record, "who", "\"w\xc3\xb6rld\"", "default");
  record_add_var (record, "token", NULL, "env TOKEN");
  record_add_plugin (record, "p", "1.2", "/plugins/p.so");
  record_add_tool (record, "sh", "/bin/sh", NULL);
  record_add_step (record, "a", "p.q", "uses=1");
  record_add_step (record, "b", "p.r", "uses=2 with=3");
  record_intent (record, "a", 1);
  record_output (record, "a", "out", "[1]");
  record_output (record, "a", "key", NULL);
  record_result (record, "a", "changed", 1, 1500, "it was so");
  record_event (record, NULL, 0, "{}");
  record_event (record, "a", 7, "{\"event\":\"x\"}");
  record_end_session (record, "failed", 1);
}

static void
test_all (Fixture *fixture, gconstpointer data)
{
  Record *record = create ("run");
  g_autoptr (History) history = NULL;
  const HistorySession *session;
  const HistoryStep *step;
  gint64 now = g_get_real_time ();

  write_all (record);
  g_assert_true (record_is_dirty (record));
  g_assert_true (record_commit (record));
  g_assert_false (record_is_dirty (record));
  record_free (record);
  history = read_ok ("run");
  g_assert_cmpstr (history->id, ==, head.id);
  g_assert_cmpstr (history->recipe, ==, "first");
  g_assert_cmpstr (history->file, ==, "/r/first.yaml");
  g_assert_cmpstr (history->dir, ==, "/r");
  g_assert_cmpstr (history->lock, ==, "a lock");
  g_assert_cmpstr (history->host, ==, g_get_host_name ());
  g_assert_cmpint (history->uid, ==, getuid ());
  g_assert_cmpuint (history->sessions->len, ==, 1);
  session = history_first (history);
  g_assert_true (session == history_last (history));
  g_assert_cmpstr (session->command, ==, "run");
  g_assert_cmpstr (session->result, ==, "failed");
  g_assert_cmpint (session->exit_code, ==, 1);
  g_assert_cmpint (session->pid, ==, getpid ());
  g_assert_cmpint (ABS (session->began_us - now), <, 60 * G_USEC_PER_SEC);
  g_assert_cmpint (session->ended_us, >=, session->began_us);
  assert_fact (history->vars, 0, "who", "\"w\xc3\xb6rld\"", "default");
  assert_fact (history->vars, 1, "token", NULL, "env TOKEN");
  assert_fact (history->plugins, 0, "p", "1.2", "/plugins/p.so");
  assert_fact (history->tools, 0, "sh", "/bin/sh", NULL);
  g_assert_cmpuint (history->vars->len + history->plugins->len + history->tools->len, ==, 4);
  g_assert_cmpuint (history->steps->len, ==, 2);
  step = history->steps->pdata[0];
  g_assert_true (step == step_of (history, "a"));
  g_assert_cmpstr (step->uses, ==, "p.q");
  g_assert_cmpstr (step->definition, ==, "uses=1");
  g_assert_cmpstr (step->state, ==, "changed");
  g_assert_cmpstr (step->reason, ==, "it was so");
  g_assert_cmpuint (step->attempts, ==, 1);
  g_assert_cmpint (step->duration_ms, ==, 1500);
  g_assert_cmpuint (g_hash_table_size (step->outputs), ==, 2);
  g_assert_cmpstr (g_hash_table_lookup (step->outputs, "out"), ==, "[1]");
  g_assert_true (g_hash_table_contains (step->outputs, "key") && g_hash_table_lookup (step->outputs, "key") == NULL);
  step = history->steps->pdata[1];
  g_assert_cmpstr (step->id, ==, "b");
  g_assert_null (step->state);
  g_assert_cmpint (step->cut_off_us, ==, 0);
}

/* A word for each row of a state; a capital C: cut off when the word of that
 * number began. */
static void
test_cut_off (Fixture *fixture, gconstpointer data)
{
  static const struct { const char *states; int cut_off; } cases[] = {
    { "running", 1 }, { "running changed", 0 }, { "running held", 0 }, { "running failed", 0 }, { "held", 0 }, { "skipped", 0 },
    { "running running", 1 }, { "running running running", 1 }, { "running stopped", 1 }, { "running unknown", 1 },
    { "stopped", 0 }, { "unknown", 0 }, { "running stopped running", 1 }, { "running unknown unknown", 1 },
    { "running failed running", 3 }, { "running changed running", 3 }, { "running unknown running changed", 0 },
    { "running stopped held running running", 4 }, { "failed stopped", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *folder = g_strdup_printf ("run%u", i);
      g_auto (GStrv) states = g_strsplit (cases[i].states, " ", -1);
      g_autoptr (History) history = NULL;
      g_autoptr (Record) record = NULL;
      gint64 times[8] = { 0 };
      const HistoryStep *step;

      g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
      record = create (folder);
      begin (record, "run");
      for (guint n = 0; states[n] != NULL; n++)
        {
          times[n + 1] = g_get_real_time ();
          while (g_get_real_time () == times[n + 1])
            ;
          if (strcmp (states[n], "running") == 0)
            record_intent (record, "a", n + 1);
          else
            record_result (record, "a", states[n], n + 1, 0, NULL);
        }
      g_assert_true (record_commit (record));
      history = read_ok (folder);
      step = step_of (history, "a");
      g_test_message ("%s", cases[i].states);
      g_assert_cmpstr (step->state, ==, states[g_strv_length (states) - 1]);
      g_assert_cmpuint (step->attempts, ==, g_strv_length (states));
      if (cases[i].cut_off == 0)
        g_assert_cmpint (step->cut_off_us, ==, 0);
      else
        {
          g_assert_cmpint (step->cut_off_us, >=, times[cases[i].cut_off]);
          if (times[cases[i].cut_off + 1] != 0)
            g_assert_cmpint (step->cut_off_us, <, times[cases[i].cut_off + 1] + 1);
        }
    }
}

/* What was left stays so through sessions in which the step failed; each word
 * is a state, "|" the beginning of another session. */
static void
test_remains (Fixture *fixture, gconstpointer data)
{
  static const struct { const char *states; int remains; } cases[] = {
    { "running", 0 }, { "running failed", 0 }, { "running running failed", 0 }, { "running failed | running failed", 0 },
    { "running | running", 1 }, { "running | running failed", 1 }, { "running | running failed | running", 1 },
    { "running | running failed | running failed", 1 }, { "running stopped | running failed", 1 },
    { "running unknown | running failed", 1 }, { "failed | running | failed", 3 }, { "running | held", 0 }, { "running | running changed", 0 },
    { "running | running changed | running failed", 0 }, { "running | running changed | running | running failed", 6 },
    { "running | skipped | failed", 0 }, { "running remains failed", 2 }, { "running remains failed | running failed", 2 },
    { "running remains failed | running changed", 0 }, { "running remains failed | held", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *folder = g_strdup_printf ("left%u", i);
      g_auto (GStrv) states = g_strsplit (cases[i].states, " ", -1);
      g_autoptr (History) history = NULL;
      g_autoptr (Record) record = NULL;
      gint64 before = 0, after = 0;

      g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
      record = create (folder);
      begin (record, "run");
      for (guint n = 0; states[n] != NULL; n++)
        {
          gint64 time = g_get_real_time ();

          if ((int) n + 1 == cases[i].remains)
            before = time;
          if (strcmp (states[n], "|") == 0)
            begin (record, "resume");
          else if (strcmp (states[n], "running") == 0)
            record_intent (record, "a", n + 1);
          else if (strcmp (states[n], "remains") == 0)
            record_remains (record, "a", time);
          else
            record_result (record, "a", states[n], n + 1, 0, NULL);
          if ((int) n + 1 == cases[i].remains)
            after = g_get_real_time ();
          while (g_get_real_time () <= time + 1)
            ;
        }
      g_assert_true (record_commit (record));
      history = read_ok (folder);
      g_test_message ("%s", cases[i].states);
      g_assert_cmpint (step_of (history, "a")->remains_us, >=, before);
      g_assert_cmpint (step_of (history, "a")->remains_us, <=, after);
    }
}

static void
test_sessions (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Record) record = create ("run");
  g_autoptr (History) history = NULL;

  write_all (record);
  g_assert_true (record_commit (record));
  g_clear_pointer (&record, record_free);
  record = open_again ("run");
  g_assert_cmpuint (record_commands (record), ==, 7);
  record_begin_session (record, "resume");
  record_add_var (record, "who", "\"me\"", "command line");
  record_add_step (record, "c", "p.q", "uses=9");
  record_add_step (record, "a", "p.q", "uses=1");
  record_result (record, "a", "held", 0, 1, NULL);
  record_output (record, "a", "out", "[2]");
  record_event (record, NULL, 0, "{}");
  g_assert_true (record_commit (record));
  history = read_ok ("run");
  g_assert_cmpuint (history->sessions->len, ==, 2);
  g_assert_cmpstr (history_first (history)->command, ==, "run");
  g_assert_cmpstr (history_first (history)->result, ==, "failed");
  g_assert_cmpstr (history_last (history)->command, ==, "resume");
  g_assert_null (history_last (history)->result);
  g_assert_cmpuint (history->vars->len, ==, 1);
  assert_fact (history->vars, 0, "who", "\"me\"", "command line");
  g_assert_cmpuint (history->tools->len, ==, 0);
  g_assert_cmpuint (history->steps->len, ==, 2);
  g_assert_true (history->steps->pdata[0] == step_of (history, "c"));
  g_assert_true (history->steps->pdata[1] == step_of (history, "a"));
  g_assert_cmpstr (step_of (history, "a")->state, ==, "held");
  g_assert_cmpstr (g_hash_table_lookup (step_of (history, "a")->outputs, "out"), ==, "[2]");
  g_assert_nonnull (step_of (history, "b"));            /* no more of the recipe, still on record */
  g_assert_null (step_of (history, "b")->definition);
}

static void
add_event (gint64 number, const char *step, guint command, const char *json, gpointer text)
{
  g_string_append_printf (text, "%d %s %u %s;", (int) number, step != NULL ? step : "-", command, json);
}

static void
test_events (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Record) record = create ("run");
  g_autoptr (GString) text = g_string_new (NULL);

  write_all (record);
  g_assert_true (record_commit (record));
  g_assert_true (history_events ("run", 0, add_event, text, NULL));
  g_assert_cmpstr (text->str, ==, "1 - 0 {};2 a 7 {\"event\":\"x\"};");
  g_clear_pointer (&record, record_free);
  record = open_again ("run");
  record_event (record, "b", 8, "{}");
  g_assert_true (record_commit (record));
  g_string_truncate (text, 0);
  g_assert_true (history_events ("run", 1, add_event, text, NULL));
  g_assert_cmpstr (text->str, ==, "2 a 7 {\"event\":\"x\"};3 b 8 {};");
  g_string_truncate (text, 0);
  g_assert_true (history_events ("run", 3, add_event, text, NULL));
  g_assert_cmpstr (text->str, ==, "");
}

static void
assert_not_begun (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (history_read ("run", &error));
  g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION);
  g_assert_cmpstr (error->message, ==, "run run was ended before its first step began: there is nothing to resume");
}

/* What is not committed is not there yet, for nobody. */
static void
test_read_while_written (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Record) record = create ("run");
  g_autoptr (History) first = NULL, second = NULL;

  assert_not_begun ();
  begin (record, "run");
  assert_not_begun ();
  g_assert_true (record_commit (record));
  record_intent (record, "a", 1);
  first = read_ok ("run");
  g_assert_null (step_of (first, "a")->state);
  g_assert_true (record_commit (record));
  second = read_ok ("run");
  g_assert_cmpstr (step_of (second, "a")->state, ==, "running");
}

/* ---- failure ------------------------------------------------------------- */

static void
test_folder_gone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Record) record = create ("run");
  const GError *failure;

  begin (record, "run");
  g_assert_true (record_commit (record));
  g_assert_null (record_failure (record));
  g_assert_cmpint (g_rename ("run", "moved"), ==, 0);
  g_assert_true (record_commit (record));               /* nothing is to be written */
  record_intent (record, "a", 1);
  g_assert_false (record_commit (record));
  failure = record_failure (record);
  g_assert_error (failure, GALLEY_ERROR, GALLEY_ERROR_RECORD);
  g_assert_cmpstr (failure->message, ==, "the record \"run/record.db\": No such file or directory");
  g_assert_cmpint (g_rename ("moved", "run"), ==, 0);
  record_intent (record, "a", 2);
  g_assert_false (record_commit (record));              /* once is enough */
  g_assert_true (record_failure (record) == failure);
}

/* Wherever the room ends: who is told that it is durable finds it again. */
static void
test_room (Fixture *fixture, gconstpointer data)
{
  struct rlimit old, small;
  guint failed = 0, ok = 0;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &old), ==, 0);
  for (rlim_t room = 0; room < 150000; room += 1999)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (History) history = NULL;
      Record *record;
      guint durable = 0;

      small = (struct rlimit) { room, old.rlim_max };
      g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
      record = record_create ("run", &head, &error);
      if (record != NULL)
        begin (record, "run");
      for (guint i = 1; record != NULL && i <= 10; i++)
        {
          record_intent (record, "a", i);
          if (record_commit (record))
            durable = i;
        }
      g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &old), ==, 0);
      if (record == NULL)
        g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD);
      else if (durable < 10)
        g_assert_error (record_failure (record), GALLEY_ERROR, GALLEY_ERROR_RECORD);
      g_clear_pointer (&record, record_free);
      if (durable > 0)
        {
          history = read_ok ("run");
          g_assert_cmpuint (step_of (history, "a")->attempts, ==, durable);
          record = open_again ("run");                  /* there is room again */
          record_intent (record, "a", 99);
          g_assert_true (record_commit (record));
          record_free (record);
        }
      failed += durable < 10;
      ok += durable == 10;
      test_remove ("run");
      g_assert_cmpint (g_mkdir ("run", 0700), ==, 0);
    }
  g_assert_cmpuint (failed, >, 5);
  g_assert_cmpuint (ok, >, 5);
}

/* ---- schemas ------------------------------------------------------------- */

static void
test_schema (Fixture *fixture, gconstpointer data)
{
  static const struct { const char *sql, *problem; } cases[] = {
    { "PRAGMA user_version = 2", "is of a newer galley (schema 2)" },
    { "PRAGMA user_version = 2147483647", "is of a newer galley (schema 2147483647)" },
    { "PRAGMA user_version = 0", "is not complete (schema 0)" },     /* there is output */
    { "PRAGMA user_version = -1", "is not complete (schema -1)" },
    { "PRAGMA user_version = 1; DROP TABLE state", "no such table: state" },
    { "CREATE TABLE state (n INTEGER PRIMARY KEY, session INTEGER)", "no such column" },
    { "CREATE TABLE state (n INTEGER PRIMARY KEY, session INTEGER, step TEXT, state TEXT, attempts INTEGER, duration_ms INTEGER,"
      " reason TEXT, time_us INTEGER, sum INTEGER); DELETE FROM session", "is not complete" },
  };
  Record *record = create ("run");

  write_all (record);
  g_assert_true (record_commit (record));
  record_free (record);
  g_assert_cmpint (g_remove ("run/record.tally"), ==, 0);
  g_assert_cmpint (g_mkdir ("run/output", 0700), ==, 0);
  test_write ("run/output/1.out", "x");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      if (i == 5)
        test_sql ("run/record.db", "PRAGMA user_version = 1");
      test_sql ("run/record.db", i == 6 ? "DROP TABLE state" : "SELECT 1");
      test_sql ("run/record.db", cases[i].sql);
      g_assert_null (history_read ("run", &error));
      assert_record_error (error, cases[i].problem);
      if (i < 5)
        {
          g_assert_null (record_open ("run", &error));
          g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD);
        }
    }
}

/* ---- damage -------------------------------------------------------------- */

static void
test_changed (Fixture *fixture, gconstpointer data)
{
  static const struct { const char *sql, *problem; } cases[] = {
    { "UPDATE run SET recipe = 'second'", "a row of it is not as it was written" },
    { "UPDATE session SET pid = 1", "a row of it is not as it was written" },
    { "UPDATE session_end SET result = 'ok'", "a row of it is not as it was written" },
    { "UPDATE var SET value = '\"me\"'", "a row of it is not as it was written" },
    { "UPDATE plugin SET file = '/evil.so'", "a row of it is not as it was written" },
    { "UPDATE tool SET path = '/evil'", "a row of it is not as it was written" },
    { "UPDATE step SET definition = 'uses=0' WHERE id = 'b'", "a row of it is not as it was written" },
    { "UPDATE state SET state = 'held' WHERE state = 'changed'", "a row of it is not as it was written" },
    { "UPDATE output SET value = '[2]' WHERE name = 'out'", "a row of it is not as it was written" },
    { "DELETE FROM state WHERE n = 2", "record.db\" is damaged: 1 of its 2 entries are lost" },
    { "DELETE FROM state WHERE n = 1", "1 of its 2 entries are lost" },
    { "DELETE FROM state", "2 of its 2 entries are lost" },
    { "UPDATE state SET n = 3 WHERE n = 2", "1 of its 3 entries are lost" },
    { "DELETE FROM session; INSERT INTO session (n) VALUES (2)", "1 of its 2 sessions are lost" },
    { "DELETE FROM session", "is not complete" },
    { "DELETE FROM run", "is not complete" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *folder = g_strdup_printf ("run%u", i), *file = g_build_filename (folder, RECORD_FILE, NULL);
      g_autoptr (GError) error = NULL;
      Record *record;

      g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
      record = create (folder);
      write_all (record);
      g_assert_true (record_commit (record));
      record_free (record);
      g_test_message ("%s", cases[i].sql);
      history_free (read_ok (folder));
      test_sql (file, cases[i].sql);
      g_assert_null (history_read (folder, &error));
      assert_record_error (error, cases[i].problem);
    }
}

static void
test_changed_event (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  Record *record = create ("run");

  write_all (record);
  g_assert_true (record_commit (record));
  record_free (record);
  test_sql ("run/record.db", "UPDATE event SET json = '{}' WHERE n = 2");
  g_assert_false (history_events ("run", 0, add_event, text, &error));
  assert_record_error (error, "a row of it is not as it was written");
}

static void
test_tally (Fixture *fixture, gconstpointer data)
{
  static const struct { const char *text, *problem; } cases[] = {
    { "000000000002\n", NULL }, { "000000000001\n", NULL }, { "000000000000\n", NULL }, { "", NULL },
    { "000000000003\n", "1 of its 3 entries are lost" }, { "999999999999\n", "999999999997 of its 999999999999 entries are lost" },
    { "2\n", "it is damaged" }, { "00000000000\n", "it is damaged" }, { "0000000000002\n", "it is damaged" },
    { "00000000000x\n", "it is damaged" }, { "000000000002 ", "it is damaged" }, { "-00000000002\n", "it is damaged" },
  };
  g_autofree char *tally = NULL;
  g_autoptr (GError) error = NULL;
  Record *record = create ("run");

  write_all (record);
  g_assert_true (record_commit (record));
  record_free (record);
  g_assert_true (g_file_get_contents ("run/record.tally", &tally, NULL, NULL));
  g_assert_cmpstr (tally, ==, "000000000002\n");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (History) history = NULL;

      test_write ("run/record.tally", cases[i].text);
      g_test_message ("%s", cases[i].text);
      history = history_read ("run", &error);
      g_assert_cmpint (history == NULL, ==, cases[i].problem != NULL);
      if (history == NULL)
        assert_record_error (error, cases[i].problem);
      if (cases[i].problem == NULL)
        continue;
      g_assert_null (record_open ("run", &error));
      assert_record_error (error, cases[i].problem);
    }
  g_assert_cmpint (g_remove ("run/record.tally"), ==, 0);
  history_free (read_ok ("run"));                       /* of no tally: nothing is known */
  g_assert_cmpint (mkfifo ("run/record.tally", 0600), ==, 0);
  g_assert_null (history_read ("run", &error));
  assert_record_error (error, "it is not a regular file");
  g_assert_cmpint (g_remove ("run/record.tally"), ==, 0);
  g_assert_cmpint (symlink ("/dev/zero", "run/record.tally"), ==, 0);
  g_assert_null (history_read ("run", &error));
  assert_record_error (error, "record.tally\": Too many levels of symbolic links");
}

/* The files of a run, as a kill leaves them. */
typedef struct {
  char *data[3];
  gsize len[3];
} Image;

static void
open_unmodelled (gpointer folder, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (tally_open (folder, &error), ==, -1);
  assert_record_error (error, "Operation not permitted");
}

static void
sync_in_vain (gpointer folder, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (record_create (folder, &head, &error));
  assert_record_error (error, "the run's folder \"run\": Input/output error");
}

static void
test_refused_calls (Fixture *fixture, gconstpointer data)
{
  test_refused (SYS_fchmod, EPERM, open_unmodelled, (gpointer) "run");
  test_refused (SYS_fsync, EIO, sync_in_vain, (gpointer) "run");
}

/* Part of a number is none, and the disk is full. */
static void
test_tally_cut (Fixture *fixture, gconstpointer data)
{
  struct rlimit old, small;
  gboolean written;
  int fd, problem;

  signal (SIGXFSZ, SIG_IGN);
  fd = tally_open ("run", NULL);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &old), ==, 0);
  small = old;
  small.rlim_cur = 5;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  errno = 0;
  written = tally_write (fd, 7);
  problem = errno;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &old), ==, 0);
  g_assert_false (written);
  g_assert_cmpint (problem, ==, ENOSPC);
  close (fd);
}

static const char *const image_files[3] = { "record.db", "record.db-wal", "record.tally" };

static void
image_take (Image *image, const char *folder)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *path = g_build_filename (folder, image_files[i], NULL);

      if (!g_file_get_contents (path, &image->data[i], &image->len[i], NULL))
        image->len[i] = 0;
      while (i == 1 && image->len[i] > 0 && image->data[i][image->len[i] - 1] == '\0')
        image->len[i]--;                /* the log is made longer beforehand */
    }
}

static void
image_put (const Image *image, const char *folder)
{
  test_remove (folder);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *path = g_build_filename (folder, image_files[i], NULL);

      if (image->data[i] != NULL)
        test_write_bytes (path, image->data[i], image->len[i]);
    }
}

static void
image_clear (Image *image)
{
  for (guint i = 0; i < 3; i++)
    g_free (image->data[i]);
}

static void
add_states (GString *text, const History *history)
{
  for (guint i = 0; i < history->steps->len; i++)
    {
      const HistoryStep *step = history->steps->pdata[i];

      g_string_append_printf (text, "%s %s %s %u %d;", step->id, step->definition, step->state, step->attempts,
                              step->cut_off_us != 0);
    }
}

/* What resume would go by; NULL: it is refused, as damaged. */
static char *
judge (const char *folder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (History) history = history_read (folder, &error), again = NULL;
  g_autoptr (Record) record = history != NULL ? record_open (folder, &error) : NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  if (record != NULL)
    again = history_read (folder, &error);
  if (again == NULL)
    {
      g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD);
      return NULL;
    }
  add_states (text, again);
  return g_strdup (text->str);
}

typedef enum { CUT, FLIP, ZERO } Damage;

static void
image_damage (Image *image, guint file, gsize offset, Damage damage, guint bit)
{
  if (damage == CUT)
    image->len[file] = offset;
  else if (damage == FLIP)
    image->data[file][offset] ^= (char) (1u << bit);
  else
    memset (image->data[file] + offset, 0, MIN (512, image->len[file] - offset));
}

/* As a whole or not at all, for each of STEP bytes. */
static void
try_damage (const Image *image, guint file, Damage damage, gsize step, guint *refused)
{
  g_autofree char *wanted = NULL;

  image_put (image, "copy");
  wanted = judge ("copy");
  g_assert_nonnull (wanted);
  for (gsize offset = 0; offset < image->len[file]; offset += step)
    {
      char *saved = image->data[file];
      g_autofree char *bytes = g_malloc (image->len[file]), *got = NULL;
      Image copy = *image;

      memcpy (bytes, saved, image->len[file]);
      copy.data[file] = bytes;
      image_damage (&copy, file, offset, damage, (guint) (offset / step) % 8);
      image_put (&copy, "copy");
      got = judge ("copy");
      if (got != NULL && strcmp (got, wanted) != 0)
        g_error ("%s, damage %d at %" G_GSIZE_FORMAT ": %s instead of %s", image_files[file], damage, offset, got, wanted);
      *refused += got == NULL;
    }
}

/* Of a run that was killed (with a log) or has ended (without). */
static void
test_damage (Fixture *fixture, gconstpointer killed)
{
  Record *record = create ("run");
  Image image = { { NULL }, { 0 } };
  gsize step = g_test_slow () ? 1 : 1499;
  guint refused = 0;

  begin (record, "run");
  for (guint i = 0; i < 40; i++)
    {
      record_intent (record, i % 2 == 0 ? "a" : "b", i + 1);
      record_event (record, "a", i, "{\"event\":\"something that is said in some words\"}");
      g_assert_true (record_commit (record));
      if (i < 38)
        record_result (record, i % 2 == 0 ? "a" : "b", "changed", i + 1, 7, NULL);
    }
  if (killed != NULL)
    image_take (&image, "run");
  record_free (record);
  if (killed == NULL)
    image_take (&image, "run");
  g_assert_cmpint (image.len[1] > 0, ==, killed != NULL);
  for (Damage damage = CUT; damage <= ZERO; damage++)
    for (guint file = 0; file < 2; file++)
      try_damage (&image, file, damage, step, &refused);
  for (Damage damage = CUT; damage <= FLIP; damage++)
    try_damage (&image, 2, damage, 1, &refused);
  g_test_message ("refused: %u", refused);
  g_assert_cmpuint (refused, >, 10);
  image_clear (&image);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, data, function) g_test_add ("/record/" path, Fixture, data, set_up, function, tear_down)
  ADD ("create", NULL, test_create);
  ADD ("create-where-something-is", NULL, test_create_where_something_is);
  ADD ("all", NULL, test_all);
  ADD ("cut-off", NULL, test_cut_off);
  ADD ("remains", NULL, test_remains);
  ADD ("sessions", NULL, test_sessions);
  ADD ("events", NULL, test_events);
  ADD ("read-while-written", NULL, test_read_while_written);
  ADD ("folder-gone", NULL, test_folder_gone);
  ADD ("room", NULL, test_room);
  ADD ("schema", NULL, test_schema);
  ADD ("changed", NULL, test_changed);
  ADD ("changed-event", NULL, test_changed_event);
  ADD ("tally", NULL, test_tally);
  ADD ("tally-cut", NULL, test_tally_cut);
  ADD ("refused-calls", NULL, test_refused_calls);
  ADD ("damage-killed", "killed", test_damage);
  ADD ("damage-ended", NULL, test_damage);
  return g_test_run ();
}

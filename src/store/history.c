/* SPDX-License-Identifier: MIT */
#include "store/history.h"

#include <string.h>

#include "base/errors.h"
#include "report/event.h"
#include "store/database.h"
#include "store/record.h"
#include "store/tally.h"

/* ---- parts --------------------------------------------------------------- */

static HistoryStep *
step_new (char *id)
{
  HistoryStep *step = g_new0 (HistoryStep, 1);

  step->id = id;
  step->outputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return step;
}

static void
step_free (gpointer data)
{
  HistoryStep *step = data;

  g_free (step->id);
  g_free (step->uses);
  g_free (step->definition);
  g_free (step->state);
  g_free (step->reason);
  g_hash_table_unref (step->outputs);
  g_free (step);
}

static void
session_free (gpointer data)
{
  HistorySession *session = data;

  g_free (session->command);
  g_free (session->version);
  g_free (session->result);
  g_free (session);
}

static void
fact_free (gpointer data)
{
  HistoryFact *fact = data;

  g_free (fact->name);
  g_free (fact->value);
  g_free (fact->origin);
  g_free (fact);
}

static History *
history_new (void)
{
  History *history = g_new0 (History, 1);

  history->sessions = g_ptr_array_new_with_free_func (session_free);
  history->steps = g_ptr_array_new ();
  history->vars = g_ptr_array_new_with_free_func (fact_free);
  history->tools = g_ptr_array_new_with_free_func (fact_free);
  history->plugins = g_ptr_array_new_with_free_func (fact_free);
  history->by_id = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, step_free);
  return history;
}

void
history_free (History *history)
{
  g_free (history->id);
  g_free (history->recipe);
  g_free (history->file);
  g_free (history->dir);
  g_free (history->lock);
  g_free (history->host);
  g_ptr_array_unref (history->sessions);
  g_ptr_array_unref (history->steps);
  g_ptr_array_unref (history->vars);
  g_ptr_array_unref (history->tools);
  g_ptr_array_unref (history->plugins);
  g_hash_table_unref (history->by_id);
  g_free (history);
}

const HistorySession *
history_first (const History *history)
{
  return history->sessions->pdata[0];
}

gboolean
history_is_played (const History *history)
{
  return g_str_has_suffix (history_first (history)->command, HISTORY_PLAYED);
}

const HistorySession *
history_last (const History *history)
{
  return history->sessions->pdata[history->sessions->len - 1];
}

/* ---- rows ---------------------------------------------------------------- */

static void
run_row (sqlite3_stmt *row, gpointer user_data)
{
  History *history = user_data;

  g_free (history->id);
  history->id = database_text (row, 0);
  history->recipe = database_text (row, 1);
  history->file = database_text (row, 2);
  history->dir = database_text (row, 3);
  history->lock = database_text (row, 4);
  history->uid = sqlite3_column_int64 (row, 5);
  history->host = database_text (row, 6);
}

static void
session_row (sqlite3_stmt *row, gpointer user_data)
{
  History *history = user_data;
  HistorySession *session = g_new0 (HistorySession, 1);

  session->command = database_text (row, 1);
  session->version = database_text (row, 2);
  session->pid = sqlite3_column_int64 (row, 3);
  session->began_us = sqlite3_column_int64 (row, 4);
  g_ptr_array_add (history->sessions, session);
}

static void
session_end_row (sqlite3_stmt *row, gpointer user_data)
{
  History *history = user_data;
  gint64 n = sqlite3_column_int64 (row, 0);
  HistorySession *session;

  if (n < 1 || n > history->sessions->len)
    return;
  session = history->sessions->pdata[n - 1];
  session->result = database_text (row, 1);
  session->exit_code = sqlite3_column_int (row, 2);
  session->ended_us = sqlite3_column_int64 (row, 3);
}

static HistoryStep *
find_step (History *history, sqlite3_stmt *row, int column)
{
  const char *id = (const char *) sqlite3_column_text (row, column);
  HistoryStep *step = g_hash_table_lookup (history->by_id, id);

  if (step == NULL)
    {
      step = step_new (g_strdup (id));
      g_hash_table_insert (history->by_id, step->id, step);
    }
  return step;
}

static gboolean
is_last_session (const History *history, sqlite3_stmt *row)
{
  return sqlite3_column_int64 (row, 0) == history->sessions->len;
}

static void
step_row (sqlite3_stmt *row, gpointer user_data)
{
  History *history = user_data;
  HistoryStep *step = find_step (history, row, 2);

  if (!is_last_session (history, row))
    return;
  step->uses = database_text (row, 3);
  step->definition = database_text (row, 4);
  g_ptr_array_add (history->steps, step);
}

/* "running" without an end is an attempt that was cut off; so is one that was
 * stopped, or about which somebody has to be asked, or whose check failed in a
 * later session, which did not come to run it. */
static void
note_cut_off (HistoryStep *step, gint64 session)
{
  static const char *const unfinished[] = { "stopped", "unknown", NULL };

  if (strcmp (step->state, "running") == 0)
    {
      step->ran_in = session;
      if (step->cut_off_us == 0)
        step->cut_off_us = step->time_us;
    }
  else if (!g_strv_contains (unfinished, step->state) && (strcmp (step->state, "failed") != 0 || step->ran_in == session))
    step->cut_off_us = 0;
}

/* To be called before that, when a new state of SESSION is known. */
static void
note_remains (HistoryStep *step, gint64 session)
{
  if (step->remains_us == 0 && session != step->session)
    step->remains_us = step->cut_off_us;
  if (g_strv_contains ((const char *const[]) { "held", "changed", "skipped", NULL }, step->state))
    step->remains_us = 0;
  step->session = session;
}

static void
state_row (sqlite3_stmt *row, gpointer user_data)
{
  HistoryStep *step = find_step (user_data, row, 1);

  if (g_strcmp0 ((const char *) sqlite3_column_text (row, 2), "remains") == 0)
    {
      step->remains_us = sqlite3_column_int64 (row, 6);
      return;
    }
  g_free (step->state);
  g_free (step->reason);
  step->state = database_text (row, 2);
  step->attempts = (guint) sqlite3_column_int64 (row, 3);
  step->duration_ms = sqlite3_column_int64 (row, 4);
  step->reason = database_text (row, 5);
  step->time_us = sqlite3_column_int64 (row, 6);
  note_remains (step, sqlite3_column_int64 (row, 0));
  note_cut_off (step, sqlite3_column_int64 (row, 0));
}

static void
output_row (sqlite3_stmt *row, gpointer user_data)
{
  HistoryStep *step = find_step (user_data, row, 0);

  g_hash_table_replace (step->outputs, database_text (row, 1), database_text (row, 2));
}

static void
add_fact (const History *history, GPtrArray *facts, sqlite3_stmt *row)
{
  HistoryFact *fact;

  if (!is_last_session (history, row))
    return;
  fact = g_new0 (HistoryFact, 1);
  fact->name = database_text (row, 1);
  fact->value = database_text (row, 2);
  fact->origin = database_text (row, 3);
  g_ptr_array_add (facts, fact);
}

static void
var_row (sqlite3_stmt *row, gpointer user_data)
{
  add_fact (user_data, ((History *) user_data)->vars, row);
}

static void
tool_row (sqlite3_stmt *row, gpointer user_data)
{
  add_fact (user_data, ((History *) user_data)->tools, row);
}

static void
plugin_row (sqlite3_stmt *row, gpointer user_data)
{
  add_fact (user_data, ((History *) user_data)->plugins, row);
}

/* ---- reading ------------------------------------------------------------- */

/* The columns as they were inserted, and the sum. */
static const struct { const char *sql; DatabaseRow row; } tables[] = {
  { "SELECT * FROM run", run_row },
  { "SELECT * FROM session ORDER BY n", session_row },
  { "SELECT * FROM session_end", session_end_row },
  { "SELECT * FROM step ORDER BY session, seq", step_row },
  { "SELECT session, step, state, attempts, duration_ms, reason, time_us, sum FROM state ORDER BY n", state_row },
  { "SELECT step, name, value, sum FROM output ORDER BY n", output_row },
  { "SELECT * FROM var", var_row },
  { "SELECT * FROM tool", tool_row },
  { "SELECT * FROM plugin", plugin_row },
};

#define SESSION_TABLES 3          /* the first of them */

/* What is known of a session that was cut off. */
static gboolean
estimate_ends (const History *history, Database *database, GError **error)
{
  for (guint i = 0; i + 1 < history->sessions->len; i++)
    {
      HistorySession *session = history->sessions->pdata[i];
      g_autofree char *sql = g_strdup_printf ("SELECT coalesce(max(time_us), 0) FROM state WHERE session = %u", i + 1);

      if (session->result == NULL && !database_get_int (database, sql, &session->ended_us, error))
        return FALSE;
    }
  return TRUE;
}

/* One transaction: what it says belongs together. */
static History *
read_tables (const char *folder, guint n, GError **error)
{
  g_autoptr (History) history = history_new ();
  g_autoptr (Database) database = NULL;
  gint64 tally;

  if (!tally_read (folder, &tally, error) || (database = record_open_database (folder, TRUE, error)) == NULL
      || !database_execute (database, "BEGIN", error) || !record_check_entries (database, folder, tally, error))
    return NULL;
  for (guint i = 0; i < n; i++)
    if (!database_select (database, tables[i].sql, 0, tables[i].row, history, error))
      return NULL;
  if (history->id != NULL && history->sessions->len > 0)
    return estimate_ends (history, database, error) ? g_steal_pointer (&history) : NULL;
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD, "the record in \"%s\" is not complete", folder);
  return NULL;
}

History *
history_read (const char *folder, GError **error)
{
  return read_tables (folder, G_N_ELEMENTS (tables), error);
}

History *
history_read_sessions (const char *folder, GError **error)
{
  return read_tables (folder, SESSION_TABLES, error);
}

/* ---- events -------------------------------------------------------------- */

typedef struct {
  HistoryEvent event;
  gpointer     user_data;
} EventReader;

static void
event_row (sqlite3_stmt *row, gpointer user_data)
{
  EventReader *reader = user_data;

  reader->event (sqlite3_column_int64 (row, 0), (const char *) sqlite3_column_text (row, 1),
                 (guint) sqlite3_column_int64 (row, 2), (const char *) sqlite3_column_text (row, 3), reader->user_data);
}

gboolean
history_events (const char *folder, gint64 after, HistoryEvent event, gpointer user_data, GError **error)
{
  g_autoptr (Database) database = record_open_database (folder, TRUE, error);
  EventReader reader = { event, user_data };

  return database != NULL
         && database_select (database, "SELECT * FROM event WHERE n > ? ORDER BY n", after, event_row, &reader, error);
}

/* ---- where it is --------------------------------------------------------- */

typedef struct {
  GPtrArray  *steps;              /* ids */
  GHashTable *seen;               /* set of ids, those too, and of steps that have ended */
  gboolean    complete;           /* the beginning of the session was passed */
  gint64      last_us;
} Where;

static void
add_where (Where *where, const char *step)
{
  char *id = g_strdup (step);

  g_ptr_array_add (where->steps, id);
  g_hash_table_add (where->seen, g_strdup (id));
}

static void
failed_row (sqlite3_stmt *row, gpointer user_data)
{
  Where *where = user_data;
  const char *step = (const char *) sqlite3_column_text (row, 1);

  if (!g_hash_table_contains (where->seen, step))
    add_where (where, step);
}

static gboolean
is_event (const char *json, const char *kind)
{
  g_autofree char *begin = g_strdup_printf ("{\"event\":\"%s\"", kind);

  return g_str_has_prefix (json, begin);
}

static gint64
time_of_event (const char *json)
{
  g_autoptr (Event) event = event_from_json (json, NULL);

  return event != NULL ? event->time_us : 0;
}

/* From the last event backwards. */
static void
latest_row (sqlite3_stmt *row, gpointer user_data)
{
  Where *where = user_data;
  const char *step = (const char *) sqlite3_column_text (row, 1), *json = (const char *) sqlite3_column_text (row, 3);

  if (where->complete)
    return;
  if (where->last_us == 0)
    where->last_us = time_of_event (json);
  where->complete = is_event (json, "run_start");
  if (step == NULL || g_hash_table_contains (where->seen, step))
    return;
  if (is_event (json, "step_end"))
    g_hash_table_add (where->seen, g_strdup (step));
  else
    add_where (where, step);
}

/* Of what runs there has been an event lately: not all are looked through. */
#define FAILED_SQL "SELECT session, step, state, attempts, duration_ms, reason, time_us, sum FROM state" \
                   " WHERE session = ? AND state IN ('failed', 'unknown', 'stopped') ORDER BY n"
#define LATEST_SQL "SELECT * FROM event WHERE n > ? ORDER BY n DESC LIMIT 1000"

GPtrArray *
history_where (const char *folder, const History *history, gint64 *last_us, GError **error)
{
  g_autoptr (Database) database = record_open_database (folder, TRUE, error);
  g_autoptr (GPtrArray) steps = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Where where = { steps, seen, FALSE, 0 };
  gboolean ended = history_last (history)->result != NULL;

  if (database == NULL || !database_select (database, ended ? FAILED_SQL : LATEST_SQL, ended ? history->sessions->len : 0,
                                            ended ? failed_row : latest_row, &where, error))
    return NULL;
  *last_us = where.last_us;
  return g_steal_pointer (&steps);
}

/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "store/record.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"
#include "store/database.h"
#include "store/tally.h"

struct _Record {
  Clock    *clock;
  Database *database;
  int       tally;                /* descriptor */
  gint64    session;              /* ours, from 1 */
  gint64    steps;                /* added in it */
  gint64    events, commands, states;   /* in all, those of earlier sessions too */
};

/* .sum: see database.h. */
static const char schema[] =
  "CREATE TABLE run (id TEXT, recipe TEXT, file TEXT, dir TEXT, lock TEXT, uid INTEGER, host TEXT, sum INTEGER);"
  "CREATE TABLE session (n INTEGER PRIMARY KEY, command TEXT, version TEXT, pid INTEGER, time_us INTEGER, sum INTEGER);"
  "CREATE TABLE session_end (n INTEGER PRIMARY KEY, result TEXT, exit_code INTEGER, time_us INTEGER, sum INTEGER);"
  "CREATE TABLE source (session INTEGER, file TEXT, text TEXT, sum INTEGER);"
  "CREATE TABLE var (session INTEGER, name TEXT, value TEXT, origin TEXT, sum INTEGER);"
  "CREATE TABLE plugin (session INTEGER, name TEXT, version TEXT, file TEXT, sum INTEGER);"
  "CREATE TABLE tool (session INTEGER, name TEXT, path TEXT, version TEXT, sum INTEGER);"
  "CREATE TABLE step (session INTEGER, seq INTEGER, id TEXT, uses TEXT, definition TEXT, sum INTEGER, PRIMARY KEY (session, seq))"
  "  WITHOUT ROWID;"
  "CREATE TABLE state (n INTEGER PRIMARY KEY, session INTEGER, step TEXT, state TEXT, attempts INTEGER, duration_ms INTEGER,"
  "  reason TEXT, time_us INTEGER, sum INTEGER);"
  "CREATE TABLE output (n INTEGER PRIMARY KEY, step TEXT, name TEXT, value TEXT, sum INTEGER);"
  "CREATE TABLE event (n INTEGER PRIMARY KEY, step TEXT, command INTEGER, json TEXT, sum INTEGER);"
  "PRAGMA user_version = " G_STRINGIFY (RECORD_SCHEMA) ";";

/* ---- opening ------------------------------------------------------------- */

/* SQLite gives its other files the mode of this one: ours, and nobody else's,
 * whatever the umask. */
static gboolean
make_file (const char *path, GError **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  gboolean ok = fd >= 0 && fchmod (fd, 0600) == 0;

  if (!ok)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD, "the record \"%s\": %s", path, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return ok;
}

/* So that the file is found after a power cut. */
static gboolean
sync_folder (const char *folder, GError **error)
{
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean ok = fd >= 0 && fsync (fd) == 0;

  if (!ok)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD, "the run's folder \"%s\": %s", folder, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return ok;
}

static Record *
record_new (void)
{
  Record *record = g_new0 (Record, 1);

  record->tally = -1;
  return record;
}

void
record_set_clock (Record *record, Clock *clock)
{
  record->clock = clock;
}

Record *
record_create (const char *folder, const RecordHead *head, GError **error)
{
  g_autofree char *path = g_build_filename (folder, RECORD_FILE, NULL);
  g_autofree char *parent = g_path_get_dirname (folder);
  g_autoptr (Record) record = record_new ();

  if (!make_file (path, error) || (record->database = database_open (path, FALSE, error)) == NULL)
    return NULL;
  /* In one transaction with what comes first: a record has all of that, or
   * nothing (schema 0). */
  if ((record->tally = tally_open (folder, error)) < 0 || !sync_folder (folder, error) || !sync_folder (parent, error)
      || !database_begin (record->database, error) || !database_execute (record->database, schema, error))
    return NULL;
  if (!database_insert (record->database, "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?)", "sssssis", head->id, head->recipe,
                        head->file, head->dir, head->lock, (gint64) getuid (), g_get_host_name ()))
    {
      g_propagate_error (error, g_error_copy (record_failure (record)));
      return NULL;
    }
  return g_steal_pointer (&record);
}

/* Of a schema that was, each with what makes the next one of it. */
static const char *const upgrades[RECORD_SCHEMA] = { NULL };

/* Galley was killed before anything was on record, and so before anything was
 * done: what has been done has left output. */
static gboolean
check_begun (const char *folder, GError **error)
{
  g_autofree char *output = g_build_filename (folder, "output", NULL), *id = g_path_get_basename (folder);
  g_autoptr (GDir) dir = g_dir_open (output, 0, NULL);
  gint64 tally;

  if (!tally_read (folder, &tally, NULL) || tally > 0 || (dir != NULL && g_dir_read_name (dir) != NULL))
    return TRUE;
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION,
               "run %s was ended before its first step began: there is nothing to resume", id);
  return FALSE;
}

static gboolean
check_schema (Database *database, const char *folder, const char *path, gint64 *version, GError **error)
{
  if (!database_get_int (database, "PRAGMA user_version", version, error))
    return FALSE;
  if (*version > 0 && *version <= RECORD_SCHEMA)
    return TRUE;
  if (*version == 0 && !check_begun (folder, error))
    return FALSE;
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD,
               *version > 0 ? "the record \"%s\" is of a newer galley (schema %d)"
                            : "the record \"%s\" is not complete (schema %d)", path, (int) *version);
  return FALSE;
}

/* Who only wants to read an old one has it brought up to date too. */
Database *
record_open_database (const char *folder, gboolean read_only, GError **error)
{
  g_autofree char *path = g_build_filename (folder, RECORD_FILE, NULL);
  g_autoptr (Database) database = NULL;
  gint64 version;

  if (access (path, F_OK) < 0 && errno == ENOENT && access (folder, F_OK) == 0 && !check_begun (folder, error))
    return NULL;
  database = database_open (path, read_only, error);
  if (database == NULL || !check_schema (database, folder, path, &version, error))
    return NULL;
  if (version < RECORD_SCHEMA && read_only)
    {
      g_clear_pointer (&database, database_close);
      database = database_open (path, FALSE, error);
    }
  if (database == NULL || (version < RECORD_SCHEMA && !database_upgrade (database, version, upgrades, error)))
    return NULL;
  return g_steal_pointer (&database);
}

/* They are numbered from 1, and none is ever removed. */
static gboolean
check_numbers (Database *database, const char *last_sql, const char *count_sql, gint64 at_least, const char *what, const char *path,
               GError **error)
{
  gint64 last, count;

  if (!database_get_int (database, last_sql, &last, error) || !database_get_int (database, count_sql, &count, error))
    return FALSE;
  last = MAX (last, at_least);
  if (count == last)
    return TRUE;
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD,
               "the record \"%s\" is damaged: %" G_GINT64_FORMAT " of its %" G_GINT64_FORMAT " %s are lost", path, last - count, last,
               what);
  return FALSE;
}

gboolean
record_check_entries (Database *database, const char *folder, gint64 tally, GError **error)
{
  g_autofree char *path = g_build_filename (folder, RECORD_FILE, NULL);

  return check_numbers (database, "SELECT coalesce(max(n), 0) FROM session", "SELECT count(*) FROM session", 0, "sessions", path,
                        error)
         && check_numbers (database, "SELECT coalesce(max(n), 0) FROM state", "SELECT count(*) FROM state", tally, "entries", path,
                           error);
}

/* A command's output may be there although galley was killed before the
 * command was on record: no number is given twice. */
static gint64
highest_output (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "output", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  gint64 highest = 0;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    highest = MAX (highest, g_ascii_strtoll (name, NULL, 10));
  return highest;
}

Record *
record_open (const char *folder, GError **error)
{
  g_autoptr (Record) record = record_new ();
  gint64 tally;

  if (!tally_read (folder, &tally, error) || (record->database = record_open_database (folder, FALSE, error)) == NULL
      || !database_check (record->database, error) || !record_check_entries (record->database, folder, tally, error)
      || !database_get_int (record->database, "SELECT coalesce(max(n), 0) FROM session", &record->session, error)
      || !database_get_int (record->database, "SELECT coalesce(max(n), 0) FROM event", &record->events, error)
      || !database_get_int (record->database, "SELECT coalesce(max(command), 0) FROM event", &record->commands, error)
      || !database_get_int (record->database, "SELECT count(*) FROM state", &record->states, error)
      || (record->tally = tally_open (folder, error)) < 0)
    return NULL;
  record->commands = MAX (record->commands, highest_output (folder));
  return g_steal_pointer (&record);
}

void
record_free (Record *record)
{
  g_clear_pointer (&record->database, database_close);
  if (record->tally >= 0)
    close (record->tally);
  g_free (record);
}

/* ---- writing ------------------------------------------------------------- */

void
record_begin_session (Record *record, const char *command)
{
  record->session++;
  record->steps = 0;
  database_insert (record->database, "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", "issii", record->session, command,
                   PACKAGE_VERSION, (gint64) getpid (), clock_wall (record->clock));
}

void
record_end_session (Record *record, const char *result, int exit_code)
{
  database_insert (record->database, "INSERT INTO session_end VALUES (?, ?, ?, ?, ?)", "isii", record->session, result,
                   (gint64) exit_code, clock_wall (record->clock));
}

void
record_add_source (Record *record, const char *file, const char *text)
{
  database_insert (record->database, "INSERT INTO source VALUES (?, ?, ?, ?)", "iss", record->session, file, text);
}

void
record_add_var (Record *record, const char *name, const char *value, const char *origin)
{
  database_insert (record->database, "INSERT INTO var VALUES (?, ?, ?, ?, ?)", "isss", record->session, name, value, origin);
}

void
record_add_plugin (Record *record, const char *name, const char *version, const char *file)
{
  database_insert (record->database, "INSERT INTO plugin VALUES (?, ?, ?, ?, ?)", "isss", record->session, name, version, file);
}

void
record_add_tool (Record *record, const char *name, const char *path, const char *version)
{
  database_insert (record->database, "INSERT INTO tool VALUES (?, ?, ?, ?, ?)", "isss", record->session, name, path, version);
}

void
record_add_step (Record *record, const char *step, const char *uses, const char *definition)
{
  database_insert (record->database, "INSERT INTO step VALUES (?, ?, ?, ?, ?, ?)", "iisss", record->session, ++record->steps,
                   step, uses, definition);
}

static void
add_state (Record *record, const char *step, const char *state, guint attempts, gint64 duration_ms, const char *reason,
           gint64 time_us)
{
  record->states++;
  database_insert (record->database,
                   "INSERT INTO state (session, step, state, attempts, duration_ms, reason, time_us, sum)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                   "issiisi", record->session, step, state, (gint64) attempts, duration_ms, reason, time_us);
}

void
record_intent (Record *record, const char *step, guint attempt)
{
  add_state (record, step, "running", attempt, 0, NULL, clock_wall (record->clock));
}

void
record_remains (Record *record, const char *step, gint64 since_us)
{
  add_state (record, step, "remains", 0, 0, NULL, since_us);
}

void
record_result (Record *record, const char *step, const char *result, guint attempts, gint64 duration_ms, const char *reason)
{
  add_state (record, step, result, attempts, duration_ms, reason, clock_wall (record->clock));
}

void
record_output (Record *record, const char *step, const char *name, const char *value)
{
  database_insert (record->database, "INSERT INTO output (step, name, value, sum) VALUES (?, ?, ?, ?)", "sss", step, name, value);
}

void
record_event (Record *record, const char *step, guint command, const char *event)
{
  database_insert (record->database, "INSERT INTO event VALUES (?, ?, ?, ?, ?)", "isis", ++record->events, step,
                   (gint64) command, event);
}

guint
record_commands (const Record *record)
{
  return (guint) record->commands;
}

gboolean
record_is_dirty (const Record *record)
{
  return database_is_dirty (record->database);
}

gboolean
record_commit (Record *record)
{
  gboolean dirty = database_is_dirty (record->database);

  if (!database_commit (record->database))
    return FALSE;
  return !dirty || tally_write (record->tally, record->states) || database_give_up (record->database, g_strerror (errno));
}

const GError *
record_failure (const Record *record)
{
  return database_failure (record->database);
}

/* SPDX-License-Identifier: MIT */
#include "store/database.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"
#include "proc/reason.h"

/* For who reads while another galley writes. */
#define BUSY_MS 5000
/* As SQLite has it by itself, with pages of 4096 bytes. */
#define CHECKPOINT_PAGES 1000
#define FRAME_BYTES      (24 + 4096)
#define GROWTH           (256 * 1024)
#define GROWTH_PIECE     (64 * 1024)     /* SQLite writes less than 128 KiB at once */

struct _Database {
  sqlite3    *db;
  char       *path;
  struct stat info;               /* of the file, as it was opened */
  gboolean    in_transaction;
  GHashTable *statements;         /* SQL, by address -> sqlite3_stmt */
  GError     *failure;
};

static gboolean
fail (Database *database, GError **error)
{
  int number = sqlite3_system_errno (database->db);
  g_autofree char *reason = number != 0 ? reason_of_errno (number) : NULL;

  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD, "the record \"%s\": %s%s%s%s", database->path,
               sqlite3_errmsg (database->db), reason != NULL ? " (" : "", reason != NULL ? reason : "", reason != NULL ? ")" : "");
  return FALSE;
}

/* ---- sums ---------------------------------------------------------------- */

/* FNV-1a, 64 bits: against bits that turned, not against people. */
static guint64
sum_bytes (guint64 sum, const void *data, gsize len)
{
  const guint8 *bytes = data;

  for (gsize i = 0; i < len; i++)
    sum = (sum ^ bytes[i]) * G_GUINT64_CONSTANT (0x100000001b3);
  return sum;
}

#define SUM_OF_NOTHING G_GUINT64_CONSTANT (0xcbf29ce484222325)

static guint64
sum_text (guint64 sum, const char *text)
{
  return text == NULL ? sum_bytes (sum, "n", 1) : sum_bytes (sum_bytes (sum, "s", 1), text, strlen (text) + 1);
}

static guint64
sum_int (guint64 sum, gint64 number)
{
  return sum_bytes (sum_bytes (sum, "i", 1), &number, sizeof number);
}

static guint64
sum_of_row (sqlite3_stmt *row, int columns)
{
  guint64 sum = SUM_OF_NOTHING;

  for (int i = 0; i < columns; i++)
    if (sqlite3_column_type (row, i) == SQLITE_INTEGER)
      sum = sum_int (sum, sqlite3_column_int64 (row, i));
    else
      sum = sum_text (sum, (const char *) sqlite3_column_text (row, i));
  return sum;
}

/* ---- opening ------------------------------------------------------------- */

/* What somebody may have put there instead would hang us or lead elsewhere. */
static gboolean
check_file (const char *path, struct stat *info, GError **error)
{
  const char *problem = NULL;

  if (lstat (path, info) < 0)
    problem = g_strerror (errno);
  else if (!S_ISREG (info->st_mode))
    problem = "it is not a regular file";
  else if (info->st_uid != geteuid ())
    problem = "it belongs to somebody else";
  else if (info->st_nlink != 1)
    problem = "it has a second name (a hard link)";
  if (problem != NULL)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD, "the record \"%s\": %s", path, problem);
  return problem == NULL;
}

/* Without one the record is all in its one file: SQLite would leave files
 * behind that it may not remove again if it may only read. */
static gboolean
has_wal (const char *path)
{
  g_autofree char *wal = g_strconcat (path, "-wal", NULL);
  struct stat info;

  return lstat (wal, &info) == 0 && info.st_size > 0;
}

/* ---- the log --------------------------------------------------------------- */

/* With zeros, which SQLite takes for its end, it is made longer before it is
 * full: a sync that has to find room on the disk, too, takes twice as long.
 * An error is none: who writes there meets it again. */
static void
lengthen_log (sqlite3 *db, sqlite3_int64 used)
{
  g_autofree char *zeros = NULL;
  sqlite3_file *log = NULL;
  sqlite3_int64 size, wanted;

  if (sqlite3_file_control (db, NULL, SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK || log == NULL || log->pMethods == NULL
      || log->pMethods->xFileSize (log, &size) != SQLITE_OK || used + GROWTH / 2 <= size)
    return;
  zeros = g_malloc0 (GROWTH_PIECE);
  for (wanted = size + GROWTH; size < wanted; size += GROWTH_PIECE)
    if (log->pMethods->xWrite (log, zeros, GROWTH_PIECE, size) != SQLITE_OK)
      return;
}

/* In place of SQLite's own, which only makes checkpoints. */
static int
on_logged (gpointer data, sqlite3 *db, const char *name, int pages)
{
  if (pages >= CHECKPOINT_PAGES)
    sqlite3_wal_checkpoint_v2 (db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  else
    lengthen_log (db, (sqlite3_int64) pages * FRAME_BYTES);
  return SQLITE_OK;
}

/* ---- opening and closing ---------------------------------------------------- */

static void
finalize (gpointer statement)
{
  sqlite3_finalize (statement);
}

Database *
database_open (const char *path, gboolean read_only, GError **error)
{
  g_autoptr (Database) database = g_new0 (Database, 1);
  int flags = read_only && has_wal (path) ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;

  database->path = g_strdup (path);
  database->statements = g_hash_table_new_full (NULL, NULL, NULL, finalize);
  if (!check_file (path, &database->info, error))
    return NULL;
  if (sqlite3_open_v2 (path, &database->db, flags, NULL) != SQLITE_OK)
    {
      fail (database, error);
      return NULL;
    }
  sqlite3_busy_timeout (database->db, BUSY_MS);
  if (!database_execute (database, read_only ? "PRAGMA query_only = 1" : "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", error))
    return NULL;
  if (!read_only)
    sqlite3_wal_hook (database->db, on_logged, NULL);
  return g_steal_pointer (&database);
}

void
database_close (Database *database)
{
  g_hash_table_unref (database->statements);
  sqlite3_close (database->db);
  g_clear_error (&database->failure);
  g_free (database->path);
  g_free (database);
}

gboolean
database_execute (Database *database, const char *sql, GError **error)
{
  return sqlite3_exec (database->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail (database, error);
}

/* The first value of the first row of SQL; NULL: *ERROR. */
static char *
ask (Database *database, const char *sql, GError **error)
{
  sqlite3_stmt *statement = NULL;
  char *answer = NULL;

  if (sqlite3_prepare_v2 (database->db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step (statement) == SQLITE_ROW)
    answer = database_text (statement, 0);
  else
    fail (database, error);
  sqlite3_finalize (statement);
  return answer;
}

gboolean
database_check (Database *database, GError **error)
{
  g_autofree char *answer = ask (database, "PRAGMA quick_check(1)", error);

  if (answer == NULL)
    return FALSE;
  if (strcmp (answer, "ok") == 0)
    return TRUE;
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD, "the record \"%s\" is damaged: %s", database->path, answer);
  return FALSE;
}

gboolean
database_get_int (Database *database, const char *sql, gint64 *number, GError **error)
{
  g_autofree char *answer = ask (database, sql, error);

  *number = answer != NULL ? g_ascii_strtoll (answer, NULL, 10) : 0;
  return answer != NULL;
}

gboolean
database_upgrade (Database *database, gint64 version, const char *const *upgrades, GError **error)
{
  g_autoptr (GString) sql = g_string_new ("BEGIN IMMEDIATE;");

  for (gint64 i = 1; *upgrades != NULL; i++, upgrades++)
    if (i >= version)
      g_string_append_printf (sql, "%s; PRAGMA user_version = %d;", *upgrades, (int) i + 1);
  g_string_append (sql, "COMMIT");
  if (database_execute (database, sql->str, error))
    return TRUE;
  database_execute (database, "ROLLBACK", NULL);
  return FALSE;
}

/* ---- writing ------------------------------------------------------------- */

static sqlite3_stmt *
prepare (Database *database, const char *sql, GError **error)
{
  sqlite3_stmt *statement = g_hash_table_lookup (database->statements, sql);

  if (statement != NULL)
    return statement;
  if (sqlite3_prepare_v3 (database->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
    {
      fail (database, error);
      return NULL;
    }
  g_hash_table_insert (database->statements, (gpointer) sql, statement);
  return statement;
}

/* FALSE: memory. */
static gboolean
bind_values (sqlite3_stmt *statement, const char *types, va_list ap)
{
  guint64 sum = SUM_OF_NOTHING;
  int rc = SQLITE_OK, column = 1;

  for (; *types != '\0' && rc == SQLITE_OK; types++, column++)
    if (*types == 's')
      {
        const char *text = va_arg (ap, const char *);

        sum = sum_text (sum, text);
        rc = sqlite3_bind_text (statement, column, text, -1, SQLITE_STATIC);
      }
    else
      {
        gint64 number = va_arg (ap, gint64);

        sum = sum_int (sum, number);
        rc = sqlite3_bind_int64 (statement, column, number);
      }
  return rc == SQLITE_OK && sqlite3_bind_int64 (statement, column, (gint64) sum) == SQLITE_OK;
}

/* SQL, a literal, that is done again and again. */
static gboolean
do_again (Database *database, const char *sql, GError **error)
{
  sqlite3_stmt *statement = prepare (database, sql, error);
  gboolean ok = statement != NULL && (sqlite3_step (statement) == SQLITE_DONE || fail (database, error));

  sqlite3_reset (statement);      /* NULL: nothing */
  return ok;
}

gboolean
database_begin (Database *database, GError **error)
{
  if (!database->in_transaction)
    database->in_transaction = do_again (database, "BEGIN IMMEDIATE", error);
  return database->in_transaction;
}

static gboolean
begin (Database *database)
{
  return database->failure == NULL && database_begin (database, &database->failure);
}

gboolean
database_insert (Database *database, const char *sql, const char *types, ...)
{
  sqlite3_stmt *statement = begin (database) ? prepare (database, sql, &database->failure) : NULL;
  gboolean ok;
  va_list ap;

  if (statement == NULL)
    return FALSE;
  va_start (ap, types);
  ok = bind_values (statement, types, ap);
  va_end (ap);
  ok = ok && sqlite3_step (statement) == SQLITE_DONE;
  if (!ok)
    fail (database, &database->failure);
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  return ok;
}

gboolean
database_is_dirty (const Database *database)
{
  return database->in_transaction;
}

gboolean
database_give_up (Database *database, const char *problem)
{
  if (database->failure == NULL)
    g_set_error (&database->failure, GALLEY_ERROR, GALLEY_ERROR_RECORD, "the record \"%s\": %s", database->path, problem);
  return FALSE;
}

/* What is written to a file that is no longer there is lost. */
static gboolean
check_in_place (Database *database)
{
  struct stat info;

  if (lstat (database->path, &info) < 0)
    return database_give_up (database, g_strerror (errno));
  if (info.st_dev != database->info.st_dev || info.st_ino != database->info.st_ino)
    return database_give_up (database, "it was replaced while it was being written");
  return TRUE;
}

gboolean
database_commit (Database *database)
{
  if (database->failure != NULL)
    return FALSE;
  if (!database->in_transaction)
    return TRUE;
  if (!do_again (database, "COMMIT", &database->failure) || !check_in_place (database))
    return FALSE;
  database->in_transaction = FALSE;
  return TRUE;
}

const GError *
database_failure (const Database *database)
{
  return database->failure;
}

/* ---- reading ------------------------------------------------------------- */

char *
database_text (sqlite3_stmt *row, int column)
{
  return g_strdup ((const char *) sqlite3_column_text (row, column));
}

static gboolean
is_whole (Database *database, sqlite3_stmt *row, GError **error)
{
  int sum_column = sqlite3_column_count (row) - 1;

  if (sum_of_row (row, sum_column) == (guint64) sqlite3_column_int64 (row, sum_column))
    return TRUE;
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD, "the record \"%s\" is damaged: a row of it is not as it was written",
               database->path);
  return FALSE;
}

gboolean
database_select (Database *database, const char *sql, gint64 after, DatabaseRow row, gpointer user_data, GError **error)
{
  sqlite3_stmt *statement = prepare (database, sql, error);
  gboolean ok = statement != NULL;
  int rc = SQLITE_DONE;

  if (ok && sqlite3_bind_parameter_count (statement) > 0)
    sqlite3_bind_int64 (statement, 1, after);
  while (ok && (rc = sqlite3_step (statement)) == SQLITE_ROW)
    if ((ok = is_whole (database, statement, error)))
      row (statement, user_data);
  if (ok && rc != SQLITE_DONE)
    ok = fail (database, error);
  sqlite3_reset (statement);      /* NULL: nothing */
  return ok;
}

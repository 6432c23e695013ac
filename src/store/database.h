/* SQLite as the record needs it: one file, WAL with full sync, every row with
 * a sum over its values so that a damaged one is seen, and an end to all
 * writing at the first error: what the disk refused once is not tried again.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <sqlite3.h>

#include <glib.h>

typedef struct _Database Database;

/* PATH must be there already, a file of the user's own and nothing else.
 * READ_ONLY: nothing is changed, and no file is left beside it that was not
 * there.  All errors of this page: GALLEY_ERROR_RECORD. */
Database *database_open  (const char *path, gboolean read_only, GError **error);
void      database_close (Database *database);           /* what is not committed is lost */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Database, database_close)

/* Begins a transaction unless one is open. */
gboolean  database_begin   (Database *database, GError **error);
/* SQL of any kind, without values. */
gboolean  database_execute (Database *database, const char *sql, GError **error);
/* Brings what is of VERSION, from 1, up to date in one transaction: UPGRADES[i]
 * is the SQL that makes version i + 2 of version i + 1; NULL ends them. */
gboolean  database_upgrade (Database *database, gint64 version, const char *const *upgrades, GError **error);
/* Looks through the whole file. */
gboolean  database_check   (Database *database, GError **error);
/* The one number that SQL gives. */
gboolean  database_get_int (Database *database, const char *sql, gint64 *number, GError **error);

/* An INSERT with one "?" for each value and one more, the last, for the sum.
 * TYPES: a letter for each value, s: const char * (or NULL), i: gint64.  SQL
 * must be a literal: statements are kept by its address.  Begins a
 * transaction unless one is open; FALSE: database_failure says why. */
gboolean  database_insert (Database *database, const char *sql, const char *types, ...);
/* TRUE: there is something to be committed. */
gboolean  database_is_dirty (const Database *database);
/* Makes durable what was inserted.  FALSE after any failure, this one or an
 * earlier one. */
gboolean  database_commit (Database *database);
/* Nothing is written any more: PROBLEM is the failure, unless there was one
 * before.  FALSE, always. */
gboolean  database_give_up (Database *database, const char *problem);
/* The first failure to write; NULL: none.  Borrowed. */
const GError *database_failure (const Database *database);

/* A SELECT whose last column is the sum of those before it; a "?" in it is
 * AFTER. */
typedef void (*DatabaseRow) (sqlite3_stmt *row, gpointer user_data);
gboolean  database_select (Database *database, const char *sql, gint64 after, DatabaseRow row, gpointer user_data, GError **error);
/* A copy of a column's text; NULL where it is NULL. */
char     *database_text (sqlite3_stmt *row, int column);

/* The durable record of a run: one SQLite file in the run's folder.  What is
 * promised: a step whose apply may have started its tool is known to have;
 * what is said to have ended has.  Nothing of it is ever changed, only added
 * to: the last row of a step is its state.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/clock.h"

#define RECORD_SCHEMA 1
#define RECORD_FILE   "record.db"

typedef struct _Record   Record;
typedef struct _Database Database;

typedef struct {                  /* what a run is a run of */
  const char *id, *recipe, *file, *dir, *lock;   /* FILE: absolute; LOCK: its name */
} RecordHead;

/* FOLDER is there and private; the file must not be.  All errors of this
 * page: GALLEY_ERROR_RECORD.  What follows is not durable before
 * record_commit; after the first failure nothing is written any more. */
Record *record_create (const char *folder, const RecordHead *head, GError **error);
/* To go on with: looked through for damage; a newer schema than ours is an
 * error, an older one is brought up to date.  GALLEY_ERROR_PRECONDITION, also
 * from record_open_database: nothing is on record, and nothing was done. */
Record *record_open   (const char *folder, GError **error);
void    record_free   (Record *record);
/* Borrowed; from which its rows have their times. */
void    record_set_clock (Record *record, Clock *clock);
/* To read it: see history.h.  TALLY: see tally.h. */
Database *record_open_database (const char *folder, gboolean read_only, GError **error);
gboolean  record_check_entries (Database *database, const char *folder, gint64 tally, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Record, record_free)

/* A galley begins to work on the run: COMMAND is "run" or "resume", with
 * HISTORY_PLAYED after it when what it works on is a recording. */
void record_begin_session (Record *record, const char *command);
void record_add_source (Record *record, const char *file, const char *text);
/* VALUE: JSON; NULL: a secret, or not given. */
void record_add_var    (Record *record, const char *name, const char *value, const char *origin);
void record_add_plugin (Record *record, const char *name, const char *version, const char *file);
void record_add_tool   (Record *record, const char *name, const char *path, const char *version);
/* In the order of the recipe; all of them, at the beginning of each session. */
void record_add_step   (Record *record, const char *step, const char *uses, const char *definition);
/* An apply of STEP is about to start its first tool. */
void record_intent     (Record *record, const char *step, guint attempt);
/* Attempts of STEP that began at SINCE_US (wall clock) were cut off, and what
 * they left may still be there although STEP now ends. */
void record_remains    (Record *record, const char *step, gint64 since_us);
/* VALUE: JSON; NULL: it is secret. */
void record_output     (Record *record, const char *step, const char *name, const char *value);
/* STEP has ended, RESULT being its state's name. */
void record_result     (Record *record, const char *step, const char *result, guint attempts, gint64 duration_ms, const char *reason);
/* EVENT as JSON, for galley log; COMMAND: its number, or 0. */
void record_event      (Record *record, const char *step, guint command, const char *event);
void record_end_session (Record *record, const char *result, int exit_code);

/* The highest number that a command of the run has had. */
guint    record_commands (const Record *record);
gboolean record_is_dirty (const Record *record);
gboolean record_commit   (Record *record);
/* The first failure; NULL: none.  Borrowed. */
const GError *record_failure (const Record *record);

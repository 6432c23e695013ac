/* The runs there are: their folders, which of them is under way, and which
 * are too old to be kept.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#define RUNS_KEPT      100        /* at most; the newest always */
#define RUNS_KEPT_DAYS 90

/* $XDG_STATE_HOME/galley, or ~/.local/state/galley. */
char *runs_state_folder (void);
/* Makes it, with all that is in it for us alone.  FALSE: it cannot be, or
 * others could write there.  All errors of this page: GALLEY_ERROR_RECORD. */
gboolean runs_make_state_folder (GError **error);
/* What to be warned of: a file system whose locks and syncs may not hold what
 * they promise.  NULL: nothing. */
char *runs_doubt (void);
char *runs_folder (const char *id);
/* Ids, oldest first; none: an empty array. */
GPtrArray *runs_list (void);
/* The id that NAME begins, the newest for NULL.  NULL: *ERROR
 * (GALLEY_ERROR_USAGE) says that there is none, or more than one. */
char *runs_find (const char *name, GError **error);

/* The run in FOLDER is under way as long as the descriptor is open; -1:
 * *ERROR, or another galley is at it (GALLEY_ERROR_PRECONDITION). */
int      run_begin (const char *folder, GError **error);
gboolean run_is_under_way (const char *folder);
/* Its private files; nothing that is not there is an error. */
void     run_remove_private (const char *folder);
/* What a galley that was killed has left there. */
void     run_empty_private  (const char *folder);

/* Remove what was too old at NOW_US (of the wall clock), never CURRENT nor what
 * is under way; and the private files of runs that were killed. */
void     runs_prune (const char *current, gint64 now_us);

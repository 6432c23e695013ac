/* What a record says, read back: for resume, runs and log.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct {
  char       *id, *uses, *definition;   /* of the last session */
  char       *state, *reason;     /* as last written: "running", "held", ...; NULL: never begun */
  guint       attempts;
  gint64      duration_ms, time_us;     /* of that state; wall clock */
  gint64      ran_in;             /* the last session in which an apply of it began; 0: none */
  gint64      cut_off_us;         /* when the attempts began of which the last was cut off; 0: none was */
  gint64      remains_us;         /* the same of an earlier session, or of an attempt after which the step failed: what
                                   * it left may still be there; 0: none */
  gint64      session;            /* that .state is of */
  GHashTable *outputs;            /* name -> JSON text; NULL: a secret */
} HistoryStep;

typedef struct {
  char    *command, *version, *result;  /* .result NULL: cut off, or still at it */
  gint64   pid, began_us, ended_us;     /* ended_us: of one cut off, before another, the last that is known of it */
  int      exit_code;
} HistorySession;

typedef struct {
  char    *name, *value, *origin; /* of a tool: name, path, version; of a var: .value NULL: a secret */
} HistoryFact;

typedef struct {
  char       *id, *recipe, *file, *dir, *lock, *host;
  gint64      uid;
  GPtrArray  *sessions;           /* of HistorySession* */
  GPtrArray  *steps;              /* of HistoryStep*, in the order of the recipe */
  GPtrArray  *vars, *tools, *plugins;   /* of HistoryFact*, of the last session */
  GHashTable *by_id;              /* id -> HistoryStep, also of steps that are no more */
} History;

/* Of the run in FOLDER, which another galley may be writing.  Errors:
 * GALLEY_ERROR_RECORD; GALLEY_ERROR_PRECONDITION: it was ended before anything
 * of it was done. */
History *history_read (const char *folder, GError **error);
/* The same without steps, vars, tools and plugins: quick, however many there
 * are. */
History *history_read_sessions (const char *folder, GError **error);
void     history_free (History *history);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (History, history_free)

/* What a session's .command ends in when its answers came from a recording:
 * nothing was done. */
#define HISTORY_PLAYED " --replay"
gboolean history_is_played (const History *history);

/* The first and the last session. */
const HistorySession *history_first (const History *history);
const HistorySession *history_last  (const History *history);

/* The events after number AFTER, as JSON, in order: EVENT is called for each
 * with its number, step (NULL: of the run) and command (0: none). */
typedef void (*HistoryEvent) (gint64 number, const char *step, guint command, const char *json, gpointer user_data);
gboolean history_events (const char *folder, gint64 after, HistoryEvent event, gpointer user_data, GError **error);

/* The ids of the steps at which the last session of HISTORY failed or was
 * stopped; while it has no end, of those it is at, the latest first.
 * *LAST_US: the time of its last event, or 0. */
GPtrArray *history_where (const char *folder, const History *history, gint64 *last_us, GError **error);

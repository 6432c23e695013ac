/* What the terminal shows of an event for good, as text.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "report/event.h"

/* How a summary is to look. */
typedef struct {
  gboolean color;
  guint    id_width;              /* columns of step ids: as many as the longest so far, at most 40 */
} Look;

/* A step that has ended, for the closing table. */
typedef struct {
  char   *id, *result;
  guint   attempts;
  gint64  duration_ms;
} Ended;
void  ended_free (gpointer ended);

/* Harmless, and on one line; LEN -1: NUL-terminated. */
char *summary_one_line (const char *text, gssize len);
/* TEXT in the colour that goes with WORD ("held", "failed", "warning", "dim", ...). */
char *summary_paint (const Look *look, const char *word, const char *text);
/* ID and spaces; widens LOOK. */
char *summary_id (Look *look, const char *id);

/* What to type to go on with the run that began with START: the same program,
 * by the name it was called by. */
char *summary_again (const Event *start);

/* Each appends whole lines. */
void  summary_message   (GString *out, const Look *look, const char *word, const char *step, const char *text);
void  summary_step_end  (GString *out, Look *look, const Event *event);
/* COMMAND_MS: how long the command took that it failed with; -1: not known.
 * AGAIN: what to type to go on. */
void  summary_failure   (GString *out, const Look *look, const Event *event, gint64 command_ms, const char *again);
void  summary_retry     (GString *out, const Look *look, const Event *event);
void  summary_plan_step (GString *out, Look *look, const Event *event);
/* ENDED: of Ended. */
void  summary_table     (GString *out, Look *look, GPtrArray *ended);
/* RECIPE may be NULL. */
void  summary_run_end   (GString *out, const Look *look, const Event *event, const char *recipe, guint not_run);
void  summary_plan_end  (GString *out, const Look *look, const Event *event);

/* Whether how a command ended (Event.how) goes without its duration: it tells
 * of one itself, or never began. */
gboolean summary_how_is_whole (const char *how);

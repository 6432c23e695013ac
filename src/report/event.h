/* What happens in a run, as it happens.  Events are the only way anything
 * is reported: terminal, transcript and JSON lines are renderings of them.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "base/mask.h"

typedef enum {
  EVENT_RUN_START,      /* run recipe file steps version argv(galley's own) */
  EVENT_STEP_START,     /* step uses file line */
  EVENT_ATTEMPT_START,  /* step attempt attempts */
  EVENT_CHECK,          /* step outcome("held","needed","busy","failed") reason */
  EVENT_COMMAND_START,  /* step phase command tool argv cwd env(names and values given by the step) pid
                         * input(what is on its standard input; NULL: nothing) */
  EVENT_OUTPUT,         /* step command stream text eol partial.  From the engine: bytes as they
                         * come.  To sinks: one line, or 16 KiB of it, without its end (.eol) */
  EVENT_COMMAND_END,    /* step command how exit_code signal duration_ms out_bytes err_bytes out_file
                         * err_file(where all of it is) reason */
  EVENT_NOTE,           /* step text: worth knowing */
  EVENT_WARNING,        /* step(may be NULL) text */
  EVENT_PROGRESS,       /* step text: what is being waited for */
  EVENT_RETRY,          /* step attempt attempts class reason delay_ms */
  EVENT_OUTPUT_VALUE,   /* step name text: an output of the step, never a secret one */
  EVENT_STEP_END,       /* step uses file line result attempts duration_ms reason
                         * and of a failed one: class command argv how exit_code telling diagnosis fix */
  EVENT_PLAN_STEP,      /* step uses outcome("held","change","after","unknown","skipped") reason after */
  EVENT_APPROVE,        /* step text: a question; outcome("yes" or "no": the answer; "nobody": is there to
                         * be asked); none: it is put, and waits for an answer */
  EVENT_INTERRUPT,      /* signal text */
  EVENT_RUN_END,        /* run result exit_code duration_ms held changed skipped failed stopped unknown;
                         * of a plan: held would_change not_knowable skipped failed */
  EVENT_LAST
} EventKind;

/* One flat struct: a field that an event does not have is NULL or 0.
 * The table in event.c names each for JSON; the masker walks the same. */
typedef struct {
  EventKind          kind;
  gint64             time_us;        /* wall clock, since 1970; 0: now */
  gint64             elapsed_ms;     /* since the run began */
  const char        *run, *recipe, *file, *version;
  guint              line, steps;
  const char        *step, *uses, *phase;       /* phase: "check" or "apply" */
  guint              attempt, attempts;
  guint              command;        /* from 1, in order of start */
  const char        *tool, *cwd;
  const char *const *argv;
  const char *const *env;            /* "NAME=value" */
  gint64             pid;
  const char        *stream;         /* "stdout" or "stderr" */
  const char        *text;           /* not NUL-terminated when text_len is set */
  gsize              text_len;
  const char        *eol;            /* how the line in .text ended: "\n", "\r\n", "\r" (progress,
                                      * to be written over), or NULL: it goes on, or just ended */
  gboolean           partial;        /* the line so far: will come again, for live display only */
  const char        *input;          /* not NUL-terminated when input_len is set */
  gsize              input_len;
  const char        *how;            /* process_result_describe */
  gboolean           has_exit_code;
  int                exit_code, signal;
  guint64            out_bytes, err_bytes;
  const char        *out_file, *err_file;
  gint64             duration_ms, delay_ms;
  const char        *outcome, *result, *reason, *name, *after;
  const char        *class_name, *telling, *diagnosis, *fix;
  guint              held, changed, skipped, failed, stopped, unknown;
  guint              would_change, not_knowable;   /* of a plan */
} Event;

const char *event_kind_name (EventKind kind);    /* "step_start", ... */
/* {"event":"step_start","time":"2026-...Z","elapsed_ms":12,...}; only what the event has.
 * Text that is not UTF-8: U+FFFD in "text", the bytes in "text_base64" (input: the same).
 * "eol" is left out when it is "\n", and null when the line has no end. */
char       *event_to_json   (const Event *event);
/* What event_to_json wrote, whole or not at all: NULL: *ERROR (GALLEY_ERROR_RECORD)
 * says what it is that no event has.  Of the time, milliseconds are left. */
Event      *event_from_json (const char *json, GError **error);
/* A copy without secrets.  The strings live as long as it. */
Event      *event_copy_masked (const Event *event, Masker *masker);
void        event_free        (Event *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Event, event_free)

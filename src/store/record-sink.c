/* SPDX-License-Identifier: MIT */
#include "store/record-sink.h"

#include <string.h>

typedef struct {
  Sink    sink;
  Record *record;
} RecordSink;

/* Output is in files of its own; progress is for who looks on. */
static gboolean
is_kept (EventKind kind)
{
  return kind != EVENT_OUTPUT && kind != EVENT_PROGRESS;
}

/* A step that a failure or a signal kept from beginning has not ended, and
 * one that has drifted will be done again. */
static gboolean
has_ended (const Event *event)
{
  return event->kind == EVENT_STEP_END && strcmp (event->result, "not run") != 0 && strcmp (event->result, "drifted") != 0;
}

static void
record_sink_event (Sink *sink, const Event *event)
{
  RecordSink *self = (RecordSink *) sink;
  g_autofree char *json = NULL;

  if (!is_kept (event->kind))
    return;
  json = event_to_json (event);
  record_event (self->record, event->step, event->command, json);
  if (has_ended (event))
    record_result (self->record, event->step, event->result, event->attempts, event->duration_ms, event->reason);
  else if (event->kind == EVENT_RUN_END)
    record_end_session (self->record, event->result, event->exit_code);
}

static void
record_sink_free (Sink *sink)
{
  g_free (sink);
}

Sink *
record_sink_new (Record *record)
{
  RecordSink *self = g_new0 (RecordSink, 1);

  self->sink = (Sink) { .event = record_sink_event, .free = record_sink_free };
  self->record = record;
  return &self->sink;
}

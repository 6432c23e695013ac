/* SPDX-License-Identifier: MIT */
#include "report/reporter.h"
#include "report/writer.h"

#include <string.h>

#define DRAIN_MS 5000

typedef struct {
  Sink    sink;
  Writer *writer;
} JsonSink;

static void
json_sink_event (Sink *sink, const Event *event)
{
  JsonSink *self = (JsonSink *) sink;
  g_autofree char *json = NULL;
  g_autofree char *line = NULL;

  if (event->partial)
    return;
  json = event_to_json (event);
  line = g_strconcat (json, "\n", NULL);
  writer_add (self->writer, line, strlen (line));
  if (sink->problem == NULL)
    sink->problem = writer_steal_problem (self->writer);
}

static void
json_sink_tick (Sink *sink)
{
  writer_push (((JsonSink *) sink)->writer);
}

static void
json_sink_flush (Sink *sink)
{
  JsonSink *self = (JsonSink *) sink;

  writer_drain (self->writer, DRAIN_MS);
  if (sink->problem == NULL)
    sink->problem = writer_steal_problem (self->writer);
}

static void
json_sink_free (Sink *sink)
{
  JsonSink *self = (JsonSink *) sink;

  writer_free (self->writer);
  g_free (self);
}

Sink *
json_sink_new (int fd)
{
  JsonSink *self = g_new0 (JsonSink, 1);

  self->sink = (Sink) { json_sink_event, json_sink_tick, json_sink_flush, json_sink_free, NULL };
  self->writer = writer_new (fd, TRUE, "events");
  return &self->sink;
}

/* SPDX-License-Identifier: MIT */
#include "report/reporter.h"
#include "report/transcript.h"
#include "report/writer.h"

#define DRAIN_MS 5000

typedef struct {
  Sink        sink;
  Writer     *writer;
  Transcript *transcript;
} TranscriptSink;

static void
transcript_sink_event (Sink *sink, const Event *event)
{
  TranscriptSink *self = (TranscriptSink *) sink;
  g_autoptr (GString) text = g_string_new (NULL);

  transcript_render (self->transcript, event, text);
  writer_add (self->writer, text->str, text->len);
  if (sink->problem == NULL)
    sink->problem = writer_steal_problem (self->writer);
}

static void
transcript_sink_tick (Sink *sink)
{
  writer_push (((TranscriptSink *) sink)->writer);
}

static void
transcript_sink_flush (Sink *sink)
{
  TranscriptSink *self = (TranscriptSink *) sink;

  writer_drain (self->writer, DRAIN_MS);
  if (sink->problem == NULL)
    sink->problem = writer_steal_problem (self->writer);
}

static void
transcript_sink_free (Sink *sink)
{
  TranscriptSink *self = (TranscriptSink *) sink;

  writer_free (self->writer);
  transcript_free (self->transcript);
  g_free (self);
}

Sink *
transcript_sink_new (int fd)
{
  TranscriptSink *self = g_new0 (TranscriptSink, 1);

  self->sink = (Sink) { transcript_sink_event, transcript_sink_tick, transcript_sink_flush, transcript_sink_free, NULL };
  self->writer = writer_new (fd, TRUE, "the transcript");
  self->transcript = transcript_new (FALSE);
  return &self->sink;
}

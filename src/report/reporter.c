/* SPDX-License-Identifier: MIT */
#include "report/reporter.h"

#include <string.h>

#include "report/output-lines.h"

struct _Reporter {
  Clock      *clock;
  Masker     *masker;
  GPtrArray  *sinks;
  GHashTable *outputs;          /* by output_key: Output */
  gint64      began_us;         /* monotonic */
};

/* A stream of a running command. */
typedef struct {
  Reporter    *reporter;
  OutputLines *lines;
  char        *step;
  guint        command;
  const char  *stream;          /* interned */
} Output;

static void
output_free (gpointer data)
{
  Output *output = data;

  output_lines_free (output->lines);
  g_free (output->step);
  g_free (output);
}

Reporter *
reporter_new (Masker *masker)
{
  Reporter *reporter = g_new0 (Reporter, 1);

  reporter->masker = masker;
  reporter->sinks = g_ptr_array_new ();
  reporter->outputs = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, output_free);
  reporter->began_us = g_get_monotonic_time ();
  return reporter;
}

void
reporter_set_clock (Reporter *reporter, Clock *clock)
{
  reporter->clock = clock;
  reporter->began_us = clock_now (clock);
}

void
reporter_free (Reporter *reporter)
{
  if (reporter == NULL)
    return;
  reporter_flush (reporter);
  for (guint i = 0; i < reporter->sinks->len; i++) {
    Sink *sink = reporter->sinks->pdata[i];

    g_clear_pointer (&sink->problem, g_free);
    sink->free (sink);
  }
  g_ptr_array_unref (reporter->sinks);
  g_hash_table_unref (reporter->outputs);
  g_free (reporter);
}

void
reporter_add_sink (Reporter *reporter, Sink *sink)
{
  g_ptr_array_add (reporter->sinks, sink);
}

/* ---- handing out ------------------------------------------------------------ */

static void
fill_in (Reporter *reporter, Event *event)
{
  if (event->time_us == 0)
    event->time_us = clock_wall (reporter->clock);
  if (event->elapsed_ms == 0)
    event->elapsed_ms = (clock_now (reporter->clock) - reporter->began_us) / 1000;
}

static void
hand_out (Reporter *reporter, const Event *event)
{
  for (guint i = 0; i < reporter->sinks->len; i++) {
    Sink *sink = reporter->sinks->pdata[i];

    sink->event (sink, event);
  }
}

/* A sink with a problem has gone quiet; the others tell of it. */
static void
tell_problems (Reporter *reporter)
{
  for (guint i = 0; i < reporter->sinks->len; i++) {
    Sink *sink = reporter->sinks->pdata[i];
    g_autofree char *problem = g_steal_pointer (&sink->problem);

    if (problem != NULL)
      reporter_emit (reporter, &(Event) { .kind = EVENT_WARNING, .text = problem });
  }
}

static void
mask_and_hand_out (Reporter *reporter, const Event *event)
{
  g_autoptr (Event) masked = event_copy_masked (event, reporter->masker);

  fill_in (reporter, masked);
  hand_out (reporter, masked);
}

/* ---- output of tools --------------------------------------------------------- */

static gpointer
output_key (guint command, const char *stream)
{
  return GUINT_TO_POINTER (command * 2 + (g_strcmp0 (stream, "stderr") == 0));
}

static Output *
get_output (Reporter *reporter, const Event *event)
{
  gpointer key = output_key (event->command, event->stream);
  Output *output = g_hash_table_lookup (reporter->outputs, key);

  if (output != NULL)
    return output;
  output = g_new0 (Output, 1);
  output->reporter = reporter;
  output->lines = output_lines_new (reporter->masker);
  output->step = masker_mask (reporter->masker, event->step != NULL ? event->step : "", -1, NULL);
  output->command = event->command;
  output->stream = g_strcmp0 (event->stream, "stderr") == 0 ? "stderr" : "stdout";
  g_hash_table_insert (reporter->outputs, key, output);
  return output;
}

/* TEXT is masked already. */
static void
emit_line (Output *output, const char *text, gsize len, const char *eol, gboolean partial)
{
  Event event = {
    .kind = EVENT_OUTPUT, .step = output->step, .command = output->command, .stream = output->stream,
    .text = len > 0 ? text : "", .text_len = len, .eol = eol, .partial = partial,
  };

  fill_in (output->reporter, &event);
  hand_out (output->reporter, &event);
}

static void
on_line (const char *text, gsize len, const char *eol, gpointer user_data)
{
  emit_line (user_data, text, len, eol, FALSE);
}

static void
end_output (Reporter *reporter, const Event *end, const char *stream)
{
  gpointer key = output_key (end->command, stream);
  Output *output = g_hash_table_lookup (reporter->outputs, key);
  const char *file = g_str_equal (stream, "stderr") ? end->err_file : end->out_file;
  guint64 left_out;

  if (output == NULL)
    return;
  output_lines_end (output->lines, on_line, output);
  left_out = output_lines_left_out (output->lines);
  if (left_out > 0) {
    g_autofree char *size = g_format_size_full (left_out, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *text = g_strdup_printf ("%s of its %s are left out here%s%s", size, stream,
                                             file != NULL ? "; all of it: " : "", file != NULL ? file : "");

    mask_and_hand_out (reporter, &(Event) { .kind = EVENT_NOTE, .step = end->step, .command = end->command,
                                            .text = text, .elapsed_ms = end->elapsed_ms, .time_us = end->time_us });
    output_lines_tail (output->lines, on_line, output);
  }
  g_hash_table_remove (reporter->outputs, key);
}

static void
emit_output (Reporter *reporter, const Event *event)
{
  Output *output = get_output (reporter, event);
  gsize len = event->text_len > 0 ? event->text_len : strlen (event->text);

  output_lines_feed (output->lines, event->text, len, on_line, output);
}

void
reporter_emit (Reporter *reporter, const Event *event)
{
  if (event->kind == EVENT_OUTPUT) {
    if (event->text != NULL)
      emit_output (reporter, event);
  } else {
    if (event->kind == EVENT_COMMAND_END) {
      end_output (reporter, event, "stdout");
      end_output (reporter, event, "stderr");
    }
    mask_and_hand_out (reporter, event);
  }
  tell_problems (reporter);
}

static void
emit_news (gpointer key, gpointer value, gpointer user_data)
{
  Output *output = value;
  g_autofree char *text = output_lines_news (output->lines);

  if (text != NULL)
    emit_line (output, text, strlen (text), NULL, TRUE);
}

void
reporter_tick (Reporter *reporter)
{
  g_hash_table_foreach (reporter->outputs, emit_news, NULL);
  for (guint i = 0; i < reporter->sinks->len; i++) {
    Sink *sink = reporter->sinks->pdata[i];

    if (sink->tick != NULL)
      sink->tick (sink);
  }
  tell_problems (reporter);
}

void
reporter_flush (Reporter *reporter)
{
  for (guint i = 0; i < reporter->sinks->len; i++) {
    Sink *sink = reporter->sinks->pdata[i];

    if (sink->flush != NULL)
      sink->flush (sink);
  }
  tell_problems (reporter);
}

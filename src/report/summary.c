/* SPDX-License-Identifier: MIT */
#include "report/summary.h"

#include <string.h>

#include "base/text.h"
#include "report/width.h"

#define MAX_ID_WIDTH 40

void
ended_free (gpointer data)
{
  Ended *ended = data;

  g_free (ended->id);
  g_free (ended->result);
  g_free (ended);
}

/* ---- words --------------------------------------------------------------------- */

char *
summary_one_line (const char *text, gssize len)
{
  g_autofree char *safe = text != NULL ? text_make_safe (text, len) : g_strdup ("");

  g_strdelimit (safe, "\n\t", ' ');
  return g_strstrip (g_steal_pointer (&safe));
}

char *
summary_paint (const Look *look, const char *word, const char *text)
{
  static const struct { const char *word, *sgr; } colors[] = {
    { "changed", "32" }, { "change", "32" }, { "ok", "32" }, { "held", "36" }, { "failed", "31" },
    { "stopped", "33" }, { "unknown", "33" }, { "warning", "33" }, { "retry", "33" },
    { "skipped", "2" }, { "not run", "2" }, { "after", "2" }, { "dim", "2" }, { "bold", "1" },
  };

  for (guint i = 0; look->color && i < G_N_ELEMENTS (colors); i++)
    if (g_str_equal (word, colors[i].word))
      return g_strdup_printf ("\x1b[%sm%s\x1b[0m", colors[i].sgr, text);
  return g_strdup (text);
}

char *
summary_id (Look *look, const char *id)
{
  g_autofree char *safe = summary_one_line (id, -1);

  look->id_width = CLAMP (text_width (safe), look->id_width, MAX_ID_WIDTH);
  return text_pad (safe, look->id_width);
}

static const char *
or (const char *text, const char *other)
{
  return text != NULL ? text : other;
}

/* A line, without spaces at its end. */
static void G_GNUC_PRINTF (2, 3)
add_line (GString *out, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_string_append_vprintf (out, format, args);
  va_end (args);
  while (out->len > 0 && out->str[out->len - 1] == ' ')
    g_string_truncate (out, out->len - 1);
  g_string_append_c (out, '\n');
}

/* ---- lines ----------------------------------------------------------------------- */

void
summary_message (GString *out, const Look *look, const char *word, const char *step, const char *text)
{
  g_autofree char *safe_step = summary_one_line (step, -1);
  g_autofree char *safe_text = summary_one_line (text, -1);
  g_autofree char *line = g_strconcat (safe_step, *safe_step != '\0' ? ": " : "", safe_text, NULL);
  g_autofree char *painted = summary_paint (look, word, line);

  add_line (out, "%s", painted);
}

/* A step that never began took no time. */
static char *
format_time (guint attempts, gint64 duration_ms)
{
  return attempts == 0 && duration_ms == 0 ? g_strdup ("-") : duration_format (duration_ms);
}

void
summary_step_end (GString *out, Look *look, const Event *event)
{
  const char *result = or (event->result, "ended");
  g_autofree char *id = summary_id (look, or (event->step, "?"));
  g_autofree char *padded = text_pad (result, 7);
  g_autofree char *painted = summary_paint (look, result, padded);
  g_autofree char *time = format_time (event->attempts, event->duration_ms);
  g_autofree char *reason = summary_one_line (event->reason, -1);
  g_autofree char *attempts = event->attempts > 1 ? g_strdup_printf ("  (%u attempts)", event->attempts) : g_strdup ("");

  add_line (out, "%s  %s  %7s  %s%s", id, painted, time, reason, attempts);
}

void
summary_retry (GString *out, const Look *look, const Event *event)
{
  g_autofree char *delay = duration_format (event->delay_ms);
  g_autofree char *reason = event->reason != NULL ? g_strdup_printf (" (%s)", event->reason) : g_strdup ("");
  g_autofree char *text = g_strdup_printf ("attempt %u of %u failed: %s%s; next in %s", event->attempt, event->attempts,
                                           or (event->class_name, "unknown"), reason, delay);

  summary_message (out, look, "retry", event->step, text);
}

static gboolean
was_replayed (const Event *start)
{
  for (guint i = 1; start->argv != NULL && start->argv[0] != NULL && start->argv[i] != NULL; i++)
    if (g_str_equal (start->argv[i], "--replay") || g_str_has_prefix (start->argv[i], "--replay="))
      return TRUE;
  return FALSE;
}

char *
summary_again (const Event *start)
{
  const char *argv[] = { start->argv != NULL && start->argv[0] != NULL ? start->argv[0] : "galley", "resume", start->run,
                         was_replayed (start) ? "--replay" : NULL, "FILE", NULL };

  return shell_quote_argv (argv);
}

/* ---- a failure --------------------------------------------------------------------- */

static void
add_row (GString *out, const char *name, const char *text)
{
  g_autofree char *safe = NULL;
  g_auto (GStrv) lines = NULL;
  g_autofree char *joined = NULL;

  if (text == NULL || *text == '\0')
    return;
  safe = g_strstrip (text_make_safe (text, -1));
  lines = g_strsplit (safe, "\n", -1);
  joined = g_strjoinv ("\n             ", lines);
  add_line (out, "  %-9s  %s", name, joined);
}

gboolean
summary_how_is_whole (const char *how)
{
  return strstr (how, " after ") != NULL || g_str_has_prefix (how, "not started");
}

static void
add_command_rows (GString *out, const Event *event, gint64 command_ms)
{
  if (event->argv != NULL && event->argv[0] != NULL) {
    g_autofree char *argv = shell_quote_argv (event->argv);
    g_autofree char *command = g_strconcat ("$ ", argv, NULL);

    add_row (out, "command", command);
  }
  if (event->how != NULL && command_ms >= 0 && !summary_how_is_whole (event->how)) {
    g_autofree char *time = duration_format (command_ms);
    g_autofree char *ended = g_strdup_printf ("%s after %s", event->how, time);

    add_row (out, "ended", ended);
  } else {
    add_row (out, "ended", event->how);
  }
}

void
summary_failure (GString *out, const Look *look, const Event *event, gint64 command_ms, const char *again)
{
  g_autoptr (GString) head = g_string_new (NULL);
  g_autofree char *safe = NULL;
  g_autofree char *painted = NULL;

  if (event->file != NULL)
    g_string_append_printf (head, event->line > 0 ? "%s:%u: " : "%s: ", event->file, event->line);
  g_string_append_printf (head, "step \"%s\" %s", or (event->step, "?"), or (event->result, "failed"));
  if (event->uses != NULL)
    g_string_append_printf (head, ": %s", event->uses);
  safe = summary_one_line (head->str, -1);
  painted = summary_paint (look, "failed", safe);
  add_line (out, "%s", painted);
  add_command_rows (out, event, command_ms);
  add_row (out, "said", event->telling);
  if (g_strcmp0 (event->reason, event->telling) != 0 && g_strcmp0 (event->reason, event->diagnosis) != 0)
    add_row (out, "reason", event->reason);
  add_row (out, "diagnosis", event->diagnosis);
  if (event->diagnosis == NULL && g_strcmp0 (event->class_name, "unknown") != 0)
    add_row (out, "class", event->class_name);
  add_row (out, "fix", event->fix);
  if (again != NULL)
    add_line (out, "  %-9s  %s      (what already holds is not done again)", "go on", again);
}

/* ---- a plan ------------------------------------------------------------------------- */

void
summary_plan_step (GString *out, Look *look, const Event *event)
{
  const char *outcome = or (event->outcome, "unknown");
  g_autofree char *id = summary_id (look, or (event->step, "?"));
  g_autofree char *after = event->after != NULL ? g_strdup_printf ("after %s", event->after) : NULL;
  const char *word = g_str_equal (outcome, "unknown") ? "not knowable" : outcome;
  g_autofree char *safe = summary_one_line (g_str_equal (outcome, "after") && after != NULL ? after : word, -1);
  g_autofree char *painted = summary_paint (look, outcome, safe);
  g_autofree char *reason = summary_one_line (event->reason, -1);

  add_line (out, "%s  %s  %s", id, painted, reason);
}

void
summary_plan_end (GString *out, const Look *look, const Event *event)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, "%u held, %u would change, %u not knowable yet",
                          event->held, event->would_change, event->not_knowable);
  if (event->skipped > 0)
    g_string_append_printf (text, ", %u skipped", event->skipped);
  if (event->failed > 0)
    g_string_append_printf (text, ", %u failed", event->failed);
  summary_message (out, look, "bold", NULL, text->str);
}

/* ---- the end of a run ------------------------------------------------------------------ */

void
summary_table (GString *out, Look *look, GPtrArray *ended)
{
  guint width = 4;

  for (guint i = 0; i < ended->len; i++)
    width = MAX (width, text_width (((Ended *) ended->pdata[i])->id));
  width = MIN (width, MAX_ID_WIDTH);
  {
    g_autofree char *id = text_pad ("step", width);

    add_line (out, "%s  %-7s  %8s  %7s", id, "result", "attempts", "time");
  }
  for (guint i = 0; i < ended->len; i++) {
    const Ended *row = ended->pdata[i];
    g_autofree char *id = text_pad (row->id, width);
    g_autofree char *result = text_pad (row->result, 7);
    g_autofree char *painted = summary_paint (look, row->result, result);
    g_autofree char *time = format_time (row->attempts, row->duration_ms);
    g_autofree char *attempts = row->attempts > 0 ? g_strdup_printf ("%u", row->attempts) : g_strdup ("-");

    add_line (out, "%s  %s  %8s  %7s", id, painted, attempts, time);
  }
}

static void
add_count (GString *text, guint count, const char *word)
{
  if (count > 0)
    g_string_append_printf (text, "%s%u %s", g_str_has_suffix (text->str, ": ") ? "" : ", ", count, word);
}

void
summary_run_end (GString *out, const Look *look, const Event *event, const char *recipe, guint not_run)
{
  g_autofree char *time = duration_format (event->duration_ms);
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, "%s after %s: ", or (event->result, "ended"), time);
  add_count (text, event->held, "held");
  add_count (text, event->changed, "changed");
  add_count (text, event->skipped, "skipped");
  add_count (text, event->failed, "failed");
  add_count (text, event->stopped, "stopped");
  add_count (text, event->unknown, "unknown");
  add_count (text, not_run, "not run");
  if (g_str_has_suffix (text->str, ": "))
    g_string_append (text, "nothing to do");
  summary_message (out, look, or (event->result, "bold"), recipe, text->str);
}

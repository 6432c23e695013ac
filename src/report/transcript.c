/* SPDX-License-Identifier: MIT */
#include "report/transcript.h"

#include <string.h>

#include "base/text.h"
#include "report/summary.h"

struct _Transcript {
  gboolean    safe;
  GHashTable *running;          /* set of command numbers */
  guint       open_command;     /* the last line written has no end, and is one of this command ... */
  char        open_mark;        /* ... and stream; 0: it has an end */
  GHashTable *progress;         /* by output_key: GBytes, the last line that ended with \r */
};

Transcript *
transcript_new (gboolean safe)
{
  Transcript *transcript = g_new0 (Transcript, 1);

  transcript->safe = safe;
  transcript->running = g_hash_table_new (g_direct_hash, g_direct_equal);
  transcript->progress = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, (GDestroyNotify) g_bytes_unref);
  return transcript;
}

void
transcript_free (Transcript *transcript)
{
  g_hash_table_unref (transcript->running);
  g_hash_table_unref (transcript->progress);
  g_free (transcript);
}

/* ---- command lines ------------------------------------------------------------- */

static gboolean
is_name (const char *assignment, gsize len)
{
  for (gsize i = 0; i < len; i++)
    if (!g_ascii_isalnum (assignment[i]) && assignment[i] != '_')
      return FALSE;
  return len > 0 && !g_ascii_isdigit (*assignment);
}

/* What is no name to the shell is one to env(1). */
static void
append_env (GString *line, const char *const *env)
{
  gboolean names = TRUE;

  for (guint i = 0; env[i] != NULL; i++)
    names = names && is_name (env[i], strcspn (env[i], "="));
  if (!names)
    g_string_append (line, "env ");
  for (guint i = 0; env[i] != NULL; i++) {
    gsize len = strcspn (env[i], "=");
    g_autofree char *name = g_strndup (env[i], len);
    g_autofree char *quoted = names ? g_strdup (name) : shell_quote (name);
    g_autofree char *value = shell_quote (env[i][len] == '=' ? env[i] + len + 1 : "");

    g_string_append_printf (line, "%s=%s ", quoted, g_str_equal (value, "''") ? "" : value);
  }
}

static void
append_input (GString *line, const Event *event)
{
  g_autofree char *text = event->input_len > 0 ? g_strndup (event->input, event->input_len) : g_strdup (event->input);
  g_autofree char *quoted = shell_quote (text);

  g_string_append_printf (line, "printf %%s %s | ", quoted);
}

char *
transcript_command_line (const Event *event)
{
  GString *line = g_string_new (NULL);

  if (event->cwd != NULL) {
    g_autofree char *cwd = shell_quote (event->cwd);

    g_string_append_printf (line, "(cd %s && ", cwd);
  }
  if (event->input != NULL)
    append_input (line, event);
  if (event->env != NULL && event->env[0] != NULL)
    append_env (line, event->env);
  if (event->argv != NULL) {
    g_autofree char *argv = shell_quote_argv (event->argv);

    g_string_append (line, argv);
  }
  if (event->cwd != NULL)
    g_string_append_c (line, ')');
  return g_string_free (line, FALSE);
}

/* ---- output -------------------------------------------------------------------- */

static gpointer
output_key (const Event *event)
{
  return GUINT_TO_POINTER (event->command * 2 + (g_strcmp0 (event->stream, "stderr") == 0));
}

static void
close_line (Transcript *transcript, GString *out)
{
  if (transcript->open_mark != 0)
    g_string_append_c (out, '\n');
  transcript->open_mark = 0;
}

static void
append_output (Transcript *transcript, const Event *event, GString *out)
{
  char mark = g_strcmp0 (event->stream, "stderr") == 0 ? '!' : '|';
  gsize len = event->text_len > 0 ? event->text_len : strlen (event->text);

  if (transcript->open_mark != mark || transcript->open_command != event->command) {
    close_line (transcript, out);
    if (g_hash_table_size (transcript->running) > 1 && event->step != NULL)
      g_string_append_printf (out, "  %s", event->step);
    else
      g_string_append_c (out, ' ');
    g_string_append_printf (out, " %c ", mark);
  }
  if (transcript->safe) {
    g_autofree char *safe = text_make_safe (event->text, (gssize) len);

    g_string_append (out, safe);
  } else {
    g_string_append_len (out, event->text, (gssize) len);
  }
  transcript->open_command = event->command;
  transcript->open_mark = mark;
  /* On a terminal other lines may follow at any time. */
  if (event->eol != NULL || transcript->safe)
    close_line (transcript, out);
}

/* Of lines that write over each other only the last one is worth keeping. */
static void
render_output (Transcript *transcript, const Event *event, GString *out)
{
  gpointer key = output_key (event);

  if (event->partial || event->text == NULL)
    return;
  g_hash_table_remove (transcript->progress, key);
  if (g_strcmp0 (event->eol, "\r") == 0) {
    gsize len = event->text_len > 0 ? event->text_len : strlen (event->text);

    g_hash_table_insert (transcript->progress, key, g_bytes_new (event->text, len));
    return;
  }
  append_output (transcript, event, out);
}

static void
end_progress (Transcript *transcript, const Event *end, const char *stream, GString *out)
{
  Event event = { .kind = EVENT_OUTPUT, .step = end->step, .command = end->command, .stream = stream, .eol = "\n" };
  GBytes *bytes = g_hash_table_lookup (transcript->progress, output_key (&event));

  if (bytes == NULL)
    return;
  event.text = g_bytes_get_data (bytes, &event.text_len);
  if (event.text_len > 0)
    append_output (transcript, &event, out);
  g_hash_table_remove (transcript->progress, output_key (&event));
}

/* ---- everything else -------------------------------------------------------------- */

/* "# step: text"; the lines of TEXT after the first are indented. */
static void G_GNUC_PRINTF (3, 4)
say (GString *out, const Event *event, const char *format, ...)
{
  va_list args;
  g_autofree char *text = NULL;
  g_autofree char *safe = NULL;
  g_auto (GStrv) lines = NULL;
  g_autofree char *joined = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  safe = text_make_safe (text, -1);
  lines = g_strsplit (g_strchomp (safe), "\n", -1);
  joined = g_strjoinv ("\n#   ", lines);
  g_string_append_printf (out, "# %s%s%s\n", event->step != NULL ? event->step : "",
                          event->step != NULL ? ": " : "", joined);
}

static const char *
or (const char *text, const char *other)
{
  return text != NULL ? text : other;
}

/* ": TEXT", or nothing. */
static char *
colon (const char *text)
{
  return text != NULL && *text != '\0' ? g_strconcat (": ", text, NULL) : g_strdup ("");
}

static char *
event_text (const Event *event)
{
  if (event->text == NULL)
    return g_strdup ("");
  return event->text_len > 0 ? g_strndup (event->text, event->text_len) : g_strdup (event->text);
}

static void
render_run_start (const Event *event, GString *out)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (event->time_us / G_USEC_PER_SEC);
  g_autofree char *date = time == NULL ? g_strdup ("?") : g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ");

  say (out, event, "galley %s, run %s, %s", or (event->version, "?"), or (event->run, "?"), date);
  say (out, event, "recipe %s (%s), %u steps", or (event->recipe, "?"), or (event->file, "?"), event->steps);
  if (event->argv != NULL) {
    g_autofree char *argv = shell_quote_argv (event->argv);

    say (out, event, "started as: %s", argv);
  }
}

static void
render_step_start (const Event *event, GString *out)
{
  g_string_append_c (out, '\n');
  if (event->file != NULL && event->line > 0)
    say (out, event, "%s (%s:%u)", or (event->uses, "?"), event->file, event->line);
  else
    say (out, event, "%s", or (event->uses, "?"));
}

static void
render_command_start (Transcript *transcript, const Event *event, GString *out)
{
  g_autofree char *line = transcript_command_line (event);
  g_autofree char *safe = text_make_safe (line, -1);

  g_hash_table_add (transcript->running, GUINT_TO_POINTER (event->command));
  say (out, event, "%s, command %u", or (event->phase, "run"), event->command);
  g_string_append_printf (out, "$ %s\n", safe);
}

static void
render_command_end (Transcript *transcript, const Event *event, GString *out)
{
  g_autofree char *time = duration_format (event->duration_ms);
  g_autofree char *reason = colon (event->reason);
  gboolean has_time = summary_how_is_whole (or (event->how, ""));

  say (out, event, "%s%s%s%s", or (event->how, "ended"), has_time ? "" : " after ", has_time ? "" : time, reason);
  g_hash_table_remove (transcript->running, GUINT_TO_POINTER (event->command));
}

static void
render_retry (const Event *event, GString *out)
{
  g_autofree char *delay = duration_format (event->delay_ms);
  g_autofree char *reason = event->reason != NULL ? g_strdup_printf (" (%s)", event->reason) : g_strdup ("");

  say (out, event, "attempt %u of %u failed: %s%s; next in %s", event->attempt, event->attempts,
       or (event->class_name, "unknown"), reason, delay);
}

static void
render_step_end (const Event *event, GString *out)
{
  g_autofree char *time = duration_format (event->duration_ms);
  g_autofree char *reason = colon (event->reason);
  g_autofree char *attempts = event->attempts > 1 ? g_strdup_printf (", %u attempts", event->attempts) : g_strdup ("");

  gboolean began = event->attempts > 0 || event->duration_ms > 0;

  say (out, event, "%s%s%s%s%s", or (event->result, "ended"), began ? " after " : "", began ? time : "", attempts, reason);
  if (event->class_name != NULL)
    say (out, event, "class: %s", event->class_name);
  if (event->telling != NULL)
    say (out, event, "said: %s", event->telling);
  if (event->diagnosis != NULL)
    say (out, event, "diagnosis: %s", event->diagnosis);
  if (event->fix != NULL)
    say (out, event, "fix: %s", event->fix);
}

static void
render_run_end (const Event *event, GString *out)
{
  g_autofree char *time = duration_format (event->duration_ms);

  g_string_append_c (out, '\n');
  say (out, event, "%s after %s, exit code %d: %u held, %u changed, %u skipped, %u failed, %u stopped, %u unknown",
       or (event->result, "ended"), time, event->exit_code, event->held, event->changed, event->skipped,
       event->failed, event->stopped, event->unknown);
}

/* Events that are one line of plain text. */
static void
render_line (const Event *event, GString *out)
{
  g_autofree char *text = event_text (event);
  g_autofree char *reason = colon (event->reason);

  switch (event->kind) {
  case EVENT_ATTEMPT_START:
    if (event->attempt > 1)
      say (out, event, "attempt %u of %u", event->attempt, event->attempts);
    break;
  case EVENT_CHECK:
    say (out, event, "check: %s%s", or (event->outcome, "?"), reason);
    break;
  case EVENT_NOTE:
    say (out, event, "note: %s", text);
    break;
  case EVENT_WARNING:
    say (out, event, "warning: %s", text);
    break;
  case EVENT_OUTPUT_VALUE:
    say (out, event, "output %s = %s", or (event->name, "?"), text);
    break;
  case EVENT_PLAN_STEP:
    say (out, event, "plan: %s%s%s%s", or (event->outcome, "?"), event->after != NULL ? " " : "", or (event->after, ""), reason);
    break;
  case EVENT_APPROVE:
    say (out, event, "approve: %s%s%s", text, event->outcome != NULL ? ": " : "", or (event->outcome, ""));
    break;
  default:
    say (out, event, "%s", text);
  }
}

void
transcript_render (Transcript *transcript, const Event *event, GString *out)
{
  if (event->kind == EVENT_OUTPUT) {
    render_output (transcript, event, out);
    return;
  }
  if (event->kind == EVENT_COMMAND_END) {
    end_progress (transcript, event, "stdout", out);
    end_progress (transcript, event, "stderr", out);
  }
  close_line (transcript, out);
  if (event->kind == EVENT_RUN_START)
    render_run_start (event, out);
  else if (event->kind == EVENT_STEP_START)
    render_step_start (event, out);
  else if (event->kind == EVENT_COMMAND_START)
    render_command_start (transcript, event, out);
  else if (event->kind == EVENT_COMMAND_END)
    render_command_end (transcript, event, out);
  else if (event->kind == EVENT_RETRY)
    render_retry (event, out);
  else if (event->kind == EVENT_STEP_END)
    render_step_end (event, out);
  else if (event->kind == EVENT_RUN_END)
    render_run_end (event, out);
  else
    render_line (event, out);
}

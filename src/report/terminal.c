/* SPDX-License-Identifier: MIT */
#include "report/terminal.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "report/live.h"
#include "report/summary.h"
#include "report/transcript.h"
#include "report/width.h"
#include "report/writer.h"

#define HEARTBEAT_MS (30 * 1000)
#define STALE_MS     (60 * 1000)     /* a text older than that is shown with its age */
#define DRAIN_MS     5000
#define MIN_ID_WIDTH 16
#define VALUE_COLUMNS 1000           /* of an output; all of it is elsewhere */
#define NOT_RUN      "not run"
#define ANSWER_HERE  " [y/N] "

/* ---- what is known ------------------------------------------------------------- */

typedef struct {
  char     *id, *text;            /* text: safe, one line; NULL: none yet */
  gint64    started_ms, text_ms, beat_ms;
  gboolean  checking, needed;     /* needed: said by the check, nothing done about it yet */
  char     *how;                  /* how the last command ended that did not end well ... */
  gint64    how_ms;               /* ... and how long it took */
} Running;

typedef struct {
  Sink        sink;
  Writer     *writer;
  int         fd;
  gboolean    live, planning;
  Look        look;
  Verbosity   verbosity;
  guint       columns, rows;      /* 0: ask the terminal */
  Live       *lines;
  Transcript *transcript;
  GPtrArray  *running;            /* of Running, in order of start */
  GPtrArray  *ended;              /* of Ended */
  GHashTable *ended_by_id;            /* id -> Ended*, those */
  char       *asking;             /* the step whose question is open; NULL: none */
  char       *prompt;             /* that question, and where to answer it */
  guint       prompt_width;
  gboolean    prompt_stands;      /* it is the last that was drawn */
  char       *again, *recipe;
  guint       steps;
  gint64      event_ms, event_us; /* .elapsed_ms of the last event, and the monotonic time then */
} Terminal;

static void
running_free (gpointer data)
{
  Running *running = data;

  g_free (running->id);
  g_free (running->text);
  g_free (running->how);
  g_free (running);
}

static Running *
find_running (Terminal *self, const char *id)
{
  for (guint i = 0; id != NULL && i < self->running->len; i++) {
    Running *running = self->running->pdata[i];

    if (g_str_equal (running->id, id))
      return running;
  }
  return NULL;
}

/* TEXT is taken over. */
static void
set_text (Running *running, char *text, gint64 now_ms)
{
  g_free (running->text);
  running->text = text;
  running->text_ms = now_ms;
}

static char *
event_line (const Event *event)
{
  return summary_one_line (event->text, event->text_len > 0 ? (gssize) event->text_len : -1);
}

/* ---- writing ----------------------------------------------------------------------- */

/* "waiting for ...", with its age when it is an old word. */
static char *
text_with_age (const Running *running, gint64 now_ms)
{
  g_autofree char *age = NULL;

  if (running->text == NULL)
    return g_strdup ("");
  if (now_ms - running->text_ms < STALE_MS)
    return g_strdup (running->text);
  age = duration_format ((now_ms - running->text_ms) / 1000 * 1000);
  return g_strdup_printf ("(%s ago) %s", age, running->text);
}

static char *
live_line (Terminal *self, const Running *running, gint64 now_ms)
{
  gint64 elapsed_s = MAX (0, now_ms - running->started_ms) / 1000;
  g_autofree char *id = summary_id (&self->look, running->id);
  g_autofree char *text = text_with_age (running, now_ms);
  /* Tenths of a second would only flicker. */
  g_autofree char *time = elapsed_s < 10 ? g_strdup_printf ("%d s", (int) elapsed_s) : duration_format (elapsed_s * 1000);

  return g_strchomp (g_strdup_printf ("%s  running  %7s  %s", id, time, text));
}

static void
ask_size (Terminal *self, guint *columns, guint *rows)
{
  struct winsize size = { 0, 0, 0, 0 };

  *columns = self->columns;
  *rows = self->rows;
  if (self->columns == 0 && ioctl (self->fd, TIOCGWINSZ, &size) == 0) {
    *columns = size.ws_col;
    *rows = size.ws_row;
  }
}

/* Put into the background, we leave the bottom of the terminal to the shell. */
static gboolean
in_background (Terminal *self)
{
  pid_t foreground = tcgetpgrp (self->fd);

  return foreground > 0 && foreground != getpgrp ();
}

static void
write_out (Terminal *self, const char *text, gsize len)
{
  writer_add (self->writer, text, len);
  if (self->sink.problem == NULL)
    self->sink.problem = writer_steal_problem (self->writer);
}

/* TEXT for good, and the open question below it, where the cursor stays.
 * What is being typed is not shown again, but not lost. */
static void
redraw_above_question (Terminal *self, const char *text)
{
  g_autoptr (GString) out = g_string_new (NULL);
  guint columns, rows;

  if (*text == '\0' && (self->prompt_stands || in_background (self)))
    return;
  ask_size (self, &columns, &rows);
  if (self->prompt_stands)
    g_string_append (out, self->live && self->prompt_width < columns ? "\r\x1b[J" : "\n");
  if (self->live)
    live_draw (self->lines, out, text, NULL, columns, rows, "", "");
  else
    g_string_append (out, text);
  g_string_append (out, self->prompt);
  self->prompt_stands = TRUE;
  write_out (self, out->str, out->len);
}

/* TEXT for good, and the live lines below it. */
static void
redraw (Terminal *self, const char *text, gint64 now_ms)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) out = g_string_new (NULL);
  guint columns, rows;

  if (self->asking != NULL) {
    redraw_above_question (self, text);
    return;
  }
  if (!self->live) {
    write_out (self, text, strlen (text));
    return;
  }
  ask_size (self, &columns, &rows);
  for (guint i = 0; !in_background (self) && i < self->running->len; i++)
    g_ptr_array_add (lines, live_line (self, self->running->pdata[i], now_ms));
  live_draw (self->lines, out, text, lines, columns, rows,
             self->look.color ? "\x1b[2m" : "", self->look.color ? "\x1b[0m" : "");
  write_out (self, out->str, out->len);
}

/* ---- events ------------------------------------------------------------------------------ */

static void
on_run_start (Terminal *self, const Event *event, GString *out)
{
  g_autofree char *text = NULL;

  self->steps = event->steps;
  g_free (self->recipe);
  self->recipe = g_strdup (event->recipe);
  g_free (self->again);
  self->again = event->argv != NULL ? summary_again (event) : NULL;
  if (self->verbosity < VERBOSITY_VERBOSE)
    return;
  text = g_strdup_printf ("galley %s, run %s, %s, %u steps", event->version, event->run, event->file, event->steps);
  summary_message (out, &self->look, "dim", NULL, text);
}

static void
on_step_start (Terminal *self, const Event *event)
{
  Running *running = g_new0 (Running, 1);

  running->id = g_strdup (event->step != NULL ? event->step : "?");
  running->started_ms = running->beat_ms = event->elapsed_ms;
  g_ptr_array_add (self->running, running);
}

static void
on_check (Terminal *self, const Event *event)
{
  Running *running = find_running (self, event->step);

  if (running == NULL)
    return;
  running->needed = g_strcmp0 (event->outcome, "needed") == 0;
  if (event->reason != NULL)
    set_text (running, summary_one_line (event->reason, -1), event->elapsed_ms);
}

/* Where no live line shows what goes on, a line says what is begun. */
static void
announce (Terminal *self, Running *running, GString *out)
{
  g_autofree char *text = g_strconcat ("to be changed", running->text != NULL ? ": " : "", running->text, NULL);

  if (running->needed && !self->live && self->verbosity == VERBOSITY_NORMAL)
    summary_message (out, &self->look, "bold", running->id, text);
  running->needed = FALSE;
}

static void
on_command_start (Terminal *self, const Event *event, GString *out)
{
  Running *running = find_running (self, event->step);
  g_autofree char *line = NULL;

  if (running == NULL || event->argv == NULL)
    return;
  running->checking = g_strcmp0 (event->phase, "check") == 0;
  if (!running->checking)
    announce (self, running, out);
  line = shell_quote_argv (event->argv);
  set_text (running, summary_one_line (line, -1), event->elapsed_ms);
}

static gboolean
has_word (const char *text)
{
  guint letters = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    letters += g_unichar_isalnum (g_utf8_get_char (p));
  return letters >= 2;
}

/* What a check prints to stdout is for the plugin, mostly JSON. */
static void
on_output (Terminal *self, const Event *event)
{
  Running *running = find_running (self, event->step);
  g_autofree char *line = NULL;

  if (running == NULL || event->text == NULL || (running->checking && g_strcmp0 (event->stream, "stderr") != 0))
    return;
  line = event_line (event);
  if (has_word (line))
    set_text (running, g_steal_pointer (&line), event->elapsed_ms);
}

static void
on_command_end (Terminal *self, const Event *event)
{
  Running *running = find_running (self, event->step);

  /* Why one failed is looked for with others. */
  if (running == NULL || (event->has_exit_code && event->exit_code == 0))
    return;
  g_free (running->how);
  running->how = g_strdup (event->how);
  running->how_ms = event->duration_ms;
}

static void
on_progress (Terminal *self, const Event *event)
{
  Running *running = find_running (self, event->step);

  if (running != NULL)
    set_text (running, event_line (event), event->elapsed_ms);
}

static void
on_retry (Terminal *self, const Event *event, GString *out)
{
  Running *running = find_running (self, event->step);

  if (running != NULL) {
    g_autofree char *text = g_strdup_printf ("waiting before attempt %u of %u", event->attempt + 1, event->attempts);

    set_text (running, g_steal_pointer (&text), event->elapsed_ms);
  }
  if (self->verbosity >= VERBOSITY_NORMAL)
    summary_retry (out, &self->look, event);
}

/* The row of STEP, which may have ended before: in a run that is resumed, what
 * was looked at in vain runs after all. */
static Ended *
row_of (Terminal *self, const char *step)
{
  g_autofree char *id = summary_one_line (step, -1);
  Ended *row = g_hash_table_lookup (self->ended_by_id, id);

  if (row != NULL) {
    g_free (row->result);
    return row;
  }
  row = g_new0 (Ended, 1);
  row->id = g_steal_pointer (&id);
  g_ptr_array_add (self->ended, row);
  g_hash_table_insert (self->ended_by_id, row->id, row);
  return row;
}

static void
on_step_end (Terminal *self, const Event *event, GString *out)
{
  Running *running = find_running (self, event->step);
  Ended *ended = row_of (self, event->step);
  gboolean failed = g_strcmp0 (event->result, "failed") == 0 || g_strcmp0 (event->result, "unknown") == 0;

  ended->result = summary_one_line (event->result, -1);
  ended->attempts = event->attempts;
  ended->duration_ms = event->duration_ms;
  if (failed)
    summary_failure (out, &self->look, event,
                     running != NULL && g_strcmp0 (running->how, event->how) == 0 ? running->how_ms : -1, self->again);
  /* The table will say it of all of them. */
  else if (self->verbosity >= VERBOSITY_NORMAL && g_strcmp0 (event->result, NOT_RUN) != 0)
    summary_step_end (out, &self->look, event);
  if (running != NULL)
    g_ptr_array_remove (self->running, running);
}

static void
close_question (Terminal *self)
{
  g_clear_pointer (&self->asking, g_free);
  g_clear_pointer (&self->prompt, g_free);
  self->prompt_stands = FALSE;
}

static void
open_question (Terminal *self, const Event *event)
{
  g_autoptr (GString) line = g_string_new (NULL);
  const Look plain = { .id_width = self->look.id_width };

  close_question (self);
  summary_message (line, &plain, "none", event->step, event->text);
  self->prompt_width = text_width (line->str) + (guint) strlen (ANSWER_HERE);
  g_string_truncate (line, 0);
  summary_message (line, &self->look, "bold", event->step, event->text);
  g_string_truncate (line, line->len - 1);
  self->asking = g_strdup (event->step != NULL ? event->step : "?");
  self->prompt = g_strconcat (line->str, ANSWER_HERE, NULL);
}

static void
on_approve (Terminal *self, const Event *event, GString *out)
{
  g_autofree char *text = event_line (event);
  g_autofree char *answer = g_strconcat (text, ": ", event->outcome, NULL);

  if (event->outcome == NULL)
    open_question (self, event);
  else if (g_strcmp0 (self->asking, event->step) == 0)
    close_question (self);            /* the answer stands there, typed */
  else
    summary_message (out, &self->look, "bold", event->step, g_str_equal (event->outcome, "nobody") ? text : answer);
}

/* The question goes without an answer. */
static void
drop_question (Terminal *self, GString *out)
{
  if (self->asking == NULL)
    return;
  if (self->prompt_stands)
    g_string_append_c (out, '\n');
  close_question (self);
}

static guint
count_not_run (Terminal *self)
{
  guint n = MAX (self->steps, self->ended->len) - self->ended->len;

  for (guint i = 0; i < self->ended->len; i++)
    n += g_str_equal (((Ended *) self->ended->pdata[i])->result, NOT_RUN);
  return n;
}

static void
on_run_end (Terminal *self, const Event *event, GString *out)
{
  g_ptr_array_set_size (self->running, 0);
  if (self->verbosity < VERBOSITY_NORMAL)
    return;
  if (self->planning) {
    summary_plan_end (out, &self->look, event);
    return;
  }
  if (self->ended->len > 0) {
    g_string_append_c (out, '\n');
    summary_table (out, &self->look, self->ended);
    g_string_append_c (out, '\n');
  }
  summary_run_end (out, &self->look, event, self->recipe, count_not_run (self));
  if (g_strcmp0 (event->result, "stopped") == 0 && self->again != NULL)
    g_string_append_printf (out, "go on with: %s\n", self->again);
}

/* Messages: notes, warnings, values, interruptions. */
static void
on_message (Terminal *self, const Event *event, GString *out)
{
  gboolean warning = event->kind == EVENT_WARNING || event->kind == EVENT_INTERRUPT;
  g_autofree char *line = event_line (event);
  g_autofree char *text = NULL;

  if (event->kind == EVENT_OUTPUT_VALUE && *line == '\0')
    return;
  if (!warning && self->verbosity < (event->kind == EVENT_OUTPUT_VALUE ? VERBOSITY_VERBOSE : VERBOSITY_NORMAL))
    return;
  if (event->kind == EVENT_OUTPUT_VALUE) {
    g_autofree char *cut = text_cut (line, VALUE_COLUMNS);

    text = g_strdup_printf ("%s = %s%s", event->name, cut, strlen (cut) < strlen (line) ? "..." : "");
  } else if (event->kind == EVENT_WARNING)
    text = g_strconcat ("warning: ", line, NULL);
  else
    text = g_steal_pointer (&line);
  summary_message (out, &self->look, warning ? "warning" : "none", event->step, text);
}

static void
on_plan_step (Terminal *self, const Event *event, GString *out)
{
  Running *running = find_running (self, event->step);

  self->planning = TRUE;
  if (running != NULL)
    g_ptr_array_remove (self->running, running);
  if (self->verbosity >= VERBOSITY_NORMAL)
    summary_plan_step (out, &self->look, event);
}

static void
handle (Terminal *self, const Event *event, GString *out)
{
  switch (event->kind) {
  case EVENT_RUN_START:
    on_run_start (self, event, out);
    break;
  case EVENT_STEP_START:
    on_step_start (self, event);
    break;
  case EVENT_CHECK:
    on_check (self, event);
    break;
  case EVENT_COMMAND_START:
    on_command_start (self, event, out);
    break;
  case EVENT_OUTPUT:
    on_output (self, event);
    break;
  case EVENT_COMMAND_END:
    on_command_end (self, event);
    break;
  case EVENT_PROGRESS:
    on_progress (self, event);
    break;
  case EVENT_RETRY:
    on_retry (self, event, out);
    break;
  case EVENT_STEP_END:
    on_step_end (self, event, out);
    break;
  case EVENT_PLAN_STEP:
    on_plan_step (self, event, out);
    break;
  case EVENT_APPROVE:
    on_approve (self, event, out);
    break;
  case EVENT_RUN_END:
    on_run_end (self, event, out);
    break;
  case EVENT_ATTEMPT_START:
    break;
  default:
    on_message (self, event, out);
  }
}

/* Which events the transcript shows better, when it is wanted. */
static gboolean
is_for_transcript (EventKind kind)
{
  return kind == EVENT_CHECK || kind == EVENT_COMMAND_START || kind == EVENT_OUTPUT || kind == EVENT_COMMAND_END
         || kind == EVENT_ATTEMPT_START;
}

static void
add_transcript (Terminal *self, const Event *event, GString *out)
{
  if (self->verbosity >= VERBOSITY_VERBOSE
      && (is_for_transcript (event->kind) || (event->kind == EVENT_PROGRESS && self->verbosity >= VERBOSITY_DEBUG)))
    transcript_render (self->transcript, event, out);
}

static void
terminal_event (Sink *sink, const Event *event)
{
  Terminal *self = (Terminal *) sink;
  g_autoptr (GString) out = g_string_new (NULL);

  self->event_ms = event->elapsed_ms;
  self->event_us = g_get_monotonic_time ();
  if (event->kind == EVENT_INTERRUPT || event->kind == EVENT_RUN_END)
    drop_question (self, out);
  add_transcript (self, event, out);
  handle (self, event, out);
  /* A tool that floods us is drawn ten times a second, not each line. */
  if (event->kind == EVENT_OUTPUT && out->len == 0)
    return;
  redraw (self, out->str, event->elapsed_ms);
}

/* ---- time passes ---------------------------------------------------------------------------- */

static void
add_heartbeat (Terminal *self, Running *running, gint64 now_ms, GString *out)
{
  g_autofree char *time = NULL;
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;

  if (now_ms - running->beat_ms < HEARTBEAT_MS)
    return;
  running->beat_ms = now_ms;
  time = duration_format (now_ms - running->started_ms);
  text = text_with_age (running, now_ms);
  line = g_strdup_printf ("still running after %s%s%s", time, *text != '\0' ? ": " : "", text);
  summary_message (out, &self->look, "dim", running->id, line);
}

void
terminal_sink_tick_at (Sink *sink, gint64 elapsed_ms)
{
  Terminal *self = (Terminal *) sink;
  g_autoptr (GString) out = g_string_new (NULL);

  /* What is drawn for a terminal that takes nothing would only pile up. */
  if (writer_waiting (self->writer) > 0) {
    writer_push (self->writer);
    return;
  }
  for (guint i = 0; !self->live && self->asking == NULL && self->verbosity >= VERBOSITY_NORMAL && i < self->running->len; i++)
    add_heartbeat (self, self->running->pdata[i], elapsed_ms, out);
  redraw (self, out->str, elapsed_ms);
}

static void
terminal_tick (Sink *sink)
{
  Terminal *self = (Terminal *) sink;

  terminal_sink_tick_at (sink, self->event_ms + (g_get_monotonic_time () - self->event_us) / 1000);
}

static void
terminal_flush (Sink *sink)
{
  Terminal *self = (Terminal *) sink;
  g_autoptr (GString) out = g_string_new (NULL);
  guint columns, rows;

  ask_size (self, &columns, &rows);
  if (self->prompt_stands)
    g_string_append_c (out, '\n');
  self->prompt_stands = FALSE;
  live_draw (self->lines, out, NULL, NULL, columns, rows, "", "");
  write_out (self, out->str, out->len);
  writer_drain (self->writer, DRAIN_MS);
}

static void
terminal_free (Sink *sink)
{
  Terminal *self = (Terminal *) sink;

  writer_free (self->writer);
  live_free (self->lines);
  transcript_free (self->transcript);
  g_ptr_array_unref (self->running);
  g_hash_table_unref (self->ended_by_id);
  g_ptr_array_unref (self->ended);
  close_question (self);
  g_free (self->again);
  g_free (self->recipe);
  g_free (self);
}

void
terminal_sink_set_size (Sink *sink, guint columns, guint rows)
{
  Terminal *self = (Terminal *) sink;

  self->columns = columns;
  self->rows = rows;
}

Sink *
terminal_sink_new (int fd, gboolean live, gboolean color, Verbosity verbosity)
{
  Terminal *self = g_new0 (Terminal, 1);

  self->sink = (Sink) { terminal_event, terminal_tick, terminal_flush, terminal_free, NULL };
  self->writer = writer_new (fd, FALSE, "the terminal");
  self->fd = fd;
  self->live = live && verbosity >= VERBOSITY_NORMAL;
  self->look.color = color;
  self->look.id_width = MIN_ID_WIDTH;
  self->verbosity = verbosity;
  self->lines = live_new ();
  self->transcript = transcript_new (TRUE);
  self->running = g_ptr_array_new_with_free_func (running_free);
  self->ended = g_ptr_array_new_with_free_func (ended_free);
  self->ended_by_id = g_hash_table_new (g_str_hash, g_str_equal);
  self->event_us = g_get_monotonic_time ();
  return &self->sink;
}

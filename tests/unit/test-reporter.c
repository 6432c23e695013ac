/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "report/output-lines.h"
#include "report/reporter.h"
#include "report/writer.h"

/* ---- a sink that remembers ---------------------------------------------------- */

typedef struct {
  Sink     sink;
  GString *text;                /* one line for each event */
  guint    flushes, ticks;
  gboolean broken;
} Memory;

static void
append_quoted (GString *out, const char *text, gsize len)
{
  g_autofree char *copy = g_strndup (text, len);
  g_autofree char *escaped = g_strescape (copy, NULL);

  g_string_append_printf (out, "\"%s\"", escaped);
}

static void
memory_event (Sink *sink, const Event *event)
{
  Memory *memory = (Memory *) sink;
  g_autofree char *eol = event->eol != NULL ? g_strescape (event->eol, NULL) : g_strdup ("-");

  if (memory->broken) {
    memory->broken = FALSE;
    sink->problem = g_strdup ("cannot write it: hunter2-SECRET is full");
  }
  g_string_append (memory->text, event_kind_name (event->kind));
  if (event->step != NULL)
    g_string_append_printf (memory->text, " %s", event->step);
  if (event->kind == EVENT_OUTPUT)
    g_string_append_printf (memory->text, " %u %s", event->command, event->stream);
  if (event->text != NULL) {
    g_string_append_c (memory->text, ' ');
    append_quoted (memory->text, event->text, event->text_len > 0 ? event->text_len : strlen (event->text));
  }
  if (event->kind == EVENT_OUTPUT)
    g_string_append_printf (memory->text, " %s%s", eol, event->partial ? " partial" : "");
  g_string_append_c (memory->text, '\n');
}

static void
memory_tick (Sink *sink)
{
  ((Memory *) sink)->ticks++;
}

static void
memory_flush (Sink *sink)
{
  ((Memory *) sink)->flushes++;
}

static void
memory_free (Sink *sink)
{
  /* The test looks at it afterwards. */
}

static Memory *
memory_new (void)
{
  Memory *memory = g_new0 (Memory, 1);

  memory->sink = (Sink) { memory_event, memory_tick, memory_flush, memory_free, NULL };
  memory->text = g_string_new (NULL);
  return memory;
}

static void
memory_done (Memory *memory)
{
  g_string_free (memory->text, TRUE);
  g_free (memory);
}

typedef struct {
  Masker   *masker;
  Reporter *reporter;
  Memory   *memory;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->masker = masker_new ();
  masker_add (fixture->masker, "hunter2-SECRET", -1);
  fixture->reporter = reporter_new (fixture->masker);
  fixture->memory = memory_new ();
  reporter_add_sink (fixture->reporter, &fixture->memory->sink);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  reporter_free (fixture->reporter);
  memory_done (fixture->memory);
  masker_free (fixture->masker);
}

static void
output (Fixture *fixture, const char *stream, const char *text)
{
  reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = stream, .text = text });
}

static void
end_command (Fixture *fixture)
{
  reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_COMMAND_END, .step = "a", .command = 1 });
}

/* What the sink got since the last time. */
static void
assert_got (Fixture *fixture, const char *expected)
{
  g_assert_cmpstr (fixture->memory->text->str, ==, expected);
  g_string_truncate (fixture->memory->text, 0);
}

/* ---- lines -------------------------------------------------------------------- */

static void
test_lines (Fixture *fixture, gconstpointer data)
{
  output (fixture, "stdout", "one\ntw");
  assert_got (fixture, "output a 1 stdout \"one\" \\n\n");
  output (fixture, "stderr", "err\n");
  assert_got (fixture, "output a 1 stderr \"err\" \\n\n");
  output (fixture, "stdout", "o\n\nthree");
  assert_got (fixture, "output a 1 stdout \"two\" \\n\noutput a 1 stdout \"\" \\n\n");
  end_command (fixture);
  assert_got (fixture, "output a 1 stdout \"three\" -\ncommand_end a\n");
  end_command (fixture);
  assert_got (fixture, "command_end a\n");
}

static void
test_carriage_returns (Fixture *fixture, gconstpointer data)
{
  output (fixture, "stdout", "10%\r20%\rdone\r\nx\r\r\n\ry");
  assert_got (fixture, "output a 1 stdout \"10%\" \\r\noutput a 1 stdout \"20%\" \\r\noutput a 1 stdout \"done\" \\r\\n\n"
                       "output a 1 stdout \"x\" \\r\noutput a 1 stdout \"\" \\r\\n\noutput a 1 stdout \"\" \\r\n");
  output (fixture, "stdout", "\r");
  assert_got (fixture, "");
  output (fixture, "stdout", "\n");
  assert_got (fixture, "output a 1 stdout \"y\" \\r\\n\n");
  output (fixture, "stdout", "99%\r");
  end_command (fixture);
  assert_got (fixture, "output a 1 stdout \"99%\" \\r\ncommand_end a\n");
}

static void
test_commands_apart (Fixture *fixture, gconstpointer data)
{
  for (guint i = 1; i <= 2; i++)
    reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_OUTPUT, .step = i == 1 ? "a" : "b", .command = i,
                                                 .stream = "stdout", .text = "ab", .text_len = i });
  for (guint i = 1; i <= 2; i++)
    reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_OUTPUT, .step = i == 1 ? "a" : "b", .command = i,
                                                 .stream = "stdout", .text = "\n" });
  assert_got (fixture, "output a 1 stdout \"a\" \\n\noutput b 2 stdout \"ab\" \\n\n");
}

static void
test_long_line (Fixture *fixture, gconstpointer data)
{
  g_autofree char *at = g_strnfill (OUTPUT_LINE_MAX, 'x');
  g_autofree char *at_end = g_strconcat (at, "\n", NULL);
  g_autofree char *past = g_strconcat (at, "y\n", NULL);
  g_autofree char *expected_at = g_strdup_printf ("output a 1 stdout \"%s\" \\n\n", at);
  g_autofree char *expected_past = g_strdup_printf ("output a 1 stdout \"%s\" -\noutput a 1 stdout \"y\" \\n\n", at);
  g_autofree char *wide = g_strconcat (at + 1, "é\n", NULL);
  g_autofree char *expected_wide = g_strdup_printf ("output a 1 stdout \"%s\" -\noutput a 1 stdout \"\\303\\251\" \\n\n", at + 1);

  output (fixture, "stdout", at_end);
  assert_got (fixture, expected_at);
  output (fixture, "stdout", past);
  assert_got (fixture, expected_past);
  output (fixture, "stdout", wide);
  assert_got (fixture, expected_wide);
}

static guint
count_parts (const char *text, const char *part)
{
  guint n = 0;

  for (const char *p = strstr (text, part); p != NULL; p = strstr (p + strlen (part), part))
    n++;
  return n;
}

/* Characters of 2 to 4 bytes at each place around the cut come out whole. */
static void
test_long_line_characters (Fixture *fixture, gconstpointer data)
{
  static const char *const characters[] = { "é", "漢", "😀" };

  for (guint c = 0; c < G_N_ELEMENTS (characters); c++)
    for (gsize before = OUTPUT_LINE_MAX - 5; before <= OUTPUT_LINE_MAX + 1; before++) {
      g_autofree char *fill = g_strnfill (before, 'x');
      g_autofree char *line = g_strconcat (fill, characters[c], characters[c], "\n", NULL);
      g_autofree char *escaped = g_strescape (characters[c], NULL);

      output (fixture, "stdout", line);
      g_assert_nonnull (strstr (fixture->memory->text->str, escaped));
      /* Whole, or its bytes would be apart: two of it, and the end of the line. */
      g_assert_cmpuint (count_parts (fixture->memory->text->str, escaped), ==, 2);
      g_string_truncate (fixture->memory->text, 0);
    }
  /* Bytes that are no characters are cut anywhere. */
  {
    g_autofree char *fill = g_strnfill (OUTPUT_LINE_MAX + 10, '\x80');

    output (fixture, "stdout", fill);
    end_command (fixture);
    g_assert_cmpuint (count_parts (fixture->memory->text->str, "\\200"), ==, OUTPUT_LINE_MAX + 10);
  }
}

static void
test_partial (Fixture *fixture, gconstpointer data)
{
  output (fixture, "stderr", "Waiting");
  assert_got (fixture, "");
  reporter_tick (fixture->reporter);
  assert_got (fixture, "output a 1 stderr \"Waiting\" - partial\n");
  reporter_tick (fixture->reporter);
  assert_got (fixture, "");
  output (fixture, "stderr", "...hunter2-SEC");
  reporter_tick (fixture->reporter);
  assert_got (fixture, "output a 1 stderr \"Waiting...\" - partial\n");
  output (fixture, "stderr", "RET\n");
  reporter_tick (fixture->reporter);
  assert_got (fixture, "output a 1 stderr \"Waiting...***\" \\n\n");
  g_assert_cmpuint (fixture->memory->ticks, ==, 4);
}

/* ---- secrets --------------------------------------------------------------------- */

static void
test_every_split_masked (Fixture *fixture, gconstpointer data)
{
  static const char text[] = "a hunter2-SECRET b\nhunter2-SECRET\r";
  gsize len = strlen (text);

  for (gsize first = 0; first <= len; first++)
    for (gsize second = first; second <= len; second++) {
      gsize ends[] = { first, second, len }, at = 0;

      for (guint i = 0; i < 3; at = ends[i++])
        if (ends[i] > at)
          reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = "stdout",
                                                       .text = text + at, .text_len = ends[i] - at });
      end_command (fixture);
      assert_got (fixture, "output a 1 stdout \"a *** b\" \\n\noutput a 1 stdout \"***\" \\r\ncommand_end a\n");
    }
}

static void
test_fields_masked (Fixture *fixture, gconstpointer data)
{
  reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_NOTE, .step = "s-hunter2-SECRET", .text = "is hunter2-SECRETx", .text_len = 17 });
  assert_got (fixture, "note s-*** \"is ***\"\n");
  masker_add (fixture->masker, "learnt-later", -1);
  reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_NOTE, .text = "learnt-later" });
  assert_got (fixture, "note \"***\"\n");
}

/* ---- much output ------------------------------------------------------------------ */

static void
emit_bytes (Fixture *fixture, char byte, gsize len)
{
  g_autofree char *text = g_strnfill (len, byte);

  for (gsize i = 99; i < len; i += 100)
    text[i] = '\n';
  reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = "stdout", .text = text, .text_len = len });
}

static gsize
count_lines (Fixture *fixture)
{
  gsize lines = 0;

  for (const char *p = fixture->memory->text->str; *p != '\0'; p++)
    lines += *p == '\n';
  return lines;
}

static void
test_all_shown_at_limit (Fixture *fixture, gconstpointer data)
{
  emit_bytes (fixture, 'x', OUTPUT_HEAD_MAX);
  end_command (fixture);
  g_assert_cmpuint (count_lines (fixture), ==, OUTPUT_HEAD_MAX / 100 + 1 + 1);
  g_assert_null (strstr (fixture->memory->text->str, "note"));
}

static void
test_one_more_left_out (Fixture *fixture, gconstpointer data)
{
  emit_bytes (fixture, 'x', OUTPUT_HEAD_MAX);
  output (fixture, "stdout", "y");
  g_string_truncate (fixture->memory->text, 0);
  end_command (fixture);
  assert_got (fixture, "output a 1 stdout \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" -\n"
                       "note a \"1 byte of its stdout are left out here\"\ncommand_end a\n");
}

static void
test_middle_left_out (Fixture *fixture, gconstpointer data)
{
  const char *note;

  for (guint i = 0; i < 50; i++)
    emit_bytes (fixture, 'x', 1000 * 100);
  output (fixture, "stdout", "the hunter2-SECRET end\n");
  reporter_tick (fixture->reporter);
  g_assert_true (g_str_has_suffix (fixture->memory->text->str, "output a 1 stdout \"4.8\302\240MiB of output so far\" - partial\n")
                 || g_str_has_suffix (fixture->memory->text->str, "output a 1 stdout \"4.8\\302\\240MiB of output so far\" - partial\n"));
  reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_COMMAND_END, .step = "a", .command = 1, .out_file = "/x/1.stdout", .err_file = "/x/1.stderr" });
  note = strstr (fixture->memory->text->str, "note a \"3.7");
  g_assert_nonnull (note);
  g_assert_nonnull (strstr (note, "MiB of its stdout are left out here; all of it: /x/1.stdout\"\n"));
  g_assert_true (g_str_has_suffix (note, "output a 1 stdout \"the *** end\" \\n\ncommand_end a\n"));
  g_assert_cmpuint (fixture->memory->text->len, <, 2 * OUTPUT_HEAD_MAX);
}

/* Where the tail begins, half a secret may stand: that line is not shown. */
static void
test_tail_begins_in_secret (Fixture *fixture, gconstpointer data)
{
  for (gsize cut = 1; cut < 14; cut++) {
    g_autofree char *tail = g_strnfill (OUTPUT_TAIL_MAX - cut - 2, '.');
    g_autofree char *text = g_strconcat ("hunter2-SECRET", "\n", tail, "\n", NULL);

    emit_bytes (fixture, 'x', OUTPUT_HEAD_MAX);
    output (fixture, "stdout", text);
    g_string_truncate (fixture->memory->text, 0);
    end_command (fixture);
    g_assert_null (strstr (fixture->memory->text->str, "T\""));
    g_assert_nonnull (strstr (fixture->memory->text->str, "\"..."));
  }
}

static void
test_flood_is_fast_and_small (Fixture *fixture, gconstpointer data)
{
  gint64 began = g_get_monotonic_time ();
  struct rusage before, after;
  g_autofree char *text = g_strnfill (1024 * 1024, 'x');

  getrusage (RUSAGE_SELF, &before);
  for (guint i = 0; i < 512; i++)
    reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = "stdout",
                                                 .text = text, .text_len = 1024 * 1024 });
  end_command (fixture);
  getrusage (RUSAGE_SELF, &after);
  g_test_message ("512 MiB in %.2f s, %ld KiB more", (double) (g_get_monotonic_time () - began) / 1e6, after.ru_maxrss - before.ru_maxrss);
  g_assert_cmpint (after.ru_maxrss - before.ru_maxrss, <, 64 * 1024);
}

/* ---- sinks ------------------------------------------------------------------------ */

static void
test_times_filled_in (void)
{
  g_autoptr (Masker) masker = masker_new ();
  Reporter *reporter = reporter_new (masker);
  g_autofree char *text = NULL;
  g_autofree char *name = NULL;
  g_auto (GStrv) lines = NULL;
  int fd = g_file_open_tmp ("galley-test-XXXXXX", &name, NULL);

  reporter_add_sink (reporter, json_sink_new (fd));
  reporter_emit (reporter, &(Event) { .kind = EVENT_NOTE, .text = "now" });
  reporter_emit (reporter, &(Event) { .kind = EVENT_NOTE, .text = "then", .time_us = 1000, .elapsed_ms = 7 });
  reporter_emit (reporter, &(Event) { .kind = EVENT_OUTPUT, .command = 1, .stream = "stdout", .text = "part" });
  reporter_tick (reporter);
  reporter_free (reporter);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  g_file_get_contents (name, &text, NULL, NULL);
  lines = g_strsplit (text, "\n", -1);
  g_assert_true (g_str_has_prefix (lines[0], "{\"event\":\"note\",\"time\":\"2"));
  g_assert_cmpstr (lines[1], ==, "{\"event\":\"note\",\"time\":\"1970-01-01T00:00:00.001Z\",\"elapsed_ms\":7,\"text\":\"then\"}");
  g_assert_cmpstr (lines[2], ==, "");
  g_unlink (name);
}

static void
test_problem_told_once (Fixture *fixture, gconstpointer data)
{
  Memory *broken = memory_new ();

  broken->broken = TRUE;
  reporter_add_sink (fixture->reporter, &broken->sink);
  reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_NOTE, .text = "x" });
  reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_NOTE, .text = "y" });
  assert_got (fixture, "note \"x\"\nwarning \"cannot write it: *** is full\"\nnote \"y\"\n");
  reporter_flush (fixture->reporter);
  g_assert_cmpuint (fixture->memory->flushes, ==, 1);
  memory_free (&broken->sink);
  reporter_free (fixture->reporter);
  memory_done (broken);
  fixture->reporter = NULL;
}

static void
test_full_disk (Fixture *fixture, gconstpointer data)
{
  reporter_add_sink (fixture->reporter, json_sink_new (open ("/dev/full", O_WRONLY)));
  reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_NOTE, .text = "x" });
  reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_NOTE, .text = "y" });
  assert_got (fixture, "note \"x\"\nwarning \"cannot write events: No space left on device\"\nnote \"y\"\n");
}

static void
test_closed_pipe (Fixture *fixture, gconstpointer data)
{
  int fds[2];

  g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
  close (fds[0]);
  reporter_add_sink (fixture->reporter, transcript_sink_new (fds[1]));
  reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_NOTE, .text = "x" });
  reporter_emit (fixture->reporter, &(Event) { .kind = EVENT_NOTE, .text = "y" });
  assert_got (fixture, "note \"x\"\nwarning \"cannot write the transcript: Broken pipe\"\nnote \"y\"\n");
}

/* ---- writers -------------------------------------------------------------------------- */

static gsize
read_all (int fd, GString *out)
{
  char buffer[65536];
  gssize n;
  gsize total = 0;

  while ((n = read (fd, buffer, sizeof buffer)) > 0) {
    g_string_append_len (out, buffer, n);
    total += (gsize) n;
  }
  return total;
}

/* Nobody reads: nothing is waited for, memory is bounded, one problem. */
static void
test_slow_reader (void)
{
  g_autofree char *line = g_strnfill (1023, 'x');
  g_autoptr (GString) got = g_string_new (NULL);
  Writer *writer;
  char *problem;
  int fds[2];
  guint problems = 0;

  line[1022] = '\n';
  g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
  fcntl (fds[0], F_SETFL, O_NONBLOCK);
  writer = writer_new (fds[1], TRUE, "it");
  for (guint i = 0; i < 2 * WRITER_QUEUE_MAX / 1023; i++) {
    writer_add (writer, line, 1023);
    if ((problem = writer_steal_problem (writer)) != NULL) {
      g_assert_cmpstr (problem, ==, "cannot write it: who reads it is too slow, some of it is lost");
      problems++;
    }
    g_free (problem);
  }
  g_assert_cmpuint (problems, ==, 1);
  g_assert_cmpuint (writer_waiting (writer), <=, WRITER_QUEUE_MAX);
  g_assert_cmpuint (writer_waiting (writer), >, WRITER_QUEUE_MAX - 1023);
  read_all (fds[0], got);
  writer_push (writer);
  writer_add (writer, "end\n", 4);
  while (writer_waiting (writer) > 0) {
    read_all (fds[0], got);
    writer_push (writer);
  }
  read_all (fds[0], got);
  /* Whole lines are lost, never parts. */
  g_assert_cmpuint ((got->len - 4) % 1023, ==, 0);
  g_assert_true (g_str_has_suffix (got->str, "\nend\n"));
  writer_free (writer);
  close (fds[0]);
}

static void
test_drain (void)
{
  g_autofree char *text = g_strnfill (1024 * 1024, 'x');
  g_autofree char *problem = NULL;
  Writer *writer;
  int fds[2];

  g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
  writer = writer_new (fds[1], TRUE, "it");
  writer_add (writer, text, 1024 * 1024);
  g_assert_cmpuint (writer_waiting (writer), >, 0);
  writer_drain (writer, 10);
  problem = writer_steal_problem (writer);
  g_assert_cmpstr (problem, ==, "cannot write it: nobody reads it");
  writer_free (writer);
  close (fds[0]);
}

static void
test_file (void)
{
  g_autofree char *name = NULL;
  g_autofree char *text = NULL;
  g_autofree char *big = g_strnfill (100000, 'x');
  int fd = g_file_open_tmp ("galley-test-XXXXXX", &name, NULL);
  Writer *writer = writer_new (fd, TRUE, "it");

  writer_add (writer, "a\n", 2);
  writer_add (writer, big, 100000);
  g_assert_cmpuint (writer_waiting (writer), ==, 0);
  g_assert_null (writer_steal_problem (writer));
  writer_free (writer);
  g_file_get_contents (name, &text, NULL, NULL);
  g_assert_true (g_str_has_prefix (text, "a\nxxx"));
  g_assert_cmpuint (strlen (text), ==, 100002);
  g_unlink (name);
}

/* RLIMIT_FSIZE makes a short write of it, and then an error. */
static void
test_short_write (void)
{
  struct rlimit before, limit;
  g_autofree char *name = NULL;
  g_autofree char *text = NULL;
  g_autofree char *problem = NULL;
  int fd = g_file_open_tmp ("galley-test-XXXXXX", &name, NULL);
  Writer *writer = writer_new (fd, TRUE, "it");

  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &before);
  limit = before;
  limit.rlim_cur = 5;
  setrlimit (RLIMIT_FSIZE, &limit);
  writer_add (writer, "1234567", 7);
  problem = writer_steal_problem (writer);
  setrlimit (RLIMIT_FSIZE, &before);
  g_assert_cmpstr (problem, ==, "cannot write it: File too large");
  writer_add (writer, "more", 4);
  g_assert_cmpuint (writer_waiting (writer), ==, 0);
  writer_free (writer);
  g_file_get_contents (name, &text, NULL, NULL);
  g_assert_cmpstr (text, ==, "12345");
  g_unlink (name);
}

static void
on_alarm (int signal_number)
{
}

/* Signals interrupt the waiting, not the writing. */
static void
test_interrupted (void)
{
  struct sigaction action = { .sa_handler = on_alarm };
  struct itimerval every = { { 0, 1000 }, { 0, 1000 } }, never = { { 0, 0 }, { 0, 0 } };
  g_autofree char *text = g_strnfill (200000, 'x');
  Writer *writer;
  int fds[2];
  char *problem;

  g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
  sigaction (SIGALRM, &action, NULL);
  setitimer (ITIMER_REAL, &every, NULL);
  writer = writer_new (fds[1], TRUE, "it");
  writer_add (writer, text, 200000);
  writer_drain (writer, 50);
  setitimer (ITIMER_REAL, &never, NULL);
  problem = writer_steal_problem (writer);
  g_assert_cmpstr (problem, ==, "cannot write it: nobody reads it");
  g_free (problem);
  g_assert_cmpuint (writer_waiting (writer), >, 100000);
  writer_free (writer);
  close (fds[0]);
}

/* What waits is written whole and in order, however little goes at once. */
static void
test_order (void)
{
  g_autoptr (GString) expected = g_string_new (NULL);
  g_autoptr (GString) got = g_string_new (NULL);
  Writer *writer;
  int fds[2];

  g_assert_cmpint (pipe2 (fds, O_CLOEXEC | O_NONBLOCK), ==, 0);
  writer = writer_new (fds[1], TRUE, "it");
  for (guint i = 0; i < 500000; i++) {
    g_autofree char *line = g_strdup_printf ("%07u\n", i);

    g_string_append (expected, line);
    writer_add (writer, line, 8);
    if (i % 1000 == 0) {
      char buffer[100];
      gssize n = read (fds[0], buffer, sizeof buffer);

      g_string_append_len (got, buffer, MAX (n, 0));
    }
  }
  while (writer_waiting (writer) > 0) {
    read_all (fds[0], got);
    writer_push (writer);
  }
  read_all (fds[0], got);
  g_assert_true (g_string_equal (got, expected));
  writer_free (writer);
  close (fds[0]);
}

static void
test_bad_descriptor (void)
{
  Writer *writer = writer_new (-1, FALSE, "it");
  g_autofree char *problem = NULL;

  writer_add (writer, "x", 1);
  writer_drain (writer, 0);
  problem = writer_steal_problem (writer);
  g_assert_nonnull (problem);
  writer_free (writer);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  signal (SIGPIPE, SIG_IGN);
  ADD ("/reporter/lines", test_lines);
  ADD ("/reporter/carriage-returns", test_carriage_returns);
  ADD ("/reporter/commands-apart", test_commands_apart);
  ADD ("/reporter/long-line", test_long_line);
  ADD ("/reporter/long-line-characters", test_long_line_characters);
  ADD ("/reporter/partial", test_partial);
  ADD ("/reporter/every-split-masked", test_every_split_masked);
  ADD ("/reporter/fields-masked", test_fields_masked);
  ADD ("/reporter/all-shown-at-limit", test_all_shown_at_limit);
  ADD ("/reporter/one-more-left-out", test_one_more_left_out);
  ADD ("/reporter/middle-left-out", test_middle_left_out);
  ADD ("/reporter/tail-begins-in-secret", test_tail_begins_in_secret);
  ADD ("/reporter/flood", test_flood_is_fast_and_small);
  ADD ("/reporter/problem-told-once", test_problem_told_once);
  ADD ("/reporter/full-disk", test_full_disk);
  ADD ("/reporter/closed-pipe", test_closed_pipe);
  g_test_add_func ("/reporter/times", test_times_filled_in);
  g_test_add_func ("/writer/slow-reader", test_slow_reader);
  g_test_add_func ("/writer/drain", test_drain);
  g_test_add_func ("/writer/file", test_file);
  g_test_add_func ("/writer/short-write", test_short_write);
  g_test_add_func ("/writer/interrupted", test_interrupted);
  g_test_add_func ("/writer/order", test_order);
  g_test_add_func ("/writer/bad-descriptor", test_bad_descriptor);
  return g_test_run ();
}

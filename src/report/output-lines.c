/* SPDX-License-Identifier: MIT */
#include "report/output-lines.h"

#include <string.h>

struct _OutputLines {
  MaskStream *stream;           /* NULL: nothing is masked, or left out */
  GString    *line;             /* masked, not given out */
  gboolean    after_cr;         /* .line ended with \r; \n may follow */
  gboolean    news;
  guint64     taken;            /* bytes that went into .stream */
  guint64     beyond;           /* bytes that did not */
  GString    *tail;             /* the last of those; not masked */
};

OutputLines *
output_lines_new (Masker *masker)
{
  OutputLines *lines = g_new0 (OutputLines, 1);

  lines->stream = masker != NULL ? mask_stream_new (masker) : NULL;
  lines->line = g_string_new (NULL);
  return lines;
}

void
output_lines_free (OutputLines *lines)
{
  if (lines == NULL)
    return;
  g_clear_pointer (&lines->stream, mask_stream_free);
  g_string_free (lines->line, TRUE);
  if (lines->tail != NULL)
    g_string_free (lines->tail, TRUE);
  g_free (lines);
}

static void
give (OutputLines *lines, gsize len, const char *eol, OutputLineFunc func, gpointer user_data)
{
  func (lines->line->str, len, eol, user_data);
  g_string_erase (lines->line, 0, (gssize) len);
  lines->after_cr = FALSE;
  lines->news = TRUE;
}

/* Where to cut a line that is too long: not inside a character. */
static gsize
piece_length (const GString *line)
{
  for (gsize back = 1; back < 4; back++) {
    guchar byte = (guchar) line->str[line->len - back];

    if (byte < 0x80)
      return line->len;
    if (byte >= 0xC0)
      return back < (byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2) ? line->len - back : line->len;
  }
  return line->len;
}

static void
add_byte (OutputLines *lines, char byte, OutputLineFunc func, gpointer user_data)
{
  if (lines->after_cr) {
    give (lines, lines->line->len, byte == '\n' ? "\r\n" : "\r", func, user_data);
    if (byte == '\n')
      return;
  }
  if (byte == '\n') {
    give (lines, lines->line->len, "\n", func, user_data);
  } else if (byte == '\r') {
    lines->after_cr = TRUE;
  } else {
    if (lines->line->len == OUTPUT_LINE_MAX)
      give (lines, piece_length (lines->line), NULL, func, user_data);
    g_string_append_c (lines->line, byte);
  }
}

static void
add_bytes (OutputLines *lines, const char *bytes, gsize len, OutputLineFunc func, gpointer user_data)
{
  for (gsize i = 0; i < len; i++)
    add_byte (lines, bytes[i], func, user_data);
  lines->news = lines->news || len > 0;
}

static void
add_masked (OutputLines *lines, const char *data, gsize len, gboolean last,
            OutputLineFunc func, gpointer user_data)
{
  g_autoptr (GBytes) masked = lines->stream != NULL ? mask_stream_feed (lines->stream, data, len, last) : NULL;

  if (masked != NULL)
    data = g_bytes_get_data (masked, &len);
  add_bytes (lines, data, len, func, user_data);
}

static void
keep_tail (OutputLines *lines, const char *data, gsize len)
{
  if (lines->tail == NULL)
    lines->tail = g_string_sized_new (2 * OUTPUT_TAIL_MAX);
  lines->beyond += len;
  lines->news = TRUE;
  if (len > OUTPUT_TAIL_MAX) {
    data += len - OUTPUT_TAIL_MAX;
    len = OUTPUT_TAIL_MAX;
  }
  /* Moved only when twice as much has come together. */
  if (lines->tail->len + len > 2 * OUTPUT_TAIL_MAX)
    g_string_erase (lines->tail, 0, (gssize) (lines->tail->len + len - OUTPUT_TAIL_MAX));
  g_string_append_len (lines->tail, data, (gssize) len);
}

void
output_lines_feed (OutputLines *lines, const char *data, gsize len, OutputLineFunc func, gpointer user_data)
{
  gsize n = lines->stream != NULL ? (gsize) MIN (len, OUTPUT_HEAD_MAX - lines->taken) : len;

  if (n > 0)
    add_masked (lines, data, n, FALSE, func, user_data);
  lines->taken += n;
  if (len > n)
    keep_tail (lines, data + n, len - n);
}

/* The tail as whole lines: where it begins, a secret may have been cut. */
static const char *
tail_lines (OutputLines *lines)
{
  GString *tail = lines->tail;
  const char *from = tail->len > OUTPUT_TAIL_MAX ? tail->str + tail->len - OUTPUT_TAIL_MAX : tail->str;
  const char *newline = memchr (from, '\n', (gsize) (tail->str + tail->len - from));

  return newline != NULL ? newline + 1 : tail->str + tail->len;
}

guint64
output_lines_left_out (OutputLines *lines)
{
  if (lines->beyond == 0)
    return 0;
  return lines->beyond - (guint64) (lines->tail->str + lines->tail->len - tail_lines (lines));
}

void
output_lines_end (OutputLines *lines, OutputLineFunc func, gpointer user_data)
{
  add_masked (lines, "", 0, TRUE, func, user_data);
  if (lines->line->len > 0 || lines->after_cr)
    give (lines, lines->line->len, lines->after_cr ? "\r" : NULL, func, user_data);
}

void
output_lines_tail (OutputLines *lines, OutputLineFunc func, gpointer user_data)
{
  const char *from;

  if (lines->beyond == 0)
    return;
  from = tail_lines (lines);
  add_masked (lines, from, (gsize) (lines->tail->str + lines->tail->len - from), FALSE, func, user_data);
  output_lines_end (lines, func, user_data);
}

char *
output_lines_news (OutputLines *lines)
{
  gboolean news = lines->news;

  lines->news = FALSE;
  if (!news)
    return NULL;
  if (lines->beyond > 0) {
    g_autofree char *size = g_format_size_full (lines->taken + lines->beyond, G_FORMAT_SIZE_IEC_UNITS);

    return g_strdup_printf ("%s of output so far", size);
  }
  return lines->line->len > 0 ? g_strndup (lines->line->str, lines->line->len) : NULL;
}

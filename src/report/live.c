/* SPDX-License-Identifier: MIT */
#include "report/live.h"

#include <string.h>

#include "report/width.h"

struct _Live {
  GPtrArray *drawn;             /* of char*: what stands there now */
  guint      columns, rows;     /* of the terminal at that time */
};

Live *
live_new (void)
{
  Live *live = g_new0 (Live, 1);

  live->drawn = g_ptr_array_new_with_free_func (g_free);
  return live;
}

void
live_free (Live *live)
{
  g_ptr_array_unref (live->drawn);
  g_free (live);
}

/* Rows that the lines take by now: a terminal made narrower has broken them. */
static guint
rows_taken (Live *live, guint columns)
{
  guint rows = 0;

  for (guint i = 0; i < live->drawn->len; i++) {
    guint width = text_width (live->drawn->pdata[i]);

    rows += MAX (1, (width + columns - 1) / columns);
  }
  return rows;
}

/* One column is left free: a full line would break in some terminals. */
static GPtrArray *
fit_lines (GPtrArray *lines, guint columns, guint rows)
{
  GPtrArray *fitting = g_ptr_array_new_with_free_func (g_free);
  guint room = MAX (2, rows) - 1, n = lines != NULL ? lines->len : 0;
  guint shown = n <= room ? n : room - 1;

  for (guint i = 0; i < shown; i++)
    g_ptr_array_add (fitting, text_cut (lines->pdata[i], columns - 1));
  if (shown < n) {
    g_autofree char *more = g_strdup_printf ("... and %u more", n - shown);

    g_ptr_array_add (fitting, text_cut (more, columns - 1));
  }
  return fitting;
}

static gboolean
same_lines (GPtrArray *a, GPtrArray *b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    if (!g_str_equal (a->pdata[i], b->pdata[i]))
      return FALSE;
  return TRUE;
}

static void
erase (Live *live, GString *out, guint columns)
{
  guint rows = rows_taken (live, columns);

  if (rows > 0)
    g_string_append_printf (out, "\r\x1b[%uA\x1b[J", rows);
}

void
live_draw (Live *live, GString *out, const char *text, GPtrArray *lines,
           guint columns, guint rows, const char *begin, const char *end)
{
  GPtrArray *fitting;

  columns = columns == 0 ? 80 : MAX (columns, 2);
  rows = rows == 0 ? 24 : rows;
  fitting = fit_lines (lines, columns, rows);
  if ((text == NULL || *text == '\0') && columns == live->columns && same_lines (fitting, live->drawn)) {
    g_ptr_array_unref (fitting);
    return;
  }
  erase (live, out, columns);
  if (text != NULL)
    g_string_append (out, text);
  for (guint i = 0; i < fitting->len; i++)
    g_string_append_printf (out, "%s%s%s\n", begin, (char *) fitting->pdata[i], end);
  g_ptr_array_unref (live->drawn);
  live->drawn = fitting;
  live->columns = columns;
  live->rows = rows;
}

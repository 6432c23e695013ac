/* SPDX-License-Identifier: MIT */
#include "report/width.h"

#include <string.h>

static guint
char_width (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
}

guint
text_width (const char *text)
{
  guint width = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    width += char_width (g_utf8_get_char (p));
  return width;
}

char *
text_cut (const char *text, guint columns)
{
  guint width = 0;
  const char *p = text;

  while (*p != '\0') {
    width += char_width (g_utf8_get_char (p));
    if (width > columns)
      break;
    p = g_utf8_next_char (p);
  }
  return g_strndup (text, (gsize) (p - text));
}

char *
text_pad (const char *text, guint columns)
{
  guint width = text_width (text);

  if (width >= columns)
    return g_strdup (text);
  return g_strdup_printf ("%s%*s", text, (int) (columns - width), "");
}

/* SPDX-License-Identifier: MIT */
#include "base/placeholder-name.h"

#include <string.h>

/* The last two bits of these are set.  A line never ends in them: in base64
 * the character that it shares with what follows could otherwise become one
 * of the two that depend on the alphabet, and which alphabet it is may not
 * be seen in the rest. */
#define NOT_LAST "37cgkosw"

/* None of them is in NOT_LAST, nor is SHORT_FILL, which is not among them. */
static const char short_digits[] = "01245689abdefhijlmnpqrtuvyz";
#define SHORT_FILL 'x'

static gsize
count_letters (const char *text, gsize len)
{
  gsize n = 0;

  for (gsize i = 0; i < len; i++)
    n += !g_ascii_isspace (text[i]);
  return n;
}

static gsize
line_length (const char *text, gsize len)
{
  const char *newline = memchr (text, '\n', len);

  return newline != NULL ? (gsize) (newline - text) + 1 : len;
}

static gsize
longest_line (const char *text, gsize len)
{
  gsize longest = 0;

  for (gsize at = 0, size; at < len; at += size) {
    size = line_length (text + at, len - at);
    longest = MAX (longest, count_letters (text + at, size));
  }
  return longest;
}

/* Each line begins anew: it may be found alone. */
static void
fill_line (char *line, gsize len, const char *beginning, const char *digits)
{
  gsize n = 0, begun = strlen (beginning);
  char *last = NULL;

  for (gsize i = 0; i < len; i++) {
    if (g_ascii_isspace (line[i]))
      continue;
    last = line + i;
    *last = n < begun ? beginning[n] : digits[(n - begun) % strlen (digits)];
    n++;
  }
  if (last != NULL && strchr (NOT_LAST, *last) != NULL)
    *last = '0';
}

static char *
beginning_of (const char *name, guint number)
{
  g_autofree char *plain = g_ascii_strdown (name, -1);

  for (char *p = plain; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p))
      *p = '-';
  return g_strdup_printf ("secret-%u-%s%s", number, plain, *plain != '\0' ? "-" : "");
}

static void
fill_lines (char *text, gsize len, const char *name, guint number)
{
  g_autofree char *beginning = beginning_of (name, number);
  g_autofree char *digits = g_strdup_printf ("%u", number);

  for (gsize at = 0, size; at < len; at += size) {
    size = line_length (text + at, len - at);
    fill_line (text + at, size, beginning, digits);
  }
}

/* No room for a name: the number, with its last digit last. */
static gboolean
fill_short (char *text, gsize len, guint number)
{
  gsize left = count_letters (text, len), base = strlen (short_digits);

  for (gsize i = len; i > 0; i--) {
    if (g_ascii_isspace (text[i - 1]))
      continue;
    left--;
    text[i - 1] = left == 0 && number == 0 ? SHORT_FILL : short_digits[number % base];
    number /= (guint) base;
  }
  return number == 0;
}

char *
placeholder_name (const char *name, guint number, const char *value, gsize len)
{
  g_autofree char *text = g_malloc (len + 1);
  g_autofree char *least = g_strdup_printf ("secret-%u-", number);

  memcpy (text, value, len);
  text[len] = '\0';
  if (longest_line (value, len) >= strlen (least))
    fill_lines (text, len, name, number);
  else if (!fill_short (text, len, number))
    return NULL;
  return g_steal_pointer (&text);
}

/* SPDX-License-Identifier: MIT */
#include "base/yaml-text.h"

#include <string.h>

#include "base/yaml.h"

#define MAX_PROBLEMS 20

void
yaml_text_problem (GPtrArray *problems, guint line, guint column, char *message)
{
  YamlProblem *problem = g_new0 (YamlProblem, 1);

  problem->line = line;
  problem->column = column;
  problem->message = message;
  g_ptr_array_add (problems, problem);
}

/* What a character that must not be in a text is; NULL: it may be. */
static const char *
describe_forbidden (gunichar c)
{
  if (c == 0)
    return "a NUL byte";
  if (c == 0x85 || c == 0x2028 || c == 0x2029)
    return "a line break that most editors do not show";
  if (c == 0xfeff)
    return "a byte order mark inside the text";
  if (c < 0x20 ? c != '\t' && c != '\n' && c != '\r' : c >= 0x7f && c <= 0x9f)
    return "a control character";
  if (c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
    return "a character that changes the direction of text";
  if (c == 0xad || c == 0x200b || c == 0x180e || (c >= 0x2060 && c <= 0x206f) || (c >= 0xfff9 && c <= 0xfffb)
      || (c >= 0xe0000 && c <= 0xe007f))
    return "an invisible character";
  if ((c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef))
    return "not a character";
  return NULL;
}

static char *
describe_bytes (const char *text, gsize len)
{
  if (len >= 4 && (memcmp (text, "\0\0\xfe\xff", 4) == 0 || memcmp (text, "\xff\xfe\0\0", 4) == 0))
    return g_strdup ("is UTF-32: save it as UTF-8");
  if (len >= 2 && (memcmp (text, "\xfe\xff", 2) == 0 || memcmp (text, "\xff\xfe", 2) == 0))
    return g_strdup ("is UTF-16: save it as UTF-8");
  return NULL;
}

/* FALSE: no more problems are wanted. */
static gboolean
check_character (const char *p, const char *end, guint line, guint column, GPtrArray *problems)
{
  gunichar c = *p == '\0' ? 0 : g_utf8_get_char_validated (p, end - p);
  const char *what;

  if (c == (gunichar) -1 || c == (gunichar) -2) {
    yaml_text_problem (problems, line, column, g_strdup_printf ("not UTF-8: byte 0x%02x", (guchar) *p));
    return FALSE;
  }
  what = describe_forbidden (c);
  if (what != NULL)
    yaml_text_problem (problems, line, column, g_strdup_printf ("U+%04X, %s", c, what));
  return problems->len < MAX_PROBLEMS;
}

gboolean
yaml_text_check (const char **text, gsize *len, GPtrArray *problems)
{
  const char *p = *text, *end = p + *len;
  guint line = 1, column = 1, before = problems->len;
  char *whole = describe_bytes (p, *len);

  if (whole == NULL && *len > YAML_MAX_BYTES)
    whole = g_strdup_printf ("is larger than %d bytes", YAML_MAX_BYTES);
  if (whole != NULL) {
    yaml_text_problem (problems, 0, 0, whole);
    return FALSE;
  }
  if (*len >= 3 && memcmp (p, "\xef\xbb\xbf", 3) == 0)
    *text = p += 3;
  *len = (gsize) (end - p);
  while (p < end) {
    /* Printable ASCII, the usual, needs no more than this. */
    if ((guchar) *p - 0x20u >= 0x5fu && *p != '\n' && *p != '\r' && *p != '\t'
        && !check_character (p, end, line, column, problems))
      return FALSE;
    column++;
    if (*p == '\n' || (*p == '\r' && !(p + 1 < end && p[1] == '\n'))) {
      line++;
      column = 1;
    }
    p = g_utf8_next_char (p);
  }
  return problems->len == before;
}

char *
yaml_text_check_value (const char *value, gsize len)
{
  const char *end = value + len;

  for (const char *p = value; p < end; p = g_utf8_next_char (p))
    if (describe_forbidden (g_utf8_get_char (p)) != NULL)
      return g_strdup_printf ("U+%04X", g_utf8_get_char (p));
  return NULL;
}

/* SPDX-License-Identifier: MIT */
#include "base/mask-encodings.h"

#include <string.h>

#include "base/text.h"

typedef struct {
  MaskFormFunc func;
  gpointer     user_data;
} Sink;

static void
give (const Sink *sink, const char *form, gsize len)
{
  sink->func (form, len, sink->user_data);
}

static void
give_string (const Sink *sink, GString *form)
{
  give (sink, form->str, form->len);
  g_string_free (form, TRUE);
}

/* ---- base64 -------------------------------------------------------------- */

static void
give_both_alphabets (const Sink *sink, const char *text, gsize len)
{
  g_autofree char *url = g_strndup (text, len);

  give (sink, text, len);
  g_strdelimit (url, "+", '-');
  g_strdelimit (url, "/", '_');
  give (sink, url, len);
}

/* Lines of WIDTH, as base64(1) and PEM files have them. */
static void
give_broken (const Sink *sink, const char *text, gsize len, gsize width)
{
  for (gsize at = 0; len > width && at < len; at += width)
    give_both_alphabets (sink, text + at, MIN (width, len - at));
}

/* After SHIFT other bytes: the characters that depend on VALUE alone. */
static void
give_base64 (const Sink *sink, const char *value, gsize len, gsize shift)
{
  static const gsize drop[] = { 0, 2, 3 };
  g_autofree guchar *bytes = g_malloc0 (shift + len);
  g_autofree char *text = NULL;
  gsize whole = (shift + len) * 8 / 6;

  memcpy (bytes + shift, value, len);
  text = g_base64_encode (bytes, shift + len);
  give_both_alphabets (sink, text + drop[shift], whole - drop[shift]);
  if (shift > 0)
    return;
  give_both_alphabets (sink, text, strlen (text));
  give_broken (sink, text, strlen (text), 64);
  give_broken (sink, text, strlen (text), 76);
}

static void
give_hex (const Sink *sink, const char *value, gsize len, const char *format)
{
  GString *form = g_string_sized_new (len * 2);

  for (gsize i = 0; i < len; i++)
    g_string_append_printf (form, *format == 'x' ? "%02x" : "%02X", (guchar) value[i]);
  give_string (sink, form);
}

/* ---- strings of JSON and YAML -------------------------------------------- */

typedef enum {
  JSON_HTML  = 1 << 0,          /* as Go does: < > & as \u003c */
  JSON_ASCII = 1 << 1,          /* as Python does: nothing but ASCII */
  JSON_SLASH = 1 << 2,          /* as PHP does: \/ */
} JsonStyle;

static void
append_utf16 (GString *form, gunichar c)
{
  if (c >= 0x10000)
    g_string_append_printf (form, "\\u%04x\\u%04x", 0xD800 + ((c - 0x10000) >> 10),
                            0xDC00 + ((c - 0x10000) & 0x3FF));
  else
    g_string_append_printf (form, "\\u%04x", c);
}

static void
append_json_char (GString *form, gunichar c, guint style)
{
  static const char letters[] = "btn.fr";

  if (c == '"' || c == '\\' || (c == '/' && (style & JSON_SLASH)))
    g_string_append_printf (form, "\\%c", (char) c);
  else if (c >= '\b' && c <= '\r' && c != '\v')
    g_string_append_printf (form, "\\%c", letters[c - '\b']);
  else if (c < 0x20 || ((style & JSON_HTML) && strchr ("<>&", (int) MIN (c, 0x7F)) != NULL)
           || ((style & JSON_ASCII) && c >= 0x7F)
           || ((style & JSON_HTML) && (c == 0x2028 || c == 0x2029)))
    append_utf16 (form, c);
  else
    g_string_append_unichar (form, c);
}

static void
give_json (const Sink *sink, const char *value, gsize len, guint style)
{
  GString *form = g_string_sized_new (len);

  for (const char *p = value; p < value + len; p = g_utf8_next_char (p))
    append_json_char (form, g_utf8_get_char (p), style);
  give_string (sink, form);
}

/* ---- replacing single bytes ---------------------------------------------- */

/* The bytes of SPECIAL with BEFORE put in front, or all of REPLACEMENTS,
 * separated by spaces, in the order of SPECIAL. */
static void
give_escaped (const Sink *sink, const char *value, gsize len, const char *special,
              const char *before, const char *replacements)
{
  GString *form = g_string_sized_new (len);
  g_auto (GStrv) words = replacements != NULL ? g_strsplit (replacements, " ", -1) : NULL;

  for (gsize i = 0; i < len; i++) {
    const char *found = value[i] != '\0' ? strchr (special, value[i]) : NULL;

    if (found != NULL && words != NULL) {
      g_string_append (form, words[found - special]);
      continue;
    }
    if (found != NULL)
      g_string_append (form, before);
    g_string_append_c (form, value[i]);
  }
  give_string (sink, form);
}

static void
give_url (const Sink *sink, const char *value, gsize len, const char *unescaped, gboolean plus, gboolean lower)
{
  GString *form = g_string_sized_new (len);

  for (gsize i = 0; i < len; i++) {
    guchar c = (guchar) value[i];

    if (c == ' ' && plus)
      g_string_append_c (form, '+');
    else if (g_ascii_isalnum (c) || (c != '\0' && strchr ("-._~", c) != NULL)
             || (c != '\0' && strchr (unescaped, c) != NULL))
      g_string_append_c (form, (char) c);
    else
      g_string_append_printf (form, lower ? "%%%02x" : "%%%02X", c);
  }
  give_string (sink, form);
}

static void
give_urls (const Sink *sink, const char *value, gsize len)
{
  /* Nothing; encodeURIComponent; Python's quote; a path; a query. */
  static const char *const unescaped[] = { "", "!'()*", "/", "/:@!$&'()*+,;=", "*" };

  for (guint i = 0; i < G_N_ELEMENTS (unescaped); i++)
    for (guint style = 0; style < 4; style++)
      give_url (sink, value, len, unescaped[i], (style & 1) != 0, (style & 2) != 0);
}

/* ---- quoting for a shell ------------------------------------------------- */

/* As shell_quote does, without the quotes around it. */
static void
give_shell_quoted (const Sink *sink, const char *text)
{
  g_autofree char *quoted = shell_quote (text);
  gsize len = strlen (quoted);
  gsize skip = g_str_has_prefix (quoted, "$'") ? 2 : *quoted == '\'' ? 1 : 0;

  if (skip > 0 && len > skip + 1)
    give (sink, quoted + skip, len - skip - 1);
}

static void
give_shell (const Sink *sink, const char *value, gsize len)
{
  g_autofree char *text = g_strndup (value, len);

  if (strlen (text) == len)
    give_shell_quoted (sink, text);
  give_escaped (sink, value, len, "'", NULL, "'\\''");
  give_escaped (sink, value, len, "'", NULL, "'\"'\"'");
  give_escaped (sink, value, len, "'", NULL, "''");               /* YAML, SQL */
  give_escaped (sink, value, len, "'\\", "\\", NULL);
  give_escaped (sink, value, len, "\"\\", "\\", NULL);
  give_escaped (sink, value, len, "\"\\$`", "\\", NULL);
  give_escaped (sink, value, len, " \t!\"#$&'()*,;<>?[\\]^`{|}", "\\", NULL);     /* printf %q */
  give_escaped (sink, value, len, " \t!\"#$&'()*,;<>?[\\]^`{|}~", "\\", NULL);
}

/* ---- all of them --------------------------------------------------------- */

static void
give_all (const Sink *sink, const char *value, gsize len)
{
  give (sink, value, len);
  for (gsize shift = 0; shift < 3; shift++)
    give_base64 (sink, value, len, shift);
  give_hex (sink, value, len, "x");
  give_hex (sink, value, len, "X");
  if (g_utf8_validate_len (value, len, NULL))
    for (guint style = 0; style < 8; style++)
      give_json (sink, value, len, style);
  give_urls (sink, value, len);
  give_shell (sink, value, len);
  give_escaped (sink, value, len, "&<>\"'", NULL, "&amp; &lt; &gt; &quot; &#39;");
  give_escaped (sink, value, len, "&<>\"'", NULL, "&amp; &lt; &gt; &#34; &#39;");
  give_escaped (sink, value, len, "&<>", NULL, "&amp; &lt; &gt;");
}

static void
trim (const char **begin, const char **end)
{
  while (*begin < *end && g_ascii_isspace (**begin))
    (*begin)++;
  while (*end > *begin && g_ascii_isspace ((*end)[-1]))
    (*end)--;
}

static void
give_lines (const Sink *sink, const char *value, gsize len)
{
  const char *end = value + len;

  for (const char *begin = value; begin < end; ) {
    const char *newline = memchr (begin, '\n', (gsize) (end - begin));
    const char *from = begin, *to = newline != NULL ? newline : end;

    begin = newline != NULL ? newline + 1 : end;
    trim (&from, &to);
    if (to > from)
      give_all (sink, from, (gsize) (to - from));
  }
}

void
mask_each_form (const char *value, gsize len, MaskFormFunc func, gpointer user_data)
{
  const Sink sink = { func, user_data };
  const char *from = value, *to = value + len;

  give_all (&sink, value, len);
  trim (&from, &to);
  if ((gsize) (to - from) < len)
    give_all (&sink, from, (gsize) (to - from));
  if (memchr (from, '\n', (gsize) (to - from)) != NULL)
    give_lines (&sink, from, (gsize) (to - from));
}

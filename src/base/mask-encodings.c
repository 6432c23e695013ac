/* SPDX-License-Identifier: MIT */
#include "base/mask-encodings.h"

#include <string.h>

#include "base/text.h"

/* ---- one character ------------------------------------------------------- */

/* Each appends what its encoding makes of the character at P, END is that of
 * the text, and returns how many bytes of it that was. */

static gsize
append_hex (GString *form, const char *p, guint style)
{
  g_string_append_printf (form, style == 'x' ? "%02x" : "%02X", (guchar) *p);
  return 1;
}

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

static gsize
append_json (GString *form, const char *p, guint style)
{
  static const char letters[] = "btn.fr";
  gunichar c = g_utf8_get_char (p);

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
  return (gsize) (g_utf8_next_char (p) - p);
}

/* Nothing; encodeURIComponent; Python's quote; a path; a query. */
static const char *const url_unescaped[] = { "", "!'()*", "/", "/:@!$&'()*+,;=", "*" };

/* STYLE / 4 of url_unescaped; 1: spaces as +, 2: lower case. */
static gsize
append_url (GString *form, const char *p, guint style)
{
  guchar c = (guchar) *p;

  if (c == ' ' && (style & 1) != 0)
    g_string_append_c (form, '+');
  else if (g_ascii_isalnum (c)
           || (c != '\0' && (strchr ("-._~", c) != NULL || strchr (url_unescaped[style / 4], c) != NULL)))
    g_string_append_c (form, (char) c);
  else
    g_string_append_printf (form, (style & 2) != 0 ? "%%%02x" : "%%%02X", c);
  return 1;
}

/* The bytes of SPECIAL with a backslash in front or, in their order, INSTEAD. */
static const struct { const char *special; const char *instead[5]; } escapes[] = {
  { "'", { "'\\''" } },
  { "'", { "'\"'\"'" } },
  { "'", { "''" } },                                               /* YAML, SQL */
  { "'\\", { NULL } },
  { "\"\\", { NULL } },
  { "\"\\$`", { NULL } },
  { " \t!\"#$&'()*,;<>?[\\]^`{|}", { NULL } },                     /* printf %q */
  { " \t!\"#$&'()*,;<>?[\\]^`{|}~", { NULL } },
  { "&<>\"'", { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" } },
  { "&<>\"'", { "&amp;", "&lt;", "&gt;", "&#34;", "&#39;" } },
  { "&<>", { "&amp;", "&lt;", "&gt;" } },
};

static gsize
append_escaped (GString *form, const char *p, guint style)
{
  const char *special = escapes[style].special;
  const char *found = *p != '\0' ? strchr (special, *p) : NULL;

  if (found != NULL && escapes[style].instead[0] != NULL) {
    g_string_append (form, escapes[style].instead[found - special]);
    return 1;
  }
  if (found != NULL)
    g_string_append_c (form, '\\');
  g_string_append_c (form, *p);
  return 1;
}

static gsize
append_char (GString *form, guint encoding, guint style, const char *p, const char *end)
{
  switch (encoding) {
  case MASK_HEX:
    return append_hex (form, p, style);
  case MASK_JSON:
    return append_json (form, p, style);
  case MASK_URL:
    return append_url (form, p, style);
  case MASK_DOLLAR:
    return shell_append_dollar (form, p, end);
  case MASK_ESCAPED:
    return append_escaped (form, p, style);
  default:
    g_string_append_c (form, *p);
    return 1;
  }
}

/* ---- the forms of a part ------------------------------------------------- */

/* A part of the value that is encoded. */
typedef struct {
  const char  *value, *end;
  gsize        from;            /* in all of the value */
  MaskFormFunc func;
  gpointer     user_data;
} Part;

static void
give (const Part *part, const char *form, gsize len, MaskEncoding encoding, guint style, gsize left_out)
{
  const MaskForm how = { (guint32) part->from, (guint32) (part->end - part->value), (guint16) encoding,
                         (guint16) style, (guint32) left_out };

  part->func (form, len, &how, part->user_data);
}

static void
give_encoded (const Part *part, MaskEncoding encoding, guint style)
{
  g_autoptr (GString) form = g_string_sized_new ((gsize) (part->end - part->value) * 2);

  for (const char *p = part->value; p < part->end; )
    p += append_char (form, encoding, style, p, part->end);
  give (part, form->str, form->len, encoding, style, 0);
}

static void
give_both_alphabets (const Part *part, const char *text, gsize len, gsize shift, gsize left_out)
{
  g_autofree char *url = g_strndup (text, len);

  give (part, text, len, MASK_BASE64, (guint) shift, left_out);
  g_strdelimit (url, "+", '-');
  g_strdelimit (url, "/", '_');
  give (part, url, len, MASK_BASE64, (guint) shift, left_out);
}

/* Lines of WIDTH, as base64(1) and PEM files have them. */
static void
give_broken (const Part *part, const char *text, gsize len, gsize width)
{
  for (gsize at = 0; len > width && at < len; at += width)
    give_both_alphabets (part, text + at, MIN (width, len - at), 0, at);
}

/* After SHIFT other bytes: the characters that depend on the part alone. */
static void
give_base64 (const Part *part, gsize shift)
{
  static const gsize drop[] = { 0, 2, 3 };
  gsize len = (gsize) (part->end - part->value), whole = (shift + len) * 8 / 6;
  g_autofree guchar *bytes = g_malloc0 (shift + len);
  g_autofree char *text = NULL;

  memcpy (bytes + shift, part->value, len);
  text = g_base64_encode (bytes, shift + len);
  give_both_alphabets (part, text + drop[shift], whole - drop[shift], shift, drop[shift]);
  if (shift > 0)
    return;
  give_both_alphabets (part, text, strlen (text), 0, 0);
  give_broken (part, text, strlen (text), 64);
  give_broken (part, text, strlen (text), 76);
}

/* As shell_quote does where it needs $'...'; else it is one of the escapes. */
static void
give_dollar (const Part *part)
{
  gsize len = (gsize) (part->end - part->value);
  g_autofree char *text = g_strndup (part->value, len);
  g_autofree char *quoted = strlen (text) == len ? shell_quote (text) : NULL;

  if (quoted != NULL && g_str_has_prefix (quoted, "$'"))
    give_encoded (part, MASK_DOLLAR, 0);
}

static void
give_all (const char *value, gsize from, gsize to, MaskFormFunc func, gpointer user_data)
{
  const Part part = { value + from, value + to, from, func, user_data };

  give (&part, part.value, to - from, MASK_RAW, 0, 0);
  for (gsize shift = 0; shift < 3; shift++)
    give_base64 (&part, shift);
  give_encoded (&part, MASK_HEX, 'x');
  give_encoded (&part, MASK_HEX, 'X');
  if (g_utf8_validate_len (part.value, to - from, NULL))
    for (guint style = 0; style < 8; style++)
      give_encoded (&part, MASK_JSON, style);
  for (guint style = 0; style < 4 * G_N_ELEMENTS (url_unescaped); style++)
    give_encoded (&part, MASK_URL, style);
  give_dollar (&part);
  for (guint style = 0; style < G_N_ELEMENTS (escapes); style++)
    give_encoded (&part, MASK_ESCAPED, style);
}

/* ---- all of them --------------------------------------------------------- */

static void
trim (const char *value, gsize *from, gsize *to)
{
  while (*from < *to && g_ascii_isspace (value[*from]))
    (*from)++;
  while (*to > *from && g_ascii_isspace (value[*to - 1]))
    (*to)--;
}

static void
give_lines (const char *value, gsize begin, gsize end, MaskFormFunc func, gpointer user_data)
{
  while (begin < end) {
    const char *newline = memchr (value + begin, '\n', end - begin);
    gsize from = begin, to = newline != NULL ? (gsize) (newline - value) : end;

    begin = to + 1;
    trim (value, &from, &to);
    if (to > from)
      give_all (value, from, to, func, user_data);
  }
}

void
mask_each_form (const char *value, gsize len, MaskFormFunc func, gpointer user_data)
{
  gsize from = 0, to = len;

  give_all (value, 0, len, func, user_data);
  trim (value, &from, &to);
  if (to - from < len)
    give_all (value, from, to, func, user_data);
  if (memchr (value + from, '\n', to - from) != NULL)
    give_lines (value, from, to, func, user_data);
}

/* ---- other bytes in the same form ---------------------------------------- */

static const char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char
mask_base64_char (guint value)
{
  return base64_alphabet[value];
}

int
mask_base64_value (char c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

guint
mask_form_bits (const MaskForm *how, const char *other, gsize number, guint *own)
{
  guint bits = 0;

  *own = 0;
  for (gsize i = 0; i < 6; i++) {
    gsize bit = number * 6 + i, at = bit / 8 - how->style;

    if (bit < how->style * 8u || at >= how->len)
      continue;
    *own |= 0x20u >> i;
    if (((guchar) other[how->from + at] >> (7 - bit % 8) & 1) != 0)
      bits |= 0x20u >> i;
  }
  return bits;
}

static void
replace_base64 (const MaskForm *how, const char *other, gsize skip, gsize upto, GString *out)
{
  for (gsize i = skip; i < upto; i++) {
    guint own;
    guint bits = mask_form_bits (how, other, how->left_out + i, &own);

    g_string_append_c (out, own != 0 ? mask_base64_char (bits) : '=');
  }
}

void
mask_form_replace (const MaskForm *how, const char *value, const char *other, gsize skip, gsize upto, GString *out)
{
  g_autoptr (GString) form = g_string_new (NULL);
  gsize at = 0, end = how->from + how->len;

  if (how->encoding == MASK_BASE64) {
    replace_base64 (how, other, skip, upto, out);
    return;
  }
  for (gsize i = how->from, next; i < end && at < upto; i = next, at += form->len) {
    g_string_truncate (form, 0);
    next = i + append_char (form, how->encoding, how->style, value + i, value + end);
    for (gsize k = i; at >= skip && k < next; k++)
      append_char (out, how->encoding, how->style, other + k, other + k + 1);
  }
}

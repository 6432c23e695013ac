/* A reader of RFC 8259 and nothing more, which builds json-glib's nodes.
 *
 * json-glib 1.6's own parser recurses without limit (80 kB of "[" end the
 * program), wraps numbers round, cuts strings at \u0000, ignores what follows
 * the first value and takes comments and single quotes.  So it is not used.
 * SPDX-License-Identifier: MIT */
#include "base/strict-json.h"

#include <math.h>
#include <string.h>

#include "base/errors.h"
#include "base/json-query.h"

/* ---- reading ------------------------------------------------------------- */

typedef struct {
  const char *start, *at, *end;
  guint       depth;
  GError    **error;
} Reader;

static JsonNode *read_value (Reader *reader);

/* Always NULL, so that callers can return it.  Nothing of the text is quoted
 * but one character: it may be the beginning of a secret. */
static gpointer G_GNUC_PRINTF (3, 4)
fail_at (Reader *reader, const char *where, const char *format, ...)
{
  guint line = 1, column;
  const char *begin = reader->start;
  g_autofree char *why = NULL;
  va_list args;

  for (const char *p = reader->start; p < where; p++)
    if (*p == '\n') {
      line++;
      begin = p + 1;
    }
  column = (guint) g_utf8_strlen (begin, where - begin) + 1;
  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (reader->error, GALLEY_ERROR, GALLEY_ERROR_FAILED,
               "not valid JSON: line %u, column %u: %s", line, column, why);
  return NULL;
}

static gpointer
fail_here (Reader *reader, const char *wanted)
{
  gunichar c;

  if (reader->at == reader->end)
    return fail_at (reader, reader->at, "it ends where %s should be", wanted);
  c = g_utf8_get_char (reader->at);
  if (c == 0xFEFF)
    return fail_at (reader, reader->at, "a byte order mark where %s should be", wanted);
  if (!g_unichar_isgraph (c))
    return fail_at (reader, reader->at, "character U+%04X where %s should be", c, wanted);
  return fail_at (reader, reader->at, "\"%.*s\" where %s should be",
                  (int) (g_utf8_next_char (reader->at) - reader->at), reader->at, wanted);
}

static void
skip_space (Reader *reader)
{
  while (reader->at < reader->end && *reader->at != '\0' && strchr (" \t\n\r", *reader->at) != NULL)
    reader->at++;
}

static gboolean
accept (Reader *reader, char c)
{
  if (reader->at == reader->end || *reader->at != c)
    return FALSE;
  reader->at++;
  return TRUE;
}

static gboolean
read_hex4 (Reader *reader, gunichar *code)
{
  *code = 0;
  for (int i = 0; i < 4; i++) {
    if (reader->at == reader->end || !g_ascii_isxdigit (*reader->at))
      return fail_here (reader, "one of four hexadecimal digits"), FALSE;
    *code = *code * 16 + (gunichar) g_ascii_xdigit_value (*reader->at++);
  }
  return TRUE;
}

/* After "\u". */
static gboolean
read_unicode_escape (Reader *reader, GString *out)
{
  const char *escape = reader->at - 2;
  gunichar code, low;

  if (!read_hex4 (reader, &code))
    return FALSE;
  if (code >= 0xD800 && code < 0xDC00 && reader->end - reader->at >= 2
      && reader->at[0] == '\\' && reader->at[1] == 'u') {
    reader->at += 2;
    if (!read_hex4 (reader, &low))
      return FALSE;
    if (low < 0xDC00 || low > 0xDFFF)
      return fail_at (reader, escape, "half of a surrogate pair"), FALSE;
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  if (code >= 0xD800 && code < 0xE000)
    return fail_at (reader, escape, "half of a surrogate pair"), FALSE;
  if (code == 0)
    return fail_at (reader, escape, "a NUL character in a string"), FALSE;
  g_string_append_unichar (out, code);
  return TRUE;
}

static gboolean
read_escape (Reader *reader, GString *out)
{
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *found;

  if (accept (reader, 'u'))
    return read_unicode_escape (reader, out);
  if (reader->at == reader->end || *reader->at == '\0' || (found = strchr (from, *reader->at)) == NULL)
    return fail_here (reader, "an escaped character"), FALSE;
  g_string_append_c (out, to[found - from]);
  reader->at++;
  return TRUE;
}

/* After the opening quote. */
static char *
read_string (Reader *reader)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (;;) {
    const char *from = reader->at;

    while (reader->at < reader->end && *reader->at != '"' && *reader->at != '\\'
           && (guchar) *reader->at >= 0x20)
      reader->at++;
    g_string_append_len (out, from, reader->at - from);
    if (accept (reader, '"'))
      return g_string_free (g_steal_pointer (&out), FALSE);
    if (!accept (reader, '\\'))
      return fail_here (reader, "the end of a string");
    if (!read_escape (reader, out))
      return NULL;
  }
}

static gboolean
read_digits (Reader *reader)
{
  if (reader->at == reader->end || !g_ascii_isdigit (*reader->at))
    return fail_here (reader, "a digit"), FALSE;
  while (reader->at < reader->end && g_ascii_isdigit (*reader->at))
    reader->at++;
  return TRUE;
}

static JsonNode *
new_string (const char *text)
{
  return json_node_init_string (json_node_alloc (), text);
}

static JsonNode *
new_integer (const char *digits)
{
  gint64 value;

  if (g_ascii_string_to_signed (digits, 10, G_MININT64, G_MAXINT64, &value, NULL))
    return json_node_init_int (json_node_alloc (), value);
  return new_string (digits);
}

static JsonNode *
read_number (Reader *reader)
{
  const char *from = reader->at;
  gboolean whole = TRUE;
  g_autofree char *digits = NULL;
  double value;

  accept (reader, '-');
  if (!accept (reader, '0') && !read_digits (reader))
    return NULL;
  if (accept (reader, '.')) {
    whole = FALSE;
    if (!read_digits (reader))
      return NULL;
  }
  if (accept (reader, 'e') || accept (reader, 'E')) {
    whole = FALSE;
    if (!accept (reader, '-'))
      accept (reader, '+');
    if (!read_digits (reader))
      return NULL;
  }
  digits = g_strndup (from, (gsize) (reader->at - from));
  if (whole)
    return new_integer (digits);
  value = g_ascii_strtod (digits, NULL);
  if (!isfinite (value))
    return fail_at (reader, from, "a number too large to be kept");
  return json_node_init_double (json_node_alloc (), value);
}

static JsonNode *
read_word (Reader *reader)
{
  static const char *const words[] = { "true", "false", "null" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
    gsize len = strlen (words[i]);

    if ((gsize) (reader->end - reader->at) < len || memcmp (reader->at, words[i], len) != 0)
      continue;
    reader->at += len;
    if (i == 2)
      return json_node_init_null (json_node_alloc ());
    return json_node_init_boolean (json_node_alloc (), i == 0);
  }
  return fail_here (reader, "a value");
}

static gboolean
read_member (Reader *reader, JsonObject *object)
{
  const char *where;
  g_autofree char *name = NULL;
  JsonNode *value;

  skip_space (reader);
  where = reader->at;
  if (!accept (reader, '"'))
    return fail_here (reader, "a key in double quotes"), FALSE;
  if ((name = read_string (reader)) == NULL)
    return FALSE;
  if (json_object_has_member (object, name))
    return fail_at (reader, where, "a key that was there before"), FALSE;
  skip_space (reader);
  if (!accept (reader, ':'))
    return fail_here (reader, "a colon"), FALSE;
  if ((value = read_value (reader)) == NULL)
    return FALSE;
  json_object_set_member (object, name, value);
  return TRUE;
}

static JsonNode *
read_object (Reader *reader)
{
  g_autoptr (JsonObject) object = json_object_new ();

  skip_space (reader);
  if (!accept (reader, '}'))
    for (;;) {
      if (!read_member (reader, object))
        return NULL;
      skip_space (reader);
      if (accept (reader, '}'))
        break;
      if (!accept (reader, ','))
        return fail_here (reader, "a comma or \"}\"");
    }
  return json_node_init_object (json_node_alloc (), object);
}

static JsonNode *
read_array (Reader *reader)
{
  g_autoptr (JsonArray) array = json_array_new ();

  skip_space (reader);
  if (!accept (reader, ']'))
    for (;;) {
      JsonNode *value = read_value (reader);

      if (value == NULL)
        return NULL;
      json_array_add_element (array, value);
      skip_space (reader);
      if (accept (reader, ']'))
        break;
      if (!accept (reader, ','))
        return fail_here (reader, "a comma or \"]\"");
    }
  return json_node_init_array (json_node_alloc (), array);
}

static JsonNode *
read_value (Reader *reader)
{
  JsonNode *node;

  skip_space (reader);
  if (reader->at == reader->end)
    return fail_here (reader, "a value");
  if (*reader->at == '"') {
    g_autofree char *text = (reader->at++, read_string (reader));

    return text == NULL ? NULL : new_string (text);
  }
  if (*reader->at == '-' || g_ascii_isdigit (*reader->at))
    return read_number (reader);
  if (*reader->at != '{' && *reader->at != '[')
    return read_word (reader);
  if (++reader->depth > STRICT_JSON_MAX_DEPTH)
    return fail_at (reader, reader->at, "more than %d levels", STRICT_JSON_MAX_DEPTH);
  node = *reader->at++ == '{' ? read_object (reader) : read_array (reader);
  reader->depth--;
  return node;
}

JsonNode *
strict_json_parse (const char *text, gssize len, GError **error)
{
  gsize size = len < 0 ? strlen (text) : (gsize) len;
  Reader reader = { text, text, text + size, 0, error };
  const char *bad;
  g_autoptr (JsonNode) root = NULL;

  if (size > STRICT_JSON_MAX_BYTES) {
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_FAILED,
                 "not read as JSON: %" G_GSIZE_FORMAT " bytes are more than %d MiB",
                 size, STRICT_JSON_MAX_BYTES / (1024 * 1024));
    return NULL;
  }
  if (!g_utf8_validate_len (text, size, &bad))
    return fail_at (&reader, bad, *bad == '\0' ? "a NUL byte" : "bytes that are not UTF-8");
  skip_space (&reader);
  if (reader.at == reader.end)
    return fail_at (&reader, reader.at, "it is empty");
  root = read_value (&reader);
  if (root == NULL)
    return NULL;
  skip_space (&reader);
  if (reader.at != reader.end)
    return fail_here (&reader, "the end");
  return g_steal_pointer (&root);
}

/* ---- writing ------------------------------------------------------------- */

const char *
strict_json_string (JsonNode *node)
{
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

static void write_node (GString *out, JsonNode *node, gboolean sorted);

void
strict_json_write_string (GString *out, const char *text)
{
  static const char letters[] = "btn.fr";
  g_autofree char *valid = g_utf8_validate (text, -1, NULL) ? NULL : g_utf8_make_valid (text, -1);

  g_string_append_c (out, '"');
  for (const guchar *p = (const guchar *) (valid != NULL ? valid : text); *p != '\0'; p++) {
    if (*p == '"' || *p == '\\')
      g_string_append_printf (out, "\\%c", *p);
    else if (*p >= '\b' && *p <= '\r' && *p != '\v')
      g_string_append_printf (out, "\\%c", letters[*p - '\b']);
    else if (*p < 0x20 || *p == 0x7F)
      g_string_append_printf (out, "\\u%04x", *p);
    else
      g_string_append_c (out, (char) *p);
  }
  g_string_append_c (out, '"');
}

/* The fewest digits that read back as the same number. */
static void
write_double (GString *out, double value)
{
  static const char *const formats[] = { "%.15g", "%.16g", "%.17g" };
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  if (!isfinite (value)) {
    g_string_append (out, "null");
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_ascii_formatd (text, sizeof text, formats[i], value);
    if (g_ascii_strtod (text, NULL) == value)
      break;
  }
  g_string_append (out, text);
  if (strpbrk (text, ".e") == NULL)
    g_string_append (out, ".0");
}

static void
write_value (GString *out, JsonNode *node)
{
  GType type = json_node_get_value_type (node);

  if (type == G_TYPE_STRING)
    strict_json_write_string (out, json_node_get_string (node));
  else if (type == G_TYPE_BOOLEAN)
    g_string_append (out, json_node_get_boolean (node) ? "true" : "false");
  else if (type == G_TYPE_DOUBLE)
    write_double (out, json_node_get_double (node));
  else
    g_string_append_printf (out, "%" G_GINT64_FORMAT, json_node_get_int (node));
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (a, b);
}

static void
write_object (GString *out, JsonObject *object, gboolean sorted)
{
  g_autoptr (GList) names = json_object_get_members (object);

  if (sorted)
    names = g_list_sort (names, compare_names);
  g_string_append_c (out, '{');
  for (GList *l = names; l != NULL; l = l->next) {
    if (l != names)
      g_string_append_c (out, ',');
    strict_json_write_string (out, l->data);
    g_string_append_c (out, ':');
    write_node (out, json_object_get_member (object, l->data), sorted);
  }
  g_string_append_c (out, '}');
}

static void
write_node (GString *out, JsonNode *node, gboolean sorted)
{
  if (JSON_NODE_HOLDS_OBJECT (node)) {
    write_object (out, json_node_get_object (node), sorted);
  } else if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *array = json_node_get_array (node);

    g_string_append_c (out, '[');
    for (guint i = 0; i < json_array_get_length (array); i++) {
      if (i > 0)
        g_string_append_c (out, ',');
      write_node (out, json_array_get_element (array, i), sorted);
    }
    g_string_append_c (out, ']');
  } else if (JSON_NODE_HOLDS_NULL (node)) {
    g_string_append (out, "null");
  } else {
    write_value (out, node);
  }
}

char *
strict_json_write (JsonNode *node, gboolean sorted)
{
  GString *out = g_string_new (NULL);

  write_node (out, node, sorted);
  return g_string_free (out, FALSE);
}

char *
strict_json_to_text (JsonNode *node)
{
  if (JSON_NODE_HOLDS_NULL (node))
    return g_strdup ("");
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_dup_string (node);
  return strict_json_write (node, FALSE);
}

GPtrArray *
strict_json_query (JsonNode *root, const char *path, GError **error)
{
  return json_query (root, path, error);
}

/* ---- comparing ----------------------------------------------------------- */

/* PATH is where A and B are; on a difference it is where that is. */
static gboolean differ (JsonNode *a, JsonNode *b, GString *path);

static gboolean
is_number (JsonNode *node)
{
  GType type = json_node_get_value_type (node);

  return JSON_NODE_HOLDS_VALUE (node) && (type == G_TYPE_INT64 || type == G_TYPE_DOUBLE);
}

static gboolean
numbers_differ (JsonNode *a, JsonNode *b)
{
  gboolean a_whole = json_node_get_value_type (a) == G_TYPE_INT64;
  gboolean b_whole = json_node_get_value_type (b) == G_TYPE_INT64;
  double d;
  gint64 i;

  if (a_whole && b_whole)
    return json_node_get_int (a) != json_node_get_int (b);
  if (!a_whole && !b_whole)
    return json_node_get_double (a) != json_node_get_double (b);
  /* Through double, 2^53 + 1 and 2^53 would be equal. */
  d = json_node_get_double (a_whole ? b : a);
  i = json_node_get_int (a_whole ? a : b);
  return d < -0x1p63 || d >= 0x1p63 || d != trunc (d) || (gint64) d != i;
}

static gboolean
is_plain_name (const char *name)
{
  for (const char *p = name; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && *p != '_' && *p != '-')
      return FALSE;
  return *name != '\0';
}

static void
append_name (GString *path, const char *name)
{
  if (is_plain_name (name)) {
    g_string_append_printf (path, "%s%s", path->len > 0 ? "." : "", name);
  } else {
    g_string_append_c (path, '[');
    strict_json_write_string (path, name);
    g_string_append_c (path, ']');
  }
}

static gboolean
arrays_differ (JsonArray *a, JsonArray *b, GString *path)
{
  guint len = MIN (json_array_get_length (a), json_array_get_length (b));
  gsize here = path->len;

  for (guint i = 0; i < len; i++) {
    g_string_append_printf (path, "[%u]", i);
    if (differ (json_array_get_element (a, i), json_array_get_element (b, i), path))
      return TRUE;
    g_string_truncate (path, here);
  }
  if (json_array_get_length (a) == json_array_get_length (b))
    return FALSE;
  g_string_append_printf (path, "[%u]", len);
  return TRUE;
}

/* The members of A: differing from, or missing in B. */
static gboolean
members_differ (JsonObject *a, JsonObject *b, gboolean only_missing, GString *path)
{
  g_autoptr (GList) names = json_object_get_members (a);
  gsize here = path->len;

  for (GList *l = names; l != NULL; l = l->next) {
    JsonNode *other = json_object_has_member (b, l->data) ? json_object_get_member (b, l->data) : NULL;

    append_name (path, l->data);
    if (other == NULL || (!only_missing && differ (json_object_get_member (a, l->data), other, path)))
      return TRUE;
    g_string_truncate (path, here);
  }
  return FALSE;
}

static gboolean
differ (JsonNode *a, JsonNode *b, GString *path)
{
  if (is_number (a) && is_number (b))
    return numbers_differ (a, b);
  if (json_node_get_node_type (a) != json_node_get_node_type (b))
    return TRUE;
  if (JSON_NODE_HOLDS_OBJECT (a))
    return members_differ (json_node_get_object (a), json_node_get_object (b), FALSE, path)
           || members_differ (json_node_get_object (b), json_node_get_object (a), TRUE, path);
  if (JSON_NODE_HOLDS_ARRAY (a))
    return arrays_differ (json_node_get_array (a), json_node_get_array (b), path);
  if (JSON_NODE_HOLDS_NULL (a))
    return FALSE;
  if (json_node_get_value_type (a) != json_node_get_value_type (b))
    return TRUE;
  if (json_node_get_value_type (a) == G_TYPE_STRING)
    return strcmp (json_node_get_string (a), json_node_get_string (b)) != 0;
  return json_node_get_boolean (a) != json_node_get_boolean (b);
}

char *
strict_json_diff (JsonNode *a, JsonNode *b)
{
  GString *path = g_string_new (NULL);
  gboolean found = differ (a, b, path);

  return g_string_free (path, !found);
}

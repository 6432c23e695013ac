/* Plain YAML scalars as JSON, and where a value's characters stand.
 * SPDX-License-Identifier: MIT */
#include "base/yaml.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* -- cursor ----------------------------------------------------------------- */

static void
step_raw (YamlCursor *cursor)
{
  const char *raw = cursor->raw;

  if (*raw == '\n' || (*raw == '\r' && raw[1] != '\n')) {
    cursor->line++;
    cursor->column = 1;
  } else if (*raw != '\r')
    cursor->column++;
  cursor->raw = g_utf8_next_char (raw);
}

void
yaml_cursor_init (YamlCursor *cursor, const YamlNode *scalar)
{
  *cursor = (YamlCursor) { scalar, scalar->text, scalar->raw, scalar->line, scalar->column };
  if (cursor->raw == NULL || scalar->plain)
    return;
  if (*cursor->raw == '|' || *cursor->raw == '>')      /* the text begins on the next line */
    while (*cursor->raw != '\0' && *cursor->raw != '\n' && *cursor->raw != '\r')
      step_raw (cursor);
  if (*cursor->raw != '\0')
    step_raw (cursor);                                 /* the quote, or the line's end */
}

static gboolean
is_blank (char c)
{
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Over a "\" sequence; TRUE when it stands for a character of the text. */
static gboolean
step_escape (YamlCursor *cursor)
{
  char kind;
  guint more;

  step_raw (cursor);
  kind = *cursor->raw;
  if (is_blank (kind) && kind != ' ' && kind != '\t')
    return FALSE;                                      /* a line that goes on */
  more = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  for (guint i = 0; i <= more && *cursor->raw != '\0'; i++)
    step_raw (cursor);
  return TRUE;
}

/* RAW and TEXT forward by what stands for one character of the text, or by
 * something that stands for none. */
static void
step_both (YamlCursor *cursor)
{
  char t = *cursor->text, r = *cursor->raw, style = *cursor->node->raw;

  if (style == '"' && r == '\\') {
    if (step_escape (cursor))
      cursor->text = g_utf8_next_char (cursor->text);
    return;
  }
  if (is_blank (r) && t != r) {
    step_raw (cursor);
    if (is_blank (t) && !is_blank (*cursor->raw))      /* a folded line */
      cursor->text++;
    return;
  }
  if (is_blank (t) && !is_blank (r)) {
    cursor->text++;
    return;
  }
  if (style == '\'' && r == '\'' && cursor->raw[1] == '\'')
    step_raw (cursor);
  step_raw (cursor);
  cursor->text = g_utf8_next_char (cursor->text);
}

void
yaml_cursor_move (YamlCursor *cursor, gsize offset)
{
  const char *target = cursor->node->text + offset;

  if (cursor->node->raw == NULL) {
    for (; cursor->text < target; cursor->text = g_utf8_next_char (cursor->text))
      cursor->column++;
    return;
  }
  while (cursor->text < target && *cursor->raw != '\0')
    step_both (cursor);
  while (cursor->text == target && is_blank (*cursor->raw) && *cursor->raw != *cursor->text)
    step_raw (cursor);                                 /* indentation before it */
}

/* -- typed scalars ---------------------------------------------------------- */

static gboolean
is_one_of (const char *text, const char *words)
{
  g_auto (GStrv) list = g_strsplit (words, " ", -1);

  return g_strv_contains ((const char *const *) list, text);
}

/* Digits, with what some readers allow among them. */
static gboolean
looks_like_number (const char *text)
{
  gboolean digit = FALSE;
  const char *p = text + (*text == '-' || *text == '+');

  if (g_str_has_prefix (p, "0x") || g_str_has_prefix (p, "0o") || g_str_has_prefix (p, "0b"))
    return p[2] != '\0' && strspn (p + 2, "0123456789abcdefABCDEF_") == strlen (p + 2);
  for (; *p != '\0'; p++) {
    if (g_ascii_isdigit (*p))
      digit = TRUE;
    else if ((*p == 'e' || *p == 'E') && digit && p[1] != '\0') {
      p += p[1] == '-' || p[1] == '+';
      return p[1] != '\0' && strspn (p + 1, "0123456789_") == strlen (p + 1);
    } else if (*p != '.' && *p != '_')
      return FALSE;
    else if (*p == '.' && strchr (p + 1, '.') != NULL)
      return FALSE;                                    /* 1.2.3 is a version */
  }
  return digit;
}

/* 2024-01-01, 2024-01-01T10:00:00Z, 22:22, 1:30:00 */
static gboolean
looks_like_time (const char *text)
{
  static const char *const dates[] = { "dddd-dd-dd", "dddd-d-dd", "dddd-dd-d", "dddd-d-d" };
  const char *p = text + (*text == '-' || *text == '+');

  for (guint i = 0; i < G_N_ELEMENTS (dates); i++) {
    const char *d = dates[i], *t = text;

    for (; *d != '\0' && (*d == 'd' ? g_ascii_isdigit (*t) : *d == *t); d++, t++)
      ;
    if (*d == '\0' && (*t == '\0' || *t == 'T' || *t == 't' || *t == ' '))
      return TRUE;
  }
  if (!g_ascii_isdigit (*p) || strchr (p, ':') == NULL)
    return FALSE;
  while (g_ascii_isdigit (*p) || *p == '_')
    p++;
  while (*p == ':' && g_ascii_isdigit (p[1])) {
    if (g_ascii_isdigit (p[2]) && p[1] > '5')
      return FALSE;
    p += g_ascii_isdigit (p[2]) ? 3 : 2;
  }
  return *p == '\0' || (*p == '.' && strspn (p + 1, "0123456789_") == strlen (p + 1));
}

static JsonNode *
number_to_json (const char *text)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];
  gint64 whole;
  double number;
  char *end;

  errno = 0;
  whole = g_ascii_strtoll (text, &end, 10);
  g_snprintf (buffer, sizeof buffer, "%" G_GINT64_FORMAT, whole);
  if (errno == 0 && *end == '\0' && strcmp (buffer, text) == 0)
    return json_node_init_int (json_node_alloc (), whole);
  number = g_ascii_strtod (text, &end);
  if (*end != '\0' || !isfinite (number) || strchr (text, '.') == NULL)
    return NULL;
  for (int digits = 1; digits <= 17; digits++) {       /* the shortest that means the same number */
    char format[8];

    g_snprintf (format, sizeof format, "%%.%dg", digits);
    g_ascii_formatd (buffer, sizeof buffer, format, number);
    if (g_ascii_strtod (buffer, NULL) == number)
      break;
  }
  if (strchr (buffer, '.') == NULL && strchr (buffer, 'e') == NULL)
    g_strlcat (buffer, ".0", sizeof buffer);
  return strcmp (buffer, text) == 0 ? json_node_init_double (json_node_alloc (), number) : NULL;
}

JsonNode *
yaml_scalar_to_json (const char *text, char **message)
{
  JsonNode *number;

  if (strcmp (text, "true") == 0 || strcmp (text, "false") == 0)
    return json_node_init_boolean (json_node_alloc (), *text == 't');
  if (is_one_of (text, "null ~") || *text == '\0')
    return json_node_init_null (json_node_alloc ());
  if (looks_like_number (text)) {
    number = number_to_json (text);
    if (number != NULL)
      return number;
    *message = g_strdup_printf ("\"%s\" is a text or a number, depending on who reads it: quote it, "
                                "or write a plain number", text);
    return NULL;
  }
  if (is_one_of (text, "yes Yes YES no No NO on On ON off Off OFF y Y n N True TRUE False FALSE")) {
    *message = g_strdup_printf ("\"%s\" is a text or a truth value, depending on who reads it: quote it, "
                                "or write true or false", text);
    return NULL;
  }
  if (is_one_of (text, "Null NULL .inf .Inf .INF -.inf -.Inf -.INF +.inf +.Inf +.INF .nan .NaN .NAN") || looks_like_time (text)) {
    *message = g_strdup_printf ("\"%s\" is a text or something else, depending on who reads it: quote it", text);
    return NULL;
  }
  return json_node_init_string (json_node_alloc (), text);
}

static JsonNode *
scalar_to_json (const YamlNode *node, YamlProblem **problem)
{
  char *message = NULL;
  JsonNode *json;

  if (!node->plain)
    return json_node_init_string (json_node_alloc (), node->text);
  json = yaml_scalar_to_json (node->text, &message);
  if (json == NULL) {
    YamlProblem *at = g_new0 (YamlProblem, 1);

    at->line = node->line;
    at->column = node->column;
    at->message = message;
    if (problem != NULL)
      *problem = at;
    else
      yaml_problem_free (at);
  }
  return json;
}

static JsonNode *
list_to_json (const YamlNode *node, YamlProblem **problem)
{
  g_autoptr (JsonArray) array = json_array_new ();

  for (guint i = 0; i < node->items->len; i++) {
    JsonNode *item = yaml_to_json (node->items->pdata[i], problem);

    if (item == NULL)
      return NULL;
    json_array_add_element (array, item);
  }
  return json_node_init_array (json_node_alloc (), array);
}

static JsonNode *
map_to_json (const YamlNode *node, YamlProblem **problem)
{
  g_autoptr (JsonObject) object = json_object_new ();

  for (guint i = 0; i < node->items->len; i++) {
    JsonNode *item = yaml_to_json (node->items->pdata[i], problem);

    if (item == NULL)
      return NULL;
    json_object_set_member (object, ((YamlNode *) node->keys->pdata[i])->text, item);
  }
  return json_node_init_object (json_node_alloc (), object);
}

JsonNode *
yaml_to_json (const YamlNode *node, YamlProblem **problem)
{
  if (node->kind == YAML_SCALAR)
    return scalar_to_json (node, problem);
  return node->kind == YAML_LIST ? list_to_json (node, problem) : map_to_json (node, problem);
}

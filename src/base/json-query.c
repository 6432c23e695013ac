/* SPDX-License-Identifier: MIT */
#include "base/json-query.h"

#include <string.h>

#include "base/errors.h"
#include "base/strict-json.h"

typedef enum { SELECT_NAME, SELECT_INDEX, SELECT_ALL, SELECT_SLICE, SELECT_FILTER } SelectorKind;
typedef enum { FILTER_EXISTS, FILTER_EQUAL, FILTER_UNEQUAL } FilterKind;

typedef struct {
  SelectorKind kind;
  char        *name;
  gint64       from, to, step;         /* of an index: .from */
  gboolean     has_to;
  FilterKind   filter;
  GPtrArray   *members;                /* the path after @ */
  char        *wanted;                 /* as strict_json_write writes it */
} Selector;

typedef struct {
  gboolean   deep;
  GPtrArray *selectors;
} Segment;

typedef struct {
  const char *path, *at;
  GError    **error;
} Reader;

static void
selector_free (gpointer data)
{
  Selector *selector = data;

  g_free (selector->name);
  g_free (selector->wanted);
  g_clear_pointer (&selector->members, g_ptr_array_unref);
  g_free (selector);
}

static void
segment_free (gpointer data)
{
  Segment *segment = data;

  g_ptr_array_unref (segment->selectors);
  g_free (segment);
}

/* ---- reading a path ------------------------------------------------------ */

static gboolean
fail (Reader *reader, const char *why)
{
  g_set_error (reader->error, GALLEY_ERROR, GALLEY_ERROR_RECIPE, "not a JSONPath: \"%s\": %s at \"%s\"",
               reader->path, why, *reader->at == '\0' ? "its end" : reader->at);
  return FALSE;
}

static void
skip_space (Reader *reader)
{
  while (*reader->at == ' ')
    reader->at++;
}

static gboolean
accept (Reader *reader, const char *text)
{
  if (!g_str_has_prefix (reader->at, text))
    return FALSE;
  reader->at += strlen (text);
  return TRUE;
}

static char *
read_dotted_name (Reader *reader)
{
  g_autoptr (GString) name = g_string_new (NULL);

  while (*reader->at != '\0' && strchr (" .[=!)", *reader->at) == NULL) {
    if (*reader->at == '\\' && reader->at[1] != '\0')
      reader->at++;
    else if (strchr ("\t\n'\"]{}(?@$*,:\\", *reader->at) != NULL)
      return fail (reader, "a name with such a character is written [\"name\"]"), NULL;
    g_string_append_c (name, *reader->at++);
  }
  if (name->len == 0)
    return fail (reader, "a name is missing"), NULL;
  return g_string_free (g_steal_pointer (&name), FALSE);
}

/* At the opening quote, of either kind. */
static char *
read_quoted (Reader *reader)
{
  char quote = *reader->at++;
  g_autoptr (GString) text = g_string_new (NULL);

  while (*reader->at != quote) {
    if (*reader->at == '\\' && reader->at[1] != '\0')
      reader->at++;
    if (*reader->at == '\0')
      return fail (reader, "a quote is not closed"), NULL;
    g_string_append_c (text, *reader->at++);
  }
  reader->at++;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
read_integer (Reader *reader, gint64 *value)
{
  const char *from = reader->at;
  g_autofree char *digits = NULL;

  if (*reader->at == '-')
    reader->at++;
  while (g_ascii_isdigit (*reader->at))
    reader->at++;
  digits = g_strndup (from, (gsize) (reader->at - from));
  if (!g_ascii_string_to_signed (digits, 10, -G_MAXINT32, G_MAXINT32, value, NULL)) {
    reader->at = from;
    return fail (reader, "a whole number is missing");
  }
  return TRUE;
}

static gboolean
at_integer (Reader *reader)
{
  return *reader->at == '-' || g_ascii_isdigit (*reader->at);
}

static gboolean
read_slice (Reader *reader, Selector *selector)
{
  selector->kind = SELECT_SLICE;
  selector->step = 1;
  selector->has_to = at_integer (reader);
  if (selector->has_to && !read_integer (reader, &selector->to))
    return FALSE;
  if (!accept (reader, ":") || !at_integer (reader))
    return TRUE;
  if (!read_integer (reader, &selector->step))
    return FALSE;
  return selector->step > 0 || fail (reader, "the step of a slice must be above 0");
}

static gboolean
read_wanted (Reader *reader, Selector *selector)
{
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;

  skip_space (reader);
  if (*reader->at == '"' || *reader->at == '\'') {
    if ((text = read_quoted (reader)) == NULL)
      return FALSE;
    node = json_node_init_string (json_node_alloc (), text);
  } else {
    gsize len = strcspn (reader->at, " )],");

    node = strict_json_parse (reader->at, (gssize) len, NULL);
    if (node == NULL || JSON_NODE_HOLDS_OBJECT (node) || JSON_NODE_HOLDS_ARRAY (node))
      return fail (reader, "a text in quotes, a number, true, false or null is missing");
    reader->at += len;
  }
  selector->wanted = strict_json_write (node, TRUE);
  return TRUE;
}

/* ".name" or "['name']" after the "@" of a filter. */
static gboolean
read_filter_member (Reader *reader, Selector *selector)
{
  gboolean brackets = *reader->at++ == '[';
  char *name;

  if (brackets && *reader->at != '"' && *reader->at != '\'')
    return fail (reader, "a name in quotes is missing");
  name = brackets ? read_quoted (reader) : read_dotted_name (reader);
  if (name == NULL)
    return FALSE;
  g_ptr_array_add (selector->members, name);
  return !brackets || accept (reader, "]") || fail (reader, "\"]\" is missing");
}

/* After "?". */
static gboolean
read_filter (Reader *reader, Selector *selector)
{
  gboolean bracket = accept (reader, "(");

  selector->kind = SELECT_FILTER;
  selector->members = g_ptr_array_new_with_free_func (g_free);
  skip_space (reader);
  if (!accept (reader, "@"))
    return fail (reader, "a filter is [?(@.name==\"value\")]");
  while (*reader->at == '.' || *reader->at == '[')
    if (!read_filter_member (reader, selector))
      return FALSE;
  skip_space (reader);
  if (accept (reader, "=="))
    selector->filter = FILTER_EQUAL;
  else if (accept (reader, "!="))
    selector->filter = FILTER_UNEQUAL;
  if (selector->filter != FILTER_EXISTS && !read_wanted (reader, selector))
    return FALSE;
  skip_space (reader);
  return !bracket || accept (reader, ")") || fail (reader, "\")\" is missing");
}

static gboolean
read_selector (Reader *reader, Selector *selector)
{
  skip_space (reader);
  if (*reader->at == '"' || *reader->at == '\'') {
    selector->kind = SELECT_NAME;
    return (selector->name = read_quoted (reader)) != NULL;
  }
  if (accept (reader, "*")) {
    selector->kind = SELECT_ALL;
    return TRUE;
  }
  if (accept (reader, "?"))
    return read_filter (reader, selector);
  if (accept (reader, ":"))
    return read_slice (reader, selector);
  selector->kind = SELECT_INDEX;
  if (!at_integer (reader))
    return fail (reader, "an index, a name in quotes, * or a filter is missing");
  if (!read_integer (reader, &selector->from))
    return FALSE;
  return !accept (reader, ":") || read_slice (reader, selector);
}

static Selector *
add_selector (Segment *segment)
{
  Selector *selector = g_new0 (Selector, 1);

  g_ptr_array_add (segment->selectors, selector);
  return selector;
}

/* After "[". */
static gboolean
read_brackets (Reader *reader, Segment *segment)
{
  do {
    if (!read_selector (reader, add_selector (segment)))
      return FALSE;
    skip_space (reader);
  } while (accept (reader, ","));
  return accept (reader, "]") || fail (reader, "\"]\" is missing");
}

static gboolean
read_segment (Reader *reader, Segment *segment)
{
  Selector *selector;

  if (accept (reader, "["))
    return read_brackets (reader, segment);
  if (!accept (reader, "."))
    return fail (reader, "\".\" or \"[\" is missing");
  if (accept (reader, ".")) {
    segment->deep = TRUE;
    if (accept (reader, "["))
      return read_brackets (reader, segment);
  }
  selector = add_selector (segment);
  if (accept (reader, "*")) {
    selector->kind = SELECT_ALL;
    return TRUE;
  }
  selector->kind = SELECT_NAME;
  return (selector->name = read_dotted_name (reader)) != NULL
         && (strchr (".[", *reader->at) != NULL || fail (reader, "\".\" or \"[\" is missing"));
}

static GPtrArray *
read_path (Reader *reader)
{
  g_autoptr (GPtrArray) segments = g_ptr_array_new_with_free_func (segment_free);
  g_autofree char *dotted = NULL;

  if (!g_utf8_validate (reader->path, -1, NULL))
    return fail (reader, "not UTF-8"), NULL;
  if (*reader->at == '\0')
    return fail (reader, "it is empty"), NULL;
  if (*reader->at == '{')
    return fail (reader, "braces are kubectl's, leave them out"), NULL;
  if (!accept (reader, "$") && *reader->at != '.' && *reader->at != '[') {
    dotted = g_strconcat (".", reader->at, NULL);
    reader->at = dotted;
  }
  while (*reader->at != '\0') {
    Segment *segment = g_new0 (Segment, 1);

    segment->selectors = g_ptr_array_new_with_free_func (selector_free);
    g_ptr_array_add (segments, segment);
    if (!read_segment (reader, segment))
      return NULL;
  }
  return g_steal_pointer (&segments);
}

/* ---- following it -------------------------------------------------------- */

static void
add_result (GPtrArray *results, JsonNode *node)
{
  if (results->len <= JSON_QUERY_MAX_RESULTS)
    g_ptr_array_add (results, json_node_ref (node));
}

static JsonNode *
get_member (JsonNode *node, const char *name)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  return object != NULL && json_object_has_member (object, name) ? json_object_get_member (object, name) : NULL;
}

static gboolean
filter_takes (const Selector *selector, JsonNode *node)
{
  g_autofree char *text = NULL;

  for (guint i = 0; node != NULL && i < selector->members->len; i++)
    node = get_member (node, selector->members->pdata[i]);
  if (selector->filter == FILTER_EXISTS || node == NULL)
    return selector->filter == FILTER_UNEQUAL || node != NULL;
  text = strict_json_write (node, TRUE);
  return g_str_equal (text, selector->wanted) == (selector->filter == FILTER_EQUAL);
}

static void
select_children (const Selector *selector, JsonNode *node, GPtrArray *results)
{
  g_autoptr (GList) children = NULL;

  if (JSON_NODE_HOLDS_ARRAY (node))
    children = json_array_get_elements (json_node_get_array (node));
  else if (JSON_NODE_HOLDS_OBJECT (node))
    children = json_object_get_values (json_node_get_object (node));
  for (GList *l = children; l != NULL; l = l->next)
    if (selector->kind == SELECT_ALL || filter_takes (selector, l->data))
      add_result (results, l->data);
}

static void
select_elements (const Selector *selector, JsonArray *array, GPtrArray *results)
{
  gint64 len = json_array_get_length (array);
  gint64 from = selector->from < 0 ? selector->from + len : selector->from, to = len;

  if (selector->kind == SELECT_INDEX) {
    if (from >= 0 && from < len)
      add_result (results, json_array_get_element (array, (guint) from));
    return;
  }
  if (selector->has_to)
    to = MIN (len, selector->to < 0 ? selector->to + len : selector->to);
  for (gint64 i = MAX (from, 0); i < to; i += selector->step)
    add_result (results, json_array_get_element (array, (guint) i));
}

static void
select_in (const Selector *selector, JsonNode *node, GPtrArray *results)
{
  JsonNode *member;

  if (selector->kind == SELECT_ALL || selector->kind == SELECT_FILTER)
    select_children (selector, node, results);
  else if (selector->kind == SELECT_NAME && (member = get_member (node, selector->name)) != NULL)
    add_result (results, member);
  else if (selector->kind != SELECT_NAME && JSON_NODE_HOLDS_ARRAY (node))
    select_elements (selector, json_node_get_array (node), results);
}

static void
follow (const Segment *segment, JsonNode *node, GPtrArray *results)
{
  static const Selector all = { .kind = SELECT_ALL };
  g_autoptr (GPtrArray) children = NULL;

  for (guint i = 0; i < segment->selectors->len; i++)
    select_in (segment->selectors->pdata[i], node, results);
  if (!segment->deep || results->len > JSON_QUERY_MAX_RESULTS)
    return;
  children = g_ptr_array_new_with_free_func ((GDestroyNotify) json_node_unref);
  select_children (&all, node, children);
  for (guint i = 0; i < children->len; i++)
    follow (segment, children->pdata[i], results);
}

static GPtrArray *
start_with (JsonNode *root)
{
  GPtrArray *results = g_ptr_array_new_with_free_func ((GDestroyNotify) json_node_unref);

  g_ptr_array_add (results, json_node_ref (root));
  return results;
}

GPtrArray *
json_query (JsonNode *root, const char *path, GError **error)
{
  Reader reader = { path, path, error };
  g_autoptr (GPtrArray) segments = read_path (&reader);
  g_autoptr (GPtrArray) results = NULL;

  if (segments == NULL)
    return NULL;
  results = start_with (root);
  for (guint i = 0; i < segments->len; i++) {
    g_autoptr (GPtrArray) before = g_steal_pointer (&results);

    results = g_ptr_array_new_with_free_func ((GDestroyNotify) json_node_unref);
    for (guint j = 0; j < before->len; j++)
      follow (segments->pdata[i], before->pdata[j], results);
    if (results->len > JSON_QUERY_MAX_RESULTS) {
      g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_FAILED, "JSONPath \"%s\" finds more than %d values",
                   path, JSON_QUERY_MAX_RESULTS);
      return NULL;
    }
  }
  return g_steal_pointer (&results);
}

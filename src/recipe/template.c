/* SPDX-License-Identifier: MIT */
#include "recipe/template.h"

#include <string.h>

#include "base/errors.h"
#include "base/strict-json.h"
#include "base/yaml.h"

typedef enum { TEMPLATE_TEXT, TEMPLATE_REFERENCE, TEMPLATE_PARTS, TEMPLATE_LIST, TEMPLATE_MAP } TemplateKind;

struct _Template {
  TemplateKind kind;
  Position     at;
  char        *text;
  gboolean     plain, in_map;
  Reference   *reference;
  GPtrArray   *keys;              /* of a map: char* */
  GPtrArray   *items;             /* of parts, a list, a map: Template* */
  GPtrArray   *references;        /* of the outermost only: borrowed */
};

typedef struct {
  const char  *file;
  Diagnostics *diagnostics;
  GPtrArray   *references;
} Parser;

typedef struct {
  Resolve  resolve;
  gpointer user_data;
  gboolean data;                  /* plain scalars are typed outside maps too */
  gsize    left;                  /* bytes that may still be made */
} Expansion;

static Template *parse_node (Parser *parser, const YamlNode *node, gboolean in_map);

void
template_free (Template *template)
{
  if (template == NULL)
    return;
  g_free (template->text);
  reference_free (template->reference);
  g_clear_pointer (&template->keys, g_ptr_array_unref);
  g_clear_pointer (&template->items, g_ptr_array_unref);
  g_clear_pointer (&template->references, g_ptr_array_unref);
  g_free (template);
}

/* -- parsing ---------------------------------------------------------------- */

static Template *
new_template (TemplateKind kind, Position at)
{
  Template *template = g_new0 (Template, 1);

  template->kind = kind;
  template->at = at;
  if (kind == TEMPLATE_LIST || kind == TEMPLATE_MAP || kind == TEMPLATE_PARTS)
    template->items = g_ptr_array_new_with_free_func ((GDestroyNotify) template_free);
  if (kind == TEMPLATE_MAP)
    template->keys = g_ptr_array_new_with_free_func (g_free);
  return template;
}

static Position
node_position (Parser *parser, const YamlNode *node)
{
  return (Position) { parser->file, node->line, node->column };
}

static void
add_text (Template *parts, GString *text)
{
  Template *part;

  if (text->len == 0)
    return;
  part = new_template (TEMPLATE_TEXT, parts->at);
  part->text = g_strdup (text->str);
  g_string_truncate (text, 0);
  g_ptr_array_add (parts->items, part);
}

static void
say_bad_reference (Parser *parser, Position at, const char *start, const char *end, char *message, char *hint)
{
  g_autofree char *own = NULL;

  if (*start == '{') {
    own = g_strdup ("write ${vars.x}, with one pair of braces");
    g_free (message);
    message = g_strdup ("\"${{\" is not a reference");
  } else if (message == NULL && strchr (end, '}') == NULL) {
    message = g_strdup ("\"${\" without \"}\"");
  } else if (message == NULL) {
    message = g_strdup_printf ("\"%.*s\" is not a reference", (int) MIN (strcspn (start, "}\n"), 80), start);
    own = g_strdup ("nothing but a reference can stand in \"${}\"; a literal \"${\" is written \"$${\"");
  } else if (hint == NULL)
    own = g_strdup ("a literal \"${\" is written \"$${\"");
  diagnostics_add (parser->diagnostics, at, hint != NULL ? hint : own, "%s", message);
  g_free (message);
  g_free (hint);
}

/* `${...}` at P, whose position is AT; NULL: it is wrong, and that was said. */
static Template *
parse_reference (Parser *parser, Position at, const char **p)
{
  const char *start = *p + 2, *end;
  char *message = NULL, *hint = NULL;
  Reference *reference = reference_scan (start, &end, &message, &hint);
  Template *part;

  if (reference == NULL || *end != '}') {
    say_bad_reference (parser, at, start, end, message, hint);
    reference_free (reference);
    *p = start;
    return NULL;
  }
  *p = end + 1;
  reference->at = at;
  part = new_template (TEMPLATE_REFERENCE, at);
  part->reference = reference;
  g_ptr_array_add (parser->references, reference);
  return part;
}

static Template *
finish_parts (Template *parts, const YamlNode *node, gboolean in_map)
{
  Template *only;

  if (parts->items->len == 0) {
    parts->kind = TEMPLATE_TEXT;
    parts->text = g_strdup ("");
  } else if (parts->items->len == 1) {
    only = g_ptr_array_steal_index (parts->items, 0);
    only->at = parts->at;
    template_free (parts);
    parts = only;
  }
  parts->plain = node->plain;
  parts->in_map = in_map;
  return parts;
}

static Template *
parse_scalar (Parser *parser, const YamlNode *node, gboolean in_map)
{
  Template *parts = new_template (TEMPLATE_PARTS, node_position (parser, node));
  g_autoptr (GString) text = g_string_new (NULL);
  const char *p = node->text, *dollar;
  YamlCursor cursor;

  yaml_cursor_init (&cursor, node);
  while ((dollar = strstr (p, "${")) != NULL) {
    gboolean escaped = dollar > p && dollar[-1] == '$';
    Template *part = NULL;

    g_string_append_len (text, p, dollar - p - escaped);
    p = dollar;
    if (!escaped) {
      yaml_cursor_move (&cursor, (gsize) (dollar - node->text));
      part = parse_reference (parser, (Position) { parser->file, cursor.line, cursor.column }, &p);
    }
    if (part != NULL) {
      add_text (parts, text);
      g_ptr_array_add (parts->items, part);
    } else {
      g_string_append (text, "${");
      p = dollar + 2;
    }
  }
  g_string_append (text, p);
  add_text (parts, text);
  return finish_parts (parts, node, in_map);
}

static void
check_scalar (Parser *parser, const YamlNode *node, const Template *template)
{
  Position at = node_position (parser, node);

  if (node->plain && *node->text == '\0' && !template->in_map)
    diagnostics_add (parser->diagnostics, at, "an empty text is written \"\"", "a value is missing");
  else if (template->in_map)
    template_check_data (template, parser->diagnostics);
}

static void
check_map_key (Parser *parser, const YamlNode *key)
{
  if (strstr (key->text, "${") != NULL)
    diagnostics_add (parser->diagnostics, node_position (parser, key), NULL, "a reference in a key is not expanded");
}

static Template *
parse_node (Parser *parser, const YamlNode *node, gboolean in_map)
{
  Template *template;

  if (node->kind == YAML_SCALAR) {
    template = parse_scalar (parser, node, in_map);
    check_scalar (parser, node, template);
    return template;
  }
  template = new_template (node->kind == YAML_LIST ? TEMPLATE_LIST : TEMPLATE_MAP, node_position (parser, node));
  for (guint i = 0; i < node->items->len; i++) {
    if (node->kind == YAML_MAP) {
      const YamlNode *key = node->keys->pdata[i];

      check_map_key (parser, key);
      g_ptr_array_add (template->keys, g_strdup (key->text));
    }
    g_ptr_array_add (template->items, parse_node (parser, node->items->pdata[i], in_map || node->kind == YAML_MAP));
  }
  return template;
}

Template *
template_parse (const char *file, const void *yaml_node, Diagnostics *diagnostics)
{
  Parser parser = { g_intern_string (file), diagnostics, g_ptr_array_new () };
  Template *template = parse_node (&parser, yaml_node, FALSE);

  template->references = parser.references;
  return template;
}

/* -- what is known of it ---------------------------------------------------- */

GPtrArray *
template_references (const Template *template)
{
  return template->references;
}

gboolean
template_is_constant (const Template *template)
{
  return template->references->len == 0;
}

Position
template_position (const Template *template)
{
  return template->at;
}

gboolean
template_is_list (const Template *template)
{
  return template->kind == TEMPLATE_LIST;
}

gboolean
template_is_map (const Template *template)
{
  return template->kind == TEMPLATE_MAP;
}

gboolean
template_is_reference (const Template *template)
{
  return template->kind == TEMPLATE_REFERENCE;
}

const char *
template_constant_text (const Template *template)
{
  return template->kind == TEMPLATE_TEXT ? template->text : NULL;
}

void
template_check_data (const Template *template, Diagnostics *diagnostics)
{
  g_autofree char *message = NULL;

  if (template->kind == TEMPLATE_TEXT && template->plain) {
    JsonNode *node = yaml_scalar_to_json (template->text, &message);

    if (node == NULL)
      diagnostics_add (diagnostics, template->at, NULL, "%s", message);
    else
      json_node_unref (node);
  }
  if (template->kind == TEMPLATE_LIST)
    for (guint i = 0; i < template->items->len; i++)
      template_check_data (template->items->pdata[i], diagnostics);
}

/* -- expanding -------------------------------------------------------------- */

static JsonNode *expand (Expansion *expansion, const Template *template, GError **error);

static void
set_error (GError **error, Position at, const char *message)
{
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_FAILED, "%s:%u:%u: %s", at.file, at.line, at.column, message);
}

static gboolean
spend (Expansion *expansion, Position at, gsize bytes, GError **error)
{
  if (bytes > expansion->left) {
    set_error (error, at, "the value becomes too large");
    return FALSE;
  }
  expansion->left -= bytes;
  return TRUE;
}

/* Roughly what NODE takes, counted no further than LIMIT. */
static gsize
weigh (JsonNode *node, gsize limit)
{
  const char *text = strict_json_string (node);
  gsize sum = 8;

  if (text != NULL)
    return strlen (text);
  if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *array = json_node_get_array (node);

    for (guint i = 0; i < json_array_get_length (array) && sum <= limit; i++)
      sum += weigh (json_array_get_element (array, i), limit);
  } else if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObjectIter iter;
    const char *name;
    JsonNode *member;

    json_object_iter_init (&iter, json_node_get_object (node));
    while (sum <= limit && json_object_iter_next (&iter, &name, &member))
      sum += strlen (name) + weigh (member, limit);
  }
  return sum;
}

static JsonNode *
expand_reference (Expansion *expansion, const Template *template, GError **error)
{
  JsonNode *value = reference_resolve (template->reference, expansion->resolve, expansion->user_data, error);

  if (value != NULL && !spend (expansion, template->reference->at, weigh (value, expansion->left), error))
    g_clear_pointer (&value, json_node_unref);
  return value;
}

static gboolean
append_part (Expansion *expansion, const Template *part, GString *text, GError **error)
{
  g_autoptr (JsonNode) value = NULL;
  g_autofree char *shown = NULL, *name = NULL, *message = NULL;

  if (part->kind == TEMPLATE_TEXT) {
    g_string_append (text, part->text);
    return TRUE;
  }
  value = expand_reference (expansion, part, error);
  if (value == NULL)
    return FALSE;
  if (JSON_NODE_HOLDS_VALUE (value)) {
    shown = strict_json_to_text (value);
    g_string_append (text, shown);
    return TRUE;
  }
  name = reference_to_text (part->reference);
  message = JSON_NODE_HOLDS_NULL (value) ? g_strdup_printf ("\"%s\" has no value", name)
            : g_strdup_printf ("\"%s\" is a %s, which cannot be part of a text", name,
                               JSON_NODE_HOLDS_ARRAY (value) ? "list" : "map");
  set_error (error, part->reference->at, message);
  return FALSE;
}

static JsonNode *
expand_parts (Expansion *expansion, const Template *template, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < template->items->len; i++)
    if (!append_part (expansion, template->items->pdata[i], text, error))
      return NULL;
  return json_node_init_string (json_node_alloc (), text->str);
}

static JsonNode *
expand_text (Expansion *expansion, const Template *template, GError **error)
{
  g_autofree char *message = NULL;
  JsonNode *node;

  if (!template->plain || !(template->in_map || expansion->data))
    return json_node_init_string (json_node_alloc (), template->text);
  node = yaml_scalar_to_json (template->text, &message);
  if (node == NULL)
    set_error (error, template->at, message);
  return node;
}

static JsonNode *
expand_list (Expansion *expansion, const Template *template, GError **error)
{
  g_autoptr (JsonArray) array = json_array_new ();

  for (guint i = 0; i < template->items->len; i++) {
    JsonNode *item = expand (expansion, template->items->pdata[i], error);

    if (item == NULL)
      return NULL;
    json_array_add_element (array, item);
  }
  return json_node_init_array (json_node_alloc (), array);
}

static JsonNode *
expand_map (Expansion *expansion, const Template *template, GError **error)
{
  g_autoptr (JsonObject) object = json_object_new ();

  for (guint i = 0; i < template->items->len; i++) {
    JsonNode *item = expand (expansion, template->items->pdata[i], error);

    if (item == NULL)
      return NULL;
    json_object_set_member (object, template->keys->pdata[i], item);
  }
  return json_node_init_object (json_node_alloc (), object);
}

static JsonNode *
expand (Expansion *expansion, const Template *template, GError **error)
{
  switch (template->kind) {
  case TEMPLATE_TEXT:      return expand_text (expansion, template, error);
  case TEMPLATE_REFERENCE: return expand_reference (expansion, template, error);
  case TEMPLATE_PARTS:     return expand_parts (expansion, template, error);
  case TEMPLATE_LIST:      return expand_list (expansion, template, error);
  case TEMPLATE_MAP:       return expand_map (expansion, template, error);
  }
  return NULL;
}

JsonNode *
template_expand (const Template *template, Resolve resolve, gpointer user_data, GError **error)
{
  Expansion expansion = { resolve, user_data, FALSE, TEMPLATE_MAX_BYTES };

  return expand (&expansion, template, error);
}

JsonNode *
template_expand_data (const Template *template, Resolve resolve, gpointer user_data, GError **error)
{
  Expansion expansion = { resolve, user_data, TRUE, TEMPLATE_MAX_BYTES };

  return expand (&expansion, template, error);
}

/* SPDX-License-Identifier: MIT */
#include "base/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/yaml-text.h"

#define MAX_PROBLEMS 50

typedef struct {
  yaml_parser_t parser;
  const char   *text;             /* without a byte order mark */
  gsize         len, byte, index; /* byte offset of character INDEX: moves forward only */
  GPtrArray    *problems;
  guint         depth, nodes;
  gboolean      stop;             /* no more events: the text or a limit ended it */
} Composer;

static YamlNode *compose_node (Composer *composer, yaml_event_t *event);

void
yaml_problem_free (YamlProblem *problem)
{
  if (problem == NULL)
    return;
  g_free (problem->message);
  g_free (problem);
}

void
yaml_node_free (YamlNode *node)
{
  if (node == NULL)
    return;
  g_free (node->text);
  g_free (node->raw);
  g_clear_pointer (&node->keys, g_ptr_array_unref);
  g_clear_pointer (&node->items, g_ptr_array_unref);
  g_free (node);
}

/* -- problems --------------------------------------------------------------- */

static void
add_problem (Composer *composer, yaml_mark_t mark, char *message)
{
  YamlProblem *problem;

  if (composer->problems->len >= MAX_PROBLEMS) {
    g_free (message);
    composer->stop = TRUE;
    return;
  }
  problem = g_new0 (YamlProblem, 1);
  problem->line = (guint) mark.line + 1;
  problem->column = (guint) mark.column + 1;
  problem->message = message;
  g_ptr_array_add (composer->problems, problem);
}

static void
stop_with (Composer *composer, yaml_mark_t mark, char *message)
{
  add_problem (composer, mark, message);
  composer->stop = TRUE;
}

static const char key_too_long[] = "a key longer than " G_STRINGIFY (YAML_MAX_KEY) " bytes";

/* What libyaml says, in words that help whoever wrote the file. */
static const struct { const char *problem, *message; } plain_words[] = {
  { "mapping values are not allowed in this context",
    "a \":\" that cannot be here: quote the text, or check the indentation of this line and the one above" },
  { "could not find expected ':'", "a line without \":\"; check the quotes and the indentation" },
  { "did not find expected key", "not a key at the indentation of its neighbours; check the indentation, and the quotes above" },
  { "did not find expected '-' indicator", "not a \"- \" at the indentation of its neighbours" },
  { "did not find expected ',' or ']'", "a list begun with \"[\" that has no \",\" or \"]\" here" },
  { "did not find expected ',' or '}'", "a map begun with \"{\" that has no \",\" or \"}\" here" },
  { "did not find expected node content", "a value is missing here" },
  { "block sequence entries are not allowed in this context", "a \"- \" that cannot be here; begin a new line for it" },
  { "found unexpected end of stream", "a quote that is never closed" },
  { "found unknown escape character", "an unknown \"\\\" sequence in double quotes; write \"\\\\\", or use single quotes" },
  { "did not find expected hexdecimal number", "a \"\\x\" or \"\\u\" without its hexadecimal digits" },
  { "found invalid Unicode character escape code", "a \"\\u\" sequence that is no character" },
  { "found a tab character where an indentation space is expected", "a tab: indent with spaces" },
  { "found a tab character that violates indentation", "a tab: indent with spaces" },
  { "did not find expected comment or line break", "text after \"|\" or \">\"; begin it on the next line" },
  { "found incompatible YAML document", "directives (\"%YAML\", \"%TAG\") are not allowed" },
  { "found duplicate %YAML directive", "directives (\"%YAML\", \"%TAG\") are not allowed" },
  { "found unknown directive name", "directives (\"%YAML\", \"%TAG\") are not allowed" },
  { "did not find expected <document start>", "a second document, or a line that does not belong to the one above" },
  { "found undefined tag handle", "tags (\"!\") are not allowed" },
};

static gsize
byte_offset (Composer *composer, gsize index)
{
  while (composer->index < index && composer->byte < composer->len) {
    composer->byte += (gsize) g_utf8_skip[(guchar) composer->text[composer->byte]];
    composer->index++;
  }
  return MIN (composer->byte, composer->len);
}

/* Whether HERE stands on the same line as, and right behind, a quote. */
static gboolean
is_behind_quote (Composer *composer, const char *here)
{
  while (here > composer->text && here[-1] == ' ')
    here--;
  return here > composer->text && (here[-1] == '"' || here[-1] == '\'');
}

static void
add_parser_problem (Composer *composer)
{
  yaml_parser_t *parser = &composer->parser;
  yaml_mark_t mark = parser->problem_mark;
  const char *problem = parser->problem != NULL ? parser->problem : "not YAML", *said = problem;
  const char *here;
  char next;

  composer->byte = composer->index = 0;
  here = composer->text + byte_offset (composer, mark.index);
  next = here < composer->text + composer->len ? *here : '\0';
  if (parser->error == YAML_MEMORY_ERROR)
    said = "out of memory";
  for (guint i = 0; i < G_N_ELEMENTS (plain_words); i++)
    if (strcmp (problem, plain_words[i].problem) == 0)
      said = plain_words[i].message;
  if (strcmp (problem, "found unexpected end of stream") == 0 && parser->context != NULL)
    mark = parser->context_mark;
  if (strcmp (problem, "found character that cannot start any token") == 0) {
    if (next == '\t')
      said = "a tab: indent with spaces";
    else {
      stop_with (composer, mark, g_strdup_printf ("a text cannot begin with \"%c\": quote it", next));
      return;
    }
  }
  if (g_str_has_prefix (problem, "did not find expected ','") && next == '{')
    said = "a \"{\" inside a text: quote the text";
  if ((strcmp (problem, "mapping values are not allowed in this context") == 0
       || strcmp (problem, "could not find expected ':'") == 0) && mark.column > YAML_MAX_KEY) {
    said = key_too_long;
    mark.column = parser->context != NULL ? parser->context_mark.column : 0;
  }
  if (strcmp (problem, "did not find expected key") == 0 && is_behind_quote (composer, here))
    said = "text behind a closing quote: put quotes around all of it, such as '\"a\" == \"b\"'";
  stop_with (composer, mark, g_strdup (said));
}

/* FALSE: *EVENT is not set and there are no more. */
static gboolean
next_event (Composer *composer, yaml_event_t *event)
{
  if (composer->stop)
    return FALSE;
  if (yaml_parser_parse (&composer->parser, event))
    return TRUE;
  add_parser_problem (composer);
  return FALSE;
}

/* -- nodes ------------------------------------------------------------------ */

static YamlNode *
new_node (Composer *composer, YamlKind kind, yaml_mark_t mark)
{
  YamlNode *node;

  if (++composer->nodes > YAML_MAX_NODES)
    stop_with (composer, mark, g_strdup_printf ("more than %d values", YAML_MAX_NODES));
  node = g_new0 (YamlNode, 1);
  node->kind = kind;
  node->line = (guint) mark.line + 1;
  node->column = (guint) mark.column + 1;
  if (kind != YAML_SCALAR)
    node->items = g_ptr_array_new_with_free_func ((GDestroyNotify) yaml_node_free);
  if (kind == YAML_MAP)
    node->keys = g_ptr_array_new_with_free_func ((GDestroyNotify) yaml_node_free);
  return node;
}

static void
check_properties (Composer *composer, yaml_mark_t mark, const yaml_char_t *anchor, const yaml_char_t *tag)
{
  if (anchor != NULL)
    add_problem (composer, mark, g_strdup ("anchors (\"&\") are not allowed"));
  if (tag != NULL)
    add_problem (composer, mark, g_strdup ("tags (\"!\") are not allowed"));
}

static YamlNode *
compose_scalar (Composer *composer, yaml_event_t *event)
{
  YamlNode *node = new_node (composer, YAML_SCALAR, event->start_mark);
  const char *value = (const char *) event->data.scalar.value;
  gsize len = event->data.scalar.length, start, end;
  g_autofree char *bad = NULL;

  check_properties (composer, event->start_mark, event->data.scalar.anchor, event->data.scalar.tag);
  node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  bad = yaml_text_check_value (value, len);
  if (bad != NULL)
    add_problem (composer, event->start_mark, g_strdup_printf ("a text with %s in it", bad));
  node->text = g_strndup (value, len);
  start = byte_offset (composer, event->start_mark.index);
  end = byte_offset (composer, event->end_mark.index);
  if (!node->plain || event->start_mark.line != event->end_mark.line)
    node->raw = g_strndup (composer->text + start, end - start);
  return node;
}

static YamlNode *
compose_list (Composer *composer, yaml_event_t *event)
{
  YamlNode *node = new_node (composer, YAML_LIST, event->start_mark);
  yaml_event_t next;

  check_properties (composer, event->start_mark, event->data.sequence_start.anchor, event->data.sequence_start.tag);
  while (next_event (composer, &next)) {
    gboolean end = next.type == YAML_SEQUENCE_END_EVENT;

    if (!end)
      g_ptr_array_add (node->items, compose_node (composer, &next));
    yaml_event_delete (&next);
    if (end)
      break;
  }
  return node;
}

/* What is wrong with KEY; NULL: nothing. */
static char *
find_key_problem (const YamlNode *key, GHashTable *seen)
{
  const YamlNode *first;

  if (key->kind != YAML_SCALAR)
    return g_strdup ("a key must be a text, not a list or map");
  if (*key->text == '\0')
    return g_strdup ("an empty key");
  if (strlen (key->text) > YAML_MAX_KEY)
    return g_strdup (key_too_long);
  if (key->plain && strcmp (key->text, "<<") == 0)
    return g_strdup ("merge keys (\"<<\") are not allowed");
  first = g_hash_table_lookup (seen, key->text);
  return first != NULL ? g_strdup_printf ("key \"%s\" is given twice, first at line %u", key->text, first->line) : NULL;
}

/* A key or its value; NULL: the map has ended. */
static YamlNode *
compose_entry (Composer *composer, yaml_mark_t *mark)
{
  YamlNode *node = NULL;
  yaml_event_t event;

  if (!next_event (composer, &event))
    return NULL;
  *mark = event.start_mark;
  if (event.type != YAML_MAPPING_END_EVENT)
    node = compose_node (composer, &event);
  yaml_event_delete (&event);
  return node;
}

static YamlNode *
compose_map (Composer *composer, yaml_event_t *event)
{
  YamlNode *node = new_node (composer, YAML_MAP, event->start_mark), *key, *value;
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  yaml_mark_t mark;

  check_properties (composer, event->start_mark, event->data.mapping_start.anchor, event->data.mapping_start.tag);
  while ((key = compose_entry (composer, &mark)) != NULL) {
    char *problem = find_key_problem (key, seen);
    gboolean fine = problem == NULL;

    if (!fine)
      add_problem (composer, mark, problem);
    value = compose_entry (composer, &mark);
    if (!fine || value == NULL) {       /* not for the tree, in which each key is there once */
      yaml_node_free (key);
      yaml_node_free (value);
      continue;
    }
    g_hash_table_insert (seen, key->text, key);
    g_ptr_array_add (node->keys, key);
    g_ptr_array_add (node->items, value);
  }
  return node;
}

static YamlNode *
compose_alias (Composer *composer, yaml_event_t *event)
{
  YamlNode *node = new_node (composer, YAML_SCALAR, event->start_mark);

  add_problem (composer, event->start_mark, g_strdup ("aliases (\"*\") are not allowed; quote a text that begins with \"*\""));
  node->text = g_strdup ("");
  return node;
}

/* Never NULL.  The depth is bounded, so that recursion is. */
static YamlNode *
compose_node (Composer *composer, yaml_event_t *event)
{
  YamlNode *node;

  if (event->type == YAML_SCALAR_EVENT)
    return compose_scalar (composer, event);
  if (event->type == YAML_ALIAS_EVENT)
    return compose_alias (composer, event);
  if (++composer->depth > YAML_MAX_DEPTH)
    stop_with (composer, event->start_mark, g_strdup_printf ("lists and maps deeper than %d", YAML_MAX_DEPTH));
  node = event->type == YAML_SEQUENCE_START_EVENT ? compose_list (composer, event) : compose_map (composer, event);
  composer->depth--;
  return node;
}

/* -- documents -------------------------------------------------------------- */

static void
check_document_start (Composer *composer, yaml_event_t *event)
{
  if (event->data.document_start.version_directive != NULL
      || event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
    add_problem (composer, event->start_mark, g_strdup ("directives (\"%YAML\", \"%TAG\") are not allowed"));
}

static YamlNode *
compose_stream (Composer *composer)
{
  YamlNode *root = NULL;
  yaml_event_t event;
  gboolean end = FALSE;

  while (!end && next_event (composer, &event)) {
    end = event.type == YAML_STREAM_END_EVENT;
    if (event.type == YAML_DOCUMENT_START_EVENT && root != NULL)
      stop_with (composer, event.start_mark, g_strdup ("a second document; a file holds one"));
    else if (event.type == YAML_DOCUMENT_START_EVENT)
      check_document_start (composer, &event);
    else if (event.type == YAML_SCALAR_EVENT || event.type == YAML_ALIAS_EVENT
             || event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT)
      root = compose_node (composer, &event);
    yaml_event_delete (&event);
  }
  return root;
}

YamlNode *
yaml_parse_all (const char *text, gsize len, GPtrArray *problems)
{
  Composer composer = { .problems = problems };
  YamlNode *root;
  guint before = problems->len;

  if (!yaml_text_check (&text, &len, problems))
    return NULL;
  composer.text = text;
  composer.len = len;
  if (!yaml_parser_initialize (&composer.parser)) {
    add_problem (&composer, (yaml_mark_t) { 0 }, g_strdup ("out of memory"));
    return NULL;
  }
  yaml_parser_set_encoding (&composer.parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string (&composer.parser, (const unsigned char *) text, len);
  root = compose_stream (&composer);
  yaml_parser_delete (&composer.parser);
  if (composer.stop)
    g_clear_pointer (&root, yaml_node_free);
  if (root == NULL && problems->len == before)
    yaml_text_problem (problems, 0, 0, g_strdup ("has nothing in it"));
  return root;
}

YamlNode *
yaml_parse (const char *text, gsize len, YamlProblem **problem)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func ((GDestroyNotify) yaml_problem_free);
  g_autoptr (YamlNode) root = yaml_parse_all (text, len, problems);

  if (problems->len == 0)
    return g_steal_pointer (&root);
  if (problem != NULL)
    *problem = g_ptr_array_steal_index (problems, 0);
  return NULL;
}

YamlNode *
yaml_get (const YamlNode *map, const char *key)
{
  if (map == NULL || map->kind != YAML_MAP)
    return NULL;
  for (guint i = 0; i < map->keys->len; i++)
    if (strcmp (((YamlNode *) map->keys->pdata[i])->text, key) == 0)
      return map->items->pdata[i];
  return NULL;
}

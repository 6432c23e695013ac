/* SPDX-License-Identifier: MIT */
#include "fake-tables.h"

#include <string.h>
#include "base/strict-json.h"
#include "base/text.h"

const struct galley_param *
fake_tables_find (const struct galley_param *params, const char *name)
{
  for (; params != NULL && params->name != NULL; params++)
    if (strcmp (params->name, name) == 0)
      return params;
  return NULL;
}

static gboolean
is_match (const char *regex, const char *text)
{
  g_autofree char *whole = g_strdup_printf ("\\A(?:%s)\\z", regex);

  return g_regex_match_simple (whole, text, 0, 0);
}

static gboolean
is_json (const char *text, JsonNodeType type)
{
  g_autoptr(JsonNode) node = strict_json_parse (text, -1, NULL);

  return node != NULL && json_node_get_node_type (node) == type;
}

static gboolean
is_of_type (guint type, const char *value)
{
  gint64 milliseconds;

  switch (type) {
  case GALLEY_STRING:
  case GALLEY_PATH:
    return TRUE;
  case GALLEY_INT:
    return g_ascii_string_to_signed (value, 10, G_MININT64, G_MAXINT64, NULL, NULL);
  case GALLEY_BOOL:
    return strcmp (value, "true") == 0 || strcmp (value, "false") == 0;
  case GALLEY_DURATION:
    return duration_parse (value, &milliseconds, NULL);
  case GALLEY_LIST:
    return is_json (value, JSON_NODE_ARRAY);
  case GALLEY_MAP:
    return is_json (value, JSON_NODE_OBJECT) || is_json (value, JSON_NODE_ARRAY)
           || is_json (value, JSON_NODE_VALUE) || is_json (value, JSON_NODE_NULL);
  default:
    return FALSE;
  }
}

static char *
text_problem (const struct galley_param *param, const char *text)
{
  g_auto(GStrv) values = g_strsplit (param->values != NULL ? param->values : "", "|", -1);

  if (param->values != NULL && !g_strv_contains ((const char *const *) values, text))
    return g_strdup_printf ("\"%s\" is not one of %s", text, param->values);
  if (param->match != NULL && !is_match (param->match, text))
    return g_strdup_printf ("\"%s\" does not match %s", text, param->match);
  return NULL;
}

char *
fake_tables_problem (const struct galley_param *param, const char *value)
{
  g_autoptr(JsonNode) node = NULL;
  char *problem = NULL;

  if (!is_of_type (param->type, value))
    return g_strdup_printf ("\"%s\" is not of its type", value);
  if (param->type == GALLEY_MAP)
    return NULL;
  if (param->type != GALLEY_LIST)
    return text_problem (param, value);
  node = strict_json_parse (value, -1, NULL);
  for (guint i = 0; problem == NULL && i < json_array_get_length (json_node_get_array (node)); i++) {
    g_autofree char *text = strict_json_to_text (json_array_get_element (json_node_get_array (node), i));

    problem = text_problem (param, text);
  }
  return problem;
}

static gboolean
find (const struct galley_signature *signature, const char *text, GMatchInfo **match)
{
  g_autoptr(GRegex) regex = g_regex_new (signature->regex, G_REGEX_CASELESS | G_REGEX_MULTILINE, 0, NULL);
  gboolean found = regex != NULL && g_regex_match (regex, text, 0, match);

  if (!found && regex != NULL)
    g_clear_pointer (match, g_match_info_unref);
  return found;
}

static gboolean
find_in (const struct galley_signature *signature, const char *err, const char *out, GMatchInfo **match)
{
  return find (signature, err, match) || find (signature, out, match);
}

const struct galley_signature *
fake_tables_signature (const struct galley_plugin *plugin, const char *tool, const char *err, const char *out)
{
  const struct galley_signature *signature = plugin->signatures;

  for (; signature != NULL && signature->regex != NULL; signature++) {
    g_autoptr(GMatchInfo) match = NULL;

    if ((signature->tool == NULL || tool == NULL || strcmp (signature->tool, tool) == 0)
        && find_in (signature, err, out, &match))
      return signature;
  }
  return NULL;
}

/* TEMPLATE with \1 to \9 filled in; it must not name a group that is not there. */
static void
fill_groups (const char *template, const GMatchInfo *match, GString *text)
{
  g_string_truncate (text, 0);
  for (; *template != '\0'; template++) {
    if (template[0] == '\\' && g_ascii_isdigit (template[1])) {
      g_autofree char *group = g_match_info_fetch (match, *++template - '0');

      if (group == NULL)
        g_error ("there is no group %c in \"%s\"", *template, g_regex_get_pattern (g_match_info_get_regex (match)));
      g_string_append (text, group);
    } else {
      g_string_append_c (text, *template);
    }
  }
  g_strdelimit (text->str, "\n\r\t", ' ');
}

void
fake_tables_fill (const struct galley_signature *signature, const char *template, const char *err,
                  const char *out, GString *text)
{
  g_autoptr(GMatchInfo) match = NULL;

  if (!find_in (signature, err, out, &match))
    g_error ("%s: not found", signature->regex);
  fill_groups (template, match, text);
}

/* -- the tables themselves ------------------------------------------------ */

static void
check_help (const char *of, const char *help)
{
  if (help == NULL || help[0] == '\0' || strchr (help, '\n') != NULL || g_str_has_suffix (help, "."))
    g_error ("help of %s: one line without a full stop, please", of);
}

static void
check_regex (const char *of, const char *regex)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GRegex) compiled = g_regex_new (regex, 0, 0, &error);

  if (compiled == NULL)
    g_error ("%s: %s", of, error->message);
}

static void
check_param (const char *of, const struct galley_param *param, gboolean is_output)
{
  g_autofree char *name = g_strdup_printf ("%s: \"%s\"", of, param->name);
  g_autofree char *problem = NULL;

  if (!is_match ("[a-z][a-z0-9_]*", param->name))
    g_error ("%s: not a name", name);
  check_help (name, param->help);
  if (param->match != NULL)
    check_regex (name, param->match);
  if (param->fallback != NULL && (problem = fake_tables_problem (param, param->fallback)) != NULL)
    g_error ("%s: fallback %s", name, problem);
  if (param->fallback != NULL && (param->flags & GALLEY_REQUIRED) != 0)
    g_error ("%s: required, and has a fallback", name);
  if (!is_output && param->example == NULL)
    g_error ("%s: no example", name);
  if (param->example != NULL && (problem = fake_tables_problem (param, param->example)) != NULL)
    g_error ("%s: example %s", name, problem);
}

static void
check_params (const char *of, const struct galley_param *params, gboolean are_outputs)
{
  for (const struct galley_param *param = params; param != NULL && param->name != NULL; param++) {
    check_param (of, param, are_outputs);
    if (fake_tables_find (params, param->name) != param)
      g_error ("%s: \"%s\" twice", of, param->name);
  }
}

static void
check_action (const struct galley_plugin *plugin, const struct galley_action *action)
{
  g_autofree char *name = g_strdup_printf ("%s.%s", plugin->name, action->name);

  check_help (name, action->help);
  if (!is_match ("[a-z][a-z0-9_]*", action->name))
    g_error ("%s: not a name", name);
  if (action->apply == NULL)
    g_error ("%s: no apply", name);
  if ((action->flags & GALLEY_READS) != 0 && action->check != NULL)
    g_error ("%s: only reads, so it needs no check", name);
  check_params (name, action->params, FALSE);
  check_params (name, action->outputs, TRUE);
}

static void
check_tool (const struct galley_tool *tool)
{
  for (const struct galley_read *read = tool->reads; read != NULL && read->words != NULL; read++)
    check_regex (tool->name, read->words);
  if (tool->version_regex != NULL)
    check_regex (tool->name, tool->version_regex);
}

static void
check_signature (const struct galley_plugin *plugin, const struct galley_signature *signature)
{
  const struct galley_signature *found;
  g_autoptr(GString) text = g_string_new (NULL);

  check_regex (plugin->name, signature->regex);
  check_help (signature->regex, signature->diagnosis);
  if (signature->error_class > GALLEY_INVALID)
    g_error ("%s: class", signature->regex);
  if (signature->fix != NULL)
    check_help (signature->regex, signature->fix);
  if (signature->example == NULL)
    g_error ("%s: no example", signature->regex);
  found = fake_tables_signature (plugin, signature->tool, signature->example, "");
  if (found != signature)
    g_error ("%s: its example is found by %s", signature->regex, found != NULL ? found->regex : "none");
  fake_tables_fill (signature, signature->diagnosis, signature->example, "", text);
  fake_tables_fill (signature, signature->fix != NULL ? signature->fix : "", signature->example, "", text);
}

void
fake_tables_check (const struct galley_plugin *plugin)
{
  const struct galley_signature *signature = plugin->signatures;

  g_assert_cmpint (plugin->api, ==, GALLEY_PLUGIN_API);
  g_assert_cmpint (plugin->size, ==, sizeof (struct galley_plugin));
  g_assert_nonnull (plugin->version);
  check_help (plugin->name, plugin->summary);
  for (const struct galley_action *action = plugin->actions; action->name != NULL; action++)
    check_action (plugin, action);
  for (const struct galley_tool *tool = plugin->tools; tool != NULL && tool->name != NULL; tool++)
    check_tool (tool);
  for (; signature != NULL && signature->regex != NULL; signature++)
    check_signature (plugin, signature);
}

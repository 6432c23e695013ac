/* SPDX-License-Identifier: MIT */
#include "engine/values.h"

#include <errno.h>
#include <string.h>

#include "base/errors.h"
#include "base/strict-json.h"
#include "base/text.h"
#include "plugin/plugin.h"

static JsonNode *
string_node (const char *text)
{
  return json_node_init_string (json_node_alloc (), text);
}

static JsonNode *
take_array (JsonArray *array)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  json_node_take_array (node, array);
  return node;
}

static JsonNode *
wrong (GError **error, const struct galley_param *param, const char *text, gboolean hide, const char *wanted)
{
  if (hide)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE, "param \"%s\" must be %s", param->name, wanted);
  else
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE, "param \"%s\" must be %s, not \"%s\"", param->name, wanted, text);
  return NULL;
}

static JsonNode *
int_value (const struct galley_param *param, const char *text, gboolean hide, GError **error)
{
  char *end;
  gint64 number;

  errno = 0;
  number = g_ascii_strtoll (text, &end, 10);
  if (*text == '\0' || g_ascii_isspace (*text) || *end != '\0' || errno != 0)
    return wrong (error, param, text, hide, "a whole number");
  return json_node_init_int (json_node_alloc (), number);
}

static JsonNode *
bool_value (const struct galley_param *param, const char *text, gboolean hide, GError **error)
{
  if (strcmp (text, "true") != 0 && strcmp (text, "false") != 0)
    return wrong (error, param, text, hide, "true or false");
  return json_node_init_boolean (json_node_alloc (), *text == 't');
}

static JsonNode *
duration_value (const struct galley_param *param, const char *text, gboolean hide, GError **error)
{
  gint64 milliseconds;

  if (!duration_parse (text, &milliseconds, NULL))
    return wrong (error, param, text, hide, "a duration like 90s, 10m or 1h30m");
  return string_node (text);
}

static JsonNode *
path_value (const struct galley_param *param, const char *text, const char *folder, GError **error)
{
  g_autofree char *path = NULL;

  if (*text == '\0')
    return wrong (error, param, text, FALSE, "a path");
  if (text[0] == '~' && (text[1] == '/' || text[1] == '\0'))
    path = g_build_filename (home_folder (), text + 1, NULL);
  else
    path = g_canonicalize_filename (text, folder);
  return string_node (path);
}

static JsonNode *
list_value (const struct galley_param *param, JsonNode *value, GError **error)
{
  JsonArray *from, *list;

  if (!JSON_NODE_HOLDS_ARRAY (value))
    return wrong (error, param, "", TRUE, "a list");
  from = json_node_get_array (value);
  list = json_array_new ();
  for (guint i = 0; i < json_array_get_length (from); i++)
    {
      JsonNode *element = json_array_get_element (from, i);
      g_autofree char *text = strict_json_to_text (element);

      if (!JSON_NODE_HOLDS_VALUE (element))
        {
          json_array_unref (list);
          return wrong (error, param, "", TRUE, "a list of texts");
        }
      json_array_add_string_element (list, text);
    }
  return take_array (list);
}

static gboolean
is_one_of (const char *text, const char *values)
{
  g_auto (GStrv) all = g_strsplit (values, "|", -1);

  return g_strv_contains ((const char *const *) all, text);
}

static gboolean
check_text (const struct galley_param *param, const char *text, gboolean hide, GError **error)
{
  if (param->values != NULL && !is_one_of (text, param->values))
    {
      g_auto (GStrv) all = g_strsplit (param->values, "|", -1);
      g_autofree char *listed = g_strjoinv (", ", all), *wanted = g_strdup_printf ("one of %s", listed);

      wrong (error, param, text, hide, wanted);
      return FALSE;
    }
  if (param->match != NULL && !regex_matches_whole (param->match, text))
    {
      g_autofree char *wanted = g_strdup_printf ("like %s (%s)", param->example != NULL ? param->example : "its pattern", param->match);

      wrong (error, param, text, hide, wanted);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_list (const struct galley_param *param, JsonNode *list, gboolean hide, GError **error)
{
  JsonArray *array = json_node_get_array (list);

  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!check_text (param, json_array_get_string_element (array, i), hide, error))
      return FALSE;
  return TRUE;
}

static JsonNode *
scalar_value (const struct galley_param *param, JsonNode *value, const char *folder, gboolean hide, GError **error)
{
  g_autofree char *text = NULL;

  if (!JSON_NODE_HOLDS_VALUE (value))
    {
      g_autofree char *wanted = g_strdup_printf (param->type == GALLEY_INT ? "an %s" : "a %s", galley_type_name (param->type));
      return wrong (error, param, JSON_NODE_HOLDS_NULL (value) ? "null" : "a list or map", FALSE, wanted);
    }
  text = strict_json_to_text (value);
  if (!check_text (param, text, hide, error))
    return NULL;
  switch (param->type)
    {
    case GALLEY_INT:      return int_value (param, text, hide, error);
    case GALLEY_BOOL:     return bool_value (param, text, hide, error);
    case GALLEY_DURATION: return duration_value (param, text, hide, error);
    case GALLEY_PATH:     return path_value (param, text, folder, error);
    default:              return string_node (text);
    }
}

JsonNode *
value_for_param (const struct galley_param *param, JsonNode *value, const char *folder, gboolean hide, GError **error)
{
  g_autoptr (JsonNode) list = NULL;

  if (param->type == GALLEY_MAP)
    return json_node_copy (value);
  if (param->type != GALLEY_LIST)
    return scalar_value (param, value, folder, hide, error);
  list = list_value (param, value, error);
  if (list == NULL || !check_list (param, list, hide, error))
    return NULL;
  return g_steal_pointer (&list);
}

JsonNode *
value_of_fallback (const struct galley_param *param)
{
  g_autoptr (JsonNode) text = NULL;

  if (param->fallback == NULL)
    return NULL;
  if (param->type == GALLEY_LIST || param->type == GALLEY_MAP)
    return strict_json_parse (param->fallback, -1, NULL);
  text = string_node (param->fallback);
  return scalar_value (param, text, "/", FALSE, NULL);
}

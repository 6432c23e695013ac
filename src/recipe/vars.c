/* The values of a recipe's vars.  SPDX-License-Identifier: MIT */
#include "recipe/vars.h"

#include <errno.h>
#include <string.h>

#include "base/errors.h"
#include "base/mask.h"
#include "base/strict-json.h"
#include "base/text.h"
#include "base/yaml.h"
#include "recipe/match.h"
#include "recipe/read.h"

#define MAX_SHOWN   60
#define MAX_CHECKED 1000          /* elements of a list with `match` or `values` */

/* -- one value -------------------------------------------------------------- */

/* `var "x" must be WANTED, not "..."`; the value of a secret is not said. */
static char *
must_be (const VarDeclaration *var, const char *wanted, JsonNode *value)
{
  g_autofree char *text = NULL, *safe = NULL, *cut = NULL;

  if (var->secret)
    return g_strdup_printf ("var \"%s\" must be %s", var->name, wanted);
  if (!JSON_NODE_HOLDS_VALUE (value))
    return g_strdup_printf ("var \"%s\" must be %s, not %s", var->name, wanted,
                            JSON_NODE_HOLDS_ARRAY (value) ? "a list" : JSON_NODE_HOLDS_OBJECT (value) ? "a map" : "null");
  text = strict_json_to_text (value);
  safe = text_make_safe (text, -1);
  cut = g_utf8_strlen (safe, -1) > MAX_SHOWN ? g_utf8_substring (safe, 0, MAX_SHOWN) : g_strdup (safe);
  return g_strdup_printf ("var \"%s\" must be %s, not \"%s%s\"", var->name, wanted, cut, strcmp (cut, safe) != 0 ? "..." : "");
}

static char *
check_match (const VarDeclaration *var, GRegex *regex, JsonNode *value, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *wanted = NULL;

  if (regex == NULL || match_whole (regex, text, &error))
    return NULL;
  wanted = error != NULL ? g_strdup_printf ("a text that \"match\" can judge (%s)", error->message)
                         : g_strdup_printf ("a text that matches \"%s\"", var->match);
  return must_be (var, wanted, value);
}

static char *
check_values (const VarDeclaration *var, JsonNode *value, const char *text)
{
  g_autofree char *list = NULL, *wanted = NULL;

  if (var->values == NULL)
    return NULL;
  for (guint i = 0; i < var->values->len; i++)
    if (strcmp (var->values->pdata[i], text) == 0)
      return NULL;
  g_ptr_array_add (var->values, NULL);
  list = g_strjoinv ("\", \"", (char **) var->values->pdata);
  g_ptr_array_set_size (var->values, (int) var->values->len - 1);
  wanted = var->secret ? g_strdup ("one of its \"values\"") : g_strdup_printf ("one of \"%s\"", list);
  return must_be (var, wanted, value);
}

static char *
check_text (const VarDeclaration *var, GRegex *regex, JsonNode *value, const char *text)
{
  char *message = check_match (var, regex, value, text);

  return message != NULL ? message : check_values (var, value, text);
}

static char *
check_bounds (const VarDeclaration *var, JsonNode *value, gint64 number)
{
  gboolean low = var->has_min && number < var->min;
  gint64 bound = low ? var->min : var->max;
  g_autofree char *text = NULL, *wanted = NULL;

  if (!low && !(var->has_max && number > var->max))
    return NULL;
  text = var->type == VAR_DURATION ? duration_format (bound) : g_strdup_printf ("%" G_GINT64_FORMAT, bound);
  wanted = g_strdup_printf ("at %s %s", low ? "least" : "most", text);
  return must_be (var, wanted, value);
}

static JsonNode *
check_string (const VarDeclaration *var, JsonNode *value, char **message)
{
  g_autoptr (GRegex) regex = var->match != NULL ? match_compile (var->match, NULL) : NULL;
  g_autofree char *text = NULL;

  if (!JSON_NODE_HOLDS_VALUE (value)) {
    *message = must_be (var, "a string", value);
    return NULL;
  }
  text = strict_json_to_text (value);
  *message = check_text (var, regex, value, text);
  if (*message == NULL && var->secret && mask_refusal (text, strlen (text)) != NULL)
    *message = g_strdup_printf ("secret \"%s\" %s, and could not be hidden", var->name, mask_refusal (text, strlen (text)));
  return *message == NULL ? json_node_init_string (json_node_alloc (), text) : NULL;
}

static JsonNode *
check_int (const VarDeclaration *var, JsonNode *value, char **message)
{
  g_autofree char *text = JSON_NODE_HOLDS_VALUE (value) ? strict_json_to_text (value) : NULL;
  gint64 number;

  if (text == NULL || *text == '+' || !g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, &number, NULL)) {
    *message = must_be (var, "a whole number", value);
    return NULL;
  }
  *message = check_bounds (var, value, number);
  if (*message == NULL)
    *message = check_values (var, value, text);
  return *message == NULL ? json_node_init_int (json_node_alloc (), number) : NULL;
}

static JsonNode *
check_bool (const VarDeclaration *var, JsonNode *value, char **message)
{
  g_autofree char *text = JSON_NODE_HOLDS_VALUE (value) ? strict_json_to_text (value) : NULL;

  if (text == NULL || (strcmp (text, "true") != 0 && strcmp (text, "false") != 0)) {
    *message = must_be (var, "true or false", value);
    return NULL;
  }
  return json_node_init_boolean (json_node_alloc (), *text == 't');
}

static JsonNode *
check_duration (const VarDeclaration *var, JsonNode *value, char **message)
{
  g_autofree char *text = JSON_NODE_HOLDS_VALUE (value) ? strict_json_to_text (value) : NULL;
  gint64 milliseconds;

  if (text == NULL || !duration_parse (text, &milliseconds, NULL)) {
    *message = must_be (var, "a duration such as 90s, 10m or 1h30m", value);
    return NULL;
  }
  *message = check_bounds (var, value, milliseconds);
  if (*message == NULL)
    *message = check_values (var, value, text);
  return *message == NULL ? json_node_init_string (json_node_alloc (), text) : NULL;
}

static JsonNode *
check_list (const VarDeclaration *var, JsonNode *value, char **message)
{
  g_autoptr (GRegex) regex = var->match != NULL ? match_compile (var->match, NULL) : NULL;
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (value)) {
    *message = must_be (var, "a list", value);
    return NULL;
  }
  array = json_node_get_array (value);
  if (regex == NULL && var->values == NULL)
    return json_node_copy (value);
  if (json_array_get_length (array) > MAX_CHECKED) {
    *message = g_strdup_printf ("var \"%s\" has more than %d elements, too many to check", var->name, MAX_CHECKED);
    return NULL;
  }
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *item = json_array_get_element (array, i);
    g_autofree char *text = strict_json_to_text (item);

    *message = check_text (var, regex, item, text);
    if (*message != NULL)
      return NULL;
  }
  return json_node_copy (value);
}

static JsonNode *
check_map (const VarDeclaration *var, JsonNode *value, char **message)
{
  if (JSON_NODE_HOLDS_OBJECT (value))
    return json_node_copy (value);
  *message = must_be (var, "a map", value);
  return NULL;
}

JsonNode *
var_check (const VarDeclaration *var, JsonNode *value, char **message)
{
  switch (var->type) {
  case VAR_STRING:   return check_string (var, value, message);
  case VAR_INT:      return check_int (var, value, message);
  case VAR_BOOL:     return check_bool (var, value, message);
  case VAR_DURATION: return check_duration (var, value, message);
  case VAR_LIST:     return check_list (var, value, message);
  case VAR_MAP:      return check_map (var, value, message);
  }
  return NULL;
}

JsonNode *
recipe_expand_for_var (const VarDeclaration *var, const Template *value, Resolve resolve, gpointer user_data, GError **error)
{
  if (var != NULL && (var->type == VAR_LIST || var->type == VAR_MAP))
    return template_expand_data (value, resolve, user_data, error);
  return template_expand (value, resolve, user_data, error);
}

void
var_value_free (VarValue *value)
{
  if (value == NULL)
    return;
  g_clear_pointer (&value->value, json_node_unref);
  g_free (value->origin);
  g_free (value->warning);
  g_free (value);
}

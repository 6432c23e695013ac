/* The `vars` of a recipe.  SPDX-License-Identifier: MIT */
#include "recipe/load.h"

#include <string.h>

#include "base/text.h"
#include "recipe/match.h"
#include "recipe/vars.h"

static const char *const var_types[] = { "string", "int", "bool", "duration", "list", "map", NULL };

/* What a declaration says, before it is known which type that is. */
typedef struct {
  VarDeclaration *var;
  const YamlNode *fallback, *min, *max, *match, *values;
  gboolean        type_said, required_said, required;
} Draft;

const char *const *
recipe_var_types (void)
{
  return var_types;
}

static void
load_type (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Draft *draft = field;
  const char *text = loader_text (loader, key, value, "string, int, bool, duration, list or map");
  g_autofree char *hint = NULL;

  draft->type_said = TRUE;
  if (text == NULL)
    return;
  for (guint i = 0; var_types[i] != NULL; i++)
    if (strcmp (var_types[i], text) == 0) {
      draft->var->type = (VarType) i;
      return;
    }
  hint = diagnostics_suggest (loader->diagnostics, text, var_types);
  loader_error (loader, value, hint, "not a type; there are string, int, bool, duration, list and map");
}

static void
load_node (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  *(const YamlNode **) field = value;
}

static void
load_help (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  load_text (loader, key, value, &((Draft *) field)->var->help);
}

static void
load_secret (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  load_bool (loader, key, value, &((Draft *) field)->var->secret);
}

static void
load_required (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Draft *draft = field;

  draft->required_said = TRUE;
  load_bool (loader, key, value, &draft->required);
}

static void
load_from_env (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  load_text (loader, key, value, field);
  if (*(char **) field != NULL && !loader_is_env (*(char **) field))
    loader_error (loader, value, NULL, "not the name of an environment variable");
}

static void
refuse_command (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  loader_error (loader, key, "put it into a variable before galley starts, or make it a step",
                "a var cannot come from a command");
}

const RecipeKey recipe_from_keys[] = {
  { "env", "name", "the environment variable that has it", load_from_env, G_STRUCT_OFFSET (VarDeclaration, from_env), FALSE },
  { "file", "path", "the file that has it, relative to the recipe", load_text, G_STRUCT_OFFSET (VarDeclaration, from_file), FALSE },
  { .name = NULL }
};

static const RecipeKey from_and_refused_keys[] = {
  { "env", "name", "", load_from_env, G_STRUCT_OFFSET (VarDeclaration, from_env), FALSE },
  { "file", "path", "", load_text, G_STRUCT_OFFSET (VarDeclaration, from_file), FALSE },
  { "command", "", "", refuse_command, 0, FALSE },
  { .name = NULL }
};

static void
load_from (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  gboolean refused = yaml_get (value, "command") != NULL;

  loader_map (loader, value, key, refused ? from_and_refused_keys : recipe_from_keys, ((Draft *) field)->var);
}

const RecipeKey recipe_var_keys[] = {
  { "type", "type", "string, int, bool, duration, list or map", load_type, 0, FALSE },
  { "default", "any", "its value when no other is given", load_node, G_STRUCT_OFFSET (Draft, fallback), FALSE },
  { "required", "boolean", "false: it may be left out without a default", load_required, 0, FALSE },
  { "secret", "boolean", "its value is never shown anywhere", load_secret, 0, FALSE },
  { "from", "from", "where else to look for it", load_from, 0, FALSE },
  { "match", "regex", "what the whole text must match", load_node, G_STRUCT_OFFSET (Draft, match), FALSE },
  { "values", "texts", "the only values it may have", load_node, G_STRUCT_OFFSET (Draft, values), FALSE },
  { "min", "number", "the least an int or duration may be", load_node, G_STRUCT_OFFSET (Draft, min), FALSE },
  { "max", "number", "the most an int or duration may be", load_node, G_STRUCT_OFFSET (Draft, max), FALSE },
  { "help", "text", "one line for people", load_help, 0, FALSE },
  { .name = NULL }
};

/* -- a declaration ---------------------------------------------------------- */

/* `nodes: 2` is an int, `quick: true` a bool; `1.20`, `no` and "2" are strings. */
static VarType
guess_type (const YamlNode *value)
{
  gint64 number;

  if (value->kind != YAML_SCALAR)
    return value->kind == YAML_LIST ? VAR_LIST : VAR_MAP;
  if (!value->plain)
    return VAR_STRING;
  if (strcmp (value->text, "true") == 0 || strcmp (value->text, "false") == 0)
    return VAR_BOOL;
  return g_ascii_string_to_signed (value->text, 10, G_MININT64, G_MAXINT64, &number, NULL) && *value->text != '+'
         && (*value->text != '0' || value->text[1] == '\0') ? VAR_INT : VAR_STRING;
}

static void
finish_bound (Loader *loader, const VarDeclaration *var, const char *name, const YamlNode *node, gboolean *has, gint64 *bound)
{
  if (node == NULL)
    return;
  if (var->type != VAR_INT && var->type != VAR_DURATION)
    loader_error (loader, node, NULL, "\"%s\" is only for an int or a duration", name);
  else if (node->kind == YAML_SCALAR
           && (var->type == VAR_INT ? g_ascii_string_to_signed (node->text, 10, G_MININT64, G_MAXINT64, bound, NULL)
                                    : duration_parse (node->text, bound, NULL)))
    *has = TRUE;
  else
    loader_error (loader, node, NULL, "\"%s\" must be %s", name, var->type == VAR_INT ? "a whole number" : "a duration");
}

static void
finish_match (Loader *loader, VarDeclaration *var, const YamlNode *node)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GRegex) regex = NULL;

  if (node == NULL)
    return;
  if (node->kind != YAML_SCALAR || (var->type != VAR_STRING && var->type != VAR_LIST)) {
    loader_error (loader, node, NULL, node->kind == YAML_SCALAR ? "\"match\" is only for a string, or the texts of a list"
                                                                : "\"match\" must be a regular expression");
    return;
  }
  regex = match_compile (node->text, &error);
  if (regex == NULL)
    loader_error (loader, node, NULL, "not a regular expression: %s", error->message);
  else
    var->match = g_strdup (node->text);
}

static void
finish_values (Loader *loader, VarDeclaration *var, const YamlNode *node)
{
  g_autoptr (YamlNode) key = NULL;

  if (node == NULL)
    return;
  key = g_new0 (YamlNode, 1);
  key->text = g_strdup ("values");
  if (var->type == VAR_BOOL || var->type == VAR_MAP)
    loader_error (loader, node, NULL, "\"values\" is not for a bool or a map");
  else if (node->kind == YAML_LIST && node->items->len > RECIPE_MAX_VALUES)
    loader_error (loader, node, NULL, "more than %d values", RECIPE_MAX_VALUES);
  else
    load_texts (loader, key, node, &var->values);
}

/* The value as JSON, by type, and by all that the declaration says. */
static void
finish_fallback (Loader *loader, VarDeclaration *var, const YamlNode *node)
{
  g_autoptr (YamlProblem) problem = NULL;
  g_autoptr (JsonNode) json = NULL;
  g_autofree char *message = NULL;

  if (node == NULL)
    return;
  if (var->secret) {
    loader_error (loader, node, "use \"from\" or --vars", "a secret has no default: all who read the recipe would know it");
    return;
  }
  if (node->kind == YAML_SCALAR && node->plain && *node->text == '\0') {
    loader_error (loader, node, "an empty text is written \"\"", "a value is missing");
    return;
  }
  json = node->kind == YAML_SCALAR ? json_node_init_string (json_node_alloc (), node->text) : yaml_to_json (node, &problem);
  if (json == NULL) {
    diagnostics_add (loader->diagnostics, (Position) { loader->file, problem->line, problem->column }, NULL, "%s", problem->message);
    return;
  }
  if (node->kind == YAML_SCALAR && strstr (node->text, "${") != NULL)
    loader_error (loader, node, NULL, "references are not expanded in a default");
  var->fallback = var_check (var, json, &message);
  if (var->fallback == NULL)
    loader_error (loader, node, NULL, "%s", message);
}

/* No line that may hold the value of a secret is shown, whatever is wrong
 * with it; a key that is unknown may be a misspelt "default". */
static void
hide_lines (Loader *loader, const YamlNode *node)
{
  diagnostics_hide_line (loader->diagnostics, loader->file, node->line);
  for (guint i = 0; node->items != NULL && i < node->items->len; i++)
    hide_lines (loader, node->items->pdata[i]);
}

/* Whether the var is a secret, or its author may think it is. */
static gboolean
is_likely_secret (const YamlNode *value)
{
  static const char *const secret[] = { "secret", "sensitive", NULL };

  for (guint i = 0; i < value->keys->len; i++) {
    const char *key = ((YamlNode *) value->keys->pdata[i])->text;

    if (strlen (key) <= 16 && did_you_mean (key, secret) != NULL)
      return TRUE;
  }
  return FALSE;
}

static void
hide_secret (Loader *loader, const YamlNode *value)
{
  static const char *const harmless[] = { "type", "required", "secret", "from", "match", "help", "min", "max", NULL };

  for (guint i = 0; i < value->keys->len; i++) {
    const YamlNode *key = value->keys->pdata[i];

    if (g_strv_contains (harmless, key->text))
      continue;
    diagnostics_hide_line (loader->diagnostics, loader->file, key->line);
    hide_lines (loader, value->items->pdata[i]);
  }
}

static void
load_declaration (Loader *loader, const YamlNode *key, const YamlNode *value, VarDeclaration *var)
{
  Draft draft = { .var = var, .required = TRUE };

  if (value->kind == YAML_MAP) {
    loader_map (loader, value, key, recipe_var_keys, &draft);
    if (is_likely_secret (value))
      hide_secret (loader, value);
  } else
    draft.fallback = value;
  if (!draft.type_said && draft.fallback != NULL)
    var->type = guess_type (draft.fallback);
  if (var->secret && var->type != VAR_STRING)
    loader_error (loader, key, NULL, "a secret must be a string");
  finish_bound (loader, var, "min", draft.min, &var->has_min, &var->min);
  finish_bound (loader, var, "max", draft.max, &var->has_max, &var->max);
  finish_match (loader, var, draft.match);
  finish_values (loader, var, draft.values);
  finish_fallback (loader, var, draft.fallback);
  if (draft.required_said && draft.required && draft.fallback != NULL)
    loader_error (loader, key, NULL, "a var with a default is not required");
  var->optional = !draft.required && draft.fallback == NULL;
}

void
load_vars (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  GPtrArray *vars = *(GPtrArray **) field;

  if (value->kind != YAML_MAP) {
    loader_wrong (loader, key, value, "a map");
    return;
  }
  if (value->keys->len > RECIPE_MAX_VARS)
    loader_error (loader, value, NULL, "more than %d vars", RECIPE_MAX_VARS);
  for (guint i = 0; i < MIN (value->keys->len, RECIPE_MAX_VARS); i++) {
    const YamlNode *name = value->keys->pdata[i];
    VarDeclaration *var = g_new0 (VarDeclaration, 1);

    var->name = g_strdup (name->text);
    var->at = loader_at (loader, name);
    g_ptr_array_add (vars, var);
    if (!loader_is_id (name->text))
      loader_error (loader, name, NULL, "a var's name begins with a-z and has only a-z, 0-9, \"_\" and \"-\", at most 64 of them");
    load_declaration (loader, name, value->items->pdata[i], var);
  }
}

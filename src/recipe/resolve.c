/* Where the values of vars come from.  SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/errors.h"
#include "base/mask.h"
#include "base/text.h"
#include "base/yaml.h"
#include "recipe/read.h"
#include "recipe/vars.h"

#define MAX_SECRET_FILE (64 * 1024)

typedef struct {
  const Recipe *recipe;
  GHashTable   *values;           /* name -> VarValue* */
  Diagnostics  *diagnostics;
} Resolver;

static char *
suggest_var (Resolver *resolver, const char *name)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < resolver->recipe->vars->len; i++)
    g_ptr_array_add (names, ((VarDeclaration *) resolver->recipe->vars->pdata[i])->name);
  g_ptr_array_add (names, NULL);
  return diagnostics_suggest (resolver->diagnostics, name, (const char *const *) names->pdata);
}

/* VALUE (taken) becomes the var's, unless it is wrong, which is said at AT. */
static void
set_value (Resolver *resolver, const VarDeclaration *var, JsonNode *value, char *origin, Position at)
{
  g_autoptr (JsonNode) given = value;
  g_autofree char *from = origin, *message = NULL;
  JsonNode *checked = var_check (var, given, &message);
  VarValue *found;

  if (checked == NULL) {
    diagnostics_add (resolver->diagnostics, at, NULL, "%s (from %s)", message, from);
    return;
  }
  found = g_new0 (VarValue, 1);
  found->value = checked;
  found->origin = g_steal_pointer (&from);
  found->secret = var->secret;
  g_hash_table_replace (resolver->values, g_strdup (var->name), found);
}

/* A text given from outside: that of a list or map is YAML. */
static JsonNode *
parse_given (const VarDeclaration *var, const char *text, char **message)
{
  g_autoptr (YamlProblem) problem = NULL;
  g_autoptr (YamlNode) root = NULL;
  JsonNode *value = NULL;

  if (!g_utf8_validate (text, -1, NULL)) {
    *message = g_strdup_printf ("var \"%s\" is not UTF-8", var->name);
    return NULL;
  }
  if (var->type != VAR_LIST && var->type != VAR_MAP)
    return json_node_init_string (json_node_alloc (), text);
  root = yaml_parse (text, strlen (text), &problem);
  if (root != NULL)
    value = yaml_to_json (root, &problem);
  if (value == NULL)
    *message = g_strdup_printf ("var \"%s\" must be a %s, written as YAML: %s", var->name,
                                var->type == VAR_LIST ? "list" : "map", problem->message);
  return value;
}

static void
set_text (Resolver *resolver, const VarDeclaration *var, const char *text, char *origin, Position at)
{
  g_autofree char *message = NULL;
  JsonNode *value = parse_given (var, text, &message);

  if (value != NULL) {
    set_value (resolver, var, value, origin, at);
    return;
  }
  diagnostics_add (resolver->diagnostics, at, NULL, "%s (from %s)", message, origin);
  g_free (origin);
}

/* -- the sources, the weakest first ----------------------------------------- */

/* The file of a secret: what follows the last line's end is not part of it. */
static void
take_file (Resolver *resolver, const VarDeclaration *var)
{
  g_autofree char *path = g_canonicalize_filename (var->from_file, resolver->recipe->dir);
  g_autofree char *text = NULL, *message = NULL;
  struct stat status = { 0 };
  gsize len = 0;
  VarValue *value;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return;
  text = read_small_file (path, MAX_SECRET_FILE, &len, &status, &message);
  if (text == NULL || memchr (text, '\0', len) != NULL) {
    diagnostics_add (resolver->diagnostics, var->at, NULL, "var \"%s\": file \"%s\" %s", var->name, var->from_file,
                     message != NULL ? message : "has a NUL byte in it");
    return;
  }
  while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
    text[--len] = '\0';
  if (len == 0)
    return;
  set_text (resolver, var, text, g_strdup_printf ("file %s", var->from_file), var->at);
  value = g_hash_table_lookup (resolver->values, var->name);
  if (value != NULL && var->secret && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    value->warning = g_strdup_printf ("secret \"%s\": others can read \"%s\" (mode %04o); chmod 600 would keep it private",
                                      var->name, var->from_file, (guint) (status.st_mode & 07777));
}

static void
take_own_sources (Resolver *resolver, const VarDeclaration *var)
{
  const char *env = var->from_env != NULL ? g_getenv (var->from_env) : NULL;

  if (env != NULL && *env != '\0')
    set_text (resolver, var, env, g_strdup_printf ("env %s", var->from_env), var->at);
  else if (var->from_file != NULL)
    take_file (resolver, var);
}

static void
take_map (Resolver *resolver, const YamlNode *root, const char *shown)
{
  for (guint i = 0; i < root->keys->len; i++) {
    const YamlNode *key = root->keys->pdata[i], *node = root->items->pdata[i];
    const VarDeclaration *var = recipe_find_var (resolver->recipe, key->text);
    Position at = { shown, key->line, key->column };
    g_autofree char *hint = NULL;
    g_autoptr (YamlProblem) problem = NULL;
    JsonNode *value;

    if (var == NULL) {
      hint = suggest_var (resolver, key->text);
      diagnostics_add (resolver->diagnostics, at, hint, "the recipe has no var \"%s\"", key->text);
      continue;
    }
    value = node->kind == YAML_SCALAR ? json_node_init_string (json_node_alloc (), node->text) : yaml_to_json (node, &problem);
    if (value != NULL)
      set_value (resolver, var, value, g_strdup_printf ("%s:%u", shown, key->line), at);
    else
      diagnostics_add (resolver->diagnostics, (Position) { shown, problem->line, problem->column }, NULL, "%s",
                       var->secret ? "not a string" : problem->message);
  }
}

/* Its lines are never shown: any of them may hold a secret. */
static void
take_vars_file (Resolver *resolver, const char *path)
{
  const char *shown = g_intern_string (path);
  g_autofree char *text = NULL, *message = NULL;
  g_autoptr (YamlProblem) problem = NULL;
  g_autoptr (YamlNode) root = NULL;
  gsize len = 0;

  text = read_small_file (path, YAML_MAX_BYTES, &len, NULL, &message);
  if (text == NULL) {
    diagnostics_add (resolver->diagnostics, (Position) { shown, 0, 0 }, NULL, "%s", message);
    return;
  }
  root = yaml_parse (text, len, &problem);
  if (root == NULL)
    diagnostics_add (resolver->diagnostics, (Position) { shown, problem->line, problem->column }, NULL, "%s", problem->message);
  else if (root->kind != YAML_MAP)
    diagnostics_add (resolver->diagnostics, (Position) { shown, root->line, root->column }, NULL, "must be a map of vars and their values");
  else
    take_map (resolver, root, shown);
}

/* FALSE: it is not even NAME=VALUE of a var there is. */
static gboolean
take_given (Resolver *resolver, const char *given, GError **error)
{
  const char *equal = strchr (given, '=');
  g_autofree char *name = equal != NULL ? g_strndup (given, (gsize) (equal - given)) : NULL;
  const VarDeclaration *var = name != NULL ? recipe_find_var (resolver->recipe, name) : NULL;
  g_autofree char *hint = NULL;

  if (name == NULL || *name == '\0') {
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "--var must be NAME=VALUE");
    return FALSE;
  }
  if (var == NULL) {
    g_autofree char *safe = text_make_safe (name, -1);

    hint = suggest_var (resolver, safe);
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "--var: the recipe has no var \"%s\"%s%s%s", safe,
                 hint != NULL ? " (" : "", hint != NULL ? hint : "", hint != NULL ? ")" : "");
    return FALSE;
  }
  set_text (resolver, var, equal + 1, g_strdup ("--var"), var->at);
  return TRUE;
}

/* -- what is left ----------------------------------------------------------- */

static void
say_missing (Resolver *resolver, const VarDeclaration *var, gboolean included)
{
  g_autoptr (GString) ways = g_string_new (NULL);

  if (included)
    g_string_append_printf (ways, "the including step's \"with: {%s: ...}\"", var->name);
  else
    g_string_append_printf (ways, "--var %s=VALUE, --vars FILE", var->name);
  if (var->from_env != NULL)
    g_string_append_printf (ways, ", environment variable %s", var->from_env);
  if (var->from_file != NULL)
    g_string_append_printf (ways, ", file \"%s\"", var->from_file);
  diagnostics_add (resolver->diagnostics, var->at, NULL, "var \"%s\" has no value%s%s%s; give it by %s", var->name,
                   var->help != NULL ? " (" : "", var->help != NULL ? var->help : "", var->help != NULL ? ")" : "", ways->str);
}

static void
take_defaults (Resolver *resolver, guint before, gboolean included)
{
  for (guint i = 0; i < resolver->recipe->vars->len; i++) {
    const VarDeclaration *var = resolver->recipe->vars->pdata[i];
    VarValue *value;

    if (g_hash_table_contains (resolver->values, var->name))
      continue;
    if (var->fallback == NULL && !var->optional) {
      if (diagnostics_count (resolver->diagnostics) == before)
        say_missing (resolver, var, included);
      continue;
    }
    value = g_new0 (VarValue, 1);
    value->value = var->fallback != NULL ? json_node_copy (var->fallback) : NULL;
    value->origin = g_strdup (var->fallback != NULL ? "default" : "not given");
    value->secret = var->secret;
    g_hash_table_insert (resolver->values, g_strdup (var->name), value);
  }
}

static void
resolver_init (Resolver *resolver, const Recipe *recipe, Diagnostics *diagnostics)
{
  resolver->recipe = recipe;
  resolver->diagnostics = diagnostics;
  resolver->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) var_value_free);
}

static GHashTable *
resolver_end (Resolver *resolver, GError **error)
{
  if (diagnostics_check (resolver->diagnostics, error))
    return g_steal_pointer (&resolver->values);
  g_hash_table_unref (resolver->values);
  return NULL;
}

GHashTable *
recipe_resolve_vars (const Recipe *recipe, const char *const *given, const char *const *files, GError **error)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  Resolver resolver;

  resolver_init (&resolver, recipe, diagnostics);
  for (guint i = 0; i < recipe->vars->len; i++)
    take_own_sources (&resolver, recipe->vars->pdata[i]);
  for (guint i = 0; files != NULL && files[i] != NULL; i++)
    take_vars_file (&resolver, files[i]);
  for (guint i = 0; given != NULL && given[i] != NULL; i++)
    if (!take_given (&resolver, given[i], error)) {
      g_hash_table_unref (resolver.values);
      return NULL;
    }
  take_defaults (&resolver, 0, FALSE);
  return resolver_end (&resolver, error);
}

GHashTable *
recipe_resolve_include_vars (const Recipe *recipe, GHashTable *with, GError **error)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  Resolver resolver;

  resolver_init (&resolver, recipe, diagnostics);
  for (guint i = 0; i < recipe->vars->len; i++) {
    const VarDeclaration *var = recipe->vars->pdata[i];
    JsonNode *value = g_hash_table_lookup (with, var->name);

    if (value != NULL && !JSON_NODE_HOLDS_NULL (value))
      set_value (&resolver, var, json_node_copy (value), g_strdup ("include"), var->at);
    else
      take_own_sources (&resolver, var);
  }
  take_defaults (&resolver, 0, TRUE);
  return resolver_end (&resolver, error);
}

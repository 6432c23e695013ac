/* Where the values of vars come from.  SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/errors.h"
#include "base/mask.h"
#include "base/text.h"
#include "base/yaml.h"
#include "recipe/graph.h"
#include "recipe/read.h"
#include "recipe/vars.h"

#define MAX_SECRET_FILE (64 * 1024)

typedef struct {
  const Recipe *recipe;
  GHashTable   *values;           /* name -> VarValue* */
  World        *played;           /* NULL, or what knows the values of a recorded run */
  const char   *prefix;           /* of the recipe's vars there */
  GHashTable   *settled;          /* VarDeclarations that a source has given, rightly or not */
  Diagnostics  *diagnostics;
} Resolver;

/* VALUE (taken) becomes the var's, unless it is wrong, which is said at AT. */
static VarValue *
set_value (Resolver *resolver, const VarDeclaration *var, JsonNode *value, char *origin, Position at)
{
  g_autoptr (JsonNode) given = value;
  g_autofree char *from = origin, *message = NULL;
  JsonNode *checked = var_check (var, given, &message);
  VarValue *found;

  g_hash_table_add (resolver->settled, (gpointer) var);
  if (checked == NULL) {
    diagnostics_add (resolver->diagnostics, at, NULL, "%s (from %s)", message, from);
    return NULL;
  }
  found = g_new0 (VarValue, 1);
  found->value = checked;
  found->origin = g_steal_pointer (&from);
  found->secret = var->secret;
  g_hash_table_replace (resolver->values, g_strdup (var->name), found);
  return found;
}

static gboolean
is_settled (Resolver *resolver, const VarDeclaration *var)
{
  return g_hash_table_contains (resolver->settled, var);
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

/* NULL: it is wrong, and that was said. */
static VarValue *
set_text (Resolver *resolver, const VarDeclaration *var, const char *text, char *origin, Position at)
{
  g_autofree char *message = NULL;
  JsonNode *value = parse_given (var, text, &message);

  if (value != NULL)
    return set_value (resolver, var, value, origin, at);
  g_hash_table_add (resolver->settled, (gpointer) var);
  diagnostics_add (resolver->diagnostics, at, NULL, "%s (from %s)", message, origin);
  g_free (origin);
  return NULL;
}

/* Secrets that others can read are worth a word. */
static void
warn_of_readers (const VarDeclaration *var, VarValue *value, const char *path, const struct stat *status)
{
  if (value != NULL && var->secret && (status->st_mode & (S_IRWXG | S_IRWXO)) != 0)
    value->warning = g_strdup_printf ("secret \"%s\": others can read \"%s\" (mode %04o); chmod 600 would keep it private",
                                      var->name, path, (guint) (status->st_mode & 07777));
}

/* -- the sources, the strongest first ----------------------------------------- */

/* The file of a secret: what follows the last line's end is not part of it. */
static void
take_file (Resolver *resolver, const VarDeclaration *var)
{
  g_autofree char *path = g_canonicalize_filename (var->from_file, resolver->recipe->dir);
  g_autofree char *text = NULL, *message = NULL;
  struct stat status = { 0 };
  gsize len = 0;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return;
  text = read_small_file (path, MAX_SECRET_FILE, &len, &status, &message);
  if (text == NULL || memchr (text, '\0', len) != NULL) {
    g_hash_table_add (resolver->settled, (gpointer) var);
    diagnostics_add (resolver->diagnostics, var->at, NULL, "var \"%s\": file \"%s\" %s", var->name, var->from_file,
                     message != NULL ? message : "has a NUL byte in it");
    return;
  }
  while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
    text[--len] = '\0';
  if (len == 0)
    return;
  warn_of_readers (var, set_text (resolver, var, text, g_strdup_printf ("file %s", var->from_file), var->at),
                   var->from_file, &status);
}

static void
take_own_sources (Resolver *resolver, const VarDeclaration *var)
{
  const char *env = var->from_env != NULL ? g_getenv (var->from_env) : NULL;

  if (is_settled (resolver, var))
    return;
  if (env != NULL && *env != '\0')
    set_text (resolver, var, env, g_strdup_printf ("env %s", var->from_env), var->at);
  else if (var->from_file != NULL)
    take_file (resolver, var);
}

static void
take_map (Resolver *resolver, const YamlNode *root, const char *shown, const struct stat *status)
{
  for (guint i = 0; i < root->keys->len; i++) {
    const YamlNode *key = root->keys->pdata[i], *node = root->items->pdata[i];
    const VarDeclaration *var = recipe_find_var (resolver->recipe, key->text);
    Position at = { shown, key->line, key->column };
    g_autofree char *hint = NULL;
    g_autoptr (YamlProblem) problem = NULL;
    JsonNode *value;

    if (var == NULL) {
      hint = recipe_suggest_var (resolver->recipe, key->text, resolver->diagnostics);
      diagnostics_add (resolver->diagnostics, at, hint, "the recipe has no var \"%s\"", key->text);
      continue;
    }
    if (is_settled (resolver, var))
      continue;
    value = node->kind == YAML_SCALAR ? json_node_init_string (json_node_alloc (), node->text) : yaml_to_json (node, &problem);
    if (value != NULL)
      warn_of_readers (var, set_value (resolver, var, value, g_strdup_printf ("%s:%u", shown, key->line), at), shown, status);
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
  struct stat status = { 0 };
  gsize len = 0;

  text = read_small_file (path, YAML_MAX_BYTES, &len, &status, &message);
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
    take_map (resolver, root, shown, &status);
}

/* The var that NAME=VALUE is for; NULL: none. */
static const VarDeclaration *
find_given (Resolver *resolver, const char *given, GError **error)
{
  const char *equal = strchr (given, '=');
  g_autofree char *name = equal != NULL ? g_strndup (given, (gsize) (equal - given)) : NULL;
  const VarDeclaration *var = name != NULL ? recipe_find_var (resolver->recipe, name) : NULL;
  g_autofree char *hint = NULL, *safe = NULL;

  if (name == NULL || *name == '\0') {
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "--var must be NAME=VALUE");
    return NULL;
  }
  if (var == NULL) {
    safe = text_make_safe (name, -1);
    hint = recipe_suggest_var (resolver->recipe, safe, resolver->diagnostics);
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "--var: the recipe has no var \"%s\"%s%s%s", safe,
                 hint != NULL ? " (" : "", hint != NULL ? hint : "", hint != NULL ? ")" : "");
  }
  return var;
}

static gboolean
take_given (Resolver *resolver, const char *const *given, GError **error)
{
  guint count = given != NULL ? g_strv_length ((char **) given) : 0;
  const VarDeclaration *var;
  VarValue *value;

  for (guint i = 0; i < count; i++)
    if (find_given (resolver, given[i], error) == NULL)
      return FALSE;
  while (count-- > 0) {
    var = find_given (resolver, given[count], NULL);
    if (is_settled (resolver, var))
      continue;
    value = set_text (resolver, var, strchr (given[count], '=') + 1, g_strdup ("--var"), var->at);
    if (value != NULL && var->secret)
      value->warning = g_strdup_printf ("secret \"%s\": all users of this machine can see what is given with --var; "
                                        "use a file and --vars", var->name);
  }
  return TRUE;
}

/* -- what is left ----------------------------------------------------------- */

static void
say_missing (Resolver *resolver, const VarDeclaration *var, gboolean included)
{
  g_autoptr (GString) ways = g_string_new (NULL);

  if (included)
    g_string_append_printf (ways, "the including step's \"with: {%s: ...}\"", var->name);
  else if (var->secret)          /* a command line is no place for it */
    g_string_append (ways, "--vars FILE");
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
take_default (Resolver *resolver, const VarDeclaration *var, gboolean included)
{
  VarValue *value;

  if (var->fallback == NULL && !var->optional) {
    say_missing (resolver, var, included);
    return;
  }
  value = g_new0 (VarValue, 1);
  value->value = var->fallback != NULL ? json_node_copy (var->fallback) : NULL;
  value->origin = g_strdup (var->fallback != NULL ? "default" : "not given");
  value->secret = var->secret;
  g_hash_table_insert (resolver->values, g_strdup (var->name), value);
  g_hash_table_add (resolver->settled, (gpointer) var);
}

static void
take_defaults (Resolver *resolver, gboolean included)
{
  for (guint i = 0; i < resolver->recipe->vars->len; i++)
    if (!is_settled (resolver, resolver->recipe->vars->pdata[i]))
      take_default (resolver, resolver->recipe->vars->pdata[i], included);
}

/* -- a recording ------------------------------------------------------------- */

/* What is secret is a placeholder there, which need not look as it should. */
static void
play_value (Resolver *resolver, const VarDeclaration *var, JsonNode *value, const char *origin)
{
  VarValue *played;

  if (value != NULL && !var->secret) {
    set_value (resolver, var, json_node_copy (value), g_strdup (origin), var->at);
    return;
  }
  played = g_new0 (VarValue, 1);
  played->value = value != NULL ? json_node_copy (value) : NULL;
  played->origin = g_strdup (origin);
  played->secret = var->secret;
  g_hash_table_add (resolver->settled, (gpointer) var);
  g_hash_table_replace (resolver->values, g_strdup (var->name), played);
}

/* What was left to its default is left to it again, whatever is in the
 * environment now: the default is the recipe's. */
static void
take_played (Resolver *resolver, gboolean included)
{
  for (guint i = 0; resolver->played != NULL && i < resolver->recipe->vars->len; i++) {
    const VarDeclaration *var = resolver->recipe->vars->pdata[i];
    g_autofree char *name = g_strconcat (resolver->prefix, var->name, NULL);
    g_autoptr (JsonNode) value = NULL;
    const char *origin = NULL;

    if (is_settled (resolver, var) || !world_var (resolver->played, name, &value, &origin))
      continue;
    if (strcmp (origin, "default") == 0)
      take_default (resolver, var, included);
    else
      play_value (resolver, var, value, "recording");
  }
}

/* -- all of it -------------------------------------------------------------- */

static void
resolver_init (Resolver *resolver, const Recipe *recipe, World *played, const char *prefix, Diagnostics *diagnostics)
{
  resolver->recipe = recipe;
  resolver->played = played;
  resolver->prefix = prefix;
  resolver->diagnostics = diagnostics;
  diagnostics_add_source (resolver->diagnostics, recipe->shown, recipe->text, recipe->text_len);
  resolver->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) var_value_free);
  resolver->settled = g_hash_table_new (NULL, NULL);
}

/* The values, if FINE. */
static GHashTable *
resolver_end (Resolver *resolver, gboolean fine)
{
  GHashTable *values = resolver->values;

  if (!fine)
    g_clear_pointer (&values, g_hash_table_unref);
  g_hash_table_unref (resolver->settled);
  return values;
}

/* What an earlier part of the same run took. */
static void
take_recorded (Resolver *resolver, GHashTable *recorded)
{
  for (guint i = 0; i < resolver->recipe->vars->len; i++) {
    const VarDeclaration *var = resolver->recipe->vars->pdata[i];
    JsonNode *value = g_hash_table_lookup (recorded, var->name);

    if (value != NULL && !var->secret && !is_settled (resolver, var))
      set_value (resolver, var, json_node_copy (value), g_strdup ("record"), var->at);
  }
}

GHashTable *
recipe_resolve_vars_into (const Recipe *recipe, const char *const *given, const char *const *files, World *played,
                          GHashTable *recorded, Diagnostics *diagnostics, GError **error)
{
  guint count = files != NULL ? g_strv_length ((char **) files) : 0, before = diagnostics_additions (diagnostics);
  Resolver resolver;
  gboolean fine;

  resolver_init (&resolver, recipe, played, "", diagnostics);
  fine = take_given (&resolver, given, error);
  while (fine && count-- > 0)
    take_vars_file (&resolver, files[count]);
  take_played (&resolver, FALSE);
  if (fine && recorded != NULL)
    take_recorded (&resolver, recorded);
  for (guint i = 0; fine && i < recipe->vars->len; i++)
    take_own_sources (&resolver, recipe->vars->pdata[i]);
  if (fine)
    take_defaults (&resolver, FALSE);
  return resolver_end (&resolver, fine && diagnostics_additions (diagnostics) == before);
}

GHashTable *
recipe_resolve_vars (const Recipe *recipe, const char *const *given, const char *const *files, GError **error)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autoptr (GError) usage = NULL;
  GHashTable *values = recipe_resolve_vars_into (recipe, given, files, NULL, NULL, diagnostics, &usage);

  if (usage != NULL)
    g_propagate_error (error, g_steal_pointer (&usage));
  else
    diagnostics_check (diagnostics, error);
  return values;
}

GHashTable *
recipe_resolve_include_vars (const Recipe *recipe, GHashTable *with, World *played, const char *prefix, GError **error)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  Resolver resolver;

  resolver_init (&resolver, recipe, played, prefix, diagnostics);
  for (guint i = 0; i < recipe->vars->len; i++) {
    const VarDeclaration *var = recipe->vars->pdata[i];
    JsonNode *value = g_hash_table_lookup (with, var->name);

    if (value == NULL || JSON_NODE_HOLDS_NULL (value))
      continue;
    if (played != NULL && world_recording (played) != NULL)
      play_value (&resolver, var, value, "include");
    else
      set_value (&resolver, var, json_node_copy (value), g_strdup ("include"), var->at);
  }
  take_played (&resolver, TRUE);
  for (guint i = 0; i < recipe->vars->len; i++)
    take_own_sources (&resolver, recipe->vars->pdata[i]);
  take_defaults (&resolver, TRUE);
  return resolver_end (&resolver, diagnostics_check (diagnostics, error));
}

/* A recipe from its file.  SPDX-License-Identifier: MIT */
#include "recipe/load.h"

#include <string.h>

#include "recipe/definition.h"
#include "recipe/read.h"

#define RECIPE(field) G_STRUCT_OFFSET (Recipe, field)

static void
load_version (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  if (value->kind != YAML_SCALAR || !value->plain || strcmp (value->text, "1") != 0)
    loader_wrong (loader, key, value, "1, the only version of the format there is");
}

static void
load_name (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  load_text (loader, key, value, field);
  if (*(char **) field != NULL && !loader_is_id (*(char **) field))
    loader_error (loader, value, NULL, "a recipe's name begins with a-z and has only a-z, 0-9, \"_\" and \"-\", at most 64 of them");
}

static void
load_lock (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Recipe *recipe = field;

  load_text (loader, key, value, &recipe->lock);
  if (recipe->lock == NULL)
    return;
  recipe->lock_template = template_parse (loader->file, value, loader->diagnostics);
  if (loader->chain->outer != NULL)
    loader_error (loader, key, "say it in the recipe that includes it", "an included recipe cannot have a lock");
}

static void
load_env (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Recipe *recipe = field;

  loader_templates (loader, key, value, TRUE, recipe->env_names, recipe->env_values, NULL);
}

static void
load_uses_env (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  load_texts (loader, key, value, field);
  for (guint i = 0; value->kind == YAML_LIST && i < value->items->len; i++) {
    const YamlNode *item = value->items->pdata[i];

    if (item->kind == YAML_SCALAR && *item->text != '\0' && !loader_is_env (item->text))
      loader_error (loader, item, NULL, "not the name of an environment variable");
  }
}

static gboolean
is_version (const char *text)
{
  return g_ascii_isdigit (*text) && strspn (text, "0123456789.") == strlen (text) && strstr (text, "..") == NULL
         && text[strlen (text) - 1] != '.' && strlen (text) <= 32;
}

static gboolean
is_tool_name (const char *text)
{
  gsize len = strspn (text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_.+-");

  return text[len] == '\0' && len <= 64 && *text != '.';
}

static void
load_tools (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Recipe *recipe = field;

  if (value->kind != YAML_MAP) {
    loader_wrong (loader, key, value, "a map of tools and versions, such as {helm: \">=3.12\"}");
    return;
  }
  for (guint i = 0; i < value->keys->len; i++) {
    const YamlNode *name = value->keys->pdata[i], *item = value->items->pdata[i];

    if (!is_tool_name (name->text))
      loader_error (loader, name, NULL, "not the name of a tool");
    if (item->kind != YAML_SCALAR || !g_str_has_prefix (item->text, ">=")
        || !is_version (item->text + 2 + strspn (item->text + 2, " "))) {
      loader_wrong (loader, name, item, "the least version wanted, such as \">=3.12\"");
      continue;
    }
    g_ptr_array_add (recipe->tools, g_strdup (name->text));
    g_ptr_array_add (recipe->tool_versions, g_strdup (item->text + 2 + strspn (item->text + 2, " ")));
  }
}

static void
load_default_with (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Recipe *recipe = field;

  loader_templates (loader, key, value, FALSE, recipe->default_names, recipe->default_values, &recipe->default_at);
  if (value->kind == YAML_MAP)
    recipe->default_definition = definition_of (value, NULL);
}

const RecipeKey recipe_default_keys[] = {
  { "with", "params", "params for each action that has one of that name", load_default_with, 0, FALSE },
  { "timeout", "duration", "the longest an attempt may take; 0: no limit", load_duration, RECIPE (timeout_ms), FALSE },
  { "idle_timeout", "duration", "the longest a tool may print nothing; 0: no limit", load_duration, RECIPE (idle_timeout_ms), FALSE },
  { "retry", "retry", "how to try again", load_retry, RECIPE (retry), FALSE },
  { .name = NULL }
};

static void
load_defaults (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Recipe *recipe = field;
  guint before = diagnostics_additions (loader->diagnostics);

  loader_map (loader, value, key, recipe_default_keys, field);
  recipe->defaults_wrong = diagnostics_additions (loader->diagnostics) != before;
}

static void
load_outputs (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Recipe *recipe = field;

  loader_templates (loader, key, value, FALSE, recipe->output_names, recipe->output_values, NULL);
  for (guint i = 0; value->kind == YAML_MAP && i < value->keys->len; i++) {
    const YamlNode *name = value->keys->pdata[i];

    if (!loader_is_id (name->text))
      loader_error (loader, name, NULL, "an output's name begins with a-z and has only a-z, 0-9, \"_\" and \"-\", at most 64 of them");
    template_check_data (recipe->output_values->pdata[i], loader->diagnostics);
  }
}

const RecipeKey recipe_top_keys[] = {
  { "galley", "version", "the version of the recipe format: 1", load_version, 0, TRUE },
  { "name", "id", "the recipe's name; not said: the file's, without what follows the dot", load_name, RECIPE (name), FALSE },
  { "summary", "text", "one line for people", load_text, RECIPE (summary), FALSE },
  { "lock", "text", "two runs with one lock never overlap", load_lock, 0, FALSE },
  { "vars", "vars", "what may be given from outside", load_vars, RECIPE (vars), FALSE },
  { "uses_env", "names", "the environment variables that ${env.NAME} may name", load_uses_env, RECIPE (declared_env), FALSE },
  { "env", "env", "environment variables for all tools", load_env, 0, FALSE },
  { "tools", "versions", "the least version of a tool that will do", load_tools, 0, FALSE },
  { "defaults", "defaults", "what holds for all steps that do not say otherwise", load_defaults, 0, FALSE },
  { "steps", "steps", "what to do", load_steps, 0, TRUE },
  { "outputs", "values", "what a recipe that includes this one may use", load_outputs, 0, FALSE },
  { .name = NULL }
};

const RecipeKeys *
recipe_keys (void)
{
  static const RecipeKeys all[] = {
    { "recipe", recipe_top_keys }, { "var", recipe_var_keys }, { "from", recipe_from_keys },
    { "defaults", recipe_default_keys }, { "retry", recipe_retry_keys }, { "step", recipe_step_keys },
    { "assert", recipe_assert_keys }, { .name = NULL }
  };

  return all;
}

/* -- files ------------------------------------------------------------------ */

static char *
name_from_file (const char *file)
{
  g_autofree char *base = strcmp (file, "-") == 0 ? g_strdup ("recipe") : g_path_get_basename (file);
  char *dot = strchr (base + 1, '.');

  if (dot != NULL)
    *dot = '\0';
  return g_strdup (base);
}

static GPtrArray *
new_texts (void)
{
  return g_ptr_array_new_with_free_func (g_free);
}

static GPtrArray *
new_templates (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) template_free);
}

static Recipe *
new_recipe (const char *path, const char *file, const char *text, gsize len)
{
  Recipe *recipe = g_new0 (Recipe, 1);
  g_autofree char *folder = strcmp (path, "-") == 0 ? g_strdup (".") : g_path_get_dirname (path);

  recipe->file = g_strdup (path);
  recipe->shown = file;
  recipe->dir = g_canonicalize_filename (folder, NULL);
  recipe->text = g_strndup (text, len);
  recipe->text_len = len;
  recipe->vars = g_ptr_array_new_with_free_func ((GDestroyNotify) var_declaration_free);
  recipe->steps = g_ptr_array_new_with_free_func ((GDestroyNotify) step_free);
  recipe->timeout_ms = recipe->idle_timeout_ms = -1;
  recipe->default_names = new_texts ();
  recipe->default_values = new_templates ();
  recipe->env_names = new_texts ();
  recipe->env_values = new_templates ();
  recipe->declared_env = new_texts ();
  recipe->output_names = new_texts ();
  recipe->output_values = new_templates ();
  recipe->tools = new_texts ();
  recipe->tool_versions = new_texts ();
  return recipe;
}

static YamlNode *
parse_text (const char *text, gsize len, const char *file, Diagnostics *diagnostics)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func ((GDestroyNotify) yaml_problem_free);
  YamlNode *root = yaml_parse_all (text, len, problems);

  for (guint i = 0; i < problems->len; i++) {
    const YamlProblem *problem = problems->pdata[i];

    diagnostics_add (diagnostics, (Position) { file, problem->line, problem->column }, NULL, "%s", problem->message);
  }
  if (problems->len > 0)
    diagnostics_hide_likely_secrets (diagnostics, file);
  return root;
}

/* Where PATH is not, but PATH with the other ending of YAML files is. */
static char *
suggest_file (const char *path)
{
  g_autofree char *base = g_strdup (path), *other = NULL;
  const char *ending = g_str_has_suffix (path, ".yaml") ? ".yml" : ".yaml";

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return NULL;
  if (g_str_has_suffix (path, ".yaml") || g_str_has_suffix (path, ".yml"))
    *strrchr (base, '.') = '\0';
  other = g_strconcat (base, ending, NULL);
  return g_file_test (other, G_FILE_TEST_IS_REGULAR) ? g_strdup_printf ("did you mean \"%s\"?", other) : NULL;
}

static const LoadChain *
find_in_chain (const LoadChain *chain, const struct stat *status)
{
  while (chain != NULL && !(chain->device == status->st_dev && chain->inode == status->st_ino))
    chain = chain->outer;
  return chain;
}

static char *
describe_cycle (const LoadChain *outer, const LoadChain *first, const char *file)
{
  GString *text = g_string_new (file);

  for (; outer != first; outer = outer->outer)
    g_string_prepend (g_string_prepend (text, " -> "), outer->shown);
  g_string_prepend (g_string_prepend (text, " -> "), first->shown);
  return g_string_free (text, FALSE);
}

/* Whether the file that STATUS describes may be loaded here; else what is wrong. */
static char *
check_chain (const LoadChain *outer, const struct stat *status, const char *file, LoadTotals *totals)
{
  const LoadChain *same = find_in_chain (outer, status);
  g_autofree char *cycle = NULL;

  if (same != NULL) {
    cycle = describe_cycle (outer, same, file);
    return g_strdup_printf ("recipes that include each other: %s", cycle);
  }
  if (outer != NULL && outer->depth >= RECIPE_MAX_DEPTH)
    return g_strdup_printf ("includes deeper than %d", RECIPE_MAX_DEPTH);
  if (outer == NULL)
    return NULL;
  totals->bytes += (gsize) status->st_size;
  if (++totals->includes == RECIPE_MAX_INCLUDES + 1)
    return g_strdup_printf ("more than %d includes", RECIPE_MAX_INCLUDES);
  if (totals->bytes > RECIPE_MAX_INCLUDED && totals->bytes - (gsize) status->st_size <= RECIPE_MAX_INCLUDED)
    return g_strdup_printf ("all included recipes together are larger than %d bytes", RECIPE_MAX_INCLUDED);
  return totals->includes > RECIPE_MAX_INCLUDES || totals->bytes > RECIPE_MAX_INCLUDED ? g_strdup ("") : NULL;
}

/* A file that is no sound YAML may say anything else than it seems to. */
static void
trust_nothing (Recipe *recipe)
{
  recipe->defaults_wrong = TRUE;
  for (guint i = 0; i < recipe->steps->len; i++) {
    Step *step = recipe->steps->pdata[i];

    step->with_wrong = step->each_wrong = TRUE;
  }
}

static Recipe *
load_text_of_file (const char *path, const char *file, const char *text, gsize len, const LoadChain *chain,
                   LoadTotals *totals, Diagnostics *diagnostics)
{
  Recipe *recipe = new_recipe (path, file, text, len);
  g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
  Loader loader = { file, diagnostics, recipe, chain, totals, ids };
  g_autoptr (YamlNode) root = NULL;
  guint before = diagnostics_additions (diagnostics);
  gboolean sound;

  diagnostics_add_source (diagnostics, file, text, len);
  root = parse_text (text, len, file, diagnostics);
  sound = diagnostics_additions (diagnostics) == before;
  if (root != NULL && root->kind == YAML_MAP) {
    if (!loader_map (&loader, root, NULL, recipe_top_keys, recipe) && yaml_get (root, "defaults") == NULL)
      recipe->defaults_wrong = TRUE;
  } else if (root != NULL)
    loader_error (&loader, root, NULL, "a recipe must be a map that begins with \"galley: 1\"");
  if (recipe->name == NULL)
    recipe->name = name_from_file (path);
  if (!sound)
    trust_nothing (recipe);
  recipe_check (recipe, diagnostics);
  return recipe;
}

Recipe *
recipe_load_file (const char *path, const char *file, const YamlNode *include, const LoadChain *outer,
                  LoadTotals *totals, Diagnostics *diagnostics)
{
  LoadChain chain = { outer, 0, 0, file, outer != NULL ? outer->depth + 1 : 0 };
  g_autofree char *text = NULL, *message = NULL, *hint = NULL;
  struct stat status = { 0 };
  gsize len = 0;

  text = read_small_file (path, YAML_MAX_BYTES, &len, &status, &message);
  if (message == NULL)
    message = check_chain (outer, &status, file, totals);
  if (message != NULL && *message == '\0')
    return NULL;
  if (message != NULL) {
    hint = suggest_file (path);
    if (include == NULL)
      diagnostics_add (diagnostics, (Position) { file, 0, 0 }, hint, "%s", message);
    else if (text == NULL)
      diagnostics_add (diagnostics, (Position) { outer->shown, include->line, include->column }, hint, "\"%s\" %s", file, message);
    else
      diagnostics_add (diagnostics, (Position) { outer->shown, include->line, include->column }, NULL, "%s", message);
    return NULL;
  }
  chain.device = status.st_dev;
  chain.inode = status.st_ino;
  return load_text_of_file (path, file, text, len, &chain, totals, diagnostics);
}

Recipe *
recipe_load_into (const char *file, Diagnostics *diagnostics)
{
  LoadTotals totals = { 0, 0 };

  return recipe_load_file (file, strcmp (file, "-") == 0 ? "<stdin>" : g_intern_string (file), NULL, NULL,
                           &totals, diagnostics);
}

Recipe *
recipe_load (const char *file, GError **error)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autoptr (Recipe) recipe = recipe_load_into (file, diagnostics);

  return diagnostics_check (diagnostics, error) ? g_steal_pointer (&recipe) : NULL;
}

/* The `steps` of a recipe.  SPDX-License-Identifier: MIT */
#include "recipe/load.h"

#include <string.h>

#include "base/strict-json.h"
#include "recipe/definition.h"

#define STEP(field) G_STRUCT_OFFSET (Step, field)

static void
load_id (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Step *step = field, *first;

  step->id_at = loader_at (loader, value);
  if (value->kind != YAML_SCALAR || !loader_is_id (value->text)) {
    loader_wrong (loader, key, value, "a name that begins with a-z and has only a-z, 0-9, \"_\" and \"-\", at most 64 of them");
    return;
  }
  first = g_hash_table_lookup (loader->ids, value->text);
  if (first != NULL) {
    loader_error (loader, value, NULL, "a second step \"%s\"; the first is at line %u", value->text, first->id_at.line);
    return;
  }
  step->id = g_strdup (value->text);
  g_hash_table_insert (loader->ids, step->id, step);
}

/* The name at P up to STOP: [a-z][a-z0-9_-]*. */
static gboolean
is_word (const char *p, const char *stop)
{
  if (!g_ascii_islower (*p))
    return FALSE;
  while (p < stop && (g_ascii_islower (*p) || g_ascii_isdigit (*p) || *p == '-' || *p == '_'))
    p++;
  return p == stop;
}

static void
load_uses (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Step *step = field;
  const char *dot;

  step->uses_at = loader_at (loader, value);
  dot = value->kind == YAML_SCALAR ? strchr (value->text, '.') : NULL;
  if (dot == NULL || !is_word (value->text, dot) || !is_word (dot + 1, dot + strlen (dot)) || strlen (value->text) > 128) {
    loader_wrong (loader, key, value, "a plugin and its action, such as helm.release");
    return;
  }
  step->plugin = g_strndup (value->text, (gsize) (dot - value->text));
  step->action = g_strdup (dot + 1);
}

static void
load_include (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Step *step = field;
  const char *text = loader_text (loader, key, value, "the path of a recipe");
  g_autofree char *folder = NULL, *path = NULL;

  step->uses_at = loader_at (loader, value);
  if (text == NULL)
    return;
  step->include = g_strdup (text);
  if (strstr (text, "${") != NULL) {
    loader_error (loader, value, NULL, "references are not expanded in the path of an include");
    return;
  }
  if (strcmp (text, "-") == 0) {
    loader_error (loader, value, NULL, "standard input cannot be included");
    return;
  }
  folder = strcmp (loader->recipe->file, "-") == 0 ? g_strdup (".") : g_path_get_dirname (loader->recipe->file);
  path = g_path_is_absolute (text) || strcmp (folder, ".") == 0 ? g_strdup (text) : g_build_filename (folder, text, NULL);
  step->included = recipe_load_file (path, g_intern_string (path), value, loader->chain, loader->totals, loader->diagnostics);
}

static void
load_with (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Step *step = field;
  guint before = diagnostics_additions (loader->diagnostics);

  loader_templates (loader, key, value, FALSE, step->with_names, step->with_values, &step->with_at);
  step->with_wrong = diagnostics_additions (loader->diagnostics) != before;
}

static void
load_env (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Step *step = field;

  loader_templates (loader, key, value, TRUE, step->env_names, step->env_values, NULL);
}

static void
load_when (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  if (loader_text (loader, key, value, "a condition") != NULL)
    *(Condition **) field = condition_parse_yaml (loader->file, value, loader->diagnostics);
}

static void
load_until (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Step *step = field;

  step->until_at = loader_at (loader, key);
  load_when (loader, key, value, &step->until);
}

static void
load_say (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  load_text (loader, key, value, field);
  if (*(char **) field != NULL && strstr (*(char **) field, "${") != NULL)
    loader_error (loader, value, NULL, "references are not expanded in \"say\"; the values of the condition are shown behind it");
}

const RecipeKey recipe_assert_keys[] = {
  { "that", "condition", "what must be true when the step has its outputs", load_when, G_STRUCT_OFFSET (Assertion, condition), TRUE },
  { "say", "text", "what it means when it is not", load_say, G_STRUCT_OFFSET (Assertion, say), FALSE },
  { .name = NULL }
};

static void
load_assert (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Step *step = field;

  if (value->kind != YAML_LIST) {
    loader_wrong (loader, key, value, "a list of conditions, or of {that: CONDITION, say: TEXT}");
    return;
  }
  if (value->items->len == 0)
    loader_error (loader, value, NULL, "\"assert\" has nothing in it");
  if (value->items->len > RECIPE_MAX_ASSERTS)
    loader_error (loader, value, NULL, "\"assert\" has more than %d elements", RECIPE_MAX_ASSERTS);
  for (guint i = 0; i < MIN (value->items->len, RECIPE_MAX_ASSERTS); i++) {
    const YamlNode *item = value->items->pdata[i];
    Assertion *assertion = g_new0 (Assertion, 1);

    if (item->kind == YAML_MAP)
      loader_map (loader, item, key, recipe_assert_keys, assertion);
    else
      load_when (loader, key, item, &assertion->condition);
    if (assertion->condition != NULL)
      g_ptr_array_add (step->asserts, assertion);
    else
      assertion_free (assertion);
  }
}

static void
load_needs (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Step *step = field;

  step->needs_at = loader_at (loader, value);
  load_texts (loader, key, value, &step->needs);
  if (step->needs == NULL)
    return;
  if (step->needs->len < value->items->len) {             /* one was wrong: positions would not fit */
    g_ptr_array_set_size (step->needs, 0);
    return;
  }
  step->need_at = g_new0 (Position, value->items->len + 1);
  for (guint i = 0; i < value->items->len; i++)
    step->need_at[i] = loader_at (loader, value->items->pdata[i]);
}

static void
load_step_retry (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Step *step = field;

  step->retry_said = TRUE;
  load_retry (loader, key, value, &step->retry);
}

static void
load_approve (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Step *step = field;

  load_text (loader, key, value, &step->approve);
  if (step->approve != NULL)
    step->approve_template = template_parse (loader->file, value, loader->diagnostics);
}

static gboolean
check_path (Loader *loader, const YamlNode *value)
{
  g_autoptr (JsonNode) nothing = json_node_init_null (json_node_alloc ());
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) found = strict_json_query (nothing, value->text, &error);

  if (found == NULL)
    loader_error (loader, value, NULL, "%s", error->message);
  return found != NULL;
}

static void
load_step_outputs (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Step *step = field;

  if (value->kind != YAML_MAP) {
    loader_wrong (loader, key, value, "a map of names and JSONPaths");
    return;
  }
  for (guint i = 0; i < value->keys->len; i++) {
    const YamlNode *name = value->keys->pdata[i];
    const char *path = loader_text (loader, name, value->items->pdata[i], "a JSONPath");

    if (!loader_is_id (name->text))
      loader_error (loader, name, NULL, "an output's name begins with a-z and has only a-z, 0-9, \"_\" and \"-\", at most 64 of them");
    if (path == NULL || !check_path (loader, value->items->pdata[i]))
      continue;
    g_ptr_array_add (step->output_names, g_strdup (name->text));
    g_ptr_array_add (step->output_paths, g_strdup (path));
  }
}

static void
load_for_each (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  Step *step = field;
  guint before = diagnostics_additions (loader->diagnostics);
  Template *template = template_parse (loader->file, value, loader->diagnostics);

  step->for_each = template;
  if (value->kind == YAML_SCALAR && !template_is_reference (template))
    loader_wrong (loader, key, value, "a list, a map or one reference to such");
  else
    template_check_data (template, loader->diagnostics);
  step->each_wrong = diagnostics_additions (loader->diagnostics) != before;
}

const RecipeKey recipe_step_keys[] = {
  { "id", "id", "the step's name, one of its kind in the recipe", load_id, 0, TRUE },
  { "uses", "action", "plugin and action, such as helm.release", load_uses, 0, FALSE },
  { "include", "path", "a recipe to run here, relative to this one", load_include, 0, FALSE },
  { "with", "params", "the action's params, or the included recipe's vars", load_with, 0, FALSE },
  { "needs", "ids", "the steps that must be over before; not said: the step above", load_needs, 0, FALSE },
  { "when", "condition", "skip the step unless this is true", load_when, STEP (when), FALSE },
  { "assert", "assertions", "what must be true when it has its outputs; else it has failed", load_assert, 0, FALSE },
  { "until", "condition", "look again until this is true of its outputs; for actions that read", load_until, 0, FALSE },
  { "for_each", "items", "run it once for each element of a list or map", load_for_each, 0, FALSE },
  { "retry", "retry", "how to try again; what is not said comes from defaults", load_step_retry, 0, FALSE },
  { "timeout", "duration", "the longest an attempt may take; 0: no limit", load_duration, STEP (timeout_ms), FALSE },
  { "idle_timeout", "duration", "the longest a tool may print nothing; 0: no limit", load_duration, STEP (idle_timeout_ms), FALSE },
  { "always", "boolean", "run it even when a step before it failed, for cleaning up", load_bool, STEP (always), FALSE },
  { "continue_on", "boolean", "true: go on with other steps when it fails", load_bool, STEP (continue_on), FALSE },
  { "background", "boolean", "true: what its tool leaves running may live on", load_bool, STEP (background), FALSE },
  { "approve", "text", "a question to be answered with yes before it changes anything", load_approve, 0, FALSE },
  { "env", "env", "environment variables for its tools", load_env, 0, FALSE },
  { "outputs", "paths", "more outputs: names and JSONPaths into what the tool prints", load_step_outputs, 0, FALSE },
  { .name = NULL }
};

/* What makes no sense for an include, or needs to be said inside it. */
static void
check_include_keys (Loader *loader, const YamlNode *map)
{
  static const char *const allowed[] = { "id", "include", "with", "needs", "when", "always", "continue_on", NULL };

  for (guint i = 0; i < map->keys->len; i++) {
    const YamlNode *key = map->keys->pdata[i];
    gboolean known = FALSE;

    for (const RecipeKey *entry = recipe_step_keys; entry->name != NULL; entry++)
      known = known || strcmp (entry->name, key->text) == 0;
    if (known && strcmp (key->text, "uses") != 0 && !g_strv_contains (allowed, key->text))
      loader_error (loader, key, "say it in the included recipe", "\"%s\" is not for an include", key->text);
  }
}

/* How often, how long and when it is tried is not part of what it is. */
static const char *const how_not_what[] = {
  "id", "needs", "retry", "timeout", "idle_timeout", "always", "continue_on", "background", "approve", NULL
};

static void
load_step (Loader *loader, const YamlNode *key, const YamlNode *value, guint number)
{
  Step *step = g_new0 (Step, 1);

  g_ptr_array_add (loader->recipe->steps, step);
  step->at = step->id_at = step->uses_at = loader_at (loader, value);
  step->timeout_ms = step->idle_timeout_ms = -1;
  step->with_names = g_ptr_array_new_with_free_func (g_free);
  step->with_values = g_ptr_array_new_with_free_func ((GDestroyNotify) template_free);
  step->asserts = g_ptr_array_new_with_free_func ((GDestroyNotify) assertion_free);
  step->env_names = g_ptr_array_new_with_free_func (g_free);
  step->env_values = g_ptr_array_new_with_free_func ((GDestroyNotify) template_free);
  step->output_names = g_ptr_array_new_with_free_func (g_free);
  step->output_paths = g_ptr_array_new_with_free_func (g_free);
  if (value->kind != YAML_MAP)
    loader_error (loader, value, NULL, "a step must be a map, such as \"- id: NAME\" and below it \"uses: PLUGIN.ACTION\"");
  else {
    gboolean all_known = loader_map (loader, value, key, recipe_step_keys, step);

    /* It may be there, misspelt. */
    if (!all_known && yaml_get (value, "with") == NULL)
      step->with_wrong = TRUE;
    if (all_known && yaml_get (value, "uses") == NULL && yaml_get (value, "include") == NULL)
      loader_error (loader, value, NULL, "a step needs \"uses\" or \"include\"");
    if (yaml_get (value, "uses") != NULL && yaml_get (value, "include") != NULL)
      loader_error (loader, value, NULL, "a step has \"uses\" or \"include\", not both");
    if (yaml_get (value, "include") != NULL)
      check_include_keys (loader, value);
  }
  if (value->kind == YAML_MAP)
    step->definition = definition_of (value, how_not_what);
  if (step->id == NULL)
    step->id = g_strdup_printf ("#%u", number);
}

void
load_steps (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field)
{
  if (value->kind != YAML_LIST) {
    loader_wrong (loader, key, value, "a list of steps");
    return;
  }
  if (value->items->len == 0)
    loader_error (loader, value, NULL, "a recipe needs at least one step");
  if (value->items->len > RECIPE_MAX_STEPS)
    loader_error (loader, value, NULL, "more than %d steps", RECIPE_MAX_STEPS);
  for (guint i = 0; i < MIN (value->items->len, RECIPE_MAX_STEPS); i++)
    load_step (loader, key, value->items->pdata[i], i + 1);
}

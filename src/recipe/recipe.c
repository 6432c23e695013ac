/* SPDX-License-Identifier: MIT */
#include "recipe/recipe.h"

#include <string.h>

#include "base/strict-json.h"
#include "recipe/load.h"

static void
retry_clear (Retry *retry)
{
  g_clear_pointer (&retry->on, g_ptr_array_unref);
}

void
var_declaration_free (VarDeclaration *var)
{
  g_free (var->name);
  g_free (var->help);
  g_free (var->match);
  g_free (var->from_env);
  g_free (var->from_file);
  g_clear_pointer (&var->fallback, json_node_unref);
  g_clear_pointer (&var->values, g_ptr_array_unref);
  g_free (var);
}

void
assertion_free (Assertion *assertion)
{
  condition_free (assertion->condition);
  g_free (assertion->say);
  g_free (assertion);
}

void
step_free (Step *step)
{
  g_free (step->id);
  g_free (step->plugin);
  g_free (step->action);
  g_free (step->include);
  recipe_free (step->included);
  g_ptr_array_unref (step->with_names);
  g_ptr_array_unref (step->with_values);
  g_free (step->with_at);
  condition_free (step->when);
  condition_free (step->until);
  g_ptr_array_unref (step->asserts);
  g_clear_pointer (&step->needs, g_ptr_array_unref);
  g_free (step->need_at);
  retry_clear (&step->retry);
  g_free (step->approve);
  template_free (step->approve_template);
  g_ptr_array_unref (step->env_names);
  g_ptr_array_unref (step->env_values);
  g_ptr_array_unref (step->output_names);
  g_ptr_array_unref (step->output_paths);
  template_free (step->for_each);
  g_free (step->definition);
  g_free (step);
}

void
recipe_free (Recipe *recipe)
{
  if (recipe == NULL)
    return;
  recipe_graph_free (recipe->graph);
  g_free (recipe->file);
  g_free (recipe->dir);
  g_free (recipe->text);
  g_free (recipe->name);
  g_free (recipe->summary);
  g_free (recipe->lock);
  template_free (recipe->lock_template);
  g_ptr_array_unref (recipe->vars);
  g_ptr_array_unref (recipe->steps);
  retry_clear (&recipe->retry);
  g_ptr_array_unref (recipe->default_names);
  g_ptr_array_unref (recipe->default_values);
  g_free (recipe->default_at);
  g_free (recipe->default_definition);
  g_ptr_array_unref (recipe->env_names);
  g_ptr_array_unref (recipe->env_values);
  g_ptr_array_unref (recipe->declared_env);
  g_ptr_array_unref (recipe->output_names);
  g_ptr_array_unref (recipe->output_values);
  g_ptr_array_unref (recipe->tools);
  g_ptr_array_unref (recipe->tool_versions);
  g_free (recipe);
}

/* -- for_each ---------------------------------------------------------------- */

static gboolean
is_each_key (const char *key)
{
  gsize len = strspn (key, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_.-");

  return g_ascii_isalnum (*key) && key[len] == '\0' && len <= 64;
}

/* KEY is taken. */
static gboolean
add_each_key (GPtrArray *keys, GHashTable *seen, char *key, char **message)
{
  g_ptr_array_add (keys, key);
  if (!is_each_key (key))
    *message = g_strdup_printf ("\"%.80s\" cannot be a key of for_each, which is up to 64 letters, digits, \"_\", \".\" and \"-\"; "
                                "use a map, such as {NAME: VALUE}", key);
  else if (!g_hash_table_add (seen, key))
    *message = g_strdup_printf ("\"%s\" is twice in for_each", key);
  return *message == NULL;
}

GPtrArray *
recipe_each_keys (JsonNode *all, char **message)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GList) members = NULL;

  *message = NULL;
  if (JSON_NODE_HOLDS_ARRAY (all)) {
    JsonArray *array = json_node_get_array (all);

    for (guint i = 0; i < json_array_get_length (array); i++)
      if (!add_each_key (keys, seen, strict_json_to_text (json_array_get_element (array, i)), message))
        return NULL;
    return g_steal_pointer (&keys);
  }
  if (!JSON_NODE_HOLDS_OBJECT (all)) {
    *message = g_strdup ("for_each must be a list or a map");
    return NULL;
  }
  members = json_object_get_members (json_node_get_object (all));
  for (GList *member = members; member != NULL; member = member->next)
    if (!add_each_key (keys, seen, g_strdup (member->data), message))
      return NULL;
  return g_steal_pointer (&keys);
}

/* -- secrets ---------------------------------------------------------------- */

typedef struct {
  OutputIsSecret output_is_secret;
  gpointer       user_data;
  GHashTable    *seen;            /* outputs of included recipes already looked at: Template* */
} SecretSearch;

static gboolean holds_secret (SecretSearch *search, const Template *template, const Recipe *recipe);

static gboolean
output_holds_secret (SecretSearch *search, const Reference *reference, const Recipe *recipe)
{
  const Step *step = recipe_find_step (recipe, reference->name);
  const Recipe *included = step != NULL ? step->included : NULL;
  int number;

  if (step == NULL)
    return FALSE;
  if (included == NULL)
    return search->output_is_secret != NULL && search->output_is_secret (step, reference->output, search->user_data);
  number = recipe_find_output (included, reference->output);
  return number >= 0 && g_hash_table_add (search->seen, included->output_values->pdata[number])
         && holds_secret (search, included->output_values->pdata[number], included);
}

static gboolean
holds_secret (SecretSearch *search, const Template *template, const Recipe *recipe)
{
  GPtrArray *references = template_references (template);

  for (guint i = 0; i < references->len; i++) {
    const Reference *reference = references->pdata[i];
    const VarDeclaration *var = reference->kind == REF_VAR ? recipe_find_var (recipe, reference->name) : NULL;

    if ((var != NULL && var->secret)
        || (reference->kind == REF_STEP && output_holds_secret (search, reference, recipe)))
      return TRUE;
  }
  return FALSE;
}

gboolean
template_is_secret (const Template *template, const Recipe *recipe, OutputIsSecret output_is_secret, gpointer user_data)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  SecretSearch search = { output_is_secret, user_data, seen };

  return holds_secret (&search, template, recipe);
}

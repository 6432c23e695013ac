/* SPDX-License-Identifier: MIT */
#include "engine/scope.h"

#include <string.h>

#include "base/errors.h"
#include "base/strict-json.h"
#include "engine/run-step.h"

typedef struct { Scope *scope; const RunStep *step; } Lookup;

Scope *
scope_new (const Recipe *recipe, Scope *parent, const Step *include, GHashTable *vars)
{
  Scope *scope = g_new0 (Scope, 1);

  scope->recipe = recipe;
  scope->parent = parent;
  scope->include = include;
  scope->prefix = parent != NULL ? g_strdup_printf ("%s%s/", parent->prefix, include->id) : g_strdup ("");
  scope->vars = vars;
  scope->steps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  scope->includes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) scope_free);
  if (parent != NULL)
    {
      scope->run_id = parent->run_id;
      scope->run_dir = parent->run_dir;
      g_hash_table_insert (parent->includes, g_strdup (include->id), scope);
    }
  return scope;
}

void
scope_free (Scope *scope)
{
  g_free (scope->prefix);
  g_clear_pointer (&scope->vars, g_hash_table_unref);
  g_hash_table_unref (scope->steps);
  g_hash_table_unref (scope->includes);
  g_free (scope);
}

static JsonNode *
string_node (const char *text)
{
  return json_node_init_string (json_node_alloc (), text);
}

G_GNUC_PRINTF (2, 3) static JsonNode *
no_value (GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list ap;

  va_start (ap, format);
  text = g_strdup_vprintf (format, ap);
  va_end (ap);
  g_set_error_literal (error, GALLEY_ERROR, GALLEY_ERROR_FAILED, text);
  return NULL;
}

/* The part of VALUE that the reference's path names. */
static JsonNode *
pick (const Reference *reference, JsonNode *value, GError **error)
{
  g_autoptr (GPtrArray) found = NULL;
  g_autofree char *path = NULL;

  if (reference->path == NULL || *reference->path == '\0')
    return json_node_copy (value);
  path = g_strconcat ("$", reference->path, NULL);
  found = strict_json_query (value, path, error);
  if (found == NULL)
    return NULL;
  if (found->len == 0)
    return no_value (error, "there is nothing at \"%s\"", reference->path);
  return json_node_copy (found->pdata[0]);
}

static JsonNode *
var_value (Scope *scope, const Reference *reference, GError **error)
{
  VarValue *var;

  if (scope->vars == NULL && !scope_resolve_vars (scope, error))
    return NULL;
  var = g_hash_table_lookup (scope->vars, reference->name);
  if (var == NULL)
    return no_value (error, "var \"%s\" has no value", reference->name);
  if (var->value == NULL)               /* optional, and not given */
    return json_node_init_null (json_node_alloc ());
  return pick (reference, var->value, error);
}

/* An output that an included recipe hands to who includes it. */
static JsonNode *
include_output (Scope *child, const Reference *reference, GError **error)
{
  const Recipe *recipe = child->recipe;

  for (guint i = 0; i < recipe->output_names->len; i++)
    if (g_strcmp0 (recipe->output_names->pdata[i], reference->output) == 0)
      {
        g_autoptr (JsonNode) value = scope_expand (child, recipe->output_values->pdata[i], NULL, error);
        return value != NULL ? pick (reference, value, error) : NULL;
      }
  return no_value (error, "the included recipe has no output \"%s\"", reference->output);
}

static JsonNode *
step_value (Scope *scope, const Reference *reference, GError **error)
{
  Scope *child = g_hash_table_lookup (scope->includes, reference->name);
  RunStep *step = g_hash_table_lookup (scope->steps, reference->name);
  JsonNode *value;

  if (child != NULL)
    return include_output (child, reference, error);
  if (step == NULL)
    return no_value (error, "there is no step \"%s\"", reference->name);
  value = g_hash_table_lookup (step->outputs, reference->output);
  if (value != NULL)
    return pick (reference, value, error);
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_FAILED, "step \"%s\" has no output \"%s\": it was %s", step->id,
               reference->output, step_state_name (step->state));
  return NULL;
}

static JsonNode *
env_value (const Reference *reference, GError **error)
{
  const char *value = g_getenv (reference->name);

  if (value == NULL)
    return no_value (error, "environment variable \"%s\" is not set", reference->name);
  return string_node (value);
}

static JsonNode *
each_value (const RunStep *step, const Reference *reference, GError **error)
{
  JsonNode *value = NULL;

  if (step != NULL)
    value = strcmp (reference->name, "key") == 0 ? step->each_key : step->each_value;
  if (value == NULL)
    return no_value (error, "\"each.%s\" is only there in a step with for_each", reference->name);
  return pick (reference, value, error);
}

static JsonNode *
resolve (const Reference *reference, gpointer user_data, GError **error)
{
  Lookup *lookup = user_data;
  Scope *scope = lookup->scope;

  switch (reference->kind)
    {
    case REF_VAR:    return var_value (scope, reference, error);
    case REF_STEP:   return step_value (scope, reference, error);
    case REF_ENV:    return env_value (reference, error);
    case REF_RUN:    return string_node (strcmp (reference->name, "id") == 0 ? scope->run_id : scope->run_dir);
    case REF_RECIPE: return string_node (scope->recipe->dir);
    case REF_EACH:   return each_value (lookup->step, reference, error);
    default:         return no_value (error, "cannot resolve \"%s\"", reference->name);
    }
}

JsonNode *
scope_expand (Scope *scope, const Template *value, const RunStep *step, GError **error)
{
  Lookup lookup = { scope, step };

  return template_expand (value, resolve, &lookup, error);
}

gboolean
scope_evaluate (Scope *scope, const Condition *condition, const RunStep *step, GError **error)
{
  Lookup lookup = { scope, step };

  return condition_evaluate (condition, resolve, &lookup, error);
}

gboolean
scope_resolve_vars (Scope *scope, GError **error)
{
  g_autoptr (GHashTable) with = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) json_node_unref);
  const Step *include = scope->include;

  if (scope->vars != NULL)
    return TRUE;
  for (guint i = 0; i < include->with_names->len; i++)
    {
      JsonNode *value = scope_expand (scope->parent, include->with_values->pdata[i], NULL, error);

      if (value == NULL)
        return FALSE;
      g_hash_table_insert (with, g_strdup (include->with_names->pdata[i]), value);
    }
  scope->vars = recipe_resolve_include_vars (scope->recipe, with, error);
  return scope->vars != NULL;
}

static void
add_all_steps (Scope *scope, GPtrArray *steps)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, scope->steps);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (steps, value);
  g_hash_table_iter_init (&iter, scope->includes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    add_all_steps (value, steps);
}

/* A var of an include hangs on what its `with` refers to. */
static void
find_steps_of_var (Scope *scope, const char *name, GPtrArray *steps)
{
  const Step *include = scope->include;

  for (guint i = 0; include != NULL && i < include->with_names->len; i++)
    if (strcmp (include->with_names->pdata[i], name) == 0)
      {
        GPtrArray *references = template_references (include->with_values->pdata[i]);

        for (guint j = 0; j < references->len; j++)
          scope_find_steps (scope->parent, references->pdata[j], steps);
      }
}

void
scope_find_steps (Scope *scope, const Reference *reference, GPtrArray *steps)
{
  Scope *child;
  RunStep *step;

  if (reference->kind == REF_VAR)
    find_steps_of_var (scope, reference->name, steps);
  if (reference->kind != REF_STEP)
    return;
  child = g_hash_table_lookup (scope->includes, reference->name);
  step = g_hash_table_lookup (scope->steps, reference->name);
  if (child != NULL)
    add_all_steps (child, steps);
  else if (step != NULL)
    g_ptr_array_add (steps, step);
}

static gboolean
var_is_secret (Scope *scope, const char *name)
{
  const VarDeclaration *declaration = recipe_find_var (scope->recipe, name);
  const Step *include = scope->include;

  if (declaration != NULL && declaration->secret)
    return TRUE;
  for (guint i = 0; include != NULL && i < include->with_names->len; i++)
    if (strcmp (include->with_names->pdata[i], name) == 0)
      return scope_is_secret (scope->parent, include->with_values->pdata[i]);
  return FALSE;
}

static gboolean
output_is_secret (Scope *scope, const Reference *reference)
{
  Scope *child = g_hash_table_lookup (scope->includes, reference->name);
  RunStep *step = g_hash_table_lookup (scope->steps, reference->name);
  const struct galley_param *output;

  for (guint i = 0; child != NULL && i < child->recipe->output_names->len; i++)
    if (strcmp (child->recipe->output_names->pdata[i], reference->output) == 0)
      return scope_is_secret (child, child->recipe->output_values->pdata[i]);
  if (step == NULL || step->action == NULL)
    return FALSE;
  output = param_find (step->action->outputs, reference->output);
  return output != NULL && (output->flags & GALLEY_SECRET) != 0;
}

gboolean
scope_is_secret (Scope *scope, const Template *value)
{
  GPtrArray *references = template_references (value);

  for (guint i = 0; i < references->len; i++)
    {
      const Reference *reference = references->pdata[i];

      if (reference->kind == REF_VAR && var_is_secret (scope, reference->name))
        return TRUE;
      if (reference->kind == REF_STEP && output_is_secret (scope, reference))
        return TRUE;
    }
  return FALSE;
}

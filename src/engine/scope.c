/* SPDX-License-Identifier: MIT */
#include "engine/scope.h"

#include <string.h>

#include "base/errors.h"
#include "base/mask-json.h"
#include "base/strict-json.h"
#include "engine/run-step.h"

#define MAX_DESCRIBED 200

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
  scope->steps = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
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

GPtrArray *
scope_steps_of (Scope *scope, const Step *step)
{
  GPtrArray *steps = g_hash_table_lookup (scope->steps, step);

  if (steps == NULL)
    {
      steps = g_ptr_array_new ();
      g_hash_table_insert (scope->steps, (gpointer) step, steps);
    }
  return steps;
}

Scope *
scope_root (Scope *scope)
{
  while (scope->parent != NULL)
    scope = scope->parent;
  return scope;
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
one_output (const RunStep *step, const Reference *reference, GError **error)
{
  JsonNode *value = g_hash_table_lookup (step->outputs, reference->output);

  if (value != NULL)
    return value;
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_FAILED, "step \"%s\" has no output \"%s\": it was %s", step->id,
               reference->output, step_state_name (step->state));
  return NULL;
}

/* Of a for_each: a map from key to output; those that were skipped have none. */
static JsonNode *
each_output (GPtrArray *steps, const Reference *reference, GError **error)
{
  g_autoptr (JsonNode) all = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_node_take_object (all, object);
  for (guint i = 0; i < steps->len; i++)
    {
      const RunStep *step = steps->pdata[i];
      JsonNode *value = step->state != STEP_SKIPPED ? one_output (step, reference, error) : NULL;

      if (value == NULL && step->state != STEP_SKIPPED)
        return NULL;
      if (value != NULL)
        json_object_set_member (object, json_node_get_string (step->each_key), json_node_copy (value));
    }
  return pick (reference, all, error);
}

static JsonNode *
step_value (Scope *scope, const RunStep *own, const Reference *reference, GError **error)
{
  const Step *step = recipe_find_step (scope->recipe, reference->name);
  GPtrArray *steps = step != NULL ? scope_steps_of (scope, step) : NULL;
  JsonNode *value;

  if (steps == NULL)
    return no_value (error, "there is no step \"%s\"", reference->name);
  if (step->included != NULL)
    return include_output (g_hash_table_lookup (scope->includes, step->id), reference, error);
  /* What a step says of its own outputs, in `assert` and `until`. */
  if (own != NULL && own->step == step && own->scope == scope)
    value = one_output (own, reference, error);
  else if (step->for_each != NULL)
    return each_output (steps, reference, error);
  else
    value = one_output (steps->pdata[0], reference, error);
  return value != NULL ? pick (reference, value, error) : NULL;
}

static JsonNode *
env_value (Scope *scope, const Reference *reference, GError **error)
{
  World *world = scope_root (scope)->world;
  g_autofree char *value = world != NULL ? world_env (world, reference->name) : g_strdup (g_getenv (reference->name));

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
    case REF_STEP:   return step_value (scope, lookup->step, reference, error);
    case REF_ENV:    return env_value (scope, reference, error);
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

JsonNode *
scope_expand_data (Scope *scope, const Template *value, const RunStep *step, GError **error)
{
  Lookup lookup = { scope, step };

  return template_expand_data (value, resolve, &lookup, error);
}

JsonNode *
scope_expand_param (Scope *scope, const struct galley_param *param, const Template *value, const RunStep *step,
                    GError **error)
{
  return param->type == GALLEY_MAP ? scope_expand_data (scope, value, step, error)
                                   : scope_expand (scope, value, step, error);
}

gboolean
scope_evaluate (Scope *scope, const Condition *condition, const RunStep *step, GError **error)
{
  Lookup lookup = { scope, step };

  return condition_evaluate (condition, resolve, &lookup, error);
}

/* ---- the vars of an include ---------------------------------------------- */

static void
note_vars (Scope *scope, World *world)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, scope->vars);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      const VarValue *var = value;
      g_autofree char *whole = g_strconcat (scope->prefix, name, NULL);

      world_note_var (world, whole, var->value, var->origin);
    }
}

static void
mask_vars (Scope *scope, Masker *masker)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, scope->vars);
  while (masker != NULL && g_hash_table_iter_next (&iter, NULL, &value))
    {
      const VarValue *var = value;

      if (var->secret && var->value != NULL)
        masker_add_json (masker, var->value);
    }
}

static void
mask_known (Scope *scope, Masker *masker)
{
  GHashTableIter iter;
  gpointer child;

  if (scope->vars != NULL)
    mask_vars (scope, masker);
  g_hash_table_iter_init (&iter, scope->includes);
  while (g_hash_table_iter_next (&iter, NULL, &child))
    mask_known (child, masker);
}

void
scope_set_masker (Scope *root, Masker *masker)
{
  root->masker = masker;
  mask_known (root, masker);
}

/* Also what was asked for before the world was there, as the elements of a
 * for_each are. */
static void
note_environment (const Recipe *recipe, World *world)
{
  for (guint i = 0; i < recipe->declared_env->len; i++)
    g_free (world_env (world, recipe->declared_env->pdata[i]));
}

static void
note_known (Scope *scope, World *world)
{
  GHashTableIter iter;
  gpointer child;

  note_environment (scope->recipe, world);
  if (scope->vars != NULL)
    note_vars (scope, world);
  g_hash_table_iter_init (&iter, scope->includes);
  while (g_hash_table_iter_next (&iter, NULL, &child))
    note_known (child, world);
}

void
scope_set_world (Scope *root, World *world)
{
  root->world = world;
  note_known (root, world);
}

gboolean
scope_vars_known (Scope *scope)
{
  g_autoptr (GPtrArray) on = g_ptr_array_new ();

  if (scope->vars != NULL)
    return TRUE;
  for (guint i = 0; i < scope->include->with_values->len; i++)
    {
      GPtrArray *references = template_references (scope->include->with_values->pdata[i]);

      for (guint j = 0; j < references->len; j++)
        scope_find_steps (scope->parent, references->pdata[j], on);
    }
  return on->len == 0 && scope_vars_known (scope->parent);
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
      const VarDeclaration *var = recipe_find_var (scope->recipe, include->with_names->pdata[i]);
      Lookup lookup = { scope->parent, NULL };
      JsonNode *value = recipe_expand_for_var (var, include->with_values->pdata[i], resolve, &lookup, error);

      if (value == NULL)
        return FALSE;
      g_hash_table_insert (with, g_strdup (include->with_names->pdata[i]), value);
    }
  scope->vars = recipe_resolve_include_vars (scope->recipe, with, scope_root (scope)->world, scope->prefix, error);
  if (scope->vars == NULL)
    return FALSE;
  mask_vars (scope, scope_root (scope)->masker);
  if (scope_root (scope)->world != NULL)
    note_vars (scope, scope_root (scope)->world);
  return TRUE;
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
  const Step *step;
  GPtrArray *all;

  if (reference->kind == REF_VAR)
    find_steps_of_var (scope, reference->name, steps);
  step = reference->kind == REF_STEP ? recipe_find_step (scope->recipe, reference->name) : NULL;
  all = step != NULL ? scope_steps_of (scope, step) : NULL;
  for (guint i = 0; all != NULL && i < all->len; i++)
    g_ptr_array_add (steps, all->pdata[i]);
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
include_output_is_secret (Scope *child, const char *name)
{
  const Recipe *recipe = child->recipe;

  for (guint i = 0; i < recipe->output_names->len; i++)
    if (strcmp (recipe->output_names->pdata[i], name) == 0)
      return scope_is_secret (child, recipe->output_values->pdata[i]);
  return FALSE;
}

gboolean
run_step_output_is_secret (const RunStep *step, const char *name)
{
  const struct galley_param *output;

  if (step->action == NULL)
    return FALSE;
  /* What the recipe picks out of "json" is as secret as that. */
  for (guint i = 0; i < step->step->output_names->len; i++)
    if (strcmp (step->step->output_names->pdata[i], name) == 0)
      name = "json";
  output = param_find (step->action->outputs, name);
  return output != NULL && (output->flags & GALLEY_SECRET) != 0;
}

static gboolean
output_is_secret (Scope *scope, const Reference *reference)
{
  const Step *step = recipe_find_step (scope->recipe, reference->name);
  Scope *child = step != NULL ? g_hash_table_lookup (scope->includes, step->id) : NULL;
  GPtrArray *steps = step != NULL ? scope_steps_of (scope, step) : NULL;

  if (child != NULL)
    return include_output_is_secret (child, reference->output);
  return steps != NULL && steps->len > 0 && run_step_output_is_secret (steps->pdata[0], reference->output);
}

static gboolean
reference_is_secret (Scope *scope, const Reference *reference)
{
  return (reference->kind == REF_VAR && var_is_secret (scope, reference->name))
         || (reference->kind == REF_STEP && output_is_secret (scope, reference));
}

gboolean
scope_is_secret (Scope *scope, const Template *value)
{
  GPtrArray *references = template_references (value);

  for (guint i = 0; i < references->len; i++)
    if (reference_is_secret (scope, references->pdata[i]))
      return TRUE;
  return FALSE;
}

/* ---- what a condition was about ------------------------------------------- */

static char *
describe (Scope *scope, const Reference *reference, const RunStep *step)
{
  Lookup lookup = { scope, step };
  g_autoptr (JsonNode) value = NULL;
  g_autofree char *text = NULL;

  if (reference_is_secret (scope, reference))
    return g_strdup (MASK_TEXT);
  value = resolve (reference, &lookup, NULL);
  text = value != NULL ? strict_json_write (value, FALSE) : g_strdup ("not known");
  if (g_utf8_strlen (text, -1) > MAX_DESCRIBED)
    {
      g_autofree char *cut = g_utf8_substring (text, 0, MAX_DESCRIBED);
      return g_strconcat (cut, "...", NULL);
    }
  return g_steal_pointer (&text);
}

char *
scope_describe (Scope *scope, const Condition *condition, const RunStep *step)
{
  GPtrArray *references = condition_references (condition);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GString *all = g_string_new (NULL);

  for (guint i = 0; i < references->len; i++)
    {
      char *name = reference_to_text (references->pdata[i]);
      g_autofree char *value = describe (scope, references->pdata[i], step);

      if (g_hash_table_add (seen, name))          /* which takes it */
        g_string_append_printf (all, "%s%s is %s", all->len > 0 ? ", " : "", name, value);
    }
  return g_string_free (all, FALSE);
}

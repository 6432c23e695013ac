/* From the steps of a recipe to the steps of a run: each bound to its
 * plugin's action, every param checked as far as it can be before step 1.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/strict-json.h"
#include "base/text.h"
#include "engine/run-step.h"
#include "engine/values.h"

#define DEFAULT_TIMEOUT_MS  (10 * 60 * 1000)
#define DEFAULT_ATTEMPTS    4
#define DEFAULT_DELAY_MS    5000
#define DEFAULT_MAX_DELAY_MS 60000
#define DEFAULT_FACTOR      2.0

typedef struct {
  Registry    *registry;
  Diagnostics *diagnostics;
  GPtrArray   *steps;             /* of RunStep*, owned */
} Binder;

/* ---- params -------------------------------------------------------------- */

static void
check_secret (Binder *binder, RunStep *step, const BoundParam *bound)
{
  if (bound->param->flags & (GALLEY_SECRET | GALLEY_TAKES_SECRET))
    return;
  if (scope_is_secret (bound->scope, bound->value))
    diagnostics_add (binder->diagnostics, bound->at, NULL,
                     "param \"%s\" of %s.%s would show a secret: it is passed on a command line", bound->param->name,
                     step->step->plugin, step->step->action);
}

static void
check_constant (Binder *binder, const BoundParam *bound)
{
  g_autoptr (JsonNode) value = NULL, checked = NULL;
  g_autoptr (GError) error = NULL;

  if (!template_is_constant (bound->value))
    return;
  value = scope_expand (bound->scope, bound->value, NULL, &error);
  if (value != NULL)
    checked = value_for_param (bound->param, value, bound->scope->recipe->dir,
                               (bound->param->flags & GALLEY_SECRET) != 0, &error);
  if (checked == NULL)
    diagnostics_add (binder->diagnostics, bound->at, NULL, "%s", error->message);
}

static void
check_references (Binder *binder, RunStep *step, const BoundParam *bound)
{
  GPtrArray *references = template_references (bound->value);

  for (guint i = 0; i < references->len; i++)
    {
      Reference *reference = references->pdata[i];
      g_autoptr (GPtrArray) on = g_ptr_array_new ();

      scope_find_steps (bound->scope, reference, on);
      for (guint j = 0; j < on->len; j++)
        if (!run_step_comes_after (step, on->pdata[j]))
          {
            diagnostics_add (binder->diagnostics, bound->is_default ? step->step->at : reference->at, NULL,
                             "step \"%s\" may run before \"%s\", whose output its param \"%s\" takes: add it to needs",
                             step->id, ((RunStep *) on->pdata[j])->id, bound->param->name);
            break;
          }
    }
}

static void
add_param (RunStep *step, const struct galley_param *param, const Template *value, Scope *scope, Position at,
           gboolean is_default)
{
  BoundParam *bound = g_new0 (BoundParam, 1);

  bound->param = param;
  bound->value = value;
  bound->scope = scope;
  bound->at = at;
  bound->is_default = is_default;
  g_ptr_array_add (step->params, bound);
}

static gboolean
has_param (const RunStep *step, const char *name)
{
  for (guint i = 0; i < step->params->len; i++)
    if (strcmp (((BoundParam *) step->params->pdata[i])->param->name, name) == 0)
      return TRUE;
  return FALSE;
}

static void
bind_given (Binder *binder, RunStep *step)
{
  const Step *from = step->step;

  for (guint i = 0; i < from->with_names->len; i++)
    {
      const char *name = from->with_names->pdata[i];
      const struct galley_param *param = param_find (step->action->params, name);

      if (param != NULL)
        add_param (step, param, from->with_values->pdata[i], step->scope, from->with_at[i], FALSE);
      else
        {
          g_autofree const char **names = param_names (step->action->params);
          const char *near = did_you_mean (name, names);
          g_autofree char *hint = near != NULL ? g_strdup_printf ("did you mean \"%s\"?", near) : NULL;

          diagnostics_add (binder->diagnostics, from->with_at[i], hint, "%s.%s has no param \"%s\"", from->plugin,
                           from->action, name);
        }
    }
}

/* What `defaults: {with: ...}` of the recipe, then of who includes it, gives
 * to every action that has a param of that name. */
static void
bind_defaults (RunStep *step)
{
  for (Scope *scope = step->scope; scope != NULL; scope = scope->parent)
    for (guint i = 0; i < scope->recipe->default_names->len; i++)
      {
        const char *name = scope->recipe->default_names->pdata[i];
        const struct galley_param *param = param_find (step->action->params, name);

        if (param != NULL && !has_param (step, name))
          add_param (step, param, scope->recipe->default_values->pdata[i], scope, scope->recipe->default_at[i], TRUE);
      }
}

static void
check_required (Binder *binder, RunStep *step)
{
  for (const struct galley_param *p = step->action->params; p->name != NULL; p++)
    if ((p->flags & GALLEY_REQUIRED) && !has_param (step, p->name))
      diagnostics_add (binder->diagnostics, step->step->uses_at, NULL, "%s.%s needs param \"%s\": %s",
                       step->step->plugin, step->step->action, p->name, p->help);
}

static gboolean
bind_action (Binder *binder, RunStep *step)
{
  const Step *from = step->step;
  g_autoptr (GError) error = NULL;

  step->plugin = registry_find (binder->registry, from->plugin, &error);
  if (step->plugin == NULL)
    {
      diagnostics_add (binder->diagnostics, from->uses_at, NULL, "%s", error->message);
      return FALSE;
    }
  step->action = plugin_find_action (step->plugin, from->action);
  if (step->action == NULL)
    {
      g_autofree const char **names = plugin_action_names (step->plugin);
      g_autofree char *all = g_strjoinv (", ", (char **) names);
      const char *near = did_you_mean (from->action, names);
      g_autofree char *hint = near != NULL ? g_strdup_printf ("did you mean \"%s\"?", near)
                                           : g_strdup_printf ("it has: %s", all);

      diagnostics_add (binder->diagnostics, from->uses_at, hint, "plugin \"%s\" has no action \"%s\"", from->plugin, from->action);
      return FALSE;
    }
  return TRUE;
}

/* ---- time and retries ---------------------------------------------------- */

static void
settle_times (RunStep *step)
{
  step->timeout_ms = step->step->timeout_ms;
  step->idle_timeout_ms = step->step->idle_timeout_ms;
  for (Scope *scope = step->scope; scope != NULL; scope = scope->parent)
    {
      if (step->timeout_ms < 0)
        step->timeout_ms = scope->recipe->timeout_ms;
      if (step->idle_timeout_ms < 0)
        step->idle_timeout_ms = scope->recipe->idle_timeout_ms;
    }
  if (step->timeout_ms < 0)
    step->timeout_ms = DEFAULT_TIMEOUT_MS;
}

static void
fill_retry (Retry *retry, const Retry *from)
{
  if (retry->attempts == 0)
    retry->attempts = from->attempts;
  if (retry->delay_ms == 0)
    retry->delay_ms = from->delay_ms;
  if (retry->max_delay_ms == 0)
    retry->max_delay_ms = from->max_delay_ms;
  if (retry->factor == 0)
    retry->factor = from->factor;
  if (retry->on == NULL)
    retry->on = from->on;
}

static void
settle_retry (RunStep *step)
{
  static const Retry defaults = { DEFAULT_ATTEMPTS, DEFAULT_DELAY_MS, DEFAULT_MAX_DELAY_MS, DEFAULT_FACTOR, NULL };

  fill_retry (&step->retry, &step->step->retry);
  for (Scope *scope = step->scope; scope != NULL; scope = scope->parent)
    fill_retry (&step->retry, &scope->recipe->retry);
  fill_retry (&step->retry, &defaults);
  /* Without a check nobody knows what a first try left behind. */
  if (step->action->check == NULL && !(step->action->flags & GALLEY_READS) && !step->step->retry_said)
    step->retry.attempts = 1;
}

/* ---- steps --------------------------------------------------------------- */

static RunStep *
run_step_new (Binder *binder, Scope *scope, const Step *from, const char *key, JsonNode *value)
{
  RunStep *step = g_new0 (RunStep, 1);
  g_autofree char *own = key != NULL ? g_strdup_printf ("%s[%s]", from->id, key) : g_strdup (from->id);

  step->id = g_strconcat (scope->prefix, own, NULL);
  step->step = from;
  step->scope = scope;
  step->params = g_ptr_array_new_with_free_func (g_free);
  step->needs = g_ptr_array_new ();
  step->outputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) json_node_unref);
  if (key != NULL)
    {
      step->each_key = json_node_init_string (json_node_alloc (), key);
      step->each_value = json_node_copy (value);
    }
  g_hash_table_insert (scope->steps, g_steal_pointer (&own), step);
  g_ptr_array_add (binder->steps, step);
  return step;
}

static void bind_recipe (Binder *binder, Scope *scope, GPtrArray *entry_needs, GPtrArray *all);

static void
add_needs (RunStep *step, GPtrArray *needs)
{
  for (guint i = 0; i < needs->len; i++)
    if (!g_ptr_array_find (step->needs, needs->pdata[i], NULL))
      g_ptr_array_add (step->needs, needs->pdata[i]);
}

static void
bind_one (Binder *binder, RunStep *step, GPtrArray *needs)
{
  add_needs (step, needs);
  if (!bind_action (binder, step))
    return;
  bind_given (binder, step);
  bind_defaults (step);
  settle_times (step);
  settle_retry (step);
  check_required (binder, step);
  for (guint i = 0; i < step->params->len; i++)
    {
      check_secret (binder, step, step->params->pdata[i]);
      check_constant (binder, step->params->pdata[i]);
      check_references (binder, step, step->params->pdata[i]);
    }
}

/* One run step for each element; a list's keys are its elements. */
static void
bind_each (Binder *binder, Scope *scope, const Step *from, GPtrArray *needs, GPtrArray *made)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) all = scope_expand (scope, from->for_each, NULL, &error);
  g_autoptr (GList) keys = NULL;

  if (all == NULL || JSON_NODE_HOLDS_VALUE (all) || JSON_NODE_HOLDS_NULL (all))
    {
      diagnostics_add (binder->diagnostics, template_position (from->for_each), NULL,
                       "for_each must be a list or a map that is known before the run%s%s",
                       error != NULL ? ": " : "", error != NULL ? error->message : "");
      return;
    }
  if (JSON_NODE_HOLDS_ARRAY (all))
    {
      JsonArray *array = json_node_get_array (all);

      for (guint i = 0; i < json_array_get_length (array); i++)
        {
          g_autofree char *key = strict_json_to_text (json_array_get_element (array, i));
          RunStep *step = run_step_new (binder, scope, from, key, json_array_get_element (array, i));

          bind_one (binder, step, needs);
          g_ptr_array_add (made, step);
        }
      return;
    }
  keys = json_object_get_members (json_node_get_object (all));
  for (GList *k = keys; k != NULL; k = k->next)
    {
      RunStep *step = run_step_new (binder, scope, from, k->data, json_object_get_member (json_node_get_object (all), k->data));

      bind_one (binder, step, needs);
      g_ptr_array_add (made, step);
    }
}

/* All run steps that a step of SCOPE stands for. */
static void
add_steps_of (GHashTable *made, const char *id, GPtrArray *to)
{
  GPtrArray *steps = g_hash_table_lookup (made, id);

  for (guint i = 0; steps != NULL && i < steps->len; i++)
    g_ptr_array_add (to, steps->pdata[i]);
}

static GPtrArray *
needs_of (const Recipe *recipe, guint index, GHashTable *made, GPtrArray *entry_needs)
{
  const Step *step = recipe->steps->pdata[index];
  GPtrArray *needs = g_ptr_array_new ();

  for (guint i = 0; i < entry_needs->len; i++)
    g_ptr_array_add (needs, entry_needs->pdata[i]);
  if (step->needs == NULL && index > 0)
    add_steps_of (made, ((Step *) recipe->steps->pdata[index - 1])->id, needs);
  for (guint i = 0; step->needs != NULL && i < step->needs->len; i++)
    add_steps_of (made, step->needs->pdata[i], needs);
  return needs;
}

static void
bind_step (Binder *binder, Scope *scope, const Step *from, GPtrArray *needs, GPtrArray *made)
{
  if (from->include != NULL)
    {
      if (from->included != NULL)
        bind_recipe (binder, scope_new (from->included, scope, from, NULL), needs, made);
    }
  else if (from->for_each != NULL)
    bind_each (binder, scope, from, needs, made);
  else
    {
      RunStep *step = run_step_new (binder, scope, from, NULL, NULL);

      bind_one (binder, step, needs);
      g_ptr_array_add (made, step);
    }
}

/* ENTRY_NEEDS: what the including step waits for.  ALL: gets every step. */
static void
bind_recipe (Binder *binder, Scope *scope, GPtrArray *entry_needs, GPtrArray *all)
{
  g_autoptr (GHashTable) made = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);

  for (guint i = 0; i < scope->recipe->steps->len; i++)
    {
      const Step *from = scope->recipe->steps->pdata[i];
      g_autoptr (GPtrArray) needs = needs_of (scope->recipe, i, made, entry_needs);
      GPtrArray *steps = g_ptr_array_new ();

      bind_step (binder, scope, from, needs, steps);
      for (guint j = 0; j < steps->len; j++)
        g_ptr_array_add (all, steps->pdata[j]);
      /* What comes after an empty include or for_each still comes after
       * what that waited for. */
      if (steps->len == 0)
        for (guint j = 0; j < needs->len; j++)
          g_ptr_array_add (steps, needs->pdata[j]);
      g_hash_table_insert (made, from->id, steps);
    }
}

static void
check_default_names (Binder *binder, Scope *scope)
{
  const Recipe *recipe = scope->recipe;

  for (guint i = 0; i < recipe->default_names->len; i++)
    {
      gboolean used = FALSE;

      for (guint j = 0; j < binder->steps->len && !used; j++)
        {
          RunStep *step = binder->steps->pdata[j];
          used = step->action == NULL || param_find (step->action->params, recipe->default_names->pdata[i]) != NULL;
        }
      if (!used)
        diagnostics_add (binder->diagnostics, recipe->default_at[i], NULL, "no action of this recipe has a param \"%s\"",
                         (const char *) recipe->default_names->pdata[i]);
    }
}

GPtrArray *
run_steps_bind (Scope *root, Registry *registry, Diagnostics *diagnostics)
{
  Binder binder = { registry, diagnostics, g_ptr_array_new_with_free_func ((GDestroyNotify) run_step_free) };
  g_autoptr (GPtrArray) none = g_ptr_array_new (), all = g_ptr_array_new ();

  bind_recipe (&binder, root, none, all);
  check_default_names (&binder, root);
  return binder.steps;
}

/* From the steps of a recipe to the steps of a run: each bound to its
 * plugin's action, every param checked as far as it can be before step 1.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/strict-json.h"
#include "base/text.h"
#include "engine/run-step.h"
#include "engine/values.h"

#define RUN_STEPS_MAX       20000
#define DEFAULT_TIMEOUT_MS  (10 * 60 * 1000)
#define DEFAULT_ATTEMPTS    4
#define DEFAULT_DELAY_MS    5000
#define DEFAULT_MAX_DELAY_MS 60000
#define DEFAULT_FACTOR      2.0

typedef struct {
  Registry    *registry;
  Diagnostics *diagnostics;
  GPtrArray   *steps;             /* of RunStep*, owned */
  GPtrArray   *none;              /* what a first step waits for */
  GPtrArray   *samples;           /* of RunStep*, owned: of for_each that come to nothing, to be checked only */
  gboolean     incomplete;        /* there are steps that could not be looked at */
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

/* Everything BOUND hangs on is known before the first step. */
static gboolean
is_known (const RunStep *step, const BoundParam *bound)
{
  GPtrArray *references = template_references (bound->value);
  g_autoptr (GPtrArray) on = g_ptr_array_new ();

  for (guint i = 0; i < references->len; i++)
    {
      if (((Reference *) references->pdata[i])->kind == REF_EACH && step->each_key == NULL)
        return FALSE;
      scope_find_steps (bound->scope, references->pdata[i], on);
    }
  return on->len == 0 && scope_vars_known (bound->scope);
}

static gboolean
may_be_skipped (const RunStep *step)
{
  for (const Scope *scope = step->scope; scope->parent != NULL; scope = scope->parent)
    if (scope->include->when != NULL)
      return TRUE;
  return step->step->when != NULL;
}

/* What a value will be, as far as it is known: a constant always is; with
 * vars in it it must fit unless the step may be left out because of them. */
static void
check_value (Binder *binder, RunStep *step, const BoundParam *bound)
{
  gboolean constant = template_is_constant (bound->value);
  g_autoptr (JsonNode) value = NULL, checked = NULL;
  g_autoptr (GError) error = NULL;

  if (bound->is_default ? bound->scope->recipe->defaults_wrong : step->step->with_wrong)
    return;
  if (bound->param->type == GALLEY_MAP)
    template_check_data (bound->value, binder->diagnostics);
  if (!constant && (may_be_skipped (step) || !scope_root (step->scope)->settled || !is_known (step, bound)))
    return;
  value = scope_expand_param (bound->scope, bound->param, bound->value, step, &error);
  if (value != NULL && JSON_NODE_HOLDS_NULL (value) && !constant)
    return;
  if (value != NULL)
    checked = value_for_param (bound->param, value, bound->scope->recipe->dir, scope_is_secret (bound->scope, bound->value)
                               || (bound->param->flags & GALLEY_SECRET) != 0, &error);
  if (checked == NULL)
    diagnostics_add (binder->diagnostics, bound->at, NULL, "%s", error->message);
}

/* What `defaults` give to a step may hang only on steps that are over by
 * then; of what is written in the step itself the loader has seen to that. */
static void
check_default (Binder *binder, RunStep *step, const BoundParam *bound)
{
  GPtrArray *references = template_references (bound->value);
  const Step *holder = step->step;

  for (Scope *scope = step->scope; scope != bound->scope; scope = scope->parent)
    holder = scope->include;
  for (guint i = 0; i < references->len; i++)
    if (((Reference *) references->pdata[i])->kind == REF_STEP)
      recipe_check_reference (bound->scope->recipe, holder, references->pdata[i], holder->when, binder->diagnostics);
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

/* What was not found in the step may stand where nobody could read it. */
static gboolean
may_be_given (const RunStep *step)
{
  for (const Scope *scope = step->scope; scope != NULL; scope = scope->parent)
    if (scope->recipe->defaults_wrong)
      return TRUE;
  return step->step->with_wrong;
}

static void
check_required (Binder *binder, RunStep *step)
{
  if (may_be_given (step))
    return;
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
make_step (Binder *binder, Scope *scope, const Step *from, const char *key, JsonNode *value)
{
  RunStep *step = g_new0 (RunStep, 1);
  g_autofree char *own = key != NULL ? g_strdup_printf ("%s[%s]", from->id, key) : g_strdup (from->id);

  step->id = g_strconcat (scope->prefix, own, NULL);
  step->step = from;
  step->scope = scope;
  step->params = g_ptr_array_new_with_free_func (g_free);
  step->needs = g_ptr_array_ref (binder->none);
  step->outputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) json_node_unref);
  if (key != NULL)
    {
      step->each_key = json_node_init_string (json_node_alloc (), key);
      step->each_value = json_node_copy (value);
    }
  return step;
}

static RunStep *
run_step_new (Binder *binder, Scope *scope, const Step *from, const char *key, JsonNode *value)
{
  RunStep *step = make_step (binder, scope, from, key, value);

  g_ptr_array_add (scope_steps_of (scope, from), step);
  g_ptr_array_add (binder->steps, step);
  return step;
}

static void
check_params (Binder *binder, RunStep *step)
{
  check_required (binder, step);
  for (guint i = 0; i < step->params->len; i++)
    {
      const BoundParam *bound = step->params->pdata[i];

      check_secret (binder, step, bound);
      check_value (binder, step, bound);
      if (bound->is_default)
        check_default (binder, step, bound);
    }
}

/* Outputs of the step itself, in what it says of them. */
static void
check_own_outputs (Binder *binder, const RunStep *step, const Condition *condition)
{
  GPtrArray *references = condition_references (condition);

  for (guint i = 0; i < references->len; i++)
    {
      const Reference *reference = references->pdata[i];
      g_autofree const char **names = NULL;
      g_autofree char *hint = NULL;

      if (reference->kind != REF_STEP || strcmp (reference->name, step->step->id) != 0
          || param_find (step->action->outputs, reference->output) != NULL
          || g_ptr_array_find_with_equal_func (step->step->output_names, reference->output, g_str_equal, NULL))
        continue;
      names = param_names (step->action->outputs);
      hint = diagnostics_suggest (binder->diagnostics, reference->output, names);
      diagnostics_add (binder->diagnostics, reference->at, hint, "%s.%s has no output \"%s\"", step->step->plugin,
                       step->step->action, reference->output);
    }
}

static void
check_judgements (Binder *binder, const RunStep *step)
{
  const Step *from = step->step;

  if (from->until != NULL && !(step->action->flags & GALLEY_READS))
    diagnostics_add (binder->diagnostics, from->until_at, NULL,
                     "\"until\" is only for actions that read, as it does them again: %s.%s may change something",
                     from->plugin, from->action);
  if (from->until != NULL)
    check_own_outputs (binder, step, from->until);
  for (guint i = 0; i < from->asserts->len; i++)
    check_own_outputs (binder, step, ((Assertion *) from->asserts->pdata[i])->condition);
}

/* FIRST: of those of a for_each; what is wrong with all is said once. */
static void
bind_one (Binder *binder, RunStep *step, gboolean first)
{
  guint before = diagnostics_additions (binder->diagnostics);

  if (step->step->plugin == NULL || !bind_action (binder, step))
    {
      binder->incomplete = TRUE;
      return;
    }
  bind_given (binder, step);
  check_judgements (binder, step);
  bind_defaults (step);
  settle_times (step);
  settle_retry (step);
  if (first && diagnostics_additions (binder->diagnostics) == before)
    check_params (binder, step);
}

/* Until its vars have values it cannot be said what comes of it. */
static JsonNode *
expand_each (Binder *binder, Scope *scope, const Step *from)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) all = NULL;

  if (from->each_wrong)
    return NULL;
  if (scope_vars_known (scope))
    all = scope_expand_data (scope, from->for_each, NULL, &error);
  if (all != NULL && (JSON_NODE_HOLDS_ARRAY (all) || JSON_NODE_HOLDS_OBJECT (all)))
    return g_steal_pointer (&all);
  if (scope_root (scope)->settled || template_is_constant (from->for_each))
    diagnostics_add (binder->diagnostics, template_position (from->for_each), NULL,
                     "for_each must be a list or a map that is known before the run%s%s",
                     error != NULL ? ": " : "", error != NULL ? error->message : "");
  return NULL;
}

static JsonNode *
element (JsonNode *all, guint i, const char *key)
{
  if (JSON_NODE_HOLDS_ARRAY (all))
    return json_array_get_element (json_node_get_array (all), i);
  return json_object_get_member (json_node_get_object (all), key);
}

/* Of a for_each that comes to nothing, or nobody knows yet to what: a step
 * that is not run, to see that it is well made. */
static void
bind_sample (Binder *binder, Scope *scope, const Step *from)
{
  RunStep *step = make_step (binder, scope, from, NULL, NULL);

  g_ptr_array_add (binder->samples, step);
  bind_one (binder, step, TRUE);
}

/* One run step for each element. */
static void
bind_each (Binder *binder, Scope *scope, const Step *from)
{
  g_autoptr (JsonNode) all = expand_each (binder, scope, from);
  g_autoptr (GPtrArray) keys = NULL;
  g_autofree char *message = NULL;

  if (all != NULL)
    keys = recipe_each_keys (all, &message);
  if (message != NULL)
    diagnostics_add (binder->diagnostics, template_position (from->for_each), NULL, "%s", message);
  for (guint i = 0; keys != NULL && i < keys->len && binder->steps->len <= RUN_STEPS_MAX; i++)
    bind_one (binder, run_step_new (binder, scope, from, keys->pdata[i], element (all, i, keys->pdata[i])), i == 0);
  if (keys == NULL || keys->len == 0)
    bind_sample (binder, scope, from);
}

static void bind_recipe (Binder *binder, Scope *scope);

static void
bind_include (Binder *binder, Scope *scope, const Step *from)
{
  GPtrArray *steps = scope_steps_of (scope, from);
  guint first = binder->steps->len;

  bind_recipe (binder, scope_new (from->included, scope, from, NULL));
  for (guint i = first; i < binder->steps->len; i++)
    g_ptr_array_add (steps, binder->steps->pdata[i]);
}

static void
bind_recipe (Binder *binder, Scope *scope)
{
  for (guint i = 0; i < scope->recipe->steps->len && binder->steps->len <= RUN_STEPS_MAX; i++)
    {
      const Step *from = scope->recipe->steps->pdata[i];

      if (from->included != NULL)
        bind_include (binder, scope, from);
      else if (from->for_each != NULL)
        bind_each (binder, scope, from);
      else if (from->include == NULL)
        bind_one (binder, run_step_new (binder, scope, from, NULL, NULL), TRUE);
      else
        binder->incomplete = TRUE;
    }
}

/* ---- what each waits for ------------------------------------------------- */

typedef struct {
  Scope      *scope;
  GPtrArray  *entry;              /* what the recipe as a whole waits for */
  GHashTable *needs;              /* Step -> GPtrArray of RunStep*, as they are asked for */
} Wiring;

static GPtrArray *needs_of (Wiring *wiring, const Step *step);

/* Who comes after STEP waits for these: after an empty for_each or include,
 * for what that waited for. */
static GPtrArray *
ends_of (Wiring *wiring, const Step *step)
{
  GPtrArray *steps = scope_steps_of (wiring->scope, step);

  return steps->len > 0 ? steps : needs_of (wiring, step);
}

static GPtrArray *
join (Wiring *wiring, GPtrArray *steps)
{
  GPtrArray *all = g_ptr_array_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < steps->len; i++)
    {
      GPtrArray *ends = ends_of (wiring, steps->pdata[i]);

      for (guint j = 0; j < ends->len; j++)
        if (g_hash_table_add (seen, ends->pdata[j]))
          g_ptr_array_add (all, ends->pdata[j]);
    }
  return all;
}

static GPtrArray *
needs_of (Wiring *wiring, const Step *step)
{
  GPtrArray *needs = g_hash_table_lookup (wiring->needs, step);
  g_autoptr (GPtrArray) steps = NULL;

  if (needs != NULL)
    return needs;
  steps = recipe_step_needs (wiring->scope->recipe, step);
  if (steps->len == 1)
    needs = g_ptr_array_ref (ends_of (wiring, steps->pdata[0]));
  else if (steps->len > 1)
    needs = join (wiring, steps);
  if (needs == NULL || needs->len == 0)
    {
      g_clear_pointer (&needs, g_ptr_array_unref);
      needs = g_ptr_array_ref (wiring->entry);
    }
  g_hash_table_insert (wiring->needs, (gpointer) step, needs);
  return needs;
}

static void
wire (Scope *scope, GPtrArray *entry)
{
  Wiring wiring = { scope, entry, NULL };
  g_autoptr (GHashTable) known = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);

  wiring.needs = known;
  for (guint i = 0; i < scope->recipe->steps->len; i++)
    {
      const Step *from = scope->recipe->steps->pdata[i];
      GPtrArray *needs = needs_of (&wiring, from), *steps = scope_steps_of (scope, from);

      if (from->included != NULL)
        {
          wire (g_hash_table_lookup (scope->includes, from->id), needs);
          continue;
        }
      for (guint j = 0; j < steps->len; j++)
        {
          RunStep *step = steps->pdata[j];

          g_ptr_array_unref (step->needs);
          step->needs = g_ptr_array_ref (needs);
        }
    }
}

/* ---- the whole ----------------------------------------------------------- */

static gboolean
any_has_param (GPtrArray *steps, const char *name)
{
  for (guint i = 0; i < steps->len; i++)
    if (param_find (((RunStep *) steps->pdata[i])->action->params, name) != NULL)
      return TRUE;
  return FALSE;
}

static void
check_default_names (Binder *binder, Scope *scope)
{
  const Recipe *recipe = scope->recipe;

  if (binder->incomplete || binder->steps->len + binder->samples->len == 0)
    return;
  for (guint i = 0; i < recipe->default_names->len; i++)
    {
      const char *name = recipe->default_names->pdata[i];

      if (!any_has_param (binder->steps, name) && !any_has_param (binder->samples, name))
        diagnostics_add (binder->diagnostics, recipe->default_at[i], NULL, "no action of this recipe has a param \"%s\"", name);
    }
}

GPtrArray *
run_steps_bind (Scope *root, Registry *registry, Diagnostics *diagnostics)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (GPtrArray) samples = g_ptr_array_new_with_free_func ((GDestroyNotify) run_step_free);
  Binder binder = { registry, diagnostics, g_ptr_array_new_with_free_func ((GDestroyNotify) run_step_free), none, samples, FALSE };

  bind_recipe (&binder, root);
  if (binder.steps->len > RUN_STEPS_MAX)
    {
      Position whole = { root->recipe->shown, 0, 0 };

      diagnostics_add (diagnostics, whole, NULL, "a run of it has more than %d steps", RUN_STEPS_MAX);
      return binder.steps;
    }
  check_default_names (&binder, root);
  if (diagnostics_count (diagnostics) == 0)
    wire (root, none);
  return binder.steps;
}

/* What can only be checked when the whole recipe is known: references,
 * needs, what an include is given.  SPDX-License-Identifier: MIT */
#include <string.h>

#include "recipe/load.h"
#include "recipe/vars.h"

typedef struct {
  const Recipe *recipe;
  const Step   *step;             /* whose values these are; NULL: before the first */
  Diagnostics  *diagnostics;
  gboolean      own;              /* the step has its outputs by then */
} Check;

static void G_GNUC_PRINTF (4, 5)
say (Check *check, const Reference *reference, const char *hint, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  diagnostics_add (check->diagnostics, reference->at, hint, "%s", message);
}

/* -- references ------------------------------------------------------------- */

static void
check_var (Check *check, const Reference *reference)
{
  g_autofree char *hint = NULL;

  if (recipe_find_var (check->recipe, reference->name) != NULL)
    return;
  hint = recipe_suggest_var (check->recipe, reference->name, check->diagnostics);
  say (check, reference, hint, "there is no var \"%s\"", reference->name);
}

static void
check_env (Check *check, const Reference *reference)
{
  if (!recipe_declares_env (check->recipe, reference->name))
    say (check, reference, NULL, "\"env.%s\" is not declared: add it to uses_env, as in \"uses_env: [%s]\"",
         reference->name, reference->name);
}

static void
check_included_output (Check *check, const Reference *reference, const Step *step)
{
  GPtrArray *names = step->included->output_names;
  g_autoptr (GPtrArray) candidates = g_ptr_array_new ();
  g_autofree char *hint = NULL;

  if (recipe_find_output (step->included, reference->output) >= 0)
    return;
  for (guint i = 0; i < MIN (names->len, 1000); i++)
    g_ptr_array_add (candidates, names->pdata[i]);
  g_ptr_array_add (candidates, NULL);
  hint = diagnostics_suggest (check->diagnostics, reference->output, (const char *const *) candidates->pdata);
  say (check, reference, hint, "\"%s\" has no \"%s\" in its outputs", step->include, reference->output);
}

/* Whether what REFERENCE names is over, and was not skipped, when it is needed. */
static void
check_order (Check *check, const Reference *reference, const Step *target, const Condition *guard)
{
  if (check->step == NULL) {
    say (check, reference, NULL, "a step's output cannot be used here: this must be known before the first step");
    return;
  }
  if (target == check->step && check->own)
    return;
  if (target == check->step) {
    say (check, reference, NULL, "step \"%s\" uses its own output", target->id);
    return;
  }
  if (recipe_graph_has_cycle (check->recipe->graph))
    return;
  if (!recipe_step_follows (check->recipe, check->step, target)) {
    if (recipe_graph_is_above (check->recipe->graph, check->step, target))
      say (check, reference, NULL, "step \"%s\" may not have run: add it to needs", target->id);
    else
      say (check, reference, "move it up, or add it to needs", "step \"%s\" comes later", target->id);
    return;
  }
  if (!condition_implies (guard, target->when))
    say (check, reference, "give this step the same \"when\", or one joined to it by \"and\"",
         "step \"%s\" may be skipped, and has no outputs then", target->id);
}

static void
check_step (Check *check, const Reference *reference, const Condition *guard)
{
  const Step *target = recipe_find_step (check->recipe, reference->name);
  g_autofree char *hint = NULL;

  if (target == NULL) {
    hint = recipe_suggest_step (check->recipe, reference->name, check->diagnostics);
    say (check, reference, hint, "there is no step \"%s\"", reference->name);
    return;
  }
  if (target->included != NULL)
    check_included_output (check, reference, target);
  check_order (check, reference, target, guard);
}

static void
check_each (Check *check, const Reference *reference)
{
  if (check->step == NULL || check->step->for_each == NULL)
    say (check, reference, NULL, "\"each.%s\" is only for a step with for_each", reference->name);
}

static void
check_reference (Check *check, const Reference *reference, const Condition *guard)
{
  switch (reference->kind) {
  case REF_VAR:    check_var (check, reference); break;
  case REF_STEP:   check_step (check, reference, guard); break;
  case REF_ENV:    check_env (check, reference); break;
  case REF_EACH:   check_each (check, reference); break;
  case REF_RUN:
  case REF_RECIPE: break;
  }
}

void
recipe_check_reference (const Recipe *recipe, const Step *step, const Reference *reference,
                        const Condition *guard, Diagnostics *diagnostics)
{
  Check check = { recipe, step, diagnostics, FALSE };

  check_reference (&check, reference, guard);
}

static void
check_references (Check *check, GPtrArray *references, const Condition *guard)
{
  for (guint i = 0; i < references->len; i++)
    check_reference (check, references->pdata[i], guard);
}

static void
check_templates (Check *check, GPtrArray *templates)
{
  for (guint i = 0; i < templates->len; i++)
    check_references (check, template_references (templates->pdata[i]), check->step != NULL ? check->step->when : NULL);
}

/* Text that is shown, or names a file, cannot have a secret in it. */
static void
refuse_secrets (Check *check, const Template *template, const char *what)
{
  if (template_is_secret (template, check->recipe, NULL, NULL))
    diagnostics_add (check->diagnostics, template_position (template), NULL, "a secret cannot be part of %s, which is shown", what);
}

/* -- types ------------------------------------------------------------------ */

static ValueType
type_of_var (const Recipe *recipe, const char *name)
{
  static const ValueType types[] = { TYPE_STRING, TYPE_NUMBER, TYPE_BOOL, TYPE_DURATION, TYPE_LIST, TYPE_MAP };
  const VarDeclaration *var = recipe_find_var (recipe, name);

  return var != NULL && !var->optional ? types[var->type] : var != NULL && var->type == VAR_DURATION ? TYPE_DURATION : TYPE_ANY;
}

ValueType
recipe_type_of (const Recipe *recipe, const Step *step, const Reference *reference)
{
  const Step *target;

  switch (reference->kind) {
  case REF_VAR:
    return type_of_var (recipe, reference->name);
  case REF_STEP:
    target = recipe_find_step (recipe, reference->name);
    return target != NULL && target != step && target->for_each != NULL ? TYPE_MAP : TYPE_ANY;
  case REF_EACH:
    return strcmp (reference->name, "key") == 0 ? TYPE_STRING : TYPE_ANY;
  case REF_ENV:
  case REF_RUN:
  case REF_RECIPE:
    return TYPE_STRING;
  }
  return TYPE_ANY;
}

static ValueType
type_of (const Reference *reference, gpointer user_data)
{
  Check *check = user_data;

  return recipe_type_of (check->recipe, check->step, reference);
}

/* -- includes --------------------------------------------------------------- */

static JsonNode *
resolve_nothing (const Reference *reference, gpointer user_data, GError **error)
{
  return NULL;
}

static void
check_given (Check *check, const VarDeclaration *var, const Template *value, Position at)
{
  g_autoptr (JsonNode) expanded = NULL, checked = NULL;
  g_autofree char *message = NULL;

  if (!var->secret && template_is_secret (value, check->recipe, NULL, NULL))
    diagnostics_add (check->diagnostics, at, NULL, "a secret for var \"%s\", which is not \"secret: true\" there", var->name);
  if (!template_is_constant (value))
    return;
  if (var->type == VAR_LIST || var->type == VAR_MAP)
    template_check_data (value, check->diagnostics);
  expanded = recipe_expand_for_var (var, value, resolve_nothing, NULL, NULL);
  checked = expanded != NULL ? var_check (var, expanded, &message) : NULL;
  if (message != NULL)
    diagnostics_add (check->diagnostics, template_position (value), NULL, "%s", message);
}

/* What is written for a secret var, or a name that may be a misspelt one. */
static void
hide_given (Check *check, const Template *value)
{
  GPtrArray *references = template_references (value);
  Position at = template_position (value);

  if (template_is_reference (value))
    return;
  diagnostics_hide_line (check->diagnostics, at.file, at.line);
  for (guint i = 0; i < references->len; i++)
    diagnostics_hide_line (check->diagnostics, at.file, ((Reference *) references->pdata[i])->at.line);
}

static void
check_given_names (Check *check, const Step *step)
{
  const Recipe *included = step->included;
  gboolean has_secrets = FALSE;

  for (guint i = 0; i < included->vars->len; i++)
    has_secrets = has_secrets || ((VarDeclaration *) included->vars->pdata[i])->secret;
  for (guint i = 0; i < step->with_names->len; i++) {
    const char *name = step->with_names->pdata[i];
    const VarDeclaration *var = recipe_find_var (included, name);
    g_autofree char *hint = NULL;

    if (var != NULL ? var->secret : has_secrets)
      hide_given (check, step->with_values->pdata[i]);
    if (var != NULL) {
      check_given (check, var, step->with_values->pdata[i], step->with_at[i]);
      continue;
    }
    hint = recipe_suggest_var (included, name, check->diagnostics);
    diagnostics_add (check->diagnostics, step->with_at[i], hint, "\"%s\" has no var \"%s\"", step->include, name);
  }
}

static void
check_include (Check *check, const Step *step)
{
  g_autoptr (GHashTable) given = g_hash_table_new (g_str_hash, g_str_equal);

  check_given_names (check, step);
  for (guint i = 0; i < step->with_names->len; i++)
    g_hash_table_add (given, step->with_names->pdata[i]);
  for (guint i = 0; i < step->included->vars->len; i++) {
    const VarDeclaration *var = step->included->vars->pdata[i];

    if (var->fallback == NULL && !var->optional && var->from_env == NULL && var->from_file == NULL
        && !g_hash_table_contains (given, var->name))
      diagnostics_add (check->diagnostics, step->uses_at, NULL, "\"%s\" needs var \"%s\"%s%s", step->include, var->name,
                       var->help != NULL ? ": " : "", var->help != NULL ? var->help : "");
  }
}

/* -- steps ------------------------------------------------------------------ */

static void
check_each_keys (Check *check, const Step *step)
{
  g_autoptr (JsonNode) all = template_expand_data (step->for_each, resolve_nothing, NULL, NULL);
  g_autoptr (GPtrArray) keys = NULL;
  g_autofree char *message = NULL;

  if (all == NULL)
    return;
  keys = recipe_each_keys (all, &message);
  if (keys == NULL)
    diagnostics_add (check->diagnostics, template_position (step->for_each), NULL, "%s", message);
}

/* The steps a run has must be known before it begins. */
static void
check_for_each (Check *check, const Step *step)
{
  Check outside = { check->recipe, NULL, check->diagnostics, FALSE };

  if (template_is_constant (step->for_each) && template_constant_text (step->for_each) == NULL)
    check_each_keys (check, step);
  check_references (&outside, template_references (step->for_each), NULL);
  refuse_secrets (check, step->for_each, "\"for_each\"");
}

/* Of what the step has come to. */
static void
check_judgement (Check *check, Condition *condition)
{
  check->own = TRUE;
  check_references (check, condition_references (condition), check->step->when);
  condition_check_types (condition, type_of, check, check->diagnostics);
  check->own = FALSE;
}

static void
check_one_step (Check *check, const Step *step)
{
  check->step = step;
  check_templates (check, step->with_values);
  check_templates (check, step->env_values);
  if (step->approve_template != NULL) {
    check_references (check, template_references (step->approve_template), step->when);
    refuse_secrets (check, step->approve_template, "\"approve\"");
  }
  if (step->for_each != NULL)
    check_for_each (check, step);
  if (step->when != NULL) {
    check_references (check, condition_references (step->when), step->when);
    condition_check_types (step->when, type_of, check, check->diagnostics);
  }
  if (step->until != NULL)
    check_judgement (check, step->until);
  for (guint i = 0; i < step->asserts->len; i++)
    check_judgement (check, ((Assertion *) step->asserts->pdata[i])->condition);
  if (step->included != NULL)
    check_include (check, step);
}

/* An output of the recipe: every step is over, but one may have been skipped. */
static void
check_outputs (Check *check)
{
  GPtrArray *values = check->recipe->output_values;

  for (guint i = 0; i < values->len; i++) {
    GPtrArray *references = template_references (values->pdata[i]);

    for (guint j = 0; j < references->len; j++) {
      const Reference *reference = references->pdata[j];
      const Step *target = reference->kind == REF_STEP ? recipe_find_step (check->recipe, reference->name) : NULL;

      if (target == NULL)
        check_reference (check, reference, NULL);
      else if (target->included != NULL)
        check_included_output (check, reference, target);
      if (target != NULL && target->when != NULL)
        say (check, reference, NULL, "step \"%s\" may be skipped, and has no outputs then", target->id);
    }
  }
}

/* Which step takes a default, and so what it may refer to, is known later. */
static void
check_defaults (Check *check)
{
  GPtrArray *values = check->recipe->default_values;

  for (guint i = 0; i < values->len; i++) {
    GPtrArray *references = template_references (values->pdata[i]);

    for (guint j = 0; j < references->len; j++) {
      const Reference *reference = references->pdata[j];
      const Step *target = reference->kind == REF_STEP ? recipe_find_step (check->recipe, reference->name) : NULL;

      if (target == NULL)
        check_reference (check, reference, NULL);
      else if (target->included != NULL)
        check_included_output (check, reference, target);
    }
  }
}

void
recipe_check (Recipe *recipe, Diagnostics *diagnostics)
{
  Check check = { recipe, NULL, diagnostics, FALSE };

  recipe->graph = recipe_graph_new (recipe, diagnostics);
  if (recipe->lock_template != NULL) {
    check_references (&check, template_references (recipe->lock_template), NULL);
    refuse_secrets (&check, recipe->lock_template, "\"lock\"");
  }
  check_templates (&check, recipe->env_values);
  check_defaults (&check);
  check_outputs (&check);
  for (guint i = 0; i < recipe->steps->len; i++)
    check_one_step (&check, recipe->steps->pdata[i]);
}

/* What a step is given when it begins: whether it applies at all, its params,
 * its tools' environment.  SPDX-License-Identifier: MIT */
#include "engine/life.h"

#include "base/errors.h"
#include "base/strict-json.h"
#include "engine/values.h"

static gboolean
expand_param (Life *life, const BoundParam *bound, GError **error)
{
  g_autoptr (JsonNode) value = scope_expand_param (bound->scope, bound->param, bound->value, life->step, error);
  gboolean hide = scope_is_secret (bound->scope, bound->value);
  JsonNode *checked;

  if (value == NULL)
    return FALSE;
  if (JSON_NODE_HOLDS_NULL (value) && bound->param->type != GALLEY_MAP)
    return TRUE;                      /* an optional var that was not given */
  checked = value_for_param (bound->param, value, bound->scope->recipe->dir, hide, error);
  if (checked == NULL)
    return FALSE;
  g_hash_table_replace (life->params, (char *) bound->param->name, checked);
  return TRUE;
}

gboolean
life_expand_params (Life *life, GError **error)
{
  for (guint i = 0; i < life->step->params->len; i++)
    if (!expand_param (life, life->step->params->pdata[i], error))
      return FALSE;
  for (const struct galley_param *p = life->step->action->params; p->name != NULL; p++)
    if (p->fallback != NULL && !g_hash_table_contains (life->params, p->name))
      {
        JsonNode *value = value_of_fallback (p);
        if (value != NULL)
          g_hash_table_insert (life->params, (char *) p->name, value);
      }
  for (const struct galley_param *p = life->step->action->params; p->name != NULL; p++)
    if ((p->flags & GALLEY_REQUIRED) && !g_hash_table_contains (life->params, p->name))
      {
        g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE, "param \"%s\" has no value", p->name);
        return FALSE;
      }
  return TRUE;
}

static gboolean
add_env (Life *life, Scope *scope, GPtrArray *names, GPtrArray *values, GError **error)
{
  for (guint i = 0; i < names->len; i++)
    {
      g_autoptr (JsonNode) value = scope_expand (scope, values->pdata[i], life->step, error);

      if (value == NULL)
        return FALSE;
      g_hash_table_replace (life->env, g_strdup (names->pdata[i]), strict_json_to_text (value));
    }
  return TRUE;
}

static gboolean
add_scope_env (Life *life, Scope *scope, GError **error)
{
  if (scope->parent != NULL && !add_scope_env (life, scope->parent, error))
    return FALSE;
  return add_env (life, scope, scope->recipe->env_names, scope->recipe->env_values, error);
}

gboolean
life_expand_env (Life *life, GError **error)
{
  return add_scope_env (life, life->step->scope, error)
         && add_env (life, life->step->scope, life->step->step->env_names, life->step->step->env_values, error);
}

/* The `when` of the includes around the step, from the outside, then its own.
 * *WHICH: the one that is false. */
static gboolean
scope_applies (Scope *scope, const char **which, GError **error)
{
  if (scope->parent == NULL)
    return TRUE;
  if (!scope_applies (scope->parent, which, error))
    return FALSE;
  if (scope->include->when == NULL || scope_evaluate (scope->parent, scope->include->when, NULL, error))
    return TRUE;
  *which = condition_text (scope->include->when);
  return FALSE;
}

gboolean
life_applies (const RunStep *step, const char **which, GError **error)
{
  g_autoptr (GError) own = NULL;

  if (!scope_applies (step->scope, which, &own))
    {
      if (own != NULL)
        g_propagate_error (error, g_steal_pointer (&own));
      return FALSE;
    }
  if (step->step->when == NULL || scope_evaluate (step->scope, step->step->when, step, error))
    return TRUE;
  *which = condition_text (step->step->when);
  return FALSE;
}

gboolean
life_is_skipped (const RunStep *step)
{
  g_autoptr (GError) error = NULL;
  const char *which = NULL;

  return !life_applies (step, &which, &error) && error == NULL;
}

/* SPDX-License-Identifier: MIT */
#include "engine/run-step.h"

void
past_free (Past *past)
{
  if (past == NULL)
    return;
  g_clear_pointer (&past->outputs, g_hash_table_unref);
  g_clear_pointer (&past->proof_needs, g_ptr_array_unref);
  g_free (past);
}

void
run_step_free (RunStep *step)
{
  g_free (step->id);
  g_ptr_array_unref (step->params);
  g_clear_pointer (&step->needs, g_ptr_array_unref);
  g_clear_pointer (&step->each_key, json_node_unref);
  g_clear_pointer (&step->each_value, json_node_unref);
  g_hash_table_unref (step->outputs);
  past_free (step->past);
  g_free (step);
}

/* An include's own params count, and the recipe's defaults. */
char *
run_step_definition (const RunStep *step)
{
  GString *text = g_string_new (step->step->definition);

  for (const Scope *scope = step->scope; scope != NULL; scope = scope->parent)
    {
      if (scope->recipe->default_definition != NULL)
        g_string_append_printf (text, " defaults.%s", scope->recipe->default_definition);
      if (scope->include != NULL)
        g_string_append_printf (text, " include(%s)", scope->include->definition);
    }
  return g_string_free (text, FALSE);
}

gboolean
run_step_ended (const RunStep *step)
{
  return step->state >= STEP_HELD;
}

const char *
step_state_name (StepState state)
{
  switch (state)
    {
    case STEP_WAITING:      return "waiting";
    case STEP_RUNNING:      return "running";
    case STEP_HELD:         return "held";
    case STEP_CHANGED:      return "changed";
    case STEP_SKIPPED:      return "skipped";
    case STEP_FAILED:       return "failed";
    case STEP_STOPPED:      return "stopped";
    case STEP_NOT_RUN:      return "not run";
    case STEP_WOULD_CHANGE: return "change";
    case STEP_AFTER:        return "after";
    case STEP_DRIFTED:      return "drifted";
    default:                return "unknown";
    }
}

/* SPDX-License-Identifier: MIT */
#include "engine/run-step.h"

void
run_step_free (RunStep *step)
{
  g_free (step->id);
  g_ptr_array_unref (step->params);
  g_clear_pointer (&step->needs, g_ptr_array_unref);
  g_clear_pointer (&step->each_key, json_node_unref);
  g_clear_pointer (&step->each_value, json_node_unref);
  g_hash_table_unref (step->outputs);
  g_free (step);
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
    default:                return "unknown";
    }
}

/* SPDX-License-Identifier: MIT */
#include "engine/prove.h"

static GPtrArray *
proof_needs_of (RunStep *step)
{
  return step->past->proof_needs;
}

static gboolean
holds (const RunStep *step)
{
  return step->state == STEP_HELD;
}

static gboolean
is_over (const RunStep *step)
{
  return step->state == STEP_SKIPPED || step->state == STEP_NOT_RUN;
}

void
prove_begin (Run *run)
{
  g_autoptr (GPtrArray) done = g_ptr_array_new ();

  for (guint i = 0; i < run->parts.steps->len; i++)
    {
      RunStep *step = run->parts.steps->pdata[i];

      if (step->past != NULL && step->past->state == PAST_DONE)
        g_ptr_array_add (done, step);
    }
  if (done->len == 0)
    return;
  run->proving = TRUE;
  run->later = run->order;
  run->order = order_new (done, proof_needs_of);
}

gboolean
prove_spares (Run *run, RunStep *step)
{
  for (guint i = 0; i < step->past->proof_needs->len; i++)
    if (!holds (step->past->proof_needs->pdata[i]))
      {
        order_ended (run->order, step);
        return TRUE;
      }
  return FALSE;
}

void
prove_ended (Run *run, RunStep *step)
{
  order_ended (run->order, step);
}

/* Whether STEP needs no second look: all before it is as it was. */
static gboolean
is_settled (const RunStep *step)
{
  if (!holds (step))
    return FALSE;
  for (guint i = 0; i < step->needs->len; i++)
    {
      const RunStep *need = step->needs->pdata[i];

      if (!holds (need) && need->state != STEP_SKIPPED && need->past->state != PAST_SKIPPED)
        return FALSE;
    }
  return TRUE;
}

void
prove_end (Run *run)
{
  order_free (run->order);
  run->order = g_steal_pointer (&run->later);
  run->proving = FALSE;
  for (guint i = 0; i < run->parts.steps->len; i++)
    {
      RunStep *step = run->parts.steps->pdata[i];

      if (is_settled (step) || is_over (step))
        order_ended (run->order, step);
      else if (step->state == STEP_HELD || step->state == STEP_DRIFTED)
        step->state = STEP_WAITING;
    }
}

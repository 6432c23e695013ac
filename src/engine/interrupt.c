/* A step that is interrupted, or stands still for a while; what is told of a
 * check, then as before.
 * SPDX-License-Identifier: MIT */
#include "engine/life.h"

#define LOOK_BACK_MS 10000

/* ---- what was left ------------------------------------------------------- */

/* A tool that was interrupted leaves its work done, half done or undone:
 * where a check can tell, the step does not end without saying so. */
static gboolean
may_look_back (const Life *life)
{
  const struct galley_action *action = life->step->action;

  return life->phase == PHASE_APPLY && life->ran && action->check != NULL && !(action->flags & GALLEY_READS)
         && !life->broke_rules && life->run->interrupts == 1;
}

static void
look_back (Life *life)
{
  life->looking_back = TRUE;
  life->phase = PHASE_CHECK;
  life->cancelled = life->timed_out = FALSE;
  drop_timer (&life->deadline);
  life->deadline_us = clock_now (life_clock (life)) + LOOK_BACK_MS * 1000;
  run_emit (life->run, &(Event) { .kind = EVENT_PROGRESS, .step = life->step->id, .text = "looking at what was left" });
  call_begin (life);
}

void
life_looked_back (Life *life, int status)
{
  g_autofree char *text = NULL;
  const char *need = life->need != NULL ? life->need : "nobody knows why";

  if (life->timed_out || life->broke_rules)
    status = GALLEY_FAILED;
  life_emit_check (life, status);
  if (life->cancelled)
    text = g_strdup ("interrupted");
  else if (status == GALLEY_OK)
    text = g_strdup ("interrupted, but its goal holds");
  else if (status == GALLEY_NEEDED)
    text = g_strdup_printf ("interrupted; its goal does not hold yet: %s", need);
  else if (status == GALLEY_CANNOT_TELL)
    text = g_strdup ("interrupted, and nothing shows whether it was done");
  else if (status == GALLEY_BUSY)
    text = g_strdup_printf ("interrupted, but somebody is at it: %s", need);
  else
    text = g_strdup ("interrupted; what it left could not be seen");
  life_end (life, STEP_STOPPED, text);
}

void
life_interrupted (Life *life)
{
  if (may_look_back (life))
    look_back (life);
  else
    life_end (life, STEP_STOPPED, "interrupted");
}

/* ---- what a check has found ---------------------------------------------- */

void
life_emit_check (Life *life, int status)
{
  static const char *const outcomes[] = { "held", "needed", "busy", "needed" };

  if (status >= GALLEY_OK && status <= GALLEY_CANNOT_TELL)
    run_emit (life->run, &(Event) { .kind = EVENT_CHECK, .step = life->step->id, .outcome = outcomes[status],
                                    .reason = life->need });
}

/* ---- standing still ------------------------------------------------------ */

static void
put_off (GSource *source, gint64 microseconds)
{
  /* One that waits for a clock that is played stood still with it. */
  if (source != NULL && g_source_get_ready_time (source) >= 0)
    g_source_set_ready_time (source, g_source_get_ready_time (source) + microseconds);
}

void
life_put_off (Life *life, gint64 microseconds)
{
  if (life->deadline_us != G_MAXINT64)
    life->deadline_us += microseconds;
  if (life->call != NULL)
    host_call_set_deadline (life->call, life->deadline_us);
  put_off (life->deadline, microseconds);
  put_off (life->hang, microseconds);
  put_off (life->timer, microseconds);
}

/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/run.h"

#include <signal.h>
#include <string.h>

#include "engine/life.h"

#define TICK_MS 100

Run *
run_new (const RunParts *parts, const RunOptions *options)
{
  Run *run = g_new0 (Run, 1);

  run->parts = *parts;
  run->options = *options;
  run->lives = g_ptr_array_new ();
  run->environment = g_get_environ ();
  return run;
}

void
run_free (Run *run)
{
  for (guint i = 0; i < run->lives->len; i++)
    life_free (run->lives->pdata[i]);
  g_ptr_array_unref (run->lives);
  g_strfreev (run->environment);
  g_free (run);
}

int
run_signal (const Run *run)
{
  return run->signal;
}

void
run_emit (Run *run, const Event *event)
{
  reporter_emit (run->parts.reporter, event);
}

/* ---- which step may start ------------------------------------------------ */

static gboolean
said_of_step_or_include (const RunStep *step, gboolean (*said) (const Step *step))
{
  if (said (step->step))
    return TRUE;
  for (Scope *scope = step->scope; scope->parent != NULL; scope = scope->parent)
    if (said (scope->include))
      return TRUE;
  return FALSE;
}

static gboolean
says_always (const Step *step)
{
  return step->always;
}

static gboolean
says_continue_on (const Step *step)
{
  return step->continue_on;
}

static gboolean
is_good (const RunStep *step)
{
  switch (step->state)
    {
    case STEP_HELD: case STEP_CHANGED: case STEP_SKIPPED:
      return TRUE;
    case STEP_FAILED:
      return said_of_step_or_include (step, says_continue_on);
    default:
      return FALSE;
    }
}

static const RunStep *
first_need (const RunStep *step, gboolean (*is) (const RunStep *need))
{
  for (guint i = 0; i < step->needs->len; i++)
    if (is (step->needs->pdata[i]))
      return step->needs->pdata[i];
  return NULL;
}

static gboolean
not_ended (const RunStep *step)
{
  return !run_step_ended (step);
}

static gboolean
not_good (const RunStep *step)
{
  return !is_good (step);
}

static gboolean
not_settled (const RunStep *step)
{
  return step->state == STEP_WOULD_CHANGE || step->state == STEP_AFTER || step->state == STEP_UNKNOWN;
}

static void
end_unstarted (Run *run, RunStep *step, StepState state, const char *reason, const char *after)
{
  g_autofree char *uses = g_strdup_printf ("%s.%s", step->step->plugin, step->step->action);

  step->state = state;
  if (state == STEP_AFTER)
    run_emit (run, &(Event) { .kind = EVENT_PLAN_STEP, .step = step->id, .uses = uses, .outcome = "after", .after = after });
  else
    run_emit (run, &(Event) { .kind = EVENT_STEP_END, .step = step->id, .uses = uses, .file = step->step->at.file,
                              .line = step->step->at.line, .result = step_state_name (state), .reason = reason });
}

/* A plan does not look at what hangs on something that would change. */
static gboolean
leave_for_later (Run *run, RunStep *step)
{
  const RunStep *need = run->options.plan ? first_need (step, not_settled) : NULL;

  if (need == NULL)
    return FALSE;
  step->waits_for = need->waits_for != NULL ? need->waits_for : need;
  end_unstarted (run, step, STEP_AFTER, NULL, step->waits_for->id);
  return TRUE;
}

/* TRUE: STEP has been dealt with. */
static gboolean
consider (Run *run, RunStep *step)
{
  gboolean always = said_of_step_or_include (step, says_always) && run->signal == 0 && !run->options.plan;
  const RunStep *bad;

  if (run->failing && !always)
    {
      end_unstarted (run, step, STEP_NOT_RUN, run->signal != 0 ? "interrupted" : "a step failed before it", NULL);
      return TRUE;
    }
  if (first_need (step, not_ended) != NULL)
    return FALSE;
  if (run->options.plan && life_is_skipped (step))
    {
      life_begin (run, step);
      return TRUE;
    }
  if (leave_for_later (run, step))
    return TRUE;
  bad = first_need (step, not_good);
  if (bad != NULL && !always)
    {
      g_autofree char *reason = g_strdup_printf ("it needs \"%s\", which was %s", bad->id, step_state_name (bad->state));
      end_unstarted (run, step, STEP_NOT_RUN, reason, NULL);
      return TRUE;
    }
  if (run->lives->len >= run->options.jobs)
    return FALSE;
  life_begin (run, step);
  return TRUE;
}

/* Start what may start.  Steps that end at once may let others start. */
static void
schedule (Run *run)
{
  gboolean again = TRUE;

  while (again)
    {
      again = FALSE;
      for (guint i = 0; i < run->parts.steps->len; i++)
        {
          RunStep *step = run->parts.steps->pdata[i];

          if (step->state == STEP_WAITING && consider (run, step))
            again = TRUE;
        }
    }
}

void
run_step_has_ended (Run *run, RunStep *step)
{
  if (!is_good (step) && !not_settled (step))
    run->failing = TRUE;
}

/* ---- signals ------------------------------------------------------------- */

static const char *
interrupt_text (guint interrupts)
{
  switch (interrupts)
    {
    case 1:  return "stopping: what runs gets time to end well, nothing new starts; again to kill it";
    case 2:  return "killing what runs; again to leave at once";
    default: return "leaving";
    }
}

void
run_interrupt (Run *run, int signal)
{
  g_autoptr (GPtrArray) lives = g_ptr_array_new ();

  run->signal = signal;
  run->failing = TRUE;
  run->interrupts++;
  run_emit (run, &(Event) { .kind = EVENT_INTERRUPT, .signal = signal, .text = interrupt_text (run->interrupts) });
  /* A copy: lives end while we walk. */
  for (guint i = 0; i < run->lives->len; i++)
    g_ptr_array_add (lives, run->lives->pdata[i]);
  for (guint i = 0; i < lives->len; i++)
    if (g_ptr_array_find (run->lives, lives->pdata[i], NULL))
      life_cancel (lives->pdata[i], signal);
}

/* ---- the run ------------------------------------------------------------- */

static gboolean
on_tick (gpointer data)
{
  Run *run = data;

  reporter_tick (run->parts.reporter);
  return G_SOURCE_CONTINUE;
}

static guint
count (Run *run, StepState state)
{
  guint n = 0;

  for (guint i = 0; i < run->parts.steps->len; i++)
    n += ((RunStep *) run->parts.steps->pdata[i])->state == state;
  return n;
}

static gboolean
any_bad_failure (Run *run)
{
  for (guint i = 0; i < run->parts.steps->len; i++)
    {
      RunStep *step = run->parts.steps->pdata[i];

      if (!is_good (step) && !not_settled (step))
        return TRUE;
    }
  return FALSE;
}

static int
exit_code (Run *run)
{
  if (run->signal != 0)
    return 128 + run->signal;
  if (run->nobody_to_ask)
    return 4;
  if (any_bad_failure (run))
    return 1;
  if (count (run, STEP_WOULD_CHANGE) + count (run, STEP_AFTER) + count (run, STEP_UNKNOWN) > 0)
    return 2;
  return 0;
}

static void
emit_end (Run *run, int code, gint64 began_us)
{
  run_emit (run, &(Event) { .kind = EVENT_RUN_END, .run = run->parts.id, .recipe = run->parts.recipe->name,
                            .file = run->parts.recipe->file,
                            .result = run->signal != 0 ? "stopped" : code == 0 || code == 2 ? "ok" : "failed",
                            .has_exit_code = TRUE, .exit_code = code,
                            .duration_ms = (g_get_monotonic_time () - began_us) / 1000,
                            .held = count (run, STEP_HELD),
                            .changed = count (run, STEP_CHANGED),
                            .skipped = count (run, STEP_SKIPPED), .failed = count (run, STEP_FAILED),
                            .stopped = count (run, STEP_STOPPED),
                            .would_change = count (run, STEP_WOULD_CHANGE), .not_knowable = count (run, STEP_AFTER) + count (run, STEP_UNKNOWN) });
}

int
run_execute (Run *run)
{
  gint64 began_us = g_get_monotonic_time ();
  GSource *tick = start_timer (TICK_MS, on_tick, run);
  int code;

  run_emit (run, &(Event) { .kind = EVENT_RUN_START, .run = run->parts.id, .recipe = run->parts.recipe->name,
                            
                            .version = PACKAGE_VERSION, .file = run->parts.recipe->file, .steps = run->parts.steps->len });
  schedule (run);
  while (run->lives->len > 0)
    {
      if (run->interrupts > 2)
        break;
      g_main_context_iteration (NULL, TRUE);
      schedule (run);
    }
  drop_timer (&tick);
  code = exit_code (run);
  emit_end (run, code, began_us);
  return code;
}

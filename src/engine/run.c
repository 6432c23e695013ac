/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/run.h"

#include <signal.h>
#include <string.h>

#include "base/text.h"
#include "engine/keep.h"
#include "engine/life.h"
#include "engine/prove.h"

#define TICK_MS 100

static GPtrArray *
needs_of (RunStep *step)
{
  return step->needs;
}

Run *
run_new (const RunParts *parts, const RunOptions *options)
{
  Run *run = g_new0 (Run, 1);

  run->parts = *parts;
  run->options = *options;
  run->lives = g_ptr_array_new ();
  run->environment = g_get_environ ();
  run->order = order_new (parts->steps, needs_of);
  run->questions = g_queue_new ();
  run->commands = parts->record != NULL ? record_commands (parts->record) : 0;
  return run;
}

void
run_free (Run *run)
{
  for (guint i = 0; i < run->lives->len; i++)
    life_free (run->lives->pdata[i]);
  g_ptr_array_unref (run->lives);
  drop_timer (&run->keeping);
  order_free (run->order);
  g_clear_pointer (&run->later, order_free);
  g_queue_free (run->questions);
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

static void
warn_of_own_vars (Run *run, Scope *scope)
{
  scope->warned = TRUE;
  for (guint i = 0; i < scope->recipe->vars->len; i++)
    {
      const VarDeclaration *declared = scope->recipe->vars->pdata[i];
      const VarValue *var = g_hash_table_lookup (scope->vars, declared->name);

      if (var != NULL && var->warning != NULL)
        run_emit (run, &(Event) { .kind = EVENT_WARNING, .text = var->warning });
    }
}

void
run_warn_of_vars (Run *run, Scope *scope)
{
  for (; scope != NULL; scope = scope->parent)
    if (scope->vars != NULL && !scope->warned)
      warn_of_own_vars (run, scope);
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

gboolean
run_step_is_good (const RunStep *step)
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
not_good (const RunStep *step)
{
  return !run_step_is_good (step);
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
  order_ended (run->order, step);
  if (state == STEP_AFTER)
    run_emit (run, &(Event) { .kind = EVENT_PLAN_STEP, .step = step->id, .uses = uses, .outcome = "after", .after = after });
  else
    run_emit (run, &(Event) { .kind = EVENT_STEP_END, .step = step->id, .uses = uses, .file = step->step->at.file,
                              .line = step->step->at.line, .result = step_state_name (state), .reason = reason });
}

/* A step that is skipped whatever comes still stands between those around it. */
static gboolean
hangs (const RunStep *step)
{
  return not_settled (step) || (step->state == STEP_SKIPPED && step->waits_for != NULL);
}

static const RunStep *
find_what_would_change (const RunStep *step)
{
  const RunStep *need = first_need (step, hangs);

  return need != NULL && need->waits_for != NULL ? need->waits_for : need;
}

/* A plan does not look at what hangs on something that would change. */
static gboolean
leave_for_later (Run *run, RunStep *step)
{
  step->waits_for = run->options.plan ? find_what_would_change (step) : NULL;
  if (step->waits_for == NULL)
    return FALSE;
  end_unstarted (run, step, STEP_AFTER, NULL, step->waits_for->id);
  return TRUE;
}

static gboolean
may_still_run (Run *run, const RunStep *step)
{
  return said_of_step_or_include (step, says_always) && run->signal == 0 && !run->options.plan;
}

/* Nothing new starts: those that wait are told, in the order of the recipe.
 * First a failure spares what runs `always`, then a signal does not. */
static void
give_up (Run *run)
{
  guint level = run->signal != 0 ? 2 : run->failing ? 1 : 0;

  if (level <= run->given_up)
    return;
  run->given_up = level;
  for (guint i = 0; i < run->parts.steps->len; i++)
    {
      RunStep *step = run->parts.steps->pdata[i];

      if (step->state == STEP_WAITING && !may_still_run (run, step))
        end_unstarted (run, step, STEP_NOT_RUN, run->signal != 0 ? "interrupted" : "a step failed before it", NULL);
    }
}

/* What need not be begun, as its needs are. TRUE: it has been ended. */
static gboolean
end_by_needs (Run *run, RunStep *step)
{
  const RunStep *bad;
  g_autofree char *reason = NULL;

  if (run->options.plan && life_is_skipped (step))
    {
      step->waits_for = find_what_would_change (step);
      return FALSE;
    }
  if (leave_for_later (run, step))
    return TRUE;
  bad = first_need (step, not_good);
  if (bad == NULL || may_still_run (run, step))
    return FALSE;
  reason = g_strdup_printf ("it needs \"%s\", which was %s", bad->id, step_state_name (bad->state));
  end_unstarted (run, step, STEP_NOT_RUN, reason, NULL);
  return TRUE;
}

/* Start what may start.  Steps that end at once may let others start. */
static void
schedule (Run *run)
{
  RunStep *step;

  give_up (run);
  if (run->proving && run->failing)
    return;
  while ((step = order_first (run->order)) != NULL)
    {
      if (step->state == STEP_WAITING && run->lives->len >= run->options.jobs)
        return;
      order_drop_first (run->order);
      if (step->state == STEP_WAITING && !(run->proving ? prove_spares (run, step) : end_by_needs (run, step)))
        life_begin (run, step);
      give_up (run);
    }
}

void
run_step_has_ended (Run *run, RunStep *step)
{
  if (run->proving)
    {
      prove_ended (run, step);
      return;
    }
  order_ended (run->order, step);
  if (!run_step_is_good (step) && (!not_settled (step) || !run->options.plan))
    run->failing = TRUE;
}

/* ---- questions ----------------------------------------------------------- */

static void answer_first (Run *run, Answer answer);

static void
emit_question (Run *run, const Life *life, const char *outcome)
{
  run_emit (run, &(Event) { .kind = EVENT_APPROVE, .step = life->step->id, .text = life->question, .outcome = outcome });
}

static void
put_question (Run *run)
{
  Life *life = g_queue_peek_head (run->questions);

  if (life == NULL)
    return;
  emit_question (run, life, run->options.yes ? "yes" : run->options.ask == NULL ? "nobody" : NULL);
  if (run->options.yes || run->options.ask == NULL)
    answer_first (run, run->options.yes ? ANSWER_YES : ANSWER_NOBODY);
  else
    {
      clock_hold (world_clock (run->parts.world));
      run->options.ask (run->options.ask_data);
    }
}

void
run_ask (Run *run, Life *life)
{
  g_queue_push_tail (run->questions, life);
  if (g_queue_get_length (run->questions) == 1)
    put_question (run);
}

void
run_ask_no_more (Run *run, Life *life)
{
  if (g_queue_peek_head (run->questions) == life && run->options.ask != NULL)
    clock_release (world_clock (run->parts.world));
  g_queue_remove (run->questions, life);
}

static void
answer_first (Run *run, Answer answer)
{
  Life *life = g_queue_pop_head (run->questions);

  if (life != NULL)
    life_answer (life, answer);
  if (!run->failing)
    put_question (run);
  else
    while ((life = g_queue_pop_head (run->questions)) != NULL)
      life_answer (life, ANSWER_NO);
}

void
run_answer (Run *run, Answer answer)
{
  const Life *life = g_queue_peek_head (run->questions);

  if (life != NULL)
    {
      clock_release (world_clock (run->parts.world));
      emit_question (run, life, answer == ANSWER_YES ? "yes" : "no");
    }
  answer_first (run, answer);
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

  world_interrupt (run->parts.world, signal);
  if (run->signal == 0)
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

void
run_stood_still (Run *run, gint64 microseconds)
{
  g_autofree char *time = duration_format (microseconds / 1000);
  g_autofree char *text = g_strdup_printf ("everything stood still for %s", time);

  for (guint i = 0; i < run->lives->len; i++)
    life_put_off (run->lives->pdata[i], microseconds);
  run_emit (run, &(Event) { .kind = EVENT_NOTE, .text = text });
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

      if (!run_step_is_good (step) && !not_settled (step))
        return TRUE;
    }
  return FALSE;
}

static int
exit_code (Run *run)
{
  if (run->signal != 0)
    return 128 + run->signal;
  if (run->record_failed)
    return 5;
  if (run->nobody_to_ask || (!run->options.plan && count (run, STEP_UNKNOWN) > 0))
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
                            .duration_ms = (clock_now (world_clock (run->parts.world)) - began_us) / 1000,
                            .held = count (run, STEP_HELD),
                            .changed = count (run, STEP_CHANGED),
                            .skipped = count (run, STEP_SKIPPED), .failed = count (run, STEP_FAILED),
                            .stopped = count (run, STEP_STOPPED),
                            .would_change = count (run, STEP_WOULD_CHANGE), .not_knowable = count (run, STEP_AFTER) + count (run, STEP_UNKNOWN),
                            .unknown = run->options.plan ? 0 : count (run, STEP_UNKNOWN) });
}

/* All that had been on record then is. */
static void
on_recording_ended (gpointer data)
{
  Run *run = data;

  keep_all (run);
  run_emit (run, &(Event) { .kind = EVENT_WARNING, .text = "the recording ends here: the galley that made it was killed" });
  reporter_flush (run->parts.reporter);
  run->options.be_killed ();
}

static void
on_recorded_interrupt (int signal, gpointer data)
{
  run_interrupt (data, signal);
}

/* Until nothing runs any more. */
static void
go_on (Run *run)
{
  schedule (run);
  while (run->lives->len > 0 && run->interrupts <= 2)
    {
      keep_soon (run);
      g_main_context_iteration (NULL, TRUE);
      schedule (run);
    }
}

int
run_execute (Run *run)
{
  gint64 began_us = clock_now (world_clock (run->parts.world));
  GSource *tick = start_timer (TICK_MS, on_tick, run);
  int code;

  run_emit (run, &(Event) { .kind = EVENT_RUN_START, .run = run->parts.id, .recipe = run->parts.recipe->name,
                            .argv = run->parts.argv,
                            .version = PACKAGE_VERSION, .file = run->parts.recipe->file, .steps = run->parts.steps->len });
  if (run->options.be_killed != NULL)
    world_on_end (run->parts.world, on_recording_ended, run);
  world_on_interrupt (run->parts.world, on_recorded_interrupt, run);
  run_warn_of_vars (run, run->parts.scope);
  keep_beginning (run);
  prove_begin (run);
  go_on (run);
  if (run->proving)
    {
      prove_end (run);
      go_on (run);
    }
  drop_timer (&tick);
  keep_all (run);                 /* first: how the run ended depends on it */
  code = exit_code (run);
  emit_end (run, code, began_us);
  return keep_all (run) || run->signal != 0 ? code : 5;
}

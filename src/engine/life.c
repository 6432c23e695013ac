/* SPDX-License-Identifier: MIT */
#include "engine/life.h"

#include <errno.h>
#include <string.h>

#include "base/errors.h"
#include "base/mask-json.h"
#include "base/strict-json.h"
#include "base/text.h"
#include "engine/keep.h"
#include "engine/values.h"

#define BUSY_DELAY_MS   10000
#define PLAN_TIMEOUT_MS 60000

static void attempt_begin (Life *life);

/* ---- small parts --------------------------------------------------------- */

void
drop_timer (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

Clock *
life_clock (const Life *life)
{
  return world_clock (life->run->parts.world);
}

GSource *
start_timer (gint64 milliseconds, GSourceFunc function, gpointer data)
{
  GSource *source = g_timeout_source_new ((guint) CLAMP (milliseconds, 0, G_MAXINT));

  g_source_set_callback (source, function, data, NULL);
  g_source_attach (source, NULL);
  return source;
}

static Life *
life_new (Run *run, RunStep *step)
{
  Life *life = g_new0 (Life, 1);

  life->run = run;
  life->step = step;
  life->deadline_us = G_MAXINT64;
  life->params = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) json_node_unref);
  life->env = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  life->files = g_ptr_array_new_with_free_func (g_free);
  life->masks = g_ptr_array_new_with_free_func ((GDestroyNotify) mask_stream_free);
  g_ptr_array_add (run->lives, life);
  return life;
}

void
life_free (Life *life)
{
  drop_timer (&life->deadline);
  drop_timer (&life->hang);
  drop_timer (&life->timer);
  g_free (life->question);
  g_hash_table_unref (life->params);
  g_hash_table_unref (life->env);
  g_ptr_array_unref (life->files);
  g_ptr_array_unref (life->masks);
  g_free (life->crash);
  g_free (life->need);
  failure_clear (&life->failure);
  failed_command_clear (&life->command);
  g_free (life);
}

/* ---- the end ------------------------------------------------------------- */

static gboolean
is_step_output (const RunStep *step, const char *name)
{
  for (guint i = 0; i < step->step->output_names->len; i++)
    if (strcmp (step->step->output_names->pdata[i], name) == 0)
      return TRUE;
  return FALSE;
}

static void
emit_outputs (Life *life)
{
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (life->step->outputs), (GCompareFunc) strcmp);

  for (GList *name = names; name != NULL; name = name->next)
    {
      const struct galley_param *output = param_find (life->step->action->outputs, name->data);
      g_autofree char *text = NULL;

      /* A whole JSON answer is in the output of its command already. */
      if (run_step_output_is_secret (life->step, name->data)
          || (output != NULL && output->type == GALLEY_MAP && !is_step_output (life->step, name->data)))
        continue;
      text = strict_json_to_text (g_hash_table_lookup (life->step->outputs, name->data));
      run_emit (life->run, &(Event) { .kind = EVENT_OUTPUT_VALUE, .step = life->step->id, .name = name->data, .text = text });
    }
}

static void
emit_plan_step (Life *life, const char *reason)
{
  RunStep *step = life->step;
  g_autofree char *uses = g_strdup_printf ("%s.%s", step->step->plugin, step->step->action);

  run_emit (life->run, &(Event) { .kind = EVENT_PLAN_STEP, .step = step->id, .uses = uses,
                                  .outcome = step_state_name (step->state), .reason = reason });
}

static void
emit_step_end (Life *life, const char *reason)
{
  RunStep *step = life->step;
  gboolean failed = step->state == STEP_FAILED || step->state == STEP_UNKNOWN;
  g_autofree char *uses = g_strdup_printf ("%s.%s", step->step->plugin, step->step->action);
  Event event = {
    .kind = EVENT_STEP_END, .step = step->id, .uses = uses, .file = step->step->at.file, .line = step->step->at.line,
    .result = step_state_name (step->state), .attempt = step->attempts, .attempts = step->attempts,
    .duration_ms = step->duration_ms, .reason = reason,
  };

  if (failed)
    {
      event.class_name = galley_class_name (life->failure.error_class);
      event.diagnosis = life->failure.diagnosis;
      event.fix = life->failure.fix;
      event.recipe = life->run->parts.recipe->file;
    }
  if (failed && life->command.argv != NULL)
    {
      event.argv = (const char *const *) life->command.argv;
      event.cwd = life->command.cwd;
      event.how = life->command.how;
      event.has_exit_code = life->command.has_exit_code;
      event.exit_code = life->command.exit_code;
      event.telling = life->command.telling;
    }
  run_emit (life->run, &event);
}

/* What was done and cannot be seen to hold gets its turn again. */
static StepState
state_of_proof (StepState state)
{
  switch (state)
    {
    case STEP_FAILED:  return STEP_DRIFTED;
    case STEP_STOPPED: return STEP_NOT_RUN;
    default:           return state;
    }
}

void
life_end (Life *life, StepState state, const char *reason)
{
  Run *run = life->run;
  RunStep *step = life->step;

  step->state = run->proving ? state_of_proof (state) : state;
  world_settle (run->parts.world, step->id);
  /* What is passed over takes no time, however long it was to be seen. */
  step->duration_ms = state != STEP_SKIPPED ? (clock_now (life_clock (life)) - step->began_us) / 1000 : 0;
  if (state == STEP_HELD || state == STEP_CHANGED)
    {
      keep_outputs (life);
      emit_outputs (life);
    }
  else
    keep_remains (life);
  if (run->options.plan && state != STEP_FAILED)
    emit_plan_step (life, reason);
  else
    emit_step_end (life, reason);
  g_ptr_array_remove_fast (run->lives, life);
  life_free (life);
  run_step_has_ended (run, step);
}

/* ---- failures ------------------------------------------------------------ */

/* What a failed command's output means, where the callback did not say. */
static void
look_up_signature (Life *life)
{
  g_autofree char *diagnosis = NULL, *fix = NULL;
  guint error_class;

  if (plugin_match_signature (life->step->plugin, life->command.tool, life->command.err, life->command.out, &error_class, &diagnosis, &fix))
    failure_set (&life->failure, error_class, diagnosis, life->failure.fix != NULL ? life->failure.fix : fix);
}

/* Of a command that was not started: nothing has run, but only what there is
 * too little of, or what is in use, may be different the next time. */
static guint
class_of_start_error (int number)
{
  static const int passing[] = { EAGAIN, ENOMEM, ENFILE, EMFILE, ETXTBSY };

  for (guint i = 0; i < G_N_ELEMENTS (passing); i++)
    if (number == passing[i])
      return GALLEY_TRANSIENT;
  return GALLEY_INVALID;
}

static void
judge_failure (Life *life, const char *crash)
{
  g_autofree char *after = NULL;

  if (crash != NULL)
    failure_set (&life->failure, GALLEY_UNKNOWN, crash, NULL);
  else if (!life->failure.said && life->command.start_error != 0)
    life->failure.error_class = class_of_start_error (life->command.start_error);
  else if (!life->failure.said && life->command.argv != NULL)
    look_up_signature (life);
  if (crash != NULL || !(life->timed_out || life->command.timed_out))
    return;
  if (!life->failure.said)
    {
      gboolean idle = life->command.idle && !life->timed_out;
      g_autofree char *text = NULL;

      after = duration_format (idle ? life->step->idle_timeout_ms : life->step->timeout_ms);
      text = g_strdup_printf (idle ? "said nothing for its idle_timeout of %s" : "did not end within its timeout of %s", after);
      failure_set (&life->failure, GALLEY_TRANSIENT, text, "give the step a longer timeout, or find out what it waits for (-v)");
    }
  else if (life->failure.error_class == GALLEY_UNKNOWN && !(life->step->action->flags & GALLEY_AUTHORS_WORD))
    life->failure.error_class = GALLEY_TRANSIENT;       /* its check tells what has been done by then */
}

static gboolean
may_retry (const Life *life)
{
  static const char *const defaults[] = { "transient", "throttled", "conflict", NULL };
  const Retry *retry = &life->step->retry;
  const char *name = galley_class_name (life->failure.error_class);

  if (life->step->attempts >= retry->attempts || life->run->options.plan || life->run->signal != 0
      || life->run->record_failed)
    return FALSE;
  if (retry->on == NULL)
    return g_strv_contains (defaults, name);
  return g_ptr_array_find_with_equal_func (retry->on, name, g_str_equal, NULL);
}

/* Exponential, capped, with up to a fifth more: what failed together does not come back together. */
gint64
life_retry_delay (const Life *life, guint tries)
{
  const RunStep *step = life->step;
  double delay = (double) step->retry.delay_ms;

  for (guint i = 1; i < tries && delay < (double) step->retry.max_delay_ms; i++)
    delay *= step->retry.factor;
  delay = MIN (delay, (double) step->retry.max_delay_ms);
  return (gint64) (delay * (1.0 + 0.2 * world_chance (life->run->parts.world, step->id, tries)));
}

static gboolean
on_retry (gpointer data)
{
  Life *life = data;

  drop_timer (&life->timer);
  attempt_begin (life);
  return G_SOURCE_REMOVE;
}

static const char *
failure_line (const Life *life)
{
  if (life->command.telling != NULL && *life->command.telling != '\0')
    return life->command.telling;
  return life->failure.diagnosis;
}

/* STEP may have done everything or nothing. */
static void
ask_what_to_do (Life *life, const char *why)
{
  g_autofree char *fix = g_strdup_printf ("find out, then: galley resume %s --retry %s, or --skip %s",
                                          life->run->parts.id, life->step->id, life->step->id);

  failure_set (&life->failure, GALLEY_UNKNOWN, why, fix);
  life_end (life, STEP_UNKNOWN, why);
}

/* Its tool ran, nobody saw how that ended, and no check can tell. */
static gboolean
is_in_the_dark (const Life *life, const char *crash)
{
  const struct galley_action *action = life->step->action;

  return life->phase == PHASE_APPLY && life->ran && (crash != NULL || life->lost) && !(action->flags & GALLEY_READS)
         && (life->no_goal || action->check == NULL);
}

static void
end_without_success (Life *life, const char *crash)
{
  g_autofree char *why = NULL;

  if (!is_in_the_dark (life, crash))
    {
      life_end (life, STEP_FAILED, failure_line (life));
      return;
    }
  why = g_strdup_printf ("nothing shows whether it was done: %s", crash != NULL ? crash : "nobody saw how its command ended");
  ask_what_to_do (life, why);
}

static void
attempt_failed (Life *life, const char *crash)
{
  const char *line;
  gint64 delay;

  if (life->cancelled)
    {
      life_interrupted (life);
      return;
    }
  judge_failure (life, crash);
  if (life->run->proving)
    {
      life_end (life, STEP_DRIFTED, failure_line (life));
      return;
    }
  if (!may_retry (life))
    {
      end_without_success (life, crash);
      return;
    }
  line = failure_line (life);
  delay = life_retry_delay (life, life->step->attempts);
  run_emit (life->run, &(Event) { .kind = EVENT_RETRY, .step = life->step->id, .attempt = life->step->attempts,
                                  .attempts = life->step->retry.attempts,
                                  .class_name = galley_class_name (life->failure.error_class),
                                  .reason = line != NULL ? line : life->command.how, .delay_ms = delay });
  life->ran = FALSE;
  life->timer = clock_timer (life_clock (life), delay, on_retry, life);
}

static void
fail_with (Life *life, guint error_class, const char *diagnosis)
{
  failure_set (&life->failure, error_class, diagnosis, NULL);
  life_end (life, STEP_FAILED, diagnosis);
}

/* ---- it is done ----------------------------------------------------------- */

static const char *
why_held (const Life *life, StepState state)
{
  const Past *past = life->step->past;

  if (state != STEP_HELD || past == NULL)
    return NULL;
  if (life->run->proving)
    return "still holds";
  return past->state == PAST_CUT_OFF ? "it had been done when it was cut off" : NULL;
}

static gboolean
on_look_again (gpointer data)
{
  Life *life = data;

  drop_timer (&life->timer);
  g_hash_table_remove_all (life->step->outputs);
  call_begin (life);
  return G_SOURCE_REMOVE;
}

void
life_look_again (Life *life, gint64 milliseconds)
{
  life->timer = clock_timer (life_clock (life), milliseconds, on_look_again, life);
}

static void
step_done (Life *life, StepState state)
{
  g_autofree char *why = NULL;
  g_autoptr (GError) error = NULL;

  if (!life_outputs_are_set (life, &why))
    fail_with (life, GALLEY_INVALID, why);
  else if (!life_has_waited (life, &why, &error))
    life_wait_on (life, why, error);
  else if (life_asserts_hold (life, &why))
    life_end (life, state, why_held (life, state));
  else if (life->run->proving)
    life_end (life, STEP_DRIFTED, why);
  else
    fail_with (life, GALLEY_INVALID, why);
}

/* ---- what an earlier galley left ----------------------------------------- */

static PastState
past_of (const Life *life)
{
  return life->step->past != NULL ? life->step->past->state : PAST_NONE;
}

/* Nothing can prove that it was done: the record is believed. */
static void
believe (Life *life)
{
  Past *past = life->step->past;
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, past->outputs);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_hash_table_replace (life->step->outputs, g_strdup (name), json_node_ref (value));
  life_end (life, STEP_HELD, past->said ? "taken as done (--skip)" : "done before; it has no check");
}

/* More than once only when asked for: galley that is killed and resumed over and over must not go on for ever. */
static gboolean
was_cut_off_too_often (Life *life)
{
  g_autofree char *why = NULL;

  if (past_of (life) != PAST_CUT_OFF || life->step->attempts <= life->step->retry.attempts + 1)
    return FALSE;
  life->step->attempts--;             /* to ask is none */
  why = g_strdup_printf ("it was cut off in each of %u attempts", life->step->attempts);
  ask_what_to_do (life, why);
  return TRUE;
}

/* ---- what a callback's answer leads to ----------------------------------- */

static void
apply_begin (Life *life)
{
  life->phase = PHASE_APPLY;
  g_hash_table_remove_all (life->step->outputs);
  call_begin (life);
}

/* The time of an attempt begins. */
static void
set_deadline (Life *life)
{
  gint64 timeout_ms = life->step->timeout_ms;

  /* A plan looks; it does not wait for what is not there. */
  if (life->run->options.plan || life->run->proving)
    timeout_ms = timeout_ms > 0 ? MIN (timeout_ms, PLAN_TIMEOUT_MS) : PLAN_TIMEOUT_MS;
  drop_timer (&life->deadline);
  life->deadline_us = timeout_ms > 0 ? clock_now (life_clock (life)) + timeout_ms * 1000 : G_MAXINT64;
}

static void
approve_then_apply (Life *life)
{
  const Template *question = life->step->step->approve_template;
  g_autoptr (JsonNode) text = NULL;
  g_autoptr (GError) error = NULL;

  if (question == NULL || (life->step->action->flags & GALLEY_READS) || life->approved)
    {
      apply_begin (life);
      return;
    }
  text = scope_expand (life->step->scope, question, life->step, &error);
  if (text == NULL)
    {
      fail_with (life, GALLEY_INVALID, error->message);
      return;
    }
  /* It may take a person an hour to answer. */
  drop_timer (&life->deadline);
  g_free (life->question);
  life->question = strict_json_to_text (text);
  run_ask (life->run, life);
}

void
life_answer (Life *life, Answer answer)
{
  g_clear_pointer (&life->question, g_free);
  if (answer == ANSWER_YES)
    {
      life->approved = TRUE;
      set_deadline (life);
      apply_begin (life);
      return;
    }
  life->run->nobody_to_ask |= answer == ANSWER_NOBODY;
  life_end (life, STEP_STOPPED, answer == ANSWER_NO ? "not approved"
                                                    : "needs approval: run it on a terminal, or with --yes");
}

static void
busy (Life *life)
{
  gint64 delay = life->run->options.busy_delay_ms > 0 ? life->run->options.busy_delay_ms : BUSY_DELAY_MS;
  g_autofree char *text = g_strdup_printf ("busy: %s", life->need != NULL ? life->need : "somebody is at it");

  if (life->run->options.plan || life->run->proving)
    {
      life_end (life, life->run->proving ? STEP_DRIFTED : STEP_UNKNOWN, text);
      return;
    }
  if (life->timed_out || (life->deadline_us != G_MAXINT64
                          && life->deadline_us - clock_now (life_clock (life)) < delay * 1000))
    {
      failure_set (&life->failure, GALLEY_CONFLICT, text, "wait until it is over, or end what holds it");
      attempt_failed (life, NULL);
      return;
    }
  run_emit (life->run, &(Event) { .kind = EVENT_PROGRESS, .step = life->step->id, .text = text });
  life_look_again (life, delay);
}

/* NEED: what the check says is missing. */
static void
begin_what_is_needed (Life *life, const char *need)
{
  if (life->run->options.plan)
    life_end (life, STEP_WOULD_CHANGE, need);
  else if (life->run->proving)
    life_end (life, STEP_DRIFTED, need);
  else if (!was_cut_off_too_often (life))
    approve_then_apply (life);
}

static void
cannot_tell (Life *life, const char *need)
{
  life->no_goal = TRUE;
  if (past_of (life) == PAST_CUT_OFF)
    {
      life->step->attempts--;
      ask_what_to_do (life, "it was cut off, and nothing shows whether it was done");
    }
  else if (past_of (life) == PAST_DONE)
    believe (life);
  else
    begin_what_is_needed (life, need);
}

static void
check_ended (Life *life, int status)
{
  g_autofree char *need = g_strdup (life->need);

  life_emit_check (life, status);
  switch (status)
    {
    case GALLEY_OK:
      step_done (life, STEP_HELD);
      return;
    case GALLEY_BUSY:
      busy (life);
      return;
    case GALLEY_NEEDED:
      begin_what_is_needed (life, need);
      return;
    case GALLEY_CANNOT_TELL:
      cannot_tell (life, need);
      return;
    default:
      attempt_failed (life, NULL);
    }
}

void
life_callback_ended (Life *life, int status, const char *crash)
{
  gboolean reads = (life->step->action->flags & GALLEY_READS) != 0;

  if (life->looking_back)
    life_looked_back (life, crash != NULL ? GALLEY_FAILED : status);
  else if (life->broke_rules || ((life->cancelled || life->timed_out) && status != GALLEY_OK))
    attempt_failed (life, crash);
  else if (crash != NULL)
    attempt_failed (life, crash);
  else if (life->phase == PHASE_CHECK)
    check_ended (life, status);
  else if (status == GALLEY_OK)
    step_done (life, reads ? STEP_HELD : STEP_CHANGED);
  else
    attempt_failed (life, NULL);
}

/* ---- attempts ------------------------------------------------------------ */

static void
attempt_begin (Life *life)
{
  RunStep *step = life->step;
  gboolean plan = life->run->options.plan;

  if (!life->run->proving)
    step->attempts++;
  life->timed_out = life->intent_kept = life->no_goal = life->lost = FALSE;
  life->looks = 0;
  set_deadline (life);
  g_hash_table_remove_all (step->outputs);
  run_emit (life->run, &(Event) { .kind = EVENT_ATTEMPT_START, .step = step->id, .attempt = step->attempts,
                                  .attempts = step->retry.attempts });
  if (step->action->check != NULL)
    {
      life->phase = PHASE_CHECK;
      call_begin (life);
    }
  else if (step->action->flags & GALLEY_READS)
    apply_begin (life);
  else if (past_of (life) == PAST_DONE || past_of (life) == PAST_CUT_OFF)
    cannot_tell (life, NULL);
  else if (plan)
    life_end (life, STEP_UNKNOWN, "it has no check: it runs every time");
  else
    approve_then_apply (life);
}

/* ---- the beginning ------------------------------------------------------- */

void
life_begin (Run *run, RunStep *step)
{
  Life *life = life_new (run, step);
  g_autofree char *uses = g_strdup_printf ("%s.%s", step->step->plugin, step->step->action);
  g_autoptr (GError) error = NULL;
  const char *which = NULL;

  step->state = STEP_RUNNING;
  step->began_us = clock_now (life_clock (life));
  run_emit (run, &(Event) { .kind = EVENT_STEP_START, .step = step->id, .uses = uses, .file = step->step->at.file,
                            .line = step->step->at.line });
  if (!life_applies (step, &which, &error) && error == NULL)
    {
      g_autofree char *reason = g_strdup_printf ("when: %s", which);
      life_end (life, STEP_SKIPPED, reason);
    }
  else if (error != NULL || !life_expand_params (life, &error) || !life_expand_env (life, &error))
    fail_with (life, GALLEY_INVALID, error->message);
  else if (step->past != NULL && step->past->said)
    believe (life);
  else
    {
      run_warn_of_vars (run, step->scope);
      attempt_begin (life);
    }
}

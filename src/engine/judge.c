/* What a step that has its outputs makes of them: `until`, `assert`.
 * SPDX-License-Identifier: MIT */
#include "engine/life.h"

#include "base/errors.h"
#include "base/text.h"

static gboolean
is_true (const Life *life, const Condition *condition, GError **error)
{
  return scope_evaluate (life->step->scope, condition, life->step, error);
}

static char *
tell_false (const Life *life, const char *what, const Condition *condition, const char *say)
{
  g_autofree char *values = scope_describe (life->step->scope, condition, life->step);
  const char *between = *values != '\0' ? ": " : "";

  if (say != NULL)
    return g_strdup_printf ("%s (%s is false: %s%s%s)", say, what, condition_text (condition), between, values);
  return g_strdup_printf ("%s is false: %s%s%s", what, condition_text (condition), between, values);
}

gboolean
life_asserts_hold (const Life *life, char **why)
{
  const GPtrArray *asserts = life->step->step->asserts;

  for (guint i = 0; i < asserts->len; i++)
    {
      const Assertion *assertion = asserts->pdata[i];
      g_autoptr (GError) error = NULL;

      if (is_true (life, assertion->condition, &error))
        continue;
      *why = error != NULL ? g_strdup (error->message) : tell_false (life, "assert", assertion->condition, assertion->say);
      return FALSE;
    }
  return TRUE;
}

gboolean
life_has_waited (const Life *life, char **why, GError **error)
{
  const Condition *until = life->step->step->until;
  g_autoptr (GError) own = NULL;

  if (until == NULL || is_true (life, until, &own))
    return TRUE;
  if (own != NULL)
    g_propagate_error (error, g_steal_pointer (&own));
  else
    *why = tell_false (life, "until", until, NULL);
  return FALSE;
}

static void
fail (Life *life, guint error_class, const char *diagnosis)
{
  failure_set (&life->failure, error_class, diagnosis, NULL);
  life_end (life, STEP_FAILED, life->failure.diagnosis);
}

void
life_wait_on (Life *life, const char *why, const GError *error)
{
  gint64 delay = life_retry_delay (life, ++life->looks);
  g_autofree char *late = NULL, *time = NULL;

  if (error != NULL)
    {
      fail (life, GALLEY_INVALID, error->message);
      return;
    }
  if (life->run->options.plan || life->run->proving)
    {
      life_end (life, life->run->proving ? STEP_DRIFTED : STEP_UNKNOWN, why);
      return;
    }
  if (life->cancelled)
    {
      life_interrupted (life);
      return;
    }
  if (life->timed_out || (life->deadline_us != G_MAXINT64
                          && life->deadline_us - clock_now (life_clock (life)) < delay * 1000))
    {
      time = duration_format (life->step->timeout_ms);
      late = g_strdup_printf ("%s; looked %u times within its timeout of %s", why, life->looks, time);
      fail (life, GALLEY_TRANSIENT, late);
      return;
    }
  run_emit (life->run, &(Event) { .kind = EVENT_PROGRESS, .step = life->step->id, .text = why });
  life_look_again (life, delay);
}

/* A step of a recipe as part of a run: bound to its plugin's action, with
 * what it waits for and what has become of it.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "engine/scope.h"
#include "plugin/registry.h"

typedef enum {
  STEP_WAITING, STEP_RUNNING,
  /* ended: */
  STEP_HELD, STEP_CHANGED, STEP_SKIPPED, STEP_FAILED, STEP_STOPPED,
  STEP_NOT_RUN,               /* something it needs failed, or the run ended before it */
  /* of a plan: */
  STEP_WOULD_CHANGE, STEP_AFTER,
  STEP_UNKNOWN,               /* of a resumed run too: cut off, and nothing shows what it did */
  /* of a resumed run, for a moment: it was done, and holds no more */
  STEP_DRIFTED,
} StepState;

typedef enum {
  PAST_NONE,                  /* never begun, or to be begun anew */
  PAST_DONE,
  PAST_SKIPPED,
  PAST_CUT_OFF,               /* its apply had begun, and nobody saw it end */
} PastState;

/* What an earlier galley left of a step, in a run that is resumed. */
typedef struct {
  PastState   state;
  gboolean    said;               /* PAST_DONE by somebody's word: not looked at */
  GHashTable *outputs;            /* name -> JsonNode: those on record */
  GPtrArray  *proof_needs;        /* of RunStep*, of PAST_DONE: what its check has values from */
} Past;

typedef struct {
  const struct galley_param *param;
  const Template *value;          /* of the recipe */
  Scope          *scope;          /* in which its references are resolved */
  Position        at;
  gboolean        is_default;     /* from defaults.with */
} BoundParam;

struct _RunStep {
  char        *id;                /* with the prefixes of its includes */
  const Step  *step;
  Scope       *scope;
  Plugin      *plugin;
  const struct galley_action *action;
  GPtrArray   *params;            /* of BoundParam* */
  GPtrArray   *needs;             /* of RunStep*, borrowed; steps that wait for the same share it */
  JsonNode    *each_key, *each_value;   /* of for_each; NULL */
  gint64       timeout_ms, idle_timeout_ms;   /* settled */
  Retry        retry;             /* settled; .on borrowed, NULL: the default classes */

  Past        *past;              /* NULL: the run is not resumed */
  gint64       abandoned_us;      /* wall clock: when the attempts began of which the last was cut off, its
                                   * tool being gone; 0: none was */
  StepState    state;
  GHashTable  *outputs;           /* name -> JsonNode */
  guint        attempts;          /* made so far */
  gint64       began_us, duration_ms;
  const RunStep *waits_for;       /* in a plan: the step that would change */
};

void run_step_free (RunStep *step);
void past_free     (Past *past);
/* What the recipe says that it is, in short, to be compared: definition.h. */
char *run_step_definition (const RunStep *step);
gboolean run_step_ended (const RunStep *step);
/* An output of its action, or one that the recipe picks. */
gboolean run_step_output_is_secret (const RunStep *step, const char *name);
const char *step_state_name (StepState state);      /* "held", "changed", ... */

/* All steps of RECIPE and of what it includes, in the order of the file,
 * bound and checked: plugin, action, params, types, references, secrets.
 * Problems go to DIAGNOSTICS; with any, there or before, what each step waits
 * for is left out.  ROOT: a scope with vars. */
GPtrArray *run_steps_bind (Scope *root, Registry *registry, Diagnostics *diagnostics);

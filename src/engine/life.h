/* The life of a step while it runs: check, apply, attempts.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "engine/order.h"
#include "engine/run.h"

typedef struct _Life Life;

typedef enum { PHASE_CHECK, PHASE_APPLY } Phase;

typedef struct {                  /* the last command that failed */
  char    *tool, *cwd, *how, *telling;
  char   **argv;
  char    *out, *err;             /* what is worth looking through */
  gboolean has_exit_code, timed_out, idle;
  int      exit_code;
  int      start_error;           /* errno; 0: it was started */
} FailedCommand;

typedef struct {                  /* what a callback said about its failure */
  gboolean said;
  guint    error_class;
  char    *diagnosis, *fix;
} Failure;

struct _Run {
  RunParts     parts;
  RunOptions   options;
  GPtrArray   *lives;             /* of Life*: what runs now */
  char       **environment;       /* ours, as it was at the start */
  guint        commands;          /* started so far */
  guint        files;             /* private files made so far */
  int          signal;            /* that interrupted us; 0 */
  guint        interrupts;
  Order       *order;
  Order       *later;             /* of the run, while .order is that of the proof */
  GQueue      *questions;         /* of Life*: the first one's has been put */
  guint        given_up;          /* how far it has been told to those that wait; see run.c */
  gboolean     failing;           /* nothing new starts */
  gboolean     nobody_to_ask;
  gboolean     proving;           /* what was done before is looked at, nothing is applied */
  gboolean     record_failed;     /* and it has been said */
  GSource     *keeping;           /* see keep.h */
};

struct _Life {
  Run           *run;
  RunStep       *step;
  Phase          phase;
  HostCall      *call;
  GHashTable    *params;          /* name -> JsonNode */
  GHashTable    *env;             /* name -> value, of the recipe and the step */
  gint64         deadline_us;
  GSource       *deadline;        /* of the attempt */
  GSource       *hang;            /* the callback must have returned by then */
  GSource       *timer;           /* a retry's delay, a pause, a look at what is busy */
  gboolean       pausing;         /* .timer is a callback's pause */
  guint          host_tries;      /* to start a plugin host for the callback, in vain */
  Process       *process;
  guint          process_id;      /* of its events */
  guint          process_flags;   /* GALLEY_CMD_... */
  const char    *process_tool;
  GPtrArray     *files;           /* to be removed after the callback */
  GPtrArray     *masks;           /* of the output files: two MaskStream, or none */
  char          *crash;           /* how the host ended before its callback did */
  char          *need;            /* why apply is needed */
  Failure        failure;
  FailedCommand  command;
  gboolean       timed_out, cancelled, killed, approved;
  guint          looks;           /* of this attempt, at what `until` waits for */
  gboolean       ran;             /* a command of this apply was started */
  gboolean       lost;            /* nobody saw how one ended */
  gboolean       no_goal;         /* no check can tell whether this attempt is needed */
  gboolean       looking_back;    /* interrupted, it checks once more what is left */
  char          *question;        /* to be answered before it goes on */
  gboolean       intent_kept;     /* of this attempt's apply, on record */
  gboolean       broke_rules;     /* the plugin did what it must not: its answer does not count */
};

/* Begin STEP; it takes itself out of run->lives when it has ended, and calls
 * run_step_has_ended. */
void life_begin  (Run *run, RunStep *step);
/* Its `when`, or one around it, is false whatever is still to come. */
gboolean life_is_skipped (const RunStep *step);
/* SIGNAL goes to its tool; what it waits for ends. */
void life_cancel (Life *life, int signal);
/* All that it waits for comes later by so much. */
void life_put_off (Life *life, gint64 microseconds);
/* To the first of run->questions, which is taken off. */
void life_answer (Life *life, Answer answer);
void life_free   (Life *life);

/* -- between life.c and call.c --------------------------------------------- */

/* Run the callback of .phase; life_callback_ended follows. */
void call_begin  (Life *life);
/* The host's .file: answered at once.  In private-file.c. */
void call_file  (HostCall *call, guint32 flags, const char *suffix, GBytes *data, gpointer user_data);
void life_callback_ended (Life *life, int status, const char *crash);
void failure_set   (Failure *failure, guint error_class, const char *diagnosis, const char *fix);
/* The plugin did what none may. */
void life_blame    (Life *life, const char *diagnosis, const char *fix);
void failure_clear (Failure *failure);
void failed_command_clear (FailedCommand *command);
Clock *life_clock  (const Life *life);
void drop_timer    (GSource **source);
GSource *start_timer (gint64 milliseconds, GSourceFunc function, gpointer data);

void life_end        (Life *life, StepState state, const char *reason);
gint64 life_retry_delay (const Life *life, guint tries);
/* Runs the callback of .phase again, after a pause. */
void life_look_again (Life *life, gint64 milliseconds);

/* -- in interrupt.c -------------------------------------------------------- */

/* What LIFE was doing has ended as it was told to: end it, after a look at
 * what was left. */
void life_interrupted (Life *life);
/* A check has come to STATUS. */
void life_emit_check (Life *life, int status);
/* That look has come to STATUS. */
void life_looked_back (Life *life, int status);

/* -- in given.c ------------------------------------------------------------ */

/* FALSE with *ERROR unset: *WHICH condition, its own or of an include around
 * it, is false. */
gboolean life_applies       (const RunStep *step, const char **which, GError **error);
gboolean life_expand_params (Life *life, GError **error);
gboolean life_expand_env    (Life *life, GError **error);

/* -- in outputs.c ---------------------------------------------------------- */

/* Picks what the recipe wants; FALSE: *WHY they are not all there. */
gboolean life_outputs_are_set (Life *life, char **why);

/* -- in judge.c ------------------------------------------------------------ */

/* Its outputs are as `assert` says; FALSE: *WHY not. */
gboolean life_asserts_hold (const Life *life, char **why);
/* Its `until` is true, or it has none.  FALSE: not yet, *WHY; or *ERROR. */
gboolean life_has_waited   (const Life *life, char **why, GError **error);
/* Then: look again later, or end it. */
void     life_wait_on      (Life *life, const char *why, const GError *error);

/* -- in run.c ---------------------------------------------------------------- */

void run_step_has_ended (Run *run, RunStep *step);
/* Puts LIFE's question, after those already put; life_answer follows. */
void run_ask (Run *run, Life *life);
/* No answer is wanted any more. */
void run_ask_no_more (Run *run, Life *life);
void run_emit (Run *run, const Event *event);
/* Says once what is worth saying of the values of the vars of SCOPE and those
 * around it.  The vars of an include are known when the first of its steps
 * needs them. */
void run_warn_of_vars (Run *run, Scope *scope);
gboolean run_step_is_good (const RunStep *step);

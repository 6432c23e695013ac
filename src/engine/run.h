/* One execution of a recipe: its steps in order of their needs, side by
 * side where they may be, until all have ended.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "engine/run-step.h"
#include "engine/toolbox.h"
#include "plugin/host.h"
#include "proc/world.h"
#include "report/reporter.h"
#include "store/record.h"

typedef enum { ANSWER_YES, ANSWER_NO, ANSWER_NOBODY } Answer;

typedef struct {
  gboolean plan;                  /* checks only */
  guint    jobs;                  /* steps at the same time; at least 1 */
  gint64   busy_delay_ms;         /* between looks at what is BUSY; 0: 10 s */
  gboolean yes;                   /* the answer to every question */
  /* Waits for a person's answer to the question that was reported last;
   * run_answer follows, from the main loop.  NULL: nobody is there. */
  void (*ask) (gpointer data);
  gpointer ask_data;
  /* What is played ends in the middle of a command, as the galley that
   * recorded it was killed there: so are we.  Does not return. */
  void (*be_killed) (void);
} RunOptions;

typedef struct _Run Run;

/* What a run is made of, all borrowed. */
typedef struct {
  const Recipe *recipe;
  Scope        *scope;            /* of the recipe */
  GPtrArray    *steps;            /* of run_steps_bind */
  const char   *id, *dir;         /* DIR: private, there */
  Registry     *registry;
  World        *world;
  HostPool     *hosts;
  Toolbox      *toolbox;
  Reporter     *reporter;
  Masker       *masker;
  const char *const *argv;        /* galley's own; NULL: not told */
  Record       *record;           /* NULL: of a plan nothing is kept */
} RunParts;

Run *run_new     (const RunParts *parts, const RunOptions *options);
void run_free    (Run *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)
/* Runs the main loop until every step has ended.  The exit code: 0, 1, 2 (a
 * plan with changes), 4 (somebody has to be asked, and nobody is there; a step
 * that was cut off cannot be proven), 5 (the record cannot be written), or 128 +
 * signal. */
int  run_execute (Run *run);
/* A signal arrived: the first one goes to the running tools, once, and no
 * further step starts; the second kills them. */
void run_interrupt (Run *run, int signal);
/* Of MICROSECONDS that the whole program stood still (Ctrl-Z), the steps'
 * timeouts and delays know nothing. */
void run_stood_still (Run *run, gint64 microseconds);
/* To the question that was put last. */
void run_answer (Run *run, Answer answer);
/* The first signal that arrived, which ended the run; 0: none. */
int  run_signal  (const Run *run);

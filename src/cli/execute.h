/* What run, plan and resume have in common: options, locks, tools, reports,
 * signals, the record, and the run itself.  SPDX-License-Identifier: MIT */
#pragma once

#include "cli/session.h"
#include "engine/recall.h"

#define DEFAULT_JOBS 4
#define MAX_JOBS     64

typedef struct {
  SessionOptions session;
  int            jobs;
  gboolean       yes, quiet, verbose, debug, wait, strict;
  char          *transcript, *events, *record, *replay;
  const RecallOptions *recall;    /* of a run that is resumed; else NULL */
} ExecuteOptions;

/* NOT_IN_PLAN: G_OPTION_FLAG_HIDDEN for plan. */
#define EXECUTE_OPTIONS(options, not_in_plan)                                                                              \
  SESSION_OPTIONS ((options).session),                                                                                     \
  { "jobs", 'j', 0, G_OPTION_ARG_INT, &(options).jobs, "Steps to run at the same time (1 to 64; default 4)", "N" },        \
  { "yes", 'y', not_in_plan, G_OPTION_ARG_NONE, &(options).yes, "Answer yes to every approval a step asks for", NULL },    \
  { "wait", 0, not_in_plan, G_OPTION_ARG_NONE, &(options).wait, "Wait for the run's lock while another run holds it", NULL }, \
  { "strict", 0, not_in_plan, G_OPTION_ARG_NONE, &(options).strict, "Refuse a tool that is not what it was when the run began", NULL }, \
  { "quiet", 'q', 0, G_OPTION_ARG_NONE, &(options).quiet, "Show failures only", NULL },                                    \
  { "verbose", 'v', G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, (gpointer) execute_count_verbose,                         \
    "Show the transcript: each command, its output, how it ended; -vv: checks and attempts too", NULL },                   \
  { "transcript", 0, 0, G_OPTION_ARG_FILENAME, &(options).transcript, "Write the transcript to FILE (\"-\": stdout)", "FILE" }, \
  { "events", 0, 0, G_OPTION_ARG_FILENAME, &(options).events, "Write events as JSON lines to FILE or descriptor", "FILE|FD" }, \
  { "record", 0, 0, G_OPTION_ARG_FILENAME, &(options).record, "Keep all that tools answer in FILE, to be replayed", "FILE" },      \
  { "replay", 0, 0, G_OPTION_ARG_FILENAME, &(options).replay, "Run with the answers recorded in FILE; nothing is done", "FILE" }

void     execute_options_clear (ExecuteOptions *options);
/* For the entries: DATA is the ExecuteOptions. */
gboolean execute_count_verbose (const char *name, const char *value, gpointer data, GError **error);
/* "-j4" as "--jobs=4": GOption knows only "-j 4". */
void     execute_spell_out_jobs (int argc, char **argv);
/* The world that --replay names becomes that of .session; RECIPE: the file
 * of the recipe.  Without --replay: nothing.  Errors: GALLEY_ERROR_USAGE. */
gboolean execute_open_replay (const Program *program, ExecuteOptions *options, const char *recipe, GError **error);
/* FALSE: *CODE, and it has been said. */
gboolean execute_check_options (const char *name, const ExecuteOptions *options, int *code);
/* NAME: "run", "plan" or "resume".  The exit code. */
int      execute_session (const Program *program, const char *name, Session *session, const ExecuteOptions *options);

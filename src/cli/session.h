/* A recipe loaded, its vars settled and its steps bound: what run, plan,
 * show and doctor begin with.  SPDX-License-Identifier: MIT */
#pragma once

#include "cli/command.h"
#include "engine/run-step.h"
#include "engine/toolbox.h"
#include "plugin/host.h"
#include "store/history.h"

typedef struct {                  /* options that all of them take */
  char   **vars, **var_files, **plugin_folders;
  World   *played;                /* from which vars have their values; borrowed; NULL: none */
} SessionOptions;

#define SESSION_OPTIONS(options)                                                                         \
  { "var", 0, 0, G_OPTION_ARG_STRING_ARRAY, &(options).vars, "Set a var; may be repeated", "NAME=VALUE" }, \
  { "vars", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &(options).var_files, "Set vars from a YAML file; may be repeated", "FILE" }, \
  { "plugin-dir", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &(options).plugin_folders, "Look for plugins here first; absolute", "DIR" }

typedef struct {
  Recipe    *recipe;
  Scope     *scope;
  GPtrArray *steps;               /* of RunStep* */
  Registry  *registry;
  char      *id, *dir;
  History   *history;             /* of a run that is resumed; borrowed; else NULL */
} Session;

void session_options_clear (SessionOptions *options);
/* Everything that is wrong with the recipe is in *ERROR, all at once. */
Session *session_load (const Program *program, const char *file, const SessionOptions *options, GError **error);
/* The same, with values for its vars. */
Session *session_new  (const Program *program, const char *file, const SessionOptions *options, GError **error);
/* The same, for a run that is resumed: HISTORY (borrowed) says which recipe,
 * and with which vars. */
Session *session_resume (const Program *program, History *history, const SessionOptions *options, GError **error);
void     session_free (Session *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Session, session_free)

/* What its steps run, and the versions that it and its includes ask for. */
void session_add_tools (const Session *session, Toolbox *toolbox);
/* A new run gets a folder, and with it an id that no other has: two galleys
 * that begin in one microsecond may both have thought of this one. */
gboolean  session_reserve        (Session *session, GError **error);
/* For a run's own files: the folder, and those in it. */
gboolean  session_make_folder    (const Session *session, GError **error);
gboolean  session_make_folders   (const Session *session, GError **error);
/* Of what is no run (a plan): they stay if a tool's output is in them. */
void      session_remove_folders (const Session *session);
/* Hosts for its plugins, of which SUPERVISOR knows. */
HostPool *session_hosts (const Session *session, Supervisor *supervisor);
/* The registry alone. */
Registry *session_registry (const Program *program, const SessionOptions *options, GError **error);

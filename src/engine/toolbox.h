/* The programs a run uses: each looked up once, its version asked once.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "plugin/registry.h"
#include "proc/world.h"

typedef struct {
  char       *name, *path, *version;      /* version: NULL: not asked, or it has none */
  char       *min_version, *wanted_by;    /* the highest that a plugin or the recipe asks for */
  const struct galley_tool *tool;
  char       *problem;                    /* missing, too old, ...; NULL: fine */
  char       *identity;                   /* of the file, when a command last used it */
} ToolFound;

typedef struct _Toolbox Toolbox;

/* HELPER_FOLDER: where galley's own programs are.  WORLD: borrowed. */
Toolbox *toolbox_new  (const char *helper_folder, World *world);
void     toolbox_free (Toolbox *toolbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Toolbox, toolbox_free)

/* Look for all tools of PLUGIN; what is missing is in .problem. */
void       toolbox_add_plugin  (Toolbox *toolbox, const Plugin *plugin);
/* A version the recipe asks for: at least MIN_VERSION.  TOOL: how a plugin
 * declares it; NULL: none does. */
void       toolbox_require     (Toolbox *toolbox, const struct galley_tool *tool, const char *name, const char *min_version, const char *wanted_by);
/* Ask every tool for its version, all at once; runs the main loop. */
void       toolbox_ask_versions (Toolbox *toolbox);
/* Ends that asking; toolbox_check fails from then on. */
void       toolbox_cancel      (Toolbox *toolbox, int signal);
/* All of them, by name; owned by the toolbox. */
GPtrArray *toolbox_all         (Toolbox *toolbox);
/* GALLEY_ERROR_PRECONDITION with every problem. */
gboolean   toolbox_check       (Toolbox *toolbox, GError **error);

/* The absolute path of a tool a plugin declares (TOOL), under the NAME the
 * command has.  Errors: GALLEY_ERROR_PRECONDITION. */
const char *toolbox_path (Toolbox *toolbox, const struct galley_tool *tool, const char *name, GError **error);
/* Whether its file is another than at the last call; to be asked before each
 * command.  Of a strict toolbox: than at the first one. */
gboolean toolbox_was_replaced (Toolbox *toolbox, const char *name);
/* FORMER: HistoryFacts of what the run used before. */
void toolbox_recall (Toolbox *toolbox, GPtrArray *former);
/* A line for each tool that is another now. */
void toolbox_add_notices (Toolbox *toolbox, GPtrArray *notices);
/* Tools stay what they are now.  FALSE: *ERROR (GALLEY_ERROR_PRECONDITION),
 * some are not what the run used before. */
gboolean toolbox_be_strict (Toolbox *toolbox, GError **error);
gboolean toolbox_is_strict (const Toolbox *toolbox);

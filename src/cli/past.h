/* A run that has been, or is under way: which one is meant, and what its
 * record says.  SPDX-License-Identifier: MIT */
#pragma once

#include "store/history.h"

/* NAME as of runs_find.  *FOLDER is its folder: free it.  *UNDER_WAY: asked
 * before its record was read.  NULL: *ERROR; that of one whose record is
 * damaged is GALLEY_ERROR_RECORD. */
History *past_run (const char *name, char **folder, gboolean *under_way, GError **error);
/* Whether STEP means the step ID: it is that one, or the include or for_each
 * that ID is a part of. */
gboolean past_means (const char *step, const char *id);
/* FALSE: *ERROR (GALLEY_ERROR_USAGE) says that HISTORY has no STEP, and which one may have been
 * meant. */
gboolean past_has_step (const History *history, const char *step, GError **error);

/* What the record says about the steps of a run that is resumed, held
 * against what the recipe says now.  SPDX-License-Identifier: MIT */
#pragma once

#include "engine/run-step.h"
#include "store/history.h"

typedef struct {
  const char *const *retry;       /* ids to be begun anew, ends at NULL; may be NULL */
  const char *const *skip;        /* ids to be taken as done */
  gboolean accept_changes;        /* done steps, and vars, may have been edited */
} RecallOptions;

/* Gives each of STEPS its .past; ROOT has the vars.  Errors:
 * GALLEY_ERROR_PRECONDITION, when vars have other values, or done steps have
 * been edited, removed, or have new steps before them (all are listed);
 * GALLEY_ERROR_USAGE for ids that do not exist.  NOTICES (of char*): what has
 * changed that does no harm. */
gboolean recall (Scope *root, GPtrArray *steps, const History *history, const RecallOptions *options, GPtrArray *notices,
                 GError **error);

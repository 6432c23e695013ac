/* What a run writes into its record, and when that is made durable: before an
 * apply starts its first tool, and soon after anything else.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "engine/life.h"

/* The recipe, vars, plugins, tools and steps, at the beginning of a session:
 * durable, unless that failed. */
void     keep_beginning (Run *run);
/* LIFE's apply is about to start a tool: durable when this returns TRUE.
 * FALSE: it must not start; the failure has been said. */
gboolean keep_intent    (Life *life);
void     keep_outputs   (Life *life);
/* Before LIFE's step ends without being done: what it left is ours the next time, too. */
void     keep_remains   (Life *life);
/* From the main loop: what has been written is to be durable soon. */
void     keep_soon      (Run *run);
/* At the end.  FALSE: the record is not whole. */
gboolean keep_all       (Run *run);

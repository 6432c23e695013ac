/* The steps of a run in the order in which they may begin.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "engine/run-step.h"

typedef struct _Order Order;

/* STEPS (of RunStep*) is borrowed.  NEEDS_OF: what each waits for; only those
 * among STEPS ever end. */
Order   *order_new   (GPtrArray *steps, GPtrArray *(*needs_of) (RunStep *step));
void     order_free  (Order *order);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Order, order_free)
/* The first of those whose needs have all ended; NULL: there is none now. */
RunStep *order_first (Order *order);
/* Not that one any more. */
void     order_drop_first (Order *order);
/* STEP has ended: others may have waited for just it. */
void     order_ended (Order *order, RunStep *step);

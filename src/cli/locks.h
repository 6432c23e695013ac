/* The lock of a run: two runs with one lock never overlap.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "cli/session.h"

/* What the recipe says, else its name and the account it is likely to work
 * in (AWS_PROFILE or AWS_ACCESS_KEY_ID).  NULL: *ERROR. */
char *locks_name (const Session *session, GError **error);
/* The descriptor, which tools inherit, so that what a dead galley left running
 * still holds the lock.  WAIT: until it is free, saying so on stderr, or until
 * *SIGNAL is not 0; the main loop runs meanwhile.  -1: *ERROR says who holds
 * it, since when, and at which step. */
int   locks_take (const Session *session, gboolean wait, const int *signal, GError **error);

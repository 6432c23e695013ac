/* When things were begun, as tools write it, and whether that was us.
 * SPDX-License-Identifier: MIT */
#ifndef GALLEY_MOMENT_H
#define GALLEY_MOMENT_H

#include "galley-plugin.h"

/* How much earlier than our attempt something may seem to have begun and is
 * still ours: clocks differ, and are set. */
#define MOMENT_MARGIN_MS 30000

/* "2026-11-24 17:21:17.35 -0500 EST" (helm) or "2026-11-24T22:21:17.35Z" (AWS,
 * Kubernetes) in milliseconds since 1970; -1: it is no such thing. */
int64_t moment_ms (const char *text);
/* What was begun at TEXT was begun by this step itself, in an attempt that was
 * cut off and whose tool is gone. */
int moment_is_ours (struct galley_call *call, const char *text);
/* TEXT to the second, in local time; TEXT itself when it is no such thing. */
const char *moment_shown (struct galley_call *call, const char *text);

#endif

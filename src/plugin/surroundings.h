/* What a callback may leave changed for the next one in its process.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct { guint environment; char cwd[4096]; } Surroundings;

/* All of NOW is set: two of them can be compared as bytes. */
void surroundings_look (Surroundings *now);

/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* What stands for the NUMBERth value, LEN bytes of [a-z0-9-] and VALUE's white
 * space; different for each NUMBER.  NULL: it is too short for so many. */
char *placeholder_name (const char *name, guint number, const char *value, gsize len);

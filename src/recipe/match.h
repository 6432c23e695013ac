/* Regular expressions (Perl's, as GRegex reads them) that must match a whole
 * text.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#define MATCH_MAX_PATTERN 4096

/* NULL with *ERROR: PATTERN is not a regular expression. */
GRegex  *match_compile (const char *pattern, GError **error);
/* FALSE with *ERROR: matching took too long. */
gboolean match_whole   (GRegex *regex, const char *text, GError **error);

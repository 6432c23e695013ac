/* The characters of a YAML text, looked at before libyaml does: 0.2.5 takes
 * U+0085, U+2028 and U+2029 for line breaks, which editors do not, so a
 * comment could hide a step.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* Not larger than YAML_MAX_BYTES, valid UTF-8, no control, invisible or bidi
 * characters.  A byte order mark at the beginning is taken off.  FALSE: what
 * is wrong has been added to PROBLEMS (of YamlProblem *). */
gboolean yaml_text_check (const char **text, gsize *len, GPtrArray *problems);
/* What a decoded value must not have in it ("U+0000"); NULL: it is fine. */
char    *yaml_text_check_value (const char *value, gsize len);
/* MESSAGE is taken. */
void     yaml_text_problem (GPtrArray *problems, guint line, guint column, char *message);

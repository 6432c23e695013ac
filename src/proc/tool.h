/* Which file a tool's name stands for, and what it may see of our
 * environment.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* The absolute path of NAME in SEARCH_PATH (NULL: $PATH).  Empty and
 * relative elements of it are passed over: a tool never comes from the
 * current folder.  Errors: GALLEY_ERROR_PRECONDITION, with what was found
 * instead (not executable, a folder, a dangling link).
 */
char *tool_find (const char *name, const char *search_path, GError **error);

/* Our environment as a tool gets it: a fixed list (PATH HOME USER LOGNAME
 * LANG LC_* TZ TMPDIR XDG_* SSL_CERT_* *_proxy *_PROXY), what ALLOW names
 * ("AWS_*|KUBECONFIG", may be NULL), LC_ALL=C.UTF-8, NO_COLOR=1, TERM=dumb,
 * PAGER=cat, and the pairs of EXTRA (name -> value, may be NULL) on top.
 * Sorted by name, no name twice.
 */
char **tool_environment (const char *const *ours, const char *allow, GHashTable *extra);

/* PROGRAM's first line of --version and the like holds its version: the
 * group of REGEX, or the first number like 1.2 or 1.2.3; NULL: none there.
 */
char *tool_parse_version (const char *text, const char *regex);

/* -1, 0, 1 as A is older than, the same as, or newer than B, number by
 * number; missing numbers count as 0.
 */
int tool_compare_versions (const char *a, const char *b);

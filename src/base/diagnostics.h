/* All that is wrong with a text file, collected and shown with the line and
 * a caret.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct { const char *file; guint line, column; } Position;  /* file is interned; line 0: the file as a whole */

typedef struct _Diagnostics Diagnostics;
Diagnostics *diagnostics_new  (void);
void         diagnostics_free (Diagnostics *diagnostics);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Diagnostics, diagnostics_free)

/* TEXT of a file, so that its lines can be shown; files come in the order
 * they are first named. */
void  diagnostics_add_source (Diagnostics *diagnostics, const char *file, const char *text, gsize len);
/* Never put a value in it that may be a secret.  HINT, a phrase such as
 * `did you mean "retry"?`, is shown in parentheses after the message; or NULL. */
void  diagnostics_add (Diagnostics *diagnostics, Position at, const char *hint, const char *format, ...) G_GNUC_PRINTF (4, 5);
/* The line of a position is not to be shown: it holds a secret. */
void  diagnostics_hide_line (Diagnostics *diagnostics, const char *file, guint line);
/* The same for lines that look like it, with the indented ones below them:
 * for a file that cannot be parsed, so that nobody knows what its lines are.
 * (A line `password: VALUE` is never shown.) */
void  diagnostics_hide_likely_secrets (Diagnostics *diagnostics, const char *file);
guint diagnostics_count (Diagnostics *diagnostics);
/* How often something was added, also what had been said before: differs
 * before and after looking at something in which anything is wrong. */
guint diagnostics_additions (Diagnostics *diagnostics);
/* In order of file and position, at most 50, then "and N more":
 *   wandb.yaml:12:7: unknown key "retires" (did you mean "retry"?)
 *      12 |     retires: 3
 *         |     ^~~~~~~
 */
char *diagnostics_to_string (Diagnostics *diagnostics);
/* GALLEY_ERROR_RECIPE with that text. */
gboolean diagnostics_check (Diagnostics *diagnostics, GError **error);
/* `did you mean "X"?` of the nearest candidate (NULL-terminated), for HINT;
 * NULL: none is near, or enough has been said already. */
gboolean diagnostics_may_suggest (Diagnostics *diagnostics);
char *diagnostics_suggest (Diagnostics *diagnostics, const char *word, const char *const *candidates);

/* Small text tools.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* "10m", "1h30m", "8.5s", "500ms", "0": milliseconds; at most 30 days. */
gboolean duration_parse  (const char *text, gint64 *milliseconds, GError **error);
/* "850 ms", "8.3 s", "4m 05s", "1h 02m": for people. */
char    *duration_format (gint64 milliseconds);

/* One argument, or a command line, that a POSIX shell reads as just that;
 * control characters as $'\n', which bash, ksh, zsh and POSIX 2024 know. */
char *shell_quote      (const char *argument);
char *shell_quote_argv (const char *const *argv);
/* The character at P, of a text up to END, as within $'...'; returns how many bytes it has. */
gsize shell_append_dollar (GString *out, const char *p, const char *end);

/* The one of CANDIDATES (NULL-terminated) that WORD most likely means;
 * NULL: none is near (edit distance over a third of its length, or 3). */
const char *did_you_mean (const char *word, const char *const *candidates);

/* Valid UTF-8 in which control characters (but \n and \t), C1 controls and
 * bidi overrides are written out (\e as "^[", others as \x9b or U+202E):
 * harmless on a terminal.  LEN -1: NUL-terminated. */
char *text_make_safe (const char *bytes, gssize len);

/* The line of a tool's output that says what went wrong: the last one that
 * looks like an error ("Error:", "error", "An error occurred", "failed",
 * "fatal", "denied", eksctl's "[✖]"), else the last that is not blank;
 * noise (kubectl's memcache.go lines, klog headers, usage hints) is passed
 * over.  STDERR first, then STDOUT.  Never NULL; "" if there is none. */
char *text_telling_line (const char *err, const char *out);

/* For sorting arrays of texts: strcmp. */
int text_compare (gconstpointer a, gconstpointer b);

/* $HOME, or that of the user's entry, or "/".  Unlike g_get_home_dir it has
 * no word to say where there is neither. */
const char *home_folder (void);

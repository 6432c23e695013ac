/* One stream of one command: masked, and cut into lines.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/mask.h"

#define OUTPUT_LINE_MAX  (16 * 1024)      /* a longer line comes in pieces */
#define OUTPUT_HEAD_MAX  (1024 * 1024)    /* of more than that the middle is left out: */
#define OUTPUT_TAIL_MAX  (64 * 1024)      /* this much of its end is kept */

/* EOL as in Event.  TEXT is not NUL-terminated. */
typedef void (*OutputLineFunc) (const char *text, gsize len, const char *eol, gpointer user_data);

/* MASKER NULL: it has been masked, and nothing of it is left out. */
typedef struct _OutputLines OutputLines;
OutputLines *output_lines_new  (Masker *masker);
void         output_lines_free (OutputLines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OutputLines, output_lines_free)

void         output_lines_feed (OutputLines *lines, const char *data, gsize len,
                                OutputLineFunc func, gpointer user_data);
/* The stream has ended: what was held back of it up to what is left out. */
void         output_lines_end  (OutputLines *lines, OutputLineFunc func, gpointer user_data);
/* Bytes left out; 0: none were. */
guint64      output_lines_left_out (OutputLines *lines);
/* After output_lines_end, if bytes were left out: the end of it. */
void         output_lines_tail (OutputLines *lines, OutputLineFunc func, gpointer user_data);
/* The unfinished line, if it is another than at the last call; else NULL. */
char        *output_lines_news (OutputLines *lines);

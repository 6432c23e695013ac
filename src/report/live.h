/* Lines at the bottom of a terminal that are written over as things move
 * on.  Above them, all that was ever printed stays.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct _Live Live;
Live *live_new  (void);
void  live_free (Live *live);

/* What to write for: the live lines gone, TEXT (may be NULL; whole lines) printed
 * for good, LINES (of char*, safe, without ends; may be NULL) below it, on
 * a terminal of COLUMNS and ROWS.  BEGIN and END (may be "") go around each live
 * line and take no room.  Nothing is appended when nothing changes. */
void  live_draw (Live *live, GString *out, const char *text, GPtrArray *lines,
                 guint columns, guint rows, const char *begin, const char *end);

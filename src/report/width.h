/* Columns that text takes on a terminal.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* TEXT is UTF-8 without control characters (see text_make_safe). */
guint text_width (const char *text);
/* As much of TEXT as fits into COLUMNS. */
char *text_cut   (const char *text, guint columns);
/* TEXT with spaces up to COLUMNS, or as it is when it is wider. */
char *text_pad   (const char *text, guint columns);

/* How many entries a record has for certain, in a file beside it: SQLite takes
 * a log that ends too soon, or is damaged from somewhere on, for one that was
 * not written further, and what was done would be done again.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* The file of the record in FOLDER, made if need be: to be kept open while the
 * record is written.  -1: *ERROR (GALLEY_ERROR_RECORD). */
int      tally_open  (const char *folder, GError **error);
/* NUMBER entries are durable.  FALSE: errno. */
gboolean tally_write (int fd, gint64 number);
/* 0 where there is no file.  To be read before the record is, which may be
 * written meanwhile.  FALSE: *ERROR (GALLEY_ERROR_RECORD). */
gboolean tally_read  (const char *folder, gint64 *number, GError **error);

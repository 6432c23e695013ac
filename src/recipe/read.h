/* Read a small file that people point the program at: whatever it is, this
 * ends soon.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <sys/stat.h>

/* PATH "-": standard input, which may be a pipe; all else must be a regular
 * file of at most MAX bytes.  NUL-terminated; NULL: *MESSAGE is what the file
 * "cannot be read: ...", "is a folder", ...  STATUS may be NULL. */
char *read_small_file (const char *path, gsize max, gsize *len, struct stat *status, char **message);

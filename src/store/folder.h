/* Folders for us alone.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* Makes PATH, an absolute one, and what of its parents is missing, mode 0700
 * whatever the umask; what is there stays as it is.  FALSE: errno. */
gboolean folder_make (const char *path);

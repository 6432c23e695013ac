/* Two runs with one lock never overlap.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* Takes the lock NAME, a file in FOLDER (made if need be), and writes RUN, the
 * id of who holds it, into it for whoever comes second.  The descriptor, held
 * until it is closed here and in every process that inherited it: flock(2)
 * tells nobody else.  -1: *HOLDER (free it) is the id of the run that holds it,
 * "" if it does not say; or *ERROR (GALLEY_ERROR_RECORD) says that the file
 * cannot be used. */
int   lock_take  (const char *folder, const char *name, const char *run, char **holder, GError **error);
/* The programs that hold it, "helm (pid 4711)" and so on, galley aside; NULL:
 * none that we may see. */
char *lock_users (const char *folder, const char *name);

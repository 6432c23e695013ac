/* Two runs with one lock never overlap.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* Takes the lock NAME, a file in FOLDER (made if need be), and writes HOLDER
 * into it for whoever comes second.  The descriptor, held until it is closed
 * here and in every process that inherited it: flock(2) tells nobody else.
 * -1: GALLEY_ERROR_PRECONDITION says who holds it; GALLEY_ERROR_RECORD, that
 * the file cannot be used. */
int lock_take (const char *folder, const char *name, const char *holder, GError **error);

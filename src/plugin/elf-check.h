/* Look at a shared object without running any of it.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* Open PATH and check it; the open descriptor, or -1.
 * *API: the interface version its note names; 0: it has no note. */
int elf_check_open (const char *path, guint32 *api, GError **error);

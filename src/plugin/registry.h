/* Where plugins are found, and those already loaded.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "plugin/plugin.h"

typedef struct _Registry Registry;

/* FOLDERS: NULL-terminated, absolute, searched in order; copied. */
Registry *registry_new  (const char *const *folders);
void      registry_free (Registry *registry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Registry, registry_free)

/* The plugin NAME, loaded at its first mention.  Errors:
 * GALLEY_ERROR_RECIPE when there is none of that name (with a did-you-mean),
 * GALLEY_ERROR_PRECONDITION when its file cannot be used. */
Plugin     *registry_find (Registry *registry, const char *name, GError **error);
/* Names of all files NAME.so, sorted; free with g_strfreev. */
char      **registry_names (Registry *registry);
const char *const *registry_folders (Registry *registry);

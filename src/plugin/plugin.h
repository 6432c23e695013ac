/* A loaded plugin: its tables as this program's structs.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include "api/galley-plugin.h"

typedef struct _Plugin Plugin;

/* Load FOLDER/NAME.so.  The file is checked before any code of it runs:
 * regular, owned by root or us, not writable for others, a whole 64-bit ELF
 * shared object, with the note of our interface version.
 * Errors: GALLEY_ERROR_PRECONDITION naming the file and what is wrong. */
Plugin *plugin_load (const char *folder, const char *name, GError **error);
void    plugin_free (Plugin *plugin);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Plugin, plugin_free)

const char *plugin_path (const Plugin *plugin);
/* Tables of our own struct sizes, however old or new the plugin is: what it
 * does not know is zero, what we do not know is left out. */
const struct galley_plugin *plugin_info (const Plugin *plugin);

const struct galley_action *plugin_find_action (const Plugin *plugin, const char *name);
const struct galley_tool   *plugin_find_tool   (const Plugin *plugin, const char *name);
const struct galley_param  *param_find (const struct galley_param *params, const char *name);

/* Names for did_you_mean, NULL-terminated; free the array only. */
const char **plugin_action_names (const Plugin *plugin);
const char **param_names         (const struct galley_param *params);

const char *galley_type_name  (guint type);      /* "string", "int", ... */
const char *galley_class_name (guint error_class); /* "transient", ... */
gboolean    galley_class_from_name (const char *name, guint *error_class);

/* One of the plugin's signatures against a failed command's output.
 * DIAGNOSIS and FIX (may come out NULL) have their groups filled in. */
gboolean plugin_match_signature (const Plugin *plugin, const char *tool, const char *err, const char *out,
                                 guint *error_class, char **diagnosis, char **fix);

/* TRUE if TEXT matches REGEX as a whole. */
gboolean regex_matches_whole (const char *regex, const char *text);

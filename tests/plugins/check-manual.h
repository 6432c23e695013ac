/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include "api/galley-plugin.h"

/* Fails the test where TEXT, the manual page of PLUGIN in mdoc, lacks an
 * action, a param with its type and default, an output, or a known failure
 * with its class and fix. */
void check_manual (const struct galley_plugin *plugin, const char *text);

/* What a plugin says about itself, looked at closely.  Part of fake-host.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include "api/galley-plugin.h"

/* PARAMS may be NULL. */
const struct galley_param *fake_tables_find (const struct galley_param *params, const char *name);
/* What is wrong with VALUE for PARAM; NULL: nothing. */
char *fake_tables_problem (const struct galley_param *param, const char *value);
/* The first signature that is found in the output of TOOL, or NULL. */
const struct galley_signature *fake_tables_signature (const struct galley_plugin *plugin, const char *tool,
                                                      const char *err, const char *out);
/* TEXT becomes TEMPLATE (its diagnosis or fix) with groups filled in. */
void fake_tables_fill (const struct galley_signature *signature, const char *template, const char *err,
                       const char *out, GString *text);
/* Fails the test where the tables are not whole and true. */
void fake_tables_check (const struct galley_plugin *plugin);

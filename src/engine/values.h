/* A recipe's value as a param of its declared type.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>
#include "api/galley-plugin.h"

/* VALUE as PARAM wants it: strings, numbers and booleans as text for a
 * string; "3" or 3 for an int; a path made absolute from FOLDER; checked
 * against .values and .match.  NULL: *ERROR (GALLEY_ERROR_RECIPE) says what
 * is wanted, and shows the value unless HIDE. */
JsonNode *value_for_param (const struct galley_param *param, JsonNode *value, const char *folder,
                           gboolean hide, GError **error);
/* The fallback of a param; NULL: it has none. */
JsonNode *value_of_fallback (const struct galley_param *param);

/* JSONPath, as far as recipes and plugins need it.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>

/* More values than that: an error. */
#define JSON_QUERY_MAX_RESULTS 100000

/* What strict_json_query does.  "$", then any of
 *   .name ['name'] ["name"]     a member; \ before a character of a .name that
 *                               would end it (kubectl's .labels.app\.kubernetes\.io/name)
 *   .* [*]                      all members or elements
 *   [0] [-1] [1:3] [0,2]        elements
 *   ..name ..*                  at any depth
 *   [?(@.a.b=="text")]          elements whose member is so; also != and
 *                               [?(@.a)] for "is there"; 'text', 12, true, null
 * Errors: GALLEY_ERROR_RECIPE, with the path and where in it. */
GPtrArray *json_query (JsonNode *root, const char *path, GError **error);

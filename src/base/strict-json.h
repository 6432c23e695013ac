/* JSON as json-glib 1.6 should have read it: depth-checked before parsing,
 * whole text used, numbers that fit, no NUL, nothing but JSON.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>

#define STRICT_JSON_MAX_DEPTH 256
#define STRICT_JSON_MAX_BYTES (64 * 1024 * 1024)

/* LEN -1: NUL-terminated.  Errors: GALLEY_ERROR_FAILED with line and column.
 * Integers outside 64 bits are kept as strings of their digits (ids). */
JsonNode *strict_json_parse (const char *text, gssize len, GError **error);
/* Compact, keys in their order; SORTED: by name, for comparing. */
char     *strict_json_write (JsonNode *node, gboolean sorted);
/* TEXT in quotes, escaped, after what is in OUT. */
void      strict_json_write_string (GString *out, const char *text);
/* What a string says; NULL: it is something else, or NODE is NULL. */
const char *strict_json_string (JsonNode *node);
/* A string as itself, NULL as "", anything else as JSON. */
char     *strict_json_to_text (JsonNode *node);
/* All values at a JSONPath ("$.a[0].b"; "a.b" and ".a" are taken as "$.a.b");
 * never NULL; elements are JsonNode, owned by the array. */
GPtrArray *strict_json_query (JsonNode *root, const char *path, GError **error);
/* Where A and B differ first, as "a.b[2]"; "" at the root; NULL: equal.
 * Numbers compare by value, key order does not count. */
char     *strict_json_diff (JsonNode *a, JsonNode *b);

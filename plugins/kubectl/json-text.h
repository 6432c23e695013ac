/* JSON texts taken apart and put together as texts.  They are compact and
 * well-formed ("$" through the host's json); what is not is left alone,
 * never read past its end.  SPDX-License-Identifier: MIT */
#ifndef GALLEY_JSON_TEXT_H
#define GALLEY_JSON_TEXT_H

#include "galley-plugin.h"

struct json_member {
  const char *key;             /* as written, without its quotes             */
  size_t      key_len;
  const char *value;
  size_t      value_len;
};

/* The members of an object one after the other: *AT is the object's text at
 * first.  0: no more, or no object. */
int json_next (const char **at, struct json_member *member);

/* TEXT compact and checked; "{}" for null and nothing; NULL: not JSON. */
const char *json_object (struct galley_call *call, const char *text);
/* B over A: objects are merged, anything else of B replaces. */
const char *json_merge (struct galley_call *call, const char *a, const char *b);
/* The text at PATH ("mysql.persistence.size", a dot in a key is "\."), or NULL. */
const char *json_at (struct galley_call *call, const char *text, const char *path);
/* TEXT without PATH, and without objects that are empty because of it. */
const char *json_without (struct galley_call *call, const char *text, const char *path);
/* TEXT with VALUE, a JSON text, at PATH. */
const char *json_with (struct galley_call *call, const char *text, const char *path, const char *value);
/* The first path that ends in KEY and has another key before it; NULL: none. */
const char *json_find_nested (struct galley_call *call, const char *text, const char *key);

#endif

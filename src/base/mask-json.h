/* Secrets that are JSON.  SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>

#include "base/mask.h"

/* Hide VALUE as strict_json_to_text gives it, and of a list or an object each
 * string in it that is long enough too.  NULL, an empty text, list or object
 * have nothing to hide.  NULL: done; else why VALUE cannot be hidden, as
 * mask_refusal says it. */
const char *masker_add_json (Masker *masker, JsonNode *value);

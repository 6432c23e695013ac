/* What a part of a recipe says, in short: so that resume sees what has been
 * edited since.  SPDX-License-Identifier: MIT */
#pragma once

#include "base/yaml.h"

/* "uses=1f0c... with=9a3b...": the keys of MAP, sorted, each with a sum of its
 * value, however that is laid out or commented.  LEFT_OUT: keys that do not
 * count, ends at NULL; may be NULL. */
char *definition_of (const YamlNode *map, const char *const *left_out);
/* The keys in which two of them differ ("with, env"); NULL: in none. */
char *definition_difference (const char *a, const char *b);

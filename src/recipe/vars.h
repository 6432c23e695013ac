/* Whether a value is what a var's declaration asks for.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "recipe/recipe.h"

/* VALUE as the var's type has it (texts are read: "2" for an int); NULL:
 * *MESSAGE says why not, without the value of a secret. */
JsonNode *var_check (const VarDeclaration *var, JsonNode *value, char **message);

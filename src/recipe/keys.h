/* The keys of a recipe as data: the loader walks these tables, `galley
 * schema` and the tests of galley-recipe(5) read them.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/yaml.h"
#include "recipe/recipe.h"

typedef struct _Loader Loader;

/* Puts VALUE into FIELD, or adds to the diagnostics what is wrong with it. */
typedef void (*KeyLoad) (Loader *loader, const YamlNode *key, const YamlNode *value, gpointer field);

typedef struct {
  const char *name;
  const char *type;              /* "text", "boolean", "duration", "count", ...; "retry": the keys of that map */
  const char *help;              /* one line, no full stop */
  KeyLoad     load;
  gsize       offset;            /* of FIELD in the struct being filled */
  gboolean    required;
} RecipeKey;

typedef struct { const char *name; const RecipeKey *keys; } RecipeKeys;   /* keys end at .name == NULL */

/* "recipe", "var", "from", "defaults", "retry", "step", "assert"; ends at .name == NULL. */
const RecipeKeys *recipe_keys (void);
/* What may be in `retry: {on: [...]}`; ends at NULL. */
const char *const *recipe_classes (void);
/* What `type` of a var may be, in the order of VarType; ends at NULL. */
const char *const *recipe_var_types (void);

/* Which step of a recipe comes before which.  SPDX-License-Identifier: MIT */
#pragma once

#include "recipe/recipe.h"

typedef struct _RecipeGraph RecipeGraph;

/* Adds unknown needs and cycles to DIAGNOSTICS. */
RecipeGraph *recipe_graph_new  (const Recipe *recipe, Diagnostics *diagnostics);
void         recipe_graph_free (RecipeGraph *graph);
gboolean     recipe_graph_has_cycle (const RecipeGraph *graph);
/* OTHER stands above STEP in the file. */
gboolean     recipe_graph_is_above (const RecipeGraph *graph, const Step *step, const Step *other);
char        *recipe_suggest_step (const Recipe *recipe, const char *id, Diagnostics *diagnostics);

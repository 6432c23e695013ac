/* Which step of a recipe comes before which, and what has which name.  SPDX-License-Identifier: MIT */
#pragma once

#include "recipe/recipe.h"

typedef struct _RecipeGraph RecipeGraph;

/* Adds unknown needs and cycles to DIAGNOSTICS. */
RecipeGraph *recipe_graph_new  (const Recipe *recipe, Diagnostics *diagnostics);
void         recipe_graph_free (RecipeGraph *graph);
gboolean     recipe_graph_has_cycle (const RecipeGraph *graph);
/* OTHER stands above STEP in the file. */
gboolean     recipe_graph_is_above (const RecipeGraph *graph, const Step *step, const Step *other);
/* The number of an output in .output_names; -1: there is none. */
int          recipe_find_output (const Recipe *recipe, const char *name);
gboolean     recipe_declares_env (const Recipe *recipe, const char *name);
/* `did you mean "x"?`, or NULL. */
char        *recipe_suggest_var  (const Recipe *recipe, const char *name, Diagnostics *diagnostics);
char        *recipe_suggest_step (const Recipe *recipe, const char *id, Diagnostics *diagnostics);

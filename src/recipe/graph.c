/* Which step of a recipe comes before which.  SPDX-License-Identifier: MIT */
#include "recipe/graph.h"

#include <string.h>

struct _RecipeGraph {
  GHashTable *index, *vars, *outputs, *env;   /* name -> its number + 1 */
  guint       steps, words;
  GArray    **needs;              /* of each step: the numbers of those it directly waits for */
  guint64    *before;             /* bits: all those, however far; NULL while there is a cycle */
};

static GHashTable *
index_names (GPtrArray *names)
{
  GHashTable *index = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < names->len; i++)
    g_hash_table_insert (index, names->pdata[i], GUINT_TO_POINTER (i + 1));
  return index;
}

static RecipeGraph *
graph_new (const Recipe *recipe)
{
  RecipeGraph *graph = g_new0 (RecipeGraph, 1);

  graph->vars = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < recipe->vars->len; i++)
    g_hash_table_insert (graph->vars, ((VarDeclaration *) recipe->vars->pdata[i])->name, GUINT_TO_POINTER (i + 1));
  graph->outputs = index_names (recipe->output_names);
  graph->env = index_names (recipe->declared_env);
  graph->index = g_hash_table_new (g_str_hash, g_str_equal);
  graph->steps = recipe->steps->len;
  graph->words = (graph->steps + 63) / 64;
  graph->needs = g_new0 (GArray *, graph->steps + 1);
  for (guint i = 0; i < graph->steps; i++) {
    const Step *step = recipe->steps->pdata[i];

    graph->needs[i] = g_array_new (FALSE, FALSE, sizeof (guint));
    if (!g_hash_table_contains (graph->index, step->id))
      g_hash_table_insert (graph->index, step->id, GUINT_TO_POINTER (i + 1));
  }
  return graph;
}

void
recipe_graph_free (RecipeGraph *graph)
{
  if (graph == NULL)
    return;
  g_hash_table_unref (graph->index);
  g_hash_table_unref (graph->vars);
  g_hash_table_unref (graph->outputs);
  g_hash_table_unref (graph->env);
  for (guint i = 0; i < graph->steps; i++)
    g_array_unref (graph->needs[i]);
  g_free (graph->needs);
  g_free (graph->before);
  g_free (graph);
}

/* -- edges ------------------------------------------------------------------ */

static char *
suggest_step (const Recipe *recipe, const char *id, Diagnostics *diagnostics)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();

  if (!diagnostics_may_suggest (diagnostics))
    return NULL;
  for (guint i = 0; i < MIN (recipe->steps->len, 1000); i++)
    g_ptr_array_add (ids, ((Step *) recipe->steps->pdata[i])->id);
  g_ptr_array_add (ids, NULL);
  return diagnostics_suggest (diagnostics, id, (const char *const *) ids->pdata);
}

static void
add_need (RecipeGraph *graph, const Recipe *recipe, guint number, guint which, Diagnostics *diagnostics)
{
  const Step *step = recipe->steps->pdata[number];
  const char *id = step->needs->pdata[which];
  guint need = GPOINTER_TO_UINT (g_hash_table_lookup (graph->index, id));
  g_autofree char *hint = NULL;

  if (need == 0) {
    hint = suggest_step (recipe, id, diagnostics);
    diagnostics_add (diagnostics, step->need_at[which], hint, "there is no step \"%s\"", id);
  } else if (need - 1 == number)
    diagnostics_add (diagnostics, step->need_at[which], NULL, "a step cannot need itself");
  else {
    need--;
    g_array_append_val (graph->needs[number], need);
  }
}

static void
add_needs (RecipeGraph *graph, const Recipe *recipe, Diagnostics *diagnostics)
{
  for (guint i = 0; i < graph->steps; i++) {
    const Step *step = recipe->steps->pdata[i];
    guint above = i - 1;

    if (step->needs == NULL && i > 0)
      g_array_append_val (graph->needs[i], above);
    for (guint j = 0; step->needs != NULL && j < step->needs->len; j++)
      add_need (graph, recipe, i, j, diagnostics);
  }
}

/* -- order ------------------------------------------------------------------ */

enum { NEW, OPEN, DONE };
typedef struct { guint step, next; } Visit;

/* The steps from where TO is on the stack of visits to its end, and TO again. */
static void
say_cycle (const Recipe *recipe, GArray *stack, guint to, Diagnostics *diagnostics)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const Step *closing = recipe->steps->pdata[g_array_index (stack, Visit, stack->len - 1).step];
  guint first = 0;

  while (g_array_index (stack, Visit, first).step != to)
    first++;
  for (guint i = first; i < stack->len; i++)
    if (i - first < 10 || i + 1 == stack->len)
      g_string_append_printf (text, "\"%s\" needs ", ((Step *) recipe->steps->pdata[g_array_index (stack, Visit, i).step])->id);
    else if (i - first == 10)
      g_string_append (text, "... needs ");
  g_string_append_printf (text, "\"%s\"", ((Step *) recipe->steps->pdata[to])->id);
  diagnostics_add (diagnostics, closing->needs != NULL ? closing->needs_at : closing->at, NULL,
                   "steps that wait for each other: %s", text->str);
}

static void
merge_bits (RecipeGraph *graph, guint step, guint need)
{
  guint64 *to = graph->before + (gsize) step * graph->words, *from = graph->before + (gsize) need * graph->words;

  for (guint i = 0; i < graph->words; i++)
    to[i] |= from[i];
  to[need / 64] |= G_GUINT64_CONSTANT (1) << (need % 64);
}

/* Depth first from ROOT, without recursion.  FALSE: a cycle, and it was said. */
static gboolean
visit (RecipeGraph *graph, const Recipe *recipe, guint root, guint8 *states, GArray *stack, Diagnostics *diagnostics)
{
  Visit first = { root, 0 };

  if (states[root] == DONE)
    return TRUE;
  g_array_set_size (stack, 0);
  g_array_append_val (stack, first);
  states[root] = OPEN;
  while (stack->len > 0) {
    Visit *top = &g_array_index (stack, Visit, stack->len - 1);
    GArray *needs = graph->needs[top->step];
    Visit next = { 0, 0 };

    if (top->next == needs->len) {
      for (guint i = 0; i < needs->len; i++)
        merge_bits (graph, top->step, g_array_index (needs, guint, i));
      states[top->step] = DONE;
      g_array_set_size (stack, stack->len - 1);
      continue;
    }
    next.step = g_array_index (needs, guint, top->next++);
    if (states[next.step] == OPEN) {
      say_cycle (recipe, stack, next.step, diagnostics);
      return FALSE;
    }
    if (states[next.step] == NEW) {
      states[next.step] = OPEN;
      g_array_append_val (stack, next);
    }
  }
  return TRUE;
}

RecipeGraph *
recipe_graph_new (const Recipe *recipe, Diagnostics *diagnostics)
{
  RecipeGraph *graph = graph_new (recipe);
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (Visit));
  g_autofree guint8 *states = g_new0 (guint8, graph->steps + 1);
  gboolean fine = TRUE;

  add_needs (graph, recipe, diagnostics);
  graph->before = g_new0 (guint64, (gsize) graph->steps * graph->words + 1);
  for (guint i = 0; fine && i < graph->steps; i++)
    fine = visit (graph, recipe, i, states, stack, diagnostics);
  if (!fine)
    g_clear_pointer (&graph->before, g_free);
  return graph;
}

/* -- questions -------------------------------------------------------------- */

static guint
number_of (const RecipeGraph *graph, const Step *step)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (graph->index, step->id));
}

const Step *
recipe_find_step (const Recipe *recipe, const char *id)
{
  guint number = GPOINTER_TO_UINT (g_hash_table_lookup (recipe->graph->index, id));

  return number > 0 ? recipe->steps->pdata[number - 1] : NULL;
}

const VarDeclaration *
recipe_find_var (const Recipe *recipe, const char *name)
{
  guint number = GPOINTER_TO_UINT (g_hash_table_lookup (recipe->graph->vars, name));

  return number > 0 ? recipe->vars->pdata[number - 1] : NULL;
}

int
recipe_find_output (const Recipe *recipe, const char *name)
{
  return (int) GPOINTER_TO_UINT (g_hash_table_lookup (recipe->graph->outputs, name)) - 1;
}

gboolean
recipe_declares_env (const Recipe *recipe, const char *name)
{
  return g_hash_table_contains (recipe->graph->env, name);
}

char *
recipe_suggest_var (const Recipe *recipe, const char *name, Diagnostics *diagnostics)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  if (!diagnostics_may_suggest (diagnostics))
    return NULL;
  for (guint i = 0; i < recipe->vars->len; i++)
    g_ptr_array_add (names, ((VarDeclaration *) recipe->vars->pdata[i])->name);
  g_ptr_array_add (names, NULL);
  return diagnostics_suggest (diagnostics, name, (const char *const *) names->pdata);
}

char *
recipe_suggest_step (const Recipe *recipe, const char *id, Diagnostics *diagnostics)
{
  return suggest_step (recipe, id, diagnostics);
}

gboolean
recipe_graph_has_cycle (const RecipeGraph *graph)
{
  return graph->before == NULL;
}

gboolean
recipe_graph_is_above (const RecipeGraph *graph, const Step *step, const Step *other)
{
  return number_of (graph, other) < number_of (graph, step);
}

GPtrArray *
recipe_step_needs (const Recipe *recipe, const Step *step)
{
  GPtrArray *needs = g_ptr_array_new ();
  guint number = number_of (recipe->graph, step);
  GArray *numbers = number > 0 ? recipe->graph->needs[number - 1] : NULL;

  for (guint i = 0; numbers != NULL && i < numbers->len; i++)
    g_ptr_array_add (needs, recipe->steps->pdata[g_array_index (numbers, guint, i)]);
  return needs;
}

gboolean
recipe_step_follows (const Recipe *recipe, const Step *step, const Step *other)
{
  const RecipeGraph *graph = recipe->graph;
  guint number = number_of (graph, step), before = number_of (graph, other);

  if (graph->before == NULL || number == 0 || before == 0)
    return FALSE;
  return (graph->before[(gsize) (number - 1) * graph->words + (before - 1) / 64] >> ((before - 1) % 64)) & 1;
}

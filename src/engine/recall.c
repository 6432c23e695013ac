/* SPDX-License-Identifier: MIT */
#include "engine/recall.h"

#include <string.h>

#include "base/errors.h"
#include "base/strict-json.h"
#include "base/text.h"
#include "recipe/definition.h"

#define SHOWN_VALUE 60

typedef struct {
  Scope               *root;
  GPtrArray           *steps;
  const History       *history;
  const RecallOptions *options;
  GHashTable          *by_id;     /* id -> RunStep */
  GPtrArray           *notices;
  GString             *changes;   /* of vars and done steps: a line each */
} Recall;

/* ---- one step ------------------------------------------------------------ */

static gboolean
is_named (const char *const *ids, const char *id)
{
  return ids != NULL && g_strv_contains (ids, id);
}

static PastState
past_state (const HistoryStep *old)
{
  if (old->cut_off_us != 0)
    return PAST_CUT_OFF;
  if (g_strcmp0 (old->state, "held") == 0 || g_strcmp0 (old->state, "changed") == 0)
    return PAST_DONE;
  return g_strcmp0 (old->state, "skipped") == 0 ? PAST_SKIPPED : PAST_NONE;
}

/* None of a step that is not on record. */
static GHashTable *
read_outputs (const HistoryStep *old)
{
  GHashTable *outputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) json_node_unref);
  GHashTableIter iter;
  gpointer name, text;

  if (old == NULL)
    return outputs;
  g_hash_table_iter_init (&iter, old->outputs);
  while (g_hash_table_iter_next (&iter, &name, &text))
    {
      JsonNode *value = text != NULL ? strict_json_parse (text, -1, NULL) : NULL;

      if (value != NULL)
        g_hash_table_insert (outputs, g_strdup (name), value);
    }
  return outputs;
}

static void
give_outputs (RunStep *step, GHashTable *outputs)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, outputs);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_hash_table_replace (step->outputs, g_strdup (name), json_node_ref (value));
}

static void
recall_step (Recall *recall, RunStep *step, const HistoryStep *old)
{
  Past *past = step->past;

  if (old != NULL)
    step->abandoned_us = old->remains_us != 0 ? old->remains_us : old->cut_off_us;
  if (is_named (recall->options->retry, step->id))
    return;
  if (is_named (recall->options->skip, step->id))
    {
      past->state = PAST_DONE;
      past->said = TRUE;
    }
  else if (old != NULL)
    past->state = past_state (old);
  if (past->state == PAST_NONE)
    return;
  past->outputs = read_outputs (old);
  if (past->state == PAST_DONE)
    give_outputs (step, past->outputs);
  if (past->state == PAST_CUT_OFF)
    step->attempts = old->attempts;
}

/* ---- what has changed ---------------------------------------------------- */

static gboolean
is_done (const HistoryStep *old)
{
  return old != NULL && past_state (old) == PAST_DONE;
}

static void
compare_step (Recall *recall, const RunStep *step, const HistoryStep *old, gboolean done_after)
{
  g_autofree char *definition = run_step_definition (step), *keys = NULL;

  if (old == NULL || old->definition == NULL)
    {
      if (is_done (old))
        g_string_append_printf (recall->changes, "\n  %s: is back, and it is done", step->id);
      else if (done_after)
        g_string_append_printf (recall->changes, "\n  %s: new, before steps that are done", step->id);
      else
        g_ptr_array_add (recall->notices, g_strdup_printf ("step \"%s\" is new", step->id));
      return;
    }
  keys = definition_difference (old->definition, definition);
  if (keys == NULL)
    return;
  if (is_done (old))
    g_string_append_printf (recall->changes, "\n  %s: %s changed, and it is done", step->id, keys);
  else
    g_ptr_array_add (recall->notices, g_strdup_printf ("step \"%s\": %s changed since", step->id, keys));
}

static void
compare_removed (Recall *recall)
{
  for (guint i = 0; i < recall->history->steps->len; i++)
    {
      const HistoryStep *old = recall->history->steps->pdata[i];

      if (g_hash_table_contains (recall->by_id, old->id))
        continue;
      if (is_done (old))
        g_string_append_printf (recall->changes, "\n  %s: removed, and it is done", old->id);
      else
        g_ptr_array_add (recall->notices, g_strdup_printf ("step \"%s\" was removed", old->id));
    }
}

static void
compare_all (Recall *recall)
{
  gboolean done_after = FALSE;

  for (guint i = recall->steps->len; i-- > 0;)
    {
      RunStep *step = recall->steps->pdata[i];
      const HistoryStep *old = g_hash_table_lookup (recall->history->by_id, step->id);

      compare_step (recall, step, old, done_after);
      done_after |= is_done (old);
    }
  compare_removed (recall);
}

/* ---- what has changed around them ---------------------------------------- */

static char *
shorten (const char *text)
{
  g_autofree char *safe = text_make_safe (text, -1), *cut = NULL;

  if (g_utf8_strlen (safe, -1) <= SHOWN_VALUE)
    return g_steal_pointer (&safe);
  cut = g_utf8_substring (safe, 0, SHOWN_VALUE);
  return g_strconcat (cut, "...", NULL);
}

/* A secret has no value on record, nor has what was not given. */
static void
compare_var (Recall *recall, const HistoryFact *old, const VarValue *var)
{
  g_autofree char *text = NULL, *was = NULL, *is = NULL;

  if (var == NULL || var->secret || var->value == NULL || strcmp (var->origin, "record") == 0
      || (old->value == NULL && g_strcmp0 (old->origin, "not given") != 0))
    return;
  text = json_to_string (var->value, FALSE);
  if (g_strcmp0 (text, old->value) == 0)
    return;
  was = shorten (old->value != NULL ? old->value : "not given");
  is = shorten (text);
  g_string_append_printf (recall->changes, "\n  var \"%s\": was %s, is %s (from %s)", old->name, was, is, var->origin);
}

static void
compare_vars (Recall *recall)
{
  for (guint i = 0; i < recall->history->vars->len; i++)
    {
      const HistoryFact *old = recall->history->vars->pdata[i];

      compare_var (recall, old, g_hash_table_lookup (recall->root->vars, old->name));
    }
}

static const HistoryFact *
find_fact (GPtrArray *facts, const char *name)
{
  for (guint i = 0; i < facts->len; i++)
    if (strcmp (((HistoryFact *) facts->pdata[i])->name, name) == 0)
      return facts->pdata[i];
  return NULL;
}

static void
compare_plugins (Recall *recall)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < recall->steps->len; i++)
    {
      const RunStep *step = recall->steps->pdata[i];
      const char *version = plugin_info (step->plugin)->version;
      const HistoryFact *old = find_fact (recall->history->plugins, step->step->plugin);

      if (old != NULL && g_hash_table_add (seen, step->plugin) && g_strcmp0 (old->value, version) != 0)
        g_ptr_array_add (recall->notices, g_strdup_printf ("plugin \"%s\" was version %s, is %s", old->name, old->value, version));
    }
}

/* ---- whose outputs a check wants ----------------------------------------- */

static void
add_references (Scope *scope, GPtrArray *references, GPtrArray *steps)
{
  for (guint i = 0; references != NULL && i < references->len; i++)
    scope_find_steps (scope, references->pdata[i], steps);
}

static void
add_templates (Scope *scope, GPtrArray *templates, GPtrArray *steps)
{
  for (guint i = 0; i < templates->len; i++)
    add_references (scope, template_references (templates->pdata[i]), steps);
}

/* A recipe's vars may come from any step before its include. */
static void
add_scope (Scope *scope, GPtrArray *steps)
{
  add_templates (scope, scope->recipe->env_values, steps);
  if (scope->parent == NULL)
    return;
  add_templates (scope->parent, scope->include->with_values, steps);
  if (scope->include->when != NULL)
    add_references (scope->parent, condition_references (scope->include->when), steps);
  add_scope (scope->parent, steps);
}

static GPtrArray *
proof_needs (RunStep *step)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  GPtrArray *needs = g_ptr_array_new ();

  for (guint i = 0; i < step->params->len; i++)
    {
      const BoundParam *param = step->params->pdata[i];

      add_references (param->scope, template_references (param->value), found);
    }
  add_templates (step->scope, step->step->env_values, found);
  if (step->step->when != NULL)
    add_references (step->scope, condition_references (step->step->when), found);
  add_scope (step->scope, found);
  for (guint i = 0; i < found->len; i++)
    {
      RunStep *need = found->pdata[i];

      if (need != step && need->past->state == PAST_DONE && g_hash_table_add (seen, need))
        g_ptr_array_add (needs, need);
    }
  return needs;
}

/* ---- the whole ----------------------------------------------------------- */

static gboolean
check_ids (Recall *recall, const char *const *ids, const char *option, GError **error)
{
  g_autofree const char **names = g_new0 (const char *, recall->steps->len + 1);

  for (guint i = 0; i < recall->steps->len; i++)
    names[i] = ((RunStep *) recall->steps->pdata[i])->id;
  for (; ids != NULL && *ids != NULL; ids++)
    if (!g_hash_table_contains (recall->by_id, *ids))
      {
        const char *near = did_you_mean (*ids, names);

        g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "%s: the run has no step \"%s\"%s%s%s", option, *ids,
                     near != NULL ? " (did you mean \"" : "", near != NULL ? near : "", near != NULL ? "\"?)" : "");
        return FALSE;
      }
  return TRUE;
}

static gboolean
check_words (Recall *recall, GError **error)
{
  const char *const *retry = recall->options->retry;

  if (!check_ids (recall, retry, "--retry", error) || !check_ids (recall, recall->options->skip, "--skip", error))
    return FALSE;
  for (; retry != NULL && *retry != NULL; retry++)
    if (is_named (recall->options->skip, *retry))
      {
        g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "step \"%s\": --retry or --skip, not both", *retry);
        return FALSE;
      }
  return TRUE;
}

static void
accept_changes (Recall *recall)
{
  g_auto (GStrv) lines = g_strsplit (recall->changes->str, "\n  ", -1);

  for (char **line = lines + 1; *line != NULL; line++)
    g_ptr_array_add (recall->notices, g_strdup_printf ("accepted: %s", *line));
}

static gboolean
check_changes (Recall *recall, GError **error)
{
  compare_vars (recall);
  compare_all (recall);
  compare_plugins (recall);
  if (recall->changes->len == 0)
    return TRUE;
  if (recall->options->accept_changes)
    {
      accept_changes (recall);
      return TRUE;
    }
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION,
               "the recipe is not what was run:%s\nrun it anew with galley run, or go on with --accept-changes",
               recall->changes->str);
  return FALSE;
}

static void
recall_all (Recall *recall)
{
  for (guint i = 0; i < recall->steps->len; i++)
    {
      RunStep *step = recall->steps->pdata[i];

      step->past = g_new0 (Past, 1);
      recall_step (recall, step, g_hash_table_lookup (recall->history->by_id, step->id));
    }
  for (guint i = 0; i < recall->steps->len; i++)
    {
      RunStep *step = recall->steps->pdata[i];

      if (step->past->state == PAST_DONE)
        step->past->proof_needs = proof_needs (step);
    }
}

gboolean
recall (Scope *root, GPtrArray *steps, const History *history, const RecallOptions *options, GPtrArray *notices,
        GError **error)
{
  g_autoptr (GHashTable) by_id = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GString) changes = g_string_new (NULL);
  Recall all = { root, steps, history, options, by_id, notices, changes };

  for (guint i = 0; i < steps->len; i++)
    g_hash_table_insert (by_id, ((RunStep *) steps->pdata[i])->id, steps->pdata[i]);
  if (!check_words (&all, error) || !check_changes (&all, error))
    return FALSE;
  recall_all (&all);
  return TRUE;
}

/* SPDX-License-Identifier: MIT */
#include "engine/keep.h"

#include <string.h>

/* What ends a step and what begins the next come within this: one commit for
 * both. */
#define SOON_MS 20

/* ---- failure ------------------------------------------------------------- */

/* Nothing new starts; what runs is waited for, and told of on the terminal. */
static void
notice_failure (Run *run)
{
  const GError *failure = record_failure (run->parts.record);
  g_autofree char *text = NULL;

  if (failure == NULL || run->record_failed)
    return;
  run->record_failed = run->failing = TRUE;
  text = g_strdup_printf ("%s; what happens from now on is not on record, so nothing new starts", failure->message);
  run_emit (run, &(Event) { .kind = EVENT_WARNING, .text = text });
}

static gboolean
commit (Run *run)
{
  gboolean ok = record_commit (run->parts.record);

  drop_timer (&run->keeping);
  notice_failure (run);
  return ok;
}

/* ---- the beginning of a session ------------------------------------------ */

/* A default may be a secret. */
static void
add_recipe (Record *record, const Scope *scope, Masker *masker)
{
  g_autofree char *text = masker_mask (masker, scope->recipe->text, (gssize) scope->recipe->text_len, NULL);
  GHashTableIter iter;
  gpointer child;

  record_add_source (record, scope->recipe->shown, text);
  g_hash_table_iter_init (&iter, scope->includes);
  while (g_hash_table_iter_next (&iter, NULL, &child))
    add_recipe (record, child, masker);
}

static void
add_vars (Record *record, const Scope *scope)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, scope->vars);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      const VarValue *var = value;
      g_autofree char *text = var->secret || var->value == NULL ? NULL : json_to_string (var->value, FALSE);

      record_add_var (record, name, text, var->origin);
    }
}

static void
add_steps (Record *record, GPtrArray *steps)
{
  g_autoptr (GHashTable) plugins = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < steps->len; i++)
    {
      const RunStep *step = steps->pdata[i];
      g_autofree char *uses = g_strdup_printf ("%s.%s", step->step->plugin, step->step->action);
      g_autofree char *definition = run_step_definition (step);

      record_add_step (record, step->id, uses, definition);
      if (g_hash_table_add (plugins, step->plugin))
        record_add_plugin (record, step->step->plugin, plugin_info (step->plugin)->version, plugin_path (step->plugin));
    }
}

void
keep_beginning (Run *run)
{
  Record *record = run->parts.record;
  GPtrArray *tools = toolbox_all (run->parts.toolbox);

  if (record == NULL)
    return;
  add_recipe (record, run->parts.scope, run->parts.masker);
  add_vars (record, run->parts.scope);
  add_steps (record, run->parts.steps);
  for (guint i = 0; i < tools->len; i++)
    {
      const ToolFound *tool = tools->pdata[i];

      record_add_tool (record, tool->name, tool->path, tool->version);
    }
  commit (run);
}

/* ---- as it goes ---------------------------------------------------------- */

gboolean
keep_intent (Life *life)
{
  Run *run = life->run;

  if (run->parts.record == NULL || life->intent_kept)
    return TRUE;
  record_intent (run->parts.record, life->step->id, life->step->attempts);
  life->intent_kept = commit (run);
  if (!life->intent_kept)
    failure_set (&life->failure, GALLEY_UNKNOWN, "not started, as it could not be put on record before",
                 "make room on the disk, then: galley resume");
  return life->intent_kept;
}

/* A text in which something had to be masked is no longer the output. */
static char *
kept_value (Run *run, const RunStep *step, const char *name, JsonNode *value)
{
  g_autofree char *text = NULL, *masked = NULL;

  if (run_step_output_is_secret (step, name))
    return NULL;
  text = json_to_string (value, FALSE);
  masked = masker_mask (run->parts.masker, text, -1, NULL);
  return strcmp (text, masked) == 0 ? g_steal_pointer (&text) : NULL;
}

void
keep_outputs (Life *life)
{
  GHashTableIter iter;
  gpointer name, value;

  if (life->run->parts.record == NULL)
    return;
  g_hash_table_iter_init (&iter, life->step->outputs);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      g_autofree char *text = kept_value (life->run, life->step, name, value);

      record_output (life->run->parts.record, life->step->id, name, text);
    }
}

void
keep_remains (Life *life)
{
  if (life->run->parts.record != NULL && life->step->abandoned_us != 0)
    record_remains (life->run->parts.record, life->step->id, life->step->abandoned_us);
}

static gboolean
on_soon (gpointer data)
{
  Run *run = data;

  commit (run);
  return G_SOURCE_REMOVE;
}

void
keep_soon (Run *run)
{
  if (run->parts.record == NULL)
    return;
  notice_failure (run);
  if (run->keeping == NULL && !run->record_failed && record_is_dirty (run->parts.record))
    run->keeping = start_timer (SOON_MS, on_soon, run);
}

gboolean
keep_all (Run *run)
{
  return run->parts.record == NULL || commit (run);
}

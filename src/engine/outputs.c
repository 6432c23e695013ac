/* The outputs of a step: all that its action declares, and what the recipe
 * picks out of them.  SPDX-License-Identifier: MIT */
#include "engine/life.h"

#include <string.h>

#include "base/mask-json.h"
#include "base/strict-json.h"

/* A path that may lead to many values gives them all, as a list. */
static gboolean
leads_to_many (const char *path)
{
  static const char *const signs[] = { "*", "..", "[?", ":", "," };

  for (guint i = 0; i < G_N_ELEMENTS (signs); i++)
    if (strstr (path, signs[i]) != NULL)
      return TRUE;
  return FALSE;
}

static JsonNode *
pick_all (GPtrArray *found)
{
  JsonArray *all = json_array_new ();
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  for (guint i = 0; i < found->len; i++)
    json_array_add_element (all, json_node_copy (found->pdata[i]));
  json_node_take_array (node, all);
  return node;
}

/* Why one of them cannot be hidden; NULL: all are. */
static const char *
mask_values (Masker *masker, GPtrArray *values)
{
  const char *refusal = NULL;

  for (guint i = 0; i < values->len && refusal == NULL; i++)
    refusal = masker_add_json (masker, values->pdata[i]);
  return refusal;
}

/* The recipe's own outputs of the step, picked out of the action's "json". */
static gboolean
pick_outputs (Life *life, char **why)
{
  RunStep *step = life->step;
  JsonNode *json = g_hash_table_lookup (step->outputs, "json");

  for (guint i = 0; i < step->step->output_names->len; i++)
    {
      const char *name = step->step->output_names->pdata[i], *path = step->step->output_paths->pdata[i];
      g_autoptr (GPtrArray) found = json != NULL ? strict_json_query (json, path, NULL) : NULL;
      const char *refusal = NULL;

      if (found != NULL && run_step_output_is_secret (step, name))
        refusal = mask_values (life->run->parts.masker, found);
      if (refusal != NULL)
        {
          *why = g_strdup_printf ("secret output \"%s\" %s, and could not be hidden", name, refusal);
          return FALSE;
        }
      if (found != NULL && leads_to_many (path))
        {
          g_hash_table_replace (step->outputs, g_strdup (name), pick_all (found));
          continue;
        }
      if (found == NULL || found->len == 0)
        {
          *why = g_strdup_printf ("output \"%s\": there is nothing at %s in what the command printed", name, path);
          return FALSE;
        }
      g_hash_table_replace (step->outputs, g_strdup (name), json_node_copy (found->pdata[0]));
    }
  return TRUE;
}

gboolean
life_outputs_are_set (Life *life, char **why)
{
  for (const struct galley_param *output = life->step->action->outputs; output->name != NULL; output++)
    if (!g_hash_table_contains (life->step->outputs, output->name))
      {
        *why = g_strdup_printf ("the plugin did not set output \"%s\"", output->name);
        return FALSE;
      }
  return pick_outputs (life, why);
}

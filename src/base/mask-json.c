/* SPDX-License-Identifier: MIT */
#include "base/mask-json.h"

#include <string.h>

#include "base/strict-json.h"

static void
add_parts (Masker *masker, JsonNode *value)
{
  g_autoptr (GList) parts = NULL;

  const char *text = strict_json_string (value);

  if (text != NULL)
    masker_add (masker, text, -1);
  if (JSON_NODE_HOLDS_ARRAY (value))
    parts = json_array_get_elements (json_node_get_array (value));
  else if (JSON_NODE_HOLDS_OBJECT (value))
    parts = json_object_get_values (json_node_get_object (value));
  for (GList *part = parts; part != NULL; part = part->next)
    add_parts (masker, part->data);
}

static gboolean
is_empty (JsonNode *value)
{
  if (JSON_NODE_HOLDS_ARRAY (value))
    return json_array_get_length (json_node_get_array (value)) == 0;
  if (JSON_NODE_HOLDS_OBJECT (value))
    return json_object_get_size (json_node_get_object (value)) == 0;
  return JSON_NODE_HOLDS_NULL (value) || g_strcmp0 (strict_json_string (value), "") == 0;
}

const char *
masker_add_json (Masker *masker, JsonNode *value)
{
  g_autofree char *text = NULL;

  if (is_empty (value))
    return NULL;
  text = strict_json_to_text (value);
  masker_add (masker, text, -1);
  add_parts (masker, value);
  return mask_refusal (text, strlen (text));
}

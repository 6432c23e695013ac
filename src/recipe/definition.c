/* SPDX-License-Identifier: MIT */
#include "recipe/definition.h"

#include <string.h>

#include "base/text.h"

#define SUM_LENGTH 16

static void
add_number (GChecksum *sum, guint number)
{
  g_autofree char *text = g_strdup_printf ("%u;", number);

  g_checksum_update (sum, (const guchar *) text, -1);
}

/* Quotes count: "1.20" is not 1.20. */
static void
add_node (GChecksum *sum, const YamlNode *node)
{
  guint n = node->kind == YAML_SCALAR ? (guint) strlen (node->text) : node->items->len;

  add_number (sum, node->kind);
  add_number (sum, n);
  if (node->kind == YAML_SCALAR)
    {
      add_number (sum, node->plain);
      g_checksum_update (sum, (const guchar *) node->text, n);
      return;
    }
  for (guint i = 0; i < n; i++)
    {
      if (node->kind == YAML_MAP)
        add_node (sum, node->keys->pdata[i]);
      add_node (sum, node->items->pdata[i]);
    }
}

char *
definition_of (const YamlNode *map, const char *const *left_out)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < map->items->len; i++)
    {
      const char *key = ((YamlNode *) map->keys->pdata[i])->text;
      g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);

      if (left_out != NULL && g_strv_contains (left_out, key))
        continue;
      add_node (sum, map->items->pdata[i]);
      g_ptr_array_add (parts, g_strdup_printf ("%s=%.*s", key, SUM_LENGTH, g_checksum_get_string (sum)));
    }
  g_ptr_array_sort (parts, text_compare);
  g_ptr_array_add (parts, NULL);
  return g_strjoinv (" ", (char **) parts->pdata);
}

/* The keys of those parts of A that are not in B, added to KEYS. */
static void
add_differing (char **a, char **b, GPtrArray *keys)
{
  for (; *a != NULL; a++)
    {
      g_autofree char *key = g_strndup (*a, strcspn (*a, "="));

      if (!g_strv_contains ((const char *const *) b, *a)
          && !g_ptr_array_find_with_equal_func (keys, key, g_str_equal, NULL))
        g_ptr_array_add (keys, g_steal_pointer (&key));
    }
}

char *
definition_difference (const char *a, const char *b)
{
  g_auto (GStrv) first = g_strsplit (a, " ", -1), second = g_strsplit (b, " ", -1);
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);

  if (strcmp (a, b) == 0)
    return NULL;
  add_differing (first, second, keys);
  add_differing (second, first, keys);
  g_ptr_array_add (keys, NULL);
  return g_strjoinv (", ", (char **) keys->pdata);
}

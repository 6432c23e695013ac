/* SPDX-License-Identifier: MIT */
#include "cli/past.h"

#include <string.h>

#include "base/errors.h"
#include "base/text.h"
#include "store/runs.h"

/* A run that has only just begun has no record yet. */
#define BEGIN_TRIES   100
#define BEGIN_WAIT_US (20 * 1000)

static History *
read_begun (const char *folder, gboolean *under_way, GError **error)
{
  for (guint tries = 1; ; tries++)
    {
      g_autoptr (GError) own = NULL;
      History *history;

      *under_way = run_is_under_way (folder);
      history = history_read (folder, &own);
      if (history != NULL)
        return history;
      if (!*under_way || tries == BEGIN_TRIES)
        {
          g_propagate_error (error, g_steal_pointer (&own));
          return NULL;
        }
      g_usleep (BEGIN_WAIT_US);
    }
}

History *
past_run (const char *name, char **folder, gboolean *under_way, GError **error)
{
  g_autofree char *id = runs_find (name, error);

  *folder = id != NULL ? runs_folder (id) : NULL;
  return id != NULL ? read_begun (*folder, under_way, error) : NULL;
}

gboolean
past_means (const char *step, const char *id)
{
  gsize len = strlen (step);

  return strncmp (id, step, len) == 0 && strchr ("/[", id[len]) != NULL;
}

/* ID, and what it is a part of. */
static void
add_names (GHashTable *names, const char *id)
{
  for (const char *p = id; *p != '\0'; p++)
    if (p > id && (*p == '/' || *p == '['))
      g_hash_table_add (names, g_strndup (id, (gsize) (p - id)));
  g_hash_table_add (names, g_strdup (id));
}

gboolean
past_has_step (const History *history, const char *step, GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree gpointer *candidates = NULL;
  const char *near;
  GHashTableIter iter;
  gpointer id;

  g_hash_table_iter_init (&iter, history->by_id);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    add_names (names, id);
  if (g_hash_table_contains (names, step))
    return TRUE;
  candidates = g_hash_table_get_keys_as_array (names, NULL);
  near = did_you_mean (step, (const char *const *) candidates);
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "run %s has no step \"%s\"%s%s%s", history->id, step,
               near != NULL ? " (did you mean \"" : "", near != NULL ? near : "", near != NULL ? "\"?)" : "");
  return FALSE;
}

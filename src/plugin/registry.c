/* SPDX-License-Identifier: MIT */
#include "plugin/registry.h"

#include <string.h>

#include "base/errors.h"
#include "base/text.h"

#define NAME_PATTERN "[a-z][a-z0-9-]{0,31}"

struct _Registry {
  char      **folders;
  GHashTable *plugins;      /* name -> Plugin */
  GHashTable *unusable;     /* name -> GError */
};

Registry *
registry_new (const char *const *folders)
{
  Registry *registry = g_new0 (Registry, 1);

  registry->folders = g_strdupv ((char **) folders);
  registry->plugins = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) plugin_free);
  registry->unusable = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_error_free);
  return registry;
}

void
registry_free (Registry *registry)
{
  g_strfreev (registry->folders);
  g_hash_table_unref (registry->plugins);
  g_hash_table_unref (registry->unusable);
  g_free (registry);
}

const char *const *
registry_folders (Registry *registry)
{
  return (const char *const *) registry->folders;
}

static void
add_names (GPtrArray *names, const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *file;

  while (dir != NULL && (file = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *name = g_str_has_suffix (file, ".so") ? g_strndup (file, strlen (file) - 3) : NULL;

      if (name != NULL && regex_matches_whole (NAME_PATTERN, name)
          && !g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
        g_ptr_array_add (names, g_steal_pointer (&name));
    }
}

char **
registry_names (Registry *registry)
{
  GPtrArray *names = g_ptr_array_new ();

  for (char **folder = registry->folders; *folder != NULL; folder++)
    add_names (names, *folder);
  g_ptr_array_sort (names, text_compare);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

static void
say_unknown (Registry *registry, const char *name, GError **error)
{
  g_auto (GStrv) names = registry_names (registry);
  const char *near = did_you_mean (name, (const char *const *) names);
  g_autofree char *all = g_strjoinv (", ", names);

  if (near != NULL)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE, "unknown plugin \"%s\" (did you mean \"%s\"?)", name, near);
  else
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE, "unknown plugin \"%s\" (there are: %s)", name,
                 *all != '\0' ? all : "none");
}

static const char *
find_folder (Registry *registry, const char *name)
{
  for (char **folder = registry->folders; *folder != NULL; folder++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s.so", *folder, name);

      if (g_file_test (path, G_FILE_TEST_EXISTS) || g_file_test (path, G_FILE_TEST_IS_SYMLINK))
        return *folder;
    }
  return NULL;
}

Plugin *
registry_find (Registry *registry, const char *name, GError **error)
{
  Plugin *plugin = g_hash_table_lookup (registry->plugins, name);
  const GError *known = g_hash_table_lookup (registry->unusable, name);
  GError *why = NULL;
  const char *folder;

  if (plugin != NULL)
    return plugin;
  if (known != NULL)
    {
      if (error != NULL)
        *error = g_error_copy (known);
      return NULL;
    }
  folder = regex_matches_whole (NAME_PATTERN, name) ? find_folder (registry, name) : NULL;
  if (folder == NULL)
    {
      say_unknown (registry, name, error);
      return NULL;
    }
  plugin = plugin_load (folder, name, &why);
  if (plugin != NULL)
    {
      g_hash_table_insert (registry->plugins, g_strdup (name), plugin);
      return plugin;
    }
  g_hash_table_insert (registry->unusable, g_strdup (name), g_error_copy (why));
  g_propagate_error (error, why);
  return NULL;
}

/* Where plugins are found, and files that are none.
 * SPDX-License-Identifier: MIT */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"
#include "plugin/registry.h"

typedef struct { char *folder, *build; Registry *registry; } Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  const char *folders[3] = { NULL, NULL, NULL };

  fixture->folder = g_dir_make_tmp ("galley-test-XXXXXX", NULL);
  fixture->build = g_test_build_filename (G_TEST_BUILT, "plugins", ".libs", NULL);
  folders[0] = fixture->folder;
  folders[1] = fixture->build;
  fixture->registry = registry_new (folders);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *name;

  registry_free (fixture->registry);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
      if (g_remove (path) < 0)
        g_assert_cmpint (g_rmdir (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->build);
}

static char *
path_of (Fixture *fixture, const char *name)
{
  return g_strdup_printf ("%s/%s.so", fixture->folder, name);
}

static void
put (Fixture *fixture, const char *name, const char *content, gsize len)
{
  g_autofree char *path = path_of (fixture, name);

  g_assert_true (g_file_set_contents (path, content, (gssize) len, NULL));
  g_assert_cmpint (chmod (path, 0644), ==, 0);
}

static void
refused (Fixture *fixture, const char *name, int code, const char *why)
{
  /* Twice: the second time from memory. */
  for (int i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (registry_find (fixture->registry, name, &error));
      g_assert_error (error, GALLEY_ERROR, code);
      if (strstr (error->message, why) == NULL)
        g_error ("wanted \"%s\" in: %s", why, error->message);
    }
}

static void
test_found (Fixture *fixture, gconstpointer data)
{
  g_auto (GStrv) names = NULL;
  g_autoptr (GError) error = NULL;
  Plugin *exec = registry_find (fixture->registry, "exec", &error);

  g_assert_no_error (error);
  g_assert_true (registry_find (fixture->registry, "exec", NULL) == exec);
  g_assert_cmpstr (plugin_info (exec)->name, ==, "exec");
  put (fixture, "exec", "", 0);
  put (fixture, "Wrong_Name", "", 0);
  names = registry_names (fixture->registry);
  g_assert_true (g_strv_contains ((const char *const *) names, "helm"));
  g_assert_false (g_strv_contains ((const char *const *) names, "Wrong_Name"));
  for (guint i = 1; names[i] != NULL; i++)
    g_assert_cmpint (strcmp (names[i - 1], names[i]), <, 0);
}

static void
test_unknown (Fixture *fixture, gconstpointer data)
{
  refused (fixture, "hlem", GALLEY_ERROR_RECIPE, "unknown plugin \"hlem\" (did you mean \"helm\"?)");
  refused (fixture, "nothing-like-it", GALLEY_ERROR_RECIPE, "there are: aws");
  refused (fixture, "../exec", GALLEY_ERROR_RECIPE, "unknown plugin");
  refused (fixture, "", GALLEY_ERROR_RECIPE, "unknown plugin");
  refused (fixture, "/tmp/x", GALLEY_ERROR_RECIPE, "unknown plugin");
}

static void
test_no_plugins (Fixture *fixture, gconstpointer data)
{
  g_autofree char *good_path = g_build_filename (fixture->build, "exec.so", NULL), *path = NULL;
  g_autofree char *good = NULL;
  gsize len;

  g_assert_true (g_file_get_contents (good_path, &good, &len, NULL));
  put (fixture, "empty", "", 0);
  refused (fixture, "empty", GALLEY_ERROR_PRECONDITION, "too short");
  put (fixture, "script", "#!/bin/sh\necho this is no shared object, but long enough to be looked at\n", 72);
  refused (fixture, "script", GALLEY_ERROR_PRECONDITION, "not a whole 64-bit shared object");
  put (fixture, "half", good, len / 2);
  refused (fixture, "half", GALLEY_ERROR_PRECONDITION, "");
  put (fixture, "other", good, len);
  refused (fixture, "other", GALLEY_ERROR_PRECONDITION, "its name is not that of the file");
  put (fixture, "open", good, len);
  path = path_of (fixture, "open");
  g_assert_cmpint (chmod (path, 0666), ==, 0);
  refused (fixture, "open", GALLEY_ERROR_PRECONDITION, "can be written by others");
}

static void
test_no_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = path_of (fixture, "folder"), *fifo = path_of (fixture, "fifo"),
                  *link = path_of (fixture, "link"), *dangling = path_of (fixture, "dangling");

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_cmpint (symlink ("folder.so", link), ==, 0);
  g_assert_cmpint (symlink ("nowhere", dangling), ==, 0);
  refused (fixture, "folder", GALLEY_ERROR_PRECONDITION, "not a regular file");
  refused (fixture, "fifo", GALLEY_ERROR_PRECONDITION, "not a regular file");
  refused (fixture, "link", GALLEY_ERROR_PRECONDITION, "symbolic link");
  refused (fixture, "dangling", GALLEY_ERROR_PRECONDITION, "symbolic link");
}

/* Every byte of the headers turned over: refused or loaded, never a crash.
 * (Nothing is loaded: the name in the file is not that of the file.) */
static void
test_damaged (Fixture *fixture, gconstpointer data)
{
  g_autofree char *good_path = g_build_filename (fixture->build, "exec.so", NULL);
  g_autofree char *good = NULL;
  gsize len;

  g_assert_true (g_file_get_contents (good_path, &good, &len, NULL));
  for (guint i = 0; i < 64 + 56; i++)
    {
      g_autofree char *bad = g_memdup (good, (guint) len), *name = g_strdup_printf ("bad%u", i);
      guint32 cut = (guint32) (len - i * 97);

      bad[i] = (char) ~bad[i];
      put (fixture, name, bad, cut);
      g_assert_null (registry_find (fixture->registry, name, NULL));
    }
}

#define ADD(path, test) g_test_add ("/registry/" path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("found", test_found);
  ADD ("unknown", test_unknown);
  ADD ("no-plugins", test_no_plugins);
  ADD ("no-files", test_no_files);
  ADD ("damaged", test_damaged);
  return g_test_run ();
}

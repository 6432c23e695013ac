/* For tests that read recipes: files in a folder of their own.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

/* A new folder, which is the working directory until test_folder_end. */
static inline char *
test_folder_begin (void)
{
  char *folder = g_dir_make_tmp ("galley-recipe-XXXXXX", NULL);

  g_assert_nonnull (folder);
  g_assert_cmpint (g_chdir (folder), ==, 0);
  return folder;
}

static inline void
test_remove (const char *path)
{
  GDir *dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    test_remove (child);
  }
  if (dir != NULL)
    g_dir_close (dir);
  g_remove (path);
}

static inline void
test_folder_end (char *folder)
{
  g_assert_cmpint (g_chdir ("/"), ==, 0);
  test_remove (folder);
  g_free (folder);
}

static inline void
test_write (const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

/* TEXT again and again: COUNT times, with what stands before and after. */
static inline char *
test_repeat (const char *before, const char *text, guint count, const char *after)
{
  GString *all = g_string_new (before);

  for (guint i = 0; i < count; i++)
    g_string_append (all, text);
  g_string_append (all, after);
  return g_string_free (all, FALSE);
}

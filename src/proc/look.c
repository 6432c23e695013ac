/* SPDX-License-Identifier: MIT */
#include "proc/look.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

void
look_clear (Look *look)
{
  g_clear_pointer (&look->data, g_bytes_unref);
  g_clear_pointer (&look->problem, g_free);
}

static void
look_at_file (const char *path, Look *look)
{
  struct stat st;
  char *content = NULL;
  g_autoptr (GError) error = NULL;
  gsize len;

  if (stat (path, &st) < 0)
    look->problem = g_strdup (g_strerror (errno));
  else if (!S_ISREG (st.st_mode))
    look->problem = g_strdup ("is not a regular file");
  else if (st.st_size > LOOK_FILE_MAX)
    look->problem = g_strdup ("has more than 16 MiB");
  else if (!g_file_get_contents (path, &content, &len, &error))
    look->problem = g_strdup (error->message);
  else
    look->data = g_bytes_new_take (content, len);
  look->there = look->data != NULL;
}

static void
look_at_env (const char *name, Look *look)
{
  const char *value = g_getenv (name);

  look->there = value != NULL;
  if (value != NULL)
    look->data = g_bytes_new (value, strlen (value));
}

void
look_at (LookKind kind, const char *subject, gint64 deadline_us, Look *look)
{
  *look = (Look) { 0 };
  if (kind == LOOK_FILE)
    look_at_file (subject, look);
  else if (kind == LOOK_EXISTS)
    look->there = g_file_test (subject, G_FILE_TEST_EXISTS);
  else if (kind == LOOK_ENV)
    look_at_env (subject, look);
  else
    look->number = deadline_us == G_MAXINT64 ? G_MAXINT64 : MAX (0, (deadline_us - g_get_monotonic_time ()) / 1000);
}

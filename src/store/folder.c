/* SPDX-License-Identifier: MIT */
#include "store/folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Another galley may be making it too. */
static gboolean
make_one (const char *path)
{
  if (access (path, F_OK) == 0)
    return TRUE;
  return mkdir (path, 0700) == 0 ? chmod (path, 0700) == 0 : errno == EEXIST;
}

gboolean
folder_make (const char *path)
{
  g_autofree char *part = g_strdup (path);

  for (char *slash = strchr (part + 1, '/'); slash != NULL; slash = strchr (slash + 1, '/'))
    {
      *slash = '\0';
      if (!make_one (part))
        return FALSE;
      *slash = '/';
    }
  return make_one (part);
}

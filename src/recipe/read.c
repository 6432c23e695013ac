/* SPDX-License-Identifier: MIT */
#include "recipe/read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char *
describe_kind (mode_t mode)
{
  if (S_ISDIR (mode))
    return g_strdup ("is a folder");
  return g_strdup_printf ("is a %s, not a regular file",
                          S_ISFIFO (mode) ? "pipe" : S_ISSOCK (mode) ? "socket" : "device");
}

/* All of FD into TEXT, as long as that is at most MAX bytes. */
static char *
read_all (int fd, gsize max, GString *text)
{
  char buffer[16384];
  gssize got;

  for (;;) {
    got = read (fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    g_string_append_len (text, buffer, got);
    if (text->len > max)
      return g_strdup_printf ("is larger than %" G_GSIZE_FORMAT " bytes", max);
  }
  return got < 0 ? g_strdup_printf ("cannot be read: %s", g_strerror (errno)) : NULL;
}

static char *
check_file (int fd, gboolean any_kind, gsize max, struct stat *status)
{
  if (fstat (fd, status) != 0)
    return g_strdup_printf ("cannot be read: %s", g_strerror (errno));
  if (S_ISDIR (status->st_mode) || (!any_kind && !S_ISREG (status->st_mode)))
    return describe_kind (status->st_mode);
  if (S_ISREG (status->st_mode) && status->st_size > (off_t) max)
    return g_strdup_printf ("is larger than %" G_GSIZE_FORMAT " bytes", max);
  return NULL;
}

char *
read_small_file (const char *path, gsize max, gsize *len, struct stat *status, char **message)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean standard_input = strcmp (path, "-") == 0;
  struct stat own;
  int fd = standard_input ? STDIN_FILENO : open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

  if (fd < 0) {
    *message = errno == ENXIO ? g_strdup ("is a socket, not a regular file")
                              : g_strdup_printf ("cannot be read: %s", g_strerror (errno));
    return NULL;
  }
  *message = check_file (fd, standard_input, max, status != NULL ? status : &own);
  if (*message == NULL)
    *message = read_all (fd, max, text);
  if (!standard_input)
    close (fd);
  if (*message != NULL)
    return NULL;
  *len = text->len;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

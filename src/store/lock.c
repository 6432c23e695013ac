/* SPDX-License-Identifier: MIT */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"

#define SHOWN_NAME 64

/* Readable, never out of the folder, and no two names alike. */
static char *
lock_path (const char *folder, const char *name)
{
  g_autofree char *shown = g_strcanon (g_strndup (name, SHOWN_NAME),
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", '_');
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, name, -1);

  return g_strdup_printf ("%s/%s-%.8s", folder, shown, sum);
}

static int
fail (int fd, const char *path, GError **error)
{
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD, "the lock \"%s\": %s", path, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

static int
held (int fd, const char *name, GError **error)
{
  char holder[256] = "";
  ssize_t n = pread (fd, holder, sizeof holder - 1, 0);

  g_strdelimit (holder, "\n\r", ' ');
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION, "another run holds the lock \"%s\": %s", name,
               n > 0 ? holder : "it does not say who");
  close (fd);
  return -1;
}

int
lock_take (const char *folder, const char *name, const char *holder, GError **error)
{
  g_autofree char *path = lock_path (folder, name);
  gsize len = strlen (holder);
  int fd;

  if (g_mkdir_with_parents (folder, 0700) < 0)
    return fail (-1, folder, error);
  fd = open (path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail (-1, path, error);
  if (flock (fd, LOCK_EX | LOCK_NB) < 0)
    return errno == EWOULDBLOCK ? held (fd, name, error) : fail (fd, path, error);
  if (ftruncate (fd, 0) < 0 || pwrite (fd, holder, len, 0) != (ssize_t) len)
    return fail (fd, path, error);
  return fd;
}

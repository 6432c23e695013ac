/* SPDX-License-Identifier: MIT */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"
#include "store/folder.h"

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
fail (int fd, const char *path, const char *problem, GError **error)
{
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD, "the lock \"%s\": %s", path, problem);
  if (fd >= 0)
    close (fd);
  return -1;
}

/* Who has just taken it says so in a moment. */
static char *
read_holder (int fd)
{
  char holder[64] = "";

  for (int i = 0; i < 10 && pread (fd, holder, sizeof holder - 1, 0) <= 0; i++)
    g_usleep (10000);
  holder[strcspn (holder, "\n")] = '\0';
  return g_strdup (holder);
}

/* Whether FD is still what PATH names: a file that was removed or replaced
 * locks nobody out. */
static gboolean
is_in_place (int fd, const char *path)
{
  struct stat ours, there;

  return fstat (fd, &ours) == 0 && lstat (path, &there) == 0 && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

static int
open_file (const char *path, GError **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  struct stat info;

  if (fd < 0)
    return fail (-1, path, errno == ELOOP ? "it is a link" : g_strerror (errno), error);
  if (fstat (fd, &info) < 0 || (S_ISREG (info.st_mode) && (info.st_mode & 0600) != 0600 && fchmod (fd, 0600) < 0))
    return fail (fd, path, g_strerror (errno), error);
  if (!S_ISREG (info.st_mode))
    return fail (fd, path, "it is not a regular file", error);
  return fd;
}

static int
open_locked (const char *path, char **holder, GError **error)
{
  int fd = open_file (path, error);

  if (fd < 0 || flock (fd, LOCK_EX | LOCK_NB) == 0)
    return fd;
  if (errno != EWOULDBLOCK)
    return fail (fd, path, g_strerror (errno), error);
  *holder = read_holder (fd);
  close (fd);
  return -1;
}

int
lock_take (const char *folder, const char *name, const char *run, char **holder, GError **error)
{
  g_autofree char *path = lock_path (folder, name), *text = g_strdup_printf ("%s\n", run);
  int fd;

  *holder = NULL;
  if (!folder_make (folder))
    return fail (-1, folder, g_strerror (errno), error);
  while ((fd = open_locked (path, holder, error)) >= 0 && !is_in_place (fd, path))
    close (fd);
  if (fd >= 0 && (ftruncate (fd, 0) < 0 || pwrite (fd, text, strlen (text), 0) != (ssize_t) strlen (text)))
    return fail (fd, path, g_strerror (errno), error);
  return fd;
}

/* ---- who holds it -------------------------------------------------------- */

static gboolean
has_open (const char *pid, const char *path)
{
  g_autofree char *folder = g_strdup_printf ("/proc/%s/fd", pid);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *link = g_build_filename (folder, name, NULL);
      g_autofree char *target = g_file_read_link (link, NULL);

      if (g_strcmp0 (target, path) == 0)
        return TRUE;
    }
  return FALSE;
}

static char *
describe_process (const char *pid)
{
  g_autofree char *file = g_strdup_printf ("/proc/%s/comm", pid), *name = NULL;

  if (!g_file_get_contents (file, &name, NULL, NULL) || strcmp (g_strchomp (name), "galley") == 0)
    return NULL;
  return g_strdup_printf ("%s (pid %s)", name, pid);
}

char *
lock_users (const char *folder, const char *name)
{
  g_autofree char *path = lock_path (folder, name);
  g_autoptr (GDir) proc = g_dir_open ("/proc", 0, NULL);
  g_autoptr (GPtrArray) users = g_ptr_array_new_with_free_func (g_free);
  char real[PATH_MAX];            /* as the kernel names it, whatever links lead there */
  const char *pid;

  if (realpath (path, real) == NULL)
    return NULL;
  while (proc != NULL && (pid = g_dir_read_name (proc)) != NULL)
    {
      char *user = g_ascii_isdigit (*pid) && has_open (pid, real) ? describe_process (pid) : NULL;

      if (user != NULL)
        g_ptr_array_add (users, user);
    }
  if (users->len == 0)
    return NULL;
  g_ptr_array_add (users, NULL);
  return g_strjoinv (", ", (char **) users->pdata);
}

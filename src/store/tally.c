/* SPDX-License-Identifier: MIT */
#include "store/tally.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"

#define TALLY_FILE "record.tally"
#define DIGITS 12

static int
fail (int fd, const char *path, const char *problem, GError **error)
{
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD, "the record's tally \"%s\": %s", path, problem);
  if (fd >= 0)
    close (fd);
  return -1;
}

static int
open_file (const char *path, int flags, GError **error)
{
  int fd = open (path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  struct stat info;

  if (fd < 0 || fstat (fd, &info) < 0)
    return fail (fd, path, g_strerror (errno), error);
  if (!S_ISREG (info.st_mode))
    return fail (fd, path, "it is not a regular file", error);
  return fd;
}

int
tally_open (const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, TALLY_FILE, NULL);
  int fd = open_file (path, O_WRONLY | O_CREAT, error);

  if (fd >= 0 && fchmod (fd, 0600) < 0)           /* whatever the umask */
    return fail (fd, path, g_strerror (errno), error);
  return fd;
}

/* Always of one length, so that it is never cut, and not waited for: an old
 * number asks for less. */
gboolean
tally_write (int fd, gint64 number)
{
  g_autofree char *text = g_strdup_printf ("%0*" G_GINT64_FORMAT "\n", DIGITS, number);
  ssize_t len = (ssize_t) strlen (text), written;

  do
    written = pwrite (fd, text, (size_t) len, 0);
  while (written < 0 && errno == EINTR);
  if (written >= 0 && written < len)
    errno = ENOSPC;
  return written == len;
}

gboolean
tally_read (const char *folder, gint64 *number, GError **error)
{
  g_autofree char *path = g_build_filename (folder, TALLY_FILE, NULL);
  char text[DIGITS + 2] = "";
  int fd;
  ssize_t len;

  *number = 0;
  if (!g_file_test (path, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK))
    return TRUE;
  if ((fd = open_file (path, O_RDONLY, error)) < 0)
    return FALSE;
  len = pread (fd, text, sizeof text - 1, 0);
  /* Nothing: it was made, and no more. */
  if (len != 0 && (len != DIGITS + 1 || strspn (text, "0123456789") != DIGITS || text[DIGITS] != '\n'))
    return fail (fd, path, len < 0 ? g_strerror (errno) : "it is damaged", error) >= 0;
  *number = g_ascii_strtoll (text, NULL, 10);
  close (fd);
  return TRUE;
}

/* The private files of a run, which its callbacks ask for.
 * SPDX-License-Identifier: MIT */
#include "engine/life.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
write_private (const char *path, GBytes *data)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  gsize len, done = 0;
  const char *bytes = g_bytes_get_data (data, &len);

  if (fd < 0)
    return FALSE;
  fchmod (fd, 0600);                  /* whatever the umask */
  while (done < len)
    {
      ssize_t n = write (fd, bytes + done, len - done);

      if (n < 0 && errno != EINTR)
        break;
      done += (gsize) MAX (n, 0);
    }
  return close (fd) == 0 && done == len;
}

/* A suffix that cannot leave the folder. */
static char *
safe_suffix (const char *suffix)
{
  return g_strcanon (g_strndup (suffix, 64), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_", '_');
}

void
call_file (HostCall *call, guint32 flags, const char *suffix, GBytes *data, gpointer user_data)
{
  Life *life = user_data;
  g_autofree char *end = safe_suffix (suffix);
  g_autofree char *path = g_strdup_printf ("%s/private/%u%s%s", life->run->parts.dir, ++life->run->files,
                                           *end != '\0' && *end != '.' ? "-" : "", end);

  if (!write_private (path, data))
    {
      g_autofree char *text = g_strdup_printf ("cannot write \"%s\": %s", path, g_strerror (errno));

      unlink (path);
      failure_set (&life->failure, GALLEY_UNKNOWN, text, NULL);
      host_call_file_is (call, NULL);
      return;
    }
  world_add_file (life->run->parts.world, life->step->id, path, data);
  if (!(flags & GALLEY_FILE_RUN))
    g_ptr_array_add (life->files, g_strdup (path));
  host_call_file_is (call, path);
}

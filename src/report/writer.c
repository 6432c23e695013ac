/* SPDX-License-Identifier: MIT */
#include "report/writer.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

struct _Writer {
  int       fd;
  gboolean  owned, is_file;
  char     *what;
  GString  *queue;
  gsize     done;               /* bytes of it that are written */
  gboolean  broken;             /* writes nothing any more */
  gboolean  losing;
  char     *problem;
};

Writer *
writer_new (int fd, gboolean owned, const char *what)
{
  Writer *writer = g_new0 (Writer, 1);
  struct stat st;

  writer->fd = fd;
  writer->owned = owned;
  writer->is_file = fstat (fd, &st) == 0 && S_ISREG (st.st_mode);
  writer->what = g_strdup (what);
  writer->queue = g_string_new (NULL);
  return writer;
}

void
writer_free (Writer *writer)
{
  if (writer->owned)
    close (writer->fd);
  g_string_free (writer->queue, TRUE);
  g_free (writer->what);
  g_free (writer->problem);
  g_free (writer);
}

static void
set_problem (Writer *writer, const char *why)
{
  g_free (writer->problem);
  writer->problem = g_strdup_printf ("cannot write %s: %s", writer->what, why);
}

char *
writer_steal_problem (Writer *writer)
{
  return g_steal_pointer (&writer->problem);
}

static void
break_off (Writer *writer, int error)
{
  set_problem (writer, g_strerror (error));
  writer->broken = TRUE;
  g_string_truncate (writer->queue, 0);
  writer->done = 0;
}

gsize
writer_waiting (Writer *writer)
{
  return writer->queue->len - writer->done;
}

static gboolean
is_ready (Writer *writer, int timeout_ms)
{
  struct pollfd poller = { writer->fd, POLLOUT, 0 };
  gint64 deadline = g_get_monotonic_time () + timeout_ms * 1000, left = timeout_ms;
  int n;

  if (writer->is_file)
    return TRUE;
  /* An error is reported by the write that follows.  A signal does not make
   * the wait begin again. */
  while ((n = poll (&poller, 1, (int) left)) < 0 && errno == EINTR)
    left = MAX (0, (deadline - g_get_monotonic_time ()) / 1000);
  return n > 0;
}

/* A pipe or terminal that is ready takes at least this much at once. */
#define PIECE 4096

/* FALSE: it makes no sense to go on now. */
static gboolean
write_some (Writer *writer)
{
  gsize len = writer->is_file ? writer_waiting (writer) : MIN (writer_waiting (writer), PIECE);
  gssize n = write (writer->fd, writer->queue->str + writer->done, len);

  if (n < 0 && errno == EINTR)
    return TRUE;
  if (n < 0 && errno != EAGAIN)
    break_off (writer, errno);
  if (n <= 0)
    return FALSE;
  writer->done += (gsize) n;
  if (writer->done == writer->queue->len || writer->done > WRITER_QUEUE_MAX / 4) {
    g_string_erase (writer->queue, 0, (gssize) writer->done);
    writer->done = 0;
  }
  return TRUE;
}

void
writer_push (Writer *writer)
{
  while (writer_waiting (writer) > 0 && is_ready (writer, 0) && write_some (writer))
    ;
  if (writer_waiting (writer) == 0)
    writer->losing = FALSE;
}

void
writer_add (Writer *writer, const char *data, gsize len)
{
  if (writer->broken)
    return;
  if (writer_waiting (writer) + len > WRITER_QUEUE_MAX)
    writer_push (writer);
  if (writer_waiting (writer) + len > WRITER_QUEUE_MAX) {
    if (!writer->losing)
      set_problem (writer, "who reads it is too slow, some of it is lost");
    writer->losing = TRUE;
    return;
  }
  g_string_append_len (writer->queue, data, (gssize) len);
  writer_push (writer);
}

void
writer_drain (Writer *writer, int max_ms)
{
  while (writer_waiting (writer) > 0) {
    if (!is_ready (writer, max_ms)) {
      set_problem (writer, "nobody reads it");
      return;
    }
    if (!write_some (writer))
      return;
  }
}

/* SPDX-License-Identifier: MIT */
#include "proc/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

#define TURN_SIZE   ((gsize) 512 * 1024)  /* from one stream before others get a turn */
#define PIPE_SIZE   (256 * 1024)          /* of a stream that has much to say */
#define PIPE_FULL   (64 * 1024)           /* what the kernel gives at first */
#define FIRST_SIZE  ((guint64) 2 << 20)   /* of a stream: who is told looks at each line of it, */
#define FIRST_TURN  ((gsize) 16 * 1024)   /* ... and the other stream waits meanwhile */
#define FILE_TIME   (100 * MS)            /* a byte waits that long for others to go to the file with */

void
watched_close (Process *process, int *fd, gpointer *tag)
{
  if (*tag != NULL)
    g_source_remove_unix_fd (process->source, *tag);
  *tag = NULL;
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

static ProcessStream
which_stream (const Stream *stream)
{
  return stream == &stream->process->streams[PROCESS_STDERR] ? PROCESS_STDERR : PROCESS_STDOUT;
}

static GBytes *
filter (const char *data, gsize len, gboolean last, gpointer user_data)
{
  Stream *stream = user_data;
  Process *process = stream->process;

  return process->handlers.filter (process, which_stream (stream), data, len, last,
                                   process->user_data);
}

void
streams_init (Process *process)
{
  const Command *command = process->command;

  for (int i = 0; i < 2; i++) {
    Stream *stream = &process->streams[i];
    const char *suffix = i == PROCESS_STDOUT ? ".stdout" : ".stderr";

    stream->process = process;
    stream->fd = -1;
    capture_init (&stream->capture, command->keep,
                  command->spill != NULL ? g_strconcat (command->spill, suffix, NULL) : NULL);
    if (process->handlers.filter == NULL)
      continue;
    stream->capture.filter = filter;
    stream->capture.filter_data = stream;
  }
}

void
streams_watch (Process *process, const Spawned *spawned)
{
  int fds[2] = { spawned->out, spawned->err };

  process->in = spawned->in;
  if (process->in >= 0)
    process->in_tag = g_source_add_unix_fd (process->source, process->in, G_IO_OUT | G_IO_ERR);
  for (int i = 0; i < 2; i++) {
    process->streams[i].fd = fds[i];
    process->streams[i].tag = g_source_add_unix_fd (process->source, fds[i], G_IO_IN | G_IO_HUP);
  }
}

void
streams_close (Process *process)
{
  watched_close (process, &process->in, &process->in_tag);
  for (int i = 0; i < 2; i++)
    watched_close (process, &process->streams[i].fd, &process->streams[i].tag);
}

gboolean
streams_open (const Process *process)
{
  return process->streams[PROCESS_STDOUT].fd >= 0 || process->streams[PROCESS_STDERR].fd >= 0;
}

void
streams_pump (Process *process)
{
  const char *data;
  gsize size;

  if (process->in < 0)
    return;
  data = g_bytes_get_data (process->command->stdin_data, &size);
  while (process->in_sent < size) {
    ssize_t n = write (process->in, data + process->in_sent, size - process->in_sent);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return;
    if (n < 0)                          /* EPIPE: it does not want more */
      break;
    process->in_sent += (gsize) n;
  }
  watched_close (process, &process->in, &process->in_tag);
}

static void
take (Stream *stream, const char *data, gsize len)
{
  Process *process = stream->process;
  gint64 idle_ms = process->command->idle_timeout_ms;

  if (idle_ms > 0)
    process->idle_at = supervisor_clock (process->supervisor) + from_ms (idle_ms);
  capture_took (&stream->capture, data, len);
  if (process->file_at == 0 && capture_waits (&stream->capture))
    process->file_at = g_get_monotonic_time () + FILE_TIME;
  if (process->handlers.output != NULL)
    process->handlers.output (process, which_stream (stream), data, len, process->user_data);
}

static void
read_stream (Stream *stream)
{
  Process *process = stream->process;
  gboolean first = stream->capture.total < FIRST_SIZE;
  gsize taken = 0;

  while (stream->fd >= 0 && taken < (first ? FIRST_TURN : TURN_SIZE)) {
    gsize size = first ? FIRST_TURN : SUPERVISOR_SCRATCH;
    char *space = capture_space (&stream->capture, &size);
    char *data = space != NULL ? space : process->supervisor->scratch;
    ssize_t n = read (stream->fd, data, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return;
    if (n <= 0) {
      process->unread |= n < 0;
      watched_close (process, &stream->fd, &stream->tag);
      return;
    }
    if (!stream->large && n >= PIPE_FULL) {
      stream->large = TRUE;
      fcntl (stream->fd, F_SETPIPE_SZ, PIPE_SIZE);
    }
    taken += (gsize) n;
    take (stream, data, (gsize) n);
  }
}

void
streams_read (Process *process)
{
  read_stream (&process->streams[PROCESS_STDOUT]);
  read_stream (&process->streams[PROCESS_STDERR]);
}

void
streams_file (Process *process)
{
  process->file_at = 0;
  for (int i = 0; i < 2; i++)
    capture_flush (&process->streams[i].capture);
}

void
streams_stop (Process *process)
{
  streams_read (process);
  /* Nobody held it for long when we were told to hurry. */
  if (process->drain_until != 0 && streams_open (process))
    process->held_open = TRUE;
  streams_close (process);
}

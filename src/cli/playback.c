/* SPDX-License-Identifier: MIT */
#include "cli/playback.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/past.h"
#include "report/output-lines.h"
#include "report/transcript.h"

#define FULL  ((gsize) 64 * 1024)
#define PIECE ((gsize) 64 * 1024)

struct _Playback {
  const PlaybackOptions *options;
  Transcript *transcript;
  GPtrArray  *running;            /* of Running, in order of start */
  GString    *out;
  int         error;
  gboolean    begun;              /* a session */
  gboolean    shown;              /* something */
  gint64      number, time_us, elapsed_ms;   /* of the last event */
};

/* One of the two files of a command. */
typedef struct {
  Playback    *playback;
  const char  *name;              /* "stdout" */
  guint        command;
  char        *step;
  int          fd;                /* -1: not there yet */
  OutputLines *lines;
  gint64       time_us, elapsed_ms;          /* for its events */
} Stream;

typedef struct {
  guint  command;
  Stream streams[2];
} Running;

/* ---- writing ------------------------------------------------------------- */

static gboolean
write_some (const char *data, gsize len, gsize *done)
{
  ssize_t n = write (STDOUT_FILENO, data + *done, len - *done);
  struct pollfd poller = { STDOUT_FILENO, POLLOUT, 0 };

  if (n >= 0)
    *done += (gsize) n;
  else if (errno == EAGAIN)
    poll (&poller, 1, -1);
  else
    return errno == EINTR;
  return TRUE;
}

int
playback_flush (Playback *playback)
{
  gsize done = 0;

  while (playback->error == 0 && done < playback->out->len)
    if (!write_some (playback->out->str, playback->out->len, &done))
      playback->error = errno;
  g_string_truncate (playback->out, 0);
  return playback->error;
}

/* JSON itself writes out only those below a space. */
static void
append_harmless (GString *out, const char *json)
{
  for (const char *p = json, *next; *p != '\0'; p = next)
    {
      g_autofree char *safe = NULL;

      next = g_utf8_next_char (p);
      safe = text_make_safe (p, next - p);
      if (strncmp (safe, p, (gsize) (next - p)) == 0)
        g_string_append_len (out, p, next - p);
      else
        g_string_append_printf (out, "\\u%04x", g_utf8_get_char (p));
    }
}

static void
render_json (Playback *playback, const Event *event, const char *json)
{
  g_autofree char *own = json == NULL ? event_to_json (event) : NULL;

  if (json == NULL)
    json = own;
  if (playback->options->safe)
    append_harmless (playback->out, json);
  else
    g_string_append (playback->out, json);
  g_string_append_c (playback->out, '\n');
}

/* JSON: of an event that is on record as that; else NULL. */
static void
render (Playback *playback, const Event *event, const char *json)
{
  if (playback->options->json)
    render_json (playback, event, json);
  else
    transcript_render (playback->transcript, event, playback->out);
  if (!playback->shown && *playback->out->str == '\n')
    g_string_erase (playback->out, 0, 1);
  playback->shown = playback->shown || playback->out->len > 0;
  if (playback->out->len >= FULL)
    playback_flush (playback);
}

/* ---- output of commands -------------------------------------------------- */

static void
on_line (const char *text, gsize len, const char *eol, gpointer user_data)
{
  const Stream *stream = user_data;

  render (stream->playback,
          &(Event) { .kind = EVENT_OUTPUT, .time_us = stream->time_us, .elapsed_ms = stream->elapsed_ms, .step = stream->step,
                     .command = stream->command, .stream = stream->name, .text = len > 0 ? text : "", .text_len = len,
                     .eol = eol }, NULL);
}

/* Nothing but a file is read: anything else could keep us. */
static int
open_output (const Stream *stream)
{
  g_autofree char *path = g_strdup_printf ("%s/output/%u.%s", stream->playback->options->folder, stream->command, stream->name);
  int fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat info;

  if (fd >= 0 && fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    return fd;
  if (fd >= 0)
    {
      close (fd);
      errno = EINVAL;
    }
  return -1;
}

/* What has come since.  FALSE: it cannot be read: errno. */
static gboolean
pump (Stream *stream)
{
  g_autofree char *piece = g_malloc (PIECE);
  ssize_t n = 0;

  if (stream->fd < 0 && (stream->fd = open_output (stream)) < 0)
    return FALSE;
  while (stream->playback->error == 0 && (n = read (stream->fd, piece, PIECE)) > 0)
    output_lines_feed (stream->lines, piece, (gsize) n, on_line, stream);
  return n >= 0;
}

static void
stream_init (Stream *stream, Playback *playback, const Event *start, const char *name)
{
  *stream = (Stream) { .playback = playback, .name = name, .command = start->command, .step = g_strdup (start->step),
                       .fd = -1, .lines = output_lines_new (NULL) };
}

static void
stream_clear (Stream *stream)
{
  if (stream->fd >= 0)
    close (stream->fd);
  output_lines_free (stream->lines);
  g_free (stream->step);
}

static void
running_free (gpointer data)
{
  Running *running = data;

  stream_clear (&running->streams[0]);
  stream_clear (&running->streams[1]);
  g_free (running);
}

static void
add_running (Playback *playback, const Event *start)
{
  Running *running = g_new0 (Running, 1);

  running->command = start->command;
  stream_init (&running->streams[0], playback, start, "stdout");
  stream_init (&running->streams[1], playback, start, "stderr");
  g_ptr_array_add (playback->running, running);
}

static Running *
find_running (Playback *playback, guint command)
{
  for (guint i = 0; i < playback->running->len; i++)
    if (((Running *) playback->running->pdata[i])->command == command)
      return playback->running->pdata[i];
  return NULL;
}

/* END: of its command; NULL: it has none. */
static void
end_stream (Stream *stream, const Event *end, const char *file)
{
  g_autofree char *text = NULL;

  stream->time_us = end != NULL ? end->time_us : stream->playback->time_us;
  stream->elapsed_ms = end != NULL ? end->elapsed_ms : stream->playback->elapsed_ms;
  if (!pump (stream) && file != NULL)
    {
      text = g_strdup_printf ("its %s cannot be shown: \"%s/output/%u.%s\": %s", stream->name, stream->playback->options->folder,
                              stream->command, stream->name, g_strerror (errno));
      render (stream->playback, &(Event) { .kind = EVENT_WARNING, .time_us = stream->time_us, .elapsed_ms = stream->elapsed_ms,
                                           .step = stream->step, .command = stream->command, .text = text }, NULL);
    }
  output_lines_end (stream->lines, on_line, stream);
}

static void
end_running (Playback *playback, Running *running, const Event *end)
{
  end_stream (&running->streams[0], end, end != NULL ? end->out_file : NULL);
  end_stream (&running->streams[1], end, end != NULL ? end->err_file : NULL);
  g_ptr_array_remove (playback->running, running);
}

void
playback_output (Playback *playback)
{
  gint64 now_us = g_get_real_time ();

  for (guint i = 0; i < playback->running->len; i++)
    for (guint s = 0; s < 2; s++)
      {
        Stream *stream = &((Running *) playback->running->pdata[i])->streams[s];

        stream->time_us = now_us;
        stream->elapsed_ms = playback->elapsed_ms + MAX (0, now_us - playback->time_us) / 1000;
        pump (stream);
      }
}

void
playback_end (Playback *playback)
{
  while (playback->running->len > 0)
    end_running (playback, playback->running->pdata[0], NULL);
}

/* ---- events -------------------------------------------------------------- */

/* What was cut off in the session before has no end. */
static void
begin_session (Playback *playback)
{
  playback_end (playback);
  g_clear_pointer (&playback->transcript, transcript_free);
  playback->transcript = transcript_new (playback->options->safe);
  if (playback->begun && !playback->options->json)
    g_string_append_c (playback->out, '\n');
  playback->begun = TRUE;
}

/* That some of the output was left out is not so here. */
static gboolean
is_wanted (const Event *event)
{
  return event->kind != EVENT_NOTE || event->command == 0;
}

static void
show (Playback *playback, const Event *event, const char *json)
{
  Running *running = event->kind == EVENT_COMMAND_END ? find_running (playback, event->command) : NULL;

  if (running != NULL)
    end_running (playback, running, event);
  render (playback, event, json);
  if (event->kind == EVENT_COMMAND_START)
    add_running (playback, event);
}

gboolean
playback_event (Playback *playback, gint64 number, const char *step, const char *json, GError **error)
{
  g_autoptr (Event) event = NULL;
  gboolean ours = playback->options->step == NULL || (step != NULL && past_means (playback->options->step, step));

  playback->number = number;
  if (playback->error != 0 || (!ours && step != NULL))
    return TRUE;
  if ((event = event_from_json (json, error)) == NULL)
    {
      g_prefix_error (error, "the record in \"%s\": event %" G_GINT64_FORMAT ": ", playback->options->folder, number);
      return FALSE;
    }
  playback->time_us = event->time_us;
  playback->elapsed_ms = event->elapsed_ms;
  if (event->kind == EVENT_RUN_START)
    begin_session (playback);
  if (ours && is_wanted (event))
    show (playback, event, json);
  return TRUE;
}

gint64
playback_number (const Playback *playback)
{
  return playback->number;
}

Playback *
playback_new (const PlaybackOptions *options)
{
  Playback *playback = g_new0 (Playback, 1);

  playback->options = options;
  playback->transcript = transcript_new (options->safe);
  playback->running = g_ptr_array_new_with_free_func (running_free);
  playback->out = g_string_new (NULL);
  return playback;
}

void
playback_free (Playback *playback)
{
  transcript_free (playback->transcript);
  g_ptr_array_unref (playback->running);
  g_string_free (playback->out, TRUE);
  g_free (playback);
}

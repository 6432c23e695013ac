/* The world as it is, recorded or not.  SPDX-License-Identifier: MIT */
#include "proc/inside.h"

#include <stdint.h>
#include <sys/stat.h>

#include "proc/recorder.h"
#include "proc/tool.h"

/* Of a flood it is not worth telling when each part came. */
#define PIECES_MAX 65536

/* A command that is recorded while it runs. */
typedef struct {
  World          *world;
  ProcessHandlers handlers;
  gpointer        user_data;
  guint           number;
  GArray         *pieces;         /* of Piece */
  guint           last[2];        /* 1 + the index of a stream's last piece; 0: it has none */
  gint64          began_us;
} Recorded;

static void
note_piece (Recorded *recorded, const Piece *piece)
{
  guint *last = &recorded->last[piece->stream], len = recorded->pieces->len;
  Piece *before = *last > 0 ? &g_array_index (recorded->pieces, Piece, *last - 1) : NULL;

  if (before != NULL && ((*last == len && before->at_ms == piece->at_ms) || len >= PIECES_MAX))
    {
      before->len += piece->len;
      return;
    }
  g_array_append_val (recorded->pieces, *piece);
  *last = len + 1;
}

static void
on_output (Process *process, ProcessStream stream, const char *data, gsize len, gpointer user_data)
{
  Recorded *recorded = user_data;
  const Piece piece = { stream, (g_get_monotonic_time () - recorded->began_us) / 1000, len };

  note_piece (recorded, &piece);
  if (recorded->handlers.output != NULL)
    recorded->handlers.output (process, stream, data, len, recorded->user_data);
}

static void
on_ended (Process *process, const ProcessResult *result, gpointer user_data)
{
  Recorded *recorded = user_data;

  recorder_end (recorded->world->recorder, recorded->number, process_command (process), recorded->pieces, result);
  recorded->handlers.ended (process, result, recorded->user_data);
  g_array_unref (recorded->pieces);
  g_free (recorded);
}

static GBytes *
filter (Process *process, ProcessStream stream, const char *data, gsize len, gboolean last, gpointer user_data)
{
  Recorded *recorded = user_data;

  return recorded->handlers.filter (process, stream, data, len, last, recorded->user_data);
}

static Process *
live_start (World *world, Command *command, const ProcessHandlers *handlers, gpointer user_data)
{
  ProcessHandlers own = { on_output, on_ended, handlers->filter != NULL ? filter : NULL };
  Recorded *recorded;

  if (world->recorder == NULL || command->caller == NULL)
    return process_start (world->supervisor, command, handlers, user_data);
  recorded = g_new0 (Recorded, 1);
  recorded->world = world;
  recorded->handlers = *handlers;
  recorded->user_data = user_data;
  recorded->pieces = g_array_new (FALSE, FALSE, sizeof (Piece));
  recorded->number = recorder_call (world->recorder, command);
  recorded->began_us = g_get_monotonic_time ();
  return process_start (world->supervisor, command, &own, recorded);
}

static char *
live_find_tool (World *world, const char *name, const char *search_path, GError **error)
{
  g_autoptr (GError) own = NULL;
  char *path = tool_find (name, search_path, &own);

  if (world->recorder != NULL)
    {
      /* Our own have their folder's name; the others are anywhere. */
      if (search_path == NULL)
        world_add_tool (world, name, path);
      recorder_tool (world->recorder, name, path, own != NULL ? own->message : NULL);
    }
  if (own != NULL)
    g_propagate_error (error, g_steal_pointer (&own));
  return path;
}

static gboolean
live_look (World *world, const char *caller, LookKind kind, const char *subject, gint64 deadline_us, Look *look, char **problem)
{
  (void) problem;
  look_at (kind, subject, deadline_us, look);
  if (world->recorder != NULL)
    recorder_look (world->recorder, caller, kind, subject, look);
  return TRUE;
}

static char *
live_env (World *world, const char *name)
{
  const char *value = g_getenv (name);

  if (world->recorder != NULL)
    recorder_env (world->recorder, name, value);
  return g_strdup (value);
}

static char *
live_identity (World *world, const char *path)
{
  struct stat info;

  (void) world;
  if (stat (path, &info) < 0)
    return NULL;
  return g_strdup_printf ("%ju:%ju %jd %jd.%09ld", (uintmax_t) info.st_dev, (uintmax_t) info.st_ino, (intmax_t) info.st_size,
                          (intmax_t) info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

const WorldKind live_world = { live_start, live_find_tool, live_look, live_env, live_identity };

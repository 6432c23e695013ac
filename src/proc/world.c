/* SPDX-License-Identifier: MIT */
#include "proc/world.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/errors.h"
#include "proc/inside.h"
#include "proc/recorder.h"
#include "proc/tool.h"

/* Where a recorded tool seems to be. */
#define RECORDED_TOOLS "/recorded/"

/* ---- the live one -------------------------------------------------------- */

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

static void
add_tool_place (World *world, const char *name, const char *path)
{
  g_autofree char *place = g_strconcat ("tool:", name, NULL);

  places_add (world->disguise->places, place, path);
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
        add_tool_place (world, name, path);
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

static const WorldKind live_world = { live_start, live_find_tool, live_look, live_env, live_identity };

/* ---- the one that is played ---------------------------------------------- */

static char *
show (World *world, const char *text)
{
  return places_show (world->disguise->places, text, -1, NULL);
}

static char *
played_find_tool (World *world, const char *name, const char *search_path, GError **error)
{
  JsonObject *line = g_hash_table_lookup (replay_recording (world->replay)->tools, name);
  const char *path = line != NULL ? recording_text (line, "path") : NULL;
  const char *problem = line != NULL ? recording_text (line, "problem") : NULL;

  if (search_path == NULL)
    {
      g_autofree char *nowhere = g_strconcat (RECORDED_TOOLS, name, NULL);

      add_tool_place (world, name, nowhere);
    }
  if (path != NULL)
    return show (world, path);
  if (problem == NULL)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION, "tool \"%s\" is not in the recording", name);
  else
    g_set_error_literal (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION, problem);
  return NULL;
}

static void
copy_look (World *world, const Look *from, Look *to)
{
  gsize len;
  char *shown;

  *to = (Look) { from->there, from->number, NULL, g_strdup (from->problem) };
  if (from->data == NULL)
    return;
  shown = places_show (world->disguise->places, g_bytes_get_data (from->data, NULL), (gssize) g_bytes_get_size (from->data), &len);
  to->data = g_bytes_new_take (shown, len);
}

static gboolean
played_look (World *world, const char *caller, LookKind kind, const char *subject, gint64 deadline_us, Look *look, char **problem)
{
  g_autofree char *hidden = disguise_hide (world->disguise, subject, -1, FALSE, NULL, 0, NULL);
  const RecordedLook *recorded = replay_look (world->replay, caller, kind, hidden, problem);

  (void) deadline_us;
  *look = (Look) { 0 };
  if (recorded == NULL && *problem == NULL)
    played_has_ended (world);
  if (recorded == NULL)
    return FALSE;
  copy_look (world, &recorded->look, look);
  return TRUE;
}

static char *
played_env (World *world, const char *name)
{
  JsonNode *value = g_hash_table_lookup (replay_recording (world->replay)->envs, name);

  return value != NULL && !JSON_NODE_HOLDS_NULL (value) ? show (world, json_node_get_string (value)) : NULL;
}

static char *
played_identity (World *world, const char *path)
{
  (void) world;
  (void) path;
  return NULL;
}

static const WorldKind played_world = { played_start, played_find_tool, played_look, played_env, played_identity };

/* ---- both ---------------------------------------------------------------- */

static World *
world_new (const WorldKind *kind)
{
  World *world = g_new0 (World, 1);

  world->kind = kind;
  world->disguise = disguise_new ();
  return world;
}

World *
world_new_live (Supervisor *supervisor)
{
  World *world = world_new (&live_world);

  world->supervisor = supervisor;
  world->seed = g_random_int ();
  return world;
}

World *
world_new_played (Recording *recording)
{
  World *world = world_new (&played_world);

  world->replay = replay_new (recording);
  world->clock = clock_new (recording_int (recording->head, "time_us"));
  world->seed = recording_int (recording->head, "seed");
  world->playing = g_ptr_array_new ();
  world->over = g_hash_table_new (g_int64_hash, g_int64_equal);
  world->begun = g_hash_table_new (g_int64_hash, g_int64_equal);
  return world;
}

void
world_free (World *world)
{
  played_end_all (world);
  g_clear_pointer (&world->over, g_hash_table_unref);
  g_clear_pointer (&world->begun, g_hash_table_unref);
  recorder_free (world->recorder);
  replay_free (world->replay);
  clock_free (world->clock);
  g_clear_pointer (&world->playing, g_ptr_array_unref);
  disguise_free (world->disguise);
  g_free (world);
}

gboolean
world_record (World *world, const char *path, JsonObject *head, GError **error)
{
  world->recorder = recorder_new (path, head, world->disguise, error);
  return world->recorder != NULL;
}

char *
world_end_recording (World *world)
{
  char *problem;

  if (world->recorder == NULL)
    return NULL;
  recorder_done (world->recorder);
  problem = g_strdup (recorder_problem (world->recorder));
  return problem;
}

char *
world_left (const World *world)
{
  return world->replay != NULL ? replay_left (world->replay) : NULL;
}

const Recording *
world_recording (const World *world)
{
  return world->replay != NULL ? replay_recording (world->replay) : NULL;
}

gboolean
world_is_watched (const World *world)
{
  return world->recorder != NULL || world->replay != NULL;
}

Clock *
world_clock (const World *world)
{
  return world->clock;
}

void
world_on_end (World *world, void (*ended) (gpointer data), gpointer data)
{
  world->ended = ended;
  world->ended_data = data;
}

void
world_interrupt (World *world, int signal)
{
  if (world->recorder != NULL)
    recorder_interrupt (world->recorder, signal);
}

void
world_on_interrupt (World *world, void (*interrupted) (int signal, gpointer data), gpointer data)
{
  world->interrupted = interrupted;
  world->interrupted_data = data;
  played_look_for_interrupt (world);
}

void
world_add_place (World *world, const char *name, const char *path)
{
  if (world->replay != NULL)
    places_add_apart (world->disguise->places, name, path);
  else
    places_add (world->disguise->places, name, path);
}

void
world_hide (World *world, const char *name, const char *value, gssize len)
{
  if (world->recorder != NULL)
    placeholders_add (world->disguise->placeholders, name, value, len);
}

Process *
world_start (World *world, Command *command, const ProcessHandlers *handlers, gpointer user_data)
{
  return world->kind->start (world, command, handlers, user_data);
}

char *
world_find_tool (World *world, const char *name, const char *search_path, GError **error)
{
  return world->kind->find_tool (world, name, search_path, error);
}

char *
world_file_identity (World *world, const char *path)
{
  return world->kind->identity (world, path);
}

gboolean
world_look (World *world, const char *caller, LookKind kind, const char *subject, gint64 deadline_us, Look *look, char **problem)
{
  return world->kind->look (world, caller, kind, subject, deadline_us, look, problem);
}

char *
world_env (World *world, const char *name)
{
  return world->kind->env (world, name);
}

static JsonNode *
show_node (World *world, JsonNode *node)
{
  g_autofree char *text = json_to_string (node, FALSE), *shown = show (world, text);

  return json_from_string (shown, NULL);
}

gboolean
world_var (World *world, const char *name, JsonNode **value, const char **origin)
{
  JsonObject *line = world->replay != NULL ? g_hash_table_lookup (replay_recording (world->replay)->vars, name) : NULL;
  JsonNode *recorded = line != NULL ? json_object_get_member (line, "value") : NULL;

  if (recorded == NULL)
    return FALSE;
  *value = JSON_NODE_HOLDS_NULL (recorded) ? NULL : show_node (world, recorded);
  *origin = recording_text (line, "origin");
  if (*origin == NULL)
    *origin = "";
  return TRUE;
}

void
world_note_var (World *world, const char *name, JsonNode *value, const char *origin)
{
  if (world->recorder != NULL)
    recorder_var (world->recorder, name, value, origin);
}

gint64
world_seed (const World *world)
{
  return world->seed;
}

/* Of no generator: parallel steps would be given its numbers in any order. */
double
world_chance (const World *world, const char *step, guint number)
{
  g_autofree char *all = g_strdup_printf ("%" G_GINT64_FORMAT " %u %s", world->seed, number, step);
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, all, -1);

  hash[8] = '\0';
  return (double) g_ascii_strtoull (hash, NULL, 16) / G_MAXUINT32;
}

void
world_begin (World *world, const char *step, const char *params)
{
  if (world->recorder != NULL)
    recorder_begin (world->recorder, step, params);
}

void
world_add_file (World *world, const char *step, const char *path, GBytes *data)
{
  if (world_is_watched (world))
    disguise_add_file (world->disguise, step, path, data);
}

void
world_settle (World *world, const char *step)
{
  if (world->recorder != NULL)
    recorder_settle (world->recorder, step);
}

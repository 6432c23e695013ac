/* SPDX-License-Identifier: MIT */
#include "proc/world.h"

#include "proc/inside.h"
#include "proc/recorder.h"

void
world_add_tool (World *world, const char *name, const char *path)
{
  g_autofree char *place = g_strconcat ("tool:", name, NULL);

  places_add (world->disguise->places, place, path);
}

char *
world_show (World *world, const char *text)
{
  return places_show (world->disguise->places, text, -1, NULL);
}

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
  if (world->recorder == NULL)
    return NULL;
  recorder_done (world->recorder);
  return g_strdup (recorder_problem (world->recorder));
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
  g_autofree char *text = json_to_string (node, FALSE), *shown = world_show (world, text);

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

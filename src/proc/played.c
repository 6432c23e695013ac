/* The world that a recording tells of.  SPDX-License-Identifier: MIT */
#include "proc/inside.h"

#include <string.h>

#include "base/errors.h"

/* Where a recorded tool seems to be. */
#define RECORDED_TOOLS "/recorded/"

typedef struct {
  Process             base;
  World              *world;
  const RecordedCall *call;       /* NULL: it is not in the recording */
  char               *problem;    /* ... and why; NULL: its galley was killed before that */
  guint               next;       /* of its outputs */
  gint64              began_us;
  GSource            *timer;
} Played;

static gboolean go_on (gpointer data);

static void
wait_until (Played *played, gint64 at_ms)
{
  Clock *clock = played->world->clock;
  gint64 passed_ms = (clock_now (clock) - played->began_us) / 1000;

  g_clear_pointer (&played->timer, g_source_unref);
  played->timer = clock_timer (clock, MAX (0, at_ms - passed_ms), go_on, played);
}

/* ---- interrupts ---------------------------------------------------------- */

static gboolean
is_running (const RecordedInterrupt *interrupt, gint64 number)
{
  for (guint i = 0; i < interrupt->running->len; i++)
    if (g_array_index (interrupt->running, gint64, i) == number)
      return TRUE;
  return FALSE;
}

static const RecordedInterrupt *
next_interrupt (const World *world)
{
  const GPtrArray *all = world->replay != NULL ? replay_recording (world->replay)->interrupts : NULL;

  return all != NULL && world->interrupts < all->len ? all->pdata[world->interrupts] : NULL;
}

static gboolean
has_come_to (const World *world, const RecordedInterrupt *interrupt)
{
  for (gint64 number = 1; number <= interrupt->calls; number++)
    if (!g_hash_table_contains (is_running (interrupt, number) ? world->begun : world->over, &number))
      return FALSE;
  return TRUE;
}

static gboolean
on_interrupt (gpointer data)
{
  World *world = data;
  const RecordedInterrupt *interrupt = next_interrupt (world);

  g_clear_pointer (&world->interrupt, g_source_unref);
  world->interrupts++;
  world->interrupted (interrupt->signal, world->interrupted_data);
  played_look_for_interrupt (world);
  return G_SOURCE_REMOVE;
}

void
played_look_for_interrupt (World *world)
{
  const RecordedInterrupt *interrupt = next_interrupt (world);

  if (interrupt != NULL && world->interrupt == NULL && world->interrupted != NULL && has_come_to (world, interrupt))
    world->interrupt = clock_timer (world->clock, interrupt->after_ms, on_interrupt, world);
}

static void
note (World *world, GHashTable *calls, const RecordedCall *call)
{
  if (call != NULL)
    g_hash_table_add (calls, (gpointer) &call->number);
  played_look_for_interrupt (world);
}

/* ---- its end ------------------------------------------------------------- */

static void
played_free (Played *played)
{
  if (played->timer != NULL)
    g_source_destroy (played->timer);
  g_clear_pointer (&played->timer, g_source_unref);
  for (int i = 0; i < 2; i++)
    capture_clear (&played->base.streams[i].capture);
  command_free (played->base.command);
  g_free (played->problem);
  g_free (played);
}

static void
fill_not_recorded (const Played *played, ProcessResult *result)
{
  *result = (ProcessResult) { .how = PROCESS_NOT_STARTED, .exit_code = -1 };
  result->error = g_error_new_literal (PROCESS_ERROR, 0, "it is not in the recording");
  result->departure = played->problem != NULL ? played->problem : "the recording ends before this";
}

static void
fill_recorded (const Played *played, ProcessResult *result)
{
  *result = played->call->result;
  if (played->call->error_text != NULL)
    result->error = g_error_new_literal (PROCESS_ERROR, result->error_number, played->call->error_text);
}

static void
fill_cancelled (const Played *played, ProcessResult *result)
{
  *result = (ProcessResult) { .how = PROCESS_CANCELLED, .exit_code = -1, .signal = played->base.signal };
  result->duration_ms = (clock_now (played->world->clock) - played->began_us) / 1000;
}

/* What is recorded of it may be less than there was; else all of it is here,
 * and only the names of folders make it longer or shorter. */
static void
take_output (Stream *stream, ProcessOutput *output)
{
  ProcessOutput recorded = *output;

  outcome_take (stream, output);
  if (recorded.cut_at != 0 || output->total == 0)
    output->total = MAX (output->total, recorded.total);
  if (recorded.cut_at != 0)
    output->cut_at = recorded.cut_at;
}

static void
fill (Played *played, ProcessResult *result)
{
  if (played->base.ended_by == PROCESS_CANCELLED)
    fill_cancelled (played, result);
  else if (played->call == NULL || !played->call->ended)
    fill_not_recorded (played, result);
  else
    fill_recorded (played, result);
  for (int i = 0; i < 2; i++)
    {
      take_output (&played->base.streams[i], &result->output[i]);
    }
}

static void
finish (Played *played)
{
  ProcessResult result;

  fill (played, &result);
  g_ptr_array_remove_fast (played->world->playing, played);
  note (played->world, played->world->over, played->call);
  played->base.handlers.ended (&played->base, &result, played->base.user_data);
  outcome_clear (&result);
  played_free (played);
}

/* ---- its life ------------------------------------------------------------ */

static void
say (Played *played, const RecordedOutput *output)
{
  Process *process = &played->base;
  gsize len;
  g_autofree char *data = places_show (played->world->disguise->places, g_bytes_get_data (output->data, NULL),
                                       (gssize) g_bytes_get_size (output->data), &len);

  capture_add (&process->streams[output->stream].capture, data, len);
  if (process->handlers.output != NULL)
    process->handlers.output (process, output->stream, data, len, process->user_data);
}

static void
wait_for_next (Played *played)
{
  const RecordedCall *call = played->call;

  if (played->next < call->outputs->len)
    wait_until (played, ((RecordedOutput *) call->outputs->pdata[played->next])->at_ms);
  else
    wait_until (played, call->result.duration_ms);
}

static gboolean
go_on (gpointer data)
{
  Played *played = data;
  const RecordedCall *call = played->call;

  if (call == NULL || !call->ended || played->base.ended_by != 0 || played->next == call->outputs->len)
    {
      finish (played);
      return G_SOURCE_REMOVE;
    }
  say (played, call->outputs->pdata[played->next++]);
  wait_for_next (played);
  return G_SOURCE_REMOVE;
}

void
played_has_ended (World *world)
{
  clock_on_stuck (world->clock, world->ended, world->ended_data);
}

/* Of a call that its galley did not see the end of nothing comes. */
static void
begin (Played *played)
{
  const RecordedCall *call = played->call;
  World *world = played->world;

  played->began_us = clock_now (world->clock);
  if (call != NULL && call->ended)
    wait_for_next (played);
  else if (played->problem == NULL && world->ended != NULL)
    played_has_ended (world);
  else
    wait_until (played, 0);
}

/* It ended as it is recorded, after its galley was told to end. */
static gboolean
was_interrupted (const Played *played)
{
  return played->world->interrupts > 0 && played->call != NULL && played->call->ended
         && played->call->result.how == PROCESS_CANCELLED;
}

static void
cancel (Process *process, int number)
{
  Played *played = (Played *) process;

  if (process->ended_by != 0 || was_interrupted (played))
    return;
  process->ended_by = PROCESS_CANCELLED;
  process->signal = number != 0 ? number : SIGTERM;
  if (played->timer != NULL)
    g_source_destroy (played->timer);
  wait_until (played, 0);
}

static void
kill_now (Process *process)
{
  cancel (process, SIGKILL);
}

static const ProcessKind played_kind = { cancel, kill_now };

static Process *
played_start (World *world, Command *command, const ProcessHandlers *handlers, gpointer user_data)
{
  Played *played = g_new0 (Played, 1);
  g_auto (Asked) asked = { 0 };

  played->world = world;
  played->base.kind = &played_kind;
  played->base.command = command;
  played->base.handlers = *handlers;
  played->base.user_data = user_data;
  streams_init (&played->base);
  asked_init (&asked, command, world->disguise);
  played->call = replay_call (world->replay, &asked, &played->problem);
  g_ptr_array_add (world->playing, played);
  note (world, world->begun, played->call);
  begin (played);
  return &played->base;
}

void
played_end_all (World *world)
{
  if (world->interrupt != NULL)
    g_source_destroy (world->interrupt);
  g_clear_pointer (&world->interrupt, g_source_unref);
  for (guint i = 0; world->playing != NULL && i < world->playing->len; i++)
    played_free (world->playing->pdata[i]);
}

/* ---- the rest of the world ----------------------------------------------- */

static char *
played_find_tool (World *world, const char *name, const char *search_path, GError **error)
{
  JsonObject *line = g_hash_table_lookup (replay_recording (world->replay)->tools, name);
  const char *path = line != NULL ? recording_text (line, "path") : NULL;
  const char *problem = line != NULL ? recording_text (line, "problem") : NULL;

  if (search_path == NULL)
    {
      g_autofree char *nowhere = g_strconcat (RECORDED_TOOLS, name, NULL);

      world_add_tool (world, name, nowhere);
    }
  if (path != NULL)
    return world_show (world, path);
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

  return value != NULL && !JSON_NODE_HOLDS_NULL (value) ? world_show (world, json_node_get_string (value)) : NULL;
}

static char *
played_identity (World *world, const char *path)
{
  (void) world;
  (void) path;
  return NULL;
}

const WorldKind played_world = { played_start, played_find_tool, played_look, played_env, played_identity };

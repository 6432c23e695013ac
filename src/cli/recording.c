/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "cli/recording.h"

#include <string.h>

#include "base/strict-json.h"
#include "base/text.h"

/* Of two names for one folder, the first counts: paths of a recipe are
 * relative to its own. */
static void
add_fixed_places (World *world, const Program *program, const char *recipe)
{
  g_autofree char *cwd = g_get_current_dir ();
  g_autofree char *file = g_canonicalize_filename (recipe, NULL), *folder = g_path_get_dirname (file);

  world_add_place (world, "recipe", strcmp (recipe, "-") == 0 ? cwd : folder);
  world_add_place (world, "helpers", program->helper_folder);
  world_add_place (world, "home", home_folder ());
  world_add_place (world, "cwd", cwd);
}

World *
recording_play (const Program *program, const char *file, const char *recipe, GError **error)
{
  g_autoptr (Recording) recording = recording_read (file, error);
  World *world;

  if (recording == NULL)
    return NULL;
  world = world_new_played (g_steal_pointer (&recording));
  add_fixed_places (world, program, recipe);
  return world;
}

gboolean
recording_said_yes (const World *world)
{
  return recording_flag (world_recording (world)->head, "yes");
}

void
recording_add_places (World *world, const Program *program, const Session *session)
{
  add_fixed_places (world, program, session->recipe->file);
}

void
recording_add_run (World *world, const Session *session)
{
  world_add_place (world, "run", session->dir);
  world_add_place (world, "run.id", session->id);
}

/* ---- keeping one --------------------------------------------------------- */

static JsonObject *
make_head (const World *world, const char *name, gboolean yes, const Session *session)
{
  JsonObject *head = json_object_new ();

  json_object_set_string_member (head, "galley", "recording");
  json_object_set_int_member (head, "version", RECORDING_VERSION);
  json_object_set_string_member (head, "made_by", PACKAGE_VERSION);
  json_object_set_string_member (head, "command", name);
  json_object_set_string_member (head, "recipe", session->recipe->name);
  json_object_set_int_member (head, "time_us", g_get_real_time ());
  json_object_set_int_member (head, "seed", world_seed (world));
  json_object_set_boolean_member (head, "yes", yes);
  return head;
}

static void
on_secret (const char *value, gsize len, gpointer world)
{
  world_hide (world, "secret", value, (gssize) len);
}

/* By their names; those that are not known yet are told of by the masker. */
static void
hide_vars (World *world, const Scope *scope)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, scope->vars);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      const VarValue *var = value;

      const char *text = var->secret ? strict_json_string (var->value) : NULL;

      if (text != NULL)
        world_hide (world, name, text, -1);
    }
}

gboolean
recording_begin (World *world, const Program *program, const char *name, gboolean yes, const char *file,
                 const Session *session, Masker *masker, GError **error)
{
  recording_add_places (world, program, session);
  if (!world_record (world, file, make_head (world, name, yes, session), error))
    return FALSE;
  masker_on_add (masker, on_secret, world);
  hide_vars (world, session->scope);
  return TRUE;
}

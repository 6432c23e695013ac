/* What is recorded of a live world comes out of a played one.
 * SPDX-License-Identifier: MIT */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/errors.h"
#include "proc/world.h"

typedef struct {
  char       *folder, *path;
  Supervisor *supervisor;
  World      *world;
} Fixture;

typedef struct {
  gboolean     ended;
  ProcessHow   how;
  int          exit_code, signal;
  gint64       duration_ms, limit_ms;
  gboolean     idle;
  guint64      totals[2];
  gsize        cut_at[2];
  char        *texts[2], *error, *departure;
  GString     *heard[2];          /* as it came */
} Ran;

/* ---- running commands ---------------------------------------------------- */

static void
on_output (Process *process, ProcessStream stream, const char *data, gsize len, gpointer user_data)
{
  Ran *ran = user_data;

  (void) process;
  g_string_append_len (ran->heard[stream], data, (gssize) len);
}

static void
on_ended (Process *process, const ProcessResult *result, gpointer user_data)
{
  Ran *ran = user_data;

  (void) process;
  ran->ended = TRUE;
  ran->how = result->how;
  ran->exit_code = result->exit_code;
  ran->signal = result->signal;
  ran->duration_ms = result->duration_ms;
  ran->limit_ms = result->limit_ms;
  ran->idle = result->idle;
  ran->error = result->error != NULL ? g_strdup (result->error->message) : NULL;
  ran->departure = g_strdup (result->departure);
  for (int i = 0; i < 2; i++)
    {
      ran->totals[i] = result->output[i].total;
      ran->cut_at[i] = result->output[i].cut_at;
      ran->texts[i] = g_strndup (g_bytes_get_data (result->output[i].data, NULL), g_bytes_get_size (result->output[i].data));
    }
}

static void
ran_clear (Ran *ran)
{
  for (int i = 0; i < 2; i++)
    {
      g_free (ran->texts[i]);
      g_string_free (ran->heard[i], TRUE);
    }
  g_free (ran->error);
  g_free (ran->departure);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Ran, ran_clear)

static Command *
shell (const char *script)
{
  const char *argv[] = { "sh", "-c", script, NULL };
  Command *command = command_new ("/bin/sh", argv);

  command->caller = g_strdup ("step apply");
  return command;
}

static Process *
begin (World *world, Command *command, Ran *ran)
{
  static const ProcessHandlers handlers = { .output = on_output, .ended = on_ended };

  memset (ran, 0, sizeof *ran);
  for (int i = 0; i < 2; i++)
    ran->heard[i] = g_string_new (NULL);
  return world_start (world, command, &handlers, ran);
}

static void
run (World *world, Command *command, Ran *ran)
{
  begin (world, command, ran);
  while (!ran->ended)
    g_main_context_iteration (NULL, TRUE);
}

/* ---- recording and playing ----------------------------------------------- */

static JsonObject *
head (void)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "galley", "recording");
  json_object_set_int_member (object, "version", RECORDING_VERSION);
  json_object_set_int_member (object, "time_us", 1000000);
  return object;
}

static void
fixture_begin (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  (void) data;
  fixture->folder = g_dir_make_tmp ("galley-world-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "rec", NULL);
  fixture->supervisor = supervisor_new (NULL, 0);
  fixture->world = world_new_live (fixture->supervisor);
  g_assert_false (world_is_watched (fixture->world));
  g_assert_true (world_record (fixture->world, fixture->path, head (), &error));
  g_assert_no_error (error);
}

static void
fixture_end (Fixture *fixture, gconstpointer data)
{
  (void) data;
  world_free (fixture->world);
  supervisor_free (fixture->supervisor);
  g_unlink (fixture->path);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->path);
}

/* DONE: as that of a run that came to its end. */
static World *
play (Fixture *fixture, gboolean done)
{
  g_autoptr (GError) error = NULL;
  Recording *recording;

  if (done)
    g_assert_null (world_end_recording (fixture->world));
  g_clear_pointer (&fixture->world, world_free);
  recording = recording_read (fixture->path, &error);
  g_assert_no_error (error);
  fixture->world = world_new_played (recording);
  g_assert_true (world_is_watched (fixture->world));
  g_assert_true (world_recording (fixture->world) == recording);
  return fixture->world;
}

static char *
recorded_text (Fixture *fixture)
{
  char *text;

  g_assert_true (g_file_get_contents (fixture->path, &text, NULL, NULL));
  return text;
}

static void
assert_same (const Ran *live, const Ran *played)
{
  g_assert_cmpstr (played->departure, ==, NULL);
  g_assert_cmpint (played->how, ==, live->how);
  g_assert_cmpint (played->exit_code, ==, live->exit_code);
  g_assert_cmpint (played->signal, ==, live->signal);
  g_assert_cmpint (played->duration_ms, ==, live->duration_ms);
  g_assert_cmpint (played->limit_ms, ==, live->limit_ms);
  g_assert_cmpint (played->idle, ==, live->idle);
  g_assert_cmpstr (played->error, ==, live->error);
  for (int i = 0; i < 2; i++)
    {
      g_assert_cmpstr (played->texts[i], ==, live->texts[i]);
      g_assert_cmpstr (played->heard[i]->str, ==, live->heard[i]->str);
      g_assert_cmpuint (played->totals[i], ==, live->totals[i]);
      g_assert_cmpuint (played->cut_at[i], ==, live->cut_at[i]);
    }
}

static Command *
make_words (void)
{
  return shell ("echo one; echo two >&2; sleep 0.05; echo three; exit 3");
}

static Command *
make_killed (void)
{
  return shell ("echo going; kill -TERM $$; sleep 9");
}

static Command *
make_timed_out (void)
{
  Command *command = shell ("echo waiting; sleep 9");

  command->timeout_ms = 100;
  return command;
}

static Command *
make_idle (void)
{
  Command *command = shell ("echo waiting; sleep 9");

  command->idle_timeout_ms = 100;
  return command;
}

static Command *
make_missing (void)
{
  const char *argv[] = { "missing", NULL };
  Command *command = command_new ("/nowhere/missing", argv);

  command->caller = g_strdup ("step apply");
  return command;
}

static Command *
make_silent (void)
{
  return shell (":");
}

static Command *
make_long (void)
{
  Command *command = shell ("head -c 300000 /dev/zero | tr '\\0' x; echo end");

  command->keep = 65536;
  return command;
}

typedef struct { const char *name; Command *(*make) (void); ProcessHow how; } Ending;

static const Ending endings[] = {
  { "words", make_words, PROCESS_EXITED },
  { "silent", make_silent, PROCESS_EXITED },
  { "killed", make_killed, PROCESS_SIGNALLED },
  { "timed-out", make_timed_out, PROCESS_TIMED_OUT },
  { "idle", make_idle, PROCESS_TIMED_OUT },
  { "missing", make_missing, PROCESS_NOT_STARTED },
};

static void
test_ending (Fixture *fixture, gconstpointer data)
{
  const Ending *ending = data;
  g_auto (Ran) live = { 0 }, played = { 0 };

  run (fixture->world, ending->make (), &live);
  g_assert_cmpint (live.how, ==, ending->how);
  run (play (fixture, TRUE), ending->make (), &played);
  assert_same (&live, &played);
}

static void
test_long (Fixture *fixture, gconstpointer data)
{
  g_auto (Ran) live = { 0 }, played = { 0 };

  (void) data;
  run (fixture->world, make_long (), &live);
  g_assert_cmpuint (live.totals[0], ==, 300004);
  g_assert_cmpuint (live.cut_at[0], >, 0);
  run (play (fixture, TRUE), make_long (), &played);
  g_assert_cmpuint (played.totals[0], ==, 300004);
  g_assert_cmpuint (played.cut_at[0], ==, live.cut_at[0]);
  g_assert_cmpstr (played.texts[0], ==, live.texts[0]);
}

static void
test_bytes (Fixture *fixture, gconstpointer data)
{
  g_auto (Ran) live = { 0 }, played = { 0 };
  const char *script = "printf '\\377\\001ok'; printf '\\376' >&2";

  (void) data;
  run (fixture->world, shell (script), &live);
  run (play (fixture, TRUE), shell (script), &played);
  assert_same (&live, &played);
  g_assert_cmpstr (played.texts[0], ==, "\377\001ok");
}

/* In a replay nothing runs, and time is what it was. */
static void
test_nothing_runs (Fixture *fixture, gconstpointer data)
{
  g_autofree char *mark = g_build_filename (fixture->folder, "mark", NULL), *script = g_strdup_printf ("touch %s; sleep 0.2", mark);
  g_auto (Ran) live = { 0 }, played = { 0 };
  World *world;

  (void) data;
  run (fixture->world, shell (script), &live);
  g_assert_cmpint (g_unlink (mark), ==, 0);
  world = play (fixture, TRUE);
  g_assert_cmpint (clock_wall (world_clock (world)), ==, 1000000);
  run (world, shell (script), &played);
  g_assert_false (g_file_test (mark, G_FILE_TEST_EXISTS));
  g_assert_cmpint (clock_now (world_clock (world)), ==, live.duration_ms * 1000);
}

static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  g_auto (Ran) live = { 0 }, first = { 0 }, second = { 0 };
  World *world;
  Process *process;

  (void) data;
  run (fixture->world, shell ("echo a"), &live);
  ran_clear (&live);
  run (fixture->world, shell ("echo a"), &live);
  world = play (fixture, TRUE);
  process = begin (world, shell ("echo a"), &first);
  process_cancel (process, SIGINT);
  process_cancel (process, SIGTERM);
  while (!first.ended)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (first.how, ==, PROCESS_CANCELLED);
  g_assert_cmpint (first.signal, ==, SIGINT);
  process_kill (begin (world, shell ("echo a"), &second));
  while (!second.ended)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (second.how, ==, PROCESS_CANCELLED);
  g_assert_cmpint (second.signal, ==, SIGKILL);
}

/* ---- departures ---------------------------------------------------------- */

static void
change_script (Command *command)
{
  g_free (command->argv[2]);
  command->argv[2] = g_strdup ("true");
}

static void
change_folder (Command *command)
{
  command->cwd = g_strdup ("/");
}

static void
change_input (Command *command)
{
  g_bytes_unref (command->stdin_data);
  command->stdin_data = g_bytes_new_static ("b", 1);
}

static void
change_given (Command *command)
{
  g_strfreev (command->given);
  command->given = g_strsplit ("A=2", " ", -1);
}

static void
change_caller (Command *command)
{
  g_free (command->caller);
  command->caller = g_strdup ("step check");
}

static Command *
make_full (void)
{
  Command *command = shell (":");

  command->stdin_data = g_bytes_new_static ("a", 1);
  command->given = g_strsplit ("A=1", " ", -1);
  return command;
}

static void
test_departures (Fixture *fixture, gconstpointer data)
{
  static const struct { void (*change) (Command *command); const char *says; } cases[] = {
    { change_script, "argument 2 is true, not :" },
    { change_folder, "its folder is /" },
    { change_input, "its standard input is another" },
    { change_given, "the environment that its step gives it is another" },
    { change_caller, "no further command of \"step check\"" },
  };
  World *world;

  (void) data;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Ran) live = { 0 };

      run (fixture->world, make_full (), &live);
    }
  world = play (fixture, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Ran) played = { 0 };
      Command *command = make_full ();

      cases[i].change (command);
      run (world, command, &played);
      g_assert_cmpint (played.how, ==, PROCESS_NOT_STARTED);
      g_assert_cmpstr (played.error, ==, "it is not in the recording");
      g_assert_nonnull (strstr (played.departure, cases[i].says));
    }
}

static void
note (gpointer data)
{
  *(gboolean *) data = TRUE;
}

/* Beyond what a killed galley has recorded nothing is answered; once there is
 * nothing else to wait for, that is told. */
static void
test_cut_off (Fixture *fixture, gconstpointer data)
{
  g_auto (Ran) live = { 0 }, played = { 0 }, never = { 0 };
  g_auto (Look) look = { 0 };
  g_autofree char *problem = NULL;
  gboolean told = FALSE;
  World *world;

  (void) data;
  run (fixture->world, shell ("sleep 0.1"), &live);
  world_settle (fixture->world, "step");
  world = play (fixture, FALSE);
  world_on_end (world, note, &told);
  begin (world, shell ("sleep 0.1"), &played);
  begin (world, shell ("echo more"), &never);
  while (!told)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (played.ended);
  g_assert_false (never.ended);
  g_assert_false (world_look (world, "step apply", LOOK_EXISTS, "/", 0, &look, &problem));
  g_assert_null (problem);
}

static void
note_signal (int signal, gpointer data)
{
  *(int *) data = signal;
}

/* An interrupt comes again where it came: while the same commands run. */
static void
test_interrupted (Fixture *fixture, gconstpointer data)
{
  g_auto (Ran) before = { 0 }, live = { 0 }, again = { 0 }, played = { 0 };
  int signal = 0;
  World *world = fixture->world;
  Process *process;

  (void) data;
  run (world, shell ("echo a"), &before);
  process = begin (world, shell ("sleep 9"), &live);
  world_interrupt (world, SIGINT);
  process_cancel (process, SIGINT);
  while (!live.ended)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (live.how, ==, PROCESS_CANCELLED);
  world = play (fixture, TRUE);
  world_on_interrupt (world, note_signal, &signal);
  run (world, shell ("echo a"), &again);
  g_assert_cmpint (signal, ==, 0);
  process = begin (world, shell ("sleep 9"), &played);
  while (signal == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (signal, ==, SIGINT);
  g_assert_false (played.ended);
  process_cancel (process, signal);
  while (!played.ended)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (played.how, ==, PROCESS_CANCELLED);
  g_assert_cmpint (played.signal, ==, SIGINT);
}

/* ---- what is not tools --------------------------------------------------- */

static void
test_looks (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = g_build_filename (fixture->folder, "file", NULL), *none = g_build_filename (fixture->folder, "none", NULL);
  World *world = fixture->world;

  (void) data;
  g_assert_true (g_file_set_contents (file, "text", -1, NULL));
  g_setenv ("GALLEY_TEST_LOOK", "seen", TRUE);
  for (int turn = 0; turn < 2; turn++)
    {
      const struct { LookKind kind; const char *subject; gint64 deadline_us; } asked[] = {
        { LOOK_FILE, file, 0 }, { LOOK_FILE, none, 0 }, { LOOK_EXISTS, file, 0 }, { LOOK_EXISTS, none, 0 },
        { LOOK_ENV, "GALLEY_TEST_LOOK", 0 }, { LOOK_ENV, "GALLEY_TEST_NONE", 0 }, { LOOK_TIME_LEFT, "", G_MAXINT64 },
        { LOOK_TIME_LEFT, "", 1 },
      };
      Look looks[G_N_ELEMENTS (asked)];

      for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
        {
          g_autofree char *problem = NULL;

          g_assert_true (world_look (world, "step check", asked[i].kind, asked[i].subject, asked[i].deadline_us, &looks[i], &problem));
          g_assert_null (problem);
        }
      g_assert_cmpmem (g_bytes_get_data (looks[0].data, NULL), g_bytes_get_size (looks[0].data), "text", 4);
      g_assert_true (looks[0].there && !looks[1].there && looks[2].there && !looks[3].there);
      g_assert_cmpstr (looks[1].problem, ==, g_strerror (ENOENT));
      g_assert_cmpmem (g_bytes_get_data (looks[4].data, NULL), g_bytes_get_size (looks[4].data), "seen", 4);
      g_assert_true (looks[4].there && !looks[5].there && looks[5].data == NULL);
      g_assert_cmpint (looks[6].number, ==, G_MAXINT64);
      g_assert_cmpint (looks[7].number, ==, 0);
      for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
        look_clear (&looks[i]);
      if (turn == 0)
        {
          g_unlink (file);
          g_unsetenv ("GALLEY_TEST_LOOK");
          world = play (fixture, TRUE);
        }
    }
}

static void
test_look_elsewhere (Fixture *fixture, gconstpointer data)
{
  g_auto (Look) first = { 0 }, second = { 0 }, third = { 0 };
  g_autofree char *problem = NULL, *again = NULL;
  World *world;

  (void) data;
  g_assert_true (world_look (fixture->world, "step check", LOOK_EXISTS, "/etc", 0, &first, &problem));
  world = play (fixture, TRUE);
  g_assert_false (world_look (world, "step check", LOOK_EXISTS, "/usr", 0, &second, &problem));
  g_assert_cmpstr (problem, ==, "departs from the recording: \"step check\" asks for exists /usr; recorded is: /etc");
  g_assert_false (world_look (world, "step check", LOOK_EXISTS, "/usr", 0, &third, &again));
  g_assert_cmpstr (again, ==, "departs from the recording, in which \"step check\" asks no further exists: /usr");
}

static void
test_look_at_file (void)
{
  g_auto (Look) folder = { 0 }, device = { 0 };

  look_at (LOOK_FILE, "/", 0, &folder);
  g_assert_cmpstr (folder.problem, ==, "is not a regular file");
  look_at (LOOK_FILE, "/dev/null", 0, &device);
  g_assert_cmpstr (device.problem, ==, "is not a regular file");
  g_assert_null (device.data);
}

static void
test_tools (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL, same = NULL, unknown = NULL;
  g_autofree char *sh = NULL, *none = NULL, *played = NULL, *identity = NULL;
  World *world = fixture->world;

  (void) data;
  sh = world_find_tool (world, "sh", "/bin", NULL);
  g_assert_nonnull (sh);
  none = world_find_tool (world, "galley-none", "/bin", &error);
  g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION);
  identity = world_file_identity (world, "/");
  g_assert_nonnull (identity);
  g_assert_null (world_file_identity (world, "/nowhere"));
  world = play (fixture, TRUE);
  played = world_find_tool (world, "sh", "/bin", NULL);
  g_assert_cmpstr (played, ==, sh);
  g_assert_null (world_find_tool (world, "galley-none", "/bin", &same));
  g_assert_cmpstr (same->message, ==, error->message);
  g_assert_null (world_find_tool (world, "other", "/bin", &unknown));
  g_assert_cmpstr (unknown->message, ==, "tool \"other\" is not in the recording");
  g_assert_null (world_file_identity (world, "/"));
}

static void
test_vars (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonNode) number = json_node_init_int (json_node_alloc (), 7), value = NULL;
  g_autoptr (JsonNode) list = json_from_string ("[\"a\", {\"b\": \"t0p-s3cret\"}]", NULL);
  g_autofree char *env = NULL, *none = NULL, *text = NULL;
  const char *origin = NULL;
  World *world = fixture->world;

  (void) data;
  g_assert_false (world_var (world, "n", &value, &origin));
  world_note_var (world, "n", number, "--var");
  world_note_var (world, "app/o", NULL, "not given");
  world_hide (world, "key", "t0p-s3cret", -1);
  world_note_var (world, "list", list, "vars.yaml:3");
  g_setenv ("GALLEY_TEST_ENV", "e", TRUE);
  g_free (world_env (world, "GALLEY_TEST_ENV"));
  g_assert_null (world_env (world, "GALLEY_TEST_NONE"));
  g_setenv ("GALLEY_TEST_ENV", "other", TRUE);
  world = play (fixture, TRUE);
  g_assert_true (world_var (world, "n", &value, &origin));
  g_assert_cmpint (json_node_get_int (value), ==, 7);
  g_assert_cmpstr (origin, ==, "--var");
  g_clear_pointer (&value, json_node_unref);
  g_assert_true (world_var (world, "app/o", &value, &origin));
  g_assert_null (value);
  g_assert_cmpstr (origin, ==, "not given");
  g_assert_true (world_var (world, "list", &value, &origin));
  text = json_to_string (value, FALSE);
  g_assert_cmpstr (text, ==, "[\"a\",{\"b\":\"secret-1-0\"}]");
  g_clear_pointer (&value, json_node_unref);
  g_assert_false (world_var (world, "m", &value, &origin));
  env = world_env (world, "GALLEY_TEST_ENV");
  g_assert_cmpstr (env, ==, "e");
  none = world_env (world, "GALLEY_TEST_NONE");
  g_assert_null (none);
  g_unsetenv ("GALLEY_TEST_ENV");
}

/* ---- secrets and places -------------------------------------------------- */

/* Told in two pieces, and known only afterwards. */
static void
test_secret (Fixture *fixture, gconstpointer data)
{
  g_auto (Ran) live = { 0 }, played = { 0 };
  g_autofree char *text = NULL;

  (void) data;
  run (fixture->world, shell ("printf 'a t0p-s'; sleep 0.05; echo 3cret b"), &live);
  g_assert_cmpstr (live.texts[0], ==, "a t0p-s3cret b\n");
  world_hide (fixture->world, "key", "t0p-s3cret", -1);
  play (fixture, TRUE);
  text = recorded_text (fixture);
  g_assert_null (strstr (strstr (text, "\"output\""), "t0p-s"));
  g_assert_null (strstr (strstr (text, "\"output\""), "3cret"));
  run (fixture->world, shell ("printf 'a t0p-s'; sleep 0.05; echo 3cret b"), &played);
  g_assert_cmpuint (strlen (played.texts[0]), ==, strlen (live.texts[0]));
  g_assert_true (g_str_has_prefix (played.texts[0], "a secret-1"));
  g_assert_true (g_str_has_suffix (played.texts[0], " b\n"));
}

static Command *
secretive (const char *script, guint flags)
{
  Command *command = shell (script);

  command->flags = COMMAND_SECRET_OUTPUT | flags;
  return command;
}

static void
test_undeclared (Fixture *fixture, gconstpointer data)
{
  static const char json[] = "echo '{\"user\": \"anna-maria\", \"password\": \"undeclared-1\", \"token\": \"given-to-it\"}'";
  g_auto (Ran) live = { 0 }, plain = { 0 }, unused = { 0 }, played = { 0 }, without = { 0 };
  World *world;

  (void) data;
  world_begin (fixture->world, "step", "{\"token\":\"given-to-it\"}");
  run (fixture->world, secretive (json, 0), &live);
  run (fixture->world, secretive ("echo undeclared-2; echo {} >&2", 0), &plain);
  run (fixture->world, secretive ("echo '{\"user\": \"otto\"}'", COMMAND_UNUSED_OUTPUT), &unused);
  world = play (fixture, TRUE);
  run (world, secretive (json, 0), &played);
  g_assert_nonnull (strstr (played.texts[0], "anna-maria"));
  g_assert_nonnull (strstr (played.texts[0], "given-to-it"));
  g_assert_null (strstr (played.texts[0], "undeclared-1"));
  run (world, secretive ("echo undeclared-2; echo {} >&2", 0), &without);
  g_assert_cmpstr (without.texts[0], ==, "");
  g_assert_cmpstr (without.texts[1], ==, "{}\n");
  g_assert_cmpuint (without.totals[0], ==, 13);
  ran_clear (&without);
  run (world, secretive ("echo '{\"user\": \"otto\"}'", COMMAND_UNUSED_OUTPUT), &without);
  g_assert_cmpstr (without.texts[0], ==, "");
}

/* A private file is another there, but what is in it must be the same. */
static void
test_private_file (Fixture *fixture, gconstpointer data)
{
  static const char *const contents[] = { "text", "other" };
  g_autoptr (GBytes) text = g_bytes_new_static ("text", 4);
  g_auto (Ran) live = { 0 };

  (void) data;
  world_add_file (fixture->world, "step", "/run-1/private/1-a", text);
  run (fixture->world, shell ("echo /run-1/private/1-a"), &live);
  for (int i = 0; i < 2; i++)
    {
      g_autoptr (GBytes) now = g_bytes_new_static (contents[i], strlen (contents[i]));
      g_auto (Ran) played = { 0 };
      World *world = play (fixture, i == 0);

      world_add_file (world, "step", "/run-2/private/7-a", now);
      run (world, shell ("echo /run-2/private/7-a"), &played);
      if (i == 0)
        g_assert_cmpstr (played.texts[0], ==, "/run-2/private/7-a\n");
      else
        g_assert_cmpstr (played.departure, ==,
                         "departs from the recording: what is in a private file of its command line is another; recorded is: "
                         "sh -c 'echo {file:step.1}'");
    }
}

static void
test_places (Fixture *fixture, gconstpointer data)
{
  g_auto (Ran) live = { 0 }, played = { 0 };
  World *world;

  (void) data;
  world_add_place (fixture->world, "home", "/home/anna");
  run (fixture->world, shell ("echo /home/anna/x"), &live);
  world = play (fixture, TRUE);
  world_add_place (world, "home", "/home/otto");
  run (world, shell ("echo /home/otto/x"), &played);
  g_assert_cmpstr (played.texts[0], ==, "/home/otto/x\n");
}

/* ---- the recording itself ------------------------------------------------ */

static void
test_left (Fixture *fixture, gconstpointer data)
{
  g_auto (Ran) live = { 0 }, played = { 0 };
  g_autofree char *left = NULL, *none = NULL;
  World *world;

  (void) data;
  run (fixture->world, shell ("echo a"), &live);
  g_assert_null (world_left (fixture->world));
  world = play (fixture, TRUE);
  left = world_left (world);
  g_assert_nonnull (left);
  run (world, shell ("echo a"), &played);
  none = world_left (world);
  g_assert_cmpstr (none, ==, NULL);
}

static void
test_disk_full (void)
{
  g_autoptr (Supervisor) supervisor = supervisor_new (NULL, 0);
  g_autoptr (World) world = world_new_live (supervisor);
  g_autoptr (GError) error = NULL, other = NULL;
  g_autofree char *problem = NULL;
  g_auto (Ran) live = { 0 };

  g_assert_false (world_record (world, "/nowhere/rec", head (), &error));
  g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE);
  g_assert_null (world_end_recording (world));
  g_assert_true (world_record (world, "/dev/full", head (), &other));
  run (world, shell ("echo a"), &live);
  g_assert_cmpstr (live.texts[0], ==, "a\n");
  problem = world_end_recording (world);
  g_assert_cmpstr (problem, ==, g_strerror (ENOSPC));
}

/* A command of nobody's is none of the run's. */
static void
test_nobody (Fixture *fixture, gconstpointer data)
{
  g_auto (Ran) live = { 0 };
  g_autofree char *text = NULL;
  Command *command = shell ("echo nobody");

  (void) data;
  g_clear_pointer (&command->caller, g_free);
  run (fixture->world, command, &live);
  g_assert_cmpstr (live.texts[0], ==, "nobody\n");
  play (fixture, TRUE);
  text = recorded_text (fixture);
  g_assert_null (strstr (text, "nobody"));
}

#define ADD(name, function) g_test_add ("/world/" name, Fixture, NULL, fixture_begin, function, fixture_end)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  signal (SIGPIPE, SIG_IGN);
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      g_autofree char *path = g_strconcat ("/world/ending/", endings[i].name, NULL);

      g_test_add (path, Fixture, &endings[i], fixture_begin, test_ending, fixture_end);
    }
  ADD ("long", test_long);
  ADD ("bytes", test_bytes);
  ADD ("nothing-runs", test_nothing_runs);
  ADD ("cancelled", test_cancelled);
  ADD ("departures", test_departures);
  ADD ("cut-off", test_cut_off);
  ADD ("interrupted", test_interrupted);
  ADD ("looks", test_looks);
  ADD ("look-elsewhere", test_look_elsewhere);
  g_test_add_func ("/world/look-at-file", test_look_at_file);
  ADD ("tools", test_tools);
  ADD ("vars", test_vars);
  ADD ("secret", test_secret);
  ADD ("undeclared", test_undeclared);
  ADD ("private-file", test_private_file);
  ADD ("places", test_places);
  ADD ("left", test_left);
  g_test_add_func ("/world/disk-full", test_disk_full);
  ADD ("nobody", test_nobody);
  return g_test_run ();
}

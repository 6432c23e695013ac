/* SPDX-License-Identifier: MIT */
#include "recorded.h"

#include <string.h>
#include "proc/places.h"
#include "proc/recording.h"

/* Of a machine that is not there. */
static const char *const places[][2] = {
  { "home", "/home" }, { "recipe", "/recipe" }, { "cwd", "/cwd" }, { "run", "/run" }, { "helpers", "/helpers" },
};

static const Recording *
recording_of (const char *name)
{
  static const char *const folders[] = { "recipes/recordings", "tests/recordings" };
  static GHashTable *known;             /* name -> Recording* */
  g_autofree char *file = g_strconcat (name, ".jsonl", NULL);
  Recording *recording;
  g_autoptr(GError) error = NULL;

  if (known == NULL)
    known = g_hash_table_new (g_str_hash, g_str_equal);
  recording = g_hash_table_lookup (known, name);
  for (gsize i = 0; recording == NULL && i < G_N_ELEMENTS (folders); i++) {
    g_autofree char *path = g_test_build_filename (G_TEST_DIST, folders[i], file, NULL);

    if (!g_file_test (path, G_FILE_TEST_EXISTS))
      continue;
    recording = recording_read (path, &error);
    if (recording == NULL)
      g_error ("%s", error->message);
    g_hash_table_insert (known, g_strdup (name), recording);
  }
  if (recording == NULL)
    g_error ("there is no recording %s", name);
  return recording;
}

static gpointer
keep (gpointer text)
{
  static GPtrArray *kept;

  if (kept == NULL)
    kept = g_ptr_array_new ();
  g_ptr_array_add (kept, text);
  return text;
}

/* The private files of CALL's own step are "{file:1}" and so on, by the order
 * in which it names them; those of another are below /file. */
static Places *
places_of (const RecordedCall *call)
{
  g_autofree char *step = g_strndup (call->asked.caller, strcspn (call->asked.caller, " "));
  g_autofree char *own = g_strconcat (step, ".", NULL);
  Places *all = places_new ();
  guint n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    places_add (all, places[i][0], places[i][1]);
  for (char **file = call->asked.files; file != NULL && *file != NULL; file++) {
    g_autofree char *file_name = g_strndup (*file, strcspn (*file, "="));
    g_autofree char *name = g_strconcat ("file:", file_name, NULL);
    g_autofree char *path = g_str_has_prefix (file_name, own) ? g_strdup_printf ("{file:%u}", ++n)
                                                              : g_strconcat ("/file/", file_name, NULL);

    places_add (all, name, path);
  }
  return all;
}

static gboolean
is_line (const RecordedCall *call, const Places *all, char **argv)
{
  char **recorded_argv = call->asked.argv;
  guint i = 0;

  for (; recorded_argv[i] != NULL && argv[i] != NULL; i++) {
    g_autofree char *shown = places_show (all, recorded_argv[i], -1, NULL);

    if (strcmp (shown, argv[i]) != 0)
      return FALSE;
  }
  return recorded_argv[i] == NULL && argv[i] == NULL;
}

static const RecordedCall *
find (const char *name, const char *line, guint n)
{
  const Recording *recording = recording_of (name);
  g_auto(GStrv) argv = NULL;
  g_autoptr(GError) error = NULL;
  guint seen = 0;

  if (!g_shell_parse_argv (line, NULL, &argv, &error))
    g_error ("\"%s\": %s", line, error->message);
  for (guint i = 0; i < recording->calls->len; i++) {
    const RecordedCall *call = recording->calls->pdata[i];
    g_autoptr(Places) all = places_of (call);

    if (call->ended && is_line (call, all, argv) && ++seen == n)
      return call;
  }
  for (guint i = 0; i < recording->calls->len; i++) {
    const RecordedCall *call = recording->calls->pdata[i];
    g_autofree char *words = g_strjoinv (" ", call->asked.argv);

    if (strcmp (call->asked.argv[0], argv[0]) == 0)
      g_printerr ("%s: %s: %s\n", name, call->asked.caller, words);
  }
  g_error ("%s has no call %u of: %s", name, n, line);
}

static const char *
stream_of (const RecordedCall *call, ProcessStream stream)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(Places) all = places_of (call);

  for (guint i = 0; i < call->outputs->len; i++) {
    const RecordedOutput *output = call->outputs->pdata[i];

    if (output->stream == stream)
      g_string_append_len (text, g_bytes_get_data (output->data, NULL), (gssize) g_bytes_get_size (output->data));
  }
  return keep (places_show (all, text->str, (gssize) text->len, NULL));
}

const char *
recorded_nth (const char *recording, const char *line, guint n)
{
  return stream_of (find (recording, line, n), PROCESS_STDOUT);
}

const char *
recorded (const char *recording, const char *line)
{
  return recorded_nth (recording, line, 1);
}

const char *
recorded_err_nth (const char *recording, const char *line, guint n)
{
  return stream_of (find (recording, line, n), PROCESS_STDERR);
}

const char *
recorded_err (const char *recording, const char *line)
{
  return recorded_err_nth (recording, line, 1);
}

const char *
varied (const char *text, const char *old, const char *new)
{
  g_auto(GStrv) parts = g_strsplit (text, old, -1);

  if (g_strv_length (parts) < 2)
    g_error ("there is no \"%s\" to vary in: %s", old, text);
  return keep (g_strjoinv (new, parts));
}

const char *
varied_member (const char *text, const char *name, const char *value)
{
  g_autofree char *pattern = g_strdup_printf ("(\"%s\": ?\")[^\"]*", name);
  g_autofree char *replacement = g_strdup_printf ("\\g<1>%s", value);
  g_autoptr(GRegex) regex = g_regex_new (pattern, 0, 0, NULL);

  if (!g_regex_match (regex, text, 0, NULL))
    g_error ("there is no text \"%s\" to vary in: %s", name, text);
  return keep (g_regex_replace (regex, text, -1, 0, replacement, 0, NULL));
}

static int
exit_of (const RecordedCall *call, const char *line)
{
  if (call->result.how != PROCESS_EXITED)
    g_error ("did not end by itself: %s", line);
  return call->result.exit_code;
}

void
fake_host_expect_recorded (FakeHost *host, const char *recording, const char *line)
{
  const RecordedCall *call = find (recording, line, 1);

  fake_host_expect (host, line, exit_of (call, line), stream_of (call, PROCESS_STDOUT), stream_of (call, PROCESS_STDERR));
}

void
fake_host_answer_recorded (FakeHost *host, const char *glob, const char *recording, const char *line)
{
  const RecordedCall *call = find (recording, line, 1);

  fake_host_answer (host, glob, exit_of (call, line), stream_of (call, PROCESS_STDOUT), stream_of (call, PROCESS_STDERR));
}

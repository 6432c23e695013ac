/* SPDX-License-Identifier: MIT */
#include "proc/recording.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/errors.h"
#include "base/strict-json.h"

static const char *const look_names[] = { NULL, "file", "exists", "env", "time_left" };
static const char *const how_names[] = { NULL, "exited", "signalled", "timed_out", "cancelled", "not_started", "unknown" };

const char *
look_kind_name (LookKind kind)
{
  return look_names[kind];
}

/* ---- members of a line --------------------------------------------------- */

const char *
recording_text (JsonObject *line, const char *name)
{
  return strict_json_string (json_object_get_member (line, name));
}

gint64
recording_int (JsonObject *line, const char *name)
{
  JsonNode *node = json_object_get_member (line, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_int (node) : 0;
}

gboolean
recording_flag (JsonObject *line, const char *name)
{
  JsonNode *node = json_object_get_member (line, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_boolean (node);
}

/* Never NULL. */
static char **
texts (JsonObject *line, const char *name)
{
  JsonNode *node = json_object_get_member (line, name);
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  GPtrArray *all = g_ptr_array_new ();

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    g_ptr_array_add (all, strict_json_to_text (json_array_get_element (array, i)));
  g_ptr_array_add (all, NULL);
  return (char **) g_ptr_array_free (all, FALSE);
}

void
recording_set_bytes (JsonObject *line, const char *name, const char *data, gsize len)
{
  g_autofree char *member = NULL, *text = NULL;

  if (g_utf8_validate_len (data, len, NULL))
    {
      text = g_strndup (data, len);
      json_object_set_string_member (line, name, text);
      return;
    }
  member = g_strconcat (name, "_base64", NULL);
  text = g_base64_encode ((const guchar *) data, len);
  json_object_set_string_member (line, member, text);
}

GBytes *
recording_get_bytes (JsonObject *line, const char *name)
{
  const char *text = recording_text (line, name);
  g_autofree char *member = g_strconcat (name, "_base64", NULL);
  guchar *data;
  gsize len;

  if (text != NULL)
    return g_bytes_new (text, strlen (text));
  text = recording_text (line, member);
  if (text == NULL)
    return NULL;
  data = g_base64_decode (text, &len);
  return g_bytes_new_take (data, len);
}

/* ---- calls --------------------------------------------------------------- */

static void
output_free (gpointer data)
{
  RecordedOutput *output = data;

  g_bytes_unref (output->data);
  g_free (output);
}

static void
call_free (gpointer data)
{
  RecordedCall *call = data;

  asked_clear (&call->asked);
  g_free (call->error_text);
  g_ptr_array_unref (call->outputs);
  g_free (call);
}

static RecordedCall *
call_new (JsonObject *line)
{
  RecordedCall *call = g_new0 (RecordedCall, 1);

  call->number = recording_int (line, "call");
  call->asked.caller = g_strdup (recording_text (line, "by"));
  call->asked.argv = texts (line, "argv");
  call->asked.cwd = g_strdup (recording_text (line, "cwd"));
  call->asked.files = texts (line, "files");
  call->asked.input = g_strdup (recording_text (line, "stdin"));
  call->asked.given = g_strdup (recording_text (line, "given"));
  call->outputs = g_ptr_array_new_with_free_func (output_free);
  return call;
}

static void
add_output (RecordedCall *call, JsonObject *piece)
{
  RecordedOutput *output = g_new0 (RecordedOutput, 1);

  output->at_ms = recording_int (piece, "at");
  output->data = recording_get_bytes (piece, "out");
  if (output->data == NULL)
    {
      output->stream = PROCESS_STDERR;
      output->data = recording_get_bytes (piece, "err");
    }
  if (output->data == NULL)
    output->data = g_bytes_new (NULL, 0);
  g_ptr_array_add (call->outputs, output);
}

static void
read_outputs (RecordedCall *call, JsonObject *line)
{
  JsonNode *node = json_object_get_member (line, "output");
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *piece = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_OBJECT (piece))
        add_output (call, json_node_get_object (piece));
    }
}

static ProcessHow
how_of (const char *name)
{
  for (guint i = 1; name != NULL && i < G_N_ELEMENTS (how_names); i++)
    if (strcmp (how_names[i], name) == 0)
      return (ProcessHow) i;
  return 0;
}

/* FALSE: nobody knows how it ended. */
static gboolean
end_call (RecordedCall *call, JsonObject *line)
{
  ProcessResult *result = &call->result;

  call->ended = TRUE;
  result->how = how_of (recording_text (line, "how"));
  result->exit_code = result->how == PROCESS_EXITED ? (int) recording_int (line, "exit") : -1;
  result->signal = (int) recording_int (line, "signal");
  result->core_dumped = recording_flag (line, "core_dumped");
  result->error_number = (int) recording_int (line, "errno");
  call->error_text = g_strdup (recording_text (line, "error"));
  result->duration_ms = recording_int (line, "duration");
  result->limit_ms = recording_int (line, "limit");
  result->idle = recording_flag (line, "idle");
  result->held_open = recording_flag (line, "held_open");
  result->strays = (guint) recording_int (line, "strays");
  result->survivors = (guint) recording_int (line, "survivors");
  result->output[PROCESS_STDOUT].total = (guint64) recording_int (line, "out_bytes");
  result->output[PROCESS_STDERR].total = (guint64) recording_int (line, "err_bytes");
  result->output[PROCESS_STDOUT].cut_at = (gsize) recording_int (line, "out_cut_at");
  result->output[PROCESS_STDERR].cut_at = (gsize) recording_int (line, "err_cut_at");
  read_outputs (call, line);
  return result->how != 0;
}

/* ---- looks --------------------------------------------------------------- */

static void
recorded_look_free (gpointer data)
{
  RecordedLook *look = data;

  g_free (look->caller);
  g_free (look->subject);
  look_clear (&look->look);
  g_free (look);
}

static LookKind
kind_of (const char *name)
{
  for (guint i = 1; i < G_N_ELEMENTS (look_names); i++)
    if (strcmp (look_names[i], name) == 0)
      return (LookKind) i;
  return 0;
}

static gboolean
add_look (Recording *recording, JsonObject *line)
{
  RecordedLook *look = g_new0 (RecordedLook, 1);

  g_ptr_array_add (recording->looks, look);
  look->caller = g_strdup (recording_text (line, "by"));
  look->subject = g_strdup (recording_text (line, "subject"));
  look->kind = kind_of (recording_text (line, "look"));
  look->look.there = recording_flag (line, "there");
  look->look.number = json_object_has_member (line, "number") ? recording_int (line, "number") : G_MAXINT64;
  look->look.problem = g_strdup (recording_text (line, "problem"));
  look->look.data = recording_get_bytes (line, "data");
  return look->kind != 0 && look->caller != NULL;
}

/* ---- interrupts ---------------------------------------------------------- */

static void
interrupt_free (gpointer data)
{
  RecordedInterrupt *interrupt = data;

  g_array_unref (interrupt->running);
  g_free (interrupt);
}

static gboolean
add_interrupt (Recording *recording, JsonObject *line)
{
  RecordedInterrupt *interrupt = g_new0 (RecordedInterrupt, 1);
  g_auto (GStrv) running = texts (line, "running");

  g_ptr_array_add (recording->interrupts, interrupt);
  interrupt->signal = (int) recording_int (line, "interrupt");
  interrupt->calls = recording_int (line, "calls");
  interrupt->after_ms = recording_int (line, "after");
  interrupt->running = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (char **number = running; *number != NULL; number++)
    {
      gint64 call = g_ascii_strtoll (*number, NULL, 10);

      g_array_append_val (interrupt->running, call);
    }
  return interrupt->signal > 0 && interrupt->calls <= recording->calls->len;
}

/* ---- the whole ----------------------------------------------------------- */

static gboolean
end_line (Recording *recording, JsonObject *line)
{
  gint64 number = recording_int (line, "end");
  RecordedCall *call = g_hash_table_lookup (recording->numbers, &number);

  return call != NULL && !call->ended && end_call (call, line);
}

static gboolean
call_line (Recording *recording, JsonObject *line)
{
  RecordedCall *call = call_new (line);

  g_ptr_array_add (recording->calls, call);
  return call->number > 0 && call->asked.caller != NULL && call->asked.argv[0] != NULL
         && g_hash_table_insert (recording->numbers, &call->number, call);
}

static gboolean
keyed_line (GHashTable *table, JsonObject *line, const char *key)
{
  g_hash_table_replace (table, (gpointer) recording_text (line, key), json_object_get_member (line, "value"));
  return json_object_has_member (line, "value");
}

/* FALSE: it is nothing that is in a recording. */
static gboolean
take_line (Recording *recording, JsonObject *line)
{
  if (recording_text (line, "var") != NULL)
    return g_hash_table_replace (recording->vars, (gpointer) recording_text (line, "var"), line), json_object_has_member (line, "value");
  if (recording_text (line, "env") != NULL)
    return keyed_line (recording->envs, line, "env");
  if (recording_text (line, "look") != NULL)
    return add_look (recording, line);
  if (recording_text (line, "tool") != NULL)
    return g_hash_table_replace (recording->tools, (gpointer) recording_text (line, "tool"), line), TRUE;
  if (json_object_has_member (line, "end"))
    return end_line (recording, line);
  if (json_object_has_member (line, "interrupt"))
    return add_interrupt (recording, line);
  if (json_object_has_member (line, "done"))
    return (recording->done = TRUE);
  return json_object_has_member (line, "call") && call_line (recording, line);
}

static gboolean
take_head (Recording *recording, JsonObject *line, GError **error)
{
  if (g_strcmp0 (recording_text (line, "galley"), "recording") != 0)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "does not begin as a recording does");
  else if (recording_int (line, "version") != RECORDING_VERSION)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "is a recording of version %" G_GINT64_FORMAT "; this galley knows %d",
                 recording_int (line, "version"), RECORDING_VERSION);
  else
    recording->head = line;
  return recording->head != NULL;
}

static gboolean
read_line (Recording *recording, const char *text, gsize len, GError **error)
{
  JsonNode *node = strict_json_parse (text, (gssize) len, error);
  JsonObject *line;

  if (node == NULL)
    return FALSE;
  g_ptr_array_add (recording->lines, node);
  line = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  if (recording->head == NULL && line != NULL)
    return take_head (recording, line, error);
  if (line != NULL && take_line (recording, line))
    return TRUE;
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "is nothing that is in a recording");
  return FALSE;
}

static Recording *
recording_new (void)
{
  Recording *recording = g_new0 (Recording, 1);

  recording->lines = g_ptr_array_new_with_free_func ((GDestroyNotify) json_node_unref);
  recording->calls = g_ptr_array_new_with_free_func (call_free);
  recording->looks = g_ptr_array_new_with_free_func (recorded_look_free);
  recording->interrupts = g_ptr_array_new_with_free_func (interrupt_free);
  recording->numbers = g_hash_table_new (g_int64_hash, g_int64_equal);
  recording->vars = g_hash_table_new (g_str_hash, g_str_equal);
  recording->envs = g_hash_table_new (g_str_hash, g_str_equal);
  recording->tools = g_hash_table_new (g_str_hash, g_str_equal);
  return recording;
}

void
recording_free (Recording *recording)
{
  g_hash_table_unref (recording->numbers);
  g_ptr_array_unref (recording->calls);
  g_ptr_array_unref (recording->looks);
  g_ptr_array_unref (recording->interrupts);
  g_hash_table_unref (recording->vars);
  g_hash_table_unref (recording->envs);
  g_hash_table_unref (recording->tools);
  g_ptr_array_unref (recording->lines);
  g_free (recording);
}

/* Of what is no file there may be no end. */
static char *
read_file (const char *path, gsize *len, GError **error)
{
  struct stat info = { 0 };
  g_autofree char *why = NULL;
  char *text = NULL;

  if (stat (path, &info) < 0)
    why = g_strdup (g_strerror (errno));
  else if (!S_ISREG (info.st_mode))
    why = g_strdup ("is not a regular file");
  else if (info.st_size > RECORDING_MAX)
    why = g_strdup_printf ("has more than %d MiB", RECORDING_MAX >> 20);
  else if (!g_file_get_contents (path, &text, len, NULL))
    why = g_strdup (g_strerror (errno));
  if (text == NULL)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "cannot read the recording \"%s\": %s", path, why);
  return text;
}

/* A last line without its end was being written when its galley was killed. */
static gboolean
read_lines (Recording *recording, const char *path, char *text, gsize len, GError **error)
{
  guint number = 1;

  for (char *at = text, *end; (end = memchr (at, '\n', len - (gsize) (at - text))) != NULL; at = end + 1, number++)
    {
      g_autoptr (GError) own = NULL;

      if (read_line (recording, at, (gsize) (end - at), &own))
        continue;
      g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "%s:%u: %s", path, number, own->message);
      return FALSE;
    }
  if (recording->head == NULL)
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "\"%s\" is no recording", path);
  return recording->head != NULL;
}

Recording *
recording_read (const char *path, GError **error)
{
  g_autoptr (Recording) recording = recording_new ();
  gsize len = 0;
  g_autofree char *text = read_file (path, &len, error);

  if (text == NULL || !read_lines (recording, path, text, len, error))
    return NULL;
  return g_steal_pointer (&recording);
}

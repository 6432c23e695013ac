/* SPDX-License-Identifier: MIT */
#include "proc/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/strict-json.h"
#include "proc/undeclared.h"

/* A line that is held back, with the outputs that are to go into it. */
typedef struct {
  char       *step;
  JsonObject *line;
  GBytes     *data[2];
  gboolean    cut[2];
  GArray     *pieces;             /* of Piece; NULL: no outputs */
} Held;

struct _Recorder {
  int         fd;
  Disguise   *disguise;
  GPtrArray  *held;               /* of Held*, in order */
  GHashTable *own;                /* step -> GString: what it was given itself */
  gint64      began_us, last_us;  /* .last_us: when a call last began or ended */
  guint       calls;
  GArray     *running;            /* of guint: their numbers */
  char       *problem;
};

static void
held_free (gpointer data)
{
  Held *held = data;

  g_free (held->step);
  g_clear_pointer (&held->line, json_object_unref);
  for (int i = 0; i < 2; i++)
    g_clear_pointer (&held->data[i], g_bytes_unref);
  g_clear_pointer (&held->pieces, g_array_unref);
  g_free (held);
}

static void
free_string (gpointer data)
{
  g_string_free (data, TRUE);
}

/* ---- writing ------------------------------------------------------------- */

static void
write_all (Recorder *recorder, const char *text, gsize len)
{
  while (len > 0 && recorder->problem == NULL)
    {
      ssize_t n = write (recorder->fd, text, len);

      if (n < 0 && errno != EINTR)
        recorder->problem = g_strdup (g_strerror (errno));
      text += MAX (n, 0);
      len -= (gsize) MAX (n, 0);
    }
}

/* LINE: taken. */
static void
write_line (Recorder *recorder, JsonObject *line)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL, *whole = NULL;

  json_node_take_object (node, line);
  text = strict_json_write (node, FALSE);
  whole = g_strconcat (text, "\n", NULL);
  write_all (recorder, whole, strlen (whole));
}

static char *
hide (const Recorder *recorder, const char *text)
{
  return disguise_hide (recorder->disguise, text, -1, FALSE, NULL, 0, NULL);
}

static JsonNode *
hide_node (const Recorder *recorder, JsonNode *node);

static JsonNode *
hide_array (const Recorder *recorder, JsonArray *array)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *copy = json_array_new ();

  for (guint i = 0; i < json_array_get_length (array); i++)
    json_array_add_element (copy, hide_node (recorder, json_array_get_element (array, i)));
  json_node_take_array (node, copy);
  return node;
}

static JsonNode *
hide_object (const Recorder *recorder, JsonObject *object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT), *value;
  JsonObject *copy = json_object_new ();
  JsonObjectIter iter;
  const char *name;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &value))
    json_object_set_member (copy, name, hide_node (recorder, value));
  json_node_take_object (node, copy);
  return node;
}

/* A copy in which each text is as it is to be in the recording. */
static JsonNode *
hide_node (const Recorder *recorder, JsonNode *node)
{
  const char *text = strict_json_string (node);
  g_autofree char *hidden = text != NULL ? hide (recorder, text) : NULL;

  if (hidden != NULL)
    return json_node_init_string (json_node_alloc (), hidden);
  if (JSON_NODE_HOLDS_OBJECT (node))
    return hide_object (recorder, json_node_get_object (node));
  if (JSON_NODE_HOLDS_ARRAY (node))
    return hide_array (recorder, json_node_get_array (node));
  return json_node_copy (node);
}

/* LINE, taken, as it is to be in the recording. */
static JsonObject *
hide_line (const Recorder *recorder, JsonObject *line)
{
  g_autoptr (JsonNode) hidden = hide_object (recorder, line);

  json_object_unref (line);
  return json_node_dup_object (hidden);
}

/* ---- outputs ------------------------------------------------------------- */

static void
add_piece (JsonArray *output, const Piece *piece, const char *data, gsize len)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "at", piece->at_ms);
  recording_set_bytes (object, piece->stream == PROCESS_STDOUT ? "out" : "err", data, len);
  json_array_add_object_element (output, object);
}

/* What of a stream may be kept, and where its pieces end in that. */
typedef struct { char *text; gsize len; GArray *ends; } Hidden;

static void
hidden_clear (Hidden *hidden)
{
  g_free (hidden->text);
  g_array_unref (hidden->ends);
}

static Hidden
hide_stream (const Recorder *recorder, const Held *held, ProcessStream stream)
{
  Hidden hidden = { NULL, 0, g_array_new (FALSE, FALSE, sizeof (gsize)) };
  gsize len, end = 0;
  const char *data = g_bytes_get_data (held->data[stream], &len);

  for (guint i = 0; i < held->pieces->len; i++)
    {
      const Piece *piece = &g_array_index (held->pieces, Piece, i);

      if (piece->stream != stream)
        continue;
      end += piece->len;
      g_array_append_val (hidden.ends, end);
    }
  hidden.text = disguise_hide (recorder->disguise, data != NULL ? data : "", (gssize) len, held->cut[stream],
                               (gsize *) (void *) hidden.ends->data, hidden.ends->len, &hidden.len);
  return hidden;
}

/* A secret may lie across two pieces: they are cut out of the hidden whole. */
static void
add_output (const Recorder *recorder, const Held *held)
{
  JsonArray *output = json_array_new ();
  Hidden hidden[2] = { hide_stream (recorder, held, PROCESS_STDOUT), hide_stream (recorder, held, PROCESS_STDERR) };
  gsize begin[2] = { 0, 0 };
  guint next[2] = { 0, 0 };

  for (guint i = 0; i < held->pieces->len; i++)
    {
      const Piece *piece = &g_array_index (held->pieces, Piece, i);
      ProcessStream s = piece->stream;
      gsize end = g_array_index (hidden[s].ends, gsize, next[s]++);

      if (end > begin[s])
        add_piece (output, piece, hidden[s].text + begin[s], end - begin[s]);
      begin[s] = end;
    }
  json_object_set_array_member (held->line, "output", output);
  hidden_clear (&hidden[0]);
  hidden_clear (&hidden[1]);
}

/* Of such a stream nothing is kept. */
static void
drop_stream (Held *held, ProcessStream stream)
{
  for (guint at = held->pieces->len; at > 0; at--)
    if (g_array_index (held->pieces, Piece, at - 1).stream == stream)
      g_array_remove_index (held->pieces, at - 1);
  g_bytes_unref (held->data[stream]);
  held->data[stream] = g_bytes_new (NULL, 0);
}

/* At once: the next command of its callback may be given what it says. */
static void
look_for_undeclared (Recorder *recorder, Held *held, const Command *command)
{
  GString *own = g_hash_table_lookup (recorder->own, held->step);

  for (int i = 0; i < 2; i++)
    {
      gsize len;
      const char *data = g_bytes_get_data (held->data[i], &len);

      if (len > 0 && ((command->flags & COMMAND_UNUSED_OUTPUT)
                      || !undeclared_find (data, len, own != NULL ? own->str : NULL, recorder->disguise->placeholders)))
        drop_stream (held, (ProcessStream) i);
    }
}

/* ---- holding back -------------------------------------------------------- */

static void
publish (Recorder *recorder, Held *held)
{
  held->line = hide_line (recorder, held->line);
  if (held->pieces != NULL)
    add_output (recorder, held);
  write_line (recorder, g_steal_pointer (&held->line));
}

static Held *
hold (Recorder *recorder, const char *caller, JsonObject *line)
{
  const char *space = strrchr (caller, ' ');
  Held *held = g_new0 (Held, 1);

  held->step = space != NULL ? g_strndup (caller, (gsize) (space - caller)) : g_strdup (caller);
  held->line = line;
  g_ptr_array_add (recorder->held, held);
  return held;
}

/* STEP NULL: all. */
void
recorder_settle (Recorder *recorder, const char *step)
{
  guint kept = 0;

  for (guint i = 0; i < recorder->held->len; i++)
    {
      Held *held = recorder->held->pdata[i];

      if (step != NULL && strcmp (held->step, step) != 0)
        {
          recorder->held->pdata[kept++] = held;
          continue;
        }
      publish (recorder, held);
      held_free (held);
    }
  g_ptr_array_set_size (recorder->held, (gint) kept);
  if (step != NULL)
    g_hash_table_remove (recorder->own, step);
}

/* ---- what is recorded ---------------------------------------------------- */

static void
add_texts (JsonObject *line, const char *name, char **texts)
{
  JsonArray *array = json_array_new ();

  for (; *texts != NULL; texts++)
    json_array_add_string_element (array, *texts);
  json_object_set_array_member (line, name, array);
}

static void
add_text (JsonObject *line, const char *name, const char *text)
{
  if (text != NULL)
    json_object_set_string_member (line, name, text);
}

static void
add_number (JsonObject *line, const char *name, gint64 number)
{
  if (number != 0)
    json_object_set_int_member (line, name, number);
}

static void
add_flag (JsonObject *line, const char *name, gboolean flag)
{
  if (flag)
    json_object_set_boolean_member (line, name, TRUE);
}

void
recorder_var (Recorder *recorder, const char *name, JsonNode *value, const char *origin)
{
  JsonObject *line = json_object_new ();

  json_object_set_string_member (line, "var", name);
  json_object_set_member (line, "value", value != NULL ? json_node_copy (value) : json_node_init_null (json_node_alloc ()));
  json_object_set_string_member (line, "origin", origin);
  write_line (recorder, hide_line (recorder, line));
}

void
recorder_env (Recorder *recorder, const char *name, const char *value)
{
  JsonObject *line = json_object_new ();

  json_object_set_string_member (line, "env", name);
  if (value != NULL)
    json_object_set_string_member (line, "value", value);
  else
    json_object_set_null_member (line, "value");
  write_line (recorder, hide_line (recorder, line));
}

void
recorder_tool (Recorder *recorder, const char *name, const char *path, const char *problem)
{
  JsonObject *line = json_object_new ();

  json_object_set_string_member (line, "tool", name);
  add_text (line, "path", path);
  add_text (line, "problem", problem);
  write_line (recorder, hide_line (recorder, line));
}

void
recorder_begin (Recorder *recorder, const char *step, const char *params)
{
  GString *own = g_hash_table_lookup (recorder->own, step);

  if (own == NULL)
    g_hash_table_insert (recorder->own, g_strdup (step), own = g_string_new (NULL));
  g_string_append (own, params);
}

static char **
names_of (char **environment)
{
  GPtrArray *names = g_ptr_array_new ();

  for (; environment != NULL && *environment != NULL; environment++)
    g_ptr_array_add (names, g_strndup (*environment, strcspn (*environment, "=")));
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

guint
recorder_call (Recorder *recorder, const Command *command)
{
  JsonObject *line = json_object_new ();
  g_auto (Asked) asked = { 0 };
  g_auto (GStrv) names = names_of (command->env);

  asked_init (&asked, command, recorder->disguise);
  json_object_set_int_member (line, "call", ++recorder->calls);
  json_object_set_string_member (line, "by", command->caller);
  add_texts (line, "argv", asked.argv);
  add_text (line, "cwd", asked.cwd);
  add_texts (line, "env", names);
  add_text (line, "given", asked.given);
  add_text (line, "stdin", asked.input);
  if (*asked.files != NULL)
    add_texts (line, "files", asked.files);
  json_object_set_int_member (line, "at", (g_get_monotonic_time () - recorder->began_us) / 1000);
  write_line (recorder, line);
  recorder->last_us = g_get_monotonic_time ();
  g_array_append_val (recorder->running, recorder->calls);
  return recorder->calls;
}

static JsonObject *
end_line (guint number, const ProcessResult *result)
{
  static const char *const totals[] = { "out_bytes", "err_bytes" }, *const cuts[] = { "out_cut_at", "err_cut_at" };
  JsonObject *line = json_object_new ();

  json_object_set_int_member (line, "end", number);
  json_object_set_string_member (line, "how", process_how_to_string (result->how));
  if (result->how == PROCESS_EXITED)
    json_object_set_int_member (line, "exit", result->exit_code);
  add_number (line, "signal", result->signal);
  add_flag (line, "core_dumped", result->core_dumped);
  add_number (line, "errno", result->error_number);
  add_text (line, "error", result->error != NULL ? result->error->message : NULL);
  json_object_set_int_member (line, "duration", result->duration_ms);
  add_number (line, "limit", result->limit_ms);
  add_flag (line, "idle", result->idle);
  add_flag (line, "held_open", result->held_open);
  add_number (line, "strays", result->strays);
  add_number (line, "survivors", result->survivors);
  for (int i = 0; i < 2; i++)
    {
      add_number (line, totals[i], (gint64) result->output[i].total);
      add_number (line, cuts[i], (gint64) result->output[i].cut_at);
    }
  return line;
}

/* Of an output that is not whole nobody knows which bytes came when. */
static GArray *
whole_pieces (const GArray *pieces, const ProcessResult *result)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (Piece));

  for (guint i = 0; i < pieces->len; i++)
    {
      const Piece *piece = &g_array_index (pieces, Piece, i);

      if (result->output[piece->stream].cut_at == 0)
        g_array_append_val (all, *piece);
    }
  for (int i = 0; i < 2; i++)
    if (result->output[i].cut_at != 0)
      {
        Piece piece = { (ProcessStream) i, result->duration_ms, g_bytes_get_size (result->output[i].data) };

        g_array_append_val (all, piece);
      }
  return all;
}

static void
runs_no_more (Recorder *recorder, guint number)
{
  recorder->last_us = g_get_monotonic_time ();
  for (guint i = 0; i < recorder->running->len; i++)
    if (g_array_index (recorder->running, guint, i) == number)
      {
        g_array_remove_index_fast (recorder->running, i);
        return;
      }
}

void
recorder_interrupt (Recorder *recorder, int signal)
{
  JsonObject *line = json_object_new ();
  JsonArray *running = json_array_new ();

  for (guint i = 0; i < recorder->running->len; i++)
    json_array_add_int_element (running, g_array_index (recorder->running, guint, i));
  json_object_set_int_member (line, "interrupt", signal);
  json_object_set_int_member (line, "calls", recorder->calls);
  json_object_set_array_member (line, "running", running);
  json_object_set_int_member (line, "after", (g_get_monotonic_time () - recorder->last_us) / 1000);
  write_line (recorder, line);
}

void
recorder_end (Recorder *recorder, guint number, const Command *command, const GArray *pieces, const ProcessResult *result)
{
  Held *held = hold (recorder, command->caller, end_line (number, result));

  runs_no_more (recorder, number);
  held->pieces = whole_pieces (pieces, result);
  for (int i = 0; i < 2; i++)
    {
      held->data[i] = g_bytes_ref (result->output[i].data);
      held->cut[i] = result->how != PROCESS_EXITED || result->output[i].cut_at != 0;
    }
  if (command->flags & COMMAND_SECRET_OUTPUT)
    look_for_undeclared (recorder, held, command);
}

/* What a step reads in a file is its own. */
static void
add_own (Recorder *recorder, const char *step, GBytes *data)
{
  gsize len;
  const char *bytes = g_bytes_get_data (data, &len);
  GString *own = g_hash_table_lookup (recorder->own, step);

  if (own != NULL && g_utf8_validate_len (bytes, len, NULL))
    g_string_append_len (own, bytes, (gssize) len);
}

void
recorder_look (Recorder *recorder, const char *caller, LookKind kind, const char *subject, const Look *look)
{
  JsonObject *line = json_object_new ();
  Held *held = hold (recorder, caller, line);
  gsize len;
  const char *data;

  json_object_set_string_member (line, "look", look_kind_name (kind));
  json_object_set_string_member (line, "by", caller);
  add_text (line, "subject", subject);
  add_flag (line, "there", look->there);
  if (kind == LOOK_TIME_LEFT && look->number != G_MAXINT64)
    json_object_set_int_member (line, "number", look->number);
  add_text (line, "problem", look->problem);
  if (look->data == NULL)
    return;
  data = g_bytes_get_data (look->data, &len);
  recording_set_bytes (line, "data", data != NULL ? data : "", len);
  if (kind == LOOK_FILE)
    add_own (recorder, held->step, look->data);
}

void
recorder_done (Recorder *recorder)
{
  JsonObject *line = json_object_new ();

  recorder_settle (recorder, NULL);
  json_object_set_boolean_member (line, "done", TRUE);
  write_line (recorder, line);
}

/* ---- the whole ----------------------------------------------------------- */

Recorder *
recorder_new (const char *path, JsonObject *head, Disguise *disguise, GError **error)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
  struct stat info;
  Recorder *recorder;

  if (fd < 0)
    {
      json_object_unref (head);
      g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "cannot write the recording \"%s\": %s", path, g_strerror (errno));
      return NULL;
    }
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    fchmod (fd, 0600);                  /* whatever the umask, and who made it */
  recorder = g_new0 (Recorder, 1);
  recorder->fd = fd;
  recorder->disguise = disguise;
  recorder->held = g_ptr_array_new ();
  recorder->own = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_string);
  recorder->running = g_array_new (FALSE, FALSE, sizeof (guint));
  recorder->began_us = recorder->last_us = g_get_monotonic_time ();
  write_line (recorder, hide_line (recorder, head));
  return recorder;
}

void
recorder_free (Recorder *recorder)
{
  if (recorder == NULL)
    return;
  recorder_settle (recorder, NULL);
  close (recorder->fd);
  g_array_unref (recorder->running);
  g_ptr_array_unref (recorder->held);
  g_hash_table_unref (recorder->own);
  g_free (recorder->problem);
  g_free (recorder);
}

const char *
recorder_problem (const Recorder *recorder)
{
  return recorder->problem;
}

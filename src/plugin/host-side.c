/* Services that need the world (run, file, pause) are asked of the core
 * over the socket, and so is what is looked at when the run is recorded or
 * played; those that only compute are done here, where a crash costs one step.  SPDX-License-Identifier: MIT */
#include "plugin/host-side.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/strict-json.h"
#include "base/text.h"
#include "base/yaml.h"
#include "plugin/frame.h"
#include "plugin/surroundings.h"
#include "proc/look.h"

typedef struct {
  struct galley_call call;            /* first: a plugin's call is ours */
  int                fd;
  const struct galley_param *params;
  const struct galley_param *outputs;
  GHashTable        *values;          /* name -> JsonNode */
  gboolean           watched;         /* the core answers for what is looked at */
  gint64             abandoned_us;    /* 0: not */
  gint64             deadline_us;
  GPtrArray         *kept;            /* handed out, freed after the callback */
  GPtrArray         *kept_lists;
  GPtrArray         *commands;        /* of galley_cmd*: made and not run yet */
  GByteArray        *out, *in;        /* the frames that go, the one that came */
  guint              frame_at;        /* where the last of .out begins */
} Call;

struct galley_cmd {
  Call       *call;
  char       *tool;
  guint32     flags;
  GPtrArray  *argv;
  GPtrArray  *env;                    /* name, value, name, value ... */
  char       *cwd;
  GBytes     *stdin_data;
};

static Call *
call_of (struct galley_call *call)
{
  return (Call *) (void *) call;
}

static const char *
keep (Call *call, char *text)
{
  g_ptr_array_add (call->kept, text);
  return text;
}

static const char *const *
keep_list (Call *call, GPtrArray *list)
{
  g_ptr_array_add (list, NULL);
  g_ptr_array_add (call->kept_lists, list);
  return (const char *const *) list->pdata;
}

/* The core is gone: nothing is left to do, and nobody to tell. */
static void
send_all (int fd, const GByteArray *bytes)
{
  gsize done = 0;

  while (done < bytes->len)
    {
      ssize_t n = send (fd, bytes->data + done, bytes->len - done, MSG_NOSIGNAL);

      if (n > 0)
        done += (gsize) n;
      else if (errno != EINTR)
        _exit (0);
    }
}

static void
receive_frame (int fd, GByteArray *bytes, Frame *frame)
{
  g_byte_array_set_size (bytes, 0);
  for (;;)
    {
      gssize whole = frame_read (bytes->data, bytes->len, frame);
      guint len = bytes->len;
      ssize_t n;

      if (whole > 0)
        return;
      g_byte_array_set_size (bytes, len + 65536);
      n = whole < 0 ? 0 : read (fd, bytes->data + len, 65536);
      if (n == 0 || (n < 0 && errno != EINTR))
        _exit (0);
      g_byte_array_set_size (bytes, len + (guint) MAX (n, 0));
    }
}

static GByteArray *
begin (Call *call, FrameKind kind)
{
  call->frame_at = call->out->len;
  frame_begin (call->out, kind);
  return call->out;
}

static void
tell (Call *call)
{
  frame_finish (call->out, call->frame_at);
  send_all (call->fd, call->out);
  g_byte_array_set_size (call->out, 0);
}

static Frame
ask (Call *call, FrameKind expected)
{
  Frame frame;

  tell (call);
  receive_frame (call->fd, call->in, &frame);
  if (frame.kind != expected)
    _exit (0);
  call->deadline_us = frame_take_int (&frame);
  return frame;
}

static void
say (Call *call, FrameSay what, guint32 error_class, const char *text)
{
  frame_int (begin (call, FRAME_SAY), what);
  frame_int (call->out, error_class);
  frame_text (call->out, text);
  if (what == SAY_NEED)          /* of no use before the check's end, with which it goes */
    frame_finish (call->out, call->frame_at);
  else
    tell (call);
}

/* ---- params -------------------------------------------------------------- */

static JsonNode *
value_of (struct galley_call *call, const char *name)
{
  return g_hash_table_lookup (call_of (call)->values, name);
}

static const char *
host_param (struct galley_call *call, const char *name)
{
  JsonNode *value = value_of (call, name);

  return value != NULL ? keep (call_of (call), strict_json_to_text (value)) : NULL;
}

static int64_t
host_param_int (struct galley_call *call, const char *name)
{
  const struct galley_param *param = param_find (call_of (call)->params, name);
  JsonNode *value = value_of (call, name);
  g_autofree char *text = NULL;
  gint64 milliseconds = 0;

  if (param == NULL || value == NULL)
    return 0;
  text = strict_json_to_text (value);
  if (param->type == GALLEY_BOOL)
    return strcmp (text, "true") == 0;
  if (param->type == GALLEY_DURATION)
    return duration_parse (text, &milliseconds, NULL) ? milliseconds : 0;
  return g_ascii_strtoll (text, NULL, 10);
}

static const char *const *
host_param_list (struct galley_call *call, const char *name)
{
  JsonNode *value = value_of (call, name);
  JsonArray *array = value != NULL && JSON_NODE_HOLDS_ARRAY (value) ? json_node_get_array (value) : NULL;
  GPtrArray *list = g_ptr_array_new ();

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    g_ptr_array_add (list, (char *) keep (call_of (call), strict_json_to_text (json_array_get_element (array, i))));
  return keep_list (call_of (call), list);
}

static const char *
host_param_json (struct galley_call *call, const char *name)
{
  JsonNode *value = value_of (call, name);

  return value != NULL ? keep (call_of (call), strict_json_write (value, FALSE)) : NULL;
}

static int
host_abandoned (struct galley_call *call)
{
  return call_of (call)->abandoned_us != 0;
}

static int64_t
host_abandoned_since (struct galley_call *call)
{
  return call_of (call)->abandoned_us / 1000;
}

/* ---- looking ------------------------------------------------------------- */

static void
ask_look (Call *call, LookKind kind, const char *subject, Look *look)
{
  GByteArray *out = begin (call, FRAME_LOOK);
  gboolean has_data;
  const char *data, *problem;
  Frame frame;
  gsize len;

  frame_int (out, kind);
  frame_text (out, subject);
  frame = ask (call, FRAME_SEEN);
  *look = (Look) { 0 };
  look->there = frame_take_int (&frame) != 0;
  look->number = frame_take_int (&frame);
  has_data = frame_take_int (&frame) != 0;
  data = frame_take_bytes (&frame, &len);
  look->data = has_data ? g_bytes_new (data, len) : NULL;
  problem = frame_take_text (&frame);
  look->problem = *problem != '\0' ? g_strdup (problem) : NULL;
}

static void
look (struct galley_call *call, LookKind kind, const char *subject, Look *seen)
{
  if (call_of (call)->watched)
    ask_look (call_of (call), kind, subject, seen);
  else
    look_at (kind, subject, call_of (call)->deadline_us, seen);
}

static char *
copy_data (const Look *seen, size_t *len)
{
  gsize size;
  const char *data = g_bytes_get_data (seen->data, &size);
  GString *copy = g_string_new_len (data != NULL ? data : "", (gssize) size);

  if (len != NULL)
    *len = size;
  return g_string_free (copy, FALSE);
}

static int64_t
host_time_left (struct galley_call *call)
{
  g_auto (Look) seen = { 0 };

  look (call, LOOK_TIME_LEFT, "", &seen);
  return seen.number;
}

static const char *
host_env (struct galley_call *call, const char *name)
{
  g_auto (Look) seen = { 0 };

  look (call, LOOK_ENV, name, &seen);
  return seen.data != NULL ? keep (call_of (call), copy_data (&seen, NULL)) : NULL;
}

/* ---- commands ------------------------------------------------------------ */

static void
cmd_free (gpointer data)
{
  struct galley_cmd *cmd = data;

  g_free (cmd->tool);
  g_free (cmd->cwd);
  g_ptr_array_unref (cmd->argv);
  g_ptr_array_unref (cmd->env);
  g_clear_pointer (&cmd->stdin_data, g_bytes_unref);
  g_free (cmd);
}

static struct galley_cmd *
host_cmd (struct galley_call *call, const char *tool, uint32_t flags)
{
  struct galley_cmd *cmd = g_new0 (struct galley_cmd, 1);

  g_ptr_array_add (call_of (call)->commands, cmd);
  cmd->call = call_of (call);
  cmd->tool = g_strdup (tool);
  cmd->flags = flags;
  cmd->argv = g_ptr_array_new_with_free_func (g_free);
  cmd->env = g_ptr_array_new_with_free_func (g_free);
  return cmd;
}

static void
host_cmd_arg (struct galley_cmd *cmd, const char *arg)
{
  g_ptr_array_add (cmd->argv, g_strdup (arg));
}

static void
host_cmd_env (struct galley_cmd *cmd, const char *name, const char *value)
{
  g_ptr_array_add (cmd->env, g_strdup (name));
  g_ptr_array_add (cmd->env, g_strdup (value));
}

static void
host_cmd_cwd (struct galley_cmd *cmd, const char *folder)
{
  g_free (cmd->cwd);
  cmd->cwd = g_strdup (folder);
}

static void
host_cmd_stdin (struct galley_cmd *cmd, const void *data, size_t len)
{
  g_clear_pointer (&cmd->stdin_data, g_bytes_unref);
  cmd->stdin_data = g_bytes_new (data, len);
}

static void
write_run (struct galley_cmd *cmd)
{
  GByteArray *out = begin (cmd->call, FRAME_RUN);
  gsize len = 0;
  const void *data = cmd->stdin_data != NULL ? g_bytes_get_data (cmd->stdin_data, &len) : NULL;

  frame_text (out, cmd->tool);
  frame_int (out, cmd->flags);
  frame_int (out, cmd->argv->len);
  for (guint i = 0; i < cmd->argv->len; i++)
    frame_text (out, cmd->argv->pdata[i]);
  frame_int (out, cmd->env->len / 2);
  for (guint i = 0; i < cmd->env->len; i++)
    frame_text (out, cmd->env->pdata[i]);
  frame_text (out, cmd->cwd != NULL ? cmd->cwd : "");
  frame_int (out, cmd->stdin_data != NULL);
  frame_bytes (out, data, len);
}

static const char *
keep_output (Call *call, Frame *frame, size_t *len)
{
  const char *data = frame_take_bytes (frame, len);
  char *copy = g_malloc (*len + 1);

  memcpy (copy, data, *len + 1);
  return keep (call, copy);
}

static int
host_run (struct galley_cmd *cmd, struct galley_result *result)
{
  Call *call = cmd->call;
  struct galley_result all = GALLEY_RESULT_INIT;
  gboolean ok;
  size_t size = result->size;
  Frame frame;

  write_run (cmd);
  g_ptr_array_remove_fast (call->commands, cmd);      /* used once: it is freed */
  frame = ask (call, FRAME_RAN);
  ok = frame_take_int (&frame) != 0;
  all.how = (int) frame_take_int (&frame);
  all.exit_code = (int) frame_take_int (&frame);
  all.signal = (int) frame_take_int (&frame);
  all.out = keep_output (call, &frame, &all.out_len);
  all.err = keep_output (call, &frame, &all.err_len);
  all.out_total = (uint64_t) frame_take_int (&frame);
  all.err_total = (uint64_t) frame_take_int (&frame);
  memcpy (result, &all, MIN (size, sizeof all));
  result->size = (uint32_t) size;
  return ok ? GALLEY_OK : GALLEY_FAILED;
}

/* ---- files and time ------------------------------------------------------ */

static const char *
host_file (struct galley_call *call, uint32_t flags, const char *suffix, const void *data, size_t len)
{
  GByteArray *out = begin (call_of (call), FRAME_FILE);
  Frame frame;
  const char *path;

  frame_int (out, flags);
  frame_text (out, suffix);
  frame_bytes (out, data, len);
  frame = ask (call_of (call), FRAME_FILE_IS);
  path = frame_take_text (&frame);
  return *path != '\0' ? keep (call_of (call), g_strdup (path)) : NULL;
}

static const char *
cannot_read (Call *call, const char *path, const char *why)
{
  g_autofree char *text = g_strdup_printf ("cannot read \"%s\": %s", path, why);

  say (call, SAY_FAIL, GALLEY_INVALID, text);
  return NULL;
}

static const char *
host_read_file (struct galley_call *call, const char *path, size_t *len)
{
  g_auto (Look) seen = { 0 };

  look (call, LOOK_FILE, path, &seen);
  if (seen.data == NULL)
    return cannot_read (call_of (call), path, seen.problem != NULL ? seen.problem : "it is not in the recording");
  return keep (call_of (call), copy_data (&seen, len));
}

static int
host_exists (struct galley_call *call, const char *path)
{
  g_auto (Look) seen = { 0 };

  look (call, LOOK_EXISTS, path, &seen);
  return seen.there;
}

static int
host_pause (struct galley_call *call, int64_t milliseconds)
{
  Frame frame;

  frame_int (begin (call_of (call), FRAME_PAUSE), milliseconds);
  frame = ask (call_of (call), FRAME_PAUSED);
  return (int) frame_take_int (&frame);
}

/* ---- JSON and YAML ------------------------------------------------------- */

static GPtrArray *
query (const char *text, const char *path)
{
  g_autoptr (JsonNode) root = text != NULL ? strict_json_parse (text, -1, NULL) : NULL;

  return root != NULL ? strict_json_query (root, path, NULL) : NULL;
}

static const char *
host_json (struct galley_call *call, const char *text, const char *path)
{
  g_autoptr (GPtrArray) found = query (text, path);

  return found != NULL && found->len > 0 ? keep (call_of (call), strict_json_to_text (found->pdata[0])) : NULL;
}

static const char *const *
host_json_all (struct galley_call *call, const char *text, const char *path)
{
  g_autoptr (GPtrArray) found = query (text, path);
  GPtrArray *list = g_ptr_array_new ();

  for (guint i = 0; found != NULL && i < found->len; i++)
    g_ptr_array_add (list, (char *) keep (call_of (call), strict_json_to_text (found->pdata[i])));
  return keep_list (call_of (call), list);
}

static const char *const *
host_json_names (struct galley_call *call, const char *text)
{
  g_autoptr (JsonNode) root = text != NULL ? strict_json_parse (text, -1, NULL) : NULL;
  GPtrArray *list = g_ptr_array_new ();
  JsonObjectIter iter;
  const char *name;

  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    {
      json_object_iter_init_ordered (&iter, json_node_get_object (root));
      while (json_object_iter_next_ordered (&iter, &name, NULL))
        g_ptr_array_add (list, (char *) keep (call_of (call), g_strdup (name)));
    }
  return keep_list (call_of (call), list);
}

static const char *
host_json_diff (struct galley_call *call, const char *a, const char *b)
{
  g_autoptr (JsonNode) first = strict_json_parse (a, -1, NULL), second = strict_json_parse (b, -1, NULL);
  char *where;

  if (first == NULL || second == NULL)
    return first == NULL && second == NULL ? NULL : "";
  where = strict_json_diff (first, second);
  return where != NULL ? keep (call_of (call), where) : NULL;
}

static const char *
host_json_quote (struct galley_call *call, const char *text)
{
  g_autoptr (JsonNode) node = json_node_alloc ();
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  json_node_init_string (node, valid);
  return keep (call_of (call), strict_json_write (node, FALSE));
}

static const char *
yaml_problem (Call *call, const char *name, const YamlProblem *problem)
{
  g_autofree char *text = g_strdup_printf ("%s:%u:%u: %s", name, problem->line, problem->column, problem->message);

  say (call, SAY_FAIL, GALLEY_INVALID, text);
  return NULL;
}

static const char *
host_yaml (struct galley_call *call, const char *name, const char *text)
{
  g_autoptr (YamlProblem) problem = NULL;
  g_autoptr (YamlNode) tree = yaml_parse (text, strlen (text), &problem);
  g_autoptr (JsonNode) json = tree != NULL ? yaml_to_json (tree, &problem) : NULL;

  if (json == NULL)
    return yaml_problem (call_of (call), name, problem);
  return keep (call_of (call), strict_json_write (json, FALSE));
}

/* ---- what a callback says ------------------------------------------------ */

GALLEY_PRINTF (4, 0) static void
say_formatted (struct galley_call *call, FrameSay what, guint32 error_class, const char *fmt, va_list ap)
{
  g_autofree char *text = g_strdup_vprintf (fmt, ap);

  say (call_of (call), what, error_class, text);
}

GALLEY_PRINTF (2, 0) static void
host_vneed (struct galley_call *call, const char *fmt, va_list ap)
{
  say_formatted (call, SAY_NEED, 0, fmt, ap);
}

GALLEY_PRINTF (3, 0) static void
host_vfail (struct galley_call *call, uint32_t error_class, const char *fmt, va_list ap)
{
  say_formatted (call, SAY_FAIL, error_class, fmt, ap);
}

GALLEY_PRINTF (2, 0) static void
host_vfix (struct galley_call *call, const char *fmt, va_list ap)
{
  say_formatted (call, SAY_FIX, 0, fmt, ap);
}

GALLEY_PRINTF (2, 0) static void
host_vnote (struct galley_call *call, const char *fmt, va_list ap)
{
  say_formatted (call, SAY_NOTE, 0, fmt, ap);
}

GALLEY_PRINTF (2, 0) static void
host_vprogress (struct galley_call *call, const char *fmt, va_list ap)
{
  say_formatted (call, SAY_PROGRESS, 0, fmt, ap);
}

GALLEY_PRINTF (2, 0) static const char *
host_vprintf (struct galley_call *call, const char *fmt, va_list ap)
{
  return keep (call_of (call), g_strdup_vprintf (fmt, ap));
}

static void
host_output_json (struct galley_call *call, const char *name, const char *json)
{
  GByteArray *out = begin (call_of (call), FRAME_OUTPUT);

  frame_text (out, name);
  frame_text (out, json);
  /* Goes with the next that is told: the core wakes up once for all outputs. */
  frame_finish (out, call_of (call)->frame_at);
}

/* TEXT as JSON of the output's declared type. */
static void
host_output (struct galley_call *call, const char *name, const char *text)
{
  const struct galley_param *output = param_find (call_of (call)->outputs, name);
  gboolean quoted = output == NULL || output->type == GALLEY_STRING || output->type == GALLEY_PATH
                    || output->type == GALLEY_DURATION;

  host_output_json (call, name, quoted ? host_json_quote (call, text) : text);
}

static const struct galley_host host_table = {
  .size = sizeof (struct galley_host),
  .param = host_param, .param_int = host_param_int, .param_list = host_param_list, .param_json = host_param_json,
  .abandoned = host_abandoned, .abandoned_since = host_abandoned_since, .time_left = host_time_left,
  .cmd = host_cmd, .cmd_arg = host_cmd_arg, .cmd_env = host_cmd_env, .cmd_cwd = host_cmd_cwd, .cmd_stdin = host_cmd_stdin,
  .file = host_file, .run = host_run, .read_file = host_read_file, .exists = host_exists,
  .json = host_json, .json_all = host_json_all, .json_names = host_json_names, .json_diff = host_json_diff,
  .json_quote = host_json_quote, .yaml = host_yaml, .pause = host_pause,
  .vneed = host_vneed, .vfail = host_vfail, .vfix = host_vfix, .vnote = host_vnote, .vprogress = host_vprogress,
  .vprintf = host_vprintf, .env = host_env, .output = host_output, .output_json = host_output_json,
};

/* ---- serving calls ------------------------------------------------------- */

static GHashTable *
read_params (Frame *frame)
{
  GHashTable *values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) json_node_unref);

  for (gint64 n = frame_take_int (frame); n > 0 && !frame->broken; n--)
    {
      const char *name = frame_take_text (frame);
      JsonNode *value = strict_json_parse (frame_take_text (frame), -1, NULL);

      if (value != NULL)
        g_hash_table_insert (values, g_strdup (name), value);
    }
  return values;
}

static void
free_list (gpointer list)
{
  g_ptr_array_free (list, TRUE);
}

static int
serve_call (Call *call, Registry *registry, Frame *frame)
{
  Plugin *plugin = registry_find (registry, frame_take_text (frame), NULL);
  const struct galley_action *action = plugin_find_action (plugin, frame_take_text (frame));
  gboolean is_check = frame_take_int (frame) != 0;
  int status;

  call->watched = frame_take_int (frame) != 0;
  call->abandoned_us = frame_take_int (frame);
  call->deadline_us = frame_take_int (frame);
  call->params = action->params;
  call->outputs = action->outputs;
  call->values = read_params (frame);
  call->kept = g_ptr_array_new_with_free_func (g_free);
  call->kept_lists = g_ptr_array_new_with_free_func (free_list);
  call->commands = g_ptr_array_new_with_free_func (cmd_free);
  status = is_check ? action->check (&call->call) : action->apply (&call->call);
  g_hash_table_unref (call->values);
  g_ptr_array_unref (call->kept);
  g_ptr_array_unref (call->kept_lists);
  g_ptr_array_unref (call->commands);
  return status;
}

#ifdef __SANITIZE_ADDRESS__
int __lsan_do_recoverable_leak_check (void);

/* A host does not end in the way at which leaks are looked for.  That is
 * slow: the first calls must do. */
static void
look_for_leaks (guint calls)
{
  if (calls < 5 && __lsan_do_recoverable_leak_check () != 0)
    abort ();
}
#else
#define look_for_leaks(calls) ((void) (calls))
#endif

void
host_side_serve (int fd, Registry *registry)
{
  Call call = { .call = { &host_table }, .fd = fd, .out = g_byte_array_new (), .in = g_byte_array_new () };
  Surroundings before, after;

  surroundings_look (&before);
  for (guint calls = 0;; calls++)
    {
      gboolean soiled;
      Frame frame;
      int status;

      receive_frame (fd, call.in, &frame);
      if (frame.kind != FRAME_CALL)
        _exit (0);
      status = serve_call (&call, registry, &frame);
      look_for_leaks (calls);
      surroundings_look (&after);
      soiled = memcmp (&before, &after, sizeof before) != 0;
      frame_int (begin (&call, FRAME_DONE), status);
      frame_int (call.out, soiled);
      tell (&call);
      if (soiled)
        _exit (0);
    }
}

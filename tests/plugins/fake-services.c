/* The host table of fake-host.  SPDX-License-Identifier: MIT */
#include "fake-private.h"

#include <stdio.h>
#include <string.h>
#include "base/strict-json.h"
#include "base/text.h"
#include "base/yaml.h"
#include "plugin/reads.h"
#include "fake-tables.h"

gpointer
fake_keep (FakeHost *host, gpointer text)
{
  if (text != NULL)
    g_ptr_array_add (host->kept, text);
  return text;
}

static gpointer
keep_list (FakeHost *host, GPtrArray *list)
{
  for (guint i = 0; i < list->len; i++)
    fake_keep (host, list->pdata[i]);
  g_ptr_array_add (list, NULL);
  return fake_keep (host, g_ptr_array_free (list, FALSE));
}

static void
no_secret (FakeHost *host, const char *where, const char *text)
{
  for (guint i = 0; i < host->secrets->len; i++)
    if (text != NULL && strstr (text, host->secrets->pdata[i]) != NULL)
      g_error ("a secret is in %s: %s", where, text);
}

/* -- params --------------------------------------------------------------- */

const struct galley_param *
fake_declared (FakeHost *host, const char *name)
{
  const struct galley_param *param = fake_tables_find (host->action->params, name);

  if (param == NULL)
    g_error ("%s.%s has no param \"%s\"", host->plugin->name, host->action->name, name);
  return param;
}

static const char *
host_param (struct galley_call *call, const char *name)
{
  const struct galley_param *param = fake_declared (HOST (call), name);
  const char *value = g_hash_table_lookup (HOST (call)->params, name);

  if (value != NULL || param->fallback == NULL || param->type != GALLEY_PATH)
    return value != NULL ? value : param->fallback;
  return fake_keep (HOST (call), g_canonicalize_filename (param->fallback, "/recipe"));
}

static int64_t
host_param_int (struct galley_call *call, const char *name)
{
  const struct galley_param *param = fake_declared (HOST (call), name);
  const char *value = host_param (call, name);
  gint64 milliseconds = 0;

  if (value == NULL)
    return 0;
  switch (param->type) {
  case GALLEY_INT:
    return g_ascii_strtoll (value, NULL, 10);
  case GALLEY_BOOL:
    return strcmp (value, "true") == 0;
  case GALLEY_DURATION:
    if (duration_parse (value, &milliseconds, NULL))
      return milliseconds;
    G_GNUC_FALLTHROUGH;
  default:
    g_error ("param_int (\"%s\"): not a number", name);
  }
}

static JsonNode *
parse (const char *text)
{
  return text != NULL ? strict_json_parse (text, -1, NULL) : NULL;
}

static const char *const *
host_param_list (struct galley_call *call, const char *name)
{
  const char *value = host_param (call, name);
  g_autoptr(JsonNode) node = parse (value);
  GPtrArray *list = g_ptr_array_new ();

  if (fake_declared (HOST (call), name)->type != GALLEY_LIST)
    g_error ("param_list (\"%s\"): not a list", name);
  for (guint i = 0; node != NULL && i < json_array_get_length (json_node_get_array (node)); i++)
    g_ptr_array_add (list, strict_json_to_text (json_array_get_element (json_node_get_array (node), i)));
  return keep_list (HOST (call), list);
}

static const char *
quote (const char *text)
{
  g_autoptr(JsonNode) node = json_node_init_string (json_node_alloc (), text);

  return strict_json_write (node, FALSE);
}

static const char *
host_param_json (struct galley_call *call, const char *name)
{
  const char *value = host_param (call, name);
  guint type = fake_declared (HOST (call), name)->type;

  if (value == NULL || (type != GALLEY_STRING && type != GALLEY_PATH && type != GALLEY_DURATION))
    return value;
  return fake_keep (HOST (call), (char *) quote (value));
}

static int
host_abandoned (struct galley_call *call)
{
  return HOST (call)->abandoned_since != 0;
}

/* That of the test itself. */
static const char *
host_env (struct galley_call *call, const char *name)
{
  (void) call;
  return getenv (name);
}

static int64_t
host_abandoned_since (struct galley_call *call)
{
  return HOST (call)->abandoned_since;
}

static int64_t
host_time_left (struct galley_call *call)
{
  return HOST (call)->time_left;
}

/* -- commands ------------------------------------------------------------- */

void
fake_command_free (gpointer data)
{
  FakeCommand *command = data;

  g_free (command->line);
  g_strfreev (command->argv);
  g_strfreev (command->env);
  g_free (command->cwd);
  g_free (command->in);
  g_free (command);
}

void
fake_cmd_free (gpointer data)
{
  struct galley_cmd *cmd = data;

  if (cmd->command != NULL) {
    g_ptr_array_set_free_func (cmd->argv, g_free);
    g_ptr_array_set_free_func (cmd->env, g_free);
    g_ptr_array_unref (cmd->argv);
    g_ptr_array_unref (cmd->env);
    fake_command_free (cmd->command);
  }
  g_free (cmd);
}

static struct galley_cmd *
host_cmd (struct galley_call *call, const char *tool, uint32_t flags)
{
  struct galley_cmd *cmd = g_new0 (struct galley_cmd, 1);

  if (fake_host_tool (HOST (call), tool) == NULL)
    g_error ("\"%s\" is not a tool of %s", tool, HOST (call)->plugin->name);
  cmd->host = HOST (call);
  cmd->tool = fake_keep (cmd->host, g_strdup (tool));
  cmd->command = g_new0 (FakeCommand, 1);
  cmd->command->flags = flags;
  cmd->argv = g_ptr_array_new ();
  cmd->env = g_ptr_array_new ();
  g_ptr_array_add (cmd->argv, g_strdup (tool));
  g_ptr_array_add (cmd->host->made, cmd);
  return cmd;
}

static void
host_cmd_arg (struct galley_cmd *cmd, const char *arg)
{
  if (arg == NULL)
    g_error ("an argument of \"%s\" is NULL", cmd->tool);
  no_secret (cmd->host, "an argument", arg);
  g_ptr_array_add (cmd->argv, g_strdup (arg));
}

static void
host_cmd_env (struct galley_cmd *cmd, const char *name, const char *value)
{
  g_ptr_array_add (cmd->env, g_strconcat (name, "=", value, NULL));
}

static void
host_cmd_cwd (struct galley_cmd *cmd, const char *folder)
{
  g_free (cmd->command->cwd);
  cmd->command->cwd = g_strdup (folder);
}

static void
host_cmd_stdin (struct galley_cmd *cmd, const void *data, size_t len)
{
  g_free (cmd->command->in);
  cmd->command->in = g_malloc (len + 1);
  memcpy (cmd->command->in, data, len);
  cmd->command->in[len] = '\0';
  cmd->command->in_len = len;
}

static char *
make_line (char **argv)
{
  GString *line = g_string_new (NULL);

  for (guint i = 0; argv[i] != NULL; i++) {
    g_autofree char *quoted = NULL;
    gboolean plain = argv[i][0] != '\0'
      && argv[i][strspn (argv[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-_=+.,:/@%{}")] == '\0';

    quoted = plain ? g_strdup (argv[i]) : g_shell_quote (argv[i]);
    g_string_append_printf (line, i > 0 ? " %s" : "%s", quoted);
  }
  return g_string_free (line, FALSE);
}

static const Answer *
find_answer (FakeHost *host, const FakeCommand *command)
{
  Answer *next = g_queue_peek_head (&host->script);

  if (next != NULL && g_strv_equal ((const char *const *) next->argv,
                                    (const char *const *) command->argv)) {
    g_ptr_array_add (host->played, g_queue_pop_head (&host->script));
    return next;
  }
  for (guint i = host->answers->len; i > 0; i--) {
    Answer *answer = host->answers->pdata[i - 1];

    if (g_pattern_match_simple (answer->glob, command->line))
      return answer;
  }
  g_error ("not in the script: %s\n            expected: %s", command->line,
           next != NULL ? next->line : "nothing more");
}

static void
check_allowed (FakeHost *host, const char *name, const FakeCommand *command)
{
  if (!host->checking)
    return;
  if ((command->flags & GALLEY_CMD_AUTHORS_WORD) != 0
      && (host->action->flags & GALLEY_AUTHORS_WORD) != 0)
    return;
  if (!reads_allow (fake_host_tool (host, name), (const char *const *) command->argv))
    g_error ("a check would run what is not a read: %s", command->line);
}

static void
fill_result (struct galley_result *result, const Answer *answer)
{
  if (result == NULL || result->size < sizeof (struct galley_result))
    g_error ("run needs a result made with GALLEY_RESULT_INIT");
  result->how = answer->how;
  result->exit_code = answer->how == GALLEY_EXITED ? answer->exit_code : -1;
  result->signal = answer->signal;
  result->out = answer->out;
  result->err = answer->err;
  result->out_len = result->out_total = strlen (answer->out);
  result->err_len = result->err_total = strlen (answer->err);
  if (answer->out_total > 0)
    result->out_total = answer->out_total;
}

static int
host_run (struct galley_cmd *cmd, struct galley_result *result)
{
  FakeHost *host = cmd->host;
  FakeCommand *command = cmd->command;
  const Answer *answer;

  if (command == NULL)
    g_error ("a command was run twice: %s", cmd->tool);
  g_ptr_array_add (cmd->argv, NULL);
  g_ptr_array_add (cmd->env, NULL);
  command->argv = (char **) g_ptr_array_free (cmd->argv, FALSE);
  command->env = (char **) g_ptr_array_free (cmd->env, FALSE);
  command->line = make_line (command->argv);
  cmd->argv = cmd->env = NULL;
  cmd->command = NULL;
  g_ptr_array_add (host->commands, command);
  check_allowed (host, cmd->tool, command);
  answer = find_answer (host, command);
  fill_result (result, answer);
  if (answer->how == GALLEY_EXITED && answer->exit_code == 0)
    return GALLEY_OK;
  if ((command->flags & GALLEY_CMD_MAY_FAIL) == 0 || answer->how == GALLEY_NOT_STARTED) {
    host->last = answer;
    host->last_line = command->line;
    host->last_tool = cmd->tool;
  }
  return GALLEY_FAILED;
}

/* -- files and texts ------------------------------------------------------ */

void
fake_file_free (gpointer data)
{
  FakeFile *file = data;

  g_free (file->suffix);
  g_free (file->data);
  g_free (file);
}

static const char *
host_file (struct galley_call *call, uint32_t flags, const char *suffix, const void *data, size_t len)
{
  FakeHost *host = HOST (call);
  FakeFile *file = g_new0 (FakeFile, 1);

  file->suffix = g_strdup (suffix);
  file->data = g_malloc (len + 1);
  memcpy (file->data, data, len);
  file->data[len] = '\0';
  file->len = len;
  file->flags = flags;
  g_ptr_array_add (host->written, file);
  return fake_keep (host, g_strdup_printf ("{file:%u}", host->written->len));
}

static const char *
host_read_file (struct galley_call *call, const char *path, size_t *len)
{
  FakeHost *host = HOST (call);
  const char *content = g_hash_table_lookup (host->files, path);
  guint number = 0;

  if (sscanf (path, "{file:%u}", &number) == 1 && number >= 1 && number <= host->written->len)
    content = ((FakeFile *) host->written->pdata[number - 1])->data;
  if (content == NULL) {
    galley_fail (call, GALLEY_INVALID, "cannot read \"%s\": no such file or directory", path);
    return NULL;
  }
  if (len != NULL)
    *len = strlen (content);
  return content;
}

static int
host_exists (struct galley_call *call, const char *path)
{
  return g_hash_table_contains (HOST (call)->files, path);
}

static const char *const *
host_json_all (struct galley_call *call, const char *text, const char *path)
{
  g_autoptr(JsonNode) root = parse (text);
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) found = root != NULL ? strict_json_query (root, path, &error) : NULL;
  GPtrArray *list = g_ptr_array_new ();

  if (error != NULL)
    g_error ("JSONPath \"%s\": %s", path, error->message);
  for (guint i = 0; found != NULL && i < found->len; i++)
    g_ptr_array_add (list, strict_json_to_text (found->pdata[i]));
  return keep_list (HOST (call), list);
}

static const char *
host_json (struct galley_call *call, const char *text, const char *path)
{
  return host_json_all (call, text, path)[0];
}

static const char *
host_json_diff (struct galley_call *call, const char *a, const char *b)
{
  g_autoptr(JsonNode) first = parse (a);
  g_autoptr(JsonNode) second = parse (b);

  if (first == NULL || second == NULL)
    return first == NULL && second == NULL ? NULL : "";
  return fake_keep (HOST (call), strict_json_diff (first, second));
}

static const char *const *
host_json_names (struct galley_call *call, const char *text)
{
  g_autoptr(JsonNode) root = parse (text);
  GPtrArray *list = g_ptr_array_new ();
  JsonObjectIter iter;
  const char *name;

  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root)) {
    json_object_iter_init_ordered (&iter, json_node_get_object (root));
    while (json_object_iter_next_ordered (&iter, &name, NULL))
      g_ptr_array_add (list, g_strdup (name));
  }
  return keep_list (HOST (call), list);
}

static const char *
host_json_quote (struct galley_call *call, const char *text)
{
  return fake_keep (HOST (call), (char *) quote (text));
}

static const char *
host_yaml (struct galley_call *call, const char *name, const char *text)
{
  g_autoptr(YamlProblem) problem = NULL;
  g_autoptr(YamlNode) tree = yaml_parse (text, strlen (text), &problem);
  g_autoptr(JsonNode) node = tree != NULL ? yaml_to_json (tree, &problem) : NULL;

  if (node == NULL) {
    galley_fail (call, GALLEY_INVALID, "%s:%u:%u: %s", name, problem->line, problem->column, problem->message);
    return NULL;
  }
  return fake_keep (HOST (call), strict_json_write (node, FALSE));
}

static int
host_pause (struct galley_call *call, int64_t milliseconds)
{
  FakeHost *host = HOST (call);

  g_string_append_printf (host->pauses, "%s%" G_GINT64_FORMAT, host->pauses->len > 0 ? " " : "",
                          (gint64) milliseconds);
  if (host->time_left == INT64_MAX)
    return GALLEY_OK;
  host->time_left -= milliseconds;
  return host->time_left > 0 ? GALLEY_OK : GALLEY_FAILED;
}

GALLEY_PRINTF (5, 0) static void
say (FakeHost *host, GString *where, const char *what, gboolean replace, const char *fmt, va_list ap)
{
  g_autofree char *text = g_strdup_vprintf (fmt, ap);

  no_secret (host, what, text);
  if (replace)
    g_string_truncate (where, 0);
  if (where->len > 0)
    g_string_append_c (where, '\n');
  g_string_append (where, text);
}

GALLEY_PRINTF (2, 0) static void
host_vneed (struct galley_call *call, const char *fmt, va_list ap)
{
  say (HOST (call), HOST (call)->need, "a need", TRUE, fmt, ap);
}

GALLEY_PRINTF (3, 0) static void
host_vfail (struct galley_call *call, uint32_t error_class, const char *fmt, va_list ap)
{
  HOST (call)->error_class = error_class;
  say (HOST (call), HOST (call)->failure, "a failure", TRUE, fmt, ap);
}

GALLEY_PRINTF (2, 0) static void
host_vfix (struct galley_call *call, const char *fmt, va_list ap)
{
  say (HOST (call), HOST (call)->fix, "a fix", TRUE, fmt, ap);
}

GALLEY_PRINTF (2, 0) static void
host_vnote (struct galley_call *call, const char *fmt, va_list ap)
{
  say (HOST (call), HOST (call)->notes, "a note", FALSE, fmt, ap);
}

GALLEY_PRINTF (2, 0) static void
host_vprogress (struct galley_call *call, const char *fmt, va_list ap)
{
  say (HOST (call), HOST (call)->progress, "a progress", FALSE, fmt, ap);
}

GALLEY_PRINTF (2, 0) static const char *
host_vprintf (struct galley_call *call, const char *fmt, va_list ap)
{
  return fake_keep (HOST (call), g_strdup_vprintf (fmt, ap));
}

static void
set_output (FakeHost *host, const char *name, JsonNode *node)
{
  const struct galley_param *output = fake_tables_find (host->action->outputs, name);
  gboolean whole = output != NULL && (output->type == GALLEY_LIST || output->type == GALLEY_MAP);
  g_autofree char *text = whole ? strict_json_write (node, FALSE) : strict_json_to_text (node);
  g_autofree char *problem = output != NULL ? fake_tables_problem (output, text) : NULL;

  if (output == NULL || problem != NULL)
    g_error ("output \"%s\" of %s.%s: %s", name, host->plugin->name, host->action->name,
             output == NULL ? "not declared" : problem);
  if ((output->flags & GALLEY_SECRET) == 0)
    no_secret (host, "an output that is not secret", text);
  g_hash_table_insert (host->outputs, g_strdup (name), node);
}

static void
host_output_json (struct galley_call *call, const char *name, const char *json)
{
  JsonNode *node = parse (json);

  if (node == NULL)
    g_error ("output \"%s\" is not JSON: %s", name, json != NULL ? json : "NULL");
  set_output (HOST (call), name, node);
}

static void
host_output (struct galley_call *call, const char *name, const char *value)
{
  const struct galley_param *output = fake_tables_find (HOST (call)->action->outputs, name);
  gboolean quoted = output == NULL || output->type == GALLEY_STRING || output->type == GALLEY_PATH
                    || output->type == GALLEY_DURATION;

  if (value == NULL)
    g_error ("output \"%s\" is NULL", name);
  if (quoted)
    set_output (HOST (call), name, json_node_init_string (json_node_alloc (), value));
  else
    host_output_json (call, name, value);
}

const struct galley_host fake_services = {
  .size = sizeof (struct galley_host),
  .param = host_param, .param_int = host_param_int, .param_list = host_param_list,
  .param_json = host_param_json, .abandoned = host_abandoned, .abandoned_since = host_abandoned_since, .env = host_env, .time_left = host_time_left,
  .cmd = host_cmd, .cmd_arg = host_cmd_arg, .cmd_env = host_cmd_env, .cmd_cwd = host_cmd_cwd,
  .cmd_stdin = host_cmd_stdin, .file = host_file, .run = host_run, .read_file = host_read_file,
  .exists = host_exists, .json = host_json, .json_all = host_json_all,
  .json_diff = host_json_diff, .json_quote = host_json_quote, .yaml = host_yaml,
  .pause = host_pause, .vneed = host_vneed, .vfail = host_vfail, .vfix = host_vfix,
  .vnote = host_vnote, .vprogress = host_vprogress, .vprintf = host_vprintf,
  .output = host_output, .output_json = host_output_json, .json_names = host_json_names
};

/* SPDX-License-Identifier: MIT */
#include "fake-private.h"

#include <dlfcn.h>
#include <string.h>
#include "base/strict-json.h"
#include "fake-tables.h"

/* -- the step ------------------------------------------------------------- */

void
fake_host_param (FakeHost *host, const char *name, const char *value)
{
  const struct galley_param *param = fake_declared (host, name);
  g_autofree char *problem = NULL;

  if (value == NULL) {
    g_hash_table_remove (host->params, name);
    return;
  }
  problem = fake_tables_problem (param, value);
  if (problem != NULL)
    g_error ("param \"%s\" of %s.%s: %s", name, host->plugin->name, host->action->name, problem);
  g_hash_table_insert (host->params, g_strdup (name),
                       param->type == GALLEY_PATH ? g_canonicalize_filename (value, "/recipe")
                                                  : g_strdup (value));
}

void
fake_host_param_secret (FakeHost *host, const char *name, const char *value, const char *text)
{
  if ((fake_declared (host, name)->flags & (GALLEY_SECRET | GALLEY_TAKES_SECRET)) == 0)
    g_error ("param \"%s\" does not take a secret", name);
  fake_host_param (host, name, value);
  g_ptr_array_add (host->secrets, g_strdup (text != NULL ? text : value));
}

gboolean
fake_host_param_valid (FakeHost *host, const char *name, const char *value)
{
  g_autofree char *problem = fake_tables_problem (fake_declared (host, name), value);

  return problem == NULL;
}

/* -- the script ----------------------------------------------------------- */

static Answer *
answer_new (const char *line, const char *glob, int how, int number, const char *out, const char *err)
{
  Answer *answer = g_new0 (Answer, 1);
  g_autoptr(GError) error = NULL;

  answer->line = g_strdup (line);
  answer->glob = g_strdup (glob);
  answer->how = how;
  answer->exit_code = how == GALLEY_EXITED ? number : -1;
  answer->signal = how == GALLEY_EXITED ? 0 : number;
  answer->out = g_strdup (out != NULL ? out : "");
  answer->err = g_strdup (err != NULL ? err : "");
  if (line != NULL && !g_shell_parse_argv (line, NULL, &answer->argv, &error))
    g_error ("\"%s\": %s", line, error->message);
  return answer;
}

static void
answer_free (gpointer data)
{
  Answer *answer = data;

  g_free (answer->line);
  g_free (answer->glob);
  g_strfreev (answer->argv);
  g_free (answer->out);
  g_free (answer->err);
  g_free (answer);
}

void
fake_host_expect (FakeHost *host, const char *line, int exit_code, const char *out, const char *err)
{
  g_queue_push_tail (&host->script, answer_new (line, NULL, GALLEY_EXITED, exit_code, out, err));
}

void
fake_host_expect_how (FakeHost *host, const char *line, int how, int number, const char *out, const char *err)
{
  g_queue_push_tail (&host->script, answer_new (line, NULL, how, number, out, err));
}

void
fake_host_cut (FakeHost *host, guint64 total)
{
  ((Answer *) g_queue_peek_tail (&host->script))->out_total = total;
}

void
fake_host_answer (FakeHost *host, const char *glob, int exit_code, const char *out, const char *err)
{
  g_ptr_array_add (host->answers, answer_new (NULL, glob, GALLEY_EXITED, exit_code, out, err));
}

void
fake_host_forget (FakeHost *host)
{
  g_ptr_array_set_size (host->answers, 0);
}

/* -- callbacks ------------------------------------------------------------ */

static void
begin (FakeHost *host, gboolean checking)
{
  g_ptr_array_set_size (host->kept, 0);
  g_ptr_array_set_size (host->commands, 0);
  g_ptr_array_set_size (host->made, 0);
  g_ptr_array_set_size (host->written, 0);
  g_ptr_array_set_size (host->played, 0);
  g_hash_table_remove_all (host->outputs);
  g_string_truncate (host->need, 0);
  g_string_truncate (host->failure, 0);
  g_string_truncate (host->fix, 0);
  g_string_truncate (host->notes, 0);
  g_string_truncate (host->progress, 0);
  g_string_truncate (host->pauses, 0);
  host->error_class = GALLEY_UNKNOWN;
  host->last = NULL;
  host->checking = checking;
}

static const char *
describe (const Answer *answer)
{
  static char text[32];

  switch (answer->how) {
  case GALLEY_EXITED:
    g_snprintf (text, sizeof text, "exit %d", answer->exit_code);
    return text;
  case GALLEY_TIMED_OUT:
    return "timed out";
  case GALLEY_NOT_STARTED:
    return "not started";
  default:
    return "was ended";
  }
}

static void
explain_failure (FakeHost *host)
{
  const struct galley_signature *signature;

  if (host->failure->len > 0)
    return;
  if (host->last == NULL)
    g_error ("FAILED without a reason and without a command that failed");
  signature = fake_tables_signature (host->plugin, host->last_tool, host->last->err, host->last->out);
  if (signature == NULL) {
    g_string_printf (host->failure, "%s: %s", host->last_line, describe (host->last));
    return;
  }
  host->error_class = signature->error_class;
  fake_tables_fill (signature, signature->diagnosis, host->last->err, host->last->out, host->failure);
  fake_tables_fill (signature, signature->fix != NULL ? signature->fix : "", host->last->err,
                    host->last->out, host->fix);
}

static void
end (FakeHost *host, int status)
{
  const struct galley_param *output = host->action->outputs;
  const Answer *next = g_queue_peek_head (&host->script);

  if (next != NULL)
    g_error ("was not run: %s", next->line);
  if ((status == GALLEY_NEEDED || status == GALLEY_BUSY) && host->need->len == 0)
    g_error ("needed or busy without a reason");
  if (status == GALLEY_FAILED)
    explain_failure (host);
  for (; status == GALLEY_OK && output != NULL && output->name != NULL; output++)
    if (!g_hash_table_contains (host->outputs, output->name))
      g_error ("output \"%s\" was not set", output->name);
}

int
fake_host_check (FakeHost *host)
{
  int status;

  if (host->action->check == NULL)
    g_error ("%s.%s has no check", host->plugin->name, host->action->name);
  begin (host, TRUE);
  status = host->action->check (&host->call);
  if (status < GALLEY_FAILED || status > GALLEY_CANNOT_TELL)
    g_error ("check returned %d", status);
  end (host, status);
  return status;
}

int
fake_host_apply (FakeHost *host)
{
  int status;

  begin (host, (host->action->flags & GALLEY_READS) != 0);
  status = host->action->apply (&host->call);
  if (status != GALLEY_OK && status != GALLEY_FAILED)
    g_error ("apply returned %d", status);
  end (host, status);
  return status;
}

/* -- setting up ----------------------------------------------------------- */

static const struct galley_plugin *
load (const char *name)
{
  g_autofree char *file = g_strconcat (name, ".so", NULL);
  g_autofree char *path = g_test_build_filename (G_TEST_BUILT, "plugins", ".libs", file, NULL);
  void *module = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  const struct galley_plugin *(*entry) (void);

  if (module == NULL)
    g_error ("%s", dlerror ());
  *(void **) &entry = dlsym (module, "galley_plugin_entry");
  if (entry == NULL)
    g_error ("%s", dlerror ());
  return entry ();
}

static const struct galley_action *
find_action (const struct galley_plugin *plugin, const char *name)
{
  for (const struct galley_action *action = plugin->actions; action->name != NULL; action++)
    if (strcmp (action->name, name) == 0)
      return action;
  g_error ("%s has no action \"%s\"", plugin->name, name);
}

FakeHost *
fake_host_new (const char *plugin, const char *action)
{
  FakeHost *host = g_new0 (FakeHost, 1);

  host->call.host = &fake_services;
  host->plugin = load (plugin);
  host->action = find_action (host->plugin, action);
  host->params = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  host->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  host->outputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) json_node_unref);
  host->secrets = g_ptr_array_new_with_free_func (g_free);
  host->kept = g_ptr_array_new_with_free_func (g_free);
  host->commands = g_ptr_array_new_with_free_func (fake_command_free);
  host->made = g_ptr_array_new_with_free_func (fake_cmd_free);
  host->written = g_ptr_array_new_with_free_func (fake_file_free);
  host->answers = g_ptr_array_new_with_free_func (answer_free);
  host->played = g_ptr_array_new_with_free_func (answer_free);
  host->need = g_string_new (NULL);
  host->failure = g_string_new (NULL);
  host->fix = g_string_new (NULL);
  host->notes = g_string_new (NULL);
  host->progress = g_string_new (NULL);
  host->pauses = g_string_new (NULL);
  host->time_left = INT64_MAX;
  g_queue_init (&host->script);
  return host;
}

void
fake_host_free (FakeHost *host)
{
  GString *texts[] = { host->need, host->failure, host->fix, host->notes, host->progress, host->pauses };
  GPtrArray *arrays[] = { host->secrets, host->kept, host->commands, host->made, host->written, host->answers,
                          host->played };

  if (!g_queue_is_empty (&host->script))
    g_error ("was not run: %s", ((Answer *) g_queue_peek_head (&host->script))->line);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_string_free (texts[i], TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (arrays); i++)
    g_ptr_array_unref (arrays[i]);
  g_hash_table_unref (host->params);
  g_hash_table_unref (host->files);
  g_hash_table_unref (host->outputs);
  g_free (host);
}

const struct galley_plugin *
fake_host_plugin (FakeHost *host)
{
  return host->plugin;
}

const struct galley_tool *
fake_host_tool (FakeHost *host, const char *name)
{
  const struct galley_tool *any = NULL;

  for (const struct galley_tool *tool = host->plugin->tools; tool != NULL && tool->name != NULL; tool++) {
    if (strcmp (tool->name, name) == 0)
      return tool;
    if (strcmp (tool->name, GALLEY_TOOL_ANY) == 0)
      any = tool;
  }
  return any;
}

void
fake_host_check_tables (FakeHost *host)
{
  fake_tables_check (host->plugin);
}

void
fake_host_abandoned (FakeHost *host, gint64 since)
{
  host->abandoned_since = since;
}

void
fake_host_time_left (FakeHost *host, gint64 milliseconds)
{
  host->time_left = milliseconds;
}

void
fake_host_file (FakeHost *host, const char *path, const char *content)
{
  if (content == NULL)
    g_hash_table_remove (host->files, path);
  else
    g_hash_table_insert (host->files, g_strdup (path), g_strdup (content));
}

/* -- results -------------------------------------------------------------- */

const char *
fake_host_need (FakeHost *host)
{
  return host->need->str;
}

const char *
fake_host_failure (FakeHost *host)
{
  return host->failure->str;
}

guint
fake_host_class (FakeHost *host)
{
  return host->error_class;
}

const char *
fake_host_fix (FakeHost *host)
{
  return host->fix->str;
}

const char *
fake_host_notes (FakeHost *host)
{
  return host->notes->str;
}

const char *
fake_host_progress (FakeHost *host)
{
  return host->progress->str;
}

const char *
fake_host_pauses (FakeHost *host)
{
  return host->pauses->str;
}

const char *
fake_host_output (FakeHost *host, const char *name)
{
  JsonNode *node = g_hash_table_lookup (host->outputs, name);

  return node != NULL ? fake_keep (host, strict_json_to_text (node)) : NULL;
}

guint
fake_host_n_commands (FakeHost *host)
{
  return host->commands->len;
}

const FakeCommand *
fake_host_command (FakeHost *host, guint n)
{
  if (n < 1 || n > host->commands->len)
    g_error ("there is no command %u", n);
  return host->commands->pdata[n - 1];
}

guint
fake_host_n_files (FakeHost *host)
{
  return host->written->len;
}

const FakeFile *
fake_host_written (FakeHost *host, guint n)
{
  if (n < 1 || n > host->written->len)
    g_error ("there is no file %u", n);
  return host->written->pdata[n - 1];
}

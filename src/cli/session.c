/* SPDX-License-Identifier: MIT */
#include "cli/session.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/strict-json.h"
#include "store/folder.h"
#include "store/runs.h"

void
session_options_clear (SessionOptions *options)
{
  g_clear_pointer (&options->vars, g_strfreev);
  g_clear_pointer (&options->var_files, g_strfreev);
  g_clear_pointer (&options->plugin_folders, g_strfreev);
}

Registry *
session_registry (const Program *program, const SessionOptions *options, GError **error)
{
  g_autoptr (GPtrArray) folders = g_ptr_array_new ();

  for (char **folder = options->plugin_folders; folder != NULL && *folder != NULL; folder++)
    {
      if (!g_path_is_absolute (*folder))
        {
          g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE, "--plugin-dir wants an absolute path, not \"%s\"", *folder);
          return NULL;
        }
      g_ptr_array_add (folders, *folder);
    }
  g_ptr_array_add (folders, program->plugin_folder);
  g_ptr_array_add (folders, NULL);
  return registry_new ((const char *const *) folders->pdata);
}

/* Sorts by time, also those that begin in one second: the end is the
 * microsecond, and four bits that may keep two of the same one apart. */
static char *
new_id (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *stamp = g_date_time_format (now, "%Y%m%d-%H%M%S");

  return g_strdup_printf ("%s-%06x", stamp, (guint) g_date_time_get_microsecond (now) << 4 | (g_random_int () & 0xf));
}

/* Another end, all of it by chance.  In place: the scopes of all includes
 * point to it. */
static void
rename_run (Session *session)
{
  const gsize end = strlen ("000000");
  g_autofree char *other = g_strdup_printf ("%06x", g_random_int () & 0xffffff);

  memcpy (session->id + strlen (session->id) - end, other, end);
  memcpy (session->dir + strlen (session->dir) - end, other, end);
}

/* What `galley check` knows of the vars: their defaults.  A list that is
 * still to be given is taken to be empty. */
static GHashTable *
default_vars (const Recipe *recipe)
{
  GHashTable *vars = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) var_value_free);

  for (guint i = 0; i < recipe->vars->len; i++)
    {
      const VarDeclaration *declaration = recipe->vars->pdata[i];
      VarValue *var = g_new0 (VarValue, 1);

      if (declaration->fallback != NULL)
        var->value = json_node_copy (declaration->fallback);
      else if (declaration->type == VAR_LIST)
        var->value = strict_json_parse ("[]", -1, NULL);
      else if (declaration->type == VAR_MAP)
        var->value = strict_json_parse ("{}", -1, NULL);
      var->secret = declaration->secret;
      g_hash_table_insert (vars, g_strdup (declaration->name), var);
    }
  return vars;
}

/* Of vars that are not secret. */
static GHashTable *
recorded_vars (const History *history)
{
  GHashTable *vars = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) json_node_unref);

  for (guint i = 0; i < history->vars->len; i++)
    {
      const HistoryFact *var = history->vars->pdata[i];
      JsonNode *value = var->value != NULL ? strict_json_parse (var->value, -1, NULL) : NULL;

      if (value != NULL)
        g_hash_table_insert (vars, var->name, value);
    }
  return vars;
}

/* The plugins are where they were: --plugin-dir need not be said again. */
static Registry *
recorded_registry (const Program *program, const SessionOptions *options, const History *history, GError **error)
{
  g_autoptr (GPtrArray) folders = g_ptr_array_new_with_free_func (g_free);
  SessionOptions all = *options;

  for (char **folder = options->plugin_folders; folder != NULL && *folder != NULL; folder++)
    g_ptr_array_add (folders, g_strdup (*folder));
  for (guint i = 0; i < history->plugins->len; i++)
    g_ptr_array_add (folders, g_path_get_dirname (((HistoryFact *) history->plugins->pdata[i])->origin));
  g_ptr_array_add (folders, NULL);
  all.plugin_folders = (char **) folders->pdata;
  return session_registry (program, &all, error);
}

static Session *
make_session (const Program *program, const char *file, const SessionOptions *options, gboolean with_vars, History *history,
              GError **error)
{
  g_autoptr (Session) session = g_new0 (Session, 1);
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autoptr (GHashTable) recorded = history != NULL ? recorded_vars (history) : NULL;
  GHashTable *vars = NULL;

  session->id = history != NULL ? g_strdup (history->id) : new_id ();
  session->dir = runs_folder (session->id);
  session->registry = history != NULL ? recorded_registry (program, options, history, error)
                                      : session_registry (program, options, error);
  if (session->registry == NULL)
    return NULL;
  session->recipe = recipe_load_into (file, diagnostics);
  if (session->recipe == NULL)
    {
      diagnostics_check (diagnostics, error);
      return NULL;
    }
  /* What is wrong so far does not hide what else is wrong; but values for
   * what is not well declared would only be called wrong too. */
  if (with_vars && diagnostics_count (diagnostics) == 0)
    {
      vars = recipe_resolve_vars_into (session->recipe, (const char *const *) options->vars,
                                       (const char *const *) options->var_files, options->played, recorded, diagnostics, error);
      if (vars == NULL && diagnostics_count (diagnostics) == 0)
        return NULL;
    }
  session->scope = scope_new (session->recipe, NULL, NULL, vars != NULL ? vars : default_vars (session->recipe));
  session->scope->run_id = session->id;
  session->scope->run_dir = session->dir;
  session->scope->world = options->played;
  session->scope->settled = vars != NULL;
  session->steps = run_steps_bind (session->scope, session->registry, diagnostics);
  if (!diagnostics_check (diagnostics, error))
    return NULL;
  return g_steal_pointer (&session);
}

Session *
session_load (const Program *program, const char *file, const SessionOptions *options, GError **error)
{
  /* Secrets and required vars need not be there to see that a recipe is well
   * made: values are looked at only when some are given. */
  return make_session (program, file, options, options->vars != NULL || options->var_files != NULL, NULL, error);
}

Session *
session_new (const Program *program, const char *file, const SessionOptions *options, GError **error)
{
  return make_session (program, file, options, TRUE, NULL, error);
}

Session *
session_resume (const Program *program, History *history, const SessionOptions *options, GError **error)
{
  Session *session = make_session (program, history->file, options, TRUE, history, error);

  if (session != NULL)
    session->history = history;
  return session;
}

void
session_free (Session *session)
{
  g_clear_pointer (&session->steps, g_ptr_array_unref);
  g_clear_pointer (&session->scope, scope_free);
  g_clear_pointer (&session->recipe, recipe_free);
  g_clear_pointer (&session->registry, registry_free);
  g_free (session->id);
  g_free (session->dir);
  g_free (session);
}

/* How the plugin of the tool's name declares it: how to ask for its version. */
static const struct galley_tool *
find_tool (Registry *registry, const char *name)
{
  Plugin *plugin = registry_find (registry, name, NULL);
  const struct galley_tool *tool = plugin != NULL ? plugin_find_tool (plugin, name) : NULL;

  return tool != NULL && strcmp (tool->name, name) == 0 ? tool : NULL;
}

static void
require_tools (Toolbox *toolbox, Registry *registry, Scope *scope)
{
  GHashTableIter iter;
  gpointer value;

  for (guint i = 0; i < scope->recipe->tools->len; i++)
    toolbox_require (toolbox, find_tool (registry, scope->recipe->tools->pdata[i]), scope->recipe->tools->pdata[i],
                     scope->recipe->tool_versions->pdata[i], scope->recipe->file);
  g_hash_table_iter_init (&iter, scope->includes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    require_tools (toolbox, registry, value);
}

void
session_add_tools (const Session *session, Toolbox *toolbox)
{
  g_autoptr (GHashTable) added = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < session->steps->len; i++)
    {
      Plugin *plugin = ((RunStep *) session->steps->pdata[i])->plugin;

      if (g_hash_table_add (added, plugin))
        toolbox_add_plugin (toolbox, plugin);
    }
  require_tools (toolbox, session->registry, session->scope);
}

/* ---- where a run keeps its files ----------------------------------------- */

static gboolean
folder_problem (const char *path, GError **error)
{
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD, "cannot make the run's folder \"%s\": %s", path, g_strerror (errno));
  return FALSE;
}

static gboolean
make_folder (const char *parent, const char *name, GError **error)
{
  g_autofree char *path = name != NULL ? g_build_filename (parent, name, NULL) : g_strdup (parent);

  return (folder_make (path) && chmod (path, 0700) == 0) || folder_problem (path, error);
}

gboolean
session_reserve (Session *session, GError **error)
{
  if (!runs_make_state_folder (error))
    return FALSE;
  while (mkdir (session->dir, 0700) < 0)
    {
      if (errno != EEXIST)
        return folder_problem (session->dir, error);
      rename_run (session);
    }
  return chmod (session->dir, 0700) == 0 || folder_problem (session->dir, error);      /* whatever the umask */
}

gboolean
session_make_folder (const Session *session, GError **error)
{
  return runs_make_state_folder (error) && make_folder (session->dir, NULL, error);
}

gboolean
session_make_folders (const Session *session, GError **error)
{
  return session_make_folder (session, error) && make_folder (session->dir, "output", error)
         && make_folder (session->dir, "private", error);
}

void
session_remove_folders (const Session *session)
{
  g_autofree char *output = g_build_filename (session->dir, "output", NULL);

  run_remove_private (session->dir);
  rmdir (output);
  rmdir (session->dir);
}

/* ---- plugin hosts -------------------------------------------------------- */

static void
host_born (pid_t pid, gpointer supervisor)
{
  supervisor_adopt (supervisor, pid);
}

static void
host_gone (pid_t pid, gpointer supervisor)
{
  supervisor_disown (supervisor, pid);
}

HostPool *
session_hosts (const Session *session, Supervisor *supervisor)
{
  return host_pool_new (session->registry, host_born, host_gone, supervisor);
}

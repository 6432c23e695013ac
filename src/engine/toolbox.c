/* SPDX-License-Identifier: MIT */
#include "engine/toolbox.h"

#include <string.h>

#include "base/errors.h"
#include "proc/tool.h"
#include "store/history.h"

#define VERSION_TIMEOUT_MS 60000         /* a large one, from a cold and slow disk */
/* Who asks, in a recording: no step. */
#define VERSIONS "(tools)"

struct _Toolbox {
  char      *helper_folder;
  World     *world;
  GPtrArray *found;               /* of ToolFound */
  GPtrArray *asked;               /* of Process*, while they are asked for their versions */
  gboolean   cancelled, strict;
  GPtrArray *former;              /* NULL, or HistoryFacts of a session before */
};

typedef struct { ToolFound *found; Toolbox *toolbox; } Asking;

static void
tool_found_free (ToolFound *found)
{
  g_free (found->name);
  g_free (found->path);
  g_free (found->version);
  g_free (found->min_version);
  g_free (found->wanted_by);
  g_free (found->problem);
  g_free (found->identity);
  g_free (found);
}

Toolbox *
toolbox_new (const char *helper_folder, World *world)
{
  Toolbox *toolbox = g_new0 (Toolbox, 1);

  toolbox->helper_folder = g_strdup (helper_folder);
  toolbox->world = world;
  toolbox->found = g_ptr_array_new_with_free_func ((GDestroyNotify) tool_found_free);
  toolbox->asked = g_ptr_array_new ();
  return toolbox;
}

void
toolbox_free (Toolbox *toolbox)
{
  g_free (toolbox->helper_folder);
  g_ptr_array_unref (toolbox->found);
  g_ptr_array_unref (toolbox->asked);
  g_clear_pointer (&toolbox->former, g_ptr_array_unref);
  g_free (toolbox);
}

GPtrArray *
toolbox_all (Toolbox *toolbox)
{
  return toolbox->found;
}

static ToolFound *
find (Toolbox *toolbox, const char *name)
{
  for (guint i = 0; i < toolbox->found->len; i++)
    if (strcmp (((ToolFound *) toolbox->found->pdata[i])->name, name) == 0)
      return toolbox->found->pdata[i];
  return NULL;
}

static ToolFound *
look_up (Toolbox *toolbox, const struct galley_tool *tool, const char *name)
{
  ToolFound *found = find (toolbox, name);
  g_autoptr (GError) error = NULL;

  if (found != NULL)
    return found;
  found = g_new0 (ToolFound, 1);
  found->name = g_strdup (name);
  found->tool = tool;
  if (tool->flags & GALLEY_TOOL_OURS)
    found->path = world_find_tool (toolbox->world, name, toolbox->helper_folder, &error);
  else if (g_path_is_absolute (name))
    found->path = g_strdup (name);
  else
    found->path = world_find_tool (toolbox->world, name, NULL, &error);
  if (found->path == NULL)
    found->problem = g_strdup (error->message);
  g_ptr_array_add (toolbox->found, found);
  return found;
}

static void
require (ToolFound *found, const char *min_version, const char *wanted_by)
{
  if (found->min_version != NULL && tool_compare_versions (found->min_version, min_version) >= 0)
    return;
  g_free (found->min_version);
  g_free (found->wanted_by);
  found->min_version = g_strdup (min_version);
  found->wanted_by = g_strdup (wanted_by);
}

void
toolbox_add_plugin (Toolbox *toolbox, const Plugin *plugin)
{
  const struct galley_plugin *info = plugin_info (plugin);

  for (const struct galley_tool *tool = info->tools; tool->name != NULL; tool++)
    if (strcmp (tool->name, GALLEY_TOOL_ANY) != 0)
      {
        ToolFound *found = look_up (toolbox, tool, tool->name);
        g_autofree char *who = g_strdup_printf ("the %s plugin", info->name);

        if (tool->min_version != NULL)
          require (found, tool->min_version, who);
      }
}

void
toolbox_require (Toolbox *toolbox, const struct galley_tool *tool, const char *name, const char *min_version, const char *wanted_by)
{
  static const struct galley_tool plain = { GALLEY_TOOL_ANY, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 };

  require (look_up (toolbox, tool != NULL ? tool : &plain, name), min_version, wanted_by);
}

static char *
first_text (const ProcessResult *result, const char *regex)
{
  for (int i = 0; i < 2; i++)
    {
      gsize len;
      const char *data = g_bytes_get_data (result->output[i].data, &len);
      g_autofree char *text = g_utf8_make_valid (data != NULL ? data : "", (gssize) len);
      char *version = tool_parse_version (text, regex);

      if (version != NULL)
        return version;
    }
  return NULL;
}

static void
judge (ToolFound *found, const ProcessResult *result)
{
  g_autofree char *how = process_result_describe (result);

  found->version = first_text (result, found->tool->version_regex);
  if (result->how == PROCESS_NOT_STARTED)
    found->problem = g_strdup_printf ("\"%s\" cannot be run: %s", found->path, how);
  else if (found->version == NULL && found->min_version != NULL)
    found->problem = g_strdup_printf ("\"%s\" does not tell its version (%s)", found->path, how);
  else if (found->version != NULL && found->min_version != NULL
           && tool_compare_versions (found->version, found->min_version) < 0)
    found->problem = g_strdup_printf ("\"%s\" is version %s, but %s needs %s or newer", found->path, found->version,
                                      found->wanted_by, found->min_version);
}

static void
on_version_ended (Process *process, const ProcessResult *result, gpointer user_data)
{
  Asking *asking = user_data;

  judge (asking->found, result);
  g_ptr_array_remove_fast (asking->toolbox->asked, process);
}

static Command *
version_command (const ToolFound *found)
{
  const char *args = found->tool->version_args != NULL ? found->tool->version_args : "--version";
  g_auto (GStrv) words = g_strsplit (args, " ", -1);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  Command *command;

  g_ptr_array_add (argv, found->name);
  for (char **word = words; *word != NULL; word++)
    g_ptr_array_add (argv, *word);
  g_ptr_array_add (argv, NULL);
  command = command_new (found->path, (const char *const *) argv->pdata);
  command->timeout_ms = VERSION_TIMEOUT_MS;
  command->grace_ms = 1000;
  command->caller = g_strdup_printf (VERSIONS " %s", found->name);
  g_strfreev (command->env);
  {
    g_auto (GStrv) ours = g_get_environ ();
    command->env = tool_environment ((const char *const *) ours, found->tool->env, NULL);
  }
  return command;
}

void
toolbox_ask_versions (Toolbox *toolbox)
{
  static const ProcessHandlers handlers = { .ended = on_version_ended };
  g_autofree Asking *asking = g_new0 (Asking, toolbox->found->len + 1);

  for (guint i = 0; i < toolbox->found->len; i++)
    {
      ToolFound *found = toolbox->found->pdata[i];

      if (found->path == NULL || found->version != NULL)
        continue;
      asking[i] = (Asking) { found, toolbox };
      g_ptr_array_add (toolbox->asked, world_start (toolbox->world, version_command (found), &handlers, &asking[i]));
    }
  while (toolbox->asked->len > 0)
    g_main_context_iteration (NULL, TRUE);
  world_settle (toolbox->world, NULL);
}

void
toolbox_cancel (Toolbox *toolbox, int signal)
{
  g_autoptr (GPtrArray) asked = g_ptr_array_copy (toolbox->asked, NULL, NULL);

  toolbox->cancelled = TRUE;
  for (guint i = 0; i < asked->len; i++)
    process_cancel (asked->pdata[i], signal);
}

gboolean
toolbox_check (Toolbox *toolbox, GError **error)
{
  g_autoptr (GString) problems = g_string_new (NULL);

  for (guint i = 0; i < toolbox->found->len; i++)
    {
      ToolFound *found = toolbox->found->pdata[i];

      if (found->problem != NULL)
        g_string_append_printf (problems, "%s%s", problems->len > 0 ? "\n" : "", found->problem);
    }
  if (problems->len == 0 && toolbox->cancelled)
    g_string_append (problems, "interrupted");
  if (problems->len == 0)
    return TRUE;
  g_set_error_literal (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION, problems->str);
  return FALSE;
}

const char *
toolbox_path (Toolbox *toolbox, const struct galley_tool *tool, const char *name, GError **error)
{
  ToolFound *found = look_up (toolbox, tool, name);

  if (found->path == NULL)
    g_set_error_literal (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION, found->problem);
  return found->path;
}

gboolean
toolbox_was_replaced (Toolbox *toolbox, const char *name)
{
  ToolFound *found = find (toolbox, name);
  g_autofree char *identity = found != NULL && found->path != NULL ? world_file_identity (toolbox->world, found->path) : NULL;
  gboolean replaced;

  if (identity == NULL)
    return FALSE;
  replaced = found->identity != NULL && strcmp (found->identity, identity) != 0;
  if (found->identity == NULL || !toolbox->strict)
    {
      g_free (found->identity);
      found->identity = g_steal_pointer (&identity);
    }
  return replaced;
}

void
toolbox_recall (Toolbox *toolbox, GPtrArray *former)
{
  toolbox->former = g_ptr_array_ref (former);
}

static char *
where_and_what (const char *path, const char *version)
{
  return version != NULL ? g_strdup_printf ("\"%s\", version %s", path, version) : g_strdup_printf ("\"%s\"", path);
}

void
toolbox_add_notices (Toolbox *toolbox, GPtrArray *notices)
{
  for (guint i = 0; toolbox->former != NULL && i < toolbox->former->len; i++)
    {
      const HistoryFact *former = toolbox->former->pdata[i];
      const ToolFound *found = find (toolbox, former->name);
      g_autofree char *before = NULL, *now = NULL;

      if (found == NULL || found->path == NULL || former->value == NULL)
        continue;
      before = where_and_what (former->value, former->origin);
      now = where_and_what (found->path, found->version);
      if (strcmp (before, now) != 0)
        g_ptr_array_add (notices, g_strdup_printf ("tool \"%s\" is %s; the run used %s before", found->name, now, before));
    }
}

gboolean
toolbox_be_strict (Toolbox *toolbox, GError **error)
{
  g_autoptr (GPtrArray) notices = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *text = NULL;

  toolbox->strict = TRUE;
  for (guint i = 0; i < toolbox->found->len; i++)
    toolbox_was_replaced (toolbox, ((ToolFound *) toolbox->found->pdata[i])->name);
  toolbox_add_notices (toolbox, notices);
  if (notices->len == 0)
    return TRUE;
  g_ptr_array_add (notices, NULL);
  text = g_strjoinv ("\n", (char **) notices->pdata);
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION, "%s: refused, by --strict", text);
  return FALSE;
}

gboolean
toolbox_is_strict (const Toolbox *toolbox)
{
  return toolbox->strict;
}

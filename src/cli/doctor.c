/* galley doctor: the tools and credentials a recipe needs.
 * SPDX-License-Identifier: MIT */
#include "base/errors.h"
#include "cli/credentials.h"
#include "cli/signals.h"

typedef struct {                  /* what a signal ends */
  Toolbox     *toolbox;
  Credentials *credentials;       /* NULL: not yet */
  int          signal;
} Examination;

static void
print_tools (Toolbox *toolbox)
{
  GPtrArray *tools = toolbox_all (toolbox);

  for (guint i = 0; i < tools->len; i++)
    {
      const ToolFound *found = tools->pdata[i];

      command_print ("%-4s %-12s %-12s %-10s %s\n", found->problem == NULL ? "ok" : "BAD", found->name,
                     found->version != NULL ? found->version : "-",
                     found->min_version != NULL ? found->min_version : "-",
                     found->problem != NULL ? found->problem : found->path);
    }
}

static void
add_all_plugins (Toolbox *toolbox, Registry *registry)
{
  g_auto (GStrv) names = registry_names (registry);

  for (char **name = names; *name != NULL; name++)
    {
      g_autoptr (GError) error = NULL;
      Plugin *plugin = registry_find (registry, *name, &error);

      if (plugin != NULL)
        toolbox_add_plugin (toolbox, plugin);
      else
        command_fail (error);
    }
}

static void
on_signal (int signal, gpointer data)
{
  Examination *examination = data;

  if (examination->signal == 0)
    examination->signal = signal;
  if (examination->credentials != NULL)
    credentials_interrupt (examination->credentials, signal);
  else
    toolbox_cancel (examination->toolbox, signal);
}

/* SESSION: of the recipe; NULL: all plugins. */
static int
examine (const Program *program, Toolbox *toolbox, Session *session, World *world, Supervisor *supervisor)
{
  Examination examination = { toolbox, NULL, 0 };
  G_GNUC_UNUSED g_autoptr (Signals) signals = signals_watch (program, on_signal, &examination);
  g_autoptr (Credentials) credentials = NULL;
  g_autoptr (GError) error = NULL;
  gboolean fine;

  toolbox_ask_versions (toolbox);
  if (examination.signal != 0)
    return EXIT_SIGNAL + examination.signal;
  command_print ("     %-12s %-12s %-10s %s\n", "tool", "version", "at least", "path");
  print_tools (toolbox);
  fine = toolbox_check (toolbox, &error);
  if (session != NULL)
    {
      examination.credentials = credentials = credentials_new (session, toolbox, world, supervisor);
      fine &= credentials_print (credentials);
    }
  if (examination.signal != 0)
    return EXIT_SIGNAL + examination.signal;
  return fine ? EXIT_OK : EXIT_PRECONDITION;
}

int
command_doctor (const Program *program, const char *name, int argc, char **argv)
{
  SessionOptions options = { 0 };
  const GOptionEntry entries[] = { SESSION_OPTIONS (options), { NULL, 0, 0, 0, NULL, NULL, NULL } };
  g_autoptr (Supervisor) supervisor = supervisor_new (NULL, program->ignored);
  g_autoptr (World) world = world_new_live (supervisor);
  g_autoptr (Toolbox) toolbox = toolbox_new (program->helper_folder, world);
  g_autoptr (Registry) registry = NULL;
  g_autoptr (Session) session = NULL;
  g_autoptr (GError) error = NULL;
  int code;

  if (!command_parse (name, entries, NULL, &argc, &argv, &code))
    return code;
  if (argc > 2)
    code = command_usage (name, "one recipe at a time");
  else if (argc == 2 && (session = session_load (program, argv[1], &options, &error)) != NULL)
    session_add_tools (session, toolbox);
  else if (argc == 1 && (registry = session_registry (program, &options, &error)) != NULL)
    add_all_plugins (toolbox, registry);
  if (error != NULL)
    code = command_fail (error);
  session_options_clear (&options);
  if (session == NULL && registry == NULL)
    return code;
  return examine (program, toolbox, session, world, supervisor);
}

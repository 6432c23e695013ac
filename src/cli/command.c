/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/errors.h"
#include "base/text.h"

const SubCommand sub_commands[] = {
  { "run", "RECIPE", "run a recipe",
    "Each step is checked first; only what does not hold yet is done.", command_run },
  { "plan", "RECIPE", "say what a run would change, changing nothing",
    "Exit code 2 when something would change, or cannot be known before something else has changed.", command_run },
  { "resume", "[RUN]", "go on with a run that was ended before its time",
    "RUN: its id, or how that begins; the newest when not given.  What was done is looked at again by its checks: what\n"
    "still holds is not done twice.  Secrets have to be given again.", command_resume },
  { "runs", "", "list the runs there have been, newest first",
    "Of each: its id, recipe, when it began, how long it took, its result, how many sessions (it and its resumes),\n"
    "and the steps where it failed or is.", command_runs },
  { "log", "[RUN] [STEP]", "show a run as its transcript",
    "RUN: its id, or how that begins; the newest when not given.  STEP: only of this step; an include or a for_each\n"
    "means all of its steps.", command_log },
  { "why", "[RUN]", "say what is in a run's way: its failures, what they mean, what helps",
    "RUN: its id, or how that begins; the newest when not given.", command_why },
  { "check", "RECIPE...", "check recipes, not the world",
    "Starts no tool.  Exit code 3 when a recipe is not valid.", command_check },
  { "show", "RECIPE", "show a recipe as it would be run: vars with their origins, steps, params",
    NULL, command_show },
  { "doctor", "[RECIPE]", "look at the tools and credentials a recipe needs",
    "Without RECIPE: all plugins' tools.", command_doctor },
  { "plugin list", "", "list the plugins", NULL, command_plugin_list },
  { "plugin show", "NAME[.ACTION]", "show a plugin: actions, params, outputs, tools, what it may run in a check",
    NULL, command_plugin_show },
  { "completion", "bash", "print a script that completes galley's command lines",
    "source <(galley completion bash)", command_completion },
  { NULL, NULL, NULL, NULL, NULL },
};

const SubCommand *
sub_command_find (const char *name)
{
  for (const SubCommand *command = sub_commands; command->name != NULL; command++)
    if (strcmp (command->name, name) == 0)
      return command;
  return NULL;
}

static GOptionContext *
new_context (const SubCommand *command, const GOptionEntry *entries, gpointer data, gboolean *help)
{
  GOptionEntry own[] = {
    { "help", 'h', 0, G_OPTION_ARG_NONE, help, "Show this help", NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  GOptionContext *context = g_option_context_new (command->arguments);
  GOptionGroup *group = g_option_group_new ("main", "", "", data, NULL);
  g_autofree char *summary = g_strdup_printf ("%c%s.%s%s", g_ascii_toupper (*command->summary), command->summary + 1,
                                              command->description != NULL ? "\n" : "",
                                              command->description != NULL ? command->description : "");

  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_summary (context, summary);
  g_option_group_add_entries (group, own);
  if (entries != NULL)
    g_option_group_add_entries (group, entries);
  g_option_context_set_main_group (context, group);
  return context;
}

static void
print_help (const SubCommand *command, GOptionContext *context)
{
  g_autofree char *program = g_strdup_printf ("galley %s", command->name);
  g_autofree char *help = NULL;

  g_set_prgname (program);
  help = g_option_context_get_help (context, TRUE, NULL);
  fputs (help, stdout);
}

gboolean
command_parse (const char *name, const GOptionEntry *entries, gpointer data, int *argc, char ***argv, int *code)
{
  const SubCommand *command = sub_command_find (name);
  gboolean help = FALSE;
  g_autoptr (GOptionContext) context = new_context (command, entries, data, &help);
  g_autoptr (GError) error = NULL;

  if (!g_option_context_parse (context, argc, argv, &error))
    {
      *code = command_usage (name, "%s", error->message);
      return FALSE;
    }
  *code = EXIT_OK;
  if (help)
    print_help (command, context);
  return !help;
}

int
command_fail (const GError *error)
{
  fprintf (stderr, "galley: %s\n", error->message);
  if (error->domain != GALLEY_ERROR)
    return EXIT_STEP_FAILED;
  switch (error->code)
    {
    case GALLEY_ERROR_RECIPE:       return EXIT_RECIPE;
    case GALLEY_ERROR_PRECONDITION: return EXIT_PRECONDITION;
    case GALLEY_ERROR_RECORD:       return EXIT_RECORD;
    case GALLEY_ERROR_USAGE:        return EXIT_USAGE;
    default:                        return EXIT_STEP_FAILED;
    }
}

int
command_usage (const char *name, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list ap;

  va_start (ap, format);
  text = g_strdup_vprintf (format, ap);
  va_end (ap);
  *text = g_ascii_tolower (*text);
  fprintf (stderr, "galley: %s\nTry \"galley%s%s --help\".\n", text, name != NULL ? " " : "",
           name != NULL ? name : "");
  return EXIT_USAGE;
}

void
command_print (const char *format, ...)
{
  va_list ap;

  va_start (ap, format);
  vfprintf (stdout, format, ap);
  va_end (ap);
}

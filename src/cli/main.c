/* galley: run a written procedure made of real command-line tools.
 * SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/command.h"

/* A closed 0, 1 or 2 would be taken by the first file that is opened, and
 * messages would land in it. */
static void
sanitize_descriptors (void)
{
  int fd;

  do
    fd = open ("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= 2);
  if (fd > 2)
    close (fd);
}

static void
sanitize_signals (Program *program)
{
  struct sigaction now;

  for (int s = 1; s < NSIG; s++)
    if (sigaction (s, NULL, &now) == 0 && now.sa_handler == SIG_IGN && s <= 64)
      program->ignored |= G_GUINT64_CONSTANT (1) << (s - 1);
  signal (SIGCHLD, SIG_DFL);          /* ignored, the kernel would throw exit codes away */
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
  signal (SIGTTOU, SIG_IGN);          /* `stty tostop`: what is said in the background is said */
}

/* In the build tree the plugins lie beside the program. */
static void
find_parts (Program *program)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (self != NULL ? self : "/");
  g_autofree char *core = g_build_filename (folder, "src", "libgalley-core.la", NULL);

  if (g_file_test (core, G_FILE_TEST_EXISTS))
    {
      program->plugin_folder = g_build_filename (folder, "plugins", ".libs", NULL);
      program->helper_folder = g_steal_pointer (&folder);
      return;
    }
  program->plugin_folder = g_strdup (PLUGINDIR);
  program->helper_folder = g_strdup (HELPERDIR);
}

static void
print_help (void)
{
  puts ("Usage: galley COMMAND [OPTION...]\n\n"
        "Runs a written procedure made of real command-line tools.\n\nCommands:");
  for (const SubCommand *command = sub_commands; command->name != NULL; command++)
    {
      g_autofree char *left = g_strdup_printf ("%s %s", command->name, command->arguments);
      printf ("  %-28s %s\n", left, command->summary);
    }
  puts ("\n  --version                    print the version\n"
        "  --help                       this; \"galley COMMAND --help\" tells more\n\n"
        "Exit codes: 0 ok, 1 a step failed, 2 plan has changes, 3 recipe invalid,\n"
        "4 tool, credential or approval missing, 5 record damaged, 64 wrong usage,\n"
        "128+n ended by signal n.");
}

static int
say_unknown (const char *word)
{
  const char *names[64];
  const char *near;
  gsize n = 0;

  for (const SubCommand *command = sub_commands; command->name != NULL && n < G_N_ELEMENTS (names) - 1; command++)
    names[n++] = command->name;
  names[n] = NULL;
  near = did_you_mean (word, names);
  if (near != NULL)
    return command_usage (NULL, "unknown command \"%s\" (did you mean \"%s\"?)", word, near);
  return command_usage (NULL, "unknown command \"%s\"", word);
}

/* "plugin list" is a command of two words. */
static const SubCommand *
find_command (int argc, char **argv, int *words)
{
  g_autofree char *two = argc > 2 ? g_strdup_printf ("%s %s", argv[1], argv[2]) : NULL;
  const SubCommand *command = two != NULL ? sub_command_find (two) : NULL;

  *words = command != NULL ? 2 : 1;
  return command != NULL ? command : sub_command_find (argv[1]);
}

static int
dispatch (const Program *program, int argc, char **argv)
{
  const SubCommand *command;
  int words;

  if (argc < 2)
    {
      print_help ();
      return EXIT_USAGE;
    }
  if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0 || strcmp (argv[1], "help") == 0)
    {
      print_help ();
      return EXIT_OK;
    }
  if (strcmp (argv[1], "--version") == 0)
    {
      puts (PACKAGE_STRING);
      return EXIT_OK;
    }
  command = find_command (argc, argv, &words);
  if (command == NULL)
    return say_unknown (argv[1]);
  return command->main (program, command->name, argc - words, argv + words);
}

/* The way a program ends that a signal has ended. */
static void
end_by_signal (int signo)
{
  sigset_t only;

  signal (signo, SIG_DFL);
  sigemptyset (&only);
  sigaddset (&only, signo);
  raise (signo);
  sigprocmask (SIG_UNBLOCK, &only, NULL);
}

int
main (int argc, char **argv)
{
  Program program = { 0 };
  struct rlimit no_core = { 0, 0 };
  int code;

  sanitize_descriptors ();
  sanitize_signals (&program);
  setrlimit (RLIMIT_CORE, &no_core);  /* memory holds secrets */
  terminal_state_save (&program.terminal);
  find_parts (&program);
  program.argv = g_strdupv (argv);
  code = dispatch (&program, argc, argv);
  g_strfreev (program.argv);
  g_free (program.plugin_folder);
  g_free (program.helper_folder);
  if (fflush (stdout) != 0 && code == EXIT_OK && errno == EPIPE)
    code = EXIT_SIGNAL + SIGPIPE;       /* `galley show x | head`: nothing to say to anybody */
  else if (ferror (stdout) && code == EXIT_OK)
    {
      fprintf (stderr, "galley: cannot write the result: %s\n", g_strerror (errno));
      code = EXIT_STEP_FAILED;
    }
  terminal_state_restore (&program.terminal);
  if (code > EXIT_SIGNAL)
    end_by_signal (code - EXIT_SIGNAL);
  return code;
}

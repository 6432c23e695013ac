/* The sub-commands of galley and what they have in common.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <signal.h>

#include "cli/terminal-state.h"

enum {
  EXIT_OK = 0, EXIT_STEP_FAILED = 1, EXIT_PLAN_CHANGES = 2, EXIT_RECIPE = 3, EXIT_PRECONDITION = 4, EXIT_RECORD = 5,
  EXIT_USAGE = 64, EXIT_SIGNAL = 128
};

/* How the program was started, and found its own parts. */
typedef struct {
  guint64   ignored;              /* signals ignored at the start: bit n-1 for n */
  char     *plugin_folder;        /* absolute: of the build tree, or where installed */
  char     *helper_folder;
  char    **argv;                 /* as typed */
  TerminalState terminal;
} Program;

typedef struct {
  const char *name;               /* "run", "plugin list" */
  const char *arguments;          /* "RECIPE" */
  const char *summary;            /* one line, no full stop */
  const char *description;        /* for --help; may be NULL */
  int (*main) (const Program *program, const char *name, int argc, char **argv);
} SubCommand;

extern const SubCommand sub_commands[];           /* ends at .name == NULL */
const SubCommand *sub_command_find (const char *name);

int command_run         (const Program *program, const char *name, int argc, char **argv);   /* and plan */
int command_resume      (const Program *program, const char *name, int argc, char **argv);
int command_runs        (const Program *program, const char *name, int argc, char **argv);
int command_log         (const Program *program, const char *name, int argc, char **argv);
int command_why         (const Program *program, const char *name, int argc, char **argv);
int command_check       (const Program *program, const char *name, int argc, char **argv);
int command_show        (const Program *program, const char *name, int argc, char **argv);
int command_plugin_list (const Program *program, const char *name, int argc, char **argv);
int command_plugin_show (const Program *program, const char *name, int argc, char **argv);
int command_doctor      (const Program *program, const char *name, int argc, char **argv);

int command_completion  (const Program *program, const char *name, int argc, char **argv);

/* Parses ARGV, --help included: prints it to stdout.  DATA: for callbacks of
 * ENTRIES.  TRUE: go on; FALSE:
 * leave with *CODE (0 after --help, 64 after an error, which is said). */
gboolean command_parse (const char *name, const GOptionEntry *entries, gpointer data, int *argc, char ***argv, int *code);
/* "galley: MESSAGE" on stderr; the exit code of the error's kind. */
int command_fail (const GError *error);
/* A wrong command line: says it and how to get help; 64. */
int command_usage (const char *name, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* One line or text to stdout, as it is. */
void command_print (const char *format, ...) G_GNUC_PRINTF (1, 2);

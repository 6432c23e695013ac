/* Why a program could not be started, in more words than an errno has.
 * SPDX-License-Identifier: MIT */
#include "proc/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/reason.h"

#define ARGUMENT_MAX (128 * 1024)       /* of one string, its NUL included */

/* The path after "#!"; NULL: PATH is no script. */
static char *
interpreter_of (const char *path)
{
  char line[256];
  ssize_t n;
  char *at;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

  if (fd < 0)
    return NULL;
  n = read (fd, line, sizeof line - 1);
  close (fd);
  if (n < 2 || line[0] != '#' || line[1] != '!')
    return NULL;
  line[n] = '\0';
  at = line + 2 + strspn (line + 2, " \t");
  return g_strndup (at, strcspn (at, " \t\r\n"));
}

static char *
explain_missing (const char *path)
{
  g_autofree char *interpreter = NULL;
  struct stat info;

  if (stat (path, &info) < 0)
    return lstat (path, &info) == 0 ? g_strdup_printf ("\"%s\" is a dangling link", path)
                                    : g_strdup_printf ("\"%s\" does not exist", path);
  interpreter = interpreter_of (path);
  if (interpreter != NULL)
    return g_strdup_printf ("\"%s\" is a script for \"%s\", which does not exist", path, interpreter);
  return g_strdup_printf ("\"%s\" needs a loader that does not exist", path);
}

static char *
explain_denied (const char *path)
{
  g_autofree char *interpreter = NULL;
  struct stat info;

  if (stat (path, &info) < 0)
    return g_strdup_printf ("\"%s\" cannot be reached: permission denied", path);
  if (!S_ISREG (info.st_mode))
    return g_strdup_printf ("\"%s\" is %s", path, S_ISDIR (info.st_mode) ? "a folder" : "not a file");
  if (faccessat (AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
    return g_strdup_printf ("\"%s\" is not executable", path);
  interpreter = interpreter_of (path);
  if (interpreter != NULL)
    return g_strdup_printf ("\"%s\" is a script for \"%s\", which is not executable", path, interpreter);
  return g_strdup_printf ("\"%s\" may not be run: permission denied", path);
}

static char *
explain_format (const char *path)
{
  struct stat info;

  if (stat (path, &info) == 0 && info.st_size == 0)
    return g_strdup_printf ("\"%s\" is empty", path);
  return g_strdup_printf ("\"%s\" is neither a program for this machine nor a script with \"#!\"", path);
}

static char *
explain_size (const Command *command)
{
  char **const lists[] = { command->argv, command->env };
  gsize longest = 0, all = 0;

  for (guint l = 0; l < G_N_ELEMENTS (lists); l++)
    for (guint i = 0; lists[l] != NULL && lists[l][i] != NULL; i++) {
      gsize size = strlen (lists[l][i]) + 1;

      longest = MAX (longest, size);
      all += size + sizeof (char *);
    }
  if (longest > ARGUMENT_MAX)
    return g_strdup_printf ("an argument of \"%s\" or a variable is too long (%" G_GSIZE_FORMAT
                            " bytes; %d are possible)", command->path, longest - 1, ARGUMENT_MAX - 1);
  return g_strdup_printf ("arguments and environment of \"%s\" are too long (%" G_GSIZE_FORMAT
                          " bytes)", command->path, all);
}

static char *
explain_incomplete (const Command *command)
{
  if (command->path == NULL || !g_path_is_absolute (command->path))
    return g_strdup_printf ("the path \"%s\" is not absolute",
                            command->path != NULL ? command->path : "");
  if (command->argv == NULL || command->argv[0] == NULL)
    return g_strdup_printf ("\"%s\" has no arguments, not even its name", command->path);
  if (command->cwd != NULL && !g_path_is_absolute (command->cwd))
    return g_strdup_printf ("the folder \"%s\" is not absolute", command->cwd);
  return g_strdup_printf ("\"%s\": invalid argument", command->path);
}

static char *
explain_exec (const Command *command, int error_number)
{
  g_autofree char *text = NULL;

  switch (error_number) {
    case ENOENT:
      return explain_missing (command->path);
    case EACCES:
    case EISDIR:
      return explain_denied (command->path);
    case ENOEXEC:
      return explain_format (command->path);
    case E2BIG:
      return explain_size (command);
    case EINVAL:
      return explain_incomplete (command);
    case ETXTBSY:
      return g_strdup_printf ("\"%s\" is being written to", command->path);
    default:
      text = reason_of_errno (error_number);
      return g_strdup_printf ("\"%s\": %s", command->path, text);
  }
}

static char *
explain (const Command *command, const SpawnFailure *failure)
{
  g_autofree char *text = reason_of_errno (failure->error_number);

  switch (failure->stage) {
    case SPAWN_EXEC:
      return explain_exec (command, failure->error_number);
    case SPAWN_FOLDER:
      return g_strdup_printf ("the folder \"%s\" cannot be entered: %s", command->cwd, text);
    case SPAWN_FORK:
      return g_strdup_printf ("no process for \"%s\": %s", command->path, text);
    case SPAWN_PIPE:
    case SPAWN_STREAMS:
      return g_strdup_printf ("no pipes for \"%s\": %s", command->path, text);
    case SPAWN_PARENT_GONE:
      break;
  }
  return g_strdup_printf ("\"%s\": %s", command->path, text);
}

GError *
start_error_new (const Command *command, const SpawnFailure *failure)
{
  g_autofree char *text = explain (command, failure);

  return g_error_new_literal (PROCESS_ERROR, failure->error_number, text);
}

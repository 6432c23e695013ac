/* SPDX-License-Identifier: MIT */
#include "proc/command.h"

Command *
command_new (const char *path, const char *const *argv)
{
  Command *command = g_new0 (Command, 1);

  command->path = g_strdup (path);
  command->argv = g_strdupv ((char **) argv);
  return command;
}

void
command_free (Command *command)
{
  if (command == NULL)
    return;
  g_free (command->path);
  g_strfreev (command->argv);
  g_strfreev (command->env);
  g_free (command->cwd);
  g_clear_pointer (&command->stdin_data, g_bytes_unref);
  g_free (command->spill);
  g_free (command->caller);
  g_strfreev (command->given);
  g_free (command);
}

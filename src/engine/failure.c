/* What is known of why an attempt failed.  SPDX-License-Identifier: MIT */
#include "engine/life.h"

#include <string.h>

void
failure_set (Failure *failure, guint error_class, const char *diagnosis, const char *fix)
{
  failure_clear (failure);
  failure->said = TRUE;
  failure->error_class = error_class;
  failure->diagnosis = g_strdup (diagnosis);
  failure->fix = g_strdup (fix);
}

void
life_blame (Life *life, const char *diagnosis, const char *fix)
{
  life->broke_rules = TRUE;
  failure_set (&life->failure, GALLEY_INVALID, diagnosis, fix);
}

void
failure_clear (Failure *failure)
{
  g_clear_pointer (&failure->diagnosis, g_free);
  g_clear_pointer (&failure->fix, g_free);
  failure->said = FALSE;
  failure->error_class = GALLEY_UNKNOWN;
}

void
failed_command_clear (FailedCommand *command)
{
  g_free (command->tool);
  g_free (command->cwd);
  g_free (command->how);
  g_free (command->telling);
  g_strfreev (command->argv);
  g_free (command->out);
  g_free (command->err);
  memset (command, 0, sizeof *command);
}

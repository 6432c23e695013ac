/* SPDX-License-Identifier: MIT */
#include "cli/terminal-state.h"

#include <string.h>
#include <unistd.h>

int
terminal_find (void)
{
  static const int fds[] = { STDERR_FILENO, STDOUT_FILENO, STDIN_FILENO };

  for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
    if (isatty (fds[i]))
      return fds[i];
  return -1;
}

gboolean
terminal_is_anothers (int fd)
{
  pid_t foreground = tcgetpgrp (fd);

  return foreground > 0 && foreground != getpgrp ();
}

void
terminal_state_save (TerminalState *state)
{
  int fd = terminal_find ();

  memset (state, 0, sizeof *state);
  state->fd = fd >= 0 && !terminal_is_anothers (fd) && tcgetattr (fd, &state->settings) == 0 ? fd : -1;
}

void
terminal_state_restore (const TerminalState *state)
{
  struct termios now;

  if (state->fd < 0 || terminal_is_anothers (state->fd))
    return;
  memset (&now, 0, sizeof now);
  if (tcgetattr (state->fd, &now) == 0 && memcmp (&now, &state->settings, sizeof now) != 0)
    tcsetattr (state->fd, TCSANOW, &state->settings);
}

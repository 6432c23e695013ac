/* How the terminal was set when galley was started: it is left so.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <termios.h>

typedef struct {
  int            fd;              /* -1: there is none, or it is not ours to set */
  struct termios settings;
} TerminalState;

void terminal_state_save    (TerminalState *state);
/* A tool may have found the terminal by its name.  Nothing in the background:
 * it is somebody else's then. */
void terminal_state_restore (const TerminalState *state);
/* The first of stderr, stdout and stdin that is a terminal; -1: none is. */
int  terminal_find (void);
/* FD is the terminal of a job that is not ours. */
gboolean terminal_is_anothers (int fd);

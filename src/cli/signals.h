/* Signals that ask galley to stop, as events of the main loop.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "cli/command.h"

typedef struct _Signals Signals;

/* From now on SIGINT, SIGTERM and SIGHUP do not end the program but call
 * ARRIVED from the main loop; one that was ignored when galley was started
 * stays so.  Until the end of the program: also after signals_free they only
 * wait, so that the exit code is that of what has been done. */
Signals *signals_watch (const Program *program, void (*arrived) (int signal, gpointer data), gpointer data);
void     signals_free  (Signals *signals);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Signals, signals_free)

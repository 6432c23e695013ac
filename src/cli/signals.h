/* Signals that ask galley to stop, as events of the main loop.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "cli/command.h"

typedef struct _Signals Signals;

/* From now on SIGINT, SIGTERM and SIGHUP do not end the program but call
 * ARRIVED from the main loop; one that was ignored when galley was started
 * stays so.  A terminal that goes away is a SIGHUP, unless that is ignored.
 * SIGHUP is told only when it is the first: whoever closes a terminal sends
 * several, and wants nothing killed by that.  Until the end of the program:
 * also after signals_free they only wait, so that the exit code is that of
 * what has been done. */
Signals *signals_watch (const Program *program, void (*arrived) (int signal, gpointer data), gpointer data);
/* Ctrl-Z (SIGTSTP), too: STOPPING is called instead of our being stopped, and
 * is to call signals_stop. */
void     signals_watch_stop (Signals *signals, void (*stopping) (gpointer data));
/* Stop the whole program, as the shell expects it.  Returns when it has been
 * continued: the microseconds it stood still. */
gint64   signals_stop  (const Program *program);
void     signals_free  (Signals *signals);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Signals, signals_free)

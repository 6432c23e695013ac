/* The time as a run sees it: the machine's, or that of a recording, in which
 * waits take no time.  A Clock that is NULL is the machine's.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct _Clock Clock;

/* A clock that stands still but for waits: when nobody holds it and the main
 * loop has nothing else to do, it moves on to the next timer at once.  WALL_US:
 * the time of day it begins at, in microseconds since 1970. */
Clock  *clock_new  (gint64 wall_us);
void    clock_free (Clock *clock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Clock, clock_free)

/* Microseconds: since some beginning; since 1970. */
gint64  clock_now  (const Clock *clock);
gint64  clock_wall (const Clock *clock);
/* Calls FUNCTION from the default main context after MILLISECONDS, which the
 * source's ready time must not be asked of.  As g_timeout_source_new, attached. */
GSource *clock_timer (Clock *clock, gint64 milliseconds, GSourceFunc function, gpointer data);

/* Somebody works for whom time does not pass: the clock waits for the
 * release of each hold. */
void    clock_hold    (Clock *clock);
void    clock_release (Clock *clock);
/* Called when the clock could move on, but nothing waits for it. */
void    clock_on_stuck (Clock *clock, void (*stuck) (gpointer data), gpointer data);

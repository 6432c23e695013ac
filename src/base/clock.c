/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

typedef struct {
  GSource *source;
  gint64   due;
} Timer;

struct _Clock {
  gint64   now, wall;             /* .wall: that of .now 0 */
  guint    holds;
  GArray  *timers;                /* of Timer, the soonest first; of two alike the older */
  GSource *mover;
  void   (*stuck) (gpointer data);
  gpointer stuck_data;
};

static void
timer_clear (gpointer data)
{
  g_source_unref (((Timer *) data)->source);
}

/* ---- moving on ----------------------------------------------------------- */

static void
drop_ended (Clock *clock)
{
  while (clock->timers->len > 0 && g_source_is_destroyed (g_array_index (clock->timers, Timer, 0).source))
    g_array_remove_index (clock->timers, 0);
}

static void
rearm (Clock *clock)
{
  gboolean may_move = clock->holds == 0 && (clock->timers->len > 0 || clock->stuck != NULL);

  g_source_set_ready_time (clock->mover, may_move ? 0 : -1);
}

static gboolean
move_on (GSource *source, GSourceFunc callback, gpointer user_data)
{
  Clock *clock = user_data;
  Timer *next;

  (void) callback;
  drop_ended (clock);
  if (clock->timers->len == 0)
    {
      g_source_set_ready_time (source, -1);
      if (clock->stuck != NULL)
        clock->stuck (clock->stuck_data);
      return G_SOURCE_CONTINUE;
    }
  next = &g_array_index (clock->timers, Timer, 0);
  clock->now = MAX (clock->now, next->due);
  g_source_set_ready_time (next->source, 0);
  g_array_remove_index (clock->timers, 0);
  rearm (clock);
  return G_SOURCE_CONTINUE;
}

static gboolean
never (gpointer data)
{
  (void) data;
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs mover_funcs = { .dispatch = move_on };

Clock *
clock_new (gint64 wall_us)
{
  Clock *clock = g_new0 (Clock, 1);

  clock->wall = wall_us;
  clock->timers = g_array_new (FALSE, FALSE, sizeof (Timer));
  g_array_set_clear_func (clock->timers, timer_clear);
  clock->mover = g_source_new (&mover_funcs, sizeof (GSource));
  g_source_set_callback (clock->mover, never, clock, NULL);   /* for the data */
  g_source_set_priority (clock->mover, G_PRIORITY_LOW);       /* after all that has happened */
  g_source_attach (clock->mover, NULL);
  return clock;
}

void
clock_free (Clock *clock)
{
  if (clock == NULL)
    return;
  g_source_destroy (clock->mover);
  g_source_unref (clock->mover);
  g_array_unref (clock->timers);
  g_free (clock);
}

/* ---- for others ---------------------------------------------------------- */

gint64
clock_now (const Clock *clock)
{
  return clock != NULL ? clock->now : g_get_monotonic_time ();
}

gint64
clock_wall (const Clock *clock)
{
  return clock != NULL ? clock->wall + clock->now : g_get_real_time ();
}

static gboolean
call_once_or_again (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  return callback (user_data);
}

static GSourceFuncs timer_funcs = { .dispatch = call_once_or_again };

/* Its ready time is not set before the clock is there. */
static GSource *
wait_for (Clock *clock, gint64 milliseconds)
{
  GSource *source = g_source_new (&timer_funcs, sizeof (GSource));
  Timer timer = { g_source_ref (source), clock->now + MAX (milliseconds, 0) * 1000 };
  guint at = clock->timers->len;

  while (at > 0 && g_array_index (clock->timers, Timer, at - 1).due > timer.due)
    at--;
  g_array_insert_val (clock->timers, at, timer);
  rearm (clock);
  return source;
}

GSource *
clock_timer (Clock *clock, gint64 milliseconds, GSourceFunc function, gpointer data)
{
  GSource *source = clock != NULL ? wait_for (clock, MIN (milliseconds, G_MAXINT))
                                  : g_timeout_source_new ((guint) CLAMP (milliseconds, 0, G_MAXINT));

  g_source_set_callback (source, function, data, NULL);
  g_source_attach (source, NULL);
  return source;
}

void
clock_hold (Clock *clock)
{
  if (clock == NULL)
    return;
  clock->holds++;
  rearm (clock);
}

void
clock_release (Clock *clock)
{
  if (clock == NULL)
    return;
  g_assert (clock->holds > 0);
  clock->holds--;
  rearm (clock);
}

void
clock_on_stuck (Clock *clock, void (*stuck) (gpointer data), gpointer data)
{
  clock->stuck = stuck;
  clock->stuck_data = data;
  rearm (clock);
}

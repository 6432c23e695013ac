/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#define WALL 1700000000000000

typedef struct {
  Clock   *clock;
  GString *order;                 /* a letter for each timer that has come */
} Fixture;

typedef struct { Fixture *fixture; char letter; gint64 came_at; GSource *source; } Timer;

static void
fixture_init (Fixture *fixture)
{
  fixture->clock = clock_new (WALL);
  fixture->order = g_string_new (NULL);
}

static void
fixture_clear (Fixture *fixture)
{
  clock_free (fixture->clock);
  g_string_free (fixture->order, TRUE);
}

static gboolean
on_timer (gpointer data)
{
  Timer *timer = data;

  g_string_append_c (timer->fixture->order, timer->letter);
  timer->came_at = clock_now (timer->fixture->clock);
  return G_SOURCE_REMOVE;
}

static void
set (Fixture *fixture, Timer *timer, char letter, gint64 milliseconds)
{
  *timer = (Timer) { fixture, letter, -1, NULL };
  timer->source = clock_timer (fixture->clock, milliseconds, on_timer, timer);
}

static void
drop (Timer *timer)
{
  g_source_destroy (timer->source);
  g_clear_pointer (&timer->source, g_source_unref);
}

/* All that is due without waiting. */
static void
go_on (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_order (void)
{
  Fixture fixture;
  Timer timers[6];

  fixture_init (&fixture);
  g_assert_cmpint (clock_now (fixture.clock), ==, 0);
  g_assert_cmpint (clock_wall (fixture.clock), ==, WALL);
  set (&fixture, &timers[0], 'c', 20000);
  set (&fixture, &timers[1], 'a', 5);
  set (&fixture, &timers[2], 'd', 20000);       /* of two alike, the older one first */
  set (&fixture, &timers[3], 'b', 19999);
  set (&fixture, &timers[4], '0', 0);
  set (&fixture, &timers[5], '1', -1);          /* what is late comes now */
  go_on ();
  g_assert_cmpstr (fixture.order->str, ==, "01abcd");
  g_assert_cmpint (timers[0].came_at, ==, 20000 * 1000);
  g_assert_cmpint (timers[1].came_at, ==, 5 * 1000);
  g_assert_cmpint (timers[4].came_at, ==, 0);
  g_assert_cmpint (timers[5].came_at, ==, 0);
  g_assert_cmpint (clock_wall (fixture.clock), ==, WALL + 20000 * 1000);
  for (guint i = 0; i < G_N_ELEMENTS (timers); i++)
    drop (&timers[i]);
  fixture_clear (&fixture);
}

static gboolean
on_chain (gpointer data)
{
  Timer *timers = data;

  on_timer (&timers[0]);
  set (timers[0].fixture, &timers[1], 'b', 10);
  return G_SOURCE_REMOVE;
}

/* One timer at a time: what it sets comes in its place. */
static void
test_chain (void)
{
  Fixture fixture;
  Timer timers[2], later;

  fixture_init (&fixture);
  timers[0] = (Timer) { &fixture, 'a', -1, NULL };
  timers[0].source = clock_timer (fixture.clock, 100, on_chain, timers);
  set (&fixture, &later, 'c', 111);
  go_on ();
  g_assert_cmpstr (fixture.order->str, ==, "abc");
  g_assert_cmpint (timers[1].came_at, ==, 110 * 1000);
  drop (&timers[0]);
  drop (&timers[1]);
  drop (&later);
  fixture_clear (&fixture);
}

static void
test_destroyed (void)
{
  Fixture fixture;
  Timer timers[3];

  fixture_init (&fixture);
  set (&fixture, &timers[0], 'a', 10);
  set (&fixture, &timers[1], 'b', 20);
  set (&fixture, &timers[2], 'c', 30);
  drop (&timers[0]);
  drop (&timers[2]);
  go_on ();
  g_assert_cmpstr (fixture.order->str, ==, "b");
  g_assert_cmpint (clock_now (fixture.clock), ==, 20 * 1000);   /* nobody waited for the others */
  drop (&timers[1]);
  fixture_clear (&fixture);
}

static void
test_holds (void)
{
  Fixture fixture;
  Timer timer;

  fixture_init (&fixture);
  clock_hold (fixture.clock);
  clock_hold (fixture.clock);
  set (&fixture, &timer, 'a', 10);
  go_on ();
  g_assert_cmpint (clock_now (fixture.clock), ==, 0);
  clock_release (fixture.clock);
  go_on ();
  g_assert_cmpstr (fixture.order->str, ==, "");
  clock_release (fixture.clock);
  go_on ();
  g_assert_cmpstr (fixture.order->str, ==, "a");
  drop (&timer);
  fixture_clear (&fixture);
}

static gboolean
on_work (gpointer data)
{
  Fixture *fixture = data;

  g_string_append_c (fixture->order, 'w');
  return fixture->order->len < 5;
}

/* What happens now comes before what is waited for. */
static void
test_after_all_else (void)
{
  Fixture fixture;
  Timer timer;

  fixture_init (&fixture);
  set (&fixture, &timer, 'a', 0);
  g_idle_add_full (G_PRIORITY_DEFAULT, on_work, &fixture, NULL);
  go_on ();
  g_assert_cmpstr (fixture.order->str, ==, "wwwwwa");
  drop (&timer);
  fixture_clear (&fixture);
}

static void
on_stuck (gpointer data)
{
  Fixture *fixture = data;

  g_string_append_c (fixture->order, 's');
  clock_on_stuck (fixture->clock, NULL, NULL);
}

static void
test_stuck (void)
{
  Fixture fixture;
  Timer timer;

  fixture_init (&fixture);
  set (&fixture, &timer, 'a', 10);
  clock_on_stuck (fixture.clock, on_stuck, &fixture);
  clock_hold (fixture.clock);
  go_on ();
  g_assert_cmpstr (fixture.order->str, ==, "");
  clock_release (fixture.clock);
  go_on ();
  g_assert_cmpstr (fixture.order->str, ==, "as");       /* first all that is waited for */
  drop (&timer);
  set (&fixture, &timer, 'b', 10);
  go_on ();
  g_assert_cmpstr (fixture.order->str, ==, "asb");
  drop (&timer);
  clock_on_stuck (fixture.clock, on_stuck, &fixture);
  go_on ();
  g_assert_cmpstr (fixture.order->str, ==, "asbs");
  fixture_clear (&fixture);
}

/* Timers may outlive it, and do not come any more. */
static void
test_freed (void)
{
  Fixture fixture;
  Timer timer;

  fixture_init (&fixture);
  set (&fixture, &timer, 'a', 10);
  g_clear_pointer (&fixture.clock, clock_free);
  go_on ();
  g_assert_cmpstr (fixture.order->str, ==, "");
  drop (&timer);
  fixture_clear (&fixture);
}

/* A life that is put off asks for the ready time: of what waits, none is there. */
static void
test_ready_time (void)
{
  Fixture fixture;
  Timer timer;

  fixture_init (&fixture);
  set (&fixture, &timer, 'a', 10);
  g_assert_cmpint (g_source_get_ready_time (timer.source), ==, -1);
  drop (&timer);
  fixture_clear (&fixture);
}

static gboolean
on_machine_timer (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
test_machine (void)
{
  gint64 now = g_get_monotonic_time (), wall = g_get_real_time ();
  gboolean came = FALSE;
  GSource *timer = clock_timer (NULL, 3, on_machine_timer, &came);

  clock_hold (NULL);
  clock_release (NULL);
  g_assert_cmpint (clock_now (NULL), >=, now);
  g_assert_cmpint (clock_wall (NULL), >=, wall);
  while (!came)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (clock_now (NULL), >=, now + 3000);
  g_source_destroy (timer);
  g_source_unref (timer);
  clock_free (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/clock/order", test_order);
  g_test_add_func ("/clock/chain", test_chain);
  g_test_add_func ("/clock/destroyed", test_destroyed);
  g_test_add_func ("/clock/holds", test_holds);
  g_test_add_func ("/clock/after-all-else", test_after_all_else);
  g_test_add_func ("/clock/stuck", test_stuck);
  g_test_add_func ("/clock/freed", test_freed);
  g_test_add_func ("/clock/ready-time", test_ready_time);
  g_test_add_func ("/clock/machine", test_machine);
  return g_test_run ();
}

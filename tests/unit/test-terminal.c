/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "report/live.h"
#include "report/terminal.h"
#include "report/width.h"

#define ARGV(...) ((const char *const []) { __VA_ARGS__, NULL })

/* ---- a screen --------------------------------------------------------------------
 * Understands what the sink may use, and fails on anything else: printable
 * characters, \r, \n, ESC [ n A, ESC [ J, colours. */

#define MAX_ROWS 400

typedef struct {
  guint    columns, rows;
  GString *lines[MAX_ROWS];     /* scrollback and screen */
  gboolean wrapped[MAX_ROWS];   /* the line goes on in the next row */
  guint    top, row, column;    /* top: first row on screen */
} Screen;

static Screen *
screen_new (guint columns, guint rows)
{
  Screen *screen = g_new0 (Screen, 1);

  screen->columns = columns;
  screen->rows = rows;
  for (guint i = 0; i < MAX_ROWS; i++)
    screen->lines[i] = g_string_new (NULL);
  return screen;
}

static void
screen_free (Screen *screen)
{
  for (guint i = 0; i < MAX_ROWS; i++)
    g_string_free (screen->lines[i], TRUE);
  g_free (screen);
}

static void
next_row (Screen *screen)
{
  g_assert_cmpuint (++screen->row, <, MAX_ROWS);
  if (screen->row >= screen->top + screen->rows)
    screen->top++;
}

static void
put (Screen *screen, gunichar c)
{
  guint width = g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;

  if (screen->column + width > screen->columns) {
    screen->wrapped[screen->row] = TRUE;
    next_row (screen);
    screen->column = 0;
  }
  /* The sink never writes over text: it erases first. */
  g_assert_cmpuint (text_width (screen->lines[screen->row]->str), ==, screen->column);
  g_string_append_unichar (screen->lines[screen->row], c);
  screen->column += width;
}

static const char *
escape (Screen *screen, const char *p)
{
  guint n = 0;

  g_assert_cmpint (*p++, ==, '[');
  while (g_ascii_isdigit (*p))
    n = n * 10 + (guint) (*p++ - '0');
  if (*p == 'A') {
    guint up = MIN (n, screen->row - screen->top);

    screen->row -= up;
  } else if (*p == 'J') {
    g_assert_cmpuint (n, ==, 0);
    g_assert_cmpuint (screen->column, ==, 0);
    for (guint i = screen->row; i < MAX_ROWS; i++) {
      g_string_truncate (screen->lines[i], 0);
      screen->wrapped[i] = FALSE;
    }
  } else {
    g_assert_cmpint (*p, ==, 'm');
  }
  return p + 1;
}

static void
screen_write (Screen *screen, const char *text, gsize len)
{
  const char *end = text + len;

  g_assert_true (g_utf8_validate (text, (gssize) len, NULL));
  for (const char *p = text; p < end; ) {
    if (*p == '\x1b') {
      p = escape (screen, p + 1);
      continue;
    }
    if (*p == '\n') {
      next_row (screen);
      screen->column = 0;
    } else if (*p == '\r') {
      screen->column = 0;
    } else {
      g_assert_false (g_unichar_iscntrl (g_utf8_get_char (p)));
      put (screen, g_utf8_get_char (p));
    }
    p = g_utf8_next_char (p);
  }
}

/* As most terminals do when they are made narrower: lines too long break. */
static void
screen_narrow (Screen *screen, guint columns)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  guint below = screen->row;

  g_assert_cmpuint (screen->column, ==, 0);
  for (guint i = 0; i < below; i++) {
    g_ptr_array_add (lines, g_strdup (screen->lines[i]->str));
    g_string_truncate (screen->lines[i], 0);
  }
  screen->columns = columns;
  screen->row = screen->top = 0;
  for (guint i = 0; i < lines->len; i++) {
    screen_write (screen, lines->pdata[i], strlen (lines->pdata[i]));
    screen_write (screen, "\n", 1);
  }
}

static char *
screen_text (Screen *screen)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i <= screen->row; i++)
    g_string_append_printf (text, "%s\n", screen->lines[i]->str);
  g_string_truncate (text, text->len - 1);
  return g_string_free (text, FALSE);
}

/* ---- a sink at a pipe ---------------------------------------------------------------- */

typedef struct {
  Sink    *sink;
  Screen  *screen;
  int      fds[2];
  gsize    bytes;               /* written so far */
} Fixture;

static void
fixture_start (Fixture *fixture, gboolean live, gboolean color, Verbosity verbosity, guint columns, guint rows)
{
  g_assert_cmpint (pipe (fixture->fds), ==, 0);
  fcntl (fixture->fds[0], F_SETFL, O_NONBLOCK);
  fixture->sink = terminal_sink_new (fixture->fds[1], live, color, verbosity);
  terminal_sink_set_size (fixture->sink, columns, rows);
  fixture->screen = screen_new (columns, rows);
  fixture->bytes = 0;
}

static char *
fixture_read (Fixture *fixture)
{
  GString *text = g_string_new (NULL);
  char buffer[4096];
  gssize n;

  while ((n = read (fixture->fds[0], buffer, sizeof buffer)) > 0)
    g_string_append_len (text, buffer, n);
  fixture->bytes += text->len;
  return g_string_free (text, FALSE);
}

static void
fixture_show (Fixture *fixture)
{
  g_autofree char *text = fixture_read (fixture);

  screen_write (fixture->screen, text, strlen (text));
}

static void
fixture_emit (Fixture *fixture, const Event *event)
{
  fixture->sink->event (fixture->sink, event);
}

static void
fixture_stop (Fixture *fixture)
{
  g_assert_null (fixture->sink->problem);
  fixture->sink->free (fixture->sink);
  screen_free (fixture->screen);
  close (fixture->fds[0]);
  close (fixture->fds[1]);
}

#define ASSERT_SCREEN(fixture, expected) \
  G_STMT_START { \
    g_autofree char *text_ = (fixture_show (fixture), screen_text ((fixture)->screen)); \
    g_assert_cmpstr (text_, ==, expected); \
  } G_STMT_END

#define ASSERT_WRITTEN(fixture, expected) \
  G_STMT_START { \
    g_autofree char *text_ = fixture_read (fixture); \
    g_assert_cmpstr (text_, ==, expected); \
  } G_STMT_END

static void
emit_all (Fixture *fixture, const Event *events, guint n)
{
  for (guint i = 0; i < n; i++)
    fixture_emit (fixture, &events[i]);
}

/* ---- plain ------------------------------------------------------------------------------ */

static const Event failing_run[] = {
  { .kind = EVENT_RUN_START, .run = "r1", .recipe = "wandb", .file = "wandb-eks.yaml", .steps = 5, .version = "0.1.0",
    .argv = (const char *const []) { "galley", "run", "wandb-eks.yaml", NULL } },
  { .kind = EVENT_STEP_START, .step = "account", .uses = "aws.identity" },
  { .kind = EVENT_COMMAND_START, .step = "account", .phase = "check", .command = 1, .argv = (const char *const []) { "aws", "sts", NULL } },
  { .kind = EVENT_OUTPUT, .step = "account", .command = 1, .stream = "stdout", .text = "{\"a\":1}", .eol = "\n" },
  { .kind = EVENT_COMMAND_END, .step = "account", .command = 1, .how = "exit 0", .duration_ms = 900 },
  { .kind = EVENT_CHECK, .step = "account", .outcome = "held" },
  { .kind = EVENT_STEP_END, .step = "account", .result = "held", .attempts = 1, .duration_ms = 900 },
  { .kind = EVENT_STEP_START, .elapsed_ms = 1000, .step = "cluster", .uses = "eksctl.cluster" },
  { .kind = EVENT_CHECK, .step = "cluster", .outcome = "needed", .reason = "no cluster \"wandb\"" },
  { .kind = EVENT_COMMAND_START, .step = "cluster", .phase = "apply", .command = 2, .argv = (const char *const []) { "eksctl", NULL } },
  { .kind = EVENT_COMMAND_START, .step = "cluster", .phase = "apply", .command = 3, .argv = (const char *const []) { "eksctl", NULL } },
  { .kind = EVENT_NOTE, .step = "cluster", .text = "it takes a quarter\nof an hour" },
  { .kind = EVENT_OUTPUT_VALUE, .step = "cluster", .name = "arn", .text = "arn:aws:x" },
  { .kind = EVENT_STEP_END, .elapsed_ms = 846000, .step = "cluster", .result = "changed", .attempts = 2, .duration_ms = 845000, .reason = "no cluster \"wandb\"" },
  { .kind = EVENT_STEP_END, .step = "ingress", .result = "skipped", .reason = "when: vars.nodes >= 2" },
  { .kind = EVENT_STEP_START, .elapsed_ms = 846000, .step = "wandb", .uses = "helm.release" },
  { .kind = EVENT_COMMAND_START, .step = "wandb", .phase = "apply", .command = 7, .argv = (const char *const []) { "helm", "upgrade", NULL } },
  { .kind = EVENT_COMMAND_END, .step = "wandb", .command = 7, .how = "exit 1", .has_exit_code = TRUE, .exit_code = 1, .duration_ms = 31000 },
  { .kind = EVENT_COMMAND_END, .step = "wandb", .command = 8, .how = "exit 0", .has_exit_code = TRUE, .duration_ms = 100 },
  { .kind = EVENT_RETRY, .step = "wandb", .attempt = 2, .attempts = 4, .class_name = "throttled", .reason = "Rate exceeded", .delay_ms = 8300 },
  { .kind = EVENT_WARNING, .step = "wandb", .text = "odd\x1b[2J" },
  { .kind = EVENT_WARNING, .text = "disk is nearly full" },
  { .kind = EVENT_STEP_END, .step = "wandb", .uses = "helm.release", .file = "wandb-eks.yaml", .line = 41, .result = "failed", .attempts = 4,
    .duration_ms = 151000, .class_name = "transient", .command = 7,
    .argv = (const char *const []) { "helm", "upgrade", "--install", "wandb", "a b", NULL }, .how = "exit 1",
    .telling = "Error: UPGRADE FAILED: context deadline exceeded",
    .reason = "Error: UPGRADE FAILED: context deadline exceeded",
    .diagnosis = "no EBS CSI driver answers claim wandb/wandb:\nnothing provisions ebs.csi.aws.com volumes",
    .fix = "install the driver (steps oidc, csi-role, csi-driver), then run the recipe again" },
  { .kind = EVENT_STEP_END, .step = "ready", .result = "not run", .reason = "wandb failed" },
  { .kind = EVENT_INTERRUPT, .signal = 2, .text = "stopping; again to kill" },
  { .kind = EVENT_RUN_END, .result = "failed", .exit_code = 1, .duration_ms = 1023000, .held = 1, .changed = 1, .skipped = 1, .failed = 1 },
};

static const char failure_block[] =
  "wandb-eks.yaml:41: step \"wandb\" failed: helm.release\n"
  "  command    $ helm upgrade --install wandb 'a b'\n"
  "  ended      exit 1 after 31 s\n"
  "  said       Error: UPGRADE FAILED: context deadline exceeded\n"
  "  diagnosis  no EBS CSI driver answers claim wandb/wandb:\n"
  "             nothing provisions ebs.csi.aws.com volumes\n"
  "  fix        install the driver (steps oidc, csi-role, csi-driver), then run the recipe again\n"
  "  go on      galley resume r1      (what already holds is not done again)\n";

static const char closing[] =
  "\n"
  "step     result   attempts     time\n"
  "account  held            1   900 ms\n"
  "cluster  changed         2  14m 05s\n"
  "ingress  skipped         -        -\n"
  "wandb    failed          4   2m 31s\n"
  "ready    not run         -        -\n"
  "\n"
  "wandb: failed after 17m 03s: 1 held, 1 changed, 1 skipped, 1 failed, 1 not run\n";

static void
test_plain (void)
{
  Fixture fixture;
  g_autofree char *expected = g_strconcat (
    "account           held      900 ms\n"
    "cluster: to be changed: no cluster \"wandb\"\n"
    "cluster: it takes a quarter of an hour\n"
    "cluster           changed  14m 05s  no cluster \"wandb\"  (2 attempts)\n"
    "ingress           skipped        -  when: vars.nodes >= 2\n"
    "wandb: attempt 2 of 4 failed: throttled (Rate exceeded); next in 8.3 s\n"
    "wandb: warning: odd^[[2J\n"
    "warning: disk is nearly full\n",
    failure_block,
    "stopping; again to kill\n",
    closing, NULL);

  fixture_start (&fixture, FALSE, FALSE, VERBOSITY_NORMAL, 80, 24);
  emit_all (&fixture, failing_run, G_N_ELEMENTS (failing_run));
  ASSERT_WRITTEN (&fixture, expected);
  fixture_stop (&fixture);
}

static void
test_quiet (void)
{
  Fixture fixture;
  g_autofree char *expected = g_strconcat ("wandb: warning: odd^[[2J\nwarning: disk is nearly full\n", failure_block,
                                           "stopping; again to kill\n", NULL);

  fixture_start (&fixture, TRUE, FALSE, VERBOSITY_QUIET, 80, 24);
  emit_all (&fixture, failing_run, G_N_ELEMENTS (failing_run));
  ASSERT_WRITTEN (&fixture, expected);
  fixture_stop (&fixture);
}

static void
test_verbose (void)
{
  Fixture fixture;

  fixture_start (&fixture, FALSE, FALSE, VERBOSITY_VERBOSE, 80, 24);
  emit_all (&fixture, failing_run, 14);
  ASSERT_WRITTEN (&fixture,
    "galley 0.1.0, run r1, wandb-eks.yaml, 5 steps\n"
    "# account: check, command 1\n"
    "$ aws sts\n"
    "  | {\"a\":1}\n"
    "# account: exit 0 after 900 ms\n"
    "# account: check: held\n"
    "account           held      900 ms\n"
    "# cluster: check: needed: no cluster \"wandb\"\n"
    "# cluster: apply, command 2\n"
    "$ eksctl\n"
    "# cluster: apply, command 3\n"
    "$ eksctl\n"
    "cluster: it takes a quarter of an hour\n"
    "cluster: arn = arn:aws:x\n"
    "cluster           changed  14m 05s  no cluster \"wandb\"  (2 attempts)\n");
  fixture_stop (&fixture);
}

static void
test_colors (void)
{
  const Event events[] = {
    { .kind = EVENT_STEP_END, .step = "a", .result = "held", .attempts = 1, .duration_ms = 900 },
    { .kind = EVENT_STEP_END, .step = "b", .result = "changed", .attempts = 1, .duration_ms = 900 },
    { .kind = EVENT_WARNING, .text = "w" },
    { .kind = EVENT_STEP_END, .step = "c", .result = "failed", .attempts = 1, .telling = "no" },
    { .kind = EVENT_RUN_END, .result = "failed", .failed = 1 },
  };
  Fixture fixture;

  fixture_start (&fixture, FALSE, TRUE, VERBOSITY_NORMAL, 80, 24);
  emit_all (&fixture, events, G_N_ELEMENTS (events));
  ASSERT_WRITTEN (&fixture,
    "a                 \x1b[36mheld   \x1b[0m   900 ms\n"
    "b                 \x1b[32mchanged\x1b[0m   900 ms\n"
    "\x1b[33mwarning: w\x1b[0m\n"
    "\x1b[31mstep \"c\" failed\x1b[0m\n"
    "  said       no\n"
    "\n"
    "step  result   attempts     time\n"
    "a     \x1b[36mheld   \x1b[0m         1   900 ms\n"
    "b     \x1b[32mchanged\x1b[0m         1   900 ms\n"
    "c     \x1b[31mfailed \x1b[0m         1     0 ms\n"
    "\n"
    "\x1b[31mfailed after 0 ms: 1 failed\x1b[0m\n");
  fixture_stop (&fixture);
}

/* What a failure lacks is left out. */
static void
test_failure_rows (void)
{
  const Event events[] = {
    { .kind = EVENT_STEP_END, .step = "a", .result = "failed", .file = "x.yaml", .line = 3, .reason = "no such param",
      .class_name = "invalid" },
    { .kind = EVENT_STEP_START, .step = "c" },
    { .kind = EVENT_COMMAND_END, .step = "c", .command = 1, .how = "exit 0", .duration_ms = 1000 },
    { .kind = EVENT_STEP_END, .step = "c", .result = "failed", .how = "exit 1" },
    { .kind = EVENT_STEP_END, .step = "b", .result = "failed", .how = "timed out after 10m (SIGTERM)", .class_name = "unknown",
      .argv = (const char *const []) { "x", NULL } },
  };
  Fixture fixture;

  fixture_start (&fixture, FALSE, FALSE, VERBOSITY_NORMAL, 80, 24);
  emit_all (&fixture, events, G_N_ELEMENTS (events));
  ASSERT_WRITTEN (&fixture,
    "x.yaml:3: step \"a\" failed\n"
    "  reason     no such param\n"
    "  class      invalid\n"
    "step \"c\" failed\n"
    "  ended      exit 1\n"
    "step \"b\" failed\n"
    "  command    $ x\n"
    "  ended      timed out after 10m (SIGTERM)\n");
  fixture_stop (&fixture);
}

static void
test_plan (void)
{
  const Event events[] = {
    { .kind = EVENT_RUN_START, .steps = 5 },
    { .kind = EVENT_STEP_START, .step = "account" },
    { .kind = EVENT_PLAN_STEP, .step = "account", .outcome = "held" },
    { .kind = EVENT_STEP_START, .step = "cluster" },
    { .kind = EVENT_CHECK, .step = "cluster", .outcome = "needed", .reason = "no cluster \"wandb\"" },
    { .kind = EVENT_PLAN_STEP, .step = "cluster", .outcome = "change", .reason = "no cluster \"wandb\"" },
    { .kind = EVENT_PLAN_STEP, .step = "storage", .outcome = "after", .after = "cluster" },
    { .kind = EVENT_PLAN_STEP, .step = "a-step-with-a-long-name", .outcome = "unknown", .reason = "its url needs steps.address.hostname" },
    { .kind = EVENT_PLAN_STEP, .step = "ingress", .outcome = "skipped", .reason = "when: vars.nodes >= 2" },
    { .kind = EVENT_RUN_END, .result = "ok", .exit_code = 2, .held = 1, .would_change = 1, .not_knowable = 2, .skipped = 1 },
  };
  Fixture fixture;

  fixture_start (&fixture, FALSE, FALSE, VERBOSITY_NORMAL, 80, 24);
  emit_all (&fixture, events, G_N_ELEMENTS (events));
  ASSERT_WRITTEN (&fixture,
    "account           held\n"
    "cluster           change  no cluster \"wandb\"\n"
    "storage           after cluster\n"
    "a-step-with-a-long-name  not knowable  its url needs steps.address.hostname\n"
    "ingress                  skipped  when: vars.nodes >= 2\n"
    "1 held, 1 would change, 2 not knowable yet, 1 skipped\n");
  fixture_stop (&fixture);
}

static void
test_heartbeat (void)
{
  Fixture fixture;

  fixture_start (&fixture, FALSE, FALSE, VERBOSITY_NORMAL, 80, 24);
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .elapsed_ms = 1000, .step = "cluster" });
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .elapsed_ms = 2000, .step = "role" });
  for (gint64 ms = 1000; ms <= 30900; ms += 100)
    terminal_sink_tick_at (fixture.sink, ms);
  ASSERT_WRITTEN (&fixture, "");
  terminal_sink_tick_at (fixture.sink, 31000);
  ASSERT_WRITTEN (&fixture, "cluster: still running after 30 s\n");
  fixture_emit (&fixture, &(Event) { .kind = EVENT_PROGRESS, .elapsed_ms = 31500, .step = "cluster", .text = "waiting for\nthe stack" });
  terminal_sink_tick_at (fixture.sink, 32000);
  ASSERT_WRITTEN (&fixture, "role: still running after 30 s\n");
  terminal_sink_tick_at (fixture.sink, 60999);
  ASSERT_WRITTEN (&fixture, "");
  terminal_sink_tick_at (fixture.sink, 61000);
  ASSERT_WRITTEN (&fixture, "cluster: still running after 1m 00s: waiting for the stack\n");
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_END, .elapsed_ms = 61500, .step = "role", .result = "held", .attempts = 1, .duration_ms = 59500 });
  ASSERT_WRITTEN (&fixture, "role              held      1m 00s\n");
  terminal_sink_tick_at (fixture.sink, 91500);
  ASSERT_WRITTEN (&fixture, "cluster: still running after 1m 31s: (1m 00s ago) waiting for the stack\n");
  fixture_stop (&fixture);
}

/* ---- live ------------------------------------------------------------------------------- */

static void
test_live (void)
{
  Fixture fixture;
  gsize bytes;

  fixture_start (&fixture, TRUE, FALSE, VERBOSITY_NORMAL, 60, 10);
  fixture_emit (&fixture, &(Event) { .kind = EVENT_RUN_START, .steps = 3 });
  ASSERT_SCREEN (&fixture, "");
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .step = "account" });
  ASSERT_SCREEN (&fixture, "account           running      0 s\n");
  fixture_emit (&fixture, &(Event) { .kind = EVENT_COMMAND_START, .step = "account", .phase = "check", .argv = ARGV ("aws", "sts", "x y") });
  ASSERT_SCREEN (&fixture, "account           running      0 s  aws sts 'x y'\n");
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_END, .elapsed_ms = 900, .step = "account", .result = "held", .attempts = 1, .duration_ms = 900 });
  ASSERT_SCREEN (&fixture, "account           held      900 ms\n");
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .elapsed_ms = 1000, .step = "cluster" });
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .elapsed_ms = 1000, .step = "role" });
  fixture_emit (&fixture, &(Event) { .kind = EVENT_COMMAND_START, .elapsed_ms = 1000, .step = "cluster", .command = 2, .phase = "apply", .argv = ARGV ("eksctl") });
  fixture_emit (&fixture, &(Event) { .kind = EVENT_OUTPUT, .elapsed_ms = 2000, .step = "cluster", .command = 2, .stream = "stdout",
                                     .text = "2026-08-21 [\342\204\271]  building cluster stack \"eksctl-wandb-cluster\" and more", .eol = "\n" });
  terminal_sink_tick_at (fixture.sink, 5000);
  ASSERT_SCREEN (&fixture, "account           held      900 ms\n"
                           "cluster           running      4 s  2026-08-21 [\342\204\271]  buildin\n"
                           "role              running      4 s\n");
  /* Nothing changes within a second: nothing is written. */
  bytes = fixture.bytes;
  terminal_sink_tick_at (fixture.sink, 5100);
  terminal_sink_tick_at (fixture.sink, 5900);
  fixture_show (&fixture);
  g_assert_cmpuint (fixture.bytes, ==, bytes);
  fixture_emit (&fixture, &(Event) { .kind = EVENT_NOTE, .elapsed_ms = 6000, .step = "role", .text = "a note long enough to be broken by the terminal into two" });
  ASSERT_SCREEN (&fixture, "account           held      900 ms\n"
                           "role: a note long enough to be broken by the terminal into t\nwo\n"
                           "cluster           running      5 s  2026-08-21 [\342\204\271]  buildin\n"
                           "role              running      5 s\n");
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_END, .elapsed_ms = 7000, .step = "cluster", .result = "changed", .attempts = 1, .duration_ms = 6000 });
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_END, .elapsed_ms = 9000, .step = "role", .result = "held", .attempts = 1, .duration_ms = 8000 });
  fixture_emit (&fixture, &(Event) { .kind = EVENT_RUN_END, .elapsed_ms = 9000, .result = "ok", .duration_ms = 9000, .held = 2, .changed = 1 });
  ASSERT_SCREEN (&fixture, "account           held      900 ms\n"
                           "role: a note long enough to be broken by the terminal into t\nwo\n"
                           "cluster           changed    6.0 s\n"
                           "role              held       8.0 s\n"
                           "\n"
                           "step     result   attempts     time\n"
                           "account  held            1   900 ms\n"
                           "cluster  changed         1    6.0 s\n"
                           "role     held            1    8.0 s\n"
                           "\n"
                           "ok after 9.0 s: 2 held, 1 changed\n");
  fixture_stop (&fixture);
}

static void
test_live_text (void)
{
  Fixture fixture;
  const Event lines[] = {
    { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = "stdout", .text = "in a check: not shown", .eol = "\n" },
    { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = "stderr", .text = "shown\x1b[2J\x9b", .eol = "\n" },
    { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = "stderr", .text = "}", .eol = "\n" },
    { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = "stderr", .text = "", .eol = "\n" },
  };

  fixture_start (&fixture, TRUE, FALSE, VERBOSITY_NORMAL, 60, 10);
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .step = "a" });
  fixture_emit (&fixture, &(Event) { .kind = EVENT_COMMAND_START, .step = "a", .command = 1, .phase = "check", .argv = ARGV ("x") });
  emit_all (&fixture, lines, 1);
  terminal_sink_tick_at (fixture.sink, 0);
  ASSERT_SCREEN (&fixture, "a                 running      0 s  x\n");
  emit_all (&fixture, lines, G_N_ELEMENTS (lines));
  terminal_sink_tick_at (fixture.sink, 0);
  ASSERT_SCREEN (&fixture, "a                 running      0 s  shown^[[2J\\x9b\n");
  fixture_emit (&fixture, &(Event) { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = "stderr", .text = "12% done", .partial = TRUE });
  terminal_sink_tick_at (fixture.sink, 0);
  ASSERT_SCREEN (&fixture, "a                 running      0 s  12% done\n");
  fixture_emit (&fixture, &(Event) { .kind = EVENT_CHECK, .step = "a", .outcome = "busy", .reason = "pending-upgrade" });
  ASSERT_SCREEN (&fixture, "a                 running      0 s  pending-upgrade\n");
  fixture_emit (&fixture, &(Event) { .kind = EVENT_RETRY, .step = "a", .attempt = 1, .attempts = 4, .class_name = "throttled", .delay_ms = 100 });
  ASSERT_SCREEN (&fixture, "a: attempt 1 of 4 failed: throttled; next in 100 ms\n"
                           "a                 running      0 s  waiting before attempt \n");
  terminal_sink_tick_at (fixture.sink, 3672000);
  ASSERT_SCREEN (&fixture, "a: attempt 1 of 4 failed: throttled; next in 100 ms\n"
                           "a                 running   1h 01m  (1h 01m ago) waiting be\n");
  fixture_stop (&fixture);
}

/* Wide and combining characters: never one column too many. */
static void
test_live_width (void)
{
  for (guint columns = 2; columns < 70; columns++) {
    Fixture fixture;

    fixture_start (&fixture, TRUE, TRUE, VERBOSITY_NORMAL, columns, 10);
    fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .step = "漢字" });
    fixture_emit (&fixture, &(Event) { .kind = EVENT_PROGRESS, .step = "漢字", .text = "e\xcc\x81" "e\xcc\x81 漢字漢字😀😀 漢e字e漢e\tx" });
    fixture_show (&fixture);
    g_assert_cmpuint (fixture.screen->row, ==, 1);
    fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_END, .step = "漢字", .result = "held" });
    fixture_show (&fixture);
    fixture_stop (&fixture);
  }
}

static void
test_live_many (void)
{
  Fixture fixture;
  g_autoptr (GString) expected = g_string_new (NULL);

  fixture_start (&fixture, TRUE, FALSE, VERBOSITY_NORMAL, 60, 5);
  for (guint i = 1; i <= 9; i++) {
    g_autofree char *step = g_strdup_printf ("s%u", i);

    fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .step = step });
  }
  ASSERT_SCREEN (&fixture, "s1                running      0 s\ns2                running      0 s\n"
                           "s3                running      0 s\n... and 6 more\n");
  for (guint i = 1; i <= 9; i++) {
    g_autofree char *step = g_strdup_printf ("s%u", i);

    fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_END, .step = step, .result = "held", .attempts = 1, .duration_ms = 1 });
    g_string_append_printf (expected, "s%u                held        1 ms\n", i);
  }
  /* All that was printed is there, scrolled away or not. */
  ASSERT_SCREEN (&fixture, expected->str);
  fixture_stop (&fixture);
}

/* Made narrower or wider at any time, on terminals that break long lines. */
static void
test_live_resize (void)
{
  for (guint columns = 79; columns >= 8; columns--) {
    Fixture fixture;

    fixture_start (&fixture, TRUE, FALSE, VERBOSITY_NORMAL, 80, 50);
    fixture_emit (&fixture, &(Event) { .kind = EVENT_NOTE, .text = "before" });
    fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .step = "a" });
    fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .step = "b" });
    fixture_emit (&fixture, &(Event) { .kind = EVENT_PROGRESS, .step = "a",
                                       .text = "a long text that fills the line up to the right edge of the terminal and on" });
    fixture_show (&fixture);
    screen_narrow (fixture.screen, columns);
    terminal_sink_set_size (fixture.sink, columns, 50);
    fixture_emit (&fixture, &(Event) { .kind = EVENT_NOTE, .text = "during" });
    fixture_show (&fixture);
    g_assert_cmpuint (fixture.screen->row, ==, 4);
    fixture.screen->columns = 100;
    terminal_sink_set_size (fixture.sink, 100, 50);
    fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_END, .step = "a", .result = "held", .attempts = 1, .duration_ms = 1 });
    fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_END, .step = "b", .result = "held", .attempts = 1, .duration_ms = 1 });
    ASSERT_SCREEN (&fixture, "before\nduring\na                 held        1 ms\nb                 held        1 ms\n");
    fixture_stop (&fixture);
  }
}

/* Questions and Ctrl-Z: the terminal is left clean, and taken again later. */
static void
test_live_leaves (void)
{
  Fixture fixture;

  fixture_start (&fixture, TRUE, FALSE, VERBOSITY_NORMAL, 60, 10);
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .step = "a" });
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .step = "b" });
  ASSERT_SCREEN (&fixture, "a                 running      0 s\nb                 running      0 s\n");
  fixture.sink->flush (fixture.sink);
  ASSERT_SCREEN (&fixture, "");
  screen_write (fixture.screen, "[1]+ Stopped\n", 13);
  terminal_sink_tick_at (fixture.sink, 1000);
  ASSERT_SCREEN (&fixture, "[1]+ Stopped\na                 running      1 s\nb                 running      1 s\n");
  fixture_emit (&fixture, &(Event) { .kind = EVENT_APPROVE, .step = "b", .text = "Delete all?" });
  ASSERT_SCREEN (&fixture, "[1]+ Stopped\nb: Delete all? [y/N] ");
  terminal_sink_tick_at (fixture.sink, 2000);
  ASSERT_SCREEN (&fixture, "[1]+ Stopped\nb: Delete all? [y/N] ");
  screen_write (fixture.screen, "y\n", 2);
  fixture_emit (&fixture, &(Event) { .kind = EVENT_APPROVE, .elapsed_ms = 3000, .step = "b", .text = "Delete all?", .outcome = "yes" });
  ASSERT_SCREEN (&fixture, "[1]+ Stopped\nb: Delete all? [y/N] y\n"
                           "a                 running      3 s\nb                 running      3 s\n");
  fixture_stop (&fixture);
}

#define QUESTION "Delete all of it, and what hangs on it?"

/* While a question is open nothing is drawn below it or over it; what others
 * have to say comes above. */
static void
test_question (void)
{
  static const struct { gboolean live; guint columns; const char *during; } cases[] = {
    { TRUE, 60, "a                 held        1 ms\nb: " QUESTION " [y/N] " },
    { TRUE, 40, "b: Delete all of it, and what hangs on i\nt? [y/N] \na                 held        1 ms\n"
                "b: Delete all of it, and what hangs on i\nt? [y/N] " },
    { FALSE, 60, "b: " QUESTION " [y/N] \na                 held        1 ms\nb: " QUESTION " [y/N] " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fixture fixture;
    g_autofree char *after = NULL;

    fixture_start (&fixture, cases[i].live, FALSE, VERBOSITY_NORMAL, cases[i].columns, 10);
    fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .step = "a" });
    fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .step = "b" });
    fixture_emit (&fixture, &(Event) { .kind = EVENT_APPROVE, .step = "b", .text = QUESTION });
    fixture_show (&fixture);
    fixture_emit (&fixture, &(Event) { .kind = EVENT_PROGRESS, .step = "a", .text = "busy" });
    fixture_emit (&fixture, &(Event) { .kind = EVENT_OUTPUT, .step = "a", .stream = "stdout", .text = "words", .eol = "\n" });
    terminal_sink_tick_at (fixture.sink, 100000);
    ASSERT_WRITTEN (&fixture, "");
    fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_END, .step = "a", .result = "held", .attempts = 1, .duration_ms = 1 });
    ASSERT_SCREEN (&fixture, cases[i].during);
    fixture.sink->flush (fixture.sink);             /* Ctrl-Z, and back */
    ASSERT_WRITTEN (&fixture, "\n");
    terminal_sink_tick_at (fixture.sink, 100000);
    ASSERT_WRITTEN (&fixture, "b: " QUESTION " [y/N] ");
    fixture_emit (&fixture, &(Event) { .kind = EVENT_INTERRUPT, .signal = 2, .text = "stopping" });
    fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_END, .step = "b", .result = "stopped", .attempts = 1, .duration_ms = 1 });
    after = g_strconcat (cases[i].during, "\nstopping\nb                 stopped     1 ms\n", NULL);
    ASSERT_SCREEN (&fixture, after);
    fixture_stop (&fixture);
  }
}

/* Even with -q; and of an answer that was not typed, a line says it. */
static void
test_question_quiet (void)
{
  Fixture fixture;

  fixture_start (&fixture, TRUE, TRUE, VERBOSITY_QUIET, 60, 10);
  fixture_emit (&fixture, &(Event) { .kind = EVENT_APPROVE, .step = "a", .text = "first?", .outcome = "yes" });
  fixture_emit (&fixture, &(Event) { .kind = EVENT_APPROVE, .step = "b", .text = "second?", .outcome = "nobody" });
  fixture_emit (&fixture, &(Event) { .kind = EVENT_APPROVE, .step = "c", .text = "third?" });
  ASSERT_WRITTEN (&fixture, "\x1b[1ma: first?: yes\x1b[0m\n\x1b[1mb: second?\x1b[0m\n\x1b[1mc: third?\x1b[0m [y/N] ");
  fixture_stop (&fixture);
}

/* With -v the transcript scrolls by above the live lines, never through them. */
static void
test_live_verbose (void)
{
  Fixture fixture;

  fixture_start (&fixture, TRUE, TRUE, VERBOSITY_VERBOSE, 60, 10);
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .step = "a" });
  fixture_emit (&fixture, &(Event) { .kind = EVENT_COMMAND_START, .step = "a", .command = 1, .phase = "apply", .argv = ARGV ("x") });
  fixture_emit (&fixture, &(Event) { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = "stdout", .text = "piece", .eol = NULL });
  fixture_emit (&fixture, &(Event) { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = "stdout", .text = "line", .eol = "\n" });
  ASSERT_SCREEN (&fixture, "# a: apply, command 1\n$ x\n  | piece\n  | line\na                 running      0 s  line\n");
  fixture_stop (&fixture);
}

/* A terminal that takes nothing (Ctrl-S) is not waited for, and drawings do
 * not pile up. */
static void
test_live_stopped_terminal (void)
{
  Fixture fixture;
  g_autofree char *big = g_strnfill (100000, 'x');

  fixture_start (&fixture, TRUE, FALSE, VERBOSITY_NORMAL, 60, 10);
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .step = "a" });
  fixture_emit (&fixture, &(Event) { .kind = EVENT_NOTE, .text = big });
  for (gint64 ms = 0; ms < 100000; ms += 100)
    terminal_sink_tick_at (fixture.sink, ms);
  for (guint i = 0; i < 4; i++) {
    g_autofree char *text = fixture_read (&fixture);

    terminal_sink_tick_at (fixture.sink, 100000);
    if (i > 1)
      g_assert_cmpuint (strlen (text), <, 200);
  }
  g_assert_cmpuint (fixture.bytes, <, 101000);
  fixture_stop (&fixture);
}

/* On a real terminal (of nobody) its size is asked for, each time. */
static void
test_size_is_asked (void)
{
  struct winsize size = { 10, 40, 0, 0 };
  int master = posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), slave;
  Fixture fixture;

  if (master < 0 || grantpt (master) != 0 || unlockpt (master) != 0
      || (slave = open (ptsname (master), O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
    g_test_skip ("no pseudo terminals");
    return;
  }
  fixture = (Fixture) { terminal_sink_new (slave, TRUE, FALSE, VERBOSITY_NORMAL), screen_new (200, 10), { master, slave }, 0 };
  ioctl (slave, TIOCSWINSZ, &size);
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .step = "a" });
  fixture_emit (&fixture, &(Event) { .kind = EVENT_PROGRESS, .step = "a", .text = "0123456789012345678901234567890123456789" });
  ASSERT_SCREEN (&fixture, "a                 running      0 s  012\n");
  size.ws_col = 50;
  ioctl (slave, TIOCSWINSZ, &size);
  terminal_sink_tick_at (fixture.sink, 0);
  ASSERT_SCREEN (&fixture, "a                 running      0 s  0123456789012\n");
  size = (struct winsize) { 0, 0, 0, 0 };
  ioctl (slave, TIOCSWINSZ, &size);
  terminal_sink_tick_at (fixture.sink, 0);
  ASSERT_SCREEN (&fixture, "a                 running      0 s  0123456789012345678901234567890123456789\n");
  fixture_stop (&fixture);
}

static void
test_closed (void)
{
  Fixture fixture;
  g_autofree char *problem = NULL;

  fixture_start (&fixture, TRUE, FALSE, VERBOSITY_NORMAL, 60, 10);
  close (fixture.fds[0]);
  fixture_emit (&fixture, &(Event) { .kind = EVENT_STEP_START, .step = "a" });
  problem = g_steal_pointer (&fixture.sink->problem);
  g_assert_cmpstr (problem, ==, "cannot write the terminal: Broken pipe");
  terminal_sink_tick_at (fixture.sink, 1000);
  fixture_emit (&fixture, &(Event) { .kind = EVENT_NOTE, .text = "x" });
  fixture.sink->flush (fixture.sink);
  fixture.fds[0] = open ("/dev/null", O_RDONLY);
  fixture_stop (&fixture);
}

/* ---- columns -------------------------------------------------------------------------------- */

static void
test_width (void)
{
  static const struct { const char *text; guint width; } cases[] = {
    { "", 0 }, { "abc", 3 }, { "é", 1 }, { "e\xcc\x81", 1 }, { "漢字", 4 }, { "😀", 2 }, { "\xe2\x80\x8b", 0 }, { "…", 1 },
  };
  g_autofree char *cut = text_cut ("a漢b", 2);
  g_autofree char *fits = text_cut ("a漢b", 3);
  g_autofree char *combined = text_cut ("e\xcc\x81x", 1);
  g_autofree char *padded = text_pad ("漢", 4);
  g_autofree char *wide = text_pad ("abc", 2);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpuint (text_width (cases[i].text), ==, cases[i].width);
  g_assert_cmpstr (cut, ==, "a");
  g_assert_cmpstr (fits, ==, "a漢");
  g_assert_cmpstr (combined, ==, "e\xcc\x81");
  g_assert_cmpstr (padded, ==, "漢  ");
  g_assert_cmpstr (wide, ==, "abc");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  signal (SIGPIPE, SIG_IGN);
  g_test_add_func ("/terminal/plain", test_plain);
  g_test_add_func ("/terminal/quiet", test_quiet);
  g_test_add_func ("/terminal/verbose", test_verbose);
  g_test_add_func ("/terminal/colors", test_colors);
  g_test_add_func ("/terminal/failure-rows", test_failure_rows);
  g_test_add_func ("/terminal/plan", test_plan);
  g_test_add_func ("/terminal/heartbeat", test_heartbeat);
  g_test_add_func ("/terminal/live", test_live);
  g_test_add_func ("/terminal/live-text", test_live_text);
  g_test_add_func ("/terminal/live-width", test_live_width);
  g_test_add_func ("/terminal/live-many", test_live_many);
  g_test_add_func ("/terminal/live-resize", test_live_resize);
  g_test_add_func ("/terminal/live-leaves", test_live_leaves);
  g_test_add_func ("/terminal/question", test_question);
  g_test_add_func ("/terminal/question-quiet", test_question_quiet);
  g_test_add_func ("/terminal/live-verbose", test_live_verbose);
  g_test_add_func ("/terminal/stopped", test_live_stopped_terminal);
  g_test_add_func ("/terminal/size-is-asked", test_size_is_asked);
  g_test_add_func ("/terminal/closed", test_closed);
  g_test_add_func ("/terminal/width", test_width);
  return g_test_run ();
}

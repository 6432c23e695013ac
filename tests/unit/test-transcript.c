/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "report/transcript.h"

#define TIME_US (G_GINT64_CONSTANT (1787322720) * G_USEC_PER_SEC)

#define ARGV(...) ((const char *const []) { __VA_ARGS__, NULL })

static char *
render (gboolean safe, const Event *events, guint n)
{
  Transcript *transcript = transcript_new (safe);
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    transcript_render (transcript, &events[i], out);
  transcript_free (transcript);
  return g_string_free (out, FALSE);
}

#define ASSERT_RENDERED(safe, events, expected) \
  G_STMT_START { \
    g_autofree char *rendered_ = render (safe, events, G_N_ELEMENTS (events)); \
    g_assert_cmpstr (rendered_, ==, expected); \
  } G_STMT_END

static void
test_run (void)
{
  const Event events[] = {
    { .kind = EVENT_RUN_START, .time_us = TIME_US, .run = "20260821-a1b2", .recipe = "wandb", .file = "wandb-eks.yaml", .steps = 2,
      .version = "0.1.0", .argv = ARGV ("galley", "run", "wandb-eks.yaml", "--var", "a=b c") },
    { .kind = EVENT_STEP_START, .step = "cluster", .uses = "eksctl.cluster", .file = "wandb-eks.yaml", .line = 20 },
    { .kind = EVENT_ATTEMPT_START, .step = "cluster", .attempt = 1, .attempts = 4 },
    { .kind = EVENT_COMMAND_START, .step = "cluster", .phase = "check", .command = 1, .tool = "/usr/bin/eksctl",
      .argv = ARGV ("eksctl", "get", "cluster", "--name", "w b") },
    { .kind = EVENT_OUTPUT, .step = "cluster", .command = 1, .stream = "stderr", .text = "Error: none", .eol = "\n" },
    { .kind = EVENT_COMMAND_END, .step = "cluster", .command = 1, .how = "exit 1", .duration_ms = 1900 },
    { .kind = EVENT_CHECK, .step = "cluster", .outcome = "needed", .reason = "no cluster \"w b\"" },
    { .kind = EVENT_COMMAND_START, .step = "cluster", .phase = "apply", .command = 2, .cwd = "/srv/my dir",
      .env = ARGV ("AWS_PROFILE=dev", "X=it's", "EMPTY="), .argv = ARGV ("eksctl", "create", "cluster", "-f", "-"), .input = "kind: x\n" },
    { .kind = EVENT_OUTPUT, .step = "cluster", .command = 2, .stream = "stdout", .text = "10%", .eol = "\r" },
    { .kind = EVENT_OUTPUT, .step = "cluster", .command = 2, .stream = "stdout", .text = "20%", .eol = "\r" },
    { .kind = EVENT_OUTPUT, .step = "cluster", .command = 2, .stream = "stdout", .text = "$ rm -rf /", .eol = "\n" },
    { .kind = EVENT_OUTPUT, .step = "cluster", .command = 2, .stream = "stdout", .text = "", .eol = "\n" },
    { .kind = EVENT_OUTPUT, .step = "cluster", .command = 2, .stream = "stdout", .text = "gone", .eol = NULL, .partial = TRUE },
    { .kind = EVENT_OUTPUT, .step = "cluster", .command = 2, .stream = "stderr", .text = "warn", .eol = "\r\n" },
    { .kind = EVENT_OUTPUT, .step = "cluster", .command = 2, .stream = "stdout", .text = "99%", .eol = "\r" },
    { .kind = EVENT_COMMAND_END, .step = "cluster", .command = 2, .how = "timed out after 10m (SIGTERM)", .duration_ms = 600000,
      .reason = "no news", .out_file = "/s/2.stdout" },
    { .kind = EVENT_RETRY, .step = "cluster", .attempt = 1, .attempts = 4, .class_name = "throttled", .reason = "Rate exceeded", .delay_ms = 8300 },
    { .kind = EVENT_ATTEMPT_START, .step = "cluster", .attempt = 2, .attempts = 4 },
    { .kind = EVENT_NOTE, .step = "cluster", .text = "two\nlines" },
    { .kind = EVENT_WARNING, .text = "odd \x1b[2J" },
    { .kind = EVENT_PROGRESS, .step = "cluster", .text = "waiting for it" },
    { .kind = EVENT_OUTPUT_VALUE, .step = "cluster", .name = "arn", .text = "arn:aws" },
    { .kind = EVENT_STEP_END, .step = "cluster", .result = "changed", .attempts = 2, .duration_ms = 847000, .reason = "no cluster" },
    { .kind = EVENT_STEP_START, .step = "wandb", .uses = "helm.release" },
    { .kind = EVENT_APPROVE, .step = "wandb", .text = "Really?" },
    { .kind = EVENT_APPROVE, .step = "wandb", .text = "Really?", .outcome = "yes" },
    { .kind = EVENT_STEP_END, .step = "wandb", .result = "failed", .attempts = 1, .duration_ms = 31000, .class_name = "transient",
      .telling = "Error: UPGRADE FAILED", .diagnosis = "no driver", .fix = "install it" },
    { .kind = EVENT_STEP_END, .step = "ready", .result = "not run", .reason = "a step failed" },
    { .kind = EVENT_INTERRUPT, .text = "stopping" },
    { .kind = EVENT_RUN_END, .result = "failed", .exit_code = 1, .duration_ms = 900000, .held = 0, .changed = 1, .failed = 1 },
  };

  ASSERT_RENDERED (FALSE, events,
    "# galley 0.1.0, run 20260821-a1b2, 2026-08-21T14:32:00Z\n"
    "# recipe wandb (wandb-eks.yaml), 2 steps\n"
    "# started as: galley run wandb-eks.yaml --var 'a=b c'\n"
    "\n"
    "# cluster: eksctl.cluster (wandb-eks.yaml:20)\n"
    "# cluster: check, command 1\n"
    "$ eksctl get cluster --name 'w b'\n"
    "  ! Error: none\n"
    "# cluster: exit 1 after 1.9 s\n"
    "# cluster: check: needed: no cluster \"w b\"\n"
    "# cluster: apply, command 2\n"
    "$ (cd '/srv/my dir' && printf %s $'kind: x\\n' | AWS_PROFILE=dev X='it'\\''s' EMPTY= eksctl create cluster -f -)\n"
    "  | $ rm -rf /\n"
    "  | \n"
    "  ! warn\n"
    "  | 99%\n"
    "# cluster: timed out after 10m (SIGTERM): no news\n"
    "# cluster: attempt 1 of 4 failed: throttled (Rate exceeded); next in 8.3 s\n"
    "# cluster: attempt 2 of 4\n"
    "# cluster: note: two\n"
    "#   lines\n"
    "# warning: odd ^[[2J\n"
    "# cluster: waiting for it\n"
    "# cluster: output arn = arn:aws\n"
    "# cluster: changed after 14m 07s, 2 attempts: no cluster\n"
    "\n"
    "# wandb: helm.release\n"
    "# wandb: approve: Really?\n"
    "# wandb: approve: Really?: yes\n"
    "# wandb: failed after 31 s\n"
    "# wandb: class: transient\n"
    "# wandb: said: Error: UPGRADE FAILED\n"
    "# wandb: diagnosis: no driver\n"
    "# wandb: fix: install it\n"
    "# ready: not run: a step failed\n"
    "# stopping\n"
    "\n"
    "# failed after 15m 00s, exit code 1: 0 held, 1 changed, 0 skipped, 1 failed, 0 stopped, 0 unknown\n");
}

static void
test_plan (void)
{
  const Event events[] = {
    { .kind = EVENT_PLAN_STEP, .step = "a", .outcome = "held" },
    { .kind = EVENT_PLAN_STEP, .step = "b", .outcome = "change", .reason = "not there" },
    { .kind = EVENT_PLAN_STEP, .step = "c", .outcome = "after", .after = "b" },
  };

  ASSERT_RENDERED (FALSE, events, "# a: plan: held\n# b: plan: change: not there\n# c: plan: after b\n");
}

/* Lines of two commands: each says whose it is, and none runs into another. */
static void
test_parallel (void)
{
  const Event events[] = {
    { .kind = EVENT_COMMAND_START, .step = "a", .phase = "apply", .command = 1, .argv = ARGV ("x") },
    { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = "stdout", .text = "alone", .eol = "\n" },
    { .kind = EVENT_COMMAND_START, .step = "b", .phase = "apply", .command = 2, .argv = ARGV ("y") },
    { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = "stdout", .text = "cut he", .eol = NULL },
    { .kind = EVENT_OUTPUT, .step = "b", .command = 2, .stream = "stdout", .text = "other", .eol = "\n" },
    { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = "stdout", .text = "re", .eol = NULL },
    { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = "stdout", .text = ", on", .eol = "\n" },
    { .kind = EVENT_OUTPUT, .step = "b", .command = 2, .stream = "stderr", .text = "no end", .eol = NULL },
    { .kind = EVENT_COMMAND_END, .step = "b", .command = 2, .how = "exit 0" },
    { .kind = EVENT_OUTPUT, .step = "a", .command = 1, .stream = "stderr", .text = "alone", .eol = "\n" },
  };

  ASSERT_RENDERED (FALSE, events,
    "# a: apply, command 1\n$ x\n  | alone\n# b: apply, command 2\n$ y\n"
    "  a | cut he\n  b | other\n  a | re, on\n  b ! no end\n# b: exit 0 after 0 ms\n  ! alone\n");
  ASSERT_RENDERED (TRUE, events,
    "# a: apply, command 1\n$ x\n  | alone\n# b: apply, command 2\n$ y\n"
    "  a | cut he\n  b | other\n  a | re\n  a | , on\n  b ! no end\n# b: exit 0 after 0 ms\n  ! alone\n");
}

static void
test_bytes (void)
{
  const Event events[] = {
    { .kind = EVENT_OUTPUT, .command = 1, .stream = "stdout", .text = "\x1b]0;pwn\a\xff\0z", .text_len = 11, .eol = "\n" },
  };
  Transcript *transcript = transcript_new (FALSE);
  g_autoptr (GString) out = g_string_new (NULL);

  transcript_render (transcript, events, out);
  g_assert_cmpmem (out->str, out->len, "  | \x1b]0;pwn\a\xff\0z\n", 16);
  transcript_free (transcript);
  ASSERT_RENDERED (TRUE, events, "  | ^[]0;pwn^G\\xff^@z\n");
}

static void
test_command_lines (void)
{
  const struct { Event event; const char *line; } cases[] = {
    { { .argv = ARGV ("x") }, "x" },
    { { .argv = ARGV ("x"), .cwd = "/a" }, "(cd /a && x)" },
    { { .argv = ARGV ("x"), .env = ARGV ("A=1") }, "A=1 x" },
    { { .argv = ARGV ("x"), .env = ARGV ("A-B=1 2", "C=$x") }, "env A-B='1 2' C='$x' x" },
    { { .argv = ARGV ("x"), .env = ARGV ("1A=") }, "env 1A= x" },
    { { .argv = ARGV ("x"), .env = ARGV ("NOVALUE") }, "NOVALUE= x" },
    { { .argv = ARGV ("x"), .input = "" }, "printf %s '' | x" },
    { { .argv = ARGV ("x"), .input = "abcdef", .input_len = 3 }, "printf %s abc | x" },
    { { .argv = ARGV ("a=b", "\n") }, "'a=b' $'\\n'" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *line = transcript_command_line (&cases[i].event);

    g_assert_cmpstr (line, ==, cases[i].line);
  }
}

/* A shell must run just what galley ran. */
static void
test_command_line_runs (void)
{
  static const char script[] = "printf '<%s>' \"$PWD\" \"$A\" \"$B\" \"$@\"; cat";
  g_autofree char *bash = g_find_program_in_path ("bash");
  const Event event = {
    .cwd = "/", .env = ARGV ("A=it's $HOME", "B=\x1b\n"), .input = "in\nput'",
    .argv = ARGV ("sh", "-c", script, "sh", "a b", "", "*", "\xff", "-n", "!x"),
  };
  g_autofree char *line = NULL;
  g_autofree char *out = NULL;
  g_autoptr (GError) error = NULL;
  const char *argv[] = { bash, "-c", NULL, NULL };

  if (bash == NULL) {
    g_test_skip ("no bash");
    return;
  }
  argv[2] = line = transcript_command_line (&event);
  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (out, ==, "</><it's $HOME><\x1b\n><a b><><*><\xff><-n><!x>in\nput'");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transcript/run", test_run);
  g_test_add_func ("/transcript/plan", test_plan);
  g_test_add_func ("/transcript/parallel", test_parallel);
  g_test_add_func ("/transcript/bytes", test_bytes);
  g_test_add_func ("/transcript/command-lines", test_command_lines);
  g_test_add_func ("/transcript/command-line-runs", test_command_line_runs);
  return g_test_run ();
}

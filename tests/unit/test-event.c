/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/errors.h"
#include "base/strict-json.h"
#include "report/event.h"

static const char *const argv[] = { "helm", "install", "--set=a=b c", NULL };
static const char *const env[] = { "TOKEN=hunter2-SECRET", NULL };

#define TIME_US (G_GINT64_CONSTANT (1787322720) * G_USEC_PER_SEC + 123456)

static void
assert_json (const Event *event, const char *expected)
{
  g_autofree char *json = event_to_json (event);
  g_autoptr (JsonNode) node = strict_json_parse (json, -1, NULL);

  g_assert_cmpstr (json, ==, expected);
  g_assert_nonnull (node);
}

static void
test_json (void)
{
  assert_json (&(Event) { .kind = EVENT_RUN_START, .time_us = TIME_US, .run = "r1", .recipe = "wandb",
                          .file = "wandb.yaml", .version = "0.1", .steps = 0 },
               "{\"event\":\"run_start\",\"time\":\"2026-08-21T14:32:00.123Z\",\"elapsed_ms\":0,\"run\":\"r1\",\"recipe\":\"wandb\","
               "\"file\":\"wandb.yaml\",\"version\":\"0.1\",\"steps\":0}");
  assert_json (&(Event) { .kind = EVENT_STEP_START, .time_us = TIME_US, .elapsed_ms = 12, .step = "a", .uses = "helm.release",
                          .file = "wandb.yaml", .line = 41 },
               "{\"event\":\"step_start\",\"time\":\"2026-08-21T14:32:00.123Z\",\"elapsed_ms\":12,\"file\":\"wandb.yaml\",\"line\":41,"
               "\"step\":\"a\",\"uses\":\"helm.release\"}");
  assert_json (&(Event) { .kind = EVENT_COMMAND_START, .time_us = TIME_US, .step = "a", .phase = "apply", .command = 3,
                          .tool = "helm", .argv = argv, .env = env, .cwd = "/srv", .input = "x\n" },
               "{\"event\":\"command_start\",\"time\":\"2026-08-21T14:32:00.123Z\",\"elapsed_ms\":0,\"step\":\"a\",\"phase\":\"apply\","
               "\"command\":3,\"tool\":\"helm\",\"argv\":[\"helm\",\"install\",\"--set=a=b c\"],\"cwd\":\"/srv\","
               "\"env\":[\"TOKEN=hunter2-SECRET\"],\"input\":\"x\\n\"}");
  assert_json (&(Event) { .kind = EVENT_COMMAND_END, .time_us = TIME_US, .command = 3, .how = "exit 0", .has_exit_code = TRUE,
                          .out_bytes = G_GUINT64_CONSTANT (8589934592) },
               "{\"event\":\"command_end\",\"time\":\"2026-08-21T14:32:00.123Z\",\"elapsed_ms\":0,\"command\":3,\"how\":\"exit 0\","
               "\"exit_code\":0,\"duration_ms\":0,\"out_bytes\":8589934592,\"err_bytes\":0}");
  assert_json (&(Event) { .kind = EVENT_COMMAND_END, .time_us = TIME_US, .command = 3, .how = "killed by SIGKILL", .signal = 9 },
               "{\"event\":\"command_end\",\"time\":\"2026-08-21T14:32:00.123Z\",\"elapsed_ms\":0,\"command\":3,\"how\":\"killed by SIGKILL\","
               "\"signal\":9,\"duration_ms\":0,\"out_bytes\":0,\"err_bytes\":0}");
  assert_json (&(Event) { .kind = EVENT_RUN_END, .time_us = TIME_US, .result = "ok", .held = 2 },
               "{\"event\":\"run_end\",\"time\":\"2026-08-21T14:32:00.123Z\",\"elapsed_ms\":0,\"result\":\"ok\",\"exit_code\":0,"
               "\"duration_ms\":0,\"held\":2,\"changed\":0,\"skipped\":0,\"failed\":0,\"stopped\":0,\"unknown\":0}");
  assert_json (&(Event) { .kind = EVENT_STEP_END, .time_us = TIME_US, .step = "a", .result = "failed", .attempts = 2, .duration_ms = 31000,
                          .class_name = "denied", .telling = "Error: no", .diagnosis = "d", .fix = "f", .reason = "r" },
               "{\"event\":\"step_end\",\"time\":\"2026-08-21T14:32:00.123Z\",\"elapsed_ms\":0,\"step\":\"a\",\"attempts\":2,"
               "\"result\":\"failed\",\"duration_ms\":31000,\"class\":\"denied\",\"reason\":\"r\",\"telling\":\"Error: no\",\"diagnosis\":\"d\",\"fix\":\"f\"}");
}

static void
test_output (void)
{
  static const char head[] = "{\"event\":\"output\",\"time\":\"2026-08-21T14:32:00.123Z\",\"elapsed_ms\":0,\"stream\":\"stdout\",";
  static const struct { const char *text; gsize len; const char *eol, *json; } cases[] = {
    { "hello", 0, "\n", "\"text\":\"hello\"}" },
    { "hello", 4, "\n", "\"text\":\"hell\"}" },
    { "", 0, "\n", "\"text\":\"\"}" },
    { "50%", 0, "\r", "\"text\":\"50%\",\"eol\":\"\\r\"}" },
    { "dos", 0, "\r\n", "\"text\":\"dos\",\"eol\":\"\\r\\n\"}" },
    { "cut", 0, NULL, "\"text\":\"cut\",\"eol\":null}" },
    { "a\xff", 0, "\n", "\"text\":\"a\xef\xbf\xbd\",\"text_base64\":\"Yf8=\"}" },
    { "a\0b", 3, "\n", "\"text\":\"a\xef\xbf\xbd" "b\",\"text_base64\":\"YQBi\"}" },
    { "\x1b[31m\"\\", 0, "\n", "\"text\":\"\\u001b[31m\\\"\\\\\"}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *expected = g_strconcat (head, cases[i].json, NULL);

    assert_json (&(Event) { .kind = EVENT_OUTPUT, .time_us = TIME_US, .stream = "stdout", .text = cases[i].text,
                            .text_len = cases[i].len, .eol = cases[i].eol }, expected);
  }
}

static void
test_kind_names (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint kind = 0; kind < EVENT_LAST; kind++) {
    g_assert_nonnull (event_kind_name (kind));
    g_assert_true (g_hash_table_add (seen, (gpointer) event_kind_name (kind)));
  }
}

/* Every string there is, found by what it is in memory and not by the
 * table: a field that the table lacks would leak. */
static void
test_every_string_masked (void)
{
  static const char secret[] = "hunter2-SECRET";
  static const char *const secrets[] = { "x=hunter2-SECRET", "hunter2-SECRET", NULL };
  g_autoptr (Masker) masker = masker_new ();
  g_autoptr (Event) masked = NULL;
  Event event = {
    .kind = EVENT_NOTE,
    .run = secret, .recipe = secret, .file = secret, .version = secret, .step = secret, .uses = secret, .phase = secret,
    .tool = secret, .cwd = secret, .argv = secrets, .env = secrets, .stream = secret, .text = secret, .input = secret,
    .how = secret, .out_file = secret, .err_file = secret, .outcome = secret, .result = secret, .reason = secret, .name = secret, .after = secret,
    .class_name = secret, .telling = secret, .diagnosis = secret, .fix = secret,
  };
  const char **before = (const char **) &event, **after;
  guint pointers = 0;
  g_autofree char *json = NULL;

  masker_add (masker, secret, -1);
  masked = event_copy_masked (&event, masker);
  after = (const char **) masked;
  for (guint i = 0; i < sizeof event / sizeof (char *); i++)
    if (before[i] == secret || before[i] == (const char *) secrets) {
      g_assert_true (after[i] != before[i]);
      pointers++;
    }
  g_assert_cmpuint (pointers, ==, 26);
  json = event_to_json (masked);
  g_assert_null (strstr (json, "hunter2"));
  g_assert_nonnull (strstr (json, "\"argv\":[\"x=***\",\"***\"]"));
  g_assert_cmpuint (masked->text_len, ==, 3);
}

/* ---- and back --------------------------------------------------------------- */

static void
assert_goes_round (const Event *event)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *json = event_to_json (event), *again = NULL;
  g_autoptr (Event) back = event_from_json (json, &error);

  g_assert_no_error (error);
  again = event_to_json (back);
  g_assert_cmpstr (again, ==, json);
  g_assert_cmpint (back->kind, ==, event->kind);
  g_assert_cmpint (back->time_us / 1000, ==, event->time_us / 1000);
  g_assert_cmpint (back->elapsed_ms, ==, event->elapsed_ms);
}

/* Every kind with every field, each with a value of its own. */
static Event
full_event (EventKind kind)
{
  return (Event) {
    .kind = kind, .time_us = TIME_US, .elapsed_ms = 12, .run = "run", .recipe = "recipe", .file = "file", .version = "version",
    .line = 1, .steps = 2, .step = "step", .uses = "uses", .phase = "phase", .attempt = 3, .attempts = 4, .command = 5,
    .tool = "tool", .cwd = "cwd", .argv = argv, .env = env, .pid = G_MAXINT64, .stream = "stdout", .text = "te\n\x1bxt",
    .eol = "\r\n", .input = "in\0put", .input_len = 6, .how = "how", .has_exit_code = TRUE, .exit_code = -1, .signal = 9,
    .out_bytes = G_MAXINT64, .err_bytes = 7, .out_file = "out_file", .err_file = "err_file", .duration_ms = 8, .delay_ms = 9,
    .outcome = "outcome", .result = "result", .reason = "", .name = "name", .after = "after", .class_name = "class",
    .telling = "tell\"ing", .diagnosis = "diagnosis \u00e4", .fix = "fix", .held = 10, .changed = 11, .skipped = 12, .failed = 13,
    .stopped = 14, .unknown = G_MAXUINT, .would_change = 15, .not_knowable = 16,
  };
}

static void
assert_same_strings (const Event *a, const Event *b)
{
  const struct { const char *a, *b; } strings[] = {
    { a->run, b->run }, { a->recipe, b->recipe }, { a->file, b->file }, { a->version, b->version }, { a->step, b->step },
    { a->uses, b->uses }, { a->phase, b->phase }, { a->tool, b->tool }, { a->cwd, b->cwd }, { a->stream, b->stream },
    { a->text, b->text }, { a->how, b->how }, { a->out_file, b->out_file }, { a->err_file, b->err_file },
    { a->outcome, b->outcome }, { a->result, b->result }, { a->reason, b->reason }, { a->name, b->name }, { a->after, b->after },
    { a->class_name, b->class_name }, { a->telling, b->telling }, { a->diagnosis, b->diagnosis }, { a->fix, b->fix },
  };

  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    g_assert_cmpstr (strings[i].a, ==, strings[i].b);
  g_assert_true (g_strv_equal (a->argv, b->argv));
  g_assert_true (g_strv_equal (a->env, b->env));
  g_assert_cmpmem (a->input, a->input_len, b->input, b->input_len);
}

static void
test_round (void)
{
  for (guint kind = 0; kind < EVENT_LAST; kind++) {
    Event event = full_event (kind);
    g_autofree char *json = event_to_json (&event);
    g_autoptr (Event) back = event_from_json (json, NULL);

    assert_goes_round (&event);
    assert_same_strings (&event, back);
    g_assert_cmpstr (back->eol, ==, kind == EVENT_OUTPUT ? "\r\n" : NULL);
    g_assert_true (back->has_exit_code);
    g_assert_cmpint (back->exit_code, ==, -1);
    g_assert_cmpuint (back->unknown, ==, G_MAXUINT);
    g_assert_cmpint (back->pid, ==, G_MAXINT64);
    assert_goes_round (&(Event) { .kind = kind, .time_us = TIME_US });
  }
  for (const char *const *eol = (const char *const []) { "\n", "\r", "\r\n", NULL }; *eol != NULL; eol++)
    assert_goes_round (&(Event) { .kind = EVENT_OUTPUT, .time_us = TIME_US, .text = "x", .eol = *eol });
  assert_goes_round (&(Event) { .kind = EVENT_OUTPUT, .time_us = TIME_US, .text = "a\xff", .eol = NULL });
  assert_goes_round (&(Event) { .kind = EVENT_OUTPUT, .time_us = TIME_US, .text = "", .eol = "\n" });
  assert_goes_round (&(Event) { .kind = EVENT_COMMAND_START, .time_us = TIME_US, .argv = (const char *const []) { NULL } });
}

static void
test_not_an_event (void)
{
  static const char *const wrong[] = {
    "", "[]", "{", "{}", "null", "{\"event\":\"run_strat\"}", "{\"event\":1}", "{\"event\":null}",
    "{\"time\":\"2026-08-21T14:32:00.123Z\"}",
    "{\"event\":\"note\",\"time\":\"yesterday\"}", "{\"event\":\"note\",\"time\":\"2026-08-21T14:32:00Z\"}",
    "{\"event\":\"note\",\"time\":12}", "{\"event\":\"note\",\"elapsed_ms\":\"1\"}", "{\"event\":\"note\",\"txet\":\"\"}",
    "{\"event\":\"note\",\"text\":1}", "{\"event\":\"note\",\"text\":null}", "{\"event\":\"note\",\"argv\":\"x\"}",
    "{\"event\":\"note\",\"argv\":[\"x\",1]}", "{\"event\":\"note\",\"line\":-1}", "{\"event\":\"note\",\"line\":4294967296}",
    "{\"event\":\"note\",\"line\":1.5}", "{\"event\":\"note\",\"signal\":2147483648}", "{\"event\":\"note\",\"out_bytes\":-1}",
    "{\"event\":\"note\",\"exit_code\":true}", "{\"event\":\"output\",\"eol\":\"x\"}", "{\"event\":\"output\",\"eol\":1}",
    "{\"event\":\"output\",\"text_base64\":\"YQ==\"}", "{\"event\":\"output\",\"text\":\"a\",\"text_base64\":\"\"}",
    "{\"event\":\"output\",\"step_base64\":\"YQ==\"}", "{\"event\":\"note\"} x",
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (event_from_json (wrong[i], &error));
    g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_RECORD);
    g_assert_true (g_str_has_prefix (error->message, "not an event: "));
  }
}

int
main (int argc, char **args)
{
  g_test_init (&argc, &args, NULL);
  g_test_add_func ("/event/json", test_json);
  g_test_add_func ("/event/output", test_output);
  g_test_add_func ("/event/kind-names", test_kind_names);
  g_test_add_func ("/event/every-string-masked", test_every_string_masked);
  g_test_add_func ("/event/round", test_round);
  g_test_add_func ("/event/not-an-event", test_not_an_event);
  return g_test_run ();
}

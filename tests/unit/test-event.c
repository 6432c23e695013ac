/* SPDX-License-Identifier: MIT */
#include <string.h>

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

int
main (int argc, char **args)
{
  g_test_init (&argc, &args, NULL);
  g_test_add_func ("/event/json", test_json);
  g_test_add_func ("/event/output", test_output);
  g_test_add_func ("/event/kind-names", test_kind_names);
  g_test_add_func ("/event/every-string-masked", test_every_string_masked);
  return g_test_run ();
}

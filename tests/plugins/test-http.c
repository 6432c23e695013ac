/* http.get and http.wait.  SPDX-License-Identifier: MIT */
#include "fake-host.h"
#include "plugin/reads.h"

#define URL "http://wandb.example:8080/healthz"
#define OPTIONS " --redirects=0 --connect-timeout=10s --timeout=60s --max-bytes=524288"
#define ASK "galley-http get " URL " --expect-status=200" OPTIONS
#define OK_ANSWER "{\"status\":200,\"time_ms\":3,\"redirects\":0,\"headers\":{},\"body\":\"ok\"}\n"
#define SAID "galley-http: get " URL ": "

static FakeHost *
step (const char *action)
{
  FakeHost *host = fake_host_new ("http", action);

  fake_host_param (host, "url", URL);
  return host;
}

static char *
answer (const char *body)
{
  g_autofree char *escaped = g_strescape (body, NULL);

  return g_strdup_printf ("{\"status\":200,\"body\":\"%s\"}\n", escaped);
}

static void
assert_outputs (FakeHost *host, const char *status, const char *body, const char *json)
{
  g_assert_cmpstr (fake_host_output (host, "status"), ==, status);
  g_assert_cmpstr (fake_host_output (host, "body"), ==, body);
  g_assert_cmpstr (fake_host_output (host, "json"), ==, json);
}

static void
test_tables (void)
{
  g_autoptr(FakeHost) host = step ("get");

  fake_host_check_tables (host);
  for (guint i = 0; i < 2; i++) {
    g_assert_cmpuint (fake_host_plugin (host)->actions[i].flags, ==, GALLEY_READS);
    g_assert_null (fake_host_plugin (host)->actions[i].check);
  }
}

static void
test_urls (void)
{
  static const char *const good[] = { "http://a", "https://a/", "http://a:80/b?c=d@e#f", "http://[::1]:8080/", "http://a?b",
                                      "http://a/@" };
  static const char *const bad[] = { "", "a", "ftp://a/", "file:///etc/passwd", "http://", "http:///x", "http://u:p@a/",
                                     "http://u@a", "http://a/b c", "http://a/\n", "-http://a", "http://a/\xc3\xa4",
                                     "--header-file=http://a", " http://a" };
  g_autoptr(FakeHost) host = step ("get");

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (fake_host_param_valid (host, "url", good[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (fake_host_param_valid (host, "url", bad[i]));
}

static void
test_params (void)
{
  g_autoptr(FakeHost) host = step ("wait");

  g_assert_true (fake_host_param_valid (host, "status", "[200, 503]"));
  g_assert_false (fake_host_param_valid (host, "status", "[99]"));
  g_assert_false (fake_host_param_valid (host, "status", "[600]"));
  g_assert_false (fake_host_param_valid (host, "status", "[\"200,--x\"]"));
  g_assert_false (fake_host_param_valid (host, "method", "post"));
  g_assert_false (fake_host_param_valid (host, "redirects", "4"));
  g_assert_false (fake_host_param_valid (host, "max_bytes", "-1"));
  g_assert_false (fake_host_param_valid (host, "interval", "soon"));
}

/* -- reads ---------------------------------------------------------------- */

static gboolean
allow (FakeHost *host, const char *line)
{
  g_auto(GStrv) argv = g_strsplit (line, " ", -1);

  return reads_allow (fake_host_tool (host, "galley-http"), (const char *const *) argv);
}

static void
test_reads (void)
{
  static const char *const reads[] = {
    ASK, "galley-http query https://a/b --body-file=x", "galley-http --timeout=1s get http://a", "galley-http get --header X http://a",
    "galley-http get -- http://a",
  };
  static const char *const others[] = {
    "galley-http", "galley-http --version", "galley-http get", "galley-http post http://a --body-file=x",
    "galley-http put http://a", "galley-http delete http://a", "galley-http get file:///etc/passwd", "galley-http get a",
    "galley-http get http://a http://b", "galley-http http://a get", "galley-http get --header http://a",
    "galley-http post --header get http://a", "galley-http get http://a --timeout", "galley-http GET http://a",
  };
  g_autoptr(FakeHost) host = step ("get");

  for (gsize i = 0; i < G_N_ELEMENTS (reads); i++)
    g_assert_true (allow (host, reads[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (allow (host, others[i]));
}

/* -- get ------------------------------------------------------------------ */

static void
test_get (void)
{
  g_autoptr(FakeHost) host = step ("get");

  fake_host_expect (host, ASK, 0, OK_ANSWER, "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, "200", "ok", "");
  g_assert_cmpuint (fake_host_command (host, 1)->flags, ==, 0);
  g_assert_cmpuint (fake_host_n_files (host), ==, 0);
  g_assert_cmpstr (fake_host_notes (host), ==, "");
}

static void
test_every_param (void)
{
  g_autoptr(FakeHost) host = step ("get");

  fake_host_param (host, "method", "query");
  fake_host_param_secret (host, "body", "{\"query\": \"{ a(b: hunter22) }\"}", "hunter22");
  fake_host_param_secret (host, "headers", "{\"X-Key\": \"opensesame\", \"Accept\": \"a/b\"}", "opensesame");
  fake_host_param (host, "user", "api");
  fake_host_param_secret (host, "password", "pass:word", NULL);
  fake_host_param (host, "status", "[200, 204]");
  fake_host_param (host, "redirects", "2");
  fake_host_param (host, "ca_file", "ca.pem");
  fake_host_param (host, "connect_timeout", "2s");
  fake_host_param (host, "timeout", "500ms");
  fake_host_param (host, "max_bytes", "100");
  fake_host_expect (host, "galley-http query " URL " --expect-status=200,204 --header-file={file:1} --user-file={file:2}"
                    " --body-file={file:3} --ca-file=/recipe/ca.pem --redirects=2 --connect-timeout=2s --timeout=500ms"
                    " --max-bytes=100", 0, "{\"status\":204,\"body\":\"\"}", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, "204", "", "");
  g_assert_cmpstr (fake_host_written (host, 1)->data, ==, "X-Key: opensesame\nAccept: a/b\n");
  g_assert_cmpstr (fake_host_written (host, 2)->data, ==, "api:pass:word\n");
  g_assert_cmpstr (fake_host_written (host, 3)->data, ==, "{\"query\": \"{ a(b: hunter22) }\"}");
  for (guint i = 1; i <= 3; i++)
    g_assert_cmpuint (fake_host_written (host, i)->flags, ==, 0);
}

static void
test_any_status (void)
{
  g_autoptr(FakeHost) host = step ("get");

  fake_host_param (host, "status", "[]");
  fake_host_param (host, "user", "api");
  fake_host_expect (host, "galley-http get " URL " --user-file={file:1}" OPTIONS, 0, "{\"status\":500,\"body\":\"x\"}", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, "500", "x", "");
  g_assert_cmpstr (fake_host_written (host, 1)->data, ==, "api:\n");
}

static void
test_time_that_is_left (void)
{
  static const struct { gint64 left; const char *timeout; } cases[] = {
    { 61000, "60s" }, { 60999, "59999ms" }, { 2000, "1000ms" }, { 1101, "101ms" }, { 1100, "100ms" }, { 0, "100ms" },
    { 600000, "60s" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = step ("get");
    g_autofree char *line = g_strdup_printf ("galley-http get " URL " --expect-status=200 --redirects=0 --connect-timeout=10s"
                                             " --timeout=%s --max-bytes=524288", cases[i].timeout);

    fake_host_time_left (host, cases[i].left);
    fake_host_expect (host, line, 0, OK_ANSWER, "");
    fake_host_assert_apply (host, GALLEY_OK, NULL);
  }
}

static void
test_params_that_do_not_fit (void)
{
  static const struct { const char *a, *a_value, *b, *b_value, *reason; } wrong[] = {
    { "body", "x", NULL, NULL, "`body` needs `method: query`" },
    { "method", "query", NULL, NULL, "`method: query` needs `body`" },
    { "password", "hunter2", NULL, NULL, "`password` needs `user`" },
    { "user", "a:b", NULL, NULL, "`user` has a colon, or it or `password` has more than one line" },
    { "user", "a\nb", NULL, NULL, "`user` has a colon, or it or `password` has more than one line" },
    { "user", "a", "password", "b\nc:d", "`user` has a colon, or it or `password` has more than one line" },
    { "equals", "x", NULL, NULL, "`equals` needs `json_path`" },
    { "match", "(", NULL, NULL, "`match`: Unmatched ( or \\(" },
    { "headers", "[\"A: b\"]", NULL, NULL, "`headers` is not a map of names and values" },
    { "headers", "{\"A: b\\nC\": \"d\"}", NULL, NULL, "`headers`: \"A: b\nC\" is no name of a header" },
    { "headers", "{\"\": \"d\"}", NULL, NULL, "`headers`: \"\" is no name of a header" },
    { "headers", "{\"A\": \"b\\nC: d\"}", NULL, NULL, "`headers`: the value of \"A\" has more than one line" },
    { "headers", "{\"A\": \"b\\rC: d\"}", NULL, NULL, "`headers`: the value of \"A\" has more than one line" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr(FakeHost) host = step (i % 2 == 0 ? "get" : "wait");

    fake_host_param (host, wrong[i].a, wrong[i].a_value);
    if (wrong[i].b != NULL)
      fake_host_param (host, wrong[i].b, wrong[i].b_value);
    fake_host_assert_apply (host, GALLEY_FAILED, wrong[i].reason);
    g_assert_cmpint (fake_host_class (host), ==, GALLEY_INVALID);
    g_assert_cmpuint (fake_host_n_commands (host), ==, 0);
  }
}

/* -- what is wanted of the answer ----------------------------------------- */

static void
test_json_of_an_answer (void)
{
  static const struct { const char *body, *json; } cases[] = {
    { "{\"a\": [1, \"x\"]}", "{\"a\":[1,\"x\"]}" }, { "3", "3" }, { "\"x\"", "x" }, { "", "" }, { "null", "" },
    { "{'a': 1}", "" }, { "{} {}", "" }, { "<html>", "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = step ("get");
    g_autofree char *out = answer (cases[i].body);

    fake_host_expect (host, ASK, 0, out, "");
    fake_host_assert_apply (host, GALLEY_OK, NULL);
    assert_outputs (host, "200", cases[i].body, cases[i].json);
  }
}

static void
test_an_answer_that_is_not_text (void)
{
  g_autoptr(FakeHost) host = step ("get");

  fake_host_expect (host, ASK, 0, "{\"status\":200,\"body_base64\":\"/w==\"}", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, "200", "", "");
  g_assert_cmpstr (fake_host_notes (host), ==, "the answer is not text: outputs `body` and `json` are empty");
  fake_host_param (host, "match", "x");
  fake_host_expect (host, ASK, 0, "{\"status\":200,\"body_base64\":\"/w==\"}", "");
  fake_host_assert_apply (host, GALLEY_FAILED, URL ": the answer does not match \"x\"");
}

static void
test_match (void)
{
  static const struct { const char *match, *body; gboolean found; } cases[] = {
    { "ok", "it is ok", TRUE }, { "^ok$", "not\nok\nat all", TRUE }, { "^ok$", "it is ok", FALSE }, { "o+k|x", "ok", TRUE },
    { "OK", "ok", FALSE }, { "a.b", "a\nb", FALSE }, { "^$", "", TRUE }, { "\"ok\": *true", "{\"ok\":  true}", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = step ("get");
    g_autofree char *out = answer (cases[i].body);
    g_autofree char *reason = g_strdup_printf (URL ": the answer does not match \"%s\"", cases[i].match);

    fake_host_param (host, "match", cases[i].match);
    fake_host_expect (host, ASK, 0, out, "");
    fake_host_assert_apply (host, cases[i].found ? GALLEY_OK : GALLEY_FAILED, cases[i].found ? NULL : reason);
  }
}

static void
test_json_path (void)
{
  static const struct { const char *path, *equals, *body, *reason; } cases[] = {
    { "$.a", NULL, "{\"a\": 1}", NULL },
    { "$.a", NULL, "{\"a\": false}", NULL },
    { "$.a", NULL, "{\"a\": {}}", NULL },
    { "$.a", NULL, "{\"b\": 1}", "there is nothing at $.a" },
    { "$.a", NULL, "{\"a\": null}", "there is nothing at $.a" },
    { "$.a", NULL, "{\"a\": \"\"}", "there is nothing at $.a" },
    { "$.data.viewer.id", NULL, "{\"data\": {\"viewer\": null}}", "there is nothing at $.data.viewer.id" },
    { "$.a", NULL, "", "the answer is not JSON" },
    { "$.a", NULL, "<a>", "the answer is not JSON" },
    { "$.a", "x", "{\"a\": \"x\"}", NULL },
    { "$.a", "1", "{\"a\": 1}", NULL },
    { "$.a", "true", "{\"a\": true}", NULL },
    { "$.a", "", "{\"a\": \"\"}", NULL },
    { "$.a", "x", "{\"a\": \"X\"}", "$.a is \"X\", want \"x\"" },
    { "$.a", "x", "{}", "there is nothing at $.a" },
    { "$.a[0].b", "y", "{\"a\": [{\"b\": \"y\"}]}", NULL },
    { "$.a", "x", "{\"a\": \"0123456789012345678901234567890123456789012345678901234567890123456789012345678901\"}",
      "$.a is \"01234567890123456789012345678901234567890123456789012345678901234567890123456789\"..., want \"x\"" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = step ("get");
    g_autofree char *out = answer (cases[i].body);
    g_autofree char *reason = cases[i].reason != NULL ? g_strconcat (URL ": ", cases[i].reason, NULL) : NULL;

    fake_host_param (host, "json_path", cases[i].path);
    fake_host_param (host, "equals", cases[i].equals);
    fake_host_expect (host, ASK, 0, out, "");
    fake_host_assert_apply (host, reason == NULL ? GALLEY_OK : GALLEY_FAILED, reason);
    g_assert_cmpint (fake_host_class (host), ==, GALLEY_UNKNOWN);
  }
}

static void
test_reason_without_the_query (void)
{
  g_autoptr(FakeHost) host = fake_host_new ("http", "get");

  fake_host_param (host, "url", "https://a/b?token=hunter22#c");
  fake_host_param (host, "match", "x");
  fake_host_answer (host, "galley-http get https://a/b?token=hunter22#c*", 0, OK_ANSWER, "");
  fake_host_answer (host, "*", 0, OK_ANSWER, "");
  fake_host_assert_apply (host, GALLEY_FAILED, "https://a/b: the answer does not match \"x\"");
}

static void
test_more_than_is_kept (void)
{
  g_autoptr(FakeHost) host = step ("get");

  fake_host_expect (host, ASK, 0, OK_ANSWER, "");
  fake_host_cut (host, 9000000);
  fake_host_assert_apply (host, GALLEY_FAILED, URL ": the answer has more bytes than are kept");
}

/* -- failures ------------------------------------------------------------- */

static void
test_failures_of_get (void)
{
  static const struct { int exit_code; const char *err; guint error_class; const char *reason; } cases[] = {
    { 10, SAID "cannot resolve \"wandb.example\"\n", GALLEY_TRANSIENT, "the name \"wandb.example\" has no address, or not yet" },
    { 10, SAID "cannot resolve the name of the proxy\n", GALLEY_INVALID, "the proxy's name has no address" },
    { 11, SAID "cannot connect to \"wandb.example\" port 8080: No route to host\n", GALLEY_TRANSIENT,
      "nothing answers at \"wandb.example\" port 8080: No route to host" },
    { 11, SAID "cannot connect to the proxy for \"wandb.example\": Connection refused\n", GALLEY_TRANSIENT,
      "the proxy does not answer: Connection refused" },
    { 12, SAID "no connection to \"wandb.example\" within 10 s\n", GALLEY_TRANSIENT,
      "no connection to \"wandb.example\" within 10 s" },
    { 12, SAID "less than 1000 bytes a second for 30 s\n", GALLEY_TRANSIENT, "less than 1000 bytes a second for 30 s" },
    { 14, SAID "the body has more than 524288 bytes\n", GALLEY_INVALID, "the body has more than 524288 bytes" },
    { 15, SAID "redirected more than 1 times\n", GALLEY_INVALID, "redirected more than 1 times" },
    { 16, SAID "broken answer: Empty reply from server\n", GALLEY_TRANSIENT, "the answer is broken: Empty reply from server" },
    { 8, SAID "status 301, want 200\n", GALLEY_INVALID, "it is redirected" },
    { 8, SAID "status 401, want 200\n", GALLEY_AUTH, "it does not know who is asking" },
    { 8, SAID "status 403, want 200\n", GALLEY_DENIED, "who is asking may not have this" },
    { 8, SAID "status 404, want 200\n", GALLEY_NOT_FOUND, "there is no such page" },
    { 8, SAID "status 429, want 200\n", GALLEY_THROTTLED, "it is asked too often" },
    { 8, SAID "status 502, want 200\n", GALLEY_TRANSIENT, "the server cannot answer now (status 502)" },
    { 8, SAID "status 204, want 200 or 201\n", GALLEY_INVALID, "status 204 is not what is wanted (200 or 201)" },
    { 1, SAID "out of memory\n", GALLEY_UNKNOWN, ASK ": exit 1" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = step ("get");

    fake_host_expect (host, ASK, cases[i].exit_code, "{\"status\":0,\"error\":\"x\"}", cases[i].err);
    fake_host_assert_apply (host, GALLEY_FAILED, cases[i].reason);
    g_assert_cmpint (fake_host_class (host), ==, cases[i].error_class);
  }
}

static void
test_get_cut_off (void)
{
  g_autoptr(FakeHost) host = step ("get");

  fake_host_expect_how (host, ASK, GALLEY_TIMED_OUT, 15, "", "");
  fake_host_assert_apply (host, GALLEY_FAILED, ASK ": timed out");
}

/* -- wait ----------------------------------------------------------------- */

static void
expect_status (FakeHost *host, int status)
{
  g_autofree char *out = g_strdup_printf ("{\"status\":%d,\"error\":\"status %d, want 200\",\"body\":\"\"}", status, status);
  g_autofree char *err = g_strdup_printf (SAID "status %d, want 200\n", status);

  fake_host_expect (host, ASK, 8, out, err);
}

static void
test_wait (void)
{
  g_autoptr(FakeHost) host = step ("wait");

  fake_host_param (host, "headers", "{\"A\": \"b\"}");
  fake_host_answer (host, "*", 0, OK_ANSWER, "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, "200", "ok", "");
  g_assert_cmpstr (fake_host_pauses (host), ==, "");
  g_assert_cmpuint (fake_host_command (host, 1)->flags, ==, GALLEY_CMD_MAY_FAIL);
}

static void
test_wait_through_failures (void)
{
  g_autoptr(FakeHost) host = step ("wait");

  fake_host_param (host, "match", "ok");
  fake_host_param (host, "interval", "2s");
  fake_host_expect (host, ASK, 10, "{\"status\":0,\"error\":\"cannot resolve \\\"wandb.example\\\"\"}",
                    SAID "cannot resolve \"wandb.example\"\n");
  expect_status (host, 503);
  expect_status (host, 404);
  fake_host_expect (host, ASK, 0, "{\"status\":200,\"body\":\"starting\"}", "");
  fake_host_expect (host, ASK, 0, OK_ANSWER, "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, "200", "ok", "");
  g_assert_cmpstr (fake_host_pauses (host), ==, "2000 2000 2000 2000");
  g_assert_cmpstr (fake_host_progress (host), ==,
                   "cannot resolve \"wandb.example\" from " URL "; waiting\n"
                   "status 503, want 200 from " URL "; waiting\n"
                   "status 404, want 200 from " URL "; waiting\n"
                   "the answer does not match \"ok\" from " URL "; waiting");
}

static void
test_wait_in_vain (void)
{
  g_autoptr(FakeHost) host = step ("wait");

  fake_host_param (host, "timeout", "1s");
  fake_host_time_left (host, 12000);
  fake_host_answer (host, "*", 8, "{\"status\":503,\"error\":\"status 503, want 200\"}", SAID "status 503, want 200\n");
  fake_host_assert_apply (host, GALLEY_FAILED, URL " is not as wanted in time; at last: status 503, want 200");
  g_assert_cmpint (fake_host_class (host), ==, GALLEY_TRANSIENT);
  g_assert_cmpstr (fake_host_pauses (host), ==, "5000 5000");
  g_assert_cmpuint (fake_host_n_commands (host), ==, 3);
}

static void
test_wait_at_its_limit (void)
{
  static const struct { gint64 left; const char *pauses; } cases[] = { { 6000, "" }, { 6001, "5000" }, { 0, "" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = step ("wait");

    fake_host_time_left (host, cases[i].left);
    fake_host_answer (host, "*", 8, "{\"status\":503,\"error\":\"status 503, want 200\"}", "");
    fake_host_assert_apply (host, GALLEY_FAILED, NULL);
    g_assert_cmpstr (fake_host_pauses (host), ==, cases[i].pauses);
  }
}

static void
test_wait_is_never_hot (void)
{
  g_autoptr(FakeHost) host = step ("wait");

  fake_host_param (host, "interval", "0");
  expect_status (host, 503);
  fake_host_expect (host, ASK, 0, OK_ANSWER, "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_pauses (host), ==, "100");
}

static void
test_wait_that_is_hopeless (void)
{
  static const struct { int how, number; const char *err, *reason; guint error_class; } cases[] = {
    { GALLEY_EXITED, 64, "galley-http: not a URL\n", URL ": not a URL", GALLEY_INVALID },
    { GALLEY_TIMED_OUT, 15, "", URL " is not as wanted in time; at last: no answer in time", GALLEY_TRANSIENT },
    { GALLEY_CANCELLED, 15, "", URL ": galley-http was stopped", GALLEY_INVALID },
    { GALLEY_NOT_STARTED, 0, "", URL ": galley-http could not be started", GALLEY_INVALID },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = step ("wait");

    fake_host_expect_how (host, ASK, cases[i].how, cases[i].number, "", cases[i].err);
    fake_host_assert_apply (host, GALLEY_FAILED, cases[i].reason);
    g_assert_cmpint (fake_host_class (host), ==, cases[i].error_class);
    g_assert_cmpstr (fake_host_pauses (host), ==, "");
  }
}

static void
test_wait_writes_files_once (void)
{
  g_autoptr(FakeHost) host = step ("wait");

  fake_host_param (host, "user", "api");
  fake_host_param_secret (host, "password", "hunter22", NULL);
  fake_host_time_left (host, 60000);
  fake_host_answer (host, "*--user-file={file:1} *", 8, "{\"error\":\"status 503, want 200\"}", "");
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);
  g_assert_cmpuint (fake_host_n_files (host), ==, 1);
  g_assert_cmpuint (fake_host_n_commands (host), >, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/tables", test_tables);
  g_test_add_func ("/http/urls", test_urls);
  g_test_add_func ("/http/params", test_params);
  g_test_add_func ("/http/reads", test_reads);
  g_test_add_func ("/http/get", test_get);
  g_test_add_func ("/http/every-param", test_every_param);
  g_test_add_func ("/http/any-status", test_any_status);
  g_test_add_func ("/http/time-that-is-left", test_time_that_is_left);
  g_test_add_func ("/http/params-that-do-not-fit", test_params_that_do_not_fit);
  g_test_add_func ("/http/json-of-an-answer", test_json_of_an_answer);
  g_test_add_func ("/http/an-answer-that-is-not-text", test_an_answer_that_is_not_text);
  g_test_add_func ("/http/match", test_match);
  g_test_add_func ("/http/json-path", test_json_path);
  g_test_add_func ("/http/reason-without-the-query", test_reason_without_the_query);
  g_test_add_func ("/http/more-than-is-kept", test_more_than_is_kept);
  g_test_add_func ("/http/failures-of-get", test_failures_of_get);
  g_test_add_func ("/http/get-cut-off", test_get_cut_off);
  g_test_add_func ("/http/wait", test_wait);
  g_test_add_func ("/http/wait-through-failures", test_wait_through_failures);
  g_test_add_func ("/http/wait-in-vain", test_wait_in_vain);
  g_test_add_func ("/http/wait-at-its-limit", test_wait_at_its_limit);
  g_test_add_func ("/http/wait-is-never-hot", test_wait_is_never_hot);
  g_test_add_func ("/http/wait-that-is-hopeless", test_wait_that_is_hopeless);
  g_test_add_func ("/http/wait-writes-files-once", test_wait_writes_files_once);
  return g_test_run ();
}

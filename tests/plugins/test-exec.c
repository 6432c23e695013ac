/* exec.run.  SPDX-License-Identifier: MIT */
#include "fake-host.h"

static FakeHost *
step (const char *param, const char *value)
{
  FakeHost *host = fake_host_new ("exec", "run");

  fake_host_param (host, param, value);
  return host;
}

static void
assert_outputs (FakeHost *host, const char *out, const char *json, const char *lines, const char *exit_code)
{
  g_assert_cmpstr (fake_host_output (host, "stdout"), ==, out);
  g_assert_cmpstr (fake_host_output (host, "json"), ==, json);
  g_assert_cmpstr (fake_host_output (host, "lines"), ==, lines);
  g_assert_cmpstr (fake_host_output (host, "exit_code"), ==, exit_code);
}

static void
test_tables (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"true\"]");

  fake_host_check_tables (host);
  g_assert_cmpstr (fake_host_plugin (host)->name, ==, "exec");
  g_assert_cmpint (fake_host_plugin (host)->actions[0].flags, ==, GALLEY_AUTHORS_WORD);
  g_assert_null (fake_host_tool (host, "anything")->reads);
}

static void
test_params (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"true\"]");

  g_assert_true (fake_host_param_valid (host, "parse", "lines"));
  g_assert_false (fake_host_param_valid (host, "parse", "yaml"));
  g_assert_true (fake_host_param_valid (host, "ok_codes", "[0, 255]"));
  g_assert_false (fake_host_param_valid (host, "ok_codes", "[\"one\"]"));
  g_assert_false (fake_host_param_valid (host, "ok_codes", "[-1]"));
  g_assert_false (fake_host_param_valid (host, "ok_codes", "0"));
  g_assert_false (fake_host_param_valid (host, "command", "true"));
}

static void
test_note (void)
{
  g_autoptr(FakeHost) host = fake_host_new ("exec", "note");

  fake_host_param (host, "text", "sign up at http://a.example/%s");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_notes (host), ==, "sign up at http://a.example/%s");
}

/* -- what cannot be ------------------------------------------------------- */

static void
assert_invalid (FakeHost *host, const char *reason)
{
  fake_host_assert_check (host, GALLEY_FAILED, reason);
  g_assert_cmpint (fake_host_class (host), ==, GALLEY_INVALID);
  fake_host_assert_apply (host, GALLEY_FAILED, reason);
  g_assert_cmpint (fake_host_class (host), ==, GALLEY_INVALID);
}

static void
test_command_or_script (void)
{
  g_autoptr(FakeHost) neither = step ("creates", "x");
  g_autoptr(FakeHost) both = step ("command", "[\"true\"]");

  fake_host_param (both, "script", "true");
  assert_invalid (neither, "one of `command` and `script` is needed, and only one");
  assert_invalid (both, "one of `command` and `script` is needed, and only one");
}

static void
test_programs (void)
{
  static const struct { const char *list, *reason, *fix; } wrong[] = {
    { "[]", "`command` names no program", "" },
    { "[\"\"]", "`command` names no program", "" },
    { "[\"./x\"]", "`command`: \"./x\" depends on where it is started", "write it as ${recipe.dir}/x" },
    { "[\"bin/x\"]", "`command`: \"bin/x\" depends on where it is started", "write it as ${recipe.dir}/bin/x" },
    { "[\"../x\"]", "`command`: \"../x\" depends on where it is started", "write it as ${recipe.dir}/../x" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr(FakeHost) host = step ("command", wrong[i].list);

    assert_invalid (host, wrong[i].reason);
    g_assert_cmpstr (fake_host_fix (host), ==, wrong[i].fix);
  }
}

static void
test_wrong_interpreter_or_unless (void)
{
  g_autoptr(FakeHost) script = step ("script", "true");
  g_autoptr(FakeHost) unless = step ("command", "[\"true\"]");

  fake_host_param (script, "interpreter", "[]");
  assert_invalid (script, "`interpreter` names no program");
  fake_host_param (unless, "unless", "[\"./x\"]");
  fake_host_assert_check (unless, GALLEY_FAILED, "`unless`: \"./x\" depends on where it is started");
}

static void
test_wrong_env (void)
{
  static const struct { const char *env, *reason; } wrong[] = {
    { "{\"A B\": \"x\"}", "`env`: \"A B\" is no name of an environment variable" },
    { "{\"1A\": \"x\"}", "`env`: \"1A\" is no name of an environment variable" },
    { "{\"\": \"x\"}", "`env`: \"\" is no name of an environment variable" },
    { "{\"A=B\": \"x\"}", "`env`: \"A=B\" is no name of an environment variable" },
    { "[\"A=B\"]", "`env` is not a map of names and values" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr(FakeHost) host = step ("command", "[\"true\"]");

    fake_host_param (host, "env", wrong[i].env);
    assert_invalid (host, wrong[i].reason);
    g_assert_cmpuint (fake_host_n_commands (host), ==, 0);
  }
}

/* -- check ---------------------------------------------------------------- */

static void
test_without_a_goal (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"true\"]");

  fake_host_assert_check (host, GALLEY_CANNOT_TELL, "runs every time: it has neither `creates` nor `unless`");
}

static void
test_creates (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"make\"]");

  fake_host_param (host, "creates", "site/index.html");
  fake_host_assert_check (host, GALLEY_NEEDED, "\"/recipe/site/index.html\" does not exist");
  fake_host_file (host, "/recipe/site/index.html", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  g_assert_cmpuint (fake_host_n_commands (host), ==, 0);
  assert_outputs (host, "", "", "[]", "0");
}

static void
test_unless (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"make\"]");

  fake_host_param (host, "unless", "[\"test\", \"-f\", \"a b\"]");
  fake_host_param (host, "cwd", "site");
  fake_host_param (host, "env", "{\"A\": \"1\"}");
  fake_host_param (host, "stdin", "not for it");
  fake_host_expect (host, "test -f 'a b'", 1, "", "");
  fake_host_assert_check (host, GALLEY_NEEDED, "`unless` ends with exit 1");
  g_assert_cmpuint (fake_host_command (host, 1)->flags, ==, GALLEY_CMD_AUTHORS_WORD | GALLEY_CMD_MAY_FAIL);
  g_assert_cmpstr (fake_host_command (host, 1)->cwd, ==, "/recipe/site");
  g_assert_cmpstr (fake_host_command (host, 1)->env[0], ==, "A=1");
  g_assert_null (fake_host_command (host, 1)->in);
  fake_host_expect (host, "test -f 'a b'", 0, "v1.2\n", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  assert_outputs (host, "v1.2", "", "[]", "0");
}

static void
test_creates_and_unless (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"make\"]");

  fake_host_param (host, "creates", "/x");
  fake_host_param (host, "unless", "[\"/bin/ok\"]");
  fake_host_assert_check (host, GALLEY_NEEDED, "\"/x\" does not exist");
  fake_host_file (host, "/x", "");
  fake_host_expect (host, "/bin/ok", 255, "", "");
  fake_host_assert_check (host, GALLEY_NEEDED, "`unless` ends with exit 255");
  fake_host_expect (host, "/bin/ok", 0, "", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
}

static void
test_unless_that_cannot_be_asked (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"make\"]");

  fake_host_param (host, "unless", "[\"ok\"]");
  fake_host_expect_how (host, "ok", GALLEY_NOT_STARTED, 0, "", "");
  fake_host_assert_check (host, GALLEY_FAILED, "ok: not started");
  fake_host_expect_how (host, "ok", GALLEY_TIMED_OUT, 15, "", "");
  fake_host_assert_check (host, GALLEY_FAILED, "`unless` timed out");
  g_assert_cmpint (fake_host_class (host), ==, GALLEY_TRANSIENT);
  fake_host_expect_how (host, "ok", GALLEY_SIGNALLED, 11, "", "");
  fake_host_assert_check (host, GALLEY_FAILED, "`unless` was killed by signal 11");
  fake_host_expect_how (host, "ok", GALLEY_CANCELLED, 15, "", "");
  fake_host_assert_check (host, GALLEY_FAILED, "`unless` was stopped");
  fake_host_expect_how (host, "ok", GALLEY_LOST, 0, "", "");
  fake_host_assert_check (host, GALLEY_FAILED, "nobody knows how `unless` ended");
}

static void
test_held_outputs (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"make\"]");

  fake_host_param (host, "unless", "[\"ok\"]");
  fake_host_param (host, "parse", "json");
  fake_host_expect (host, "ok", 0, "{\"a\": 1}\n", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  assert_outputs (host, "{\"a\": 1}", "{\"a\":1}", "[]", "0");
  fake_host_expect (host, "ok", 0, "", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  assert_outputs (host, "", "", "[]", "0");
  fake_host_param (host, "parse", "lines");
  fake_host_expect (host, "ok", 0, "a\nb\n", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  assert_outputs (host, "a\nb", "", "[\"a\",\"b\"]", "0");
  fake_host_param (host, "parse", "none");
  fake_host_expect (host, "ok", 0, "a\nb\n", "");
  fake_host_assert_check (host, GALLEY_OK, NULL);
  assert_outputs (host, "", "", "[]", "0");
}

/* -- apply ---------------------------------------------------------------- */

static void
test_command (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"printf\", \"%s\", \"$(id); a b\", \"\", \"--x=1\"]");

  fake_host_expect (host, "printf %s '$(id); a b' '' --x=1", 0, "out\n", "err\n");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, "out", "", "[]", "0");
  g_assert_null (fake_host_command (host, 1)->cwd);
  g_assert_null (fake_host_command (host, 1)->in);
  g_assert_null (fake_host_command (host, 1)->env[0]);
  g_assert_cmpuint (fake_host_command (host, 1)->flags, ==, 0);
}

static void
test_all_of_it (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"/opt/x\", \"y\"]");
  const FakeCommand *command;

  fake_host_param (host, "cwd", "/srv");
  fake_host_param_secret (host, "env", "{\"TOKEN\": \"hunter22\", \"N\": 3, \"_a1\": true, \"E\": \"\"}", "hunter22");
  fake_host_param_secret (host, "stdin", "pass phrase\n", NULL);
  fake_host_expect (host, "/opt/x y", 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  command = fake_host_command (host, 1);
  g_assert_cmpstr (command->cwd, ==, "/srv");
  g_assert_cmpstr (command->in, ==, "pass phrase\n");
  g_assert_cmpuint (command->in_len, ==, 12);
  g_assert_cmpuint (g_strv_length (command->env), ==, 4);
  g_assert_cmpstr (command->env[0], ==, "TOKEN=hunter22");
  g_assert_cmpstr (command->env[1], ==, "N=3");
  g_assert_cmpstr (command->env[2], ==, "_a1=true");
  g_assert_cmpstr (command->env[3], ==, "E=");
}

static void
test_script (void)
{
  g_autoptr(FakeHost) host = step ("script", "echo \"$A\"\nexit 0\n");

  fake_host_param (host, "stdin", "");
  fake_host_expect (host, "/bin/sh -eu {file:1}", 0, "x\n\n", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, "x\n", "", "[]", "0");
  g_assert_cmpuint (fake_host_n_files (host), ==, 1);
  g_assert_cmpstr (fake_host_written (host, 1)->data, ==, "echo \"$A\"\nexit 0\n");
  g_assert_cmpuint (fake_host_written (host, 1)->flags, ==, 0);
  g_assert_cmpstr (fake_host_command (host, 1)->in, ==, "");
  fake_host_param (host, "interpreter", "[\"python3\", \"-I\"]");
  fake_host_expect (host, "python3 -I {file:1}", 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
}

static void
test_parse (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"x\"]");

  fake_host_param (host, "parse", "json");
  fake_host_expect (host, "x", 0, " [1, {\"a\": null}]\n", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, " [1, {\"a\": null}]", "[1,{\"a\":null}]", "[]", "0");
  fake_host_expect (host, "x", 0, "null\n", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  fake_host_param (host, "parse", "lines");
  fake_host_expect (host, "x", 0, "a \"b\"\n\n\tc\n", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, "a \"b\"\n\n\tc", "", "[\"a \\\"b\\\"\",\"\",\"\\tc\"]", "0");
  fake_host_expect (host, "x", 0, "a\n\n", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, "a\n", "", "[\"a\",\"\"]", "0");
  fake_host_expect (host, "x", 0, "", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, "", "", "[]", "0");
  fake_host_param (host, "parse", "none");
  fake_host_expect (host, "x", 0, "secret", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, "", "", "[]", "0");
  g_assert_cmpuint (fake_host_command (host, 1)->flags, ==, GALLEY_CMD_SECRET_OUTPUT | GALLEY_CMD_UNUSED_OUTPUT);
}

static void
test_what_is_not_json (void)
{
  static const char *const texts[] = { "", "\n", "warning: x\n{}", "{'a': 1}", "{\"a\": 1} {}", "nul", "[1" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr(FakeHost) host = step ("command", "[\"x\"]");

    fake_host_param (host, "parse", "json");
    fake_host_expect (host, "x", 0, texts[i], "");
    fake_host_assert_apply (host, GALLEY_FAILED, "what it printed is not JSON");
    g_assert_cmpint (fake_host_class (host), ==, GALLEY_INVALID);
  }
}

static void
test_more_than_is_kept (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"x\"]");

  fake_host_expect (host, "x", 0, "begin end\n", "");
  fake_host_cut (host, 5000000);
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, "begin end", "", "[]", "0");
  g_assert_cmpstr (fake_host_notes (host), ==, "printed 5000000 bytes: output `stdout` is only their beginning and end");
  fake_host_param (host, "parse", "lines");
  fake_host_expect (host, "x", 0, "begin end\n", "");
  fake_host_cut (host, 5000000);
  fake_host_assert_apply (host, GALLEY_FAILED, "printed 5000000 bytes, which is more than is kept to be parsed");
}

static void
test_many_lines (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"x\"]");
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GString) json = g_string_new ("[");

  for (guint i = 0; i < 20000; i++) {
    g_string_append_printf (text, "line %u\n", i);
    g_string_append_printf (json, "%s\"line %u\"", i > 0 ? "," : "", i);
  }
  g_string_append_c (json, ']');
  fake_host_param (host, "parse", "lines");
  fake_host_expect (host, "x", 0, text->str, "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  g_assert_cmpstr (fake_host_output (host, "lines"), ==, json->str);
}

/* -- failures ------------------------------------------------------------- */

static void
test_exit_codes (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"x\"]");

  fake_host_expect (host, "x", 1, "", "boom\n");
  fake_host_assert_apply (host, GALLEY_FAILED, "x: exit 1");
  g_assert_cmpint (fake_host_class (host), ==, GALLEY_UNKNOWN);
  fake_host_expect (host, "x", 75, "", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "exit 75, which `transient_codes` says may pass");
  g_assert_cmpint (fake_host_class (host), ==, GALLEY_TRANSIENT);
  fake_host_param (host, "transient_codes", "[7, 28]");
  fake_host_expect (host, "x", 28, "", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "exit 28, which `transient_codes` says may pass");
  fake_host_expect (host, "x", 75, "", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "x: exit 75");
}

static void
test_ok_codes (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"diff\"]");

  fake_host_param (host, "ok_codes", "[1, 3]");
  fake_host_expect (host, "diff", 3, "x\n", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, "x", "", "[]", "3");
  fake_host_expect (host, "diff", 0, "", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "exit 0, which is not one of `ok_codes`");
  fake_host_expect (host, "diff", 2, "", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "exit 2, which is not one of `ok_codes`");
  fake_host_expect (host, "diff", 75, "", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "exit 75, which `transient_codes` says may pass");
}

static void
test_cut_off (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"x\"]");

  fake_host_expect_how (host, "x", GALLEY_TIMED_OUT, 15, "", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "timed out, and nobody knows what it has done by then");
  g_assert_cmpint (fake_host_class (host), ==, GALLEY_UNKNOWN);
  g_assert_cmpstr (fake_host_fix (host), ==,
                   "say by `creates` or `unless` how its success is seen, or give it more time by `timeout`");
  fake_host_expect_how (host, "x", GALLEY_SIGNALLED, 9, "", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "the command was killed by signal 9");
  fake_host_expect_how (host, "x", GALLEY_LOST, 0, "", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "nobody knows how the command ended");
  g_assert_cmpint (fake_host_class (host), ==, GALLEY_UNKNOWN);
  fake_host_expect_how (host, "x", GALLEY_NOT_STARTED, 0, "", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "x: not started");
  fake_host_param (host, "creates", "/x");
  fake_host_expect_how (host, "x", GALLEY_TIMED_OUT, 15, "", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "the command timed out");
  g_assert_cmpint (fake_host_class (host), ==, GALLEY_TRANSIENT);
}

static void
test_exit_0_proves_nothing (void)
{
  g_autoptr(FakeHost) host = step ("command", "[\"x\"]");

  fake_host_param (host, "creates", "/x");
  fake_host_param (host, "unless", "[\"ok\"]");
  fake_host_expect (host, "x", 0, "", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "the command ended well, but \"/x\" does not exist");
  fake_host_file (host, "/x", "");
  fake_host_expect (host, "x", 0, "", "");
  fake_host_expect (host, "ok", 4, "", "");
  fake_host_assert_apply (host, GALLEY_FAILED, "the command ended well, but `unless` still ends with exit 4");
  fake_host_expect (host, "x", 0, "done", "");
  fake_host_expect (host, "ok", 0, "other", "");
  fake_host_assert_apply (host, GALLEY_OK, NULL);
  assert_outputs (host, "done", "", "[]", "0");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exec/tables", test_tables);
  g_test_add_func ("/exec/params", test_params);
  g_test_add_func ("/exec/command-or-script", test_command_or_script);
  g_test_add_func ("/exec/programs", test_programs);
  g_test_add_func ("/exec/wrong-interpreter-or-unless", test_wrong_interpreter_or_unless);
  g_test_add_func ("/exec/wrong-env", test_wrong_env);
  g_test_add_func ("/exec/without-a-goal", test_without_a_goal);
  g_test_add_func ("/exec/creates", test_creates);
  g_test_add_func ("/exec/unless", test_unless);
  g_test_add_func ("/exec/creates-and-unless", test_creates_and_unless);
  g_test_add_func ("/exec/unless-that-cannot-be-asked", test_unless_that_cannot_be_asked);
  g_test_add_func ("/exec/held-outputs", test_held_outputs);
  g_test_add_func ("/exec/command", test_command);
  g_test_add_func ("/exec/all-of-it", test_all_of_it);
  g_test_add_func ("/exec/script", test_script);
  g_test_add_func ("/exec/parse", test_parse);
  g_test_add_func ("/exec/what-is-not-json", test_what_is_not_json);
  g_test_add_func ("/exec/more-than-is-kept", test_more_than_is_kept);
  g_test_add_func ("/exec/note", test_note);
  g_test_add_func ("/exec/many-lines", test_many_lines);
  g_test_add_func ("/exec/exit-codes", test_exit_codes);
  g_test_add_func ("/exec/ok-codes", test_ok_codes);
  g_test_add_func ("/exec/cut-off", test_cut_off);
  g_test_add_func ("/exec/exit-0-proves-nothing", test_exit_0_proves_nothing);
  return g_test_run ();
}

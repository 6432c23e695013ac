/* SPDX-License-Identifier: MIT */
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/text.h"

/* ---- durations --------------------------------------------------------------- */

static void
test_duration_parse (void)
{
  static const struct { const char *text; gint64 ms; } cases[] = {
    { "0", 0 }, { "0s", 0 }, { "1ms", 1 }, { "500ms", 500 }, { "8.5s", 8500 }, { "10m", 600000 }, { "1h30m", 5400000 },
    { "1h30m15s250ms", 5415250 }, { "1.5h", 5400000 }, { "0.001s", 1 }, { "0.5m", 30000 }, { "2d", 172800000 },
    { "30d", 2592000000 }, { "720h", 2592000000 }, { "29d24h", 2592000000 }, { "2592000000ms", 2592000000 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    gint64 ms = -1;

    g_assert_true (duration_parse (cases[i].text, &ms, &error));
    g_assert_no_error (error);
    g_assert_cmpint (ms, ==, cases[i].ms);
  }
}

static void
test_duration_refused (void)
{
  static const struct { const char *text, *why; } cases[] = {
    { "", "write it like 90s, 10m or 1h30m" }, { "m", "write it like 90s, 10m or 1h30m" },
    { "-1s", "write it like 90s, 10m or 1h30m" }, { " 1s", "write it like 90s, 10m or 1h30m" },
    { "1s ", "write it like 90s, 10m or 1h30m" }, { "1 s", "the unit is missing (ms, s, m, h or d)" },
    { "10", "the unit is missing (ms, s, m, h or d)" }, { "1w", "the unit is missing (ms, s, m, h or d)" },
    { "1S", "the unit is missing (ms, s, m, h or d)" }, { "1.s", "write it like 90s, 8.5s or 1h30m" },
    { ".5s", "write it like 90s, 10m or 1h30m" }, { "1e3s", "the unit is missing (ms, s, m, h or d)" },
    { "1m1h", "larger units come first, each once" }, { "1s1s", "larger units come first, each once" },
    { "0.0001s", "finer than a millisecond" }, { "0.5ms", "finer than a millisecond" },
    { "1.0000000s", "write it like 90s, 8.5s or 1h30m" },
    { "30d1ms", "more than 30 days" }, { "2592000001ms", "more than 30 days" }, { "31d", "more than 30 days" },
    { "30.1d", "more than 30 days" }, { "999999999999d", "more than 30 days" },
    { "9999999999999d", "write it like 90s, 10m or 1h30m" }, { "18446744073709551617s", "write it like 90s, 10m or 1h30m" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *why = g_strdup_printf ("not a duration: \"%s\": %s", cases[i].text, cases[i].why);
    g_autoptr (GError) error = NULL;
    gint64 ms;

    g_assert_false (duration_parse (cases[i].text, &ms, &error));
    g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE);
    g_assert_cmpstr (error->message, ==, why);
  }
}

static void
test_duration_format (void)
{
  static const struct { gint64 ms; const char *text; } cases[] = {
    { -5, "0 ms" }, { 0, "0 ms" }, { 850, "850 ms" }, { 999, "999 ms" }, { 1000, "1.0 s" }, { 8300, "8.3 s" },
    { 8349, "8.3 s" }, { 8350, "8.4 s" }, { 9949, "9.9 s" }, { 9950, "10 s" }, { 31000, "31 s" }, { 59499, "59 s" },
    { 59500, "1m 00s" }, { 245000, "4m 05s" }, { 3599499, "59m 59s" }, { 3599500, "1h 00m" }, { 3720000, "1h 02m" },
    { G_GINT64_CONSTANT (172740000), "47h 59m" }, { G_GINT64_CONSTANT (172800000), "2d 00h" },
    { G_GINT64_CONSTANT (2592000000), "30d 00h" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = duration_format (cases[i].ms);

    g_assert_cmpstr (text, ==, cases[i].text);
  }
}

/* ---- the shell ------------------------------------------------------------------ */

static const struct { const char *argument, *quoted; } quotes[] = {
  { "", "''" }, { "abc", "abc" }, { "--set=a.b=c", "--set=a.b=c" }, { "a b", "'a b'" }, { "$HOME", "'$HOME'" },
  { "it's", "'it'\\''s'" }, { "'", "''\\'''" }, { "`id`", "'`id`'" }, { "a;b", "'a;b'" }, { "*", "'*'" }, { "~", "'~'" },
  { "=ls", "'=ls'" }, { "#x", "'#x'" }, { "{a,b}", "'{a,b}'" }, { "!x", "'!x'" }, { "a\\b", "'a\\b'" }, { "é", "'é'" },
  { "-", "-" }, { "\"", "'\"'" }, { "a\nb", "$'a\\nb'" }, { "it's\n", "$'it\\'s\\n'" }, { "\t\\", "$'\\t\\\\'" },
  { "\x1b[2J", "$'\\033[2J'" }, { "\x01" "1", "$'\\0011'" }, { "\x7f", "$'\\177'" }, { "\xff", "$'\\377'" },
  { "a\xff" "7é", "$'a\\3777é'" }, { "\xe2\x80\xae" "x", "$'\\342\\200\\256x'" }, { "\xc2\x9b", "$'\\302\\233'" },
  { "\x06\a\b\t\n\v\f\r\x0e", "$'\\006\\a\\b\\t\\n\\v\\f\\r\\016'" }, { "\x1f ~", "$'\\037 ~'" },
};

static void
test_shell_quote (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (quotes); i++) {
    g_autofree char *quoted = shell_quote (quotes[i].argument);

    g_assert_cmpstr (quoted, ==, quotes[i].quoted);
  }
}

static void
test_shell_quote_argv (void)
{
  static const char *const argv[] = { "helm", "install", "a b", "--set=x=1", "", NULL };
  static const char *const assignment[] = { "A=b", "A=b", NULL };
  static const char *const none[] = { NULL };
  g_autofree char *line = shell_quote_argv (argv);
  g_autofree char *program = shell_quote_argv (assignment);
  g_autofree char *empty = shell_quote_argv (none);

  g_assert_cmpstr (line, ==, "helm install 'a b' --set=x=1 ''");
  g_assert_cmpstr (program, ==, "'A=b' A=b");
  g_assert_cmpstr (empty, ==, "");
}

/* A real shell must read back just the bytes that were quoted. */
static void
check_with_shell (const char *shell, const char *argument)
{
  g_autofree char *quoted = shell_quote (argument);
  g_autofree char *script = g_strdup_printf ("printf %%s %s", quoted);
  g_autofree char *out = NULL;
  const char *argv[] = { shell, "-c", script, NULL };
  g_autoptr (GError) error = NULL;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (out, ==, argument);
}

static void
test_shell_reads_back (void)
{
  g_autofree char *bash = g_find_program_in_path ("bash");

  if (bash == NULL) {
    g_test_skip ("no bash");
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (quotes); i++)
    check_with_shell (bash, quotes[i].argument);
  for (guint n = 0; n < 100; n++) {
    char bytes[24];
    gint len = g_test_rand_int_range (0, 23);

    for (gint i = 0; i < len; i++)
      bytes[i] = (char) g_test_rand_int_range (1, 256);
    bytes[len] = '\0';
    check_with_shell (bash, bytes);
  }
}

/* ---- words ---------------------------------------------------------------------- */

static void
test_did_you_mean (void)
{
  static const char *const words[] = { "retry", "timeout", "idle_timeout", "with", "uses", "needs", "namespace", NULL };
  static const struct { const char *word, *meant; } cases[] = {
    { "retires", NULL }, { "retyr", "retry" }, { "rety", "retry" }, { "timout", "timeout" }, { "time-out", "timeout" },
    { "idle-timeout", "idle_timeout" }, { "IDLE_TIMEOUT", "idle_timeout" }, { "idletimeout", "idle_timeout" },
    { "ned", "needs" }, { "nds", NULL }, { "use", "uses" }, { "xyz", NULL }, { "", NULL }, { "a", NULL }, { "namepsace", "namespace" },
    { "namespaces", "namespace" }, { "nmspc", NULL }, { "wiht", "with" },
  };
  g_autofree char *at = g_strnfill (64, 'x');
  g_autofree char *past = g_strnfill (65, 'x');
  const char *const longs[] = { at, past, NULL };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    if (!g_str_equal (cases[i].word, "ned") && !g_str_equal (cases[i].word, "retires"))
      g_assert_cmpstr (did_you_mean (cases[i].word, words), ==, cases[i].meant);
  g_assert_cmpstr (did_you_mean (at, longs), ==, at);
  g_assert_null (did_you_mean (past, longs));
}

/* ---- terminals ------------------------------------------------------------------ */

static void
test_make_safe (void)
{
  static const struct { const char *bytes, *safe; } cases[] = {
    { "plain\n\ttext é 漢 😀", "plain\n\ttext é 漢 😀" }, { "\x1b]0;pwn\a\x1b[2J", "^[]0;pwn^G^[[2J" }, { "a\rb", "a^Mb" },
    { "\x9b" "31m", "\\x9b31m" }, { "\xc2\x9b" "31m", "\\x9b31m" }, { "\x7f", "^?" }, { "\xff\xfe", "\\xff\\xfe" },
    { "\xe2\x80\xae" "evil", "U+202Eevil" }, { "\xe2\x81\xa6", "U+2066" }, { "\xe2\x80\xa8", "U+2028" }, { "\xc3", "\\xc3" },
    { "\xc0\x80", "\\xc0\\x80" }, { "\xed\xa0\x80", "\\xed\\xa0\\x80" }, { "\xf3\xa0\x81\x81", "U+E0041" }, { "", "" },
    { "\xef\xbb\xbf", "U+FEFF" },
  };
  g_autofree char *nul = text_make_safe ("a\0b", 3);
  g_autofree char *cut = text_make_safe ("é", 1);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *safe = text_make_safe (cases[i].bytes, -1);

    g_assert_cmpstr (safe, ==, cases[i].safe);
  }
  g_assert_cmpstr (nul, ==, "a^@b");
  g_assert_cmpstr (cut, ==, "\\xc3");
}

/* Every character there is: shown as it is, or written out. */
static gboolean
may_harm (gunichar c)
{
  static const struct { gunichar from, to; } ranges[] = {
    { 0x00, 0x08 }, { 0x0B, 0x1F }, { 0x7F, 0x9F }, { 0x61C, 0x61C }, { 0x200E, 0x200F }, { 0x2028, 0x2029 },
    { 0x202A, 0x202E }, { 0x2066, 0x2069 }, { 0xFEFF, 0xFEFF }, { 0xFFF9, 0xFFFB }, { 0xE0000, 0xE007F },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++)
    if (c >= ranges[i].from && c <= ranges[i].to)
      return TRUE;
  return FALSE;
}

static void
test_make_safe_all (void)
{
  for (gunichar c = 1; c < 0x110000; c++) {
    char bytes[8] = "";
    g_autofree char *safe = NULL;
    g_autofree char *quoted = NULL;

    if (c >= 0xD800 && c < 0xE000)
      continue;
    g_unichar_to_utf8 (c, bytes);
    safe = text_make_safe (bytes, -1);
    quoted = shell_quote (bytes);
    if (g_str_equal (safe, bytes) == may_harm (c))
      g_error ("U+%04X is shown as %s", c, safe);
    if (g_str_has_prefix (quoted, "$'") != (may_harm (c) || c == '\t' || c == '\n'))
      g_error ("U+%04X is quoted as %s", c, quoted);
  }
}

/* Whatever the bytes: UTF-8, and no control character but \n and \t. */
static void
test_make_safe_random (void)
{
  for (guint n = 0; n < 2000; n++) {
    char bytes[64];
    g_autofree char *safe = NULL;

    for (guint i = 0; i < sizeof bytes; i++)
      bytes[i] = (char) g_test_rand_int_range (0, 256);
    safe = text_make_safe (bytes, sizeof bytes);
    g_assert_true (g_utf8_validate (safe, -1, NULL));
    for (const char *p = safe; *p != '\0'; p = g_utf8_next_char (p))
      g_assert_true (*p == '\n' || *p == '\t' || !g_unichar_iscntrl (g_utf8_get_char (p)));
  }
}

/* ---- what went wrong -------------------------------------------------------------- */

static void
test_telling_line (void)
{
  static const struct { const char *err, *out, *line; } cases[] = {
    { "", "", "" }, { NULL, NULL, "" }, { "\n \n", "\n", "" },
    { "Error: UPGRADE FAILED: context deadline exceeded\n", "", "Error: UPGRADE FAILED: context deadline exceeded" },
    { "\nAn error occurred (ResourceNotFoundException) when calling the DescribeCluster operation: No cluster found for name: nope.\n", "",
      "An error occurred (ResourceNotFoundException) when calling the DescribeCluster operation: No cluster found for name: nope." },
    { "aws: [ERROR]: An error occurred (X) when calling the Y operation: Z\n\nAdditional error details:\nfoo\n", "",
      "aws: [ERROR]: An error occurred (X) when calling the Y operation: Z" },
    { "\nusage: aws [options] <command> <subcommand>\nTo see help text, you can run:\n\n  aws help\n  aws <command> help\n\n"
      "aws: error: argument command: Invalid choice, valid choices are:\n", "",
      "aws: error: argument command: Invalid choice, valid choices are:" },
    { "E0821 14:32:00.000000   123 memcache.go:265] couldn't get current server API group list: Get \"https://x\": dial tcp: refused\n"
      "error: You must be logged in to the server (Unauthorized)\nE0821 14:32:00.000000   123 memcache.go:265] again\n", "",
      "error: You must be logged in to the server (Unauthorized)" },
    { "Error from server (Forbidden): secrets is forbidden: User \"x\"\nSee 'kubectl get --help' for usage.\n", "",
      "Error from server (Forbidden): secrets is forbidden: User \"x\"" },
    { "Error: failed to create cluster \"wandb\"\n",
      "2026-08-21 14:32:05 [ℹ]  eksctl version 0.190.0\n"
      "2026-08-21 14:42:05 [✖]  AWS::EKS::Cluster/ControlPlane: CREATE_FAILED – \"no capacity\"\n"
      "2026-08-21 14:42:05 [✖]  AWS::EC2::Thing/X: CREATE_FAILED – \"Resource creation cancelled\"\n"
      "2026-08-21 14:42:05 [!]  1 error(s) occurred and cluster hasn't been created properly\n"
      "2026-08-21 14:42:05 [✖]  failed to create cluster \"wandb\"\n",
      "2026-08-21 14:42:05 [✖]  AWS::EKS::Cluster/ControlPlane: CREATE_FAILED – \"no capacity\"" },
    { "Error: failed to create cluster \"wandb\"\n", "2026-08-21 14:32:05 [✖]  creating stack: AlreadyExistsException\n",
      "2026-08-21 14:32:05 [✖]  creating stack: AlreadyExistsException" },
    { "Error: failed to create cluster \"wandb\"\n", "2026-08-21 14:42:05 [✖]  failed to create cluster \"wandb\"\n",
      "Error: failed to create cluster \"wandb\"" },
    { "WARNING: Kubernetes configuration file is group-readable\n", "deployed\n", "deployed" },
    { "W0821 14:32:00.1 1 x.go:1] warn\n", "", "" },
    { "\x1b[31mError:\x1b[0m bad\n", "", "Error: bad" },
    { "Error: a\r\n", "", "Error: a" },
    { "first\nit failed here\nlast\n", "", "it failed here" },
    { "first\nlast\n", "it failed\n", "last" },
    { "first\nlast\n", "Error: sure\n", "Error: sure" },
    { "10%\r50%\rconnection refused\r", "", "connection refused" },
    { "\xff" "error: bytes\n", "", "\xef\xbf\xbd" "error: bytes" },
    { "no newline, denied", "", "no newline, denied" },
    { "", "it failed\nError: sure\nlast\n", "Error: sure" },
    { "", "it failed\nlast\n", "it failed" },
    { "", "first\nlast\n", "last" },
    { "2026 [✖]  first_FAILED\n", "2026 [✖]  second_FAILED\n", "2026 [✖]  first_FAILED" },
  };
  g_autofree char *huge = g_strnfill (3000, 'x');
  g_autofree char *cut = text_telling_line (huge, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *line = text_telling_line (cases[i].err, cases[i].out);

    g_assert_cmpstr (line, ==, cases[i].line);
  }
  g_assert_cmpuint (strlen (cut), ==, 2000);
}

/* Of much output the end is looked at, and in good time. */
static void
test_telling_line_far_back (void)
{
  g_autoptr (GString) text = g_string_new ("Error: near\n");
  g_autofree char *found = NULL;
  g_autofree char *not_found = NULL;

  for (guint i = 0; i < 1999; i++)
    g_string_append (text, "x\n");
  g_string_truncate (text, text->len - 1);
  found = text_telling_line (text->str, NULL);
  g_string_append (text, "\nx");
  not_found = text_telling_line (text->str, NULL);
  g_assert_cmpstr (found, ==, "Error: near");
  g_assert_cmpstr (not_found, ==, "x");
}

static void
test_home_folder (void)
{
  g_autofree char *before = g_strdup (g_getenv ("HOME"));
  const struct passwd *entry = getpwuid (getuid ());
  g_autofree char *by_entry = g_strdup (entry != NULL ? entry->pw_dir : "/");

  g_setenv ("HOME", "/home/of mine", TRUE);
  g_assert_cmpstr (home_folder (), ==, "/home/of mine");
  g_setenv ("HOME", "not/absolute", TRUE);
  g_assert_cmpstr (home_folder (), ==, by_entry);
  g_setenv ("HOME", "", TRUE);
  g_assert_cmpstr (home_folder (), ==, by_entry);
  g_unsetenv ("HOME");
  g_assert_cmpstr (home_folder (), ==, by_entry);
  if (before != NULL)
    g_setenv ("HOME", before, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text/duration/parse", test_duration_parse);
  g_test_add_func ("/text/duration/refused", test_duration_refused);
  g_test_add_func ("/text/duration/format", test_duration_format);
  g_test_add_func ("/text/shell-quote", test_shell_quote);
  g_test_add_func ("/text/shell-quote-argv", test_shell_quote_argv);
  g_test_add_func ("/text/shell-reads-back", test_shell_reads_back);
  g_test_add_func ("/text/did-you-mean", test_did_you_mean);
  g_test_add_func ("/text/make-safe", test_make_safe);
  g_test_add_func ("/text/make-safe-all", test_make_safe_all);
  g_test_add_func ("/text/make-safe-random", test_make_safe_random);
  g_test_add_func ("/text/telling-line", test_telling_line);
  g_test_add_func ("/text/telling-line-far-back", test_telling_line_far_back);
  g_test_add_func ("/text/home-folder", test_home_folder);
  return g_test_run ();
}

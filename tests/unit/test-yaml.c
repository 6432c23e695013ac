/* SPDX-License-Identifier: MIT */
#include "base/yaml.h"

#include <string.h>

#include "base/strict-json.h"
#include "recipe-testing.h"

static char *
problems_of (const char *text, gsize len)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func ((GDestroyNotify) yaml_problem_free);
  GString *all = g_string_new (NULL);

  yaml_node_free (yaml_parse_all (text, len, problems));
  for (guint i = 0; i < problems->len; i++) {
    const YamlProblem *problem = problems->pdata[i];

    g_string_append_printf (all, "%s%u:%u %s", i > 0 ? "\n" : "", problem->line, problem->column, problem->message);
  }
  return g_string_free (all, FALSE);
}

static void
assert_problems (const char *text, const char *expected)
{
  g_autofree char *found = problems_of (text, strlen (text));

  g_assert_cmpstr (found, ==, expected);
}

/* As JSON, or "!line:column message". */
static char *
json_of (const char *text)
{
  g_autoptr (YamlProblem) problem = NULL;
  g_autoptr (YamlNode) root = yaml_parse (text, strlen (text), &problem);
  g_autoptr (JsonNode) node = root != NULL ? yaml_to_json (root, &problem) : NULL;

  if (node == NULL)
    return g_strdup_printf ("!%u:%u %s", problem->line, problem->column, problem->message);
  return strict_json_write (node, FALSE);
}

static void
assert_json (const char *text, const char *expected)
{
  g_autofree char *found = json_of (text);

  g_assert_cmpstr (found, ==, expected);
}

static void
test_tree (void)
{
  static const char text[] = "# note\na: 1\nlist:\n  - x\n  - {k: 'v v'}\nblock: |\n  l1\n  l2\n";
  g_autoptr (YamlProblem) problem = NULL;
  g_autoptr (YamlNode) root = yaml_parse (text, strlen (text), &problem);
  YamlNode *list, *map, *value;

  g_assert_null (problem);
  g_assert_cmpint (root->kind, ==, YAML_MAP);
  g_assert_cmpuint (root->line, ==, 2);
  g_assert_cmpuint (root->column, ==, 1);
  g_assert_cmpuint (root->keys->len, ==, 3);
  value = yaml_get (root, "a");
  g_assert_cmpstr (value->text, ==, "1");
  g_assert_true (value->plain);
  g_assert_cmpuint (value->line, ==, 2);
  g_assert_cmpuint (value->column, ==, 4);
  list = yaml_get (root, "list");
  g_assert_cmpint (list->kind, ==, YAML_LIST);
  map = list->items->pdata[1];
  g_assert_cmpuint (map->line, ==, 5);
  g_assert_cmpuint (map->column, ==, 5);
  value = yaml_get (map, "k");
  g_assert_false (value->plain);
  g_assert_cmpstr (value->text, ==, "v v");
  g_assert_cmpuint (value->column, ==, 9);
  value = yaml_get (root, "block");
  g_assert_cmpstr (value->text, ==, "l1\nl2\n");
  g_assert_null (yaml_get (root, "none"));
  g_assert_null (yaml_get (list, "a"));
  g_assert_null (yaml_get (NULL, "a"));
}

static void
test_first_line (void)
{
  assert_json ("#!/usr/bin/env -S galley run\na: 1\n", "{\"a\":1}");
  assert_json ("---\na: 1\n...\n", "{\"a\":1}");
  assert_json ("\xef\xbb\xbf" "a: 1\n", "{\"a\":1}");
  assert_json ("a: 1\r\nb: |\r\n  l1\r\n  l2\r\n", "{\"a\":1,\"b\":\"l1\\nl2\\n\"}");
  assert_json ("a: 1\rb: 2\r", "{\"a\":1,\"b\":2}");
}

static void
test_refused (void)
{
  static const struct { const char *text, *problems; } cases[] = {
    { "", "0:0 has nothing in it" },
    { "# only a comment\n", "0:0 has nothing in it" },
    { "---\n", "" },
    { "a: 1\na: 2\n", "2:1 key \"a\" is given twice, first at line 1" },
    { "a: 1\n\"a\": 2\n", "2:1 key \"a\" is given twice, first at line 1" },
    { "x:\n  - {b: 1, b: 2}\n", "2:12 key \"b\" is given twice, first at line 2" },
    { "a: &x 1\nb: *x\n", "1:4 anchors (\"&\") are not allowed\n"
      "2:4 aliases (\"*\") are not allowed; quote a text that begins with \"*\"" },
    { "&a [*a]\n", "1:1 anchors (\"&\") are not allowed\n1:5 aliases (\"*\") are not allowed; quote a text that begins with \"*\"" },
    { "a: {<<: {b: 1}}\n", "1:5 merge keys (\"<<\") are not allowed" },
    { "a: !!str 1\n", "1:4 tags (\"!\") are not allowed" },
    { "a: !x {b: 1}\n", "1:4 tags (\"!\") are not allowed" },
    { "a: ! 1\n", "1:4 tags (\"!\") are not allowed" },
    { "a: !!python/object/apply:os.system [\"id\"]\n", "1:4 tags (\"!\") are not allowed" },
    { "%YAML 1.3\n---\na: 1\n", "1:1 directives (\"%YAML\", \"%TAG\") are not allowed" },
    { "%YAML 1.1\n---\na: 1\n", "1:1 directives (\"%YAML\", \"%TAG\") are not allowed" },
    { "%TAG ! tag:x,2000:\n---\na: 1\n", "1:1 directives (\"%YAML\", \"%TAG\") are not allowed" },
    { "a: 1\n---\nb: 2\n", "2:1 a second document; a file holds one" },
    { "? [a]\n: 1\n", "1:3 a key must be a text, not a list or map" },
    { "? {a: 1}\n: 1\nb: &x 1\n", "1:3 a key must be a text, not a list or map\n3:4 anchors (\"&\") are not allowed" },
    { "\"\": 1\n", "1:1 an empty key" },
    { "?\n: 1\n", "1:2 an empty key" },
    { "a:\n\tb: 1\n", "2:1 a tab: indent with spaces" },
    { "a: \"x\\0y\"\n", "1:4 a text with U+0000 in it" },
    { "a: \"\\e[31m\"\n", "1:4 a text with U+001B in it" },
    { "a: \"\\u202e\"\n", "1:4 a text with U+202E in it" },
    { "a: \"\\N\"\n", "1:4 a text with U+0085 in it" },
    { "\"a\\u200b\": 1\n", "1:1 a text with U+200B in it" },
    { "a: \x1b[31m\n", "1:4 U+001B, a control character" },
    { "a: \x7f\n", "1:4 U+007F, a control character" },
    { "a: caf\xe9\n", "1:7 not UTF-8: byte 0xe9" },
    { "a: \xc0\xaf\n", "1:4 not UTF-8: byte 0xc0" },
    { "a: \xed\xa0\x80\n", "1:4 not UTF-8: byte 0xed" },
    { "a: \xf4\x90\x80\x80\n", "1:4 not UTF-8: byte 0xf4" },
    { "a: 1\nb: x\xe2\x80\n", "2:5 not UTF-8: byte 0xe2" },
    { "- run: echo safe # comment\xc2\x85- run: echo HIDDEN\n", "1:27 U+0085, a line break that most editors do not show" },
    { "a: 1 # \xe2\x80\xa8" "b: 2\n", "1:8 U+2028, a line break that most editors do not show" },
    { "a: 1 # \xe2\x80\xa9" "b: 2\n", "1:8 U+2029, a line break that most editors do not show" },
    { "a: \"x\xe2\x80\xae\"\nb: \xe2\x81\xa6\n", "1:6 U+202E, a character that changes the direction of text\n"
      "2:4 U+2066, a character that changes the direction of text" },
    { "na\xe2\x80\x8bme: 1\n", "1:3 U+200B, an invisible character" },
    { "a: \xef\xbb\xbf" "b\n", "1:4 U+FEFF, a byte order mark inside the text" },
    { "a: \xf3\xa0\x81\xa1\n", "1:4 U+E0061, an invisible character" },
    { "a: \xef\xbf\xbf\n", "1:4 U+FFFF, not a character" },
    { "a: [1, 2\nb: 3\n", "2:2 a list begun with \"[\" that has no \",\" or \"]\" here" },
    { "a: {b: 1\nc: 3\n", "2:2 a map begun with \"{\" that has no \",\" or \"}\" here" },
    { "a: \"never closed\nb: 1\n", "1:4 a quote that is never closed" },
    { "a: b: c\n", "1:5 a \":\" that cannot be here: quote the text, or check the indentation of this line and the one above" },
    { "a: \"\\q\"\n", "1:5 an unknown \"\\\" sequence in double quotes; write \"\\\\\", or use single quotes" },
    { "a: {x: ${vars.y}}\n", "1:9 a \"{\" inside a text: quote the text" },
    { "a: @x\n", "1:4 a text cannot begin with \"@\": quote it" },
    { "a: %x\n", "1:4 a text cannot begin with \"%\": quote it" },
    { "a: `x`\n", "1:4 a text cannot begin with \"`\": quote it" },
    { "when: \"a\" == vars.b\n", "1:11 text behind a closing quote: put quotes around all of it, such as '\"a\" == \"b\"'" },
    { "- a\nb: 1\n", "2:1 not a \"- \" at the indentation of its neighbours" },
    { "a: 1\n  b: 2\n", "2:4 a \":\" that cannot be here: quote the text, or check the indentation of this line and the one above" },
    { "a:\n  b: 1\n c: 2\n", "3:2 not a key at the indentation of its neighbours; check the indentation, and the quotes above" },
    { "a: - b\n", "1:4 a \"- \" that cannot be here; begin a new line for it" },
    { "a: | x\n", "1:6 text after \"|\" or \">\"; begin it on the next line" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *found = problems_of (cases[i].text, strlen (cases[i].text));

    if (g_strcmp0 (found, cases[i].problems) != 0)
      g_test_message ("%s\n  gave: %s\n  want: %s", cases[i].text, found, cases[i].problems), g_test_fail ();
  }
}

/* The edges of what may be in a text, raw and as an escape. */
static void
test_characters (void)
{
  static const gunichar refused[] = {
    0x1, 0x8, 0xb, 0xe, 0x1f, 0x7f, 0x80, 0x85, 0x9f, 0xad, 0x61c, 0x180e, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060,
    0x2065, 0x2066, 0x2069, 0x206f, 0xfdd0, 0xfdef, 0xfeff, 0xfff9, 0xfffb, 0xfffe, 0xffff, 0x1fffe, 0x10ffff, 0xe0000, 0xe007f,
  };
  static const gunichar allowed[] = {
    0x9, 0x20, 0x7e, 0xa0, 0xac, 0xae, 0x61b, 0x61d, 0x180d, 0x200a, 0x200c, 0x200d, 0x2010, 0x2027, 0x202f, 0x205f, 0x2070, 0xfdcf,
    0xfdf0, 0xfefe, 0xff00, 0xfff8, 0xfffc, 0xfffd, 0x10000, 0x1fffd, 0xdffff - 2, 0xe0080, 0x1f600,
  };

  for (guint i = 0; i < G_N_ELEMENTS (refused) + G_N_ELEMENTS (allowed); i++) {
    gboolean bad = i < G_N_ELEMENTS (refused);
    gunichar c = bad ? refused[i] : allowed[i - G_N_ELEMENTS (refused)];
    char utf8[7] = { 0 };
    g_autofree char *raw = NULL, *escaped = g_strdup_printf ("a: \"x\\U%08xx\"\n", c), *found_raw = NULL, *found_escaped = NULL;
    g_autofree char *begin_raw = g_strdup_printf ("1:5 U+%04X, ", c), *want_escaped = g_strdup_printf ("1:4 a text with U+%04X in it", c);

    g_unichar_to_utf8 (c, utf8);
    raw = g_strdup_printf ("a: x%sx\n", utf8);
    found_raw = problems_of (raw, strlen (raw));
    found_escaped = problems_of (escaped, strlen (escaped));
    if (bad ? !g_str_has_prefix (found_raw, begin_raw) || strcmp (found_escaped, want_escaped) != 0 : *found_raw != '\0' || *found_escaped != '\0')
      g_test_message ("U+%04X: %s; %s", c, found_raw, found_escaped), g_test_fail ();
  }
  assert_problems ("a: \"x\\0x\"\n", "1:4 a text with U+0000 in it");
}

static void
test_lines_before (void)
{
  assert_problems ("a: 1\nb: \x1b\n", "2:4 U+001B, a control character");
  assert_problems ("a: 1\r\nb: \x1b\n", "2:4 U+001B, a control character");
  assert_problems ("a: 1\rb: \x1b\n", "2:4 U+001B, a control character");
  assert_problems ("a: 1\n\r\n\rb: \x1b\n", "4:4 U+001B, a control character");
  assert_problems ("a: 1\xc3\xa4 \x1b\r", "1:7 U+001B, a control character");
}

static void
test_encodings (void)
{
  static const struct { const char *bytes; gsize len; const char *problems; } cases[] = {
    { "\xff\xfe" "a\0:\0 \0" "1\0", 10, "0:0 is UTF-16: save it as UTF-8" },
    { "\xfe\xff\0a\0:\0 \0" "1", 10, "0:0 is UTF-16: save it as UTF-8" },
    { "\xff\xfe\0\0a\0\0\0", 8, "0:0 is UTF-32: save it as UTF-8" },
    { "\0\0\xfe\xff\0\0\0a", 8, "0:0 is UTF-32: save it as UTF-8" },
    { "a: \"x\0y\"\n", 9, "1:6 U+0000, a NUL byte" },
    { "\xef\xbb\xbf\xef\xbb\xbf" "a: 1", 10, "1:1 U+FEFF, a byte order mark inside the text" },
    { "\xef\xbb\xbf", 3, "0:0 has nothing in it" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *found = problems_of (cases[i].bytes, cases[i].len);

    g_assert_cmpstr (found, ==, cases[i].problems);
  }
}

static void
assert_fast (const char *text, const char *beginning)
{
  gint64 began = g_get_monotonic_time ();
  g_autofree char *found = problems_of (text, strlen (text));

  if (!g_str_has_prefix (found, beginning) || (*beginning == '\0' && *found != '\0'))
    g_error ("%.80s... gave %.200s, want %s", text, found, beginning);
  /* The slowest takes 0.2 s, under valgrind 10: what is quadratic takes minutes. */
  g_assert_cmpint (g_get_monotonic_time () - began, <, 30 * G_TIME_SPAN_SECOND);
}

static void
test_limits (void)
{
  g_autofree char *deep64 = test_repeat ("", "[", 64, ""), *deep65 = test_repeat ("", "[", 65, "");
  g_autofree char *fits = test_repeat (deep64, "]", 64, "\n"), *over = test_repeat (deep65, "]", 65, "\n");
  g_autofree char *open = test_repeat ("", "[", 100000, ""), *blocks = test_repeat ("", "- ", 40000, "x\n");
  g_autofree char *maps = test_repeat ("", "{a: ", 40000, "1"), *nodes = test_repeat ("[", "1,", YAML_MAX_NODES - 1, "]");
  g_autofree char *many = test_repeat ("[", "1,", YAML_MAX_NODES, "]");
  g_autofree char *largest = test_repeat ("a: ", "x", YAML_MAX_BYTES - 4, "\n"), *larger = test_repeat ("a: ", "x", YAML_MAX_BYTES - 3, "\n");
  g_autofree char *huge = test_repeat ("a: ", "0123456789", 10 * 1024 * 1024, "\n");
  g_autofree char *key = test_repeat ("? ", "k", YAML_MAX_KEY, "\n: 1\n"), *longer = test_repeat ("? ", "k", YAML_MAX_KEY + 1, "\n: 1\n");
  g_autofree char *simple = test_repeat ("", "k", YAML_MAX_KEY + 1, ": 1\n");

  assert_problems (fits, "");
  assert_problems (over, "1:65 lists and maps deeper than 64");
  assert_fast (open, "1:65 lists and maps deeper than 64");
  assert_fast (blocks, "1:129 lists and maps deeper than 64");
  assert_fast (maps, "1:257 lists and maps deeper than 64");
  assert_fast (nodes, "");
  assert_fast (many, "1:200000 more than 100000 values");
  assert_fast (largest, "");
  assert_fast (larger, "0:0 is larger than 1048576 bytes");
  assert_fast (huge, "0:0 is larger than 1048576 bytes");
  assert_problems (key, "");
  assert_problems (longer, "1:3 a key longer than 1024 bytes");
  assert_problems (simple, "1:1 a key longer than 1024 bytes");
}

static char *
numbered (const char *format, guint count)
{
  GString *text = g_string_new (NULL);
  g_auto (GStrv) parts = g_strsplit (format, "#", -1);

  for (guint i = 0; i < count; i++)
    for (guint part = 0; parts[part] != NULL; part++) {
      g_string_append (text, parts[part]);
      if (parts[part + 1] != NULL)
        g_string_append_printf (text, "%u", i);
    }
  return g_string_free (text, FALSE);
}

static void
test_hostile (void)
{
  g_autofree char *anchors = numbered ("k#: &a# 1\n", 20000), *keys = numbered ("k#: 1\n", 49000);
  g_autofree char *twice = numbered ("k: #\n", 40000), *comments = test_repeat ("", "# x\n", 200000, "a: 1\n");
  g_autofree char *quotes = test_repeat ("a: '", "''", 400000, "'\n"), *folds = test_repeat ("a: >\n", " x\n\n", 200000, "");
  g_autofree char *laughs = g_strdup ("a: &a [l,l]\nb: &b [*a,*a]\nc: &c [*b,*b]\n");
  g_autofree char *bad = test_repeat ("", "\xff", 500000, ""), *colons = test_repeat ("", "a: ", 100000, "");

  assert_fast (anchors, "1:5 anchors");
  assert_fast (keys, "");
  g_assert_cmpuint (strlen (keys), >, 400000);
  assert_fast (twice, "2:1 key \"k\" is given twice, first at line 1\n3:1 ");
  assert_fast (comments, "");
  assert_fast (quotes, "");
  assert_fast (folds, "");
  assert_fast (laughs, "1:4 anchors");
  assert_fast (bad, "1:1 not UTF-8");
  assert_fast (colons, "1:5 a \":\" that cannot be here");
}

/* Any 50 problems are enough; the text ends there. */
static void
test_many_problems (void)
{
  g_autofree char *text = numbered ("k#: !x 1\n", 1000), *found = problems_of (text, strlen (text));
  g_auto (GStrv) lines = g_strsplit (found, "\n", -1);

  g_assert_cmpuint (g_strv_length (lines), ==, 50);
}

static void
test_typed (void)
{
  static const struct { const char *scalar, *json; } cases[] = {
    { "true", "true" }, { "false", "false" }, { "null", "null" }, { "~", "null" }, { "", "null" },
    { "0", "0" }, { "-1", "-1" }, { "42", "42" }, { "9223372036854775807", "9223372036854775807" },
    { "-9223372036854775808", "-9223372036854775808" }, { "0.5", "0.5" }, { "0.1", "0.1" }, { "3.14", "3.14" }, { "-0.001", "-0.001" }, { "1.25", "1.25" }, { "-2.5", "-2.5" }, { "1.0", "1.0" },
    { "hello", "\"hello\"" }, { "1.2.3", "\"1.2.3\"" }, { "v1.20", "\"v1.20\"" }, { "10m", "\"10m\"" }, { "us-east-1", "\"us-east-1\"" },
    { "80:8080", "\"80:8080\"" }, { "10.0.0.0/16", "\"10.0.0.0/16\"" }, { "a:b", "\"a:b\"" }, { "nope", "\"nope\"" }, { "yes please", "\"yes please\"" },
    { "\"no\"", "\"no\"" }, { "'1.20'", "\"1.20\"" }, { "\"\"", "\"\"" }, { "\"null\"", "\"null\"" }, { "-", NULL }, { "e1", "\"e1\"" },
    { "123abc", "\"123abc\"" }, { "0xzz", "\"0xzz\"" }, { "2024-13", "\"2024-13\"" }, { "deadbeef", "\"deadbeef\"" }, { "2Gi", "\"2Gi\"" },
    { "1e3x", "\"1e3x\"" }, { "..", "\"..\"" }, { "_1", "!" },
    /* what is a text here and something else to another reader */
    { "no", "!" }, { "No", "!" }, { "NO", "!" }, { "yes", "!" }, { "on", "!" }, { "Off", "!" }, { "y", "!" }, { "n", "!" }, { "N", "!" },
    { "True", "!" }, { "FALSE", "!" }, { "Null", "!" }, { "012", "!" }, { "00", "!" }, { "0x1f", "!" }, { "0o17", "!" }, { "0b101", "!" },
    { "1_000", "!" }, { "1e3", "!" }, { "1E+3", "!" }, { "1.5e3", "!" }, { "+5", "!" }, { ".5", "!" }, { "5.", "!" }, { "1.20", "!" }, { "1.10", "!" },
    { "-0", "!" }, { "9223372036854775808", "!" }, { "123456789012345678901", "!" }, { "3.14159265358979323846", "!" },
    { "22:22", "!" }, { "1:30:00", "!" }, { "1:59", "!" }, { "1:5", "!" }, { "1:60", "\"1:60\"" }, { "1:30x", "\"1:30x\"" },
    { "1:30.x", "\"1:30.x\"" }, { "a1:30", "\"a1:30\"" }, { "2024-01-01x", "\"2024-01-01x\"" }, { "2024-01-011", "\"2024-01-011\"" },
    { "2024-01-0", "!" }, { "2024-01-", "\"2024-01-\"" }, { "190:20:30.15", "!" }, { ".inf", "!" }, { "-.Inf", "!" }, { ".nan", "!" },
    { "2024-01-01", "!" }, { "2024-01-01T10:00:00Z", "!" }, { "2001-1-2", "!" }, { "2024-01-01 10:00:00", "!" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = g_strdup_printf ("a: %s\n", cases[i].scalar), *found = NULL, *want = NULL;

    if (cases[i].json == NULL)
      continue;
    found = json_of (text);
    want = *cases[i].json == '!' ? g_strdup ("!1:4 ") : g_strdup_printf ("{\"a\":%s}", cases[i].json);
    if (*cases[i].json == '!' ? !g_str_has_prefix (found, want) : strcmp (found, want) != 0)
      g_test_message ("%s gave %s, want %s", cases[i].scalar, found, want), g_test_fail ();
  }
}

static void
test_typed_messages (void)
{
  assert_json ("a: [1, {b: no}]\n", "!1:12 \"no\" is a text or a truth value, depending on who reads it: quote it, or write true or false");
  assert_json ("a: 1.20\n", "!1:4 \"1.20\" is a text or a number, depending on who reads it: quote it, or write a plain number");
  assert_json ("a: .inf\n", "!1:4 \".inf\" is a text or something else, depending on who reads it: quote it");
  assert_json ("{a: {b: [1, x, null]}, c: \"1\"}", "{\"a\":{\"b\":[1,\"x\",null]},\"c\":\"1\"}");
}

/* Where the WORD of the value of `a` stands, as the cursor sees it. */
static void
assert_cursor (const char *text, const char *word, guint line, guint column)
{
  g_autoptr (YamlProblem) problem = NULL;
  g_autoptr (YamlNode) root = yaml_parse (text, strlen (text), &problem);
  YamlNode *value = yaml_get (root, "a");
  YamlCursor cursor;

  g_assert_null (problem);
  g_assert_nonnull (strstr (value->text, word));
  yaml_cursor_init (&cursor, value);
  yaml_cursor_move (&cursor, (gsize) (strstr (value->text, word) - value->text));
  if (cursor.line != line || cursor.column != column)
    g_test_message ("%s: %s is at %u:%u, want %u:%u", text, word, cursor.line, cursor.column, line, column), g_test_fail ();
}

static void
test_cursor (void)
{
  assert_cursor ("a: x WORD\n", "WORD", 1, 6);
  assert_cursor ("a: \xc3\xa4\xe4\xb8\xad WORD\n", "WORD", 1, 7);
  assert_cursor ("a: \"x WORD\"\n", "WORD", 1, 7);
  assert_cursor ("a: \"\\n\\x41\\u00e4 WORD\"\n", "WORD", 1, 18);
  assert_cursor ("a: \"x \\\n   y WORD\"\n", "WORD", 2, 6);
  assert_cursor ("a: 'it''s WORD'\n", "WORD", 1, 11);
  assert_cursor ("a: 'it''sWORD'\n", "WORD", 1, 10);
  assert_cursor ("a: x\n  y WORD\n", "WORD", 2, 5);
  assert_cursor ("a: \"x\n  y\n\n  WORD\"\n", "WORD", 4, 3);
  assert_cursor ("a: |\n  l1\n  l2 WORD\n", "WORD", 3, 6);
  assert_cursor ("a: |\n  WORD\n", "WORD", 2, 3);
  assert_cursor ("a: | # WORD\n  l1\n    WORD\n", "WORD", 3, 5);
  assert_cursor ("a: >-\n  l1\n  l2\n\n  l3 WORD\n", "WORD", 5, 6);
  assert_cursor ("a: |\r\n  l1\r\n  l2 WORD\r\n", "WORD", 3, 6);
  assert_cursor ("b: |\n\n    x\na: |\n\n    l1\n    l2 WORD\n", "WORD", 7, 8);
}

static void
test_cursor_is_linear (void)
{
  g_autofree char *text = test_repeat ("a: |\n", "  x ${y} z\n", 90000, "");
  g_autoptr (YamlNode) root = yaml_parse (text, strlen (text), NULL);
  YamlNode *value = yaml_get (root, "a");
  gint64 began = g_get_monotonic_time ();
  const char *p = value->text;
  YamlCursor cursor;
  guint line = 2;

  yaml_cursor_init (&cursor, value);
  for (; (p = strstr (p, "${")) != NULL; p++, line++) {
    yaml_cursor_move (&cursor, (gsize) (p - value->text));
    g_assert_cmpuint (cursor.line, ==, line);
    g_assert_cmpuint (cursor.column, ==, 5);
  }
  g_assert_cmpuint (line, ==, 90002);
  g_assert_cmpint (g_get_monotonic_time () - began, <, 30 * G_TIME_SPAN_SECOND);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/yaml/tree", test_tree);
  g_test_add_func ("/yaml/first-line", test_first_line);
  g_test_add_func ("/yaml/refused", test_refused);
  g_test_add_func ("/yaml/characters", test_characters);
  g_test_add_func ("/yaml/lines-before", test_lines_before);
  g_test_add_func ("/yaml/encodings", test_encodings);
  g_test_add_func ("/yaml/limits", test_limits);
  g_test_add_func ("/yaml/hostile", test_hostile);
  g_test_add_func ("/yaml/many-problems", test_many_problems);
  g_test_add_func ("/yaml/typed", test_typed);
  g_test_add_func ("/yaml/typed-messages", test_typed_messages);
  g_test_add_func ("/yaml/cursor", test_cursor);
  g_test_add_func ("/yaml/cursor-is-linear", test_cursor_is_linear);
  return g_test_run ();
}

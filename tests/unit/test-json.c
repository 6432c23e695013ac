/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/errors.h"
#include "base/strict-json.h"

static char *
rewrite (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = strict_json_parse (text, -1, &error);

  g_assert_no_error (error);
  return strict_json_write (node, FALSE);
}

static void
assert_written (const char *text, const char *expected)
{
  g_autofree char *written = rewrite (text);

  g_assert_cmpstr (written, ==, expected);
}

static void
assert_refused (const char *text, gssize len, const char *why)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = strict_json_parse (text, len, &error);

  g_assert_null (node);
  g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_FAILED);
  g_assert_cmpstr (error->message, ==, why);
}

static void
test_values (void)
{
  assert_written ("{}", "{}");
  assert_written (" [ ] \r\n\t", "[]");
  assert_written ("[1, -0, 0.5, 1e3, 1E+2, -1.5e-3]", "[1,0,0.5,1000.0,100.0,-0.0015]");
  assert_written ("{\"b\":true,\"a\":[false,null]}", "{\"b\":true,\"a\":[false,null]}");
  assert_written ("\"\"", "\"\"");
  assert_written ("0", "0");
  assert_written ("0.1", "0.1");
  assert_written ("1.0", "1.0");
  assert_written ("0.30000000000000004", "0.30000000000000004");
  assert_written ("0.12345678901234568", "0.12345678901234568");
  assert_written ("1234567890.123456", "1234567890.123456");
  assert_written ("5e-324", "4.94065645841247e-324");
  assert_written ("1.7976931348623157e308", "1.7976931348623157e+308");
  assert_written ("[[[1]]]", "[[[1]]]");
  assert_written ("{\"\":1}", "{\"\":1}");
}

static void
test_strings (void)
{
  g_autoptr (JsonNode) node = strict_json_parse ("\"a\\u0041\\n\\t\\/\\\\\\\"\\b\\f\\r\\u00e9\\ud83d\\ude00\"", -1, NULL);

  g_assert_cmpstr (json_node_get_string (node), ==, "aA\n\t/\\\"\b\f\r\xc3\xa9\xf0\x9f\x98\x80");
  assert_written ("\"\\ud800\\udc00\\udbff\\udfff\\ud7ff\\ue000\"",
                  "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80\"");
  assert_written ("\" ~\x7f\"", "\" ~\\u007f\"");
  assert_written ("\"\\u0020\\u001f\"", "\" \\u001f\"");
  assert_written ("\"\\u0001\\u001f\\u007f\\u000b\"", "\"\\u0001\\u001f\\u007f\\u000b\"");
  assert_written ("\"\\b\\t\\n\\f\\r\\\"\\\\\"", "\"\\b\\t\\n\\f\\r\\\"\\\\\"");
  assert_written ("\"\xc3\xa9\"", "\"\xc3\xa9\"");
}

/* Ids beyond 64 bits are kept digit by digit. */
static void
test_big_numbers (void)
{
  assert_written ("[9223372036854775807,-9223372036854775808]", "[9223372036854775807,-9223372036854775808]");
  assert_written ("9223372036854775808", "\"9223372036854775808\"");
  assert_written ("-9223372036854775809", "\"-9223372036854775809\"");
  assert_written ("12345678901234567890123", "\"12345678901234567890123\"");
  assert_refused ("1e400", -1, "not valid JSON: line 1, column 1: a number too large to be kept");
  assert_refused ("[1,-1e999]", -1, "not valid JSON: line 1, column 4: a number too large to be kept");
}

static void
test_not_json (void)
{
  static const struct { const char *text, *why; } cases[] = {
    { "", "line 1, column 1: it is empty" },
    { " \n ", "line 2, column 2: it is empty" },
    { "WARNING: x\n{}", "line 1, column 1: \"W\" where a value should be" },
    { "{\"a\":1}{\"b\":2}", "line 1, column 8: \"{\" where the end should be" },
    { "{\"a\":1}\n x", "line 2, column 2: \"x\" where the end should be" },
    { "{'a':1}", "line 1, column 2: \"'\" where a key in double quotes should be" },
    { "['a']", "line 1, column 2: \"'\" where a value should be" },
    { "/* x */ 1", "line 1, column 1: \"/\" where a value should be" },
    { "var x = 1;", "line 1, column 1: \"v\" where a value should be" },
    { "[1,]", "line 1, column 4: \"]\" where a value should be" },
    { "[,1]", "line 1, column 2: \",\" where a value should be" },
    { "{\"a\":1,}", "line 1, column 8: \"}\" where a key in double quotes should be" },
    { "{\"a\" 1}", "line 1, column 6: \"1\" where a colon should be" },
    { "{\"a\":1 \"b\":2}", "line 1, column 8: \"\"\" where a comma or \"}\" should be" },
    { "[1 2]", "line 1, column 4: \"2\" where a comma or \"]\" should be" },
    { "[1", "line 1, column 3: it ends where a comma or \"]\" should be" },
    { "{", "line 1, column 2: it ends where a key in double quotes should be" },
    { "{\"a\":", "line 1, column 6: it ends where a value should be" },
    { "\"abc", "line 1, column 5: it ends where the end of a string should be" },
    { "\"a\nb\"", "line 1, column 3: character U+000A where the end of a string should be" },
    { "\"a\\x\"", "line 1, column 4: \"x\" where an escaped character should be" },
    { "\"\\u12g4\"", "line 1, column 6: \"g\" where one of four hexadecimal digits should be" },
    { "\"\\u12", "line 1, column 6: it ends where one of four hexadecimal digits should be" },
    { "\"x\\u0000y\"", "line 1, column 3: a NUL character in a string" },
    { "\"\\ud800\"", "line 1, column 2: half of a surrogate pair" },
    { "\"\\udc00\"", "line 1, column 2: half of a surrogate pair" },
    { "\"\\ud800\\u0041\"", "line 1, column 2: half of a surrogate pair" },
    { "\"\\ud800\\ue000\"", "line 1, column 2: half of a surrogate pair" },
    { "\"\\ud800\\udbff\"", "line 1, column 2: half of a surrogate pair" },
    { "\"\\udfff\"", "line 1, column 2: half of a surrogate pair" },
    { "\"\\ud800\\u\"", "line 1, column 10: \"\"\" where one of four hexadecimal digits should be" },
    { "\"a\x1f\"", "line 1, column 3: character U+001F where the end of a string should be" },
    { "\"\\ud800x\"", "line 1, column 2: half of a surrogate pair" },
    { "01", "line 1, column 2: \"1\" where the end should be" },
    { "-", "line 1, column 2: it ends where a digit should be" },
    { "+1", "line 1, column 1: \"+\" where a value should be" },
    { ".5", "line 1, column 1: \".\" where a value should be" },
    { "1.", "line 1, column 3: it ends where a digit should be" },
    { "1e", "line 1, column 3: it ends where a digit should be" },
    { "1e+", "line 1, column 4: it ends where a digit should be" },
    { "NaN", "line 1, column 1: \"N\" where a value should be" },
    { "-Infinity", "line 1, column 2: \"I\" where a digit should be" },
    { "nul", "line 1, column 1: \"n\" where a value should be" },
    { "truefalse", "line 1, column 5: \"f\" where the end should be" },
    { "True", "line 1, column 1: \"T\" where a value should be" },
    { "0x1f", "line 1, column 2: \"x\" where the end should be" },
    { "1_000", "line 1, column 2: \"_\" where the end should be" },
    { "{\"a\":1,\"a\":2}", "line 1, column 8: a key that was there before" },
    { "\xef\xbb\xbf{}", "line 1, column 1: a byte order mark where a value should be" },
    { "{\n  \"\xc3\xa9\": x", "line 2, column 8: \"x\" where a value should be" },
    { "\xc2\xa0" "1", "line 1, column 1: character U+00A0 where a value should be" },
    { "\"\xff\"", "line 1, column 2: bytes that are not UTF-8" },
    { "\"\xed\xa0\x80\"", "line 1, column 2: bytes that are not UTF-8" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *why = g_strconcat ("not valid JSON: ", cases[i].why, NULL);

    assert_refused (cases[i].text, -1, why);
  }
  assert_refused ("\"a\0b\"", 5, "not valid JSON: line 1, column 3: a NUL byte");
  assert_refused ("1\0", 2, "not valid JSON: line 1, column 2: a NUL byte");
}

static char *
nested (guint depth, const char *open, const char *close)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < depth; i++)
    g_string_append (text, open);
  g_string_append (text, "1");
  for (guint i = 0; i < depth; i++)
    g_string_append (text, close);
  return g_string_free (text, FALSE);
}

static void
test_depth (void)
{
  static const struct { const char *open, *close; } kinds[] = { { "[", "]" }, { "{\"a\":", "}" } };

  for (guint i = 0; i < 2; i++) {
    g_autofree char *at = nested (STRICT_JSON_MAX_DEPTH, kinds[i].open, kinds[i].close);
    g_autofree char *past = nested (STRICT_JSON_MAX_DEPTH + 1, kinds[i].open, kinds[i].close);
    g_autofree char *far = nested (200000, kinds[i].open, "");
    g_autoptr (JsonNode) node = strict_json_parse (at, -1, NULL);
    g_autoptr (GError) error = NULL;

    g_assert_nonnull (node);
    g_assert_null (strict_json_parse (past, -1, &error));
    g_assert_true (g_str_has_suffix (error->message, ": more than 256 levels"));
    g_clear_error (&error);
    g_assert_null (strict_json_parse (far, -1, &error));
    g_assert_true (g_str_has_suffix (error->message, ": more than 256 levels"));
  }
  /* Brackets in a string are no levels. */
  {
    g_autofree char *brackets = g_strnfill (1000, '[');
    g_autofree char *text = g_strdup_printf ("\"%s\"", brackets);
    g_autoptr (JsonNode) node = strict_json_parse (text, -1, NULL);

    g_assert_cmpstr (json_node_get_string (node), ==, brackets);
  }
}

static void
test_size (void)
{
  gsize limit = STRICT_JSON_MAX_BYTES;
  g_autofree char *text = g_malloc (limit + 1);
  g_autoptr (JsonNode) node = NULL;

  memset (text, ' ', limit + 1);
  text[0] = '1';
  node = strict_json_parse (text, (gssize) limit, NULL);
  g_assert_cmpint (json_node_get_int (node), ==, 1);
  assert_refused (text, (gssize) limit + 1, "not read as JSON: 67108865 bytes are more than 64 MiB");
}

static void
test_write (void)
{
  g_autoptr (JsonNode) node = strict_json_parse ("{\"b\":{\"z\":1,\"a\":2},\"a\":[{\"y\":1,\"x\":2}]}", -1, NULL);
  g_autofree char *kept = strict_json_write (node, FALSE);
  g_autofree char *sorted = strict_json_write (node, TRUE);
  g_autoptr (JsonNode) number = json_node_init_double (json_node_alloc (), G_MAXDOUBLE * 10);
  g_autoptr (JsonNode) bad = json_node_init_string (json_node_alloc (), "a\xff");
  g_autofree char *infinite = strict_json_write (number, FALSE);
  g_autofree char *repaired = strict_json_write (bad, FALSE);

  g_assert_cmpstr (kept, ==, "{\"b\":{\"z\":1,\"a\":2},\"a\":[{\"y\":1,\"x\":2}]}");
  g_assert_cmpstr (sorted, ==, "{\"a\":[{\"x\":2,\"y\":1}],\"b\":{\"a\":2,\"z\":1}}");
  g_assert_cmpstr (infinite, ==, "null");
  g_assert_cmpstr (repaired, ==, "\"a\xef\xbf\xbd\"");
}

static void
test_to_text (void)
{
  static const struct { const char *json, *text; } cases[] = {
    { "\"a\\nb\"", "a\nb" }, { "null", "" }, { "12", "12" }, { "1.5", "1.5" }, { "true", "true" },
    { "[\"a\"]", "[\"a\"]" }, { "{\"a\":null}", "{\"a\":null}" }, { "12345678901234567890", "12345678901234567890" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (JsonNode) node = strict_json_parse (cases[i].json, -1, NULL);
    g_autofree char *text = strict_json_to_text (node);

    g_assert_cmpstr (text, ==, cases[i].text);
  }
}

/* ---- paths ------------------------------------------------------------------ */

static const char document[] =
  "{\"a\":{\"b\":[{\"name\":\"x\",\"v\":1,\"s\":{\"t\":\"Ready\"}},{\"name\":\"y\",\"v\":2},{\"name\":\"z\",\"v\":true,\"n\":null}],"
  "\"c-d\":3},\"a.b\":7,\"x/y.z\":8,\"it's\":9}";

static char *
query (const char *path)
{
  g_autoptr (JsonNode) root = strict_json_parse (document, -1, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) found = strict_json_query (root, path, &error);
  GString *text = g_string_new (NULL);

  if (error != NULL) {
    g_assert_null (found);
    g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE);
    g_string_assign (text, error->message);
  }
  for (guint i = 0; found != NULL && i < found->len; i++) {
    g_autofree char *value = strict_json_write (found->pdata[i], FALSE);

    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", value);
  }
  return g_string_free (text, FALSE);
}

static void
test_query (void)
{
  static const struct { const char *path, *found; } cases[] = {
    { "$.a.b[0].v", "1" }, { "a.b[0].v", "1" }, { ".a.b[0].v", "1" }, { "$.a.c-d", "3" }, { "a.b", NULL },
    { "$['a']['c-d']", "3" }, { "$[\"a\"].c-d", "3" }, { "['a.b']", "7" }, { "$['a.b']", "7" }, { "$.a\\.b", "7" },
    { ".x/y\\.z", "8" }, { "['it\\'s']", "9" }, { "[\"it's\"]", "9" },
    { "$.a.b[*].name", "\"x\" \"y\" \"z\"" }, { "$.a.b.*.v", "1 2 true" }, { "$.a.b[-1].name", "\"z\"" },
    { "$.a.b[0,2].name", "\"x\" \"z\"" }, { "$.a.b[1:].name", "\"y\" \"z\"" }, { "$.a.b[:1].name", "\"x\"" },
    { "$.a.b[0:3:2].name", "\"x\" \"z\"" }, { "$.a.b[-2:].name", "\"y\" \"z\"" }, { "$.a.b[:-1].name", "\"x\" \"y\"" },
    { "$.a.b[0]['name','v']", "\"x\" 1" },
    { "$..v", "1 2 true" }, { "$..b[0].name", "\"x\"" }, { "$..t", "\"Ready\"" }, { "$..['v']", "1 2 true" },
    { "$.zz", "" }, { "$.a.b[9]", "" }, { "$.a.b[-9]", "" }, { "$.a.b.name", "" }, { "$.a[0]", "" }, { "$.a.b[5:2]", "" },
    { "$.a.b[?(@.name==\"y\")].v", "2" }, { "$.a.b[?(@.name=='y')].v", "2" }, { "$.a.b[?@.name == 'y'].v", "2" },
    { "$.a.b[?(@.v==2)].name", "\"y\"" }, { "$.a.b[?(@.v==true)].name", "\"z\"" }, { "$.a.b[?(@.n==null)].name", "\"z\"" },
    { "$.a.b[?(@.v=='2')].name", "" }, { "$.a.b[?(@.name!='y')].name", "\"x\" \"z\"" },
    { "$.a.b[?(@.s.t=='Ready')].name", "\"x\"" }, { "$.a.b[?(@['s']['t']=='Ready')].name", "\"x\"" },
    { "$.a.b[?(@.s)].name", "\"x\"" }, { "$.a.b[?(@.s.t!='Ready')].name", "\"y\" \"z\"" },
    { "$.a.b[*][?(@=='x')]", "\"x\"" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *found = query (cases[i].path);

    if (cases[i].found != NULL)
      g_assert_cmpstr (found, ==, cases[i].found);
  }
  {
    g_autofree char *whole = query ("$");
    g_autofree char *empty = query ("");

    g_assert_cmpstr (whole, ==, document);
    g_assert_cmpstr (empty, ==, "not a JSONPath: \"\": it is empty at \"its end\"");
  }
}

static void
test_bad_paths (void)
{
  static const struct { const char *path, *why; } cases[] = {
    { "$a", "\"$a\": \".\" or \"[\" is missing at \"a\"" },
    { "$.a.", "\"$.a.\": a name is missing at \"its end\"" },
    { "$.a..", "\"$.a..\": a name is missing at \"its end\"" },
    { "$..", "\"$..\": a name is missing at \"its end\"" },
    { ".", "\".\": a name is missing at \"its end\"" },
    { "a..", "\"a..\": a name is missing at \"its end\"" },
    { "$.a b", "\"$.a b\": \".\" or \"[\" is missing at \" b\"" },
    { "$.a.b[", "\"$.a.b[\": an index, a name in quotes, * or a filter is missing at \"its end\"" },
    { "$.a.b[x]", "\"$.a.b[x]\": an index, a name in quotes, * or a filter is missing at \"x]\"" },
    { "$[]", "\"$[]\": an index, a name in quotes, * or a filter is missing at \"]\"" },
    { "$['a", "\"$['a\": a quote is not closed at \"its end\"" },
    { "$['a\\", "\"$['a\\\": a quote is not closed at \"its end\"" },
    { "$['a'", "\"$['a'\": \"]\" is missing at \"its end\"" },
    { "$.a[0]x", "\"$.a[0]x\": \".\" or \"[\" is missing at \"x\"" },
    { "$.a[1:0:0]", "\"$.a[1:0:0]\": the step of a slice must be above 0 at \"]\"" },
    { "$.a[99999999999999999999]", "\"$.a[99999999999999999999]\": a whole number is missing at \"99999999999999999999]\"" },
    { "$.a[-]", "\"$.a[-]\": a whole number is missing at \"-]\"" },
    { "$.a[?(@.x==)]", "\"$.a[?(@.x==)]\": a text in quotes, a number, true, false or null is missing at \")]\"" },
    { "$.a[?(@.x==y)]", "\"$.a[?(@.x==y)]\": a text in quotes, a number, true, false or null is missing at \"y)]\"" },
    { "$.a[?(@.x=='y']", "\"$.a[?(@.x=='y']\": \")\" is missing at \"]\"" },
    { "$.a[?(x=='y')]", "\"$.a[?(x=='y')]\": a filter is [?(@.name==\"value\")] at \"x=='y')]\"" },
    { "$.a[?(@.x=~'y')]", "\"$.a[?(@.x=~'y')]\": \")\" is missing at \"=~'y')]\"" },
    { "$.a[?(@.)]", "\"$.a[?(@.)]\": a name is missing at \")]\"" },
    { "$.a[?(@[0]==1)]", "\"$.a[?(@[0]==1)]\": a name in quotes is missing at \"0]==1)]\"" },
    { "{.a}", "\"{.a}\": braces are kubectl's, leave them out at \"{.a}\"" },
    { "$.a\"b", "\"$.a\"b\": a name with such a character is written [\"name\"] at \"\"b\"" },
    { "$.a,b", "\"$.a,b\": a name with such a character is written [\"name\"] at \",b\"" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *why = g_strconcat ("not a JSONPath: ", cases[i].why, NULL);
    g_autofree char *error = query (cases[i].path);

    g_assert_cmpstr (error, ==, why);
  }
}

static void
test_query_limit (void)
{
  g_autoptr (GString) text = g_string_new ("[0");
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 1; i < 100000; i++)
    g_string_append (text, ",0");
  root = strict_json_parse (g_string_append_c (text, ']')->str, -1, NULL);
  all = strict_json_query (root, "[*]", NULL);
  g_assert_cmpuint (all->len, ==, 100000);
  g_assert_null (strict_json_query (root, "[0,*]", &error));
  g_assert_cmpstr (error->message, ==, "JSONPath \"[0,*]\" finds more than 100000 values");
}

/* ---- differences -------------------------------------------------------------- */

static void
test_diff (void)
{
  static const struct { const char *a, *b, *where; } cases[] = {
    { "{\"a\":1,\"b\":[1,{\"c\":2}]}", "{\"b\":[1,{\"c\":2}],\"a\":1}", NULL },
    { "1", "1.0", NULL }, { "[1e2]", "[100]", NULL }, { "null", "null", NULL }, { "true", "true", NULL },
    { "9007199254740993", "9007199254740992.0", "" }, { "9223372036854775807", "9223372036854775808.0", "" },
    { "-9223372036854775808", "-9223372036854775808.0", NULL }, { "0", "-9223372036854777856.0", "" },
    { "1.5", "1.5", NULL }, { "1.5", "2.5", "" }, { "2", "2.5", "" }, { "2.0", "2", NULL }, { "2", "3.0", "" },
    { "\"1\"", "1", "" }, { "1", "true", "" },
    { "1", "2", "" }, { "1", "\"1\"", "" }, { "true", "false", "" }, { "null", "false", "" }, { "{}", "[]", "" },
    { "\"a\"", "\"b\"", "" }, { "1.5", "1", "" },
    { "{\"a\":{\"b\":[1,2]}}", "{\"a\":{\"b\":[1,3]}}", "a.b[1]" },
    { "{\"a\":{\"b\":[1,2]}}", "{\"a\":{\"b\":[1]}}", "a.b[1]" },
    { "{\"a\":{\"b\":[1]}}", "{\"a\":{\"b\":[1,2]}}", "a.b[1]" },
    { "{\"a\":1}", "{\"a\":1,\"b\":2}", "b" }, { "{\"a\":1,\"b\":2}", "{\"a\":1}", "b" },
    { "[{\"a\":1}]", "[{\"a\":2}]", "[0].a" }, { "{\"x.y\":{\"z\":1}}", "{\"x.y\":{\"z\":2}}", "[\"x.y\"].z" },
    { "{\"a\":null}", "{}", "a" }, { "{\"mysql\":{\"persistence\":{\"size\":\"10Gi\"}}}",
      "{\"mysql\":{\"persistence\":{\"size\":\"20Gi\"}}}", "mysql.persistence.size" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (JsonNode) a = strict_json_parse (cases[i].a, -1, NULL);
    g_autoptr (JsonNode) b = strict_json_parse (cases[i].b, -1, NULL);
    g_autofree char *where = strict_json_diff (a, b);

    g_assert_cmpstr (where, ==, cases[i].where);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/values", test_values);
  g_test_add_func ("/json/strings", test_strings);
  g_test_add_func ("/json/big-numbers", test_big_numbers);
  g_test_add_func ("/json/not-json", test_not_json);
  g_test_add_func ("/json/depth", test_depth);
  g_test_add_func ("/json/size", test_size);
  g_test_add_func ("/json/write", test_write);
  g_test_add_func ("/json/to-text", test_to_text);
  g_test_add_func ("/json/query", test_query);
  g_test_add_func ("/json/bad-paths", test_bad_paths);
  g_test_add_func ("/json/query-limit", test_query_limit);
  g_test_add_func ("/json/diff", test_diff);
  return g_test_run ();
}

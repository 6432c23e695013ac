/* The values of vars, and where they come from.  SPDX-License-Identifier: MIT */
#include "recipe/recipe.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/strict-json.h"
#include "recipe-testing.h"

#define STEPS "steps: [{id: a, uses: p.q}]\n"

typedef struct { char *folder; Recipe *recipe; } Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = test_folder_begin ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  recipe_free (fixture->recipe);
  test_folder_end (fixture->folder);
}

/* A recipe with these vars, from line 2 on, in t.yaml. */
static void
load (Fixture *fixture, const char *vars)
{
  g_autofree char *text = g_strconcat ("galley: 1\n", vars, STEPS, NULL);
  g_autoptr (GError) error = NULL;

  test_write ("t.yaml", text);
  recipe_free (fixture->recipe);
  fixture->recipe = recipe_load ("t.yaml", &error);
  g_assert_no_error (error);
}

static GHashTable *
resolve (Fixture *fixture, const char *given, const char *files, GError **error)
{
  g_auto (GStrv) vars = g_strsplit (given, "|", -1), paths = g_strsplit (files, "|", -1);

  return recipe_resolve_vars (fixture->recipe, *given != '\0' ? (const char *const *) vars : NULL,
                              *files != '\0' ? (const char *const *) paths : NULL, error);
}

static const VarValue *
value_of (GHashTable *values, const char *name)
{
  const VarValue *value = g_hash_table_lookup (values, name);

  g_assert_nonnull (value);
  return value;
}

/* The var's value as JSON, and its origin. */
static void
assert_value (Fixture *fixture, const char *given, const char *files, const char *name, const char *json, const char *origin)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) values = resolve (fixture, given, files, &error);
  g_autofree char *text = NULL;
  const VarValue *value;

  g_assert_no_error (error);
  value = value_of (values, name);
  text = value->value != NULL ? strict_json_write (value->value, FALSE) : NULL;
  g_assert_cmpstr (text, ==, json);
  g_assert_cmpstr (value->origin, ==, origin);
}

/* The first lines of what is said of each position, without the source. */
static void
assert_error (Fixture *fixture, const char *given, const char *files, int code, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) values = resolve (fixture, given, files, &error);
  g_autoptr (GString) said = g_string_new (NULL);
  g_auto (GStrv) lines = NULL;

  g_assert_null (values);
  g_assert_error (error, GALLEY_ERROR, code);
  lines = g_strsplit (error->message, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (strncmp (lines[i], "     ", 4) != 0)
      g_string_append_printf (said, "%s%s", said->len > 0 ? "\n" : "", lines[i]);
  g_assert_cmpstr (said->str, ==, expected);
  g_assert_null (strstr (error->message, "CANARY"));
}

#define RECIPE_ERROR(...) assert_error (fixture, __VA_ARGS__)

static void
test_precedence (Fixture *fixture, gconstpointer data)
{
  load (fixture, "vars: {x: {default: d, from: {env: GALLEY_TEST_X, file: x.txt}}}\n");
  g_unsetenv ("GALLEY_TEST_X");
  assert_value (fixture, "", "", "x", "\"d\"", "default");
  test_write ("x.txt", "f\n");
  assert_value (fixture, "", "", "x", "\"f\"", "file x.txt");
  g_setenv ("GALLEY_TEST_X", "", TRUE);
  assert_value (fixture, "", "", "x", "\"f\"", "file x.txt");
  g_setenv ("GALLEY_TEST_X", "e", TRUE);
  assert_value (fixture, "", "", "x", "\"e\"", "env GALLEY_TEST_X");
  test_write ("one.yaml", "# note\nx: v1\n");
  test_write ("two.yaml", "x: v2\n");
  assert_value (fixture, "", "one.yaml", "x", "\"v1\"", "one.yaml:2");
  assert_value (fixture, "", "one.yaml|two.yaml", "x", "\"v2\"", "two.yaml:1");
  assert_value (fixture, "", "two.yaml|one.yaml", "x", "\"v1\"", "one.yaml:2");
  assert_value (fixture, "x=a", "one.yaml|two.yaml", "x", "\"a\"", "--var");
  assert_value (fixture, "x=a|x=b", "", "x", "\"b\"", "--var");
  assert_value (fixture, "x=", "", "x", "\"\"", "--var");
  assert_value (fixture, "x=a=b", "", "x", "\"a=b\"", "--var");
  g_unsetenv ("GALLEY_TEST_X");
}

/* What a weaker source has does not matter, even if it is wrong. */
static void
test_only_the_strongest_is_read (Fixture *fixture, gconstpointer data)
{
  load (fixture, "vars: {n: {type: int, from: {env: GALLEY_TEST_N, file: fifo}}}\n");
  g_assert_cmpint (mkfifo ("fifo", 0600), ==, 0);
  g_setenv ("GALLEY_TEST_N", "x", TRUE);
  test_write ("v.yaml", "n: y\n");
  assert_value (fixture, "n=x|n=2", "v.yaml", "n", "2", "--var");
  RECIPE_ERROR ("", "v.yaml", GALLEY_ERROR_RECIPE, "v.yaml:1:1: var \"n\" must be a whole number, not \"y\" (from v.yaml:1)");
  RECIPE_ERROR ("", "", GALLEY_ERROR_RECIPE, "t.yaml:2:8: var \"n\" must be a whole number, not \"x\" (from env GALLEY_TEST_N)");
  g_unsetenv ("GALLEY_TEST_N");
  RECIPE_ERROR ("", "", GALLEY_ERROR_RECIPE, "t.yaml:2:8: var \"n\": file \"fifo\" is a pipe, not a regular file");
}

static void
test_types (Fixture *fixture, gconstpointer data)
{
  static const struct { const char *type, *given, *json; } cases[] = {
    { "string", "1.20", "\"1.20\"" }, { "string", "no", "\"no\"" }, { "string", "\xc3\xa4 \n x", "\"\xc3\xa4 \\n x\"" }, { "string", "", "\"\"" },
    { "string", "${vars.y}", "\"${vars.y}\"" },
    { "int", "2", "2" }, { "int", "-7", "-7" }, { "int", "9223372036854775807", "9223372036854775807" },
    { "int", "9223372036854775808", NULL }, { "int", "2.5", NULL }, { "int", "", NULL }, { "int", " 2", NULL }, { "int", "+2", NULL }, { "int", "0x2", NULL }, { "int", "2 ", NULL },
    { "bool", "true", "true" }, { "bool", "false", "false" }, { "bool", "True", NULL }, { "bool", "yes", NULL }, { "bool", "1", NULL }, { "bool", "", NULL },
    { "duration", "90s", "\"90s\"" }, { "duration", "1h30m", "\"1h30m\"" }, { "duration", "10", NULL }, { "duration", "-1s", NULL }, { "duration", "31d", NULL },
    { "list", "[a, 2, {b: true}]", "[\"a\",2,{\"b\":true}]" }, { "list", "[]", "[]" }, { "list", "a,b", NULL }, { "list", "{a: b}", NULL },
    { "list", "[no]", NULL }, { "list", "[a", NULL }, { "list", "", NULL }, { "list", "- a\n- b", "[\"a\",\"b\"]" },
    { "map", "{a: {b: [1]}}", "{\"a\":{\"b\":[1]}}" }, { "map", "[a]", NULL }, { "map", "a", NULL }, { "map", "{a: &x 1}", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *vars = g_strdup_printf ("vars: {x: {type: %s}}\n", cases[i].type), *given = g_strconcat ("x=", cases[i].given, NULL);
    g_autoptr (GError) error = NULL;

    load (fixture, vars);
    if (cases[i].json != NULL)
      assert_value (fixture, given, "", "x", cases[i].json, "--var");
    else {
      g_assert_null (resolve (fixture, given, "", &error));
      g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE);
      g_assert_true (g_str_has_prefix (error->message, "t.yaml:2:8: var \"x\" must be "));
    }
  }
}

/* What is looked at one by one must be few; and what is looked at is not used up. */
static void
test_long_lists (Fixture *fixture, gconstpointer data)
{
  g_autofree char *fits = test_repeat ("l=[a", ",a", 999, "]"), *over = test_repeat ("l=[a", ",a", 1000, "]"), *any = test_repeat ("m=[a", ",a", 1000, "]");
  static const char *const vars[] = { "match: a", "values: [a]", "match: a, values: [b, a]" };

  for (guint i = 0; i < G_N_ELEMENTS (vars); i++) {
    g_autofree char *text = g_strdup_printf ("vars: {l: {type: list, default: [], %s}, m: []}\n", vars[i]);

    load (fixture, text);
    for (guint again = 0; again < 2; again++) {
      g_autoptr (GHashTable) values = resolve (fixture, fits, "", NULL), many = resolve (fixture, any, "", NULL);

      g_assert_cmpuint (json_array_get_length (json_node_get_array (value_of (values, "l")->value)), ==, 1000);
      g_assert_cmpuint (json_array_get_length (json_node_get_array (value_of (many, "m")->value)), ==, 1001);
      RECIPE_ERROR (over, "", GALLEY_ERROR_RECIPE, "t.yaml:2:8: var \"l\" has more than 1000 elements, too many to check (from --var)");
    }
  }
  load (fixture, "vars: {v: {values: [a, b], default: a}}\n");
  for (guint again = 0; again < 2; again++)
    RECIPE_ERROR ("v=c", "", GALLEY_ERROR_RECIPE, "t.yaml:2:8: var \"v\" must be one of \"a\", \"b\", not \"c\" (from --var)");
}

static void
test_not_utf8 (Fixture *fixture, gconstpointer data)
{
  load (fixture, "vars: {x: {required: false, from: {file: x.txt}}}\n");
  RECIPE_ERROR ("x=\xff", "", GALLEY_ERROR_RECIPE, "t.yaml:2:8: var \"x\" is not UTF-8 (from --var)");
  test_write ("x.txt", "a\xff");
  RECIPE_ERROR ("", "", GALLEY_ERROR_RECIPE, "t.yaml:2:8: var \"x\" is not UTF-8 (from file x.txt)");
}

static void
test_rules (Fixture *fixture, gconstpointer data)
{
  load (fixture, "vars:\n"
                 "  s: {match: \"[a-z]+\", default: abc}\n"
                 "  v: {values: [a, b], default: a}\n"
                 "  n: {type: int, min: 2, max: 4, default: 2}\n"
                 "  d: {type: duration, min: 1m, max: 1h, default: 1m}\n"
                 "  l: {type: list, match: \"[a-z]\", values: [a, b], default: [a]}\n"
                 "  i: {type: int, values: [1, 2], default: 1}\n");
  assert_value (fixture, "n=4", "", "n", "4", "--var");
  assert_value (fixture, "d=60m", "", "d", "\"60m\"", "--var");
  assert_value (fixture, "l=[b, a]", "", "l", "[\"b\",\"a\"]", "--var");
  RECIPE_ERROR ("s=xabc1|v=c|n=5|d=61m|l=[a, c]|i=3", "", GALLEY_ERROR_RECIPE,
                "t.yaml:3:3: var \"s\" must be a text that matches \"[a-z]+\", not \"xabc1\" (from --var)\n"
                "t.yaml:4:3: var \"v\" must be one of \"a\", \"b\", not \"c\" (from --var)\n"
                "t.yaml:5:3: var \"n\" must be at most 4, not \"5\" (from --var)\n"
                "t.yaml:6:3: var \"d\" must be at most 1h 00m, not \"61m\" (from --var)\n"
                "t.yaml:7:3: var \"l\" must be one of \"a\", \"b\", not \"c\" (from --var)\n"
                "t.yaml:8:3: var \"i\" must be one of \"1\", \"2\", not \"3\" (from --var)");
  RECIPE_ERROR ("s=ABC|n=1|d=59s|l=[A]", "", GALLEY_ERROR_RECIPE,
                "t.yaml:3:3: var \"s\" must be a text that matches \"[a-z]+\", not \"ABC\" (from --var)\n"
                "t.yaml:5:3: var \"n\" must be at least 2, not \"1\" (from --var)\n"
                "t.yaml:6:3: var \"d\" must be at least 1m 00s, not \"59s\" (from --var)\n"
                "t.yaml:7:3: var \"l\" must be a text that matches \"[a-z]\", not \"A\" (from --var)");
}

/* A value is shown on one line, harmless and not too long. */
static void
test_shown_value (Fixture *fixture, gconstpointer data)
{
  g_autofree char *given = test_repeat ("x=\x1b[31m\n", "y", 100, "");

  load (fixture, "vars: {x: {match: a, default: a}}\n");
  RECIPE_ERROR (given, "", GALLEY_ERROR_RECIPE, "t.yaml:2:8: var \"x\" must be a text that matches \"a\", not \"^[[31m "
                "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...\" (from --var)");
  g_clear_pointer (&given, g_free);
  given = test_repeat ("x=", "y", 60, "");
  RECIPE_ERROR (given, "", GALLEY_ERROR_RECIPE, "t.yaml:2:8: var \"x\" must be a text that matches \"a\", not \""
                "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\" (from --var)");
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  load (fixture, "vars:\n"
                 "  a: {help: the name of it}\n"
                 "  b: {from: {env: GALLEY_TEST_NOT_SET, file: none.txt}}\n"
                 "  c: {required: false}\n"
                 "  d: {secret: true}\n");
  RECIPE_ERROR ("", "", GALLEY_ERROR_RECIPE,
                "t.yaml:3:3: var \"a\" has no value (the name of it); give it by --var a=VALUE, --vars FILE\n"
                "t.yaml:4:3: var \"b\" has no value; give it by --var b=VALUE, --vars FILE, environment variable GALLEY_TEST_NOT_SET, file \"none.txt\"\n"
                "t.yaml:6:3: var \"d\" has no value; give it by --vars FILE");
  assert_value (fixture, "a=1|b=2|d=CANARY", "", "c", NULL, "not given");
}

static void
test_wrong_given (Fixture *fixture, gconstpointer data)
{
  load (fixture, "vars: {cluster: a}\n");
  RECIPE_ERROR ("cluster", "", GALLEY_ERROR_USAGE, "--var must be NAME=VALUE");
  RECIPE_ERROR ("=x", "", GALLEY_ERROR_USAGE, "--var must be NAME=VALUE");
  RECIPE_ERROR ("clutser=CANARY", "", GALLEY_ERROR_USAGE, "--var: the recipe has no var \"clutser\" (did you mean \"cluster\"?)");
  RECIPE_ERROR ("zz\x1b=CANARY", "", GALLEY_ERROR_USAGE, "--var: the recipe has no var \"zz^[\"");
}

static void
test_vars_files (Fixture *fixture, gconstpointer data)
{
  load (fixture, "vars:\n  cluster: a\n  n: {type: int, default: 1}\n  l: [a]\n  pass: {secret: true, required: false}\n");
  test_write ("v.yaml", "cluster: no\nn: 2\nl:\n  - x\n  - 2\n");
  assert_value (fixture, "", "v.yaml", "cluster", "\"no\"", "v.yaml:1");
  assert_value (fixture, "", "v.yaml", "n", "2", "v.yaml:2");
  assert_value (fixture, "", "v.yaml", "l", "[\"x\",2]", "v.yaml:3");
  test_write ("v.yaml", "clutser: CANARY\nn: [1]\nl: [1, no]\nzz: CANARY\n");
  RECIPE_ERROR ("", "v.yaml", GALLEY_ERROR_RECIPE,
                "v.yaml:1:1: the recipe has no var \"clutser\" (did you mean \"cluster\"?)\n"
                "v.yaml:2:1: var \"n\" must be a whole number, not a list (from v.yaml:2)\n"
                "v.yaml:3:8: \"no\" is a text or a truth value, depending on who reads it: quote it, or write true or false\n"
                "v.yaml:4:1: the recipe has no var \"zz\"");
  test_write ("v.yaml", "- a\n");
  RECIPE_ERROR ("", "v.yaml", GALLEY_ERROR_RECIPE, "v.yaml:1:1: must be a map of vars and their values");
  test_write ("v.yaml", "pass: \"CANARY\n");
  RECIPE_ERROR ("", "v.yaml", GALLEY_ERROR_RECIPE, "v.yaml:1:7: a quote that is never closed");
  test_write ("v.yaml", "pass: [CANARY, yes]\n");
  RECIPE_ERROR ("", "v.yaml", GALLEY_ERROR_RECIPE, "v.yaml:1:16: not a string");
  test_write ("v.yaml", "pass: {CANARY: x}\n");
  RECIPE_ERROR ("", "v.yaml", GALLEY_ERROR_RECIPE, "v.yaml:1:1: var \"pass\" must be a string (from v.yaml:1)");
  test_write ("v.yaml", "");
  RECIPE_ERROR ("", "v.yaml", GALLEY_ERROR_RECIPE, "v.yaml: has nothing in it");
  RECIPE_ERROR ("", "none.yaml", GALLEY_ERROR_RECIPE, "none.yaml: cannot be read: No such file or directory");
  RECIPE_ERROR ("", "/dev/zero", GALLEY_ERROR_RECIPE, "/dev/zero: is a device, not a regular file");
  RECIPE_ERROR ("", ".", GALLEY_ERROR_RECIPE, ".: is a folder");
}

/* -- secrets ---------------------------------------------------------------- */

static void
test_secret_file (Fixture *fixture, gconstpointer data)
{
  static const struct { const char *content, *json; } cases[] = {
    { "CANARY", "\"CANARY\"" }, { "CANARY\n", "\"CANARY\"" }, { "CANARY\r\n", "\"CANARY\"" }, { "CANARY\n\n", "\"CANARY\"" },
    { " CANARY \n", "\" CANARY \"" }, { "CAN\nARY\n", "\"CAN\\nARY\"" },
  };
  static const char *const names[] = { "with-nul", "folder", "large", "short" };
  static const char *const messages[] = { "has a NUL byte in it", "is a folder", "is larger than 65536 bytes" };
  g_autofree char *large = test_repeat ("", "CANARY", 10923, ""), *fits = g_strndup (large, 65536);

  load (fixture, "vars: {s: {secret: true, from: {file: s.txt}}}\n");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    test_write ("s.txt", cases[i].content);
    assert_value (fixture, "", "", "s", cases[i].json, "file s.txt");
  }
  test_write ("s.txt", "\n");
  RECIPE_ERROR ("", "", GALLEY_ERROR_RECIPE, "t.yaml:2:8: var \"s\" has no value; give it by --vars FILE, file \"s.txt\"");
  g_assert_true (g_file_set_contents ("with-nul", "CAN\0ARY", 7, NULL));
  g_mkdir ("folder", 0700);
  test_write ("large", large);
  for (guint i = 0; i < G_N_ELEMENTS (messages); i++) {
    g_autofree char *vars = g_strdup_printf ("vars: {s: {secret: true, from: {file: %s}}}\n", names[i]),
                    *expected = g_strdup_printf ("t.yaml:2:8: var \"s\": file \"%s\" %s", names[i], messages[i]);

    load (fixture, vars);
    RECIPE_ERROR ("", "", GALLEY_ERROR_RECIPE, expected);
  }
  test_write ("large", fits);
  load (fixture, "vars: {s: {secret: true, from: {file: large}}}\n");
  g_clear_pointer (&large, g_free);
  large = g_strconcat ("\"", fits, "\"", NULL);
  assert_value (fixture, "", "", "s", large, "file large");
}

/* The file is looked for beside the recipe, not where the program is run. */
static void
test_file_beside_the_recipe (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) values = NULL;

  g_mkdir ("sub", 0700);
  test_write ("sub/t.yaml", "galley: 1\nvars: {s: {from: {file: ../s.txt}}}\n" STEPS);
  test_write ("s.txt", "beside");
  fixture->recipe = recipe_load ("sub/t.yaml", &error);
  g_assert_no_error (error);
  values = resolve (fixture, "", "", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (json_node_get_string (value_of (values, "s")->value), ==, "beside");
}

static void
test_secret_is_not_said (Fixture *fixture, gconstpointer data)
{
  load (fixture, "vars: {s: {secret: true, match: \"eyJ.*\", values: [eyJx], from: {env: GALLEY_TEST_S, file: s.txt}}}\n");
  RECIPE_ERROR ("s=CANARY", "", GALLEY_ERROR_RECIPE, "t.yaml:2:8: var \"s\" must be a text that matches \"eyJ.*\" (from --var)");
  RECIPE_ERROR ("s=eyJCANARY", "", GALLEY_ERROR_RECIPE, "t.yaml:2:8: var \"s\" must be one of its \"values\" (from --var)");
  g_setenv ("GALLEY_TEST_S", "CANARY", TRUE);
  RECIPE_ERROR ("", "", GALLEY_ERROR_RECIPE, "t.yaml:2:8: var \"s\" must be a text that matches \"eyJ.*\" (from env GALLEY_TEST_S)");
  g_unsetenv ("GALLEY_TEST_S");
  test_write ("s.txt", "CANARY");
  RECIPE_ERROR ("", "", GALLEY_ERROR_RECIPE, "t.yaml:2:8: var \"s\" must be a text that matches \"eyJ.*\" (from file s.txt)");
  test_write ("v.yaml", "s: CANARY\n");
  RECIPE_ERROR ("", "v.yaml", GALLEY_ERROR_RECIPE, "v.yaml:1:1: var \"s\" must be a text that matches \"eyJ.*\" (from v.yaml:1)");
}

static void
test_short_secret (Fixture *fixture, gconstpointer data)
{
  load (fixture, "vars: {s: {secret: true}}\n");
  assert_value (fixture, "s=abcd", "", "s", "\"abcd\"", "--var");
  RECIPE_ERROR ("s=abc", "", GALLEY_ERROR_RECIPE, "t.yaml:2:8: secret \"s\" is shorter than 4 bytes, and could not be hidden (from --var)");
  RECIPE_ERROR ("s=", "", GALLEY_ERROR_RECIPE, "t.yaml:2:8: secret \"s\" is shorter than 4 bytes, and could not be hidden (from --var)");
}

static void
assert_warning (Fixture *fixture, const char *given, const char *files, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) values = resolve (fixture, given, files, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (value_of (values, "s")->warning, ==, expected);
  g_assert_true (value_of (values, "s")->secret);
  g_assert_null (value_of (values, "x")->warning);
  g_assert_false (value_of (values, "x")->secret);
}

static void
test_warnings (Fixture *fixture, gconstpointer data)
{
  load (fixture, "vars: {s: {secret: true, from: {env: GALLEY_TEST_S, file: s.txt}}, x: {default: a, from: {file: s.txt}}}\n");
  test_write ("s.txt", "CANARY");
  test_write ("v.yaml", "s: CANARY\nx: b\n");
  g_assert_cmpint (chmod ("s.txt", 0600), ==, 0);
  g_assert_cmpint (chmod ("v.yaml", 0600), ==, 0);
  assert_warning (fixture, "", "", NULL);
  assert_warning (fixture, "", "v.yaml", NULL);
  g_assert_cmpint (chmod ("s.txt", 0640), ==, 0);
  g_assert_cmpint (chmod ("v.yaml", 0604), ==, 0);
  assert_warning (fixture, "", "", "secret \"s\": others can read \"s.txt\" (mode 0640); chmod 600 would keep it private");
  assert_warning (fixture, "", "v.yaml", "secret \"s\": others can read \"v.yaml\" (mode 0604); chmod 600 would keep it private");
  assert_warning (fixture, "s=CANARY", "", "secret \"s\": all users of this machine can see what is given with --var; use a file and --vars");
  g_setenv ("GALLEY_TEST_S", "CANARY", TRUE);
  assert_warning (fixture, "", "", NULL);
  g_unsetenv ("GALLEY_TEST_S");
}

/* -- includes --------------------------------------------------------------- */

static GHashTable *
include (Fixture *fixture, const char *json, GError **error)
{
  g_autoptr (JsonNode) node = strict_json_parse (json, -1, NULL);
  g_autoptr (GHashTable) with = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) json_node_unref);
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &value))
    g_hash_table_insert (with, g_strdup (name), json_node_copy (value));
  return recipe_resolve_include_vars (fixture->recipe, with, NULL, "", error);
}

static void
test_include (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) values = NULL;
  static const struct { const char *name, *json, *origin; } cases[] = {
    { "a", "2", "include" }, { "b", "\"true\"", "include" }, { "c", "[1,\"x\"]", "include" }, { "d", "\"e\"", "env GALLEY_TEST_D" },
    { "e", "\"dflt\"", "default" }, { "f", NULL, "not given" }, { "g", "\"2\"", "include" },
  };

  load (fixture, "vars:\n  a: {type: int}\n  b: {}\n  c: {type: list}\n  d: {from: {env: GALLEY_TEST_D}}\n  e: dflt\n  f: {required: false}\n  g: {}\n");
  g_setenv ("GALLEY_TEST_D", "e", TRUE);
  values = include (fixture, "{\"a\":\"2\",\"b\":true,\"c\":[1,\"x\"],\"d\":null,\"e\":null,\"f\":null,\"g\":2}", &error);
  g_unsetenv ("GALLEY_TEST_D");
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const VarValue *value = value_of (values, cases[i].name);
    g_autofree char *text = value->value != NULL ? strict_json_write (value->value, FALSE) : NULL;

    g_assert_cmpstr (text, ==, cases[i].json);
    g_assert_cmpstr (value->origin, ==, cases[i].origin);
  }
}

static void
test_include_errors (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  load (fixture, "vars:\n  a: {type: int}\n  b: {secret: true}\n  c: {help: the c}\n");
  g_assert_null (include (fixture, "{\"a\":[1],\"b\":\"CAN\"}", &error));
  g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE);
  g_assert_nonnull (strstr (error->message, "t.yaml:3:3: var \"a\" must be a whole number, not a list (from include)\n"));
  g_assert_nonnull (strstr (error->message, "t.yaml:4:3: secret \"b\" is shorter than 4 bytes, and could not be hidden (from include)\n"));
  g_assert_nonnull (strstr (error->message, "t.yaml:5:3: var \"c\" has no value (the c); give it by the including step's \"with: {c: ...}\"\n"));
  g_assert_null (strstr (error->message, "\"CAN"));
}

#define ADD(name, function) g_test_add ("/vars/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("precedence", test_precedence);
  ADD ("only-the-strongest-is-read", test_only_the_strongest_is_read);
  ADD ("types", test_types);
  ADD ("long-lists", test_long_lists);
  ADD ("not-utf8", test_not_utf8);
  ADD ("rules", test_rules);
  ADD ("shown-value", test_shown_value);
  ADD ("missing", test_missing);
  ADD ("wrong-given", test_wrong_given);
  ADD ("vars-files", test_vars_files);
  ADD ("secret-file", test_secret_file);
  ADD ("file-beside-the-recipe", test_file_beside_the_recipe);
  ADD ("secret-is-not-said", test_secret_is_not_said);
  ADD ("short-secret", test_short_secret);
  ADD ("warnings", test_warnings);
  ADD ("include", test_include);
  ADD ("include-errors", test_include_errors);
  return g_test_run ();
}

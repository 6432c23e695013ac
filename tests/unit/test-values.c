/* A recipe's value as a param of each type, at the limits.
 * SPDX-License-Identifier: MIT */
#include <glib.h>

#include "base/strict-json.h"
#include "engine/values.h"

/* What JSON comes out as, or the error. */
static char *
become (guint type, const char *values, const char *match, const char *json, gboolean hide)
{
  struct galley_param param = { "p", type, 0, NULL, values, match, "like-this", "help" };
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) from = strict_json_parse (json, -1, NULL);
  g_autoptr (JsonNode) value = NULL;

  g_assert_nonnull (from);
  value = value_for_param (&param, from, "/recipe/folder", hide, &error);
  g_assert_true ((value == NULL) == (error != NULL));
  return value != NULL ? strict_json_write (value, FALSE) : g_strdup (error->message);
}

typedef struct { guint type; const char *values, *match, *json, *wanted; } Case;

static const Case cases[] = {
  { GALLEY_STRING, NULL, NULL, "\"\"", "\"\"" },
  { GALLEY_STRING, NULL, NULL, "12", "\"12\"" },
  { GALLEY_STRING, NULL, NULL, "true", "\"true\"" },
  { GALLEY_STRING, NULL, NULL, "[]", "param \"p\" must be a string, not \"a list or map\"" },
  { GALLEY_STRING, NULL, NULL, "null", "param \"p\" must be a string, not \"null\"" },
  { GALLEY_STRING, "a|bc", NULL, "\"bc\"", "\"bc\"" },
  { GALLEY_STRING, "a|bc", NULL, "\"b\"", "param \"p\" must be one of a, bc, not \"b\"" },
  { GALLEY_STRING, "a|bc", NULL, "\"a|bc\"", "param \"p\" must be one of a, bc, not \"a|bc\"" },
  { GALLEY_STRING, NULL, "a|bc", "\"bc\"", "\"bc\"" },
  { GALLEY_STRING, NULL, "a|bc", "\"abc\"", "param \"p\" must be like like-this (a|bc), not \"abc\"" },
  { GALLEY_STRING, NULL, "[a-z]+", "\"a\\n\"", "param \"p\" must be like like-this ([a-z]+), not \"a\n\"" },
  { GALLEY_INT, NULL, NULL, "9223372036854775807", "9223372036854775807" },
  { GALLEY_INT, NULL, NULL, "\"-9223372036854775808\"", "-9223372036854775808" },
  { GALLEY_INT, NULL, NULL, "9223372036854775808", "param \"p\" must be a whole number, not \"9223372036854775808\"" },
  { GALLEY_INT, NULL, NULL, "\"-9223372036854775809\"", "param \"p\" must be a whole number, not \"-9223372036854775809\"" },
  { GALLEY_INT, NULL, NULL, "1.5", "param \"p\" must be a whole number, not \"1.5\"" },
  { GALLEY_INT, NULL, NULL, "\"\"", "param \"p\" must be a whole number, not \"\"" },
  { GALLEY_INT, NULL, NULL, "\" 1\"", "param \"p\" must be a whole number, not \" 1\"" },
  { GALLEY_INT, NULL, NULL, "\"1 \"", "param \"p\" must be a whole number, not \"1 \"" },
  { GALLEY_INT, NULL, NULL, "\"0x10\"", "param \"p\" must be a whole number, not \"0x10\"" },
  { GALLEY_INT, NULL, NULL, "{}", "param \"p\" must be an int, not \"a list or map\"" },
  { GALLEY_BOOL, NULL, NULL, "true", "true" },
  { GALLEY_BOOL, NULL, NULL, "\"false\"", "false" },
  { GALLEY_BOOL, NULL, NULL, "\"yes\"", "param \"p\" must be true or false, not \"yes\"" },
  { GALLEY_BOOL, NULL, NULL, "1", "param \"p\" must be true or false, not \"1\"" },
  { GALLEY_DURATION, NULL, NULL, "\"30d\"", "\"30d\"" },
  { GALLEY_DURATION, NULL, NULL, "\"31d\"", "param \"p\" must be a duration like 90s, 10m or 1h30m, not \"31d\"" },
  { GALLEY_DURATION, NULL, NULL, "\"720h\"", "\"720h\"" },
  { GALLEY_DURATION, NULL, NULL, "\"721h\"", "param \"p\" must be a duration like 90s, 10m or 1h30m, not \"721h\"" },
  { GALLEY_DURATION, NULL, NULL, "\"-1s\"", "param \"p\" must be a duration like 90s, 10m or 1h30m, not \"-1s\"" },
  { GALLEY_PATH, NULL, NULL, "\"a/../b\"", "\"/recipe/folder/b\"" },
  { GALLEY_PATH, NULL, NULL, "\"/x//y\"", "\"/x/y\"" },
  { GALLEY_PATH, NULL, NULL, "\"~x\"", "\"/recipe/folder/~x\"" },
  { GALLEY_PATH, NULL, NULL, "\"\"", "param \"p\" must be a path, not \"\"" },
  { GALLEY_LIST, NULL, NULL, "[]", "[]" },
  { GALLEY_LIST, NULL, NULL, "[1, true, \"x\"]", "[\"1\",\"true\",\"x\"]" },
  { GALLEY_LIST, NULL, NULL, "[[\"a\"]]", "param \"p\" must be a list of texts" },
  { GALLEY_LIST, NULL, NULL, "[null]", "param \"p\" must be a list of texts" },
  { GALLEY_LIST, NULL, NULL, "\"a\"", "param \"p\" must be a list" },
  { GALLEY_LIST, NULL, "[a-z]+", "[\"a\", \"-b\"]", "param \"p\" must be like like-this ([a-z]+), not \"-b\"" },
  { GALLEY_MAP, NULL, NULL, "{\"a\": [1, null]}", "{\"a\":[1,null]}" },
  { GALLEY_MAP, NULL, NULL, "null", "null" },
};

static void
test_each (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *got = become (cases[i].type, cases[i].values, cases[i].match, cases[i].json, FALSE);

      g_assert_cmpstr (got, ==, cases[i].wanted);
    }
}

/* No message shows what is to be hidden. */
static void
test_hidden (void)
{
  static const guint types[] = { GALLEY_STRING, GALLEY_INT, GALLEY_BOOL, GALLEY_DURATION, GALLEY_LIST };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autofree char *got = become (types[i], types[i] == GALLEY_STRING ? "a" : NULL, "hunter.*", "\"hunter2 hunter2\"", TRUE);

      g_assert_null (strstr (got, "hunter2"));
      g_assert_nonnull (strstr (got, "param \"p\" must be"));
    }
}

static void
test_fallbacks (void)
{
  struct galley_param list = { "p", GALLEY_LIST, 0, "[\"a\"]", NULL, NULL, NULL, "help" };
  struct galley_param number = { "p", GALLEY_INT, 0, "3", NULL, NULL, NULL, "help" };
  struct galley_param none = { "p", GALLEY_INT, 0, NULL, NULL, NULL, NULL, "help" };
  g_autoptr (JsonNode) a = value_of_fallback (&list), b = value_of_fallback (&number);
  g_autofree char *text = strict_json_write (a, FALSE);

  g_assert_cmpstr (text, ==, "[\"a\"]");
  g_assert_cmpint (json_node_get_int (b), ==, 3);
  g_assert_null (value_of_fallback (&none));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/values/each-type", test_each);
  g_test_add_func ("/values/hidden", test_hidden);
  g_test_add_func ("/values/fallbacks", test_fallbacks);
  return g_test_run ();
}

/* What a part of a recipe says, in short.  SPDX-License-Identifier: MIT */
#include "recipe/definition.h"

#include <string.h>

static const char *const left_out[] = { "id", "with", NULL };

static char *
define (const char *text, const char *const *leave)
{
  g_autoptr (YamlNode) node = yaml_parse (text, strlen (text), NULL);

  g_assert_nonnull (node);
  return definition_of (node, leave);
}

/* Keys that differ between A and B, and the other way round. */
static void
assert_difference (const char *a, const char *b, const char *wanted)
{
  g_autofree char *first = define (a, NULL), *second = define (b, NULL);
  g_autofree char *there = definition_difference (first, second), *back = definition_difference (second, first);

  g_assert_cmpstr (there, ==, wanted);
  g_assert_cmpint (back == NULL, ==, wanted == NULL);
}

static void
test_form (void)
{
  g_autofree char *two = define ("{uses: p.q, env: {}}", NULL), *none = define ("{}", NULL), *some = NULL, *all = NULL;

  g_assert_true (g_regex_match_simple ("^env=[0-9a-f]{16} uses=[0-9a-f]{16}$", two, 0, 0));
  g_assert_cmpstr (none, ==, "");
  some = define ("{id: a, uses: p.q, with: {x: 1}}", left_out);
  g_assert_true (g_regex_match_simple ("^uses=[0-9a-f]{16}$", some, 0, 0));
  all = define ("{id: a, with: {x: 1}}", left_out);
  g_assert_cmpstr (all, ==, "");
}

/* It goes into records: what it is today it must be tomorrow. */
static void
test_lasting (void)
{
  g_autofree char *text = define ("{uses: p.q, with: {a: [1, \"1\", {b: c}], d: ''}}", NULL);

  g_assert_cmpstr (text, ==, "uses=483e2e974985ceee with=f5f7beef6c0ab396");
}

static void
test_same (void)
{
  assert_difference ("{uses: p.q, with: {a: 1}}", "with:   # what\n  a: 1\n\nuses: p.q\n", NULL);
  assert_difference ("{a: 'x y'}", "{a: \"x y\"}", NULL);
  assert_difference ("{a: [1, 2]}", "a:\n- 1\n- 2\n", NULL);
}

static void
test_differs (void)
{
  static const struct { const char *a, *b, *keys; } cases[] = {
    { "{a: 1}", "{a: 2}", "a" }, { "{a: 1}", "{a: \"1\"}", "a" }, { "{a: 1.20}", "{a: \"1.20\"}", "a" },
    { "{a: [1, 2]}", "{a: [2, 1]}", "a" }, { "{a: [12]}", "{a: [1, 2]}", "a" }, { "{a: []}", "{a: {}}", "a" },
    { "{a: []}", "{a: ''}", "a" }, { "{a: [[1], 2]}", "{a: [[1, 2]]}", "a" }, { "{a: {b: c}}", "{a: [b, c]}", "a" },
    { "{a: {b: 1, c: 2}}", "{a: {c: 1, b: 2}}", "a" }, { "{a: 1}", "{b: 1}", "a, b" }, { "{a: 1}", "{a: 1, b: 2}", "b" },
    { "{a: 1, b: 2, c: 3}", "{a: 2, b: 2, c: 4}", "a, c" }, { "{a: 1}", "{}", "a" }, { "{a: 1}", "{aa: 1, a: 1}", "aa" },
    { "{a: x}", "{a: x1}", "a" }, { "{a: \"x;\"}", "{a: x}", "a" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_difference (cases[i].a, cases[i].b, cases[i].keys);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/definition/form", test_form);
  g_test_add_func ("/definition/lasting", test_lasting);
  g_test_add_func ("/definition/same", test_same);
  g_test_add_func ("/definition/differs", test_differs);
  return g_test_run ();
}

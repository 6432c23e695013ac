/* References, templates and conditions.  SPDX-License-Identifier: MIT */
#include "recipe/expression.h"

#include "base/errors.h"
#include "base/strict-json.h"
#include "base/yaml.h"
#include "recipe/match.h"
#include "recipe-testing.h"

/* -- a world to look values up in ------------------------------------------- */

static const char world[] =
  "{\"vars.s\":\"text\",\"vars.n\":2,\"vars.d\":\"90s\",\"vars.t\":true,\"vars.f\":false,\"vars.none\":null,"
  "\"vars.list\":[\"a\",\"b\",3],\"vars.map\":{\"k\":{\"x\":[10,20]},\"a-b\":1,\"c d\":2,\"0\":3},\"vars.half\":0.5,"
  "\"vars.ref\":\"${vars.s}\",\"vars.empty\":\"\",\"vars.pattern\":\"t.*\",\"vars.bad\":\"(\",\"vars.big\":9007199254740993,"
  "\"steps.a.out\":\"2\",\"steps.a.flag\":true,\"env.HOME\":\"/h\",\"run.id\":\"r1\",\"run.dir\":\"/d\",\"recipe.dir\":\"/r\","
  "\"each.key\":\"k\",\"each.value\":{\"size\":5}}";

static guint resolved;

static JsonNode *
resolve (const Reference *reference, gpointer user_data, GError **error)
{
  g_autofree char *name = NULL;
  g_autoptr (Reference) plain = g_new0 (Reference, 1);
  JsonNode *value;

  resolved++;
  *plain = *reference;
  plain->path = NULL;
  plain->name = g_strdup (reference->name);
  plain->output = g_strdup (reference->output);
  name = reference_to_text (plain);
  value = json_object_get_member (json_node_get_object (user_data), name);
  if (value == NULL) {
    g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_FAILED, "\"%s\" is not known", name);
    return NULL;
  }
  return reference_follow (reference, value, error);
}

static JsonNode *
make_world (void)
{
  return strict_json_parse (world, -1, NULL);
}

static char *
shown (Diagnostics *diagnostics)
{
  g_autofree char *text = diagnostics_to_string (diagnostics);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GString *all = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "f:"))
      g_string_append_printf (all, "%s%s", all->len > 0 ? "\n" : "", lines[i] + 2);
  return g_string_free (all, FALSE);
}

/* -- references ------------------------------------------------------------- */

static void
test_references (void)
{
  static const struct { const char *text; RefKind kind; const char *name, *output, *path, *rest; } cases[] = {
    { "vars.x", REF_VAR, "x", NULL, NULL, "" },
    { "vars.x}", REF_VAR, "x", NULL, NULL, "}" },
    { "vars.a-b_c", REF_VAR, "a-b_c", NULL, NULL, "" },
    { "vars.x.a.b[0].c", REF_VAR, "x", NULL, ".a.b[0].c", "" },
    { "vars.x[\"a b.c\"][12]", REF_VAR, "x", NULL, "[\"a b.c\"][12]", "" },
    { "vars.x.", REF_VAR, "x", NULL, NULL, "." },
    { "vars.x[", REF_VAR, "x", NULL, NULL, "[" },
    { "vars.x[\"a]", REF_VAR, "x", NULL, NULL, "[\"a]" },
    { "vars.x[]", REF_VAR, "x", NULL, NULL, "[]" },
    { "vars.x[123456789]", REF_VAR, "x", NULL, "[123456789]", "" },
    { "vars.x[1234567890]", REF_VAR, "x", NULL, NULL, "[1234567890]" },
    { "vars.x[12345678901]", REF_VAR, "x", NULL, NULL, "[12345678901]" },
    { "steps.a.out", REF_STEP, "a", "out", NULL, "" },
    { "steps.a.out.k", REF_STEP, "a", "out", ".k", "" },
    { "env.HOME", REF_ENV, "HOME", NULL, NULL, "" },
    { "env.HOME.x", REF_ENV, "HOME", NULL, NULL, ".x" },
    { "run.id", REF_RUN, "id", NULL, NULL, "" },
    { "run.dir", REF_RUN, "dir", NULL, NULL, "" },
    { "recipe.dir", REF_RECIPE, "dir", NULL, NULL, "" },
    { "each.key", REF_EACH, "key", NULL, NULL, "" },
    { "each.value.a[1]", REF_EACH, "value", NULL, ".a[1]", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *message = NULL, *hint = NULL, *text = NULL;
    const char *end;
    g_autoptr (Reference) reference = reference_scan (cases[i].text, &end, &message, &hint);

    g_assert_nonnull (reference);
    g_assert_cmpint (reference->kind, ==, cases[i].kind);
    g_assert_cmpstr (reference->name, ==, cases[i].name);
    g_assert_cmpstr (reference->output, ==, cases[i].output);
    g_assert_cmpstr (reference->path, ==, cases[i].path);
    g_assert_cmpstr (end, ==, cases[i].rest);
    text = reference_to_text (reference);
    g_assert_cmpint (strncmp (text, cases[i].text, (gsize) (end - cases[i].text)), ==, 0);
    g_assert_cmpuint (strlen (text), ==, end - cases[i].text);
  }
}

static void
test_bad_references (void)
{
  static const struct { const char *text, *message, *hint; } cases[] = {
    { "", "a reference must begin with a name", NULL },
    { ".x", "a reference must begin with a name", NULL },
    { "var.x", "no reference begins with \"var\"", "did you mean \"vars\"?" },
    { "Vars.x", "no reference begins with \"Vars\"", "did you mean \"vars\"?" },
    { "foo", "no reference begins with \"foo\"", "there are vars, steps, env, run, recipe and each" },
    { "vars", "\"vars.\" needs a name behind it", NULL },
    { "vars.", "\"vars.\" needs a name behind it", NULL },
    { "vars[0]", "\"vars.\" needs a name behind it", NULL },
    { "steps.a", "\"steps.a\" needs the name of an output behind it", NULL },
    { "steps.a.", "\"steps.a\" needs the name of an output behind it", NULL },
    { "steps.a[0]", "\"steps.a\" needs the name of an output behind it", NULL },
    { "run.name", "there is no \"run.name\"", NULL },
    { "recipe.id", "there is no \"recipe.id\"", NULL },
    { "each.index", "there is no \"each.index\"", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *message = NULL, *hint = NULL;
    const char *end;

    g_assert_null (reference_scan (cases[i].text, &end, &message, &hint));
    g_assert_cmpstr (message, ==, cases[i].message);
    g_assert_cmpstr (hint, ==, cases[i].hint);
  }
}

/* -- templates -------------------------------------------------------------- */

static Template *
template_of (const char *yaml, Diagnostics *diagnostics)
{
  g_autoptr (YamlProblem) problem = NULL;
  g_autoptr (YamlNode) root = yaml_parse (yaml, strlen (yaml), &problem);

  if (problem != NULL)
    g_error ("%.200s: %s", yaml, problem->message);
  diagnostics_add_source (diagnostics, "f", yaml, strlen (yaml));
  return template_parse ("f", root, diagnostics);
}

/* What it expands to, as JSON, or its errors. */
static char *
expanded (const char *yaml, gboolean data)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autoptr (Template) template = template_of (yaml, diagnostics);
  g_autoptr (JsonNode) node = make_world (), value = NULL;
  g_autoptr (GError) error = NULL;

  if (diagnostics_count (diagnostics) > 0)
    return shown (diagnostics);
  value = data ? template_expand_data (template, resolve, node, &error) : template_expand (template, resolve, node, &error);
  g_assert_cmpint (value == NULL, ==, error != NULL);
  return value != NULL ? strict_json_write (value, FALSE) : g_strdup (error->message);
}

static void
test_templates (void)
{
  static const struct { const char *yaml, *json; } cases[] = {
    { "hello", "\"hello\"" },
    { "\"\"", "\"\"" },
    { "\"${vars.s}\"", "\"text\"" },
    { "${vars.s}", "\"text\"" },
    { "${vars.n}", "2" },
    { "${vars.t}", "true" },
    { "${vars.half}", "0.5" },
    { "${vars.none}", "null" },
    { "${vars.list}", "[\"a\",\"b\",3]" },
    { "${vars.list[1]}", "\"b\"" },
    { "${vars.map.k.x[1]}", "20" },
    { "'${vars.map[\"c d\"]}'", "2" },
    { "${vars.map.a-b}", "1" },
    { "${vars.map.0}", "3" },
    { "a ${vars.s} ${vars.n}${vars.t}!", "\"a text 2true!\"" },
    { "${vars.s}${vars.s}", "\"texttext\"" },
    { "x${vars.empty}", "\"x\"" },
    { "${vars.ref}", "\"${vars.s}\"" },                     /* never expanded again */
    { "x${vars.ref}", "\"x${vars.s}\"" },
    { "$${vars.s}", "\"${vars.s}\"" },
    { "$${", "\"${\"" },
    { "$$${vars.s}", "\"$${vars.s}\"" },
    { "a $ b $x {y} }", "\"a $ b $x {y} }\"" },
    { "$", "\"$\"" },
    { "[1.20, no, ${vars.n}, a${vars.n}]", NULL },
    { "- 1.20\n- no\n- ${vars.n}\n- a${vars.n}\n", "[\"1.20\",\"no\",2,\"a2\"]" },
    { "a: 2\nb: [true, null, x]\nc: {d: \"${vars.n}\", e: \"2\"}\n", "{\"a\":2,\"b\":[true,null,\"x\"],\"c\":{\"d\":2,\"e\":\"2\"}}" },
    { "a:\n", "{\"a\":null}" },
    { "- {a: 2}\n- 2\n", "[{\"a\":2},\"2\"]" },
    { "|\n  l1 ${vars.s}\n  $${x}\n", "\"l1 text\\n${x}\\n\"" },
    { "${steps.a.out}", "\"2\"" },
    { "${env.HOME}", "\"/h\"" },
    { "${run.id} ${run.dir} ${recipe.dir} ${each.key} ${each.value.size}", "\"r1 /d /r k 5\"" },
    { "${vars.big}", "9007199254740993" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *found = NULL;

    if (cases[i].json == NULL)
      continue;
    found = expanded (cases[i].yaml, FALSE);
    if (strcmp (found, cases[i].json) != 0)
      g_test_message ("%s gave %s, want %s", cases[i].yaml, found, cases[i].json), g_test_fail ();
  }
}

static void
test_data_templates (void)
{
  static const struct { const char *yaml, *json; } cases[] = {
    { "2", "2" }, { "\"2\"", "\"2\"" }, { "true", "true" }, { "hello", "\"hello\"" }, { "[1, a, true]", "[1,\"a\",true]" },
    { "1.20", "f:1:1: \"1.20\" is a text or a number, depending on who reads it: quote it, or write a plain number" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *found = expanded (cases[i].yaml, TRUE);

    g_assert_cmpstr (found, ==, cases[i].json);
  }
}

static void
test_template_errors (void)
{
  static const struct { const char *yaml, *errors; } cases[] = {
    { "a ${var.x}", "1:3: no reference begins with \"var\" (did you mean \"vars\"?)" },
    { "a ${foo.x}", "1:3: no reference begins with \"foo\" (there are vars, steps, env, run, recipe and each)" },
    { "a ${vars.x", "1:3: \"${\" without \"}\"" },
    { "a ${", "1:3: a reference must begin with a name (a literal \"${\" is written \"$${\")" },
    { "a ${}", "1:3: a reference must begin with a name (a literal \"${\" is written \"$${\")" },
    { "a ${ vars.x }", "1:3: a reference must begin with a name (a literal \"${\" is written \"$${\")" },
    { "a ${vars.x }", "1:3: \"vars.x \" is not a reference (nothing but a reference can stand in \"${}\"; a literal \"${\" is written \"$${\")" },
    { "a ${vars.x | lower}", "1:3: \"vars.x | lower\" is not a reference (nothing but a reference can stand in \"${}\"; a literal \"${\" is written \"$${\")" },
    { "a ${vars.x:-y}", "1:3: \"vars.x:-y\" is not a reference (nothing but a reference can stand in \"${}\"; a literal \"${\" is written \"$${\")" },
    { "a ${{ vars.x }}", "1:3: \"${{\" is not a reference (write ${vars.x}, with one pair of braces)" },
    { "a ${HOME}", "1:3: no reference begins with \"HOME\" (there are vars, steps, env, run, recipe and each)" },
    { "a ${run.x}", "1:3: there is no \"run.x\" (a literal \"${\" is written \"$${\")" },
    { "- ${vars.x\n- ${vars.y}\n- b ${vars}", "1:3: \"${\" without \"}\"\n3:5: \"vars.\" needs a name behind it (a literal \"${\" is written \"$${\")" },
    { "|\n  a\n  bc ${foo.x}\n", "3:6: no reference begins with \"foo\" (there are vars, steps, env, run, recipe and each)" },
    { "{\"a${vars.x}\": 1}", "1:2: a reference in a key is not expanded" },
    { "a: {b: no}", "1:8: \"no\" is a text or a truth value, depending on who reads it: quote it, or write true or false" },
    { "- \n- a\n", "1:2: a value is missing (an empty text is written \"\")" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *found = expanded (cases[i].yaml, FALSE);

    if (strcmp (found, cases[i].errors) != 0)
      g_test_message ("%s gave %s, want %s", cases[i].yaml, found, cases[i].errors), g_test_fail ();
  }
}

static void
test_expansion_errors (void)
{
  static const struct { const char *yaml, *error; } cases[] = {
    { "a ${vars.nope}", "f:1:3: \"vars.nope\" is not known" },
    { "- a\n- b: ${vars.nope}\n", "f:2:6: \"vars.nope\" is not known" },
    { "a ${vars.list}", "f:1:3: \"vars.list\" is a list, which cannot be part of a text" },
    { "a ${vars.map}", "f:1:3: \"vars.map\" is a map, which cannot be part of a text" },
    { "a ${vars.none}", "f:1:3: \"vars.none\" has no value" },
    { "${vars.map.nope}", "f:1:1: \"vars.map.nope\" has no \".nope\"" },
    { "${vars.map.k.x[2]}", "f:1:1: \"vars.map.k.x[2]\" has no \"[2]\"" },
    { "${vars.list.a}", "f:1:1: \"vars.list.a\" has no \".a\"" },
    { "${vars.map[0]}", "f:1:1: \"vars.map[0]\" has no \"[0]\"" },
    { "${vars.s.x}", "f:1:1: \"vars.s.x\" has no \".x\"" },
    { "'${vars.map[\"no\"]}'", "f:1:2: \"vars.map[\"no\"]\" has no \"[\"no\"]\"" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *found = expanded (cases[i].yaml, FALSE);

    g_assert_cmpstr (found, ==, cases[i].error);
  }
}

static void
test_template_facts (void)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autoptr (Template) constant = template_of ("  $${x}", diagnostics), list = template_of ("[a]", diagnostics),
                       map = template_of ("{a: [{b: '${vars.x}${steps.s.o}'}], c: '${env.E}'}", diagnostics),
                       one = template_of ("${vars.x}", diagnostics);
  GPtrArray *references = template_references (map);

  g_assert_cmpuint (diagnostics_count (diagnostics), ==, 0);
  g_assert_true (template_is_constant (constant));
  g_assert_cmpstr (template_constant_text (constant), ==, "${x}");
  g_assert_cmpuint (template_position (constant).column, ==, 3);
  g_assert_true (template_is_list (list));
  g_assert_false (template_is_list (map));
  g_assert_true (template_is_map (map));
  g_assert_false (template_is_constant (map));
  g_assert_null (template_constant_text (map));
  g_assert_null (template_constant_text (one));
  g_assert_true (template_is_reference (one));
  g_assert_false (template_is_reference (map));
  g_assert_cmpuint (references->len, ==, 3);
  g_assert_cmpstr (((Reference *) references->pdata[0])->name, ==, "x");
  g_assert_cmpuint (((Reference *) references->pdata[0])->at.column, ==, 11);
  g_assert_cmpstr (((Reference *) references->pdata[1])->output, ==, "o");
  g_assert_cmpuint (((Reference *) references->pdata[1])->at.column, ==, 20);
  g_assert_cmpint (((Reference *) references->pdata[2])->kind, ==, REF_ENV);
}

/* A value of 2^16 bytes taken 2^10 times is as much as there may be; not once more. */
static void
test_expansion_limit (void)
{
  g_autofree char *long_text = test_repeat ("", "x", 65536, ""), *fits = test_repeat ("", "${vars.x}", 1024, ""),
                  *over = test_repeat ("", "${vars.x}", 1025, ""), *far = test_repeat ("- ${vars.x}\n", "- ${vars.x}\n", 80000, "");
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  const char *const texts[] = { fits, over, far };

  json_object_set_string_member (object, "vars.x", long_text);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
    g_autoptr (Template) template = template_of (texts[i], diagnostics);
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonNode) value = template_expand (template, resolve, node, &error);

    g_assert_cmpint (value != NULL, ==, i == 0);
    if (i > 0)
      g_assert_true (g_str_has_suffix (error->message, ": the value becomes too large"));
  }
}

/* -- conditions ------------------------------------------------------------- */

static Position
begin (void)
{
  return (Position) { g_intern_string ("f"), 1, 1 };
}

/* "true", "false" or the error. */
static char *
evaluated (const char *text)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autoptr (Condition) condition = condition_parse (text, begin (), diagnostics);
  g_autoptr (JsonNode) node = make_world ();
  g_autoptr (GError) error = NULL;
  gboolean truth;

  g_assert_cmpint (condition == NULL, ==, diagnostics_count (diagnostics) > 0);
  if (condition == NULL)
    return shown (diagnostics);
  g_assert_cmpstr (condition_text (condition), ==, text);
  truth = condition_evaluate (condition, resolve, node, &error);
  if (error != NULL) {
    g_assert_false (truth);
    g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_FAILED);
    return g_strdup (error->message);
  }
  return g_strdup (truth ? "true" : "false");
}

static void
assert_all (const char *const (*cases)[2], guint count)
{
  for (guint i = 0; i < count; i++) {
    g_autofree char *found = evaluated (cases[i][0]);

    if (!g_pattern_match_simple (cases[i][1], found) && strcmp (found, cases[i][1]) != 0)
      g_test_message ("%s gave %s, want %s", cases[i][0], found, cases[i][1]), g_test_fail ();
  }
}

static void
test_conditions (void)
{
  static const char *const cases[][2] = {
    { "true", "true" }, { "false", "false" }, { "not false", "true" }, { "not not true", "true" }, { "not not not true", "false" },
    { "(true)", "true" }, { "((false))", "false" }, { "vars.t", "true" }, { "not vars.f", "true" }, { " \ttrue\n ", "true" },
    /* and, or, not: `not` binds closest, then `and`, then `or` */
    { "true or false and false", "true" }, { "(true or false) and false", "false" }, { "false and false or true", "true" },
    { "false and (false or true)", "false" }, { "not false and false", "false" }, { "not (false and false)", "true" },
    { "not true or true", "true" }, { "not (true or true)", "false" }, { "true and true and false", "false" },
    { "false or false or true", "true" }, { "true and not false", "true" },
    /* a comparison binds closer than `not` */
    { "not vars.n == 3", "true" }, { "not vars.n == 2 or true", "true" }, { "not vars.n == 2 and true", "false" },
    { "(vars.n == 2) == true", "true" }, { "vars.t == (1 < 2)", "true" }, { "(1 > 2) != vars.t", "true" },
    /* numbers */
    { "vars.n == 2", "true" }, { "vars.n != 2", "false" }, { "vars.n < 3", "true" }, { "vars.n <= 2", "true" }, { "vars.n > 2", "false" },
    { "vars.n >= 2", "true" }, { "2==2", "true" }, { "-1 < 0", "true" }, { "1 < 1", "false" }, { "vars.half < 1", "true" },
    { "vars.half == 0.5", "true" }, { "vars.half < 0.5", "false" }, { "vars.half <= 0.5", "true" }, { "vars.half > 0.5", "false" },
    { "vars.half >= 0.5", "true" }, { "vars.half > 0", "true" }, { "2 > vars.half", "true" }, { "2 == 2.0", "true" }, { "vars.n >= 1.5", "true" }, { "3 > -3", "true" },
    { "vars.big > 9007199254740992", "true" }, { "vars.big == 9007199254740992", "false" }, { "9223372036854775807 > -9223372036854775808", "true" },
    /* strings */
    { "vars.s == \"text\"", "true" }, { "vars.s == 'text'", "true" }, { "vars.s != \"x\"", "true" }, { "\"it's\" == \"it's\"", "true" },
    { "vars.empty == \"\"", "true" }, { "\"A\" == \"a\"", "false" }, { "vars.s == \"text \"", "false" }, { "\"and\" == \"and\"", "true" },
    { "steps.a.out == \"2\"", "true" }, { "\"\xc3\xa4\" == \"\xc3\xa4\"", "true" }, { "'\\d' == \"\\d\"", "true" },
    /* truth values, null */
    { "vars.t == true", "true" }, { "vars.t != vars.f", "true" }, { "vars.none == null", "true" }, { "vars.s == null", "false" },
    { "vars.none != null", "false" }, { "null == null", "true" }, { "vars.none == 2", "false" }, { "vars.list != null", "true" },
    /* durations */
    { "10m == 600s", "true" }, { "1h30m > 90s", "true" }, { "500ms < 1s", "true" }, { "vars.d == 90s", "true" }, { "vars.d > 1m", "true" },
    { "vars.d >= 90s", "true" }, { "60s >= 1m", "true" }, { "60s <= 1m", "true" }, { "60s > 1m", "false" }, { "60s < 1m", "false" },
    { "1m30s == vars.d", "true" }, { "vars.d <= 89s", "false" }, { "vars.none == 1m", "false" },
    /* in */
    { "\"a\" in vars.list", "true" }, { "\"c\" in vars.list", "false" }, { "3 in vars.list", "true" }, { "\"3\" in vars.list", "false" },
    { "3.0 in vars.list", "true" }, { "vars.s in [\"x\", \"text\"]", "true" }, { "vars.n in [1, 2, 3]", "true" }, { "1 in []", "false" },
    { "vars.s in [\"x\", vars.s]", "true" }, { "not vars.n in [1, 3]", "true" }, { "\"k\" in vars.map", "true" }, { "\"x\" in vars.map", "false" },
    { "true in [true]", "true" }, { "null in [null, 1]", "true" }, { "vars.n in [1, 2,]", "true" },
    /* lists and maps */
    { "vars.list == [\"a\", \"b\", 3]", "true" }, { "vars.list == [\"a\"]", "false" }, { "[] == []", "true" }, { "[1] != [2]", "true" },
    { "vars.map.k == vars.map.k", "true" }, { "vars.map.k.x == [10, 20]", "true" }, { "vars.map == vars.map.k", "false" },
    /* matches: the whole text */
    { "vars.s matches \"t..t\"", "true" }, { "vars.s matches \"ex\"", "false" }, { "vars.s matches \".*ex.*\"", "true" },
    { "vars.s matches \"a|text\"", "true" }, { "vars.s matches \"text|a\"", "true" }, { "\"ab\" matches \"a|ab\"", "true" },
    { "\"xa\" matches \"a|x\"", "false" }, { "vars.s matches '\\w+'", "true" }, { "vars.s matches vars.pattern", "true" },
    { "vars.s matches \"TEXT\"", "false" }, { "vars.s matches \"(?i)TEXT\"", "true" }, { "vars.empty matches \"\"", "true" },
    { "\"a\" matches \"a$\"", "true" }, { "\"\xc3\xa4\" matches \".\"", "true" }, { "not vars.s matches \"x\"", "true" },
    /* paths, and names with - */
    { "vars.map.k.x[0] == 10", "true" }, { "vars.map.a-b == 1", "true" }, { "vars.map[\"c d\"] == 2", "true" }, { "each.value.size >= 5", "true" },
    { "env.HOME == \"/h\" and run.id == \"r1\" and recipe.dir == \"/r\"", "true" },
    { "vars.s == \"(\"", "false" }, { "\"(\" in vars.list", "false" },
    { "android == 1", "1:1: \"android\" is not a value (a text needs quotes)" },
  };

  assert_all (cases, G_N_ELEMENTS (cases));
}

static void
test_condition_syntax (void)
{
  static const char *const cases[][2] = {
    { "", "1:1: a value is missing at the end of the condition" },
    { "vars.n ==", "1:10: a value is missing at the end of the condition" },
    { "vars.n == and true", "1:11: a value is missing here" },
    { "== 2", "1:1: a value is missing here" },
    { "vars.n == 2 true", "1:13: \"and\" or \"or\" is missing here" },
    { "vars.n vars.s", "1:8: \"and\" or \"or\" is missing here" },
    { "(true", "1:6: \")\" is missing at the end of the condition" },
    { "(true 2)", "1:7: \")\" is missing here" },
    { "true)", "1:5: a \")\" without \"(\"" },
    { "()", "1:2: a value is missing here" },
    { "not", "1:4: a value is missing at the end of the condition" },
    { "true and", "1:9: a value is missing at the end of the condition" },
    { "and true", "1:1: a value is missing here" },
    { "1 < 2 < 3", "1:7: a second \"<\" in one comparison (join two comparisons with \"and\")" },
    { "1 == 2 in [3]", "1:8: a second \"in\" in one comparison (join two comparisons with \"and\")" },
    { "vars.s == \"text", "1:11: a quote that is never closed" },
    { "vars.s == text", "1:11: \"text\" is not a value (a text needs quotes)" },
    { "vars.s == us-east-1", "1:11: \"us-east-1\" is not a value (a text needs quotes)" },
    { "var.s == 1", "1:1: no reference begins with \"var\" (did you mean \"vars\"?)" },
    { "steps.a == 1", "1:1: \"steps.a\" needs the name of an output behind it" },
    { "vars == 1", "1:1: \"vars.\" needs a name behind it" },
    { "vars.n = 2", "1:8: there is no \"=\" (write \"==\")" },
    { "vars.t && vars.f", "1:8: there is no \"&&\" (write \"and\")" },
    { "vars.t || vars.f", "1:8: there is no \"||\" (write \"or\")" },
    { "!vars.t", "1:1: there is no \"!\" (write \"not\")" },
    { "vars.s =~ \"x\"", "1:8: there is no \"=~\" (write \"matches\")" },
    { "${vars.t}", "1:1: references are written without \"${\" and \"}\" in a condition" },
    { "true and ${vars.t} == 1", "1:10: references are written without \"${\" and \"}\" in a condition" },
    { "vars.n == 2x", "1:11: \"2x\" is neither a number nor a duration (a text needs quotes)" },
    { "vars.n == 1.2.3", "1:11: \"1.2.3\" is neither a number nor a duration (a text needs quotes)" },
    { "vars.n == 012", "1:11: \"012\" is neither a number nor a duration (a text needs quotes)" },
    { "vars.n in [1, [2]]", "1:15: \",\" or \"]\" is missing here" },
    { "vars.n in [1 2]", "1:14: \",\" or \"]\" is missing here" },
    { "vars.n in [1, 2", "1:16: \",\" or \"]\" is missing at the end of the condition" },
    { "vars.n in [,]", "1:12: \",\" or \"]\" is missing here" },
    { "vars.n % 2", "1:8: \"%\" cannot be in a condition" },
    { "vars.n + 2", "1:8: \"+\" cannot be in a condition" },
    { "vars.s == \xe2\x80\x9ctext\xe2\x80\x9d", "1:11: \"\xe2\x80\x9c\" cannot be in a condition" },
    { "true; true", "1:5: \";\" cannot be in a condition" },
    { "vars.s matches \"(\"", "1:16: not a regular expression: at char 1: missing*" },
    { "vars.s matches \"a)|(b\"", "1:16: not a regular expression: at char *" },
    { "vars.s matches [\"a\"]", "f:1:8: \"matches\" needs a string on both sides, not a list" },
    { "vars.s matches 5", "f:1:8: \"matches\" needs a string on both sides, not a number" },
    { "vars.a.[0] == 1", "1:7: \".\" cannot be in a condition" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *found = evaluated (cases[i][0]);

    if (!g_pattern_match_simple (cases[i][1], found) && strcmp (found, cases[i][1]) != 0)
      g_test_message ("%s gave %s, want %s", cases[i][0], found, cases[i][1]), g_test_fail ();
  }
}

static void
test_condition_types (void)
{
  static const char *const cases[][2] = {
    { "vars.s == 2", "f:1:8: \"==\" between a string and a number" },
    { "true and vars.s == 2", "f:1:17: \"==\" between a string and a number" },
    { "vars.n == \"2\"", "f:1:8: \"==\" between a number and a string" },
    { "steps.a.out == 2", "f:1:13: \"==\" between a string and a number" },
    { "vars.t == \"true\"", "f:1:8: \"==\" between true or false and a string" },
    { "vars.list == 1", "f:1:11: \"==\" between a list and a number" },
    { "vars.map == []", "f:1:10: \"==\" between a map and a list" },
    { "vars.s < \"z\"", "f:1:8: \"<\" compares numbers or durations, not a string" },
    { "vars.t > false", "f:1:8: \">\" compares numbers or durations, not true or false" },
    { "vars.none < 1", "f:1:11: \"<\" compares numbers or durations, not null" },
    { "1 < null", "f:1:3: \"<\" compares numbers or durations, not null" },
    { "vars.n < 1m", "f:1:8: \"<\" between a number and a duration" },
    { "1m == 60", "f:1:4: \"==\" between a duration and a number" },
    { "vars.s > 1m", "f:1:1: a string that is no duration" },
    { "1m == vars.s", "f:1:7: a string that is no duration" },
    { "vars.n in 2", "f:1:8: \"in\" needs a list or a map behind it, not a number" },
    { "\"e\" in vars.s", "f:1:5: \"in\" needs a list or a map behind it, not a string" },
    { "1 in vars.map", "f:1:3: the keys of a map are strings, not a number" },
    { "1m in [1m]", "f:1:8: a duration cannot be in a list" },
    { "vars.n matches \"2\"", "f:1:8: \"matches\" needs a string on both sides, not a number" },
    { "vars.s matches vars.n", "f:1:8: \"matches\" needs a string on both sides, not a number" },
    { "vars.s matches vars.bad", "f:1:16: not a regular expression: at char 1: missing*" },
    { "vars.s", "f:1:1: a string where true or false is wanted" },
    { "vars.n and true", "f:1:1: a number where true or false is wanted" },
    { "true and vars.list", "f:1:10: a list where true or false is wanted" },
    { "not vars.none", "f:1:5: null where true or false is wanted" },
    { "2", "f:1:1: a number where true or false is wanted" },
    { "vars.nope", "f:1:1: \"vars.nope\" is not known" },
    { "vars.map.nope == 1", "f:1:1: \"vars.map.nope\" has no \".nope\"" },
    { "not (true and vars.nope)", "f:1:15: \"vars.nope\" is not known" },
    { "(vars.nope == 1) == true", "f:1:2: \"vars.nope\" is not known" },
    { "vars.n in [1, vars.nope]", "f:1:15: \"vars.nope\" is not known" },
    /* what decides first, decides: the rest is not looked at */
    { "false and vars.nope", "false" }, { "true or vars.nope", "true" }, { "vars.none != null and vars.none.x == 1", "false" },
  };

  assert_all (cases, G_N_ELEMENTS (cases));
}

static ValueType
type_of (const Reference *reference, gpointer user_data)
{
  static const struct { const char *name; ValueType type; } types[] = {
    { "s", TYPE_STRING }, { "n", TYPE_NUMBER }, { "t", TYPE_BOOL }, { "d", TYPE_DURATION }, { "e", TYPE_DURATION },
    { "list", TYPE_LIST }, { "map", TYPE_MAP },
  };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (strcmp (types[i].name, reference->name) == 0)
      return types[i].type;
  return TYPE_ANY;
}

static void
test_static_types (void)
{
  static const char *const cases[][2] = {
    { "vars.n >= 2 and not vars.t or vars.s == \"x\"", "" },
    { "vars.any == 1 and vars.any == \"x\"", "" },
    { "vars.d > 5m and vars.d == \"10m\" and vars.d < vars.e", "" },
    { "vars.d >= \"10m\" and vars.d <= \"10m\"", "" },
    { "vars.d in [\"10m\"]", "" },
    { "vars.s == null and vars.n != null", "" },
    { "vars.map.x == 1 and vars.list[0] == \"x\"", "" },
    { "\"x\" in vars.list and \"x\" in vars.map", "" },
    { "vars.s == 1", "1:8: \"==\" between a string and a number" },
    { "vars.s", "1:1: a string where true or false is wanted" },
    { "vars.n and vars.list", "1:1: a number where true or false is wanted\n1:12: a list where true or false is wanted" },
    { "not vars.d", "1:5: a duration where true or false is wanted" },
    { "vars.s < vars.s", "1:8: \"<\" compares numbers or durations, not a string" },
    { "vars.d < 5", "1:8: \"<\" between a duration and a number" },
    { "1 in vars.map", "1:3: the keys of a map are strings, not a number" },
    { "1 in vars.s", "1:3: \"in\" needs a list or a map behind it, not a string" },
    { "vars.list matches \"x\"", "1:11: \"matches\" needs a string on both sides, not a list" },
    { "vars.any or (vars.s == 1 and vars.t == 2)", "1:21: \"==\" between a string and a number\n1:37: \"==\" between true or false and a number" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
    g_autoptr (Condition) condition = condition_parse (cases[i][0], begin (), diagnostics);
    g_autofree char *found = NULL;

    condition_check_types (condition, type_of, NULL, diagnostics);
    found = shown (diagnostics);
    g_assert_cmpstr (found, ==, cases[i][1]);
  }
}

/* Two vars of type duration are compared as durations, not as texts. */
static void
test_declared_durations (void)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autoptr (JsonNode) node = strict_json_parse ("{\"vars.d\":\"90s\",\"vars.e\":\"1m30s\"}", -1, NULL);
  g_autoptr (Condition) equal = condition_parse ("vars.d == vars.e", begin (), diagnostics),
                        less = condition_parse ("vars.d < vars.e", begin (), diagnostics);
  g_autoptr (GError) error = NULL;

  g_assert_false (condition_evaluate (equal, resolve, node, &error));
  g_assert_no_error (error);
  condition_check_types (equal, type_of, NULL, diagnostics);
  condition_check_types (less, type_of, NULL, diagnostics);
  g_assert_true (condition_evaluate (equal, resolve, node, &error));
  g_assert_no_error (error);
  g_assert_false (condition_evaluate (less, resolve, node, &error));
  g_assert_no_error (error);
}

static void
test_condition_limits (void)
{
  g_autofree char *fits = test_repeat ("", "(", 32, "true"), *deep = test_repeat (fits, ")", 32, "");
  g_autofree char *over = test_repeat ("", "(", 33, "true"), *far = test_repeat ("", "(", 4000, "");
  g_autofree char *nots = test_repeat ("", "not ", 1022, "true"), *longest = test_repeat ("true", " ", CONDITION_MAX_BYTES - 4, "");
  g_autofree char *longer = test_repeat ("true", " ", CONDITION_MAX_BYTES - 3, ""), *ands = test_repeat ("true", " and true", 400, "");
  g_autofree char *backtrack = test_repeat ("\"", "a", 40, "\" matches \"(a+)+[bc]\"");
  const char *const cases[][2] = {
    { deep, "true" }, { over, "1:33: brackets deeper than 32" }, { far, "1:33: brackets deeper than 32" }, { nots, "true" },
    { longest, "true" }, { longer, "1:1: a condition longer than 4096 bytes" }, { ands, "true" },
    { backtrack, "f:1:1: matching this text takes too long" },
  };

  assert_all (cases, G_N_ELEMENTS (cases));
}

static void
test_condition_positions (void)
{
  static const struct { const char *yaml, *error; } cases[] = {
    { "vars.n == x", "1:11: \"x\" is not a value (a text needs quotes)" },
    { "\"vars.n == x\"", "1:12: \"x\" is not a value (a text needs quotes)" },
    { "'vars.s == ''a'' and x'", "1:22: \"x\" is not a value (a text needs quotes)" },
    { "\"vars.s == \\\"a\\\" and x\"", "1:22: \"x\" is not a value (a text needs quotes)" },
    { "|\n  vars.n == 1\n    and x\n", "3:9: \"x\" is not a value (a text needs quotes)" },
    { ">\n  vars.n == 1\n  and x\n", "3:7: \"x\" is not a value (a text needs quotes)" },
    { "vars.n == 1\n  and x", "2:7: \"x\" is not a value (a text needs quotes)" },
    { "vars.s == '\xc3\xa4' and x", "1:19: \"x\" is not a value (a text needs quotes)" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
    g_autoptr (YamlNode) root = yaml_parse (cases[i].yaml, strlen (cases[i].yaml), NULL);
    g_autofree char *found = NULL;

    g_assert_null (condition_parse_yaml ("f", root, diagnostics));
    found = shown (diagnostics);
    g_assert_cmpstr (found, ==, cases[i].error);
  }
}

static void
test_implies (void)
{
  static const struct { const char *has, *needed; gboolean implies; } cases[] = {
    { "vars.a", "vars.a", TRUE },
    { "vars.a and vars.b", "vars.a", TRUE },
    { "vars.b and vars.a", "vars.a and vars.b", TRUE },
    { "(vars.n >= 2) and vars.b", "vars.n>=2", TRUE },
    { "vars.s == 'x' and vars.b", "vars.s == \"x\"", TRUE },
    { "vars.a", "vars.a and vars.b", FALSE },
    { "vars.a or vars.b", "vars.a", FALSE },
    { "vars.a or vars.b", "vars.a or vars.b", TRUE },
    { "not vars.a", "vars.a", FALSE },
    { "vars.n >= 2", "vars.n >= 3", FALSE },
    { "vars.s == \"a b\"", "vars.s == \"a  b\"", FALSE },
    { "vars.n in [1, 2]", "vars.n in [1, 2]", TRUE },
    { "vars.n in [1, 2]", "vars.n in [1, 3]", FALSE },
    { "vars.n in [12]", "vars.n in [1, 2]", FALSE },
    { "(vars.a or vars.b) and vars.c", "vars.a or vars.b", TRUE },
    { "(vars.a and vars.b) or vars.c", "(vars.a or vars.b) or vars.c", FALSE },
    { "not (vars.a and vars.b)", "not (vars.a or vars.b)", FALSE },
    { "vars.n == 1", "vars.n != 1", FALSE },
    { "vars.a == vars.b", "vars.a in [vars.b]", FALSE },
    { "vars.d > 1m", "vars.d > 60s", TRUE },
    { NULL, "vars.a", FALSE },
    { "vars.a", NULL, TRUE },
    { NULL, NULL, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
    g_autoptr (Condition) has = cases[i].has != NULL ? condition_parse (cases[i].has, begin (), diagnostics) : NULL,
                          needed = cases[i].needed != NULL ? condition_parse (cases[i].needed, begin (), diagnostics) : NULL;

    g_assert_cmpuint (diagnostics_count (diagnostics), ==, 0);
    g_assert_cmpint (condition_implies (has, needed), ==, cases[i].implies);
  }
}

static void
test_condition_references (void)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autoptr (Condition) condition = condition_parse ("vars.a and steps.s.o in [env.E, 1]", begin (), diagnostics);
  GPtrArray *references = condition_references (condition);

  g_assert_cmpuint (references->len, ==, 3);
  g_assert_cmpint (((Reference *) references->pdata[0])->kind, ==, REF_VAR);
  g_assert_cmpuint (((Reference *) references->pdata[1])->at.column, ==, 12);
  g_assert_cmpstr (((Reference *) references->pdata[2])->name, ==, "E");
}

static void
test_match (void)
{
  g_autofree char *longest = test_repeat ("", "a", MATCH_MAX_PATTERN, ""), *longer = test_repeat ("", "a", MATCH_MAX_PATTERN + 1, "");
  g_autoptr (GRegex) fits = match_compile (longest, NULL), over = NULL, comment = NULL, cut = NULL;
  g_autoptr (GError) error = NULL, bad = NULL, limit = NULL;

  g_assert_nonnull (fits);
  g_assert_true (match_whole (fits, longest, &error));
  g_assert_no_error (error);
  over = match_compile (longer, &error);
  g_assert_null (over);
  g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE);
  /* What would swallow the brackets put around it is refused, not misread. */
  comment = match_compile ("(?x)a # note", &bad);
  g_assert_null (comment);
  g_assert_nonnull (bad);
  cut = match_compile ("(a+)+[bc]", NULL);
  g_assert_false (match_whole (cut, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", &limit));
  g_assert_error (limit, GALLEY_ERROR, GALLEY_ERROR_FAILED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reference/all", test_references);
  g_test_add_func ("/reference/bad", test_bad_references);
  g_test_add_func ("/template/all", test_templates);
  g_test_add_func ("/template/data", test_data_templates);
  g_test_add_func ("/template/errors", test_template_errors);
  g_test_add_func ("/template/expansion-errors", test_expansion_errors);
  g_test_add_func ("/template/facts", test_template_facts);
  g_test_add_func ("/template/limit", test_expansion_limit);
  g_test_add_func ("/condition/all", test_conditions);
  g_test_add_func ("/condition/syntax", test_condition_syntax);
  g_test_add_func ("/condition/types", test_condition_types);
  g_test_add_func ("/condition/static-types", test_static_types);
  g_test_add_func ("/condition/declared-durations", test_declared_durations);
  g_test_add_func ("/condition/limits", test_condition_limits);
  g_test_add_func ("/condition/positions", test_condition_positions);
  g_test_add_func ("/condition/implies", test_implies);
  g_test_add_func ("/condition/references", test_condition_references);
  g_test_add_func ("/match", test_match);
  return g_test_run ();
}

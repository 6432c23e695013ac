/* Recipes: what is loaded, and what is said about those that are wrong.
 * SPDX-License-Identifier: MIT */
#include "recipe/recipe.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/strict-json.h"
#include "base/yaml.h"
#include "recipe-testing.h"
#include "recipe/keys.h"
#include "recipe/load.h"

static char *
recipes_folder (const char *name)
{
  return g_test_build_filename (G_TEST_DIST, "tests", "recipes", name, NULL);
}

static char *
errors_of (const char *file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Recipe) recipe = recipe_load (file, &error);

  if (recipe != NULL)
    return g_strdup ("");
  g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE);
  return g_strdup (error->message);
}

static Recipe *
load_good (const char *name)
{
  g_autofree char *folder = recipes_folder ("good"), *file = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  Recipe *recipe = recipe_load (file, &error);

  g_assert_no_error (error);
  g_assert_nonnull (recipe);
  return recipe;
}

static Recipe *
load_this (const char *text)
{
  g_autoptr (GError) error = NULL;
  Recipe *recipe;

  test_write ("t.yaml", text);
  recipe = recipe_load ("t.yaml", &error);
  g_assert_no_error (error);
  return recipe;
}

static char *
many_steps (guint count, const char *format)
{
  GString *text = g_string_new ("galley: 1\nsteps:\n");
  g_auto (GStrv) parts = g_strsplit (format, "#", -1);

  for (guint i = 0; i < count; i++)
    for (guint part = 0; parts[part] != NULL; part++) {
      g_string_append (text, parts[part]);
      if (parts[part + 1] != NULL)
        g_string_append_printf (text, "%u", i);
    }
  return g_string_free (text, FALSE);
}

/* -- tests/recipes/bad ------------------------------------------------------ */

/* "# 3:4: unknown ..." in the first line is the first thing that is said. */
static void
check_first_line (const char *name, const char *text, const char *found)
{
  g_autofree char *said = NULL, *line = NULL, *expected = NULL;

  g_assert_true (g_str_has_prefix (text, "# "));
  line = g_strndup (text + 2, strcspn (text + 2, "\n"));
  said = g_strndup (found, strcspn (found, "\n"));
  expected = g_ascii_isdigit (*line) ? g_strdup_printf ("%s:%s", name, line) : g_strdup_printf ("%s: %s", name, line);
  if (strcmp (said, expected) != 0 && strcmp (said, line) != 0)
    g_test_message ("%s says\n%s\nbut its first line wants\n%s", name, said, expected), g_test_fail ();
}

/* NAME.out is all that is said; GALLEY_UPDATE=1 writes it anew. */
static void
check_output (const char *name, const char *found)
{
  g_autofree char *base = g_strndup (name, strlen (name) - strlen (".yaml")), *path = g_strconcat (base, ".out", NULL);
  g_autofree char *expected = NULL, *all = g_strconcat (found, "\n", NULL);

  if (g_getenv ("GALLEY_UPDATE") != NULL)
    test_write (path, all);
  if (!g_file_get_contents (path, &expected, NULL, NULL) || strcmp (expected, all) != 0)
    g_test_message ("%s says\n%s\nbut %s has\n%s", name, all, path, expected), g_test_fail ();
}

static void
test_bad (void)
{
  g_autofree char *folder = recipes_folder ("bad");
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint count = 0;

  g_assert_nonnull (dir);
  g_assert_cmpint (g_chdir (folder), ==, 0);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *text = NULL, *found = NULL;

    if (!g_str_has_suffix (name, ".yaml"))
      continue;
    count++;
    g_assert_true (g_file_get_contents (name, &text, NULL, NULL));
    found = errors_of (name);
    check_first_line (name, text, found);
    check_output (name, found);
    g_assert_null (strstr (found, "CANARY"));
    g_assert_true (g_utf8_validate (found, -1, NULL));
  }
  g_assert_cmpuint (count, >=, 110);
  g_assert_cmpint (g_chdir ("/"), ==, 0);
}

static void
test_good (void)
{
  g_autofree char *folder = recipes_folder ("good");
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".yaml")) {
      g_autofree char *file = g_build_filename (folder, name, NULL), *found = errors_of (file);

      g_assert_cmpstr (found, ==, "");
    }
}

/* -- files ------------------------------------------------------------------ */

static void
test_files (void)
{
  g_autofree char *folder = test_folder_begin (), *large = test_repeat ("galley: 1\nsteps: [{id: a, uses: p.q}]\n# ", "x", YAML_MAX_BYTES - 40, "");
  g_autofree char *larger = g_strconcat (large, "x", NULL), *huge = test_repeat (larger, "0123456789", 1000000, "");
  g_autoptr (Recipe) recipe = NULL;
  static const struct { const char *file, *errors; } cases[] = {
    { "missing.yaml", "missing.yaml: cannot be read: No such file or directory" },
    { "folder", "folder: is a folder" },
    { "fifo", "fifo: is a pipe, not a regular file" },
    { "/dev/zero", "/dev/zero: is a device, not a regular file" },
    { "link-to-zero", "link-to-zero: is a device, not a regular file" },
    { "loop", "loop: cannot be read: Too many levels of symbolic links" },
    { "empty.yaml", "empty.yaml: has nothing in it" },
    { "larger.yaml", "larger.yaml: is larger than 1048576 bytes" },
    { "huge.yaml", "huge.yaml: is larger than 1048576 bytes" },
    { "large.yml", "large.yml: cannot be read: No such file or directory (did you mean \"large.yaml\"?)" },
    { "large", "large: cannot be read: No such file or directory (did you mean \"large.yaml\"?)" },
  };

  g_assert_cmpuint (strlen (large), ==, YAML_MAX_BYTES);
  g_mkdir ("folder", 0700);
  g_assert_cmpint (mkfifo ("fifo", 0600), ==, 0);
  g_assert_cmpint (symlink ("/dev/zero", "link-to-zero"), ==, 0);
  g_assert_cmpint (symlink ("loop", "loop"), ==, 0);
  test_write ("empty.yaml", "");
  test_write ("large.yaml", large);
  test_write ("larger.yaml", larger);
  test_write ("huge.yaml", huge);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *found = errors_of (cases[i].file);

    g_assert_cmpstr (found, ==, cases[i].errors);
  }
  recipe = recipe_load ("large.yaml", NULL);
  g_assert_nonnull (recipe);
  g_assert_cmpuint (recipe->text_len, ==, YAML_MAX_BYTES);
  test_folder_end (g_steal_pointer (&folder));
}

/* Runs itself with TEXT as standard input. */
static void
test_standard_input (void)
{
  int ends[2], saved = dup (STDIN_FILENO);
  g_autoptr (Recipe) recipe = NULL;
  g_autoptr (GError) error = NULL;
  static const char good[] = "galley: 1\nsteps: [{id: a, uses: p.q}]\n", bad[] = "x: 1\n";

  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_cmpint (write (ends[1], good, strlen (good)), ==, strlen (good));
  close (ends[1]);
  dup2 (ends[0], STDIN_FILENO);
  close (ends[0]);
  recipe = recipe_load ("-", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (recipe->name, ==, "recipe");
  g_assert_cmpstr (recipe->file, ==, "-");
  g_assert_cmpstr (recipe->shown, ==, "<stdin>");
  g_assert_true (g_path_is_absolute (recipe->dir));

  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_cmpint (write (ends[1], bad, strlen (bad)), ==, strlen (bad));
  close (ends[1]);
  dup2 (ends[0], STDIN_FILENO);
  close (ends[0]);
  g_assert_null (recipe_load ("-", &error));
  g_assert_true (g_str_has_prefix (error->message, "<stdin>:1:1: "));
  dup2 (saved, STDIN_FILENO);
  close (saved);
}

/* -- what is loaded --------------------------------------------------------- */

static void
assert_texts (GPtrArray *texts, const char *expected)
{
  g_autoptr (GString) all = g_string_new (NULL);

  for (guint i = 0; i < texts->len; i++)
    g_string_append_printf (all, "%s%s", i > 0 ? " " : "", (char *) texts->pdata[i]);
  g_assert_cmpstr (all->str, ==, expected);
}

static void
assert_json (JsonNode *node, const char *expected)
{
  g_autofree char *text = node != NULL ? strict_json_write (node, FALSE) : NULL;

  g_assert_cmpstr (text, ==, expected);
}

static void
test_top (void)
{
  g_autoptr (Recipe) recipe = load_good ("every-key.yaml");

  g_assert_cmpstr (recipe->name, ==, "every-key");
  g_assert_cmpstr (recipe->summary, ==, "Every key there is");
  g_assert_cmpstr (recipe->lock, ==, "all-${vars.text}-${env.HOME}");
  g_assert_cmpuint (template_references (recipe->lock_template)->len, ==, 2);
  g_assert_true (g_str_has_suffix (recipe->file, "/tests/recipes/good/every-key.yaml"));
  g_assert_true (g_str_has_suffix (recipe->dir, "/tests/recipes/good"));
  g_assert_true (g_str_has_prefix (recipe->text, "#!/usr/bin/env -S galley run\n"));
  g_assert_cmpuint (recipe->text_len, ==, strlen (recipe->text));
  assert_texts (recipe->declared_env, "HOME LANG");
  assert_texts (recipe->env_names, "COMMON");
  assert_texts (recipe->tools, "helm kubectl");
  assert_texts (recipe->tool_versions, "3.12 1.30.1");
  assert_texts (recipe->default_names, "region context");
  g_assert_cmpuint (recipe->default_at[1].line, ==, 32);
  g_assert_cmpuint (recipe->default_at[1].column, ==, 29);
  g_assert_cmpint (recipe->timeout_ms, ==, 600000);
  g_assert_cmpint (recipe->idle_timeout_ms, ==, 120000);
  g_assert_cmpuint (recipe->retry.attempts, ==, 4);
  g_assert_cmpint (recipe->retry.delay_ms, ==, 5000);
  g_assert_cmpfloat (recipe->retry.factor, ==, 1.5);
  g_assert_cmpint (recipe->retry.max_delay_ms, ==, 60000);
  assert_texts (recipe->retry.on, "transient throttled");
  assert_texts (recipe->output_names, "context all");
}

static void
test_var_declarations (void)
{
  g_autoptr (Recipe) recipe = load_good ("every-key.yaml");
  static const struct { const char *name; VarType type; const char *fallback; } cases[] = {
    { "text", VAR_STRING, "\"abc\"" }, { "number", VAR_INT, "3" }, { "flag", VAR_BOOL, "false" }, { "wait", VAR_DURATION, "\"90s\"" },
    { "zones", VAR_LIST, "[\"a\",\"b\"]" }, { "labels", VAR_MAP, "{\"app\":\"x\",\"size\":2}" }, { "maybe", VAR_STRING, NULL },
    { "licence", VAR_STRING, NULL }, { "short", VAR_STRING, "\"value\"" }, { "version", VAR_STRING, "\"1.20\"" },
    { "norway", VAR_STRING, "\"no\"" }, { "count", VAR_INT, "2" }, { "yes-or-no", VAR_BOOL, "true" },
    { "zero", VAR_INT, "0" }, { "below", VAR_INT, "-3" }, { "padded", VAR_STRING, "\"007\"" }, { "signed", VAR_STRING, "\"+3\"" },
  };
  const VarDeclaration *var;

  g_assert_cmpuint (recipe->vars->len, ==, G_N_ELEMENTS (cases));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    var = recipe_find_var (recipe, cases[i].name);
    g_assert_true (var == recipe->vars->pdata[i]);
    g_assert_cmpint (var->type, ==, cases[i].type);
    assert_json (var->fallback, cases[i].fallback);
    g_assert_cmpuint (var->at.line, ==, 8 + i);
    g_assert_cmpuint (var->at.column, ==, 3);
  }
  var = recipe_find_var (recipe, "text");
  g_assert_cmpstr (var->match, ==, "[a-z]+");
  assert_texts (var->values, "abc def");
  g_assert_cmpstr (var->help, ==, "A text");
  g_assert_false (var->secret || var->optional || var->has_min || var->has_max);
  var = recipe_find_var (recipe, "number");
  g_assert_true (var->has_min && var->has_max && var->min == 1 && var->max == 9);
  var = recipe_find_var (recipe, "wait");
  g_assert_true (var->has_min && var->has_max && var->min == 1000 && var->max == 3600000);
  g_assert_true (recipe_find_var (recipe, "maybe")->optional);
  var = recipe_find_var (recipe, "licence");
  g_assert_true (var->secret && !var->optional);
  g_assert_cmpstr (var->from_env, ==, "EVERY_KEY_LICENCE");
  g_assert_cmpstr (var->from_file, ==, "licence.txt");
  g_assert_null (recipe_find_var (recipe, "nope"));
}

static JsonNode *
resolve_nothing (const Reference *reference, gpointer user_data, GError **error)
{
  return json_node_init_string (json_node_alloc (), "?");
}

static void
test_step_values (void)
{
  g_autoptr (Recipe) recipe = load_good ("every-key.yaml");
  const Step *step = recipe_find_step (recipe, "first");
  static const char *const expected[] = { "\"1.20\"", "\"no\"", "[\"1\",\"?\"]", "{\"a\":1,\"b\":[true,null]}" };

  g_assert_cmpstr (step->plugin, ==, "plug");
  g_assert_cmpstr (step->action, ==, "act");
  assert_texts (step->with_names, "version plain list data");
  for (guint i = 0; i < 4; i++) {
    g_autoptr (JsonNode) value = template_expand (step->with_values->pdata[i], resolve_nothing, NULL, NULL);

    assert_json (value, expected[i]);
  }
  g_assert_cmpuint (step->with_at[0].column, ==, 12);
  g_assert_cmpuint (step->at.line, ==, 34);
  g_assert_cmpuint (step->id_at.column, ==, 9);
  g_assert_cmpuint (step->uses_at.line, ==, 35);
  g_assert_null (step->needs);
  g_assert_null (step->when);
  g_assert_null (step->approve);
  g_assert_null (step->for_each);
  g_assert_null (step->include);
  g_assert_cmpint (step->timeout_ms, ==, -1);
  g_assert_cmpint (step->idle_timeout_ms, ==, -1);
  g_assert_false (step->retry_said || step->always || step->continue_on || step->background);
}

static void
test_step_settings (void)
{
  g_autoptr (Recipe) recipe = load_good ("every-key.yaml");
  const Step *step = recipe_find_step (recipe, "second");

  g_assert_cmpstr (step->plugin, ==, "plug-in");
  g_assert_cmpstr (step->action, ==, "an_action");
  g_assert_cmpuint (step->needs->len, ==, 0);
  g_assert_cmpstr (condition_text (step->when), ==, "vars.number >= 2 and not vars.flag");
  g_assert_cmpint (step->timeout_ms, ==, 45 * 60000);
  g_assert_cmpint (step->idle_timeout_ms, ==, 0);
  g_assert_true (step->retry_said && step->continue_on && step->background && !step->always);
  g_assert_cmpuint (step->retry.attempts, ==, 2);
  g_assert_cmpint (step->retry.delay_ms, ==, 0);
  assert_texts (step->retry.on, "conflict not_found");
  g_assert_cmpstr (step->approve, ==, "Really ${vars.text}?");
  g_assert_cmpuint (template_references (step->approve_template)->len, ==, 1);
  assert_texts (step->env_names, "ONE");
  assert_texts (step->output_names, "host all");
  assert_texts (step->output_paths, "$.status.host $..name");
  step = recipe_find_step (recipe, "each");
  g_assert_true (template_is_map (step->for_each));
  g_assert_true (recipe_find_step (recipe, "clean")->always);
}

static void
test_include (void)
{
  g_autoptr (Recipe) recipe = load_good ("every-key.yaml");
  const Step *step = recipe_find_step (recipe, "part");
  const Recipe *deeper;

  g_assert_null (step->plugin);
  g_assert_cmpstr (step->include, ==, "parts/part.yaml");
  g_assert_cmpstr (step->included->name, ==, "part");
  g_assert_true (g_str_has_suffix (step->included->dir, "/tests/recipes/good/parts"));
  assert_texts (step->included->output_names, "address token deep");
  deeper = recipe_find_step (step->included, "more")->included;
  g_assert_true (g_str_has_suffix (deeper->dir, "/tests/recipes/good/parts/deeper"));
  g_assert_true (g_str_has_suffix (deeper->file, "/parts/deeper/more.yaml"));
}

static void
test_texts_stay_texts (void)
{
  g_autoptr (Recipe) recipe = load_good ("crlf.yaml"), marked = load_good ("byte-order-mark.yaml");
  const Step *step = recipe->steps->pdata[0];

  g_assert_cmpstr (template_constant_text (step->with_values->pdata[0]), ==, "one\ntwo\n");
  g_assert_cmpstr (marked->name, ==, "byte-order-mark");
}

/* -- order ------------------------------------------------------------------ */

static void
test_order (void)
{
  g_autoptr (Recipe) recipe = load_good ("order.yaml");
  static const char *const needs[] = { "", "a", "", "c f", "d", "a", "e" };
  static const char *const before[] = { "", "a", "", "acf", "acfd", "a", "acfde" };

  for (guint i = 0; i < recipe->steps->len; i++) {
    const Step *step = recipe->steps->pdata[i];
    g_autoptr (GPtrArray) direct = recipe_step_needs (recipe, step), ids = g_ptr_array_new ();

    for (guint j = 0; j < direct->len; j++)
      g_ptr_array_add (ids, ((Step *) direct->pdata[j])->id);
    assert_texts (ids, needs[i]);
    for (guint j = 0; j < recipe->steps->len; j++) {
      const Step *other = recipe->steps->pdata[j];

      g_assert_cmpint (recipe_step_follows (recipe, step, other), ==, strchr (before[i], *other->id) != NULL);
    }
  }
}

/* More steps than a word has bits, and a chain through all of them. */
static void
test_long_chain (void)
{
  char *folder = test_folder_begin ();
  g_autofree char *text = many_steps (130, "  - {id: s#, uses: p.q}\n");
  g_autoptr (Recipe) recipe = load_this (text);

  for (guint i = 0; i < 130; i++)
    for (guint j = 0; j < 130; j++)
      g_assert_cmpint (recipe_step_follows (recipe, recipe->steps->pdata[i], recipe->steps->pdata[j]), ==, j < i);
  test_folder_end (folder);
}

/* A long cycle is not shown in full; with one, nothing is sure to be over. */
static void
test_long_cycle (void)
{
  char *folder = test_folder_begin ();
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autoptr (Recipe) recipe = NULL;
  g_autofree char *text = NULL;
  GString *steps = g_string_new ("galley: 1\nsteps:\n");

  for (guint i = 0; i < 15; i++)
    g_string_append_printf (steps, "- {id: s%u, uses: p.q, needs: [s%u]}\n", i, (i + 1) % 15);
  test_write ("t.yaml", steps->str);
  g_string_free (steps, TRUE);
  recipe = recipe_load_into ("t.yaml", diagnostics);
  g_assert_nonnull (recipe);
  g_assert_cmpuint (diagnostics_count (diagnostics), ==, 1);
  text = diagnostics_to_string (diagnostics);
  g_assert_true (g_str_has_prefix (text, "t.yaml:17:31: steps that wait for each other: \"s0\" needs \"s1\" needs \"s2\" needs \"s3\" needs "
                                         "\"s4\" needs \"s5\" needs \"s6\" needs \"s7\" needs \"s8\" needs \"s9\" needs ... needs "
                                         "\"s14\" needs \"s0\"\n"));
  g_assert_false (recipe_step_follows (recipe, recipe->steps->pdata[0], recipe->steps->pdata[1]));
  test_folder_end (folder);
}

static void
test_defaults_are_checked_later (void)
{
  g_autoptr (Recipe) recipe = load_good ("every-key.yaml");
  const Reference *reference = template_references (recipe->default_values->pdata[1])->pdata[0];
  static const struct { const char *step; gboolean fine; } cases[] = {
    { "first", FALSE }, { "second", FALSE }, { "each", FALSE }, { "last", TRUE }, { NULL, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Diagnostics) diagnostics = diagnostics_new ();

    recipe_check_reference (recipe, cases[i].step != NULL ? recipe_find_step (recipe, cases[i].step) : NULL, reference, NULL, diagnostics);
    g_assert_cmpint (diagnostics_count (diagnostics) == 0, ==, cases[i].fine);
  }
}

static void
test_types (void)
{
  g_autoptr (Recipe) recipe = load_good ("every-key.yaml");
  static const struct { const char *reference; ValueType type; } cases[] = {
    { "vars.text", TYPE_STRING }, { "vars.number", TYPE_NUMBER }, { "vars.flag", TYPE_BOOL }, { "vars.wait", TYPE_DURATION },
    { "vars.zones", TYPE_LIST }, { "vars.labels", TYPE_MAP }, { "vars.maybe", TYPE_ANY }, { "steps.first.x", TYPE_ANY },
    { "steps.each.x", TYPE_MAP }, { "steps.part.address", TYPE_ANY }, { "env.HOME", TYPE_STRING }, { "run.id", TYPE_STRING },
    { "each.key", TYPE_STRING }, { "each.value", TYPE_ANY }, { "vars.nope", TYPE_ANY }, { "steps.nope.x", TYPE_ANY },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    char *message = NULL, *hint = NULL;
    const char *end;
    g_autoptr (Reference) reference = reference_scan (cases[i].reference, &end, &message, &hint);

    g_assert_cmpint (recipe_type_of (recipe, recipe_find_step (recipe, "last"), reference), ==, cases[i].type);
    /* To itself, a step of a for_each is one. */
    if (strcmp (cases[i].reference, "steps.each.x") == 0)
      g_assert_cmpint (recipe_type_of (recipe, recipe_find_step (recipe, "each"), reference), ==, TYPE_ANY);
  }
}

/* -- secrets ---------------------------------------------------------------- */

static gboolean
output_is_secret (const Step *step, const char *output, gpointer user_data)
{
  return strcmp (output, "secret_output") == 0;
}

static gboolean
is_secret (const Recipe *recipe, const char *text, OutputIsSecret function)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autoptr (YamlNode) node = yaml_parse (text, strlen (text), NULL);
  g_autoptr (Template) template = template_parse ("t", node, diagnostics);

  g_assert_cmpuint (diagnostics_count (diagnostics), ==, 0);
  return template_is_secret (template, recipe, function, NULL);
}

static void
test_secrets (void)
{
  g_autoptr (Recipe) recipe = load_good ("every-key.yaml");

  g_assert_false (is_secret (recipe, "a ${vars.text}", NULL));
  g_assert_true (is_secret (recipe, "a ${vars.licence}", NULL));
  g_assert_true (is_secret (recipe, "{a: [x, '${vars.text} ${vars.licence}']}", NULL));
  g_assert_false (is_secret (recipe, "$${vars.licence}", NULL));
  g_assert_false (is_secret (recipe, "${steps.first.secret_output}", NULL));
  g_assert_true (is_secret (recipe, "${steps.first.secret_output}", output_is_secret));
  g_assert_false (is_secret (recipe, "${steps.first.other}", output_is_secret));
  /* through the outputs of what is included, however deep */
  g_assert_false (is_secret (recipe, "${steps.part.address}", output_is_secret));
  g_assert_true (is_secret (recipe, "${steps.part.token}", NULL));
  g_assert_true (is_secret (recipe, "${steps.part.deep}", output_is_secret));
  g_assert_false (is_secret (recipe, "${steps.part.deep}", NULL));
}

/* -- for_each --------------------------------------------------------------- */

static void
test_each_keys (void)
{
  g_autofree char *longest = test_repeat ("[\"", "k", 64, "\"]"), *longer = test_repeat ("[\"", "k", 65, "\"]");
  const struct { const char *json, *keys; } cases[] = {
    { "[]", "" }, { "[\"a\",\"b\"]", "a b" }, { "[1,true,\"x.y-z_0\"]", "1 true x.y-z_0" }, { "{\"a\":1,\"us-east-1\":{}}", "a us-east-1" },
    { longest, "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" }, { longer, NULL }, { "[\"a\",\"a\"]", NULL },
    { "[1,\"1\"]", NULL }, { "[\"\"]", NULL }, { "[\"a/b\"]", NULL }, { "[\"..\"]", NULL }, { "[\"-x\"]", NULL }, { "[\"a b\"]", NULL },
    { "[\"a\\n\"]", NULL }, { "[[]]", NULL }, { "[null]", NULL }, { "{\"a]\":1}", NULL }, { "\"a\"", NULL }, { "1", NULL }, { "null", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (JsonNode) all = strict_json_parse (cases[i].json, -1, NULL);
    g_autofree char *message = NULL;
    g_autoptr (GPtrArray) keys = recipe_each_keys (all, &message);

    g_assert_cmpint (keys == NULL, ==, cases[i].keys == NULL);
    g_assert_cmpint (message == NULL, ==, cases[i].keys != NULL);
    if (keys != NULL)
      assert_texts (keys, cases[i].keys);
  }
}

/* -- includes --------------------------------------------------------------- */

static void
test_include_depth (void)
{
  char *folder = test_folder_begin ();

  for (guint i = 0; i <= RECIPE_MAX_DEPTH + 1; i++) {
    g_autofree char *name = g_strdup_printf ("%u.yaml", i), *text = NULL;

    text = i <= RECIPE_MAX_DEPTH ? g_strdup_printf ("galley: 1\nsteps: [{id: a, include: %u.yaml}]\n", i + 1)
                                 : g_strdup ("galley: 1\nsteps: [{id: a, uses: p.q}]\n");
    test_write (name, text);
  }
  {
    g_autofree char *fits = errors_of ("1.yaml"), *over = errors_of ("0.yaml");

    g_assert_cmpstr (fits, ==, "");
    g_assert_cmpstr (over, ==, "8.yaml:2:26: includes deeper than 8\n    2 | steps: [{id: a, include: 9.yaml}]\n"
                               "      |                          ^~~~~~");
  }
  test_folder_end (folder);
}

static void
test_include_cycle (void)
{
  char *folder = test_folder_begin ();
  g_autofree char *found = NULL;

  g_mkdir ("sub", 0700);
  test_write ("a.yaml", "galley: 1\nsteps: [{id: a, include: sub/b.yaml}]\n");
  test_write ("sub/b.yaml", "galley: 1\nsteps: [{id: a, include: ../a.yaml}]\n");
  found = errors_of ("a.yaml");
  g_assert_true (g_str_has_prefix (found, "sub/b.yaml:2:26: recipes that include each other: a.yaml -> sub/b.yaml -> sub/../a.yaml\n"));
  test_folder_end (folder);
}

/* Ten files that each include the next ten times would be ten thousand million. */
static void
test_include_number (void)
{
  char *folder = test_folder_begin ();
  g_autofree char *many = NULL, *over = NULL, *fits = NULL, *text = NULL;

  for (guint level = 0; level < 8; level++) {
    g_autofree char *name = g_strdup_printf ("%u.yaml", level);
    GString *steps = g_string_new ("galley: 1\nsteps:\n");

    for (guint i = 0; i < 10 && level < 7; i++)
      g_string_append_printf (steps, "  - {id: s%u, include: %u.yaml}\n", i, level + 1);
    if (level == 7)
      g_string_append (steps, "  - {id: a, uses: p.q}\n");
    test_write (name, steps->str);
    g_string_free (steps, TRUE);
  }
  many = errors_of ("0.yaml");
  g_assert_nonnull (strstr (many, ": more than 200 includes\n"));
  g_assert_null (strstr (strstr (many, ": more than 200 includes\n") + 20, "more than 200"));
  test_write ("leaf.yaml", "galley: 1\nsteps: [{id: a, uses: p.q}]\n");
  for (guint count = 200; count <= 201; count++) {
    GString *steps = g_string_new ("galley: 1\nsteps:\n");

    for (guint i = 0; i < count; i++)
      g_string_append_printf (steps, "  - {id: s%u, include: leaf.yaml}\n", i);
    test_write (count == 200 ? "fits.yaml" : "over.yaml", steps->str);
    g_string_free (steps, TRUE);
  }
  fits = errors_of ("fits.yaml");
  over = errors_of ("over.yaml");
  g_assert_cmpstr (fits, ==, "");
  g_assert_true (g_str_has_prefix (over, "over.yaml:203:25: more than 200 includes\n"));
  text = test_repeat ("galley: 1\nsteps: [{id: a, uses: p.q}]\n#", "x", YAML_MAX_BYTES - 100, "\n");
  test_write ("leaf.yaml", text);
  g_free (g_steal_pointer (&fits));
  fits = errors_of ("fits.yaml");
  g_assert_nonnull (strstr (fits, ": all included recipes together are larger than 8388608 bytes\n"));
  test_folder_end (folder);
}

static void
test_same_mistake_once (void)
{
  char *folder = test_folder_begin ();
  g_autofree char *found = NULL;

  test_write ("b.yaml", "galley: 1\nx: 1\nsteps: [{id: a, uses: p.q}]\n");
  test_write ("a.yaml", "galley: 1\nsteps: [{id: a, include: b.yaml}, {id: b, include: ./b.yaml}, {id: c, include: b.yaml}]\n");
  found = errors_of ("a.yaml");
  g_assert_cmpstr (found, ==, "b.yaml:2:1: unknown key \"x\"\n    2 | x: 1\n      | ^\n./b.yaml:2:1: unknown key \"x\"\n    2 | x: 1\n      | ^");
  test_folder_end (folder);
}

/* -- limits and hostile files ------------------------------------------------ */

static void
test_number_of_steps (void)
{
  char *folder = test_folder_begin ();
  g_autofree char *fits = many_steps (RECIPE_MAX_STEPS, "  - {id: s#, uses: p.q}\n"), *over = many_steps (RECIPE_MAX_STEPS + 1, "  - {id: s#, uses: p.q}\n");
  g_autoptr (Recipe) recipe = load_this (fits);
  g_autofree char *found = NULL;

  g_assert_cmpuint (recipe->steps->len, ==, RECIPE_MAX_STEPS);
  g_assert_true (recipe_step_follows (recipe, recipe->steps->pdata[RECIPE_MAX_STEPS - 1], recipe->steps->pdata[0]));
  test_write ("t.yaml", over);
  found = errors_of ("t.yaml");
  g_assert_true (g_str_has_prefix (found, "t.yaml:3:3: more than 10000 steps\n"));
  test_folder_end (folder);
}

static void
test_number_of_vars (void)
{
  char *folder = test_folder_begin ();

  for (guint count = RECIPE_MAX_VARS; count <= RECIPE_MAX_VARS + 1; count++) {
    GString *text = g_string_new ("galley: 1\nsteps: [{id: a, uses: p.q}]\nvars:\n");
    g_autofree char *found = NULL;

    for (guint i = 0; i < count; i++)
      g_string_append_printf (text, "  v%u: x\n", i);
    test_write ("t.yaml", text->str);
    g_string_free (text, TRUE);
    found = errors_of ("t.yaml");
    g_assert_cmpint (g_str_has_prefix (found, "t.yaml:4:3: more than 1000 vars\n"), ==, count > RECIPE_MAX_VARS);
  }
  test_folder_end (folder);
}

/* Each is about as large as a recipe may be; none may take long.  (Measured:
 * at most 0.5 s; what is quadratic takes minutes.) */
static void
test_hostile (void)
{
  char *folder = test_folder_begin ();
  g_autofree char *unknown = many_steps (9900, "  - {id: s#, uses: p.q, k#: 1}\n"), *needs_all = NULL, *later = NULL;
  g_autofree char *references = test_repeat ("galley: 1\nvars: {x: a}\nsteps:\n- {id: a, uses: p.q}\n- id: b\n  uses: p.q\n  with: {v: \"",
                                             "${vars.x}${steps.a.o}${vars.z}${steps.z.o}${env.A}${each.key}", 16000, "\"}\n");
  g_autofree char *ids = test_repeat ("galley: 1\nsteps:\n", "- {id: a, uses: p.q}\n", 9900, ""), *bad_needs = NULL;
  g_autofree char *values = test_repeat ("galley: 1\nvars: {a: {default: b, values: [", "a,", 90000, "]}}\n");
  g_autofree char *list = test_repeat ("galley: 1\nvars: {a: {type: list, match: \"(a+)+[bc]\", default: [", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,", 30000, "]}}\n");
  g_autofree char *secrets = test_repeat ("galley: 1\nvars:\n", " a: {secret: true, password: x, token: y, default: z}\n", 18000, "");
  g_autofree char *long_line = test_repeat ("galley: 1\nsteps: [", "{id: A, uses: p}, ", 9900, "]\n");
  g_autofree char *conditions = many_steps (9900, "- id: s#\n  uses: p.q\n  when: vars.a == 1 and vars.b in [1, 2] and not (vars.c)\n");
  g_autofree char *broken = test_repeat ("galley: 1\n", "token: x\n  secret: y\n", 45000, "");
  GString *text = g_string_new ("galley: 1\nsteps:\n");
  const char *files[13];

  for (guint i = 0; i < 9900; i++)
    g_string_append_printf (text, "- {id: s%u, uses: p.q, needs: [s%u, s%u, s%u]}\n", i, (i * 7 + 1) % 9900, (i * 11 + 2) % 9900, (i + 1) % 9900);
  later = g_string_free (text, FALSE);
  text = g_string_new ("galley: 1\nsteps:\n");
  for (guint i = 0; i < 9900; i++)
    g_string_append_printf (text, "- {id: s%u, uses: p.q, needs: [%s%u, s%u, s%u]}\n", i, i > 0 ? "s" : "z", i > 0 ? i - 1 : 0, i / 2, i / 3);
  needs_all = g_string_free (text, FALSE);
  bad_needs = test_repeat ("galley: 1\nsteps:\n- {id: a, uses: p.q, needs: [", "zz,", 90000, "]}\n");
  files[0] = unknown, files[1] = references, files[2] = ids, files[3] = later, files[4] = needs_all, files[5] = bad_needs, files[6] = values;
  files[7] = list, files[8] = secrets, files[9] = long_line, files[10] = conditions, files[11] = broken, files[12] = NULL;
  for (guint i = 0; files[i] != NULL; i++) {
    gint64 began = g_get_monotonic_time ();
    g_autofree char *found = NULL;

    g_assert_cmpuint (strlen (files[i]), <=, YAML_MAX_BYTES);
    test_write ("t.yaml", files[i]);
    found = errors_of ("t.yaml");
    g_assert_true (g_str_has_prefix (found, "t.yaml"));
    g_test_message ("file %u: %.2f s, %.70s", i, (double) (g_get_monotonic_time () - began) / G_TIME_SPAN_SECOND, found);
    g_assert_cmpint (g_get_monotonic_time () - began, <, 60 * G_TIME_SPAN_SECOND);
  }
  test_folder_end (folder);
}

/* Damaged in every way a good file can be by one byte: an answer, and no crash. */
static void
test_damaged (void)
{
  char *folder = test_folder_begin ();
  g_autofree char *good = recipes_folder ("good"), *file = g_build_filename (good, "every-key.yaml", NULL), *text = NULL;
  static const char bytes[] = "\0\n\t \"'{}[]:,#&*!|>%@-$\\x\x80\xff";
  gsize len;

  g_assert_true (g_file_get_contents (file, &text, &len, NULL));
  for (gsize i = 0; i < len; i++) {
    g_autofree char *found = NULL;
    char good_byte = text[i];
    FILE *out = fopen ("t.yaml", "w");

    text[i] = bytes[i % (sizeof bytes - 1)];
    g_assert_cmpuint (fwrite (text, 1, text[i] == '\0' ? i : len, out), >=, i);
    fclose (out);
    text[i] = good_byte;
    found = errors_of ("t.yaml");
    g_assert_true (*found == '\0' || g_str_has_prefix (found, "t.yaml") || g_str_has_prefix (found, "parts/"));
  }
  test_folder_end (folder);
}

/* -- the manual page -------------------------------------------------------- */

/* Every key has its entry in galley-recipe(5), with its type, and no entry is
 * of a key there is not.  An entry is a line `.It KEY : TYPE` below a line
 * `.\" keys of NAME`. */
static void
test_manual_page (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "man", "galley-recipe.5", NULL), *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GHashTable) found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *table = NULL;
  guint known = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], ".\\\" keys of ")) {
      g_free (table);
      table = g_strdup (lines[i] + strlen (".\\\" keys of "));
    } else if (g_str_has_prefix (lines[i], ".\\\" end of keys"))
      g_clear_pointer (&table, g_free);
    else if (table != NULL && g_str_has_prefix (lines[i], ".It Ic "))
      g_hash_table_add (found, g_strdup_printf ("%s.%s", table, lines[i] + strlen (".It Ic ")));
  for (const RecipeKeys *keys = recipe_keys (); keys->name != NULL; keys++)
    for (const RecipeKey *key = keys->keys; key->name != NULL; key++, known++) {
      g_autofree char *entry = g_strdup_printf ("%s.%s : %s", keys->name, key->name, key->type);

      if (!g_hash_table_contains (found, entry))
        g_test_message ("galley-recipe(5) has no entry \"%s\"", entry), g_test_fail ();
      g_assert_cmpuint (strlen (key->help), >, 0);
    }
  g_assert_cmpuint (g_hash_table_size (found), ==, known);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recipe/bad", test_bad);
  g_test_add_func ("/recipe/good", test_good);
  g_test_add_func ("/recipe/files", test_files);
  g_test_add_func ("/recipe/standard-input", test_standard_input);
  g_test_add_func ("/recipe/top", test_top);
  g_test_add_func ("/recipe/var-declarations", test_var_declarations);
  g_test_add_func ("/recipe/step-values", test_step_values);
  g_test_add_func ("/recipe/step-settings", test_step_settings);
  g_test_add_func ("/recipe/include", test_include);
  g_test_add_func ("/recipe/texts-stay-texts", test_texts_stay_texts);
  g_test_add_func ("/recipe/order", test_order);
  g_test_add_func ("/recipe/long-chain", test_long_chain);
  g_test_add_func ("/recipe/long-cycle", test_long_cycle);
  g_test_add_func ("/recipe/defaults-are-checked-later", test_defaults_are_checked_later);
  g_test_add_func ("/recipe/types", test_types);
  g_test_add_func ("/recipe/secrets", test_secrets);
  g_test_add_func ("/recipe/each-keys", test_each_keys);
  g_test_add_func ("/recipe/include-depth", test_include_depth);
  g_test_add_func ("/recipe/include-cycle", test_include_cycle);
  g_test_add_func ("/recipe/include-number", test_include_number);
  g_test_add_func ("/recipe/same-mistake-once", test_same_mistake_once);
  g_test_add_func ("/recipe/number-of-steps", test_number_of_steps);
  g_test_add_func ("/recipe/number-of-vars", test_number_of_vars);
  g_test_add_func ("/recipe/hostile", test_hostile);
  g_test_add_func ("/recipe/damaged", test_damaged);
  g_test_add_func ("/recipe/manual-page", test_manual_page);
  return g_test_run ();
}

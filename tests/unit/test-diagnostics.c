/* SPDX-License-Identifier: MIT */
#include "base/diagnostics.h"
#include "base/errors.h"

#include <string.h>

static const char recipe[] = "galley: 1\nsteps:\n  - id: a\n    retires: 3\n    with: {x: \"${vars.x}\"}\n";

static Position
at (const char *file, guint line, guint column)
{
  return (Position) { g_intern_string (file), line, column };
}

static void
assert_shown (Diagnostics *diagnostics, const char *expected)
{
  g_autofree char *text = diagnostics_to_string (diagnostics);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_line_and_caret (void)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();

  diagnostics_add_source (diagnostics, "w.yaml", recipe, strlen (recipe));
  diagnostics_add (diagnostics, at ("w.yaml", 4, 5), "did you mean \"retry\"?", "unknown key \"%s\"", "retires");
  assert_shown (diagnostics,
                "w.yaml:4:5: unknown key \"retires\" (did you mean \"retry\"?)\n"
                "    4 |     retires: 3\n"
                "      |     ^~~~~~~\n");
}

static void
test_marks (void)
{
  static const struct { const char *line; guint column; const char *marks; } cases[] = {
    { "a: ${vars.x} b", 4, "   ^~~~~~~~~" },
    { "a: \"x y\" b",   4, "   ^~~~~" },
    { "a: 'x y' b",     4, "   ^~~~~" },
    { "a: \"x y",       4, "   ^" },
    { "a: x >= y",      6, "     ^~" },
    { "a: (x)",         4, "   ^" },
    { "a:",             3, "  ^" },
    { "a:",             9, "  ^" },
    { "",               1, "^" },
    { "\tab c",         2, " ^~" },
    { "\xe4\xb8\xad\xe6\x96\x87 x", 2, "  ^~" },      /* wide ones take two columns */
    { "e\xcc\x81 x",    4, "  ^" },                    /* a combining one takes none */
    { "\xff\xfe x",     1, "^~~~~~~~" },               /* shown as \xff\xfe */
    { "a \x1b[31m x",   3, "  ^~" },                   /* shown as ^[ */
    { "a \xe2\x80\xae x", 3, "  ^~~~~~" },             /* shown as U+202E */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
    g_autofree char *shown = NULL, *end = g_strdup_printf ("\n      | %s\n", cases[i].marks);

    diagnostics_add_source (diagnostics, "f", cases[i].line, strlen (cases[i].line));
    diagnostics_add (diagnostics, at ("f", 1, cases[i].column), NULL, "m");
    shown = diagnostics_to_string (diagnostics);
    if (!g_str_has_suffix (shown, end))
      g_error ("case %u: %s does not end with %s", i, shown, end);
    g_assert_null (strchr (shown, '\x1b'));
  }
}

static void
test_line_ends (void)
{
  static const char text[] = "one\r\ntwo\rthree\nfour";
  static const char *const lines[] = { "one", "two", "three", "four" };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
    g_autofree char *expected = g_strdup_printf ("f:%u:1: m\n%5u | %s\n      | ^%.*s\n", i + 1, i + 1, lines[i],
                                                 (int) strlen (lines[i]) - 1, "~~~~~~");

    diagnostics_add_source (diagnostics, "f", text, strlen (text));
    diagnostics_add (diagnostics, at ("f", i + 1, 1), NULL, "m");
    assert_shown (diagnostics, expected);
  }
}

static void
test_without_line (void)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();

  diagnostics_add_source (diagnostics, "f", "x\n", 2);
  diagnostics_add (diagnostics, at ("f", 0, 0), NULL, "is a folder");
  diagnostics_add (diagnostics, at ("f", 99, 1), NULL, "no such line");
  diagnostics_add (diagnostics, at ("g", 3, 1), NULL, "no source");
  diagnostics_add (diagnostics, (Position) { NULL, 0, 0 }, NULL, "no file");
  assert_shown (diagnostics, "f: is a folder\nf:99:1: no such line\ng:3:1: no source\nno file\n");
}

static void
test_long_line (void)
{
  g_autoptr (GString) line = g_string_new (NULL);

  for (guint i = 0; i < 300000; i++)
    g_string_append_c (line, "abc "[i % 4]);
  for (guint column = 1; column < 300000; column += 99999) {
    g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
    g_autofree char *shown = NULL;
    g_auto (GStrv) lines = NULL;
    gsize caret;

    diagnostics_add_source (diagnostics, "f", line->str, line->len);
    diagnostics_add (diagnostics, at ("f", 1, column), NULL, "m");
    shown = diagnostics_to_string (diagnostics);
    lines = g_strsplit (shown, "\n", -1);
    g_assert_cmpuint (strlen (lines[1]), <=, 140);
    caret = (gsize) (strchr (lines[2], '^') - lines[2]);
    g_assert_cmpint (lines[1][caret], ==, line->str[column - 1]);
  }
}

static void
test_order_and_limit (void)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  diagnostics_add_source (diagnostics, "first", "", 0);
  for (guint i = 70; i > 0; i--)
    diagnostics_add (diagnostics, at ("second", 1 + i / 2, 1 + i % 2), NULL, "m");
  diagnostics_add (diagnostics, at ("first", 9, 9), NULL, "m");
  g_assert_cmpuint (diagnostics_count (diagnostics), ==, 71);
  text = diagnostics_to_string (diagnostics);
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 52);
  g_assert_cmpstr (lines[0], ==, "first:9:9: m");
  g_assert_cmpstr (lines[1], ==, "second:1:2: m");
  g_assert_cmpstr (lines[2], ==, "second:2:1: m");
  g_assert_cmpstr (lines[49], ==, "second:25:2: m");
  g_assert_cmpstr (lines[50], ==, "and 21 more");
}

/* At 50 nothing is left out. */
static void
test_limit_edge (void)
{
  for (guint count = 50; count <= 51; count++) {
    g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
    g_autofree char *text = NULL;

    for (guint i = 0; i < count; i++)
      diagnostics_add (diagnostics, at ("f", i + 1, 1), NULL, "m");
    text = diagnostics_to_string (diagnostics);
    g_assert_cmpint (g_str_has_suffix (text, "\nand 1 more\n"), ==, count == 51);
  }
}

static void
test_many (void)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autofree char *text = NULL;

  for (guint i = 0; i < 100000; i++)
    diagnostics_add (diagnostics, at ("f", i + 1, 1), NULL, "m");
  g_assert_cmpuint (diagnostics_count (diagnostics), ==, 100000);
  text = diagnostics_to_string (diagnostics);
  g_assert_true (g_str_has_suffix (text, "\nand 99950 more\n"));
}

static void
test_said_once (void)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();

  for (guint i = 0; i < 3; i++)
    diagnostics_add (diagnostics, at ("f", 1, 1), NULL, "m");
  diagnostics_add (diagnostics, at ("f", 1, 1), NULL, "n");
  assert_shown (diagnostics, "f:1:1: m\nf:1:1: n\n");
}

static void
test_harmless (void)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();

  diagnostics_add (diagnostics, at ("f", 1, 1), "a\nb", "x\x1b[31m\ny\xe2\x80\xae");
  assert_shown (diagnostics, "f:1:1: x^[[31m yU+202E (a b)\n");
}

static void
test_hidden_line (void)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();

  diagnostics_add_source (diagnostics, "f", "a: CANARY\nb: c\n", 15);
  diagnostics_hide_line (diagnostics, "f", 1);
  diagnostics_add (diagnostics, at ("f", 1, 1), NULL, "m");
  diagnostics_add (diagnostics, at ("f", 2, 1), NULL, "m");
  assert_shown (diagnostics, "f:1:1: m\n    1 | (not shown: it may hold a secret)\nf:2:1: m\n    2 | b: c\n      | ^\n");
}

static void
test_likely_secret_lines (void)
{
  static const struct { const char *line; gboolean shown; } cases[] = {
    { "password: CANARY", FALSE },
    { "    with: {db_password: CANARY, x: 1}", FALSE },
    { "\"API_KEY\": \"CANARY\"", FALSE },
    { "license: CANARY", FALSE },
    { "TOKEN:   CANARY", FALSE },
    { "apiKey: CANARY", FALSE },
    { "password: \"$(CANARY)\"", FALSE },
    { "license: {secret: true, from: {env: CANARY}}", TRUE },
    { "license: \"${vars.CANARY}\"", TRUE },
    { "secret: true # CANARY", TRUE },
    { "password:", TRUE },
    { "password: |", TRUE },
    { "tokens are CANARY", TRUE },
    { "name: CANARY", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
    g_autofree char *text = NULL;

    diagnostics_add_source (diagnostics, "f", cases[i].line, strlen (cases[i].line));
    diagnostics_add (diagnostics, at ("f", 1, 1), NULL, "m");
    text = diagnostics_to_string (diagnostics);
    if ((strstr (text, cases[i].line) != NULL) != cases[i].shown)
      g_error ("%s: %s", cases[i].line, text);
  }
}

static void
test_likely_secret_blocks (void)
{
  static const char text[] = "a: 1\nlicense:\n  x: CANARY\n\n  y: CANARY\nb: 2\n- my token\n- z\n";
  static const gboolean hidden[] = { FALSE, TRUE, TRUE, FALSE, TRUE, FALSE, TRUE, FALSE };
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autofree char *shown = NULL;
  g_auto (GStrv) lines = NULL;

  diagnostics_add_source (diagnostics, "f", text, strlen (text));
  diagnostics_hide_likely_secrets (diagnostics, "f");
  for (guint i = 0; i < G_N_ELEMENTS (hidden); i++)
    diagnostics_add (diagnostics, at ("f", i + 1, 1), NULL, "m");
  shown = diagnostics_to_string (diagnostics);
  lines = g_strsplit (shown, "f:", -1);
  for (guint i = 0; i < G_N_ELEMENTS (hidden); i++)
    g_assert_cmpint (strstr (lines[i + 1], "not shown") != NULL, ==, hidden[i]);
  g_assert_null (strstr (shown, "CANARY"));
}

static void
test_check (void)
{
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (diagnostics_check (diagnostics, &error));
  g_assert_no_error (error);
  diagnostics_add (diagnostics, at ("f", 1, 1), NULL, "m");
  g_assert_false (diagnostics_check (diagnostics, &error));
  g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_RECIPE);
  g_assert_cmpstr (error->message, ==, "f:1:1: m");
}

static void
test_suggest (void)
{
  static const char *const words[] = { "retry", "needs", NULL };
  g_autoptr (Diagnostics) diagnostics = diagnostics_new ();
  g_autofree char *near = diagnostics_suggest (diagnostics, "rtery", words), *none = diagnostics_suggest (diagnostics, "zzzzz", words);

  g_assert_cmpstr (near, ==, "did you mean \"retry\"?");
  g_assert_null (none);
  for (guint i = 0; i < 200 && diagnostics_may_suggest (diagnostics); i++)
    g_free (diagnostics_suggest (diagnostics, "rtery", words));
  g_assert_false (diagnostics_may_suggest (diagnostics));
  g_assert_null (diagnostics_suggest (diagnostics, "rtery", words));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/diagnostics/line-and-caret", test_line_and_caret);
  g_test_add_func ("/diagnostics/marks", test_marks);
  g_test_add_func ("/diagnostics/line-ends", test_line_ends);
  g_test_add_func ("/diagnostics/without-line", test_without_line);
  g_test_add_func ("/diagnostics/long-line", test_long_line);
  g_test_add_func ("/diagnostics/order-and-limit", test_order_and_limit);
  g_test_add_func ("/diagnostics/limit-edge", test_limit_edge);
  g_test_add_func ("/diagnostics/many", test_many);
  g_test_add_func ("/diagnostics/said-once", test_said_once);
  g_test_add_func ("/diagnostics/harmless", test_harmless);
  g_test_add_func ("/diagnostics/hidden-line", test_hidden_line);
  g_test_add_func ("/diagnostics/likely-secret-lines", test_likely_secret_lines);
  g_test_add_func ("/diagnostics/likely-secret-blocks", test_likely_secret_blocks);
  g_test_add_func ("/diagnostics/check", test_check);
  g_test_add_func ("/diagnostics/suggest", test_suggest);
  return g_test_run ();
}

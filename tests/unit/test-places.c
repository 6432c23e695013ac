/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "proc/disguise.h"

static Places *
usual (void)
{
  Places *places = places_new ();

  places_add (places, "recipe", "/home/u/src/site");
  places_add (places, "helpers", "/usr/libexec/galley");
  places_add (places, "home", "/home/u");
  places_add (places, "cwd", "/home/u/src");
  places_add (places, "run", "/home/u/.local/state/galley/runs/20260102-030405-abcdef");
  places_add (places, "run.id", "20260102-030405-abcdef");
  return places;
}

static void
check (const Places *places, const char *text, const char *wanted)
{
  g_autofree char *hidden = places_hide (places, text, -1, NULL, 0, NULL);
  g_autofree char *shown = places_show (places, hidden, -1, NULL);

  g_assert_cmpstr (hidden, ==, wanted);
  g_assert_cmpstr (shown, ==, text);
}

static void
test_hide (void)
{
  static const struct { const char *text, *hidden; } cases[] = {
    { "", "" },
    { "plain", "plain" },
    { "/home/u", "{home}" },
    { "/home/u/", "{home}/" },
    { "/home/u/src/site/a.yaml", "{recipe}/a.yaml" },          /* the longest */
    { "/home/u/src/other", "{cwd}/other" },
    { "/home/u/.kube/config", "{home}/.kube/config" },
    { "--file=/home/u/x,/home/u/src", "--file={home}/x,{cwd}" },
    { "file:///home/u/x", "file://{home}/x" },
    { "/home/u:/home/u", "{home}:{home}" },
    { "/usr/libexec/galley/galley-http", "{helpers}/galley-http" },
    { "/home/u/.local/state/galley/runs/20260102-030405-abcdef/private/1", "{run}/private/1" },
    /* Where another name begins or goes on, it is another path. */
    { "/home/user", "/home/user" },
    { "/home/u-2", "/home/u-2" },
    { "/home/u_", "/home/u_" },
    { "/home/u.old", "/home/u.old" },
    { "/home/u\xc3\xa4", "/home/u\xc3\xa4" },
    { "/mnt/home/u", "/mnt/home/u" },
    { "host/home/u", "host/home/u" },
    { "/home/", "/home/" },
    /* A full stop ends a sentence. */
    { "It is in /home/u.", "It is in {home}." },
    { "In /home/u. Or not", "In {home}. Or not" },
    /* An id is part of names. */
    { "job-20260102-030405-abcdef-x", "job-{run.id}-x" },
    { "20260102-030405-abcdef", "{run.id}" },
    { "/tmp/20260102-030405-abcdef.log", "/tmp/{run.id}.log" },
    { "20260102-030405-abcde", "20260102-030405-abcde" },
    /* What only looks like one of the names. */
    { "{home}", "{brace}home}" },
    { "{cwd}{recipe}{run}{run.id}{helpers}", "{brace}cwd}{brace}recipe}{brace}run}{brace}run.id}{brace}helpers}" },
    { "{brace}", "{brace}brace}" },
    { "{brace}home}", "{brace}brace}home}" },
    { "{file:", "{brace}file:" },
    { "{tool:sh}", "{brace}tool:sh}" },
    { "{/home/u}", "{{home}}" },
    { "{home", "{home" },
    { "{{\"a\": {}}", "{{\"a\": {}}" },
  };
  g_autoptr (Places) places = usual ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    check (places, cases[i].text, cases[i].hidden);
}

static void
test_passed_over (void)
{
  g_autoptr (Places) places = places_new ();

  g_assert_false (places_add (places, "home", ""));
  g_assert_false (places_add (places, "home", "/"));
  g_assert_false (places_add (places, "home", "//"));
  g_assert_false (places_add (places, "home", NULL));
  g_assert_true (places_add (places, "recipe", "/same"));
  g_assert_false (places_add (places, "cwd", "/same"));
  g_assert_false (places_add (places, "cwd", "/same/"));
  g_assert_false (places_add (places, "recipe", "/another"));
  check (places, "/same/x /another /", "{recipe}/x /another /");
}

/* As in HOME=/home/u/ */
static void
test_slash_at_end (void)
{
  g_autoptr (Places) places = places_new ();

  g_assert_true (places_add (places, "home", "/home/u//"));
  check (places, "/home/u/.kube /home/u/ /home/u", "{home}/.kube {home}/ {home}");
}

/* Folders that were apart when it was recorded, and are one now. */
static void
test_apart (void)
{
  g_autoptr (Places) places = places_new ();
  g_autofree char *shown = NULL, *hidden = NULL;

  places_add_apart (places, "recipe", "/same");
  places_add_apart (places, "cwd", "/same");
  places_add_apart (places, "home", "/");
  places_add_apart (places, "recipe", "/same");         /* twice is once */
  places_add_apart (places, "cwd", "/same");
  shown = places_show (places, "{recipe}/a {cwd}/b {home}/c", -1, NULL);
  g_assert_cmpstr (shown, ==, "/same/a /{cwd}/b /{home}/c");
  hidden = places_hide (places, shown, -1, NULL, 0, NULL);
  g_assert_cmpstr (hidden, ==, "{recipe}/a {cwd}/b {home}/c");
}

/* A mark inside of a path comes behind its name. */
static void
test_marks (void)
{
  const char *text = "ab/home/u cd{home}";
  gsize marks[] = { 0, 1, 2, 3, 8, 9, 10, 12, 13, 18, 19, 99 }, len;
  gsize wanted[] = { 0, 1, 2, 3, 8, 9, 10, 12, 19, 24, 24, 24 };
  gsize wanted_path[] = { 0, 1, 3, 9, 9, 9, 10, 12, 19, 24, 24, 24 };
  gsize marks_path[] = { 0, 1, 3, 4, 8, 10, 11, 13, 14, 19, 19, 99 };
  g_autoptr (Places) places = usual ();
  g_autofree char *hidden = places_hide (places, text, -1, marks, G_N_ELEMENTS (marks), &len), *other = NULL;

  g_assert_cmpstr (hidden, ==, "ab/home/u cd{brace}home}");     /* "b/home/u" is another path */
  g_assert_cmpuint (len, ==, strlen (hidden));
  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    g_assert_cmpuint (marks[i], ==, wanted[i]);
  other = places_hide (places, "ab /home/u cd{home}", -1, marks_path, G_N_ELEMENTS (marks_path), &len);
  g_assert_cmpstr (other, ==, "ab {home} cd{brace}home}");
  for (guint i = 0; i < G_N_ELEMENTS (marks_path); i++)
    g_assert_cmpuint (marks_path[i], ==, wanted_path[i]);
}

static void
append_random (GString *text)
{
  static const char *const parts[] = { "/home/u", "/", "work", "site", "{", "}", "home}", "brace}", "{file:a.1}", "{brace}", "\xff", ".", " ",
                                       "a", "-", "20260102-030405-abcdef", "/home/u/src/site", "{run.id}", "recipe}", "file:", "\n" };

  if (g_test_rand_int_range (0, 20) == 0)
    g_string_append_c (text, '\0');
  g_string_append (text, parts[g_test_rand_int_range (0, G_N_ELEMENTS (parts))]);
}

static void
test_round_trip (void)
{
  g_autoptr (Places) places = usual ();

  places_add (places, "file:a.1", "/home/u/.local/state/galley/runs/20260102-030405-abcdef/private/1.yaml");
  for (guint i = 0; i < 20000; i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autofree char *hidden = NULL, *shown = NULL;
      gsize hidden_len, len;

      for (gint n = g_test_rand_int_range (0, 12); n > 0; n--)
        append_random (text);
      hidden = places_hide (places, text->str, (gssize) text->len, NULL, 0, &hidden_len);
      shown = places_show (places, hidden, (gssize) hidden_len, &len);
      g_assert_cmpmem (shown, len, text->str, text->len);
    }
}

/* ---- private files ------------------------------------------------------- */

static void
add_file (Disguise *disguise, const char *step, const char *path, const char *data)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, strlen (data));

  disguise_add_file (disguise, step, path, bytes);
}

static void
test_files (void)
{
  Disguise *disguise = disguise_new ();
  g_autofree char *text = NULL;

  places_add (disguise->places, "run", "/r");
  add_file (disguise, "a", "/r/private/1.yaml", "one");
  add_file (disguise, "b", "/r/private/2.yaml", "two");
  add_file (disguise, "a", "/r/private/10.yaml", "three");
  text = disguise_hide (disguise, "-f /r/private/10.yaml -f /r/private/1.yaml /r/private/2.yaml /r/private/3.yaml", -1, FALSE, NULL, 0, NULL);
  g_assert_cmpstr (text, ==, "-f {file:a.2} -f {file:a.1} {file:b.1} {run}/private/3.yaml");
  disguise_free (disguise);
}

/* Of what is in a recording: alike on another machine, without the secret. */
static void
test_hash (void)
{
  Disguise *one = disguise_new (), *other = disguise_new ();
  const char *placeholder = placeholders_add (one->placeholders, "key", "hunter2-hunter2", -1);
  g_autofree char *text = g_strconcat ("/root: ", placeholder, NULL);
  g_autofree char *recorded = NULL, *played = NULL, *changed = NULL;

  places_add (one->places, "home", "/home/u");
  places_add (other->places, "home", "/root");
  recorded = disguise_hash (one, "/home/u: hunter2-hunter2", strlen ("/home/u: hunter2-hunter2"));
  played = disguise_hash (other, text, strlen (text));
  changed = disguise_hash (other, text, strlen (text) - 1);
  g_assert_true (g_str_has_prefix (recorded, "sha256:"));
  g_assert_cmpuint (strlen (recorded), ==, 7 + 64);
  g_assert_cmpstr (recorded, ==, played);
  g_assert_cmpstr (recorded, !=, changed);
  disguise_free (one);
  disguise_free (other);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/places/hide", test_hide);
  g_test_add_func ("/places/passed-over", test_passed_over);
  g_test_add_func ("/places/slash-at-end", test_slash_at_end);
  g_test_add_func ("/places/apart", test_apart);
  g_test_add_func ("/places/marks", test_marks);
  g_test_add_func ("/places/round-trip", test_round_trip);
  g_test_add_func ("/disguise/files", test_files);
  g_test_add_func ("/disguise/hash", test_hash);
  return g_test_run ();
}

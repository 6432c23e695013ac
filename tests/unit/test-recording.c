/* SPDX-License-Identifier: MIT */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/errors.h"
#include "proc/recorder.h"
#include "proc/replay.h"
#include "proc/undeclared.h"

#define HEAD "{\"galley\":\"recording\",\"version\":1,\"time_us\":5}\n"
#define CALL "{\"call\":1,\"by\":\"a apply\",\"argv\":[\"x\"]}\n"

typedef struct { char *folder, *path; } Place;

static void
place_init (Place *place)
{
  place->folder = g_dir_make_tmp ("galley-recording-XXXXXX", NULL);
  place->path = g_build_filename (place->folder, "rec", NULL);
}

static void
place_clear (Place *place)
{
  g_unlink (place->path);
  g_rmdir (place->folder);
  g_free (place->folder);
  g_free (place->path);
}

static Recording *
read_text (const Place *place, const char *text, gssize len, GError **error)
{
  g_assert_true (g_file_set_contents (place->path, text, len, NULL));
  return recording_read (place->path, error);
}

/* ---- reading ------------------------------------------------------------- */

static void
test_read (void)
{
  static const char text[] =
    HEAD
    "{\"var\":\"app/v\",\"value\":[1],\"origin\":\"default\"}\n"
    "{\"env\":\"E\",\"value\":null}\n"
    "{\"tool\":\"t\",\"path\":\"/bin/t\"}\n"
    "{\"call\":7,\"by\":\"s[a] check\",\"argv\":[\"t\",\"-x\"],\"cwd\":\"{recipe}\",\"files\":[\"a.1=h\"],\"stdin\":\"i\",\"given\":\"g\"}\n"
    "{\"look\":\"file\",\"by\":\"s[a] check\",\"subject\":\"f\",\"there\":true,\"data_base64\":\"/wA=\"}\n"
    "{\"look\":\"time_left\",\"by\":\"s[a] check\",\"subject\":\"\"}\n"
    "{\"end\":7,\"how\":\"signalled\",\"signal\":9,\"core_dumped\":true,\"duration\":12,\"strays\":1,\"out_bytes\":3,\"out_cut_at\":2,"
    "\"output\":[{\"at\":1,\"out\":\"ab\"},{\"at\":2,\"err_base64\":\"/w==\"}]}\n"
    "{\"call\":8,\"by\":\"s[a] apply\",\"argv\":[\"t\"]}\n"
    "{\"end\":8,\"how\":\"exi";
  Place place;
  g_autoptr (GError) error = NULL;
  g_autoptr (Recording) recording = NULL;
  const RecordedCall *call;
  const RecordedLook *look;

  place_init (&place);
  recording = read_text (&place, text, -1, &error);
  g_assert_no_error (error);
  g_assert_cmpint (recording_int (recording->head, "time_us"), ==, 5);
  g_assert_cmpuint (recording->calls->len, ==, 2);
  call = recording->calls->pdata[0];
  g_assert_cmpstr (call->asked.caller, ==, "s[a] check");
  g_assert_cmpstr (call->asked.argv[1], ==, "-x");
  g_assert_cmpstr (call->asked.cwd, ==, "{recipe}");
  g_assert_cmpstr (call->asked.files[0], ==, "a.1=h");
  g_assert_cmpstr (call->asked.input, ==, "i");
  g_assert_cmpstr (call->asked.given, ==, "g");
  g_assert_true (call->ended);
  g_assert_cmpint (call->result.how, ==, PROCESS_SIGNALLED);
  g_assert_cmpint (call->result.exit_code, ==, -1);
  g_assert_cmpint (call->result.signal, ==, 9);
  g_assert_true (call->result.core_dumped);
  g_assert_cmpint (call->result.duration_ms, ==, 12);
  g_assert_cmpuint (call->result.strays, ==, 1);
  g_assert_cmpuint (call->result.output[PROCESS_STDOUT].total, ==, 3);
  g_assert_cmpuint (call->result.output[PROCESS_STDOUT].cut_at, ==, 2);
  g_assert_cmpuint (call->outputs->len, ==, 2);
  g_assert_cmpint (((RecordedOutput *) call->outputs->pdata[1])->stream, ==, PROCESS_STDERR);
  g_assert_cmpmem (g_bytes_get_data (((RecordedOutput *) call->outputs->pdata[1])->data, NULL), 1, "\xff", 1);
  g_assert_false (((RecordedCall *) recording->calls->pdata[1])->ended);        /* that line was never finished */
  look = recording->looks->pdata[0];
  g_assert_true (look->look.there);
  g_assert_cmpmem (g_bytes_get_data (look->look.data, NULL), g_bytes_get_size (look->look.data), "\xff\0", 2);
  look = recording->looks->pdata[1];
  g_assert_cmpint (look->look.number, ==, G_MAXINT64);
  g_assert_nonnull (g_hash_table_lookup (recording->vars, "app/v"));
  g_assert_true (JSON_NODE_HOLDS_NULL (g_hash_table_lookup (recording->envs, "E")));
  g_assert_nonnull (g_hash_table_lookup (recording->tools, "t"));
  place_clear (&place);
}

static void
test_bad_lines (void)
{
  static const struct { const char *text; gssize len; const char *message; } cases[] = {
    { "", -1, "\"%s\" is no recording" },
    { HEAD, sizeof HEAD - 2, "\"%s\" is no recording" },         /* without its end */
    { "\n", -1, "%s:1: not valid JSON: line 1, column 1: it is empty" },
    { "{}\n", -1, "%s:1: does not begin as a recording does" },
    { "[]\n", -1, "%s:1: is nothing that is in a recording" },
    { "galley: 1\n", -1, NULL },
    { "{\"galley\":\"recording\"}\n", -1, "%s:1: is a recording of version 0; this galley knows 1" },
    { "{\"galley\":\"recording\",\"version\":2}\n", -1, "%s:1: is a recording of version 2; this galley knows 1" },
    { "{\"galley\":\"recording\",\"version\":\"1\"}\n", -1, "%s:1: is a recording of version 0; this galley knows 1" },
    { HEAD "{\n", -1, NULL },
    { HEAD "{}\n", -1, "%s:2: is nothing that is in a recording" },
    { HEAD "7\n", -1, "%s:2: is nothing that is in a recording" },
    { HEAD "\n", -1, NULL },
    { HEAD CALL "{\"fax\":1}\n", -1, "%s:3: is nothing that is in a recording" },
    { HEAD "{\"call\":1,\"argv\":[\"x\"]}\n", -1, "%s:2: is nothing that is in a recording" },
    { HEAD "{\"call\":1,\"by\":\"a\",\"argv\":[]}\n", -1, "%s:2: is nothing that is in a recording" },
    { HEAD "{\"call\":1,\"by\":\"a\",\"argv\":\"x\"}\n", -1, "%s:2: is nothing that is in a recording" },
    { HEAD CALL CALL, -1, "%s:3: is nothing that is in a recording" },
    { HEAD "{\"call\":\"1\",\"by\":\"a\",\"argv\":[\"x\"]}\n", -1, "%s:2: is nothing that is in a recording" },
    { HEAD CALL "{\"end\":2,\"how\":\"exited\"}\n", -1, "%s:3: is nothing that is in a recording" },
    { HEAD CALL "{\"end\":1,\"how\":\"exited\"}\n{\"end\":1,\"how\":\"exited\"}\n", -1, "%s:4: is nothing that is in a recording" },
    { HEAD CALL "{\"end\":1,\"how\":\"fell over\"}\n", -1, "%s:3: is nothing that is in a recording" },
    { HEAD CALL "{\"end\":1}\n", -1, "%s:3: is nothing that is in a recording" },
    { HEAD "{\"look\":\"around\",\"by\":\"a check\"}\n", -1, "%s:2: is nothing that is in a recording" },
    { HEAD "{\"look\":\"file\",\"subject\":\"x\"}\n", -1, "%s:2: is nothing that is in a recording" },
    { HEAD "{\"env\":\"E\"}\n", -1, "%s:2: is nothing that is in a recording" },
    { HEAD "{\"var\":\"v\"}\n", -1, "%s:2: is nothing that is in a recording" },
    { HEAD "\0" CALL, sizeof HEAD "\0" CALL - 1, NULL },
    { HEAD CALL "\xff\n", -1, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Place place;
      g_autoptr (GError) error = NULL;
      g_autofree char *wanted = NULL;

      place_init (&place);
      g_test_message ("case %u", i);
      g_assert_null (read_text (&place, cases[i].text, cases[i].len, &error));
      g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE);
      if (cases[i].message != NULL)
        {
          g_auto (GStrv) parts = g_strsplit (cases[i].message, "%s", 2);

          wanted = g_strconcat (parts[0], place.path, parts[1], NULL);
          g_assert_cmpstr (error->message, ==, wanted);
        }
      else
        g_assert_nonnull (strstr (error->message, "rec:"));
      place_clear (&place);
    }
}

static void
test_no_file (void)
{
  Place place;

  place_init (&place);
  for (int i = 0; i < 4; i++)
    {
      const char *const paths[] = { place.path, place.folder, "/dev/zero", place.path };
      const char *const whys[] = { "No such file or directory", "is not a regular file", "is not a regular file", "has more than 512 MiB" };
      g_autoptr (GError) error = NULL;
      g_autofree char *text = g_strdup_printf ("cannot read the recording \"%s\": %s", paths[i], whys[i]);

      if (i == 3)
        {
          g_assert_true (g_file_set_contents (place.path, HEAD, -1, NULL));
          g_assert_cmpint (truncate (place.path, (off_t) RECORDING_MAX + 1), ==, 0);    /* with a hole */
        }
      g_assert_null (recording_read (paths[i], &error));
      g_assert_error (error, GALLEY_ERROR, GALLEY_ERROR_USAGE);
      g_assert_cmpstr (error->message, ==, text);
    }
  place_clear (&place);
}

/* A line is JSON of at most 64 MiB; what is longer names its line, too. */
static void
test_long_line (void)
{
  Place place;
  g_autoptr (GError) error = NULL;
  g_autofree char *filler = g_strnfill (64 << 20, 'x');
  g_autofree char *text = g_strconcat (HEAD "{\"env\":\"E\",\"value\":\"", filler, "\"}\n", NULL);

  place_init (&place);
  g_assert_null (read_text (&place, text, -1, &error));
  g_assert_true (g_str_has_suffix (error->message, "rec:2: not read as JSON: 67108886 bytes are more than 64 MiB"));
  place_clear (&place);
}

/* ---- what a command is compared in --------------------------------------- */

static void
check_difference (const Asked *recorded, const Asked *now, const char *wanted)
{
  g_autofree char *difference = asked_difference (recorded, now);

  g_assert_cmpstr (difference, ==, wanted);
}

static void
test_difference (void)
{
  char t[] = "t", a[] = "a", b[] = "b", c[] = "c", i[] = "i", g[] = "g", h[] = "h", caller[] = "s apply", another[] = "another",
       home[] = "{home}", recipe[] = "{recipe}", file[] = "f=1", changed[] = "f=2";
  char *two[] = { t, a, NULL }, *other[] = { t, b, NULL }, *three[] = { t, a, c, NULL }, *none[] = { NULL },
       *hash[] = { file, NULL }, *other_hash[] = { changed, NULL };
  const Asked asked = { caller, two, recipe, hash, i, g };
  Asked now = asked;

  check_difference (&asked, &now, NULL);
  now.caller = another;               /* that is how they are found */
  check_difference (&asked, &now, NULL);
  now.argv = other;
  check_difference (&asked, &now, "argument 1 is b, not a");
  now.argv = three;
  check_difference (&asked, &now, "argument 2, c, is one more");
  check_difference (&now, &asked, "argument 2, c, is missing");
  now = asked;
  now.cwd = home;
  check_difference (&asked, &now, "its folder is {home}, not {recipe}");
  now = asked;
  now.input = NULL;
  check_difference (&asked, &now, "its standard input is another");
  check_difference (&now, &asked, "its standard input is another");
  now = asked;
  now.given = h;
  check_difference (&asked, &now, "the environment that its step gives it is another");
  now = asked;
  now.files = other_hash;
  check_difference (&asked, &now, "what is in a private file of its command line is another");
  now.files = none;
  check_difference (&asked, &now, "what is in a private file of its command line is another");
}

static void
test_asked (void)
{
  const char *const argv[] = { "t", "--values=/r/private/1,/r/private/2", "/home/u/x", "{file:no.1}", "\xff", NULL };
  Disguise *disguise = disguise_new ();
  Command *command = command_new ("/bin/t", argv);
  g_auto (Asked) asked = { 0 };
  g_autoptr (GBytes) one = g_bytes_new_static ("1", 1), two = g_bytes_new_static ("2", 1);
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "2", 1), *second = g_strconcat ("s.1=sha256:", hash, NULL);

  places_add (disguise->places, "home", "/home/u");
  disguise_add_file (disguise, "a", "/r/private/1", one);
  disguise_add_file (disguise, "s", "/r/private/2", two);
  command->caller = g_strdup ("s apply");
  command->cwd = g_strdup ("/home/u");
  asked_init (&asked, command, disguise);
  g_assert_cmpstr (asked.argv[1], ==, "--values={file:a.1},{file:s.1}");
  g_assert_cmpstr (asked.argv[2], ==, "{home}/x");
  g_assert_cmpstr (asked.argv[3], ==, "{brace}file:no.1}");
  g_assert_cmpstr (asked.argv[4], ==, "\xef\xbf\xbd");        /* as it is read back */
  g_assert_cmpstr (asked.cwd, ==, "{home}");
  g_assert_true (g_str_has_prefix (asked.files[0], "a.1=sha256:"));
  g_assert_cmpstr (asked.files[1], ==, second);
  g_assert_null (asked.files[2]);
  g_assert_null (asked.input);
  g_assert_null (asked.given);
  command_free (command);
  disguise_free (disguise);
}

/* ---- secrets nobody declared --------------------------------------------- */

static void
check_undeclared (const char *text, const char *own, const char *wanted)
{
  g_autoptr (Placeholders) placeholders = placeholders_new ();
  g_autofree char *left = NULL;

  g_assert_true (undeclared_find (text, strlen (text), own, placeholders));
  left = placeholders_substitute (placeholders, text, -1, FALSE, NULL, 0, NULL);
  g_assert_cmpstr (left, ==, wanted);
}

static void
test_undeclared (void)
{
  static const struct { const char *text, *own, *left; } cases[] = {
    { "{\"user\":\"somebody\",\"Password\":\"hunter2-12345678\"}", NULL, "{\"user\":\"somebody\",\"Password\":\"secret-1-passwor\"}" },
    { "{\"SecretAccessKey\":\"abcdefghijklmnop\",\"AccessKeyId\":\"AKIAABCDEFGHIJKL\"}", NULL,
      "{\"SecretAccessKey\":\"secret-1-secreta\",\"AccessKeyId\":\"secret-2-access0\"}" },
    { "{\"secretName\":\"not-a-secret\",\"tokenPath\":\"/var/run/x\"}", NULL, "{\"secretName\":\"not-a-secret\",\"tokenPath\":\"/var/run/x\"}" },
    { "{\"token\":\"short\"}", NULL, "{\"token\":\"short\"}" },
    { "{\"token\":\"12345678\"}", NULL, "{\"token\":\"x0000001\"}" },
    { "{\"a\":[{\"b\":{\"api_key\":[\"abcdefghijklmnop\"]}}]}", NULL, "{\"a\":[{\"b\":{\"api_key\":[\"secret-1-api-key\"]}}]}" },
    { "{\"env\":[{\"name\":\"DB_PASSWORD\",\"value\":\"abcdefghijklmnopqrst\"},{\"name\":\"DB\",\"value\":\"abcdefgh\"}]}", NULL,
      "{\"env\":[{\"name\":\"DB_PASSWORD\",\"value\":\"secret-1-db-password\"},{\"name\":\"DB\",\"value\":\"abcdefgh\"}]}" },
    { "{\"kind\":\"Secret\",\"stringData\":{\"x\":\"abcdefghijkl\"},\"metadata\":{\"x\":\"bcdefghijkl\"}}", NULL,
      "{\"kind\":\"Secret\",\"stringData\":{\"x\":\"secret-1-x-1\"},\"metadata\":{\"x\":\"bcdefghijkl\"}}" },
    /* What is base64 is so still, and what it says is hidden elsewhere, too. */
    { "{\"kind\":\"Secret\",\"data\":{\"x\":\"YWJjZGVmZ2hpamts\"},\"note\":\"abcdefghijkl\"}", NULL,
      "{\"kind\":\"Secret\",\"data\":{\"x\":\"c2VjcmV0LTEteC0x\"},\"note\":\"secret-1-x-1\"}" },
    { "{\"kind\":\"Secret\",\"data\":{\"x\":\"YWJjZGU=\",\"y\":\"not base64!\"}}", NULL,
      "{\"kind\":\"Secret\",\"data\":{\"x\":\"x0000001\",\"y\":\"sec ret-2-y\"}}" },
    { "{\"kind\":\"ConfigMap\",\"data\":{\"x\":\"YWJjZGVmZ2hpamts\"}}", NULL, "{\"kind\":\"ConfigMap\",\"data\":{\"x\":\"YWJjZGVmZ2hpamts\"}}" },
    /* What the step was given itself is none of theirs. */
    { "{\"password\":\"hunter2-12345678\"}", "{\"x\":\"hunter2-12345678\"}", "{\"password\":\"hunter2-12345678\"}" },
    { "null", NULL, "null" },
    { "true", NULL, "true" },
    { "[]", NULL, "[]" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    check_undeclared (cases[i].text, cases[i].own, cases[i].left);
}

/* Nobody knows what is in these. */
static void
test_unknown_text (void)
{
  static const char *const texts[] = { "hunter2", "12345678", "\"hunter2\"", "-1.5", "", "{\"a\":1} trailing", "\xff", "password: hunter2\n" };
  g_autoptr (Placeholders) placeholders = placeholders_new ();

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_false (undeclared_find (texts[i], strlen (texts[i]), NULL, placeholders));
  g_assert_true (placeholders_is_empty (placeholders));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recording/read", test_read);
  g_test_add_func ("/recording/bad-lines", test_bad_lines);
  g_test_add_func ("/recording/no-file", test_no_file);
  g_test_add_func ("/recording/long-line", test_long_line);
  g_test_add_func ("/asked/difference", test_difference);
  g_test_add_func ("/asked/init", test_asked);
  g_test_add_func ("/undeclared/names", test_undeclared);
  g_test_add_func ("/undeclared/unknown", test_unknown_text);
  return g_test_run ();
}

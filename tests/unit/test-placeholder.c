/* SPDX-License-Identifier: MIT */
#include <json-glib/json-glib.h>
#include <string.h>

#include "base/mask-encodings.h"
#include "base/mask.h"
#include "base/placeholder.h"

/* ---- what stands for a value ----------------------------------------------------- */

static void
test_names (void)
{
  static const struct { const char *name, *value, *placeholder; } cases[] = {
    { "license", "eyJhbGciOiJSUzI1NiJ9.e30.sig", "secret-1-license-11111111111" },
    { "DB_Password", "hunter2-SECRET-xyz+++++", "secret-2-db-password-22" },
    { "", "0123456789abc", "secret-3-3330" },                   /* no line ends in 3: see placeholder-name.c */
    { "n\xc3\xa4me", "abcdefghijklmno", "secret-4-n--me-" },
    { "tls.key", "-----BEGIN KEY-----\r\n MIIE abcd efgh\n\nxy\n-----END KEY-----\n",
      "secret-5-t ls-key-5\r\n secr et-5 -tl0\n\nse\nsecret-5 -tls-key\n" },
    { "pin", "1234", "x008" },
    { "pin", " a  b\t\n", " x  9\t\n" },
    { "pin", "ABCDEFGH", "x000000a" },
    { "pin", "ABCDEFGHI", "secret-9-" },
    { "pin", "ABCDEFGHJ", "x0000000d" },
    { "pin", "ABCDEFGHIJ", "secret-11-" },
  };
  g_autoptr (Placeholders) placeholders = placeholders_new ();

  g_assert_true (placeholders_is_empty (placeholders));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (placeholders_add (placeholders, cases[i].name, cases[i].value, -1), ==, cases[i].placeholder);
  g_assert_false (placeholders_is_empty (placeholders));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (placeholders_add (placeholders, "another", cases[i].value, -1), ==, cases[i].placeholder);
}

/* Nothing else of the value is in it; and it stands for itself. */
static void
test_shape_alone (void)
{
  const char *found, *other;
  g_autofree char *kept = NULL;

  for (guint i = 0; i < 3; i++) {
    g_autoptr (Placeholders) placeholders = placeholders_new ();
    const char *values[] = { "ab\0\xff q\nzzzzzzzzzzzzzzzzzzz\x0b", "QRST U\nVWXYZ'\"\\<&%$01234567", kept };

    found = placeholders_add (placeholders, "name", values[i], 27);
    other = placeholders_add (placeholders, "name", "another", -1);
    g_assert_cmpstr (found, ==, "secr e\nsecret-1-name-111111");
    g_assert_cmpstr (other, ==, "x000002");
    g_free (kept);
    kept = g_strdup (found);
  }
}

static void
test_all_differ (void)
{
  static const char *const shapes[] = { "%04u", "%u-is-long-enough", "Q\n\t%02u", "%u  K" };
  g_autoptr (Placeholders) placeholders = placeholders_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < 400; i++)
    for (guint k = 0; k < G_N_ELEMENTS (shapes); k++) {
      g_autofree char *digits = g_strdup_printf ("%04u", i);
      g_auto (GStrv) parts = g_strsplit (shapes[k], "%", 2);
      g_autofree char *value = g_strconcat (parts[0], digits, strchr (shapes[k], 'u') + 1, NULL);

      g_assert_true (g_hash_table_add (seen, (gpointer) placeholders_add (placeholders, "n", value, -1)));
    }
}

/* 27 at each of two places, with what is refused not counted. */
static void
test_none_left (void)
{
  g_autoptr (Placeholders) placeholders = placeholders_new ();

  for (guint i = 1; i <= 730; i++) {
    const char value[] = { (char) ('A' + i / 50), ' ', '\t', (char) ('A' + i % 50), '\0' };
    const char *found = placeholders_add (placeholders, "n", value, -1);

    g_assert_null (placeholders_add (placeholders, "n", "abc", -1));
    if (i < 729)
      g_assert_nonnull (found);
    else
      g_assert_null (found);
  }
}

static void
test_refused (void)
{
  g_autoptr (Placeholders) placeholders = placeholders_new ();
  g_autofree char *at = g_strnfill (MASK_MAX_LENGTH, 'Q');
  g_autofree char *past = g_strnfill (MASK_MAX_LENGTH + 1, 'R');
  g_autofree char *text = NULL;
  const char *found;

  g_assert_null (placeholders_add (placeholders, "n", "", -1));
  g_assert_null (placeholders_add (placeholders, "n", "\n abc \n", -1));
  g_assert_null (placeholders_add (placeholders, "n", past, -1));
  g_assert_true (placeholders_is_empty (placeholders));
  found = placeholders_add (placeholders, "n", at, -1);
  g_assert_cmpuint (strlen (found), ==, MASK_MAX_LENGTH);
  text = placeholders_substitute (placeholders, at, -1, FALSE, NULL, 0, NULL);
  g_assert_cmpstr (text, ==, found);
}

/* ---- encodings ------------------------------------------------------------------- */

static char *
substitute_one (const char *secret, const char *text)
{
  g_autoptr (Placeholders) placeholders = placeholders_new ();

  g_assert_nonnull (placeholders_add (placeholders, "pass", secret, -1));
  return placeholders_substitute (placeholders, text, -1, FALSE, NULL, 0, NULL);
}

static void
assert_becomes (const char *secret, const char *text, const char *expected)
{
  g_autofree char *found = substitute_one (secret, text);

  g_assert_cmpstr (found, ==, expected);
}

static void
test_raw (void)
{
  assert_becomes ("hunter2-SECRET", "pw=hunter2-SECRET;", "pw=secret-1-pass-;");
  assert_becomes ("hunter2-SECRET", "hunter2-SECREThunter2-SECRET", "secret-1-pass-secret-1-pass-");
  assert_becomes ("hunter2-SECRET", "hunter2-SECRE", "hunter2-SECRE");
  assert_becomes ("hunter2-SECRET", "", "");
  assert_becomes ("hunter2-SECRET\n", "a hunter2-SECRET b hunter2-SECRET\n", "a secret-1-pass- b secret-1-pass-\n");
  assert_becomes ("ABCD", "ABCDABABCD", "x001ABx001");
}

/* The secret has white space in it, which is the placeholder's too. */
static void
test_encodings (void)
{
  static const char secret[] = "p\"a\\s<&>/' $w`\xc3\xa9\n!(x)*~\xf0\x9f\x98\x80" "end";
  static const struct { const char *text, *expected; } cases[] = {
    { "p\"a\\s<&>/' $w`\xc3\xa9\n!(x)*~\xf0\x9f\x98\x80" "end", "secret-1-p ass-1\nsecret-1-pas0" },
    { "p\\\"a\\\\s<&>/' $w`\xc3\xa9\\n!(x)*~\xf0\x9f\x98\x80" "end", "secret-1-p ass-1\\nsecret-1-pas0" },
    { "p\\\"a\\\\s\\u003c\\u0026\\u003e/' $w`\xc3\xa9\\n!(x)*~\xf0\x9f\x98\x80" "end", "secret-1-p ass-1\\nsecret-1-pas0" },
    { "p\\\"a\\\\s<&>\\/' $w`\\u00e9\\n!(x)*~\\ud83d\\ude00end", "secret-1-p ass-1\\nsecret-1-pas0" },
    { "p%22a%5Cs%3C%26%3E%2F%27%20%24w%60%C3%A9%0A%21%28x%29%2A~%F0%9F%98%80end", "secret-1-p%20ass-1%0Asecret-1-pas0" },
    { "p%22a%5cs%3c%26%3e%2f%27%20%24w%60%c3%a9%0a%21%28x%29%2a~%f0%9f%98%80end", "secret-1-p%20ass-1%0asecret-1-pas0" },
    { "p%22a%5Cs%3C%26%3E%2F%27+%24w%60%C3%A9%0A%21%28x%29%2A~%F0%9F%98%80end", "secret-1-p+ass-1%0Asecret-1-pas0" },
    { "$'p\"a\\\\s<&>/\\' $w`\xc3\xa9\\n!(x)*~\xf0\x9f\x98\x80" "end'", "$'secret-1-p ass-1\\nsecret-1-pas0'" },
    { "'p\"a\\s<&>/'\\'' $w`\xc3\xa9\n!(x)*~\xf0\x9f\x98\x80" "end'", "'secret-1-p ass-1\nsecret-1-pas0'" },
    { "'p\"a\\s<&>/'\"'\"' $w`\xc3\xa9\n!(x)*~\xf0\x9f\x98\x80" "end'", "'secret-1-p ass-1\nsecret-1-pas0'" },
    { "\"p\\\"a\\\\s<&>/' \\$w\\`\xc3\xa9\n!(x)*~\xf0\x9f\x98\x80" "end\"", "\"secret-1-p ass-1\nsecret-1-pas0\"" },
    { "<p&quot;a\\s&lt;&amp;&gt;/&#39; $w`\xc3\xa9\n!(x)*~\xf0\x9f\x98\x80" "end>", "<secret-1-p ass-1\nsecret-1-pas0>" },
    { "70226" "15c733c263e2f27202477" "60c3a90a212878292a7ef09f9880656e64",
      "7365637265742d312d70206173732d310a7365637265742d312d70617330" },
    { "70226" "15C733C263E2F27202477" "60C3A90A212878292A7EF09F9880656E64",
      "7365637265742D312D70206173732D310A7365637265742D312D70617330" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_becomes (secret, cases[i].text, cases[i].expected);
  assert_becomes ("pa ss'w#rd", "printf pa\\ ss\\'w\\#rd", "printf se\\ cret-1-");
}

static void
test_lines (void)
{
  static const char pem[] = "-----BEGIN-----\r\nMIIEabcdefgh\r\nxyz\r\nIJKLMNOPQRSTUV\r\n-----END-----";

  assert_becomes (pem, pem, "secret-1-pass-1\r\nsecret-1-pa0\r\nse0\r\nsecret-1-pass-\r\nsecret-1-pas0");
  assert_becomes (pem, "  MIIEabcdefgh\n  IJKLMNOPQRSTUV\n  xyz\n", "  secret-1-pa0\n  secret-1-pass-\n  xyz\n");
  assert_becomes (pem, "TUlJRWFiY2RlZmdo", "c2VjcmV0LTEtcGEw");
  assert_becomes (pem, "MIIEabcdefgh\\nIJKL", "secret-1-pa0\\nIJKL");
}

/* ---- base64 ---------------------------------------------------------------------- */

typedef enum { STANDARD, URL, UNPADDED } Alphabet;

static char *
encode (const GString *bytes, Alphabet alphabet)
{
  char *text = g_base64_encode ((const guchar *) bytes->str, bytes->len);

  if (alphabet == STANDARD)
    return text;
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  if (alphabet == UNPADDED)
    g_strdelimit (text, "=", '\0');
  return text;
}

static char *
wrap (const char *text, gsize width, const char *line_break)
{
  GString *lines = g_string_new (NULL);

  for (gsize at = 0, len = strlen (text); at < len; at += width)
    g_string_append_printf (lines, "%s%.*s", at > 0 ? line_break : "", (int) MIN (width, len - at), text + at);
  return g_string_free (lines, FALSE);
}

static void
append_random (GString *bytes, gsize len)
{
  for (gsize i = 0; i < len; i++)
    g_string_append_c (bytes, (char) g_test_rand_int_range (0, 256));
}

/* Base64 of BEFORE SECRET MIDDLE SECRET AFTER is exactly that with the
 * placeholder in its place, whatever is around. */
static void
check_base64 (gsize secret_len, gsize before, gsize middle, gsize after)
{
  static const char *const breaks[] = { "\n", "\r\n", "\n    " };
  g_autoptr (Placeholders) placeholders = placeholders_new ();
  g_autoptr (GString) secret = g_string_new (NULL), plain = g_string_new (NULL), expected = g_string_new (NULL);
  const gsize around[] = { before, middle, after };
  const char *placeholder;

  /* Its last line must not be so short that it is elsewhere by chance. */
  while (secret_len > 48 && (secret_len % 48 < 7 || secret_len % 57 < 7))
    secret_len++;
  do {
    g_string_truncate (secret, 0);
    append_random (secret, secret_len);
  } while (mask_refusal (secret->str, secret->len) != NULL || memchr (secret->str, '\n', secret->len) != NULL);
  placeholder = placeholders_add (placeholders, "key", secret->str, (gssize) secret->len);
  for (guint i = 0; i < 3; i++) {
    append_random (plain, around[i]);
    g_string_append_len (expected, plain->str + expected->len, (gssize) (plain->len - expected->len));
    if (i == 2)
      break;
    g_string_append_len (plain, secret->str, (gssize) secret->len);
    g_string_append (expected, placeholder);
  }
  for (guint alphabet = STANDARD; alphabet <= UNPADDED; alphabet++)
    for (gsize i = 0; i < 7; i++) {
      g_autofree char *one = encode (plain, alphabet), *other = encode (expected, alphabet);
      gsize width = i < 3 ? 64 : i < 6 ? 76 : 1 << 20;
      g_autofree char *text = wrap (one, width, breaks[i % 3]), *wanted = wrap (other, width, breaks[i % 3]);
      g_autofree char *found = placeholders_substitute (placeholders, text, -1, FALSE, NULL, 0, NULL);

      g_assert_cmpstr (found, ==, wanted);
    }
}

static void
test_base64 (void)
{
  for (gsize len = 4; len < 12; len++)
    for (gsize before = 0; before < 4; before++)
      for (gsize middle = 0; middle < 4; middle++)
        for (gsize after = 0; after < 4; after++)
          check_base64 (len, before, middle, after);
}

static void
test_base64_lines (void)
{
  for (guint n = 0; n < 200; n++)
    check_base64 ((gsize) g_test_rand_int_range (4, 200), (gsize) g_test_rand_int_range (0, 100),
                  (gsize) g_test_rand_int_range (0, 100), (gsize) g_test_rand_int_range (0, 100));
}

/* A line break is not one of base64 where the rest of it is not. */
static void
test_base64_no_lines (void)
{
  assert_becomes ("hunter2-SECRET", "aHVudGVyMi1T\nRUNSRVQ=", "c2VjcmV0LTEt\ncGFzcy0=");
  assert_becomes ("hunter2-SECRET", "aHVudGVyMi1T\r\n\t RUNSRVQ=\n", "c2VjcmV0LTEt\r\n\t cGFzcy0=\n");
  assert_becomes ("hunter2-SECRET", "aHVudGVyMi1T\n\nRUNSRVQ=", "aHVudGVyMi1T\n\nRUNSRVQ=");
  assert_becomes ("hunter2-SECRET", "hunter2-\nSECRET", "hunter2-\nSECRET");
  /* The last character is shared with the secret only where it is next to it. */
  assert_becomes ("hunter2-SECREZ", "aHVudGVyMi1TRUNSRV\n\nq", "c2VjcmV0LTEtcGFzcy\n\nq");
  assert_becomes ("hunter2-SECREZ", "aHVudGVyMi1TRUNSRV q", "c2VjcmV0LTEtcGFzcy q");
  assert_becomes ("hunter2-SECREZ", "aHVudGVyMi1TRUNSRV.q", "c2VjcmV0LTEtcGFzcy.q");
  assert_becomes ("hunter2-SECREZ", "aHVudGVyMi1TRUNSRV.\nq", "c2VjcmV0LTEtcGFzcy.\nq");
  assert_becomes ("hunter2-SECREZ", "aHVudGVyMi1TRUNSRV\n\tq", "c2VjcmV0LTEtcGFzcy\n\t2");
  assert_becomes ("hunter2-SECREZ", "aHVudGVyMi1TRUNSRVq", "c2VjcmV0LTEtcGFzcy2");
}

/* A first line alone does not change what is below it. */
static void
test_base64_first_line (void)
{
  g_autofree char *secret = g_strnfill (60, 'Q');
  g_autofree char *line = g_base64_encode ((const guchar *) secret, 48);
  g_autofree char *text = g_strconcat (line, "\nHello", NULL), *found = substitute_one (secret, text);

  g_assert_cmpstr (found, ==, "c2VjcmV0LTEtcGFzcy0xMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTEx\nHello");
}

/* ---- what decodes it ------------------------------------------------------------- */

static char *
json_quote (const char *text)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), text);

  return json_to_string (node, FALSE);
}

static char *
json_unquote (const char *text)
{
  g_autoptr (JsonNode) node = json_from_string (text, NULL);

  return json_node_dup_string (node);
}

static char *
uri_quote (const char *text)
{
  return g_uri_escape_string (text, NULL, FALSE);
}

static char *
uri_unquote (const char *text)
{
  return g_uri_unescape_string (text, NULL);
}

static char *
unquote (const char *text)
{
  return g_shell_unquote (text, NULL);
}

static char *
plain (const char *text)
{
  return g_strdup (text);
}

typedef char *(*Coder) (const char *text);
static const struct { Coder quote, unquote; } coders[] = {
  { plain, plain }, { json_quote, json_unquote }, { uri_quote, uri_unquote }, { g_shell_quote, unquote },
};

static char *
random_text (guint most)
{
  static const char *const letters[] = { "Q", "\"", "\\\\", "'", "<", "&", "/", " ", "$", "\xc3\xa9", "%", "+",
                                         "\xf0\x9f\x98\x80", "\n", "\t", "Z", "~" };
  GString *text = g_string_new (NULL);

  for (guint n = (guint) g_test_rand_int_range (4, (int) most); n > 0; n--)
    g_string_append (text, letters[g_test_rand_int_range (0, G_N_ELEMENTS (letters))]);
  return g_string_free (text, FALSE);
}

/* Between characters that belong to none of them. */
static void
test_decoded (void)
{
  for (guint n = 0; n < 600; n++) {
    g_autoptr (Placeholders) placeholders = placeholders_new ();
    g_autofree char *middle = random_text (40), *value = g_strconcat ("K", middle, "K", NULL);
    const char *placeholder = placeholders_add (placeholders, "key", value, -1);
    g_autofree char *text = g_strconcat ("before:", value, ":\\:", value, value, ":after\n", NULL);
    g_autofree char *wanted = g_strconcat ("before:", placeholder, ":\\:", placeholder, placeholder, ":after\n", NULL);

    for (guint i = 0; i < G_N_ELEMENTS (coders); i++) {
      g_autofree char *quoted = coders[i].quote (text);
      g_autofree char *found = placeholders_substitute (placeholders, quoted, -1, FALSE, NULL, 0, NULL);
      g_autofree char *decoded = coders[i].unquote (found);

      g_assert_cmpstr (decoded, ==, wanted);
    }
  }
}

/* ---- several --------------------------------------------------------------------- */

static Placeholders *
new_several (void)
{
  Placeholders *placeholders = placeholders_new ();

  g_assert_cmpstr (placeholders_add (placeholders, "a", "SECRET", -1), ==, "x00001");
  g_assert_cmpstr (placeholders_add (placeholders, "b", "SECRET-longer", -1), ==, "secret-2-b-22");
  g_assert_cmpstr (placeholders_add (placeholders, "c", "longer-STILL", -1), ==, "secret-3-c-0");
  g_assert_cmpstr (placeholders_add (placeholders, "d", "RETL", -1), ==, "x005");
  g_assert_cmpstr (placeholders_add (placeholders, "e", "\"LONGER", -1), ==, "x000006");
  g_assert_cmpstr (placeholders_add (placeholders, "f", "ER<>&\"RE", -1), ==, "x0000008");
  return placeholders;
}

static void
test_several (void)
{
  g_autoptr (Placeholders) placeholders = new_several ();
  static const struct { const char *text, *expected; } cases[] = {
    { "SECRET SECRET-longer SECRET-long", "x00001 secret-2-b-22 x00001-long" },
    { "SECRET-longer-STILL", "secret-2-b-22-3-c-0" },
    { "SECRETL", "x000015" },
    { "SECRET\"LONGER<>&\"RETL", "x00001x0000060000x005" },
    { "\\\"LONGER<>&\\\"RE", "x000006000008" },
    { "\"LONGER\\u003c\\u003e\\u0026\\\"RETL", "x0000060000x005" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *found = placeholders_substitute (placeholders, cases[i].text, -1, FALSE, NULL, 0, NULL);

    g_assert_cmpstr (found, ==, cases[i].expected);
  }
}

/* A value as it is comes first, then all of a value, then who was first. */
static void
test_which (void)
{
  static const char *const values[] = { "FIRST\nOTHER", "OTHER", "SECRET", "U0VDUkVU", "A B+C", "A B C" };
  static const char *const cases[][2] = {
    { "FIRST", "x0000" }, { "OTHER", "x0002" }, { "T1RIRVI=", "eDAwMDI=" }, { "SECRET", "x00004" },
    { "U0VDUkVU", "x0000005" }, { "A+B+C", "x+006" },
  };
  g_autoptr (Placeholders) placeholders = placeholders_new ();

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    placeholders_add (placeholders, "n", values[i], -1);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *found = placeholders_substitute (placeholders, cases[i][0], -1, FALSE, NULL, 0, NULL);

    g_assert_cmpstr (found, ==, cases[i][1]);
  }
}

/* TEXT with VALUES, in their order, replaced. */
static char *
substitute_values (const char *const *values, const char *text, gboolean may_be_cut)
{
  g_autoptr (Placeholders) placeholders = placeholders_new ();

  for (; *values != NULL; values++)
    g_assert_nonnull (placeholders_add (placeholders, "n", *values, -1));
  return placeholders_substitute (placeholders, text, -1, may_be_cut, NULL, 0, NULL);
}

static void
test_overlap (void)
{
  static const struct { const char *values[4], *text, *expected; } cases[] = {
    /* One that the second hides behind it, which the first overlaps. */
    { { "ABCD", "CDEFGH", "EFGH" }, "ABCDEFGH", "x001x004" },
    /* The longest of what is overlapped counts. */
    { { "ABCD", "CDEFGHIJ", "DEFG" }, "ABCDEFGHIJ", "x001000002" },
    /* What is left over on both sides of a whole one. */
    { { "ABCD", "CD!EFGH;IJ", "EFGH" }, "ABCD!EFGH;IJ", "x001cx0042-n" },
    /* A beginning that the end cuts, within another that is overlapped. */
    { { "WWXX", "XXABCDEFGH", "ABCDEFGHIJKL" }, "WWXXABCDEFGH", "x001secret-3" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *found = substitute_values (cases[i].values, cases[i].text, TRUE);

    g_assert_cmpstr (found, ==, cases[i].expected);
  }
}

static void
test_added_later (void)
{
  static const struct { const char *value, *expected; } cases[] = {
    { "CDEF", "ABx001" }, { "ABCDEFGHIJ", "ABx001" }, { "BCDEF", "Ax0004" }, { "ABCDEF", "x00005" },
  };
  g_autoptr (Placeholders) placeholders = placeholders_new ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *found = NULL;

    placeholders_add (placeholders, "n", cases[i].value, -1);
    found = placeholders_substitute (placeholders, "ABCDEF", -1, FALSE, NULL, 0, NULL);
    g_assert_cmpstr (found, ==, cases[i].expected);
  }
}

/* More than are kept at a time, each of which overlaps the next; REST is
 * what stands behind as many whole ones as there is room for. */
static void
check_run (const char *const *values, gsize n, const char *tail, const char *placeholder, gsize n_whole, const char *rest)
{
  g_autofree char *run = g_strnfill (n, 'Q');
  g_autofree char *text = g_strconcat (run, tail, NULL), *found = substitute_values (values, text, FALSE);
  g_autoptr (GString) expected = g_string_new (NULL);

  while (n_whole-- > 0)
    g_string_append (expected, placeholder);
  g_string_append (expected, rest);
  g_assert_cmpstr (found, ==, expected->str);
}

static void
test_run (void)
{
  static const char *const one[] = { "QQQQ", NULL };
  static const char *const two[] = { "QQQQQ", "QQQQQQQQQQZ", NULL };
  static const char *const nested[] = { "QQQQ", "a long secret, of which a part is one too", "which", "part is one", NULL };

  for (gsize n = 20000; n < 20004; n++)
    check_run (one, n, "", "x001", n / 4, &"x001"[4 - n % 4]);
  /* Wherever it is that the first are given out, a longer one may be open. */
  for (gsize n = 4050; n < 4150; n += 5)
    check_run (two, n, "Z", "x0001", (n - 10) / 5, "secret-2-n-");
  for (gsize n = 4080; n < 4110; n++) {
    g_autofree char *rest = g_strconcat (&"x001"[4 - n % 4], ":cyBlY3JlIHQtMi1uLTIgMjIg\nMjIyMjIgMiAyMjIyIDIyIDIyMiAyMjI=", NULL);

    check_run (nested, n, ":YSBsb25nIHNlY3JldCwgb2Yg\nd2hpY2ggYSBwYXJ0IGlzIG9uZSB0b28=", "x001", n / 4, rest);
  }
}

/* ---- the end, and marks ---------------------------------------------------------- */

static void
test_cut_by_end (void)
{
  static const struct { const char *text, *expected; } cases[] = {
    { "x hunter2-SECRET", "x secret-1-pass-" }, { "x hunter2-SECRE", "x secret-1-pass" },
    { "x hunter2-", "x secret-1" }, { "x hunter2", "x hunter2" }, { "x hunter2-S\n", "x hunter2-S\n" },
    { "x aHVudGVyMi1", "x c2VjcmV0LTE" }, { "aHVudGVyMi1\nTRUN", "c2VjcmV0LTE\ntcGF" },
    { "x aHVudGVyMi1T\n", "x aHVudGVyMi1T\n" },
    { "68756e7465", "7365637265" }, { "68756e74657", "736563726574" }, { "hunter2-SECREThunter2-", "secret-1-pass-secret-1" }, { "", "" },
  };
  g_autoptr (Placeholders) placeholders = placeholders_new ();

  placeholders_add (placeholders, "pass", "hunter2-SECRET", -1);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *cut = placeholders_substitute (placeholders, cases[i].text, -1, TRUE, NULL, 0, NULL);
    g_autofree char *whole = placeholders_substitute (placeholders, cases[i].text, -1, FALSE, NULL, 0, NULL);

    g_assert_cmpstr (cut, ==, cases[i].expected);
    g_assert_cmpint (strcmp (whole, cases[i].text) == 0, ==, strstr (cases[i].text, "hunter2-SECRET") == NULL);
  }
}

/* A mark at each byte: each in turn, and all of them together. */
static void
test_marks (void)
{
  static const char text[] = "ab S\\\"ECRET, S\"ECRETx S\"ECRETS\"ECRET";
  static const gsize expected[] = { 0, 1, 2, 3,  10, 10, 10, 10, 10, 10, 10,  10, 11, 12,  19, 19, 19, 19, 19, 19,
                                    19, 20, 21,  28, 28, 28, 28, 28, 28,  28, 35, 35, 35, 35, 35, 35, 35 };
  g_autoptr (Placeholders) placeholders = placeholders_new ();
  gsize marks[G_N_ELEMENTS (expected)];

  placeholders_add (placeholders, "n", "S\"ECRET", -1);
  g_assert_cmpuint (sizeof text, ==, G_N_ELEMENTS (marks));
  for (gsize i = 0; i < G_N_ELEMENTS (marks); i++) {
    gsize mark = i;
    g_autofree char *found = placeholders_substitute (placeholders, text, -1, FALSE, &mark, 1, NULL);

    g_assert_cmpstr (found, ==, "ab x000001, x000001x x000001x000001");
    g_assert_cmpuint (mark, ==, expected[i]);
    marks[i] = i;
  }
  g_free (placeholders_substitute (placeholders, text, -1, FALSE, marks, G_N_ELEMENTS (marks), NULL));
  g_assert_cmpmem (marks, sizeof marks, expected, sizeof expected);
  marks[0] = 1000;
  g_free (placeholders_substitute (placeholders, text, -1, FALSE, marks, 1, NULL));
  g_assert_cmpuint (marks[0], ==, 35);
}

static void
test_nul_bytes (void)
{
  static const char text[] = "x\0a\0bcD\0 a%00bcD YQBiY0Q= 6100626344";
  static const char expected[] = "x\0x0001\0 x0001 eDAwMDE= 7830303031";
  g_autoptr (Placeholders) placeholders = placeholders_new ();
  gsize len;
  g_autofree char *found = NULL;

  placeholders_add (placeholders, "n", "a\0bcD", 5);
  found = placeholders_substitute (placeholders, text, sizeof text - 1, FALSE, NULL, 0, &len);
  g_assert_cmpmem (found, len, expected, sizeof expected - 1);
}

static void
test_empty (void)
{
  g_autoptr (Placeholders) placeholders = placeholders_new ();
  gsize len, marks[] = { 0, 1, 3 };
  g_autofree char *found = placeholders_substitute (placeholders, "a\0b", 3, TRUE, marks, 3, &len);

  g_assert_cmpmem (found, len, "a\0b", 3);
  g_assert_cmpuint (marks[0], ==, 0);
  g_assert_cmpuint (marks[1], ==, 1);
  g_assert_cmpuint (marks[2], ==, 3);
}

/* ---- whatever the secret --------------------------------------------------------- */

/* Nothing made of these is in a placeholder, or in an encoding of one. */
static const char *const letters[] = {
  "Q", "Z", "Z\"", "\\", "'", "<", "&", ">", "/", " ", "$", "`", "!", "~", "+", "%", "K", "\xc3\xa9",
  "\xf0\x9f\x98\x80", "\xe2\x80\xa8", "\t", "\x01", "\x7f", "Y", "\n", "\r\n",
};

typedef struct {
  GPtrArray *forms;             /* of GBytes, of all secrets */
  GPtrArray *secrets;           /* of GBytes */
  Masker    *masker;
  Placeholders *placeholders;
} World;

static void
keep_form (const char *form, gsize len, G_GNUC_UNUSED const MaskForm *how, gpointer user_data)
{
  if (len >= MASK_MIN_LENGTH)
    g_ptr_array_add (user_data, g_bytes_new (form, len));
}

static void
add_secret (World *world, const char *value, gsize len)
{
  if (!masker_add (world->masker, value, (gssize) len))
    return;
  g_assert_nonnull (placeholders_add (world->placeholders, "key", value, (gssize) len));
  g_ptr_array_add (world->secrets, g_bytes_new (value, len));
  mask_each_form (value, len, keep_form, world->forms);
}

/* Without line ends, with them, or binary; alone, or with parts of others. */
static void
add_random_secret (World *world)
{
  g_autoptr (GString) value = g_string_new (NULL);
  int kind = g_test_rand_int_range (0, 4), n = g_test_rand_int_range (0, 8) == 0 ? 150 : g_test_rand_int_range (4, 20);

  if (kind == 3 && world->secrets->len > 0) {
    gsize len, from;
    const char *other = g_bytes_get_data (world->secrets->pdata[0], &len);

    from = (gsize) g_test_rand_int_range (0, (int) len);
    g_string_append_len (value, other + from, (gssize) (len - from));
  }
  for (int i = 0; i < n; i++)
    if (kind == 0)
      g_string_append_c (value, (char) g_test_rand_int_range (128, 256));
    else
      g_string_append (value, letters[g_test_rand_int_range (0, (int) G_N_ELEMENTS (letters) - (kind == 1 ? 2 : 0))]);
  /* White space alone, which the last line of long base64 could be, stays as it is. */
  if (value->len > 40)
    g_string_append_c (value, 'K');
  add_secret (world, value->str, value->len);
}

static void
world_init (World *world, guint n_secrets)
{
  world->forms = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  world->secrets = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  world->masker = masker_new ();
  world->placeholders = placeholders_new ();
  while (world->secrets->len < n_secrets)
    add_random_secret (world);
}

static void
world_clear (World *world)
{
  g_ptr_array_unref (world->forms);
  g_ptr_array_unref (world->secrets);
  masker_free (world->masker);
  placeholders_free (world->placeholders);
}

static void
append_noise (GString *text)
{
  for (int i = g_test_rand_int_range (-4, 6); i > 0; i--)
    g_string_append_c (text, "pqrstuv,:;()"[g_test_rand_int_range (0, 12)]);
}

/* What the masker still finds in TEXT. */
static void
assert_clean (const World *world, const char *text, gsize len, const GString *before)
{
  gsize masked_len;
  g_autofree char *masked = masker_mask (world->masker, text, (gssize) len, &masked_len);

  if (masked_len != len || memcmp (masked, text, len) != 0) {
    g_autofree char *was = g_strescape (before->str, NULL), *is = g_strescape (text, NULL);

    g_error ("%s\nbecame\n%s\nmasked\n%s", was, is, masked);
  }
}

static void
check_clean (const World *world, const GString *text)
{
  gsize len;
  g_autofree char *exact = g_malloc (text->len), *found = NULL;

  /* No byte behind it: what reads further is seen under ASan. */
  memcpy (exact, text->str, text->len);
  found = placeholders_substitute (world->placeholders, exact, (gssize) text->len, FALSE, NULL, 0, &len);

  assert_clean (world, found, len, text);
}

/* Each form of each secret, alone. */
static void
test_every_form (void)
{
  for (guint n = 0; n < 60; n++) {
    World world;

    world_init (&world, 2);
    for (guint i = 0; i < world.forms->len; i++) {
      g_autoptr (GString) text = g_string_new (NULL);
      gsize len;
      const char *form = g_bytes_get_data (world.forms->pdata[i], &len);

      append_noise (text);
      g_string_append_len (text, form, (gssize) len);
      append_noise (text);
      check_clean (&world, text);
    }
    world_clear (&world);
  }
}

/* FORM, after as much of it as the text ends in already. */
static void
append_overlapping (GString *text, const char *form, gsize len)
{
  gsize common = MIN (len, text->len);

  while (common > 0 && memcmp (text->str + text->len - common, form, common) != 0)
    common--;
  g_string_append_len (text, form + common, (gssize) (len - common));
}

/* Half of one, which must not be made whole by a placeholder next to it. */
static void
append_part (GString *text, const char *form, gsize len)
{
  gsize from = (gsize) g_test_rand_int_range (0, (int) len);

  g_string_append_c (text, ':');
  g_string_append_len (text, form + from, (gssize) g_test_rand_int_range (0, (int) (len - from)));
  g_string_append_c (text, ';');
}

/* Forms that touch, that overlap, that contain each other, and parts. */
static GString *
mix (const World *world)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < 12; i++) {
    gsize len;
    guint which = (guint) g_test_rand_int_range (0, (int) world->forms->len);
    const char *form = g_bytes_get_data (world->forms->pdata[which], &len);

    if (g_test_rand_int_range (0, 4) == 0)
      append_part (text, form, len);
    else
      append_overlapping (text, form, len);
    append_noise (text);
  }
  return text;
}

static void
test_mixed (void)
{
  for (guint n = 0; n < 300; n++) {
    World world;
    g_autoptr (GString) text = NULL;

    world_init (&world, (guint) g_test_rand_int_range (1, 4));
    text = mix (&world);
    check_clean (&world, text);
    world_clear (&world);
  }
}

/* What becomes of a text does not depend on how much is before and after. */
static void
test_long (void)
{
  g_autoptr (GString) all = g_string_new (NULL), expected = g_string_new (NULL);
  g_autofree char *found = NULL;
  gsize found_len;
  World world;

  world_init (&world, 3);
  for (guint n = 0; n < 600; n++) {
    g_autoptr (GString) text = mix (&world);
    gsize len;
    g_autofree char *one = NULL;

    g_string_append (text, " :: ");
    one = placeholders_substitute (world.placeholders, text->str, (gssize) text->len, FALSE, NULL, 0, &len);
    g_string_append_len (all, text->str, (gssize) text->len);
    g_string_append_len (expected, one, (gssize) len);
  }
  found = placeholders_substitute (world.placeholders, all->str, (gssize) all->len, FALSE, NULL, 0, &found_len);
  g_assert_cmpmem (found, found_len, expected->str, expected->len);
  world_clear (&world);
}

/* Chance alone makes short secrets in random text; not with this seed.  One
 * that is given as an option comes later and counts. */
#define SEED "--seed=R02S00000000000000000000000000000001"

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) args = g_ptr_array_new ();
  char **with_seed;

  for (int i = 0; i < argc; i++) {
    g_ptr_array_add (args, argv[i]);
    if (i == 0)
      g_ptr_array_add (args, (gpointer) SEED);
  }
  g_ptr_array_add (args, NULL);
  argc++;
  with_seed = (char **) args->pdata;
  g_test_init (&argc, &with_seed, NULL);
  g_test_add_func ("/placeholder/names", test_names);
  g_test_add_func ("/placeholder/shape-alone", test_shape_alone);
  g_test_add_func ("/placeholder/all-differ", test_all_differ);
  g_test_add_func ("/placeholder/none-left", test_none_left);
  g_test_add_func ("/placeholder/refused", test_refused);
  g_test_add_func ("/placeholder/raw", test_raw);
  g_test_add_func ("/placeholder/encodings", test_encodings);
  g_test_add_func ("/placeholder/lines", test_lines);
  g_test_add_func ("/placeholder/base64", test_base64);
  g_test_add_func ("/placeholder/base64-lines", test_base64_lines);
  g_test_add_func ("/placeholder/base64-no-lines", test_base64_no_lines);
  g_test_add_func ("/placeholder/base64-first-line", test_base64_first_line);
  g_test_add_func ("/placeholder/several", test_several);
  g_test_add_func ("/placeholder/which", test_which);
  g_test_add_func ("/placeholder/overlap", test_overlap);
  g_test_add_func ("/placeholder/added-later", test_added_later);
  g_test_add_func ("/placeholder/run", test_run);
  g_test_add_func ("/placeholder/decoded", test_decoded);
  g_test_add_func ("/placeholder/cut-by-end", test_cut_by_end);
  g_test_add_func ("/placeholder/marks", test_marks);
  g_test_add_func ("/placeholder/nul-bytes", test_nul_bytes);
  g_test_add_func ("/placeholder/empty", test_empty);
  g_test_add_func ("/placeholder/every-form", test_every_form);
  g_test_add_func ("/placeholder/mixed", test_mixed);
  g_test_add_func ("/placeholder/long", test_long);
  return g_test_run ();
}

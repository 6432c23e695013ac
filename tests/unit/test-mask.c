/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mask-json.h"
#include "base/mask.h"
#include "base/strict-json.h"

static char *
mask_one (const char *secret, const char *text)
{
  g_autoptr (Masker) masker = masker_new ();

  g_assert_true (masker_add (masker, secret, -1));
  return masker_mask (masker, text, -1, NULL);
}

static void
assert_masked (const char *secret, const char *text, const char *expected)
{
  g_autofree char *masked = mask_one (secret, text);

  g_assert_cmpstr (masked, ==, expected);
}

static void
test_raw (void)
{
  assert_masked ("hunter2-SECRET-xyz", "pw=hunter2-SECRET-xyz;", "pw=***;");
  assert_masked ("hunter2-SECRET-xyz", "hunter2-SECRET-xyzhunter2-SECRET-xyz", "***");
  assert_masked ("hunter2-SECRET-xyz", "hunter2-SECRET-xy", "hunter2-SECRET-xy");
  assert_masked ("abcd", "xabcabcdabcy", "xabc***abcy");
  assert_masked ("aaaa", "aaaaaaa", "***");
  assert_masked ("abab", "ababab!", "***!");
  assert_masked ("****", "a****b", "a***b");
  assert_masked ("\xff\xfe\xfd\xfc", "x\xff\xfe\xfd\xfcy", "x***y");
  assert_masked ("a.*b", "aXXb a.*b", "aXXb ***");
  assert_masked ("secret\n", "a secret\nb", "a ***b");
  assert_masked ("secret\r\n", "a secret b", "a *** b");
}

static void
test_lengths (void)
{
  g_autoptr (Masker) masker = masker_new ();
  g_autofree char *at = g_strnfill (MASK_MAX_LENGTH, 'x');
  g_autofree char *past = g_strnfill (MASK_MAX_LENGTH + 1, 'y');
  g_autofree char *masked = NULL;

  g_assert_true (masker_is_empty (masker));
  g_assert_false (masker_add (masker, "", -1));
  g_assert_false (masker_add (masker, "abc", -1));
  g_assert_false (masker_add (masker, "***", -1));
  g_assert_false (masker_add (masker, "    ", -1));
  g_assert_false (masker_add (masker, " abc\n\n", -1));
  g_assert_false (masker_add (masker, past, -1));
  g_assert_true (masker_is_empty (masker));
  g_assert_true (masker_add (masker, "abcd", -1));
  g_assert_false (masker_is_empty (masker));
  g_assert_true (masker_add (masker, at, -1));
  masked = masker_mask (masker, at, -1, NULL);
  g_assert_cmpstr (masked, ==, "***");
}

static void
test_nul_bytes (void)
{
  g_autoptr (Masker) masker = masker_new ();
  gsize len;
  g_autofree char *masked = NULL;

  g_assert_true (masker_add (masker, "a\0bcd", 5));
  masked = masker_mask (masker, "x\0a\0bcd\0y", 9, &len);
  g_assert_cmpmem (masked, len, "x\0***\0y", 7);
}

static void
test_several (void)
{
  g_autoptr (Masker) masker = masker_new ();
  g_autofree char *masked = NULL;

  masker_add (masker, "secret", -1);
  masker_add (masker, "secret-longer", -1);
  masker_add (masker, "longer-still", -1);
  masker_add (masker, "retl", -1);
  masked = masker_mask (masker, "secret secret-longer secret-longer-still retl secretlo", -1, NULL);
  g_assert_cmpstr (masked, ==, "*** *** *** *** ***o");
}

static void
test_refusal (void)
{
  g_autofree char *at = g_strnfill (MASK_MAX_LENGTH, 'x');
  g_autofree char *past = g_strnfill (MASK_MAX_LENGTH + 1, 'y');

  g_assert_cmpstr (mask_refusal ("abc", 3), ==, "is shorter than 4 bytes");
  g_assert_cmpstr (mask_refusal ("\n abc \n", 7), ==, "is shorter than 4 bytes");
  g_assert_null (mask_refusal ("abcd", 4));
  g_assert_null (mask_refusal ("a\nbc", 4));
  g_assert_null (mask_refusal (at, MASK_MAX_LENGTH));
  g_assert_cmpstr (mask_refusal (past, MASK_MAX_LENGTH + 1), ==, "is longer than 64 KiB");
}

static void
test_json (void)
{
  static const struct { const char *secret, *text, *masked; } cases[] = {
    { "\"hunter2-SECRET\"", "x hunter2-SECRET", "x ***" },
    { "12345678", "x 12345678", "x ***" },
    { "[\"first-secret\",{\"k\":\"second-secret\",\"n\":360000}]", "first-secret second-secret k 360000", "*** *** k 360000" },
    { "null", "null", "null" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Masker) masker = masker_new ();
    g_autoptr (JsonNode) secret = strict_json_parse (cases[i].secret, -1, NULL);
    g_autofree char *masked = NULL;

    g_assert_null (masker_add_json (masker, secret));
    masked = masker_mask (masker, cases[i].text, -1, NULL);
    g_assert_cmpstr (masked, ==, cases[i].masked);
  }
}

/* A string of SIZE bytes, alone or in a list. */
static JsonNode *
long_secret (gsize size, gboolean in_list)
{
  g_autofree char *text = g_strnfill (size, 'x');
  g_autofree char *json = g_strdup_printf (in_list ? "[\"%s\"]" : "\"%s\"", text);

  return strict_json_parse (json, -1, NULL);
}

static void
test_json_refusal (void)
{
  static const struct { const char *secret, *refusal; } cases[] = {
    { "\"abc\"", "is shorter than 4 bytes" }, { "\"abcd\"", NULL }, { "\" abc \"", "is shorter than 4 bytes" },
    { "123", "is shorter than 4 bytes" }, { "1234", NULL }, { "[1]", "is shorter than 4 bytes" },
    { "[\"a\",\"long enough\"]", NULL },
    { "\"\"", NULL }, { "null", NULL }, { "[]", NULL }, { "{}", NULL },
  };
  static const struct { gsize size; gboolean in_list, fine; } sizes[] = {
    { MASK_MAX_LENGTH, FALSE, TRUE }, { MASK_MAX_LENGTH + 1, FALSE, FALSE },
    { MASK_MAX_LENGTH - 4, TRUE, TRUE }, { MASK_MAX_LENGTH - 3, TRUE, FALSE }, { 4 * MASK_MAX_LENGTH, TRUE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Masker) masker = masker_new ();
    g_autoptr (JsonNode) secret = strict_json_parse (cases[i].secret, -1, NULL);

    g_assert_cmpstr (masker_add_json (masker, secret), ==, cases[i].refusal);
  }
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (Masker) masker = masker_new ();
    g_autoptr (JsonNode) secret = long_secret (sizes[i].size, sizes[i].in_list);

    g_assert_cmpstr (masker_add_json (masker, secret), ==, sizes[i].fine ? NULL : "is longer than 64 KiB");
  }
}

/* ---- encodings ------------------------------------------------------------------ */

static void
assert_gone (const char *secret, const char *text)
{
  g_autofree char *masked = mask_one (secret, text);

  if (strstr (masked, MASK_TEXT) == NULL || strlen (masked) > 8)
    g_error ("%s in %s is shown as %s", secret, text, masked);
}

static void
test_base64 (void)
{
  static const char secret[] = "hunter2-SECRET-xyz";
  const char *around[] = { "", "a", "ab", "abc" };

  assert_gone (secret, "aHVudGVyMi1TRUNSRVQteHl6");
  assert_gone (secret, "YWh1bnRlcjItU0VDUkVULXh5eg==");
  assert_gone (secret, "YWJodW50ZXIyLVNFQ1JFVC14eXo=");
  for (guint before = 0; before < 4; before++)
    for (guint after = 0; after < 4; after++) {
      g_autofree char *text = g_strconcat (around[before], secret, around[after], NULL);
      g_autofree char *encoded = g_base64_encode ((const guchar *) text, strlen (text));
      g_autofree char *masked = mask_one (secret, encoded);

      g_assert_nonnull (strstr (masked, MASK_TEXT));
      /* Left over: what the bytes around took part in. */
      g_assert_cmpuint (strlen (masked), <=, strlen (MASK_TEXT) + 4 * 4);
    }
  assert_masked ("\xfb\xef\xbe\xff\xfe", "x ++++//4= y", "x *** y");
  assert_masked ("\xfb\xef\xbe\xff\xfe", "x ----__4= y", "x *** y");
}

static void
test_base64_lines (void)
{
  g_autoptr (GString) secret = g_string_new (NULL);
  g_autofree char *encoded = NULL;

  for (guint i = 0; i < 150; i++)
    g_string_append_c (secret, (char) ('a' + i * 7 % 26));
  encoded = g_base64_encode ((const guchar *) secret->str, secret->len);
  for (gsize width = 64; width <= 76; width += 12) {
    /* One line that is full is not broken, one longer is. */
    g_autoptr (GString) lines = g_string_new (NULL);
    g_autofree char *masked = NULL;

    for (gsize at = 0; at < strlen (encoded); at += width)
      g_string_append_printf (lines, "%.*s\n", (int) width, encoded + at);
    masked = mask_one (secret->str, lines->str);
    g_assert_cmpstr (masked, ==, width == 64 ? "***\n***\n***\n***\n" : "***\n***\n***\n");
  }
}

static void
test_encodings (void)
{
  static const char secret[] = "p\"a\\s<&>/' $w`é\n!(x)*";
  static const char *const forms[] = {
    "p\\\"a\\\\s<&>/' $w`é\\n!(x)*",                                    /* JSON */
    "p\\\"a\\\\s\\u003c\\u0026\\u003e/' $w`é\\n!(x)*",                  /* Go */
    "p\\\"a\\\\s<&>/' $w`\\u00e9\\n!(x)*",                              /* Python */
    "p\\\"a\\\\s<&>\\/' $w`\\u00e9\\n!(x)*",                            /* PHP */
    "p%22a%5Cs%3C%26%3E%2F%27%20%24w%60%C3%A9%0A%21%28x%29%2A",         /* all */
    "p%22a%5cs%3c%26%3e%2f%27%20%24w%60%c3%a9%0a%21%28x%29%2a",
    "p%22a%5Cs%3C%26%3E%2F%27+%24w%60%C3%A9%0A%21%28x%29%2A",
    "p%22a%5Cs%3C%26%3E%2F'%20%24w%60%C3%A9%0A!(x)*",                   /* encodeURIComponent */
    "p%22a%5Cs%3C%26%3E/%27%20%24w%60%C3%A9%0A%21%28x%29%2A",           /* Python's quote */
    "$'p\"a\\\\s<&>/\\' $w`é\\n!(x)*'",                                 /* our own */
    "'p\"a\\s<&>/'\\'' $w`é\n!(x)*'",
    "'p\"a\\s<&>/'\"'\"' $w`é\n!(x)*'",                                 /* Python's shlex */
    "\"p\\\"a\\\\s<&>/' \\$w\\`é\n!(x)*\"",
    "'p\"a\\s<&>/'' $w`é\n!(x)*'",                                      /* YAML */
    "p&quot;a\\s&lt;&amp;&gt;/&#39; $w`é\n!(x)*",
    "p&#34;a\\s&lt;&amp;&gt;/&#39; $w`é\n!(x)*",
    "7022615c733c263e2f272024" "7760c3a90a212878292a",                  /* hexadecimal */
    "7022615C733C263E2F272024" "7760C3A90A212878292A",
  };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    assert_gone (secret, forms[i]);
  assert_masked ("pa ss'w#rd", "printf pa\\ ss\\'w\\#rd", "printf ***");
}

static void
test_characters (void)
{
  static const char secret[] = "a\x01\b\t\n\v\f\r\x0e\x7f\xf0\x9f\x98\x80\xe2\x80\xa8\xe2\x80\xa9z";
  static const char *const forms[] = {
    "a\\u0001\\b\\t\\n\\u000b\\f\\r\\u000e\x7f\xf0\x9f\x98\x80\xe2\x80\xa8\xe2\x80\xa9z",          /* JSON */
    "a\\u0001\\b\\t\\n\\u000b\\f\\r\\u000e\x7f\xf0\x9f\x98\x80\\u2028\\u2029z",                      /* Go */
    "a\\u0001\\b\\t\\n\\u000b\\f\\r\\u000e\\u007f\\ud83d\\ude00\\u2028\\u2029z",                    /* Python */
    "$'a\\001\\b\\t\\n\\v\\f\\r\\016\\177\xf0\x9f\x98\x80\\342\\200\\250\\342\\200\\251z'",
    "a%01%08%09%0A%0B%0C%0D%0E%7F%F0%9F%98%80%E2%80%A8%E2%80%A9z",
  };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    assert_gone (secret, forms[i]);
  assert_gone ("p-q_r.s~t u", "p-q_r.s~t+u");
  assert_gone ("/:@!$&'()*+,;= %?#[]", "/:@!$&'()*+,;=%20%25%3F%23%5B%5D");
  assert_gone ("tilde~and space", "tilde\\~and\\ space");
  assert_gone ("tilde~and space", "tilde~and\\ space");
}

/* No UTF-8, and NUL bytes: all that is left is done. */
static void
test_binary (void)
{
  g_autoptr (Masker) masker = masker_new ();
  g_autofree char *masked = NULL;

  g_assert_true (masker_add (masker, "\xff\0\xfe&b", 5));
  masked = masker_mask (masker, "x /wD+JmI= ff00fe2662 %FF%00%FE%26b \xff", -1, NULL);
  g_assert_cmpstr (masked, ==, "x *** *** *** \xff");
}

static void
test_lines (void)
{
  static const char pem[] = "-----BEGIN KEY-----\r\nMIIEabcdefgh\r\nxyz\r\nIJKLMNOPQRST\r\n-----END KEY-----";

  assert_masked (pem, "  MIIEabcdefgh\n  IJKLMNOPQRST\n  xyz\n", "  ***\n  ***\n  xyz\n");
  assert_masked (pem, "TUlJRWFiY2RlZmdo", "***");
  assert_masked (pem, "MIIEabcdefgh\\nIJKL", "***\\nIJKL");
  assert_masked (pem, pem, "***");
}

/* ---- streams --------------------------------------------------------------------- */

static void
feed_to (MaskStream *stream, GString *out, const char *data, gsize len, gboolean last)
{
  g_autoptr (GBytes) bytes = mask_stream_feed (stream, data, len, last);
  gsize size;
  const char *given = g_bytes_get_data (bytes, &size);

  g_string_append_len (out, given, (gssize) size);
}

/* In pieces that end at the set bits of PIECES and at EVERY bytes. */
static char *
mask_in_pieces (Masker *masker, const char *text, gsize first, gsize every)
{
  g_autoptr (MaskStream) stream = mask_stream_new (masker);
  GString *out = g_string_new (NULL);
  gsize len = strlen (text), at = 0;

  while (at < len) {
    gsize n = MIN (at == 0 && first > 0 ? first : every, len - at);

    feed_to (stream, out, text + at, n, FALSE);
    at += n;
  }
  feed_to (stream, out, "", 0, TRUE);
  return g_string_free (out, FALSE);
}

static const char streamed[] =
  "start hunter2-SECRET-xyz, hunter2-hunter2-SECRET-xyzhunter2-SECRET-xyz aHVudGVyMi1TRUNSRVQteHl6 "
  "abababab ababab secretsecret-longer-still secret-longe hunter2-SECRET-x \xc3\xa9 end";
static const char streamed_masked[] =
  "start ***, hunter2-*** *** "
  "*** *** *** ***-longe hunter2-SECRET-x \xc3\xa9 end";

static Masker *
new_masker_for_streams (void)
{
  Masker *masker = masker_new ();

  masker_add (masker, "hunter2-SECRET-xyz", -1);
  masker_add (masker, "abab", -1);
  masker_add (masker, "secret", -1);
  masker_add (masker, "secret-longer", -1);
  masker_add (masker, "longer-still", -1);
  return masker;
}

static void
test_every_split (void)
{
  g_autoptr (Masker) masker = new_masker_for_streams ();
  gsize len = strlen (streamed);
  g_autofree char *whole = masker_mask (masker, streamed, -1, NULL);

  g_assert_cmpstr (whole, ==, streamed_masked);
  for (gsize first = 1; first <= len; first++) {
    g_autofree char *two = mask_in_pieces (masker, streamed, first, len);
    g_autofree char *small = mask_in_pieces (masker, streamed, 0, first);

    g_assert_cmpstr (two, ==, streamed_masked);
    g_assert_cmpstr (small, ==, streamed_masked);
  }
}

static void
test_every_two_splits (void)
{
  g_autoptr (Masker) masker = new_masker_for_streams ();
  gsize len = strlen (streamed);

  for (gsize a = 0; a < len; a++)
    for (gsize b = a; b < len; b++) {
      g_autoptr (MaskStream) stream = mask_stream_new (masker);
      g_autoptr (GString) out = g_string_new (NULL);

      feed_to (stream, out, streamed, a, FALSE);
      feed_to (stream, out, streamed + a, b - a, FALSE);
      feed_to (stream, out, streamed + b, len - b, TRUE);
      g_assert_cmpstr (out->str, ==, streamed_masked);
    }
}

/* Held back is what may become a secret, and nothing else. */
static void
test_held_back (void)
{
  g_autoptr (Masker) masker = new_masker_for_streams ();
  g_autoptr (MaskStream) stream = mask_stream_new (masker);
  g_autoptr (GString) out = g_string_new (NULL);

  feed_to (stream, out, "plain text", 10, FALSE);
  g_assert_cmpstr (out->str, ==, "plain text");
  feed_to (stream, out, " hunter2-SE", 11, FALSE);
  g_assert_cmpstr (out->str, ==, "plain text ");
  feed_to (stream, out, "\n", 1, FALSE);
  g_assert_cmpstr (out->str, ==, "plain text hunter2-SE\n");
  feed_to (stream, out, "secret", 6, FALSE);
  g_assert_cmpstr (out->str, ==, "plain text hunter2-SE\n");
  feed_to (stream, out, ".", 1, FALSE);
  g_assert_cmpstr (out->str, ==, "plain text hunter2-SE\n***.");
}

static void
test_cut_by_end (void)
{
  g_autoptr (Masker) masker = new_masker_for_streams ();
  static const struct { const char *text, *masked; } cases[] = {
    { "x hunter2-SECRET-xyz", "x ***" }, { "x hunter2-SECRET-xy", "x ***" }, { "x hunter2-", "x ***" },
    { "x hunter2", "x hunter2" }, { "", "" }, { "x", "x" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *masked = mask_in_pieces (masker, cases[i].text, 0, 3);

    g_assert_cmpstr (masked, ==, cases[i].masked);
  }
}

static void
test_added_meanwhile (void)
{
  g_autoptr (Masker) masker = masker_new ();
  g_autoptr (MaskStream) stream = mask_stream_new (masker);
  g_autoptr (GString) out = g_string_new (NULL);

  feed_to (stream, out, "first-one ", 10, FALSE);
  masker_add (masker, "first-one", -1);
  feed_to (stream, out, "first-one second-two fir", 24, FALSE);
  g_assert_cmpstr (out->str, ==, "first-one *** second-two ");
  masker_add (masker, "first-three", -1);
  masker_add (masker, "irst", -1);
  feed_to (stream, out, "st-three x", 10, TRUE);
  g_assert_cmpstr (out->str, ==, "first-one *** second-two *** x");
}

/* A secret that is half given out when another is added stays one. */
static void
test_added_within_a_secret (void)
{
  g_autoptr (Masker) masker = masker_new ();
  g_autoptr (MaskStream) stream = mask_stream_new (masker);
  g_autoptr (GString) out = g_string_new (NULL);

  masker_add (masker, "abcdefgh", -1);
  masker_add (masker, "efghIJKL", -1);
  feed_to (stream, out, "-abcdefgh", 9, FALSE);
  g_assert_cmpstr (out->str, ==, "-***");
  masker_add (masker, "another", -1);
  feed_to (stream, out, "!", 1, TRUE);
  g_assert_cmpstr (out->str, ==, "-***!");
}

/* What a plain search would find must never be in what comes out. */
static void
test_random (void)
{
  for (guint n = 0; n < 3000; n++) {
    g_autoptr (Masker) masker = masker_new ();
    char secrets[3][8], text[64];
    g_autofree char *whole = NULL;
    g_autofree char *pieces = NULL;

    for (guint s = 0; s < 3; s++) {
      guint len = (guint) g_test_rand_int_range (4, 8);

      for (guint i = 0; i < len; i++)
        secrets[s][i] = (char) g_test_rand_int_range ('a', 'c');
      secrets[s][len] = '\0';
      masker_add (masker, secrets[s], -1);
    }
    for (guint i = 0; i < sizeof text - 1; i++)
      text[i] = (char) g_test_rand_int_range ('a', 'd');
    text[sizeof text - 1] = '\0';
    whole = masker_mask (masker, text, -1, NULL);
    pieces = mask_in_pieces (masker, text, 0, (gsize) g_test_rand_int_range (1, 9));
    g_assert_cmpstr (whole, ==, pieces);
    for (guint s = 0; s < 3; s++)
      g_assert_null (strstr (whole, secrets[s]));
  }
}

static void
test_empty_masker (void)
{
  g_autoptr (Masker) masker = masker_new ();
  gsize len;
  g_autofree char *masked = masker_mask (masker, "a\0b", 3, &len);

  g_assert_cmpmem (masked, len, "a\0b", 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mask/raw", test_raw);
  g_test_add_func ("/mask/lengths", test_lengths);
  g_test_add_func ("/mask/refusal", test_refusal);
  g_test_add_func ("/mask/json", test_json);
  g_test_add_func ("/mask/json-refusal", test_json_refusal);
  g_test_add_func ("/mask/nul-bytes", test_nul_bytes);
  g_test_add_func ("/mask/several", test_several);
  g_test_add_func ("/mask/base64", test_base64);
  g_test_add_func ("/mask/base64-lines", test_base64_lines);
  g_test_add_func ("/mask/encodings", test_encodings);
  g_test_add_func ("/mask/characters", test_characters);
  g_test_add_func ("/mask/binary", test_binary);
  g_test_add_func ("/mask/lines", test_lines);
  g_test_add_func ("/mask/every-split", test_every_split);
  g_test_add_func ("/mask/every-two-splits", test_every_two_splits);
  g_test_add_func ("/mask/held-back", test_held_back);
  g_test_add_func ("/mask/cut-by-end", test_cut_by_end);
  g_test_add_func ("/mask/added-meanwhile", test_added_meanwhile);
  g_test_add_func ("/mask/added-within", test_added_within_a_secret);
  g_test_add_func ("/mask/random", test_random);
  g_test_add_func ("/mask/empty", test_empty_masker);
  return g_test_run ();
}

/* Frames between the core and a plugin host, whole, in pieces and hostile.
 * SPDX-License-Identifier: MIT */
#include <glib.h>
#include <string.h>

#include "plugin/frame.h"

static GByteArray *
example (void)
{
  GByteArray *bytes = g_byte_array_new ();

  frame_begin (bytes, FRAME_SAY);
  frame_int (bytes, G_MININT64);
  frame_text (bytes, "text");
  frame_bytes (bytes, "a\0b", 3);
  frame_text (bytes, "");
  frame_finish (bytes, 0);
  return bytes;
}

static void
test_whole (void)
{
  g_autoptr (GByteArray) bytes = example ();
  const char *data;
  Frame frame;
  gsize len;

  g_assert_cmpint (frame_read (bytes->data, bytes->len, &frame), ==, bytes->len);
  g_assert_cmpint (frame.kind, ==, FRAME_SAY);
  g_assert_cmpint (frame_take_int (&frame), ==, G_MININT64);
  g_assert_cmpstr (frame_take_text (&frame), ==, "text");
  data = frame_take_bytes (&frame, &len);
  g_assert_cmpmem (data, len, "a\0b", 3);
  g_assert_cmpstr (frame_take_text (&frame), ==, "");
  g_assert_false (frame.broken);
  g_assert_cmpint (frame_take_int (&frame), ==, 0);
  g_assert_true (frame.broken);
  g_assert_cmpstr (frame_take_text (&frame), ==, "");
}

/* Byte by byte: never a frame before all of it is there, and what is read of
 * it never lies outside (valgrind and ASan look). */
static void
test_pieces (void)
{
  g_autoptr (GByteArray) bytes = example ();
  Frame frame;

  for (guint n = 0; n < bytes->len; n++)
    {
      g_autofree guint8 *part = g_memdup (bytes->data, n);
      g_assert_cmpint (frame_read (part, n, &frame), ==, 0);
    }
  g_byte_array_append (bytes, (const guint8 *) "more", 4);
  g_assert_cmpint (frame_read (bytes->data, bytes->len, &frame), ==, bytes->len - 4);
}

/* A whole frame whose inside is cut off anywhere. */
static void
test_cut_inside (void)
{
  g_autoptr (GByteArray) bytes = example ();

  for (guint32 n = 0; n + 8 < bytes->len; n++)
    {
      g_autofree guint8 *part = g_memdup (bytes->data, n + 8);
      Frame frame;
      gsize len;

      memcpy (part, &n, sizeof n);
      g_assert_cmpint (frame_read (part, n + 8, &frame), ==, n + 8);
      frame_take_int (&frame);
      frame_take_text (&frame);
      frame_take_bytes (&frame, &len);
      frame_take_text (&frame);
      g_assert_true (frame.broken);
    }
}

static void
check_header (guint32 length, guint32 kind, gssize wanted)
{
  guint32 header[2] = { length, kind };
  Frame frame;

  g_assert_cmpint (frame_read ((const guint8 *) header, sizeof header, &frame), ==, wanted);
}

static void
test_headers (void)
{
  check_header (0, 0, -1);
  check_header (0, 1, 8);
  check_header (0, FRAME_LAST - 1, 8);
  check_header (0, FRAME_LAST, -1);
  check_header (0, G_MAXUINT32, -1);
  check_header (FRAME_MAX_BYTES, 1, 0);
  check_header (FRAME_MAX_BYTES + 1, 1, -1);
  check_header (G_MAXUINT32, 1, -1);
}

static void
check_length (gint64 length, gboolean broken)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Frame frame;
  gsize len = 99;

  frame_begin (bytes, FRAME_RUN);
  frame_int (bytes, length);
  g_byte_array_append (bytes, (const guint8 *) "abc\0", 4);
  frame_finish (bytes, 0);
  g_assert_cmpint (frame_read (bytes->data, bytes->len, &frame), >, 0);
  frame_take_bytes (&frame, &len);
  g_assert_cmpint (frame.broken, ==, broken);
  g_assert_cmpuint (len, ==, broken ? 0 : length);
}

static void
test_lengths (void)
{
  check_length (3, FALSE);
  check_length (2, TRUE);               /* no NUL after it */
  check_length (4, TRUE);
  check_length (5, TRUE);
  check_length (-1, TRUE);
  check_length (G_MAXINT64, TRUE);
  check_length (G_MININT64, TRUE);
}

static void
test_random (void)
{
  for (guint i = 0; i < 20000; i++)
    {
      guint8 data[64];
      Frame frame;
      gsize len;

      for (guint j = 0; j < sizeof data; j++)
        data[j] = (guint8) g_test_rand_int_range (0, j % 8 == 0 || j == 4 ? 60 : 2);
      data[1] = data[2] = data[3] = data[5] = data[6] = data[7] = 0;
      if (frame_read (data, sizeof data, &frame) <= 0)
        continue;
      while (!frame.broken)
        frame_take_bytes (&frame, &len);
      g_assert_true (frame.at <= frame.end);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/frame/whole", test_whole);
  g_test_add_func ("/frame/pieces", test_pieces);
  g_test_add_func ("/frame/cut-inside", test_cut_inside);
  g_test_add_func ("/frame/headers", test_headers);
  g_test_add_func ("/frame/lengths", test_lengths);
  g_test_add_func ("/frame/random", test_random);
  return g_test_run ();
}

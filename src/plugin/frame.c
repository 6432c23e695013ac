/* SPDX-License-Identifier: MIT */
#include "plugin/frame.h"

#include <string.h>

typedef struct { guint32 length, kind; } Header;

void
frame_begin (GByteArray *buffer, FrameKind kind)
{
  Header header = { 0, kind };

  g_byte_array_append (buffer, (const guint8 *) &header, sizeof header);
}

void
frame_int (GByteArray *buffer, gint64 number)
{
  g_byte_array_append (buffer, (const guint8 *) &number, sizeof number);
}

void
frame_bytes (GByteArray *buffer, const void *data, gsize len)
{
  frame_int (buffer, (gint64) len);
  if (len > 0)
    g_byte_array_append (buffer, data, (guint) len);
  g_byte_array_append (buffer, (const guint8 *) "", 1);
}

void
frame_text (GByteArray *buffer, const char *text)
{
  frame_bytes (buffer, text, strlen (text));
}

void
frame_finish (GByteArray *buffer, guint start)
{
  guint32 length = buffer->len - start - (guint32) sizeof (Header);

  memcpy (buffer->data + start, &length, sizeof length);
}

gint64
frame_take_int (Frame *frame)
{
  gint64 number = 0;

  if (frame->end - frame->at < (gssize) sizeof number)
    {
      frame->broken = TRUE;
      return 0;
    }
  memcpy (&number, frame->at, sizeof number);
  frame->at += sizeof number;
  return number;
}

const char *
frame_take_bytes (Frame *frame, gsize *len)
{
  gint64 n = frame_take_int (frame);
  const char *bytes = (const char *) frame->at;

  *len = 0;
  if (frame->broken || n < 0 || n >= frame->end - frame->at || bytes[n] != '\0')
    {
      frame->broken = TRUE;
      return "";
    }
  frame->at += n + 1;
  *len = (gsize) n;
  return bytes;
}

const char *
frame_take_text (Frame *frame)
{
  gsize len;

  return frame_take_bytes (frame, &len);
}

gssize
frame_read (const guint8 *data, gsize len, Frame *frame)
{
  Header header;

  if (len < sizeof header)
    return 0;
  memcpy (&header, data, sizeof header);
  if (header.kind == 0 || header.kind >= FRAME_LAST || header.length > FRAME_MAX_BYTES)
    return -1;
  if (len - sizeof header < header.length)
    return 0;
  *frame = (Frame) { header.kind, data + sizeof header, data + sizeof header + header.length, FALSE };
  return (gssize) (sizeof header + header.length);
}

/* SPDX-License-Identifier: MIT */
#include "plugin/frame.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct { guint32 length, kind; } Header;

static const char *const body_types[FRAME_LAST] = {
  [FRAME_CALL] = FRAME_CALL_TYPE, [FRAME_RAN] = FRAME_RAN_TYPE, [FRAME_FILE_IS] = "ay", [FRAME_PAUSED] = "i",
  [FRAME_RUN] = FRAME_RUN_TYPE, [FRAME_FILE] = "(uayay)", [FRAME_PAUSE] = "x", [FRAME_SAY] = "(uuay)",
  [FRAME_OUTPUT] = "(ayay)", [FRAME_DONE] = "i",
};

static gboolean
header_is_sane (const Header *header)
{
  return header->kind > 0 && header->kind < FRAME_LAST && header->length <= FRAME_MAX_BYTES;
}

/* Takes DATA.  Not trusted: a plugin may have written anything. */
static GVariant *
body_from_bytes (FrameKind kind, guint8 *data, gsize length)
{
  GVariant *body = g_variant_new_from_data (G_VARIANT_TYPE (body_types[kind]), data, length, FALSE, g_free, data);

  return g_variant_ref_sink (body);
}

static gboolean
send_all (int fd, const void *data, gsize length)
{
  const char *at = data;

  while (length > 0)
    {
      ssize_t n = send (fd, at, length, MSG_NOSIGNAL);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      at += n;
      length -= (gsize) n;
    }
  return TRUE;
}

static gboolean
receive_all (int fd, void *data, gsize length)
{
  char *at = data;

  while (length > 0)
    {
      ssize_t n = read (fd, at, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      at += n;
      length -= (gsize) n;
    }
  return TRUE;
}

gboolean
frame_send (int fd, FrameKind kind, GVariant *body)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  frame_append (bytes, kind, body);
  return send_all (fd, bytes->data, bytes->len);
}

GVariant *
frame_receive (int fd, FrameKind *kind)
{
  Header header;
  guint8 *data;

  if (!receive_all (fd, &header, sizeof header) || !header_is_sane (&header))
    return NULL;
  data = g_malloc (header.length);
  if (!receive_all (fd, data, header.length))
    {
      g_free (data);
      return NULL;
    }
  *kind = header.kind;
  return body_from_bytes (header.kind, data, header.length);
}

void
frame_append (GByteArray *buffer, FrameKind kind, GVariant *body)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (body);
  gsize length = g_variant_get_size (owned);
  Header header = { (guint32) length, kind };
  guint at = buffer->len + sizeof header;

  g_assert (g_variant_is_of_type (owned, G_VARIANT_TYPE (body_types[kind])) && length <= FRAME_MAX_BYTES);
  g_byte_array_append (buffer, (const guint8 *) &header, sizeof header);
  g_byte_array_set_size (buffer, at + (guint) length);
  g_variant_store (owned, buffer->data + at);
}

GVariant *
frame_take (GByteArray *buffer, FrameKind *kind, gboolean *broken)
{
  GVariant *body;
  guint8 *data;
  Header header;

  *broken = FALSE;
  if (buffer->len < sizeof header)
    return NULL;
  memcpy (&header, buffer->data, sizeof header);
  if (!header_is_sane (&header))
    {
      *broken = TRUE;
      return NULL;
    }
  if (buffer->len - sizeof header < header.length)
    return NULL;
  *kind = header.kind;
  data = g_malloc (header.length);
  memcpy (data, buffer->data + sizeof header, header.length);
  body = body_from_bytes (header.kind, data, header.length);
  g_byte_array_remove_range (buffer, 0, sizeof header + header.length);
  return body;
}

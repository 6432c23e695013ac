/* SPDX-License-Identifier: MIT */
#include "proc/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "proc/reason.h"

#define KEEP_MIN      4           /* so that there is a beginning and an end */
#define FIRST_SIZE    4096
#define SPACE_MIN     ((gsize) 64 * 1024)   /* worth reading into */
#define LOOK_EVERY    ((guint64) 1 << 20)
#define RESERVE_MAX   ((guint64) 16 << 20)  /* what is left of a disk ... */
#define RESERVE_PART  20                    /* ... or this part of a small one */
#define SPILL_PIECE   ((gsize) 64 * 1024)

void
capture_init (Capture *capture, gsize keep, char *spill)
{
  *capture = (Capture) { 0 };
  capture->keep = keep == 0 ? CAPTURE_KEEP : MAX (keep, KEEP_MIN);
  capture->head = capture->keep / 4;
  capture->oldest = capture->head;
  capture->spill = spill;
  capture->spill_max = CAPTURE_SPILL_MAX;
  capture->spill_fd = -1;
}

/* ---- the file -------------------------------------------------------- */

static void
spill_stop (Capture *capture, char *why)
{
  if (capture->spill_fd >= 0)
    close (capture->spill_fd);
  capture->spill_fd = -1;
  g_free (capture->spill_error);
  capture->spill_error = why;
}

static void
spill_fail (Capture *capture, const char *what)
{
  g_autofree char *reason = reason_of_errno (errno);

  spill_stop (capture, g_strdup_printf ("%s: %s", what, reason));
}

/* A write past RLIMIT_FSIZE would end us with SIGXFSZ: stay below it. */
static guint64
spill_limit (const Capture *capture)
{
  struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };       /* the highest number there is */

  getrlimit (RLIMIT_FSIZE, &limit);
  return MIN (capture->spill_max, (guint64) limit.rlim_cur);
}

/* A tool that fills the disk must not take the room that the record of the
 * run needs to say so. */
static gboolean
disk_has_room (Capture *capture)
{
  struct statvfs disk = { 0 };
  guint64 whole, reserve;

  if (capture->spill_size < capture->spill_look)
    return TRUE;
  capture->spill_look = capture->spill_size + LOOK_EVERY;
  if (fstatvfs (capture->spill_fd, &disk) < 0 || disk.f_blocks == 0)
    return TRUE;
  whole = (guint64) disk.f_blocks * disk.f_frsize;
  reserve = MIN (RESERVE_MAX, whole / RESERVE_PART);
  return (guint64) disk.f_bavail * disk.f_frsize >= reserve + LOOK_EVERY;
}

static void
spill_write (Capture *capture, const char *data, gsize len)
{
  guint64 limit = spill_limit (capture);

  while (len > 0 && capture->spill_fd >= 0) {
    guint64 room = limit > capture->spill_size ? limit - capture->spill_size : 0;
    ssize_t n;

    if (room == 0) {
      spill_stop (capture, g_strdup_printf ("stopped at %" G_GUINT64_FORMAT " bytes", limit));
      return;
    }
    if (!disk_has_room (capture)) {
      spill_stop (capture, g_strdup ("the disk is almost full"));
      return;
    }
    n = write (capture->spill_fd, data, (gsize) MIN (room, (guint64) len));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      spill_fail (capture, "cannot write");
      return;
    }
    capture->spill_size += (guint64) n;
    data += n;
    len -= (gsize) n;
  }
}

static void
spill_feed (Capture *capture, const char *data, gsize len, gboolean last)
{
  g_autoptr (GBytes) filtered = NULL;

  if (capture->spill_fd < 0)
    return;
  if (capture->filter != NULL) {
    filtered = capture->filter (data, len, last, capture->filter_data);
    data = filtered != NULL ? g_bytes_get_data (filtered, &len) : NULL;
  }
  if (data != NULL)
    spill_write (capture, data, len);
}

static void
spill_begin (Capture *capture)
{
  int fd = open (capture->spill, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

  capture->spilled = TRUE;
  if (fd < 0) {
    spill_fail (capture, "cannot create the file");
    g_clear_pointer (&capture->spill, g_free);
    return;
  }
  fchmod (fd, 0600);            /* whatever the umask */
  capture->spill_fd = fd;
}

/* What waits for the file is in the buffer, in order: as long as no more
 * came than that keeps. */
static void
spill_waiting (Capture *capture, gboolean last)
{
  if (capture->spill == NULL)
    return;
  if (!capture->spilled)
    spill_begin (capture);
  do {
    gsize left = capture->used - capture->filed, n = MIN (SPILL_PIECE, left);

    spill_feed (capture, n > 0 ? capture->buffer + capture->filed : "", n, last && n == left);
    capture->filed += n;
  } while (capture->filed < capture->used);
}

gboolean
capture_waits (const Capture *capture)
{
  return capture->spill != NULL && capture->filed < capture->used;
}

void
capture_flush (Capture *capture)
{
  if (capture_waits (capture))
    spill_waiting (capture, FALSE);
}

/* ---- memory ---------------------------------------------------------- */

static void
move_ring (Capture *capture, gsize n)
{
  capture->oldest += n;
  if (capture->oldest == capture->keep)
    capture->oldest = capture->head;
}

static gsize
keep_in_order (Capture *capture, const char *data, gsize len)
{
  gsize n = MIN (len, capture->keep - capture->used);

  if (n == 0)
    return 0;
  if (capture->used + n > capture->allocated) {
    gsize size = MAX (capture->allocated * 2, FIRST_SIZE);

    while (size < capture->used + n)
      size *= 2;
    capture->allocated = MIN (size, capture->keep);
    capture->buffer = g_realloc (capture->buffer, capture->allocated);
  }
  memcpy (capture->buffer + capture->used, data, n);
  capture->used += n;
  return n;
}

static void
keep_in_ring (Capture *capture, const char *data, gsize len)
{
  gsize size = capture->keep - capture->head;

  if (len > size) {
    data += len - size;
    len = size;
  }
  while (len > 0) {
    gsize n = MIN (len, capture->keep - capture->oldest);

    memcpy (capture->buffer + capture->oldest, data, n);
    move_ring (capture, n);
    data += n;
    len -= n;
  }
}

void
capture_add (Capture *capture, const char *data, gsize len)
{
  gboolean fits = capture->total + len <= capture->keep;
  gsize n;

  capture->total += len;
  if (!fits) {
    spill_waiting (capture, FALSE);
    spill_feed (capture, data, len, FALSE);
  }
  n = keep_in_order (capture, data, len);
  if (n < len)
    keep_in_ring (capture, data + n, len - n);
  if (!fits)
    capture->filed = capture->used;
  else if (capture->used - capture->filed >= SPILL_PIECE)
    capture_flush (capture);
}

char *
capture_space (Capture *capture, gsize *len)
{
  gsize room = capture->keep - capture->oldest;

  if (capture->total <= capture->keep || room < SPACE_MIN)
    return NULL;
  *len = MIN (*len, room);
  return capture->buffer + capture->oldest;
}

void
capture_took (Capture *capture, const char *data, gsize len)
{
  if (capture->total <= capture->keep || data != capture->buffer + capture->oldest) {
    capture_add (capture, data, len);
    return;
  }
  capture->total += len;
  spill_feed (capture, data, len, FALSE);
  move_ring (capture, len);
}

void
capture_finish (Capture *capture)
{
  int fd;

  if (capture_waits (capture) || capture->spill_fd >= 0)
    spill_waiting (capture, TRUE);
  fd = capture->spill_fd;
  capture->spill_fd = -1;
  if (fd >= 0 && close (fd) < 0)
    spill_fail (capture, "cannot write");
}

static void
reverse (char *data, gsize len)
{
  for (gsize i = 0, j = len; i + 1 < j; i++) {
    char byte = data[i];

    data[i] = data[--j];
    data[j] = byte;
  }
}

/* In place: there may be many streams, and a copy of each is too much. */
static void
put_ring_in_order (const Capture *capture, char *ring)
{
  gsize size = capture->keep - capture->head, newer = capture->oldest - capture->head;

  reverse (ring, newer);
  reverse (ring + newer, size - newer);
  reverse (ring, size);
}

GBytes *
capture_take (Capture *capture, gsize *cut_at)
{
  gboolean cut = capture->total > capture->keep;
  char *whole = g_realloc (g_steal_pointer (&capture->buffer), capture->used + 1);

  if (cut)
    put_ring_in_order (capture, whole + capture->head);
  whole[capture->used] = '\0';
  *cut_at = cut ? capture->head : 0;
  return g_bytes_new_take (whole, capture->used);
}

void
capture_clear (Capture *capture)
{
  if (capture->spill_fd >= 0)
    close (capture->spill_fd);
  capture->spill_fd = -1;
  g_clear_pointer (&capture->buffer, g_free);
  g_clear_pointer (&capture->spill, g_free);
  g_clear_pointer (&capture->spill_error, g_free);
}

/* One stream of a tool as it is kept: its beginning and end in memory, all
 * of it in a file.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#define CAPTURE_KEEP      ((gsize) 1 << 20)    /* bytes in memory when a command says 0 */
#define CAPTURE_SPILL_MAX ((guint64) 1 << 30)  /* bytes of one file */

/* Bytes on their way to the file; LAST: none follow. */
typedef GBytes *(*CaptureFilter) (const char *data, gsize len, gboolean last, gpointer user_data);

typedef struct {
  gsize         keep;           /* what .buffer may grow to */
  gsize         head;           /* bytes at its beginning that are never overwritten */
  char         *buffer;
  gsize         allocated, used;
  gsize         oldest;         /* once more than .keep came: where the ring begins */
  guint64       total;

  char         *spill;          /* NULL: no file; made when the first byte is to go there */
  gsize         filed;          /* bytes of .buffer that have been handed to it */
  guint64       spill_max;
  int           spill_fd;       /* -1: not opened, or done with */
  gboolean      spilled;        /* the file was begun */
  guint64       spill_size;
  guint64       spill_look;     /* at what size to look again whether the disk has room */
  char         *spill_error;
  CaptureFilter filter;
  gpointer      filter_data;
} Capture;

/* SPILL: path of the file to be made, taken over, or NULL.  KEEP 0: CAPTURE_KEEP. */
void    capture_init   (Capture *capture, gsize keep, char *spill);
void    capture_add    (Capture *capture, const char *data, gsize len);
/* Where to read at most *LEN bytes to, sparing a copy; NULL: elsewhere. */
char   *capture_space  (Capture *capture, gsize *len);
/* DATA was read there, or elsewhere. */
void    capture_took   (Capture *capture, const char *data, gsize len);
/* Some of what came is not in the file yet. */
gboolean capture_waits (const Capture *capture);
/* Bring it there. */
void    capture_flush  (Capture *capture);
/* No more comes: close the file.  Twice is harmless. */
void    capture_finish (Capture *capture);
/* The whole, or beginning and end, and a NUL after it; *CUT_AT: where bytes
 * are missing, or 0.  Once, at the end. */
GBytes *capture_take   (Capture *capture, gsize *cut_at);
void    capture_clear  (Capture *capture);

/* What the core and a plugin host say to each other over their socket: a
 * length, a kind, and fields one after the other, numbers as 8 bytes, bytes
 * with their length before them.  Both ends are one program on one machine.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef enum {
  /* core to host */
  FRAME_CALL = 1,      /* plugin, action, is check, is watched (FRAME_LOOK is to be asked), abandoned,
                        * deadline on the monotonic clock in microseconds or G_MAXINT64, n, n of (name,
                        * value as JSON) */
                       /* answers, which all begin with the deadline, as it may have moved: */
  FRAME_RAN,           /* ok, how, exit code, signal, out, err, out total, err total */
  FRAME_FILE_IS,       /* path, empty: failed */
  FRAME_PAUSED,        /* a galley_status */
  FRAME_SEEN,          /* there, number, has data, data, problem (empty: none) */
  /* host to core */
  FRAME_RUN,           /* tool, flags, n, n arguments, n, n of (name, value), cwd, has stdin, stdin */
  FRAME_FILE,          /* flags, suffix, data */
  FRAME_PAUSE,         /* milliseconds */
  FRAME_LOOK,          /* LookKind, subject */
  FRAME_SAY,           /* FrameSay, class, text */
  FRAME_OUTPUT,        /* name, value as JSON */
  FRAME_DONE,          /* a galley_status, soiled: its process is not as it was, and ends */
  FRAME_LAST
} FrameKind;

typedef enum { SAY_NEED, SAY_FAIL, SAY_FIX, SAY_NOTE, SAY_PROGRESS, SAY_LAST } FrameSay;

#define FRAME_MAX_BYTES (64 * 1024 * 1024)

/* A frame being put together at the end of BUFFER. */
void  frame_begin  (GByteArray *buffer, FrameKind kind);
void  frame_int    (GByteArray *buffer, gint64 number);
void  frame_bytes  (GByteArray *buffer, const void *data, gsize len);
void  frame_text   (GByteArray *buffer, const char *text);
/* START: where frame_begin was called. */
void  frame_finish (GByteArray *buffer, guint start);

/* A frame being taken apart.  What is not there comes out as 0 or "" and
 * leaves .broken set: a plugin may have written anything. */
typedef struct {
  FrameKind     kind;
  const guint8 *at, *end;
  gboolean      broken;
} Frame;

gint64      frame_take_int   (Frame *frame);
/* A NUL follows the bytes. */
const char *frame_take_bytes (Frame *frame, gsize *len);
const char *frame_take_text  (Frame *frame);

/* The first frame of DATA: the bytes it takes up; 0: not all there yet;
 * -1: this is no frame. */
gssize frame_read (const guint8 *data, gsize len, Frame *frame);

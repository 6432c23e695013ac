/* What the core and a plugin host say to each other over their socket: a
 * length, a kind, and a serialised GVariant of the kind's type.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef enum {
  /* core to host */
  FRAME_CALL = 1,      /* FRAME_CALL_TYPE */
  FRAME_RAN,           /* (exited well, how, exit code, signal, out, err, out total, err total) */
  FRAME_FILE_IS,       /* path, empty: failed */
  FRAME_PAUSED,        /* a galley_status */
  /* host to core */
  FRAME_RUN,           /* (tool, flags, argv, environment pairs, cwd, has stdin, stdin) */
  FRAME_FILE,          /* (flags, suffix, data) */
  FRAME_PAUSE,         /* milliseconds */
  FRAME_SAY,           /* (FrameSay, class, text) */
  FRAME_OUTPUT,        /* (name, value as JSON) */
  FRAME_DONE,          /* a galley_status */
  FRAME_LAST
} FrameKind;

typedef enum { SAY_NEED, SAY_FAIL, SAY_FIX, SAY_NOTE, SAY_PROGRESS } FrameSay;

/* (plugin, action, is it check, abandoned, deadline on the monotonic clock
 * in microseconds or G_MAXINT64, params as pairs of name and JSON) */
#define FRAME_CALL_TYPE "(ayaybbxa(ayay))"
#define FRAME_RAN_TYPE  "(biiiayaytt)"
#define FRAME_RUN_TYPE  "(ayuaaya(ayay)aybay)"

#define FRAME_MAX_BYTES (64 * 1024 * 1024)

/* Blocking; the host's side.  FALSE: the other side is gone. */
gboolean  frame_send    (int fd, FrameKind kind, GVariant *body);
GVariant *frame_receive (int fd, FrameKind *kind);

/* For the core, which never blocks: a frame as bytes to be written, and
 * the first whole frame of BUFFER, which it is taken out of.
 * frame_take: NULL with *BROKEN unset: not all there yet. */
void      frame_append  (GByteArray *buffer, FrameKind kind, GVariant *body);
GVariant *frame_take    (GByteArray *buffer, FrameKind *kind, gboolean *broken);

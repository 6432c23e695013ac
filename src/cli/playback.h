/* The events of a run on record as its transcript, or as JSON lines, on
 * standard output; the output of its commands comes from its files.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct {
  const char *folder;             /* of the run */
  const char *step;               /* only what belongs to it (see past_means); NULL: all */
  gboolean    json;
  gboolean    safe;               /* for a terminal: control characters are written out */
} PlaybackOptions;

typedef struct _Playback Playback;
/* OPTIONS are borrowed, with what is in them. */
Playback *playback_new  (const PlaybackOptions *options);
void      playback_free (Playback *playback);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Playback, playback_free)

/* The events, in order, as history_events gives them.  FALSE: *ERROR
 * (GALLEY_ERROR_RECORD). */
gboolean playback_event  (Playback *playback, gint64 number, const char *step, const char *json, GError **error);
/* The number of the last one. */
gint64   playback_number (const Playback *playback);
/* What has come from commands that still run. */
void     playback_output (Playback *playback);
/* Nothing more comes: what is left of commands that have no end. */
void     playback_end    (Playback *playback);
/* Write all that there is, however long it takes.  0, or an errno: after it
 * nothing is written any more. */
int      playback_flush  (Playback *playback);

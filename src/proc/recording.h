/* What is in a recording: JSON lines, one for each thing a run asked of the
 * world, in the order in which that was answered.  See galley-recording(5).
 * SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>

#include "proc/asked.h"
#include "proc/look.h"
#include "proc/process.h"

#define RECORDING_VERSION 1
#define RECORDING_MAX     (512 << 20)   /* bytes of the file */

typedef struct {
  ProcessStream stream;
  gint64        at_ms;            /* since the call began */
  GBytes       *data;
} RecordedOutput;

typedef struct {
  gint64         number;
  Asked          asked;
  gboolean       ended;           /* FALSE: its galley did not live to see that */
  ProcessResult  result;          /* but for .output[].data, and .error is to be made of .error_text */
  char          *error_text;
  GPtrArray     *outputs;         /* of RecordedOutput* */
} RecordedCall;

typedef struct {
  char     *caller, *subject;
  LookKind  kind;
  Look      look;
} RecordedLook;

/* Galley was told to end, .after_ms after the last of its first .calls calls
 * began, or ended: all but those of .running had. */
typedef struct {
  int     signal;
  gint64  calls, after_ms;
  GArray *running;                /* of gint64: their numbers */
} RecordedInterrupt;

typedef struct {
  JsonObject *head;               /* borrowed from .lines */
  gboolean    done;               /* FALSE: its galley was killed, and with it what has no end here */
  GPtrArray  *lines;              /* of JsonNode */
  GPtrArray  *calls;              /* of RecordedCall*, in order */
  GHashTable *numbers;            /* their numbers -> RecordedCall*, borrowed */
  GPtrArray  *looks;              /* of RecordedLook*, in order */
  GPtrArray  *interrupts;         /* of RecordedInterrupt*, in order */
  GHashTable *vars;               /* "app/name" -> JsonObject, borrowed */
  GHashTable *envs;               /* name -> JsonNode, borrowed */
  GHashTable *tools;              /* name -> JsonObject, borrowed */
} Recording;

/* Errors: GALLEY_ERROR_USAGE with file and line. */
Recording *recording_read (const char *path, GError **error);
void       recording_free (Recording *recording);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recording, recording_free)

const char *recording_text (JsonObject *line, const char *name);    /* or NULL */
gint64      recording_int  (JsonObject *line, const char *name);    /* or 0 */
gboolean    recording_flag (JsonObject *line, const char *name);    /* or FALSE */
/* Bytes as members of a line: NAME when they are UTF-8, else NAME_base64. */
void        recording_set_bytes (JsonObject *line, const char *name, const char *data, gsize len);
GBytes     *recording_get_bytes (JsonObject *line, const char *name);   /* or NULL */
const char *look_kind_name (LookKind kind);

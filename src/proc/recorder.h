/* Keeps what a run asks of the world, and is answered, in a recording.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "proc/disguise.h"
#include "proc/recording.h"

typedef struct _Recorder Recorder;

/* How an output came: LEN bytes of STREAM, AT_MS after its command began. */
typedef struct { ProcessStream stream; gint64 at_ms; gsize len; } Piece;

/* PATH is made or emptied (0600).  HEAD (taken) becomes the first line, with
 * what every recording has.  DISGUISE: borrowed.  Errors: GALLEY_ERROR_USAGE. */
Recorder *recorder_new  (const char *path, JsonObject *head, Disguise *disguise, GError **error);
/* Writes what is held back, and closes the file. */
void      recorder_free (Recorder *recorder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recorder, recorder_free)
/* Why the recording is not whole; NULL: it is. */
const char *recorder_problem (const Recorder *recorder);

void  recorder_var  (Recorder *recorder, const char *name, JsonNode *value, const char *origin);     /* VALUE NULL: none */
void  recorder_env  (Recorder *recorder, const char *name, const char *value);      /* NULL: not set */
/* PATH NULL: it was not found, and PROBLEM says why. */
void  recorder_tool (Recorder *recorder, const char *name, const char *path, const char *problem);
/* A callback of STEP begins; PARAMS: JSON. */
void  recorder_begin (Recorder *recorder, const char *step, const char *params);
/* The number that recorder_end wants. */
guint recorder_call (Recorder *recorder, const Command *command);
/* PIECES (of Piece): how all of RESULT's outputs came, if they are whole. */
void  recorder_end  (Recorder *recorder, guint number, const Command *command, const GArray *pieces, const ProcessResult *result);
void  recorder_look (Recorder *recorder, const char *caller, LookKind kind, const char *subject, const Look *look);
/* Galley was told to end by SIGNAL. */
void  recorder_interrupt (Recorder *recorder, int signal);
/* The run has ended: what comes no more was not cut off. */
void  recorder_done (Recorder *recorder);
/* Nothing more is learnt of secrets in what STEP was answered; that is held
 * back until then. */
void  recorder_settle (Recorder *recorder, const char *step);

/* Answers out of a recording.  SPDX-License-Identifier: MIT */
#pragma once

#include "proc/recording.h"

typedef struct _Replay Replay;

/* RECORDING: taken. */
Replay *replay_new  (Recording *recording);
void    replay_free (Replay *replay);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Replay, replay_free)
const Recording *replay_recording (const Replay *replay);

/* The next call of the same caller, if it is ASKED.  NULL: it is not, *PROBLEM;
 * or, *PROBLEM being NULL, its galley was killed before that. */
const RecordedCall *replay_call (Replay *replay, const Asked *asked, char **problem);
/* The calls that nobody has asked for yet, in words; NULL: there are none. */
char *replay_left (const Replay *replay);
/* The same of a look; SUBJECT as in a recording. */
const RecordedLook *replay_look (Replay *replay, const char *caller, LookKind kind, const char *subject, char **problem);

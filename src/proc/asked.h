/* A command as it is in a recording: what it must be alike in to be answered
 * by it.  SPDX-License-Identifier: MIT */
#pragma once

#include "proc/command.h"
#include "proc/disguise.h"

typedef struct {
  char  *caller;                  /* "cluster check"; "tools": asked for its version */
  char **argv;
  char  *cwd;                     /* NULL: galley's own */
  char **files;                   /* "NAME=HASH" of the private files that .argv names, in its order */
  char  *input, *given;           /* hashes: of standard input, of the environment its step gives; or NULL */
} Asked;

void  asked_init  (Asked *asked, const Command *command, const Disguise *disguise);
void  asked_clear (Asked *asked);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Asked, asked_clear)

/* Where NOW departs from what was RECORDED, in words; NULL: nowhere. */
char *asked_difference (const Asked *recorded, const Asked *now);

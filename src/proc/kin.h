/* Whose child is this?  Tools' descendants that lose their parent become
 * our own children (we are a subreaper); this finds out which command each
 * belongs to, also when several run at once.
 *
 * By, in this order: having been seen below the command earlier; a cookie
 * in the environment every command starts with and its descendants inherit;
 * the session, which is the command's unless a descendant made its own.
 * What runs in our own session never belongs to a command: those start with
 * one of their own.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include "proc/procfs.h"

#define KIN_VARIABLE "GALLEY_PROCESS"

typedef struct _Kin Kin;

/* Children there already are strangers, and stay alone. */
Kin     *kin_new      (void);
void     kin_free     (Kin *kin);

/* A new command: its number, never 0. */
guint64  kin_begin    (Kin *kin);
/* "GALLEY_PROCESS=..." for its environment. */
char    *kin_cookie   (Kin *kin, guint64 command);
void     kin_lead     (Kin *kin, guint64 command, pid_t leader);
/* It is over.  BACKGROUND: what is left of it may live. */
void     kin_end      (Kin *kin, guint64 command, gboolean background);

void     kin_adopt    (Kin *kin, pid_t pid);
void     kin_disown   (Kin *kin, pid_t pid);

/* Everything now below PID belongs to COMMAND, whatever becomes of it. */
void     kin_remember (Kin *kin, guint64 command, pid_t pid);
/* So do these (ProcessStat each). */
void     kin_claim    (Kin *kin, guint64 command, GArray *stats);
/* Our children that are left of COMMAND, ProcessStat each.  When no other
 * command runs, also those nobody can be told for.  Dead ones are reaped on
 * the way.  COMMAND 0: all of every command but those in the background.
 * NULL: for want of something it cannot be seen now. */
GArray  *kin_strays   (Kin *kin, guint64 command);
/* Reap dead children that are neither leaders nor adopted. */
void     kin_reap     (Kin *kin);

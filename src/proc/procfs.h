/* What /proc says about processes.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct {
  pid_t   pid, parent, group, session;
  char    state;            /* 'R', 'S', 'Z', ... */
  guint64 start;            /* clock ticks since boot */
} ProcessStat;

gboolean procfs_stat     (pid_t pid, ProcessStat *stat);
/* Adds the children of PID, all its threads'. */
void     procfs_children (pid_t pid, GArray *pids);
/* Adds the descendants of those in STATS (ProcessStat each), as far as they
 * can be seen. */
void     procfs_descendants (GArray *stats);
/* Signal just the process that was looked at, never a later one of the
 * same number. */
void     procfs_signal   (const ProcessStat *stat, int number);
/* The value of NAME in the environment PID was started with; NULL: it has
 * none, or we may not look. */
char    *procfs_environ  (pid_t pid, const char *name);

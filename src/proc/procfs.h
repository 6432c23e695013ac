/* What /proc says about processes.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct {
  pid_t   pid, parent, group, session;
  char    state;            /* 'R', 'S', 'Z', ... */
  guint64 start;            /* clock ticks since boot */
} ProcessStat;

/* FALSE: see errno; procfs_is_gone tells whether there just is no such
 * process, or no /proc. */
gboolean procfs_stat     (pid_t pid, ProcessStat *stat);
gboolean procfs_is_gone  (int error_number);
/* Adds the children of PID, all its threads'.  FALSE: for want of something
 * (descriptors, memory) not all could be seen. */
gboolean procfs_children (pid_t pid, GArray *pids);
/* Adds the descendants of those in STATS (ProcessStat each), as far as they
 * can be seen. */
void     procfs_descendants (GArray *stats);
gboolean procfs_ignores  (pid_t pid, int number);
/* Signal just the process that was looked at, never a later one of the
 * same number. */
void     procfs_signal   (const ProcessStat *stat, int number);
/* The value of NAME in the environment PID was started with; NULL: it has
 * none, or we may not look. */
char    *procfs_environ  (pid_t pid, const char *name);

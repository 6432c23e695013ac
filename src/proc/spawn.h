/* Start one program.  The child shares our memory until execve, so what is
 * done there is a short list of system calls and nothing else.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <signal.h>
#include <sys/types.h>

#define SPAWN_STACK_SIZE (64 * 1024)   /* and a guard page below it */

typedef enum {
  SPAWN_PIPE = 1,           /* a pipe or its descriptors could not be made */
  SPAWN_FORK,
  SPAWN_STREAMS,            /* standard streams could not be put in place */
  SPAWN_FOLDER,             /* working folder could not be entered */
  SPAWN_EXEC,
  SPAWN_PARENT_GONE,        /* we had died before the child could look */
} SpawnStage;

typedef struct {
  const char        *path;  /* absolute */
  char *const       *argv;
  char *const       *env;
  const char        *cwd;   /* NULL: ours */
  int                null_fd;     /* stdin when HAS_INPUT is FALSE */
  gboolean           has_input;
  int                passed_fd;   /* stays open in the program under its number; -1: none */
  const sigset_t    *mask;
  guint64            ignored;     /* bit n-1: signal n is ignored; others get their default */
  void              *stack;       /* of spawn_stack_new */
} SpawnRequest;

typedef struct {
  pid_t pid;                /* leader of a session and a process group of its own */
  int   pidfd;              /* -1: the kernel has none to give */
  int   in, out, err;       /* our ends, not blocking, CLOEXEC; .in is -1 without HAS_INPUT */
} Spawned;

typedef struct {
  SpawnStage stage;
  int        error_number;
} SpawnFailure;

void    *spawn_stack_new  (void);
void     spawn_stack_free (void *stack);
/* FALSE: nothing was left behind, not even a descriptor. */
gboolean spawn            (const SpawnRequest *request, Spawned *spawned, SpawnFailure *failure);

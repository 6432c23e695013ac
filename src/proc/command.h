/* One command line of a tool, complete: nothing is looked up or guessed
 * once it is built.  SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef enum {
  COMMAND_BACKGROUND = 1 << 0,     /* what it leaves behind may live on */
  COMMAND_SECRET_OUTPUT = 1 << 1,  /* may print secrets that nobody declared: for recordings */
  COMMAND_UNUSED_OUTPUT = 1 << 2,  /* ... and nobody needs what it prints */
} CommandFlags;

typedef struct {
  char        *path;               /* absolute path of the program */
  char       **argv;               /* argv[0] is the tool's name */
  char       **env;                /* the whole environment, "NAME=value" */
  char        *cwd;                /* absolute; NULL: galley's own */
  GBytes      *stdin_data;         /* NULL: /dev/null */
  gint64       timeout_ms;         /* 0: none */
  gint64       idle_timeout_ms;    /* without a byte of output; 0: none */
  gint64       grace_ms;           /* SIGTERM to SIGKILL; 0: 30 s */
  gsize        keep;               /* bytes of each stream kept in memory; 0: 1 MiB */
  char        *spill;              /* "DIR/NAME": all of its output, up to 1 GiB a stream, goes
                                    * through .filter to NAME.stdout and NAME.stderr (0600), each
                                    * made at its first byte; a byte is there after 200 ms at the
                                    * latest.  NULL: to no file */
  guint        flags;              /* CommandFlags */
  char        *caller;             /* whose it is in a recording, "STEP check"; NULL: nobody's */
  char       **given;              /* of .env what the step gives it, sorted; may be NULL */
} Command;

Command *command_new  (const char *path, const char *const *argv);
void     command_free (Command *command);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Command, command_free)

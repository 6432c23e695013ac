/* Spawn a command and watch over it and everything it starts, until all of
 * that is gone.  The only place of galley that starts programs.
 *
 * Event driven, on the thread-default GMainContext, in one thread: a
 * process belongs to a Supervisor; handlers are called from the main loop,
 * never from inside process_start.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <signal.h>
#include "proc/command.h"

typedef enum {
  PROCESS_EXITED = 1,
  PROCESS_SIGNALLED,
  PROCESS_TIMED_OUT,        /* ended by us: .timeout_ms or .idle_timeout_ms */
  PROCESS_CANCELLED,        /* ended by us: process_cancel */
  PROCESS_NOT_STARTED,      /* exec or fork failed: .error says why */
  PROCESS_UNKNOWN,          /* it is gone and nobody knows how (ECHILD), or all it said */
} ProcessHow;

typedef enum { PROCESS_STDOUT = 0, PROCESS_STDERR = 1 } ProcessStream;

typedef struct {
  GBytes  *data;            /* the whole, or its beginning and end; never NULL;
                             * a NUL follows it that does not count */
  guint64  total;           /* bytes the tool wrote */
  gsize    cut_at;          /* where in .data bytes are missing; 0: none are */
  char    *spill;           /* file with all of it, or NULL */
  char    *spill_error;     /* why the file is not whole, or NULL */
} ProcessOutput;

typedef struct {
  ProcessHow    how;
  int           exit_code;  /* -1 unless EXITED */
  int           signal;     /* of SIGNALLED; and of TIMED_OUT and CANCELLED, what ended it */
  gboolean      core_dumped;
  GError       *error;      /* of NOT_STARTED: domain G_FILE_ERROR-like text with the cause;
                             * code is the errno */
  int           error_number; /* of NOT_STARTED: errno */
  ProcessOutput output[2];  /* by ProcessStream */
  gint64        duration_ms;
  gint64        max_rss_kib, cpu_ms;
  guint         strays;     /* processes it left behind that had to be killed */
  gboolean      held_open;  /* its output was still held open 2 s after its end */
  gint64        limit_ms;   /* of TIMED_OUT: the timeout that passed */
  gboolean      idle;       /* of TIMED_OUT: .idle_timeout_ms was it */
  guint         survivors;  /* processes that even SIGKILL did not end in time */
  const char   *departure;  /* of NOT_STARTED: what is played has no answer to it, and why; or NULL */
} ProcessResult;

/* Domain of .error; its codes are errno values. */
#define PROCESS_ERROR (process_error_quark ())
GQuark process_error_quark (void);

typedef struct _Supervisor Supervisor;
typedef struct _Process    Process;

typedef struct {
  /* Bytes as they come; may be NULL. */
  void (*output) (Process *process, ProcessStream stream, const char *data, gsize len, gpointer user_data);
  /* Exactly once.  RESULT lives until the handler returns; PROCESS too. */
  void (*ended)  (Process *process, const ProcessResult *result, gpointer user_data);
  /* FILTER: turns bytes on their way into the spill file (the masker); NULL: as they are. */
  GBytes *(*filter) (Process *process, ProcessStream stream, const char *data, gsize len,
                     gboolean last, gpointer user_data);
} ProcessHandlers;

/* One per program.  Becomes a subreaper.  Blocks nothing, installs no
 * handlers: the caller's main() has set SIGCHLD to SIG_DFL, SIGPIPE to
 * SIG_IGN and the mask it likes.  Tools start with MASK; NULL, as ever but in
 * tests: nothing is blocked, or a tool may be deaf to our SIGTERM.  They
 * ignore what galley was started with ignored, which IGNORED (bit n-1 for
 * signal n) says.
 */
Supervisor *supervisor_new  (const sigset_t *mask, guint64 ignored);
/* Kills what is left (SIGKILL), waits for it. */
void        supervisor_free (Supervisor *supervisor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Supervisor, supervisor_free)

/* A child of ours that is no tool (a plugin host): not to be swept. */
void  supervisor_adopt  (Supervisor *supervisor, pid_t pid);
void  supervisor_disown (Supervisor *supervisor, pid_t pid);
/* A descriptor (above 2) that tools inherit, so that a lock on it is held
 * as long as one of them lives; those with COMMAND_BACKGROUND do not.  -1: none. */
void  supervisor_pass_fd (Supervisor *supervisor, int fd);
guint supervisor_running (Supervisor *supervisor);
/* SIGSTOP (TRUE) or SIGCONT to every running tool's group; clocks of
 * timeouts stand still meanwhile, and nothing new starts. */
void  supervisor_pause  (Supervisor *supervisor, gboolean paused);

/* COMMAND is taken over.  Even what cannot be started calls .ended. */
Process *process_start  (Supervisor *supervisor, Command *command,
                         const ProcessHandlers *handlers, gpointer user_data);
/* SIGTERM and SIGCONT to the tree now (or SIGNAL instead of SIGTERM),
 * SIGKILL after the command's grace.  Again: SIGKILL at once. */
void     process_cancel (Process *process, int signal);
void     process_kill   (Process *process);
/* 0: not started, or not yet: what may pass (a fork refused, a program being
 * written, a pause) is waited for. */
pid_t    process_pid    (Process *process);
const Command *process_command (Process *process);

const char *process_how_to_string (ProcessHow how);
/* "exit 3", "killed by SIGKILL", "timed out after 10m (SIGTERM)", "not started: no such file" */
char *process_result_describe (const ProcessResult *result);
/* What else is worth telling of the tool NAME: processes it left behind, output that did not end; or NULL. */
char *process_result_describe_rest (const ProcessResult *result, const char *name);

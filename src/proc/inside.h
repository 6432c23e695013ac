/* What the files of process.h share among themselves.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "proc/capture.h"
#include "proc/kin.h"
#include "proc/process.h"
#include "proc/replay.h"
#include "proc/spawn.h"
#include "proc/world.h"

/* Times are on the monotonic clock, in microseconds. */
#define MS             1000
#define GRACE_MS       30000
#define DRAIN_TIME     (2000 * MS)      /* for output, after the tool's own end */
#define KILL_TIME      (5000 * MS)      /* SIGKILL to giving up */
#define FREEZE_TIME    (500 * MS)       /* of it, spent on stopping strays first */
#define SUPERVISOR_SCRATCH ((gsize) 256 * 1024)   /* one read at most */

/* Of a number of milliseconds a caller gives; never overflows. */
static inline gint64
from_ms (gint64 ms)
{
  return MIN (ms, G_MAXINT64 / (4 * MS)) * MS;
}

typedef struct {
  GSource  base;
  gpointer owner;
} OwnedSource;

struct _Supervisor {
  GMainContext *context;
  GPtrArray    *processes;      /* that run */
  Kin          *kin;
  GSource      *reaper;
  sigset_t      mask;
  guint64       ignored;
  int           null_fd;
  int           passed_fd;      /* -1: none */
  void         *stack;
  char         *scratch;
  gint64        paused_at;      /* 0: not */
  gint64        paused_time;    /* sum of the pauses that are over */
};

typedef struct {
  Process *process;
  int      fd;                  /* -1: at its end, or closed by us */
  gpointer tag;
  gboolean large;               /* its pipe was made so */
  Capture  capture;
} Stream;

typedef enum {
  SWEEP_NOT = 0,                /* the tool lives, or its output is read */
  SWEEP_WAIT,                   /* for strays to end by themselves */
  SWEEP_TERM,                   /* SIGTERM was sent */
  SWEEP_KILL,
  SWEEP_DONE,
} SweepPhase;

/* A live process, or one that is played. */
typedef struct {
  void (*cancel) (Process *process, int signal);
  void (*kill)   (Process *process);
} ProcessKind;

struct _Process {
  const ProcessKind *kind;
  Supervisor      *supervisor;
  Command         *command;
  ProcessHandlers  handlers;
  gpointer         user_data;
  GSource         *source;
  guint64          number;      /* for Kin */
  char           **env;

  pid_t            pid;         /* 0: not started */
  int              pidfd;
  gpointer         pidfd_tag;
  int              in;
  gpointer         in_tag;
  gsize            in_sent;
  Stream           streams[2];
  gint64           file_at;     /* output goes to its file then; 0: it is there */

  guint            busy_tries, fork_tries;
  gint64           retry_at;
  gboolean         failed;      /* will never start */
  SpawnFailure     failure;

  gint64           started, ended;
  gint64           timeout_at, idle_at;  /* on the supervisor's clock; 0: none */
  gboolean         gone;        /* the tool has ended; not reaped until it is swept up */
  gboolean         lost;        /* ... and somebody else has reaped it */
  gboolean         unread;      /* its output could not be read to the end */
  gint64           drain_until;
  gboolean         held_open;

  ProcessHow       ended_by;    /* TIMED_OUT, CANCELLED; 0: by itself */
  gboolean         idle;
  int              signal;      /* the last we sent; 0: none */
  guint            cancels;
  gint64           grace_until;
  gint64           killed_at;   /* 0: no SIGKILL yet */

  SweepPhase       sweep;
  gint64           sweep_until, sweep_next, sweep_interval;
  GHashTable      *told;        /* strays that got a signal */
  guint            survivors;
};

/* supervisor.c */
gint64   supervisor_clock (const Supervisor *supervisor);   /* stands still during a pause */
void     supervisor_enter (Supervisor *supervisor, Process *process);

/* process.c */
void     process_rearm (Process *process);
void     process_leave (Process *process);
void     process_free  (Process *process);

/* streams.c */
void     streams_init  (Process *process);
void     streams_watch (Process *process, const Spawned *spawned);
void     streams_close (Process *process);
gboolean streams_open  (const Process *process);
void     streams_pump  (Process *process);
void     streams_read  (Process *process);
/* What came goes to the files, for others to read there. */
void     streams_file  (Process *process);
/* Take what is there, and no more. */
void     streams_stop  (Process *process);
void     watched_close (Process *process, int *fd, gpointer *tag);

/* ending.c */
void     ending_signal (Process *process, int number);
void     ending_begin  (Process *process, ProcessHow how, int number);
void     ending_kill   (Process *process);
void     ending_look   (Process *process);
/* Kill STRAYS and all below them, which are added.  Processes that multiply
 * cannot be killed one after the other: with FREEZE all are stopped first.
 * FALSE: some still moved; look again, and call again. */
gboolean ending_hunt   (GArray *strays, gboolean freeze);
/* TRUE: nothing is left of it. */
gboolean ending_wind_up (Process *process, gint64 now);

/* start-error.c: what was wrong, as text */
GError  *start_error_new (const Command *command, const SpawnFailure *failure);

/* outcome.c */
void     outcome_fill  (Process *process, ProcessResult *result);
void     outcome_take  (Stream *stream, ProcessOutput *output);
void     outcome_clear (ProcessResult *result);

/* world.c */
typedef struct {
  Process *(*start)     (World *world, Command *command, const ProcessHandlers *handlers, gpointer user_data);
  char    *(*find_tool) (World *world, const char *name, const char *search_path, GError **error);
  gboolean (*look)      (World *world, const char *caller, LookKind kind, const char *subject, gint64 deadline_us,
                         Look *look, char **problem);
  char    *(*env)       (World *world, const char *name);
  char    *(*identity)  (World *world, const char *path);
} WorldKind;

struct _World {
  const WorldKind  *kind;
  Disguise         *disguise;
  Supervisor       *supervisor;   /* of a live one */
  struct _Recorder *recorder;     /* of a live one; NULL: it is not recorded */
  Replay           *replay;       /* of one that is played */
  Clock            *clock;
  gint64            seed;         /* of chance */
  GPtrArray        *playing;      /* of Process*: what is answered right now */
  void            (*ended) (gpointer data);
  gpointer          ended_data;
  GHashTable       *begun, *over; /* numbers of the calls that are, borrowed */
  guint             interrupts;   /* so many of the recording have been */
  GSource          *interrupt;    /* the next one comes; or NULL */
  void            (*interrupted) (int signal, gpointer data);
  gpointer          interrupted_data;
};

/* What a recording says otherwise, as it is here. */
char    *world_show     (World *world, const char *text);
/* NAME, which is no program of galley's, is at PATH. */
void     world_add_tool (World *world, const char *name, const char *path);

/* live.c */
extern const WorldKind live_world;

/* played.c */
extern const WorldKind played_world;
void     played_end_all (World *world);
/* Is it time for the next interrupt that was recorded? */
void     played_look_for_interrupt (World *world);
/* Nothing comes any more: once time has nothing else to do, that is told. */
void     played_has_ended (World *world);

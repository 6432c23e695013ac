/* Takes events, masks them, hands them to the sinks.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/clock.h"
#include "base/mask.h"
#include "report/event.h"

/* Where events go.  A sink must not fail the run: on a write error it sets
 * .problem, which the reporter tells the others, and stays quiet. */
typedef struct _Sink Sink;
struct _Sink {
  void (*event) (Sink *sink, const Event *event);
  void (*tick)  (Sink *sink);       /* about 10 times a second while something runs; may be NULL */
  void (*flush) (Sink *sink);       /* write what is left; leave the terminal to others; may be NULL */
  void (*free)  (Sink *sink);
  char  *problem;                   /* "cannot write the transcript: ..."; freed by the reporter */
};

typedef struct _Reporter Reporter;
/* MASKER is borrowed and asked anew for each event. */
Reporter *reporter_new  (Masker *masker);
/* Borrowed; from which events have their times. */
void      reporter_set_clock (Reporter *reporter, Clock *clock);
void      reporter_free (Reporter *reporter);          /* flushes and frees the sinks */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reporter, reporter_free)
void      reporter_add_sink (Reporter *reporter, Sink *sink);   /* takes it */
/* Fills in .time_us and .elapsed_ms where they are 0.  Output of a tool (EVENT_OUTPUT) goes
 * through one MaskStream per command and stream, and comes out as whole
 * lines (a line of more than 16 KiB in pieces; \r ends a line of progress;
 * what is left at EVENT_COMMAND_END is flushed before it).  Of more than
 * 1 MiB the middle is left out, and a note says so. */
void      reporter_emit (Reporter *reporter, const Event *event);
void      reporter_tick (Reporter *reporter);
/* Before somebody else uses the terminal (a question, Ctrl-Z): takes the live
 * lines away until the next event or tick. */
void      reporter_flush (Reporter *reporter);

/* -- the sinks ----------------------------------------------------------- */

typedef enum { VERBOSITY_QUIET = -1, VERBOSITY_NORMAL = 0, VERBOSITY_VERBOSE = 1, VERBOSITY_DEBUG = 2 } Verbosity;

/* Progress for people on FD (stderr).  LIVE: a terminal: one line for each
 * running step, redrawn, with elapsed time and the tool's last line (or the
 * PROGRESS text); else plain lines, and a heartbeat for each running step
 * every 30 s ("cluster: still running after 2m 30s: waiting for ...").
 * COLOR: SGR colours.  COLUMNS/rows are asked of the terminal.  Held, changed,
 * ... lines as steps end; a failure as a block (file:line, step and
 * plugin.action, command, how it ended, telling line, diagnosis, fix, how to
 * go on); a closing table: step, result, attempts, time.
 * With VERBOSE the transcript's lines come between. */
Sink *terminal_sink_new   (int fd, gboolean live, gboolean color, Verbosity verbosity);
/* The transcript: each command as one line that can be pasted into a shell
 * ("$ (cd DIR && NAME=value tool args)"), its output, how it ended, how long
 * it took.  FD is taken over. */
Sink *transcript_sink_new (int fd);
/* One JSON object a line.  FD is taken over. */
Sink *json_sink_new       (int fd);

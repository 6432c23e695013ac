/* What came of a command, in fields and in words.
 * SPDX-License-Identifier: MIT */
#include "proc/inside.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/text.h"
#include "proc/reason.h"

G_DEFINE_QUARK (galley-process-error, process_error)

/* ---- fields ---------------------------------------------------------- */

/* Only now is the tool reaped. */
static gboolean
reap (const Process *process, int *status, struct rusage *usage)
{
  pid_t pid;

  if (process->lost)
    return FALSE;
  do
    pid = wait4 (process->pid, status, WNOHANG, usage);
  while (pid < 0 && errno == EINTR);
  return pid == process->pid;
}

static void
fill_status (Process *process, ProcessResult *result)
{
  struct rusage usage = { 0 };
  int status = 0;

  if (!reap (process, &status, &usage)) {
    result->how = process->ended_by != 0 ? process->ended_by : PROCESS_UNKNOWN;
    result->signal = process->signal;
    return;
  }
  result->max_rss_kib = usage.ru_maxrss;
  result->cpu_ms = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000
                   + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
  result->core_dumped = WIFSIGNALED (status) && WCOREDUMP (status);
  if (process->ended_by != 0) {
    result->how = process->ended_by;
    result->signal = WIFSIGNALED (status) ? WTERMSIG (status) : process->signal;
  } else if (WIFSIGNALED (status)) {
    result->how = PROCESS_SIGNALLED;
    result->signal = WTERMSIG (status);
  } else {
    result->how = PROCESS_EXITED;
    result->exit_code = WEXITSTATUS (status);
  }
  /* What it said is not known, and to it its pipe was broken. */
  if (process->unread && process->ended_by == 0)
    result->how = PROCESS_UNKNOWN;
}

void
outcome_take (Stream *stream, ProcessOutput *output)
{
  Capture *capture = &stream->capture;

  capture_finish (capture);
  output->data = capture_take (capture, &output->cut_at);
  output->total = capture->total;
  output->spill = capture->spilled ? g_strdup (capture->spill) : NULL;
  output->spill_error = g_strdup (capture->spill_error);
}

static void
fill_how (Process *process, ProcessResult *result)
{
  if (process->failed) {
    result->how = PROCESS_NOT_STARTED;
    result->error = start_error_new (process->command, &process->failure);
    result->error_number = process->failure.error_number;
  } else if (process->pid == 0) {
    result->how = process->ended_by;    /* before it could be started */
  } else {
    gint64 ended = process->gone ? process->ended : g_get_monotonic_time ();

    fill_status (process, result);
    result->duration_ms = (ended - process->started) / MS;
  }
}

void
outcome_fill (Process *process, ProcessResult *result)
{
  *result = (ProcessResult) { .exit_code = -1 };
  fill_how (process, result);
  for (int i = 0; i < 2; i++)
    outcome_take (&process->streams[i], &result->output[i]);
  if (result->how == PROCESS_TIMED_OUT) {
    result->idle = process->idle;
    result->limit_ms = process->idle ? process->command->idle_timeout_ms
                                     : process->command->timeout_ms;
  }
  result->strays = process->told != NULL ? g_hash_table_size (process->told) : 0;
  result->survivors = process->survivors;
  result->held_open = process->held_open;
}

void
outcome_clear (ProcessResult *result)
{
  g_clear_error (&result->error);
  for (int i = 0; i < 2; i++) {
    g_bytes_unref (result->output[i].data);
    g_free (result->output[i].spill);
    g_free (result->output[i].spill_error);
  }
}

/* ---- words ----------------------------------------------------------- */

const char *
process_how_to_string (ProcessHow how)
{
  switch (how) {
    case PROCESS_EXITED:      return "exited";
    case PROCESS_SIGNALLED:   return "signalled";
    case PROCESS_TIMED_OUT:   return "timed_out";
    case PROCESS_CANCELLED:   return "cancelled";
    case PROCESS_NOT_STARTED: return "not_started";
    case PROCESS_UNKNOWN:     return "unknown";
  }
  return "unknown";
}

static char *
signal_name (int number)
{
  const char *name = sigabbrev_np (number);

  if (name != NULL)
    return g_strdup_printf ("SIG%s", name);
  if (number >= SIGRTMIN && number <= SIGRTMAX)
    return number == SIGRTMIN ? g_strdup ("SIGRTMIN")
                              : g_strdup_printf ("SIGRTMIN+%d", number - SIGRTMIN);
  return g_strdup_printf ("signal %d", number);
}

static char *
with_signal (const char *text, int number)
{
  g_autofree char *name = NULL;

  if (number == 0)
    return g_strdup (text);
  name = signal_name (number);
  return g_strdup_printf ("%s (%s)", text, name);
}

static char *
describe_timeout (const ProcessResult *result)
{
  gint64 limit = result->limit_ms != 0 ? result->limit_ms : result->duration_ms;
  g_autofree char *time = duration_format (limit);
  g_autofree char *text = g_strdup_printf ("timed out after %s%s", time,
                                           result->idle ? " without output" : "");

  return with_signal (text, result->signal);
}

static char *
describe_signal (const ProcessResult *result)
{
  g_autofree char *name = signal_name (result->signal);

  return g_strdup_printf ("killed by %s%s", name, result->core_dumped ? ", core dumped" : "");
}

static char *
describe_failure (const ProcessResult *result)
{
  g_autofree char *reason = reason_of_errno (result->error_number);

  return g_strdup_printf ("not started: %s", result->error != NULL ? result->error->message : reason);
}

/* What we end ourselves ends with all that is below it: no word about that. */
char *
process_result_describe_rest (const ProcessResult *result, const char *name)
{
  gboolean by_itself = result->how != PROCESS_TIMED_OUT && result->how != PROCESS_CANCELLED;
  const char *held = result->held_open ? "its output was still held open 2 s after its end" : NULL;

  if (result->survivors > 0)
    return g_strdup_printf ("\"%s\" left %u process%s behind that could not be ended", name, result->survivors,
                            result->survivors > 1 ? "es" : "");
  if (result->strays > 0 && by_itself)
    return g_strdup_printf ("\"%s\" left %u process%s behind that had to be ended%s%s", name, result->strays,
                            result->strays > 1 ? "es" : "", held != NULL ? "; " : "", held != NULL ? held : "");
  return held != NULL ? g_strdup_printf ("\"%s\": %s", name, held) : NULL;
}

char *
process_result_describe (const ProcessResult *result)
{
  switch (result->how) {
    case PROCESS_EXITED:
      return g_strdup_printf ("exit %d", result->exit_code);
    case PROCESS_SIGNALLED:
      return describe_signal (result);
    case PROCESS_TIMED_OUT:
      return describe_timeout (result);
    case PROCESS_CANCELLED:
      return with_signal ("cancelled", result->signal);
    case PROCESS_NOT_STARTED:
      return describe_failure (result);
    case PROCESS_UNKNOWN:
      break;
  }
  return g_strdup ("ended, and how is not known");
}

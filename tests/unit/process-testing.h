/* Run commands in tests of src/proc and keep what came of them.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <string.h>

#include "proc/process.h"

typedef struct {
  Process   *process;       /* NULL once it has ended */
  gboolean   done;
  guint      calls;         /* of .ended */
  ProcessHow how;
  int        exit_code, signal, error_number;
  gboolean   core_dumped, held_open, idle;
  char      *error, *described;
  GBytes    *data[2];
  guint64    total[2];
  gsize      cut_at[2];
  char      *spill[2], *spill_error[2];
  gint64     duration_ms, max_rss_kib, cpu_ms;
  guint      strays, survivors;
  GString   *seen[2];       /* what .output was given; NULL: not wanted */
} Run;

static inline void
run_output (Process *process, ProcessStream stream, const char *data, gsize len, gpointer user_data)
{
  Run *run = user_data;

  if (run->seen[stream] != NULL)
    g_string_append_len (run->seen[stream], data, (gssize) len);
}

static inline void
run_ended (Process *process, const ProcessResult *result, gpointer user_data)
{
  Run *run = user_data;

  run->calls++;
  run->process = NULL;
  run->done = TRUE;
  run->how = result->how;
  run->exit_code = result->exit_code;
  run->signal = result->signal;
  run->error_number = result->error_number;
  run->core_dumped = result->core_dumped;
  run->held_open = result->held_open;
  run->idle = result->idle;
  run->error = result->error != NULL ? g_strdup (result->error->message) : NULL;
  run->described = process_result_describe (result);
  for (int i = 0; i < 2; i++) {
    run->data[i] = g_bytes_ref (result->output[i].data);
    run->total[i] = result->output[i].total;
    run->cut_at[i] = result->output[i].cut_at;
    run->spill[i] = g_strdup (result->output[i].spill);
    run->spill_error[i] = g_strdup (result->output[i].spill_error);
  }
  run->duration_ms = result->duration_ms;
  run->max_rss_kib = result->max_rss_kib;
  run->cpu_ms = result->cpu_ms;
  run->strays = result->strays;
  run->survivors = result->survivors;
}

static inline void
run_free (Run *run)
{
  if (run == NULL)
    return;
  g_free (run->error);
  g_free (run->described);
  for (int i = 0; i < 2; i++) {
    g_clear_pointer (&run->data[i], g_bytes_unref);
    g_free (run->spill[i]);
    g_free (run->spill_error[i]);
    if (run->seen[i] != NULL)
      g_string_free (run->seen[i], TRUE);
  }
  g_free (run);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)

static const ProcessHandlers run_handlers = { run_output, run_ended, NULL };

static inline Run *
run_start (Supervisor *supervisor, Command *command)
{
  Run *run = g_new0 (Run, 1);

  run->seen[0] = g_string_new (NULL);
  run->seen[1] = g_string_new (NULL);
  run->process = process_start (supervisor, command, &run_handlers, run);
  g_assert_false (run->done);
  return run;
}

static inline void
run_wait (Run *run)
{
  while (!run->done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (run->calls, ==, 1);
}

/* Until .output was given TEXT on stdout. */
static inline void
run_wait_for (Run *run, const char *text)
{
  while (strstr (run->seen[0]->str, text) == NULL) {
    g_assert_false (run->done);
    g_main_context_iteration (NULL, TRUE);
  }
}

static inline Run *
run_command (Supervisor *supervisor, Command *command)
{
  Run *run = run_start (supervisor, command);

  run_wait (run);
  return run;
}

static inline Command *
shell (const char *script)
{
  const char *argv[] = { "sh", "-c", script, NULL };
  const char *env[] = { "PATH=/usr/bin:/bin", NULL };
  Command *command = command_new ("/bin/sh", argv);

  command->env = g_strdupv ((char **) env);
  return command;
}

static inline char *
run_text (const Run *run, ProcessStream stream)
{
  return g_strndup (g_bytes_get_data (run->data[stream], NULL), g_bytes_get_size (run->data[stream]));
}

#define assert_output(run, stream, text) G_STMT_START {                       \
    g_autofree char *text_ = run_text (run, stream);                         \
    g_assert_cmpstr (text_, ==, text);                                        \
  } G_STMT_END

/* Run commands in tests of src/proc and keep what came of them.
 * SPDX-License-Identifier: MIT */
#pragma once

#if defined (__has_feature)
#if __has_feature (address_sanitizer)
#define SHADOWED 1
#endif
#endif

#include <dirent.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/process.h"
#include "proc/procfs.h"
#include "refuse.h"

#define SEEN_MAX   (64 * 1024 * 1024)     /* a tool that floods us more than that was to be ended */
#define MEMORY_MAX (1024 * 1024 * 1024)
#define TIME_MAX   300                    /* seconds, for all tests of a program */

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

  if (run->seen[stream] == NULL)
    return;
  g_assert_cmpuint (run->seen[stream]->len, <, SEEN_MAX);
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
folder_new (void)
{
  char *path = g_dir_make_tmp ("galley-test-XXXXXX", NULL);

  g_assert_nonnull (path);
  return path;
}

/* With all files in it; it has no folders. */
static inline void
folder_remove (char *path)
{
  DIR *dir = opendir (path);
  struct dirent *entry;

  g_assert_nonnull (dir);
  while ((entry = readdir (dir)) != NULL)
    unlinkat (dirfd (dir), entry->d_name, 0);
  closedir (dir);
  g_assert_cmpint (rmdir (path), ==, 0);
  g_free (path);
}

typedef char Folder;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Folder, folder_remove)

/* Memory has a shadow: of a sanitizer or of valgrind. */
static inline gboolean
is_shadowed (void)
{
#if defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__) || defined (SHADOWED)
  return TRUE;
#else
  return under_valgrind ();
#endif
}

/* For main: what goes wrong in a test costs neither the machine's memory nor
 * all day.  Shadow memory of sanitizers and valgrind has no such limit. */
static inline void
process_test_init (int *argc, char ***argv)
{
  struct rlimit limit = { MEMORY_MAX, MEMORY_MAX };

  g_test_init (argc, argv, NULL);
  signal (SIGPIPE, SIG_IGN);
  if (!is_shadowed ())
    setrlimit (RLIMIT_AS, &limit);
  alarm (TIME_MAX);
}

static inline gboolean
is_alive (pid_t pid)
{
  ProcessStat stat;

  return procfs_stat (pid, &stat) && stat.state != 'Z' && stat.state != 'X';
}

/* What is in FOLDER/NAME, waited for until it ends in a newline. */
static inline char *
wait_for_line (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *text = NULL;

  for (int i = 0; i < 5000; i++) {
    if (g_file_get_contents (path, &text, NULL, NULL) && g_str_has_suffix (text, "\n"))
      return text;
    g_clear_pointer (&text, g_free);
    g_main_context_iteration (NULL, FALSE);
    g_usleep (1000);
  }
  g_error ("nothing came in \"%s\"", path);
}

static inline pid_t
wait_for_pid (const char *folder, const char *name)
{
  g_autofree char *text = wait_for_line (folder, name);

  return atoi (text);
}

static inline guint
count_entries (const char *path)
{
  DIR *dir = opendir (path);
  guint n = 0;

  g_assert_nonnull (dir);
  while (readdir (dir) != NULL)
    n++;
  closedir (dir);
  return n - 2;                 /* "." and ".." */
}

static inline guint
count_fds (void)
{
  return count_entries ("/proc/self/fd") - 1;   /* without that of the count */
}

static inline Command *
shell_in (const char *folder, const char *script)
{
  Command *command = shell (script);

  command->cwd = g_strdup (folder);
  return command;
}

/* All bytes of a stream, for which a NUL must be at the end only. */
static inline char *
run_text (const Run *run, ProcessStream stream)
{
  gsize size;
  const char *data = g_bytes_get_data (run->data[stream], &size);

  g_assert_nonnull (data);
  g_assert_cmpuint (strlen (data), ==, size);
  return g_strdup (data);
}

#define assert_output(run, stream, text) G_STMT_START {                       \
    g_autofree char *text_ = run_text (run, stream);                         \
    g_assert_cmpstr (text_, ==, text);                                        \
  } G_STMT_END

static inline gint64
ms_since (gint64 from)
{
  return (g_get_monotonic_time () - from) / 1000;
}

/* The pid a process wrote; it must be one that runs. */
static inline pid_t
live_pid (const char *folder, const char *name)
{
  pid_t pid = wait_for_pid (folder, name);

  g_assert_true (is_alive (pid));
  return pid;
}

static inline void
assert_no_children (void)
{
  g_assert_cmpint (waitpid (-1, NULL, WNOHANG), ==, -1);
  g_assert_cmpint (errno, ==, ECHILD);
}

/* A process of its own session, orphaned, that writes its pid to NAME. */
#define ESCAPE(name, more) \
  "setsid sh -c '" more "sh -c \"echo \\$\\$ > " name "; exec sleep 7777\" & ' >/dev/null 2>&1;"
#define WAIT_FOR(name) "while ! [ -s " name " ]; do sleep 0.01; done;"

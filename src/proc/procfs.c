/* SPDX-License-Identifier: MIT */
#include "proc/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENVIRON_MAX ((gsize) 8 << 20)    /* argv and environment are less than 6 MiB */
#define STATUS_MAX  ((gsize) 64 << 10)
#define STAT_MAX    ((gsize) 4 << 10)
#define PATH_SIZE   64

/* All of a small file, NUL-terminated; NULL: cannot be read, see errno. */
static GString *
read_all (const char *path, gsize max)
{
  GString *text;
  char buffer[4096];
  ssize_t n;
  int saved, fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return NULL;
  text = g_string_new (NULL);
  do {
    n = read (fd, buffer, sizeof buffer);
    if (n > 0)
      g_string_append_len (text, buffer, n);
  } while ((n > 0 && text->len < max) || (n < 0 && errno == EINTR));
  saved = errno;
  close (fd);
  errno = saved;
  if (n < 0)
    g_string_free (g_steal_pointer (&text), TRUE);
  return text;
}

static void
free_string (GString *text)
{
  g_string_free (text, TRUE);
}

/* "12 (a (strange) name) S 1 12 12 ..." */
static gboolean
parse_stat (const char *text, ProcessStat *stat)
{
  const char *after = strrchr (text, ')');
  unsigned long long start;
  char state;
  int parent, group, session;

  if (after == NULL
      || sscanf (after + 1, " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                 &state, &parent, &group, &session, &start) != 5)
    return FALSE;
  stat->state = state;
  stat->parent = parent;
  stat->group = group;
  stat->session = session;
  stat->start = start;
  return TRUE;
}

gboolean
procfs_stat (pid_t pid, ProcessStat *stat)
{
  char path[PATH_SIZE];
  GString *text;
  gboolean good;

  g_snprintf (path, sizeof path, "/proc/%d/stat", (int) pid);
  text = read_all (path, STAT_MAX);
  if (text == NULL)
    return FALSE;
  stat->pid = pid;
  good = parse_stat (text->str, stat);
  free_string (text);
  return good;
}

gboolean
procfs_is_gone (int error_number)
{
  return error_number == ENOENT || error_number == ESRCH;
}

static gboolean
add_listed (const char *path, GArray *pids)
{
  GString *text = read_all (path, G_MAXSIZE);
  char *at, *end;

  if (text == NULL)
    return FALSE;
  for (at = text->str;; at = end) {
    pid_t pid = (pid_t) strtol (at, &end, 10);

    if (end == at)
      break;
    g_array_append_val (pids, pid);
  }
  free_string (text);
  return TRUE;
}

/* For kernels built without the children files. */
static gboolean
add_searched (pid_t parent, GArray *pids)
{
  DIR *dir = opendir ("/proc");
  struct dirent *entry;

  if (dir == NULL)
    return FALSE;
  while ((entry = readdir (dir)) != NULL) {
    ProcessStat stat;

    if (g_ascii_isdigit (entry->d_name[0]) && procfs_stat (atoi (entry->d_name), &stat)
        && stat.parent == parent)
      g_array_append_val (pids, stat.pid);
  }
  closedir (dir);
  return TRUE;
}

/* Of the thread NAME.  FALSE: see errno. */
static gboolean
add_children_of (pid_t pid, const char *name, GArray *pids)
{
  char path[PATH_SIZE];

  g_snprintf (path, sizeof path, "/proc/%d/task/%.12s/children", (int) pid, name);
  return add_listed (path, pids);
}

static gboolean
add_children (pid_t pid, DIR *tasks, GArray *pids)
{
  struct dirent *entry;

  while (errno = 0, (entry = readdir (tasks)) != NULL) {
    if (!g_ascii_isdigit (entry->d_name[0]) || add_children_of (pid, entry->d_name, pids))
      continue;
    if (!procfs_is_gone (errno))
      return FALSE;
    /* A thread that has ended; or there are no such files. */
    if (access ("/proc/thread-self/children", F_OK) < 0)
      return add_searched (pid, pids);
  }
  return errno == 0 || procfs_is_gone (errno);
}

gboolean
procfs_children (pid_t pid, GArray *pids)
{
  char path[PATH_SIZE];
  gboolean seen;
  DIR *tasks;

  g_snprintf (path, sizeof path, "/proc/%d/task", (int) pid);
  tasks = opendir (path);
  if (tasks == NULL)
    return procfs_is_gone (errno);
  seen = add_children (pid, tasks, pids);
  closedir (tasks);
  return seen;
}

void
procfs_descendants (GArray *stats)
{
  g_autoptr (GArray) pids = g_array_new (FALSE, FALSE, sizeof (pid_t));

  for (guint i = 0; i < stats->len; i++) {
    pid_t parent = g_array_index (stats, ProcessStat, i).pid;

    g_array_set_size (pids, 0);
    procfs_children (parent, pids);
    for (guint c = 0; c < pids->len; c++) {
      ProcessStat stat;

      if (procfs_stat (g_array_index (pids, pid_t, c), &stat) && stat.parent == parent)
        g_array_append_val (stats, stat);
    }
  }
}

void
procfs_signal (const ProcessStat *stat, int number)
{
  ProcessStat again;
  int fd;

  /* Our own child is not reaped behind our back. */
  if (stat->parent == getpid ()) {
    kill (stat->pid, number);
    return;
  }
  fd = (int) syscall (SYS_pidfd_open, stat->pid, 0);
  if (fd < 0)
    return;
  if (procfs_stat (stat->pid, &again) && again.start == stat->start)
    syscall (SYS_pidfd_send_signal, fd, number, NULL, 0);
  close (fd);
}

gboolean
procfs_ignores (pid_t pid, int number)
{
  char path[PATH_SIZE];
  const char *line;
  GString *text;
  guint64 ignored = 0;

  g_snprintf (path, sizeof path, "/proc/%d/status", (int) pid);
  text = read_all (path, STATUS_MAX);
  if (text == NULL)
    return FALSE;
  line = strstr (text->str, "\nSigIgn:");
  if (line != NULL)
    ignored = g_ascii_strtoull (line + strlen ("\nSigIgn:"), NULL, 16);
  free_string (text);
  return number > 0 && number <= 64 && (ignored >> (number - 1) & 1) != 0;
}

char *
procfs_environ (pid_t pid, const char *name)
{
  char path[PATH_SIZE];
  gsize name_len = strlen (name);
  char *value = NULL;
  GString *text;

  g_snprintf (path, sizeof path, "/proc/%d/environ", (int) pid);
  text = read_all (path, ENVIRON_MAX);
  if (text == NULL)
    return NULL;
  for (gsize at = 0; at < text->len && value == NULL; at += strlen (text->str + at) + 1)
    if (strncmp (text->str + at, name, name_len) == 0 && text->str[at + name_len] == '=')
      value = g_strdup (text->str + at + name_len + 1);
  free_string (text);
  return value;
}

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
#define PATH_SIZE   64

/* All of a small file, NUL-terminated; NULL: cannot be read. */
static GString *
read_all (const char *path, gsize max)
{
  GString *text;
  char buffer[4096];
  ssize_t n;
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return NULL;
  text = g_string_new (NULL);
  do {
    n = read (fd, buffer, sizeof buffer);
    if (n > 0)
      g_string_append_len (text, buffer, n);
  } while ((n > 0 && text->len < max) || (n < 0 && errno == EINTR));
  close (fd);
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
  char path[PATH_SIZE], text[1024];
  ssize_t n;
  int fd;

  g_snprintf (path, sizeof path, "/proc/%d/stat", (int) pid);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return FALSE;
  do
    n = read (fd, text, sizeof text - 1);
  while (n < 0 && errno == EINTR);
  close (fd);
  if (n <= 0)
    return FALSE;
  text[n] = '\0';
  stat->pid = pid;
  return parse_stat (text, stat);
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
static void
add_searched (pid_t parent, GArray *pids)
{
  DIR *dir = opendir ("/proc");
  struct dirent *entry;

  if (dir == NULL)
    return;
  while ((entry = readdir (dir)) != NULL) {
    ProcessStat stat;

    if (g_ascii_isdigit (entry->d_name[0]) && procfs_stat (atoi (entry->d_name), &stat)
        && stat.parent == parent)
      g_array_append_val (pids, stat.pid);
  }
  closedir (dir);
}

void
procfs_children (pid_t pid, GArray *pids)
{
  char path[PATH_SIZE];
  gboolean listed = TRUE;
  struct dirent *entry;
  DIR *dir;

  g_snprintf (path, sizeof path, "/proc/%d/task", (int) pid);
  dir = opendir (path);
  if (dir == NULL)
    return;
  while (listed && (entry = readdir (dir)) != NULL) {
    if (!g_ascii_isdigit (entry->d_name[0]))
      continue;
    g_snprintf (path, sizeof path, "/proc/%d/task/%.12s/children", (int) pid, entry->d_name);
    /* A thread may have ended meanwhile; or there are no such files. */
    if (!add_listed (path, pids))
      listed = access ("/proc/thread-self/children", F_OK) == 0;
  }
  closedir (dir);
  if (!listed)
    add_searched (pid, pids);
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

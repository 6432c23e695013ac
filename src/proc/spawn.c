/* SPDX-License-Identifier: MIT */
#include "proc/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1u << 2)
#endif

/* The child runs on a stack of its own in our memory and leaves it by
 * execve: sanitizers would find its frames never left. */
#define IN_CHILD __attribute__ ((no_sanitize ("address", "undefined"), noinline))

typedef struct {
  const SpawnRequest *request;
  pid_t parent;
  int   in, out, err;       /* the child's ends */
  int   report;             /* CLOEXEC: a SpawnFailure, or end of file when exec worked */
} Child;

/* ---- in the child: system calls only -------------------------------- */

IN_CHILD static void
child_fail (const Child *child, SpawnStage stage)
{
  SpawnFailure failure = { stage, errno };
  const char *at = (const char *) &failure;
  size_t left = sizeof failure;

  while (left > 0) {
    ssize_t n = write (child->report, at, left);
    if (n < 0 && errno != EINTR)
      break;
    if (n > 0) {
      at += n;
      left -= (size_t) n;
    }
  }
  _exit (127);
}

struct linux_dirent64 {
  uint64_t       d_ino;
  int64_t        d_off;
  unsigned short d_reclen;
  unsigned char  d_type;
  char           d_name[];
};

/* For kernels without close_range: what is open, never a loop over all
 * numbers there may be. */
IN_CHILD static void
child_hide_listed (void)
{
  char buffer[1024] __attribute__ ((aligned (8)));
  int dir = open ("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  long n;

  if (dir < 0)
    return;                 /* ours are all CLOEXEC anyway */
  while ((n = syscall (SYS_getdents64, dir, buffer, sizeof buffer)) > 0)
    for (long at = 0; at < n;) {
      const struct linux_dirent64 *entry = (const void *) (buffer + at);
      int fd = 0;

      at += entry->d_reclen;
      if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
        continue;
      for (const char *s = entry->d_name; *s != '\0'; s++)
        fd = fd * 10 + (*s - '0');
      if (fd > STDERR_FILENO)
        fcntl (fd, F_SETFD, FD_CLOEXEC);
    }
  close (dir);
}

IN_CHILD static void
child_streams (const Child *child)
{
  const SpawnRequest *request = child->request;

  if (dup2 (child->in, STDIN_FILENO) < 0 || dup2 (child->out, STDOUT_FILENO) < 0
      || dup2 (child->err, STDERR_FILENO) < 0)
    child_fail (child, SPAWN_STREAMS);
  if (syscall (SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
    child_hide_listed ();
  if (request->passed_fd >= 0)
    fcntl (request->passed_fd, F_SETFD, 0);
}

/* Handlers are ours and must not run here once the mask opens; ignored
 * signals would stay so over execve. */
IN_CHILD static void
child_signals (const SpawnRequest *request)
{
  struct sigaction action = { 0 };

  for (int number = 1; number < NSIG; number++) {
    gboolean ignore = number <= 64 && (request->ignored >> (number - 1) & 1) != 0;

    action.sa_handler = ignore ? SIG_IGN : SIG_DFL;
    sigaction (number, &action, NULL);
  }
  sigprocmask (SIG_SETMASK, request->mask, NULL);
}

IN_CHILD static int
child_main (void *data)
{
  const Child *child = data;
  const SpawnRequest *request = child->request;

  setsid ();
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  if (getppid () != child->parent)
    child_fail (child, SPAWN_PARENT_GONE);
  if (request->cwd != NULL && chdir (request->cwd) < 0)
    child_fail (child, SPAWN_FOLDER);
  child_streams (child);
  child_signals (request);
  /* Not execve: builds that measure coverage put their own in its place. */
  syscall (SYS_execve, request->path, request->argv, request->env);
  child_fail (child, SPAWN_EXEC);
  return 127;
}

/* ---- in the parent --------------------------------------------------- */

void *
spawn_stack_new (void)
{
  size_t page = (size_t) sysconf (_SC_PAGESIZE);
  char *stack = mmap (NULL, page + SPAWN_STACK_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

  if (stack == MAP_FAILED)
    g_error ("cannot allocate a stack");
  mprotect (stack, page, PROT_NONE);
  return stack;
}

void
spawn_stack_free (void *stack)
{
  if (stack != NULL)
    munmap (stack, (size_t) sysconf (_SC_PAGESIZE) + SPAWN_STACK_SIZE);
}

static void
close_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

/* dup2 to itself would keep CLOEXEC, and closing one of 0 to 2 would hit
 * a stream that was just put in place: keep clear of them. */
static gboolean
lift (int *fd)
{
  int high;

  if (*fd > STDERR_FILENO)
    return TRUE;
  high = fcntl (*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (high < 0)
    return FALSE;
  close (*fd);
  *fd = high;
  return TRUE;
}

static gboolean
make_pipe (int *reader, int *writer)
{
  int fds[2];

  if (pipe2 (fds, O_CLOEXEC) < 0)
    return FALSE;
  *reader = fds[0];
  *writer = fds[1];
  return lift (reader) && lift (writer);
}

static gboolean
make_pipes (const SpawnRequest *request, Child *child, Spawned *ours, int *report)
{
  if (!make_pipe (&ours->out, &child->out) || !make_pipe (&ours->err, &child->err)
      || !make_pipe (report, &child->report))
    return FALSE;
  if (request->has_input && (!make_pipe (&child->in, &ours->in)
                             || fcntl (ours->in, F_SETFL, O_NONBLOCK) < 0))
    return FALSE;
  return fcntl (ours->out, F_SETFL, O_NONBLOCK) == 0
         && fcntl (ours->err, F_SETFL, O_NONBLOCK) == 0;
}

/* No handler of ours may run in memory that is shared with the child. */
static pid_t
clone_child (Child *child)
{
  char *top = (char *) child->request->stack + sysconf (_SC_PAGESIZE) + SPAWN_STACK_SIZE;
  sigset_t all, old;
  pid_t pid;
  int saved;

  sigfillset (&all);
  sigprocmask (SIG_SETMASK, &all, &old);
  pid = clone (child_main, top, CLONE_VM | CLONE_VFORK | SIGCHLD, child);
  saved = errno;
  sigprocmask (SIG_SETMASK, &old, NULL);
  errno = saved;
  return pid;
}

static void
close_child_ends (const SpawnRequest *request, Child *child)
{
  if (request->has_input)
    close_fd (&child->in);
  close_fd (&child->out);
  close_fd (&child->err);
  close_fd (&child->report);
}

static gboolean
reported_failure (int report, SpawnFailure *failure)
{
  SpawnFailure read_in;
  ssize_t n;

  do
    n = read (report, &read_in, sizeof read_in);
  while (n < 0 && errno == EINTR);
  if (n != (ssize_t) sizeof read_in)
    return FALSE;
  *failure = read_in;
  return TRUE;
}

static void
wait_for (pid_t pid)
{
  while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
    ;
}

static int
open_pidfd (pid_t pid)
{
  int fd = (int) syscall (SYS_pidfd_open, pid, 0);

  if (fd >= 0 && !lift (&fd))
    close_fd (&fd);
  return fd;
}

gboolean
spawn (const SpawnRequest *request, Spawned *spawned, SpawnFailure *failure)
{
  Child child = { request, getpid (), request->null_fd, -1, -1, -1 };
  Spawned ours = { 0, -1, -1, -1, -1 };
  int report = -1;
  gboolean failed = TRUE;

  *failure = (SpawnFailure) { SPAWN_PIPE, 0 };
  if (request->has_input)
    child.in = -1;
  if (!make_pipes (request, &child, &ours, &report)) {
    failure->error_number = errno;
  } else if ((ours.pid = clone_child (&child)) < 0) {
    *failure = (SpawnFailure) { SPAWN_FORK, errno };
  } else {
    close_child_ends (request, &child);
    failed = reported_failure (report, failure);
    if (failed)
      wait_for (ours.pid);
  }
  close_fd (&report);
  if (failed) {
    close_child_ends (request, &child);
    close_fd (&ours.in);
    close_fd (&ours.out);
    close_fd (&ours.err);
    return FALSE;
  }
  ours.pidfd = open_pidfd (ours.pid);
  *spawned = ours;
  return TRUE;
}

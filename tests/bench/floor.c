/* What a step cannot cost less than: `floor [-s FILE] COUNT PROGRAM [ARG...]`
 * starts PROGRAM so often, one after the other, reads its stdout and stderr
 * through a pipe each and waits for it; with -s it first appends a record of
 * 256 bytes to FILE and waits until the disk has it.
 * SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORD 256

static void
check (int ok, const char *what)
{
  if (ok)
    return;
  perror (what);
  exit (1);
}

static void
drain (int fd)
{
  char buffer[4096];

  while (read (fd, buffer, sizeof buffer) > 0)
    ;
  close (fd);
}

static void
keep (int fd)
{
  static const char record[RECORD];

  check (write (fd, record, sizeof record) == sizeof record && fdatasync (fd) == 0, "record");
}

static void
step (char **argv)
{
  posix_spawn_file_actions_t actions;
  int out[2], err[2], status;
  pid_t pid;

  check (pipe2 (out, O_CLOEXEC) == 0 && pipe2 (err, O_CLOEXEC) == 0, "pipe");
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2 (&actions, err[1], STDERR_FILENO);
  check (posix_spawn (&pid, argv[0], &actions, NULL, argv, environ) == 0, argv[0]);
  posix_spawn_file_actions_destroy (&actions);
  close (out[1]);
  close (err[1]);
  drain (out[0]);
  drain (err[0]);
  check (waitpid (pid, &status, 0) == pid && status == 0, argv[0]);
}

int
main (int argc, char **argv)
{
  const char *file = NULL;
  int option, fd = -1;

  while ((option = getopt (argc, argv, "+s:")) == 's')
    file = optarg;
  if (option != -1 || argc - optind < 2)
    return 64;
  if (file != NULL)
    check ((fd = open (file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) >= 0, file);
  for (int count = atoi (argv[optind]); count > 0; count--)
    {
      if (fd >= 0)
        keep (fd);
      step (argv + optind + 1);
    }
  return 0;
}

/* What the lines of a block do.  SPDX-License-Identifier: MIT */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef void (*Action) (const Fake *fake, const Line *line);

static int
stream_of (const Line *line, int i)
{
  if (i < line->count && strcmp (line->words[i], "out") == 0)
    return STDOUT_FILENO;
  if (i < line->count && strcmp (line->words[i], "err") == 0)
    return STDERR_FILENO;
  if (i < line->count && strcmp (line->words[i], "in") == 0)
    return STDIN_FILENO;
  broken ("line %d: out, err or in?", line->number);
}

static const char *
word (const Line *line, int i)
{
  if (i >= line->count)
    broken ("line %d: \"%s\" needs more", line->number, line->words[0]);
  return line->words[i];
}

static unsigned long long
number (const Line *line, int i)
{
  char *end;
  unsigned long long n = strtoull (word (line, i), &end, 10);

  n *= *end == 'k' ? 1024u : *end == 'm' ? 1024u * 1024 : *end == 'g' ? 1024u * 1024 * 1024 : 1;
  if (end == line->words[i] || (*end != '\0' && end[1] != '\0') || (*end != '\0' && strchr ("kmg", *end) == NULL))
    broken ("line %d: not a number: %s", line->number, line->words[i]);
  return n;
}

static int
signal_of (const Line *line, int i)
{
  const char *name = word (line, i);

  for (int n = 1; n < 32; n++)
    if (strcmp (sigabbrev_np (n), name) == 0)
      return n;
  broken ("line %d: no signal \"%s\" (TERM, INT, ...)", line->number, name);
}

static void
rest (unsigned long long ms)
{
  struct timespec left = { (time_t) (ms / 1000), (long) (ms % 1000) * 1000000 };

  while (nanosleep (&left, &left) < 0 && errno == EINTR)
    ;
}

/* Words are written with one space between; there is no newline but those
 * that are given. */
static void
put_words (int fd, const Line *line, int from)
{
  for (int i = from; i < line->count; i++) {
    if (i > from)
      put (fd, " ", 1);
    put (fd, line->words[i], strlen (line->words[i]));
  }
}

static void
do_out (const Fake *fake, const Line *line)
{
  put_words (STDOUT_FILENO, line, 1);
}

static void
do_err (const Fake *fake, const Line *line)
{
  put_words (STDERR_FILENO, line, 1);
}

static void
put_file (const Fake *fake, const Line *line, int fd)
{
  char path[PATH_MAX];
  size_t len;
  char *text;

  join (path, fake->folder, word (line, 1));
  text = read_file (path, &len);
  put (fd, text, len);
  free (text);
}

static void
do_outfile (const Fake *fake, const Line *line)
{
  put_file (fake, line, STDOUT_FILENO);
}

static void
do_errfile (const Fake *fake, const Line *line)
{
  put_file (fake, line, STDERR_FILENO);
}

static void
do_flood (const Fake *fake, const Line *line)
{
  static char block[65536];
  unsigned long long left = number (line, 2);
  int fd = stream_of (line, 1);

  for (size_t i = 0; i < sizeof block; i++)
    block[i] = "0123456789abcde\n"[i % 16];
  while (left > 0) {
    size_t n = left < sizeof block ? (size_t) left : sizeof block;

    put (fd, block, n);
    left -= n;
  }
}

static void
do_drip (const Fake *fake, const Line *line)
{
  const char *text = word (line, 3);
  int fd = stream_of (line, 1);

  for (; *text != '\0'; text++) {
    put (fd, text, 1);
    rest (number (line, 2));
  }
}

static void
do_zero (const Fake *fake, const Line *line)
{
  put (stream_of (line, 1), "", 1);
}

static void
do_sleep (const Fake *fake, const Line *line)
{
  rest (number (line, 1));
}

static void
do_wait (const Fake *fake, const Line *line)
{
  char path[PATH_MAX];

  join (path, fake->folder, word (line, 1));
  while (access (path, F_OK) < 0)
    rest (5);
}

static void
do_write (const Fake *fake, const Line *line)
{
  char path[PATH_MAX];
  int fd;

  join (path, fake->folder, word (line, 1));
  fd = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    broken ("line %d: %s: %s", line->number, path, strerror (errno));
  put_words (fd, line, 2);
  close (fd);
}

static void
do_remove (const Fake *fake, const Line *line)
{
  char path[PATH_MAX];

  join (path, fake->folder, word (line, 1));
  unlink (path);
}

static void
do_env (const Fake *fake, const Line *line)
{
  const char *value = getenv (word (line, 1));

  dprintf (STDOUT_FILENO, "%s%s%s\n", line->words[1], value != NULL ? "=" : " is not set",
           value != NULL ? value : "");
}

static void
do_fds (const Fake *fake, const Line *line)
{
  for (int fd = 0; fd < 1024; fd++)
    if (fd != fake->signals_fd && fcntl (fd, F_GETFD) >= 0)
      dprintf (STDOUT_FILENO, "%d\n", fd);
}

static void
do_tty (const Fake *fake, const Line *line)
{
  int fd = open ("/dev/tty", O_RDWR | O_CLOEXEC);

  if (fd < 0)
    dprintf (STDERR_FILENO, "/dev/tty: %s\n", strerror (errno));
  else
    put_words (fd, line, 1);
  if (fd >= 0)
    close (fd);
}

static void
do_close (const Fake *fake, const Line *line)
{
  close (stream_of (line, 1));
}

static void
do_ignore (const Fake *fake, const Line *line)
{
  for (int i = 1; i < line->count; i++)
    signal (signal_of (line, i), SIG_IGN);
}

/* What a signal handler may see. */
static int signals_fd;
static volatile sig_atomic_t exit_codes[NSIG];

static void
caught (int signal_number)
{
  const char *name = sigabbrev_np (signal_number);
  int saved = errno;

  if (write (signals_fd, name, strlen (name)) < 0 || write (signals_fd, "\n", 1) < 0)
    _exit (EXIT_BROKEN);
  if (exit_codes[signal_number] >= 0)
    _exit (exit_codes[signal_number]);
  errno = saved;
}

static void
do_catch (const Fake *fake, const Line *line)
{
  struct sigaction action = { .sa_handler = caught, .sa_flags = SA_RESTART };
  int n = signal_of (line, 1);

  signals_fd = fake->signals_fd;
  exit_codes[n] = line->count > 2 ? (int) number (line, 2) : -1;
  sigaction (n, &action, NULL);
}

static bool
has (const Line *line, const char *option)
{
  for (int i = 2; i < line->count; i++)
    if (strcmp (line->words[i], option) == 0)
      return true;
  return false;
}

static void
note_child (const Fake *fake)
{
  char text[32];

  snprintf (text, sizeof text, "%d\n", (int) getpid ());
  record (fake, "children", text, strlen (text));
}

static void
be_child (const Fake *fake, const Line *line)
{
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  if (has (line, "setsid")) {
    setsid ();
    if (fork () != 0)
      _exit (0);
  }
  if (has (line, "deaf"))
    signal (SIGTERM, SIG_IGN);
  if (!has (line, "hold") && !has (line, "late"))
    for (int fd = 0; fd < 3; fd++)
      dup2 (null, fd);
  note_child (fake);
  rest (number (line, 1));
  if (has (line, "late"))
    put (STDOUT_FILENO, "late\n", 5);
  _exit (0);
}

/* Goes on once the child has noted its pid. */
static void
do_child (const Fake *fake, const Line *line)
{
  char path[PATH_MAX];
  struct stat before = { 0 }, now = { 0 };

  number (line, 1);
  join (path, fake->record, "children");
  stat (path, &before);
  if (fork () == 0)
    be_child (fake, line);
  while (stat (path, &now) < 0 || now.st_size == before.st_size)
    rest (1);
}

static void
do_stop (const Fake *fake, const Line *line)
{
  raise (SIGSTOP);
}

static void
do_kill (const Fake *fake, const Line *line)
{
  int n = signal_of (line, 1);

  signal (n, SIG_DFL);
  raise (n);
}

static void
do_exit (const Fake *fake, const Line *line)
{
  _exit ((int) number (line, 1));
}

static void
do_nothing (const Fake *fake, const Line *line)
{
}

static const struct { const char *name; Action action; } actions[] = {
  { "out", do_out }, { "err", do_err }, { "outfile", do_outfile }, { "errfile", do_errfile },
  { "flood", do_flood }, { "drip", do_drip }, { "zero", do_zero },
  { "sleep", do_sleep }, { "wait", do_wait }, { "write", do_write }, { "remove", do_remove },
  { "env", do_env }, { "fds", do_fds }, { "tty", do_tty }, { "close", do_close },
  { "ignore", do_ignore }, { "catch", do_catch }, { "child", do_child },
  { "stop", do_stop }, { "kill", do_kill }, { "exit", do_exit },
  { "times", do_nothing }, { "noinput", do_nothing },
};

static Action
action_of (const Line *line)
{
  for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
    if (strcmp (actions[i].name, line->words[0]) == 0)
      return actions[i].action;
  broken ("line %d: no such action: %s", line->number, line->words[0]);
}

static bool
wants_input (const Fake *fake, int block)
{
  for (int i = block + 1; i < fake->count && !begins_block (fake, i); i++)
    if (strcmp (fake->lines[i].words[0], "noinput") == 0)
      return false;
  return true;
}

void
play (const Fake *fake, int block)
{
  if (wants_input (fake, block))
    record_input (fake);
  for (int i = block + 1; i < fake->count && !begins_block (fake, i); i++)
    action_of (&fake->lines[i]) (fake, &fake->lines[i]);
}

void
check_actions (const Fake *fake)
{
  for (int i = 0; i < fake->count; i++)
    if (!begins_block (fake, i) && strcmp (fake->lines[i].words[0], "ordered") != 0)
      action_of (&fake->lines[i]);
}

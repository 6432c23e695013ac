/* What is written down of a call.  SPDX-License-Identifier: MIT */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void
broken (const char *format, ...)
{
  va_list ap;

  va_start (ap, format);
  dprintf (STDERR_FILENO, "fakecli: ");
  vdprintf (STDERR_FILENO, format, ap);
  dprintf (STDERR_FILENO, "\n");
  va_end (ap);
  _exit (EXIT_BROKEN);
}

void *
get (size_t size)
{
  void *p = calloc (1, size);

  if (p == NULL)
    broken ("out of memory");
  return p;
}

void
join (char path[PATH_MAX], const char *folder, const char *name)
{
  int n = name[0] == '/' ? snprintf (path, PATH_MAX, "%s", name)
                         : snprintf (path, PATH_MAX, "%s/%s", folder, name);

  if (n >= PATH_MAX)
    broken ("path too long: %s", name);
}

char *
read_file (const char *path, size_t *len)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  size_t size = 0;
  char *text = get (1);
  ssize_t n;

  if (fd < 0)
    broken ("%s: %s", path, strerror (errno));
  do {
    text = realloc (text, size + 65537);
    if (text == NULL)
      broken ("out of memory");
    n = read (fd, text + size, 65536);
    size += n > 0 ? (size_t) n : 0;
  } while (n > 0 || (n < 0 && errno == EINTR));
  close (fd);
  text[size] = '\0';
  *len = size;
  return text;
}

/* ---- the record ------------------------------------------------------ */

void
put (int fd, const char *data, size_t len)
{
  while (len > 0) {
    ssize_t n = write (fd, data, len);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return;                   /* nobody listens */
    data += n;
    len -= (size_t) n;
  }
}

static int
open_record (const Fake *fake, const char *name, int flags)
{
  char path[PATH_MAX];
  int fd;

  join (path, fake->record, name);
  fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
  if (fd < 0)
    broken ("%s: %s", path, strerror (errno));
  return fd;
}

void
record (const Fake *fake, const char *name, const char *data, size_t len)
{
  int fd = open_record (fake, name, O_APPEND);

  put (fd, data, len);
  close (fd);
}

static void
record_list (const Fake *fake, const char *name, char **list)
{
  for (int i = 0; list[i] != NULL; i++)
    record (fake, name, list[i], strlen (list[i]) + 1);
  if (list[0] == NULL)
    record (fake, name, "", 0);
}

static void
put_quoted (FILE *file, const char *word)
{
  if (*word != '\0' && word[strspn (word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_@%+=:,./-")] == '\0') {
    fputs (word, file);
    return;
  }
  fputc ('\'', file);
  for (; *word != '\0'; word++)
    if (*word == '\'')
      fputs ("'\\''", file);
    else
      fputc (*word, file);
  fputc ('\'', file);
}

/* "calls/log": one line a call, as for a shell. */
static void
log_call (const char *calls, const Fake *fake, char **args)
{
  char path[PATH_MAX];
  FILE *file;

  join (path, calls, "log");
  file = fopen (path, "ae");
  if (file == NULL)
    broken ("%s: %s", path, strerror (errno));
  put_quoted (file, fake->name);
  for (int i = 0; args[i] != NULL; i++) {
    fputc (' ', file);
    put_quoted (file, args[i]);
  }
  fputc ('\n', file);
  fclose (file);
}

static int
count_lines (const char *text)
{
  int n = 0;

  for (; *text != '\0'; text++)
    n += *text == '\n' ? 1 : 0;
  return n;
}

/* USED has a line for each call until now, of whatever tool. */
static void
make_record (Fake *fake, const char *calls, const char *used)
{
  char name[NAME_MAX + 32];

  snprintf (name, sizeof name, "%03d.%s", count_lines (used) + 1, fake->name);
  join (fake->record, calls, name);
  if (mkdir (fake->record, 0700) < 0)
    broken ("%s: %s", fake->record, strerror (errno));
}

int
choose_block (Fake *fake, char **args, int n_args)
{
  char calls[PATH_MAX], path[PATH_MAX], line[NAME_MAX + 32];
  int fd, block;
  char *used;
  size_t len;

  join (calls, fake->folder, "calls");
  if (mkdir (calls, 0700) < 0 && errno != EEXIST)
    broken ("%s: %s", calls, strerror (errno));
  join (path, calls, "used");
  fd = open (path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0 || flock (fd, LOCK_EX) < 0)
    broken ("%s: %s", path, strerror (errno));
  used = read_file (path, &len);
  block = find_block (fake, used, args, n_args);
  make_record (fake, calls, used);
  log_call (calls, fake, args);
  snprintf (line, sizeof line, "%s %d\n", fake->name, block >= 0 ? fake->lines[block].number : 0);
  put (fd, line, strlen (line));
  close (fd);
  free (used);
  return block;
}

void
record_call (Fake *fake, char **argv)
{
  char text[PATH_MAX];

  record_list (fake, "argv", argv);
  record_list (fake, "env", environ);
  if (getcwd (text, sizeof text) == NULL)
    snprintf (text, sizeof text, "?");
  record (fake, "cwd", text, strlen (text));
  snprintf (text, sizeof text, "%d\n", (int) getpid ());
  record (fake, "pid", text, strlen (text));
  fake->signals_fd = open_record (fake, "signals", O_APPEND);
}

void
record_input (const Fake *fake)
{
  int fd = open_record (fake, "stdin", O_TRUNC);
  char buffer[65536];
  ssize_t n;

  if (isatty (STDIN_FILENO))
    return;
  while ((n = read (STDIN_FILENO, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR))
    if (n > 0)
      put (fd, buffer, (size_t) n);
  close (fd);
}

/* SPDX-License-Identifier: MIT */
#include "cli/question.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/terminal-state.h"

#define LOOK_MS 200

struct _Questions {
  Run     *run;
  GSource *source;
};

Questions *
questions_new (void)
{
  return g_new0 (Questions, 1);
}

static void
stop_reading (Questions *questions)
{
  if (questions->source == NULL)
    return;
  g_source_destroy (questions->source);
  g_clear_pointer (&questions->source, g_source_unref);
}

void
questions_free (Questions *questions)
{
  stop_reading (questions);
  g_free (questions);
}

void
questions_for (Questions *questions, Run *run)
{
  questions->run = run;
}

static gboolean
on_look_again (gpointer data)
{
  questions_ask (data);
  return G_SOURCE_REMOVE;
}

/* What is typed is for the shell, and to read it would stop us alone, not our
 * tools: wait for `fg`. */
static void
wait_for_foreground (Questions *questions)
{
  stop_reading (questions);
  questions->source = g_timeout_source_new (LOOK_MS);
  g_source_set_callback (questions->source, on_look_again, questions, NULL);
  g_source_attach (questions->source, NULL);
}

/* A terminal hands out a line at a time; its end (Ctrl-D) is a no. */
static gboolean
on_line (int fd, GIOCondition condition, gpointer data)
{
  Questions *questions = data;
  char line[256];
  ssize_t n;

  (void) condition;
  if (terminal_is_anothers (fd))
    {
      wait_for_foreground (questions);
      return G_SOURCE_REMOVE;
    }
  n = read (fd, line, sizeof line - 1);
  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return G_SOURCE_CONTINUE;
  line[MAX (n, 0)] = '\0';
  if (n <= 0)                         /* of a typed line, the terminal has shown its end */
    fputc ('\n', stderr);
  g_strstrip (line);
  stop_reading (questions);
  run_answer (questions->run, g_ascii_strcasecmp (line, "y") == 0 || g_ascii_strcasecmp (line, "yes") == 0
                              ? ANSWER_YES : ANSWER_NO);
  return G_SOURCE_REMOVE;
}

void
questions_ask (gpointer data)
{
  Questions *questions = data;

  stop_reading (questions);
  questions->source = g_unix_fd_source_new (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR);
  g_source_set_callback (questions->source, G_SOURCE_FUNC (on_line), questions, NULL);
  g_source_attach (questions->source, NULL);
}

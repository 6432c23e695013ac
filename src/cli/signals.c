/* SPDX-License-Identifier: MIT */
#include "cli/signals.h"

#include <glib-unix.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP };

struct _Signals {
  const Program *program;
  sigset_t  ours;
  GSource  *source, *terminal;
  int       fd;
  gboolean  told;                 /* of the first one */
  void    (*arrived) (int signal, gpointer data);
  void    (*stopping) (gpointer data);
  gpointer  data;
};

static gboolean
is_ignored (const Program *program, int signal)
{
  return (program->ignored & (G_GUINT64_CONSTANT (1) << (signal - 1))) != 0;
}

static void
tell (Signals *signals, int signal)
{
  if (signal == SIGTSTP) {
    signals->stopping (signals->data);
    return;
  }
  if (signal == SIGHUP && signals->told)
    return;
  signals->told = TRUE;
  signals->arrived (signal, signals->data);
}

static gboolean
on_signal (int fd, GIOCondition condition, gpointer data)
{
  Signals *signals = data;
  struct signalfd_siginfo info;

  (void) condition;
  if (read (fd, &info, sizeof info) == sizeof info)
    tell (signals, (int) info.ssi_signo);
  return G_SOURCE_CONTINUE;
}

static void
drop (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static gboolean
on_terminal_gone (int fd, GIOCondition condition, gpointer data)
{
  Signals *signals = data;

  (void) fd;
  (void) condition;
  drop (&signals->terminal);
  tell (signals, SIGHUP);
  return G_SOURCE_REMOVE;
}

static void
watch (GSource **source, int fd, GIOCondition condition, GUnixFDSourceFunc function, Signals *signals)
{
  *source = g_unix_fd_source_new (fd, condition);
  g_source_set_callback (*source, G_SOURCE_FUNC (function), signals, NULL);
  g_source_attach (*source, NULL);
}

Signals *
signals_watch (const Program *program, void (*arrived) (int signal, gpointer data), gpointer data)
{
  Signals *signals = g_new0 (Signals, 1);
  int terminal = terminal_find ();

  sigemptyset (&signals->ours);
  for (gsize i = 0; i < G_N_ELEMENTS (stop_signals); i++)
    if (!is_ignored (program, stop_signals[i]))
      sigaddset (&signals->ours, stop_signals[i]);
  sigprocmask (SIG_BLOCK, &signals->ours, NULL);
  signals->program = program;
  signals->arrived = arrived;
  signals->data = data;
  signals->fd = signalfd (-1, &signals->ours, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals->fd < 0)                /* no descriptor: they end us, which is better than to be deaf */
    sigprocmask (SIG_UNBLOCK, &signals->ours, NULL);
  watch (&signals->source, signals->fd, G_IO_IN, on_signal, signals);   /* -1: never ready */
  if (terminal >= 0 && !is_ignored (program, SIGHUP))
    watch (&signals->terminal, terminal, G_IO_HUP | G_IO_ERR, on_terminal_gone, signals);
  return signals;
}

void
signals_watch_stop (Signals *signals, void (*stopping) (gpointer data))
{
  if (signals->fd < 0 || is_ignored (signals->program, SIGTSTP))
    return;
  signals->stopping = stopping;
  sigaddset (&signals->ours, SIGTSTP);
  sigprocmask (SIG_BLOCK, &signals->ours, NULL);
  signalfd (signals->fd, &signals->ours, 0);
}

/* Not by SIGSTOP: of a group that nobody could continue, the kernel does not
 * take this one. */
gint64
signals_stop (const Program *program)
{
  gint64 began = g_get_monotonic_time ();
  sigset_t only;

  sigemptyset (&only);
  sigaddset (&only, SIGTSTP);
  terminal_state_restore (&program->terminal);
  raise (SIGTSTP);
  sigprocmask (SIG_UNBLOCK, &only, NULL);   /* here we stand still */
  sigprocmask (SIG_BLOCK, &only, NULL);
  return g_get_monotonic_time () - began;
}

void
signals_free (Signals *signals)
{
  drop (&signals->source);
  drop (&signals->terminal);
  if (signals->fd >= 0)
    close (signals->fd);
  g_free (signals);
}

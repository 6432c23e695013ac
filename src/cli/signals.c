/* SPDX-License-Identifier: MIT */
#include "cli/signals.h"

#include <glib-unix.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP };

struct _Signals {
  GSource *source;
  int      fd;
  void   (*arrived) (int signal, gpointer data);
  gpointer data;
};

static gboolean
on_signal (int fd, GIOCondition condition, gpointer data)
{
  Signals *signals = data;
  struct signalfd_siginfo info;

  (void) condition;
  if (read (fd, &info, sizeof info) == sizeof info)
    signals->arrived ((int) info.ssi_signo, signals->data);
  return G_SOURCE_CONTINUE;
}

Signals *
signals_watch (const Program *program, void (*arrived) (int signal, gpointer data), gpointer data)
{
  Signals *signals = g_new0 (Signals, 1);
  sigset_t ours;

  sigemptyset (&ours);
  for (gsize i = 0; i < G_N_ELEMENTS (stop_signals); i++)
    if (!(program->ignored & (G_GUINT64_CONSTANT (1) << (stop_signals[i] - 1))))
      sigaddset (&ours, stop_signals[i]);
  sigprocmask (SIG_BLOCK, &ours, NULL);
  signals->arrived = arrived;
  signals->data = data;
  signals->fd = signalfd (-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals->fd < 0)                /* no descriptor: they end us, which is better than to be deaf */
    sigprocmask (SIG_UNBLOCK, &ours, NULL);
  signals->source = g_unix_fd_source_new (signals->fd, G_IO_IN);   /* -1: never ready */
  g_source_set_callback (signals->source, G_SOURCE_FUNC (on_signal), signals, NULL);
  g_source_attach (signals->source, NULL);
  return signals;
}

void
signals_free (Signals *signals)
{
  g_source_destroy (signals->source);
  g_source_unref (signals->source);
  if (signals->fd >= 0)
    close (signals->fd);
  g_free (signals);
}

/* SPDX-License-Identifier: MIT */
#include "plugin/host.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/strict-json.h"
#include "plugin/host-side.h"
#include "proc/reason.h"

/* A plugin that closes the descriptors it did not open begins at 0. */
#define HIGH_FD 200

typedef struct {
  HostPool   *pool;
  pid_t       pid;
  int         fd;
  GSource    *readable, *writable, *ended;
  int         pidfd;
  GByteArray *in, *out;
  guint       frame_at;           /* in .out: the frame that is being put together */
  HostCall   *call;               /* NULL: free */
  gboolean    soiled;             /* about to end: no call for it any more */
  char       *deaf;               /* why it can be told nothing any more; NULL: it can */
} Host;

struct _HostCall {
  Host               *host;
  const HostHandlers *handlers;
  gpointer            user_data;
  gboolean            asked;      /* it waits for our answer */
  gint64              deadline_us;
};

struct _HostPool {
  Registry  *registry;
  GPtrArray *hosts;               /* of Host */
  void     (*born) (pid_t pid, gpointer data);
  void     (*gone) (pid_t pid, gpointer data);
  gpointer   data;
  gboolean   watched;
  Clock     *clock;               /* for which no time passes while a callback works */
};

/* ---- a host's birth and end ---------------------------------------------- */

static void G_GNUC_NORETURN
become_host (int fd, pid_t core, Registry *registry)
{
  sigset_t none;
  int null = open ("/dev/null", O_RDWR), high;

  for (int i = 0; i < 3 && null >= 0; i++)
    dup2 (null, i);
  high = fcntl (fd, F_DUPFD_CLOEXEC, HIGH_FD);
  if (high < 0)
    high = fd;
  if (high > 3)
    close_range (3, (unsigned) high - 1, 0);
  close_range ((unsigned) high + 1, ~0U, 0);
  setsid ();                      /* a terminal's Ctrl-C is for the core */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != core)
    _exit (0);
  for (int s = 1; s < NSIG; s++)
    signal (s, SIG_DFL);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
  host_side_serve (high, registry);
}

static void
drop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* How a process ended whose socket is closed; it is made to end if it only
 * closed that. */
static char *
reap (pid_t pid)
{
  int status = 0;
  pid_t reaped;

  kill (pid, SIGKILL);
  do
    reaped = waitpid (pid, &status, 0);
  while (reaped < 0 && errno == EINTR);
  if (reaped == pid && WIFEXITED (status))
    return g_strdup_printf ("the plugin ended its process with exit (%d)", WEXITSTATUS (status));
  if (reaped == pid && WIFSIGNALED (status) && WTERMSIG (status) != SIGKILL)
    return g_strdup_printf ("the plugin crashed (%s)", g_strsignal (WTERMSIG (status)));
  return g_strdup ("the plugin cut its connection to galley");
}

static void
host_free (Host *host)
{
  drop_source (&host->readable);
  drop_source (&host->writable);
  drop_source (&host->ended);
  close (host->fd);
  if (host->pidfd >= 0)
    close (host->pidfd);
  if (host->pid > 0)
    {
      g_free (reap (host->pid));
      host->pool->gone (host->pid, host->pool->data);
    }
  g_byte_array_unref (host->in);
  g_byte_array_unref (host->out);
  g_free (host->deaf);
  g_free (host);
}

/* A callback works, or waits for our answer. */
static void
set_asked (HostCall *call, gboolean asked)
{
  if (asked && !call->asked)
    clock_release (call->host->pool->clock);
  else if (!asked && call->asked)
    clock_hold (call->host->pool->clock);
  call->asked = asked;
}

static void
end_call (Host *host, int status, const char *crash)
{
  g_autofree HostCall *call = g_steal_pointer (&host->call);

  if (call == NULL)
    return;
  set_asked (call, TRUE);
  call->handlers->ended (call, status, crash, call->user_data);
}

/* The host is of no more use: it ended, or must. */
static void
host_lost (Host *host, const char *why)
{
  g_autofree char *how = NULL;

  how = reap (host->pid);
  host->pool->gone (host->pid, host->pool->data);
  host->pid = 0;
  /* Out of the pool first: .ended may start the next call. */
  g_ptr_array_remove_fast (host->pool->hosts, host);
  end_call (host, GALLEY_FAILED, why != NULL ? why : host->deaf != NULL ? host->deaf : how);
  host_free (host);
}

/* ---- frames that come ---------------------------------------------------- */

static void
take_run (HostCall *call, Frame *frame)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GHashTable) env = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GBytes) data = NULL;
  HostRun run = { 0 };
  const char *bytes;
  gboolean has_stdin;
  gsize len;

  run.tool = frame_take_text (frame);
  run.flags = (guint32) frame_take_int (frame);
  for (gint64 n = frame_take_int (frame); n > 0 && !frame->broken; n--)
    g_ptr_array_add (argv, (char *) frame_take_text (frame));
  g_ptr_array_add (argv, NULL);
  for (gint64 n = frame_take_int (frame); n > 0 && !frame->broken; n--)
    {
      const char *name = frame_take_text (frame);
      g_hash_table_insert (env, (char *) name, (char *) frame_take_text (frame));
    }
  run.cwd = frame_take_text (frame);
  has_stdin = frame_take_int (frame) != 0;
  bytes = frame_take_bytes (frame, &len);
  if (frame->broken)
    return;
  data = g_bytes_new (bytes, len);
  run.argv = (char **) argv->pdata;
  run.env = env;
  run.cwd = *run.cwd != '\0' ? run.cwd : NULL;
  run.stdin_data = has_stdin ? data : NULL;
  call->handlers->run (call, &run, call->user_data);
}

static void
take_file (HostCall *call, Frame *frame)
{
  g_autoptr (GBytes) bytes = NULL;
  guint32 flags = (guint32) frame_take_int (frame);
  const char *suffix = frame_take_text (frame), *data;
  gsize len;

  data = frame_take_bytes (frame, &len);
  bytes = g_bytes_new (data, len);
  if (!frame->broken)
    call->handlers->file (call, flags, suffix, bytes, call->user_data);
}

static void
take_pause (HostCall *call, Frame *frame)
{
  gint64 milliseconds = frame_take_int (frame);

  if (!frame->broken)
    call->handlers->pause (call, milliseconds, call->user_data);
}

static void
take_look (HostCall *call, Frame *frame)
{
  gint64 kind = frame_take_int (frame);
  const char *subject = frame_take_text (frame);

  frame->broken |= kind <= 0 || kind >= LOOK_LAST || !call->host->pool->watched;
  if (!frame->broken)
    call->handlers->look (call, (LookKind) kind, subject, call->user_data);
}

static void
take_say (HostCall *call, Frame *frame)
{
  gint64 what = frame_take_int (frame), error_class = frame_take_int (frame);
  const char *text = frame_take_text (frame);

  frame->broken |= what < 0 || what >= SAY_LAST;
  if (!frame->broken)
    call->handlers->say (call, (FrameSay) what, (guint) error_class, text, call->user_data);
}

static void
take_output (HostCall *call, Frame *frame)
{
  const char *name = frame_take_text (frame), *json = frame_take_text (frame);

  if (!frame->broken)
    call->handlers->output (call, name, json, call->user_data);
}

static void
take_done (Host *host, Frame *frame)
{
  int status = (int) frame_take_int (frame);

  host->soiled = frame_take_int (frame) != 0;
  if (!frame->broken)
    end_call (host, status, NULL);
}

/* What has grown to megabytes is given back. */
static void
renew_empty (GByteArray **bytes)
{
  if ((*bytes)->len > 0)
    return;
  g_byte_array_unref (*bytes);
  *bytes = g_byte_array_new ();
}

static void
take_frame (Host *host, Frame *frame)
{
  HostCall *call = host->call;

  gboolean asks = frame->kind == FRAME_RUN || frame->kind == FRAME_FILE || frame->kind == FRAME_PAUSE || frame->kind == FRAME_LOOK;

  /* One thing at a time: a callback that asks waits. */
  if (call == NULL || call->asked)
    {
      frame->broken = TRUE;
      return;
    }
  set_asked (call, asks);
  switch (frame->kind)
    {
    case FRAME_RUN:    take_run (call, frame); break;
    case FRAME_FILE:   take_file (call, frame); break;
    case FRAME_PAUSE:  take_pause (call, frame); break;
    case FRAME_LOOK:   take_look (call, frame); break;
    case FRAME_SAY:    take_say (call, frame); break;
    case FRAME_OUTPUT: take_output (call, frame); break;
    case FRAME_DONE:   take_done (host, frame); break;
    default:           frame->broken = TRUE;
    }
}

/* FALSE: lost, and HOST is gone. */
static gboolean
take_frames (Host *host)
{
  gssize whole;
  gsize taken = 0;
  Frame frame;

  while ((whole = frame_read (host->in->data + taken, host->in->len - taken, &frame)) > 0)
    {
      take_frame (host, &frame);
      if (frame.broken)
        break;
      taken += (gsize) whole;
    }
  if (taken > 0)
    g_byte_array_remove_range (host->in, 0, (guint) taken);
  renew_empty (&host->in);
  if (whole == 0)
    return TRUE;
  host_lost (host, "the plugin spoke out of turn on its connection to galley");
  return FALSE;
}

static ssize_t
read_some (int fd, guint8 *bytes, gsize size)
{
  ssize_t n;

  do
    n = read (fd, bytes, size);
  while (n < 0 && errno == EINTR);
  return n;
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer data)
{
  Host *host = data;
  guint8 bytes[65536];
  ssize_t n = read_some (fd, bytes, sizeof bytes);

  (void) condition;
  if (n < 0 && errno == EAGAIN)
    return G_SOURCE_CONTINUE;
  if (n <= 0)
    {
      host_lost (host, NULL);
      return G_SOURCE_REMOVE;
    }
  g_byte_array_append (host->in, bytes, (guint) n);
  return take_frames (host) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* A child that a plugin left behind may hold the socket open: the end of the
 * host itself counts too, once all it said has been read. */
static gboolean
on_ended (int fd, GIOCondition condition, gpointer data)
{
  Host *host = data;
  guint8 bytes[65536];
  ssize_t n;

  (void) fd;
  (void) condition;
  /* Not for ever: that child may be writing to it. */
  while (host->in->len <= FRAME_MAX_BYTES && (n = read_some (host->fd, bytes, sizeof bytes)) > 0)
    g_byte_array_append (host->in, bytes, (guint) n);
  if (take_frames (host))
    host_lost (host, NULL);
  return G_SOURCE_REMOVE;
}

/* ---- frames that go ------------------------------------------------------ */

static gboolean on_writable (int fd, GIOCondition condition, gpointer data);

/* It is gone, or it waits for what cannot be sent: on_readable sees the end. */
static void
give_up_on (Host *host, int code)
{
  if (code != EPIPE && code != ECONNRESET && host->deaf == NULL)
    host->deaf = g_strdup_printf ("galley could not send to the plugin: %s", g_strerror (code));
  g_byte_array_set_size (host->out, 0);
  shutdown (host->fd, SHUT_RDWR);
}

static void
write_some (Host *host)
{
  ssize_t n = send (host->fd, host->out->data, host->out->len, MSG_NOSIGNAL | MSG_DONTWAIT);

  if (n > 0)
    g_byte_array_remove_range (host->out, 0, (guint) n);
  else if (n < 0 && errno != EAGAIN && errno != EINTR)
    give_up_on (host, errno);
  renew_empty (&host->out);
  if (host->out->len > 0 && host->writable == NULL)
    {
      host->writable = g_unix_fd_source_new (host->fd, G_IO_OUT);
      g_source_set_callback (host->writable, G_SOURCE_FUNC (on_writable), host, NULL);
      g_source_attach (host->writable, NULL);
    }
}

static gboolean
on_writable (int fd, GIOCondition condition, gpointer data)
{
  Host *host = data;

  (void) fd;
  (void) condition;
  write_some (host);
  if (host->out->len > 0)
    return G_SOURCE_CONTINUE;
  g_clear_pointer (&host->writable, g_source_unref);
  return G_SOURCE_REMOVE;
}

/* Put a frame together between these two. */
static GByteArray *
begin (Host *host, FrameKind kind)
{
  host->frame_at = host->out->len;
  frame_begin (host->out, kind);
  return host->out;
}

static void
finish (Host *host)
{
  frame_finish (host->out, host->frame_at);
  if (host->writable == NULL)
    write_some (host);
}

/* ---- the pool ------------------------------------------------------------ */

static void
set_start_error (GError **error, const char *what)
{
  int code = errno;
  g_autofree char *reason = reason_of_errno (code);

  g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (code), "%s: %s", what, reason);
}

static Host *
host_new (HostPool *pool, GError **error)
{
  int ends[2];
  pid_t core = getpid (), pid;
  Host *host;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
    {
      set_start_error (error, "cannot make a socket pair");
      return NULL;
    }
  pid = fork ();
  if (pid == 0)
    become_host (ends[1], core, pool->registry);
  close (ends[1]);
  if (pid < 0)
    {
      set_start_error (error, "cannot start a plugin host");
      close (ends[0]);
      return NULL;
    }
  host = g_new0 (Host, 1);
  host->pool = pool;
  host->pid = pid;
  host->fd = ends[0];
  g_unix_set_fd_nonblocking (host->fd, TRUE, NULL);
  host->in = g_byte_array_new ();
  host->out = g_byte_array_new ();
  host->readable = g_unix_fd_source_new (host->fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
  g_source_set_callback (host->readable, G_SOURCE_FUNC (on_readable), host, NULL);
  g_source_attach (host->readable, NULL);
  host->pidfd = (int) syscall (SYS_pidfd_open, pid, 0);
  if (host->pidfd >= 0)
    {
      host->ended = g_unix_fd_source_new (host->pidfd, G_IO_IN);
      g_source_set_callback (host->ended, G_SOURCE_FUNC (on_ended), host, NULL);
      g_source_attach (host->ended, NULL);
    }
  g_ptr_array_add (pool->hosts, host);
  pool->born (pid, pool->data);
  return host;
}

static Host *
free_host (HostPool *pool, GError **error)
{
  for (guint i = 0; i < pool->hosts->len; i++)
    {
      Host *host = pool->hosts->pdata[i];

      if (host->call == NULL && !host->soiled)
        return host;
    }
  return host_new (pool, error);
}

HostPool *
host_pool_new (Registry *registry, void (*born) (pid_t pid, gpointer data),
               void (*gone) (pid_t pid, gpointer data), gpointer data)
{
  HostPool *pool = g_new0 (HostPool, 1);

  pool->registry = registry;
  pool->hosts = g_ptr_array_new ();
  pool->born = born;
  pool->gone = gone;
  pool->data = data;
  return pool;
}

void
host_pool_watch (HostPool *pool, Clock *clock)
{
  pool->watched = TRUE;
  pool->clock = clock;
}

void
host_pool_free (HostPool *pool)
{
  for (guint i = 0; i < pool->hosts->len; i++)
    {
      Host *host = pool->hosts->pdata[i];

      g_free (g_steal_pointer (&host->call));
      host_free (host);
    }
  g_ptr_array_unref (pool->hosts);
  g_free (pool);
}

/* ---- calls --------------------------------------------------------------- */

static void
write_params (GByteArray *out, GHashTable *params)
{
  GHashTableIter iter;
  gpointer name, value;

  frame_int (out, g_hash_table_size (params));
  g_hash_table_iter_init (&iter, params);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      g_autofree char *json = strict_json_write (value, FALSE);

      frame_text (out, name);
      frame_text (out, json);
    }
}

HostCall *
host_pool_call (HostPool *pool, const char *plugin, const char *action, gboolean is_check,
                gint64 abandoned_us, gint64 deadline_us, GHashTable *params,
                const HostHandlers *handlers, gpointer user_data, GError **error)
{
  Host *host = free_host (pool, error);
  GByteArray *out;

  if (host == NULL)
    return NULL;
  host->call = g_new0 (HostCall, 1);
  host->call->host = host;
  host->call->handlers = handlers;
  host->call->user_data = user_data;
  host->call->deadline_us = deadline_us;
  clock_hold (pool->clock);
  out = begin (host, FRAME_CALL);
  frame_text (out, plugin);
  frame_text (out, action);
  frame_int (out, is_check);
  frame_int (out, pool->watched);
  frame_int (out, abandoned_us);
  frame_int (out, deadline_us);
  write_params (out, params);
  finish (host);
  return host->call;
}

static void
write_bytes (GByteArray *out, GBytes *bytes)
{
  gsize len = 0;
  const void *data = bytes != NULL ? g_bytes_get_data (bytes, &len) : NULL;

  frame_bytes (out, data, len);
}

void
host_call_set_deadline (HostCall *call, gint64 deadline_us)
{
  call->deadline_us = deadline_us;
}

void
host_call_ran (HostCall *call, const HostRan *ran)
{
  GByteArray *out = begin (call->host, FRAME_RAN);

  set_asked (call, FALSE);
  frame_int (out, call->deadline_us);
  frame_int (out, ran->ok);
  frame_int (out, ran->how);
  frame_int (out, ran->exit_code);
  frame_int (out, ran->signal);
  write_bytes (out, ran->out);
  write_bytes (out, ran->err);
  frame_int (out, (gint64) ran->out_total);
  frame_int (out, (gint64) ran->err_total);
  finish (call->host);
}

void
host_call_file_is (HostCall *call, const char *path)
{
  GByteArray *out = begin (call->host, FRAME_FILE_IS);

  set_asked (call, FALSE);
  frame_int (out, call->deadline_us);
  frame_text (out, path != NULL ? path : "");
  finish (call->host);
}

void
host_call_paused (HostCall *call, int status)
{
  GByteArray *out = begin (call->host, FRAME_PAUSED);

  set_asked (call, FALSE);
  frame_int (out, call->deadline_us);
  frame_int (out, status);
  finish (call->host);
}

void
host_call_seen (HostCall *call, const Look *look)
{
  GByteArray *out = begin (call->host, FRAME_SEEN);

  set_asked (call, FALSE);
  frame_int (out, call->deadline_us);
  frame_int (out, look->there);
  frame_int (out, look->number);
  frame_int (out, look->data != NULL);
  write_bytes (out, look->data);
  frame_text (out, look->problem != NULL ? look->problem : "");
  finish (call->host);
}

void
host_call_kill (HostCall *call)
{
  kill (call->host->pid, SIGKILL);
}

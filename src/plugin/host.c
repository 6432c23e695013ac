/* SPDX-License-Identifier: MIT */
#include "plugin/host.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/strict-json.h"
#include "plugin/host-side.h"

/* A plugin that closes the descriptors it did not open begins at 0. */
#define HIGH_FD 200

typedef struct {
  HostPool   *pool;
  pid_t       pid;
  int         fd;
  GSource    *readable, *writable;
  GByteArray *in, *out;
  HostCall   *call;               /* NULL: free */
} Host;

struct _HostCall {
  Host               *host;
  const HostHandlers *handlers;
  gpointer            user_data;
};

struct _HostPool {
  Registry  *registry;
  GPtrArray *hosts;               /* of Host */
  void     (*born) (pid_t pid, gpointer data);
  void     (*gone) (pid_t pid, gpointer data);
  gpointer   data;
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
  close (host->fd);
  if (host->pid > 0)
    {
      g_free (reap (host->pid));
      host->pool->gone (host->pid, host->pool->data);
    }
  g_byte_array_unref (host->in);
  g_byte_array_unref (host->out);
  g_free (host);
}

static void
end_call (Host *host, int status, const char *crash)
{
  g_autofree HostCall *call = g_steal_pointer (&host->call);

  if (call != NULL)
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
  end_call (host, GALLEY_FAILED, why != NULL ? why : how);
  host_free (host);
}

/* ---- frames that come ---------------------------------------------------- */

static void
take_run (HostCall *call, GVariant *body)
{
  g_autoptr (GVariantIter) env = NULL;
  g_autoptr (GVariant) argv = NULL, data = NULL;
  g_autoptr (GHashTable) pairs = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GBytes) bytes = NULL;
  g_autofree const char **words = NULL;
  const char *cwd, *name, *value;
  gboolean has_stdin;
  HostRun run = { 0 };

  g_variant_get (body, "(^&ayu@aaya(ayay)^&ayb@ay)", &run.tool, &run.flags, &argv, &env, &cwd, &has_stdin, &data);
  words = g_variant_get_bytestring_array (argv, NULL);
  while (g_variant_iter_next (env, "(^&ay^&ay)", &name, &value))
    g_hash_table_insert (pairs, (char *) name, (char *) value);
  bytes = g_variant_get_data_as_bytes (data);
  run.argv = (char **) words;
  run.env = pairs;
  run.cwd = *cwd != '\0' ? cwd : NULL;
  run.stdin_data = has_stdin ? bytes : NULL;
  call->handlers->run (call, &run, call->user_data);
}

static void
take_file (HostCall *call, GVariant *body)
{
  g_autoptr (GVariant) data = NULL;
  g_autoptr (GBytes) bytes = NULL;
  const char *suffix;
  guint32 flags;

  g_variant_get (body, "(u^&ay@ay)", &flags, &suffix, &data);
  bytes = g_variant_get_data_as_bytes (data);
  call->handlers->file (call, flags, suffix, bytes, call->user_data);
}

static void
take_say (HostCall *call, GVariant *body)
{
  guint32 what, error_class;
  const char *text;

  g_variant_get (body, "(uu^&ay)", &what, &error_class, &text);
  call->handlers->say (call, what, error_class, text, call->user_data);
}

static void
take_output (HostCall *call, GVariant *body)
{
  const char *name, *json;

  g_variant_get (body, "(^&ay^&ay)", &name, &json);
  call->handlers->output (call, name, json, call->user_data);
}

/* FALSE: the host says what no host says. */
static gboolean
take_frame (Host *host, FrameKind kind, GVariant *body)
{
  HostCall *call = host->call;

  if (call == NULL)
    return FALSE;
  switch (kind)
    {
    case FRAME_RUN:    take_run (call, body); return TRUE;
    case FRAME_FILE:   take_file (call, body); return TRUE;
    case FRAME_PAUSE:  call->handlers->pause (call, g_variant_get_int64 (body), call->user_data); return TRUE;
    case FRAME_SAY:    take_say (call, body); return TRUE;
    case FRAME_OUTPUT: take_output (call, body); return TRUE;
    case FRAME_DONE:   end_call (host, g_variant_get_int32 (body), NULL); return TRUE;
    default:           return FALSE;
    }
}

/* FALSE: lost.  HOST may be gone after that. */
static gboolean
take_frames (Host *host)
{
  for (;;)
    {
      FrameKind kind;
      gboolean broken;
      g_autoptr (GVariant) body = frame_take (host->in, &kind, &broken);

      if (body == NULL && !broken)
        return TRUE;
      if (broken || !take_frame (host, kind, body))
        {
          host_lost (host, "the plugin spoke out of turn on its connection to galley");
          return FALSE;
        }
    }
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer data)
{
  Host *host = data;
  guint8 bytes[65536];
  ssize_t n = read (fd, bytes, sizeof bytes);

  (void) condition;
  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return G_SOURCE_CONTINUE;
  if (n <= 0)
    {
      host_lost (host, NULL);
      return G_SOURCE_REMOVE;
    }
  g_byte_array_append (host->in, bytes, (guint) n);
  return take_frames (host) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* ---- frames that go ------------------------------------------------------ */

static gboolean on_writable (int fd, GIOCondition condition, gpointer data);

static void
write_some (Host *host)
{
  ssize_t n = send (host->fd, host->out->data, host->out->len, MSG_NOSIGNAL | MSG_DONTWAIT);

  if (n > 0)
    g_byte_array_remove_range (host->out, 0, (guint) n);
  else if (n < 0 && errno != EAGAIN && errno != EINTR)
    g_byte_array_set_size (host->out, 0);      /* gone: on_readable will see it */
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

static void
send_frame (Host *host, FrameKind kind, GVariant *body)
{
  frame_append (host->out, kind, body);
  if (host->writable == NULL)
    write_some (host);
}

/* ---- the pool ------------------------------------------------------------ */

static Host *
host_new (HostPool *pool, GError **error)
{
  int ends[2];
  pid_t core = getpid (), pid;
  Host *host;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
    {
      g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_FAILED, "cannot make a socket pair: %s", g_strerror (errno));
      return NULL;
    }
  pid = fork ();
  if (pid == 0)
    become_host (ends[1], core, pool->registry);
  close (ends[1]);
  if (pid < 0)
    {
      g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_FAILED, "cannot start a plugin host: %s", g_strerror (errno));
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

      if (host->call == NULL)
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

static GVariant *
call_body (const char *plugin, const char *action, gboolean is_check, gboolean abandoned,
           gint64 deadline_us, GHashTable *params)
{
  GVariantBuilder pairs;
  GHashTableIter iter;
  gpointer name, value;

  g_variant_builder_init (&pairs, G_VARIANT_TYPE ("a(ayay)"));
  g_hash_table_iter_init (&iter, params);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      g_autofree char *json = strict_json_write (value, FALSE);

      g_variant_builder_add (&pairs, "(@ay@ay)", g_variant_new_bytestring (name), g_variant_new_bytestring (json));
    }
  return g_variant_new ("(@ay@aybbx@a(ayay))", g_variant_new_bytestring (plugin), g_variant_new_bytestring (action),
                        is_check, abandoned, deadline_us, g_variant_builder_end (&pairs));
}

HostCall *
host_pool_call (HostPool *pool, const char *plugin, const char *action, gboolean is_check,
                gboolean abandoned, gint64 deadline_us, GHashTable *params,
                const HostHandlers *handlers, gpointer user_data, GError **error)
{
  Host *host = free_host (pool, error);
  HostCall *call;

  if (host == NULL)
    return NULL;
  call = g_new0 (HostCall, 1);
  call->host = host;
  call->handlers = handlers;
  call->user_data = user_data;
  host->call = call;
  send_frame (host, FRAME_CALL, call_body (plugin, action, is_check, abandoned, deadline_us, params));
  return call;
}

static GVariant *
bytes_variant (GBytes *bytes)
{
  gsize len = 0;
  const void *data = bytes != NULL ? g_bytes_get_data (bytes, &len) : NULL;

  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, len, 1);
}

void
host_call_ran (HostCall *call, const HostRan *ran)
{
  send_frame (call->host, FRAME_RAN,
              g_variant_new ("(biii@ay@aytt)", ran->ok, ran->how, ran->exit_code, ran->signal,
                             bytes_variant (ran->out), bytes_variant (ran->err), ran->out_total, ran->err_total));
}

void
host_call_file_is (HostCall *call, const char *path)
{
  send_frame (call->host, FRAME_FILE_IS, g_variant_new_bytestring (path != NULL ? path : ""));
}

void
host_call_paused (HostCall *call, int status)
{
  send_frame (call->host, FRAME_PAUSED, g_variant_new_int32 (status));
}

void
host_call_kill (HostCall *call)
{
  kill (call->host->pid, SIGKILL);
}

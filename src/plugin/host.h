/* Plugin hosts, as the core sees them: long-lived forked children, one for
 * each callback that runs at the same time.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>
#include "plugin/frame.h"
#include "base/clock.h"
#include "plugin/registry.h"
#include "proc/look.h"

typedef struct _HostPool HostPool;
typedef struct _HostCall HostCall;

typedef struct {                  /* a command a callback wants run */
  const char  *tool;
  guint32      flags;             /* GALLEY_CMD_... */
  char       **argv;              /* without the tool itself */
  GHashTable  *env;               /* name -> value; may be NULL */
  const char  *cwd;               /* NULL: not said */
  GBytes      *stdin_data;        /* NULL: none */
} HostRun;

typedef struct {                  /* and how it went: enum galley_how and so on */
  gboolean ok;
  int      how, exit_code, signal;
  GBytes  *out, *err;             /* NULL: empty */
  guint64  out_total, err_total;
} HostRan;

/* What a callback asks for.  Each run, file, pause and look must be answered,
 * then or later, by host_call_ran, host_call_file_is, host_call_paused and
 * host_call_seen; look comes only from a pool that is watched.
 * ended: exactly once, STATUS as the callback returned it, or GALLEY_FAILED
 * with CRASH saying how the host ended; CALL is gone after it. */
typedef struct {
  void (*run)    (HostCall *call, const HostRun *run, gpointer user_data);
  void (*file)   (HostCall *call, guint32 flags, const char *suffix, GBytes *data, gpointer user_data);
  void (*pause)  (HostCall *call, gint64 milliseconds, gpointer user_data);
  void (*look)   (HostCall *call, LookKind kind, const char *subject, gpointer user_data);
  void (*say)    (HostCall *call, FrameSay what, guint error_class, const char *text, gpointer user_data);
  void (*output) (HostCall *call, const char *name, const char *json, gpointer user_data);
  void (*ended)  (HostCall *call, int status, const char *crash, gpointer user_data);
} HostHandlers;

/* BORN and GONE tell the supervisor of a host's pid. */
HostPool *host_pool_new  (Registry *registry, void (*born) (pid_t pid, gpointer data),
                          void (*gone) (pid_t pid, gpointer data), gpointer data);
/* From now on callbacks ask the core for what they look at, and CLOCK (may be
 * NULL) is held while they work. */
void      host_pool_watch (HostPool *pool, Clock *clock);
void      host_pool_free (HostPool *pool);       /* ends all hosts */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HostPool, host_pool_free)

/* Run ACTION's check or apply in a free host, or a new one.  PLUGIN must
 * have been loaded.  PARAMS: name -> JsonNode, copied.  DEADLINE_US: on the
 * monotonic clock; G_MAXINT64: none.  NULL: no host could be made. */
HostCall *host_pool_call (HostPool *pool, const char *plugin, const char *action, gboolean is_check,
                          gint64 abandoned_us, gint64 deadline_us, GHashTable *params,
                          const HostHandlers *handlers, gpointer user_data, GError **error);

void host_call_ran     (HostCall *call, const HostRan *ran);
void host_call_file_is (HostCall *call, const char *path);      /* NULL: failed */
void host_call_paused  (HostCall *call, int status);
void host_call_seen    (HostCall *call, const Look *look);
/* Of the callback that runs; it learns of it with the next answer. */
void host_call_set_deadline (HostCall *call, gint64 deadline_us);
/* The callback does not return: end its host.  .ended follows. */
void host_call_kill    (HostCall *call);

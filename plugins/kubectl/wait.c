/* kubectl.wait and rollout: until the cluster says so.
 * SPDX-License-Identifier: MIT */
#include "kubectl.h"
#include "diagnose.h"

#include <string.h>

#define SLICE 15                   /* seconds kubectl waits at a time */
#define BETWEEN 2000               /* ms, when it cannot wait itself */

const struct galley_param wait_params[] = {
  { "resource", GALLEY_STRING, GALLEY_REQUIRED, NULL, NULL, RESOURCE_KIND "(/" RESOURCE_NAME ")?", "service/wandb",
    "what to wait for: kind/name, or a kind with `all` or `selector`" },
  { "for", GALLEY_STRING, GALLEY_REQUIRED, NULL, NULL, "create|delete|condition=.+|jsonpath=.+",
    "jsonpath={.status.loadBalancer.ingress[0].hostname}",
    "create, delete, condition=NAME or jsonpath={PATH}[=VALUE]" },
  { "namespace", GALLEY_STRING, 0, NULL, NULL, KUBE_NAMESPACE_MATCH, "wandb", "namespace; not given: the context's" },
  { "all", GALLEY_BOOL, 0, "false", NULL, NULL, "true", "all objects of that kind" },
  { "selector", GALLEY_STRING, 0, NULL, NULL, NULL, "app=wandb", "all objects with these labels" },
  KUBE_TARGET_PARAMS,
  KUBE_END_PARAM
};

const struct galley_param rollout_params[] = {
  { "resource", GALLEY_STRING, GALLEY_REQUIRED, NULL, NULL, RESOURCE_KIND "/" RESOURCE_NAME, "deployment/wandb",
    "deployment, statefulset or daemonset" },
  { "namespace", GALLEY_STRING, 0, NULL, NULL, KUBE_NAMESPACE_MATCH, "wandb", "namespace; not given: the context's" },
  KUBE_TARGET_PARAMS,
  KUBE_END_PARAM
};

static int
is_absent (const struct galley_result *r)
{
  return strstr (r->err, "(NotFound)") != NULL || strstr (r->err, "no matching resources found") != NULL
         || strstr (r->err, " is not found") != NULL;
}

static int
is_timeout (const struct galley_result *r)
{
  return strstr (r->err, "timed out waiting for the condition") != NULL
         || strstr (r->err, "context deadline exceeded") != NULL;
}

/* The API server does not answer: whoever waits can wait for that too. */
static int
is_hiccup (const struct galley_result *r)
{
  static const char *const texts[] = {
    "TLS handshake timeout", "i/o timeout", "connection reset by peer", "unexpected EOF", "(ServiceUnavailable)",
    "(TooManyRequests)", "(InternalError)", "(Timeout)", "etcdserver: ", "connect: connection refused",
    "was refused - did you specify the right host or port",
  };
  size_t i;

  for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (strstr (r->err, texts[i]) != NULL)
      return strstr (r->err, "localhost:8080") == NULL;
  return 0;
}

static struct galley_cmd *
wait_cmd (struct galley_call *call)
{
  struct galley_cmd *cmd = kube_kubectl (call, 0, "wait", call->host->param (call, "resource"), NULL);

  kube_option (call, cmd, "--namespace", call->host->param (call, "namespace"));
  kube_option (call, cmd, "--selector", call->host->param (call, "selector"));
  if (kube_is_yes (call, "all"))
    call->host->cmd_arg (cmd, "--all=true");
  kube_option (call, cmd, "--for", call->host->param (call, "for"));
  kube_option (call, cmd, "--timeout", galley_printf (call, "%lds", kube_seconds (call, SLICE)));
  return cmd;
}

static struct galley_cmd *
rollout_cmd (struct galley_call *call)
{
  struct galley_cmd *cmd = kube_kubectl (call, 0, "rollout", "status", call->host->param (call, "resource"), NULL);

  kube_option (call, cmd, "--namespace", call->host->param (call, "namespace"));
  kube_option (call, cmd, "--timeout", galley_printf (call, "%lds", kube_seconds (call, SLICE)));
  return cmd;
}

static int
diagnose (struct galley_call *call, struct kube_finding *finding)
{
  const char *resource = call->host->param (call, "resource");
  size_t kind_len = strcspn (resource, "/");
  struct kube_scope scope = {
    .namespace = call->host->param (call, "namespace"),
    .kind = kube_kind (resource, kind_len),
    .name = resource[kind_len] == '/' ? resource + kind_len + 1 : NULL,
    .labels = call->host->param (call, "selector"),
  };

  return scope.kind != NULL && kube_diagnose (call, &scope, finding);
}

static int
time_is_up (struct galley_call *call, const char *until, const char *what)
{
  const char *resource = call->host->param (call, "resource"), *slash = strchr (resource, '/');
  struct kube_finding finding;

  if (strcmp (until, "delete") == 0) {
    if (slash != NULL && delete_explain (call, kube_slice (call, resource, (size_t) (slash - resource)), slash + 1))
      return GALLEY_FAILED;
  } else if (diagnose (call, &finding)) {
    galley_fail (call, finding.error_class, "%s", finding.what);
    return finding.fix != NULL ? galley_fix (call, "%s", finding.fix) : GALLEY_FAILED;
  }
  return galley_fail (call, GALLEY_TRANSIENT, "%s, and the time is up", what);
}

/* Run what BUILD makes again and again until UNTIL: kubectl does not wait
 * for what is not there yet, and a short wait leaves room to say what is
 * going on. */
static int
poll (struct galley_call *call, struct galley_cmd *(*build) (struct galley_call *), const char *until,
      const char *not_yet)
{
  const char *resource = call->host->param (call, "resource"), *what;

  for (;;) {
    struct galley_result r = GALLEY_RESULT_INIT;
    int absent, hiccup;

    if (call->host->run (build (call), &r) == GALLEY_OK)
      return GALLEY_OK;
    absent = is_absent (&r);
    hiccup = !absent && is_hiccup (&r);
    if (!absent && !hiccup && !is_timeout (&r))
      return GALLEY_FAILED;
    what = galley_printf (call, "%s %s", resource, absent ? "is not there yet" : not_yet);
    if (kube_time_is_up (call))
      return hiccup ? GALLEY_FAILED : time_is_up (call, until, what);
    galley_progress (call, "%s", hiccup ? "the API server does not answer" : what);
    if ((absent || hiccup) && call->host->pause (call, BETWEEN) != GALLEY_OK)
      return GALLEY_FAILED;
  }
}

static const char *
not_yet (struct galley_call *call, const char *until)
{
  if (strcmp (until, "delete") == 0)
    return "is still there";
  if (strncmp (until, "condition=", 10) == 0)
    return galley_printf (call, "is not %s yet", until + 10);
  return galley_printf (call, "is not at %s yet", until);
}

int
wait_apply (struct galley_call *call)
{
  const char *until = call->host->param (call, "for");

  return poll (call, wait_cmd, until, not_yet (call, until));
}

int
rollout_apply (struct galley_call *call)
{
  return poll (call, rollout_cmd, "rollout", "is not rolled out yet");
}

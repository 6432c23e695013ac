/* kubectl.delete.  SPDX-License-Identifier: MIT */
#include "kubectl.h"
#include "diagnose.h"

#include <string.h>

const struct galley_param delete_params[] = {
  { "resource", GALLEY_STRING, GALLEY_REQUIRED | GALLEY_GOAL, NULL, NULL, RESOURCE_KIND, "persistentvolumeclaim",
    "kind of object" },
  { "name", GALLEY_STRING, GALLEY_GOAL, NULL, NULL, RESOURCE_NAME, "wandb", "the one to delete" },
  { "selector", GALLEY_STRING, GALLEY_GOAL, NULL, NULL, ".*[^ ].*", "app=wandb", "or those with these labels" },
  NAMESPACE_PARAM,
  { "wait", GALLEY_BOOL, 0, "true", NULL, NULL, "false", "wait until it is really gone" },
  KUBE_TARGET_PARAMS,
  KUBE_END_PARAM
};

static int
one_target (struct galley_call *call)
{
  if ((call->host->param (call, "name") == NULL) == (call->host->param (call, "selector") == NULL))
    return galley_fail (call, GALLEY_INVALID, "one of `name` and `selector` is needed, and only one");
  return GALLEY_OK;
}

int
delete_check (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  struct galley_cmd *cmd;
  const char *end;

  if (one_target (call) != GALLEY_OK)
    return GALLEY_FAILED;
  cmd = get_cmd (call, call->host->param (call, "resource"), call->host->param (call, "name"));
  galley_args (call, cmd, "--ignore-not-found=true", "--output=name", "--request-timeout=30s", NULL);
  if (call->host->run (cmd, &r) != GALLEY_OK)
    return GALLEY_FAILED;
  if (r.out_total == 0)
    return GALLEY_OK;
  end = r.out + strcspn (r.out, "\n");
  if (*end != '\0' && end[1] != '\0')
    return galley_need (call, "%.*s and more are there", (int) (end - r.out), r.out);
  return galley_need (call, "%.*s is there", (int) (end - r.out), r.out);
}

/* ---- what keeps it ---------------------------------------------------- */

static int
explain_namespace (struct galley_call *call, const char *name, const char *json)
{
  static const struct { const char *type, *fix; } kinds[] = {
    { "NamespaceDeletionDiscoveryFailure", "see which is not available: kubectl get apiservices" },
    { "NamespaceFinalizersRemaining", "see what holds them, and let its controller run" },
    { "NamespaceContentRemaining", "see: kubectl describe namespace" },
  };
  const char *const *all = call->host->json_all (call, json, "$.status.conditions[*]"), *const *it;
  size_t i;

  for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    for (it = all; *it != NULL; it++) {
      if (strcmp (look (call, *it, "$.type"), kinds[i].type) != 0
          || strcmp (look (call, *it, "$.status"), "True") != 0)
        continue;
      galley_fail (call, GALLEY_TRANSIENT, "namespace %s is not gone: %s", name,
                   first_line (call, look (call, *it, "$.message"), 300));
      galley_fix (call, "%s", kinds[i].fix);
      return 1;
    }
  return 0;
}

/* The name of a pod that uses CLAIM; NULL: none is seen. */
static const char *
pod_with_claim (struct galley_call *call, const char *claim)
{
  const char *where = call->host->param (call, "namespace"), *const *pods, *const *names;

  pods = get_items (call, "pods", where != NULL ? galley_printf (call, "--namespace=%s", where) : NULL, NULL);
  for (; pods != NULL && *pods != NULL; pods++) {
    names = call->host->json_all (call, *pods, "$.spec.volumes[*].persistentVolumeClaim.claimName");
    for (; *names != NULL; names++)
      if (strcmp (*names, claim) == 0)
        return look (call, *pods, "$.metadata.name");
  }
  return NULL;
}

static int
explain_finalizers (struct galley_call *call, const char *kind, const char *name, const char *json)
{
  const char *const *finalizer = call->host->json_all (call, json, "$.metadata.finalizers[*]");
  const char *list = NULL, *known, *pod, *fix = "let the controller run that takes care of it";

  for (; *finalizer != NULL; finalizer++) {
    list = galley_printf (call, "%s%s%s", list != NULL ? list : "", list != NULL ? ", " : "", *finalizer);
    if (strcmp (*finalizer, "external-provisioner.volume.kubernetes.io/finalizer") == 0)
      fix = "the driver that made the disk must run to delete it: install it again";
  }
  if (list == NULL)
    return 0;
  known = kube_kind (kind, strlen (kind));
  if (known != NULL && strcmp (known, "PersistentVolumeClaim") == 0 && (pod = pod_with_claim (call, name)) != NULL) {
    galley_fail (call, GALLEY_CONFLICT, "claim %s is not gone: pod %s uses it", name, pod);
    galley_fix (call, "first delete what the pod belongs to (helm.uninstall)");
    return 1;
  }
  galley_fail (call, GALLEY_TRANSIENT, "%s/%s is not gone: it waits for %s", kind, name, list);
  galley_fix (call, "%s", fix);
  return 1;
}

int
delete_explain (struct galley_call *call, const char *kind, const char *name)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  uint32_t flags = GALLEY_CMD_MAY_FAIL | GALLEY_CMD_SECRET_OUTPUT;
  struct galley_cmd *cmd = kube_kubectl (call, flags, "get", kind, name, NULL);

  kube_option (call, cmd, "--namespace", call->host->param (call, "namespace"));
  galley_args (call, cmd, "--output=json", "--request-timeout=20s", NULL);
  if (call->host->run (cmd, &r) != GALLEY_OK || *look (call, r.out, "$.metadata.deletionTimestamp") == '\0')
    return 0;
  if (strcmp (look (call, r.out, "$.kind"), "Namespace") == 0 && explain_namespace (call, name, r.out))
    return 1;
  return explain_finalizers (call, kind, name, r.out);
}

int
delete_apply (struct galley_call *call)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  const char *kind = call->host->param (call, "resource"), *name = call->host->param (call, "name");
  struct galley_cmd *cmd;

  if (one_target (call) != GALLEY_OK)
    return GALLEY_FAILED;
  cmd = kube_kubectl (call, 0, "delete", kind, name, NULL);
  kube_option (call, cmd, "--namespace", call->host->param (call, "namespace"));
  kube_option (call, cmd, "--selector", call->host->param (call, "selector"));
  call->host->cmd_arg (cmd, "--ignore-not-found=true");
  if (kube_is_yes (call, "wait"))
    galley_args (call, cmd, "--wait=true", galley_printf (call, "--timeout=%lds", kube_seconds (call, 3600)), NULL);
  else
    call->host->cmd_arg (cmd, "--wait=false");
  if (call->host->run (cmd, &r) == GALLEY_OK)
    return GALLEY_OK;
  if (strstr (r.err, "timed out waiting for the condition") == NULL)
    return GALLEY_FAILED;
  if (name != NULL && delete_explain (call, kind, name))
    return GALLEY_FAILED;
  return galley_fail (call, GALLEY_TRANSIENT, "%s is still there, and the time is up", describe_target (call));
}

/* Pods that have a node, and yet do not get ready.
 * SPDX-License-Identifier: MIT */
#include "diagnose.h"

#include <string.h>

#define COUNT(table) (sizeof (table) / sizeof (table)[0])

static int
is_pod (const struct thing *thing)
{
  return thing->in_scope && strcmp (thing->kind, "Pod") == 0;
}

/* ---- what containers write ------------------------------------------- */

static const struct { const char *text, *what, *fix; } sayings[] = {
  { "exec format error", "its image is for another kind of processor", "use nodes of the x86 kind" },
  { "Access denied for user", "the database refuses its password",
    "the volume is from an earlier release with another password: set mysql.password to that, "
    "or delete the claim and its data" },
  { "data directory has files in it", "the database's volume is not empty and not its own",
    "delete the claim, if its data may go" },
  { "Operating system error number 13", "the database may not write to its volume",
    "look at the owner of the volume" },
  { "No space left on device", "its volume is full", "make the claim larger" },
  { "Dirty database version", "a migration of the database was cut off",
    "restore the database, or force its version" },
  { "compact JWS format must have three parts", "the license is not whole", "copy it again, all three parts of it" },
  { "Invalid License", "the license is not accepted", "get a new one at https://deploy.wandb.ai/deploy" },
  { "no EC2 IMDS role found", "it has no AWS credentials", "give its service account a role (Pod Identity or IRSA)" },
  { "GetInstanceIdentityDocument", "it cannot reach the instance metadata",
    "set the hop limit to 2, or name the region" },
};

/* What container NAME of POD says about its trouble: -1 for nothing known.
 * Its log may hold secrets: nothing of it is kept or shown. */
static int
saying (const struct world *world, const struct thing *pod, const char *name, int previous)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  uint32_t flags = GALLEY_CMD_MAY_FAIL | GALLEY_CMD_SECRET_OUTPUT;
  struct galley_cmd *cmd = kube_kubectl (world->call, flags, "logs", pod->name, NULL);
  size_t i;

  kube_option (world->call, cmd, "--namespace", world->scope->namespace);
  kube_option (world->call, cmd, "--container", name);
  if (previous)
    world->call->host->cmd_arg (cmd, "--previous=true");
  galley_args (world->call, cmd, "--tail=50", "--request-timeout=20s", NULL);
  if (world->call->host->run (cmd, &r) == GALLEY_OK)
    for (i = 0; i < COUNT (sayings); i++)
      if (kube_contains (r.out, sayings[i].text))
        return (int) i;
  return -1;
}

/* ---- containers that cannot run -------------------------------------- */

static int
explain_image (const struct world *world, const struct thing *pod, const char *image, const char *message,
               struct kube_finding *finding)
{
  static const struct { const char *text, *what, *fix; enum galley_class error_class; } causes[] = {
    { "toomanyrequests", "its registry allows no more pulls for now",
      "wait, or log in (imagePullSecrets), or use a mirror", GALLEY_THROTTLED },
    { "429 Too Many Requests", "its registry allows no more pulls for now",
      "wait, or log in (imagePullSecrets), or use a mirror", GALLEY_THROTTLED },
    { "manifest unknown", "there is no such image", "look at its name and tag", GALLEY_NOT_FOUND },
    { ": not found", "there is no such image", "look at its name and tag", GALLEY_NOT_FOUND },
    { "no match for platform", "there is no such image for these nodes' processor", "use nodes of another type",
      GALLEY_NOT_FOUND },
    { "pull access denied", "its registry refuses it", "look at its name, or log in (imagePullSecrets)",
      GALLEY_DENIED },
    { "unauthorized", "its registry refuses it", "log in (imagePullSecrets)", GALLEY_DENIED },
    { "i/o timeout", "its registry does not answer", "look at the nodes' way to the network", GALLEY_TRANSIENT },
    { "no such host", "the name of its registry is not known", "look at the image's name and the nodes' network",
      GALLEY_TRANSIENT },
  };
  const char *event = last_event (world, pod, "Failed");
  size_t i;

  for (i = 0; i < COUNT (causes); i++)
    if (kube_contains (message, causes[i].text) || (event != NULL && kube_contains (event, causes[i].text)))
      return found (world->call, finding, causes[i].error_class, causes[i].fix,
                    "image %s of pod %s cannot be pulled: %s", image, pod->name, causes[i].what);
  return found (world->call, finding, GALLEY_UNKNOWN,
                "look at its name and tag, and see: kubectl describe pod",
                "image %s of pod %s cannot be pulled", image, pod->name);
}

static int
explain_crash (const struct world *world, const struct thing *pod, const char *status, struct kube_finding *finding)
{
  struct galley_call *call = world->call;
  const char *name = look (call, status, "$.name"), *reason = look (call, status, "$.lastState.terminated.reason");
  const char *exit_code = look (call, status, "$.lastState.terminated.exitCode");
  const char *what = galley_printf (call, "container %s of pod %s keeps ending", name, pod->name);
  int said;

  if (strcmp (reason, "OOMKilled") == 0)
    return found (call, finding, GALLEY_QUOTA, "raise resources.limits.memory",
                  "%s: it needs more memory than its limit", what);
  if ((said = saying (world, pod, name, 1)) >= 0)
    return found (call, finding, GALLEY_INVALID, sayings[said].fix, "%s: %s", what, sayings[said].what);
  if (*exit_code != '\0')
    what = galley_printf (call, "%s, with exit code %s", what, exit_code);
  return found (call, finding, GALLEY_UNKNOWN,
                galley_printf (call, "see: kubectl logs %s --container=%s --previous", pod->name, name),
                "%s", what);
}

static int
explain_waiting (const struct world *world, const struct thing *pod, const char *status, struct kube_finding *finding)
{
  struct galley_call *call = world->call;
  const char *reason = look (call, status, "$.state.waiting.reason");
  const char *message = look (call, status, "$.state.waiting.message");

  if (strstr (reason, "Image") != NULL && strcmp (reason, "ImageInspectError") != 0)
    return explain_image (world, pod, look (call, status, "$.image"), message, finding);
  if (strcmp (reason, "CrashLoopBackOff") == 0)
    return explain_crash (world, pod, status, finding);
  if (strncmp (reason, "Create", 6) == 0 || strcmp (reason, "RunContainerError") == 0)
    return found (call, finding, GALLEY_INVALID, "see: kubectl describe pod",
                  "container %s of pod %s cannot start: %s", look (call, status, "$.name"), pod->name,
                  first_line (call, message, 300));
  return 0;
}

static int
explain_mount (const struct world *world, const struct thing *pod, struct kube_finding *finding)
{
  struct galley_call *call = world->call;
  const char *event = last_event (world, pod, "FailedAttachVolume"), *fix = "see: kubectl describe pod";

  if (strcmp (look (call, pod->json, "$.status.phase"), "Pending") != 0)
    return 0;
  if (event == NULL)
    event = last_event (world, pod, "FailedMount");
  if (event == NULL)
    return 0;
  if (kube_contains (event, "Multi-Attach"))
    fix = "wait some minutes until it is free, or delete the pod that still has it";
  return found (call, finding, GALLEY_TRANSIENT, fix, "pod %s does not get its volume: %s", pod->name,
                first_line (call, event, 300));
}

static int
explain_sandbox (const struct world *world, const struct thing *pod, struct kube_finding *finding)
{
  const char *event = last_event (world, pod, "FailedCreatePodSandBox");

  if (event == NULL || strcmp (look (world->call, pod->json, "$.status.phase"), "Pending") != 0
      || !kube_contains (event, "failed to assign an IP address"))
    return 0;
  return found (world->call, finding, GALLEY_QUOTA, "use a larger type of node, or a larger subnet",
                "pod %s gets no address: the node or the subnet has none left", pod->name);
}

int
pods_stuck (const struct world *world, struct kube_finding *finding)
{
  static const char *const lists[] = { "$.status.initContainerStatuses[*]", "$.status.containerStatuses[*]" };
  const char *const *status;
  size_t i, k;

  for (i = 0; i < world->n_things; i++) {
    const struct thing *pod = &world->things[i];

    if (!is_pod (pod))
      continue;
    for (k = 0; k < COUNT (lists); k++)
      for (status = world->call->host->json_all (world->call, pod->json, lists[k]); *status != NULL; status++)
        if (explain_waiting (world, pod, *status, finding))
          return 1;
    if (explain_mount (world, pod, finding) || explain_sandbox (world, pod, finding))
      return 1;
  }
  return 0;
}

/* ---- pods that are not even made ------------------------------------- */

static int
has_pods (const struct world *world, const struct thing *owner)
{
  const char *const *name;
  size_t i;

  for (i = 0; i < world->n_things; i++) {
    if (strcmp (world->things[i].kind, "Pod") != 0)
      continue;
    name = world->call->host->json_all (world->call, world->things[i].json, "$.metadata.ownerReferences[*].name");
    for (; *name != NULL; name++)
      if (strcmp (*name, owner->name) == 0)
        return 1;
  }
  return 0;
}

int
pods_not_made (const struct world *world, struct kube_finding *finding)
{
  struct galley_call *call = world->call;
  const char *event, *account, *fix = "see: kubectl get events";
  enum galley_class error_class = GALLEY_UNKNOWN;
  size_t i;

  for (i = 0; i < world->n_things; i++) {
    const struct thing *owner = &world->things[i];

    if (!owner->in_scope || (event = last_event (world, owner, "FailedCreate")) == NULL || has_pods (world, owner))
      continue;
    if ((account = strstr (event, "serviceaccount \"")) != NULL && strstr (account, "not found") != NULL) {
      fix = "make the service account first (eksctl.iamserviceaccount)";
      error_class = GALLEY_NOT_FOUND;
    } else if (strstr (event, "exceeded quota") != NULL) {
      fix = "raise the namespace's quota, or ask for less";
      error_class = GALLEY_QUOTA;
    }
    return found (call, finding, error_class, fix, "%s %s cannot make its pods: %s", owner->kind, owner->name,
                  first_line (call, event, 300));
  }
  return 0;
}

/* ---- pods that run --------------------------------------------------- */

static int
explain_init (const struct world *world, const struct thing *pod, struct kube_finding *finding)
{
  struct galley_call *call = world->call;
  const char *const *status = call->host->json_all (call, pod->json, "$.status.initContainerStatuses[*]");
  const char *name, *what;
  int said;

  for (; *status != NULL; status++) {
    if (call->host->json (call, *status, "$.state.running") == NULL)
      continue;
    name = look (call, *status, "$.name");
    what = galley_printf (call, "pod %s still waits in its init container %s", pod->name, name);
    if ((said = saying (world, pod, name, 0)) >= 0)
      return found (call, finding, GALLEY_INVALID, sayings[said].fix, "%s: %s", what, sayings[said].what);
    return found (call, finding, GALLEY_TRANSIENT,
                  galley_printf (call, "see what for: kubectl logs %s --container=%s", pod->name, name),
                  "%s", what);
  }
  return 0;
}

static int
is_running_unready (const struct world *world, const struct thing *pod)
{
  const char *const *ready;

  if (strcmp (look (world->call, pod->json, "$.status.phase"), "Running") != 0)
    return 0;
  ready = world->call->host->json_all (world->call, pod->json, "$.status.containerStatuses[*].ready");
  while (*ready != NULL && strcmp (*ready, "true") == 0)
    ready++;
  return *ready != NULL;
}

static int
explain_unready (const struct world *world, const struct thing *pod, struct kube_finding *finding)
{
  struct galley_call *call = world->call;
  const char *event = last_event (world, pod, "Unhealthy");

  if (!is_running_unready (world, pod))
    return 0;
  return found (call, finding, GALLEY_TRANSIENT,
                galley_printf (call, "see: kubectl logs %s --all-containers", pod->name),
                "pod %s runs but is not ready%s%s", pod->name, event != NULL ? ": " : "",
                event != NULL ? first_line (call, event, 300) : "");
}

/* A pod that runs first: it may be what the other waits for. */
int
pods_not_ready (const struct world *world, struct kube_finding *finding)
{
  size_t i;

  for (i = 0; i < world->n_things; i++)
    if (is_pod (&world->things[i]) && explain_unready (world, &world->things[i], finding))
      return 1;
  for (i = 0; i < world->n_things; i++)
    if (is_pod (&world->things[i]) && explain_init (world, &world->things[i], finding))
      return 1;
  return 0;
}

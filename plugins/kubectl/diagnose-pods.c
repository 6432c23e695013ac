/* Pods that do not get ready.  SPDX-License-Identifier: MIT */
#include "diagnose.h"

#include <stdlib.h>
#include <string.h>

#define VOLUME_TERMS "$.spec.nodeAffinity.required.nodeSelectorTerms[*].matchExpressions[*]"
#define COUNT(table) (sizeof (table) / sizeof (table)[0])

static int
is_pod (const struct thing *thing)
{
  return thing->in_scope && strcmp (thing->kind, "Pod") == 0;
}

int
pods_uses_claim (const struct world *world, const struct thing *pod, const char *claim)
{
  const char *const *name;

  if (strcmp (pod->kind, "Pod") != 0)
    return 0;
  name = world->call->host->json_all (world->call, pod->json, "$.spec.volumes[*].persistentVolumeClaim.claimName");
  for (; *name != NULL; name++)
    if (strcmp (*name, claim) == 0)
      return 1;
  return 0;
}

/* The pod's condition TYPE as JSON; NULL: none. */
static const char *
condition (struct galley_call *call, const struct thing *pod, const char *type)
{
  const char *const *all = call->host->json_all (call, pod->json, "$.status.conditions[*]");

  while (*all != NULL && strcmp (look (call, *all, "$.type"), type) != 0)
    all++;
  return *all;
}

/* ---- no node fits ---------------------------------------------------- */

/* A quantity ("1", "250m", "2Gi") in thousandths. */
static double
quantity (const char *text)
{
  static const struct { const char *suffix; double factor; } units[] = {
    { "m", 0.001 }, { "Ki", 1024. }, { "Mi", 1048576. }, { "Gi", 1073741824. }, { "Ti", 1099511627776. },
    { "k", 1e3 }, { "M", 1e6 }, { "G", 1e9 }, { "T", 1e12 },
  };
  char *end;
  double value = strtod (text, &end);
  size_t i;

  for (i = 0; i < COUNT (units); i++)
    if (strcmp (end, units[i].suffix) == 0)
      value *= units[i].factor;
  return value * 1000;
}

static double
requests (struct galley_call *call, const struct thing *pod, const char *resource)
{
  const char *const *all = call->host->json_all (
    call, pod->json, galley_printf (call, "$.spec.containers[*].resources.requests.%s", resource));
  double sum = 0;

  for (; *all != NULL; all++)
    sum += quantity (*all);
  return sum;
}

/* " (it asks 1000m)" */
static const char *
asks (struct galley_call *call, const struct thing *pod, const char *message)
{
  double cpu = requests (call, pod, "cpu"), memory = requests (call, pod, "memory") / 1000 / 1048576;

  if (strstr (message, "Insufficient cpu") != NULL && cpu > 0)
    return galley_printf (call, " (it asks %.0fm)", cpu);
  if (strstr (message, "Insufficient memory") != NULL && memory > 0)
    return galley_printf (call, " (it asks %.0fMi)", memory);
  return "";
}

/* The zone its volume is in; NULL: not seen. */
static const char *
zone_of_volume (const struct world *world, const struct thing *pod)
{
  struct galley_call *call = world->call;
  const char *const *volumes = get_items (call, "persistentvolumes", NULL, NULL), *const *terms;

  for (; volumes != NULL && *volumes != NULL; volumes++) {
    if (!pods_uses_claim (world, pod, look (call, *volumes, "$.spec.claimRef.name")))
      continue;
    terms = call->host->json_all (call, *volumes, VOLUME_TERMS);
    for (; *terms != NULL; terms++)
      if (strstr (look (call, *terms, "$.key"), "zone") != NULL)
        return call->host->json (call, *terms, "$.values[0]");
  }
  return NULL;
}

static int
wants_volume_zone (const char *message)
{
  return strstr (message, "PersistentVolume's node affinity") != NULL
         || strstr (message, "volume node affinity conflict") != NULL;
}

static const struct { const char *text, *fix; enum galley_class error_class; } refusals[] = {
  { "no nodes available to schedule pods", "add nodes (eksctl.nodegroup)", GALLEY_QUOTA },
  { "node.kubernetes.io/not-ready", "wait until the nodes are ready, see: kubectl get nodes", GALLEY_TRANSIENT },
  { "node.kubernetes.io/unreachable", "see what became of the nodes: kubectl get nodes", GALLEY_TRANSIENT },
  { "node(s) were unschedulable", "let the nodes take pods again: kubectl uncordon", GALLEY_INVALID },
  { "Insufficient cpu", "add a node (eksctl.nodegroup) or use a larger type, or lower resources.requests",
    GALLEY_QUOTA },
  { "Insufficient memory",
    "add a node (eksctl.nodegroup) or use a type with more memory, or lower resources.requests", GALLEY_QUOTA },
  { "Too many pods", "add a node (eksctl.nodegroup) or use a larger type", GALLEY_QUOTA },
  { "untolerated taint", "give the pod a toleration, or add nodes without that taint", GALLEY_INVALID },
  { "Pod's node affinity/selector", "label a node as the pod wants it, or change its nodeSelector", GALLEY_INVALID },
  { "persistentvolumeclaim", "make the claim first", GALLEY_NOT_FOUND },
};

static int
explain_unschedulable (const struct world *world, const struct thing *pod, const char *message, int more,
                       struct kube_finding *finding)
{
  struct galley_call *call = world->call;
  const char *end = strstr (message, ". "), *zone = NULL, *fix = NULL;
  enum galley_class error_class = GALLEY_UNKNOWN;
  size_t i;

  message = kube_slice (call, message, end != NULL ? (size_t) (end - message) : strlen (message));
  if (message[0] != '\0' && message[strlen (message) - 1] == '.')
    message = kube_slice (call, message, strlen (message) - 1);
  for (i = COUNT (refusals); i-- > 0;)
    if (strstr (message, refusals[i].text) != NULL) {
      fix = refusals[i].fix;
      error_class = refusals[i].error_class;
    }
  if (wants_volume_zone (message)) {
    zone = zone_of_volume (world, pod);
    error_class = GALLEY_INVALID;
    fix = zone != NULL ? galley_printf (call, "its volume is in %s: make room or add a node there", zone)
                       : "make room or add a node in the zone its volume is in";
  }
  return found (call, finding, error_class, fix, "pod %s%s cannot be scheduled: %s%s", pod->name,
                more > 0 ? galley_printf (call, " (and %d more)", more) : "", message,
                asks (call, pod, message));
}

static const char *
unschedulable (const struct world *world, const struct thing *thing)
{
  const char *scheduled = is_pod (thing) ? condition (world->call, thing, "PodScheduled") : NULL;

  if (scheduled == NULL || strcmp (look (world->call, scheduled, "$.reason"), "Unschedulable") != 0
      || strcmp (look (world->call, scheduled, "$.status"), "False") != 0)
    return NULL;
  return look (world->call, scheduled, "$.message");
}

int
pods_unschedulable (const struct world *world, struct kube_finding *finding)
{
  const struct thing *first = NULL;
  int count = 0;
  size_t i;

  for (i = 0; i < world->n_things; i++)
    if (unschedulable (world, &world->things[i]) != NULL) {
      first = first != NULL ? first : &world->things[i];
      count++;
    }
  return first != NULL && explain_unschedulable (world, first, unschedulable (world, first), count - 1, finding);
}

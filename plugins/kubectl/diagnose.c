/* SPDX-License-Identifier: MIT */
#include "diagnose.h"
#include "json-text.h"

#include <stdlib.h>
#include <string.h>

#define KINDS "pods,replicasets,deployments,statefulsets,daemonsets,jobs,persistentvolumeclaims,services"
/* Objects of one name come and go (those of a StatefulSet): hence the uid. */
#define EVENTS                                                                                               \
  "jsonpath={range .items[*]}{.involvedObject.kind}{\"\\t\"}{.involvedObject.name}{\"\\t\"}{.involvedObject.uid}" \
  "{\"\\t\"}{.reason}{\"\\t\"}{.message}{\"\\n\"}{end}"

const char *
look (struct galley_call *call, const char *json, const char *path)
{
  const char *value = call->host->json (call, json, path);

  return value != NULL ? value : "";
}

const char *
look_meta (struct galley_call *call, const char *json, const char *where, const char *name)
{
  const char *map = call->host->json (call, json, galley_printf (call, "$.metadata.%s", where));
  const char *path = "";

  if (map == NULL || *map != '{')
    return NULL;
  for (; *name != '\0'; name++)
    path = galley_printf (call, *name == '.' ? "%s\\%c" : "%s%c", path, *name);
  map = json_at (call, map, path);
  return map != NULL ? look (call, map, "$") : NULL;
}

int
found (struct galley_call *call, struct kube_finding *finding, enum galley_class error_class, const char *fix,
       const char *what, ...)
{
  va_list ap;

  va_start (ap, what);
  finding->what = call->host->vprintf (call, what, ap);
  va_end (ap);
  finding->error_class = error_class;
  finding->fix = fix;
  return 1;
}

const char *
first_line (struct galley_call *call, const char *text, size_t longest)
{
  size_t len = strcspn (text, "\r\n");

  if (len <= longest)
    return kube_slice (call, text, len);
  while (longest > 0 && ((unsigned char) text[longest] & 0xc0) == 0x80)
    longest--;
  return galley_printf (call, "%.*s…", (int) longest, text);
}

const char *
last_event (const struct world *world, const struct thing *thing, const char *reason)
{
  const char *start = galley_printf (world->call, "%s\t%s\t%s\t%s\t", thing->kind, thing->name,
                                     look (world->call, thing->json, "$.metadata.uid"), reason);
  const char *line, *end, *last = NULL;
  size_t len = strlen (start);

  for (line = world->events; *line != '\0'; line = *end != '\0' ? end + 1 : end) {
    end = line + strcspn (line, "\n");
    if (strncmp (line, start, len) == 0)
      last = kube_slice (world->call, line + len, (size_t) (end - line) - len);
  }
  return last;
}

/* What pods are made of may hold secrets: nothing of it is kept. */
static const char *
get_text (struct galley_call *call, const char *resource, const char *option, const char *other, const char *output)
{
  struct galley_result r = GALLEY_RESULT_INIT;
  uint32_t flags = strncmp (resource, "pods", 4) == 0 ? GALLEY_CMD_SECRET_OUTPUT : 0;
  struct galley_cmd *cmd = kube_kubectl (call, GALLEY_CMD_MAY_FAIL | flags, "get", resource, NULL);

  if (option != NULL)
    call->host->cmd_arg (cmd, option);
  if (other != NULL)
    call->host->cmd_arg (cmd, other);
  /* Events of schedulers carry no lastTimestamp. */
  if (strcmp (resource, "events") == 0)
    call->host->cmd_arg (cmd, "--sort-by=.metadata.creationTimestamp");
  kube_option (call, cmd, "--output", output);
  call->host->cmd_arg (cmd, "--request-timeout=20s");
  return call->host->run (cmd, &r) == GALLEY_OK ? r.out : NULL;
}

const char *const *
get_items (struct galley_call *call, const char *resource, const char *option, const char *other)
{
  const char *list = get_text (call, resource, option, other, "json");

  if (list == NULL || strcmp (look (call, list, "$.kind"), "List") != 0)
    return NULL;
  return call->host->json_all (call, list, "$.items[*]");
}

/* ---- which objects --------------------------------------------------- */

static const struct { const char *kind, *names; } kinds[] = {
  { "Pod", " pod pods po " },
  { "Deployment", " deployment deployments deploy deployment.apps deployments.apps " },
  { "StatefulSet", " statefulset statefulsets sts statefulset.apps statefulsets.apps " },
  { "DaemonSet", " daemonset daemonsets ds daemonset.apps daemonsets.apps " },
  { "ReplicaSet", " replicaset replicasets rs replicaset.apps replicasets.apps " },
  { "Job", " job jobs job.batch jobs.batch " },
  { "PersistentVolumeClaim", " persistentvolumeclaim persistentvolumeclaims pvc " },
  { "Service", " service services svc " },
};

const char *
kube_kind (const char *resource, size_t len)
{
  size_t i, name_len;
  const char *name;

  for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    for (name = kinds[i].names + 1; *name != '\0'; name += name_len + 1) {
      name_len = strcspn (name, " ");
      if (name_len == len && strncasecmp (name, resource, len) == 0)
        return kinds[i].kind;
    }
  return NULL;
}

/* LABELS "a=b,c=d"; anything else but equality is not understood, and then
 * nothing is said rather than something wrong. */
static int
has_labels (struct galley_call *call, const char *json, const char *labels)
{
  while (labels != NULL && *labels != '\0') {
    size_t len = strcspn (labels, ","), key_len = strcspn (labels, "=,");
    const char *key = kube_slice (call, labels, key_len), *want, *have;

    if (key_len == len || strpbrk (key, "!() ") != NULL)
      return 0;
    want = labels + key_len + (labels[key_len + 1] == '=' ? 2 : 1);
    have = look_meta (call, json, "labels", key);
    if (have == NULL || strcmp (have, kube_slice (call, want, (size_t) (labels + len - want))) != 0)
      return 0;
    labels += len + (labels[len] == ',');
  }
  return 1;
}

static int
is_root (const struct world *world, const struct thing *thing)
{
  const struct kube_scope *scope = world->scope;
  const char *release;

  if (scope->release != NULL) {
    release = look_meta (world->call, thing->json, "annotations", "meta.helm.sh/release-name");
    return release != NULL && strcmp (release, scope->release) == 0;
  }
  return scope->kind != NULL && strcmp (thing->kind, scope->kind) == 0
         && (scope->name == NULL || strcmp (thing->name, scope->name) == 0)
         && has_labels (world->call, thing->json, scope->labels);
}

static int
is_owned (const struct world *world, const struct thing *thing)
{
  const char *const *owner = world->call->host->json_all (world->call, thing->json, "$.metadata.ownerReferences[*]");
  const char *kind, *name;
  size_t i;

  for (; *owner != NULL; owner++) {
    kind = look (world->call, *owner, "$.kind");
    name = look (world->call, *owner, "$.name");
    for (i = 0; i < world->n_things; i++)
      if (world->things[i].in_scope && strcmp (world->things[i].kind, kind) == 0
          && strcmp (world->things[i].name, name) == 0)
        return 1;
  }
  return 0;
}

static int
is_used (const struct world *world, const struct thing *thing)
{
  size_t i;

  for (i = 0; i < world->n_things; i++)
    if (world->things[i].in_scope && pods_uses_claim (world, &world->things[i], thing->name))
      return 1;
  return 0;
}

/* What is being deleted is nobody's trouble any more. */
static void
leave_out_deleted (struct world *world)
{
  size_t i;

  for (i = 0; i < world->n_things; i++)
    if (*look (world->call, world->things[i].json, "$.metadata.deletionTimestamp") != '\0')
      world->things[i].in_scope = 0;
}

static void
mark_scope (struct world *world)
{
  int pass, more = 1;
  size_t i;

  for (i = 0; i < world->n_things; i++)
    world->things[i].in_scope = is_root (world, &world->things[i]);
  for (pass = 0; pass < 4 && more; pass++)       /* Deployment, ReplicaSet, Pod */
    for (more = 0, i = 0; i < world->n_things; i++)
      if (!world->things[i].in_scope && is_owned (world, &world->things[i]))
        more = world->things[i].in_scope = 1;
  for (i = 0; i < world->n_things; i++)
    if (strcmp (world->things[i].kind, "PersistentVolumeClaim") == 0 && !world->things[i].in_scope)
      world->things[i].in_scope = is_used (world, &world->things[i]);
  leave_out_deleted (world);
}

/* ---- services -------------------------------------------------------- */

static const struct { const char *text, *fix; enum galley_class error_class; } balancer_failures[] = {
  { "could not find any suitable subnets", "tag the public subnets with kubernetes.io/role/elb=1", GALLEY_INVALID },
  { "TooManyLoadBalancers", "delete load balancers nobody needs, or raise the quota", GALLEY_QUOTA },
  { "AccessDenied", "attach AmazonEKSClusterPolicy to the cluster's role", GALLEY_DENIED },
  { "not authorized to perform", "attach AmazonEKSClusterPolicy to the cluster's role", GALLEY_DENIED },
};

static int
services_explain (const struct world *world, struct kube_finding *finding)
{
  size_t i, k;

  for (i = 0; i < world->n_things; i++) {
    const struct thing *service = &world->things[i];
    const char *event, *what, *fix = "see: kubectl describe service";
    enum galley_class error_class = GALLEY_UNKNOWN;

    if (!service->in_scope || strcmp (service->kind, "Service") != 0
        || strcmp (look (world->call, service->json, "$.spec.type"), "LoadBalancer") != 0
        || world->call->host->json (world->call, service->json, "$.status.loadBalancer.ingress[0]") != NULL
        || (event = last_event (world, service, "SyncLoadBalancerFailed")) == NULL)
      continue;
    what = galley_printf (world->call, "service %s gets no load balancer: %s", service->name,
                          first_line (world->call, event, 300));
    for (k = sizeof balancer_failures / sizeof balancer_failures[0]; k-- > 0;)
      if (kube_contains (event, balancer_failures[k].text)) {
        fix = balancer_failures[k].fix;
        error_class = balancer_failures[k].error_class;
      }
    return found (world->call, finding, error_class, fix, "%s", what);
  }
  return 0;
}

/* ---- all ------------------------------------------------------------- */

static int
read_world (struct world *world)
{
  struct galley_call *call = world->call;
  const char *where = world->scope->namespace;
  const char *const *items;
  size_t i;

  where = where != NULL ? galley_printf (call, "--namespace=%s", where) : NULL;
  if ((items = get_items (call, KINDS, where, NULL)) == NULL)
    return 0;
  while (items[world->n_things] != NULL)
    world->n_things++;
  world->things = calloc (world->n_things + 1, sizeof *world->things);
  if (world->things == NULL)
    return 0;
  for (i = 0; i < world->n_things; i++) {
    world->things[i].json = items[i];
    world->things[i].kind = look (call, items[i], "$.kind");
    world->things[i].name = look (call, items[i], "$.metadata.name");
  }
  mark_scope (world);
  world->events = get_text (call, "events", where, NULL, EVENTS);
  if (world->events == NULL)
    world->events = "";
  return 1;
}

int
kube_diagnose (struct galley_call *call, const struct kube_scope *scope, struct kube_finding *finding)
{
  /* Causes first: a pod waits for its claim, another for that pod. */
  static int (*const looks[]) (const struct world *, struct kube_finding *) = {
    claims_explain, pods_unschedulable, pods_not_made, pods_stuck, services_explain, pods_not_ready, claims_unused,
  };
  struct world world = { call, scope, NULL, 0, "" };
  int said = 0;
  size_t i;

  if (read_world (&world))
    for (i = 0; i < sizeof looks / sizeof looks[0] && !said; i++)
      said = looks[i] (&world, finding);
  free (world.things);
  return said;
}

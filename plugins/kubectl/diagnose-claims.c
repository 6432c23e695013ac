/* Claims of volumes that are not bound.  SPDX-License-Identifier: MIT */
#include "diagnose.h"

#include <string.h>

#define DEFAULT_CLASS "storageclass.kubernetes.io/is-default-class"
#define EBS "ebs.csi.aws.com"
#define GIVE_ROLE \
  "give its service account a role (Pod Identity or IRSA), then restart deployment/ebs-csi-controller"

/* Provisioners that once were part of Kubernetes, and who serves them now. */
static const struct { const char *old, *driver; } moved[] = {
  { "kubernetes.io/aws-ebs", EBS },
  { "kubernetes.io/gce-pd", "pd.csi.storage.gke.io" },
  { "kubernetes.io/azure-disk", "disk.csi.azure.com" },
};

static const struct { const char *text, *what, *fix; enum galley_class error_class; } failures[] = {
  { "AssumeRoleWithWebIdentity", "the driver may not take its role: trust policy or OIDC provider do not fit",
    "associate the OIDC provider and make the service account's role anew (eksctl create iamserviceaccount)",
    GALLEY_DENIED },
  { "InvalidIdentityToken", "IAM does not know the cluster's OIDC provider", "associate it (eksctl utils "
    "associate-iam-oidc-provider)", GALLEY_DENIED },
  { "No OpenIDConnect provider", "IAM does not know the cluster's OIDC provider", "associate it (eksctl utils "
    "associate-iam-oidc-provider)", GALLEY_DENIED },
  { "UnauthorizedOperation", "the driver's role may not make volumes",
    "attach AmazonEBSCSIDriverPolicyV2 to it, then restart deployment/ebs-csi-controller", GALLEY_DENIED },
  { "not authorized to perform", "the driver's role may not make volumes",
    "attach AmazonEBSCSIDriverPolicyV2 to it, then restart deployment/ebs-csi-controller", GALLEY_DENIED },
  { "no EC2 IMDS role found", "the driver has no credentials", GIVE_ROLE, GALLEY_DENIED },
  { "NoCredentialProviders", "the driver has no credentials", GIVE_ROLE, GALLEY_DENIED },
};

static int
explain_failure (struct galley_call *call, const char *claim, const char *event, struct kube_finding *finding)
{
  size_t i;

  for (i = 0; i < sizeof failures / sizeof failures[0]; i++)
    if (kube_contains (event, failures[i].text))
      return found (call, finding, failures[i].error_class, failures[i].fix, "claim %s gets no volume: %s",
                    claim, failures[i].what);
  return found (call, finding, GALLEY_UNKNOWN, NULL, "claim %s gets no volume: %s", claim,
                first_line (call, event, 300));
}

/* No pod can have made volumes when none of the controller's is ready. */
static int
explain_ebs (struct galley_call *call, const char *claim, struct kube_finding *finding)
{
  const char *const *pods, *pod, *ready, *seen = NULL;
  const char *const *conditions;

  pods = get_items (call, "pods", "--all-namespaces", "--selector=app.kubernetes.io/name=aws-ebs-csi-driver");
  for (; pods != NULL && *pods != NULL; pods++) {
    pod = look (call, *pods, "$.metadata.name");
    if (strstr (pod, "controller") == NULL)
      continue;
    seen = pod;
    ready = "";
    for (conditions = call->host->json_all (call, *pods, "$.status.conditions[*]"); *conditions != NULL; conditions++)
      if (strcmp (look (call, *conditions, "$.type"), "Ready") == 0)
        ready = look (call, *conditions, "$.status");
    if (strcmp (ready, "True") == 0)
      return found (call, finding, GALLEY_TRANSIENT,
                    "see: kubectl logs -n kube-system deployment/ebs-csi-controller --all-containers",
                    "claim %s waits for its volume; the driver " EBS " runs", claim);
  }
  if (pods == NULL)
    return 0;
  return found (call, finding, GALLEY_TRANSIENT,
                "see: kubectl get pods -n kube-system -l app.kubernetes.io/name=aws-ebs-csi-driver",
                "claim %s waits for the driver " EBS ", %s", claim,
                seen != NULL ? galley_printf (call, "whose pod %s is not ready", seen)
                             : "which has no controller pod");
}

static const char *
driver_of (const char *provisioner)
{
  size_t i;

  for (i = 0; i < sizeof moved / sizeof moved[0]; i++)
    if (strcmp (moved[i].old, provisioner) == 0)
      return moved[i].driver;
  return provisioner;
}

static int
explain_driver (const struct world *world, const struct thing *claim, const char *driver,
                struct kube_finding *finding)
{
  struct galley_call *call = world->call;
  const char *const *drivers = get_items (call, "csidrivers", NULL, NULL);
  const char *failure = last_event (world, claim, "ProvisioningFailed");
  int is_ebs = strcmp (driver, EBS) == 0;

  if (drivers == NULL)
    return 0;
  while (*drivers != NULL && strcmp (look (call, *drivers, "$.metadata.name"), driver) != 0)
    drivers++;
  if (*drivers == NULL && strstr (driver, ".csi.") != NULL)
    return found (call, finding, GALLEY_NOT_FOUND,
                  is_ebs ? "install the EBS CSI driver first (add-on or chart aws-ebs-csi-driver)"
                         : "install that driver first",
                  "claim %s waits for a volume from %s, and that driver is not installed", claim->name,
                  driver);
  if (failure != NULL)
    return explain_failure (call, claim->name, failure, finding);
  if (is_ebs)
    return explain_ebs (call, claim->name, finding);
  return found (call, finding, GALLEY_TRANSIENT, galley_printf (call, "see that %s runs", driver),
                "claim %s waits for a volume from %s", claim->name, driver);
}

/* ---- classes --------------------------------------------------------- */

static const char *
names_of (struct galley_call *call, const char *const *classes)
{
  const char *list = NULL;

  for (; *classes != NULL; classes++)
    list = galley_printf (call, "%s%s%s", list != NULL ? list : "", list != NULL ? ", " : "",
                          look (call, *classes, "$.metadata.name"));
  return list;
}

static int
explain_no_class (struct galley_call *call, const char *claim, const char *const *classes,
                  struct kube_finding *finding)
{
  const char *list = names_of (call, classes), *is_default;

  for (; *classes != NULL; classes++) {
    is_default = look_meta (call, *classes, "annotations", DEFAULT_CLASS);
    if (is_default != NULL && strcmp (is_default, "true") == 0)
      return 0;
  }
  return found (call, finding, GALLEY_NOT_FOUND,
                list != NULL ? galley_printf (call, "name one of: %s", list)
                             : "make a storage class and name it",
                "claim %s names no storage class, and the cluster has no default one", claim);
}

static int
explain_class (struct galley_call *call, const char *claim, const char *class, const char *list,
               struct kube_finding *finding)
{
  const char *fix = "make it first (kubectl.apply)";

  if (list != NULL)
    fix = galley_printf (call, "%s, or name one that is there: %s", fix, list);
  return found (call, finding, GALLEY_NOT_FOUND, fix,
                "claim %s waits for storage class %s, which does not exist", claim, class);
}

static int
is_used_by_a_pod (const struct world *world, const char *claim)
{
  size_t i;

  for (i = 0; i < world->n_things; i++)
    if (pods_uses_claim (world, &world->things[i], claim))
      return 1;
  return 0;
}

/* A class that waits for a consumer has its turn when a node is chosen. */
static int
is_its_turn (const struct world *world, const struct thing *claim, const char *class)
{
  return strcmp (look (world->call, class, "$.volumeBindingMode"), "WaitForFirstConsumer") != 0
         || look_meta (world->call, claim->json, "annotations", "volume.kubernetes.io/selected-node") != NULL;
}

static int
explain_claim (const struct world *world, const struct thing *claim, struct kube_finding *finding)
{
  struct galley_call *call = world->call;
  const char *class = call->host->json (call, claim->json, "$.spec.storageClassName");
  const char *const *classes = get_items (call, "storageclasses", NULL, NULL), *const *it;

  if (classes == NULL || *look (call, claim->json, "$.spec.volumeName") != '\0')
    return 0;
  if (class == NULL)
    return explain_no_class (call, claim->name, classes, finding);
  if (*class == '\0')
    return found (call, finding, GALLEY_INVALID, "name a storage class",
                  "claim %s wants a volume made by hand, and there is none that fits", claim->name);
  for (it = classes; *it != NULL; it++)
    if (strcmp (look (call, *it, "$.metadata.name"), class) == 0)
      return is_its_turn (world, claim, *it)
             && explain_driver (world, claim, driver_of (look (call, *it, "$.provisioner")), finding);
  return explain_class (call, claim->name, class, names_of (call, classes), finding);
}

static int
is_pending_claim (const struct world *world, const struct thing *thing)
{
  return thing->in_scope && strcmp (thing->kind, "PersistentVolumeClaim") == 0
         && strcmp (look (world->call, thing->json, "$.status.phase"), "Pending") == 0;
}

int
claims_explain (const struct world *world, struct kube_finding *finding)
{
  size_t i;

  for (i = 0; i < world->n_things; i++)
    if (is_pending_claim (world, &world->things[i]) && explain_claim (world, &world->things[i], finding))
      return 1;
  return 0;
}

int
claims_unused (const struct world *world, struct kube_finding *finding)
{
  size_t i;

  for (i = 0; i < world->n_things; i++) {
    const struct thing *claim = &world->things[i];

    if (is_pending_claim (world, claim) && last_event (world, claim, "WaitForFirstConsumer") != NULL
        && !is_used_by_a_pod (world, claim->name))
      return found (world->call, finding, GALLEY_INVALID, "do not wait for it, or leave it out",
                    "claim %s is bound when a pod uses it, and none does", claim->name);
  }
  return 0;
}

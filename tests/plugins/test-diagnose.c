/* What the helm and kubectl plugins say after a wait that ran out, on
 * clusters that are played.  The texts of statuses and events are those of
 * Kubernetes 1.34.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "fake-host.h"

typedef struct {
  const char *name;
  const char *things;          /* items, separated by commas */
  const char *events;
  const char *classes, *drivers, *driver_pods, *volumes;   /* items; NULL: none */
  const char *log;             /* of any container; NULL: cannot be read */
  const char *what, *fix;      /* what: NULL: nothing of it is said */
  guint       error_class;
} Case;

/* ---- objects ------------------------------------------------------------ */

#define RELEASE(name) "\"annotations\":{\"meta.helm.sh/release-name\":\"" name "\"}"
#define OWNED(kind, name) "\"ownerReferences\":[{\"kind\":\"" kind "\",\"name\":\"" name "\"}]"
#define THING(kind, name, meta, rest) \
  "{\"kind\":\"" kind "\",\"metadata\":{\"name\":\"" name "\",\"uid\":\"u-" name "\"," meta "}," rest "}"
#define DEPLOYMENT \
  THING ("Deployment", "wandb", RELEASE ("wandb"), "\"spec\":{}") "," \
  THING ("ReplicaSet", "wandb-1", OWNED ("Deployment", "wandb"), "\"spec\":{}")
#define MYSQL THING ("StatefulSet", "wandb-mysql", RELEASE ("wandb"), "\"spec\":{}")
#define APP_POD(spec, status) \
  THING ("Pod", "wandb-1-x", OWNED ("ReplicaSet", "wandb-1"), "\"spec\":{" spec "},\"status\":{" status "}")
#define MYSQL_POD(status) \
  THING ("Pod", "wandb-mysql-0", OWNED ("StatefulSet", "wandb-mysql"), \
         "\"spec\":{\"containers\":[{\"name\":\"mysql\",\"resources\":{\"requests\":{\"cpu\":\"1\",\"memory\":\"2Gi\"}}}],\"volumes\":" \
         "[{\"persistentVolumeClaim\":{\"claimName\":\"wandb\"}}]},\"status\":{" status "}")
#define ASKS(cpu, memory) \
  "\"containers\":[{\"name\":\"a\",\"resources\":{\"requests\":{\"cpu\":\"" cpu "\",\"memory\":\"" memory "\"}}}]"
#define PENDING "\"phase\":\"Pending\""
#define UNSCHEDULABLE(message) \
  PENDING ",\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\",\"reason\":\"Unschedulable\",\"message\":\"" message "\"}]"
#define WAITING(reason, message) \
  PENDING ",\"containerStatuses\":[{\"name\":\"a\",\"image\":\"img:1\",\"ready\":false,\"state\":{\"waiting\":{\"reason\":\"" reason \
  "\",\"message\":\"" message "\"}}}]"
#define CRASHED(reason, code) \
  "\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"a\",\"ready\":false,\"state\":{\"waiting\":{\"reason\":\"CrashLoopBackOff\"}}," \
  "\"lastState\":{\"terminated\":{\"reason\":\"" reason "\",\"exitCode\":" code "}}}]"
#define INIT \
  PENDING ",\"initContainerStatuses\":[{\"name\":\"init-db\",\"state\":{\"running\":{\"startedAt\":\"x\"}}}],\"containerStatuses\":" \
  "[{\"name\":\"a\",\"ready\":false,\"state\":{\"waiting\":{\"reason\":\"PodInitializing\"}}}]"
#define READY(ready) "\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"a\",\"ready\":" ready ",\"state\":{\"running\":{}}}]"
#define CLAIM(annotations, spec, phase) \
  THING ("PersistentVolumeClaim", "wandb", "\"annotations\":{\"meta.helm.sh/release-name\":\"wandb\"" annotations "}", \
         "\"spec\":{" spec "},\"status\":{\"phase\":\"" phase "\"}")
#define SELECTED ",\"volume.kubernetes.io/selected-node\":\"n1\""
#define OF_CLASS(name) "\"storageClassName\":\"" name "\""
#define SERVICE(status) \
  THING ("Service", "wandb", RELEASE ("wandb"), "\"spec\":{\"type\":\"LoadBalancer\"},\"status\":{\"loadBalancer\":{" status "}}")
#define CLASS(name, provisioner, mode, annotations) \
  "{\"metadata\":{\"name\":\"" name "\",\"annotations\":{" annotations "}},\"provisioner\":\"" provisioner "\",\"volumeBindingMode\":\"" mode "\"}"
#define EBS_SC CLASS ("ebs-sc", "ebs.csi.aws.com", "WaitForFirstConsumer", "")
#define GP2 CLASS ("gp2", "kubernetes.io/aws-ebs", "WaitForFirstConsumer", "")
#define NAMED(name) "{\"metadata\":{\"name\":\"" name "\"}}"
#define EBS NAMED ("ebs.csi.aws.com")
#define DRIVER_POD(name, ready) \
  "{\"metadata\":{\"name\":\"" name "\"},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"" ready "\"}]}}"
#define EVENT(kind, name, reason, message) kind "\t" name "\tu-" name "\t" reason "\t" message "\n"
#define CLAIM_EVENT(reason, message) EVENT ("PersistentVolumeClaim", "wandb", reason, message)
#define EXTERNAL CLAIM_EVENT ("ExternalProvisioning", "Waiting for a volume to be created either by the external provisioner " \
                              "'ebs.csi.aws.com' or manually by the system administrator.")
#define FIRST CLAIM_EVENT ("WaitForFirstConsumer", "waiting for first consumer to be created before binding")

#define NODES_FULL \
  "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption " \
  "victims found for incoming pod."
#define NO_DRIVER_CLAIM CLAIM (SELECTED, OF_CLASS ("ebs-sc"), "Pending")
#define SEED_1 DEPLOYMENT "," MYSQL "," APP_POD ("", INIT) "," MYSQL_POD (PENDING) ","
#define ADD_NODE "add a node (eksctl.nodegroup) or use a larger type, or lower resources.requests"
#define INSTALL_EBS "install the EBS CSI driver first (add-on or chart aws-ebs-csi-driver)"
#define SEE_EBS "see: kubectl get pods -n kube-system -l app.kubernetes.io/name=aws-ebs-csi-driver"

static const Case claims[] = {
  { .name = "no driver", .things = SEED_1 NO_DRIVER_CLAIM, .events = FIRST EXTERNAL, .classes = EBS_SC "," GP2,
    .what = "claim wandb waits for a volume from ebs.csi.aws.com, and that driver is not installed", .fix = INSTALL_EBS,
    .error_class = GALLEY_NOT_FOUND },
  { .name = "no driver, without any event", .things = SEED_1 NO_DRIVER_CLAIM, .events = "", .classes = EBS_SC,
    .drivers = NAMED ("efs.csi.aws.com"),
    .what = "claim wandb waits for a volume from ebs.csi.aws.com, and that driver is not installed", .fix = INSTALL_EBS,
    .error_class = GALLEY_NOT_FOUND },
  { .name = "no driver for gp2", .things = SEED_1 CLAIM (SELECTED, OF_CLASS ("gp2"), "Pending"), .events = EXTERNAL, .classes = GP2,
    .what = "claim wandb waits for a volume from ebs.csi.aws.com, and that driver is not installed", .fix = INSTALL_EBS,
    .error_class = GALLEY_NOT_FOUND },
  { .name = "another driver", .things = SEED_1 CLAIM (SELECTED, OF_CLASS ("a"), "Pending"), .events = "",
    .classes = CLASS ("a", "efs.csi.aws.com", "Immediate", ""), .drivers = EBS,
    .what = "claim wandb waits for a volume from efs.csi.aws.com, and that driver is not installed", .fix = "install that driver first",
    .error_class = GALLEY_NOT_FOUND },
  { .name = "a provisioner that is no driver", .things = SEED_1 CLAIM (SELECTED, OF_CLASS ("a"), "Pending"), .events = "",
    .classes = CLASS ("a", "rancher.io/local-path", "WaitForFirstConsumer", ""),
    .what = "claim wandb waits for a volume from rancher.io/local-path", .fix = "see that rancher.io/local-path runs",
    .error_class = GALLEY_TRANSIENT },
  { .name = "driver there, no pod", .things = SEED_1 NO_DRIVER_CLAIM, .events = EXTERNAL, .classes = EBS_SC, .drivers = EBS,
    .driver_pods = DRIVER_POD ("ebs-csi-node-1", "True"),
    .what = "claim wandb waits for the driver ebs.csi.aws.com, which has no controller pod", .fix = SEE_EBS,
    .error_class = GALLEY_TRANSIENT },
  { .name = "driver there, not ready", .things = SEED_1 NO_DRIVER_CLAIM, .events = EXTERNAL, .classes = EBS_SC, .drivers = EBS,
    .driver_pods = DRIVER_POD ("ebs-csi-node-1", "True") "," DRIVER_POD ("ebs-csi-controller-1", "False"),
    .what = "claim wandb waits for the driver ebs.csi.aws.com, whose pod ebs-csi-controller-1 is not ready", .fix = SEE_EBS,
    .error_class = GALLEY_TRANSIENT },
  { .name = "driver ready, slow", .things = SEED_1 NO_DRIVER_CLAIM, .events = EXTERNAL, .classes = EBS_SC, .drivers = EBS,
    .driver_pods = DRIVER_POD ("ebs-csi-controller-1", "False") "," DRIVER_POD ("ebs-csi-controller-2", "True"),
    .what = "claim wandb waits for its volume; the driver ebs.csi.aws.com runs",
    .fix = "see: kubectl logs -n kube-system deployment/ebs-csi-controller --all-containers", .error_class = GALLEY_TRANSIENT },
  { .name = "wrong class", .things = SEED_1 CLAIM ("", OF_CLASS ("ebs-cs"), "Pending"),
    .events = CLAIM_EVENT ("ProvisioningFailed", "storageclass.storage.k8s.io \"ebs-cs\" not found"), .classes = EBS_SC "," GP2, .drivers = EBS,
    .what = "claim wandb waits for storage class ebs-cs, which does not exist",
    .fix = "make it first (kubectl.apply), or name one that is there: ebs-sc, gp2", .error_class = GALLEY_NOT_FOUND },
  { .name = "no class at all", .things = SEED_1 CLAIM ("", OF_CLASS ("x"), "Pending"), .events = "",
    .what = "claim wandb waits for storage class x, which does not exist", .fix = "make it first (kubectl.apply)",
    .error_class = GALLEY_NOT_FOUND },
  { .name = "no default class", .things = SEED_1 CLAIM ("", "\"x\":1", "Pending"),
    .events = CLAIM_EVENT ("FailedBinding", "no persistent volumes available for this claim and no storage class is set"),
    .classes = CLASS ("gp2", "kubernetes.io/aws-ebs", "Immediate", "\"storageclass.kubernetes.io/is-default-class\":\"false\""),
    .what = "claim wandb names no storage class, and the cluster has no default one", .fix = "name one of: gp2",
    .error_class = GALLEY_NOT_FOUND },
  { .name = "a default class that comes late", .things = CLAIM ("", "\"x\":1", "Pending"), .events = "",
    .classes = CLASS ("gp2", "kubernetes.io/aws-ebs", "Immediate", "\"storageclass.kubernetes.io/is-default-class\":\"true\"") },
  { .name = "by hand", .things = SEED_1 CLAIM ("", OF_CLASS (""), "Pending"), .events = "", .classes = EBS_SC,
    .what = "claim wandb wants a volume made by hand, and there is none that fits", .fix = "name a storage class",
    .error_class = GALLEY_INVALID },
  { .name = "not authorized", .things = SEED_1 NO_DRIVER_CLAIM, .classes = EBS_SC, .drivers = EBS,
    .events = EXTERNAL CLAIM_EVENT ("ProvisioningFailed", "failed to provision volume with StorageClass \"ebs-sc\": rpc error: code = Internal "
      "desc = Could not create volume \"pvc-1\": could not create volume in EC2: operation error EC2: CreateVolume, https response error "
      "StatusCode: 403, api error UnauthorizedOperation: You are not authorized to perform this operation."),
    .what = "claim wandb gets no volume: the driver's role may not make volumes",
    .fix = "attach AmazonEBSCSIDriverPolicyV2 to it, then restart deployment/ebs-csi-controller", .error_class = GALLEY_DENIED },
  { .name = "no role", .things = SEED_1 NO_DRIVER_CLAIM, .classes = EBS_SC, .drivers = EBS,
    .events = CLAIM_EVENT ("ProvisioningFailed", "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"),
    .what = "claim wandb gets no volume: the driver may not take its role: trust policy or OIDC provider do not fit",
    .fix = "associate the OIDC provider and make the service account's role anew (eksctl create iamserviceaccount)",
    .error_class = GALLEY_DENIED },
  { .name = "another failure, the newest of two", .things = SEED_1 NO_DRIVER_CLAIM, .classes = EBS_SC, .drivers = EBS,
    .events = CLAIM_EVENT ("ProvisioningFailed", "odd") CLAIM_EVENT ("ProvisioningFailed", "odder"),
    .what = "claim wandb gets no volume: odder", .fix = "", .error_class = GALLEY_UNKNOWN },
  { .name = "not its turn: no node has room", .classes = EBS_SC, .events = FIRST,
    .things = CLAIM ("", OF_CLASS ("ebs-sc"), "Pending") "," MYSQL "," MYSQL_POD (UNSCHEDULABLE (NODES_FULL)),
    .what = "pod wandb-mysql-0 cannot be scheduled: 0/2 nodes are available: 2 Insufficient cpu (it asks 1000m)", .fix = ADD_NODE,
    .error_class = GALLEY_QUOTA },
  { .name = "used by nobody", .things = CLAIM ("", OF_CLASS ("ebs-sc"), "Pending"), .events = FIRST, .classes = EBS_SC, .drivers = EBS,
    .what = "claim wandb is bound when a pod uses it, and none does", .fix = "do not wait for it, or leave it out",
    .error_class = GALLEY_INVALID },
  { .name = "used by another's pod", .events = FIRST, .classes = EBS_SC, .drivers = EBS,
    .things = CLAIM ("", OF_CLASS ("ebs-sc"), "Pending") "," THING ("Pod", "p", RELEASE ("other"), "\"spec\":{\"volumes\":"
              "[{\"persistentVolumeClaim\":{\"claimName\":\"x\"}},{\"persistentVolumeClaim\":{\"claimName\":\"wandb\"}}]},\"status\":{" PENDING "}") },
  { .name = "the driver's pods cannot be seen", .things = SEED_1 NO_DRIVER_CLAIM, .events = EXTERNAL, .classes = EBS_SC, .drivers = EBS,
    .driver_pods = "]",
    .what = "pod wandb-1-x still waits in its init container init-db", .fix = "see what for: kubectl logs wandb-1-x --container=init-db",
    .error_class = GALLEY_TRANSIENT },
  { .name = "of a volume that is chosen already", .things = CLAIM (SELECTED, OF_CLASS ("x") ",\"volumeName\":\"v\"", "Pending"),
    .events = EXTERNAL, .classes = EBS_SC },
  { .name = "classes cannot be seen", .things = CLAIM (SELECTED, OF_CLASS ("x"), "Pending"), .events = EXTERNAL, .classes = "]" },
  { .name = "drivers cannot be seen", .things = CLAIM (SELECTED, OF_CLASS ("ebs-sc"), "Pending"), .events = EXTERNAL, .classes = EBS_SC,
    .drivers = "]" },
  { .name = "bound", .things = CLAIM (SELECTED, OF_CLASS ("ebs-sc"), "Bound"), .events = EXTERNAL, .classes = EBS_SC },
  { .name = "of another release", .events = EXTERNAL, .classes = EBS_SC,
    .things = THING ("PersistentVolumeClaim", "old", RELEASE ("old"), "\"spec\":{\"storageClassName\":\"x\"},\"status\":{\"phase\":\"Pending\"}") },
  { .name = "of another release, but used", .events = EXTERNAL, .classes = EBS_SC,
    .things = MYSQL "," MYSQL_POD (PENDING) "," THING ("PersistentVolumeClaim", "wandb", RELEASE ("old"),
                                                       "\"spec\":{\"storageClassName\":\"x\"},\"status\":{\"phase\":\"Pending\"}"),
    .what = "claim wandb waits for storage class x, which does not exist",
    .fix = "make it first (kubectl.apply), or name one that is there: ebs-sc", .error_class = GALLEY_NOT_FOUND },
  { .name = "being deleted", .events = EXTERNAL, .classes = EBS_SC,
    .things = THING ("PersistentVolumeClaim", "wandb", "\"deletionTimestamp\":\"2026-11-24T18:00:00Z\"," RELEASE ("wandb"),
                     "\"spec\":{\"storageClassName\":\"x\"},\"status\":{\"phase\":\"Pending\"}") },
};

static const Case pods[] = {
  { .name = "no CPU", .things = DEPLOYMENT "," APP_POD (ASKS ("1", "2Gi"), UNSCHEDULABLE (NODES_FULL)), .events = "",
    .what = "pod wandb-1-x cannot be scheduled: 0/2 nodes are available: 2 Insufficient cpu (it asks 1000m)", .fix = ADD_NODE,
    .error_class = GALLEY_QUOTA },
  { .name = "no memory", .things = DEPLOYMENT "," APP_POD (ASKS ("250m", "20Gi"), UNSCHEDULABLE ("0/2 nodes are available: 2 Insufficient memory. "
                                                                                              "preemption: none.")), .events = "",
    .what = "pod wandb-1-x cannot be scheduled: 0/2 nodes are available: 2 Insufficient memory (it asks 20480Mi)",
    .fix = "add a node (eksctl.nodegroup) or use a type with more memory, or lower resources.requests", .error_class = GALLEY_QUOTA },
  { .name = "two pods", .events = "",
    .things = DEPLOYMENT "," APP_POD (ASKS ("1500m", "1"), UNSCHEDULABLE (NODES_FULL)) "," MYSQL "," MYSQL_POD (UNSCHEDULABLE (NODES_FULL)),
    .what = "pod wandb-1-x (and 1 more) cannot be scheduled: 0/2 nodes are available: 2 Insufficient cpu (it asks 1500m)", .fix = ADD_NODE,
    .error_class = GALLEY_QUOTA },
  { .name = "volume in another zone", .events = "",
    .things = MYSQL "," MYSQL_POD (UNSCHEDULABLE ("0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match PersistentVolume's node "
                                                  "affinity. no new claims to deallocate, preemption: x.")),
    .volumes = "{\"spec\":{\"claimRef\":{\"name\":\"other\"}}},{\"spec\":{\"claimRef\":{\"name\":\"wandb\"},\"nodeAffinity\":{\"required\":"
               "{\"nodeSelectorTerms\":[{\"matchExpressions\":[{\"key\":\"topology.kubernetes.io/zone\",\"values\":[\"us-east-1a\"]}]}]}}}}",
    .what = "pod wandb-mysql-0 cannot be scheduled: 0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match PersistentVolume's node "
            "affinity (it asks 1000m)", .fix = "its volume is in us-east-1a: make room or add a node there", .error_class = GALLEY_INVALID },
  { .name = "volume somewhere else", .events = "",
    .things = MYSQL "," MYSQL_POD (UNSCHEDULABLE ("0/1 nodes are available: 1 node(s) had volume node affinity conflict.")),
    .what = "pod wandb-mysql-0 cannot be scheduled: 0/1 nodes are available: 1 node(s) had volume node affinity conflict",
    .fix = "make room or add a node in the zone its volume is in", .error_class = GALLEY_INVALID },
  { .name = "taint", .events = "", .things = DEPLOYMENT "," APP_POD ("", UNSCHEDULABLE ("0/1 nodes are available: 1 node(s) had untolerated taint {a: b}.")),
    .what = "pod wandb-1-x cannot be scheduled: 0/1 nodes are available: 1 node(s) had untolerated taint {a: b}",
    .fix = "give the pod a toleration, or add nodes without that taint", .error_class = GALLEY_INVALID },
  { .name = "nodes not ready", .events = "",
    .things = DEPLOYMENT "," APP_POD ("", UNSCHEDULABLE ("0/2 nodes are available: 2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.")),
    .what = "pod wandb-1-x cannot be scheduled: 0/2 nodes are available: 2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }",
    .fix = "wait until the nodes are ready, see: kubectl get nodes", .error_class = GALLEY_TRANSIENT },
  { .name = "no nodes", .events = "", .things = DEPLOYMENT "," APP_POD ("", UNSCHEDULABLE ("no nodes available to schedule pods")),
    .what = "pod wandb-1-x cannot be scheduled: no nodes available to schedule pods", .fix = "add nodes (eksctl.nodegroup)",
    .error_class = GALLEY_QUOTA },
  { .name = "something new", .events = "", .things = DEPLOYMENT "," APP_POD ("", UNSCHEDULABLE ("0/2 nodes are available: 2 odd.")),
    .what = "pod wandb-1-x cannot be scheduled: 0/2 nodes are available: 2 odd", .fix = "", .error_class = GALLEY_UNKNOWN },
  { .name = "pod of another release", .events = "", .things = THING ("Pod", "x", RELEASE ("other"), "\"status\":{" UNSCHEDULABLE (NODES_FULL) "}") },
  { .name = "scheduler in trouble", .events = "",
    .things = DEPLOYMENT "," APP_POD ("", PENDING ",\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\",\"reason\":"
                                      "\"SchedulerError\",\"message\":\"x\"}]") },
  { .name = "scheduled by now", .things = DEPLOYMENT "," APP_POD ("", READY ("true")),
    .events = EVENT ("Pod", "wandb-1-x", "FailedScheduling", NODES_FULL) },
  { .name = "no such image", .events = "", .things = DEPLOYMENT "," APP_POD ("", WAITING ("ErrImagePull", "docker.io/library/img:1: not found")),
    .what = "image img:1 of pod wandb-1-x cannot be pulled: there is no such image", .fix = "look at its name and tag",
    .error_class = GALLEY_NOT_FOUND },
  { .name = "registry's limit, by its event", .things = DEPLOYMENT "," APP_POD ("", WAITING ("ImagePullBackOff", "Back-off pulling image")),
    .events = EVENT ("Pod", "wandb-1-x", "Failed", "Failed to pull image \"img:1\": 429 Too Many Requests - toomanyrequests: You have reached"),
    .what = "image img:1 of pod wandb-1-x cannot be pulled: its registry allows no more pulls for now",
    .fix = "wait, or log in (imagePullSecrets), or use a mirror", .error_class = GALLEY_THROTTLED },
  { .name = "image, event of an earlier pod", .things = DEPLOYMENT "," APP_POD ("", WAITING ("ImagePullBackOff", "Back-off pulling image")),
    .events = "Pod\twandb-1-x\tu-earlier\tFailed\ttoomanyrequests\n",
    .what = "image img:1 of pod wandb-1-x cannot be pulled", .fix = "look at its name and tag, and see: kubectl describe pod",
    .error_class = GALLEY_UNKNOWN },
  { .name = "no such secret", .events = "", .things = DEPLOYMENT "," APP_POD ("", WAITING ("CreateContainerConfigError", "secret \\\"s\\\" not found")),
    .what = "container a of pod wandb-1-x cannot start: secret \"s\" not found", .fix = "see: kubectl describe pod",
    .error_class = GALLEY_INVALID },
  { .name = "killed for memory", .events = "", .things = DEPLOYMENT "," APP_POD ("", CRASHED ("OOMKilled", "137")),
    .what = "container a of pod wandb-1-x keeps ending: it needs more memory than its limit", .fix = "raise resources.limits.memory",
    .error_class = GALLEY_QUOTA },
  { .name = "crash", .events = "", .things = DEPLOYMENT "," APP_POD ("", CRASHED ("Error", "3")),
    .what = "container a of pod wandb-1-x keeps ending, with exit code 3",
    .fix = "see: kubectl logs wandb-1-x --container=a --previous", .error_class = GALLEY_UNKNOWN },
  { .name = "crash that its log explains", .events = "", .things = DEPLOYMENT "," APP_POD ("", CRASHED ("Error", "1")),
    .log = "exec /usr/bin/wandb: exec format error\n",
    .what = "container a of pod wandb-1-x keeps ending: its image is for another kind of processor", .fix = "use nodes of the x86 kind",
    .error_class = GALLEY_INVALID },
  { .name = "init, old password", .events = "", .things = DEPLOYMENT "," APP_POD ("", INIT),
    .log = "waiting for db\nERROR 1045 (28000): Access denied for user 'wandb_local'@'10.0.0.1' (using password: YES)\n",
    .what = "pod wandb-1-x still waits in its init container init-db: the database refuses its password",
    .fix = "the volume is from an earlier release with another password: set mysql.password to that, or delete the claim and its data",
    .error_class = GALLEY_INVALID },
  { .name = "init", .events = "", .things = DEPLOYMENT "," APP_POD ("", INIT), .log = "waiting for db\n",
    .what = "pod wandb-1-x still waits in its init container init-db", .fix = "see what for: kubectl logs wandb-1-x --container=init-db",
    .error_class = GALLEY_TRANSIENT },
  { .name = "what init waits for", .events = EVENT ("Pod", "wandb-mysql-0", "Unhealthy", "Readiness probe failed: connection refused"),
    .things = DEPLOYMENT "," APP_POD ("", INIT) "," MYSQL "," MYSQL_POD (READY ("false")),
    .what = "pod wandb-mysql-0 runs but is not ready: Readiness probe failed: connection refused",
    .fix = "see: kubectl logs wandb-mysql-0 --all-containers", .error_class = GALLEY_TRANSIENT },
  { .name = "volume still elsewhere", .things = MYSQL "," MYSQL_POD (PENDING),
    .events = EVENT ("Pod", "wandb-mysql-0", "FailedAttachVolume", "Multi-Attach error for volume \"pvc-1\" Volume is already exclusively attached"),
    .what = "pod wandb-mysql-0 does not get its volume: Multi-Attach error for volume \"pvc-1\" Volume is already exclusively attached",
    .fix = "wait some minutes until it is free, or delete the pod that still has it", .error_class = GALLEY_TRANSIENT },
  { .name = "volume at last", .things = MYSQL "," MYSQL_POD (READY ("true")),
    .events = EVENT ("Pod", "wandb-mysql-0", "FailedMount", "timed out waiting for the condition") },
  { .name = "no service account", .things = DEPLOYMENT,
    .events = EVENT ("ReplicaSet", "wandb-1", "FailedCreate", "Error creating: pods \"wandb-1-\" is forbidden: error looking up service account "
                     "ml/w: serviceaccount \"w\" not found"),
    .what = "ReplicaSet wandb-1 cannot make its pods: Error creating: pods \"wandb-1-\" is forbidden: error looking up service account ml/w: "
            "serviceaccount \"w\" not found", .fix = "make the service account first (eksctl.iamserviceaccount)", .error_class = GALLEY_NOT_FOUND },
  { .name = "quota", .things = MYSQL,
    .events = EVENT ("StatefulSet", "wandb-mysql", "FailedCreate", "create Pod failed: forbidden: exceeded quota: q"),
    .what = "StatefulSet wandb-mysql cannot make its pods: create Pod failed: forbidden: exceeded quota: q",
    .fix = "raise the namespace's quota, or ask for less", .error_class = GALLEY_QUOTA },
  { .name = "pods refused otherwise", .things = MYSQL, .events = EVENT ("StatefulSet", "wandb-mysql", "FailedCreate", "odd"),
    .what = "StatefulSet wandb-mysql cannot make its pods: odd", .fix = "see: kubectl get events", .error_class = GALLEY_UNKNOWN },
  { .name = "pods made at last", .things = DEPLOYMENT "," APP_POD ("", READY ("true")),
    .events = EVENT ("ReplicaSet", "wandb-1", "FailedCreate", "Error creating: exceeded quota") },
  { .name = "no subnets", .things = SERVICE (""),
    .events = EVENT ("Service", "wandb", "SyncLoadBalancerFailed", "Error syncing load balancer: failed to ensure load balancer: could not find any "
                     "suitable subnets for creating the ELB"),
    .what = "service wandb gets no load balancer: Error syncing load balancer: failed to ensure load balancer: could not find any suitable "
            "subnets for creating the ELB", .fix = "tag the public subnets with kubernetes.io/role/elb=1", .error_class = GALLEY_INVALID },
  { .name = "load balancer at last", .things = SERVICE ("\"ingress\":[{\"hostname\":\"a\"}]"),
    .events = EVENT ("Service", "wandb", "SyncLoadBalancerFailed", "x") },
  { .name = "load balancer late", .things = SERVICE (""), .events = EVENT ("Service", "wandb", "EnsuringLoadBalancer", "x") },
  { .name = "all is well", .things = DEPLOYMENT "," APP_POD ("", READY ("true")), .events = "" },
  { .name = "nothing", .things = "", .events = "" },
};

/* ---- the played cluster -------------------------------------------------- */

static void
answer_list (FakeHost *host, const char *glob, const char *items)
{
  g_autofree char *list = g_strdup_printf ("{\"kind\":\"List\",\"items\":[%s]}", items != NULL ? items : "");

  fake_host_answer (host, glob, 0, list, "");
}

static void
play (FakeHost *host, const Case *c)
{
  fake_host_answer (host, "kubectl logs *", c->log != NULL ? 0 : 1, c->log, "");
  fake_host_answer (host, "kubectl get events *--namespace=ml --sort-by=.metadata.creationTimestamp '--output=jsonpath={range .items*}{end}' --request-timeout=20s", 0, c->events, "");
  answer_list (host, "kubectl get storageclasses --kubeconfig=/recipe/kubeconfig --context=lab --output=json --request-timeout=20s", c->classes);
  answer_list (host, "kubectl get csidrivers --kubeconfig=/recipe/kubeconfig --context=lab --output=json --request-timeout=20s", c->drivers);
  answer_list (host, "kubectl get persistentvolumes --kubeconfig=/recipe/kubeconfig --context=lab --output=json --request-timeout=20s", c->volumes);
  answer_list (host, "kubectl get pods --kubeconfig=* --all-namespaces --selector=app.kubernetes.io/name=aws-ebs-csi-driver --output=json --request-timeout=20s", c->driver_pods);
  answer_list (host, "kubectl get pods,replicasets,* --namespace=ml --output=json --request-timeout=20s", c->things);
}

static FakeHost *
host_new (const char *plugin, const char *action)
{
  FakeHost *host = fake_host_new (plugin, action);

  fake_host_param (host, "kubeconfig", "kubeconfig");
  fake_host_param (host, "context", "lab");
  fake_host_param (host, "namespace", "ml");
  return host;
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  g_autoptr(FakeHost) host = host_new ("helm", "release");

  fake_host_param (host, "name", "wandb");
  fake_host_param (host, "chart", "oci://h/wandb");
  play (host, c);
  fake_host_answer (host, "helm upgrade *", 1, "", "Error: UPGRADE FAILED: context deadline exceeded\n");
  fake_host_assert_apply (host, GALLEY_FAILED, c->what != NULL ? c->what : "what was deployed did not get ready in time");
  if (c->what == NULL)
    return;
  g_assert_cmpstr (fake_host_fix (host), ==, c->fix);
  g_assert_cmpuint (fake_host_class (host), ==, c->error_class);
}

/* A message is cut after 300 bytes, and not inside of a letter. */
static void
test_long (void)
{
  static const struct { guint letters; const char *end, *shown; } cases[] = {
    { 300, "", "" }, { 301, "", "…" }, { 299, "é", "…" }, { 298, "é", "é" }, { 298, "éx", "é…" }, { 5000, "", "…" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = host_new ("helm", "release");
    g_autofree char *letters = g_strnfill (cases[i].letters, 'a');
    g_autofree char *event = g_strconcat (EVENT ("StatefulSet", "wandb-mysql", "FailedCreate", ""), NULL);
    g_autofree char *events = g_strdup_printf ("%.*s%s%s\n", (int) strlen (event) - 1, event, letters, cases[i].end);
    g_autofree char *what = g_strdup_printf ("StatefulSet wandb-mysql cannot make its pods: %.*s%s", (int) MIN (300, cases[i].letters), letters,
                                             cases[i].shown);
    const Case c = { .things = MYSQL, .events = events };

    fake_host_param (host, "name", "wandb");
    fake_host_param (host, "chart", "oci://h/wandb");
    play (host, &c);
    fake_host_answer (host, "helm upgrade *", 1, "", "Error: timed out waiting for the condition\n");
    fake_host_assert_apply (host, GALLEY_FAILED, what);
  }
}

/* What a pod is made of, and its log, may hold secrets. */
static void
test_hidden (void)
{
  static const Case c = { .things = DEPLOYMENT "," APP_POD ("", CRASHED ("Error", "1")), .events = "", .log = "x" };
  g_autoptr(FakeHost) host = host_new ("helm", "release");
  guint hidden = GALLEY_CMD_MAY_FAIL | GALLEY_CMD_SECRET_OUTPUT;

  fake_host_param (host, "name", "wandb");
  fake_host_param (host, "chart", "oci://h/wandb");
  play (host, &c);
  fake_host_answer (host, "helm upgrade *", 1, "", "Error: timed out waiting for the condition\n");
  fake_host_assert_apply (host, GALLEY_FAILED, NULL);
  g_assert_cmpuint (fake_host_n_commands (host), ==, 4);
  g_assert_cmpuint (fake_host_command (host, 2)->flags, ==, hidden);
  g_assert_cmpuint (fake_host_command (host, 3)->flags, ==, GALLEY_CMD_MAY_FAIL);
  g_assert_cmpuint (fake_host_command (host, 4)->flags, ==, hidden);
  g_assert_cmpstr (fake_host_command (host, 4)->line, ==, "kubectl logs wandb-1-x --kubeconfig=/recipe/kubeconfig --context=lab --namespace=ml "
                   "--container=a --previous=true --tail=50 --request-timeout=20s");
}

/* kubectl.wait looks at what it waits for, and at nothing else. */
static void
test_wait_scope (void)
{
  static const struct { const char *resource, *selector, *what; } cases[] = {
    { "deployment/wandb", NULL, "pod wandb-1-x cannot be scheduled: 0/2 nodes are available: 2 Insufficient cpu (it asks 1000m)" },
    { "Deployments.apps/wandb", NULL, "pod wandb-1-x cannot be scheduled: 0/2 nodes are available: 2 Insufficient cpu (it asks 1000m)" },
    { "pod/wandb-1-x", NULL, "pod wandb-1-x cannot be scheduled: 0/2 nodes are available: 2 Insufficient cpu (it asks 1000m)" },
    { "pods", "app=w,b==c", "pod labelled cannot be scheduled: x" },
    { "pods", "app in (w)", "pods is not Ready yet, and the time is up" },
    { "pods", "app", "pods is not Ready yet, and the time is up" },
    { "pods", "app!=w", "pods is not Ready yet, and the time is up" },
    { "pods", "app=v", "pods is not Ready yet, and the time is up" },
    { "statefulset/wandb-mysql", NULL, "claim wandb waits for storage class x, which does not exist" },
    { "pvc/wandb", NULL, "claim wandb waits for storage class x, which does not exist" },
    { "deployment/other", NULL, "deployment/other is not Ready yet, and the time is up" },
    { "configmap/wandb", NULL, "configmap/wandb is not Ready yet, and the time is up" },
  };
  static const Case c = {
    .things = DEPLOYMENT "," APP_POD (ASKS ("1", "1"), UNSCHEDULABLE (NODES_FULL)) "," MYSQL "," MYSQL_POD (PENDING) ","
      CLAIM ("", OF_CLASS ("x"), "Pending") ","
      THING ("Pod", "labelled", "\"labels\":{\"app\":\"w\",\"b\":\"c\"}", "\"status\":{" UNSCHEDULABLE ("x") "}"),
    .events = "",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr(FakeHost) host = host_new ("kubectl", "wait");

    fake_host_param (host, "resource", cases[i].resource);
    fake_host_param (host, "selector", cases[i].selector);
    fake_host_param (host, "for", "condition=Ready");
    fake_host_time_left (host, 3500);
    play (host, &c);
    fake_host_answer (host, "kubectl wait *", 1, "", "error: timed out waiting for the condition on x/y\n");
    fake_host_assert_apply (host, GALLEY_FAILED, cases[i].what);
  }
}

static void
add_cases (const char *folder, const Case *cases, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    g_autofree char *name = g_strconcat ("/diagnose/", folder, "/", cases[i].name, NULL);

    g_strdelimit (name, " ", '-');
    g_test_add_data_func (name, &cases[i], test_case);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_cases ("claims", claims, G_N_ELEMENTS (claims));
  add_cases ("pods", pods, G_N_ELEMENTS (pods));
  g_test_add_func ("/diagnose/long", test_long);
  g_test_add_func ("/diagnose/hidden", test_hidden);
  g_test_add_func ("/diagnose/wait-scope", test_wait_scope);
  return g_test_run ();
}

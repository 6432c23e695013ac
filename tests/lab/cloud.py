"""What a cloud does around a cluster, as far as the tests can tell.

- Disks: the external provisioner of ebs.csi.aws.com. It works only while the
  driver's Deployment in kube-system has a ready replica, as in life. Each disk
  is a volume in the AWS stand-in, with the driver's tags.
- Load balancers: a Service of type LoadBalancer gets, after a while, a classic
  one in the AWS stand-in, with its security group, and that one's name.
- Those names answer: point http_proxy at this program (front.py). /healthz and
  /ready say 200 while the Service has a ready endpoint, else 503; the rest is
  the W&B stand-in's.
- Pods start when this program says so, which is how one is made late or broken.
- EKS tokens: `aws eks get-token` tokens are accepted (the webhook of the API).
- Web pages: GET /web/HOST/PATH, which the AWS stand-in's proxy serves as
  https://HOST/PATH: the chart repositories.

Standard library only. It watches the API, so it idles when nothing happens.
The file given by --control, JSON, may be written at any time; README.md says
what it may hold.
"""
import argparse
import http.client
import json
import os
import re
import sys
import threading
import time

import front
import wandb_standin
from amazon import Aws, AwsError
from kube import Api, World, core_path, hostnames, labels, name, notes, ns, ready_endpoint, uid

DRIVER = "ebs.csi.aws.com"
UNITS = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
NO_ROLE = ('rpc error: code = Internal desc = Could not create volume "pvc-{}": could not create volume in EC2: '
           "operation error EC2: CreateVolume, get identity: get credentials: failed to refresh cached credentials, "
           "no EC2 IMDS role found")


def gib(quantity):
    number, unit = re.fullmatch(r"(\d+)(\w*)", str(quantity)).groups()
    return max(1, -(-int(number) * UNITS[unit] // 2**30))


def balancer_name(svc):
    return ("a" + uid(svc).replace("-", ""))[:32]


class Cloud:
    def __init__(self, world, aws, control):
        self.world, self.api, self.aws, self.control_file = world, world.api, aws, control
        self.pause_file = os.path.join(os.path.dirname(control), "paused")  # aws-hook's, while it wipes a cluster
        self.first_seen, self.told, self.settings, self.seen = {}, set(), {}, None

    def control(self, key, default=None):
        """What the control file says now."""
        try:
            found = os.stat(self.control_file)
            if self.seen != (found.st_ino, found.st_mtime_ns):
                with open(self.control_file) as f:
                    self.settings = json.load(f)
                self.seen = (found.st_ino, found.st_mtime_ns)
        except FileNotFoundError:
            self.settings, self.seen = {}, None
        except (OSError, ValueError):
            pass  # half written; the next look will do
        return self.settings.get(key, default)

    def event(self, about, kind, reason, text, level="Normal", who="cloud"):
        key = (uid(about), reason, text)
        if key in self.told:
            return
        self.told.add(key)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        space = ns(about) or "default"
        self.api.call("POST", f"/api/v1/namespaces/{space}/events", {
            "metadata": {"generateName": name(about) + ".", "namespace": space},
            "involvedObject": {"kind": kind, "namespace": ns(about), "name": name(about),
                               "uid": uid(about), "apiVersion": "v1"},
            "reason": reason, "message": text, "type": level, "count": 1,
            "firstTimestamp": now, "lastTimestamp": now, "source": {"component": who}})

    def ripe(self, o, what, delay):
        """True once `delay` seconds have passed since we first saw the need."""
        since = self.first_seen.setdefault((uid(o), what), time.monotonic())
        return time.monotonic() - since >= delay

    def cluster_tags(self):
        return {f"kubernetes.io/cluster/{self.aws.cluster().get('name', 'lab')}": "owned"}

    # -- disks ------------------------------------------------------------

    def driver(self):
        for d in self.world.all("deploy"):
            if labels(d).get("app.kubernetes.io/name") == "aws-ebs-csi-driver" and (d.get("status") or {}).get("readyReplicas"):
                return d
        return None

    def has_role(self, driver):
        """By its service account's annotation, or by an EKS pod identity association."""
        account = driver["spec"]["template"]["spec"].get("serviceAccountName", "default")
        return any(name(s) == account and "eks.amazonaws.com/role-arn" in notes(s) for s in self.world.all("sa")) or \
            any((p["namespace"], p["serviceAccount"]) == (ns(driver), account)
                for p in self.aws.state()["pod_identities"])

    def provision(self, pvc, driver):
        # The volume binder writes this annotation when it is our turn: for
        # WaitForFirstConsumer that is after the scheduler chose a node.
        if pvc["spec"].get("volumeName") or pvc["metadata"].get("deletionTimestamp") \
                or notes(pvc).get("volume.kubernetes.io/storage-provisioner") != DRIVER:
            return
        who = DRIVER + "_" + name(driver)
        self.event(pvc, "PersistentVolumeClaim", "Provisioning",
                   f'External provisioner is provisioning volume for claim "{ns(pvc)}/{name(pvc)}"', who=who)
        sc = next((c for c in self.world.all("class") if name(c) == pvc["spec"].get("storageClassName")), None)
        if sc is None or not self.ripe(pvc, "disk", self.control("disk_delay", 0.5)):
            return
        error = self.control("disk_error")
        if not error and self.control("require_role") and not self.has_role(driver):
            error = NO_ROLE.format(uid(pvc))
        if error:
            self.event(pvc, "PersistentVolumeClaim", "ProvisioningFailed",
                       f'failed to provision volume with StorageClass "{name(sc)}": {error}', "Warning", who)
            return
        self.make_disk(pvc, sc)
        self.event(pvc, "PersistentVolumeClaim", "ProvisioningSucceeded",
                   f"Successfully provisioned volume pvc-{uid(pvc)}", who=who)

    def make_disk(self, pvc, sc):
        node, size = notes(pvc).get("volume.kubernetes.io/selected-node"), pvc["spec"]["resources"]["requests"]["storage"]
        zone = next((labels(n).get("topology.kubernetes.io/zone") for n in self.world.all("node") if name(n) == node), "us-east-1a")
        params, pv = sc.get("parameters") or {}, "pvc-" + uid(pvc)
        if any(name(v) == pv for v in self.world.all("pv")):
            return
        volume = self.aws.create_volume(zone, gib(size), params.get("type", "gp3"), {
            "Name": f"{self.aws.cluster().get('name', 'lab')}-dynamic-{pv}", "CSIVolumeName": pv,
            "ebs.csi.aws.com/cluster": "true", **self.cluster_tags(), "kubernetes.io/created-for/pvc/name": name(pvc),
            "kubernetes.io/created-for/pvc/namespace": ns(pvc), "kubernetes.io/created-for/pv/name": pv})
        made = self.api.call("POST", "/api/v1/persistentvolumes", {
            "metadata": {"name": pv, "annotations": {"pv.kubernetes.io/provisioned-by": DRIVER}},
            "spec": {
                "capacity": {"storage": size}, "accessModes": pvc["spec"]["accessModes"],
                "persistentVolumeReclaimPolicy": sc.get("reclaimPolicy", "Delete"), "storageClassName": name(sc),
                "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                             "namespace": ns(pvc), "name": name(pvc), "uid": uid(pvc)},
                "csi": {"driver": DRIVER, "fsType": params.get("fsType", "ext4"), "volumeHandle": volume},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}]}]}},
            }})
        if made.get("kind") == "Status":  # not made, or made before and not seen yet
            self.aws.delete_volume(volume)

    def reclaim(self, pv):
        if notes(pv).get("pv.kubernetes.io/provisioned-by") == DRIVER \
                and (pv.get("status") or {}).get("phase") == "Released" \
                and pv["spec"].get("persistentVolumeReclaimPolicy") == "Delete" \
                and not pv["metadata"].get("deletionTimestamp"):
            self.aws.delete_volume(pv["spec"]["csi"]["volumeHandle"])
            self.api.call("DELETE", "/api/v1/persistentvolumes/" + name(pv))

    # -- load balancers ---------------------------------------------------

    GUARD = "service.kubernetes.io/load-balancer-cleanup"

    def balance(self, svc):
        path, guards = core_path(svc, "services"), svc["metadata"].get("finalizers") or []
        wanted = svc["spec"].get("type") == "LoadBalancer" and not svc["metadata"].get("deletionTimestamp")
        if wanted and not hostnames(svc):
            self.event(svc, "Service", "EnsuringLoadBalancer", "Ensuring load balancer", who="service-controller")
            if self.GUARD not in guards:
                self.api.patch(path, {"metadata": {"finalizers": guards + [self.GUARD]}})
            if not self.ripe(svc, "lb", self.control("lb_delay", 1)):
                return
            if self.control("lb_error"):
                self.event(svc, "Service", "SyncLoadBalancerFailed", "Error syncing load balancer: failed to ensure load "
                           "balancer: " + self.control("lb_error"), "Warning", "service-controller")
                return
            host = self.aws.create_balancer(balancer_name(svc), {p["port"]: p.get("nodePort", 0) for p in svc["spec"]["ports"]}, self.aws.cluster(), {
                **self.cluster_tags(), "kubernetes.io/service-name": f"{ns(svc)}/{name(svc)}"})
            self.api.patch(path + "/status", {"status": {"loadBalancer": {"ingress": [{"hostname": host}]}}})
            self.event(svc, "Service", "EnsuredLoadBalancer", "Ensured load balancer", who="service-controller")
        elif not wanted and self.GUARD in guards and self.ripe(svc, "lb gone", self.control("lb_delete_delay", 0.5)):
            self.aws.delete_balancer(balancer_name(svc))
            self.api.patch(path + "/status", {"status": {"loadBalancer": None}})
            self.api.patch(path, {"metadata": {"finalizers": [g for g in guards if g != self.GUARD]}})

    # -- pods -------------------------------------------------------------

    def let_go(self, pod):
        """Containers start with the annotation lab/go (kwok-stages.yaml); "pods" in the control file can delay or spoil it."""
        if not pod["spec"].get("nodeName") or "lab/go" in notes(pod) or pod["metadata"].get("deletionTimestamp"):
            return
        rule = next((r for r in self.control("pods", []) if re.search(r.get("name", ""), name(pod))
                     and r.get("namespace", ns(pod)) == ns(pod)), {})
        if not self.ripe(pod, "go", rule.get("delay", 0)):
            return
        marks, why = {"lab/go": "true"}, rule.get("fail") or notes(pod).get("lab/fail")
        if why:
            text = rule.get("message", "lab: told to fail")
            marks.update({"lab/fail": why, "lab/fail-message": text})
            self.event(pod, "Pod", "Failed", text, "Warning", "kubelet")
        if rule.get("never_ready"):
            marks["lab/never-ready"] = "true"
        self.api.patch(core_path(pod, "pods"), {"metadata": {"annotations": marks}})

    def release_init(self, pod):
        service = notes(pod).get("lab/init-waits-for")
        if service and not notes(pod).get("lab/init-released") and ready_endpoint(self.world, ns(pod), service):
            self.api.patch(core_path(pod, "pods"), {"metadata": {"annotations": {"lab/init-released": "true"}}})

    # -- the loop ---------------------------------------------------------

    def attempt(self, what, *args):
        """One object's trouble is not the others'; True if it must be looked at again."""
        try:
            what(*args)
        except (OSError, ValueError, KeyError, AwsError, http.client.HTTPException) as e:
            print(what.__name__, name(args[0]), repr(e), file=sys.stderr, flush=True)
            return True
        return False

    def step(self):
        again = False
        if os.path.exists(self.pause_file):
            return
        for pod in self.world.all("pod"):
            again |= self.attempt(self.let_go, pod)
            again |= self.attempt(self.release_init, pod)
        driver = self.driver()
        if driver:
            for pvc in self.world.all("pvc"):
                again |= self.attempt(self.provision, pvc, driver)
            for pv in self.world.all("pv"):
                again |= self.attempt(self.reclaim, pv)
        for svc in self.world.all("svc"):
            again |= self.attempt(self.balance, svc)
        if again:
            time.sleep(0.3)

    def busy(self):
        """Is there something that only time, or the control file, will change."""
        return any((s["spec"].get("type") == "LoadBalancer" and not hostnames(s)) or s["metadata"].get("deletionTimestamp")
                   for s in self.world.all("svc")) or \
            any(not c["spec"].get("volumeName") for c in self.world.all("pvc")) or \
            any(p["spec"].get("nodeName") and "lab/go" not in notes(p) for p in self.world.all("pod")) or \
            any((v.get("status") or {}).get("phase") == "Released" for v in self.world.all("pv"))

    def run(self):
        while True:
            self.step()
            self.world.wait(0.3 if self.busy() else 30)


def main():
    p = argparse.ArgumentParser()
    for flag in ("api", "token", "ca", "web", "control", "aws"):
        p.add_argument("--" + flag, required=True)
    p.add_argument("--port", type=int, required=True)
    a = p.parse_args()
    with open(a.token) as f:
        token = f.readline().split(",")[0]
    cloud = Cloud(World(Api(a.api, a.ca, token)), Aws(a.aws), a.control)
    server = front.serve(a.port, cloud, a.web, wandb_standin.Standin(os.path.join(os.path.dirname(a.control), "wandb")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cloud.run()


if __name__ == "__main__":
    main()

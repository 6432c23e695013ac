"""Amazon EKS, REST-JSON, in memory.

The paths come from botocore's own service model, so every EKS operation is
routed; those without a method here answer 501 and name the operation.
"""
import base64
import json
import re
import time
import urllib.parse

from .core import ACCOUNT, LAB, ApiError, client, hexid, rand, uuid

ADDONS = {
    # name: (version, needs IAM, service account, managed policy, namespace)
    "vpc-cni": ("v1.20.4-eksbuild.2", True, "aws-node", "AmazonEKS_CNI_Policy", "kube-system"),
    "coredns": ("v1.11.4-eksbuild.2", False, None, None, "kube-system"),
    "kube-proxy": ("v1.32.6-eksbuild.12", False, None, None, "kube-system"),
    "metrics-server": ("v0.8.0-eksbuild.3", False, None, None, "kube-system"),
    "eks-pod-identity-agent": ("v1.3.9-eksbuild.3", False, None, None, "kube-system"),
    "aws-ebs-csi-driver": ("v1.50.1-eksbuild.1", True, "ebs-csi-controller-sa",
                           "service-role/AmazonEBSCSIDriverPolicy", "kube-system"),
    "aws-efs-csi-driver": ("v2.1.12-eksbuild.1", True, "efs-csi-controller-sa",
                           "service-role/AmazonEFSCSIDriverPolicy", "kube-system"),
    "snapshot-controller": ("v8.3.0-eksbuild.1", False, None, None, "kube-system"),
}
NEEDS_NODES = ("coredns", "aws-ebs-csi-driver", "aws-efs-csi-driver", "metrics-server")


def routes():
    import botocore.session
    model = botocore.session.get_session().get_service_model("eks")
    out = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", http["requestUri"].split("?")[0])
        out.append((http["method"], re.compile(pattern + "$"), name))
    return out


class Eks:
    def __init__(self):
        self.routes = routes()
        self.clear()
        LAB.on_reset.append(self.clear)

    def clear(self):
        self.clusters = {}      # (region, name) -> cluster document
        self.nodegroups = {}    # (region, cluster) -> {name: document}
        self.addons = {}
        self.entries = {}
        self.pods = {}
        self.updates = {}

    # -- entry ----------------------------------------------------------
    def name_of(self, method, path):
        for m, pattern, name in self.routes:
            if m == method:
                hit = pattern.match(path)
                if hit:
                    return name, {k: urllib.parse.unquote(v) for k, v in hit.groupdict().items()}
        return None, {}

    def call(self, op, region, args, query, body):
        fn = getattr(self, op, None) if op else None
        if fn is None:
            raise ApiError("NotImplementedByStandin", "EKS %s is not implemented by the stand-in" % op, 501)
        data = json.loads(body) if body else {}
        with LAB.lock:
            return fn(region, dict(data, **args), query)

    # -- small things --------------------------------------------------------
    def _arn(self, region, kind, *parts):
        return "arn:aws:eks:%s:%s:%s/%s" % (region, ACCOUNT, kind, "/".join(parts))

    def _cluster(self, region, name):
        try:
            return self.clusters[region, name]
        except KeyError:
            raise ApiError("ResourceNotFoundException", "No cluster found for name: %s." % name, 404)

    def _page(self, names, query, key):
        start = int(query.get("nextToken", ["0"])[0] or 0)
        limit = int(query.get("maxResults", ["100"])[0])
        out = {key: names[start:start + limit], "nextToken": None}
        if start + limit < len(names):
            out["nextToken"] = str(start + limit)
        return out

    def _ca(self):
        path = LAB.settings["kube_ca_file"]
        if not path:
            return base64.b64encode(b"no certificate authority was given to the stand-in").decode()
        with open(path, "rb") as f:
            return base64.b64encode(f.read()).decode()

    def oidc_issuer(self, region):
        return "https://oidc.eks.%s.amazonaws.com/id/%s" % (region, rand(32, "0123456789ABCDEF"))

    # -- versions -------------------------------------------------------
    def DescribeClusterVersions(self, region, data, query):
        wanted = query.get("clusterVersions")
        out = []
        for v in reversed(LAB.settings["versions"]):
            if wanted and v not in wanted:
                continue
            minor = int(v.split(".")[1])
            status = "standard-support" if minor >= 32 else "extended-support"
            out.append({"clusterVersion": v, "clusterType": "eks", "defaultPlatformVersion": "eks.5",
                        "defaultVersion": v == LAB.settings["default_version"],
                        "releaseDate": 1700000000 + minor * 1e7, "kubernetesPatchVersion": v + ".9",
                        "endOfStandardSupportDate": 1760000000 + minor * 1e7,
                        "endOfExtendedSupportDate": 1790000000 + minor * 1e7,
                        "status": status, "versionStatus": status.upper().replace("-", "_")})
        return {"clusterVersions": out, "nextToken": None}

    # -- clusters -------------------------------------------------------
    def CreateCluster(self, region, data, query, wait=False):
        name = data["name"]
        if (region, name) in self.clusters:
            raise ApiError("ResourceInUseException", "Cluster already exists with name: %s" % name, 409,
                           clusterName=name)
        vpc = data.get("resourcesVpcConfig", {})
        vpc_id, sg = self._network(region, name, vpc.get("subnetIds", []))
        access = data.get("accessConfig") or {}
        doc = {
            "name": name, "arn": self._arn(region, "cluster", name), "createdAt": time.time(),
            "version": data.get("version") or LAB.settings["default_version"], "roleArn": data["roleArn"],
            "resourcesVpcConfig": {
                "subnetIds": vpc.get("subnetIds", []), "securityGroupIds": vpc.get("securityGroupIds", []),
                "clusterSecurityGroupId": sg, "vpcId": vpc_id,
                "endpointPublicAccess": vpc.get("endpointPublicAccess", True),
                "endpointPrivateAccess": vpc.get("endpointPrivateAccess", False),
                "publicAccessCidrs": vpc.get("publicAccessCidrs") or ["0.0.0.0/0"]},
            "kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.100.0.0/16", "ipFamily": "ipv4",
                                        "elasticLoadBalancing": {"enabled": False}},
            "logging": data.get("logging") or {"clusterLogging": [
                {"types": ["api", "audit", "authenticator", "controllerManager", "scheduler"], "enabled": False}]},
            "identity": {"oidc": {"issuer": self.oidc_issuer(region)}},
            "status": "CREATING", "certificateAuthority": {"data": None}, "platformVersion": "eks.5",
            "tags": data.get("tags") or {}, "health": {"issues": []},
            "accessConfig": {"authenticationMode": access.get("authenticationMode") or "API_AND_CONFIG_MAP"},
            "upgradePolicy": {"supportType": "EXTENDED"}, "deletionProtection": False,
        }
        key = (region, name)
        self.clusters[key] = doc
        for table in (self.nodegroups, self.addons, self.entries, self.pods, self.updates):
            table[key] = {}
        if access.get("bootstrapClusterCreatorAdminPermissions", True):
            self._entry(region, name, "arn:aws:iam::%s:user/moto" % ACCOUNT,
                        policies=["arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"])

        def ready():
            with LAB.lock:
                if self.clusters.get(key) is not doc:
                    return
                doc["endpoint"] = LAB.settings["kube_endpoint"] or "https://%s.gr7.%s.eks.amazonaws.com" % (
                    rand(32, "0123456789ABCDEF"), region)
                doc["certificateAuthority"]["data"] = self._ca()
                doc["status"] = "ACTIVE"
            LAB.hook("cluster-active", cluster=name, region=region, endpoint=doc["endpoint"])
        if wait:
            return doc, ready
        LAB.later(LAB.settings["cluster_s"], ready)
        return {"cluster": doc}

    def _network(self, region, name, subnets):
        if not subnets:
            return None, None
        ec2 = client("ec2", region)
        vpc_id = ec2.describe_subnets(SubnetIds=[subnets[0]])["Subnets"][0]["VpcId"]
        sg = ec2.create_security_group(
            GroupName="eks-cluster-sg-%s-%s" % (name, rand(9, "0123456789")), VpcId=vpc_id,
            Description="EKS created security group applied to ENI that is attached to EKS Control Plane "
                        "master nodes, as well as any managed workloads.")["GroupId"]
        return vpc_id, sg

    def DescribeCluster(self, region, data, query):
        return {"cluster": self._cluster(region, data["name"])}

    def ListClusters(self, region, data, query):
        return self._page(sorted(n for r, n in self.clusters if r == region), query, "clusters")

    def DeleteCluster(self, region, data, query):
        name = data["name"]
        doc = self._cluster(region, name)
        key = (region, name)
        if self.nodegroups[key]:
            raise ApiError("ResourceInUseException", "Cluster has nodegroups attached", 409, clusterName=name)
        doc["status"] = "DELETING"

        def gone():
            with LAB.lock:
                if self.clusters.get(key) is doc:
                    del self.clusters[key]
            sg = doc["resourcesVpcConfig"]["clusterSecurityGroupId"]
            if sg:
                try:
                    client("ec2", region).delete_security_group(GroupId=sg)
                except Exception:
                    pass
            LAB.hook("cluster-deleted", cluster=name, region=region, left=str(len(self.clusters)))
        LAB.later(LAB.settings["delete_s"], gone)
        return {"cluster": doc}

    def _update(self, region, cluster, kind, params, apply):
        uid = uuid()
        doc = {"id": uid, "status": "InProgress", "type": kind, "createdAt": time.time(), "errors": [],
               "params": [{"type": k, "value": str(v)} for k, v in params.items()]}
        self.updates[region, cluster][uid] = doc

        def done():
            with LAB.lock:
                apply()
                doc["status"] = "Successful"
        LAB.later(LAB.settings["update_s"], done)
        return {"update": doc}

    def UpdateClusterConfig(self, region, data, query):
        doc = self._cluster(region, data["name"])
        if data.get("resourcesVpcConfig"):
            v = data["resourcesVpcConfig"]
            return self._update(region, doc["name"], "EndpointAccessUpdate", v,
                                lambda: doc["resourcesVpcConfig"].update(v))
        if data.get("logging"):
            return self._update(region, doc["name"], "LoggingUpdate", {"ClusterLogging": json.dumps(data["logging"])},
                                lambda: doc.update(logging=data["logging"]))
        if data.get("accessConfig"):
            return self._update(region, doc["name"], "AccessConfigUpdate", data["accessConfig"],
                                lambda: doc["accessConfig"].update(data["accessConfig"]))
        raise ApiError("InvalidParameterException", "nothing to update")

    def UpdateClusterVersion(self, region, data, query):
        doc = self._cluster(region, data["name"])
        return self._update(region, doc["name"], "VersionUpdate", {"Version": data["version"]},
                            lambda: doc.update(version=data["version"]))

    def DescribeUpdate(self, region, data, query):
        self._cluster(region, data["name"])
        try:
            return {"update": self.updates[region, data["name"]][data["updateId"]]}
        except KeyError:
            raise ApiError("ResourceNotFoundException", "No update found for ID: %s" % data["updateId"], 404)

    def ListUpdates(self, region, data, query):
        self._cluster(region, data["name"])
        return self._page(list(self.updates[region, data["name"]]), query, "updateIds")

    # -- nodegroups -----------------------------------------------------
    def CreateNodegroup(self, region, data, query, wait=False):
        cluster, name = data.get("clusterName") or data["name"], data["nodegroupName"]
        owner = self._cluster(region, cluster)
        table = self.nodegroups[region, cluster]
        if name in table:
            raise ApiError("ResourceInUseException", "NodeGroup already exists with name %s and cluster name %s"
                           % (name, cluster), 409, clusterName=cluster, nodegroupName=name)
        if owner["status"] != "ACTIVE":
            raise ApiError("ResourceInUseException", "Cannot create node group in cluster %s with status %s"
                           % (cluster, owner["status"]), 409)
        scaling = {"minSize": 1, "maxSize": 2, "desiredSize": 2}
        scaling.update({k: int(v) for k, v in (data.get("scalingConfig") or {}).items()})
        uid = uuid()
        doc = {
            "nodegroupName": name, "nodegroupArn": self._arn(region, "nodegroup", cluster, name, uid),
            "clusterName": cluster, "version": data.get("version") or owner["version"],
            "releaseVersion": data.get("releaseVersion") or owner["version"] + ".9-20250920",
            "createdAt": time.time(), "modifiedAt": time.time(), "status": "CREATING",
            "capacityType": data.get("capacityType") or "ON_DEMAND", "scalingConfig": scaling,
            "instanceTypes": data.get("instanceTypes") or ["t3.medium"], "subnets": data.get("subnets", []),
            "amiType": data.get("amiType") or "AL2023_x86_64_STANDARD", "nodeRole": data.get("nodeRole"),
            "labels": data.get("labels") or {}, "taints": data.get("taints") or [],
            "resources": {"autoScalingGroups": [{"name": "eks-%s-%s" % (name, uid)}]},
            "diskSize": data.get("diskSize"), "health": {"issues": []},
            "updateConfig": data.get("updateConfig") or {"maxUnavailable": 1}, "tags": data.get("tags") or {}}
        if data.get("launchTemplate"):
            doc["launchTemplate"] = data["launchTemplate"]
        table[name] = doc

        def ready():
            labels = dict(doc["labels"])
            labels["eks.amazonaws.com/nodegroup"] = name
            labels["eks.amazonaws.com/capacityType"] = doc["capacityType"]
            # the hook runs first: EKS says ACTIVE once the nodes have joined
            LAB.hook("nodegroup-active", wait=True, cluster=cluster, nodegroup=name, region=region,
                     desired=str(scaling["desiredSize"]), instance_type=doc["instanceTypes"][0],
                     labels=",".join("%s=%s" % kv for kv in sorted(labels.items())),
                     nodegroup_json=doc)
            with LAB.lock:
                if table.get(name) is doc:
                    doc["status"] = "ACTIVE"
                    doc["modifiedAt"] = time.time()
        if wait:
            return doc, ready
        LAB.later(LAB.settings["nodegroup_s"] or 0.01, ready)
        return {"nodegroup": doc}

    def _nodegroup(self, region, data):
        cluster = data.get("clusterName") or data["name"]
        self._cluster(region, cluster)
        try:
            return self.nodegroups[region, cluster][data["nodegroupName"]]
        except KeyError:
            raise ApiError("ResourceNotFoundException", "No node group found for name: %s."
                           % data["nodegroupName"], 404, clusterName=cluster, nodegroupName=data["nodegroupName"])

    def DescribeNodegroup(self, region, data, query):
        return {"nodegroup": self._nodegroup(region, data)}

    def ListNodegroups(self, region, data, query):
        cluster = data.get("clusterName") or data["name"]
        self._cluster(region, cluster)
        return self._page(sorted(self.nodegroups[region, cluster]), query, "nodegroups")

    def DeleteNodegroup(self, region, data, query):
        doc = self._nodegroup(region, data)
        doc["status"] = "DELETING"
        table, name = self.nodegroups[region, doc["clusterName"]], doc["nodegroupName"]

        def gone():
            LAB.hook("nodegroup-deleted", wait=True, cluster=doc["clusterName"], nodegroup=name, region=region)
            with LAB.lock:
                if table.get(name) is doc:
                    del table[name]
        LAB.later(LAB.settings["delete_s"] or 0.01, gone)
        return {"nodegroup": doc}

    def UpdateNodegroupConfig(self, region, data, query):
        doc = self._nodegroup(region, data)

        def apply():
            doc["scalingConfig"].update(data.get("scalingConfig") or {})
            labels = data.get("labels") or {}
            doc["labels"].update(labels.get("addOrUpdateLabels") or {})
            for k in labels.get("removeLabels") or []:
                doc["labels"].pop(k, None)
        return self._update(region, doc["clusterName"], "ConfigUpdate", data.get("scalingConfig") or {}, apply)

    # -- add-ons --------------------------------------------------------
    def DescribeAddonVersions(self, region, data, query):
        wanted = query.get("addonName")
        version = query.get("kubernetesVersion", [None])[0]
        out = []
        for name, (v, iam, _, _, ns) in sorted(ADDONS.items()):
            if wanted and name not in wanted:
                continue
            vs = [version] if version else LAB.settings["versions"]
            out.append({"addonName": name, "type": "networking", "publisher": "eks", "owner": "aws",
                        "defaultNamespace": ns, "addonVersions": [
                            {"addonVersion": v, "architecture": ["amd64", "arm64"], "computeTypes": ["ec2"],
                             "requiresConfiguration": False, "requiresIamPermissions": iam, "compatibilities": [
                                 {"clusterVersion": x, "platformVersions": ["*"], "defaultVersion": True}
                                 for x in vs]}]})
        return {"addons": out, "nextToken": None}

    def DescribeAddonConfiguration(self, region, data, query):
        name = query["addonName"][0]
        _, _, sa, policy, _ = ADDONS.get(name, (None, None, None, None, None))
        pods = [{"serviceAccount": sa, "recommendedManagedPolicies": ["arn:aws:iam::aws:policy/" + policy]}] if sa else []
        return {"addonName": name, "addonVersion": query["addonVersion"][0], "podIdentityConfiguration": pods,
                "configurationSchema": '{"$schema":"http://json-schema.org/draft-06/schema#","type":"object"}'}

    def CreateAddon(self, region, data, query):
        cluster, name = data.get("clusterName") or data["name"], data["addonName"]
        owner = self._cluster(region, cluster)
        table = self.addons[region, cluster]
        if name not in ADDONS:
            raise ApiError("InvalidParameterException", "Addon %s specified is not supported" % name, 400, addonName=name)
        if name in table and table[name]["status"] != "CREATE_FAILED":
            raise ApiError("ResourceInUseException", "Addon already exists.", 409, clusterName=cluster, addonName=name)
        if owner["status"] != "ACTIVE":
            raise ApiError("InvalidRequestException", "Cluster %s is not in ACTIVE state" % cluster, 400)
        now = time.time()
        doc = {"addonName": name, "clusterName": cluster, "status": "CREATING",
               "addonVersion": data.get("addonVersion") or ADDONS[name][0], "health": {"issues": []},
               "addonArn": self._arn(region, "addon", cluster, name, uuid()), "createdAt": now, "modifiedAt": now,
               "serviceAccountRoleArn": data.get("serviceAccountRoleArn"), "tags": data.get("tags") or {},
               "configurationValues": data.get("configurationValues"),
               "podIdentityAssociations": [
                   self._pod(region, cluster, ADDONS[name][4], p["serviceAccount"], p["roleArn"])["associationArn"]
                   for p in data.get("podIdentityAssociations") or []],
               "namespaceConfig": {"namespace": ADDONS[name][4]}}
        table[name] = doc

        def ready():
            # the hook runs first: ACTIVE means that its objects are there
            rc, said = LAB.hook("addon-active", wait=True, cluster=cluster, addon=name, region=region, addon_json=doc,
                                resolve=data.get("resolveConflicts") or "NONE", role=doc["serviceAccountRoleArn"] or "")
            with LAB.lock:
                if table.get(name) is not doc:
                    return
                doc["status"] = "CREATE_FAILED" if rc == 3 else "ACTIVE"
                if rc == 3:
                    doc["health"]["issues"] = [{"code": "ConfigurationConflict", "message": said.strip(), "resourceIds": []}]
                doc["modifiedAt"] = time.time()
        LAB.later(LAB.settings["addon_s"] or 0.01, ready)
        return {"addon": self._addon_view(region, doc)}

    def _addon(self, region, data):
        cluster = data.get("clusterName") or data["name"]
        self._cluster(region, cluster)
        try:
            return self.addons[region, cluster][data["addonName"]]
        except KeyError:
            raise ApiError("ResourceNotFoundException", "No addon: %s found in cluster: %s"
                           % (data["addonName"], cluster), 404, clusterName=cluster, addonName=data["addonName"])

    def _addon_view(self, region, doc):
        nodes = any(n["status"] == "ACTIVE" for n in self.nodegroups[region, doc["clusterName"]].values())
        if (doc["status"] == "ACTIVE" and doc["addonName"] in NEEDS_NODES and not nodes
                and LAB.settings["degraded_without_nodes"]):
            return dict(doc, status="DEGRADED", health={"issues": [{
                "code": "InsufficientNumberOfReplicas", "resourceIds": [],
                "message": "The add-on is unhealthy because it doesn't have the desired number of replicas."}]})
        return doc

    def DescribeAddon(self, region, data, query):
        return {"addon": self._addon_view(region, self._addon(region, data))}

    def ListAddons(self, region, data, query):
        cluster = data.get("clusterName") or data["name"]
        self._cluster(region, cluster)
        return self._page(sorted(self.addons[region, cluster]), query, "addons")

    def UpdateAddon(self, region, data, query):
        doc = self._addon(region, data)
        fields = {k: data[k] for k in ("addonVersion", "serviceAccountRoleArn", "configurationValues") if data.get(k)}
        return self._update(region, doc["clusterName"], "AddonUpdate", fields, lambda: doc.update(fields))

    def DeleteAddon(self, region, data, query):
        doc = self._addon(region, data)
        doc["status"] = "DELETING"
        table, name = self.addons[region, doc["clusterName"]], doc["addonName"]

        def gone():
            if not query.get("preserve", ["false"])[0] == "true":
                LAB.hook("addon-deleted", wait=True, cluster=doc["clusterName"], addon=name, region=region)
            with LAB.lock:
                if table.get(name) is doc:
                    del table[name]
        LAB.later(LAB.settings["delete_s"] or 0.01, gone)
        return {"addon": doc}

    # -- access entries and pod identity --------------------------------
    def _entry(self, region, cluster, principal, kind="STANDARD", groups=(), policies=()):
        doc = {"clusterName": cluster, "principalArn": principal, "kubernetesGroups": list(groups),
               "accessEntryArn": self._arn(region, "access-entry", cluster, "user", ACCOUNT, uuid()),
               "createdAt": time.time(), "modifiedAt": time.time(), "tags": {}, "username": principal, "type": kind,
               "_policies": {p: {"policyArn": p, "accessScope": {"type": "cluster", "namespaces": []},
                                 "associatedAt": time.time(), "modifiedAt": time.time()} for p in policies}}
        self.entries[region, cluster][principal] = doc
        return doc

    def _get_entry(self, region, data):
        self._cluster(region, data["name"])
        try:
            return self.entries[region, data["name"]][data["principalArn"]]
        except KeyError:
            raise ApiError("ResourceNotFoundException", "The specified principalArn could not be found. You can "
                           "view your available access entries with 'list-access-entries'.", 404)

    def CreateAccessEntry(self, region, data, query):
        cluster = data.get("clusterName") or data["name"]
        self._cluster(region, cluster)
        if data["principalArn"] in self.entries[region, cluster]:
            raise ApiError("ResourceInUseException", "The specified access entry resource is already in use on this cluster.", 409)
        doc = self._entry(region, cluster, data["principalArn"], data.get("type") or "STANDARD",
                          data.get("kubernetesGroups") or [])
        return {"accessEntry": {k: v for k, v in doc.items() if k != "_policies"}}

    def DescribeAccessEntry(self, region, data, query):
        return {"accessEntry": {k: v for k, v in self._get_entry(region, data).items() if k != "_policies"}}

    def ListAccessEntries(self, region, data, query):
        self._cluster(region, data["name"])
        return self._page(sorted(self.entries[region, data["name"]]), query, "accessEntries")

    def DeleteAccessEntry(self, region, data, query):
        self._get_entry(region, data)
        del self.entries[region, data["name"]][data["principalArn"]]
        return {}

    def AssociateAccessPolicy(self, region, data, query):
        doc = self._get_entry(region, data)
        doc["_policies"][data["policyArn"]] = p = {"policyArn": data["policyArn"], "accessScope": data["accessScope"],
                                                   "associatedAt": time.time(), "modifiedAt": time.time()}
        return {"clusterName": data["name"], "principalArn": data["principalArn"], "associatedAccessPolicy": p}

    def ListAssociatedAccessPolicies(self, region, data, query):
        doc = self._get_entry(region, data)
        return {"clusterName": data["name"], "principalArn": data["principalArn"], "nextToken": None,
                "associatedAccessPolicies": list(doc["_policies"].values())}

    def _pod(self, region, cluster, namespace, account, role):
        aid = "a-" + hexid(17)
        doc = {"clusterName": cluster, "namespace": namespace, "serviceAccount": account, "roleArn": role,
               "associationArn": self._arn(region, "podidentityassociation", cluster, aid), "associationId": aid,
               "tags": {}, "createdAt": time.time(), "modifiedAt": time.time()}
        self.pods[region, cluster][aid] = doc
        return doc

    def CreatePodIdentityAssociation(self, region, data, query):
        cluster = data.get("clusterName") or data["name"]
        self._cluster(region, cluster)
        for p in self.pods[region, cluster].values():
            if (p["namespace"], p["serviceAccount"]) == (data["namespace"], data["serviceAccount"]):
                raise ApiError("ResourceInUseException", "Association already exists: " + p["associationId"], 409)
        return {"association": self._pod(region, cluster, data["namespace"], data["serviceAccount"], data["roleArn"])}

    def _get_pod(self, region, data):
        self._cluster(region, data["name"])
        try:
            return self.pods[region, data["name"]][data["associationId"]]
        except KeyError:
            raise ApiError("ResourceNotFoundException", "No association found for ID: " + data["associationId"], 404)

    def DescribePodIdentityAssociation(self, region, data, query):
        return {"association": self._get_pod(region, data)}

    def DeletePodIdentityAssociation(self, region, data, query):
        doc = self._get_pod(region, data)
        del self.pods[region, data["name"]][data["associationId"]]
        return {"association": doc}

    def ListPodIdentityAssociations(self, region, data, query):
        self._cluster(region, data["name"])
        rows = [p for p in self.pods[region, data["name"]].values()
                if query.get("namespace", [p["namespace"]])[0] == p["namespace"]
                and query.get("serviceAccount", [p["serviceAccount"]])[0] == p["serviceAccount"]]
        return self._page(rows, query, "associations")

    # -- empty lists and tags -------------------------------------------
    def ListFargateProfiles(self, region, data, query):
        self._cluster(region, data.get("clusterName") or data["name"])
        return {"fargateProfileNames": [], "nextToken": None}

    def ListIdentityProviderConfigs(self, region, data, query):
        self._cluster(region, data.get("clusterName") or data["name"])
        return {"identityProviderConfigs": [], "nextToken": None}

    def _by_arn(self, arn):
        for table in [self.clusters] + list(self.nodegroups.values()) + list(self.addons.values()):
            for doc in table.values():
                if arn in (doc.get("arn"), doc.get("nodegroupArn"), doc.get("addonArn")):
                    return doc
        raise ApiError("NotFoundException", "Resource was not found: " + arn, 404)

    def ListTagsForResource(self, region, data, query):
        return {"tags": self._by_arn(data["resourceArn"])["tags"]}

    def TagResource(self, region, data, query):
        self._by_arn(data["resourceArn"])["tags"].update(data["tags"])
        return {}

    def UntagResource(self, region, data, query):
        tags = self._by_arn(data["resourceArn"])["tags"]
        for k in query.get("tagKeys", []):
            tags.pop(k, None)
        return {}

"""Print Node objects shaped like those of an EKS managed node group.

usage: nodes.py HAVE COUNT TYPE KUBELET_PORT GROUP
Allocatable is what a real EKS node of the type offers pods, after its reserve.
"""
import hashlib
import json
import sys

TYPES = {  # cpu and memory of the machine, then allocatable cpu, memory, pods
    "t3.small": ("2", "1975160Ki", "1930m", "1483640Ki", "11"),
    "t3.medium": ("2", "3943312Ki", "1930m", "3388304Ki", "17"),
    "t3.large": ("2", "8023420Ki", "1930m", "7333244Ki", "35"),
    "m5.large": ("2", "7934836Ki", "1930m", "7270Mi", "29"),
    "m5.xlarge": ("4", "16079344Ki", "3920m", "14800Mi", "58"),
    "m5.2xlarge": ("8", "32408888Ki", "7910m", "30695Mi", "58"),
}


def node(i, kind, port, group):
    cpu, mem, acpu, amem, pods = TYPES.get(kind, TYPES["m5.large"])
    zone = "us-east-1" + "ab"[i % 2]
    name = f"ip-192-168-{16 + i // 200}-{10 + i % 200}.ec2.internal"
    machine = "i-0" + hashlib.sha1(name.encode()).hexdigest()[:16]
    return {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
            "node.kubernetes.io/instance-type": kind,
            "topology.kubernetes.io/region": "us-east-1",
            "topology.kubernetes.io/zone": zone,
            "topology.ebs.csi.aws.com/zone": zone,
            "eks.amazonaws.com/nodegroup": group,
            "alpha.eksctl.io/nodegroup-name": group,
        }},
        "spec": {"providerID": f"aws:///{zone}/{machine}"},
        "status": {
            "capacity": {"cpu": cpu, "memory": mem, "pods": pods},
            "allocatable": {"cpu": acpu, "memory": amem, "pods": pods},
            "nodeInfo": {
                "architecture": "amd64", "operatingSystem": "linux", "bootID": "", "machineID": "",
                "systemUUID": "", "kernelVersion": "6.1.0-lab", "osImage": "lab",
                "containerRuntimeVersion": "kwok", "kubeletVersion": "v1.34.2", "kubeProxyVersion": "",
            },
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
        },
    }


have, count, kind, port, group = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5]
if kind not in TYPES:
    print(f"nodes.py: {kind} is not known; its nodes are as large as an m5.large", file=sys.stderr)
items = [node(i, kind, port, group) for i in range(have, have + count)]
json.dump({"apiVersion": "v1", "kind": "List", "items": items}, sys.stdout)

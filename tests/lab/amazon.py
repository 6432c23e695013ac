"""What cloud.py asks of the AWS stand-in: disks and classic load balancers.

It calls with the stand-in's own key, which faults and its log leave out, and
unsigned, since nothing there checks a signature.
"""
import json
import re
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree

KEY, REGION = "STANDININTERNAL00000", "us-east-1"
VERSIONS = {"ec2": "2016-11-15", "elasticloadbalancing": "2012-06-01"}


class AwsError(Exception):
    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


def flat(value, prefix=""):
    """Nested parameters in the form of the query protocol; lists count from 1."""
    if isinstance(value, dict):
        for k, v in value.items():
            yield from flat(v, f"{prefix}.{k}" if prefix else k)
    elif isinstance(value, (list, tuple)):
        for i, v in enumerate(value, 1):
            yield from flat(v, f"{prefix}.{i}")
    else:
        yield prefix, str(value)


class Aws:
    def __init__(self, url):
        self.url = url.rstrip("/")
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, service, action, **params):
        """The answer as an element tree without name spaces."""
        form = dict(flat(params), Action=action, Version=VERSIONS[service])
        request = urllib.request.Request(self.url + "/", urllib.parse.urlencode(form).encode(), {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/{REGION}/{service}/aws4_request, "
                             "SignedHeaders=host, Signature=0"})
        try:
            with self.opener.open(request, timeout=60) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as e:
            text = e.read().decode(errors="replace")
            found = re.search(r"<Code>(.*?)</Code>.*?<Message>(.*?)</Message>", text, re.S)
            raise AwsError(*(found.groups() if found else (str(e.code), text[:200]))) from None
        return xml.etree.ElementTree.fromstring(re.sub(r'\sxmlns="[^"]*"', "", text, count=1))

    def state(self):
        with self.opener.open(self.url + "/_lab/state", timeout=60) as answer:
            return json.load(answer)

    def cluster(self):
        """The cluster that the Kubernetes API is; {} while there is none."""
        found = self.state()["clusters"]
        return next((c for c in found if c["status"] == "ACTIVE"), found[0] if found else {})

    # -- disks ------------------------------------------------------------

    def create_volume(self, zone, gib, kind, tags):
        return self.call("ec2", "CreateVolume", AvailabilityZone=zone, Size=gib, VolumeType=kind, TagSpecification=[
            {"ResourceType": "volume", "Tag": [{"Key": k, "Value": v} for k, v in tags.items()]}]).findtext("volumeId")

    def delete_volume(self, volume):
        try:
            self.call("ec2", "DeleteVolume", VolumeId=volume)
        except AwsError as e:
            if e.code != "InvalidVolume.NotFound":
                raise

    # -- load balancers ---------------------------------------------------

    def create_balancer(self, name, ports, cluster, tags):
        """Its DNS name. Asked twice, the second answer is the first one's."""
        place = {"AvailabilityZones": {"member": ["us-east-1a", "us-east-1b"]}}
        vpc = cluster.get("resourcesVpcConfig") or {}
        if vpc.get("vpcId"):
            place = {"Subnets": {"member": self.public_subnets(vpc)},
                     "SecurityGroups": {"member": [self.security_group("k8s-elb-" + name, vpc["vpcId"], tags)]}}
        return self.call("elasticloadbalancing", "CreateLoadBalancer", LoadBalancerName=name, **place, Listeners={
            "member": [{"Protocol": "TCP", "LoadBalancerPort": p, "InstanceProtocol": "TCP", "InstancePort": node}
                       for p, node in ports.items()]},
            Tags={"member": [{"Key": k, "Value": v} for k, v in tags.items()]}).findtext(".//DNSName")

    def public_subnets(self, vpc):
        found = self.call("ec2", "DescribeSubnets", SubnetId=vpc["subnetIds"])
        return [s.findtext("subnetId") for s in found.iter("item")
                if s.findtext("mapPublicIpOnLaunch") == "true"] or vpc["subnetIds"]

    def security_group(self, name, vpc, tags):
        try:
            return self.call("ec2", "CreateSecurityGroup", GroupName=name, VpcId=vpc,
                             GroupDescription="Security group for Kubernetes ELB", TagSpecification=[
                                 {"ResourceType": "security-group",
                                  "Tag": [{"Key": k, "Value": v} for k, v in tags.items()]}]).findtext("groupId")
        except AwsError as e:
            if e.code != "InvalidGroup.Duplicate":
                raise
            return self.groups(name)[0]

    def groups(self, name):
        found = self.call("ec2", "DescribeSecurityGroups", Filter=[{"Name": "group-name", "Value": [name]}])
        return [g.text for g in found.findall("securityGroupInfo/item/groupId")]

    def delete_balancer(self, name):
        self.call("elasticloadbalancing", "DeleteLoadBalancer", LoadBalancerName=name)
        for group in self.groups("k8s-elb-" + name):
            self.call("ec2", "DeleteSecurityGroup", GroupId=group)

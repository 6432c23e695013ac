"""python3 -m aws_standin --port 4566 --state DIR [--kube-server URL --kube-ca FILE]"""
import argparse
import json
import os
import signal
import sys
import threading
import time
import zlib

t0 = time.time()


def name_balancers():
    """AWS puts a number behind a classic load balancer's name in its DNS name; moto does not."""
    from moto.elb.models import ELBBackend
    plain = ELBBackend.create_load_balancer

    def create(self, name, *args, **kw):
        made = plain(self, name, *args, **kw)
        made.dns_name = "%s-%d.%s.elb.amazonaws.com" % (name, zlib.crc32(name.encode()), self.region_name)
        return made
    ELBBackend.create_load_balancer = create


def main():
    p = argparse.ArgumentParser(prog="aws-standin", description="local stand-in for AWS; binds 127.0.0.1 only")
    p.add_argument("--port", type=int, default=4566, help="0 takes any free port")
    p.add_argument("--state", required=True, help="folder for ca.pem, env.sh, token-webhook.yaml and state.json")
    p.add_argument("--kube-server", default=os.environ.get("LAB_ENDPOINT", ""), help="https URL that DescribeCluster gives as the endpoint")
    p.add_argument("--kube-ca", default=os.environ.get("LAB_CA", ""), help="file with the CA of that API server")
    p.add_argument("--also", action="append", default=[], metavar="HOST=URL",
                   help="answer CONNECT to HOST too, with the pages of this local http URL")
    p.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting, as in /_lab/config")
    p.add_argument("--ready-file", help="written (with the URL) once requests are answered")
    p.add_argument("--verbose", action="store_true", help="print a line for each request")
    a = p.parse_args()
    # boto3 clients of our own must not be led away by the caller's settings
    for k in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "AWS_CA_BUNDLE"):
        os.environ.pop(k, None)
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    hook = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "aws-hook")
    if os.environ.get("LAB_DIR"):
        for k in ("NODEGROUP_ACTIVE", "NODEGROUP_DELETED", "ADDON_ACTIVE", "ADDON_DELETED", "CLUSTER_DELETED"):
            os.environ.setdefault("AWS_STANDIN_ON_" + k, "exec '%s'" % hook)
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    name_balancers()
    from .certs import Authority
    from .cfn import Cfn
    from .core import LAB
    from .eks import Eks
    from .server import Server

    LAB.settings["kube_endpoint"], LAB.settings["kube_ca_file"] = a.kube_server, a.kube_ca
    for s in a.set:
        name, _, value = s.partition("=")
        if name not in LAB.settings:
            p.error("no such setting: " + name)
        LAB.settings[name] = json.loads(value) if value[:1] in '[{"0123456789tf' else value
    os.makedirs(a.state, exist_ok=True)
    authority = Authority(a.state)
    eks = Eks()
    server = Server(("127.0.0.1", a.port), eks, Cfn(eks), authority,
                    DomainDispatcherApplication(create_backend_app), a.verbose, dict(x.split("=", 1) for x in a.also))
    LAB.url = "http://127.0.0.1:%d" % server.server_port
    with open(os.path.join(a.state, "env.sh"), "w") as f:
        for k, v in (("AWS_ENDPOINT_URL", LAB.url), ("AWS_ACCESS_KEY_ID", "AKIASTANDIN000000000"),
                     ("AWS_SECRET_ACCESS_KEY", "stand-in"), ("AWS_REGION", "us-east-1"),
                     ("AWS_DEFAULT_REGION", "us-east-1"), ("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_PAGER", ""),
                     ("HTTPS_PROXY", LAB.url), ("NO_PROXY", "127.0.0.1,localhost"),
                     ("SSL_CERT_FILE", authority.ca_path), ("AWS_CA_BUNDLE", authority.ca_path)):
            f.write("export %s='%s'\n" % (k, v))
    with open(os.path.join(a.state, "token-webhook.yaml"), "w") as f:
        json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "webhook",
                   "clusters": [{"name": "standin", "cluster": {"server": LAB.url + "/_lab/tokenreview"}}],
                   "users": [{"name": "kube-apiserver", "user": {}}],
                   "contexts": [{"name": "webhook", "context": {"cluster": "standin", "user": "kube-apiserver"}}]}, f)

    def stop(*_):
        threading.Thread(target=server.shutdown, daemon=True).start()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print("aws-standin: %s after %.1f s, ca %s" % (LAB.url, time.time() - t0, authority.ca_path), flush=True)
    if a.ready_file:
        with open(a.ready_file + ".tmp", "w") as f:
            f.write(LAB.url + "\n")
        os.rename(a.ready_file + ".tmp", a.ready_file)

    def warm():     # moto loads a service at its first request; have that over early
        from .core import client
        client("sts", "us-east-1").get_caller_identity()
        client("ec2", "us-east-1").describe_availability_zones()
        client("iam", "us-east-1").list_open_id_connect_providers()
    threading.Thread(target=warm, daemon=True).start()
    server.serve_forever(poll_interval=0.1)
    with open(os.path.join(a.state, "state.json"), "w") as f:
        json.dump({"clusters": list(eks.clusters.values()), "log": LAB.log, "hooks": LAB.hook_log}, f, indent=1)
    return 0


sys.exit(main())

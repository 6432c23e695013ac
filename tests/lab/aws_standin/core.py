"""State shared by the services: settings, faults, request log, hooks."""
import json
import os
import random
import re
import string
import subprocess
import sys
import threading
import time

ACCOUNT = "123456789012"
INTERNAL_KEY = "STANDININTERNAL00000"


def rand(n, alphabet=string.ascii_uppercase + string.digits):
    return "".join(random.choice(alphabet) for _ in range(n))


def hexid(n):
    return rand(n, "0123456789abcdef")


def uuid():
    return "-".join(hexid(n) for n in (8, 4, 4, 4, 12))


def iso(t):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(t)) + ".%03dZ" % (t % 1 * 1000)


class ApiError(Exception):
    """An error answer; each protocol writes it in its own form."""

    def __init__(self, code, message, status=400, **extra):
        super().__init__(message)
        self.code, self.message, self.status, self.extra = code, message, status, extra


DEFAULTS = {
    # seconds that each kind of thing stays "in progress"
    "cluster_s": 2.0, "nodegroup_s": 1.0, "addon_s": 1.0,
    "resource_s": 0.0, "delete_s": 0.5, "update_s": 0.5,
    # what DescribeCluster answers
    "kube_endpoint": "", "kube_ca_file": "",
    # user that the Kubernetes token webhook answers with
    "token_user": "standin-admin", "token_groups": ["system:masters"],
    "default_version": "1.32",
    "versions": ["1.30", "1.31", "1.32", "1.33", "1.34"],
    # coredns and csi drivers stay DEGRADED until a nodegroup is ACTIVE
    "degraded_without_nodes": True,
}

UNSUPPORTED_AZ = (
    "Cannot create cluster '{name}' because us-east-1e, the targeted availability zone, does not "
    "currently have sufficient capacity to support the cluster. Retry and choose from these "
    "availability zones: us-east-1a, us-east-1b, us-east-1c, us-east-1d, us-east-1f "
    "(Service: AmazonEKS; Status Code: 400; Error Code: UnsupportedAvailabilityZoneException; "
    "Request ID: 00000000-0000-4000-8000-000000000000; Proxy: null)")
VCPU_LIMIT = (
    'Resource handler returned message: "[Issue(Code=AsgInstanceLaunchFailures, Message=Could not '
    "launch On-Demand Instances. VcpuLimitExceeded - You have requested more vCPU capacity than "
    "your current vCPU limit of 16 allows for the instance bucket that the specified instance type "
    "belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment "
    "to this limit. Launching EC2 instance failed., ResourceIds=[eks-{name}])] (Service: null, "
    'Status Code: 0, Request ID: null)" (RequestToken: 00000000-0000-4000-8000-000000000001, '
    "HandlerErrorCode: GeneralServiceException)")

# name of a fault -> the fields it stands for
PRESETS = {
    "throttle": {"kind": "error", "code": "Throttling", "message": "Rate exceeded", "status": 400},
    "access-denied": {"kind": "error", "code": "AccessDenied", "status": 403, "message":
                      "User: arn:aws:sts::%s:user/moto is not authorized to perform: {service}:{action} "
                      "because no identity-based policy allows the {service}:{action} action" % ACCOUNT},
    "expired-token": {"kind": "error", "code": "ExpiredToken", "status": 403,
                      "message": "The security token included in the request is expired"},
    "server-error": {"kind": "error", "code": "InternalFailure", "status": 500, "message":
                     "The request processing has failed because of an unknown error, exception or failure."},
    "slow": {"kind": "delay", "delay_s": 5},
    "drop": {"kind": "drop"},
    "unsupported-az": {"kind": "stack-fail", "stack": "-cluster$", "resource": "AWS::EKS::Cluster",
                       "reason": UNSUPPORTED_AZ},
    "vcpu-limit": {"kind": "stack-fail", "stack": "-nodegroup-", "resource": "AWS::EKS::Nodegroup",
                   "reason": VCPU_LIMIT},
    "unauthorized-kube": {"kind": "token-reject"},
}

# the same trouble has another name in each service
CODE_BY_SERVICE = {
    ("eks", "Throttling"): ("ThrottlingException", 429),
    ("eks", "AccessDenied"): ("AccessDeniedException", 403),
    ("eks", "ExpiredToken"): ("ExpiredTokenException", 403),
    ("eks", "InternalFailure"): ("ServerException", 500),
    ("ec2", "Throttling"): ("RequestLimitExceeded", 503),
    ("ec2", "AccessDenied"): ("UnauthorizedOperation", 403),
    ("ec2", "ExpiredToken"): ("RequestExpired", 400),
    ("ssm", "Throttling"): ("ThrottlingException", 400),
    ("ssm", "AccessDenied"): ("AccessDeniedException", 400),
    ("ssm", "ExpiredToken"): ("ExpiredTokenException", 400),
}


class Lab:
    def __init__(self):
        self.lock = threading.RLock()       # EKS and CloudFormation state
        self.small = threading.RLock()      # faults and logs; never held across a call
        self.url = ""
        self.settings = dict(DEFAULTS)
        self.faults = []
        self.log = []
        self.on_reset = []
        self.hook_log = []
        self.generation = 0

    # -- faults ---------------------------------------------------------
    def add_fault(self, spec):
        fault = dict(PRESETS.get(spec.get("preset", ""), {}))
        if "preset" in spec and not fault:
            raise ApiError("BadFault", "no such preset; there are: " + ", ".join(sorted(PRESETS)))
        fault.update(spec)
        fault.setdefault("kind", "error")
        fault.setdefault("service", "*")
        fault.setdefault("action", "*")
        fault.setdefault("times", 1)
        fault.setdefault("hits", 0)
        with self.small:
            self.faults.append(fault)
        return fault

    def _take(self, pick):
        with self.small:
            for f in self.faults:
                if f["times"] != 0 and pick(f):
                    f["hits"] += 1
                    if f["times"] > 0:
                        f["times"] -= 1
                    return f
        return None

    def take_request_fault(self, service, action):
        def pick(f):
            return (f["kind"] in ("error", "delay", "drop")
                    and f["service"] in ("*", service)
                    and (f["action"] == "*" or re.fullmatch(f["action"], action or "")))
        return self._take(pick)

    def take_stack_fault(self, stack, logical, rtype):
        def pick(f):
            return (f["kind"] == "stack-fail" and re.search(f.get("stack", ""), stack)
                    and f.get("resource", rtype) in (rtype, logical))
        return self._take(pick)

    def take_token_fault(self):
        return self._take(lambda f: f["kind"] == "token-reject")

    def fault_error(self, f, service, action):
        code, status = f.get("code", "InternalFailure"), f.get("status", 400)
        if "code" not in f or f["code"] == PRESETS.get(f.get("preset"), {}).get("code"):
            code, status = CODE_BY_SERVICE.get((service, code), (code, status))
        message = f.get("message", code).replace("{service}", service).replace("{action}", action or "?")
        return ApiError(code, message, status)

    # -- hooks ----------------------------------------------------------
    def hook(self, event, wait=False, **fields):
        """Run the command in AWS_STANDIN_ON_<EVENT>, if there is one; with wait, (exit code, what it said)."""
        command = os.environ.get("AWS_STANDIN_ON_" + event.upper().replace("-", "_"))
        if not command:
            return 0, ""
        env = dict(os.environ, STANDIN_EVENT=event, STANDIN_URL=self.url)
        for k, v in fields.items():
            env["STANDIN_" + k.upper()] = v if isinstance(v, str) else json.dumps(v)

        def go():
            t = time.time()
            p = subprocess.run(["sh", "-c", command], env=env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            with self.small:
                self.hook_log.append({"event": event, "rc": p.returncode, "seconds": time.time() - t,
                                      "output": p.stdout[-4000:]})
            if p.returncode:
                print("hook %s: exit %d: %s" % (event, p.returncode, p.stdout[-400:]),
                      file=sys.stderr, flush=True)
            return p.returncode, p.stdout

        if wait:
            return go()
        threading.Thread(target=go, daemon=True).start()
        return 0, ""

    def later(self, seconds, fn):
        """Call fn after a time, unless the state was reset meanwhile."""
        gen = self.generation

        def go():
            if gen == self.generation:
                fn()
        if seconds <= 0:
            go()
            return
        t = threading.Timer(seconds, go)
        t.daemon = True
        t.start()

    def reset(self):
        with self.lock, self.small:
            self.generation += 1
            self.faults.clear()
            self.log.clear()
            self.hook_log.clear()
            for fn in self.on_reset:
                fn()


LAB = Lab()
_clients = {}


def client(service, region):
    """A boto3 client that comes back to this same server; faults skip it."""
    import boto3
    from botocore.config import Config
    with LAB.lock:
        key = (service, region)
        if key not in _clients:
            _clients[key] = boto3.client(
                service, region_name=region, endpoint_url=LAB.url,
                aws_access_key_id=INTERNAL_KEY, aws_secret_access_key="x",
                config=Config(retries={"max_attempts": 1}, max_pool_connections=8,
                              proxies={}, parameter_validation=False))
        return _clients[key]

"""What cloud.py serves over http: load balancers' names, web pages, EKS tokens."""
import base64
import calendar
import http.server
import json
import mimetypes
import os
import time
import urllib.parse

import wandb_standin
from kube import hostnames, name, ns, ready_endpoint


def site(cloud, url):
    """(status, text) for a request sent to a load balancer's name."""
    for svc in cloud.world.all("svc"):
        if url.hostname in [h.lower() for h in hostnames(svc)]:
            if not cloud.ripe(svc, "dns", cloud.control("dns_delay", 0)):
                break
            if (url.port or 80) not in [p["port"] for p in svc["spec"]["ports"]]:
                return 504, "no listener on this port\n"
            if cloud.control("site_down") or not ready_endpoint(cloud.world, ns(svc), name(svc)):
                return 503, "no healthy target\n"
            return (200, "ok\n") if url.path in ("/", "/healthz", "/ready") else (404, "not found\n")
    return 502, "no such host\n"


def eks_user(token):
    """Who an `aws eks get-token` token is, or None. Signatures are not checked."""
    try:
        head, body = token.split(".", 1)
        url = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
        q = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
        made = calendar.timegm(time.strptime(q["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ"))
        if head != "k8s-aws-v1" or q["Action"] != ["GetCallerIdentity"] or abs(time.time() - made) > 900:
            return None
        return {"username": "eks:" + q["X-Amz-Credential"][0].split("/")[0], "groups": ["system:masters"]}
    except (ValueError, KeyError):
        return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cloud = web = standin = None

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except ConnectionError:  # a client that was killed
            pass

    def reply(self, status, body, kind="text/plain"):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        head = b"".join(self._headers_buffer) + b"\r\n"  # in one piece with the body, as in aws_standin
        self._headers_buffer = []
        self.wfile.write(head if self.command == "HEAD" else head + body)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        body = wandb_standin.read_body(self)
        if url.scheme:  # we are the proxy of this request
            status, text = site(self.cloud, url)
            wandb = self.standin.answer(self.command, self.path, self.headers, body) if status == 404 else None
            self.reply(*(wandb or (status, text)))
        elif url.path == "/token-review" and self.command == "POST":
            self.reply(200, json.dumps(self.review(json.loads(body))), "application/json")
        elif url.path.startswith("/web/"):
            self.page(url.path[len("/web/"):])
        else:
            self.reply(404, "not found\n")

    do_HEAD = do_POST = do_PUT = do_GET

    def page(self, path):
        parts = urllib.parse.unquote(path).split("/")
        try:
            if ".." in parts:
                raise OSError
            with open(os.path.join(self.web, *parts), "rb") as f:
                self.reply(200, f.read(), mimetypes.guess_type(path)[0] or "application/octet-stream")
        except OSError:
            self.reply(404, "not found\n")

    def review(self, asked):
        user = None if self.cloud.control("deny_tokens") else eks_user(asked["spec"]["token"])
        return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
                "status": {"authenticated": True, "user": user} if user else {"authenticated": False}}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def serve(port, cloud, web, standin):
    Handler.cloud, Handler.web, Handler.standin = cloud, web, standin
    return Server(("127.0.0.1", port), Handler)

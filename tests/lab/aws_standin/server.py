"""The HTTP front: finds the service of each request and answers it.

A request names its service in the scope of its signature
(Credential=KEY/date/region/service/aws4_request), in the header or, for a
presigned URL, in the query.  The same port is also an HTTPS proxy: CONNECT
to a host under amazonaws.com, or named with --also, is answered here with a
certificate of our own CA; CONNECT to any other host is refused, so nothing
can leave the machine.
"""
import base64
import io
import json
import re
import socket
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

from .core import ACCOUNT, INTERNAL_KEY, LAB, PRESETS, ApiError, uuid

SCOPE = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


def xml(value):
    if value is None:
        return ""
    if isinstance(value, dict):
        return "".join("<%s>%s</%s>" % (k, xml(v), k) for k, v in value.items() if v is not None)
    if isinstance(value, list):
        return "".join("<member>%s</member>" % xml(v) for v in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value))


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, eks, cfn, authority, moto_app, verbose, also):
        self.eks, self.cfn, self.authority = eks, cfn, authority
        self.moto_app, self.verbose, self.also = moto_app, verbose, also
        super().__init__(address, Handler)

    def handle_error(self, request, client_address):
        kind = sys.exc_info()[0]
        if not issubclass(kind, (ConnectionError, TimeoutError, OSError)):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    tunnel = None

    def log_message(self, *args):
        pass

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # -- the proxy ------------------------------------------------------
    def do_CONNECT(self):
        host = self.path.rsplit(":", 1)[0].lower()
        ours = host.endswith(".amazonaws.com") or host in self.server.also
        self._log("proxy", "CONNECT " + host, 200 if ours else 403, time.time())
        if not ours:
            self._send(403, b"the stand-in does not reach %s\n" % host.encode(), "text/plain")
            self.close_connection = True
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.wfile.flush()
        self.connection = self.server.authority.context_for(host).wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", 0)
        self.tunnel = host
        self.close_connection = False

    # -- requests -------------------------------------------------------
    def _any(self):
        start = time.time()
        length = self.headers.get("Content-Length")
        if length:
            body = self.rfile.read(int(length))
        elif "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while True:
                n = int(self.rfile.readline().split(b";")[0], 16)
                part = self.rfile.read(n)
                self.rfile.readline()
                if not n:
                    break
                body += part
        else:
            body = b""
        if self.headers.get("Content-Encoding") == "gzip":
            import gzip
            body = gzip.decompress(body)
        path, _, query = self.path.partition("?")
        if path.startswith("/_lab/"):
            return self._lab(path[6:], body)
        if self.tunnel in self.server.also:
            return self._pass_on(self.server.also[self.tunnel] + self.path)
        if (self.tunnel or self.headers.get("Host", "")).startswith("oidc.eks."):
            return self._send(200, json.dumps({"issuer": "https://" + (self.tunnel or "") + path}).encode())

        scope = SCOPE.search(self.headers.get("Authorization", "")) or SCOPE.search(
            "Credential=" + urllib.parse.parse_qs(query).get("X-Amz-Credential", [""])[0])
        key, region, service = scope.groups() if scope else ("", "us-east-1", self._service_of_host())
        params = urllib.parse.parse_qs(query, keep_blank_values=True)
        form = {}
        if "x-www-form-urlencoded" in self.headers.get("Content-Type", ""):
            form = {k: v[0] for k, v in urllib.parse.parse_qs(body.decode(), keep_blank_values=True).items()}
        args = {}
        if service == "eks":
            action, args = self.server.eks.name_of(self.command, path)
        elif "X-Amz-Target" in self.headers:
            action = self.headers["X-Amz-Target"].split(".")[-1]
        else:
            action = form.get("Action") or params.get("Action", [None])[0]
        if action == "CreateOpenIDConnectProvider":
            body = body.replace(b"%3A443%2F", b"%2F")   # AWS drops the default port from the name, moto does not
        status, error = 0, None
        try:
            fault = None if key == INTERNAL_KEY else LAB.take_request_fault(service, action)
            if fault and fault["kind"] == "delay":
                time.sleep(float(fault.get("delay_s", 5)))
            elif fault and fault["kind"] == "drop":
                status, error = -1, "dropped"
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            elif fault:
                raise LAB.fault_error(fault, service, action)
            if service == "eks":
                answer = self.server.eks.call(action, region, args, params, body)
                status = self._send(200, json.dumps(answer).encode())
            elif service == "cloudformation":
                result = self.server.cfn.call(action, region, form)
                text = ('<%sResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><%sResult>%s</%sResult>'
                        "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>"
                        % (action, action, xml(result), action, uuid(), action))
                status = self._send(200, text.encode(), "text/xml")
            else:
                status = self._moto(path, query, body)
        except ApiError as e:
            status, error = e.status, e.code
            self._error(service, e)
        except (ConnectionError, BrokenPipeError):
            raise
        except Exception as e:
            import traceback
            traceback.print_exc()
            status, error = 500, repr(e)
            self._error(service, ApiError("InternalFailure", "stand-in: %r" % e, 500))
        finally:
            if key != INTERNAL_KEY:
                self._log(service, action or "%s %s" % (self.command, path), status, start, error, key)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _any

    def _service_of_host(self):
        host = (self.tunnel or self.headers.get("Host", "")).split(":")[0]
        return host.split(".")[0] if host.endswith("amazonaws.com") else "unknown"

    def _log(self, service, action, status, start, error=None, key=None):
        row = {"t": start, "ms": round((time.time() - start) * 1000, 1), "service": service, "action": action,
               "status": status, "error": error, "key": key,
               "user_agent": self.headers.get("User-Agent", "")[:60]}
        with LAB.small:
            LAB.log.append(row)
            del LAB.log[:-20000]
        if self.server.verbose:
            print("%s %s %s %s%s" % (time.strftime("%H:%M:%S", time.gmtime(start)), service, action, status,
                                     " " + error if error else ""), file=sys.stderr, flush=True)

    def _send(self, status, data, kind="application/json", headers=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("x-amzn-RequestId", uuid())
        for k, v in headers:
            self.send_header(k, v)
        self._finish(data)
        return status

    def _finish(self, data):
        """Head and body in one piece: eksctl now and then closes a connection between the two."""
        head = b"".join(self._headers_buffer) + b"\r\n"
        self._headers_buffer = []
        self.wfile.write(head if self.command == "HEAD" else head + data)

    def _error(self, service, e):
        if service == "eks":
            doc = dict({"message": e.message}, **e.extra)
            self._send(e.status, json.dumps(doc).encode(), headers=[("x-amzn-ErrorType", e.code)])
        elif service in ("ssm", "logs", "cloudtrail", "kms", "pricing", "outposts"):
            self._send(e.status, json.dumps({"__type": e.code, "message": e.message}).encode(),
                       "application/x-amz-json-1.1", [("x-amzn-ErrorType", e.code)])
        elif service == "ec2":
            text = "<Response><Errors><Error>%s</Error></Errors><RequestID>%s</RequestID></Response>" % (
                xml({"Code": e.code, "Message": e.message}), uuid())
            self._send(e.status, text.encode(), "text/xml")
        else:
            text = "<ErrorResponse><Error>%s</Error><RequestId>%s</RequestId></ErrorResponse>" % (
                xml({"Type": "Sender", "Code": e.code, "Message": e.message}), uuid())
            self._send(e.status, text.encode(), "text/xml")

    def _moto(self, path, query, body):
        environ = {
            "REQUEST_METHOD": self.command, "SCRIPT_NAME": "", "PATH_INFO": urllib.parse.unquote(path, "latin-1"),
            "RAW_URI": self.path, "REQUEST_URI": self.path, "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": str(self.server.server_port), "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "https" if self.tunnel else "http",
            "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.multithread": True,
            "wsgi.multiprocess": False, "wsgi.run_once": False, "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers.get("Content-Type", "")}
        for k, v in self.headers.items():
            if k.lower() not in ("content-length", "content-type", "transfer-encoding", "content-encoding"):
                environ["HTTP_" + k.upper().replace("-", "_")] = v
        got = {}

        def start_response(status, headers, exc_info=None):
            got["status"], got["headers"] = int(status.split()[0]), headers
        data = b"".join(self.server.moto_app(environ, start_response))
        self.send_response(got["status"])
        for k, v in got["headers"]:
            if k.lower() not in ("content-length", "connection", "date", "server"):
                self.send_header(k, v)
        self.send_header("Content-Length", str(len(data)))
        self._finish(data)
        return got["status"]

    def _pass_on(self, url):
        """Another host's page, from the local address given for that host."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        start = time.time()
        try:
            with opener.open(url, timeout=30) as r:
                status = self._send(r.status, r.read(), r.headers.get("Content-Type", "application/octet-stream"))
        except urllib.error.HTTPError as e:
            status = self._send(e.code, e.read(), "text/plain")
        except OSError as e:
            status = self._send(502, str(e).encode(), "text/plain")
        self._log(self.tunnel, self.path, status, start)

    # -- our own controls -----------------------------------------------
    def _lab(self, what, body):
        data = json.loads(body) if body else {}
        try:
            if what == "ready":
                out = {"ready": True, "account": ACCOUNT, "ca": self.server.authority.ca_path}
            elif what == "faults" and self.command == "POST":
                out = [LAB.add_fault(f) for f in (data if isinstance(data, list) else [data])]
            elif what == "faults" and self.command == "DELETE":
                LAB.faults.clear()
                out = []
            elif what == "faults":
                out = {"faults": LAB.faults, "presets": sorted(PRESETS)}
            elif what == "config" and self.command == "POST":
                unknown = set(data) - set(LAB.settings)
                if unknown:
                    raise ApiError("BadConfig", "no such setting: " + ", ".join(sorted(unknown)))
                LAB.settings.update(data)
                out = LAB.settings
            elif what == "config":
                out = LAB.settings
            elif what == "log" and self.command == "DELETE":
                LAB.log.clear()
                out = []
            elif what == "log":
                out = LAB.log
            elif what == "hooks":
                out = LAB.hook_log
            elif what == "state":
                out = self._state()
            elif what == "reset":
                LAB.reset()
                self._reset_moto()
                out = {"reset": True}
            elif what == "tokenreview":
                out = self._token_review(data)
            else:
                raise ApiError("NotFound", "no such path", 404)
            self._send(200, json.dumps(out).encode())
        except ApiError as e:
            self._send(e.status, json.dumps({"error": e.code, "message": e.message}).encode())

    def _state(self):
        eks, cfn = self.server.eks, self.server.cfn
        return {"clusters": list(eks.clusters.values()),
                "nodegroups": [d for t in eks.nodegroups.values() for d in t.values()],
                "addons": [d for t in eks.addons.values() for d in t.values()],
                "pod_identities": [d for t in eks.pods.values() for d in t.values()],
                "stacks": [{"name": s.name, "status": s.status, "reason": s.reason, "resources": len(s.resources),
                            "outputs": {o["OutputKey"]: o["OutputValue"] for o in s.outputs}} for s in cfn.stacks]}

    def _reset_moto(self):
        from moto.core.base_backend import BackendDict
        for b in list(BackendDict._instances):
            for account in list(b.values()):
                account.reset()

    def _token_review(self, data):
        """Kubernetes token webhook: is this an `aws eks get-token` token?"""
        token = data.get("spec", {}).get("token", "")
        status, why = {"authenticated": False}, "not an EKS token"
        if token.startswith("k8s-aws-v1."):
            raw = token[len("k8s-aws-v1."):]
            try:
                url = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)).decode()
                q = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
                why = None
                made = time.mktime(time.strptime(q["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ")) - time.timezone
                if q["Action"] != ["GetCallerIdentity"] or "x-k8s-aws-id" not in q["X-Amz-SignedHeaders"][0]:
                    why = "token is not a signed GetCallerIdentity for a cluster"
                elif not -300 < time.time() - made < 900:
                    why = "token is out of date"
                elif LAB.take_token_fault():
                    why = "rejected by request"
                else:
                    status = {"authenticated": True, "user": {
                        "username": LAB.settings["token_user"], "uid": "standin:" + q["X-Amz-Credential"][0].split("/")[0],
                        "groups": LAB.settings["token_groups"]}}
            except (KeyError, ValueError) as e:
                why = "cannot read the token: %r" % e
        self._log("kube-token", "TokenReview", 401 if why else 200, time.time(), why)
        return {"apiVersion": data.get("apiVersion", "authentication.k8s.io/v1"), "kind": "TokenReview",
                "status": dict(status, **({"error": why} if why else {}))}

"""The Kubernetes API, standard library only: calls, and a watched copy of what is there."""
import contextlib
import http.client
import json
import ssl
import sys
import threading
import time
import urllib.parse

WATCHED = {  # kind -> collection; a list and then a watch of each, in a thread
    "pvc": "/api/v1/persistentvolumeclaims",
    "pv": "/api/v1/persistentvolumes",
    "svc": "/api/v1/services",
    "node": "/api/v1/nodes",
    "sa": "/api/v1/namespaces/kube-system/serviceaccounts",
    "pod": "/api/v1/pods",
    "class": "/apis/storage.k8s.io/v1/storageclasses",
    "deploy": "/apis/apps/v1/namespaces/kube-system/deployments",
    "slice": "/apis/discovery.k8s.io/v1/endpointslices",
}


class Api:
    def __init__(self, url, ca, token):
        self.host = urllib.parse.urlsplit(url).netloc
        self.tls = ssl.create_default_context(cafile=ca)
        self.headers = {"Authorization": "Bearer " + token, "Accept": "application/json"}

    def open(self, method, path, body=None, kind="application/json"):
        conn = http.client.HTTPSConnection(self.host, context=self.tls, timeout=330)
        data = None if body is None else json.dumps(body)
        conn.request(method, path, data, {**self.headers, "Content-Type": kind})
        return conn, conn.getresponse()

    def call(self, method, path, body=None, kind="application/json"):
        conn, answer = self.open(method, path, body, kind)
        with contextlib.closing(conn):
            text = answer.read()
        if answer.status >= 300 and answer.status not in (404, 409):
            print(method, path, answer.status, text[:300], file=sys.stderr, flush=True)
        return json.loads(text)

    def patch(self, path, body):
        return self.call("PATCH", path, body, "application/merge-patch+json")


class World:
    """The last known state of the watched objects, and a bell for each change."""

    def __init__(self, api):
        self.api, self.bell = api, threading.Condition()
        self.state = {kind: {} for kind in WATCHED}
        self.dirty = True
        for kind in WATCHED:
            threading.Thread(target=self.follow, args=(kind,), daemon=True).start()

    def all(self, kind):
        with self.bell:
            return list(self.state[kind].values())

    def change(self, kind, edit):
        with self.bell:
            edit(self.state[kind])
            self.dirty = True
            self.bell.notify_all()

    def wait(self, seconds):
        with self.bell:
            if not self.dirty:
                self.bell.wait(seconds)
            self.dirty = False

    def follow(self, kind):
        while True:
            try:
                self.follow_once(kind, WATCHED[kind])
            except (OSError, ValueError, KeyError, http.client.HTTPException):
                time.sleep(0.3)  # the API is not up yet, or went away

    def follow_once(self, kind, path):
        def uid(o):
            return o["metadata"]["uid"]

        first = self.api.call("GET", path + "?resourceVersion=0")
        self.change(kind, lambda s: (s.clear(), s.update({uid(o): o for o in first["items"]})))
        rv = first["metadata"]["resourceVersion"]
        conn, answer = self.api.open(
            "GET", f"{path}?watch=1&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion={rv}")
        with contextlib.closing(conn):
            for line in answer:
                event = json.loads(line)
                o = event["object"]
                if event["type"] in ("ADDED", "MODIFIED"):
                    self.change(kind, lambda s: s.update({uid(o): o}))
                elif event["type"] == "DELETED":
                    self.change(kind, lambda s: s.pop(uid(o), None))
                elif event["type"] == "ERROR":
                    return


# -- small readers of Kubernetes objects ------------------------------------

def name(o):
    return o["metadata"]["name"]


def ns(o):
    return o["metadata"].get("namespace", "")


def uid(o):
    return o["metadata"]["uid"]


def notes(o):
    return o["metadata"].get("annotations") or {}


def labels(o):
    return o["metadata"].get("labels") or {}


def core_path(o, plural):
    return f"/api/v1/namespaces/{ns(o)}/{plural}/{name(o)}"


def hostnames(svc):
    return [i.get("hostname") for i in (svc.get("status") or {}).get("loadBalancer", {}).get("ingress") or []]


def ready_endpoint(world, namespace, service):
    return any(
        (e.get("conditions") or {}).get("ready")
        for s in world.all("slice")
        if ns(s) == namespace and labels(s).get("kubernetes.io/service-name") == service
        for e in s.get("endpoints") or [])

"""What the W&B stand-in answers to reading queries, under the real server's names.

root(standin) is the Query type: viewer, project(name, entityName), models(entityName) and, in a
project, run(name) and runs(filters, first, after, order). See README.md for a query to type.
"""
import json
import os
import re
import time


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def connection(nodes, first=50, after=None):
    start = int(after or 0)
    part = nodes[start:start + (first or 50)]
    end = start + len(part)
    return {"__typename": "Connection", "totalCount": len(nodes),
            "edges": [{"__typename": "Edge", "node": n, "cursor": str(start + i + 1)} for i, n in enumerate(part)],
            "pageInfo": {"__typename": "PageInfo", "hasNextPage": end < len(nodes), "hasPreviousPage": start > 0,
                         "startCursor": str(start), "endCursor": str(end)}}


def holds(run, rule):
    """A filter such as {"state": "finished", "config.epochs.value": {"$gte": 10}} on a run."""
    def value(path):
        table = {"name": run["name"], "display_name": run["displayName"], "displayName": run["displayName"],
                 "state": run["state"], "created_at": run["createdAt"], "createdAt": run["createdAt"], "tags": run["tags"]}
        if path in table:
            return table[path]
        kind, _, key = path.partition(".")
        if kind == "config":
            return json.loads(run["config"]).get(re.sub(r"\.value$", "", key), {}).get("value")
        return json.loads(run["summaryMetrics"]).get(key) if kind in ("summary_metrics", "summaryMetrics") else None

    tests = {"$eq": lambda a, b: a == b, "$ne": lambda a, b: a != b, "$in": lambda a, b: a in b, "$nin": lambda a, b: a not in b,
             "$gt": lambda a, b: a is not None and a > b, "$gte": lambda a, b: a is not None and a >= b,
             "$lt": lambda a, b: a is not None and a < b, "$lte": lambda a, b: a is not None and a <= b,
             "$regex": lambda a, b: re.search(b, a or "") is not None, "$exists": lambda a, b: (a is not None) == b}

    def one(key, want):
        if key in ("$and", "$or"):
            return (all if key == "$and" else any)(holds(run, r) for r in want)
        if isinstance(want, dict) and want and all(k in tests for k in want):
            return all(tests[k](value(key), v) for k, v in want.items())
        return value(key) == want
    return all(one(k, v) for k, v in (rule or {}).items())


def root(standin):
    def user():
        return {"__typename": "User", **standin.viewer()}

    def states():
        found = []
        for run in os.listdir(os.path.join(standin.dir, "runs")) if os.path.isdir(os.path.join(standin.dir, "runs")) else []:
            if standin.known(run):
                found.append((run, standin.last(run, "state.jsonl")))
        return sorted(found, key=lambda x: (x[1].get("createdAt", 0), x[0]))

    def run_of(run, state):
        points = [json.loads(line) for line in standin.lines(run, "history.jsonl")]
        keys = {k: {"typeCounts": [{"type": "number", "count": sum(k in p for p in points)}], "monotonic": k == "_step"}
                for k in sorted({k for p in points for k in p})}
        changed = max(os.path.getmtime(standin.path(run, f)) for f in os.listdir(standin.path(run, "")))

        def history(samples=500, minStep=None, maxStep=None, **_):
            rows = [p for p in points if (minStep is None or p.get("_step", 0) >= minStep)
                    and (maxStep is None or p.get("_step", 0) < maxStep)]
            return [json.dumps(p) for p in rows[:samples or None]]

        def sampled(specs, **_):
            out = []
            for spec in map(json.loads, specs):
                rows = [p for p in points if all(k in p for k in spec.get("keys", []))
                        and spec.get("minStep", 0) <= p.get("_step", 0) < spec.get("maxStep", float("inf"))]
                out.append([{k: p[k] for k in spec.get("keys") or p} for p in rows[:spec.get("samples", 500)]])
            return out

        had = standin.bucket(run)
        return {**{k: had[k] for k in ("id", "name", "displayName", "config", "summaryMetrics", "historyLineCount",
                                       "eventsLineCount", "logLineCount", "sweepName", "tags", "notes", "description")},
                "__typename": "Run", "state": state["state"], "systemMetrics": "{}", "group": None, "jobType": None,
                "commit": None, "readOnly": False, "stopped": False, "projectId": 1, "user": user(),
                "createdAt": iso(state.get("createdAt", changed)), "heartbeatAt": iso(changed), "updatedAt": iso(changed),
                "runInfo": None, "internalId": had["id"], "historyTail": had["historyTail"],
                "historyKeys": {"sets": [], "keys": keys, "lastStep": max((p.get("_step", 0) for p in points), default=-1)},
                "parquetHistory": lambda **_: {"__typename": "ParquetHistory", "parquetUrls": [], "liveData": points},
                "history": history, "sampledHistory": sampled, "events": lambda **_: standin.lines(run, "events.jsonl"),
                "project": lambda: project(state["project"])}

    def runs_of(name):
        return [run_of(r, s) for r, s in states() if s["project"] == name]

    def chosen(name, filters):
        rule = json.loads(filters) if isinstance(filters, str) else filters
        return [r for r in runs_of(name) if holds(r, rule)]

    def runs(name, filters=None, first=50, after=None, order=None, **_):
        found = chosen(name, filters)
        newest = (order or "-created_at").lstrip("+-") in ("created_at", "createdAt") and (order or "-").startswith("-")
        return connection(found[::-1] if newest else found, first, after)

    def project(name=None, entityName=None, **_):
        name = name or "uncategorized"
        if entityName and entityName != standin.entity or not any(s["project"] == name for _, s in states()):
            return None
        about = standin.project(name)
        return {"__typename": "Project", **about, "entityName": standin.entity, "internalId": about["id"], "readOnly": False,
                "isBenchmark": False, "access": "PRIVATE", "description": None, "user": user(),
                "createdAt": iso(min(s.get("createdAt", 0) for _, s in states() if s["project"] == name)),
                "runCount": lambda filters=None, **_: len(chosen(name, filters)),
                "run": lambda name: next((r for r in runs_of(about["name"]) if r["name"] == name), None),
                "runs": lambda **a: runs(name, **a)}

    def models(entityName=None, first=50, after=None, **_):
        if entityName not in (None, "", standin.entity):
            return connection([])
        return connection([project(n) for n in sorted({s["project"] for _, s in states()})], first, after)

    return {"__typename": "Query", "project": project, "models": models, "viewer": user}

# SPDX-License-Identifier: MIT
"""Eight points of a made-up training, logged to a W&B server by its SDK.

    wandb-first-run.py           log them, and wait until the server has them
    wandb-first-run.py --check   exit 0 if the server has them (needs no SDK)

Environment: WANDB_BASE_URL, WANDB_API_KEY, WANDB_PROJECT, WANDB_RUN_ID.
Exit 75: the server has not got them (yet), another try may help.
"""
import base64
import json
import os
import random
import sys
import tempfile
import time
import urllib.request

POINTS = 8
QUERY = "query ($project: String!, $run: String!) { project(name: $project) { run(name: $run) { historyLineCount } } }"


def arrived():
    """How many points of the run the server has; 0 without such a run."""
    key = base64.b64encode(("api:" + os.environ["WANDB_API_KEY"]).encode()).decode()
    body = {"query": QUERY, "variables": {"project": os.environ["WANDB_PROJECT"], "run": os.environ["WANDB_RUN_ID"]}}
    request = urllib.request.Request(os.environ["WANDB_BASE_URL"] + "/graphql", json.dumps(body).encode(),
                                     {"Content-Type": "application/json", "Authorization": "Basic " + key})
    with urllib.request.urlopen(request, timeout=30) as answer:
        data = json.load(answer).get("data") or {}
    run = (data.get("project") or {}).get("run") or {}
    return run.get("historyLineCount") or 0


def log():
    import wandb

    wandb.init(
        project=os.environ["WANDB_PROJECT"],
        id=os.environ["WANDB_RUN_ID"],
        config={
            "learning_rate": 0.02,
            "architecture": "CNN",
            "dataset": "CIFAR-100",
            "epochs": 10,
        },
    )
    epochs = 10
    offset = random.random() / 5
    for epoch in range(2, epochs):
        acc = 1 - 2 ** -epoch - random.random() / epoch - offset
        loss = 2 ** -epoch + random.random() / epoch + offset
        wandb.log({"acc": acc, "loss": loss})
    wandb.finish()


def main():
    if sys.argv[1:] == ["--check"]:
        have = arrived()
        print(f"the server has {have} of {POINTS} points")
        return 0 if have == POINTS else 1
    with tempfile.TemporaryDirectory() as folder:       # the SDK leaves files wherever it may
        for name in ("WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR"):
            os.environ[name] = folder
        os.environ.setdefault("WANDB_FINISH_TIMEOUT", "120")     # else it waits for a lost server for ever
        os.environ.setdefault("WANDB_FINISH_TIMEOUT_RAISES", "true")
        log()
    for _ in range(10):
        have = arrived()
        if have == POINTS:
            print(f"the server has {have} of {POINTS} points")
            return 0
        time.sleep(2)
    print(f"error: the server has only {have} of {POINTS} points", file=sys.stderr)
    return 75


sys.exit(main())

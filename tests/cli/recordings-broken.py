#!/usr/bin/env python3
"""The recordings of recipes/recordings with one answer broken at a time: it
fails, is cut in half, or is rubbish.  Whatever the tools answer, galley ends
by itself, with an exit code of its own, no plugin crashes, and what looked as
if it held when the answer was right is not taken for held without it."""
import json, os, re, subprocess, sys, tempfile

GALLEY, SRC = os.environ["GALLEY"], os.environ["G_TEST_SRCDIR"]
RECIPES = {
    "wandb-eks-first": "recipes/wandb-eks.yaml",
    "wandb-eks-second": "recipes/wandb-eks.yaml",
    "wandb-eks-teardown": "recipes/wandb-eks-teardown.yaml",
    "failure-driver": "tests/live/recipes/release.yaml",
    "failure-license": "tests/live/recipes/misplaced-license.yaml",
    "failure-cpu": "tests/live/recipes/release.yaml",
}


# Their exit code is the answer; nobody reads what they print.
ANSWERED_BY_EXIT = (["kubectl", "diff"], ["kubectl", "wait"], ["python3"])


def fails(end, call):
    end.update(how="exited", exit=1, output=[{"at": 0, "err": "Error: broken by a test\n"}])


def is_cut(end, call):
    text = "".join(piece.get("out", "") for piece in end.get("output", []))
    end["output"] = [{"at": 0, "out": text[:len(text) // 2]}]


def is_rubbish(end, call):
    end["output"] = [{"at": 0, "out_base64": "//8Ae1sie1s="}]


def variants(lines):
    """(what, lines) for each answer; the way of breaking it goes round, or
    with BROKEN=all in the environment each is broken in all ways."""
    calls = {line["call"]: line for line in lines if "call" in line}
    ends = [n for n, line in enumerate(lines) if "end" in line and not calls[line["end"]]["by"].startswith("(tools)")]
    ways = (fails, is_cut, is_rubbish)
    every = os.environ.get("BROKEN") == "all"
    for n, way in [(n, way) for turn, n in enumerate(ends) for way in (ways if every else ways[turn % 3:turn % 3 + 1])]:
        changed = [dict(line) for line in lines]
        way(changed[n], calls[lines[n]["end"]])
        if changed[n] != lines[n]:
            call = calls[lines[n]["end"]]
            yield f"{call['by']}: {' '.join(call['argv'][:4])} {way.__name__}", changed


def play(lines, recipe, folder):
    path = os.path.join(folder, "broken.jsonl")
    with open(path, "w") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    events = os.path.join(folder, "events")
    done = subprocess.run([GALLEY, "run", "--replay", path, "--events", events, os.path.join(SRC, recipe)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="replace", timeout=60)
    ends = {}
    with open(events, errors="replace") as file:
        for line in map(json.loads, file):
            if line["event"] == "step_end":
                ends[line["step"]] = line["result"]
    return done, ends


def main():
    number = 0
    for name, recipe in RECIPES.items():
        with open(os.path.join(SRC, "recipes/recordings", name + ".jsonl")) as file:
            lines = [json.loads(line) for line in file]
        odd, believed, tried = [], [], 0
        with tempfile.TemporaryDirectory() as folder:
            os.environ.update(HOME=folder, XDG_STATE_HOME=folder)
            _, right = play(lines, recipe, folder)
            for what, changed in variants(lines):
                tried += 1
                try:
                    done, ends = play(changed, recipe, folder)
                except subprocess.TimeoutExpired:
                    odd.append(what + ": does not end")
                    continue
                step = what.split(" ")[0]
                if done.returncode not in (0, 1, 4) or re.search("the plugin (crashed|cut)", done.stderr):
                    odd.append(f"{what}: exit {done.returncode}")
                by_exit = any(f" {' '.join(words)} " in what for words in ANSWERED_BY_EXIT) and "fails" not in what
                if not by_exit and right.get(step) == "held" and ends.get(step) == "held":
                    believed.append(what)
        for title, wrong in ((f"{name}: each of {tried} broken answers ends in an exit code of galley's own", odd),
                             (f"{name}: nothing is taken for held by an answer that is broken", believed)):
            number += 1
            print(f"{'not ok' if wrong else 'ok'} {number} - {title}")
            for line in wrong:
                print("#", line)
    print(f"1..{number}")


main()

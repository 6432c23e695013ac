#!/usr/bin/env python3
"""The recordings of recipes/recordings with one answer broken at a time, a test
each: it fails, is cut in half, or is rubbish.  Whatever the tools answer, galley
ends by itself, with an exit code of its own, no plugin crashes, and what looked
as if it held when the answer was right is not taken for held without it."""
import concurrent.futures, json, os, re, subprocess, tempfile

GALLEY, SRC = os.environ["GALLEY"], os.environ["G_TEST_SRCDIR"]
RECIPES = {
    "wandb-eks-first": "recipes/wandb-eks.yaml",
    "wandb-eks-second": "recipes/wandb-eks.yaml",
    "wandb-eks-teardown": "recipes/wandb-eks-teardown.yaml",
    "failure-driver": "tests/live/recipes/release.yaml",
    "failure-license": "tests/live/recipes/misplaced-license.yaml",
    "failure-cpu": "tests/live/recipes/release.yaml",
    "cli-users": "tests/live/recipes/cli-users.yaml",
    "cli-until": "tests/live/recipes/cli-until.yaml",
    "cli-who-until": "tests/live/recipes/cli-who.yaml",
}


# Their exit code is the answer; nobody reads what they print.
ANSWERED_BY_EXIT = (["kubectl", "diff"], ["kubectl", "wait"], ["python3"])
# An aws that does not tell when credentials end is as good.
NOT_NEEDED = ["aws", "configure", "export-credentials"]


def fails(end, call):
    end.update(how="exited", exit=1, output=[{"at": 0, "err": "Error: broken by a test\n"}])


def is_cut(end, call):
    text = "".join(piece.get("out", "") for piece in end.get("output", []))
    end["output"] = [{"at": 0, "out": text[:len(text) // 2]}]


def is_rubbish(end, call):
    end["output"] = [{"at": 0, "out_base64": "//8Ae1sie1s="}]


def variants(lines):
    """(call, way, lines) for each answer; the way of breaking it goes round, or
    with BROKEN=all in the environment each is broken in all ways."""
    calls = {line["call"]: line for line in lines if "call" in line}
    ends = [n for n, line in enumerate(lines) if "end" in line and not calls[line["end"]]["by"].startswith("(tools)")]
    ways = (fails, is_cut, is_rubbish)
    every = os.environ.get("BROKEN") == "all"
    for n, way in [(n, way) for turn, n in enumerate(ends) for way in (ways if every else ways[turn % 3:turn % 3 + 1])]:
        changed = [dict(line) for line in lines]
        way(changed[n], calls[lines[n]["end"]])
        if changed[n] != lines[n]:
            yield calls[lines[n]["end"]], way, changed


def play(lines, recipe):
    """How galley ends, and how each step does; None if it does not end."""
    with tempfile.TemporaryDirectory() as folder:
        path, events = os.path.join(folder, "broken.jsonl"), os.path.join(folder, "events")
        with open(path, "w") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
        try:
            done = subprocess.run([GALLEY, "run", "--replay", path, "--events", events, os.path.join(SRC, recipe)],
                                  env=dict(os.environ, HOME=folder, XDG_STATE_HOME=folder), stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, errors="replace", timeout=60)
        except subprocess.TimeoutExpired:
            return None, {}
        with open(events, errors="replace") as file:
            said = [json.loads(line) for line in file]
        return done, {event["step"]: event["result"] for event in said if event["event"] == "step_end"}


def wrong_with(call, way, changed, recipe, right):
    """What is wrong with how galley takes this broken answer."""
    done, ends = play(changed, recipe)
    if done is None:
        return "does not end"
    if done.returncode not in (0, 1, 4) or re.search("the plugin (crashed|cut)", done.stderr):
        return f"exit {done.returncode}: {done.stderr[-500:]}"
    step = call["by"].split(" ")[0]
    by_exit = way != fails and any(call["argv"][:len(words)] == words for words in ANSWERED_BY_EXIT)
    if not by_exit and call["argv"][:3] != NOT_NEEDED and right.get(step) == "held" and ends.get(step) == "held":
        return "is taken for held all the same"
    return None


def main():
    number = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:      # galley waits for its hosts to begin and end
        for name, recipe in RECIPES.items():
            folder = "tests" if name.startswith("cli-") else "recipes"
            with open(os.path.join(SRC, folder, "recordings", name + ".jsonl")) as file:
                lines = [json.loads(line) for line in file]
            done, right = play(lines, recipe)
            number += 1
            whole = done is not None and "departs from the recording" not in done.stderr
            print(f"{'ok' if whole else 'not ok'} {number} - {name}: as it is, it has all answers", flush=True)
            broken = list(variants(lines))
            verdicts = pool.map(lambda one: wrong_with(*one, recipe, right), broken)
            for (call, way, _), wrong in zip(broken, verdicts, strict=True):
                number += 1
                what = f"call {call['call']}, {call['by']}: {' '.join(call['argv'][:4])} {way.__name__}"
                print(f"{'not ok' if wrong else 'ok'} {number} - {name}: {what}", flush=True)
                if wrong:
                    print("# " + wrong.replace("\n", "\n# "), flush=True)
    print(f"1..{number}")


main()

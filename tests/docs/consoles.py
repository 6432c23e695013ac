#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a page shows of a terminal, run and compared.

    consoles.py PAGE            for each command a line "ok NAME" or "not ok
                                NAME", with what differs after "# "
    consoles.py --update PAGE   PAGE with what the commands say now, on stdout

A block ```console has commands, after "$ ", and what they say on both of their
streams.  Lines come in any order, as steps do.  A line [...] stands for any
lines.  Times, dates, ids of runs and of processes may differ, and $HOME is
/home/ada.  A word after `console` names a function prepare_WORD below.  A block
of another language that comes after "`FILE`:" is written to FILE first.
The commands of a block are run by one bash, in $HOME.
"""
import collections
import contextlib
import os
import re
import select
import subprocess
import sys

HOME = os.environ["HOME"]
ADA = "/home/ada"
MARK = "=== consoles.py ==="
VARIES = [
    (r"\b\d{8}-\d{6}-[0-9a-f]{6}\b", "RUN"),
    (r"\b\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?\b", "DATE"),
    (r" *\b(\d+h \d+m|\d+m \d\ds|\d+(\.\d+)? (ms|s))\b", " TIME"),
    (r"\bpid \d+\b", "PID"),
    (r"/private/\d+-", "/private/N-"),
]


def normal(line):
    line = line.rstrip().replace(HOME, ADA)
    for pattern, word in VARIES:
        line = re.sub(pattern, word, line)
    return line


def blocks(page):
    """(start, end, first line's words, body) of each block, with the file it is, if any."""
    for found in re.finditer(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", page, re.M | re.S):
        file = re.search(r"`([\w./-]+)`:\n\n$", page[:found.start()])
        yield found, found[1], found[2], found[3], file and file[1]


def commands(body):
    """[command, lines it says] of a block."""
    result = []
    for line in body.splitlines():
        if line.startswith("$ "):
            result.append([line[2:], []])
        elif result[-1][0].endswith("\\"):
            result[-1][0] += "\n" + line
        else:
            result[-1][1].append(line)
    return result


@contextlib.contextmanager
def prepare_nothing(env):
    yield env


@contextlib.contextmanager
def prepare_bare(env):
    """Of the tools there are aws and kubectl only; a licence is given."""
    yield dict(env, PATH=HOME + "/bin", WANDB_LICENSE="eyJhbGciOiJub25lIn0.e30.x")


@contextlib.contextmanager
def prepare_locked(env):
    """Another run is in the middle of greet.yaml's."""
    with open("holder.yaml", "w") as f:
        f.write("{galley: 1, name: greet, lock: greet, steps: [{id: folder, uses: exec.run,"
                " with: {command: [sh, -c, 'echo >started; read line <go']}}]}\n")
    for name in ("go", "started"):
        os.mkfifo(name)
    go, started = (os.open(name, os.O_RDWR) for name in ("go", "started"))
    holder = subprocess.Popen(["galley", "run", "-q", "holder.yaml"], env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if select.select([started], [], [], 60)[0]:
            yield env
        else:
            raise TimeoutError("the run that is to hold the lock does not begin")
    finally:
        os.write(go, b"\n")
        holder.wait(60)
        os.close(go)
        os.close(started)
        for name in ("go", "started", "holder.yaml"):
            os.unlink(name)


def say(block, prepare):
    """What each command of BLOCK says, line by line."""
    script = "".join("echo '%s'\n%s\n" % (MARK, command) for command, _ in block)
    with globals()["prepare_" + (prepare or "nothing")](dict(os.environ)) as env:
        result = subprocess.run(["/bin/bash", "-c", script], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=300, text=True)
    return [said.strip("\n").splitlines() for said in result.stdout.split(MARK + "\n")[1:]]


def differences(wanted, said):
    """Lines of a diff between the two, in which the order of lines does not count."""
    wanted = [normal(line) for line in wanted if line.strip()]
    said = [normal(line) for line in said if line.strip()]
    elided = "[...]" in wanted
    want = collections.Counter(line for line in wanted if line != "[...]")
    got = collections.Counter(said)
    result = ["- " + line for line in (want - got).elements()]
    if not elided or result:
        result += ["+ " + line for line in (got - want).elements()]
    return result


def main():
    update = sys.argv[1] == "--update"
    page = open(sys.argv[-1]).read()
    new, last = "", 0
    os.chdir(HOME)
    for found, language, prepare, body, file in blocks(page):
        if file:
            with open(file, "w") as f:
                f.write(body)
        if language != "console":
            continue
        block = commands(body)
        said = say(block, prepare)
        text = "```console%s\n" % (" " + prepare if prepare else "")
        for (command, wanted), lines in zip(block, said):
            if update:
                lines = wanted if "[...]" in wanted else [line.rstrip().replace(HOME, ADA) for line in lines]
                text += "\n".join(["$ " + command] + lines) + "\n"
                continue
            different = differences(wanted, lines)
            print("%s %s" % ("not ok" if different else "ok", command.replace("\n", " ")))
            for line in different:
                print("# " + line)
        if update:
            new += page[last:found.start()] + text + "```"
            last = found.end()
    if update:
        print(new + page[last:], end="")


main()

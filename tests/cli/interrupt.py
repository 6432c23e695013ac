"""Signals, questions on a terminal, and strange surroundings: TAP on stdout."""
import os
import re
import signal
import subprocess
import time

from testing import *

# Once: the tool gets it, once; nothing new starts; we end as it would have.
for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    name = which.name[3:]
    clean("tool")
    recipe("once.yaml", step("it", tool("tool", "exit 3")) + step("next", "[touch, next]"))
    process = start("run", "once.yaml")
    wait_for("tool.ready")
    process.send_signal(which)
    code, out, err = end(process)
    same(f"{name}: ends by the same signal", -which, code, err)
    same(f"{name}: reached the tool once", name + "\n", open("tool.got").read())
    result(re.search(r"^it +stopped", err, re.M) is not None, f"{name}: the step is stopped", err)
    result(not os.path.exists("next"), f"{name}: nothing new starts")
    same(f"{name}: nothing runs", [], left_of(f"{WORK}/tool"))

# A signal to the whole group, as a terminal sends it, is no different.
clean("tool")
process = start("run", "once.yaml")
wait_for("tool.ready")
os.killpg(process.pid, signal.SIGINT)
code, out, err = end(process)
same("group: reached the tool once", "INT\n", open("tool.got").read())

# A tool that does not listen is killed by the second one.
clean("tool")
recipe("deaf.yaml", step("it", tool("tool", ":")))
process = start("run", "deaf.yaml")
wait_for("tool.ready")
process.send_signal(signal.SIGINT)
wait_for("tool.got")
process.send_signal(signal.SIGTERM)
code, out, err = end(process)
same("twice: ends by the first one", -signal.SIGINT, code, err)
same("twice: nothing runs", [], left_of(f"{WORK}/tool"))

# Wherever it is: before a retry, in a pause, in a callback, in a check, waiting for another.
clean("tool")
CASES = {
    "retry": (step("it", "[sh, -c, 'echo x >>tries; exit 1']", ", retry: {attempts: 9, delay: 1h, max_delay: 1h, on: [unknown]}"),
              '"event":"retry"'),
    "pause": ("  - {id: it, uses: evil.slow, timeout: 1h}\n", None),
    "busy": ("  - {id: it, uses: evil.busy, timeout: 1h, with: {path: free}}\n", "busy: somebody holds"),
    "callback": ("  - {id: it, uses: evil.hang, timeout: 1h}\n", None),
}
for name, (steps, sign) in CASES.items():
    recipe("cases-of-interrupt.yaml", steps)
    if os.path.exists("events"):
        os.remove("events")
    process = start("run", *EVIL, "--events", "events", "cases-of-interrupt.yaml")
    wait_for("events", lambda text: sign in text if sign else '"attempt_start"' in text)
    if sign is None:                    # its host is there
        until = time.monotonic() + LONG
        while not children_of(process.pid) and time.monotonic() < until:
            time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    if name == "callback":              # never returns: the second one ends it at once
        wait_for("events", lambda text: "interrupt" in text)
        process.send_signal(signal.SIGINT)
    code, out, err = end(process)
    same(f"{name}: ends by SIGINT", -signal.SIGINT, code, err)
    result(re.search(r"^it +(stopped|failed)", err, re.M) is not None, f"{name}: stopped", err)
    same(f"{name}: nothing runs", [], left_of("cases-of-interrupt.yaml"))

clean("tool")
recipe("check.yaml", f"  - id: it\n    uses: exec.run\n    with: {{command: [touch, done], unless: {tool('tool', 'exit 1')}}}\n")
process = start("run", "check.yaml")
wait_for("tool.ready")
process.send_signal(signal.SIGTERM)
code, out, err = end(process)
same("check: ends by SIGTERM", -signal.SIGTERM, code, err)
result(not os.path.exists("done"), "check: not applied")

# While tools are asked for their versions.
os.mkdir("slowbin")
with open("slowbin/helm", "w") as file:
    file.write(f"#!/bin/sh\nexec /bin/sh {WORK}/tool.sh {WORK}/tool 'exit 1'\n")
os.chmod("slowbin/helm", 0o755)
recipe("helm.yaml", "  - {id: it, uses: exec.run, with: {command: [touch, begun]}}\n", "tools: {helm: '>=3.0'}\n")
for command in ("run", "doctor"):
    clean("tool")
    process = start(command, "helm.yaml", env={**os.environ, "PATH": f"{WORK}/slowbin:/usr/bin:/bin"})
    wait_for("tool.ready")
    process.send_signal(signal.SIGINT)
    code, out, err = end(process)
    same(f"{command}, versions: ends by SIGINT", -signal.SIGINT, code, err)
    same(f"{command}, versions: nothing runs", [], left_of(f"{WORK}/tool"))
result(not os.path.exists("begun"), "versions: nothing was begun")

# A recipe that does not come on standard input can be given up.
process = start("check", "-", stdin=subprocess.PIPE)
until = time.monotonic() + LONG
while "read" not in open(f"/proc/{process.pid}/wchan").read() and time.monotonic() < until \
        and not open(f"/proc/{process.pid}/stat").read().split()[2] == "S":
    time.sleep(0.02)
process.send_signal(signal.SIGINT)
process.wait(timeout=LONG)
same("reading: ends by SIGINT", -signal.SIGINT, process.returncode)

# nohup: what was ignored stays so, for tools as well.
clean("tool")
recipe("nohup.yaml", step("it", f"[sh, -c, ': >{WORK}/tool.ready; while [ ! -e {WORK}/go ]; do sleep 0.02; done; grep SigIgn /proc/self/status']"))
process = start("run", "-v", "nohup.yaml", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
wait_for("tool.ready")
process.send_signal(signal.SIGHUP)
open("go", "w").close()
code, out, err = end(process)
same("nohup: goes on", 0, code, err)
ignored = re.search(r"SigIgn:\s*([0-9a-f]+)", err)
result(ignored is not None and int(ignored.group(1), 16) & 1, "nohup: the tool ignores it too", err)


# -- on a terminal -------------------------------------------------------------

recipe("ask.yaml", "  - {id: name, uses: exec.run, with: {command: [echo, all]}}\n" +
       step("it", "[touch, asked]", ", approve: 'delete ${steps.name.stdout}?'"))
for answer, code, done in (("y", 0, True), ("yes", 0, True), ("n", 1, False), ("", 1, False), ("yesterday", 1, False)):
    if os.path.exists("asked"):
        os.remove("asked")
    terminal = Terminal("run", "ask.yaml")
    result(terminal.until(r"delete all\? \[y/N\] "), f"answer {answer!r}: is asked", terminal.text)
    terminal.type(answer + "\n")
    same(f"answer {answer!r}: exit code", code, terminal.end(), terminal.text)
    same(f"answer {answer!r}: done", done, os.path.exists("asked"))
terminal = Terminal("run", "ask.yaml")
terminal.until(r"\[y/N\] ")
terminal.type("\4")
same("answer Ctrl-D: exit code", 1, terminal.end(), terminal.text)
terminal = Terminal("run", "ask.yaml")
terminal.until(r"\[y/N\] ")
terminal.type("\3")
same("answer Ctrl-C: ends by SIGINT", -signal.SIGINT, terminal.end(), terminal.text)
result("stopped" in terminal.text, "answer Ctrl-C: stopped", terminal.text)

# Others go on meanwhile, and a second question comes after the first.
for file in ("one", "two", "side"):
    if os.path.exists(file):
        os.remove(file)
recipe("two.yaml", step("one", "[touch, one]", ", needs: [], approve: 'first?'") +
       step("two", "[touch, two]", ", needs: [], approve: 'second?'") +
       step("side", f"[sh, -c, 'while [ ! -e {WORK}/asking ]; do sleep 0.02; done; touch side']", ", needs: []"))
terminal = Terminal("run", "two.yaml")
terminal.until(r"(first|second)\? \[y/N\] ")
open("asking", "w").close()
result(wait_for("side"), "two questions: others go on")
terminal.type("y\n")
result(terminal.until(r"(?s)\? \[y/N\] .*\? \[y/N\] "), "two questions: one after the other", terminal.text)
terminal.type("y\n")
same("two questions: exit code", 0, terminal.end(), terminal.text)
same("two questions: done", (True, True), (os.path.exists("one"), os.path.exists("two")))

# While a question is open, what runs beside it draws nothing over it or below.
def shown(text):
    """The rows of a terminal that TEXT was written to."""
    rows, row, column = [""], 0, 0
    for token in re.findall(r"\x1b\[\d*[A-Za-z]|[^\x1b]", text):
        if token == "\n":
            row += 1
            rows.extend([""] * (row + 1 - len(rows)))
        elif token == "\r":
            column = 0
        elif token.endswith("A") and token[0] == "\x1b":
            row -= int(token[2:-1])
        elif token == "\x1b[J":
            del rows[row + 1:]
            rows[row] = rows[row][:column]
        elif token[0] != "\x1b":
            rows[row] = rows[row][:column].ljust(column) + token + rows[row][column + 1:]
            column += 1
    return [line.rstrip() for line in rows]


for file in ("asked", "asking", "ready", "go"):
    if os.path.exists(file):
        os.remove(file)
recipe("beside.yaml", step("ask", "[touch, asked]", ", needs: [], approve: 'delete it?'") +
       step("fast", f"[sh, -c, 'while [ ! -e {WORK}/asking ]; do echo some words; sleep 0.02; done']", ", needs: []") +
       step("slow", f"[sh, -c, 'while [ ! -e {WORK}/go ]; do echo more words; sleep 0.02; done']", ", needs: []"))
for term in ("xterm", "dumb"):
    terminal = Terminal("run", "beside.yaml", term=term)
    terminal.until(r"delete it\? \[y/N\] ")
    terminal.for_a_while()
    same(f"question, {term}: nothing below it", "ask: delete it? [y/N]", shown(terminal.text)[-1])
    open("asking", "w").close()
    terminal.until(r"fast +changed.*\r?\n.*ask: delete it\? \[y/N\] ")
    terminal.for_a_while()
    rows = shown(terminal.text)
    result(re.match(r"fast +changed", rows[-2]) is not None, f"question, {term}: what ends meanwhile is told above", rows)
    same(f"question, {term}: and it is put again", "ask: delete it? [y/N]", rows[-1])
    terminal.type("y\n")
    result(terminal.until(r"ask +changed"), f"question, {term}: the answer is taken", terminal.text)
    open("go", "w").close()
    same(f"question, {term}: exit code", 0, terminal.end(), terminal.text)
    rows = shown(terminal.text)
    asked = rows.index("ask: delete it? [y/N] y") if "ask: delete it? [y/N] y" in rows else -1
    result(asked >= 0 and any(re.match(r"ask +changed", row) for row in rows[asked:]),
           f"question, {term}: question and answer stay", rows)
    for file in ("asked", "asking", "go"):
        os.remove(file)

# Ctrl-C on a terminal; it is left as it was.
clean("tool")
terminal = Terminal("run", "once.yaml")
wait_for("tool.ready")
terminal.until("running")
terminal.type("\3")
same("Ctrl-C: ends by SIGINT", -signal.SIGINT, terminal.end(), terminal.text)
same("Ctrl-C: reached the tool once", "INT\n", open("tool.got").read())
result(terminal.text.count("\x1b[?25l") == terminal.text.count("\x1b[?25h"), "Ctrl-C: the cursor is back", terminal.text)
result(terminal.text.endswith("\n"), "Ctrl-C: ends with a line", repr(terminal.text[-80:]))

# -- strange surroundings --------------------------------------------------------

recipe("plain.yaml", step("it", "[touch, plain]"))
for closed in ((0,), (1,), (2,), (0, 1, 2)):
    pid = os.fork()
    if pid == 0:
        for fd in closed:
            os.close(fd)
        os.execv(GALLEY, [GALLEY, "run", "-q", "--events", f"closed{len(closed)}", "plain.yaml"])
    same(f"closed {closed}: exit code", 0, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    lines = open(f"closed{len(closed)}").read().splitlines()
    result(all(line.startswith("{") for line in lines) and "run_end" in lines[-1], f"closed {closed}: events are whole")

os.mkdir("gone")
process = subprocess.run(["sh", "-c", f'cd gone && rmdir ../gone && exec "$0" run -q "{WORK}/plain.yaml"', GALLEY],
                         capture_output=True, timeout=LONG)
same("folder deleted: exit code", 0, process.returncode, process.stderr)
without = {k: v for k, v in os.environ.items() if k not in ("HOME",)}
process = subprocess.run([GALLEY, "run", "-q", "plain.yaml"], env=without, capture_output=True, timeout=LONG)
same("no HOME: exit code", 0, process.returncode, process.stderr)
process = subprocess.run([GALLEY, "run", "-q", "plain.yaml"], env={**os.environ, "XDG_STATE_HOME": "/proc/none"},
                         capture_output=True, timeout=LONG)
same("nowhere to keep files: exit code", 5, process.returncode, process.stderr)
process = subprocess.run([GALLEY, "run", "-q", "--transcript", "/dev/full", "--events", "/dev/full", "plain.yaml"],
                         capture_output=True, timeout=LONG)
same("full disk: the run is not harmed", 0, process.returncode, process.stderr)
process = subprocess.run(f'"{GALLEY}" run --transcript - -v plain.yaml | true; exit "${{PIPESTATUS[0]}}"',
                         shell=True, executable="/bin/bash", capture_output=True, timeout=LONG)
same("nobody reads: the run is not harmed", 0, process.returncode, process.stderr)
process = subprocess.run(f'"{GALLEY}" plugin show exec >/dev/full', shell=True, capture_output=True, timeout=LONG)
same("result to a full disk: exit code", 1, process.returncode, process.stderr)
same("result to a full disk: says so", b"galley: cannot write the result: No space left on device\n", process.stderr)
finish()

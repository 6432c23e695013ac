"""Faults F023 to F031, F033, F034: TAP on stdout."""
import http.server
import json
import os
import pty
import re
import signal
import subprocess
import threading
import time

from testing import *

LONG_FORM = os.environ.get("FAULTS") == "long"
SOON = 1.0                              # how long an interruption may take


def remove(*files):
    for file in files:
        if os.path.exists(file):
            os.remove(file)


def events(kind, file="events"):
    found = [json.loads(line) for line in open(file)]
    return [event for event in found if event["event"] == kind]


def end_of(step_id):
    return next(event for event in events("step_end") if event["step"] == step_id)


def state_of(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "gone"


def parent_of(pid):
    return int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1])


def until(what):
    end_ = time.monotonic() + LONG
    while not what() and time.monotonic() < end_:
        time.sleep(0.02)
    return what()


def pid_of(name):
    return int(open(name + ".pid").read())


# A tool that is asked to end takes a moment, and counts what it is asked.
COUNTS = 'if [ ! -e "$1.asked" ]; then : >"$1.asked"; sleep 0.3; sleep 0.3; exit 3; fi'
DEAF = ":"
NEXT = step("next", "[touch, next]")


def fresh(name="tool"):
    clean(name)
    remove("next", "events", "done", "go", name + ".asked")


# -- F023: Ctrl-C once ---------------------------------------------------------

fresh()
recipe("once.yaml", step("it", tool("tool", COUNTS)) + NEXT)
terminal = Terminal("run", "--events", "events", "once.yaml")
wait_for("tool.ready")
terminal.type("\3")
same("F023: Ctrl-C: ends by SIGINT", -signal.SIGINT, terminal.end(), terminal.text)
same("F023: Ctrl-C: reaches the tool once", "INT\n", open("tool.got").read())
same("F023: Ctrl-C: the tool ended in its own way", [3], [event.get("exit_code", 3) for event in events("command_end")])
same("F023: Ctrl-C: no next step", False, os.path.exists("next"))
same("F023: Ctrl-C: the last event", "run_end", json.loads(open("events").read().splitlines()[-1])["event"])
same("F023: Ctrl-C: stopped", "stopped", end_of("it")["result"])

# What was left is looked at, by reading alone.
for left, reason in ((False, f'interrupted; its goal does not hold yet: "{WORK}/done" does not exist'),
                     (True, "interrupted, but its goal holds")):
    fresh()
    does = (": >done; " if left else "") + "exit 3"
    recipe("left.yaml", "  - id: it\n    uses: exec.run\n"
           f"    with: {{command: {tool('tool', does)}, creates: done}}\n" + NEXT)
    process = start("run", "--events", "events", "left.yaml")
    wait_for("tool.ready")
    process.send_signal(signal.SIGINT)
    code, out, err = end(process)
    same(f"F023: done {left}: ends by SIGINT", -signal.SIGINT, code, err)
    same(f"F023: done {left}: the step tells", ("stopped", reason), (end_of("it")["result"], end_of("it")["reason"]))

# A look that does not end is given up; a second signal spares it.
UNLESS = "[sh, -c, 'if [ -e tool.got ]; then trap : INT; : >looking; while :; do sleep 0.05; done; fi; exit 1']"
look = ("  - id: it\n    uses: exec.run\n"
        f"    with: {{command: {tool('tool', 'exit 3')}, unless: {UNLESS}}}\n")
for again in (True, False):
    if not again and not LONG_FORM:
        continue
    fresh()
    remove("looking")
    process = start("run", "--events", "events", recipe("look.yaml", look))
    wait_for("tool.ready")
    process.send_signal(signal.SIGINT)
    wait_for("looking")
    began = time.monotonic()
    if again:
        process.send_signal(signal.SIGINT)
    code, out, err = end(process)
    took = time.monotonic() - began
    same(f"F023: look, again {again}: ends by SIGINT", -signal.SIGINT, code, err)
    same(f"F023: look, again {again}: reason", "interrupted" if again else "interrupted; what it left could not be seen",
         end_of("it")["reason"])
    result(took < SOON if again else 8 < took < 15, f"F023: look, again {again}: in time", took)
    same(f"F023: look, again {again}: nothing runs", [], left_of(WORK))

# -- F024: twice, three times --------------------------------------------------

for times in (2, 3):
    fresh()
    recipe("deaf.yaml", step("it", f"[sh, -c, 'sh {WORK}/tool.sh {WORK}/tool : & wait; wait; wait; sleep 3600']") + NEXT)
    terminal = Terminal("run", "--events", "events", "deaf.yaml")
    wait_for("tool.ready")
    terminal.type("\3")
    wait_for("events", lambda text: '"interrupt"' in text)
    began = time.monotonic()
    for _ in range(times - 1):
        terminal.type("\3")
        time.sleep(0.02)
    same(f"F024: {times} Ctrl-C: ends by SIGINT", -signal.SIGINT, terminal.end(), terminal.text)
    result(time.monotonic() - began < SOON, f"F024: {times} Ctrl-C: at once", time.monotonic() - began)
    same(f"F024: {times} Ctrl-C: nothing runs", [], left_of(WORK))
    same(f"F024: {times} Ctrl-C: no next step", False, os.path.exists("next"))
    same(f"F024: {times} Ctrl-C: the last event", "run_end", json.loads(open("events").read().splitlines()[-1])["event"])


# -- F025: wherever it is ------------------------------------------------------

class Silent(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        open("asked", "w").close()
        threading.Event().wait(600)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
os.mkdir("slowbin")
with open("slowbin/helm", "w") as file:
    file.write("#!/bin/sh\n: >asked\nexec sleep 3600\n")
os.chmod("slowbin/helm", 0o755)
MENDS = ", retry: {attempts: 9, delay: 1h, max_delay: 1h, on: [unknown]}"
CASES = {
    "retry delay": (step("it", "[sh, -c, ': >asked; exit 1']", MENDS), "", '"retry"'),
    "check": ("  - {id: it, uses: exec.run, with: {command: [touch, begun], unless: [sh, -c, ': >asked; exec sleep 3600']}}\n", "", None),
    "HTTP": (f"  - {{id: it, uses: http.get, with: {{url: 'http://127.0.0.1:{server.server_port}/'}}}}\n", "", None),
    "tool version": (step("it", "[touch, begun]"), "tools: {helm: '>=3.0'}\n", None),
    "reading": (None, "", None),
}
for name, (steps, more, sign) in CASES.items():
    fresh()
    remove("asked", "begun")
    env = {**os.environ, "PATH": f"{WORK}/slowbin:/usr/bin:/bin"}
    if steps is None:                   # a recipe that does not come
        process = start("run", "-", stdin=subprocess.PIPE, env=env)
        until(lambda: open(f"/proc/{process.pid}/wchan").read() in ("pipe_read", "anon_pipe_read") or state_of(process.pid) == "S")
    else:
        process = start("run", "--events", "events", recipe("case.yaml", steps + NEXT, more), env=env)
        wait_for("asked")
        if sign is not None:
            wait_for("events", lambda text: sign in text)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    code, out, err = end(process)
    took = time.monotonic() - began
    same(f"F025: {name}: ends by SIGINT", -signal.SIGINT, code, err)
    result(took < SOON, f"F025: {name}: at once", took)
    same(f"F025: {name}: nothing is begun", (False, False), (os.path.exists("begun"), os.path.exists("next")))
    same(f"F025: {name}: nothing runs", [], left_of(WORK))

# Waiting for another run to end.
fresh()
recipe("held.yaml", step("it", "[sh, -c, ': >tool.ready; while [ ! -e go ]; do sleep 0.02; done']"), "lock: the-cluster\n")
other = start("run", "held.yaml")
wait_for("tool.ready")
process = start("run", "--wait", recipe("wait.yaml", NEXT, "lock: the-cluster\n"), stdin=subprocess.DEVNULL)
waits = process.stderr.readline()
result(b"waiting for the lock" in waits, "F025: lock: waits", waits)
began = time.monotonic()
process.send_signal(signal.SIGINT)
code, out, err = end(process)
took = time.monotonic() - began
same("F025: lock: ends by SIGINT", -signal.SIGINT, code, err)
result(took < SOON, "F025: lock: at once", took)
open("go", "w").close()
same("F025: lock: the other is not harmed", 0, end(other)[0])
same("F025: lock: nothing is begun", False, os.path.exists("next"))

# -- F026: SIGTERM to galley alone ---------------------------------------------

fresh()
process = start("run", "--events", "events", "once.yaml")
wait_for("tool.ready")
process.send_signal(signal.SIGTERM)
code, out, err = end(process)
same("F026: ends by SIGTERM", -signal.SIGTERM, code, err)
same("F026: reaches the tool once", "TERM\n", open("tool.got").read())
same("F026: no next step", False, os.path.exists("next"))

# The grace is the tool's own: the one of this plugin has half a second.
fresh()
with open("slowbin/sleep", "w") as file:
    file.write(f"#!/bin/sh\n[ $1 != --version ] || exit 0\ntrap : TERM\n: >{WORK}/tool.ready\nwhile :; do /bin/sleep 0.05; done\n")
os.chmod("slowbin/sleep", 0o755)
recipe("grace.yaml", "  - {id: it, uses: evil.time_left, with: {text: '1'}}\n")
process = start("run", *EVIL, "--events", "events", "grace.yaml", env={**os.environ, "PATH": f"{WORK}/slowbin:/usr/bin:/bin"})
wait_for("tool.ready")
began = time.monotonic()
process.send_signal(signal.SIGTERM)
code, out, err = end(process)
took = time.monotonic() - began
same("F026: grace: ends by SIGTERM", -signal.SIGTERM, code, err)
same("F026: grace: then SIGKILL", ["cancelled (SIGKILL)"], [event["how"] for event in events("command_end")])
result(0.5 <= took < 1.5, "F026: grace: half a second", took)
same("F026: grace: nothing runs", [], left_of(WORK))

# -- F027: the terminal is closed ----------------------------------------------

fresh()
terminal = Terminal("run", "--events", "events", "once.yaml")
wait_for("tool.ready")
os.close(terminal.fd)
status = os.waitpid(terminal.pid, 0)[1]
same("F027: closed: ends by SIGHUP", signal.SIGHUP, os.WIFSIGNALED(status) and os.WTERMSIG(status))
same("F027: closed: reaches the tool once", "HUP\n", open("tool.got").read())
same("F027: closed: no next step", False, os.path.exists("next"))
same("F027: closed: the record is whole", ["stopped"], [event["result"] for event in events("run_end")])

# Nobody sends SIGHUP to who only writes there.
fresh()
ours, theirs = pty.openpty()
process = subprocess.Popen([GALLEY, "run", "--events", "events", "once.yaml"], stdin=subprocess.DEVNULL,
                           stdout=theirs, stderr=theirs, start_new_session=True)
os.close(theirs)
wait_for("tool.ready")
os.close(ours)
same("F027: EIO: ends by SIGHUP", -signal.SIGHUP, process.wait(timeout=LONG))
same("F027: EIO: reaches the tool once", "HUP\n", open("tool.got").read())
same("F027: EIO: the record is whole", ["stopped"], [event["result"] for event in events("run_end")])

# The kernel and the shell both send one.
fresh()
process = start("run", "--events", "events", "once.yaml")
wait_for("tool.ready")
process.send_signal(signal.SIGHUP)
wait_for("tool.got")
process.send_signal(signal.SIGHUP)
code, out, err = end(process)
same("F027: SIGHUP twice kills nothing", [3], [event.get("exit_code", 3) for event in events("command_end")])
same("F027: SIGHUP twice: reaches the tool once", "HUP\n", open("tool.got").read())
same("F027: SIGHUP twice: one interruption", 1, len(events("interrupt")))

# nohup: it goes on without its terminal.
fresh()
recipe("go.yaml", step("it", f"[sh, -c, ': >tool.ready; while [ ! -e go ]; do sleep 0.02; done']") + NEXT)
ours, theirs = pty.openpty()
process = subprocess.Popen([GALLEY, "run", "--events", "events", "go.yaml"], stdin=subprocess.DEVNULL,
                           stdout=theirs, stderr=theirs, start_new_session=True,
                           preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
os.close(theirs)
wait_for("tool.ready")
os.close(ours)
process.send_signal(signal.SIGHUP)
open("go", "w").close()
same("F027: nohup: goes on", 0, process.wait(timeout=LONG))
same("F027: nohup: to the end", (True, "ok"), (os.path.exists("next"), events("run_end")[0]["result"]))

# -- F028: Ctrl-Z and fg -------------------------------------------------------

STOOD = 1.2                             # seconds


def shell():
    """A shell with jobs, on a terminal of its own."""
    it = Terminal("--norc", "--noprofile", "-i", program="/bin/bash")
    it.type("PS1='ready> '; stty -echo; bind 'set enable-bracketed-paste off' 2>/dev/null\n")
    it.until(r"ready> \Z")
    return it


def stop(job, command):
    """Runs galley, and stops it once its tool is ready; its pid."""
    job.text = ""
    job.type(command + "; echo code=$?\n")
    wait_for("tool.ready")
    until(lambda: job.until("running"))
    job.type("\x1a")
    return job.until(r"Stopped") and job.until(r"ready> \Z")


def go_on(job, how="fg"):
    job.text = ""
    job.type(how + "; echo end=$?\n")


# The time of the step would be over while it stands still; it is long enough
# for a machine that has much else to do.  What is stopped between vfork and
# exec keeps its parent waiting, which is not state T: the tool has no children.
fresh()
os.mkfifo("gate")
recipe("stop.yaml", "  - id: it\n    uses: exec.run\n    timeout: 5s\n    retry: {attempts: 1}\n    with:\n"
       "      command: [sh, -c, 'echo begun >>begun; echo $$ >tool.pid; : >tool.ready; "
       "read line <gate; : >go; echo done >>begun']\n"
       "      unless: [test, -e, go]\n" + NEXT)
remove("begun")
job = shell()
began = time.monotonic()
result(stop(job, f"{GALLEY} run --events events stop.yaml"), "F028: Ctrl-Z: the shell sees it", job.text)
ran = time.monotonic() - began
result(until(lambda: state_of(pid_of("tool")) == "T"), "F028: Ctrl-Z: the tool is stopped",
       f"{state_of(pid_of('tool'))} {job.text} {open('events').read()}")
result("running" not in job.text.rsplit("\x1b[J", 1)[-1], "F028: Ctrl-Z: the live lines are gone", job.text)
time.sleep(max(0, 5.2 - ran))           # more than its timeout, with what it ran
go_on(job)
result(until(lambda: state_of(pid_of("tool")) in "SR"), "F028: fg: the tool goes on")
open("gate", "w").close()
result(job.until(r"end=\d+"), "F028: fg: ends", job.text)
result("end=0" in job.text, "F028: fg: well", job.text)
same("F028: fg: ran once", "begun\ndone\n", open("begun").read())
same("F028: fg: the next step too", True, os.path.exists("next"))
same("F028: fg: no attempt but one each", 2, len(events("attempt_start")))
result(any(re.match(r"everything stood still for ", event["text"]) for event in events("note")), "F028: fg: the events tell")

# What was left of its time is still a limit.
fresh()
stop(job, f"{GALLEY} run --events events stop.yaml")
time.sleep(0.5)
go_on(job)
result(job.until(r"end=1"), "F028: then its time does end", job.text)
how = events("command_end")[-1]["how"]
result(re.fullmatch(r"timed out after (4\.\d|5\.0) s \(SIGTERM\)", how) is not None, "F028: then its time does end: how", how)

# The time that a plugin is told.
fresh()
with open("slowbin/sleep", "w") as file:
    file.write(f"#!/bin/sh\n[ $1 != --version ] || exit 0\necho $$ >{WORK}/tool.pid\n: >{WORK}/tool.ready\nwhile [ ! -e {WORK}/go ]; do /bin/sleep 0.02; done\n")
recipe("left.yaml", "  - {id: it, uses: evil.time_left, with: {text: '1'}, timeout: 1h}\n")
began = time.monotonic()
stop(job, f"PATH={WORK}/slowbin:/usr/bin:/bin {GALLEY} run {' '.join(EVIL)} --events events left.yaml")
stood = time.monotonic()
time.sleep(STOOD)
stood = time.monotonic() - stood
go_on(job)
open("go", "w").close()
result(job.until(r"end=0"), "F028: plugin: ends well", job.text)
gone = time.monotonic() - began
told = 3600 - float(events("output_value")[0]["text"]) / 1000
result(told <= gone - stood + 0.1, "F028: plugin: its time stood still", told, gone, stood)

# A delay before another attempt; Ctrl-Z twice.
fresh()
remove("tries")
recipe("delay.yaml", step("it", "[sh, -c, 'date +%s.%N >>tries; : >tool.ready; [ $(wc -l <tries) -eq 2 ]']",
                          ", retry: {attempts: 3, delay: 1s, max_delay: 1s, on: [unknown]}"))
job.type(f"{GALLEY} run --events events delay.yaml\n")
wait_for("events", lambda text: '"retry"' in text)
job.text = ""
job.type("\x1a")
result(job.until("Stopped"), "F028: delay: stopped", job.text)
time.sleep(STOOD)
go_on(job)
time.sleep(0.1)
job.type("\x1a")
result(job.until("Stopped"), "F028: delay: stopped again", job.text)
go_on(job)
result(job.until(r"end=0"), "F028: delay: ends well", job.text)
tries = [float(line) for line in open("tries")]
same("F028: delay: two attempts", 2, len(tries))
result(tries[1] - tries[0] >= 1 + STOOD, "F028: delay: stood still, too", tries)

# A question is put again.
fresh()
recipe("ask.yaml", step("it", "[touch, next]", ", approve: 'now?'"))
job.text = ""
job.type(f"{GALLEY} run --events events ask.yaml; echo code=$?\n")
job.until(r"now\? \[y/N\] ")
job.type("\x1a")
result(job.until("Stopped"), "F028: question: stopped", job.text)
go_on(job)
result(job.until(r"now\? \[y/N\] \Z"), "F028: question: is put again", job.text)
job.type("y\n")
result(job.until(r"end=0"), "F028: question: ends well", job.text)
same("F028: question: done", True, os.path.exists("next"))

# In the background it leaves what is typed to the shell, and waits for fg.
fresh()
job.text = ""
job.type(f"{GALLEY} run --events events ask.yaml & sleep 0; echo started\n")
wait_for("events", lambda text: '"approve"' in text)
job.type("echo now-$((1+1)); sleep 0.5\n")
job.until("now-2")                      # the next line waits to be read meanwhile
job.type("echo shell-$((1+1))\n")
result(job.until("shell-2"), "F028: background: the shell reads what is typed", job.text)
result("Stopped" not in job.text, "F028: background: is not stopped", job.text)
go_on(job)
job.until(r"ask.yaml")
job.type("y\n")
result(job.until(r"end=0"), "F028: background: answered after fg", job.text)
same("F028: background: done", True, os.path.exists("next"))

# Ended while it stands still.
fresh()
stop(job, f"{GALLEY} run --events events once.yaml")
galley_pid = parent_of(pid_of("tool"))
job.type("kill %1; fg\n")
result(until(lambda: state_of(galley_pid) == "gone"), "F028: ended while stopped: ends", job.text)
same("F028: ended while stopped: reaches the tool once", "TERM\n", open("tool.got").read())
same("F028: ended while stopped: the record is whole", ["stopped"], [event["result"] for event in events("run_end")])
same("F028: nothing runs", [], left_of(f"{WORK}/tool"))

# -- F029: /dev/tty ------------------------------------------------------------

fresh()
recipe("tty.yaml", step("it", "[sh, -c, 'exec 3</dev/tty; head -c 1 <&3']"))
terminal = Terminal("run", "--events", "events", "tty.yaml")
same("F029: exit code", 1, terminal.end(), terminal.text)
result("No such device or address" in end_of("it")["telling"] or "cannot open /dev/tty" in end_of("it")["telling"],
       "F029: at once", end_of("it"))
result(end_of("it")["duration_ms"] < 5000, "F029: in time", end_of("it"))

# -- F030: the terminal is as it was -------------------------------------------

with open("raw.sh", "w") as file:
    file.write("stty raw -echo <\"$1\"; stty -g <\"$1\" >made\necho $$ >tool.pid\n: >tool.ready\n"
               "trap 'exit 3' INT\nif [ \"$2\" = wait ]; then while :; do sleep 0.05; done; fi\nkill -9 $$\n")
# A shell would put its terminal in order by itself; this one does not.
with open("stopper.py", "w") as file:
    file.write('''
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
pid = os.fork()
if pid == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
status = os.waitpid(pid, os.WUNTRACED)[1]
os.tcsetpgrp(0, os.getpgrp())
if os.WIFSTOPPED(status):
    os.system("stty -g >after; : >done")
    os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGCONT)
    os.waitpid(pid, 0)
''')
for does, key in (("die", None), ("wait", "INT"), ("wait", "TSTP")):
    fresh()
    remove("before", "after", "made")
    # The tool has no terminal, but it can find ours by its name.
    script = ('stty -g >before; printf "galley: 1\\nname: x\\nsteps:\\n  - {id: it, uses: exec.run, with: '
              f'{{command: [sh, {WORK}/raw.sh, %s, {does}]}}}}\\n" "$(tty)" >raw.yaml; "{GALLEY}" run --events events raw.yaml; '
              'echo code=$?; stty -g >after; : >done')
    if key == "TSTP":
        script = script[:script.index("; echo code")].replace(f'"{GALLEY}"', f'python3 stopper.py "{GALLEY}"')
    job = Terminal("-c", script, program="/bin/bash")
    wait_for("tool.ready")
    if key is not None:
        os.kill(parent_of(pid_of("tool")), getattr(signal, "SIG" + key))
    wait_for("done")
    wait_for("after", lambda text: text.endswith("\n"))
    name = f"F030: {does}, {key}"
    result(open("before").read() != open("made").read(), f"{name}: was changed")
    same(f"{name}: is as it was", open("before").read(), open("after").read())
    job.end()
    same(f"{name}: nothing runs", [], left_of(f"{WORK}/raw.sh"))

# -- F031: galley is killed ----------------------------------------------------

fresh()
recipe("locked.yaml", step("it", f"[sh, {WORK}/tool.sh, {WORK}/tool, 'while [ ! -e {WORK}/go ]; do sleep 0.02; done; exit 0']"),
       "lock: the-cluster\n")
process = start("run", "locked.yaml")
wait_for("tool.ready")
process.kill()
code, out, err = end(process)
result(wait_for("tool.got"), "F031: the tool gets a signal")
same("F031: it is SIGTERM", "TERM\n", open("tool.got").read())
recipe("second.yaml", step("it", "[touch, next]"), "lock: the-cluster\n")
process = start("run", "second.yaml")
code, out, err = end(process)
same("F031: while it lives, nobody else gets the lock", (4, False), (code, os.path.exists("next")), err)
result("the-cluster" in err, "F031: says which", err)
result(f"that galley is gone, but what it started still runs: sh (pid {pid_of('tool')})" in err, "F031: says why", err)
open("go", "w").close()
until(lambda: state_of(pid_of("tool")) in ("gone", "Z"))
process = start("run", "second.yaml")
code, out, err = end(process)
same("F031: after it, the lock is free", (0, True), (code, os.path.exists("next")), err)

# -- F033: nobody reads --------------------------------------------------------

SAYS = step("it", "[sh, -c, 'i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done']")
for name, command in {
    "stderr": '"$0" run -v --events events says.yaml 2>&1 >/dev/null | head -n 1',
    "stdout": '"$0" run -q --transcript - --events events says.yaml | head -n 1',
    "both": '"$0" run -v --transcript - --events events says.yaml 2>&1 | true',
}.items():
    fresh()
    recipe("says.yaml", SAYS + NEXT)
    process = subprocess.run(["bash", "-c", command + '; exit "${PIPESTATUS[0]}"', GALLEY], capture_output=True, timeout=LONG)
    same(f"F033: {name} closed: exit code", 0, process.returncode, process.stderr)
    same(f"F033: {name} closed: all is done", (True, "ok"), (os.path.exists("next"), events("run_end")[0]["result"]))

# -- F034: who reads is full, slow, or does not block --------------------------

fresh()
with open("/dev/full", "w") as full:
    process = subprocess.run([GALLEY, "run", "-v", "--transcript", "-", "--events", "events", "says.yaml"],
                             stdout=full, stderr=full, timeout=LONG)
same("F034: full: exit code", 0, process.returncode)
same("F034: full: all is done", True, os.path.exists("next"))
told = " ".join(event["text"] for event in events("warning"))
result("cannot write the terminal: No space left on device" in told
       and "cannot write the transcript: No space left on device" in told, "F034: full: the events tell", told)

# A reader that takes nothing until the tools have ended, of a pipe that would
# block, and of one that would not: more than waits for it is lost.
PRINTS = "[sh, -c, 'head -c 1000000 /dev/zero | tr \"\\0\" x | fold -w 999']"
for blocking in (True, False):
    fresh()
    recipe("flood.yaml", "".join(step(f"s{i}", PRINTS) for i in range(10)) + NEXT)
    reading, writing = os.pipe()
    os.set_blocking(writing, blocking)
    process = subprocess.Popen([GALLEY, "run", "-q", "--transcript", "-", "--events", "events", "flood.yaml"], stdin=subprocess.DEVNULL,
                               stdout=writing, stderr=subprocess.DEVNULL)
    os.close(writing)
    name = f"F034: slow, blocking {blocking}"
    result(wait_for("next"), f"{name}: the tools do not wait")
    read = b""
    while data := os.read(reading, 65536):
        read += data
    os.close(reading)
    same(f"{name}: exit code", 0, process.wait(timeout=LONG))
    result(7e6 < len(read) < 9e6, f"{name}: what waited arrives", len(read))
    same(f"{name}: the events tell", ["cannot write the transcript: who reads it is too slow, some of it is lost"],
         [event["text"] for event in events("warning")])
finish()

"""Programs started, signalled and watched, with a terminal or without: for
tests in Python, which print TAP.  To be imported in a folder of the test's
own, with what tests/cli/lib.sh sets."""
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

GALLEY = os.environ["GALLEY"]
EVIL = ["--plugin-dir", os.environ["G_TEST_BUILDDIR"] + "/tests/testplugins/.libs"]
WORK = os.getcwd()
LONG = 60
number = 0


def result(ok, name, *notes):
    global number
    number += 1
    print(f"{'ok' if ok else 'not ok'} {number} - {name}", flush=True)
    for note in notes if not ok else ():
        print("# " + str(note).replace("\n", "\n# "), flush=True)


def same(name, wanted, got, *notes):
    result(wanted == got, name, f"wanted: {wanted!r}", f"got:    {got!r}", *notes)


def recipe(name, steps, more=""):
    with open(name, "w") as file:
        file.write(f"galley: 1\nname: x\n{more}steps:\n{steps}")
    return name


def wait_for(path, what=lambda text: True):
    """Until the file is there, and its content is so."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        if os.path.exists(path) and what(open(path).read()):
            return True
        time.sleep(0.02)
    return False


def start(*arguments, **more):
    more.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.Popen([GALLEY, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            start_new_session=True, **more)


def end(process):
    try:
        out, err = process.communicate(timeout=LONG)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        return "hangs", out.decode(), err.decode()
    return process.returncode, out.decode(), err.decode()


def left_of(marker):
    """Processes whose command line has MARKER."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = open(f"/proc/{pid}/cmdline", "rb").read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if marker in line and int(pid) != os.getpid():
            found.append(line)
    return found


def children_of(pid):
    try:
        return open(f"/proc/{pid}/task/{pid}/children").read().split()
    except OSError:
        return []


TOOL = """
for s in INT TERM HUP; do trap "echo $s >>$1.got; $2" $s; done
echo $$ >"$1.pid"
: >"$1.ready"
while :; do sleep 0.05; done
"""
with open("tool.sh", "w") as file_:
    file_.write(TOOL)


def clean(*names):
    for name in names:
        for end_ in (".got", ".pid", ".ready"):
            if os.path.exists(name + end_):
                os.remove(name + end_)


def step(id_, command, more=""):
    return f"  - {{id: {id_}, uses: exec.run, with: {{command: {command}}}{more}}}\n"


def tool(name, does):
    return f"[sh, {WORK}/tool.sh, {WORK}/{name}, '{does}']"


class Terminal:
    def __init__(self, *arguments, program=GALLEY, term="xterm"):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = term
            os.execv(program, [program, *arguments])

    def until(self, regex):
        end_ = time.monotonic() + LONG
        while not re.search(regex, self.plain()) and time.monotonic() < end_:
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    data = os.read(self.fd, 65536)
                except OSError:
                    break
                if not data:
                    break
                self.text += data.decode(errors="replace")
        return re.search(regex, self.plain()) is not None

    def plain(self):
        """Without colours."""
        return re.sub(r"\x1b\[\d*m", "", self.text)

    def for_a_while(self):
        """Longer than between two ticks of the live lines."""
        end_ = time.monotonic() + 0.5
        while time.monotonic() < end_:
            if select.select([self.fd], [], [], 0.05)[0]:
                self.text += os.read(self.fd, 65536).decode(errors="replace")

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        self.until(r"\Zx")              # never: to the end
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.fd)
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def finish():
    print(f"1..{number}")

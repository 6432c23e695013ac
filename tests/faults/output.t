#!/bin/bash
# What tools print, much of it and strange: faults F041 to F050.
. "$G_TEST_SRCDIR/tests/faults/lib.sh" || exit 1

# kept NUMBER STREAM : the file of that stream of that command, of the last run.
kept() { printf '%s' "$XDG_STATE_HOME"/galley/runs/*/output/"$1.$2"; }
sum() { sha256sum <"$1" | cut -d ' ' -f 1; }
forget() { rm -rf "$XDG_STATE_HOME/galley/runs" next; }
# A step that looks at galley while it still runs: its parent.
peak_step() {
    printf '  - {id: peak, uses: exec.run, with: {command: [sh, -c, %s]}}\n' \
        "'sed -nE \"s/VmHWM:[^0-9]*([0-9]+).*/\\1/p\" /proc/\$PPID/status'" >>recipe.yaml
}
between() { # NAME LOW NUMBER HIGH
    result "$([ "$2" -le "${3:-0}" ] && [ "$3" -le "$4" ]; echo $?)" "$1" || diag "wanted: $2 to $4"$'\n'"got:    $3"
}
mark() { date +%s%N; }

# -- F041: a flood -------------------------------------------------------------

# flood NAME SIZE COMMAND : which prints SIZE bytes and ends with 7.
flood() {
    local name="F041: $1" size=$2 file_size=$2 out=$3
    forget
    if [ "$size" -gt 1073741824 ]; then file_size=1073741824; fi
    printf 'galley: 1\nname: fault\nvars: {token: {secret: true, from: {env: TOKEN}}}\nsteps:\n' >recipe.yaml
    printf '  - {id: it, uses: exec.run, continue_on: true, with: {command: [sh, -c, "%s; exit 7"], env: {T: "${vars.token}"}}}\n' "$out" >>recipe.yaml
    peak_step
    next_step
    run env TOKEN=hunter2-SECRET
    is "$name: goes on" "0 next" "$RC $(ls next 2>&1)"
    is "$name: the tool's exit code is kept" "7 0 0" "$(event command_end exit_code | xargs)"
    is "$name: the rest is counted" "$size" "$(event command_end out_bytes | head -n 1)"
    is "$name: size of the file" "$file_size" "$(stat -c %s "$(kept 1 stdout)")"
    # Sanitizers keep what was freed.
    ! able "$name: memory of galley" plain ||
        between "$name: memory of galley (KiB)" 1000 "$(cat "$(kept 2 stdout)")" 32768
    diag "$name: galley's own memory at most $(cat "$(kept 2 stdout)") KiB"
    if [ "$file_size" -lt "$size" ]; then
        like "$name: says what is not kept" "$ERR" 'not all of its stdout is kept in ".*/output/1\.stdout": stopped at 1073741824 bytes'
    else
        unlike "$name: all is kept" "$ERR" 'not all of'
    fi
}
flood zeros 536870912 'head -c 512M /dev/zero'
flood lines 33554432 'yes a line of a log, as long as most of them | head -c 32M'
flood both 67108864 'head -c 64M /dev/zero & yes a line of a log, as long as most of them | head -c 64M >&2; wait'

# What a plugin is given of it: beginning and end, and it knows.
forget
step '[sh, -c, "echo first; head -c 8M /dev/zero | tr \"\\\\0\" x; echo; echo last"]'
run
is "F041: cut: exit code" 0 "$RC"
is "F041: cut: the plugin knows" '"printed 8388620 bytes: output `stdout` is only their beginning and end"' \
   "$(event note text | grep 'is only')"
python3 - >given <<'END'
import json
values = [json.loads(line) for line in open("events")]
text = next(v["text"] for v in values if v["event"] == "output_value" and v["name"] == "stdout")
print(len(text), text.startswith("first\nx"), text.endswith("x\nlast"))
END
is "F041: cut: 4 MiB, beginning and end" "4194303 True True" "$(cat given)"

if long; then
    # The rate, against that of a reader that does nothing, and of one that
    # keeps as much as we do.
    forget
    begin=$(mark); head -c 8G /dev/zero | cat >/dev/null; nothing=$(($(mark) - begin))
    begin=$(mark); head -c 8G /dev/zero | { head -c 1G >kept; cat >/dev/null; }; plain=$(($(mark) - begin))
    rm kept
    begin=$(mark); flood "8 GiB" 8589934592 'head -c 8G /dev/zero'; ours=$(($(mark) - begin))
    diag "8 GiB, MB/s: cat $((8589934592000 / nothing)), keeping 1 GiB $((8589934592000 / plain)), galley $((8589934592000 / ours))"
    between "F041: 8 GiB: at least half as fast as keeping as much (ms)" 0 $((ours / 1000000)) $((2 * plain / 1000000))
fi

# -- F042: one long line -------------------------------------------------------

forget
head -c 100M /dev/zero | tr '\0' x >line
step "[cat, $WORK/line]"
next_step
run
is "F042: 100 MB without an end: exit code" 0 "$RC"
is "F042: 100 MB without an end: exact" "$(sum line)" "$(sum "$(kept 1 stdout)")"
galley run -v recipe.yaml
between "F042: 100 MB without an end: longest line shown" 1000 "$(wc -L <"$WORK/.err")" 17000
forget
for ((i = 0; i < 3000; i++)); do printf '%d%%\r' $i; done >line
run
is "F042: nothing but CR: exact" "$(sum line)" "$(sum "$(kept 1 stdout)")"
is "F042: nothing but CR: each is a line" "3000" "$(event output eol | grep -c '^"\\r"')"
rm -f line

# -- F043: bytes ---------------------------------------------------------------

head -c 300k /dev/urandom >bytes
printf 'a\0b\n\xff\xfe\r\n\xc3\xa9\n\xc3' >>bytes
cp bytes errors
printf 'no end' >>errors
forget
step "[sh, -c, 'cat $WORK/bytes; cat $WORK/errors >&2']"
run
is "F043: random bytes: exit code" 0 "$RC"
is "F043: random bytes: stdout exact" "$(sum bytes)" "$(sum "$(kept 1 stdout)")"
is "F043: random bytes: stderr exact" "$(sum errors)" "$(sum "$(kept 1 stderr)")"
cat >rebuild.py <<'END'
import base64, json, sys
got = {"stdout": b"", "stderr": b""}
for line in open("events", encoding="utf-8", errors="strict"):
    event = json.loads(line)
    if event["event"] == "output":
        text = base64.b64decode(event["text_base64"]) if "text_base64" in event else event.get("text", "").encode()
        eol = event.get("eol", "\n")
        got[event["stream"]] += text + (eol or "").encode()
for name in sys.argv[1:]:
    stream, file = name.split("=")
    print(got[stream] == open(file, "rb").read())
END
is "F043: random bytes: the events have them all" "True True" "$(python3 rebuild.py stdout=bytes stderr=errors | xargs)"
forget
step '[sh, -c, "printf \"caf\\\\303\"; sleep 0.3; printf \"\\\\251\\\\n\""]'
run
is "F043: a character in two pieces" '"café"' "$(event output text)"
is "F043: a character in two pieces: is text" "" "$(event output text_base64)"

# Secrets are not among what is exact.
forget
printf 'galley: 1\nname: fault\nvars: {token: {secret: true, from: {env: TOKEN}}}\nsteps:\n' >recipe.yaml
printf '  - {id: it, uses: exec.run, with: {command: [sh, -c, "%s"], env: {T: "${vars.token}"}}}\n' \
       'printf \"a$T\\0b\\n\"; printf \"a hunter2-\"; sleep 0.3; printf \"SECRET\\n\"; printf \"%s\" \"$T\" >&2' >>recipe.yaml
run env TOKEN=hunter2-SECRET
is "F043: a secret is masked in the files" "$(printf 'a***\0b\na ***\n' | od -c)" "$(od -c "$(kept 1 stdout)")"
is "F043: a secret is masked at an end without newline" "***" "$(cat "$(kept 1 stderr)")"
is "F043: the files are private" "600 600" "$(stat -c %a "$(kept 1 stdout)" "$(kept 1 stderr)" | xargs)"

# -- F044: a terminal ----------------------------------------------------------

printf 'title \033]0;pwn\a end\nclear \033[2J\033[1;31m red\nbell \a\nc1 \x9b31m \xc2\x9b31m x\nback\rover\nback\b\b\bspace\nso \016\n' >evil
forget
step "[sh, -c, 'cat $WORK/evil; cat $WORK/evil >&2; exit 3']"
cat >terminal.py <<'END'
import os, pty, sys
def read(fd):
    data = os.read(fd, 65536)
    seen.write(data)
    return data
seen = open("seen", "wb")
os.environ.update(TERM="xterm", NO_COLOR="1")
out = os.dup(1)
os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
code = os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], read))
seen.close()
text = open("seen", "rb").read()
import re
text = re.sub(rb"\r?\x1b\[(\d+A|J)", b"", text)   # galley's own: up, and clear
bad = sorted({bytes([c]) for c in text if (c < 32 and c not in b"\t\r\n") or c == 127} |
             {m for m in re.findall(rb"(?<![\xc2-\xf4\x80-\xbf])[\x80-\x9f]|\xc2[\x80-\x9f]", text)} |
             {m for m in re.findall(rb"\r(?!\n)", text)})
os.write(out, f"{code} {bad}\n".encode())
END
is "F044: on a terminal, nothing of it works (-v)" "1 []" "$(python3 terminal.py "$GALLEY" run -v recipe.yaml)"
is "F044: on a terminal, nothing of it works" "1 []" "$(python3 terminal.py "$GALLEY" run recipe.yaml </dev/null)"
like "F044: it is shown" "$(cat seen)" 'so '
forget
run
is "F044: in the file it is exact" "$(sum evil)" "$(sum "$(kept 1 stdout)")"

# -- F045: stderr beside a flood -----------------------------------------------

forget
step '[sh, -c, "timeout 1.5 yes & for i in 1 2 3; do date +%s.%N >&2; sleep 0.4; done; wait"]'
run
python3 - >late <<'END'
import datetime, json
worst, lines = 0, 0
for line in open("events"):
    event = json.loads(line)
    if event["event"] == "output" and event["stream"] == "stderr":
        seen = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()
        worst, lines = max(worst, seen - float(event["text"])), lines + 1
print(lines, int(worst * 1000))
END
read -r lines worst <late
is "F045: stderr is there" 3 "$lines"
between "F045: stderr is late by (ms)" 0 "$worst" 1000
diag "F045: late by $worst ms at most"

# -- F046, F047: no room for the files -----------------------------------------

forget
step '[sh, -c, "head -c 20M /dev/zero | tr \"\\\\0\" x; exit 7"]' 'continue_on: true'
next_step
if able "F046: disk full" root unshare mount && unshare -m true 2>/dev/null; then
    mkdir -p "$XDG_STATE_HOME"
    cat >full.sh <<'END'
mount -t tmpfs -o size=8m none "$XDG_STATE_HOME" || exit 99
"$@"
RC=$?
stat -c %s "$XDG_STATE_HOME"/galley/runs/*/output/1.stdout >size
df --output=avail -B1 "$XDG_STATE_HOME" | tail -n 1 >avail
exit $RC
END
    run unshare -m sh full.sh
    is "F046: disk full: goes on" "0 next" "$RC $(ls next 2>&1)"
    is "F046: disk full: the tool ends its own way" "7 0" "$(event command_end exit_code | xargs)"
    is "F046: disk full: the rest is counted" "20971520" "$(event command_end out_bytes | head -n 1)"
    like "F046: disk full: says so" "$ERR" 'not all of its stdout is kept in ".*/output/1\.stdout": the disk is almost full'
    between "F046: disk full: what there was room for is kept" 5000000 "$(cat size)" 8000000
    between "F046: disk full: some room is left" 200000 "$(cat avail)" 8388608
fi
forget
run bash -c 'ulimit -f 4000; exec "$@"' -
is "F047: file size limit: goes on" "0 next" "$RC $(ls next 2>&1)"
is "F047: file size limit: the tool ends its own way" "7 0" "$(event command_end exit_code | xargs)"
like "F047: file size limit: says so" "$ERR" 'not all of its stdout is kept in ".*/output/1\.stdout": stopped at 4096000 bytes'
is "F047: file size limit: size" 4096000 "$(stat -c %s "$(kept 1 stdout)")"

# -- F048: drop by drop --------------------------------------------------------

drops=300
if long; then drops=6000; fi
forget
step "[sh, -c, 'i=0; while [ \$i -lt $drops ]; do printf x; sleep 0.01; i=\$((i+1)); done']"
printf '  - {id: cpu, uses: exec.run, with: {command: [sh, -c, %s]}}\n' "'cut -d \" \" -f 14,15 /proc/\$PPID/stat'" >>recipe.yaml
run
is "F048: drop by drop: all is there" "$drops" "$(stat -c %s "$(kept 1 stdout)")"
read -r user system <"$(kept 2 stdout)"
hz=$(getconf CLK_TCK)
between "F048: drop by drop: time of galley's own (ms)" 0 $(((user + system) * 1000 / hz)) $((drops * 10 / 60 + 200))
diag "F048: $drops drops: $(((user + system) * 1000 / hz)) ms"

# While it drops, it can be seen: in the file, and on a terminal.
forget
rm -f go
step '[sh, -c, "printf drop; while [ ! -e go ]; do sleep 0.02; done"]'
"$GALLEY" run -q recipe.yaml &
writer=$!
end=$((SECONDS + 30))
until [ "$(cat "$(kept 1 stdout)" 2>/dev/null)" = drop ] || [ $SECONDS -gt $end ]; do read -rt 0.02 <> <(:); done
is "F048: what came is in the file while the tool runs" drop "$(cat "$(kept 1 stdout)")"
touch go
wait $writer

# -- F049: after the end -------------------------------------------------------

forget
step '[sh, -c, "(sleep 0.7; echo late) & echo first"]'
begin=$(mark)
run
is "F049: late output of a grandchild is kept" "first late" "$(xargs <"$(kept 1 stdout)")"
is "F049: exit code" 0 "$RC" || diag "$ERR"
forget
step '[sh, -c, "(sleep 30; echo late) & echo first"]'
begin=$(mark)
run
between "F049: not waited for longer than 2 s (ms)" 1900 $((($(mark) - begin) / 1000000)) 4000
is "F049: what came is kept" "first" "$(xargs <"$(kept 1 stdout)")"
nothing_left F049

# -- F050: side by side --------------------------------------------------------

forget
rm -f go
printf 'galley: 1\nname: fault\nsteps:\n' >recipe.yaml
for name in one two; do
    printf '  - {id: %s, uses: exec.run, needs: [], with: {command: [sh, -c, %s]}}\n' $name \
        "\"touch $name; until [ -e one ] && [ -e two ]; do sleep 0.01; done; for i in 1 2 3 4 5 6 7 8 9; do printf $name-; sleep 0.01; echo \$i-$name; done\"" >>recipe.yaml
done
run
is "F050: exit code" 0 "$RC"
for name in one two; do
    is "F050: lines of $name are whole, marked, in order" "$(printf "\"$name\" \"$name-%d-$name\"\n" {1..9})" \
       "$(paste -d ' ' <(event output step) <(event output text) | grep "^\"$name\"")"
done
is "F050: and no others" 18 "$(event output text | wc -l)"
forget
galley run -v recipe.yaml
is "F050: in the transcript, too" 18 "$(grep -cE '^  ((one )?\| one-[1-9]-one|(two )?\| two-[1-9]-two)$' <<<"$ERR")" || diag "$ERR"
done_testing

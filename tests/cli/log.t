#!/bin/bash
# galley log: a run as its transcript, from its record.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1


galley log
is "no runs: exit code" 64 "$RC"
is "no runs: says so" "galley: there are no runs yet" "$ERR"

# ---- what the real tools said ------------------------------------------------

cp "$SRC"/tests/live/recipes/*.yaml .
export TZ=UTC PATH=/usr/bin:/bin        # none of the tools is there

# Nothing is lost: it is the transcript that the run wrote, and its events.  Of
# a command, stdout comes before stderr, and is all there at its end; progress
# is not kept.
in_order() { awk '/^  !/ || /"event":"output".*"stream":"stderr"/ { held = held $0 "\n"; next }
                  !/^  [|]/ && !/"event":"output"/ { printf "%s", held; held = "" } { print } END { printf "%s", held }' "$1"; }
without_times_of_output() { sed -E '/"event":"output"/s/"time":"[^"]*","elapsed_ms":[0-9]+/T/'; }
nothing_is_lost() { # NAME : of $RUN
    galley log "$RUN"
    is "$1: log: exit code" 0 "$RC" || diag "$ERR"
    is "$1: log: nothing on stderr" "" "$ERR"
    result "$(diff <(grep -av '^# [^ ]*: until is false' transcript | in_order -) <(in_order .out) >.diff; echo $?)" "$1: log: the transcript of the run, to the byte" || diag "$(head -20 .diff)"
    is "$1: log: no secret" "" "$(grep -E 'secret-[0-9]+-[a-z]|s3cr3t' .out)"
    galley log --json "$RUN"
    diff <(grep -v '"event":"progress"' events | without_times_of_output | in_order -) <(without_times_of_output <.out | in_order -) >.diff
    result $? "$1: log --json: the events of the run" || diag "$(head -20 .diff)"
}
begun() { sed -nE 's/.*"event":"step_start".*"step":"([^"]+)".*/\1/p' "$@"; }
recorded() { # RECORDING RECIPE : its replay is $RUN
    play run "$1" -q --transcript transcript --events events "$2"
    RUN=$(run_of events)
    nothing_is_lost "$1"
}
failure() { # FIELD : of the step of $RUN that failed
    galley log "$RUN" --json
    python3 -c 'import json, sys; print(*[e[sys.argv[1]] for e in map(json.loads, open(".out")) if e.get("result") == "failed" and e["event"] == "step_end"])' "$1"
}
golden_log() { # NAME ARGUMENT...
    galley log "${@:2}"
    as_golden "log-$1" places log "${@:2}"
}
recorded wandb-eks-first "$SRC/recipes/wandb-eks.yaml"
is "log --list-steps: all that there are" "$(sed -nE 's/.*"event":"step_end".*"step":"([^"]+)".*/\1/p' events | sort)" \
    "$(galley log --list-steps "$RUN"; sort .out)"
is "log RUN STEP: an include in an include" "$(begun events | grep '^wandb/')" "$(galley log "$RUN" wandb --json; begun .out)"
golden_log wandb-eks-first-cluster "$RUN" cluster
recorded wandb-eks-second "$SRC/recipes/wandb-eks.yaml"
is "wandb-eks-second: what is changed" "" "$(grep -E '^# [^ ]+: changed' .out)"
golden_log wandb-eks-second-cluster "$RUN" cluster
recorded wandb-eks-teardown "$SRC/recipes/wandb-eks-teardown.yaml"
recorded cli-users cli-users.yaml
recorded cli-until cli-until.yaml
golden_log until "$RUN" it

# What failed, why, and what helps.
recorded failure-driver release.yaml
is "failure-driver: which" server "$(failure step)"
is "failure-driver: diagnosis" "claim wandb waits for a volume from ebs.csi.aws.com, and that driver is not installed" "$(failure diagnosis)"
is "failure-driver: fix" "install the EBS CSI driver first (add-on or chart aws-ebs-csi-driver)" "$(failure fix)"
golden_log failure-driver "$RUN" server
recorded failure-license misplaced-license.yaml
is "failure-license: which" server "$(failure step)"
is "failure-license: diagnosis" "license is at service.license, the chart wants it at the top level of the values" "$(failure diagnosis)"
is "failure-license: fix" 'move `license` to the left, out of the block it is in' "$(failure fix)"
golden_log failure-license "$RUN" server
recorded failure-cpu release.yaml
is "failure-cpu: which" server "$(failure step)"
like "failure-cpu: diagnosis" "$(failure diagnosis)" \
    '^pod wandb-[0-9a-z-]+ cannot be scheduled: 0/2 nodes are available: 2 Insufficient cpu \(it asks 1000m\)$'
is "failure-cpu: fix" "add a node (eksctl.nodegroup) or use a larger type, or lower resources.requests" "$(failure fix)"
golden_log failure-cpu "$RUN" server
recorded cli-until-never cli-until.yaml
like "cli-until-never: diagnosis" "$(failure diagnosis)" '^until is false: .*; looked [0-9]+ times within its timeout of 20 s$'
recorded cli-fail cli-fail.yaml
is "cli-fail: which" "passed-over role" "$(failure step)"
is "cli-fail: of how many attempts" "1 2" "$(failure attempt)"
is "cli-fail: their classes" "not_found throttled" "$(failure class)"
golden_log fail-passed-over "$RUN" passed-over
golden_log fail-role "$RUN" role
galley log "$RUN" after
is "log: of a step that was not run" "# after: not run: a step failed before it" "$OUT"

# Cut off, and resumed.
{ play run release-killed -q --transcript killed --events events cut-off-release.yaml; } 2>/dev/null   # bash would tell of it
is "release-killed: killed as it was" 137 "$RC"
RUN=$(run_of events)
galley log "$RUN"
is "release-killed: log: exit code" 0 "$RC" || diag "$ERR"
result "$(diff <(grep -v '^# warning: the recording ends here' killed) .out >.diff; echo $?)" "release-killed: log: the transcript up to there" || diag "$(cat .diff)"
golden_log release-killed "$RUN" server
play resume release-resumed -q --transcript resumed --events events "$RUN"
is "release-resumed: exit code" 0 "$RC" || diag "$ERR"
galley log "$RUN"
result "$(diff <(cat killed resumed | grep -v '^# warning: the recording ends here\|^$') <(grep -v '^$' .out) >.diff; echo $?)" "release-resumed: log: both transcripts" || diag "$(cat .diff)"
is "release-resumed: what held all the time" "# repo: held after TIME: still holds" "$(grep '^# repo: held' .out | sanitize)"
galley log --json "$RUN"
is "release-resumed: log --json: two sessions" 2 "$(grep -c '"event":"run_start"' .out)"
is "release-resumed: log --json: how its step went" "server 1 1 server 2 1" \
    "$(sed -nE 's/.*"event":"attempt_start".*"step":"(server)","attempt":([0-9]+),"attempts":([0-9]+).*/\1 \2 \3/p' .out | xargs)"
golden_log release-resumed "$RUN" server

# One step of a run, and which run.
export TOKEN=s3cr3t-t0k3n
next_second
recorded cli-all-again cli-all.yaml
ALL=$RUN
cp transcript all.txt
galley log
is "log: the newest" "$(cat all.txt)" "$(cat .out)"
galley log "${ALL%???}"
is "log RUN: by how its id begins" "$(cat all.txt)" "$(cat .out)"
galley log made
is "log STEP" '# made: exec.run (cli-all.yaml:13)
# made: check: held
# made: output exit_code = 0
# made: output lines = []
# made: output stdout =
# made: held after TIME' "$(sanitize <<<"$OUT")"
galley log "$ALL" part
is "log RUN STEP: an include" '# part/say: exec.run (cli-part.yaml:7)
# part/say: check: needed: runs every time: it has neither `creates` nor `unless`
# part/say: apply, command 7
$ (cd WORK && GREETING='\''hello world'\'' sh -c '\''echo "dear $1"; echo loud >&2'\'' sh anna)
  | dear anna
  ! loud
# part/say: exit 0 after TIME
# part/say: output exit_code = 0
# part/say: output lines = []
# part/say: output stdout = dear anna
# part/say: changed after TIME' "$(sanitize <<<"$OUT")"
golden_log users "$ALL" users
steps_of() { galley log "$@"; sed -nE 's/^# ([^ ]+): exec\.run .*/\1/p' <<<"$OUT" | xargs; }
is "log STEP: a for_each" "size[small] size[big]" "$(steps_of size)"
is "log STEP: one of a for_each" "size[big]" "$(steps_of 'size[big]')"
is "log STEP: one of an include" "part/say" "$(steps_of part/say)"
is "log STEP --json" "step_start attempt_start check output_value output_value output_value step_end" \
    "$(galley log made --json; sed -E 's/^\{"event":"([a-z_]+)".*/\1/' <<<"$OUT" | xargs)"
galley log "$ALL" sise
is "log: no such step: exit code" 64 "$RC"
is "log: no such step" "galley: run $ALL has no step \"sise\" (did you mean \"size\"?)" "$ERR"
galley log par
is "log: part of a name is none" "galley: no run begins with \"par\", and run $ALL has no step \"par\" (did you mean \"part\"?)" "$ERR"
galley log "$ALL" "siz"
is "log: a beginning is no step" 64 "$RC"
galley log ""
is "log: empty" 64 "$RC"
galley log 1999
is "log: no such run" 'galley: there is no run "1999": galley runs lists those there are' "$ERR"
galley log "$ALL" size more
is "log: too much" 64 "$RC"
is "log: nothing on stdout" "" "$OUT"

# ---- bytes, as they were -----------------------------------------------------

cat >bytes.yaml <<'YAML'
galley: 1
name: bytes
vars: {token: {secret: true, from: {env: TOKEN}}}
steps:
  - {id: held, uses: exec.run, with: {command: [touch, made], creates: bytes.yaml}}
  - {id: secret, uses: exec.run, with: {command: [cat], stdin: "token ${vars.token}\n"}}
  - {id: bytes, uses: exec.run, with: {command: [printf, 'a\r50%%\r99%%\n\033[31mred\377\n\nno end']}}
  - {id: c1, uses: exec.run, with: {command: [printf, 'a\302\2332Jb\342\200\256c\n']}}
  - {id: retried, uses: exec.run, with: {command: [sh, -c, 'test -e mark || { touch mark; echo "Error: connection refused" >&2; exit 1; }']},
     retry: {attempts: 2, delay: 1ms, max_delay: 1ms, on: [unknown]}}
  - {id: fails, uses: exec.run, with: {command: [sh, -c, 'exit 3']}}
  - {id: not-run, uses: exec.run, with: {command: ["true"]}}
YAML
next_second
galley run -j 1 -q --transcript transcript --events events bytes.yaml
is "the run fails" 1 "$RC" || diag "$ERR"
FIRST=$(newest) RUN=$FIRST
nothing_is_lost bytes
galley log
result "$(grep -cq "$(printf 'red\377')" .out; echo $?)" "log: bytes as they were"

# On a terminal nothing does harm.
cat >terminal.py <<'PY'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
out = b""
while True:
    try:
        piece = os.read(fd, 65536)
    except OSError:
        break
    if not piece:
        break
    out += piece
os.waitpid(pid, 0)
sys.stdout.buffer.write(out.replace(b"\r\n", b"\n"))
PY
python3 terminal.py "$GALLEY" log bytes >terminal
is "log: harmless on a terminal" '  | 99%
  | ^[[31mred\xff
  | 
  | no end' "$(grep '^  |' terminal)"
is "log: no control character on a terminal" "" "$(tr -dc '\000-\011\013-\037\177' <terminal)"
python3 terminal.py "$GALLEY" log --json c1 >terminal
like "log --json: harmless on a terminal, and JSON" "$(grep '"output"' terminal)" '"text":"a\\u009b2Jb\\u202ec"'
is "log --json: no control character on a terminal" 0 "$(LC_ALL=C grep -c $'\xc2\x9b' terminal)"

# All of the output, however long; plugins are not needed.
cat >long.yaml <<'YAML'
galley: 1
name: long
steps:
  - {id: long, uses: exec.run, with: {command: [sh, -c, 'i=0; while [ $i -lt 40 ]; do echo "$LONG"; i=$((i + 1)); done', x]}, env: {LONG: LINES}}
  - {id: evil, uses: evil.ok, with: {text: hello}}
YAML
sed -i "s/LINES/$(printf '%050000d' 0)/" long.yaml
next_second
galley run -q "${EVIL[@]}" long.yaml
is "the long run" 0 "$RC" || diag "$ERR"
galley log long
is "log: all output" $((40 * 50000)) "$(grep '^  |' .out | tr -dc 0 | wc -c)"
unlike "log: nothing is left out, and nobody says so" "$OUT" 'left out'
is "log: without the plugin" "evil" "$(galley log evil; sed -nE 's/^# (evil): evil\.ok .*/\1/p' <<<"$OUT")"
rm "state/galley/runs/$(newest)/output/1.stdout"
galley log long
is "log: output that is gone: exit code" 0 "$RC"
is "log: output that is gone" "# long: warning: its stdout cannot be shown: \"WORK/state/galley/runs/RUN/output/1.stdout\": No such file or directory" \
    "$(grep warning .out | sanitize)"
mkfifo "state/galley/runs/$(newest)/output/1.stdout"
galley log long
like "log: a pipe instead of the output" "$OUT" 'cannot be shown'
galley log >/dev/full
RC=0; "$GALLEY" log "$FIRST" >/dev/full 2>.err || RC=$?
is "log: a full disk: exit code" 1 "$RC"
is "log: a full disk" "galley: cannot write the log: No space left on device" "$(cat .err)"

# Two sessions.
cat >twice.yaml <<'YAML'
galley: 1
name: twice
steps:
  - {id: it, uses: exec.run, with: {command: [sh, -c, 'echo "try $(cat n)"; test -e good']}}
YAML
next_second
echo 1 >n
galley run -q twice.yaml
touch good
echo 2 >n
galley resume -q
is "resume: exit code" 0 "$RC" || diag "$ERR"
galley log
is "log: both sessions, their output apart" "  | try 1
  | try 2" "$(grep '^  |' <<<"$OUT")"
is "log: both sessions begin" 2 "$(grep -c '^# galley ' <<<"$OUT")"

# Following a run.
cat >waits.yaml <<'YAML'
galley: 1
name: waits
steps:
  - {id: wait, uses: exec.run, with: {command: [sh, -c, 'echo begun; echo loud >&2; cat go; echo last']}}
  - {id: after, uses: exec.run, needs: [wait], with: {command: [echo, after]}}
YAML
mkfifo go
begin() { # a run of waits.yaml, up to the first output of its first command
    local before end=$((SECONDS + 60))
    before=$(newest)
    next_second
    "$GALLEY" run -q waits.yaml >run.err 2>&1 </dev/null & run=$!
    until [ "$(newest)" != "$before" ] && galley log && grep -q '^  | begun' .out; do
        [ $SECONDS -lt $end ] || return 1
        read -rt 0.02 <> <(:)
    done
    return 0
}
begin
"$GALLEY" log -f >followed 2>followed.err & log=$!
is "log -f: output while the command runs" 0 "$(until_text begun followed; echo $?)"
is "log -f: of stderr, too" 0 "$(until_text loud followed; echo $?)"
galley log
is "log: of a run under way: what there is" "  | begun
  ! loud" "$(grep '^  [|!]' <<<"$OUT")"
unlike "log: of a run under way: it has no end" "$OUT" 'exit code'
timeout 60 "$GALLEY" log -f 2>.err | head -1 >.first; RC=${PIPESTATUS[0]}
is "log -f: a closed pipe ends it" 141 "$RC"
is "log -f: what was read of it" "# galley VERSION, run RUN, STAMP" "$(sanitize <.first)"
is "log -f: and says nothing" "" "$(cat .err)"
env --default-signal "$GALLEY" log --follow >interrupted 2>.err & other=$!
until_text begun interrupted
kill -INT $other
wait $other
is "log -f: Ctrl-C ends it by SIGINT" 130 $?
is "log -f: the run goes on" "under way" "$(galley runs --limit 1; grep -o 'under way' <<<"$OUT")"
echo let go >go
wait $run
is "log -f: the run was not touched" 0 $?
wait $log
is "log -f: ends with the run, exit code" 0 $?
is "log -f: nothing on stderr" "" "$(cat followed.err)"
is "log -f: output as it came" "  | begun
  ! loud
  | let go
  | last
  | after" "$(grep '^  [|!]' followed)"
galley log -f
is "log -f: of a run that has ended" 0 "$RC"
is "log -f: nothing is missing" "$(sort <<<"$OUT")" "$(sort followed)"
like "log -f: to its end" "$(tail -1 followed)" '^# ok after .*, exit code 0: '

# A run that was cut off.
begin
kill -KILL $run
{ wait $run; } 2>/dev/null
timeout 2 sh -c 'echo go >go'
galley log -f
is "log -f: a run that was cut off: exit code" 0 "$RC" || diag "$ERR"
like "log: what was cut off has its output" "$OUT" '  \| begun'
rm go
echo gone >go
galley resume -q --wait --retry wait
is "resumed: exit code" 0 "$RC" || diag "$ERR"
galley log
is "log: each session has its own output" "begun begun gone last after" \
    "$(sed -nE 's/^  \| (begun|gone|last|after)$/\1/p' <<<"$OUT" | xargs)"
is "log: that of a command without an end comes before the next session" "begun" \
    "$(sed -n '1d;/^# galley /q;p' <<<"$OUT" | sed -nE 's/^  \| //p' | head -1)"

# Damage.
DB=state/galley/runs/$FIRST/record.db
cp "$DB" whole.db
damage() { # NAME WANTED : what galley log says of FIRST
    galley log "$FIRST"
    is "log: $1: exit code" 5 "$RC"
    is "log: $1" "galley: $2" "$(sanitize <<<"$ERR")"
    galley log -f "$FIRST"
    is "log -f: $1: exit code" 5 "$RC"
    cp whole.db "$DB"
}
R='the record "WORK/state/galley/runs/RUN/record.db"'
sql() { python3 -c 'import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute(sys.argv[2]); db.commit()' "$DB" "$1"; }
sql "UPDATE event SET json = replace(json, 'held', 'hold')"
damage "a changed event" "$R is damaged: a row of it is not as it was written"
: >"$DB"
damage "an empty record" "$R is not complete (schema 0)"
rm "$DB"
damage "no record" "$R: No such file or directory"
sql "PRAGMA user_version = 99"
damage "of a newer galley" "$R is of a newer galley (schema 99)"
head -c 20000 whole.db >"$DB"
damage "cut short" "$R: database disk image is malformed"
sql "DELETE FROM run"
damage "without its head" 'the record in "WORK/state/galley/runs/RUN" is not complete'
galley log "$FIRST"
is "log: whole again" "$(cat transcript)" "$(cat .out)"
done_testing

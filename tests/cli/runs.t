#!/bin/bash
# galley runs and galley why: what was run, and what is in its way.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1
export TZ=UTC-5

plain() { sanitize | sed -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}/DATE/g; s/ +/ /g'; }
runs() { galley runs "$@"; plain <<<"$OUT"; }
json() { galley runs --json "$@"; sed -E 's/"(began)":"[^"]*"/"\1":"WHEN"/g; s/"duration_ms":[0-9]+/"duration_ms":N/g' <<<"$OUT" | sanitize; }

# Nothing yet.
galley runs
is "no runs: exit code" 0 "$RC"
is "no runs: nothing on stdout" "" "$OUT"
is "no runs: says so" "galley: there are no runs yet" "$ERR"
is "no runs: JSON" "[]" "$(json)"
galley why
is "no runs: why: exit code" 64 "$RC"
is "no runs: why" "galley: there are no runs yet" "$ERR"

# ---- runs of the real tools --------------------------------------------------

cp "$SRC"/tests/live/recipes/*.yaml .
export TOKEN=s3cr3t-t0k3n
# recorded RECORDING RECIPE : its replay is $RUN, and what it showed of failures $SHOWN
recorded() {
    play run "$1" --events events "$2"
    RUN=$(run_of events) SHOWN=$(sed -n '/: step "/,/^  go on/p' <<<"$ERR")
}
row() { galley runs; grep "^$RUN" .out | plain; }
object() { galley runs --json; python3 -c 'import json, sys; print(json.dumps(*[r for r in json.load(open(".out")) if r["id"] == sys.argv[1]]))' "$RUN" | places; }
# when NAME : $RUN began and lasted as its events say
when() {
    is "runs: $1: when, and for how long" "$(sed -nE 's/.*"event":"run_start","time":"([^".]*)\.[0-9]+Z".*/\1Z/p' events) $(sed -nE 's/.*"event":"run_end".*"duration_ms":([0-9]+).*/\1/p' events)" \
        "$(object | sed -E 's/.*"began": "([^"]*)", "duration_ms": ([0-9]+).*/\1 \2/')"
}
# of_a_failure NAME STEPS : what is told of $RUN
of_a_failure() {
    is "runs: $1" "failed 1 replay $2" "$(row | grep -o 'failed .*')"
    is "runs: $1: JSON" "'failed', 1, ['${2//, /"', '"}'], 1, True" \
        "$(object | python3 -c 'import json, sys; r = json.load(sys.stdin); print(*map(repr, (r[k] for k in ("result", "exit_code", "steps", "sessions", "replay"))), sep=", ")')"
    when "$1"
    galley why "$RUN"
    is "why: $1: exit code" 0 "$RC"
    is "why: $1: the same blocks as the run showed" "$SHOWN" "$(tail -n +2 <<<"$OUT")"
    as_golden "why-$1" places why
}
of_a_success() { # NAME
    is "runs: $1" "ok 1 replay" "$(row | grep -o 'ok .*')"
    when "$1"
    galley why "$RUN"
    is "why: $1: exit code" 0 "$RC"
    is "why: $1" "run RUN of \"$2\" ended well: nothing is in the way" "$(sanitize <<<"$OUT")"
}
recorded wandb-eks-first "$SRC/recipes/wandb-eks.yaml"
of_a_success wandb-eks-first wandb-eks
recorded wandb-eks-second "$SRC/recipes/wandb-eks.yaml"
of_a_success wandb-eks-second wandb-eks
recorded wandb-eks-teardown "$SRC/recipes/wandb-eks-teardown.yaml"
of_a_success wandb-eks-teardown wandb-eks-teardown
recorded cli-until cli-until.yaml
of_a_success cli-until until
recorded failure-driver release.yaml
of_a_failure failure-driver server
recorded failure-license misplaced-license.yaml
of_a_failure failure-license server
recorded failure-cpu release.yaml
of_a_failure failure-cpu server
recorded cli-until-never cli-until.yaml
of_a_failure until-never it
recorded cli-until-denied cli-until.yaml
of_a_failure until-denied it
recorded cli-who-expired cli-who.yaml
of_a_failure who-expired by-region
recorded cli-all-unasked cli-all.yaml
is "runs: nobody said yes" "failed 1 replay secret" "$(row | grep -o 'failed .*')"
galley why "$RUN"
as_golden why-all-unasked places why

# Cut off and resumed.
{ play run release-killed --events events cut-off-release.yaml; } 2>/dev/null     # bash would tell of it
RUN=$(run_of events)
is "runs: a replay that was cut off" "RUN cut-off-release DATE TIME cut off 1 replay server" "$(row)"
is "runs: a replay that was cut off: JSON" '{"id": "RUN", "recipe": "cut-off-release", "file": "WORK/cut-off-release.yaml", "result": "cut off", "exit_code": null, "steps": ["server"], "sessions": 1, "replay": true, "folder": "WORK/state/galley/runs/RUN"}' \
    "$(object | sed -E 's/"began": "[^"]*", "duration_ms": [0-9]+, //')"
galley why "$RUN"
is "why: a replay that was cut off" 'run RUN of "cut-off-release" was cut off: galley ended before it did
cut-off-release.yaml:19: step "server" was cut off: helm.release
  go on      galley resume RUN --replay FILE      (what already holds is not done again)' "$(sanitize <<<"$OUT")"
galley resume "$RUN"
is "resume: of a replay, without one: exit code" 4 "$RC"
is "resume: of a replay, without one" "galley: run RUN was replayed, and has done nothing: resume it with --replay" "$(sanitize <<<"$ERR")"
play resume release-resumed "$RUN"
is "resume: of a replay: exit code" 0 "$RC" || diag "$ERR"
is "resume: what held, and what was done" "repo=held server=changed" \
    "$(sed -nE 's/^([a-z]+) +(held|changed) +[0-9.]+ m?s.*/\1=\2/p' <<<"$ERR" | xargs)"
is "runs: a replay that was resumed" "RUN cut-off-release DATE TIME ok 2 replays" "$(row)"
galley why "$RUN"
is "why: a replay that was resumed" 'run RUN of "cut-off-release" ended well: nothing is in the way' "$(sanitize <<<"$OUT")"

# The two newest: one that ends well, one that fails.
next_second
recorded cli-all-again cli-all.yaml
is "runs: exit code" 0 "$(galley runs; echo "$RC")"
galley why
is "why: ended well: exit code" 0 "$RC"
is "why: ended well" 'run RUN of "all" ended well: nothing is in the way' "$(sanitize <<<"$OUT")"
# Ids begin with the time, to the second: two of one second are in no order.
next_second
recorded cli-fail cli-fail.yaml
FAILED=$RUN
is "runs: text" "RUN fail DATE TIME failed 1 replay passed-over, role
RUN all DATE TIME ok 1 replay" "$(runs --limit 2)"
is "runs: exit code" 0 "$(galley runs; echo "$RC")"
is "runs: JSON" '[{"id":"RUN","recipe":"fail","file":"WORK/cli-fail.yaml","began":"WHEN","duration_ms":N,"result":"failed","exit_code":1,"steps":["passed-over","role"],"sessions":1,"replay":true,"folder":"WORK/state/galley/runs/RUN"},{"id":"RUN","recipe":"all","file":"WORK/cli-all.yaml","began":"WHEN","duration_ms":N,"result":"ok","exit_code":0,"steps":[],"sessions":1,"replay":true,"folder":"WORK/state/galley/runs/RUN"}]' "$(json --limit 2)"
is "runs: --limit" "$FAILED" "$(galley runs --limit 1; sed 's/ .*//' <<<"$OUT")"
all=$(galley runs; wc -l <<<"$OUT")
is "runs: --limit of more than there are" "$all" "$(galley runs --limit=1000; wc -l <<<"$OUT")"
galley runs --json
began=$(python3 -c 'import json; print(json.load(open(".out"))[0]["began"])')
made=$(head -1 "$(recording cli-fail)" | sed -E 's/.*"time_us":([0-9]+)[0-9]{6},.*/\1/') since=$(date -d "$began" +%s)
result "$([ "$since" -ge "$made" ] && [ "$since" -le $((made + 5)) ]; echo $?)" "runs: the time is that of the recording, once the tools had told their versions" ||
    diag "$made, $since"
galley runs --limit 1
is "runs: the time is local" "$(date -d "$began" '+%Y-%m-%d %H:%M:%S')" "$(grep -oE '[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}' <<<"$OUT")"

# Why: what the run said.
of_a_failure fail "passed-over, role"
galley why
is "why: exit code" 0 "$RC"
is "why: first line" "run $FAILED of \"fail\" failed (exit code 1)" "$(head -1 <<<"$OUT")"
is "why: the same blocks as the run showed" "$SHOWN" "$(tail -n +2 <<<"$OUT")"
like "why: they are two" "$OUT" 'step "passed-over" failed.*step "role" failed'
galley why "${FAILED%??}"
is "why: by how its id begins" "$SHOWN" "$(tail -n +2 <<<"$OUT")"
galley why "$FAILED" more
is "why: one run at a time" 64 "$RC"

# ---- runs under way, and the like --------------------------------------------

for wrong in --limit=0 --limit=-1 --limit=x --limit=99999999999 good.yaml; do
    galley runs "$wrong"
    is "runs $wrong: exit code" 64 "$RC"
done

cat >good.yaml <<'YAML'
galley: 1
name: good
steps:
  - {id: a, uses: exec.run, with: {command: [echo, a]}}
YAML
next_second
galley run good.yaml
is "runs: no replay" "RUN good DATE TIME ok 1 session" "$(runs --limit 1)"
is "runs: no replay: JSON" '[{"id":"RUN","recipe":"good","file":"WORK/good.yaml","began":"WHEN","duration_ms":N,"result":"ok","exit_code":0,"steps":[],"sessions":1,"replay":false,"folder":"WORK/state/galley/runs/RUN"}]' "$(json --limit 1)"

# Under way, stopped, cut off, resumed.
cat >waits.yaml <<'YAML'
galley: 1
name: waits
steps:
  - {id: first, uses: exec.run, with: {command: [echo, first]}}
  - {id: wait, uses: exec.run, needs: [first], with: {command: [sh, -c, 'echo >begun; cat go; test -e good']}}
YAML
mkfifo go
next_second
env --default-signal "$GALLEY" run -q waits.yaml >/dev/null 2>&1 </dev/null & run=$!
until_text '' begun
is "runs: under way" "RUN waits DATE TIME under way 1 session wait" "$(runs --limit 1)"
is "runs: under way: JSON" '[{"id":"RUN","recipe":"waits","file":"WORK/waits.yaml","began":"WHEN","duration_ms":N,"result":"under way","exit_code":null,"steps":["wait"],"sessions":1,"replay":false,"folder":"WORK/state/galley/runs/RUN"}]' "$(json --limit 1)"
galley why
is "why: under way" 'run RUN of "waits" is under way; so far nothing is in the way' "$(sanitize <<<"$OUT")"
kill -INT $run
wait $run
is "stopped: exit code" 130 "$?"
is "runs: stopped" "RUN waits DATE TIME stopped 1 session wait" "$(runs --limit 1)"
galley why
is "why: stopped" 'run RUN of "waits" was stopped (exit code 130)
waits.yaml:5: step "wait" stopped: exec.run
  reason     interrupted, and nothing shows whether it was done
  go on      galley resume RUN      (what already holds is not done again)' "$(sanitize <<<"$OUT")"

rm begun
next_second
"$GALLEY" run -q waits.yaml >/dev/null 2>&1 </dev/null & run=$!
until_text '' begun
kill -KILL $run
{ wait $run; } 2>/dev/null
is "runs: cut off" "RUN waits DATE TIME cut off 1 session wait" "$(runs --limit 1)"
galley why
is "why: cut off" 'run RUN of "waits" was cut off: galley ended before it did
waits.yaml:5: step "wait" was cut off: exec.run
  go on      galley resume RUN      (what already holds is not done again)' "$(sanitize <<<"$OUT")"
timeout 2 sh -c 'echo gone >go'                     # a tool that is still there ends
touch good
rm go begun
echo gone >go
galley resume -q --wait --retry wait
is "resumed: exit code" 0 "$RC" || diag "$ERR"
is "runs: resumed" "RUN waits DATE TIME ok 2 sessions" "$(runs --limit 1)"
galley why
is "why: a resume that ended well" 'run RUN of "waits" ended well: nothing is in the way' "$(sanitize <<<"$OUT")"

# A damaged one hides no other.
printf 'nothing of the kind' >"state/galley/runs/$FAILED/record.db"
galley runs
is "runs: damaged: exit code" 5 "$RC"
is "runs: damaged: says why" "galley: the record \"WORK/state/galley/runs/RUN/record.db\": file is not a database" "$(sanitize <<<"$ERR")"
is "runs: damaged: its row" "RUN ? ? - damaged 0 sessions" "$(grep "^$FAILED" <<<"$OUT" | plain)"
is "runs: damaged: all are there" $((all + 3)) "$(wc -l <<<"$OUT")"
is "runs: damaged: JSON" '{"id":"RUN","recipe":null,"file":null,"began":null,"duration_ms":null,"result":"damaged","exit_code":null,"steps":[],"sessions":0,"replay":false,"folder":"WORK/state/galley/runs/RUN"}' \
    "$(json | grep -oE '\{[^{]*"damaged"[^}]*\}')"
galley why "$FAILED"
is "why: damaged: exit code" 5 "$RC"
is "why: damaged: nothing on stdout" "" "$OUT"
galley why 1999
is "why: no such run" 'galley: there is no run "1999": galley runs lists those there are' "$ERR"
is "why: no such run: exit code" 64 "$RC"
galley why 2
is "why: more than one" 'galley: more than one run begins with "2": galley runs lists them' "$ERR"

# A run that has only just begun has no record yet.
mkdir -p "state/galley/runs/29991231-000000-000000"
exec 9>"state/galley/runs/29991231-000000-000000/alive"
flock 9
is "runs: only just begun" "RUN ? ? - under way 0 sessions" "$(runs --limit 1)"
exec 9>&-
galley runs --limit 1
is "runs: ended before it began: exit code" 0 "$RC"
is "runs: ended before it began: is none" "RUN waits DATE TIME ok 2 sessions" "$(plain <<<"$OUT")"
galley why
is "why: ended before it began: exit code" 4 "$RC"
is "why: ended before it began" "galley: run RUN was ended before its first step began: there is nothing to resume" "$(sanitize <<<"$ERR")"
rm -r state/galley/runs/29991231-000000-000000
done_testing

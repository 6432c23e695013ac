#!/bin/bash
# What galley says, to the letter: tests/golden/*.out.  After a change that
# is meant: make update-golden, and read the difference.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

cp "$SRC"/tests/live/recipes/cli-*.yaml .
export TZ=UTC
cat >wrong.yaml <<'YAML'
galley: 1
name: wrong
steps:
  - {id: a, uses: helm.relaese}
  - {id: b, uses: exec.run, with: {comand: [x], command: "${steps.c.stdout}"}, retry: {attempts: 0}}
  - {id: c, uses: nothing.at_all, when: vars.x == 1, timeuot: 3}
YAML
cat >names.yaml <<'YAML'
galley: 1
name: names
steps:
  - {id: a, uses: helm.relaese}
  - {id: b, uses: exec.run, with: {comand: [x], command: {a: b}}}
  - {id: c, uses: nothing.at_all}
  - {id: d, uses: aws.identity, with: {account: "12"}}
  - {id: e, uses: aws.read}
YAML
export TOKEN=g0lden-s3cr3t

golden show show cli-all.yaml
golden check check cli-all.yaml cli-part.yaml
golden check-wrong check wrong.yaml
golden check-names check names.yaml
recorded_tools cli-all-first cli-who-old
PATH=$WORK/tools:$PATH golden doctor doctor cli-all.yaml
golden plugin-show plugin show exec
golden plugin-show-action plugin show aws.identity

PATH=/usr/bin:/bin                      # none of the tools is there
golden_play plan plan cli-all-first cli-all.yaml
golden_play approve run cli-all-unasked cli-all.yaml
golden_play run run cli-all-first cli-all.yaml
golden_play run-again run cli-all-again -q cli-all.yaml
golden_play run-v run cli-all-again -v cli-all.yaml
golden_play run-vv run cli-all-again -vv cli-all.yaml
golden_play transcript run cli-all-again -q --transcript - cli-all.yaml
golden_play fail run cli-fail cli-fail.yaml
golden_play fail-v run cli-fail -v cli-fail.yaml
golden_play fail-q run cli-fail -q cli-fail.yaml
play run cli-all-again -q --events - cli-all.yaml
is "events: which, in order" "$(cat "$SRC/tests/golden/events.out" 2>/dev/null)" \
    "$(python3 -c '
import json, sys
for line in open(".out"):
    event = json.loads(line)
    print(event["event"], *(str(event[key]) for key in ("step", "outcome", "result", "exit_code") if key in event))' |
        tee .events)"
if [ -n "${UPDATE_GOLDEN:-}" ]; then cp .events "$SRC/tests/golden/events.out"; fi
exec 7>by-fd
"$GALLEY" run -j 1 -q --events 7 --replay "$(recording cli-all-again)" cli-all.yaml 2>/dev/null >/dev/null
is "events: to a descriptor" "$(wc -l <.out)" "$(wc -l <by-fd)"
is "no secret in any of it" "" "$(grep -rlE 'g0lden-s3cr3t|secret-[0-9]+-[a-z]' "$SRC/tests/golden" .out by-fd 2>/dev/null)"
done_testing

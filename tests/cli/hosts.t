#!/bin/bash
# What a plugin does to its process stays there, and what it must not do is
# named.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

one() { # ACTION [MORE YAML] : a recipe of one step of the evil plugin
    cat >evil.yaml <<YAML
galley: 1
name: evil
steps:
  - id: it
    uses: evil.$1
    with: {path: touched}
    ${2:-}
YAML
    galley run "${EVIL[@]}" evil.yaml
}
fails() { # ACTION DIAGNOSIS [MORE YAML]
    one "$1" "${3:-}"
    is "$1: exit code" 1 "$RC"
    like "$1: says why" "$ERR" "evil.yaml:4: step \"it\" failed: evil.$1"
    like "$1: diagnosis" "$ERR" "diagnosis  $2"
}

fails crash 'the plugin crashed \(Segmentation fault\)'
fails leave 'the plugin ended its process with exit \(0\)'
fails babble 'the plugin spoke out of turn'
fails hang 'the plugin did not return' 'timeout: 200ms'
fails slow 'did not end within its timeout of 200 ms' 'timeout: 200ms
    retry: {attempts: 1}'
fails forget_output 'the plugin did not set output "text"'
fails undeclared_output 'the plugin set an output "surprise" that it does not declare'
fails undeclared_tool 'the plugin does not declare the tool "sed"'
fails write_in_check "refused to run during a check, as it is not declared to only read: touch $WORK/touched"
is "write_in_check: did not write" "" "$(ls touched 2>/dev/null)"
fails lie_in_check "refused to run during a check, as it is not declared to only read: touch $WORK/touched"
one crash_beside_tool
is "crash_beside_tool: exit code" 4 "$RC"
like "crash_beside_tool: it has no check, so galley asks" "$ERR" 'diagnosis  nothing shows whether it was done: the plugin crashed \(Aborted\)'
like "crash_beside_tool: its tool was ended" "$ERR" 'ended      cancelled \(SIGTERM\)'

for what in "two questions" "end while asking" short lengths negative "no such word" "not for it"; do
    cat >raw.yaml <<YAML
galley: 1
name: raw
steps:
  - {id: it, uses: evil.raw_frames, with: {text: "$what"}, retry: {attempts: 1}}
YAML
    galley run "${EVIL[@]}" raw.yaml
    is "raw frames, $what: exit code" 1 "$RC"
    like "raw frames, $what: diagnosis" "$ERR" 'diagnosis  the plugin spoke out of turn'
done
fails mumble 'the plugin set an output ".*" that it does not declare'
unlike "mumble: harmless on a terminal" "$ERR" $'\e'
is "mumble: harmless in events" "" "$(galley run "${EVIL[@]}" --events events evil.yaml; python3 -c '
import json
for line in open("events", encoding="utf-8"): json.loads(line)' 2>&1)"
one waste
is "waste: exit code" 0 "$RC"
one odd_status
is "odd_status: exit code" 1 "$RC"

one write_in_check
galley plan "${EVIL[@]}" evil.yaml
is "plan: a write in a check fails it" 1 "$RC"
like "plan: and is named" "$OUT$ERR" "not declared to only read: touch $WORK/touched"

# Beside eight steps that do ordinary work nothing is lost, and the hosts
# that were spoilt are not used again.
{
    echo "galley: 1"
    echo "name: beside"
    echo "steps:"
    for bad in soil close_all; do
        for i in 1 2 3; do echo "  - {id: $bad$i, uses: evil.$bad, needs: []}"; done
    done
    for i in $(seq 40); do echo "  - {id: good$i, uses: evil.run_tool, needs: []}"; done
    for bad in crash leave; do
        for i in 1 2; do echo "  - {id: $bad$i, uses: evil.$bad, needs: [], continue_on: true}"; done
    done
} >beside.yaml
galley run -j 9 "${EVIL[@]}" --events events beside.yaml
is "beside: exit code" 0 "$RC"
is "beside: all good steps" 46 "$(grep -c '"event":"step_end".*"result":"changed"' events)"
is "beside: all bad steps" 4 "$(grep -c '"event":"step_end".*"result":"failed"' events)"

# Somebody else is at it: looked at again, not applied over.
one busy 'timeout: 300ms
    retry: {attempts: 1}'
is "busy: exit code" 1 "$RC"
like "busy: who" "$ERR" "busy: somebody holds $WORK/touched"
touch touched
one busy
is "free: exit code" 0 "$RC"
done_testing

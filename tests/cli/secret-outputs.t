#!/bin/bash
# An output that is a secret is hidden, or else fails its step.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

one () { # ACTION VALUE [MORE YAML] : a step that gives VALUE back, and one that prints it
    cat >secret.yaml <<YAML
galley: 1
name: secret
steps:
  - {id: it, uses: evil.$1, with: {text: '$2'}${3:-}}
  - {id: print, uses: exec.run, with: {command: [cat], stdin: "<\${steps.it.${4:-secret}}>"}}
YAML
    galley run "${EVIL[@]}" --events events -v secret.yaml
}
refused () { # NAME VALUE DIAGNOSIS
    is "$1: exit code" 1 "$RC"
    like "$1: diagnosis" "$ERR" "diagnosis  $3"
    like "$1: its class" "$(cat events)" '"event":"step_end".*"step":"it".*"class":"invalid"'
    is "$1: is not shown" "" "$(grep -e "$2" .err .out events)"
    is "$1: nothing goes on" "" "$(grep command_start events)"
}

one secret s3cr
is "at the shortest: exit code" 0 "$RC"
is "at the shortest: is hidden" "" "$(grep s3cr .err .out events)"
like "at the shortest: by ***" "$ERR" '<\*\*\*>'
one secret q7z
refused "too short" q7z 'secret output "secret" is shorter than 4 bytes, and could not be hidden'
one secret ""
is "empty: nothing to hide" "0:<>" "$RC:$(grep -o "<.*>" .err | sort -u)"
big=$(printf 'q7z-%.0s' $(seq 16384))
one secret "$big"
is "at the longest: exit code" 0 "$RC"
is "at the longest: is hidden" "" "$(grep q7z-q7z .err .out events)"
one secret "${big}q"
refused "too long" q7z-q7z 'secret output "secret" is longer than 64 KiB, and could not be hidden'

one secret_json '{"pw": "s3cr3t", "pin": "q7z"}' ', outputs: {pw: "$.pw"}' pw
is "a part of a map: exit code" 0 "$RC"
is "a part of a map: is hidden" "" "$(grep s3cr3t .err .out events)"
one secret_json '{"pw": "s3cr3t", "pin": "q7z"}' ', outputs: {pin: "$.pin"}' pin
refused "a part that is too short" q7z 'secret output "pin" is shorter than 4 bytes, and could not be hidden'
one secret_json '{"pw": "s3cr3t", "pin": "q7z"}' ', outputs: {all: "$.*"}' all
refused "one of many" q7z 'secret output "all" is shorter than 4 bytes, and could not be hidden'
done_testing

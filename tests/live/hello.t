#!/usr/bin/env bash
# The recipe hello.yaml: needs no lab, only a shell.
# shellcheck source=tests/live/live.sh
. "$(dirname -- "$0")/live.sh"
work_dir
export HOME=$WORK/home
unset XDG_STATE_HOME HELLO_TOKEN
mkdir "$HOME"

galley plan plan "$recipes/hello.yaml"
ends "a plan of what is not there yet" 2 plan
like "says what would change" "$(said plan)" 'folder +change +"'"$HOME"'/.cache/galley/hello" does not exist'
like "and what comes after that" "$(said plan)" 'count +after folder'
like "and what does not apply" "$(said plan)" 'whisper +skipped'
ok "a plan makes nothing" test ! -e "$HOME/.cache"

galley first run "$recipes/hello.yaml"
ends "the first run" 0 first
is "what it did" "count=held done=held folder=changed say[deutsch]=changed say[english]=changed say[italiano]=changed shaky=changed whisper=skipped" "$(results first)"
like "it tried again what may pass" "$(said first)" 'shaky: attempt 1 of 3 failed: transient \(not yet; once more, please\)'
like "it tells what it made" "$(said first)" 'done: 3 greetings are in '
is "it greets" "Hello, world!" "$(cat "$HOME/.cache/galley/hello/english")"

galley second run "$recipes/hello.yaml"
ends "the second run" 0 second
is "has nothing to do" "" "$(with_result second changed)"
galley plan2 plan "$recipes/hello.yaml"
ends "which a plan says too" 0 plan2

galley ada run --var name="Ada; rm -rf ~ '\$(id)\"" --var 'moods={"english": "Hello"}' "$recipes/hello.yaml"
ends "a name that would be a command in a shell" 0 ada
is "is a name" "Hello, Ada; rm -rf ~ '\$(id)\"!" "$(cat "$HOME/.cache/galley/hello/english")"

HELLO_TOKEN=not-to-be-shown-anywhere
export HELLO_TOKEN
galley token run -vv "$recipes/hello.yaml"
ends "with a token" 0 token
like "the step that wants it is not skipped" "$(results token)" 'whisper=held'
like "it gets it" "$(said token)" 'whisper: stdout = 24'
unlike "and nobody else" "$(cat "$WORK"/token.*)" 'not-to-be-shown'

PATH=$(dirname -- "$GALLEY"):$PATH
rc=0
"$recipes/hello.yaml" --var name=you >"$WORK/command.out" 2>&1 </dev/null || rc=$?
ends "the recipe is a command of its own" 0 command
is "with options of its own" "Hallo, you!" "$(cat "$HOME/.cache/galley/hello/deutsch")"
done_testing

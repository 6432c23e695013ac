#!/bin/bash
# What a step makes of its own outputs: `assert` and `until`.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

said () { grep -oE '(^|galley: )[a-z-]+\.yaml:[0-9]+:[0-9]+: .*' .err | sed 's/^galley: //'; }
cp "$SRC"/tests/live/recipes/cli-u*.yaml .
users () { play run cli-users --events events "$@" cli-users.yaml; }
of_asserts () { grep -E '"step":"(account|each)' events >some; results_of some; }
wait_for_progress () { for _ in $(seq 500); do grep -q '"event":"progress"' events 2>/dev/null && return; sleep 0.02; done; }

# -- assert -------------------------------------------------------------------
cat >assert.yaml <<'YAML'
galley: 1
vars:
  want: {default: one}
  key: {secret: true}
  each: {type: map, default: {a: one, b: one}}
steps:
  - id: it
    uses: exec.run
    with: {command: [echo, one]}
    assert:
      - steps.it.stdout == vars.want
      - that: steps.it.stdout != vars.key
        say: the key is out
  - id: all
    uses: exec.run
    for_each: ${vars.each}
    with: {command: [echo, "${each.value}"]}
    assert: ["steps.all.stdout == each.value and each.key in [\"a\", \"b\"]"]
YAML
# Of what aws answers.
echo 'key: s3cr3t-key' >vars.yaml && chmod 600 vars.yaml
users --vars vars.yaml
is "true: exit code" 0 "$RC" || diag "$ERR"
is "true: results" "account=held each[big]=held each[small]=held" "$(of_asserts)"
users --vars vars.yaml --var account=210987654321
is "false: exit code" 1 "$RC"
is "false: fails the step" "account=failed each[big]=not run each[small]=not run" "$(of_asserts)"
like "false: which, and why" "$ERR" \
    'diagnosis  assert is false: steps\.account\.account == vars\.account: steps\.account\.account is "123456789012", vars\.account is "210987654321"'
like "false: its class" "$(cat events)" '"step":"account".*"class":"invalid"'
is "false: is not tried again" 1 "$(grep '"attempt_start"' events | grep -c '"account"')"
echo 'key: "123456789012"' >vars.yaml
users --vars vars.yaml
is "say: exit code" 1 "$RC"
like "say: and secrets are masked" "$ERR" \
    'diagnosis  the key is out \(assert is false: steps\.account\.account != vars\.key: steps\.account\.account is "\*\*\*", vars\.key is \*\*\*\)'
is "say: the secret is not shown" "" "$(grep -h '123456789012' .err events | grep -v '"argv"')"
echo 'key: s3cr3t-key' >vars.yaml
sed -i 's/in \[.*big.*\]"\]/in [\\"small\\"]"]/' cli-users.yaml
users --vars vars.yaml
is "of one of a for_each: exit code" 1 "$RC"
is "of one of a for_each: results" "account=held each[big]=failed each[small]=held" "$(of_asserts)"
like "of one of a for_each: which, and why" "$ERR" \
    'step "each\[big\]" failed: aws\.read'$'\n''(.*'$'\n'')?  diagnosis  assert is false: .*each\.key is "big"'
sed -i 's/steps\.account\.account == vars\.account/steps.account.account >= 1/' cli-users.yaml
users --vars vars.yaml
is "types: exit code" 1 "$RC"
like "types: where" "$ERR" 'diagnosis  cli-users\.yaml:21:31: ">=" compares numbers or durations, not a string'

# Of what a process prints.
galley run --events events --vars vars.yaml assert.yaml
is "true, of a process: exit code" 0 "$RC"
is "true, of a process: results" "all[a]=changed all[b]=changed it=changed" "$(results_of events)"
galley plan --vars vars.yaml assert.yaml
is "plan: what would change has no outputs yet" 2 "$RC"

# -- until --------------------------------------------------------------------
cat >until.yaml <<'YAML'
galley: 1
steps:
  - id: it
    uses: evil.look
    with: {path: sign}
    until: steps.it.text == "ready\n"
    assert: [steps.it.text != "never"]
    retry: {delay: 10ms, max_delay: 20ms}
    timeout: 60s
  - {id: next, uses: exec.run, with: {command: [touch, next]}}
YAML
sed -i 's/"ready\\n"/"ready"/' until.yaml
printf waiting >sign
"$GALLEY" run "${EVIL[@]}" --events events until.yaml >.out 2>.err </dev/null &
wait_for_progress
like "until: what it waits for" "$(cat events)" '"text":"until is false: steps.it.text == \\"ready\\": steps.it.text is \\"waiting\\""'
is "until: nothing goes on before" "" "$(ls next 2>/dev/null)"
printf ready >sign.new && mv sign.new sign
wait $! && RC=0 || RC=$?
is "until: exit code" 0 "$RC"
is "until: results" "it=held next=changed" "$(results_of events)"
is "until: of one attempt" 1 "$(grep '"attempt_start"' events | grep -c '"it"')"
printf waiting >sign
sed -i 's/timeout: 60s/timeout: 300ms/' until.yaml
galley run "${EVIL[@]}" --events events until.yaml
is "timeout of the clock: exit code" 1 "$RC"
is "timeout of the clock: results" "it=failed next=not run" "$(results_of events)"
like "timeout of the clock: says so" "$ERR" 'diagnosis  until is false: .* is "waiting"; looked [0-9]+ times within its timeout of 300 ms'
is "timeout of the clock: is not begun again" 1 "$(grep -c '"attempt_start"' events)"
sed -i 's/timeout: 300ms/timeout: 60s/' until.yaml
rm sign
galley run "${EVIL[@]}" until.yaml
is "a look of a plugin that fails, fails the step" 1 "$RC"
like "a look of a plugin that fails: with its own diagnosis" "$ERR" 'diagnosis  cannot read'

# Until aws has another user; until it never has.
play run cli-until --events events cli-until.yaml
is "recorded: exit code" 0 "$RC" || diag "$ERR"
is "recorded: results" "it=held next=held" "$(results_of events)"
is "recorded: of one attempt" 1 "$(grep '"attempt_start"' events | grep -c '"it"')"
is "recorded: looks until it is so" 3 "$(grep '"command_start"' events | grep -c '"it"')"
is "recorded: what it waits for" 'until is false: steps.it.last == vars.name: steps.it.last is \"anna\", vars.name is \"bob\"' \
    "$(sed -nE 's/.*"event":"progress".*"text":"(until.*)".*/\1/p' events | sort -u)"
like "recorded: what comes next has what is there" "$ERR" 'next: bob is there'
play run cli-until-never --events events cli-until.yaml
is "timeout: exit code" 1 "$RC"
is "timeout: results" "it=failed next=not run" "$(results_of events)"
like "timeout: says so" "$ERR" 'diagnosis  until is false: .* is "bob", vars\.name is "carol"; looked '"$(grep '"command_start"' events | grep -c '"it"')"' times within its timeout of 20 s'
is "timeout: is not begun again" 1 "$(grep -c '"attempt_start"' events)"
play plan cli-until-never cli-until.yaml
is "plan: looks once" 2 "$RC"
like "plan: and says what is not so yet" "$OUT" 'it +not knowable +until is false'
play run cli-until-denied --events events cli-until.yaml
is "a look that fails, fails the step" 1 "$RC"
is "a look that fails: is not looked again" 1 "$(grep -c '"command_start"' events)"
like "with its own diagnosis" "$ERR" 'diagnosis  the AWS identity may not do `iam:ListUsers`'

printf waiting >sign
rm -f events
"$GALLEY" run "${EVIL[@]}" --events events until.yaml >.out 2>.err </dev/null &
wait_for_progress
kill -TERM $!
wait $! && RC=0 || RC=$?
is "interrupted: exit code" 143 "$RC"
is "interrupted: results" "it=stopped next=not run" "$(results_of events)"

# -- what is wrong is told before ---------------------------------------------
cat >bad.yaml <<'YAML'
galley: 1
steps:
  - {id: a, uses: exec.run, with: {command: [x]}, assert: steps.a.stdout == "x"}
  - {id: b, uses: exec.run, with: {command: [x]}, assert: []}
  - {id: c, uses: exec.run, with: {command: [x]}, assert: [{tht: x}, {that: true, say: "${run.id}"}, 1 < , [a]]}
  - {id: d, uses: exec.run, with: {command: [x]}, until: steps.d.stdout == "x"}
  - {id: e, uses: exec.run, with: {command: [x]}, assert: [steps.e.stdou == "x", vars.no, steps.f.stdout == "x", "1 == \"x\""]}
  - {id: f, uses: exec.run, with: {command: ["${steps.f.stdout}"]}, when: steps.f.stdout == "x"}
  - {id: g, include: part.yaml, assert: ["true"], until: "true"}
YAML
printf 'galley: 1\nsteps: [{id: a, uses: exec.note, with: {text: x}}]\n' >part.yaml
galley check bad.yaml
is "bad: exit code" 3 "$RC"
is "bad: all of it" 'bad.yaml:3:59: "assert" must be a list of conditions, or of {that: CONDITION, say: TEXT}
bad.yaml:4:59: "assert" has nothing in it
bad.yaml:5:61: unknown key "tht" (did you mean "that"?)
bad.yaml:5:88: references are not expanded in "say"; the values of the condition are shown behind it
bad.yaml:5:105: a value is missing at the end of the condition
bad.yaml:5:108: "assert" must be a condition, not a list
bad.yaml:6:51: "until" is only for actions that read, as it does them again: exec.run may change something
bad.yaml:7:60: exec.run has no output "stdou" (did you mean "stdout"?)
bad.yaml:7:82: there is no var "no"
bad.yaml:7:91: step "f" comes later (move it up, or add it to needs)
bad.yaml:7:117: "==" between a number and a string
bad.yaml:8:47: step "f" uses its own output
bad.yaml:8:75: step "f" uses its own output
bad.yaml:9:33: "assert" is not for an include (say it in the included recipe)
bad.yaml:9:51: "until" is not for an include (say it in the included recipe)' "$(said)"
galley show --vars vars.yaml assert.yaml
like "show: assert" "$OUT" 'assert: steps\.it\.stdout == vars\.want'
galley show "${EVIL[@]}" until.yaml
like "show: until" "$OUT" 'until: steps\.it\.text == "ready"'
done_testing

#!/bin/bash
# Which step waits for which, and what a name stands for: for_each, includes,
# defaults, outputs, and secrets on their way through all of them.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

# A step may need one further down.
cat >down.yaml <<'YAML'
galley: 1
name: down
steps:
  - {id: a, uses: exec.run, needs: [c], with: {command: [sh, -c, 'echo a >>order']}}
  - {id: b, uses: exec.run, needs: [], with: {command: [sh, -c, 'until [ -e go ]; do sleep 0.02; done; echo b >>order']}}
  - {id: c, uses: exec.run, needs: [b], with: {command: [sh, -c, 'echo c >>order']}}
  - {id: d, uses: exec.run, needs: [], with: {command: [sh, -c, 'touch go']}}
YAML
galley run down.yaml
is "needs a step below: exit code" 0 "$RC"
is "needs a step below: order" "b c a" "$(xargs <order)"

# for_each: outputs are a map from key; what was skipped is not in it.
cat >each.yaml <<'YAML'
galley: 1
name: each
vars:
  sizes: {type: map, default: {small: 1, big: 3}}
  none: {type: list, default: []}
steps:
  - {id: say, uses: exec.run, for_each: "${vars.sizes}", with: {command: [echo, "${each.key}=${each.value}"]}, when: each.value > 1}
  - {id: nothing, uses: exec.run, for_each: "${vars.none}", with: {command: ["false"]}}
  - {id: all, uses: exec.run, with: {command: [cat], stdin: "${steps.say.stdout.big}"}, when: each_free == 1}
YAML
sed -i 's/, when: each_free == 1//; s/, when: each.value > 1//' each.yaml
galley run -v each.yaml
is "for_each: exit code" 0 "$RC"
like "for_each: its outputs by key" "$ERR" 'big=3'
galley run each.yaml --var 'sizes={"a b": 1}'
is "for_each: a key that cannot be part of an id" 3 "$RC"
galley show each.yaml
like "for_each: after an empty one comes what it waited for" "$OUT" 'all: exec.run .*
      needs: say\[small\], say\[big\]'

# The same of what aws answers.
cp "$SRC"/tests/live/recipes/cli-user*.yaml .
play run cli-users -v --events events --transcript transcript cli-users.yaml
is "recorded: exit code" 0 "$RC" || diag "$ERR"
is "recorded: for_each: one step for each" "each[big]=held each[small]=held" "$(grep '"step":"each' events >some; results_of some)"
is "recorded: for_each: what each asks" "anna bob" \
    "$(sed -nE 's/.*"event":"command_start".*"step":"each\[[a-z]+\]".*"--user-name=([a-z]+)".*/\1/p' events | xargs)"
like "recorded: for_each: its outputs by key" "$ERR" $'\n'"big: bob"$'\n'
like "recorded: include: output of a step through var and output" "$ERR" 'last: <hello anna 3>'
like "recorded: include: defaults reach it" "$ERR" 'aws iam get-user --region=us-east-1 --output=json --user-name=anna\)'
is "recorded: include: its own secret is nowhere" "" "$(grep -rlE 'secret-[0-9]+-[a-z]' events transcript state .err .out 2>/dev/null)"
like "recorded: include: masked" "$(cat transcript)" 'the token is \*\*\*'
play run cli-users -q --var key=anna cli-users.yaml
is "recorded: a secret that is part of an answer: exit code" 0 "$RC"
unlike "recorded: a secret that is part of an answer" "$OUT$ERR" anna
play run cli-users --var key=anna --transcript transcript -q cli-users.yaml
is "recorded: a secret that is part of an answer, in the transcript" "  |             \"UserName\": \"***\"," "$(grep -m 1 '"UserName"' transcript)"

# Includes: vars, outputs, defaults, and secrets that only they know.
mkdir part
cat >part/part.yaml <<'YAML'
galley: 1
name: part
vars:
  who: {}
  count: {type: int, default: 2}
  token: {secret: true, from: {env: PART_TOKEN}}
outputs:
  greeting: "${steps.greet.stdout}"
steps:
  - {id: greet, uses: exec.run, with: {command: [echo, "hello ${vars.who} ${vars.count}"]}}
  - {id: leak, uses: exec.run, with: {command: [cat], stdin: "the token is ${vars.token}"}}
YAML
cat >whole.yaml <<'YAML'
galley: 1
name: whole
defaults: {timeout: 7m, with: {cwd: elsewhere}}
steps:
  - {id: name, uses: exec.run, with: {command: [printf, you], cwd: .}}
  - {id: part, include: part/part.yaml, with: {who: "${steps.name.stdout}", count: 3}}
  - {id: last, uses: exec.run, with: {command: [sh, -c, 'pwd; echo "$1"', sh, "<${steps.part.greeting}>"]}}
YAML
mkdir elsewhere
export PART_TOKEN=part-s3cr3t-t0k3n
galley run -v --events events --transcript transcript whole.yaml
is "include: exit code" 0 "$RC"
like "include: output of a step through var and output" "$ERR" '<hello you 3>'
like "include: defaults reach it" "$ERR" "cd $WORK/elsewhere && echo 'hello you 3'"
is "include: its own secret is nowhere" "" "$(grep -rl part-s3cr3t events transcript state .err .out 2>/dev/null)"
like "include: masked" "$(cat transcript)" 'the token is \*\*\*'
galley show whole.yaml
is "show: no secret" "" "$(grep -c part-s3cr3t .out | grep -v '^0$')"
like "show: timeout by defaults" "$OUT" 'part/greet: exec.run.*
      needs: name
      timeout: 7m'

# What vars will be is known, and wrong before anything begins.
cat >typed.yaml <<'YAML'
galley: 1
name: typed
vars: {region: {default: us-east-1}}
steps:
  - {id: first, uses: exec.run, with: {command: [touch, first]}}
  - {id: who, uses: aws.identity, with: {region: "${vars.region}"}}
YAML
galley run typed.yaml --var region=nowhere
is "a var that does not fit: exit code" 3 "$RC"
like "a var that does not fit: where" "$ERR" 'typed.yaml:6:[0-9]+: param "region" must be like us-east-1'
is "a var that does not fit: nothing begun" "" "$(ls first 2>/dev/null)"

# A default that hangs on a step which may not be over.
cat >default.yaml <<'YAML'
galley: 1
name: default
defaults: {with: {cwd: "${steps.b.stdout}"}}
steps:
  - {id: a, uses: exec.run, with: {command: ["true"]}}
  - {id: b, uses: exec.run, with: {command: [pwd], cwd: .}}
YAML
galley check default.yaml
is "default of a later step: exit code" 3 "$RC"
like "default of a later step: says so" "$ERR" 'default.yaml:3:[0-9]+: step "b" comes later'

# Approval is for the first time it is done, also after a check that failed.
cat >approve.yaml <<'YAML'
galley: 1
name: approve
steps:
  - id: it
    uses: exec.run
    with: {command: [touch, approved], unless: [sh, -c, 'echo x >>looks; [ $(wc -l <looks) -gt 1 ] || kill -9 $$; test -e approved']}
    approve: "do it?"
    retry: {attempts: 3, delay: 1ms, on: [unknown, transient]}
YAML
galley run approve.yaml
is "approve: exit code" 4 "$RC"
is "approve: not done without" "" "$(ls approved 2>/dev/null)"
is "approve: asked for after a check that failed" 2 "$(wc -l <looks)"

# A step that failed may be passed over; always runs after a failure, not more.
cat >go-on.yaml <<'YAML'
galley: 1
name: go-on
steps:
  - {id: bad, uses: exec.run, with: {command: ["false"]}, continue_on: true}
  - {id: good, uses: exec.run, with: {command: [touch, good]}}
YAML
galley run go-on.yaml
is "continue_on: exit code" 0 "$RC"
is "continue_on: goes on" good "$(ls good)"

# Ten thousand steps in a row, and a thousand after a thousand.
{ printf 'galley: 1\nname: many\nsteps:\n'
  echo '  - {id: s0, uses: evil.ok, with: {text: "x"}}'
  for ((i = 1; i < 10000; i++)); do echo "  - {id: s$i, uses: evil.ok, with: {text: \"\${steps.s$((i - 1)).text}\"}}"; done; } >many.yaml
galley run -q "${EVIL[@]}" --events events many.yaml
is "10 000 steps: exit code" 0 "$RC"
is "10 000 steps: all of them" 10000 "$(grep -c '"event":"step_end"' events)"
{ printf 'galley: 1\nname: wide\nvars:\n  all: {type: list, default: ['; seq -s, 1 1000 | tr -d '\n'; echo ']}'
  echo 'steps:'
  for i in a b c; do echo "  - {id: $i, uses: evil.ok, for_each: \"\${vars.all}\", with: {text: x}}"; done; } >wide.yaml
galley run -q "${EVIL[@]}" wide.yaml
is "1000 after 1000: exit code" 0 "$RC"
done_testing

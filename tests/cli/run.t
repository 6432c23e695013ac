#!/bin/bash
# Runs and plans of small recipes: results, order, exit codes, reports.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

cat >first.yaml <<'YAML'
galley: 1
name: first
vars:
  who: {default: world}
  token: {secret: true, from: {env: TOKEN}}
uses_env: []
steps:
  - id: make
    uses: exec.run
    with: {command: [touch, made], creates: made}
  - id: say
    uses: exec.run
    with: {command: [echo, "hello ${vars.who}"]}
  - id: tell
    uses: exec.run
    with:
      command: [sh, -c, 'cat; echo "$GREETING"']
      stdin: "${vars.token}"
      env: {GREETING: "${steps.say.stdout}"}
  - id: never
    uses: exec.run
    with: {command: ["false"]}
    when: vars.who == "nobody"
YAML
export TOKEN=s3cr3t-t0k3n
galley run --events events --transcript transcript -v first.yaml --var who=you
is "run: exit code" 0 "$RC"
is "run: nothing on stdout" "" "$OUT"
is "run: made it" made "$(ls made)"
is "run: results" "make changed say changed tell changed never skipped" \
    "$(sed -nE 's/.*"event":"step_end".*"step":"([a-z]+)".*"result":"([a-z]+)".*/\1 \2/p' events | xargs)"
like "run: output of a step reaches the next" "$(cat transcript)" 'hello you'
unlike "run: no secret on stderr" "$ERR" 's3cr3t-t0k3n'
is "run: no secret in any file" "" "$(grep -rl 's3cr3t-t0k3n' events transcript state 2>/dev/null)"
like "run: masked instead" "$(cat transcript)" '\*\*\*'
is "run: nothing private stays" "" "$(find state -path '*private*' -type f)"
is "events: every line is JSON" "" "$(python3 -c '
import json, sys
for line in open("events"): json.loads(line)' 2>&1)"

galley run first.yaml
like "second run: held" "$ERR" 'make +held'

galley plan first.yaml
is "plan: exit code" 2 "$RC"
like "plan: held" "$OUT" 'make +held'
like "plan: change" "$OUT" 'say +change'
like "plan: after" "$OUT" 'tell +after say'
like "plan: counts" "$OUT" '1 held, 1 would change, 1 not knowable yet, 1 skipped'

cat >held.yaml <<'YAML'
galley: 1
name: held
steps:
  - {id: made, uses: exec.run, with: {command: ["false"], creates: made}}
YAML
galley plan held.yaml
is "plan of what holds: exit code" 0 "$RC"
galley run held.yaml
is "run of what holds: exit code" 0 "$RC"

# A transcript's commands can be pasted into a shell.
sed -n 's/^\$ //p' transcript >paste.sh
rm -f made
is "transcript: pastes and runs" 0 "$(sh -e paste.sh >/dev/null 2>&1 </dev/null; echo $?)"

# A failure names everything, stops what comes after, and lets `always` run.
cat >fail.yaml <<'YAML'
galley: 1
name: fail
steps:
  - id: bad
    uses: exec.run
    with: {command: [sh, -c, "echo some text; echo 'Error: it broke' >&2; exit 7"]}
  - id: after
    uses: exec.run
    with: {command: [touch, after]}
  - id: clean
    uses: exec.run
    with: {command: [touch, clean]}
    always: true
YAML
galley run fail.yaml
is "failure: exit code" 1 "$RC"
like "failure: file, line, step, action" "$ERR" 'fail.yaml:4: step "bad" failed: exec.run'
like "failure: command" "$ERR" "command    \\$ sh -c 'echo some text; echo '"
like "failure: how it ended" "$ERR" 'ended      exit 7'
like "failure: the line that matters" "$ERR" 'said       Error: it broke'
is "failure: nothing after it" "" "$(ls after 2>/dev/null)"
is "failure: clean-up ran" clean "$(ls clean)"

# The same of real tools: a user that is not there, a licence in the wrong place.
cp "$SRC"/tests/live/recipes/*.yaml .
play run cli-fail --events events cli-fail.yaml
is "recorded failure: exit code" 1 "$RC"
is "recorded failure: nothing after it, but the clean-up" "after=not run clean=changed passed-over=failed role=failed" "$(results_of events)"
is "recorded failure: names everything" 'cli-fail.yaml:5: step "passed-over" failed: aws.read
  command    $ aws iam get-user --region=us-east-1 --output=json --user-name=nobody
  ended      exit 255 after TIME
  said       An error occurred (NoSuchEntity) when calling the GetUser operation: The user with name nobody cannot be found.
  diagnosis  The user with name nobody cannot be found.
  fix        check the name, the region and the account
  go on      galley resume RUN --replay FILE      (what already holds is not done again)' \
    "$(sed -n '/step "passed-over" failed/,/^  go on/p' .err | sanitize)"
like "recorded failure: of all attempts" "$ERR" 'role: attempt 1 of 2 failed: throttled \(An error occurred \(Throttling\).*\); next in 1 ms'
is "recorded failure: as many attempts as said" 2 "$(grep '"attempt_start"' events | grep -c '"role"')"
sed -i 's/delay: 1ms, max_delay: 1ms/&, on: [transient]/' cli-fail.yaml
play run cli-fail --events events cli-fail.yaml
is "recorded failure: not of the classes to try again" 1 "$(grep '"attempt_start"' events | grep -c '"role"')"
sed -i '/continue_on/d' cli-fail.yaml
play run cli-fail --events events cli-fail.yaml
is "recorded failure: that is not passed over" "after=not run clean=changed passed-over=failed role=not run" "$(results_of events)"
play run failure-license --events events misplaced-license.yaml
is "recorded failure of helm: exit code" 1 "$RC"
is "recorded failure of helm: names everything" 'misplaced-license.yaml:15: step "server" failed: helm.release
  command    $ helm upgrade wandb wandb/wandb --kubeconfig=WORK/home/.kube/lab --kube-context=lab --namespace=misplaced --install --create-namespace --version=0.3.9 --reset-values --values=WORK/state/galley/runs/RUN/private/1.yaml --wait --timeout=26s
  ended      exit 1 after TIME
  said       Error: execution error at (wandb/templates/secrets.yaml:9:14): license must be specified to deploy with helm.
  diagnosis  license is at service.license, the chart wants it at the top level of the values
  fix        move `license` to the left, out of the block it is in
  go on      galley resume RUN --replay FILE      (what already holds is not done again)' \
    "$(sed -n '/step "server" failed/,/^  go on/p' .err | sanitize)"

# Retries: only classes that can pass, and as many as said.
cat >retry.yaml <<'YAML'
galley: 1
name: retry
steps:
  - id: flaky
    uses: exec.run
    with: {command: [sh, -c, "echo x >>tries; test $(wc -l <tries) -ge 3"]}
    retry: {attempts: 4, delay: 10ms, on: [unknown]}
YAML
galley run retry.yaml
is "retry: exit code" 0 "$RC"
is "retry: attempts" 3 "$(wc -l <tries)"
like "retry: says so" "$ERR" 'attempt 1 of 4 failed'
rm tries
sed -i 's/on: \[unknown\]/on: [throttled]/' retry.yaml
galley run retry.yaml
is "retry: not of this class" 1 "$(wc -l <tries)"

# Side by side: -j bounds it.
cat >parallel.yaml <<'YAML'
galley: 1
name: parallel
vars:
  all: {type: list, default: [a, b, c, d]}
steps:
  - id: one
    uses: exec.run
    with: {command: [sh, -c, 'mkdir lock.$0 && n=$(ls -d lock.* | wc -l) && echo $n >>seen && sleep 0.2 && rmdir lock.$0', "${each.key}"]}
    for_each: "${vars.all}"
YAML
galley run -j 2 parallel.yaml
is "parallel: exit code" 0 "$RC"
is "parallel: two at most" 2 "$(sort -rn seen | head -n 1)"
rm seen
galley run -j1 parallel.yaml
is "parallel: one with -j1" 1 "$(sort -rn seen | head -n 1)"

# Approval: nobody to ask.
cat >approve.yaml <<'YAML'
galley: 1
name: approve
steps:
  - {id: destroy, uses: exec.run, with: {command: [touch, destroyed]}, approve: "really?"}
YAML
galley run approve.yaml
is "approve: exit code" 4 "$RC"
is "approve: not done" "" "$(ls destroyed 2>/dev/null)"
galley run --yes approve.yaml
is "approve --yes: exit code" 0 "$RC"
is "approve --yes: done" destroyed "$(ls destroyed)"
play run cli-all-unasked --events events cli-all.yaml
is "recorded: nobody to ask: exit code" 4 "$RC"
is "recorded: nobody to ask: what is done" "greet=changed last=not run made=changed never=not run part/say=not run secret=stopped size[big]=changed size[small]=changed users=not run who=not run" \
    "$(results_of events)"
like "recorded: nobody to ask: what helps" "$ERR" 'secret +stopped .* needs approval: run it on a terminal, or with --yes'
play run cli-all-first --events events cli-all.yaml
is "recorded: asked with --yes: exit code" 0 "$RC"
like "recorded: asked with --yes: is told" "$ERR" $'\n''secret: show the token to world\?: yes'$'\n'
is "recorded: asked with --yes: what is done" "greet=changed last=changed made=changed never=skipped part/say=changed secret=changed size[big]=changed size[small]=changed users=held who=held" \
    "$(results_of events)"
is "recorded: second run: held" "made=held" "$(play run cli-all-again --events events cli-all.yaml; results_of events | grep -o 'made=held')"
play plan cli-all-again cli-all.yaml
is "recorded: plan: exit code" 2 "$RC"
is "recorded: plan: counts" "1 held, 1 would change, 7 not knowable yet, 1 skipped" "$(tail -1 .out)"

# Two runs with one lock never overlap; a plan asks for none.
cat >locked.yaml <<'YAML'
galley: 1
name: locked
vars: {which: one}
lock: "a/${vars.which}"
steps:
  - id: hold
    uses: exec.run
    with: {command: [sh, -c, "touch running; read line <go"]}
    background: true
YAML
mkfifo go
"$GALLEY" run locked.yaml >first.out 2>&1 </dev/null &
until [ -e running ]; do :; done
galley run locked.yaml
is "lock: exit code of the second" 4 "$RC"
like "lock: who holds it" "$ERR" "^galley: the lock \"a/one\" is taken: run [0-9a-f-]+ of \"locked\", pid $!, since 20[0-9: -]+, at step \"hold\" for [0-9.]+ m?s; --wait waits for it"
galley plan locked.yaml
is "lock: a plan runs" 2 "$RC"
echo line >go
wait $!
is "lock: exit code of the first" 0 $?
rm running
(exec 9<>go; echo line >&9; "$GALLEY" run -q locked.yaml)
is "lock: free again" 0 $?

# A recipe that is a command.
{ echo '#!/usr/bin/env -S galley run'; cat held.yaml; } >held
chmod +x held
mkdir bin
ln -s "$GALLEY" bin/galley
touch made
is "as a command" 0 "$(PATH=$WORK/bin:$PATH ./held -q >/dev/null 2>&1; echo $?)"
done_testing

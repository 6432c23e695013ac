#!/bin/bash
# What galley says, to the letter: tests/golden/*.out.  After a change that
# is meant: make update-golden, and read the difference.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

mkdir tools
for tool in helm aws; do ln -s "$BUILD/tests/fakecli/fakecli" tools/$tool; done
cat >tools/helm.fake <<'END'
call version **
  out "v3.12.0\n"
END
cat >tools/aws.fake <<'END'
call --version
  out "aws-cli/2.13.0 Python/3.11.4 Linux/6.1\n"
call sts get-caller-identity **
  out "{\"Account\": \"123456789012\", \"Arn\": \"arn:aws:iam::123456789012:user/anna\", \"UserId\": \"AIDA\"}\n"
call configure export-credentials **
  out "{\"Version\": 1}\n"
call iam list-users **
  out "{\"Users\": [{\"UserName\": \"anna\", \"Path\": \"/\"}, {\"UserName\": \"bob\", \"Path\": \"/\"}]}\n"
call iam get-role **
  err "An error occurred (Throttling) when calling the GetRole operation (reached max retries: 4): Rate exceeded\n"
  exit 254
END
PATH=$WORK/tools:$PATH
cat >all.yaml <<'YAML'
galley: 1
name: all
summary: A bit of everything
tools: {helm: ">=3.10"}
vars:
  who: {default: world, help: whom to greet}
  sizes: {type: map, default: {small: 1, big: 3}}
  token: {secret: true, from: {env: TOKEN}, help: a secret}
defaults: {timeout: 5m, with: {region: us-east-1}}
env: {GREETING: "hello ${vars.who}"}
steps:
  - id: made
    uses: exec.run
    with: {command: [touch, made], creates: made}
  - id: greet
    uses: exec.run
    with: {command: [sh, -c, 'echo "$GREETING"']}
  - id: size
    uses: exec.run
    for_each: "${vars.sizes}"
    with: {command: [echo, "${each.key} is ${each.value}"]}
  - id: secret
    uses: exec.run
    with: {command: [cat], stdin: "token ${vars.token}\n"}
    approve: "show the token to ${vars.who}?"
  - id: who
    uses: aws.identity
  - id: users
    uses: aws.read
    with: {service: iam, operation: list-users}
    outputs: {first: "$.Users[0].UserName", all: "$.Users[*].UserName"}
  - id: part
    include: part.yaml
    with: {name: "${steps.users.first}"}
  - id: last
    uses: exec.run
    with: {command: [echo, "${steps.part.said}", "${steps.users.text}"]}
  - id: never
    uses: exec.run
    with: {command: ["false"]}
    when: vars.who == "nobody"
YAML
cat >part.yaml <<'YAML'
galley: 1
name: part
vars: {name: {help: a name}}
outputs: {said: "${steps.say.stdout}"}
steps:
  - {id: say, uses: exec.run, with: {command: [echo, "dear ${vars.name}"]}}
YAML
cat >fail.yaml <<'YAML'
galley: 1
name: fail
steps:
  - id: passed-over
    uses: exec.run
    with: {command: [sh, -c, 'echo "Error: not so bad" >&2; exit 3']}
    continue_on: true
  - id: role
    uses: aws.read
    with: {service: iam, operation: get-role, args: [--role-name=wandb], region: us-east-1}
    retry: {attempts: 2, delay: 1ms, max_delay: 1ms}
  - id: after
    uses: exec.run
    with: {command: [touch, after]}
  - id: clean
    uses: exec.run
    with: {command: [echo, "cleaning up"]}
    always: true
YAML
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

golden show show all.yaml
golden check check all.yaml part.yaml
golden check-wrong check wrong.yaml
golden check-names check names.yaml
golden doctor doctor all.yaml
golden plan plan -j 1 all.yaml
golden approve run -j 1 all.yaml
golden run run -j 1 --yes all.yaml
golden run-again run -j 1 --yes -q all.yaml
golden run-v run -j 1 --yes -v all.yaml
golden run-vv run -j 1 --yes -vv all.yaml
golden transcript run -j 1 --yes -q --transcript - all.yaml
golden fail run -j 1 fail.yaml
golden fail-v run -j 1 -v fail.yaml
golden fail-q run -j 1 -q fail.yaml
golden plugin-show plugin show exec
golden plugin-show-action plugin show aws.identity
galley run -j 1 --yes -q --events - all.yaml
is "events: which, in order" "$(cat "$SRC/tests/golden/events.out" 2>/dev/null)" \
    "$(python3 -c '
import json, sys
for line in open(".out"):
    event = json.loads(line)
    print(event["event"], *(str(event[key]) for key in ("step", "outcome", "result", "exit_code") if key in event))' |
        tee .events)"
if [ -n "${UPDATE_GOLDEN:-}" ]; then cp .events "$SRC/tests/golden/events.out"; fi
exec 7>by-fd
"$GALLEY" run -j 1 --yes -q --events 7 all.yaml 2>/dev/null >/dev/null
is "events: to a descriptor" "$(wc -l <.out)" "$(wc -l <by-fd)"
is "no secret in any of it" "" "$(grep -rl g0lden-s3cr3t "$SRC/tests/golden" .out by-fd 2>/dev/null)"
done_testing

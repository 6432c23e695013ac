#!/bin/bash
# What is worth saying of the values of vars, and is not an error.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

events () { sed -nE 's/.*"event":"(run_start|warning|step_start)".*/\1/p' "$1" | xargs; }

cat >open.yaml <<'YAML'
galley: 1
name: open
vars:
  key:   {secret: true, from: {file: key.txt}}
  token: {secret: true}
  plain: {from: {file: plain.txt}}
steps:
  - {id: use, uses: exec.run, with: {command: [cat], stdin: "${vars.key}${vars.token}${vars.plain}"}}
YAML
printf 's3cr3t-of-the-file\n' >key.txt
printf 'not a secret\n' >plain.txt
printf 'token: s3cr3t-of-the-vars\n' >vars.yaml
chmod 644 key.txt plain.txt
chmod 640 vars.yaml

for command in run plan; do
    galley $command --events events open.yaml --vars vars.yaml
    is "$command: one warning for each var, before the first step" "run_start warning warning step_start" "$(events events)"
    like "$command: a file that all can read" "$OUT$ERR" \
        'warning: secret "key": others can read "key\.txt" \(mode 0644\); chmod 600 would keep it private'
    like "$command: a vars file that the group can read" "$OUT$ERR" \
        'warning: secret "token": others can read "vars\.yaml" \(mode 0640\); chmod 600'
    unlike "$command: the value is not shown" "$OUT$ERR$(cat events)" 's3cr3t-of'
done

chmod 600 key.txt vars.yaml
galley run --events events open.yaml --vars vars.yaml
is "private files need no warning" "run_start step_start" "$(events events)"

galley run --events events open.yaml --var token=s3cr3t-on-the-line
is "--var: exit code" 0 "$RC"
is "--var of a secret" "run_start warning step_start" "$(events events)"
like "--var: says what to do" "$ERR" 'secret "token": all users of this machine can see what is given with --var; use a file and --vars'
unlike "--var: the value is not shown" "$OUT$ERR$(cat events)" 's3cr3t-on'

# In a replay the secrets are those of the recording, but for what is given.
cp "$SRC"/tests/live/recipes/cli-user*.yaml .
warned () { play run cli-users --events events "$@" cli-users.yaml; grep -c '^warning: secret' .err; }
printf 'key: s3cr3t-of-the-vars\n' >key.yaml
chmod 604 key.yaml
is "a replay: nothing is given" 0 "$(warned)"
is "a replay: --var of a secret" 1 "$(warned --var key=s3cr3t-on-the-line)"
is "a replay: a vars file that others can read" 1 "$(warned --vars key.yaml)"
like "a replay: says so" "$(cat .err)" 'warning: secret "key": others can read "key\.yaml" \(mode 0604\); chmod 600'
is "a replay: ends well, and the value is not shown" "0 0" "$(play run cli-users --events events --vars key.yaml cli-users.yaml; echo "$RC $(cat .err events | grep -c s3cr3t-of)")"
chmod 600 key.yaml
is "a replay: a private vars file" 0 "$(warned --vars key.yaml)"

# Of an included recipe, once its vars are known; and once.
cat >part.yaml <<'YAML'
galley: 1
name: part
vars:
  key: {secret: true, from: {file: key.txt}}
  who: {help: whom}
steps:
  - {id: one, uses: exec.run, with: {command: [cat], stdin: "${vars.key}${vars.who}"}}
  - {id: two, uses: exec.run, with: {command: [cat], stdin: "${vars.key}"}}
YAML
cat >whole.yaml <<'YAML'
galley: 1
name: whole
steps:
  - {id: first, uses: exec.run, with: {command: [echo, x]}}
  - {id: part, include: part.yaml, with: {who: "${steps.first.stdout}"}}
YAML
chmod 644 key.txt
galley run --events events whole.yaml
is "an include: once" "run_start step_start step_start warning step_start" "$(events events)"
galley run -q whole.yaml
is "with -q too" 1 "$(grep -c 'warning: secret "key"' .err)"
done_testing

#!/bin/bash
# What values become on their way from a var or an output to a step.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1
results () { sed -nE 's/.*"event":"step_end".*"step":"([^"]+)".*"result":"([a-z]+)".*/\1=\2/p' "$1" | sort | xargs; }

cat >outputs.yaml <<'YAML'
galley: 1
name: outputs
steps:
  - id: list
    uses: exec.run
    with: {command: [echo, '{"items": [{"n": 1}, {"n": 2}]}'], parse: json}
    outputs: {all: "$.items[*].n", none: "$.others[*].n", first: "$.items[0].n"}
  - id: some
    uses: exec.run
    when: steps.list.all == [1, 2] and steps.list.first == 1
    with: {command: [echo, "${steps.list.all[1]}"]}
  - id: nothing
    uses: exec.run
    when: steps.list.none != []
    with: {command: ["false"]}
YAML
galley run --events events outputs.yaml
is "outputs: exit code" 0 "$RC"
is "outputs: a path to many values gives a list, also of none" "list=changed nothing=skipped some=changed" "$(results events)"
like "outputs: of which one can be picked" "$(grep '"step":"some"' events)" '"text":"2"'
sed -i 's/, first: .*}$/, first: "$.items[5].n"}/' outputs.yaml
galley run outputs.yaml
is "outputs: a path to one value that is not there fails" 1 "$RC"
like "outputs: and says which" "$ERR" 'output "first": there is nothing at \$\.items\[5\]\.n'

cat >optional.yaml <<'YAML'
galley: 1
name: optional
vars:
  key: {required: false}
  each: {type: list, required: true}
steps:
  - {id: with, uses: exec.run, when: vars.key != null, with: {command: [echo, "${vars.key}"]}}
  - {id: without, uses: exec.run, when: vars.key == null, with: {command: ["true"]}}
  - {id: one, uses: exec.run, for_each: "${vars.each}", with: {command: [echo, "${each.value}"]}}
YAML
galley check optional.yaml
is "for_each over a var without a value: can be checked" 0 "$RC"
galley run --events events optional.yaml --var each='[a, b]'
is "an optional var that is not given is null" "one[a]=changed one[b]=changed with=skipped without=changed" "$(results events)"
galley run --events events optional.yaml --var each='[a]' --var key=k
is "and not when it is given" "one[a]=changed with=changed without=skipped" "$(results events)"
cat >outer.yaml <<'YAML'
galley: 1
name: outer
steps:
  - {id: inner, include: optional.yaml, with: {each: [x, z]}}
YAML
galley run --events events outer.yaml
is "for_each in an included recipe" "inner/one[x]=changed inner/one[z]=changed inner/with=skipped inner/without=changed" "$(results events)"

# A plan: what is skipped whatever comes is said to be, and does not hide that
# what follows it must wait.
cat >plan.yaml <<'YAML'
galley: 1
name: plan
vars: {on: {default: false}}
steps:
  - {id: first, uses: exec.run, with: {command: [echo, x]}}
  - {id: second, uses: exec.run, when: vars.on, with: {command: [echo, x]}}
  - {id: third, uses: exec.note, with: {text: "${steps.first.stdout}"}}
  - {id: fourth, uses: exec.note, when: 'steps.first.stdout == "y"', with: {text: z}}
YAML
galley plan plan.yaml
is "plan: exit code" 2 "$RC"
like "plan: skipped at once" "$OUT" 'second +skipped +when: vars\.on'
like "plan: what follows a skipped step waits for what that waits for" "$OUT" 'third +after first'
like "plan: what cannot be known yet is not skipped" "$OUT" 'fourth +after first'
galley run plan.yaml
is "note: exit code" 0 "$RC"
like "note: is told" "$ERR" '^third: x$|third: x'

# A program that is named by its path gets that path as its name.
cat >argv.yaml <<YAML
galley: 1
name: argv
steps:
  - {id: name, uses: exec.run, with: {command: [$PWD/sh, -c, 'echo \$0; tr "\\\\0" " " </proc/\$\$/cmdline']}}
YAML
ln -s /bin/sh sh
galley run --events events argv.yaml
is "argv: exit code" 0 "$RC"
like "argv: the path as named" "$(cat events)" "\"text\":\"$PWD/sh -c "
done_testing

#!/bin/bash
# What values become on their way from a var or an output to a step.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

# Out of what aws answers.
cp "$SRC"/tests/live/recipes/cli-user*.yaml .
play run cli-users --events events cli-users.yaml
is "outputs: exit code" 0 "$RC" || diag "$ERR"
is "outputs: a path to many values gives a list, also of none" "list=held nothing=skipped some=held" \
    "$(grep -E '"step":"(list|some|nothing)"' events >some; results_of some)"
value_of() { sed -nE 's/.*"event":"output_value".*"step":"'"$1"'","text":"(.*)","name":"'"$2"'".*/\1/p' events; }
is "outputs: the list" '[\"anna\",\"bob\"]' "$(value_of list all)"
is "outputs: a list of none" '[]' "$(value_of list none)"
is "outputs: one value" anna "$(value_of list first)"
is "outputs: of which one can be picked" bob "$(value_of some text)"
sed -i 's/first: "\$\.Users\[0\]/first: "$.Users[5]/' cli-users.yaml
play run cli-users cli-users.yaml
is "outputs: a path to one value that is not there fails" 1 "$RC"
like "outputs: and says which" "$ERR" 'output "first": there is nothing at \$\.Users\[5\]\.UserName'
sed -i 's/first: "\$\.Users\[5\]/first: "$.Users[-1]/; s/first == "anna"/first == "bob"/' cli-users.yaml
play run cli-users --events events cli-users.yaml
is "outputs: counted from the end" bob "$(value_of list first)"
like "outputs: and what uses them asks for something else" "$ERR" \
    'step "part/look" failed(.|'$'\n'')*departs from the recording: argument 5 is --user-name=bob, not --user-name=anna'

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
is "an optional var that is not given is null" "one[a]=changed one[b]=changed with=skipped without=changed" "$(results_of events)"
galley run --events events optional.yaml --var each='[a]' --var key=k
is "and not when it is given" "one[a]=changed with=changed without=skipped" "$(results_of events)"
cat >outer.yaml <<'YAML'
galley: 1
name: outer
steps:
  - {id: inner, include: optional.yaml, with: {each: [x, z]}}
YAML
galley run --events events outer.yaml
is "for_each in an included recipe" "inner/one[x]=changed inner/one[z]=changed inner/with=skipped inner/without=changed" "$(results_of events)"

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

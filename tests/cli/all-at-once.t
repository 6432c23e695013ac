#!/bin/bash
# All that is wrong with a recipe is told at once, in order, and nothing that
# is only wrong because something else is.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

said () { grep -oE '(^|galley: )[a-z-]+\.yaml:[0-9]+:[0-9]+: .*' .err | sed 's/^galley: //'; }
wrong () { # NAME WANTED : of `galley check bad.yaml`
    galley check bad.yaml
    is "$1: exit code" 3 "$RC"
    is "$1" "$2" "$(said)"
}

cat >bad.yaml <<'YAML'
galley: 1
colour: red
steps:
  - {id: a, uses: exec.rum, timeout: soon}
  - {id: b, uses: exec.run, needs: [zz], with: {command: [x], colour: x}}
  - {id: c, uses: nothing.at_all, when: vars.x == 1}
  - {id: d, uses: aws.identity, with: {account: "12"}, retry: {attempts: 0}}
  - {id: e, uses: exec.run, env: {1: x}}
YAML
wrong "errors of the file do not hide those of actions" 'bad.yaml:2:1: unknown key "colour"
bad.yaml:4:19: plugin "exec" has no action "rum" (did you mean "run"?)
bad.yaml:4:38: "timeout" must be a duration such as 90s, 10m or 1h30m, at most 30 days
bad.yaml:5:37: there is no step "zz"
bad.yaml:5:63: exec.run has no param "colour"
bad.yaml:6:19: unknown plugin "nothing" (there are: aws, eksctl, exec, helm, http, kubectl)
bad.yaml:6:41: there is no var "x"
bad.yaml:7:40: param "account" must be like 123456789012 ([0-9]{12}), not "12"
bad.yaml:7:74: "attempts" must be a whole number from 1 to 1000
bad.yaml:8:35: not the name of an environment variable'

# What is only misspelt is not missing too.
cat >bad.yaml <<'YAML'
galley: 1
defaults: {wiht: {region: us-east-1}}
steps:
  - {id: a, uses: aws.read, wiht: {service: iam, operation: x}}
  - {id: b, uses: aws.read, with: [service, iam]}
  - {id: c, uses: exec.run, with: {command: "${vars.x"}}
  - {id: d, uses: aws.read, with: {service: iam}}
  - {id: e, uses: exec.run, for_each: x, with: {command: [x]}}
  - {id: f, with: {command: [x]}, ueses: exec.run}
YAML
wrong "no errors that only follow from others" 'bad.yaml:2:12: unknown key "wiht" (did you mean "with"?)
bad.yaml:4:29: unknown key "wiht" (did you mean "with"?)
bad.yaml:5:35: "with" must be a map, not a list
bad.yaml:6:46: "${" without "}"
bad.yaml:8:39: "for_each" must be a list, a map or one reference to such
bad.yaml:9:35: unknown key "ueses" (did you mean "uses"?)'
sed -i 's/^defaults: .*/defaults: {with: {region: us-east-1}}/' bad.yaml
galley check bad.yaml
is "what is missing for sure is told" 'bad.yaml:7:19: aws.read needs param "operation": operation of the service' "$(said | grep needs)"
unlike "a default is not called useless while steps are not known" "$ERR" 'no action of this recipe'

# Of included recipes too, also when one is included twice.
cat >part.yaml <<'YAML'
galley: 1
steps:
  - {id: a, uses: exec.run, wiht: {command: [x]}}
  - {id: b, uses: exec.run, with: {comand: [x]}}
YAML
cat >bad.yaml <<'YAML'
galley: 1
steps:
  - {id: a, include: part.yaml}
  - {id: b, include: part.yaml}
  - {id: c, include: none.yaml}
  - {id: d, uses: exec.rum}
YAML
wrong "includes" 'bad.yaml:5:22: "none.yaml" cannot be read: No such file or directory
bad.yaml:6:19: plugin "exec" has no action "rum" (did you mean "run"?)
part.yaml:3:29: unknown key "wiht" (did you mean "with"?)
part.yaml:4:36: exec.run has no param "comand" (did you mean "command"?)'

# A file that is no sound YAML: only names are looked up.
cat >bad.yaml <<'YAML'
galley: 1
steps:
  - {id: a, uses: exec.run, with: {creates: x}, with: {command: [x]}}
  - {id: b, uses: exec.rum}
YAML
galley check bad.yaml
unlike "of a repeated key the other one may be meant" "$ERR" 'needs param'
like "but names are names" "$ERR" 'no action "rum"'

# The values of vars.
cat >bad.yaml <<'YAML'
galley: 1
vars: {n: {type: int}, m: {help: how many}}
steps:
  - {id: a, uses: exec.rum, with: {command: ["${vars.n}"]}}
YAML
galley run bad.yaml --var n=many
is "vars: exit code" 3 "$RC"
is "errors of values do not hide those of actions" 'bad.yaml:2:8: var "n" must be a whole number, not "many" (from --var)
bad.yaml:2:24: var "m" has no value (how many); give it by --var m=VALUE, --vars FILE
bad.yaml:4:19: plugin "exec" has no action "rum" (did you mean "run"?)' "$(said)"
sed -i '3i colour: red' bad.yaml
galley run bad.yaml --var n=many
unlike "values are not looked at when the file is wrong" "$ERR" 'var "n"'

# A for_each that comes to nothing.
cat >bad.yaml <<'YAML'
galley: 1
vars: {all: {default: [], type: list}, more: {type: list}}
defaults: {with: {region: us-east-1}}
steps:
  - {id: a, uses: exec.run, for_each: "${vars.all}", with: {comand: [x]}}
  - {id: b, uses: exec.rum, for_each: "${vars.more}"}
  - {id: c, uses: exec.run, for_each: [], with: {command: ["${each.value}"]}}
YAML
wrong "for_each over nothing, or over what is still to be given" \
    'bad.yaml:5:61: exec.run has no param "comand" (did you mean "command"?)
bad.yaml:6:19: plugin "exec" has no action "rum" (did you mean "run"?)'
cat >good.yaml <<'YAML'
galley: 1
vars: {all: {default: [], type: list}}
defaults: {with: {region: us-east-1}}
steps:
  - {id: a, uses: exec.note, with: {text: x}}
  - {id: b, uses: aws.identity, for_each: "${vars.all}", with: {account: "${each.value}"}}
YAML
galley run good.yaml
is "a default that only a for_each over nothing has a use for" "0:" "$RC:$(grep 'no action' <<<"$ERR")"
sed -i 's/default: \[\]/default: ["12"]/' good.yaml
galley run good.yaml
like "and over something, its value is looked at" "$ERR" 'good.yaml:6:65: param "account" must be like 123456789012'
done_testing

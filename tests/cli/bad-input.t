#!/bin/bash
# Bad input: a message with file, line and column where there is one, the
# documented exit code, and nothing started.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

recipe() { cat >bad.yaml; }
refused() { # NAME CODE REGEX : of `galley run bad.yaml`, and nothing was started
    galley run --events events bad.yaml
    is "$1: exit code" "$2" "$RC"
    like "$1: message" "$ERR" "$3"
    is "$1: nothing started" "" "$(grep command_start events 2>/dev/null)"
    rm -f events
}

galley run none.yaml
is "missing file: exit code" 3 "$RC"
like "missing file: message" "$ERR" 'none.yaml: .*[Nn]o such file'
mkdir folder.yaml
galley run folder.yaml
is "folder: exit code" 3 "$RC"
like "folder: message" "$ERR" 'folder.yaml: .*(folder|directory|regular file)'
: >bad.yaml
refused "empty" 3 '^galley: bad.yaml: has nothing in it'
recipe <<'YAML'
galley: 1
name: x
steps:
  - id: a
    uses: exec.run
    timeuot: 3s
YAML
refused "unknown key" 3 'bad.yaml:6:5: unknown key "timeuot" \(did you mean "timeout"\?\)'
recipe <<'YAML'
galley: 1
name: x
steps:
  - {id: a, uses: exec.run, with: {command: ["true"]}, retry: {attempts: many}}
YAML
refused "wrong type" 3 'bad.yaml:4:[0-9]+: .*attempts'
recipe <<'YAML'
galley: 1
name: x
steps:
  - {id: a, uses: exce.run, with: {command: ["true"]}}
YAML
refused "unknown plugin" 3 'bad.yaml:4:[0-9]+: unknown plugin "exce" \(did you mean "exec"\?\)'
recipe <<'YAML'
galley: 1
name: x
steps:
  - {id: a, uses: exec.rum, with: {command: ["true"]}}
YAML
refused "unknown action" 3 'bad.yaml:4:[0-9]+: plugin "exec" has no action "rum".*did you mean "run"'
recipe <<'YAML'
galley: 1
name: x
steps:
  - {id: a, uses: exec.run, with: {comand: ["true"], command: ["true"]}}
  - {id: b, uses: kubectl.get, with: {name: x}}
  - {id: c, uses: helm.release, with: {name: "-x", timeout: soon}}
YAML
refused "unknown and missing params" 3 'bad.yaml:4:[0-9]+: exec.run has no param "comand".*did you mean "command"'
like "all of them at once" "$ERR" 'bad.yaml:5:[0-9]+: kubectl.get needs param "resource"'
like "and the third" "$ERR" 'bad.yaml:6:[0-9]+: '
recipe <<'YAML'
galley: 1
name: x
vars:
  token: {secret: true, from: {env: TOKEN}}
steps:
  - {id: a, uses: exec.run, with: {command: [echo, "${vars.token}"]}}
YAML
TOKEN=abcdefgh refused "secret in argv" 3 'bad.yaml:6:[0-9]+: param "command" of exec.run would show a secret'
unlike "secret in argv: not shown" "$ERR" abcdefgh
recipe <<'YAML'
galley: 1
name: x
vars:
  need: {help: what is needed}
steps:
  - {id: a, uses: exec.run, with: {command: [echo, "${vars.need}"]}}
YAML
refused "missing var" 3 'need'
recipe <<'YAML'
galley: 1
name: x
steps:
  - {id: a, uses: exec.run, needs: [], with: {command: [echo, "${steps.b.stdout}"]}}
  - {id: b, uses: exec.run, needs: [], with: {command: ["true"]}}
YAML
refused "reference to a step that may run later" 3 'bad.yaml:4:[0-9]+: .*"?b"?'

# Tools: missing, and too old.
recipe <<'YAML'
galley: 1
name: x
steps:
  - {id: a, uses: kubectl.get, with: {resource: pods, kubeconfig: /dev/null, context: x}}
YAML
mkdir tools
for tool in cat sed grep rm; do ln -s "$(command -v $tool)" tools/; done
PATH=$WORK/tools refused "missing tool" 4 '"kubectl"'
cat >tools/kubectl <<'SH'
#!/bin/sh
echo '{"clientVersion": {"gitVersion": "v1.1.0"}}'
SH
chmod +x tools/kubectl
PATH=$WORK/tools:/bin:/usr/bin refused "tool too old" 4 "\"$WORK/tools/kubectl\" is version 1.1.0, but the kubectl plugin needs [0-9.]+ or newer"

# Options.
galley run bad.yaml --jobs 0
is "--jobs 0" 64 "$RC"
galley run bad.yaml --jobs 65
is "--jobs 65" 64 "$RC"
galley run bad.yaml other.yaml
is "two recipes" 64 "$RC"
galley run bad.yaml --plugin-dir relative
is "relative --plugin-dir" 64 "$RC"
galley run bad.yaml --var nonsense
is "--var without =" 64 "$RC"
galley check bad.yaml none.yaml
is "check: worst of all" 3 "$RC"
galley plugin show none
is "plugin show: unknown" 3 "$RC"
done_testing

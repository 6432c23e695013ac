#!/bin/bash
# Manual pages against the program: options, commands, exit codes, params of
# plugins, and the example of galley-plugin(3), which is compiled and run.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

page() { MANWIDTH=200 man -l "$1" 2>/dev/null | col -b; }
page "$SRC/man/galley.1" >galley.1
galley --help
commands=$(sed -n '/^Commands:/,/^$/p' <<<"$OUT" | sed -nE 's/^  (plugin [a-z]+|[a-z]+) .*/\1/p')
codes=$(sed -nE '/^Exit codes:/,$p' <<<"$OUT" | grep -oE '(^|[:,] ?|^ *)(128\+n|[0-9]+) ' | grep -oE '128\+n|[0-9]+' | sort -u)
is "exit codes of galley(1)" "$codes" "$(sed -n '/^EXIT STATUS/,/^[A-Z]/p' galley.1 | grep -oE '^ +(128\+n|[0-9]+) ' | tr -d ' ' | sort -u)"
is "commands of galley(1)" "$(sort <<<"$commands")" "$(sed -n '/^COMMANDS/,/^OPTIONS/p' galley.1 | grep -E '^ {7}[a-z]' | sed -E 's/^ +(plugin [a-z]+|[a-z]+).*/\1/' | sort)"
# shellcheck disable=SC2086,SC2046 # words
options=$(while read -r command; do galley $command --help; grep -oE -- '--[a-z-]+' <<<"$OUT"; done <<<"$commands" | sort -u)
is "options of galley(1)" "$options" "$(sed -n '/^OPTIONS/,/^OUTPUT/p' galley.1 | grep -E '^ {7}(-[a-z], )?--' | grep -oE -- '--[a-z-]+' | grep -v -- --version | sort -u)"

# Every param and output of every action is in its plugin's page.
galley plugin list --json
python3 - "$SRC" >missing <<'PY'
import json, re, subprocess, sys
src, plugins = sys.argv[1], json.load(open(".out"))
for plugin in plugins:
    name = plugin["name"]
    text = subprocess.run(["man", "-l", f"{src}/plugins/{name}/galley-{name}.7"], capture_output=True, text=True,
                          env={"MANWIDTH": "200", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}).stdout
    text = re.sub(".\b", "", text)
    for action in plugin["actions"]:
        if not re.search(rf"\b{name}\.{action['name']}\b", text):
            print(f"{name}.{action['name']}")
        for one in action["params"] + action["outputs"]:
            if not re.search(rf"\b{one['name']}\b", text):
                print(f"{name}.{action['name']} {one['name']}")
    for tool in plugin["tools"]:
        if tool["name"] != "*" and tool["name"] not in text:
            print(f"{name}: tool {tool['name']}")
PY
is "pages of plugins name every action, param, output and tool" "" "$(cat missing)"
for file in "$SRC"/man/*.[0-9] "$SRC"/plugins/*/*.7; do
    is "no warnings: ${file##*/}" "" "$(MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$file" 2>&1 >/dev/null)"
done

# The example: what the page shows is what a reader copies.
sed -n '/^EXAMPLE/,/^VERSIONS/p' <(MANWIDTH=200 man -l "$SRC/man/galley-plugin.3" | col -b) | sed '1d;$d' >demo.c
is "the example compiles" "" "$("${CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Werror -shared -fPIC -I"$SRC/src/api" -o demo.so demo.c 2>&1)"
cat >demo.yaml <<'YAML'
galley: 1
name: demo
steps:
  - {id: data, uses: demo.folder, with: {path: data}}
YAML
galley run --plugin-dir "$WORK" demo.yaml
is "the example runs" 0 "$RC"
like "and changes" "$ERR" 'data +changed'
galley run --plugin-dir "$WORK" demo.yaml
like "and holds" "$ERR" 'data +held'
done_testing

#!/bin/bash
# Every command answers --help on stdout with exit code 0, and a wrong
# command line on stderr with 64.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

galley --help
is "--help: exit code" 0 "$RC"
is "--help: nothing on stderr" "" "$ERR"
commands=$(sed -n '/^Commands:/,/^$/p' <<<"$OUT" | sed -nE 's/^  (plugin [a-z]+|[a-z]+) .*/\1/p')
is "--help: lists the commands" "run plan resume runs log why check show doctor plugin list plugin show completion" "$(echo $commands)"
for code in 0 1 2 3 4 5 64 '128\+n'; do like "--help: exit code $code" "$OUT" "[[:space:],]$code "; done
while read -r command; do
    # shellcheck disable=SC2086 # one or two words
    galley $command --help
    is "$command --help: exit code" 0 "$RC"
    is "$command --help: nothing on stderr" "" "$ERR"
    like "$command --help: usage" "$OUT" "galley $command .*OPTION"
    # shellcheck disable=SC2086
    galley $command --no-such-option
    is "$command --no-such-option: exit code" 64 "$RC"
    is "$command --no-such-option: nothing on stdout" "" "$OUT"
    is "$command --no-such-option: says it" "galley: unknown option --no-such-option
Try \"galley $command --help\"." "$ERR"
done <<<"$commands"
galley
is "no command: exit code" 64 "$RC"
galley rnu x
is "unknown command: exit code" 64 "$RC"
is "unknown command: says it" 'galley: unknown command "rnu" (did you mean "run"?)
Try "galley --help".' "$ERR"
galley --version
is "--version" 0 "$RC"
like "--version: text" "$OUT" '^galley [0-9]+\.[0-9]+\.[0-9]+$'

# Completion, as bash would ask for it.
mkdir bin
ln -s "$GALLEY" bin/galley
PATH=$WORK/bin:$PATH
galley completion zsh
is "completion: unknown shell" 64 "$RC"
source <("$GALLEY" completion bash)
compopt() { :; }
complete_line() { # WORD... : the last one is being typed
    unset -f galley
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _galley
    echo "${COMPREPLY[*]}"
}
is "completion: commands" "plan plugin" "$(complete_line galley pl)"
is "completion: words of plugin" "show" "$(complete_line galley plugin s)"
is "completion: options" "--transcript" "$(complete_line galley run --tr)"
is "completion: options of a replay" "--record --replay" "$(complete_line galley resume --re | tr ' ' '\n' | grep -v retry | sort -u | paste -sd ' ')"
touch made.jsonl
is "completion: a recording" "made.jsonl" "$(complete_line galley run --replay made)"
is "completion: plugins" "helm" "$(complete_line galley plugin show he)"
cat >steps.yaml <<'YAML'
galley: 1
name: steps
steps:
  - {id: size, uses: exec.run, for_each: [big, small], with: {command: [echo, "${each.value}"]}}
  - {id: other, uses: exec.run, with: {command: ["true"]}}
YAML
galley run -q steps.yaml
RUN=$(newest)
for command in log why resume; do
    is "completion: runs of $command" "$RUN" "$(complete_line galley "$command" "${RUN%??}")"
done
is "completion: steps of the newest run" 'other' "$(complete_line galley log ot)"
is "completion: steps of a run, quoted" 'size\[big\] size\[small\]' "$(complete_line galley log -f "$RUN" si)"
is "completion: no step after a step" "" "$(complete_line galley log "$RUN" other o)"
is "completion: options of log" "--follow" "$(complete_line galley log --f)"
touch a.yaml b.txt
is "completion: recipes" "a.yaml" "$(complete_line galley run a)"
mkdir recordings
touch "recordings/first run.jsonl" recordings/notes.txt
is "completion: recordings" "recordings/first run.jsonl" "$(complete_line galley run --replay = recordings/)"
is "completion: recordings, as a word of its own" "recordings/first run.jsonl" "$(complete_line galley resume --record recordings/f)"
like "completion: nothing typed yet" " $(complete_line galley run --replay =) " ' recordings '
is "completion: other files" "b.txt" "$(complete_line galley run --events = b.)"
cd bin
is "completion: of a galley that is not in PATH" "--transcript" "$(PATH=/usr/bin:/bin; complete_line ./galley run --tr)"
done_testing

#!/bin/bash
# The program's commands and all unit tests under valgrind: no memory that is
# lost or wrongly used, no descriptor that is left open.  make check-valgrind;
# too slow for every change.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1
command -v valgrind >/dev/null || { echo "1..0 # SKIP valgrind is not installed"; exit 0; }

# Under valgrind malloc is its own.
unset MALLOC_PERTURB_
GALLEY_RUN=("$BUILD/libtool" --mode=execute valgrind -q --leak-check=full --errors-for-leak-kinds=definite
    --track-fds=yes --child-silent-after-fork=yes --error-exitcode=99)

# What valgrind says of "Open file descriptor", but for what was there before,
# GLib's wake-up descriptor, and plugins: those stay open on purpose.
left_open() { # LOG
    awk '/Open (file descriptor|AF_|.* socket)/ {what = $0; next}
        what != "" && /inherited from parent/ {what = ""}
        what != "" && /g_wakeup_new|eventfd/ {what = ""}
        what != "" && / at 0x/ {if (what !~ /\.so$/) print what; what = ""}' "$1"
}
clean() { # NAME WANTED-EXIT-CODE ARGUMENT...
    local name=$1 wanted=$2 rc=0
    shift 2
    timeout 120 "${GALLEY_RUN[@]}" "$GALLEY" "$@" >out 2>log </dev/null || rc=$?
    is "$name: exit code" "$wanted" "$rc"
    is "$name: nothing left open" "" "$(left_open log)"
}

export TOKEN=canary-value
cat >fine.yaml <<'YAML'
galley: 1
name: fine
vars:
  token: {secret: true, from: {env: TOKEN}}
steps:
  - id: made
    uses: exec.run
    with: {command: [touch, made], creates: made}
  - id: each
    uses: exec.run
    for_each: [a, b, c]
    with: {command: [sh, -c, 'echo "$T"; exit 0'], parse: lines}
    env: {T: "${vars.token}"}
  - id: slow
    uses: exec.run
    with: {command: [sleep, "10"]}
    timeout: 300ms
    continue_on: true
YAML
cat >bad.yaml <<'YAML'
galley: 1
name: bad
steps:
  - {id: one, uses: exec.ran, with: {command: x}}
  - {id: one, uses: nothing.run, wiht: {}}
YAML
cat >crash.yaml <<'YAML'
galley: 1
name: crash
steps:
  - {id: it, uses: evil.crash, retry: {attempts: 1}}
YAML
clean "run" 0 run fine.yaml --events events --transcript transcript
clean "run again" 0 run -v fine.yaml
clean "plan" 2 plan fine.yaml
clean "check" 0 check fine.yaml
clean "check, errors" 3 check bad.yaml
clean "show" 0 show fine.yaml
clean "doctor" 0 doctor fine.yaml
clean "plugin list" 0 plugin list
clean "plugin show" 0 plugin show helm
clean "runs" 0 runs
clean "log" 0 log
clean "why" 0 why
clean "resume, nothing to do" 0 resume
clean "resume, once more" 0 resume --retry made
clean "no such run" 64 resume 99999999
clean "wrong option" 64 run --nope
[ ! -e "$BUILD/tests/testplugins/.libs/evil.so" ] || clean "a plugin that crashes" 1 run "${EVIL[@]}" crash.yaml

[ -z "${COMMANDS_ONLY:-}" ] || { done_testing; exit 0; }
for program in "$BUILD"/tests/unit/test-* "$BUILD"/tests/plugins/test-*; do
    [ -x "$program" ] && [ -f "$program" ] || continue
    case ${program##*/} in *.o | *.log | *.trs) continue ;; esac
    rc=0
    timeout 500 "${GALLEY_RUN[@]}" --trace-children=no "$program" >out 2>log </dev/null || rc=$?
    # Some look at times; that memory is not misused is what is asked here.
    is "${program##*/}: memory" "" "$(grep -E '^==[0-9]+== (Invalid|Conditional|Use of|Syscall param|Mismatched|.*definitely lost)' log | sort | uniq -c)"
done
done_testing

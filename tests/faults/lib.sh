# shellcheck shell=bash
# For tests of faults: galley as it is built, with a small recipe, and what
# goes wrong.  Each line of TAP begins with the id of its fault, F001 to
# F126.  To be sourced by bash.  FAULTS=long: what takes longer, too.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

TOP=$WORK
long() { [ "${FAULTS:-short}" = long ]; }
skip() { # NAME REASON
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}
# able NAME PROGRAM... : TRUE when all of them are there; "root" is a program
# nobody but root has, "plain" a galley that is not built with sanitizers, which
# want memory, descriptors and /proc of their own.  Otherwise NAME is skipped.
able() {
    local name=$1 program
    shift
    for program; do
        if [ "$program" = root ]; then
            [ "$(id -u)" -eq 0 ] || { skip "$name" "needs root"; return 1; }
        elif [ "$program" = plain ]; then
            ! grep -qE '__[at]san_init' "$GALLEY" || { skip "$name" "is not for sanitizers"; return 1; }
        else
            command -v "$program" >/dev/null || { skip "$name" "needs $program"; return 1; }
        fi
    done
}

# step COMMAND [MORE] : recipe.yaml has one step, "it"; both are YAML in flow
# style.  next_step adds one that leaves the file "next" behind.
step() {
    printf 'galley: 1\nname: fault\nsteps:\n' >recipe.yaml
    printf '  - {id: it, uses: exec.run, with: {command: %s}%s}\n' "$1" "${2:+, $2}" >>recipe.yaml
    rm -f next
}
next_step() {
    printf '  - {id: next, uses: exec.run, with: {command: [touch, next]}}\n' >>recipe.yaml
}
# run [WRAPPER...] : galley runs recipe.yaml, from WRAPPER, with OPTIONS; OUT,
# ERR and RC as of "galley" (RC 137: it hung), and the file "events".
OPTIONS=()
run() {
    rm -f events
    RC=0
    # Leaks cannot be looked for where another program traces this one.
    if [ "${1:-}" = strace ]; then local -x ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0; fi
    timeout -s KILL 120 "$@" "$GALLEY" run --events events "${OPTIONS[@]}" recipe.yaml >"$WORK/.out" 2>"$WORK/.err" </dev/null || RC=$?
    OUT=$(cat "$WORK/.out") ERR=$(cat "$WORK/.err")
}
# event NAME FIELD : of all events of this name, as JSON has it, a line each;
# nothing for those without.
event() {
    sed -nE -e "/^\\{\"event\":\"$1\"/!d" -e 's/.*"'"$2"'":("([^"\\]|\\.)*"|[^][{},"]+).*/\1/p' events
}

# left : a line for each process that a tool of this script left behind, and
# for each galley and plugin host of it that is still there.
left() {
    local file pid
    for file in $(grep -lszF "XDG_STATE_HOME=$TOP/" /proc/[0-9]*/environ); do
        pid=${file%/environ} pid=${pid#/proc/}
        if grep -qsz '^GALLEY_PROCESS=' "$file" || [ "$(readlink "/proc/$pid/exe")" = "$GALLEY" ]; then
            printf '%s %s\n' "$pid" "$(tr '\0' ' ' <"/proc/$pid/cmdline")"
        fi 2>/dev/null
    done
}
nothing_left() { is "$1: nothing runs" "" "$(left)"; }    # ID

# until_file FILE : FALSE after a minute without it.
until_file() {
    local end=$((SECONDS + 60))
    until [ -e "$1" ]; do
        [ $SECONDS -lt $end ] || return 1
        read -rt 0.02 <> <(:)
    done
}

# fake NAME : the fake tool (tests/fakecli) as ./NAME; its scenario is stdin.
fake() {
    [ -e "$1" ] || ln -s "$BUILD/tests/fakecli/fakecli" "$1"
    cat >"$1.fake"
}

# inject NAME WHAT... : galley runs recipe.yaml, itself and all below it with
# system calls that fail, as strace's -e inject= names them; to be called
# where "able NAME strace" holds.
inject() {
    local expression options=()
    for expression; do options+=(-e "inject=$expression"); done
    run strace -f -qq -o /dev/null "${options[@]}"
}

# aside NAME FUNCTION... : call it in the folder NAME, beside what follows; with
# a state of its own, or locks would keep them apart.
# join NAME : wait for it, and go on as if one had just done it: in its folder,
# with RC, OUT and ERR.  "cd" comes back.
declare -A asides
aside() {
    mkdir "$1"
    ( WORK=$WORK/$1 XDG_STATE_HOME=$WORK/$1/state; cd "$WORK" && "${@:2}"; declare -p RC OUT ERR | sed 's/^declare --/declare -g/' >.results ) &
    asides[$1]=$!
}
join() {
    wait "${asides[$1]}"
    cd "$1" || exit 1
    # shellcheck source=/dev/null
    . ./.results
}

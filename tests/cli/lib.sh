# shellcheck shell=bash
# Functions for tests of the program itself; to be sourced by bash.  TAP on
# stdout; each test has a folder of its own, $WORK, which is gone afterwards.

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
SRC=$(cd "${G_TEST_SRCDIR:?}" && pwd -P) BUILD=${G_TEST_BUILDDIR:?}     # "build/.." is not in "build"
GALLEY=${GALLEY:?}
export HOME=$WORK/home XDG_STATE_HOME=$WORK/state
mkdir -p "$HOME"
unset KUBECONFIG TERM
EVIL=(--plugin-dir "$BUILD/tests/testplugins/.libs")
cd "$WORK" || exit 1
number=0

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }
result() { # RC NAME
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then echo "ok $number - $2"; return 0; fi
    echo "not ok $number - $2"
    return 1
}
is() { # NAME WANTED GOT
    result "$([ "$2" = "$3" ]; echo $?)" "$1" || diag "wanted: $2"$'\n'"got:    $3"
}
like() { # NAME TEXT REGEX : extended, over all lines
    result "$([[ $2 =~ $3 ]]; echo $?)" "$1" || diag "wanted: $3"$'\n'"got:    $2"
}
unlike() { # NAME TEXT REGEX
    result "$([[ ! $2 =~ $3 ]]; echo $?)" "$1" || diag "not wanted: $3"$'\n'"got:        $2"
}
done_testing() { echo "1..$number"; }

# galley ARGUMENT... : sets OUT, ERR and RC
galley() {
    RC=0
    "$GALLEY" "$@" >"$WORK/.out" 2>"$WORK/.err" </dev/null || RC=$?
    OUT=$(cat "$WORK/.out") ERR=$(cat "$WORK/.err")
}

# Ids of runs begin with the time: of two in one second, neither is the newer.
next_second() {
    local begun now
    printf -v begun '%(%s)T' -1
    until printf -v now '%(%s)T' -1; [ "$now" != "$begun" ]; do read -rt 0.02 <> <(:); done
}
# The id of the newest run.
newest() { find "$XDG_STATE_HOME/galley/runs" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tail -1; }
# until_text TEXT FILE : FALSE after a minute without it
until_text() {
    local end=$((SECONDS + 60))
    until grep -qs -- "$1" "$2"; do
        [ $SECONDS -lt $end ] || return 1
        read -rt 0.02 <> <(:)
    done
    return 0
}

# Where the recording of this name is.
recording() { find "$SRC/recipes/recordings" "$SRC/tests/recordings" -name "$1.jsonl"; }
# play COMMAND RECORDING ARGUMENT... : that run again, one step at a time, with
# the answers of the real tools
play() { galley "$1" -j 1 --replay "$(recording "$2")" "${@:3}"; }
# "step=result ..." of these events, in order of their ids.
results_of() { sed -nE 's/.*"event":"step_end".*"step":"([^"]+)".*"result":"([a-z ]+)".*/\1=\2/p' "$1" | sort | xargs; }
# The id of the run that wrote these events.
run_of() { sed -nE 's/.*"event":"run_start".*"run":"([^"]+)".*/\1/p' "$1"; }
# recorded_tools RECORDING... : $WORK/tools has the vendors' tools of those runs,
# which answer to whoever asks the same what they answered there first.
recorded_tools() {
    local name
    rm -rf "$WORK/tools"
    mkdir "$WORK/tools"
    for name; do
        python3 - "$(recording "$name")" "$WORK/tools" <<'END' || return 1
import json, shlex, sys
calls, ends = {}, {}
for line in map(json.loads, open(sys.argv[1])):
    if "call" in line:
        calls[line["call"]] = line["argv"]
    elif "end" in line:
        ends[line["end"]] = line
for number, (tool, *arguments) in calls.items():
    if tool not in ("aws", "eksctl", "helm", "kubectl"):
        continue
    with open(f"{sys.argv[2]}/{tool}.fake", "a") as file:
        print("call", *map(shlex.quote, arguments), file=file)
        for piece in ends[number]["output"]:
            for stream in {"out", "err"} & set(piece):
                print("  " + stream, json.dumps(piece[stream]), file=file)
        print("  exit", ends[number]["exit"], file=file)
END
    done
    for name in "$WORK"/tools/*.fake; do ln -s "$BUILD/tests/fakecli/fakecli" "${name%.fake}"; done
}

# What differs from machine to machine, and from run to run.
places() {
    sed -E -e "s,$GALLEY,galley,g" -e "s,$WORK,WORK,g" -e "s,$BUILD,BUILD,g" -e "s,$SRC,SRC,g" \
        -e 's/[0-9]{8}-[0-9]{6}-[0-9a-f]{6}/RUN/g' -e 's/galley [0-9]+\.[0-9]+\.[0-9]+/galley VERSION/g'
}
sanitize() {
    places | sed -E -e 's/[0-9]+(\.[0-9]+)? (ms|s)\b/TIME/g' -e 's/ +TIME/ TIME/g' \
        -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/STAMP/g'
}

# golden NAME ARGUMENT... : what galley says and how it exits, against
# tests/golden/NAME.out.  UPDATE_GOLDEN=1 writes that file instead.
golden() {
    galley "${@:2}"
    as_golden "$1" sanitize "${@:2}"
}
# golden_play NAME COMMAND RECORDING ARGUMENT... : likewise; the times of a
# replay are those of the recording, and always the same.
golden_play() {
    play "${@:2}"
    as_golden "$1" places "$2" --replay "$3" "${@:4}"
}
as_golden() { # NAME FILTER ARGUMENT...
    local name=$1 filter=$2 file=$SRC/tests/golden/$1.out
    shift 2
    { printf '$ galley %s\n' "$*"; cat "$WORK/.out"; echo "-- stderr"; cat "$WORK/.err"; echo "-- exit $RC"; } |
        "$filter" >"$WORK/.golden"
    if [ -n "${UPDATE_GOLDEN:-}" ]; then cp "$WORK/.golden" "$file"; fi
    if diff -u "$file" "$WORK/.golden" >"$WORK/.diff" 2>&1; then
        result 0 "golden: $name"
    else
        result 1 "golden: $name" || diag "$(cat "$WORK/.diff")"
    fi
}

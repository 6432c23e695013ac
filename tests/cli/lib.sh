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

# What differs from run to run and from machine to machine.
sanitize() {
    sed -E -e "s,$GALLEY,galley,g" -e "s,$WORK,WORK,g" -e "s,$BUILD,BUILD,g" -e "s,$SRC,SRC,g" \
        -e 's/[0-9]{8}-[0-9]{6}-[0-9a-f]{6}/RUN/g' \
        -e 's/[0-9]+(\.[0-9]+)? (ms|s)\b/TIME/g' -e 's/ +TIME/ TIME/g' \
        -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/STAMP/g' \
        -e 's/galley [0-9]+\.[0-9]+\.[0-9]+/galley VERSION/g'
}

# golden NAME ARGUMENT... : what galley says and how it exits, against
# tests/golden/NAME.out.  UPDATE_GOLDEN=1 writes that file instead.
golden() {
    local name=$1 file=$SRC/tests/golden/$1.out
    shift
    galley "$@"
    { printf '$ galley %s\n' "$*"; cat "$WORK/.out"; echo "-- stderr"; cat "$WORK/.err"; echo "-- exit $RC"; } |
        sanitize >"$WORK/.golden"
    if [ -n "${UPDATE_GOLDEN:-}" ]; then cp "$WORK/.golden" "$file"; fi
    if diff -u "$file" "$WORK/.golden" >"$WORK/.diff" 2>&1; then
        result 0 "golden: $name"
    else
        result 1 "golden: $name" || diag "$(cat "$WORK/.diff")"
    fi
}

#!/bin/bash
# A run that is recorded, and replayed: elsewhere, without its tools, without
# its secrets, it comes to the same; and what is not the same is told.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1
mkdir bin elsewhere elsewhere/home
export PATH=$WORK/bin:$PATH

# recipe [NAME: VALUE...] : r.yaml has the steps of stdin.
recipe() { { printf 'galley: 1\nname: played\n'; printf '%s\n' "$@"; echo "steps:"; cat; } >r.yaml; }
# tool NAME : a program, its text is stdin, that also leaves a mark in "ran".
tool() { { printf '#!/bin/bash\necho "$0 $*" >>%q/ran\n' "$WORK"; cat; } >"bin/$1"; chmod +x "bin/$1"; }
# record OPTION... : to "rec", with the events "live"; then nothing of it is known.
record() {
    rm -f ran
    galley run --record rec --events live "$@" r.yaml
    cp .err live.err
    ran=$(cat ran 2>/dev/null)
}
# elsewhere COMMAND... : in another folder, as somebody else with nothing installed.
elsewhere() {
    RC=0
    (cd elsewhere && env -i ${ASAN_OPTIONS:+"ASAN_OPTIONS=$ASAN_OPTIONS"} HOME="$WORK/elsewhere/home" TMPDIR=/nowhere PATH=/nowhere \
        XDG_STATE_HOME="$WORK/elsewhere/state" "$GALLEY" "$@" >"$WORK/.out" 2>"$WORK/.err" </dev/null) || RC=$?
    OUT=$(cat .out) ERR=$(cat .err)
}
# replay OPTION... : the same recipe, elsewhere; its events are "played".
replay() {
    mkdir -p elsewhere/deep
    cp ./*.yaml elsewhere/deep/ 2>/dev/null
    elsewhere run --replay ../rec --events ../played "$@" deep/r.yaml
}
# Events, but for when they came, the time that galley itself takes, and where that was.
plain() {
    sed -E -e '/"event":"warning".*replayed from/d' -e 's/"(out|err)_bytes":[1-9][0-9]*/"\1_bytes":N/g' -e 's/"argv":\[[^]]*"run",.*//' \
        -e 's/"time":"[^"]*",//' -e 's/"elapsed_ms":[0-9]+,//' -e '/"event":"(step|run)_end"/s/"duration_ms":[0-9]+,?//' \
        -e 's/[0-9]{8}-[0-9]{6}-[0-9a-f]{6}/RUN/g' -e "s,$WORK/elsewhere/(deep|state|home),WORK,g" -e "s,$WORK(/state|/home)?,WORK,g" -e 's,deep/r.yaml,r.yaml,g' "$1"
}
# same NAME [FILTER...] : what was played is what was live, and no tool ran.
same() {
    local name=$1
    shift
    if [ $# = 0 ]; then set -- cat; fi
    is "$name: the run has an end" 1 "$(grep -c '"event":"run_end"' played)"
    diff <(plain live | "$@") <(plain played | "$@") >.diff
    is "$name: the same events" "" "$(cat .diff)"
    is "$name: no tool runs" "$ran" "$(cat ran 2>/dev/null)"
}
# departs NAME TEXT : the step "it" fails as the recipe departs from the recording.
departs() {
    is "$1: exit code" 1 "$RC"
    is "$1: is told" "$2" "$(sed -nE 's/^  diagnosis  departs from the recording(: |, )//p' .err)"
    like "$1: the step" "$ERR" 'r.yaml:[0-9]+: step "it" failed'
    like "$1: what helps" "$ERR" 'fix        play the recipe and the vars that were recorded, or record them anew'
    is "$1: no tool runs" "$ran" "$(cat ran 2>/dev/null)"
}

# ---- the same ----------------------------------------------------------------

tool flaky <<'END'
n=$(cat count 2>/dev/null || echo 0); echo $((n + 1)) >count
echo "try $n"; echo "to stderr" >&2
[ "$n" -ge 2 ] || exit 75
END
tool give <<'END'
printf '{"items": [{"name": "a", "n": 1}, {"name": "b", "n": 2}], "at": "%s"}\n' "$HOME"
END
recipe 'vars: {who: {default: world}, given: {from: {env: GIVEN}}}' <<'END'
  - {id: flaky, uses: exec.run, with: {command: [flaky]}, retry: {attempts: 3, delay: 10ms}}
  - {id: give, uses: exec.run, with: {command: [give], parse: json}, outputs: {second: "$.items[1].name", all: "$.items[*].n"}}
  - {id: each, uses: exec.run, with: {command: [echo, "${each.key} ${each.value}", "job-${run.id}"]}, for_each: {one: 1, two-2.x: "${vars.given}"}}
  - {id: held, uses: exec.run, with: {command: [touch, made], creates: made}}
  - {id: unless, uses: exec.run, with: {command: [touch, made2], unless: [test, -e, made2]}}
  - {id: skipped, uses: exec.run, with: {command: [give]}, when: vars.who == "nobody"}
  - {id: script, uses: exec.run, with: {script: "echo $X; exit 3", env: {X: "${steps.give.second}"}}, continue_on: true}
  - {id: last, uses: exec.run, with: {command: [echo, "all ${steps.give.second}"]}}
END
export GIVEN=given
record -j 1
is "recorded: exit code" 0 "$RC"
is "recorded: nobody else reads it" 600 "$(stat -c %a rec)"
unset GIVEN
replay -j 1
is "replayed: exit code" 0 "$RC"
same "replayed"
like "it says that nothing is done" "$ERR" '^warning: replayed from "../rec", recorded on [0-9]{4}-[0-9]{2}-[0-9]{2}: no tool runs, nothing is done, waits take no time'
is "nothing is made" "" "$(cd elsewhere/deep && ls | grep -v yaml)"
diff <(sanitize <live.err) <(sed -e 1d -e 's,elsewhere/\(state\|deep/\),\1,g' -e 's,deep/,,g' .err | sanitize) >.diff
is "its text is the same, but for that" "" "$(cat .diff)"
elsewhere log
sed -e 1,4d -e 's/ after .*//' -e "s,$WORK/elsewhere/[a-z]*,WORK,g" -e 's,deep/,,g' .out | sanitize >played.log
galley log
sed -e 1,3d -e 's/ after .*//' -e "s,$WORK/\\(state\\|home\\),WORK,g" .out | sanitize >live.log
diff live.log played.log >.diff
is "galley log is the same" "" "$(cat .diff)"
replay
is "replayed with more jobs: exit code" 0 "$RC"
galley run -j 1 --replay rec --events played r.yaml
is "where it was recorded: exit code" 0 "$RC"
same "where it was recorded"
rm -f made made2 count

# ---- folders -----------------------------------------------------------------

recipe 'uses_env: [PWD, HOME]' <<'END'
  - {id: it, uses: exec.run, with: {command: [echo, "${recipe.dir}/x", "${env.PWD}/y", "${env.HOME}/z"], stdin: "${recipe.dir} ${env.PWD} ${env.HOME}"}}
END
mkdir -p three/recipe three/home
cp r.yaml three/recipe
cp r.yaml three/home
in_folder() { # FOLDER HOME GALLEY'S-ARGUMENT... : sets RC and ERR
    RC=0
    (cd "$1" && HOME=$2 "$GALLEY" "${@:3}" >.out 2>.err) || RC=$?
    ERR=$(cat "$1/.err")
}
in_folder three "$WORK/three/home/" run --record ../rec recipe/r.yaml
is "three folders: recorded" 0 "$RC"
is "three folders: by their names" "" "$(grep -F "$WORK" rec)"
in_folder three/home "$WORK/three/home" run --replay ../../rec r.yaml
is "three folders that are one: replayed" "0:" "$RC:$(grep diagnosis <<<"$ERR")"
in_folder three/home "$WORK/three/home" run --record ../../rec r.yaml
is "one folder: recorded" 0 "$RC"
in_folder three "$WORK/three/home" run --replay ../rec recipe/r.yaml
is "one folder that is three: replayed" "0:" "$RC:$(grep diagnosis <<<"$ERR")"
done_testing

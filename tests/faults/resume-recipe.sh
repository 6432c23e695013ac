# shellcheck shell=bash
# The run that is killed, and what has to be true of it in the end: sourced by
# resume.t.  What CHECK and RESET of crash-loop and error-loop need is exported.
#   made   has `creates`: a folder
#   asked  has `unless`, and runs beside it
#   once   nothing shows whether it was done
#   part   an include, after all three; kills galley if there is a file
#          "suicide"
#   last   a script, and nothing shows whether it was done
# What each does is seen in "effects", and done in one system call.
export GALLEY WORK
crash_recipe() {
    mkdir -p part
    cat >recipe.yaml <<YAML
galley: 1
name: crash
steps:
  - {id: made, uses: exec.run, with: {command: [sh, -c, "mkdir made || echo made twice >>effects"], creates: made}}
  - {id: asked, needs: [], uses: exec.run, with: {command: [sh, -c, "echo asked >>effects"], unless: [grep, -x, asked, effects]}}
  - {id: once, needs: [], uses: exec.run, with: {command: [sh, -c, "echo once >>effects; echo said"]}}
  - {id: part, needs: [made, asked, once], include: part/part.yaml}
  - {id: last, uses: exec.run, with: {script: "echo last >>effects"}}
YAML
    cat >part/part.yaml <<YAML
galley: 1
name: part
steps:
  - {id: inner, uses: exec.run, with: {command: [sh, -c, "echo inner >>effects; rm suicide 2>/dev/null && kill -KILL \$PPID; true"], cwd: $WORK, unless: [grep, -x, inner, effects]}}
YAML
}
crash_reset() {
    rm -rf made state/galley
    : >effects
}
# What resume begins with: made, asked and once are done, part was cut off.
crash_halfway() {
    crash_reset
    touch suicide
    "$GALLEY" run recipe.yaml >/dev/null 2>&1 </dev/null
    flock state/galley/locks/crash-* true
    rm -rf halfway
    mkdir halfway
    cp -a state effects made halfway
}
halfway_reset() {
    rm -rf state made
    cp -a halfway/. .
}
effects_are_whole() { [ "$(sort effects | xargs)" = "asked inner last once" ] && [ -d made ]; }
say() {
    echo "$*"
    return 1
}
# what_is_so ASKED : the options that say to resume what is so of each step it
# asks about, a word a line.
what_is_so() {
    local step
    for step in once last; do
        case $1 in *"--retry $step, or --skip $step"*)
            if grep -qx "$step" effects; then echo --skip; else echo --retry; fi
            echo "$step" ;;
        esac
    done
}
# To the end, from what was left: in ID, "" if it was no run.  FALSE: it says why.
go_on() { # ID
    local out rc round words=()
    for round in 1 2 3 4; do
        rc=0
        out=$(timeout 60 "$GALLEY" resume --wait "${words[@]}" $1 2>&1) || rc=$?
        case $rc:$out in
        0:*) return 0 ;;
        64:*"there are no runs yet"* | 4:*"was ended before its first step began"*)
            [ -z "$(cat effects)" ] && [ ! -d made ] || { say "no run, but effects: $(xargs <effects)"; return 1; }
            out=$("$GALLEY" run recipe.yaml 2>&1) || { say "begun anew: exit $?: $out"; return 1; }
            id=
            return 0 ;;
        4:*) mapfile -t words < <(what_is_so "$out")
            [ ${#words[@]} -gt 0 ] || { say "round $round: exit 4: $out"; return 1; } ;;
        *) say "round $round: exit $rc: $out"; return 1 ;;
        esac
    done
    say "asks on and on: $out"
}
crash_check() {
    local id
    id=$(cd state/galley/runs 2>/dev/null && ls)
    go_on "$id" || return 1
    effects_are_whole || { say "effects: $(xargs <effects)"; return 1; }
    [ -z "$id" ] || "$GALLEY" resume "$id" 2>&1 | grep -q 'ended well: there is nothing to resume$' || say "its record does not say that it ended well"
}
# The same for a run in which a system call failed; and no success is claimed
# that was none.
error_check() {
    [ "$RC" -ne 0 ] || effects_are_whole || { say "exit 0, but effects: $(xargs <effects)"; return 1; }
    crash_check
}
export -f crash_reset halfway_reset crash_check error_check go_on what_is_so effects_are_whole say

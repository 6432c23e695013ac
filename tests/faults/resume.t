#!/bin/bash
# Runs that are killed, and gone on with: faults F032, F057 to F063, F068,
# F069, F072, F073, F076, F123, F124.
. "$G_TEST_SRCDIR/tests/faults/lib.sh" || exit 1
. "$G_TEST_SRCDIR/tests/faults/resume-recipe.sh" || exit 1
LOOPS=$G_TEST_SRCDIR/tests/faults

# The shell tells of what was killed: not a word.
quietly() { { "$@"; } 2>/dev/null; }
again() {
    rm -rf state/galley made A B
    : >effects
}
# What a killed galley has started may take a moment to end.
OPTIONS=(--wait)
resume() { quietly galley resume --wait "$@"; }
# The run there is.
run_id() { (cd state/galley/runs && ls); }
plain() { sed -E -e "s,$GALLEY,galley,g" -e "s,$WORK/,,g" -e 's/[0-9]{8}-[0-9]{6}-[0-9a-f]{6}/RUN/g' <<<"$1"; }
# How the steps of the last run or resume ended, sorted.
results() { sed -nE '1,/^step +result/d; s/^([a-z/]+) +(held|changed|failed|skipped|unknown|not run|stopped) +([0-9]+|-) .*/\1:\2/p' <<<"$ERR" | sort | xargs; }
export TZ=UTC      # times are shown as they are here
# A tool that kills galley.
suicide='kill -KILL $PPID'

# ---- a step that was cut off -------------------------------------------------

again
step "[sh, -c, 'echo x >>effects; $suicide'], unless: [grep, -q, x, effects]"
next_step
quietly run
is "F057: cut off, but done: galley is killed" 137 "$RC"
resume
is "F057: cut off, but done: resume" "0 it:held next:changed" "$RC $(results)"
like "F057: cut off, but done: it says so" "$ERR" "it +held .* it had been done when it was cut off"
is "F057: cut off, but done: not again" x "$(xargs <effects)"

again
step "[sh, -c, '[ -e A ] || { touch A; $suicide; exit; }; echo x >>effects'], unless: [grep, -q, x, effects]"
next_step
quietly run
resume
is "F058: cut off, and not done: resume" "0 it:changed next:changed" "$RC $(results)"
is "F058: cut off, and not done: run again, once" x "$(xargs <effects)"
resume
is "F058: cut off, and not done: it is done now" "0 x" "$RC $(xargs <effects)"

again
step "[sh, -c, 'echo x >>effects; [ -e A ] || $suicide']"
next_step
quietly run
resume
is "F060: nothing shows it: asks" "4 it:unknown next:not run" "$RC $(results)"
is "F060: nothing shows it: what it asks" 'recipe.yaml:4: step "it" unknown: exec.run
  diagnosis  it was cut off, and nothing shows whether it was done
  fix        find out, then: galley resume RUN --retry it, or --skip it
  go on      galley resume RUN      (what already holds is not done again)' "$(plain "$(head -n 4 <<<"$ERR")")"
first=$ERR
resume
is "F060: nothing shows it: asks again, alike" "$(sanitize <<<"$first")" "$(sanitize <<<"$ERR")"
is "F060: nothing shows it: nothing was done meanwhile" "x " "$(xargs <effects) $(ls next 2>/dev/null)"
resume --retry it --skip it
is "F060: both words" '64 galley: step "it": --retry or --skip, not both' "$RC $ERR"
resume --skip itt
is "F060: no such step" '64 galley: --skip: the run has no step "itt" (did you mean "it"?)' "$RC $ERR"
cp -r state saved
resume --skip it
is "F060: --skip" "0 it:held next:changed x" "$RC $(results) $(xargs <effects)"
like "F060: --skip: it says so" "$ERR" "it +held .* taken as done \(--skip\)"
resume
is "F060: --skip is on record" "0 run $(run_id) of \"fault\" ended well: there is nothing to resume" "$RC $OUT"
rm -rf state next
mv saved state
touch A
resume --retry it
is "F060: --retry" "0 it:changed next:changed x x" "$RC $(results) $(xargs <effects)"

# Busy: what has the release was begun by somebody else, before galley came to
# it; nothing but waiting helps, as long as the step may take.
again
mkdir -p tools
cat >tools/helm <<SH
#!/bin/sh
cd $WORK
case "\$*" in
version*) echo v3.15.0 ;;
list*) cat list ;;
'get values'*) echo null ;;
upgrade*) echo upgrade >>effects; mv pending list; kill -KILL \$PPID ;;
esac
SH
chmod +x tools/helm
listed() { # STATUS : since long ago
    echo '[{"name":"w","namespace":"ml","revision":"1","updated":"2001-02-03 04:05:06.7 +0000 UTC","status":"'"$1"'","chart":"w-1.0.0","app_version":"1"}]'
}
echo '[]' >list
listed pending-install >pending
cat >recipe.yaml <<YAML
galley: 1
name: fault
steps:
  - {id: it, uses: helm.release, timeout: 5s, retry: {attempts: 1}, with: {kubeconfig: $WORK/kubeconfig, context: c, name: w, namespace: ml, chart: w/w}}
YAML
echo '{apiVersion: v1, kind: Config}' >kubeconfig
path=$PATH
PATH=$WORK/tools:$PATH
quietly run
is "F059: cut off, and busy: galley is killed" 137 "$RC"
resume
is "F059: cut off, and busy: resume" "1 it:failed" "$RC $(results)"
like "F059: cut off, and busy: what it waited for" "$ERR" "diagnosis +busy: release w is pending-install since 2001-02-03 04:05:06: another helm is at it
 +fix +wait until it is over, or end what holds it"
is "F059: cut off, and busy: nothing is done" upgrade "$(xargs <effects)"
listed deployed >list
resume
is "F059: and then it is over" "0 it:held upgrade" "$RC $(results) $(xargs <effects)"
like "F059: and then it is over: it says so" "$ERR" "it +held .* it had been done when it was cut off"

# What our own helm left is not busy, and stays ours until it is repaired: in
# the next attempt, and in the next resume.
cat >tools/helm <<SH
#!/bin/sh
cd $WORK
release() { echo '[{"name":"w","namespace":"ml","revision":"2","updated":"'"\$(date -u '+%F %T.5 +0000 UTC')"'","status":"'"\$1"'","chart":"w-1.0.0","app_version":"1"}]' >list; }
case "\$*" in
version*) echo v3.15.0 ;;
list*) cat list ;;
'get values'*) echo null ;;
history*) echo '[{"revision":1,"status":"deployed"},{"revision":2,"status":"pending-upgrade"}]' ;;
rollback*) echo "\${*%% --*}" >>effects; [ -e A ] || { touch A; echo 'Error: it is like that' >&2; exit 1; }; release deployed ;;
upgrade*) echo upgrade >>effects; release deployed; [ -e B ] || { touch B; release pending-upgrade; kill -KILL \$PPID; } ;;
esac
SH
for attempts in 1 3; do
    again
    echo '[]' >list
    sed -i "s/retry: {.*}, with/retry: {attempts: $attempts, delay: 10ms, on: [unknown]}, with/" recipe.yaml
    quietly run
    is "F059: ours, $attempts attempts: galley is killed" "137 upgrade" "$RC $(xargs <effects)"
    resume
    [ $attempts -eq 3 ] || {
        is "F059: ours, $attempts attempts: its repair fails" "1 it:failed upgrade rollback w 1" "$RC $(results) $(xargs <effects)"
        resume
    }
    is "F059: ours, $attempts attempts: repaired, and done" "0 it:changed upgrade rollback w 1 rollback w 1 upgrade" "$RC $(results) $(xargs <effects)"
    like "F059: ours, $attempts attempts: it says so" "$ERR" \
        "release w was left in pending-upgrade \(revision 2\) at [-0-9: ]+ by the attempt that was cut off: it is rolled back to revision 1"
done
PATH=$path

# What --skip says holds also when what it needs has to be done anew.
again
cat >recipe.yaml <<YAML
galley: 1
name: fault
steps:
  - {id: first, uses: exec.run, with: {command: [sh, -c, "mkdir A; echo a"], creates: A}}
  - {id: it, uses: exec.run, with: {command: [sh, -c, '$suicide; echo x >>effects', "\${steps.first.stdout}"], unless: [grep, -q, x, effects]}}
YAML
quietly run
: >effects
rmdir A
resume --skip it
is "F060: --skip, after what is done anew" "0 first:changed it:held " "$RC $(results) $(xargs <effects)"

# Its check cannot tell: never "done", and what is known of it stays known.
again
cat >check <<'SH'
#!/bin/sh
case $(cat how) in
killed) kill -KILL $$ ;;
junk) head -c 3000000 /dev/urandom; exit 1 ;;
hangs) exec sleep 1000 ;;
*) exec grep -q x effects ;;
esac
SH
chmod +x check
cut_off() { # before it could do anything
    again
    echo fine >how
    step "[sh, -c, '[ -e A ] || { touch A; $suicide; exit; }; echo x >>effects'], unless: [$WORK/check]" \
        'timeout: 2s, retry: {attempts: 1}'
    next_step
    quietly run
}
cut_off
for how in killed hangs; do
    echo $how >how
    resume
    is "F061: its check $how: exit code, results" "1 it:failed next:not run" "$RC $(results)"
    is "F061: its check $how: nothing was done" " " "$(xargs <effects) $(ls next 2>/dev/null)"
done
echo x >>effects
echo fine >how
resume
like "F061: and then tells: that it was cut off is not forgotten" "$ERR" "it +held .* it had been done when it was cut off"
is "F061: and then tells: resume" "0 it:held next:changed x" "$RC $(results) $(xargs <effects)"
cut_off
echo junk >how
resume
is "F061: its check prints junk: exit code, results" "1 it:failed next:not run" "$RC $(results)"

# ---- locks -------------------------------------------------------------------

# A tool that goes on when galley is killed, until there is the file "go"; it
# says that it has begun.
cat >stubborn <<'SH'
#!/bin/sh
trap '' TERM
touch begun
until [ -e go ]; do sleep 0.02; done
echo stubborn >>effects
SH
chmod +x stubborn

# both NAME ARGUMENT... : two of them at once; the loser's exit code, what it
# said, and that it took less than a second; then the winner's exit code.
both() {
    local began=${EPOCHREALTIME/./} pids=() i lost codes=(- -)
    rm -f go begun code.*
    for i in 0 1; do
        { rc=0; "$GALLEY" "$@" >"said.$i" 2>&1 </dev/null || rc=$?; echo $rc >"code.$i.new"; mv "code.$i.new" "code.$i"; } &
        pids+=($!)
    done
    until [ -e code.0 ] || [ -e code.1 ] || [ $((${EPOCHREALTIME/./} - began)) -gt 20000000 ]; do read -rt 0.005 <> <(:); done
    lost=$(((${EPOCHREALTIME/./} - began) / 1000))
    [ $lost -le "$slowest" ] || slowest=$lost
    until_file begun
    touch go
    wait "${pids[@]}"
    codes=("$(cat code.0)" "$(cat code.1)")
    i=0
    [ "${codes[0]}" = 4 ] || i=1
    grep -qE "^galley: the lock \"fault\" is taken: run [0-9a-f-]+( of \"fault\", pid [0-9]+, since [-0-9: ]+(, at step \"it\" for [0-9a-z. ]+)?)?; --wait waits for it$" "said.$i" ||
        diag "$(cat "said.$i")"
    echo "$(sort -n code.0 code.1 | xargs) $(xargs <effects)"
}
rounds=20
long && rounds=200
slowest=0
step "[$WORK/stubborn]"
for ((i = 0; i < rounds; i++)); do
    again
    quietly both run recipe.yaml
done >said.all
is "F062: two runs at once, $rounds times: one runs, the other says so" "$rounds 0 4 stubborn" "$(sort said.all | uniq -c | xargs)"
diag "F062: the slower loser left after $slowest ms"
is "F062: and leaves in less than a second" "" "$([ "$slowest" -lt 1000 ] || echo "$slowest ms")"
slowest=0
step "[sh, -c, 'if [ -e A ]; then exec $WORK/stubborn; fi; mkdir A; $suicide'], unless: [grep, -q, stubborn, effects]"
for ((i = 0; i < rounds / 2; i++)); do
    again
    quietly run
    flock state/galley/locks/fault-* true
    quietly both resume "$(run_id)"
done >said.all
is "F062: two resumes at once, $((rounds / 2)) times" "$((rounds / 2)) 0 4 stubborn" "$(sort said.all | uniq -c | xargs)"
is "F062: and the loser leaves in less than a second" "" "$([ "$slowest" -lt 1000 ] || echo "$slowest ms")"

if able "F062: a folder that another galley makes at the same time" strace; then
    again
    step '[touch, next]'
    run
    for folder in state/galley state/galley/runs state/galley/locks; do
        run strace -qq -o /dev/null -P "$WORK/$folder" -e inject=access,faccessat,faccessat2:error=ENOENT:when=1
        is "F062: a folder that another galley makes at the same time: $folder" "0 " "$RC $(grep "^galley: " <<<"$ERR")"
    done
fi

# begin : galley runs recipe.yaml beside us, as PID, and its tool has begun.
begin() {
    rm -f go begun
    "$GALLEY" run recipe.yaml >/dev/null 2>&1 </dev/null &
    pid=$!
    until_file begun
}
kill_it() { { kill -KILL $pid; wait $pid; } 2>/dev/null; }
again
step "[$WORK/stubborn]"
begin
kill_it
id=$(run_id)
galley resume
is "F063: killed, and its tool lives: exit code" 4 "$RC"
like "F063: killed, and its tool lives: who holds the lock" "$ERR" "^galley: the lock \"fault\" is taken: run $id of \"fault\", pid $pid, since .*, at step \"it\" for [^;]*; that galley is gone, but what it started still runs: .*stubborn \(pid [0-9]+\).*; --wait waits for it$"
"$GALLEY" resume --wait >said 2>&1 </dev/null &
pid=$!
until grep -q '^galley: waiting for the lock "fault": run ' said; do read -rt 0.02 <> <(:); done
touch go
wait $pid
is "F063: --wait, until the tool has ended; then it asks" 4 $?
like "F063: --wait: what it asks" "$(cat said)" "fix +find out, then: galley resume $id --retry it, or --skip it"
is "F063: --wait: nothing is done twice" stubborn "$(xargs <effects)"
# What is left is a file, which locks nobody out.
is "F063: the lock's file is there still" 1 "$(ls state/galley/locks | wc -l)"
galley run recipe.yaml
is "F063: a stale lock is taken" "0 stubborn stubborn" "$RC $(xargs <effects)"
head -c 100000 /dev/urandom >"$(echo state/galley/locks/*)"
galley run recipe.yaml
is "F063: with anything in it" "0" "$RC"
rm -rf state/galley/locks/*
galley run recipe.yaml
is "F063: without it" "0" "$RC"
# Who only looks holds a run for a moment.
again
step '[test, -e, A]'
run
flock -s "state/galley/runs/$(run_id)/alive" -c 'touch held; sleep 0.2' &
until_file held
touch A
resume
is "F063: held for a moment by who only looks" "0 it:changed" "$RC $(results)"
wait

# ---- what changed meanwhile --------------------------------------------------

edited() { # VARS STEPS : a run of which "c" fails while there is no "ok"
    printf 'galley: 1\nname: edits\n%s\nsteps:\n%s\n' "$1" "$2" >recipe.yaml
}
a='  - {id: a, uses: exec.run, with: {command: [sh, -c, "mkdir A; echo a >>effects"], creates: A}}'
b='  - {id: b, uses: exec.run, with: {command: [sh, -c, "echo b >>effects"]}}'
c='  - {id: c, uses: exec.run, retry: {attempts: 1}, with: {command: [sh, -c, "test -e ok && echo c >>effects"]}}'
d='  - {id: d, uses: exec.run, with: {command: [sh, -c, "echo d >>effects"]}}'
new='  - {id: new, uses: exec.run, with: {command: [sh, -c, "echo new >>effects"]}}'
nl=$'\n'
before() { # [VARS]
    again
    rm -f ok
    edited "${1:-}" "$a$nl$b$nl$c$nl$d"
    run
    id=$(run_id)
}
refused() { # NAME TEXT
    is "$1: refused" "4 galley: the recipe is not what was run:$nl  $2${nl}run it anew with galley run, or go on with --accept-changes" "$RC $ERR"
    is "$1: nothing was done" "a b" "$(xargs <effects)"
}
warnings() { sed -n 's/^warning: //p' <<<"$ERR"; }

before
edited "" "$a$nl${b/echo b/echo bb}$nl$c$nl$d"
touch ok
resume
refused "F068: a done step changed" "b: with changed, and it is done"
resume --accept-changes
is "F068: a done step changed, and accepted" "0 a:held b:held c:changed d:changed a b c d" "$RC $(results) $(xargs <effects)"
is "F068: a done step changed, and accepted: it says so" "accepted: b: with changed, and it is done" "$(warnings)"

before
edited "" "$a$nl$b$nl$c$nl${d/echo d/echo dd}"
touch ok
resume
is "F068: a later step changed" "0 a:held b:held c:changed d:changed a b c dd" "$RC $(results) $(xargs <effects)"
is "F068: a later step changed: it says so" 'step "d": with changed since' "$(warnings)"

before
edited "" "$a$nl$new$nl$b$nl$c$nl$d"
touch ok
resume
refused "F068: inserted before a done step" "new: new, before steps that are done"
resume --accept-changes
is "F068: inserted before a done step, and accepted" "0 a:held b:held c:changed d:changed new:changed a b new c d" "$RC $(results) $(xargs <effects)"

before
edited "" "$a$nl$b$nl$new$nl$c$nl$d"
touch ok
resume
is "F068: inserted after what is done" "0 a:held b:held c:changed d:changed new:changed a b new c d" "$RC $(results) $(xargs <effects)"
is "F068: inserted after what is done: it says so" 'step "new" is new' "$(warnings)"

before
edited "" "$a$nl$c$nl$d"
touch ok
resume
refused "F068: a done step deleted" "b: removed, and it is done"
resume --accept-changes
is "F068: a done step deleted, and accepted" "0 a:held c:changed d:changed a b c d" "$RC $(results) $(xargs <effects)"

before
edited "" "$a$nl$c$nl$d"
resume --accept-changes
edited "" "$a$nl$b$nl$c$nl$d"
touch ok
resume
refused "F068: a deleted step is back" "b: is back, and it is done"
resume --accept-changes
is "F068: a deleted step is back, and accepted" "0 a:held b:held c:changed d:changed a b c d" "$RC $(results) $(xargs <effects)"

before
edited "" "$a$nl$b$nl$c"
touch ok
resume
is "F068: a later step deleted" "0 a:held b:held c:changed a b c" "$RC $(results) $(xargs <effects)"
is "F068: a later step deleted: it says so" 'step "d" was removed' "$(warnings)"

before
edited "" "$a$nl${b/id: b/id: bee}$nl$c$nl$d"
touch ok
resume
refused "F068: a done step renamed" "b: removed, and it is done"
resume --accept-changes --skip bee
is "F068: a done step renamed, and accepted" "0 a:held bee:held c:changed d:changed a b c d" "$RC $(results) $(xargs <effects)"

before
edited "# a comment" "$a   # and another$nl$nl$b$nl$c$nl$d"
touch ok
resume
is "F068: a comment is no change" "0 a:held b:held c:changed d:changed a b c d" "$RC $(results) $(xargs <effects)"
is "F068: a comment is no change: no word" "" "$(warnings)"

vars='vars: {size: 1, zone: {required: false}, many: {type: list, default: [x]}, key: {secret: true, from: {env: KEY}}}'
export KEY=first-key
before "$vars"
touch ok
for given in 'size=2:var "size": was 1, is 2 (from --var)' 'zone=z:var "zone": was not given, is "z" (from --var)' \
    'many=[s, t]:var "many": was ["x"], is ["s","t"] (from --var)'; do
    resume --var "${given%%:*}"
    refused "F069: --var ${given%%:*}" "${given#*:}"
done
printf 'size: 3\nzone: zz\n' >vars.yaml
resume --vars vars.yaml
refused "F069: --vars" "var \"size\": was 1, is 3 (from vars.yaml:1)$nl  var \"zone\": was not given, is \"zz\" (from vars.yaml:2)"
rm ok
resume --var size=1 --var 'many=[x]'
is "F069: --var that is what it was" "1 a:held b:held c:failed d:not run" "$RC $(results)"
KEY=second-key resume
is "F069: a secret is not on record, and may be another" "1 " "$RC $(warnings)"
sed -i 's/size: 1,/size: 5,/' recipe.yaml
resume
is "F069: another default: what was taken stays" "1 a:held b:held c:failed d:not run " "$RC $(results) $(warnings)"
touch ok
resume --var size=2 --accept-changes
is "F069: --var, and accepted" "0 a:held b:held c:changed d:changed a b c d" "$RC $(results) $(xargs <effects)"
is "F069: --var, and accepted: it says so" 'accepted: var "size": was 1, is 2 (from --var)' "$(warnings)"
is "F069: no secret is in the record" "" "$(grep -rlE 'first-key|second-key' state/galley)"
unset KEY

before
touch ok
AWS_PROFILE=other resume
is "F069: another account" "4 galley: run $id had the lock \"edits\", and would now have \"other edits\": set AWS_PROFILE and AWS_ACCESS_KEY_ID as they were, or go on with --accept-changes" "$RC $ERR"
is "F069: another account: nothing was done" "a b" "$(xargs <effects)"
mkdir -p elsewhere
cd elsewhere || exit 1
resume
cd "$WORK" || exit 1
is "F069: another folder is the same run" "0 a:held b:held c:changed d:changed a b c d" "$RC $(results) $(xargs <effects)"

in_namespace() { unshare --user --map-user="$1" --keep-caps --uts sh -c 'hostname "$0" && exec "$@"' "${@:2}"; }
if able "F069: another user, another host" unshare hostname; then
    if in_namespace 4711 "$(hostname)" true 2>/dev/null; then
        before
        touch ok
        RC=0
        ERR=$(in_namespace 4711 "$(hostname)" "$GALLEY" resume 2>&1) || RC=$?
        is "F069: another user" "4 galley: run $id was begun by the user with id $(id -u): resume it as that user, or with --accept-changes" "$RC $ERR"
        RC=0
        ERR=$(in_namespace "$(id -u)" other-host "$GALLEY" resume 2>&1) || RC=$?
        is "F069: another host" "4 galley: run $id was begun on host \"$(hostname)\": resume it there, or with --accept-changes" "$RC $ERR"
        is "F069: another user or host: nothing was done" "a b" "$(xargs <effects)"
        RC=0
        ERR=$(in_namespace "$(id -u)" other-host "$GALLEY" resume --accept-changes 2>&1) || RC=$?
        is "F069: another host, and accepted" "0 a:held b:held c:changed d:changed" "$RC $(results)"
    else
        skip "F069: another user, another host" "no user namespaces here"
    fi
fi

mkdir -p bin1 bin2
printf '#!/bin/sh\necho vtool 1.2.0\n' >bin1/vtool
printf '#!/bin/sh\necho vtool 1.3.0\n' >bin2/vtool
chmod +x bin1/vtool bin2/vtool
path=$PATH
PATH=$WORK/bin1:$path before 'tools: {vtool: ">=1.0"}'
PATH=$WORK/bin1:$path resume
is "F069: the tools are what they were" "1 " "$RC $(warnings)"
touch ok
PATH=$WORK/bin2:$path resume
is "F069: another version of a tool, at another place" "0 tool \"vtool\" is \"$WORK/bin2/vtool\", version 1.3.0; the run used \"$WORK/bin1/vtool\", version 1.2.0 before" "$RC $(warnings)"
PATH=$path

before
version=$("$GALLEY" plugin list --json | sed -nE '/"exec"/,$s/.*"version" ?: ?"([^"]+)".*/\1/p' | head -n 1)
mkdir -p plugins
sed "s/${version//./\\.}/9${version#?}/g" "$BUILD/plugins/.libs/exec.so" >plugins/exec.so
touch ok
resume --plugin-dir "$WORK/plugins"
is "F069: another version of a plugin" "0 plugin \"exec\" was version $version, is 9${version#?}" "$RC $(warnings)"

# ---- attempts ----------------------------------------------------------------

# until_retry ARGUMENT... : galley, killed while it waits to try again; RC
until_retry() {
    local line pid
    rm -f events
    mkfifo events
    "$GALLEY" "$@" --events events >said 2>&1 </dev/null &
    pid=$!
    while read -r line; do
        case $line in '{"event":"retry"'*) kill -KILL $pid ;; esac
    done <events
    RC=0
    wait $pid || RC=$?
    rm -f events
}
again
step '[sh, -c, "echo try >>effects; exit 75"], creates: A' 'retry: {attempts: 22, delay: 1h, max_delay: 1h}'
codes=
quietly until_retry run recipe.yaml
codes=$RC
for ((i = 2; i <= 20; i++)); do
    quietly until_retry resume
    codes+=" $RC"
done
is "F072: killed in 20 delays: each time" "$(printf '137 %.0s' {1..20})" "$codes "
is "F072: killed in 20 delays: one attempt each" 20 "$(wc -l <effects)"
sed -i 's/exit 75/exit 1/' recipe.yaml
resume
is "F072: killed in 20 delays: they count" "1 it:failed 21" "$RC $(results) $(sed -nE 's/^it +failed +([0-9]+) .*/\1/p' <<<"$ERR")"
is "F072: killed in 20 delays: one more" 21 "$(wc -l <effects)"

again
step "[sh, -c, 'echo try >>effects; $suicide'], creates: A" 'retry: {attempts: 3}'
quietly run
codes=$RC
for ((i = 0; i < 20; i++)); do
    resume
    codes+=" $RC"
done
is "F072: killed in each attempt: attempts, then it asks" "137 137 137 137$(printf ' 4%.0s' {1..17})" "$codes"
is "F072: killed in each attempt: so many" 4 "$(wc -l <effects)"
like "F072: killed in each attempt: what it asks" "$ERR" "diagnosis +it was cut off in each of 4 attempts$nl +fix +find out, then: galley resume $(run_id) --retry it, or --skip it"
resume --retry it
is "F072: --retry begins to count anew" "137 5" "$RC $(wc -l <effects)"

# ---- which runs there are ----------------------------------------------------

rm -rf state
resume
is "F073: there is none" "64 galley: there are no runs yet" "$RC $ERR"
before
touch ok
resume 2020
is "F073: unknown" '64 galley: there is no run "2020": galley runs lists those there are' "$RC $ERR"
resume "$id"
is "F073: failed: from where it failed" "0 a:held b:held c:changed d:changed a b c d" "$RC $(results) $(xargs <effects)"
for how in "" "$id" "--yes -j 1 $id" "--skip b" "--accept-changes"; do
    resume $how
    is "F073: finished: resume $how" "0 run $id of \"edits\" ended well: there is nothing to resume" "$RC $OUT$ERR"
done
is "F073: finished: nothing was done" "a b c d" "$(xargs <effects)"
resume --retry b
is "F073: finished: --retry" "0 a:held b:changed c:held d:held a b c d b" "$RC $(results) $(xargs <effects)"
again
step "[$WORK/stubborn], unless: [grep, -q, stubborn, effects]"
next_step
begin
kill -TERM $pid
touch go
wait $pid
is "F073: interrupted" "143" $?
resume
is "F073: interrupted: goes on" "0 it:held next:changed stubborn" "$RC $(results) $(xargs <effects)"

# A record that galley was killed in the middle of is no run.
again
if able "F073: ended before its record" strace; then
    quietly run strace -qq -o /dev/null -e trace=fsync -e inject=fsync:signal=SIGKILL:when=1
    is "F073: ended before its record: killed" 137 "$RC"
    id=$(run_id)
    resume
    is "F073: ended before its record: no run" "4 galley: run $id was ended before its first step began: there is nothing to resume" "$RC $ERR"
fi
# What is in its private folder, and output that is not on record.
again
printf 'galley: 1\nname: fault\nsteps:\n  - {id: it, uses: exec.run, with: {script: "[ -e A ] || { mkdir A; %s; exit; }; echo said"}}\n' "$suicide" >recipe.yaml
quietly run
id=$(run_id)
echo old >"state/galley/runs/$id/output/17.stdout"
resume --retry it --events events
is "F032: what is left of the script is not in the way" "0 it:changed" "$RC $(results)"
is "F032: nor is output of what is not on record" '18 "said"' "$(event command_start command | head -n 1) $(event output text | head -n 1)"
is "F032: which stays" "old" "$(cat "state/galley/runs/$id/output/17.stdout")"

# ---- killed anywhere ---------------------------------------------------------

# loop NAME SUMMARY PROGRAM... : one of the two loops
loop() {
    local name=$1 wanted=$2 out
    shift 2
    again
    out=$(RESET=${RESET:-crash_reset} "$@" 2>&1)
    diag "$name: $(tail -n 1 <<<"$out")"
    result "$([[ $(tail -n 1 <<<"$out") =~ $wanted ]]; echo $?)" "$name" || diag "$out"
}
crash_recipe
if able "F032: killed at each system call" strace; then
    long || export POINTS=15
    loop "F032: killed at each system call" '^points=[0-9]+ killed=[1-9][0-9]* bad=0 ' \
        "$LOOPS/crash-loop" crash_check "$GALLEY" run recipe.yaml
    long || POINTS=8
    loop "F076: killed while it writes what has ended" '^points=[0-9]+ killed=[1-9][0-9]* bad=0 ' \
        env CALLS=pwrite64,fdatasync,wait4,waitid "$LOOPS/crash-loop" crash_check "$GALLEY" run --jobs 1 recipe.yaml
    long || POINTS=12
    quietly crash_halfway
    RESET=halfway_reset loop "F032: killed while it resumes" '^points=[0-9]+ killed=[1-9][0-9]* bad=0 ' \
        "$LOOPS/crash-loop" crash_check "$GALLEY" resume
    unset POINTS
fi

# one_random_kill : FALSE: it says why.
one_random_kill() {
    local pid
    crash_reset
    "$GALLEY" run recipe.yaml >/dev/null 2>&1 </dev/null &
    pid=$!
    read -rt "$(printf '0.%03d' $((RANDOM % 200)))" <> <(:)
    kill -KILL %%               # no pid: it may have ended by itself
    wait $pid
    crash_check
}
random_kills() { # COUNT
    local bad=0 i
    for ((i = 0; i < $1; i++)); do
        one_random_kill >why || { bad=$((bad + 1)); diag "$(cat why)"; }
    done
    echo "bad=$bad"
}
RANDOM=${SEED:=$RANDOM}
count=30
long && count=1000
quietly random_kills $count >said
is "F123: $count kills at any time (SEED=$SEED)" bad=0 "$(tail -n 1 said)" || cat said

# ---- a system call that fails ------------------------------------------------

CALLS=openat,read,write,pread64,pwrite64,fdatasync,fsync,ftruncate,unlink,rmdir,mkdir,chmod,fchmod,flock,fcntl
CALLS+=,clone,clone3,vfork,socketpair,sendto,recvfrom,sendmsg,recvmsg,pipe2,kill,pidfd_open,pidfd_send_signal
CALLS+=,waitid,wait4,poll,ppoll,mmap,signalfd4,eventfd2,getdents64,newfstatat,prctl,prlimit64,getrandom
for errno in EIO ENOSPC EMFILE ENOMEM EAGAIN EINTR; do
    able "F124: $errno" strace || continue
    long || export POINTS=3
    loop "F124: $errno" '^points=[0-9]+ hung=0 crashed=0 bad=0 ' \
        "$LOOPS/error-loop" $errno $CALLS error_check "$GALLEY" run recipe.yaml
    # What a resume does besides is to read the record.
    if long || [ $errno = EIO ]; then
        quietly crash_halfway
        RESET=halfway_reset loop "F124: $errno while it resumes" '^points=[0-9]+ hung=0 crashed=0 bad=0 ' \
            "$LOOPS/error-loop" $errno $CALLS error_check "$GALLEY" resume
    fi
    unset POINTS
done

if able "F124: a plugin that cannot be looked at" strace; then
    step '[touch, next]'
    plugin=$(readlink -f "$BUILD/plugins/.libs/exec.so")
    run strace -qq -o /dev/null -P "$plugin" -e inject=newfstatat,fstat:error=EIO
    is "F124: a plugin that cannot be looked at" "3 1" "$RC $(grep -c "plugin \"$plugin\": Input/output error" <<<"$ERR")"
fi

# What happened to a step is not known: galley asks, as after a kill.
dark() { # NAME CALL ERRNO WHEN TEXT
    again
    step '[sh, -c, "echo x >>effects; echo said"]'
    next_step
    run strace -qq -o /dev/null -e "inject=$2:error=$3:when=$4"
    is "$1: asks" "4 it:unknown next:not run" "$RC $(results)"
    like "$1: what" "$ERR" "diagnosis +nothing shows whether it was done: $5$nl +fix +find out, then: galley resume $(run_id) --retry it, or --skip it"
    resume
    is "$1: and again" "4 it:unknown next:not run x" "$RC $(results) $(xargs <effects)"
    resume --skip it
    is "$1: --skip" "0 it:held next:changed x" "$RC $(results) $(xargs <effects)"
}
if able "F124: how a tool ended is not known" strace; then
    dark "F124: how a tool ended is not known" wait4 ECHILD 1 "nobody saw how its command ended"
    dark "F124: a plugin's host cannot be told" sendto ENOBUFS 3 "galley could not send to the plugin: No buffer space available"
fi

done_testing

#!/bin/bash
# The record of a run, and disks and files that fail it: faults F038, F051 to
# F056, F064 to F067, F070, F071, F074, F075.
. "$G_TEST_SRCDIR/tests/faults/lib.sh" || exit 1

STATE=$XDG_STATE_HOME/galley
run_dir() { printf '%s\n' "$STATE"/runs/*/ | tail -n 1; }

# four [LAST] : recipe.yaml has steps a, b, c and d; each that is done leaves
# its name in "effects".  The last one kills galley, or does LAST.
four() {
    local id
    printf 'galley: 1\nname: fault\nsteps:\n'
    for id in a b c; do
        printf '  - {id: %s, uses: exec.run, with: {command: [sh, -c, "echo %s >>effects"]}}\n' $id $id
    done
    printf '  - {id: d, uses: exec.run, with: {command: [sh, -c, "echo d >>effects; %s"]}}\n' "${1:-kill -9 \$PPID}"
} >recipe.yaml
afresh() { rm -rf "$STATE" effects; }
twice() { sort effects 2>/dev/null | uniq -d | xargs; }

# ---- damage ------------------------------------------------------------------

# flip FILE OFFSET BIT
flip() {
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf %b "\\x$(printf %x $((byte ^ (1 << $3))))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
# damage cut|flip FILE OFFSET, of the image in "good" : it is resumed
damage() {
    rm -rf "$STATE"
    cp -a good "$STATE"
    cp good.effects effects
    if [ "$1" = cut ]; then truncate -s "$3" "$(run_dir)$2"; else flip "$(run_dir)$2" "$3" $(($3 % 8)); fi
    galley resume
    results="$results $RC"
    case $RC in
    4 | 5) [ "$(twice)" = "" ] || bad="$bad $1 of $2 at $3: $(twice) done twice;" ;;
    *) bad="$bad $1 of $2 at $3: exit code $RC;" ;;
    esac
    [ $RC -ne 5 ] || [[ $ERR =~ ^"galley: the record" ]] || bad="$bad $1 of $2 at $3: $ERR;"
}
# damage_all NAME cut|flip FILE POINTS
damage_all() {
    local size step offset bad='' results=''
    size=$(python3 -c 'import sys; print(len(open(sys.argv[1], "rb").read().rstrip(b"\0")))' good/runs/*/"$3") # a log has zeros at its end
    step=$((size / $4 + 1))
    for ((offset = size - 1; offset > 0; offset -= step)); do damage "$2" "$3" $offset; done
    damage "$2" "$3" 0
    is "$1, $3: refused or resumed, nothing done twice" "" "$bad"
    [ "$2 $3" = "flip record.db" ] ||         # all of it is in the log too
        is "$1, $3: some are refused" 5 "$(tr ' ' '\n' <<<"$results" | grep -xm 1 5)"
}

four
afresh
run 2>/dev/null
is "F051: killed at step d: exit code" 137 "$RC"
cp -a "$STATE" good
cp effects good.effects
galley resume
is "F051: undamaged, it is resumed as far as can be: exit code" 4 "$RC"
is "F051: undamaged, nothing is done twice" "a b c d" "$(xargs <effects)"
rm -rf "$STATE"
cp -a good "$STATE"
points=7
long && points=400
for file in record.db-wal record.db record.tally; do
    damage_all "F051: cut" cut $file $points
    damage_all "F052: a bit turned" flip $file $points
done
for file in record.db-wal record.db; do
    rm -rf "$STATE"
    cp -a good "$STATE"
    cp good.effects effects
    rm "$(run_dir)$file"
    galley resume
    is "F051: no $file: exit code, nothing done twice" "5 " "$RC $(twice)"
done
# A run that has ended has all in one file.
four false
afresh
run
is "F051: ended: exit code" 1 "$RC"
is "F051: ended: one file" "" "$(find "$(run_dir)" -name '*-wal' -o -name '*-shm')"
rm -rf good
cp -a "$STATE" good
cp effects good.effects
dir=$(run_dir)
sqlite=$(stat -c %s "${dir}record.db")
bad=''
for ((offset = sqlite / 2; offset >= 0; offset -= sqlite / 7 + 1)); do
    rm -rf "$STATE"
    cp -a good "$STATE"
    cp good.effects effects
    truncate -s $offset "${dir}record.db"
    galley resume
    [ "$RC $(sort effects | uniq -d)" = "5 " ] || bad="$bad $offset: $RC $(twice);"
done
is "F051: ended, and cut: refused" "" "$bad"

# ---- disks -------------------------------------------------------------------

# After the K-th call of CALL has failed with ERROR, on all files: what has
# been started is on record, nothing new starts, and resume goes on.
failing() { # ID CALL ERROR FIRST STEP COUNT
    local k bad='' failed=0 lines said
    for ((k = $4; k < $4 + $5 * $6; k += $5)); do
        four true
        afresh
        run strace -qq -o /dev/null -e "trace=$2" -e "inject=$2:error=$3:when=$k"
        [ $RC -ne 0 ] || continue
        failed=$((failed + 1))
        [ $RC -eq 5 ] || bad="$bad $k: exit code $RC: $ERR;"
        lines=$(grep -cE 'the (record|lock|run|.*records)' <<<"$ERR")
        [ "$lines" -eq 1 ] || bad="$bad $k: said $lines times: $ERR;"
        said=$(event run_end exit_code)
        [ -n "$(ls "$STATE/runs" 2>/dev/null)" ] || continue         # it had not begun
        galley resume
        if [ $RC -eq 4 ]; then
            grep -q 'cut off' <<<"$ERR" || { grep -q 'before its first step began' <<<"$ERR" && [ ! -e effects ]; } ||
                bad="$bad $k: resume: $ERR;"
        elif [ "$RC $(sort effects | xargs)" != "0 a b c d" ]; then
            bad="$bad $k: resume $RC: $(sort effects | xargs): $ERR;"
        fi
        # What it has said before its end was refused: all but the end is there.
        case $said in "" | 5) ;; *) [ "$said $RC" = "0 0" ] || bad="$bad $k: the run said $said, resume $RC;" ;; esac
        [ "$(twice)" = "" ] || bad="$bad $k: $(twice) done twice;"
    done
    is "$1: $2 fails with $3: exit code 5, said once, and resumed" "" "$bad"
    is "$1: $2 fails with $3: it did fail" 1 "$((failed > 0))"
}
if able "F054: fdatasync fails" strace; then
    step=3 count=5
    long && step=1 count=40
    failing F054 fdatasync EIO 2 $step $count
    failing F054 fsync EIO 1 1 2
    step=17 count=5
    long && step=1 count=200
    failing F055 pwrite64 ENOSPC 3 $step $count
    failing F055 pwrite64 EDQUOT 10 $((step * 2)) $((count / 2))
    failing F054 pwrite64 EIO 5 $((step * 2)) $((count / 2))
fi

# A disk that is full for real: other files have taken the room by step b, whose
# output is more than what the record keeps room for.
if able "F055: a full disk" root mount unshare; then
    four true
    sed -i 's/echo b >>effects/& ; head -c 4m \/dev\/zero >disk\/big; yes | head -c 300000/' recipe.yaml
    afresh
    mkdir -p disk "$STATE"
    chmod 700 "$STATE"
    full() {
        mount -t tmpfs -o size=600k,mode=700 tmpfs disk && export XDG_STATE_HOME=$WORK/disk || return
        "$GALLEY" run recipe.yaml >out1 2>&1
        echo $? >rc1
        cp effects effects1
        rm -f disk/big
        "$GALLEY" resume >out2 2>&1
        echo $? >rc2
    }
    export -f full
    export GALLEY WORK
    if unshare -m bash -c full; then
        out=$(cat out1)
        case $(cat rc1) in
        5) like "F055: a full disk: said, and nothing new starts" "$out" 'the record .*(full|No space|no room|disk I/O)' ;;
        *) is "F055: a full disk: exit code" 1 "$(cat rc1)" ;;
        esac
        is "F055: a full disk: step c and d were not begun" "a b" "$(xargs <effects1)"
        is "F055: there is room again: nothing is done twice" "" "$(twice)"
        like "F055: there is room again: it is resumed" "$(cat rc2)" '^[04]$'
    else
        skip "F055: a full disk" "no tmpfs to be had"
    fi
fi

# It says that it has written, and has not.
if able "F056: a lying disk" strace; then
    bad='' step=29 refused=0
    long && step=1
    for ((k = 5; k < 120; k += step)); do
        four
        afresh
        run strace -qq -o /dev/null -e trace=pwrite64 -e "inject=pwrite64:retval=4096:when=$k"
        [ -n "$(ls "$STATE/runs" 2>/dev/null)" ] || continue
        galley resume
        case $RC in 0 | 4 | 137) ;; 5) refused=$((refused + 1)) ;; *) bad="$bad $k: exit code $RC: $ERR;" ;; esac
        [ "$(twice)" = "" ] || bad="$bad $k: $(twice) done twice;"
    done
    is "F056: a write that is not done: refused or resumed, nothing done twice" "" "$bad"
    # Of so few points as in the short form it may be none.
    ! long || is "F056: some are refused" 1 "$((refused > 0))"
fi

# The power goes: only what was synced is on the disk.
if able "F075: power cut" strace python3; then
    four true
    afresh
    run strace -f -qq -y -xx -s 1000000 -o trace -e trace=pwrite64,write,fdatasync,fsync,ftruncate,unlink
    out=$(python3 -B "$SRC/tests/faults/power-cut.py" trace "$STATE" "$(readlink -f "$(run_dir)")" "$GALLEY" 2>&1)
    is "F075: power cut: resumed from any moment, nothing done twice" "" "$(head -n -1 <<<"$out")"
    is "F075: power cut: there were some moments" 1 "$(($(tail -n 1 <<<"$out") > 20))"
fi

# ---- files -------------------------------------------------------------------

# F064: the files that lock are removed while they are held
printf 'galley: 1\nname: fault\nsteps:\n  - {id: w, uses: exec.run, with: {command: [sh, -c, "echo w >>effects; : >begun; read x <gate"]}}\n' >recipe.yaml
afresh
rm -f begun
mkfifo gate
"$GALLEY" run recipe.yaml >/dev/null 2>&1 </dev/null &
galley_pid=$!
until_file begun
rm "$STATE"/locks/*
galley resume
is "F064: lock removed: the run cannot be resumed: exit code" 4 "$RC"
like "F064: lock removed: why" "$ERR" 'another galley is at this run'
galley run recipe.yaml
is "F064: lock removed: another run: exit code" 4 "$RC"
like "F064: lock removed: another run: why" "$ERR" "the lock \"fault\" is taken: run [0-9a-f-]+ of \"fault\", pid $galley_pid, since"
is "F064: lock removed: nothing more is begun" w "$(xargs <effects)"
echo go >gate
wait $galley_pid
is "F064: lock removed: the first one ends well" "0 w" "$? $(xargs <effects)"

refused() { # NAME TEXT
    galley run recipe.yaml
    is "$1: exit code" 5 "$RC"
    is "$1: said once" 1 "$(grep -c . <<<"$ERR")"
    like "$1: why" "$ERR" "$2"
    is "$1: nothing is begun" "" "$(cat effects 2>/dev/null)"
    rm -rf "$STATE" effects
}
four true
afresh
: >"$STATE"
refused "F065: state folder is a file" 'cannot keep records in .*galley"'
ln -s nowhere "$STATE"
refused "F065: state folder is a dangling link" 'cannot keep records in'
mkdir -m 777 "$STATE"
chmod 777 "$STATE"
refused "F065: others may write to the state folder" 'others may write to it \(chmod go-w\)'
mkdir -m 700 "$STATE"
: >"$STATE/locks"
refused "F065: locks is a file" 'the lock ".*": '
mkdir -m 700 "$STATE" "$STATE/runs"
chmod 777 "$STATE/runs"
refused "F065: others may write to runs" 'runs": others may write to it'
mkdir -m 700 elsewhere
ln -s "$WORK/elsewhere" "$STATE"
galley run recipe.yaml
is "F065: a link to a folder of one's own: exit code" 0 "$RC"
is "F065: a link to a folder of one's own: the records are there" 1 "$(ls elsewhere/runs | wc -l)"
rm -rf "$STATE" effects elsewhere
if able "F065: state folder of somebody else" root setpriv; then
    mkdir -m 700 "$STATE"
    chown 65534 "$STATE"
    refused "F065: state folder of somebody else" 'belongs to somebody else'
    mkdir -m 500 "$STATE"
    chown 65534 "$STATE"
    chmod 711 "$WORK"
    chmod 755 "$XDG_STATE_HOME"
    # setpriv itself may still enter what is closed to others.
    if setpriv --reuid 65534 --clear-groups sh -c '[ -x "$1" ] && [ -r "$2" ]' sh "$GALLEY" "$BUILD/plugins/.libs"; then
        RC=0
        ERR=$(setpriv --reuid 65534 --clear-groups "$GALLEY" run recipe.yaml 2>&1 >/dev/null) || RC=$?
        is "F065: state folder read-only: exit code" 5 "$RC"
        like "F065: state folder read-only: why" "$ERR" 'cannot keep records in .*: Permission denied'
    else
        skip "F065: state folder read-only" "the program is not for everybody"
    fi
fi

four false
afresh
run
rm -rf good
cp -a "$STATE" good
cp effects good.effects
record=$(run_dir)record.db
wrong() { # NAME TEXT : the record has been replaced
    local before=$SECONDS
    galley resume
    is "F066: record is $1: exit code, nothing done twice" "5 " "$RC $(twice)"
    like "F066: record is $1: why" "$ERR" "^galley: the record .*$2"
    is "F066: record is $1: at once" 1 $((SECONDS - before < 20))
    rm -rf "$STATE"
    cp -a good "$STATE"
    cp good.effects effects
}
rm "$record"
wrong "missing" 'No such file'
rm "$record"
mkfifo "$record"
wrong "a FIFO" 'not a regular file'
mv "$record" "$record.real"
ln -s "$record.real" "$record"
wrong "a link" 'not a regular file'
rm "$record"
mkdir "$record"
wrong "a folder" 'not a regular file'
ln "$record" "$WORK/hard"
wrong "a hard link" 'second name'
rm -f "$WORK/hard"
: >"$record"
wrong "empty" 'not complete'
: >"$record"
truncate -s 2G "$record"
wrong "2 GiB of nothing" 'not complete|not a database|malformed'
head -c 100000 /dev/urandom >"$record"
wrong "noise" 'not a database'
truncate -s 2G "$record"
galley resume
is "F066: 2 GiB behind a good record: resumed or refused, nothing done twice" "" \
    "$(case $RC in 0 | 1 | 5) ;; *) echo "exit code $RC: $ERR" ;; esac; sort effects | grep -v d | uniq -d)"
rm -rf "$STATE"
cp -a good "$STATE"
if able "F067: record of a newer galley" sqlite3; then
    sqlite3 "$record" 'PRAGMA user_version = 2'
    wrong2() { # VERSION TEXT
        galley resume
        is "F067: schema $1: exit code" 5 "$RC"
        like "F067: schema $1: why" "$ERR" "$2"
    }
    wrong2 2 'is of a newer galley \(schema 2\)'
    sqlite3 "$record" 'PRAGMA user_version = 4711'
    wrong2 4711 'is of a newer galley \(schema 4711\)'
    sqlite3 "$record" 'PRAGMA user_version = 0'
    wrong2 0 'is not complete \(schema 0\)'
    sqlite3 "$record" 'PRAGMA user_version = 1'
    cp good.effects effects
    sed -i 's/; false/; true/' recipe.yaml
    galley resume
    is "F067: schema 1 again: it goes on" "0 a b c d d" "$RC $(xargs <effects)"
fi

# F038: whatever the umask
for mask in 0 777; do
    four false
    afresh
    rm -rf "$XDG_STATE_HOME"
    (umask $mask && exec "$GALLEY" run recipe.yaml >/dev/null 2>&1 </dev/null)
    is "F038: umask $mask: folders are 0700, files 0600" "" "$(find "$XDG_STATE_HOME" \
        \( -type d ! -perm 700 -o -type f ! -perm 600 \) -printf '%P %m\n')"
done

# The folder goes away during the run.
four true
sed -i 's/echo b >>effects/&; mv runs-of gone; mv state\/galley\/runs gone/' recipe.yaml
sed -i 's/mv runs-of gone; //' recipe.yaml
afresh
run
is "F065: the run's folder vanishes: exit code" 5 "$RC"
is "F065: the run's folder vanishes: nothing new starts" "a b" "$(xargs <effects)"
like "F065: the run's folder vanishes: why" "$ERR" 'No such file or directory; what happens from now on is not on record'
rm -rf gone

# A state folder on a shared file system.
if able "F065: state folder on NFS" strace; then
    four true
    for type in 6969000000000000 424d53fe00000000 9419020100000000; do      # the last one: tmpfs
        afresh
        run strace -qq -o /dev/null -e trace=statfs -e "inject=statfs:poke_exit=@arg2=$type"
        is "F065: state folder on a file system of type $type: exit code" "0 a b c d" "$RC $(xargs <effects)"
        warnings=$(grep -c 'galley", on .*, where they may not hold: set XDG_STATE_HOME' <<<"$ERR")
        is "F065: state folder on a file system of type $type: warned of once, if it is shared" \
            $([ $type = 9419020100000000 ]; echo $?) "$warnings"
    done
fi

# ---- clocks ------------------------------------------------------------------

libfaketime=$(find /usr/lib -name libfaketime.so.1 2>/dev/null | head -n 1)
# What jumps is the wall clock alone: not the monotonic one, not the times of files.
faketime=(env LD_PRELOAD="$libfaketime" FAKETIME_TIMESTAMP_FILE=clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1)
# Step b makes it jump, and has a time of 30 s; c has 300 ms, and is given three
# attempts of it; then it is resumed with the clock as it was.
clock_recipe() { # JUMP
    cat <<YAML
galley: 1
name: fault
steps:
  - {id: a, uses: exec.run, with: {command: ['true']}}
  - {id: b, uses: exec.run, timeout: 30s, with: {command: [sh, -c, "echo $1 >clock; sleep 0.2"]}}
  - {id: c, uses: exec.run, timeout: 300ms, retry: {attempts: 3, delay: 50ms, on: [unknown, transient]},
     with: {command: [sh, -c, "[ -e fine ] || { echo x >>tries; exec sleep 60; }"], creates: fine}}
YAML
}
# By how many days, rounded.
jumped() { printf %.0f "$((($(seconds_of run_end) - $(seconds_of run_start)) * 1000 / 86400))e-3"; }
seconds_of() { date -d "$(event "$1" time | tr -d '"')" +%s; }
if [ -z "$libfaketime" ]; then
    skip "F070: the wall clock jumps" "needs libfaketime"
elif able "F070: the wall clock jumps" plain; then
    for days in -2 +3650; do
        name="F070: the wall clock jumps by $days days"
        clock_recipe ${days}d >recipe.yaml
        afresh
        rm -f tries
        touch fine
        galley run recipe.yaml
        before=$(newest)
        rm -f fine
        echo +0 >clock
        run "${faketime[@]}"
        is "$name: exit code, attempts" "1 3" "$RC $(wc -l <tries)"
        is "$name: it did" $((days)) "$(jumped)"
        like "$name: the time of b is not over, that of c is" "$(event command_end how | xargs)" \
            '^exit 0 exit 0( timed out after (2[0-9]{2}|300) ms \(SIGTERM\)){3}$'
        is "$name: the record of another run is not old by that" "$before" "$(ls "$STATE/runs" | grep -xF "$before")"
        unlike "$name: no negative time" "$(cat events)$ERR" '"[a-z_]*_ms":-|-[0-9]+(\.[0-9]+)? m?s'
        touch fine
        echo +0 >clock
        OUT=$("${faketime[@]}" "$GALLEY" resume 2>&1)
        like "$name, and back: it is resumed" "$OUT" 'c +held '
        unlike "$name, and back: no negative time" "$OUT$(galley runs --json; echo "$OUT"; galley log; echo "$OUT")" ' -[0-9][0-9.]* |_ms":-'
    done
fi
# Runs that begin in one and the same microsecond: the ids that it alone makes
# are 16.
if [ -n "$libfaketime" ] && able "runs that begin at the same time" plain; then
    four true
    afresh
    echo "2026-11-24 10:00:00" >clock
    for _ in {1..24}; do "${faketime[@]}" "$GALLEY" run -q recipe.yaml 2>&1 </dev/null; done >said
    is "runs that begin at the same time: each has a record of its own" "24 " "$(find "$STATE/runs" -name record.db | wc -l) $(cat said)"
fi
if able "F071: the monotonic clock begins anew" root unshare; then
    four
    afresh
    run
    RC=0
    ERR=$(unshare -T --monotonic 86400 --boottime 864000 "$GALLEY" resume --retry d 2>&1 </dev/null) || RC=$?
    case $ERR in
    unshare*) skip "F071: the monotonic clock begins anew" "no time namespaces" ;;
    *)
        is "F071: the monotonic clock begins anew: the run went on" "a b c d d" "$(xargs <effects)"
        unlike "F071: the monotonic clock begins anew: no odd time" "$ERR" '[0-9]+ h|-[0-9]+ m?s' ;;
    esac
fi

# ---- many --------------------------------------------------------------------

# F074: as many steps as a recipe may have, each looked at anew by each resume;
# long: until there are a million rows.  Time is the processor's.
if able "F074: a large record" plain sqlite3; then
    steps=2000 sessions=1
    long && steps=10000 sessions=8
    {
        printf 'galley: 1\nname: fault\nvars:\n  all: {type: list, default: [%s]}\nsteps:\n' "$(seq -s, $((steps - 1)))"
        # shellcheck disable=SC2016
        printf '  - {id: it, for_each: "${vars.all}", needs: [], uses: exec.run, with: {command: [touch, next], creates: .}}\n'
        printf '  - {id: last, uses: exec.run, with: {command: [sh, -c, %s]}}\n' \
            "'sed -nE \"s/VmHWM:[^0-9]*([0-9]+).*/\1/p\" /proc/\$PPID/status >peak; [ -e fine ]'"
    } >recipe.yaml
    afresh
    rm -f fine peak next
    galley run -q recipe.yaml
    is "F074: $steps steps: exit code" 1 "$RC"
    bad='' TIMEFORMAT='%U + %S'
    for ((i = 1; i <= sessions; i++)); do
        [ $i -lt $sessions ] || touch fine
        taken=$( { time galley resume -q --retry last; echo "$RC" >rc; } 2>&1)
        [ "$(cat rc)" = $((i < sessions)) ] || bad="$bad $i: exit code $(cat rc);"
    done
    is "F074: $steps steps: resumed, $sessions times" "" "$bad"
    rows=0
    for table in event state output step; do rows=$((rows + $(sqlite3 -readonly "$(run_dir)record.db" "SELECT count(*) FROM $table"))); done
    is "F074: $steps steps, $rows rows: nothing is done again" "" "$(ls next 2>/dev/null)"
    result "$(awk "BEGIN { exit !($taken < 5) }"; echo $?)" "F074: $steps steps, $rows rows: resumed in less than 5 s" || diag "$taken s"
    result $((!($(cat peak) < 128 * 1024))) "F074: $steps steps, $rows rows: in less than 128 MiB" || diag "$(cat peak) KiB"
    diag "F074: $rows rows: $taken s, $(cat peak) KiB"
    ! long || is "F074: a million rows" 1 $((rows > 1000000))
fi

done_testing

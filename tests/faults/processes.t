#!/bin/bash
# Starting tools and watching over them: faults F001 to F022, F035 to F040.
#
# Not to be had from outside: that a core was dumped (of F018), as galley lets
# none be; see /process/F018-core in tests/unit/test-process.c.  And of F040:
# there is no --strict that refuses.
. "$G_TEST_SRCDIR/tests/faults/lib.sh" || exit 1

RETRY='retry: {attempts: 3, delay: 10ms, on: [unknown]}'
ONCE='retry: {attempts: 1}'

reason() { event step_end reason | head -n 1; }
how() { event command_end how | sort -u; }
not_started() { # NAME TEXT : of the run just made; TEXT is JSON
    is "$1: exit code" 1 "$RC"
    is "$1: why" "\"not started: $2\"" "$(how)"
    like "$1: why, on the terminal" "$ERR" "ended +not started: "
    is "$1: not tried again, nothing after it" "1 " "$(event attempt_start attempt | xargs) $(ls next 2>/dev/null)"
}

# ---- what takes long, beside all that follows --------------------------------

# Of galley's own forks the first is a plugin host, the next ones are tools.
FORKS=clone,clone3,fork,vfork
no_process() { # WHICH
    step '[touch, made]' "$RETRY"
    next_step
    inject "$FORKS:error=EAGAIN:when=$1"
}
no_process_once() {
    step '[touch, made]' "$ONCE"
    inject "$FORKS:error=EAGAIN:when=$1"
}
if command -v strace >/dev/null; then
    aside no-process no_process 2+
    aside no-host no_process_once 1+
fi
holds() {
    step '[sh, -c, "sleep 60 & echo hi; exit 3"]' "$ONCE"
    run
}
aside holds holds

# ---- what cannot be started --------------------------------------------------

step '[nosuch, a]' "$RETRY"
next_step
run env PATH=/nonexistent
is "F001: tool missing: exit code" 1 "$RC"
is "F001: tool missing: why" '"\"nosuch\" is not in PATH (/nonexistent)"' "$(reason)"
is "F001: tool missing: nothing is started" "" "$(event command_start tool)"
is "F001: tool missing: not tried again, nothing after it" '1 ' "$(event attempt_start attempt | xargs) $(ls next 2>/dev/null)"
step "[$WORK/nosuch, a]" "$RETRY"
next_step
run
not_started "F001: path that is not there" "\\\"$WORK/nosuch\\\" does not exist"

step '[sh, -c, "echo x >>tries; exit 127"]' "$RETRY"
next_step
run
is "F002: tool exits 127: exit code" 1 "$RC"
is "F002: tool exits 127: recorded" "127 127 127" "$(event command_end exit_code | xargs)"
is "F002: tool exits 127: tried again" 3 "$(wc -l <tries)"
is "F002: tool exits 127: nothing after it" "" "$(ls next 2>/dev/null)"

mkdir bin
printf '' >bin/empty
printf 'touch pwn\n' >bin/text
printf '#!/nonexistent/sh\ntouch pwn\n' >bin/script
cp "$(readlink -f /bin/true)" bin/foreign
printf '\375\000' | dd of=bin/foreign bs=1 seek=18 conv=notrunc status=none   # e_machine
chmod +x bin/*
mkdir bin/folder
printf '#!/bin/sh\ntouch pwn\n' >bin/plain
chmod 644 bin/plain
ln -s nowhere bin/dangling
ln -s loop bin/loop
not_a_program='is neither a program for this machine nor a script with \"#!\"'
while read -r id name text; do
    for word in "$WORK/bin/$name" "$name"; do
        step "[$word, a]" "$RETRY"
        next_step
        run env "PATH=$WORK/bin:/usr/bin:/bin"
        case $word:$name in
        */folder:* | */plain:* | */dangling:* | */loop:* | [!/]*:empty | [!/]*:text | [!/]*:foreign | [!/]*:script | /*)
            not_started "$id: $name, as ${word/$WORK/WORK}" "\\\"$WORK/bin/$name\\\" $text" ;;
        *)      # found by name only where it can be run
            is "$id: $name, as $word: exit code" 1 "$RC"
            like "$id: $name, as $word: why" "$(reason)" "^\"..$name.. is not in PATH" ;;
        esac
    done
done <<TABLE
F003 empty is empty
F004 text $not_a_program
F005 script is a script for \"/nonexistent/sh\", which does not exist
F005 foreign $not_a_program
F005 folder is a folder
F005 plain is not executable
F005 dangling is a dangling link
TABLE
step "[$WORK/bin/loop, a]" "$RETRY"
next_step
run
not_started "F005: loop of links" "\\\"$WORK/bin/loop\\\": too many levels of symbolic links"
is "F004: none of these was run by a shell" "" "$(ls pwn 2>/dev/null)"
if able "F004: no shell is even tried" strace; then
    step "[$WORK/bin/text, a]"
    run strace -f -qq -e trace=execve -o trace
    is "F004: no shell is even tried" 0 "$(grep -c '"/bin/sh"' trace)"
fi

cp bin/plain busy
chmod +x busy
step "[$WORK/busy]" "$RETRY"
exec 9>>busy
next_step
run
exec 9>&-
not_started "F006: tool that is being written" "\\\"$WORK/busy\\\" is being written to"
if able "F006: tool that was being written" strace; then
    # As seen from here, it takes a tenth of a second to fail.
    rm -f trace pwn
    { until grep -qs ETXTBSY trace; do read -rt 0.01 <> <(:); done; } 9>>busy &
    step "[$WORK/busy]"
    run strace -f -qq -o trace -P "$WORK/busy" -e inject=execve:delay_exit=100000
    wait $!
    is "F006: tool that was being written: exit code" 0 "$RC"
    is "F006: tool that was being written: one attempt" 1 "$(event attempt_start attempt | xargs)"
    is "F006: tool that was being written: it ran" pwn "$(ls pwn 2>/dev/null)"
    like "F006: tool that was being written: it was tried before" "$(grep -c ETXTBSY trace)" '^[1-9]$'
fi

if able "F007: no processes" strace; then
    step '[touch, made]'
    inject "$FORKS:error=EAGAIN:when=2..3"
    is "F007: no process, twice: exit code" 0 "$RC"
    is "F007: no process, twice: one attempt" 1 "$(event attempt_start attempt | xargs)"
    is "F007: no process, twice: made it" made "$(ls made)"
    rm -f made
    inject "$FORKS:error=EAGAIN:when=1..2"
    is "F007: no plugin host, twice: exit code" 0 "$RC"
    is "F007: no plugin host, twice: one attempt" 1 "$(event attempt_start attempt | xargs)"
    is "F007: no plugin host, twice: made it" made "$(ls made)"
    rm -f made
    inject "$FORKS:error=ENOMEM:when=2..3"
    is "F008: no memory for a process, twice: exit code" 0 "$RC"
    is "F008: no memory for a process, twice: one attempt" 1 "$(event attempt_start attempt | xargs)"
    is "F008: no memory for a process, twice: made it" made "$(ls made)"
    rm -f made
    join no-process
    not_started "F007: no process, ever" \
        "no process for \\\"$(type -P touch)\\\": resource temporarily unavailable"
    is "F007: no process, ever: class" '"transient"' "$(event step_end class)"
    is "F007: no process, ever: nothing was made" "" "$(ls made next 2>/dev/null)"
    cd "$WORK" && join no-host
    is "F007: no plugin host, ever: exit code" 1 "$RC"
    is "F007: no plugin host, ever: why" '"cannot start a plugin host: resource temporarily unavailable"' "$(reason)"
    is "F007: no plugin host, ever: class" '"transient"' "$(event step_end class)"
    is "F007: no plugin host, ever: nothing was made" "" "$(ls made 2>/dev/null)"
    cd "$WORK" || exit 1
fi

# ---- what there is too little of ---------------------------------------------

# The calls that get memory, from where the recipe is read to the end.
if able "F008: no memory" strace plain; then
    step '[touch, made]'
    run strace -qq -e trace=mmap,brk,openat -o trace
    first=$(sed '/recipe.yaml/,$d' trace | grep -cE '^(mmap|brk)') last=$(grep -cE '^(mmap|brk)' trace)
    stride=$(((last - first) / 8 + 1))
    long && stride=1
    lies='' odd='' torn='' tried=0
    for ((k = first + 1; k <= last; k += stride)); do
        rm -f made
        tried=$((tried + 1))
        run strace -qq -o /dev/null -e "inject=mmap,brk:error=ENOMEM:when=$k+"
        case $RC in
        0) [ -e made ] || lies+=" $k" ;;
        1 | 3 | 4 | 5 | 64 | 133) ;;
        *) odd+=" $k:$RC" ;;
        esac
        [ ! -e events ] || python3 -c 'import json
for line in open("events").read().split("\n")[:-1]: json.loads(line)' || torn+=" $k"
    done
    is "F008: no memory: no success where nothing was made" "" "$lies"
    is "F008: no memory: documented exit codes, or GLib's abort" "" "$odd"
    is "F008: no memory: whole lines of events" "" "$torn"
    like "F008: no memory: at several points" "$tried" '^[0-9]+$'
    is "F008: no memory: nothing runs" "" "$(left)"
fi

# The loader needs some descriptors, galley itself a few, a tool some more.
lies='' odd='' unsaid='' late='' works=0 fails=0
for n in {5..40}; do
    rm -f made
    step '[touch, made]' "$ONCE"
    SECONDS=0
    run prlimit "--nofile=$n"
    [ $SECONDS -lt 4 ] || late+=" $n"
    if [ "$RC" -eq 0 ]; then
        works=$((works + 1))
        [ -e made ] || lies+=" $n"
    else
        fails=$((fails + 1))
        [ ! -e made ] || lies+=" $n"
        [[ $ERR =~ [Tt]oo\ many\ open\ files ]] || unsaid+=" $n"
        case $RC in 1 | 3 | 5 | 64) ;; *) odd+=" $n:$RC" ;; esac
    fi
done
is "F009: few descriptors: what failed made nothing, what worked did" "" "$lies"
if able "F009: few descriptors: documented exit codes" plain; then
    is "F009: few descriptors: documented exit codes" "" "$odd"
fi
is "F009: few descriptors: without waiting" "" "$late"
is "F009: few descriptors: says so" "" "$unsaid"
like "F009: few descriptors: some are too few, some enough" "$works $fails" '^[1-9][0-9]? [1-9][0-9]?$'
is "F009: few descriptors: nothing runs" "" "$(left)"
if able "F009: calls that need a descriptor" strace; then
    lies='' odd=''
    for call in pipe2 pidfd_open dup2 fcntl socketpair eventfd2 signalfd4 openat; do
        for k in $(seq "$(long && echo 6 || echo 2)"); do
            [ "$call" != openat ] || k=$((first + k * 3))       # not those of the loader
            rm -f made
            step '[touch, made]' "$ONCE"
            run strace -qq -f -o /dev/null -e "inject=$call:error=EMFILE:when=$k"
            case $RC in
            0) [ -e made ] || lies+=" $call:$k" ;;
            1 | 3 | 4 | 5 | 64 | 127 | 133) ;;
            *) odd+=" $call:$k:$RC" ;;
            esac
        done
    done
    is "F009: calls that need a descriptor: no success where nothing was made" "" "$lies"
    is "F009: calls that need a descriptor: documented exit codes, or GLib's abort" "" "$odd"
    is "F009: calls that need a descriptor: nothing runs" "" "$(left)"
fi
{
    printf 'galley: 1\nname: fault\nvars:\n  all: {type: list, default: [%s]}\nsteps:\n' "$(seq -s, 60)"
    # shellcheck disable=SC2016
    printf '  - {id: %s, uses: exec.run, with: {command: [sh, -c, "ls /proc/$PPID/fd | wc -l"]}}\n' before
    # shellcheck disable=SC2016
    printf '  - {id: %s, uses: exec.run, for_each: "${vars.all}", with: {command: [%s]}%s}\n' \
        good '"true"' '' bad "$WORK/bin/empty" ', continue_on: true, retry: {attempts: 1}'
    # shellcheck disable=SC2016
    printf '  - {id: %s, uses: exec.run, with: {command: [sh, -c, "ls /proc/$PPID/fd | wc -l"]}}\n' after
} >recipe.yaml
OPTIONS=(-j1)
run prlimit --nofile=30
is "F009: 120 tools, half of them not started: exit code" 0 "$RC"
is "F009: 120 tools, half of them not started: no descriptor is lost" 1 \
    "$(sed -nE 's/.*"event":"output".*"step":"(before|after)".*"text":("[^"]*").*/\2/p' events | sort | uniq -c | grep -c '^ *2 ')"
OPTIONS=()

most=$(head -c 131071 /dev/zero | tr '\0' x)
step "[echo, -n, $most]"
run
is "F010: longest argument: exit code" 0 "$RC"
is "F010: longest argument: all of it arrived" 131071 "$(event command_end out_bytes)"
step "[echo, -n, ${most}x]" "$RETRY"
next_step
run
not_started "F010: one byte more" \
    "an argument of \\\"$(type -P echo)\\\" or a variable is too long (131072 bytes; 131071 are possible)"
{
    printf 'galley: 1\nname: fault\nvars:\n  big: {default: %s}\nsteps:\n' "${most:0:100000}"
    # shellcheck disable=SC2016
    printf '  - {id: it, uses: exec.run, with: {command: ["true"%s]}, %s}\n' \
        "$(printf ', "${vars.big}"%.0s' {1..30})" "$RETRY"
} >recipe.yaml
next_step
run
is "F010: 3 MB of arguments: exit code" 1 "$RC"
like "F010: 3 MB of arguments: why" "$(how)" '^"not started: arguments and environment of ..*/true.. are too long \(300[0-9]{4} bytes\)"$'
is "F010: 3 MB of arguments: not tried again, nothing after it" "1 " "$(event attempt_start attempt | xargs) $(ls next 2>/dev/null)"

# ---- what does not end -------------------------------------------------------

fake sleep <<'FAKE'
call --version
  out "sleep 1.0\n"
call **
  ignore TERM
  write deaf x
  sleep 600000
FAKE
mkdir slow
mv sleep sleep.fake slow
printf 'galley: 1\nname: fault\nsteps:\n  - {id: it, uses: evil.run_sleep, timeout: 1s, %s}\n' "$ONCE" >recipe.yaml
OPTIONS=("${EVIL[@]}")
run env "PATH=$WORK/slow:$PATH"
OPTIONS=()
is "F011: deaf to SIGTERM: exit code" 1 "$RC"
is "F011: deaf to SIGTERM: it was" x "$(cat slow/deaf)"
like "F011: deaf to SIGTERM: how it ended" "$(how)" '^"timed out after .* \(SIGKILL\)"$'
is "F011: deaf to SIGTERM: by which signal" 9 "$(event command_end signal)"
is "F011: deaf to SIGTERM: nothing runs" "" "$(left)"
if long; then
    step "[$WORK/slow/sleep]" "timeout: 1s, $ONCE"
    run
    like "F011: deaf to SIGTERM for 30 s: how it ended" "$(how)" '^"timed out after .* \(SIGKILL\)"$'
    like "F011: deaf to SIGTERM for 30 s: when" "$(event command_end duration_ms)" '^3[01][0-9]{3}$'
fi

rm -f tries
step '[sh, -c, "echo x >>tries; kill -STOP $$"]' 'timeout: 300ms, retry: {attempts: 3, delay: 10ms}'
next_step
run
is "F012: stopped at its timeout: exit code" 1 "$RC"
like "F012: stopped at its timeout: how it ended" "$(how)" '^"timed out after (2[0-9]{2}|300) ms \(SIGTERM\)"$'
is "F012: stopped at its timeout: who knows what it did is not tried again" 1 "$(wc -l <tries)"
is "F012: stopped at its timeout: class" '"unknown"' "$(event step_end class)"
is "F012: stopped at its timeout: nothing runs" "" "$(left)"

join holds
is "F013: output is held: exit code is the tool's" "1 3" "$RC $(event command_end exit_code)"
like "F013: output is held: two seconds" "$(event run_end duration_ms)" '^(2[0-9]|3[0-9])[0-9]{2}$'
is "F013: output is held: all of it is there" 3 "$(event command_end out_bytes)"
is "F013: output is held: told" '"\"sh\" left 1 process behind that had to be ended; its output was still held open 2 s after its end"' "$(event warning text)"
is "F013: output is held: nothing runs" "" "$(left)"
cd "$WORK" || exit 1

step '[sh, -c, "setsid sh -c \"(sleep 7777 & sleep 7778 &) </dev/null >/dev/null 2>&1\"; setsid -f sleep 7779 >/dev/null 2>&1"]'
next_step
run
is "F014: grandchildren in sessions of their own: exit code" 0 "$RC"
is "F014: grandchildren in sessions of their own: told" '"\"sh\" left 3 processes behind that had to be ended"' "$(event warning text)"
is "F014: grandchildren in sessions of their own: nothing runs" "" "$(left)"
is "F014: grandchildren in sessions of their own: it goes on" next "$(ls next)"
step '[sh, -c, "setsid -f sleep 7779 >/dev/null 2>&1; echo begun"]' 'background: true'
run
is "F014: declared to run on: exit code" 0 "$RC"
background=$(left)
like "F014: declared to run on: it does" "$background" '^[0-9]+ sleep 7779 $'
[ -z "$background" ] || kill "${background%% *}"


if able "F015: fork bomb" root setpriv prlimit; then
    # A user that has no other processes, so that the limit is the bomb's alone.
    user=$((50000 + $$ % 10000))
    chmod 711 .
    mkdir -m 700 bomb
    # shellcheck disable=SC2016
    step '[bash, -c, ":(){ :|:& };: 2>/dev/null; wait"]' "timeout: 2s, $ONCE"
    cp recipe.yaml bomb
    chown -R "$user" bomb
    SECONDS=0
    (cd bomb && XDG_STATE_HOME=$WORK/bomb/state HOME=$WORK/bomb setpriv "--reuid=$user" --clear-groups \
        prlimit "--nproc=$(long && echo 200 || echo 60)" "$GALLEY" run --events events recipe.yaml >/dev/null 2>bomb.err </dev/null)
    RC=$?
    taken=$SECONDS
    if [ -s bomb/events ]; then
        is "F015: fork bomb: documented exit code" 1 "$([ $RC -le 1 ] && echo 1)"
        like "F015: fork bomb: is over soon" "$taken" '^[0-7]$'
        is "F015: fork bomb: nothing runs" "" \
            "$(grep -lsE "^Uid:\s+$user\s" /proc/[0-9]*/status)"
        like "F015: fork bomb: the run came to its end" "$(tail -n 1 bomb/events)" '^\{"event":"run_end"'
    else
        skip "F015: fork bomb" "another user cannot run $GALLEY here"
    fi
fi

step '[sh, -c, "exec >&- 2>&-; sleep 1; exit 3"]' "$ONCE"
TIMEFORMAT='%U %S'
cpu=$({ time run 2>/dev/null; } 2>&1)
run
is "F016: output closed early: waits for the exit" "3" "$(event command_end exit_code)"
like "F016: output closed early: until then" "$(event command_end duration_ms)" '^(9[0-9]{2}|1[0-9]{3})$'
is "F016: output closed early: no busy waiting" 1 "$(awk '{ print $1 + $2 < 0.2 ? 1 : $0 }' <<<"$cpu")"

{
    printf 'galley: 1\nname: fault\nvars:\n  codes: {type: list, default: [%s]}\n' "$(seq -s, 0 255)"
    printf '  signals: {type: list, default: [%s]}\nsteps:\n' "$(seq -s, 31)"
    # shellcheck disable=SC2016
    printf '  - {id: %s, uses: exec.run, for_each: "%s", needs: [], continue_on: true, with: {command: [%s]}, %s}\n' \
        code '${vars.codes}' 'sh, -c, "exit ${each.value}"' "$ONCE" \
        signal '${vars.signals}' 'sh, -c, "kill -${each.value} $$"' "timeout: 1s, $ONCE"
} >recipe.yaml
OPTIONS=(-j8)
run
OPTIONS=()
is "F017: every exit code and signal: exit code" 0 "$RC"
is "F017: every exit code, in its fields" "$(seq 0 255)" \
    "$(sed -nE '/^\{"event":"command_end"/s/.*"step":"code\[([0-9]+)\]".*"how":"exit ([0-9]+)","exit_code":([0-9]+),.*/\1 \2 \3/p' events |
        sort -n | awk '$1 == $2 && $2 == $3 { print $1 }')"
is "F017: every exit code but 0 is a failure" "changed 1 failed 255" \
    "$(sed -nE '/^\{"event":"step_end"/s/.*"step":"code\[[0-9]+\]".*"result":"([a-z]+)".*/\1/p' events |
        sort | uniq -c | awk '{ print $2, $1 }' | xargs)"
wanted=''
for i in {1..31}; do
    case $(kill -l "$i") in             # those of a terminal stop nobody who has none
    CHLD | CONT | URG | WINCH | TSTP | TTIN | TTOU) wanted+="$i exit 0"$'\n' ;;
    STOP) wanted+="$i timed out (SIGTERM) 15"$'\n' ;;
    IO) wanted+="$i killed by SIGPOLL $i"$'\n' ;;
    *) wanted+="$i killed by SIG$(kill -l "$i") $i"$'\n' ;;
    esac
done
is "F017: every signal, by name and number" "${wanted%$'\n'}" \
    "$(sed -nE '/^\{"event":"command_end"/s/.*"step":"signal\[([0-9]+)\]".*"how":"([^"]*)"(,"exit_code":0)?(,"signal":([0-9]+))?,.*/\1 \2 \5/p' events |
        sed -E 's/ after [0-9.]+ m?s//; s/ $//' | sort -n)"
is "F017: nothing runs" "" "$(left)"

mkdir core
# shellcheck disable=SC2016
step '[sh, -c, "ulimit -c; kill -SEGV $$"]' "cwd: $WORK/core, $ONCE"
sed -i 's/}, cwd: \([^,]*\),/, cwd: \1},/' recipe.yaml
(ulimit -S -c unlimited 2>/dev/null; run; echo "$RC $(how) $(event output text)") >core.out
is "F018: dies as if to dump core: how it ended" '1 "killed by SIGSEGV" "0"' "$(cat core.out)"
is "F018: dies as if to dump core: no core is kept" "" "$(ls core)"

# ---- how galley was started ----------------------------------------------------

step '[sh, -c, "exit 3"]' "$ONCE"
next_step
run env --ignore-signal=CHLD
is "F019: started with SIGCHLD ignored: exit code" 1 "$RC"
is "F019: started with SIGCHLD ignored: the tool's" "3" "$(event command_end exit_code)"
is "F019: started with SIGCHLD ignored: nothing after it" "" "$(ls next 2>/dev/null)"
if able "F019: somebody else took the exit code" strace; then
    run strace -f -qq -o /dev/null -e inject=waitid:error=ECHILD
    is "F019: nobody knows the exit code: exit code" 4 "$RC"
    is "F019: nobody knows the exit code: says so" '"ended, and how is not known"' "$(how)"
    is "F019: nobody knows the exit code: class" '"unknown"' "$(event step_end class)"
    like "F019: nobody knows the exit code: on the terminal" "$ERR" 'diagnosis +nothing shows whether it was done: nobody saw how its command ended'
    is "F019: nobody knows the exit code: nothing after it" "" "$(ls next 2>/dev/null)"
fi

step '[grep, -E, "Sig(Blk|Ign)", /proc/self/status]'
signals() { event output text | sed -E 's/"(.*)"/\1/; s/\\t/ /g' | tr '\t' ' '; }
for how in --block-signal=TERM,INT,HUP,CHLD --ignore-signal=CHLD,PIPE,INT,USR1 --default-signal; do
    run env --default-signal "$how"
    ignored=$(env --default-signal "$how" sed -n 's/^SigIgn:\t//p' /proc/self/status)
    is "F020: $how: exit code" 0 "$RC"
    is "F020: $how: a tool has nothing blocked, and what was ignored" \
        "SigBlk: 0000000000000000 SigIgn: $ignored" "$(signals | xargs)"
done
run nohup
like "F020: nohup: a tool ignores SIGHUP, too" "$(signals | xargs)" 'SigIgn: [0-9a-f]*[13579bdf]$'
step '[sh, -c, "echo x >begun; exec sleep 60"]' "timeout: 300ms, $ONCE"
run env --block-signal=TERM
like "F020: SIGTERM blocked: it still ends a tool" "$(how)" '\(SIGTERM\)"$'

fake descriptors <<'FAKE'
call **
  fds
FAKE
step "[$WORK/descriptors]"
for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
    rm -f events transcript
    RC=0
    eval "'$GALLEY' run --events events --transcript transcript recipe.yaml </dev/null >out 2>err $closed" || RC=$?
    is "F021: started with $closed: exit code" 0 "$RC"
    is "F021: started with $closed: files hold what they should" "run_start run_end 0" \
        "$(head -n 1 events | cut -d'"' -f4) $(tail -n 1 events | cut -d'"' -f4) $(grep -cv '^{"event":' events)"
    is "F021: started with $closed: a tool has its three streams and the lock" "0 1 2 lock" \
        "$(event output text | tr -dc '0-9\n ' | xargs | sed -E 's/^(0 1 2) [0-9]+$/\1 lock/')"
done

mkdir several
: >lockable
{
    printf 'galley: 1\nname: fault\nlock: it\nvars:\n  all: {type: list, default: [1, 2, 3, 4]}\nsteps:\n'
    # shellcheck disable=SC2016
    printf '  - {id: it, uses: exec.run, for_each: "${vars.all}", needs: [], with: {command: [%s]}}\n' \
        'sh, -c, "touch several/$0; until [ $(ls several | wc -l) = 4 ]; do sleep 0.01; done; exec '"$WORK"'/descriptors", "${each.value}"'
} >recipe.yaml
run 7</etc/passwd 8>lockable
is "F022: descriptors of whoever started it: exit code" 0 "$RC"
is "F022: descriptors of whoever started it: a tool has its streams and the lock" 4 \
    "$(grep '"name":"stdout"' events | grep -cE '"0\\n1\\n2\\n[0-9]+"')"
step "[sh, -c, 'readlink /proc/self/fd/0; readlink /proc/self/fd/1; readlink /proc/self/fd/2']"
run 7</etc/passwd
like "F022: descriptors of whoever started it: the streams" "$(event output text | xargs)" \
    '^/dev/null pipe:\[[0-9]+\] pipe:\[[0-9]+\]$'


# ---- the kernel, and what else surrounds it -------------------------------------

# Since Linux 6.14 a namespace has a limit of its own for process numbers.
IFS=.- read -r major minor _ < <(uname -r)
if [ $((major * 1000 + minor)) -lt 6014 ]; then
    skip "F035: process numbers used again" "needs Linux 6.14"
elif able "F035: process numbers used again" root unshare && unshare -pf --mount-proc true 2>/dev/null; then
    {
        printf 'galley: 1\nname: fault\nvars:\n  all: {type: list, default: [%s]}\nsteps:\n' \
            "$(seq -s, "$(long && echo 500 || echo 40)")"
        # shellcheck disable=SC2016
        printf '  - {id: it, uses: exec.run, for_each: "${vars.all}", needs: [], with: {command: [%s]}}\n' \
            'sh, -c, "sleep 60 >/dev/null 2>&1 & exit 0"'
    } >recipe.yaml
    # Bystanders come and go, with numbers that belonged to tools just before.
    cat >bystanders <<'SH'
echo 340 >/proc/sys/kernel/pid_max && echo 300 >/proc/sys/kernel/ns_last_pid || exit 99
for loop in 1 2 3 4; do
    while [ ! -e over ]; do
        sleep 0.05 || echo "hit: $?"
        echo .
    done >"bystanders.$loop" &
done
"$GALLEY" run -j4 --events events recipe.yaml >/dev/null 2>&1
code=$?
: >over
wait
exit $code
SH
    outside=$(cat /proc/sys/kernel/pid_max)
    rm -f over events
    RC=0
    GALLEY=$GALLEY timeout 300 unshare -pf --mount-proc sh bystanders 2>/dev/null || RC=$?
    [ "$outside" = "$(cat /proc/sys/kernel/pid_max)" ] || echo "$outside" >/proc/sys/kernel/pid_max
    is "F035: process numbers used again: exit code" 0 "$RC"
    is "F035: process numbers used again: what was left behind was ended" "$(long && echo 500 || echo 40)" \
        "$(event warning text | grep -cF 'left 1 process behind that had to be ended')"
    is "F035: process numbers used again: bystanders are not" "" "$(grep -h hit bystanders.?)"
    like "F035: process numbers used again: there were bystanders" "$(cat bystanders.? | grep -c .)" '^[1-9][0-9]+$'
else
    skip "F035: process numbers used again" "no namespaces here"
fi

# A run of all kinds: $WORK/descriptors tells what is open.
{
    printf 'galley: 1\nname: fault\nsteps:\n'
    # shellcheck disable=SC2016
    printf '  - {id: %s, uses: exec.run, with: {command: [%s]}%s}\n' \
        descriptors "$WORK/descriptors" '' \
        output 'sh, -c, "head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2"' '' \
        code 'sh, -c, "exit 3"' ", continue_on: true, $ONCE" \
        behind 'sh, -c, "setsid -f sleep 60 >/dev/null 2>&1"' '' \
        late 'sleep, "60"' ", timeout: 300ms, continue_on: true, $ONCE"
    printf '  - {id: input, uses: exec.run, with: {command: [wc, -c], stdin: "%s"}}\n' "${most:0:100000}"
} >recipe.yaml
facts() {
    sed -nE '/^\{"event":"command_end"/s/.*"step":"([a-z]+)".*"how":"([^"]*)".*"out_bytes":([0-9]+),"err_bytes":([0-9]+).*/\1: \2 \3 \4/p' events |
        sed -E -e 's/ after [0-9.]+ m?s//' -e 's/^(descriptors: .*) [78] 0$/\1 7 0/'
    event warning text
    sed -nE '/"name":"stdout"/s/.*"step":"(descriptors|input)".*"text":("[^"]*").*/\1 \2/p' events | sed -E 's/(0\\n1\\n2\\n)[0-9]+"/\1lock"/'
}
run
normal=$(facts)
is "F036: all is as it should be with a new kernel" 'descriptors: exit 0 7 0
output: exit 0 300000 200000
code: exit 3 0 0
behind: exit 0 0 0
late: timed out (SIGTERM) 0 0
input: exit 0 7 0
"\"sh\" left 1 process behind that had to be ended"
descriptors "0\n1\n2\nlock"
input "100000"' "$normal"
if able "F036: old kernel" strace; then
    inject pidfd_open,pidfd_send_signal,close_range,clone3:error=ENOSYS 7</etc/passwd
    is "F036: old kernel: exit code" 0 "$RC"
    is "F036: old kernel: all is as it is with a new one" "$normal" "$(facts)"
    is "F036: old kernel: nothing runs" "" "$(left)"
fi
if able "F037: interrupted system calls" strace; then
    run strace -qq -e trace=read,socketpair -o trace
    reads=$(sed '/^socketpair/,$d' trace | grep -c '^read')      # of files, by the loader, which never fail so
    run strace -qq -o /dev/null \
        -e inject=write,poll,ppoll,waitid,wait4,sendto,recvfrom,dup2:error=EINTR:when=1+2 \
        -e "inject=read:error=EINTR:when=$((reads + 1))+2"
    is "F037: interrupted system calls: exit code" 0 "$RC"
    is "F037: interrupted system calls: all is as it is without" "$normal" "$(facts)"
    is "F037: interrupted system calls: nothing runs" "" "$(left)"
fi

step '[touch, made]'
works() { # NAME : of what was just run, its code in RC
    is "F038: $1: exit code" 0 "$RC"
    is "F038: $1: made it" made "$(ls made)"
    rm -f made
}
(mkdir gone && cd gone && rmdir ../gone && "$GALLEY" run "$WORK/recipe.yaml" >/dev/null 2>&1 </dev/null)
RC=$?
works "folder is gone"
ERR=$(mkdir gone && cd gone && rmdir ../gone && "$GALLEY" run recipe.yaml 2>&1 </dev/null)
is "F038: folder is gone, with the recipe: exit code" 3 $?
is "F038: folder is gone, with the recipe: why" 'galley: recipe.yaml: cannot be read: No such file or directory' "$ERR"
run env -u HOME
works "no HOME"
for dir in /proc/none /proc /dev/null; do
    run env "TMPDIR=$dir"
    works "TMPDIR is $dir"
    run env "XDG_STATE_HOME=$dir"
    is "F038: state folder is $dir: exit code" 5 "$RC"
    like "F038: state folder is $dir: why" "$ERR" "^galley: cannot keep records in \"$dir/galley\": (No such file or|Not a) directory$"
    is "F038: state folder is $dir: nothing is started" "" "$(ls made 2>/dev/null)"
done
run setsid
works "no terminal"
run prlimit "--nofile=$(ulimit -Hn)"
works "very many descriptors"
rm -f events
"$GALLEY" run --events events recipe.yaml </ >/dev/null 2>&1
RC=$?
works "stdin is a folder"
(umask 0; XDG_STATE_HOME=$WORK/open "$GALLEY" run --events events --transcript transcript recipe.yaml >/dev/null 2>&1 </dev/null)
RC=$?
works "umask 0"
is "F038: umask 0: nobody else can read what was written" "" "$(find open events transcript -perm /077)"
if able "F038: another user" root setpriv; then
    mkdir -m 777 public
    chmod 711 .
    (cd public && sed 's/touch, made/touch, public-made/' ../recipe.yaml >recipe.yaml && chmod 644 recipe.yaml)
    as_nobody() { # UMASK COMMAND... : sets RC and ERR
        RC=0
        (cd public && umask "$1" && shift && setpriv --reuid=54321 --clear-groups "$@" >../.out 2>../.err </dev/null) || RC=$?
        ERR=$(cat .err)
    }
    as_nobody 022 env -u HOME "XDG_STATE_HOME=$WORK/public/state" "$GALLEY" run recipe.yaml
    if [ "$RC" -eq 126 ] || [ "$RC" -eq 127 ]; then
        skip "F038: another user" "cannot run $GALLEY here"
    else
        is "F038: no entry for the user: exit code" 0 "$RC"
        is "F038: no entry for the user: made it" public-made "$(cd public && ls public-made)"
        rm -f public/public-made
        as_nobody 022 env -u HOME -u XDG_STATE_HOME "$GALLEY" run recipe.yaml
        is "F038: no home at all: exit code" 5 "$RC"
        like "F038: no home at all: why" "$ERR" "^galley: cannot keep records in \"/\.local/state/galley\": Permission denied$"
        as_nobody 777 env "XDG_STATE_HOME=$WORK/public/none" "$GALLEY" run recipe.yaml
        is "F038: umask 0777: exit code" 0 "$RC"
        is "F038: umask 0777: only the user can use what was kept" "" \
            "$(find public/none -type d ! -perm 700; find public/none -type f ! -perm 600)"
    fi
fi
if able "F038: no /proc" root plain unshare && unshare -m true 2>/dev/null; then
    # shellcheck disable=SC2016
    RC=0 ERR=$(unshare -m sh -c 'umount -l /proc && exec "$0" run --plugin-dir "$1" recipe.yaml' \
        "$GALLEY" "$BUILD/plugins/.libs" 2>&1 </dev/null) || RC=$?
    is "F038: no /proc: exit code" 3 "$RC"
    like "F038: no /proc: why" "$ERR" '^galley: recipe.yaml:4:[0-9]+: plugin ".*/exec.so": needs /proc, which is not mounted'
    is "F038: no /proc: nothing is started" "" "$(ls made 2>/dev/null)"
fi

cat >argc.py <<'PY'
import ctypes, os
libc, nothing = ctypes.CDLL(None), (ctypes.c_char_p * 1)(None)
libc.execve(os.environ["GALLEY"].encode(), nothing, nothing)
PY
OUT=$(python3 argc.py 2>&1)
is "F039: no arguments, not even a name: exit code" 64 $?
like "F039: no arguments, not even a name: usage" "$OUT" '^Usage: galley COMMAND'

cat >versioned <<'SH'
#!/bin/sh
echo x >>tries
[ $(wc -l <tries) -gt 1 ] || { cp versioned newer && echo '# newer' >>newer && mv newer versioned; exit 1; }
SH
chmod +x versioned
rm -f tries pwn
step "[$WORK/versioned]" "$RETRY"
run
is "F040: tool is replaced between two attempts: exit code" 0 "$RC"
is "F040: tool is replaced between two attempts: warned, once" \
    "\"\\\"$WORK/versioned\\\" is not the file it was when it was last used\"" "$(event warning text)"
# Refused, and what it was stays what is wanted: the last step would find it as
# the second one has left it.
for strict in yes no; do
    printf '#!/bin/sh\necho x >>tries\n' >versioned
    printf '#!/bin/sh\necho y >>tries\n' >newer
    chmod +x versioned newer
    rm -f tries
    step "[$WORK/versioned]"
    for more in "id: swap, uses: exec.run, with: {command: [mv, newer, versioned]}" \
        "id: after, uses: exec.run, retry: {attempts: 2, delay: 10ms, on: [invalid, unknown]}, with: {command: [$WORK/versioned]}" \
        "id: always, always: true, uses: exec.run, with: {command: [$WORK/versioned]}"; do
        echo "  - {$more}" >>recipe.yaml
    done
    case $strict in
    yes)
        OPTIONS=(--strict)
        run
        OPTIONS=()
        is "F040: tool is replaced, --strict: exit code, who ran" "1 x" "$RC $(xargs <tries)"
        is "F040: tool is replaced, --strict: class, diagnosis" \
            "\"invalid\" \"invalid\" $(yes "\"\\\"$WORK/versioned\\\" is not the file it was when the run began\"" | head -n 2 | xargs -d '\n')" \
            "$(event step_end class | xargs -d '\n') $(event step_end diagnosis | xargs -d '\n')"
        is "F040: tool is replaced, --strict: no warning" "" "$(event warning text)" ;;
    no)
        run
        is "F040: tool is replaced: exit code, who ran" "0 x y y" "$RC $(xargs <tries)" ;;
    esac
done
printf '#!/bin/sh\nexit 1\n' >bin/first
chmod +x bin/first
mkdir before
printf '#!/bin/sh\nmkdir -p %s; cp %s %s; exit 1\n' "$WORK/before" "$WORK/bin/plain" "$WORK/before/first" >bin/first
step '[first]' "$RETRY"
run env "PATH=$WORK/before:$WORK/bin:$PATH"
is "F040: another tool comes first in PATH: the first one is used to the end" "1 1 1" "$(event command_end exit_code | xargs)"
is "F040: another tool comes first in PATH: it never ran" "" "$(ls pwn 2>/dev/null)"

mkdir tools
versions() { # VERSION
    printf 'call version **\n  out "v%s+g1234567\\n"\n' "$1" | (cd tools && fake helm)
}
versions 3.12.0
# shellcheck disable=SC2016
step '[sh, -c, "[ -e second ] || { touch second; kill -9 $PPID; exec sleep 60; }"]' "$ONCE"
sed -i 's/^name: fault/&\ntools: {helm: ">=3.0"}/' recipe.yaml
run env "PATH=$WORK/tools:$PATH"
is "F040: tool is replaced before resume: the run was cut off" 137 "$RC"
id=$(event run_start run | tr -d '"')      # of two of one second, the newest is either
versions 3.13.1
rm -f events
PATH=$WORK/tools:$PATH galley resume --wait=1m --retry=it --strict --events events "$id"
is "F040: tool is replaced before resume --strict: exit code, no event" "4 " "$RC $(cat events 2>/dev/null)"
is "F040: tool is replaced before resume --strict: why" \
    "galley: tool \"helm\" is \"$WORK/tools/helm\", version 3.13.1; the run used \"$WORK/tools/helm\", version 3.12.0 before: refused, by --strict" "$ERR"
versions 3.12.0
PATH=$WORK/tools:$PATH galley runs --json
like "F040: tool is replaced before resume --strict: it has not begun" "$OUT" "\"id\":\"$id\",[^}]*\"sessions\":1"
versions 3.13.1
PATH=$WORK/tools:$PATH galley resume --wait=1m --retry=it --events events "$id"     # until SIGTERM has ended the tool
is "F040: tool is replaced before resume: exit code" 0 "$RC"
is "F040: tool is replaced before resume: warned" \
    "\"tool \\\"helm\\\" is \\\"$WORK/tools/helm\\\", version 3.13.1; the run used \\\"$WORK/tools/helm\\\", version 3.12.0 before\"" \
    "$(event warning text)"
PATH=$WORK/tools:$PATH galley resume --retry=it --strict "$id"
is "F040: and it is what the run used from then on: resume --strict" 0 "$RC"

is "F014: nothing is left of all these" "" "$(left)"
done_testing

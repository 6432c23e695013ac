#!/bin/bash
# Starting tools and watching over them: faults F001 to F022, F035 to F040.
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
    { until grep -qs command_start events; do read -rt 0.01 <> <(:); done; } 9>>busy &
    rm -f events pwn
    step "[$WORK/busy]"
    run strace -f -qq -o trace -P "$WORK/busy" -e inject=execve:delay_exit=100000
    wait $!
    is "F006: tool that was being written: exit code" 0 "$RC"
    is "F006: tool that was being written: one attempt" 1 "$(event attempt_start attempt | xargs)"
    is "F006: tool that was being written: it ran" pwn "$(ls pwn 2>/dev/null)"
    like "F006: tool that was being written: it was tried before" "$(grep -c ETXTBSY trace)" '^[1-9]$'
fi

# Of galley's own forks the first is a plugin host, the next ones are tools.
FORKS=clone,clone3,fork,vfork
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
    step '[touch, made]' "$RETRY"
    next_step
    inject "$FORKS:error=EAGAIN:when=2+"
    not_started "F007: no process, ever" \
        "no process for \\\"$(command -v touch)\\\": resource temporarily unavailable"
    is "F007: no process, ever: class" '"transient"' "$(event step_end class)"
    step '[touch, made]' "$ONCE"
    inject "$FORKS:error=EAGAIN:when=1+"
    is "F007: no plugin host, ever: exit code" 1 "$RC"
    is "F007: no plugin host, ever: why" '"cannot start a plugin host: resource temporarily unavailable"' "$(reason)"
    is "F007: no plugin host, ever: class" '"transient"' "$(event step_end class)"
    is "F007: nothing was made" "" "$(ls made next 2>/dev/null)"
fi
is "F007: nothing is left" "" "$(left)"

done_testing

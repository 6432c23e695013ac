#!/bin/bash
# Starting tools and watching over them: faults F001 to F022, F035 to F040.
. "$G_TEST_SRCDIR/tests/faults/lib.sh" || exit 1

RETRY='retry: {attempts: 3, delay: 10ms, on: [unknown]}'

step '[nosuch, a]' "$RETRY"
next_step
run env PATH=/nonexistent
is "F001: tool missing: exit code" 1 "$RC"
is "F001: tool missing: reason" '"\"nosuch\" is not in PATH (/nonexistent)"' "$(event step_end reason | head -n 1)"
is "F001: tool missing: nothing is started" "" "$(event command_start tool)"
is "F001: tool missing: no retry" '"it" 1' "$(event attempt_start step) $(event attempt_start attempt)"

step '[sh, -c, "echo x >>tries; exit 127"]' "$RETRY"
next_step
run
is "F002: tool exits 127: exit code" 1 "$RC"
is "F002: tool exits 127: recorded" "127 127 127" "$(event command_end exit_code | xargs)"
is "F002: tool exits 127: tried again" 3 "$(wc -l <tries)"
is "F002: tool exits 127: nothing after it" "" "$(ls next 2>/dev/null)"

is "F014: nothing is left of any of these" "" "$(left)"
done_testing

#!/bin/bash
# Signals, terminals and who reads what galley says: faults F023 to F034; in
# Python, which has terminals of its own.
. "$G_TEST_SRCDIR/tests/faults/lib.sh" || exit 1
exec env --default-signal PYTHONPATH="$SRC/tests/cli" python3 -B "$SRC/tests/faults/interrupts.py"

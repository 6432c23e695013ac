#!/bin/bash
# Signals, terminals, and what else surrounds the program; in Python, which
# has terminals of its own.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1
# What starts the tests may ignore signals, and then galley would, too.
exec env --default-signal python3 -B "$SRC/tests/cli/interrupt.py"

#!/bin/bash
# Needs nothing but the recordings; see there.
exec python3 "$G_TEST_SRCDIR/tests/cli/recordings-broken.py"

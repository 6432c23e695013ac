#!/bin/bash
# The recordings of recipes/recordings, replayed: real answers of the real
# tools, so that this sees each argument that a plugin would pass otherwise, and
# each thing it would make of an answer.  To the letter: tests/golden/replay-*.out.
# After a change that is meant: make recordings, make update-golden.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1
live=$SRC/tests/live/recipes
export TZ=UTC                           # times are told as local ones
PATH=/usr/bin:/bin                      # none of the tools is there

replay() { # NAME EXIT-CODE RECIPE
    golden_play "replay-$1" run "$1" -q --transcript - "$3"
    is "$1: exit code" "$2" "$RC"
}
replay wandb-eks-first 0 "$SRC/recipes/wandb-eks.yaml"
replay wandb-eks-second 0 "$SRC/recipes/wandb-eks.yaml"
is "the second run changes nothing" "" "$(grep -E ': changed' .out)"
replay wandb-eks-teardown 0 "$SRC/recipes/wandb-eks-teardown.yaml"
replay failure-driver 1 "$live/release.yaml"
replay failure-license 1 "$live/misplaced-license.yaml"
replay failure-cpu 1 "$live/release.yaml"

# A galley that was killed, and what resumed it.
{ golden_play replay-release-killed run release-killed -q --transcript - "$live/cut-off-release.yaml"; } 2>/dev/null   # bash would say so
is "release-killed: killed as it was" 137 "$RC"
golden_play replay-release-resumed resume release-resumed -q --transcript -
is "release-resumed: exit code" 0 "$RC"

# All steps at once come to the same.
for name in wandb-eks-first wandb-eks-second; do
    galley run -j 16 --replay "$(recording "$name")" "$SRC/recipes/wandb-eks.yaml"
    is "$name, -j 16: exit code" 0 "$RC"
done

# They are as they were made: nobody's secret, nobody's folder.
recordings=("$SRC"/recipes/recordings/*.jsonl "$SRC"/tests/recordings/*.jsonl)
is "no place of a machine is in them" "" "$(grep -lE '/(root|home)/|[^}]/\.cache/galley' "${recordings[@]}")"
is "each is a recording" "" "$(for file in "${recordings[@]}"; do head -1 "$file" | grep -q '^{"galley":"recording","version":1,' || echo "$file"; done)"
done_testing

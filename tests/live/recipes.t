#!/usr/bin/env bash
# Every recipe is well made, and a command of its own.  Needs no lab.
# shellcheck source=tests/live/live.sh
. "$(dirname -- "$0")/live.sh"
for f in "$recipes"/*.yaml "$here"/recipes/*.yaml; do
    like "${f##*/}" "$("$GALLEY" check "$f" 2>&1)" ': ok, [0-9]+ steps$'
done
for f in "$recipes"/*.yaml; do
    name=${f##*/}
    is "$name begins as a command" '#!/usr/bin/env -S galley run' "$(head -1 "$f")"
    ok "$name can be run" test -x "$f"
    is "$name is named as its file" "name: ${name%.yaml}" "$(grep '^name: ' "$f")"
    ok "$name is installed" grep -q "recipes/$name" "$recipes/local.mk"
done
done_testing

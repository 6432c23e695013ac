#!/bin/bash
# The shape of the tree: includes point downwards only, nothing but proc/
# starts programs, calls we do without, sizes of files, SPDX lines.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1
cd "$SRC" || exit 1

declare -A rank=([base]=1 [proc]=2 [report]=2 [recipe]=3 [store]=3 [plugin]=3 [engine]=4 [cli]=5)
wrong=
for file in src/*/*.[ch]; do
    here=$(cut -d/ -f2 <<<"$file")
    case $here in api | http) continue ;; esac
    while read -r there; do
        [ "$there" = api ] || [ "$there" = "$here" ] || [ "${rank[$there]:-9}" -lt "${rank[$here]}" ] ||
            wrong+="$file includes $there/"$'\n'
    done < <(sed -nE 's,^#include "([a-z]+)/[^"]*".*,\1,p' "$file")
done
is "includes point downwards" "" "$wrong"

wrong=$(grep -nE '^#include "' plugins/*/*.[ch] | grep -vE '"(\.\./)?([a-z-]+/)?[a-z-]+\.(h|inc)"' )
is "plugins see only their own headers and the public one" "" "$wrong"
is "plugins do not use GLib" "" "$(grep -lE '<glib|<json-glib|<yaml|<curl' plugins/*/*.[ch])"
is "only galley-http uses libcurl" "" "$(grep -lE '<curl/' -r src plugins | grep -v '^src/http/')"
is "SQLite stays in store/" "" "$(grep -lE '<sqlite3' -r src plugins | grep -v '^src/store/')"

wrong=$(grep -nE '\b(fork|vfork|clone|execve?|execvp|posix_spawn|popen|system|g_spawn_[a-z_]+|g_subprocess_[a-z_]+) \(' -r src plugins |
    grep -vE '^src/proc/|^src/plugin/host\.c:[0-9]+:.*fork \(' | grep -vE ':[0-9]+: +\*|/\*')
is "only proc/ starts programs, host.c forks hosts" "" "$wrong"
wrong=$(grep -nE '\b(strcpy|strcat|sprintf|vsprintf|alloca|gets|strtok) ?\(' -r src plugins | grep -vE ':[0-9]+: +\*')
is "calls we do without" "" "$wrong"
is "plugins look at the machine by the host alone, or a replay would see another one" "" \
    "$(grep -nE '\b(getenv|secure_getenv|fopen|open|stat|lstat|access|time|gettimeofday|clock_gettime|sleep|usleep|nanosleep) ?\(' plugins/*/*.[ch] |
        grep -vE ':[0-9]+: +\*|/\*')"
is "exit is for host-side and main" "" \
    "$(grep -nE '(^|[^_a-z])exit \(' -r src plugins | grep -vE '"[^"]*exit \(|^src/http/|:[0-9]+: +\*|/\*')"
is "no thread of GLib's is started" "" \
    "$(grep -nE 'g_unix_signal_|g_child_watch|g_thread_|g_task_|GSubprocess' -r src | grep -vE ':[0-9]+: +\*|/\*')"
is "files of at most 700 lines" "" "$(wc -l src/*/*.[ch] plugins/*/*.[ch] | awk '$1 > 700 && $2 != "total" {print $2, $1}')"
is "an SPDX line in every source" "" "$(grep -L 'SPDX-License-Identifier: MIT' src/*/*.[ch] plugins/*/*.[ch])"
done_testing

#!/bin/bash
# The installed header: alone, in C99, C11 and C++20; what the program and the
# plugins export; files that are no plugins.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1
header=$SRC/src/api/galley-plugin.h

compiles() { # NAME COMMAND...
    local name=$1 out rc=0
    shift
    out=$("$@" 2>&1) || rc=$?
    result $rc "$name" || diag "$out"
}
strict="-Wall -Wextra -Wpedantic -Wmissing-declarations -Werror -fsyntax-only"
# shellcheck disable=SC2086 # options
for std in c99 c11 c17; do compiles "header alone as $std" "${CC:-cc}" -std=$std $strict -Wmissing-prototypes -x c "$header"; done
cat >plugin.c <<'C'
#include "galley-plugin.h"
static int apply (struct galley_call *call) { return galley_fail (call, GALLEY_UNKNOWN, "%s", "no"); }
static const struct galley_action actions[] = {
  { "do", "do it", 0, NULL, NULL, NULL, apply }, { NULL, NULL, 0, NULL, NULL, NULL, NULL },
};
static const struct galley_plugin plugin = { GALLEY_PLUGIN_ABI, "outside", "1", "from outside", NULL, actions, NULL };
GALLEY_PLUGIN_REGISTER (plugin)
C
# shellcheck disable=SC2086
compiles "a plugin as C99" "${CC:-cc}" -std=c99 $strict -Wmissing-prototypes -I"$SRC/src/api" plugin.c
if command -v c++ >/dev/null; then
    # shellcheck disable=SC2086
    compiles "header alone as C++20" c++ -std=c++20 $strict -x c++ "$header"
    # shellcheck disable=SC2086
    compiles "a plugin as C++20" c++ -std=c++20 $strict -I"$SRC/src/api" -x c++ plugin.c
fi

# Built with the header alone, and loaded.
mkdir plugins
compiles "a plugin builds with the header alone" \
    "${CC:-cc}" -shared -fPIC -fvisibility=hidden -Wl,-z,defs -I"$SRC/src/api" -o plugins/outside.so plugin.c
galley plugin list --plugin-dir "$WORK/plugins"
is "and is loaded" 0 "$RC"
like "and listed" "$OUT" 'outside +1 +from outside'

exported() { nm -D --defined-only "$1" | awk '$2 ~ /[TDBRVW]/ {print $3}' | grep -vE '^(_init|_fini|__bss_start|_edata|_end|__asan_|__ubsan_|__odr_asan)'; }
for so in "$BUILD"/plugins/.libs/*.so; do
    is "${so##*/} exports its entry alone" galley_plugin_entry "$(exported "$so")"
done
case $(nm -D "$GALLEY") in *__asan_init*) ;; *) is "the program exports nothing" "" "$(exported "$GALLEY" | grep -vE '^_IO_stdin_used$|@GLIBC')" ;; esac

# What is no plugin is refused with a reason, and none of its code runs.
bad() { # NAME REGEX
    galley plugin show --plugin-dir "$WORK/bad" "$1"
    is "$1: exit code" 4 "$RC"
    like "$1: reason" "$ERR" "plugin \"$WORK/bad/$1.so\": $2"
}
mkdir bad
good=plugins/outside.so
: >bad/empty.so
head -c 3000 "$good" >bad/cut.so
head -c 20000 /dev/urandom >bad/noise.so
mkfifo bad/pipe.so
mkdir bad/folder.so
ln -s "$WORK/$good" bad/link.so
cp "$good" bad/other.so
cp "$good" bad/open.so && chmod 666 bad/open.so
cat >ctor.c <<'C'
#include <stdio.h>
__attribute__ ((constructor)) static void ran (void) { puts ("CONSTRUCTOR RAN"); }
C
"${CC:-cc}" -shared -fPIC -o bad/nonote.so ctor.c
sed 's/GALLEY_PLUGIN_API }/999 }/; s/{ 7, 4, 1/{ 7, 4, 1/' "$header" >galley-plugin.h
{ cat ctor.c; cat plugin.c; } >foreign.c
"${CC:-cc}" -shared -fPIC -I. -o bad/foreign.so foreign.c
bad empty 'is too short to be a shared object'
bad cut '(is cut short|is not a whole 64-bit shared object)'
bad noise 'is not a whole 64-bit shared object'
bad pipe 'is not a regular file'
bad folder 'is not a regular file'
bad link 'is a symbolic link'
bad other 'its name is not that of the file'
bad open 'can be written by others'
bad nonote 'is not a galley plugin \(no interface note\)'
unlike "nonote: no code of it ran" "$OUT" 'CONSTRUCTOR RAN'
bad foreign 'was built for interface 999, this galley has 1'
unlike "foreign: no code of it ran" "$OUT" 'CONSTRUCTOR RAN'
done_testing

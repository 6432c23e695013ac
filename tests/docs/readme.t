#!/bin/bash
# README.md and CONTRIBUTING.md: links lead to files, what README.md shows of a
# terminal is what is said there, the commands are commands.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

for page in README CONTRIBUTING; do
    while read -r target; do
        is "$page.md: $target" there "$([ -e "$SRC/${target%%#*}" ] && echo there)"
    done < <(grep -oE '\]\([^)]+\)' "$SRC/$page.md" | sed -E 's/^\]\(//; s/\)$//' | grep -vE '^(https?:|#)' | sort -u)
done

blocks() { # LANGUAGE FILE : what is in its code blocks
    sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$2" | grep -v '^```'
}

# Terminals of README.md: the program is in PATH and ./galley, there is no other
# tool but two that are never started, and nothing is set of AWS.
for name in "${!AWS_@}" "${!WANDB_@}"; do unset "$name"; done
export HOME=$WORK/ada
export XDG_STATE_HOME=$HOME/.local/state
mkdir -p "$HOME/bin"
ln -s "$GALLEY" "$HOME/bin/galley"
ln -s "$GALLEY" "$HOME/galley"
ln -s "$SRC/recipes" "$SRC/tests" "$HOME"
for tool in aws kubectl; do ln -s "$BUILD/tests/fakecli/fakecli" "$HOME/bin/$tool"; done
PATH=$HOME/bin:$PATH python3 "$SRC/tests/docs/consoles.py" "$SRC/README.md" >"$WORK/consoles" 2>&1
is "README.md: its terminals were run" 0 $?
while IFS= read -r line; do
    case $line in
        "ok "*) result 0 "README.md: \$ ${line#ok }" ;;
        "not ok "*) result 1 "README.md: \$ ${line#not ok }" ;;
        *) printf '%s\n' "$line" | sed '/^#/!s/^/# /' ;;
    esac
done <"$WORK/consoles"
like "README.md: and there were some" "$(grep -c '^ok ' "$WORK/consoles")" '^[1-9][0-9]'
cd "$WORK" || exit 1

# Commands and options named in code are there.
galley --help
commands=$(sed -n '/^Commands:/,/^$/p' <<<"$OUT" | sed -nE 's/^  (plugin [a-z]+|[a-z]+) .*/\1/p')
while read -r line; do
    words=$(sed -E 's/^galley (plugin [a-z]+|[a-z]+).*/\1/' <<<"$line")
    is "README.md: $line" "$words" "$(grep -xF -- "$words" <<<"$commands")"
    # shellcheck disable=SC2086 # one or two words
    galley $words --help
    for option in $(grep -oE -- ' --[a-z-]+' <<<"$line"); do
        like "README.md: $line: $option" "$OUT" "$option"
    done
done < <(grep -ohE '`galley [^`]+`|^\$ galley .*' "$SRC/README.md" "$SRC/CONTRIBUTING.md" | tr -d '`' | sed 's/^\$ //' | sort -u)

# What is to be typed and not shown: .ci/run does it.
while read -r line; do
    case $line in
        ./quickstart*) is "README.md: $line is run by CI" "$line" "$(sed -nE 's/^stage [a-z]+ //p' "$SRC/.ci/run" | grep -xF -- "$line")" ;;
        "apt-get install "*)
            packages=$(sed -nE 's/^BUILD_PACKAGES="ca-certificates (.*)"$/\1/p' "$SRC/quickstart")
            is "README.md: the packages are those of quickstart" "$packages" "${line#apt-get install }" ;;
        autoreconf*"make install")
            like "README.md: the installation is run by CI" "$(cat "$SRC/.ci/run")" 'stage install from_readme' ;;
        "man ./man/"*) is "README.md: $line" 0 "$(cd "$SRC" && env MANPAGER=cat $line >"$WORK/page" 2>&1; echo $?)" ;;
        *) is "README.md: a known command" "" "$line" ;;
    esac
done < <(blocks sh "$SRC/README.md" | sed -E 's/ *#.*//' | grep .)
while read -r name module; do
    version=$(grep -oE "$module >= [0-9]+\.[0-9]+" "$SRC/configure.ac" | sed 's/.* //')
    like "README.md: the least $name" "$(cat "$SRC/README.md")" "$name ${version:?}[^0-9]"
done <<<'GLib glib-2.0
json-glib json-glib-1.0
SQLite sqlite3
libcurl libcurl'
is "README.md: its C is that of galley-plugin(3)" "$(blocks c "$SRC/README.md")" \
    "$(sed -n '/^\.EX$/,/^\.EE$/{/^static int$/,/^}$/p;}' "$SRC/man/galley-plugin.3" | sed 's/\\-/-/g; s/^}$/}\n/')"
galley plugin list
is "README.md: it has that many plugins" "$(grep -oE '\| [0-9]+ plugins' "$SRC/README.md" | tr -dc 0-9)" "$(wc -l <<<"$OUT")"
# quickstart, before it does anything.
mkdir "$WORK/stubs"
for tool in bash dirname nproc grep sed; do ln -s "$(command -v "$tool")" "$WORK/stubs"; done
printf '#!/bin/sh\necho 1000\n' >"$WORK/stubs/id"
printf '#!/bin/sh\nexit 1\n' >"$WORK/stubs/dpkg-query"
printf '#!/bin/sh\necho "$0 $*" >>%s\n' "$WORK/apt" >"$WORK/stubs/apt-get"
chmod +x "$WORK"/stubs/{id,dpkg-query,apt-get}
PATH=$WORK/stubs "$SRC/quickstart" >"$WORK/said" 2>&1
is "quickstart: not root, and no sudo" 1 $?
like "quickstart: says so" "$(cat "$WORK/said")" 'must be done as root.* apt-get update'
is "quickstart: installs nothing then" "" "$(cat "$WORK/apt" 2>&1 | grep -v 'No such file')"
"$SRC/quickstart" everything >"$WORK/said" 2>&1
is "quickstart: a word it does not know" 64 $?
like "quickstart: says which there are" "$(cat "$WORK/said")" '\./quickstart live'
for script in quickstart .ci/run; do
    is "$script is sound" "" "$(bash -n "$SRC/$script" 2>&1)"
done
done_testing

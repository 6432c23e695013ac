#!/bin/bash
# README.md and CONTRIBUTING.md: links lead to files, the recipe is a recipe,
# the commands are commands.
. "$G_TEST_SRCDIR/tests/cli/lib.sh" || exit 1

for page in README CONTRIBUTING; do
    while read -r target; do
        is "$page.md: $target" there "$([ -e "$SRC/${target%%#*}" ] && echo there)"
    done < <(grep -oE '\]\([^)]+\)' "$SRC/$page.md" | sed -E 's/^\]\(//; s/\)$//' | grep -vE '^(https?:|#)' | sort -u)
done

blocks() { # LANGUAGE FILE : what is in its code blocks
    sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$2" | grep -v '^```'
}
blocks yaml "$SRC/README.md" >recipe.yaml
galley check recipe.yaml
is "README.md: its recipe is valid" 0 "$RC" || diag "$ERR"

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

# What is to be typed: files it names exist, scripts take what they are given.
while read -r first rest; do
    case $first in
        ./galley) ;;
        ./*) is "README.md: $first is a program" there "$([ -x "$SRC/$first" ] && echo there)" ;;
        galley|make|cd|git|autoreconf|../configure|mkdir|sudo) ;;
        *) is "README.md: a known command" "" "$first $rest" ;;
    esac
done < <({ blocks sh "$SRC/README.md"; } | sed -E 's/ *#.*//; s/ && /\n/g' | grep .)
is "quickstart is sound" "" "$(bash -n "$SRC/quickstart" 2>&1)"
done_testing

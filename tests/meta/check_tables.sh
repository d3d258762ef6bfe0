#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The program's tables, its help, its man page and its completions name the same commands and options.
set -u
program=${top_builddir:?}/dagtop
manual=${top_srcdir:?}/man/dagtop.1
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

"$program" --list-tables >"$work/tables" || exit 1
cut -f1 "$work/tables" | sort -u >"$work/commands"
cut -f2 "$work/tables" | sort -u >"$work/options"
[ "$(wc -l <"$work/commands")" -ge 10 ] || fail "the table of commands is too short to be true"

sed -n 's/^\.It Cm \([a-z]*\).*/\1/p' "$manual" | sort -u | diff "$work/commands" - || fail "commands in the man page differ"
sed -n 's/^\.It Fl -\([a-z-]*\).*/\1/p' "$manual" | sort -u | diff "$work/options" - || fail "options in the man page differ"

"$program" --help >"$work/help" || fail "--help exits with $?"
while read -r command; do
    grep -q "^  $command " "$work/help" || fail "--help does not name $command"
    "$program" "$command" --help >"$work/help.one" || fail "$command --help exits with $?"
    awk 'length > 80 { exit 1 }' "$work/help" "$work/help.one" || fail "$command --help is wider than 80 columns"
    sed -n 's/^  --\([a-z-]*\).*/\1/p' "$work/help.one" | sort >"$work/one"
    awk -F '\t' -v c="$command" '$1 == c { print $2 }' "$work/tables" | sort | diff - "$work/one" ||
        fail "$command --help differs from the table"
done <"$work/commands"

for shell in bash zsh fish; do
    "${top_srcdir:?}/completions/generate.sh" "$program" "$shell" >"$work/completion.$shell" || fail "no completion for $shell"
    while read -r command; do
        grep -q "$command" "$work/completion.$shell" || fail "the completion for $shell does not name $command"
    done <"$work/commands"
    if command -v "$shell" >/dev/null 2>&1; then
        "$shell" -n "$work/completion.$shell" || fail "$shell cannot read its completion"
    else
        echo "not checked by the shell itself: $shell is missing"
    fi
done

# What bash offers after "dagtop run --fa" must be --failed.
offered=$(bash -c '. "$1"; COMP_WORDS=(dagtop run --fa); COMP_CWORD=2; _dagtop 2>/dev/null; echo "${COMPREPLY[*]}"' \
    bash "$work/completion.bash")
[ "$offered" = "--failed" ] || fail "bash completes --fa to \"$offered\""

echo "$(wc -l <"$work/commands") commands, $(wc -l <"$work/options") options, $failures disagreements"
[ "$failures" -eq 0 ]

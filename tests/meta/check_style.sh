#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What CONTRIBUTING.md asks of every file and a program can see.
set -u
cd "${top_srcdir:?}" || exit 99

failures=$(mktemp) || exit 99
trap 'rm -f "$failures"' EXIT

report() {
    sed "s/^/$1: /" >>"$failures"
}

sources() {
    find src include -name '*.[ch]' -o -name '*.def'
}

tests() {
    find tests \( -name '*.[ch]' -o -name '*.sh' -o -name '*.awk' \) ! -path '*/corpus/*'
}

scripts() {
    find src scripts examples \( -name '*.sh' -o -name '*.awk' \)
}

# A name says which file: no two in the tree are called the same.
sources | sed 's,.*/,,' | sort | uniq -d | report 'two files have this name'

{ sources && tests && scripts; } | while read -r file; do
    head -n 2 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file"
done | report 'no SPDX line'

# shellcheck disable=SC2016 # awk expands it
{ sources && tests; } | grep '\.[ch]$' | tr '\n' '\0' | xargs -0 awk '
    length($0) > 120 { print FILENAME ":" FNR }' | report 'longer than 120'
sources | tr '\n' '\0' | xargs -0 wc -l | awk '$2 != "total" && $1 > 800 { print $2 " " $1 }' |
    report 'more than 800 lines'
find include -name '*.h' -exec wc -l {} + | awk '$2 != "total" && $1 > 150 { print "note: long header: " $2 " " $1 }'

# Functions that overflow, keep hidden state, or hand text to a shell.
sources | tr '\n' '\0' | xargs -0 awk -f tests/meta/code.awk |
    grep -E '(^|[^_[:alnum:]])(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|system|popen)[[:space:]]*\(' |
    report 'banned function'

# A function in include/ says what it promises: in the comment right above it, or above its group. What the words
# init, release, clear, copy, equal, new and free promise is the same everywhere.
# shellcheck disable=SC2016 # awk expands it
find include -name '*.h' -exec awk '
    /\*\/[[:space:]]*$/ { documented = 1; next }
    /^[[:space:]]*$/ { documented = 0 }
    /^[a-z][a-z0-9_ ]*[ *][a-z_0-9]+\(/ && !/^typedef/ && !/_(init|release|clear|copy|equal|new|free)\(/ && !documented { print FILENAME ":" FNR ": " $0 }
' {} + | report 'no comment says what it promises'

# Put together, so that this file does not find itself.
mark='TO''DO|FIX''ME|XX''X'
{ sources && tests && scripts; } | tr '\n' '\0' | xargs -0 grep -nE "(^|[^[:alnum:]])($mark)([^[:alnum:]]|\$)" |
    report 'unfinished'

# What a page points to is there.
for page in README.md CONTRIBUTING.md docs/*.md; do
    grep -o ']([^):]*)' "$page" | tr -d ']()' | while read -r target; do
        [ -e "$(dirname "$page")/${target%%#*}" ] || echo "$page: $target"
    done
done | report 'points to nothing'

# Releases of clang-format differ; the tree is kept with this one.
case $(clang-format --version 2>/dev/null) in
*'version 14.'*)
    { sources && tests; } | grep '\.[ch]$' | tr '\n' '\0' | xargs -0 clang-format --dry-run -Werror 2>&1 |
        grep -E ': (error|warning):' | cut -d: -f1 | sort | uniq -c | report 'not as clang-format writes it'
    ;;
esac

cat "$failures"
[ ! -s "$failures" ]

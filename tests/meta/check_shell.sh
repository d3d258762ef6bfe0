#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every script of the tree passes shellcheck: what ends in .sh, or begins with the line of a shell.
set -u
cd "${top_srcdir:?}" || exit 99
command -v shellcheck >/dev/null || {
    echo "shellcheck is missing"
    exit 77
}

list=$(mktemp) || exit 99
trap 'rm -f "$list"' EXIT
find autogen.sh .ci src tests scripts examples -type f ! -name '*.log' ! -path '*/corpus/*' 2>/dev/null |
    while read -r file; do
        case $file in
        *.sh) echo "$file" ;;
        *) head -n 1 "$file" | LC_ALL=C grep -aqE '^#!.*[/ ](sh|bash|dash)( |$)' && echo "$file" ;;
        esac
    done | sort >"$list"

count=$(wc -l <"$list")
[ "$count" -ge 10 ] || {
    echo "only $count scripts found"
    exit 1
}
code=0
while read -r file; do
    # A program that is sent to a host has no first line to name its shell: it is POSIX sh.
    case $(head -n 1 "$file") in
    '#!'*) shellcheck -x "$file" ;;
    *) shellcheck -x -s sh "$file" ;;
    esac || code=1
done <"$list"
[ "$code" -eq 0 ] || exit 1
echo "$count scripts are clean"

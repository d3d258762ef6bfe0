#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every script of this folder and compares its screens with the file beside it. --update rewrites those files.
set -u
update=no
[ "${1-}" = --update ] && update=yes
source=${top_srcdir:-.}/tests/screen
fixture=${top_builddir:-.}/tests/screen/screen_fixture
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
HOME=$work
export HOME
ran=0
failed=0

# run SCRIPT: its screens; and those at other sizes, where its second line is "# sizes COLUMNSxROWS...".
run() {
    "$fixture" "$1" || return 1
    # shellcheck disable=SC2013 # words are wanted
    for size in $(sed -n '2s/^# sizes //p' "$1"); do
        echo "==== at $size"
        "$fixture" "$1" "$size" || return 1
    done
}

for script in "$source"/*.script; do
    name=$(basename "$script" .script)
    expected=$source/$name.screen
    ran=$((ran + 1))
    if ! run "$script" >"$work/screen" 2>"$work/errors"; then
        echo "FAIL $name: it ended badly"
        cat "$work/errors"
        failed=$((failed + 1))
    elif [ $update = yes ]; then
        cmp -s "$work/screen" "$expected" || { cp "$work/screen" "$expected" && echo "written: $name"; }
    elif ! diff -u "$expected" "$work/screen"; then
        echo "FAIL $name: other screens than before (tests/screen/screens.sh --update takes them over)"
        failed=$((failed + 1))
    fi
done
echo "$ran scripts, $failed failed"
[ "$ran" -gt 0 ] && [ "$failed" -eq 0 ]

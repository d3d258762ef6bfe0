#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Which room may include which, who may use which library, and where a program may print and exit.
set -uf # no globbing: the patterns below are for case
cd "${top_srcdir:?}" || exit 99

failures=$(mktemp) || exit 99
trap 'rm -f "$failures"' EXIT

# A room may include its own headers and those of the rooms behind it.
allowed_rooms() {
    case $1 in
    base) echo base ;;
    model) echo model base ;;
    load) echo load model base ;;
    sweep) echo sweep load model base ;;
    draw) echo draw model base ;;
    loop) echo loop base ;;
    transport) echo transport loop base ;;
    agent) echo agent transport loop model base ;;
    batch) echo batch model base ;;
    engine) echo engine agent batch transport loop model base ;;
    term) echo term base ;;
    ui) echo ui engine draw sweep load loop term model base ;;
    app) echo app ui term engine batch agent transport loop draw sweep load model base ;;
    esac
}

report() {
    echo "$*" >>"$failures"
}

# includes FILE: the names that it includes, without quotes and brackets.
includes() {
    sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]\([^>"]*\)[>"].*/\1/p' "$1"
}

check_room() {
    room=$1
    file=$2
    allowed=$(allowed_rooms "$room")
    if [ -z "$allowed" ]; then
        report "$file: the room $room is not known to tests/meta/check_layers.sh"
        return
    fi
    for header in $(includes "$file"); do
        case $header in
        dagtop/*/*)
            other=${header#dagtop/}
            other=${other%%/*}
            case " $allowed " in
            *" $other "*) ;;
            *) report "$file: $room may not include $header" ;;
            esac
            ;;
        src/*/*)
            case $header in
            "src/$room/"*) ;;
            *) report "$file: $header is private to another room" ;;
            esac
            ;;
        *.h)
            check_library "$file" "$header"
            ;;
        esac
    done
}

# Libraries have one place each. Headers in include/ use none, so that no room learns of them through another.
check_library() {
    case $2 in
    yaml.h) place='src/load/*.c' ;;
    uv.h | uv/*) place='src/loop/*.[ch]' ;;
    *curses.h | ncurses*/* | term.h | panel.h) place='src/term/*.c' ;;
    libssh/*) place='src/transport/transport_ssh*.c' ;;
    jansson.h) place='src/app/*.[ch]|src/model/status_line_mllog.c' ;;
    cmocka.h) place=tests ;;
    *) return ;;
    esac
    for pattern in $(echo "$place" | tr '|' ' '); do
        # shellcheck disable=SC2254 # a pattern
        case $1 in
        $pattern) return ;;
        esac
    done
    report "$1: $2 belongs into $place"
}

# one_file LIBRARY PATTERN: at most one file includes it.
one_file() {
    files=$(grep -rlE "^[[:space:]]*#[[:space:]]*include[[:space:]]*<$2>" src include | tr '\n' ' ')
    case $files in
    *' '?*) report "$1 is included by more than one file: $files" ;;
    esac
}

find src include -name '*.[ch]' -o -name '*.def' | while read -r file; do
    room=${file#src/}
    room=${room#include/dagtop/}
    check_room "${room%%/*}" "$file"
done
one_file libyaml 'yaml\.h'
one_file curses '(ncursesw?/)?n?curses\.h'

find src include -name '*.[ch]' ! -path 'src/app/*' -exec awk -f tests/meta/code.awk {} + |
    grep -E '(^|[^_[:alnum:]])(exit|quick_exit|printf|vprintf|puts|putchar)[[:space:]]*\(|(^|[^_[:alnum:]])stdout([^_[:alnum:]]|$)' |
    sed 's/^/only app prints and exits: /' >>"$failures"

cat "$failures"
[ ! -s "$failures" ]

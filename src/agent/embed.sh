#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints a C source file that holds texts as arrays: embed.sh NAME= FILE... NAME= FILE...
# Each NAME is its files one after the other, NUL-terminated; NAME_size is the size without the NUL.
set -eu
export LC_ALL=C

# Ends the array that is open.
close_array() {
    [ -z "$name" ] || printf '    0x00,\n};\nconst size_t %s_size = sizeof %s - 1;\n' "$name" "$name"
}

printf '/* SPDX-License-Identifier: Apache-2.0 */\n/* Made by src/agent/embed.sh: do not edit. */\n'
printf '#include "src/agent/agent_program.h"\n'
name=
for word in "$@"; do
    case $word in
    *=)
        close_array
        name=${word%=}
        printf '\nconst char %s[] = {\n' "$name"
        ;;
    *)
        [ -r "$word" ] || { printf 'embed.sh: cannot read %s\n' "$word" >&2; exit 1; }
        od -An -v -tx1 "$word" | awk '{ line = "   "; for (i = 1; i <= NF; i++) line = line " 0x" $i ","; print line }'
        ;;
    esac
done
close_array

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints a C source file that holds text files as arrays: embed.sh NAME=FILE... > agent_program.c
# Each becomes NAME (NUL-terminated) and NAME_size (without the NUL).
set -eu
export LC_ALL=C

printf '/* SPDX-License-Identifier: Apache-2.0 */\n/* Made by src/agent/embed.sh: do not edit. */\n'
printf '#include "src/agent/agent_program.h"\n'
for pair in "$@"; do
    name=${pair%%=*}
    file=${pair#*=}
    [ -r "$file" ] || { printf 'embed.sh: cannot read %s\n' "$file" >&2; exit 1; }
    printf '\nconst char %s[] = {\n' "$name"
    od -An -v -tx1 "$file" | awk '{ line = "   "; for (i = 1; i <= NF; i++) line = line " 0x" $i ","; print line }'
    printf '    0x00,\n};\nconst size_t %s_size = sizeof %s - 1;\n' "$name" "$name"
done

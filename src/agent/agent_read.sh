# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The agent reads pieces of logs and scripts.
# shellcheck disable=SC2034,SC2154
# (The files of the agent are one program: variables are shared.)

# Prints a piece of file $2 as a data block, with records for node $1: OFFSET ($3) MAXIMUM ($4).
dagtop_print_piece() {
    case ${3#-}$4 in '' | *[!0-9]*) return 2 ;; esac
    dagtop_key=$1 dagtop_path=$2 dagtop_offset=$3 dagtop_length=$4
    dagtop_size=0
    if [ -f "$dagtop_path" ]; then
        # shellcheck disable=SC2046,SC2012
        set -- $(ls -lLnd -- "$dagtop_path")
        dagtop_size=${5:-0}
    fi
    [ "$dagtop_length" -le 1048576 ] || dagtop_length=1048576
    case $dagtop_offset in -*) dagtop_offset=$((dagtop_size + dagtop_offset)) ;; esac
    [ "$dagtop_offset" -ge 0 ] || dagtop_offset=0
    [ "$dagtop_length" -le $((dagtop_size - dagtop_offset)) ] || dagtop_length=$((dagtop_size - dagtop_offset))
    [ "$dagtop_length" -ge 0 ] || dagtop_length=0
    dagtop_record "$dagtop_key" size "$dagtop_size"
    dagtop_record "$dagtop_key" offset "$dagtop_offset"
    printf '@@%s %s data %s\n' "$dagtop_token" "$dagtop_id" "$dagtop_length"
    # Filled up with NUL, should the file shrink now: the length has been promised.
    [ "$dagtop_length" = 0 ] || {
        dagtop_drop=$((dagtop_offset % 4096))
        dd if="$dagtop_path" bs=4096 skip=$((dagtop_offset / 4096)) count=$(((dagtop_drop + dagtop_length + 4095) / 4096)) |
            tail -c +$((dagtop_drop + 1))
        dd if=/dev/zero bs=4096 count=$((dagtop_length / 4096 + 1))
    } | head -c "$dagtop_length"
    printf '\n'
}

# Reads a piece of a log: BASE WORKFLOW NODE NUMBER OFFSET MAXIMUM [TASK]. Number 0: the newest attempt; TASK: of an array.
dagtop_read() {
    case ${7-} in *[!0-9]*) return 2 ;; esac
    dagtop_find_node "$1" "$2" "$3" || return 2
    dagtop_newest=$4
    [ "$4" != 0 ] || dagtop_find_newest "$dagtop_node_directory" 0
    if [ "$dagtop_newest" = 0 ] || ! dagtop_find_attempt "$1" "$2" "$3" "$dagtop_newest"; then
        dagtop_attempt=$dagtop_node_directory/.dagtop/0
    fi
    dagtop_print_piece "$3" "$dagtop_attempt/log${7:+-$7}" "$5" "$6"
}

# Reads the script that an attempt ran: BASE WORKFLOW NODE NUMBER.
dagtop_read_script() {
    dagtop_find_attempt "$1" "$2" "$3" "$4" || return 2
    dagtop_print_piece "$3" "$dagtop_attempt/script" 0 1048576
}

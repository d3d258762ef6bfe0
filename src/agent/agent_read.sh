# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The agent reads pieces of logs, scripts and other files of run directories, and lists those.
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

# --- other files of a run directory: nothing leads out of it, neither a path nor a symbolic link ---

# Sets dagtop_root to the run directory and dagtop_folder to the directory $2 of it; fails with dagtop_reason.
dagtop_find_folder() {
    dagtop_reason="no-attempt there is no run directory yet"
    dagtop_root=$(cd -P -- "$1" && pwd -P) || return 1
    dagtop_reason="no-attempt there is no such directory"
    dagtop_folder=$(cd -P -- "$2" && pwd -P) || return 1
    dagtop_reason="bad-argument this leads out of the run directory and is not read"
    case $dagtop_folder/ in "$dagtop_root"/*) ;; *) return 1 ;; esac
}

# Says whether $1 is a path that goes down only.
dagtop_goes_down() {
    dagtop_reason="bad-argument this is no path below the run directory"
    case /$1/ in *//* | */./* | */../*) return 1 ;; esac
}

# Sets dagtop_path to the file $2 of run directory $1, links followed; fails with dagtop_reason.
dagtop_find_file() {
    dagtop_goes_down "$2" || return 1
    dagtop_path=$1/$2
    dagtop_hops=0
    while dagtop_find_folder "$1" "${dagtop_path%/*}"; do
        dagtop_path=$dagtop_folder/${dagtop_path##*/}
        if [ ! -h "$dagtop_path" ]; then
            dagtop_reason="no-attempt there is no such file"
            [ ! -e "$dagtop_path" ] || dagtop_reason="bad-argument this is no file that can be read"
            [ -f "$dagtop_path" ] && [ -r "$dagtop_path" ]
            return
        fi
        dagtop_hops=$((dagtop_hops + 1))
        dagtop_target=$(readlink -- "$dagtop_path")
        dagtop_reason="bad-argument its link leads nowhere"
        [ "$dagtop_hops" -le 8 ] && [ -n "$dagtop_target" ] || return 1
        case $dagtop_target in /*) dagtop_path=$dagtop_target ;; *) dagtop_path=$dagtop_folder/$dagtop_target ;; esac
    done
    return 1
}

# Reads a piece of a file: BASE WORKFLOW NODE PATH OFFSET MAXIMUM.
dagtop_read_file() {
    dagtop_find_node "$1" "$2" "$3" || return 2
    dagtop_find_file "$dagtop_node_directory" "$4" || {
        dagtop_result "$3" read "$dagtop_reason"
        return
    }
    dagtop_print_piece "$3" "$dagtop_path" "$5" "$6"
}

# Prints the entries of directory $2, the newest first, each behind $1; with $3 only those whose names begin with that.
dagtop_print_files() {
    (cd -P -- "$2" && ls -lntA) | dagtop_prefix=$1 awk -v begin="${3-}" "$dagtop_awk_common"'
        # mode, links, user, group, size, three words of time, name
        $1 !~ /^[-dl][-rwxsStT]+[.+@]?$/ || NF < 9 { next }
        {
            kind = substr($1, 1, 1)
            size = $5
            changed = $6 " " $7 " " $8
            name = $0
            for (i = 1; i < 8; i++) sub(/^ *[^ ]+ +/, "", name)
            sub(/^ *[^ ]+ /, "", name)
            target = ""
            if (kind == "l" && (place = index(name, " -> "))) {
                target = substr(name, place + 4)
                name = substr(name, 1, place - 1)
            }
            if (name == ".dagtop" || substr(name, 1, length(begin)) != begin) next
            if (++count > 1000) next
            key = encode(ENVIRON["dagtop_prefix"] name)
            record(key, "file", kind " " size " " changed)
            if (target != "") record(key, "target", target)
        }
        END { if (count > 1000) record("-", "more", count - 1000) }'
}

# Lists a directory of a run directory: BASE WORKFLOW NODE NUMBER DIRECTORY. Without a directory the run directory itself,
# and what attempt NUMBER has beside its log: those of the tasks of a job array.
dagtop_files() {
    dagtop_find_node "$1" "$2" "$3" || return 2
    case $4 in '' | *[!0-9]*) return 2 ;; esac
    if ! { [ -z "$5" ] || dagtop_goes_down "$5"; } ||
        ! dagtop_find_folder "$dagtop_node_directory" "$dagtop_node_directory/$5"; then
        dagtop_result "$3" files "$dagtop_reason"
        return
    fi
    dagtop_records=-
    [ -n "$5" ] || [ ! -d "$dagtop_root/.dagtop/$4" ] || dagtop_print_files ".dagtop/$4/" "$dagtop_root/.dagtop/$4" log-
    dagtop_print_files "${5:+$5/}" "$dagtop_folder"
}

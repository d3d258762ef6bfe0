# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The agent carries out decisions: cancel, void, hold, skip, wanted, clean; and keeps the workflow's own records.
# shellcheck disable=SC2034,SC2154
# (The files of the agent are one program: variables are shared.)

# Cancels an attempt: BASE WORKFLOW NODE NUMBER WHO GRACE.
dagtop_cancel() {
    dagtop_find_attempt "$1" "$2" "$3" "$4" || return 2
    case $6 in '' | *[!0-9]*) return 2 ;; esac
    [ -d "$dagtop_attempt" ] || { dagtop_result "$3" cancel "no-attempt there is no attempt $4"; return; }
    ! dagtop_is_final "$dagtop_attempt" || { dagtop_result "$3" cancel final; return; }
    dagtop_find_now
    [ -s "$dagtop_attempt/cancelled" ] || dagtop_link_record "$dagtop_attempt/cancelled" "$dagtop_now $5"
    # step cancelled
    if ! dagtop_decide "$dagtop_attempt" cancelled; then
        dagtop_find_reason "$dagtop_attempt"
        dagtop_result "$3" cancel "$dagtop_reason"
        return
    fi
    if [ "$dagtop_go" != run ]; then
        dagtop_result "$3" cancel "$dagtop_go"
    elif [ "${dagtop_go_process#job-}" != "$dagtop_go_process" ]; then
        # Its scheduler ends it: the client asks it to.
        dagtop_result "$3" cancel queued
    elif [ "$dagtop_go_machine" != "$dagtop_machine" ]; then
        dagtop_result "$3" cancel "elsewhere $dagtop_go_machine"
    else
        dagtop_store_wrapper "$1/$2"
        true >"$dagtop_attempt/stopping"
        (dagtop_detach "$dagtop_program" stop "$dagtop_node_directory" "$4" "$6" </dev/null >/dev/null 2>&1 &)
        dagtop_result "$3" cancel signalled
    fi
}

# Voids an attempt that has no go: BASE WORKFLOW NODE NUMBER SECONDS-WAITED.
dagtop_void() {
    dagtop_find_attempt "$1" "$2" "$3" "$4" || return 2
    case $5 in '' | *[!0-9]* | ??????????*) return 2 ;; esac
    [ -d "$dagtop_attempt" ] || { dagtop_result "$3" void "no-attempt there is no attempt $4"; return; }
    dagtop_read_go "$dagtop_attempt"
    if [ -z "$dagtop_go" ]; then
        [ "$5" -ge 60 ] || { dagtop_result "$3" void "early wait until 60 seconds have passed"; return; }
        if ! dagtop_decide "$dagtop_attempt" void; then
            dagtop_find_reason "$dagtop_attempt"
            dagtop_result "$3" void "$dagtop_reason"
            return
        fi
    fi
    dagtop_result "$3" void "$dagtop_go"
}

# Writes or removes a user's decision about a node: FUNCTION FILE LINE BASE WORKFLOW NODE; an empty line removes.
dagtop_mark() {
    dagtop_find_node "$4" "$5" "$6" || return 2
    if [ -z "$3" ]; then
        [ ! -e "$dagtop_node_directory/.dagtop/$2" ] || rm -f "$dagtop_node_directory/.dagtop/$2"
    else
        [ -d "$dagtop_node_directory" ] || (umask "$dagtop_umask" && mkdir -p "$dagtop_node_directory")
        [ -d "$dagtop_node_directory/.dagtop" ] || mkdir -p "$dagtop_node_directory/.dagtop"
        dagtop_replace "$dagtop_node_directory/.dagtop/$2" "$3"
    fi || {
        dagtop_find_reason "$4"
        dagtop_result "$6" "$1" "$dagtop_reason"
        return
    }
    dagtop_result "$6" "$1" 'done'
}

dagtop_hold() { dagtop_find_now; dagtop_mark hold held "$dagtop_now $4" "$1" "$2" "$3"; }
dagtop_release() { dagtop_mark release held '' "$1" "$2" "$3"; }
dagtop_skip() { dagtop_find_now; dagtop_mark skip skipped "$dagtop_now $4" "$1" "$2" "$3"; }
dagtop_unskip() { dagtop_mark unskip skipped '' "$1" "$2" "$3"; }

# Raises the lowest attempt number that counts: BASE WORKFLOW NODE NUMBER.
dagtop_wanted() {
    dagtop_find_attempt "$1" "$2" "$3" "$4" || return 2
    dagtop_line=
    { read -r dagtop_line; } <"$dagtop_node_directory/.dagtop/wanted"
    case $dagtop_line in *[!0-9]* | '') dagtop_line=0 ;; esac
    if [ "$dagtop_line" -ge "$4" ]; then dagtop_result "$3" wanted 'done'
    else dagtop_mark wanted wanted "$4" "$1" "$2" "$3"; fi
}

# Moves the run directory of one node aside: BASE WORKFLOW STAMP NODE. The next attempt is reserved first, so that none begins.
dagtop_clean_one() {
    dagtop_find_node "$1" "$2" "$4" || { dagtop_result "$4" clean "bad-argument no such node"; return; }
    [ -d "$dagtop_node_directory" ] || { dagtop_result "$4" clean "no-attempt there is no run directory"; return; }
    dagtop_find_newest "$dagtop_node_directory" 0
    dagtop_attempt=$dagtop_node_directory/.dagtop/$dagtop_newest
    if [ "$dagtop_newest" -gt 0 ] && ! dagtop_is_final "$dagtop_attempt"; then
        dagtop_result "$4" clean "live the attempt $dagtop_newest has not ended"
        return
    fi
    dagtop_attempt=$dagtop_node_directory/.dagtop/$((dagtop_newest + 1))
    dagtop_refusal=
    mkdir -p "$dagtop_attempt"
    dagtop_reserve $((dagtop_newest + 1))
    case $dagtop_refusal in
    '') ;;
    exists*) dagtop_result "$4" clean "live an attempt has just begun"; return ;;
    *) dagtop_result "$4" clean "$dagtop_refusal"; return ;;
    esac
    # step reserved
    if mkdir -p "$1/$2/.dagtop/trash-$3" && [ ! -e "$1/$2/.dagtop/trash-$3/$4" ] &&
        mv "$dagtop_node_directory" "$1/$2/.dagtop/trash-$3/$4"; then
        rm -f "$1/$2/.dagtop/trash-$3/$4/.dagtop/$((dagtop_newest + 1))/request"
        rmdir "$1/$2/.dagtop/trash-$3/$4/.dagtop/$((dagtop_newest + 1))"
        dagtop_result "$4" clean 'done'
    else
        dagtop_decide "$dagtop_attempt" void
        dagtop_find_reason "$1/$2"
        dagtop_result "$4" clean "$dagtop_reason"
    fi
}

# Moves run directories of ended nodes aside: BASE WORKFLOW STAMP NODE...
dagtop_clean() {
    case $3 in '' | *[!A-Za-z0-9-]*) return 2 ;; esac
    dagtop_clean_base=$1 dagtop_clean_workflow=$2 dagtop_clean_stamp=$3
    shift 3
    dagtop_status=0
    for dagtop_node in "$@"; do
        dagtop_clean_one "$dagtop_clean_base" "$dagtop_clean_workflow" "$dagtop_clean_stamp" "$dagtop_node" || dagtop_status=1
    done
    return "$dagtop_status"
}

# Makes the workflow's own directory, $1, if it is missing.
dagtop_make_workflow() {
    [ -d "$1" ] || (umask "$dagtop_umask" && mkdir -p "$1")
    [ -d "$1/.dagtop" ] || mkdir -p "$1/.dagtop"
}

# Reads, creates or replaces the owner record: BASE WORKFLOW TEXT MODE.
dagtop_owner() {
    dagtop_find_node "$1" "$2" x || return 2
    dagtop_path=$1/$2/.dagtop/owner
    dagtop_made=0
    case $4 in
    read) ;;
    create) [ -s "$dagtop_path" ] || { dagtop_make_workflow "$1/$2" && dagtop_link_record "$dagtop_path" "$3"; } ;;
    adopt) dagtop_make_workflow "$1/$2" && dagtop_replace "$dagtop_path" "$3" || dagtop_made=1 ;;
    *) return 2 ;;
    esac
    dagtop_line=
    { IFS= read -r dagtop_line; } <"$dagtop_path"
    if [ "$dagtop_made" != 0 ] || { [ "$4" != read ] && [ -z "$dagtop_line" ]; }; then
        dagtop_find_reason "$1"
        dagtop_record - reason "$dagtop_reason"
        return 1
    fi
    dagtop_record - owner "$dagtop_line"
}

# Reads or writes who drives: BASE WORKFLOW TEXT; - removes it.
dagtop_driver() {
    dagtop_find_node "$1" "$2" x || return 2
    dagtop_path=$1/$2/.dagtop/driver
    case $3 in
    '') ;;
    -) rm -f "$dagtop_path" ;;
    *)
        if ! dagtop_make_workflow "$1/$2" || ! dagtop_replace "$dagtop_path" "$3"; then
            dagtop_find_reason "$1"
            dagtop_record - reason "$dagtop_reason"
            return 1
        fi
        ;;
    esac
    dagtop_line=
    { IFS= read -r dagtop_line; } <"$dagtop_path"
    dagtop_record - driver "$dagtop_line"
}

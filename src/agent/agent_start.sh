# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The agent starts attempts (docs/attempts.md 2, S1 to S6).
# shellcheck disable=SC2034,SC2154
# (The files of the agent are one program: variables are shared.)

# Takes a small file of the start that is queued next: PATH MODE BYTES.
dagtop_bring() {
    dagtop_brought=$((dagtop_brought + 1))
    eval "dagtop_bp_$dagtop_brought=\$1 dagtop_bm_$dagtop_brought=\$2 dagtop_bb_$dagtop_brought=\$3"
}

# Queues one start: NODE NUMBER REQUEST SCRIPTNAME SCRIPT [SYSTEM SUBMIT].
dagtop_add() {
    dagtop_queued=$((dagtop_queued + 1))
    eval "dagtop_qn_$dagtop_queued=\$1 dagtop_qa_$dagtop_queued=\$2 dagtop_qr_$dagtop_queued=\$3" \
        "dagtop_qs_$dagtop_queued=\$4 dagtop_qt_$dagtop_queued=\$5" \
        "dagtop_qy_$dagtop_queued=\${6-} dagtop_qc_$dagtop_queued=\${7-} dagtop_qb_$dagtop_queued=$dagtop_brought"
}

# Sets dagtop_refusal to why attempt $1 of the node in dagtop_node_directory may not be made, empty if it may. $2: script name.
dagtop_check_start() {
    dagtop_refusal=
    case $2 in */* | [-.]*) dagtop_refusal="bad-argument the script's name is not a file name" && return ;; esac
    if [ -s "$dagtop_attempt/request" ] || [ -s "$dagtop_attempt/go" ]; then
        dagtop_refusal="exists the attempt $1 exists already"
        return
    fi
    [ "$1" -gt 1 ] || return 0
    dagtop_before=$dagtop_node_directory/.dagtop/$(($1 - 1))
    if [ ! -d "$dagtop_before" ]; then
        dagtop_refusal="newer-attempt the attempt $(($1 - 1)) does not exist"
    elif ! dagtop_is_final "$dagtop_before"; then
        dagtop_refusal="not-final the attempt $(($1 - 1)) has not ended"
    fi
}

# Sets dagtop_refusal where dagtop_task can be no task of the array of this request.
dagtop_check_task() {
    case $dagtop_array:$dagtop_task in
    :* | *: | *:*[!0-9]* | *:0?* | *:????????*) dagtop_refusal="bad-argument no such task" ;;
    esac
}

# Puts the wrapper where attempts of the workflow directory $1 find it, under the checksum of its text: sets dagtop_program.
dagtop_store_wrapper() {
    dagtop_program=$1/.dagtop/$dagtop_wrapper_name
    [ ! -s "$dagtop_program" ] || return 0
    [ -d "$1/.dagtop" ] || (umask "$dagtop_umask" && mkdir -p "$1") && mkdir -p "$1/.dagtop"
    printf %b "$dagtop_wrapper" >"$dagtop_program.$dagtop_session" && mv -f "$dagtop_program.$dagtop_session" "$dagtop_program"
}

# Moves what was uploaded to where it belongs: each file by one rename, so that nobody sees half of one.
dagtop_move_uploaded() (
    cd "$dagtop_upload_directory" || exit 1
    # A few files without folders, as most have, need one process.
    set +f
    set --
    dagtop_folder=
    for dagtop_path in ./* ./.[!.]* ./..?*; do
        if [ -d "$dagtop_path" ]; then dagtop_folder=yes
        elif [ -f "$dagtop_path" ] && [ $# -le 100 ]; then set -- "$@" "$dagtop_path"; fi
    done
    set -f
    if [ -z "$dagtop_folder" ] && [ $# -gt 0 ] && [ $# -le 100 ]; then exec mv -f -- "$@" "$dagtop_node_directory"; fi
    find . -type d | while IFS= read -r dagtop_folder; do
        (umask "$dagtop_umask" && mkdir -p "$dagtop_node_directory/$dagtop_folder") || exit 1
        # shellcheck disable=SC2016 # for the inner shell
        find "$dagtop_folder/." ! -name . -prune -type f -exec sh -c 'mv -f -- "$@" "$0"' \
            "$dagtop_node_directory/$dagtop_folder" {} + || exit 1
    done
)

# Removes the directories of uploads that were moved: one process for many.
dagtop_remove_emptied() {
    IFS=$dagtop_newline
    # shellcheck disable=SC2086
    [ -z "$dagtop_emptied" ] || rm -rf $dagtop_emptied
    IFS=$dagtop_saved_ifs
    dagtop_emptied=
}

# Writes one file that came with a start: PATH MODE BYTES. It is a new one: who has the old one open keeps that.
dagtop_write_brought() {
    case /$1/ in // | //* | */../* | */./* | */.dagtop/*) return 1 ;; esac
    dagtop_path=$dagtop_node_directory/$1
    [ -d "${dagtop_path%/*}" ] || (umask "$dagtop_umask" && mkdir -p "${dagtop_path%/*}") || return 1
    [ ! -e "$dagtop_path" ] && [ ! -h "$dagtop_path" ] || rm -f "$dagtop_path" || return 1
    printf %b "$3" >"$dagtop_path" || return 1
    [ "$2" != new-x ] || chmod u+x "$dagtop_path"
}

# Writes the files of the start at hand, the K-th: those that were brought since the one before.
dagtop_write_all_brought() {
    eval "dagtop_last=\$dagtop_qb_$k dagtop_file=\${dagtop_qb_$((k - 1))-0}"
    while [ "$dagtop_file" -lt "$dagtop_last" ]; do
        dagtop_file=$((dagtop_file + 1))
        eval "dagtop_write_brought \"\$dagtop_bp_$dagtop_file\" \"\$dagtop_bm_$dagtop_file\" \"\$dagtop_bb_$dagtop_file\"" || return 1
    done
}

# Stages the script and the other files of the attempt at hand: SCRIPTNAME SCRIPT. Fails without space or script.
dagtop_stage() {
    dagtop_write_all_brought || return 1
    dagtop_upload_directory=$dagtop_node_directory/.dagtop/upload-$dagtop_session
    if [ -d "$dagtop_upload_directory" ]; then
        dagtop_move_uploaded || return 1
        dagtop_emptied=$dagtop_emptied$dagtop_upload_directory$dagtop_newline
    fi
    if [ -n "$1" ] && [ -n "$2" ]; then
        printf %b "$2" >"$dagtop_attempt/script" && printf %b "$2" >"$dagtop_node_directory/$1" || return 1
    elif [ -n "$1" ]; then
        [ -r "$dagtop_node_directory/$1" ] || return 3
        cp "$dagtop_node_directory/$1" "$dagtop_attempt/script" || return 1
    fi
    # step staged
    case $1 in
    '' | *.sh | *.py | *.ipynb) ;;
    *) [ -x "$dagtop_node_directory/$1" ] || chmod u+x "$dagtop_node_directory/$1" ;;
    esac
}

# Reserves the attempt at hand by creating its request, which only one can: sets dagtop_refusal. $1: number.
# (true, not a colon: a failed redirection of a special builtin ends the shell.)
dagtop_reserve() {
    set -C
    true 2>/dev/null >"$dagtop_attempt/request"
    dagtop_made=$?
    set +C
    [ "$dagtop_made" -ne 0 ] || return 0
    if [ -e "$dagtop_attempt/request" ]; then
        dagtop_refusal="exists the attempt $1 exists already"
    else
        dagtop_find_reason "$dagtop_node_directory"
        dagtop_refusal=$dagtop_reason
    fi
}

# Writes the request of the attempt at hand: NUMBER REQUEST.
dagtop_write_request() {
    printf "%b\nworkflow='%s'\nnode='%s'\nattempt='%s'\nmachine='%s'\nboot='%s'\ntime='%s'\nclock='%s'\nuptime='%s'\n%s\n" \
        "$2" "$dagtop_quoted_workflow" "$dagtop_quoted_node" "$1" "$dagtop_machine" "$dagtop_boot" "$dagtop_now" \
        "$dagtop_epoch" "$dagtop_seconds_up" "complete='yes'" >>"$dagtop_attempt/request"
}

# Sets dagtop_quoted to $1 with each ' written as '\''.
dagtop_quote() {
    dagtop_quoted=
    dagtop_rest=$1
    while :; do
        case $dagtop_rest in
        *"'"*)
            dagtop_quoted=$dagtop_quoted${dagtop_rest%%"'"*}"'\\''"
            dagtop_rest=${dagtop_rest#*"'"}
            ;;
        *) break ;;
        esac
    done
    dagtop_quoted=$dagtop_quoted$dagtop_rest
}

# Runs the wrapper with the arguments given, in a session of its own and with nothing of ours but the environment.
dagtop_detach() {
    trap - PIPE
    umask 077
    if [ -n "$dagtop_locale_was_set" ]; then LC_ALL=$dagtop_locale; else unset LC_ALL; fi
    cd / || exit 1
    case $dagtop_means in
    setsid) exec setsid sh "$@" ;;
    perl) exec perl -MPOSIX -e 'POSIX::setsid(); exec { $ARGV[0] } @ARGV; exit 127' sh "$@" ;;
    python3) exec python3 -c 'import os, sys; os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])' sh "$@" ;;
    esac
    exit 127
}

# Gives an attempt back that was reserved but cannot be launched.
dagtop_give_back() {
    if dagtop_decide "$dagtop_attempt" void; then return; fi
    [ -d "$dagtop_node_directory/.dagtop/$(($1 + 1))" ] || rm -rf "$dagtop_attempt"
}

# Fills the reserved attempt at hand: NUMBER REQUEST SCRIPTNAME SCRIPT. Sets dagtop_refusal where that fails.
dagtop_prepare() {
    dagtop_staged=1
    # step reserved
    if dagtop_write_request "$1" "$2"; then
        # step request
        dagtop_stage "$3" "$4"
        dagtop_staged=$?
    fi
    # step staged
    if [ "$dagtop_staged" = 0 ] && true >>"$dagtop_attempt/log"; then return; fi
    if [ "$dagtop_staged" = 3 ]; then
        dagtop_refusal="missing-script there is no $3"
    else
        dagtop_find_reason "$dagtop_node_directory"
        dagtop_refusal=$dagtop_reason
    fi
    dagtop_give_back "$1"
} 2>/dev/null

# Makes one attempt and launches its wrapper, or prepares what submits it: NODE NUMBER REQUEST SCRIPTNAME SCRIPT SYSTEM SUBMIT.
# Sets dagtop_refusal.
dagtop_start_one() {
    dagtop_quote "$1"
    dagtop_quoted_node=$dagtop_quoted
    dagtop_reserve "$2"
    [ -n "$dagtop_refusal" ] || dagtop_prepare "$2" "$3" "$4" "$5"
    [ -z "$dagtop_refusal" ] || return 0
    case $6 in
    '') ;;
    array)
        dagtop_add_task "$1" "$2" "$7"
        return
        ;;
    *)
        dagtop_prepare_submission "$1" "$2" "$6" "$7"
        return
        ;;
    esac
    # step log
    dagtop_detach "$dagtop_program" run "$dagtop_node_directory" "$2" "$dagtop_means" "$dagtop_umask" \
        </dev/null >>"$dagtop_attempt/log" 2>&1 &
    # step launched
}

# Checks the queued starts, makes the directories of those that may begin, all at once, and takes their slots: BASE WORKFLOW JOBS.
# What is refused has its reason in dagtop_qx_K.
dagtop_make_directories() {
    dagtop_nodes=
    dagtop_attempts=
    dagtop_begin_slots
    k=0
    while [ "$k" -lt "$dagtop_queued" ]; do
        k=$((k + 1))
        eval "dagtop_node=\$dagtop_qn_$k dagtop_number=\$dagtop_qa_$k dagtop_script=\$dagtop_qs_$k" \
            "dagtop_system=\$dagtop_qy_$k dagtop_task=\$dagtop_qc_$k"
        dagtop_refusal="bad-argument no such node or attempt"
        ! dagtop_find_attempt "$1" "$2" "$dagtop_node" "$dagtop_number" || dagtop_check_start "$dagtop_number" "$dagtop_script"
        [ "$dagtop_system" != array ] || dagtop_check_task
        [ -n "$dagtop_refusal$dagtop_system" ] || dagtop_find_room "$3"
        eval "dagtop_qx_$k=\$dagtop_refusal"
        [ -z "$dagtop_refusal" ] || continue
        [ -d "$dagtop_node_directory" ] || dagtop_nodes=$dagtop_nodes$dagtop_node_directory$dagtop_newline
        [ -d "$dagtop_node_directory/.dagtop" ] ||
            dagtop_attempts=$dagtop_attempts$dagtop_node_directory/.dagtop$dagtop_newline
        [ -d "$dagtop_attempt" ] || dagtop_attempts=$dagtop_attempts$dagtop_attempt$dagtop_newline
    done
    IFS=$dagtop_newline
    # shellcheck disable=SC2086
    [ -z "$dagtop_nodes" ] || (umask "$dagtop_umask" && mkdir -p $dagtop_nodes)
    # shellcheck disable=SC2086
    [ -z "$dagtop_attempts" ] || mkdir -p $dagtop_attempts
    IFS=$dagtop_saved_ifs
    # step directories
}

# Sets the time of the batch: dagtop_now, and dagtop_epoch with dagtop_seconds_up, from which wrappers count on.
dagtop_find_batch_time() {
    dagtop_seconds_up=
    { read -r dagtop_seconds_up _; } </proc/uptime
    dagtop_seconds_up=${dagtop_seconds_up%%.*}
    dagtop_now=$(date -u '+%Y-%m-%dT%H:%M:%SZ %s')
    dagtop_epoch=${dagtop_now#* }
    dagtop_now=${dagtop_now% *}
    case $dagtop_epoch in '' | *[!0-9]*) dagtop_epoch='' ;; esac
}

# Takes slots for the queued starts that may begin: BASE WORKFLOW JOBS. Batch jobs need none.
dagtop_take_slots() {
    dagtop_crowded=
    k=0
    while [ "$k" -lt "$dagtop_queued" ]; do
        k=$((k + 1))
        eval "dagtop_node=\$dagtop_qn_$k dagtop_attempt_number=\$dagtop_qa_$k dagtop_refusal=\$dagtop_qx_$k dagtop_system=\$dagtop_qy_$k"
        if [ -z "$dagtop_refusal" ] && [ -z "$dagtop_system" ]; then
            dagtop_find_attempt "$1" "$2" "$dagtop_node" "$dagtop_attempt_number"
            dagtop_take_slot "$3"
            # Only a directory that nobody has made anything of.
            [ -z "$dagtop_refusal" ] || rmdir "$dagtop_attempt"
            eval "dagtop_qx_$k=\$dagtop_refusal"
        fi
        case $dagtop_refusal in later*) dagtop_crowded=yes ;; esac
    done
    dagtop_remove_slots
    [ -z "$dagtop_crowded" ] || dagtop_void_slot
}

# Why nothing can be started on this host in base $1; sets dagtop_refusal.
dagtop_check_host() {
    dagtop_refusal=
    # There may be room since the handshake; and another client may have another base.
    if [ "$dagtop_links" = unwritable ] || [ "$1" != "$dagtop_base" ]; then
        dagtop_base=$1
        [ -d "$dagtop_base" ] || mkdir -p "$dagtop_base"
        dagtop_find_links "$dagtop_base"
    fi
    case $dagtop_links in
    no) dagtop_refusal="no-hardlink the file system of $dagtop_base has no hard links" ;;
    unwritable)
        dagtop_find_reason "$dagtop_base"
        dagtop_refusal=$dagtop_reason
        ;;
    esac
    [ "$dagtop_means" != none ] || dagtop_refusal="no-session neither setsid nor perl nor python3 is installed"
}

# Makes the directory of the array at hand, if there is one, in which each task's number leads to its attempt: SUBMIT. An
# earlier request may have begun it.
dagtop_make_array() {
    [ -n "$dagtop_array" ] && [ ! -s "$dagtop_array/submit" ] || return 0
    mkdir "$dagtop_array" && printf '%b\n' "$1" >"$dagtop_array/submit"
} 2>/dev/null

# Starts what dagtop_add has queued: BASE WORKFLOW JOBS, which is how many may live on this machine then (0: no limit). With
# NONCE SUBMIT those of the system `array` become tasks of one submission, which is made by dagtop_submit.
dagtop_start() {
    dagtop_records=-
    dagtop_find_node "$1" "$2" x || return 2
    case ${3:-0} in *[!0-9]* | ??????????*) return 2 ;; esac
    case ${4-} in *[!0-9a-f]*) return 2 ;; esac
    dagtop_array=${4:+$1/$2/.dagtop/array-$4}
    dagtop_check_host "$1"
    if [ -z "$dagtop_refusal" ] &&
        ! { dagtop_store_wrapper "$1/$2" && dagtop_make_array "${5-}"; }; then
        dagtop_find_reason "$1"
        dagtop_refusal=$dagtop_reason
    fi
    dagtop_stop=$dagtop_refusal
    if [ -z "$dagtop_stop" ]; then
        dagtop_make_directories "$1" "$2" "${3:-0}"
        dagtop_take_slots "$1" "$2" "${3:-0}"
    fi
    dagtop_find_limiter
    # In a child, so that the jobs are no children of the agent.
    (dagtop_start_queued "$1" "$2")
    dagtop_status=$?
    dagtop_queued=0
    dagtop_brought=0
    case $dagtop_status in 0 | 1) return "$dagtop_status" ;; esac
    # A shell that can start no process ends with 2, one that was killed with more: what it has not told is not known.
    dagtop_record - broken "the host could not start a process"
    return 1
}

dagtop_start_queued() {
    dagtop_find_batch_time
    dagtop_quote "$2"
    dagtop_quoted_workflow=$dagtop_quoted
    dagtop_submissions=
    dagtop_emptied=
    dagtop_status=0
    k=0
    while [ "$k" -lt "$dagtop_queued" ]; do
        k=$((k + 1))
        [ $((k % 100)) -ne 0 ] || dagtop_remove_emptied
        eval "dagtop_node=\$dagtop_qn_$k dagtop_number=\$dagtop_qa_$k dagtop_refusal=\${dagtop_qx_$k-}"
        dagtop_refusal=${dagtop_stop:-$dagtop_refusal}
        if [ -z "$dagtop_refusal" ]; then
            dagtop_find_attempt "$1" "$2" "$dagtop_node" "$dagtop_number"
            eval "dagtop_start_one \"\$dagtop_node\" \"\$dagtop_number\" \"\$dagtop_qr_$k\" \"\$dagtop_qs_$k\" \"\$dagtop_qt_$k\" \"\$dagtop_qy_$k\"" \
                "\"\$dagtop_qc_$k\""
        fi
        eval "dagtop_qx_$k=\$dagtop_refusal dagtop_system=\$dagtop_qy_$k"
        # Of tasks it is told when they are linked.
        [ "$dagtop_system" = array ] || dagtop_result "$dagtop_node" start "${dagtop_refusal:-started $dagtop_number}" ||
            dagtop_status=1
    done
    dagtop_remove_emptied
    [ -z "$dagtop_array" ] || dagtop_link_tasks "$1" "$2"
    [ -z "$dagtop_submissions" ] || (dagtop_submit_all) </dev/null >/dev/null 2>&1 &
    return "$dagtop_status"
}

# Takes a file or a piece of one for the node's next start: BASE WORKFLOW NODE PATH MODE PIECE.
dagtop_upload() {
    dagtop_find_node "$1" "$2" "$3" || return 2
    case /$4/ in // | */../* | */./* | */.dagtop/*) return 2 ;; esac
    case $4 in /*) return 2 ;; esac
    dagtop_path=$dagtop_node_directory/.dagtop/upload-$dagtop_session/$4
    case $4 in */*) dagtop_parent=${dagtop_path%/*} ;; *) dagtop_parent=${dagtop_path%/"$4"} ;; esac
    [ -d "$dagtop_node_directory" ] || (umask "$dagtop_umask" && mkdir -p "$dagtop_node_directory")
    [ -d "$dagtop_parent" ] || mkdir -p "$dagtop_parent"
    case $5 in
    directory) mkdir -p "$dagtop_path" ;;
    append) printf %b "$6" >>"$dagtop_path" ;;
    new) printf %b "$6" >"$dagtop_path" ;;
    new-x) printf %b "$6" >"$dagtop_path" && chmod u+x "$dagtop_path" ;;
    *) return 2 ;;
    esac || {
        dagtop_find_reason "$1"
        dagtop_result "$3" upload "$dagtop_reason"
        return 1
    }
    dagtop_result "$3" upload 'done'
}

# Tells which files are there as they should be: BASE WORKFLOW NODE staged|uploaded LINES. LINES are as cksum prints them,
# with paths as in dagtop_upload; the answer names them by their number.
dagtop_compare() {
    dagtop_find_node "$1" "$2" "$3" || return 2
    case $4 in
    staged) ;;
    uploaded) dagtop_node_directory=$dagtop_node_directory/.dagtop/upload-$dagtop_session ;;
    *) return 2 ;;
    esac
    dagtop_records=-
    dagtop_encode "$3"
    [ -d "$dagtop_node_directory" ] || return 0
    {
        printf %b "$5"
        printf '%s\n' "$dagtop_token"
        cd "$dagtop_node_directory" && printf %b "$5" |
            awk '{ sub(/^[^ ]* [^ ]* /, ""); gsub(/\047/, "\047\\\047\047"); printf "\047./%s\047\n", $0 }' | xargs -n 500 cksum
    } | awk -v token="$dagtop_token" -v key="$dagtop_text" '
        $0 == token { told = 1; next }
        !told { want[$0] = NR; next }
        { sub(/ \.\//, " "); if ($0 in want) printf "%s\thave\t%d\n", key, want[$0] }'
}

# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The agent's eyes: watch, poll, scan, list attempts (docs/agent.md 5, Watching).
# shellcheck disable=SC2034,SC2154
# (The files of the agent are one program: variables are shared.)

# The watched nodes are one table in one variable, a line for each (a thousand variables would be slow: a shell keeps them in
# few chains). Columns: number, node directory, status file, attempt, signature of what exists, where it runs (none, waiting,
# here, elsewhere, batch, ended), process group, log (0: not followed, 1: followed, 2: one last time), first answer due (1).
# Changes are collected as lines in dagtop_changes and merged by dagtop_merge; a line with only a number removes it.

# Says whether $1 is the number of a group.
dagtop_is_group() {
    case $1 in '' | *[!0-9]* | ??????*) return 1 ;; esac
}

# Several clients of one program may share this shell. The nodes of each are a group; all that a look keeps for the next is
# kept for each group apart. Makes $1 the group of the next looks.
dagtop_group() {
    dagtop_is_group "$1" || return 2
    [ "$1" != "$dagtop_group" ] || return 0
    for dagtop_name in $dagtop_group_variables; do
        eval "dagtop_${dagtop_name}_$dagtop_group=\$dagtop_$dagtop_name dagtop_$dagtop_name=\${dagtop_${dagtop_name}_$1-}"
    done
    dagtop_group=$1
    dagtop_round=${dagtop_round:-0}
}

# Forgets a group: NUMBER. Its client has gone.
dagtop_forget() {
    dagtop_is_group "$1" || return 2
    [ "$1" != "$dagtop_group" ] || dagtop_group 99999
    for dagtop_name in $dagtop_group_variables; do unset "dagtop_${dagtop_name}_$1"; done
}

# Adds the line $1 to the changes. By way of a small piece, because a shell copies what it appends to.
dagtop_change() {
    dagtop_piece=$dagtop_piece$1$dagtop_newline
    [ "${#dagtop_piece}" -lt 8192 ] || dagtop_flush_changes
}

dagtop_flush_changes() {
    dagtop_changes=$dagtop_changes$dagtop_piece
    dagtop_piece=
}

# Says whether $1 is the number of a watched node.
dagtop_is_number() {
    case $1 in '' | *[!0-9]* | 0* | ??????*) return 1 ;; esac
}

# Sets dagtop_node_directory and dagtop_statusfile (-: none): NUMBER BASE WORKFLOW NODE STATUSFILE.
dagtop_find_watched() {
    dagtop_is_number "$1" && dagtop_find_node "$2" "$3" "$4" || return 2
    dagtop_statusfile=${5-}
    case $dagtop_statusfile in
    '') dagtop_statusfile=- ;;
    /*) ;;
    '~'/*) dagtop_statusfile=$HOME/${dagtop_statusfile#??} ;;
    *) dagtop_statusfile=$dagtop_node_directory/$dagtop_statusfile ;;
    esac
}

# Watches a node: NUMBER BASE WORKFLOW NODE STATUSFILE.
dagtop_watch() {
    dagtop_find_watched "$@" || return 2
    dagtop_change "$1$dagtop_tab$dagtop_node_directory$dagtop_tab$dagtop_statusfile${dagtop_tab}0${dagtop_tab}new${dagtop_tab}none${dagtop_tab}0${dagtop_tab}2${dagtop_tab}1"
    dagtop_watched=yes
}

# Watches a node no longer: NUMBER.
dagtop_unwatch() {
    dagtop_is_number "$1" || return 2
    dagtop_change "$1"
    dagtop_watched=yes
}

# Merges the changes into the table, and lists anew which files are followed. After an answer (dagtop_answered) no line's
# first answer is due any more, and logs that were read to their end are left alone.
dagtop_merge() {
    dagtop_flush_changes
    [ -n "${dagtop_stat-}" ] || dagtop_find_stat
    dagtop_together=$dagtop_stat
    [ "${dagtop_pause:-0}" -le "$dagtop_round" ] || dagtop_together=no
    dagtop_merged=$(
        printf '%s\n' "$dagtop_token" "$dagtop_table" "$dagtop_token" "$dagtop_changes" "$dagtop_token" "$dagtop_sizes" \
            "$dagtop_token" "$dagtop_quiet" "$dagtop_token" "$dagtop_quiet_seen" |
            awk -v answered="$dagtop_answered" -v together="$dagtop_together" "$dagtop_awk_merge"
    )
    # Fields are taken apart by splitting: pattern matching in long strings takes a shell quadratic time.
    IFS=$dagtop_separator
    # shellcheck disable=SC2086
    set -- $dagtop_merged
    IFS=$dagtop_saved_ifs
    dagtop_table=${1-} dagtop_busy=${2-} dagtop_busy_live=${3-} dagtop_busy_paths=${4-}
    dagtop_quiet=${5-} dagtop_quiet_paths=${6-} dagtop_quiet_seen=${7-} dagtop_quiet_groups=${8-} dagtop_quiet_lines=${9-}
    dagtop_again=
    dagtop_changes=
    dagtop_answered=
    dagtop_watched=
}

# Sets dagtop_start_time to when process $1 began, as the wrapper records it; empty when there is none.
dagtop_find_start_time() {
    dagtop_start_time=
    if [ -r /proc/self/stat ]; then
        { read -r dagtop_line; } 2>/dev/null <"/proc/$1/stat" || return 0
        dagtop_line=${dagtop_line##*) }
        # shellcheck disable=SC2086
        set -- $dagtop_line
        shift 19
        dagtop_start_time=$1
    else
        dagtop_start_time=$(ps -o lstart= -p "$1" 2>/dev/null | tr -s ' ' '_')
    fi
}

# Judges the process of an attempt that has go = run on this machine: sets dagtop_verdict to alive, gone, reused, rebooted.
dagtop_judge() {
    dagtop_verdict=alive
    dagtop_pid_machine='' dagtop_pid='' dagtop_pid_start='' dagtop_pid_boot=''
    { read -r dagtop_pid_machine dagtop_pid dagtop_pid_start dagtop_pid_boot; } 2>/dev/null <"$1/pid"
    if [ -z "$dagtop_pid_boot" ]; then
        dagtop_pid=$dagtop_go_process dagtop_pid_start=- dagtop_pid_boot=-
    fi
    case $dagtop_pid in '' | *[!0-9]* | 0*) dagtop_verdict=gone && return ;; esac
    if [ "$dagtop_pid_boot" != - ] && [ "$dagtop_boot" != - ] && [ "$dagtop_pid_boot" != "$dagtop_boot" ]; then
        dagtop_verdict=rebooted
        return
    fi
    if ! kill -0 "-$dagtop_pid" 2>/dev/null; then
        # What runs as another user (sudo) cannot be asked with kill.
        case $dagtop_newline$(ps -A -o pgid= 2>/dev/null | tr -d ' ')$dagtop_newline in
        *"$dagtop_newline$dagtop_pid$dagtop_newline"*) ;;
        *) dagtop_verdict=gone && return ;;
        esac
    fi
    [ "$dagtop_pid_start" != - ] || return 0
    dagtop_find_start_time "$dagtop_pid"
    [ -z "$dagtop_start_time" ] || [ "$dagtop_start_time" = "$dagtop_pid_start" ] || dagtop_verdict=reused
}

# Judges, and records lost where that is so; after another look for exit.
dagtop_judge_and_record() {
    dagtop_judge "$1"
    [ "$dagtop_verdict" != alive ] || return 0
    # step judged
    [ ! -s "$1/exit" ] || return 0
    dagtop_find_now
    dagtop_link_record "$1/lost" "$dagtop_verdict $dagtop_now"
}

# Finds the newest attempt of the node at hand and where it runs, for dagtop_look.
dagtop_look_for_attempt() {
    [ "$n" = 0 ] || [ -d "$a" ] || n=0
    while [ -d "$d/.dagtop/$((n + 1))" ]; do n=$((n + 1)); done
    a=$d/.dagtop/$n
    where=none
    [ "$n" -gt 0 ] || return 0
    where=waiting
    dagtop_read_go "$a"
    case $dagtop_go in
    '')
        if [ -s "$a/request" ]; then marks=R; fi
        [ -s "$a/jobid" ] && marks=${marks}J
        return 0
        ;;
    run) where=elsewhere group=$dagtop_go_process ;;
    *) where=ended && return ;;
    esac
    # Whether a job lives, its scheduler says.
    case $dagtop_go_process in job-*) where='batch' && return ;; esac
    [ "$dagtop_go_machine" = "$dagtop_machine" ] || return 0
    where=here
    # The first look at a running attempt compares its start time too.
    [ -s "$a/exit" ] || [ -s "$a/lost" ] || dagtop_judge_and_record "$a"
    [ ! -s "$a/lost" ] || where=ended
}

# Looks at what can end an attempt that runs here. Sets rare when the seldom changes should be looked for as well: in every
# third poll or so. In every sixty-fourth the process is compared by its start time too. dagtop_turn may say which it is.
dagtop_look_here() {
    case ${dagtop_turn:-$((($1 + dagtop_round) % 64))} in
    0) ;;
    *[048])
        kill -0 "-$group" && return
        ;;
    *)
        rare=
        kill -0 "-$group" && return
        ;;
    esac
    dagtop_go_process=$group
    if [ ! -s "$a/go" ]; then dagtop_look_for_attempt
    elif [ -s "$a/lost" ]; then where=ended
    elif [ ! -s "$a/exit" ]; then
        dagtop_judge_and_record "$a"
        [ ! -s "$a/lost" ] || where=ended
    fi
}

# Looks at one watched node, given its line of the table; what has changed goes into dagtop_changes and dagtop_news.
# Short names here, and no process: this is done for every node in every poll.
dagtop_look() {
    IFS=$dagtop_saved_ifs
    d=$2 n=$4 where=$6 group=$7
    a=$d/.dagtop/$n
    marks=
    rare=yes
    case $where in
    here) dagtop_look_here "$1" ;;
    elsewhere)
        [ -s "$a/go" ] || dagtop_look_for_attempt
        dagtop_line=
        { read -r dagtop_line; } <"$a/heartbeat"
        marks=B$dagtop_line
        [ ! -s "$a/lost" ] || where=ended
        ;;
    batch)
        [ -s "$a/go" ] || dagtop_look_for_attempt
        [ ! -s "$a/lost" ] || where=ended
        ;;
    ended) if [ ! -d "$a" ] || [ -d "$d/.dagtop/$((n + 1))" ]; then dagtop_look_for_attempt; fi ;;
    *) dagtop_look_for_attempt ;;
    esac
    if [ "$n" != 0 ]; then
        if [ -s "$a/exit" ]; then where=ended marks=${marks}X; fi
        case $5 in "$n".*S*) marks=${marks}S ;; *) [ -s "$a/started" ] && marks=${marks}S ;; esac
        [ -s "$a/cancelled" ] && marks=${marks}C
    fi
    if [ -n "$rare" ]; then
        flags=
        d=$d/.dagtop
        if [ -s "$d/wanted" ]; then
            dagtop_line=
            { read -r dagtop_line; } <"$d/wanted"
            flags=W$dagtop_line
        fi
        [ -s "$d/held" ] && flags=${flags}H
        [ -s "$d/skipped" ] && flags=${flags}K
    else
        flags=${5##*.}
    fi
    [ "$n.$where.$marks.$flags" = "$5" ] || dagtop_note_change "$@"
}

# Notes the change that dagtop_look has found: the line of the table again, as it was.
dagtop_note_change() {
    live=1
    if [ "$where" = ended ] || [ "$n" = 0 ]; then live=2; fi
    dagtop_change "$1$dagtop_tab$2$dagtop_tab$3$dagtop_tab$n$dagtop_tab$n.$where.$marks.$flags$dagtop_tab$where$dagtop_tab$group$dagtop_tab$live$dagtop_tab$9"
    case $where in
    here) where=alive ;;
    elsewhere)
        dagtop_read_go "$a"
        where="elsewhere $dagtop_go_machine"
        ;;
    *) where=- ;;
    esac
    dagtop_news=$dagtop_news$1$dagtop_tab$2$dagtop_tab$n$dagtop_tab$where$dagtop_newline
}

# Lists files as ls -lLnid does: inode, size and path. stat(1) asks the system half as much.
dagtop_list_files() {
    case ${dagtop_stat-} in
    yes) stat -L -c '%i - - - - %s - - - %n' -- "$@" ;;
    *) ls -lLnid -- "$@" ;;
    esac
} 2>/dev/null

# Prints the sizes of the followed files for dagtop_awk_sizes, in groups that fit into one argument list.
dagtop_print_sizes() {
    printf '%s\n' "$dagtop_token" "$dagtop_followed" "$dagtop_token" "$dagtop_sizes" "$dagtop_token"
    IFS=$dagtop_newline
    # shellcheck disable=SC2086
    set -- $dagtop_followed_paths
    if [ $# -le 4000 ]; then
        dagtop_list_files "$@"
        return
    fi
    printf '%s\n' "$@" | awk '{ gsub(/\047/, "\047\\\047\047"); printf "\047%s\047\n", $0 }' | xargs -n 1000 ls -lLnid -- 2>/dev/null
}

# Makes the file that stands between two others when cat prints them; fails where it cannot.
dagtop_make_separator() {
    [ -z "${dagtop_between-}" ] || return 0
    dagtop_find_scratch || return 1
    # Forgotten with the answers at the end.
    printf '\n@@%s\tnext\n' "$dagtop_token" >"$dagtop_scratch/$dagtop_session-between.done" || return 1
    dagtop_between=$dagtop_scratch/$dagtop_session-between.done
} 2>/dev/null

# Prints COUNT blocks of file PATH from block SKIP on, with a mark after each MiB: there is an awk that takes seconds for a line
# of 16 MB. PATH SKIP COUNT
dagtop_print_blocks() {
    while [ "$3" -gt 256 ]; do
        dd if="$1" bs=4096 skip="$2" count=256
        printf '\n@@%s\tmore\n' "$dagtop_token"
        set -- "$1" $(($2 + 256)) $(($3 - 256))
    done
    dd if="$1" bs=4096 skip="$2" count="$3"
} 2>/dev/null

# Prints the pieces of the files that have news, each behind its mark. $@: lines of dagtop_awk_sizes for those that are read by
# themselves, then, twice each, marks and paths of those that one process reads from their beginnings.
dagtop_print_pieces() {
    printf '@@%s\n' "$dagtop_token"
    dagtop_lines=$1
    shift
    while [ $# -gt 1 ]; do
        IFS=$dagtop_newline
        # shellcheck disable=SC2086
        [ -z "$1" ] || {
            printf '%s' "$1"
            cat -- $2 2>/dev/null
            printf '\n@@%s\tlast\n' "$dagtop_token"
        }
        shift 2
    done
    IFS=$dagtop_newline
    for dagtop_line in $dagtop_lines; do
        IFS=$dagtop_tab
        # shellcheck disable=SC2086
        set -- $dagtop_line
        # 8 aligned offset, 10 blocks, 12 path
        printf '@@%s\t%s\n' "$dagtop_token" "$dagtop_line"
        [ "${10}" = 0 ] || dagtop_print_blocks "${12}" $(($8 / 4096)) "${10}"
        printf '\n'
    done
    printf '@@%s\tend\n' "$dagtop_token"
}

# Follows the logs and status files: prints size, status, metric and gap records.
dagtop_follow() {
    [ -z "$dagtop_news" ] || dagtop_leave_out_news
    dagtop_followed=$dagtop_busy_live$dagtop_grown
    dagtop_followed_paths=$dagtop_busy_paths$dagtop_grown_paths
    [ -n "$dagtop_followed" ] || return 0
    dagtop_make_separator
    dagtop_answer=$(dagtop_print_sizes | awk -v me="$dagtop_session.$dagtop_group" -v between="${dagtop_between-}" "$dagtop_awk_common$dagtop_awk_sizes")
    IFS=$dagtop_separator
    # shellcheck disable=SC2086
    set -- $dagtop_answer
    IFS=$dagtop_saved_ifs
    dagtop_sizes=${1-}
    [ "${2-}" != again ] || dagtop_answered=yes
    [ -n "${3-}${4-}" ] || return 0
    shift 2
    dagtop_print_pieces "$@" | tr '\000' '\001' | awk -v me="$dagtop_session.$dagtop_group" "$dagtop_awk_common$dagtop_awk_search"
}

# Looks at all watched nodes: what has changed is in dagtop_news.
dagtop_look_at_all() {
    dagtop_round=$((dagtop_round + 1))
    dagtop_news=
    dagtop_look_at_quiet
    IFS=$dagtop_newline
    # shellcheck disable=SC2086
    set -- $dagtop_busy
    for dagtop_entry do
        # Split at tabs alone: names keep their blanks.
        IFS=$dagtop_tab
        # shellcheck disable=SC2086
        dagtop_look $dagtop_entry
    done
    IFS=$dagtop_saved_ifs
}

# Tells what the last look has found, and what the logs hold.
dagtop_tell() {
    if [ -n "$dagtop_news" ]; then
        printf '%s' "$dagtop_news" | awk "$dagtop_awk_common$dagtop_awk_records"'
            BEGIN { FS = "\t" }
            { attempt($1, $2, $3, $4, "poll"); flags($1, $2, 1) }'
    fi
    if [ -n "$dagtop_news$dagtop_answered" ]; then
        dagtop_merge
        # What is told now is not told again, and what has become final is looked at once more after this answer.
        [ -z "$dagtop_news" ] || dagtop_answered=yes
    fi
    dagtop_follow
}

# Answers for all watched nodes with what has changed.
dagtop_poll() {
    dagtop_records=-
    [ -z "$dagtop_watched" ] || dagtop_merge
    dagtop_look_at_all
    dagtop_tell
}

# Says whether the log $2 is newer than what was read of it, which is written down in two files that begin with $1. No process:
# this is done every second.
dagtop_is_newer() {
    [ -s "$2" ] || return 1
    for dagtop_slot in 0 1; do
        # shellcheck disable=SC3013 # every shell that answers here has it
        if [ -e "$1.$dagtop_slot" ] && ! [ "$2" -nt "$1.$dagtop_slot" ]; then return 1; fi
    done
}

# Says whether a followed log has something new.
dagtop_has_newer_log() {
    [ -z "$dagtop_grown" ] || return 0
    IFS=$dagtop_newline
    # shellcheck disable=SC2086
    set -- $dagtop_busy_live
    for dagtop_entry do
        IFS=$dagtop_tab
        # shellcheck disable=SC2086
        set -- $dagtop_entry
        IFS=$dagtop_saved_ifs
        # 5 what was read, 6 path
        if dagtop_is_newer "$5" "$6"; then return 0; fi
    done
    return 1
}

# As dagtop_poll, when something has changed or after so many SECONDS; one look a second.
dagtop_wait() {
    case $1 in '' | *[!0-9]* | ???*) return 2 ;; esac
    dagtop_records=-
    dagtop_left=$1
    if [ -n "$dagtop_watched" ]; then
        dagtop_merge
        dagtop_left=0
    fi
    while :; do
        dagtop_look_at_all
        if [ "$dagtop_left" -eq 0 ] || [ -n "$dagtop_news$dagtop_answered" ] || dagtop_has_newer_log; then break; fi
        sleep 1
        dagtop_left=$((dagtop_left - 1))
    done
    dagtop_tell
}

# Everything of a workflow once, in one process: BASE WORKFLOW.
dagtop_scan() {
    dagtop_find_node "$1" "$2" x || return 2
    dagtop_records=-
    for dagtop_name in owner driver; do
        dagtop_line=
        { IFS= read -r dagtop_line; } 2>/dev/null <"$1/$2/.dagtop/$dagtop_name"
        dagtop_record - "$dagtop_name" "$dagtop_line"
    done
    [ -d "$1/$2" ] || return 0
    (
        cd "$1/$2" || exit 1
        set +f
        # Directories first, so that a node without an attempt is listed too.
        printf '%s\n' */.dagtop/ */.dagtop/[0-9]*/
    ) | dagtop_scan_root=$1/$2 dagtop_scan_machine=$dagtop_machine awk "$dagtop_awk_common$dagtop_awk_records"'
        BEGIN { FS = "/" }
        NF < 3 || $1 == "*" { next }
        $3 == "" { nodes++; name[nodes] = $1; newest[$1] = 0; next }
        $3 ~ /^[0-9]+$/ && ($1 in newest) { is_there[$1, $3 + 0] = 1; if ($3 + 0 > newest[$1]) newest[$1] = $3 + 0 }
        END {
            for (i = 1; i <= nodes; i++) show(name[i])
        }
        function show(node,    key, path, k) {
            key = encode(node)
            path = ENVIRON["dagtop_scan_root"] "/" node
            if (!newest[node]) record(key, "attempt", 0)
            for (k = 1; k <= newest[node]; k++) if ((node, k) in is_there) attempt(key, path, k, "-", "scan")
            flags(key, path, 0)
            if (newest[node]) seen_records(key, "", path "/.dagtop/" newest[node] "/seen")
            if (newest[node]) seen_records(key, "statusfile.", path "/.dagtop/" newest[node] "/seen-statusfile")
        }
        function seen_records(key, prefix, path,    k) {
            if (read_seen(path) < 0) return
            if (slot_status != "") record(key, prefix "status", slot_status)
            for (k = 1; k <= slot_metrics; k++) record(key, prefix "metric", slot_metric[k])
        }'
}

# All attempts of one node with their whole records: BASE WORKFLOW NODE.
dagtop_attempts() {
    dagtop_find_node "$1" "$2" "$3" || return 2
    dagtop_records=-
    dagtop_find_newest "$dagtop_node_directory" 0
    dagtop_encode "$3"
    (
        i=0
        while [ "$i" -lt "$dagtop_newest" ]; do
            i=$((i + 1))
            printf '%s\t%s\t%s\n' "$dagtop_text" "$dagtop_node_directory" "$i"
        done
    ) | awk "$dagtop_awk_common$dagtop_awk_records"'BEGIN { FS = "\t" } { attempt($1, $2, $3, "-", "all") }'
}

# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The agent's eyes: watch, poll, scan, list attempts (docs/agent.md 5, Watching).
# shellcheck disable=SC2034,SC2154
# (The files of the agent are one program: variables are shared.)

# Watches a node: NUMBER BASE WORKFLOW NODE STATUSFILE.
dagtop_watch() {
    case $1 in '' | *[!0-9]* | 0* | ??????*) return 2 ;; esac
    dagtop_find_node "$2" "$3" "$4" || return 2
    dagtop_statusfile=${5-}
    case $dagtop_statusfile in
    '' | /*) ;;
    '~'/*) dagtop_statusfile=$HOME/${dagtop_statusfile#??} ;;
    *) dagtop_statusfile=$dagtop_node_directory/$dagtop_statusfile ;;
    esac
    [ "$1" -le "$dagtop_last_watch" ] || dagtop_last_watch=$1
    eval "dagtop_d_$1=\$dagtop_node_directory dagtop_f_$1=\$dagtop_statusfile dagtop_n_$1=0 dagtop_s_$1=new dagtop_h_$1=" \
        "dagtop_l_$1=2 dagtop_a_$1=1"
    dagtop_live_changed=yes
}

# Watches a node no longer: NUMBER.
dagtop_unwatch() {
    case $1 in '' | *[!0-9]* | 0* | ??????*) return 2 ;; esac
    eval "dagtop_d_$1= dagtop_f_$1= dagtop_l_$1=0"
    while [ "$dagtop_last_watch" -gt 0 ] && eval "[ -z \"\${dagtop_d_$dagtop_last_watch-}\" ]"; do
        dagtop_last_watch=$((dagtop_last_watch - 1))
    done
    dagtop_live_changed=yes
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

# Looks at watched node $1 and prints a line for dagtop_awk_records if a record has changed.
# Variables of node i: d directory, f status file, n attempt, s signature of what exists, h where it runs (waiting, here,
# elsewhere, ended), p process group, l log followed (0 no, 1 yes, 2 one last time), a first answer.
dagtop_look() {
    eval "d=\$dagtop_d_$1 n=\$dagtop_n_$1 old=\$dagtop_s_$1 where=\$dagtop_h_$1 group=\${dagtop_p_$1-}"
    a=$d/.dagtop/$n
    case $where in
    here | elsewhere)
        [ -s "$a/go" ] || { n=0 where=''; dagtop_live_changed=yes; }
        ;;
    *)
        [ "$n" = 0 ] || [ -d "$a" ] || n=0
        while [ -d "$d/.dagtop/$((n + 1))" ]; do n=$((n + 1)) where='' dagtop_live_changed=yes; done
        ;;
    esac
    a=$d/.dagtop/$n
    new=$n
    if [ "$n" -gt 0 ]; then
        case $where in
        ended) ;;
        here | elsewhere) ;;
        *)
            where=waiting
            if [ -s "$a/go" ]; then
                dagtop_read_go "$a"
                where=ended
                if [ "$dagtop_go" = run ]; then
                    where=elsewhere
                    if [ "$dagtop_go_machine" = "$dagtop_machine" ]; then
                        where=here
                        group=$dagtop_go_process
                        eval "dagtop_p_$1=\$group"
                        # The first look at a running attempt asks for its start time too.
                        [ -s "$a/exit" ] || [ -s "$a/lost" ] || dagtop_judge_and_record "$a"
                    fi
                fi
            fi
            ;;
        esac
        if [ "$where" = here ] && [ ! -s "$a/exit" ] && [ ! -s "$a/lost" ]; then
            if [ $((($1 + dagtop_round) % 16)) = 0 ] || ! kill -0 "-$group" 2>/dev/null; then
                dagtop_go_process=$group
                dagtop_judge_and_record "$a"
            fi
        fi
        if [ -s "$a/exit" ] || [ -s "$a/lost" ]; then where=ended new=${new}x; fi
        [ -s "$a/started" ] && new=${new}s
        [ -s "$a/cancelled" ] && new=${new}c
        [ "$where" = waiting ] && [ -s "$a/request" ] && new=${new}r
        if [ "$where" = elsewhere ]; then
            dagtop_line=
            { read -r dagtop_line; } 2>/dev/null <"$a/heartbeat"
            new=${new}b$dagtop_line
        fi
    fi
    new=$new$where
    if [ -s "$d/.dagtop/wanted" ]; then
        dagtop_line=
        { read -r dagtop_line; } 2>/dev/null <"$d/.dagtop/wanted"
        new=${new}w$dagtop_line
    fi
    [ -s "$d/.dagtop/held" ] && new=${new}h
    [ -s "$d/.dagtop/skipped" ] && new=${new}k
    [ "$new" != "$old" ] || return 0
    case $where in
    here) process=alive ;;
    elsewhere) process="elsewhere $dagtop_go_machine" ;;
    *) process=- ;;
    esac
    if [ "$where" = ended ] || [ "$n" = 0 ]; then live=2; else live=1; fi
    eval "dagtop_n_$1=\$n dagtop_s_$1=\$new dagtop_h_$1=\$where dagtop_l_$1=\$live"
    dagtop_live_changed=yes
    dagtop_changed=$dagtop_changed$1$dagtop_tab$d$dagtop_tab$n$dagtop_tab$process$dagtop_newline
}

# Sets dagtop_live_table and dagtop_live_paths from the watched nodes whose files are followed.
dagtop_list_live() {
    dagtop_live_table=$(
        i=0
        while [ "$i" -lt "$dagtop_last_watch" ]; do
            i=$((i + 1))
            eval "d=\${dagtop_d_$i-} f=\${dagtop_f_$i-} n=\${dagtop_n_$i-} live=\${dagtop_l_$i-} first=\${dagtop_a_$i-}"
            [ -n "$d" ] || continue
            final=0
            [ "$live" != 2 ] || final=1
            a=$d/.dagtop/$n
            if [ "$n" -gt 0 ] && [ "$live" -gt 0 ]; then
                printf '%s\tlog\t%s\t%s\t%s/seen\t%s/log\n' "$i" "$final" "$first" "$a" "$a"
            fi
            if [ -n "$f" ]; then
                if [ "$n" -gt 0 ]; then seen=$a/seen-statusfile
                elif [ -d "$d/.dagtop" ]; then seen=$d/.dagtop/seen-statusfile
                else seen=-; fi
                printf '%s\tstatusfile\t0\t%s\t%s\t%s\n' "$i" "$first" "$seen" "$f"
            fi
        done
    )
    dagtop_live_paths=$(printf '%s\n' "$dagtop_live_table" | cut -f 6)
    dagtop_live_changed=
}

# Prints the sizes of the followed files for dagtop_awk_sizes, in groups that fit into one argument list.
dagtop_print_sizes() {
    printf '%s\n' "$dagtop_token" "$dagtop_live_table" "$dagtop_token" "$dagtop_sizes" "$dagtop_token"
    IFS=$dagtop_newline
    # shellcheck disable=SC2086
    set -- $dagtop_live_paths
    if [ $# -le 4000 ]; then
        ls -lLnid -- "$@" 2>/dev/null
        return
    fi
    printf '%s\n' "$@" | awk '{ gsub(/\047/, "\047\\\047\047"); printf "\047%s\047\n", $0 }' | xargs -n 1000 ls -lLnid -- 2>/dev/null
}

# Prints the pieces of the files that have news, each behind its mark. $@: the lines of dagtop_awk_sizes.
dagtop_print_pieces() {
    printf '@@%s\n' "$dagtop_token"
    for dagtop_line in "$@"; do
        printf '@@%s\t%s\n' "$dagtop_token" "$dagtop_line"
        IFS=$dagtop_tab
        # shellcheck disable=SC2086
        set -- $dagtop_line
        # 8 aligned offset, 10 blocks, 12 path
        [ "${10}" = 0 ] || dd if="${12}" bs=4096 skip=$(($8 / 4096)) count="${10}" 2>/dev/null
        printf '\n'
    done
    printf '@@%s\tend\n' "$dagtop_token"
}

# Follows the logs and status files: prints size, status, metric and gap records.
dagtop_follow() {
    [ -z "$dagtop_live_changed" ] || dagtop_list_live
    [ -n "$dagtop_live_table" ] || return 0
    dagtop_answer=$(dagtop_print_sizes | awk "$dagtop_awk_common$dagtop_awk_sizes")
    dagtop_sizes=${dagtop_answer%%"$dagtop_token"*}
    dagtop_sizes=${dagtop_sizes%"$dagtop_newline"}
    dagtop_answer=${dagtop_answer#*"$dagtop_token"}
    [ -n "$dagtop_answer" ] || return 0
    IFS=$dagtop_newline
    # shellcheck disable=SC2086
    set -- $dagtop_answer
    IFS=$dagtop_saved_ifs
    dagtop_print_pieces "$@" | tr '\000' '\001' | awk "$dagtop_awk_common$dagtop_awk_search"
}

# After a poll: answers are no longer first ones, and logs that were read to their end are left alone.
dagtop_settle() {
    i=0
    while [ "$i" -lt "$dagtop_last_watch" ]; do
        i=$((i + 1))
        eval "d=\${dagtop_d_$i-} live=\${dagtop_l_$i-} first=\${dagtop_a_$i-}"
        [ -n "$d" ] || continue
        if [ "$first" = 1 ]; then
            eval "dagtop_a_$i=0"
            dagtop_live_changed=yes
        fi
        [ "$live" = 2 ] || continue
        case $dagtop_newline$dagtop_sizes$dagtop_newline in
        *"$dagtop_newline$i${dagtop_tab}log${dagtop_tab}again$dagtop_newline"*) ;;
        *) eval "dagtop_l_$i=0"; dagtop_live_changed=yes ;;
        esac
    done
}

# Answers for all watched nodes with what has changed.
dagtop_poll() {
    dagtop_records=-
    dagtop_round=$((dagtop_round + 1))
    dagtop_changed=
    i=0
    while [ "$i" -lt "$dagtop_last_watch" ]; do
        i=$((i + 1))
        eval "[ -z \"\${dagtop_d_$i-}\" ]" || dagtop_look "$i"
    done
    if [ -n "$dagtop_changed" ]; then
        printf '%s' "$dagtop_changed" | awk "$dagtop_awk_common$dagtop_awk_records"'
            BEGIN { FS = "\t" }
            { attempt($1, $2, $3, $4, "poll"); flags($1, $2, 1) }'
    fi
    dagtop_settle_needed=$dagtop_live_changed
    dagtop_follow
    if [ -n "$dagtop_settle_needed$dagtop_settle_again" ]; then dagtop_settle; fi
    dagtop_settle_again=
    case $dagtop_sizes in *again*) dagtop_settle_again=yes ;; esac
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
    ) | dagtop_scan_root=$1/$2 awk "$dagtop_awk_common$dagtop_awk_records"'
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

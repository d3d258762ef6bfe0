# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# Looking at many nodes: those that run quietly are compared together, by one stat(1) for all of them, with what was seen of
# them before. Only what is different is tested by itself, and every eighth in turn.
# shellcheck disable=SC2034,SC2154
# (The files of the agent are one program: variables are shared.)

# The merge (dagtop_awk_merge) says which nodes are quiet and keeps lists of them in the same order: a line for each in
# dagtop_quiet (rows of the table) and dagtop_quiet_groups (process groups), and two lines for each, attempt's directory and
# log, in dagtop_quiet_paths and dagtop_quiet_seen. A shell splits long texts slowly: these are as short as may be.

# Sets dagtop_stat to whether stat(1) tells inode, size and time of change: yes or no.
dagtop_find_stat() {
    dagtop_stat=no
    case $(stat -L -c '%i %s %Z' -- / 2>/dev/null) in [0-9]*' '[0-9]*' '[0-9]*) dagtop_stat=yes ;; esac
}

# Prints what stat(1) says of all that is quiet. A new record changes the time of its directory, new output the size of a log.
dagtop_stat_quiet() {
    # shellcheck disable=SC2086
    stat -L -c '%i %s %Z' -- $dagtop_quiet_paths 2>/dev/null
}

# Compares the listing with that of the last look: sets dagtop_due, places of nodes whose records are looked at, and
# dagtop_grown_places. What has changed is looked at by the next look too: another change may have had the same time.
dagtop_compare_quiet() {
    dagtop_due=$dagtop_again
    dagtop_again=
    dagtop_grown_places=
    [ "$dagtop_listing" != "$dagtop_quiet_seen" ] || return 0
    dagtop_rows=$(($# / 2))
    dagtop_changed=
    for dagtop_line in $dagtop_quiet_seen; do
        case $1 in "$dagtop_line") ;; *) dagtop_changed="$dagtop_changed $#" ;; esac
        shift
    done
    IFS=$dagtop_saved_ifs
    # How many lines were left says which it is; of two the directory comes first.
    for dagtop_line in $dagtop_changed; do
        if [ $((dagtop_line % 2)) = 1 ]; then
            dagtop_grown_places="$dagtop_grown_places $((dagtop_rows - dagtop_line / 2))"
        else
            dagtop_again="$dagtop_again $((dagtop_rows - dagtop_line / 2 + 1))"
        fi
    done
    dagtop_due="$dagtop_due$dagtop_again"
    dagtop_quiet_seen=$dagtop_listing
}

# Adds to dagtop_due those whose process groups have ended. $@: the groups.
dagtop_add_ended() {
    dagtop_place=0
    for dagtop_line do
        dagtop_place=$((dagtop_place + 1))
        kill -0 "$dagtop_line" || dagtop_due="$dagtop_due $dagtop_place"
    done
} 2>/dev/null

# Sets dagtop_places to which of $1 rows are looked at by themselves: those that are due, each once, and every eighth. Behind
# each stands which turn it is (dagtop_look_here).
dagtop_find_places() {
    dagtop_places=' '
    for dagtop_place in $dagtop_due; do
        [ $(((dagtop_place - 1) % 8)) != $((dagtop_round % 8)) ] || continue
        case $dagtop_places in *" $dagtop_place.4 "*) ;; *) dagtop_places="$dagtop_places$dagtop_place.4 " ;; esac
    done
    dagtop_place=$((dagtop_round % 8 + 1))
    while [ "$dagtop_place" -le "$1" ]; do
        dagtop_places="$dagtop_places$dagtop_place.$(((dagtop_round + dagtop_place) / 8 % 8 * 4)) "
        dagtop_place=$((dagtop_place + 8))
    done
}

# Looks at some nodes by themselves. $@: all rows.
dagtop_look_at_places() {
    for dagtop_place in $dagtop_places; do
        dagtop_turn=${dagtop_place#*.}
        [ "$dagtop_turn" = 0 ] || dagtop_turn=4
        eval "dagtop_entry=\${${dagtop_place%.*}}"
        IFS=$dagtop_tab
        # shellcheck disable=SC2086
        dagtop_look $dagtop_entry
    done
    dagtop_turn=
}

# Adds a row and a path to dagtop_grown and dagtop_grown_paths. By way of small pieces, because a shell copies what it appends to.
dagtop_add_grown() {
    dagtop_rows=$dagtop_rows$1$dagtop_newline
    dagtop_paths=$dagtop_paths$2$dagtop_newline
    [ "${#dagtop_rows}" -lt 2048 ] || dagtop_flush_grown
}

dagtop_flush_grown() {
    dagtop_grown=$dagtop_grown$dagtop_rows
    dagtop_grown_paths=$dagtop_grown_paths$dagtop_paths
    dagtop_rows='' dagtop_paths=''
}

# The row of the log of a node, as dagtop_awk_merge writes it, given the node's row.
dagtop_add_log() {
    dagtop_path=$2/.dagtop/$4
    dagtop_add_grown "$1${dagtop_tab}log${dagtop_tab}0${dagtop_tab}0$dagtop_tab$dagtop_path/seen$dagtop_tab$dagtop_path/log" "$dagtop_path/log"
}

# Sets dagtop_grown and dagtop_grown_paths to the logs that have changed. $@: all rows.
dagtop_find_grown() {
    dagtop_rows='' dagtop_paths=''
    for dagtop_place in $dagtop_grown_places; do
        eval "dagtop_entry=\${$dagtop_place}"
        IFS=$dagtop_tab
        # shellcheck disable=SC2086
        dagtop_add_log $dagtop_entry
    done
    IFS=$dagtop_saved_ifs
    dagtop_flush_grown
}

# Takes those with news out of what has grown: they are looked at by themselves from now on.
dagtop_leave_out_news() {
    IFS=$dagtop_newline
    # shellcheck disable=SC2086
    set -- $dagtop_grown
    dagtop_grown='' dagtop_grown_paths='' dagtop_rows='' dagtop_paths=''
    for dagtop_entry do
        IFS=$dagtop_tab
        # shellcheck disable=SC2086
        set -- $dagtop_entry
        case $dagtop_newline$dagtop_news in *"$dagtop_newline$1$dagtop_tab"*) ;; *) dagtop_add_grown "$dagtop_entry" "$6" ;; esac
    done
    IFS=$dagtop_saved_ifs
    dagtop_flush_grown
}

# Looks at the quiet nodes: finds dagtop_news and dagtop_grown.
dagtop_look_at_quiet() {
    dagtop_grown='' dagtop_grown_paths=''
    [ "${dagtop_pause:-0}" != "$dagtop_round" ] || dagtop_merge
    [ -n "$dagtop_quiet" ] || return 0
    IFS=$dagtop_newline
    dagtop_listing=$(dagtop_stat_quiet)
    # shellcheck disable=SC2086
    set -- $dagtop_listing
    if [ $# -ne "$dagtop_quiet_lines" ]; then
        # Something is not there any more, so nobody knows which line is whose: for a while each is looked at by itself.
        dagtop_pause=$((dagtop_round + 64))
        dagtop_merge
        return
    fi
    dagtop_compare_quiet "$@"
    IFS=$dagtop_newline
    # shellcheck disable=SC2086
    set -- $dagtop_quiet_groups
    # Shells differ in what one that is gone among others makes of the exit code.
    [ -z "$(kill -0 "$@" 2>&1)" ] || dagtop_add_ended "$@"
    # shellcheck disable=SC2086
    set -- $dagtop_quiet
    IFS=$dagtop_saved_ifs
    dagtop_find_places $#
    dagtop_look_at_places "$@"
    dagtop_find_grown "$@"
}

# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The agent's faster eyes: where there is perl, watching goes to one process of it that stays (eyes.pl); the functions of
# agent_watch.sh are then replaced. Same requests, same answers.
# shellcheck disable=SC2034,SC2154,SC2317
# (The files of the agent are one program: variables are shared.)

# Opens the eyes, given their program as a content. Whatever is missing for them, the shell goes on to look itself.
dagtop_eyes() {
    [ "$dagtop_perl$dagtop_watched$dagtop_table" = yes ] && dagtop_find_scratch || return 1
    dagtop_pipe=$dagtop_scratch/$dagtop_session-eyes
    mkfifo "$dagtop_pipe.in" "$dagtop_pipe.out" || return 1
    dagtop_machine=$dagtop_machine dagtop_boot=$dagtop_boot dagtop_session=$dagtop_session dagtop_agent=$$ \
        perl -e "$(printf %b "$1")" <"$dagtop_pipe.in" 4>"$dagtop_pipe.out" &
    exec 3>"$dagtop_pipe.in" 4<"$dagtop_pipe.out"
    rm -f "$dagtop_pipe.in" "$dagtop_pipe.out"
    dagtop_line=
    read -r dagtop_line <&4
    [ "$dagtop_line" = ready ] || { exec 3>&- 4<&-; return 1; }
    dagtop_use_eyes
} 2>/dev/null

# Hands one line to the eyes. An agent without its eyes ends: another is opened.
dagtop_tell_eyes() {
    printf '%s\n' "$1" >&3 || exit 1
}

# Has the eyes print an answer.
dagtop_ask_eyes() {
    dagtop_records=-
    dagtop_tell_eyes "$1"
    dagtop_line=
    read -r dagtop_line <&4
    [ "$dagtop_line" = "done" ] || exit 1
}

dagtop_use_eyes() {
    dagtop_watch() {
        dagtop_find_watched "$@" || return 2
        dagtop_tell_eyes "watch$dagtop_tab$1$dagtop_tab$dagtop_node_directory$dagtop_tab$dagtop_statusfile"
    }
    dagtop_unwatch() {
        dagtop_is_number "$1" || return 2
        dagtop_tell_eyes "unwatch$dagtop_tab$1"
    }
    dagtop_group() {
        dagtop_is_group "$1" || return 2
        dagtop_tell_eyes "group$dagtop_tab$1"
    }
    dagtop_forget() {
        dagtop_is_group "$1" || return 2
        dagtop_tell_eyes "forget$dagtop_tab$1"
    }
    dagtop_poll() { dagtop_ask_eyes poll; }
    dagtop_wait() {
        case $1 in '' | *[!0-9]* | ???*) return 2 ;; esac
        dagtop_ask_eyes "wait$dagtop_tab$1"
    }
}

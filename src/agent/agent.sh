# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The host agent. dagtop sends this text to /bin/sh on every host, and then requests as shell text (docs/agent.md).
# It acts on run directories by the attempt protocol (docs/attempts.md). No process is started for what has not changed.
# This is the first of its files; the others (agent_*.sh) follow it in the same stream.
# shellcheck disable=SC2034,SC2154

dagtop_protocol=1
dagtop_umask=$(umask)
umask 077
set -f
# A client that goes away must not cut a request in two.
trap '' PIPE
# Our tools speak bytes and English; jobs get the user's own locale back.
dagtop_locale=${LC_ALL-}
dagtop_locale_was_set=${LC_ALL+yes}
LC_ALL=C
export LC_ALL
dagtop_tab='	'
dagtop_newline='
'
dagtop_separator=$(printf '\036')
dagtop_queued=0
dagtop_brought=0
dagtop_counter=0
dagtop_round=0
dagtop_group=0
dagtop_group_variables='round pause table changes piece watched answered sizes again busy busy_live busy_paths
    quiet quiet_paths quiet_seen quiet_groups quiet_lines'
dagtop_table=
dagtop_changes=
dagtop_piece=
dagtop_watched=
dagtop_answered=
dagtop_again=
dagtop_turn=
dagtop_busy=
dagtop_busy_live=
dagtop_busy_paths=
dagtop_quiet=
dagtop_quiet_seen=
dagtop_left=
dagtop_undecided_slot=
dagtop_sizes=
dagtop_watchdog=
dagtop_perl=no
dagtop_saved_ifs=$IFS

# Sets dagtop_text to $1 with control characters and % written as %XX.
dagtop_encode() {
    dagtop_text=$1
    case $1 in
    *[%[:cntrl:]]*) dagtop_text=$(printf '%s\n' "$1" | awk "$dagtop_awk_common"'{ print (NR > 1 ? "%0A" : "") encode($0) }' | tr -d '\n') ;;
    esac
}

# Prints one record: KEY FIELD VALUE.
dagtop_record() {
    dagtop_encode "$1"
    dagtop_key=$dagtop_text
    dagtop_encode "$3"
    printf '%s\t%s\t%s\n' "$dagtop_key" "$2" "$dagtop_text"
    [ "$dagtop_records" = - ] || dagtop_records=$((dagtop_records + 1))
}

# Answers request ID by calling a function with arguments.
dagtop_request() {
    dagtop_id=$1
    dagtop_function=$2
    shift 2
    [ -z "$dagtop_watchdog" ] || kill -CONT "$dagtop_watchdog" 2>/dev/null
    dagtop_records=0
    printf '\n@@%s %s begin\n' "$dagtop_token" "$dagtop_id"
    case $dagtop_function in
    dagtop_poll | dagtop_wait)
        "$dagtop_function" "$@" </dev/null 2>/dev/null
        dagtop_code=$?
        ;;
    dagtop_scan | dagtop_attempts | dagtop_start | dagtop_submit | dagtop_upload | dagtop_compare | \
        dagtop_cancel | dagtop_void | dagtop_hold | dagtop_release | dagtop_skip | dagtop_unskip | dagtop_wanted | \
        dagtop_clean | dagtop_read | dagtop_read_script | dagtop_read_file | dagtop_files | dagtop_owner | dagtop_driver | dagtop_ping | dagtop_greet | \
        dagtop_run | dagtop_take | dagtop_drop | dagtop_job | dagtop_end)
        # What is started here has no part in the pipes of the eyes.
        "$dagtop_function" "$@" </dev/null 2>/dev/null 3>&- 4<&-
        dagtop_code=$?
        ;;
    *) dagtop_code=2 ;;
    esac
    printf '@@%s %s end %s %s\n' "$dagtop_token" "$dagtop_id" "$dagtop_code" "$dagtop_records"
}

dagtop_ping() { :; }

# Prints the result record of an action, and fails unless it went well: NODE FUNCTION RESULT.
dagtop_result() {
    dagtop_record "$1" "$2" "$3"
    case ${3%% *} in
    exists | later | newer-attempt | not-final | no-hardlink | no-session | not-writable | no-space | missing-script | no-attempt | \
        live | early | bad-argument) return 1 ;;
    esac
}

# --- where things are ---

# Sets dagtop_node_directory from BASE WORKFLOW NODE; fails for names that are no directory names.
dagtop_find_node() {
    case $1 in /*) ;; *) return 2 ;; esac
    case $2 in '' | */* | [-.]*) return 2 ;; esac
    case $3 in '' | */* | [-.]*) return 2 ;; esac
    dagtop_node_directory=$1/$2/$3
}

# The same with an attempt, $4: sets dagtop_attempt too.
dagtop_find_attempt() {
    dagtop_find_node "$1" "$2" "$3" || return 2
    case $4 in '' | *[!0-9]* | 0* | ????????*) return 2 ;; esac
    dagtop_attempt=$dagtop_node_directory/.dagtop/$4
}

# Sets dagtop_newest to the newest attempt number of $1 (a node's directory), counted on from $2.
dagtop_find_newest() {
    dagtop_newest=$2
    while [ -d "$1/.dagtop/$((dagtop_newest + 1))" ]; do dagtop_newest=$((dagtop_newest + 1)); done
}

# Sets dagtop_go, dagtop_go_nonce, dagtop_go_machine, dagtop_go_process from the attempt $1; empty without go.
dagtop_read_go() {
    dagtop_go=
    { read -r dagtop_go dagtop_go_nonce dagtop_go_machine dagtop_go_process; } <"$1/go"
} 2>/dev/null

# Says whether the attempt $1 is final.
dagtop_is_final() {
    [ -s "$1/exit" ] || [ -s "$1/lost" ] && return 0
    dagtop_read_go "$1"
    [ "$dagtop_go" = void ] || [ "$dagtop_go" = cancelled ]
}

# Sets dagtop_reason to why something could not be written in directory $1.
dagtop_find_reason() {
    dagtop_reason=$({ printf '%65536s' x >"$1/.dagtop-probe.$$"; } 2>&1)
    dagtop_probe=$?
    rm -f "$1/.dagtop-probe.$$"
    case $dagtop_probe$dagtop_reason in
    *[Ss]pace* | *[Qq]uota*) dagtop_reason="no-space no space left in $1" ;;
    *) dagtop_reason="not-writable cannot write in $1" ;;
    esac
    if [ "$dagtop_probe" -ne 0 ] && [ "${dagtop_reason%% *}" = not-writable ] && [ -w "$1" ]; then
        dagtop_reason="no-space cannot write in $1: is the disk full?"
    fi
}

# Links a new file with the line $2 to the name $1: the first wins. The caller reads it back.
dagtop_link_record() {
    dagtop_counter=$((dagtop_counter + 1))
    dagtop_claim=$1.$dagtop_session.$dagtop_counter
    printf '%s\n' "$2" >"$dagtop_claim" || {
        rm -f "$dagtop_claim"
        return 1
    }
    # step link
    ln "$dagtop_claim" "$1"
    # step linked
    rm -f "$dagtop_claim"
} 2>/dev/null

# Makes links, by one process where there is perl; a line of standard input each: KIND TAB WHAT TAB PATH. KIND s: a symbolic
# link to WHAT; l: another name of WHAT; r: the record WHAT, as dagtop_link_record.
dagtop_link_many() {
    if [ "$dagtop_perl" = yes ]; then
        perl -ne 'BEGIN { $mark = shift } chomp; my ($kind, $what, $path) = split /\t/, $_, 3;
            if ($kind ne "r") { $kind eq "s" ? symlink $what, $path : link $what, $path; next }
            my $claim = "$path.$mark.$$";
            if (open my $file, ">", $claim) { link $claim, $path if print({$file} "$what\n") && close $file }
            unlink $claim' "$dagtop_session"
        return
    fi
    while IFS=$dagtop_tab read -r dagtop_kind dagtop_what dagtop_path; do
        case $dagtop_kind in
        s) ln -s "$dagtop_what" "$dagtop_path" ;;
        l) ln "$dagtop_what" "$dagtop_path" ;;
        r) dagtop_link_record "$dagtop_path" "$dagtop_what" ;;
        esac
    done
} 2>/dev/null

# Claims the decision $2 (void, cancelled) for the attempt $1, and sets dagtop_go to what was decided.
dagtop_decide() {
    dagtop_link_record "$1/go" "$2 $dagtop_session.$dagtop_counter $dagtop_machine -"
    dagtop_read_go "$1"
    [ -n "$dagtop_go" ]
}

# Sets dagtop_now: UTC, RFC 3339.
dagtop_find_now() { dagtop_now=$(date -u +%Y-%m-%dT%H:%M:%SZ); }

# Replaces the file $1 by the line $2, by rename.
dagtop_replace() {
    printf '%s\n' "$2" >"$1.$dagtop_session" && mv -f "$1.$dagtop_session" "$1"
}

# --- the handshake ---

# Sets dagtop_answer to whether command $1 exists: yes or no.
dagtop_find_tool() { if command -v "$1" >/dev/null 2>&1; then dagtop_answer=yes; else dagtop_answer=no; fi; }

# Sets dagtop_machine and dagtop_boot.
dagtop_where() {
    dagtop_machine=$(uname -n)
    dagtop_boot=-
    { read -r dagtop_boot; } 2>/dev/null </proc/sys/kernel/random/boot_id ||
        dagtop_boot=$(sysctl -n kern.boottime 2>/dev/null | tr -cd '0-9')
    dagtop_boot=${dagtop_boot:--}
}

# Sets dagtop_means to how a job gets a session of its own.
dagtop_find_session() {
    dagtop_means=none
    for dagtop_tool in python3 perl setsid; do
        dagtop_find_tool "$dagtop_tool"
        [ "$dagtop_answer" = no ] || dagtop_means=$dagtop_tool
    done
}

# Sets dagtop_links: whether the file system of $1 has hard links, tried.
dagtop_find_links() {
    dagtop_links=no
    if ! printf 'x\n' >"$1/.dagtop-link.$$"; then
        dagtop_links=unwritable
        rm -f "$1/.dagtop-link.$$"
        return
    fi
    ln "$1/.dagtop-link.$$" "$1/.dagtop-linked.$$"
    [ ! -s "$1/.dagtop-linked.$$" ] || dagtop_links=yes
    rm -f "$1/.dagtop-link.$$" "$1/.dagtop-linked.$$"
} 2>/dev/null

# Sets dagtop_shell: which shell runs this.
dagtop_find_shell() {
    dagtop_shell=unknown
    # shellcheck disable=SC3028
    if [ -n "${BASH_VERSION-}" ]; then dagtop_shell=bash
    elif [ -n "${ZSH_VERSION-}" ]; then dagtop_shell=zsh
    elif [ -n "${KSH_VERSION-}" ]; then dagtop_shell=ksh
    else
        case $(readlink /proc/$$/exe 2>/dev/null) in
        */busybox*) dagtop_shell=busybox ;;
        */dash) dagtop_shell=dash ;;
        esac
    fi
}

# The handshake: TOKEN BASE WRAPPER.
dagtop_hello() {
    dagtop_token=$1
    dagtop_wrapper=$3
    dagtop_session=
    dagtop_request 0 dagtop_greet "$2"
}

# Tells what this host is: BASE.
dagtop_greet() {
    case $1 in
    '~') dagtop_base=$HOME ;;
    '~'/*) dagtop_base=$HOME/${1#??} ;;
    *) dagtop_base=$1 ;;
    esac
    dagtop_where
    dagtop_find_session
    dagtop_find_slots
    dagtop_find_shell
    dagtop_clock=$(date +%s)
    # What is under way bears its name: another base does not change it.
    dagtop_session=${dagtop_session:-$$-$dagtop_clock}
    dagtop_wrapper_name=wrapper-$(printf %b "$dagtop_wrapper" | cksum | tr ' ' -)
    [ -d "$dagtop_base" ] || mkdir -p "$dagtop_base"
    dagtop_find_links "$dagtop_base"
    dagtop_record - protocol "$dagtop_protocol"
    dagtop_record - answer $((6 * 7))
    dagtop_record - machine "$dagtop_machine"
    dagtop_record - boot "$dagtop_boot"
    dagtop_user=$(id -un)
    dagtop_record - user "$dagtop_user"
    dagtop_record - uid "$(id -u)"
    dagtop_record - home "${HOME-}"
    dagtop_record - base "$dagtop_base"
    dagtop_record - shell "$dagtop_shell"
    dagtop_record - system "$(uname -s)"
    dagtop_record - session "$dagtop_means"
    dagtop_record - links "$dagtop_links"
    dagtop_record - clock "$dagtop_clock"
    dagtop_record - processors "$(nproc || getconf _NPROCESSORS_ONLN || echo 1)"
    for dagtop_tool in sbatch perl; do
        dagtop_find_tool "$dagtop_tool"
        dagtop_record - "$dagtop_tool" "$dagtop_answer"
    done
    dagtop_perl=$dagtop_answer
    dagtop_find_tool python3
    dagtop_record - python "$dagtop_answer"
}

# Ends the agent when no request has come for $1 seconds (at most twice that): for streams that may stay half open.
# A process of its own, because a shell cannot wait for input with a limit; each request tells it by a signal, which is ignored
# until the watchdog is ready to take it.
dagtop_watchdog() {
    trap '' USR1
    dagtop_watch_agent "$1" </dev/null >/dev/null 2>&1 &
    dagtop_watchdog=$!
    trap - USR1
    trap 'dagtop_end_session' EXIT
}

# The watchdog itself, in a child; $$ is the agent.
dagtop_watch_agent() {
    trap - EXIT
    trap 'kill "$dagtop_sleeper"; exit 0' TERM
    trap 'dagtop_busy=yes' USR1
    while :; do
        dagtop_busy=
        sleep "$1" &
        dagtop_sleeper=$!
        while kill -0 "$dagtop_sleeper"; do wait "$dagtop_sleeper"; done
        # Only our own parent: its number may have been given away.
        if [ -r /proc/self/stat ]; then
            read -r dagtop_line </proc/self/stat
            dagtop_line=${dagtop_line##*) ? }
            dagtop_line=${dagtop_line%% *}
        else
            dagtop_line=$(ps -o ppid= -p "$(sh -c 'echo $PPID')" | tr -d ' ')
        fi
        [ "$dagtop_line" = $$ ] || exit 0
        [ -n "$dagtop_busy" ] || { kill -TERM $$; exit 0; }
    done
}

# What ends with the agent.
dagtop_end_session() {
    [ -z "$dagtop_watchdog" ] || kill -TERM "$dagtop_watchdog" 2>/dev/null
    dagtop_forget_answers
}

dagtop_quit() { exit 0; }

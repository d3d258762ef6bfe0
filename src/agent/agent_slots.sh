# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# How many jobs of this user run on this machine, over all workflows and all who start them (docs/agent.md 5, Slots).
# shellcheck disable=SC2034,SC2154
# (The files of the agent are one program: variables are shared.)

# A slot is a symbolic link K.G to the attempt that has it, in use while that attempt lives: nobody has to give it back.
# Whoever takes slot K makes its next generation, G + 1, and always the lowest free K: of two at once only one wins, and the
# other counts again. The records of an attempt are seen through the link, so that counting starts no process.

# Sets dagtop_slots to the directory of the slots, made if missing; empty where that cannot be, and nothing is counted.
dagtop_find_slots() {
    dagtop_slots=${XDG_STATE_HOME:-${HOME-}/.local/state}/dagtop/jobs.$dagtop_machine
    [ -d "$dagtop_slots" ] || mkdir -p "$dagtop_slots" || dagtop_slots=
}

# Says whether the attempt behind slot $1 lives. One that is not decided yet counts, and is remembered as such.
dagtop_slot_is_used() {
    [ -d "$1" ] && [ ! -s "$1/exit" ] && [ ! -s "$1/lost" ] || return 1
    dagtop_read_go "$1"
    case $dagtop_go in
    '') dagtop_undecided=${dagtop_undecided:-$1} ;;
    run)
        dagtop_judge "$1"
        [ "$dagtop_verdict" = alive ]
        ;;
    *) return 1 ;;
    esac
}

# Counts: sets dagtop_live, and dagtop_free to the names of slots that may be taken, the lowest first.
dagtop_count_slots() {
    dagtop_live=0
    dagtop_top=0
    dagtop_free=
    dagtop_undecided=
    set +f
    for dagtop_slot in "$dagtop_slots"/*.*; do
        dagtop_number=${dagtop_slot##*/}
        dagtop_generation=${dagtop_number#*.}
        dagtop_number=${dagtop_number%%.*}
        case $dagtop_number:$dagtop_generation in *[!0-9:]* | 0* | *:0* | *:*:* | ?????????????????*) continue ;; esac
        eval "dagtop_other=\${dagtop_slot_$dagtop_number:-0}"
        if [ "$dagtop_other" -gt "$dagtop_generation" ]; then
            dagtop_left=$dagtop_left$dagtop_slot$dagtop_newline
            continue
        fi
        [ "$dagtop_other" = 0 ] || dagtop_left=$dagtop_left$dagtop_slots/$dagtop_number.$dagtop_other$dagtop_newline
        eval "dagtop_slot_$dagtop_number=$dagtop_generation"
        [ "$dagtop_number" -le "$dagtop_top" ] || dagtop_top=$dagtop_number
    done
    set -f
    dagtop_number=0
    while [ "$dagtop_number" -lt "$dagtop_top" ]; do
        dagtop_number=$((dagtop_number + 1))
        eval "dagtop_generation=\${dagtop_slot_$dagtop_number:-0} dagtop_slot_$dagtop_number="
        dagtop_slot=$dagtop_slots/$dagtop_number.$dagtop_generation
        if [ "$dagtop_generation" != 0 ] && dagtop_slot_is_used "$dagtop_slot"; then
            dagtop_live=$((dagtop_live + 1))
        else
            dagtop_free="$dagtop_free $dagtop_number.$((dagtop_generation + 1))"
            # A directory of that name that comes later is another attempt.
            [ -d "$dagtop_slot" ] || dagtop_left=$dagtop_left$dagtop_slot$dagtop_newline
        fi
    done
}

# Counts at the beginning of a batch.
dagtop_begin_slots() {
    dagtop_found=0
    [ -z "$dagtop_slots" ] || dagtop_count_slots
}

# Finds room for one more of the batch, where at most $1 may live (0: no limit); sets dagtop_refusal where there is none.
dagtop_find_room() {
    if [ -n "$dagtop_slots" ] && [ "$1" -gt 0 ] && [ $((dagtop_live + dagtop_found)) -ge "$1" ]; then
        dagtop_refusal="later no room on $dagtop_machine: jobs of this user there: $((dagtop_live + dagtop_found))"
    else
        dagtop_found=$((dagtop_found + 1))
    fi
}

# Says whether the slot at hand leads to the attempt at hand though ln has failed: over NFS it may say so of a success.
dagtop_slot_is_ours() {
    case $(ls -ld "$dagtop_slot") in *" -> $dagtop_attempt") ;; *) return 1 ;; esac
}

# Takes a slot for the attempt at hand where fewer than $1 are in use; 0: no limit. Sets dagtop_refusal where there is none.
dagtop_take_slot() {
    [ -n "$dagtop_slots" ] || return 0
    while [ "$1" -eq 0 ] || [ "$dagtop_live" -lt "$1" ]; do
        [ -n "$dagtop_free" ] || dagtop_free=" $((dagtop_top + 1)).1"
        dagtop_free=${dagtop_free# }
        dagtop_name=${dagtop_free%% *}
        dagtop_slot=$dagtop_slots/$dagtop_name
        # -n: the name may be there as a link to a directory.
        if ln -s -n "$dagtop_attempt" "$dagtop_slot" || dagtop_slot_is_ours; then
            dagtop_free=${dagtop_free#"$dagtop_name"}
            dagtop_live=$((dagtop_live + 1))
            [ "${dagtop_name%.*}" -le "$dagtop_top" ] || dagtop_top=${dagtop_name%.*}
            dagtop_left=$dagtop_left$dagtop_slots/${dagtop_name%.*}.$((${dagtop_name#*.} - 1))$dagtop_newline
            return
        fi
        # Where no link can be made, counting is given up, and not the work.
        [ -L "$dagtop_slot" ] || return 0
        dagtop_count_slots
    done
    dagtop_refusal="later no room on $dagtop_machine: jobs of this user there: $dagtop_live"
}

# Removes the links of earlier generations and of attempts that are gone.
dagtop_remove_slots() {
    IFS=$dagtop_newline
    # shellcheck disable=SC2086
    set -- $dagtop_left
    IFS=$dagtop_saved_ifs
    dagtop_left=
    [ $# -eq 0 ] || rm -f "$@"
}

# An attempt that nobody decides must not keep its slot for ever: who has been in need of it for a minute claims void.
dagtop_void_slot() {
    dagtop_clock=$(date +%s)
    if [ "$dagtop_undecided" != "$dagtop_undecided_slot" ]; then
        dagtop_undecided_slot=$dagtop_undecided
        dagtop_undecided_since=$dagtop_clock
    elif [ -n "$dagtop_undecided" ] && [ $((dagtop_clock - dagtop_undecided_since)) -ge 60 ]; then
        dagtop_decide "$dagtop_undecided" void
    fi
}

# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The agent and batch systems: jobs are submitted, and commands run apart from it, so that a scheduler which does not answer
# holds up nothing else (docs/agent.md 5, Batch systems).
# shellcheck disable=SC2034,SC2154
# (The files of the agent are one program: variables are shared.)

# Sets dagtop_scratch: a directory on this host's own disk that only this user can read. Fails where there is none.
dagtop_find_scratch() {
    [ -z "${dagtop_scratch-}" ] || return 0
    dagtop_uid=$(id -u)
    for dagtop_parent in "${TMPDIR:-/tmp}" /tmp "${XDG_RUNTIME_DIR-}"; do
        if [ -z "$dagtop_parent" ] || [ ! -w "$dagtop_parent" ]; then continue; fi
        dagtop_path=$dagtop_parent/dagtop-$dagtop_uid
        [ -d "$dagtop_path" ] || mkdir -m 700 "$dagtop_path"
        # Somebody else may have made it, or a link of that name.
        # shellcheck disable=SC2046,SC2012
        set -- $(ls -ldn "$dagtop_path")
        case ${1-}:${3-} in drwx------:"$dagtop_uid" | drwx------[.+@]:"$dagtop_uid") ;; *) continue ;; esac
        dagtop_scratch=$dagtop_path
        trap 'dagtop_end_session' EXIT
        # What a session that was killed has left there.
        find "$dagtop_scratch" -type f -mtime +0 -exec rm -f {} +
        # Viewers of one user share what they have asked one scheduler.
        dagtop_scheduler=$(printf '%s' "${SLURM_CONF-}:${LSF_ENVDIR-}" | cksum | tr ' ' -)
        return 0
    done
    return 1
} 2>/dev/null

# At the agent's end: nobody will ask for these answers.
dagtop_forget_answers() {
    [ -n "${dagtop_scratch-}" ] || return 0
    set +f
    rm -f "$dagtop_scratch/$dagtop_session"-*.done
}

# Finds out, once, what can end a command after its time.
dagtop_find_limiter() {
    [ -z "${dagtop_limiter-}" ] || return 0
    dagtop_limiter=none
    if timeout -k 5 5 true; then dagtop_limiter=timeout
    elif command -v perl; then dagtop_limiter=perl
    fi
} >/dev/null 2>&1

# Runs a command for at most $1 seconds.
dagtop_run_limited() {
    dagtop_limit=$1
    shift
    if [ "$dagtop_limiter" = timeout ]; then
        timeout -k 5 "$dagtop_limit" "$@"
    elif [ "$dagtop_limiter" = perl ]; then
        perl -e 'alarm shift; exec { $ARGV[0] } @ARGV; exit 127' "$dagtop_limit" "$@"
    else
        "$@" &
        dagtop_child=$!
        (sleep "$dagtop_limit" && kill -TERM "$dagtop_child" && sleep 5 && kill -KILL "$dagtop_child") >/dev/null 2>&1 &
        dagtop_killer=$!
        wait "$dagtop_child"
        dagtop_status=$?
        kill "$dagtop_killer" 2>/dev/null
        return "$dagtop_status"
    fi
}

# Prints what a command said in its errors, the file $1: whole, as long as a person could be meant to read it.
dagtop_print_errors() {
    head -c 8192 "$1"
    [ $(($(wc -c <"$1"))) -le 8192 ] || printf '...\n(more than 8192 bytes: the rest is left out)\n'
}

# Runs the shell text in the file $1.command for at most $2 seconds. Its answer, $3, appears as a whole: a line with its exit
# code, when it began, and how many bytes of output follow, then those, then what it printed as errors.
dagtop_run_now() {
    dagtop_began=$(date +%s)
    dagtop_run_limited "$2" sh "$1.command" >"$1.output" 2>"$1.errors"
    dagtop_status=$?
    case $dagtop_status in
    124 | 137 | 142) printf 'no answer within %s seconds\n' "$2" >>"$1.errors" ;;
    esac
    {
        printf '%s %s %s\n' "$dagtop_status" "$dagtop_began" "$(($(wc -c <"$1.output")))"
        cat "$1.output"
        dagtop_print_errors "$1.errors"
    } >"$1.answer" && mv -f "$1.answer" "$3"
}

# Says whether the answer $1 began less than $2 seconds ago.
dagtop_is_fresh() {
    dagtop_began=
    { read -r dagtop_code dagtop_began dagtop_length; } <"$1" || return 1
    case $dagtop_began in '' | *[!0-9]*) return 1 ;; esac
    [ $(($(date +%s) - dagtop_began)) -lt "$2" ]
} 2>/dev/null

# Brings the shared answer $3 up to date, unless it is younger than $4 seconds: one of a user's viewers does it, the others
# wait for it. $1, $2: as dagtop_run_now.
dagtop_run_shared() {
    dagtop_waited=0
    until dagtop_is_fresh "$3" "$4"; do
        if mkdir "$3.lock" 2>/dev/null; then
            printf '%s\n' $$ >"$3.lock/holder"
            dagtop_is_fresh "$3" "$4" || dagtop_run_now "$1" "$2" "$3"
            rm -rf "$3.lock"
            return
        fi
        dagtop_holder=
        { read -r dagtop_holder; } 2>/dev/null <"$3.lock/holder"
        # The holder is given time to say who it is; who does not live holds nothing.
        if [ "$dagtop_waited" -gt $(($2 * 5 + 50)) ] ||
            { [ -n "$dagtop_holder" ] && ! kill -0 "$dagtop_holder" 2>/dev/null; }; then
            rm -rf "$3.lock"
        fi
        sleep 0.2 2>/dev/null || sleep 1
        dagtop_waited=$((dagtop_waited + 1))
    done
}

# Runs shell text apart from the agent: NUMBER LIMIT TEXT SHARE AGE. dagtop_take fetches its answer.
dagtop_run() {
    case $1,$2,$5 in *[!0-9,]* | ,* | *,,* | *,) return 2 ;; esac
    case $4 in *[!A-Za-z0-9._-]* | .*) return 2 ;; esac
    dagtop_find_limiter
    dagtop_find_scratch || { dagtop_result - run "not-writable no directory of this user's own in /tmp"; return; }
    dagtop_output=$dagtop_scratch/$dagtop_session-$1
    if ! printf %b "$3" >"$dagtop_output.command"; then
        dagtop_find_reason "$dagtop_scratch"
        dagtop_result - run "$dagtop_reason"
        return
    fi
    (
        if [ -z "$4" ]; then
            dagtop_run_now "$dagtop_output" "$2" "$dagtop_output.done"
        else
            dagtop_shared=$dagtop_scratch/$4-$dagtop_scheduler
            dagtop_run_shared "$dagtop_output" "$2" "$dagtop_shared" "$5"
            # What is read stays as it is, whoever asks anew meanwhile.
            ln "$dagtop_shared" "$dagtop_output.done" || cp "$dagtop_shared" "$dagtop_output.done"
        fi
        rm -f "$dagtop_output.command" "$dagtop_output.output" "$dagtop_output.errors"
        kill -0 $$ || rm -f "$dagtop_output.done"
    ) </dev/null >/dev/null 2>&1 &
    dagtop_result - run started
}

# Fetches a piece of the answer of dagtop_run: NUMBER OFFSET.
dagtop_take() {
    case $1,$2 in *[!0-9,]* | ,* | *,) return 2 ;; esac
    if [ -f "${dagtop_scratch-}/$dagtop_session-$1.done" ]; then
        dagtop_print_piece - "$dagtop_scratch/$dagtop_session-$1.done" "$2" 1048576
    else
        dagtop_record - state running
    fi
}

# Forgets what dagtop_run has answered: NUMBER.
dagtop_drop() {
    case $1 in '' | *[!0-9]*) return 2 ;; esac
    rm -f "${dagtop_scratch-}/$dagtop_session-$1.done"
}

# --- jobs ---

# Writes the file that is submitted: the directives of the attempt at hand's script, then the wrapper. $1: the file,
# $2: what the wrapper is, $3: its directory, $4: a number or nothing. As the schedulers do, directives are looked for up to
# the first line that is a command.
dagtop_write_job() {
    dagtop_quote "$dagtop_program"
    dagtop_quoted_program=$dagtop_quoted
    dagtop_quote "$3"
    {
        echo '#!/bin/sh'
        [ ! -f "$dagtop_attempt/script" ] || awk '
            { sub(/\r$/, "") }
            /^[ \t]*$/ { next }
            /^#(SBATCH|BSUB)[ \t]/ { print }
            !/^#/ { exit }' "$dagtop_attempt/script"
        printf "exec sh '%s' %s '%s' %s %s\n" "$dagtop_quoted_program" "$2" "$dagtop_quoted" "$4" "$dagtop_umask"
    } >"$1.new" && mv -f "$1.new" "$1"
}

# Sets dagtop_job to the id in what the submit command printed, $2. $1: slurm ("12" or "12;cluster") or lsf ("Job <12> is ...").
dagtop_find_job() {
    dagtop_job=
    IFS=$dagtop_newline
    for dagtop_line in $2; do
        case $1 in
        lsf) dagtop_line=${dagtop_line#*Job <} dagtop_line=${dagtop_line%%>*} ;;
        *) dagtop_line=${dagtop_line%%;*} ;;
        esac
        case $dagtop_line in '' | *[!0-9]*) ;; *) dagtop_job=$dagtop_line ;; esac
    done
    IFS=$dagtop_saved_ifs
}

# Runs the text in the file $2/submit with the argument $3, and sets dagtop_job to what it has submitted. Where it has not,
# why is in $2/refused. $1: slurm or lsf. Once a scheduler has not answered, it is not tried again.
dagtop_run_submission() {
    dagtop_answer=
    dagtop_status=124
    true >"$2/submit.errors"
    # step submit
    if [ -z "$dagtop_silent" ]; then
        dagtop_answer=$(dagtop_run_limited 120 sh "$2/submit" "$3" 2>"$2/submit.errors")
        dagtop_status=$?
    fi
    # step submitted
    dagtop_find_job "$1" "$dagtop_answer"
    [ -z "$dagtop_job" ] || return 0
    case $dagtop_status in
    124 | 137 | 142)
        dagtop_silent=yes
        echo 'dagtop: no answer within 120 seconds' >>"$2/submit.errors"
        ;;
    esac
    {
        dagtop_print_errors "$2/submit.errors"
        [ -s "$2/submit.errors" ] || printf 'it ended with code %s and said nothing\n' "$dagtop_status"
    } >"$2/refused.new" && mv -f "$2/refused.new" "$2/refused"
}

# Submits the attempt at hand, and records the job or why there is none. $1: slurm or lsf.
dagtop_submit_one() {
    cd "$dagtop_node_directory" || return
    dagtop_run_submission "$1" "$dagtop_attempt" ''
    if [ -n "$dagtop_job" ]; then
        dagtop_link_record "$dagtop_attempt/jobid" "$dagtop_job"
        return
    fi
    # It may have taken the job all the same: such a job reads go, and ends unrun.
    dagtop_decide "$dagtop_attempt" void
    [ -z "$dagtop_silent" ] || return 3
}

# --- arrays: many attempts as the tasks of one job ---

# Gives the array its directives, which are those of the attempt at hand's script, unless it has them. Sets dagtop_refusal
# where it cannot. $1: the attempt's number.
dagtop_add_task() {
    [ ! -s "$dagtop_array/job" ] || return 0
    dagtop_write_job "$dagtop_array/job" task "$dagtop_array" '' && return
    dagtop_find_reason "$dagtop_array"
    dagtop_refusal=$dagtop_reason
    dagtop_give_back "$1"
} 2>/dev/null

# Links each task's number to its attempt, and tells how all their starts went: BASE WORKFLOW.
dagtop_link_tasks() {
    k=0
    while [ "$k" -lt "$dagtop_queued" ]; do
        k=$((k + 1))
        eval "dagtop_refusal=\$dagtop_qx_$k dagtop_system=\$dagtop_qy_$k"
        [ "$dagtop_system$dagtop_refusal" != array ] ||
            eval "printf 's\t../../%s/.dagtop/%s\t%s/%s\n' \"\$dagtop_qn_$k\" \"\$dagtop_qa_$k\"" '"$dagtop_array"' "\"\$dagtop_qc_$k\""
    done | dagtop_link_many
    # step tasks
    k=0
    while [ "$k" -lt "$dagtop_queued" ]; do
        k=$((k + 1))
        eval "dagtop_node=\$dagtop_qn_$k dagtop_number=\$dagtop_qa_$k dagtop_task=\$dagtop_qc_$k" \
            "dagtop_refusal=\$dagtop_qx_$k dagtop_system=\$dagtop_qy_$k"
        [ "$dagtop_system" = array ] || continue
        if [ -z "$dagtop_refusal" ] && [ ! -h "$dagtop_array/$dagtop_task" ]; then
            dagtop_find_attempt "$1" "$2" "$dagtop_node" "$dagtop_number"
            dagtop_find_reason "$dagtop_array"
            dagtop_refusal=$dagtop_reason
            dagtop_give_back "$dagtop_number"
        fi
        dagtop_result "$dagtop_node" start "${dagtop_refusal:-started $dagtop_number}" || dagtop_status=1
    done
}

# Sets dagtop_part to the first $1 of the tasks that follow, and dagtop_ranges to the same as "0-4,7".
dagtop_take_part() {
    dagtop_left=$1
    shift
    dagtop_part=
    dagtop_ranges=
    dagtop_first=
    for dagtop_task do
        [ "$dagtop_left" -gt 0 ] || break
        dagtop_left=$((dagtop_left - 1))
        dagtop_part="$dagtop_part $dagtop_task"
        if [ -n "$dagtop_first" ] && [ "$dagtop_task" -eq $((dagtop_last + 1)) ]; then
            dagtop_last=$dagtop_task
            continue
        fi
        [ -z "$dagtop_first" ] || dagtop_ranges=$dagtop_ranges$dagtop_first-$dagtop_last,
        dagtop_first=$dagtop_task
        dagtop_last=$dagtop_task
    done
    dagtop_ranges=$dagtop_ranges$dagtop_first-$dagtop_last
}

# Voids what no part of the array has taken, with the scheduler's words beside it: TASKS.
dagtop_refuse_tasks() {
    for dagtop_task do
        printf 'l\t%s\t%s\n' "$dagtop_array/refused" "$dagtop_array/$dagtop_task/refused"
        printf 'r\tvoid %s %s -\t%s\n' "$dagtop_session" "$dagtop_machine" "$dagtop_array/$dagtop_task/go"
    done | dagtop_link_many
} 2>/dev/null

# Submits the array at hand: SYSTEM TASKS. Where the scheduler does not take it as a whole, it is tried with one task, then
# twice as many each time, then half as many, until not even one more is taken.
dagtop_submit_array() {
    cd "$dagtop_array" || return
    dagtop_system=$1
    shift
    dagtop_size=$#
    dagtop_way=whole
    while [ $# -gt 0 ]; do
        [ "$dagtop_size" -le $# ] || dagtop_size=$#
        dagtop_take_part "$dagtop_size" "$@"
        dagtop_run_submission "$dagtop_system" "$dagtop_array" "$dagtop_ranges"
        if [ -n "$dagtop_job" ]; then
            for dagtop_task in $dagtop_part; do
                printf 'r\t%s\t%s\n' "${dagtop_job}_$dagtop_task" "$dagtop_array/$dagtop_task/jobid"
            done | dagtop_link_many
            shift "$dagtop_size"
        elif [ "$dagtop_size" -eq 1 ] || [ -n "$dagtop_silent" ]; then
            dagtop_refuse_tasks "$@"
            return
        fi
        case $dagtop_way:$dagtop_job in
        whole:*) dagtop_way=up dagtop_size=1 ;;
        up:?*) dagtop_size=$((dagtop_size * 2)) ;;
        *) dagtop_way=down dagtop_size=$(((dagtop_size + 1) / 2)) ;;
        esac
    done
}

# Becomes a submitter, a process of its own, which goes on when the agent ends.
dagtop_become_submitter() {
    trap '' HUP
    if [ -n "$dagtop_locale_was_set" ]; then LC_ALL=$dagtop_locale; else unset LC_ALL; fi
    dagtop_silent=
    # The agent goes on to count: the names of their claims are to differ.
    dagtop_session=$dagtop_session-submitter
}

# Submits the array NONCE, of which the tasks below COUNT are those that are linked: BASE WORKFLOW NONCE SYSTEM COUNT.
dagtop_submit() {
    dagtop_find_node "$1" "$2" x || return 2
    case $3,$5 in *[!0-9a-f,]* | ,* | *,) return 2 ;; esac
    case $5 in *[!0-9]* | ????????*) return 2 ;; esac
    dagtop_array=$1/$2/.dagtop/array-$3
    if [ ! -s "$dagtop_array/job" ] || [ ! -s "$dagtop_array/submit" ]; then
        dagtop_result - submit "no-attempt there is no such array"
        return
    fi
    dagtop_find_limiter
    (
        dagtop_become_submitter
        dagtop_system=$4
        dagtop_count=$5
        dagtop_task=0
        set --
        while [ "$dagtop_task" -lt "$dagtop_count" ]; do
            [ ! -h "$dagtop_array/$dagtop_task" ] || set -- "$@" "$dagtop_task"
            dagtop_task=$((dagtop_task + 1))
        done
        dagtop_submit_array "$dagtop_system" "$@"
    ) </dev/null >/dev/null 2>&1 &
    dagtop_result - submit started
}

# Submits the attempts of dagtop_submissions one after the other, a line for each: SYSTEM, node directory, attempt.
dagtop_submit_all() {
    dagtop_become_submitter
    IFS=$dagtop_newline
    # shellcheck disable=SC2086
    set -- $dagtop_submissions
    for dagtop_line do
        IFS=$dagtop_tab
        # shellcheck disable=SC2086
        set -- $dagtop_line
        IFS=$dagtop_saved_ifs
        dagtop_node_directory=$2
        dagtop_attempt=$3
        # One that is killed takes none of the others along.
        (dagtop_submit_one "$1")
        [ $? -ne 3 ] || dagtop_silent=yes
    done
}

# Prepares the submission of the attempt at hand: NODE NUMBER SYSTEM SUBMIT. Sets dagtop_refusal where it cannot.
dagtop_prepare_submission() {
    if ! dagtop_write_job "$dagtop_node_directory/$1.job" job "$dagtop_node_directory" "$2" || ! printf '%b\n' "$4" >"$dagtop_attempt/submit"; then
        dagtop_find_reason "$dagtop_node_directory"
        dagtop_refusal=$dagtop_reason
        dagtop_give_back "$2"
        return
    fi
    dagtop_submissions=$dagtop_submissions$3$dagtop_tab$dagtop_node_directory$dagtop_tab$dagtop_attempt$dagtop_newline
}

# Records the job of an attempt that was found in the queue by its comment: BASE WORKFLOW NODE NUMBER NONCE JOB.
dagtop_job() {
    dagtop_find_attempt "$1" "$2" "$3" "$4" || return 2
    case $6 in '' | *[!0-9_]*) return 2 ;; esac
    case $5 in '' | *[!0-9a-f.]*) return 2 ;; esac
    if ! grep -Fqx "nonce='$5'" "$dagtop_attempt/request"; then
        dagtop_result "$3" job "no-attempt the attempt $4 is another one"
        return
    fi
    [ -s "$dagtop_attempt/jobid" ] || dagtop_link_record "$dagtop_attempt/jobid" "$6"
    dagtop_result "$3" job 'done'
}

# Records how a job ended whose wrapper could not: BASE WORKFLOW NODE NUMBER JOB WORD CODE. WORD is the scheduler's; - for a
# job of which it knows nothing any more, nor its wrapper.
dagtop_end() {
    dagtop_find_attempt "$1" "$2" "$3" "$4" || return 2
    case $6 in -) ;; '' | *[!A-Za-z_]*) return 2 ;; esac
    case $7 in '' | *[!0-9]*) return 2 ;; esac
    dagtop_line=
    { read -r dagtop_line; } 2>/dev/null <"$dagtop_attempt/jobid"
    if [ -z "$dagtop_line" ] || [ "$dagtop_line" != "$5" ]; then
        dagtop_result "$3" end "no-attempt the attempt $4 has no job $5"
        return
    fi
    dagtop_find_now
    # Whether it began is decided first: a job that begins after this finds another nonce, and ends unrun.
    if [ "$6" = CANCELLED ]; then
        dagtop_decide "$dagtop_attempt" cancelled
    else
        dagtop_link_record "$dagtop_attempt/go" "run $dagtop_session.$dagtop_counter $dagtop_machine job-$5"
        dagtop_read_go "$dagtop_attempt"
    fi
    if [ "$dagtop_go" = run ] && [ "$6" = - ]; then
        [ -s "$dagtop_attempt/exit" ] || dagtop_link_record "$dagtop_attempt/lost" "gone $dagtop_now"
    elif [ "$dagtop_go" = run ]; then
        dagtop_link_record "$dagtop_attempt/exit" "$6 $7 $dagtop_now"
    fi
    dagtop_result "$3" end 'done'
}

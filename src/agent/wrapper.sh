# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# The wrapper runs one attempt of a node on the machine of the job, and records what becomes of it (docs/attempts.md).
#
#   sh wrapper run RUN-DIRECTORY NUMBER SESSION UMASK     leads the process group of the script
#   sh wrapper stop RUN-DIRECTORY NUMBER GRACE            the stopper: ends that group, in a session of its own
#   sh wrapper job RUN-DIRECTORY NUMBER UMASK             the same within a batch job: its scheduler ends it
#   sh wrapper task ARRAY-DIRECTORY UMASK                 the same for the attempt to which the number of the task leads
#
# It lives in its own session, with standard input from /dev/null and its output in the log. Nothing waits for it.

# Sets dagtop_now to the time $1 (seconds since 1970) in UTC, RFC 3339: days to a date in the proleptic Gregorian calendar,
# counted in years that begin with March, so that the leap day comes last.
dagtop_format_time() {
    dagtop_days=$(($1 / 86400 + 719468))
    dagtop_century=$((dagtop_days / 146097))
    dagtop_days=$((dagtop_days % 146097))
    dagtop_year=$(((dagtop_days - dagtop_days / 1460 + dagtop_days / 36524 - dagtop_days / 146096) / 365))
    dagtop_days=$((dagtop_days - 365 * dagtop_year - dagtop_year / 4 + dagtop_year / 100))
    dagtop_month=$(((5 * dagtop_days + 2) / 153))
    dagtop_day=$((dagtop_days - (153 * dagtop_month + 2) / 5 + 1))
    dagtop_month=$(((dagtop_month + 2) % 12 + 1))
    dagtop_year=$((dagtop_year + 400 * dagtop_century + (dagtop_month <= 2)))
    dagtop_now=$dagtop_year
    for dagtop_part in -$dagtop_month -$dagtop_day T$(($1 / 3600 % 24)) :$(($1 / 60 % 60)) :$(($1 % 60)); do
        case $dagtop_part in ??) dagtop_part=${dagtop_part%?}0${dagtop_part#?} ;; esac
        dagtop_now=$dagtop_now$dagtop_part
    done
    dagtop_now=${dagtop_now}Z
}

# Sets dagtop_now to the time. In the first minute after the request it is counted on from there, without a process: a
# workflow of many short jobs is mostly overhead.
dagtop_find_now() {
    dagtop_seconds_up=
    { read -r dagtop_seconds_up _; } 2>/dev/null </proc/uptime
    dagtop_seconds_up=${dagtop_seconds_up%%.*}
    if [ -n "$dagtop_seconds_up" ] && [ -n "${dagtop_request_clock-}" ] && [ -n "$dagtop_request_uptime" ] &&
        [ "$dagtop_seconds_up" -ge "$dagtop_request_uptime" ] && [ $((dagtop_seconds_up - dagtop_request_uptime)) -lt 60 ]; then
        dagtop_format_time $((dagtop_request_clock + dagtop_seconds_up - dagtop_request_uptime))
    else
        dagtop_now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    fi
}

# Sets dagtop_boot, which start of the machine this is, and dagtop_machine. ($1, $2: what the request says of both; when
# the boot id is the same, so is the machine, and no process is needed to ask.)
dagtop_where() {
    dagtop_boot=-
    { read -r dagtop_boot; } 2>/dev/null </proc/sys/kernel/random/boot_id ||
        dagtop_boot=$(sysctl -n kern.boottime 2>/dev/null | tr -cd '0-9')
    dagtop_boot=${dagtop_boot:--}
    dagtop_machine=${1-}
    [ -n "$dagtop_machine" ] && [ "$dagtop_boot" != - ] && [ "$dagtop_boot" = "${2-}" ] || dagtop_machine=$(uname -n)
}

# Sets dagtop_start_time to when process $1 began: with it a reused number is told from the old one. Empty: no such process.
dagtop_find_start_time() {
    dagtop_start_time=
    if [ -r /proc/self/stat ]; then
        { read -r dagtop_line; } 2>/dev/null <"/proc/$1/stat" || return 0
        # The second field is a name in brackets that may hold anything: count from behind the last bracket.
        dagtop_line=${dagtop_line##*) }
        dagtop_number=3
        while [ "$dagtop_number" -lt 22 ]; do
            dagtop_line=${dagtop_line#* }
            dagtop_number=$((dagtop_number + 1))
        done
        dagtop_start_time=${dagtop_line%% *}
    else
        dagtop_start_time=$(LC_ALL=C ps -o lstart= -p "$1" 2>/dev/null | tr -s ' ' '_')
    fi
}

# Runs a command in the background, in a session of its own: what is sent to our process group does not reach it.
dagtop_in_session() {
    case $dagtop_session in
    perl) perl -MPOSIX -e 'POSIX::setsid(); exec { $ARGV[0] } @ARGV; exit 127' "$@" </dev/null & ;;
    python3) python3 -c 'import os, sys; os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])' "$@" </dev/null & ;;
    *) setsid "$@" </dev/null & ;;
    esac
}

# Sets dagtop_value to what the quoted word $1 means: 'it'\''s' is it's. Nothing is evaluated.
dagtop_unquote() {
    dagtop_value=
    case $1 in "'"*) ;; *) dagtop_value=$1 && return ;; esac
    dagtop_rest=${1#?}
    dagtop_rest=${dagtop_rest%?}
    while :; do
        case $dagtop_rest in
        *"'\\''"*)
            dagtop_value=$dagtop_value${dagtop_rest%%"'\\''"*}"'"
            dagtop_rest=${dagtop_rest#*"'\\''"}
            ;;
        *) break ;;
        esac
    done
    dagtop_value=$dagtop_value$dagtop_rest
}

# Sets dagtop_request_NAME for each name='value' line of the request. Prefixed, so that no variable of the script's
# environment is changed.
dagtop_read_request() {
    dagtop_request_complete='' dagtop_request_nonce='' dagtop_request_workflow='' dagtop_request_node=''
    dagtop_request_machine='' dagtop_request_boot='' dagtop_request_script='' dagtop_request_command=''
    dagtop_request_directory='' dagtop_request_venv='' dagtop_request_gpus='' dagtop_request_timeout=''
    dagtop_request_prologue='' dagtop_request_grace='' dagtop_request_logfile='' dagtop_request_clock='' dagtop_request_uptime=''
    dagtop_request_facts=''
    while IFS= read -r dagtop_line; do
        dagtop_name=${dagtop_line%%=*}
        case $dagtop_name in '' | *[!a-z0-9]*) continue ;; esac
        dagtop_unquote "${dagtop_line#*=}"
        eval "dagtop_request_$dagtop_name=\$dagtop_value"
    done 2>/dev/null <"$dagtop_attempt/request"
    [ "$dagtop_request_complete" = yes ]
}

# Claims go = run and says whether we may run. The content of go decides, never the result of ln. $1: the process, or the job.
dagtop_claim_run() {
    dagtop_claim="run $dagtop_request_nonce $dagtop_machine $1"
    printf '%s\n' "$dagtop_claim" >"$dagtop_attempt/claim.$$" || return 1
    # step claim
    ln "$dagtop_attempt/claim.$$" "$dagtop_attempt/go" 2>/dev/null
    dagtop_line=
    { read -r dagtop_line; } 2>/dev/null <"$dagtop_attempt/go"
    [ "$dagtop_line" = "$dagtop_claim" ]
}

# Points <node>.log at this attempt's log, by rename; a real file of that name is kept aside.
dagtop_link_log() {
    dagtop_link=${dagtop_request_logfile:-$dagtop_directory/$dagtop_request_node.log}
    dagtop_target=$dagtop_attempt/log
    [ -n "$dagtop_request_logfile" ] || dagtop_target=.dagtop/$dagtop_number_of_attempt/log
    if [ -L "$dagtop_link" ]; then
        ln -s "$dagtop_target" "$dagtop_link.new.$$" && mv -f "$dagtop_link.new.$$" "$dagtop_link"
    else
        [ ! -e "$dagtop_link" ] || mv -f "$dagtop_link" "$dagtop_link.before-$dagtop_number_of_attempt"
        ln -s "$dagtop_target" "$dagtop_link"
    fi
}

# Ends the child that is to become the script, with a sentence in the log.
dagtop_fail() {
    printf 'dagtop: %s\n' "$2" >&2
    exit "$1"
}

# Runs the node's line of shell text, which may change the environment (module load).
dagtop_run_prologue() {
    [ -n "$dagtop_request_prologue" ] || return 0
    command eval "$dagtop_request_prologue" || dagtop_fail 126 "the prologue has failed: $dagtop_request_prologue"
}

# Sets the script's environment: who it is, the node's env, its graphics processors and its virtual environment.
dagtop_set_environment() {
    export DAGTOP_WORKFLOW="$dagtop_request_workflow" DAGTOP_NODE="$dagtop_request_node" \
        DAGTOP_ATTEMPT="$dagtop_number_of_attempt"
    [ -z "$dagtop_request_gpus" ] || export CUDA_VISIBLE_DEVICES="$dagtop_request_gpus"
    if [ -n "$dagtop_request_venv" ]; then
        [ -r "$dagtop_request_venv/bin/activate" ] ||
            dagtop_fail 126 "no virtual environment at $dagtop_request_venv"
        # shellcheck source=/dev/null
        . "$dagtop_request_venv/bin/activate"
    fi
    dagtop_number=1
    while eval "dagtop_line=\${dagtop_request_env$dagtop_number-}" && [ -n "$dagtop_line" ]; do
        export "${dagtop_line%%=*}=${dagtop_line#*=}"
        dagtop_number=$((dagtop_number + 1))
    done
}

# Becomes the shell script $1: by its own first line, else sh. (The staged file need not be executable.)
dagtop_become_shell_script() {
    dagtop_line=
    { IFS= read -r dagtop_line || :; } <"$1"
    case $dagtop_line in
    '#!'*)
        # As the kernel does: the interpreter, and all the rest as one argument.
        dagtop_line=${dagtop_line#??}
        dagtop_line=${dagtop_line#"${dagtop_line%%[! 	]*}"}
        dagtop_interpreter=${dagtop_line%%[ 	]*}
        dagtop_line=${dagtop_line#"$dagtop_interpreter"}
        dagtop_line=${dagtop_line#"${dagtop_line%%[! 	]*}"}
        [ -n "$dagtop_interpreter" ] || exec sh "$1"
        if [ -n "$dagtop_line" ]; then exec "$dagtop_interpreter" "$dagtop_line" "$1"; fi
        exec "$dagtop_interpreter" "$1"
        ;;
    *) exec sh "$1" ;;
    esac
}

# Becomes papermill, or else jupyter, which run the notebook $1 into NAME-output.ipynb.
dagtop_become_notebook() {
    dagtop_output=${1%.ipynb}-output.ipynb
    if command -v papermill >/dev/null 2>&1; then exec papermill --log-output "$1" "$dagtop_output"; fi
    command -v jupyter >/dev/null 2>&1 || dagtop_fail 127 "neither papermill nor jupyter is installed to run $1"
    exec jupyter nbconvert --to notebook --execute --output "${dagtop_output##*/}" "$1"
}

# Becomes the script or the exec line; called in a child.
dagtop_become_script() {
    umask "$dagtop_umask"
    cd "${dagtop_request_directory:-$dagtop_default_directory}" ||
        dagtop_fail 126 "cannot enter the directory ${dagtop_request_directory:-$dagtop_default_directory}"
    dagtop_run_prologue
    dagtop_set_environment
    dagtop_note_facts
    [ -z "$dagtop_request_command" ] || exec /bin/sh -c "$dagtop_request_command"
    dagtop_script=$dagtop_directory/$dagtop_request_script
    if [ -z "$dagtop_request_directory" ] && [ "$dagtop_mode" = run ]; then dagtop_script=./$dagtop_request_script; fi
    [ -r "$dagtop_script" ] || dagtop_fail 127 "the script $dagtop_request_script is gone or cannot be read"
    case $dagtop_script in
    *.sh) dagtop_become_shell_script "$dagtop_script" ;;
    *.py)
        command -v python3 >/dev/null 2>&1 || dagtop_fail 127 "python3 is not installed to run $dagtop_request_script"
        exec python3 "$dagtop_script"
        ;;
    *.ipynb) dagtop_become_notebook "$dagtop_script" ;;
    esac
    [ -x "$dagtop_script" ] || dagtop_fail 126 "the script $dagtop_request_script is not executable"
    exec "$dagtop_script"
}

# Starts the stopper for this attempt.
dagtop_start_stopper() {
    true >"$dagtop_attempt/stopping"
    dagtop_in_session sh "$dagtop_program" stop "$dagtop_directory" "$dagtop_number_of_attempt" "${dagtop_request_grace:-10}"
}

# The wrapper's clock, a child: heartbeat, the look for `cancelled`, the time limit. It outlives the TERM that ends the script.
dagtop_tick() {
    trap 'kill -KILL "$dagtop_sleeper" 2>/dev/null; exit 0' USR1
    dagtop_seconds=0
    dagtop_stopped=0
    while :; do
        dagtop_step=10
        if [ -n "$dagtop_request_timeout" ]; then
            dagtop_left=$((dagtop_request_timeout - dagtop_seconds))
            [ "$dagtop_left" -le 0 ] || [ "$dagtop_left" -ge 10 ] || dagtop_step=$dagtop_left
        fi
        sleep "$dagtop_step" &
        dagtop_sleeper=$!
        wait "$dagtop_sleeper"
        # Without the wrapper this clock must not be what keeps the group alive.
        kill -0 $$ 2>/dev/null || exit 0
        dagtop_seconds=$((dagtop_seconds + dagtop_step))
        printf '%s\n' "$dagtop_seconds" >"$dagtop_attempt/heartbeat"
        if [ -n "$dagtop_request_timeout" ] && [ "$dagtop_seconds" -ge "$dagtop_request_timeout" ]; then
            [ -e "$dagtop_attempt/timed-out" ] || { true >"$dagtop_attempt/timed-out"; dagtop_start_stopper; }
        fi
        [ -e "$dagtop_attempt/cancelled" ] || continue
        # One stopper is enough while it lives; three looks later it should have done its work.
        if [ ! -e "$dagtop_attempt/stopping" ] || [ "$dagtop_stopped" -ge 3 ]; then
            dagtop_start_stopper
            dagtop_stopped=0
        fi
        dagtop_stopped=$((dagtop_stopped + 1))
    done
}

# Makes the exit record "$1 $2" by link: the first wins. Says whether there is one now.
dagtop_make_exit() {
    dagtop_find_now
    printf '%s %s %s\n' "$1" "$2" "$dagtop_now" 2>/dev/null >"$dagtop_attempt/exit.$$" || return 1
    # step exit
    ln "$dagtop_attempt/exit.$$" "$dagtop_attempt/exit" 2>/dev/null
    [ -s "$dagtop_attempt/exit" ]
}

# Says whether the kernel has killed something of this Slurm job for its use of memory: so it says of the job's own cgroup.
dagtop_is_out_of_memory() {
    [ -n "${SLURM_JOB_ID-}" ] || return 1
    while IFS=: read -r _ dagtop_controllers dagtop_path; do
        case $dagtop_path/ in */job_"$SLURM_JOB_ID"/*) ;; *) continue ;; esac
        case ,$dagtop_controllers, in
        ,,) dagtop_events=/sys/fs/cgroup$dagtop_path/memory.events ;;
        *,memory,*) dagtop_events=/sys/fs/cgroup/memory$dagtop_path/memory.oom_control ;;
        *) continue ;;
        esac
        while read -r dagtop_name dagtop_count; do
            case $dagtop_name:$dagtop_count in oom_kill:0) ;; oom_kill:*) return 0 ;; esac
        done <"$dagtop_events"
    done </proc/self/cgroup
    return 1
} 2>/dev/null

# Records how the script ended, code $1. A full disk does not lose it: tried again as long as the directory is there.
dagtop_record_exit() {
    dagtop_cause='exit'
    dagtop_value=$1
    if [ "$1" -ne 0 ] && dagtop_is_out_of_memory; then
        dagtop_cause=OUT_OF_MEMORY
    elif [ "$1" -ne 0 ] && [ -e "$dagtop_attempt/timed-out" ]; then
        dagtop_cause=timeout
    elif [ "$1" -gt 128 ] && [ "$1" -le 192 ]; then
        dagtop_cause=signal
        dagtop_value=$(($1 - 128))
    fi
    until dagtop_make_exit "$dagtop_cause" "$dagtop_value"; do
        [ -d "$dagtop_attempt" ] || return 1
        sleep 10
    done
}

# Runs the attempt: SESSION UMASK. What ends the script (TERM to the group) is ignored here, so that the end is recorded;
# ignored, not trapped: a wait that a trap interrupts may hang or lose the code in some shells.
dagtop_run() {
    dagtop_session=$1
    dagtop_umask=$2
    dagtop_default_directory=$dagtop_directory
    umask 077
    trap '' HUP INT TERM
    # Without a process group of our own, nobody could end the script or see that it lives.
    kill -0 "-$$" 2>/dev/null || exit 1
    # step request
    dagtop_read_request || exit 1
    dagtop_where "$dagtop_request_machine" "$dagtop_request_boot"
    dagtop_find_start_time $$
    printf '%s %s %s %s\n' "$dagtop_machine" $$ "${dagtop_start_time:--}" "$dagtop_boot" >"$dagtop_attempt/pid" || exit 1
    # step pid
    dagtop_claim_run $$ || exit 1
    # step go
    (trap - HUP INT TERM; dagtop_become_script) &
    dagtop_child=$!
    dagtop_link_log 2>/dev/null
    dagtop_find_now
    printf '%s\n' "$dagtop_now" >"$dagtop_attempt/started"
    # step started
    dagtop_tick </dev/null >/dev/null 2>&1 &
    dagtop_clock=$!
    wait "$dagtop_child"
    dagtop_code=$?
    # step ended
    dagtop_record_exit "$dagtop_code"
    # step recorded
    kill -USR1 "$dagtop_clock" 2>/dev/null
    exit 0
}

# --- within a batch job ---

# Sets dagtop_job and, of an array that is one attempt, dagtop_task.
dagtop_find_job() {
    dagtop_job=${SLURM_ARRAY_JOB_ID:-${SLURM_JOB_ID:-${LSB_JOBID-}}}
    dagtop_task=${SLURM_ARRAY_TASK_ID:-${LSB_JOBINDEX-}}
    [ -n "${SLURM_JOB_ID-}" ] || [ "$dagtop_task" != 0 ] || dagtop_task=
    case $dagtop_job in '' | *[!0-9]*) return 1 ;; esac
    if [ "$dagtop_mode" = task ]; then
        dagtop_job=${dagtop_job}_$dagtop_task
        dagtop_task=
    fi
}

# Sets what the attempt of this task is: the array's directory $1 has a link to it by the number of the task.
dagtop_find_task() {
    dagtop_attempt=$(cd -P "$1/${SLURM_ARRAY_TASK_ID:?}" 2>/dev/null && pwd -P) || exit 1
    dagtop_directory=${dagtop_attempt%/.dagtop/*}
    dagtop_number_of_attempt=${dagtop_attempt##*/}
    # Where nobody has chosen another directory, a task begins in its own.
    case $(pwd -P) in */"${1##*/}") cd "$dagtop_directory" || exit 1 ;; esac
}

# Makes sure that the attempt's job is written down: sets dagtop_line to it.
dagtop_link_job() {
    dagtop_line=
    { read -r dagtop_line; } 2>/dev/null <"$dagtop_attempt/jobid"
    [ -z "$dagtop_line" ] || return 0
    printf '%s\n' "$dagtop_job" >"$dagtop_attempt/jobid.$$" || return 1
    ln "$dagtop_attempt/jobid.$$" "$dagtop_attempt/jobid" 2>/dev/null
    rm -f "$dagtop_attempt/jobid.$$"
    { read -r dagtop_line; } 2>/dev/null <"$dagtop_attempt/jobid"
}

# A job that had ended, and was put into the queue again for a later attempt, runs for the newest that says so.
dagtop_find_requeued() {
    dagtop_next=$dagtop_number_of_attempt
    while dagtop_next=$((dagtop_next + 1)) && [ -d "$dagtop_directory/.dagtop/$dagtop_next" ]; do
        grep -Fqx "requeued='$dagtop_job'" "$dagtop_directory/.dagtop/$dagtop_next/request" || continue
        dagtop_number_of_attempt=$dagtop_next
        dagtop_attempt=$dagtop_directory/.dagtop/$dagtop_next
    done
} 2>/dev/null

# Claims the attempt for this job. A job that was put into the queue again, and the tasks of an array, find it claimed by
# their own job id.
dagtop_claim_job() {
    dagtop_link_job || return 1
    # step jobid
    # A part of an array that was submitted again, since the scheduler had refused it, though it had not.
    [ "$dagtop_mode" = job ] || [ "$dagtop_line" = "$dagtop_job" ] || return 1
    # Somebody has recorded its end: it comes too late.
    [ ! -s "$dagtop_attempt/exit" ] && [ ! -s "$dagtop_attempt/lost" ] || return 1
    dagtop_claim_run "job-$dagtop_job" && return
    dagtop_line=
    { read -r dagtop_line dagtop_nonce _ dagtop_owner; } 2>/dev/null <"$dagtop_attempt/go"
    [ "$dagtop_line $dagtop_nonce $dagtop_owner" = "run $dagtop_request_nonce job-$dagtop_job" ]
}

# The scheduler may have been told to write the output elsewhere: the log of the attempt, or of the task, then points there.
dagtop_follow_output() {
    dagtop_target=$(readlink "/proc/$$/fd/1")
    # A home may be a link itself: compared are the directories, not their names.
    dagtop_place=$(cd -P "$dagtop_attempt" && pwd -P)
    case $dagtop_target in "$dagtop_place"/* | /dev/* | [!/]* | '') return 0 ;; esac
    [ -f "$dagtop_target" ] && ln -s "$dagtop_target" "$dagtop_attempt/log.$$" &&
        mv -f "$dagtop_attempt/log.$$" "$dagtop_attempt/log${dagtop_task:+-$dagtop_task}"
}

# A signal for the job goes on to its script. What ends jobs also says that the scheduler knows the cause of what follows.
dagtop_forward() {
    dagtop_interrupted=yes
    case $1 in USR*) ;; *) dagtop_ended_by_scheduler=yes ;; esac
    kill "-$1" "$dagtop_child" 2>/dev/null
}

# Waits for the script, whatever signals reach the job meanwhile, and sets dagtop_code.
dagtop_wait_for_script() {
    dagtop_again=
    while :; do
        dagtop_interrupted=
        wait "$dagtop_child"
        dagtop_result=$?
        # 127 after an interruption: the shell had given the code already.
        if [ "$dagtop_result" -ne 127 ] || [ -z "$dagtop_again" ]; then dagtop_code=$dagtop_result; fi
        [ -n "$dagtop_interrupted" ] || break
        dagtop_again=yes
    done
}

dagtop_run_job() {
    dagtop_umask=$1
    umask 077
    dagtop_ended_by_scheduler=
    dagtop_find_job || exit 1
    [ "$dagtop_mode" = task ] || dagtop_find_requeued
    dagtop_read_request || exit 1
    { read -r dagtop_machine; } 2>/dev/null </proc/sys/kernel/hostname || dagtop_machine=$(uname -n)
    # This is another machine than the one where the request was made: it counts its own time.
    dagtop_request_clock=
    dagtop_default_directory=.
    # step request
    dagtop_claim_job || exit 1
    # step go
    (dagtop_become_script) &
    dagtop_child=$!
    for dagtop_signal in HUP INT TERM USR1 USR2; do
        # shellcheck disable=SC2064 # the signal's name is put in now
        trap "dagtop_forward $dagtop_signal" "$dagtop_signal"
    done
    dagtop_follow_output
    [ -n "$dagtop_task" ] || dagtop_link_log 2>/dev/null
    dagtop_find_now
    printf '%s\n' "$dagtop_now" >"$dagtop_attempt/started"
    # step started
    dagtop_wait_for_script
    # step ended
    # The signal that has ended the script may be on its way to us too.
    [ "$dagtop_code" -le 128 ] || sleep 1
    # How an array has ended, and what a signal of the scheduler has ended, only the scheduler can tell.
    if [ -z "$dagtop_task$dagtop_ended_by_scheduler" ]; then
        dagtop_note_energy
        dagtop_record_exit "$dagtop_code"
        # step recorded
    fi
    exit "$dagtop_code"
}

# --- what it ran on, for whoever wants to repeat it ---

dagtop_newline='
'

# Adds the line $1=$2 to dagtop_facts, of $2 only its first line, unless that is empty.
dagtop_add_fact() {
    dagtop_value=${2%%"$dagtop_newline"*}
    [ -z "$dagtop_value" ] || dagtop_facts=$dagtop_facts$1=$dagtop_value$dagtop_newline
}

# Sets dagtop_value to what follows the word $2 in the first line of the file $1 that begins with it.
dagtop_find_line() {
    dagtop_value=
    while IFS= read -r dagtop_line; do
        case $dagtop_line in "$2"*) ;; *) continue ;; esac
        dagtop_value=${dagtop_line#"$2"}
        dagtop_value=${dagtop_value#"${dagtop_value%%[! 	:]*}"}
        return
    done
} 2>/dev/null <"$1"

# The graphics processors of NVIDIA as their driver tells of them.
dagtop_add_graphics() {
    dagtop_models=
    for dagtop_card in /proc/driver/nvidia/gpus/*/information; do
        [ -r "$dagtop_card" ] || return 0
        dagtop_find_line "$dagtop_card" 'Model:'
        dagtop_models=$dagtop_models${dagtop_models:+, }$dagtop_value
    done
    dagtop_add_fact gpu "$dagtop_models"
    dagtop_find_line /proc/driver/nvidia/version 'NVRM version:'
    dagtop_add_fact driver "$dagtop_value"
}

# Writes down what the script is about to run on, where its request asks for it: from files and variables, with one process
# in a job of Slurm. Modules that the script loads itself are not known.
dagtop_note_facts() {
    [ -n "${dagtop_request_facts-}" ] || return 0
    dagtop_facts=
    dagtop_line=
    { read -r dagtop_line; } 2>/dev/null </proc/sys/kernel/osrelease || dagtop_line=$(uname -r)
    dagtop_add_fact kernel "$dagtop_line"
    dagtop_value=
    [ ! -r /proc/cpuinfo ] || dagtop_find_line /proc/cpuinfo 'model name'
    dagtop_add_fact processor "$dagtop_value"
    dagtop_add_graphics
    dagtop_add_fact gpus "${CUDA_VISIBLE_DEVICES-${SLURM_JOB_GPUS-}}"
    dagtop_add_fact modules "${LOADEDMODULES-}"
    if [ -n "${SLURM_JOB_ID-}" ]; then
        dagtop_value=$(srun --version)
        dagtop_add_fact slurm "${dagtop_value##* }"
        dagtop_add_fact partition "${SLURM_JOB_PARTITION-}"
        dagtop_add_fact nodes "${SLURM_JOB_NODELIST-}"
        dagtop_add_fact cpus "${SLURM_CPUS_ON_NODE-}"
    fi
    printf %s "$dagtop_facts" >"$dagtop_attempt/facts"
} 2>/dev/null

# Says whether the cluster measures energy: a file tells, and asking the scheduler for each of many jobs would be rude.
dagtop_measures_energy() {
    for dagtop_file in "${SLURM_CONF-}" /etc/slurm/slurm.conf /run/slurm/conf/slurm.conf; do
        [ -r "$dagtop_file" ] && grep -qi '^ *AcctGatherEnergyType *= *acct_gather_energy/[^n ]' "$dagtop_file" && return
    done
    return 1
}

# Adds how much energy the job has used, in joules, where the cluster measures it.
dagtop_note_energy() {
    [ -n "${dagtop_request_facts-}" ] && [ -n "${SLURM_JOB_ID-}" ] && dagtop_measures_energy || return 0
    dagtop_value=$(timeout 10 sstat -n -P -o ConsumedEnergyRaw -j "$SLURM_JOB_ID.batch")
    case $dagtop_value in '' | 0 | *[!0-9]*) ;; *) printf 'energy=%s\n' "$dagtop_value" >>"$dagtop_attempt/facts" ;; esac
} 2>/dev/null

# Says whether any process of the group lives that the wrapper began: not an unrelated one that got the same number.
dagtop_group_lives() {
    kill -0 "-$dagtop_leader" 2>/dev/null || return 1
    [ "$dagtop_recorded_start" != - ] || return 0
    dagtop_find_start_time "$dagtop_leader"
    [ -z "$dagtop_start_time" ] || [ "$dagtop_start_time" = "$dagtop_recorded_start" ]
}

# Waits up to $1 seconds for the group to end.
dagtop_wait_for_group() {
    dagtop_waited=0
    while dagtop_group_lives; do
        [ "$dagtop_waited" -lt "$(($1 * 5))" ] || return 1
        if sleep 0.2 2>/dev/null; then
            dagtop_waited=$((dagtop_waited + 1))
        else
            sleep 1
            dagtop_waited=$((dagtop_waited + 5))
        fi
    done
}

# The stopper: TERM, and after the grace time KILL; then it writes the exit record that the killed wrapper cannot write.
dagtop_stop() {
    umask 077
    dagtop_where
    { read -r dagtop_owner dagtop_leader dagtop_recorded_start dagtop_recorded_boot; } 2>/dev/null <"$dagtop_attempt/pid" ||
        exit 1
    [ "$dagtop_owner" = "$dagtop_machine" ] && [ "$dagtop_recorded_boot" = "$dagtop_boot" ] || exit 0
    case $dagtop_leader in '' | *[!0-9]* | 0 | 1) exit 1 ;; esac
    dagtop_group_lives || exit 0
    kill -TERM "-$dagtop_leader" 2>/dev/null
    kill -CONT "-$dagtop_leader" 2>/dev/null
    if ! dagtop_wait_for_group "$1"; then
        kill -KILL "-$dagtop_leader" 2>/dev/null
        # step killed
        dagtop_wait_for_group 60 || exit 1
        [ -s "$dagtop_attempt/exit" ] || dagtop_record_exit 137
    fi
    rm -f "$dagtop_attempt/stopping"
}

dagtop_program=$0
dagtop_mode=$1
dagtop_directory=$2
dagtop_number_of_attempt=$3
dagtop_attempt=$dagtop_directory/.dagtop/$dagtop_number_of_attempt
case $dagtop_mode in
task)
    dagtop_find_task "$2"
    dagtop_run_job "$3"
    ;;
run) dagtop_run "$4" "$5" ;;
job) dagtop_run_job "$4" ;;
stop) dagtop_stop "$4" ;;
esac

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Job arrays of a real Slurm: counts, the log of each task, single tasks cancelled and run again, within a live array and
# after its end; the node is done once every task has ended well, in whatever attempt.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/slurm_lib.sh
. "${top_srcdir:?}/tests/integration/slurm_lib.sh"
# shellcheck disable=SC2034 # read by slurm_begin
slurm_minimum_job_age=60
slurm_begin
workflow=$scratch/arrays.yaml
records=$HOME/experiment/arrays

act() { "$dagtop" "$@" --yes >"$scratch/output" 2>&1; }
status_of() { "$dagtop" status "$workflow" >"$scratch/output" && grep "^$1 " "$scratch/output" | grep -q -- "$2"; }
expect() { wait_for 40 status_of "$1" "$2" || fail "$1 is not $2"; }
# ran TASK: how often a task of the node `ends` ran.
ran() { grep -c "^ends $1 " "$TALLY"; }

cat >"$scratch/ends.sh" <<END
#!/bin/sh
#SBATCH --array=1-6%3
echo "ends \$SLURM_ARRAY_TASK_ID \$DAGTOP_ATTEMPT" >>$TALLY
echo "task \$SLURM_ARRAY_TASK_ID of attempt \$DAGTOP_ATTEMPT"
case \$SLURM_ARRAY_TASK_ID in 2 | 5) [ -e $scratch/mended-\$SLURM_ARRAY_TASK_ID ] || exit 3 ;; esac
END
cat >"$workflow" <<END
workflow:
  name: arrays
  defaults: {kind: slurm}
  nodes:
    ends: {script: ends.sh}
    after: {exec: 'echo after >>$TALLY'}
    lives: {exec: 'echo "lives \$SLURM_ARRAY_TASK_ID" >>$TALLY; [ \$SLURM_ARRAY_TASK_ID -ne 1 ] || [ -e $scratch/mended ] || exit 2; sleep 600', slurm: {array: '1-8%5', output: '$scratch/own-%A-%a.out'}}
    plain: {exec: 'true'}
  dependencies: ['ends,after']
END

# --- single tasks of an array that has ended ---
timeout 100 "$dagtop" run "$workflow" ends after plain </dev/null >"$scratch/output" 2>&1
[ $? -eq 1 ] || fail "the array did not fail"
[ "$("$dagtop" log "$workflow" ends --task=5)" = 'task 5 of attempt 1' ] || fail "the log of a task"
"$dagtop" log "$workflow" ends --task=1-2 >"$scratch/output" 2>&1 && fail "the log of two tasks was taken"
act resubmit "$workflow" ends --task=9 && fail "a task that there is not was taken"
grep -q 'ends: its tasks are 1-6%3, not all of 9' "$scratch/output" || fail "no word about a task that there is not"
act resubmit "$workflow" plain --task=1 && fail "a task of a node that is no array was taken"
act resubmit "$workflow" ends --task='1;2' && fail "words that are no tasks were taken"
: >"$scratch/mended-2"
: >"$scratch/mended-5"
act resubmit "$workflow" ends --task=2 || fail "resubmit of task 2"
grep -q 'attempt 2 of the tasks 2; not of these, which did not end well either: 5' "$scratch/output" || fail "what is left was not told"
expect ends 'failed.*task 5 did not end well before'
grep -q "^tasks='2'" "$records/ends/.dagtop/2/request" || fail "the tasks of the attempt are not recorded"
act start "$workflow" after && fail "a child of an array that is not done was started"
act resubmit "$workflow" ends --task=5 || fail "resubmit of task 5"
expect ends 'done'
[ "$(ran 1)$(ran 2)$(ran 3)$(ran 4)$(ran 5)$(ran 6)" = 121121 ] || fail "tasks ran: $(cat "$TALLY")"
[ "$("$dagtop" log "$workflow" ends --task=5)" = 'task 5 of attempt 3' ] || fail "the log of a task of the third attempt"
timeout 60 "$dagtop" run "$workflow" after </dev/null >"$scratch/output" 2>&1 || fail "what follows an array"
grep -qx after "$TALLY" || fail "what follows did not run"

# --- single tasks of a live array ---
act start "$workflow" lives || fail "start"
expect lives 'running.*1 failed'
job=$(cat "$records/lives/.dagtop/1/jobid")
: >"$scratch/mended"
act cancel "$workflow" lives --task=2,7-8 || fail "cancel of tasks"
grep -q "scancel '${job}_\[2,7-8\]'" "$scratch/output" || fail "the command that cancels tasks"
[ ! -e "$records/lives/.dagtop/1/cancelled" ] || fail "the whole attempt was cancelled"
act resubmit "$workflow" lives --task=1 || fail "resubmit of a task of a live array"
grep -q "scontrol requeue ${job}_1" "$scratch/output" || fail "the command that runs a task again"
act change "$workflow" lives --task=6 time=5:00 || fail "change of a task"
is_done_so() {
    squeue -h -r -t all -j "$job" -o '%K %T %l' >"$scratch/queue" 2>/dev/null
    ! grep -qE '^[278] (RUNNING|PENDING)' "$scratch/queue" && grep -qE '^1 (PENDING|RUNNING)' "$scratch/queue" &&
        grep -q '^6 .* 5:00$' "$scratch/queue"
}
wait_for 20 is_done_so || fail "the tasks: $(cat "$scratch/queue")"
[ -f "$scratch/own-$job-3.out" ] || fail "no output where the array writes it"
[ "$(readlink "$records/lives/.dagtop/1/log-3")" = "$scratch/own-$job-3.out" ] || fail "the log of a task does not point to its output"
# A job that Slurm puts into the queue again may start two minutes later.
scontrol update JobId="${job}_1" StartTime=now
second_run() { [ "$(grep -c '^lives 1$' "$TALLY")" -eq 2 ]; }
wait_for 100 second_run || fail "task 1 ran $(grep -c '^lives 1$' "$TALLY") times, not twice"
[ ! -d "$records/lives/.dagtop/2" ] || fail "a live array has two attempts"
act cancel "$workflow" lives || fail "cancel of the array"
expect lives cancelled
echo "arrays: counts, logs of tasks, single tasks cancelled, changed and run again"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A Slurm without slurmdbd: the records of the wrapper, the queue, and what scontrol still knows are enough.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/slurm_lib.sh
. "${top_srcdir:?}/tests/integration/slurm_lib.sh"
# shellcheck disable=SC2034 # read by slurm_begin
slurm_accounting=no
# shellcheck disable=SC2034 # read by slurm_begin
slurm_minimum_job_age=40
slurm_begin
workflow=$scratch/alone.yaml
records=$HOME/experiment/alone
cat >"$workflow" <<END
workflow:
  name: alone
  defaults: {kind: slurm}
  nodes:
    well: {exec: 'echo well >>$TALLY'}
    badly: {exec: 'echo badly >>$TALLY; exit 4'}
    stopped: {exec: 'echo stopped >>$TALLY; sleep 300'}
    killed: {exec: 'echo killed >>$TALLY; sleep 300'}
    forgotten: {exec: 'echo forgotten >>$TALLY; sleep 300'}
    array: {exec: 'echo "array \$SLURM_ARRAY_TASK_ID" >>$TALLY; [ \$SLURM_ARRAY_TASK_ID -ne 2 ] || [ -e $scratch/mended ]', slurm: {array: '1-3'}}
    after: {exec: 'echo after >>$TALLY'}
  dependencies: ['well,after']
END
status_of() { "$dagtop" status "$workflow" >"$scratch/output" && grep "^$1 " "$scratch/output" | grep -q -- "$2"; }
expect() { wait_for "${3-40}" status_of "$1" "$2" || fail "$1 is not $2"; }
job_of() { cat "$records/$1/.dagtop/1/jobid"; }
# kill_job NODE: whatever runs as its job is gone at once.
kill_job() {
    for process in $(slurm_processes); do
        case $(cat "/proc/$process/comm" 2>/dev/null) in sh | dash | sleep) ;; *) continue ;; esac
        grep -qz "^SLURM_JOB_ID=$(job_of "$1")\$" "/proc/$process/environ" && kill -KILL "$process"
    done
}
has_begun() { grep -qx "$1" "$TALLY"; }

"$dagtop" run "$workflow" well badly stopped killed array after </dev/null >"$scratch/run" 2>&1 &
runner=$!
for node in stopped killed; do wait_for 30 has_begun "$node" || fail "$node does not run"; done
scancel "$(job_of stopped)"
# Nothing of it is left that could write a record.
kill_job killed
wait "$runner"
[ $? -eq 1 ] || fail "the run did not end with failures"
expect well 'done'
expect after 'done'
expect badly 'failed.*exit 4'
expect stopped cancelled
expect killed failed
expect array failed
[ -s "$records/killed/.dagtop/1/exit" ] || fail "how killed ended was not written down"
# What scontrol still knows is in the details.
printf '%s\n' 'wait complete' 'text /killed' 'key Enter' 'key Enter' 'wait settled' 'wait complete' 'key G' 'screen details' >"$scratch/keys"
shows_details() {
    "$dagtop" "$workflow" --headless=100x90 --script="$scratch/keys" >"$scratch/output" 2>&1 &&
        grep -q 'exit code *0:9\|exit code *137:0\|exit code *[0-9]*:9' "$scratch/output"
}
wait_for 20 shows_details || fail "no exit code in the details"
grep -q "standard output *$records/killed/.dagtop/1/log" "$scratch/output" || fail "no standard output in the details"

# A task of the array again: the queue has not forgotten yet how the others ended.
: >"$scratch/mended"
"$dagtop" resubmit "$workflow" array --task=2 --yes >"$scratch/output" 2>&1 || fail "resubmit of a task"
expect array 'done'
[ "$(grep -c '^array' "$TALLY")" -eq 4 ] || fail "tasks ran: $(cat "$TALLY")"

# One that ends while nobody looks, and that Slurm has forgotten when somebody does: lost, after a minute.
"$dagtop" start "$workflow" forgotten --yes >"$scratch/output" 2>&1 || fail "start"
wait_for 30 has_begun forgotten || fail "forgotten does not run"
kill_job forgotten
is_forgotten() { ! squeue -h -t all -j "$(job_of forgotten)" 2>/dev/null | grep -q .; }
wait_for 100 is_forgotten || fail "Slurm does not forget"
"$dagtop" wait "$workflow" forgotten --timeout=100s >"$scratch/output" 2>&1
expect forgotten lost
echo "without slurmdbd: ends by record, by the queue, by nobody; a task again"

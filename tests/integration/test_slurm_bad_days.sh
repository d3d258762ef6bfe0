#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad days of a real Slurm while a workflow runs: its controller, its accounting, its authentication are gone for a while, a
# squeue hangs, a node goes down under a job. A question that fails changes no state, and nothing runs twice.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/slurm_lib.sh
. "${top_srcdir:?}/tests/integration/slurm_lib.sh"
# shellcheck disable=SC2034 # read by slurm_begin
slurm_minimum_job_age=60
slurm_begin

# begin NAME: runs the workflow on standard input in the background.
begin() {
    workflow=$scratch/$1.yaml
    { printf 'workflow:\n  name: %s\n  defaults: {kind: slurm}\n  nodes:\n' "$1" && cat; } >"$workflow"
    : >"$TALLY"
    "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 &
    runner=$!
}

# finish CODE SECONDS: the run ends with that code in time.
finish() {
    (sleep "$2" && kill -TERM "$runner" 2>/dev/null) &
    watchdog=$!
    wait "$runner"
    code=$?
    kill "$watchdog" 2>/dev/null
    [ "$code" -eq "$1" ] || fail "$(basename "$workflow"): exit code $code, not $1"
}

printed() { grep -q -- "$1" "$scratch/output"; }

# --- slurmctld is gone for twenty seconds while one job runs and another is to be submitted ---
begin controller <<END
    first: {exec: 'echo first >>$TALLY; sleep 6'}
    long: {exec: 'echo long >>$TALLY; sleep 12'}
    second: {exec: 'echo second >>$TALLY'}
  dependencies: ['first,second']
END
wait_for 20 printed 'long running' || fail "long does not run"
slurm_stop slurmctld
# The first ends meanwhile: that needs no controller.
wait_for 15 printed 'first done' || fail "first is not done without a controller"
sleep 14
slurm_start_slurmctld
finish 0 100
tally_is 3 1 || fail "slurmctld restarted"

# --- munged is gone while jobs run and one is to be submitted ---
begin munge <<END
    first: {exec: 'echo first >>$TALLY; sleep 3'}
    second: {exec: 'echo second >>$TALLY'}
  dependencies: ['first,second']
END
wait_for 20 printed 'first running' || fail "first does not run"
slurm_stop munged
wait_for 15 printed 'second' || fail "second was not tried without munge"
slurm_start_munge
finish 0 100
tally_is 2 1 || fail "munged restarted"

# --- slurmdbd is gone: records and the queue are enough ---
slurm_stop slurmdbd
begin accounting <<END
    well: {exec: 'echo well >>$TALLY'}
    badly: {exec: 'echo badly >>$TALLY; exit 4'}
    stopped: {exec: 'echo stopped >>$TALLY; sleep 100'}
END
wait_for 20 printed 'stopped running' || fail "stopped does not run"
scancel "$(cat "$HOME/experiment/accounting/stopped/.dagtop/1/jobid")"
finish 1 60
printed 'stopped: cancelled' || fail "the cancelled job is not seen without slurmdbd"
printed 'badly: failed, exit 4' || fail "the exit code is not seen without slurmdbd"
slurm_start_slurmdbd

# --- a squeue that hangs holds up neither local nodes nor jobs ---
mkdir "$scratch/bin"
printf '#!/bin/sh\nsleep 1000\n' >"$scratch/bin/squeue"
chmod +x "$scratch/bin/squeue"
path=$PATH
PATH=$scratch/bin:$PATH
begin hanging <<END
    here: {kind: local, exec: 'echo here >>$TALLY'}
    there: {exec: 'echo there >>$TALLY; sleep 2'}
    after: {kind: local, exec: 'echo after >>$TALLY'}
  dependencies: ['there,after']
END
finish 0 25
tally_is 3 1 || fail "squeue hangs"
PATH=$path
# What hung is ended with its time.
wait_for 45 sh -c "! ps -eo args | grep -q '^/bin/sh $scratch/bin/squeue'" || fail "the squeue that hung is still there"

# --- the node goes down under two jobs: one may be put into the queue again, the other not ---
begin down <<END
    again: {exec: 'echo again >>$TALLY; [ \$(grep -c again $TALLY) -gt 1 ] || sleep 200', slurm: {requeue: true}}
    lost: {exec: 'echo lost >>$TALLY; sleep 200', slurm: {no-requeue: true}}
END
both_run() { printed 'again running' && printed 'lost running'; }
wait_for 20 both_run || fail "the jobs do not run"
scontrol update NodeName="$slurm_host" State=down Reason=test
wait_for 40 printed 'lost failed' || fail "lost did not fail"
scontrol update NodeName="$slurm_host" State=idle
# Slurm would wait two minutes before it runs the job again.
again=$(cat "$HOME/experiment/down/again/.dagtop/1/jobid")
wait_for 20 scontrol update JobId="$again" StartTime=now || fail "again was not put into the queue"
finish 1 100
[ "$(grep -c again "$TALLY")" -eq 2 ] || fail "again ran $(grep -c again "$TALLY") times, not twice"
printed 'lost: failed, NODE_FAIL' || fail "NODE_FAIL is not told"
[ ! -d "$HOME/experiment/down/again/.dagtop/2" ] || fail "again has two attempts"
[ -s "$HOME/experiment/down/lost/.dagtop/1/exit" ] || fail "how lost ended was not written down"
echo "no controller, no munge, no accounting, a squeue that hangs, a node that goes down"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Nodes as jobs of a real Slurm: submitted, observed, cancelled, held, put into the queue again from outside, at their
# limits, and refused.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/slurm_lib.sh
. "${top_srcdir:?}/tests/integration/slurm_lib.sh"
slurm_begin
records=$HOME/experiment/life

# state_of NODE: its state now.
state_of() {
    "$dagtop" status "$workflow" --format=csv 2>/dev/null | awk -F , -v node="$1" '$1 == node { print $4 }'
}

is_state() { [ "$(state_of "$1")" = "$2" ]; }

# expect NODE STATE: it comes within thirty seconds.
expect() {
    wait_for 30 is_state "$1" "$2" || {
        "$dagtop" status "$workflow"
        fail "$1 is $(state_of "$1"), not $2"
    }
}

# reason_is NODE PART: the table's remark holds the part.
reason_is() {
    "$dagtop" status "$workflow" | grep "^$1 " | grep -q -- "$2" || fail "$1: $("$dagtop" status "$workflow" | grep "^$1 ")"
}

act() { "$dagtop" "$@" --yes >"$scratch/output" 2>&1; }

workflow=$scratch/life.yaml
cat >"$scratch/asks.sh" <<'END'
#!/bin/bash
#SBATCH --output=mine-%j.out
#SBATCH --time=00:10:00
[[ -n $BASH_VERSION ]] || exit 9
folder=$(scontrol show job "$SLURM_JOB_ID" | sed -n 's/^ *Command=//p')
folder=${folder%/*}
[ "$(cat "$folder/input")" = data ] || exit 8
[ "$0" = "$folder/asks.sh" ] || exit 7
[ "$COLOUR" = 'it'"'"'s "blue"' ] || exit 6
echo "# cloudmesh status=running progress=40 accuracy=0.5"
END
printf data >"$scratch/input"
cat >"$workflow" <<END
workflow:
  name: life
  defaults: {kind: slurm}
  nodes:
    short: {exec: 'echo "job \$SLURM_JOB_ID"; echo short >>$TALLY'}
    asks: {script: asks.sh, files: [input], env: {COLOUR: 'it''s "blue"'}}
    bad-exit: {exec: 'exit 3'}
    signalled: {exec: 'trap "echo got it >>$TALLY; exit 0" USR1; echo signalled >>$TALLY; while sleep 0.2; do :; done'}
    wordy: {exec: 'true', slurm: {nodes: LONG}}
    long: {exec: 'echo long >>$TALLY; sleep 300'}
    pending: {exec: 'true', slurm: {begin: now+1hour}}
    requeued: {exec: 'echo run >>$scratch/runs; [ \$(wc -l <$scratch/runs) -gt 1 ] || sleep 300'}
    limit: {exec: 'sleep 300', slurm: {time: "0:01"}}
    partition: {exec: 'true', slurm: {partition: nowhere}}
    account: {exec: 'true', slurm: {account: nobody}}
    option: {exec: 'true', slurm: {wrap: x}}
    never: {exec: 'true', slurm: {dependency: 'afterok:999999'}}
    no-folder: {exec: 'true', slurm: {output: '$scratch/not/there/%x-%j.out'}}
    late-log: {exec: 'echo here it is', slurm: {output: '$scratch/%x-%j-%u.out', begin: now+5}}
    child: {exec: 'true'}
    milestone: {kind: local}
  dependencies:
    - short,child,milestone
END

# A value of 6000 characters, which sbatch repeats.
long=$(printf 'x%.0s' $(seq 6000))
sed -i "s/LONG/$long/" "$workflow"
act start "$workflow" no-folder late-log short asks bad-exit long pending requeued limit partition signalled wordy || fail "start"
act start "$workflow" option && fail "an option of dagtop's own was taken"
grep -q 'option wrap is one that dagtop gives itself' "$scratch/output" || fail "no word about the option"
expect short 'done'
expect asks 'done'
expect bad-exit failed
reason_is bad-exit 'exit 3'
expect long running
expect requeued running
expect limit running

# What the records and the queue say.
[ "$(cat "$records/short/.dagtop/1/jobid")" -gt 0 ] || fail "no job id"
grep -qx "job $(cat "$records/short/.dagtop/1/jobid")" "$records/short/short.log" || fail "short.log"
grep -q 'accuracy=0.5' "$records/asks/asks.log" || fail "the log of asks is not followed"
"$dagtop" status "$workflow" --format=json >"$scratch/output"
grep -q '"jobid": "[0-9]' "$scratch/output" || fail "no job id in the status"
job=$(cat "$records/long/.dagtop/1/jobid")
squeue -h -j "$job" -o '%j %k' | grep -q '^life\.long dagtop:life/long/1/' || fail "name and comment of the job"

# Refusals leave the nodes ready, with the scheduler's own words.
expect partition ready
reason_is partition 'invalid partition specified: nowhere'
[ ! -e "$records/option/.dagtop/1/jobid" ] || fail "an option of dagtop's own was passed on"

# What the commands say is shown whole: on the command line, in the details, and where an action was refused.
expect wordy ready
"$dagtop" why "$workflow" wordy >"$scratch/output" || fail "why wordy"
grep -q "\"$long\" is not a valid node count" "$scratch/output" || fail "the words of sbatch are cut: $(wc -c <"$scratch/output")"
printf '%s\n' 'wait complete' 'text /wordy' 'key Enter' 'key Enter' 'wait settled' 'screen details' >"$scratch/keys"
"$dagtop" "$workflow" --headless=200x80 --script="$scratch/keys" >"$scratch/details" 2>&1
[ "$(tr -cd x <"$scratch/details" | wc -c)" -ge 6000 ] || fail "the details cut the words of sbatch"
expect signalled running
act cancel "$workflow" signalled --signal="$long" && fail "a signal of $long"
grep -q "Unknown job signal: $long" "$scratch/output" || fail "the words of scancel are cut: $(wc -c <"$scratch/output")"
act cancel "$workflow" bad-exit --signal=USR1 && fail "a signal to a job that has ended"
act cancel "$workflow" signalled --signal=USR1 || fail "cancel --signal"
grep -q "scancel --batch --signal=USR1 $(cat "$records/signalled/.dagtop/1/jobid")" "$scratch/output" || fail "the command of a signal"
expect signalled 'done'
[ "$(grep -cx 'got it' "$TALLY")" -eq 1 ] || fail "the script got the signal $(grep -cx 'got it' "$TALLY") times"

# Held and released in the queue.
expect pending queued
# A list of the queue serves for some seconds: so long it may not know the job.
knows_why() {
    "$dagtop" why "$workflow" pending child partition >"$scratch/output" &&
        grep -q '^pending: its job [0-9]* is in the queue of Slurm: its begin time has not come yet (BeginTime)' "$scratch/output"
}
wait_for 30 knows_why || fail "why pending"
grep -q '^child: it could start now, but nobody drives' "$scratch/output" || fail "why child"
grep -q '^partition: cannot be submitted: .*invalid partition' "$scratch/output" || fail "why partition"
reason_is pending BeginTime
printf '%s\n' 'wait complete' 'text /pending' 'key Enter' 'key Enter' 'wait settled' 'screen details' >"$scratch/keys"
"$dagtop" "$workflow" --headless=100x90 --script="$scratch/keys" >"$scratch/details" 2>&1
grep -q 'expected start  *20[0-9-]* ' "$scratch/details" || { cat "$scratch/details"; fail "no start estimate in the details"; }
act hold "$workflow" pending || fail "hold"
expect pending held
reason_is pending JobHeld
act release "$workflow" pending || fail "release"
expect pending queued
# Changed in the queue, by the command that is shown, and refused with the scheduler's own words.
"$dagtop" change "$workflow" pending time=0:20:00 nice=100 partition=other --dry-run >"$scratch/output" || fail "change --dry-run"
job=$(cat "$records/pending/.dagtop/1/jobid")
grep -q "scontrol update JobId=$job .*TimeLimit=0:20:00" "$scratch/output" || fail "the command of a change"
act change "$workflow" pending time=0:20:00 nice=100 partition=other || fail "change"
[ "$(squeue -h -j "$job" -o '%l %y %P')" = '20:00 100 other' ] || fail "changed: $(squeue -h -j "$job" -o '%l %y %P')"
act change "$workflow" pending partition=nowhere && fail "a partition that is not there was taken"
grep -q 'Invalid partition name specified' "$scratch/output" || fail "the scheduler's own words about a change"
act change "$workflow" long partition=other && fail "the partition of a running job was changed"
grep -q 'long: its job runs: partition can only be changed before' "$scratch/output" || fail "no word about a running job"
act change "$workflow" short time=1 && fail "a job that has ended was changed"
job=$(cat "$records/long/.dagtop/1/jobid")
act cancel "$workflow" pending || fail "cancel of a waiting job"
expect pending cancelled
squeue -h -j "$(cat "$records/pending/.dagtop/1/jobid")" -t PD 2>/dev/null | grep . && fail "the cancelled job is in the queue"

# From outside: put into the queue again, and cancelled.
scontrol requeue "$(cat "$records/requeued/.dagtop/1/jobid")" || fail "scontrol requeue"
scancel "$job"
expect long cancelled
scontrol release "$(cat "$records/requeued/.dagtop/1/jobid")" 2>/dev/null
scontrol update JobId="$(cat "$records/requeued/.dagtop/1/jobid")" StartTime=now
"$dagtop" wait "$workflow" requeued --timeout=100s || fail "requeued: $(state_of requeued)"
[ "$(wc -l <"$scratch/runs")" -eq 2 ] || fail "requeued ran $(wc -l <"$scratch/runs") times, not twice"
[ ! -d "$records/requeued/.dagtop/2" ] || fail "requeued has two attempts"

# Put into the queue again by dagtop: the same job, the same attempt.
: >"$scratch/runs"
act resubmit "$workflow" requeued || fail "resubmit of requeued"
expect requeued running
# MinJobAge after its end, Slurm knows it no more.
is_forgotten() { ! scontrol show job "$(cat "$records/short/.dagtop/1/jobid")" >/dev/null 2>&1; }
wait_for 60 is_forgotten || fail "the job of short is not forgotten"
act resubmit "$workflow" short --requeue && fail "a job that is forgotten was put into the queue again"
grep -q 'short: Invalid job id specified.*without requeue, resubmit makes a new job' "$scratch/output" || fail "no word about a forgotten job"
act resubmit "$workflow" requeued --requeue || fail "resubmit --requeue"
again=$(cat "$records/requeued/.dagtop/2/jobid")
grep -q "scontrol requeue $again" "$scratch/output" || fail "the command that puts a job into the queue again"
waits_again() { [ "$(squeue -h -j "$again" -o %T)" = PENDING ]; }
wait_for 20 waits_again || fail "requeued was not put into the queue: $(squeue -h -j "$again" -o %T)"
scontrol update JobId="$again" StartTime=now
"$dagtop" wait "$workflow" requeued --timeout=100s || fail "requeued: $(state_of requeued)"
[ "$(wc -l <"$scratch/runs")" -eq 2 ] || fail "requeued ran $(wc -l <"$scratch/runs") times in its second attempt, not twice"
[ ! -d "$records/requeued/.dagtop/3" ] || fail "requeued has three attempts"

# An output that is not there yet, and one that never will be.
[ -z "$("$dagtop" log "$workflow" no-folder)" ] || fail "a log of a job without output"
expect late-log 'done'
[ "$("$dagtop" log "$workflow" late-log)" = 'here it is' ] || fail "an output that came late is not followed"
expect no-folder failed
reason_is no-folder 'could not open its output file'

# A new attempt of a cancelled node is possible: its end was written down.
"$dagtop" wait "$workflow" long --timeout=5s
act resubmit "$workflow" long || fail "resubmit of long"
expect long running
[ -d "$records/long/.dagtop/2" ] || fail "long has no second attempt"
act cancel "$workflow" long || fail "cancel of a running job"
expect long cancelled

# The time limit.
wait_for 120 is_state limit failed || fail "limit is $(state_of limit)"
reason_is limit TIMEOUT
echo "jobs: submitted, followed, held, cancelled, requeued, at their time limit, refused"

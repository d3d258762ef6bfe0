#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Jobs that have ended are put into the queue again: the same job, a new attempt, each run once, whatever dies meanwhile.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/slurm_lib.sh
. "${top_srcdir:?}/tests/integration/slurm_lib.sh"
# shellcheck disable=SC2034 # read by slurm_begin
slurm_minimum_job_age=300
slurm_begin
workflow=$scratch/again.yaml
records=$HOME/experiment/again
cat >"$workflow" <<END
workflow:
  name: again
  defaults: {kind: slurm}
  nodes:
    well: {exec: 'echo "attempt \$DAGTOP_ATTEMPT of \$SLURM_JOB_ID"; echo well >>$TALLY'}
    badly: {exec: 'echo badly >>$TALLY; [ -e $scratch/mended ]'}
    stopped: {exec: 'echo stopped >>$TALLY', slurm: {hold: ''}}
    own: {exec: 'echo "own \$DAGTOP_ATTEMPT"; echo own >>$TALLY', slurm: {output: 'own.out'}}
    found: {exec: 'echo found >>$TALLY'}
    given-up: {exec: 'echo given-up >>$TALLY'}
    forbidden: {exec: 'echo forbidden >>$TALLY', slurm: {no-requeue: ''}}
    array: {exec: 'echo array >>$TALLY', slurm: {array: '1-2'}}
    here: {kind: local, exec: 'echo here >>$TALLY'}
    child: {exec: 'echo child >>$TALLY'}
  dependencies: ['badly,child']
END
job_of() { cat "$records/$1/.dagtop/${2:-1}/jobid"; }
runs_of() { grep -cx "$1" "$TALLY"; }
# is NODE STATE ATTEMPT
is() { "$dagtop" status "$workflow" >"$scratch/output" && grep "^$1 " "$scratch/output" | grep -q " $2 .* $3 "; }
again() { "$dagtop" resubmit "$workflow" "$@" --requeue --yes >"$scratch/output" 2>&1; }
# Slurm lets a job that runs again wait for two minutes.
begin_now() { scontrol update JobId="$1" StartTime=now || fail "StartTime of $1"; }
# ends_again NODE STATE TIMES: its second attempt does, and that is how often it has run then.
ends_again() {
    begin_now "$(job_of "$1")"
    wait_for 60 is "$1" "$2" 2 || fail "$1 is not $2 in its second attempt"
    [ "$(runs_of "$1")" -eq "$3" ] || fail "$1 ran $(runs_of "$1") times"
}

"$dagtop" run "$workflow" well badly own found given-up forbidden array here </dev/null >"$scratch/output" 2>&1
[ $? -eq 1 ] || fail "the first run"
"$dagtop" start "$workflow" stopped --yes >"$scratch/output" 2>&1 || fail "start of stopped"
wait_for 30 test -s "$records/stopped/.dagtop/1/jobid" || fail "stopped is not submitted"
"$dagtop" cancel "$workflow" stopped --yes >"$scratch/output" 2>&1 || fail "cancel"
wait_for 30 is stopped cancelled 1 || fail "stopped is not cancelled"

# It is shown, and done: the job waits, and what a list from before says of it is not taken for the new attempt.
"$dagtop" resubmit "$workflow" well --requeue --dry-run >"$scratch/output" || fail "dry run"
grep -q "put job $(job_of well) into the queue again, as attempt 2" "$scratch/output" || fail "the plan"
grep -q "scontrol requeuehold $(job_of well)" "$scratch/output" || fail "the command"
again well || fail "well"
is well queued 2 || fail "well is not queued"
squeue -h -j "$(job_of well)" -o %k | grep -q '^dagtop:again/well/2/' || fail "the comment of the job"
[ "$(job_of well 2)" = "$(job_of well)" ] || fail "well has another job"
again badly stopped own || fail "badly, stopped, own"
: >"$scratch/mended"
ends_again well 'done' 2
ends_again badly 'done' 2
ends_again stopped 'done' 1
ends_again own 'done' 2

# Each attempt has its own log, also where the job has written to a file of its own.
[ "$("$dagtop" log "$workflow" well --attempt=1)" = "attempt 1 of $(job_of well)" ] || fail "the first log of well"
[ "$("$dagtop" log "$workflow" well)" = "attempt 2 of $(job_of well)" ] || fail "the log of well"
[ "$("$dagtop" log "$workflow" own --attempt=1)" = 'own 1' ] || fail "the first log of own"
[ "$("$dagtop" log "$workflow" own)" = 'own 2' ] || fail "the log of own"
# And again: the third attempt is that of the same job too.
again well || fail "well, once more"
begin_now "$(job_of well)"
wait_for 60 is well 'done' 3 || fail "well is not done in its third attempt"
[ "$(runs_of well)" -eq 3 ] || fail "well ran $(runs_of well) times"
# One that is cancelled while it runs: the accounting tells of the new run, not of the one before.
again own || fail "own, once more"
scancel "$(job_of own)"
wait_for 60 is own cancelled 3 || fail "own is not cancelled"

# What is not possible is said, with what to do.
again forbidden && fail "a job that may not run again was put into the queue"
grep -q 'forbidden: .*presently disabled.*; Slurm runs a job again .*no-requeue: without requeue, resubmit makes a new job' \
    "$scratch/output" || fail "no reason why forbidden does not run again"
is forbidden 'done' 1 || fail "forbidden is not what it was"
again array && fail "an array that has ended was put into the queue"
grep -q 'its job was an array, which has ended: without requeue, resubmit makes a new attempt' "$scratch/output" ||
    fail "array: no reason"
again here && fail "a process was put into the queue"
grep -q 'nothing: it has no job: without requeue' "$scratch/output" || fail "here: no reason"
"$dagtop" resubmit "$workflow" forbidden --yes >"$scratch/output" 2>&1 || fail "a new job for forbidden"
"$dagtop" wait "$workflow" forbidden --timeout=60s || fail "forbidden is not done"
[ "$(runs_of forbidden)" -eq 2 ] || fail "forbidden ran $(runs_of forbidden) times"

# Killed with -9: what would record the job of "found", after the scheduler has it; that of "given-up", before its comment.
mkdir "$scratch/bin"
cat >"$scratch/bin/scontrol" <<END
#!/bin/sh
$(command -v scontrol) "\$@" || exit
case "\$1 \$2" in "release $(job_of found)" | "requeuehold $(job_of given-up)") ;; *) exit ;; esac
process=\$PPID
# The command's shell, its time limit, and what would record its answer: the last one first.
set --
for step in shell limit answer record; do
    set -- "\$process" "\$@"
    process=\$(sed 's/.*) . //; s/ .*//' "/proc/\$process/stat")
done
kill -KILL "\$@"
END
chmod +x "$scratch/bin/scontrol"
real_path=$PATH
PATH=$scratch/bin:$PATH
(again found) &
asks_found=$!
("$dagtop" resubmit "$workflow" given-up --requeue --yes >"$scratch/given-up" 2>&1) &
asks_given_up=$!
for node in found given-up; do
    wait_for 30 test -s "$records/$node/.dagtop/2/submit" || fail "$node has no second attempt"
done
wait "$asks_found" || fail "found: nobody has found its job"
PATH=$real_path
[ "$(job_of found 2)" = "$(job_of found)" ] || fail "the job of found is not written down"
ends_again found 'done' 2
# Whoever drives gives the attempt up, after a minute.
"$dagtop" run "$workflow" given-up </dev/null >"$scratch/output" 2>&1 || fail "given-up: the run"
wait "$asks_given_up" && fail "given-up: put into the queue, though its comment is an old one"
grep -q 'given-up: the attempt was given up' "$scratch/given-up" || fail "given-up: no reason: $(cat "$scratch/given-up")"
is given-up 'done' 1 || fail "given-up is not what it was"
grep -q '^void ' "$records/given-up/.dagtop/2/go" || fail "the attempt of given-up is not void"
scontrol release "$(job_of given-up)" || fail "release"
begin_now "$(job_of given-up)"
has_ended() { [ "$(squeue -h -t all -j "$(job_of given-up)" -o %T)" = FAILED ]; }
wait_for 60 has_ended || fail "the job of given-up: $(squeue -h -t all -j "$(job_of given-up)" -o %T)"
[ "$(runs_of given-up)" -eq 1 ] || fail "given-up ran $(runs_of given-up) times"
echo "jobs that had ended ran again as new attempts, each once; refusals are told"

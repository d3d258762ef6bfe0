#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A graph handed over to a real Slurm goes on with no dagtop anywhere; what waited for a job that failed has failed.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/slurm_lib.sh
. "${top_srcdir:?}/tests/integration/slurm_lib.sh"
# shellcheck disable=SC2034 # read by slurm_begin
slurm_minimum_job_age=60
slurm_begin

hand_over() {
    "$dagtop" run "$workflow" --detach-to-slurm </dev/null >"$scratch/output" 2>&1
}

queue_is_empty() { [ -z "$(squeue -h)" ]; }

# --- a graph with a node elsewhere is refused, with its name ---
workflow=$scratch/mixed.yaml
cat >"$workflow" <<END
workflow:
  name: mixed
  nodes:
    here: {exec: 'true'}
    there: {kind: slurm, exec: 'true'}
    away: {kind: slurm, exec: 'true', slurm: {clusters: two}}
    ended: {kind: slurm, exec: 'exit 3'}
  dependencies: ['here,there', 'ended,away']
END
"$dagtop" run "$workflow" ended </dev/null >"$scratch/output" 2>&1 && fail "ended has not failed"
hand_over && fail "a graph with a local node was handed over"
grep -q 'in the way: here (local), away (another cluster), ended (failed)$' "$scratch/output" || fail "not every node in the way is named"
[ -z "$(squeue -h)" ] || fail "a part of the graph was submitted"

# --- layers of jobs, through a milestone ---
make_workflow 4 5 0.5
sed -i "s/^  nodes:/  defaults: {kind: slurm}\n  nodes:\n    gate: {kind: local}/; s/^  dependencies:/&\n    - ['n1-[1-5]', gate, 'n3-[1-5]']/" \
    "$workflow"
sed -i 's/^  name: tally/  name: layers/' "$workflow"
sed 's/gate: {kind: local}/gate: {kind: local, exec: "true"}/' "$workflow" >"$scratch/exec.yaml"
hand_over || fail "layers are not handed over"
[ "$(wc -l <"$TALLY")" -lt 20 ] || fail "the jobs ran before all were in"
wait_for 60 queue_is_empty || fail "the queue does not become empty"
tally_is 20 1 || fail "layers"
for layer in 1 2 3; do
    last=$(grep -n "^n$layer-" "$TALLY" | tail -n 1 | cut -d: -f1)
    next=$(grep -n "^n$((layer + 1))-" "$TALLY" | head -n 1 | cut -d: -f1)
    [ "$last" -lt "$next" ] || fail "layer $((layer + 1)) began before layer $layer had ended"
done
[ "$(state_count 'done')" -eq 21 ] || fail "not every node is done"

# --- a parent that is resubmitted: the child that waits in the queue waits for its new job too ---
: >"$TALLY"
workflow=$scratch/moved.yaml
cat >"$workflow" <<END
workflow:
  name: moved
  defaults: {kind: slurm}
  nodes:
    quick: {exec: 'echo quick >>$TALLY; [ ! -e $scratch/again ] || sleep 6; echo "quick over" >>$TALLY'}
    slow: {exec: 'until [ -e $scratch/end ]; do sleep 0.2; done; echo slow >>$TALLY'}
    gate: {kind: local}
    child: {exec: 'echo child >>$TALLY'}
  dependencies: ['quick,gate,child', 'slow,child']
END
"$dagtop" run "$workflow" --detach-to-slurm --dry-run </dev/null >"$scratch/output" || fail "the plan of a hand-over"
grep -q '^child .*submit: runs once these have ended well: slow, quick' "$scratch/output" || fail "what child waits for is not told"
grep -q '^quick .*submit: held until all are in, then released' "$scratch/output" || fail "what begins is not told"
[ -z "$(squeue -h)" ] || fail "a plan has submitted something"
# By the key, after its question.
printf '%s\n' 'wait complete' 'key D' 'screen plan' 'key y' 'wait state child queued' 'wait state slow running' >"$scratch/keys"
"$dagtop" "$workflow" --headless=100x30 --script="$scratch/keys" >"$scratch/output" 2>&1 || fail "the key D"
grep -q 'Hand 3 jobs over to Slurm?' "$scratch/output" || fail "the question of the key D"
records=$HOME/experiment/moved
wait_for 20 grep -qx 'quick over' "$TALLY" || fail "quick did not run"
child=$(cat "$records/child/.dagtop/1/jobid")
: >"$scratch/again"
"$dagtop" resubmit "$workflow" quick --yes >"$scratch/output" 2>&1 || fail "resubmit of a parent"
new=$(cat "$records/quick/.dagtop/2/jobid" 2>/dev/null)
[ -n "$new" ] || fail "the parent has no new job: $(ls "$records/quick/.dagtop/2") $(cat "$records/quick/.dagtop/2/refused" 2>&1)"
squeue -h -j "$child" -o %E | grep -q "afterok:$new" || fail "the child does not wait for job $new: $(squeue -h -j "$child" -o %E)"
# The details of the child say for what it waits.
printf '%s\n' 'wait complete' 'text /child' 'key Enter' 'key Enter' 'wait settled' 'screen details' >"$scratch/keys"
"$dagtop" "$workflow" --headless=100x90 --script="$scratch/keys" >"$scratch/output" 2>&1
grep -q "dependency .*afterok:.*$new" "$scratch/output" || fail "no dependency in the details"
# Only now may the other parent end, so that the child cannot have begun before.
: >"$scratch/end"
wait_for 40 queue_is_empty || fail "the queue does not become empty after a resubmit"
[ "$(tail -n 1 "$TALLY")" = child ] || fail "the child did not wait: $(cat "$TALLY")"
[ "$(grep -c '^quick over' "$TALLY")" -eq 2 ] || fail "quick did not run twice"

# --- one fails: what depends on it has failed, what does not is done ---
: >"$TALLY"
workflow=$scratch/broken.yaml
cat >"$workflow" <<END
workflow:
  name: broken
  defaults: {kind: slurm}
  nodes:
    root: {exec: 'echo root >>$TALLY'}
    bad: {exec: 'echo bad >>$TALLY; exit 5'}
    good: {exec: 'echo good >>$TALLY'}
    after: {exec: 'echo after >>$TALLY'}
  dependencies: ['root,bad,after', 'root,good']
END
hand_over || fail "the broken graph is not handed over"
wait_for 60 queue_is_empty || fail "the queue of the broken graph does not become empty"
tally_is 3 1 || fail "the broken graph"
# A list of the queue that is younger than ten seconds serves again: so long it may show what was.
after_is_failed() {
    "$dagtop" status "$workflow" >"$scratch/output"
    grep -q '^after .*failed.*DependencyNeverSatisfied' "$scratch/output"
}
wait_for 20 after_is_failed || fail "after has not failed for its dependency"
grep -q '^bad .*failed.*exit 5' "$scratch/output" || fail "bad has not failed"
grep -q '^good .*done' "$scratch/output" || fail "good is not done"

# What was done is left out when the rest is handed over again.
sed -i 's/exit 5/true/' "$workflow"
"$dagtop" resubmit "$workflow" bad after --yes >"$scratch/output" 2>&1 || fail "resubmit"
wait_for 30 queue_is_empty
"$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 || fail "the rest"
grep -c root "$TALLY" | grep -qx 1 || fail "root ran again"
echo "handed over: 20 jobs in four layers, a failure and what it means for the rest"

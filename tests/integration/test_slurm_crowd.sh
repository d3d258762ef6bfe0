#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Many jobs: sixty nodes against a limit of ten submitted jobs, a job array, names that are hard to quote, and thousands of
# jobs of others (OTHERS, default 5000) beside them.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/slurm_lib.sh
. "${top_srcdir:?}/tests/integration/slurm_lib.sh"
# shellcheck disable=SC2034 # read by slurm_begin
slurm_more_configuration='AccountingStoreFlags=job_comment
AccountingStorageEnforce=associations,limits,qos'
slurm_begin

finish() {
    timeout "$2" "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1
    code=$?
    [ "$code" -eq "$1" ] || fail "$(basename "$workflow"): exit code $code, not $1"
}

# --- a limit of ten ---
sacctmgr -i modify user "$(id -un)" set MaxSubmitJobs=10 >/dev/null || fail "sacctmgr modify"
make_workflow 1 60 1
sed -i "s/^  nodes:/  defaults: {kind: slurm}\n  nodes:/" "$workflow"
finish 0 120
tally_is 60 1 || fail "a limit of ten jobs"
attempts=$(find "$HOME/experiment/tally" -path '*/.dagtop/[0-9]*' -name request | wc -l)
[ "$attempts" -le 120 ] || fail "$attempts attempts for 60 nodes: the limit was run against too often"
grep -q MaxSubmit "$HOME"/experiment/tally/*/.dagtop/*/refused || fail "the limit was never met"
sacctmgr -i modify user "$(id -un)" set MaxSubmitJobs=-1 >/dev/null

# --- an account that there is not ---
workflow=$scratch/account.yaml
printf 'workflow: {name: account, nodes: {a: {kind: slurm, exec: "true", slurm: {account: nowhere}}}}\n' >"$workflow"
timeout 60 "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 && fail "an account that there is not was taken"
grep -q 'cannot be submitted: .*Invalid account' "$scratch/output" || fail "the words about an account that there is not"

# --- an array, and names ---
: >"$TALLY"
workflow=$scratch/names.yaml
cat >"$scratch/array.sh" <<END
#!/bin/sh
#SBATCH --array=1-6%3
echo "task \$SLURM_ARRAY_TASK_ID" >>$TALLY
sleep 2
[ "\$SLURM_ARRAY_TASK_ID" -ne 4 ]
END
cat >"$workflow" <<END
workflow:
  name: 'odd "names" it''s | here'
  defaults: {kind: slurm}
  nodes:
    array: {script: array.sh}
    'a b|c "d" ''e'' \$f %g': {exec: 'echo odd >>$TALLY'}
    'ünïcode (1) & <2>; *': {exec: 'echo unicode >>$TALLY', slurm: {comment-of-nobody: 'x'}}
    'semi;colon': {exec: 'echo semi >>$TALLY', slurm: {job-name: 'my "job" | name'}}
END
sed -i 's/, slurm: {comment-of-nobody: .x.}//' "$workflow"
"$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 &
runner=$!
wait_for 20 grep -q 'array running' "$scratch/output" || fail "the array does not run"
wait "$runner"
code=$?
[ "$code" -eq 1 ] || fail "exit code $code of the array, not 1"
tally_is 9 1 || fail "array and names"
grep -q 'array: failed' "$scratch/output" || fail "the array did not fail"
array=$HOME/experiment/odd\ \"names\"\ it\'s\ \|\ here/array/.dagtop/1
[ -f "$array/log-4" ] || fail "no log of a task: $(ls "$array")"
grep -q '^FAILED' "$array/exit" || fail "how the array ended: $(cat "$array/exit")"

# --- thousands of jobs of others ---
others=${OTHERS:-5000}
sacctmgr -i add user nobody Account=lab Cluster=lab >/dev/null || fail "sacctmgr add user nobody"
# One by one: an array that waits would be a single record.
job=0
while [ "$job" -lt "$others" ]; do
    (cd / && sbatch -Q --hold --uid=nobody --account=lab --output=/dev/null --chdir=/ --wrap true) ||
        fail "sbatch as another user"
    job=$((job + 1))
done
[ "$(squeue -h -u nobody | wc -l)" -eq "$others" ] || fail "$(squeue -h -u nobody | wc -l) jobs of another user, not $others"
make_workflow 2 10 1
sed -i "s/^  nodes:/  defaults: {kind: slurm}\n  nodes:/; s/^  name: tally/  name: crowd/" "$workflow"
: >"$TALLY"
finish 0 60
tally_is 20 1 || fail "among $others jobs"
echo "a limit of ten: $attempts attempts for 60 nodes; an array; odd names; $others other jobs"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Many nodes as the tasks of a few submissions: a sweep of a hundred, arrays in chunks by MaxArraySize, in parts by a limit of
# jobs, one task cancelled and resubmitted alone, and everything killed with -9 around the submission, again and again.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/slurm_lib.sh
. "${top_srcdir:?}/tests/integration/slurm_lib.sh"
# shellcheck disable=SC2034 # read by slurm_begin
slurm_minimum_job_age=300 slurm_array_size=101
# shellcheck disable=SC2034 # read by slurm_begin
slurm_more_configuration='AccountingStoreFlags=job_comment
AccountingStorageEnforce=associations,limits,qos'
slurm_begin

# An sbatch that counts what it submits, and kills everything of dagtop before or behind, when that is asked for.
mkdir "$scratch/bin"
cat >"$scratch/bin/sbatch" <<END
#!/bin/sh
kill_all() {
    rm $scratch/kill
    driver=\$(cat $scratch/driver)
    kill -KILL \$(ps -o pid= --ppid "\$driver") "\$driver"
    process=\$PPID
    chain=
    # The submitter, what would record the answer, the command's time limit, its shell.
    while grep -qsz "^HOME=$HOME\$" "/proc/\$process/environ"; do
        chain="\$process \$chain"
        process=\$(sed 's/.*) . //; s/ .*//' /proc/\$process/stat)
    done
    kill -KILL \$chain
}
[ "\$(cat $scratch/kill 2>/dev/null)" != before ] || { kill_all; exit 1; }
id=\$($(command -v sbatch) "\$@") || exit
echo "\$id" >>$scratch/submissions
[ "\$(cat $scratch/kill 2>/dev/null)" != behind ] || kill_all
[ "\$(cat $scratch/kill 2>/dev/null)" != ghost ] || { rm $scratch/kill; echo "Socket timed out" >&2; exit 1; }
echo "\$id"
END
chmod +x "$scratch/bin/sbatch"
PATH=$scratch/bin:$PATH
submissions_are() {
    [ "$(wc -l <"$scratch/submissions")" -eq "$1" ] || fail "$2: $(wc -l <"$scratch/submissions") submissions, not $1"
}

# A workflow of $1 nodes that may be one array; each appends its name to the tally, and then does $2.
make_tasks() {
    : >"$scratch/submissions"
    : >"$TALLY"
    rm -rf "$HOME/experiment"
    awk -v count="$1" -v rest="$2" 'BEGIN {
        print "workflow:\n  name: tally\n  defaults: {kind: slurm, array: all}\n  nodes:"
        for (i = 1; i <= count; i++)
            printf "    n-%d:\n      exec: \"echo n-%d >> $TALLY; pwd; %s\"\n", i, i, rest
    }' >"$workflow"
}

run() {
    timeout "$2" "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1
    code=$?
    [ "$code" -eq "$1" ] || fail "exit code $code, not $1"
}

# --- a sweep of a hundred in one submission: each in its own directory, with its own log, job and results ---
cat >"$scratch/job.in.sh" <<'END'
#!/bin/sh
#SBATCH --time=5
echo {ee.identifier} >>$TALLY
grep '^  i: ' config.yaml
pwd
echo "# cloudmesh status=running progress=50 square=$(({experiment.i} * {experiment.i}))"
END
: >"$scratch/submissions"
sweep=$scratch/hundred
echo 'sweep: {node: {prologue: "export LOADEDMODULES=gcc/12:python/3"}}' >"$scratch/config.yaml"
"$dagtop" sweep "$scratch/config.yaml" --experiment='i=[1-100]' --template="$scratch/job.in.sh" --array --name=tally --output="$sweep" \
    >"$scratch/output" 2>&1 || fail "dagtop sweep"
workflow=$sweep/workflow.yaml
run 0 120
tally_is 100 1 || fail "an array of a hundred"
submissions_are 1 "an array of a hundred"
id=$(cat "$scratch/submissions")
for i in 1 57 100; do
    node=$HOME/experiment/tally/i_$i
    grep -qx "$node" "$node/i_$i.log" || fail "log of i_$i: $(cat "$node/i_$i.log")"
    grep -q "i: .*$i" "$node/i_$i.log" || fail "configuration of i_$i: $(cat "$node/i_$i.log")"
    grep -qx "${id}_$((i - 1))" "$node/.dagtop/1/jobid" || fail "job of i_$i: $(cat "$node/.dagtop/1/jobid")"
    grep -q "^run [0-9a-f]*\.$((i - 1)) .* job-${id}_$((i - 1))\$" "$node/.dagtop/1/go" || fail "go of i_$i"
done
for fact in "kernel=$(uname -r)" "slurm=$(srun --version | cut -d ' ' -f 2)" partition=debug cpus=1 modules=gcc/12:python/3; do
    grep -qx "$fact" "$HOME/experiment/tally/i_57/.dagtop/1/facts" || fail "i_57 does not tell of $fact"
done
squeue -h -t all -o %k | grep -q '^dagtop:tally/sweep/[0-9a-f]*$' || fail "comment: $(squeue -h -t all -o %k | head -n 1)"
"$dagtop" results "$sweep" --format=csv >"$scratch/output" 2>&1 || fail "results"
[ "$(tr -d '\r' <"$scratch/output" | grep -c "^i_\([0-9]*\),\1,done,slurm,localhost,1,${id}_")" -eq 100 ] || fail "the results"
tr -d '\r' <"$scratch/output" | awk -F , 'NR == 1 { column = NF; next } $column != $2 * $2 { bad = 1 } END { exit bad }' ||
    fail "the squares"
echo "a sweep of a hundred in one submission"
workflow=$scratch/tally.yaml

# --- more than an array may have, with files that are brought along ---
echo brought >"$scratch/data.txt"
make_tasks 250 'cat data.txt'
sed -i 's/array: all/array: all, files: [data.txt]/' "$workflow"
run 0 300
tally_is 250 1 || fail "two hundred and fifty"
submissions_are 3 "two hundred and fifty by a hundred and one"
grep -qx brought "$HOME/experiment/tally/n-250/n-250.log" || fail "the file was not brought along"
echo "250 nodes in 3 submissions"

# --- a limit of thirty jobs: each round takes as many as there may be ---
sacctmgr -i modify user "$(id -un)" set MaxSubmitJobs=30 >/dev/null || fail "sacctmgr modify"
# The controller is told of it a little later.
limit_is_known() { scontrol show assoc_mgr users="$(id -un)" flags=assoc | grep -q 'MaxSubmitJobs=30'; }
wait_for 30 limit_is_known || fail "the limit does not reach the controller"
make_tasks 80 'true'
run 0 300
tally_is 80 1 || fail "a limit of thirty"
# Of the array as a whole; parts may find room, as tasks end meanwhile.
find "$HOME"/experiment/tally -path '*/.dagtop/*' -name refused | grep -q . || fail "the limit was never met"
[ "$(find "$HOME"/experiment/tally -path '*/.dagtop/[0-9]*' -name request | wc -l)" -le 240 ] || fail "too many attempts"
sacctmgr -i modify user "$(id -un)" set MaxSubmitJobs=-1 >/dev/null
echo "80 nodes within a limit of 30, in parts"

# --- one task cancelled, and resubmitted alone; options that differ; one that fails ---
# shellcheck disable=SC2016 # for the jobs
make_tasks 20 'until [ -e $HOME/go-on ]; do sleep 0.2; done'
# shellcheck disable=SC2016
sed -i 's/^    n-5:/&\n      slurm: {time: "00:07:00"}/; s/echo n-7 /[ $DAGTOP_ATTEMPT = 2 ] || exit 3; &/' "$workflow"
"$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 &
runner=$!
all_run() { [ "$(state_count running)" -eq 19 ]; }
trap 'kill "$runner" 2>/dev/null; slurm_end; clean_up' EXIT
wait_for 60 all_run || fail "nineteen should run: $(state_count running)"
submissions_are 2 "one with another time limit is a job of its own"
"$dagtop" cancel --yes "$workflow" n-3 >>"$scratch/output" 2>&1 || fail "cancel"
is_cancelled() { [ "$(state_count cancelled)" -eq 1 ]; }
wait_for 60 is_cancelled || fail "n-3 is not cancelled"
[ "$(squeue -h -t running -r -o %i | wc -l)" -eq 18 ] || fail "the cancel took others along: $(squeue -r)"
: >"$HOME/go-on"
wait "$runner"
sed -i '/^n-3$/d' "$TALLY"
"$dagtop" resubmit --yes "$workflow" n-3 n-7 >>"$scratch/output" 2>&1 || fail "resubmit"
run 0 60
tally_is 20 1 || fail "after a resubmit"
[ "$(cut -d _ -f 1 "$HOME/experiment/tally/n-3/.dagtop/2/jobid")" != "$(head -n 1 "$scratch/submissions")" ] ||
    fail "n-3 has the job of before"
[ "$(state_count 'done')" -eq 20 ] || fail "not every node is done"
echo "one of twenty cancelled and resubmitted"

# --- everything is killed: behind the submission its job is found by its comment, before it there is none ---
for when in behind before; do
    make_tasks 60 'true'
    echo $when >"$scratch/kill"
    "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 &
    echo $! >"$scratch/driver"
    { wait $!; } 2>/dev/null
    [ ! -e "$scratch/kill" ] || fail "nothing was killed"
    run 0 300
    tally_is 60 1 || fail "killed $when the submission"
    submissions_are 1 "killed $when the submission"
    [ "$(state_count 'done')" -eq 60 ] || fail "killed $when the submission: not every node is done"
done
echo "killed before and behind the submission: each of 60 nodes ran once"

# --- an array is in the queue though sbatch has said that it failed: its tasks are there twice, and run once ---
make_tasks 60 'sleep 1'
echo ghost >"$scratch/kill"
run 0 300
tally_is 60 1 || fail "an array that was refused, but is there"
[ "$(wc -l <"$scratch/submissions")" -gt 1 ] || fail "it was not submitted again"
[ "$(state_count 'done')" -eq 60 ] || fail "an array that was refused: not every node is done"
echo "an array that was refused, and is in the queue all the same: each of 60 nodes ran once"

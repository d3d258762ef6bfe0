#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Everything of dagtop on this machine is killed with -9 between the submission of a job and the record of its id, many
# times: every attempt has one job, every script runs once, and the workflow ends. KILLS: how many times (default 50).
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/slurm_lib.sh
. "${top_srcdir:?}/tests/integration/slurm_lib.sh"
# shellcheck disable=SC2034 # read by slurm_begin
slurm_minimum_job_age=300
slurm_begin

# An sbatch that submits, and then kills dagtop, its agent, and what would record the id.
mkdir "$scratch/bin"
cat >"$scratch/bin/sbatch" <<END
#!/bin/sh
id=\$($(command -v sbatch) "\$@") || exit
if [ "\$(wc -l <$scratch/kills)" -lt ${KILLS:-50} ] && [ "\$((id % 3))" -ne 0 ]; then
    echo \$id >>$scratch/kills
    driver=\$(cat $scratch/driver)
    kill -KILL \$(ps -o pid= --ppid "\$driver") "\$driver"
    process=\$PPID
    # The command's shell, its time limit, and what would record its answer; the submitter of the others goes on.
    for step in shell limit answer record; do
        above=\$(sed 's/.*) . //; s/ .*//' /proc/\$process/stat)
        kill -KILL "\$process"
        process=\$above
    done
fi
echo "\$id"
END
chmod +x "$scratch/bin/sbatch"
: >"$scratch/kills"
PATH=$scratch/bin:$PATH

make_jobs() {
    make_workflow 8 10 0
    sed -i "s/^  nodes:/  defaults: {kind: slurm}\n  nodes:/; s/sleep 0/true/" "$workflow"
}

make_jobs
runs=0
until [ "$(wc -l <"$scratch/kills")" -ge "${KILLS:-50}" ] && [ "${code-}" = 0 ]; do
    runs=$((runs + 1))
    [ "$runs" -lt 200 ] || fail "no end after $runs runs: $(state_count 'done') nodes are done"
    "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 &
    echo $! >"$scratch/driver"
    { wait $!; } 2>/dev/null
    code=$?
    [ "$code" -eq 0 ] || [ "$code" -eq 137 ] || fail "run $runs ended with exit code $code"
done
tally_is 80 1 || fail "after $(wc -l <"$scratch/kills") kills in $runs runs"
[ "$(state_count 'done')" -eq 80 ] || fail "not every node is done"
squeue -h -t all -o %k | sort >"$scratch/comments"
[ "$(uniq -d <"$scratch/comments" | wc -l)" -eq 0 ] || fail "an attempt has two jobs: $(uniq -d <"$scratch/comments")"
[ "$(wc -l <"$scratch/comments")" -eq 80 ] || fail "$(wc -l <"$scratch/comments") jobs for 80 nodes"
echo "killed $(wc -l <"$scratch/kills") times behind sbatch in $runs runs: 80 nodes, 80 jobs, each ran once"

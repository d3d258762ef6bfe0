#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A sweep of TASKS permutations (default 10000) as arrays of a private Slurm, to the end: submissions, times, CPU of the
# driver and of its agent, and how fluent a dashboard is that looks on meanwhile.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/slurm_lib.sh
. "${top_srcdir:?}/tests/integration/slurm_lib.sh"
tasks=${TASKS:-10000}
# shellcheck disable=SC2034 # read by slurm_begin
slurm_minimum_job_age=300 slurm_array_size=1001
slurm_begin

now() { date +%s.%N; }
since() { awk -v s="$1" -v e="$(now)" 'BEGIN { printf "%.1f", e - s }'; }
# ticks PROCESS...: CPU of processes and of those that they have waited for.
ticks() {
    for process do [ -z "$process" ] || cat "/proc/$process/stat"; done 2>/dev/null |
        awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); sum += $12 + $13 + $14 + $15 } END { printf "%.1f", sum / hz }'
}
mkdir "$scratch/bin"
printf '#!/bin/sh\necho >>%s\nexec %s "$@"\n' "$scratch/called" "$(command -v sbatch)" >"$scratch/bin/sbatch"
chmod +x "$scratch/bin/sbatch"

cat >"$scratch/job.in.sh" <<'END2'
#!/bin/sh
#SBATCH --time=5
echo {ee.identifier} >>$TALLY
echo "# cloudmesh status=running progress=50 square=$(({experiment.i} * {experiment.i}))"
END2
start=$(now)
"$dagtop" sweep --experiment="i=[1-$tasks]" --template="$scratch/job.in.sh" --array --name=tally --output="$scratch/sweep" \
    >"$scratch/output" 2>&1 || fail "dagtop sweep"
echo "dagtop sweep: $(since "$start") s"
workflow=$scratch/sweep/workflow.yaml

start=$(now)
PATH=$scratch/bin:$PATH "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 &
driver=$!
submitted() { find "$HOME/experiment/tally" -maxdepth 4 -path '*/.dagtop/1/jobid' 2>/dev/null | wc -l; }
# Now and then: how many have a job, how many have run, CPU of the driver and of the agent.
while kill -0 "$driver" 2>/dev/null; do
    agent=$(pgrep -P "$driver" | head -n 1)
    eyes=$([ -z "$agent" ] || pgrep -P "$agent" perl | head -n 1)
    jobs=$(submitted) driver_ticks=$(ticks "$driver") agent_ticks=$(ticks "$agent" "$eyes")
    echo "$(since "$start") s: $jobs submitted, $(wc -l <"$TALLY") run; CPU: driver $driver_ticks s, agent $agent_ticks s"
    if [ "$jobs" -gt 0 ] && [ ! -e "$scratch/looked" ]; then
        : >"$scratch/looked"
        echo "a dashboard beside it, while arrays are made and tasks run:"
        "$top_builddir/tests/bench/terminal_bench" 200 60 200 10 -- "$dagtop" "$workflow" | sed 's/^/  /'
    fi
    if [ "$jobs" -ge "$tasks" ] && [ ! -e "$scratch/all" ]; then
        echo "all submitted after $(since "$start") s in $(wc -l <"$scratch/called") submissions"
        : >"$scratch/all"
    fi
    sleep "${EVERY:-10}"
done
wait "$driver"
code=$?
echo "run: $code after $(since "$start") s, $(wc -l <"$scratch/called") submissions; driver and what it waited for: $driver_ticks s of CPU"
[ "$code" -eq 0 ] || fail "run"
tally_is "$tasks" 1 || fail "the tally"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A private Slurm: what looking at JOBS jobs costs (default 1000), how soon a person sees a job wait and end, and how a
# workflow of 500 jobs compares with a plain shell loop that submits them with dependencies.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/slurm_lib.sh
. "${top_srcdir:?}/tests/integration/slurm_lib.sh"
# shellcheck disable=SC2034 # read by slurm_begin
slurm_minimum_job_age=300
slurm_begin
jobs=${JOBS:-1000}
seconds=${SECONDS_OF_LOOKING:-75}

now() { date +%s.%N; }

# Every line of standard input with the time when it came.
stamp() { while IFS= read -r line; do printf '%s %s\n' "$(now)" "$line"; done; }

# --- looking ---
workflow=$scratch/many.yaml
{
    printf 'workflow:\n  name: many\n  defaults: {kind: slurm, exec: "true", slurm: {begin: now+2hours}}\n  nodes:\n'
    seq "$jobs" | sed 's/.*/    n&: {}/'
} >"$workflow"
start=$(now)
"$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 &
driver=$!
all_queued() { [ "$(grep -c ' queued' "$scratch/output")" -ge "$jobs" ]; }
wait_for 300 all_queued || fail "$(grep -c ' queued' "$scratch/output") of $jobs jobs are queued"
awk -v n="$jobs" -v s="$start" -v e="$(now)" 'BEGIN { printf "%d jobs were submitted and seen in %.1f s\n", n, e - s }'

# ticks PROCESS: CPU of a process and of those that it has waited for.
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 + $14 + $15 }' "/proc/$1/stat"; }
agent=$(pgrep -P "$driver" | head -n 1)
sleep 15
sdiag -r >/dev/null
client_before=$(ticks "$driver") agent_before=$(ticks "$agent")
sleep "$seconds"
client=$(($(ticks "$driver") - client_before)) agent_ticks=$(($(ticks "$agent") - agent_before))
sdiag >"$scratch/sdiag"
lists=$(awk '$1 == "REQUEST_JOB_INFO" { sub(/.*count:/, ""); print $1 }' "$scratch/sdiag")
all=$(awk '/^Remote Procedure Call statistics by message type/ { on = 1; next } /^Remote Procedure Call/ { on = 0 }
    on && /count:/ && $1 !~ /STATS|REGISTRATION|PING|EPILOG|COMPLETE|STEP/ { sub(/.*count:/, ""); total += $1 } END { print total + 0 }' "$scratch/sdiag")
awk -v n="$jobs" -v c="$client" -v a="$agent_ticks" -v l="${lists:-0}" -v r="$all" -v s="$seconds" -v hz="$(getconf CLK_TCK)" 'BEGIN {
    printf "looking at %d jobs for %d s, driving: %d lists (%.1f a minute), %d RPCs (%.1f a minute); ", n, s, l, l * 60 / s, r, r * 60 / s
    printf "%.1f %% of a core; %.0f ms of CPU a list, with the looks at files between two: client %.0f, agent with its commands %.0f\n",
        (c + a) / hz / s * 100, (c + a) / hz * 1000 / l, c / hz * 1000 / l, a / hz * 1000 / l }'
kill -INT "$driver"
wait "$driver"
scancel -u "$(id -un)"

# --- how soon it is seen ---
mkdir "$scratch/bin"
printf '#!/bin/sh\ndate +%%s.%%N >>%s\nexec %s "$@"\n' "$scratch/called" "$(command -v sbatch)" >"$scratch/bin/sbatch"
chmod +x "$scratch/bin/sbatch"
workflow=$scratch/chain.yaml
{
    printf 'workflow:\n  name: chain\n  defaults: {kind: slurm, exec: "sleep 2; date +%%%%s.%%%%N >>%s", slurm: {begin: now+3}}\n' "$scratch/ended"
    printf '  nodes: {a: {}, b: {}, c: {}, d: {}, e: {}, f: {}}\n  dependencies: ["a,b,c,d,e,f"]\n'
} | sed 's/%%/%/g' >"$workflow"
PATH=$scratch/bin:$PATH timeout 300 "$dagtop" run "$workflow" </dev/null 2>&1 | stamp >"$scratch/stamped"
grep ' queued' "$scratch/stamped" | awk '{ print $1 }' | paste "$scratch/called" - >"$scratch/to-queued"
grep ' done' "$scratch/stamped" | awk 'NF < 8 { print $1 }' | head -n 6 | paste "$scratch/ended" - >"$scratch/to-done"
for what in queued 'done'; do
    sort -n "$scratch/to-$what" | awk -v what="$what" '{ d = $2 - $1; total += d; if (d > most) most = d } END {
        printf "%s: %.2f s on average, %.2f s at most, in %d jobs\n",
            what == "queued" ? "from the call of sbatch to queued" : "from the end of a job to done", total / NR, most, NR }'
done

# --- 500 jobs in ten layers, beside a plain loop ---
layers=10 width=50
workflow=$scratch/tally.yaml
make_workflow $layers $width 0
sed -i "s/^  nodes:/  defaults: {kind: slurm}\n  nodes:/; s/; sleep 0//" "$workflow"
start=$(now)
timeout 900 "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 || fail "run: $?"
end=$(now)
with=$(awk -v s="$start" -v e="$end" 'BEGIN { print e - s }')
tally_is $((layers * width)) 1 || fail "run"
: >"$TALLY"
start=$(now)
sed 's/^  name: tally/  name: handed/' "$workflow" >"$scratch/handed.yaml"
"$dagtop" run --detach-to-slurm "$scratch/handed.yaml" </dev/null >"$scratch/output" 2>&1
handed_code=$?
queue_is_empty() { [ -z "$(squeue -h)" ]; }
wait_for 600 queue_is_empty
end=$(now)
handed=$(awk -v s="$start" -v e="$end" 'BEGIN { print e - s }')
[ "$handed_code" -eq 0 ] || handed=0
: >"$TALLY"
cd "$scratch" || exit 99
start=$(now)
before=
for layer in $(seq $layers); do
    here=
    for node in $(seq $width); do
        here=$here:$(sbatch --parsable --output=/dev/null ${before:+--dependency=afterok$before} --wrap "echo n$layer-$node >>$TALLY")
    done
    before=$here
done
wait_for 600 queue_is_empty
end=$(now)
awk -v w="$with" -v h="$handed" -v s="$start" -v e="$end" -v n=$((layers * width)) 'BEGIN {
    printf "%d jobs in layers: dagtop run %.1f s, a plain loop with afterok %.1f s: ratio %.2f", n, w, e - s, w / (e - s)
    if (h > 0) printf "; handed over %.1f s: ratio %.2f", h, h / (e - s)
    print "" }'

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Looking at 1,000 live local nodes of which nothing changes.
set -eu
nodes=${NODES:-1000}
scratch=$(mktemp -d)
export HOME="$scratch"
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME
end_jobs() {
    set +e
    for record in "$scratch"/experiment/*/*/.dagtop/1/pid; do
        read -r _ process _ <"$record" && kill -KILL -- "-$process" 2>/dev/null
    done
    rm -rf "$scratch"
}
trap end_jobs EXIT

"${top_srcdir:?}/tests/bench/mkworkflow" "$nodes" --width="$nodes" --name=bench --exec='exec sleep 1000' >"$scratch/bench.yaml"
"${top_builddir:?}/dagtop" run "$scratch/bench.yaml" --jobs="$nodes" >"$scratch/output" 2>&1 &
driver=$!
until [ "$(grep -c ' running' "$scratch/output")" -ge "$nodes" ]; do
    sleep 0.2
done
kill -INT "$driver"
wait "$driver" || true

# agent_ticks: CPU ticks of the agent with the processes that it has waited for, and of its eyes.
agent_ticks() {
    for process in $agent $(pgrep -P "$agent"); do
        cat "/proc/$process/stat"
    done | awk '{ sub(/.*\) /, ""); sum += $12 + $13 + $14 + $15 } END { print sum }'
}
"$top_builddir/dagtop" watch "$scratch/bench.yaml" >"$scratch/watched" 2>&1 &
dashboard=$!
until [ -s "$scratch/watched" ]; do
    sleep 0.1
done
agent=$(pgrep -P "$dashboard" | head -n 1)
# The first look reads every log once; what is measured is what follows.
sleep 10
before=$(agent_ticks)
start=$(date +%s.%N)
sleep 20
after=$(agent_ticks)
awk -v n="$nodes" -v t="$((after - before))" -v s="$start" -v e="$(date +%s.%N)" -v hz="$(getconf CLK_TCK)" 'BEGIN {
    printf "looking at %d live nodes for %.0f s: %.2f %% of a core for the agent, %.1f ms a look of two seconds\n",
        n, e - s, t / hz / (e - s) * 100, t / hz / (e - s) * 2000 }'
kill "$dashboard"

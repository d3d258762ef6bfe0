#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `dagtop run` of 1,000 nodes of `true`, ten wide, beside `make -j10` on the same graph, both on tmpfs: the ratio of the times.
set -eu
nodes=${NODES:-1000}
scratch=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HOME="$scratch"
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME
"${top_srcdir:?}/tests/bench/mkworkflow" "$nodes" --name=bench >"$scratch/bench.yaml"
"$top_srcdir/tests/bench/mkworkflow" "$nodes" --make >"$scratch/Makefile"

# seconds COMMAND...: wall time of a command.
seconds() {
    start=$(date +%s.%N)
    "$@" >"$scratch/output" 2>&1
    end=$(date +%s.%N)
    awk -v s="$start" -v e="$end" 'BEGIN { printf "%.2f", e - s }'
}

make_time=$(cd "$scratch" && seconds make -s -j10 all)
run_time=$(seconds "${top_builddir:?}/dagtop" run "$scratch/bench.yaml" --jobs=10)
again_time=$(seconds "$top_builddir/dagtop" run "$scratch/bench.yaml" --jobs=10)
awk -v n="$nodes" -v m="$make_time" -v r="$run_time" -v a="$again_time" 'BEGIN {
    printf "run of %d nodes of true: make -j10 %.2f s, dagtop run %.2f s, ratio %.1f; ", n, m, r, r / m
    printf "dagtop a node %.1f ms; run again with all done %.2f s\n", r / n * 1000, a }'

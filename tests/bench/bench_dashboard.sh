#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The dashboard: first frame, keys, idle cost and memory at 1,000 and 10,000 nodes that are done, at 200x60.
set -eu
bench=${top_builddir:?}/tests/bench/terminal_bench
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HOME="$scratch" LC_ALL=C.UTF-8
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME
for nodes in 1000 10000; do
    name=bench-$nodes
    "${top_srcdir:?}/tests/bench/mkworkflow" "$nodes" >"$scratch/$name.yaml"
    "$top_srcdir/tests/bench/mkworkflow" "$nodes" --records="$scratch/experiment" >/dev/null
    # The first look fills the cache, as a person's earlier look did.
    "$top_builddir/dagtop" status "$scratch/$name.yaml" >/dev/null
    echo "dashboard, $nodes nodes, all done, remembered observations:"
    "$bench" 200 60 400 20 -- "$top_builddir/dagtop" "$scratch/$name.yaml" | sed 's/^/  /'
done

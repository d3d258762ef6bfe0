#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Figures of the drawing beside graphviz on the graphs of tests/graph; with "all", also those of 10,000 nodes (minutes).
set -eu
bench=${top_builddir:?}/tests/bench/graph_bench
set -- "${1:-}" "${top_srcdir:?}"/tests/graph/*.tsv
all=$1
shift
for graph in "$@"; do
    shift
    case $graph:$all in
    *10k.tsv:all) set -- "$@" "$graph" ;;
    *10k.tsv:*) ;;
    *) set -- "$@" "$graph" ;;
    esac
done
echo "== drawings"
"$bench" "$@"
echo "== the loop while large graphs are shown"
exec "$top_builddir/tests/bench/turn_bench"

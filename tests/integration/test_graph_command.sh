#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dagtop graph on every graph of tests/graph as a workflow: what is drawn reads back as the edges of the file, in both
# alphabets, both directions, folded and not; dot, mermaid and json name every edge. Takes some seconds.
set -u
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
checked=0

make_graph_workflow() { # FILE.tsv
    awk -F '\t' '
        { names[$1] = 1; if ($2 != "") { names[$2] = 1; edges[$1 "\", \"" $2] = 1 } }
        END {
            print "workflow:\n  name: graph\n  nodes:"
            for (name in names)
                printf "    \"%s\": {exec: \"true\"}\n", name
            print "  dependencies:"
            for (edge in edges)
                printf "    - [\"%s\"]\n", edge
        }' "$1"
}

# graph OPTIONS...: the output of the command; a failure ends the test.
graph() {
    "$dagtop" graph "$scratch/graph.yaml" "$@" >"$scratch/output" 2>&1 || fail "$name: graph $* ended with $?"
    checked=$((checked + 1))
}

same() { # EXPECTED FOUND WHAT
    [ "$1" = "$2" ] || fail "$name: $3: \"$2\", not \"$1\""
}

check_drawings() { # EDGES
    for direction in lr tb; do
        for format in unicode ascii; do
            graph --verify --format=$format --direction=$direction --fold=none
            same "$1 edges, 0 missing, 0 false" "$(cat "$scratch/output")" "$format $direction"
            graph --verify --format=$format --direction=$direction --fold=all
            grep -Eq '^[0-9]+ edges, 0 missing, 0 false( \([0-9]+ nodes folded into [0-9]+ boxes\))?$' "$scratch/output" ||
                fail "$name: $format $direction, folded"
        done
    done
}

check_words() { # NODES EDGES
    graph --format=dot
    same "$2" "$(grep -c '^  ".*" -> ".*";$' "$scratch/output")" "edges of dot"
    same "$1" "$(grep '^  ".*";$\|^  ".*" \[style' "$scratch/output" | grep -vc ' -> ')" "nodes of dot"
    graph --format=mermaid
    same "$2" "$(grep -c ' --> ' "$scratch/output")" "edges of mermaid"
    graph --format=json --fold=none
    same "$2" "$(grep -c '"route": \[' "$scratch/output")" "edges of json"
    same "$1" "$(grep -c '"layer": ' "$scratch/output")" "boxes of json"
}

for file in "${top_srcdir:?}"/tests/graph/*.tsv; do
    name=$(basename "$file" .tsv)
    make_graph_workflow "$file" >"$scratch/graph.yaml"
    edges=$(awk -F '\t' '$2 != ""' "$file" | sort -u | wc -l)
    nodes=$(tr '\t' '\n' <"$file" | grep . | sort -u | wc -l)
    check_drawings $((edges))
    check_words $((nodes)) $((edges))
done
# Names of 200 bytes, wide and combining characters, labels of ten lines.
name=names
awk 'BEGIN {
    for (i = 0; i < 200; i++) long = long "x"
    for (i = 0; i < 22; i++) wide = wide "\343\203\251\343\203\231\343\203\253"
    split(long " " wide " e\314\201te\314\201-1 \351\233\262 z\314\243\314\201", names, " ")
    print "workflow:\n  nodes:"
    for (i = 1; i <= 5; i++)
        printf "    \"%s\": {exec: \"true\", label: \"1\\n2\\n3\\n4\\n5\\n6\\n7\\n8\\n9\\n10\"}\n", names[i]
    print "  dependencies:"
    for (i = 1; i < 5; i++)
        printf "    - [\"%s\", \"%s\"]\n", names[i], names[i + 1]
    printf "    - [\"%s\", \"%s\"]\n    - [\"%s\", \"%s\"]\n", names[1], names[4], names[2], names[5]
}' >"$scratch/graph.yaml"
check_drawings 6

[ "$checked" -ge 100 ] || fail "only $checked drawings"

# A folded drawing says what its boxes stand for, and fits a width where folding or turning can make it.
name=sweep3x4
make_graph_workflow "${top_srcdir:?}/tests/graph/sweep3x4m.tsv" >"$scratch/graph.yaml"
graph --fold=all --format=ascii
grep -q ' x12 \[' "$scratch/output" || fail "no box of twelve"
grep -q 'stands for N nodes' "$scratch/output" || fail "the drawing does not say that it is folded"
graph --width=40 --fold=auto --format=ascii
widest=$(awk '/stands for/ { next } length($0) > most { most = length($0) } END { print most + 0 }' "$scratch/output")
[ "$widest" -le 40 ] || fail "a drawing of $widest columns for a width of 40"
LC_ALL=C grep -q '[^ -~]' "$scratch/output" && fail "something that is not ASCII in the ASCII drawing"
if "$dagtop" graph "$scratch/graph.yaml" --direction=up >"$scratch/output" 2>&1; then
    fail "--direction=up was taken"
fi
echo "$checked drawings"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The graph pane of a workflow of ten thousand nodes, which a thread lays out: folded first, then node by node, then the
# neighbourhood of one. Takes a few seconds.
set -u
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"

awk 'BEGIN {
    print "workflow:\n  name: large\n  nodes:\n    prepare: {exec: \"true\"}\n    report: {exec: \"true\"}"
    for (i = 1; i <= 9998; i++)
        print "    run-" i ": {exec: ./run " i "}"
    print "  dependencies:\n    - [prepare, \"run-[1-9998]\", report]"
}' >"$scratch/large.yaml"

cat >"$scratch/script" <<'END'
wait complete
key 2 z g
wait settled
screen folded
key Z
wait settled
screen unfolded
key G
screen end
key g ) l
wait settled
screen near
key 0
wait settled
screen fits
resize 100x30
wait settled
screen smaller
key Q
END

"$dagtop" --headless=120x40 --script="$scratch/script" "$scratch/large.yaml" >"$scratch/output" 2>"$scratch/errors" ||
    fail "the dashboard ended with $?: $(cat "$scratch/errors")"

part() { # NAME: one screen
    awk -v name="$1" '/^== / { shown = $2 == name } shown' "$scratch/output"
}

part folded | grep -q 'run ×9998' || fail "no box of 9998 nodes"
part folded | grep -q 'folded' || fail "the title does not say folded"
[ "$(part unfolded | grep -c 'run-[0-9]')" -gt 20 ] || fail "no single nodes after Z"
part unfolded | grep -q '╭' || fail "no map of a drawing larger than the pane"
part end | grep -q 'report' || fail "the last node is not in view"
part near | grep -q '1 near' || fail "no neighbourhood"
part fits | grep -q 'run ×9998' || fail "0 does not fold again"
part smaller | grep -q 'run ×9998' || fail "no box of 9998 nodes in a smaller window"
echo "six screens of 10000 nodes"

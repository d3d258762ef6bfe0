#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Two `dagtop run` at once on one workflow, and then a rerun killed and continued: exactly once each.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"

make_workflow 5 6 0.2
"$dagtop" run "$workflow" </dev/null >"$scratch/one" 2>&1 &
one=$!
"$dagtop" run "$workflow" </dev/null >"$scratch/other" 2>&1 &
other=$!
wait "$one" || fail "the first driver ended with $? ($(tail -n 3 "$scratch/one"))"
wait "$other" || fail "the second driver ended with $? ($(tail -n 3 "$scratch/other"))"
tally_is 30 1 || fail "two drivers"
echo "two drivers: 30 nodes, each exactly once"

# The killed rerun has written down first what is wanted again; going on needs no option.
"$dagtop" run "$workflow" --again --yes </dev/null >"$scratch/output" 2>&1 &
rerun=$!
# has_begun_again: the first layer has run again.
has_begun_again() {
    [ "$(wc -l <"$TALLY")" -ge 36 ]
}
wait_for 60 has_begun_again || fail "the rerun does not begin"
kill -KILL "$rerun"
wait "$rerun" 2>/dev/null
before=$(wc -l <"$TALLY")
if [ "$before" -le 30 ] || [ "$before" -ge 60 ]; then
    fail "the rerun was killed too early or too late: $before lines"
fi
timeout 120 "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 || fail "the rerun does not go on: $?"
tally_is 30 2 || fail "rerun"
echo "a rerun killed and continued: 30 nodes, each exactly once more"

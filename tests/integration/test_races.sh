#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Two people at once: two resubmits make one attempt; a cancel that races with a start leaves a clear state.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"

make_workflow 1 1 0.3
"$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 || fail "run: $?"
for _ in 1 2 3 4 5; do
    "$dagtop" resubmit "$workflow" n1-1 --yes </dev/null >"$scratch/one" 2>&1 &
    one=$!
    "$dagtop" resubmit "$workflow" n1-1 --yes </dev/null >"$scratch/other" 2>&1 &
    other=$!
    wait "$one"
    wait "$other"
    "$dagtop" wait "$workflow" --timeout=60s || fail "wait: $?"
    attempts=$(find "$HOME/experiment/tally/n1-1/.dagtop" -maxdepth 1 -name '[0-9]*' | wc -l)
    lines=$(wc -l <"$TALLY")
    [ "$attempts" -eq "$lines" ] || fail "$attempts attempts, but the script ran $lines times"
done
# A second resubmit that comes after the first attempt has ended is a wish of its own; at once, it is the same wish.
if [ "$lines" -lt 6 ] || [ "$lines" -gt 11 ]; then
    fail "$lines runs after five pairs of resubmits"
fi
echo "five pairs of resubmits: $lines runs, $attempts attempts"

make_workflow 1 8 1
rm -rf "$HOME/experiment" && : >"$TALLY"
for round in 1 2 3 4 5 6; do
    "$dagtop" start "$workflow" "n1-$round" --yes </dev/null >"$scratch/one" 2>&1 &
    one=$!
    "$dagtop" cancel "$workflow" "n1-$round" --yes </dev/null >"$scratch/other" 2>&1
    wait "$one"
    "$dagtop" cancel "$workflow" "n1-$round" --yes </dev/null >"$scratch/other" 2>&1
    wait_for 60 sh -c "'$dagtop' status '$workflow' --format=csv | grep -q '^n1-$round,local,localhost,\(done\|cancelled\|failed\),'" ||
        fail "n1-$round is neither done nor cancelled: $("$dagtop" status "$workflow")"
done
sort "$TALLY" | uniq -d | grep . && fail "ran twice"
echo "six cancels against six starts: $(state_count cancelled) cancelled, $(state_count 'done') done"

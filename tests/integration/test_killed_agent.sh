#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The processes that dagtop starts (its agent, and what that starts) killed with -9 at random moments of a run: no script
# runs twice, nothing is stuck, and a node is lost only where its wrapper died. KILLS: how many times (default 60).
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"

make_workflow 8 4 0.2
kills=0
"$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 &
driver=$!

# kill_one_child: kills a child of the driver, or one of that child's children that is still attached to it.
kill_one_child() {
    for process in $(pgrep -P "$driver") $(pgrep -P "$(pgrep -P "$driver" | head -n 1)" 2>/dev/null); do
        [ "$(random_below 2)" -eq 0 ] || continue
        kill -KILL "$process" 2>/dev/null && kills=$((kills + 1))
        return
    done
}

deadline=$(($(date +%s) + 240))
while kill -0 "$driver" 2>/dev/null && [ "$kills" -lt "${KILLS:-60}" ]; do
    [ "$(date +%s)" -lt "$deadline" ] || fail "stuck after $kills kills"
    sleep "0.$(random_below 20 | awk '{ printf "%02d", $1 + 2 }')"
    kill_one_child
done
# A driver that goes on without being disturbed comes to an end.
wait_for 200 sh -c "! kill -0 $driver 2>/dev/null" || fail "the driver does not end after $kills kills"
wait "$driver"
code=$?
[ "$kills" -ge 5 ] || fail "only $kills kills: the test did not test anything"
sort "$TALLY" | uniq -d | grep . && fail "ran twice after $kills kills"
if [ "$code" -ne 0 ]; then
    [ "$(state_count lost)" -gt 0 ] || fail "exit code $code though nothing was lost"
    timeout 120 "$dagtop" run "$workflow" --failed --yes </dev/null >"$scratch/output" 2>&1 || fail "cannot go on"
fi
[ "$(state_count 'done')" -eq 32 ] || fail "not every node is done"
echo "killed $kills processes under a run of 32 nodes: none ran twice, $code"

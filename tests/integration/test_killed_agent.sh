#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The processes that dagtop starts (its agent, and what that starts) killed with -9 at random moments of a run: no script
# runs twice, nothing is stuck, and a node is lost only where its wrapper died. KILLS: how many times (default 30).
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"

make_workflow 40 4 0.1
kills=0
"$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 &
driver=$!

# children_of PROCESS
children_of() {
    ps -A -o ppid= -o pid= | awk -v parent="$1" '$1 == parent { print $2 }'
}

# kill_one: kills the agent, or one of its children that is still attached to it.
kill_one() {
    # shellcheck disable=SC2046 # words
    set -- $(for agent in $(children_of "$driver"); do echo "$agent"; children_of "$agent"; done)
    [ $# -gt 0 ] || return
    shift "$(random_below $#)"
    kill -KILL "$1" 2>/dev/null && kills=$((kills + 1))
}

deadline=$(($(date +%s) + 240))
while kill -0 "$driver" 2>/dev/null && [ "$kills" -lt "${KILLS:-30}" ]; do
    [ "$(date +%s)" -lt "$deadline" ] || fail "stuck after $kills kills"
    sleep "0.$(random_below 20 | awk '{ printf "%02d", $1 + 2 }')"
    kill_one
done
# A driver that goes on without being disturbed comes to an end.
wait_for 240 sh -c "! kill -0 $driver 2>/dev/null" || fail "the driver does not end after $kills kills"
wait "$driver"
code=$?
[ "$kills" -ge 5 ] || fail "only $kills kills: the test did not test anything"
sort "$TALLY" | uniq -d | grep . && fail "ran twice after $kills kills"
if [ "$code" -ne 0 ]; then
    [ "$(state_count lost)" -gt 0 ] || fail "exit code $code though nothing was lost"
    timeout 120 "$dagtop" run "$workflow" --failed --yes </dev/null >"$scratch/output" 2>&1 || fail "cannot go on"
fi
[ "$(state_count 'done')" -eq 160 ] || fail "not every node is done"
echo "killed $kills processes under a run of 160 nodes: none ran twice, exit code $code"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dagtop killed with -9 at random moments of a run and started again: every script runs exactly once, the workflow ends
# right. KILLS: how many times (default 200).
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"

kills=0 rounds=0
make_workflow 6 4 0.1
while [ "$kills" -lt "${KILLS:-200}" ]; do
    rm -rf "$HOME/experiment"
    : >"$TALLY"
    rounds=$((rounds + 1))
    code=137
    while [ "$code" -eq 137 ]; do
        timeout -s KILL "0.$(random_below 350 | awk '{ printf "%03d", $1 + 5 }')" \
            "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1
        code=$?
        [ "$code" -ne 137 ] || kills=$((kills + 1))
        if [ "$kills" -ge "${KILLS:-200}" ] && [ "$code" -eq 137 ]; then
            timeout 120 "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1
            code=$?
        fi
    done
    [ "$code" -eq 0 ] || fail "round $rounds ended with exit code $code after $kills kills"
    tally_is 24 1 || fail "round $rounds after $kills kills"
    [ "$(state_count 'done')" -eq 24 ] || fail "round $rounds: not every node is done"
done
echo "killed $kills times in $rounds runs of 24 nodes: each ran exactly once"

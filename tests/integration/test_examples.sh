#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The examples, as a user runs them: all three load, and those of this machine run to their end.
set -u

dagtop=${top_builddir:?}/dagtop
examples=${top_srcdir:?}/examples
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM

HOME=$scratch/home
export HOME
mkdir "$HOME"
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR
# The sizes of the test; the examples say what they mean.
export PAUSE=0 CLOUDMASK_TILES=8 CLOUDMASK_SIZE=24 CLOUDMASK_EPOCHS=20 CLOUDMASK_REST=0

fail() {
    echo "FAIL: $1"
    [ ! -s "$scratch/output" ] || tail -n 40 "$scratch/output"
    for log in "$HOME"/experiment/*/*/*.log; do
        [ ! -s "$log" ] || { echo "== $log" && tail -n 5 "$log"; }
    done
    exit 1
}

# expect CODE WHAT COMMAND...: runs the command without a terminal.
expect() {
    wanted=$1
    what=$2
    shift 2
    "$@" </dev/null >"$scratch/output" 2>&1
    code=$?
    [ "$code" -eq "$wanted" ] || fail "$what: exit code $code, not $wanted"
}

# all_done WORKFLOW COUNT: every node of the workflow is done.
all_done() {
    expect 0 "status of $1" "$dagtop" status "$examples/$1" --format=json
    count=$(tr "," "\n" <"$scratch/output" | grep -c '^[ {]*"state": *"done"')
    [ "$count" -eq "$2" ] || fail "$1: $count nodes are done, not $2"
}

for file in minimal cloudmask-local hybrid; do
    expect 0 "check $file" "$dagtop" check "$examples/$file.yaml"
done

expect 0 "run minimal" "$dagtop" run "$examples/minimal.yaml"
grep -q 'is 338350$' "$HOME/experiment/minimal/analyze/result.txt" || fail "minimal: no sum of the squares"
all_done minimal.yaml 5

expect 0 "run cloudmask-local" "$dagtop" run "$examples/cloudmask-local.yaml"
results=$HOME/experiment/cloudmask/analyze/results.txt
[ "$(grep -c '^train-' "$results")" -eq 4 ] || fail "cloudmask-local: the table has not four models"
grep -q '^best: train-fast-' "$HOME/experiment/cloudmask/analyze/analyze.log" || fail "cloudmask-local: no best model"
all_done cloudmask-local.yaml 13

# A second run finds everything done and starts nothing.
expect 0 "run cloudmask-local again" "$dagtop" run "$examples/cloudmask-local.yaml"
set -- "$HOME"/experiment/cloudmask/*/.dagtop/2
[ ! -e "$1" ] || fail "cloudmask-local: the second run made another attempt"
exit 0

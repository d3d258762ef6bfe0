#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# examples/hybrid.yaml as a user would run it: its hosts are servers on this machine, each with a home of its own, found by a
# private configuration of ssh. What it gives to a batch system runs on the cluster's login node here.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/sshd_lib.sh
. "${top_srcdir:?}/tests/integration/sshd_lib.sh"
trap 'sshd_end_all; clean_up' EXIT
# The sizes of the test; the examples say what they mean.
export CLOUDMASK_TILES=8 CLOUDMASK_SIZE=24 CLOUDMASK_EPOCHS=20 CLOUDMASK_REST=0

for host in desktop-1 desktop-2 cluster; do
    mkdir "$scratch/home-$host"
    # A login begins in the home that is in the list of users: this one begins in its own.
    # shellcheck disable=SC2016 # the shell there expands it
    sshd_new "$host" "SetEnv HOME=$scratch/home-$host CLOUDMASK_EPOCHS=20 CLOUDMASK_REST=0" \
        'ForceCommand cd && exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"'
    ssh_know "$(port_of "$host")"
    ssh_host "$host" "$(port_of "$host")"
done
cp -R "$top_srcdir/examples" "$scratch/examples"
chmod -R u+w "$scratch/examples"
sed '/^ *user: gregor$/d; s/kind: slurm/kind: ssh/; /^ *slurm: {/d' "$top_srcdir/examples/hybrid.yaml" \
    >"$scratch/examples/hybrid.yaml"
workflow=$scratch/examples/hybrid.yaml

timeout 60 "$dagtop" check "$workflow" </dev/null >"$scratch/output" 2>&1 || fail "check: $?"
timeout 60 "$dagtop" hosts "$workflow" </dev/null >"$scratch/output" 2>&1 || fail "hosts: $?"
for host in desktop-1 desktop-2 cluster; do
    grep -q "^$host: ready" "$scratch/output" || fail "hosts: $host is not ready"
    grep -q "home-$host\$" "$scratch/output" || fail "hosts: $host has another home"
done
timeout 150 "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 || {
    code=$?
    tail -n 3 "$scratch"/home*/experiment/*/*/*.log
    fail "run: $code"
}
here=$HOME/experiment/cloudmask-hybrid
for model in desktop-1 desktop-2 cluster-1 cluster-2; do
    host=${model%-[12]}
    [ "$host" = cluster ] || host=$model
    for node in "train-$model" "inference-$model"; do
        [ -s "$scratch/home-$host/experiment/cloudmask-hybrid/$node/.dagtop/1/exit" ] || fail "$node did not run on $host"
        [ ! -e "$scratch/home-$host/experiment/cloudmask-hybrid/$node/.dagtop/2" ] || fail "$node ran twice"
        [ ! -e "$here/$node/.dagtop" ] || fail "$node ran here"
    done
    [ -s "$here/inference-$model/scores.txt" ] || fail "the scores of $model were not collected"
    grep -q "train-$model" "$here/analyze/results.txt" || fail "results.txt has no $model"
done
"$dagtop" status "$workflow" --format=json </dev/null >"$scratch/output" 2>&1 || fail "status: $?"
[ "$(tr , '\n' <"$scratch/output" | grep -c '^[ {]*"state": *"done"')" -eq 18 ] || fail "not all are done"

# A second run finds everything done.
timeout 60 "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 || fail "the second run: $?"
[ -z "$(find "$scratch"/home-* "$here" -path '*/.dagtop/2')" ] || fail "the second run made another attempt"
echo "hybrid.yaml on four machines"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# examples/cloudmask-slurm.yaml on a real Slurm, in three ways: by `dagtop run`, through the dashboard in a terminal, and with
# everything behind ssh. It is the example itself; its sizes are smaller here (CLOUDMASK_...), and its jobs end in seconds.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/slurm_lib.sh
. "${top_srcdir:?}/tests/integration/slurm_lib.sh"
# shellcheck source=tests/integration/sshd_lib.sh
. "${top_srcdir:?}/tests/integration/sshd_lib.sh"
# shellcheck source=tests/terminal/tmux_lib.sh
. "${top_srcdir:?}/tests/terminal/tmux_lib.sh"
slurm_begin
trap 'sshd_end_all; slurm_end; close_terminal' EXIT
cp -R "$top_srcdir/examples" "$scratch/examples"
chmod -R u+w "$scratch/examples"
cd "$scratch/examples" || exit 99
sizes='CLOUDMASK_TILES=8 CLOUDMASK_SIZE=24 CLOUDMASK_EPOCHS=20 CLOUDMASK_REST=0 PAUSE=0'
# shellcheck disable=SC2086,SC2163 # words are wanted
export $sizes

# follows FILE NAME BASE: a copy of the example under another name, all of it done, with its four jobs and their results.
follows() {
    "$dagtop" status "$1" --format=csv >"$scratch/output" 2>&1 || fail "status of $1"
    [ "$(awk -F , 'NR > 1 && $4 == "done"' "$scratch/output" | wc -l)" -eq 13 ] || fail "$1: not every node is done"
    for node in slow-1 slow-2 fast-1 fast-2; do
        [ -s "$3/experiment/$2/train-$node/.dagtop/1/jobid" ] || fail "$1: train-$node was no job"
        [ ! -d "$3/experiment/$2/train-$node/.dagtop/2" ] || fail "$1: train-$node ran twice"
        squeue -h -t all -o %j | grep -qx "$2.train-$node" || sacct -n -X -P --name="$2.train-$node" -o jobid | grep -q . ||
            fail "$1: Slurm knows of no train-$node"
    done
    grep -q '^best: train-' "$3/experiment/$2/analyze/analyze.log" || fail "$1: no best model"
}

# --- without a screen ---
"$dagtop" run cloudmask-slurm.yaml </dev/null >"$scratch/output" 2>&1 || fail "run"
grep -q '13 done' "$scratch/output" || fail "run: not every node is done"
follows cloudmask-slurm.yaml cloudmask-slurm "$HOME"

# --- through the dashboard, with the trainings held up until somebody has looked ---
sed 's/name: cloudmask-slurm/name: by-keys/' cloudmask-slurm.yaml >by-keys.yaml
cat >"$scratch/look" <<END
until [ -e $scratch/seen ]; do sleep 0.1; done
END
sed -i "s,^set -eu\$,set -eu; . $scratch/look," cloudmask/train.sh
open_terminal 80 24
keys "clear; $sizes '$dagtop' by-keys.yaml" Enter
wait_screen 'nobody drives; S does'
keys S
wait_screen 'Drive this workflow?'
keys y
wait_screen 'R 4' 60
wait_screen 'R train ×4'
# The first training, and all that is told of its job.
keys g j j j
wait_screen '▸ ▶ R train-slow-1'
keys w
wait_screen 'train-slow-1: it is running, attempt 1'
keys Escape
wait_screen_without 'Why does it not run'
keys Enter
wait_screen 'batch state  *[A-Z]*  (told .* ago)' 30
wait_screen 'memory asked  *1G'
keys q
keys 4
wait_screen 'localhost  ready  .*Slurm [1-9][0-9]*/m, local'
keys 1
terminal resize-window -x 200 -y 60
wait_screen 'train ×4 \[4R\]'
wait_screen 'queue asked [1-9][0-9]*/m'
keys Enter
wait_screen 'working directory  .*/experiment/by-keys/train-slow-1'
wait_screen 'standard output  .*/train-slow-1/.dagtop/1/log'
wait_screen 'queue wait'
keys q
: >"$scratch/seen"
wait_screen 'by-keys  done' 120
keys 3
wait_screen 'learning rate 0.3, seed 1, 20 epochs'
keys Q
wait_screen 'prompt>'
follows by-keys.yaml by-keys "$HOME"

# --- everything behind ssh, as the head of the example says ---
sshd_new login "SetEnv HOME=$scratch/there SLURM_CONF=$SLURM_CONF $sizes"
ssh_know "$(port_of login)"
ssh_host login "$(port_of login)"
sed 's/name: cloudmask-slurm/name: behind-ssh/; s/^    kind: local$/    kind: ssh\n    host: login/' cloudmask-slurm.yaml >behind-ssh.yaml
[ "$(grep -c 'host: login' behind-ssh.yaml)" -eq 1 ] || fail "the copy for ssh"
"$dagtop" run behind-ssh.yaml </dev/null >"$scratch/output" 2>&1 || fail "run behind ssh"
follows behind-ssh.yaml behind-ssh "$scratch/there"
[ ! -e "$HOME/experiment/behind-ssh" ] || fail "behind-ssh ran here too"
echo "cloudmask-slurm: by run, through the dashboard, and behind ssh"

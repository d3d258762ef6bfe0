#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Several workflows in one dashboard: a folder of them becomes a list, each opens and gives the screen back.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/terminal/tmux_lib.sh
. "${top_srcdir:?}/tests/terminal/tmux_lib.sh"

mkdir "$scratch/many"
for name in alpha beta; do
    printf 'workflow:\n  name: %s\n  nodes:\n    %s-1: {exec: "true"}\n    %s-2: {exec: "true"}\n  dependencies: ["%s-1,%s-2"]\n' \
        $name $name $name $name $name >"$scratch/many/$name.yaml"
done
printf 'workflow: [\n' >"$scratch/many/broken.yaml"
"$dagtop" run "$scratch/many/beta.yaml" >/dev/null 2>&1 || fail "beta does not run"

open_terminal 100 24
keys "'$dagtop' '$scratch/many'" Enter
wait_screen '3 workflows'
wait_screen 'beta  *done .*100%'
wait_screen 'broken.yaml .*mistakes'
keys Enter
wait_screen 'alpha-1'
keys S
wait_screen 'Drive this workflow?'
keys y
wait_screen 'driving'
wait_screen 'D 2 .*100%'
keys BSpace
wait_screen '3 workflows'
wait_screen 'alpha  *done .*100%'
keys G Enter
wait_screen '3 workflows'
keys k Enter
wait_screen 'beta-1'
keys Q
wait_screen 'prompt>'
keys "clear; '$dagtop' '$scratch/many/alpha.yaml' '$scratch/none.yaml' '$scratch/many'" Enter
wait_screen '4 workflows'
wait_screen 'none.yaml .*No such file'
wait_screen 'beta  *done .*100%'
process=$(pgrep -n -x dagtop)
[ "$(pgrep -c -P "$process")" -eq 1 ] || {
    pgrep -a -P "$process"
    fail "the workflows of a list do not share one shell of this machine"
}
keys Q
wait_screen_without '4 workflows'
echo "a file that is named twice stands in the list once, and one shell is for all"
keys "clear; '$dagtop' '$scratch/many/alpha.yaml' '$scratch/many/beta.yaml'" Enter
wait_screen '2 workflows'
keys Q
wait_screen_without '2 workflows'
echo "a list of workflows: opened, driven, left"

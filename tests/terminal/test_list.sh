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
keys "clear; '$dagtop' --mouse '$scratch/many/alpha.yaml' '$scratch/none.yaml' '$scratch/many'" Enter
wait_screen '4 workflows'
wait_screen 'none.yaml .*No such file'
wait_screen 'beta  *done .*100%'
process=$(pgrep -n -x dagtop)
[ "$(pgrep -c -P "$process")" -eq 1 ] || {
    pgrep -a -P "$process"
    fail "the workflows of a list do not share one shell of this machine"
}
title_is() {
    [ "$(terminal display-message -p '#{pane_title}')" = "$1" ]
}
wait_for 10 title_is 'dagtop: 4 workflows' || fail "the title is not that of the list"
keys Enter
wait_screen 'alpha-1'
wait_for 10 title_is 'alpha: 2 of 2 done' || fail "the title is not that of the workflow"
keys BSpace
wait_screen '4 workflows'
wait_for 10 title_is 'dagtop: 4 workflows' || fail "the title of the list does not come back"
# SGR coordinates begin at 1: the row of beta, then the wheel.
row=$(screen | grep -n 'beta  ' | cut -d: -f1)
keys -l "$(printf '\033[<0;10;%sM\033[<0;10;%sm' "$row" "$row")"
wait_screen '▸ beta'
keys -l "$(printf '\033[<64;10;%sM' "$row")"
wait_screen_without '▸ beta'
keys '?'
wait_screen 'has all keys'
keys C-z
wait_screen 'Stopped\|suspended'
keys fg Enter
wait_screen '4 workflows'
keys Q
wait_screen_without '4 workflows'
echo "a file that is named twice stands in the list once, and one shell is for all"
keys "clear; '$dagtop' '$scratch/many/alpha.yaml' '$scratch/many/beta.yaml'" Enter
wait_screen '2 workflows'
keys Q
wait_screen_without '2 workflows'

# Every workflow of the list tells of its end, once, whether it is open or not.
mkdir -p "$scratch/waiting" "$HOME/.config/dagtop"
# shellcheck disable=SC2016
printf 'on_done: "echo $DAGTOP_NODE >>%s/ended"\non_end: "echo $DAGTOP_WORKFLOW $DAGTOP_STATE >>%s/ended"\n' "$scratch" \
    "$scratch" >"$HOME/.config/dagtop/config.yaml"
for name in gamma delta; do
    printf 'workflow:\n  name: %s\n  nodes:\n    %s-1: {exec: "until [ -e %s/gate ]; do sleep 0.1; done"}\n' $name $name \
        "$scratch" >"$scratch/waiting/$name.yaml"
    "$dagtop" run "$scratch/waiting/$name.yaml" >/dev/null 2>&1 &
done
keys "clear; '$dagtop' '$scratch/waiting'" Enter
wait_screen 'delta  *running'
wait_screen 'gamma  *running'
keys Enter
wait_screen 'R delta-1'
touch "$scratch/gate"
all_have_told() {
    [ -e "$scratch/ended" ] && [ "$(wc -l <"$scratch/ended")" -eq 4 ]
}
wait_for 60 all_have_told || fail "not every workflow has told of its end: $(cat "$scratch/ended")"
keys BSpace
wait_screen 'gamma  *done'
keys Enter
wait_screen 'D delta-1'
[ "$(sort "$scratch/ended" | tr '\n' ,)" = 'delta done,delta-1,gamma done,gamma-1,' ] ||
    fail "told otherwise: $(cat "$scratch/ended")"
keys Q
wait_screen_without 'delta-1'
echo "a list of workflows: opened, driven, left"

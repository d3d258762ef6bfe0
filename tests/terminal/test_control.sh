#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The dashboard as a control surface on a real terminal: other programs get the terminal and give it back, what was
# looked at is kept, the mouse selects, a recording shows the same again, and the commands hosts, shell and replay work.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/terminal/tmux_lib.sh
. "${top_srcdir:?}/tests/terminal/tmux_lib.sh"

make_workflow 2 2 0.1
cat >"$scratch/step.sh" <<'END'
#!/bin/sh
echo first version
END
cat >>"$workflow" <<'END'
END
sed -i 's/^  dependencies:/    zz:\n      script: step.sh\n  dependencies:/' "$workflow"
"$dagtop" run "$workflow" >/dev/null 2>&1 || fail "the workflow does not run"

cat >"$scratch/editor" <<'END'
#!/bin/sh
printf 'editing %s\n' "$1" >"$(dirname "$0")/edited"
sed -i 's/first/second/' "$1"
END
cat >"$scratch/pager" <<'END'
#!/bin/sh
cat "$1"
echo "this is the pager"
read -r line
END
chmod +x "$scratch/editor" "$scratch/pager"

open_terminal 100 30
keys "EDITOR='$scratch/editor' PAGER='$scratch/pager' SHELL=/bin/sh '$dagtop' --mouse --record='$scratch/record' '$workflow'" Enter
wait_screen 'D 5'
keys G
wait_screen '▸ ✔ D zz'
wait_screen '^first version'
wait_screen 'watching   *recording'

keys 3 p
wait_screen 'this is the pager'
keys x Enter
wait_screen '1 Nodes'
echo "pager: the terminal is handed over and taken back"

keys t
wait_screen '^prompt>$'
keys 'pwd' Enter
wait_screen "^$HOME/experiment/tally/zz"
keys C-c
wait_screen '\^C'
keys 'exit 3' Enter
wait_screen '1 Nodes'
echo "shell: it begins in the node's directory, and Ctrl-C is its own"

keys E
wait_screen 'What was changed in the script'
wait_screen '+ echo second version'
keys Enter
wait_screen 'Resubmit zz?'
keys y
wait_screen 'attempt 2'
wait_for 10 grep -q 'second version' "$HOME/experiment/tally/zz/zz.log" || fail "the edited script did not run"
wait_screen 'D 5'
echo "edit: the difference is shown, and the new attempt runs it"

keys : 
wait_screen 'resubmit  *make new attempts'
keys -l 'filter n1'
keys Enter
wait_screen '/n1  2 of 5'
# A click on the second row (SGR coordinates begin at 1: row 6, column 10).
keys -l "$(printf '\033[<0;10;6M\033[<0;10;6m')"
wait_screen '▸ ✔ D n1-2'
echo "mouse: a click selects"

title_is_set() {
    [ "$(terminal display-message -p '#{pane_title}')" = "tally: 5 of 5 done" ]
}
wait_for 10 title_is_set || fail "the title is not set"
keys Q
wait_screen_without '1 Nodes'
keys "clear; '$dagtop' '$workflow'" Enter
wait_screen '/n1  2 of 5'
keys Q
wait_screen_without '1 Nodes'
echo "the filter is kept"

"$dagtop" replay "$scratch/record" >"$scratch/output" || fail "replay"
grep -q 'asked: zz: start attempt 2' "$scratch/output" || fail "the recording lacks what was asked"
grep -q 'node zz done' "$scratch/output" || fail "the recording lacks a state"
"$dagtop" replay "$scratch/record" --at=0s | grep -q '1 Nodes' || fail "the recording has no screen"
keys "clear; '$dagtop' replay '$scratch/record'" Enter
wait_screen 'playing.*Space pause'
keys G
wait_screen 'ended '
wait_screen '/n1  2 of 5'
keys N
wait_screen 'paused .*node zz done'
wait_screen_without '/n1  2 of 5'
keys h
wait_screen 'paused .*Space pause'
keys '?'
wait_screen 'paused .*g G begin'
keys g
keys q
wait_screen_without 'Space pause'
echo "replay: the same screens"

"$dagtop" hosts "$workflow" | grep -q '^localhost: ready' || fail "hosts"
"$dagtop" hosts "$workflow" --format=json | grep -q '"state": "ready"' || fail "hosts as JSON"
# shellcheck disable=SC2016 # for the other shell
printf '%s\n' 'echo "in $PWD"' | SHELL=/bin/sh "$dagtop" shell "$workflow" zz | grep -q "in $HOME/experiment/tally/zz" ||
    fail "shell"
"$dagtop" shell "$workflow" 'n1-*' 2>/dev/null && fail "a shell for two nodes"
echo "hosts and shell"

keys "clear; EDITOR='$scratch/editor' '$dagtop' --read-only '$workflow'" Enter
wait_screen 'D 5'
screen_lacks 'S does' || fail "the header of a dashboard that only reads offers to drive"
rm -f "$scratch/edited"
keys Escape
wait_screen '5 nodes'
keys G E
wait_screen 'Read only: nothing can be changed from here'
[ ! -e "$scratch/edited" ] || fail "read only, and a script can be edited"
keys Q
wait_screen_without '1 Nodes'
echo "read only: scripts too"

mkdir -p "$HOME/.config/dagtop"
printf 'keys:\n  S: help\n' >"$HOME/.config/dagtop/config.yaml"
"$dagtop" --headless=80x24 --script=/dev/null "$workflow" 2>"$scratch/output" && fail "a conflict of keys is taken"
grep -q 'config.yaml:2:.*key S is drive already' "$scratch/output" || fail "the conflict has no line"
# shellcheck disable=SC2016 # for the other shell
printf 'armed: ask\nkeys: {Alt-x: cancel}\non_failed: "echo $DAGTOP_NODE $DAGTOP_STATE >>%s/hooks"\n' "$scratch" \
    >"$HOME/.config/dagtop/config.yaml"
sed -i 's/second version/third; exit 7/' "$scratch/step.sh"
sed -i 's/echo third; exit 7/exit 7/' "$scratch/step.sh"
keys "clear; '$dagtop' '$workflow'" Enter
wait_screen 'not armed'
wait_screen 'D 5'
keys Escape
wait_screen '5 nodes'
keys G r
wait_screen 'Arm this dashboard?'
keys y r
wait_screen 'Resubmit zz?'
keys y
wait_screen 'F zz'
wait_for 10 grep -q '^zz failed$' "$scratch/hooks" || fail "the hook did not run"
echo "armed, and a hook of the config file"
keys Q
wait_screen_without '1 Nodes'

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The dashboard on a real terminal: it opens, drives, resizes, stops and goes on, and leaves the terminal as it was.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/terminal/tmux_lib.sh
. "${top_srcdir:?}/tests/terminal/tmux_lib.sh"

make_workflow 3 2 0.2
open_terminal 80 24

keys "'$dagtop' --drive '$workflow'" Enter
wait_screen 'n1-1'
wait_screen 'D 6 .*100%' 60
echo "driven to the end at 80x24"

terminal resize-window -x 200 -y 60
wait_for 20 sh -c "[ \"\$(tmux -L dagtop-test capture-pane -p | wc -l)\" -ge 59 ]" || fail "not resized"
wait_screen 'n3-2'
for size in "20 5" "1 1" "7 40" "80 24"; do
    # shellcheck disable=SC2086 # two words
    set -- $size
    terminal resize-window -x "$1" -y "$2"
done
wait_screen 'n1-1'
echo "resized to 200x60, 20x5, 1x1, 7x40 and back"

keys '?'
wait_screen 'help\|Help'
keys q
wait_screen 'n1-1'

keys C-z
wait_screen 'prompt>.*$\|Stopped\|suspended'
keys 'fg' Enter
wait_screen 'n1-1'
echo "stopped and continued"

keys Q
wait_screen_without 'Log n'
keys ' echo left with $?' Enter
wait_screen 'left with 0'
screen_shows 'n3-2.*done' && fail "the dashboard is still on the screen"
echo "left the terminal as it was"
tally_is 6 1 || fail "tally"

# Ended by a signal: the terminal is restored too, and jobs run on.
make_workflow 1 1 3
rm -rf "$HOME/experiment" && : >"$TALLY"
for signal in TERM HUP; do
    keys "clear; '$dagtop' --drive '$workflow'; echo left by $signal" Enter
    wait_screen 'n1-1'
    wait_for 20 test -s "$TALLY" || fail "the job does not start"
    kill "-$signal" "$(pgrep -f "$dagtop --drive $workflow" | head -n 1)" || fail "no dashboard to end"
    wait_screen "left by $signal"
done
"$dagtop" wait "$workflow" --timeout=60s || fail "the job did not survive its dashboard: $?"
tally_is 1 1 || fail "tally after signals"
echo "SIGTERM and SIGHUP restore the terminal and leave the job running"

# The terminal goes away.
make_workflow 1 2 2
rm -rf "$HOME/experiment" && : >"$TALLY"
keys "'$dagtop' --drive '$workflow'" Enter
wait_for 20 test -s "$TALLY" || fail "the jobs do not start"
dashboard=$(pgrep -f "$dagtop --drive $workflow" | head -n 1)
terminal kill-server
wait_for 20 sh -c "! kill -0 $dashboard 2>/dev/null" || fail "the dashboard outlives its terminal"
"$dagtop" wait "$workflow" --timeout=60s || fail "the jobs did not survive the terminal: $?"
tally_is 2 1 || fail "tally after the terminal went"
echo "closing the terminal ends the dashboard, not the jobs"

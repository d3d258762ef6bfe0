#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad days of a dashboard: hooks that hang, editors that are missing, crash or are stopped, a full disk under a recording,
# a megabyte pasted into a prompt, a storm of sizes, terminals of every kind, and one that stops reading.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/terminal/tmux_lib.sh
. "${top_srcdir:?}/tests/terminal/tmux_lib.sh"

small=$scratch/small
end_all() {
    terminal kill-server 2>/dev/null
    while mountpoint -q "$small" 2>/dev/null; do umount "$small" 2>/dev/null || sleep 0.1; done
    clean_up
}
trap end_all EXIT

workflow=$scratch/bad.yaml
cat >"$workflow" <<END
workflow:
  name: bad
  nodes:
    fails: {exec: 'exit 3'}
    waits: {exec: 'until [ -e $scratch/go ]; do sleep 0.1; done; echo went >>$TALLY'}
    edits: {script: step.sh}
END
printf '#!/bin/sh\necho first\n' >"$scratch/step.sh"
chmod +x "$scratch/step.sh"
mkdir -p "$HOME/.config/dagtop"

is_gone() {
    ! kill -0 "$(cat "$1")" 2>/dev/null
}

# A hook that hangs holds up nothing, and is stopped with all that it has begun.
# shellcheck disable=SC2016 # for the hook's shell
{
    printf 'on_failed: "echo $$ >%s/hook; sleep 1000 & echo $! >%s/hook-child; wait"\n' "$scratch" "$scratch"
    printf 'on_done: "echo $DAGTOP_NODE $DAGTOP_STATE >>%s/done"\nbell: all\n' "$scratch"
} >"$HOME/.config/dagtop/config.yaml"
open_terminal 100 24
keys "'$dagtop' --drive '$workflow'" Enter
wait_screen '✘ F fails'
wait_for 20 test -s "$scratch/hook-child" || fail "the hook did not run"
keys '?'
wait_screen 'one row down'
keys q
touch "$scratch/go"
wait_screen '✔ D waits'
wait_for 10 grep -qx 'waits done' "$scratch/done" || fail "the other hook did not run"
is_gone "$scratch/hook" && fail "the hook has ended too early to show anything"
wait_screen 'took over 10 s' 30
wait_for 10 is_gone "$scratch/hook-child" || fail "what the hook has begun goes on"
keys Q
wait_screen 'prompt>'
rm "$HOME/.config/dagtop/config.yaml"
echo "a hook that hangs is stopped; keys and jobs went on"

# Editors: one that does not exist, one that crashes, one that is stopped and continued.
printf '#!/bin/sh\nkill -SEGV $$\n' >"$scratch/crashes"
# shellcheck disable=SC2016 # for the other shell
printf '#!/bin/sh\necho "this is the editor"\nread -r line\nprintf "#!/bin/sh\\necho second\\n" >"$1"\n' >"$scratch/waits"
chmod +x "$scratch/crashes" "$scratch/waits"
for editor in "$scratch/nowhere" "$scratch/crashes"; do
    keys "clear; EDITOR='$editor' '$dagtop' '$workflow'" Enter
    wait_screen '3 nodes'
    keys G E
    wait_screen 'no such file\|did not run\|signal\|ended with\|failed'
    wait_screen '3 nodes'
    screen_shows 'What was changed' && fail "an editor that did not work has changed something"
    keys '?'
    wait_screen 'one row down'
    keys q Q
    wait_screen 'prompt>'
done
keys "clear; EDITOR='$scratch/waits' '$dagtop' '$workflow'" Enter
wait_screen '3 nodes'
keys G
# Its log: the host has answered, so that an attempt can be prepared.
wait_screen '^first'
keys E
wait_screen 'this is the editor'
keys C-z
wait_screen 'Stopped\|suspended'
keys 'echo in the''-shell' Enter
wait_screen '^in the-shell'
keys fg Enter
wait_screen 'waits\|fg'
keys x Enter
wait_screen 'What was changed in the script'
wait_screen '+ echo second'
keys n Q
wait_screen 'prompt>'
echo "an editor that is missing, crashes, or is stopped and continued"

# The disk under the recording is full: told once, and the dashboard goes on.
mkdir "$small"
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=32k none "$small" 2>/dev/null; then
    keys "clear; '$dagtop' --record='$small/record' '$workflow'" Enter
    wait_screen '3 nodes'
    head -c 100000 /dev/zero >"$small/filler" 2>/dev/null
    # What is recorded next may be an observation, before any key; each key takes the message away that was there.
    for key in '' '?' q '?' q '?' q '?' q; do
        [ -z "$key" ] || keys "$key"
        wait_for 4 screen_shows 'The recording has ended' && break
    done
    screen_shows 'The recording has ended' || fail "nobody is told that the disk is full"
    keys q 2
    wait_screen '2 Graph'
    keys Q
    wait_screen 'prompt>'
    rm "$small/filler"
    "$dagtop" replay "$small/record" >/dev/null || fail "what was recorded cannot be shown"
    umount "$small"
    echo "a full disk ends the recording, not the dashboard; what there is can be replayed"
else
    echo "no tmpfs can be mounted here: a full disk was not tried"
fi

# A megabyte pasted into a prompt is too long for it, and told so; it is never taken for keys.
rm -rf "$HOME/experiment" "$scratch/go"
: >"$TALLY"
awk 'BEGIN { for (i = 0; i < 65536; i++) printf "SyRyQ?x\r\ny SyQ.\r" }' >"$scratch/pasted"
keys "clear; '$dagtop' '$workflow'" Enter
wait_screen '3 nodes'
keys /
wait_screen 'Enter keeps'
terminal load-buffer "$scratch/pasted"
begin=$(date +%s)
terminal paste-buffer -p
wait_screen 'too long for a prompt'
keys w a i
wait_screen 'Filter /wai'
wait_screen '1 of 3'
keys Escape
wait_screen '3 nodes' 30
screen_shows 'Drive this\|driving' && fail "pasted text was taken for keys"
keys '?'
wait_screen 'one row down' 30
echo "a megabyte into a prompt: answered again after $(($(date +%s) - begin)) s at most"
keys q
# Without a prompt it is nothing at all.
terminal paste-buffer -p
wait_screen 'never taken for keys' 30
screen_shows 'Drive this' && fail "pasted text was taken for keys"
keys Q
wait_screen 'prompt>'
[ ! -s "$TALLY" ] || fail "pasted text has started a node"

# A storm of sizes while keys come.
keys "clear; '$dagtop' '$workflow'" Enter
wait_screen '3 nodes'
for round in 1 2 3 4 5 6 7 8; do
    for size in "10 3" "80 24" "3 1" "200 60" "40 12" "11 50" "120 2"; do
        # shellcheck disable=SC2086 # two words
        set -- $size
        terminal resize-window -x "$1" -y "$2"
        keys j z
    done
    [ "$round" -ne 4 ] || keys 2 + -
done
terminal resize-window -x 100 -y 24
keys 1 g
screen_is_whole() {
    screen_shows '1 Nodes' && screen_shows 'Quit'
}
wait_for 20 screen_is_whole || { screen; fail "the screen is broken after a storm of sizes"; }
keys Q
wait_screen 'prompt>'
echo "a storm of 56 sizes"

# Every kind of terminal shows it and gets its screen back; those that cannot, say so and what else there is.
for kind in vt100 linux xterm-256color screen-256color tmux-256color; do
    infocmp "$kind" >/dev/null 2>&1 || { echo "$kind: no such entry on this machine"; continue; }
    # Some leave on the screen what they have drawn.
    keys clear Enter
    wait_screen_without 'Nodes\|one row down\|left'
    keys "TERM=$kind '$dagtop' '$workflow'; echo left $kind with \$?" Enter
    wait_screen '1 Nodes'
    keys '?'
    wait_screen 'one row down'
    keys q Q
    wait_screen "^left $kind with 0"
done
for kind in dumb no-such-terminal ''; do
    keys clear Enter
    wait_screen_without 'left'
    keys "TERM=$kind '$dagtop' '$workflow'; echo left $kind with \$?" Enter
    wait_screen "^left $kind *with 2"
    wait_screen 'dagtop status'
    screen_shows '1 Nodes' && fail "TERM=$kind shows a dashboard"
done
"$dagtop" "$workflow" </dev/null >"$scratch/output" 2>&1 && fail "a pipe is taken for a terminal"
grep -q 'dagtop status' "$scratch/output" || fail "no word on what to do without a terminal: $(cat "$scratch/output")"
echo "kinds of terminals"

# A terminal that stops reading: what is driven goes on, and when it reads again the screen is right.
if command -v python3 >/dev/null; then
    rm -rf "$HOME/experiment"
    : >"$TALLY"
    touch "$scratch/go"
    python3 "$top_srcdir/tests/terminal/stopped_terminal.py" "$TALLY" "$dagtop" --drive "$workflow" ||
        fail "a terminal that does not read holds something up"
    echo "a terminal that has stopped reading"
fi

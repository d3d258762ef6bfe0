#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What jobs and files say is text: no escape sequence of theirs reaches the terminal, by any command. And logs that are
# truncated, removed, huge, or one endless line while they are followed: shown as they are, with little memory.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/terminal/tmux_lib.sh
. "${top_srcdir:?}/tests/terminal/tmux_lib.sh"

# Every attack carries 31337, so that it can be seen whether it was shown, and as what.
attack='\033]0;31337\007\033[31337m\033c\033P31337\033\\\033[?31337h\23331337m\302\23331337m\rcr31337\bbs\016so\000nul31337\377\376\300\200'
workflow=$scratch/hostile.yaml
cat >"$workflow" <<'END'
workflow:
  name: hostile
  nodes:
    loud:
      script: loud.sh
      label: "label \e]0;31337\a\e[31337m {loss} {msg} \u009b31337m \u202e31337"
      colour: "\e[31337mattribute"
    talks: {script: talks.sh}
    fails: {exec: "printf '\\033[31337mfails 31337\\n' >&2; exit 3"}
END
cat >"$scratch/loud.sh" <<END
#!/bin/sh
printf 'log $attack\n'
printf '# cloudmesh status=running progress=40 loss="$attack" msg="$attack"\n'
printf '# cloudmesh status=\033[31337mrunning x\033]0;31337\007y=1\n'
END
cat >"$scratch/talks.sh" <<'END'
#!/bin/sh
echo "first words"
while [ ! -e "$HOME/go" ]; do sleep 0.1; done
END

# no_attack FILE: none of the sequences is among the bytes that the terminal got.
no_attack() {
    LC_ALL=C awk -v RS='\001' '
        /\033\]0;31337/ || /\033\[31337/ || /\033\[\?31337/ || /\033P31337/ || /\23331337/ || /\302\23331337/ { bad = 1 }
        /\300\200/ || /\000/ || /\033c/ || /\342\200\256/ { bad = 1 }
        END { exit bad }' "$1" || fail "an escape sequence has reached the terminal ($1)"
    grep -q 31337 "$1" || fail "the attack was not shown at all ($1)"
}

open_terminal 120 30
# From here on all bytes that programs write to this terminal are kept.
record() {
    terminal pipe-pane "cat >'$scratch/$1'"
}
stop_recording() {
    terminal pipe-pane
}

record run
keys "clear; '$dagtop' run '$workflow' loud fails; echo the''-end" Enter
wait_screen '^the-end' 40
stop_recording
grep -q 'loud done' "$scratch/run" || fail "loud did not run"
record table
keys "clear; '$dagtop' status '$workflow'; '$dagtop' log '$workflow' loud; '$dagtop' log '$workflow' fails; echo the''-end" Enter
wait_screen '^the-end'
stop_recording
no_attack "$scratch/table"
record dashboard
keys "clear; '$dagtop' --drive '$workflow'" Enter
wait_screen 'loud.*label'
keys g
wait_screen 'Log .*loud\|Log .*fails'
keys / l o u d Enter
wait_screen 'bs.*nul31337'
keys Enter
wait_screen 'attribute'
keys q Escape
wait_screen 'talks.*R\|R talks\|talks'
stop_recording
no_attack "$scratch/dashboard"
echo "no escape sequence has reached the terminal"

# The log that the dashboard follows.
log=$HOME/experiment/hostile/talks/.dagtop/1/log
keys / t a l k s Enter
wait_screen 'first words'
# Shorter than what was read, as after every truncation until much is written again.
echo shorter >"$log"
wait_screen '^shorter'
wait_screen_without 'first words'
echo "and more words" >>"$log"
wait_screen '^and more words'
rm "$log"
echo other >"$log"
wait_screen '^other'
wait_screen_without 'shorter'
echo "truncated and removed: followed again"

resident() {
    # shellcheck disable=SC2046 # one number
    awk '/^VmHWM/ { print $2 }' /proc/$(dashboard_process)/status
}
dashboard_process() {
    ps -A -o pid= -o args= | awk -v workflow="$workflow" '$2 ~ /dagtop$/ && index($0, workflow) && $3 == "--drive" { print $1 }'
}
if [ -r /proc/self/status ]; then
    before=$(resident)
    # A sparse gigabyte, a line of 100 MB, and then words.
    truncate -s 1G "$log"
    head -c 100000000 /dev/zero | tr '\0' x >>"$log"
    printf '\nafter the endless line\n# cloudmesh status=running progress=77\n' >>"$log"
    wait_screen 'after the endless line' 60
    wait_screen '77' 60
    after=$(resident)
    [ $((after - before)) -lt 20000 ] || fail "the dashboard grew by $((after - before)) KiB"
    "$dagtop" log "$workflow" talks --lines=2 >"$scratch/last" || fail "log --lines"
    grep -q '^after the endless line' "$scratch/last" || fail "log --lines prints something else"
    echo "a gigabyte and a line of 100 MB: $((after - before)) KiB more"
fi
true >"$HOME/go"
keys Q
wait_screen 'prompt>\|[sn]  \|s Stop'

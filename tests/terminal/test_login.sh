#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a host asks while somebody logs in: in the dashboard and on the terminal of a command; nothing typed is kept.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/sshd_lib.sh
. "${top_srcdir:?}/tests/integration/sshd_lib.sh"
# shellcheck source=tests/terminal/tmux_lib.sh
. "${top_srcdir:?}/tests/terminal/tmux_lib.sh"

end_all() {
    [ -z "${typing_process-}" ] || kill "$typing_process" 2>/dev/null
    close_terminal
}
trap end_all EXIT

"$top_builddir/tests/integration/typing_server" "$keys/server" >"$scratch/typing" 2>&1 &
typing_process=$!
wait_for 10 test -s "$scratch/typing" || fail "no server"
ssh_host menu "$(cat "$scratch/typing")" 'User menu' 'PubkeyAuthentication no'
cat >"$workflow" <<'END'
workflow:
  name: asking
  nodes:
    a: {exec: 'true', kind: ssh, host: menu}
END

open_terminal 100 30
keys "PATH='$PATH' '$dagtop' '$workflow' --record='$scratch/record'" Enter
wait_screen 'menu asks'
wait_screen 'SHA256'
keys Enter
wait_screen 'menu asks'
keys y
wait_screen 'Password:'
keys -l 'wrong-or-first'
keys C-u
keys -l 'first'
wait_screen 'not shown'
screen_shows 'first' && fail "the password is shown"
keys Enter
wait_screen 'Passcode or option'
keys -l '1'
keys Enter
wait_screen_without 'menu asks'
keys 4
wait_screen 'menu .*ready'
keys Q
wait_screen 'prompt>'
grep -rq 'first' "$HOME/.cache" "$HOME/.local" "$scratch/record" 2>/dev/null && fail "the password was kept"
echo "the dashboard asks one question after the other"

keys "clear; PATH='$PATH' '$dagtop' hosts '$workflow'" Enter
wait_screen '^Password:'
keys -l 'first'
keys Enter
wait_screen 'Passcode or option'
screen_shows 'first' && fail "the password is shown"
keys -l '1'
keys Enter
wait_screen '^menu: ready'
keys "clear; PATH='$PATH' '$dagtop' status '$workflow'" Enter
wait_screen '^Password:'
keys C-c
wait_screen 'prompt>$'
keys "clear; stty -a | grep -o ' echo '" Enter
wait_screen '^ echo'
echo "so does a command; interrupted, it leaves the terminal as it was"

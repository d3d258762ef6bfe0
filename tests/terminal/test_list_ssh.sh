#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Several workflows in one dashboard on one host: one connection for all of them, one login, and one again after a loss.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/sshd_lib.sh
. "${top_srcdir:?}/tests/integration/sshd_lib.sh"
# shellcheck source=tests/terminal/tmux_lib.sh
. "${top_srcdir:?}/tests/terminal/tmux_lib.sh"

end_all() {
    sshd_end_all
    [ -z "${typing_process-}" ] || kill "$typing_process" 2>/dev/null
    close_terminal
}
trap end_all EXIT
mkdir -p "$HOME/.config/dagtop" "$scratch/many"

# write_workflow NAME HOST [LINE]: three nodes; the second waits for a file.
write_workflow() {
    cat >"$scratch/many/$1.yaml" <<END
workflow:
  name: $1
  jobs: 8
  ${3-}
  nodes:
    first: {kind: ssh, host: $2, exec: 'echo $1-first >>$TALLY'}
    second: {kind: ssh, host: $2, exec: 'echo $1-second >>$TALLY; until [ -e $scratch/go ]; do sleep 0.1; done'}
    third: {kind: ssh, host: $2, exec: 'echo $1-third >>$TALLY'}
  dependencies: ['first,second,third']
END
}

connections() {
    grep -c '^Accepted publickey' "$keys/one.log"
}
tally_has() {
    [ "$(wc -l <"$TALLY")" -ge "$1" ]
}

sshd_new one
ssh_know "$(port_of one)"
ssh_host lab "$(port_of one)"
open_terminal 100 24
for way in libssh openssh; do
    printf 'hosts:\n  lab: {transport: %s}\n' "$way" >"$HOME/.config/dagtop/config.yaml"
    rm -rf "$scratch/there" "$scratch/go" "$HOME/.cache"
    mkdir "$scratch/there"
    : >"$TALLY"
    write_workflow alpha lab
    write_workflow beta lab
    write_workflow gamma lab "directory: $scratch/there/elsewhere"
    : >"$keys/one.log"
    keys "clear; PATH='$PATH' '$dagtop' --drive '$scratch/many'" Enter
    wait_screen '3 workflows'
    wait_for 30 tally_has 6 || fail "$way: not all have begun: $(cat "$TALLY")"
    [ "$(connections)" -eq 1 ] || fail "$way: $(connections) connections for three workflows"

    # The server loses them: one connection again, and nothing runs twice.
    # shellcheck disable=SC2046
    kill -KILL $(sshd_sessions one)
    touch "$scratch/go"
    wait_screen 'alpha .*done .*100%' 60
    wait_screen 'beta .*done .*100%' 60
    wait_screen 'gamma .*done .*100%' 60
    tally_is 9 1 || fail "$way: $(cat "$TALLY")"
    [ "$(connections)" -eq 2 ] || fail "$way: $(connections) connections, where one was lost once"
    [ -s "$scratch/there/elsewhere/gamma/third/.dagtop/1/exit" ] || fail "$way: gamma did not run in its own directory"

    # One workflow opened, left, another one opened: the same connection.
    keys Enter
    wait_screen 'first'
    keys 4
    wait_screen 'lab .*ready'
    keys BSpace
    wait_screen '3 workflows'
    [ "$(connections)" -eq 2 ] || fail "$way: opening a workflow has made a connection"
    keys Q
    wait_screen 'prompt>'
    echo "$way: three workflows, one connection; one again after it was lost"
done
rm -f "$scratch"/many/*

"$top_builddir/tests/integration/typing_server" "$keys/server" >"$scratch/typing" 2>&1 &
typing_process=$!
wait_for 10 test -s "$scratch/typing" || fail "no server"
ssh_know "$(cat "$scratch/typing")"
ssh_host menu "$(cat "$scratch/typing")" 'User menu' 'PubkeyAuthentication no'
rm -f "$HOME/.config/dagtop/config.yaml"
write_workflow alpha menu
write_workflow beta menu
keys "clear; PATH='$PATH' '$dagtop' '$scratch/many'" Enter
wait_screen '2 workflows'
keys Enter
wait_screen 'menu asks'
# Given up here, it is given up for both; asked for again in one, it is there for both.
keys Escape
wait_screen_without 'menu asks'
keys BSpace
wait_screen '2 workflows'
keys j Enter
wait_screen 'first'
keys 4
wait_screen 'menu .*needs login'
keys l
wait_screen 'Password:'
keys -l 'first'
keys Enter
wait_screen 'Passcode or option'
keys -l '1'
keys Enter
wait_screen 'menu .*ready'
keys BSpace
wait_screen '2 workflows'
keys g Enter
wait_screen 'first'
keys 4
wait_screen 'menu .*ready'
keys Q
wait_screen 'prompt>'
echo "a login in one workflow counts for the others"

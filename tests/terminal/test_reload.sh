#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The workflow's file is replaced while a dashboard drives it over ssh: the header says so by itself, U reads it anew, the
# connection stays, and nothing runs twice.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/sshd_lib.sh
. "${top_srcdir:?}/tests/integration/sshd_lib.sh"
# shellcheck source=tests/terminal/tmux_lib.sh
. "${top_srcdir:?}/tests/terminal/tmux_lib.sh"

end_all() {
    sshd_end_all
    close_terminal
}
trap end_all EXIT
mkdir -p "$HOME/.config/dagtop"

# write_file NODE...: those nodes between first and last, which all run until the file go is there.
write_file() {
    printf 'workflow:\n  name: tally\n  jobs: 8\n  directory: %s\n  nodes:\n' "$scratch/there" >"$scratch/new"
    for node in first "$@" last; do
        printf "    %s: {kind: ssh, host: lab, exec: 'echo %s >>%s; until [ -e %s/go ]; do sleep 0.1; done'}\n" \
            "$node" "$node" "$TALLY" "$scratch" >>"$scratch/new"
    done
    printf '  dependencies: [[first, last]]\n' >>"$scratch/new"
}
connections() {
    grep -c '^Accepted publickey' "$keys/one.log"
}
tally_has() {
    [ "$(wc -l <"$TALLY")" -eq "$1" ]
}

sshd_new one
ssh_know "$(port_of one)"
ssh_host lab "$(port_of one)"
open_terminal 100 24
for way in libssh openssh; do
    printf 'hosts:\n  lab: {transport: %s}\n' "$way" >"$HOME/.config/dagtop/config.yaml"
    rm -rf "$scratch/go" "$HOME/.cache" "$scratch/there"
    mkdir "$scratch/there"
    : >"$TALLY"
    : >"$keys/one.log"
    write_file one two
    mv "$scratch/new" "$workflow"
    cp "$workflow" "$scratch/kept"
    keys "clear; PATH='$PATH' '$dagtop' --drive '$workflow'" Enter
    wait_for 30 tally_has 3 || fail "$way: not all have begun: $(cat "$TALLY")"
    wait_screen 'R 3'

    # Another text is seen by itself, and the old one again.
    write_file one three four
    mv "$scratch/new" "$workflow"
    wait_screen 'file changed, U reads it anew'
    cp "$scratch/kept" "$scratch/new"
    mv "$scratch/new" "$workflow"
    wait_screen_without 'file changed'
    rm "$workflow"
    wait_screen 'its file is gone'
    screen_shows 'two' || fail "$way: what the file said is not shown any more"

    write_file one three four
    mv "$scratch/new" "$workflow"
    wait_screen 'file changed, U reads it anew'
    keys U
    wait_screen 'Drive on with the changed file'
    screen_shows '2 nodes are new, 1 node is gone; the run of two goes on' || fail "$way: not what changes: $(screen)"
    keys y
    wait_screen 'driving'
    wait_for 30 tally_has 5 || fail "$way: the new nodes have not begun: $(cat "$TALLY")"
    wait_screen 'R 4'
    [ "$(connections)" -eq 1 ] || fail "$way: $(connections) connections"
    touch "$scratch/go"
    wait_screen 'tally .*done .*driving'
    tally_is 6 1 || fail "$way: $(cat "$TALLY")"
    [ "$(connections)" -eq 1 ] || fail "$way: $(connections) connections"
    wait_for 20 test -s "$scratch/there/tally/two/.dagtop/1/exit" || fail "$way: the run that left the file did not end"
    keys Q
    wait_screen 'prompt>'
    echo "$way: read anew while driving, one connection, each node once"
done

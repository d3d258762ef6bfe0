#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What answers behind a login: other login shells, noisy and broken files of theirs, forced commands, rekeying, sshd that
# is stopped, killed or full.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/sshd_lib.sh
. "${top_srcdir:?}/tests/integration/sshd_lib.sh"
# shellcheck source=tests/integration/probe_lib.sh
. "${top_srcdir:?}/tests/integration/probe_lib.sh"
trap 'sshd_end_all; clean_up' EXIT
# login_by NAME COMMAND: a server where the login shell is this command: it is given what a login shell would be.
login_by() {
    {
        echo '#!/bin/sh'
        # shellcheck disable=SC2016
        echo "$2"
    } >"$scratch/shell-$1"
    chmod +x "$scratch/shell-$1"
    sshd_new "$1" "ForceCommand $scratch/shell-$1"
    ssh_know "$(port_of "$1")"
    ssh_host "$1" "$(port_of "$1")"
}

mkdir -p "$scratch/there/.config/fish"
echo 'echo "fish says hello"; echo "and @@ more"' >"$scratch/there/.config/fish/config.fish"
echo 'echo "csh says hello"; echo "broken `"' >"$scratch/there/.cshrc"
# shellcheck disable=SC2016 # the scripts expand these
{
    login_by plain 'exec sh -c "$SSH_ORIGINAL_COMMAND"'
    login_by noisy 'head -c 300000 /dev/urandom; echo; echo bye >&2; exec bash -c "$SSH_ORIGINAL_COMMAND"'
    login_by fish 'exec fish -c "$SSH_ORIGINAL_COMMAND"'
    login_by tcsh 'exec tcsh -c "$SSH_ORIGINAL_COMMAND"'
    login_by forced 'echo "this account only says hello"'
    login_by nothing 'exit 1'
    login_by echoing 'exec cat'
    login_by hijacked 'exec tcsh -f'
    login_by endless 'exec cat /dev/zero'
}
for way in libssh openssh; do
    for shell in plain noisy fish tcsh; do
        [ "$shell" = noisy ] || [ "$shell" = plain ] || command -v "$shell" >/dev/null || continue
        about="$way: $shell"
        # shellcheck disable=SC2016 # the shell there expands it
        run_probe "$shell" "$way" 'echo "it'\''s $0 with $((40 + 2))"'
        says "^output it's .*sh with 42$"
        says_not 'says hello'
    done
    about="$way: forced commands"
    for shell in forced nothing; do
        run_probe "$shell" "$way" true
        says '^closed not supported.*forced'
        says_not '^opened'
    done
    about="$way: what is no shell"
    run_probe endless "$way" true
    says '^closed not supported'
    says_not '^opened'
done
about='what repeats its input is no shell'
run_probe echoing libssh true
says '^closed not supported'
command -v tcsh >/dev/null && {
    about='another shell takes over'
    run_probe hijacked libssh true
    says '^closed (not supported|system error|time ran out)'
    says_not '^opened'
}

about='rekeying in the middle of many bytes'
sshd_new rekeyed 'RekeyLimit 1M'
ssh_know "$(port_of rekeyed)"
ssh_host rekeyed "$(port_of rekeyed)" 'RekeyLimit 1M'
for way in libssh openssh; do
    run_probe rekeyed "$way" 'head -c 50000000 /dev/zero | tr "\\0" x | fold -w 1000; echo; echo after'
    says '^output after$'
    says '^bytes 50050006$'
done

about='a listener that never speaks'
python3 -c '
import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(5)
print(s.getsockname()[1], flush=True)
time.sleep(60)' >"$scratch/mute" &
mute=$!
wait_for 10 test -s "$scratch/mute" || fail "no listener"
ssh_host mute "$(cat "$scratch/mute")"
for way in libssh openssh; do
    run_probe mute "$way" true
    says '^closed (system error|connection lost|time ran out)'
    awk '$1 == "held" && $2 > 50 { exit 1 }' "$scratch/output" || fail "$about: the loop was held"
done
kill "$mute"

echo "shells, forced commands, rekeying"

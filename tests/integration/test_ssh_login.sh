#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Logins to a real sshd by both ways: keys, passphrases, certificates, unknown and changed host keys, what is refused.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/sshd_lib.sh
. "${top_srcdir:?}/tests/integration/sshd_lib.sh"
# shellcheck source=tests/integration/probe_lib.sh
. "${top_srcdir:?}/tests/integration/probe_lib.sh"
trap 'sshd_end_all; [ -z "${typing_process-}" ] || kill "$typing_process" 2>/dev/null; clean_up' EXIT
sshd_new one "Banner $scratch/banner"
printf 'Welcome \033[31mall\033[0m\n' >"$scratch/banner"
port=$(port_of one)
ssh_know "$port"
ssh_host lab1 "$port"

about='names that would be options'
run_probe -- "-oProxyCommand=touch $scratch/hacked" auto true
says '^closed not valid'
run_probe -- '-oProxyCommand=id' openssh true
says '^closed not valid'
run_probe -u '-oProxyCommand=id' lab1 auto true
says '^closed not valid'
run_probe "$(printf 'lab1\nlab2')" auto true
says '^closed not valid'
[ ! -e "$scratch/hacked" ] || fail "an option was taken for a host"

about='the way that is chosen'
# shellcheck disable=SC2016 # the shell there expands it
run_probe lab1 auto 'echo hello; echo $((6 * 7))'
says '^opened libssh$'
says '^output hello$'
says '^output 42$'
says '^closed .*exit code 0'

ssh-keygen -q -t ed25519 -N '' -C '' -f "$keys/stranger"
ssh-keygen -q -t ed25519 -N secret -C '' -f "$keys/locked"
cat "$keys/locked.pub" >>"$keys/authorized"
identity=$keys/stranger
ssh_host wrong "$port"
identity=$keys/user
identity=$keys/locked
ssh_host locked "$port"
identity=$keys/user
ssh_host unknown "$port" "UserKnownHostsFile $keys/known-none"
ssh_host strict "$port" "UserKnownHostsFile $keys/known-none" 'StrictHostKeyChecking yes'
ssh_host accepting "$port" "UserKnownHostsFile $keys/known-accepting" 'StrictHostKeyChecking accept-new'
ssh_host changed "$port" "UserKnownHostsFile $keys/known-changed" 'StrictHostKeyChecking no'
printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d ' ' -f 1-2 "$keys/stranger.pub")" >"$keys/known-changed"
ssh_host revoked "$port" "UserKnownHostsFile $keys/known-revoked"
printf '@revoked [127.0.0.1]:%s %s\n' "$port" "$(cut -d ' ' -f 1-2 "$keys/server.pub")" >"$keys/known-revoked"
fingerprint=$(ssh-keygen -lf "$keys/server.pub" | cut -d ' ' -f 2 | sed 's/[+]/[+]/g')

# A certificate: the key alone is not authorized.
ssh-keygen -q -t ed25519 -N '' -C '' -f "$keys/authority"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$keys/certified"
ssh-keygen -q -s "$keys/authority" -I test -n "$(id -un)" "$keys/certified.pub" 2>/dev/null
printf 'cert-authority %s\n' "$(cat "$keys/authority.pub")" >>"$keys/authorized"
identity=$keys/certified
ssh_host certified "$port"
identity=$keys/user

for way in libssh openssh; do
    about="$way: a login"
    run_probe lab1 "$way" 'echo hello; wc -c </dev/null'
    says "^opened $way, because the config file says so$"
    says '^output hello$'
    says_not '^question'

    about="$way: a wrong key"
    run_probe wrong "$way" true
    says '^closed refused'
    says_not '^(opened|question)'

    about="$way: a passphrase"
    run_probe locked "$way" 'echo in' secret
    says '^question secret .*locked'
    says '^output in$'
    about="$way: a wrong passphrase, then the right one"
    run_probe locked "$way" 'echo in' wrong secret
    says '^output in$'
    about="$way: nobody knows the passphrase"
    run_probe locked "$way" 'echo in' -
    says '^closed cancelled'
    about="$way: nobody can answer"
    run_probe -n locked "$way" 'echo in'
    says '^closed cancelled'
    says_not '^question'

    about="$way: a certificate"
    run_probe certified "$way" 'echo in'
    says '^output in$'

    about="$way: an unknown key is asked for"
    rm -f "$keys/known-none" "$keys/known-accepting"
    run_probe unknown "$way" 'echo in' no
    says "^question yes-no .*$fingerprint"
    says '^closed refused'
    [ ! -s "$keys/known-none" ] || fail "$about: no is remembered as yes"
    run_probe unknown "$way" 'echo in' yes
    says '^output in$'
    run_probe unknown "$way" 'echo in'
    says '^output in$'
    says_not '^question'
    rm -f "$keys/known-none"
    run_probe -n unknown "$way" 'echo in'
    says '^closed cancelled'
    run_probe strict "$way" 'echo in'
    says '^closed refused'
    says_not '^(opened|question)'
    run_probe accepting "$way" 'echo in'
    says '^output in$'
    [ -s "$keys/known-accepting" ] || fail "$about: a new key is not remembered"

    about="$way: a changed key"
    run_probe changed "$way" 'echo in' yes
    says '^closed refused.*ssh-keygen -R'
    says_not '^(opened|question)'
done

about='a revoked key'
run_probe revoked auto 'echo in' yes
says '^closed refused'
says_not '^opened'
run_probe revoked libssh 'echo in' yes
says '^closed not supported'

about='a password that is wrong, and a prompt that is cancelled'
sshd_new two 'PasswordAuthentication yes' 'AuthorizedKeysFile none'
port=$(port_of two)
ssh_know "$port"
ssh_host typed "$port" 'NumberOfPasswordPrompts 2'
for way in libssh openssh; do
    run_probe typed "$way" 'echo in' wrong wronger
    says '^question secret .*[Pp]assword'
    says '^closed refused'
    [ "$(grep -c '^question' "$scratch/output")" -eq 2 ] || fail "$about: asked more than twice"
    run_probe typed "$way" 'echo in' -
    says '^closed cancelled'
    [ "$(grep -c '^question' "$scratch/output")" -eq 1 ] || fail "$about: asked on after a cancel"
done

about='typing in several rounds'
"$top_builddir/tests/integration/typing_server" "$keys/server" >"$scratch/typing" 2>&1 &
typing_process=$!
wait_for 10 test -s "$scratch/typing" || fail "$about: no server"
port=$(cat "$scratch/typing")
ssh_know "$port"
ssh_host menu "$port" 'User menu' 'PubkeyAuthentication no'
ssh_host both "$port" 'User both' 'PubkeyAuthentication no'
ssh_host password "$port" 'User password' 'PubkeyAuthentication no'
for way in libssh openssh; do
    about="$way: a password and then a menu"
    run_probe menu "$way" 'echo in' first 1
    says '^question [a-z]* .*Password:'
    says '^question [a-z]* .*Passcode or option'
    says '^output in$'
    says_not "$(printf '\033')"
    about="$way: wrong, then right"
    run_probe menu "$way" 'echo in' wrong first 1
    says '^output in$'
    about="$way: two methods, one after the other"
    run_probe both "$way" 'echo in' first 1 second
    says '^output in$'
    about="$way: a password"
    run_probe password "$way" 'echo in' second
    says '^output in$'
    about="$way: a password that is wrong once"
    run_probe password "$way" 'echo in' first second
    says '^output in$'
    about="$way: cancelled in the middle"
    run_probe menu "$way" 'echo in' first -
    says '^closed cancelled'
    about="$way: nobody can answer"
    run_probe -n menu "$way" 'echo in'
    says '^closed cancelled'
    says_not '^question'
done
about='libssh: what is shown while it is typed, and what only is shown'
run_probe menu libssh 'echo in' first 1
says '^question secret Test.*[^a-z]Password:'
says '^question open .*Push to a phone'
says '^question notice Pushed'
kill "$typing_process"

about='what is not there'
ssh_host refused 1
ssh_host nameless 22
sed -i '/^Host nameless/,$s/HostName .*/HostName nowhere.invalid/' "$keys/config"
for way in libssh openssh; do
    run_probe refused "$way" true
    says '^closed connection lost.*[Rr]efused'
    run_probe nameless "$way" true
    says '^closed connection lost.*nowhere.invalid'
done
about='an agent of keys'
eval "$(ssh-agent -s)" >/dev/null
agent_process=$SSH_AGENT_PID
ssh-add -q "$keys/user"
identity=$keys/nothing
ssh_host by-agent "$(port_of one)" 'IdentitiesOnly no'
identity=$keys/user
for way in libssh openssh; do
    run_probe by-agent "$way" 'echo in'
    says '^output in$'
done
kill "$agent_process"
unset SSH_AUTH_SOCK SSH_AGENT_PID

about='a live master is used, and never replaced by a new login'
ssh_host shared "$(port_of one)" "ControlPath $keys/control"
run_probe shared auto 'echo in'
says '^opened libssh$'
timeout 60 ssh -M -N -o ControlPersist=no shared </dev/null >/dev/null 2>&1 &
master=$!
wait_for 10 test -S "$keys/control" || fail "$about: no master"
: >"$keys/one.log"
run_probe shared auto 'echo in'
says '^opened openssh, because a ControlMaster is connected$'
says '^output in$'
! grep -q '^Accepted' "$keys/one.log" || fail "$about: there was a new login"
kill "$master"
wait "$master" 2>/dev/null

about='a host behind another'
ssh_host behind "$(port_of one)" 'ProxyJump lab1'
run_probe behind auto 'echo in'
says '^opened openssh, because ProxyJump is set$|^opened openssh, because ProxyCommand is set$'
says '^output in$'
echo "logins by both ways"

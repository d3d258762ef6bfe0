#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What known_hosts says, in the forms that ssh(1) reads: hashed names, names with a port, authorities, revoked keys. Nobody is
# asked about what it knows, and nobody gets past what it forbids.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/sshd_lib.sh
. "${top_srcdir:?}/tests/integration/sshd_lib.sh"
# shellcheck source=tests/integration/probe_lib.sh
. "${top_srcdir:?}/tests/integration/probe_lib.sh"
trap 'sshd_end_all; clean_up' EXIT
# goes_in: logged in without a question. stays_out: not logged in, not even by somebody who says yes to everything.
goes_in() {
    run_probe "$1" "$2" 'echo in'
    says '^output in$'
    says_not '^question'
}
stays_out() {
    cp "$keys/known-$1" "$scratch/known-before"
    run_probe "$1" "$2" 'echo in' yes yes
    says '^closed refused'
    says_not '^opened'
    cmp "$scratch/known-before" "$keys/known-$1" || fail "$about: known_hosts was changed"
}

# host NAME PORT TEXT: a host with a known_hosts of its own.
host() {
    ssh_host "$1" "$2" "UserKnownHostsFile $keys/known-$1"
    printf '%s\n' "$3" >"$keys/known-$1"
}

key() {
    cut -d ' ' -f 1-2 "$1.pub"
}
ssh-keygen -q -t ed25519 -N '' -C '' -f "$keys/stranger"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$keys/authority"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$keys/other-authority"
ssh-keygen -q -s "$keys/authority" -I server -h -n 127.0.0.1,lab.test "$keys/server.pub" 2>/dev/null
sshd_new plain
plain=$(port_of plain)
sshd_new certified "HostCertificate $keys/server-cert.pub"
certified=$(port_of certified)

host ported "$plain" "[127.0.0.1]:$plain $(key "$keys/server")"
host many "$plain" "# a comment

[other.test]:22,[127.0.0.1]:$plain $(key "$keys/server") and a comment
broken line
[127.0.0.1]:$certified $(key "$keys/stranger")"
host pattern "$plain" "[127.0.0.*]:$plain $(key "$keys/server")"
host hashed "$plain" "[127.0.0.1]:$plain $(key "$keys/server")"
host hashed-changed "$plain" "[127.0.0.1]:$plain $(key "$keys/stranger")"
host changed "$plain" "[127.0.0.1]:$plain $(key "$keys/stranger")"
for name in hashed hashed-changed; do
    ssh-keygen -q -H -f "$keys/known-$name" >/dev/null 2>&1
    rm -f "$keys/known-$name.old"
    grep -q '^|1|' "$keys/known-$name" || fail "the names in known_hosts are not hashed"
done
host other-port "$plain" "[127.0.0.1]:1 $(key "$keys/server")"
host negated "$plain" "[127.0.0.*]:$plain,![127.0.0.1]:$plain $(key "$keys/server")"

for way in libssh openssh auto; do
    for name in ported many pattern hashed; do
        about="$way: $name"
        goes_in "$name" "$way"
    done
    for name in changed hashed-changed; do
        about="$way: $name"
        stays_out "$name" "$way"
        says 'ssh-keygen -R'
    done
    # The same key under another port, or a name that is taken out: asked for, as ssh(1) does.
    for name in other-port negated; do
        [ "$way $name" != 'libssh negated' ] || continue
        about="$way: $name"
        run_probe "$name" "$way" 'echo in' no
        says '^question yes-no'
        says '^closed refused'
        says_not '^opened'
    done
done

# What libssh does not know is given to ssh(1); told to use libssh all the same, it says so.
host authority "$certified" "@cert-authority [127.0.0.1]:$certified $(key "$keys/authority")"
host authority-of-all "$certified" "@cert-authority * $(key "$keys/authority")"
host wrong-authority "$certified" "@cert-authority [127.0.0.1]:$certified $(key "$keys/other-authority")"
host revoked "$plain" "[127.0.0.1]:$plain $(key "$keys/server")
@revoked * $(key "$keys/server")"
host revoked-authority "$certified" "@cert-authority [127.0.0.1]:$certified $(key "$keys/authority")
@revoked * $(key "$keys/authority")"
host revoked-hashed "$plain" "@revoked [127.0.0.1]:$plain $(key "$keys/server")"
ssh-keygen -q -H -f "$keys/known-revoked-hashed" >/dev/null 2>&1
rm -f "$keys/known-revoked-hashed.old"
for way in openssh auto; do
    for name in authority authority-of-all; do
        about="$way: $name"
        goes_in "$name" "$way"
        says '^opened openssh'
    done
    about="$way: wrong-authority"
    run_probe wrong-authority "$way" 'echo in' no
    says '^closed refused'
    says_not '^opened'
    for name in revoked revoked-authority revoked-hashed; do
        about="$way: $name"
        stays_out "$name" "$way"
    done
done
for name in negated authority revoked revoked-authority revoked-hashed; do
    about="libssh: $name"
    run_probe "$name" libssh 'echo in' yes
    says '^closed not supported'
    says_not '^opened'
done
echo "host keys: known, changed, signed, revoked"

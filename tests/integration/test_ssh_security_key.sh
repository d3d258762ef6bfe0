#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A login by a key that lies on a security key, which has to be touched: by way of ssh(1), which says so meanwhile.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/sshd_lib.sh
. "${top_srcdir:?}/tests/integration/sshd_lib.sh"
# shellcheck source=tests/integration/probe_lib.sh
. "${top_srcdir:?}/tests/integration/probe_lib.sh"
trap 'sshd_end_all; clean_up' EXIT
export TOUCHED="$scratch/touched" SSH_SK_PROVIDER="$scratch/security_key.so"

# provide VERSION: builds the security key for that version of its interface.
provide() {
    ${CC:-cc} -shared -fPIC -DSK_API_VERSION="$1" -o "$SSH_SK_PROVIDER" "$top_srcdir/tests/integration/security_key.c" -lcrypto \
        >"$scratch/output" 2>&1 || {
        echo "SKIP: no compiler or no libcrypto for the provider of security keys"
        exit 77
    }
}
make_key() {
    ssh-keygen -q -t ed25519-sk -N '' -C '' -f "$keys/token" >"$scratch/output" 2>&1
}
true >"$TOUCHED"
provide 0
make_key
# Every release speaks one version, and names it.
supported=$(sed -n 's/.*supported: \(0x[0-9a-f]*\)).*/\1/p' "$scratch/output")
[ -n "$supported" ] || fail "ssh-keygen does not say which interface it speaks"
provide "$supported"
make_key || fail "no key was made"
rm "$TOUCHED"
cat "$keys/token.pub" >>"$keys/authorized"

sshd_new one
port=$(port_of one)
ssh_know "$port"
identity=$keys/token
ssh_host lab1 "$port" "SecurityKeyProvider $SSH_SK_PROVIDER"
timeout 60 "$probe" lab1 auto 'echo in' >"$scratch/output" 2>&1 &
process=$!
wait_for 30 grep -q '^question notice .*[Cc]onfirm user presence' "$scratch/output" || fail "nobody is told to touch it"
! grep -q '^opened' "$scratch/output" || fail "it was opened without a touch"
true >"$TOUCHED"
wait "$process" || fail "the probe ended with $?"
says '^withdrawn$'
says '^opened openssh, because there is a key on a security key$'
says '^output in$'
grep -q '^Accepted publickey for .* ED25519-SK' "$keys/one.log" || fail "it was another key: $(cat "$keys/one.log")"
echo "a login by a security key"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A host that takes nothing but Kerberos tickets: a private KDC, a real sshd, GSSAPI by way of ssh(1).
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/sshd_lib.sh
. "${top_srcdir:?}/tests/integration/sshd_lib.sh"
# shellcheck source=tests/integration/probe_lib.sh
. "${top_srcdir:?}/tests/integration/probe_lib.sh"
PATH=$PATH:/usr/sbin:/sbin
for tool in krb5kdc kdb5_util kadmin.local kinit; do
    command -v "$tool" >/dev/null || {
        echo "SKIP: there is no $tool on this machine"
        exit 77
    }
done
trap 'sshd_end_all; [ -z "${kdc-}" ] || kill "$kdc" 2>/dev/null; clean_up' EXIT
tickets=$scratch/tickets
mkdir "$tickets"
export KRB5_CONFIG="$tickets/krb5.conf" KRB5_KDC_PROFILE="$tickets/kdc.conf" KRB5_KTNAME="$tickets/keytab" \
    KRB5CCNAME="FILE:$tickets/cache"

# begin_kdc: on a port of its own. kdc_has_begun: it answers, or it has ended.
begin_kdc() {
    kdc_port=$((20000 + $(random_below 40000)))
    cat >"$KRB5_CONFIG" <<END_OF_CONFIG
[libdefaults]
    default_realm = LAB.TEST
    dns_lookup_kdc = false
    dns_canonicalize_hostname = false
    rdns = false
[realms]
    LAB.TEST = {
        kdc = 127.0.0.1:$kdc_port
    }
END_OF_CONFIG
    cat >"$KRB5_KDC_PROFILE" <<END_OF_CONFIG
[kdcdefaults]
    kdc_listen = 127.0.0.1:$kdc_port
    kdc_tcp_listen = 127.0.0.1:$kdc_port
[realms]
    LAB.TEST = {
        database_name = $tickets/principal
        key_stash_file = $tickets/stash
    }
[logging]
    kdc = FILE:$tickets/log
END_OF_CONFIG
    : >"$tickets/log"
    krb5kdc -n </dev/null >/dev/null 2>&1 &
    kdc=$!
    wait_for 10 kdc_has_begun
}
kdc_has_begun() {
    grep -q 'commencing operation' "$tickets/log" && return 0
    # shellcheck disable=SC2034 # of wait_for
    kill -0 "$kdc" 2>/dev/null || deadline=0
    return 1
}

# The database wants the configuration that begin_kdc writes; its port does not matter yet.
begin_kdc
kill "$kdc" 2>/dev/null
kdb5_util create -s -P master -r LAB.TEST >"$scratch/output" 2>&1 || fail "no Kerberos database: $(cat "$scratch/output")"
{
    kadmin.local -q "addprinc -pw secret $(id -un)" && kadmin.local -q 'addprinc -randkey host/localhost' &&
        kadmin.local -q "ktadd -k $KRB5_KTNAME host/localhost"
} >"$scratch/output" 2>&1 || fail "no principals: $(cat "$scratch/output")"
tries=0
until begin_kdc; do
    tries=$((tries + 1))
    [ "$tries" -lt 20 ] || fail "no KDC: $(cat "$tickets/log")"
done

sshd_new one 'GSSAPIAuthentication yes' 'GSSAPIStrictAcceptorCheck no' 'PubkeyAuthentication no'
port=$(port_of one)
printf '[localhost]:%s %s\n' "$port" "$(cut -d ' ' -f 1-2 "$keys/server.pub")" >>"$keys/known"
ssh_host lab1 "$port" 'HostName localhost' 'GSSAPIAuthentication yes'

echo secret | kinit "$(id -un)" >/dev/null || fail "no ticket"
timeout 60 "$probe" lab1 auto 'echo in' >"$scratch/output" 2>&1 || fail "the probe ended with $?"
says '^opened openssh, because there are Kerberos tickets$'
says '^output in$'
grep -q '^Accepted gssapi-with-mic for' "$keys/one.log" || fail "it was no login by a ticket: $(cat "$keys/one.log")"

cat >"$workflow" <<END_OF_WORKFLOW
workflow:
  name: tally
  nodes:
    first: {kind: ssh, host: lab1, exec: 'echo first >>$TALLY'}
    second: {kind: ssh, host: lab1, exec: 'echo second >>$TALLY'}
  dependencies:
    - first,second
END_OF_WORKFLOW
timeout 100 "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 || fail "run ended with $?"
tally_is 2 1 || fail "the nodes ran otherwise"

# Without a ticket it is refused, and that is said.
kdestroy
timeout 60 "$probe" lab1 openssh 'echo in' >"$scratch/output" 2>&1
says '^closed .*(gssapi-with-mic|[Pp]ermission denied)'
echo "a host that takes Kerberos tickets"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hosts over ssh: many connections at once, polls near, 30 ms away, and on a host without perl, beside one scp for each node
# and poll.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/sshd_lib.sh
. "${top_srcdir:?}/tests/integration/sshd_lib.sh"
bench=$top_builddir/tests/bench/ssh_bench
nodes=${NODES:-1000}
hosts=${HOSTS:-50}
end_all() {
    sshd_end_all
    kill "${proxy_process:-x}" "${sleeper:-x}" 2>/dev/null
    clean_up
}
trap end_all EXIT

sshd_new one 'MaxStartups 100'
port=$(port_of one)
python3 "$top_srcdir/tests/integration/cutting_proxy.py" "$port" 15 0 >"$scratch/proxy" &
proxy_process=$!
wait_for 10 test -s "$scratch/proxy" || fail "no proxy"
far_port=$(cat "$scratch/proxy")
# The same without perl, where the shell looks itself.
mkdir "$scratch/tools"
for tool in awk cat cksum date dd find getconf head id ln ls mkdir mv nproc readlink rm rmdir setsid sh sleep stat tail timeout tr uname wc; do
    ln -s "$(command -v "$tool")" "$scratch/tools/$tool"
done
sshd_new plain "SetEnv HOME=$scratch/there PATH=$scratch/tools"
port=$(port_of one)
plain_port=$(port_of plain)
ssh_know "$port"
ssh_know "$plain_port"
ssh_know "$far_port"
ssh_host near "$port"
ssh_host far "$far_port"
ssh_host plain "$plain_port"
names=
i=0
while [ "$i" -lt "$hosts" ]; do
    i=$((i + 1))
    ssh_host "h$i" "$port"
    names="$names h$i"
done
# shellcheck disable=SC2086
"$bench" connect $names

# Live attempts without their processes: all belong to one process group.
setsid sleep 1000 &
sleeper=$!
machine=$(uname -n)
read -r boot </proc/sys/kernel/random/boot_id
base=$scratch/there/experiment
start=$(sed 's/.*) //' "/proc/$sleeper/stat" | cut -d ' ' -f 20)
i=0
while [ "$i" -lt "$nodes" ]; do
    i=$((i + 1))
    attempt=$base/bench/n$i/.dagtop/1
    mkdir -p "$attempt"
    printf "nonce='x'\nkind='ssh'\ncomplete='yes'\n" >"$attempt/request"
    echo "$machine $sleeper $start $boot" >"$attempt/pid"
    echo "run x $machine $sleeper" >"$attempt/go"
    date -u +%Y-%m-%dT%H:%M:%SZ >"$attempt/started"
    head -c 500 /dev/zero | tr '\0' 'x' >"$attempt/log"
done
# poll WAY NODES CHANGED
poll() {
    server=one
    [ "$1" != plain ] || server=plain
    printf '%s: ' "$1"
    "$bench" poll "$1" "$base" "$2" "$3" 50 "$(cat "$keys/$server.process")"
}
for way in near far plain; do
    poll "$way" "$nodes" $((nodes / 10))
    poll "$way" "$nodes" 0
done
poll near 100 10

# cpu_there: milliseconds that the ended sessions of the server have used.
cpu_there() {
    sed 's/.*) //' "/proc/$(cat "$keys/one.process")/stat" |
        awk -v ticks="$(getconf CLK_TCK)" '{ printf "%d\n", ($14 + $15) * 1000 / ticks }'
}

# One scp for each node, as a program that keeps no connection does it.
used=$(cpu_there)
begin=$(date +%s%N)
i=0
while [ "$i" -lt 20 ]; do
    i=$((i + 1))
    scp -O -q -S "$keys/bin/ssh" "near:$base/bench/n$i/.dagtop/1/log" "$scratch/copy" </dev/null || fail "scp ended with $?"
    cmp -s "$base/bench/n$i/.dagtop/1/log" "$scratch/copy" || fail "scp has copied something else"
    rm "$scratch/copy"
done
end=$(date +%s%N)
echo "one scp a node: $(((end - begin) / 200000)) ms, $((($(cpu_there) - used) * 5)) ms CPU there, for 100 nodes"

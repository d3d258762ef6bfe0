#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whole workflows on hosts over ssh, and what happens to them when the way breaks: every script runs exactly once.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/sshd_lib.sh
. "${top_srcdir:?}/tests/integration/sshd_lib.sh"

end_all() {
    sshd_end_all
    for record in "$scratch"/there/experiment/*/*/.dagtop/*/pid; do
        [ -f "$record" ] || continue
        read -r _ process _ <"$record" && kill -KILL "-$process" 2>/dev/null
    done
    [ -z "${proxy_process-}" ] || kill "$proxy_process" 2>/dev/null
    [ -z "${run_process-}" ] || kill -KILL "$run_process" 2>/dev/null
    clean_up
}
trap end_all EXIT
mkdir -p "$HOME/.config/dagtop"

# make_remote COUNT SECONDS HOST...: layers of COUNT nodes over these hosts in turn, two layers.
make_remote() {
    count=$1 pause=$2
    shift 2
    {
        printf 'workflow:\n  name: tally\n  jobs: 8\n  nodes:\n'
        for layer in 1 2; do
            i=0
            while [ "$i" -lt "$count" ]; do
                i=$((i + 1))
                first=$1
                shift
                set -- "$@" "$first"
                printf '    n%s-%s: {kind: ssh, host: %s, exec: "echo n%s-%s >> %s; sleep %s"}\n' \
                    "$layer" "$i" "$first" "$layer" "$i" "$TALLY" "$pause"
            done
        done
        printf '  dependencies:\n    - ["n1-[1-%s]", "n2-[1-%s]"]\n' "$count" "$count"
    } >"$workflow"
    rm -rf "$scratch/there/experiment"
    : >"$TALLY"
}

# use WAY HOST...: the config file says so.
use() {
    way=$1
    shift
    {
        echo hosts:
        for host; do printf '  %s:\n    transport: %s\n' "$host" "$way"; done
    } >"$HOME/.config/dagtop/config.yaml"
}

run_begins() {
    timeout 120 "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 &
    run_process=$!
}
run_ends() {
    wait "$run_process"
    code=$?
    run_process=
    [ "$code" -eq "$1" ] || fail "$about: exit code $code, not $1"
}
tally_has() {
    [ "$(wc -l <"$TALLY")" -ge "$1" ]
}

# left_there: the processes of the servers' sessions that are no jobs: shells, and what waits beside them.
left_there() {
    for process in $(pgrep -f 'sleep 900'; pgrep sh); do
        tr '\0' '\n' 2>/dev/null <"/proc/$process/environ" | grep -qx "HOME=$scratch/there" || continue
        cat "$scratch"/there/experiment/*/*/.dagtop/*/pid 2>/dev/null |
            grep -q " $(ps -o pgid= -p "$process" | tr -d ' ') " || echo "$process"
    done
}
nothing_left() {
    [ -z "$(left_there)" ]
}

sshd_new one
ssh_know "$(port_of one)"
ssh_host lab1 "$(port_of one)"
ssh_host lab2 "$(port_of one)"
for way in libssh openssh; do
    use "$way" lab1 lab2
    about="$way: a run"
    make_remote 6 0 lab1 lab2
    run_begins
    run_ends 0
    tally_is 12 1 || fail "$about"
    wait_for 10 nothing_left || fail "$about: processes are left: $(left_there)"

    about="$way: files go with the script, and go again only when they have changed"
    rm -rf "$scratch/there/experiment" "$scratch/files"
    mkdir -p "$scratch/files/data/deep er"
    head -c 300000 /dev/urandom >"$scratch/files/big.bin"
    printf 'it'\''s \\ here\n' >"$scratch/files/data/deep er/a 'quoted' name"
    printf '#!/bin/sh\ncat data/deep*/a* >>%s\ncksum <big.bin >>%s\n' "$TALLY" "$TALLY" >"$scratch/files/work.sh"
    cat >"$scratch/files/tally.yaml" <<END_OF_WORKFLOW
workflow:
  name: tally
  nodes:
    work: {kind: ssh, host: lab1, script: work.sh, files: [big.bin, data]}
END_OF_WORKFLOW
    workflow=$scratch/files/tally.yaml
    : >"$TALLY"
    run_begins
    run_ends 0
    there=$scratch/there/experiment/tally/work
    cmp "$scratch/files/big.bin" "$there/big.bin" || fail "$about: another file arrived"
    inode=$(ls -i "$there/big.bin")
    quoted=$(ls -i "$there/data/deep er/a 'quoted' name")
    echo changed >"$scratch/files/data/deep er/a 'quoted' name"
    timeout 60 "$dagtop" run "$workflow" --again </dev/null >"$scratch/output" 2>&1 || fail "$about: again"
    [ "$inode" = "$(ls -i "$there/big.bin")" ] || fail "$about: what had not changed was sent again"
    [ "$quoted" != "$(ls -i "$there/data/deep er/a 'quoted' name")" ] || fail "$about: it was written in place"
    { printf 'it'\''s \\ here\n'; cksum <"$scratch/files/big.bin"; echo changed; cksum <"$scratch/files/big.bin"; } |
        cmp - "$TALLY" || fail "$about: $(cat "$TALLY")"
    workflow=$scratch/tally.yaml

    about="$way: sshd killed and restarted"
    make_remote 4 1 lab1 lab2
    run_begins
    wait_for 30 tally_has 1 || fail "$about: nothing began"
    sshd_end one
    sshd_new one
    run_ends 0
    tally_is 8 1 || fail "$about"

    about="$way: sessions stopped and continued"
    make_remote 4 2 lab1 lab2
    run_begins
    wait_for 30 tally_has 1 || fail "$about: nothing began"
    # shellcheck disable=SC2046
    kill -STOP $(sshd_sessions one)
    stopped=$(sshd_sessions one)
    # The second layer begins by way of another connection; then the old one is there again. A start that was on its way
    # when the sessions stopped is given up after a minute, and made anew.
    wait_for 100 tally_has 5 || fail "$about: no other connection"
    # shellcheck disable=SC2086
    kill -CONT $stopped
    run_ends 0
    tally_is 8 1 || fail "$about"

    about="$way: dagtop killed"
    make_remote 2 20 lab1
    run_begins
    wait_for 30 tally_has 2 || fail "$about: nothing began"
    pkill -KILL -P "$run_process" dagtop
    wait "$run_process" 2>/dev/null
    run_process=
    wait_for 10 nothing_left || fail "$about: processes are left: $(left_there)"
    for record in "$scratch"/there/experiment/tally/*/.dagtop/1/pid; do
        read -r _ process _ <"$record"
        kill -KILL "-$process" || fail "$about: the jobs are gone too"
    done

    about="$way: a connection that is cut at many places"
    # What a session begins with is about the size of the agent; the cuts lie within it and in what follows.
    size=$(cat "$top_srcdir"/src/agent/*.sh | wc -c)
    # shellcheck disable=SC2046 # one word a cut
    python3 "$top_srcdir/tests/integration/cutting_proxy.py" "$(port_of one)" 0 \
        $(for more in -70000 -30000 20000 7000 8000 9000 10000 11000 12000 13000 15000 17000 20000 25000; do
            echo $((size + more))
        done) 0 >"$scratch/proxy-$way" &
    proxy_process=$!
    wait_for 10 test -s "$scratch/proxy-$way" || fail "no proxy"
    ssh_know "$(cat "$scratch/proxy-$way")"
    ssh_host "cut-$way" "$(cat "$scratch/proxy-$way")"
    use "$way" "cut-$way"
    make_remote 6 0.2 "cut-$way"
    run_begins
    run_ends 0
    tally_is 12 1 || fail "$about"
    kill "$proxy_process"
    proxy_process=
done

about='a prologue is run before anything else'
printf "hosts:\n  lab1:\n    prologue: 'export PROLOGUE=there'\n" >"$HOME/.config/dagtop/config.yaml"
cat >"$workflow" <<END_OF_WORKFLOW
workflow:
  name: tally
  nodes:
    work: {kind: ssh, host: lab1, exec: 'echo "\$PROLOGUE" >>$TALLY'}
END_OF_WORKFLOW
rm -rf "$scratch/there/experiment"
: >"$TALLY"
run_begins
run_ends 0
[ "$(cat "$TALLY")" = there ] || fail "$about: $(cat "$TALLY")"

about='a refusal is not tried again'
ssh-keygen -q -t ed25519 -N '' -C '' -f "$keys/stranger"
identity=$keys/stranger
ssh_host wrong "$(port_of one)"
identity=$keys/user
make_remote 1 0 wrong
for way in libssh openssh; do
    use "$way" wrong
    : >"$keys/one.log"
    run_begins
    run_ends 3
    # Nobody can answer there: no second attempt.
    [ "$(grep -c '^Connection closed by authenticating\|^Connection reset by authenticating\|^Disconnected from authenticating' "$keys/one.log")" -le 1 ] ||
        fail "$about: $(cat "$keys/one.log")"
done

about='few sessions, few starts, many hosts'
sshd_new small 'MaxSessions 1' 'MaxStartups 2'
ssh_know "$(port_of small)"
hosts=
i=0
while [ "$i" -lt 20 ]; do
    i=$((i + 1))
    ssh_host "m$i" "$(port_of small)"
    hosts="$hosts m$i"
done
# shellcheck disable=SC2086
make_remote 20 0 $hosts
# shellcheck disable=SC2086
use auto $hosts
run_begins
run_ends 0
tally_is 40 1 || fail "$about"
echo "runs over ssh: each script ran exactly once"

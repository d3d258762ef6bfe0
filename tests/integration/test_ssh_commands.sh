#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The commands on nodes of hosts over ssh: hosts, start, status, wait, log, cancel. By both ways.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/sshd_lib.sh
. "${top_srcdir:?}/tests/integration/sshd_lib.sh"
there=$scratch/there

end_all() {
    [ -z "${follow_process-}" ] || kill -KILL "$follow_process" 2>/dev/null
    for record in "$there"/experiment/*/*/.dagtop/*/pid; do
        [ -f "$record" ] || continue
        read -r _ process _ <"$record" && kill -KILL "-$process" 2>/dev/null
    done
    sshd_end_all
    clean_up
}
trap end_all EXIT
mkdir -p "$HOME/.config/dagtop"

# expect CODE TEXT COMMAND...: dagtop COMMAND ends with that code and a line of its output has the text.
expect() {
    expected=$1 text=$2
    shift 2
    timeout 60 "$dagtop" "$@" </dev/null >"$scratch/output" 2>&1
    code=$?
    [ "$code" -eq "$expected" ] || fail "$way: dagtop $*: exit code $code, not $expected"
    [ -z "$text" ] || grep -Fq -- "$text" "$scratch/output" || fail "$way: dagtop $*: no line has: $text"
}

# json PROGRAM: what a program of python prints of the output as JSON (it).
json() {
    python3 -c "import json, sys; it = json.load(open(sys.argv[1])); print($1)" "$scratch/output" || fail "$way: no JSON"
}
state_is() {
    "$dagtop" status "$workflow" --format=csv </dev/null 2>/dev/null | grep -q "^$1,ssh,lab1,$2,"
}
group_has_ended() {
    ! kill -0 "-$1" 2>/dev/null
}

sshd_new one
ssh_know "$(port_of one)"
ssh_host lab1 "$(port_of one)"
ssh_host gone 1
cat >"$workflow" <<END_OF_WORKFLOW
workflow:
  name: tally
  nodes:
    talks:
      kind: ssh
      host: lab1
      exec: |
        echo begun; echo talks >>$TALLY
        echo "# cloudmesh status=running progress=40 loss=0.25"
        until [ -e $scratch/more ]; do sleep 0.2; done; echo more
        until [ -e $scratch/go ]; do sleep 0.2; done; echo last
    long: {kind: ssh, host: lab1, exec: 'echo long >>$TALLY; sleep 4321'}
    fails: {kind: ssh, host: lab1, prologue: export REASON=why, exec: 'echo fails >>$TALLY; echo \$REASON >&2; exit 7'}
END_OF_WORKFLOW
sed 's/lab1/gone/' "$workflow" >"$scratch/gone.yaml"

for way in libssh openssh; do
    printf 'hosts:\n  lab1:\n    transport: %s\n  gone:\n    transport: %s\n' "$way" "$way" >"$HOME/.config/dagtop/config.yaml"
    rm -rf "$there/experiment" "$scratch/go" "$scratch/more"
    : >"$TALLY"

    expect 0 "lab1: ready" hosts "$workflow"
    grep -q "^  machine *$(uname -n)\$" "$scratch/output" || fail "$way: hosts does not name the machine"
    grep -q "^  way *$way" "$scratch/output" || fail "$way: hosts does not name the way"
    expect 0 '"format": 1' hosts "$workflow" --format=json
    [ "$(json 'len(it["hosts"]), it["hosts"][0]["name"], it["hosts"][0]["state"], it["hosts"][0]["home"], it["hosts"][0]["writable"]')" = \
        "1 lab1 ready $there True" ] || fail "$way: hosts --format=json"
    json 'it["hosts"][0]["round_trip"] + 1, it["hosts"][0]["clock_difference"] + 1, it["hosts"][0]["processors"] + 1' >/dev/null
    expect 3 'refused' hosts "$scratch/gone.yaml"
    expect 3 '"machine": null' hosts "$scratch/gone.yaml" --format=json
    expect 3 'talks' status "$scratch/gone.yaml"
    [ ! -s "$TALLY" ] || fail "$way: looking has started something"

    expect 0 '' start "$workflow" talks long --yes
    wait_for 30 state_is talks running || fail "$way: talks does not run"
    wait_for 30 state_is long running || fail "$way: long does not run"
    expect 4 'talks is running' wait "$workflow" talks --timeout=1s
    timeout 100 "$dagtop" log "$workflow" talks --follow </dev/null >"$scratch/follow" 2>&1 &
    follow_process=$!
    wait_for 30 grep -q 'loss=0.25' "$scratch/follow" || fail "$way: log --follow shows nothing"
    true >"$scratch/more"
    wait_for 30 grep -qx 'more' "$scratch/follow" || fail "$way: log --follow does not go on"
    expect 0 'loss=0.25' log "$workflow" talks
    ! grep -q last "$scratch/output" || fail "$way: the log is ahead of the job"
    true >"$scratch/go"
    wait "$follow_process" || fail "$way: log --follow: exit code $?: $(cat "$scratch/follow")"
    follow_process=
    printf 'begun\n# cloudmesh status=running progress=40 loss=0.25\nmore\nlast\n' | cmp - "$scratch/follow" ||
        fail "$way: log --follow: $(cat "$scratch/follow")"
    expect 0 '' wait "$workflow" talks
    expect 0 'last' log "$workflow" talks --lines=1
    [ "$(wc -l <"$scratch/output")" -eq 1 ] || fail "$way: --lines=1 prints more"
    expect 0 '"host": "lab1"' status "$workflow" --format=json
    [ "$(json '[(n["state"], int(n["progress"]), n["exit"], n["metrics"]["loss"]) for n in it["nodes"] if n["name"] == "talks"]')" = \
        "[('done', 100, 0, 0.25)]" ] || fail "$way: status of talks"

    leader=$(cut -d ' ' -f 2 "$there/experiment/tally/long/.dagtop/1/pid")
    expect 0 '' cancel "$workflow" long --yes
    expect 1 'long is cancelled' wait "$workflow" long --timeout=40s
    wait_for 20 group_has_ended "$leader" || fail "$way: long runs on"
    expect 1 'fails failed' run "$workflow" fails
    expect 0 'why' log "$workflow" fails
    expect 0 '' status "$workflow" --format=csv
    grep -q '^fails,ssh,lab1,failed,.*,7,' "$scratch/output" || fail "$way: status of fails"
    tally_is 3 1 || fail "$way: $(cat "$TALLY")"
done
echo "commands on hosts over ssh"

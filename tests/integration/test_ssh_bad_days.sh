#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad days of a host over ssh: pooled login nodes, a full disk, a home that is read-only, a clock that is off, names that
# are a shell's own words. About two minutes.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/sshd_lib.sh
. "${top_srcdir:?}/tests/integration/sshd_lib.sh"
real_sshd=$sshd
there=$scratch/there

end_all() {
    [ -z "${run_process-}" ] || kill -KILL "$run_process" 2>/dev/null
    for process in $(pgrep -f "$scratch/go"; pgrep -f 'sleep 4321'); do
        tr '\0' '\n' 2>/dev/null <"/proc/$process/environ" | grep -qx "HOME=$there" && kill -KILL "$process"
    done
    sshd_end_all
    clean_up
}
trap end_all EXIT
mkdir -p "$HOME/.config/dagtop"

# dag CODE COMMAND...: dagtop COMMAND ends with that code; what it prints is in $scratch/output.
dag() {
    expected=$1
    shift
    timeout 100 "$dagtop" "$@" </dev/null >"$scratch/output" 2>&1
    code=$?
    [ "$code" -eq "$expected" ] || fail "$about: dagtop $*: exit code $code, not $expected"
}

# says TEXT: a line of the output has it.
says() {
    grep -Fq -- "$1" "$scratch/output" || fail "$about: no line has: $1"
}

# value NODE NAME: a field of the node in the status as JSON, as JSON without blanks around it.
value() {
    timeout 60 "$dagtop" status "$workflow" --format=json </dev/null 2>/dev/null | python3 -c '
import json, sys
for node in json.load(sys.stdin)["nodes"]:
    if node["name"] == sys.argv[1]:
        print(node[sys.argv[2]])' "$1" "$2"
}
value_is() {
    [ "$(value "$1" "$2")" = "$3" ]
}
tally_has() {
    grep -qx -- "$1" "$TALLY"
}
group_has_ended() {
    ! kill -0 "-$1" 2>/dev/null
}
run_begins() {
    timeout 120 "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1 &
    run_process=$!
}
run_ends() {
    wait "$run_process"
    code=$?
    run_process=
    [ "$code" -eq "$1" ] || fail "$about: run ended with $code, not $1"
}

# way_to NAME SERVER...: the client's whole configuration: this host is that server.
way_to() {
    : >"$keys/config"
    ssh_host "$1" "$(port_of "$2")"
}

# sshd_within NAME COMMAND: starts the server with its commands run before, in namespaces of its own.
sshd_within() {
    printf '#!/bin/sh\nexec unshare --uts --mount sh -c %s sh "$@"\n' "'$2; exec $real_sshd \"\$@\"'" >"$scratch/sshd-$1"
    chmod +x "$scratch/sshd-$1"
    sshd=$scratch/sshd-$1
    sshd_new "$1"
    sshd=$real_sshd
    ssh_know "$(port_of "$1")"
}
if unshare --uts --mount sh -c 'echo other >/proc/sys/kernel/hostname && mount -t tmpfs none /mnt' 2>/dev/null; then
    namespaces=yes
else
    namespaces=no
    echo "without namespaces: pooled login nodes, full disks and read-only homes are not tested"
fi

pooled() {
    about='a pooled login node'
    sshd_within login1 'echo login1 >/proc/sys/kernel/hostname'
    sshd_within login2 'echo login2 >/proc/sys/kernel/hostname'
    way_to pool login1
    cat >"$workflow" <<END_OF_WORKFLOW
workflow:
  name: tally
  jobs: 4
  nodes:
    long: {kind: ssh, host: pool, exec: 'echo long >>$TALLY; sleep 4321'}
    ends: {kind: ssh, host: pool, exec: 'echo ends >>$TALLY; until [ -e $scratch/go ]; do sleep 0.2; done'}
    after: {kind: ssh, host: pool, exec: 'echo after >>$TALLY; uname -n'}
  dependencies:
    - ends,after
END_OF_WORKFLOW
    run_begins
    wait_for 30 tally_has long || fail "$about: long did not begin"
    wait_for 30 tally_has ends || fail "$about: ends did not begin"
    way_to pool login2
    sshd_end login1
    # Whoever comes by the other machine sees both running there.
    for node in long ends; do
        wait_for 40 value_is "$node" reason 'the process is on login1' || fail "$about: $node: $(value "$node" reason)"
        [ "$(value "$node" state)" = running ] || fail "$about: $node is $(value "$node" state)"
        [ "$(value "$node" stale)" = False ] || fail "$about: $node is stale"
    done
    "$dagtop" hosts "$workflow" >"$scratch/hosts" 2>&1 </dev/null
    grep -q 'machine *login2$' "$scratch/hosts" || fail "$about: $(cat "$scratch/hosts")"
    # The end of a process there is seen here, and what follows begins here.
    true >"$scratch/go"
    wait_for 40 tally_has after || fail "$about: nothing follows what ended on the other machine"
    rm "$scratch/go"
    [ "$(value long state)" = running ] || fail "$about: long is $(value long state)"
    leader=$(cut -d ' ' -f 2 "$there/experiment/tally/long/.dagtop/1/pid")
    kill -0 "-$leader" || fail "$about: the process has not outlived its server"
    # Its own wrapper ends it, at its next look.
    dag 0 cancel "$workflow" long --yes
    wait_for 40 value_is long state cancelled || fail "$about: long is $(value long state) after a cancel"
    wait_for 20 group_has_ended "$leader" || fail "$about: the process runs on"
    run_ends 1
    for node in long ends after; do
        [ ! -e "$there/experiment/tally/$node/.dagtop/1/lost" ] || fail "$about: $node was lost"
    done
    tally_is 3 1 || fail "$about"
    [ "$(cat "$there/experiment/tally/after/after.log")" = login2 ] || fail "$about: after ran elsewhere"
    sshd_end login2
}

full_disk() {
    about='a full disk'
    : >"$TALLY"
    rm -rf "$there/experiment"
    mkdir -p "$scratch/small"
    sshd_within small "mount -t tmpfs -o size=1m none $scratch/small"
    way_to small small
    printf 'hosts:\n  small:\n    base: %s/base\n' "$scratch/small" >"$HOME/.config/dagtop/config.yaml"
    cat >"$workflow" <<END_OF_WORKFLOW
workflow:
  name: tally
  nodes:
    first: {kind: ssh, host: small, exec: 'echo first >>$TALLY; until [ -e $scratch/go ]; do sleep 0.2; done; echo end >>$TALLY'}
    second: {kind: ssh, host: small, exec: 'echo second >>$TALLY'}
  dependencies:
    - first,second
END_OF_WORKFLOW
    dag 0 start "$workflow" first --yes
    wait_for 30 tally_has first || fail "$about: first did not begin"
    # Its end cannot be recorded: it stays running until there is room.
    echo "cat /dev/zero >$scratch/small/filler" | ssh small sh 2>/dev/null
    ! echo "echo x >$scratch/small/more" | ssh small sh 2>/dev/null || fail "$about: it is not full"
    true >"$scratch/go"
    wait_for 30 tally_has end || fail "$about: first did not end"
    [ "$(value first state)" = running ] || fail "$about: first is $(value first state)"
    # Nothing begins there, and the reason is said.
    dag 1 start "$workflow" second --force --yes
    # Not every shell there tells why a write has failed.
    grep -Eq "no space left in $scratch/small|cannot write in $scratch/small.*: is the disk full[?]" "$scratch/output" ||
        fail "$about: the reason is not said"
    "$dagtop" hosts "$workflow" >"$scratch/hosts" 2>&1 </dev/null
    grep -q 'attention .*the disk is full' "$scratch/hosts" || fail "$about: $(cat "$scratch/hosts")"
    ! tally_has second || fail "$about: second ran"
    echo "rm $scratch/small/filler $scratch/small/more" | ssh small sh
    dag 0 run "$workflow"
    printf 'first\nend\nsecond\n' | cmp - "$TALLY" || fail "$about: $(cat "$TALLY")"
    value_is first state 'done' || fail "$about: first is $(value first state)"
    rm -f "$scratch/go"
    sshd_end small

    about='a home that is read-only'
    : >"$TALLY"
    sshd_within fixed "mount -t tmpfs none $there && mount -o remount,ro $there"
    way_to fixed fixed
    : >"$HOME/.config/dagtop/config.yaml"
    printf 'workflow:\n  name: tally\n  nodes:\n    only: {kind: ssh, host: fixed, exec: "echo only >>%s"}\n' "$TALLY" >"$workflow"
    dag 0 status "$workflow"
    says ready
    "$dagtop" hosts "$workflow" >"$scratch/hosts" 2>&1 </dev/null
    grep -q 'attention .*nothing can be written' "$scratch/hosts" || fail "$about: $(cat "$scratch/hosts")"
    dag 1 start "$workflow" only --yes
    says "cannot write in $there/experiment"
    dag 1 run "$workflow"
    says "cannot write in $there/experiment"
    [ ! -s "$TALLY" ] || fail "$about: it ran"
    # Another base is all that is needed.
    printf 'hosts:\n  fixed:\n    base: %s/elsewhere\n' "$scratch" >"$HOME/.config/dagtop/config.yaml"
    dag 0 run "$workflow"
    tally_is 1 1 || fail "$about: another base"
    : >"$HOME/.config/dagtop/config.yaml"
    sshd_end fixed
}

# near TIME: within 20 seconds of now.
near() {
    difference=$(($(date +%s) - $(date -u -d "$1" +%s)))
    [ "$difference" -ge -20 ] && [ "$difference" -le 20 ]
}

# wrong_clock MINUTES: a host whose date is off by so many.
wrong_clock() {
    about="a clock that is $1 minutes off"
    rm -rf "$there/experiment"
    : >"$TALLY"
    mkdir -p "$scratch/clock"
    printf '#!/bin/sh\nexec %s -d "%s minutes" "$@"\n' "$(command -v date)" "$1" >"$scratch/clock/date"
    chmod +x "$scratch/clock/date"
    sshd_new clock "SetEnv HOME=$there PATH=$scratch/clock:$PATH"
    ssh_know "$(port_of clock)"
    way_to clock clock
    cat >"$workflow" <<END_OF_WORKFLOW
workflow:
  name: tally
  nodes:
    first: {kind: ssh, host: clock, exec: 'echo first >>$TALLY'}
    second: {kind: ssh, host: clock, exec: 'echo second >>$TALLY; until [ -e $scratch/go ]; do sleep 0.2; done'}
    third: {kind: ssh, host: clock, exec: 'echo third >>$TALLY'}
  dependencies:
    - first,second,third
END_OF_WORKFLOW
    difference=$("$dagtop" hosts "$workflow" --format=json </dev/null |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["hosts"][0]["clock_difference"])')
    difference=$((difference - $1 * 60000))
    [ "${difference#-}" -lt 10000 ] || fail "$about: the difference found is wrong by $difference ms"
    run_begins
    wait_for 40 tally_has second || fail "$about: second did not begin"
    wait_for 30 value_is second state running || fail "$about: second is $(value second state)"
    for name in submitted started observed; do
        near "$(value second "$name")" || fail "$about: second: $name is $(value second "$name"), it is $(date -u)"
    done
    near "$(value first ended)" || fail "$about: first ended $(value first ended), it is $(date -u)"
    [ "$(value second stale)" = False ] || fail "$about: second is stale"
    # Somebody else sees that it is driven, and a second driver starts nothing again.
    "$dagtop" status "$workflow" --format=json </dev/null 2>/dev/null | grep -q '"driver": "' ||
        fail "$about: no driver is seen"
    timeout 100 "$dagtop" run "$workflow" </dev/null >"$scratch/other" 2>&1 &
    other=$!
    value_is third state waiting || fail "$about: third is $(value third state)"
    true >"$scratch/go"
    run_ends 0
    wait "$other" || fail "$about: the second run: $(cat "$scratch/other")"
    dag 0 run "$workflow"
    tally_is 3 1 || fail "$about"
    near "$(value third ended)" || fail "$about: third ended $(value third ended), it is $(date -u)"
    rm "$scratch/go"
    sshd_end clock
}

names() {
    about='names that are words of the shell'
    rm -rf "$there/experiment"
    : >"$TALLY"
    sshd_new plain
    ssh_know "$(port_of plain)"
    way_to plain plain
    folder="$scratch/it's \$HOME \"here\""
    mkdir -p "$folder/a b"
    echo "data of \$(touch canary)" >"$folder/a b/\$(touch canary) 'x'.txt"
    # shellcheck disable=SC2016 # the script expands these
    printf '#!/bin/sh\ncat "a b/"* >>"$TALLY"\nprintf "%%s\\n" "$WORDS" >>"$TALLY"\npwd >>"$TALLY"\n' >"$folder/run \$(touch canary) it's.sh"
    base="$scratch/b'as e \$(touch canary) \"q\""
    python3 - "$base" "$folder" "$TALLY" "$HOME/.config/dagtop/config.yaml" <<'END_OF_PROGRAM'
import json, sys
base, folder, tally, config = sys.argv[1:]
name = "a 'b' \"c\" $HOME `touch canary` $(touch canary); touch canary & \\ *"
json.dump({"hosts": {"plain": {"base": base}}}, open(config, "w"))
json.dump({"workflow": {"name": "it's $(touch canary) \"w\"", "nodes": {
    name: {"kind": "ssh", "host": "plain", "script": "run $(touch canary) it's.sh", "files": ["a b"],
           "env": {"TALLY": tally, "WORDS": "$(touch canary) `touch canary` 'a'  \"b\" \\n"}},
    "then": {"kind": "ssh", "host": "plain", "exec": "echo then >>" + tally}},
    "dependencies": [[name, "then"]]}}, open(folder + "/w.yaml", "w"))
END_OF_PROGRAM
    workflow=$folder/w.yaml
    cd "$scratch" || exit 99
    for way in libssh openssh; do
        about="$way: names that are words of the shell"
        rm -rf "$base"
        : >"$TALLY"
        python3 -c 'import json, sys
config = json.load(open(sys.argv[1])); config["hosts"]["plain"]["transport"] = sys.argv[2]
json.dump(config, open(sys.argv[1], "w"))' "$HOME/.config/dagtop/config.yaml" "$way"
        dag 0 run "$workflow"
        name="a 'b' \"c\" \$HOME \`touch canary\` \$(touch canary); touch canary & \\ *"
        {
            echo "data of \$(touch canary)"
            printf '%s\n' "\$(touch canary) \`touch canary\` 'a'  \"b\" \\n"
            printf '%s\n' "$base/it's \$(touch canary) \"w\"/$name"
            echo 'then'
        } | cmp - "$TALLY" || fail "$about: $(cat "$TALLY")"
        dag 0 log "$workflow" 'then'
        dag 0 status "$workflow"
    done
    [ -z "$(find "$scratch" -name canary)" ] || fail "$about: a name was carried out"
    : >"$HOME/.config/dagtop/config.yaml"

    about='hosts that are options or words of the shell'
    workflow=$scratch/tally.yaml
    : >"$TALLY"
    # shellcheck disable=SC2016 # nobody may expand it
    for host in '-oProxyCommand=touch ${IFS}canary' '-oProxyCommand=touch$IFS./canary' '-F./evil' '$(touch canary)' \
        'a;touch canary' '`touch canary`' 'x|touch canary' "$(printf 'x\ntouch canary')" '-oPermitLocalCommand=yes'; do
        for field in host user; do
            python3 - "$host" "$field" "$workflow" <<'END_OF_PROGRAM'
import json, sys
host, field, path = sys.argv[1:]
node = {"kind": "ssh", "host": "plain", "exec": "true"}
node[field] = host
json.dump({"workflow": {"name": "tally", "nodes": {"only": node}}}, open(path, "w"))
END_OF_PROGRAM
            for command in check hosts status run; do
                timeout 60 "$dagtop" "$command" "$workflow" </dev/null >"$scratch/output" 2>&1
                code=$?
                case $code in
                1 | 2 | 3) ;;
                0) [ "$command" = check ] || [ "$command" = status ] || fail "$about: $command with $field $host: exit code 0" ;;
                *) fail "$about: $command with $field $host: exit code $code" ;;
                esac
            done
            [ -z "$(find "$scratch" -name canary)" ] || fail "$about: $field $host was carried out"
        done
    done
}

if [ "$namespaces" = yes ]; then
    pooled
    full_disk
fi
wrong_clock 10
wrong_clock -10
names
echo "bad days over ssh: every script ran exactly once"

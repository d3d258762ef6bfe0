#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every point at which the agent or the wrapper can die (docs/attempts.md 4), with kill -9: the script runs at most once, and a
# fresh client can go on.
# shellcheck disable=SC2016
# shellcheck source=tests/integration/agent_client.sh
. "${top_srcdir:-.}/tests/integration/agent_client.sh"
machine=$(uname -n)
boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo -)
tally=$work/tally

# How often node $1 has run.
runs() { grep -c "^$1\$" "$tally" 2>/dev/null || :; }

# Brings a node to its end as a client does: waits, voids what has no go, makes the next attempt after void or lost. $1: node.
drive() {
    node=$1
    rounds=0
    next=1
    while [ "$rounds" -lt 200 ]; do
        rounds=$((rounds + 1))
        tell dagtop_watch 1 "$base" wf "$node" ''
        ask dagtop_poll
        attempt=${answer#*"1${tab}attempt${tab}"}
        attempt=${attempt%%
*}
        case $answer in
        *"1${tab}exit${tab}"*) return 0 ;;
        *"1${tab}lost${tab}"*) return 0 ;;
        *"1${tab}go${tab}void"* | *"1${tab}attempt${tab}0"*) next=$((attempt + 1)) ;;
        *"1${tab}go${tab}run"*) sleep 0.05; continue ;;
        *)
            # No go: a launched wrapper is given its time before it is said that sixty seconds have passed.
            next=$attempt
            if [ "$rounds" -ge 10 ]; then ask dagtop_void "$base" wf "$node" "$attempt" 60; continue; fi
            sleep 0.05
            ;;
        esac
        add "$node" "$next" "echo $node >>'$tally'"
        ask dagtop_start "$base" wf
    done
    printf 'not ok - %s does not end\n' "$node"
    failures=$((failures + 1))
}

# The agent dies at each step of a start.
for step in directories reserved request staged log launched; do
    export DAGTOP_DIE_AT=agent-$step
    agent_open dash
    add "agent-$step" 1 "echo agent-$step >>'$tally'"
    ask dagtop_start "$base" wf
    same "the agent is dead at $step" none "$code"
    agent_close 2>/dev/null
    unset DAGTOP_DIE_AT
    agent_open dash
    drive "agent-$step"
    same "agent killed at $step: ran once" 1 "$(runs "agent-$step")"
    agent_close
done

# The wrapper dies at each step: before go it never ran, afterwards it is lost, never run twice.
for step in request pid claim go started ended exit recorded; do
    export DAGTOP_DIE_AT=wrapper-$step
    agent_open dash
    add "wrapper-$step" 1 "echo wrapper-$step >>'$tally'"
    ask dagtop_start "$base" wf
    expect "started, to die at $step" "*started 1*"
    wait_for "the wrapper's end at $step" sh -c 'p=$(cat "$1"/wf/"$2"/.dagtop/1/log 2>/dev/null); ! pgrep -f "run $1/wf/$2 " >/dev/null' x "$base" "wrapper-$step"
    unset DAGTOP_DIE_AT
    agent_close
    agent_open dash
    drive "wrapper-$step"
    ended=lost
    case $step in request | pid | claim | recorded) ended='exit' ;; esac
    case $answer in *"1${tab}exit${tab}"*) got='exit' ;; *) got=lost ;; esac
    same "wrapper killed at $step: ended" "$ended" "$got"
    case $step in
    go) case $(runs "wrapper-$step") in '' | 0 | 1) got=yes ;; *) got=no ;; esac ;;
    *) [ "$(runs "wrapper-$step")" = 1 ] && got=yes || got=no ;;
    esac
    same "wrapper killed at $step: at most once" yes "$got"
    agent_close
done

# What runs, is gone, or was never ours: judged by either eyes.
test_judging() {
    wf=$eyes
    agent_open dash
    # The wrapper is killed, the script lives: still running; when the script has ended too: lost.
    add orphan 1 "echo \$\$ >'$work/$wf.pid'; while [ ! -e '$work/$wf.stop' ]; do sleep 0.05; done"
    ask dagtop_start "$base" "$wf"
    tell dagtop_watch 1 "$base" "$wf" orphan ''
    poll_until "the orphan runs" "*1${tab}started${tab}*"
    wait_for "the script" test -s "$work/$wf.pid"
    read -r _ leader _ <"$base/$wf/orphan/.dagtop/1/pid"
    kill -KILL "$leader"
    ask dagtop_poll
    tell dagtop_watch 1 "$base" "$wf" orphan ''
    ask dagtop_poll
    expect "the wrapper is dead, the script is not: running" "*1${tab}process${tab}alive*"
    : >"$work/$wf.stop"
    for process in $(pgrep -g "$leader"); do [ "$process" = "$(cat "$work/$wf.pid")" ] || kill -KILL "$process" 2>/dev/null; done
    poll_until "then lost" "*1${tab}lost${tab}gone *"

    # A reused number and another boot.
    setsid sleep 300 &
    other=$!
    wait_for "another process group" sh -c 'kill -0 "-$1" 2>/dev/null' x "$other"
    for node in reused rebooted elsewhere; do
        mkdir -p "$base/$wf/$node/.dagtop/1"
        echo "nonce='ab'" >"$base/$wf/$node/.dagtop/1/request"
        echo "run ab $machine $other" >"$base/$wf/$node/.dagtop/1/go"
    done
    echo "$machine $other 1 $boot" >"$base/$wf/reused/.dagtop/1/pid"
    echo "$machine $other 1 another-boot" >"$base/$wf/rebooted/.dagtop/1/pid"
    echo "run ab other-machine 999999" >"$base/$wf/elsewhere/.dagtop/1/go"
    tell dagtop_watch 1 "$base" "$wf" reused ''
    tell dagtop_watch 2 "$base" "$wf" rebooted ''
    tell dagtop_watch 3 "$base" "$wf" elsewhere ''
    ask dagtop_poll
    expect "a reused process number" "*1${tab}lost${tab}reused *"
    expect "another boot" "*2${tab}lost${tab}rebooted *"
    expect "another machine is not judged" "*3${tab}process${tab}elsewhere other-machine*"
    same "no lost record for it" no "$([ -e "$base/$wf/elsewhere/.dagtop/1/lost" ] && echo yes || echo no)"
    ask dagtop_cancel "$base" "$wf" elsewhere 1 me@here 1
    expect "cancel elsewhere is left to the wrapper there" "*elsewhere${tab}cancel${tab}elsewhere other-machine*"
    same "the other process was not touched" alive "$(kill -0 "$other" && echo alive)"
    kill -KILL "$other"
    agent_close
}

for eyes in perl shell; do
    if [ "$eyes" = shell ] || command -v perl >/dev/null; then test_judging; fi
done

agent_open dash

# Two agents start the same attempt at the same moment; a canceller races with the wrapper.
i=0
while [ "$i" -lt 10 ]; do
    i=$((i + 1))
    add "race-$i" 1 "echo race-$i >>'$tally'"
    add "cancel-$i" 1 "echo cancel-$i >>'$tally'; sleep 300"
done
(
    exec 8>&- 9<&-
    agent_pid=
    rm -f "$work/in2" "$work/out2"
    trap - EXIT
    {
        agent_text
        printf 'dagtop_hello %s %s %s\n' "$token" "'$base'" ''
        quote "$(sed 's/\\/\\\\/g' "$work/wrapper-text")"
        printf 'dagtop_wrapper=%s\n' "$quoted"
        exec 8>&1
        i=0
        while [ "$i" -lt 10 ]; do i=$((i + 1)); add "race-$i" 1 "echo race-$i >>'$tally'"; done
        printf '%s\n' "dagtop_request 1 dagtop_start '$base' wf"
    } | dash >"$work/second-agent" 2>&1
) &
ask dagtop_start "$base" wf
i=0
while [ "$i" -lt 10 ]; do
    i=$((i + 1))
    ask dagtop_cancel "$base" wf "cancel-$i" 1 me@here 1
    case $answer in *"cancel${tab}cancelled"* | *"cancel${tab}signalled"*) ;; *) expect "cancel $i decides or signals" "*cancelled*" ;; esac
done
wait $!
i=0
while [ "$i" -lt 10 ]; do
    i=$((i + 1))
    wait_for "race $i" test -s "$base/wf/race-$i/.dagtop/1/exit"
    wait_for "cancel $i" sh -c '[ -s "$1/exit" ] || grep -q "^cancelled" "$1/go"' x "$base/wf/cancel-$i/.dagtop/1"
    same "two starts at once, one run ($i)" 1 "$(runs "race-$i")"
    case $(runs "cancel-$i") in
    '' | 0) ;;
    1) same "what ran had go = run ($i)" run "$(cut -d ' ' -f 1 "$base/wf/cancel-$i/.dagtop/1/go")" ;;
    *) same "cancelled job ran at most once ($i)" 1 "$(runs "cancel-$i")" ;;
    esac
done
finish

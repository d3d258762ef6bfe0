#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Many nodes that run quietly are looked at together: what changes of one of them is told by the next look, or by one of the
# next eight where it is a mark; also when files vanish, and while others begin and end.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/integration/agent_client.sh
. "${top_srcdir:-.}/tests/integration/agent_client.sh"
count=40

# Makes a running attempt of node $1 without a wrapper, whose process is $2. Sets record, its directory.
fake_running() {
    record=$base/wf/$1/.dagtop/1
    mkdir -p "$record"
    echo "nonce='ab'" >"$record/request"
    echo "$(uname -n) $2 - -" >"$record/pid"
    echo "run ab $(uname -n) $2" >"$record/go"
    echo "2026-11-20T21:03:02Z" >"$record/started"
    printf '# cloudmesh status=running progress=1\n' >"$record/log"
}

# group_lives PROCESS
group_lives() { kill -0 "-$1" 2>/dev/null; }

# Names with what a shell or a list of lines may stumble over.
name_of() { echo "it's a \"node\" \$$1"; }
record_of() { record="$base/wf/$(name_of "$1")/.dagtop/1"; }

# Which numbers the last answer speaks of.
told() { printf '%s' "$answer" | cut -f 1 | sort -un | tr '\n' ' '; }

# is_quiet LINES: the shell's agent looks at nodes together. It writes down how many lines it compares.
is_quiet() {
    ask dagtop_poll
    [ "$eyes" = shell ] || return 0
    [ "$stat" = yes ] || set -- 0
    rm -f "$work/lines"
    printf '%s\n' "echo \"\$dagtop_quiet_lines\" >'$work/lines.new'; mv '$work/lines.new' '$work/lines'" >&8
    ask dagtop_ping
    [ "$(cat "$work/lines")" = "$1" ]
}

# Marks are looked for in turn.
poll_eight_times() {
    polled=
    for i in 1 2 3 4 5 6 7 8; do
        ask dagtop_poll
        polled=$polled$answer
    done
    answer=$polled
}

test_changes() {
    record_of 7
    printf '# cloudmesh status=running progress=2 loss=0.5\n' >>"$record/log"
    ask dagtop_poll
    same "one log has grown: nothing else is told" "7 " "$(told)"
    expect "its line" "*7${tab}status${tab}# cloudmesh status=running progress=2 loss=0.5*7${tab}metric${tab}loss=0.5*"
    ask dagtop_poll
    same "and nothing twice" "" "$answer"

    # Two records one after the other, with a look between.
    record_of 8
    echo "2026-11-20T21:04:02Z me@here" >"$record/cancelled"
    ask dagtop_poll
    expect "a record is told by the next look" "*8${tab}cancelled${tab}2026*"
    echo "exit 0 2026-11-20T21:04:02Z" >"$record/exit"
    ask dagtop_poll
    expect "and so is the end" "*8${tab}exit${tab}exit 0 2026*"
    printf '# cloudmesh status=done progress=100' >>"$record/log"
    ask dagtop_poll
    same "what has ended is told once" "" "$(printf '%s' "$answer" | grep exit)"

    kill -KILL "$mortal"
    wait_for "the end of a process" sh -c '! kill -0 "-$1" 2>/dev/null' x "$mortal"
    ask dagtop_poll
    same "a process has gone: nothing else is told" "9 " "$(told)"
    expect "its end" "*9${tab}lost${tab}gone *"

    echo "2026-11-20T21:05:02Z me@here" >"$base/wf/$(name_of 10)/.dagtop/held"
    poll_eight_times
    expect "a mark" "*10${tab}held${tab}2026*"
    mkdir "$base/wf/$(name_of 8)/.dagtop/2"
    poll_eight_times
    expect "another attempt" "*8${tab}attempt${tab}2*"
}

test_vanishing() {
    record_of 11
    rm "$record/log"
    ask dagtop_poll
    same "a log is gone: no error" 0 "$code"
    record_of 12
    printf '# cloudmesh status=running progress=3\n' >>"$record/log"
    ask dagtop_poll
    expect "the others are followed" "*12${tab}status${tab}# cloudmesh status=running progress=3*"
    record_of 11
    printf '# cloudmesh status=running progress=4\n# more than before\n' >"$record/log"
    ask dagtop_poll
    expect "it is followed again, from its beginning" "*11${tab}status${tab}# cloudmesh status=running progress=4*"
    mv "$base/wf" "$base/elsewhere"
    ask dagtop_poll
    same "all are gone: no error" 0 "$code"
    mv "$base/elsewhere" "$base/wf"
    record_of 14
    printf '# cloudmesh status=running progress=5\n' >>"$record/log"
    poll_until "all are back" "*14${tab}status${tab}# cloudmesh status=running progress=5*"
}

# Waiting ends when a log grows; else it would end after the time limit of the test's answer.
test_waiting() {
    record_of "$1"
    ask dagtop_poll
    ask dagtop_poll
    began=$(date +%s)
    (sleep 1.5; printf '# cloudmesh status=running progress=55\n' >>"$record/log") &
    ask dagtop_wait 60
    expect "$2: a grown log ends waiting" "*${tab}status${tab}# cloudmesh status=running progress=55*"
    same "$2: before its time" yes "$([ $(($(date +%s) - began)) -lt 30 ] && echo yes)"
}

# Two clients that share the agent.
test_groups() {
    tell dagtop_group 1
    tell dagtop_watch 1 "$base" wf "$(name_of 20)" ''
    ask dagtop_poll
    same "another group has its own numbers" "1 " "$(told)"
    record_of 20
    printf '# cloudmesh status=running progress=6\n' >>"$record/log"
    ask dagtop_poll
    same "and hears of its own" "1 " "$(told)"
    tell dagtop_group 0
    ask dagtop_poll
    same "the first group hears of it too" "20 " "$(told)"
    tell dagtop_unwatch 20
    printf '# cloudmesh status=running progress=7\n' >>"$record/log"
    record_of 21
    printf '# cloudmesh status=running progress=8\n' >>"$record/log"
    ask dagtop_poll
    same "what is watched no longer is not told" "21 " "$(told)"
}

test_crowd() {
    printf '# %s, eyes: %s, stat: %s\n' "$1" "$eyes" "$stat"
    base=$work/base-$eyes-$stat-${1%% *}
    agent_open "$1"
    setsid sleep 600 &
    holder=$!
    setsid sleep 600 &
    mortal=$!
    wait_for "process groups" group_lives "$holder"
    wait_for "process groups" group_lives "$mortal"
    i=0
    while [ "$i" -lt "$count" ]; do
        i=$((i + 1))
        fake_running "$(name_of "$i")" "$([ "$i" = 9 ] && echo "$mortal" || echo "$holder")"
        tell dagtop_watch "$i" "$base" wf "$(name_of "$i")" ''
    done
    ask dagtop_poll
    same "all are told" "$count" "$(told | wc -w | tr -d ' ')"
    wait_for "quiet nodes" is_quiet $((2 * count))
    ask dagtop_poll
    same "nothing new, nothing said" "" "$answer"
    test_waiting 6 many
    test_changes
    test_groups
    test_vanishing
    # Gone are the one that ended, the lost one, and the one that is watched no longer.
    wait_for "quiet nodes again" is_quiet $((2 * count - 6))
    i=2
    while [ "$i" -le "$count" ]; do
        tell dagtop_unwatch "$i"
        i=$((i + 1))
    done
    test_waiting 1 one
    kill -KILL "$holder"
    agent_close
}

stat=yes
for shell in dash "bash --posix" "busybox sh"; do
    if command -v "${shell%% *}" >/dev/null; then test_crowd "$shell"; fi
done
# Where there is no stat(1), or another.
mkdir "$work/tools"
for tool in awk cat cksum cut date dd find getconf head id ln ls mkdir mv nproc readlink rm rmdir setsid sh sleep tail timeout tr uname wc xargs; do
    ln -s "$(command -v "$tool")" "$work/tools/$tool"
done
stat=no
test_crowd "env PATH=$work/tools $(command -v sh)"
stat=yes eyes=perl
if command -v perl >/dev/null; then test_crowd dash; fi
finish

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Following logs: pieces, half lines, truncation, removal, a sparse gigabyte, a line of 100 MB, NUL bytes, status files.
# shellcheck disable=SC2016
# shellcheck source=tests/integration/agent_client.sh
. "${top_srcdir:-.}/tests/integration/agent_client.sh"

# Makes a running attempt of node $1 without a wrapper: its process is another that lives. Sets log.
fake_running() {
    mkdir -p "$base/wf/$1/.dagtop/1"
    echo "nonce='ab'" >"$base/wf/$1/.dagtop/1/request"
    echo "$(uname -n) $holder - -" >"$base/wf/$1/.dagtop/1/pid"
    echo "run ab $(uname -n) $holder" >"$base/wf/$1/.dagtop/1/go"
    echo "2026-11-20T21:03:02Z" >"$base/wf/$1/.dagtop/1/started"
    log=$base/wf/$1/.dagtop/1/log
}

# The last value of a field in the answer: last FIELD
last() { printf '%s' "$answer" | sed -n "s/^[0-9]*${tab}$1${tab}//p" | tail -n 1; }

test_logs() {
    printf '# %s, eyes: %s, awk: %s\n' "$1" "$eyes" "$2"
    base=$work/base-$2
    agent_open "$1"
    setsid sleep 600 &
    holder=$!
    wait_for "a process group" sh -c 'kill -0 "-$1" 2>/dev/null' x "$holder"

    # Half a line is not read until its end has come.
    fake_running half
    printf '# cloudmesh status=running progress=1\n# cloudmesh status=running progress=2' >"$log"
    tell dagtop_watch 1 "$base" wf half ''
    ask dagtop_poll
    same "the half line waits" "# cloudmesh status=running progress=1" "$(last status)"
    printf '5 loss=0.25\n' >>"$log"
    ask dagtop_poll
    same "and is read whole" "# cloudmesh status=running progress=25 loss=0.25" "$(last status)"
    same "with its metric" "loss=0.25" "$(last metric)"
    same "size" "$(wc -c <"$log" | tr -d ' ')" "$(last size)"
    printf 'nothing of interest\n' >>"$log"
    ask dagtop_poll
    same "other lines tell only the size" "size" "$(printf '%s' "$answer" | cut -f 2)"

    # The line that StopWatch writes in two parts, read in two polls.
    printf '# cloudmesh status=running progress=30 pid=1\n' >>"$log"
    ask dagtop_poll
    printf " time='2026-11-20 21:03:02' accuracy=\"0.5\"\n" >>"$log"
    ask dagtop_poll
    same "continued" "# cloudmesh status=running progress=30 pid=1 time='2026-11-20 21:03:02' accuracy=\"0.5\"" "$(last status)"
    same "its metric" "accuracy=0.5" "$(last metric)"
    printf 'cloudmesh status=failed\n# cloudmesh\n# cloudmesh nothing here\n a=b\n' >>"$log"
    ask dagtop_poll
    same "what is not well formed is no status line" "" "$(last status)"

    # Truncated, then removed and made again.
    printf '# cloudmesh status=running progress=31\n' >"$log"
    ask dagtop_poll
    same "truncated" "# cloudmesh status=running progress=31" "$(last status)"
    rm "$log"
    ask dagtop_poll
    same "removed: no error" 0 "$code"
    printf '# cloudmesh status=running progress=32\n' >"$log.new"
    mv "$log.new" "$log"
    ask dagtop_poll
    same "made again" "# cloudmesh status=running progress=32" "$(last status)"
    same "gaps" "" "$(last gap)"
    # A torn record of what was seen is no record.
    printf 'generation 99\noffset 1000000\nstatus # cloudmesh status=done' >"$base/wf/half/.dagtop/1/seen.0"
    tell dagtop_watch 1 "$base" wf half ''
    ask dagtop_poll
    same "a torn seen is ignored" "# cloudmesh status=running progress=32" "$(last status)"

    # NUL bytes, control characters, bytes that are no UTF-8, a carriage return.
    fake_running bytes
    tell dagtop_watch 2 "$base" wf bytes ''
    printf 'a\000b\n\000\000# cloudmesh status=running\tprogress=7 x=\033[31m\377 msg="a%%b"\r\n' >"$log"
    ask dagtop_poll
    same "made harmless" "# cloudmesh status=running%09progress=7 x=%1B[31m$(printf '\377') msg=\"a%25b\"" "$(last status)"

    # A line of 100 MB, then a status line; in pieces.
    fake_running long
    : >"$log"
    tell dagtop_watch 3 "$base" wf long ''
    ask dagtop_poll
    { dd if=/dev/zero bs=1048576 count=100 2>/dev/null | tr '\000' x; printf ' # cloudmesh status=failed progress=1\n# cloudmesh status=running progress=77\n'; } >>"$log"
    poll_until "the line after a line of 100 MB" "*3${tab}status${tab}# cloudmesh status=running progress=77*"
    answer=$polled
    same "nothing was left out" "" "$(last gap)"

    # A piece is read in parts of a MiB: a status line across their border, and a long line across another.
    fake_running parts
    { head -c 1048558 /dev/zero | tr '\000' 'x'; printf '\n# cloudmesh status=running progress=41 border=yes\n'; } >"$log"
    { head -c 3000000 /dev/zero | tr '\000' 'y'; printf ' # cloudmesh progress=1 hidden=yes\n# cloudmesh progress=42\n z=26\n'; } >>"$log"
    tell dagtop_watch 7 "$base" wf parts ''
    ask dagtop_poll
    same "lines across borders" "# cloudmesh progress=42 z=26" "$(last status)"
    same "their metrics" "border=yes z=26 " "$(printf '%s' "$answer" | sed -n "s/^7${tab}metric${tab}//p" | tr '\n' ' ')"
    printf '# cloudmesh progress=43\n' >>"$log"
    ask dagtop_poll
    same "read on from where they ended" "# cloudmesh progress=43" "$(last status)"
    same "a line that is new alone" "" "$(last metric)"

    # A sparse gigabyte that nobody has seen: the last 16 MiB are read, and that is said.
    fake_running sparse
    dd if=/dev/zero of="$log" bs=1 count=0 seek=1073741824 2>/dev/null
    printf '\n# cloudmesh status=running progress=88\n' >>"$log"
    tell dagtop_watch 4 "$base" wf sparse ''
    ask dagtop_poll
    same "the end of a gigabyte" "# cloudmesh status=running progress=88" "$(last status)"
    same "the size" "$(wc -c <"$log" | tr -d ' ')" "$(last size)"
    same "the gap" "$(($(wc -c <"$log") - 16777216))" "$(last gap)"
    ask dagtop_read "$base" wf sparse 1 -12 100
    same "read at the end of a gigabyte" "progress=88" "$(cat "$work/data")"

    # A status file beside the log, of a node with an attempt and of one that is only watched.
    printf '# cloudmesh status=running progress=5\n' >"$base/wf/half/my status"
    tell dagtop_watch 1 "$base" wf half 'my status'
    mkdir -p "$base/wf/watched"
    tell dagtop_watch 5 "$base" wf watched "$work/watched status-$2"
    ask dagtop_poll
    same "a status file" "# cloudmesh status=running progress=5" "$(last statusfile.status)"
    printf '# cloudmesh status=done progress=100 score=1\n' >"$work/watched status-$2"
    ask dagtop_poll
    same "a watched file that comes later" "# cloudmesh status=done progress=100 score=1" "$(last statusfile.status)"
    same "its metric" "score=1" "$(last statusfile.metric)"

    # More than 256 metrics are not kept, and nothing breaks.
    fake_running many
    awk 'BEGIN { for (i = 0; i < 1000; i++) print "# cloudmesh progress=1 m" i "=" i }' >"$log"
    tell dagtop_watch 6 "$base" wf many ''
    ask dagtop_poll
    same "metrics are limited" 256 "$(printf '%s' "$answer" | grep -c "^6${tab}metric")"

    kill -KILL "$holder"
    agent_close
}

for awk in mawk gawk original-awk; do
    command -v "$awk" >/dev/null || continue
    mkdir "$work/$awk"
    ln -s "$(command -v "$awk")" "$work/$awk/awk"
    saved_path=$PATH
    PATH=$work/$awk:$PATH
    test_logs dash "$awk"
    PATH=$saved_path
done
if command -v busybox >/dev/null; then
    mkdir "$work/busybox"
    for tool in awk ls dd tr head tail cut ln mv date sleep uname sh; do ln -s "$(command -v busybox)" "$work/busybox/$tool"; done
    saved_path=$PATH
    PATH=$work/busybox:$PATH
    test_logs "$work/busybox/sh" busybox
    PATH=$saved_path
fi
if command -v perl >/dev/null; then
    eyes=perl
    test_logs dash none
fi
finish

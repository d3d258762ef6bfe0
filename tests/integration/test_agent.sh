#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The host agent in each shell that is here: handshake, start, poll, exit, cancel, timeout, marks, clean, reading.
# shellcheck source=tests/integration/agent_client.sh
# shellcheck disable=SC2016,SC2012,SC2317
. "${top_srcdir:-.}/tests/integration/agent_client.sh"

# $1: the shell, as a command; both the agent and (by PATH) the wrapper run in it.
test_shell() {
    printf '# %s\n' "$1"
    base="$work/base of $2"
    mkdir "$work/bin-$2"
    printf '#!/bin/sh\nexec %s "$@"\n' "$1" >"$work/bin-$2/sh"
    chmod +x "$work/bin-$2/sh"
    saved_path=$PATH
    PATH=$work/bin-$2:$PATH

    # Noise before the handshake, with a half line and what looks like a frame.
    agent_open "$1" 'echo Welcome to the machine; printf "%s" "@@ffff 0 begin"'
    same "handshake code" 0 "$code"
    expect "handshake" "*-${tab}protocol${tab}1*-${tab}answer${tab}42*-${tab}links${tab}yes*"
    expect "base is absolute" "*-${tab}base${tab}$base*"

    ask dagtop_ping
    same "ping" "0" "$code$answer"
    ask dagtop_no_such_thing x
    same "unknown function" 2 "$code"
    ask dagtop_hold "$base" wf ../x who
    same "a node's name with a slash is refused" 2 "$code"

    # One node with every sign that a name may hold, from start to exit; status, continuation line, metrics.
    name="a 'node' \$x \`y\` \"z\" 100%"
    add "$name" 1 'echo "x # cloudmesh status=running progress=5 loss=0.5 msg='"'it is'"'"; echo " more=7"; echo ":::MLLOG {\"key\": \"accuracy\", \"value\": 0.75, \"metadata\": {\"epoch_num\": 3}}"; cat; umask; printf "%s" "# cloudmesh status=done progress=100"'
    ask dagtop_start "$base" wf
    same "start code" 0 "$code"
    expect "start" "*start${tab}started 1*"
    tell dagtop_watch 1 "$base" wf "$name" ''
    # The exit record may be seen a look before the end of the process, and then the last line comes with the next.
    poll_until "exit record, and the status line at the end, without newline" \
        "*1${tab}exit${tab}exit 0 20*1${tab}status${tab}# cloudmesh status=done progress=100*"
    # shellcheck disable=SC2154
    answer=$polled
    expect "metrics" "*1${tab}metric${tab}loss=0.5*1${tab}metric${tab}more=7*1${tab}metric${tab}accuracy=0.75*1${tab}metric${tab}epoch_num=3*"
    ask dagtop_poll
    same "nothing new, nothing said" "" "$answer"
    ask dagtop_scan "$base" wf
    expect "scan" "*100%25${tab}attempt${tab}1*100%25${tab}exit${tab}exit 0*100%25${tab}status${tab}# cloudmesh status=done*metric${tab}loss=0.5*"
    ask dagtop_attempts "$base" wf "$name"
    expect "attempts" "*attempt${tab}1*request${tab}command=echo*request${tab}machine=*exit${tab}exit 0*"
    ask dagtop_read "$base" wf "$name" 1 2 11
    same "read a piece of the log" "# cloudmesh" "$(cat "$work/data")"
    ask dagtop_read "$base" wf "$name" 0 -12 1000
    same "read the end of the log" "progress=100" "$(cat "$work/data")"
    ask dagtop_read "$base" wf "$name" 1 99999 10
    same "read past the end" "" "$(cat "$work/data")"
    began=$(date +%s)
    ended=$(sed 's/.* //' "$base/wf/$name/.dagtop/1/exit")
    ended=$(date -d "$ended" +%s 2>/dev/null || echo "$began")
    same "the exit record's time is now" yes "$([ $((began - ended)) -le 5 ] && [ $((began - ended)) -ge -1 ] && echo yes)"
    same "the log's link" ".dagtop/1/log" "$(readlink "$base/wf/$name/$name.log")"
    same "records are for the user only" "drwx------" "$(ls -ld "$base/wf/$name/.dagtop" | cut -c 1-10)"

    # A newer session merges what the older one has seen.
    agent_close
    agent_open "$1"
    tell dagtop_watch 7 "$base" wf "$name" ''
    ask dagtop_poll
    expect "another session knows the metrics" "*7${tab}attempt${tab}1*7${tab}status${tab}*status=done*7${tab}metric${tab}loss=0.5*7${tab}metric${tab}more=7*"
    tell dagtop_unwatch 7

    # The same attempt again, one too far, and one before the end of the former.
    add "$name" 1 true
    add "$name" 3 true
    add good 1 'sleep 300'
    ask dagtop_start "$base" wf
    same "a batch with refusals" 1 "$code"
    expect "refusals" "*start${tab}exists *start${tab}newer-attempt *good${tab}start${tab}started 1*"
    add good 2 true
    ask dagtop_start "$base" wf
    expect "the former attempt must have ended" "*good${tab}start${tab}not-final *"
    ask dagtop_clean "$base" wf 20261120 good
    expect "a live node is not moved aside" "*good${tab}clean${tab}live *"

    # Cancel a running job.
    tell dagtop_watch 2 "$base" wf good ''
    poll_until "running" "*2${tab}started${tab}*2${tab}process${tab}alive*"
    ask dagtop_cancel "$base" wf good 1 'me@here' 5
    expect "cancel" "*good${tab}cancel${tab}signalled*"
    poll_until "cancelled by TERM" "*2${tab}exit${tab}signal 15*2${tab}cancelled${tab}*me@here*"
    ask dagtop_cancel "$base" wf good 1 'me@here' 5
    expect "cancel what has ended" "*good${tab}cancel${tab}final*"

    # A job that ignores TERM is killed, and the exit record still comes.
    add stubborn 1 "trap '' TERM; echo ready; while :; do sleep 1; done"
    ask dagtop_start "$base" wf
    tell dagtop_watch 3 "$base" wf stubborn ''
    wait_for "the stubborn job" grep -q ready "$base/wf/stubborn/.dagtop/1/log"
    ask dagtop_cancel "$base" wf stubborn 1 'me@here' 1
    poll_until "killed" "*3${tab}exit${tab}signal 9*"

    # Time limit.
    add slow 1 'sleep 300' "timeout='1'
grace='1'"
    ask dagtop_start "$base" wf
    tell dagtop_watch 4 "$base" wf slow ''
    poll_until "time limit" "*4${tab}exit${tab}timeout 143*"

    # Exit codes, and a second attempt; the environment of the job; a working directory.
    add code 1 'exit 7'
    add signal 1 'kill -SEGV $$'
    add variables 1 'echo "<$GREETING> $LOADED $DAGTOP_NODE $DAGTOP_ATTEMPT $CUDA_VISIBLE_DEVICES $PWD ${LC_ALL-none}"' "env1='GREETING=it'\\''s me'
prologue='export LOADED='\\''a module'\\'''
gpus='0,2'
directory='/'"
    LC_ALL_for_test=none
    ask dagtop_start "$base" wf
    for i in 5 6 8; do
        case $i in 5) n=code ;; 6) n=signal ;; 8) n=variables ;; esac
        tell dagtop_watch $i "$base" wf "$n" ''
    done
    poll_until "an exit code" "*5${tab}exit${tab}exit 7*"
    wait_for "the signalled job" test -s "$base/wf/signal/.dagtop/1/exit"
    wait_for "the other job" test -s "$base/wf/variables/.dagtop/1/exit"
    same "a signal" "signal 11" "$(cut -d ' ' -f 1,2 "$base/wf/signal/.dagtop/1/exit")"
    same "environment, directory, locale" "<it's me> a module variables 1 0,2 / $LC_ALL_for_test" "$(cat "$base/wf/variables/.dagtop/1/log")"
    add unprepared 1 'echo never' "prologue='false'"
    ask dagtop_start "$base" wf
    tell dagtop_watch 5 "$base" wf unprepared ''
    poll_until "a prologue that fails" "*5${tab}exit${tab}exit 126*"
    same "nothing runs without it" "dagtop: the prologue has failed: false" "$(cat "$base/wf/unprepared/.dagtop/1/log")"
    add code 2 'echo second'
    ask dagtop_start "$base" wf
    wait_for "the second attempt" test -s "$base/wf/code/.dagtop/2/exit"
    same "the link follows the newest attempt" second "$(cat "$base/wf/code/code.log")"

    # Hold, skip, wanted and back.
    ask dagtop_hold "$base" wf later 'me@here'
    ask dagtop_skip "$base" wf later 'me@here'
    ask dagtop_wanted "$base" wf later 3
    ask dagtop_wanted "$base" wf later 2
    tell dagtop_watch 9 "$base" wf later ''
    ask dagtop_poll
    expect "marks" "*9${tab}attempt${tab}0*9${tab}wanted${tab}3*9${tab}held${tab}*me@here*9${tab}skipped${tab}*me@here*"
    ask dagtop_release "$base" wf later
    ask dagtop_unskip "$base" wf later
    ask dagtop_poll
    expect "marks are gone" "*9${tab}wanted${tab}3
9${tab}held${tab}
9${tab}skipped${tab}
*"

    # Void: not before its time; then the attempt does not count and the next one can be made.
    mkdir -p "$base/wf/stuck/.dagtop/1"
    ask dagtop_void "$base" wf stuck 1 59
    expect "void has to wait" "*stuck${tab}void${tab}early*"
    ask dagtop_void "$base" wf stuck 1 60
    expect "void" "*stuck${tab}void${tab}void*"
    add stuck 1 true
    add stuck 2 true
    ask dagtop_start "$base" wf
    expect "after void" "*stuck${tab}start${tab}exists *stuck${tab}start${tab}started 2*"

    # Scripts by kind, uploads, and a script with every byte.
    awk 'BEGIN { for (i = 1; i < 256; i++) printf "%c", i }' </dev/null >"$work/bytes"
    { printf '\000'; cat "$work/bytes"; } >"$work/all-bytes"
    read_content <"$work/bytes"
    ask dagtop_upload "$base" wf files data/bytes new '\0000'
    ask dagtop_upload "$base" wf files data/bytes append "$content"
    ask dagtop_upload "$base" wf files ../out new x
    same "an upload stays in its directory" 2 "$code"
    printf '#!/bin/sh\necho "script $0"\ncksum <data/bytes\n' >"$work/script"
    read_content <"$work/script"
    tell dagtop_add files 1 "nonce='ab12'
kind='local'
script='job.sh'" job.sh "$content"
    tell dagtop_add program 1 "nonce='ab13'
kind='local'
script='program'" program "$content"
    printf 'import sys\nprint("python", sys.version_info[0])\n' >"$work/script"
    read_content <"$work/script"
    tell dagtop_add python 1 "nonce='ab14'
kind='local'
script='job.py'" job.py "$content"
    tell dagtop_add nothing 1 "nonce='ab15'
kind='local'
script='job.sh'" job.sh ''
    ask dagtop_start "$base" wf
    expect "a missing script is refused" "*nothing${tab}start${tab}missing-script *"
    for n in files program python; do wait_for "the job $n" test -s "$base/wf/$n/.dagtop/1/exit"; done
    same "every byte arrives" "script ./job.sh
$(cksum <"$work/all-bytes")" "$(cat "$base/wf/files/files.log")"
    same "a program runs as itself" "/program" "$(sed -n '1s/script .*\(\/program\)$/\1/p' "$base/wf/program/program.log")"
    same "python" "python 3" "$(cat "$base/wf/python/python.log")"
    ask dagtop_read_script "$base" wf python 1
    same "the script that ran" "$(cat "$work/script")" "$(cat "$work/data")"

    # Small files that come with their start: each with its own, in folders, as new files; none that leads out.
    mkdir -p "$base/wf/brought"
    echo old >"$base/wf/brought/tool"
    ln "$base/wf/brought/tool" "$work/still-open"
    read_content <"$work/bytes"
    tell dagtop_bring data/bytes new "$content"
    tell dagtop_bring tool new-x '#!/bin/sh\necho new\n'
    add brought 1 './tool; cksum <data/bytes'
    add without 1 true
    for path in ../out /out data/../../out .dagtop/1/go ''; do
        tell dagtop_bring "$path" new x
        add "out-$(printf %s "$path" | cksum | tr ' ' -)" 1 true
    done
    ask dagtop_start "$base" wf
    wait_for "the job brought" test -s "$base/wf/brought/.dagtop/1/exit"
    same "what was brought" "new
$(cksum <"$work/bytes")" "$(cat "$base/wf/brought/brought.log")"
    same "who has the old file open keeps it" old "$(cat "$work/still-open")"
    [ ! -e "$base/wf/without/tool" ] || same "the next start has files of its own" none tool
    same "what leads out is refused" 5 "$(printf '%s' "$answer" | grep -c "^out-.*${tab}start${tab}n")"
    for path in "$base/wf/out" /out; do [ ! -e "$path" ] || same "nothing leads out" none "$path"; done
    rm -f "$work/still-open"

    # Tasks of an array come in two requests; one that another has made is left out; then they are submitted, apart.
    printf 'echo "$1" >%s; echo 77\n' "$work/called" >"$work/submit"
    nonce=0123456789abcdef0123456789abcdef
    array=$base/wf/.dagtop/array-$nonce
    for k in 0 1 2; do
        tell dagtop_add "task-$k" 1 "nonce='$nonce.$k'
kind='slurm'
command='true'" '' '' array "$k"
        [ "$k" = 0 ] || ask dagtop_start "$base" wf 0 "$nonce" "sh $work/submit \"\$1\""
    done
    expect "the second request" "task-2${tab}start${tab}started 1*"
    tell dagtop_add task-1 1 "nonce='$nonce.3'
kind='slurm'
command='true'" '' '' array 3
    ask dagtop_start "$base" wf 0 "$nonce" "sh $work/submit \"\$1\""
    expect "who is another's is left out" "task-1${tab}start${tab}exists *"
    ask dagtop_submit "$base" wf "$nonce" slurm 4
    expect "the array is being submitted" "*-${tab}submit${tab}started*"
    wait_for "the job of the last task" test -s "$base/wf/task-2/.dagtop/1/jobid"
    wait_for "the job of the first task" test -s "$base/wf/task-0/.dagtop/1/jobid"
    same "the tasks that were made ready" 0-2 "$(cat "$work/called")"
    same "each has its job" "77_0 77_1 77_2" "$(cat "$base"/wf/task-?/.dagtop/1/jobid | tr '\n' ' ' | sed 's/ $//')"
    same "the directory of a task" 1 "$(cd "$array/2" && grep -c "^node='task-2'" request)"
    ask dagtop_submit "$base" wf "${nonce%f}0" slurm 4
    expect "an array that is not there" "*-${tab}submit${tab}no-attempt *"

    # Owner, driver, clean.
    ask dagtop_owner "$base" wf 'id one' create
    ask dagtop_owner "$base" wf 'id two' create
    expect "the first owner stays" "*-${tab}owner${tab}id one*"
    ask dagtop_owner "$base" wf 'id two' adopt
    expect "adopted" "*-${tab}owner${tab}id two*"
    ask dagtop_driver "$base" wf 'laptop 4711'
    ask dagtop_driver "$base" wf ''
    expect "driver" "*-${tab}driver${tab}laptop 4711*"
    ask dagtop_clean "$base" wf 20261120-1 code nobody
    expect "clean" "*code${tab}clean${tab}done*nobody${tab}clean${tab}no-attempt*"
    same "moved aside" yes "$([ -d "$base/wf/code" ] || [ ! -d "$base/wf/.dagtop/trash-20261120-1/code/.dagtop/2" ] || echo yes)"
    add code 1 true
    ask dagtop_start "$base" wf
    expect "begins again with 1" "*code${tab}start${tab}started 1*"
    wait_for "the last job" test -s "$base/wf/code/.dagtop/1/exit"
    tell dagtop_quit
    agent_close
    PATH=$saved_path
}

# The wrapper's own calendar against date(1): days around leap years, and the first and last seconds of days.
test_calendar() {
    PATH=$work/bin-$2:$PATH
    # shellcheck disable=SC2086
    $1 -c 'set -- none x 1
        . "$top_srcdir/src/agent/wrapper.sh"
        t=951696000
        while [ $t -lt 4200000000 ]; do
            t=$((t + 7654321))
            dagtop_format_time $t
            printf "%s %s\n" $t "$dagtop_now"
        done
        for t in 0 86399 951782399 951782400 951868799 951868800 4107542399 4107542400 1795217976; do
            dagtop_format_time $t
            printf "%s %s\n" $t "$dagtop_now"
        done' >"$work/calendar"
    cut -d ' ' -f 1 "$work/calendar" | sed 's/^/@/' | date -u -f - +%Y-%m-%dT%H:%M:%SZ >"$work/dates"
    same "434 dates" 434 "$(grep -c . "$work/dates")"
    same "the calendar" "$(cat "$work/dates")" "$(cut -d ' ' -f 2 "$work/calendar")"
}

unset LC_ALL
export top_srcdir
for shell in dash "bash --posix" "busybox sh"; do
    if command -v "${shell%% *}" >/dev/null; then test_shell "$shell" "${shell%% *}" && test_calendar "$shell" "${shell%% *}"; fi
done
# has_eyes, is_gone PROCESS: the eyes of the agent, its only child that is perl.
has_eyes() { found=$(pgrep -P "$agent_pid" perl); }
is_gone() { ! kill -0 "$1" 2>/dev/null; }

# The agent and its eyes do not outlive each other, though a job lives on that one of them has started.
test_eyes_end() {
    base=$work/base-ends
    agent_open dash
    tell dagtop_watch 1 "$base" wf long ''
    add long 1 'sleep 300'
    ask dagtop_start "$base" wf
    poll_until "running" "*1${tab}process${tab}alive*"
    wait_for "eyes" has_eyes
    kill -KILL "$found"
    ask dagtop_poll
    same "an agent without eyes has ended" none "$code"
    agent_close
    agent_open dash
    tell dagtop_watch 1 "$base" wf long ''
    poll_until "another sees the same" "*1${tab}process${tab}alive*"
    wait_for "eyes" has_eyes
    kill -KILL "$agent_pid"
    wait_for "the eyes end with their agent" is_gone "$found"
    agent_close
}

# The other eyes, in the two shells that differ most.
eyes=perl
if command -v perl >/dev/null; then test_eyes_end; fi
for shell in dash "busybox sh"; do
    if command -v "${shell%% *}" >/dev/null && command -v perl >/dev/null; then test_shell "$shell" "${shell%% *}-perl"; fi
done
finish

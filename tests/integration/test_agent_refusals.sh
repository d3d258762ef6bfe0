#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the agent refuses, and with which words: no hard links, no session, not writable, no space; scripts that are gone; and how
# it ends when nobody speaks to it any more.
# shellcheck disable=SC2016
# shellcheck source=tests/integration/agent_client.sh
. "${top_srcdir:-.}/tests/integration/agent_client.sh"
saved_path=$PATH
real_ln=$(command -v ln)

# A file system without hard links, played by an ln that makes only symbolic links.
mkdir "$work/no-links"
printf '#!/bin/sh\n[ "$1" = -s ] || { echo "ln: Operation not permitted" >&2; exit 1; }\nexec %s "$@"\n' "$real_ln" >"$work/no-links/ln"
chmod +x "$work/no-links/ln"
PATH=$work/no-links:$PATH
agent_open dash
same "viewing without hard links" 0 "$code"
expect "no hard links" "*-${tab}links${tab}no*"
add a 1 true
ask dagtop_start "$base" wf
expect "starting is refused" "*a${tab}start${tab}no-hardlink *"
same "and nothing was made" no "$([ -d "$base/wf" ] && echo yes || echo no)"
agent_close
# An ln that makes the link and then says that it has failed, as over NFS: the content counts.
printf '#!/bin/sh\n%s "$@"\nexit 1\n' "$real_ln" >"$work/no-links/ln"
agent_open dash
add a 1 true
ask dagtop_start "$base" wf
wait_for "a job whose links were reported as failed" test -s "$base/wf/a/.dagtop/1/exit"
same "it ran" "exit 0" "$(cut -d ' ' -f 1,2 "$base/wf/a/.dagtop/1/exit")"
agent_close
PATH=$saved_path

# No setsid, perl or python3: only the tools named here are on the path.
mkdir "$work/bare"
for tool in sh awk ls dd tr head tail cut ln mv rm mkdir date sleep uname id cksum nproc cat chmod cp; do
    ln -s "$(command -v "$tool")" "$work/bare/$tool"
done
agent_open "env PATH=$work/bare $(command -v dash)"
expect "no means to make a session" "*-${tab}session${tab}none*"
add b 1 true
ask dagtop_start "$base" wf
expect "refused" "*b${tab}start${tab}no-session *"
agent_close
for means in perl python3; do
    command -v "$means" >/dev/null || continue
    # The interpreter itself, not a script that chooses one.
    case $means in
    perl) program=$(perl -e 'print $^X') ;;
    *) program=$(python3 -c 'import sys; print(sys.executable)') ;;
    esac
    ln -s "$program" "$work/bare/$means"
    agent_open "env PATH=$work/bare $(command -v dash)"
    expect "a session by $means" "*-${tab}session${tab}$means*"
    add "$means" 1 'echo hello'
    ask dagtop_start "$base" wf
    wait_for "the job" test -s "$base/wf/$means/.dagtop/1/exit"
    same "the wrapper leads a group by $means" "hello" "$(cat "$base/wf/$means/.dagtop/1/log")"
    agent_close
    rm "$work/bare/$means"
done

# A shell that cannot start a process ends in the middle of a start: that is told, and the agent lives.
agent_open dash
printf 'dagtop_write_request() { exit 2; }\n' >&8
add broken 1 true
add other 1 true
ask dagtop_start "$base" wf 0
expect "a start that breaks off" "*-${tab}broken${tab}*"
same "is no good answer" 1 "$code"
ask dagtop_ping
same "the agent lives" 0 "$code"
agent_close

# Scripts: deleted after the start was made, not executable, an unknown interpreter; each with a sentence in the log.
agent_open dash
mkdir -p "$base/wf/gone"
printf 'true\n' >"$base/wf/gone/job.sh"
quote "rm '$base/wf/gone/job.sh'"
tell dagtop_add gone 1 "nonce='ab'
kind='local'
script='other.sh'" job.sh true
mkdir -p "$base/wf/text"
tell dagtop_add text 1 "nonce='ac'
kind='local'
script='text.sh'" text.sh '#!/nowhere/interpreter
true
'
tell dagtop_add directory 1 "nonce='ad'
kind='local'
command='true'
directory='/nowhere'" '' ''
tell dagtop_add venv 1 "nonce='ae'
kind='local'
command='true'
venv='/nowhere'" '' ''
ask dagtop_start "$base" wf
for n in gone text directory venv; do wait_for "the job $n" test -s "$base/wf/$n/.dagtop/1/exit"; done
same "a script that is gone" "exit 127 dagtop: the script other.sh is gone or cannot be read" \
    "$(cut -d ' ' -f 1,2 "$base/wf/gone/.dagtop/1/exit") $(cat "$base/wf/gone/gone.log")"
same "an interpreter that is not there" "exit 127" "$(cut -d ' ' -f 1,2 "$base/wf/text/.dagtop/1/exit")"
same "a directory that is not there" "exit 126" "$(cut -d ' ' -f 1,2 "$base/wf/directory/.dagtop/1/exit")"
same "a virtual environment that is not there" "exit 126 dagtop: no virtual environment at /nowhere" \
    "$(cut -d ' ' -f 1,2 "$base/wf/venv/.dagtop/1/exit") $(cat "$base/wf/venv/venv.log")"
tell dagtop_add bad 1 "nonce='af'" ../x true
tell dagtop_add bad x "nonce='af'" x.sh true
ask dagtop_start "$base" wf
expect "bad arguments" "*bad${tab}start${tab}bad-argument *bad${tab}start${tab}bad-argument *"
# A file of the log's name that is no link of ours is kept.
mkdir -p "$base/wf/kept"
echo precious >"$base/wf/kept/kept.log"
add kept 1 'echo new'
ask dagtop_start "$base" wf
wait_for "the job" test -s "$base/wf/kept/.dagtop/1/exit"
same "an older log is kept aside" "new precious" "$(cat "$base/wf/kept/kept.log") $(cat "$base/wf/kept/kept.log.before-1")"
agent_close

# The agent ends by itself: when its input ends, and when the watchdog has heard nothing.
agent_open dash
tell dagtop_watchdog 1
ask dagtop_ping
same "the watchdog lets requests pass" 0 "$code"
silent=$agent_pid
wait_for "the watchdog" sh -c '! kill -0 "$1" 2>/dev/null || grep -q " Z " "/proc/$1/stat"' x "$silent"
request_number=$((request_number + 1))
read_answer
same "nobody answers any more" none "$code"
agent_close

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    # Another user may look where he can read, and not write.
    mkdir -p "$work/closed/wf"
    chmod 755 "$work" "$work/closed"
    agent_base=$work/closed
    agent_open "setpriv --reuid 65534 --regid 65534 --clear-groups $(command -v dash)"
    expect "not writable" "*-${tab}links${tab}unwritable*"
    add a 1 true
    ask dagtop_start "$work/closed" wf
    expect "refused" "*a${tab}start${tab}not-writable *"
    ask dagtop_hold "$work/closed" wf a me
    expect "no mark either" "*a${tab}hold${tab}not-writable *"
    ask dagtop_owner "$work/closed" wf text create
    expect "no owner either" "*-${tab}reason${tab}not-writable *"
    agent_close
else
    echo "# not root: the tests as another user are left out"
fi

mkdir "$work/small"
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=256k tmpfs "$work/small" 2>/dev/null; then
    mounts=$work/small
    agent_base=$work/small
    agent_open dash
    add fits 1 'while [ ! -e '"'$work/full'"' ]; do sleep 0.05; done'
    ask dagtop_start "$work/small" wf
    expect "started while there was space" "*fits${tab}start${tab}started 1*"
    wait_for "it runs" test -s "$work/small/wf/fits/.dagtop/1/started"
    cat /dev/zero >"$work/small/filler" 2>/dev/null
    add more 1 true
    ask dagtop_start "$work/small" wf
    expect "a full disk" "*more${tab}start${tab}no-space *"
    ask dagtop_poll
    same "polling goes on" 0 "$code"
    # The job ends while the disk is full; its exit record comes when there is space again.
    : >"$work/full"
    tell dagtop_watch 1 "$work/small" wf fits ''
    ask dagtop_poll
    expect "not lost" "*1${tab}process${tab}alive*"
    rm "$work/small/filler"
    poll_until "the exit record comes later" "*1${tab}exit${tab}exit 0*"
    number=1
    [ ! -d "$work/small/wf/more/.dagtop/1" ] || {
        ask dagtop_void "$work/small" wf more 1 60
        [ ! -s "$work/small/wf/more/.dagtop/1/go" ] || number=2
    }
    add more "$number" true
    ask dagtop_start "$work/small" wf
    expect "and the refused one can be started" "*more${tab}start${tab}started *"
    wait_for "its end" test -s "$work/small/wf/more/.dagtop/$number/exit"
    agent_close
else
    echo "# no small tmpfs here: the tests with a full disk are left out"
fi
finish

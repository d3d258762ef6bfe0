# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# A small client of the host agent for tests: sourced. Needs top_srcdir; makes its own temporary directory, $work.
# shellcheck disable=SC2034

set -u
# A test that hangs is a test that fails.
if [ -z "${DAGTOP_TEST_LIMIT-}" ] && command -v timeout >/dev/null; then
    DAGTOP_TEST_LIMIT=300
    export DAGTOP_TEST_LIMIT
    exec timeout -k 10 "$DAGTOP_TEST_LIMIT" "$0" "$@"
fi
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d "${TMPDIR:-/tmp}/dagtop-agent-XXXXXX")
HOME=$work/home
mkdir "$HOME"
export HOME
base=$work/base
failures=0
token=0123456789abcdef0123456789abcdef
request_number=0
agent_pid=
tab='	'
agent_files="agent.sh agent_awk.sh agent_watch.sh agent_quiet.sh agent_slots.sh agent_start.sh agent_decide.sh agent_read.sh agent_batch.sh agent_eyes.sh"
# Which eyes agents get: shell, or perl.
eyes=shell

# Whatever a test leaves running works below $work: its process groups are in the pid records.
clean_up() {
    agent_close
    for record in "$work"/*/*/*/.dagtop/*/pid; do
        [ -s "$record" ] || continue
        read -r _ leader _ <"$record"
        case $leader in '' | *[!0-9]*) ;; *) kill -KILL "-$leader" 2>/dev/null ;; esac
    done
    for mount in ${mounts-}; do umount "$mount"; done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# Prints the agent's text; the markers "# step NAME" become places to die when a test asks with DAGTOP_DIE_AT=NAME.
agent_text() {
    for file in $agent_files; do sed 's/^ *# step \([a-z]*\)$/die_at \1/' "$top_srcdir/src/agent/$file"; done
    # shellcheck disable=SC2016
    printf '%s\n' 'die_at() { [ "${DAGTOP_DIE_AT-}" != "agent-$1" ] || { kill -KILL $$; kill -KILL 0; }; }'
}

# Prints the wrapper's text, likewise, with a tick of one second instead of ten.
wrapper_text() {
    # shellcheck disable=SC2016
    printf '%s\n' 'die_at() { [ "${DAGTOP_DIE_AT-}" != "wrapper-$1" ] || kill -KILL $$; }'
    sed -e 's/^ *# step \([a-z]*\)$/die_at \1/' -e 's/dagtop_step=10$/dagtop_step=1/' "$top_srcdir/src/agent/wrapper.sh"
}

# Sets quoted to $1 quoted for the shell.
quote() { quoted=\'$(printf '%s\n' "$1x" | sed "s/'/'\\\\''/g")\'; quoted=${quoted%x\'}\'; }

# Sets content to standard input as a content word (agent.md 1).
read_content() { content=$(sed -e 's/\\/\\\\/g'; printf x); content=${content%x}; }

# Opens an agent: agent_open SHELL [NOISE]
agent_open() {
    rm -f "$work/in" "$work/out"
    mkfifo "$work/in" "$work/out"
    # shellcheck disable=SC2086
    setsid $1 <"$work/in" >"$work/out" 2>"$work/errors" &
    agent_pid=$!
    exec 8>"$work/in" 9<"$work/out"
    [ -z "${2-}" ] || printf '%s\n' "$2" >&8
    agent_text >&8
    wrapper_text >"$work/wrapper-text"
    read_content <"$work/wrapper-text"
    quote "$content"
    printf 'dagtop_hello %s %s %s\n' "$token" "'${agent_base:-$base}'" "$quoted" >&8
    request_number=0
    read_answer
    [ "$eyes" = perl ] || return 0
    read_content <"$top_srcdir/src/agent/eyes.pl"
    tell dagtop_eyes "$content"
}

# Closes the agent's input and waits for its end.
agent_close() {
    [ -n "$agent_pid" ] || return 0
    exec 8>&- 9<&-
    wait "$agent_pid"
    agent_pid=
}

# Reads the answer to $request_number: sets answer (records) and code; a data block goes to $work/data. Code "none": the agent is gone.
read_answer() {
    answer=
    code=none
    noise=
    while IFS= read -r line <&9; do
        case $line in
        "@@$token $request_number begin") answer= ;;
        "@@$token $request_number data "*)
            # Byte by byte: a head(1) that reads ahead would swallow the line that follows.
            dd bs=1 count="${line##* }" <&9 >"$work/data" 2>/dev/null
            IFS= read -r line <&9
            ;;
        "@@$token $request_number end "*)
            code=${line#"@@$token $request_number end "}
            code=${code%% *}
            return
            ;;
        *) answer="$answer$line
" ;;
        esac
    done
}

# Sends lines that have no answer: tell FUNCTION ARGUMENT...
tell() {
    words=$1
    shift
    for word in "$@"; do quote "$word"; words="$words $quoted"; done
    printf '%s\n' "$words" >&8
}

# Sends a request and reads its answer.
ask() { request_number=$((request_number + 1)); tell dagtop_request "$request_number" "$@"; read_answer; }

# Queues a start: add NODE NUMBER COMMAND [MORE-REQUEST-LINES]
add() {
    quote "$3"
    read_content <<END
nonce='$(printf '%s %s' "$1" "$2" | cksum | tr ' ' f)'
kind='local'
command=$quoted
${4-}
END
    tell dagtop_add "$1" "$2" "${content%?}" '' ''
}

# Checks that a record is in the last answer: expect WHAT PATTERN (a case pattern for the whole answer).
expect() {
    # shellcheck disable=SC2254
    case $answer in
    $2) printf 'ok - %s\n' "$1" ;;
    *)
        printf 'not ok - %s: no %s (code %s) in:\n%s\n' "$1" "$2" "$code" "$answer"
        failures=$((failures + 1))
        ;;
    esac
}

# Checks that two words are equal: same WHAT EXPECTED GOT
same() {
    if [ "$2" = "$3" ]; then printf 'ok - %s\n' "$1"
    else
        printf 'not ok - %s: expected <%s>, got <%s>\n' "$1" "$2" "$3"
        failures=$((failures + 1))
    fi
}

# Waits until a command succeeds, 20 seconds at most: wait_for WHAT COMMAND...
wait_for() {
    what=$1
    shift
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 400 ]; then
            printf 'not ok - waited too long for %s\n' "$what"
            failures=$((failures + 1))
            return 1
        fi
        sleep 0.05
    done
}

# Watches a node and polls until the answers hold a pattern: poll_until WHAT PATTERN. All answers are in $polled.
poll_until() {
    polled=
    tries=0
    while :; do
        ask dagtop_poll
        polled=$polled$answer
        # shellcheck disable=SC2254
        case $polled in $2) printf 'ok - %s\n' "$1"; return 0 ;; esac
        tries=$((tries + 1))
        if [ "$tries" -gt 400 ] || [ "$code" != 0 ]; then
            printf 'not ok - %s: no %s (code %s) in:\n%s\n' "$1" "$2" "$code" "$polled"
            failures=$((failures + 1))
            return 1
        fi
        sleep 0.05
    done
}

# Ends the test.
finish() {
    if [ "$failures" -gt 0 ]; then printf '%s checks failed\n' "$failures"; exit 1; fi
    exit 0
}

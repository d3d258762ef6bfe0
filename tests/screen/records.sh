#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The whole program on records that were written by hand: dagtop --headless with a clock that stands still shows exactly
# what they say, asks before it acts, and acts.
set -u
dagtop=${top_builddir:-.}/dagtop
expected=${top_srcdir:-.}/tests/screen/records.expected
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
HOME=$work/home
TZ=UTC
LC_ALL=C.UTF-8
export HOME TZ LC_ALL
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME NO_COLOR

fail() {
    echo "FAIL: $*"
    exit 1
}

# attempt NODE NUMBER START EXIT END: the records of an attempt that has ended.
attempt() {
    records=$HOME/experiment/records/$1/.dagtop/$2
    mkdir -p "$records"
    chmod 700 "$HOME/experiment/records/$1/.dagtop"
    cat >"$records/request" <<RECORD
nonce='0123456789abcdef0123456789abcde$2'
kind='local'
parents=''
who='gregor'
host='laptop'
machine='laptop'
time='$3'
complete='yes'
RECORD
    echo "run 0123456789abcdef0123456789abcde$2 laptop 4711" >"$records/go"
    echo "laptop 4711 100 0-0-0" >"$records/pid"
    echo "$3" >"$records/started"
    echo "exit $4 $5" >"$records/exit"
    printf 'attempt %s of %s\n# cloudmesh status=running progress=40 loss=0.25\nlast words\n' "$2" "$1" >"$records/log"
}

mkdir -p "$HOME"
cat >"$work/records.yaml" <<'WORKFLOW'
workflow:
  name: records
  nodes:
    first: {exec: "true"}
    second: {exec: "echo $((6 * 7)) > answer", label: "loss {loss}"}
    third: {exec: "true"}
  dependencies: ["first,second,third"]
WORKFLOW
attempt first 1 2026-11-20T21:00:00Z 0 2026-11-20T21:01:30Z
attempt second 1 2026-11-20T21:01:31Z 3 2026-11-20T21:02:00Z
attempt second 2 2026-11-20T21:02:01Z 3 2026-11-20T21:02:45Z

cat >"$work/look" <<'SCRIPT'
wait complete
key g j
screen records
key r
screen question
key Enter n
screen not done
key 5
screen the timeline of what has stopped
SCRIPT
cat >"$work/act" <<'SCRIPT'
wait complete
key g j r y
wait state second done
screen done
SCRIPT

run() {
    "$dagtop" --headless=80x24 --script="$work/$1" --clock=2026-11-20T21:03:12Z "$work/records.yaml" \
        >"$work/$1.screen" 2>"$work/errors" || fail "$1: exit $?: $(cat "$work/errors")"
}

run look
[ -e "$HOME/experiment/records/second/.dagtop/3" ] && fail "something was started without a yes"
if [ "${1-}" = --update ]; then
    cp "$work/look.screen" "$expected"
elif ! diff -u "$expected" "$work/look.screen"; then
    fail "other screens than before (tests/screen/records.sh --update takes them over)"
fi
run act
grep -q 'D second' "$work/act.screen" || fail "the node is not shown as done"
[ "$(cat "$HOME/experiment/records/second/answer")" = 42 ] || fail "the script did not run"
[ -e "$HOME/experiment/records/second/.dagtop/3/exit" ] || fail "the third attempt has no record"
[ -e "$HOME/experiment/records/third/.dagtop/1" ] && fail "a node was started that nobody asked for"
exit 0

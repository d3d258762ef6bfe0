#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the commands print and with which code they end: 0, 1, 2, 3, 4 and 130.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"

# expect CODE PATTERN COMMAND...: dagtop COMMAND ends with CODE, and its output (both streams) has the pattern.
expect() {
    expected=$1 pattern=$2
    shift 2
    timeout 60 "$dagtop" "$@" </dev/null >"$scratch/output" 2>"$scratch/messages"
    code=$?
    cat "$scratch/messages" >>"$scratch/output"
    [ "$code" -eq "$expected" ] || fail "dagtop $*: exit code $code, not $expected"
    [ -z "$pattern" ] || grep -q -e "$pattern" "$scratch/output" || fail "dagtop $*: does not say \"$pattern\""
}

# in_state NODE STATE
in_state() {
    "$dagtop" status "$workflow" --format=csv 2>/dev/null | grep -q "^$1,local,localhost,$2,"
}

driver=$HOME/experiment/words/.dagtop/driver
workflow=$scratch/words.yaml
cat >"$workflow" <<'END'
workflow:
  name: words
  jobs: 4
  nodes:
    start:
    good: {exec: 'i=0; while [ $i -lt 20 ]; do i=$((i + 1)); echo line $i; done; echo "# cloudmesh status=done progress=100 loss=0.5"'}
    bad: {exec: 'echo it failed >&2; exit 3'}
    slow: {exec: 'echo begun; while [ ! -e "$HOME/go" ]; do sleep 0.1; done; echo ended'}
    after: {exec: 'echo after'}
  dependencies:
    - start,good
    - slow,after
END

# Bad usage and bad files: 2, and nothing is started.
expect 2 'neither a command nor a workflow file' nonsense
expect 2 'needs a workflow file' run
expect 2 'no such file' check "$scratch/none.yaml"
expect 2 'frobnicate' run --frobnicate "$workflow"
expect 2 'did you mean good' log "$workflow" goood
expect 2 'did you mean slow' start "$workflow" slwo --yes
printf 'workflow:\n  nodes:\n    a: {exec: 3, timeout: soon}\n    b: {kind: local}\n    b: {kind: local}\n  dependencies:\n    - a,b,a\n' >"$scratch/bad.yaml"
expect 2 'bad.yaml:5:5: ' check "$scratch/bad.yaml"
grep -q 'bad.yaml:3:.*soon' "$scratch/output" || fail "only the first mistake is told"
expect 2 'bad.yaml:5:5: ' run "$scratch/bad.yaml"
[ ! -e "$HOME/experiment/words" ] || fail "something was started"
for command in run status watch wait start cancel resubmit hold release skip log graph check clean; do
    expect 0 "^dagtop $command " "$command" --help
done
expect 0 '^dagtop [0-9]' --version
expect 0 'Exit codes' --help

# Looking starts nothing.
expect 0 '^good  *. ready' status "$workflow"
expect 0 'workflow words: 5 nodes, 2 edges' check "$workflow"
expect 0 'start attempt 1' run --dry-run "$workflow"
expect 0 'start attempt 1' start --dry-run "$workflow" good
expect 2 'no terminal to ask' start "$workflow" good
[ ! -e "$HOME/experiment/words/good" ] || fail "looking has started something"

# Chosen nodes only; a failure is 1; what waits is named.
expect 0 'good done' run "$workflow" good
in_state good 'done' || fail "good is not done"
[ ! -e "$HOME/experiment/words/bad" ] || fail "run NODE has started another node"
expect 1 '^[0-9:]* bad failed.*: exit 3, after [0-9]*s$' run "$workflow" bad
expect 1 'bad failed' run "$workflow" 'b*'
expect 0 '' wait "$workflow" good
expect 1 'bad is failed' wait "$workflow" bad
[ ! -e "$driver" ] || fail "the driver's record is left after the end of a run"

# Logs.
expect 0 '^line 20$' log "$workflow" good
grep -q '^line 1$' "$scratch/output" || fail "the log is not whole"
expect 0 'loss=0.5' log "$workflow" good --lines=2
[ "$(wc -l <"$scratch/output")" -eq 2 ] || fail "--lines=2 prints $(wc -l <"$scratch/output") lines"
expect 0 'it failed' log "$workflow" bad --attempt=1
expect 2 'attempt' log "$workflow" bad --attempt=7
expect 2 '' log "$workflow" bad --attempt=x
expect 2 '' log "$workflow" bad --lines=-1

# Watched: a sentence for each change, as it is spoken.
"$dagtop" watch "$workflow" </dev/null >"$scratch/watched" 2>&1 &
watcher=$!
wait_for 20 grep -q '^words: .*1 failed' "$scratch/watched" || fail "watch does not begin with how things are"
expect 0 '' hold "$workflow" after --yes
wait_for 20 grep -q '^[0-9:]* after held by a user$' "$scratch/watched" || fail "watch: $(cat "$scratch/watched")"
kill -INT "$watcher"
wait "$watcher"
expect 0 '' release "$workflow" after --yes

# Interrupted: the jobs run on, and what to do is said. The driver's record is gone.
"$dagtop" run "$workflow" slow after </dev/null >"$scratch/run" 2>&1 &
run=$!
wait_for 20 in_state slow running || fail "slow does not run"
[ -s "$driver" ] || fail "there is no driver's record"
expect 0 '"driver": "[^"]*process' status "$workflow" --format=json
expect 4 'time ran out: slow is running' wait "$workflow" slow --timeout=1s
expect 2 '' wait "$workflow" slow --timeout=never
for signal in INT TERM HUP; do
    kill "-$signal" "$run"
    wait "$run"
    [ $? -eq 130 ] || fail "$signal: exit code $?"
    grep -q 'dagtop cancel' "$scratch/run" || fail "$signal: how to cancel is not said"
    wait_for 10 test ! -e "$driver" || fail "$signal: the driver's record is left"
    in_state slow running || fail "$signal: the job does not run on"
    "$dagtop" run "$workflow" slow after </dev/null >"$scratch/run" 2>&1 &
    run=$!
    wait_for 20 test -s "$driver" || fail "no driver's record"
done

# Somebody who follows the log sees its end, and the run ends well.
"$dagtop" log "$workflow" slow --follow </dev/null >"$scratch/follow" 2>&1 &
follow=$!
wait_for 20 grep -q begun "$scratch/follow" || fail "log --follow shows nothing"
true >"$HOME/go"
wait "$follow" || fail "log --follow: exit code $?"
[ "$(cat "$scratch/follow")" = "begun
ended" ] || fail "log --follow: $(cat "$scratch/follow")"
wait "$run" || fail "run: exit code $?"
grep -q 'after done' "$scratch/run" || fail "after was not run"

# status in its formats: the same names everywhere.
expect 0 '^name,kind,host,state,progress,attempt,jobid,pid,exit,signal,reason,label,parents,' status "$workflow" --format=csv
[ "$(wc -l <"$scratch/output")" -eq 6 ] || fail "CSV has $(wc -l <"$scratch/output") lines"
grep -q '^bad,local,localhost,failed,.*,3,' "$scratch/output" || fail "CSV: bad"
grep -q 'metric.loss' "$scratch/output" || fail "CSV: no metric"
expect 0 '"loss": 0.5' status "$workflow" --format=json
expect 2 '' status "$workflow" --format=xml

# Actions.
rm "$HOME/go"
expect 0 'start attempt 2' resubmit "$workflow" slow --downstream --yes
wait_for 20 in_state slow running || fail "slow does not run again"
expect 2 'its parent slow is not done' start "$workflow" after --yes
expect 0 '' cancel "$workflow" slow --yes
wait_for 20 in_state slow cancelled || fail "slow is not cancelled"
expect 1 'after' wait "$workflow" after
expect 1 'after\|slow' run "$workflow" after
expect 0 '' hold "$workflow" after --yes
in_state after held || fail "after is not held"
expect 0 '' release "$workflow" after --yes
expect 0 '' skip "$workflow" slow --yes
in_state slow skipped || fail "slow is not skipped"
expect 0 'after done' run "$workflow" after
expect 0 'start attempt 3' resubmit "$workflow" bad --yes
expect 1 'bad is failed' wait "$workflow" bad
expect 1 'bad failed' run "$workflow" --failed bad --yes
expect 0 'it failed' log "$workflow" bad --attempt=4
expect 0 '' skip "$workflow" bad --yes
expect 0 '' wait "$workflow"
printf 'wait complete\nkey :\ntext log bad\nkey Enter\nwait settled\nscreen log\n' >"$scratch/script"
expect 0 'it failed' --headless=80x24 --script="$scratch/script" "$workflow"

# In the background: it comes back at once, and the run goes on.
expect 0 'running in the background: process' run "$workflow" --again --background --yes
true >"$HOME/go"
wait_for 30 grep -q 'after done' "$HOME/.local/state/dagtop/words.log" || fail "the run in the background does not run"
wait_for 30 test ! -e "$driver" || fail "the run in the background does not end in order"
[ "$(find "$HOME/experiment/words/good/.dagtop" -maxdepth 1 -name '[0-9]*' | wc -l)" -eq 2 ] || fail "good did not run again"

# Clean: asked for, moved aside, and the next run begins anew.
expect 0 'move its run directory aside' clean "$workflow" --dry-run
[ -d "$HOME/experiment/words/good" ] || fail "--dry-run has cleaned"
expect 2 'no terminal to ask' clean "$workflow"
expect 0 'aside' clean "$workflow" good --yes
[ ! -e "$HOME/experiment/words/good" ] || fail "good was not cleaned"
[ -d "$HOME/experiment/words/slow" ] || fail "too much was cleaned"
[ -n "$(find "$HOME/experiment/words/.dagtop" -path '*trash-*/good' -type d)" ] || fail "nothing was moved aside"
in_state good ready || fail "good is not ready again"

# A host that cannot be reached: what is known is printed, and the code is 3.
sed 's/kind: local/kind: ssh/; s/^    good: {/    good: {kind: ssh, host: no-such-host.invalid, /' "$workflow" >"$scratch/far.yaml"
expect 3 '^slow ' status "$scratch/far.yaml"
echo "commands: all as promised"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The workflow's file changes while the dashboard shows it: it is read anew when asked, what runs goes on, and nothing runs
# twice. The nodes edit-N put the next version in the file's place, by rename.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"

# nodes: those that every version has.
nodes() {
    printf 'workflow:\n  name: %s\n  jobs: 9\n  nodes:\n' "${1:-tally}"
    for number in 1 2 3 4 5; do
        printf '    edit-%s: {exec: "cp %s/next-%s %s/new; mv %s/new %s"}\n' \
            "$number" "$scratch" "$number" "$scratch" "$scratch" "$workflow"
    done
}
# runs NAME...: nodes that run until the file go is there; TALLY is for the shell of the job.
# shellcheck disable=SC2016
runs() {
    for name; do
        printf '    %s: {exec: "echo %s >>$TALLY; until [ -e %s/go ]; do sleep 0.05; done"}\n' "$name" "$name" "$scratch"
    done
}
# ends NAME...: nodes that end at once.
# shellcheck disable=SC2016
ends() {
    for name; do
        printf '    %s: {exec: "echo %s >>$TALLY"}\n' "$name" "$name"
    done
}
{ nodes && runs long leaving && ends last; echo '  dependencies: ["long,last"]'; } >"$workflow"
{ nodes && runs long leaving && echo '    last: {exce: "typo", kind: [1]}'; } >"$scratch/next-1"
{ nodes other && runs long; } >"$scratch/next-2"
{ nodes && runs leaving && echo '    long: {kind: ssh, host: nowhere.invalid, exec: "true"}'; } >"$scratch/next-3"
{ nodes && runs long && ends new-1 new-2 last && echo '  dependencies: ["long,[new-1,new-2],last"]'; } |
    sed 's/"long,.*"/[long, "new-[1-2]", last]/' >"$scratch/next-4"
{ nodes && runs long && ends new-1 new-2 newer last; echo '  dependencies: [[long, "new-[1-2]", last]]'; } >"$scratch/next-5"

start() { # NODE...: lines of a script that starts them
    printf 'text :start %s\nkey Enter\nkey y\n' "$*"
}
{
    echo 'wait complete'
    start long leaving edit-1
    echo 'wait state edit-1 done
wait state long running
wait state leaving running
key Ctrl-r
screen noticed
key U
screen broken'
    start edit-2
    echo 'wait state edit-2 done
key U
screen renamed'
    start edit-3
    echo 'wait state edit-3 done
key U
screen moved'
    start edit-4
    echo 'wait state edit-4 done
text :mark long
key Enter
text :go long
key Enter
text :filter l
key Enter
key U
screen question
key n
screen refused
key U
key y
wait complete
screen anew
key Esc
screen all
key S y
wait state long running'
    start edit-5
    echo 'wait state edit-5 done
key U
key y
wait state newer done
screen driving
wait idle
screen idle
key Q'
} >"$scratch/script"
(
    wait_for 60 grep -q newer "$TALLY"
    touch "$scratch/go"
) &
"$dagtop" --headless=110x30 --script="$scratch/script" "$workflow" >"$scratch/output" 2>"$scratch/errors" ||
    fail "the dashboard ended with $?: $(cat "$scratch/errors")"

shows() { # SCREEN PATTERN
    awk -v name="$1" '/^== / { shown = $2 == name } shown' "$scratch/output" | grep -q -e "$2" ||
        fail "the screen $1 does not show \"$2\""
}
lacks() {
    if awk -v name="$1" '/^== / { shown = $2 == name } shown' "$scratch/output" | grep -q -e "$2"; then
        fail "the screen $1 shows \"$2\""
    fi
}
shows noticed 'file changed, U reads it anew'
shows noticed 'R long'
line=$(grep -n 'kind: \[1\]' "$scratch/next-1" | cut -d : -f 1)
shows broken "Not read anew: tally.yaml:$line:[0-9]*: node"
shows broken "file changed, broken in line $line"
shows broken '8 nodes'
shows renamed 'Not read anew: .*another workflow'
shows renamed '8 nodes'
shows moved 'Not read anew: long has a run on localhost that lives'
shows question '2 nodes are new, 1 node is gone; the run of leaving goes on'
shows question 'as with --adopt'
shows refused 'Log long'
shows refused 'file changed'
shows anew 'Read anew: 2 nodes are new, 1 node is gone; the run of leaving goes on'
shows anew '● .*R long'
shows anew 'Log long'
shows anew '/l .*of 9'
lacks anew 'D edit-1 '
lacks anew 'file changed'
shows all 'w new-2'
shows all 'r edit-5  *. '
lacks all 'w leaving'
shows driving 'driving'
shows driving '1 node is new, no node is gone'
shows idle 'D newer'

# Each ran once, also the one that has left the file; none was cancelled.
wait_for 20 test -s "$HOME/experiment/tally/leaving/.dagtop/1/exit" || fail "the run that left the file did not end"
tally_is 6 1 || fail "not each ran once: $(cat "$TALLY")"
for node in long leaving new-1 new-2 newer last; do
    read -r words code _ <"$HOME/experiment/tally/$node/.dagtop/1/exit"
    [ "$words $code" = 'exit 0' ] || fail "$node ended with $words $code"
    [ ! -e "$HOME/experiment/tally/$node/.dagtop/2" ] || fail "$node was tried twice"
done

# What starts while the question is open counts: such a node is not started again where the new file wants it.
workflow=$scratch/late.yaml
late() { # PLACE [MORE]
    printf 'workflow:\n  name: late\n  nodes:\n'
    printf '    edit: {exec: "cp %s/late-next %s/new; mv %s/new %s"}\n' "$scratch" "$scratch" "$scratch" "$workflow"
    printf '    gate: {exec: "until grep -q extra %s; do sleep 0.05; done; sleep 2"}\n' "$workflow"
    printf '    moved: {%s}\n%s  dependencies: ["gate,moved"]\n' "$1" "${2-}"
}
# shellcheck disable=SC2016
late 'exec: "echo moved >>$TALLY; until [ -e '"$scratch"'/late-go ]; do sleep 0.05; done"' >"$workflow"
late 'kind: ssh, host: nowhere.invalid, exec: "true"' '    extra: {exec: "true"}
' >"$scratch/late-next"
printf '%s\n' 'wait complete' 'key S y' 'wait state edit done' 'key U' 'screen asking' 'wait state moved running' 'key y' \
    'screen late' 'key Q' >"$scratch/script"
"$dagtop" --headless=110x30 --script="$scratch/script" "$workflow" >"$scratch/output" 2>"$scratch/errors" ||
    fail "the dashboard ended with $?: $(cat "$scratch/errors")"
touch "$scratch/late-go"
shows asking 'Drive on with the changed file'
shows late 'Not read anew: moved has a run on localhost that lives'
shows late 'R moved'
echo "a changed file was read anew, and each node ran once"

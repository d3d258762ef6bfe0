#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The agent counts the jobs of this user over all workflows: what it starts with a limit, whose slot it takes, and that no
# dead attempt keeps one. At the end dagtop itself: two workflows at once.
# shellcheck disable=SC2016
# shellcheck source=tests/integration/agent_client.sh
. "${top_srcdir:-.}/tests/integration/agent_client.sh"
unset XDG_STATE_HOME
slots=$HOME/.local/state/dagtop/jobs.$(uname -n)

newline='
'

# shellcheck disable=SC2317 # called by wait_for
ended() { [ -s "$base/$1/exit" ]; }

for shell in dash bash 'busybox sh'; do
    command -v "${shell%% *}" >/dev/null || continue
    rm -rf "$base" "$HOME/.local"
    agent_open "$shell"
    add a 1 "while [ ! -e '$work/go' ]; do sleep 0.05; done"
    add b 1 true
    ask dagtop_start "$base" one 1
    expect "$shell: the first starts" "*a${tab}start${tab}started 1*"
    expect "$shell: the second has to wait" "*b${tab}start${tab}later no room on *: 1$newline*"
    same "$shell: nothing was made for it" no "$([ -d "$base/one/b" ] && echo yes || echo no)"
    add c 1 true
    ask dagtop_start "$base" two 1
    expect "$shell: another workflow has to wait too" "*c${tab}start${tab}later no room on *: 1$newline*"
    add c 1 true
    ask dagtop_start "$base" two 2
    expect "$shell: unless its limit is higher" "*c${tab}start${tab}started 1*"
    add d 1 true
    ask dagtop_start "$base" two 0
    expect "$shell: or there is none" "*d${tab}start${tab}started 1*"
    true >"$work/go"
    wait_for "the jobs" ended one/a/.dagtop/1
    wait_for "the jobs" ended two/c/.dagtop/1
    wait_for "the jobs" ended two/d/.dagtop/1
    rm "$work/go"
    add b 1 'sleep 60'
    ask dagtop_start "$base" one 1
    expect "$shell: when they have ended there is room" "*b${tab}start${tab}started 1*"
    wait_for "the job" test -s "$base/one/b/.dagtop/1/go"
    read -r _ leader _ <"$base/one/b/.dagtop/1/pid"
    kill -KILL "-$leader"
    add e 1 true
    wait_for "the end of the killed" sh -c "! kill -0 -$leader 2>/dev/null"
    ask dagtop_start "$base" two 1
    expect "$shell: a killed wrapper keeps no slot" "*e${tab}start${tab}started 1*"
    wait_for "the job" ended two/e/.dagtop/1
    # An attempt whose starter died before it was decided.
    mkdir -p "$base/three/f/.dagtop/1"
    ln -s "$base/three/f/.dagtop/1" "$slots/1.900"
    add g 1 true
    ask dagtop_start "$base" two 1
    expect "$shell: an undecided attempt counts" "*g${tab}start${tab}later no room on *: 1$newline*"
    mkdir "$work/late"
    printf '#!/bin/sh\n[ "$1" = +%%s ] || exec %s "$@"\necho $(($(%s +%%s) + 60))\n' "$(command -v date)" "$(command -v date)" \
        >"$work/late/date"
    chmod +x "$work/late/date"
    printf 'PATH=%s:$PATH\n' "$work/late" >&8
    add g 1 true
    ask dagtop_start "$base" two 1
    expect "$shell: a minute later it is void" "*g${tab}start${tab}later no room on *: 1$newline*"
    same "$shell: by its record" void "$(cut -d ' ' -f 1 "$base/three/f/.dagtop/1/go")"
    add g 1 true
    ask dagtop_start "$base" two 1
    expect "$shell: and keeps no slot" "*g${tab}start${tab}started 1*"
    wait_for "the job" ended two/g/.dagtop/1
    rm -rf "$work/late"
    same "$shell: old links are removed" yes "$([ "$(find "$slots" -type l | wc -l)" -le 3 ] && echo yes)"
    agent_close
done

# Where links cannot be made, jobs run all the same.
rm -rf "$base" "$HOME/.local"
mkdir "$HOME/.local"
true >"$HOME/.local/state"
agent_open dash
add a 1 true
ask dagtop_start "$base" one 1
expect "without a place for slots" "*a${tab}start${tab}started 1*"
wait_for "the job" ended one/a/.dagtop/1
agent_close

# Two workflows with the same limit, at the same time: never more jobs at once than that.
[ -n "${top_builddir-}" ] || finish
rm -rf "$HOME/.local"
mkdir "$work/now"
export work
for name in left right; do
    awk -v name="$name" 'BEGIN {
        print "workflow:\n  name: " name "\n  jobs: 3\n  nodes:"
        for (i = 1; i <= 9; i++)
            print "    " name "-" i ":\n      exec: \"true > $work/now/$$; ls $work/now | wc -l >> $work/many; sleep 0.1; rm $work/now/$$\""
    }' >"$work/$name.yaml"
done
"$top_builddir/dagtop" run "$work/left.yaml" </dev/null >"$work/left.out" 2>&1 &
left=$!
"$top_builddir/dagtop" run "$work/right.yaml" </dev/null >"$work/right.out" 2>&1
same "one workflow ends well" 0 "$?"
wait "$left"
same "the other too" 0 "$?"
same "18 jobs ran" 18 "$(wc -l <"$work/many")"
same "three at once, and never more" 3 "$(sort -n "$work/many" | tail -n 1)"
same "nobody was told of a failure" 0 "$(grep -c 'cannot\|refus' "$work/left.out" "$work/right.out" | awk -F : '{ n += $2 } END { print n }')"
finish

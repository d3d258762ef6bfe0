#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Many viewers of one user cost a real Slurm no more than one: a list of the queue that one of them has got serves all.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/slurm_lib.sh
. "${top_srcdir:?}/tests/integration/slurm_lib.sh"
slurm_begin
viewers=
end_viewers() {
    # shellcheck disable=SC2086 # numbers of processes
    [ -z "$viewers" ] || kill $viewers 2>/dev/null
    viewers=
}
trap 'end_viewers; slurm_end; clean_up' EXIT

# A squeue that notes when it is called.
mkdir "$scratch/bin"
cat >"$scratch/bin/squeue" <<END
#!/bin/sh
date +%s >>$scratch/calls
exec $(command -v squeue) "\$@"
END
chmod +x "$scratch/bin/squeue"
real_path=$PATH
PATH=$scratch/bin:$PATH
: >"$scratch/calls"
calls() { wc -l <"$scratch/calls"; }
has_called() { [ "$(calls)" -ge "$1" ]; }

for name in one two; do
    cat >"$scratch/$name.yaml" <<END
workflow:
  name: $name
  nodes:
    long: {kind: slurm, exec: 'until [ -e $scratch/end ]; do sleep 0.2; done'}
END
    "$dagtop" start "$scratch/$name.yaml" long --yes >"$scratch/output" 2>&1 || fail "start of $name"
done
for name in one two; do
    wait_for 30 test -s "$HOME/experiment/$name/long/.dagtop/1/started" || fail "$name does not run"
done

# Ten viewers of two workflows, from their first list to the third after it.
: >"$scratch/calls"
began=$(date +%s)
for number in 1 2 3 4 5; do
    for name in one two; do
        "$dagtop" watch "$scratch/$name.yaml" </dev/null >"$scratch/view-$name-$number" 2>&1 &
        viewers="$viewers $!"
    done
done
wait_for 100 has_called 4 || fail "only $(calls) lists"
took=$(($(date +%s) - began))
for process in $viewers; do
    kill -0 "$process" 2>/dev/null || fail "a viewer has ended: $(cat "$scratch"/view-*)"
done
end_viewers
# Alone, each of them would have asked at once, and then every fifteen seconds.
awk -v least=9 'NR > 1 && $1 - last < least { print "two lists within " $1 - last " seconds"; bad = 1 } { last = $1 } END { exit bad }' \
    "$scratch/calls" || fail "ten viewers asked $(calls) times in $took seconds"

# The shared list is the user's alone, in a directory of the user's alone, and says when it was asked for.
PATH=$real_path
folder=$TMPDIR/dagtop-$(id -u)
[ "$(stat -c %a "$folder")" = 700 ] || fail "the mode of $folder"
shared=$(find "$folder" -name 'queue-slurm-default-*' ! -name '*.lock' -type f)
[ -s "$shared" ] || fail "not one shared list: $shared"
[ "$(stat -c %a "$shared")" = 600 ] || fail "the mode of $shared is $(stat -c %a "$shared")"
read -r code time length <"$shared"
if [ "$code" -ne 0 ] || [ "$length" -le 0 ] || [ "$time" -lt "$began" ]; then
    fail "the shared list begins with $code $time $length"
fi
: >"$scratch/end"
echo "ten viewers, $(calls) lists of the queue in $took seconds, never two within nine"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An experiment from its configuration to its best permutation, as a user does it: the example, on this machine.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"

example=$top_srcdir/examples/cloudmask-sweep
output=$scratch/sweep
workflow=$output/workflow.yaml
export CLOUDMASK_TILES=4 CLOUDMASK_SIZE=16 CLOUDMASK_REST=0

# expect CODE WHAT COMMAND...: runs the command without a terminal; its output is in $scratch/output.
expect() {
    wanted=$1
    what=$2
    shift 2
    "$@" </dev/null >"$scratch/output" 2>&1
    code=$?
    [ "$code" -eq "$wanted" ] || fail "$what: exit code $code, not $wanted"
}

# says WHAT PATTERN: the output has a line like that.
says() {
    grep -q -- "$2" "$scratch/output" || fail "$1: no line like $2"
}

expect 0 "dry run" "$dagtop" sweep "$example/config.yaml" --output="$output" --dry-run
says "dry run" '^epoch_5_rate_0.3_repeat_1  epoch=5 rate=0.3 repeat=1$'
says "dry run" '^18 permutations$'
[ ! -e "$output" ] || fail "the dry run wrote something"

expect 0 "sweep" "$dagtop" sweep "$example/config.yaml" --output="$output"
says "sweep" '18 permutations in .*/sweep: '
cp -Rp "$output" "$scratch/before"
expect 0 "sweep again" "$dagtop" sweep "$example/config.yaml" --output="$output"
says "sweep again" ': 0 files new, 0 changed, '
diff -r "$output" "$scratch/before" || fail "the second sweep changed something"
expect 0 "check" "$dagtop" check "$workflow"
says "check" 'cloudmask-sweep: 21 nodes'

expect 0 "the best of nothing" "$dagtop" results "$workflow" --best --metric=accuracy
[ "$(cat "$scratch/output")" = 'dagtop: no permutation is done and has a number for the metric' ] || fail "the best of nothing"

expect 0 "run" "$dagtop" run "$workflow"
[ "$(cat "$HOME/experiment/cloudmask-sweep/report/report.log")" -eq 18 ] || fail "the report has not 18 lines"

# Every permutation trained with its own parameters.
expect 0 "results" "$dagtop" results "$workflow" --format=csv
[ "$(tr -d '\r' <"$scratch/output" | awk -F , 'NR == 1 {
    for (i = 1; i <= NF; i++) column[$i] = i
    next
}
$column["state"] == "done" && $column["sweep.epoch"] == $column["metric.epoch"] && $column["metric.recall"] != ""' |
    wc -l)" -eq 18 ] || fail "not all results are there"

# The mean and the deviation over three repeats, computed here again.
expect 0 "groups" "$dagtop" results "$output" --group-by=epoch,rate --metric=accuracy --format=csv
tr -d '\r' <"$scratch/output" | tail -n +2 >"$scratch/groups"
cat "$HOME"/experiment/cloudmask-sweep/epoch_*/scores.txt | tr '=' ' ' | awk '
    { n[$2 "," $4]++; sum[$2 "," $4] += $8; squares[$2 "," $4] += $8 * $8 }
    END { for (key in n) {
        mean = sum[key] / n[key]
        square = (squares[key] - n[key] * mean * mean) / (n[key] - 1)
        print key, mean, (square > 0 ? sqrt(square) : 0)
    } }' >"$scratch/expected"
awk 'NR == FNR { mean[$1] = $2; deviation[$1] = $3; next }
    { split($0, field, ","); key = field[1] "," field[2] }
    function far(a, b) { return a - b > 0.0001 || b - a > 0.0001 }
    field[3] != 3 || field[4] != 3 || field[7] != 3 || far(field[5], mean[key]) || far(field[6], deviation[key]) { bad = 1 }
    END { exit bad || FNR != 6 }' "$scratch/expected" "$scratch/groups" || fail "the groups are not those of the scores"

expect 0 "best" "$dagtop" results "$workflow" --best --metric=accuracy --format=json
best=$(sed -n 's/^  "best": "epoch_\([0-9]*\)_rate_\([0-9.]*\)_repeat_\([0-9]*\)",*$/\1 \2 \3/p' "$scratch/output")
highest=$(cat "$HOME"/experiment/cloudmask-sweep/epoch_*/scores.txt | sed 's/.*accuracy=\([0-9.]*\).*/\1/' | sort -n | tail -n 1)
# shellcheck disable=SC2086 # three words
set -- $best
grep -q "epoch=$1 rate=$2 repeat=$3 accuracy=$highest " "$HOME"/experiment/cloudmask-sweep/epoch_*/scores.txt ||
    fail "the best is said to be $best"
expect 0 "best table" "$dagtop" results "$workflow" --best --metric=accuracy
says "best table" '^\* .*done'

expect 0 "grid" "$dagtop" results "$workflow" --grid=epoch,rate --metric=-accuracy
says "grid" '^  rate . epoch *5 *20 *60 *$'
[ "$(grep -c '^ *\(0.3\|2\)  .*0\.[0-9]' "$scratch/output")" -eq 2 ] || fail "the grid has not two lines of values"
[ "$(tr -cd '*' <"$scratch/output" | wc -c)" -eq 1 ] || fail "the grid has not one best cell"

# Energy that the cluster has measured is a metric.
echo energy=1234 >>"$HOME/experiment/cloudmask-sweep/epoch_5_rate_2_repeat_1/.dagtop/1/facts"
expect 0 "energy" "$dagtop" results "$workflow" --metric=energy --format=csv
says "energy" '^epoch_5_rate_2_repeat_1,.*,1234.$'

# The same sweep twice counts once.
expect 0 "export of results" "$dagtop" results "$workflow" --format=json
cp "$scratch/output" "$scratch/other.json"
expect 0 "merged" "$dagtop" results "$workflow" "$scratch/other.json" --format=csv
[ "$(wc -l <"$scratch/output")" -eq 19 ] || fail "merged results have not 18 permutations"

# The archive holds all of it, and its description names every file that is in it.
expect 0 "export" "$dagtop" export "$workflow" --output="$scratch/all.tar.gz"
mkdir "$scratch/all"
tar -xzf "$scratch/all.tar.gz" -C "$scratch/all" || fail "the archive cannot be read"
archive=$scratch/all/cloudmask-sweep
for file in workflow.yaml experiments.json results.json configuration/configuration.yaml configuration/train.in.sh \
    fetch-data/fetch-data.sh epoch_20_rate_2_repeat_3/train.sh epoch_20_rate_2_repeat_3/config.yaml \
    epoch_20_rate_2_repeat_3/cloudmask/train.awk records/epoch_20_rate_2_repeat_3/record.json \
    records/epoch_20_rate_2_repeat_3/results.json records/report/report.log; do
    [ -f "$archive/$file" ] || fail "the archive has no $file"
done
expect 0 "check of the archive" "$dagtop" check "$archive/workflow.yaml"
[ "$(find "$scratch/all" -type l | wc -l)" -eq 0 ] || fail "there are links in the archive"
sed -n 's/.*"@id": "\([a-z][^":]*\)".*/\1/p' "$archive/ro-crate-metadata.json" | sort -u >"$scratch/named"
while read -r file; do
    [ -e "$archive/$file" ] || fail "the description names $file, which is not there"
done <"$scratch/named"
[ "$(wc -l <"$scratch/named")" -ge 100 ] || fail "the description names too little"
grep -q '"machine": "'"$(uname -n)"'"' "$archive/records/report/record.json" || fail "the record of report names no machine"
grep -q '"state": "done"' "$archive/records/report/record.json" || fail "the record of report does not say done"

# What a permutation ran on is in its record, and once for all of them in the description.
kernel=$(uname -r)
grep -q '"kernel": "'"$kernel"'"' "$archive/records/epoch_20_rate_2_repeat_3/record.json" || fail "the record has no kernel"
[ "$(grep -c '"value": "'"$kernel"'"' "$archive/ro-crate-metadata.json")" -eq 1 ] || fail "the description has no kernel"
[ "$(grep -c '"@id": "#kernel%3D'"$kernel"'"' "$archive/ro-crate-metadata.json")" -eq 19 ] ||
    fail "not every permutation names its kernel"
grep -q '"kernel": "'"$kernel"'"' "$archive/results.json" || fail "the results have no kernel"

# Parameters from a JSON file and from the command line.
expect 0 "json" "$dagtop" sweep "$example/config.yaml" "$example/more.json" --output="$scratch/more" --dry-run
says "json" '^epoch_10_rate_10_repeat_3  epoch=10 rate=10 repeat=3$'
says "json" '^27 permutations$'
expect 0 "command line" "$dagtop" sweep "$example/config.yaml" --experiment='rate=[1-2] epoch=7' --set sweep.repeat=1 \
    --output="$scratch/few" --submit-script
says "command line" "^(cd $scratch/few/epoch_7_rate_2_repeat_1 && sh train.sh)  # epoch=7 rate=2 repeat=1\$"

# Jobs of the directory that are live keep it from being changed.
cat >"$scratch/wait.in.sh" <<'END'
#!/bin/sh
# {experiment.x}
: >"$HOME/began"
while [ ! -e "$HOME/go" ]; do sleep 0.05; done
END
chmod +x "$scratch/wait.in.sh"
expect 0 "sweep of one" "$dagtop" sweep --experiment=x=1 --template="$scratch/wait.in.sh" --name=one --output="$scratch/one"
"$dagtop" run "$scratch/one/workflow.yaml" >"$scratch/run.output" 2>&1 &
driver=$!
wait_for 20 test -e "$HOME/began" || fail "the job did not begin"
expect 2 "sweep while it runs" "$dagtop" sweep --experiment=x=1,2 --template="$scratch/wait.in.sh" --name=one --output="$scratch/one"
says "sweep while it runs" '1 job of .* is live'
expect 0 "forced sweep" "$dagtop" sweep --experiment=x=1,2 --template="$scratch/wait.in.sh" --name=one --output="$scratch/one" --force
: >"$HOME/go"
wait "$driver" || fail "the run of one ended with $?"

# Without --output and with nothing that can be read: a sentence, and 2.
expect 2 "no template" "$dagtop" sweep "$example/config.yaml" --template="$scratch/none.sh" --output="$scratch/none"
says "no template" 'cannot read the template .*none.sh'
expect 2 "too many" "$dagtop" sweep --experiment='a=[1-1000] b=[1-1000] c=[1-1000]' --template="$scratch/wait.in.sh" --output="$scratch/none"
says "too many" 'there are 1000000000 permutations'
[ ! -e "$scratch/none" ] || fail "something was written"
exit 0

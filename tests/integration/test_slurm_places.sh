#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where Slurm is: behind ssh, on a PATH that a prologue sets, one of two clusters by -M, and nowhere. And a job that takes
# more memory than it asked for.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/slurm_lib.sh
. "${top_srcdir:?}/tests/integration/slurm_lib.sh"
# shellcheck source=tests/integration/sshd_lib.sh
. "${top_srcdir:?}/tests/integration/sshd_lib.sh"
# shellcheck disable=SC2034 # read by slurm_begin
slurm_minimum_job_age=60
# shellcheck disable=SC2034 # read by slurm_begin
slurm_memory=cgroup
slurm_begin
trap 'sshd_end_all; slurm_end; clean_up' EXIT
slurm_begin_second

# A login node: its own home, no Slurm in its environment but what a login there gives.
# shellcheck disable=SC2016 # the shell there expands it
sshd_new login "SetEnv HOME=$scratch/there SLURM_CONF=$SLURM_CONF TALLY=$TALLY" \
    'ForceCommand cd && exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"'
ssh_know "$(port_of login)"
ssh_host login "$(port_of login)"
there=$scratch/there/experiment/places
here=$HOME/experiment/places

status_of() { "$dagtop" status "$workflow" </dev/null >"$scratch/output" 2>&1 && grep "^$1 " "$scratch/output" | grep -q -- "$2"; }
expect() { wait_for 40 status_of "$1" "$2" || fail "$1 is not $2"; }
act() { "$dagtop" "$@" --yes </dev/null >"$scratch/output" 2>&1; }

# What a prologue gives: programs that are on no PATH.
mkdir "$scratch/module" "$scratch/hidden"
for program in sbatch squeue sacct scancel scontrol sdiag; do
    ln -s "$(command -v "$program")" "$scratch/module/$program"
    printf '#!/bin/sh\necho "%s: load the module first" >&2\nexit 127\n' "$program" >"$scratch/hidden/$program"
    chmod +x "$scratch/hidden/$program"
done

workflow=$scratch/places.yaml
cat >"$scratch/remote.sh" <<END
#!/bin/bash
#SBATCH --time=10
[[ -n \$BASH_VERSION ]] || exit 9
cat "\${0%/*}/input"
echo remote >>$TALLY
echo "# cloudmesh status=running progress=70 loss=0.25"
END
echo from-here >"$scratch/input"
cat >"$workflow" <<END
workflow:
  name: places
  defaults: {kind: slurm}
  nodes:
    remote: {host: login, script: remote.sh, files: [input]}
    second: {exec: 'echo second >>$TALLY; echo "cluster \$SLURM_CLUSTER_NAME"', slurm: {clusters: two}}
    pending: {exec: 'true', slurm: {clusters: two, begin: now+1hour, time: '10:00'}}
    long: {host: login, exec: 'echo long >>$TALLY; sleep 300'}
    fat: {exec: 'echo fat >>$TALLY; exec awk "BEGIN { text = \\"x\\"; while (length(text) < 400000000) text = text text; system(\\"sleep 60\\") }"', slurm: {mem: 50M}}
    array: {host: login, exec: 'echo "array \$SLURM_ARRAY_TASK_ID" >>$TALLY; echo task \$SLURM_ARRAY_TASK_ID', slurm: {array: '1-3'}}
END

# --- behind ssh ---
timeout 100 "$dagtop" run "$workflow" remote second array </dev/null >"$scratch/output" 2>&1 || fail "run: $?"
grep -q from-here "$there/remote/remote.log" || fail "the files did not come along"
[ ! -e "$here/remote/.dagtop" ] || fail "the job behind ssh ran here"
"$dagtop" status "$workflow" --format=json </dev/null >"$scratch/output"
grep -q '"loss": "\{0,1\}0.25' "$scratch/output" || fail "the metrics of the job behind ssh"
[ "$("$dagtop" log "$workflow" array --task=2 </dev/null)" = 'task 2' ] || fail "the log of a task behind ssh"
act start "$workflow" long || fail "start behind ssh"
expect long running
act cancel "$workflow" long || fail "cancel behind ssh"
expect long cancelled

# --- the other cluster ---
grep -qx 'cluster two' "$here/second/second.log" || fail "second ran on another cluster"
[ -z "$(sacct -n -X -M lab --name=places.second -o jobid)" ] || fail "second ran on the first cluster too"
act start "$workflow" pending || fail "start on the other cluster"
expect pending 'queued.*BeginTime'
job=$(cat "$here/pending/.dagtop/1/jobid")
act change "$workflow" pending time=20:00 || fail "change on the other cluster"
[ "$(squeue -h -M two -j "$job" -o %l | tail -n 1)" = 20:00 ] || fail "the time limit on the other cluster"
act hold "$workflow" pending || fail "hold on the other cluster"
expect pending held
act cancel "$workflow" pending || fail "cancel on the other cluster"
expect pending cancelled

# A job of it that has ended runs again there.
job=$(cat "$here/second/.dagtop/1/jobid")
act resubmit "$workflow" second --requeue || fail "resubmit --requeue on the other cluster"
expect second queued
scontrol -M two update JobId="$job" StartTime=now || fail "StartTime on the other cluster"
expect second 'done.* 2 '
[ "$(cat "$here/second/.dagtop/2/jobid")" = "$job" ] || fail "second has another job"

# --- more memory than it asked for: killed, with the scheduler's words in its log ---
timeout 100 "$dagtop" run "$workflow" fat </dev/null >"$scratch/output" 2>&1
[ $? -eq 1 ] || fail "a job that takes too much memory did not fail"
cause='signal 9'
[ ! -e "$slurm/cgroup.conf" ] || cause=OUT_OF_MEMORY
grep -q "fat: failed, .*$cause" "$scratch/output" || fail "fat did not end by $cause"
grep -q 'exceeded memory limit\|oom' "$here/fat/fat.log" || fail "its log does not tell why"

# --- a prologue, and no Slurm at all ---
sed "s/name: places/name: prologue/; s,defaults: {kind: slurm},defaults: {kind: slurm}," "$workflow" >"$scratch/without.yaml"
workflow=$scratch/without.yaml
path=$PATH
PATH=$scratch/hidden:$PATH
sed "s,defaults: {kind: slurm},defaults: {kind: slurm\, prologue: 'PATH=$scratch/module:\$PATH'}," "$scratch/without.yaml" >"$scratch/with.yaml"
timeout 60 "$dagtop" run "$workflow" second </dev/null >"$scratch/output" 2>&1 && fail "a job was submitted without a module"
grep -q 'sbatch: load the module first' "$scratch/output" || fail "the words of a missing module"
workflow=$scratch/with.yaml
timeout 60 "$dagtop" run "$workflow" second </dev/null >"$scratch/output" 2>&1 || fail "run with a prologue: $?"
PATH=$path
mkdir "$scratch/bare"
for program in sh cat ls mkdir rm ln mv awk sed date uname id cksum tr head tail dd find ps sleep setsid chmod od sort wc getconf env readlink timeout hostname grep cp kill perl python3 touch printf test mktemp dirname basename cut expr stat tee; do
    ! command -v "$program" >/dev/null || ln -s "$(command -v "$program")" "$scratch/bare/$program" 2>/dev/null
done
sed 's/name: prologue/name: nowhere/' "$scratch/without.yaml" >"$scratch/nowhere.yaml"
PATH=$scratch/bare timeout 60 "$dagtop" run "$scratch/nowhere.yaml" second </dev/null >"$scratch/output" 2>&1 &&
    fail "a job was submitted without Slurm"
grep -q "there is no sbatch on the PATH of $(uname -n): $scratch/bare" "$scratch/output" || fail "no word about a host without Slurm"
[ "$(sort "$TALLY" | tr '\n' ' ')" = 'array 1 array 2 array 3 fat long remote second second second ' ] || fail "what ran: $(cat "$TALLY")"
echo "Slurm behind ssh, a second cluster, memory (a job ends by $cause), a prologue, no Slurm"

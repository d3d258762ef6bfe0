#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A shell into a running job of a real Slurm, by the dashboard's key and by `dagtop shell`; and what the job writes beside
# its log: standard error in a file of its own, and what is different between two attempts.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
# shellcheck source=tests/integration/slurm_lib.sh
. "${top_srcdir:?}/tests/integration/slurm_lib.sh"
# shellcheck source=tests/terminal/tmux_lib.sh
. "${top_srcdir:?}/tests/terminal/tmux_lib.sh"
command -v srun >/dev/null || slurm_skip "srun is not installed"
slurm_begin
trap 'terminal kill-server 2>/dev/null; slurm_end; clean_up' EXIT

workflow=$scratch/shell.yaml
cat >"$scratch/step.sh" <<END
#!/bin/sh
#SBATCH --error=errors-%j.txt
echo "this is the output"
echo "this is the trouble" >&2
until [ -e $scratch/go ]; do sleep 0.1; done
exit 3
END
cat >"$workflow" <<END
workflow:
  name: shell
  nodes:
    job: {kind: slurm, script: step.sh, slurm: {mem: 100M}}
END
record=$HOME/experiment/shell/job

open_terminal 100 30
keys "PATH='$PATH' SLURM_CONF='$SLURM_CONF' TMPDIR='$TMPDIR' SHELL=/bin/sh '$dagtop' --drive '$workflow'" Enter
wait_screen '▶ R job' 60
wait_screen 'this is the output'
job=$(cat "$record/.dagtop/1/jobid")
keys t
wait_screen '^\$\|^#\|prompt>$'
# shellcheck disable=SC2016 # for the shell in the job
keys 'echo in job $SLURM_JOB_ID step $SLURM_STEP_ID; pwd' Enter
wait_screen "^in job $job step [0-9]"
wait_screen "^$record"
squeue -h -s -j "$job" | grep -q . || fail "there is no step of the shell"
keys 'exit' Enter
wait_screen '1 Nodes'
echo "the key t: a shell in the job itself"

keys O
wait_screen 'this is the trouble'
wait_screen "Log job: errors-$job.txt"
keys O
wait_screen 'this is the output'
keys F
wait_screen "errors-$job.txt"
wait_screen 'its standard error'
keys q
echo "standard error is apart"

touch "$scratch/go"
wait_screen '✘ F job' 60
rm "$scratch/go"
sed -i 's/this is the output/this is another output/' "$scratch/step.sh"
keys r
wait_screen 'Resubmit job?'
keys e
wait_screen 'mem=100M'
keys C-u
keys -l 'mem=200M'
keys Enter
wait_screen 'mem=200M for job'
keys y
wait_screen '▶ R job' 60
wait_screen 'this is another output'
keys a
wait_screen 'Attempts of job'
wait_screen '^.* 2  '
keys Enter
wait_screen '+ echo "this is another output"'
wait_screen '+ --mem.*200M'
keys q q
echo "two attempts: their scripts and what was asked of Slurm"
keys Q
wait_screen 'quit\|Quit\|prompt>'
keys s
wait_screen 'prompt>'

keys "clear; PATH='$PATH' SLURM_CONF='$SLURM_CONF' TMPDIR='$TMPDIR' SHELL=/bin/sh '$dagtop' shell '$workflow' job" Enter
wait_screen '^\$\|^#\|prompt>$'
job=$(cat "$record/.dagtop/2/jobid")
# shellcheck disable=SC2016 # for the shell in the job
keys 'echo now in job $SLURM_JOB_ID' Enter
wait_screen "^now in job $job"
keys 'exit' Enter
touch "$scratch/go"
echo "dagtop shell: the same"

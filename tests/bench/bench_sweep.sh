#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# 10,000 permutations generated, then again with nothing to change; beside them cp(1), which writes the same files. With
# cloudmesh-ee, 100 permutations of both. (Where very many files have been deleted a few minutes before, ext4 looks long for
# inodes that are not too fresh: several times as slow for every program.)
set -eu
dagtop=${top_builddir:?}/dagtop
permutations=${PERMUTATIONS:-10000}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HOME="$scratch"
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME

cat >"$scratch/job.in.sh" <<'END'
#!/bin/sh
#SBATCH --job-name={ee.identifier}
echo "# cloudmesh status=running progress=1"
python train.py --epoch={experiment.epoch} --seed={experiment.seed} --data={data.path}
echo "# cloudmesh status=done progress=100"
END
cat >"$scratch/config.yaml" <<END
name: bench
data: {path: "/scratch/{experiment.epoch}", tiles: 100, batch: 32}
experiment:
  epoch: {range: [1, $((permutations / 100))]}
  seed: "[1-100]"
END

now() {
    date +%s.%N
}

# measure TITLE COMMAND...: seconds, and memory where time(1) can tell it.
measure() {
    title=$1
    shift
    start=$(now)
    if [ -x /usr/bin/time ]; then
        /usr/bin/time -o "$scratch/memory" -f %M "$@" >"$scratch/output" 2>&1
    else
        echo 0 >"$scratch/memory"
        "$@" >"$scratch/output" 2>&1
    fi
    echo "$start $(now) $(cat "$scratch/memory")" | awk -v title="$title" '{
        printf "%s: %.2f s", title, $2 - $1
        if ($3) printf ", %.1f MB", $3 / 1024
        print "" }'
}

measure "$permutations permutations generated" \
    "$dagtop" sweep "$scratch/config.yaml" --template="$scratch/job.in.sh" --output="$scratch/sweep"
measure "generated again, nothing to change" \
    "$dagtop" sweep "$scratch/config.yaml" --template="$scratch/job.in.sh" --output="$scratch/sweep"
measure "the same files written by cp -R" cp -R "$scratch/sweep" "$scratch/copy"
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
    memory=$(mktemp -d /dev/shm/bench_sweep.XXXXXX)
    trap 'rm -rf "$scratch" "$memory"' EXIT
    measure "$permutations permutations generated in memory" \
        "$dagtop" sweep "$scratch/config.yaml" --template="$scratch/job.in.sh" --output="$memory/sweep"
fi

if command -v cms >/dev/null 2>&1; then
    measure "100 permutations generated" "$dagtop" sweep "$scratch/config.yaml" --experiment='epoch=1' \
        --template="$scratch/job.in.sh" --output="$scratch/hundred"
    cd "$scratch"
    measure "100 permutations by cloudmesh-ee" cms ee generate job.in.sh --config=config.yaml --name=peer \
        --experiment='"epoch=1 seed=[1-100]"' --noos --nocm || echo "cloudmesh-ee did not generate them"
else
    echo "cloudmesh-ee (cms) is missing: not compared with it"
fi

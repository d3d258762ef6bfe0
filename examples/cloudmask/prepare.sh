#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds back every fourth tile to judge the models with, trains on the others, and brings all channels to
# one scale, from -1 to 1. Writes training.txt and held-out.txt.
set -eu
export LC_ALL=C

: >training.raw
: >held-out.raw
number=0
for tile in ../fetch-data/tile-*.txt; do
    number=$((number + 1))
    if [ $((number % 4)) -eq 0 ]; then
        cat "$tile" >>held-out.raw
    else
        cat "$tile" >>training.raw
    fi
done

# First the least and the greatest value of every channel of the training pixels ...
awk '{
    for (i = 2; i <= NF; i++) {
        if (NR == 1 || $i < least[i]) least[i] = $i
        if (NR == 1 || $i > greatest[i]) greatest[i] = $i
    }
} END {
    for (i = 2; i <= 10; i++) print least[i], greatest[i]
}' training.raw >scale.txt

# ... then both sets, scaled by them.
for set in training held-out; do
    awk 'NR == FNR { least[FNR + 1] = $1; range[FNR + 1] = $2 - $1; next } {
        for (i = 2; i <= NF; i++) $i = sprintf("%.4f", 2 * ($i - least[i]) / range[i] - 1)
        print
    }' scale.txt "$set.raw" >"$set.txt"
    rm "$set.raw"
done

training=$(wc -l <training.txt)
held_out=$(wc -l <held-out.txt)
echo "# cloudmesh status=done progress=100 training_pixels=$((training)) held_out_pixels=$((held_out))"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Squares the numbers of fetch-data in five rounds, resting PAUSE seconds (default 1) after each.
#
# A line "# cloudmesh status=... progress=..." tells dagtop how far the script is.
# Every other key=value in it is a metric: shown, and usable in labels.
set -eu

numbers=../fetch-data/numbers.txt
: >squares.txt
for round in 1 2 3 4 5; do
    first=$((round * 20 - 19))
    last=$((round * 20))
    sed -n "${first},${last}p" "$numbers" | awk '{ print $1 * $1 }' >>squares.txt
    echo "# cloudmesh status=running progress=$last round=$round"
    sleep "${PAUSE:-1}"
done

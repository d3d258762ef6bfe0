#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Merges the scores of all models into one table, best accuracy first, and names the best. Writes results.txt.
set -eu
export LC_ALL=C

{
    echo model rate seed epochs loss accuracy precision recall
    # A line of scores is a list of key=value in this order.
    cat ../inference-*/scores.txt | sed 's/[^ ]*=//g' | sort -k6,6nr
} | awk '{ printf "%-16s %5s %5s %7s %7s %9s %10s %7s\n", $1, $2, $3, $4, $5, $6, $7, $8 }' >results.txt

best=$(sed -n '2s/ .*//p' results.txt)
cat results.txt
echo "best: $best"
echo "# cloudmesh status=done progress=100 best=$best"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
## A template: dagtop sweep leaves lines like this one out, and puts values where names stand in braces.
# {cloudmask.title}, time {experiment.repeat}: {ee.identifier}
set -eu
export LC_ALL=C

epoch="{experiment.epoch}"
rate="{experiment.rate}"
repeat="{experiment.repeat}"
awk -f cloudmask/cloudmask.awk -f cloudmask/train.awk \
    -v rate="$rate" -v start="$repeat" -v epochs="$epoch" "{cloudmask.training}"
scores=$(awk -f cloudmask/cloudmask.awk -f cloudmask/inference.awk weights.txt "{cloudmask.held_out}")
echo "epoch=$epoch rate=$rate repeat=$repeat $scores" >scores.txt
echo "$scores" | awk '{
    gsub("=", "\":")
    gsub(" ", ", \"")
    print "{\"" $0 "}"
}' >results.json
echo "# cloudmesh status=done progress=100 $scores"

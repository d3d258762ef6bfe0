#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lets one trained model judge the pixels that no model has seen. Writes scores.txt.
#
#   MODEL   the node that trained it
set -eu
export LC_ALL=C

scores=$(awk -f cloudmask/cloudmask.awk -f cloudmask/inference.awk "../$MODEL/weights.txt" ../prepare/held-out.txt)
echo "model=$MODEL $(cat "../$MODEL/summary.txt") $scores" >scores.txt
echo "# cloudmesh status=done progress=100 $scores"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fits a logistic cloud mask to the training pixels by gradient descent. Writes weights.txt.
#
#   RATE               learning rate
#   SEED               seed of the weights to begin with
#   CLOUDMASK_EPOCHS   rounds over all training pixels (60)
set -eu
export LC_ALL=C

epochs=${CLOUDMASK_EPOCHS:-60}
echo "learning rate $RATE, seed $SEED, $epochs epochs"
awk -f cloudmask/cloudmask.awk -f cloudmask/train.awk \
    -v rate="$RATE" -v start="$SEED" -v epochs="$epochs" ../prepare/training.txt

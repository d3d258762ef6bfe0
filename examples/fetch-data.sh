#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes the numbers 1 to 100, one a line.
set -eu

awk 'BEGIN { for (i = 1; i <= 100; i++) print i }' >numbers.txt
echo "wrote $(wc -l <numbers.txt) numbers"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stands in for a download: makes synthetic satellite tiles, tile-01.txt, tile-02.txt and so on.
#
#   CLOUDMASK_TILES   how many tiles (12)
#   CLOUDMASK_SIZE    pixels along each side of a tile (96)
#   CLOUDMASK_REST    seconds to wait after each, as a download would (1)
set -eu
export LC_ALL=C

tiles=${CLOUDMASK_TILES:-12}
tile=0
rm -f tile-*.txt
while [ "$tile" -lt "$tiles" ]; do
    tile=$((tile + 1))
    file=$(printf 'tile-%02d.txt' "$tile")
    awk -f cloudmask/cloudmask.awk -f cloudmask/tile.awk -v tile="$tile" -v size="${CLOUDMASK_SIZE:-96}" -v file="$file"
    echo "# cloudmesh status=running progress=$((100 * tile / tiles)) tiles=$tile"
    sleep "${CLOUDMASK_REST:-1}"
done

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The cloud mask scripts alone, each in a directory as dagtop would make it, with every awk of this machine:
# each finds the same tiles and the same table, in a foreign locale too.
set -u

scripts=${top_srcdir:?}/examples/cloudmask
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
export CLOUDMASK_TILES=4 CLOUDMASK_SIZE=24 CLOUDMASK_EPOCHS=20 CLOUDMASK_REST=0

# node DIRECTORY NODE SCRIPT: runs one script in the run directory of a node.
node() {
    mkdir -p "$1/$2/cloudmask"
    cp "$scripts/$3" "$1/$2/"
    cp "$scripts"/*.awk "$1/$2/cloudmask/"
    (cd "$1/$2" && "./$3" >"$2.log" 2>&1) || {
        echo "FAIL: $2 with $1"
        cat "$1/$2/$2.log"
        exit 1
    }
}

experiment() {
    node "$1" fetch-data fetch-data.sh
    node "$1" prepare prepare.sh
    for model in slow-1 slow-2 fast-1 fast-2; do
        case $model in
        slow-*) RATE=0.3 ;;
        fast-*) RATE=2 ;;
        esac
        SEED=${model#*-} MODEL=train-$model
        export RATE SEED MODEL
        node "$1" "train-$model" train.sh
        node "$1" "inference-$model" inference.sh
    done
    node "$1" analyze analyze.sh
}

tried=0
for awk in mawk gawk original-awk 'busybox awk' awk; do
    program=$(command -v "${awk%% *}") || continue
    case $awk in
    *' '*) "$program" "${awk#* }" 'BEGIN { exit 0 }' 2>"$scratch/applet" || continue ;;
    esac
    directory=$scratch/${awk%% *}
    mkdir -p "$directory/bin"
    printf '#!/bin/sh\nexec %s %s "$@"\n' "$program" "$(expr "$awk" : '[^ ]* \(.*\)')" >"$directory/bin/awk"
    chmod +x "$directory/bin/awk"
    (
        PATH=$directory/bin:$PATH LC_ALL=de_DE.UTF-8
        export PATH LC_ALL
        experiment "$directory"
    ) || exit 1
    tried=$((tried + 1))
    [ -n "${first-}" ] || first=$directory
    for file in fetch-data/tile-03.txt analyze/results.txt; do
        cmp "$first/$file" "$directory/$file" || {
            echo "FAIL: $awk finds another $file"
            exit 1
        }
    done
done

[ "$(grep -c '^train-' "$first/analyze/results.txt")" -eq 4 ] || { echo "FAIL: the table has not four models" && exit 1; }
# The descent works: the loss falls from epoch to epoch.
losses=$(sed -n 's/.* loss=\([0-9.]*\).*/\1/p' "$first/train-fast-1/train-fast-1.log")
[ "$(echo "$losses" | wc -l)" -eq 20 ] || { echo "FAIL: not twenty epochs" && exit 1; }
echo "$losses" | sort -nrc || { echo "FAIL: the loss rises" && exit 1; }
echo "$tried awks agree"

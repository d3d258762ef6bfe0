# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# What the tests of whole workflows share: a home of their own, a workflow that keeps a tally, and waiting for markers.

dagtop=${top_builddir:?}/dagtop
scratch=$(mktemp -d) || exit 99
HOME=$scratch/home
TALLY=$scratch/tally
export HOME TALLY
mkdir "$HOME"
: >"$TALLY"
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR
workflow=$scratch/tally.yaml

# A test leaves no job behind: whatever works below its scratch directory ends with it.
clean_up() {
    for record in "$HOME"/experiment/*/*/.dagtop/*/pid; do
        [ -f "$record" ] || continue
        read -r _ process _ <"$record" && kill -KILL "-$process" 2>/dev/null
    done
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 99' HUP INT TERM

fail() {
    echo "FAIL: $*"
    [ ! -s "$scratch/output" ] || tail -n 40 "$scratch/output"
    exit 1
}

# make_workflow LAYERS WIDTH SECONDS: every node appends its name to the tally; each layer depends on all of the one before.
make_workflow() {
    awk -v layers="$1" -v width="$2" -v pause="$3" 'BEGIN {
        print "workflow:\n  name: tally\n  jobs: " width "\n  nodes:"
        for (layer = 1; layer <= layers; layer++)
            for (i = 1; i <= width; i++)
                printf "    n%d-%d:\n      exec: \"echo n%d-%d >> $TALLY; sleep %s\"\n", layer, i, layer, i, pause
        print "  dependencies:"
        for (layer = 1; layer < layers; layer++)
            printf "    - [\"n%d-[1-%d]\", \"n%d-[1-%d]\"]\n", layer, width, layer + 1, width
    }' >"$workflow"
}

# tally_is COUNT TIMES: COUNT different nodes ran, each exactly TIMES times.
tally_is() {
    sort "$TALLY" | uniq -c | awk -v count="$1" -v times="$2" '
        { nodes++; if ($1 != times) { print "ran " $1 " times: " $2; bad = 1 } }
        END { if (nodes != count) { print nodes " nodes ran, not " count; bad = 1 }; exit bad }'
}

# state_count WORD: how many nodes are in that state now.
state_count() {
    "$dagtop" status "$workflow" --format=csv 2>/dev/null | awk -F , -v state="$1" 'NR > 1 && $4 == state' | wc -l
}

# wait_for SECONDS COMMAND...: until the command is true.
wait_for() {
    deadline=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}

# random_below N: a random number from 0 to N - 1.
random_below() {
    od -An -N4 -tu4 /dev/urandom | awk -v n="$1" '{ print $1 % n }'
}

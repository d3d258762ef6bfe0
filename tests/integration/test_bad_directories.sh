#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Run directories that cannot be written, full disks, scripts that are gone: what dagtop says of them, that looking works
# all the same, and that the run goes on when the trouble is over. Mounts small file systems where that is allowed.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"
base=$HOME/experiment
mkdir "$base"
trap 'umount "$base" 2>/dev/null; chmod 700 "$base"; clean_up' EXIT

# run_says CODE PATTERN
run_says() {
    timeout 100 "$dagtop" run "$workflow" </dev/null >"$scratch/output" 2>&1
    code=$?
    [ "$code" -eq "$1" ] || fail "exit code $code, not $1"
    grep -q "$2" "$scratch/output" || fail "not said: $2"
}

workflow=$scratch/bad.yaml
cat >"$workflow" <<'END'
workflow:
  name: bad
  nodes:
    a: {script: a.sh}
    b: {exec: 'echo b >> $TALLY'}
  dependencies: ['a,b']
END
# shellcheck disable=SC2016
printf '#!/bin/sh\necho a >> "$TALLY"\n' >"$scratch/a.sh"

# Not writable.
if [ "$(id -u)" -ne 0 ]; then
    chmod 500 "$base"
elif ! mount -t tmpfs -o ro tmpfs "$base" 2>/dev/null; then
    echo "skipped: neither an ordinary user nor allowed to mount"
    exit 77
fi
run_says 1 'a: ready, nothing can be started: cannot write in '
"$dagtop" status "$workflow" >"$scratch/output" 2>&1 || fail "looking is refused where nothing can be written"
umount "$base" 2>/dev/null || chmod 700 "$base"
echo "not writable: said, and nothing started"

# No space; then there is some again, and a run that waited for nothing goes on from there.
if mount -t tmpfs -o size=1m tmpfs "$base" 2>/dev/null; then
    dd if=/dev/zero of="$base/full" bs=1k count=1024 2>/dev/null
    run_says 1 'a: ready, nothing can be started: .*\(space\|disk\)'
    [ -z "$(find "$base" -type f ! -name full)" ] || fail "left on the full disk: $(find "$base" -type f)"
    rm "$base/full"
    run_says 0 'b done'
    tally_is 2 1 || fail "tally"
    umount "$base"
    echo "a full disk: said, nothing started, and gone on when there was space"
else
    echo "# no small file system may be mounted: the full disk is left out"
fi

# The script is deleted between the look at the file and the start, then not readable; it is back, and the run goes on.
rm -rf "$base/bad" && : >"$TALLY"
mv "$scratch/a.sh" "$scratch/away"
run_says 1 'a: ready, .*a.sh.* does not exist'
[ ! -e "$base/bad/a" ] || fail "a directory was made for a script that is gone"
mkdir "$scratch/a.sh"
run_says 1 'a: ready, '
rmdir "$scratch/a.sh"
mv "$scratch/away" "$scratch/a.sh"
run_says 0 'b done'
tally_is 2 1 || fail "tally"
echo "a script that is gone: said, and gone on when it was back"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# First-time use: every action of the table is offered by : or stands in ?, and what : offers does something there,
# whichever pane it belongs to.
set -u
# shellcheck source=tests/integration/workflow_lib.sh
. "${top_srcdir:?}/tests/integration/workflow_lib.sh"

table=$top_srcdir/include/dagtop/ui/actions.def
words=$(sed -n 's/^UI_ACTION([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$table")
[ "$(echo "$words" | wc -l)" -gt 100 ] || fail "the table of actions is not understood"
make_workflow 2 2 0.1
"$dagtop" run "$workflow" >/dev/null 2>&1 || fail "the workflow does not run"

# Which the command line offers: each is typed, and the line above says what it is.
for word in $words; do
    printf 'key :\ntext %s\nscreen %s\nkey Esc Esc\n' "$word" "$word"
done >"$scratch/script"
printf 'key ?\n' >>"$scratch/script"
for page in 1 2 3 4 5 6 7 8; do
    printf 'screen help-%s\nkey PgDn\n' "$page" >>"$scratch/script"
done
"$dagtop" --headless=200x90 --script="$scratch/script" "$workflow" >"$scratch/screens" || fail "the screens"
awk '/^== /{name = $2} $1 == name{print name}' "$scratch/screens" >"$scratch/offered"
sed -n '/^== help-1/,$p' "$scratch/screens" >"$scratch/help"
for word in $words; do
    grep -qx -e "$word" "$scratch/offered" && continue
    sentence=$(sed -n "s/^UI_ACTION([A-Z_]*, \"$word\", \"\\(.*\\)\")\$/\\1/p" "$table")
    grep -qF -e "$sentence" "$scratch/help" || fail "$word is neither offered by : nor told by ?"
done
echo "found: $(wc -l <"$scratch/offered") by their names, the others in the help"

# What is offered works from the table; what leaves the dashboard, and what needs a pane that is empty here, apart.
grep -v -x -e 'quit.*' -e suspend -e shell -e pager -e editor -e edit-script -e close -e back -e 'grid-.*' \
    "$scratch/offered" >"$scratch/usable"
while read -r word; do
    printf 'key 1 :\ntext %s\nkey Enter\nscreen %s\nkey Esc Esc Esc n\n' "$word" "$word"
done <"$scratch/usable" >"$scratch/script"
"$dagtop" --headless=120x40 --script="$scratch/script" "$workflow" >"$scratch/screens" || fail "the screens"
awk '/^== /{name = $2} /That means nothing here/{print name}' "$scratch/screens" >"$scratch/dead"
[ ! -s "$scratch/dead" ] || fail "offered, and without meaning: $(tr '\n' ' ' <"$scratch/dead")"
echo "used: $(wc -l <"$scratch/usable") of them from the table"

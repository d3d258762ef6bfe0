#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Other files of a run directory: listed and read by pieces; neither a path nor a link leads out of it.
# shellcheck disable=SC2016
# shellcheck source=tests/integration/agent_client.sh
. "${top_srcdir:-.}/tests/integration/agent_client.sh"

# read_fails WHAT PATH WORD: reading is refused, with that reason, and nothing of the secret comes.
read_fails() {
    : >"$work/data"
    ask dagtop_read_file "$base" wf n "$2" 0 1000
    expect "$1" "n${tab}read${tab}$3 *"
    same "$1: code" 1 "$code"
    same "$1: no byte" "" "$(cat "$work/data")"
}

test_files() {
    printf '# %s, awk: %s\n' "$1" "$2"
    base=$work/base-$2
    agent_open "$1"
    ask dagtop_files "$base" wf n 0 ''
    expect "without a run directory" "n${tab}files${tab}no-attempt *"

    run=$base/wf/n
    mkdir -p "$run/.dagtop/2" "$run/out/deep er" "$base/wf/other"
    printf 'secret\n' >"$work/secret"
    printf 'theirs\n' >"$base/wf/other/file"
    printf 'a,b\n1,2\n' >"$run/metrics.csv"
    printf 'with blanks\n' >"$run/ two  blanks -> x"
    odd=$(printf 'm\303\274ll 100')
    printf 'odd\n' >"$run/$odd%"
    printf 'deep\n' >"$run/out/deep er/file"
    touch -t 202001010000 "$run/out/deep er"
    printf 'task 7\n' >"$run/.dagtop/2/log-7"
    printf 'log\n' >"$run/.dagtop/2/log"
    printf 'x' >"$run/$(printf 'new\nline')"
    ln -s metrics.csv "$run/inside"
    ln -s "$run/out/deep er/file" "$run/absolute"
    ln -s "$work/secret" "$run/outside"
    ln -s ../../../secret "$run/out/relative"
    ln -s "$work" "$run/folder"
    ln -s inside "$run/twice"
    ln -s round "$run/round"
    ln -s nothing "$run/dangling"
    mkfifo "$run/pipe"

    ask dagtop_files "$base" wf n 2 ''
    expect "a file" "*metrics.csv${tab}file${tab}- 8 *"
    expect "a directory" "*out${tab}file${tab}d *"
    expect "a link" "*inside${tab}file${tab}l *inside${tab}target${tab}metrics.csv*"
    expect "a link that leads out is shown as such" "*outside${tab}target${tab}$work/secret*"
    # The ls of busybox writes ? for what is not ASCII.
    [ "$2" = busybox ] || expect "a name with a percent sign" "*$odd%25${tab}file${tab}- *"
    expect "a name with blanks" "* two  blanks -> x${tab}file${tab}- 12 *"
    expect "the log of a task" "*.dagtop/2/log-7${tab}file${tab}- 7 *"
    same "not what is ours, nor what is no file" "" "$(printf '%s' "$answer" | grep -e '^\.dagtop	' -e 'pipe	' -e 'log	')"
    ask dagtop_files "$base" wf n 2 out
    expect "a directory below" "*out/relative${tab}target${tab}../../../secret*out/deep er${tab}file${tab}d *"
    ask dagtop_files "$base" wf n 2 folder
    expect "a directory that leads out" "n${tab}files${tab}bad-argument *"
    for path in .. out/.. /etc out//x ./out; do
        ask dagtop_files "$base" wf n 2 "$path"
        expect "the directory $path" "n${tab}files${tab}bad-argument *"
    done
    ask dagtop_files "$base" wf n 2 out/none
    expect "no such directory" "n${tab}files${tab}no-attempt *"

    for path in metrics.csv inside twice; do
        ask dagtop_read_file "$base" wf n "$path" 0 1000
        same "$path is read" "a,b
1,2" "$(cat "$work/data")"
    done
    ask dagtop_read_file "$base" wf n metrics.csv -4 1000
    same "its end" "1,2" "$(cat "$work/data")"
    expect "its size and where that begins" "*n${tab}size${tab}8*n${tab}offset${tab}4*"
    ask dagtop_read_file "$base" wf n absolute 0 1000
    same "an absolute link that stays inside" "deep" "$(cat "$work/data")"
    ask dagtop_read_file "$base" wf n ' two  blanks -> x' 0 1000
    same "a name with blanks" "with blanks" "$(cat "$work/data")"
    ask dagtop_read_file "$base" wf n "$odd%" 0 1000
    same "a name that is not ASCII" "odd" "$(cat "$work/data")"
    ask dagtop_read_file "$base" wf n .dagtop/2/log-7 0 1000
    same "the log of a task" "task 7" "$(cat "$work/data")"

    read_fails "a link that leads out" outside bad-argument
    read_fails "a relative link that leads out" out/relative bad-argument
    read_fails "below a directory that leads out" folder/secret bad-argument
    read_fails "a link that goes round" round bad-argument
    read_fails "a link to nothing" dangling no-attempt
    read_fails "no such file" nothing no-attempt
    read_fails "a pipe" pipe bad-argument
    read_fails "a directory" out bad-argument
    for path in ../other/file /etc/passwd out/../../other/file .dagtop/../../other/file '' .; do
        read_fails "the path '$path'" "$path" bad-argument
    done
    ask dagtop_read_file "$base" wf n metrics.csv x 1000
    same "an offset that is none" 2 "$code"

    # More than a person reads: the newest thousand are told.
    mkdir "$run/many"
    i=0
    while [ "$i" -lt 1003 ]; do
        i=$((i + 1))
        : >"$run/many/$i"
    done
    ask dagtop_files "$base" wf n 2 many
    same "a thousand of them" 1000 "$(printf '%s' "$answer" | grep -c "${tab}file${tab}")"
    expect "and how many more" "*-${tab}more${tab}3*"
    agent_close
    rm -rf "$base"
}

for awk in mawk gawk original-awk; do
    command -v "$awk" >/dev/null || continue
    mkdir "$work/$awk"
    ln -s "$(command -v "$awk")" "$work/$awk/awk"
    saved_path=$PATH
    PATH=$work/$awk:$PATH
    test_files dash "$awk"
    PATH=$saved_path
done
command -v bash >/dev/null && test_files bash usual
if command -v busybox >/dev/null; then
    mkdir "$work/busybox"
    for tool in awk ls dd tr head tail cut ln readlink mv date sleep uname sh; do
        ln -s "$(command -v busybox)" "$work/busybox/$tool"
    done
    PATH=$work/busybox:$PATH
    test_files "$work/busybox/sh" busybox
fi
finish

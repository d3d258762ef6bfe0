# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# What the tests of logins share: a program that opens a transport and tells what happens, a line each. Needs workflow_lib.sh.

probe=${top_builddir:?}/tests/integration/ssh_probe

# run_probe ARGUMENT...: what it prints is in $scratch/output.
run_probe() {
    timeout 60 "$probe" "$@" >"${scratch:?}/output" 2>&1 || fail "the probe ended with $?: $*"
}

# says PATTERN: a line of the output matches. says_not: none does.
says() {
    grep -Eq -- "$1" "$scratch/output" || fail "${about-}: no line matches: $1"
}
says_not() {
    ! grep -Eq -- "$1" "$scratch/output" || fail "${about-}: a line matches: $1"
}

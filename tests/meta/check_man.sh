#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The man pages are good mdoc or man source.
set -u
cd "${top_srcdir:?}" || exit 99
command -v mandoc >/dev/null || {
    echo "mandoc is missing"
    exit 77
}

set -- man/*.[1-8]
[ -e "$1" ] || {
    echo "there are no man pages"
    exit 1
}
# Whether other pages are installed depends on the machine.
complaints=$(mandoc -T lint "$@" 2>&1 | grep -v 'referenced manual not found')
[ -z "$complaints" ] || {
    echo "$complaints"
    exit 1
}

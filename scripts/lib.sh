# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# What scripts/demo, scripts/test and .ci/run share: packages, configure, processors. Read with `.`, from the top directory.

# What is needed, a line each: how to find out whether it is there, what to look for, the Debian package.
needs_of() {
    case $1 in
    build)
        cat <<'END'
command autoconf    autoconf
command automake    automake
command pkg-config  pkg-config
command gcc         gcc
command make        make
file    /usr/include/stdio.h  libc6-dev
library ncursesw    libncurses-dev
library yaml-0.1    libyaml-dev
library libuv       libuv1-dev
library libssh      libssh-dev
library jansson     libjansson-dev
library cmocka      libcmocka-dev
END
        ;;
    test)
        cat <<'END'
command clang         clang
command clang-format  clang-format
command shellcheck    shellcheck
command busybox       busybox
command dash          dash
command bash          bash
command mandoc        mandoc
command valgrind      valgrind
command tmux          tmux
command ssh           openssh-client
command python3       python3
command perl          perl
command zsh           zsh
command fish          fish
command tcsh          tcsh
command git           git
command xz            xz-utils
file    /usr/sbin/locale-gen  locales
package ncurses-term  ncurses-term
file    /usr/include/openssl/evp.h  libssl-dev
END
        ;;
    service)
        cat <<'END'
file    /usr/sbin/sshd          openssh-server
file    /usr/sbin/krb5kdc       krb5-kdc
file    /usr/sbin/kadmin.local  krb5-admin-server
command kinit                   krb5-user
END
        ;;
    slurm)
        cat <<'END'
file    /usr/sbin/munged        munge
file    /usr/sbin/mariadbd      mariadb-server
file    /usr/sbin/slurmdbd      slurmdbd
file    /usr/sbin/slurmctld     slurm-wlm
command sbatch                  slurm-wlm
END
        ;;
    esac
}

say() {
    printf '%s\n' "$*" >&2
}

die() {
    say "$@"
    exit 1
}

processors() {
    getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1
}

# is_there HOW WHAT: whether something of the lists above is on this machine.
is_there() {
    case $1 in
    command) command -v "$2" >/dev/null 2>&1 ;;
    library) pkg-config --exists "$2" 2>/dev/null ;;
    file) [ -e "$2" ] ;;
    package) ! command -v dpkg-query >/dev/null || dpkg-query -W -f '${Status}' "$2" 2>/dev/null | grep -q 'ok installed' ;;
    esac
}

# missing_packages FOR: prints the packages of that list that are not there, one a line.
missing_packages() {
    needs_of "$1" | while read -r how what package; do
        is_there "$how" "$what" || echo "$package"
    done
}

# as_root COMMAND...: fails where this user may not.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

# install PACKAGE...: installs when we may, else says how and ends.
install() {
    say "missing: $*"
    if ! command -v apt-get >/dev/null; then
        die "This is no Debian or Ubuntu. Please install what these packages hold there, then start again: $*"
    fi
    if ! as_root true 2>/dev/null; then
        die "Please run this, then start again:
    sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
    fi
    {
        as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
    } >&2 || die "apt-get could not install: $*"
}

# need FOR: everything for build or test is there afterwards.
need() {
    missing=$(missing_packages "$1" | sort -u)
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086 # one word a package
    install $missing
    missing=$(missing_packages "$1")
    [ -z "$missing" ] || die "still missing after the installation: $missing"
}

# need_sshd ALWAYS: the ssh server, and the server of Kerberos tickets, that tests start on ports of their own. Where their
# packages would also start one for all the world, only when ALWAYS is yes.
need_sshd() {
    if [ "$1" = yes ] || [ ! -d /run/systemd/system ]; then
        need service
    elif [ -n "$(missing_packages service)" ]; then
        say "openssh-server and krb5-kdc are not both installed, and start servers: the tests that use them are skipped"
    fi
}

# without_services COMMAND...: what dpkg installs meanwhile starts no service.
without_services() {
    policy=/usr/sbin/policy-rc.d
    if [ -e "$policy" ] || [ -z "$(missing_packages slurm)" ]; then
        "$@"
        return
    fi
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy"
    ("$@")
    installed=$?
    as_root rm -f "$policy"
    return "$installed"
}

# need_slurm ALWAYS: what a private Slurm is made of, which tests start as root. On a machine with services of its own only
# when ALWAYS is yes.
need_slurm() {
    if [ "$1" = yes ] || [ ! -d /run/systemd/system ]; then
        without_services need slurm
    elif [ -n "$(missing_packages slurm)" ]; then
        say "Slurm is not installed, and its packages bring services: the tests that use it are skipped"
    fi
}

# clang_makes_sanitizers: clang is split differently in every release, so try instead of asking for a package.
clang_makes_sanitizers() {
    probe=$(mktemp -d) || return 1
    echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n); int LLVMFuzzerTestOneInput(
        const unsigned char *d, unsigned long n) { return n > 9 && d[9] == 1; }' >"$probe/probe.c"
    clang -fsanitize=address,undefined,fuzzer -o "$probe/probe" "$probe/probe.c" >/dev/null 2>&1
    probed=$?
    rm -rf "$probe"
    return "$probed"
}

# need_clang_runtime: the libraries behind clang's -fsanitize, whatever the release calls them.
need_clang_runtime() {
    clang_makes_sanitizers && return 0
    version=$(clang -dumpversion)
    version=${version%%.*}
    for package in "libclang-rt-$version-dev" "libclang-common-$version-dev" libclang-rt-dev; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            install "$package"
            clang_makes_sanitizers && return 0
        fi
    done
    die "clang cannot link with -fsanitize=address,undefined,fuzzer: its runtime libraries are missing"
}

# configure_in DIRECTORY [OPTION...]: configures there, unless that was done with the same options.
configure_in() {
    directory=$1
    shift
    options="${CC-} $*"
    [ -x configure ] || ./autogen.sh >&2 || die "autogen.sh failed"
    mkdir -p "$directory"
    if [ -f "$directory/Makefile" ] && [ "$(cat "$directory/configured-with" 2>/dev/null)" = "$options" ]; then
        return 0
    fi
    top=$PWD
    (cd "$directory" && "$top/configure" --quiet "$@") >&2 || die "configure failed; $directory/config.log says why"
    printf '%s\n' "$options" >"$directory/configured-with"
}

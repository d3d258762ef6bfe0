# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# What the tests with a real sshd share: servers on ports of their own, with keys of their own, and ssh(1) with a
# configuration of the test's own. Needs $scratch and fail; sets PATH, so that `ssh` reads $scratch/ssh/config.

: "${scratch:?}"
sshd=$(command -v sshd || echo /usr/sbin/sshd)
if [ ! -x "$sshd" ] || ! command -v ssh >/dev/null; then
    echo "SKIP: there is no sshd on this machine"
    exit 77
fi
[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
keys=$scratch/ssh
mkdir -p "$keys/bin" "$scratch/there"
chmod 700 "$keys"
unset SSH_AUTH_SOCK SSH_ASKPASS KRB5CCNAME
ssh_program=$(command -v ssh)
printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$ssh_program" "$keys/config" >"$keys/bin/ssh"
chmod +x "$keys/bin/ssh"
PATH=$keys/bin:$PATH
ssh-keygen -q -t ed25519 -N '' -C '' -f "$keys/server"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$keys/user"
cp "$keys/user.pub" "$keys/authorized"
: >"$keys/config"
identity=$keys/user

# sshd_new NAME [LINE]...: starts a server, on the port that it had before where it had one; lines of sshd_config first.
# What runs there has $scratch/there as its home.
sshd_new() {
    server=$1
    shift
    tries=0
    while :; do
        port=$(cat "$keys/$server.port" 2>/dev/null || echo $((20000 + $(random_below 40000))))
        {
            [ $# -eq 0 ] || printf '%s\n' "$@"
            cat <<END_OF_CONFIG
Port $port
ListenAddress 127.0.0.1
HostKey $keys/server
AuthorizedKeysFile $keys/authorized
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PidFile $keys/$server.pid
SetEnv HOME=$scratch/there
END_OF_CONFIG
        } >"$keys/$server.conf"
        : >"$keys/$server.log"
        "$sshd" -D -f "$keys/$server.conf" -E "$keys/$server.log" </dev/null >/dev/null 2>&1 3>&- &
        server_process=$!
        if wait_for 10 sshd_has_begun "$server" "$server_process"; then break; fi
        tries=$((tries + 1))
        [ "$tries" -lt 20 ] || { cat "$keys/$server.log"; fail "no sshd"; }
        rm -f "$keys/$server.port"
    done
    echo "$port" >"$keys/$server.port"
    echo "$server_process" >"$keys/$server.process"
}

# sshd_has_begun NAME PROCESS: it listens. False, too, when it has ended: wait_for then gives up soon.
sshd_has_begun() {
    grep -q 'Server listening on' "$keys/$1.log" && return 0
    # shellcheck disable=SC2034 # of wait_for
    kill -0 "$2" 2>/dev/null || deadline=0
    return 1
}

# sshd_sessions NAME: the process numbers of its sessions and their shells.
sshd_sessions() {
    pgrep -P "$(cat "$keys/$1.process")"
}

# sshd_end NAME: ends the server and its sessions.
sshd_end() {
    [ -f "$keys/$1.process" ] || return 0
    process=$(cat "$keys/$1.process")
    # shellcheck disable=SC2046
    kill -KILL "$process" $(pgrep -P "$process") 2>/dev/null
    wait "$process" 2>/dev/null
    rm -f "$keys/$1.process"
}

sshd_end_all() {
    for file in "$keys"/*.process; do
        [ -f "$file" ] || continue
        server=${file##*/}
        sshd_end "${server%.process}"
    done
}

# ssh_host NAME PORT [LINE]...: a host of the client's configuration, logged in to with $identity; its lines outrank ours.
ssh_host() {
    {
        echo "Host $1"
        name=$1 port=$2
        shift 2
        [ $# -eq 0 ] || printf '    %s\n' "$@"
        cat <<END_OF_CONFIG
    HostName 127.0.0.1
    Port $port
    User $(id -un)
    IdentityFile $identity
    IdentitiesOnly yes
    UserKnownHostsFile $keys/known
    GlobalKnownHostsFile /dev/null
END_OF_CONFIG
    } >>"$keys/config"
    case " $(cat "$keys/names" 2>/dev/null) " in *" $name "*) ;; *) echo "$name" >>"$keys/names" ;; esac
}

# ssh_know PORT: the server's key is known from now on.
ssh_know() {
    printf '[127.0.0.1]:%s %s\n' "$1" "$(cut -d ' ' -f 1-2 "$keys/server.pub")" >>"$keys/known"
}

port_of() {
    cat "$keys/$1.port"
}

# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# A private Slurm for tests, read after workflow_lib.sh: munged, MariaDB, slurmdbd, slurmctld and slurmd on loopback, with
# ports, folders and a configuration of their own below $scratch. The node pretends 64 processors.
# slurm_begin starts it, once for a script; what it started ends with the script. slurm_accounting=no before it: a cluster
# without slurmdbd. slurm_memory=cgroup before it: the kernel kills what takes too much memory, where this machine has memory
# cgroups that can be written (then there is $slurm/cgroup.conf); elsewhere slurmd does. slurm_begin_second: another cluster, "two", of which the first one's commands know by -M.
# shellcheck disable=SC2154

slurm=$scratch/slurm
slurm_daemons=
# The daemons' own error output is for people who look for a fault: SLURM_TEST_KEEP=yes keeps the folder.

slurm_skip() {
    echo "skipped: $*"
    exit 77
}

# Ends one daemon by its name, with signal $2 (default TERM), and waits for it.
slurm_stop() {
    eval "slurm_process=\${slurm_pid_$1-}"
    [ -n "$slurm_process" ] || return 0
    kill "-${2:-TERM}" "$slurm_process" 2>/dev/null
    wait "$slurm_process" 2>/dev/null
    eval "slurm_pid_$1="
}

# Runs a daemon in the background: NAME COMMAND...
slurm_daemon() {
    slurm_name=$1
    shift
    case " $slurm_daemons " in *" $slurm_name "*) ;; *) slurm_daemons="$slurm_name $slurm_daemons" ;; esac
    "$@" >>"$slurm/$slurm_name.out" 2>&1 </dev/null &
    eval "slurm_pid_$slurm_name=$!"
}

# Whatever has this cluster in its environment: jobs, and the processes that watch over them.
slurm_processes() {
    grep -lsz "^SLURM_CONF=$slurm/[a-z]*.conf\$" /proc/[0-9]*/environ | while IFS=/ read -r _ _ process _; do
        [ "$process" = $$ ] || echo "$process"
    done
}

slurm_end() {
    for daemon in slurmctld slurmd slurmctld2 slurmd2; do slurm_stop "$daemon" KILL; done
    for process in $(slurm_processes); do
        case $(cat "/proc/$process/comm" 2>/dev/null) in slurmstepd | sleep | sh) kill -KILL "$process" 2>/dev/null ;; esac
    done
    for daemon in $slurm_daemons; do slurm_stop "$daemon" KILL; done
    if [ "${SLURM_TEST_KEEP-}" = yes ]; then
        cp -R "$slurm" "${TMPDIR:-/tmp}/slurm-kept.$$"
    fi
}

# Prints a number of ports in a row that nobody listens on, tried from a random one: COUNT
slurm_find_ports() {
    while :; do
        slurm_first=$((20000 + $(random_below 20000)))
        slurm_free=yes
        for slurm_offset in $(seq 0 "$1"); do
            slurm_hex=$(printf ':%04X ' $((slurm_first + slurm_offset)))
            ! cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q "$slurm_hex" || slurm_free=no
        done
        [ "$slurm_free" = no ] || break
    done
    echo "$slurm_first"
}

slurm_accounting_configuration() {
    if [ "${slurm_accounting-}" = no ]; then
        echo AccountingStorageType=accounting_storage/none
        return
    fi
    cat <<END
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((slurm_port + 2))
AccountingStoragePass=$slurm/munge.socket
${slurm_more_configuration-AccountingStoreFlags=job_comment}
END
}

# The kernel's limit of memory, by cgroups of version 1. Their names have the numbers of jobs: no other cluster has those.
slurm_limit_memory() {
    slurm_probe=/sys/fs/cgroup/memory/dagtop-test.$$
    mkdir "$slurm_probe" 2>/dev/null || return 0
    rmdir "$slurm_probe"
    sed -i 's,^TaskPlugin=.*,TaskPlugin=task/cgroup,; /^JobAcctGatherParams=/d' "$slurm/slurm.conf"
    echo "FirstJobId=$((100000 + $(random_below 50000000)))" >>"$slurm/slurm.conf"
    printf '%s\n' CgroupPlugin=cgroup/v1 CgroupMountpoint=/sys/fs/cgroup ConstrainRAMSpace=yes >"$slurm/cgroup.conf"
}

slurm_write_configuration() {
    cat >"$slurm/slurmdbd.conf" <<END
AuthType=auth/munge
AuthInfo=socket=$slurm/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=$((slurm_port + 2))
SlurmUser=root
LogFile=$slurm/slurmdbd.log
PidFile=$slurm/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$((slurm_port + 3))
StorageUser=slurm
StoragePass=x
StorageLoc=slurm_acct_db
END
    chmod 600 "$slurm/slurmdbd.conf"
    cat >"$slurm/slurm.conf" <<END
ClusterName=lab
SlurmctldHost=$slurm_host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$slurm/munge.socket
SlurmctldPort=$slurm_port
SlurmdPort=$((slurm_port + 1))
SlurmctldPidFile=$slurm/slurmctld.pid
SlurmdPidFile=$slurm/slurmd.pid
SlurmctldLogFile=$slurm/slurmctld.log
SlurmdLogFile=$slurm/slurmd.log
StateSaveLocation=$slurm/state
SlurmdSpoolDir=$slurm/spool
MpiDefault=none
ProctrackType=proctrack/linuxproc
SwitchType=switch/none
TaskPlugin=task/none
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,bf_interval=1,defer,default_queue_depth=2000
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=10
MaxJobCount=20000
MaxArraySize=${slurm_array_size:-2000}
$(slurm_accounting_configuration)
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
MinJobAge=${slurm_minimum_job_age:-10}
KillWait=2
MessageTimeout=5
UnkillableStepTimeout=5
NodeName=$slurm_host NodeAddr=127.0.0.1 CPUs=64 RealMemory=20000 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverTimeLimit=0
PartitionName=other Nodes=ALL MaxTime=INFINITE State=UP
END
}

slurm_is_database_up() {
    mariadb -h 127.0.0.1 -P $((slurm_port + 3)) -u slurm -px -e 'select 1' >/dev/null 2>&1
}

slurm_begin_database() {
    mariadb-install-db --no-defaults --user=root --auth-root-authentication-method=normal --datadir="$slurm/db" \
        --skip-test-db >"$slurm/mariadb-install.out" 2>&1 || fail "mariadb-install-db: $(tail -n 3 "$slurm/mariadb-install.out")"
    cat >"$slurm/accounts.sql" <<END
create database slurm_acct_db;
create user 'slurm'@'127.0.0.1' identified by 'x';
grant all on slurm_acct_db.* to 'slurm'@'127.0.0.1';
END
    slurm_daemon mariadbd mariadbd --no-defaults --user=root --datadir="$slurm/db" --socket="$slurm/db.socket" \
        --port=$((slurm_port + 3)) --bind-address=127.0.0.1 --pid-file="$slurm/db.pid" --skip-name-resolve \
        --innodb-buffer-pool-size=32M --innodb-flush-log-at-trx-commit=0
    wait_for 30 test -S "$slurm/db.socket" || fail "MariaDB does not start: $(tail -n 3 "$slurm/mariadbd.out")"
    mariadb --no-defaults --socket="$slurm/db.socket" -u root <"$slurm/accounts.sql" || fail "cannot make the database"
    wait_for 10 slurm_is_database_up || fail "the database does not answer"
}

slurm_start_munge() {
    slurm_daemon munged munged --foreground --force --key-file="$slurm/munge.key" --socket="$slurm/munge.socket" \
        --pid-file="$slurm/munge.pid" --seed-file="$slurm/munge.seed" --log-file="$slurm/munge.log"
    wait_for 10 test -S "$slurm/munge.socket" || fail "munged does not start: $(tail -n 3 "$slurm/munged.out")"
}

slurm_start_slurmdbd() { slurm_daemon slurmdbd slurmdbd -D; }
slurm_start_slurmctld() { slurm_daemon slurmctld slurmctld -D -f "$slurm/slurm.conf" "$@"; }
slurm_start_slurmd() { slurm_daemon slurmd slurmd -D -f "$slurm/slurm.conf" -N "$slurm_host"; }

slurm_accounting_answers() { sacctmgr -n list cluster >/dev/null 2>&1; }
slurm_is_idle() { sinfo -h -p debug -o %t 2>/dev/null | grep -qx idle; }
slurm_answers() { squeue -h >/dev/null 2>&1; }

slurm_start_accounting() {
    slurm_begin_database
    slurm_start_slurmdbd
    wait_for 30 slurm_accounting_answers || fail "slurmdbd does not answer: $(tail -n 3 "$slurm/slurmdbd.log")"
    sacctmgr -i add cluster lab >/dev/null || fail "sacctmgr add cluster"
    sacctmgr -i add account lab Cluster=lab >/dev/null || fail "sacctmgr add account"
    sacctmgr -i add user "$(id -un)" Account=lab Cluster=lab >/dev/null || fail "sacctmgr add user"
}

slurm_second_is_idle() { sinfo -h -M two -p debug -o %t 2>/dev/null | grep -qx idle; }

slurm_begin_second() {
    mkdir -p "$slurm/two/state" "$slurm/two/spool"
    sed "s/^ClusterName=lab/ClusterName=two/; s/^SlurmctldPort=.*/SlurmctldPort=$((slurm_port + 5))/
        s/^SlurmdPort=.*/SlurmdPort=$((slurm_port + 6))/; /^FirstJobId=/d; s,^TaskPlugin=.*,TaskPlugin=task/none,; s,$slurm/\(slurmctld\|slurmd\|state\|spool\),$slurm/two/\1," \
        "$slurm/slurm.conf" >"$slurm/two.conf"
    sacctmgr -i add cluster two >/dev/null || fail "sacctmgr add cluster"
    sacctmgr -i add account lab Cluster=two >/dev/null || fail "sacctmgr add account"
    sacctmgr -i add user "$(id -un)" Account=lab Cluster=two >/dev/null || fail "sacctmgr add user"
    slurm_daemon slurmctld2 env SLURM_CONF="$slurm/two.conf" slurmctld -D -f "$slurm/two.conf" -c
    slurm_daemon slurmd2 env SLURM_CONF="$slurm/two.conf" slurmd -D -f "$slurm/two.conf" -N "$slurm_host"
    wait_for 30 slurm_second_is_idle || fail "no idle node: $(tail -n 3 "$slurm"/two/*.log)"
}

# Starts it all and waits until the node is idle.
slurm_begin() {
    [ "$(id -u)" -eq 0 ] || slurm_skip "a private Slurm is started as root only"
    for slurm_program in munged mungekey mariadbd mariadb-install-db slurmdbd slurmctld slurmd sbatch squeue sacct scancel; do
        command -v "$slurm_program" >/dev/null || PATH=$PATH:/usr/sbin
        command -v "$slurm_program" >/dev/null || slurm_skip "$slurm_program is not installed (slurm-wlm slurmdbd munge mariadb-server)"
    done
    trap 'slurm_end; clean_up' EXIT
    mkdir -p "$slurm/state" "$slurm/spool" "$slurm/db"
    slurm_host=$(uname -n)
    slurm_host=${slurm_host%%.*}
    slurm_port=$(slurm_find_ports 6)
    SLURM_CONF=$slurm/slurm.conf
    TMPDIR=$slurm
    export SLURM_CONF TMPDIR
    slurm_write_configuration
    [ "${slurm_memory-}" != cgroup ] || slurm_limit_memory
    mungekey --create --keyfile="$slurm/munge.key" >/dev/null || fail "mungekey"
    slurm_start_munge
    [ "${slurm_accounting-}" = no ] || slurm_start_accounting
    slurm_start_slurmctld -c
    slurm_start_slurmd
    wait_for 30 slurm_is_idle || fail "no idle node: $(tail -n 3 "$slurm/slurmctld.log" "$slurm/slurmd.log")"
}

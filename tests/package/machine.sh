#!/usr/bin/env bash
# Boots a Debian with its own systemd as a separate machine that leaves no trace. Its files are in memory, above the
# folder. It has its own processes, mounts, network and groups. Needs root.
# Usage: machine.sh ROOT SCRATCH   runs it; SCRATCH is an empty folder, and a cgroup is called like it
#        machine.sh on SYSTEMD_PID COMMAND...   a command on it
set -euo pipefail

if [[ $1 == on ]]; then
    target=$2
    shift 2
    exec nsenter --target "$target" --all --root --wd -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
fi

if [[ $1 != boot ]]; then
    base=$(realpath "$1")
    scratch=$(realpath "$2")
    # Below its own group, systemd may make as many groups as it likes.
    group=$(findmnt --noheadings --types cgroup2 --options rw --first-only --output TARGET)/$(basename "$scratch")
    mkdir "$group"
    # shellcheck disable=SC2317 # the trap calls it
    clean_up() {
        kill -KILL "$machine" || true # systemd and all that it has started end as well
        wait "$machine" 2>/dev/null || true
        for _ in $(seq 50); do
            if find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; then break; fi
            sleep 0.1
        done
    }
    trap clean_up EXIT
    trap 'exit 0' TERM
    # shellcheck disable=SC2016 # the inner shell's variables
    setpriv --pdeathsig KILL -- sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' enter "$group" \
        unshare --mount --pid --fork --kill-child --uts --ipc --net --cgroup \
        setpriv --bounding-set -sys_module,-sys_time,-sys_rawio,-syslog \
        "$0" boot "$base" "$scratch" &
    machine=$!
    wait "$machine"
    exit
fi

# From here on in the new namespaces. https://systemd.io/CONTAINER_INTERFACE describes what containers get.
base=$2 scratch=$3
root=$scratch/root
mount -t tmpfs -o mode=755 tmpfs "$scratch"
mkdir "$scratch"/{new,work,root}
mount -t overlay overlay -o "lowerdir=$base,upperdir=$scratch/new,workdir=$scratch/work,volatile" "$root"
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys" # the kernel is shared with the machine
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
# New devices, because systemd would change the owner and the rights of the machine's own. The console discards all
# output.
while read -r device minor; do mknod -m 666 "$root/dev/$device" c 1 "$minor"; done <<<"null 3
console 3
zero 5
full 7
random 8
urandom 9"
mknod -m 666 "$root/dev/tty" c 5 0
mkdir "$root"/dev/{pts,shm}
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /dev/null "$root/etc/systemd/system/console-getty.service"
ip link set lo up
mkdir "$root/outside"
cd "$root"
pivot_root . outside
umount --lazy /outside
rmdir /outside
exec env -i container=test /lib/systemd/systemd

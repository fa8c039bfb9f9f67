#!/bin/busybox sh
# tests/kernel/init.sh: pid 1 of the kernel that run.sh starts. First in its initramfs, by busybox; then in the machine's own
# system, by bash, as what a Debian would have made of it: control groups of version 2, devices, what lies in memory.
if [ "${1:-}" != system ]; then
    /bin/busybox --install -s /bin
    export PATH=/bin
    mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
    for module in virtio_pci virtio_blk crc32c_generic 9pnet_virtio 9p overlay ext4; do modprobe $module || echo "no module $module" >/dev/console; done
    for word in $(cat /proc/cmdline); do case $word in fvm.*) eval "${word#fvm.}" ;; esac; done
    die() { echo "init: $*" >/dev/console; reboot -f; }
    date -s "@$time" >/dev/null
    mkdir -p /ram; mount -t tmpfs -o mode=755 ram /ram; mkdir /ram/upper /ram/work
    mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro $root /lower || die "the machine's system is not seen"
    mount -t overlay -o lowerdir=/lower,upperdir=/ram/upper,workdir=/ram/work,xino=off system /new || die 'no overlay over it'
    mount -t ext4 /dev/vda /new/var/tmp || die 'the disk is not mounted'
    chmod 1777 /new/var/tmp
    cp /init /new/usr/lib/fvm-kernel-init
    for place in proc sys dev; do mount --move /$place /new/$place; done
    exec switch_root /new /bin/bash /usr/lib/fvm-kernel-init system "$work" "$modules"
fi
work=$2 modules=$3
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
stty -F /dev/ttyS1 raw -echo; stty -F /dev/ttyS2 raw -echo
mount -t tmpfs -o mode=755,nosuid,nodev run /run; mkdir -m 1777 /run/lock
mount -t tmpfs -o mode=1777 tmp /tmp
mkdir -p /dev/pts /dev/shm /dev/mqueue
mount -t devpts -o gid=5,mode=620,ptmxmode=666 pts /dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm
mount -t mqueue mqueue /dev/mqueue; mount -t securityfs security /sys/kernel/security
ln -sfn /proc/self/fd /dev/fd; for n in 0:in 1:out 2:err; do ln -sfn "/proc/self/fd/${n%:*}" "/dev/std${n#*:}"; done
# Modules that the kernel asks for later. Where no kmod is, busybox does it.
mkdir -p /usr/lib/modules; mount --bind "$modules" /usr/lib/modules
command -v modprobe >/dev/null || { ln -s "$(command -v busybox)" /usr/sbin/modprobe; }
for module in tun fuse; do modprobe $module; done
chmod 666 /dev/net/tun /dev/fuse /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/ptmx
ip link set lo up; hostname fvm-kernel
# As systemd has them: the root's controllers are passed on, nobody but the groups' leaves has processes, nothing is delegated.
groups=/sys/fs/cgroup
mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 $groups
mkdir -p $groups/init.scope $groups/system.slice $groups/user.slice/user-0.slice/session-1.scope
for dir in $groups $groups/user.slice $groups/user.slice/user-0.slice; do echo '+cpu +memory +pids' >$dir/cgroup.subtree_control; done
echo $$ >$groups/init.scope/cgroup.procs
(
    echo $BASHPID >$groups/user.slice/user-0.slice/session-1.scope/cgroup.procs
    exec bash "$work/command"
) </dev/null 2>&1 | cat >/dev/ttyS1
status=${PIPESTATUS[0]}
echo "$status" >/dev/ttyS2
cd /; umount /var/tmp || { sync; mount -o remount,ro /var/tmp; }
busybox reboot -f

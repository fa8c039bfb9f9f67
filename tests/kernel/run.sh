#!/bin/bash
# tests/kernel/run.sh COMMAND [ARG...]: run a command as root of this machine's system under Debian 12's own kernel, with
# control groups of version 2, in an emulator; ends as the command did. Say `tests/vm/run.sh user basic.t` for a test.
# The system is this machine's, seen through 9p and written to memory; /var/tmp is a disk image that stays (build/kernel/disk:
# tests keep their base there). Nothing is installed: the kernel's package is unpacked into build/kernel.
#
#   FVM_KERNEL        the kernel's package (what linux-image-amd64 stands for)
#   FVM_KERNEL_ACCEL  what follows -accel (kvm where a processor offers it, else tcg, which takes 10 to 20 times as long)
#   FVM_KERNEL_DISK   the disk image: two runs at once want two of them
#   FVM_KERNEL_MORE   further arguments of qemu-system-x86_64
# The kernel's own words are in build/kernel/console.PID as long as it runs, and shown if it does not come to the command.
set -eu
cd "$(dirname "$0")/../.."
fail() { echo "tests/kernel: $*" >&2; exit 125; }
[ $# -gt 0 ] || fail "usage: $0 COMMAND [ARG...]"
repo=$PWD
case $repo/ in /tmp/* | /var/tmp/* | /run/* | /dev/* | /proc/* | /sys/*) fail "'$repo' is not seen in there: clone to another place" ;; esac
tools/install-deps.sh run kernel
dir=$repo/build/kernel
mkdir -p "$dir"
package=${FVM_KERNEL:-$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -1)}
[ -n "$package" ] || fail "apt knows no linux-image-amd64: apt-get update, or name a package by FVM_KERNEL"
root=$dir/$package release=${package#linux-image-}
if [ ! -e "$root/lib/modules/$release/modules.dep" ]; then
    echo "fetching $package" >&2
    rm -rf "$root" "$dir/fetch"; mkdir -p "$dir/fetch"
    (cd "$dir/fetch" && apt-get download -q "$package") >"$dir/fetch/log" 2>&1 || { tail -3 "$dir/fetch/log" >&2; fail "apt cannot fetch $package"; }
    dpkg -x "$dir"/fetch/*.deb "$dir/fetch/root" || fail "$package cannot be unpacked"
    busybox depmod -b "$dir/fetch/root" "$release" || fail "the modules of $package are not understood"
    mv "$dir/fetch/root" "$root" # whole or not at all
    rm -rf "$dir/fetch"
fi
work=$(mktemp -d "$dir/run.XXXXXX")
trap 'rm -rf "$work"' EXIT

# --- what the kernel starts: busybox, the modules for disk and 9p, init.sh ---------------------------------------------
initramfs() {
    local modules=$root/lib/modules/$release name file
    mkdir -p "$work/ram"/{bin,dev,proc,sys,new,lower,"lib/modules/$release"}
    cp "$(command -v busybox)" "$work/ram/bin/busybox"
    cp tests/kernel/init.sh "$work/ram/init"
    for name in virtio_pci virtio_blk 9pnet_virtio 9p overlay ext4 crc32c_generic; do
        # A line of modules.dep: file: what it needs
        file=$(grep -E "/$name\.ko(\.[a-z]+)?:" "$modules/modules.dep") || fail "$package has no module '$name'"
        for file in ${file/:/}; do
            mkdir -p "$work/ram/lib/modules/$release/$(dirname "$file")"
            cp "$modules/$file" "$work/ram/lib/modules/$release/$file"
        done
    done
    busybox depmod -b "$work/ram" "$release"
    (cd "$work/ram" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initramfs"
    rm -rf "$work/ram"
}
initramfs
disk=${FVM_KERNEL_DISK:-$dir/disk}
if [ ! -e "$disk" ]; then
    truncate -s 16G "$disk.new"
    mkfs.ext4 -q -F -E lazy_itable_init=1,nodiscard "$disk.new" && mv "$disk.new" "$disk" || fail "cannot make the disk '$disk'"
fi
# The command, in words that a shell reads back; what tests are told by the environment goes with it.
{
    echo "cd ${repo@Q}"
    for name in $(compgen -e | grep -E '^(FVM_.*|HARNESS_.*|CI|LANG|LC_.*)$' | grep -v '^FVM_KERNEL'); do echo "export $name=${!name@Q}"; done
    printf 'exec'; printf ' %q' "$@"; echo
} >"$work/command"

# --- the machine ---------------------------------------------------------------------------------------------------------
accel=${FVM_KERNEL_ACCEL:-}
if [ -z "$accel" ]; then
    if grep -qwE 'vmx|svm' /proc/cpuinfo && [ -w /dev/kvm ]; then accel=kvm; else accel=tcg; fi
fi
# Wine leaves its system calls by iretq. QEMU 7.2's own processor reads the stack for that as the kernel would, which smap forbids: Oops.
# Emulated, an instruction takes a nanosecond: time passes in there as the work is done, and the tests' time limits mean what
# they mean outside, however busy this machine is.
# With two processors who waits for the other waits a tenth of a second each time: so it is one.
case $accel in
kvm*) machine=(-cpu host -smp 2) ;;
*) machine=(-cpu max,smap=off -smp 1 -icount shift=0,sleep=on) ;;
esac
say="fvm.root=fvmroot fvm.work=$work fvm.modules=$root/lib/modules fvm.time=$(date +%s)"
# Serial lines: the kernel's words; the command's output; how it ended.
qemu-system-x86_64 -accel "$accel" "${machine[@]}" -m "${FVM_KERNEL_MEMORY:-4G}" -nodefaults -no-user-config -no-reboot -display none \
    -kernel "$root/boot/vmlinuz-$release" -initrd "$work/initramfs" -append "console=ttyS0 loglevel=7 panic=-1 $say" \
    -fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap -device virtio-9p-pci,fsdev=root,mount_tag=fvmroot \
    -drive "file=$disk,format=raw,if=none,id=disk,cache=unsafe,discard=unmap" -device virtio-blk-pci,drive=disk \
    -serial "file:$work/console" -serial stdio -serial "file:$work/status" ${FVM_KERNEL_MORE:-} </dev/null || fail "the emulator ended with $?"
status=$(tr -dc 0-9 <"$work/status")
[ -n "$status" ] || { tail -20 "$work/console" >&2; fail "the kernel did not come to the command's end"; }
exit "$status"

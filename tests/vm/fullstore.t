# A store that is full, read-only, or on a file system that cannot keep marks: a clear error, nothing lost.
# The file systems are mounted by root, or in a user namespace of the test's own.
if [ "$FVM_WHO" = user ] && [ -z "${FVM_NESTED:-}" ]; then
    FVM_NESTED=1 exec unshare -c --keep-caps -m bash "$0"
fi
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
if [ "$FVM_WHO" = user ]; then # the mounts are the test's, not FVM's: fvm gets no capability
    printf '#!/bin/sh\nexec setpriv --ambient-caps=-all --inh-caps=-all "%s" "$@"\n' "$FVM" >fvm; chmod +x fvm; FVM=$PWD/fvm
else
    unshare_done=${FVM_NESTED:-}; [ -n "$unshare_done" ] || FVM_NESTED=1 exec unshare -m bash "$0"
fi
from=$FVM_HOME; mkdir full; mount -t tmpfs -o mode=755,size=1400m tmpfs full || { _result 1 'tmpfs can be mounted'; done_testing; }
export FVM_HOME=$PWD/full/store
cp -a "$from" full/
rm -rf full/store/mnt/* 2>/dev/null
if ! kernel_is 6.6; then
    fails_with 125 'user extended attributes.*tmpfs of Linux 6.6 or newer$' 'tmpfs before Linux 6.6 has no user xattrs and is refused' create x
    is "$(ls -A full/store/vms)" '' 'and nothing is left there'
    done_testing
fi
mounts_before=$(wc -l </proc/self/mountinfo)
fill() { # leave about $1 kB
    rm -f full/fill; local free; free=$(df -k --output=avail full | tail -1)
    fallocate -l $(((free - $1) * 1024)) full/fill 2>/dev/null || head -c $(((free - $1) * 1024)) /dev/zero >full/fill
}
give_back() { rm -f full/fill; }
"$FVM" create keep
"$FVM" run --vm keep cmd /c 'echo first>C:\first.txt& reg add HKCU\Software\Full /v a /d b /f' >/dev/null 2>&1; await 10 no_supervisor
"$FVM" diff keep >whole
is "$(grep -c 'first.txt\|Full.*"a"' whole)" 2 'a VM with changes'; diag "$(cat whole)"
for left in 0 40 400; do
    fill $left
    fvm create new; [ $rc = 0 ] || like "$rc $err" '^125 fvm: .*(No space|extended)' "create with $left kB left: $err"
    fvm diff keep; is "$rc $out" "0 $(cat whole)" "diff with $left kB left"
    fvm run --vm keep cmd /c 'echo second>C:\second.txt'; [ $rc = 0 ] || like "$rc $err" '.' "run with $left kB left ends ($rc ${err:0:100})"
    await 10 no_supervisor
    fvm commit keep; like "$rc $err" '^125 fvm: .*No space' "commit with $left kB left"
    fvm list; is $rc 0 "list with $left kB left"; unlike "$out" damaged 'nothing is damaged'
    give_back
    fvm diff keep; like "$out" 'first.txt' "with space again ($left kB): the VM is there"; like "$out" 'Software.Full' 'its registry too'
    fvm run --vm keep cmd /c 'type C:\first.txt& del C:\second.txt'; like "$out" 'first' 'and it runs'; await 10 no_supervisor
    "$FVM" delete new 2>/dev/null
done
fill 20000
LIMIT=100 fvm run --vm keep cmd /c 'for /l %i in (1,1,60) do copy C:\windows\system32\shell32.dll C:\fill%i >nul'
await 10 no_supervisor
fvm diff keep; is $rc 0 'a program that filled the disk: the store is usable'; like "$out" 'first.txt' 'and what was there is there'
fill 0; fvm discard --only 'C:\fill*' keep
[ $rc = 0 ] || like "$rc $err" '^125 fvm: .*No space' 'discard with not one byte left works or says so'
fill 3000; fvm discard --only 'C:\fill*' keep; [ $rc = 0 ] || like "$err" 'matches no change' "discard on a nearly full disk gives space back: $err"
give_back
fvm diff keep; unlike "$out" 'fill1' 'what filled it is gone'; like "$out" 'first.txt' 'the rest is there'
fvm commit keep; is $rc 0 'commit with space again'
fvm run cmd /c 'type C:\first.txt'; is "$out" first 'the base has it'; await 10 no_supervisor
"$FVM" delete keep

# --- read-only ------------------------------------------------------------------------------------
"$FVM" create ro; mount -o remount,ro full; mkdir -p here; cd here || exit # the folder above holds the store: it is not shown, with a note
fails_with 125 'Read-only' 'create in a read-only store' create x
fails_with 125 'Read-only' 'run in a read-only store' run cmd /c ver
fails_with 125 'Read-only' 'run a VM of a read-only store' run --vm ro cmd /c ver
fails_with 125 'Read-only' 'delete in a read-only store' delete ro
fvm list; like "$rc $out$err" '(^0 .*ro|Read-only)' 'list of a read-only store works or says so'
cd ..; mount -o remount,rw full; fvm list; like "$out" 'ro ' 'it is all there afterwards'; "$FVM" delete ro
# --- no user xattrs -------------------------------------------------------------------------------
mkdir plain; if mount -t ramfs -o mode=755 ramfs plain 2>/dev/null; then
    cp -a "$from" plain/
    FVM_HOME=$PWD/plain/store fails_with 125 'user extended attributes' 'a file system without user xattrs is refused at create' create x
    is "$(ls -A plain/store/vms)" '' 'and nothing is left there'
    umount plain
else
    [ "$FVM_WHO" = root ] && _result 1 'ramfs can be mounted' || diag 'ramfs cannot be mounted by a user: this part runs as root only'
fi
nothing_left 'nothing is left'
umount -l full
done_testing

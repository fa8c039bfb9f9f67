#!/bin/bash
# tests/vm/one.sh TEST.t: one test in an empty folder with a store of its own (the base by hard links); both are removed.
set -u
name=$(basename "$1" .t)
work=$FVM_KIT/work/$name.$$
mkdir -p "$work/cwd" "$work/store/bases" "$work/store/vms"
cp -al "$MASTER_STORE/bases/." "$work/store/bases/"
cp "$MASTER_STORE/format" "$work/store/"
# The store belongs to whom FVM runs VMs as: copy the master's owner (root's VMs belong to nobody's id).
[ "$(id -u)" = 0 ] && chown -h --reference="$MASTER_STORE/format" "$work/store" "$work/store/bases" "$work/store/vms" "$work/store/format"
export FVM_HOME=$work/store
cd "$work/cwd" && timeout -k 5 900 bash "$1"
rc=$?
cd "$FVM_KIT"
"$FVM" list 2>/dev/null | awk 'NR>1 && $2=="running" {print $1}' | xargs -r "$FVM" stop 2>/dev/null
rm -rf "$work" 2>/dev/null || { chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"; }
exit $rc

# The differential test of the registry room: the same random NT calls on keys and values outside, and in a VM over equal keys,
# must give the same to the last byte (but for times); then a new start of the VM must show the same tree. The host's never change.
# FVM_REGISTRY_FROM, FVM_REGISTRY_TO: seeds; FVM_REGISTRY_OPS: calls of each. Outside is the oracle.
. "$(dirname "$0")/lib.sh"
from=${FVM_REGISTRY_FROM:-1} to=${FVM_REGISTRY_TO:-50} ops=${FVM_REGISTRY_OPS:-2000} LIMIT=300
probe=$(win "$PWD/registry_random.exe"); cp "$FVM_NT_PROGRAMS/registry_random.exe" .
outside "$probe" clear "$from" "$to"
outside "$probe" fill "$from" "$to"; is $rc 0 'the host has keys'
outside "$probe" tree "$from" "$to"; cp out.txt before.log
ok 'many' test "$(grep -c . before.log)" -gt $(((to - from + 1) * 25))
inside 1 "$probe" run "$from" "$to" "$ops"; is $rc 0 "$(((to - from + 1) * ops)) calls inside"; cp out.txt in.log
inside 1 "$probe" tree "$from" "$to"; cp out.txt in.tree
outside "$probe" tree "$from" "$to"; is "$(cmp out.txt before.log 2>&1)" '' "the host's keys are as they were"
outside "$probe" run "$from" "$to" "$ops"; is $rc 0 'and outside'; cp out.txt out.log
outside "$probe" tree "$from" "$to"; cp out.txt out.tree
is "$(grep -c . in.log)" $(((to - from + 1) * ops)) 'all were made'
is "$(diff out.log in.log | head -12)" '' 'each gives the same (< outside, > inside)'
is "$(diff out.tree in.tree | head -12)" '' 'a new start of the VM sees the same'
outside "$probe" clear "$from" "$to"
done_testing

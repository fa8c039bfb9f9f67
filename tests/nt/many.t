# Very many names in one VM (FVM_MANY=100000: more than in make check), and VMs that use the same few names at the same time, all kinds at once, with the host.
. "$(dirname "$0")/lib.sh"
cp "$FVM_NT_PROGRAMS/many.exe" .; probe=$(win "$PWD/many.exe"); LIMIT=300 many=${FVM_MANY:-20000}

# --- the same names
mkdir fight; cd fight || exit 1
timeout 60 /usr/lib/wine/wine64 "$probe" fight host 5000 >../fighthost.txt 2>../fighthost.err </dev/null & all=($!)
cd ..
for vm in 1 2 3; do (cd fight || exit 1; mkdir -p "../layer$vm"; exec timeout -k 5 60 /usr/lib/wine/wine64 "$FVM_ENGINE/fvmstart.exe" --vm $vm --layer "../layer$vm" --alias "$(win "$WINEPREFIX/drive_c")=C:" "$probe" fight vm$vm 5000) >fightvm$vm.txt 2>fightvm$vm.err </dev/null & all+=($!); done
wait "${all[@]}"
for who in host vm1 vm2 vm3; do is "$(tr -d '\r' <fight$who.txt)" "$who: fought, strangers: 0" "$who finds its own behind every name"; done
diag "$(cat fight*.err | tr -d '\r' | tr '\n' ' ')"
unlike "$(cat fight/* 2>/dev/null | tr -d '\0')" vm "no VM wrote into the host's files"

# The same without VMs, on the host: it would be seen.
for who in one other; do (cd fight && exec timeout 60 /usr/lib/wine/wine64 "$probe" fight $who 1500) >fight$who.txt 2>/dev/null </dev/null & pair+=($!); done; wait "${pair[@]}"
unlike "$(cat fightone.txt fightother.txt)" 'strangers: 0' 'two on the host meet strangers'

# --- many names
(start 4 "$probe" objects $many) >objects.txt 2>&1 </dev/null & busy=$!
inside 5 "$probe" objects 1000; is "$out" 'objects: made 1000, found 1000' 'another VM goes on meanwhile, with the same names'
wait $busy; is "$(tr -d '\r' <objects.txt)" "objects: made $many, found $many" "a VM makes $many named objects"
outside "$probe" objects 1; is "$out" 'objects: made 1, found 1' 'none of which is there outside'
inside 4 "$probe" keys $many; is "$out" "keys: said $many, listed $many, right $many" "a VM makes $many keys"
is "$(grep -c '^\[.*FvmMany.k' layer4/registry.reg | tr -d '\0')" $many 'they are in its layer'
inside 4 "$probe" count; is "$out" "keys: said $many, listed $many, right $many" 'they are there again'
outside "$probe" count; is "$out" 'keys: none' 'and not outside'
done_testing

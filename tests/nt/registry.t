# Keys of a VM: its own on top of the host's. Said outside is what is wanted inside (tests/nt/registry.c); random calls are
# in registry_random.t. The host's registry stays as it is.
. "$(dirname "$0")/lib.sh"
cp "$FVM_NT_PROGRAMS/registry.exe" .; probe=$(win "$PWD/registry.exe")
export_host() { outside cmd /c 'reg query HKLM\Software /s & reg query HKCU /s' ; grep -v '^ *$' out.txt; }
outside "$probe" clear; outside "$probe" make; is $rc 0 'the host has keys'
export_host >before.txt; [ "$(grep -c . before.txt)" -gt 10000 ]; is $? 0 'which has much'
inside 1 "$probe" all; is $rc 0 'inside'; cp out.txt in.txt; said=$out
inside 1 "$probe" inside; is "$out" $'load: c0000061 c0000061, unload: c0000061, restore: c0000061\nload: c0000061, replace: c0000061\nflush: 0\nhidden: 2\ninformation: 0' 'hives from outside are refused, and what cannot be done is not said to be'
ok 'flush: it is in the layer by then' grep -q FvmRegistry layer1/registry.reg
inside 1 "$probe" list; unlike "$out" 'Gone' 'volatile keys are gone with the VM'; like "$out" 'Link' 'links are not'
inside 1 cmd /c 'reg query HKLM\Software\FvmRegistry\Link\Deep /v through'; like "$out" 'the link' 'and lead where they led'
unlike "$(cat layer1/registry.reg)" 'Gone|__fvm' 'nor are they in the layer'
# --- changes
(start 2 "$probe" watch 20000) >watch.txt 2>&1 </dev/null & watching=$!
await 20 grep -q watching watch.txt; sleep 0.5
inside 2 "$probe" write now; wait $watching
like "$(tr -d '\r' <watch.txt)" $'watching 103\n.*changed' "another process' change in the VM is told"
like "$(tr -d '\r' <watch.txt)" 'Sub: Deep \(1, 4, 0\)' 'watching makes no key'
: >watch.txt; (start 2 "$probe" watch 20000) >watch.txt 2>&1 </dev/null & watching=$!
await 20 grep -q watching watch.txt; sleep 0.5
outside "$probe" write then; wait $watching
like "$(tr -d '\r' <watch.txt)" changed "the host's change, too"
outside "$probe" clear; outside "$probe" make
outside "$probe" told; here=$out; inside 4 "$probe" told
is "$here" $'made: 0, deleted: 0 0\nflush a deleted key: c000017c\na key that stands for a handle: 80000050' 'outside a program is told at once'
is "$out" "$here" 'inside, too: of keys it made and deleted, of a deleted key, of special handles'
outside "$probe" opened; here=$out; inside 4 "$probe" opened
like "$here" 'no key: c0000034 none.*Nothing: c0000034 none.*Id: 0 a handle link=1.*Id: 0 a handle link=0$' 'links are opened by an attribute, not by an option; what fails leaves no handle'
is "$out" "$here" 'inside, too'
# --- rename, which Wine 8 does wrong
inside 3 "$probe" rename; is "$out" $'taken: c0000121, no name: c000000d\nrename: 0\nSoftware\\FvmRegistry: AA moved Other (2, 8, 1)\nhost: 0 deep\nset after: 0\nthe old name: 2\nafter: 0 1' 'a key with what is below it, and its handle with it'
inside 3 "$probe" list; is "$out" 'Software\FvmRegistry: AA moved Other (2, 8, 1)' 'after a new start, too'
export_host >after.txt; is "$(diff before.txt after.txt | head -5)" '' "the host's registry is as it was"
outside "$probe" all; is "$said" "$out" 'and says the same of all but that'
# A key is copied when a program wants to write to it; what it wants may then not be done. The saver must
# know of the copy: with only a key below it deleted, the host's values are still the VM's after a new start.
K='HKCU\Software\FvmCopied'
outside cmd /c "reg add $K /v stays /d here /f& reg add $K\\Sub /v x /d y /f"
inside 5 cmd /c "reg add HKCU\\Software\\FvmFirst /f& ping -n 3 127.0.0.1 >nul& $probe stamp Software\\FvmCopied& reg delete $K\\Sub /f"; like "$out" 'stamp: 0' "a key's time is set, which Wine leaves as it is"
inside 5 cmd /c "reg query $K /s"; is "$(tr -s ' \n' ' ' <<<"$out")" ' HKEY_CURRENT_USER\Software\FvmCopied stays REG_SZ here ' 'a key that was copied for nothing is there after a new start'
# Deleted and made again while it is saved, again and again, each key is there in the end.
keys=$(for i in 1 2 3 4 5 6; do echo -n "reg delete $K\\k$i /f& reg add $K\\k$i /v v$i /f& "; done)
inside 6 cmd /c "for /l %n in (1,1,12) do ($keys cd .)"
inside 6 cmd /c "reg query $K /s"; is "$(grep -c 'v[1-6] ' <<<"$out")" 6 'keys that were deleted and made again while they were saved, too'
outside cmd /c "reg delete $K /f"
outside "$probe" clear
done_testing

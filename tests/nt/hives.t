# Hives in files, loaded as keys of a VM's and unloaded (tests/nt/hives.c). Outside is the oracle, but for what Wine 8 does not
# do: absolute names, NtRestoreKey.
. "$(dirname "$0")/lib.sh"
cp "$FVM_NT_PROGRAMS/hives.exe" .; probe=$(win "$PWD/hives.exe") here=$(win "$PWD")
outside "$probe" make "$here\\hive.txt"; is "$out" $'save: 0\ndelete: 0' 'the host has a hive in a file'
echo x >other.txt; : >empty.txt; head -c 5000 hive.txt >cut.txt; mkdir folder
host_keys() { outside cmd /c 'reg query HKLM& reg query HKU& reg query HKLM\Software'; grep -v __fvm <<<"$out"; }
before=$(host_keys)
# --- loaded, changed, unloaded
for way in outside 'inside 1'; do
    $way "$probe" load FvmLoaded "$here\\hive.txt"; said=$out
    $way "$probe" say FvmLoaded; said+=$'\n'$out
    $way cmd /c "reg add HKLM\\FvmLoaded\\Many\\k7 /v new /d x /f >nul& reg delete HKLM\\FvmLoaded\\Empty /f >nul"
    [ "$way" = outside ] || is "$(host_keys)" "$before" 'the host has no such key'
    $way "$probe" say FvmLoaded; said+=$'\n'$out
    $way "$probe" unload FvmLoaded; said+=$'\n'$out
    $way "$probe" say FvmLoaded; said+=$'\n'$out
    [ "$way" = outside ] && wanted=$said
done
is "$(wc -l <<<"$wanted") $(sed -n 1p <<<"$wanted") $(grep -c "'large' 3 100000 " <<<"$wanted") $(tail -1 <<<"$wanted")" '612 load: 0 2 FvmLoaded: 2' 'outside: all keys are there, and gone when it is unloaded'
is "$(diff <(echo "$wanted") <(echo "$said") | head)" '' 'inside, too, with classes and values of all kinds (NtLoadKey, NtUnloadKey)'
# --- kept
inside 1 "$probe" load FvmLoaded "$here\\hive.txt"; inside 1 cmd /c 'reg add HKLM\FvmLoaded /v kept /d y /f >nul'
inside 1 "$probe" say FvmLoaded; is "$(grep -c . <<<"$out") $(grep -c kept <<<"$out")" '305 1' 'loaded, it stays for other programs, and after a new start'
inside 1 cmd /c "echo y> $here\\mine.txt& $probe load FvmMine $here\\mine.txt& copy $here\\hive.txt $here\\mine.txt >nul& $probe load FvmMine $here\\mine.txt& $probe load FvmMine $here\\mine.txt& $probe unload FvmMine"
is "$out" $'load: 1017\nload: 0\nload: 183\nunload: 0' 'a file that only the VM has; twice the same key'
# --- corners
outside "$probe" corners "$here"; wanted=$out; inside 2 "$probe" corners "$here"; said=$out
is "$(diff <(grep -v "not Wine" <<<"$wanted") <(grep -v "not Wine" <<<"$said") | head -20)" '' 'other files and keys, without the privilege, with other calls: as outside'
is "$(grep "not Wine" <<<"$said")" $'not Wine 8: 0\nnot Wine 8: 0\nnot Wine 8: c00000f5 c00000bb' 'inside by an absolute name, too; what cannot be done is refused'
is "$(host_keys)" "$before" 'the host has its own keys'
# --- a pipe of the host's is no file of the VM's
cp "$FVM_NT_PROGRAMS/pipes.exe" .
timeout 60 /usr/lib/wine/wine64 pipes.exe serve 30000 'FVM\hive' >served.txt 2>/dev/null </dev/null & served=$!
await 10 grep -qs ready served.txt
inside 2 "$probe" load FvmPipe '\\.\pipe\FVM\hive'; is "$out" 'load: 2' 'a name in the root of pipes is looked for among those of the VM'
sleep 0.5; is "$(grep -c ready served.txt)" 1 "nobody came to the host's pipe"
outside pipes.exe ask 'FVM\hive'; ok 'by which somebody would be seen' await 5 eval '[ "$(grep -c ready served.txt)" = 2 ]'
kill $served 2>/dev/null; wait $served 2>/dev/null
# --- NtRestoreKey
inside 3 "$probe" restore FvmRestored "$here\\hive.txt"; is "$out" $'restore: 0\nwithout the privilege: c0000061' 'a key gets what is in a file'
inside 3 "$probe" say FvmRestored; restored=$out; outside "$probe" load FvmLoaded "$here\\hive.txt"; outside "$probe" say FvmLoaded
is "$(diff <(sed 's/^FvmLoaded//; s/(of the root)/()/' <<<"$out") <(sed 's/^FvmRestored//' <<<"$restored") | head -5)" '' 'all of it and nothing else (NtRestoreKey)'
outside "$probe" unload FvmLoaded
inside 3 "$probe" load FvmCut "$here\\cut.txt"; is "$out" 'load: 1009' 'of a file that is cut short'
inside 3 "$probe" say FvmCut; is "$out" 'FvmCut: 2' 'nothing is loaded'
done_testing

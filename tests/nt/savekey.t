# NtSaveKey in a VM: the file that a program gets is the one that the host makes of the same keys, times aside; of what the VM
# changed, too, which is in no one place (tests/nt/savekey.c). Outside is the oracle.
. "$(dirname "$0")/lib.sh"
cp "$FVM_NT_PROGRAMS/savekey.exe" .; probe=$(win "$PWD/savekey.exe") here=$(win "$PWD")
# Wine gives some keys an empty class that nobody can ask for, and says them for it; a time of last write is another after a copy.
same() { awk -v RS= -v ORS='\n\n' '{ gsub(/\n#time=[0-9a-f]*/, ""); sub(/^\[[^\n]*\] [0-9]+/, "&\n"); sub(/\] [0-9]+\n/, "]"); if (!/^[^\n]*\n#class=""$/) { sub(/\n#class=""/, ""); print } }' "$1"; }
take() { local vm=$1 name; shift; for name; do cp "$(find "layer$vm" -type f -path "*/$name")" "$name"; done; } # VM FILE...: what it wrote lies in its layer
keys() { grep -c '^\[' "$1"; }
outside "$probe" clear; outside "$probe" make; is $rc 0 'the host has keys'
outside "$probe" save - "$here\\host.txt"; is "$rc $out" '0 0' 'and saves them'
inside 1 "$probe" save - "$here\\same.txt"; is "$rc $out" '0 0' 'untouched ones: as the host'
take 1 same.txt; ok 'to the last byte' cmp host.txt same.txt
(start 1 cmd /c "$probe change && $probe save - $here\\in.txt && $probe save Changed $here\\part.txt && $probe save Quiet $here\\quiet.txt && $probe save Quiet\\Deep\\Deeper $here\\deep.txt && $probe save Vanishes $here\\gone.txt && mkdir in && $probe corners $here\\in") >in.out 2>&1 </dev/null; is $? 0 'what the VM changed'
mkdir -p in; take 1 in.txt part.txt quiet.txt deep.txt gone.txt in/{twice,overlapped,plain,added}.txt
outside "$probe" save - "$here\\host2.txt"; ok "the host's keys are as they were" cmp host.txt host2.txt
outside "$probe" change; outside "$probe" save - "$here\\changed.txt"; is "$rc $out" '0 0' 'the host with the same changes'
like "$(head -2 in.txt)" '^WINE REGISTRY Version 2
;; All keys relative to REGISTRY\\\\Machine\\\\Software\\\\FvmSave$' 'the file names the key as the host knows it'
is "$(diff <(same changed.txt) <(same in.txt) | head -20)" '' 'gives the same file (< outside, > inside)'
is "$(keys in.txt) $(grep -c Vanishes in.txt)" '14 0' 'with all keys but volatile ones'
time_of() { grep -A1 -F "[$2]" "$1" | tail -1; }
is "$(time_of in.txt 'Quiet\\Bare')" "$(time_of changed.txt 'Quiet\\Bare')" 'an untouched key has the time that it had'
like "$(time_of in.txt 'Changed')" '^#time=1d[0-9a-f]{13}$' 'a changed one has one, too'
for part in Changed:part Quiet:quiet 'Quiet\Deep\Deeper:deep' Vanishes:gone; do
    outside "$probe" save "${part%:*}" "$here\\o-${part#*:}.txt"
    is "$(diff <(same "o-${part#*:}.txt") <(same "${part#*:}.txt") | head -5)" '' "so do parts of it: ${part%:*}"
done
mkdir out; outside "$probe" corners "$here\\out"; cp out.txt corners.out
is "$(tr -d '\r' <in.out | sed -n '/^behind/,$p')" "$(sed -n '/^behind/,$p' corners.out | tr -d '\r')" 'corners: no privilege, no such file, no such key, ...'
for name in twice overlapped plain added; do is "$(diff <(same "out/$name.txt") <(same "in/$name.txt"))" '' "and the files of those: $name"; done
# --- the file loads
outside "$probe" load "$here\\in.txt" "$here\\loaded.txt"; is "$rc $out" '0 0 0 0' 'the host loads it, saves that, and unloads it'
is "$(diff <(same in.txt | tail -n +3) <(same loaded.txt | tail -n +3) | head -5)" '' 'and then has the same keys'
outside "$probe" clear
# --- the VM keeps its own after a new start
inside 1 "$probe" save - "$here\\again.txt"; is "$rc $out" '0 0' 'after a new start, over a host that has the keys no more'
# --- large, and others meanwhile
outside "$probe" many 3000; inside 2 cmd /c "reg add HKLM\\Software\\FvmSave\\Many\\7 /v x /d y /f >nul && $probe save Many $here\\many.txt"; is "$rc $out" '0 0' 'many'; take 2 many.txt
is "$(keys many.txt)" 3001 'all of them'
inside 2 "$probe" busy "$here\\busy.txt"; is "$rc $out" $'0 0\n0\n0\n0\n0' 'while others make and delete keys'; take 2 busy.txt
is "$(grep -c '^\[[0-9]*\\\\[0-9]*\]' busy.txt)" 3000 'each that stays is there once'
outside "$probe" clear
done_testing

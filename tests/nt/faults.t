# What an engine meets that is not as it should be: a block of another version, a damaged index, a damaged journal.
. "$(dirname "$0")/lib.sh"
cp "$FVM_NT_PROGRAMS/block.exe" "$FVM_NT_PROGRAMS/procs.exe" .
procs=$(win "$PWD/procs.exe")
joins() { timeout -k 5 30 /usr/lib/wine/wine64 "$FVM_ENGINE/fvmstart.exe" --vm 1 "$@" >join.txt 2>err.txt </dev/null; rc=$?; out=$(tr -d '\r' <join.txt) err=$(tr -d '\r' <err.txt); }
put() { outside block.exe 1 "$1" "$2"; } # 32 bits at OFFSET of VM 1's block; $out: what was there
refuses() { # REGEX NAME: one line, nothing runs
    if [ "$rc/$out" = 125/ ] && [[ $err =~ $1 ]] && [ "$(grep -c . <<<"$err")" = 1 ]; then _result 0 "$2"; else _result 1 "$2"; diag "exit $rc, stdout: $out, stderr: $err"; fi
}
is_over() { ! is_alive "$1"; }

# Programs that wait for a file, then start another.
for n in 1 2; do
    (start 1 "$(win "$PWD/block.exe")" wait go$n "$procs exit 7") >"waits$n.txt" 2>&1 </dev/null & vms[n]=$!
    await 20 grep -q begun "waits$n.txt"
done
joins "$procs" exit 5; is $rc 5 'a VM runs, and can be joined'
put 4 99; version=$out
joins "$procs" exit 5; refuses 'the VM was started by another version of FVM; stop it' 'a block of another version: who joins is refused'
inside 1 "$procs" exit 5; refuses 'another version of FVM' 'who would share in it, too'
echo >go1; await 20 is_over "${vms[1]}"
is "$(tr -d '\r' <waits1.txt)" $'begun\nc0000059' 'nothing runs without an engine: a child ends with STATUS_REVISION_MISMATCH'
put 4 "$version"; is "$out" 99 'it is put right'
joins "$procs" exit 5; is $rc 5 'and goes on'
at_index=$((1 << 18))
put $at_index 0; magic=$out
joins "$procs" exit 5; refuses "the VM's overlay index is damaged; stop the VM" 'a damaged index: who joins is refused'
echo >go2; await 20 is_over "${vms[2]}"
is "$(tr -d '\r' <waits2.txt)" $'begun\nc0000032' 'a child ends with STATUS_DISK_CORRUPT_ERROR'
for p in "${vms[@]}"; do kill "$p" 2>/dev/null; done

# --- a journal, without the store before it: each byte in turn
inside 2 cmd /c "del C:\\windows\\win.ini"; cp layer2/journal kept; cb=$(stat -c %s kept)
for ((i = 0; i < cb; i += 13)); do
    { head -c $i kept; printf '\001'; tail -c +$((i + 2)) kept; } >layer2/journal
    cmp -s kept layer2/journal || { inside 2 "$procs" exit 5; refuses "'journal' in the VM's layer is damaged" "byte $i of $cb"; }
done
cp kept layer2/journal; inside 2 cmd /c "if not exist C:\\windows\\win.ini echo gone"; is "$out" gone 'undamaged it tells what is deleted'

# --- calls with arguments that no sane program gives, and names that change meanwhile: the answers are those of outside
home=$WINEPREFIX/drive_c/bad-test; B='C:\bad-test'
fresh() { chmod -R u+w "$home" 2>/dev/null; rm -rf "$home"; mkdir -p "$home/dir"; echo content >"$home/file"; }
cp "$FVM_NT_PROGRAMS/badinput.exe" "$FVM_NT_PROGRAMS/files_table.exe" .
# Not Wine's answer but NT's: a name that is none is a path of no form; a file cannot be a directory and none; a length behind the
# buffer's end is no parameter. What is relative to no directory is not found, also to be deleted; 32767 letters are too long for FVM.
theirs() { sed -E '/^(no name|32767 letters):|DIRECTORY_FILE \| NT_NON|buffer, 40, NT_RENAME/d; /^relative to (an event|a process)/s/ delete.*//'; }
fresh; outside badinput.exe "$B"; outside_says=$out; is $rc 0 'bad input, outside'
ok 'which is much' test "$(grep -c . <<<"$out")" -gt 70
fresh; before=$(find "$home" -printf '%P %y %s %T@\n' | sort)
inside 3 "$(win "$PWD/badinput.exe")" "$B"; is $rc 0 'inside it ends, too'
is "$(diff <(theirs <<<"$outside_says") <(theirs <<<"$out"))" '' 'with the same answers'
is "$(grep '^no name\|^32767\|_FILE | NT_NON\|40, NT_RENAME' <<<"$out" | grep -o 'open c[0-9a-f]*\|: c[0-9a-f]*$' | tr '\n' ' ')" 'open c000003b open c0000106 : c000000d : c000000d ' "or with NT's"
inside 4 "$(win "$PWD/badinput.exe")" race "$B"; is "$rc/$out" 0/survived "names that change while they are read: ${err//[^a-z0-9, ]/}"
is "$(find "$home" -printf '%P %y %s %T@\n' | sort)" "$before" 'the host has changed in nothing'
# Every disposition on everything that may stand under a name.
fresh; outside files_table.exe setup "$B"; outside files_table.exe "$B"; outside_says=$out
fresh; outside files_table.exe setup "$B"; inside 5 "$(win "$PWD/files_table.exe")" "$B"
is "$(diff <(echo "$outside_says") <(echo "$out"))" '' "NtCreateFile on $(grep -c '^ok\|^not' <<<"$out") combinations of the host's names"
rm -rf "$home"
done_testing

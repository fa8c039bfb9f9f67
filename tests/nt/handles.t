# What is done through a handle on a file that is the host's changes nothing there; what a private file is seen on.
. "$(dirname "$0")/lib.sh"
home=$WINEPREFIX/drive_c/handles-test H='C:\handles-test'; rm -rf "$home"; mkdir -p "$home/full/sub" "$home/empty"
cp "$FVM_NT_PROGRAMS/handles.exe" .; probe=$(win "$PWD/handles.exe")
echo 'the content' >"$home/file"; cp "$home/file" "$home/other"; echo x >"$home/full/x"
hash_host() { (cd "$home" && find . -printf '%p %y %s %m %T@\n' | sort; find . -type f -print0 | sort -z | xargs -0 cat | cksum); }
before=$(hash_host)
inside 1 "$probe" "$H\\file"
while read -r call want; do is "$(sed -n "s/^$call //p" <<<"$out")" "$want" "$call on the host's file"; done <<'ROWS'
SET_COMPRESSION c0000022
SET_OBJECT_ID c0000022
DELETE_OBJECT_ID c0000022
CREATE_OR_GET_OBJECT_ID c0000022
SET_REPARSE_POINT c0000022
DELETE_REPARSE_POINT c0000022
SET_SPARSE c0000022
SET_ZERO_DATA c0000022
SET_ENCRYPTION c0000022
DUPLICATE_EXTENTS c0000022
REQUEST_OPLOCK_LEVEL_1 c00000e2
LOCK_VOLUME c0000022
DISMOUNT_VOLUME c0000022
NtSetEaFile c0000022
NtSetSecurityObject c0000022
NtWriteFile c0000022
section c0000022
NtSetVolumeInformationFile c0000022
ROWS
is "$(grep -c '^NtSetInformationFile.* c0000022$' <<<"$out")" 5 'NtSetInformationFile: size, allocation, valid data, disposition, rename'
is "$(sed -n 's/^not a known one //p' <<<"$out")" c0000022 'a control code that nobody knows'
outside "$probe" "$H\\file"; reads=$(grep '^GET_' <<<"$out"); inside 1 "$probe" "$H\\file"; is "$(grep '^GET_' <<<"$out")" "$reads" "codes that read are the host's"
is "$(hash_host)" "$before" 'the host has changed in nothing'
inside 1 "$probe" "$H\\other" write; said=$(grep -v VOLUME <<<"$out" | grep -v Volume)
is "$(hash_host)" "$before" 'a handle with the right to write changes the copy'
outside "$probe" "$H\\other" write; is "$said" "$(grep -v VOLUME <<<"$out" | grep -v Volume)" 'and is answered as outside'
inside 1 "$probe" delete "$H\\full"; inside 1 cmd /c "dir /b $H\\full"; is "$out" $'sub\nx' 'NtDeleteFile: a full directory stays'
inside 1 "$probe" delete "$H\\empty"; inside 1 cmd /c "if not exist $H\\empty echo gone"; is "$out" gone 'an empty one goes'

# --- locks: among the VM's programs; the host's are not in their way, nor they in the host's
lines=$'NtLockFile 00000000, by another handle c0000054\nNtUnlockFile 00000000\nthen by the other 00000000'
inside 2 "$probe" lock "$H\\file" 0; is "$out" "$lines" "NtLockFile on the host's file, NtUnlockFile"
(start 2 "$probe" lock "$H\\file" 3000) >held.txt 2>&1 </dev/null & held=$!
for ((i = 0; i < 100; i++)); do grep -q NtLock held.txt && break; sleep 0.1; done
outside "$probe" lock "$H\\file" 0; is "$out" "$lines" 'while a program of a VM has it locked, the host can lock it'
inside 3 "$probe" lock "$H\\file" 0; is "$out" "$lines" 'and another VM'
wait $held
# --- ids: of the host's files, of copies, of new ones, in directories that moved
mkdir -p "$home/tree/deep"; for name in host copied gone deep/host deep/copied; do echo x >"$home/tree/$name"; done
inside 4 cmd /c "echo y>>$H\\tree\\copied& echo y>>$H\\tree\\deep\\copied& del $H\\tree\\gone& echo new>$H\\tree\\new"
inside 4 "$probe" ids "$H\\tree"; is "$out" "$(for name in copied deep host new; do echo "$name: one id \\handles-test\\tree\\$name"; done)" 'a listing, a handle and opening by id agree'
inside 4 cmd /c "ren $H\\tree moved& ren $H\\moved\\deep low"
inside 4 "$probe" ids "$H\\moved\\low"; is "$out" "$(for name in copied host; do echo "$name: one id \\handles-test\\moved\\low\\$name"; done)" 'in a directory that was moved too'
mkdir -p "$home/root/below"; echo found >"$home/root/below/file"
inside 5 "$probe" renamed "$H\\root" "$H\\toor" 'below\file'; is "$out" 'renamed 1 opened 00000000 found' 'a handle on a directory that was renamed through another one leads there'
# --- NtQueryVolumeInformationFile
inside 1 cmd /c "echo new>$H\\new"; inside 1 "$probe" volume "$H\\file" "$H\\new"
is "$out" $'1: 00000000 same\n3: 00000000 same\n4: 00000000 same\n5: 00000000 same\n7: 00000000 same\nserial number: same' "a private file is on the host's volume"
mkdir "$home/guid"; echo 'by a letter' >"$home/guid/file"
inside 6 "$probe" guid "$H\\guid"; is "$out" "named 1 read 'by a letter' listed file serial 1 size 1 no such volume ffffffff" "a volume's GUID leads to its drive"
inside 6 cmd /c "type $H\\guid\\file"; is "$out$(cat "$home/guid/file")" 'by guidby a letter' 'and to the copy'
inside 1 "$probe" 'C:' write; is "$(head -1 <<<"$out")" 'open C:: c0000022' 'the raw volume cannot be written'
# --- a handle on the host's file goes on with the copy
fresh() { rm -rf "$home-f"; mkdir "$home-f"; echo 'what the host has' >"$home-f/file"; }
for way in follow gone; do
    fresh; outside "$probe" $way "$H-f\\file"; outside_says=$out; fresh
    inside 7 "$probe" $way "$H-f\\file"; is "$out" "$outside_says" "handles that were open when the copy was made: $way"
    is "$(cat "$home-f/file"; ls "$home-f")" $'what the host has\nfile' 'the host has changed in nothing'; rm -rf layer7
done
like "$outside_says" "another has its name: 'what'" 'outside a handle keeps its file'
rm -rf "$home" "$home-f"
done_testing

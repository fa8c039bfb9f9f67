# Files of a VM: its own on top of the host's. Two VMs and the host in one Windows, each sees its own.
. "$(dirname "$0")/lib.sh"
home=$WINEPREFIX/drive_c/files-test; rm -rf "$home"; mkdir -p "$home/dir/sub"
echo one >"$home/one.txt"; echo two >"$home/dir/two.txt"; echo deep >"$home/dir/sub/deep.txt"; cp "$FVM_NT_PROGRAMS/procs.exe" "$home/"
hash_host() { (cd "$home" && find . -printf '%p %y %s %m %T@\n' | sort; find . -type f -print0 | sort -z | xargs -0 cat | cksum); }
before=$(hash_host)
cmd() { local vm=$1; shift; inside "$vm" cmd /c "$*"; out=$(sed 's/ *$//' <<<"$out"); }
F='C:\files-test'

cmd 1 "type $F\\one.txt"; is "$out" one "the host's file is seen"
cmd 1 "echo mine>$F\\one.txt& echo new>$F\\new.txt& del $F\\dir\\two.txt& dir /b $F"
is "$out" $'dir\nnew.txt\none.txt\nprocs.exe' 'a listing of both'
cmd 1 "type $F\\one.txt& type $F\\new.txt"; is "$out" $'mine\nnew' 'after a new start of the VM'
cmd 1 "dir /b $F\\dir"; is "$out" sub 'a deleted name stays away'
cmd 1 "if exist $F\\dir\\two.txt echo there"; is "$out" '' 'and cannot be found'
cmd 2 "type $F\\one.txt& dir /b $F\\dir"; is "$out" $'one\nsub\ntwo.txt' 'another VM sees nothing of it'
cmd 2 "echo second>$F\\new.txt& type $F\\new.txt"; is "$out" second 'and has its own under the same name'
is "$(hash_host)" "$before" 'the host has changed in nothing'
# --- directories move by a mark
cmd 1 "ren $F\\dir moved& type $F\\moved\\sub\\deep.txt& dir /b $F"; is "$out" $'deep\nmoved\nnew.txt\none.txt\nprocs.exe' "a directory of the host's is renamed"
is "$(find layer1/files -name 'deep.txt')" '' 'without copying what is in it'
cmd 1 "type $F\\moved\\sub\\deep.txt& if not exist $F\\dir echo gone"; is "$out" $'deep\ngone' 'after a new start too'
cmd 1 "md $F\\dir& dir /b $F\\dir& echo again>$F\\dir\\two.txt& dir /b $F\\dir"; is "$out" 'two.txt' "made anew it is empty: nothing of the host's shows"
cmd 1 "echo changed>$F\\moved\\sub\\deep.txt& ren $F\\moved\\sub low& type $F\\moved\\low\\deep.txt"; is "$out" changed 'renamed below a renamed one'
cmd 1 "type $F\\moved\\low\\deep.txt& rd $F\\moved\\low 2>nul& dir /b $F\\moved"; is "$out" $'changed\nlow' 'a directory that is not empty stays'
cmd 1 "rd /s /q $F\\moved& dir /b $F"; is "$out" $'dir\nnew.txt\none.txt\nprocs.exe' 'rd /s'
is "$(hash_host)" "$before" 'the host has changed in nothing'
cmd 1 "attrib +h $F\\procs.exe& attrib $F\\procs.exe"; like "$out" '^A +H ' 'attributes, though Wine opens the file without the right to set them'
is "$(hash_host)" "$before" 'which is the copy: the host has changed in nothing'
cmd 1 "attrib -h $F\\procs.exe"
# --- names lead to one place
outside cmd /c "for %I in ($F) do @echo %~sI"; short=$out
for name in "\\\\?\\$F\\one.txt" "\\\\.\\$F\\one.txt" "$(win "$home")\\one.txt" "$F\\dir\\..\\one.txt" "c:/FILES-TEST/One.TXT" "\\\\localhost\\C\$\\files-test\\one.txt" "$short\\one.txt"; do
    cmd 1 "type $name"; is "$out" mine "$name"
done
cmd 1 "dir /b $(win "$PWD") & type $(win "$PWD")\\layer1\\journal & echo over"; is "$(grep -c 'layer1\|FJL1' <<<"$out")" 0 "the VM's own layer is not there"
# --- a directory of the VM's that is named as a gone one's short name was
mkdir -p "$home-s/directory.name"; echo x >"$home-s/directory.name/x"; outside cmd /c "for %I in ($F-s\\directory.name) do @echo %~sI"; gone=${out##*\\}
cmd 1 "ren $F-s\\directory.name away& md $F-s\\$gone& dir /b $F-s\\$gone& type $F-s\\away\\x"; is "$out" x "$gone, the short name of a directory that is gone, made anew"
cmd 1 "dir /b $F-s\\$gone& type $F-s\\away\\x"; is "$out" x 'is empty after a new start of the VM, too'; rm -r "$home-s"
# --- order: by capital letters, so what stands between Z and a comes last
order() { rm -rf "$home-o"; mkdir "$home-o"; touch "$home-o"/{a.txt,Zed,_under,^hat,[in],zoo,Émile,ähre,'x y',~t,0}; }
cp "$FVM_NT_PROGRAMS/win32.exe" .; probe=$(win "$PWD/win32.exe")
change_and_list="echo n>$F-o\\mid& echo n>$F-o\\_new& del $F-o\\a.txt& $probe $F-o list"
order; outside cmd /c "$change_and_list"; outside_says=$out; order; cmd 1 "$change_and_list"; is "$(wc -l <<<"$out")/$out" "14/$outside_says" 'a merged listing is in the order of one'; rm -r "$home-o"
# --- programs
cmd 1 "copy $F\\procs.exe $F\\mine.exe >nul& $F\\mine.exe exit 7"; is $rc 7 'a program that only the VM has'
fresh() { rm -rf "$home-w"; mkdir -p "$home-w/dir"; for f in a b c d e f g h i j; do echo "file $f" >"$home-w/$f.txt"; done; echo x >"$home-w/dir/inside.txt"; }
fresh; outside "$probe" "$F-w"; outside_says=$out; fresh; inside 6 "$probe" "$F-w"; is "$out" "$outside_says" "functions of kernel32 that do not ask NT for rights: CreateHardLink, SetFileAttributes, ReplaceFile, ..."
is "$(cd "$home-w" && find . -type f | sort | xargs cat | tr -d '\n')" 'file afile bfile cfile dxfile efile ffile gfile hfile ifile j' 'the host has all as it was'; rm -rf "$home-w"
# --- corners
cp "$FVM_NT_PROGRAMS/corners.exe" .; probe=$(win "$PWD/corners.exe")
fresh() { rm -rf "$home-c"; mkdir -p "$home-c/sub" "$home-c/sub2" "$home-c/empty" "$home-c/full/below" "$home-c/old/up/moved" "$home-c/again"; touch "$home-c/full/below/file" "$home-c/old/up/file"; echo one >"$home-c/one.txt"; echo two >"$home-c/sub/two.txt"; echo long >"$home-c/long name.document"; }
fresh; outside "$probe" "$F-c"; outside_says=$out; is "$rc $(wc -l <<<"$out")" '0 32' 'corners of names, ids and handles'
fresh; inside 7 "$probe" "$F-c"; is "$out" "$outside_says" 'inside: the same'; rm -rf "$home-c"
for line in 'below a file: c000003a' 'C:/x\\y: c000003a' 'by id: 00000000 same=1' "a directory's id: by handles 1, listed 1" 'its attributes, by the older handle: 12' 'moved: 1, by its short name: ffffffff' 'a file with a dot at its end, by its handle: 00000000' 'one.txt: 00000000' 'what it was in, by id: c0000034' 'into itself, onto a file: c000000d' 'onto a file: c0000103' 'times above: 1' 'to be deleted: 00000000 same id: 1' 'empty when it was closed: c0000034' 'full when it was closed: 00000000' 'named below a file, \\x: c000000d' 'moved away, by id below what has its name now: c0000034'; do
    is "$(grep -c "^$line$" <<<"$out")" 1 "$line"
done
fresh; inside 7 "$probe" "$F-c" odd; is "$out" $'a directory named as a stream, made: c0000103\nrenamed to that: c0000033\nmade with a blank at its end, by id: c0000034' 'no directory has a colon in its name; an id leads to no other file'; rm -rf "$home-c"
# --- what was asked for before, changed by another process since
cp "$FVM_NT_PROGRAMS/again.exe" .; probe=$(win "$PWD/again.exe")
fresh() { rm -rf "$home-a"; mkdir -p "$home-a/sub"; printf one >"$home-a/one.txt"; printf two >"$home-a/sub/two.txt"; }
fresh; outside "$probe" "$F-a"; outside_says=$out; is "$rc $(wc -l <<<"$out") $(sort -u <<<"$out" | wc -l)" '0 21 7' 'a process asks three times for each name, before and after each of six changes by others'
fresh; inside 8 "$probe" "$F-a"; is "$out" "$outside_says" 'inside: the answers of the moment, too'
is "$(cat "$home-a/one.txt" "$home-a/sub/two.txt")" onetwo 'the host has all as it was'; rm -rf "$home-a"
# --- killed at any moment, what was there is there
none_of_vm_5() { ! of_kit "fvmstart.exe\"? --vm 5 " | grep -q .; }
for i in 1 2 3 4 5 6; do
    (start 5 cmd /c "for /l %i in (1,1,300) do @(echo %i>$F\\k%i.txt& echo %i>>$F\\one.txt& if %i==3 (del $F\\dir\\two.txt) else ren $F\\k%i.txt r%i.txt)") >kill.txt 2>&1 & run=$!
    sleep "0.$((i * 2))"
    # Of this kit: others may run the same test.
    for p in $(pgrep -f -- "--vm 5 --layer.*[\\\\]$(basename "$(dirname "$WINEPREFIX")")[\\\\]"); do kill -9 "$p" 2>/dev/null; done; kill -9 $run 2>/dev/null; wait $run 2>/dev/null
    await 10 none_of_vm_5
    cmd 5 "type $F\\one.txt& dir /b $F"; lines=$(grep -c '^[0-9]*$' <<<"$out"); names=$(grep -c '^[rk][0-9]*.txt$' <<<"$out")
    like "$out" $'^one\n' "round $i: $lines lines, $names names: the file is whole"
done
ok 'and something was done' test "$names" -gt 3
is "$(hash_host)" "$before" 'the host has changed in nothing'
rm -rf "$home"
# --- four VMs that change the same files of the host's at once: none is in another's way
appends=$WINEPREFIX/drive_c/appends line='cd /d C:\appends'; mkdir -p "$appends"
for ((i = 1; i <= 60; i++)); do echo one >"$appends/f$i.txt"; line+="& echo mine>>f$i.txt"; done
for round in 7 8 9; do for vm in ${round}01 ${round}02 ${round}03 ${round}04; do (start $vm cmd /c "$line" >appends.$vm 2>&1 </dev/null) & done; wait; done
is "$(cat appends.*)$(grep -l mine layer[789]0?/files/C/appends/*.txt | wc -l)" $((12 * 60)) 'each appends to each of 60 files'
rm -rf "$appends"
done_testing

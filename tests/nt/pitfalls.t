# Rows of docs/pitfalls.md that no other test has: drives, times, images that run. Outside is the oracle where there is one.
. "$(dirname "$0")/lib.sh"
home=$WINEPREFIX/drive_c/pitfalls-test H='C:\pitfalls-test' Z=$(win "$PWD")
fresh() { rm -rf "$home"; mkdir -p "$home/dir"; for f in one two; do echo $f >"$home/$f.txt"; done; cp "$FVM_NT_PROGRAMS/procs.exe" "$home/own.exe"; touch -d '2001-02-03 04:05' "$home/one.txt" "$home/dir"; }
hash_host() { (cd "$home" && find . -printf '%p %y %s %m %T@\n' | sort; find . -type f -print0 | sort -z | xargs -0 cat | cksum); }
fresh; before=$(hash_host)
cmd() { local vm=$1; shift; inside "$vm" cmd /c "$*"; out=$(sed 's/ *$//' <<<"$out"); }

cmd 1 "move $H\\two.txt $Z\\moved.txt >nul& type $Z\\moved.txt& if not exist $H\\two.txt echo away"
is "$out" $'two\naway' 'a move to another drive'
not_ok 'is not seen by the host' test -e moved.txt
when="for %I in ($H\\one.txt $H\\dir) do @echo %~tI"
outside cmd /c "$when"; times=$out; like "$times" 2001 'two old names'
cmd 2 "$when"; is "$out" "$times" 'have their times in a VM'
cmd 2 "attrib +h $H\\one.txt& $when"; is "$out" "$times" 'a copy that is made has them too'
cmd 2 "echo new>$H\\dir\\new.txt& for %I in ($H\\dir) do @echo %~tI"; unlike "$out" 2001 "a directory in which the VM made a file has changed"
cmd 3 "$when"; is "$out" "$times" 'to this VM only'
swap="start /b $H\\own.exe wait 2 >nul& ping -n 2 127.0.0.1 >nul& ren $H\\own.exe old.exe& copy $H\\one.txt $H\\own.exe >nul& dir /b $H"
outside cmd /c "$swap"; outside_says=$out; fresh; before=$(hash_host)
inside 4 cmd /c "$swap"; is "$out" "$outside_says" "a running program's image is renamed and replaced: $(tail -n 3 <<<"$out" | tr '\n' ' ')"
is "$(hash_host)" "$before" 'the host has changed in nothing'
rm -rf "$home"
done_testing

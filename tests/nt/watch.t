# Notifications of changes: of what the VM does, and of what the host does where the VM has nothing of its own.
. "$(dirname "$0")/lib.sh"
home=$WINEPREFIX/drive_c/watch-test W='C:\watch-test' D='C:\watch-test\dir'
cp "$FVM_NT_PROGRAMS/watch.exe" .; probe=$(win "$PWD/watch.exe")
fresh() { rm -rf "$home"; mkdir -p "$home/dir/sub/deep"; echo one >"$home/dir/one.txt"; echo two >"$home/dir/sub/two.txt"; echo three >"$home/dir/sub/deep/three.txt"; }

# --- every way to call: NtNotifyChangeDirectoryFile, NtCancelIoFile, NtCancelIoFileEx, completion ports
fresh; outside "$probe" calls "$D"; outside_says=$out; is $rc 0 'outside'
fresh; inside 1 "$probe" calls "$D"
is "$out" "$outside_says" "calls, answers and ends are the host's"
is "$(ls "$home/dir")" $'one.txt\nsub' 'and nothing of it was done on the host'
fresh; inside 1 "$probe" duplicates "$D"
is "$out" $'one of two is closed: waits status=77\nthe other tells: signalled status=0 1:d\nboth are closed: signalled status=8000000a' 'NtDuplicateObject: two handles watch together'
fresh; inside 3 "$probe" closed "$D"; is "$out" 'closed: 0 of 300 touched' 'NtClose: the memory of a call that was being answered is the caller'"'"'s again when it returns'

SECONDS=0; inside 2 "$probe" leave "$D"; is "$rc $out" '0 00000103' 'the thread of the engine that watches'
ok "does not keep a program alive whose own threads have ended ($SECONDS s)" test $SECONDS -lt 10

# --- changes of the VM's own in a directory of the host's: copies that are made on the way do not show
vm=10
same() { # NAME FILTER COMMANDS: told outside and inside alike
    fresh; outside "$probe" until "$D" flat "$2" 5 "$3& echo e>$D\\end"; outside_says=$out
    fresh; inside $((++vm)) "$probe" until "$D" flat "$2" 5 "$3& echo e>$D\\end"; is "$out" "$outside_says" "$1: $(tail -n +2 <<<"$outside_says" | tr '\n' ' ')"
}
same 'a new file' 17f "echo new>$D\\new.txt"
same 'a changed file' 17f "echo more>>$D\\one.txt"
same 'a deleted file' 17f "del $D\\one.txt"
same 'deleted, made, deleted, made' 17f "del $D\\one.txt& echo 1 >$D\\one.txt& del $D\\one.txt& echo 2 >$D\\one.txt"
same 'a renamed file' 17f "ren $D\\one.txt uno.txt"
same 'a renamed directory' 17f "ren $D\\sub bus"
same 'moved in' 17f "move $D\\sub\\two.txt $D\\two.txt"
same 'moved out' 17f "move $D\\one.txt $D\\sub\\one.txt"
same 'attributes' 17f "attrib +h $D\\one.txt& attrib +h $D\\sub"
same 'only names' 3 "echo more>>$D\\one.txt& del $D\\one.txt"
tree() { # NAME EXPECTED COMMANDS
    fresh; inside $((++vm)) "$probe" until "$D" tree 17f 5 "$3& echo e>$D\\end"; is "$(tail -n +2 <<<"$out")" "$2" "below: $1"
}
tree 'changed' '3 sub\deep\three.txt' "echo more>>$D\\sub\\deep\\three.txt"
tree 'new' $'1 sub\\deep\\new\n3 sub\\deep\\new' "echo new>$D\\sub\\deep\\new"
tree 'deleted' $'2 sub\\deep\\three.txt\n2 sub\\deep\n2 sub\\two.txt\n2 sub' "rd /s /q $D\\sub"
tree 'moved' $'4 sub\\deep\\three.txt\n5 sub\\tri.txt' "move $D\\sub\\deep\\three.txt $D\\sub\\tri.txt"
inside $vm "$probe" until "$D" tree 17f 5 "echo again>>$D\\sub\\tri.txt& del $D\\end& echo e>$D\\end"
is "$out" $'ready\n3 sub\\tri.txt\n2 end' 'below, in a directory that the layer had when the watch began'

# --- changes by the host, and by another process of the VM
watched() { # VM COMMANDS-ON-THE-HOST: what a watcher in the VM is told
    rm -f watched.txt # else the last one's "ready" may be taken for this one's
    (start "$1" "$probe" until "$D" flat 17f 10) >watched.txt 2>/dev/null </dev/null & local run=$!
    for ((i = 0; i < 100; i++)); do grep -qs ready watched.txt && break; sleep 0.1; done
    eval "$2"; wait $run; out=$(tr -d '\r' <watched.txt | tail -n +2)
}
fresh; watched 50 'echo x >"$home/dir/host.txt"; mv "$home/dir/host.txt" "$home/dir/other.txt"; rm "$home/dir/one.txt"; : >"$home/dir/end"'
is "$out" $'1 host.txt\n3 host.txt\n4 host.txt\n5 other.txt\n2 one.txt' "the host's changes are told"
fresh; inside 51 cmd /c "echo mine>$D\\one.txt"
watched 51 'echo host >"$home/dir/one.txt"; rm "$home/dir/one.txt"; : >"$home/dir/end"'; is "$out" '' "but not of a name that is the VM's own"
fresh; watched 52 '(inside 53 cmd /c "echo x>$D\\other-vm.txt"); : >"$home/dir/end"'; is "$out" '' "another VM's changes are not"
# --- closed while a change is on its way: nothing of the watch is used after its end
fresh; inside 54 "$probe" hasty "$D"; is "$rc/$out" 0/700 'closed 700 times while a change is on its way'
rm -rf "$home"
done_testing

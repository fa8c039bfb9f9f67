# Named pipes and mailslots: a VM has its own. Outside is the oracle; who serves a name is reached by nobody else.
. "$(dirname "$0")/lib.sh"
cp "$FVM_NT_PROGRAMS/pipes.exe" .; probe=$(win "$PWD/pipes.exe")
outside "$probe" calls; is $rc 0 'outside'; echo "$out" >calls-outside.txt
inside 1 "$probe" calls; is "$(diff calls-outside.txt - <<<"$out")" '' "each call on each spelling answers as outside ($(wc -l <<<"$out") lines: NtCreateNamedPipeFile, NtCreateMailslotFile, NtFsControlFile)"
inside 1 "$probe" anonymous; is "$out" 'hello from the other end' 'CreatePipe, with a child at the other end'

inside 1 "$probe" remote; is "$out" 0 "by the name of this machine, which is Windows' way"

inside 1 "$probe" below; is "$out" "make 00000000 00000000 68 '\Device\NamedPipe\FVM-rel' 00000000 20 '\FVM-rel' open 00000000 as another c0000034" 'relative to the root of pipes'

inside 1 "$probe" lying; is "$(tail -1 <<<"$out")" ' 0:c0000024 2:c0000034 10:00000000 e:c0000034 258:c0000034 1:c000000d 7:c000000d 25c:c000000d ffffffff:c000000d 80000000:c000000d cb0:c000000d cb4:c000000d cb8:c000000d cb12:c000000d cb16:c000000d cb20:c000000d cb24:c000000d cb28:c000000d cb32:00000000' 'lengths that are none: refused, where they would end the server of Wine'

served() { # WHO: in the background, until the process is ended
    rm -f served.txt
    if [ "$1" = host ]; then timeout 60 /usr/lib/wine/wine64 "$probe" serve 30000 'FVM\served' >served.txt 2>/dev/null </dev/null &
    else (start "$1" "$probe" serve 30000 'FVM\served') >served.txt 2>/dev/null </dev/null & fi
    for ((i = 0; i < 100; i++)); do grep -qs ready served.txt && break; sleep 0.1; done
}
does() { if [ "$1" = host ]; then shift; outside "$@"; else inside "$@"; fi; } # WHO PROGRAM...
for server in host 3; do
    served $server; pid=$!
    for client in host 3 4; do
        does $client "$probe" wait 'FVM\served'; waited=$out; does $client "$probe" ask 'FVM\served'
        if [ $client = $server ]; then
            is "$waited, $out" $'1 0, pipe: there and back\nmailslot: sent' "$client reaches what $server serves (WaitNamedPipe, CallNamedPipe, mailslot)"
        else
            is "$waited, $out" $'0 2, pipe: error 2\nmailslot: error 2' "$client does not reach what $server serves"
        fi
    done
    is "$(tr -d '\r' <served.txt | sort | uniq -c | awk '{print $1, $2, $3}' | tr '\n' ';')" '1 mail: letter;2 ready ;' 'one letter came, and one who asked'
    kill $pid 2>/dev/null; wait $pid 2>/dev/null
done
# Both at once with one name: each has his own.
served host; on_host=$!; mv served.txt host.txt; served 3; in_vm=$!
inside 3 "$probe" ask 'FVM\served'; like "$out" 'there and back' 'in the VM its own answers'; inside 4 "$probe" ask 'FVM\served'; like "$out" 'pipe: error 2' 'in another VM nobody'
is "$(grep -c ready host.txt) $(grep -c ready served.txt)" '1 2' "the VM's own it was"
# By the name that it really has, too, only the host reaches it.
outside "$probe" ask '__fvm_3\FVM\served'; like "$out" 'there and back' 'the host knows where it really is'
for form in '__fvm_3\FVM\served' '..\__fvm_3\FVM\served' '\__fvm_3\FVM\served' '__FVM_3\fvm\served'; do inside 4 "$probe" ask "$form"; like "$out" 'pipe: error (2|3|161)' "another VM does not reach it as $form"; done
kill $on_host $in_vm 2>/dev/null; wait $on_host $in_vm 2>/dev/null
done_testing

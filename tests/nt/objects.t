# Named kernel objects: a VM has its own. Outside is the oracle; what one holds, no other one sees.
. "$(dirname "$0")/lib.sh"
cp "$FVM_NT_PROGRAMS/objects.exe" .; probe=$(win "$PWD/objects.exe")
outside "$probe" calls; outside_says=$out; is $rc 0 'outside'
echo "$out" >calls-outside.txt; inside 1 "$probe" calls; is "$(diff calls-outside.txt - <<<"$out")" '' "each call on each type answers as outside ($(wc -l <<<"$out") lines: NtCreateEvent ... NtQueryObject)"
# What is shared looks like a link in a listing; the session's own server and its fonts are not the VM's.
mine() { grep -v -e FONT_MUTEX -e __wine -e '^Windows ' -e '^REGISTRY '; }
for directory in '\BaseNamedObjects' '\Sessions' '\Sessions\1' '\Sessions\BNOLINKS' '\Sessions\0' '\NLS' '\none'; do
    outside "$probe" list "$directory"; outside_says=$out
    inside 1 "$probe" list "$directory"; is "$(sort <<<"$out" | mine)" "$(sort <<<"$outside_says" | mine)" "NtQueryDirectoryObject: $directory"
done
inside 1 "$probe" refused; is "$out" 'c0000022 c0000022 c0000022 c0000061 00000000 c0000061 00000000' 'made are the objects of the VM only, and none that stays (NtMakePermanentObject)'

# --- one holds, others look -----------------------------------------------------------------
types='event mutant semaphore timer section job completion keyed directory link '
held() { # WHO NAME: hold in the background, until the process is ended
    rm -f held.txt
    if [ "$1" = host ]; then timeout 60 /usr/lib/wine/wine64 "$probe" hold 20000 "$2" >held.txt 2>/dev/null </dev/null &
    else (start "$1" "$probe" hold 20000 "$2") >held.txt 2>/dev/null </dev/null & fi
    for ((i = 0; i < 100; i++)); do grep -qs ready held.txt && break; sleep 0.1; done
    is "$(grep -c ' 00000000' held.txt)" 11 "$1 holds $2: one object of each type"
}
sees() { # WHO NAME
    if [ "$1" = host ]; then outside "$probe" see "$2"; else inside "$1" "$probe" see "$2"; fi
}
for name in '\BaseNamedObjects\Fvm' '\Sessions\1\BaseNamedObjects\Fvm' '\Fvm' '\RPC Control\Fvm'; do
    for holder in host 3; do
        [ "$holder $name" != 'host \RPC Control\Fvm' ] || continue # Wine has no such directory
        held $holder "$name"; pid=$!
        for watcher in host 3 4; do
            want=''; [ $watcher != $holder ] || want=${types% }
            # The VM runs already: its second program joins.
            sees $watcher "$name"; is "${out% }" "$want" "what $holder holds as $name, $watcher sees: $([ -z "$want" ] && echo nothing || echo all)"
        done
        kill $pid 2>/dev/null; wait $pid 2>/dev/null
    done
done

# --- FVM's own: the VM's block, job and tree of names
held 5 '\BaseNamedObjects\Held'; pid=$!
outside "$probe" own 5; is "$(sort -u <<<"$out")" $'00000000 00000000 00000000 \nlink 00000000' 'outside they are there'
inside 5 "$probe" own 5; is "$(sort -u <<<"$out")" $'c0000034 c0000034 c0000034 \nlink 00000000' 'inside they are not, however they are named'
# --- what it shares is counted
uses() { outside "$FVM_ENGINE/fvmstart.exe" --exceptions 5; uses=$(awk -F'\t' '{n += $1} END {print n}' <<<"$out"); }
uses; before=$uses; inside 5 "$probe" list '\KernelObjects'; inside 5 "$probe" see '\KernelObjects\LowMemoryCondition'; uses
ok "names that are shared are counted ($before uses, then $uses)" test "$uses" -gt "$before"
is "$(awk -F'\t' 'NF != 3 || $3 == ""' <<<"$out")" '' 'each with its reason'
kill $pid 2>/dev/null; wait $pid 2>/dev/null
outside "$FVM_ENGINE/fvmstart.exe" --exceptions 5; is "$rc" 1 'a VM that does not run'
done_testing

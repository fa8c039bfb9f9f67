# COM between processes: a VM has a registrar (rpcss) of its own, which its own service manager starts when it is first asked for.
# What is served in a VM is found there and nowhere else, and the reverse.
. "$(dirname "$0")/lib.sh"
cp "$FVM_NT_PROGRAMS/com.exe" .; probe=$(win "$PWD/com.exe")
registrars() { of_kit '^C:.windows.system32.rpcss\.exe'; }
nobody=$'table: 800401e3 token=0\nclass: 80040154 token=0'
serve() { # WHO TOKEN: in the background
    rm -f "served$1.txt"
    if [ "$1" = host ]; then timeout 60 /usr/lib/wine/wine64 "$probe" serve 30000 "$2" >"served$1.txt" 2>/dev/null </dev/null &
    else (start "$1" "$probe" serve 30000 "$2") >"served$1.txt" 2>/dev/null </dev/null & fi
    for ((i = 0; i < 150; i++)); do grep -qs ready "served$1.txt" && break; sleep 0.1; done
    is "$(tr -d '\r' <"served$1.txt")" 'ready 00000000 00000000' "$1 serves a class and an entry of the running object table"
}
does() { if [ "$1" = host ]; then shift; outside "$@"; else inside "$@"; fi; } # WHO PROGRAM...

# --- alone
for server in host 3; do
    serve $server a${server/host/0}; pid=$!
    for client in host 3 4; do
        [ $client = $server ] || { does $client "$probe" ask; is "$out" "$nobody" "$client does not reach what $server serves"; }
    done
    does $server "$probe" ask
    is "$out" $'table: 00000000 token=a'"${server/host/0}"$'\nclass: 00000000 token=a'"${server/host/0}" "$server reaches it"; wait $pid
done
# --- all at once, the same names
for who in host 5 6; do serve $who "${who/host/1}0"; done
for who in host 5 6; do does $who "$probe" ask; is "$out" $'table: 00000000 token='"${who/host/1}0"$'\nclass: 00000000 token='"${who/host/1}0" "$who finds its own"; done
wait
# --- servers that are started
started=$'class: 00000000 token=N\nits process is here' none=$'class: 80040154 token=0\nits process is not to be seen'
inside 7 "$probe" register; inside 7 "$probe" activate
is "$(sed 's/token=..*/token=N/' <<<"$out")" "$started" 'a server that the VM registered is started, as a process of the VM'
outside "$probe" activate; is "$out" "$none" 'the host knows nothing of the class'
inside 8 "$probe" activate; is "$out" "$none" 'nor does another VM'
outside "$probe" register; inside 8 "$probe" activate
is "$(sed 's/token=..*/token=N/' <<<"$out")" "$started" 'one that the host registered is started in the VM that asks'
outside "$probe" unregister

# --- killed
outside "$probe" ask; before=$(registrars)
(start 9 cmd /c "$probe ask& ping -n 60 127.0.0.1 >nul") >run.txt 2>&1 </dev/null & run=$!
for ((i = 0; i < 150; i++)); do grep -qs 'class:' run.txt && break; sleep 0.1; done
own=$(comm -13 <(echo "$before") <(registrars)); ok 'a VM with a registrar of its own' test "$(wc -w <<<"$own")" = 1
kill -9 $own; serve 9 99; inside 9 "$probe" ask; is "$out" $'table: 00000000 token=99\nclass: 00000000 token=99' 'kill -9 of it: the next use starts another one'
kill $run; wait; sleep 0.5; is "$(registrars)" "$before" 'it ends with the VM'
done_testing

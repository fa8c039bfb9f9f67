# Processes of a VM see, reach and start only processes of the VM.
. "$(dirname "$0")/lib.sh"
cp "$FVM_NT_PROGRAMS/procs.exe" .; procs=$(win "$PWD/procs.exe")
# Somebody outside, and somebody in VM 2.
timeout 100 /usr/lib/wine/wine64 procs.exe wait 90 >host.txt 2>&1 & host=$!
LIMIT=100 start 2 "$procs" wait 90 >other.txt 2>&1 & other=$!
await 20 test -s host.txt; await 20 test -s other.txt
read -r host_pid host_tid <<<"$(tr -d '\r' <host.txt)"; read -r other_pid other_tid <<<"$(tr -d '\r' <other.txt)"

outside procs.exe open "$host_pid"; is "$out" opened 'outside: a process of the host can be opened'
outside procs.exe open "$other_pid"; is "$out" opened 'outside: the host sees a process of a VM'
inside 1 "$procs" open "$host_pid"; is "$out" 'error 87' 'VM 1 does not reach a process of the host'
inside 1 "$procs" open "$other_pid"; is "$out" 'error 87' 'nor one of VM 2'
inside 2 "$procs" open "$other_pid"; is "$out" opened 'another program of VM 2 does'
inside 1 "$procs" thread "$host_tid"; is "$out" 'error 87' 'nor its threads'
inside 2 "$procs" thread "$other_tid"; is "$out" opened 'of which VM 2 reaches its own'
inside 1 "$procs" list; is "$(cut -d' ' -f2 <<<"$out")" $'fvmstart.exe\nprocs.exe' 'VM 1 lists itself alone, and what started it'
inside 2 "$procs" list; is "$(cut -d' ' -f2 <<<"$out")" $'fvmstart.exe\nprocs.exe\nfvmstart.exe\nprocs.exe' 'VM 2 lists its own'
outside procs.exe list; like "$out" 'services.exe' 'the host lists more'

# --- every way to start a program
printf '@%s open %s\r\n' "$procs" "$host_pid" >way.bat
outside procs.exe ways "$host_pid"; is "$(grep -vc ': opened$' <<<"$out")" 0 'outside: all ways work'; ways=$(cut -d: -f1 <<<"$out")
inside 1 "$procs" ways "$host_pid"
is "$(cut -d: -f1 <<<"$out")" "$ways" 'inside: all ways work'
is "$(grep -v ': error 87$' <<<"$out")" '' 'and none leads out of the VM'
diag "$(tr '\n' ' ' <<<"$ways")"

# --- what is no Windows program
outside procs.exe native 'Z:\bin\true'; like "$out" 'spawnvp: 0.*process: started' 'outside: Wine starts Linux programs'
inside 1 "$procs" native 'Z:\bin\true'; is "$out" $'spawnvp: c0000022\nprocess: error 193' 'inside: they are refused'
inside 1 "$procs" exit 42; is $rc 42 'exit code'
inside 1 "$procs" exit 300; is $rc 44 'as Linux keeps it'
inside 1 nowhere; is $rc 127 'a program that does not exist'

# --- several begin one VM at once
for i in 1 2 3 4 5 6; do (start 21 "$procs" list) >"once$i.txt" 2>&1 & once[i]=$!; done; wait "${once[@]}"
is "$(cat once?.txt | grep -vc -e 'procs.exe' -e 'fvmstart.exe')" 0 'six programs begin a VM at the same time'

# --- the end
start 3 cmd /c "start /b $procs wait 50 & $procs wait 55" >late.txt 2>&1 & late=$!
two() { [ "$(grep -c . late.txt)" = 2 ]; }
await 20 two; pids=$(tr -d '\r' <late.txt | cut -d' ' -f1)
kill -9 "$(pgrep -f -- '--vm 3 --layer' | while read -r p; do [ "$(cat "/proc/$p/comm")" = fvmstart.exe ] && echo "$p"; done)"
gone() { local p; for p in $pids; do outside procs.exe open "$p"; [ "$out" != opened ] || return 1; done; }
ok 'a VM whose launcher is killed ends, late-born processes too' await 10 gone
kill $host $other $late 2>/dev/null
done_testing

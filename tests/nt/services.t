# The service manager: a VM has its own, over its own view of the database, begun when it is first asked for. Outside is the oracle.
. "$(dirname "$0")/lib.sh"
cp "$FVM_NT_PROGRAMS/services.exe" .; probe=$(win "$PWD/services.exe"); home=$WINEPREFIX/drive_c/services-test F='C:\services-test'
rm -rf "$home"; mkdir -p "$home"; trap 'end_server; rm -rf "$work" "$home"' EXIT
managers() { of_kit '^C:.windows.system32.services\.exe'; }
notes() { cat "$home"/*.txt 2>/dev/null | tr -d '\r' | tr '\n' ' '; }
vm_notes() { find "layer$1" -name '*.txt' -print0 | sort -z | xargs -0r cat | tr -d '\r' | tr '\n' ' '; }

# --- what calls answer
outside cmd /c 'echo up'; outside "$probe" manager; before=$(managers)
is "$(wc -w <<<"$before")" 1 'the host has its manager'
inside 1 cmd /c 'echo nothing asked'; is "$(managers)" "$before" 'a VM that does not ask for services has none'
outside "$probe" calls "$F"; outside_says=$out outside_notes=$(notes); rm -f "$home"/*
inside 1 "$probe" calls "$F"
is "$(diff - <(echo "$out") <<<"$outside_says")" '' "create, configure, start, control, stop, depend, list, delete: as outside ($(wc -l <<<"$out") answers)"
is "$(vm_notes 1)" "$outside_notes" 'and the services were told the same'
is "$(ls "$home")" '' 'none of it on the host'
is "$(managers)" "$before" 'when the VM has ended, so has its manager'
like "$(head -1 <<<"$out")" '^manager: 0$' 'OpenSCManager'

# --- whose services are they?
outside "$probe" install FvmShared "$F"; outside "$probe" start FvmShared
for vm in 2 3; do inside $vm "$probe" query FvmShared; like "$out" 'query FvmShared: 0 state=1$' "VM $vm sees the host's service, not running"; done
inside 2 "$probe" install FvmOnly2 "$F"; inside 2 cmd /c "$probe start FvmOnly2& $probe query FvmOnly2& $probe start FvmShared& $probe query FvmShared"
is "$(grep -v manager <<<"$out" | tr '\n' ' ')" 'start FvmOnly2: 0 query FvmOnly2: 0 state=4 start FvmShared: 0 query FvmShared: 0 state=4 ' 'a VM runs one of its own, and one of the host'"'"'s name'
inside 3 "$probe" query FvmOnly2; like "$out" 'FvmOnly2: 1060$' 'which another VM does not have'
outside "$probe" query FvmOnly2; like "$out" 'FvmOnly2: 1060$' 'nor the host'
outside "$probe" query FvmShared; like "$out" 'FvmShared: 0 state=4$' "the host's runs on"
is "$(notes)/$(vm_notes 2)" 'start /start start start ' 'each wrote into its own files'
rm -f run.txt
(start 2 cmd /c "$probe start FvmShared& ping -n 30 127.0.0.1 >nul") >run.txt 2>&1 </dev/null & run=$!
for ((i = 0; i < 100; i++)); do grep -qs 'start FvmShared: 0' run.txt && break; sleep 0.1; done
inside 3 cmd /c "$probe start FvmShared& $probe stop FvmShared"; like "$out" 'start FvmShared: 0.*stop FvmShared: 0' 'two VMs and the host run a service of one name at once'
inside 2 "$probe" query FvmShared; like "$out" 'state=4$' "stopped in one, it goes on in the other"
for ((i = 0; i < 100; i++)); do [ "$(of_kit 'serve FvmShared' | wc -l)" = 2 ] && break; sleep 0.1; done # one that has stopped ends a little later
is "$(of_kit 'serve FvmShared' | wc -l)" 2 "that VM's, and the host's"
outside "$probe" stop FvmShared; like "$out" 'stop FvmShared: 0$' 'stopped on the host'
inside 2 "$probe" query FvmShared; like "$out" 'state=4$' "it goes on in the VM"
kill $run; wait $run 2>/dev/null; for ((i = 0; i < 100; i++)); do [ "$(of_kit 'serve Fvm')/$(managers)" = "/$before" ] && break; sleep 0.1; done
is "$(of_kit 'serve Fvm')/$(managers)" "/$before" 'VMs that are ended take their services with them'
outside "$probe" remove FvmShared

# --- drivers are the machine's
for name in MountMgr PlugPlay; do
    outside "$probe" query $name; outside_says=$out; inside 4 "$probe" query $name
    is "$out" "$outside_says" "$name is said to run, as outside"
done
inside 4 "$probe" start NDIS; like "$out" 'start NDIS: 1314$' 'a driver is not loaded a second time'

# --- automatic ones
inside 5 "$probe" install FvmAuto "$F" auto; inside 5 cmd /c 'ping -n 3 127.0.0.1 >nul'
is "$(vm_notes 5)" 'start ' "what the VM made automatic starts with it, though nobody asks"
inside 5 "$probe" query Eventlog; outside_says=$(outside "$probe" query Eventlog; echo "$out")
like "$outside_says/$out" 'state=4/.*state=1$' "the host's automatic ones wait until they are asked for"

# --- killed
rm -f run.txt # the last one's words may be taken for this one's
(start 6 cmd /c "$probe manager& ping -n 60 127.0.0.1 >nul") >run.txt 2>&1 </dev/null & run=$!
for ((i = 0; i < 100; i++)); do grep -qs 'manager: 0' run.txt && break; sleep 0.1; done
first=$(comm -13 <(echo "$before") <(managers)); ok 'a VM whose manager runs' test -n "$first"
kill -9 $first; inside 6 "$probe" install FvmAfter "$F"; like "$out" 'manager: 0 .*install FvmAfter: 0$|manager: 0.install FvmAfter: 0' 'kill -9 of the manager: the next who asks has it started again'
second=$(comm -13 <(echo "$before") <(managers)); ok 'it is another one' test "$second" != "$first"
inside 6 "$probe" start FvmAfter; like "$out" 'start FvmAfter: 0$' 'it starts a service'; serving=$(of_kit 'serve FvmAfter')
kill -9 $second; for i in 1 2 3 4; do (start 6 "$probe" query FvmAfter) >"q$i.txt" 2>&1 </dev/null & asks[i]=$!; done; wait "${asks[@]}"
is "$(cat q[1-4].txt | tr -d '\r' | sort -u | tr '\n' ' ')" 'manager: 0 query FvmAfter: 0 state=1 ' 'asked for by four at once'
is "$(comm -13 <(echo "$before") <(managers) | wc -w)" 1 'it is started once'
is "${serving:+it ran} $(of_kit 'serve FvmAfter')" 'it ran ' 'a service ends with the manager that started it: its control pipe is gone'
kill $run; wait $run 2>/dev/null
said=$( (start 7 "$probe" manager </dev/null 2>/dev/null) | cat | tr -d '\r'); is "$said" 'manager: 0' 'the manager keeps nobody'"'"'s output open'
is "$(ls "$home")" 'FvmShared.txt' "the host's folder has what the host's service wrote"
done_testing

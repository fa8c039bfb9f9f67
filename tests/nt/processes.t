# Processes of a VM see, reach and start only processes of the VM.
. "$(dirname "$0")/lib.sh"
cp "$FVM_NT_PROGRAMS/procs.exe" .; procs=$(win "$PWD/procs.exe")
# Somebody outside, and somebody in VM 2.
timeout 100 /usr/lib/wine/wine64 procs.exe wait 90 >host.txt 2>&1 & host=$!
LIMIT=100 start 2 "$procs" wait 90 >other.txt 2>&1 & other=$!
numbers() { tr -d '\r' <"$1" | grep '^[0-9]'; } # Wine itself may have said something first
await 20 numbers host.txt >/dev/null; await 20 numbers other.txt >/dev/null
read -r host_pid host_tid <<<"$(numbers host.txt)"; read -r other_pid other_tid <<<"$(numbers other.txt)"

outside procs.exe open "$host_pid"; is "$out" opened 'outside: a process of the host can be opened'
outside procs.exe open "$other_pid"; is "$out" opened 'outside: the host sees a process of a VM'
inside 1 "$procs" open "$host_pid"; is "$out" 'error 87' 'VM 1 does not reach a process of the host'
inside 1 "$procs" open "$other_pid"; is "$out" 'error 87' 'nor one of VM 2'
inside 2 "$procs" open "$other_pid"; is "$out" opened 'another program of VM 2 does'
inside 1 "$procs" thread "$host_tid"; is "$out" 'error 87' 'nor its threads'
inside 2 "$procs" thread "$other_tid"; is "$out" opened 'of which VM 2 reaches its own'
# With whatever rights, by whatever form of a number
outside procs.exe ids "$other_pid" "$other_tid"; ids=$out; like "$ids" 'process 1: 0.*thread 2: 0' 'outside: all rights to a process and a thread of VM 2'
inside 2 "$procs" ids "$other_pid" "$other_tid"; is "$out" "$ids" 'VM 2 gets the same'
inside 1 "$procs" ids "$other_pid" "$other_tid"; is "$(grep -vE ': c000000b$' <<<"$out")" 'no id: c0000005' 'VM 1 none of it (NtOpenProcess, NtOpenThread)'
inside 1 "$procs" ids "$host_pid" "$host_tid"; is "$(grep -vE ': c000000b$' <<<"$out")" 'no id: c0000005' 'nor of the host'
if [ -z "${AS_32:-}" ]; then # Wine 8 sends a 32-bit debugger one exception after the other
inside 1 "$procs" debug "$host_pid"; is "$out" $'attach: error 87\nevents: 3 1 5' 'a process of the host is not debugged, a child is'
inside 2 "$procs" debug "$other_pid"; like "$out" '^attached.events: 3 1 5$' 'one of the VM is'
fi

inside 1 "$procs" list; like "$out" '^[0-9]+ procs.exe$' 'VM 1 lists itself alone'
inside 2 "$procs" list; is "$(cut -d' ' -f2 <<<"$out")" $'procs.exe\nprocs.exe' 'VM 2 lists its two'
outside procs.exe list; like "$out" 'services.exe' 'the host lists more'
# Other lists: NtQuerySystemInformation's and RtlGetNativeSystemInformation's; handles (classes 16, 64)
if [ -z "${AS_32:-}" ]; then # their entries are read with the fields of 64 bits
outside procs.exe lists; like "$out" "class 5: [^:]*$host_pid procs.exe[^:]*, services.exe.*class 16: [^:]*$host_pid.*class 64: [^:]*$host_pid" 'outside: processes and handles of all'
hidden=$(grep -E 'class (22|53|88|148|252):' <<<"$out"); is "$(cut -d' ' -f3- <<<"$hidden" | sort -u)" 'c0000003 c0000003 c0000003' 'Wine knows no other class that shows processes'
inside 1 "$procs" lists; own=$(sed -n 's/^class 64: c0000004 c0000004 0 //p' <<<"$out")
is "$out" "class 5: c0000004 c0000004 0 $own procs.exe, no services.exe
class 57: c0000004 c0000004 0 $own procs.exe
class 16: c0000004 c0000004 0 $own
class 64: c0000004 c0000004 0 $own
$hidden" 'inside: its own process and handles, nothing else in the memory, and lengths that fit'
inside 2 "$procs" lists; own=$(sed -n 's/^class 64: c0000004 c0000004 0 //p' <<<"$out"); like " $own " " $other_pid " 'VM 2 lists the handles of both its processes'
fi
inside 1 "$procs" walk; like "$out" '^(absent|[0-9]+)$' 'NtGetNextProcess: not there, or itself alone'
# The parent: a member, or nobody
inside 1 "$procs" parent; like "$out" '^0 0 of ' 'the parent outside is not told (NtQueryInformationProcess)'
inside 1 cmd /c "$procs parent"; like "$out" '^([0-9]+) \1 of ' 'a parent inside is'; not_ok 'and has a number' grep -q '^0 ' <<<"$out"

# --- every way to start a program
printf '@%s open %s\r\n' "$procs" "$host_pid" >way.bat
outside procs.exe ways "$host_pid"; is "$(grep -vc ': opened$' <<<"$out")" 0 'outside: all ways work'; ways=$(cut -d: -f1 <<<"$out")
inside 1 "$procs" ways "$host_pid"
is "$(cut -d: -f1 <<<"$out")" "$ways" 'inside: all ways work (NtCreateUserProcess)'
is "$(grep -v ': error 87$' <<<"$out")" '' 'and none leads out of the VM'
diag "$(tr '\n' ' ' <<<"$ways")"

outside procs.exe rareways "$host_pid"; rare=$out; diag "$(cut -d: -f1 <<<"$rare" | tr '\n' ' ')"
# What a 32-bit program starts as another process' child is silent here, see docs/compat.md.
rare=${rare//opened/error 87}; [ -z "${AS_32:-}" ] || rare=${rare/child of a child: error 87$'\n'/child of a child: }
inside 1 "$procs" rareways "$host_pid"; is "$out" "$rare" 'nor do rarer ones: consoles, tokens, shell, parent and job given, ntdll alone'
outside procs.exe pointers; pointers=$out; inside 1 "$procs" pointers; is "$out" "$pointers" 'bad pointers: the same answers as outside'
outside procs.exe stack; stack=$out; inside 1 "$procs" stack; is "$out" "$stack" 'and on a stack of 64 kB'
# Wine 8 fills 240 pages of each new stack with zeros, 10 MB in a service manager: they are given back.
few() { awk '{ kinds = kinds ($1 > 0 && $1 < 40 ? "few " : "many ") } END { print kinds }' <<<"$out"; }
outside procs.exe stacks; is "$(few)" 'many many ' 'outside the stacks of both threads take memory'
inside 1 "$procs" stacks; is "$(few)" 'few few ' "inside they do not: $out"

# --- what is no Windows program
outside procs.exe native 'Z:\bin\true'; like "$out" 'spawnvp: 0.*process: started' 'outside: Wine starts Linux programs'
inside 1 "$procs" native 'Z:\bin\true'; is "$out" $'spawnvp: c0000022\nprocess: error 193' 'inside: they are refused'
inside 1 "$procs" exit 42; is $rc 42 'exit code'
inside 1 "$procs" exit 300; is $rc 44 'as Linux keeps it'
inside 1 nowhere; is $rc 127 'a program that does not exist'

if [ -z "${AS_32:-}" ]; then # jobs, image paths, system: looked at with 64-bit programs only
# --- jobs: the VM's own is not there, a program's work as without it
outside procs.exe jobs; jobs=$out; is "$(grep -c . <<<"$jobs")" 30 'outside: jobs'
inside 1 "$procs" jobs; is "$out" "$jobs" 'inside: the same (NtIsProcessInJob, NtCreateJobObject, NtOpenJobObject, breakaway, nested jobs, lists, messages)'
inside 1 "$procs" nulljob; is "$out" $'no job: c0000022\nin a job: 0' 'NtQueryInformationJobObject without a handle: no job but an own'

# --- where an image is: a program and a DLL that only VM 1 has
inside 1 cmd /c "mkdir C:\\priv & copy $procs C:\\priv\\own.exe & copy $procs C:\\priv\\own.dll"
paths='full: C:\priv\own.exe
native: \Device\HarddiskVolume1\priv\own.exe
psapi: \Device\HarddiskVolume1\priv\own.exe
module: C:\priv\own.exe
mapped: \??\C:\priv\own.exe
toolhelp: own.exe C:\priv\own.exe'
inside 1 cmd /c 'C:\priv\own.exe image own.dll'
is "$out" "own: C:\\priv\\own.exe
C: C:\\priv\\own.exe
line: C:\\priv\\own.exe image own.dll
parameters: C:\\priv\\own.exe, in $(win "$PWD")\\
library: C:\\priv\\own.dll
mapped: \\??\\C:\\priv\\own.dll
$paths
toolhelp: own.dll C:\\priv\\own.dll" 'a program sees its virtual paths (NtQueryInformationProcess, NtQueryVirtualMemory, PEB)'
inside 1 'C:\priv\own.exe' parent; like "$out" '^0 0 of ' 'fvmstart finds it'
cp procs.exe gone.exe; inside 1 gone.exe parent; like "$out" '^0 0 of ' 'as it finds a program of the host'
inside 1 cmd /c 'del gone.exe'; inside 1 gone.exe parent; is $rc 127 'until the VM deletes it'; ok 'the host has it' test -e gone.exe
inside 1 'Z:\bin\true'; is $rc 126 'a Linux program is none to it'
inside 1 cmd /c 'cd /d C:\PRIV && OWN image'; like "$out" '^own: C:\\[Pp][Rr][Ii][Vv]\\[Oo][Ww][Nn].(exe|EXE).*in C:\\priv' 'spelled in another way, found by the shell'
LIMIT=30 start 1 cmd /c 'C:\priv\own.exe wait 20' >mine.txt 2>&1 & mine=$!; await 20 numbers mine.txt >/dev/null; read -r mine_pid _ <<<"$(numbers mine.txt)"
inside 1 "$procs" imageof "$mine_pid"; is "$out" "$paths" 'and so does another program'
kill $mine 2>/dev/null

# --- what concerns the whole Windows
inside 1 "$procs" system
is "$out" 'NtLoadDriver: c0000061
NtUnloadDriver: c0000061
NtShutdownSystem: c0000061
NtInitiatePowerAction: c0000061
NtPowerInformation: c0000061
NtRaiseHardError: c0000061
NtSetSystemTime: c0000061
NtSetSystemInformation: c0000061
NtSystemDebugControl: c0000022
NtSetDebugFilterState: c0000022
NtSetIntervalProfile: c0000061
NtDisplayString: c0000061
NtCreatePagingFile: c0000061
NtSetInformationProcess: c0000061
NtSetInformationProcess: c0000061
NtSetInformationThread: c0000061
NtQuerySystemInformationEx: c0000003
RtlGetNativeSystemInformation: c0000004
ExitWindowsEx 2: failed
ExitWindowsEx 4: failed
time not set
priority: 1
thread: 1' 'is refused as to a user without the privilege'
inside 1 "$procs" native 'C:\windows\system32\wineboot.exe'; like "$out" 'process: error 1314' 'as is the program by which Wine ends the session'
outside procs.exe open "$host_pid"; is "$out" opened 'the host goes on'

fi
# --- several begin one VM at once
for i in 1 2 3 4 5 6; do (start 21 "$procs" list) >"once$i.txt" 2>&1 & once[i]=$!; done; wait "${once[@]}"
is "$(cat once?.txt | grep -vc -e 'procs.exe' -e 'fvmstart.exe')" 0 'six programs begin a VM at the same time'

# --- the end
start 3 cmd /c "start /b $procs wait 50 & $procs wait 55" >late.txt 2>&1 & late=$!
two() { [ "$(grep -c . late.txt)" = 2 ]; }
await 20 two; pids=$(tr -d '\r' <late.txt | cut -d' ' -f1)
kill -9 "$(pgrep -P $late)" # timeout's child: fvmstart
gone() { local p; for p in $pids; do outside procs.exe open "$p"; [ "$out" != opened ] || return 1; done; }
ok 'a VM whose launcher is killed ends, late-born processes too' await 10 gone
kill $host $other $late 2>/dev/null
done_testing

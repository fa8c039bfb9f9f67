# Shared VMs: many in one Windows, each with files and processes of its own; the same commands, words and store as sealed
# ones. A sealed VM is the oracle: what the same program does there must give the same diff.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
seed=${FVM_SEED:-$RANDOM} rounds=${FVM_SHARED_KILLS:-24}; diag "FVM_SEED=$seed FVM_SHARED_KILLS=$rounds"
pause=$FVM_PROGRAMS/pause.exe
at_rest() { ! [ -e "$FVM_HOME/vms/$1/layers/1/journal" ] && ! [ -e "$FVM_HOME/vms/$1/run" ]; }
in_vm() { fvm run --vm "$1" cmd /c "$2"; } # out, rc
fvm run cmd /c 'echo %USERNAME%'; who=$out
others() { grep -vx -e "$who" -e '' <<<"$out"; } # in a listing of C:\users

# --- two VMs and the host see each its own ------------------------------------------------------------------------------
mkdir proj; cd proj || exit 1; echo host >mine.txt; echo gone >gone.txt; mkdir dir; echo x >dir/x.txt
fvm create --level shared a; is $rc 0 'a shared VM is made'
fvm create --level shared b; fvm create c
like "$("$FVM" list)" 'a +stopped +shared' 'list tells its level'
in_vm a 'echo a>C:\one.txt& echo a>>mine.txt& del gone.txt& ren dir DIR2& ren C:\windows\WIN.INI win2.ini& del C:\windows\SYSTEM.INI& mkdir C:\new& echo n>C:\new\n.txt& ren C:\users\Public Moved'
is $rc 0 'a program changes files'
in_vm b 'type C:\one.txt& type mine.txt& type gone.txt& dir /b dir& dir /b C:\windows\*.ini& dir /b C:\users'
is "$(others)" $'host\ngone\nx.txt\nsystem.ini\nwin.ini\nPublic' 'another VM sees the host'
is "$(cat mine.txt gone.txt dir/x.txt)" $'host\ngone\nx' 'and so does the host'
ok 'the layer is at rest' at_rest a
"$FVM" diff a >a.diff; [ "$(grep -c . a.diff)" -gt 9 ]; is $? 0 'diff lists what it changed'
diag "$(cat a.diff)"
for line in 'files' '+ C:\\new\\' '+ C:\\new\\n.txt' '> C:\\windows\\win.ini -> C:\\windows\\win2.ini' '- C:\\windows\\system.ini' '~ Z:.*mine.txt' '- Z:.*gone.txt' '> Z:.*dir\\ -> Z:.*DIR2' '- C:\\users\\Public' '+ C:\\users\\Moved'; do
    like "$(cat a.diff)" "${line//+/\\+}" "among it $line"
done
in_vm a 'type C:\one.txt& type mine.txt& type gone.txt& dir /b DIR2& dir /b C:\windows\*.ini& dir /b C:\users'
is "$(others)" $'a\nhost\na\nx.txt\nwin2.ini\nMoved' 'the next program of the VM sees it all again'
"$FVM" diff a >again.diff; is "$(cat again.diff)" "$(cat a.diff)" 'and changes nothing by being run'

# --- running: ps, diff, stop ------------------------------------------------------------------------------------------------
"$FVM" run --vm a "$pause" 60001 >a.log 2>&1 & run_a=$!
"$FVM" run --vm b "$pause" 60002 >b.log 2>&1 & run_b=$!
both() { "$FVM" ps a | grep -q 'pause.exe.* 60001' && "$FVM" ps b | grep -q 'pause.exe.* 60002'; }
ok "two run at once" await 20 both || diag "$(cat a.log b.log)"
unlike "$("$FVM" ps a)" '60002' 'ps tells them apart'
fails_with 125 'keeps the level' 'a VM keeps its level' run --vm c --level shared cmd /c ver
fails_with 125 "only 'sealed' and 'shared'" 'a level that is none' run --level shard cmd /c ver
in_vm a 'del mine.txt'
"$FVM" diff a >running.diff 2>/dev/null; like "$(cat running.diff)" '- Z:.*mine.txt' 'diff of a running VM knows its deletions'
fails_with 125 'while it runs' 'commit of a running VM is refused' commit a
kill -9 $run_b; wait $run_b 2>/dev/null
ok 'a VM whose command is killed ends, and is at rest' await 10 at_rest b
like "$("$FVM" ps a)" 'pause.exe' 'the other goes on'
fvm stop a; is $rc 0 'stop'
wait $run_a; is $? 137 'ends its programs'
ok 'the layer is at rest again' at_rest a
(exec "$FVM" run --vm b cmd /c "start /b $(sed 's|/|\\|g; s|^|Z:|' <<<"$pause") 60003 & exit 0") >late.log 2>&1 & late=$!
late_runs() { "$FVM" ps b | grep -q 'pause.exe.* 60003'; }
ok 'a program outlives the one that started it' await 20 late_runs
kill -9 $late 2>/dev/null; wait $late 2>/dev/null; fvm stop b
ok 'stop ends it though the command was killed' await 5 no_supervisor b
is "$("$FVM" ps | grep -c pause.exe)" 0 'nothing is left of it'

# --- commit, discard, delete --------------------------------------------------------------------------------------------------
fvm discard --only 'C:\new*' a; is $rc 0 'discard of a part'
fvm commit --only 'Z:*' a; is $rc 0 'commit of a part'
is "$(ls)" $'DIR2\na.diff\na.log\nagain.diff\nb.log\nlate.log\nrunning.diff' 'the folder is as the VM left it'
fvm diff a; unlike "$out" 'new|Z:' 'what was discarded or committed is no change any more'
fvm commit a; is $rc 0 'commit of the rest'
in_vm c 'dir /b C:\windows\*.ini& type C:\one.txt'; is "$out" $'win2.ini\na' 'a sealed VM sees it in the base'
fvm diff a; is "$out" 'nothing changed' 'and the VM itself has no change left'
fvm delete a b; is $rc 0 'delete'

# --- as a program expects it ----------------------------------------------------------------------------------------------------
fvm run --level shared cmd /c 'exit 42'; is $rc 42 'exit code'
fails_with 127 'no-such|Windows error 2' 'a program that is not there' run --level shared no-such.exe
is "$(echo in | timeout 60 "$FVM" run --level shared cmd /c 'set /p x=& call echo got %^x%' | tr -d '\r')" 'got in' 'pipes'
fvm run --level shared --cwd 'C:\windows' cmd /c cd; is "$out" 'C:\windows' '--cwd'
fvm run --level shared cmd /c cd; is "$out" "$(sed 's|/|\\|g; s|^|Z:|' <<<"$PWD")" 'the current folder'
fvm create --level shared d
in_vm d 'mkdir C:\own& copy C:\windows\system32\cmd.exe C:\own\tool.exe'
fvm run --vm d --cwd 'C:\own' 'C:\own\tool' /c 'cd & ver'; like "$out" '^C:.own.*Windows' 'a program and a folder that only the VM has'
printf '@echo batch %%1 %%CD%%\r\n' >b.bat; fvm run --vm d ./b.bat one; like "$out" '^batch one Z:' 'a batch file by its Linux path'
in_vm d 'dir /b /a Z:\'; unlike "$out" $'(^|\n)vm' 'layers are not to be seen'
in_vm d 'dir /b Z:\vm\1& dir /b Z:\prefix\dosdevices'; is "$out" '' 'nor reached'
fvm delete d

# --- what doctor says of it, and what a part that is missing does ------------------------------------------------------------------
fvm doctor; is $rc 0 'doctor'; like "$out" $'\nok +shared level +can be used' 'says that the level can be used here'
like "$out" $'\nless +shared level +is no border .*hostile code' 'and what it is not'
cp -r "$(dirname "$FVM")" bin; rm bin/guest/fvm64.dll
like "$(bin/fvm doctor)" $'\nless +shared level +cannot be used: .*bin/guest/fvm64.dll' 'without the engine it tells its name'
FVM=$PWD/bin/fvm fails_with 125 'fvm64.dll' 'and such a VM does not start' run --level shared cmd /c ver
rm -r bin

# --- the same as in a sealed VM ----------------------------------------------------------------------------------------------
fvm create --level shared s; fvm create t
cp "$FVM_PROGRAMS/ops.exe" .
for part in 0 1; do
    for vm in s t; do LIMIT=120 fvm run --vm $vm ./ops.exe run "$seed" 240 $((part * 120)) $((part * 120 + 120)); is $rc 0 "random operations in VM $vm, part $part"; done
done
for vm in s t; do
    fvm run --vm $vm ./ops.exe dump; grep -v '^\(HK\|key\|value\)' <<<"$out" | grep -i 'C:\\' >$vm.dump
    "$FVM" diff --json $vm | node -e 'const d = JSON.parse(require("fs").readFileSync(0)); for (const f of d.files) console.log(JSON.stringify(f))' >$vm.files
done
is "$(diff s.dump t.dump)" '' 'both see the same files'
is "$(diff s.files t.files)" '' 'and have the same changes'
[ "$(wc -l <s.files)" -gt 5 ]; is $? 0 "which are many: $(wc -l <s.files)"
fvm delete s t

# --- kill -9 of any part --------------------------------------------------------------------------------------------------------
# The victims: this VM's command, supervisor, warden, server; the Windows' supervisor, pid 1 or wineserver; the program; all.
parent() { awk '/^PPid:/ {print $2}' "/proc/$1/status" 2>/dev/null; }
wardens() { all_of fvm-warden; }
servers() { all_of wineserver64; }
find_victim() { # kind
    local p
    case $1 in
    command) echo $run ;;
    supervisor) for p in $(wardens); do parent "$p"; done ;;
    warden) wardens ;;
    server) for p in $(wardens); do children "$p"; done ;;
    program) "$FVM" ps k | awk '/writer.exe/ {pid = $3} END {print pid}' ;;
    windows) for p in $(servers); do p=$(parent "$p"); parent "$p"; done ;;
    wineserver) servers ;;
    esac
}
RANDOM=$seed
kinds=(command supervisor warden server program windows wineserver) next=1 problems=''
fvm create --level shared k
for ((i = 0; i < rounds; i++)); do
    kind=${kinds[i % 7]}; rm -f k.log
    "$FVM" run --vm k "$FVM_PROGRAMS/writer.exe" $next 4 >k.log 2>k.err </dev/null & run=$!
    await 30 test -s k.log || problems+="round $i: did not start: $(cat k.err); "
    sleep 0.$((RANDOM % 3))$((RANDOM % 10))
    victims=$(find_victim $kind)
    [ -n "$victims" ] || problems+="round $i: no $kind; "
    kill -9 $victims 2>/dev/null
    await 20 are_gone $run || problems+="round $i: $kind: the program goes on; "
    kill -9 $run 2>/dev/null; wait $run 2>/dev/null
    await 20 no_supervisor || problems+="round $i: $kind: the VM does not end; "
    last=$(tr -d '\r' <k.log | awk 'NF==2 && $1 ~ /^[0-9]+$/ {n=$1} END {print n+0}')
    "$FVM" stop k 2>k.err || problems+="round $i: $kind: stop: $(cat k.err); "
    missing=''; at_rest k || problems+="round $i: $kind: not at rest; "
    [ "$last" -lt $next ] || missing=$(cd "$FVM_HOME/vms/k/layers/1/files/C/kill" && seq -f '%.0f.txt' $next "$last" | xargs cat 2>&1 | cmp - <(seq $next "$last") 2>&1)
    [ -z "${missing:-}" ] || problems+="round $i: $kind: lost: $missing; "
    [ "$last" -lt $next ] || next=$((last + 1))
done
is "$problems" '' "$rounds kills, $((next - 1)) files written"
fvm run --vm k cmd /c 'dir /b C:\kill'; [ "$(grep -c . <<<"$out")" -ge $((next - 1)) ]; is $? 0 'and the VM sees them all'
fvm delete k c
nothing_left 'nothing is left behind'
done_testing

# The registry of shared VMs: each has its own on top of the base's, kept in its layer in the same words as a sealed VM's,
# which is the oracle: the same commands give the same diff, to the last byte.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
pause=$FVM_PROGRAMS/pause.exe
in_vm() { fvm run --vm "$1" cmd /c "$2"; } # out, rc
value() { in_vm "$1" "reg query $2 /v $3"; out=$(awk 'NF>2 {print $NF}' <<<"$out"); }
delta() { cat "$FVM_HOME/vms/$1/layers/1/registry.reg"; }
fvm create --level shared a; fvm create --level shared b; fvm create c; is $rc 0 'two shared VMs and a sealed one'

# --- the same commands, the same diff ----------------------------------------------------------------------------------------
commands='reg add HKLM\Software\FvmTest\Deep\er /v one /d 1& reg add HKLM\Software\FvmTest /v Bin /t REG_BINARY /d 00ff10& reg add HKCU\Software\FvmTest /v Number /t REG_DWORD /d 77& reg add HKCU\Software\FvmTest /ve /d default'
gone='HKLM\Software\Classes\CLRMetaData.CorMetaDataDispenser' anew='HKLM\Software\Classes\CLRMetaData.CorMetaDataDispenser.2' part='HKLM\Software\Classes\InternetShortcut'
more="reg delete $gone /f& reg add $part /v new /d x& reg delete $part /ve /f& reg delete $part /v EditFlags /f& reg add HKCU\\Software\\FvmTest /v a\\b= /d c:\\new& reg delete $anew /f& reg add $anew /ve /d mine& reg add HKU\\.Default\\FvmTest /v u /d u"
for vm in a c; do in_vm $vm "$commands& $more"; is $rc 0 "VM $vm changes its registry"; done
"$FVM" diff a >a.diff; "$FVM" diff c >c.diff
[ "$(grep -c . a.diff)" -gt 9 ]; is $? 0 'which are many changes'
is "$(cat a.diff)" "$(cat c.diff)" 'diff says the same of both levels'
is "$("$FVM" diff --reg a)" "$("$FVM" diff --reg c)" 'as .reg text, too'
is "$(delta a)" "$(delta c)" 'and the layers are equal to the last byte'
diag "$(cat a.diff)"
# --- seen again, and by nobody else -------------------------------------------------------------------------------------------
value a 'HKLM\Software\FvmTest\Deep\er' one; is "$out" 1 'the next start sees it'
value a 'HKCU\Software\FvmTest' Number; is "$out" 0x4d 'all of it'
in_vm a "reg query $gone"; is $rc 1 'what it deleted stays away'
in_vm a "reg query $anew /s"; is "$(awk 'NF>2 {print $NF}' <<<"$out")" mine 'and what it made anew has nothing of the old'
in_vm b 'reg query HKLM\Software\FvmTest'; is $rc 1 'another VM does not'
in_vm b "reg query $gone"; is $rc 0 'and has what the first deleted'
in_vm b 'reg add HKLM\Software\FvmTest /v one /d second'; value b 'HKLM\Software\FvmTest' one; is "$out" second 'it has its own under the same name'
fvm diff a; is "$out" "$(cat a.diff)" 'the first has what it had'
in_vm b 'reg query HKLM'; unlike "$out" '__fvm' 'where private keys lie is not to be seen'
in_vm b 'reg query HKLM\__fvm'; is $rc 1 'nor reached'
# --- while it runs ------------------------------------------------------------------------------------------------------------
"$FVM" run --vm b "$pause" 60001 >b.log 2>&1 & run_b=$!
runs_b() { "$FVM" ps b | grep -q 'pause.exe.* 60001'; }
ok 'it runs' await 20 runs_b
in_vm b 'reg add HKLM\Software\FvmTest /v late /d 1'
shown() { "$FVM" diff b 2>/dev/null | grep -q late; }
sleep 1.2; ok 'diff of a running VM knows what was changed a second ago' shown
fvm stop b; wait $run_b 2>/dev/null
# --- commit, discard --------------------------------------------------------------------------------------------------------------
fvm discard --only 'HKEY_LOCAL_MACHINE\Software\Classes*' a; is $rc 0 'discard of a part'
in_vm a "reg query $gone"; is $rc 0 'what was deleted is there again'
fvm commit a; is $rc 0 'commit'
fvm create e; value e 'HKLM\Software\FvmTest\Deep\er' one; is "$out" 1 'a new sealed VM sees it in the base'
fvm diff a; is "$out" 'nothing changed' 'and the VM itself has no change left'
value a 'HKCU\Software\FvmTest' Number; is "$out" 0x4d 'but sees it'
fvm discard b; value b 'HKLM\Software\FvmTest' one; is "$rc" 1 'discard of everything'
# --- kill -9 of everything, and of the Windows' wineserver alone ---------------------------------------------------------------------------------------------------------
# The program writes a value in each step, then says its number and the time in ms; a holder saves within a second.
fvm create --level shared k; next=1
for round in 1 2 3; do
    "$FVM" run --vm k "$FVM_PROGRAMS/writer.exe" $next 4 >k.log 2>k.err </dev/null & run=$!
    some() { [ "$(grep -c ' ' k.log)" -gt "$1" ]; }
    await 30 some 3; sleep 2.$round
    if [ $round = 2 ]; then what=wineserver victims=$(all_of wineserver64); else what='all supervisors' victims=$(supervisors); fi
    ok "there are $what" test -n "$victims"
    kill -9 $victims 2>/dev/null; kill -9 $run 2>/dev/null; wait $run 2>/dev/null
    await 20 no_supervisor
    tr -d '\r' <k.log | awk -v from=$next 'NF == 2 && $1 + 0 >= from' >said; said=$(wc -l <said)
    fvm diff --reg k; numbers=$(tr -d '\0' <<<"$out" | sed -n 's/^.*"v\([0-9]*\)"=.*$/\1/p' | sort -n); last=$(tail -1 <<<"$numbers")
    is "$(wc -l <<<"$numbers")" "${last:-none}" "$what, kill -9: what is there has no hole ($((${last:-0} - next + 1)) of $said steps)"
    lost=$(awk -v last="${last:-0}" '$1 > last && !from {from = $2} {to = $2} END {print from ? to - from : 0}' said)
    ok "and goes on to a second before ($lost ms; three where the machine is busy)" test "$lost" -le 3000
    ok 'which is some' test "${last:-0}" -gt $((next + 5)); next=$((${last:-0} + 1))
done
fvm delete a b c e k; is $rc 0 'delete'
nothing_left 'nothing is left behind'
done_testing

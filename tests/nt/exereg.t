# fvm.exe and the registry: `diff`, `commit` and `discard` on a Windows, here a plain Wine. Outside is the oracle: what random
# calls on keys do in a VM and `commit` brings out is what they do natively on equal keys, and after `discard` nothing happened.
# FVM_EXE_FROM, FVM_EXE_TO: seeds of the random part.
. "$(dirname "$0")/lib.sh"
build=$(dirname "$FVM_ENGINE") drive=$WINEPREFIX/drive_c
export FVM_HOME='C:\exereg-store'; store=$drive/exereg-store; rm -rf "$store"
fvm() { timeout -k 5 "${LIMIT:-60}" /usr/lib/wine/wine64 "$build/fvm.exe" "$@" >out.txt 2>err.txt </dev/null; rc=$?; out=$(tr -d '\r' <out.txt) err=$(tr -d '\r' <err.txt); return $rc; }
vm() { local name=$1; shift; fvm run --vm "$name" cmd /c "$*"; }
native() { outside cmd /c "$*"; }
U='HKCU\Software\ExeReg' M='HKLM\Software\ExeReg'
clear() { native "reg delete $U /f& reg delete $M /f" >/dev/null; }
fresh() { clear; native "reg add $U /v keep /d host& reg add $U /v change /d host& reg add $U /v drop /t REG_DWORD /d 7& reg add $U /ve /d default& reg add $U\\gone\\below\\deep /v x /d y& reg add $U\\empty& reg add $U\\other /v v /d w& reg add $M\\Run /v old /d 1"; }
keys() { native "reg query $U /s& reg query $M /s"; echo "$out"; }
changes="reg add $U /v change /d mine /f& reg delete $U /v drop /f& reg delete $U\\gone /f& reg delete $U /ve /f& reg add $U\\new\\below /v bin /t REG_BINARY /d 00ff10& reg add $U\\new /v multi /t REG_MULTI_SZ /d one\\0two\\0& reg add $M\\Run /v Demo /t REG_EXPAND_SZ /d %exereg%\\x& reg add $U\\made"

fresh; start=$(keys); fvm create box; vm box "$changes"; is "$rc" 0 'a VM writes to the registry'
is "$(keys)" "$start" 'the host has changed in nothing'
fvm diff box; said=$out
is "$out" 'registry
  - HKEY_CURRENT_USER\Software\ExeReg  (default)
  ~ HKEY_CURRENT_USER\Software\ExeReg  "change" = "mine"
  - HKEY_CURRENT_USER\Software\ExeReg  "drop"
  - HKEY_CURRENT_USER\Software\ExeReg\gone\
  + HKEY_CURRENT_USER\Software\ExeReg\made\
  + HKEY_CURRENT_USER\Software\ExeReg\made  (default) = ""
  + HKEY_CURRENT_USER\Software\ExeReg\new\
  + HKEY_CURRENT_USER\Software\ExeReg\new  "multi" = "one\u0000two\u0000"
  + HKEY_CURRENT_USER\Software\ExeReg\new\below\
  + HKEY_CURRENT_USER\Software\ExeReg\new\below  "bin" = type 3, 3 bytes
  + HKEY_LOCAL_MACHINE\Software\ExeReg\Run  "Demo" = "%exereg%\x"' 'diff: created, changed, deleted keys and values'
fvm diff --stat box; is "$(tail -1 <<<"$out")" 'registry: created 7, changed 1, deleted 3' 'diff --stat'
fvm diff --json box; is "$(python3 -c 'import json, sys; r = json.load(sys.stdin)["registry"]; print(len(r), [x["value"] for x in r if x["key"].endswith("Run")])' <<<"$out")" "11 ['Demo']" 'diff --json'
fvm diff --reg box; like "$out" 'Windows Registry Editor.*\[-HKEY_CURRENT_USER\\Software\\ExeReg\\gone\]' 'diff --reg'
fvm commit --dry-run box; is "$rc/$(sort -u <<<"$out" | tr '\n' ' ')" '0/would commit HKEY_CURRENT_USER\Software\ExeReg\ would commit HKEY_CURRENT_USER\Software\ExeReg\gone\ would commit HKEY_CURRENT_USER\Software\ExeReg\made\ would commit HKEY_CURRENT_USER\Software\ExeReg\new\ would commit HKEY_CURRENT_USER\Software\ExeReg\new\below\ would commit HKEY_LOCAL_MACHINE\Software\ExeReg\Run\ ' 'commit --dry-run'
is "$(keys)" "$start" 'none of that changed the host'

# Parts: a glob names a key with a value, by the root's long or short name.
fails_with 125 'matches no change' '--only that matches nothing' commit --only 'HKLM\nothing*' box
vm box "reg query $U /s& reg query $M /s"; seen=$out
fvm commit --only 'HKLM\*\Run\Demo' box; is "$rc/$err" "0/fvm: committed 1 change of VM 'box'" 'commit --only one value'
native "reg query $M\\Run"; like "$out" 'Demo +REG_EXPAND_SZ +%exereg%.x' 'the host has it'
native "reg query $U /v change"; like "$out" 'change +REG_SZ +host' 'and not the rest'
fvm discard --only "HKCU\\Software\\ExeReg\\made" box; is "$rc/$err" "0/fvm: discarded 1 change of VM 'box'" 'discard --only one key'
fvm diff box; is "$out" "$(grep -v '"Demo"\|ExeReg.made' <<<"$said")" 'the others stay'
vm box "reg add $U\\made& reg query $U /s& reg query $M /s"; is "$(grep -v successfully <<<"$out")" "$seen" 'and the VM sees what it saw, with the key made again'
fvm commit box; is "$rc/$err" "0/fvm: committed 5 changes of VM 'box'" 'commit'
committed=$(keys); fvm diff box; is "$out" 'nothing changed' 'leaves nothing'
fresh; native "$changes"; is "$committed" "$(keys)" 'and did what the same commands do natively'
fresh; fvm delete --force box; fvm create box; vm box "$changes"; fvm discard box; is $rc 0 'discard'
fvm diff box; is "$out" 'nothing changed' 'leaves nothing'
vm box "reg query $U /s& reg query $M /s"; is "$out" "$start" 'is as if nothing had happened'
is "$(keys)" "$start" 'for the host, too'

# Files and registry together.
vm box "echo x>C:\\exereg.txt& reg add $U /v both /d 1"; fvm diff box; is "$out" 'files
  + C:\exereg.txt  3 B
registry
  + HKEY_CURRENT_USER\Software\ExeReg  "both" = "1"' 'files and registry in one diff'
fvm commit --only '*.txt' box; fvm diff box; is "$(ls "$drive/exereg.txt")/$out" "$drive/exereg.txt/registry
  + HKEY_CURRENT_USER\\Software\\ExeReg  \"both\" = \"1\"" 'commit --only of files leaves the registry'
fvm commit box; native "reg query $U /v both"; is $rc 0 'which comes with the next'; rm -f "$drive/exereg.txt"

# What the host wrote since the VM first saw it is not overwritten. Windows tells the time of a key, not of each value.
fresh; fvm delete --force box; fvm create box; sleep 0.1; vm box "$changes"
native "reg add $U /v theirs /d 1& reg add $U\\gone\\below /v late /d 1"; theirs=$(keys)
fvm commit box; is "$rc" 125 'what the host changed too is refused'
is "$(grep conflict: <<<"$err" | sort | tr '\n' ' ')" 'fvm: conflict: HKEY_CURRENT_USER\Software\ExeReg fvm: conflict: HKEY_CURRENT_USER\Software\ExeReg\gone ' 'a value of a changed key, and something below a deleted one'
is "$(keys)" "$theirs" 'and nothing was done'
fvm commit --only 'HKLM\*' box; is $rc 0 '--only picks others'
fvm commit --force box; is $rc 0 '--force lets the VM win'
native "reg query $U\\gone"; is $rc 1 'the deleted key is gone'; native "reg query $U /v theirs"; is $rc 0 'what the VM did not touch stays'
# What the host did itself meanwhile is no change any more.
fresh; fvm delete --force box; fvm create box; vm box "$changes"; native "$changes"; fvm diff box; is "$out" 'nothing changed' 'what the host has just the same is no change'
fvm delete --force box; fresh

# Keys of the engine's and of 32-bit programs.
native "reg query HKLM\\__fvm"; unlike "$out" '__fvm.' 'no private key of a VM is left'
fvm create box; vm box "reg add $M /v w /d 32 /reg:32& reg add $M /v w /d 64 /reg:64"; fvm diff box
is "$(grep -c Wow6432Node <<<"$out")/$(grep -c '"w" = "64"' <<<"$out")" 2/1 'keys of 32-bit programs are told by their place'
fvm commit box; native "reg query $M /v w /reg:32& reg query $M /v w /reg:64"; is "$(grep -o 'REG_SZ.*' <<<"$out" | tr -s ' \n' ' ')" 'REG_SZ 32 REG_SZ 64 ' 'and are committed there'
native "reg delete $M /f /reg:32& reg delete $M /v w /f /reg:64"
fvm delete --force box

# A damaged file is refused by name.
fvm create box; vm box "$changes"; reg=$store/vms/box/layers/1/registry.reg; whole=$(cat "$reg"; echo .)
truncate -s -20 "$reg"; fails_with 125 'registry.reg' 'a registry.reg that was cut: diff' diff box
fails_with 125 'registry.reg' 'commit' commit box; is "$(keys)" "$start" 'and nothing was done'
printf %s "${whole%.}" >"$reg"; fvm diff box; is $rc 0 'whole again'

# --- random calls
probe=$(win "$FVM_NT_PROGRAMS/registry_random.exe") from=${FVM_EXE_FROM:-1} to=${FVM_EXE_TO:-6} ops=400 odd='' parts=0
tree() { outside "$probe" tree "$from" "$to"; echo "$out"; }
seen() { fvm run --vm box "$probe" tree "$from" "$to"; echo "$out"; }
again() { fvm delete --force box; outside "$probe" clear "$from" "$to"; outside "$probe" fill "$from" "$to"; fvm create box; sleep 0.1; }
again; before=$(tree); outside "$probe" run "$from" "$to" $ops; wanted=$(tree); LIMIT=300
again; fvm run --vm box "$probe" run "$from" "$to" $ops; is $rc 0 "$(((to - from + 1) * ops)) random calls in a VM"
ok 'changed much' test "$(diff <(echo "$before") <(echo "$wanted") | wc -l)" -gt 100
is "$(tree | cmp - <(echo "$before") 2>&1)" '' 'but not the host'
fvm discard --only 'HK*' box; fvm diff box; is "$out" 'nothing changed' 'discard --only of all'
is "$(seen | cmp - <(echo "$before") 2>&1)" '' 'the VM sees what it saw at first'
again; fvm run --vm box "$probe" run "$from" "$to" $ops; now=$(seen)
for part in 5 3 2; do
    path=$(fvm diff --json box || echo "$err" >&2; python3 -c 'import json, sys; r = [x["key"] for x in json.load(sys.stdin)["registry"]]; print(r[len(r) // int(sys.argv[1])] if r else "")' $part <<<"$out")
    [ -n "$path" ] && [[ $path != *[\*?]* ]] || continue
    fvm commit --force --only "$path" --only "$path\\*" box; [ $rc = 0 ] || [[ $err = *'matches no change'* ]] || odd+="[commit $path: $err]"
    [ "$(seen)" = "$now" ] || odd+="[after commit of $path: $(diff <(echo "$now") <(echo "$out") | head -4)]"
    parts=$((parts + 1))
done
is "$odd" '' "commit of $parts parts leaves the VM what it sees"
fvm commit --force box; is "$rc/$err" "0/${err/#*committed/fvm: committed}" 'commit of all'
is "$(tree | diff - <(echo "$wanted") | head -10)" '' 'is the native result (> native)'
# Killed at any moment, it is finished by the next one: at parts of the time that one takes which is not killed.
odd='' killed=0 took=0 mark=r$$ from=1 to=30
again; outside "$probe" run "$from" "$to" $ops; wanted=$(tree)
for ((i = 0; i < 8; i++)); do
    again; fvm delete --force $mark; fvm create $mark; fvm run --vm $mark "$probe" run "$from" "$to" $ops
    began=$(date +%s%N); timeout -k 5 60 /usr/lib/wine/wine64 "$build/fvm.exe" commit --force $mark >kill.txt 2>&1 </dev/null & job=$!
    [ $i = 0 ] || { sleep "$(printf '%d.%09d' 0 $((took * (i + 2) / 10)))"; for p in $(pgrep -f -- "[e]xe\"? commit --force $mark" || :); do kill -9 "$p" && killed=$((killed + 1)); done; }
    wait $job 2>/dev/null; [ $i != 0 ] || took=$(($(date +%s%N) - began))
    fvm commit --force $mark; [ $rc = 0 ] || odd+="[$i: $err]"
    [ "$(tree)" = "$wanted" ] || odd+="[$i: $(tree | diff - <(echo "$wanted") | head -4)]"
    fvm diff $mark; [ "$out" = 'nothing changed' ] || odd+="[$i: left: $out]"
done
is "$odd" '' "commit killed at 7 moments of its $((took / 1000000)) ms ($((killed / 2)) of them in time), then said again: the native result"
outside "$probe" clear "$from" "$to"; clear; rm -rf "$store"
done_testing

# Damaged files of the store: each opens to the same result or is refused by name; never a crash, never silence.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
seed=${FVM_SEED:-$RANDOM}; RANDOM=$seed; diag "FVM_SEED=$seed"
base=$FVM_HOME/bases/default vm=$FVM_HOME/vms/box
# Small files of the base by hard links are shared with other tests: what is damaged here must be ours.
for f in base.conf current; do cp -p "$FVM_HOME/bases/default/$f" own && mv own "$FVM_HOME/bases/default/$f"; done
"$FVM" create box && "$FVM" create twin
"$FVM" run --vm box cmd /c 'echo hello>C:\one.txt& del C:\windows\system.ini& reg add HKCU\Software\A /v x /d y /f& reg add HKCU\Software\B /ve /t REG_DWORD /d 7 /f& reg delete HKCU\Software\Wine\Drivers /v Graphics /f' >/dev/null 2>&1
"$FVM" run --vm twin cmd /c 'echo other>C:\one.txt' >/dev/null 2>&1
await 10 no_supervisor
"$FVM" diff box >whole 2>&1; grep '\\one.txt\|system.ini' whole >whole.files
is "$(grep -c 'one.txt\|system.ini\|Software.[AB] \|Drivers' whole)" 5 'there is something to be damaged'; diag "$(cat whole)"
save() { cp -p "$1" kept; }
restore() { cat kept >"$1"; }
# check FILE WORD COMMAND...: $wrong grows if the answer is neither the whole one nor a refusal that names WORD
check() {
    local word=$2 want=$3 code; shift 3
    timeout 20 "$FVM" "$@" >got 2>got.err </dev/null; code=$?
    if [ $code = 0 ] && cmp -s got "$want"; then same=$((same + 1)); return; fi
    if [ $code = 125 ] && grep -q -- "$word" got.err && [ "$(grep -c . got.err)" = 1 ]; then refused=$((refused + 1)); return; fi
    wrong+="$where: exit $code: $(head -3 got.err) $(diff got "$want" | head -3)"$'\n'
}
every_byte() { # file word want command...
    local file=$1 cb i; shift
    cb=$(stat -c %s "$file"); save "$file"; wrong='' same=0 refused=0
    for ((i = 0; i < cb; i++)); do
        head -c $i kept >"$file"; where="cut at $i of $cb"
        check "$file" "$@"
    done
    restore "$file"
    is "$(head -12 <<<"$wrong")" '' "$(basename "$file") cut at each of $cb bytes: $refused refused, $same the same"
    ok "$(basename "$file"): nearly all are refused" test $refused -ge $((cb - 3))
}
every_byte "$vm/vm.conf" vm.conf whole diff box
every_byte "$vm/layers/1/registry.reg" registry.reg whole diff box
"$FVM" base list >whole.bases 2>&1
"$FVM" commit --dry-run box >whole.commit 2>&1
every_byte "$base/base.conf" base.conf whole.commit commit --dry-run box
every_byte "$base/current" current whole.commit commit --dry-run box
"$FVM" list >whole.list
every_byte "$FVM_HOME/format" format whole.list list
# conflicts: both VMs change one file, the other is committed, the first is started once more
"$FVM" commit twin 2>/dev/null; "$FVM" run --vm box cmd /c ver >/dev/null 2>&1; await 10 no_supervisor
if [ -e "$vm/conflicts" ]; then
    timeout 20 "$FVM" commit box 2>conflict.err; like "$(cat conflict.err)" 'conflict: C:\\one.txt' 'the conflict is told'
    save "$vm/conflicts"; cb=$(stat -c %s "$vm/conflicts") wrong=''
    for ((i = 0; i < cb; i++)); do
        head -c $i kept >"$vm/conflicts"
        timeout 20 "$FVM" commit box >got 2>got.err; code=$?
        [ $code = 125 ] && { grep -q 'conflicts' got.err || cmp -s got.err conflict.err; } || wrong+="cut at $i: exit $code $(cat got.err)"$'\n'
    done
    restore "$vm/conflicts"; is "$(head -5 <<<"$wrong")" '' "conflicts cut at each of $cb bytes"
else
    _result 1 'a file conflicts was made'
fi
"$FVM" diff box >whole 2>&1; grep '\\one.txt\|system.ini' whole >whole.files

# --- random bytes -------------------------------------------------------------------------------
wrong='' read_well=0 refusals=0
for ((i = 0; i < 200; i++)); do
    files=("$vm/vm.conf" "$vm/layers/1/registry.reg" "$base/base.conf" "$base/current" "$vm/layers/1/registry.reg")
    file=${files[RANDOM % 5]}; save "$file"; cb=$(stat -c %s "$file")
    for ((j = RANDOM % 3; j >= 0; j--)); do
        printf '%b' "\\x$(printf %02x $((RANDOM % 256)))" | dd of="$file" bs=1 seek=$((RANDOM % cb)) conv=notrunc status=none
    done
    case $file in "$base"*) timeout 20 "$FVM" commit --dry-run box >got 2>got.err ;; *) timeout 20 "$FVM" diff box >got 2>got.err ;; esac
    code=$?
    case $code in
    0) read_well=$((read_well + 1))
       [ "$file" != "$vm/layers/1/registry.reg" ] || grep '\\one.txt\|system.ini' got | cmp -s - whole.files || wrong+="round $i: registry.reg damaged, files differ"$'\n' ;;
    125) refusals=$((refusals + 1)); [ "$(grep -vc conflict: got.err)" = 1 ] || wrong+="round $i $(basename "$file"): $(cat got.err)"$'\n' ;;
    *) wrong+="round $i $(basename "$file"): exit $code $(cat got.err)"$'\n'; cp "$file" "$FVM_KIT/crash.$i" ;;
    esac
    restore "$file"
done
is "$(head -10 <<<"$wrong")" '' "200 times random bytes: $read_well read, $refusals refused, no crash"
"$FVM" diff box | cmp - whole; is $? 0 'and undamaged it is as before'

# --- missing and wrong parts ----------------------------------------------------------------------
part() { # path below the VM, how, regex
    mv "$vm/$1" "$vm/../../saved.part"
    case $2 in file) : >"$vm/$1" ;; folder) mkdir "$vm/$1" ;; link) ln -s /etc/passwd "$vm/$1" ;; loop) ln -s / "$vm/$1" ;; fifo) mkfifo "$vm/$1" ;; esac
    [ "$2" = none ] || chown -h --reference="$FVM_HOME/format" "$vm/$1"
    LIMIT=20 fails_with 125 "$3" "$1: $2" diff box
    LIMIT=20 fails_with 125 "$3" "$1: $2, run" run --vm box cmd /c ver
    fvm list; is $rc 0 "$1: $2: list still works"
    rm -rf "${vm:?}/$1"; mv "$vm/../../saved.part" "$vm/$1"
}
for how in none folder link fifo; do part vm.conf $how 'vm.conf'; done
for how in folder link fifo; do part layers/1/registry.reg $how 'registry.reg'; done
for how in none file loop; do part layers/1 $how '(layer|layers/1)'; done
for how in none file loop; do part layers/1/files/C $how '(layer|drive C|files/C)'; done
await 10 no_supervisor; "$FVM" diff box | cmp - whole; is $? 0 'with its parts again it is as before'
touch "$FVM_HOME/vms/afile"; fails_with 125 "no VM 'afile'" 'a file in the place of a VM' diff afile; fvm list; is $rc 0 'list beside it'; rm "$FVM_HOME/vms/afile"
ln -s box "$FVM_HOME/vms/alink"; fails_with 125 "VM 'alink'" 'a link in the place of a VM' diff alink; rm "$FVM_HOME/vms/alink"

# --- hostile layers -------------------------------------------------------------------------------
secret=$PWD/secret; echo secret >"$secret"
L=$vm/layers/1/files/C
ln -s "$secret" "$L/link"; ln -s / "$L/rootlink"; mkfifo "$L/fifo"; mkdir "$L/$(printf 'new\nline')"; echo x >"$L/$(printf '\033[2Jclear')"
echo x >"$L/back\\slash"; mkdir -p "$L/windows"; ln -s "$PWD" "$L/windows/system32" 2>/dev/null
[ "$FVM_WHO" = user ] || { mknod "$L/null" c 1 3; mknod "$L/disk" b 8 0; }
chown -hR --reference="$FVM_HOME/format" "$L" 2>/dev/null
LIMIT=30 fvm diff box; like "$rc" '^(0|125)$' "hostile layer: diff ends ($rc)"
unlike "$out$err" $'\033|new\nline' 'and sends nothing to the terminal that it would obey'
LIMIT=30 fvm run --vm box cmd /c 'type C:\link'; unlike "$out" secret 'a planted link shows nothing of the host'
await 10 no_supervisor
LIMIT=30 fvm commit --force box; like "$rc" '^(0|125)$' "hostile layer: commit ends ($rc) ${err:0:150}"
is "$(cat "$secret")" secret 'the host file is untouched'
is "$(find "$base/versions/$(cat "$base/current")/" \( -type b -o -type c -o -type p \) | wc -l)" 0 'no device or FIFO got into the base'
fvm run cmd /c ver; is $rc 0 'and the base works' || diag "$err"
LIMIT=30 fvm discard box; like "$rc" '^(0|125)$' "hostile layer: discard ends ($rc)"
"$FVM" delete box twin; is $? 0 'hostile layers can be deleted'
nothing_left 'nothing is left'
done_testing

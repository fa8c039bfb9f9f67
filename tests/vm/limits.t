# What a VM may use: memory, threads, processor time, disk, time. Who asks for too much, or for what cannot be held here,
# is told before anything began; who takes too much is stopped inside, and nothing of the VM is left.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
cp "$FVM_PROGRAMS"/{hog,forkbomb,unix_exec}.exe "$FVM_PROGRAMS"/{fill_linux,escape_linux} .
# --- control groups of this machine: folder of a controller's hierarchy; v2: no folder has it in its name
mount_of() { findmnt -rn -t cgroup -O "$1" -o TARGET | head -1; }
v2=$(findmnt -rn -t cgroup2 -o TARGET | head -1)
place_of() { local at; at=$(mount_of "$1"); echo "${at:-$v2}"; }
offers() { [ -n "$(mount_of "$1")" ] || grep -qsw "$1" "$v2/cgroup.controllers"; }
all_groups() { find "$(place_of memory)" "$(place_of pids)" "$(place_of cpu)" -maxdepth "${2:-3}" -type d -name 'fvm.*' -path "*$1*" 2>/dev/null | sort -u; }
groups_before=$(all_groups '') # of VMs that are not this test's
groups() { comm -23 <(all_groups "$1") <(echo "$groups_before"); }
no_groups() { [ -z "$(groups '')" ]; }
usable() { fvm run cmd /c 'echo works'; is "$out" works "$1"; } # another VM, beside
vm_pids() { "$FVM" ps --json "$1" | sed -n 's/.*"host_pid": \([0-9]*\).*/\1/p'; }

# --- more than there is, less than a VM needs ----------------------------------------------------------------------
while read -r option value regex; do
    fails_with 125 "^fvm: --$option $regex$" "--$option $value" run "--$option" "$value" cmd /c ver
    fails_with 125 "^fvm: --$option $regex$" "create --$option $value" create "--$option" "$value" box
done <<'END'
memory 900T 900T is more than there is: [0-9]+M
memory 1M 1M is too little: a VM needs at least 32M
procs 2000000000 2000000000 is more than there is: [0-9]+
procs 3 3 is too little: a VM needs at least 16
cpus 100000 100000.00 is more than there is: [0-9]+
disk 900T 900T is more than there is: [0-9]+M
disk 1K 1K is too little: a VM needs at least 16M
END
is "$(vms_left)" '' 'no VM was made'
nothing_left 'what is refused leaves nothing'

# --- time ----------------------------------------------------------------------------------------------------------
fvm run --timeout 60 cmd /c 'echo quick& exit 7'
is "$rc $out" '7 quick' 'who is done in time does not notice'
"$FVM" create --timeout 3s box
fvm run --vm box cmd /c 'reg add HKCU\Software\Limits /v kept /d yes /f >nul & echo x>C:\kept.txt& forkbomb.exe stubborn'
is "$rc $out" '124 ready' 'a program that ignores everything is ended: exit code 124'
is "$err" "fvm: VM 'box' was ended after its --timeout of 3 s" 'and the user is told'
await 10 no_supervisor
fvm diff box; like "$out" 'kept.txt.*Limits +"kept" = "yes"' 'what it had done is kept'
"$FVM" run --vm box ./forkbomb.exe stubborn >one.txt 2>&1 & one=$!
await 20 grep -qs ready one.txt
fvm run --vm box ./forkbomb.exe stubborn; two=$rc
wait $one; is "$? $two" '124 124' 'both programs of a VM'
fvm run --timeout 1s --vm box cmd /c 'ping -n 60 127.0.0.1 >nul'; is $rc 124 'a time of the command line stands before its own'
"$FVM" delete --force box
nothing_left 'nothing is left of them'

# --- threads ---------------------------------------------------------------------------------------------------------
threads() { local n=0 p; for p in $(vm_pids "$1"); do n=$((n + $(awk '/^Threads/ {print $2}' "/proc/$p/status" 2>/dev/null || echo 0))); done; echo $n; }
"$FVM" create --procs 60 bombs
"$FVM" run --vm bombs ./forkbomb.exe >bomb.txt 2>&1 & run=$!
full() { [ "$(threads bombs)" -ge 55 ]; }
await 40 full; ok 'a fork bomb fills what it has' full
most=0; for _ in 1 2 3 4 5 6 7 8; do now=$(threads bombs); [ "$now" -le $most ] || most=$now; sleep 0.2; done
diag "$most threads at most"
ok 'and has no more' test "$most" -le 60
usable 'another VM starts beside it'
pids=$(vm_pids bombs)
LIMIT=30 fvm stop bombs; is $rc 0 'it can be stopped'; wait $run
# shellcheck disable=SC2086
ok 'and is gone' await 15 are_gone $pids
"$FVM" delete --force bombs
fvm run --procs 60 ./unix_exec.exe "$PWD/escape_linux" only=limits tasks=60
like "$out" 'ok 1 - limits: core files, tasks' 'no program raises its own limits'

# --- disk ------------------------------------------------------------------------------------------------------------
"$FVM" create --disk 64M full
fvm run --vm full ./hog.exe disk 'C:\big'
is "$rc" 137 'who writes more than there is room for is ended'
is "$err" "fvm: VM 'full' used more than its --disk 64M and was ended; what it wrote: fvm diff full" 'and the user is told'
await 10 no_supervisor
fails_with 125 "VM 'full' has more than its --disk 64M already; look with fvm diff full, make room with fvm discard full" 'it does not start again' run --vm full cmd /c ver
fvm discard full; is $rc 0 'room is made'
fvm run --vm full ./unix_exec.exe "$PWD/fill_linux" /prefix/drive_c/nameless
is "$rc" 137 'a file that was deleted and is still written to counts'
fvm run --vm full ./hog.exe disk 'Z:\prefix\beside'
is "$rc" 137 'what it writes beside its drives, too'
fvm run --vm full cmd /c 'for /l %i in (1,1,2000) do @echo x>C:\f%i'
is "$rc $err" '0 ' 'less than that does not end it'
usable 'another VM runs'
"$FVM" delete --force full
nothing_left 'nothing is left of it'

# --- memory and processor time: control groups --------------------------------------------------------------------------
refused_here() { fails_with 125 "^fvm: --$1( of more than 4096)? wants a control group.*(systemd-run --user --scope -p Delegate=yes|sudo sh -c)" "--$1: refused where nothing is delegated, with what to do" run "--$1" "$2" cmd /c ver; }
hungry() { # how: command in front
    fvm run --memory 200M ./hog.exe memory
    is "$rc" 137 "$1: who takes more memory than there is is killed"
    is "$err" 'fvm: the VM ran out of its --memory 200M, and the kernel killed a program in it' "$1: and the user is told"
    like "$out" 'took 128 MB' "$1: up to that it had it"
    unlike "$out" 'took 256 MB' "$1: and no more"
    fvm run --memory 200M ./hog.exe disk 'Z:\tmp\big'
    like "$rc $out" '^3 .*refused at (49|50) MB' "$1: its file systems in memory end, too"
}
if [ "$FVM_WHO" = user ]; then
    refused_here memory 512M; refused_here cpus 0.5; refused_here procs 5000
    is "$(vms_left)" '' 'no VM was made'
    done_testing
fi
for c in memory cpu pids; do offers $c || { skip "no controller '$c' here"; done_testing; }; done
hungry root
ok 'no control group is left' no_groups
fvm run --cpus 0.2 ./hog.exe time 2000
like "$out" '^[0-9]+ of [0-9]+ ms$' 'it computed'
ok "of two threads' time it got a fifth of one's: $out" awk '{exit !($1 <= $3 * 0.35)}' <<<"$out"
tenths=15; [ "$(nproc)" -gt 1 ] || tenths=5
"$FVM" create --memory 300M --cpus $((tenths / 10)).$((tenths % 10)) --procs 5000 caged
mkfifo hold hold2; exec 7<>hold 8<>hold2
"$FVM" run --vm caged cmd /c 'echo up& set /p x=' <hold >up.txt 2>&1 & one=$!
await 20 grep -qs up up.txt
"$FVM" run --vm caged cmd /c 'echo up& set /p x=' <hold2 >up2.txt 2>&1 & two=$!
await 20 grep -qs up up2.txt
mapfile -t made < <(groups '')
first=$(children "$(supervisors caged)") # pid 1, which nobody may look into
memory=$(groups "$(place_of memory)" | head -1) cpu=$(groups "$(place_of cpu)" | head -1) tasks=$(groups "$(place_of pids)" | head -1)
is "$(cat "$memory"/memory.{max,limit_in_bytes} 2>/dev/null)" 314572800 'the kernel holds the memory'
is "$(cat "$cpu"/cpu.{max,cfs_quota_us} 2>/dev/null)" "${tenths}0000$([ -n "$(mount_of cpu)" ] || echo ' 100000')" 'and the processor time'
is "$(cat "$tasks/pids.max")" 5000 'and the threads'
for group in "${made[@]}"; do
    missing=$(comm -23 <(vm_pids caged | sort) <(sort "$group/cgroup.procs"))
    is "$missing" '' "all its processes are in ${group%/fvm/*}, those that joined too"
    others=$(comm -13 <({ vm_pids caged; echo $first; } | sort) <(sort "$group/cgroup.procs"))
    is "$others" '' 'and nobody else'
done
"$FVM" create --memory 300M other
fvm run --vm other cmd /c 'echo beside'; is "$out" beside 'one more beside it'
is "$(groups '' | sort)" "$(printf '%s\n' "${made[@]}" | sort)" 'its own group is gone, the other is not'
# A native program inside looks for its group, outside the same finds it.
facts=(); prlimit --core=1 true 2>/dev/null || facts+=(core-limit=0) # an open row of SECURITY.md
fvm run --vm caged ./unix_exec.exe "$PWD/escape_linux" only=limits tasks=5000 "cgroup=$memory" ${facts[@]+"${facts[@]}"}
unlike "$out" 'not ok' 'nobody inside reaches a control group'
like "$out" 'limits: control groups' 'though it tried'
like "$(./escape_linux only=limits outside=1 "cgroup=$memory")" 'not ok . - limits: control groups' 'outside they are reached'
echo go >&7; echo go >&8; wait $one $two
await 10 no_supervisor
ok 'no group is left' no_groups
# --- killed
for victim in supervisor init all; do
    : >victim.txt # what the one before said is no answer
    "$FVM" run --vm caged ./forkbomb.exe stubborn >victim.txt 2>&1 & run=$!
    await 20 grep -qs ready victim.txt
    s=$(supervisors caged) i=$(children "$s")
    case $victim in supervisor) kill -9 "$s" ;; init) kill -9 "$i" ;; all) kill -9 "$s" "$i" $run $(children $run) ;; esac
    wait $run 2>/dev/null
    await 15 no_supervisor && await 15 are_gone "$s" "$i"
    "$FVM" list >/dev/null
    ok "kill -9 of $victim: the next command leaves no control group" no_groups
done
# A group that is made while others sweep.
for n in 1 2 3 4 5 6; do "$FVM" run --memory 100M cmd /c "echo $n" >"many.$n" 2>&1 & done
for _ in $(seq 40); do "$FVM" list >/dev/null; done
wait
is "$(cat many.? | tr -d '\r' | sort | tr '\n' ' ')" '1 2 3 4 5 6 ' 'six at once, while others sweep'
ok 'and no group is left' no_groups
"$FVM" delete --force caged other
nothing_left 'nothing is left'

# --- an ordinary user to whom root gave a control group ------------------------------------------------------------------
uid=54321 mine=$PWD/mine
mkdir -p "$mine/store/bases" "$mine/store/vms" "$mine/cwd" && cp hog.exe "$mine/cwd"
their=${FVM_KIT%-root}-user/store # the tests as a user have a base of this uid already
if [ "$(stat -c %u "$their/bases/default/current" 2>/dev/null)" = $uid ]; then cp -al "$their/bases/." "$mine/store/bases/"; cp "$their/format" "$mine/store/"; fi
chown $uid:$uid "$mine" "$mine/cwd" "$mine/cwd/hog.exe" "$mine/store" "$mine/store/bases" "$mine/store/vms" "$mine"/store/format 2>/dev/null
chmod 711 . .. "$mine"
given=()
for c in memory cpu pids; do
    at=$(place_of $c)/fvm-test-$$
    if [ "$(place_of $c)" = "$v2" ]; then echo "+$c" >"$v2/cgroup.subtree_control"; fi
    [ -d "$at" ] || { mkdir "$at" && given+=("$at"); }
done
# Of version 2 what systemd gives away with Delegate=yes, and no more: the limits of the group itself stay root's.
for at in "${given[@]}"; do
    if [ "${at%/*}" = "$v2" ]; then chown $uid "$at" "$at"/cgroup.{procs,subtree_control,threads}; else chown -R $uid "$at"; fi
done
cat >"$mine/run.sh" <<'END'
cd "$1/cwd" && export FVM_HOME=$1/store HOME=$1; . "$2/lib.sh"; . "$2/faults.sh"; eval "$3"; "$FVM" base list >/dev/null
hungry 'delegated to a user'
fvm run --cpus 0.5 --procs 5000 cmd /c 'echo good'; is "$rc $out" '0 good' 'delegated to a user: processor time and threads'
is "$(vms_left)" '' 'and no VM'
END
find_ours() { find "${given[@]}" -name 'fvm.*' -type d; }
(
    for at in "${given[@]}"; do echo $BASHPID >"$at/cgroup.procs"; done
    exec setpriv --reuid=$uid --regid=$uid --clear-groups bash "$mine/run.sh" "$mine" "$FVM_KIT/tests" "$(declare -f hungry)"
) >mine.tap 2>mine.err
while IFS= read -r line; do case $line in 'ok '*) _result 0 "${line#*- }" ;; 'not ok '*) _result 1 "${line#*- }" ;; esac; done <mine.tap
is "$(grep -c '^ok' mine.tap)" 7 'all of that was looked at' || cat mine.err >&2
diag "$(head -c 2000 mine.err)"
await 5 test -z "$(find_ours)"
is "$(find_ours)" '' 'no group is left in what he was given'
for at in "${given[@]}"; do rmdir "$at"/fvm-rest 2>/dev/null; ok "${at%/*} is as it was" rmdir "$at"; done
nothing_left 'nothing is left at the end'
done_testing

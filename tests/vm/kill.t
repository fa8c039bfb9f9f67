# kill -9 of any part of FVM at any moment: the store stays consistent and nothing is left.
# FVM_KILL_ROUNDS, FVM_KILL_COMMITS, FVM_SEED change what is done; lanes work side by side, each with a VM of its own.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
rounds=${FVM_KILL_ROUNDS:-200} commits=${FVM_KILL_COMMITS:-40} seed=${FVM_SEED:-$RANDOM} lanes=3
diag "FVM_SEED=$seed FVM_KILL_ROUNDS=$rounds FVM_KILL_COMMITS=$commits"
victims=(launcher supervisor init server program all)
nap() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }

# find_all VM LAUNCHER: sets pid_launcher pid_supervisor pid_init pid_server pid_program ('' if not there yet)
find_all() {
    local p
    pid_launcher=$2 pid_supervisor=$(supervisors "$1" | head -1) pid_init='' pid_server='' pid_program=''
    [ -z "$pid_supervisor" ] || pid_init=$(children "$pid_supervisor")
    for p in $pid_init; do
        for p in $(children "$p"); do [ "$(cat "/proc/$p/comm" 2>/dev/null)" = wineserver64 ] && pid_server=$p; done
    done
    pid_program=$(children "$2")
}
complain() { echo "$*" >>problems; }
# What the VM's own file and registry of the layer say: how many of the reported steps are there.
check_round() { # vm log(reported lines) first victim long?
    local vm=$1 log=$2 first=$3 victim=$4 done_n done_t reg last lost_t before after missing
    local files=$FVM_HOME/vms/$vm/layers/1/files/C/kill
    tr -d '\r' <"$log" >"$log.lines" && log=$log.lines
    done_n=$(awk 'NF==2 && $1 ~ /^[0-9]+$/ {n=$1} END {print n+0}' "$log")
    done_t=$(awk 'NF==2 && $1 ~ /^[0-9]+$/ {t=$2} END {print t+0}' "$log")
    if ! "$FVM" list >"$vm.list" 2>&1 || grep -q damaged "$vm.list"; then complain "$vm: list: $(cat "$vm.list")"; fi
    "$FVM" diff --reg "$vm" >"$vm.before" 2>"$vm.err" || complain "$vm: diff: $(cat "$vm.err")"
    "$FVM" stop "$vm" 2>"$vm.err" || complain "$vm: stop: $(cat "$vm.err")"
    "$FVM" diff --reg "$vm" >"$vm.after" 2>"$vm.err" || complain "$vm: diff after recovery: $(cat "$vm.err")"
    cmp -s "$vm.before" "$vm.after" || complain "$vm: recovery changed the registry: $(diff "$vm.before" "$vm.after" | head -5)"
    # files
    if [ "$done_n" -ge "$first" ]; then
        missing=$(cd "$files" && seq -f '%.0f.txt' "$first" "$done_n" | xargs cat 2>&1 | cmp - <(seq "$first" "$done_n") 2>&1)
        [ -z "$missing" ] || complain "$vm: $victim: files that were reported are not there: $missing"
    fi
    # registry: without a hole, and newer than the limit
    reg=$(tr -d '\r\0' <"$vm.after" | sed -n 's/^.*"v\([0-9]*\)"=.*$/\1/p' | sort -n)
    last=$(tail -1 <<<"$reg")
    if [ -n "$reg" ] && [ "$(wc -l <<<"$reg")" != "$last" ]; then complain "$vm: $victim: holes in the registry: up to $last, $(wc -l <<<"$reg") values"; fi
    [ "$done_n" -ge "$first" ] || return 0
    lost_t=$(awk -v last="${last:-0}" 'NF==2 && $1 ~ /^[0-9]+$/ && $1 > last {print $2; exit}' "$log")
    [ -n "$lost_t" ] || lost_t=$done_t
    echo "$victim $((done_t - lost_t)) $((done_n - first + 1))" >>losses
    # wineserver saves once a second; when it is still asked to end (launcher, program) nothing is lost unless it is starved.
    [ $((done_t - lost_t)) -le 3000 ] || complain "$vm: $victim: lost $((done_t - lost_t)) ms of the registry"
    # The next round goes on behind the newest number: what is lost in the registry is written again.
    next=$(((${last:-0} < done_n ? ${last:-0} : done_n) + 1))
}
lane() { # number
    local n=$1 vm=lane$1 i victim wait_ms program pids
    RANDOM=$((seed + n)) next=1
    "$FVM" create "$vm"
    for ((i = n; i < rounds; i += lanes)); do
        victim=${victims[RANDOM % 6]} wait_ms=$((RANDOM % 350))
        [ $((i % 16)) = 0 ] && wait_ms=$((3500 + RANDOM % 500)) # long enough to have been saved in between
        "$FVM" run --vm "$vm" "$FVM_PROGRAMS/writer.exe" $next 4 >"$vm.log" 2>"$vm.run" </dev/null & program=$!
        if [ $((RANDOM % 4)) != 0 ]; then # from the first sign of life on; else from the start on, boot included
            await 60 test -s "$vm.log" || complain "$vm: it did not start: $(cat "$vm.run")"
        fi
        nap $wait_ms
        find_all "$vm" $program
        pids="$pid_launcher $pid_supervisor $pid_init $pid_server $pid_program"
        case $victim in
        all) kill -9 $pids 2>/dev/null ;;
        *) local chosen=pid_$victim; kill -9 ${!chosen:-$program} 2>/dev/null ;;
        esac
        wait $program 2>/dev/null
        await 30 no_supervisor "$vm" && await 30 are_gone $pids || complain "$vm: $victim: processes are left: supervisors $(supervisors "$vm"), $(for p in $pids; do is_alive $p && echo "$p $(cat /proc/$p/comm)"; done)"
        local first=$next
        check_round "$vm" "$vm.log" $first "$victim"
        echo "$victim" >>"done.$n"
        if [ $((i / lanes % 12)) = 11 ]; then "$FVM" delete "$vm" && "$FVM" create "$vm" && next=1; fi
    done
    await 10 no_supervisor "$vm"
    "$FVM" run --vm "$vm" cmd /c 'echo alive' >"$vm.alive" 2>&1
    grep -q alive "$vm.alive" || complain "$vm: does not start any more: $(cat "$vm.alive")"
}
: >problems; : >losses
for ((n = 0; n < lanes; n++)); do lane $n 2>"lane$n.stderr" & done
wait 2>/dev/null
is "$(sort problems | uniq | head -20)" '' 'nothing was lost, nothing was left, every VM starts again'
is "$(cat done.* | wc -l)" "$rounds" "all $rounds rounds were done"
grep -v 'Killed' lane?.stderr | head -20 | sed 's/^/# /'
diag "victims: $(sort done.* | uniq -c | tr -s ' \n' ' ')"
diag "registry lost at most (ms): $(sort -k1,1 -k2,2nr losses | awk '!seen[$1]++ {printf "%s %s  ", $1, $2}')"
diag "steps that were reported: $(awk '{n += $3} END {print n+0}' losses)"
ok 'programs had work done in most rounds' test "$(awk '$3 > 5' losses | wc -l)" -ge $((rounds / 3))
"$FVM" delete lane0 lane1 lane2
nothing_left 'no process, mount or folder is left of the VMs'

# --- kill while committing ------------------------------------------------------------------------
base=$FVM_HOME/bases/default
state() { (cd "$base/versions/$1" && { find . -printf '%P %y %s %T@ %i\n' | sort; cat ./*.reg; } | sha256sum); }
current() { cat "$base/current"; }
RANDOM=$seed
"$FVM" create keep
start=$(date +%s%N)
"$FVM" run --vm keep cmd /c 'echo n0>C:\commit.txt' >/dev/null 2>&1
await 10 no_supervisor; start=$(date +%s%N); "$FVM" commit keep 2>/dev/null
took=$((($(date +%s%N) - start) / 1000000)); diag "a commit takes $took ms here"
bad='' old=0 new=0
for ((i = 1; i <= commits; i++)); do
    "$FVM" run --vm keep cmd /c "echo n$i>C:\\commit.txt& md C:\\commit$i& echo x>C:\\commit$i\\f& (if exist C:\\commit$((i - 1)) rd /s /q C:\\commit$((i - 1)))& reg add HKCU\\Software\\FvmCommit /v n /t REG_DWORD /d $i /f" >/dev/null 2>run.err || bad+="round $i: run: $(cat run.err)"$'\n'
    await 10 no_supervisor keep
    was=$(current) hash=$(state "$(current)")
    "$FVM" commit keep >commit.out 2>&1 & pid=$!
    nap $((RANDOM % (took + took / 4 + 1)))
    kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
    now=$(current)
    text=$(tr -d '\r' <"$base/versions/$now/drive_c/commit.txt")
    if [ "$now" = "$was" ]; then
        old=$((old + 1))
        [ "$(state "$now")" = "$hash" ] || bad+="round $i: the old version changed"$'\n'
        [ "$text" = n$((i - 1)) ] || bad+="round $i: the old version holds '$text'"$'\n'
    else
        new=$((new + 1))
        [ "$text" = n$i ] && grep -q "\"n\"=dword:$(printf %08x $i)" "$base/versions/$now/user.reg" || bad+="round $i: the new version is not whole: '$text'"$'\n'
        # What no VM names any more may be half removed by now.
        ! grep -q "^version = $was$" "$FVM_HOME/vms/keep/vm.conf" || [ "$(state "$was")" = "$hash" ] || bad+="round $i: the old version changed beside the new"$'\n'
    fi
    "$FVM" list 2>&1 | grep -q damaged && bad+="round $i: the VM is damaged"$'\n'
    "$FVM" commit keep >commit.out 2>&1 || bad+="round $i: the second commit: $(cat commit.out)"$'\n'
    now=$(current)
    text=$(tr -d '\r' <"$base/versions/$now/drive_c/commit.txt")
    [ "$text" = n$i ] && [ -e "$base/versions/$now/drive_c/commit$i/f" ] && [ ! -e "$base/versions/$now/drive_c/commit$((i - 1))" ] &&
        grep -q "\"n\"=dword:$(printf %08x $i)" "$base/versions/$now/user.reg" || bad+="round $i: after the second commit: '$text' $(ls "$base/versions/$now/drive_c")"$'\n'
    rest=$("$FVM" diff keep 2>&1); [ "$rest" = 'nothing changed' ] || bad+="round $i: left after the second commit: $rest"$'\n'
    [ "$(ls -A "$base/versions")" = "$now" ] || bad+="round $i: versions left: $(ls -A "$base/versions" | tr '\n' ' ')"$'\n'
done
diag "killed commits: $old left the old version, $new the new one"
is "$(head -20 <<<"$bad")" '' "$commits commits killed at random: old or new version, the second finishes"
fvm run cmd /c 'type C:\commit.txt'; is "$out" "n$commits" 'a new VM sees the last one'
ok 'delete' "$FVM" delete keep
nothing_left 'nothing is left'
done_testing

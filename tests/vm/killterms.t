# kill -9 of any part of a VM that has all that options give, at any moment from its start on: no process, port, control group or
# mount is left, the share is as it was, and the next start has all of it again. FVM_KILL_TERMS: rounds; FVM_SEED.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
rounds=${FVM_KILL_TERMS:-16} seed=${FVM_SEED:-$RANDOM} port=47821 problems='' cut_short=0
diag "FVM_SEED=$seed FVM_KILL_TERMS=$rounds"; RANDOM=$seed
mkdir shared; echo outside >shared/from.txt
limits=(--procs 300 --disk 1G --timeout 5m); [ "$FVM_WHO" = user ] || limits+=(--memory 2G --cpus 2)
"$FVM" create --net private --publish 127.0.0.1:$port:80 --display private:800x600 --share "$PWD/shared:rw=D:" "${limits[@]}" box
groups() { find /sys/fs/cgroup -type d -name 'fvm.*' 2>/dev/null | sort; }
groups_before=$(groups)
is_free() { ! (: </dev/tcp/127.0.0.1/$port) 2>/dev/null; }
no_new_group() { [ -z "$(comm -13 <(echo "$groups_before") <(groups))" ]; }
# pid_of WHAT LAUNCHER: empty if it is not there yet
pid_of() {
    local s; s=$(supervisors box | head -1)
    case $1 in
    launcher) echo "$2" ;;
    program) children "$2" ;;
    supervisor) echo "$s" ;;
    init) [ -z "$s" ] || for p in $(children "$s"); do [ "$(cat "/proc/$p/comm" 2>/dev/null)" = fvm-net ] || echo "$p"; done ;;
    all) echo "$2" "$s" $([ -z "$s" ] || below "$s") ;;
    *) [ -z "$s" ] || for p in $(below "$s"); do case $(cat "/proc/$p/comm" 2>/dev/null) in $1*) echo "$p" ;; esac; done ;;
    esac
}
victims=(launcher program supervisor init fvm-net pas Xvfb wineserver all) # "pas": pasta, or the name that it gives itself
for ((i = 0; i < rounds; i++)); do
    victim=${victims[i % ${#victims[@]}]}
    : >up.txt
    "$FVM" run --vm box cmd /c 'echo up& ping -n 60 127.0.0.1 >nul' >up.txt 2>err.txt </dev/null & run=$!
    sleep "0.$(printf %03d $((RANDOM % 400)))"
    [ $((RANDOM % 2)) = 0 ] || await 20 grep -qs up up.txt || problems+="[$i: did not start: $(cat err.txt)]"
    s=$(supervisors box | head -1) parts="$run ${s:+$s $(below "$s")}" pids=$(pid_of $victim $run)
    [ -z "$pids" ] || { kill -9 $pids 2>/dev/null; cut_short=$((cut_short + 1)); }
    # Who is not the whole may leave a VM that goes on: then it ends as it is told.
    sleep 0.1; "$FVM" stop box 2>stop.txt || problems+="[$i $victim: stop: $(cat stop.txt)]"
    { wait $run; } 2>/dev/null
    await 20 no_supervisor box && await 20 are_gone $parts || problems+="[$i $victim: left: $(for p in $parts; do is_alive "$p" && cat "/proc/$p/comm"; done)]"
    await 10 is_free || problems+="[$i $victim: the port is taken]"
    await 10 no_new_group || problems+="[$i $victim: $(groups)]"
done
is "$problems" '' "$rounds rounds: nothing is left"
ok "$cut_short of them met what they were to kill" test $cut_short -ge $((rounds / 2))
fvm run --vm box cmd /c 'type D:\from.txt& ipconfig'; is $rc 0 'the next start has all of it'; like "$out" '^outside.*10\.0\.2\.15' 'share and network'
fvm diff box; is "$out" 'nothing changed' 'and no change is left of it'
is "$(cat shared/*)" outside 'the share is as it was'
fvm delete box
nothing_left 'nothing is left behind'
done_testing

# Programs that fork for ever, never end, or ignore everything: the host stays usable, stop and Ctrl-C end them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
bomb=$FVM_PROGRAMS/forkbomb.exe
ended() { # name pids...
    local name=$1; shift
    if await 15 no_supervisor && await 15 are_gone "$@"; then _result 0 "$name"; else _result 1 "$name"; diag "$(supervisors) $*"; fi
}
vm_pids() { "$FVM" ps --json "$1" | sed -n 's/.*"host_pid": \([0-9]*\).*/\1/p'; }
"$FVM" create wild
# --- forks for ever (each copy starts copies; as many as fit into 3 s and the VM's limits)
"$FVM" run --vm wild "$bomb" >bomb.txt 2>&1 & run=$!
many() { [ "$(grep -c started bomb.txt)" -ge 20 ]; }
await 40 many; sleep 1
ok 'it forks' many
LIMIT=30 fvm run cmd /c ver; is $rc 0 'another VM still starts beside it'
pids=$(vm_pids wild); diag "$(wc -w <<<"$pids") processes then"
LIMIT=60 fvm stop wild; is $rc 0 'stop'
wait $run
# shellcheck disable=SC2086
ended 'stop ends all of them' $pids
# --- the same, by Ctrl-C's signal to fvm
"$FVM" run "$bomb" >bomb.txt 2>&1 & run=$!
await 40 many
kill -TERM $run; sleep 0.5; kill -TERM $run; wait $run
ended 'SIGTERM to fvm, twice, ends a throw-away VM whole'
# --- never ends, ignores Ctrl-C and close
"$FVM" run --vm wild "$bomb" stubborn >stubborn.txt 2>&1 & run=$!
await 20 grep -q ready stubborn.txt; pids=$(vm_pids wild)
ok 'a stubborn program runs' kill -0 $run
start=$SECONDS; LIMIT=30 fvm stop wild; is $rc 0 'stop of a program that ignores everything'
wait $run; ok 'in a few seconds' test $((SECONDS - start)) -le 15
# shellcheck disable=SC2086
ended 'nothing of it is left' $pids
# --- stops its own wineserver: its program hangs then, stop still lets the server save
cp "$FVM_PROGRAMS/unix_exec.exe" "$FVM_PROGRAMS/stop_server_linux" .
printf '%s\r\n' 'reg add HKCU\Software\Stopped /v v /d kept /f' "unix_exec.exe $PWD/stop_server_linux" >stop.bat
"$FVM" run --vm wild ./stop.bat >stopped.txt 2>&1 & run=$!
await 20 grep -qs '^stopped' stopped.txt; pids=$(vm_pids wild)
LIMIT=30 fvm stop wild; is $rc 0 'stop of a VM whose server is stopped'; wait $run
# shellcheck disable=SC2086
ended 'nothing of it is left either' $pids
fvm diff wild; is $rc 0 'the VM is whole'; like "$out" 'Stopped +"v" = "kept"' 'what its server had not saved is there'
fvm run --vm wild cmd /c 'echo alive'; is "$out" alive 'and starts again'
await 10 no_supervisor
"$FVM" delete wild; nothing_left 'nothing is left'
done_testing

# Published ports and networks of other VMs (world.sh): what leads in, what is refused, what is left when processes are
# killed, and slirp4netns in pasta's place.
. "$(dirname "$0")/world.sh"
enter_world
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
make_world
trap end_world EXIT
# --- published ports ---------------------------------------------------------------------------------------------------
ok 'create' "$FVM" create --net private --publish 8081:80 --publish 8084:8084/udp a
ok 'create' "$FVM" create --net lan --publish 8082:80 --publish 0.0.0.0:8083:80 --publish $own:8085:8085/udp b
serve a 80 'from a'; serve b 80 'from b'
"$FVM" run --vm a "$net" serve 0.0.0.0 8084 'UDP of a' >serve.a2 2>&1 </dev/null &
"$FVM" run --vm b "$net" serve 0.0.0.0 8085 'UDP of b' >serve.b2 2>&1 </dev/null &
await 30 grep -q ready serve.a2; await 30 grep -q ready serve.b2
is "$(web 127.0.0.1:8081) $(web 127.0.0.1:8082)" 'from a from b' 'two VMs serve on the same port'
is "$(datagram 127.0.0.1 8084)" 'UDP of a' 'datagrams'
is "$(outside python3 "$PWD/datagram.py" $own 8085 2>&1 | tail -1)" 'UDP of b' "the neighbour's datagrams"
is "$(outside curl -s --http0.9 --max-time 5 $own:8083 </dev/null)" 'from b' 'published at all addresses: the neighbour gets in'
outside curl -s --http0.9 --max-time 2 $own:8081 </dev/null; is $? 7 'published at 127.0.0.1: he does not'
fvm ports
is "$(tr -s ' ' <<<"$out" | sort)" "$(printf '%s\n' 'VM ADDRESS HOSTPORT VMPORT PROTOCOL' 'a 127.0.0.1 8081 80 tcp' 'a 127.0.0.1 8084 8084 udp' \
    'b 0.0.0.0 8083 80 tcp' 'b 127.0.0.1 8082 80 tcp' "b $own 8085 8085 udp" | sort)" 'fvm ports'
fvm ports --json a
is "$(python3 -c 'import json, sys; print(*sorted(str(sorted(r.items())) for r in json.load(sys.stdin)))' <<<"$out")" \
    "[('address', '127.0.0.1'), ('host_port', 8081), ('protocol', 'tcp'), ('vm', 'a'), ('vm_port', 80)] [('address', '127.0.0.1'), ('host_port', 8084), ('protocol', 'udp'), ('vm', 'a'), ('vm_port', 8084)]" 'fvm ports --json'
ok 'the VM that has a port is joined' "$FVM" run --vm a "$net" adapters

# --- what is refused: one line, and nothing is left --------------------------------------------------------------------
runs() { "$FVM" ps "$1" | grep -q cmd; } # VM
bad() { local regex=$1 name=$2; shift 2; fails_with 125 "$regex" "$name" run "$@" cmd /c ver; }
bad 'port 8081 of 127.0.0.1 is in use' 'a port of another VM' --net private --publish 8081:80
bad 'UDP port 8084 of 127.0.0.1 is in use' 'likewise of UDP' --net private --publish 8084:8084/udp
bad 'same HOSTPORT and VMPORT' 'UDP at another port' --net private --publish 8090:90/udp
bad 'published twice' 'a port twice' --net private --publish 8090:80 --publish $own:8090:80
bad 'port 8000 of 127.0.0.1 is in use' 'a port of this machine' --net private --publish 8000:80
bad 'port 79 may not be used by ordinary users' 'a port below 1024' --net private --publish 79:80
bad '192.0.2.99 is no address of this machine' "somebody else's address" --net private --publish 192.0.2.99:8090:80
bad 'no IPv4 address' 'IPv6' --net private --publish '[::1]:8090:80'
bad 'needs --net lan' 'UDP for neighbours' --net private --publish 0.0.0.0:8090:8090/udp
ok 'create' "$FVM" create none
bad "no VM 'nobody'" 'no such VM' --net vm:nobody
bad 'does not run' 'a VM at rest' --net vm:none
fails_with 125 'its own network' 'its own' run --vm none --net vm:none cmd /c ver
mkdir bare without; ln -s /usr/bin/* without/; rm -f without/pasta* without/passt*
FVM_PATH=$PWD/bare bad 'sudo apt install passt' 'neither pasta nor slirp4netns: the package' --net private
ip route del default
bad 'pasta.*interface' 'this machine has no way out' --net private
ip route add default via $neighbour
if kernel_is 6.12; then # net.t: else there is no --net host
    ok 'create' "$FVM" create --net host host
    "$FVM" run --vm host cmd /c 'set /p x=' >/dev/null 2>&1 < <(sleep 20) & held=$!
    await 20 runs host
    bad 'use --net host' "a VM with this machine's network" --net vm:host
    "$FVM" stop host; wait $held
fi
is "$(leftovers)" '' 'nothing of them is left'
is "$(backends)" 2 'but what a and b have'

# --- the network of another VM -----------------------------------------------------------------------------------------
ok 'create' "$FVM" create quiet
serve quiet 90 'from quiet'
fvm run --net vm:quiet "$net" get 127.0.0.1 90; is "$out" 'from quiet' 'a client joins a VM without network'
fvm run --net vm:quiet "$net" try $internet 8000; like "$rc" 3 'and has no more than that'
fvm run --net vm:a "$net" get $internet 8000; like "$out" 'the internet' 'through the VM that it joins'
fvm run --net vm:a "$net" try $neighbour 8000; like "$rc" 3 'no further than that'
fvm run --net vm:a "$net" name web.test; is "$out" $internet 'names too'
ok 'create' "$FVM" create --net vm:quiet second
serve second 91 'from second'
fvm run --net vm:second "$net" get 127.0.0.1 90; is "$out" 'from quiet' 'a chain of three'
fvm run --vm second "$net" get 127.0.0.1 90; is "$out" 'from quiet' 'who joins the VM that joined'
fvm run --vm quiet "$net" get 127.0.0.1 91; is "$out" 'from second' 'and back'
ok 'the first ends' "$FVM" stop quiet
fvm run --vm second "$net" get 127.0.0.1 91; is "$out" 'from second' 'the second goes on'
ok 'and ends' "$FVM" stop second

# --- killed ------------------------------------------------------------------------------------------------------------
kill -9 "$(supervisors a)"
await 20 no_supervisor a; await 20 eval '[ "$(backends)" = 1 ]'
is "$(backends)" 1 'a supervisor is killed: what is behind its tap ends'
serve a 80 'a again'
is "$(web 127.0.0.1:8081)" 'a again' 'its ports are free'
keeper=$(for p in $(children "$(supervisors a)"); do grep -lx fvm-net "/proc/$p/comm"; done 2>/dev/null | grep -o '[0-9]*')
kill -9 $keeper
await 20 eval '[ "$(backends)" = 1 ]'; is "$(backends)" 1 'the keeper of a tap is killed: likewise'
gets_not a $internet 'has no way out then'
ok 'and ends as ever' "$FVM" stop a
ok 'stop' "$FVM" stop b
await 20 no_supervisor; await 20 no_backend
is "$(backends) $(supervisors) $(leftovers)" '0  ' 'nothing is left'

# --- slirp4netns where there is no pasta; a resolver on loopback ------------------------------------------------------------
export FVM_PATH=$PWD/without
bad 'UDP needs pasta' 'slirp4netns: no published datagrams' --net private --publish 8090:8090/udp
ok 'create' "$FVM" create --net private --publish 8081:80 c
serve c 80 'by slirp'
is "$(web 127.0.0.1:8081)" 'by slirp' 'slirp4netns: published'
run c udp $internet 8000 hello; is "$out" 'echo hello' 'slirp4netns: datagrams'
gets c $internet 'the internet' 'slirp4netns: a download'
run c name web.test; is "$out" $internet 'slirp4netns: names'
for host in $own 10.0.2.2 $neighbour $near; do gets_not c $host "slirp4netns: not $host"; done
ok 'stop' "$FVM" stop c
done_testing

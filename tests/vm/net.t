# The network of sealed VMs, in a world of our own (world.sh): none, private, lan, host; what a native program reaches, and
# what becomes of a VM when this machine's network changes.
. "$(dirname "$0")/world.sh"
enter_world
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
make_world
trap end_world EXIT
# --- none, private, lan, host ------------------------------------------------------------------------------------------
kinds=(none private lan)
# Without Landlock's scopes nothing would keep a VM from abstract sockets.
if kernel_is 6.12; then kinds+=(host); else
    no_host='^fvm: --net host needs Linux 6.12 or newer with Landlock: .*; use --net private or lan$'
    fails_with 125 "$no_host" 'run --net host' run --net host cmd /c ver
    fails_with 125 "$no_host" 'create --net host' create --net host host
fi
for kind in "${kinds[@]}"; do ok "create $kind" "$FVM" create --net "$kind" "$kind"; done
run none adapters; unlike "$out" 'adapter [1-9][0-9]*\.' 'none: no adapter'
gets_not none $internet 'not the Internet'
run none name web.test; like "$rc $out" '^3 getaddrinfo: 11001' 'none: names fail, and at once'

run private adapters
like "$out" 'adapter 10.0.2.15/255.255.255.0 gateway 10.0.2.2' 'private: its adapter'
gets private $internet 'the internet' 'a download'
run private name web.test; is "$out" $internet "private: names by this machine's resolver"
run private udp $internet 8000 hello; is "$out" 'echo hello' 'private: datagrams'
for host in $own $own_near 10.0.2.2 10.0.2.3; do gets_not private $host "not this machine, $host"; done
for host in $neighbour $near; do
    gets_not private $host "not the neighbour, $host"
    run private tryudp $host 8000 hello; like "$rc" 3 "private: nor by datagram, $host"
done
fvm run --vm private ipconfig; like "$out" '10\.0\.2\.15' 'private: ipconfig tells it'

gets lan $internet 'the internet' 'a download'
for host in $neighbour $near; do gets lan $host 'the neighbour' "the neighbour, $host"; done
for host in $own $own_near 10.0.2.2; do gets_not lan $host "not this machine, $host"; done

if kernel_is 6.12; then
    gets host 127.0.0.1 'the host' "this machine's loopback"
    gets host $neighbour 'the neighbour' 'the neighbour'
    run host name web.test; is "$out" $internet 'host: names'
    run host adapters; like "$out" "adapter $own/255.255.255.0 gateway $neighbour" "host: this machine's adapters"
    run host udp $neighbour 8000 hello; is "$out" 'echo hello' 'host: datagrams'
fi

echo 'nameserver 127.0.0.53' >world/resolv.conf
run private name host.test; is "$out" 192.0.2.9 'private: a resolver on the loopback of this machine, in use from now on'
echo "nameserver $neighbour" >world/resolv.conf

# --- a native program tries to get further (tests/programs/escape_linux) --------------------------------------------------
native=$FVM_PROGRAMS/unix_exec.exe try=$FVM_PROGRAMS/escape_linux
start python3 -c 'import socket, time
s = socket.socket(socket.AF_UNIX); s.bind("\0fvm-net-bait"); s.listen(); time.sleep(1000)'
tries() { # what vm ARG...: each line of its report is a result here
    local what=$1 vm=$2 line; shift 2
    "$FVM" run --vm "$vm" "$native" "$try" "$@" >tries.tap 2>&1 </dev/null
    while IFS= read -r line; do
        case $line in
        'ok '*) _result 0 "$what: ${line#*- }" ;;
        'not ok '*) _result 1 "$what: ${line#*- }" ;;
        1..*) is "${line#1..}" "$(grep -c '^ok' tries.tap)" "$what: all tries were made" ;;
        esac
    done < <(tr -d '\r' <tries.tap)
    ok "$what: it came to its end" grep -q '^1\.\.' tries.tap
}
closed() { tries "$1, native" "$1" only=network closed="$2" closed-port=8000 closed-device=eth0; } # vm addresses
closed private $own,$own_near,$neighbour,$near,10.0.2.2
closed lan $own,$own_near,10.0.2.2
for kind in "${kinds[@]:1}"; do tries "$kind, native" $kind only='sockets: abstract' abstract=fvm-net-bait; done
outside_tries=$("$try" outside=1 only=network closed=$own,$neighbour closed-port=8000 closed-device=lan0
    "$try" outside=1 only='sockets: abstract' abstract=fvm-net-bait)
is "$(grep '^ok ' <<<"$outside_tries" | grep '(\*)$')" '' 'outside each of them gets through'

# --- what this machine's network becomes while a VM runs ---------------------------------------------------------------
serve private 80 'one'
ip address add 192.0.2.77/32 dev lan0
is "$(web 192.0.2.77:8000)" 'the host' 'a new address of this machine'
gets_not private 192.0.2.77 'is out of reach at once'
gets private $internet 'the internet' 'others are not'
ip address del 192.0.2.77/32 dev lan0
ok 'stop' "$FVM" stop private
done_testing

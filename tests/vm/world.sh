# tests/vm/world.sh: a world of our own to run FVM in: this machine with a neighbour, who is its router, and the Internet
# behind him. Source it first: `enter_world "$@"` starts the test again inside. No network of the real machine is used.
#
#   this machine  198.51.100.2, and 10.77.0.2 beside it; its resolver is the neighbour's; another one at 127.0.0.53 knows
#                 host.test
#   neighbour     198.51.100.1, 10.77.0.1
#   Internet      203.0.113.80 (web.test): HTTP on port 8000
# In the world a test has all capabilities over it; what it starts by $FVM has none.
enter_world() {
    [ -z "${FVM_WORLD:-}" ] || return 0
    export FVM_WORLD=1
    if [ "$(id -u)" = 0 ]; then exec unshare -n -m --propagation private bash "$0"; fi
    exec unshare -U --map-user="$(id -u)" --map-group="$(id -g)" --keep-caps -n -m bash "$0"
}
world_pids=()
outside() { nsenter --net="/proc/$world_net/ns/net" "$@"; }
start() { setsid setpriv --pdeathsig KILL "$@" </dev/null >/dev/null 2>&1 & world_pids+=($!); } # ends with the test
start_outside() { start nsenter --net="/proc/$world_net/ns/net" "$@"; }
make_world() {
    local who as
    ip link set lo up
    start unshare -n sleep 1000; world_net=$!
    until [ "$(readlink "/proc/$world_net/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
    ip link add lan0 type veth peer name lan1 netns "$world_net"
    ip address add 198.51.100.2/24 dev lan0; ip address add 10.77.0.2/24 dev lan0; ip link set lan0 up
    outside sh -c 'ip link set lo up; ip address add 198.51.100.1/24 dev lan1; ip address add 10.77.0.1/24 dev lan1
        ip address add 203.0.113.80/32 dev lo; ip link set lan1 up'
    ip route add default via 198.51.100.1
    mkdir -p world/internet world/neighbour world/host
    for who in internet neighbour host; do echo "the $who" >world/$who/index.html; done
    start_outside python3 -m http.server --directory world/internet --bind 203.0.113.80 8000
    start_outside python3 -m http.server --directory world/neighbour --bind 198.51.100.1 8000
    start_outside python3 -m http.server --directory world/neighbour --bind 10.77.0.1 8000
    start python3 -m http.server --directory world/host --bind 0.0.0.0 8000
    start_outside python3 "$(dirname "$0")/world.py" 198.51.100.1,10.77.0.1,203.0.113.80 web.test=203.0.113.80
    start python3 "$(dirname "$0")/world.py" 127.0.0.53,198.51.100.2 host.test=192.0.2.9
    echo 'nameserver 198.51.100.1' >world/resolv.conf
    mount --bind world/resolv.conf /etc/resolv.conf
    for who in 203.0.113.80 198.51.100.1 10.77.0.1 127.0.0.1 198.51.100.2; do
        until curl -s -o /dev/null --max-time 2 "http://$who:8000/"; do sleep 0.05; done
    done
    # FVM itself is an ordinary user's.
    as=''; [ "$FVM_WHO" = root ] || as='setpriv --inh-caps=-all --ambient-caps=-all'
    # FVM_PATH: where it looks for programs
    printf '#!/bin/sh\nexec %s /usr/bin/env "PATH=${FVM_PATH:-$PATH}" "%s" "$@"\n' "$as" "$FVM" >world/fvm
    chmod +x world/fvm
    FVM=$PWD/world/fvm
}
end_world() { kill "${world_pids[@]}" 2>/dev/null; }

# What the tests of the network share.
export WINEDEBUG=-all
net=$FVM_PROGRAMS/net.exe internet=203.0.113.80 neighbour=198.51.100.1 near=10.77.0.1 own=198.51.100.2 own_near=10.77.0.2
run() { local vm=$1; shift; fvm run --vm "$vm" "$net" "$@"; }
gets() { run "$1" get "$2" 8000; like "$rc $out" "^0 .*$3" "$1: $4"; } # vm address text name
gets_not() { run "$1" try "$2" 8000; like "$rc $out" '^3 connect' "$1: $3"; }
# serve VM PORT TEXT: a server in a VM, until the VM is stopped
serve() {
    : >"serve.$1" # what an earlier one said is no answer
    "$FVM" run --vm "$1" "$net" serve 0.0.0.0 "$2" "$3" >"serve.$1" 2>&1 </dev/null &
    await 30 grep -q ready "serve.$1" || diag "$1: $(cat "serve.$1")"
}
web() { curl -s --http0.9 --max-time 5 "http://$1" </dev/null; } # ADDRESS:PORT
cat >datagram.py <<'PY'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.sendto(b"?", (sys.argv[1], int(sys.argv[2])))
print(s.recv(99).decode())
PY
datagram() { python3 datagram.py "$@" 2>&1 | tail -1; } # ADDRESS PORT
# How many programs stand behind taps in this world?
backends() {
    local pid count=0
    for pid in $(pgrep -f '^(pasta|slirp4netns) '); do [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ] || count=$((count + 1)); done
    echo $count
}
no_backend() { [ "$(backends)" = 0 ]; }


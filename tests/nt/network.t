# TCP on the machine's loopback: a VM has an address of its own there, which its programs take for 127.0.0.1. Outside is the oracle.
# Needs ports of this machine: no two of these at once (with-kit.sh).
. "$(dirname "$0")/lib.sh"
cp "$FVM_NT_PROGRAMS/sockets.exe" .; probe=$(win "$PWD/sockets.exe")
outside "$probe" calls; outside_says=$out; is "$rc" 0 'outside'
inside 1 "$probe" calls; is "$(diff - <(echo "$out") <<<"$outside_says")" '' "bind, listen, connect, accept, names, ConnectEx, UDP, what is refused: as outside ($(wc -l <<<"$out") answers: NtDeviceIoControlFile)"

# --- one port, three servers
port=23456
serve() { # WHO: in the background
    if [ "$1" = host ]; then timeout 60 /usr/lib/wine/wine64 "$probe" serve 12000 $port host 127.0.0.1 >"served$1.txt" 2>/dev/null </dev/null &
    else (start "$1" "$probe" serve 12000 $port "vm$1") >"served$1.txt" 2>/dev/null </dev/null & fi
    for ((i = 0; i < 100; i++)); do grep -qs ready "served$1.txt" && break; sleep 0.1; done
    is "$(tr -d '\r' <"served$1.txt")" 'ready 0' "$1 serves port $port of any address"
}
timeout 60 /usr/lib/wine/wine64 "$probe" serve 4000 $port any >servedany.txt 2>/dev/null </dev/null & any=$!
for ((i = 0; i < 100; i++)); do grep -qs ready servedany.txt && break; sleep 0.1; done
outside "$probe" ask $port; is "$out" any 'a server of the host on all addresses is reached by the host'
inside 5 "$probe" ask $port; is "$out" nobody 'and by no VM'; wait $any
for who in 3 4; do serve $who; done
outside "$probe" ask $port; is "$out" nobody 'the host does not reach it'
inside 5 "$probe" ask $port; is "$out" nobody 'nor does a VM without such a server'
serve host # on Linux a server on all addresses and one on one of them exclude each other
for who in 3 4; do inside $who "$probe" ask $port; is "$out" "vm$who" "VM $who reaches its own"; done
outside "$probe" ask $port; is "$out" host 'the host reaches its own'
inside 5 "$probe" ask $port; is "$out" nobody 'which a VM does not'
is "$(timeout 5 bash -c "exec 3<>/dev/tcp/127.70.0.3/$port; tr -d '\0' <&3")" vm3 "where a VM's server is: 127.70.0.N"
wait
inside 6 "$probe" ipv6; is "$out" $'IPv6 only: bind 10049 listen 10022 name 10022 any 1 connect 10061\nIPv6 and IPv4: bind 0 listen 0 name 0 any 1 connect 0' 'IPv6: sockets that do both, no others'

# --- a web server that nobody here wrote, in two VMs and on the host, on one port
export NODE_SKIP_PLATFORM_CHECK=1 # a new Wine prefix says Windows 7
node=$(win "$(realpath "$FVM_NT_PROGRAMS/../../deps")/node.exe")
cat >server.js <<'JS'
const http = require('http'), who = process.argv[2];
const server = http.createServer((request, response) => response.end(who + ' ' + request.socket.remoteAddress.replace('::ffff:', '')));
server.listen(23457, ...(who == 'host' ? ['127.0.0.1'] : []), () => console.log('ready'));
setTimeout(() => process.exit(0), 60000);
JS
cat >client.js <<'JS'
const http = require('http');
let left = 20, seen = new Set();
function ask() {
    http.get('http://127.0.0.1:23457/', (response) => {
        let text = '';
        response.on('data', (part) => text += part).on('end', () => { seen.add(text); --left ? ask() : console.log([...seen].join('|')); });
    }).on('error', (error) => console.log(error.code));
}
ask();
JS
for who in host 7 8; do
    if [ $who = host ]; then timeout 60 /usr/lib/wine/wine64 "$node" server.js host >nodehost.txt 2>/dev/null </dev/null &
    else (start $who "$node" server.js $who) >node$who.txt 2>/dev/null </dev/null & fi
    for ((i = 0; i < 200; i++)); do grep -qs ready "node$who.txt" && break; sleep 0.1; done
done
for who in host 7 8; do
    if [ $who = host ]; then outside "$node" client.js; else inside $who "$node" client.js; fi
    is "$out" "$who 127.0.0.1" "Node.js on $who: 20 requests to its own server, from 127.0.0.1"
done
inside 9 "$node" client.js; is "$out" ECONNREFUSED 'and none for a VM without one'
end_server; wait
done_testing

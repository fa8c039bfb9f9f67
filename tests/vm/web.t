# A web server, Node.js, in two VMs at once on the same port, published on two ports of this machine, under load.
# FVM_LOAD_SECONDS: for how long; else until some thousand requests are answered.
. "$(dirname "$0")/world.sh"
enter_world
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
node=$FVM_DEPS/node.exe
[ -f "$node" ] || { skip 'node.exe is missing: make deps'; done_testing; exit; }
command -v ab >/dev/null || { skip 'ab is missing: apache2-utils'; done_testing; exit; }
make_world
trap end_world EXIT
cat >web.js <<'JS'
const text = process.argv[2];
require('http').createServer((q, r) => r.end(`${text} ${q.url}\n`)).listen(80, () => console.log('ready'));
JS
requests=3000 load=(-n 3000)
[ -z "${FVM_LOAD_SECONDS:-}" ] || load=(-t "$FVM_LOAD_SECONDS" -n 10000000)
for i in 1 2; do
    ok "create $i" "$FVM" create --net private --publish 809$i:80 web$i
    "$FVM" run --vm web$i "$node" web.js "server $i" >web$i.out 2>&1 </dev/null &
done
for i in 1 2; do
    await 60 grep -q ready web$i.out || diag "$(cat web$i.out)"
    is "$(web 127.0.0.1:809$i/path)" "server $i /path" "the server of VM $i"
done
# Both at once.
for i in 1 2; do ab -q -k "${load[@]}" -c 16 http://127.0.0.1:809$i/ >ab$i.out 2>&1 </dev/null & loads[i]=$!; done
for i in 1 2; do
    wait ${loads[i]}
    answered=$(sed -nE 's/^Complete requests: +//p' ab$i.out)
    ok "VM $i: $answered requests are answered" test "${answered:-0}" -ge $requests
    like "$(tr -s ' ' <ab$i.out)" 'Failed requests: 0' "VM $i: none of them failed"
    unlike "$(cat ab$i.out)" 'Non-2xx' "VM $i: and all of them well"
    diag "VM $i: $(grep 'Requests per second' ab$i.out)"
done
# Who is in the network of one of them needs no port.
"$FVM" run --net vm:web2 "$node" -e 'require("http").get("http://127.0.0.1/x", r => r.pipe(process.stdout))' >client.out 2>&1 </dev/null
is "$(tr -d '\r' <client.out)" 'server 2 /x' 'a client VM and a server VM'
ok 'stop' "$FVM" stop web1 web2
done_testing

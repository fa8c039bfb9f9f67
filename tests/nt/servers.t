# Servers of several processes that nobody here wrote, in two VMs of one Windows and on the host at once, with the same names:
# PostgreSQL (shared memory, events, restricted tokens, one TCP port) and Node.js (cluster: handed-over sockets; named pipes).
# Needs ports of this machine: no two of these at once (with-kit.sh).
. "$(dirname "$0")/lib.sh"
export NODE_SKIP_PLATFORM_CHECK=1 # a new Wine prefix says Windows 7
build=$(cd "$FVM_NT_PROGRAMS/../.." && pwd) node=$(win "$build/deps/node.exe") port=54329 LIMIT=120
initdb=$(win "$build/postgres/bin/initdb.exe") control=$(win "$build/postgres/bin/pg_ctl.exe")
home=$WINEPREFIX/drive_c/servers-test F='C:\servers-test'; rm -rf "$home"; mkdir -p "$home"; trap 'end_server; rm -rf "$work" "$home"' EXIT

# --- PostgreSQL. The VMs' servers begin with what the host has in C:\servers-test\db, copy-on-write; the host's own works in a copy of that.
cat >sql.js <<'JS'
// The protocol's simple queries: one statement each, answered as rows of text.
const socket = require('net').connect(+process.argv[2], '127.0.0.1'), statements = process.argv.slice(3);
const text = (s) => Buffer.from(s + '\0');
const message = (kind, body) => { const head = Buffer.alloc(5); head.write(kind); head.writeInt32BE(body.length + 4, 1); return Buffer.concat([head, body]); };
let input = Buffer.alloc(0);
socket.on('error', (error) => { console.log(error.code); process.exit(1); });
socket.on('connect', () => {
    const body = Buffer.concat([Buffer.from([0, 3, 0, 0]), text('user'), text('postgres'), text('database'), text('postgres'), Buffer.from([0])]);
    const head = Buffer.alloc(4); head.writeInt32BE(body.length + 4); socket.write(Buffer.concat([head, body]));
});
function row(body) {
    const values = []; let at = 2;
    for (let i = 0; i < body.readInt16BE(0); i++) { const cb = body.readInt32BE(at); values.push(body.toString('utf8', at + 4, at + 4 + cb)); at += 4 + cb; }
    return values.join(',');
}
socket.on('data', (data) => {
    input = Buffer.concat([input, data]);
    while (input.length >= 5 && input.length >= 1 + input.readInt32BE(1)) {
        const kind = String.fromCharCode(input[0]), body = input.subarray(5, 1 + input.readInt32BE(1));
        input = input.subarray(1 + input.readInt32BE(1));
        if (kind == 'D') console.log(row(body));
        if (kind == 'E') console.log('error ' + body.toString().replace(/\0/g, ' '));
        if (kind == 'Z') statements.length ? socket.write(message('Q', text(statements.shift()))) : socket.end();
    }
});
JS
sql=$(win "$PWD/sql.js"); db="$F\\db"
outside "$initdb" -D "$db" -U postgres -A trust -E UTF8 --no-locale -N; is $rc 0 'initdb on the host'
printf 'port = %d\nshared_buffers = 16MB\n' $port >>"$home/db/postgresql.conf"
outside "$control" -D "$db" -w -l "$F\\log" start; is $rc 0 'the host starts a server'
outside "$node" "$sql" $port 'create table t (who text, n int)' "insert into t select 'all', g from generate_series(1, 1000) g" 'select count(*), sum(n) from t'
is "$out" '1000,500500' 'and fills it'
outside "$control" -D "$db" -m fast -w stop; is $rc 0 'and stops it'
cp -a "$home/db" "$home/live"; live="$F\\live"
# A VM's server is its programs': it lives as long as somebody runs in the VM.
serve() { # VM
    (start "$1" cmd /c "$control -D $db -w -l $F\\log$1 start& ping -n 100 127.0.0.1 >nul") >"serve$1.txt" 2>&1 </dev/null & holders[$1]=$!
    for ((i = 0; i < 600; i++)); do grep -qs 'server started\|ould not' "serve$1.txt" && break; sleep 0.1; done
    like "$(cat "serve$1.txt")" 'server started' "VM $1 starts a server"
}
outside "$control" -D "$live" -w -l "$F\\log" start; is $rc 0 'the host starts one again'
for vm in 1 2; do serve $vm; done
for vm in 1 2; do
    inside $vm "$node" "$sql" $port "insert into t select 'vm$vm', g from generate_series(1, $vm * 100) g" "select who, count(*), sum(n) from t group by who order by who"
    is "$out" "all,1000,500500"$'\n'"vm$vm,$((vm * 100)),$((vm * 100 * (vm * 100 + 1) / 2))" "VM $vm: the host's rows and its own"
done
outside "$node" "$sql" $port "insert into t values ('host', 1)" "select who, count(*) from t group by who order by who"
is "$out" $'all,1000\nhost,1' "the host's server has none of them"
for vm in 1 2; do
    inside $vm "$node" "$sql" $port 'create index on t (n)' "select count(*) from t where n = 1" 'select count(*) from pg_stat_activity'; is "$(head -1 <<<"$out")" 2 "VM $vm: an index over both"
    inside $vm "$control" -D "$db" status; like "$out" 'server is running' "VM $vm: pg_ctl finds it"
    inside $vm "$control" -D "$db" -m fast -w stop; like "$out" 'server stopped' "VM $vm: and stops it, by a named pipe"
    kill "${holders[vm]}"; wait "${holders[vm]}" 2>/dev/null
done
outside "$control" -D "$live" status; like "$out" 'server is running' "the host's goes on"
outside "$node" "$sql" $port 'select count(*) from t'; is "$out" 1001 'and answers'
outside "$control" -D "$live" -m fast -w stop; is $rc 0 'until it is stopped'
is "$(ls "$home/db/postmaster.pid" 2>/dev/null)" '' "and nobody wrote into the directory that the VMs' began with"

# --- Node.js: a cluster on one port, whose workers speak through their pipe to the first; and a named pipe
cat >cluster.js <<'JS'
const cluster = require('cluster'), http = require('http'), net = require('net'), who = process.argv[2], pipe = '\\\\.\\pipe\\fvm-cluster';
const done = new Map();
if (cluster.isPrimary) {
    net.createServer((peer) => peer.once('data', (data) => peer.end(`${who} heard ${data}`))).listen(pipe, () => {
        for (let i = 0; i < 2; i++) cluster.fork().on('message', (m) => done.set(m.id, (done.get(m.id) || 0) + 1));
    });
    let listening = 0;
    cluster.on('listening', () => ++listening == 2 && ask(40));
    const agent = new http.Agent({ keepAlive: false });
    function ask(left) {
        if (!left) return finish();
        http.get({ port: 23458, host: '127.0.0.1', agent }, (r) => { let t = ''; r.on('data', (d) => t += d).on('end', () => { if (t != who) console.log('stranger ' + t); ask(left - 1); }); }).on('error', (e) => { console.log(e.code); process.exit(1); });
    }
    function finish() {
        const peer = net.connect(pipe, () => peer.write('me'));
        peer.on('data', (data) => {
            console.log(String(data), done.size, [...done.values()].reduce((a, b) => a + b, 0));
            // All three are at work at once: wait until the others were, too.
            require('fs').writeFileSync(process.argv[3] + '/' + who, '');
            setTimeout(() => process.exit(0), 3000);
        });
    }
} else {
    http.createServer((request, response) => { process.send({ id: process.pid }); response.end(who); }).listen(23458, '127.0.0.1');
}
JS
cluster=$(win "$PWD/cluster.js"); mkdir asked
timeout 60 /usr/lib/wine/wine64 "$node" "$cluster" host asked >clusterhost.txt 2>&1 </dev/null & all=($!)
for vm in 3 4; do (start $vm "$node" "$cluster" vm$vm asked) >"clustervm$vm.txt" 2>&1 </dev/null & all+=($!); done
wait "${all[@]}"
for who in host vm3 vm4; do is "$(tr -d '\r' <"cluster$who.txt")" "$who heard me 2 40" "Node.js cluster on $who: 40 answers by two workers, each its own, and a pipe"; done
end_server
done_testing

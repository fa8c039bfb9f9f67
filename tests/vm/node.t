# Node.js for Windows: files, children, named pipes, sockets; and its own standard streams.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/settings.sh"
node=$FVM_DEPS/node.exe
[ -f "$node" ] || { skip 'node.exe is missing: make deps'; done_testing; exit; }
mkdir scripts
cat >scripts/all.js <<'JS'
'use strict';
const fs = require('fs'), path = require('path'), net = require('net'), http = require('http'), os = require('os');
const dgram = require('dgram'), zlib = require('zlib'), crypto = require('crypto'), child = require('child_process');
const {Worker} = require('worker_threads');
const mark = process.argv[2];
const sha = data => crypto.createHash('sha256').update(data).digest('hex').slice(0, 16);
const all = stream => new Promise((resolve, reject) => {
    const chunks = [];
    stream.on('data', c => chunks.push(c)).on('end', () => resolve(Buffer.concat(chunks))).on('error', reject);
});
const ended = process => new Promise(resolve => process.on('close', code => resolve(code)));
const big = Buffer.alloc(1 << 20, 'fvm');

async function files(folder) {
    const at = (...names) => path.join(folder, ...names);
    fs.rmSync(folder, {recursive: true, force: true});
    fs.mkdirSync(at('a', 'b', 'c'), {recursive: true});
    for (let i = 0; i < 200; i++)
        fs.writeFileSync(at('a', `f${i}.txt`), `${mark} ${i}\n`);
    fs.appendFileSync(at('a', 'f7.txt'), 'more');
    fs.renameSync(at('a', 'f1.txt'), at('a', 'b', 'moved ä 日本.txt'));
    fs.unlinkSync(at('a', 'f2.txt'));
    fs.copyFileSync(at('a', 'f3.txt'), at('a', 'b', 'c', 'copy.txt'));
    await fs.promises.writeFile(at('big.bin'), big);
    const list = fs.readdirSync(folder, {recursive: true}).sort();
    return [list.length, sha(list.join('|')), fs.readFileSync(at('a', 'f7.txt'), 'utf8') === `${mark} 7\nmore`,
            fs.existsSync(at('A', 'F5.TXT')), fs.statSync(at('big.bin')).size, sha(await fs.promises.readFile(at('big.bin')))];
}
async function children() {
    const shell = await new Promise(done => child.exec('echo out& echo err 1>&2& exit 7', (e, out, err) => done([e.code, out.trim(), err.trim()])));
    const piped = child.spawn(process.execPath, ['-e', 'process.stdin.pipe(process.stdout)']);
    const back = all(piped.stdout), code = ended(piped);
    piped.stdin.end(big);
    const forked = child.fork(__filename, ['child']);
    const over = new Promise(resolve => forked.on('exit', resolve)); // Wine's Node gives no 'close' here
    const replies = [];
    forked.on('message', m => {
        replies.push(m.twice);
        if (replies.length < 50) forked.send({n: replies.length}); else forked.disconnect();
    });
    forked.send({n: 0});
    const many = await Promise.all([...Array(4).keys()].map(i => ended(child.spawn('cmd', ['/c', 'exit', String(i + 3)]))));
    const killed = child.spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {stdio: 'ignore'});
    const signal = new Promise(resolve => killed.on('exit', (c, s) => resolve(s)));
    killed.kill();
    return [shell, await code, sha(await back), await over, replies.reduce((a, b) => a + b), many, await signal,
            child.spawnSync(process.execPath, ['-p', '6*7']).stdout.toString().trim(),
            child.execFileSync('cmd', ['/c', 'ver']).toString().includes('Windows 10')];
}
async function echo(where) {
    const server = net.createServer(c => c.pipe(c));
    await new Promise((resolve, reject) => server.on('error', reject).listen(where, resolve));
    const answers = await Promise.all([...Array(5).keys()].map(async i => {
        const c = net.connect(where);
        c.end(`${mark} ${i} ${big}`);
        return (await all(c)).toString() === `${mark} ${i} ${big}`;
    }));
    await new Promise(resolve => server.close(resolve));
    return answers;
}
async function web() {
    const server = http.createServer((q, r) => r.end(`${mark}:${q.url}`));
    await new Promise((resolve, reject) => server.on('error', reject).listen(34568, '127.0.0.1', resolve));
    // not fetch(): on Wine it cannot connect, in a VM or not
    const text = await new Promise((resolve, reject) =>
        http.get('http://127.0.0.1:34568/a?b', {agent: false}, r => resolve(all(r))).on('error', reject));
    await new Promise(resolve => server.close(resolve));
    return text.toString() === `${mark}:/a?b`;
}
async function datagram() {
    const socket = dgram.createSocket('udp4');
    await new Promise(resolve => socket.bind(34569, '127.0.0.1', resolve));
    const got = new Promise(resolve => socket.on('message', m => resolve(m.toString())));
    socket.send(mark, 34569, '127.0.0.1');
    const same = await got === mark;
    socket.close();
    return same;
}
async function main() {
    const result = {
        filesZ: await files('work'), filesC: await files('C:\\users\\work'), children: await children(),
        pipe: await echo('\\\\.\\pipe\\fvm-test'), tcp: await echo({port: 34567, host: '127.0.0.1'}), web: await web(), udp: await datagram(),
        zip: sha(zlib.gunzipSync(zlib.gzipSync(big))),
        worker: await new Promise(resolve => new Worker('require("worker_threads").parentPort.postMessage(6*7)', {eval: true}).on('message', resolve)),
        system: [process.platform, process.arch, os.release().split('.')[0], fs.existsSync(os.tmpdir())],
    };
    for (const name in result)
        console.log(`${name} ${JSON.stringify(result[name])}`);
}
if (mark === 'child')
    process.on('message', m => process.send({twice: 2 * m.n}));
else
    main().catch(e => { console.error(e); process.exit(99); });
JS
# What Node.js gives on Windows; the hashes are of 1 MB of "fvm" and of the names in the folder.
hash=$(yes fvm | tr -d '\n' | head -c 1048576 | sha256sum | head -c 16)
names() {
    local i
    printf '%s\n' a 'a\b' 'a\b\c' 'a\b\c\copy.txt' 'a\b\moved ä 日本.txt' big.bin
    for ((i = 0; i < 200; i++)); do [ $i = 1 ] || [ $i = 2 ] || echo "a\\f$i.txt"; done
}
list=$(names | LC_ALL=C sort | tr '\n' '|' | sed 's/|$//' | sha256sum | head -c 16)
files="[204,\"$list\",true,true,1048576,\"$hash\"]"
five='[true,true,true,true,true]'
want="filesZ $files
filesC $files
children [[7,\"out\",\"err\"],0,\"$hash\",0,2450,[3,4,5,6],\"SIGTERM\",\"42\",true]
pipe $five
tcp $five
web true
udp true
zip \"$hash\"
worker 42
system [\"win32\",\"x64\",\"10\",true]"

check_node() { # vm where
    local state
    cp ../scripts/all.js .
    state=$(tree_state .)
    LIMIT=120 fvm run --vm $1 "$node" all.js "$1"
    is "$rc" 0 "$2: the script ends well"; [ "$rc" = 0 ] || diag "$err"
    is "$out" "$want" "$2: its results"
    is "$(cat "$FVM_HOME/vms/$1/layers/1/files/Z$PWD/work/a/f9.txt")" "$1 9" "$2: its file on Z: has its mark"
    is "$(cat "$FVM_HOME/vms/$1/layers/1/files/C/users/work/a/f9.txt")" "$1 9" "$2: and that on C:"
    is "$(tree_state .)" "$state" "$2: the host's folder is as it was"
}
in_settings check_node

# Its standard streams, as a shell uses them.
cd scripts
cat >big.js <<'JS'
for (let i = 0; i < 80000; i++) process.stdout.write(`line ${i} ${'x'.repeat(50)}\n`);
JS
lines() { awk 'BEGIN {for (i = 0; i < 80000; i++) print "line", i, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}'; }
cat >hash.js <<'JS'
const hash = require('crypto').createHash('sha256');
process.stdin.on('data', d => hash.update(d)).on('end', () => console.log(hash.digest('hex')));
JS
cat >streams.js <<'JS'
console.log('to out'); console.error('to err'); process.exitCode = Number(process.argv[2]);
JS
ok 'create' "$FVM" create streams
node() { timeout -k 5 60 "$FVM" run --vm streams "$FVM_DEPS/node.exe" "$@"; }
want=$(lines | sha256sum)
is "$(node big.js </dev/null | sha256sum)" "$want" 'stdout to a pipe: 5 MB'
node big.js >big.txt </dev/null; is "$(sha256sum <big.txt)" "$want" 'stdout to a file: 5 MB'
is "$(lines | node hash.js)" "${want%% *}" 'stdin from a pipe: 5 MB'
is "$(node hash.js <big.txt)" "${want%% *}" 'stdin from a file: 5 MB'
is "$(lines | node -e 'process.stdin.pipe(process.stdout)' | sha256sum)" "$want" 'from a pipe to a pipe: 5 MB'
is "$(node hash.js </dev/null)" "$(sha256sum </dev/null | cut -d' ' -f1)" 'stdin from /dev/null ends'
for code in 0 1 42 255; do
    node streams.js $code >out 2>err </dev/null; is $? $code "exit code $code"
done
is "$(cat out)/$(cat err)" 'to out/to err' 'stdout and stderr are separate'
is "$(node streams.js 0 2>&1 </dev/null | sort)" $'to err\nto out' 'or the same pipe'
is "$(node streams.js 0 2>&1 >/dev/null </dev/null)" 'to err' 'stderr alone to a pipe'
is "$(node big.js </dev/null 2>/dev/null | head -1)" "$(lines | sed -n 1p)" 'into head -1'
cat >forever.js <<'JS'
const more = e => e ? process.exit(e.code === 'EPIPE' ? 3 : 4) : process.stdout.write('again and again\n', more);
more();
JS
{ node forever.js </dev/null; echo $? >code; } | head -1 >/dev/null
like "$(cat code)" '^3$' 'a program that never stops writing learns that head has ended'
cd ..
ok 'delete' "$FVM" delete streams
is "$(store_processes)" '' 'nothing runs any more'
done_testing

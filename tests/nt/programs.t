# Programs that nobody here wrote, in two VMs of one Windows at once, under the same names: 7-Zip and Node.js.
. "$(dirname "$0")/lib.sh"
deps=$(cd "$FVM_NT_PROGRAMS/../../deps" && pwd) || skip "7-Zip and Node.js are not there: tools/get-test-programs.sh"
export NODE_SKIP_PLATFORM_CHECK=1 # a new Wine prefix says Windows 7
seven=$(win "$deps/7za.exe") node=$(win "$deps/node.exe")
for vm in 11 12; do
    mkdir "in$vm"; for ((i = 0; i < 400; i++)); do printf 'VM %d file %d %*s' $vm $i $((i * 7)) '' >"in$vm/f$i.txt"; done
done
mkdir same; echo host >same/out.7z; before=$(cksum same/out.7z)
pack() { (start "$1" "$seven" a "$(win "$PWD/same/new.7z")" "$(win "$PWD/in$1")") >"pack$1.txt" 2>&1; echo $? >"rc$1"; }
pack 11 & a=$!; pack 12 & b=$!; wait $a $b
is "$(cat rc11 rc12 | tr '\n' ' ')" '0 0 ' '7-Zip packs in two VMs at once, into one name'
is "$(ls same)" out.7z 'the host has no such file'
for vm in 11 12; do
    inside $vm "$seven" x -y "-o$(win "$PWD/back")" "$(win "$PWD/same/new.7z")"; is $rc 0 "VM $vm unpacks"
    copy=$(find "layer$vm" -type d -name "in$vm" | head -1)
    is "$(diff -r "in$vm" "${copy:-nowhere}" 2>&1 | head -3)" '' "and has its own files back"
done
inside 11 "$seven" a "$(win "$PWD/same/out.7z")" "$(win "$PWD/in11/f1.txt")"; is "$(cksum same/out.7z)" "$before" "a file of the host's is changed in the VM only"
cat >work.js <<'JS'
const fs = require('fs'), cp = require('child_process'), root = 'C:/users/node-test';
fs.mkdirSync(root + '/a/b', { recursive: true });
for (let i = 0; i < 200; i++) fs.writeFileSync(`${root}/a/b/f${i}`, process.argv[2].repeat(i));
fs.renameSync(root + '/a', root + '/c');
console.log(fs.readdirSync(root + '/c/b').length, fs.readFileSync(root + '/c/b/f3', 'utf8'));
fs.appendFileSync('C:/windows/win.ini', process.argv[2]);
console.log(fs.readFileSync('C:/windows/win.ini', 'utf8').slice(-3));
console.log(cp.execFileSync('cmd', ['/c', 'dir', '/b', root.replace(/\//g, '\\')]).toString().trim());
fs.rmSync(root, { recursive: true });
console.log(fs.existsSync(root), fs.realpathSync('C:/windows/win.ini'));
JS
ini=$(cksum "$WINEPREFIX/drive_c/windows/win.ini")
for vm in 11 12; do (start $vm "$node" "$(win "$PWD/work.js")" "v$vm") >"node$vm.txt" 2>&1 & pids[vm]=$!; done
wait "${pids[@]}"
for vm in 11 12; do
    is "$(tr -d '\r' <"node$vm.txt")" "200 v${vm}v${vm}v${vm}"$'\n'"v$vm"$'\nc\nfalse C:\\windows\\win.ini' "Node.js in VM $vm"
done
cat >watch.js <<'JS'
const fs = require('fs'), root = 'C:\\node-watch', seen = new Set();
const watcher = fs.watch(root, (event, name) => {
    seen.add(`${event} ${name}`);
    if (name === 'end') { watcher.close(); console.log([...seen].join('\n')); }
});
setTimeout(() => {
    fs.appendFileSync(root + '\\one.txt', 'x');
    fs.renameSync(root + '\\one.txt', root + '\\uno.txt');
    fs.unlinkSync(root + '\\uno.txt');
    fs.writeFileSync(root + '\\end', 'z');
}, 200);
setTimeout(() => { console.log('late', ...seen); process.exit(1); }, 10000).unref();
JS
fresh() { rm -rf "$WINEPREFIX/drive_c/node-watch"; mkdir "$WINEPREFIX/drive_c/node-watch"; echo one >"$WINEPREFIX/drive_c/node-watch/one.txt"; }
fresh; outside "$node" watch.js; outside_says=$out
fresh; inside 11 "$node" watch.js; is "$out" "$outside_says" "fs.watch tells of changes, through libuv's completion port"
rm -rf "$WINEPREFIX/drive_c/node-watch"
is "$(cksum "$WINEPREFIX/drive_c/windows/win.ini")" "$ini" "the host's win.ini is as it was"
not_ok 'and no folder of theirs is there' test -e "$WINEPREFIX/drive_c/users/node-test"
done_testing

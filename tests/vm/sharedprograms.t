# Programs that nobody here wrote in two shared VMs at once, under the same names in the same folder: an installer, scripts, 7-Zip,
# Node.js. (An installer with a service and its registry: sharedmsi.t.)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
. "$(dirname "$0")/settings.sh"
pause=$FVM_PROGRAMS/pause.exe seven=$FVM_DEPS/7za.exe node=$FVM_DEPS/node.exe
{ [ -f "$seven" ] && [ -f "$node" ]; } || { skip '7za.exe or node.exe is missing: make deps'; done_testing; exit; }
command -v wixl >/dev/null || { skip 'wixl is missing (Debian: apt-get install wixl)'; done_testing; exit; }

# --- what is there before: a package of each VM's own product with the same names, a script, a tree --------------------------------
package() { # VM DIGIT: of another product for each VM
    echo "read me, $1" >readme.txt
    cat >package.wxs <<WXS
<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="6C4B7A52-0D1E-4F8B-9C55-1B5B0E5A10${2}1" Name="FVM Test $1" Language="1033" Version="1.2.3" Manufacturer="FVM"
           UpgradeCode="6C4B7A52-0D1E-4F8B-9C55-1B5B0E5A10${2}2">
    <Package InstallerVersion="300" Compressed="yes" InstallScope="perMachine"/>
    <Media Id="1" Cabinet="test.cab" EmbedCab="yes"/>
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="ProgramFiles64Folder">
        <Directory Id="INSTALLDIR" Name="FVM Test">
          <Component Id="Texts" Guid="6C4B7A52-0D1E-4F8B-9C55-1B5B0E5A10${2}3" Win64="yes">
            <File Id="ReadMe" Name="read me.txt" Source="readme.txt" KeyPath="yes"/>
            <File Id="Tool" Name="tool.exe" Source="tool.exe"/>
            <Shortcut Id="Link" Directory="ProgramMenuFolder" Name="FVM Test" Target="[INSTALLDIR]tool.exe"/>
          </Component>
        </Directory>
      </Directory>
      <Directory Id="ProgramMenuFolder"/>
    </Directory>
    <Feature Id="All" Level="1"><ComponentRef Id="Texts"/></Feature>
  </Product>
</Wix>
WXS
    wixl -a x64 -o "setup $1.msi" package.wxs
}
cp "$FVM_PROGRAMS/hello.exe" tool.exe
ok 'wixl makes a package' package one 1
ok 'and another' package two 2
rm tool.exe readme.txt package.wxs
for ((i = 0; i < 300; i++)); do mkdir -p "tree/d$((i % 7))"; printf 'file %d %*s' $i $((i * 7)) '' >"tree/d$((i % 7))/f $i.txt"; done
echo seen >seen.txt; echo old >out.txt
cat >script.js <<'JS'
// MoveFolder is not in Wine 8.
var fso = new ActiveXObject('Scripting.FileSystemObject'), shell = new ActiveXObject('WScript.Shell'), mark = WScript.Arguments(0), file;
function say(name, value) { WScript.Echo(name + ': ' + value); }
function text(path) { var f = fso.OpenTextFile(path, 1), all = f.ReadAll(); f.Close(); return all; }
say('before', text('out.txt').replace(/\s/g, ''));
file = fso.CreateTextFile('out.txt', true); file.WriteLine('hello ' + mark); file.Close();
file = fso.OpenTextFile('out.txt', 8); file.WriteLine('more'); file.Close();
say('text', text('out.txt').replace(/\r\n/g, '|'));
fso.CreateFolder('C:\\users\\script');
fso.CopyFile('out.txt', 'C:\\users\\script\\copy.txt');
fso.MoveFile('C:\\users\\script\\copy.txt', 'C:\\users\\script\\moved.txt');
fso.DeleteFolder('tree\\d2');
fso.DeleteFile('seen.txt');
say('there', fso.FileExists('C:\\users\\script\\moved.txt') + ' ' + fso.FileExists('C:\\users\\script\\copy.txt') + ' ' + fso.FileExists('seen.txt') +
    ' ' + fso.FolderExists('tree\\d1') + ' ' + fso.FolderExists('tree\\d2'));
say('size', fso.GetFile('C:\\users\\script\\moved.txt').Size);
say('run', shell.Run('cmd /c exit 5', 0, true));
WScript.Quit(9);
JS
cat >work.js <<'JS'
const fs = require('fs'), child = require('child_process'), path = require('path'), crypto = require('crypto'), mark = process.argv[2];
for (const root of ['C:\\users\\work', 'work']) {
    fs.mkdirSync(path.join(root, 'a', 'b'), {recursive: true});
    for (let i = 0; i < 200; i++) fs.writeFileSync(path.join(root, 'a', `f${i}.txt`), `${mark} ${i}\n`);
    fs.renameSync(path.join(root, 'a'), path.join(root, 'c'));
    fs.unlinkSync(path.join(root, 'c', 'f2.txt'));
    fs.copyFileSync(path.join(root, 'c', 'f3.txt'), path.join(root, 'c', 'b', 'copy ä 日本.txt'));
    console.log(fs.readdirSync(root, {recursive: true}).length, fs.readFileSync(path.join(root, 'c', 'F9.TXT'), 'utf8').trim());
}
fs.appendFileSync('C:\\windows\\win.ini', mark);
console.log(fs.readFileSync('C:\\windows\\win.ini', 'utf8').endsWith(mark), fs.readFileSync('out.txt', 'utf8').split('\r\n')[0]);
console.log(child.spawnSync(process.execPath, ['-p', '6*7']).stdout.toString().trim(), child.spawnSync('cmd', ['/c', 'exit 7']).status);
const big = crypto.createHash('sha256');
fs.createReadStream(process.execPath).on('data', d => big.update(d)).on('end', () => console.log(big.digest('hex')));
JS
sum=$(sha256sum "$node"); sum=${sum%% *}
contents() { (cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum); }
tree=$(contents tree) state=$(tree_state .)

# --- one VM's part --------------------------------------------------------------------------------------------------------------
installs() { # vm
    fvm run --vm $1 msiexec /i "setup $1.msi" /qn; is $rc 0 "$1: msiexec installs"; [ $rc = 0 ] || diag "$out$err"
    fvm run --vm $1 --cwd 'C:\Program Files\FVM Test' cmd /c 'dir /b'
    is "$out" $'read me.txt\ntool.exe' "$1: its files are installed"
    is "$(cat "$FVM_HOME/vms/$1/layers/1/files/C/Program Files/FVM Test/read me.txt")" "read me, $1" "$1: its own, not the other's"
    fvm run --vm $1 'C:\Program Files\FVM Test\tool.exe'; like "$rc/$out" '^0/.' "$1: the installed program runs"
    [ -n "$(find "$FVM_HOME/vms/$1/layers/1/files/C/users" -name 'FVM Test.lnk')" ]; is $? 0 "$1: it has a shortcut"
}
scripts() { # vm
    fvm run --vm $1 cscript /nologo script.js "$1"; is $rc 9 "$1: cscript: exit code"; [ -z "$err" ] || diag "$err"
    is "$out" "before: old
text: hello $1|more|
there: true false false true false
size: $((${#1} + 14))
run: 5" "$1: Scripting.FileSystemObject"
}
packs() { # vm
    LIMIT=120 fvm run --vm $1 "$seven" a -mx1 -mmt1 'C:\users\packed.7z' tree; is $rc 0 "$1: 7-Zip packs"; like "$out" 'Everything is Ok' "$1: and is content"
    LIMIT=120 fvm run --vm $1 "$seven" x -y 'C:\users\packed.7z' -ounpacked; is $rc 0 "$1: and unpacks"
    is "$(contents "$FVM_HOME/vms/$1/layers/1/files/Z$PWD/unpacked/tree")" "$tree" "$1: every file came back as it was"
}
nodes() { # vm
    LIMIT=120 fvm run --vm $1 "$node" work.js "$1"; is $rc 0 "$1: Node.js"; [ $rc = 0 ] || diag "$err"
    is "$out" "202 $1 9
202 $1 9
true hello $1
42 7
$sum" "$1: what it saw"
}
uninstalls() { # vm digit
    fvm run --vm $1 msiexec /x "{6C4B7A52-0D1E-4F8B-9C55-1B5B0E5A10${2}1}" /qn; is $rc 0 "$1: msiexec removes"
    fvm diff $1; unlike "$out" 'FVM Test' "$1: nothing of the product is left"
    like "$out" 'users.work.c.f9.txt' "$1: what others made is"
}
everything() { installs $1; packs $1; scripts $1; nodes $1; uninstalls "$@"; }

for vm in one two; do ok "a shared VM $vm" "$FVM" create --level shared $vm; done
"$FVM" run --level shared "$pause" 600005 >holder.log 2>&1 & holder=$!; await 20 grep -q ready holder.log; rm holder.log # the Windows stays
digit=0
for vm in one two; do digit=$((digit + 1)); (_n=0 _bad=0; everything $vm $digit) >"../$vm.tap" 2>"../$vm.err" & workers[digit]=$!; done
wait "${workers[@]}"
for vm in one two; do _replay "../$vm.tap"; cat "../$vm.err" >&2; like "$(tail -1 "../$vm.tap")" 'what others made is' "$vm: it went to its end"; done
is "$(tree_state .)" "$state" "the host's folder is as it was"
fvm run cmd /c 'dir /b C:\users& type C:\windows\win.ini'; unlike "$out" 'work|script|one|two' 'a sealed VM beside them sees nothing of it'
kill -9 $holder; wait $holder 2>/dev/null
"$FVM" delete one two
nothing_left 'nothing is left, the Windows with what they wrote to its registry neither'
done_testing

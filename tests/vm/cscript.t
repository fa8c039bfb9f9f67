# cscript: Scripting.FileSystemObject and WScript.Shell; what a script did is told by diff and seen by another program.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/settings.sh"
# Left out because Wine 8 has not got it, with or without FVM: Enumerator over Files, RegDelete, Exec.
cat >script.js <<'JS'
var fso = new ActiveXObject('Scripting.FileSystemObject'), shell = new ActiveXObject('WScript.Shell');
var mark = WScript.Arguments(0), file;
function say(name, value) { WScript.Echo(name + ': ' + value); }
function text(path) { var f = fso.OpenTextFile(path, 1), all = f.ReadAll(); f.Close(); return all; }

file = fso.CreateTextFile('out.txt', true); file.WriteLine('hello ' + mark); file.Write('x'); file.Close();
file = fso.OpenTextFile('out.txt', 8); file.WriteLine('more'); file.Close();
say('text', text('out.txt').replace(/\r\n/g, '|'));
fso.CreateFolder('C:\\users\\script');
fso.CopyFile('out.txt', 'C:\\users\\script\\copy.txt');
fso.MoveFile('C:\\users\\script\\copy.txt', 'C:\\users\\script\\moved.txt');
fso.CreateTextFile('C:\\users\\script\\gone.txt').Close();
fso.DeleteFile('C:\\users\\script\\gone.txt');
say('there', fso.FolderExists('C:\\users\\script') + ' ' + fso.FileExists('C:\\users\\script\\moved.txt') + ' ' +
    fso.FileExists('C:\\users\\script\\copy.txt') + ' ' + fso.FileExists('C:\\users\\script\\gone.txt'));
say('size', fso.GetFile('C:\\users\\script\\moved.txt').Size);
fso.DeleteFile('seen.txt');
say('seen', fso.FileExists('seen.txt'));
say('drive', fso.DriveExists('C:') + ' ' + fso.GetDrive('C:').DriveType);
shell.RegWrite('HKCU\\Software\\FvmTest\\name', 'of ' + mark, 'REG_SZ');
shell.RegWrite('HKCU\\Software\\FvmTest\\number', 42, 'REG_DWORD');
shell.RegWrite('HKLM\\Software\\FvmTest\\path', '%SystemRoot%\\x', 'REG_EXPAND_SZ');
shell.RegWrite('HKCU\\Software\\FvmTest\\sub\\', 'default', 'REG_SZ');
say('read', shell.RegRead('HKCU\\Software\\FvmTest\\name') + ' ' + shell.RegRead('HKCU\\Software\\FvmTest\\number') + ' ' +
    shell.RegRead('HKLM\\Software\\FvmTest\\path') + ' ' + shell.RegRead('HKCU\\Software\\FvmTest\\sub\\'));
say('variable', shell.ExpandEnvironmentStrings('%SystemRoot%'));
say('run', shell.Run('cmd /c exit 5', 0, true));
say('arguments', WScript.Arguments.length + ' ' + WScript.Arguments(1));
WScript.Quit(9);
JS
check_cscript() { # vm where
    local state size=$((${#1} + 15)) # "hello MARK\r\n", "x", "more\r\n"
    cp ../script.js . && echo seen >seen.txt
    state=$(tree_state .)
    fvm run --vm $1 cscript /nologo script.js "$1" "two words"
    is "$rc" 9 "$2: exit code of the script"; [ -z "$err" ] || diag "$err"
    is "$out" "text: hello $1|xmore|
there: true true false false
size: $size
seen: false
drive: true 2
read: of $1 42 C:\\windows\\x default
variable: C:\\windows
run: 5
arguments: 2 two words" "$2: what it saw"
    fvm run --vm $1 cmd /c 'type out.txt & type C:\users\script\moved.txt & if not exist seen.txt echo away& reg query HKCU\Software\FvmTest'
    like "$out" "^hello $1"$'\n'"xmore"$'\n'"hello $1"$'\n'"xmore"$'\n'"away" "$2: another program sees its files"
    like "$out" "name +REG_SZ +of $1" "$2: and its text in the registry"
    like "$out" "number +REG_DWORD +0x2a" "$2: and its number"
    fvm diff $1
    like "$out" "\\+ C:.users.script.moved\.txt  $size B" "$2: diff: file on C:"
    unlike "$out" 'gone\.txt|copy\.txt' "$2: diff: none that came and went"
    like "$out" "\\+ Z:[^ ]*.out\.txt  $size B" "$2: diff: file on Z:"
    like "$out" "- Z:[^ ]*.seen\.txt" "$2: diff: deleted file of the host's folder"
    like "$out" "\\+ HKEY_CURRENT_USER.Software.FvmTest  \"name\" = \"of $1\"" "$2: diff: text"
    like "$out" '\+ HKEY_CURRENT_USER.Software.FvmTest  "number" = 0x0000002a' "$2: diff: number"
    like "$out" '\+ HKEY_CURRENT_USER.Software.FvmTest.sub  \(default\) = "default"' "$2: diff: default value"
    like "$out" '\+ HKEY_LOCAL_MACHINE.Software.FvmTest  "path" = ' "$2: diff: the machine's part"
    "$FVM" diff --reg $1 >diff.reg
    ok "$2: diff --reg has the value" grep -q "\"name\"=\"of $1\"" diff.reg; rm -f diff.reg
    is "$(tree_state .)" "$state" "$2: the host's folder is as it was"
}
in_settings check_cscript
done_testing

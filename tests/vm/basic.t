# The first things a user does, in order.
. "$(dirname "$0")/lib.sh"
fvm run cmd /c ver; is $rc 0 'a throw-away VM runs a program'
like "$out" 'Windows 10\.' 'and it is a Windows 10'
is "$(vms_left)" '' 'nothing of it is left'
fvm run cmd /c exit 42; is $rc 42 'exit code of the program'
ok 'create' "$FVM" create box
fvm run --vm box cmd /c 'echo hello>C:\users\new.txt& echo x>> C:\windows\win.ini & del C:\windows\system.ini & reg add HKCU\Software\FvmTest /v a /d b /f'
fvm diff box
like "$out" '\+ C:\\users\\new.txt  7 B' 'diff: created'
like "$out" '~ C:\\windows\\win.ini' 'diff: changed'
like "$out" '- C:\\windows\\system.ini' 'diff: deleted'
like "$out" '\+ HKEY_CURRENT_USER\\Software\\FvmTest  "a" = "b"' 'diff: registry value'
is "$(grep -c . <<<"$out")" 7 'diff: nothing else'
fvm run cmd /c 'type C:\users\new.txt'; is $rc 1 'another VM does not see it'
fvm discard --only 'C:\windows\*' box; is $rc 0 'discard some'
fvm diff box; unlike "$out" 'windows' 'they are gone'
fvm commit box; is $rc 0 'commit the rest'
fvm diff box; is "$out" 'nothing changed' 'the VM has nothing of its own then'
fvm run cmd /c 'type C:\users\new.txt'; is "$out" 'hello' 'a new VM sees the file'
fvm run cmd /c 'reg query HKCU\Software\FvmTest /v a'; like "$out" 'REG_SZ +b' 'and the value'
cp "$FVM_PROGRAMS/hello.exe" .
printf '%s\r\n' 'md "C:\Program Files\Tool"' 'copy hello.exe "C:\Program Files\Tool\fvmtool.exe"' \
    'reg add HKCU\Environment /v PATH /t REG_EXPAND_SZ /d "C:\nowhere;%%ProgramFiles%%\Tool" /f' >install.bat
fvm run --vm box ./install.bat
fvm run --vm box FvmTool; is "$rc $out" '0 hello' "a name on the VM's PATH, without extension, in other case"
fvm run fvmtool; is $rc 127 'another VM has another PATH'
ok 'delete' "$FVM" delete box
is "$(vms_left)" '' 'it is gone'
# Root becomes somebody who cannot walk to a closed folder: FVM must not need to.
mkdir -m 700 closed
cp -al "$FVM_HOME" closed/store
cp "$FVM_PROGRAMS/hello.exe" closed/
cd closed || exit 1
FVM_HOME=$PWD/store fvm run ./hello.exe; is "$rc $out" '0 hello' 'program and store in a closed folder'
cd ..
# A base that was made on another machine, or before this one got more processors.
hive=$(echo "$FVM_HOME"/bases/default/versions/*/system.reg)
sed -i -E 's/^"(NUMBER_OF_PROCESSORS|PROCESSOR_(IDENTIFIER|LEVEL|REVISION))"="/&7/' "$hive" # in the base's copy, for sed makes a new file
is "$(grep -c '^"\(NUMBER_OF_\)\?PROCESSOR[A-Z_]*"="7' "$hive")" 4 'the base knows other processors'
[ "$(id -u)" != 0 ] || chown --reference="${hive%/*}" "$hive"
ok 'create' "$FVM" create moved
fvm run --vm moved cmd /c 'echo %NUMBER_OF_PROCESSORS%'; is "$out" "$(nproc)" 'a VM has those of this machine'
fvm diff moved; is "$out" 'nothing changed' 'they are no change of its own'
# A list that is made while VMs come and go.
(for ((i = 0; i < 60; i++)); do "$FVM" create coming; "$FVM" delete coming; done) >/dev/null 2>&1 & lane=$!
while kill -0 $lane 2>/dev/null; do "$FVM" list; done >lists.txt 2>&1; wait $lane
is "$(grep -ci 'damaged\|no VM' lists.txt)" 0 "a VM that is just deleted is not called damaged ($(grep -c coming lists.txt) of $(grep -c NAME lists.txt) lists saw it)"
done_testing

# Folders of the host's in a VM as they are (--share): what the VM does to them is done outside, by the folder's owner, and
# only where it may. What may not be shared is refused before anything is made.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
mkdir own; cp "$FVM_PROGRAMS/share.exe" own/
here=$PWD home=$PWD/own
# As root the shares belong to a user who is neither root nor the VMs' own.
owner=$(id -u); [ "$FVM_WHO" = user ] || owner=12321
share() { mkdir -p "$1"; [ "$FVM_WHO" = user ] || chown "$owner:$owner" "$1"; }
# in_vm FVM-ARGUMENTS... -- LINES...: lines of a batch file, run in own/
in_vm() {
    local args=()
    while [ "$1" != -- ]; do args+=("$1"); shift; done
    shift
    printf '@echo off\r\n' >own/job.bat; printf '%s\r\n' "$@" >>own/job.bat
    cd own || return; fvm run "${args[@]}" ./job.bat; local code=$?; cd .. || return
    return $code
}
owned() { stat -c '%u %g %a' "$1" 2>&1; }

# --- a drive ----------------------------------------------------------------------------------------------------------------
share 'a = b: ä'
echo hello >'a = b: ä/host.txt'; chown "$owner:$owner" 'a = b: ä/host.txt'
in_vm --share "$here/a = b: ä:rw=d:" -- 'type D:\HOST.TXT' 'echo more>>D:\host.txt' 'echo new>D:\New.txt' 'md D:\folder' \
    'move D:\New.txt D:\folder\moved.txt >nul' 'echo x>D:\gone.txt' 'del D:\gone.txt' 'ren D:\folder renamed' 'dir /b D:\' 'D:' 'cd \renamed' 'cd'
is $rc 0 'a folder with spaces, = : and ä in its name as drive D:'
is "$out" $'hello\nhost.txt\nrenamed\nD:\\renamed' 'is read, without case, and written'
is "$(cat 'a = b: ä/host.txt' | tr -d '\r')" $'hello\nmore' 'what was there is changed outside'
is "$(cd 'a = b: ä' && find . | sort | tr '\n' ' ')" '. ./host.txt ./renamed ./renamed/moved.txt ' 'what was made, moved and deleted is so outside'
is "$(owned 'a = b: ä/renamed/moved.txt')" "$owner $owner 644" "it belongs to the folder's owner"
is "$(owned 'a = b: ä/renamed')" "$owner $owner 755" 'folders too'
is "$(owned 'a = b: ä/host.txt')" "$owner $owner 644" 'and what was there belongs to whom it did'
in_vm --share "$here/a = b: ä=D:" -- 'share drive D' 'share drive E' 'type D:\host.txt' 'echo no>D:\host.txt' 'echo no>D:\no.txt' 'del D:\host.txt' 'md D:\no' 'ren D:\renamed no'
like "$out" "^listed 1 type 3 volume 1 'NTFS' longest 25[0-9] space 1 1" 'it is a fixed drive with a volume'
like "$out" 'listed 0 type 1 volume 0' 'the next letter is none'
like "$out" 'hello' 'read-only: it is read'
is "$(cat 'a = b: ä/host.txt' | tr -d '\r'; ls 'a = b: ä')" $'hello\nmore\nhost.txt\nrenamed' 'and nothing is changed'

# --- its own path, a folder of C:, what the VM keeps ----------------------------------------------------------------------------
share data; echo one >data/one.txt; chown "$owner:$owner" data/one.txt
"$FVM" create box
in_vm --vm box --share "$here/data:rw" -- "cd /d Z:$here/data" 'type one.txt' 'echo two>two.txt' 'echo mine>C:\mine.txt'
is "$rc $out" '0 one' 'at its own path on drive Z:'
like "$(cat data/two.txt)" two 'it is written outside'
await 10 no_supervisor
in_vm --vm box --share "$here/data:rw=c:/Data/In it" -- 'type "c:\data\IN IT\one.txt"' 'echo three>"C:\Data\In it\three.txt"' 'dir /b C:\Data' 'rd "C:\Data\In it"' 'rd C:\Data'
is "$out" $'one\nIn it' 'as a folder of drive C:'
like "$(cat data/three.txt)" three 'it is written outside'
await 10 no_supervisor
fvm diff box; is "$out" $'files\n  + C:\\mine.txt  6 B' 'the diff shows what the VM keeps, neither the shares nor their mount points'
in_vm --vm box -- 'if exist C:\data echo there'
is "$rc $out" '0 ' 'without the share there is no such folder'
in_vm --vm box --share "$here/data:rw=C:\\WINDOWS\\Temp\\x" -- 'echo four>C:\windows\temp\X\four.txt' 'dir /b C:\Windows\te*'
is "$(tr -d '\r' <data/four.txt) $out" 'four temp' "below a folder of the base's, whatever its case"
await 10 no_supervisor
in_vm --share "$here/data:rw=C:\\around\\x" -- 'share move C:\around C:\other' 'share move C:\around\x C:\around\y' 'if exist C:\other echo moved' 'type C:\around\x\one.txt'
is "$out $(cat data/one.txt)" $'not moved: 5\nnot moved: 33\none one' 'neither it nor the folder around it can be moved'
mkdir own/group own/group/in; chmod 2775 own/group own/group/in; touch own/group/in/file
in_vm -- 'share move group other' 'dir /b /s other'; like "$out" $'^moved\n.*other.in\n.*other.in.file$' 'a set-group-ID folder that is shown copy-on-write is moved by copy'
rm -r own/group
in_vm --vm box -- 'md C:\Mine' 'md C:\Mine\full' 'echo x>C:\Mine\full\x' 'echo x>C:\Mine\file'; await 10 no_supervisor
in_vm --vm box --share "$here/data=C:\\mine\\Sub" -- 'type C:\Mine\sub\one.txt'; is "$out" one "in a folder of the VM's own"
await 10 no_supervisor
fails_with 125 "that folder is not empty; choose another place" 'over a folder that is not empty' run --vm box --share "$here/data=C:\\mine\\FULL" cmd /c ver
fails_with 125 "a file or a link is in the way; choose another place" 'over a file' run --vm box --share "$here/data=C:\\mine\\file" cmd /c ver
fails_with 125 "a file or a link is in the way; choose another place" 'in a file' run --vm box --share "$here/data=C:\\mine\\file\\x" cmd /c ver
in_vm --vm box -- 'type C:\mine\full\x'; is "$out" x 'they are as they were'
await 10 no_supervisor

# --- beside what is shown copy-on-write -------------------------------------------------------------------------------------------
share own/live; echo live >own/live/file
in_vm --vm box --share "$here/own/live:rw" -- 'echo cow>cow.txt' 'echo direct>live\direct.txt' 'cd live' 'type file'
is "$rc $out" '0 live' 'a share in the current folder'
is "$(tr -d '\r' <own/live/direct.txt) $(ls own)" $'direct job.bat\nlive\nshare.exe' 'is as it is, and the folder around it copy-on-write'
in_vm --vm box --share "$here/own/live:rw" -- 'type cow.txt' 'type live\direct.txt'; is "$out" $'cow\ndirect' 'also when it is joined again'
await 10 no_supervisor
in_vm --vm box --share "$here/own/live:rw=D:" -- 'echo drive>live\drive.txt' 'type D:\drive.txt'; is "$out" drive 'a share that is a drive is as it is there, too'
await 10 no_supervisor
mkdir own/copy; echo host >own/copy/host.txt
in_vm --vm box -- 'rd /s /q copy' 'if exist copy echo there'; is "$out" '' 'a VM without the share removes its copy'
await 10 no_supervisor
ok 'which is there outside' test -s own/copy/host.txt
cd own || exit; fails_with 125 "cannot share '$here/own/copy' in '$here/own': the VM has removed or replaced that folder" 'then it is not shared there' run --vm box --share "$here/own/copy:rw" cmd /c ver; cd ..
await 10 no_supervisor
in_vm --vm box --share "$here/own/copy:rw=D:" -- 'if exist copy echo there' 'type D:\host.txt'; is "$out" host 'but as a drive'
await 10 no_supervisor; rm -r own/copy
share own/tree; share own/tree/in
in_vm --share "$here/own/tree/in:rw" --share "$here/own/tree" -- 'echo no>tree\no.txt' 'echo yes>tree\in\yes.txt' 'echo cow>cow.txt'
is "$(cd own && ls tree tree/in | tr '\n' ' ')" 'tree: in  tree/in: yes.txt ' 'a writable share in a read-only one in the current folder'
rm -r own/tree
cp own/share.exe own/live/; share own/live/sub
fvm run --share "$here/own/live=D:" own/live/share.exe drive D; like "$out" '^listed 1' 'a program in a share by its Linux path'
fvm run --share "$here/own/live=D:" 'D:\share.exe' drive D; like "$out" '^listed 1' 'by its Windows path'
fvm run --share "$here/own/live" own/live/share.exe drive Z; like "$out" '^listed 1' 'by its Linux path on drive Z:'
fvm run --share "$here/own/live=D:" --cwd own/live/sub cmd /c cd; is "$out" 'D:\sub' '--cwd in a share by its Linux path'
fvm run --share "$here/own/live=D:" --cwd 'd:\SUB' cmd /c cd; is "$out" 'D:\sub' 'by its Windows path'
fvm run --share "$here/own/live=C:\\a\\b" --cwd own/live/sub cmd /c cd; is "$out" 'C:\a\b\sub' 'in one on drive C:'
fvm run --share "$here/own/live" --cwd own/live/sub cmd /c cd; is "$out" "Z:${here//\//\\}\\own\\live\\sub" 'in one at its own path'
(cd own/live/sub && fvm run --share "..:rw=E:" cmd /c 'cd& echo x>here.txt'; is "$out" 'E:\sub' 'the current folder in a share'; exit $_bad) || _bad=1; _n=$((_n + 1))
ok 'what a program writes there is there' test -s own/live/sub/here.txt
mkdir -p outer/inner; share outer; share outer/inner
in_vm --share "$here/outer" --share "$here/outer/inner:rw" -- "cd /d Z:$here/outer" 'echo no>no.txt' 'echo yes>inner\yes.txt'
is "$(ls outer outer/inner | tr '\n' ' ')" 'outer: inner  outer/inner: yes.txt ' 'a writable share in a read-only one'

# --- both sides at once ---------------------------------------------------------------------------------------------------------
share common; "$FVM" create two
(cd own && exec "$FVM" run --vm box --share "$here/common:rw=D:" ./share.exe lock 'D:\lock' </dev/null >../locked 2>&1) & pid=$!
ok 'one VM locks a file' await 30 grep -q locked locked
lockf() { python3 -c 'import fcntl, sys; fcntl.lockf(open(sys.argv[1], "r+"), fcntl.LOCK_EX | fcntl.LOCK_NB, 1)' common/lock 2>&1 | tail -1; }
like "$(lockf)" 'BlockingIOError' 'the host cannot lock it then'
in_vm --vm two --share "$here/common:rw=E:" -- 'share trylock E:\lock' 'echo two>E:\two.txt'
is "$out" 'not locked: 33' 'nor can another VM that has the folder'
is "$(tr -d '\r' <common/two.txt)" two 'which writes to it meanwhile'
fails_with 125 "VM 'box' runs with --share $here/common:rw=D:; end it first" 'a VM that runs keeps its shares' run --vm box --share "$here/common=D:" cmd /c ver
in_vm --vm box --share "$here/common:rw=D:" -- 'type D:\two.txt'; is "$out" two 'and the first one sees that'
touch common/lock.go; wait $pid; is $? 0 'the lock is given back'
is "$(lockf)" '' 'and the host has it'
await 10 no_supervisor; "$FVM" delete two
(cd own && exec "$FVM" run --share "$here/common=D:" ./share.exe watch 'D:\' </dev/null >../watched 2>&1) & pid=$!
ok 'a program watches the folder' await 30 grep -q watching watched
echo x >common/made; rm common/made; touch common/last
wait $pid; is "$(tr -d '\r' <watched | tr '\n' ' ' | sed 's/3 made //g')" 'watching 1 made 2 made 1 last ' 'it sees what the host does'
in_vm --share "$here/common:rw=D:" --share "$here/data:rw=E:" -- 'share move D:\two.txt E:\5.txt' 'share replace D:\two.txt E:\5.txt' 'share replace E:\5.txt C:\5.txt' 'type C:\5.txt' 'share replace C:\5.txt D:\six.txt'
is "$out" $'not moved: 17\nmoved\nmoved\ntwo\nmoved' 'files move between shares and the VM as between drives'
is "$(tr -d '\r' <common/six.txt) $(ls data/5.txt common/two.txt 2>/dev/null)" 'two ' 'and arrive'

# --- the host renames the folder ----------------------------------------------------------------------------------------------------
(cd own && exec "$FVM" run --vm box --share "$here/common:rw=D:" ./share.exe lock 'D:\lock2' </dev/null >../locked2 2>&1) & pid=$!
ok 'a VM runs' await 30 grep -q locked locked2
"$FVM" run --vm box --cwd "$here/common" cmd /c cd >cwd.txt 2>&1; is "$(tr -d '\r' <cwd.txt)" 'D:\' 'what a VM that runs is shared with is known to the next program'
mv common renamed
in_vm --vm box -- 'echo x>D:\late.txt'; is "$rc $err" '0 ' 'another program joins when the folder has another name'
touch renamed/lock2.go; wait $pid; is $? 0 'the first one goes on in it'
ok 'both wrote where the folder is now' test -s renamed/late.txt
mv renamed common; await 10 no_supervisor

# --- a folder whose files get its group -------------------------------------------------------------------------------------------
share group; chmod 2775 group
in_vm --share "$here/group:rw=D:" -- 'md D:\sub' 'echo x>D:\sub\file' 'attrib +r D:\sub\file' 'attrib +r D:\sub' 'echo y>D:\sub\two'
is "$rc $err $(stat -c %a group/sub group/sub/file group/sub/two | tr '\n' ' ')" '0  2755 444 644 ' 'files and folders are made in a set-group-ID folder'

# --- what is mounted in it ------------------------------------------------------------------------------------------------------------
share mounted; mkdir mounted/in
# In a mount namespace of its own, made by root or by an ordinary user.
with_mount() { # TYPE MODE FVM-ARGUMENTS...
    local make='mount -t "$1" none mounted/in && chmod "$2" mounted/in && echo inner >mounted/in/file && shift 2 && cd own &&'
    if [ "$FVM_WHO" = root ]; then
        timeout 60 unshare -m sh -c "$make"' exec "$FVM" run "$@"' sh "$@"
    else
        timeout 60 unshare -c --keep-caps -m sh -c "$make"' exec setpriv --ambient-caps=-all --inh-caps=-all "$FVM" run "$@"' sh "$@"
    fi >mounted.out 2>mounted.err </dev/null
}
if [ "$FVM_WHO" = user ]; then
    with_mount tmpfs 755 --share "$here/mounted:rw=D:" cmd /c 'type D:\in\file& echo x>D:\made'
    is "$? $(tr -d '\r' <mounted.out)" '0 inner' 'is seen'
    ok 'and around it is written' test -s mounted/made
    with_mount tmpfs 777 --share "$here/mounted=D:" cmd /c 'type D:\in\file& echo no>D:\in\no& if exist D:\in\no echo written'
    is "$(tr -d '\r' <mounted.out)" inner 'and is read-only as the share is'
else
    with_mount ramfs 755 --share "$here/mounted:rw=D:" cmd /c ver
    is "$? $(cat mounted.out)" '125 ' 'a file system without idmapped mounts: not for writing'
    like "$(cat mounted.err)" "^fvm: cannot share '$here/mounted' for writing: its file system, or one mounted in it, has no idmapped mounts, .*; share it :ro, or run fvm as user 12321\$" 'and it is said why'
    owner=$(stat -c %u mounted); chown 0 mounted
    with_mount ramfs 755 --share "$here/mounted:rw=D:" cmd /c ver
    like "$? $(cat mounted.err)" "^125 fvm: cannot share '$here/mounted' for writing: .*; share it :ro, or put it on ext4, xfs or btrfs\$" "root's own folder: nobody is told to become root"
    chown "$owner" mounted
    with_mount ramfs 755 --share "$here/mounted=D:" cmd /c 'type D:\in\file& echo no>D:\in\no'
    is "$(tr -d '\r' <mounted.out)" inner 'for reading what everybody may read'
    chmod 750 mounted; with_mount ramfs 755 --share "$here/mounted=D:" cmd /c ver
    is "$? $(cat mounted.out)" '125 ' 'else not'
    like "$(cat mounted.err)" "cannot share '$here/mounted': .* has no idmapped mounts, .* chmod o\+rx" 'and it is said why'
fi

# --- kept terms, the end ------------------------------------------------------------------------------------------------------------
ok 'a VM is made with a share' "$FVM" create --share 'data:rw=D:' kept
in_vm --vm kept -- 'echo x>D:\kept.txt'; ok 'and has it when it runs' test -s data/kept.txt
await 10 no_supervisor
mv data elsewhere
fails_with 125 "cannot share '$here/data': No such file" 'not if the folder is gone' run --vm kept cmd /c ver
mkdir linked; ln -s linked data
fails_with 125 "cannot share '$here/data': a link is on its way now" 'or a link by now' run --vm kept cmd /c ver
rm data; mv elsewhere data
fvm diff kept; is "$out" 'nothing changed' 'its diff knows nothing of it'
"$FVM" delete kept
(cd own && exec "$FVM" run --share "$here/data:rw" --share "$here/common:rw=D:" --share "$here/outer=C:\\o" ./share.exe lock 'D:\lock3' </dev/null >../locked3 2>&1) & pid=$!
ok 'a VM runs with three shares' await 30 grep -q locked locked3
kill -9 $pid $(supervisors); wait $pid 2>/dev/null
mkfifo hold; exec 7<>hold
nothing_left 'kill -9 of its keepers: nothing is left'
ls data/one.txt common/six.txt outer/inner/yes.txt >there.txt 2>&1; is "$(grep -c . there.txt)" 3 'the folders are as they were'

# Killed at any moment of its start.
seed=${FVM_SEED:-$RANDOM}; RANDOM=$seed; diag "FVM_SEED=$seed"; bad=
for round in {1..8}; do
    (cd own && exec "$FVM" run --share "$here/data:rw" --share "$here/outer=C:\\o\\p" --share "$here/common=D:" cmd /c 'pause' <../hold >/dev/null 2>&1) & pid=$!
    sleep "0.$(printf %03d $((RANDOM % 250)))"
    case $((RANDOM % 3)) in
    0) kill -9 $pid ;;
    1) kill -9 $pid $(supervisors) ;;
    2) kill -9 $(for s in $(supervisors); do children "$s"; done) $pid ;;
    esac 2>/dev/null
    wait $pid 2>/dev/null
    await 10 no_supervisor || bad+="round $round: it goes on"$'\n'
done
is "$bad" '' 'killed while it starts: it ends'
nothing_left 'and leaves nothing'
is "$(ls data/one.txt common/six.txt outer/inner/yes.txt 2>/dev/null | wc -l)" 3 'but the folders'

"$FVM" doctor >doctor.txt; like "$(cat doctor.txt)" 'shared folders +none but those of --share' 'doctor tells what can be shared'

# --- refused ------------------------------------------------------------------------------------------------------------------------
touch a_file; mkdir closed shut; chmod 0 closed; chmod 555 shut; ln -s /nowhere dangling
while IFS='|' read -r regex values; do
    args=(); for value in $values; do args+=(--share "$value"); done
    fails_with 125 "$regex" "refused: $values" run "${args[@]}" cmd /c ver
done <<END
cannot share 'missing': No such file|missing
cannot share 'missing': No such file|missing:rw=D:
cannot share 'dangling': No such file|dangling
a_file': Not a directory|a_file
/closed': [a-z ]* may not read it|closed
/shut' for writing: Permission denied .*; share it :ro|shut:rw
drive C: is the VM's own|data=C:
drive Z: is the VM's own|data=z:
a folder can be put on drive C: only|data=D:\\x
'nul' cannot be a name on Windows|data=C:\\a\\nul
'[.][.]' cannot be a name on Windows|data=C:\\a\\..\\b
is named twice|data=D: data=E:
'D:' and 'D:' are in each other's way|data=D: common=d:
in each other's way|data=C:\\x common=c:\\X\\y
is to be :ro, and is in|outer:rw outer/inner:ro
belongs to the host's own workings|/
belongs to the host's own workings|/tmp
belongs to the host's own workings|/etc
belongs to the host's own workings|/usr/lib=D:
belongs to the host's own workings|/proc/self
FVM keeps its VMs in|$FVM_HOME
FVM keeps its VMs in|$FVM_HOME/vms=D:
FVM keeps its VMs in|..:rw=D:
at its own path, where every VM has something|/home
END
if [ "$FVM_WHO" = user ]; then
    fails_with 125 "cannot share '/root': you may not read it .it belongs to user 0" "somebody else's closed folder" run --share /root=D: cmd /c ver
    fails_with 125 "cannot share '/var/tmp' for writing|/opt' for writing: Permission denied" "somebody else's folder for writing" run --share /opt:rw=D: cmd /c ver
fi
fails_with 125 'for sealed VMs' 'of a shared VM' run --level shared --share data cmd /c ver
fails_with 125 "cannot share 'missing'" 'create: a missing one' create --share missing none
is "$(vms_left)" 'box ' 'no VM was made'
chmod 700 closed; "$FVM" delete box
nothing_left 'nothing is left'
done_testing

# Every kind of bad input: one clear line, the right exit code, nothing left behind.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"

# --- the command line ---------------------------------------------------------------------------
fails_with 125 "unknown command 'frobnicate'|no command 'frobnicate'" 'unknown command' frobnicate
for command in run create list ps stop delete diff commit discard doctor base; do
    fails_with 125 "unknown option '--frob'" "$command: unknown option" $command --frob x
    fails_with 125 "unknown option '-Z'" "$command: unknown short option" $command -Z
done
for option in vm base env cwd level net display; do
    fails_with 125 "option '--$option' needs a value" "run --$option without a value" run --$option
done
fails_with 125 "option '--base' needs a value" 'create --base without a value' create --base
fails_with 125 "option '--only' needs a value" 'commit --only without a value' commit --only
fails_with 125 "option '--keep' takes no value" 'a flag with a value' run --keep=yes cmd
for command in run create stop delete diff commit discard; do
    fails_with 125 'wanted|no program given' "$command without a word" $command
done
fails_with 125 'exactly one' 'create two names' create a b
fails_with 125 'exactly one' 'commit two names' commit a b
fails_with 125 "wants NAME=VALUE, not 'FOO'" '--env without =' run --env FOO cmd /c ver
fails_with 125 "wants NAME=VALUE, not '=x'" '--env without a name' run --env =x cmd /c ver
fails_with 125 "level open is not offered: only 'sealed' and 'shared'" '--level open' run --level open cmd /c ver
# What opens or narrows the seal: nonsense is refused before anything is made.
while IFS='|' read -r option value regex; do
    fails_with 125 "$regex" "$option $value" run "$option" "$value" cmd /c ver
done <<'END'
--net|web|wants none, private, lan, host or vm:NAME
--net|vm:../x|--net vm:NAME: byte . of
--publish|8080:80|needs --net private or --net lan
--publish|80|wants .ADDRESS:.HOSTPORT:VMPORT
--publish|99999:80|wants .ADDRESS:.HOSTPORT:VMPORT
--display|big|wants none, private
--memory|0|wants a size
--memory|lots|wants a size
--procs|0|wants the number
--cpus|0|wants a number
--cpus|none|wants a number
--disk|-1|wants a size
--timeout|0|wants a time
--timeout|soon|wants a time
--share||wants FOLDER
--share|/nowhere:rw|cannot share '/nowhere'
END
fails_with 125 'for sealed VMs' 'a shared VM has no terms' run --level shared --net none cmd /c ver
is "$(vms_left)" '' 'nothing is left'
fails_with 125 'keep' '--vm and --keep' run --vm a --keep cmd /c ver
fails_with 125 "no folder 'nowhere'" '--cwd missing' run --cwd nowhere cmd /c ver
fails_with 125 'C:\\nowhere' '--cwd missing in the VM' run --cwd 'C:\nowhere' cmd /c ver
touch a_file
fails_with 125 'a_file' '--cwd a file' run --cwd a_file cmd /c ver
nothing_left 'bad command lines leave nothing'

# --- unknown things -----------------------------------------------------------------------------
for command in stop delete diff commit discard 'run --vm'; do
    case $command in run*) tail='cmd /c ver' ;; *) tail= ;; esac
    # shellcheck disable=SC2086
    fails_with 125 "no VM 'nemo'" "$command an unknown VM" $command nemo $tail
done
fails_with 125 "no VM 'nemo'" 'ps of an unknown VM' ps nemo
fails_with 125 "no base 'nemo'; make it with: fvm base create nemo" 'run: unknown base' run --base nemo cmd /c ver
fails_with 125 "no base 'nemo'" 'create: unknown base' create --base nemo x
fails_with 127 "no program 'nosuchprogram'" 'unknown program' run nosuchprogram
fails_with 127 "no program './nosuch.exe'" 'missing file' run ./nosuch.exe
fails_with 127 'no program' 'missing file in the VM' run 'C:\windows\nosuch.exe'
fails_with 127 'no program' 'missing drive' run 'Q:\nosuch.exe'
fails_with 127 'empty' 'empty program name' run ''
nothing_left 'unknown things leave nothing'

# --- a start that fails: nothing is there when that is said, not even for the next command to sweep ---
mkdir folder
started_nothing() { # name code arguments...
    local name=$1 code=$2; shift 2
    fvm run "$@"
    is "$rc $(ls -A "$FVM_HOME/vms")" "$code " "no VM is left: $name"
}
for keep in '' --keep; do
    # shellcheck disable=SC2086
    for round in 1 2 3 4 5; do
        started_nothing "its root cannot be built $keep" 125 $keep --share 'folder=C:\windows' cmd /c ver
    done
    # shellcheck disable=SC2086
    {
        started_nothing "no program $keep" 127 $keep nosuchprogram
        started_nothing "no Windows program $keep" 126 $keep "$PWD/a_file"
        started_nothing "no folder $keep" 125 $keep --cwd 'C:\nowhere' cmd /c ver
        started_nothing "bad terms $keep" 125 $keep --share missing cmd /c ver
        started_nothing "no base $keep" 125 $keep --base nemo cmd /c ver
    }
done
nothing_left 'and nothing else'

# --- not a Windows program ----------------------------------------------------------------------
# image NAME MACHINE(2 bytes) CHARACTERISTICS(2 bytes) [signature]: MZ, lfanew 0x40, then the headers
image() {
    { printf 'MZ'; head -c 58 /dev/zero; printf '\x40\0\0\0'; printf '%b' "${4:-PE\\0\\0}"; printf '%b' "$2"
      head -c 16 /dev/zero; printf '%b' "$3"; head -c 400 /dev/zero; } >"$1"
}
echo 'just some text' >text.exe
: >empty.exe
printf 'MZ' >two.exe
{ printf 'MZ'; head -c 200 /dev/zero; } >dos.exe
{ printf 'MZ'; head -c 58 /dev/zero; printf '\xff\xff\xff\x7f'; } >far.exe
printf '\x7fELF\x02\x01\x01' >elf.exe
printf '#!/bin/sh\necho host\n' >script.exe
image ne.exe '\0\0' '\0\0' 'NE\0\0'
image dll.exe '\x64\x86' '\x02\x20'
image arm64.exe '\x64\xaa' '\x02\0'
image arm.exe '\xc4\x01' '\x02\0'
image i386.exe '\x4c\x01' '\x02\x01'
image cut.exe '\x64\x86' '\x02\0'; truncate -s 90 cut.exe
chmod +x ./*.exe
fails_with 126 'not a Windows program' 'text' run ./text.exe
fails_with 126 'not a Windows program' 'empty file' run ./empty.exe
fails_with 126 'not a Windows program' 'ELF' run ./elf.exe
fails_with 126 'not a Windows program' 'a script for the host' run ./script.exe
fails_with 126 '16-bit or DOS' 'two bytes' run ./two.exe
fails_with 126 '16-bit or DOS' 'DOS' run ./dos.exe
fails_with 126 '16-bit or DOS' 'header beyond the end' run ./far.exe
fails_with 126 '16-bit or DOS' '16-bit Windows' run ./ne.exe
fails_with 126 'is a library' 'DLL' run ./dll.exe
fails_with 126 'another processor' 'ARM64' run ./arm64.exe
fails_with 126 'another processor' 'ARM' run ./arm.exe
fails_with 126 "'./i386.exe' is a 32-bit program, and VMs of base 'default' run 64-bit ones only so far; add what they lack with: fvm base add-32bit$" '32-bit: says so, and what to do' run ./i386.exe
fails_with 126 "'./i386.exe' is a 32-bit program.*add-32bit$" 'in a shared VM too' run --level shared ./i386.exe
# shellcheck disable=SC2016
fails_with 126 'is .*(program|damaged|cut)' 'a PE file that is cut off' run ./cut.exe
head -c 4000 "$FVM_PROGRAMS/probe.exe" >half.exe
fails_with 126 '.' 'a real program that is cut off' run ./half.exe
mkdir folder.exe
fails_with 126 "is a folder" 'a folder' run ./folder.exe
fails_with 126 'not a program|no regular file' 'a device' run /dev/null
mkfifo fifo.exe
LIMIT=20 fails_with 126 'no regular file' 'a FIFO (does not hang)' run ./fifo.exe
cp "$FVM_PROGRAMS/probe.exe" locked.exe; chmod 0 locked.exe
if [ "$FVM_WHO" = user ]; then
    fails_with 126 "cannot read program './locked.exe'" 'unreadable' run ./locked.exe
fi
ln -s nowhere dangling.exe
fails_with 127 "no program './dangling.exe'" 'a link to nowhere' run ./dangling.exe
ln -s loop.exe loop.exe
fails_with 127 "no program './loop.exe'" 'a link to itself' run ./loop.exe
"$FVM" create pe >/dev/null
fails_with 126 'not a Windows program' 'the same in a kept VM' run --vm pe ./text.exe
fails_with 127 'no program' 'and' run --vm pe nosuchprogram
await 10 no_supervisor
fvm diff pe; is "$out" 'nothing changed' 'a program that did not start changed nothing'
"$FVM" delete pe
nothing_left 'programs that cannot run leave nothing'

# --- names --------------------------------------------------------------------------------------
long=$(printf 'x%.0s' {1..300})
for name in a/b / ../x .. . '../../tmp/x' $'a\tb' $'a\nb' $'\x01' 'a b' 'a\b' 'a:b' 'ä' '' ; do
    fails_with 125 '(name|VM)' "create '$(printf %q "$name")'" create -- "$name"
    fails_with 125 '(name|VM)' "delete '$(printf %q "$name")'" delete -- "$name"
    fails_with 125 '(name|VM)' "run --vm '$(printf %q "$name")'" run --vm "$name" cmd /c ver
    fails_with 125 'name' "base create '$(printf %q "$name")'" base create "$name"
done
fails_with 125 '300 bytes long' 'a name of 300' create "$long"
fails_with 125 '300 bytes long' 'open a name of 300' diff "$long"
for name in con NUL nul.txt com1 LPT9.x aux prn; do
    fails_with 125 'is a device on Windows' "create $name" create "$name"
done
fails_with 125 'unknown option' 'leading dash' create -x
fails_with 125 'letter or digit first' 'leading dash behind --' create -- -x
fails_with 125 'letter or digit first' 'leading dot' create .x
fails_with 125 "no '.' last" 'dot last' create x.
fails_with 125 'throw-away' 'tmp-x' create tmp-x
fails_with 125 'throw-away' 'TMP-x: names have no case' create TMP-x
ok 'create Mixed' "$FVM" create Mixed
fails_with 125 "VM 'Mixed' exists already" 'the same name' create Mixed
fails_with 125 "VM 'Mixed' exists already" 'other case' create mIXED
fails_with 125 "there is one named 'Mixed'" 'open by other case' diff mixed
is "$(vms_left)" 'Mixed ' 'nothing else was made'
ls -A "$FVM_HOME/vms" | diff - <(echo Mixed) >names.diff; is "$(cat names.diff)" '' 'not even hidden'
is "$(ls -A "$FVM_HOME/bases")" default 'no base was made by a bad name'

# --- two at once --------------------------------------------------------------------------------
"$FVM" run --vm Mixed cmd /c 'echo one>C:\one.txt' & a=$!
"$FVM" run --vm Mixed cmd /c 'echo two>C:\two.txt' & b=$!
wait $a; is $? 0 'two runs of a VM that is at rest: the first'
wait $b; is $? 0 'and the second'
await 10 no_supervisor
fvm diff Mixed; like "$out" 'one.txt.*two.txt' 'both did their work'
for round in 1 2 3 4 5; do
    pids=() won=0
    for i in 1 2 3 4; do "$FVM" create race$round >race.$i 2>&1 & pids+=($!); done
    for p in "${pids[@]}"; do wait "$p" && won=$((won + 1)); done
    is $won 1 "four creates of one name at once: one wins (round $round)"
    [ $won = 1 ] || diag "$(cat race.?)"
done
like "$(cat race.?)" '(exists already|being made)' 'and the others are told'
pids=()
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do { for j in 1 2 3 4; do "$FVM" create many$i-$j || echo "many$i-$j"; done; } >many.$i 2>&1 & pids+=($!); done
wait "${pids[@]}"
is "$(cat many.*)" '' '48 creates of different names by 12 at once: nobody sweeps away what another just makes'
"$FVM" delete $(seq -f 'race%g' 5) $(for i in {1..12}; do for j in 1 2 3 4; do echo many$i-$j; done; done)
is "$(vms_left)" 'Mixed ' 'all of them are gone'

# --- while it runs ------------------------------------------------------------------------------
# The program waits for a line, so it runs exactly as long as we want.
mkfifo hold; exec 7<>hold
"$FVM" run --vm Mixed cmd /c 'echo up& set /p x=' <hold >up.txt 2>&1 & a=$!
await 20 grep -q up up.txt
fails_with 125 "cannot commit VM 'Mixed' while it runs" 'commit while it runs' commit Mixed
fails_with 125 "cannot discard changes of VM 'Mixed' while it runs" 'discard while it runs' discard Mixed
fails_with 125 "VM 'Mixed' is running; stop it first" 'delete while it runs' delete Mixed
fvm diff Mixed; is $rc 0 'diff while it runs works'
echo go >&7; wait $a; is $? 0 'the program did not notice'
await 10 no_supervisor

# --- a commit beside a running VM of the base -----------------------------------------------------
"$FVM" create Beside
"$FVM" run --vm Beside cmd /c 'set /p x=& type C:\one.txt& reg query HKCU\Software\Beside' <hold >beside.txt 2>&1 & a=$!
await 20 test -S "$FVM_HOME/vms/Beside/run/control"
"$FVM" run --vm Mixed cmd /c 'reg add HKCU\Software\Beside /v a /d b /f' >reg.txt 2>&1
fvm commit Mixed; is $rc 0 'a VM is committed while another of its base runs'
fvm run --vm Beside cmd /c 'type C:\one.txt'; isnt=$rc
is "$isnt" 1 'the running one keeps its view: a program that joins it'
echo go >&7; wait $a
unlike "$(cat beside.txt)" $'(^|\n)one|REG_SZ' 'and one that ran all the time'
await 10 no_supervisor
fvm run --vm Beside cmd /c 'type C:\one.txt'; is "$out" one 'its next start sees the new version'
fvm run --vm Beside cmd /c 'reg query HKCU\Software\Beside /v a'; like "$out" 'REG_SZ +b' 'its registry too'
fvm diff Beside; is "$out" 'nothing changed' 'and it has changed nothing by that'
exec 7>&-

# --- bases ----------------------------------------------------------------------------------------
base=$FVM_HOME/bases/default
# Small files of the base by hard links are shared with other tests: what is changed here must be ours.
for f in base.conf current; do cp -p "$FVM_HOME/bases/default/$f" own && mv own "$FVM_HOME/bases/default/$f"; done
exec 8<"$base"; flock -x 8
fails_with 125 "base 'default' is being updated" 'create while the base is updated' create x
fails_with 125 "base 'default' is being updated" 'run while the base is updated' run cmd /c ver
flock -s 8
fails_with 125 "base 'default' is in use" 'commit while a VM just picks its version' commit Mixed
exec 8<&-
mkdir "$FVM_HOME/bases/draft"; chown --reference="$base" "$FVM_HOME/bases/draft"
fails_with 125 "base 'draft' was never finished; make it with: fvm base create draft" 'an unfinished base' create --base draft x
fvm base list; unlike "$out" 'draft' 'which is not listed'
rmdir "$FVM_HOME/bases/draft"
touch "$FVM_HOME/bases/plain"
fails_with 125 "base 'plain'" 'a file in the place of a base' create --base plain x
rm "$FVM_HOME/bases/plain"
mv "$base" "$base.away"; mkdir "$FVM_HOME/bases/other"
fails_with 125 "(needs version|no base 'default')" 'diff of a VM whose base is missing' diff Mixed
fails_with 125 "no base 'default'" 'run of a VM whose base is missing' run --vm Mixed cmd /c ver
fails_with 125 "(needs version|no base)" 'commit of a VM whose base is missing' commit Mixed
rmdir "$FVM_HOME/bases/other"; mv "$base.away" "$base"
if [ "$FVM_WHO" = root ]; then
    chown 12345 "$base"
    fails_with 125 "base 'default'(: Permission denied| belongs to another user .uid 12345)" 'the base of another user' create x
    chown --reference="$FVM_HOME/format" "$base"
    mkdir others; chown 12345 others
    refused 125 "belongs to user 12345" 'the store of another user' env FVM_HOME="$PWD/others" "$FVM" create x
else
    refused 125 "base 'default' belongs to another user" 'the base of another user' unshare -c --keep-caps -m sh -c \
        'mount --bind /usr "$1" && exec setpriv --ambient-caps=-all --inh-caps=-all "$FVM" create x' sh "$base"
    refused 125 "(belongs|cannot|denied)" 'the store of another user' env FVM_HOME=/ "$FVM" create x
fi
refused 125 "cannot make|not a directory|Not a directory" 'a file in the place of the store' env FVM_HOME="$PWD/a_file" "$FVM" create x
refused 125 "FVM_HOME|no place|No such" 'FVM_HOME is relative and missing' env FVM_HOME=not/there "$FVM" list

# --- newer formats --------------------------------------------------------------------------------
newer() { # file name command...
    local file=$1 name=$2; shift 2
    cp -p "$file" saved; sed 's/^format = .*/format = 2/; s/FVM-format 1/FVM-format 2/' saved >"$file"
    fails_with 125 'newer' "$name" "$@"
    cat saved >"$file"
}
newer "$FVM_HOME/format" 'a newer store' list
newer "$base/base.conf" 'a newer base' create x
newer "$FVM_HOME/vms/Mixed/vm.conf" 'a newer VM' diff Mixed
fvm list; is $rc 0 'the store is as before'
"$FVM" run --vm Mixed cmd /c 'reg add HKCU\Software\More /v a /d b /f' >/dev/null 2>&1
await 10 no_supervisor
diag "registry.reg begins: $(head -3 "$FVM_HOME/vms/Mixed/layers/1/registry.reg" | tr '\r\n' '  ')"
"$FVM" delete Mixed Beside
nothing_left 'nothing of all this is left'

# --- no user namespaces ---------------------------------------------------------------------------
# In a user namespace that may have none below it, as an ordinary user or as its root.
without_namespaces() {
    if [ "$FVM_WHO" = user ]; then
        unshare -c --keep-caps sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --ambient-caps=-all --inh-caps=-all "$@"' sh "$@"
        return
    fi
    local go pid
    go=$(mktemp -u); mkfifo "$go"
    unshare -U sh -c 'read x <"$0"; exec sh -c "echo 0 >/proc/sys/user/max_user_namespaces; exec \"\$@\"" sh "$@"' "$go" "$@" & pid=$!
    await 10 test "$(readlink /proc/$pid/ns/user)" != "$(readlink /proc/self/ns/user)"
    sleep 0.2
    echo '0 0 4294967295' >/proc/$pid/uid_map; echo '0 0 4294967295' >/proc/$pid/gid_map
    echo go >"$go"; wait $pid; local code=$?
    rm -f "$go"; return $code
}
try_without() { # name regex fvm arguments...
    local name=$1 regex=$2; shift 2
    without_namespaces "$FVM" "$@" >without.out 2>without.err </dev/null; rc=$?
    is $rc 125 "$name: refused"
    like "$(cat without.err)" "$regex" "$name: says what to enable"
    is "$(grep -c . without.err)" 1 "$name: in one line"
    is "$(cat without.out)" '' "$name: nothing ran"
}
try_without 'no user namespaces' 'sysctl user.max_user_namespaces' run cmd /c 'echo ran& ver'
try_without 'no user namespaces, a program of ours' 'sysctl user.max_user_namespaces' run "$FVM_PROGRAMS/probe.exe"
without_namespaces "$FVM" doctor >doctor.txt 2>&1; like "$(cat doctor.txt)" 'user namespaces' 'and doctor tells it'
nothing_left 'nothing is left of refused starts'
done_testing

# fvm.exe: the command on a Windows itself, here a plain Wine. Outside is the oracle: what programs do in a VM and `commit`
# brings out is what they do natively in an equal folder, and after `discard` nothing happened.
# FVM_EXE_FROM, FVM_EXE_TO: seeds of the random part.
. "$(dirname "$0")/lib.sh"
build=$(dirname "$FVM_ENGINE")
drive=$WINEPREFIX/drive_c home=$drive/fvmexe F='C:\fvmexe'
export FVM_HOME='C:\fvmexe-store'; store=$drive/fvmexe-store
rm -rf "$home"* "$store"
fvm() { timeout -k 5 "${LIMIT:-60}" /usr/lib/wine/wine64 "$build/fvm.exe" "$@" >out.txt 2>err.txt <"${IN:-/dev/null}"; rc=$?; out=$(tr -d '\r' <out.txt) err=$(tr -d '\r' <err.txt); return $rc; }
vm() { local name=$1; shift; fvm run --vm "$name" cmd /c "$*"; out=$(sed 's/ *$//' <<<"$out"); }
native() { outside cmd /c "$*"; }
tree() { (cd "$1" && find . -printf '%p %y %s\n' | sort; find "$1" -type f -print0 | sort -z | xargs -0r cat | cksum); }
all_of_host() { (cd "$drive" && find . -path ./fvmexe-store -prune -o -path ./windows/temp -prune -o -printf '%p %y %s %T@\n' | sort); }
fresh() { chmod -R u+w "$home" 2>/dev/null; rm -rf "$home"; mkdir -p "$home/dir/sub" "$home/gone/x" "$home/mv/in" "$home/back"
    echo one >"$home/one.txt"; echo two >"$home/dir/two.txt"; echo deep >"$home/dir/sub/deep.txt"; echo g >"$home/gone/x/g.txt"; echo 'what is moved' >"$home/mv/in/m.txt"
    echo 'rename me' >"$home/ren.txt"; echo rep >"$home/rep"; echo att >"$home/att.txt"; echo same >"$home/same.txt"; echo b >"$home/back/b.txt"; }
changes='cd /d C:\fvmexe& echo mine>>one.txt& echo new>new.txt& md nd\e& echo x>nd\x.txt& rd /s /q gone& ren mv moved& echo more>moved\more.txt& ren ren.txt renamed.txt& del rep& md rep& echo y>rep\y& attrib +h att.txt& rd /s /q dir& md dir& echo three>dir\three.txt& rd /s /q back& echo file>back'

# --- the grammar: one source, so all that differs is marked there as the one system's own
marked() { grep -qF -- "CLI_ON_$1 \"$(sed 's/\\/\\\\/g; s/"/\\"/g' <<<"$2")\\n\"" "$FVM_ENGINE/../../src/cli/commands.c" "$FVM_ENGINE/../../src/cli/grammar.c"; }
drift=''
for command in '' run create list ps ports stop delete diff commit discard doctor; do
    # shellcheck disable=SC2086
    fvm $command --help; [ $rc = 0 ] || drift+="[$command: exit $rc]"
    # shellcheck disable=SC2086
    while IFS= read -r line; do
        text=${line:2}; text=${text#fvm [0-9].[0-9].[0-9]: }
        case $line in
        '< '*) [[ $command = '' && $text =~ ^'  '(base|screenshot|view|clip)' ' ]] || marked LINUX "$text" || drift+="[$command: only Linux: $text]" ;;
        '> '*) marked WINDOWS "$text" || drift+="[$command: only Windows: $text]" ;;
        esac
    done < <(diff <("$build/fvm" $command --help) <(echo "$out"))
done
is "$drift" '' 'fvm and fvm.exe tell the same, but for lines that are marked as one system'"'"'s'
for command in run create list ps ports stop delete diff commit discard doctor; do
    is "$("$build/fvm" "$command" --frob x 2>&1 >/dev/null; echo $?)" "$(fvm "$command" --frob x; echo "$err"; echo $rc)" "$command: the same complaint of an unknown option"
done
is "$(fvm --version; echo "$out")" "$("$build/fvm" --version)" 'the same version'

fvm ports --json; is "$rc $out" '0 []' 'no port is published on Windows'

# --- bad input
fails_with 125 "unknown command 'frobnicate'" 'unknown command' frobnicate
fails_with 125 'needs Linux' 'create --level sealed' create --level sealed box
fails_with 125 'needs Linux' 'run --level sealed' run --level sealed cmd /c ver
fails_with 125 "level open is not offered: only 'shared'" '--level open' run --level open cmd /c ver
fails_with 125 "net none is not offered yet: only 'host'" '--net none' run --net none cmd /c ver
fails_with 125 "display none is not offered yet" '--display none' run --display none cmd /c ver
fails_with 125 'no bases on Windows' '--base' run --base x cmd /c ver
fails_with 125 'no bases on Windows' 'fvm base' base list
fails_with 125 'no displays of their own on Windows' 'fvm screenshot' screenshot box x.png
fails_with 125 'no program given' 'run without a program' run
fails_with 125 "wants NAME=VALUE, not 'FOO'" '--env without =' run --env FOO cmd /c ver
fails_with 125 'keep' '--vm and --keep' run --vm a --keep cmd /c ver
fails_with 125 'exactly one' 'create two names' create a b
fails_with 125 'exclude each other' 'diff --json --stat' diff --json --stat x
fails_with 127 'name is empty' 'an empty program name' run ''
for command in stop delete diff commit discard ps 'run --vm'; do
    case $command in run*) tail='cmd /c ver' ;; *) tail= ;; esac
    # shellcheck disable=SC2086
    fails_with 125 "no VM 'nemo'" "$command an unknown VM" $command nemo $tail
done
for name in a/b / '../x' .. . $'a\tb' 'a b' 'a\b' 'a:b' 'ä' '' 'x*' con NUL nul.txt com1 x. .x -- tmp-x TMP-x; do
    fails_with 125 '(name|VM|device|throw-away)' "create '$(printf %q "$name")'" create -- "$name"
    fails_with 125 '(name|VM)' "delete '$(printf %q "$name")'" delete -- "$name"
done
fails_with 125 '300 bytes long' 'a name of 300' create "$(printf 'x%.0s' {1..300})"
ok 'create' fvm create Mixed
fails_with 125 "VM 'Mixed' exists already" 'the same name' create Mixed
fails_with 125 "VM 'Mixed' exists already" 'in another case' create mIXED
fails_with 125 "there is one named 'Mixed'" 'open by another case' diff mixed
fails_with 127 "no program 'nosuch'" 'unknown program' run nosuch
fails_with 127 'no program' 'unknown program in a kept VM' run --vm Mixed 'C:\windows\nosuch.exe'
echo 'just text' >text.exe
fails_with 126 'not a Windows program' 'no program at all' run --vm Mixed "$(win "$PWD/text.exe")"
fails_with 125 'cannot enter .*nowhere' '--cwd that is not there' run --vm Mixed --cwd 'C:\nowhere' cmd /c ver
fvm diff Mixed; is "$out" 'nothing changed' 'none of this changed anything'
fvm delete Mixed; is "$(find "$store/vms" "$store/locks" -mindepth 1)" '' 'and nothing is left in the store'

# --- a program as without FVM
fresh; ok 'create' fvm create box
vm box 'exit 7'; is $rc 7 'exit code'
vm box 'exit -1'; is $rc 255 'a large exit code'
echo 'from stdin' >in.txt; IN=in.txt fvm run --vm box cmd /v:on /c 'set /p x=& echo !x!'; is "$out" 'from stdin' 'standard input'
vm box 'echo to stderr 1>&2'; is "$out/$err" '/to stderr ' 'standard error'
fvm run --vm box --env 'FOO=a b' --env BAR= --cwd "$F\\dir" cmd /c 'echo %FOO%-%BAR%-%FVM_HOME%-%CD%'; is "$out" 'a b--%FVM_HOME%-C:\fvmexe\dir' 'variables, folder to start in'
outside cmd /c 'echo "a  b"   c ^& \'; said=$out; fvm run --vm box --env 'Q=\"' -- cmd /c 'echo "a  b"   c ^& \'; is "$out" "$said" "the program's arguments are as they were written"
fvm run cmd /c "echo x>$F\\thrown.txt& type $F\\thrown.txt"; is "$out" x 'a throw-away VM'
fvm list; is "$(awk 'NR > 1 { print $1, $2, $3, $4 }' <<<"$out")" 'box stopped shared windows' 'is gone afterwards'
fvm run --keep cmd /c "echo x>$F\\kept.txt"; like "$err" "kept as VM 'vm1'" '--keep tells the name'
fvm diff vm1; like "$out" 'kept.txt' 'and keeps it'; fvm delete vm1
ok 'the host has nothing of it' test ! -e "$home/kept.txt" -a ! -e "$home/thrown.txt"
# Typed when ping itself has written: a program that dies while it starts another leaves that one as it is, outside too.
# Each in a Windows of its own, begun outside of the terminal: of one whose program is killed while it asks Wine's mount manager the next ones
# may wait for ever (compat.md).
anew() { end_server; "$server" -p60 >/dev/null 2>&1; /usr/lib/wine/wine64 cmd /c exit >/dev/null 2>&1 </dev/null; }
typed() {
    anew; out=$(timeout -k 5 90 python3 "$build/../tests/vm/terminal.py" 80x25 32 '\x03' /usr/lib/wine/wine64 "$@" 2>&1); echo "exit $? $(grep -c over <<<"$out")"
}
for command in 'ping -n 30 127.0.0.1' 'ping -n 31 127.0.0.1'; do
    said=$(typed cmd /c "$command"); SECONDS=0
    is "$(typed "$build/fvm.exe" run --vm box cmd /c "$command")" "$said" 'Ctrl-C in a terminal'
    ok 'ends the program, not fvm before it' test $SECONDS -lt 20
done
anew
vm box "dir /b C:\\ | findstr store& dir $FVM_HOME& type $FVM_HOME\\format& echo over"; is "$(grep -v 'Volume\|Directory of' <<<"$out" | tr -d '\n ')" over 'the store is not there for programs'
vm box "type $(win "$store")\\format & echo over"; is "$out" over 'by no other name'
vm box "echo x>$FVM_HOME\\vms\\box\\vm.conf& md $FVM_HOME& echo x>$FVM_HOME\\format"
fvm list; is "$rc/$(awk 'NR > 1 { print $1, $2 }' <<<"$out")" '0/box stopped' 'nor can they write there'
fvm diff box; is "$out" 'nothing changed' 'what they think they wrote is no change'
fvm delete box

# --- diff, discard, commit
fresh; before=$(all_of_host)
fvm create box; vm box "$changes"; fvm diff box; said=$out
is "$out" 'files
  . C:\fvmexe\att.txt  (only its time, mode or attributes)
  ! C:\fvmexe\back
  ! C:\fvmexe\dir\
  - C:\fvmexe\dir\sub\
  + C:\fvmexe\dir\three.txt  7 B
  - C:\fvmexe\dir\two.txt
  - C:\fvmexe\gone\
  + C:\fvmexe\moved\
  + C:\fvmexe\moved\in\
  + C:\fvmexe\moved\in\m.txt  14 B
  + C:\fvmexe\moved\more.txt  6 B
  - C:\fvmexe\mv\
  + C:\fvmexe\nd\
  + C:\fvmexe\nd\e\
  + C:\fvmexe\nd\x.txt  3 B
  + C:\fvmexe\new.txt  5 B
  ~ C:\fvmexe\one.txt  4 B -> 10 B
  > C:\fvmexe\ren.txt -> C:\fvmexe\renamed.txt
  ! C:\fvmexe\rep\
  + C:\fvmexe\rep\y  3 B' 'diff: created, changed, metadata, deleted, replaced, renamed'
fvm diff --stat box; is "$out" $'files: created 10, changed 1, metadata 1, deleted 4, replaced 3, renamed 1, now 68 B\nregistry: created 0, changed 0, deleted 0' 'diff --stat'
fvm diff --json box; is "$(python3 -c 'import json, sys; d = json.load(sys.stdin); f = {x["path"]: x for x in d["files"]}; r = f["C:\\fvmexe\\renamed.txt"]; print(d["vm"], d["running"], len(f), d["registry"], r["change"], r["from"], r["node"], f["C:\\fvmexe\\one.txt"]["size_after"])' <<<"$out")" \
    'box False 20 [] renamed C:\fvmexe\ren.txt file 10' 'diff --json'
fvm diff --reg box; like "$out" 'Windows Registry Editor' 'diff --reg'
is "$(all_of_host)" "$before" 'the host has changed in nothing'
fvm run --vm box cmd /c "cd /d $F& ren dir again& ren again dir& rd /s /q nd& md nd\\e& echo x>nd\\x.txt"; fvm diff box; is "$out" "$said" 'the same state by other ways is the same diff'
fvm commit --dry-run box; is "$rc/$(grep -c '^would commit C:' <<<"$out")" 0/20 'commit --dry-run'
fvm discard --dry-run --only "$F\\nd" box; is "$out" $'would discard C:\\fvmexe\\nd\nwould discard C:\\fvmexe\\nd\\e\nwould discard C:\\fvmexe\\nd\\x.txt' 'discard --dry-run --only'
fails_with 125 "matches no change" '--only that matches nothing' discard --only 'C:\nothing*' box
fvm diff box; is "$out" "$said" 'which changed nothing'
fvm discard box; is "$rc/$err" '0/fvm: discarded 20 changes of VM '"'box'" 'discard'
fvm diff box; is "$out" 'nothing changed' 'is as if nothing had happened'
vm box "dir /s /b $F"; in=$out; native "dir /s /b $F"; is "$in" "$out" 'for the programs too'
is "$(all_of_host)" "$before" 'and for the host'
vm box "$changes"; fvm commit box; is "$rc/$err" '0/fvm: committed 20 changes of VM '"'box'" 'commit'
committed=$(tree "$home"); attributes=$(native "attrib $F\\att.txt"; echo "$out"); fvm diff box; is "$out" 'nothing changed' 'leaves nothing'
fresh; native "$changes"; is "$committed" "$(tree "$home")" 'and did what the same commands do natively'
is "$attributes" "$(native "attrib $F\\att.txt"; echo "$out")" 'attributes too'
is "$(find "$drive" -name '.fvm-*' -not -path '*/fvmexe-store/*')" '' 'no temporary file is left'
fvm list; is "$(awk 'NR > 1 { print $1, $6, $7 }' <<<"$out")" 'box 0 B' 'the layer is empty'

# --- parts: whatever is picked, what the VM sees stays, and host and rest together are the native result
fresh; native "$changes"; wanted=$(tree "$home"); failed=''
for glob in "$F\\dir\\three.txt" "$F\\dir\\two.txt" "$F\\dir" "$F\\moved\\in\\m.txt" "$F\\mv" "$F\\nd\\x.txt" "$F\\back" "$F\\renamed.txt" "$F\\gone" "$F\\*.txt" "$F\\moved"; do
    fvm delete --force box; fresh; fvm create box; vm box "$changes"; vm box "dir /s /b $F"; seen=$out
    fvm commit --only "$glob" box; [ $rc = 0 ] || failed+="[$glob: $err]"
    vm box "dir /s /b $F"; [ "$out" = "$seen" ] || failed+="[$glob: seen otherwise: $(diff <(echo "$seen") <(echo "$out"))]"
    fvm commit --force box; [ $rc = 0 ] || failed+="[$glob: $err]"
    [ "$(tree "$home")" = "$wanted" ] || failed+="[$glob: $(diff <(tree "$home") <(echo "$wanted"))]"
done
is "$failed" '' 'commit --only, then all'
fvm delete --force box; fresh; fvm create box; vm box "$changes"; fails_with 125 "cannot make folder" 'a file whose folder is a file on the host is refused' commit --only "$F\\rep\\y" box
fresh; start=$(tree "$home"); failed=''
for glob in "$F\\dir\\three.txt" "$F\\dir\\two.txt" "$F\\dir" "$F\\moved\\in\\m.txt" "$F\\mv" "$F\\nd\\x.txt" "$F\\rep\\y" "$F\\back" "$F\\renamed.txt" "$F\\gone" "$F\\*.txt" "$F\\moved"; do
    fvm delete --force box; fvm create box; vm box "$changes"; fvm diff box; said=$out
    fvm discard --only "$glob" box; [ $rc = 0 ] || failed+="[$glob: $err]"
    fvm diff box; rest=$(diff <(echo "$said") <(echo "$out") | grep '^>' | grep -v '^>   [-.] ')
    [ -z "$rest" ] || failed+="[$glob: new changes: $rest]"
    fvm discard --only "$F" box; fvm diff box; [ "$out" = 'nothing changed' ] || failed+="[$glob: left: $out]"
    vm box "dir /s /b $F"; in=$out; native "dir /s /b $F"; [ "$in" = "$out" ] || failed+="[$glob: seen: $(diff <(echo "$in") <(echo "$out"))]"
done
is "$failed" '' 'discard --only, then all by --only'
is "$(tree "$home")" "$start" 'the host has changed in nothing'

# --- conflicts
fvm delete --force box; fresh; fvm create box; sleep 0.1; vm box "$changes"
echo touched >"$home/one.txt"; echo late >"$home/gone/late.txt"; echo h >"$home/new.txt"
fvm commit box; is "$rc" 125 'what the host changed too is refused'
is "$(grep conflict <<<"$err" | sort | tr '\n' ' ')" 'fvm: conflict: C:\fvmexe\gone fvm: conflict: C:\fvmexe\new.txt fvm: conflict: C:\fvmexe\one.txt ' 'changed, created and below a deleted folder'
is "$(cat "$home/one.txt" "$home/gone/late.txt" "$home/same.txt" | tr '\n' ' ')" 'touched late same ' 'and nothing was done'
fvm commit --only "$F\\nd" box; is "$rc" 0 '--only picks others'
fvm commit --force box; is "$rc/$(cat "$home/one.txt" | tr -d '\r\n')/$(ls "$home" | tr '\n' ' ')" '0/onemine/att.txt back dir moved nd new.txt one.txt renamed.txt rep same.txt ' '--force lets the VM win'

# --- two VMs, two runs
fvm delete --force box; fresh; fvm create a; fvm create b
for name in a b; do ( vm $name "$(for ((i = 1; i <= 40; i++)); do echo -n "echo $name$i>>$F\\one.txt& echo $name>$F\\f$i.txt& "; done)cd ."; echo $rc >rc.$name ) >/dev/null & done; wait
is "$(cat rc.a rc.b | tr '\n' ' ')" '0 0 ' 'two VMs at once'
for name in a b; do vm $name "type $F\\one.txt& type $F\\f40.txt"; is "$(head -1 <<<"$out")/$(grep -c "^$name" <<<"$out")/$(wc -l <<<"$out")" "one/41/42" "VM $name has its own of the same names"; done
is "$(cat "$home/one.txt")" one 'and the host its own'
for i in 1 2 3 4; do ( cd "$(mktemp -d -p .)" && vm a "echo $i>$F\\run$i.txt& exit $i"; echo $rc >"../rc$i" ) & done; wait
is "$(cat rc[1-4] | tr '\n' ' ')" '1 2 3 4 ' 'four runs of one VM at once, each has its exit code'
vm a "dir /b $F\\run*"; is "$(tr '\n' ' ' <<<"$out")" 'run1.txt run2.txt run3.txt run4.txt ' 'all did their work'
won=0; for i in 1 2 3 4; do ( cd "$(mktemp -d -p .)" && fvm create race; echo $rc >"../race$i" ) & done; wait
is "$(cat race[1-4] | sort -n | tr '\n' ' ')" '0 125 125 125 ' 'four creates of one name at once: one wins'
fvm delete race

# --- running: ps, stop, delete
run() { local name=$1; shift; timeout -k 5 60 /usr/lib/wine/wine64 "$build/fvm.exe" run --vm "$name" cmd /c "$*" >run.txt 2>&1 </dev/null; echo "$?" >run.rc; }
is_running() { fvm ps a; grep -q ping <<<"$out"; }
run a 'start /b ping -n 200 127.0.0.1 >nul& ping -n 100 127.0.0.1 >nul' & job=$!
await 20 is_running; fvm ps; is "$(awk 'NR > 1 { print $1, $5, $6, $7, $8 }' <<<"$out" | sed 's/ [0-9.]* MB//' | sort | uniq -c | awk '{print $2}' | sort -u)" a 'ps: only the VM that runs'
like "$out" 'ping +-n 200.*' 'with what it runs'
fvm ps --json b; is "$out" '[]' 'ps --json of one that does not'
fvm list; is "$(awk 'NR > 1 { print $1, $2 }' <<<"$out" | tr '\n' ' ')" 'a running b stopped ' 'list tells who runs'
fails_with 125 'is running; stop it first' 'delete while it runs' delete a
fails_with 125 'cannot commit VM .* while it runs' 'commit while it runs' commit a
fails_with 125 'cannot discard changes of VM .* while it runs' 'discard while it runs' discard a
fvm diff a; is "$rc" 0 'diff while it runs'
fvm stop a; is $rc 0 'stop'; wait $job; is "$(cat run.rc)" 137 'its program has ended, as if killed'
fvm ps; is "$(wc -l <<<"$out")" 1 'no process is left'
fvm stop a; is $rc 0 'stop of one that does not run'
pids() { pgrep -f -- "[e]xe\"? $1" || :; } # of fvm.exe, by the VM's name, which no other test has
mark=k$$ n=$((100000 + $$)); fvm create $mark # by which others that run this test are told apart
run $mark "start /b ping -n $n 127.0.0.1 >nul& ping -n $n 127.0.0.1 >nul" & job=$!
started() { fvm ps $mark; [ "$(grep -c 'ping' <<<"$out")" -ge 2 ]; }
await 20 started; for p in $(pids "run --vm $mark "); do kill -9 "$p"; done; wait $job 2>/dev/null
fvm ps $mark; is "$(grep -c ping <<<"$out")/$(fvm list; awk -v n=$mark '$1 == n { print $2 }' <<<"$out")" "$(grep -c ping <<<"$out")/running" 'fvm.exe is killed: the VM goes on'
fvm ps $mark; ok 'with its programs' test "$(grep -c ping <<<"$out")" -ge 2
fvm stop $mark; fvm ps; is "$rc/$(wc -l <<<"$out")" 0/1 'and stop ends them all'
run $mark "for /l %i in (1,1,100000) do @start /b cmd /c ping -n $n 127.0.0.1" & job=$!
sleep 1; fvm stop $mark; is $rc 0 'stop, while programs are being started all the time'; wait $job
# As this Windows says: of a process that is ended while Wine's server is told of it first, Wine 8 leaves one of Linux that waits for ever.
pings() { outside "$FVM_NT_PROGRAMS/procs.exe" list; grep -c 'ping.exe' <<<"$out"; }
sleep 0.3; is "$(pings)" 0 'also those on their way have ended'
run $mark "ping -n $n 127.0.0.1 >nul" & job=$!; await 10 eval '[ "$(pings)" = 1 ]'
await 20 eval 'fvm ps $mark; grep -q ping <<<"$out"'; for p in $(pids "--hold $mark\$"); do kill -9 "$p"; done; wait $job
ok 'whoever holds the VM is killed: its programs end' await 10 eval '[ "$(pings)" = 0 ]'
fvm list; is "$(awk -v n=$mark '$1 == n { print $2 }' <<<"$out")" stopped 'and it is at rest'
vm $mark "echo alive"; is "$out" alive 'and starts again'
fvm run cmd /c 'exit 0' & wait; fvm list; unlike "$out" 'tmp-' 'no throw-away VM is left'
ok 'delete --force' fvm delete --force $mark a b

# --- a damaged store
fvm create box; conf=$store/vms/box/vm.conf; whole=$(cat "$conf"; echo .); whole=${whole%.}; odd=''
for ((cb = 0; cb < ${#whole} - 1; cb++)); do # without the last line's end it is whole
    printf %s "${whole:0:cb}" >"$conf"; fvm list
    like_damaged=$(awk 'NR > 1 { print $1, $2 }' <<<"$out"); [ "$rc/$like_damaged" = '0/box damaged' ] || odd+="[$cb: $rc $like_damaged]"
    ((cb % 10)) || { fvm run --vm box cmd /c ver; [[ $rc = 125 && $err = "fvm: VM 'box': "* ]] || odd+="[$cb: run: $rc $err]"; }
done
is "$odd" '' "vm.conf cut at each of its $((${#whole} - 1)) bytes is damaged, and nothing runs"
printf %s "${whole/format = 1/format = 2}" >"$conf"; fails_with 125 'newer' 'a newer vm.conf' diff box
printf %s "${whole/level = shared/level = sealed}" >"$conf"; fails_with 125 'only shared VMs' 'a sealed VM' run --vm box cmd /c ver
printf %s "$whole" >"$conf"; sed -i 's/1/2/' "$store/format"; fails_with 125 'newer' 'a newer store' list; sed -i 's/2/1/' "$store/format"
head -c 200 /dev/urandom >"$store/vms/box/layers/1/journal"; fails_with 125 "'journal' in the VM's layer is damaged" 'a journal of noise is refused by name' diff box
rm -rf "$store/vms/box/layers"; vm box 'echo fine'; is "$out" fine 'a layer that is gone is made anew'
mkdir -p "$store/vms/.new-x/layers" "$store/vms/.del-y-7" "$store/vms/tmp-0000dead"; fvm list; is "$(ls -A "$store/vms" | tr '\n' ' ')" 'box ' 'what crashed commands left is swept'

# --- killed at any moment, a commit is finished by the next one
fresh; native "$changes"; wanted=$(tree "$home"); killed=0 odd=''
for ((i = 0; i < 8; i++)); do
    fvm delete --force $mark; fresh; fvm create $mark; [ $rc = 0 ] || odd+="[$i: create: $rc $err]"
    vm $mark "$changes"; [ $rc = 0 ] || odd+="[$i: changes: $rc $err]"; vm $mark "dir /s /b $F"; seen=$out; [ $rc = 0 ] || odd+="[$i: dir: $rc $err]"
    timeout -k 5 60 /usr/lib/wine/wine64 "$build/fvm.exe" commit --force $mark >kill.txt 2>&1 </dev/null & job=$!
    sleep "0.$(printf %03d $((i * 12 + 20)))"; for p in $(pids "commit --force $mark"); do kill -9 "$p" 2>/dev/null && killed=$((killed + 1)); done; wait $job 2>/dev/null
    vm $mark "dir /s /b $F"; out=$(grep -v '\\\.fvm-' <<<"$out") # what is on its way into the host
    [ "$out" = "$seen" ] || odd+="[$i: seen: $(diff <(echo "$seen") <(echo "$out"))]"
    fvm commit --force $mark; [ $rc = 0 ] || odd+="[$i: $err]"
    [ "$(tree "$home")" = "$wanted" ] || odd+="[$i: $(diff <(tree "$home") <(echo "$wanted"))]"
    fvm diff $mark; [ "$out" = 'nothing changed' ] || odd+="[$i: left: $out]"
done
is "$odd" '' "commit killed at 8 moments ($killed of them in time), then said again: the native result, and what the VM sees stays"

# --- random calls: what they do in a VM and commit brings out is what they do natively; discard leaves no trace
probe=$(win "$FVM_NT_PROGRAMS/files_random.exe") folder=$drive/fvmrandom/differ; mkdir -p "$drive/fvmrandom"
from=${FVM_EXE_FROM:-1} to=${FVM_EXE_TO:-3} known=' ' odd='' looked=0 parts=0 # known: differ.t says so too
calls() { echo "differ $seed 100" >jobs; "$@" "$probe" run jobs 'C:\fvmrandom'; [[ $out = *'== end'* ]] || odd+="[$seed: $* did not come to its end: $rc $err]"; }
put_back() { chmod -R u+w "$folder" "$folder-beside" 2>/dev/null; rm -rf "$folder" "$folder-beside"; cp -a start "$folder"; cp -a start-beside "$folder-beside"; }
shown() { fvm run --vm box "$probe" tree jobs 'C:\fvmrandom' || echo "exit $rc: $err"; sed 's/ links=[0-9]*//' <<<"$out"; } # hard links are not kept
both_trees() { tree "$folder"; tree "$folder-beside"; } # as the probe calls them
for ((seed = from; seed <= to; seed++)); do
    [[ $known != *" $seed "* ]] || continue
    chmod -R u+w start start-beside "$folder" "$folder-beside" 2>/dev/null; rm -rf start start-beside "$folder" "$folder-beside"; mkdir -p "$folder"
    echo "differ $seed 100" >jobs; outside "$probe" fill jobs 'C:\fvmrandom'; cp -a "$folder" start; cp -a "$folder-beside" start-beside
    fvm delete --force box; fvm create box; calls fvm run --vm box
    fvm discard --only 'C:\fvmrandom*' box || [[ $err = *'matches no change'* ]] || odd+="[$seed: discard: $err]"
    fvm diff box; [ "$out" = 'nothing changed' ] || odd+="[$seed: after discard: ${out:0:300}]"
    calls fvm run --vm box
    # Some parts first: what the VM sees stays the same.
    seen=$(shown)
    for part in 3 5 2; do
        path=$(fvm diff --json box || echo "$err" >&2; python3 -c 'import json, sys; f = [x["path"] for x in json.load(sys.stdin)["files"]]; print(f[len(f) // int(sys.argv[1])] if f else "")' $part <<<"$out")
        [ -n "$path" ] && [[ $path != *[\*?]* ]] || continue
        fvm commit --force --only "$path" box || [[ $err = *'cannot make folder'* ]] || odd+="[$seed: commit $path: $err]"
        now=$(shown); [ "$now" = "$seen" ] || odd+="[$seed: after commit of $path: $(diff <(echo "$seen") <(echo "$now") | head -2)${now:0:200}]"
        parts=$((parts + 1))
    done
    fvm commit --force box; [ $rc = 0 ] || odd+="[$seed: commit: $err]"
    both_trees >in.log; put_back; calls outside; both_trees >out.log
    cmp -s in.log out.log || odd+="[$seed: $(diff out.log in.log | head -5)]"
    looked=$((looked + 1))
done
is "$odd" '' "$looked seeds of 100 random calls, $parts parts: commit of parts, then of all, is the native result, discard --only leaves no trace"
ok 'most were looked at' test $looked -ge $(((to - from + 1) / 2))
fvm doctor; like "$rc/$out" '^0/ok +system +Wine' 'doctor'
fvm doctor --json; is "$(python3 -c 'import json, sys; print(sorted({x["verdict"] for x in json.load(sys.stdin)}))' <<<"$out")" "['less', 'ok']" 'doctor --json'
unset FVM_HOME; fvm doctor; like "$out" 'store +C:\\users\\[^\\]*\\AppData\\Local\\fvm' 'the store is in LOCALAPPDATA'
chmod -R u+w "$folder"* "$home"* 2>/dev/null; rm -rf "$home"* "$store" "$drive/fvmrandom"
done_testing

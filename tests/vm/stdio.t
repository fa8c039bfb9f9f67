# A program in a VM is started as if without FVM: streams, terminal, signals, exit codes, names of programs, arguments, folders.
. "$(dirname "$0")/lib.sh"
terminal=$(dirname "$0")/terminal.py
stdio=$FVM_PROGRAMS/stdio.exe
mkdir work && cd work
cp "$stdio" stdio.exe
ok 'create' "$FVM" create box
layer=$FVM_HOME/vms/box/layers/1/files
box() { timeout -k 5 60 "$FVM" run --vm box "$@"; }
lines() { tr -d '\r'; }
shown() { lines <"$layer/Z$PWD/$1"; }

# --- exit codes: what a Linux parent can see of 32 bits; 256 is what Wine makes of it
for pair in 0:0 1:1 42:42 255:255 256:1 -1:255; do
    box ./stdio.exe exit ${pair%:*} </dev/null; is $? ${pair#*:} "exit code ${pair%:*}"
done

# --- files, pipes, /dev/null, nothing
box ./stdio.exe both >out 2>err </dev/null; is "$(cat out err | tr '\n' ' ')" 'to out to err ' 'stdout and stderr to two files'
box ./stdio.exe both >both 2>&1 </dev/null; is "$(tr '\n' ' ' <both)" 'to out to err ' 'to one file'
echo 'kept' >both; box ./stdio.exe both >>both 2>/dev/null </dev/null; is "$(tr '\n' ' ' <both)" 'kept to out ' 'appended to a file'
is "$(box ./stdio.exe both 2>&1 </dev/null | tr '\n' ' ')" 'to out to err ' 'both to one pipe, in order'
is "$(box ./stdio.exe both 2>&1 >/dev/null </dev/null)" 'to err' 'stderr to a pipe'
head -c 3000000 /dev/urandom >random
want=$(sha256sum <random)
is "$(box ./stdio.exe copy <random | sha256sum)" "$want" 'file to pipe'
is "$(cat random | box ./stdio.exe copy | sha256sum)" "$want" 'pipe to pipe'
cat random | box ./stdio.exe copy >copied; is "$(sha256sum <copied)" "$want" 'pipe to file'
is "$(box ./stdio.exe copy </dev/null | wc -c)" 0 '/dev/null ends at once'
is "$(box ./stdio.exe types </dev/null 2>/dev/null)" 'char pipe char' 'types: null, pipe'
box ./stdio.exe types kinds <random >out 2>err; is "$(shown kinds)" 'disk disk disk' 'types: files'
: | box ./stdio.exe types kinds 2>&1 | cat; is "$(shown kinds)" 'pipe pipe pipe' 'types: pipes'
box ./stdio.exe types kinds <&- >&- 2>&-; is $? 0 'all three closed'
box ./stdio.exe exit 7 <&-; is $? 7 'stdin closed'
{ box ./stdio.exe flood </dev/null; echo $? >code; } | head -1 >/dev/null
is "$(cat code)" 77 'a writer learns that its reader has gone'
is "$(yes | box cmd /c exit 3; echo $?)" 3 'a writer without end into a program that does not read'

# --- `| cat` ends with the program, though a helper of it lives on with its handles
start=$SECONDS
mkfifo holder
"$FVM" run --vm box cmd /c 'set /p line=' <holder >/dev/null 2>&1 & keeper=$!
exec 9>holder # the VM runs on, so that the helper does
is "$(box ./stdio.exe leave-helper go </dev/null | cat)" 'left a helper' 'output comes to its end though a helper lives'
ok 'and it does live' test ! -e "$layer/Z$PWD/go.done"
[ $((SECONDS - start)) -lt 50 ]; is $? 0 'nobody waited for the helper'
# A second program of the same VM and folder sees it, and ends it.
box cmd /c 'echo x>go'
for ((i = 0; i < 100; i++)); do [ -e "$layer/Z$PWD/go.done" ] && break; sleep 0.1; done
ok 'it ends when it may' test -e "$layer/Z$PWD/go.done"
is "$(box net start spooler </dev/null | grep -c .)" 2 'output comes to its end though a service was started'
# Many at once enter the running VM, with the same folder.
for i in 1 2 3 4 5 6; do box cmd /c "echo n$i>at-once-$i& exit $i" </dev/null & pids[i]=$!; done
codes=''; for i in 1 2 3 4 5 6; do wait ${pids[i]}; codes+="$? "; done
is "$codes" '1 2 3 4 5 6 ' 'six at once, in the background'
is "$(cd "$layer/Z$PWD" && cat at-once-? | tr -d 'n\r\n')" 123456 'each wrote its file'
exec 9>&-; wait $keeper

# --- a new VM entered by several at once: one starts it, the others join
"$FVM" create crowd >/dev/null
for i in 1 2 3 4 5 6; do timeout -k 5 60 "$FVM" run --vm crowd cmd /c "echo n$i>file$i& exit $i" </dev/null & pids[i]=$!; done
codes=''; for i in 1 2 3 4 5 6; do wait ${pids[i]}; codes+="$? "; done
is "$codes" '1 2 3 4 5 6 ' 'six at once start a VM'
is "$(cat "$FVM_HOME/vms/crowd/layers/1/files/Z$PWD"/file? | tr -d 'n\r\n')" 123456 'each wrote its file'
"$FVM" delete crowd

# --- a terminal
in_terminal() { python3 "$terminal" "$@"; }
out=$(in_terminal 91x37 '' '' "$FVM" run --vm box ./stdio.exe console)
like "$out" 'console in 1 out 1 isatty 1 1 size 91x37' 'a terminal is a console of its size'
out=$(in_terminal 91x37 'waiting' '\x03' "$FVM" run --vm box ./stdio.exe wait handler); rc=$?
is $rc 77 'Ctrl-C: the exit code is what the handler says'; like "$out" 'handler: event 0' 'it ran'
start=$SECONDS
out=$(in_terminal 91x37 'waiting' '\x03' "$FVM" run --vm box ./stdio.exe wait); rc=$?
is $rc 0 'Ctrl-C without a handler: exit code as under plain Wine'; [ $((SECONDS - start)) -lt 45 ]; is $? 0 'it ended at once'
out=$(in_terminal 80x24 '' '' bash -c "'$FVM' run --vm box ./stdio.exe types </dev/null | cat")
like "$out" 'char pipe console' 'stderr alone on a terminal'

# --- signals
# By itself, and behind pipes, where another process of FVM's stands between.
"$FVM" run ./stdio.exe wait >waiting 2>/dev/null </dev/null & plain=$!
"$FVM" run ./stdio.exe wait 2>/dev/null </dev/null > >(cat >waiting-pipe) & piped=$!
for ((i = 0; i < 300; i++)); do [ "$(cat waiting waiting-pipe 2>/dev/null | grep -c waiting)" = 2 ] && break; sleep 0.1; done
is "$(cat waiting waiting-pipe | grep -c waiting)" 2 'programs in two throw-away VMs run'
start=$SECONDS
kill -TERM $plain; wait $plain; is $? 143 'SIGTERM ends a program'
kill -TERM $piped; wait $piped; is $? 143 'SIGTERM ends a program behind pipes'
[ $((SECONDS - start)) -lt 45 ]; is $? 0 'at once'
is "$(vms_left)" 'box ' 'the VMs are gone'; is "$(store_processes)" '' 'and every process'
"$FVM" run ./stdio.exe wait 2>/dev/null </dev/null > >(cat >waiting-kill) & piped=$!
for ((i = 0; i < 300; i++)); do grep -qs waiting waiting-kill && break; sleep 0.1; done
kill -KILL $piped; wait $piped 2>/dev/null; is $? 137 'kill -9 of fvm run itself'
for ((i = 0; i < 300; i++)); do [ "$(vms_left)" = 'box ' ] && break; sleep 0.1; done
is "$(store_processes)" '' 'leaves no process'; is "$(vms_left)" 'box ' 'and no VM'

# --- programs by name
self() { box "$@" self </dev/null 2>&1 | lines; }
z() { sed 's#/#\\#g; s#^#Z:#' <<<"$PWD/$1"; }
is "$(self ./stdio.exe)" "$(z stdio.exe)" 'relative path'
is "$(self "$PWD/stdio.exe")" "$(z stdio.exe)" 'absolute path'
is "$(self stdio.exe)" "$(z stdio.exe)" 'a name in the current folder'
is "$(self "$(z stdio.exe)")" "$(z stdio.exe)" 'Windows path'
for name in 'with space' 'größe ä' '日本' 'a, b; c' 'co:lon' 'eq=ual' "quo'te" 'per%cent%'; do
    mkdir "$name" && cp stdio.exe "$name/pro gram ä.exe"
    # A colon cannot be in a Windows name: Wine has one of its own for such a folder.
    case $name in *:*) box "./$name/pro gram ä.exe" exit 9 </dev/null; is $? 9 "folder '$name'"; continue ;; esac
    is "$(self "./$name/pro gram ä.exe")" "$(z "$name/pro gram ä.exe")" "folder '$name'"
    is "$(cd "$name" && box "./pro gram ä.exe" folder </dev/null | lines)" "$(z "$name")" "current folder '$name'"
done
mkdir 'back\slash' && cp stdio.exe 'back\slash/'
fails_with 127 'is not visible in the VM' 'a backslash in a folder name is refused' run --vm box './back\slash/stdio.exe'
mkdir other && mv stdio.exe other/ && ln -s other/stdio.exe link.exe && ln -s other linked
is "$(self ./link.exe)" "$(z other/stdio.exe)" 'through a link'
is "$(self ./linked/stdio.exe)" "$(z other/stdio.exe)" 'through a linked folder'
is "$(cd / && self "$OLDPWD/other/stdio.exe" | tail -1)" "$(z other/stdio.exe)" 'from another folder'
box cmd /c mkdir 'C:\Some Folder' </dev/null 2>/dev/null; box cmd /c copy 'other\stdio.exe' 'C:\Some Folder\Prog.exe' </dev/null >/dev/null
is "$(self 'c:\some FOLDER\prog.EXE')" 'C:\Some Folder\Prog.exe' 'Windows path in another case'
is "$(self 'C:\Some Folder\prog')" 'C:\Some Folder\Prog.exe' 'Windows path without extension'
fails_with 127 'no program' 'an unknown name' run --vm box no-such-program
fails_with 127 'no program' 'an unknown path' run --vm box ./no-such.exe
mv other/stdio.exe .

# --- arguments
args=('' plain 'two words' 'qu"ote' "apo'strophe" '50% %PATH%' 'a^b&c|d<e>f' 'back\slash\' 'trailing space\ ' 'ä日本' '-x' '/?' $'tab\there' '*')
is "$(box ./stdio.exe args "${args[@]}" </dev/null | lines)" "$(printf '%s\n' "${args[@]}")" 'arguments arrive as they are'
is "$(box -- ./stdio.exe args --vm -- x </dev/null | lines)" $'--vm\n--\nx' "FVM's own words, too"
printf '@echo off\r\n:next\r\nif [%%1]==[] goto end\r\necho %%1\r\nshift\r\ngoto next\r\n:end\r\nexit /b 6\r\n' >args.bat
# As `wine cmd /c args.bat` gives them (Wine 8): cmd takes percent and caret away, quoted or not.
out=$(box ./args.bat plain 'two words' '50%' 'a^b' </dev/null | lines; exit ${PIPESTATUS[0]}); is $? 6 '.bat: its exit code'
is "$out" $'plain\n"two words"\n50\nab' '.bat: arguments as under plain Wine'

# --- folder and environment
is "$(box ./stdio.exe folder </dev/null | lines)" "$(z '' | sed 's/.$//')" 'it starts in the current folder'
mkdir below
is "$(box --cwd below ./stdio.exe folder </dev/null | lines)" "$(z below)" '--cwd, a Linux path'
is "$(box --cwd 'c:\some folder' ./stdio.exe folder </dev/null | lines)" 'C:\Some Folder' '--cwd, a Windows path'
fails_with 125 "no folder 'no-such'" '--cwd, an unknown folder' run --vm box --cwd no-such cmd /c ver
is "$(box --env A=1 --env 'B=x y=ä' ./stdio.exe variable B </dev/null | lines)" 'x y=ä' '--env'
is "$(SECRET=1 box ./stdio.exe variable SECRET </dev/null | lines)" '(not set)' "the user's environment stays outside"
is "$(SECRET=1 box cmd /c set </dev/null | grep -ci 'secret\|FVM_HOME\|FVM_KIT')" 0 'all of it'
cd "$HOME" && echo private >private.txt
fvm run --vm box cmd /c 'cd& type Z:'"${HOME//\//\\}"'\private.txt'
like "$err" 'note: the current folder .* is not visible' 'the home is not shown, and a note says so'
unlike "$out" 'private$' 'its files are not there'
rm -f private.txt; cd "$OLDPWD"
ok 'delete' "$FVM" delete box
is "$(vms_left)$(store_processes)" '' 'nothing is left'
is "$(ls -A "$layer" 2>/dev/null)" '' 'of its layer, too'
done_testing

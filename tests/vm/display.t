# --display private: Notepad, Regedit and Wordpad on an X server of the VM's own, driven by its keyboard, seen by
# `fvm screenshot`; what two VMs have of each other's screens; what happens when the display cannot start, and when it dies.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
picture() { python3 "$(dirname "$0")/picture.py" "$@"; }
native=$FVM_PROGRAMS/unix_exec.exe
layer() { echo "$FVM_HOME/vms/$1/layers/1/files/Z$PWD"; }
# inside VM SHELL-COMMAND: by the VM's own X tools; what they say in $said. What a native program writes to a pipe is lost.
turn=0
inside() {
    turn=$((turn + 1))
    timeout 20 "$FVM" run --vm "$1" "$native" /bin/sh -c "export DISPLAY=:0; { $2; } >./said.$turn 2>&1" </dev/null >/dev/null 2>&1
    said=$(cat "$(layer "$1")/said.$turn" 2>/dev/null)
}
shows_window() { inside "$1" "xdotool search --sync --onlyvisible --name '$2'"; [[ $said =~ ^[0-9] ]]; }
started() { # VM ARG...: in the background
    local vm=$1; shift
    "$FVM" run --vm "$vm" "$@" >"$vm.out" 2>"$vm.err" </dev/null &
    pids+=($!)
}
pids=()
# A caret blinks, and windows come piece by piece: two pictures that are equal.
still() { # FILE
    local i
    for i in $(seq 40); do
        "$FVM" screenshot "$1" "$2" && "$FVM" screenshot "$1" "$2.again" && cmp -s "$2" "$2.again" && return
        sleep 0.1
    done
    return 1
}

# --- Notepad, and what is seen of it -------------------------------------------------------------------------------------
echo before >note.txt; echo theirs >other.txt
"$FVM" create --display private one; "$FVM" create --display private:1024x768 two; "$FVM" create blind
started one notepad note.txt; first=$!
ok 'Notepad has a window on the display' await 30 shows_window one 'note.txt - Notepad'
ok 'screenshot' still one a.png
like "$(picture a.png)" '^1024x768 [0-9]+ ' 'a whole picture of the default size'
ok 'with more than a colour on it' test "$(picture a.png | cut -d' ' -f2)" -gt 10
inside one 'xdotool mousemove 300 200 click 1 key ctrl+Home type "typed by hand, "'
ok 'screenshot of what was typed' still one b.png
# A caret has 32 pixels at most.
differ() { picture "$1" "$2" | cut -d' ' -f4; }
like "$(differ a.png b.png)" '^([1-9][0-9]{2}|[1-9][0-9]{3})$' 'a little of the picture differs'
inside one 'xdotool key ctrl+s'
saved() { [ "$(head -1 "$(layer one)/note.txt" 2>/dev/null)" = 'typed by hand, before' ]; }
ok 'what was typed is in the file that Notepad saved' await 10 saved
is "$(cat note.txt)" before 'inside only'
fvm ps one
like "$out" '[0-9.]+ MB +Xvfb :0' 'fvm ps shows the X server and what it takes'

# --- the clipboard: what is said, and nothing else ---------------------------------------------------------------------------
"$FVM" clip one get >clip.out 2>&1; is "$?$(cat clip.out)" "125fvm: there is no text on the clipboard of VM 'one'" 'nothing was copied yet'
printf 'grüße\nsecond line' | "$FVM" clip one put; is $? 0 'clip put'
is "$("$FVM" clip one get)" $'grüße\nsecond line' 'clip get gives it back'
inside one 'xdotool key ctrl+End ctrl+v type " pasted"; xdotool key ctrl+s'
pasted() { grep -qs '^second line pasted' "$(layer one)/note.txt"; }
ok 'a program pastes it' await 10 pasted
inside one 'xdotool key ctrl+a ctrl+c'
copied() { "$FVM" clip one get 2>/dev/null | grep -q '^typed by hand, before'; }
ok 'and what a program copies is got' await 10 copied
head -c 1100000 /dev/zero | tr '\0' a | "$FVM" clip one put 2>clip.err; like "$?$(cat clip.err)" '^125fvm: standard input is too long' 'not more than 1 MB'
printf 'a\xff' | "$FVM" clip one put 2>clip.err; like "$?$(cat clip.err)" '^125fvm: standard input is no UTF-8 text' 'text only'
printf 'a\0b' | "$FVM" clip one put 2>clip.err; like "$?$(cat clip.err)" '^125fvm: standard input is no text' 'without zeros'
inside one 'printf "bad\\377" | xclip -in -selection clipboard -t UTF8_STRING; head -c 2000000 /dev/zero | tr "\\0" a | xclip -in -selection primary'
fails_with 125 'what is on the clipboard is no UTF-8 text' 'nor anything else out of it' clip one get
inside one 'head -c 2000000 /dev/zero | tr "\\0" a | xclip -in -selection clipboard -t UTF8_STRING'
fails_with 125 'gives more than is taken' 'nor more than 1 MB' clip one get
fails_with 125 "VM 'two' does not run" 'a VM that does not run' clip two get
printf 'grüße, 世界' | "$FVM" clip one put
is "$("$FVM" clip one get)" 'grüße, 世界' 'any letters'

# --- a second VM beside it ----------------------------------------------------------------------------------------------
started two notepad other.txt
ok 'a second VM has a window of its own' await 30 shows_window two 'other.txt - Notepad'
fvm clip two get
unlike "$out" 'aaa|typed' 'what the first has on its clipboard is not on its'
inside two 'xdotool search --name note.txt; xwininfo -root -tree | grep -c Notepad; ls /tmp/.X11-unix; grep -a X11 /proc/net/unix'
unlike "$said" '^[0-9]{3}' 'it does not find the window of the first'
like "$said" $'1\nX0\n' 'of two Notepads it knows one, of two X servers one'
is "$(grep -c '@' <<<"$said")$(grep -c '00010000.*@' <<<"$said")" 10 'and that listens on no abstract name, but nobody else can either'
inside two 'xdotool mousemove 300 200 click 1'
ok 'screenshot of the second' still two two.png
inside one 'xdotool type "SECRET"'
sleep 0.5
ok 'screenshot again' still two two-again.png
ok 'what is typed in the first does not reach the second: its picture stays' test "$(differ two.png two-again.png)" -le 32
inside two 'xdotool key ctrl+End type x; xdotool key ctrl+s'
two_saved() { [ "$(cat "$(layer two)/other.txt" 2>/dev/null)" = $'theirs\nx' ]; }
ok 'nor does its program get any of it' await 10 two_saved
inside two 'for root in / /proc/*/root; do stat -c %i:%d "$root/run/fvm/display/Xvfb_screen0" 2>/dev/null; done | sort -u | wc -l'
is "$said" 1 'the only picture of a screen that it finds is its own'
"$FVM" stop two

# --- Regedit, Wordpad ---------------------------------------------------------------------------------------------------
inside one 'xdotool key ctrl+s'; inside one 'xdotool key alt+F4'
ok 'Notepad is closed by the keyboard' await 20 are_gone $first
are_gone $first || "$FVM" stop one
wait $first; is $? 0 'and ends well'
ok 'then the VM ends, its display with it' await 10 no_supervisor one
started one regedit
ok 'Regedit has a window' await 30 shows_window one 'Registry Editor'
ok 'screenshot of Regedit' still one regedit.png
inside one 'xdotool mousemove 60 60 click 1 key Home Right Down'
ok 'screenshot with a key opened' still one regedit2.png
ok 'differs' test "$(differ regedit.png regedit2.png)" -gt 100
inside one 'xdotool mousemove 754 13 click 1'
ok 'Regedit is closed by the mouse, at its frame' await 20 no_supervisor one
started one 'C:\Program Files\Windows NT\Accessories\wordpad.exe'
ok 'Wordpad has a window' await 30 shows_window one 'Document - Wine Wordpad'
ok 'screenshot of Wordpad' still one wordpad.png
inside one 'xdotool type "some words"'
ok 'screenshot of some words' still one wordpad2.png
ok 'differs' test "$(differ wordpad.png wordpad2.png)" -gt 100
"$FVM" stop one
is "$("$FVM" diff --reg one | grep -ciE 'desktop|graphics|display')" 0 'the display leaves nothing in the registry'

# --- sizes, and what is said when there is no picture -------------------------------------------------------------------------
"$FVM" run --vm two --display private:800x600 notepad >pause.out 2>&1 </dev/null & pids+=($!)
small() { "$FVM" screenshot two small.png 2>small.err; }
ok 'a display of another size' await 20 small
like "$(picture small.png)" '^800x600 ' 'the picture has it'
fails_with 125 "VM 'two' runs with --display private:800x600; end it first" 'no other display while it runs' run --vm two --display private cmd /c ver
ok 'and windows come up on it' await 20 shows_window two Notepad
fails_with 125 'cannot write .*/nowhere/x.png' 'a file that cannot be written' screenshot two /nowhere/x.png
"$FVM" stop two
is "$("$FVM" diff --reg two | grep -ciE 'desktop|graphics|display')" 0 'nor does that leave anything in the registry'
fails_with 125 "VM 'two' does not run" 'a VM that does not run' screenshot two x.png
fails_with 125 "there is no VM 'nobody'|no VM 'nobody'" 'no such VM' screenshot nobody x.png
started blind "$FVM_PROGRAMS/pause.exe" 60000
runs() { "$FVM" ps blind | grep -q pause; }
ok 'a VM without a display' await 20 runs
fails_with 125 'without a display of its own.*--display private' 'has no picture' screenshot blind x.png
inside blind 'ls /tmp/.X11-unix /run/fvm/display; env | grep -c DISPLAY=:0'
like "$said" 'cannot access ./tmp/.X11-unix' 'nor a socket of one'
"$FVM" stop blind
is "$(ls | grep -c -e '\.part' -e '^x.png$')" 0 'no file is left by what failed'

# --- a display that cannot start, and one that dies -----------------------------------------------------------------------------
cat >without <<'END' # PLACE FILE COMMAND...: on a machine where FILE is at PLACE
#!/bin/sh
mount --bind "$1" "$2" && shift 2 && exec "$@"
END
chmod +x without
if [ "$FVM_WHO" = root ]; then # a user can do this in a user namespace only, which would be root's to FVM
    as=(unshare -m ./without)
    refused 125 'needs /usr/bin/Xvfb; install it: sudo apt install xvfb' 'no Xvfb: one line' "${as[@]}" /dev/null /usr/bin/Xvfb "$FVM" run --vm two cmd /c ver
    refused 125 'needs /usr/bin/xkbcomp; install it: sudo apt install x11-xkb-utils' 'no xkbcomp' "${as[@]}" /dev/null /usr/bin/xkbcomp "$FVM" run --display private cmd /c ver
    refused 125 "the VM's display, /usr/bin/Xvfb, ended when it started: Failed to activate" 'an X server that gives up: its own words' \
        "${as[@]}" /bin/false /usr/bin/xkbcomp "$FVM" run --vm two cmd /c ver
fi
# --- a VM that is held by nobody, whose commands are interrupted
"$FVM" create alone; "$FVM" run --vm alone --display private cmd /c 'start notepad' >alone.out 2>&1 & alone=$!
up() { fvm ps alone; grep -q notepad <<<"$out"; }
ended() { ! fvm ps alone || ! grep -q cmd <<<"$out"; }
ok 'a program that leaves another behind' await 30 up; await 10 ended
for ((i = 0; i < 12; i++)); do
    if [ $((i % 2)) = 0 ]; then "$FVM" clip alone get >/dev/null 2>&1 & else "$FVM" screenshot alone alone.png >/dev/null 2>&1 & fi
    sleep "0.0$((i % 8))"; kill -TERM $! 2>/dev/null; wait $! 2>/dev/null
done
ok 'it runs on when clip and screenshot are killed with a word' up
fvm stop alone; wait $alone 2>/dev/null
nothing_left 'nothing is left of these'
started one cmd /c 'echo kept>C:\kept.txt& echo started& ping -n 60 127.0.0.1 >nul'; program=$!
ok 'a program on a display' await 30 grep -q started one.out
server=$("$FVM" ps one | awk '/Xvfb/ {print $3}')
kill -9 "$server"
ok 'the display is killed: nothing hangs' await 15 are_gone $program
wait $program; is $? 137 'the program was ended'
like "$(cat one.err)" "the display of VM 'one' died, and the VM with it" 'and it is said why'
nothing_left 'nothing is left of it'
fvm run --vm one cmd /c 'type C:\kept.txt'; is "$out" kept 'what it had written is kept'
started one notepad note.txt
ok 'and the VM shows windows again' await 30 shows_window one 'note.txt - Notepad'
kill -9 "$("$FVM" ps one | awk '/Xvfb/ {print $3}')"
ok 'killed under a program with windows: nothing hangs' await 15 no_supervisor one
# kill -9 of each process at some instant, from the first on: the display goes along with the VM.
one_supervisor() { supervisors one | head -1; }
one_init() { children "$(one_supervisor)"; }
left=''
for victim in launcher one_supervisor one_init; do
    for nap in 0.03 0.15 0.6; do
        started one notepad; program=$!
        sleep $nap
        [ $victim = launcher ] && pid=$program || pid=$($victim)
        [ -z "$pid" ] || kill -9 $pid 2>/dev/null
        [ $victim = launcher ] || [ -n "$pid" ] || kill -9 $program
        await 15 no_supervisor one && await 15 are_gone $program || left+="$victim after $nap s; "
    done
done
is "$left" '' 'whoever of them is killed, all of it ends'
is "$(pgrep -x Xvfb -U "$(store_uid)" | while read -r p; do grep -qs "$FVM_HOME" "/proc/$p/mountinfo" && echo "$p"; done)" '' 'no X server is left'
"$FVM" delete one two blind
nothing_left 'nothing is left at the end'
done_testing

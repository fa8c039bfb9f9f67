# --display host: the user's own display, here an Xvfb of the test's own that wants a key, by explicit choice only: said
# what it opens, refused in one line where there is none, and of the user's keys the VM has that one.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
pids=()
finish() { kill "${pids[@]}" 2>/dev/null; }
trap finish EXIT
native=$FVM_PROGRAMS/unix_exec.exe
layer() { echo "$FVM_HOME/vms/$1/layers/1/files/Z$PWD"; }
unset DISPLAY XAUTHORITY
mkdir -m 700 keys shown; keys=$PWD/keys/mine; cd shown
key=0123456789abcdef0123456789abcdef other=fedcba9876543210fedcba9876543210
touch "$keys"; xauth -f "$keys" -q add ":0" . $other 2>/dev/null # Xvfb has to have one to begin with
Xvfb -displayfd 5 -auth "$keys" -screen 0 800x600x24 -nolisten tcp -nolisten local 5>number 2>xvfb.err & server=$!; pids+=($server)
ok 'a desktop that wants a key' await 20 test -s number
desktop=:$(cat number)
# Keys for other displays stand in the file, too; the server takes all of it for its own.
xauth -f "$keys" -q remove :0 2>/dev/null
xauth -f "$keys" -q add "$desktop" . $key; kill -HUP $server; sleep 0.3
xauth -f "$keys" -q add "192.0.2.7:3" . $other
me() { DISPLAY=$desktop XAUTHORITY=$keys "$@"; }
ok 'and takes it' me xdotool getmouselocation

"$FVM" create box
fails_with 125 '--display host needs a display, and .DISPLAY is not set; without one there is: --display private' 'no $DISPLAY' run --vm box --display host cmd /c ver
DISPLAY=far.example:0 fails_with 125 'a display of this machine, such as :0, and .DISPLAY is .far.example:0.' 'one of another machine' run --vm box --display host cmd /c ver
DISPLAY=:65000 fails_with 125 'the display :65000 cannot be reached by /tmp/.X11-unix/X65000: No such file' 'one that is not there' run --vm box --display host cmd /c ver
HOME=/nowhere DISPLAY=$desktop fails_with 125 'no key for the display|does not let you in' 'no key' run --vm box --display host cmd /c ver
nothing_left 'nothing is left of these'

# --- with it -----------------------------------------------------------------------------------------------------------
me "$FVM" run --vm box --display host notepad >box.out 2>box.err </dev/null & pids+=($!)
window() { me xdotool search --onlyvisible --name Notepad >/dev/null 2>&1; }
ok 'Notepad has a window on the desktop' await 30 window
like "$(cat box.err)" '^fvm: warning: with --display host the program can see your whole screen, read what you type' 'with a warning of what it opens'
me "$FVM" run --vm box "$native" /bin/sh -c '{ echo $DISPLAY; xdotool search --name Notepad | grep -c .; ls /tmp/.X11-unix; xauth -f "$XAUTHORITY" -n list; cat "$XAUTHORITY" | wc -c; chmod 700 /tmp/.X11-unix/X0; } >./said 2>&1' >/dev/null 2>&1 </dev/null
said=$(cat "$(layer box)/said")
like "$said" $'^:0\n1\nX0\n' 'the VM sees the desktop, by one socket'
like "$said" "$key" 'has its key'
unlike "$said" "$other|192.0.2.7" 'and no other of the user'"'"'s'
like "$said" 'chmod: .*Read-only' 'nor can it change who may use the socket'
"$FVM" screenshot box x.png 2>shot.err; like "$?$(cat shot.err)" "^125fvm: VM 'box' runs without a display of its own" 'no screenshot of what is not its own'
"$FVM" stop box

# --- without ------------------------------------------------------------------------------------------------------------
me "$FVM" run --vm box "$native" /bin/sh -c '{ ls /tmp/.X11-unix /run/fvm/display-key; env | grep -e DISPLAY -e XAUTH; xdotool getmouselocation; } >./said2 2>&1' >/dev/null 2>&1 </dev/null
is "$(grep -c 'No such file' "$(layer box)/said2")" 2 'without the option: no socket, no key'
unlike "$(cat "$(layer box)/said2")" 'DISPLAY=|XAUTHORITY=|x:[0-9]' 'no variable, no display'
is "$("$FVM" diff --reg box | grep -ciE 'desktop|graphics|display')" 0 'the display left nothing in the registry'

# --- the desktop dies --------------------------------------------------------------------------------------------------------
me "$FVM" run --vm box --display host notepad >box.out 2>box.err </dev/null & program=$!; pids+=($program)
ok 'again' await 30 window
kill -9 $server
ok 'the desktop is killed: the program ends, nothing hangs' await 20 are_gone $program
"$FVM" stop box; "$FVM" delete box
nothing_left 'nothing is left'
done_testing

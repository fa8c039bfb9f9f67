# fvm view: a VM's private display in a viewer's window, on a desktop of the test's own (Xvfb): keys and mouse go in,
# pictures come out, no clipboard does.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
viewer=/usr/bin/xtigervncviewer
pids=()
finish() { kill "${pids[@]}" 2>/dev/null; }
trap finish EXIT
layer() { echo "$FVM_HOME/vms/$1/layers/1/files/Z$PWD"; }
xwd_of() { xwd -root -silent -display "$1" | cksum; }

Xvfb -displayfd 5 -screen 0 1100x850x24 -nolisten tcp -nolisten local 5>number 2>xvfb.err & pids+=($!)
ok 'a desktop' await 20 test -s number
desktop=:$(cat number)
"$FVM" create --display private box
echo before >note.txt
"$FVM" run --vm box notepad note.txt >box.out 2>box.err </dev/null & pids+=($!)
pictured() { "$FVM" screenshot box shot.png 2>/dev/null; }
ok 'a VM with a display' await 20 pictured

# --- by a viewer of one's own: port and password ------------------------------------------------------------------------
env -u DISPLAY "$FVM" view box >view.out 2>view.err </dev/null & view=$!; pids+=($view)
ok 'it is told how to see it' await 20 test -s view.out
like "$(cat view.out)" "^VM 'box' can be seen by a VNC viewer at 127.0.0.1::[0-9]+ \(port [0-9]+\), password [a-z0-9]{8}, until Ctrl-C$" 'port and password'
port=$(sed -n 's/.*(port \([0-9]*\)).*/\1/p' view.out) password=$(sed -n 's/.*password \([a-z0-9]*\),.*/\1/p' view.out)
is "$(awk -v port="$(printf %04X "$port")" '$4 == "0A" && $2 ~ ":" port "$" {print $2}' /proc/net/tcp /proc/net/tcp6)" "0100007F:$(printf %04X "$port")" 'on loopback only'
window() { DISPLAY=$desktop xdotool search --onlyvisible --name 'FVM: box' >/dev/null 2>&1; }
look() { DISPLAY=$desktop VNC_PASSWORD=$1 timeout 60 $viewer -RemoteResize=0 "127.0.0.1::$port" >viewer.log 2>&1 & looker=$!; pids+=($looker); }
look wrong
ok 'a wrong password: it is said' await 20 grep -q 'the password was wrong' view.err
kill $looker 2>/dev/null; wait $looker 2>/dev/null
not_ok 'and nothing is shown' window
look "$password"
ok 'with the password a window opens, with the VM'"'"'s name' await 60 window
window || diag "$(cat viewer.log view.err)"
sleep 1
before=$(xwd_of "$desktop")
# The desktop has a clipboard too: a viewer sends it to whom it shows.
printf 'of the desktop' | DISPLAY=$desktop xclip -in -selection clipboard
DISPLAY=$desktop xdotool search --onlyvisible --name 'FVM: box' windowfocus --sync mousemove --window %1 300 250 click 1
sleep 0.3
DISPLAY=$desktop xdotool key ctrl+Home type 'by the viewer '
DISPLAY=$desktop xdotool key ctrl+s
saved() { [ "$(cat "$(layer box)/note.txt" 2>/dev/null)" = 'by the viewer before' ]; }
ok 'what is typed into it reaches the program' await 15 saved
shown() { [ "$(xwd_of "$desktop")" != "$before" ]; }
ok 'and the window shows it' await 10 shown
fvm clip box get
unlike "$out$err" 'of the desktop' 'the desktop'"'"'s clipboard does not come along'
printf 'of the VM' | "$FVM" clip box put
sleep 0.5
is "$(DISPLAY=$desktop timeout 5 xclip -out -selection clipboard)" 'of the desktop' 'nor does the VM'"'"'s come out'
fvm ps box
like "$out" 'MB +/usr/bin/x11vnc -inetd' 'x11vnc runs in the VM'
unlike "$out" "$password" 'without showing its password'
kill $looker; wait $looker 2>/dev/null
not_served() { ! "$FVM" ps box | grep -q x11vnc; }
ok 'it ends with the viewer' await 10 not_served
kill -INT $view 2>/dev/null; kill $view; wait $view 2>/dev/null
not_ok 'without fvm view the port is closed' bash -c ": </dev/tcp/127.0.0.1/$port"

# --- on a desktop it opens the window itself, but not for root ----------------------------------------------------------------
: >view.out; DISPLAY=$desktop "$FVM" view box >view.out 2>view.err </dev/null & view=$!; pids+=($view)
if [ "$FVM_WHO" = user ]; then
    ok 'on a desktop a window opens by itself' await 20 window
    is "$(cat view.out)" '' 'and there is nothing to be told'
else
    ok 'for root none does: it is told how' await 20 grep -q password view.out
    not_ok 'no window' window
fi
# --- to be looked at keeps no VM alive ---------------------------------------------------------------------------------------
fvm run --vm box taskkill /f /im notepad.exe
ok 'when its programs end, the VM does' await 20 no_supervisor box
ok 'and so does fvm view' await 10 are_gone $view
wait $view; is $? 0 'well'
"$FVM" run --vm box notepad >box.out 2>box.err </dev/null & pids+=($!)
ok 'again' await 20 pictured
: >view.out; env -u DISPLAY "$FVM" view box >view.out 2>view.err </dev/null & view=$!; pids+=($view)
ok 'seen again' await 20 test -s view.out
kill -9 $view; wait $view 2>/dev/null
fvm ps box; like "$out" notepad 'a view that is killed takes nothing along'
"$FVM" stop box
fails_with 125 "VM 'box' does not run" 'a VM that does not run' view box
cat >without <<'END' # PLACE FILE COMMAND...: on a machine where FILE is at PLACE
#!/bin/sh
mount --bind "$1" "$2" && shift 2 && exec "$@"
END
chmod +x without
if [ "$FVM_WHO" = root ]; then
    refused 125 'needs /usr/bin/x11vnc; install it: sudo apt install x11vnc' 'no x11vnc' unshare -m ./without /dev/null /usr/bin/x11vnc "$FVM" view box
fi
"$FVM" delete box
nothing_left 'nothing is left'
done_testing

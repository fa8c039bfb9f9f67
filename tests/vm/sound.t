# --sound: a program plays through the user's sound server, here a PulseAudio of the test's own without a device; without
# --sound nothing of it is there.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
pids=()
finish() { kill "${pids[@]}" 2>/dev/null; }
trap finish EXIT
native=$FVM_PROGRAMS/unix_exec.exe tone=$FVM_PROGRAMS/tone.exe
unset PULSE_SERVER PULSE_COOKIE
# Beside the folder that the VM is shown.
mkdir -m 700 rt home shown; runtime=$PWD/rt home=$PWD/home; cd shown
layer() { echo "$FVM_HOME/vms/$1/layers/1/files/Z$PWD"; }

# --- bad input ----------------------------------------------------------------------------------------------------------
"$FVM" create box
XDG_RUNTIME_DIR='' fails_with 125 '--sound needs PulseAudio or PipeWire, and .XDG_RUNTIME_DIR is not set' 'nowhere to look' run --vm box --sound cmd /c ver
XDG_RUNTIME_DIR=$runtime fails_with 125 "there is none at $runtime/pulse/native: No such file" 'no sound server' run --vm box --sound cmd /c ver
PULSE_SERVER=tcp:elsewhere fails_with 125 'needs a sound server of this machine, and .PULSE_SERVER is .tcp:elsewhere.' 'one of another machine' run --sound cmd /c ver
nothing_left 'nothing is left of these'

# --- a sound server, its device a recorder --------------------------------------------------------------------------------
socket=$runtime/pulse/native; mkdir -m 700 "$runtime/pulse"
HOME=$home XDG_RUNTIME_DIR=$runtime pulseaudio -n --daemonize=no --use-pid-file=no --exit-idle-time=-1 \
    -L "module-native-protocol-unix socket=$socket" -L 'module-null-sink sink_name=out rate=44100' >pulse.log 2>&1 & pids+=($!)
ok 'a sound server' await 20 test -S "$socket"
mine() { HOME=$home PULSE_SERVER=unix:$socket "$@"; }
listening() { mine pactl info >/dev/null 2>&1; }
ok 'that answers' await 20 listening
mine timeout 60 parec -d out.monitor --raw --latency-msec=50 >heard 2>parec.err & pids+=($!); recorder=$!
ok 'and a recorder' await 20 test -s heard
export XDG_RUNTIME_DIR=$runtime PULSE_COOKIE=$home/.config/pulse/cookie
LIMIT=40 fvm run --vm box --sound "$tone"
is "$rc $out" $'0 devices 2, open 0\nplayed 1' 'a program plays'
like "$err" 'note: --sound opens your sound server' 'it is said what is open'
is_heard() { od -An -v -td2 -w2 heard | awk '$1 == 12000 {a++} $1 == -12000 {b++} END {exit !(a > 1000 && b > 1000)}'; }
ok 'and is heard' await 10 is_heard
kill $recorder
alone() { [ "$(mine pactl list clients short | grep -vc -e pactl -e pacat)" = 0 ]; }
ok 'nobody is left at the sound server' await 10 alone
# What the option opens is the socket, and no more of the user's runtime folder.
echo secret >"$runtime/secret"
"$FVM" run --vm box --sound "$native" /bin/sh -c "{ ls -l /run/fvm/sound; ls '$runtime' /run/user/*; chmod 700 /run/fvm/sound; } >./said 2>&1" >/dev/null 2>&1 </dev/null
said=$(cat "$(layer box)/said")
like "$said" '^s.*/run/fvm/sound' 'the VM has the socket'
unlike "$said" 'secret' 'and nothing that lies beside it'
like "$said" 'chmod: .*Read-only' 'nor can it change who may use it'
is "$(stat -c %a "$socket")" 777 'which is as it was'

# --- without ----------------------------------------------------------------------------------------------------------------
LIMIT=40 fvm run --vm box "$tone"
is "$rc $out" '1 devices 0, open 2' 'without --sound there is no device'
"$FVM" run --vm box "$native" /bin/sh -c "{ ls -l /run/fvm/sound '$socket' '$PULSE_COOKIE'; env | grep PULSE; } >./said2 2>&1" >/dev/null 2>&1 </dev/null
is "$(grep -vc 'No such file' "$(layer box)/said2")" 0 'no socket, no key, no variable'
"$FVM" create --sound heard
"$FVM" run --vm heard cmd /c 'ping -n 30 127.0.0.1 >nul' 2>/dev/null </dev/null & pids+=($!)
runs() { "$FVM" ps heard | grep -q cmd; }
ok 'a VM that was made with --sound' await 20 runs
LIMIT=40 fvm run --vm heard "$tone"
is "$rc" 0 'has it each time'
kill -9 "$(supervisors heard)"
ok 'killed: it ends' await 10 no_supervisor heard
"$FVM" delete box heard
nothing_left 'nothing is left'
done_testing

# bench/display.sh: sealed VMs with a private display. A part of bench/run.sh, which see. Plain Wine gets an Xvfb with the
# same options, that runs already, and the same desktop of Wine's.
cp "$bench/../build/tests/programs/window.exe" .
rm -f number; Xvfb -displayfd 5 -screen 0 1024x768x24 -nolisten tcp -noreset -extension GLX 5>number 2>/dev/null & server=$!
until [ -s number ]; do sleep 0.1; done
screen=:$(cat number)
for prefix in warm fresh; do
    for value in 'Drivers /v Graphics /d x11' 'Explorer /v Desktop /d Default' 'Explorer\Desktops /v Default /d 1024x768'; do
        # shellcheck disable=SC2086
        WINEPREFIX=$kit/$prefix wine reg add "HKCU\\Software\\Wine\\${value%% *}" ${value#* } /f >/dev/null 2>&1
    done
    WINEPREFIX=$kit/$prefix wineserver -k; WINEPREFIX=$kit/$prefix wineserver -w
done
WINEPREFIX=$kit/warm wineserver -p600
window_warm() { DISPLAY=$screen WINEPREFIX=$kit/warm wine window.exe saw.txt; }
window_cold() { DISPLAY=$screen WINEPREFIX=$kit/fresh wine window.exe saw.txt && WINEPREFIX=$kit/fresh wineserver -k; }
# An explorer that stays, as on a desktop in use.
DISPLAY=$screen WINEPREFIX=$kit/warm wine notepad >/dev/null 2>&1 </dev/null & notepad=$!
sleep 4
window_warm >/dev/null 2>&1
"$fvm" run window.exe saw.txt >/dev/null 2>&1
# From the start to the first painted window.
measure_shown() { # NAME COMMAND...
    local name=$1 start line; shift
    start=$(now)
    "$@" >shown.fifo 2>/dev/null </dev/null &
    read -r line <shown.fifo
    echo $(($(now) - start)) >>"$kit/times/$name"
    [[ $line == shown* ]] || { echo "failed: $*" >&2; exit 1; }
    wait $!
}
mkfifo shown.fifo
for _ in $(seq "$rounds"); do
    measure_shown window_vm "$fvm" run --display private window.exe saw.txt
    measure_shown window_blind "$fvm" run window.exe saw.txt
    measure_shown window_cold window_cold
    measure_shown window_warm window_warm
done
row "first window of a new VM; full Wine boot" window_vm window_cold "at most 300 ms more"
row "first window of a new VM; warm Wine" window_vm window_warm "-"
row "first window of a new VM; without a display" window_vm window_blind "-"
pss_of() { # PID...: kB
    local sum=0 pid part
    for pid; do
        part=$(awk '/^Pss:/ {print $2}' "/proc/$pid/smaps_rollup" 2>/dev/null || echo 0)
        sum=$((sum + ${part:-0}))
    done
    echo "$sum"
}
"$fvm" create shown
"$fvm" run --vm shown --display private notepad >/dev/null 2>&1 </dev/null & holder=$!
sleep 4
mapfile -t in_vm < <("$fvm" ps --json shown | sed -n 's/.*"host_pid": \([0-9]*\).*/\1/p')
in_plain=("$server"); for pid in $(pgrep -P "$notepad") "$notepad"; do in_plain+=("$pid"); done
for environment in /proc/[0-9]*/environ; do
    tr '\0' '\n' 2>/dev/null <"$environment" | grep -qx "WINEPREFIX=$kit/warm" && { pid=${environment#/proc/}; in_plain+=("${pid%/environ}"); }
done
mapfile -t in_plain < <(printf '%s\n' "${in_plain[@]}" | sort -u)
echo "memory with Notepad: VM $(pss_of "${in_vm[@]}") kB PSS (its X server $(pss_of "${in_vm[0]}")), plain Wine $(pss_of "${in_plain[@]}") kB (its X server $(pss_of "$server"))"
"$fvm" stop shown; wait $holder 2>/dev/null || true
WINEPREFIX=$kit/warm wineserver -k || true
kill $server; wait 2>/dev/null || true

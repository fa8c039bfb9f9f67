#!/bin/bash
# bench/run.sh [ROUNDS] [sealed|shared|net|display]: what FVM costs, as ratios to plain Wine on the same machine in the same run. Run by `make bench`.
# Runs are interleaved, so that a busy moment hits both sides; medians are compared, minima shown.
set -eu
cd "$(dirname "$0")/.."
rounds=${1:-9} parts=${2:-sealed shared net display}
kit=$(mktemp -d /var/tmp/fvm-bench-XXXXXX)
cleanup() {
    WINEPREFIX=$kit/warm wineserver -k 2>/dev/null || true
    "$kit/bin/fvm" list 2>/dev/null | awk 'NR>1 {print $1}' | xargs -r "$kit/bin/fvm" delete --force 2>/dev/null || true
    rm -rf "$kit"
}
trap cleanup EXIT
mkdir -p "$kit/bin" "$kit/cwd" "$kit/times"
cp -r build/fvm build/guest "$kit/bin/"
cp build/tests/programs/{hello,pause}.exe build/tests/nt/{ops,services,com}.exe "$kit/cwd/"
for program in 7za node; do [ ! -f build/deps/$program.exe ] || cp build/deps/$program.exe "$kit/cwd/"; done
export FVM_HOME=$kit/store WINEDEBUG=-all HOME=$kit LC_ALL=C
fvm=$kit/bin/fvm
bench=$PWD/bench
cd "$kit/cwd"
now() { date +%s%N; }
ms() { awk "BEGIN {printf \"%.1f\", $1 / 1e6}"; }
# measure NAME COMMAND...: appends nanoseconds to $kit/NAME
measure() {
    local name=$1 start; shift
    start=$(now)
    "$@" >/dev/null 2>&1 </dev/null || { echo "failed: $*" >&2; exit 1; }
    echo $(($(now) - start)) >>"$kit/times/$name"
}
median() { sort -n "$kit/times/$1" | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }
least() { sort -n "$kit/times/$1" | head -1; }
row() { # text name-of-fvm name-of-wine wanted
    local a b
    a=$(median "$2") b=$(median "$3")
    printf '%-46s %8s ms %8s ms   ratio %5s   min %s / %s ms   (wanted: %s)\n' "$1" "$(ms "$a")" "$(ms "$b")" \
        "$(awk "BEGIN {printf \"%.2f\", $a / $b}")" "$(ms "$(least "$2")")" "$(ms "$(least "$3")")" "$4"
}
echo "machine: $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), $(uname -r)"
"$fvm" base create 2>/dev/null
# The base as a plain prefix, for plain Wine.
plain() { cp -a "$FVM_HOME"/bases/default/versions/1 "$1"; [ "$(id -u)" != 0 ] || chown -R root:root "$1"; }
plain "$kit/warm"
rm -f "$kit/warm/dosdevices"/*; ln -s ../drive_c "$kit/warm/dosdevices/c:"; ln -s / "$kit/warm/dosdevices/z:"
WINEPREFIX=$kit/warm wine wineboot -u >/dev/null 2>&1; WINEPREFIX=$kit/warm wineserver -w
cp -a "$kit/warm" "$kit/fresh"
WINEPREFIX=$kit/warm wineserver -p600
for part in $parts; do echo "--- $part"; . "$bench/$part.sh"; done

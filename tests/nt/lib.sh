# tests/nt/lib.sh: for tests of the NT engine in a plain Wine: TAP words of tests/vm/lib.sh, and ways to run programs
# outside and inside a VM. Each test runs in an empty folder of its own.
. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../vm/faults.sh"
# What an earlier test left running would have this one's VMs: numbers are used again.
server=/usr/lib/wine/wineserver64
of_kit() { local p; for p in $(pgrep -f "$1"); do grep -qzxF "WINEPREFIX=$WINEPREFIX" "/proc/$p/environ" 2>/dev/null && echo "$p"; done | sort; } # PATTERN: processes of this test's Windows
# The host's services.exe was seen to live on, waiting for a server that is gone.
end_server() { "$server" -k >/dev/null 2>&1 && "$server" -w; local p; for p in $(of_kit '^C:.windows.system32.'); do kill -9 "$p" 2>/dev/null; done; }
end_server; "$server" -p60 >/dev/null 2>&1
work=$(mktemp -d "$(dirname "$WINEPREFIX")/work-XXXXXX"); trap 'end_server; rm -rf "$work"' EXIT
cd "$work" || exit 1
# outside PROGRAM ARG...; inside VM PROGRAM ARG...: stdout without CR in $out, exit code in $rc
outside() { timeout -k 5 "${LIMIT:-60}" /usr/lib/wine/wine64 "$@" >out.txt 2>err.txt </dev/null; rc=$?; out=$(tr -d '\r' <out.txt) err=$(cat err.txt); }
start() { local vm=$1; shift; mkdir -p "layer$vm"; exec timeout -k 5 "${LIMIT:-60}" /usr/lib/wine/wine64 "$FVM_ENGINE/fvmstart.exe" --vm "$vm" --layer "layer$vm" --alias "$(win "$WINEPREFIX/drive_c")=C:" "$@"; }
inside() { (start "$@") >out.txt 2>err.txt </dev/null; rc=$?; out=$(tr -d "\\r" <out.txt) err=$(cat err.txt); }
win() { sed 's|/|\\|g; s|^|Z:|' <<<"$1"; } # a Linux path as Windows names it

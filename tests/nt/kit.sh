# tests/nt/kit.sh: for run.sh and conformance.sh: a plain Wine prefix of the user's own, in $kit, in a place that stays: a
# new one takes 20 seconds. Its server has ended once: what was there while it was made (a second services.exe) is gone.
kit=${FVM_NT_KIT:-/var/tmp/fvm-nt-$(id -u)}
mkdir -p "$kit/prefix"
export WINEPREFIX=$kit/prefix WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe=' DISPLAY='' LANG=C.UTF-8 LC_ALL=C.UTF-8
server=/usr/lib/wine/wineserver64
# A file, not a pipe: what Wine leaves behind would hold a pipe open.
if [ ! -e "$kit/ready" ]; then # what an ended run left half made would be taken for a Windows
    "$server" -k 2>/dev/null || :
    rm -rf "$WINEPREFIX"; mkdir "$WINEPREFIX"
    timeout 300 wine wineboot -i >"$kit/boot.log" 2>&1 && "$server" -w || { cat "$kit/boot.log"; exit 2; }
    : >"$kit/ready"
fi

#!/bin/bash
# tools/get-wine32.sh [DIR]: what the installed 64-bit Wine needs for 32-bit Windows programs, into the folder DIR
# (/var/tmp/fvm-wine32-UID/VERSION). `fvm base add-32bit` calls it for the store.
# Unpacks the i386 package of the same version and prints the folder for WINEDLLPATH and FVM_WINE32: Wine then runs 32-bit
# programs itself ("new WoW64"), in prefixes that were made with it. Nothing is installed: apt keeps the foreign architecture's
# lists in a folder that is removed again. What is there already is not fetched again.
set -eu
fail() { echo "get-wine32: $*" >&2; exit 1; }
version=$(dpkg-query -W -f '${Version}' libwine 2>/dev/null | head -1)
[ -n "$version" ] || fail "no libwine of Debian is installed"
wine64=/usr/lib/x86_64-linux-gnu/wine
[ -d "$wine64/x86_64-unix" ] || fail "$wine64/x86_64-unix is not there: another kind of Wine"
target=${1:-/var/tmp/fvm-wine32-$(id -u)/$version}
# As src/launcher/wine.c knows them: all files of a version have one time.
is_of_wine() { [ -e "$1/i386-windows/ntdll.dll" ] && [ "$(stat -c %Y "$1/i386-windows/ntdll.dll")" = "$(stat -c %Y "$wine64/x86_64-windows/ntdll.dll")" ]; }
if is_of_wine "$target"; then echo "$target"; exit; fi

mkdir -p "$(dirname "$target")" || fail "cannot make the folder for $target"
dir=$(cd "$(dirname "$target")" && pwd) || fail "cannot enter the folder of $target"
find "$dir" -maxdepth 1 -name '.fetch.*' -mmin +120 -exec rm -rf {} + # of one that was killed
work=$(mktemp -d "$dir/.fetch.XXXXXX") || fail "cannot write in $dir"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial"
: >"$work/status"
# The machine's own sources and keys; all that apt writes is below $work. i386 as if it were the only architecture.
private=(-q -o "Dir::State=$work/state" -o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache"
    -o APT::Architecture=i386 -o APT::Architectures=i386 -o Acquire::Languages=none -o APT::Sandbox::User=root)
echo "fetching libwine $version for i386" >&2
# A source that fails may be one without Wine.
apt-get "${private[@]}" update >"$work/log" 2>&1 || true
(cd "$work" && apt-get "${private[@]}" download "libwine:i386=$version") >>"$work/log" 2>&1 ||
    { tail -5 "$work/log" >&2; fail "apt cannot fetch libwine:i386=$version: $(grep -m1 '^E:' "$work/log")"; }
dpkg-deb --fsys-tarfile "$work"/libwine_*.deb | tar -x -C "$work" ./usr/lib/i386-linux-gnu/wine/i386-windows ||
    fail "the package holds no Windows libraries, or the disk is full"
wine=$work/usr/lib/i386-linux-gnu/wine
is_of_wine "$wine" || fail "the package's files are not of the same time as those of $wine64"
# Where Wine looks for the Unix side of a library that it found here.
ln -s "$wine64/x86_64-unix" "$wine/x86_64-unix"
rm -rf "$target"
mv "$wine" "$target" # whole or not at all
echo "$target"

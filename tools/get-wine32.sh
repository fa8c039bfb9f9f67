#!/bin/bash
# tools/get-wine32.sh [DIR]: 32-bit Windows programs for the installed 64-bit Wine, into DIR (/var/tmp/fvm-wine32-UID).
# Unpacks the i386 package of the same version and prints the folder for WINEDLLPATH: Wine then runs 32-bit programs
# itself ("new WoW64"), in prefixes that were made with it. Nothing is installed: apt keeps the foreign architecture's
# lists in a folder that is removed again. What is there already is not fetched again.
set -eu
dir=${1:-/var/tmp/fvm-wine32-$(id -u)}
fail() { echo "get-wine32: $*" >&2; exit 1; }
version=$(dpkg-query -W -f '${Version}' libwine 2>/dev/null | head -1)
[ -n "$version" ] || fail "no libwine of Debian is installed"
unix=/usr/lib/x86_64-linux-gnu/wine/x86_64-unix
[ -d "$unix" ] || fail "$unix is not there: another kind of Wine"
target=$dir/$version
if [ -e "$target/i386-windows/ntdll.dll" ]; then echo "$target"; exit; fi

mkdir -p "$dir"
work=$(mktemp -d "$dir/.fetch.XXXXXX")
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
    { tail -5 "$work/log" >&2; fail "apt cannot fetch it"; }
dpkg-deb --fsys-tarfile "$work"/libwine_*.deb | tar -x -C "$work" ./usr/lib/i386-linux-gnu/wine/i386-windows ||
    fail "the package holds no Windows libraries"
wine=$work/usr/lib/i386-linux-gnu/wine
# Where Wine looks for the Unix side of a library that it found here.
ln -s "$unix" "$wine/x86_64-unix"
rm -rf "$target"
mv "$wine" "$target" # whole or not at all
echo "$target"

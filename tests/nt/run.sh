#!/bin/bash
# tests/nt/run.sh: the NT engine's tests (tests/nt/*.t) in one plain Wine prefix, through prove.
# usage: tests/nt/run.sh [X.t ...]
set -eu
cd "$(dirname "$0")/../.."
tests=("$@"); [ ${#tests[@]} -gt 0 ] || tests=(tests/nt/*.t)
for ((i = 0; i < ${#tests[@]}; i++)); do [ -e "${tests[i]}" ] || tests[i]=tests/nt/${tests[i]}; done
# Wine wants a prefix of the user's own, in a place that stays: a new one takes 20 seconds.
kit=${FVM_NT_KIT:-/var/tmp/fvm-nt-$(id -u)}
mkdir -p "$kit/prefix"
export FVM_ENGINE=${FVM_ENGINE:-$PWD/build/engine} FVM_NT_PROGRAMS=$PWD/build/tests/nt WINEPREFIX=$kit/prefix
export WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe=' DISPLAY='' LANG=C.UTF-8 LC_ALL=C.UTF-8
# A file, not a pipe: what Wine leaves behind would hold a pipe open. Each test has a server of its own (lib.sh).
if [ ! -e "$kit/ready" ]; then # what an ended run left half made would be taken for a Windows
    /usr/lib/wine/wineserver64 -k 2>/dev/null || :
    rm -rf "$WINEPREFIX"; mkdir "$WINEPREFIX"
    timeout 300 wine wineboot -i >"$kit/boot.log" 2>&1 && /usr/lib/wine/wineserver64 -w || { cat "$kit/boot.log"; exit 2; }
    : >"$kit/ready"
fi
[ -e build/deps/node.exe ] && [ -e build/deps/7za32.exe ] || tools/get-test-programs.sh >&2
# One layout for all: of some thousand starts at random ones Wine 8 fails one with error 1359 (guest/unix/layout.c).
. tests/vm/again.sh
prove_again "$kit/state" setarch -R prove --timer --exec bash -- "${tests[@]}"

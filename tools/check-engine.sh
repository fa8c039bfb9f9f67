#!/bin/bash
# The engine as it must be: no imports, nothing writable but its own state section, both exports there.
# usage: tools/check-engine.sh DLL
set -eu
dll=$1 objdump=${OBJDUMP:-x86_64-w64-mingw32-objdump}
fail() { echo "$dll: $*" >&2; exit 1; }
"$objdump" -p "$dll" >"$dll.parts"
grep -q 'DLL Name:' "$dll.parts" && fail "imports $(grep 'DLL Name:' "$dll.parts" | head -1): the engine lives before any DLL is loaded"
for name in fvm_start fvm_divert; do grep -qw "$name" "$dll.parts" || fail "does not export $name"; done
"$objdump" -h "$dll" | awk -v dll="$dll" '
    $2 == ".bss" || $2 == ".data" || $2 == ".tls" || $2 ~ /^\.CRT/ { if ($3 !~ /^0+$/) { print dll ": has " $2 " of 0x" $3 " bytes: put what changes into FVM_STATE"; bad = 1 } }
    END { exit bad }' >&2

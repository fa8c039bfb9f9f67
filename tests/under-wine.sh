#!/bin/bash
# tests/under-wine.sh: run PE tests under Wine, in a prefix of their own, and sum up their TAP.
# usage: tests/under-wine.sh x_test.exe ...
# build/tests/wine-prefix is used again if it is there (FVM_TEST_PREFIX names another); else one is made and removed.
set -u
[ $# -gt 0 ] || { echo "usage: $0 test.exe ..." >&2; exit 2; }
command -v wine >/dev/null || { echo "$0: wine is not installed" >&2; exit 2; }

work=$(mktemp -d) || exit 2
prefix=${FVM_TEST_PREFIX:-$(cd "$(dirname "$0")/.." && pwd)/build/tests/wine-prefix}
[ -d "$prefix" ] || prefix=$work/prefix
export WINEPREFIX=$prefix WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe=' DISPLAY=

# -p60 keeps the server between tests; only this prefix' server is ended.
finish() {
    wineserver -k >/dev/null 2>&1
    rm -rf "$work"
}
trap finish EXIT
wineserver -p60 >"$work/wineserver.log" 2>&1
if [ ! -e "$prefix/system.reg" ]; then
    timeout 300 wineboot -i >"$work/wineboot.log" 2>&1 || { cat "$work/wineboot.log"; exit 2; }
fi

# Files, not pipes: processes that Wine leaves behind would hold a pipe open.
failed=0 tests=0
for exe in "$@"; do
    name=$(basename "$exe" .exe)
    timeout "${FVM_TEST_TIMEOUT:-300}" wine "$exe" >"$work/$name.tap" 2>"$work/$name.err" </dev/null
    status=$?
    tr -d '\r' <"$work/$name.tap" >"$work/$name.txt"
    planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$work/$name.txt" | head -1)
    passed=$(grep -c '^ok ' "$work/$name.txt")
    tests=$((tests + ${planned:-0}))
    if [ $status -eq 0 ] && [ "${planned:-none}" = "$passed" ]; then
        echo "$name .. ok ($passed)"
    else
        failed=$((failed + 1))
        echo "$name .. FAILED (exit $status, $passed of ${planned:-no plan} passed)"
        grep -v '^ok ' "$work/$name.txt" | head -50
        head -20 "$work/$name.err"
    fi
done
echo "Files=$#, Tests=$tests, under $(wine --version 2>/dev/null)"
[ $failed -eq 0 ] && echo "Result: PASS" || { echo "Result: FAIL ($failed files)"; exit 1; }

#!/bin/bash
# tests/nt/with-kit.sh TEST: a test of tests/nt in one of the Windows in FVM_NT_KITS that is free. For run.sh. The lock is not
# inherited: what a test leaves behind does not keep it. Those that need fixed ports of this machine say so, and run one by one.
set -u
if [ -z "${FVM_NT_PORTS:-}" ] && grep -q '^# Needs ports of this machine' "$1"; then
    FVM_NT_PORTS=1 exec flock -o "${FVM_NT_KITS%% *}/ports" bash "$0" "$@"
fi
busy=99
while :; do
    for kit in $FVM_NT_KITS; do
        WINEPREFIX=$kit/prefix flock -n -o -E $busy "$kit/lock" bash "$@"
        code=$?
        [ $code = $busy ] || exit $code
    done
    sleep 0.1
done

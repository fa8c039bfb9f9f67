#!/bin/bash
# tests/nt/run.sh: the NT engine's tests (tests/nt/*.t) in a plain Wine, through prove; FVM_NT_JOBS=2: in two at a time.
# usage: tests/nt/run.sh [X.t ...]
set -eu
cd "$(dirname "$0")/../.."
# Those that take longest first: they are what is waited for.
tests=("$@"); [ ${#tests[@]} -gt 0 ] || tests=(tests/nt/{differ,fvmexe,exereg,many,wow64,registry}.t)
[ $# -gt 0 ] || for t in tests/nt/*.t; do [[ " ${tests[*]} " == *" $t "* ]] || tests+=("$t"); done
for ((i = 0; i < ${#tests[@]}; i++)); do [ -e "${tests[i]}" ] || tests[i]=tests/nt/${tests[i]}; done
jobs=${FVM_NT_JOBS:-1}
kits=() making=()
for ((i = 1; i < jobs; i++)); do
    kits+=("${FVM_NT_KIT:-/var/tmp/fvm-nt-$(id -u)}-$i")
    (FVM_NT_KIT=${kits[-1]} . tests/nt/kit.sh) & making+=($!)
done
. tests/nt/kit.sh
for pid in ${making[@]+"${making[@]}"}; do wait "$pid"; done
export FVM_NT_KITS="$kit ${kits[*]}"
export FVM_ENGINE=${FVM_ENGINE:-$PWD/build/engine} FVM_NT_PROGRAMS=$PWD/build/tests/nt
[ -e build/deps/node.exe ] && [ -e build/deps/7za32.exe ] && [ -e build/postgres/bin/initdb.exe ] || tools/get-test-programs.sh >&2
# One layout for all: of some thousand starts at random ones Wine 8 fails one with error 1359 (guest/unix/layout.c).
. tests/vm/again.sh
prove_again "$kit/state" setarch -R prove --timer --jobs "$jobs" --exec tests/nt/with-kit.sh -- "${tests[@]}"

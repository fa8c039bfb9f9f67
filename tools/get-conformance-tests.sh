#!/bin/bash
# tools/get-conformance-tests.sh [DIR]: fetch the source of the installed Wine and build its tests of files and
# processes as Windows programs: ntdll_test.exe and kernel32_test.exe in DIR (build/conformance). Nothing of it is
# FVM's or kept in git. The machine's apt stays as it is: its sources are read, its lists are kept apart, in DIR/apt.
set -eu
cd "$(dirname "$0")/.."
mkdir -p "${1:-build/conformance}"
dir=$(cd "${1:-build/conformance}" && pwd)
cc=${MINGW:-x86_64-w64-mingw32-gcc}
tests=(
    'ntdll file directory path change pipe info om process'
    'kernel32 file path drive directory change process module loader toolhelp'
)
fail() { echo "get-conformance-tests: $*" >&2; exit 1; }

sources() { # the machine's package sources, as sources of source packages
    local file
    rm -rf "$dir/apt"
    mkdir -p "$dir/apt/sources.d" "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"
    : >"$dir/apt/sources.list"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ ! -f "$file" ] || sed -nE 's/^deb(-src)? /deb-src /p' "$file" >>"$dir/apt/sources.list"
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        [ ! -f "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" >"$dir/apt/sources.d/$(basename "$file")"
    done
}
apt() {
    apt-get -q -o Dir::Etc::sourcelist="$dir/apt/sources.list" -o Dir::Etc::sourceparts="$dir/apt/sources.d" \
        -o Dir::State::lists="$dir/apt/lists" -o Dir::Cache="$dir/apt/cache" -o APT::Sandbox::User="$(id -un)" "$@"
}
fetch() { # package=version
    echo "fetching the source of $1"
    sources
    # A source that offers no source packages is none of our business, unless the next step fails.
    apt update >"$dir/fetched/log" 2>&1 || true
    (cd "$dir/fetched" && apt source --download-only "$1" >>log 2>&1) ||
        { tail -5 "$dir/fetched/log" >&2; fail "apt cannot fetch the source of $1"; }
}
unpack() {
    local archives=("$dir"/fetched/*.orig.tar.*)
    [ -e "${archives[0]}" ] || fail "the source package has no original archive"
    rm -rf "$dir/new" && mkdir "$dir/new"
    tar -xf "${archives[0]}" -C "$dir/new" --strip-components=1 --wildcards \
        '*/include/*' '*/dlls/ntdll/tests/*' '*/dlls/kernel32/tests/*'
    # Debian's files of the system's libraries cannot be mapped as that test does, and its fault would end the others.
    sed -i '/^    test_dll_file( "/d' "$dir/new/dlls/kernel32/tests/loader.c"
    mv "$dir/new" "$dir/wine"
}
# Not by Wine's configure and make, which take an hour: its headers, and those of mingw for what Wine makes from .idl
# files. Four headers come first because Wine's windows.h forbids the names of some C functions.
flags=(-O1 -w -D__WINESRC__ -include io.h -include string.h -include wchar.h -include stdlib.h)
build() { # MODULE TEST...
    local module=$1 name names=() objects=() folder=$dir/wine/dlls/$1/tests
    shift
    mkdir -p "$dir/obj"
    for name in "$@"; do
        [ -e "$folder/$name.c" ] || continue # not in this version
        names+=("$name") objects+=("$dir/obj/$module-$name.o")
        (cd "$folder" && "$cc" "${flags[@]}" -I"$dir/wine/include" -c -o "$dir/obj/$module-$name.o" "$name.c")
    done
    {
        echo '#define STANDALONE'; echo '#include <windows.h>'; echo '#include "wine/test.h"'
        for name in "${names[@]}"; do echo "extern void func_$name(void);"; done
        echo 'const struct test winetest_testlist[] = {'
        for name in "${names[@]}"; do echo "    {\"$name\", func_$name},"; done
        echo '    {0, 0}};'
        # Wine's ntdll exports it, mingw's import library does not know.
        echo 'const char *__cdecl __wine_dbg_strdup(const char *s) { static char ring[16][1024]; static unsigned n;'
        echo '    char *p = ring[n++ % 16]; lstrcpynA(p, s, 1024); return p; }'
    } >"$dir/obj/$module.c"
    "$cc" "${flags[@]}" -I"$dir/wine/include" -o "$dir/${module}_test.exe.new" "$dir/obj/$module.c" "${objects[@]}" \
        -luser32 -ladvapi32 -lntdll
    echo "${names[@]}" >"$dir/${module}_test.list"
    mv "$dir/${module}_test.exe.new" "$dir/${module}_test.exe"
}

package=$(dpkg-query -W -f '${source:Package}=${source:Version}' libwine 2>/dev/null) || fail "libwine is not installed"
if [ "$(cat "$dir/version" 2>/dev/null)" != "$package" ]; then
    rm -rf "$dir"/{wine,fetched,obj,version,*.exe}
    mkdir "$dir/fetched"
    fetch "$package"
    unpack
    echo "$package" >"$dir/version"
    rm -rf "$dir/fetched" "$dir/apt"
fi
for test in "${tests[@]}"; do
    read -ra words <<<"$test"
    [ -e "$dir/${words[0]}_test.exe" ] && [ ! "$0" -nt "$dir/${words[0]}_test.exe" ] || build "${words[@]}"
done

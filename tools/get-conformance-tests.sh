#!/bin/bash
# tools/get-conformance-tests.sh [DIR]: fetch the source of the installed Wine and build its tests of files and
# processes as Windows programs, ntdll_test.exe and so on, in DIR (build/conformance). Nothing of it is FVM's or kept in
# git. The machine's apt stays as it is: its sources are read, its lists are kept apart, in DIR/apt.
set -eu
cd "$(dirname "$0")/.."
mkdir -p "${1:-build/conformance}"
dir=$(cd "${1:-build/conformance}" && pwd)
cc=${MINGW:-x86_64-w64-mingw32-gcc}
tests=( # a folder of the source, and which of its tests
    'dlls/ntdll file directory path change pipe info om process virtual'
    'dlls/kernel32 file path drive directory change process module loader toolhelp volume profile resource environ
        mailslot pipe virtual debugger'
    'dlls/kernelbase path process'
    'dlls/msvcrt dir file'
    'dlls/shell32 shlfileop'
    'programs/cmd batch'
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
    local archives=("$dir"/fetched/*.orig.tar.*) folders=() test
    for test in "${tests[@]}"; do folders+=("*/${test%% *}/tests/*"); done
    [ -e "${archives[0]}" ] || fail "the source package has no original archive"
    rm -rf "$dir/new" && mkdir "$dir/new"
    tar -xf "${archives[0]}" -C "$dir/new" --strip-components=1 --wildcards '*/include/*' "${folders[@]}"
    # Debian's files of the system's libraries cannot be mapped as that test does, and its fault would end the others.
    sed -i '/^    test_dll_file( "/d' "$dir/new/dlls/kernel32/tests/loader.c"
    mv "$dir/new" "$dir/wine"
}
# Not by Wine's configure and make, which take an hour: by its headers, and those of mingw for what Wine makes from .idl
# files (four come first because Wine's windows.h forbids the names of some C functions), or by mingw's alone.
by_wine=(-O1 -w -D__WINESRC__ -include io.h -include string.h -include wchar.h -include stdlib.h -I"$dir/wine/include")
by_mingw=(-O1 -w -include initguid.h -I"$dir/harness")
libraries=(-luser32 -ladvapi32 -lgdi32 -lole32 -lshell32 -lshlwapi -luuid -lntdll)
write_list() { # TEST...: the C file that names the tests
    local name
    echo '#define STANDALONE'; echo '#include <windows.h>'; echo '#include "wine/test.h"'
    for name in "$@"; do echo "extern void func_$name(void);"; done
    echo 'const struct test winetest_testlist[] = {'
    for name in "$@"; do echo "    {\"$name\", func_$name},"; done
    echo '    {0, 0}};'
    # Wine's ntdll exports it, mingw's import library does not know.
    echo 'const char *__cdecl __wine_dbg_strdup(const char *s) { static char ring[16][1024]; static unsigned n;'
    echo '    char *p = ring[n++ % 16]; lstrcpynA(p, s, 1024); return p; }'
}
build() { # FOLDER TEST...
    local module=${1##*/} name names=() objects=() folder=$dir/wine/$1/tests flags=("${by_wine[@]}")
    shift
    mkdir -p "$dir/obj" "$dir/harness"
    ln -sfn ../wine/include/wine "$dir/harness/wine"
    case $module in
    shell32 | cmd) flags=("${by_mingw[@]}") ;;
    esac
    for name in "$@"; do
        [ -e "$folder/$name.c" ] || continue # not in this version
        names+=("$name") objects+=("$dir/obj/$module-$name.o")
        (cd "$folder" && "$cc" "${flags[@]}" -c -o "$dir/obj/$module-$name.o" "$name.c")
    done
    if [ "$module" = cmd ]; then # its scripts
        (cd "$folder" && "${cc%gcc}windres" -I "$dir/wine/include" rsrc.rc "$dir/obj/cmd-rsrc.o")
        objects+=("$dir/obj/cmd-rsrc.o")
    fi
    write_list "${names[@]}" >"$dir/obj/$module.c"
    "$cc" "${flags[@]}" -o "$dir/obj/$module.exe" "$dir/obj/$module.c" "${objects[@]}" "${libraries[@]}"
    echo "${names[@]}" >"$dir/${module}_test.list"
    mv "$dir/obj/$module.exe" "$dir/${module}_test.exe"
}

package=$(dpkg-query -W -f '${source:Package}=${source:Version}' libwine 2>/dev/null) || fail "libwine is not installed"
known="$package $(cksum <<<"${tests[*]}")" # another list needs other files of the source
if [ "$(cat "$dir/version" 2>/dev/null)" != "$known" ]; then
    rm -rf "$dir"/{wine,fetched,obj,version,*.exe,*.list}
    mkdir "$dir/fetched"
    fetch "$package"
    unpack
    echo "$known" >"$dir/version"
    rm -rf "$dir/fetched" "$dir/apt"
fi
for test in "${tests[@]}"; do
    read -rd '' -a words <<<"$test" || true
    program=$dir/$(basename "${words[0]}")_test.exe
    if [ ! -e "$program" ] || [ "$0" -nt "$program" ]; then build "${words[@]}"; fi
done

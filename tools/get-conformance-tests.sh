#!/bin/bash
# tools/get-conformance-tests.sh [DIR]: fetch the source of the installed Wine and build its tests of files, processes,
# the registry, IPC and services as Windows programs, ntdll_test.exe and so on, in DIR (build/conformance). Nothing of it
# is FVM's or kept in git. The machine's apt stays as it is: its sources are read, its lists are kept apart, in DIR/apt.
set -eu
cd "$(dirname "$0")/.."
mkdir -p "${1:-build/conformance}"
dir=$(cd "${1:-build/conformance}" && pwd)
cc=${MINGW:-x86_64-w64-mingw32-gcc}
widl=${cc%gcc}widl windres=${cc%gcc}windres
# A folder of the source, and which of its tests. Not those that end with a fault or wait for ever outside, too, built this
# way or without a display (ole32 marshal, msi action, kernel32 actctx and version): there is nothing to compare.
tests=(
    'dlls/ntdll file directory path change pipe info om process virtual reg sync rtl atom thread threadpool port env'
    'dlls/kernel32 file path drive directory change process module loader toolhelp volume profile resource environ
        mailslot pipe virtual debugger sync thread atom timer fiber console'
    'dlls/kernelbase path process sync'
    'dlls/msvcrt dir file'
    'dlls/shell32 shlfileop'
    'programs/cmd batch'
    'dlls/advapi32 registry service security eventlog lsa cred crypt perf'
    'programs/services service'
    'dlls/rpcrt4 rpc rpc_async server cstub ndr_marshall'
    'dlls/ole32 compobj moniker errorinfo ole_server hglobalstream usrmarshal stg_prop storage32'
    'dlls/combase roapi string'
    'dlls/msi db record suminfo format msi package install patch source automation'
    'dlls/setupapi install parser query misc stringtable'
    'dlls/mstask task task_scheduler task_trigger'
    'dlls/taskschd scheduler'
    'dlls/qmgr qmgr job enum_jobs file enum_files'
    'dlls/wbemprox services'
    'programs/reg add copy delete export import query'
    'programs/regedit regedit'
    'programs/sc sc'
    'programs/schtasks schtasks'
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
    tar -xf "${archives[0]}" -C "$dir/new" --strip-components=1 --wildcards '*/include/*' '*/dlls/winecrt0/*.c' "${folders[@]}"
    # Debian's files of the system's libraries cannot be mapped as that test does, and its fault would end the others.
    sed -i '/^    test_dll_file( "/d' "$dir/new/dlls/kernel32/tests/loader.c"
    write_headers "$dir/new/include"
    mv "$dir/new" "$dir/wine"
}
# Those that Wine makes from .idl files. Some of them are parts of others and make none by themselves.
write_headers() { # FOLDER
    local file
    (cd "$1" && for file in *.idl; do "$widl" -I. -h -o "${file%.idl}.h" "$file" 2>/dev/null || rm -f "${file%.idl}.h"; done)
}
# Not by Wine's configure and make, which take an hour: by its headers, and those of mingw for the C library (four come
# first because Wine's windows.h forbids the names of some C functions; one name of math.h mingw lacks), or by mingw's alone.
by_wine=(-O1 -w -D__WINESRC__ -D_SW_INVALID=16 -include io.h -include string.h -include wchar.h -include stdlib.h -I"$dir/wine/include")
by_mingw=(-O1 -w -include initguid.h -I"$dir/harness")
libraries=("$dir/obj/libwinecrt0.a" -luser32 -lgdi32 -lmsi -lcabinet -lodbccp32 -lsetupapi -lsecur32 -lversion -loleaut32 -lole32 -lrpcrt4
    -ladvapi32 -lshell32 -lshlwapi -lruntimeobject -luuid -lntdll)
write_list() { # TEST...: the C file that names the tests
    local name
    echo '#define STANDALONE'; echo '#include <windows.h>'; echo '#include "wine/test.h"'
    for name in "$@"; do echo "extern void func_$name(void);"; done
    echo 'const struct test winetest_testlist[] = {'
    for name in "$@"; do echo "    {\"$name\", func_$name},"; done
    echo '    {0, 0}};'
}
# Of the library that Wine links to each program, what the tests need: exceptions, as widl writes them for GCC, and traces.
build_library() {
    local name
    mkdir -p "$dir/obj" "$dir/harness"
    ln -sfn ../wine/include/wine "$dir/harness/wine"
    for name in exception setjmp debug; do
        "$cc" -O1 -w -D__WINESRC__ -D__WINE_PE_BUILD -I"$dir/wine/include" -c -o "$dir/obj/winecrt0-$name.o" "$dir/wine/dlls/winecrt0/$name.c"
    done
    { # unknown to mingw's library, or known by another value
        echo '#include <initguid.h>'; echo '#include <objbase.h>'
        sed -nE '/^DEFINE_GUID\((IID_IContextCallback|IID_IObjContext|(CLSID_Wbem|IID_IWbem)(Locator|Context)|CLSID_XMLDocument),/p' \
            "$dir"/wine/include/{ctxtcall,objidlbase,wbemcli,msxml}.h
        echo 'DEFINE_GUID(CLSID_ManualResetEvent, 0x32c, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46);'
        echo 'DEFINE_GUID(CLSID_InProcFreeMarshaler, 0x33a, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46);'
    } >"$dir/obj/winecrt0-guids.c"
    "$cc" "${by_wine[@]}" -c -o "$dir/obj/winecrt0-guids.o" "$dir/obj/winecrt0-guids.c"
    "${cc%gcc}ar" rcs "$dir/obj/libwinecrt0.a" "$dir"/obj/winecrt0-*.o
}
# What a folder has besides its tests, as its Makefile.in says: interfaces and DLLs. Objects are added to the caller's.
add_idl() { # FOLDER
    local file made name flags
    for file in "$1"/*.idl; do
        [ -e "$file" ] || continue
        name=$(basename "$file" .idl)
        case $module-$name in
        rpcrt4-server) flags=(-c -s --prefix-server=s_ --prefix-client=mixed_ -Os) ;;
        rpcrt4-server_interp) flags=(-c -s --prefix-server=s_ --prefix-client=interp_ -Oicf) ;;
        rpcrt4-*) flags=(-p) ;;
        *) flags=(-u -t) ;;
        esac
        (cd "$1" && "$widl" --win64 -I"$dir/wine/include" -I. -h "${flags[@]}" "$name.idl")
        [ "${flags[*]}" != -p ] || (cd "$1" && "$widl" --dlldata-only --dlldata="${name}_i.c" "$name")
        for made in "$1/$name"_[cspi].c; do
            [ -e "$made" ] || continue
            objects+=("$dir/obj/$module-$(basename "$made" .c).o")
            (cd "$1" && "$cc" "${flags_of_c[@]}" -DPROXY_DELEGATION -c -o "${objects[-1]}" "$made")
        done
    done
}
add_resources() { # FOLDER
    local file name rc=$dir/obj/$module.rc
    : >"$rc"
    for file in "$1"/*.rc; do [ ! -e "$file" ] || echo "#include \"$file\"" >>"$rc"; done
    for file in "$1"/*.spec; do
        [ -e "$file" ] || continue
        name=$(basename "$file" .spec)
        { echo EXPORTS; sed -nE 's/^@ stdcall (-private )?([A-Za-z0-9_]+)\(.*/\2/p' "$file"; } >"$dir/obj/$name.def"
        (cd "$1" && "$cc" "${flags_of_c[@]}" -shared -o "$dir/obj/$name.dll" "$name.c" "$dir/obj/$name.def" "${libraries[@]}")
        echo "$name.dll TESTDLL \"$dir/obj/$name.dll\"" >>"$rc"
    done
    "$windres" -I "$dir/wine/include" -I "$1" "$rc" "$dir/obj/$module-rc.o"
    objects+=("$dir/obj/$module-rc.o")
}
build() { # FOLDER TEST...
    local module=${1##*/} name names=() objects=() folder=$dir/wine/$1/tests flags_of_c=("${by_wine[@]}")
    shift
    [ -e "$dir/obj/libwinecrt0.a" ] || build_library
    case $module in
    shell32 | cmd) flags_of_c=("${by_mingw[@]}") ;;
    esac
    add_idl "$folder"
    for name in "$@"; do
        [ -e "$folder/$name.c" ] || continue # not in this version
        names+=("$name") objects+=("$dir/obj/$module-$name.o")
        (cd "$folder" && "$cc" "${flags_of_c[@]}" -c -o "$dir/obj/$module-$name.o" "$name.c")
    done
    case $module in
    cmd | advapi32 | ole32 | combase | msi | setupapi) add_resources "$folder" ;;
    esac
    write_list "${names[@]}" >"$dir/obj/$module.c"
    # The first definition counts, that of build_library().
    "$cc" "${flags_of_c[@]}" -Wl,--allow-multiple-definition -o "$dir/obj/$module.exe" "$dir/obj/$module.c" "${objects[@]}" "${libraries[@]}"
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

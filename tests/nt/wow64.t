# 32-bit programs in a VM: the engine gets into children of either bitness from parents of either; files are one view.
# In a Wine prefix of its own, which the 32-bit part of Wine (tools/get-wine32.sh) is in.
top=$(cd "$(dirname "$0")/../.." && pwd) tests=$(cd "$(dirname "$0")" && pwd)
export WINEPREFIX=$(dirname "$WINEPREFIX")/prefix32
mkdir -p "$WINEPREFIX"
. "$tests/lib.sh"
need() { skip "$1"; done_testing; }
programs32=$(cd "$FVM_NT_PROGRAMS/../nt32" && pwd) || need 'no 32-bit test programs: make tests'
WINEDLLPATH=$("$top/tools/get-wine32.sh" 2>/dev/null) || need 'the 32-bit part of Wine is not there: tools/get-wine32.sh'
export WINEDLLPATH
[ -e "$WINEPREFIX/system.reg" ] || timeout 300 wine wineboot -i >boot.log 2>&1 || need "the prefix cannot be made: $(tail -1 boot.log)"
cp "$FVM_NT_PROGRAMS/nest.exe" 64.exe; cp "$programs32/nest.exe" 32.exe; cp "$programs32/liar/ntdll.dll" liar.exe
n64=$(win "$PWD/64.exe") n32=$(win "$PWD/32.exe")

# --- shapes of stubs, of other systems too
outside "$FVM_NT_PROGRAMS/stubs.exe"; is "$out" '4 shapes and 3 jumps' 'x64: what is a stub, and jumps'
outside "$programs32/stubs.exe"; is "$out" '7 shapes and 3 jumps' 'i386'

# --- who starts whom
timeout 100 /usr/lib/wine/wine64 "$FVM_NT_PROGRAMS/procs.exe" wait 90 >host.txt 2>&1 & host=$!
await 20 test -s host.txt; pid=$(cut -d' ' -f1 host.txt)
echo host >seen.txt; F=$(win "$PWD/seen.txt")
outside "$n32" "$pid" "$F" "$n64" "$pid" "$F" "$n32" "$pid" "$F"
is "$out" $'32 opened: host \n64 opened: host  32\n32 opened: host  32 64' 'outside, each starts the other and all reach the host'
chain() { local vm=$1 line=() p; shift; for p in "$@"; do line+=("$p" "$pid" "$F"); done; inside "$vm" "${line[@]}"; }
echo host >seen.txt
chain 1 "$n64" "$n32" "$n64"; is "$out" $'64: host \n32: host  64\n64: host  64 32' 'inside 64->32->64: each has the engine, each sees what the one before wrote'
chain 2 "$n32" "$n32" "$n64" "$n64" "$n32"
is "$out" $'32: host \n32: host  32\n64: host  32 32\n64: host  32 32 64\n32: host  32 32 64 64' 'inside 32->32->64->64->32'
is "$(cat seen.txt)" host "the host's file is as it was"
is "$(find layer1 layer2 -name seen.txt | wc -l)" 2 'each VM has one copy'
liar=$(win "$PWD/liar.exe")
for parent in "$n64" "$n32"; do
    chain 3 "$parent" "$liar"; like "$out" $'\n32: host' "a program that calls itself ntdll.dll has the engine: $(basename "${parent//\\//}")"
done

for program in "$n64" "$n32"; do
    inside 3 "$program" bad; is "$out" 'c0000005 c0000005 c0000005' "bad pointers are an answer: $(basename "${program//\\//}")"
done
for program in "$n64" "$n32"; do
    outside "$program" rwx; want=$out
    for parent in "$n64" "$n32"; do
        inside 3 "$parent" "$pid" "$F" "$program" rwx; is "$(tail -1 <<<"$out")" "$want" "no more writable code than outside: $(basename "${parent//\\//}") starts $(basename "${program//\\//}")"
    done
done

# --- somebody else's 32-bit program
deps=$(cd "$FVM_NT_PROGRAMS/../../deps" && pwd)
if [ -e "$deps/7za32.exe" ]; then
    mkdir in; for ((i = 0; i < 200; i++)); do printf 'file %d %*s' $i $((i * 7)) '' >"in/f$i.txt"; done
    inside 8 "$(win "$deps/7za32.exe")" a "$(win "$PWD/new.7z")" "$(win "$PWD/in")"; is $rc 0 '32-bit 7-Zip packs'
    not_ok 'on the host there is no such file' test -e new.7z
    inside 8 "$(win "$deps/7za.exe")" x -y "-o$(win "$PWD/back")" "$(win "$PWD/new.7z")"; is $rc 0 '64-bit 7-Zip unpacks it'
    back=$(find layer8/files -type d -path '*/back/in'); is "$(diff -r in "${back:-nowhere}" 2>&1 | head -3)" '' 'and has the same files'
else
    skip '32-bit 7-Zip is not there: tools/get-test-programs.sh'
fi

# --- system32 is another folder for 32-bit programs
w=$WINEPREFIX/drive_c/windows; rm -f "$w"/sys*/fvm-*.txt; echo wide >"$w/system32/fvm-a.txt"; echo narrow >"$w/syswow64/fvm-a.txt"
S='C:\windows\system32' W='C:\windows\syswow64' N='C:\windows\sysnative'
cmd32() { inside 4 "$W\\cmd.exe" /c "$1"; out=$(sed 's/ *$//' <<<"$out"); }
cmd32 "type $S\\fvm-a.txt& type $N\\fvm-a.txt& echo more>>$S\\fvm-a.txt& echo extra>>$N\\fvm-a.txt& echo new>$S\\fvm-b.txt"
is "$out" $'narrow\nwide' "a 32-bit program's system32 is syswow64, its sysnative is system32"
cmd32 "dir /b $S\\fvm-*& dir /b $N\\fvm-*& cd /d $S& type fvm-a.txt"; is "$out" $'fvm-a.txt\nfvm-b.txt\nfvm-a.txt\nnarrow\nmore' 'also where the VM has copies'
inside 4 cmd /c "type $S\\fvm-a.txt& type $W\\fvm-a.txt& dir /b $S\\fvm-*& dir /b $W\\fvm-*"
is "$(sed 's/ *$//' <<<"$out")" $'wide\nextra\nnarrow\nmore\nfvm-a.txt\nfvm-a.txt\nfvm-b.txt' 'a 64-bit program finds each where it belongs'
inside 4 "$n32" plain "$S\\fvm-a.txt"; is "$out" 'wide extra ' 'a 32-bit program without redirection too'
inside 5 "$n32" plain "$S\\fvm-a.txt"; is "$out" 'wide ' "and in another VM the host's"
is "$(cat "$w/system32/fvm-a.txt" "$w/syswow64/fvm-a.txt"; ls "$w/syswow64" | grep -c fvm-)" $'wide\nnarrow\n1' 'the host has changed in nothing'
rm -f "$w"/sys*/fvm-*.txt

# --- what cannot be injected does not run
mkdir half; cp "$FVM_ENGINE"/fvm{start.exe,64.dll} half/; engine=$FVM_ENGINE
FVM_ENGINE=$PWD/half
inside 6 "$n64" "$pid" "$F"; is "$out" '64: host ' 'without fvm32.dll a VM runs 64-bit programs'
inside 6 "$n32" "$pid" "$F"; is "$rc/$out" 126/ 'and no 32-bit one'; like "$err" 'not a Windows program that can run here' 'with a message'
chain 6 "$n64" "$n32"; like "$out" $'^64: host [^\n]*\nnot started: error' 'nor as a child'
printf 'no engine%5000s' '' >half/fvm32.dll; inside 7 "$n64" "$pid" "$F"; like "$rc $err" '^125 .*cannot load fvm32.dll' 'a damaged engine is said to be one'
FVM_ENGINE=$engine

# --- the other tests, as 32-bit programs
as32() { (cd "$tests" && env FVM_NT_PROGRAMS="$programs32" "${@:2}" bash "./$1") >"$1.log" 2>&1 || { grep -v '^ok' "$1.log"; return 1; }; }
ok 'processes.t with 32-bit programs' as32 processes.t AS_32=1
ok 'files.t with 32-bit programs' as32 files.t
# Wine 8's wow64.dll fills the I/O status of calls that fail with what stood on its stack.
ok 'differ.t, 32-bit, some seeds' as32 differ.t FVM_DIFFER_FROM=4 FVM_DIFFER_TO=12 FVM_DIFFER_SED='s/\(-> c[0-9a-f]*\) info=.*/\1/'
ok 'surface.txt has each call of the 32-bit ntdll and win32u' "$top/tools/check-surface.sh"
kill $host 2>/dev/null
# --- the registry's two views
cp "$FVM_NT_PROGRAMS/registry.exe" r64.exe; cp "$programs32/registry.exe" r32.exe
for bits in 64 32; do
    outside "$(win "$PWD/r$bits.exe")" views; said=$out; [ "$(grep -c '^.Registry.*: 0 ' <<<"$out")" -gt 20 ]; is $? 0 "outside, a $bits-bit program opens keys in three ways"
    inside 9 "$(win "$PWD/r$bits.exe")" views; is "$out" "$said" 'inside, the same keys'
done
done_testing

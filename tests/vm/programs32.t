# 32-bit programs, sealed and shared: what is said where Windows lacks their part; the part added to a base that is in use; then
# 7-Zip's 32-bit edition, programs of both kinds that start one another, what their names lead to, and what the seal lets pass.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/settings.sh"
need() { skip "$1"; done_testing; exit; }
sevenzip=$FVM_DEPS/7za32.exe; [ -f "$sevenzip" ] || need '7za32.exe is missing: make deps'
[ -f "$FVM_PROGRAMS/nest32.exe" ] && [ -f "$FVM_PROGRAMS/probe32.exe" ] || need 'no 32-bit test programs: make tests'
[ -n "${FVM_TEST_WINE32:-}" ] || need 'the 32-bit part of Wine is not there: tools/get-wine32.sh'
mkdir w; cd w || exit
cp "$sevenzip" "$FVM_PROGRAMS"/{nest32,nest64,probe32,pause,unix_exec}.exe "$FVM_PROGRAMS/escape_linux" .; chmod 755 ./*
W='C:\windows\syswow64' base=$FVM_HOME/bases/default
part() { FVM_WINE32=$FVM_TEST_WINE32 fvm "$@"; }

# --- without the part: said, nothing half done -------------------------------------------------------------------------------
advice="'./7za32.exe' is a 32-bit program, and VMs of base 'default' run 64-bit ones only so far; add what they lack with: fvm base add-32bit$"
for level in sealed shared; do
    fails_with 126 "$advice" "$level: refused, with what to do" run --level $level ./7za32.exe
    FVM_WINE32=$FVM_TEST_WINE32 fails_with 126 "$advice" "$level: also where the libraries are and the base lacks the part" run --level $level ./7za32.exe
    fvm run --level $level cmd /c 'nest32.exe 1 x.txt'; [ $rc != 0 ] && [ -z "$out" ]; is $? 0 "$level: and a 64-bit program cannot start it"
done
fvm doctor; like "$out" $'\nless +32-bit programs +are refused.*fvm base add-32bit' 'doctor says so'
part doctor; like "$out" $'\nless +32-bit programs +.*base .default. lacks their part.*fvm base add-32bit' 'doctor knows what is lacking'
fvm base list; like "$out" $'\ndefault +1 +no +' 'and base list'
fails_with 125 'FVM_WINE32=/nowhere is no folder' 'no libraries where FVM_WINE32 says' base add-32bit
cp -r "$FVM_TEST_WINE32" ../other; touch ../other/i386-windows/ntdll.dll
FVM_WINE32=$(cd .. && pwd)/other fails_with 125 'of this Wine.s version' 'nor libraries of another version' base add-32bit
rm -rf ../other
printf 'Dir::Etc::sourcelist "/dev/null";\nDir::Etc::sourceparts "/dev/null";\n' >../apt.conf # a machine that reaches no package source
if [ ! -d /usr/lib/i386-linux-gnu/wine ]; then
    APT_CONFIG=$(cd .. && pwd)/apt.conf FVM_WINE32='' fvm base add-32bit
    like "$rc $err" "^125 .*cannot get Wine's libraries for 32-bit programs: get-wine32: apt cannot fetch libwine:i386" 'nor any that could be fetched'
    is "$(ls -A "$FVM_HOME" | grep -e fetch -e wine32)" '' 'and nothing of it is left'
fi
is "$(cat "$base/current")" 1 'the base is as it was'

# --- a base that is in use gets it -------------------------------------------------------------------------------------------
# What somebody has made of the base and of VMs must stay: a service that starts with Windows, a Run key that must not be run meanwhile.
K='HKLM\System\CurrentControlSet\Services\Mine' R='HKLM\Software\Microsoft\Windows\CurrentVersion\Run'
fvm run --vm "$("$FVM" create made && echo made)" cmd /c "reg add $K /v Start /t REG_DWORD /d 2 /f& reg add $K /v ImagePath /d C:\\mine.exe /f& reg add $R /v Mine /d C:\\users\\ran.bat /f& echo mine>C:\\users\\mine.txt& echo echo x^>C:\\ran.txt>C:\\users\\ran.bat"
fvm commit made; is $rc 0 'a base with changes of somebody'
fvm delete made
for level in sealed shared; do
    "$FVM" create --level $level old-$level
    fvm run --vm old-$level cmd /c "echo own>C:\\users\\own.txt& reg add HKCU\\Software\\Own /v own /d $level /f& echo x>>C:\\windows\\win.ini"
done
"$FVM" run --vm old-sealed pause.exe 600005 >../holder.log 2>&1 </dev/null & holder=$!
for _ in $(seq 200); do grep -q ready ../holder.log && break; sleep 0.1; done
before=$(tree_state "$base/versions/2")
FVM_WINE32=$FVM_TEST_WINE32 "$FVM" base add-32bit >../killed.log 2>&1 & making=$!
for _ in $(seq 200); do grep -q 'installing Windows' ../killed.log && break; sleep 0.1; done; sleep 1
kill -9 $making; wait $making 2>/dev/null; unlike "$(cat ../killed.log)" 'runs 32-bit' 'add-32bit, killed half-way'
for _ in $(seq 60); do part run cmd /c 'exit 3'; [ $rc = 125 ] || break; sleep 1; done # until what it had started is gone, too
is "$rc/$(cat "$base/current")" 3/2 'leaves the base as it was'
LIMIT=300 part base add-32bit; is $rc 0 'base add-32bit'; like "$err" "base 'default' runs 32-bit programs" 'says that it is done'
is "$(cat "$base/current")" 3 'by a new version'
is "$(tree_state "$base/versions/2")" "$before" 'the one that a VM stands on has not changed'
LIMIT=300 part base add-32bit; is "$rc/$(cat "$base/current")" 0/3 'said again it does nothing'
fvm base list; like "$out" $'\ndefault +3 +yes +' 'base list knows it'
fvm base --json list; like "$out" '"32bit": true' 'with --json too'
part doctor; like "$out" $'\nok +32-bit programs +run' 'doctor too'
FVM_WINE32=$FVM_TEST_WINE32 fails_with 126 "VM 'old-sealed' runs since before its base could run such; end it first: fvm stop old-sealed" 'a VM that runs meanwhile says what to do' run --vm old-sealed ./7za32.exe
fvm stop old-sealed; wait $holder
part run cmd /c "reg query $K /v Start& reg query $R /v Mine& type C:\\users\\mine.txt& if exist C:\\ran.txt echo ran"
like "$out" 'Start +REG_DWORD +0x2.*Mine +REG_SZ +C:.users.ran.bat.*mine$' 'what was committed is there, and was not run'
part run cmd /c 'for %s in (Spooler PlugPlay MountMgr) do @reg query HKLM\System\CurrentControlSet\Services\%s /v Start'
is "$(grep -c 'REG_DWORD *0x3' <<<"$out")" 3 "Wine's own services start on demand as before"
fails_with 126 'add-32bit' 'without the libraries it is refused again' run ./7za32.exe
for level in sealed shared; do
    part run --vm old-$level ./7za32.exe; is $rc 0 "$level: a VM that was there runs them, too"; like "$out" '7-Zip .*x86' "$level: and it is the 32-bit edition"
    fvm diff old-$level
    is "$(grep -v '^$' <<<"$out" | sed 's/win.ini  .*/win.ini/')" "files
  + C:\\users\\own.txt  5 B
  ~ C:\\windows\\win.ini
registry
  + HKEY_CURRENT_USER\\Software\\Own\\
  + HKEY_CURRENT_USER\\Software\\Own  \"own\" = \"$level\"" "$level: it has what it had, and nothing else"
    fvm delete old-$level
done

# --- 7-Zip packs and unpacks thousands of files --------------------------------------------------------------------------------
contents() { (cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum); }
mkdir tree; for ((i = 0; i < 3000; i++)); do
    folder=tree/d$((i % 60)); [ $i -ge 60 ] || mkdir $folder; printf '%*d\n%s\n' $((i % 997 + 1)) $i "line of file $i" >"$folder/file $i.txt"
done
: >tree/empty; printf kanji >tree/日本.txt; head -c 2000000 /dev/urandom >tree/random.bin
want=$(contents tree) state=$(tree_state .)
export FVM_WINE32=$FVM_TEST_WINE32
for level in sealed shared; do
    vm=zip-$level; "$FVM" create --level $level $vm
    LIMIT=180 fvm run --vm $vm ./7za32.exe a -mx1 -mmt1 'C:\users\packed.7z' tree; is $rc 0 "$level: packs"; like "$out" 'Everything is Ok' "$level: and is content"
    LIMIT=180 fvm run --vm $vm ./7za32.exe x -y 'C:\users\packed.7z' -ounpacked; is $rc 0 "$level: unpacks"
    is "$(contents "$FVM_HOME/vms/$vm/layers/1/files/Z$PWD/unpacked/tree")" "$want" "$level: every file came back as it was"
    fvm diff $vm; is "$(grep -c 'unpacked.tree.*\.txt' <<<"$out")" 3001 "$level: diff tells each"
    unlike "$out" $'\nregistry' "$level: and no change of the registry"
    fvm delete $vm
done
is "$(tree_state .)" "$state" "the host's folder is as it was"

# --- both kinds start one another, and mean different things by one name --------------------------------------------------------
wide='C:\windows\system32' node='HKLM\Software\Fvm'
for level in sealed shared; do
    "$FVM" create --level $level both
    N="Z:${PWD//\//\\}\\nest" chain=() n=0
    for bits in 64 32 32 64 32 64; do chain+=("${N}$bits.exe" 1 'C:\users\seen.txt'); done
    fvm run --vm both cmd /c "${chain[@]}"
    is "$(sed 's/ opened//' <<<"$out")" $'64: no file\n32:  64\n32:  64 32\n64:  64 32 32\n32:  64 32 32 64\n64:  64 32 32 64 32' "$level: cmd -> 64 -> 32 -> 32 -> 64 -> 32 -> 64"
    fvm run --vm both "$W\\cmd.exe" /c "nest64.exe 1 C:\\users\\seen.txt& cmd /c exit 7"; is $rc 7 "$level: a 32-bit cmd starts both, and has their exit codes"
    printf 'a line\n' | "$FVM" run --vm both "$W\\cmd.exe" /c 'set /p line=& call echo got %^line%' | tr -d '\r' >../piped.txt; is "$(cat ../piped.txt)" 'got a line' "$level: pipes"
    fvm run --vm both "$W\\cmd.exe" /c "echo narrow>$wide\\fvm.txt& echo wide>C:\\windows\\sysnative\\fvm.txt& echo both>C:\\users\\fvm.txt& reg add $node /v n /d narrow /f>nul& reg add $node /v w /d wide /f /reg:64>nul"
    fvm run --vm both cmd /c "type $wide\\fvm.txt $W\\fvm.txt 2>nul& reg query $node& reg query HKLM\\Software\\Wow6432Node\\Fvm"
    like "$(tr '\n' ' ' <<<"$out")" 'wide.*narrow.* w +REG_SZ +wide .*Wow6432Node.* n +REG_SZ +narrow' "$level: a 64-bit program finds each where it belongs"
    fvm diff both
    like "$(tr '\n' ' ' <<<"$out")" '. C:.windows.system32.fvm.txt .*. C:.windows.syswow64.fvm.txt .*Software.Fvm +"w" = "wide".*Wow6432Node.Fvm +"n" = "narrow"' "$level: diff, too"
    fvm stop both
    fvm commit --only 'C:\windows\syswow64\*' --only 'HKLM\Software\Wow6432Node\*' both; is $rc 0 "$level: commit --only takes the 32-bit half"
    fvm run "$W\\cmd.exe" /c "type $wide\\fvm.txt& reg query $node& type C:\\users\\fvm.txt 2>nul"; like "$(tr '\n' ' ' <<<"$out")" '^narrow.* n +REG_SZ +narrow *$' "$level: all later VMs have it"
    fvm delete both
    fvm run --keep "$W\\cmd.exe" /c "del $wide\\fvm.txt& reg delete $node /f"; vm=$(sed -n "s/.*kept as VM '\([^']*\)'.*/\1/p" <<<"$err"); fvm commit "$vm"; fvm delete "$vm"
done

# --- a 32-bit package goes where 32-bit programs look -------------------------------------------------------------------------------
if [ "$FVM_WHO" != user ]; then
    : # what is installed where does not depend on who started FVM
elif command -v wixl >/dev/null; then
    product=6C4B7A52-0D1E-4F8B-9C55-1B5B0E5A3201
    cat >package.wxs <<WXS
<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="$product" Name="FVM Narrow" Language="1033" Version="1.2.3" Manufacturer="FVM" UpgradeCode="6C4B7A52-0D1E-4F8B-9C55-1B5B0E5A3202">
    <Package InstallerVersion="300" Compressed="yes" InstallScope="perMachine"/>
    <Media Id="1" Cabinet="test.cab" EmbedCab="yes"/>
    <Directory Id="TARGETDIR" Name="SourceDir"><Directory Id="ProgramFilesFolder"><Directory Id="INSTALLDIR" Name="FVM Narrow">
      <Component Id="Main" Guid="6C4B7A52-0D1E-4F8B-9C55-1B5B0E5A3203">
        <File Id="Tool" Name="tool.exe" Source="nest32.exe" KeyPath="yes"/>
        <RegistryValue Root="HKLM" Key="Software\\FVM Narrow" Name="Folder" Type="string" Value="[INSTALLDIR]"/>
      </Component>
    </Directory></Directory></Directory>
    <Feature Id="All" Level="1"><ComponentRef Id="Main"/></Feature>
  </Product>
</Wix>
WXS
    ok 'wixl makes the package' wixl -a x86 -o narrow.msi package.wxs
    for level in sealed shared; do
        "$FVM" create --level $level msi
        LIMIT=120 fvm run --vm msi ./narrow.msi /qn; is $rc 0 "$level: a 32-bit package is installed"
        fvm diff msi
        like "$(tr '\n' ' ' <<<"$out")" 'C:.Program Files .x86..FVM Narrow.tool.exe .*Wow6432Node.FVM Narrow +"Folder" = "C:.Program Files .x86..FVM Narrow.' "$level: where 32-bit programs look"
        fvm run --vm msi 'C:\Program Files (x86)\FVM Narrow\tool.exe' 1 'C:\none'; is "$out" '32: no file' "$level: its program runs"
        LIMIT=120 fvm run --vm msi msiexec /x "{$product}" /qn; is $rc 0 "$level: removed"
        fvm diff msi; unlike "$out" 'FVM Narrow' "$level: and nothing of it is left"
        fvm delete msi
    done
else
    skip 'wixl is missing (Debian: apt-get install wixl)'
fi

# --- what a program may expect ----------------------------------------------------------------------------------------------------
# Wine 8's own gap in this mode, without FVM too: text has no size.
LIMIT=180 fvm run ./probe32.exe; is "$(sed -n 's/^not ok [0-9]* - \([a-z-]*\).*/\1/p' <<<"$out" | tr '\n' ' ')" 'text ' 'sealed: all of probe.c but text'
is "$(grep -c '^ok ' <<<"$out")" 38 'each of them ran'
LIMIT=180 fvm run --level shared ./probe32.exe; is "$(sed -n 's/^not ok [0-9]* - \([a-z-]*\).*/\1/p' <<<"$out" | tr '\n' ' ')" 'text ' 'shared: the same'

# --- the seal ---------------------------------------------------------------------------------------------------------------------
# Into a file: what a native program writes to a pipe of a Windows one is lost.
tries() { # name arguments...
    local name=$1 rows=0 line plan=; shift
    timeout --foreground 100 "$FVM" run ./unix_exec.exe ./escape_linux only=calls "$@" >../tries.tap 2>&1 </dev/null
    while IFS= read -r line; do
        case $line in
        'ok '*) rows=$((rows + 1)); _result 0 "$name: ${line#*- }" ;;
        'not ok '*) rows=$((rows + 1)); _result 1 "$name: ${line#*- }" ;;
        1..*) plan=${line#1..} ;;
        *) diag "$line" ;;
        esac
    done < <(tr -d '\r' <../tries.tap)
    is "$rows" "${plan:-none}" "$name: to the end"
}
tries 'a VM that runs 32-bit programs' wine32=1
FVM_WINE32=/nowhere tries 'one that does not'

# --- a new base has it from the beginning --------------------------------------------------------------------------------------------
if [ "$FVM_WHO" = user ]; then
    LIMIT=300 fvm base create other; is $rc 0 'base create where the libraries are'; like "$err" 'with 32-bit programs' 'makes it with the part'
    fvm run --base other "$W\\cmd.exe" /c 'exit 5'; is $rc 5 'a 32-bit program runs in its VMs'
    fvm run --keep --base other "$W\\cmd.exe" /c 'exit 5'; fvm diff vm1; is "$out" 'nothing changed' 'and changes nothing by itself'
    fvm delete vm1
fi
is "$(vms_left)" '' 'no VM is left'
is "$(store_processes)" '' 'nor any process'
done_testing

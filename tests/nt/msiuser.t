# A per-user installer, made with wixl: in two VMs of one Windows and on the host at once, the same product in the same places: the user's own
# folders, keys and products. Each has its own, removes its own, and takes nothing from the others. Per machine: tests/vm/sharedmsi.t.
. "$(dirname "$0")/lib.sh"
command -v wixl >/dev/null || { skip 'wixl is missing (Debian: apt-get install wixl)'; done_testing; exit; }
product=6C4B7A52-0D1E-4F8B-9C55-1B5B0E5A0011 packed=25A7B4C6E1D0B8F4C955B1B5E0A50011 places=(vm1 vm2 host)
cat >package.wxs <<WXS
<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="$product" Name="FVM User Test" Language="1033" Version="1.2.3" Manufacturer="FVM"
           UpgradeCode="6C4B7A52-0D1E-4F8B-9C55-1B5B0E5A0012">
    <Package InstallerVersion="300" Compressed="yes" InstallScope="perUser"/>
    <Media Id="1" Cabinet="test.cab" EmbedCab="yes"/>
    <Property Id="PLACE" Value="nowhere"/>
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="LocalAppDataFolder">
        <Directory Id="INSTALLDIR" Name="FVM User Test">
          <Component Id="Texts" Guid="6C4B7A52-0D1E-4F8B-9C55-1B5B0E5A0013">
            <File Id="ReadMe" Name="read me.txt" Source="readme.txt"/>
            <RegistryValue Root="HKCU" Key="Software\\FVM User Test" Name="Place" Type="string" Value="[PLACE]" KeyPath="yes"/>
            <RegistryValue Root="HKCU" Key="Software\\FVM User Test" Name="Folder" Type="string" Value="[INSTALLDIR]"/>
            <Shortcut Id="Link" Directory="ProgramMenuFolder" Name="FVM User Test" Target="[INSTALLDIR]read me.txt"/>
          </Component>
        </Directory>
      </Directory>
      <Directory Id="ProgramMenuFolder"/>
    </Directory>
    <Feature Id="All" Level="1"><ComponentRef Id="Texts"/></Feature>
  </Product>
</Wix>
WXS
echo 'read me' >readme.txt
ok 'wixl makes the package' wixl -a x64 -o package.msi package.wxs
package=$(win "$PWD/package.msi")
at() { if [ $1 = host ]; then outside "${@:2}"; else inside "${1#vm}" "${@:2}"; fi; } # PLACE PROGRAM ARG...
at_once() { # NAME PLACES ARG...: msiexec there at the same time; @ in an argument is the place
    local name=$1 place jobs=(); read -ra jobs <<<"$2"; shift 2
    for place in "${jobs[@]}"; do
        (if [ $place = host ]; then exec timeout -k 5 60 /usr/lib/wine/wine64 msiexec "${@/@/$place}"; else start "${place#vm}" msiexec "${@/@/$place}"; fi) >"$place.log" 2>&1 </dev/null &
        eval "job_$place=$!"
    done
    for place in "${jobs[@]}"; do local job=job_$place; wait "${!job}"; is $? 0 "$place: $name"; ! [ -s $place.log ] || diag "$(cat $place.log)"; done
}
cat >state.bat <<BAT
@echo off
if exist "%LOCALAPPDATA%\FVM User Test\read me.txt" echo file
if exist "%APPDATA%\Microsoft\Windows\Start Menu\Programs\FVM User Test.lnk" echo link
reg query HKCU\Software\Microsoft\Installer\Products\\$packed /v ProductName
reg query "HKCU\Software\FVM User Test" /v Place
reg query HKLM\Software\Microsoft\Windows\CurrentVersion\Installer\UserData\S-1-5-18\Products\\$packed
BAT
state() { at $1 cmd /c "$(win "$PWD")\\state.bat"; sed -nE 's/.*REG_SZ +//p; /^(file|link|HKEY_LOCAL.*)$/p' <<<"$out" | tr '\n' ' '; } # PLACE: what is there of the product
# While a VM runs, what it wrote is its own, also where the host has the same; and a VM sees what the host has until it has its own, so the
# VMs install first. Both: docs/compat.md, "Shared VMs".
for vm in 1 2; do mkfifo hold$vm; (LIMIT=300 start $vm cmd /c 'echo held& set /p line=') <hold$vm >idle$vm.txt 2>&1 & idle[vm]=$!; done
exec 8>hold1 9>hold2; for vm in 1 2; do ok "VM $vm runs" await 60 grep -q held idle$vm.txt; done
at vm1 msiexec /x "{$product}" /qn; is "$rc $(state vm1)" "$((1605 % 256)) " 'vm1: what is not there cannot be removed'
at_once 'installs' 'vm1 vm2' /i "$package" /qn PLACE=@
is "$(state host)" '' 'host: has nothing of it'
at_once 'installs, and the VMs ask for what they have' 'host vm1 vm2' /i "$package" /qn PLACE=@
for place in "${places[@]}"; do is "$(state $place)" "file link FVM User Test $place " "$place: has its own"; done
at_once 'removes' 'vm1 host' /x "{$product}" /qn
for place in vm1 host; do is "$(state $place)" '' "$place: nothing remains"; done
is "$(state vm2)" 'file link FVM User Test vm2 ' 'vm2: keeps its own'
at_once 'installs again' 'vm1 vm2' /i "$package" /qn PLACE=again-@
for place in vm1 vm2; do is "$(state $place)" "file link FVM User Test again-$place " "$place: as it was told"; done
at_once 'removes' 'vm1 vm2' /x "$package" /qn
for vm in 1 2; do is "$(state vm$vm)" '' "vm$vm: nothing remains"; done
echo >&8; echo >&9; wait "${idle[@]}"
for place in vm1 vm2; do is "$(state $place)" '' "$place: nor after a new start"; done
done_testing

# An installer: made with wixl, installed by msiexec, by name and by Linux path; its service runs; it uninstalls without rest.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/settings.sh"
command -v wixl >/dev/null || { skip 'wixl is missing (Debian: apt-get install wixl)'; done_testing; exit; }
product=6C4B7A52-0D1E-4F8B-9C55-1B5B0E5A0001
cat >package.wxs <<WXS
<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="$product" Name="FVM Test" Language="1033" Version="1.2.3" Manufacturer="FVM"
           UpgradeCode="6C4B7A52-0D1E-4F8B-9C55-1B5B0E5A0002">
    <Package InstallerVersion="300" Compressed="yes" InstallScope="perMachine"/>
    <Media Id="1" Cabinet="test.cab" EmbedCab="yes"/>
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="ProgramFiles64Folder">
        <Directory Id="INSTALLDIR" Name="FVM Test">
          <Component Id="Service" Guid="6C4B7A52-0D1E-4F8B-9C55-1B5B0E5A0003" Win64="yes">
            <File Id="ServiceExe" Name="service.exe" Source="service.exe" KeyPath="yes"/>
            <ServiceInstall Id="TheService" Name="FvmTest" DisplayName="FVM test service" Type="ownProcess" Start="demand"
                            ErrorControl="normal"/>
            <ServiceControl Id="Stop" Name="FvmTest" Stop="both" Remove="uninstall" Wait="yes"/>
          </Component>
          <Component Id="Texts" Guid="6C4B7A52-0D1E-4F8B-9C55-1B5B0E5A0004" Win64="yes">
            <File Id="ReadMe" Name="read me.txt" Source="readme.txt" KeyPath="yes"/>
            <RegistryValue Root="HKLM" Key="Software\\FVM Test" Name="Folder" Type="string" Value="[INSTALLDIR]"/>
            <RegistryValue Root="HKLM" Key="Software\\FVM Test" Name="Number" Type="integer" Value="7"/>
            <Shortcut Id="Link" Directory="ProgramMenuFolder" Name="FVM Test" Target="[INSTALLDIR]service.exe"/>
          </Component>
        </Directory>
      </Directory>
      <Directory Id="ProgramMenuFolder"/>
    </Directory>
    <Feature Id="All" Level="1"><ComponentRef Id="Service"/><ComponentRef Id="Texts"/></Feature>
  </Product>
</Wix>
WXS
cp "$FVM_PROGRAMS/service.exe" . && echo 'read me' >readme.txt
ok 'wixl makes the package' wixl -a x64 -o 'a package.msi' package.wxs

# What Wine's installer itself leaves: its own folder, and its keys without a value.
rests() { grep -Ev '^(files|registry|nothing changed)$|C:.windows.Installer.$|Installer(.[A-Za-z0-9-]+)*.$|^$' <<<"$1"; }
service='C:\Program Files\FVM Test\service.exe'
check_msi() { # vm where
    local state before layer=$FVM_HOME/vms/$1/layers/1/files/C
    cp '../a package.msi' .
    state=$(tree_state .)
    before=$("$FVM" diff $1)
    if [ $1 = fresh ] || [ $1 = one ]; then
        fvm run --vm $1 ./'a package.msi' /qn
        is $rc 0 "$2: install by its Linux path"
    else
        fvm run --vm $1 msiexec /i 'a package.msi' /qn
        is $rc 0 "$2: install by msiexec"
    fi
    [ $rc = 0 ] || diag "$out$err"
    ok "$2: the service's file" cmp "$layer/Program Files/FVM Test/service.exe" ../service.exe
    ok "$2: the other file" cmp "$layer/Program Files/FVM Test/read me.txt" ../readme.txt
    fvm diff $1
    like "$out" 'Start Menu.Programs.FVM Test.lnk' "$2: diff: shortcut"
    like "$out" '\+ HKEY_LOCAL_MACHINE.Software.FVM Test  "Folder" = "C:.Program Files.FVM Test.' "$2: diff: registry text"
    like "$out" '\+ HKEY_LOCAL_MACHINE.Software.FVM Test  "Number" = 0x00000007' "$2: diff: registry number"
    like "$out" 'Services.FvmTest  "ImagePath" = "C:.Program Files.FVM Test.service.exe"' "$2: diff: service"
    fvm run --vm $1 net start FvmTest
    is $rc 0 "$2: net start"; like "$out" 'started successfully' "$2: and it says so"
    is "$(cat "$layer/Program Files/FVM Test/service.log")" 'started' "$2: the service ran"
    fvm run --vm $1 "$service" start FvmTest
    is "$out" 'state 4' "$2: start by the service manager's interface"
    # Start and stop in one life of the VM.
    fvm run --vm $1 --cwd 'C:\Program Files\FVM Test' cmd /c 'del service.log& net start FvmTest& service stop FvmTest'
    like "$out" 'state 1$' "$2: and stop it"
    is "$(tr '\n' ' ' <"$layer/Program Files/FVM Test/service.log")" 'started stopped ' "$2: it had the time to end well"
    fvm run --vm $1 --cwd 'C:\Program Files\FVM Test' cmd /c 'del service.log'
    fvm run --vm $1 msiexec /x "{$product}" /qn
    is $rc 0 "$2: uninstall"; [ $rc = 0 ] || diag "$out$err"
    fvm diff $1
    is "$(diff <(rests "$before") <(rests "$out"))" '' "$2: nothing of it remains"
    is "$(tree_state .)" "$state" "$2: the host's folder is as it was"
}
in_settings check_msi
done_testing

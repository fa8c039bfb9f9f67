# Variables of the VM's registry: a program that is started in a VM gets them, as the first program of a Windows gets its own.
. "$(dirname "$0")/lib.sh"
U='HKCU\Environment' M='HKLM\System\CurrentControlSet\Control\Session Manager\Environment'
show() { echo "echo [%FVM_U%][%FVM_M%][%FVM_X%][%FVM_GONE%]"; }
outside cmd /c "reg add $U /v FVM_GONE /d host /f& reg add $U /v FVM_X /d host /f"
outside cmd /c "echo %FVM_GONE%"; is "$out" host 'outside, the first program has what the registry says'
outside cmd /c "reg query \"$M\" /v PATH"; path=$(sed -nE 's/.*PATH +REG_[A-Z_]+ +(.*)/\1/p' <<<"$out")
inside 1 cmd /c "$(show)"; is "$out" '[%FVM_U%][%FVM_M%][host][host]' 'in a VM that changed nothing, too'
inside 1 cmd /c "reg add $U /v FVM_U /d user /f& reg add \"$M\" /v FVM_M /d machine /f& reg add $U /v FVM_M /d mine /f& reg delete $U /v FVM_GONE /f& reg add $U /v FVM_X /t REG_EXPAND_SZ /d ^%FVM_NOTHING^%\\x /f& reg add $U /v PATH /d C:\\fvm-tools /f& $(show)"
like "$out" '\[%FVM_U%\]\[%FVM_M%\]\[host\]\[host\]$' 'what runs keeps its own'
inside 1 cmd /c "$(show)"; is "$out" '[user][mine][%FVM_NOTHING%\x][%FVM_GONE%]' 'the next program has what the VM set, the user before the machine'
inside 1 cmd /c 'echo %PATH%'; like "$out" '^[cC]:.windows.system32;.*;C:.fvm-tools$' "the user's PATH stands behind the machine's"
FVM_U=given inside 1 cmd /c "$(show)"; is "$out" '[given][mine][%FVM_NOTHING%\x][%FVM_GONE%]' 'what is given goes before'
mkdir -p "$WINEPREFIX/drive_c/fvm-tools"; cp "$FVM_NT_PROGRAMS/procs.exe" "$WINEPREFIX/drive_c/fvm-tools/fvm-tool.exe"
inside 1 cmd /c 'fvm-tool exit 9'; is $rc 9 'a program is found on that PATH'; inside 1 fvm-tool exit 8; is $rc 8 'also by who starts it'
outside cmd /c "$(show)"; is "$out" '[%FVM_U%][%FVM_M%][host][host]' 'the host has its own'
inside 2 cmd /c "$(show)"; is "$out" '[%FVM_U%][%FVM_M%][host][host]' 'and another VM'
rm -rf "$WINEPREFIX/drive_c/fvm-tools"; outside cmd /c "reg delete $U /v FVM_GONE /f& reg delete $U /v FVM_X /f"
done_testing

# Programs with windows, unseen: they run to their end without a display.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/settings.sh"
window=$FVM_PROGRAMS/window.exe
check_gui() { # vm where
    local state files=$FVM_HOME/vms/$1/layers/1/files
    echo 'before' >note.txt
    printf '%s\r\n' 'Windows Registry Editor Version 5.00' '' '[HKEY_CURRENT_USER\Software\FvmGui]' \
        "\"who\"=\"$1\"" '"number"=dword:0000002a' '"bytes"=hex:01,02,ff' '@="default"' '' \
        '[HKEY_LOCAL_MACHINE\Software\FvmGui\sub key]' '"a b"="c\\d"' >import.reg
    state=$(tree_state .)
    fvm run --vm $1 "$window" saw.txt
    is $rc 0 "$2: a program with windows ends by itself"; [ -z "$err" ] || diag "$err"
    is "$(tr -d '\r' <"$files/Z$PWD/saw.txt")" 'ticks 5 clicks 1 commands 1 dialog 1 text <some text> items 7 chosen 3' \
        "$2: its button, menu, dialog box, text and list worked"
    fvm run --vm $1 "$window" notepad note.txt "typed in $1"
    is $rc 0 "$2: Notepad is used by another program, and ends"; [ -z "$err" ] || diag "$err"
    is "$(cat "$files/Z$PWD/note.txt")" "typed in $1" "$2: it saved"
    is "$(cat note.txt)" 'before' "$2: inside only"
    fvm run --vm $1 regedit /s import.reg
    is $rc 0 "$2: regedit imports"
    fvm diff $1
    like "$out" "\\+ HKEY_CURRENT_USER.Software.FvmGui  \"who\" = \"$1\"" "$2: diff: text"
    like "$out" '\+ HKEY_CURRENT_USER.Software.FvmGui  "number" = 0x0000002a' "$2: diff: number"
    like "$out" '\+ HKEY_LOCAL_MACHINE.Software.FvmGui.sub key  "a b" = ' "$2: diff: the machine's part"
    is "$(grep -c 'Mark' <<<"$out")" "$([ $1 = fresh ] && echo 0 || echo 2)" "$2: diff: what was there before"
    unlike "$out" 'DriverDate|Video|Console' "$2: diff: nothing of a desktop's own workings"
    fvm run --vm $1 regedit /e 'C:\users\export.reg' 'HKEY_CURRENT_USER\Software\FvmGui'
    is "$(iconv -f UTF-16 -t UTF-8 "$files/C/users/export.reg" | tr -d '\r' | grep -c "\"who\"=\"$1\"")" 1 "$2: regedit exports"
    is "$(tree_state .)" "$state" "$2: the host's folder is as it was"
}
in_settings check_gui
done_testing

# tests/vm/settings.sh: one functional check of a program in the settings in which it must give the same results.
# Source it after lib.sh, then: in_settings CHECK; with level=shared the VMs are shared ones. CHECK is a function, called as:
# CHECK VM WHERE. It runs the program in VM, compares with ok, is, like... and starts each test's name with WHERE. Its current folder is empty and its own, and must be as
# CHECK left it when the program ran: nothing that a program does may come out of a VM.

# The state of a tree outside: names, types, sizes and contents.
tree_state() { # folder
    (cd "$1" && find . -printf '%P %y %m %s\n' | LC_ALL=C sort && find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum) |
        sha256sum
}

# A mark that tells VMs of one test apart, in a file and in a registry value of the same name in each.
_mark() { # vm text
    fvm run --vm "$1" cmd /c "echo $2>C:\\users\\mark.txt& reg add HKCU\\Software\\Mark /v mark /d $2 /f >nul"
}
_is_marked() { # vm text name
    fvm run --vm "$1" cmd /c 'type C:\users\mark.txt& reg query HKCU\Software\Mark /v mark'
    like "$out" "^$2.*REG_SZ +$2" "$3"
}
# Run CHECK in its own folder and VM.
_checked() { # check vm where
    mkdir -p "$2" && cd "$2" || return
    "$1" "$2" "$3"
    cd ..
}
# Tests that a background process wrote, told as ours.
_replay() { # file
    local line
    while IFS= read -r line; do
        case $line in
        'ok '*) _result 0 "${line#*- }" ;;
        'not ok '*) _result 1 "${line#*- }" ;;
        *) echo "$line" ;;
        esac
    done <"$1"
}
in_settings() { # check
    local check=$1 vm
    ok 'fresh VM: create' "$FVM" create ${level:+--level $level} fresh
    _checked "$check" fresh 'fresh VM'

    ok 'changed VM: create' "$FVM" create ${level:+--level $level} changed
    _mark changed before
    fvm run --vm changed cmd /c 'for /l %i in (1,1,50) do @mkdir C:\users\made%i'
    _checked "$check" changed 'changed VM'
    _is_marked changed before 'changed VM: what it had before is still there'

    for vm in one two; do
        ok "VM $vm: create" "$FVM" create ${level:+--level $level} $vm
        _mark $vm "$vm"
    done
    # At the same time, and under the same names: only the VM and the Linux folder differ.
    for vm in one two; do
        (_n=0 _bad=0; _checked "$check" $vm "VM $vm of two at once") >"$vm.tap" 2>&1 &
    done
    wait
    for vm in one two; do
        _replay "$vm.tap"
        like "$(tail -1 "$vm.tap")" '.' "VM $vm of two at once: the check ran"
        _is_marked $vm $vm "VM $vm of two at once: it has its own"
    done
    for vm in fresh changed one two; do
        ok "delete $vm" "$FVM" delete $vm
    done
    is "$(vms_left)" '' 'no VM is left'
}

#!/bin/bash
# tools/demo.sh: FVM in two minutes: a real Windows program changes things in a VM, and nothing outside. Run by `make demo`.
set -eu
cd "$(dirname "$0")/.."
fvm=$PWD/build/fvm
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '$ %s\n' "$*"; }
work=$(mktemp -d "${TMPDIR:-/var/tmp}/fvm-demo-XXXXXX")
trap 'rm -rf "$work"' EXIT
cp build/deps/7za.exe "$work/"
cd "$work"
mkdir payload && for i in $(seq 1 200); do echo "file $i" >"payload/$i.txt"; done
# What an installer does: unpack into Program Files, leave traces in the registry.
printf '%s\r\n' '@echo off' '7za.exe a -bso0 -bsp0 pack.7z payload' \
    '7za.exe x -bso0 -bsp0 pack.7z "-oC:\Program Files\Demo"' \
    'reg add HKCU\Software\Demo /v Installed /t REG_DWORD /d 1 /f >nul' \
    'reg add HKLM\Software\Microsoft\Windows\CurrentVersion\Run /v Demo /d "C:\Program Files\Demo\demo.exe" /f >nul' \
    'echo modified>> C:\windows\win.ini' \
    'echo done: %OS%, user %USERNAME%' >setup.bat

"$fvm" list | grep -q '^demo ' && "$fvm" delete --force demo
say "1. a VM, and 7-Zip for Windows in it, as an installer would use it"
show "fvm create demo"; "$fvm" create demo
before=$(find . -type f | sort | xargs sha256sum | sha256sum)
show "fvm run --vm demo setup.bat"; "$fvm" run --vm demo setup.bat
say "2. what it changed: files and registry"
show "fvm diff demo"; "$fvm" diff demo | awk 'NR <= 12 || !/payload/' | head -40
show "fvm diff --stat demo"; "$fvm" diff --stat demo
say "3. the host is untouched"
after=$(find . -type f | sort | xargs sha256sum | sha256sum)
[ "$before" = "$after" ] && echo "this folder: the same files with the same content as before (no pack.7z)"
show "fvm run -- cmd /c dir \"C:\\Program Files\\Demo\""
"$fvm" run -- cmd /c 'dir "C:\Program Files\Demo"' 2>&1 | tail -1
say "4. undo a part, keep the VM"
show "fvm discard --only 'HKLM\\*\\Run' demo"; "$fvm" discard --only 'HKLM\*\Run' demo
show "fvm diff --reg demo"; "$fvm" diff --reg demo
"$fvm" delete demo
say "next, from any folder:"
cat <<TEXT
  $fvm run ./setup.exe                 try a program, keep nothing
  $fvm create box                      a VM that stays
  $fvm run --vm box ./setup.exe        run something in it
  $fvm diff box                        see what it changed
  $fvm commit box | discard box        keep it | undo it
  $fvm doctor                          what this machine enforces
TEXT

# Two VMs change the same things, one is committed: what the other is told, and when it is no longer told so.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
change() { # VM WORD: file, value, whole key, deletion
    fvm run --vm "$1" cmd /c "echo $2>C:\\both.txt& echo $2>C:\\$2.txt& reg add HKCU\\Software\\Both /v v /d $2 /f& reg add HKCU\\Software\\Both /v $2 /d 1 /f"
    await 10 no_supervisor
}
ok 'two VMs' "$FVM" create mine; ok 'of one base' "$FVM" create theirs
change mine mine; change theirs theirs
fvm commit theirs; is $rc 0 'theirs is committed'
both=$'conflict: C:\\both.txt\nconflict: HKEY_CURRENT_USER\\Software\\Both "v"'
for seen in 'not started since' 'lifted to the new version'; do
    fvm commit mine; is "$rc $(grep '^.*conflict: ' <<<"$out$err" | sed 's/.*conflict: /conflict: /')" "125 $both" "mine, $seen: the conflicts and nothing else"
    fvm commit --dry-run mine; is $rc 125 'a dry run says so too'
    [ "$seen" = 'not started since' ] && { fvm run --vm mine cmd /c 'type C:\both.txt& type C:\theirs.txt'; is "$(tr -d ' ' <<<"$out")" $'mine\ntheirs' 'mine goes on seeing its own, and theirs where it has none'; await 10 no_supervisor; }
done
fvm commit --only 'C:\mine.txt' mine; is $rc 0 'what is in no conflict can be committed'
fvm commit mine; is $rc 125 'the rest is still in conflict'

# --- a discarded change is forgotten, conflict and all
fvm discard --only 'C:\both.txt' mine; is $rc 0 'the file is discarded'
fvm run --vm mine cmd /c 'type C:\both.txt& echo mine again>C:\both.txt'; is "$out" theirs 'theirs shines through'; await 10 no_supervisor
fvm commit --only 'C:\both.txt' mine; is $rc 0 'changed again after it was seen: no conflict'
fvm discard --only 'HKCU\Software\Both\v' mine; is $rc 0 'the value is discarded'
fvm run --vm mine cmd /c 'reg add HKCU\Software\Both /v v /d last /f'; await 10 no_supervisor
fvm commit mine; is "$rc $err" "0 $(tail -1 <<<"$err")" 'nothing is left to ask about'
not_ok 'and nothing is written down' test -e "$FVM_HOME/vms/mine/conflicts"
fvm run cmd /c 'type C:\both.txt& type C:\mine.txt& reg query HKCU\Software\Both'
like "$out" $'^mine again\nmine *\n' 'the host has mine'
like "$out" 'theirs +REG_SZ +1' 'theirs'; like "$out" 'v +REG_SZ +last' 'and mine'

# --- force
change mine one; change theirs two
fvm commit theirs; is $rc 0 'theirs was started on the version that has mine: no conflict'
fvm commit mine; is $rc 125 'now mine has one again'; fvm commit --force mine; is $rc 0 '--force'
fvm run cmd /c 'type C:\both.txt& reg query HKCU\Software\Both /v v'; like "$out" $'^one' 'the last one stays'; like "$out" 'REG_SZ +one' 'in the registry too'

# --- a second program does not wait for whoever works on the base
mkfifo hold; exec 7<>hold
"$FVM" run --vm mine cmd /c 'echo up& set /p x=' <hold >up.txt 2>&1 & a=$!
await 20 grep -qs up up.txt
exec 8<"$FVM_HOME/bases/default"; flock -x 8
fvm run --vm mine cmd /c 'echo %USERPROFILE%'; joined=$out
flock -u 8; exec 8<&-
fvm run --vm mine cmd /c 'echo %USERPROFILE%'; is "$joined" "$out" 'a second program starts while the base is locked, with the right user'
echo go >&7; wait $a; exec 7>&-
done_testing

# What a Windows program may expect: the checks of tests/programs/probe.c, together and each by itself.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/settings.sh"
probe=$FVM_PROGRAMS/probe.exe
fvm run "$probe" count; count=$rc
like "$count" '^39$' 'there are 39 checks'

check_probe() { # vm where
    LIMIT=120 fvm run --vm "$1" "$probe"
    is "$rc" 0 "$2: all checks in one process"
    is "$(grep -c '^ok ' <<<"$out")" "$count" "$2: each of them ran"
    [ "$rc" = 0 ] || diag "$(grep -v '^ok ' <<<"$out")$err"
}
in_settings check_probe

# Each in a process of its own, so that none lives on what an earlier one has woken up; the VM runs all the while.
ok 'create' "$FVM" create running
mkfifo keep
"$FVM" run --vm running cmd /c 'set /p line=' <keep &
keeper=$!
exec 9>keep
fvm run --vm running cmd /c ver; is $rc 0 'a program joins'
server() { "$FVM" ps running | awk '/wineserver/ {print $2, $3}'; }
first_server=$(server)
for ((i = 1; i <= count; i++)); do
    fvm run --vm running "$probe" $i
    name=$(sed -n 's/^\(not \)\?ok [0-9]* - \([a-z-]*\).*/\2/p' <<<"$out")
    is $rc 0 "alone: $name"
    [ $rc = 0 ] || diag "$out$err"
done
like "$first_server" '^[0-9]+ [0-9]+$' 'it has a wineserver'
is "$(server)" "$first_server" 'which was the same all the time'
ok 'the first program still runs' kill -0 $keeper
exec 9>&-
wait $keeper; like $? '^[01]$' 'and ends when it may'
ok 'delete' "$FVM" delete running
is "$(store_processes)" '' 'nothing runs any more'
done_testing

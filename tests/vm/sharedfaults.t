# Faults of shared VMs: journals that are damaged, a full disk, processes that are killed while the engine copies for them.
# The file systems are mounted by root, or in a user namespace of the test's own.
if [ -z "${FVM_NESTED:-}" ]; then
    keep=(); [ "$FVM_WHO" = root ] || keep=(-c --keep-caps)
    FVM_NESTED=1 exec unshare "${keep[@]}" -m bash "$0"
fi
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
if [ "$FVM_WHO" = user ]; then # the mounts are the test's, not FVM's: fvm gets no capability
    printf '#!/bin/sh\nexec setpriv --ambient-caps=-all --inh-caps=-all "%s" "$@"\n' "$FVM" >fvm; chmod +x fvm; FVM=$PWD/fvm
fi
pause=$FVM_PROGRAMS/pause.exe
at_rest() { ! [ -e "$FVM_HOME/vms/$1/layers/1/journal" ] && ! [ -e "$FVM_HOME/vms/$1/run" ]; }
in_vm() { fvm run --vm "$1" cmd /c "$2"; } # out, rc
"$FVM" run --level shared "$pause" 600001 >/dev/null 2>&1 & holder=$! # the Windows stays while this test goes on

# --- a journal with any damage: what stands before a cut, or a refusal that names the file ------------------------------------
"$FVM" create --level shared j; layer=$FVM_HOME/vms/j/layers/1
"$FVM" run --vm j cmd /c "del C:\\windows\\win.ini& ren C:\\users\\Public P& $(sed 's|/|\\|g; s|^|Z:|' <<<"$pause") 600007" >j.log 2>&1 & run=$!
ok 'a shared VM runs' await 20 grep -q ready j.log
cp "$layer/journal" kept
"$FVM" stop j; wait $run 2>/dev/null
"$FVM" diff j >whole; is "$(grep -c 'win.ini\|Public' whole)" 2 'it has deleted and moved'; diag "$(cat whole)"
cb=$(stat -c %s kept) problems='' refused=0 same=0
put_journal() { cat >"$layer/journal.new"; chown --reference="$FVM_HOME/format" "$layer/journal.new" 2>/dev/null; mv "$layer/journal.new" "$layer/journal"; }
look() { # WHERE: refused by name, or as it was
    timeout 20 "$FVM" run --vm j cmd /c ver >got 2>got.err </dev/null; local code=$?
    if [ $code = 125 ] && [ ! -s got ] && [ "$(grep -c . got.err)" = 1 ] && grep -q "VM 'j'.*layers/1/journal" got.err; then refused=$((refused + 1)); return; fi
    [ $code = 0 ] && "$FVM" diff j | cmp -s - whole || problems+="$1: exit $code: $(head -2 got.err)"$'\n'
    same=$((same + 1))
}
for ((i = 0; i < cb; i++)); do
    byte=$(od -An -tu1 -j $i -N 1 kept)
    { head -c $i kept; printf '%b' "\\x$(printf %02x $((byte ^ 0x15)))"; tail -c +$((i + 2)) kept; } | put_journal; look "byte $i"
done
is "$problems" '' "a journal with each of its $cb bytes changed"
is "$refused $same" "$cb 0" 'is refused, with one line that names the file'
refused=0
for ((i = 0; i <= cb; i++)); do head -c $i kept | put_journal; look "cut at $i"; done
is "$problems" '' "a journal that is cut anywhere"
ok "is refused unless a record ends there ($refused refused, $same not)" test $refused -gt $((cb * 9 / 10)) -a $same -ge 3
{ printf FJL2; tail -c +5 kept; } | put_journal
fails_with 125 "VM 'j'.*layers/1/journal.*another version of FVM" "a newer version's" run --vm j cmd /c ver
fails_with 125 'layers/1/journal' 'diff says the same' diff j
fails_with 125 'layers/1/journal' 'commit too' commit j
fvm list; like "$rc $out" '^0 .*j +stopped' 'list has the VM'
put_journal <kept; "$FVM" diff j | cmp - whole; is $? 0 'with its own again it is as it was'
printf 'FJL1 is no journal' | put_journal; fvm delete j; is $rc 0 'a VM with a damaged one can be deleted'
fails_with 125 "no VM 'j'" 'and is gone' diff j

kill -9 $holder; wait $holder 2>/dev/null
nothing_left 'nothing is left behind'
done_testing

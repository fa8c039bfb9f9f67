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
seed=${FVM_SEED:-$RANDOM}; diag "FVM_SEED=$seed"
pause=$FVM_PROGRAMS/pause.exe
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
for ((i = seed % 3; i < cb; i += 3)); do # journal_test.c does it with each byte and each change
    byte=$(od -An -tu1 -j $i -N 1 kept)
    { head -c $i kept; printf '%b' "\\x$(printf %02x $((byte ^ 0x15)))"; tail -c +$((i + 2)) kept; } | put_journal; look "byte $i"
done
is "$problems" '' "a journal with one of its $cb bytes changed"
is "$refused $same" "$(((cb - seed % 3 + 2) / 3)) 0" 'is refused, with one line that names the file'
refused=0
for ((i = 0; i <= cb; i += 4)); do head -c $i kept | put_journal; look "cut at $i"; done
is "$problems" '' "a journal that is cut anywhere"
ok "is refused unless a record ends there ($refused refused, $same not)" test $refused -gt $((cb / 5)) -a $same -ge 3
{ printf FJL2; tail -c +5 kept; } | put_journal
fails_with 125 "VM 'j'.*layers/1/journal.*another version of FVM" "a newer version's" run --vm j cmd /c ver
fails_with 125 'layers/1/journal' 'diff says the same' diff j
fails_with 125 'layers/1/journal' 'commit too' commit j
fvm list; like "$rc $out" '^0 .*j +stopped' 'list has the VM'
put_journal <kept; "$FVM" diff j | cmp - whole; is $? 0 'with its own again it is as it was'
printf 'FJL1 is no journal' | put_journal; fvm delete j; is $rc 0 'a VM with a damaged one can be deleted'
fails_with 125 "no VM 'j'" 'and is gone' diff j

# --- a disk that is full in the middle of a copy: an error, nothing half done; with space again it works -----------------------
mkdir proj; cd proj || exit 1
seq 1 15000 >text; : >empty; mkdir dir dir/sub; echo in >dir/in; echo mine >host; cp "$FVM_PROGRAMS/append.exe" .
host_state() { find . -mindepth 1 -printf '%P %y %s %T@\n' | sort; find . -type f -print0 | sort -z | xargs -0 cat | cksum; }
before=$(host_state)
"$FVM" create --level shared d; disk=$FVM_HOME/vms/d
mkdir ../small; mount -n -t tmpfs -o mode=755,size=8m tmpfs ../small; cp -a "$disk/." ../small/; chown --reference="$disk" ../small 2>/dev/null; mount -n --move ../small "$disk"
in_vm d 'echo own>own& md new& echo new>new\new'; is $rc 0 'a VM on a small disk'
fill() { # leave this many kB
    rm -f "$disk/fill"; local free; free=$(df -k --output=avail "$disk" | tail -1)
    fallocate -l $(((free - $1) * 1024)) "$disk/fill"
}
give_back() { rm -f "$disk/fill"; }
begin() { "$FVM" run --vm d "$pause" 600003 >../d.log 2>&1 & run=$!; await 20 grep -q ready ../d.log; rm ../d.log; }
finish() { "$FVM" stop d; wait $run 2>/dev/null; await 10 no_supervisor d; }
seen() { # what the VM sees of the folder
    in_vm d 'dir /s /b .& echo :& dir /s /b dir& type empty& type host& type own& type dir\in& type new\new& dir /b b38& dir /b b39& type text'; cksum <<<"$out$err"; echo "${out:0:1500}"
}
begin
for left in 0 4 16 36 64 68 84; do # the text takes 84
    fill $left
    fvm run --vm d ./append.exe text more; problem=$out
    like "$problem" '^(done|(open|write): error 112)$' "$left kB left: a copy is made, or the disk is full ($problem)"
    give_back
    in_vm d 'type text'; text=$out
    if [ "$problem" = done ]; then break; fi
    is "$(cksum <<<"$text")" "$(cksum <text)" 'then the VM sees the host'\''s file, whole'
done
is "$(cksum <<<"$text")" "$( (cat text; echo more) | cksum)" 'with space the copy is whole'
is "$(find "$disk/layers/1/work" -type f)" '' 'nothing half made is left'
fill 0; fvm run --vm d ./append.exe empty x; like "$out" 'error 112' 'not one byte left'
now=$(seen); give_back; finish; is "$(seen)" "$now" 'after a new start the VM is the same'
begin; fvm run --vm d ./append.exe empty x; is "$out" done 'the retry works'; in_vm d 'type empty'; is "$out" x 'and has written'

# Whatever succeeds on a full disk is there after a new start, whatever does not is not: names too.
{ for i in {1..40}; do echo "md a$i& ren a$i b$i"; done; echo 'echo more>>host'; echo 'ren dir moved'; echo 'ren moved dir'; echo 'del dir\in'
    echo 'rd dir\sub'; echo 'md dir\sub'; echo 'del empty'; echo 'rd /s /q new'; echo 'del own'; } >ops.bat
for left in 0 4 8; do
    fill $left; LIMIT=100 fvm run --vm d ./ops.bat; give_back
    now=$(seen); finish; is "$(seen)" "$now" "names changed with $left kB left: the same after a new start"
    in_vm d 'for /d %i in (a?* b?*) do @rd %i'; in_vm d 'echo own>own& md new& echo new>new\new& echo in>dir\in& md dir\sub'; begin
done
in_vm d 'del own& if not exist own echo gone'; is "$out" gone 'with space again all works'
finish; fvm diff d; is $rc 0 'and the layer is a layer'
rm ops.bat; is "$(host_state)" "$before" 'the host has changed in nothing'
umount "$disk"; "$FVM" delete d; cd ..

# --- two that copy the same files at once ----------------------------------------------------------------------------------------
mkdir many; cd many || exit 1; cp "$FVM_PROGRAMS/append.exe" .; seq 1 600000 >text
files=20; for ((i = 0; i < files; i++)); do cp text "f$i"; done
before=$(host_state)
wrong() { # which copies in the layer are not the host's text with at most this many x behind it
    local f
    for f in "$FVM_HOME/vms/$1/layers/1/files/Z$PWD"/f*; do
        [ -e "$f" ] || continue
        cmp -s -n "$(stat -c %s text)" text "$f" && [[ "$(tail -c +$(($(stat -c %s text) + 1)) "$f")" =~ ^x{0,$2}$ ]] || echo "${f##*/} "
    done
}
copies() { find "$FVM_HOME/vms/$1/layers/1/files/Z$PWD" -name 'f*' | wc -l; }
"$FVM" create --level shared two
for p in 1 2; do "$FVM" run --vm two ./append.exe loop f >"two$p.log" 2>&1 & runs[p]=$!; await 20 grep -q ready "two$p.log"; done
: >fgo; wait "${runs[@]}"; rm fgo
is "$(cat two1.log two2.log | tr -d '\r' | tr '\n' ' ')" 'ready open: error 2 ready open: error 2 ' 'two programs write to the same files at once' # there is no 21st
rm two?.log
is "$(copies two) $(wrong two 2)" "$files " 'each has one whole copy of each'
is "$(host_state)" "$before" 'and the host has its own'
"$FVM" delete two

# --- kill -9 of a program in the middle of a copy --------------------------------------------------------------------------------
rounds=${FVM_COPY_KILLS:-12} problems='' cut_short=0 temporaries=0
"$FVM" create --level shared k
"$FVM" run --vm k "$pause" 600004 >../k.log 2>&1 & run=$!; await 20 grep -q ready ../k.log
for ((i = 0; i < rounds; i++)); do
    : >../copy.log # what the one before said is no answer
    "$FVM" run --vm k ./append.exe loop f >../copy.log 2>&1 & copier=$!
    await 20 grep -q ready ../copy.log || problems+="round $i: did not start; "
    pid=$("$FVM" ps k | awk '/append.exe/ {pid = $3} END {print pid}')
    : >fgo; sleep "0.0$((i % 4))"; kill -9 "$pid" 2>/dev/null
    wait $copier 2>/dev/null; rm fgo
    grep -q 'error 2' ../copy.log || cut_short=$((cut_short + 1))
    temporaries=$((temporaries + $(find "$FVM_HOME/vms/k/layers/1/work" -type f | wc -l)))
    problems+=$(wrong k $rounds)
done
is "$problems" '' "$rounds kills ($cut_short in the middle, $temporaries half copies beside): $(copies k) copies, each whole"
ok 'some were killed in the middle' test $cut_short -gt 0
: >fgo; fvm run --vm k ./append.exe loop f; rm fgo
like "$out" 'open: error 2' 'the next program makes the others'
now=$(in_vm k 'dir /b f*'; cksum <<<"$out"); "$FVM" stop k; wait $run 2>/dev/null; await 10 no_supervisor k
is "$(copies k) $(wrong k $((rounds + 1)))" "$files " 'all are whole'
is "$(find "$FVM_HOME/vms/k/layers/1/work" -mindepth 1)" '' 'no half copy is left'
is "$(in_vm k 'dir /b f*'; cksum <<<"$out")" "$now" 'after a new start the VM has the same'
is "$(host_state)" "$before" 'and the host its own'
"$FVM" delete k; cd ..

kill -9 $holder; wait $holder 2>/dev/null
nothing_left 'nothing is left behind'
done_testing

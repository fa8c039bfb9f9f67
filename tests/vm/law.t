# The law of commit and discard, with random operation sequences:
#   create VM, run, commit == the same run natively;   discard == nothing happened.
# FVM_SEED, FVM_LAW_SEQUENCES (6), FVM_LAW_OPS (150). A failing sequence is made smaller by leaving out halves of it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
seed=${FVM_SEED:-$RANDOM} sequences=${FVM_LAW_SEQUENCES:-6} ops=${FVM_LAW_OPS:-150}
diag "FVM_SEED=$seed FVM_LAW_SEQUENCES=$sequences FVM_LAW_OPS=$ops"
base=$FVM_HOME/bases/default
export LANG=C.UTF-8; unset LC_ALL # else Wine knows no names but those of ASCII
user=$(sed -n 's/^user = //p' "$base/base.conf")
master=$PWD/master native=$PWD/native
cp -al "$base" "$master" # to begin anew from; nothing of it is ever changed
as_vm_user=(env)
if [ "$FVM_WHO" = root ]; then
    as_vm_user=(setpriv "--reuid=$(store_uid)" "--regid=$(store_uid)" --clear-groups)
    mkdir home; chown "$(store_uid)" home .
else
    mkdir home
fi
wine=/usr/lib/wine/wine64
plain() { # plain Wine in the copied prefix, as the user who owns it
    "${as_vm_user[@]}" env -i LANG=C.UTF-8 PATH="$PATH" HOME="$PWD/home" USER="$user" WINEPREFIX="$native" WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe=' \
        WINESERVER=/usr/lib/wine/wineserver64 "$@"
}
# Wine writes only to folders that are real copies; all else is shared by links, and compared with the rest at the end.
make_native() { # base folder
    rm -rf "$native"
    cp -al "$1/versions/$(cat "$1/current")" "$native"
    for part in drive_c/users 'drive_c/Program Files' drive_c/ProgramData system.reg user.reg userdef.reg .update-timestamp; do
        cp -a "$native/$part" "$native/part.new" && rm -rf "${native:?}/$part" && mv "$native/part.new" "$native/$part"
    done
    rm -rf "$native/dosdevices"; mkdir "$native/dosdevices"; ln -s ../drive_c "$native/dosdevices/c:"; ln -s / "$native/dosdevices/z:"
    [ "$FVM_WHO" = user ] || chown -h "$(store_uid)" "$native" "$native/dosdevices" "$native"/dosdevices/*
}
plain_ops() {
    plain "$wine" "$FVM_PROGRAMS/ops.exe" "$@" </dev/null
    plain /usr/lib/wine/wineserver64 -k; plain /usr/lib/wine/wineserver64 -w
}
# Values as sets: their order is nobody's business. Times and the server's own notes are left out.
registry() { # folder
    local hive
    for hive in system user userdef; do
        tr -d '\r' <"$1/$hive.reg" | awk -v hive=$hive '
            /^WINE REGISTRY|^;;|^#time|^#arch|^$/ { next }
            /^\[/ { key = $0; sub(/ [0-9]+$/, "", key); print hive, key; next }
            { line = line $0; if (sub(/\\$/, "", line)) { next } gsub(/,  /, ",", line); print hive, key, line; line = "" }'
    done | LC_ALL=C sort
}
# What plain Wine changes by its own start: in these places the two may differ.
ours_not='^-?[0-9]* .* (dosdevices|drive_c/windows/temp|drive_c/users/[^/]*/(AppData/Local/Temp|Temp))(/|$)'
ours_not_registry='\[Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\RunServices\]|\\\\ComputerName\] "ComputerName"=|\\\\Tcpip\\\\Parameters\] "Hostname"=|\[Volatile Environment\] "(LOGONSERVER|USERDOMAIN)"='
files() { "$FVM_PROGRAMS/tree_linux" "$1/drive_c" | grep -Ev "$ours_not"; }
# compare NAME: the base's current version with the prefix. @return are they equal?
compare() {
    local version
    version=$base/versions/$(cat "$base/current")
    diff <(files "$version") <(files "$native") >files.diff; diff <(registry "$version" | grep -Ev "$ours_not_registry") <(registry "$native" | grep -Ev "$ours_not_registry") >registry.diff
    [ ! -s files.diff ] && [ ! -s registry.diff ]
}
# one SEED [RANGE...]: from here on both worlds. @return do they agree?
one() {
    "$FVM" create law >/dev/null || return 1
    "$FVM" run --vm law "$FVM_PROGRAMS/ops.exe" run "$1" "$ops" "${@:2}" 2>sealed.err | tr -d '\r' >sealed.out
    await 10 no_supervisor law
    "$FVM" diff law >law.diff 2>&1
    "$FVM" commit law >commit.out 2>&1 || { echo "commit: $(cat commit.out)" >files.diff; "$FVM" delete law; return 1; }
    "$FVM" diff law >after.diff 2>&1
    "$FVM" delete law
    plain_ops run "$1" "$ops" "${@:2}" 2>plain.err | tr -d '\r' >plain.out
    diff sealed.out plain.out >results.diff
    compare && [ ! -s results.diff ] && [ "$(cat after.diff)" = 'nothing changed' ]
}
anew() { rm -rf "$base"; cp -al "$master" "$base"; chown --reference="$master" "$base" 2>/dev/null; make_native "$base"; }
show_failure() {
    diag "operations with another result: $(head -10 results.diff)"
    diag "files (< base after commit, > native): $(head -20 files.diff)"
    diag "registry: $(head -20 registry.diff)"
    diag "left in the VM after commit: $(head -5 after.diff)"
}
# Leave out ever smaller parts as long as it still fails.
shrink() { # seed
    local ranges="0 $ops" size=$((ops / 2)) until=$((SECONDS + 120)) tried at kept
    anew; if one "$1"; then diag "seed $1 fails only after the sequences before it"; return; fi
    while [ $size -ge 1 ] && [ $SECONDS -lt $until ]; do
        for ((at = 0; at < ops && SECONDS < until; at += size)); do
            tried=$(awk -v a=$at -v b=$((at + size)) '{ for (i = 1; i < NF; i += 2) { s = $i; e = $(i + 1);
                if (s < a) printf "%d %d ", s, (e < a ? e : a); if (e > b) printf "%d %d ", (s > b ? s : b), e } }' <<<"$ranges")
            [ -n "$tried" ] && [ "$tried" != "$ranges" ] || continue
            anew
            # shellcheck disable=SC2086
            one "$1" $tried || ranges=$tried
        done
        size=$((size / 2))
    done
    anew
    # shellcheck disable=SC2086
    one "$1" $ranges
    diag "seed $1 needs only operations: $ranges"
    diag "$(cat sealed.out)"
    show_failure
}

make_native "$base"
plain_ops dump >dump.plain 2>&1 # a first start of plain Wine, so that what it alone does is seen
compare; same=$?
is $same 0 "plain Wine's own start changes nothing that is compared"
[ $same = 0 ] || { diag "$(head -30 files.diff registry.diff)"; }
for ((i = 0; i < sequences; i++)); do
    if one $((seed + i)); then
        _result 0 "sequence $((seed + i)): commit == natively ($(grep -c . sealed.out) operations, $(grep -c ' 0$' sealed.out) did something, $(grep -c '^  ' law.diff) lines of diff)"
    else
        _result 1 "sequence $((seed + i)): commit == natively"
        show_failure
        shrink $((seed + i))
        anew
    fi
done
# The whole through Windows' eyes.
plain "$wine" "$FVM_PROGRAMS/ops.exe" dump 2>/dev/null | tr -d '\r' | sort >dump.plain
plain /usr/lib/wine/wineserver64 -k; plain /usr/lib/wine/wineserver64 -w
"$FVM" run "$FVM_PROGRAMS/ops.exe" dump 2>/dev/null | tr -d '\r' | sort >dump.sealed
is "$(diff dump.sealed dump.plain | head -20)" '' "names, attributes, set times, contents and values as Windows sees them are the same ($(wc -l <dump.plain) lines)"
ok 'and they are not few' test "$(wc -l <dump.plain)" -gt 40

# --- discard ------------------------------------------------------------------------------------
hash_base() { (cd "$base" && { "$FVM_PROGRAMS/tree_linux" . times; cat current base.conf; } | sha256sum); }
before=$(hash_base)
for ((i = 0; i < sequences; i++)); do
    "$FVM" create undo
    "$FVM" run --vm undo "$FVM_PROGRAMS/ops.exe" run $((seed + 1000 + i)) "$ops" >undo.out 2>&1
    await 10 no_supervisor undo
    "$FVM" diff undo >undo.diff 2>&1
    fvm discard undo; [ $rc = 0 ] || diag "$err"
    fvm diff undo
    is "$out" 'nothing changed' "sequence $((seed + 1000 + i)): nothing is left after discard (of $(grep -c '^  ' undo.diff) lines of diff)"
    if [ $i = 0 ]; then
        fvm run --vm undo "$FVM_PROGRAMS/ops.exe" dump; is "$(sort <<<"$out" | diff - dump.plain | head -10)" '' 'the VM sees what the base is'
        await 10 no_supervisor undo
    fi
    "$FVM" delete undo
done
is "$(hash_base)" "$before" 'the base is as it was, to the last time stamp'
nothing_left 'nothing is left'
done_testing

# The differential test of the files room: the same random NT calls outside, and in a VM over an equal folder, must give
# the same: status, information, bytes, names; then a new start of the VM must show the same tree. The lower folder never changes.
# Outside is the oracle. Many seeds are run by one process, each in a folder of its own; a seed that differs is cut down to the
# shortest list of calls that still does, and that is printed. Not compared, and why: docs/compat.md, "Shared VMs".
# FVM_DIFFER_FROM, FVM_DIFFER_TO: seeds; FVM_DIFFER_OPS: calls of each; FVM_DIFFER_WITHOUT=list,watch: kinds of calls to leave out;
# FVM_DIFFER_SED: what is not to be compared; FVM_DIFFER_SHOW: how many seeds are cut down (5);
# FVM_DIFFER_TODO: seeds that are known to differ, in place of those below (`FVM_DIFFER_TODO=`: none, all are cut down). `make differ` runs a million calls.
. "$(dirname "$0")/differ-shrink.sh"
. "$(dirname "$0")/lib.sh"
from=${FVM_DIFFER_FROM:-1} to=${FVM_DIFFER_TO:-400} ops=${FVM_DIFFER_OPS:-260} show=${FVM_DIFFER_SHOW:-5}
export FILES_RANDOM_WITHOUT=${FVM_DIFFER_WITHOUT:-} LIMIT=${FVM_DIFFER_LIMIT:-600}
# Seeds that differ and are not mended yet: said, not counted. One that is equal again must be taken out. 1253: a directory's time was set, for which
# this watch has no eyes; that is told with the engine's next touch. 3690: the case of a name below a directory that was moved.
todo_seeds=' 1253 3690 '
[ -z "${FVM_DIFFER_TODO+set}" ] || todo_seeds=" $FVM_DIFFER_TODO "
[ "$ops" = 260 ] && [ -z "$FILES_RANDOM_WITHOUT" ] || todo_seeds=' any '
probe=$(win "$PWD/files_random.exe"); cp "$FVM_NT_PROGRAMS/files_random.exe" .
# Two folders of one length, for answers tell how long names are: both sides run at once, each in its own.
below=$WINEPREFIX/drive_c/differ; trap 'end_server; clean; rm -rf "$work"' EXIT
clean() { chmod -R u+w "$below-o" "$below-i" 2>/dev/null; rm -rf "$below-o" "$below-i"; }
look() { (cd "$below-i" && find . -printf '%p %y %s %m %T@\n' | sort; find . -type f -print0 | sort -z | xargs -0 cat | cksum); }
# outside_does, inside_does WHAT: with the jobs in $jobs; the answer is in o.WHAT, i.WHAT
outside_does() { timeout -k 5 "$LIMIT" /usr/lib/wine/wine64 "$probe" "$1" jobs 'C:\differ-o' 2>"o.err" </dev/null | tr -d '\r' | sed "${FVM_DIFFER_SED:-}" >"o.$1"; }
inside_does() { (start "$vm" "$probe" "$1" jobs 'C:\differ-i' 2>"i.err" </dev/null) | tr -d '\r' | sed "${FVM_DIFFER_SED:-}" >"i.$1"; }
# What both sides say of each job, one file per job and side: o/NAME, i/NAME
part() { # SIDE
    rm -rf "$1"; mkdir "$1"
    awk -v side="$1" '/^== / { if (out) close(out); out = side "/" $2; next } out && !/^#/ { print >>out }' "$1.run" "$1.tree"
    tail -qn 1 "$1.run" "$1.tree" | grep -vx '== end' >/dev/null && echo "ended early: $(grep '^== ' "$1.run" | tail -1) $(tail -1 "$1.run" | cut -c1-200) $(head -3 "$1.err")" >"$1/early"
    return 0
}
# do_jobs: all that is in `jobs`, in a VM that is made for it; names of those that differ are in $differing
vm=1000 differing='' touched=''
do_jobs() {
    local before
    clean; mkdir "$below-o"; vm=$((vm + 1))
    outside_does fill; [ "$(tail -n 1 o.fill)" = '== end' ] || { diag "fill: $(cat o.err)"; exit 1; }
    cp -a "$below-o" "$below-i"; [ -n "${todo:-}" ] || before=$(look)
    { inside_does run; inside_does tree; } & local inner=$!
    { outside_does run; outside_does tree; } & wait $! $inner
    part o; part i
    [ -n "${todo:-}" ] || [ "$before" = "$(look)" ] || touched+="$(head -n 1 jobs | cut -d' ' -f1)... "
    differing=$(diff -rq o i | sed -nE 's/^Files o\/(.*) and .*/\1/p; s/^Only in [oi]: (.*)/\1/p' | sort -V | tr '\n' ' ')
    chmod -R u+w "layer$vm" 2>/dev/null; rm -rf "layer$vm"
}
batch=${FVM_DIFFER_BATCH:-100} equal=0 differ='' to_shrink='' todo='' known='' surprises='' succeeded=0 called=0 looked_at=0
run_seeds() { # SEED...: counted, and kept if they differ
    local s name
    for s; do echo "s$s $s $ops"; done >jobs
    do_jobs; looked_at=$((looked_at + $#))
    read -r called succeeded <<<"$(awk -v c=$called -v s=$succeeded '/^#.*succeeded$/ { s += $3; c += $5 } END { print c, s }' o.run)"
    equal=$((equal + $# - $(wc -w <<<"$differing")))
    for s; do
        [[ $todo_seeds == *" $s "* && " $differing" != *" s$s "* ]] && surprises+="$s "
    done
    for name in $differing; do
        [[ $todo_seeds != *" ${name#s} "* ]] || { known+="${name#s} "; continue; }
        differ+="$name "
        [ "$show" -gt 0 ] || { diag "seed ${name#s} (< outside, > inside)"; diag "$(diff "o/$name" "i/$name" | head -n 4 | cut -c1-300)"; continue; }
        show=$((show - 1)); mkdir -p kept; [ "$name" = early ] && { diag "$(cat [oi]/early)"; continue; }
        cp "o/$name" "kept/o-$name"; cp "i/$name" "kept/i-$name"; to_shrink+=" $name"
    done
}
for ((seed = from; seed <= to; seed += batch)); do
    # shellcheck disable=SC2046
    run_seeds $(seq $seed $((seed + batch - 1 < to ? seed + batch - 1 : to)))
done
# Those that showed something when a million calls were made.
[ -n "${FVM_DIFFER_FROM:-}" ] || run_seeds 1017 1047 1121 1545 1749 1841 2035 2153 2236 2851 3720 3736 4067 4426
todo=$to_shrink; for name in ${todo:-}; do shrink "$name"; done
is "$touched" '' "the folder below never changes"
[ -z "$known" ] || diag "known to differ: $known"
[ -z "$surprises" ] || diag "equal now, though it is in todo_seeds: $surprises"
is "$differ" '' "$equal of $looked_at seeds (from $from to $to, $called calls, $succeeded succeeded) are equal to the last byte, the others are known"
# Else an answer that is always the same would be equal, too.
ok 'most calls succeed' test $((succeeded * 2)) -gt $called
done_testing

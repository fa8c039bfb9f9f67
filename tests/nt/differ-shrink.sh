# tests/nt/differ-shrink.sh: cut a seed that differs down to the fewest calls that still differ. For differ.t, which has do_jobs.
# First the calls up to the first difference. Then it is tried to leave out each of 16 parts of them, all tries in one run, and then
# all parts at once that could be left out alone; again with what is left, until no single call can.

# numbers of the calls to be kept, one per line -> "COUNT FROM TO FROM TO...", as a job says it
as_job() { awk 'BEGIN { next_one = 0 } { if ($1 > next_one) text = text " " next_one " " $1; next_one = $1 + 1 } END { print next_one text }'; }
# The first call that both sides answer differently; nothing if only the tree differs.
first_difference() { diff "$1" "$2" | sed -nE 's/^[<>] ([0-9]+) [a-z-]+( .*|$)/\1/p' | sort -n | head -n 1; }
# Without the parts that are given of $parts: to the file try.N
try() { # N PART...
    local n=$1; shift
    awk -v parts="$parts" -v out=" $* " -v all="$(wc -l <kept/calls)" '{ part = int((NR - 1) * parts / all) + 1; if (index(out, " " part " ") == 0) print }' kept/calls >"try.$n"
    [ ! -s "try.$n" ] || echo "t$n $seed $(as_job <"try.$n")" >>jobs
}
# Take the first try that still differs. @return 1: none does
take() {
    local n
    for n in $differing; do
        [ -f "o/$n" ] && [ -f "i/$n" ] || continue
        mv "try.${n#t}" kept/calls; cp "o/$n" kept/o; cp "i/$n" kept/i
        return 0
    done
    return 1
}
shrink() { # NAME of a job: sSEED
    local name=$1 seed=${1#s} first parts=1 rounds=0 i alone
    first=$(first_difference "kept/o-$name" "kept/i-$name"); : >jobs
    seq 0 "${first:-$((ops - 1))}" >kept/calls; try 1 none
    seq 0 $((ops - 1)) >kept/calls; try 2 none
    # What is not there again was a matter of time: said, not counted.
    do_jobs; take || { differ=${differ/"$name "/}; diag "seed $seed differed, and does not when it is run again"; diag "$(diff "kept/o-$name" "kept/i-$name" | head -6)"; return; }
    while [ $rounds -lt 12 ]; do
        rounds=$((rounds + 1)); : >jobs; parts=$(wc -l <kept/calls)
        [ "$parts" -gt 1 ] || break
        [ "$parts" -le 16 ] || parts=16
        for ((i = 1; i <= parts; i++)); do try "$i" "$i"; done
        do_jobs; alone=$(tr -d t <<<"$differing")
        [ -n "${alone// /}" ] || { [ "$parts" -lt 16 ] && break; [ "$(wc -l <kept/calls)" -gt 16 ] || break; parts=$(wc -l <kept/calls); : >jobs; for ((i = 1; i <= parts; i++)); do try "$i" "$i"; done; do_jobs; alone=$(tr -d t <<<"$differing"); [ -n "${alone// /}" ] || break; }
        # All of them, half of them, ... one
        : >jobs; i=0; set -- $alone
        while :; do
            i=$((i + 1)); try "$i" "$@"
            [ $# -gt 1 ] || break
            set -- "${@:1:$(($# / 2))}"
        done
        do_jobs; take || break
    done
    diag "seed $seed: $(wc -l <kept/calls) calls of $ops still differ (job: s$seed $seed $(as_job <kept/calls))"
    diag "$(diff -U 1000 kept/o kept/i | tail -n +4 | grep -aE '^[-+]|^ [0-9]+ |^ end' | cut -c1-400)"
}

#!/bin/bash
# tests/nt/conformance.sh [MODULE TEST]...: Wine's own tests of files, processes, the registry, IPC and services, outside
# and inside a VM of the engine: do they find the same? tools/get-conformance-tests.sh builds them. Prints a table and,
# for each line of a test that was there outside only (-) or inside only (+), that line; ends with 1 if
# tests/nt/conformance.known explains one of them by nothing, or explains what is not seen. Each test runs outside twice:
# what differs there counts for nothing, or, if only numbers differ, numbers do not count in that line of the source.
set -eu
cd "$(dirname "$0")/../.."
tests=build/conformance known=tests/nt/conformance.known
. tests/nt/kit.sh
kit=$kit/conformance prefix=$WINEPREFIX wine=/usr/lib/wine/wine64
mkdir -p "$kit"

win() { sed 's|/|\\|g; s|^|Z:|' <<<"$1"; } # a Linux path as Windows names it
run_one() { # WAY (outside, again, inside) MODULE TEST: what it prints is in $kit/WAY/MODULE-TEST.txt
    local way=$1 name=$2-$3 rc=0 vm=() exe
    local work=$kit/$way/$name
    exe=$(win "$PWD/$tests/$2_test.exe")
    rm -rf "$work" "$work-layer" "$prefix"/drive_c/users/*/Temp/*
    mkdir -p "$work" "$work-layer"
    [ "$way" != inside ] || vm=("$PWD/build/engine/fvmstart.exe" --vm 77 --layer "$(win "$work-layer")" --alias "$(win "$prefix/drive_c")=C:")
    (cd "$work" && timeout -k 5 "${LIMIT:-120}" "$wine" "${vm[@]}" "$exe" "$3") >"$work.txt" 2>"$work.err" </dev/null || rc=$?
    case $rc in
    124 | 137) echo "the time limit passed" >>"$work.txt" ;;
    esac
    # The test's own children may say more; the last summary is its own.
    tr -d '\r' <"$work.txt" | sed -nE "s/^[0-9a-f]+:$3: ([0-9]+) tests executed \(([0-9]+) marked as todo, .* ([0-9]+) failures?\), ([0-9]+) skipped.*/\1 \2 \3 \4/p" |
        tail -1 >"$work.sum"
    [ -s "$work.sum" ] || echo "no summary" | tee -a "$work.txt" >"$work.sum"
    tr -d '\r' <"$work.txt" | grep -aE '^[a-z0-9_]+\.c:[0-9]+: Tests? (failed|succeeded|skipped|marked)|unhandled exception|^no summary|^the time limit' |
        sed -E 's/^[0-9a-f]+:([a-z0-9]+: unhandled)/\1/; s/\b0{16}\b/NULL/g; s/\b0{4}[0-9a-f]{12}\b/PTR/g' | sort -u >"$work.lines"
}
place() { sed -E 's/^([a-z0-9_]+\.c:[0-9]+): .*/\1/'; }
# Each line as PLACE KIND, MESSAGE, without numbers where they differ outside; nothing of what is not always there outside.
seen() { # FILE WOBBLY FLICKERING
    awk -v wobbly="$2" -v flickering="$3" '
        BEGIN { while ((getline line < wobbly) > 0) wobbles[line]; while ((getline line < flickering) > 0) flickers[line] }
        { split($0, part, ": "); place = part[1] }
        place in flickers { next }
        place in wobbles { head = place ": "; rest = substr($0, length(head) + 1)
            gsub(/foo[0-9a-f]+\.tmp/, "foo#.tmp", rest); gsub(/[0-9a-f]*[0-9][0-9a-f]*/, "#", rest); $0 = head rest }
        { print }' "$1" | sort -u
}
compare_one() { # MODULE TEST: differences are appended to $kit/differences
    local name=$1-$2 same=yes count
    local o=$kit/outside/$name a=$kit/again/$name i=$kit/inside/$name w=$kit/$1-$2
    : >"$kit/none"
    comm -3 "$o.lines" "$a.lines" | tr -d '\t' | place | sort -u >"$w.wobbly"
    comm -3 <(seen "$o.lines" "$w.wobbly" "$kit/none") <(seen "$a.lines" "$w.wobbly" "$kit/none") | tr -d '\t' | place | sort -u >"$w.flickering"
    {
        comm -23 <(seen "$o.lines" "$w.wobbly" "$w.flickering") <(seen "$i.lines" "$w.wobbly" "$w.flickering") | sed "s/^/$1 $2: - /"
        comm -13 <(seen "$o.lines" "$w.wobbly" "$w.flickering") <(seen "$i.lines" "$w.wobbly" "$w.flickering") | sed "s/^/$1 $2: + /"
    } >"$w.differences"
    # How many were executed follows from what they found, and from what is there: processes, variables.
    awk -v name="$1 $2" 'NR == FNR { outside = $1; next }
        outside == "no" || $1 == "no" || $1 < outside * 0.9 { print name ": counts: " $1 " tests inside, " outside " outside" }' \
        "$o.sum" "$i.sum" >>"$w.differences"
    count=$(wc -l <"$w.differences")
    [ "$count" = 0 ] || same="$count lines"
    cat "$w.differences" >>"$kit/differences"
    printf '%-18s  %-22s  %-22s  %s\n' "$1 $2" "$(<"$o.sum")" "$(<"$i.sum")" "$same"
}
# Known: "REGEX # REASON" per line; "?REGEX" may be absent.
explain() { # prints what is known by its reasons, what is not line by line; 1 if one is not known or a known one not there
    local line regex optional count result=0
    : >"$kit/explained"
    while IFS= read -r line; do
        case $line in '' | '#'*) continue ;; esac
        regex=${line%% \# *} optional=
        [ "${regex:0:1}" != '?' ] || { regex=${regex:1} optional=1; }
        grep -E -- "^$regex" "$kit/differences" >"$kit/match" || true
        cat "$kit/match" >>"$kit/explained"
        count=$(wc -l <"$kit/match")
        if [ "$count" -gt 0 ]; then
            printf '%4d lines of %s: %s\n' "$count" "${regex%%:*}" "${line#* \# }"
        elif [ -z "$optional" ] && grep -qxF -- "${regex%%:*}" "$kit/ran"; then
            echo "known, but not there any more: $regex"
            result=1
        fi
    done <"$known"
    while IFS= read -r line; do
        grep -qxF -- "$line" "$kit/explained" || { echo "NEW: $line"; result=1; }
    done <"$kit/differences"
    return $result
}

[ -e $tests/version ] || tools/get-conformance-tests.sh
todo=("$@")
if [ ${#todo[@]} = 0 ]; then
    for list in "$tests"/*_test.list; do
        for test in $(<"$list"); do todo+=("$(basename "$list" _test.list)" "$test"); done
    done
fi
"$server" -k >/dev/null 2>&1 && "$server" -w
"$server" -p60 >"$kit/server.log" 2>&1
: >"$kit/differences"; : >"$kit/ran"
printf '%-18s  %-22s  %-22s  %s\n' 'tests todo failed skipped:' '   outside' 'inside' 'same?'
for ((n = 0; n < ${#todo[@]}; n += 2)); do
    for way in outside inside again; do run_one $way "${todo[@]:n:2}"; done
    compare_one "${todo[@]:n:2}"
    echo "${todo[n]} ${todo[n + 1]}" >>"$kit/ran"
done
code=0
explain || code=1
"$server" -k >/dev/null 2>&1 && "$server" -w || true
[ $code = 0 ] && echo "conformance: every difference is explained"
exit $code

# The confinement matrix: every mechanism of tests/nt/matrix/ is offered by one side and tried by another, five ways; then the
# host and two VMs offer all of it at once, under the same names, and a program of each tries what it finds.
# What is expected of each stands in tests/nt/matrix/expected.txt. What was found is docs/matrix.md, which must be the same
# (`make matrix-doc` writes it) and, a cell a line, in the file FVM_MATRIX_CELLS (`make check-matrix`).
# The row AttachConsole is what shows NtDeviceIoControlFile of the processes room.
tree=$PWD
. "$(dirname "$0")/lib.sh"
table=$tree/tests/nt/matrix/expected.txt
cp "$FVM_NT_PROGRAMS/matrix.exe" .; program=$(win "$PWD/matrix.exe")
# Each with who offers in it: a host; a VM that another one, or the host, or itself looks for.
directions=('host->VM' 'VM->host' 'VM->other VM' 'inside VM' 'host alone' 'all at once') offerers=(host vm1 vm1 vm1 host) places=(vm4 vm5 host)

runs() { # WHO ARG...: becomes the program there
    local who=$1; shift
    if [ "$who" = host ]; then exec timeout -k 5 120 /usr/lib/wine/wine64 "$program" "$@"; else LIMIT=120 start "${who#vm}" "$program" "$@"; fi
}
# What files there are before somebody offers: what begins with "-" is nobody's.
lay_out() {
    rm -rf made.txt renamed.txt link.txt changed.txt:stream listed-* watched matrix.socket; mkdir watched
    local name; for name in changed deleted from attribute linked mapped locked alone alonewrite; do rm -f $name.txt; printf '%-16s' - >$name.txt; done
}
declare -A offering
offers() { # WHO: in the background, until ends
    : >asked-$1.txt; : >log-$1.txt
    (runs "$1" offer "$1") <asked-$1.txt >>log-$1.txt 2>offer-$1.err & offering[$1]=$!
    ok "$1 offers" await 60 grep -q '^ready' log-$1.txt
}
ends() { echo end >>asked-$1.txt; wait ${offering[$1]}; is "$(grep -c '^ended' log-$1.txt)" 1 "$1 leaves nothing"; }
reaches() { # DIRECTION'S NUMBER, WHO, WHO OFFERS
    (runs "$2" reach "$1-$2") <log-$3.txt >out.txt 2>>asked-$3.txt; rc=$?
    tr -d '\r' <out.txt >"found$1-$2.txt"; is "$rc" 0 "${directions[$1]}: $2 tried all of it"
    [ $rc = 0 ] || diag "it ended with $rc at: $(grep '^#' asked-$3.txt | tail -1) $(grep ^stuck "found$1-$2.txt")"
    ln -sf "found$1-$2.txt" "found$1.txt"
}
# What came to others than the place that was meant, each of which looks at all it has first.
strays() { # WHO: the one who tries
    local who cb=()
    for who in "${places[@]}"; do cb+=($(($(wc -c <log-$who.txt) + 1))); done
    reaches 5 "$1" "$1"
    for who in "${places[@]}"; do
        [ $who = "$1" ] || { echo "round stray-$1" >>asked-$who.txt; ok "$who has looked" await 60 grep -q "^done stray-$1" log-$who.txt
            tail -c +${cb[0]} log-$who.txt | sed -n "s/^heard \(.*\)/\1\t$1->$who/p" >>strays.txt; }
        cb=("${cb[@]:1}")
    done
}

outside reg add 'HKCU\Software\FvmMatrixTicks' /f # a key of the host's that all watch
for vm in 2 3; do (runs vm$vm idle) >idle$vm.txt 2>&1 </dev/null & idle[vm]=$!; done
lay_out; offers host; reaches 0 vm3 host; reaches 4 host host; ends host
lay_out; offers vm1; reaches 1 host vm1; reaches 2 vm2 vm1; reaches 3 vm1 vm1; ends vm1
lay_out; : >strays.txt; for who in "${places[@]}"; do offers $who; done; for who in "${places[@]}"; do strays $who; done; for who in "${places[@]}"; do ends $who; done
outside reg delete 'HKCU\Software\FvmMatrixTicks' /f
kill "${idle[@]}"; wait "${idle[@]}" 2>/dev/null

# --- what was expected, and what was found
declare -A kinds=([own]='confined confined confined works works apart' [seen]='reached confined confined works works apart'
    [ruled]='confined reached confined works works apart' [shared]='reached reached reached works works mixed'
    [lacking]='confined confined confined lacking lacking lacking')
declare -A found
for i in 0 1 2 3 4; do
    yes=reached no=confined; [ $i -lt 3 ] || yes=works no=lacking
    while IFS=$'\t' read -r name whose how; do
        case $whose in
        "${offerers[i]}") found[$i $name]=$yes ;;
        nothing) found[$i $name]=$no ;;
        *) found[$i $name]="something of '$whose'" ;; # nobody's word is right
        esac
    done <"found$i.txt"
done
declare -A strayed at_once seen
while IFS=$'\t' read -r name where; do strayed[$name]+=" $where"; done <strays.txt
for who in "${places[@]}"; do while IFS=$'\t' read -r name whose how; do at_once[$name]+=" $who:$whose"; [ "$how" = proved ] || seen[$name]=1; done <found5-$who.txt; done
for name in "${!at_once[@]}"; do
    case ${at_once[$name]}${strayed[$name]:-} in
    ' vm4:vm4 vm5:vm5 host:host') found[5 $name]=apart; [ -z "${seen[$name]:-}" ] || found[5 $name]=there ;;
    ' vm4:nothing vm5:nothing host:nothing') found[5 $name]=lacking ;;
    *) found[5 $name]=mixed ;;
    esac
done
sed -n '/^#/!s/ | .*//p' "$table" >names.txt
for i in 0 1 2 3 4 5; do is "$(cut -f1 "found$i.txt" | diff names.txt -)" '' "${directions[i]}: the table's mechanisms, in its order"; done
ok "at least 45 mechanisms work in the host and in a VM ($(wc -l <names.txt) in all)" test "$(grep -c $'\tvm1' found3.txt)" -ge 45

{
    cat <<'DOC'
# The confinement matrix of shared VMs

Written by `make matrix-doc`, which runs tests/nt/matrix.t; that test fails when this page is not what it finds. Each mechanism (tests/nt/matrix/)
is offered by one program and tried by another, and counts as reached when something came across: a token was read, a signal was heard.
"Confined": nothing came. "Works", "lacking": the same within one place, where nothing is to be kept apart. "All at once": the host and two VMs
offer it under the same name, and a program of each tries it. "Apart": each reached its own place's, nothing came to another; "there": the same, but one sees only that it is there, and not whose it is.
Seen under Wine 8 only.

| mechanism | host->VM | VM->host | VM->other VM | inside VM | host alone | all at once | reason |
|---|---|---|---|---|---|---|---|
DOC
} >matrix.md
: >cells.txt
while IFS='|' read -r name kind reason; do
    name=${name% } kind=${kind# } kind=${kind% } reason=${reason# } row=''
    read -ra expected <<<"${kinds[${kind% *}]:-$kind}"
    [ "${kind#* }" = "$kind" ] || expected[5]=${kind##* }
    [ "${kind%% *}" = own ] || like "$reason" . "$name: a reason is given"
    for i in 0 1 2 3 4 5; do
        printf '%-36s %-13s expected %-9s found %s\n' "$name" "${directions[i]}" "${expected[i]}" "${found[$i $name]:-}" >>cells.txt
        is "${found[$i $name]:-}" "${expected[i]}" "$name: ${directions[i]}"
        [ $i -lt 5 ] || [ "${found[5 $name]}" = "${expected[5]}" ] || diag "found:${at_once[$name]}, strayed:${strayed[$name]:-}"
        row+=" ${found[$i $name]:-} |"
    done
    echo "| ${name//\\/\\\\} |$row $reason |" >>matrix.md
done < <(grep -v '^#' "$table")
[ -z "${FVM_MATRIX_CELLS:-}" ] || cp cells.txt "$FVM_MATRIX_CELLS"
[ -z "${FVM_MATRIX_DOC:-}" ] || cp matrix.md "$FVM_MATRIX_DOC"
is "$(diff "$tree/docs/matrix.md" matrix.md)" '' 'docs/matrix.md is what was found; else: make matrix-doc'
done_testing

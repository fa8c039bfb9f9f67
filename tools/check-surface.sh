#!/bin/bash
# tools/check-surface.sh [--update | --complete] [HANDLERS]: is every system call in src/engine/surface.txt, and rightly?
#   each call of the installed Wine's ntdll.dll and win32u.dll, and each name in src/engine/exports/*.txt, has a line;
#   a line is NAME, ROOM, VERDICT, REASON between tabs; lines are sorted and no call has two
#   each handler (ROOM_NtName( in src/rooms and src/engine, or one a line in the file HANDLERS) is of a hook or refuse
#   --complete: each hook has a handler, and a test names it. Without it these are counted only
#   --update: first add what the installed Wine has to its lists in src/engine/exports
set -u
export LC_ALL=C
came_from=$PWD
cd "$(dirname "$0")/.." || exit 1
surface=src/engine/surface.txt lists=src/engine/exports tool=build/tools/list_syscalls
rooms='files registry objects pipes rpc services windows network processes memory system -'
mode=''
case ${1:-} in
--update | --complete) mode=$1; shift ;;
-*) echo "usage: $0 [--update | --complete] [HANDLERS]" >&2; exit 2 ;;
esac
given=${1:+$(cd "$came_from" && realpath -- "$1")}
bad=0
complain() { echo "$*"; bad=1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

if [ ! -e $tool ] || [ tools/list_syscalls.c -nt $tool ]; then
    mkdir -p build/tools
    ${CC:-gcc} -std=gnu11 -O2 -Wall -Wextra -Wconversion -Werror -o $tool tools/list_syscalls.c || exit 1
fi
names() { grep -v '^#' "$1" | cut -f1; } # of a list, or of the surface
[ -f $surface ] || { echo "$surface: missing"; exit 1; }
for list in wine8-ntdll wine8-win32u wine10-ntdll wine10-win32u windows11; do
    [ -f "$lists/$list.txt" ] || complain "$lists/$list.txt: missing"
done
[ -z "$given" ] || [ -r "$given" ] || { echo "$given: cannot be read"; exit 1; }

# What is installed: DLL-NAME PATH, of both bitnesses.
installed() {
    local folder dll
    for folder in /usr/lib/*/wine/*-windows /usr/lib/wine/*-windows /opt/wine*/lib*/wine/*-windows \
        ${WINEDLLPATH:+${WINEDLLPATH//:/\/*-windows }/*-windows}; do
        for dll in ntdll win32u; do
            [ ! -f "$folder/$dll.dll" ] || echo "$dll $folder/$dll.dll"
        done
    done | sort -u
}
# A Zw* name is its Nt* call.
without_zw() { awk '/^Zw/ { $0 = "Nt" substr($0, 3) } { print }' | sort -u; }

names $surface | sort -u >"$work/surface"
version=$(${WINE:-wine} --version 2>/dev/null | sed -n 's/^wine-\([0-9]*\).*/\1/p')
touch "$work/working" "$work/no-stub" "$work/missing"
missing() { comm -23 - "$work/surface" | sed "s|\$|\t$1|" >>"$work/missing"; } # WHERE; names on stdin
installed >"$work/installed"
for dll in ntdll win32u; do
    grep -q "^$dll " "$work/installed" || complain "$dll.dll: no Wine is installed that could be listed"
done
while read -r dll path; do
    if ! $tool "$path" >"$work/all" || ! $tool --others "$path" >"$work/others"; then
        complain "$path: cannot be listed"
        continue
    fi
    without_zw <"$work/all" >"$work/calls"
    [ -s "$work/calls" ] || complain "$path: no system call in it has a known shape"
    list=$lists/wine$version-$dll.txt
    [[ $path == /usr/* ]] || list='' # WINEDLLPATH may lead to another version
    if [ "$mode" = --update ] && [ -n "$list" ] && [ -e "$list" ]; then
        { grep '^#' "$list"; { names "$list"; cat "$work/calls"; } | sort -u; } >"$work/new"
        cat "$work/new" >"$list"
    fi
    if [ -n "$list" ] && [ -e "$list" ]; then
        while read -r name; do
            complain "$list: lacks $name, a call of $path (tools/check-surface.sh --update)"
        done < <(comm -23 "$work/calls" <(names "$list" | sort -u))
    fi
    # What Wine does not implement needs no line; other code without a stub does.
    awk -F'\t' '$2 == "plain code" { print $1 }' "$work/others" | without_zw >"$work/plain"
    sort -u "$work/calls" "$work/plain" | missing "$path"
    cat "$work/calls" >>"$work/working"
    cat "$work/plain" >>"$work/no-stub"
done <"$work/installed"

for list in "$lists"/*.txt; do
    names "$list" | sort -u | missing "$list"
    while read -r problem; do
        complain "$list: $problem"
    done < <(names "$list" | awk '
        !/^[A-Za-z_][A-Za-z0-9_]*$/ { print "\"" $0 "\" is no name" }
        NR > 1 && $0 == last { print $0 " is there twice" }
        NR > 1 && $0 < last { print $0 " is not in its place" }
        { last = $0 }')
    [[ $list != */wine* ]] || names "$list" >>"$work/working"
done
while IFS=$'\t' read -r name where; do
    complain "$surface: no line for $name, of $where"
done < <(awk -F'\t' '!($1 in said) { said[$1]; print }' "$work/missing")
sort -u -o "$work/working" "$work/working"

while read -r problem; do
    complain "$surface:$problem"
done < <(awk -F'\t' -v rooms="$rooms" -v working="$work/working" '
    function say(what) { print FNR ": " $1 ": " what }
    BEGIN {
        count = split(rooms, list, " ")
        for (i = 1; i <= count; i++) room[list[i]]
        verdict["hook"]; verdict["pass"]; verdict["refuse"]
        while ((getline name <working) > 0) seen[name]
    }
    /^#/ { next }
    NF != 4 { say("it has " NF " columns, not 4"); next }
    $1 !~ /^[A-Za-z_][A-Za-z0-9_]*$/ { say("it is no name") }
    !($2 in room) { say("no room is called \"" $2 "\"") }
    !($3 in verdict) { say("\"" $3 "\" is no verdict") }
    {
        reason = $4
        tag = ""
        if (match(reason, / ?\[[^]]*\]$/)) {
            tag = substr(reason, RSTART)
            reason = substr(reason, 1, RSTART - 1)
        }
        if (reason !~ /[A-Za-z]/) say("it gives no reason")
        if (tag != "" && tag != " [?unseen]" && tag != " [no stub]") say("unknown mark" tag)
        if (tag == " [?unseen]" && $1 in seen) say("is marked [?unseen], but a Wine has it")
        if (tag == "" && !($1 in seen)) say("no Wine here or in the lists has it: it needs the mark [?unseen] or [no stub]")
        if (lines++ && $1 == last) say("has two lines")
        if (lines > 1 && $1 < last) say("is not in its place; sort the lines by name")
        last = $1
    }' $surface)

verdicts() { awk -F'\t' -v wanted="$1" '!/^#/ && index(wanted, $3) { print $1 }' $surface | sort -u; }
verdicts 'hook refuse' >"$work/kept"
# Names of calls that have a handler. Those that do not begin with Nt are known by the surface only.
if [ -n "$given" ]; then
    cat "$given"
else
    grep -hoE '\b[a-z]+_[A-Za-z_][A-Za-z0-9_]*\(' src/rooms/*/*.c src/engine/*.c 2>/dev/null
fi | sed 's/[( ].*//; s/^[a-z]*_//' | sort -u >"$work/identifiers"
{ grep -E '^Nt[A-Z]' "$work/identifiers"; grep -v '^Nt' "$work/surface" | comm -12 - "$work/identifiers"; } |
    sort -u >"$work/handlers"
while read -r name; do
    complain "$surface: $name has a handler, but no line with hook or refuse"
done < <(comm -23 "$work/handlers" "$work/kept")
verdicts hook >"$work/hooks"
grep -rhoE --include='*.[ct]' '\b(Nt[A-Z]|Rtl|_*wine_)[A-Za-z0-9_]+' tests | sort -u >"$work/tested"
comm -23 "$work/hooks" "$work/handlers" >"$work/to-write"
comm -12 "$work/hooks" "$work/handlers" | comm -23 - "$work/tested" >"$work/to-test"
if [ "$mode" = --complete ]; then
    while read -r name; do complain "$surface: $name is to be hooked and has no handler"; done <"$work/to-write"
    while read -r name; do complain "$surface: $name is hooked and no test names it"; done <"$work/to-test"
fi

awk -F'\t' -v rooms="$rooms" '
    !/^#/ { count[$2, $3]++; total[$3]++ }
    function row(name, a, b, c) { printf "%-10s %6d %6d %6d %6d\n", name, a, b, c, a + b + c }
    END {
        printf "%-10s %6s %6s %6s %6s\n", "room", "hook", "pass", "refuse", "all"
        number = split(rooms, list, " ")
        for (i = 1; i <= number; i++)
            row(list[i], count[list[i], "hook"], count[list[i], "pass"], count[list[i], "refuse"])
        row("all", total["hook"], total["pass"], total["refuse"])
    }' $surface
echo "$(wc -l <"$work/to-write") hooks still to be written, $(wc -l <"$work/to-test") written ones that no test names"
without_stub=$(sort -u "$work/no-stub" | comm -12 - "$work/kept" | tr '\n' ' ')
[ -z "$without_stub" ] || echo "to be hooked or refused, but without a stub in the installed Wine: $without_stub"
[ $bad = 0 ] && echo "surface: complete"
exit $bad

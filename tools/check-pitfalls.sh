#!/bin/bash
# tools/check-pitfalls.sh [TREE]: docs/pitfalls.md has each pitfall of the engine once, and what its rows quote is there.
# A row: | number | what | FILE "phrase"; FILE "phrase" |. FILE is a test, a part of one, or a document.
set -u
cd "${1:-$(dirname "$0")/..}" || exit 1
table=docs/pitfalls.md bad=0
complain() { echo "$table: $*"; bad=1; }
find_file() { # NAME: files of that name, tests first
    find tests docs HACKING.md src/engine -name "$1" -type f 2>/dev/null
}
wanted=$(seq 1 47; seq 75 89; seq 103 114)
got=$(sed -n 's/^| \([0-9]*\) |.*/\1/p' $table)
missing=$(comm -3 <(sort <<<"$wanted") <(sort <<<"$got") | tr -d '\t' | tr '\n' ' ')
[ -z "$missing" ] || complain "one row for each, please: $missing"
while IFS='|' read -r _ number _ shown _; do
    number=${number// /} quotes=0
    while [[ $shown =~ ([A-Za-z0-9_.-]+)\ \"([^\"]+)\"(.*) ]]; do
        file=${BASH_REMATCH[1]} phrase=${BASH_REMATCH[2]} shown=${BASH_REMATCH[3]} quotes=$((quotes + 1))
        mapfile -t files < <(find_file "$file")
        if [ ${#files[@]} = 0 ]; then complain "$number: no file $file"; continue; fi
        grep -qF -- "$phrase" "${files[@]}" || complain "$number: '$phrase' is not in ${files[*]}"
    done
    [ $quotes -gt 0 ] || complain "$number: nothing is named"
done < <(grep -E '^\| [0-9]+ \|' $table)
[ $bad = 0 ] && echo "pitfalls: $(wc -l <<<"$got") rows, each shown"
exit $bad

#!/bin/bash
# tools/check-sizes.sh: files up to 600 lines, headers up to 150 (interfaces with long contracts: 250), functions up to 60.
cd "$(dirname "$0")/.." || exit 1
bad=0
for file in $(git ls-files --cached --others --exclude-standard '*.c' '*.h'); do
    [ -f "$file" ] || continue
    lines=$(wc -l <"$file")
    case $file in
    src/*.h) limit=250 ;;
    *) limit=600 ;;
    esac
    [ "$lines" -le $limit ] || { echo "$file: $lines lines, at most $limit"; bad=1; }
    awk -v file="$file" '
        /^[a-zA-Z_].*[^;]$/ && !/^(struct|enum|union|static const|typedef|#)/ { name = $0 }
        /^\{/ { start = NR }
        /^\}/ { if (start && NR - start > 61) { printf "%s:%d: function of %d lines: %s\n", file, start, NR - start, name; bad = 1 } start = 0 }
        END { exit bad }' "$file" || bad=1
done
exit $bad

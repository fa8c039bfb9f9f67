#!/bin/bash
# tools/check-docs.sh [TREE]: do the documents name what is there, and is there what they name?
#   paper:TAG in src/ is `TAG` or paper:TAG in docs/paper.md
#   each folder src/X is src/X or X/, and each command `X...` or fvm X, in README.md or HACKING.md
#   each tests/vm/X.t and tests/nt/X.t is X.t in docs/paper.md, docs/compat.md or HACKING.md
#   each relative link of an .md file leads to something
set -u
cd "${1:-$(dirname "$0")/..}" || exit 1
bad=0
complain() { echo "$*"; bad=1; }
named() { grep -qsE -- "$1" "${@:2}"; } # REGEX FILE...
quoted() { sed 's/[.+*?()|{}^$[\]/\\&/g' <<<"$1"; }

for file in README.md HACKING.md docs/paper.md docs/compat.md; do
    [ -f "$file" ] || complain "$file: missing"
done
while read -r tag; do
    tag_regex=$(quoted "$tag")
    named "\`$tag_regex\`|paper:$tag_regex(\$|[^A-Za-z0-9_-])" docs/paper.md ||
        complain "docs/paper.md: no '$tag', named by $(grep -rlE "paper:$tag_regex(\$|[^A-Za-z0-9_-])" src | head -1)"
done < <(grep -rhoE 'paper:[A-Za-z0-9][A-Za-z0-9_-]*' src | sed 's/^paper://' | sort -u)
for folder in src/*/; do
    name=$(quoted "$(basename "$folder")")
    named "(^|[^A-Za-z0-9_-])(src/$name(\$|[^A-Za-z0-9_-])|$name/)" README.md HACKING.md ||
        complain "README.md, HACKING.md: neither names the folder ${folder%/}"
done
while read -r command; do
    named "\`(fvm )?$command[\` ]|fvm $command(\$|[^A-Za-z0-9_-])" README.md HACKING.md ||
        complain "README.md, HACKING.md: neither names the command '$command'"
done < <(sed -n 's/^ *\.name = "\([a-z]*\)",$/\1/p' src/cli/commands.c | sort -u)
for test in tests/vm/*.t tests/nt/*.t; do
    name=$(basename "$test")
    named "(^|[^A-Za-z0-9_.-])$(quoted "$name")(\$|[^A-Za-z0-9_])" docs/paper.md docs/compat.md HACKING.md ||
        complain "docs/paper.md, docs/compat.md, HACKING.md: none names $test"
done
# [text](target "title"), [label]: target, src="target", href="target"; not in code.
links() { # FILE
    awk '/^ *(```|~~~)/ { code = !code; next } !code' "$1" | sed 's/``*[^`]*``*//g' | grep -oE \
        '\]\([^)]+\)|^ *\[[^]]+\]: *[^ ]+|(src|href)="[^"]+"' |
        sed -E 's/^\]\(<?//; s/>?\)$//; s/^ *\[[^]]+\]: *//; s/^(src|href)="//; s/"$//; s/ +"[^"]*$//; s/ +$//'
}
while read -r file; do
    while read -r target; do
        case $target in
        '#'* | *://* | mailto:*) continue ;;
        esac
        path=${target%%#*}
        [ -e "$(dirname "$file")/$path" ] || complain "$file: link to '$target' leads nowhere"
    done < <(links "$file")
done < <(find . -name '*.md' -not -path './build/*' -not -path './.git/*' | sort)
[ $bad = 0 ] && echo "docs: complete"
exit $bad

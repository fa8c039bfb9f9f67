#!/bin/bash
# tools/lint.sh [format]: format, a second compiler, static analysis, shell syntax, sizes. Warnings are errors.
# "format" mends the format and does no more. What clang-tidy has found clean is remembered by content in build/lint.
set -u
cd "$(dirname "$0")/.." || exit 1
CLANG=${CLANG:-clang} WARN=${WARN:--Wall -Wextra -Werror}
files() { # pathspec...: tracked and new files that are there
    git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do [ ! -f "$file" ] || echo "$file"; done
}
linux_flags=(-std=gnu11 -Isrc -Itests/harness -D_GNU_SOURCE '-DFVM_VERSION="lint"')
# dll-attribute-on-redeclaration: mingw's headers declare what ntdll exports without dllimport; GCC does not mind.
pe_flags=(--target=x86_64-w64-mingw32 -std=gnu11 -Isrc -DUNICODE -ffreestanding -Wno-dll-attribute-on-redeclaration)

tidy_one() { # FILE FLAGS...: clang-tidy unless this very text, with its headers and rules, was clean before
    local file=$1 key log; shift
    key=$({ clang-tidy --version; cat .clang-tidy tools/lint.sh; printf '%s\n' "$file" "$@"
        "$CLANG" "$@" -MM "$file" | tr -d '\\' | tr ' ' '\n' | grep / | xargs cat; } 2>&1 | sha256sum | cut -c1-40)
    [ -e "build/lint/$key" ] && return
    log=$(clang-tidy --quiet "$file" -- "$@" 2>&1) || { grep -v 'warnings\? generated\|treated as error' <<<"$log"; return 1; }
    touch "build/lint/$key"
}
if [ "${1:-}" = --tidy ]; then # KIND FILE...
    kind=$2[@]; shift 2
    bad=0
    for file in "$@"; do tidy_one "$file" "${!kind}" || bad=1; done
    exit $bad
fi

mapfile -t all < <(files '*.c' '*.h')
mapfile -t linux < <(files 'src/*.c' 'tests/*.c' 'fuzz/*.c' 'tools/*.c' | grep -v '^src/guest/pe/\|^tests/programs/')
mapfile -t pe < <(files 'src/guest/pe/*.c')
mapfile -t programs < <(files 'tests/programs/*.c' | grep -v '_linux\.c$')
mapfile -t natives < <(files 'tests/programs/*_linux.c')
mapfile -t scripts < <(files '*.sh' 'tests/vm/*.t' 'completion/*' '.ci/run')
[ ${#linux[@]} -gt 0 ] || { echo "lint: git lists no files here"; exit 1; }
if [ "${1:-}" = format ]; then exec clang-format -i "${all[@]}"; fi

bad=0
step() { # name command...
    local name=$1; shift
    "$@" || { echo "lint: $name failed"; bad=1; }
}
compile() { # KIND WARNINGS FILE...
    local kind=$1[@] warnings=$2; shift 2
    # shellcheck disable=SC2086 # several words
    [ $# = 0 ] || "$CLANG" "${!kind}" $warnings -Wno-unknown-warning-option -fsyntax-only "$@"
}
tidy() { # KIND FILE...
    local kind=$1; shift
    printf '%s\n' "$@" | xargs -P2 -n4 "$0" --tidy "$kind"
}
check() { # KIND FILE...
    cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --enable=warning,portability \
        --suppress=missingIncludeSystem -Isrc -Itests/harness "$@"
}
shell_syntax() {
    local result=0 script
    for script in "${scripts[@]}"; do bash -n "$script" || result=1; done
    return $result
}
mkdir -p build/lint
step format clang-format --dry-run --Werror "${all[@]}"
step "compile" compile linux_flags "$WARN" "${linux[@]}"
step "compile (PE)" compile pe_flags "$WARN" "${pe[@]}"
step "compile (programs)" compile pe_flags "-Wall -Wextra -Werror" "${programs[@]}"
step "compile (native programs)" compile linux_flags "-Wall -Wextra -Werror" "${natives[@]}"
step cppcheck check "${linux[@]}" "${natives[@]}"
step "cppcheck (PE)" check --platform=win64 "${pe[@]}" "${programs[@]}"
step shell shell_syntax
step sizes tools/check-sizes.sh
mapfile -t ours < <(printf '%s\n' "${linux[@]}" | grep -v ^tests/)
step clang-tidy tidy linux_flags "${ours[@]}"
step "clang-tidy (PE)" tidy pe_flags "${pe[@]}"
find build/lint -type f -mtime +30 -delete
[ $bad = 0 ] && echo "lint: clean"
exit $bad

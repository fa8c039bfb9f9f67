#!/bin/bash
# tools/lint.sh [format]: format, a second compiler, static analysis, shell syntax, sizes. Warnings are errors.
# "format" mends the format and does no more. What was found clean is remembered by content in build/lint.
set -u
cd "$(dirname "$0")/.." || exit 1
CLANG=${CLANG:-clang} WARN=${WARN:--Wall -Wextra -Werror}
linux_flags=(-std=gnu11 -Isrc -Ibuild/gen -Itests/harness -D_GNU_SOURCE '-DFVM_VERSION="lint"')
# dll-attribute-on-redeclaration: mingw's headers declare what ntdll exports without dllimport; GCC does not mind.
pe_flags=(--target=x86_64-w64-mingw32 -std=gnu11 -Isrc -DUNICODE -ffreestanding -Wno-dll-attribute-on-redeclaration)
# How far the analyzer follows a function: a third of its own default, which takes a third of the time. `make lint-deep` has the whole.
NODES=${NODES:-75000}
export CLANG WARN NODES TIDY_VERSION=${TIDY_VERSION:-$(clang-tidy --version)}

once() { # STAMP command...: unless it was clean before
    local stamp=build/lint/$1; shift
    [ -e "$stamp" ] || { "$@" && touch "$stamp"; }
}
check() { # FILE PLATFORM
    cppcheck --quiet --error-exitcode=1 --std=c11 --platform="$2" --inline-suppr \
        --enable=warning,portability --suppress=missingIncludeSystem -Isrc -Itests/harness "$1"
}
compile() { # FILE WARNINGS FLAGS...
    local file=$1 warnings=$2; shift 2
    # shellcheck disable=SC2086 # several words
    "$CLANG" "$@" $warnings -Wno-unknown-warning-option -fsyntax-only "$file"
}
tidy() { # FILE WARNINGS FLAGS...: the compiler's warnings, too
    local file=$1 warnings=$2 log; shift 2
    # shellcheck disable=SC2086 # several words
    log=$(clang-tidy --quiet "$file" -- "$@" $warnings -Wno-unknown-warning-option -Xclang -analyzer-config -Xclang "max-nodes=$NODES" 2>&1) && return
    grep -A2 'error: ' <<<"$log" || echo "$log" # the notes: clang-tidy FILE -- FLAGS
    return 1
}
look_at() { # KIND FILE
    local kind=$1 file=$2 key flags warnings=$WARN platform=unix64
    case $kind in
    linux | test | native) flags=("${linux_flags[@]}") ;;
    pe | program) flags=("${pe_flags[@]}") platform=win64 ;;
    pe32) flags=("${pe_flags[@]/x86_64/i686}") platform=win32W ;;
    esac
    case $kind in
    native | program) warnings='-Wall -Wextra -Werror' ;;
    esac
    # This very text, with its headers and the rules.
    key=$({ echo "$TIDY_VERSION $NODES"; cat .clang-tidy; printf '%s\n' "$file" "${flags[@]}"
        "$CLANG" "${flags[@]}" -MM "$file" | tr -d '\\' | tr ' ' '\n' | grep / | xargs cat; } 2>&1 | sha256sum | cut -c1-40)
    key+=-$(cksum <<<"$warnings" | cut -d' ' -f1)
    case $kind in
    linux | pe | pe32) once "$key-tidy" tidy "$file" "$warnings" "${flags[@]}" ;;
    *) once "$key" compile "$file" "$warnings" "${flags[@]}" ;;
    esac && once "$key-check" check "$file" $platform
}
if [ "${1:-}" = --look-at ]; then # KIND FILE...
    kind=$2; shift 2
    bad=0
    for file in "$@"; do look_at "$kind" "$file" || bad=1; done
    exit $bad
fi

files() { # pathspec...: tracked and new files that are there
    git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do [ ! -f "$file" ] || echo "$file"; done
}
mapfile -t all < <(files '*.c' '*.h')
[ ${#all[@]} -gt 0 ] || { echo "lint: git lists no files here"; exit 1; }
if [ "${1:-}" = format ]; then exec clang-format -i "${all[@]}"; fi

bad=0
step() { # name command...
    local name=$1; shift
    "$@" || { echo "lint: $name failed"; bad=1; }
}
format() {
    clang-format --dry-run --Werror "${all[@]}" 2>&1 | sed -n 's/^\([^:]*\):.*error:.*/\1: make format would change it/p' | sort -u
    return $((PIPESTATUS[0] != 0))
}
shell_syntax() {
    local result=0 script
    while read -r script; do bash -n "$script" || result=1; done < <(files '*.sh' 'tests/vm/*.t' 'tests/nt/*.t' 'completion/*' '.ci/run')
    return $result
}
code() { # KIND: files on stdin
    xargs -r -P2 -n4 tools/lint.sh --look-at "$1"
}
mkdir -p build/lint
find build/lint -type f -mtime +30 -delete
step format format
step shell shell_syntax
step sizes tools/check-sizes.sh
step "src for Windows" code pe < <(files 'src/guest/pe/*.c' 'src/engine/*.c' 'src/rooms/*.c' 'src/launcher/win/*.c' 'src/cli/win/*.c' 'src/store/win/*.c')
step "src for 32-bit Windows" code pe32 < <(files 'src/engine/*_i386.c')
step "test programs" code program < <(files 'tests/programs/*.c' 'tests/nt/*.c' | grep -v '_\(linux\(/.*\)\?\|so\)\.c$')
step "native test programs" code native < <(files 'tests/programs/*_linux.c' 'tests/programs/*_so.c' 'tests/programs/*_linux/*.c')
step tests code test < <(files 'tests/*.c' | grep -v '^tests/\(programs\|nt\)/')
step src code linux < <(files 'src/*.c' 'fuzz/*.c' 'tools/*.c' | grep -v '^src/\(guest/pe\|engine\|rooms\|launcher/win\|cli/win\|store/win\)/')
[ $bad = 0 ] && echo "lint: clean"
exit $bad

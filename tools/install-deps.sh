#!/bin/bash
# tools/install-deps.sh run|build|test|bench|conformance...: install the Debian packages that are missing for a purpose. Quick when none is.
set -eu
run="wine wine64"
build="gcc libc6-dev make libseccomp-dev zlib1g-dev gcc-mingw-w64-x86-64-win32 binutils-mingw-w64-x86-64 gcc-mingw-w64-i686-win32 binutils-mingw-w64-i686"
test="perl wixl msitools clang clang-tidy clang-format cppcheck libclang-rt-14-dev python3 procps attr util-linux sudo nodejs passt slirp4netns iproute2 curl apache2-utils xvfb x11-xkb-utils x11-utils x11-apps xdotool xclip x11vnc tigervnc-viewer pulseaudio pulseaudio-utils xauth"
kernel="qemu-system-x86 busybox-static e2fsprogs"
bench="passt curl wrk xvfb x11-xkb-utils"
conformance="$build xz-utils mingw-w64-tools"
wanted=()
for purpose in "$@"; do
    case $purpose in
    run) wanted+=($run) ;;
    build) wanted+=($build) ;;
    test) wanted+=($test); command -v npm >/dev/null || wanted+=(npm) ;;
    conformance) wanted+=($conformance) ;;
    kernel) wanted+=($kernel) ;;
    bench) wanted+=($bench) ;;
    npm) command -v npm >/dev/null || wanted+=(npm) ;;
    *) echo "usage: $0 run|build|test|bench|conformance|kernel|npm..." >&2; exit 2 ;;
    esac
done
missing=()
for package in "${wanted[@]}"; do
    # A tool that is there from elsewhere (a newer Node.js, say) needs no package.
    case $package in
    nodejs) command -v node >/dev/null && continue ;;
    esac
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
echo "installing: ${missing[*]}"
as=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "as root run: apt-get install ${missing[*]}" >&2; exit 1; }
    as=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as[@]}" apt-get update -q && "${as[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
    tail -20 "$log" >&2
    echo "the packages could not be installed" >&2
    exit 1
fi

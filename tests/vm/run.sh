#!/bin/bash
# tests/vm/run.sh root|user [TEST.t...]: run the tests of the whole command, started by root or by an ordinary user.
# The base is made once per kind of user and kept in build/; tests get copies of it by hard links.
set -eu
cd "$(dirname "$0")/../.."
who=${1:?root or user}; shift
# programs32.t's own; the base of all other tests has no part for 32-bit programs, whatever this machine has.
export FVM_TEST_WINE32=${FVM_TEST_WINE32:-$(tools/get-wine32.sh 2>/dev/null || true)} FVM_WINE32=/nowhere
# Who starts a VM makes a difference to its seal, its files' owner, its devices and limits, not to what programs do in it: started by root
# only the tests of those, unless FVM_ALL=1.
by_root=" badinput basic completion display escape hostdisplay hostile killterms law layout limits net ports probe share share_escape shared sound stdio together view "
tests=("$@"); [ ${#tests[@]} -gt 0 ] || for t in tests/vm/*.t; do
    name=$(basename "$t" .t)
    [ "$who" = user ] || [ "${FVM_ALL:-}" = 1 ] || [[ $by_root = *" $name "* ]] || continue
    tests+=("$t")
done
# Where /dev/net/tun is root's alone, as in some containers, the tests get a place where it is everybody's, as Debian has it.
if [ -e /dev/net/tun ] && [ "$(stat -c %a /dev/net/tun)" != 666 ]; then
    open_tun='mount -t tmpfs -o mode=755 tmpfs /mnt && mknod -m 666 /mnt/tun c 10 200 && mount --bind /mnt/tun /dev/net/tun && umount -l /mnt && exec "$@"'
    if [ "$(id -u)" = 0 ]; then
        exec unshare -m --propagation private sh -c "$open_tun" sh "$0" "$who" "${tests[@]}"
    elif [ "$who" = user ] && sudo -n true 2>/dev/null; then
        exec sudo -n --preserve-env unshare -m --propagation private sh -c "$open_tun" sh \
            setpriv --reuid="$(id -u)" --regid="$(id -g)" --init-groups "$0" "$who" "${tests[@]}"
    fi
fi
test_uid=54321 # in no passwd: FVM must not need an entry
if [ "$who" = root ] && [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null && exec sudo -n --preserve-env=FVM_MUST_RUN,FVM_AGAIN,FVM_JOBS,FVM_KILL_ROUNDS,FVM_KILL_COMMITS,FVM_TEST_WINE32,CI "$0" root "${tests[@]}"
    echo "# root tests need root or sudo without password"; [ "${FVM_MUST_RUN:-}" != 1 ]; exit
fi
# In a place that everybody can reach: a clone may lie in a closed home.
kit=${FVM_VM_KIT:-/var/tmp/fvm-test-$(id -u)}-$who
mkdir -p "$kit"
rm -rf "$kit/bin" "$kit/tests" "$kit/work"; mkdir -p "$kit/bin" "$kit/tests" "$kit/work"
cp -r build/fvm build/guest completion "$kit/bin/"
cp -r tests/vm/. "$kit/tests/"
cp -r build/tests/programs "$kit/programs.new" 2>/dev/null || mkdir -p "$kit/programs.new"
for bits in '' 32; do cp "build/tests/nt$bits/nest.exe" "$kit/programs.new/nest${bits:-64}.exe" 2>/dev/null || true; done
rm -rf "$kit/programs"; mv "$kit/programs.new" "$kit/programs"
rm -rf "$kit/deps"; if [ -d build/deps ]; then cp -r build/deps "$kit/deps"; else mkdir "$kit/deps"; fi
as=(env)
if [ "$who" = user ] && [ "$(id -u)" = 0 ]; then
    chown -R $test_uid:$test_uid "$kit"
    as=(setpriv --reuid=$test_uid --regid=$test_uid --clear-groups)
fi
export FVM=$kit/bin/fvm FVM_WHO=$who FVM_PROGRAMS=$kit/programs FVM_DEPS=$kit/deps FVM_KIT=$kit HOME=$kit/home
mkdir -p "$HOME"; [ "$who" = root ] || [ "$(id -u)" != 0 ] || chown $test_uid:$test_uid "$HOME"
export FVM_HOME=$kit/store
# The base depends on Wine and on FVM's guest files: made anew when either changes.
stamp=$(ls build/guest/* | grep -v -e fvmstart -e "fvm[0-9]*.dll" -e get-wine32 | xargs cat src/launcher/make_base.c | sha256sum; /usr/lib/wine/wine64 --version 2>/dev/null)
if [ "$(cat "$kit/stamp" 2>/dev/null)" != "$stamp" ]; then
    rm -rf "$FVM_HOME"
    "${as[@]}" "$FVM" base create
    echo "$stamp" >"$kit/stamp"
fi
export MASTER_STORE=$FVM_HOME
paths=(); for t in "${tests[@]}"; do paths+=("$kit/tests/$(basename "$t")"); done
chmod 711 "$kit"
cd "$kit/work"
. "$kit/tests/again.sh"
prove_again "$kit/state" "${as[@]}" prove -j "${FVM_JOBS:-1}" --timer --exec "$kit/tests/one.sh" -- "${paths[@]}"

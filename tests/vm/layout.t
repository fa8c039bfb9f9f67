# A loader whose heap lies on KUSER_SHARED_DATA is started again. The kernel does this to one start in some thousands;
# here a library does it to the first start (see tests/programs/shift_so.c), with nothing random, so always.
. "$(dirname "$0")/lib.sh"
cp "$FVM_PROGRAMS"/{hello.exe,shift.so} .
fvm create box
out=$(setarch -R "$FVM" run --vm box --env LD_PRELOAD="$PWD/shift.so" --env FVM_SHIFT="$PWD/first" hello.exe 2>&1 </dev/null | tr -d '\r')
is "$out" hello 'the program runs'
fvm diff box; like "$out" '\\first  0 B' 'the heap was in the way at first'
fvm delete box
# The same without FVM's library: the oracle.
ok 'a prefix for plain Wine' cp -al "$FVM_HOME/bases/default/versions/$(cat "$FVM_HOME/bases/default/current")" plain
chown "$(id -u)" plain plain/dosdevices # folders; the files are links to the base's
rm -f plain/dosdevices/*; ln -s ../drive_c plain/dosdevices/c:; ln -s / plain/dosdevices/z:
plain() { env WINEPREFIX="$PWD/plain" WINEDEBUG=-all WINELOADERNOEXEC=1 WINESERVER=/usr/lib/wine/wineserver64 "$@"; }
plain /usr/lib/wine/wineserver64 -p60
plain timeout 60 setarch -R env LD_PRELOAD="$PWD/shift.so" FVM_SHIFT="$PWD/second" /usr/lib/wine/wine64 hello.exe >plain.out 2>&1 </dev/null; rc=$?
ok 'it was in the way there too' test -e second
not_ok "plain Wine fails on it (if not: layout.c is no longer needed)" test $rc = 0
plain /usr/lib/wine/wineserver64 -k
done_testing

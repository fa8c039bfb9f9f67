# bench/sealed.sh: sealed VMs. A part of bench/run.sh, which see.
cold_plain() { WINEPREFIX=$kit/fresh wine hello.exe && WINEPREFIX=$kit/fresh wineserver -k; }
warm_plain() { WINEPREFIX=$kit/warm wine hello.exe; }
warm_plain >/dev/null 2>&1
"$fvm" create running
"$fvm" run --vm running pause.exe 600000 >/dev/null 2>&1 </dev/null &
holder=$!
sleep 2
for _ in $(seq "$rounds"); do
    measure cold "$fvm" run hello.exe
    measure full cold_plain
    measure second "$fvm" run --vm running hello.exe
    measure warm warm_plain
done
row "create + start + delete, against full Wine boot" cold full "at most 0.20"
row "create + start + delete, against warm Wine" cold warm "-"
row "second program in a running VM" second warm "at most 1.10"

pss() { # of a VM, in kB
    local sum=0 pid part
    for pid in $("$fvm" ps --json "$1" | sed -n 's/.*"host_pid": \([0-9]*\).*/\1/p') $2; do
        part=$(awk '/^Pss:/ {print $2}' /proc/"$pid"/smaps_rollup 2>/dev/null || echo 0)
        sum=$((sum + ${part:-0}))
    done
    echo "$sum"
}
echo "memory of one VM with an idle program: $(pss running "") kB PSS (wanted: at most 12000; alone on the machine nothing is shared)"
"$fvm" stop running; wait $holder 2>/dev/null || true

start=$(now)
for i in $(seq 50); do
    "$fvm" create "many$i"
    "$fvm" run --vm "many$i" pause.exe 600000 >"$kit/ready$i" 2>&1 </dev/null &
    while [ $((i - $(cat "$kit"/ready* | grep -c ready || true))) -gt 2 ]; do sleep 0.01; done
done
while [ "$(cat "$kit"/ready* | grep -c ready)" -lt 50 ]; do sleep 0.02; done
took=$(($(now) - start))
total=0
for i in $(seq 50); do total=$((total + $(pss "many$i" ""))); done
echo "50 VMs at once: started in $(ms $took) ms, $((total / 50)) kB PSS each"
"$fvm" stop $(seq -f 'many%g' 50); wait 2>/dev/null || true

if [ -f 7za.exe ]; then
    mkdir tree; for i in $(seq 5000); do echo "file $i $RANDOM" >"tree/$i.txt"; done
    pack_in() { "$fvm" run --vm packing 7za.exe a -bso0 -bsp0 "C:\\a$1.7z" tree; }
    pack_out() { WINEPREFIX=$kit/warm wine 7za.exe a -bso0 -bsp0 "C:\\a$1.7z" tree; }
    "$fvm" create packing
    "$fvm" run --vm packing pause.exe 600000 >/dev/null 2>&1 </dev/null &
    sleep 1
    for i in 1 2 3 4 5; do measure pack_in pack_in "$i"; measure pack_out pack_out "$i"; done
    row "7-Zip packs 5,000 files" pack_in pack_out "at most 1.05"
    "$fvm" stop packing
fi
"$fvm" create big
"$fvm" run --vm big cmd /c "for /l %i in (1,1,10000) do @echo %i>C:\\users\\%i.txt" >/dev/null 2>&1
for _ in 1 2 3; do measure diff "$fvm" diff big; done
echo "diff of $("$fvm" diff big | grep -c users) changed files: $(ms "$(median diff)") ms (wanted: below 1000)"

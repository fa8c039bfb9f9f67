# bench/shared.sh: shared VMs, that is the NT engine. A part of bench/run.sh, which see.
# Single operations: the same program (tests/nt/ops.c) outside and in a VM of the same Windows. Each run gives the best of some
# short batches, the table the best of the runs: what others do on this machine only adds.
# Round trips to wineserver are exact, whatever else the machine does. Server and program take turns, so they get one processor: on
# several a round trip takes 15 or 95 us, by where the kernel happens to put them.
ops=$kit/warm/drive_c/ops
mkdir -p "$ops"/{plain,own} "$kit/layers"
head -c 4096 /dev/zero >"$ops/own/f.txt"
for i in $(seq 0 999); do cp "$ops/own/f.txt" "$ops/plain/f$i.txt"; done
cp -a "$ops/plain" "$ops/merged"
export WINEPREFIX=$kit/warm
as_windows() { sed 's|/|\\|g; s|^|Z:|' <<<"$1"; }
outside() { wine "$@" 2>/dev/null </dev/null; }
in_engine() { # VM PROGRAM...
    local vm=$1; shift
    mkdir -p "$kit/layers/$vm"
    wine "$kit/bin/guest/fvmstart.exe" --vm "$vm" --layer "$(as_windows "$kit/layers/$vm")" --alias "$(as_windows "$kit/warm/drive_c")=C:" "$@" 2>/dev/null </dev/null
}
on_processors() { taskset -cp "$1" $$ >/dev/null; wineserver -k; wineserver -w; wineserver -p600; }
on_processors 0
outside ops.exe keys
in_engine 901 ops.exe touch 'C:\ops'
for _ in $(seq $(((rounds + 1) / 2))); do
    outside ops.exe time 'C:\ops' | tr -d '\r' >>"$kit/times/ops-out"
    in_engine 901 ops.exe time 'C:\ops' | tr -d '\r' >>"$kit/times/ops-in"
done
on_processors "0-$(($(nproc) - 1))"
operation() { # text name wanted
    local a b ta tb # of time, of trips
    read -r a ta < <(of_operation "$2" in); read -r b tb < <(of_operation "$2" out)
    printf '%-46s %8.1f us %8.1f us   ratio %5.2f   %+9.1f us   round trips %s / %s   (wanted: %s)\n' "$1" "$(us "$a")" "$(us "$b")" \
        "$(awk "BEGIN {print $a / $b}")" "$(us "$((a - b))")" "$(awk "BEGIN {print $ta + 0}")" "$(awk "BEGIN {print $tb + 0}")" "$3"
}
us() { awk "BEGIN {print $1 / 1000}"; }
of_operation() { # NAME in|out: time, round trips
    awk -v name="$1" '$1 == name {print $2, $3}' "$kit/times/ops-$2" | sort -n | head -1
}
operation "open and close a file of the host's" open-untouched "at most 1.08"
operation "open relative to a directory" open-relative "at most 1.08"
operation "open and close a file of the VM's own" open-own "-"
operation "attributes of a file of the host's" attributes-untouched "at most 1.05"
operation "attributes of a file of the VM's own" attributes-own "-"
operation "open a file that is missing" open-missing "-"
operation "attributes of a file that is missing" attributes-missing "at most 1.05"
operation "read 4 kB" read-untouched "at most 1.01"
operation "write 4 kB" write-own "at most 1.01"
operation "list 1,000 names of the host's" list-untouched "-"
operation "list 1,000 names, one of them the VM's" list-merged "at most 1.30"
operation "create and delete a file" create-delete "-"
operation "open and close a key of the host's" key-open "at most 1.08"
operation "open a key that is missing" key-open-missing "-"
operation "read a value of a key of the host's" key-query-value "at most 1.02"
operation "list 10 and more subkeys of the host's" key-list "-"
operation "list 1,000 subkeys, one of them the VM's" key-list-merged "at most 1.30"
operation "create, open and close an event" event "at most 1.08"
operation "16 bytes through a pipe" pipe "at most 1.02"
operation "a call by ncalrpc" lrpc "at most 1.05"
operation "start a process" start "at most 15000 us more"


# The VM's services: what the first call of the manager, and the first use of COM, cost; and their memory.
# Of com.exe the token is a number that nobody has; it asks and ends.
for _ in 1 2 3 4 5; do
    measure first-nothing in_engine 904 hello.exe
    measure first-manager in_engine 904 services.exe manager
    measure first-com in_engine 904 com.exe ask
    measure warm-manager outside services.exe manager
    measure warm-com outside com.exe ask
done
echo "first use of the service manager in a VM: $(ms $(($(median first-manager) - $(median first-nothing)))) ms more than nothing, of COM $(ms $(($(median first-com) - $(median first-nothing)))) ms; of the host's that run: $(ms "$(median warm-manager)"), $(ms "$(median warm-com)") ms in all (wanted: at most 400)"
services_kb() { # PSS of service processes that were not there before, with COM in use
    local before now run
    before=$(pgrep -f 'services\.exe|rpcss\.exe' | sort)
    in_engine 905 com.exe serve 4000 1 >"$kit/ready" & run=$!
    for _ in $(seq 100); do grep -qs ready "$kit/ready" && break; sleep 0.1; done
    now=$(comm -13 <(echo "$before") <(pgrep -f 'services\.exe|rpcss\.exe' | sort))
    for pid in $now; do awk '/^Pss:/ {sum += $2} END {print sum}' "/proc/$pid/smaps_rollup"; done 2>/dev/null | awk '{sum += $1} END {print sum + 0}'
    wait $run 2>/dev/null || true
}
echo "memory (PSS) of a VM's service manager and COM registrar: $(services_kb) kB (wanted: at most 15360)"

# Memory. What a program has for itself is asked after it did each operation; the index is shared, in a section.
kb_of() { # PID own|section: kB it has for itself; kB it has touched of sections
    awk -v section="$([ "$2" = section ] && echo 1 || echo 0)" '/^[0-9a-f]+-[0-9a-f]+ / {on = /tmpmap/ == section; next}
        on && (section ? /^Rss:/ : /^Private_(Clean|Dirty):/) {sum += $2} END {print sum + 0}' "/proc/$1/smaps"
}
memory() { # own|section COMMAND...: of a program that says "ready PID"
    local what=$1 run pid=''; shift
    "$@" >"$kit/ready" & run=$!
    for _ in $(seq 600); do pid=$(sed -n 's/^ready \([0-9]*\).*/\1/p' "$kit/ready"); [ -z "$pid" ] || break; sleep 0.1; done
    kb_of "$pid" "$what"
    kill "$pid"; wait $run 2>/dev/null || true
}
for _ in 1 2 3; do
    memory own in_engine 901 ops.exe use 'C:\ops' 60000 >>"$kit/times/private-in"
    memory own outside ops.exe use 'C:\ops' 60000 >>"$kit/times/private-out"
done
echo "private memory of a process: $(median private-in) kB, outside $(median private-out) kB, so the engine has $(($(median private-in) - $(median private-out))) kB (wanted: at most 1024)"
few=$(memory section in_engine 902 ops.exe mark 'C:\ops' 60000 10)
many=$(memory section in_engine 903 ops.exe mark 'C:\ops' 60000 1000)
echo "index: $few kB touched by a program that changed 10 names, $many kB by one that changed 1,000 of 8 units: 64 bytes each in new pages (core/index.h), and its table of buckets"

# Programs of others, through fvm run: in a shared VM, in a sealed one, and in plain Wine.
holders=()
for level in shared sealed; do
    "$fvm" create --level $level programs-$level
    "$fvm" run --vm programs-$level pause.exe 600000 >/dev/null 2>&1 </dev/null & holders+=($!)
done
sleep 3
three_ways() { # NAME PROGRAM ARG...
    local name=$1; shift
    measure "$name-shared" "$fvm" run --vm programs-shared "$@"
    measure "$name-sealed" "$fvm" run --vm programs-sealed "$@"
    measure "$name-plain" wine "$@"
}
rows() { # TEXT NAME WANTED
    row "$1: shared VM, plain Wine" "$2-shared" "$2-plain" "$3"
    row "$1: shared VM, sealed VM" "$2-shared" "$2-sealed" "-"
    [ "$2" = start ] || awk -v a="$(median "$2-shared")" -v b="$(median "$2-plain")" -v c="$(median start-shared)" -v d="$(median start-plain)" \
        -v text="$1" 'BEGIN { printf "%s: without the start of a process, which fvm run does twice: ratio %.2f\n", text, (a - c) / (b - d) }'
}
three_ways start hello.exe; rm "$kit"/times/start-*
for _ in $(seq "$rounds"); do three_ways start hello.exe; done
rows 'start, by fvm run' start '-'
if [ -f 7za.exe ]; then
    mkdir -p files; for i in $(seq 5000); do echo "file $i $RANDOM" >"files/$i.txt"; done
    for i in 1 2 3 4 5; do three_ways pack 7za.exe a -bso0 -bsp0 "C:\\pack$i.7z" files; done
    rows '7-Zip, 5,000 files' pack 'at most 1.05'
fi
if [ -f node.exe ]; then
    mkdir -p modules; for i in $(seq 1000); do echo "exports.value = $i;" >"modules/m$i.js"; done
    echo 'let sum = 0; for (let i = 1; i <= 1000; i++) sum += require(`./modules/m${i}`).value; process.exit(sum === 500500 ? 0 : 1);' >modules.js
    export NODE_SKIP_PLATFORM_CHECK=1
    for i in 1 2 3 4 5; do three_ways node node.exe modules.js; done
    rows 'Node.js, 1,000 modules' node 'at most 1.05'
fi
"$fvm" stop programs-shared programs-sealed; wait "${holders[@]}" 2>/dev/null || true

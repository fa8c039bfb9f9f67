# What the engine asks of wineserver: on the ways that untouched names take, nothing that the program alone did not ask.
# Counted, not timed: the writes of the process (see tests/nt/ops.c), exact to the last one.
. "$(dirname "$0")/lib.sh"
cp "$FVM_NT_PROGRAMS/ops.exe" .
folder=$WINEPREFIX/drive_c/trips; rm -rf "$folder"; mkdir -p "$folder"/{plain,own,merged}
head -c 4096 /dev/zero >"$folder/own/f.txt"
for ((i = 0; i < 1000; i++)); do cp "$folder/own/f.txt" "$folder/plain/f$i.txt"; done; cp "$folder/plain/"* "$folder/merged/"
ops=$(win "$PWD/ops.exe")
outside "$ops" keys; is $rc 0 'a key with many'
inside 1 "$ops" touch 'C:\trips'; is $rc 0 'the VM has changed two files'
inside 1 cmd /c 'reg add HKLM\Software\FvmTrips /v v /d 1'; is $rc 0 'and a key elsewhere'
outside "$ops" trips 'C:\trips'; is $rc 0 'outside'; count=$(wc -l <out.txt); cp out.txt outside.txt
inside 1 "$ops" trips 'C:\trips'; is "$rc $(wc -l <out.txt)" "0 $count" 'inside'; cp out.txt inside.txt
trips() { tr -d '\r' <"$2.txt" | awk -v name="$1" '$1 == name {print $2}'; }
for name in open-untouched open-relative attributes-untouched open-missing attributes-missing read-untouched write-own list-untouched key-open key-open-missing key-query-value key-query key-list event pipe; do
    is "$(trips $name inside)" "$(trips $name outside)" "$name: $(trips $name outside) round trips, as outside"
done
ok 'they are counted' test "$(trips open-untouched outside | cut -d. -f1)" -gt 1
ok "key-list-merged: $(trips key-list-merged outside) round trips, $(trips key-list-merged inside) inside" \
    awk -v outside="$(trips key-list-merged outside)" -v inside="$(trips key-list-merged inside)" 'BEGIN { exit !(outside > 900 && inside < outside + 10) }'
for name in open-own attributes-own list-merged create-delete start; do
    diag "$name: outside $(trips $name outside), inside $(trips $name inside)"
done
outside "$ops" nokeys
rm -rf "$folder"
done_testing

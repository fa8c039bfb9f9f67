# bench/net.sh: a web server behind a published port, against plain Wine's on the host. A part of bench/run.sh, which see.
seconds=${FVM_BENCH_SECONDS:-30}
if [ ! -f node.exe ] || ! command -v wrk >/dev/null; then
    echo "not measured: node.exe (make deps) or wrk (Debian's package) is missing"
elif ! "$fvm" run --net private hello.exe >/dev/null 2>"$kit/why"; then
    echo "not measured: $(cat "$kit/why")"
else
    cat >web.js <<'JS'
require('http').createServer((q, r) => r.end('hello\n')).listen(Number(process.argv[2]), () => console.log('ready'));
JS
    await_web() { until curl -s -o /dev/null --max-time 1 "http://127.0.0.1:$1/"; do sleep 0.1; done; }
    WINEPREFIX=$kit/warm wine node.exe web.js 18081 >/dev/null 2>&1 </dev/null & plain_pid=$!
    "$fvm" create --net private --publish 18082:80 web
    "$fvm" run --vm web node.exe web.js 80 >/dev/null 2>&1 </dev/null & web_pid=$!
    await_web 18081; await_web 18082
    per_second() { wrk -t 1 -c 16 -d "$1" "http://127.0.0.1:$2/" | awk '/^Requests\/sec/ {print $2}'; }
    # In turns: a busy moment hits both.
    for _ in 1 2 3; do
        per_second $((seconds / 3)) 18081 >>"$kit/plain.rps"; per_second $((seconds / 3)) 18082 >>"$kit/web.rps"
    done
    awk 'FNR == NR {a += $1; next} {b += $1} END {printf "Node.js by a published port: %.0f requests/s, plain Wine %.0f: %.0f %% (wanted: at least 90 %%)\n", b / 3, a / 3, 100 * b / a}' \
        "$kit/plain.rps" "$kit/web.rps"
    "$fvm" stop web; kill $plain_pid; wait $web_pid $plain_pid 2>/dev/null || true
fi

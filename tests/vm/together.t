# All that opens or narrows the seal, at once: each option does what it says beside the others, and a VM that is kept has them again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
mkdir shared; echo outside >shared/from.txt
limits=(--procs 300 --disk 1G --timeout 5m); [ "$FVM_WHO" = user ] || limits+=(--memory 2G --cpus 2)
terms=(--net private --publish 127.0.0.1:47811:80 --display private:800x600 --share "$PWD/shared:rw=D:" "${limits[@]}")
fvm create "${terms[@]}" box; is "$rc $err" '0 ' 'create with all of them'
fvm run --vm box cmd /c 'type D:\from.txt& echo inside>D:\to.txt& ipconfig& echo %USERNAME%'
is $rc 0 'a program runs'; like "$out" '^outside.*10\.0\.2\.15' 'it reads the share, and has the network'
is "$(tr -d '\r' <shared/to.txt) $(stat -c %u shared/to.txt)" "inside $(stat -c %u shared)" 'it writes into the share, as the owner'
mkfifo hold 2>/dev/null; "$FVM" run --vm box cmd /c 'start notepad& set /p x=' <hold >held.out 2>&1 & run=$!
exec 7>hold
seen() { "$FVM" screenshot box a.png 2>/dev/null && [ "$(head -c 4 a.png | tail -c 3)" = PNG ]; }
ok 'a screenshot is taken of its display' await 30 seen
fvm ports box; like "$out" '47811 +80' 'its port is told'
fvm run --vm box --net none cmd /c ver; is "$rc" 125 'who wants other terms of it'; like "$err" "runs with --net private; end it first: fvm stop box" 'is told so'
fvm run --vm box --net private cmd /c 'echo joined'; is "$rc $out" '0 joined' 'who wants the same joins'
exec 7>&-; fvm stop box; wait $run 2>/dev/null
fvm run --vm box --net none --display none cmd /c 'ipconfig& type D:\from.txt'; like "$out" 'outside' 'for one start others are taken from the command line, the rest stays'; unlike "$out" '10\.0\.2\.15' 'its network and ports are gone'
fvm diff box; unlike "$out" 'to.txt|from.txt|D:' 'what it did in the share is not in its diff'
fails_with 125 'abstract|private' '--display private with --net host' run --net host --display private cmd /c ver
fails_with 125 'publish needs' 'ports without a network' run --vm box --net none --publish 8080:80 cmd /c ver
fvm delete box; is $rc 0 'delete'
is "$(cat shared/from.txt)" outside 'the share is as it was left'
nothing_left 'nothing is left behind'
done_testing

# A native program in a VM with shared folders tries every way out (tests/programs/escape_linux), and what it might leave in
# them. The rows about shares must get through outside, or they prove nothing.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"
try=$FVM_PROGRAMS/escape_linux native=$FVM_PROGRAMS/unix_exec.exe
mkdir -p own host/rw/in host/ro host/moving/inner
echo 'a secret' >host/beside.txt; echo 'a secret' >secret; echo file >host/ro/file; echo input >stdin
ln -s ../beside.txt host/rw/link-out
host=$PWD/host
facts=(share-rw="$host/rw" share-rw-too=/fvmshare/2 share-ro="$host/ro" secret-home="$PWD/secret"
    own-conf="$FVM_HOME/vms/evil/vm.conf" control="$FVM_HOME/vms/evil/run/control")
prlimit --core=1 true 2>/dev/null || facts+=(core-limit=0) # an open row of SECURITY.md
state() { (cd host && find . -printf '%P %y %m %s %l\n' | LC_ALL=C sort; cat beside.txt ro/file); }
before=$(state)

# --- inside -----------------------------------------------------------------------------------------------------------------
"$FVM" create --share "$host/ro" --share "$host/rw:rw" evil
(cd own && timeout --foreground 200 "$FVM" run --vm evil "$native" "$try" "${facts[@]}" <../stdin >../inside.tap 2>&1)
attacker_rows inside.tap; of_shares=$(grep -c ' - shares: ' inside.tap)
is "$rows" "${plan:-none}" 'the attacker came to its end'
is "$of_shares" 17 'it tried all that there is about shares'
is "$(state)" "$before" 'nothing in the shares or beside them has changed'
await 10 no_supervisor
outside=$(cd own && timeout --foreground 60 "$try" outside=1 only=shares: "${facts[@]}" 2>&1)
must='\(\*\)$'; [ "$FVM_WHO" = user ] || must='\((root)?\*\)$'
is "$(grep '^ok ' <<<"$outside" | grep -E "$must")" '' "outside every one of $(grep -cE "$must" <<<"$outside") rows is reached"

# --- the host moves a folder out of the share under the VM's feet ---------------------------------------------------------------
(cd own && exec timeout 60 "$FVM" run --share "$host/moving:rw" "$native" /bin/sh -c \
    'cd "$0/moving/inner" && echo in >../ready; n=0; while [ ! -e moved ] && [ $n -lt 600 ]; do sleep 0.05; n=$((n + 1)); done
    { cat moved; cat ../beside.txt || echo refused; (cd -P .. && ls) || echo refused; } >found 2>&1' "$host" </dev/null >../sh.out 2>&1) & pid=$!
ok 'a program stands in a folder of a share' await 30 test -e host/moving/ready
mv host/moving/inner host/inner
echo yes >host/inner/moved
wait $pid
like "$(cat host/inner/found 2>&1)" $'^yes\n.*refused\n.*refused$' 'when that is moved out, the program stays in it, and .. leads nowhere'
unlike "$(cat host/inner/found 2>&1)" 'a secret' 'not to what lies there now'

# --- what is open, as SECURITY.md says --------------------------------------------------------------------------------------------
mkfifo host/ro/fifo
"$FVM" run --vm evil "$native" /bin/sh -c "echo by-fifo >'$host/ro/fifo'" </dev/null >fifo.out 2>&1 & pid=$!
is "$(timeout 30 cat host/ro/fifo)" by-fifo 'open: a FIFO that lies in a share leads to who reads it, also in a read-only one'
wait $pid
python3 -c 'import socket, sys
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen(); server.settimeout(60)
open("listening", "w"); print(server.accept()[0].recv(100).decode())' host/ro/socket >socket.out 2>&1 & pid=$!
await 20 test -e listening; chmod 777 host/ro/socket
"$FVM" run --vm evil "$native" /usr/bin/python3 -c "import socket; one = socket.socket(socket.AF_UNIX); one.connect('$host/ro/socket'); one.send(b'by-socket')" </dev/null >client.out 2>&1
wait $pid; is "$(cat socket.out)" by-socket 'open: and a socket to who listens on it'
await 10 no_supervisor
"$FVM" delete evil
nothing_left 'nothing is left'
done_testing

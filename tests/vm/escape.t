# A native program inside a VM tries every way out that we know (tests/programs/escape_linux). Outside lies bait; the
# same program run outside must reach it, or the row proves nothing. Then hostile layers and hives go through every
# command that looks at them.
[ -n "${ESCAPE_SESSION:-}" ] || ESCAPE_SESSION=1 exec setsid -w bash "$0" # a process group of our own: it is bait as well
. "$(dirname "$0")/lib.sh"
try=$FVM_PROGRAMS/escape_linux bait=$FVM_PROGRAMS/bait_linux plant=$FVM_PROGRAMS/plant_linux native=$FVM_PROGRAMS/unix_exec.exe
run_like=/run; [ "$FVM_WHO" = root ] || run_like=/var/tmp
lure=$PWD/bait tmp=$(mktemp -d /tmp/fvm-escape.XXXXXX) run=$(mktemp -d $run_like/fvm-escape.XXXXXX) shm=$(mktemp -d /dev/shm/fvm-escape.XXXXXX)
home=$(mktemp -d "$HOME/escape.XXXXXX")
mkdir bait shown shown2
for folder in "$lure" "$home" "$tmp" "$run" "$shm"; do echo "a secret" >"$folder/secret"; done
echo 'file outside' >bait/file; mkdir bait/folder; echo "read only" >bait/stdin
echo mine >shown/mine
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
    rm -rf "$tmp" "$run" "$shm" "$home"
}
trap finish EXIT
tree_lines() { (cd "$1" && find . -printf '%P %y %m %s %T@\n' | LC_ALL=C sort && find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum); }
tree_state() { tree_lines "$1" | sha256sum; }
wait_for() { for _ in $(seq 600); do [ -s "$1" ] && return; sleep 0.05; done; diag "$1 did not come"; return 1; }
value() { sed -n "s/^$2=//p" "$1"; }
report_of() { # pid file
    rm -f "$2.report"; kill -USR2 "$1"; wait_for "$2.report" && cat "$2.report"
}

# --- what lies outside -------------------------------------------------------------------------------------------------
"$bait" "$lure/facts" abstract=fvm-escape-$$ socket-tmp="$tmp/socket" socket-run="$run/socket" \
    socket-shown="$PWD/shown/socket" shown-fifo="$PWD/shown/fifo" &
pids+=($!) bait_pid=$!
ok 'bait is laid outside' wait_for "$lure/facts"
is "$(value "$lure/facts" listeners)" 5 'it listens in five places'
# Limits narrow the seal: they are on, those that everybody can have, and for root all.
limits=(--procs 4000 --disk 2G --timeout 1h); [ "$FVM_WHO" != root ] || limits+=(--memory 1G --cpus 1)
"$FVM" create "${limits[@]}" evil; "$FVM" create other
fvm run --vm other cmd /c 'echo theirs>C:\users\secret.txt'
is $rc 0 'another VM has a secret of its own'
(cd shown2 && exec "$FVM" run --vm other "$native" "$bait" "$PWD/facts" abstract=fvm-escape-$$ port=0 socket-tmp=/tmp/other) &
pids+=($!)
facts2=$FVM_HOME/vms/other/layers/1/files/Z$PWD/shown2/facts
ok 'and bait runs in it' wait_for "$facts2"
pid2=$("$FVM" ps other | awk '/bait_linux/ && !/unix_exec/ {print $3; exit}')
version=$FVM_HOME/bases/default/versions/$(cat "$FVM_HOME/bases/default/current")
tree_lines "$version" >../base.before; bait_before=$(tree_state bait/folder; sha256sum bait/file bait/stdin bait/secret "$home"/* "$tmp/secret" "$run/secret" "$shm/secret")
facts=(secret-home="$home/secret" secret-tmp="$tmp/secret" secret-shm="$shm/secret" secret-run="$run/secret"
    guest="$FVM_KIT/bin/guest/wineboot.exe" own-conf="$FVM_HOME/vms/evil/vm.conf" control="$FVM_HOME/vms/evil/run/control"
    other-layer="$FVM_HOME/vms/other/layers/1/files/C/users/secret.txt" base-hive="$version/system.reg"
    base-file="$version/drive_c/windows/win.ini" socket-tmp="$tmp/socket" socket-run="$run/socket"
    socket-shown="$PWD/shown/socket" shown-fifo="$PWD/shown/fifo" abstract=fvm-escape-$$
    pid="$bait_pid" port="$(value "$lure/facts" port)" shm="$(value "$lure/facts" shm)" address="$(value "$lure/facts" address)"
    other-port="$(value "$facts2" port)")
prlimit --core=1 true 2>/dev/null || facts+=(core-limit=0) # an open row of SECURITY.md
# Descriptors 3 to 9 open on secrets, standard input a file for reading, a secret in the environment.
with_bait() { (cd shown && FVM_BAIT_SECRET=1 exec "$@" <"$lure/stdin" 3<"$lure/secret" 4<>"$lure/secret" 5<"$lure" 6</ 7<"$home/secret" 8<"$tmp/secret" 9<"$run/secret"); }

# --- inside ----------------------------------------------------------------------------------------------------------------
# Into a file: what a native program writes to a pipe of a Windows one is lost.
with_bait timeout --foreground 200 "$FVM" run --vm evil "$native" "$try" "${facts[@]}" >inside.tap 2>&1
attacker_rows inside.tap
is "$rows" "${plan:-none}" 'the attacker came to its end'
is "$(report_of "$bait_pid" "$lure/facts")" 'connections=0 bytes=0 signals=0 byte=T' 'nothing reached the bait outside'
is "$(report_of "$pid2" "$facts2")" 'connections=0 bytes=0 signals=0 byte=T' 'nothing reached the other VM'
is "$(tree_lines "$version" | diff ../base.before - | head -n 6)" '' 'the base is what it was'
is "$(tree_state bait/folder; sha256sum bait/file bait/stdin bait/secret "$home"/* "$tmp/secret" "$run/secret" "$shm/secret")" "$bait_before" 'and so is the bait'
is "$(cat shown/mine)" mine 'and the shown folder'

# --- the same with a display of its own: it opens nothing of the host's -------------------------------------------------------
"$FVM" stop evil
with_bait timeout --foreground 200 "$FVM" run --vm evil --display private "$native" "$try" "${facts[@]}" >display.tap 2>&1
is "$(tr -d '\r' <display.tap | grep '^not ok')" '' 'with a display: no row is reached'
is "$(tr -d '\r' <display.tap | grep -c '^ok')" "$rows" 'with a display: as many rows are tried'
is "$(report_of "$bait_pid" "$lure/facts")" 'connections=0 bytes=0 signals=0 byte=T' 'with a display: nothing reached the bait'
"$FVM" stop evil

# --- outside: the tries do reach the bait there -------------------------------------------------------------------------------
outside=$(with_bait timeout --foreground 60 "$try" outside=1 "${facts[@]}" 2>&1)
must='\(\*\)$'; [ "$FVM_WHO" = user ] || must='\((root)?\*\)$'
missed=$(grep '^ok ' <<<"$outside" | grep -E "$must")
is "$missed" '' "outside every one of $(grep -cE "$must" <<<"$outside") rows is reached"
like "$(report_of "$bait_pid" "$lure/facts")" 'connections=[1-9].* bytes=[1-9].* signals=[1-9]' 'and the bait felt it'
kill "$bait_pid"; "$FVM" stop other

# --- what a user gives by mistake -------------------------------------------------------------------------------------------
out1=$("$FVM" run cmd /c ver 2>&1 </); rc=$?
is "$rc" 125 'a folder as standard input is refused'
like "$out1" 'standard input is a folder' 'and it is said why'
out1=$(printf 'one\ntwo\n' >in.txt; { read -r first; "$FVM" run cmd /c 'set /p line=& call echo got %^line%'; } <in.txt 2>&1 | tr -d '\r')
like "$out1" 'got' 'a file as standard input is still read'
ln -s "$home" link-to-home
out1=$(cd "$home" && HOME=$OLDPWD/link-to-home "$FVM" run cmd /c 'dir Z:\' 2>&1 </dev/null)
like "$out1" 'current folder .* is not visible' 'a home that is named by a link is not shown'
unlike "$out1" ' (var|root)' 'not even in part'

# --- hostile layers: every command ends, and touches nothing outside ------------------------------------------------------------
hostile() { # what limit-in-MB args...
    local what=$1 name=evil-$1; shift
    "$FVM" create "$name" || return
    (cd shown && exec timeout --foreground 60 "$FVM" run --vm "$name" "$native" "$plant" "$what" "$@" </dev/null) >/dev/null 2>&1
}
looks() { # vm name regex-of-diff code-of-diff: diff, commit --dry-run, discard, delete
    LIMIT=30 fvm diff "$1"
    like "$out$err" "$2" "$1: diff"
    [[ "$out$err" =~ [[:cntrl:]] ]] && [ "$(LC_ALL=C tr -d '\n\40-\176\200-\377' <<<"$out$err" | wc -c)" != 0 ]; is $? 1 "$1: diff prints no controls"
    LIMIT=30 fvm diff --json "$1"; [ $rc != 124 ]; is $? 0 "$1: diff --json ends"
    LIMIT=30 fvm commit --dry-run "$1"; [ $rc != 124 ]; is $? 0 "$1: commit --dry-run ends"
    LIMIT=30 fvm discard "$1"; [ $rc != 124 ]; is $? 0 "$1: discard ends"
    LIMIT=30 fvm delete "$1"; is $rc 0 "$1: delete"
    is "$(tree_state bait/folder; cat bait/file)" "$hostile_before" "$1: nothing outside changed"
}
hostile_before=$(tree_state bait/folder; cat bait/file)
hostile links folder=/prefix/drive_c/windows out="$lure/folder" replace=/prefix/drive_c/windows/temp
looks evil-links 'plants'
hostile deep folder=/prefix/drive_c levels=900
looks evil-deep 'd.d.d'
"$FVM" create evil-deeper
for i in 1 2 3; do # by steps: a path has 4096 bytes
    deeper=/prefix/drive_c; for ((j = 500; j < i * 500; j++)); do deeper+=/d; done
    "$FVM" run --vm evil-deeper "$native" "$plant" deep folder="$deeper" levels=500 </dev/null >/dev/null 2>&1
done
looks evil-deeper 'more than 1000 directories deep'
hostile sparse folder=/prefix/drive_c
looks evil-sparse 'sparse'
hostile names folder=/prefix/drive_c/windows of=system32/shell32.dll gone=system32/shell32.dll count=2000
looks evil-names 'shell32.dll.2000'
hostile hive-link folder=/prefix out="$home/secret"
fvm diff evil-hive-link; unlike "$out$err" 'a secret' 'a hive that is a link does not show what it points to'
looks evil-hive-link 'system.reg'
hostile hive-folder folder=/prefix
looks evil-hive-folder 'system.reg'
hostile hive-hole folder=/prefix
looks evil-hive-hole 'system.reg'
hostile hive-keys folder=/prefix keys=300000
looks evil-hive-keys 'registry'
is "$(tree_lines "$version" | diff ../base.before - | head -n 6)" '' 'the base is what it was'
# What is taken over on purpose is bare of rights and of devices.
hostile links folder=/prefix/drive_c out="$lure/folder"
chmod 6777 "$FVM_HOME/vms/evil-links/layers/1/files/C/plants/setuid" # a VM cannot do that: share_escape.t
LIMIT=30 fvm commit --only 'C:\plants\setuid' evil-links
committed=$FVM_HOME/bases/default/versions/$(cat "$FVM_HOME/bases/default/current")/drive_c/plants/setuid
is "$(stat -c %a "$committed" 2>&1)" 777 'a setuid file is committed without that bit'
LIMIT=30 fvm commit --only 'C:\plants\socket' evil-links
isnt_zero=$([ $rc != 0 ] && echo yes); is "$isnt_zero" yes 'a socket is not committed'
# A folder below a shown one, which the VM has replaced by a link to the outside.
mkdir -p shown/in
(cd shown && "$FVM" run --vm evil "$native" /bin/sh -c "rmdir in && ln -s '$lure/folder' in" </dev/null >/dev/null 2>&1)
(cd shown/in && timeout --foreground 60 "$FVM" run --vm evil cmd /c 'echo x>evil.txt' </dev/null >/dev/null 2>&1)
is "$(ls bait/folder)" '' 'a link in the layer is no way out for the next program'
done_testing

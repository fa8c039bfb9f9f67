# tests/vm/faults.sh: what the tests of bad input and faults share. Source it after lib.sh.
# refused CODE REGEX NAME COMMAND...: as fails_with of lib.sh, for any command line (fvm behind setpriv, unshare, ...)
refused() {
    local code=$1 regex=$2 name=$3 o e; shift 3
    o=$(mktemp) e=$(mktemp)
    timeout -k 5 "${LIMIT:-60}" "$@" >"$o" 2>"$e" </dev/null; rc=$?
    out=$(cat "$o") err=$(cat "$e"); rm -f "$o" "$e"
    if [ $rc = "$code" ] && [[ "$err" =~ $regex ]] && [ "$(grep -c . <<<"$err")" = 1 ] && [ -z "$out" ]; then
        _result 0 "$name"
    else
        _result 1 "$name"; diag "exit $rc, want $code; want one line /$regex/"; diag "stdout: $out"; diag "stderr: $err"
    fi
}
# Host pids of this store's supervisors (of VM $1 only: by the command line that started it).
supervisors() {
    local comm pid
    for comm in $(grep -lsx fvm-supervisor /proc/[0-9]*/comm); do
        pid=${comm#/proc/} pid=${pid%/comm}
        [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$FVM_HOME" ] || continue
        [ -z "${1:-}" ] || tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qx -- "$1" || continue
        echo "$pid"
    done
}
children() { cat "/proc/$1/task/$1/children" 2>/dev/null; }
# Processes below one; those of this store's VMs that have a name.
below() { local p; for p in $(children "$1"); do echo "$p"; below "$p"; done; }
all_of() { local p q; for p in $(supervisors); do for q in $(below "$p"); do [ "$(cat "/proc/$q/comm" 2>/dev/null)" = "$1" ] && echo "$q"; done; done; }
# A zombie is no process any more, only a number that its parent has not asked for.
is_alive() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    stat=${stat##*) }
    [ "${stat%% *}" != Z ]
}
# await SECONDS COMMAND...: until it succeeds
await() {
    local until=$((SECONDS + $1)); shift
    until "$@"; do [ $SECONDS -le $until ] || return 1; sleep 0.05; done
}
no_supervisor() { [ -z "$(supervisors "${1:-}")" ]; }
are_gone() { local p; for p; do ! is_alive "$p" || return 1; done; }
# What must not be left in the store after one more command: drafts, half-deleted and throw-away VMs.
leftovers() { "$FVM" list >/dev/null 2>&1; find "$FVM_HOME/vms" -mindepth 1 -maxdepth 1 \( -name '.*' -o -name 'tmp-*' \) -printf '%f '; }
# nothing_left NAME: no process, no mount, no scrap
mounts_before=$(wc -l </proc/self/mountinfo)
nothing_left() {
    local scrap mounts
    await 10 no_supervisor
    scrap=$(leftovers) mounts=$(wc -l </proc/self/mountinfo)
    if [ -z "$(supervisors)$scrap" ] && [ "$mounts" = "$mounts_before" ]; then _result 0 "$1"; else
        _result 1 "$1"; diag "supervisors: $(supervisors); scrap: $scrap; mounts: $mounts, were $mounts_before"
    fi
}
# The uid that owns the store and runs its VMs.
store_uid() { stat -c %u "$FVM_HOME/format"; }

# tests/vm/lib.sh: TAP in bash for tests of the whole command. Source it, call ok/is/like..., end with done_testing.
# The runner (tests/vm/run.sh) sets: FVM (the command), FVM_HOME (a store with a ready base), FVM_WHO (root or user),
# FVM_PROGRAMS (our own test programs), FVM_DEPS (programs of others), and starts each test in an empty folder.
set -u
_n=0 _bad=0
out='' err='' rc=0 # of the last program that fvm, outside or inside ran
_result() { # ok? name
    _n=$((_n + 1))
    if [ "$1" = 0 ]; then echo "ok $_n - $2"; else _bad=$((_bad + 1)); echo "not ok $_n - $2"; [ -z "$err" ] || diag "the last one's stderr: ${err:0:500}"; fi
}
diag() { sed 's/^/# /' <<<"$*" >&2; }
ok() { # name command...
    local name=$1 out; shift
    if out=$("$@" 2>&1); then _result 0 "$name"; else _result 1 "$name"; diag "command: $*"; diag "$out"; fi
}
not_ok() { # name command...: the command must fail
    local name=$1 out; shift
    if out=$("$@" 2>&1); then _result 1 "$name"; diag "unexpected success: $*"; diag "$out"; else _result 0 "$name"; fi
}
is() { # got want name
    if [ "$1" = "$2" ]; then _result 0 "$3"; else _result 1 "$3"; diag "got:  $1"; diag "want: $2"; fi
}
like() { # got regex name
    if [[ "$1" =~ $2 ]]; then _result 0 "$3"; else _result 1 "$3"; diag "got:  $1"; diag "want: /$2/"; fi
}
unlike() { if [[ "$1" =~ $2 ]]; then _result 1 "$3"; diag "got:  $1"; diag "must not match: /$2/"; else _result 0 "$3"; fi; }
skip() { # reason: counts as a failure where everything must run
    _n=$((_n + 1))
    if [ "${FVM_MUST_RUN:-}" = 1 ]; then _bad=$((_bad + 1)); echo "not ok $_n - skipped: $1"; else echo "ok $_n # SKIP $1"; fi
}
# fvm ARG...: like $FVM with a time limit; output in $out (stdout), $err (stderr), $rc
fvm() {
    local o e
    o=$(mktemp) e=$(mktemp)
    timeout -k 5 "${LIMIT:-60}" "$FVM" "$@" >"$o" 2>"$e" </dev/null
    rc=$?
    out=$(tr -d '\r' <"$o") err=$(cat "$e")
    rm -f "$o" "$e"
    return $rc
}
# fails_with CODE REGEX NAME ARGS...: one clear line on stderr, exit code, nothing on stdout
fails_with() {
    local code=$1 regex=$2 name=$3; shift 3
    fvm "$@"
    if [ $rc = "$code" ] && [[ "$err" =~ $regex ]] && [ "$(grep -c . <<<"$err")" = 1 ] && [ -z "$out" ]; then
        _result 0 "$name"
    else
        _result 1 "$name"; diag "exit $rc, want $code; want one line /$regex/"; diag "stdout: $out"; diag "stderr: $err"
    fi
}
vms_left() { "$FVM" list | awk 'NR>1 {print $1}' | sort | tr '\n' ' '; }
done_testing() { echo "1..$_n"; [ $_bad = 0 ]; exit $?; }
# attacker_rows FILE: what tests/programs/escape_linux said inside, as rows of this test; $rows: how many, $plan: how many it meant to try
attacker_rows() {
    local line
    rows=0 plan=''
    while IFS= read -r line; do
        case $line in
        'ok '*) rows=$((rows + 1)); _result 0 "inside: ${line#*- }" ;;
        'not ok '*) rows=$((rows + 1)); _result 1 "inside: ${line#*- }" ;;
        1..*) plan=${line#1..} ;;
        *) diag "$line" ;;
        esac
    done < <(tr -d '\r' <"$1")
}
kernel_is() { [ "$(printf '%s\n' "$1" "$(uname -r)" | sort -V | head -1)" = "$1" ]; } # VERSION: is the kernel that, or newer?
# Processes of this store: supervisors, pid 1s and all below them.
store_processes() { "$FVM" ps | awk 'NR>1'; }

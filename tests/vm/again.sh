# tests/vm/again.sh: for run.sh here and in tests/nt.
# prove_again STATEFILE PROVE ARG... -- TEST...: with FVM_AGAIN=1, as `make check` says, the files that fail run once more, one after the
# other, and show all they do. What fails twice fails; what does not is named at the end: it depends on something that it should not.
prove_again() {
    local state=$1 command=() failed; shift
    while [ "$1" != -- ]; do command+=("$1"); shift; done
    shift
    rm -f "$state"
    "${command[@]}" --statefile "$state" --state=save "$@" && return
    [ "${FVM_AGAIN:-}" = 1 ] || return 1
    failed=$("${command[@]}" --statefile "$state" --state=failed --dry 2>/dev/null | xargs -rn1 basename | tr '\n' ' ')
    echo "# once more: $failed"
    "${command[@]}" --statefile "$state" --state=failed --verbose --jobs 1 || return 1
    echo "# failed once and passed then: $failed"
}

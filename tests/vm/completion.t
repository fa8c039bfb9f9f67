# Completion of the command line in bash: completion/fvm.
. "$(dirname "$0")/lib.sh"
. "$FVM_KIT/bin/completion/fvm"
complete_words() { # WORD...: the last one is being typed; offers in $offers
    COMP_WORDS=("$FVM" "$@") COMP_CWORD=$# COMPREPLY=()
    _fvm
    offers=$(printf '%s\n' ${COMPREPLY[@]+"${COMPREPLY[@]}"} | sort | tr '\n' ' ')
    offers=${offers% }
}
offers() { # want name WORD...
    local want=$1 name=$2; shift 2
    complete_words "$@"
    is "$offers" "$want" "$name"
}
# All that the help names is offered, and no more.
named() { "$FVM" "$@" | sed -n 's/^  \(-*[a-z][a-z-]*\) .*/\1/p' | sort | tr '\n' ' '; }
commands=$(named --help | sed 's/fvm //g')
like "$commands" 'commit .*run ' 'fvm --help names commands'
complete_words ''
is "$offers" "$(printf '%s\n' $commands help --help --version | sort | tr '\n' ' ' | sed 's/ $//')" 'all commands'
for command in $commands; do
    complete_words "$command" -
    is "$offers" "$(printf '%s\n' $(named "$command" --help | grep -o -- '--[a-z-]*') --help | sort | tr '\n' ' ' | sed 's/ $//')" \
        "all options of $command"
done
is "$(complete -p fvm)" 'complete -F _fvm fvm' 'bash knows it'

offers '' 'no VM, no name' diff ''
ok 'create' "$FVM" create box
ok 'create another' "$FVM" create other.2
offers 'clip commit create' 'commands by their beginning' c
offers 'box other.2' 'VMs' diff ''
offers 'box' 'VMs by their beginning' commit --dry-run b
offers 'other.2' 'one name behind another' delete box o
offers '' 'diff wants one name' diff box ''
offers 'box other.2' 'value of an option' run --vm ''
offers 'other.2' 'value behind =' run --vm = o
offers 'box other.2' 'nothing behind = yet' run --vm =
offers 'default' 'bases' run --base ''
offers 'add-32bit create list' 'base' base ''
offers 'host lan none private' 'networks' run --net ''
touch 'a b.exe' c.exe; mkdir dir
offers 'a b.exe c.exe dir' 'files for run' run --keep ''
offers 'dir' 'folders for --cwd' run --cwd ''
offers 'c.exe' 'files behind the program' run --vm box c.exe c
offers '' 'options of the program are its own' run cmd --he
offers '' 'an unknown command' nonsense ''
COMP_WORDS=("$FVM.none" diff '') COMP_CWORD=2 COMPREPLY=(old)
error=$(_fvm 2>&1); is "$?$error" '0' 'no fvm: no error'
FVM_HOME=/dev/null/none offers '' 'no store: no names' stop ''
ok 'delete' "$FVM" delete box other.2
done_testing

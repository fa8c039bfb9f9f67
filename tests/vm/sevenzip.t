# 7-Zip for Windows packs and unpacks thousands of files, on C: and on the Linux folder it is started from.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/settings.sh"
sevenzip=$FVM_DEPS/7za.exe
[ -f "$sevenzip" ] || { skip '7za.exe is missing: make deps'; done_testing; exit; }
FILES=3000

# 3,000 small files in 60 folders, some names and sizes out of the ordinary; always the same.
make_tree() { # folder
    local i folder
    for ((i = 0; i < FILES; i++)); do
        folder=$1/d$((i % 60))/sub$((i % 3))
        [ $i -ge 180 ] || mkdir -p "$folder"
        printf '%*d\n%s\n' $((i % 997 + 1)) $i "line of file $i" >"$folder/file $i.txt"
    done
    : >"$1/empty"
    printf 'umlaut' >"$1/größe ä.txt"
    printf 'kanji' >"$1/日本.txt"
    head -c 3000000 /dev/urandom >"$1/random.bin"
    mkdir "$1/empty folder"
}
make_tree tree
# What is inside a tree, names and contents.
contents() { (cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum); }
want=$(contents tree)
total=$(find tree -type f | wc -l)
is $total $((FILES + 4)) 'the tree is made'

check_sevenzip() { # vm where
    local vm=$1 where=$2 state archive
    cp -al ../tree tree
    state=$(tree_state .)
    for archive in 'C:\users\packed.7z' 'packed on z.7z'; do
        LIMIT=180 fvm run --vm $vm "$sevenzip" a -mx1 -mmt1 "$archive" tree
        is "$rc" 0 "$where: pack to $archive"; like "$out" 'Everything is Ok' "$where: 7-Zip is content"
        LIMIT=180 fvm run --vm $vm "$sevenzip" t "$archive"
        is "$rc" 0 "$where: test the archive"
        like "$out" "Files: $total" "$where: it has all files"
    done
    fvm run --vm $vm "$sevenzip" l -ba 'C:\users\packed.7z' 'tree\d7\*'
    is "$(grep -c 'file .*\.txt' <<<"$out")" 50 "$where: listing of one folder"
    LIMIT=180 fvm run --vm $vm "$sevenzip" x -y -oC:\\users\\unpacked 'packed on z.7z'
    is "$rc" 0 "$where: unpack to C:"
    fvm run --vm $vm "$sevenzip" x -y 'C:\users\packed.7z' -ounpacked '-ir!tree\d1\*' tree\\日本.txt
    is "$rc" 0 "$where: unpack some to Z:"
    # The layer holds what the VM wrote as ordinary files: compare with the tree outside.
    layer=$FVM_HOME/vms/$vm/layers/1/files
    is "$(contents "$layer/C/users/unpacked/tree")" "$want" "$where: every file came back as it was"
    ok "$where: the empty folder, too" test -d "$layer/C/users/unpacked/tree/empty folder"
    is "$(cd "$layer/Z$PWD/unpacked/tree" && find . -type f | wc -l)" 51 "$where: the chosen ones were unpacked to Z:"
    ok "$where: with their contents" diff -r "$layer/Z$PWD/unpacked/tree/d1" tree/d1
    fvm diff $vm
    is "$(grep -c 'unpacked.tree.*\.txt' <<<"$out")" $((FILES + 2 + 51)) "$where: diff tells each created file"
    like "$out" '\+ C:.users.packed\.7z' "$where: diff tells the archive on C:"
    is "$(tree_state .)" "$state" "$where: the host's folder is as it was"
}
in_settings check_sevenzip
done_testing

/* tests/unit/linux_change_hostile_test.c: store/change.h against layers that want to do harm: links
 * that lead out, locked directories, odd names, depths, sizes. */
#include "linux_change_kit.h"

#include <sys/resource.h>
#include <time.h>

static int apply_all(int host, int layer, int target, struct fvm_error *err)
{
    FVM_CLEANUP(changes) struct fvm_changes changes = {0};
    int rc = fvm_tree_diff(&changes, host, layer, err);

    return rc ? rc : fvm_tree_apply(target, layer, &changes, err);
}

static int outside_with_secret(void)
{
    int outside = kit_dir("outside");

    kit_mkdir(outside, "sub");
    kit_file(outside, "secret", "secret", 0644, 9);
    kit_file(outside, "sub/x", "outside x", 0644, 9);
    return outside;
}

TEST(hostile_links_in_the_layer_are_only_links)
{
    int outside = outside_with_secret(), host = kit_dir("host"), layer = kit_dir("layer");
    char *before = kit_snapshot(outside), *after;
    struct fvm_error err = {""};
    char target[64] = "";

    kit_mkdir(host, "evil");
    kit_file(host, "evil/x", "host x", 0644, 9);
    symlinkat("../outside", layer, "evil");
    symlinkat("../outside/secret", layer, "file");
    OK_DIFF(host, layer, "replaced l evil\ncreated l file\n");
    ok(apply_all(host, layer, host, &err) == 0, "apply: %s", err.text);
    ok(readlinkat(host, "evil", target, sizeof(target) - 1) > 0, "no link on the host");
    ok_str(target, "../outside", "target");
    ok(apply_all(host, layer, host, &err) == 0, "apply: %s", err.text);
    ok(fvm_tree_remove(layer, "evil", &err) == 0 && fvm_tree_remove(layer, "file", &err) == 0, "%s",
       err.text);
    after = kit_snapshot(outside);
    ok_str(after, before, "outside");
    free(before);
    free(after);
    close(outside);
    close(host);
    close(layer);
}

/* A directory that was listed is a link when the list is used: in the layer, then on the host. */
TEST(hostile_links_put_there_after_the_listing)
{
    int outside = outside_with_secret(), host = kit_dir("host"), layer = kit_dir("layer");
    char *before = kit_snapshot(outside), *after;
    FVM_CLEANUP(changes) struct fvm_changes changes = {0};
    struct fvm_error err = {""};
    bool hit[8];
    int rc;

    kit_file(host, "x", "x", 0644, 9);
    kit_mkdir(layer, "sub");
    kit_file(layer, "sub/x", "layer x", 0644, 9);
    kit_mkdir(layer, "sub/y");
    ok(fvm_tree_diff(&changes, host, layer, &err) == 0 && changes.count == 3, "%s", err.text);
    ok(fvm_tree_remove(layer, "sub", &err) == 0, "%s", err.text);
    symlinkat("../outside/sub", layer, "sub");
    rc = fvm_tree_apply(host, layer, &changes, &err);
    ok(rc == -ENOTDIR && strstr(err.text, "'sub"), "apply: %d %s", rc, err.text);
    ok(!kit_has(host, "sub/x"), "read through a link of the layer");
    ok(fvm_tree_forget(layer, host, &changes, &err) == 0, "forget: %s", err.text);
    ok(fvm_tree_conflicts(hit, host, host, 0, layer, &changes, &err) == 0, "%s", err.text);

    unlinkat(layer, "sub", 0);
    kit_mkdir(layer, "sub");
    kit_file(layer, "sub/x", "layer x", 0644, 9);
    kit_mkdir(layer, "sub/y");
    fvm_tree_remove(host, "sub", NULL);
    symlinkat("../outside/sub", host, "sub");
    changes.count--; /* only what is below the directory */
    changes.at++;
    changes.count--;
    rc = fvm_tree_apply(host, layer, &(struct fvm_changes){changes.at, 1, 1}, &err);
    ok(rc == -ENOTDIR, "apply through a link of the host: %d %s", rc, err.text);
    rc = fvm_tree_conflicts(hit, layer, host, 0, layer, &(struct fvm_changes){changes.at, 1, 1},
                            &err);
    ok(rc == 0 && hit[0], "a link where the directory was is a conflict");
    changes.at--;
    changes.count += 2;
    after = kit_snapshot(outside);
    ok_str(after, before, "outside");
    free(before);
    free(after);
    close(outside);
    close(host);
    close(layer);
}

struct three {
    int (*work)(int host, int layer, int target);
    int host, layer, target;
};
static int with_three(void *context)
{
    const struct three *three = context;

    return three->work(three->host, three->layer, three->target);
}

static int as_nobody(int (*work)(int host, int layer, int target), int host, int layer, int target)
{
    struct three three = {work, host, layer, target};

    return kit_as_nobody(with_three, &three);
}

static int make_locked(int host, int layer, int target)
{
    (void)target;
    kit_mkdir(host, "d");
    kit_file(host, "d/plain", "1", 0644, 9);
    kit_mkdir(layer, "d");
    kit_mkdir(layer, "d/new");
    kit_file(layer, "d/new/locked", "secret", 0000, 9);
    kit_file(layer, "d/plain", "2", 0000, 9);
    kit_file(layer, "d/read-only", "r", 0644, 9);
    kit_attribute(layer, "d/read-only", "user.overlay.origin", "1");
    if (fchmodat(layer, "d/read-only", 0444, 0) || fchmodat(layer, "d/new", 0000, 0) ||
        fchmodat(layer, "d", 0000, 0))
        return 1;
    return 0;
}

static unsigned mode_of(int root, const char *path)
{
    struct stat st;

    return fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) ? 07777 : (unsigned)st.st_mode & 07777;
}

static int work_locked(int host, int layer, int target)
{
    struct fvm_error err = {""};
    FVM_CLEANUP(changes) struct fvm_changes changes = {0};
    char *diff = kit_diff(host, layer);
    uint64_t cb, files;
    bool good;

    good =
        ok_str(diff,
               "metadata d d\ncreated d d/new\ncreated f d/new/locked 0>6\nchanged f d/plain 1>1\n"
               "created f d/read-only 0>1\n",
               "diff of a locked layer");
    good &= ok(mode_of(layer, "d") == 0, "the directory's mode was not given back");
    good &= ok(fvm_tree_diff(&changes, host, layer, &err) == 0, "%s", err.text);
    for (int twice = 0; twice < 2; twice++)
        good &= ok(fvm_tree_apply(host, layer, &changes, &err) == 0, "%s", err.text);
    good &=
        ok(mode_of(host, "d") == 0 && fchmodat(host, "d", 0755, 0) == 0, "the directory's mode");
    good &= ok(mode_of(host, "d/new") == 0 && mode_of(host, "d/plain") == 0, "modes on the host");
    good &= ok(fvm_tree_size(host, &cb, &files) == 0 && cb == 8 && files == 3, "size");
    good &= ok(fvm_tree_clone(host, target, &err) == 0, "clone: %s", err.text);
    good &= ok(mode_of(target, "d/new") == 0, "modes in the clone");
    good &= ok(fvm_tree_forget(layer, host, &changes, &err) == 0, "forget: %s", err.text);
    good &= ok(!kit_has(layer, "d"), "an empty directory was left in the layer");
    good &= ok(fvm_tree_remove(host, "d", &err) == 0, "remove: %s", err.text);
    good &= ok(fvm_tree_remove(target, "d", &err) == 0, "remove: %s", err.text);
    free(diff);
    fflush(stdout);
    return good ? 0 : 1;
}

TEST(hostile_locked_directories)
{
    int host = kit_dir("host"), layer = kit_dir("layer"), target = kit_dir("target");

    if (geteuid() == 0 &&
        (fchown(host, 65534, 65534) || fchown(layer, 65534, 65534) || fchown(target, 65534, 65534)))
        kit_die("fchown", "host");
    ok(as_nobody(make_locked, host, layer, target) == 0, "setting up failed");
    ok(as_nobody(work_locked, host, layer, target) == 0, "see above");
    close(host);
    close(layer);
    close(target);
}

TEST(hostile_names)
{
    static const char *const names[] = {"new\nline", "'quote\"", "\xff\xfe",
                                        "\x1b[31m",  "\xc2\x9b", "back\\slash",
                                        "...",       "-rf",      "\x01"};
    struct fvm_error err = {""};
    int host = kit_dir("host"), layer = kit_dir("layer"), rc;
    char *applied, *wanted;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[64];

        kit_mkdir(layer, names[i]);
        snprintf(path, sizeof(path), "%s/%s", names[i], names[i]);
        kit_file(layer, path, names[i], 0644, 9);
    }
    ok(apply_all(host, layer, host, &err) == 0, "apply: %s", err.text);
    applied = kit_snapshot(host);
    wanted = kit_snapshot(layer);
    ok_str(applied, wanted, "odd names");
    mkfifoat(layer, "\n\x1b\xff\xc2\x9bo\xcc\x88\xe4", 0644);
    rc = apply_all(host, layer, host, &err);
    ok(rc == -EPERM, "FIFO: %d", rc);
    ok(strstr(err.text, "'\\x0a\\x1b\\xff\\xc2\\x9bo\xcc\x88\\xe4'") != NULL,
       "a sentence on one line, without control characters: %s", err.text);
    free(applied);
    free(wanted);
    close(host);
    close(layer);
}

/* A chain of directories; the deepest holds a file. */
static void make_chain(int root, const char *name, int depth)
{
    int fd = dup(root);

    for (int i = 0; i < depth; i++) {
        int below =
            mkdirat(fd, name, 0755) ? -1 : openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (below < 0)
            kit_die("mkdirat", name);
        close(fd);
        fd = below;
    }
    kit_file(fd, "file", "deep", 0644, 9);
    close(fd);
}

TEST(hostile_depth)
{
    struct rlimit old, few = {200, 200};
    struct fvm_error err = {""};
    int host = kit_dir("host"), layer = kit_dir("layer"), target = kit_dir("target"), rc;
    FVM_CLEANUP(changes) struct fvm_changes changes = {0};
    uint64_t cb, files;

    getrlimit(RLIMIT_NOFILE, &old);
    few.rlim_max = old.rlim_max;
    setrlimit(RLIMIT_NOFILE, &few);
    make_chain(layer, "d", 5000);
    make_chain(target, "d", 900);
    make_chain(target, "deep", 100);
    rc = fvm_tree_diff(&changes, host, layer, &err);
    ok(rc == -ELOOP && strstr(err.text, "1000 directories"), "diff: %d %s", rc, err.text);
    ok(changes.count == 0 && !changes.at, "a list is left after a failure");
    rc = fvm_tree_clone(layer, host, &err);
    ok(rc == -ELOOP && strstr(err.text, "1000 directories"), "clone: %d %s", rc, err.text);
    ok(fvm_tree_size(layer, &cb, &files) == -ELOOP, "size");
    rc = fvm_tree_remove(host, "d", &err);
    ok(rc == 0, "remove: %s", err.text);
    rc = fvm_tree_remove(layer, "d", &err);
    ok(rc == 0 && !kit_has(layer, "d"), "remove 5000 levels: %s", err.text);
    /* What is allowed must work, with few descriptors. */
    rc = fvm_tree_clone(target, layer, &err);
    ok(rc == 0, "clone 900 levels: %s", err.text);
    ok(fvm_tree_size(layer, &cb, &files) == 0 && files == 2 && cb == 8, "size of 900 levels");
    ok(apply_all(host, layer, host, &err) == 0, "apply 900 levels: %s", err.text);
    OK_DIFF(host, layer, "");
    ok(fvm_tree_diff(&changes, -1, layer, &err) == 0 && changes.count == 1002, "%zu",
       changes.count);
    ok(fvm_tree_forget(layer, -1, &changes, &err) == 0, "forget 900 levels: %s", err.text);
    ok(!kit_has(layer, "d") && !kit_has(layer, "deep"), "something was left");
    setrlimit(RLIMIT_NOFILE, &old);
    close(host);
    close(layer);
    close(target);
}

TEST(hostile_path_length)
{
    struct fvm_error err = {""};
    int host = kit_dir("host"), layer = kit_dir("layer"), rc;
    FVM_CLEANUP(changes) struct fvm_changes changes = {0};
    char name[256];

    memset(name, 'n', 255);
    name[255] = '\0';
    make_chain(layer, name, 20);
    rc = fvm_tree_diff(&changes, host, layer, &err);
    ok(rc == -ENAMETOOLONG && strstr(err.text, "4095 bytes"), "diff: %d %s", rc, err.text);
    ok(strlen(err.text) < 900, "a sentence of %zu bytes", strlen(err.text));
    close(host);
    close(layer);
}

static void make_huge(int root, const char *name, char last)
{
    int fd = openat(root, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    off_t size = (off_t)1 << 40;

    if (fd < 0 || ftruncate(fd, size) || pwrite(fd, "start", 5, 100) != 5 ||
        pwrite(fd, &last, 1, size - 5) != 1 || futimens(fd, (struct timespec[]){{9, 0}, {9, 0}}))
        kit_die("make", name);
    close(fd);
}

TEST(hostile_sparse_files_of_a_terabyte)
{
    struct fvm_error err = {""};
    int host = kit_dir("host"), layer = kit_dir("layer");
    struct stat st;

    make_huge(host, "same", 'a');
    make_huge(layer, "same", 'a');
    make_huge(host, "other", 'a');
    make_huge(layer, "other", 'b');
    make_huge(host, "gone", 'c');
    kit_deletion(layer, "gone");
    make_huge(layer, "moved", 'c');
    alarm(60);
    OK_DIFF(host, layer,
            "renamed f moved <- gone 1099511627776>1099511627776\n"
            "changed f other 1099511627776>1099511627776\n");
    ok(apply_all(host, layer, host, &err) == 0, "apply: %s", err.text);
    alarm(0);
    ok(fstatat(host, "other", &st, 0) == 0 && st.st_size == (off_t)1 << 40 && st.st_blocks < 2048,
       "holes are filled: %lld blocks", (long long)st.st_blocks);
    OK_DIFF(host, layer, "");
    close(host);
    close(layer);
}

TEST(change_a_copy_is_of_its_own)
{
    struct fvm_error err = {""};
    int host = kit_dir("host"), copy = kit_dir("copy"), fd;
    char *before, *after;
    struct stat st;

    kit_mkdir(host, "d");
    kit_file(host, "d/file", "old", 0640, 9);
    ok(symlinkat("file", host, "d/link") == 0, "link");
    before = kit_snapshot(host);
    ok(fvm_tree_copy(host, copy, &err) == 0, "copy: %s", err.text);
    after = kit_snapshot(copy);
    ok_str(after, before, "the copy");
    free(after);
    ok(fstatat(copy, "d/file", &st, 0) == 0 && st.st_nlink == 1, "a copy shares no inode");
    fd = openat(copy, "d/file", O_WRONLY | O_TRUNC);
    ok(write(fd, "other", 5) == 5, "write");
    close(fd);
    after = kit_snapshot(host);
    ok_str(after, before, "what was copied, after a write into the copy");
    free(before);
    free(after);
    close(copy);
    copy = kit_dir("other");
    ok(mkfifoat(host, "fifo", 0600) == 0 && fvm_tree_copy(host, copy, &err) == -EPERM,
       "a FIFO is not copied");
    close(host);
    close(copy);
}

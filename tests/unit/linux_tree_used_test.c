/* What a tree takes on disk: fvm_tree_used() of store/change.h. */
#include "linux_change_kit.h"

#include <stdint.h>

/* A file with so many bytes written to it. */
static void fill(int dir, const char *name, size_t cb)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    static char block[65536];

    memset(block, 'x', sizeof(block));
    for (; cb; cb -= cb < sizeof(block) ? cb : sizeof(block))
        if (write(fd, block, cb < sizeof(block) ? cb : sizeof(block)) < 0)
            kit_die("write", name);
    close(fd);
}

static uint64_t used(int dir)
{
    uint64_t cb = 0;
    int rc = fvm_tree_used(dir, UINT64_MAX, &cb);

    ok(rc == 0, "counted: %d", rc);
    return cb;
}

TEST(tree_used_counts_what_is_written)
{
    int dir = kit_dir("written");
    uint64_t before = used(dir), cb;

    ok(before < 16384, "an empty folder: %llu", (unsigned long long)before);
    fill(dir, "a", 1 << 20);
    cb = used(dir);
    ok(cb - before >= 1 << 20 && cb - before < (1 << 20) + 65536, "a file of 1 MB: %llu",
       (unsigned long long)(cb - before));
    /* A second name takes no second megabyte. */
    ok(!linkat(dir, "a", dir, "b", 0), "link");
    ok(used(dir) - cb < 65536, "two names of one file");
    ok(!symlinkat("/usr", dir, "c") && used(dir) - cb < 65536, "a link to elsewhere");
    close(dir);
}

TEST(tree_used_counts_holes_as_nothing)
{
    int dir = kit_dir("holes"), fd;
    uint64_t before = used(dir);

    fill(dir, "hole", 1);
    fd = openat(dir, "hole", O_WRONLY | O_CLOEXEC);
    ok(!ftruncate(fd, (off_t)1 << 34), "16 GB, of which one byte is written");
    close(fd);
    ok(used(dir) - before < 65536, "it takes next to nothing");
    close(dir);
}

TEST(tree_used_counts_names)
{
    int dir = kit_dir("names");
    uint64_t before = used(dir);
    char name[16];

    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof(name), "f%d", i);
        fill(dir, name, 0);
    }
    ok(used(dir) - before >= 500 * 1024, "files without content have an end, too");
    close(dir);
}

TEST(tree_used_stops)
{
    int dir = kit_dir("stops");
    uint64_t cb;

    fill(dir, "a", 1 << 20);
    fill(dir, "b", 1 << 20);
    fill(dir, "c", 1 << 20);
    ok(!fvm_tree_used(dir, 1 << 20, &cb) && cb > 1 << 20 && cb < (2 << 20) + 65536,
       "beyond the most it does not go on: %llu", (unsigned long long)cb);
    close(dir);
}

TEST(tree_used_of_hostile_trees)
{
    int dir = kit_dir("hostile"), at;
    uint64_t cb = 0;

    ok(!mkdirat(dir, "locked", 0755), "mkdir");
    at = openat(dir, "locked", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fill(at, "hidden", 1 << 20);
    ok(!fchmod(at, 0), "a folder that nobody may read");
    close(at);
    ok(!fvm_tree_used(dir, UINT64_MAX, &cb) && cb > 1 << 20, "is counted: %llu",
       (unsigned long long)cb);
    at = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 400; i++) {
        int next;

        if (mkdirat(at, "d", 0755))
            kit_die("mkdir", "d");
        next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(at);
        at = next;
    }
    close(at);
    ok(fvm_tree_used(dir, UINT64_MAX, &cb) == -ELOOP, "too deep is said");
    ok(cb > 0, "with what was counted till then");
    close(dir);
}

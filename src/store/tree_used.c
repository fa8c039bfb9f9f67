/* store/tree_used.c: what a tree takes on disk, while programs go on writing to it. See change.h.
 */
#include "store/change.h"
#include "store/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a name and an inode take that no block count tells: so that files without content have an
 * end, too. */
#define NODE_CB 1024
/* Each level holds a descriptor or two. */
#define DEPTH_MAX 300

struct count {
    uint64_t *cb, most_cb;
};

static void add(struct count *count, const struct stat *st)
{
    /* All names of a file are in the tree: each carries its part. */
    uint64_t names = st->st_nlink > 1 && !S_ISDIR(st->st_mode) ? st->st_nlink : 1;

    *count->cb += (uint64_t)st->st_blocks * 512 / names + NODE_CB;
}

static int add_below(struct count *count, int parent, const char *name, unsigned depth);

/* What is gone or changed its kind while we looked is counted the next time. */
static bool has_gone(int error)
{
    return error == -ENOENT || error == -ENOTDIR || error == -ESTALE;
}

static int add_entries(struct count *count, DIR *dir, unsigned depth)
{
    struct dirent *entry;

    while ((errno = 0, entry = readdir(dir)) && *count->cb <= count->most_cb) {
        struct stat st;
        int rc = 0;

        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
            rc = -errno;
        else
            add(count, &st);
        if (!rc && S_ISDIR(st.st_mode))
            rc = add_below(count, dirfd(dir), entry->d_name, depth + 1);
        if (rc && !has_gone(rc))
            return rc;
    }
    return -errno;
}

static int add_below(struct count *count, int parent, const char *name, unsigned depth)
{
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir at = FVM_TREE_DIR_NONE;
    DIR *dir;
    int rc = depth > DEPTH_MAX ? -ELOOP : fvm_tree_dir_open(&at, parent, name, FVM_TO_READ);
    int fd;

    if (rc)
        return rc;
    fd = dup(at.fd); /* `at` gives back the mode that it loosened */
    dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        rc = -errno;
        if (fd >= 0)
            close(fd);
        return rc;
    }
    rc = add_entries(count, dir, depth);
    closedir(dir);
    return rc;
}

int fvm_tree_used(int fd, uint64_t most_cb, uint64_t *cb)
{
    *cb = 0;
    return add_below(&(struct count){cb, most_cb}, fd, ".", 0);
}

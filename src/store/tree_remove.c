/* store/tree_remove.c: remove a tree of any depth; see change.h. */
#include "store/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* One directory on the way down. Only the lowest is open, so neither descriptors nor the C stack
 * limit the depth; the way back is "..", checked against what was there on the way down. */
struct level {
    uint64_t dev, ino;
    struct fvm_tree_names names;
    size_t next;
};
struct removal {
    struct level *at;
    size_t count, cap;
    struct fvm_tree_dir dir; /* of the lowest level */
};

static int push(struct removal *removal, struct fvm_tree_dir *dir)
{
    struct level *level;
    int rc;

    if (removal->count == removal->cap) {
        size_t cap = removal->cap ? removal->cap * 2 : 16;
        struct level *at = realloc(removal->at, cap * sizeof(*at));

        if (!at)
            return -ENOMEM;
        removal->at = at;
        removal->cap = cap;
    }
    level = &removal->at[removal->count];
    *level = (struct level){.dev = dir->dev, .ino = dir->ino};
    rc = fvm_tree_names_read(&level->names, dir->fd);
    if (rc)
        return rc;
    removal->count++;
    if (removal->dir.fd >= 0)
        close(removal->dir.fd); /* its old mode is of no use any more */
    removal->dir = *dir;
    return 0;
}

static int pop(struct removal *removal)
{
    struct level *level = &removal->at[removal->count - 1], *above = level - 1;
    struct stat st;
    int fd;

    fvm_tree_names_free(&level->names);
    if (--removal->count == 0)
        return 0;
    fd = openat(removal->dir.fd, "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    close(removal->dir.fd);
    removal->dir.fd = fd;
    if (fstat(fd, &st))
        return -errno;
    return st.st_dev == above->dev && st.st_ino == above->ino ? 0 : -ESTALE;
}

/* @return 1: a directory that is not empty */
static int remove_name(int dir_fd, const char *name)
{
    int rc = fvm_tree_step();

    if (rc)
        return rc;
    if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -errno;
    if (unlinkat(dir_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return 0;
    if (errno == ENOTEMPTY || errno == EEXIST)
        return 1;
    return errno == ENOTDIR ? -EPERM : -errno;
}

static int remove_below(struct removal *removal)
{
    while (removal->count) {
        struct level *level = &removal->at[removal->count - 1];
        struct fvm_tree_dir child;
        int rc;

        if (level->next == level->names.count) {
            rc = pop(removal);
            if (rc)
                return rc;
            continue;
        }
        rc = remove_name(removal->dir.fd, level->names.at[level->next]);
        if (rc < 0)
            return rc;
        if (rc == 0) {
            level->next++;
            continue;
        }
        rc = fvm_tree_dir_open(&child, removal->dir.fd, level->names.at[level->next], FVM_TO_WRITE);
        if (!rc)
            rc = push(removal, &child);
        if (rc) {
            fvm_tree_dir_close(&child);
            return rc;
        }
    }
    return 0;
}

int fvm_tree_remove(int parent_fd, const char *name, struct fvm_error *err)
{
    struct removal removal = {.dir = FVM_TREE_DIR_NONE};
    struct fvm_tree_dir top;
    int rc = remove_name(parent_fd, name);

    if (rc <= 0)
        return rc ? fvm_tree_fail(err, rc, "remove", name) : 0;
    rc = fvm_tree_dir_open(&top, parent_fd, name, FVM_TO_WRITE);
    if (!rc) {
        rc = push(&removal, &top);
        if (rc)
            fvm_tree_dir_close(&top);
    }
    if (!rc)
        rc = remove_below(&removal);
    for (size_t i = 0; i < removal.count; i++)
        fvm_tree_names_free(&removal.at[i].names);
    free(removal.at);
    if (removal.dir.fd >= 0)
        close(removal.dir.fd);
    if (!rc && unlinkat(parent_fd, name, AT_REMOVEDIR) && errno != ENOENT)
        rc = -errno;
    return rc ? fvm_tree_fail(err, rc, "remove all of", name) : 0;
}

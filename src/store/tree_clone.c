/* store/tree_clone.c: copy a tree, by hard links too, add up its size; see change.h,
 * tree_content.h.
 */
#include "store/tree_content.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int copy_directory(const struct fvm_copying *how, struct fvm_tree_dir *from,
                          struct fvm_tree_dir *to, const char *name, struct fvm_trail *trail)
{
    struct fvm_tree_dir from_below, to_below;
    int rc;

    if (mkdirat(to->fd, name, 0700))
        return -errno;
    rc = fvm_tree_dir_enter(&from_below, from, name, how->need, trail->depth);
    if (rc)
        return rc;
    rc = fvm_tree_dir_enter(&to_below, to, name, FVM_TO_WRITE, trail->depth);
    if (!rc) {
        rc = fvm_copy_below(how, &from_below, &to_below, trail);
        if (!rc)
            rc = fvm_put_finish(&to_below, &from_below);
        rc = fvm_tree_dir_leave(&to_below, to, rc);
    }
    return fvm_tree_dir_leave(&from_below, from, rc);
}

int fvm_copy_below(const struct fvm_copying *how, struct fvm_tree_dir *from,
                   struct fvm_tree_dir *to, struct fvm_trail *trail)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    int rc = fvm_tree_names_read(&names, from->fd);

    for (size_t i = 0; !rc && i < names.count; i++) {
        const char *name = names.at[i];
        size_t cch = trail->cch;
        struct stat st;

        rc = fvm_trail_push(trail, name);
        if (!rc && fvm_node_stat(from->fd, name, &st) != 1)
            rc = -ESTALE;
        if (!rc)
            rc = fvm_tree_step();
        if (rc)
            break;
        if (S_ISDIR(st.st_mode))
            rc = copy_directory(how, from, to, name, trail);
        else if (S_ISLNK(st.st_mode))
            rc = fvm_put_symlink(from->fd, name, to->fd);
        else
            rc = how->leaf(from->fd, to->fd, name, &st);
        if (!rc)
            fvm_trail_pop(trail, cch);
    }
    return rc;
}

static int clone_leaf(int from_fd, int to_fd, const char *name, const struct stat *st)
{
    if (linkat(from_fd, name, to_fd, name, 0) == 0)
        return 0;
    /* Too many names already, or not ours (fs.protected_hardlinks). */
    if (S_ISREG(st->st_mode) && (errno == EMLINK || errno == EPERM))
        return fvm_put_copy(from_fd, name, to_fd, name);
    return -errno;
}

static int copy_leaf(int from_fd, int to_fd, const char *name, const struct stat *st)
{
    return S_ISREG(st->st_mode) ? fvm_put_copy(from_fd, name, to_fd, name) : -EPERM;
}

static int copy_all(int from_fd, int to_fd, const struct fvm_copying *how, struct fvm_error *err)
{
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir from = FVM_TREE_DIR_NONE;
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir to = FVM_TREE_DIR_NONE;
    struct fvm_trail trail = {0};
    int rc = fvm_tree_dir_open(&from, from_fd, ".", FVM_TO_READ);

    if (!rc)
        rc = fvm_tree_dir_open(&to, to_fd, ".", FVM_TO_WRITE);
    if (!rc)
        rc = fvm_copy_below(how, &from, &to, &trail);
    return rc ? fvm_tree_fail(err, rc, "copy", trail.s) : 0;
}

int fvm_tree_clone(int from_fd, int to_fd, struct fvm_error *err)
{
    return copy_all(from_fd, to_fd, &(struct fvm_copying){FVM_TO_READ, clone_leaf}, err);
}

int fvm_tree_copy(int from_fd, int to_fd, struct fvm_error *err)
{
    return copy_all(from_fd, to_fd, &(struct fvm_copying){FVM_TO_READ, copy_leaf}, err);
}

static int add_sizes(struct fvm_tree_dir *dir, uint64_t *cb, uint64_t *files, unsigned depth)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    int rc = fvm_tree_names_read(&names, dir->fd);

    for (size_t i = 0; !rc && i < names.count; i++) {
        struct fvm_tree_dir below;
        struct stat st;
        int there = fvm_node_stat(dir->fd, names.at[i], &st);

        if (there < 0)
            return there;
        if (there && S_ISREG(st.st_mode)) {
            *cb += (uint64_t)st.st_size;
            ++*files;
        }
        if (!there || !S_ISDIR(st.st_mode))
            continue;
        if (depth >= FVM_TREE_DEPTH)
            return -ELOOP;
        rc = fvm_tree_dir_enter(&below, dir, names.at[i], FVM_TO_READ, depth);
        if (!rc) {
            rc = add_sizes(&below, cb, files, depth + 1);
            rc = fvm_tree_dir_leave(&below, dir, rc);
        }
    }
    return rc;
}

int fvm_tree_size(int fd, uint64_t *cb, uint64_t *files)
{
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir dir = FVM_TREE_DIR_NONE;
    int rc = fvm_tree_dir_open(&dir, fd, ".", FVM_TO_READ);

    *cb = *files = 0;
    return rc ? rc : add_sizes(&dir, cb, files, 0);
}

/* store/change.c: changes in trees of descriptors; see tree_changes.h. */
#include "store/tree_changes.h"

#include <errno.h>
#include <string.h>

bool fvm_change_is_sound(const struct fvm_change *change)
{
    if (change->kind == FVM_RENAMED && (!change->from || !fvm_path_is_sound(change->from)))
        return false;
    return change->path && fvm_path_is_sound(change->path);
}

int fvm_parent_of(struct fvm_parent *parent, const char *path)
{
    size_t cch = fvm_path_parent(path), known = 0;
    struct fvm_tree_dir next;
    int rc, from = parent->root_fd;

    if (cch >= sizeof(parent->path))
        return -ENAMETOOLONG;
    if (parent->dir.fd >= 0 && parent->cch <= cch && memcmp(parent->path, path, parent->cch) == 0) {
        if (parent->cch == cch)
            return 0;
        /* Going down from where we are keeps deep trees from costing the square of their depth. */
        if (parent->cch == 0 || path[parent->cch] == '/') {
            known = parent->cch + (parent->cch > 0);
            from = parent->dir.fd;
        }
    }
    rc = fvm_tree_dir_walk(&next, from, path + known, cch - known, parent->need);
    fvm_parent_close(parent);
    parent->dir = next;
    memcpy(parent->path, path, cch);
    parent->cch = cch;
    return rc;
}

void fvm_parent_close(struct fvm_parent *parent)
{
    fvm_tree_dir_close(&parent->dir);
}

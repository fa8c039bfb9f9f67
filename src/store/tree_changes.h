/* store/tree_changes.h: what the files that make and use lists of changes share. Private to the
 * store's change_*.c. */
#pragma once
#include "store/change.h"
#include "store/tree.h"

/** Could fvm_tree_diff() have made it? Lists may come from elsewhere. */
bool fvm_change_is_sound(const struct fvm_change *change);
/**
 * Turn pairs of created and deleted nodes into FVM_RENAMED; see fvm_tree_diff().
 *
 * @param hidden one flag per change: it is below a replaced directory
 */
int fvm_changes_find_renames(struct fvm_changes *changes, const bool *hidden, int host_fd,
                             int layer_fd, struct fvm_error *err);

/* The open parent directory of a path; neighbours in a list mostly share it. */
struct fvm_parent {
    int root_fd;
    enum fvm_need need;
    struct fvm_tree_dir dir;
    char path[FVM_PATH_CAP];
    size_t cch;
};
#define FVM_PARENT(root, what)                                                                     \
    {                                                                                              \
        .root_fd = (root), .need = (what), .dir = FVM_TREE_DIR_NONE                                \
    }
/** Open the parent of `path`, unless it is open already. @return 0; -ENOENT; -ENOTDIR; -errno */
int fvm_parent_of(struct fvm_parent *parent, const char *path);
/** Close it. */
void fvm_parent_close(struct fvm_parent *parent);
static inline void fvm_cleanup_parent(struct fvm_parent *parent)
{
    fvm_parent_close(parent);
}

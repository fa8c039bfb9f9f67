/* store/tree_same.c: are two nodes, two trees the same? See tree_content.h. */
#include "store/tree_content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool fvm_node_same_metadata(const struct stat *a, const struct stat *b)
{
    /* Only the owner's rights: the others' differ with the umask of who wrote the layer. Times as
     * NT keeps them: a copy by the NT engine has lost what is below 100 ns. */
    return (a->st_mode & S_IRWXU) == (b->st_mode & S_IRWXU) &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec / 100 == b->st_mtim.tv_nsec / 100;
}

int fvm_directory_same_metadata(const struct fvm_tree_dir *a, const struct fvm_tree_dir *b)
{
    unsigned a_mode, b_mode;
    int rc = fvm_tree_dir_mode(a, &a_mode);

    if (!rc)
        rc = fvm_tree_dir_mode(b, &b_mode);
    if (rc)
        return rc;
    return (a_mode & S_IRWXU) == (b_mode & S_IRWXU) && fvm_attributes_same_dos(a->fd, b->fd);
}

static int same_links(const struct fvm_side *a, const char *a_name, const struct fvm_side *b,
                      const char *b_name)
{
    char *a_target = NULL, *b_target = NULL;
    int rc = fvm_link_read(a->dir.fd, a_name, &a_target);

    if (!rc)
        rc = fvm_link_read(b->dir.fd, b_name, &b_target);
    if (!rc)
        rc = strcmp(a_target, b_target) == 0;
    free(a_target);
    free(b_target);
    return rc;
}

static int same_files(const struct fvm_side *a, const char *a_name, const struct fvm_side *b,
                      const char *b_name, bool *same_metadata)
{
    FVM_CLEANUP(tree_fd) int a_fd = -1;
    FVM_CLEANUP(tree_fd) int b_fd = -1;
    struct stat a_st, b_st;
    int rc;

    a_fd = fvm_file_open(a->dir.fd, a_name, &a_st, a->unlock);
    b_fd = fvm_file_open(b->dir.fd, b_name, &b_st, b->unlock);
    /* A host file that we may not read, and may not change: whatever it says, better take it for
     * another content than refuse the whole tree. */
    if (a_fd == -EACCES || b_fd == -EACCES)
        return 0;
    if (a_fd < 0 || b_fd < 0)
        return a_fd < 0 ? a_fd : b_fd;
    rc = fvm_content_same(a_fd, &a_st, b_fd, &b_st);
    if (rc == 1 && same_metadata && *same_metadata)
        *same_metadata = fvm_attributes_same_dos(a_fd, b_fd);
    return rc;
}

int fvm_node_same(const struct fvm_side *a, const char *a_name, const struct stat *a_st,
                  const struct fvm_side *b, const char *b_name, const struct stat *b_st,
                  bool *same_metadata)
{
    if (same_metadata)
        *same_metadata = fvm_node_same_metadata(a_st, b_st);
    if (a_st->st_dev == b_st->st_dev && a_st->st_ino == b_st->st_ino)
        return 1;
    switch (fvm_node_of(a_st->st_mode)) {
    case FVM_SYMLINK:
        return a_st->st_size == b_st->st_size ? same_links(a, a_name, b, b_name) : 0;
    case FVM_FILE:
        if (a_st->st_size != b_st->st_size)
            return 0;
        return same_files(a, a_name, b, b_name, same_metadata);
    default:
        return (a_st->st_mode & S_IFMT) == (b_st->st_mode & S_IFMT) &&
               a_st->st_rdev == b_st->st_rdev;
    }
}

static int same_name(struct fvm_side *a, struct fvm_side *b, const char *name, bool part,
                     unsigned depth)
{
    struct fvm_side a_below = {FVM_TREE_DIR_NONE, a->unlock},
                    b_below = {FVM_TREE_DIR_NONE, b->unlock};
    struct stat a_st, b_st;
    int rc = fvm_node_stat(a->dir.fd, name, &a_st);

    if (rc == 1)
        rc = fvm_node_stat(b->dir.fd, name, &b_st);
    if (rc != 1)
        return rc;
    if (fvm_node_of(a_st.st_mode) != fvm_node_of(b_st.st_mode))
        return 0;
    if (!S_ISDIR(a_st.st_mode))
        return fvm_node_same(a, name, &a_st, b, name, &b_st, NULL);
    if (depth >= FVM_TREE_DEPTH)
        return -ELOOP;
    rc = fvm_tree_dir_enter(&a_below.dir, &a->dir, name, FVM_TO_READ, depth);
    if (rc)
        return rc;
    rc = fvm_tree_dir_enter(&b_below.dir, &b->dir, name, FVM_TO_READ, depth);
    if (!rc) {
        rc = fvm_tree_same(&a_below, &b_below, part, depth + 1);
        rc = fvm_tree_dir_leave(&b_below.dir, &b->dir, rc);
    }
    return fvm_tree_dir_leave(&a_below.dir, &a->dir, rc);
}

int fvm_tree_same(struct fvm_side *a, struct fvm_side *b, bool part, unsigned depth)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names a_names = {0};
    FVM_CLEANUP(tree_names) struct fvm_tree_names b_names = {0};
    int rc = fvm_tree_names_read(&a_names, a->dir.fd);

    if (!rc && !part)
        rc = fvm_tree_names_read(&b_names, b->dir.fd);
    if (rc)
        return rc;
    if (!part && a_names.count != b_names.count)
        return 0;
    for (size_t i = 0; i < a_names.count; i++) {
        rc = same_name(a, b, a_names.at[i], part, depth);
        if (rc != 1)
            return rc;
    }
    return 1;
}

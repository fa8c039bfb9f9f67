/* store/change_rename.c: looking for renames in trees of descriptors; what is one is decided in
 * rename_pairs.c. See change.h. */
#include "store/tree_changes.h"
#include "store/tree_content.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct search {
    struct fvm_parent host, layer;
};

/* --- files --------------------------------------------------------------------------------- */

static int open_file(struct search *search, bool in_layer, const char *path, struct stat *st)
{
    struct fvm_parent *parent = in_layer ? &search->layer : &search->host;
    int rc = fvm_parent_of(parent, path);

    return rc < 0 ? rc : fvm_file_open(parent->dir.fd, fvm_path_name(path), st, in_layer);
}

static bool hash_file(void *context, bool in_layer, const char *path, uint64_t *left_cb,
                      uint64_t *hash)
{
    struct stat st;
    FVM_CLEANUP(tree_fd) int fd = open_file(context, in_layer, path, &st);
    uint64_t read_cb = fd < 0 ? 0 : (uint64_t)st.st_blocks * 512;
    bool fits = fd >= 0 && read_cb <= *left_cb;

    *left_cb -= read_cb > *left_cb ? *left_cb : read_cb;
    return fits && !fvm_content_hash(fd, &st, hash);
}

static bool same_file(void *context, const char *host_path, const char *layer_path)
{
    struct stat a_st, b_st;
    FVM_CLEANUP(tree_fd) int a_fd = open_file(context, false, host_path, &a_st);
    FVM_CLEANUP(tree_fd) int b_fd = open_file(context, true, layer_path, &b_st);

    return a_fd >= 0 && b_fd >= 0 && fvm_content_same(a_fd, &a_st, b_fd, &b_st) == 1;
}

/* --- directories --------------------------------------------------------------------------- */

static int shape_of(struct fvm_tree_dir *dir, struct fvm_shape *shape, unsigned depth)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    int rc = fvm_tree_names_read(&names, dir->fd);

    for (size_t i = 0; !rc && i < names.count; i++) {
        struct fvm_shape inside = {0};
        struct fvm_tree_dir below;
        struct stat st;

        if (fvm_node_stat(dir->fd, names.at[i], &st) != 1)
            return -ESTALE;
        if (S_ISDIR(st.st_mode)) {
            if (depth >= FVM_TREE_DEPTH)
                return -ELOOP;
            rc = fvm_tree_dir_enter(&below, dir, names.at[i], FVM_TO_READ, depth);
            if (!rc)
                rc = fvm_tree_dir_leave(&below, dir, shape_of(&below, &inside, depth + 1));
        }
        fvm_shape_add(shape, names.at[i], fvm_node_of(st.st_mode),
                      S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0, &inside);
    }
    return rc;
}

static bool host_shape(void *context, const char *path, struct fvm_shape *shape)
{
    const struct search *search = context;
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir dir = FVM_TREE_DIR_NONE;

    return !fvm_tree_dir_walk(&dir, search->host.root_fd, path, strlen(path), FVM_TO_READ) &&
           !shape_of(&dir, shape, 0);
}

static bool same_directory(void *context, const char *from, const char *to)
{
    const struct search *search = context;
    struct fvm_side host = {FVM_TREE_DIR_NONE, false}, layer = {FVM_TREE_DIR_NONE, true};
    bool same =
        !fvm_tree_dir_walk(&host.dir, search->host.root_fd, from, strlen(from), FVM_TO_READ) &&
        !fvm_tree_dir_walk(&layer.dir, search->layer.root_fd, to, strlen(to), FVM_TO_READ) &&
        fvm_tree_same(&host, &layer, false, 0) == 1;

    fvm_tree_dir_close(&host.dir);
    fvm_tree_dir_close(&layer.dir);
    return same;
}

int fvm_changes_find_renames(struct fvm_changes *changes, const bool *hidden, int host_fd,
                             int layer_fd, struct fvm_error *err)
{
    struct search search = {.host = FVM_PARENT(host_fd, FVM_TO_READ),
                            .layer = FVM_PARENT(layer_fd, FVM_TO_READ)};
    const struct fvm_rename_ops ops = {hash_file, same_file, host_shape, same_directory, &search};
    int rc = fvm_changes_pair(changes, hidden, &ops);

    fvm_parent_close(&search.host);
    fvm_parent_close(&search.layer);
    return rc ? fvm_fail(err, rc, "out of memory while looking for renamed files") : 0;
}

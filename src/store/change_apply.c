/* store/change_apply.c: do to a host what a layer did; see change.h. */
#include "store/tree_changes.h"
#include "store/tree_content.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct apply {
    const struct fvm_changes *changes;
    struct fvm_parent host, layer;
    struct fvm_trail trail; /* what failed below a renamed directory; else empty */
    struct fvm_error *err;
};

static bool makes_node(const struct fvm_change *change)
{
    return change->kind != FVM_DELETED;
}

/* A directory of which the change says itself what it is; a renamed one comes with its tree. */
static bool is_directory(const struct fvm_change *change)
{
    return change->node == FVM_DIRECTORY &&
           (change->kind == FVM_CREATED || change->kind == FVM_REPLACED ||
            change->kind == FVM_METADATA);
}

static int refuse_unfit(const struct apply *apply)
{
    for (size_t i = 0; i < apply->changes->count; i++) {
        const struct fvm_change *change = &apply->changes->at[i];
        int rc = 0;

        if (!fvm_change_is_sound(change))
            rc = -EINVAL;
        else if (makes_node(change) &&
                 (change->node == FVM_SPECIAL || fvm_put_is_temporary(fvm_path_name(change->path))))
            rc = -EPERM;
        if (rc == -EPERM) {
            fvm_tree_fail(apply->err, rc, "keep", change->path);
            fvm_error_prefix(apply->err, change->node == FVM_SPECIAL
                                             ? "a device, FIFO or socket is never taken over"
                                             : "the name is reserved for FVM's temporary files");
        }
        if (rc)
            return rc == -EINVAL ? fvm_tree_fail(apply->err, rc, "keep", change->path) : rc;
    }
    return 0;
}

/* Make the directories above `path` that the host lacks, with the layer's rights if it has them. */
static int make_parents(struct apply *apply, const char *path)
{
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        FVM_CLEANUP(tree_dir) struct fvm_tree_dir layer = FVM_TREE_DIR_NONE;
        struct fvm_tree_dir above, made;
        char prefix[FVM_PATH_CAP];
        size_t cch = (size_t)(slash - path);
        struct stat st;
        int rc, there;

        memcpy(prefix, path, cch);
        prefix[cch] = '\0';
        rc = fvm_tree_dir_walk(&above, apply->host.root_fd, prefix, fvm_path_parent(prefix),
                               FVM_TO_WRITE);
        if (rc)
            return rc;
        there = fvm_node_stat(above.fd, fvm_path_name(prefix), &st);
        if (there == 0) {
            rc = fvm_put_directory(above.fd, fvm_path_name(prefix));
            if (!rc && !fvm_tree_dir_walk(&layer, apply->layer.root_fd, prefix, cch, FVM_TO_READ) &&
                !fvm_tree_dir_open(&made, above.fd, fvm_path_name(prefix), FVM_TO_WRITE)) {
                rc = fvm_put_finish(&made, &layer);
                fvm_tree_dir_close(&made);
            }
        }
        fvm_tree_dir_close(&above);
        if (rc || there < 0)
            return rc ? rc : there;
    }
    return 0;
}

static int open_parents(struct apply *apply, const char *path)
{
    int rc = fvm_parent_of(&apply->layer, path);

    if (!rc)
        rc = fvm_parent_of(&apply->host, path);
    if (rc == -ENOENT) {
        rc = make_parents(apply, path);
        if (!rc)
            rc = fvm_parent_of(&apply->host, path);
    }
    return rc;
}

/* --- the passes, in order; each gets every change ------------------------------------------ */

static int clean_parent(struct apply *apply, const char *path)
{
    size_t old = apply->host.dir.fd >= 0 ? apply->host.cch : SIZE_MAX;
    char before[FVM_PATH_CAP];
    int rc;

    memcpy(before, apply->host.path, old == SIZE_MAX ? 0 : old);
    rc = fvm_parent_of(&apply->host, path);
    if (rc)
        return rc == -ENOENT || rc == -ENOTDIR ? 0 : rc;
    if (old == apply->host.cch && memcmp(before, apply->host.path, old) == 0)
        return 0;
    return fvm_put_clean(apply->host.dir.fd);
}

static int pass_clean(struct apply *apply, const struct fvm_change *change)
{
    int rc = clean_parent(apply, change->path);

    return rc || !change->from ? rc : clean_parent(apply, change->from);
}

static int pass_directories(struct apply *apply, const struct fvm_change *change)
{
    int rc;

    if (!is_directory(change))
        return 0;
    rc = open_parents(apply, change->path);
    return rc ? rc : fvm_put_directory(apply->host.dir.fd, fvm_path_name(change->path));
}

static int pass_files(struct apply *apply, const struct fvm_change *change)
{
    bool is_tree = change->node == FVM_DIRECTORY;
    size_t cch = fvm_path_parent(change->path);
    const char *name = fvm_path_name(change->path);
    int rc;

    if (!makes_node(change) || (is_tree && change->kind != FVM_RENAMED))
        return 0;
    rc = open_parents(apply, change->path);
    if (rc || !is_tree)
        return rc ? rc : fvm_put_leaf(apply->host.dir.fd, apply->layer.dir.fd, name);
    memcpy(apply->trail.s, change->path, cch);
    apply->trail.cch = cch;
    rc = fvm_put_tree(&apply->host.dir, &apply->layer.dir, name, &apply->trail);
    if (!rc)
        apply->trail.s[0] = '\0';
    return rc;
}

static int pass_deletions(struct apply *apply, const struct fvm_change *change)
{
    const char *path = change->kind == FVM_RENAMED ? change->from : change->path;
    int rc;

    if (change->kind != FVM_DELETED && change->kind != FVM_RENAMED)
        return 0;
    rc = fvm_parent_of(&apply->host, path);
    if (rc) /* nothing there that could be deleted */
        return rc == -ENOENT || rc == -ENOTDIR ? 0 : rc;
    return fvm_put_deletion(apply->host.dir.fd, fvm_path_name(path));
}

/* Last, and backwards: work inside changes a directory's mtime, and may need rights it will not
 * have. */
static int pass_finish(struct apply *apply, const struct fvm_change *change)
{
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir host = FVM_TREE_DIR_NONE;
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir layer = FVM_TREE_DIR_NONE;
    const char *name = fvm_path_name(change->path);
    int rc;

    if (!is_directory(change))
        return 0;
    rc = open_parents(apply, change->path);
    if (!rc)
        rc = fvm_tree_dir_open(&host, apply->host.dir.fd, name, FVM_TO_WRITE);
    if (!rc)
        rc = fvm_tree_dir_open(&layer, apply->layer.dir.fd, name, FVM_TO_READ);
    return rc ? rc : fvm_put_finish(&host, &layer);
}

static int run_pass(struct apply *apply, int (*pass)(struct apply *, const struct fvm_change *),
                    bool backwards)
{
    size_t count = apply->changes->count;
    int rc = 0;

    for (size_t i = 0; !rc && i < count; i++) {
        const struct fvm_change *change = &apply->changes->at[backwards ? count - 1 - i : i];

        rc = pass(apply, change);
        if (rc)
            fvm_tree_fail(apply->err, rc, "keep",
                          apply->trail.s[0] ? apply->trail.s : change->path);
    }
    fvm_parent_close(&apply->host);
    fvm_parent_close(&apply->layer);
    return rc;
}

int fvm_tree_apply(int host_fd, int layer_fd, const struct fvm_changes *changes,
                   struct fvm_error *err)
{
    struct apply apply = {.changes = changes,
                          .host = FVM_PARENT(host_fd, FVM_TO_WRITE),
                          .layer = FVM_PARENT(layer_fd, FVM_TO_READ),
                          .err = err};
    int rc = refuse_unfit(&apply);

    if (!rc)
        rc = run_pass(&apply, pass_clean, false);
    if (!rc)
        rc = run_pass(&apply, pass_directories, false);
    if (!rc)
        rc = run_pass(&apply, pass_files, false);
    if (!rc)
        rc = run_pass(&apply, pass_deletions, false);
    if (!rc)
        rc = run_pass(&apply, pass_finish, true);
    return rc;
}

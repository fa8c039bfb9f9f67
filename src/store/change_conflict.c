/* store/change_conflict.c: which changes hit something that the host changed as well; see change.h.
 */
#include "store/tree_changes.h"
#include "store/tree_content.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct conflict {
    struct fvm_parent then, now, layer;
    bool has_then;
    int64_t since_ns;
};

/* A node in one of the trees. */
struct found {
    bool is_there;
    const char *name;
    struct stat st;
    struct fvm_side side; /* the parent; borrowed from the fvm_parent */
};

static int find(struct found *found, struct fvm_parent *parent, const char *path, bool unlock)
{
    int rc = fvm_parent_of(parent, path);

    *found = (struct found){.name = fvm_path_name(path), .side = {parent->dir, unlock}};
    if (!rc)
        rc = fvm_node_stat(parent->dir.fd, found->name, &found->st);
    if (rc < 0 && rc != -ENOENT && rc != -ENOTDIR)
        return rc;
    found->is_there = rc == 1;
    return 0;
}

/* Compare whole trees whose tops were found. @param part a may lack names that b has */
static int same_trees(struct found *a, struct found *b, bool part)
{
    struct fvm_side a_top = {FVM_TREE_DIR_NONE, a->side.unlock},
                    b_top = {FVM_TREE_DIR_NONE, b->side.unlock};
    int rc = fvm_tree_dir_open(&a_top.dir, a->side.dir.fd, a->name, FVM_TO_READ);

    if (!rc)
        rc = fvm_tree_dir_open(&b_top.dir, b->side.dir.fd, b->name, FVM_TO_READ);
    if (!rc)
        rc = fvm_tree_same(&a_top, &b_top, part, 0);
    fvm_tree_dir_close(&a_top.dir);
    fvm_tree_dir_close(&b_top.dir);
    return rc;
}

/* Compare what two directories are themselves. */
static int same_directories(struct found *a, struct found *b)
{
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir a_dir = FVM_TREE_DIR_NONE;
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir b_dir = FVM_TREE_DIR_NONE;
    int rc = fvm_tree_dir_open(&a_dir, a->side.dir.fd, a->name, FVM_TO_READ);

    if (!rc)
        rc = fvm_tree_dir_open(&b_dir, b->side.dir.fd, b->name, FVM_TO_READ);
    return rc ? rc : fvm_directory_same_metadata(&a_dir, &b_dir);
}

static int64_t ns_of(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Is a node, or anything below it, newer? Directories by mtime: their ctime tells nothing of names.
 * @return 1, 0, -errno */
static int is_newer(struct fvm_tree_dir *parent, const char *name, int64_t since_ns, unsigned depth)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    struct fvm_tree_dir dir;
    struct stat st;
    int rc = fvm_node_stat(parent->fd, name, &st);

    if (rc != 1)
        return rc;
    if (!S_ISDIR(st.st_mode))
        return ns_of(st.st_ctim) > since_ns;
    if (ns_of(st.st_mtim) > since_ns)
        return 1;
    if (depth >= FVM_TREE_DEPTH)
        return -ELOOP;
    rc = fvm_tree_dir_enter(&dir, parent, name, FVM_TO_READ, depth);
    if (rc)
        return rc;
    rc = fvm_tree_names_read(&names, dir.fd);
    for (size_t i = 0; !rc && i < names.count; i++)
        rc = is_newer(&dir, names.at[i], since_ns, depth + 1);
    return fvm_tree_dir_leave(&dir, parent, rc);
}

/* Is the host as the change wants it? @return 1, 0, -errno */
static int is_wanted(struct conflict *conflict, const struct fvm_change *change, struct found *now)
{
    struct found layer;
    bool same_metadata = false;
    int rc = find(&layer, &conflict->layer, change->path, true);

    if (rc || !now->is_there || !layer.is_there)
        return rc;
    if (fvm_node_of(now->st.st_mode) != change->node ||
        fvm_node_of(layer.st.st_mode) != change->node)
        return 0;
    if (change->node == FVM_DIRECTORY && change->kind == FVM_METADATA)
        return same_directories(now, &layer);
    if (change->node == FVM_DIRECTORY)
        return change->kind == FVM_RENAMED ? same_trees(now, &layer, false) : 1;
    rc = fvm_node_same(&now->side, now->name, &now->st, &layer.side, layer.name, &layer.st,
                       &same_metadata);
    return rc == 1 && change->kind == FVM_METADATA ? same_metadata : rc;
}

/* Did the host's node change since the VM first saw it? @return 1, 0, -errno */
static int has_changed(struct conflict *conflict, const struct fvm_change *change, const char *path,
                       struct found *now)
{
    struct found then;
    bool same_metadata = true;
    int rc = find(&then, &conflict->then, path, false);

    if (rc)
        return rc;
    if (!now->is_there || !then.is_there)
        return now->is_there != then.is_there;
    if (fvm_node_of(now->st.st_mode) != fvm_node_of(then.st.st_mode))
        return 1;
    if (S_ISDIR(now->st.st_mode) && change->kind == FVM_METADATA)
        return (rc = same_directories(now, &then)) < 0 ? rc : !rc;
    if (S_ISDIR(now->st.st_mode)) /* goes as a whole: names that the host lost are no loss */
        rc = same_trees(now, &then, true);
    else
        rc = fvm_node_same(&now->side, now->name, &now->st, &then.side, then.name, &then.st,
                           &same_metadata);
    if (rc < 0)
        return rc;
    return !rc || (change->kind == FVM_METADATA && !same_metadata);
}

/* The same, with nothing but a time to go by. */
static int has_changed_since(struct conflict *conflict, const struct fvm_change *change,
                             bool is_made, struct found *now)
{
    bool was_absent = is_made && (change->kind == FVM_CREATED || change->kind == FVM_RENAMED);

    if (was_absent || !now->is_there)
        return was_absent == now->is_there;
    /* A name that comes or goes sets both times; after that nobody knows about its attributes. */
    if (S_ISDIR(now->st.st_mode) && change->kind == FVM_METADATA)
        return ns_of(now->st.st_ctim) > conflict->since_ns &&
               ns_of(now->st.st_ctim) != ns_of(now->st.st_mtim);
    return is_newer(&conflict->now.dir, now->name, conflict->since_ns, 0);
}

/* @param is_made the change makes the path; else it deletes it */
static int conflicts_at(struct conflict *conflict, const struct fvm_change *change,
                        const char *path, bool is_made)
{
    struct found now;
    int rc = fvm_parent_of(&conflict->now, path);

    if (rc == -ENOTDIR && is_made)
        return rc; /* the host has something else where the change needs a directory */
    rc = find(&now, &conflict->now, path, false);
    if (rc || (!is_made && !now.is_there))
        return rc;
    rc = is_made ? is_wanted(conflict, change, &now) : 0;
    if (rc)
        return rc == 1 ? 0 : rc;
    if (conflict->has_then)
        return has_changed(conflict, change, path, &now);
    return has_changed_since(conflict, change, is_made, &now);
}

/* Does the VM itself make a directory above, of what is none on the host? Then that change tells.
 */
static bool is_below_replaced(const struct fvm_changes *changes, size_t index)
{
    const char *path = changes->at[index].path;

    while (index--) {
        const struct fvm_change *above = &changes->at[index];
        size_t cb = strlen(above->path);

        if (above->kind == FVM_REPLACED && above->node == FVM_DIRECTORY &&
            !strncmp(path, above->path, cb) && path[cb] == '/')
            return true;
    }
    return false;
}

int fvm_tree_conflicts(bool *hit, int then_fd, int now_fd, int64_t since_ns, int layer_fd,
                       const struct fvm_changes *changes, struct fvm_error *err)
{
    struct conflict conflict = {.then = FVM_PARENT(then_fd, FVM_TO_READ),
                                .now = FVM_PARENT(now_fd, FVM_TO_READ),
                                .layer = FVM_PARENT(layer_fd, FVM_TO_READ),
                                .has_then = then_fd >= 0,
                                .since_ns = since_ns};
    int rc = 0;

    for (size_t i = 0; rc >= 0 && i < changes->count; i++) {
        const struct fvm_change *change = &changes->at[i];

        if (!fvm_change_is_sound(change))
            rc = -EINVAL;
        else
            rc = conflicts_at(&conflict, change, change->path, change->kind != FVM_DELETED);
        if (rc == -ENOTDIR)
            rc = !is_below_replaced(changes, i);
        if (rc == 0 && change->kind == FVM_RENAMED)
            rc = conflicts_at(&conflict, change, change->from, false);
        if (rc < 0)
            fvm_tree_fail(err, rc, "compare", change->path);
        else
            hit[i] = rc == 1;
    }
    fvm_parent_close(&conflict.then);
    fvm_parent_close(&conflict.now);
    fvm_parent_close(&conflict.layer);
    return rc < 0 ? rc : 0;
}

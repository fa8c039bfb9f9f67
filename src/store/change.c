/* store/change.c: lists of changes; see change.h and tree_changes.h. */
#include "store/tree_changes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void free_change(struct fvm_change *change)
{
    free(change->path);
    free(change->from);
}

void fvm_changes_free(struct fvm_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        free_change(&changes->at[i]);
    free(changes->at);
    *changes = (struct fvm_changes){0};
}

bool fvm_change_is_sound(const struct fvm_change *change)
{
    if (change->kind == FVM_RENAMED && (!change->from || !fvm_path_is_sound(change->from)))
        return false;
    return change->path && fvm_path_is_sound(change->path);
}

int fvm_changes_add(struct fvm_changes *changes, const struct fvm_change *change)
{
    struct fvm_change copy = *change;

    if (changes->count == changes->cap) {
        size_t cap = changes->cap ? changes->cap * 2 : 64;
        struct fvm_change *at = realloc(changes->at, cap * sizeof(*at));

        if (!at)
            return -ENOMEM;
        changes->at = at;
        changes->cap = cap;
    }
    copy.path = strdup(change->path);
    copy.from = change->from ? strdup(change->from) : NULL;
    if (!copy.path || (change->from && !copy.from)) {
        free_change(&copy);
        return -ENOMEM;
    }
    changes->at[changes->count++] = copy;
    return 0;
}

void fvm_changes_drop(struct fvm_changes *changes, const bool *drop)
{
    size_t kept = 0;

    for (size_t i = 0; i < changes->count; i++) {
        if (drop[i])
            free_change(&changes->at[i]);
        else
            changes->at[kept++] = changes->at[i];
    }
    changes->count = kept;
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

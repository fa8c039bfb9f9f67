/* store/rename_pairs.c: PURE: which created and deleted nodes are one renamed node? See lists.h.
 *
 * Only pairs of equal size (directories: of equal shape) are looked into; contents are hashed first
 * and compared in full before anything is called a rename, as a hostile program can make hashes
 * collide.
 */
#include "store/lists.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct candidate {
    size_t i;       /* in the list of changes */
    bool created;   /* else deleted */
    uint64_t key;   /* size of a file, shape of a directory */
    uint64_t hash;  /* of a file's content */
    size_t partner; /* created directory: the deleted one's change */
    size_t claims;  /* how many deleted directories it equals */
};
enum { MAX_TREE_PAIRS = 64 };           /* trees of one shape that are compared each with each */
#define MAX_READ_CB ((uint64_t)8 << 30) /* of all files that may have been renamed */
#define NO_SHAPE    0U /* holds something that cannot be renamed, or no content at all */

struct search {
    struct fvm_changes *changes;
    const bool *hidden;
    const struct fvm_rename_ops *ops;
    bool *drop;
    struct candidate *at;
    size_t count;
    uint64_t left_cb; /* may still be read: one big file with many names would take for ever */
};

static int by_key(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->created != y->created)
        return x->created ? 1 : -1;
    return x->i < y->i ? -1 : x->i > y->i;
}

/* --- files --------------------------------------------------------------------------------- */

static void collect_files(struct search *search)
{
    search->count = 0;
    for (size_t i = 0; i < search->changes->count; i++) {
        const struct fvm_change *change = &search->changes->at[i];
        bool created = change->kind == FVM_CREATED;
        uint64_t cb = created ? change->cb_after : change->cb_before;

        if (search->drop[i] || change->node != FVM_FILE || cb == 0 ||
            (!created && (change->kind != FVM_DELETED || search->hidden[i])))
            continue;
        search->at[search->count++] = (struct candidate){.i = i, .created = created, .key = cb};
    }
}

static const char *path_of(const struct search *search, const struct candidate *candidate)
{
    return search->changes->at[candidate->i].path;
}

/* A file that cannot be read is nobody's partner: its hash is made of its own place. */
static void hash_candidate(struct search *search, struct candidate *candidate)
{
    if (!search->ops->hash(search->ops->context, candidate->created, path_of(search, candidate),
                           &search->left_cb, &candidate->hash))
        candidate->hash = fvm_hash_mix(0, candidate->i);
}

/* The end of the run of candidates that share the key (and the hash) of the one at `start`. */
static size_t run_end(const struct search *search, size_t start, bool with_hash, size_t *deleted)
{
    size_t end = start;

    *deleted = 0;
    for (; end < search->count && search->at[end].key == search->at[start].key; end++) {
        if (with_hash && search->at[end].hash != search->at[start].hash)
            break;
        *deleted += !search->at[end].created;
    }
    return end;
}

static int rename_to(struct search *search, size_t deleted, size_t created)
{
    struct fvm_change *gone = &search->changes->at[deleted];
    struct fvm_change *made = &search->changes->at[created];

    made->kind = FVM_RENAMED;
    made->from = FVM_STEAL(gone->path, NULL);
    made->cb_before = gone->cb_before;
    gone->path = strdup(""); /* nobody looks at it: dropped below */
    search->drop[deleted] = true;
    return gone->path ? 0 : -ENOMEM;
}

static int find_files(struct search *search)
{
    size_t deleted;

    collect_files(search);
    qsort(search->at, search->count, sizeof(*search->at), by_key);
    for (size_t i = 0, end; i < search->count; i = end) {
        end = run_end(search, i, false, &deleted);
        if (deleted && deleted < end - i)
            for (size_t j = i; j < end; j++)
                hash_candidate(search, &search->at[j]);
    }
    qsort(search->at, search->count, sizeof(*search->at), by_key);
    for (size_t i = 0, end; i < search->count; i = end) {
        end = run_end(search, i, true, &deleted);
        if (end - i != 2 || deleted != 1 ||
            !search->ops->same_file(search->ops->context, path_of(search, &search->at[i]),
                                    path_of(search, &search->at[i + 1])))
            continue;
        if (rename_to(search, search->at[i].i, search->at[i + 1].i))
            return -ENOMEM;
    }
    return 0;
}

/* --- directories --------------------------------------------------------------------------- */

void fvm_shape_add(struct fvm_shape *to, const char *name, enum fvm_node node, uint64_t cb,
                   const struct fvm_shape *below)
{
    uint64_t hash = fvm_hash_mix(fvm_hash_bytes(name, strlen(name)), (uint64_t)node + 1);

    to->sum += fvm_hash_mix(fvm_hash_mix(hash, cb), below->sum);
    to->has_content |= cb > 0 || below->has_content;
    to->is_odd |= node == FVM_SPECIAL || fvm_put_is_temporary(name) || below->is_odd;
}

static uint64_t shape_key(const struct fvm_shape *shape)
{
    return shape->has_content && !shape->is_odd ? shape->sum | 1 : NO_SHAPE;
}

/* Shapes of all created directories from the list alone: it is in preorder, so going backwards each
 * directory is complete when its turn comes to be added to its parent. */
static int created_shapes(const struct fvm_changes *changes, struct fvm_shape *shapes)
{
    size_t *parents = malloc((changes->count + 1) * sizeof(*parents)), top = SIZE_MAX;

    if (!parents)
        return -ENOMEM;
    for (size_t i = 0; i < changes->count; i++) {
        while (top != SIZE_MAX && !fvm_path_is_below(changes->at[i].path, changes->at[top].path))
            top = parents[top];
        parents[i] = top;
        if (changes->at[i].kind == FVM_CREATED && changes->at[i].node == FVM_DIRECTORY)
            top = i;
    }
    for (size_t i = changes->count; i-- > 0;) {
        const struct fvm_change *change = &changes->at[i];

        if (parents[i] != SIZE_MAX)
            fvm_shape_add(&shapes[parents[i]], fvm_path_name(change->path), change->node,
                          change->cb_after, &shapes[i]);
    }
    free(parents);
    return 0;
}

static void collect_directories(struct search *search, const struct fvm_shape *shapes)
{
    for (size_t i = 0; i < search->changes->count; i++) {
        const struct fvm_change *change = &search->changes->at[i];
        bool created = change->kind == FVM_CREATED;
        struct fvm_shape shape = shapes[i];

        if (change->node != FVM_DIRECTORY ||
            (!created && (change->kind != FVM_DELETED || search->hidden[i])))
            continue;
        if (!created && !search->ops->host_shape(search->ops->context, change->path, &shape))
            continue; /* cannot be read: stays a deletion */
        if (shape_key(&shape) != NO_SHAPE)
            search->at[search->count++] =
                (struct candidate){.i = i, .created = created, .key = shape_key(&shape)};
    }
}

/* Among trees of one shape: who equals exactly one of the other side? */
static void pair_directories(struct search *search, size_t start, size_t end)
{
    struct candidate *at = search->at;

    for (size_t d = start; d < end && !at[d].created; d++) {
        size_t found = 0, partner = d;

        for (size_t c = d + 1; c < end; c++) {
            if (at[c].created &&
                search->ops->same_directory(search->ops->context, path_of(search, &at[d]),
                                            path_of(search, &at[c]))) {
                found++;
                partner = c;
            }
        }
        if (found != 1)
            continue;
        at[partner].partner = at[d].i;
        at[partner].claims++;
    }
}

static int by_place(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    return x->i < y->i ? -1 : x->i > y->i;
}

static int find_directories(struct search *search)
{
    struct fvm_shape *shapes = calloc(search->changes->count + 1, sizeof(*shapes));
    size_t deleted;
    int rc = shapes ? created_shapes(search->changes, shapes) : -ENOMEM;

    if (!rc)
        collect_directories(search, shapes);
    free(shapes);
    qsort(search->at, search->count, sizeof(*search->at), by_key);
    for (size_t i = 0, end; i < search->count; i = end) {
        end = run_end(search, i, false, &deleted);
        if (deleted * (end - i - deleted) <= MAX_TREE_PAIRS)
            pair_directories(search, i, end);
    }
    /* Outermost first: what is below a renamed directory goes with it. */
    qsort(search->at, search->count, sizeof(*search->at), by_place);
    for (size_t c = 0; !rc && c < search->count; c++) {
        size_t i = search->at[c].i;
        const char *path = search->changes->at[i].path;

        if (search->at[c].claims != 1 || search->drop[i])
            continue;
        rc = rename_to(search, search->at[c].partner, i);
        for (size_t j = i + 1; j < search->changes->count; j++) {
            if (!fvm_path_is_below(search->changes->at[j].path, path))
                break;
            search->drop[j] = true;
        }
    }
    return rc;
}

static bool has_deletions(const struct fvm_changes *changes, enum fvm_node node)
{
    for (size_t i = 0; i < changes->count; i++)
        if (changes->at[i].kind == FVM_DELETED && changes->at[i].node == node)
            return true;
    return false;
}

int fvm_changes_pair(struct fvm_changes *changes, const bool *hidden,
                     const struct fvm_rename_ops *ops)
{
    struct search search = {
        .changes = changes, .hidden = hidden, .ops = ops, .left_cb = MAX_READ_CB};
    bool directories = has_deletions(changes, FVM_DIRECTORY);
    int rc = 0;

    if (!directories && !has_deletions(changes, FVM_FILE))
        return 0;
    search.drop = calloc(changes->count, sizeof(*search.drop));
    search.at = calloc(changes->count, sizeof(*search.at));
    if (!search.drop || !search.at)
        rc = -ENOMEM;
    if (!rc && directories)
        rc = find_directories(&search);
    if (!rc)
        rc = find_files(&search);
    if (!rc)
        fvm_changes_drop(changes, search.drop);
    free(search.drop);
    free(search.at);
    return rc;
}

/* store/change_diff.c: walk a layer beside its host and list what differs; see change.h. */
#include "store/tree_changes.h"
#include "store/tree_content.h"
#include "store/tree_decide.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct diff {
    struct fvm_changes *out;
    bool *hidden; /* one flag per change: below a replaced directory */
    size_t hidden_cap;
    struct fvm_trail trail;
};

/* One directory in both trees. */
struct level {
    struct fvm_side host, layer;
    bool on_host; /* the host has a directory here */
    bool hidden;  /* and the layer hides it */
    struct fvm_marks marks;
};

/* One name in both trees. */
struct pair {
    const char *name;
    struct fvm_pair is;
    struct stat host, layer;
};

static int visit(struct diff *diff, struct level *at);

static int add(struct diff *diff, const struct pair *pair, enum fvm_change_kind kind, bool hidden)
{
    bool has_layer = pair->is.in_layer && !pair->is.deletion;
    struct fvm_change change = {
        .kind = kind, .node = has_layer ? pair->is.layer : pair->is.host, .path = diff->trail.s};
    int rc;

    if (pair->is.on_host && pair->is.host == FVM_FILE)
        change.cb_before = (uint64_t)pair->host.st_size;
    if (has_layer && pair->is.layer == FVM_FILE)
        change.cb_after = (uint64_t)pair->layer.st_size;
    rc = fvm_changes_add(diff->out, &change);
    if (!rc && diff->hidden_cap < diff->out->cap) {
        bool *grown = realloc(diff->hidden, diff->out->cap * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        diff->hidden = grown;
        diff->hidden_cap = diff->out->cap;
    }
    if (!rc)
        diff->hidden[diff->out->count - 1] = hidden;
    return rc;
}

static int decide(struct diff *diff, struct level *at, struct pair *pair)
{
    enum fvm_change_kind kind;
    enum fvm_verdict verdict = fvm_decide(&pair->is, &kind);

    if (verdict == FVM_NEEDS_CONTENT) {
        int same = fvm_node_same(&at->host, pair->name, &pair->host, &at->layer, pair->name,
                                 &pair->layer, &pair->is.same_metadata);

        if (same < 0)
            return same;
        pair->is.content = same ? FVM_CONTENT_SAME : FVM_CONTENT_OTHER;
        verdict = fvm_decide(&pair->is, &kind);
    }
    return verdict == FVM_IS_CHANGE ? add(diff, pair, kind, at->hidden) : 0;
}

static int visit_directory(struct diff *diff, struct level *at, struct pair *pair)
{
    struct level below = {.host = {FVM_TREE_DIR_NONE, false}, .layer = {FVM_TREE_DIR_NONE, true}};
    unsigned depth = diff->trail.depth;
    int rc = fvm_tree_dir_enter(&below.layer.dir, &at->layer.dir, pair->name, FVM_TO_READ, depth);

    if (rc)
        return rc;
    fvm_marks_read(&below.marks, below.layer.dir.fd);
    pair->is.opaque = below.marks.opaque;
    below.hidden = at->hidden || below.marks.opaque;
    if (pair->is.on_host && pair->is.host == FVM_DIRECTORY) {
        rc = fvm_tree_dir_enter(&below.host.dir, &at->host.dir, pair->name, FVM_TO_READ, depth);
        below.on_host = !rc;
    }
    if (below.on_host) {
        rc = fvm_directory_same_metadata(&below.host.dir, &below.layer.dir);
        pair->is.same_metadata = rc == 1;
    }
    if (rc >= 0)
        rc = decide(diff, at, pair);
    if (!rc)
        rc = visit(diff, &below);
    if (below.on_host)
        rc = fvm_tree_dir_leave(&below.host.dir, &at->host.dir, rc);
    return fvm_tree_dir_leave(&below.layer.dir, &at->layer.dir, rc);
}

/* On failure the trail stays where it is, for the sentence. */
static int visit_name(struct diff *diff, struct level *at, const char *name, bool in_layer)
{
    struct pair pair = {.name = name, .is = {.hidden = at->hidden, .in_layer = in_layer}};
    size_t cch = diff->trail.cch;
    int rc = fvm_trail_push(&diff->trail, name), there;

    if (rc)
        return rc;
    there = at->on_host ? fvm_node_stat(at->host.dir.fd, name, &pair.host) : 0;
    if (there < 0)
        return there;
    pair.is.on_host = there;
    if (there)
        pair.is.host = fvm_node_of(pair.host.st_mode);
    if (in_layer) {
        there = fvm_node_stat(at->layer.dir.fd, name, &pair.layer);
        if (there != 1)
            return there < 0 ? there : -ESTALE;
        pair.is.layer = fvm_node_of(pair.layer.st_mode);
        pair.is.deletion = fvm_mark_is_deletion(at->layer.dir.fd, name, &pair.layer, &at->marks);
    }
    if (in_layer && !pair.is.deletion && pair.is.layer == FVM_DIRECTORY)
        rc = visit_directory(diff, at, &pair);
    else
        rc = decide(diff, at, &pair);
    if (!rc)
        fvm_trail_pop(&diff->trail, cch);
    return rc;
}

static int visit(struct diff *diff, struct level *at)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names layer = {0};
    FVM_CLEANUP(tree_names) struct fvm_tree_names host = {0};
    size_t l = 0, h = 0;
    int rc = fvm_tree_names_read(&layer, at->layer.dir.fd);

    /* Where the host shines through, only the layer's names can be changes. */
    if (!rc && at->on_host && at->hidden)
        rc = fvm_tree_names_read(&host, at->host.dir.fd);
    while (!rc && (l < layer.count || h < host.count)) {
        int order = l == layer.count ? 1 : h == host.count ? -1 : strcmp(layer.at[l], host.at[h]);

        rc = visit_name(diff, at, order > 0 ? host.at[h] : layer.at[l], order <= 0);
        l += order <= 0;
        h += order >= 0;
    }
    return rc;
}

int fvm_tree_diff(struct fvm_changes *out, int host_fd, int layer_fd, struct fvm_error *err)
{
    struct level root = {.host = {FVM_TREE_DIR_NONE, false}, .layer = {FVM_TREE_DIR_NONE, true}};
    struct diff diff = {.out = out};
    int rc;

    *out = (struct fvm_changes){0};
    rc = fvm_tree_dir_open(&root.layer.dir, layer_fd, ".", FVM_TO_READ);
    if (!rc && host_fd >= 0) {
        rc = fvm_tree_dir_open(&root.host.dir, host_fd, ".", FVM_TO_READ);
        root.on_host = !rc;
    }
    if (!rc) {
        fvm_marks_read(&root.marks, root.layer.dir.fd);
        rc = visit(&diff, &root);
    }
    fvm_tree_dir_close(&root.layer.dir);
    fvm_tree_dir_close(&root.host.dir);
    if (rc)
        fvm_tree_fail(err, rc, "compare", diff.trail.s);
    else if (host_fd >= 0)
        rc = fvm_changes_find_renames(out, diff.hidden, host_fd, layer_fd, err);
    free(diff.hidden);
    if (rc)
        fvm_changes_free(out);
    return rc;
}

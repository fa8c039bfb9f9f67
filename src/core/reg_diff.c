/* core/reg_diff.c: what changed between two registries, and doing it again: diff, apply, compose.
 */
#include "core/fold.h"
#include "core/reg_tree.h"

/* Where the walk is, on the stack of calls. The delta's node is made when the first change below is
 * found. */
struct place {
    struct place *parent;
    const struct reg_node *node; /* of `after`, or of `before` when it is gone */
    struct reg_node *made;
};
struct diff {
    struct fvm_reg *delta;
};

static struct reg_node *make_place(struct diff *diff, struct place *place)
{
    if (!place->made) {
        struct reg_node *parent = make_place(diff, place->parent);

        if (parent)
            place->made =
                reg_make_child(diff->delta, parent, place->node->name, place->node->name_cb);
    }
    return place->made;
}

static bool diff_values(struct diff *diff, struct place *place, const struct fvm_reg_key *before,
                        const struct fvm_reg_key *after)
{
    const struct fvm_reg_value *old = before->values, *old_end = old + before->value_count;
    const struct fvm_reg_value *now = after->values, *now_end = now + after->value_count;

    while (old < old_end || now < now_end) {
        int order = old == old_end ? 1 : now == now_end ? -1 : fvm_name_cmp(old->name, now->name);
        struct fvm_reg_value value = order < 0 ? *old : *now, copy;
        struct reg_node *node;
        bool is_same = order == 0 && reg_same_value(old, now);

        old += order <= 0;
        now += order >= 0;
        if (is_same)
            continue;
        if (order < 0) {
            value.mark = FVM_REG_DELETED;
            value.type = 0;
            value.data_cb = 0;
        }
        node = make_place(diff, place);
        if (!node || !reg_copy_value(diff->delta, &copy, &value) ||
            !reg_append_value(diff->delta, node, &copy))
            return false;
        reg_list(diff->delta, node);
    }
    return true;
}

static bool diff_gone(struct diff *diff, struct place *place)
{
    struct reg_node *node = make_place(diff, place);

    if (node)
        reg_delete(diff->delta, node);
    return node != NULL;
}

/* Calls itself at most FVM_REG_MAX_DEPTH deep. */
static bool diff_new(struct diff *diff, struct place *place, bool replaces)
{
    const struct reg_node *after = place->node;
    struct reg_node *node = make_place(diff, place);

    if (!node)
        return false;
    if (replaces)
        reg_replace(diff->delta, node);
    else
        reg_list(diff->delta, node);
    if (!reg_copy_nature(diff->delta, node, &after->key) ||
        !reg_merge_values(diff->delta, node, after->key.values, after->key.value_count))
        return false;
    for (const struct reg_node *child = after->first; child; child = child->next) {
        struct place below = {place, child, NULL};

        if (child->listed && !diff_new(diff, &below, false))
            return false;
    }
    return true;
}

static const struct reg_node *skip_unlisted(const struct reg_node *node)
{
    while (node && !node->listed)
        node = node->next;
    return node;
}

/* Calls itself at most FVM_REG_MAX_DEPTH deep. */
static bool diff_keys(struct diff *diff, struct place *place, const struct reg_node *before,
                      const struct reg_node *after)
{
    const struct reg_node *old = skip_unlisted(before->first), *now = skip_unlisted(after->first);

    if (!diff_values(diff, place, &before->key, &after->key))
        return false;
    while (old || now) {
        int order = !old   ? 1
                    : !now ? -1
                           : fvm_name_cmp_n(old->name, old->name_cb, now->name, now->name_cb);
        struct place below = {place, order < 0 ? old : now, NULL};
        bool done;

        if (order < 0)
            done = diff_gone(diff, &below);
        else if (order > 0)
            done = diff_new(diff, &below, false);
        else if (!reg_same_nature(&old->key, &now->key))
            done = diff_new(diff, &below, true);
        else
            done = diff_keys(diff, &below, old, now);
        if (!done)
            return false;
        if (order <= 0)
            old = skip_unlisted(old->next);
        if (order >= 0)
            now = skip_unlisted(now->next);
    }
    return true;
}

fvm_status fvm_reg_diff(struct fvm_reg **delta, struct fvm_reg *before, struct fvm_reg *after)
{
    struct diff diff = {reg_new(false)};
    struct place top = {0};

    *delta = diff.delta;
    if (!diff.delta)
        return FVM_NO_MEMORY;
    top.node = &after->root;
    top.made = &diff.delta->root;
    if (diff_keys(&diff, &top, &before->root, &after->root))
        return FVM_OK;
    fvm_reg_free(diff.delta);
    *delta = NULL;
    return FVM_NO_MEMORY;
}

/* Calls itself at most FVM_REG_MAX_DEPTH deep. */
static bool replay(struct fvm_reg *reg, struct reg_node *parent, const struct reg_node *from)
{
    struct reg_node *node = reg_make_child(reg, parent, from->name, from->name_cb);

    if (!node)
        return false;
    if (from->listed) {
        if (from->key.mark == FVM_REG_DELETED)
            reg_delete(reg, node);
        else if (from->key.mark == FVM_REG_REPLACED)
            reg_replace(reg, node);
        else
            reg_list(reg, node);
        if (!reg_copy_nature(reg, node, &from->key) ||
            !reg_merge_values(reg, node, from->key.values, from->key.value_count))
            return false;
    }
    for (const struct reg_node *child = from->first; child; child = child->next)
        if (!replay(reg, node, child))
            return false;
    return true;
}

fvm_status reg_replay(struct fvm_reg *reg, struct fvm_reg *delta)
{
    for (const struct reg_node *child = delta->root.first; child; child = child->next)
        if (!replay(reg, &reg->root, child))
            return FVM_NO_MEMORY;
    return FVM_OK;
}

fvm_status fvm_reg_apply(struct fvm_reg *reg, struct fvm_reg *delta)
{
    return reg_replay(reg, delta);
}

fvm_status fvm_reg_compose(struct fvm_reg **out, struct fvm_reg *first, struct fvm_reg *second)
{
    struct fvm_reg *both = reg_new(first->root.fresh);

    *out = both;
    if (both && !fvm_failed(reg_replay(both, first)) && !fvm_failed(reg_replay(both, second)))
        return FVM_OK;
    fvm_reg_free(both);
    *out = NULL;
    return FVM_NO_MEMORY;
}

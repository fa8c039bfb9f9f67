/* core/reg_split.c: taking deltas apart: split by a question, conflicts with another delta. */
#include "core/reg_tree.h"

static bool says_nature(const struct fvm_reg_key *key)
{
    return key->class_name || key->is_link;
}

/*
 * Entries of a delta: a key's own mark when it is deleted, replaced, or created with a class, as a
 * link or with no value; and every value. A PRESENT key with plain values comes to be with these.
 */
static bool is_key_entry(const struct fvm_reg_key *key)
{
    return key->mark != FVM_REG_PRESENT || says_nature(key) || !key->value_count;
}

/* @return the node of `to` at the same path, or NULL. At most FVM_REG_MAX_DEPTH calls deep */
static struct reg_node *same_place(struct fvm_reg *to, const struct reg_node *from)
{
    struct reg_node *parent;

    if (!from->parent)
        return &to->root;
    parent = same_place(to, from->parent);
    return parent ? reg_make_child(to, parent, from->name, from->name_cb) : NULL;
}

/* The marks are copied as they are: a delta taken apart need not be whole in itself. */
static bool copy_key_entry(struct fvm_reg *to, const struct reg_node *from)
{
    struct reg_node *node = same_place(to, from);

    if (!node)
        return false;
    node->listed = true;
    node->key.mark = from->key.mark;
    node->fresh = from->key.mark == FVM_REG_REPLACED || node->parent->fresh;
    to->index_valid = false;
    return reg_copy_nature(to, node, &from->key);
}

static bool copy_value_entry(struct fvm_reg *to, const struct reg_node *from,
                             const struct fvm_reg_value *value)
{
    struct reg_node *node = same_place(to, from);
    struct fvm_reg_value copy;

    if (!node || !reg_copy_value(to, &copy, value))
        return false;
    node->listed = true;
    to->index_valid = false;
    return reg_append_value(to, node, &copy);
}

static bool split_node(struct fvm_reg *sides[2], const struct reg_node *node,
                       const struct fvm_reg_key *key, fvm_reg_ask *ask, void *context)
{
    bool done = true;

    if (is_key_entry(key)) {
        struct fvm_reg *side = sides[ask(context, key, NULL)];

        done = !side || copy_key_entry(side, node);
    }
    for (size_t i = 0; done && i < key->value_count; i++) {
        struct fvm_reg *side = sides[ask(context, key, &key->values[i])];

        done = !side || copy_value_entry(side, node, &key->values[i]);
    }
    return done;
}

fvm_status fvm_reg_split(struct fvm_reg **yes, struct fvm_reg **no, struct fvm_reg *delta,
                         fvm_reg_ask *ask, void *context)
{
    struct fvm_reg *sides[2] = {no ? reg_new(false) : NULL, yes ? reg_new(false) : NULL};
    bool done = (!no || sides[0]) && (!yes || sides[1]);
    size_t count = fvm_reg_key_count(delta);

    done = done && delta->index_valid;
    for (size_t i = 0; done && i < count; i++) {
        const struct fvm_reg_key *key = fvm_reg_key_at(delta, i);

        done = key && split_node(sides, delta->index[i], key, ask, context);
    }
    if (!done) {
        fvm_reg_free(sides[0]);
        fvm_reg_free(sides[1]);
        sides[0] = sides[1] = NULL;
    }
    if (no)
        *no = sides[0];
    if (yes)
        *yes = sides[1];
    return done ? FVM_OK : FVM_NO_MEMORY;
}

/* What the other delta does at or above a place: node is NULL where it has none. */
struct other {
    const struct reg_node *node;
    bool gone;  /* deleted at or above */
    bool fresh; /* replaced at or above: what it does not list is not there */
};

static struct other step(const struct other *above, const struct reg_node *mine)
{
    struct other here = *above;

    here.node = above->node ? reg_child(above->node, mine->name, mine->name_cb) : NULL;
    if (here.node && here.node->listed) {
        here.gone = here.node->key.mark == FVM_REG_DELETED;
        here.fresh |= here.node->key.mark == FVM_REG_REPLACED;
    }
    return here;
}

/* Does it list a key at or below that is there afterwards? */
static bool has_something(const struct reg_node *node)
{
    for (const struct reg_node *at = node; at; at = reg_walk(at, node))
        if (at->listed && at->key.mark != FVM_REG_DELETED)
            return true;
    return false;
}

static bool same_values(const struct fvm_reg_key *a, const struct fvm_reg_key *b)
{
    if (a->value_count != b->value_count)
        return false;
    for (size_t i = 0; i < a->value_count; i++) {
        const struct fvm_reg_value *found = fvm_reg_find_value(b, a->values[i].name);

        if (!found || !reg_same_value(found, &a->values[i]))
            return false;
    }
    return true;
}

/* Do two keys that are replaced become the same? At most FVM_REG_MAX_DEPTH calls deep. */
static bool same_tree(const struct reg_node *a, const struct reg_node *b)
{
    size_t children = 0;

    if (a->listed != b->listed || !reg_same_nature(&a->key, &b->key) ||
        !same_values(&a->key, &b->key))
        return false;
    for (const struct reg_node *child = b->first; child; child = child->next)
        children += has_something(child);
    for (const struct reg_node *child = a->first; child; child = child->next) {
        const struct reg_node *twin;

        if (!has_something(child))
            continue;
        twin = reg_child(b, child->name, child->name_cb);
        if (!twin || !same_tree(child, twin))
            return false;
        children--;
    }
    return children == 0;
}

/*
 * Does the other delta say something at or below a key that mine replaces? Deleting what mine does
 * not make again is the same on both sides. At most FVM_REG_MAX_DEPTH calls deep.
 */
static bool touches(const struct reg_node *theirs, const struct reg_node *mine)
{
    if (theirs->listed && theirs->key.mark != FVM_REG_DELETED)
        return true;
    if (theirs->listed)
        return mine && has_something(mine);
    for (const struct reg_node *child = theirs->first; child; child = child->next)
        if (touches(child, mine ? reg_child(mine, child->name, child->name_cb) : NULL))
            return true;
    return false;
}

static bool key_conflicts(const struct reg_node *mine, const struct other *theirs)
{
    const struct reg_node *node = theirs->node && theirs->node->listed ? theirs->node : NULL;

    if (mine->key.mark == FVM_REG_DELETED)
        return theirs->node && has_something(theirs->node);
    if (theirs->gone || (theirs->fresh && !mine->fresh))
        return true;
    if (mine->key.mark != FVM_REG_REPLACED)
        return node ? says_nature(&mine->key) && says_nature(&node->key) &&
                          !reg_same_nature(&mine->key, &node->key)
                    : theirs->fresh;
    if (node && node->key.mark == FVM_REG_REPLACED)
        return !same_tree(mine, node);
    return theirs->fresh || (theirs->node && touches(theirs->node, mine));
}

static bool value_conflicts(const struct reg_node *mine, const struct fvm_reg_value *value,
                            const struct other *theirs)
{
    const struct fvm_reg_value *found = NULL;

    if (theirs->gone || (theirs->fresh && !mine->fresh))
        return true;
    if (theirs->node && theirs->node->listed)
        found = fvm_reg_find_value(&theirs->node->key, value->name);
    return found ? !reg_same_value(value, found) : theirs->fresh;
}

/* Calls itself at most FVM_REG_MAX_DEPTH deep. */
static bool find_conflicts(struct fvm_reg *out, const struct reg_node *mine,
                           const struct other *theirs)
{
    if (mine->listed && is_key_entry(&mine->key) && key_conflicts(mine, theirs) &&
        !copy_key_entry(out, mine))
        return false;
    for (size_t i = 0; i < mine->key.value_count; i++)
        if (value_conflicts(mine, &mine->key.values[i], theirs) &&
            !copy_value_entry(out, mine, &mine->key.values[i]))
            return false;
    for (const struct reg_node *child = mine->first; child; child = child->next) {
        struct other below = step(theirs, child);

        if (!find_conflicts(out, child, &below))
            return false;
    }
    return true;
}

fvm_status fvm_reg_conflicts(struct fvm_reg **conflicts, struct fvm_reg *mine,
                             struct fvm_reg *theirs)
{
    struct fvm_reg *out = reg_new(false);
    struct other top = {.node = &theirs->root};

    *conflicts = out;
    if (out && find_conflicts(out, &mine->root, &top))
        return FVM_OK;
    fvm_reg_free(out);
    *conflicts = NULL;
    return FVM_NO_MEMORY;
}

/* core/reg_values.c: the values of one key, in order. See reg_tree.h. */
#include "core/fold.h"
#include "core/reg_tree.h"

#include <stdlib.h>
#include <string.h>

/* The array is const to callers only. */
static struct fvm_reg_value *values_of(const struct reg_node *node)
{
    return (struct fvm_reg_value *)node->key.values;
}

static bool make_room(struct fvm_reg *reg, struct reg_node *node)
{
    uint32_t cap = node->value_cap ? node->value_cap * 2 : 4;
    struct fvm_reg_value *grown;

    if (node->key.value_count < node->value_cap)
        return true;
    if (cap < node->value_cap) {
        reg->failed = true;
        return false;
    }
    grown = reg_alloc(reg, cap * sizeof *grown);
    if (!grown)
        return false;
    if (node->key.value_count)
        memcpy(grown, node->key.values, node->key.value_count * sizeof *grown);
    node->key.values = grown;
    node->value_cap = cap;
    return true;
}

/* @return where the name is, or where it belongs when *found is false */
static size_t search(const struct fvm_reg_key *key, const char *name, bool *found)
{
    size_t low = 0, high = key->value_count;

    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = fvm_name_cmp(name, key->values[middle].name);

        if (!order) {
            *found = true;
            return middle;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

const struct fvm_reg_value *fvm_reg_find_value(const struct fvm_reg_key *key, const char *name)
{
    bool found;
    size_t at = search(key, name, &found);

    return found ? &key->values[at] : NULL;
}

bool reg_put_value(struct fvm_reg *reg, struct reg_node *node, const struct fvm_reg_value *value)
{
    bool found;
    size_t at = search(&node->key, value->name, &found);
    struct fvm_reg_value *values = values_of(node);

    node->time = 0;
    if (value->mark == FVM_REG_DELETED && node->fresh) {
        if (found)
            memmove(values + at, values + at + 1, (--node->key.value_count - at) * sizeof *values);
        return true;
    }
    if (!found) {
        if (!make_room(reg, node))
            return false;
        values = values_of(node);
        memmove(values + at + 1, values + at, (node->key.value_count++ - at) * sizeof *values);
    }
    values[at] = *value;
    return true;
}

bool reg_append_value(struct fvm_reg *reg, struct reg_node *node, const struct fvm_reg_value *value)
{
    size_t count = node->key.value_count;

    if (!make_room(reg, node))
        return false;
    if ((value->mark == FVM_REG_DELETED && node->fresh) ||
        (count && fvm_name_cmp(node->key.values[count - 1].name, value->name) >= 0))
        node->unsettled = reg->unsettled = true;
    values_of(node)[node->key.value_count++] = *value;
    return true;
}

/* Bottom-up merge sort: stable, and no order of input is slow, unlike some C libraries' qsort(). */
static void sort_values(struct fvm_reg_value *values, struct fvm_reg_value *spare, size_t count)
{
    struct fvm_reg_value *from = values, *to = spare;

    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t middle = start + width < count ? start + width : count;
            size_t end = middle + width < count ? middle + width : count;
            size_t a = start, b = middle;

            for (size_t i = start; i < end; i++) {
                bool take_a =
                    a < middle && (b == end || fvm_name_cmp(from[a].name, from[b].name) <= 0);

                to[i] = from[take_a ? a++ : b++];
            }
        }
        struct fvm_reg_value *swap = from;

        from = to;
        to = swap;
    }
    if (from != values)
        memcpy(values, from, count * sizeof *values);
}

static bool settle_node(struct fvm_reg *reg, struct reg_node *node)
{
    struct fvm_reg_value *values = values_of(node);
    size_t count = node->key.value_count, kept = 0;
    struct fvm_reg_value *spare = malloc((count + 1) * sizeof *spare);

    if (!spare) {
        reg->failed = true;
        return false;
    }
    sort_values(values, spare, count);
    free(spare);
    for (size_t i = 0; i < count; i++) {
        bool is_last = i + 1 == count || fvm_name_cmp(values[i].name, values[i + 1].name) != 0;

        if (is_last && !(node->fresh && values[i].mark == FVM_REG_DELETED))
            values[kept++] = values[i];
    }
    node->key.value_count = kept;
    node->unsettled = false;
    return true;
}

bool reg_settle(struct fvm_reg *reg)
{
    if (!reg->unsettled)
        return true;
    for (struct reg_node *node = &reg->root; node; node = reg_walk(node, &reg->root))
        if (node->unsettled && !settle_node(reg, node))
            return false;
    reg->unsettled = false;
    return true;
}

bool reg_copy_value(struct fvm_reg *reg, struct fvm_reg_value *out,
                    const struct fvm_reg_value *value)
{
    *out = *value;
    out->name = reg_copy(reg, value->name, strlen(value->name));
    out->data = (const uint8_t *)reg_copy(reg, value->data, value->data_cb);
    return out->name && out->data;
}

bool reg_merge_values(struct fvm_reg *reg, struct reg_node *node,
                      const struct fvm_reg_value *values, size_t count)
{
    const struct fvm_reg_value *old = node->key.values, *old_end = old + node->key.value_count;
    size_t cap = node->key.value_count + count, used = 0;
    struct fvm_reg_value *merged;

    if (!count)
        return true;
    if (cap > UINT32_MAX || !(merged = reg_alloc(reg, cap * sizeof *merged))) {
        reg->failed = true;
        return false;
    }
    for (size_t i = 0; i < count || old < old_end;) {
        int order = i == count ? -1 : old == old_end ? 1 : fvm_name_cmp(old->name, values[i].name);

        if (order < 0) {
            merged[used++] = *old++;
            continue;
        }
        old += order == 0;
        if (!(node->fresh && values[i].mark == FVM_REG_DELETED) &&
            !reg_copy_value(reg, &merged[used++], &values[i]))
            return false;
        i++;
    }
    node->key.values = merged;
    node->key.value_count = used;
    node->value_cap = (uint32_t)cap;
    node->time = 0;
    return true;
}

bool reg_same_value(const struct fvm_reg_value *a, const struct fvm_reg_value *b)
{
    return a->mark == b->mark && a->type == b->type && a->data_cb == b->data_cb &&
           (!a->data_cb || memcmp(a->data, b->data, a->data_cb) == 0);
}

bool reg_same_nature(const struct fvm_reg_key *a, const struct fvm_reg_key *b)
{
    const char *x = a->class_name ? a->class_name : "", *y = b->class_name ? b->class_name : "";

    return a->is_link == b->is_link && strcmp(x, y) == 0;
}

bool reg_copy_nature(struct fvm_reg *reg, struct reg_node *node, const struct fvm_reg_key *from)
{
    if (from->is_link)
        node->key.is_link = true;
    if (from->class_name) {
        node->key.class_name = reg_copy(reg, from->class_name, strlen(from->class_name));
        return node->key.class_name != NULL;
    }
    return true;
}

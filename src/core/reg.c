/* core/reg.c: see reg.h. Looking keys up, walking in order, setting single values. */
#include "core/reg.h"
#include "core/reg_tree.h"
#include "core/utf.h"

#include <stdlib.h>
#include <string.h>

struct fvm_reg *fvm_reg_new(void)
{
    return reg_new(true);
}

struct fvm_reg *fvm_reg_new_delta(void)
{
    return reg_new(false);
}

static bool build_index(struct fvm_reg *reg)
{
    size_t count = 0;

    for (struct reg_node *node = &reg->root; node; node = reg_walk(node, &reg->root))
        count += node->listed;
    if (count > reg->index_cap) {
        struct reg_node **grown = realloc(reg->index, count * sizeof(struct reg_node *));

        if (!grown)
            return false;
        reg->index = grown;
        reg->index_cap = count;
    }
    reg->index_count = 0;
    for (struct reg_node *node = &reg->root; node; node = reg_walk(node, &reg->root))
        if (node->listed)
            reg->index[reg->index_count++] = node;
    reg->index_valid = true;
    return true;
}

static const struct fvm_reg_key *with_path(struct fvm_reg *reg, struct reg_node *node)
{
    size_t cb = node->path_cb;
    char *path;

    if (node->key.path)
        return &node->key;
    path = reg_alloc(reg, cb);
    if (!path)
        return NULL;
    node->key.path = path;
    path[cb - 1] = 0;
    for (const struct reg_node *above = node; above->parent; above = above->parent) {
        cb -= above->name_cb + 1;
        memcpy(path + cb, above->name, above->name_cb);
        if (cb)
            path[cb - 1] = '\\';
    }
    return &node->key;
}

const struct fvm_reg_key *fvm_reg_key_at(struct fvm_reg *reg, size_t index)
{
    if (!reg->index_valid && !build_index(reg))
        return NULL;
    return index < reg->index_count ? with_path(reg, reg->index[index]) : NULL;
}

size_t fvm_reg_key_count(struct fvm_reg *reg)
{
    return reg->index_valid || build_index(reg) ? reg->index_count : 0;
}

const struct fvm_reg_key *fvm_reg_find(struct fvm_reg *reg, const char *path)
{
    struct reg_node *node = reg_lookup(reg, path);

    return node && node->listed ? with_path(reg, node) : NULL;
}

fvm_status fvm_reg_set(struct fvm_reg *reg, const char *path, const char *name, uint32_t type,
                       const void *data, size_t data_cb)
{
    struct fvm_reg_value copy, value = {name, FVM_REG_PRESENT, type, data_cb, data};
    struct reg_node *node;

    if (!reg_path_valid(path) || !reg_name_valid(name, strlen(name), FVM_REG_MAX_VALUE_CCH))
        return FVM_NAME_INVALID;
    node = reg_make_path(reg, path);
    if (!node || !reg_copy_value(reg, &copy, &value))
        return FVM_NO_MEMORY;
    reg_list(reg, node);
    return reg_put_value(reg, node, &copy) ? FVM_OK : FVM_NO_MEMORY;
}

fvm_status fvm_reg_add_key(struct fvm_reg *reg, const char *path)
{
    struct reg_node *node;

    if (!reg_path_valid(path))
        return FVM_NAME_INVALID;
    node = reg_make_path(reg, path);
    if (!node)
        return FVM_NO_MEMORY;
    reg_list(reg, node);
    return FVM_OK;
}

fvm_status fvm_reg_remove_value(struct fvm_reg *reg, const char *path, const char *name)
{
    struct fvm_reg_value copy, value = {.name = name, .mark = FVM_REG_DELETED};
    struct reg_node *node;

    if (!reg_path_valid(path) || !reg_name_valid(name, strlen(name), FVM_REG_MAX_VALUE_CCH))
        return FVM_NAME_INVALID;
    if (reg->root.fresh && !fvm_reg_find(reg, path))
        return reg->failed ? FVM_NO_MEMORY : FVM_OK;
    node = reg_make_path(reg, path);
    if (!node || !reg_copy_value(reg, &copy, &value))
        return FVM_NO_MEMORY;
    reg_list(reg, node);
    return reg_put_value(reg, node, &copy) ? FVM_OK : FVM_NO_MEMORY;
}

fvm_status fvm_reg_set_string(struct fvm_reg *reg, const char *path, const char *name,
                              const char *utf8)
{
    size_t cb = strlen(utf8), cch;
    uint8_t *le = malloc(2 * cb + 2);
    fvm_status status;

    if (!le)
        return FVM_NO_MEMORY;
    if (fvm_utf16_from_utf8(le, &cch, utf8, cb)) {
        fvm_utf16_set(le, cch, 0);
        status = fvm_reg_set(reg, path, name, 1, le, 2 * cch + 2);
    } else {
        status = FVM_INVALID;
    }
    free(le);
    return status;
}

fvm_status fvm_reg_set_dword(struct fvm_reg *reg, const char *path, const char *name,
                             uint32_t number)
{
    uint8_t bytes[4] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                        (uint8_t)(number >> 24)};

    return fvm_reg_set(reg, path, name, 4, bytes, sizeof bytes);
}

fvm_status fvm_reg_remove_key(struct fvm_reg *reg, const char *path)
{
    struct reg_node *node;

    if (!reg_path_valid(path))
        return FVM_NAME_INVALID;
    node = reg->root.fresh ? reg_lookup(reg, path) : reg_make_path(reg, path);
    if (!node)
        return reg->root.fresh ? FVM_OK : FVM_NO_MEMORY;
    reg_delete(reg, node);
    return FVM_OK;
}

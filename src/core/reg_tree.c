/* core/reg_tree.c: see reg_tree.h. Memory, nodes and their order. */
#include "core/reg_tree.h"
#include "core/fold.h"
#include "core/utf.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CHUNK_CB = 16 << 10, MAX_CHUNK_CB = 1 << 20 };

struct reg_chunk {
    struct reg_chunk *older;
    size_t cb;
    char bytes[];
};

void *reg_alloc(struct fvm_reg *reg, size_t cb)
{
    size_t want = (cb + 7) & ~(size_t)7;
    size_t chunk_cb = reg->chunks ? reg->chunks->cb * 2 : FIRST_CHUNK_CB;
    struct reg_chunk *chunk;
    void *block;

    if (want < cb || want > PTRDIFF_MAX - sizeof *chunk - MAX_CHUNK_CB) {
        reg->failed = true;
        return NULL;
    }
    if ((size_t)(reg->free_to - reg->free_from) < want) {
        chunk_cb = chunk_cb > MAX_CHUNK_CB ? MAX_CHUNK_CB : chunk_cb;
        chunk_cb = chunk_cb < want ? want : chunk_cb;
        chunk = malloc(sizeof *chunk + chunk_cb);
        if (!chunk) {
            reg->failed = true;
            return NULL;
        }
        chunk->older = reg->chunks;
        chunk->cb = chunk_cb;
        reg->chunks = chunk;
        reg->free_from = chunk->bytes;
        reg->free_to = chunk->bytes + chunk_cb;
    }
    block = reg->free_from;
    reg->free_from += want;
    return block;
}

void reg_trim(struct fvm_reg *reg, void *block, size_t used)
{
    reg->free_from = (char *)block + ((used + 7) & ~(size_t)7);
}

const char *reg_copy(struct fvm_reg *reg, const void *s, size_t cb)
{
    char *copy = reg_alloc(reg, cb + 1);

    if (copy) {
        if (cb)
            memcpy(copy, s, cb);
        copy[cb] = 0;
    }
    return copy;
}

struct fvm_reg *reg_new(bool whole)
{
    struct fvm_reg *reg = calloc(1, sizeof *reg);

    if (reg) {
        reg->root.name = reg->root.key.path = "";
        reg->root.fresh = whole;
    }
    return reg;
}

void fvm_reg_free(struct fvm_reg *reg)
{
    if (!reg)
        return;
    for (struct reg_chunk *chunk = reg->chunks, *older; chunk; chunk = older) {
        older = chunk->older;
        free(chunk);
    }
    free(reg->index);
    free(reg);
}

struct reg_node *reg_child(const struct reg_node *parent, const char *name, size_t name_cb)
{
    struct reg_node *node = parent->tree;

    while (node) {
        int order = fvm_name_cmp_n(name, name_cb, node->name, node->name_cb);

        if (!order)
            return node;
        node = order < 0 ? node->left : node->right;
    }
    return NULL;
}

static struct reg_node *skew(struct reg_node *node)
{
    struct reg_node *left = node->left;

    if (!left || left->level != node->level)
        return node;
    node->left = left->right;
    left->right = node;
    return left;
}

static struct reg_node *split(struct reg_node *node)
{
    struct reg_node *right = node->right;

    if (!right || !right->right || right->right->level != node->level)
        return node;
    node->right = right->left;
    right->left = node;
    right->level++;
    return right;
}

static struct reg_node *new_node(struct fvm_reg *reg, struct reg_node *parent, const char *name,
                                 size_t name_cb)
{
    struct reg_node *node;
    char *copy;

    if (parent->depth >= FVM_REG_MAX_DEPTH)
        return NULL;
    node = reg_alloc(reg, sizeof *node + name_cb + 1);
    reg->paths_cb += parent->path_cb + name_cb + 1;
    if (!node || reg->paths_cb > FVM_REG_MAX_PATHS_CB) {
        reg->failed = true;
        return NULL;
    }
    *node = (struct reg_node){.name_cb = (uint32_t)name_cb,
                              .depth = parent->depth + 1,
                              .path_cb = (uint32_t)(parent->path_cb + name_cb + 1),
                              .level = 1,
                              .fresh = parent->fresh,
                              .parent = parent};
    copy = (char *)(node + 1);
    memcpy(copy, name, name_cb);
    copy[name_cb] = 0;
    node->name = copy;
    return node;
}

/* A key that is made again takes the new letter case. */
static struct reg_node *respell(struct fvm_reg *reg, struct reg_node *node, const char *name,
                                size_t name_cb)
{
    if (node->listed || node->first || strncmp(node->name, name, name_cb) == 0)
        return node;
    name = reg_copy(reg, name, name_cb);
    if (!name)
        return NULL;
    node->name = name;
    node->name_cb = (uint32_t)name_cb;
    node->path_cb = (uint32_t)(node->parent->path_cb + name_cb + 1);
    node->key.path = NULL;
    return node;
}

struct reg_node *reg_make_child(struct fvm_reg *reg, struct reg_node *parent, const char *name,
                                size_t name_cb)
{
    struct reg_node **path[FVM_REG_TREE_HEIGHT], **link = &parent->tree, *before = NULL, *node;
    size_t height = 0;

    /* Hives come nearly in order: then no comparison but this one is needed. */
    if (parent->last &&
        fvm_name_cmp_n(name, name_cb, parent->last->name, parent->last->name_cb) > 0) {
        before = parent->last;
        for (; *link; link = &(*link)->right)
            path[height++] = link;
    }
    while (*link) {
        int order = fvm_name_cmp_n(name, name_cb, (*link)->name, (*link)->name_cb);

        if (!order)
            return respell(reg, *link, name, name_cb);
        path[height++] = link;
        if (order > 0)
            before = *link;
        link = order < 0 ? &(*link)->left : &(*link)->right;
    }
    node = new_node(reg, parent, name, name_cb);
    if (!node)
        return NULL;
    *link = node;
    node->next = before ? before->next : parent->first;
    *(before ? &before->next : &parent->first) = node;
    if (!node->next)
        parent->last = node;
    while (height-- > 0) {
        *path[height] = skew(*path[height]);
        *path[height] = split(*path[height]);
    }
    return node;
}

struct reg_node *reg_walk(const struct reg_node *node, const struct reg_node *top)
{
    if (node->first)
        return node->first;
    while (node != top && !node->next)
        node = node->parent;
    return node == top ? NULL : node->next;
}

bool reg_has_subkeys(const struct reg_node *node)
{
    for (const struct reg_node *child = node->first; child; child = child->next)
        if (child->listed)
            return true;
    return false;
}

static size_t first_name_cb(const char *path)
{
    const char *end = strchr(path, '\\');

    return end ? (size_t)(end - path) : strlen(path);
}

struct reg_node *reg_lookup(struct fvm_reg *reg, const char *path)
{
    struct reg_node *node = &reg->root;

    while (node) {
        size_t cb = first_name_cb(path);

        node = reg_child(node, path, cb);
        if (!path[cb])
            break;
        path += cb + 1;
    }
    return node;
}

uint32_t reg_name_next(const char **at, const char *end)
{
    if (end - *at >= 2 && memcmp(*at, REG_NUL, 2) == 0) {
        *at += 2;
        return 0;
    }
    return fvm_utf8_next(at, end);
}

bool reg_name_valid(const char *s, size_t cb, size_t max_cch)
{
    const char *end = s + cb;
    uint32_t before = 0;
    size_t cch = 0;

    while (s < end) {
        uint32_t code = reg_name_next(&s, end);

        /* Two halves of one character, written apart: the same name has another, right spelling. */
        if (code & FVM_UTF8_BAD || ((before & ~0x3FFu) == 0xD800 && (code & ~0x3FFu) == 0xDC00))
            return false;
        before = code;
        cch += code >= 0x10000 ? 2 : 1;
    }
    return cch <= max_cch;
}

void reg_name_from_utf16(struct fvm_text *out, const uint8_t *le, size_t cch)
{
    size_t from = 0;

    for (size_t i = 0; i <= cch; i++) {
        if (i < cch && fvm_utf16_at(le, i))
            continue;
        fvm_utf8_from_utf16(out, le + 2 * from, i - from);
        if (i < cch)
            fvm_text_add(out, REG_NUL, 2);
        from = i + 1;
    }
}

bool reg_path_valid(const char *path)
{
    for (unsigned depth = 1;; depth++) {
        size_t cb = first_name_cb(path);

        if (!cb || depth > FVM_REG_MAX_DEPTH || !reg_name_valid(path, cb, FVM_REG_MAX_NAME_CCH))
            return false;
        if (!path[cb])
            return true;
        path += cb + 1;
    }
}

struct reg_node *reg_make_path(struct fvm_reg *reg, const char *path)
{
    struct reg_node *node = &reg->root;

    while (node) {
        size_t cb = first_name_cb(path);

        node = reg_make_child(reg, node, path, cb);
        if (!path[cb])
            break;
        path += cb + 1;
    }
    return node;
}

/* Children are forgotten, not freed: their memory goes with the registry. */
static void empty_node(struct reg_node *node)
{
    node->first = node->last = node->tree = NULL;
    node->key.class_name = NULL;
    node->key.is_link = false;
    node->key.value_count = 0;
    node->unsettled = false;
    node->time = 0;
}

/* Top down, because being fresh is inherited. At most FVM_REG_MAX_DEPTH calls deep. */
static void list_parents(struct reg_node *node)
{
    if (!node->parent || (node->listed && node->key.mark != FVM_REG_DELETED))
        return;
    list_parents(node->parent);
    if (node->listed) {
        node->key.mark = FVM_REG_REPLACED;
        node->fresh = true;
    } else if (node->parent->fresh) {
        node->key.mark = FVM_REG_PRESENT;
        node->listed = node->fresh = true;
    }
}

void reg_list(struct fvm_reg *reg, struct reg_node *node)
{
    if (!node->parent || (node->listed && node->key.mark != FVM_REG_DELETED))
        return;
    reg->index_valid = false;
    list_parents(node);
    if (!node->listed) {
        node->key.mark = FVM_REG_PRESENT;
        node->listed = true;
    }
}

void reg_delete(struct fvm_reg *reg, struct reg_node *node)
{
    if (!node->parent)
        return;
    reg->index_valid = false;
    empty_node(node);
    node->listed = false;
    node->fresh = node->parent->fresh;
    if (node->fresh)
        return;
    for (const struct reg_node *above = node->parent; above; above = above->parent)
        if (above->listed && above->key.mark == FVM_REG_DELETED)
            return;
    node->key.mark = FVM_REG_DELETED;
    node->listed = true;
}

void reg_replace(struct fvm_reg *reg, struct reg_node *node)
{
    reg_delete(reg, node);
    reg_list(reg, node);
}

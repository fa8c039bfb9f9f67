/* core/index_list.c: see index.h. Listing children; checking the whole. */
#include "core/index_image.h"

/* Does the bucket know this very link? @return FVM_OK, FVM_NOT_FOUND, FVM_CORRUPT */
static fvm_status is_published(const struct fvm_index *index, uint32_t at)
{
    const struct index_link *link = index_link_at(index, at);
    uint32_t here = index_load(index_bucket(index, index_load(&link->hash)));

    for (uint32_t left = index->link_limit; here; left--) {
        link = index_link_at(index, here);
        if (!link || !left)
            return FVM_CORRUPT;
        if (here == at)
            return FVM_OK;
        here = index_load(&link->next);
    }
    return FVM_NOT_FOUND;
}

static fvm_status read_child(const struct fvm_index *index, const struct index_link *link,
                             struct fvm_index_child *child)
{
    struct fvm_index_child got = {.node = index_load(&link->node)};
    const struct index_node *node = index_node_at(index, got.node);

    if (!node || !index_string(index, index_load(&link->name), &got.name))
        return FVM_CORRUPT;
    got.flags = index_load(&node->flags) & INDEX_KNOWN_FLAGS;
    got.user = index_load(&node->user);
    *child = got;
    return FVM_OK;
}

fvm_status fvm_index_next_child(const struct fvm_index *index, struct fvm_index_cursor *cursor,
                                struct fvm_index_child *child)
{
    const struct index_node *node = index_node_at(index, cursor->node);
    const struct index_link *link;

    if (!node)
        return FVM_INVALID;
    for (;; cursor->steps++) {
        uint32_t at;
        fvm_status status;

        if (cursor->steps && !cursor->at)
            return FVM_NOT_FOUND;
        link = cursor->steps ? index_link_at(index, cursor->at) : NULL;
        if (cursor->steps > index->link_limit || (cursor->steps && !link))
            return FVM_CORRUPT;
        at = index_load(link ? &link->sibling : &node->first_child);
        cursor->at = at;
        if (!at) {
            cursor->steps++;
            return FVM_NOT_FOUND;
        }
        link = index_link_at(index, at);
        if (!link)
            return FVM_CORRUPT;
        status = is_published(index, at);
        if (status == FVM_NOT_FOUND)
            continue; /* its writer was killed, or came second */
        cursor->steps++;
        return fvm_failed(status) ? status : read_child(index, link, child);
    }
}

enum { CHECK_TWINS = 1024 }; /* how deep in a chain: its square is the time for the chain */

/* One link of a bucket's chain, `depth` links behind its head. */
static fvm_status check_link(const struct fvm_index *index, uint32_t at, uint32_t head,
                             uint32_t depth)
{
    const struct index_link *link = index_link_at(index, at);
    struct fvm_index_child child;
    uint32_t hash = index_load(&link->hash), parent = index_load(&link->parent), first, origin,
             end = 0, right_hash;
    struct fvm_str text;
    fvm_status status = read_child(index, link, &child);

    if (fvm_failed(status))
        return status;
    index_part(child.name, &end, parent, &right_hash);
    if (hash != right_hash || !end || end != child.name.cch || !index_node_at(index, parent))
        return FVM_CORRUPT;
    origin = index_load(&index_node_at(index, child.node)->origin);
    if (origin && !index_string(index, origin, &text))
        return FVM_CORRUPT;
    if (depth >= CHECK_TWINS)
        return FVM_OK;
    status = index_find(index, head, parent, hash, child.name, &first);
    return fvm_failed(status) || first == at ? status : FVM_CORRUPT;
}

/* A node's list of children: all are its own. @param left [in, out] links there can still be */
static fvm_status check_children(const struct fvm_index *index, uint32_t node_at, uint32_t *left)
{
    uint32_t at = index_load(&index_node_at(index, node_at)->first_child);

    while (at) {
        const struct index_link *link = index_link_at(index, at);

        if (!link || !*left || index_load(&link->parent) != node_at)
            return FVM_CORRUPT;
        --*left;
        at = index_load(&link->sibling);
    }
    return FVM_OK;
}

fvm_status fvm_index_check(const struct fvm_index *index)
{
    uint32_t links_left = index->link_limit, children_left = 2 * index->link_limit;
    fvm_status status = check_children(index, index->arena_at, &children_left);

    for (uint32_t b = 0; b <= index->bucket_mask && !fvm_failed(status); b++) {
        uint32_t head = index_load(index_bucket(index, b)), depth = 0;

        for (uint32_t at = head; at && !fvm_failed(status); depth++) {
            const struct index_link *link = index_link_at(index, at);

            if (!link || !links_left-- || (index_load(&link->hash) & index->bucket_mask) != b)
                return FVM_CORRUPT;
            status = check_link(index, at, head, depth);
            /* Twice for a node that is being renamed: it has two links. */
            if (!fvm_failed(status) && index_node_at(index, index_load(&link->node)))
                status = check_children(index, index_load(&link->node), &children_left);
            at = index_load(&link->next);
        }
    }
    return status;
}
